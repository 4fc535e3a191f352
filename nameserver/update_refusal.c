/* SPDX-License-Identifier: BSD-2-Clause */
#include "nameserver/query.h"
#include "nameserver/refusal_advice.h"
#include "nameserver/refusal_hold.h"
#include "nameserver/update_parts.h"
#include <string.h>

static void refusal_set_zone(struct refusal *refusal, const struct zone *zone)
{
	if (!zone)
		return;
	refusal->has_zone = true;
	refusal->zone_id = zone->id;
	refusal->zone = zone->apex;
}

/* What a message is about: its first change, or prerequisite, or the zone. */
static const char *update_refusal_subject_of(struct arena *arena, const struct dns_msg *msg)
{
	struct dns_msg_rr rr;
	struct dns_msg_walk walk = dns_msg_walk(msg, DNS_UPDATE);
	if (dns_msg_next(&walk, &rr))
		return update_subject(arena, &rr.owner, rr.type);
	walk = dns_msg_walk(msg, DNS_PREREQUISITE);
	if (dns_msg_next(&walk, &rr))
		return update_subject(arena, &rr.owner, rr.type);
	return update_subject(arena, &msg->qname, msg->qtype);
}

static const char *key_text(struct arena *arena, const struct dns_name *key)
{
	char text[DNS_NAME_TEXT_MAX];
	dns_name_show(key, text);
	return arena_text(arena, text, strlen(text));
}

const char *update_subject(struct arena *arena, const struct dns_name *name, uint16_t type)
{
	char text[DNS_NAME_TEXT_MAX], type_text[DNS_TYPE_TEXT_MAX];
	return arena_print(arena, "%s %s", dns_name_show(name, text),
			   dns_type_print(type, type_text));
}

/* Which way the clocks differ, and by how much: what the client's administrator has to know. */
static const char *update_refusal_problem_of(struct arena *arena, const struct identity *identity)
{
	if (identity->error != DNS_BADTIME)
		return identity->problem ? identity->problem : "not verified";
	bool is_behind = identity->skew > 0;
	return arena_print(arena, "the client's clock is %lld s %s ours, more than %u",
			   (long long)(is_behind ? identity->skew : -identity->skew),
			   is_behind ? "behind" : "ahead of", identity_fudge(identity));
}

/* What a reader refuses, with who asked filled in; and on its way to the log. */
static void update_refusal_note(const struct request *asked, const struct zone *zone,
				struct refusal *refusal)
{
	struct dispatcher *by = asked->by;
	refusal->source = *asked->source;
	refusal->transport = asked->transport;
	refusal->message_id = asked->msg->id;
	refusal->principal = asked->who->text;
	refusal->is_signed = request_is_signed(asked);
	if (asked->identity->outcome != IDENTITY_UNSIGNED)
		refusal->key = key_text(&by->arena, &asked->identity->key);
	if (!refusal->subject)
		refusal->subject = update_refusal_subject_of(&by->arena, asked->msg);
	refusal_set_zone(refusal, zone);
	refusal_note(by->core, refusal);
}

/* The word and the rule of a verdict, and its sentence. */
static void refusal_set_verdict(struct refusal *refusal, const struct verdict *verdict,
				struct arena *arena)
{
	char text[POLICY_TEXT_MAX];
	policy_verdict_text(verdict, NULL, text);
	refusal->reason = arena_text(arena, text, strlen(text));
	refusal->code = refusal_code_of_policy(verdict->reason);
	const char *rule = policy_rule_text(verdict, text);
	refusal->rule = rule ? arena_text(arena, rule, strlen(rule)) : NULL;
}

void update_refusal_signature(const struct request *asked)
{
	const struct identity *identity = asked->identity;
	struct arena *arena = &asked->by->arena;
	bool is_question = asked->msg->opcode == DNS_OPCODE_QUERY;
	bool is_transfer = asked->msg->qtype == DNS_TYPE_AXFR || asked->msg->qtype == DNS_TYPE_IXFR;
	struct refusal refusal = {
		.rcode = DNS_NOTAUTH,
		.event = is_question && !is_transfer ? REFUSAL_QUERY_DENIED : REFUSAL_UPDATE_DENIED,
		.subject = is_question
				   ? update_subject(arena, &asked->msg->qname, asked->msg->qtype)
				   : NULL,
		.code = refusal_code_of_tsig(identity->error),
		.reason = arena_print(arena, "signature: %s, %s",
				      dns_tsig_error_name(identity->error),
				      update_refusal_problem_of(arena, identity)),
	};
	update_refusal_note(asked,
			    is_question
				    ? zoneset_find(asked->by->snapshot.zones, &asked->msg->qname)
				    : zoneset_exact(asked->by->snapshot.zones, &asked->msg->qname),
			    &refusal);
}

void update_refusal_transfer(const struct request *asked, const struct zone *zone,
			     const struct verdict *verdict)
{
	struct arena *arena = &asked->by->arena;
	struct refusal refusal = {
		.rcode = DNS_REFUSED,
		.event = REFUSAL_TRANSFER_DENIED,
		.subject = update_subject(arena, &asked->msg->qname, asked->msg->qtype),
	};
	refusal_set_verdict(&refusal, verdict, arena);
	if (verdict->reason == POLICY_NO_RULE)
		refusal.reason = "no rule allows it, and the zone's setting `transfer` does not "
				 "list the address";
	update_refusal_note(asked, zone, &refusal);
}

void update_refusal_query(const struct request *asked, const struct query_refusal *refused)
{
	struct arena *arena = &asked->by->arena;
	struct refusal refusal = {
		.rcode = DNS_REFUSED,
		.event = REFUSAL_QUERY_DENIED,
		.subject = update_subject(arena, &asked->msg->qname, asked->msg->qtype),
	};
	refusal_set_verdict(&refusal, &refused->verdict, arena);
	update_refusal_note(asked, refused->zone, &refusal);
}

void update_refusal_policy(const struct request *asked, const struct zone *zone,
			   const struct verdict *verdict)
{
	struct refusal refusal = {.rcode = DNS_REFUSED};
	refusal_set_verdict(&refusal, verdict, &asked->by->arena);
	if (refusal.code == REFUSAL_POLICY_UNSIGNED)
		refusal.asks = refusal_holds_asks(asked->msg);
	update_refusal_note(asked, zone, &refusal);
}

/* The zone of ours that holds what the update is about: what its zone section should say. */
static const struct zone *update_refusal_meant(const struct request *asked)
{
	const struct zoneset *zones = asked->by->snapshot.zones;
	struct dns_msg_rr rr;
	struct dns_msg_walk walk = dns_msg_walk(asked->msg, DNS_UPDATE);
	bool has_change = dns_msg_next(&walk, &rr);
	return zoneset_find(zones, has_change ? &rr.owner : &asked->msg->qname);
}

void update_refusal_zone(const struct request *asked)
{
	struct arena *arena = &asked->by->arena;
	const char *zone = key_text(arena, &asked->msg->qname);
	const struct zone *ours = update_refusal_meant(asked);
	struct refusal refusal = {
		.rcode = DNS_NOTAUTH,
		.code = REFUSAL_WRONG_ZONE,
		.reason = arena_print(arena, "wrong zone: %s is no zone here", zone),
	};
	if (asked->msg->qclass != DNS_CLASS_IN)
		refusal.reason = arena_print(arena, "wrong zone: %s of class %u is no zone here",
					     zone, asked->msg->qclass);
	else if (ours)
		refusal.reason = arena_print(arena, "%s, did you mean %s?", refusal.reason,
					     key_text(arena, &ours->apex));
	update_refusal_note(asked, NULL, &refusal);
}

void update_refusal_form(const struct request *asked, enum dns_rcode rcode,
			 const struct update_flaw *flaw)
{
	struct arena *arena = &asked->by->arena;
	const struct zoneset *zones = asked->by->snapshot.zones;
	const struct zone *zone = zoneset_exact(zones, &asked->msg->qname);
	const struct zone *ours = zoneset_find(zones, &flaw->name);
	const char *name = key_text(arena, &flaw->name);
	struct refusal refusal = {
		.rcode = (uint16_t)rcode,
		.subject = update_subject(arena, &flaw->name, flaw->type),
		.code = rcode == DNS_NOTZONE ? REFUSAL_NOT_ZONE : REFUSAL_FORM,
		.reason = arena_print(arena, "malformed update: %s", flaw->what),
	};
	if (rcode == DNS_NOTZONE)
		refusal.reason = arena_print(
			arena, "wrong zone: %s is not in %s%s%s%s", name,
			key_text(arena, &asked->msg->qname), ours ? ", did you mean " : "",
			ours ? key_text(arena, &ours->apex) : "", ours ? "?" : "");
	update_refusal_note(asked, zone, &refusal);
}

void update_refusal_drop(const struct request *asked, const struct zone *zone)
{
	struct refusal refusal = {
		.rcode = DNS_REFUSED,
		.event = REFUSAL_UPDATE_DROPPED,
		.code = REFUSAL_TOO_FAST,
		.reason = arena_print(&asked->by->arena,
				      "dropped without an answer: more than max-rate=%u allows",
				      zone->max_rate),
	};
	update_refusal_note(asked, zone, &refusal);
}

void update_refusal_crowd(const struct update *update, enum turns_outcome outcome)
{
	const struct request_kept *kept = &update->request;
	struct arena arena = {0};
	struct refusal refusal = {
		.principal = kept->who.text,
		.source = kept->source,
		.transport = kept->transport,
		.message_id = kept->msg.id,
		.is_signed = kept->who.kind != WHO_ANONYMOUS,
		.rcode = DNS_REFUSED,
		.event = REFUSAL_UPDATE_DROPPED,
		.code = REFUSAL_WAITING,
		.subject = update_refusal_subject_of(&arena, &kept->msg),
	};
	if (outcome == TURNS_CLIENT_FULL)
		refusal.reason = arena_print(&arena,
					     "dropped without an answer: %d updates of the client "
					     "wait for the writer already",
					     TURNS_WAITING_MAX);
	else
		refusal.reason = "dropped without an answer: too many updates wait for the writer";
	if (kept->identity.outcome == IDENTITY_VERIFIED)
		refusal.key = key_text(&arena, &kept->identity.key);
	refusal.has_zone = true;
	refusal.zone = kept->msg.qname;
	refusal_note(kept->core, &refusal);
	arena_free(&arena);
}

void update_refusal_full(const struct request *asked, const struct zone *zone, uint32_t per_second)
{
	struct refusal refusal = {
		.rcode = DNS_REFUSED,
		.event = REFUSAL_UPDATE_DROPPED,
		.code = REFUSAL_TABLE_FULL,
		.reason = arena_print(&asked->by->arena,
				      "dropped without an answer: the principal fills the table of "
				      "recent requests, and may send %u updates a second for now",
				      per_second),
	};
	update_refusal_note(asked, zone, &refusal);
}

static enum refusal_event update_refusal_event_of(enum update_outcome outcome)
{
	if (outcome == UPDATE_DROPPED)
		return REFUSAL_UPDATE_DROPPED;
	return outcome == UPDATE_FAILED ? REFUSAL_UPDATE_FAILED : REFUSAL_UPDATE_DENIED;
}

/* The names of a message, each once. */
struct message_names {
	const struct dns_name *name[REFUSAL_MESSAGE_NAMES_MAX];
	size_t count;
	bool has_more;
};

static void message_names_add(struct message_names *names, const struct update_rrs *all)
{
	for (size_t i = 0; i < all->count && !names->has_more; i++) {
		const struct dns_name *name = &all->rr[i].name;
		size_t k = names->count;
		while (k > 0 && !dns_name_equal(names->name[k - 1], name))
			k--;
		if (k > 0)
			continue;
		if (names->count < REFUSAL_MESSAGE_NAMES_MAX)
			names->name[names->count++] = name;
		else
			names->has_more = true;
	}
}

/* A refusal is about all names of its message: each is found by `why --last`. */
static void refusal_set_names(struct update_run *run, struct refusal *refusal)
{
	struct message_names names = {.count = 0};
	char text[DNS_NAME_TEXT_MAX];
	size_t room = 1, subject_len = strcspn(refusal->subject, " ");
	message_names_add(&names, &run->changes);
	message_names_add(&names, &run->prerequisites);
	if (names.count < 2)
		return;
	for (size_t i = 0; i < names.count; i++)
		room += strlen(dns_name_show(names.name[i], text)) + 1;
	struct bytes_out out = bytes_out_of(arena_alloc(run->arena, room), room);
	for (size_t i = 0; i < names.count; i++) {
		dns_name_show(names.name[i], text);
		if (strncmp(text, refusal->subject, subject_len) != 0 || text[subject_len])
			bytes_out_put(&out, text, strlen(text) + 1);
	}
	bytes_out_u8(&out, 0);
	refusal->names = bytes_out_len(&out) > 1 ? (const char *)out.start : NULL;
	refusal->has_more_names = names.has_more;
}

void update_log_refusal(struct update_run *run)
{
	struct update *update = run->update;
	struct refusal refusal = {
		.principal = update->request.who.text,
		.source = update->request.source,
		.transport = update->request.transport,
		.message_id = update->request.msg.id,
		.rcode = (uint16_t)update->rcode,
		.subject = run->subject,
		.reason = run->reason,
		.code = run->code,
		.owner = run->blocker,
		.rule = run->rule,
		.event = update_refusal_event_of(update->outcome),
		.is_signed = update->request.who.kind != WHO_ANONYMOUS,
	};
	refusal_set_zone(&refusal, run->zone);
	if (update->request.identity.outcome == IDENTITY_VERIFIED)
		refusal.key = key_text(run->arena, &update->request.identity.key);
	if (refusal.subject)
		refusal_set_names(run, &refusal);
	if (!update->is_refusal_counted) {
		update->is_refusal_due = refusal_is_due(run->side->refusals, &refusal, run->now_us);
		update->is_refusal_counted = true;
	}
	if (!update->is_refusal_due)
		return;
	struct refusal_when when = {.now_us = run->now_us};
	refusal_append(run->txn, &refusal, &when, run->arena);
}
