/* SPDX-License-Identifier: BSD-2-Clause */
/* audit: the log as events. */
#include "admin/audit.h"
#include "acl/who.h"
#include "admin/meant.h"
#include "admin/scope.h"
#include "base/nearest.h"
#include "outbound/audit.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FOLLOW_MS 250 /* how often `follow` looks whether the log has grown */

struct trail {
	struct call *call;
	bool is_gone; /* the peer */
	bool has_shown;
};

static void admin_audit_emit(void *context, json_t *event)
{
	struct trail *trail = context;
	trail->has_shown = true;
	trail->is_gone = trail->is_gone || !command_row(trail->call, json_incref(event));
}

static enum call_code check_event(struct call *call, const char *event)
{
	if (!event)
		return CALL_OK;
	struct nearest nearest = nearest_to(event);
	unsigned long number = strtoul(event, NULL, 10);
	if (event_kind_of(event) != EVENT_UNKNOWN)
		return CALL_OK;
	for (unsigned kind = EVENT_NONE + 1; kind < EVENT_UNKNOWN; kind++) {
		if (number && number == event_kind_windows_id((enum event_kind)kind))
			return CALL_OK;
		nearest_try(&nearest, event_kind_word((enum event_kind)kind));
	}
	const char *meant = nearest_found(&nearest);
	if (meant)
		return call_fail(call, CALL_USAGE, "unknown event '%.60s': did you mean '%s'?",
				 event, meant);
	return call_fail(call, CALL_USAGE,
			 "unknown event '%.60s': 'tenurectl audit events' lists them", event);
}

static enum call_code audit_source_of(struct call *call, struct audit_filter *filter)
{
	const char *text = command_text(call, "source"), *problem;
	if (!text)
		return CALL_OK;
	filter->has_source = true;
	problem = prefix_parse(text, &filter->source);
	if (problem)
		return call_fail(call, CALL_USAGE, "source: '%.60s': %s", text, problem);
	return CALL_OK;
}

/* Beside a zone a name is one of that zone. */
static enum call_code audit_filter_name(struct call *call, const struct audit_filter *filter,
					const char *param, struct dns_name *name)
{
	const char *text = command_text(call, param);
	if (!filter->has_zone || !text)
		return command_name_of(call, param, name);
	struct zone zone = {.apex = filter->zone};
	return command_name_in(call, text, &zone, name);
}

/* A pattern may match nobody; a word that no principal can be is a slip. */
static enum call_code audit_check_principal(struct call *call, const char *text)
{
	struct who who;
	if (!text || strpbrk(text, "*?@[") || !who_parse(&who, text))
		return CALL_OK;
	if (strchr(text, ':'))
		return call_fail(call, CALL_USAGE, "principal: '%.200s' is none", text);
	meant_principal_fail(call, "principal", text);
	return CALL_NOT_FOUND;
}

/* Where in the log such times are, once for all that the command reads. */
static void audit_find_span(struct call *call, struct audit_filter *filter)
{
	struct log_span *span = arena_alloc(&call->arena, sizeof(*span));
	log_time_span(call->snapshot.txn, filter->since_us, filter->until_us, span);
	filter->span = span;
	const char *text = log_time_span_say(span, &call->arena);
	if (text)
		command_warn(call, 0, text);
}

bool command_may_see(void *context, const struct entry *e)
{
	const struct call *call = context;
	return !scope_is_listed(call) || (e->has_zone && scope_holds(call, &e->zone));
}

enum call_code command_audit_filter(struct call *call, struct audit_filter *filter)
{
	uint64_t since = 0, until = 0;
	*filter = (struct audit_filter){
		.has_zone = command_text(call, "zone") != NULL,
		.has_name = command_text(call, "name") != NULL,
		.has_under = command_text(call, "under") != NULL,
		.principal = command_text(call, "principal"),
		.event = command_text(call, "event"),
		.denied_only = command_flag(call, "denied"),
		.limit = command_number(call, "limit", 0),
		.run = command_number(call, "run", 0),
		.person = command_text(call, "person"),
		.comment = command_text(call, "comment"),
		.may_see = scope_is_listed(call) ? command_may_see : NULL,
		.context = call,
	};
	enum call_code code = command_past_zone_of(call, &filter->zone);
	if (!code)
		code = audit_filter_name(call, filter, "name", &filter->name);
	if (!code)
		code = audit_filter_name(call, filter, "under", &filter->under);
	if (!code)
		code = audit_check_principal(call, filter->principal);
	if (!code)
		code = check_event(call, filter->event);
	if (!code)
		code = audit_source_of(call, filter);
	if (!code)
		code = command_time_of(call, "since", &since);
	if (!code)
		code = command_time_of(call, "until", &until);
	filter->since_us = since * 1000000;
	filter->until_us = until ? until * 1000000 + 999999 : 0;
	if (!code && (since || until))
		audit_find_span(call, filter);
	return code;
}

enum call_code command_audit_place(struct call *call, struct journal_place *at)
{
	const char *word = command_text(call, "log");
	*at = (struct journal_place){.seq = command_number(call, "seq", 0)};
	if (word && !journal_log_parse(word, &at->log))
		return call_fail(call, CALL_USAGE, "log: '%.60s' is none", word);
	return CALL_OK;
}

enum call_code command_check_entry(struct call *call, struct journal_place at)
{
	struct entry entry;
	char seq[JOURNAL_LOG_SEQ_TEXT_MAX];
	if (!scope_is_listed(call))
		return CALL_OK;
	if (at.seq && journal_log_read(call->snapshot.txn, at.log, at.seq, &entry, &call->arena) &&
	    command_may_see(call, &entry))
		return CALL_OK;
	return scope_check_role(
		call, call->least,
		arena_print(&call->arena, "entry %s", journal_log_print_seq(at.log, at.seq, seq)));
}

enum call_code command_audit_missing(struct call *call, struct journal_place at)
{
	char seq[JOURNAL_LOG_SEQ_TEXT_MAX], from[JOURNAL_LOG_SEQ_TEXT_MAX],
		to[JOURNAL_LOG_SEQ_TEXT_MAX];
	uint64_t first, last;
	struct journal_link base = journal_log_base(call->snapshot.txn, at.log);
	journal_log_range(call->snapshot.txn, at.log, &first, &last);
	journal_log_print_seq(at.log, at.seq, seq);
	enum call_code code = command_read_ended(call);
	if (code)
		return code;
	if (at.seq && at.seq <= base.seq)
		return call_fail(call, CALL_NOT_FOUND, "entry %s is pruned: %s begins with %s", seq,
				 journal_log_title(at.log),
				 journal_log_print_seq(at.log, base.seq + 1, from));
	if (last == 0)
		return call_fail(call, CALL_NOT_FOUND, "no entry %s: %s is empty", seq,
				 journal_log_title(at.log));
	return call_fail(call, CALL_NOT_FOUND, "no entry %s: %s holds %s to %s", seq,
			 journal_log_title(at.log), journal_log_print_seq(at.log, first, from),
			 journal_log_print_seq(at.log, last, to));
}

/* Shows what is in the logs above `after`, as of the snapshot's snapshot, and goes on from
 * there. */
static void show_new(struct trail *trail, struct audit_filter *filter)
{
	struct store_txn *txn = trail->call->snapshot.txn;
	struct journal_seqs ends = journal_log_heads(txn);
	if (memcmp(ends.of, filter->after, sizeof ends.of) == 0)
		return;
	audit_walk(txn, filter, admin_audit_emit, trail);
	memcpy(filter->after, ends.of, sizeof ends.of);
}

static void audit_follow(struct trail *trail, struct audit_filter *filter)
{
	struct call *call = trail->call;
	static const struct log_span to_come = {.first = 1, .last = UINT64_MAX};
	/* The limit was about what was there; of what comes, all is shown. */
	filter->limit = 0;
	filter->span = &to_come;
	bool is_read = !call->snapshot.txn->error;
	while (is_read && !trail->is_gone && call->wait) {
		snapshot_rest(&call->snapshot);
		trail->is_gone = !call->wait(call, FOLLOW_MS);
		/* A store that cannot be opened now is waited for; what is damaged stays so. */
		if (trail->is_gone || !snapshot_renew(&call->snapshot))
			continue;
		show_new(trail, filter);
		is_read = !call->snapshot.txn->error;
	}
}

static enum call_code admin_audit(struct call *call)
{
	struct audit_filter filter;
	struct trail trail = {.call = call};
	enum call_code code = command_audit_filter(call, &filter);
	if (code)
		return code;
	filter.has_enough = &trail.is_gone;
	bool follows = command_flag(call, "follow");
	if (follows && call->follow && !call->follow(call))
		return CALL_FAILED;
	show_new(&trail, &filter);
	if (follows)
		audit_follow(&trail, &filter);
	else if (!trail.has_shown && !call->snapshot.txn->error)
		code = command_audit_nothing(call, &filter);
	return code ? code : command_read_ended(call);
}

static enum call_code audit_event_list(struct call *call)
{
	bool is_there = true;
	for (unsigned i = EVENT_NONE + 1; is_there && i < EVENT_UNKNOWN; i++) {
		json_t *row = json_object();
		enum event_kind kind = (enum event_kind)i;
		unsigned windows_id = event_kind_windows_id(kind);
		json_object_set_new(row, "event", json_string(event_kind_word(kind)));
		json_object_set_new(row, "windows_id",
				    windows_id ? json_integer(windows_id) : json_null());
		is_there = command_row(call, row);
	}
	return CALL_OK;
}

const struct command command_audit_table[] = {
	{"audit", admin_audit, COMMAND_AUDIT_FILTERS " limit=i? follow=b?"},
	{"audit events", audit_event_list, ""},
	{0},
};
