/* SPDX-License-Identifier: BSD-2-Clause */
/* audit show, audit export: entries whole, as JSON text. It is sent as data, not as rows: the
 * entry of an import is longer than a frame may be. */
#include "admin/audit.h"
#include "base/frame.h"
#include <stdlib.h>
#include <string.h>

/* Entries that an export looks at in a snapshot: between two the pages of old ones can be used
 * again. */
#define EXPORT_AT_ONCE 2000
#define PIECE          (FRAME_MAX / 4)

struct sink {
	struct call *call;
	bool is_gone;
	uint64_t count;
};

static bool audit_entry_put(struct call *call, const char *text, size_t len)
{
	while (call->write && len) {
		size_t piece = len < PIECE ? len : PIECE;
		if (!call->write(call, bytes_of(text, piece)))
			return false;
		text += piece;
		len -= piece;
	}
	return true;
}

static void audit_entry_send_line(void *context, json_t *object)
{
	struct sink *sink = context;
	char *text = json_dumps(object, JSON_COMPACT | JSON_ENSURE_ASCII);
	if (sink->is_gone || !text)
		sink->is_gone = true;
	else
		sink->is_gone = !audit_entry_put(sink->call, text, strlen(text)) ||
				!audit_entry_put(sink->call, "\n", 1);
	sink->count += !sink->is_gone;
	free(text);
}

static enum call_code audit_entry_show(struct call *call)
{
	uint64_t first, last, seq = command_number(call, "seq", 0);
	struct sink sink = {.call = call};
	struct journal_link base = journal_base(call->snapshot.txn);
	journal_range(call->snapshot.txn, &first, &last);
	json_t *entry = seq ? audit_entry(call->snapshot.txn, seq) : NULL;
	if (entry) {
		audit_entry_send_line(&sink, entry);
		json_decref(entry);
	}
	enum call_code code = command_read_ended(call);
	if (code || entry)
		return code;
	if (seq && seq <= base.seq)
		return call_fail(call, CALL_NOT_FOUND,
				 "entry %llu is pruned: the log begins with %llu",
				 (unsigned long long)seq, (unsigned long long)base.seq + 1);
	return call_fail(call, CALL_NOT_FOUND, "no entry %llu: the log holds %llu to %llu",
			 (unsigned long long)seq, (unsigned long long)first,
			 (unsigned long long)last);
}

static enum call_code export_log(struct call *call)
{
	struct audit_filter filter;
	struct sink sink = {.call = call};
	uint64_t seq = 0, first, end;
	enum call_code code = command_audit_filter(call, &filter);
	if (code)
		return code;
	/* What is logged while this runs is not waited for. */
	journal_range(call->snapshot.txn, &first, &end);
	filter.has_enough = &sink.is_gone;
	while (seq <= end && audit_export(call->snapshot.txn, &filter, &seq, EXPORT_AT_ONCE,
					  audit_entry_send_line, &sink)) {
		snapshot_rest(&call->snapshot);
		if (!snapshot_renew(&call->snapshot))
			break;
	}
	command_result(call, "entries", json_integer((json_int_t)sink.count));
	command_say(call, "%llu entries written", (unsigned long long)sink.count);
	return command_read_ended(call);
}

const struct command command_audit_entry_table[] = {
	{"audit show", audit_entry_show, "seq=i"},
	{"audit export", export_log, COMMAND_AUDIT_FILTERS},
	{0},
};
