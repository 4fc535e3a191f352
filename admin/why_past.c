/* SPDX-License-Identifier: BSD-2-Clause */
/* why --last, --seq: what the log knows of a decision, and what would change it. */
#include "admin/command.h"
#include "base/timeword.h"
#include "journal/audit.h"
#include "nameserver/core.h"
#include "nameserver/refusal.h"
#include "nameserver/refusal_advice.h"
#include <stdlib.h>

#define LAST_COUNT 5 /* refusals that `why --last` shows */
/* The newest refusals of a zone in which it looks for those without names. */
#define NAMELESS_LOOK 1000

struct past {
	struct call *call;
	uint64_t seq; /* 0: any */
	uint64_t count;
	struct refusal_nameless nameless;
};

static const char *why_past_text_of(const json_t *event, const char *member)
{
	return json_string_value(json_object_get(event, member));
}

/* "line 3: deny ...": its number; 0: a preset's. `*rule` is what stands behind it. */
static unsigned why_past_line_of(const char **rule)
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
	unsigned line = rule ? why_past_line_of(&rule) : 0;
	json_object_set_new(row, "rule", command_string(rule));
	if (line)
		json_object_set_new(row, "line", json_integer(line));
}

static const char *verdict_of(const struct entry *e)
{
	if (e->kind != ENTRY_DENIED)
		return "allowed";
	if (e->rcode == 0)
		return "ignored";
	return e->event && strcmp(e->event, "update-dropped") == 0 ? "dropped" : "refused";
}

/* Beside what the audit trail shows, the members that `why NAME TYPE` has. */
static void why_past_explain(struct call *call, const struct entry *e, json_t *row)
{
	struct arena *arena = &call->row_arena;
	struct refusal_advice refusal_advice = {
		.code = e->code,
		.event = e->event,
		.zone = why_past_text_of(row, "zone"),
		.name = why_past_text_of(row, "name"),
		.type = why_past_text_of(row, "type"),
		.who = e->principal,
		.owner = e->owner,
		.rule = e->rule,
		.key = e->key,
	};
	const char *right = refusal_advice_right(&refusal_advice, arena), *cure = NULL;
	if (e->kind == ENTRY_DENIED)
		cure = refusal_advice_text(&refusal_advice, arena);
	json_object_set_new(row, "verdict", json_string(verdict_of(e)));
	json_object_set_new(row, "as", command_string(e->principal));
	json_object_set_new(row, "because", command_string(e->reason));
	json_object_set_new(row, "reason", command_string(e->code));
	json_object_set_new(row, "owner", command_string(e->owner));
	json_object_set_new(row, "right", command_string(right));
	put_rule(row, e->rule);
	if (cure)
		json_object_set_new(row, "remedy", command_string(cure));
}

static void why_past_show(void *context, json_t *event)
{
	struct past *past = context;
	struct call *call = past->call;
	struct entry entry;
	uint64_t seq = (uint64_t)json_integer_value(json_object_get(event, "seq"));
	if ((past->seq && past->seq != seq) ||
	    !journal_read(call->snapshot.txn, seq, &entry, &call->row_arena))
		return;
	past->count++;
	json_t *row = json_deep_copy(event);
	why_past_explain(call, &entry, row);
	command_row(call, row);
}

static void add_nameless(void *context, json_t *event)
{
	struct past *past = context;
	struct entry entry;
	uint64_t seq = (uint64_t)json_integer_value(json_object_get(event, "seq"));
	if (journal_read(past->call->snapshot.txn, seq, &entry, &past->call->row_arena) &&
	    entry.nameless)
		refusal_nameless_add(&past->nameless, entry.nameless, entry.first_us,
				     entry.last_us);
	arena_reset(&past->call->row_arena);
}

/* Nothing is known of the name: but there may be some whose names were not kept. */
static enum call_code none_found(struct past *past, const struct dns_name *name)
{
	struct call *call = past->call;
	char shown[DNS_NAME_TEXT_MAX], first[TIMEWORD_TEXT_MAX], last[TIMEWORD_TEXT_MAX];
	const struct zone *zone = zoneset_find(call->snapshot.zones, name);
	dns_name_show(name, shown);
	if (zone) {
		struct audit_filter filter = {.has_zone = true,
					      .zone = zone->apex,
					      .denied_only = true,
					      .limit = NAMELESS_LOOK};
		audit_walk(call->snapshot.txn, &filter, add_nameless, past);
		refusals_nameless(call->core, &zone->apex, &past->nameless);
	}
	enum call_code code = command_read_ended(call);
	if (code)
		return code;
	if (!past->nameless.count)
		return call_fail(call, CALL_NOT_FOUND, "the log holds no refusal about %s", shown);
	time_print(past->nameless.first_us / 1000000, first);
	time_print(past->nameless.last_us / 1000000, last);
	return call_fail(call, CALL_NOT_FOUND,
			 "no refusal of %s is recorded; %llu of this zone were folded without "
			 "names between %s and %s",
			 shown, (unsigned long long)past->nameless.count, first, last);
}

enum call_code command_why_last(struct call *call)
{
	struct audit_filter filter = {.has_name = true, .denied_only = true, .limit = LAST_COUNT};
	struct past past = {.call = call};
	enum call_code code = command_name_of(call, "last", &filter.name);
	if (code)
		return code;
	/* What waits to be written is asked too. */
	snapshot_rest(&call->snapshot);
	refusals_settle(call->core, &filter.name);
	if (snapshot_renew(&call->snapshot))
		audit_walk(call->snapshot.txn, &filter, why_past_show, &past);
	code = command_read_ended(call);
	return !code && past.count == 0 ? none_found(&past, &filter.name) : code;
}

enum call_code command_why_seq(struct call *call)
{
	struct entry entry;
	uint64_t first, last, seq = command_number(call, "seq", 0);
	journal_range(call->snapshot.txn, &first, &last);
	if (seq == 0 || seq < first || seq > last ||
	    !journal_read(call->snapshot.txn, seq, &entry, &call->arena)) {
		enum call_code code = command_read_ended(call);
		return code ? code
			    : call_fail(call, CALL_NOT_FOUND,
					"no entry %llu: the log holds %llu to %llu",
					(unsigned long long)seq, (unsigned long long)first,
					(unsigned long long)last);
	}
	if (entry.kind != ENTRY_DENIED && !entry.code)
		return call_fail(call, CALL_FAILED,
				 "entry %llu is no refusal, and was decided by no rule: its kind "
				 "is %s",
				 (unsigned long long)seq, entry_kind_name(entry.kind));
	struct audit_filter filter = {.after_seq = seq - 1, .until_us = entry.time_us};
	struct past past = {.call = call, .seq = seq};
	audit_walk(call->snapshot.txn, &filter, why_past_show, &past);
	return command_read_ended(call);
}
