/* SPDX-License-Identifier: BSD-2-Clause */
/* audit revert, scavenge undo, record restore, zone restore: which changes are to be undone. */
#include "admin/revert.h"
#include "admin/at.h"
#include "admin/audit.h"
#include "admin/scope.h"
#include "base/glob.h"
#include "base/shellword.h"
#include "base/timeword.h"
#include "dns/type.h"
#include "journal/history.h"
#include "journal/run.h"
#include "journal/seq_set.h"
#include "zonedb/lookup.h"
#include "zonedb/name_history.h"

typedef unsigned long long ull;

/* --- one entry */

/* What there is to say of an entry that changed nothing that is taken back. */
static enum call_code nothing_taken(struct call *call, const struct entry *e)
{
	char shown[DNS_NAME_TEXT_MAX];
	ull seq = e->seq;
	const char *event = e->event ? entry_event_word(e) : entry_kind_name(e->kind);
	if (e->has_zone)
		dns_name_show(&e->zone, shown);
	if (e->event == EVENT_ZONE_DELETE)
		return call_fail(call, CALL_FAILED,
				 "entry %llu is the deletion of a zone: 'tenurectl zone restore "
				 "%s' brings it back",
				 seq, shellword_name(shown, &call->arena));
	if (e->event == EVENT_ZONE_CREATE)
		return call_fail(call, CALL_FAILED,
				 "entry %llu made zone %s: 'tenurectl zone del %s' takes it away",
				 seq, shown, shellword_name(shown, &call->arena));
	if (entry_is_statement(e))
		return call_fail(call, CALL_FAILED,
				 "entry %llu (%s) states settings, rules, groups and keys as they "
				 "were: it changed nothing, so there is nothing to revert",
				 seq, event);
	if (entry_is_words(e))
		return call_fail(call, CALL_FAILED,
				 "entry %llu (%s) was written by a version that logged settings as "
				 "words: it cannot be reverted; 'tenurectl audit show %llu' says "
				 "what it did, to be set by hand",
				 seq, event, seq);
	return call_fail(call, CALL_FAILED,
			 "entry %llu (%s) changed no record and no setting, so there is nothing to "
			 "revert",
			 seq, event);
}

/* Or ends one: with it come and go rows that are not taken back without it. */
static bool makes_zone(const struct entry *e)
{
	for (size_t i = 0; i < e->row_count; i++) {
		if (e->rows[i].table == STATE_ZONE && e->rows[i].has_old != e->rows[i].has_new)
			return true;
	}
	return false;
}

static enum call_code revert_take_entry(struct call *call, struct undo *undo, uint64_t seq)
{
	struct entry entry;
	uint64_t first, last;
	journal_range(call->snapshot.txn, &first, &last);
	undo->what = arena_print(&call->arena, "entry %llu", (ull)seq);
	if ((seq == 0 || seq > last) && scope_is_listed(call))
		return scope_check_role(call, call->least, undo->what);
	if (seq == 0 || seq > last)
		return call_fail(call, CALL_NOT_FOUND, "there is no entry %llu: the last is %llu",
				 (ull)seq, (ull)last);
	enum call_code code = command_log_reaches(call, seq);
	if (code)
		return code;
	if (!journal_read(call->snapshot.txn, seq, &entry, &call->arena))
		return command_read_ended(call);
	if (!command_may_see(call, &entry))
		code = scope_check_role(call, call->least, undo->what);
	if (code)
		return code;
	if (entry.change_count == 0 && makes_zone(&entry))
		return nothing_taken(call, &entry);
	code = undo_take(call, undo, &entry);
	return code || undo_count(undo) ? code : nothing_taken(call, &entry);
}

/* --- a run */

/* Undone, by a run that was not undone itself. */
static bool is_undone(struct store_txn *txn, const struct run *run, struct run *by)
{
	struct run next = *run;
	bool is = false;
	while (next.undone_by && run_get(txn, next.undone_by, &next)) {
		if (!is && next.id == run->undone_by)
			*by = next;
		is = !is;
	}
	return is;
}

static enum call_code revert_check_run(struct call *call, const struct run *run)
{
	struct run by = {0};
	char when[TIMEWORD_TEXT_MAX];
	ull id = run->id;
	if (run->state == RUN_UNDER_WAY)
		return call_fail(call, CALL_FAILED, "run %llu is still under way", id);
	if (run->state == RUN_HELD)
		return call_fail(call, CALL_NOTHING,
				 "run %llu is held and has removed nothing: 'scavenge cancel "
				 "%llu' ends it",
				 id, id);
	if (run->first_seq == 0)
		return call_fail(call, CALL_NOTHING, "run %llu has changed nothing", id);
	/* What conflicts then may be undone now. */
	if (is_undone(call->snapshot.txn, run, &by) && by.skipped == 0 && by.state == RUN_DONE) {
		time_print(by.started_us / 1000000, when);
		return call_fail(call, CALL_NOTHING,
				 "run %llu was undone by run %llu, %s: 'audit revert --run %llu' "
				 "undoes that",
				 id, (ull)by.id, when, (ull)by.id);
	}
	return command_log_reaches(call, run->first_seq);
}

/* The runs that undid this one, and undid that. */
static void ignore_undoing(struct call *call, struct undo *undo, const struct run *run)
{
	struct run next = *run;
	while (next.undone_by && run_get(call->snapshot.txn, next.undone_by, &next))
		revert_ignore_run(undo->revert, next.id);
}

/* A zone whose whole deletion is to be undone comes back, unless its name is in use again. */
static enum call_code revive_deleted(struct call *call, struct undo *undo, uint32_t zone_id,
				     const struct dns_name *apex)
{
	char shown[DNS_NAME_TEXT_MAX];
	struct deleted_zone deleted_zone;
	struct zone here;
	if (!deleted_zone_last(call->snapshot.txn, apex, &deleted_zone) ||
	    deleted_zone.zone.id != zone_id)
		return CALL_OK;
	dns_name_show(apex, shown);
	if (zone_get(call->snapshot.txn, apex, &here))
		return call_fail(call, CALL_FAILED,
				 "zone %s was made anew since: 'tenurectl zone export %s FILE --at "
				 "seq:%llu' writes what it held before",
				 shown, shellword_name(shown, &call->arena),
				 (ull)deleted_zone.first_seq - 1);
	undo->has_deleted_zone = true;
	undo->deleted_zone = deleted_zone;
	return call->changes ? scope_check_reason(call, &deleted_zone.zone) : CALL_OK;
}

static enum call_code take_run_entries(struct call *call, struct undo *undo, const struct run *run)
{
	struct seq_set seqs = run->has_zone ? seq_set_of_zones(call->snapshot.txn, &run->zone_id, 1)
					    : seq_set_all(call->snapshot.txn);
	struct arena arena = {0};
	struct entry entry;
	enum call_code code = CALL_OK;
	for (uint64_t seq = run->first_seq;
	     !code && seq_set_from(&seqs, seq, &seq) && seq <= run->last_seq; seq++) {
		if (journal_read(call->snapshot.txn, seq, &entry, &arena) && entry.run == run->id)
			code = undo_take(call, undo, &entry);
		arena_reset(&arena);
	}
	arena_free(&arena);
	seq_set_end(&seqs);
	return code ? code : command_read_ended(call);
}

static enum call_code revert_take_run(struct call *call, struct undo *undo, uint64_t id,
				      bool is_scavenging)
{
	struct run run;
	if (!run_get(call->snapshot.txn, id, &run))
		return scope_no_run(call, id);
	enum call_code code = scope_check_run(call, &run);
	if (!code && is_scavenging && run.kind != RUN_SCAVENGE)
		return call_fail(
			call, CALL_FAILED,
			"run %llu is no scavenging run but of kind %s: 'audit revert --run "
			"%llu' undoes it",
			(ull)id, run_kind_name(run.kind), (ull)id);
	if (!code && run.kind == RUN_ZONE_DELETE)
		code = scope_check_role(
			call, ROLE_ADMIN,
			arena_print(&call->arena, "to take back run %llu", (ull)id));
	if (!code)
		code = revert_check_run(call, &run);
	if (!code && run.kind == RUN_ZONE_DELETE)
		code = revive_deleted(call, undo, run.zone_id, &run.zone);
	undo->what = arena_print(&call->arena, "run %llu", (ull)id);
	undo->run = id;
	ignore_undoing(call, undo, &run);
	if (!code)
		code = take_run_entries(call, undo, &run);
	if (!code && undo_count(undo) == 0)
		code = call_fail(call, CALL_NOTHING,
				 "run %llu has changed nothing that is taken back", (ull)id);
	return code;
}

/* --- what somebody did in a time */

static bool revert_is_by(const struct entry *e, const char *pattern)
{
	return (e->principal && glob_matches(pattern, e->principal)) ||
	       (e->acting && glob_matches(pattern, e->acting));
}

static enum call_code span_of(struct call *call, uint64_t *from, uint64_t *to)
{
	uint64_t now_us = command_time_us(call, call->snapshot.txn);
	uint64_t since = 0, until = now_us / 1000000, first, last;
	enum call_code code = command_time_of(call, "since", &since);
	if (!code)
		code = command_time_of(call, "until", &until);
	if (!code && !command_text(call, "since"))
		code = call_fail(call, CALL_USAGE,
				 "since when? --since TIME is needed with --principal");
	if (!code && since > until)
		code = call_fail(call, CALL_USAGE, "the time ends before it begins");
	if (code)
		return code;
	journal_range(call->snapshot.txn, &first, &last);
	struct log_moment begins, ends;
	log_time_at(call->snapshot.txn, since * 1000000 - (since > 0), now_us, &begins);
	log_time_at(call->snapshot.txn, until * 1000000 + 999999, now_us, &ends);
	*from = begins.seq + 1;
	*to = ends.seq;
	command_say_time(call, &begins);
	if (ends.taken.first != begins.taken.first)
		command_say_time(call, &ends);
	return begins.is_known ? CALL_OK : command_log_reaches(call, first - 1);
}

/* What was set so is to be set back by hand. */
static void tell_words(struct call *call, size_t count)
{
	command_warn(call, 0,
		     arena_print(&call->arena,
				 "%zu %s written by a version that logged settings as words, and "
				 "cannot be reverted: 'tenurectl audit' shows what %s",
				 count, count == 1 ? "entry was" : "entries were",
				 count == 1 ? "it set" : "they set"));
}

static enum call_code revert_take_principal(struct call *call, struct undo *undo,
					    const char *pattern)
{
	struct zone zone;
	struct arena arena = {0};
	struct entry entry;
	uint64_t from = 0, to = 0;
	bool has_zone = command_text(call, "zone") != NULL;
	enum call_code code = has_zone ? command_zone_of(call, &zone)
				       : scope_check_role(call, call->least, "without --zone it");
	if (!code)
		code = span_of(call, &from, &to);
	if (code)
		return code;
	struct seq_set seqs = has_zone ? seq_set_of_zones(call->snapshot.txn, &zone.id, 1)
				       : seq_set_all(call->snapshot.txn);
	for (; !code && seq_set_from(&seqs, from, &from) && from <= to; from++) {
		if (journal_read(call->snapshot.txn, from, &entry, &arena) &&
		    revert_is_by(&entry, pattern))
			code = undo_take(call, undo, &entry);
		arena_reset(&arena);
	}
	arena_free(&arena);
	seq_set_end(&seqs);
	undo->what = arena_print(&call->arena, "what %s did", pattern);
	if (!code)
		code = command_read_ended(call);
	if (!code && undo->words)
		tell_words(call, undo->words);
	if (!code && undo_count(undo) == 0)
		code = call_fail(call, CALL_NOTHING,
				 "%s changed nothing that is taken back in that time", pattern);
	return code;
}

static enum call_code revert_audit_revert(struct call *call)
{
	uint64_t seq = command_number(call, "seq", 0), run = command_number(call, "run", 0);
	const char *principal = command_text(call, "principal");
	bool has_seq = json_object_get(call->args, "seq") != NULL;
	bool has_run = json_object_get(call->args, "run") != NULL;
	bool has_more = command_text(call, "since") || command_text(call, "until") ||
			command_text(call, "zone");
	if (has_seq + has_run + (principal != NULL) != 1)
		return call_fail(call, CALL_USAGE,
				 "what is to be reverted? An entry's number, --run RUN, or "
				 "--principal P with --since TIME");
	if (!principal && has_more)
		return call_fail(call, CALL_USAGE,
				 "--since, --until and --zone go with --principal");
	struct undo undo = undo_begin();
	enum call_code code = has_seq   ? revert_take_entry(call, &undo, seq)
			      : has_run ? revert_take_run(call, &undo, run, false)
					: revert_take_principal(call, &undo, principal);
	if (!code)
		code = undo_run(call, &undo);
	undo_end(&undo);
	return code;
}

static enum call_code revert_scavenge_undo(struct call *call)
{
	struct undo undo = undo_begin();
	enum call_code code = revert_take_run(call, &undo, command_number(call, "run", 0), true);
	if (!code)
		code = undo_run(call, &undo);
	undo_end(&undo);
	return code;
}

/* --- a name's records */

struct wanted {
	struct zone zone;
	struct dns_name name;
	uint16_t type; /* 0: all */
};

static bool revert_is_wanted(const struct wanted *want, const struct change *change)
{
	return change->what == CHANGE_REMOVED && dns_name_equal(&change->name, &want->name) &&
	       (!want->type || want->type == change->type);
}

static size_t take_wanted(struct undo *undo, const struct wanted *want, const struct entry *entry)
{
	size_t count = 0;
	for (size_t i = 0; i < entry->change_count; i++) {
		if (revert_is_wanted(want, &entry->changes[i]) &&
		    revert_take(undo->revert, entry, &entry->changes[i]))
			count++;
	}
	return count;
}

static bool is_zone_deletion(struct store_txn *txn, const struct entry *entry)
{
	struct run run;
	return entry->run && run_get(txn, entry->run, &run) && run.kind == RUN_ZONE_DELETE;
}

/* Whether what is wanted of an entry is there again: all that went with a zone which came back. */
static bool came_back(struct call *call, const struct wanted *want, const struct entry *entry)
{
	struct node node;
	struct node_rrset rrset;
	struct node_record record;
	if (!is_zone_deletion(call->snapshot.txn, entry) ||
	    !lookup_node(call->snapshot.txn, &want->zone, &want->name, &node))
		return false;
	for (size_t i = 0; i < entry->change_count; i++) {
		const struct change *change = &entry->changes[i];
		if (revert_is_wanted(want, change) && change->type != DNS_TYPE_SOA &&
		    !node_find_record(&node, change->type, change->rdata, &rrset, &record))
			return false;
	}
	return true;
}

/* The last entry that removed something there which is to be missed. */
static uint64_t find_removal(struct call *call, struct undo *undo, const struct wanted *want,
			     uint64_t *pruned)
{
	struct history history;
	uint64_t seq = 0;
	history_start(&history, call->snapshot.txn, &want->name,
		      name_history_head(call->snapshot.txn, &want->zone, &want->name));
	while (!seq && history_back(&history)) {
		if (!came_back(call, want, &history.entry) &&
		    take_wanted(undo, want, &history.entry))
			seq = history.entry.seq;
	}
	*pruned = history.pruned;
	history_end(&history);
	return seq;
}

static enum call_code take_removal(struct call *call, struct undo *undo, const struct wanted *want,
				   const char *shown)
{
	struct entry entry;
	uint64_t seq = command_number(call, "seq", 0), pruned = 0;
	if (json_object_get(call->args, "seq")) {
		enum call_code code = command_log_reaches(call, seq);
		if (code)
			return code;
		if (!journal_read(call->snapshot.txn, seq, &entry, &call->arena) ||
		    !entry.has_zone || entry.zone_id != want->zone.id ||
		    !take_wanted(undo, want, &entry))
			seq = 0;
	} else {
		seq = find_removal(call, undo, want, &pruned);
	}
	undo->what = arena_print(&call->arena, "the removal of %s by entry %llu", shown, (ull)seq);
	if (seq)
		return command_read_ended(call);
	return call_fail(call, CALL_NOT_FOUND, "no such record was removed from %s%s", shown,
			 pruned ? ", as far as the log goes back" : "");
}

static enum call_code revert_place_of(struct call *call, struct wanted *want)
{
	char zone[DNS_NAME_TEXT_MAX];
	struct deleted_zone deleted_zone;
	struct dns_name apex;
	enum call_code code = command_place_of(call, &want->zone, &want->name);
	bool is_name = code == CALL_NOT_FOUND &&
		       !dns_name_parse_text(&want->name, command_text(call, "name"));
	if (!is_name || !deleted_zone_find(call->snapshot.txn, &want->name, &apex) ||
	    !deleted_zone_last(call->snapshot.txn, &apex, &deleted_zone))
		return code;
	dns_name_show(&apex, zone);
	return call_fail(call, CALL_NOT_FOUND,
			 "zone %s was deleted: 'tenurectl zone restore %s' brings it back", zone,
			 shellword_name(zone, &call->arena));
}

static enum call_code revert_record_restore(struct call *call)
{
	char shown[DNS_NAME_TEXT_MAX];
	struct wanted want = {.name = dns_name_root()};
	enum call_code code = revert_place_of(call, &want);
	if (!code)
		code = command_type_of(call, "type", &want.type);
	if (code)
		return code;
	struct undo undo = undo_begin();
	revert_take_parts(undo.revert);
	code = take_removal(call, &undo, &want, dns_name_show(&want.name, shown));
	if (!code)
		code = undo_run(call, &undo);
	undo_end(&undo);
	return code;
}

/* --- a zone */

static enum call_code find_deleted_zone(struct call *call, struct deleted_zone *deleted_zone)
{
	char shown[DNS_NAME_TEXT_MAX];
	struct dns_name apex = dns_name_root();
	struct zone here;
	enum call_code code = command_name_of(call, "zone", &apex);
	if (code)
		return code;
	if (deleted_zone_last(call->snapshot.txn, &apex, deleted_zone))
		return CALL_OK;
	dns_name_show(&apex, shown);
	if (zone_get(call->snapshot.txn, &apex, &here))
		return call_fail(call, CALL_FAILED, "zone %s is here", shown);
	return call_fail(call, CALL_NOT_FOUND, "no zone %s was deleted%s", shown,
			 command_log_extent(call));
}

static enum call_code take_deletion(struct call *call, struct undo *undo)
{
	struct arena arena = {0};
	struct entry entry;
	enum call_code code = command_log_reaches(call, undo->deleted_zone.first_seq);
	struct seq_set seqs = seq_set_of_zones(call->snapshot.txn, &undo->deleted_zone.zone.id, 1);
	for (uint64_t seq = undo->deleted_zone.first_seq;
	     !code && seq_set_from(&seqs, seq, &seq) && seq <= undo->deleted_zone.last_seq; seq++) {
		/* Between the parts of a large zone stand other entries. */
		if (journal_read(call->snapshot.txn, seq, &entry, &arena) && entry.has_zone &&
		    entry.zone_id == undo->deleted_zone.zone.id) {
			code = undo_take(call, undo, &entry);
			undo->run = entry.run;
		}
		arena_reset(&arena);
	}
	arena_free(&arena);
	seq_set_end(&seqs);
	return code ? code : command_read_ended(call);
}

static enum call_code revert_zone_restore(struct call *call)
{
	char shown[DNS_NAME_TEXT_MAX], when[TIMEWORD_TEXT_MAX];
	struct undo undo = undo_begin();
	struct deleted_zone deleted_zone;
	enum call_code code = find_deleted_zone(call, &deleted_zone);
	if (!code)
		code = revive_deleted(call, &undo, deleted_zone.zone.id, &deleted_zone.zone.apex);
	if (!code)
		code = take_deletion(call, &undo);
	if (!code) {
		time_print(deleted_zone.when, when);
		undo.what = arena_print(&call->arena, "the deletion of zone %s, %s",
					dns_name_show(&deleted_zone.zone.apex, shown), when);
		code = undo_run(call, &undo);
	}
	undo_end(&undo);
	return code;
}

const struct command command_revert_table[] = {
	{"audit revert", revert_audit_revert,
	 "seq=i? run=i? principal=s? since=s? until=s? zone=s? plan=b? yes=b? move-names=b?"},
	{"scavenge undo", revert_scavenge_undo, "run=i plan=b?"},
	{"record restore", revert_record_restore, "name=s zone=s? type=s? seq=i? plan=b?"},
	{"zone restore", revert_zone_restore, "zone=s plan=b? yes=b? move-names=b?"},
	{0},
};
