/* SPDX-License-Identifier: BSD-2-Clause */
/* why: what an update would meet, by the functions that judge updates. */
#include "admin/scope.h"
#include "admin/why.h"
#include "acl/policy_window.h"
#include "dns/rdata.h"
#include "nameserver/asker.h"
#include "nameserver/renewal_advice.h"
#include "nameserver/update_parts.h"
#include "nameserver/update_silent.h"
#include "nameserver/update_trial.h"
#include "zonedb/lookup.h"

#define SOME_TTL 3600 /* of a set that is not there yet */

/* A hypothetical update. */
struct question {
	struct call *call;
	struct zone zone;
	struct dns_name name;
	uint16_t type;
	bool has_data, is_delete, is_stored, is_tcp;
	struct bytes rdata;
	struct who who;
	struct addr source;
	struct node node; /* when is_stored */
	struct update_sight sight;
	struct policy_name at;
	const char *other; /* the first other owner at the name, or NULL */
	bool is_allowed;
	/* What a message with this change would come to. */
	struct why_judged *judged, **judged_end;
	struct update_trial_found *hindrance; /* that is no verdict of the policy's; NULL: none */
	bool is_reported;
	struct report_verdict report;
};

/* A difference that the update would make. */
struct why_judged {
	struct why_judged *next;
	struct update_trial_judged is;
};

static const char *shown_name(struct call *call, const struct dns_name *name)
{
	char text[DNS_NAME_TEXT_MAX];
	dns_name_show(name, text);
	return arena_text(&call->arena, text, strlen(text));
}

static const char *shown_type(struct call *call, uint16_t type)
{
	char text[DNS_TYPE_TEXT_MAX];
	dns_type_print(type, text);
	return arena_text(&call->arena, text, strlen(text));
}

/* A delete of a whole RRset leaves what is others' in place, where the zone says so. */
static bool leaves_foreign(const struct question *q)
{
	return q->is_delete && !q->has_data && q->zone.skips_foreign_delete;
}

/* What is asked of the policy, as it is shown. */
struct asked {
	const char *change; /* "add", "delete" */
	uint16_t type;
	const char *data; /* or NULL */
	const char *owner;
	enum event_kind event; /* of its refusal in the log; EVENT_NONE: an update's */
	/* A dynamic record that is the requester's then, with this data. */
	bool is_stamped;
	struct bytes rdata;
};

/* A row, and what would help; `because` and the words are the caller's. */
struct said {
	const char *verdict, *code, *because, *right, *rule;
	unsigned line;
	bool is_allowed;
	const char *remedy; /* of what is allowed, and does not do what was meant; NULL: none */
	struct policy_window window; /* of a record that it stamps */
};

/* What gives the window class: "line 3: allow ...", "@laptops". */
static const char *why_window_by(struct question *q, const struct policy_window *given)
{
	if (given->rule)
		return arena_print(&q->call->row_arena, "line %u: %s", given->rule->line,
				   given->rule->text);
	return given->group->name;
}

static void why_put_window(struct question *q, json_t *row, const struct policy_window *given)
{
	char text[WINDOW_TEXT_MAX];
	if (!given->window.is_given)
		return;
	json_object_set_new(row, "window", json_string(window_print(&given->window, text)));
	json_object_set_new(row, "window_by", command_string(why_window_by(q, given)));
}

/* Of a dynamic record that would be the requester's. */
static struct policy_window why_window_of(struct question *q, uint16_t type, struct bytes rdata,
					  bool is_guest)
{
	struct update_sight *sight = &q->sight;
	struct policy_record record = {
		.change = POLICY_SAME,
		.type = type,
		.class = POLICY_DYNAMIC,
		.owner = POLICY_OWNER_REQUESTER,
		.is_target_self = update_is_target_self(&sight->asker, type, rdata),
		.is_guest = is_guest,
	};
	if (!sight->wants_window)
		return (struct policy_window){0};
	return update_window(sight, &q->at, &record,
			     groups_window(sight->policy.groups, q->who.text, sight->steps));
}

static void why_put_row(struct question *q, const struct asked *asked, const struct said *said)
{
	struct call *call = q->call;
	struct refusal_advice refusal_advice = {
		.code = said->code,
		.event = asked->event,
		.zone = shown_name(call, &q->zone.apex),
		.name = shown_name(call, &q->name),
		.type = shown_type(call, asked->type),
		.who = q->who.text,
		.owner = asked->owner ? asked->owner : q->other,
		.rule = said->rule,
		.reason = said->because,
		.right = said->right,
		.from = command_prefix_text(&q->source, &call->row_arena),
	};
	why_complete(call, &q->zone, &refusal_advice);
	json_t *row = json_object();
	json_object_set_new(row, "verdict", json_string(said->verdict));
	json_object_set_new(row, "change", json_string(asked->change));
	json_object_set_new(row, "zone", json_string(refusal_advice.zone));
	json_object_set_new(row, "name", json_string(refusal_advice.name));
	json_object_set_new(row, "type", json_string(refusal_advice.type));
	if (asked->data)
		json_object_set_new(row, "data", command_string(asked->data));
	json_object_set_new(row, "principal", command_string(q->who.text));
	json_object_set_new(row, "code", json_string(said->code));
	json_object_set_new(row, "reason", command_string(said->because));
	json_object_set_new(row, "owner", command_string(refusal_advice.owner));
	json_object_set_new(row, "right", json_string(said->right));
	json_object_set_new(row, "rule", command_string(said->rule));
	if (said->line)
		json_object_set_new(row, "rule_line", json_integer(said->line));
	if (said->remedy)
		json_object_set_new(row, "remedy", command_string(said->remedy));
	why_put_window(q, row, &said->window);
	if (!said->is_allowed)
		why_put_remedy(call, row, &refusal_advice);
	command_row(call, row);
}

/* `word` is what comes of it; NULL: it is allowed, or refused. */
static void why_answer_as(struct question *q, const struct asked *asked,
			  const struct verdict *verdict, const char *word)
{
	char text[POLICY_TEXT_MAX];
	const char *owner = asked->owner ? asked->owner : q->other;
	struct said said = {
		.verdict = word                  ? word
			   : verdict->is_allowed ? "allowed"
						 : "refused",
		.code = policy_reason_word(verdict->reason),
		.because = policy_verdict_text(verdict, owner, text),
		.right = policy_right_word(verdict->right),
		.rule = verdict->rule,
		.line = verdict->line,
		.is_allowed = verdict->is_allowed,
	};
	if (asked->is_stamped && verdict->is_allowed &&
	    !(verdict->has_class && verdict->class != POLICY_DYNAMIC))
		said.window = why_window_of(q, asked->type, asked->rdata, verdict->is_guest);
	why_put_row(q, asked, &said);
	q->is_allowed &= verdict->is_allowed;
}

static void why_answer(struct question *q, const struct asked *asked, const struct verdict *verdict)
{
	why_answer_as(q, asked, verdict, NULL);
}

static bool is_asked(const struct question *q, uint16_t type, struct bytes rdata)
{
	if (type != q->type && q->type != DNS_TYPE_ANY)
		return false;
	return !q->has_data || dns_rdata_compare(q->type, rdata, q->rdata) == 0;
}

static bool why_is_transfer(uint16_t type)
{
	return type == DNS_TYPE_AXFR || type == DNS_TYPE_IXFR;
}

/* Data that is there and stays: whether sending it again refreshes it. True: it does not, and that
 * was said. */
static bool why_renews_in_vain(struct question *q, const struct asked *asked,
			       const struct node_record *is, const struct verdict *same)
{
	struct call *call = q->call;
	char text[POLICY_TEXT_MAX];
	if (!same->is_allowed || same->takes_over || is->class != RECORD_DYNAMIC)
		return false;
	struct policy_record record = update_stored(&q->sight, POLICY_TTL, &q->name, q->type, is);
	struct verdict ttl = update_ask(&q->sight, &q->at, &record);
	bool is_given = policy_may_renew(&q->sight.policy, &q->sight.asker, &q->at, &record);
	if (is_given && update_refreshes(q->sight.policy.mode, &record, &ttl, true))
		return false;
	bool is_denied = ttl.reason == POLICY_DENIED;
	struct said said = {
		.verdict = "allowed",
		.code = policy_reason_word(same->reason),
		.because = arena_print(&call->arena, "allowed, but refreshes nothing: %s",
				       policy_verdict_text(&ttl, asked->owner, text)),
		.right = policy_right_word(same->right),
		.rule = is_denied ? ttl.rule : same->rule,
		.line = is_denied ? ttl.line : same->line,
		.is_allowed = true,
		.remedy = is_denied || !is_given
				  ? NULL
				  : renewal_advice_text(&call->arena, call->snapshot.groups,
							shown_name(call, &q->zone.apex),
							asked->owner, q->who.text),
	};
	why_put_row(q, asked, &said);
	return true;
}

/* Data that is there and stays. */
static bool why_judge_same(struct question *q, uint16_t type, const struct node_record *is)
{
	(void)type; /* it is the question's */
	struct policy_record record = update_stored(&q->sight, POLICY_SAME, &q->name, q->type, is);
	struct verdict verdict = update_ask(&q->sight, &q->at, &record);
	struct asked asked = {
		.change = "add",
		.type = q->type,
		.data = command_rdata(q->call, q->type, is->rdata),
		.owner = update_owner_text(&q->sight, is->owner, is->class),
		.is_stamped = is->class == RECORD_DYNAMIC &&
			      (verdict.takes_over || record.owner == POLICY_OWNER_REQUESTER),
		.rdata = is->rdata,
	};
	if (!why_renews_in_vain(q, &asked, is, &verdict))
		why_answer(q, &asked, &verdict);
	return true;
}

/* Of how many records that are asked about `each` said something. */
static unsigned ask_stored(struct question *q, bool (*each)(struct question *, uint16_t type,
							    const struct node_record *))
{
	unsigned count = 0;
	struct node_record record;
	struct node_walk walk = node_walk_of(&q->node);
	while (q->is_stored && node_walk_next(&walk, &record))
		if (is_asked(q, walk.rrset.type, record.rdata))
			count += each(q, walk.rrset.type, &record);
	return count;
}

static bool why_judged_is(const struct update_trial_judged *a, const struct update_trial_judged *b)
{
	return strcmp(a->change, b->change) == 0 && a->type == b->type &&
	       bytes_equal(a->rdata, b->rdata) && dns_name_equal(&a->name, &b->name);
}

/* What is allowed may still make a name too many. */
static void why_take_judged(void *context, const struct update_trial_judged *judged)
{
	struct question *q = context;
	struct why_judged *of = q->judged;
	while (of && !why_judged_is(&of->is, judged))
		of = of->next;
	if (!of) {
		of = arena_zero(&q->call->arena, sizeof *of);
		*q->judged_end = of;
		q->judged_end = &of->next;
		of->is = *judged;
	}
	if (of->is.verdict.is_allowed)
		of->is = *judged;
}

/* The first counts. What is left out, or left in place, is said of the records themselves. */
static void why_take_found(void *context, const struct update_trial_found *found)
{
	struct question *q = context;
	if (!q->hindrance && found->rcode != DNS_NOERROR && !found->is_judged)
		q->hindrance = arena_copy(&q->call->arena, found, sizeof *found);
}

/* Data of a record that is not there yet, where none was given: of the SOA another. */
static struct bytes why_some_data(const struct question *q)
{
	struct node_rrset rrset;
	struct node_record record;
	if (q->has_data || q->type != DNS_TYPE_SOA || !q->is_stored ||
	    !node_find(&q->node, q->type, &rrset))
		return q->has_data ? q->rdata : bytes_of("", 0);
	struct bytes_in in = bytes_in_of(rrset.records.data, rrset.records.len);
	if (!node_next_record(&in, &record) || record.rdata.len == 0)
		return bytes_of("", 0);
	uint8_t *data = arena_copy(&q->call->arena, record.rdata.data, record.rdata.len);
	data[record.rdata.len - 1] ^= 1;
	dns_soa_set_serial(data, record.rdata.len, dns_soa_serial(record.rdata) + 1);
	return bytes_of(data, record.rdata.len);
}

/* The question knows no TTL: that of the set to which the record comes. */
static uint32_t why_some_ttl(const struct question *q, struct bytes rdata)
{
	struct node_record record;
	struct node_walk walk = node_walk_of(&q->node);
	while (q->is_stored && node_walk_next(&walk, &record))
		if (walk.rrset.type == q->type &&
		    dns_rdata_is_one_set(q->type, record.rdata, rdata))
			return walk.rrset.ttl;
	return SOME_TTL;
}

/* What a message with this change comes to, by the functions that judge one. */
static void why_try(struct question *q)
{
	struct call *call = q->call;
	struct update_rr *change = arena_zero(&call->arena, sizeof *change);
	struct update_trial trial = {
		.core = call->core,
		.snapshot = &call->snapshot,
		.who = &q->who,
		.source = q->source,
		.is_tcp = q->is_tcp,
		.arena = &call->arena,
		.zone = q->zone,
		.found = why_take_found,
		.judged = why_take_judged,
		.context = q,
	};
	change->name = q->name;
	change->type = q->type;
	if (q->is_delete) {
		change->class = q->has_data ? DNS_CLASS_NONE : DNS_CLASS_ANY;
		change->rdata = q->rdata;
	} else {
		change->class = DNS_CLASS_IN;
		change->rdata = why_some_data(q);
		change->ttl = why_some_ttl(q, change->rdata);
	}
	q->judged_end = &q->judged;
	update_trial_change(&trial, change);
	q->is_reported = trial.is_reported;
	q->report = trial.report;
}

/* Differences of this kind: what is added stands before what goes for it. */
static void why_answer_judged(struct question *q, bool are_added)
{
	for (const struct why_judged *at = q->judged; at; at = at->next) {
		const struct update_trial_judged *judged = &at->is;
		bool is_added = strcmp(judged->change, "add") == 0;
		struct asked asked = {
			.change = judged->change,
			.type = judged->type,
			.owner = judged->owner,
			.is_stamped = is_added,
			.rdata = judged->rdata,
		};
		if (!is_added || q->has_data)
			asked.data = command_rdata(q->call, judged->type, judged->rdata);
		if (is_added == are_added)
			why_answer(q, &asked, &judged->verdict);
	}
}

/* What the deletion of a set, or of the name, leaves in place. */
static bool why_judge_spared(struct question *q, uint16_t type, const struct node_record *is)
{
	const struct why_judged *at = q->judged;
	while (at && !(at->is.type == type && bytes_equal(at->is.rdata, is->rdata)))
		at = at->next;
	struct update_silent_name of = {.name = &q->name, .apex = &q->zone.apex};
	if (at || !leaves_foreign(q) || update_silent_delete_set(&of, type))
		return false;
	struct policy_record record = update_stored(&q->sight, POLICY_REMOVE, &q->name, type, is);
	struct verdict verdict = update_ask(&q->sight, &q->at, &record);
	struct asked asked = {
		.change = "delete",
		.type = type,
		.data = command_rdata(q->call, type, is->rdata),
		.owner = update_owner_text(&q->sight, is->owner, is->class),
	};
	why_answer_as(q, &asked, &verdict, "left in place");
	return true;
}

/* What would be asked of each record, where it is not a matter of rights. */
static struct asked why_plain_asked(const struct question *q)
{
	return (struct asked){
		.change = q->is_delete ? "delete" : "add",
		.type = q->type,
		.data = q->has_data ? command_rdata(q->call, q->type, q->rdata) : NULL,
	};
}

/* No right helps where the message is wrong: the answer is FORMERR, or NOTZONE. */
static bool why_is_misshapen(struct question *q)
{
	struct call *call = q->call;
	struct asked asked = why_plain_asked(q);
	bool is_in = update_is_in_zone(call->snapshot.zones, &q->zone.apex, &q->name, q->type);
	const char *fault =
		q->has_data && !q->is_delete ? dns_rdata_fault(q->type, q->rdata) : NULL;
	if (is_in && !fault)
		return false;
	struct said said = {
		.verdict = "refused",
		.code = refusal_word(is_in ? REFUSAL_FORM : REFUSAL_NOT_ZONE),
		.because = is_in ? fault
				 : arena_print(&call->arena, "%s is not in the zone %s",
					       shown_name(call, &q->name),
					       shown_name(call, &q->zone.apex)),
		.right = "nothing",
	};
	why_put_row(q, &asked, &said);
	q->is_allowed = false;
	return true;
}

/* What is refused by no verdict of the policy: it is hidden, or too large, or too much. */
static void why_put_hindrance(struct question *q)
{
	const struct update_trial_found *found = q->hindrance;
	struct asked asked = why_plain_asked(q);
	struct said said = {
		.verdict = "refused",
		.code = refusal_word(found->code),
		.because = found->because,
		.right = policy_right_word(found->right),
		.rule = found->rule,
		.line = found->line,
	};
	why_put_row(q, &asked, &said);
	q->is_allowed = false;
}

/* In a zone that reports: what it will note, which `secure` would say. */
static void why_put_report(struct question *q)
{
	struct asked asked = why_plain_asked(q);
	bool would_pass = q->report.is_allowed;
	struct said said = {
		.verdict = would_pass ? "would pass" : "would be refused",
		.code = would_pass ? "secure" : q->report.code,
		.because = would_pass ? "secure would let it pass" : q->report.reason,
		.right = "nothing",
		.is_allowed = true, /* nothing has to be mended for this update */
	};
	asked.change = "report";
	if (q->is_reported)
		why_put_row(q, &asked, &said);
}

/* What is answered NOERROR and not done (nameserver/update_silent.h). */
static bool why_is_silent(struct question *q)
{
	struct asked asked = why_plain_asked(q);
	struct update_silent_name at = update_silent_stored(q->is_stored ? &q->node : NULL,
							    &q->name, &q->zone.apex, q->type);
	const char *why = !q->is_delete ? update_silent_add(&at, q->type, q->rdata)
			  : q->has_data ? update_silent_delete_one(&at, q->type, q->rdata)
					: update_silent_delete_set(&at, q->type);
	struct said said = {
		.verdict = "ignored",
		.code = refusal_word(REFUSAL_IGNORED),
		.because = why,
		.right = "nothing",
		.is_allowed = true,
	};
	if (why)
		why_put_row(q, &asked, &said);
	return why != NULL;
}

/* No right helps while an administrator works on the zone. */
static bool is_frozen(struct question *q)
{
	struct asked asked = {.change = q->is_delete ? "delete" : "add", .type = q->type};
	struct said said = {
		.verdict = "refused",
		.code = refusal_word(REFUSAL_FROZEN),
		.because = "the zone is frozen",
		.right = "nothing",
	};
	if (!q->zone.is_frozen)
		return false;
	why_put_row(q, &asked, &said);
	q->is_allowed = false;
	return true;
}

/* What is not a matter of rights: updates that come faster than max-rate wait, and are dropped. */
static void ask_rate(struct question *q)
{
	struct asked asked = {.change = q->is_delete ? "delete" : "add", .type = q->type};
	const char *because = why_waits(q->call, &q->zone, &q->who);
	if (!because)
		return;
	struct said said = {
		.verdict = "waits",
		.code = refusal_word(REFUSAL_TOO_FAST),
		.because = because,
		.right = "nothing",
		.rule = "limits of the zone",
	};
	why_put_row(q, &asked, &said);
}

/* In a zone with rules for questions: whether its answer could be seen. */
static void why_ask_query(struct question *q)
{
	struct asked asked = {.change = "query", .type = q->type, .event = EVENT_QUERY_DENIED};
	bool is_allowed = q->is_allowed;
	struct verdict verdict = policy_query(&q->sight.policy, &q->sight.asker, &q->name, q->type);
	if (verdict.reason == POLICY_OPEN || verdict.reason == POLICY_NOT_BOUND)
		return;
	why_answer(q, &asked, &verdict);
	q->is_allowed = is_allowed; /* it speaks of the update */
}

static void ask_transfer(struct question *q)
{
	struct asked asked = {
		.change = "transfer", .type = q->type, .event = EVENT_TRANSFER_DENIED};
	struct verdict verdict = update_transfer(&q->zone, &q->sight.policy, &q->sight.asker);
	why_answer(q, &asked, &verdict);
}

/* What the update would do, record by record, and what it would not. */
static void why_answer_change(struct question *q)
{
	unsigned same = 0;
	if (!q->is_delete && q->has_data)
		same = ask_stored(q, why_judge_same);
	why_answer_judged(q, true);
	why_answer_judged(q, false);
	if (q->hindrance)
		why_put_hindrance(q);
	else if (!q->is_delete && !same && !q->judged)
		ask_stored(q, why_judge_same);
	if (q->is_delete && ask_stored(q, why_judge_spared) == 0 && !q->judged)
		command_say(q->call,
			    "no such record at %s: deleting it changes nothing, and needs no "
			    "right",
			    shown_name(q->call, &q->name));
}

/* Whether it may have anything done in the zone; `ids` NULL: if it owned something there. */
static bool why_is_admitted(struct question *q, const struct update_owner *ids)
{
	struct asked asked = {.change = q->is_delete ? "delete" : "add", .type = q->type};
	struct verdict verdict =
		update_admit(&q->zone, &q->call->snapshot, &q->sight.asker, ids, false);
	if (!verdict.is_allowed)
		why_answer(q, &asked, &verdict);
	return verdict.is_allowed;
}

/* In the order of an update: the zone's mode, the form, any right in the zone, each difference. */
static void why_ask_update(struct question *q)
{
	if (!why_is_admitted(q, NULL) || why_is_misshapen(q) ||
	    !why_is_admitted(q, &q->sight.ids) || is_frozen(q))
		return;
	why_try(q);
	/* These come before any change. */
	if (q->hindrance && (q->hindrance->code == REFUSAL_HIDDEN ||
			     q->hindrance->code == REFUSAL_POLICY_UNSIGNED)) {
		why_put_hindrance(q);
		return;
	}
	ask_rate(q);
	if (!why_is_silent(q))
		why_answer_change(q);
	why_put_report(q);
}

static void why_warn_of_realm(const struct question *q)
{
	const struct policy_asker *asker = &q->sight.asker;
	if (asker->realm && !asker->is_trusted)
		command_warn(q->call, 0,
			     arena_print(&q->call->arena,
					 "the realm %s is not trusted ('tenurectl server "
					 "settings'): its principals have no own name here but by "
					 "rules with @%s",
					 asker->realm, asker->realm));
}

static void why_ask(struct question *q)
{
	struct call *call = q->call;
	update_sight_open(&q->sight, &call->snapshot, &q->zone, &call->arena);
	q->sight.asker = asker_of(call->core, &call->snapshot, &q->who,
				  q->source.len ? &q->source : NULL, q->is_tcp);
	update_ids(&call->snapshot, &q->sight.asker, &q->sight.ids, &call->arena);
	why_warn_of_realm(q);
	/* Groups are the server's. */
	const char *clash = scope_is_listed(call)
				    ? NULL
				    : update_clash_text(&q->sight.ids, &q->who, &call->arena);
	if (clash)
		command_warn(call, 0, clash);
	q->is_stored = lookup_node(call->snapshot.txn, &q->zone, &q->name, &q->node);
	update_see(&q->sight, &q->name, q->is_stored ? &q->node : NULL, &q->at);
	q->other =
		q->is_stored ? update_other_owner(&q->sight, &q->name, &q->node) : q->at.kept_for;
	if (why_is_transfer(q->type)) {
		ask_transfer(q);
		return;
	}
	why_ask_update(q);
	why_ask_query(q);
}

static enum call_code why_take_data(struct question *q)
{
	struct call *call = q->call;
	const char *text = command_text(call, "data");
	unsigned column = 0;
	if (!text)
		return CALL_OK;
	uint8_t *buffer = arena_alloc(&call->arena, DNS_RDATA_MAX);
	struct bytes_out out = bytes_out_of(buffer, DNS_RDATA_MAX);
	const char *problem = dns_rdata_parse_text(q->type, text, &q->zone.apex, &out, &column);
	if (problem)
		return call_fail(call, CALL_USAGE, "data of %s, column %u of '%.200s': %s",
				 shown_type(call, q->type), column, text, problem);
	q->rdata = bytes_of(buffer, bytes_out_len(&out));
	q->has_data = true;
	return CALL_OK;
}

/* --zone may name one above that which holds the name. */
static void warn_of_zone(const struct question *q)
{
	struct call *call = q->call;
	const struct zone *closest = zoneset_find(call->snapshot.zones, &q->name);
	if (!closest || closest->id == q->zone.id || !scope_holds(call, &closest->apex))
		return;
	const char *apex = shown_name(call, &closest->apex);
	command_warn(call, 0,
		     arena_print(&call->arena, "%s lies in the zone %s: did you mean --zone %s?",
				 shown_name(call, &q->name), apex, apex));
}

static enum call_code why_asked(struct call *call)
{
	struct question q = {
		.call = call,
		.is_delete = command_flag(call, "delete"),
		.is_tcp = command_flag(call, "tcp"),
		.is_allowed = true,
	};
	if (!command_text(call, "name") || !command_text(call, "type"))
		return call_fail(call, CALL_USAGE, "a name and a type are needed");
	enum call_code code = command_place_of(call, &q.zone, &q.name);
	if (!code)
		code = command_type_of(call, "type", &q.type);
	bool is_of_name = q.type == DNS_TYPE_ANY && q.is_delete && !command_text(call, "data");
	if (!code && dns_type_is_meta(q.type) && !why_is_transfer(q.type) && !is_of_name)
		code = call_fail(call, CALL_USAGE, "type %s cannot be stored",
				 shown_type(call, q.type));
	if (!code)
		code = why_take_asker(call, &q.who, &q.source);
	if (!code)
		code = why_take_data(&q);
	if (code)
		return code;
	warn_of_zone(&q);
	why_ask(&q);
	why_warn_unseen(call, &q.who);
	command_result(call, "allowed", json_boolean(q.is_allowed));
	return command_read_ended(call);
}

static enum call_code admin_why(struct call *call)
{
	bool has_last = command_text(call, "last"), has_seq = json_object_get(call->args, "seq");
	bool has_update = command_text(call, "update") != NULL;
	if (has_last + has_seq + has_update + (command_text(call, "name") != NULL) != 1)
		return call_fail(call, CALL_USAGE,
				 "one of a name, a name for --last, a number for --seq, a message "
				 "for --update is needed");
	if (has_update)
		return command_why_update(call);
	if (has_last)
		return command_why_last(call);
	return has_seq ? command_why_seq(call) : why_asked(call);
}

const struct command command_why_table[] = {
	{"why", admin_why,
	 "name=s? type=s? data=s? as=s? zone=s? from=s? delete=b? last=s? seq=i? log=s? "
	 "update=s? tcp=b?"},
	{0},
};
