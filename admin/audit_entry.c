/* SPDX-License-Identifier: BSD-2-Clause */
/* audit show, audit export: entries whole, as JSON text. It is sent as data, not as rows: the
 * entry of an import is longer than a frame may be. */
#include "admin/audit.h"
#include "admin/scope.h"
#include "admin/scope_entry.h"
#include "base/frame.h"
#include "nameserver/core.h"
#include "outbound/line_chain.h"
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
	struct line_chain chain;
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

/* Digests are of all entries before, too: with them what others wrote could be guessed, and the
 * guess proved. */
static void audit_entry_leave_out(struct call *call, json_t *object)
{
	static const char *const members[] = {"digest", "previous_digest", "checkpoint"};
	for (size_t i = 0; scope_is_listed(call) && i < sizeof members / sizeof *members; i++)
		json_object_del(object, members[i]);
	scope_entry_hide(call, object);
	arena_reset(&call->row_arena);
}

static void audit_entry_send_line(void *context, json_t *object)
{
	struct sink *sink = context;
	audit_entry_leave_out(sink->call, object);
	char *text = json_dumps(object, JSON_COMPACT | JSON_ENSURE_ASCII);
	if (sink->is_gone || !text)
		sink->is_gone = true;
	else
		sink->is_gone = !audit_entry_put(sink->call, text, strlen(text)) ||
				!audit_entry_put(sink->call, "\n", 1);
	sink->count += !sink->is_gone;
	free(text);
}

static void audit_entry_send_chained(void *context, json_t *object)
{
	struct sink *sink = context;
	audit_entry_leave_out(sink->call, object);
	char *text = line_chain_print(&sink->chain, object, JSON_ENSURE_ASCII);
	sink->is_gone = sink->is_gone || !text || !audit_entry_put(sink->call, text, strlen(text));
	sink->count += !sink->is_gone;
	free(text);
}

/* What closes an export: who has the public key can tell that nothing was cut or changed. */
static void audit_entry_send_statement(struct sink *sink)
{
	struct core *core = sink->call->core;
	json_t *statement =
		line_chain_statement(&sink->chain, core->checkpoints, clock_now(&core->clock));
	if (!statement)
		return;
	audit_entry_send_chained(sink, statement);
	sink->count--;
	json_decref(statement);
}

static enum call_code audit_entry_show(struct call *call)
{
	struct journal_place at;
	struct sink sink = {.call = call};
	enum call_code code = command_audit_place(call, &at);
	if (code)
		return code;
	code = command_check_entry(call, at);
	json_t *entry = at.seq && !code ? audit_entry(call->snapshot.txn, at) : NULL;
	if (!entry)
		return code ? code : command_audit_missing(call, at);
	audit_entry_send_line(&sink, entry);
	json_decref(entry);
	return command_read_ended(call);
}

static enum call_code export_log(struct call *call)
{
	struct audit_filter filter;
	struct sink sink = {.call = call};
	enum call_code code = command_audit_filter(call, &filter);
	if (code)
		return code;
	/* What is logged while this runs is not waited for. */
	filter.has_ends = true;
	struct journal_seqs ends = journal_log_heads(call->snapshot.txn);
	memcpy(filter.ends, ends.of, sizeof ends.of);
	filter.has_enough = &sink.is_gone;
	while (audit_export(call->snapshot.txn, &filter, EXPORT_AT_ONCE, audit_entry_send_chained,
			    &sink)) {
		snapshot_rest(&call->snapshot);
		if (!snapshot_renew(&call->snapshot))
			break;
	}
	if (sink.count == 0 && !call->snapshot.txn->error)
		code = command_audit_nothing(call, &filter);
	if (code)
		return code;
	audit_entry_send_statement(&sink);
	command_result(call, "entries", json_integer((json_int_t)sink.count));
	command_say(call, "%s written", command_count(call, sink.count, "entry"));
	return command_read_ended(call);
}

const struct command command_audit_entry_table[] = {
	{"audit show", audit_entry_show, COMMAND_AUDIT_PLACE},
	{"audit export", export_log, COMMAND_AUDIT_FILTERS},
	{0},
};
