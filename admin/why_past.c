/* SPDX-License-Identifier: BSD-2-Clause */
/* why --last, --seq: what the log knows of a decision, and what would change it. */
#include "admin/audit.h"
#include "admin/meant.h"
#include "admin/scope.h"
#include "admin/why.h"
#include "base/timeword.h"
#include "outbound/audit.h"
#include "nameserver/core.h"
#include "nameserver/refusal.h"
#include <stdlib.h>

#define SECOND_US  1000000ull
#define LAST_COUNT 5 /* refusals that `why --last` shows */
/* The newest refusals of a zone in which it looks for those without names. */
#define NAMELESS_LOOK 1000

struct past {
	struct call *call;
	bool has_name;
	struct dns_name name; /* that is asked about */
	uint64_t count;
	struct refusal_nameless nameless;
};

static const char *why_past_text_of(const json_t *event, const char *member)
{
	return json_string_value(json_object_get(event, member));
}

unsigned why_rule_line(const char **rule)
{
	char *end;
	if (strncmp(*rule, "line ", 5) != 0)
		return 0;
	unsigned long line = strtoul(*rule + 5, &end, 10);
	if (strncmp(end, ": ", 2) != 0)
		return 0;
	*rule = end + 2;
	return (unsigned)line;
}

static void put_rule(json_t *row, const char *rule)
{
	unsigned line = rule ? why_rule_line(&rule) : 0;
	json_object_set_new(row, "rule", command_string(rule));
	if (line)
		json_object_set_new(row, "rule_line", json_integer(line));
}

static const char *verdict_of(const struct entry *e)
{
	if (e->kind != ENTRY_DENIED)
		return "allowed";
	if (e->rcode == 0)
		return "ignored";
	return e->event == EVENT_UPDATE_DROPPED ? "dropped" : "refused";
}

/* The zone that a message named, and that is none of ours: only the reason has it. */
static const char *why_past_zone(const struct entry *e, const json_t *row, struct arena *arena)
{
	static const char before[] = "wrong zone: ";
	const char *zone = why_past_text_of(row, "zone");
	if (zone || !e->reason || strncmp(e->reason, before, sizeof before - 1) != 0)
		return zone;
	const char *at = e->reason + sizeof before - 1;
	return arena_text(arena, at, strcspn(at, " "));
}

/* Beside what the audit trail shows, the members that `why NAME TYPE` has. */
static void why_past_explain(struct call *call, const struct entry *e, json_t *row)
{
	struct arena *arena = &call->row_arena;
	struct refusal_advice refusal_advice = {
		.code = e->code,
		.event = e->event,
		.zone = why_past_zone(e, row, arena),
		.name = why_past_text_of(row, "name"),
		.type = why_past_text_of(row, "type"),
		.who = e->principal,
		.owner = e->owner,
		.rule = e->rule,
		.reason = e->reason,
		.key = e->key,
		.from = command_prefix_text(&e->source, arena),
	};
	const char *right = refusal_advice_right(&refusal_advice, arena);
	if (e->kind == ENTRY_DENIED)
		why_complete(call,
			     e->has_zone ? zoneset_exact(call->snapshot.zones, &e->zone) : NULL,
			     &refusal_advice);
	json_object_set_new(row, "verdict", json_string(verdict_of(e)));
	json_object_set_new(row, "principal", command_string(e->principal));
	json_object_set_new(row, "code", command_string(e->code));
	json_object_set_new(row, "reason", command_string(e->reason));
	json_object_set_new(row, "owner", command_string(e->owner));
	json_object_set_new(row, "right", command_string(right));
	put_rule(row, e->rule);
	if (e->kind == ENTRY_DENIED)
		why_put_remedy(call, row, &refusal_advice);
}

/* The first time that the name was updated with a signature from then on. */
struct why_later {
	bool is_found;
	json_t *event;
};

static void why_later_take(void *context, json_t *event)
{
	struct why_later *later = context;
	const char *kind = why_past_text_of(event, "kind");
	const char *principal = why_past_text_of(event, "principal");
	if (later->is_found || !kind || !principal || strcmp(principal, "anonymous") == 0 ||
	    (strcmp(kind, "update") != 0 && strcmp(kind, "refresh") != 0))
		return;
	later->is_found = true;
	later->event = json_incref(event);
}

/* In the largest unit of which there are two at least. */
static const char *why_later_ago(struct call *call, uint64_t us)
{
	static const struct {
		uint64_t seconds;
		const char *word;
	} units[] = {{86400, "d"}, {3600, "h"}, {60, "min"}, {1, "s"}};
	uint64_t seconds = us / SECOND_US;
	size_t i = 0;
	while (units[i].seconds > 1 && seconds < 2 * units[i].seconds)
		i++;
	return arena_print(&call->row_arena, "%llu %s",
			   (unsigned long long)(seconds / units[i].seconds), units[i].word);
}

/* Most refusals mend themselves: the client signs, or asks again. */
static void why_later(struct past *past, const struct entry *e, json_t *row)
{
	struct call *call = past->call;
	struct entry entry;
	struct why_later later = {0};
	struct audit_filter filter = {.has_name = true,
				      .name = past->name,
				      .logs = AUDIT_LOG(JOURNAL_CHANGES),
				      .since_us = e->time_us + 1,
				      .may_see = command_may_see,
				      .context = call,
				      .has_enough = &later.is_found};
	if (e->kind != ENTRY_DENIED || e->rcode == 0)
		return;
	audit_walk(call->snapshot.txn, &filter, why_later_take, &later);
	if (later.is_found && journal_read(call->snapshot.txn, audit_place(later.event).seq, &entry,
					   &call->row_arena)) {
		const char *text = arena_print(&call->row_arena, "accepted %s later, signed as %s",
					       why_later_ago(call, entry.time_us - e->time_us),
					       entry.principal);
		json_object_set_new(row, "later", command_string(text));
		json_object_set_new(row, "later_seq", json_integer((json_int_t)entry.seq));
	}
	json_decref(later.event);
}

static void why_past_show(void *context, json_t *event)
{
	struct past *past = context;
	struct call *call = past->call;
	struct entry entry;
	struct journal_place at = audit_place(event);
	if (!journal_log_read(call->snapshot.txn, at.log, at.seq, &entry, &call->row_arena))
		return;
	past->count++;
	json_t *row = json_deep_copy(event);
	why_past_explain(call, &entry, row);
	if (past->has_name)
		why_later(past, &entry, row);
	command_row(call, row);
}

static void add_nameless(void *context, json_t *event)
{
	struct past *past = context;
	struct entry entry;
	struct journal_place at = audit_place(event);
	if (journal_log_read(past->call->snapshot.txn, at.log, at.seq, &entry,
			     &past->call->row_arena) &&
	    entry.nameless)
		refusal_nameless_add(&past->nameless, entry.nameless, entry.first_us,
				     entry.last_us);
	arena_reset(&past->call->row_arena);
}

/* Each log for itself, that of signed requests first: what anybody can forge must neither push out
 * nor stand before what was proved. */
static void why_past_walk(struct call *call, const struct audit_filter *wanted, audit_emit *emit,
			  struct past *past)
{
	static const enum journal_log logs[] = {JOURNAL_SIGNED, JOURNAL_CHANGES, JOURNAL_UNSIGNED};
	for (size_t i = 0; i < sizeof logs / sizeof logs[0]; i++) {
		struct audit_filter filter = *wanted;
		filter.logs = AUDIT_LOG(logs[i]);
		audit_walk(call->snapshot.txn, &filter, emit, past);
	}
}

/* The newest of some events, in the call's arena. */
struct why_ignored {
	struct call *call;
	struct journal_place at; /* seq 0: there is none */
	const char *time, *event, *principal, *reason;
};

static void why_ignored_take(void *context, json_t *event)
{
	struct why_ignored *newest = context;
	struct arena *arena = &newest->call->arena;
	const char *time = why_past_text_of(event, "time"),
		   *principal = why_past_text_of(event, "principal"),
		   *reason = why_past_text_of(event, "reason");
	if (newest->at.seq && strcmp(time, newest->time) <= 0)
		return;
	newest->at = audit_place(event);
	newest->time = arena_print(arena, "%s", time);
	newest->event = arena_print(arena, "%s", why_past_text_of(event, "event"));
	newest->principal = arena_print(arena, "%s", principal ? principal : "anonymous");
	newest->reason = arena_print(arena, "%s", reason ? reason : "nothing was changed");
}

/* What was answered with NOERROR and changed nothing is no refusal, and explains as much. Returns
 * the text behind the sentence that there is none. */
static const char *why_ignored_text(struct call *call, const struct dns_name *name)
{
	static const char *const events[] = {"update-ignored", "refresh-ignored"};
	struct why_ignored newest = {.call = call};
	for (size_t i = 0; i < sizeof events / sizeof events[0]; i++) {
		struct audit_filter filter = {.has_name = true,
					      .name = *name,
					      .event = events[i],
					      .limit = 1,
					      .may_see = command_may_see,
					      .context = call};
		audit_walk(call->snapshot.txn, &filter, why_ignored_take, &newest);
	}
	static const char *const before[JOURNAL_LOGS] = {
		[JOURNAL_SIGNED] = "r", [JOURNAL_UNSIGNED] = "u"};
	if (!newest.at.seq)
		return "";
	const char *seq = arena_print(&call->arena, "%s%llu",
				      before[newest.at.log] ? before[newest.at.log] : "",
				      (unsigned long long)newest.at.seq);
	return arena_print(&call->arena,
			   "; but entry %s (%s, by %.100s) says: %.300s "
			   "(`tenurectl why --seq %s`)",
			   seq, newest.event, newest.principal, newest.reason, seq);
}

/* Nothing is known of the name: but there may be some whose names were not kept. */
static enum call_code none_found(struct past *past, const struct dns_name *name)
{
	struct call *call = past->call;
	char shown[DNS_NAME_TEXT_MAX], first[TIMEWORD_TEXT_MAX], last[TIMEWORD_TEXT_MAX];
	const struct zone *zone = zoneset_find(call->snapshot.zones, name);
	if (zone && !scope_holds(call, &zone->apex))
		zone = NULL; /* whether it is here is not told */
	dns_name_show(name, shown);
	if (zone) {
		struct audit_filter filter = {.has_zone = true,
					      .zone = zone->apex,
					      .denied_only = true,
					      .limit = NAMELESS_LOOK};
		why_past_walk(call, &filter, add_nameless, past);
		refusals_nameless(call->core, &zone->apex, &past->nameless);
	}
	const char *ignored = why_ignored_text(call, name);
	enum call_code code = command_read_ended(call);
	if (code)
		return code;
	const char *meant = *ignored || zone ? NULL : meant_name(call, name);
	if (!past->nameless.count && meant)
		return call_fail(call, CALL_NOT_FOUND,
				 "the log holds no refusal about %s: did you mean '%s'?", shown,
				 meant);
	if (!past->nameless.count)
		return call_fail(call, CALL_NOT_FOUND, "the log holds no refusal about %s%s", shown,
				 ignored);
	time_print(past->nameless.first_us / 1000000, first);
	time_print(past->nameless.last_us / 1000000, last);
	return call_fail(call, CALL_NOT_FOUND,
			 "no refusal of %s is recorded; %llu of this zone were folded without "
			 "names between %s and %s%s",
			 shown, (unsigned long long)past->nameless.count, first, last, ignored);
}

enum call_code command_why_last(struct call *call)
{
	struct audit_filter filter = {.has_name = true,
				      .denied_only = true,
				      .limit = LAST_COUNT,
				      .may_see = command_may_see,
				      .context = call};
	struct past past = {.call = call};
	enum call_code code = command_name_of(call, "last", &filter.name);
	if (code)
		return code;
	past.has_name = true;
	past.name = filter.name;
	/* What waits to be written is asked too. */
	snapshot_rest(&call->snapshot);
	refusals_settle(call->core, &filter.name);
	if (snapshot_renew(&call->snapshot))
		why_past_walk(call, &filter, why_past_show, &past);
	bool is_renewed = command_contested_say(call, &filter.name);
	code = command_read_ended(call);
	return !code && past.count == 0 && !is_renewed ? none_found(&past, &filter.name) : code;
}

enum call_code command_why_seq(struct call *call)
{
	struct entry entry;
	struct journal_place at;
	char seq[JOURNAL_LOG_SEQ_TEXT_MAX];
	enum call_code code = command_audit_place(call, &at);
	if (!code)
		code = command_check_entry(call, at);
	if (code)
		return code;
	if (!at.seq || !journal_log_read(call->snapshot.txn, at.log, at.seq, &entry, &call->arena))
		return command_audit_missing(call, at);
	if (entry.kind != ENTRY_DENIED && !entry.code)
		return call_fail(call, CALL_FAILED,
				 "entry %s is no refusal, and was decided by no rule: its kind "
				 "is %s",
				 journal_log_print_seq(at.log, at.seq, seq),
				 entry_kind_name(entry.kind));
	struct audit_filter filter = {.logs = AUDIT_LOG(at.log), .has_ends = true};
	struct past past = {.call = call};
	filter.after[at.log] = at.seq - 1;
	filter.ends[at.log] = at.seq;
	audit_walk(call->snapshot.txn, &filter, why_past_show, &past);
	return command_read_ended(call);
}
