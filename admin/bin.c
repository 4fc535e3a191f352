/* SPDX-License-Identifier: BSD-2-Clause */
/* bin list, set: what was scavenged or deleted by an administrator, and can be brought back. */
#include "admin/audit.h"
#include "admin/command_parts.h"
#include "base/timeword.h"
#include "dns/rdata.h"
#include "journal/bin.h"
#include "journal/clock_state.h"
#include "journal/era.h"
#include "journal/log_time.h"
#include "journal/seq_set.h"
#include "zonedb/lookup.h"
#include "zonedb/name_history.h"
#include "zonedb/verify_cache.h"

struct bin {
	struct call *call;
	bool is_gone; /* the peer */
	uint64_t count;
	/* The zone that was looked for last. */
	struct zone zone;
	bool has_zone;
	struct verify_cache *entries;
};

/* What clients delete of their own is no business of the bin. */
static bool is_of_bin(const struct entry *e)
{
	return e->kind == ENTRY_SCAVENGE || e->kind == ENTRY_ADMIN || e->kind == ENTRY_IMPORT ||
	       e->kind == ENTRY_RESTORE;
}

static bool bin_is_there(struct bin *bin, const struct entry *e, const struct change *c)
{
	struct node node;
	struct node_rrset rrset;
	struct node_record record;
	if (bin->zone.id != e->zone_id) {
		bin->has_zone = zone_get_by_id(bin->call->snapshot.txn, e->zone_id, &bin->zone);
		bin->zone.id = e->zone_id;
	}
	if (!bin->has_zone || !lookup_node(bin->call->snapshot.txn, &bin->zone, &c->name, &node) ||
	    !node_find(&node, c->type, &rrset))
		return false;
	return c->type == DNS_TYPE_SOA ||
	       node_find_record(&node, c->type, c->rdata, &rrset, &record);
}

/* From the name's first change in the entry on. */
static bool bin_removes(const struct entry *e, size_t at, const struct change *wanted)
{
	for (size_t i = at; i < e->change_count; i++) {
		const struct change *c = &e->changes[i];
		if (c->what == CHANGE_REMOVED && c->type == wanted->type &&
		    dns_name_equal(&c->name, &wanted->name) &&
		    dns_rdata_compare(c->type, c->rdata, wanted->rdata) == 0)
			return true;
	}
	return false;
}

/* What came back and went again is in the bin once. Names that went together mostly came back
 * together, so the same entries are read again and again. */
static bool is_last_removal(struct bin *bin, const struct entry *e, const struct change *c)
{
	struct store_txn *txn = bin->call->snapshot.txn;
	struct zone zone = {.id = e->zone_id, .apex = e->zone};
	uint64_t seq = name_history_head(txn, &zone, &c->name);
	while (seq > e->seq && !txn->error) {
		size_t at;
		const struct entry *later =
			verify_cache_read(bin->entries, txn, seq, &c->name, &at);
		/* A chain leads back, and through entries that are there: this one is older. */
		if (!later || later->changes[at].previous >= seq) {
			store_fail(txn, STORE_CORRUPT);
			return false;
		}
		if (bin_removes(later, at, c))
			return false;
		seq = later->changes[at].previous;
	}
	return true;
}

static void bin_show(struct bin *bin, const struct entry *e, const struct change *c)
{
	struct call *call = bin->call;
	json_t *row = json_object();
	bin->count++;
	json_object_set_new(row, "seq", json_integer((json_int_t)e->seq));
	json_object_set_new(row, "run", e->run ? json_integer((json_int_t)e->run) : json_null());
	json_object_set_new(row, "removed_at", command_seconds(e->time_us / 1000000));
	json_object_set_new(row, "principal", command_string(e->principal));
	json_object_set_new(row, "zone", command_name(&e->zone));
	json_object_set_new(row, "zone_deleted", json_boolean(!bin->has_zone));
	json_object_set_new(row, "name", command_name(&c->name));
	json_object_set_new(row, "ttl", json_integer(c->was.ttl));
	json_object_set_new(row, "type", command_type(c->type));
	json_object_set_new(row, "data", command_string(command_rdata(call, c->type, c->rdata)));
	json_object_set_new(row, "class", json_string(record_class_name(c->was.class)));
	json_object_set_new(row, "owner",
			    command_string(c->was.owner ? c->was.owner : "anonymous"));
	json_object_set_new(row, "stamp", command_seconds(c->was.stamp));
	bin->is_gone = !command_row(call, row);
}

static void bin_show_entry(struct bin *bin, const struct entry *e)
{
	if (!is_of_bin(e) || !command_may_see(bin->call, e))
		return;
	for (size_t i = 0; i < e->change_count && !bin->is_gone; i++) {
		const struct change *c = &e->changes[i];
		if (c->what == CHANGE_REMOVED && !bin_is_there(bin, e, c) &&
		    is_last_removal(bin, e, c))
			bin_show(bin, e, c);
	}
}

static enum call_code seqs_of(struct call *call, struct seq_set *seqs)
{
	uint32_t ids[INDEX_IDS_MAX];
	struct dns_name apex = dns_name_root();
	struct zone zone;
	if (!command_text(call, "zone")) {
		*seqs = seq_set_all(call->snapshot.txn);
		return CALL_OK;
	}
	enum call_code code = command_name_of(call, "zone", &apex);
	size_t count = code ? 0 : index_zone_ids(call->snapshot.txn, JOURNAL_CHANGES, &apex, ids);
	if (!code && count == 0)
		return command_zone_of(call, &zone);
	if (!code)
		*seqs = seq_set_of_zones(call->snapshot.txn, ids, count);
	return code;
}

static enum call_code admin_bin_list(struct call *call)
{
	struct bin bin = {.call = call};
	struct seq_set seqs;
	struct entry entry = {0};
	struct arena arena = {0};
	uint64_t now =
		clock_state_believed_us(call->snapshot.txn, clock_now_us(&call->core->clock)) /
		1000000;
	uint64_t keeps = bin_keeps(call->snapshot.txn);
	uint64_t seq = 0, first, last;
	char text[TIMEWORD_TEXT_MAX];
	enum call_code code = seqs_of(call, &seqs);
	if (code)
		return code;
	bin.entries = verify_cache_new();
	journal_range(call->snapshot.txn, &first, &last);
	uint64_t since_us = (now > keeps ? now - keeps : 0) * 1000000;
	struct log_span span;
	struct eras eras;
	eras_read(call->snapshot.txn, &eras);
	log_time_span(call->snapshot.txn, since_us, 0, &span);
	for (seq = span.first; !bin.is_gone && seq_set_from(&seqs, seq, &seq) && seq <= last;
	     seq++) {
		bool is_read = journal_read(call->snapshot.txn, seq, &entry, &arena);
		/* As retention counts: an era that was ahead ended when its clock was set back. */
		entry.time_us = eras_count_us(&eras, seq, entry.time_us);
		if (is_read && entry.time_us > since_us)
			bin_show_entry(&bin, &entry);
		arena_reset(&arena);
	}
	arena_free(&arena);
	seq_set_end(&seqs);
	verify_cache_free(bin.entries);
	duration_print((uint32_t)keeps, text);
	command_result(call, "records", json_integer((json_int_t)bin.count));
	command_result(call, "keeps", json_integer((json_int_t)keeps));
	command_say(call, "%llu record%s of the last %s", (unsigned long long)bin.count,
		    bin.count == 1 ? "" : "s", text);
	return command_read_ended(call);
}

void command_bin_write(struct call *call, struct store_txn *txn, uint32_t keeps)
{
	char was[TIMEWORD_TEXT_MAX], is[TIMEWORD_TEXT_MAX];
	if (bin_keeps(txn) == keeps)
		return;
	duration_print((uint32_t)bin_keeps(txn), was);
	duration_print(keeps, is);
	struct state_edit rows = state_edit_of(txn, &call->arena);
	bin_put_keeps(&rows, keeps);
	command_log(call, txn, NULL,
		    &(struct command_event){ENTRY_SETTING, EVENT_SERVER_SETTING, "bin",
					    arena_print(&call->arena, "bin: %s -> %s", was, is),
					    &rows});
}

static enum call_code bin_set_work(struct call *call, struct store_txn *txn, void *context)
{
	command_bin_write(call, txn, *(uint32_t *)context);
	return CALL_OK;
}

static enum call_code bin_check_keeps(struct call *call, uint32_t keeps)
{
	char least[TIMEWORD_TEXT_MAX], most[TIMEWORD_TEXT_MAX];
	duration_print(BIN_LEAST_SECONDS, least);
	duration_print(BIN_MOST_SECONDS, most);
	if (keeps < BIN_LEAST_SECONDS || keeps > BIN_MOST_SECONDS)
		return call_fail(call, CALL_USAGE, "the bin keeps from %s to %s", least, most);
	return CALL_OK;
}

enum call_code command_bin_take(struct call *call, const char *text, uint32_t *keeps)
{
	if (!duration_parse(text, keeps))
		return call_fail(call, CALL_USAGE, "'%s' is not a duration (7d, 168h, 90m, 30s)",
				 text);
	return bin_check_keeps(call, *keeps);
}

static enum call_code admin_bin_set(struct call *call)
{
	char text[TIMEWORD_TEXT_MAX];
	uint32_t keeps = 0;
	enum call_code code = command_duration_of(call, "keeps", &keeps);
	if (!code)
		code = bin_check_keeps(call, keeps);
	if (!code)
		code = command_write(call, bin_set_work, &keeps);
	if (code)
		return code;
	duration_print(keeps, text);
	command_result(call, "keeps", json_integer((json_int_t)keeps));
	command_say(call, "the bin keeps what is removed for %s", text);
	return CALL_OK;
}

const struct command command_bin_table[] = {
	{"bin list", admin_bin_list, "zone=s?"},
	{"bin set", admin_bin_set, "keeps=s"},
	{0},
};
