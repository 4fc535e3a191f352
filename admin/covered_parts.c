/* SPDX-License-Identifier: BSD-2-Clause */
#include "admin/covered_parts.h"
#include "admin/covered_state.h"
#include "admin/edit_parts.h"
#include "dns/rdata.h"
#include "journal/history.h"
#include "journal/journal.h"
#include "journal/run.h"
#include "journal/seq_set.h"
#include "zonedb/name_history.h"
#include <string.h>

/* Names that may be copied in the transaction that puts the zone into service; each round that was
 * too slow lets it be so many more. */
#define CATCH_UP_NAMES 64
#define ROUNDS_MAX     100

struct covered_parts {
	struct call *call;
	struct zone zone; /* the new one */
	struct covered covered;
	const char *reason;
	uint64_t run;
	uint64_t begins; /* its first entry */
	uint64_t seen;   /* what was changed in the zone above up to this entry is copied */
	uint64_t opens;  /* the entry from which on the zone is in service */
	unsigned rounds;
	bool has_failed;
	/* Names that were changed since. */
	struct dns_name *names;
	size_t count, room;
};

bool covered_parts_are_long(struct call *call, const struct dns_name *apex)
{
	struct covered covered;
	if (!command_flag(call, "move-names") ||
	    !covered_open(&covered, call, call->snapshot.txn, apex))
		return false;
	covered.most = EDIT_PARTS_NAMES + 1;
	covered_walk(&covered, covered_count);
	return covered.records >= covered.most;
}

struct covered_parts *covered_parts_open(struct call *call, const struct zone *zone)
{
	char shown[DNS_NAME_TEXT_MAX];
	struct covered_parts *p = arena_zero(&call->arena, sizeof *p);
	if (!command_flag(call, "move-names") ||
	    !covered_open(&p->covered, call, call->snapshot.txn, &zone->apex))
		return NULL;
	p->call = call;
	p->zone = *zone;
	p->reason = arena_print(&call->arena, "names move from zone %s",
				dns_name_show(&p->covered.above.apex, shown));
	return p;
}

/* --- the run */

static enum call_code covered_parts_begin(struct call *call, struct store_txn *txn, void *context)
{
	struct covered_parts *p = context;
	struct entry as = command_entry(call, ENTRY_ADMIN, txn, NULL);
	struct run run = run_new(txn, RUN_OTHER, RUN_UNDER_WAY, &as);
	snprintf(run.note, sizeof run.note, "%s", p->reason);
	p->run = run.id;
	p->begins = journal_next_seq(txn);
	/* The first pass reads what is there after this. */
	p->seen = p->begins;
	struct state_edit rows = state_edit_of(txn, &call->arena);
	command_log_run(call, &rows, &run, EVENT_RUN_START, NULL);
	return CALL_OK;
}

static enum call_code covered_parts_end(struct call *call, struct store_txn *txn, void *context)
{
	struct covered_parts *p = context;
	struct run run;
	if (!run_get(txn, p->run, &run))
		return CALL_OK;
	run.state = p->has_failed ? RUN_FAILED : RUN_DONE;
	struct state_edit rows = state_edit_of(txn, &call->arena);
	command_log_run(call, &rows, &run, EVENT_RUN_END, NULL);
	return CALL_OK;
}

void covered_parts_give_up(struct covered_parts *p)
{
	const char *why = arena_text(&p->call->arena, p->call->error, strlen(p->call->error));
	p->has_failed = true;
	if (p->run && command_write(p->call, covered_parts_end, p) == CALL_OK)
		p->run = 0;
	call_fail(p->call, CALL_FAILED, "%s", why);
}

/* --- copying */

static struct edit_author covered_parts_author(void *context, struct store_txn *txn)
{
	struct covered_parts *p = context;
	p->covered.txn = txn;
	return command_author(p->call, txn);
}

/* Whether a name holds something that is to move. */
static bool covered_parts_want(void *context, struct store_txn *txn, const struct zone *zone,
			       const struct dns_name *name, const struct node *node)
{
	struct covered_parts *p = context;
	struct node_walk walk = node_walk_of(node);
	struct node_record record;
	(void)zone;
	p->covered.txn = txn;
	if (covered_is_of_third(&p->covered, name))
		return false;
	while (node_walk_next(&walk, &record))
		if (record.class != RECORD_DERIVED &&
		    !covered_is_of_above(&p->covered, name, walk.rrset.type))
			return true;
	return false;
}

/* Takes back what was copied before: the zone's own records stay. */
static void covered_parts_forget(struct covered_parts *p, struct edit *edit, struct edit_name *at)
{
	struct history history;
	history_start(&history, p->covered.txn, &at->name, at->previous);
	while (history.next >= p->begins && history_back(&history)) {
		const struct entry *entry = &history.entry;
		for (size_t i = 0; entry->run == p->run && i < entry->change_count; i++) {
			const struct change *change = &entry->changes[i];
			if (change->what == CHANGE_ADDED &&
			    dns_name_equal(&change->name, &at->name))
				edit_remove_record(edit, &at->name, change->type, change->rdata);
		}
	}
	history_end(&history);
}

static uint64_t covered_parts_copy_name(void *context, struct edit *edit, struct edit_name *at)
{
	struct covered_parts *p = context;
	struct covered *covered = &p->covered;
	struct node node;
	struct node_record record;
	uint64_t count = 0;
	covered_parts_forget(p, edit, at);
	if (!lookup_node(covered->txn, &covered->above, &at->name, &node) ||
	    covered_is_of_third(covered, &at->name))
		return 0;
	covered->to = edit;
	struct node_walk walk = node_walk_of(&node);
	while (node_walk_next(&walk, &record))
		if (record.class != RECORD_DERIVED &&
		    !covered_is_of_above(covered, &at->name, walk.rrset.type))
			count += covered_copy_record(covered, &at->name, &walk.rrset, &record);
	return count;
}

/* --- what was changed meanwhile */

static void covered_parts_push(struct covered_parts *p, const struct dns_name *name)
{
	if (p->count > 0 && dns_name_equal(&p->names[p->count - 1], name))
		return;
	if (p->count == p->room) {
		size_t room = p->room ? 2 * p->room : 256;
		struct dns_name *names = arena_alloc(&p->call->arena, room * sizeof *names);
		if (p->count)
			memcpy(names, p->names, p->count * sizeof *names);
		p->names = names;
		p->room = room;
	}
	p->names[p->count++] = *name;
}

/* Takes the names that entries of the zone above have changed since. False: there are more than
 * `most`. `*last` is the last entry of the log. */
static bool covered_parts_collect(struct covered_parts *p, struct store_txn *txn, size_t most,
				  uint64_t *last)
{
	struct seq_set seqs = seq_set_of_zones(txn, &p->covered.above.id, 1);
	struct arena arena = {0};
	struct entry entry;
	uint64_t first;
	journal_range(txn, &first, last);
	p->count = 0;
	for (uint64_t seq = p->seen + 1;
	     p->count <= most && seq_set_from(&seqs, seq, &seq) && seq <= *last; seq++) {
		if (!journal_read(txn, seq, &entry, &arena))
			break;
		for (size_t i = 0; i < entry.change_count && p->count <= most; i++)
			if (dns_name_under(&entry.changes[i].name, &p->zone.apex))
				covered_parts_push(p, &entry.changes[i].name);
		arena_reset(&arena);
	}
	arena_free(&arena);
	seq_set_end(&seqs);
	return p->count <= most;
}

static size_t covered_parts_most(const struct covered_parts *p)
{
	return CATCH_UP_NAMES * (1 + p->rounds);
}

static enum call_code covered_parts_copy_some(struct covered_parts *p, bool is_listed)
{
	struct edit_parts parts = {
		.zone = &p->covered.above,
		.under = &p->zone.apex,
		.into = &p->zone,
		.list = is_listed ? p->names : NULL,
		.list_count = p->count,
		.reason = p->reason,
		.wants = covered_parts_want,
		.author = covered_parts_author,
		.noun = "names copied",
		.change = covered_parts_copy_name,
		.context = p,
		.run = p->run,
	};
	return edit_parts_run(p->call, &parts);
}

enum call_code covered_parts_copy(struct covered_parts *p)
{
	struct call *call = p->call;
	uint64_t last;
	enum call_code code = CALL_OK;
	if (!p->run) {
		code = command_write(call, covered_parts_begin, p);
		if (!code)
			code = covered_parts_copy_some(p, false);
	}
	while (!code && p->rounds < ROUNDS_MAX &&
	       !covered_parts_collect(p, call->snapshot.txn, covered_parts_most(p), &last)) {
		covered_parts_collect(p, call->snapshot.txn, SIZE_MAX - 1, &last);
		code = covered_parts_copy_some(p, true);
		p->seen = last;
		p->rounds++;
	}
	if (code)
		covered_parts_give_up(p);
	return code;
}

bool covered_parts_catch_up(struct covered_parts *p, struct store_txn *txn)
{
	struct call *call = p->call;
	struct state_edit rows = state_edit_of(txn, &call->arena);
	uint64_t last;
	if (!covered_parts_collect(p, txn, covered_parts_most(p), &last))
		return false;
	struct edit_author author = covered_parts_author(p, txn);
	struct edit *edit = edit_open(txn, &p->zone, &author, &call->arena);
	for (size_t i = 0; i < p->count; i++)
		covered_parts_copy_name(p, edit, edit_see(edit, &p->names[i]));
	struct entry entry = command_entry(call, ENTRY_ADMIN, txn, &p->zone);
	entry.run = p->run;
	entry.reason = p->reason;
	edit_commit(edit, &entry);
	p->covered.reserved = 0;
	covered_move_reserved(&p->covered, &p->zone, &rows);
	if (p->covered.reserved) {
		struct entry reserves = command_entry(call, ENTRY_ADMIN, txn, &p->zone);
		reserves.run = p->run;
		reserves.event = EVENT_OWNER_RESERVE;
		reserves.rows = state_edit_changes(&rows, &reserves.row_count);
		journal_append(txn, &reserves, &call->arena);
	}
	p->opens = journal_next_seq(txn);
	return true;
}

/* --- removing what was copied */

static bool covered_parts_is_record(const struct change *change, const struct dns_name *name,
				    uint16_t type, struct bytes rdata)
{
	return change->type == type && dns_name_equal(&change->name, name) &&
	       dns_rdata_compare(type, change->rdata, rdata) == 0;
}

/* Whether the zone had the record when it was put into service. */
static bool covered_parts_has_moved(struct covered_parts *p, const struct dns_name *name,
				    uint16_t type, struct bytes rdata)
{
	struct store_txn *txn = p->covered.txn;
	struct history history;
	bool is_known = false, has_moved = false;
	history_start(&history, txn, name, name_history_head(txn, &p->zone, name));
	while (!is_known && history_back(&history)) {
		const struct entry *entry = &history.entry;
		/* In one entry the last change of a record counts. */
		for (size_t i = 0; entry->seq < p->opens && i < entry->change_count; i++) {
			if (!covered_parts_is_record(&entry->changes[i], name, type, rdata))
				continue;
			is_known = true;
			has_moved = entry->changes[i].what != CHANGE_REMOVED;
		}
	}
	history_end(&history);
	return has_moved;
}

static uint64_t covered_parts_clear_name(void *context, struct edit *edit, struct edit_name *at)
{
	struct covered_parts *p = context;
	struct node_walk walk = node_walk_of(&at->stored);
	struct node_record record;
	uint64_t count = 0;
	while (node_walk_next(&walk, &record))
		if (!covered_is_of_above(&p->covered, &at->name, walk.rrset.type) &&
		    covered_parts_has_moved(p, &at->name, walk.rrset.type, record.rdata))
			count += edit_remove_record(edit, &at->name, walk.rrset.type, record.rdata);
	return count;
}

enum call_code covered_parts_clear(struct covered_parts *p, struct covered_result *result)
{
	struct call *call = p->call;
	struct covered left;
	struct edit_parts parts = {
		.zone = &p->covered.above,
		.under = &p->zone.apex,
		.reason = p->reason,
		.wants = covered_parts_want,
		.author = covered_parts_author,
		.noun = "names removed above",
		.change = covered_parts_clear_name,
		.context = p,
		.run = p->run,
	};
	enum call_code code = edit_parts_run(call, &parts);
	if (!code)
		code = command_write(call, covered_parts_end, p);
	else
		covered_parts_give_up(p);
	result->moved = parts.records;
	if (covered_open(&left, call, call->snapshot.txn, &p->zone.apex))
		covered_walk(&left, covered_count);
	result->left = left.records;
	return code;
}
