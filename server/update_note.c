/* SPDX-License-Identifier: BSD-2-Clause */
#include "server/update_parts.h"

static struct denial denial_of(const struct dns_msg *msg, const struct packet *packet)
{
	return (struct denial){
		.source = packet->source,
		.transport = packet->transport,
		.message_id = msg->id,
	};
}

static void denial_set_zone(struct denial *denial, const struct zone *zone)
{
	if (!zone)
		return;
	denial->has_zone = true;
	denial->zone_id = zone->id;
	denial->zone = zone->apex;
}

/* What a message is about: its first change, or prerequisite, or the zone. */
static const char *subject_of(struct arena *arena, const struct dns_msg *msg)
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
static const char *problem_of(struct arena *arena, const struct identity *identity)
{
	if (identity->error != DNS_BADTIME)
		return identity->problem ? identity->problem : "not verified";
	bool is_behind = identity->skew > 0;
	return arena_print(arena, "the client's clock is %lld s %s ours, more than %u",
			   (long long)(is_behind ? identity->skew : -identity->skew),
			   is_behind ? "behind" : "ahead of", identity->fudge);
}

void update_note_signature(struct dispatcher *by, const struct packet *packet,
			   const struct dns_msg *msg, const struct identity *identity)
{
	struct denial denial = denial_of(msg, packet);
	denial_set_zone(&denial, zoneset_exact(by->view.zones, &msg->qname));
	denial.principal = "anonymous";
	denial.key = key_text(&by->arena, &identity->key);
	denial.rcode = DNS_NOTAUTH;
	denial.subject = subject_of(&by->arena, msg);
	denial.reason =
		arena_print(&by->arena, "signature: %s, %s", dns_tsig_error_name(identity->error),
			    problem_of(&by->arena, identity));
	denial_note(by->core, &denial);
}

void update_note_transfer(const struct update_request *asked)
{
	struct dispatcher *by = asked->by;
	const struct zone *zone = zoneset_exact(by->view.zones, &asked->msg->qname);
	struct denial denial = denial_of(asked->msg, asked->packet);
	if (!zone)
		return;
	denial_set_zone(&denial, zone);
	denial.principal =
		asked->packet->proved ? asked->packet->proved->text : asked->identity->who.text;
	if (asked->identity->outcome == IDENTITY_VERIFIED)
		denial.key = key_text(&by->arena, &asked->identity->key);
	denial.rcode = DNS_REFUSED;
	denial.subject = update_subject(&by->arena, &asked->msg->qname, asked->msg->qtype);
	denial.reason = "zone transfers are not served";
	denial.event = "transfer-denied";
	denial_note(by->core, &denial);
}

void update_note_refusal(const struct update_request *asked, const struct zone *zone,
			 const char *reason)
{
	struct dispatcher *by = asked->by;
	struct denial denial = denial_of(asked->msg, asked->packet);
	denial_set_zone(&denial, zone);
	denial.principal =
		asked->packet->proved ? asked->packet->proved->text : asked->identity->who.text;
	if (asked->identity->outcome == IDENTITY_VERIFIED)
		denial.key = key_text(&by->arena, &asked->identity->key);
	denial.rcode = DNS_REFUSED;
	denial.subject = subject_of(&by->arena, asked->msg);
	denial.reason = reason;
	denial_note(by->core, &denial);
}

/* The zone of ours that holds what the update is about: what its zone section should say. */
static const char *meant(const struct update_request *asked)
{
	const struct zoneset *zones = asked->by->view.zones;
	struct dns_msg_rr rr;
	struct dns_msg_walk walk = dns_msg_walk(asked->msg, DNS_UPDATE);
	bool has_change = dns_msg_next(&walk, &rr);
	const struct zone *zone = zoneset_find(zones, has_change ? &rr.owner : &asked->msg->qname);
	return zone ? key_text(&asked->by->arena, &zone->apex) : NULL;
}

void update_note_zone(const struct update_request *asked)
{
	struct dispatcher *by = asked->by;
	const char *zone = key_text(&by->arena, &asked->msg->qname), *ours = meant(asked);
	struct denial denial = denial_of(asked->msg, asked->packet);
	denial.principal =
		asked->packet->proved ? asked->packet->proved->text : asked->identity->who.text;
	if (asked->identity->outcome == IDENTITY_VERIFIED)
		denial.key = key_text(&by->arena, &asked->identity->key);
	denial.rcode = DNS_NOTAUTH;
	denial.subject = subject_of(&by->arena, asked->msg);
	denial.reason =
		ours ? arena_print(&by->arena, "wrong zone: %s is no zone here, did you mean %s?",
				   zone, ours)
		     : arena_print(&by->arena, "wrong zone: %s is no zone here", zone);
	denial_note(by->core, &denial);
}

void update_log_denial(struct update_run *run)
{
	struct update *update = run->update;
	struct denial denial = {
		.principal = update->who.text,
		.source = update->source,
		.transport = update->transport,
		.message_id = update->msg.id,
		.rcode = (uint16_t)update->rcode,
		.subject = run->subject,
		.reason = run->reason,
	};
	denial_set_zone(&denial, run->zone);
	if (update->identity.outcome == IDENTITY_VERIFIED)
		denial.key = key_text(run->arena, &update->identity.key);
	if (!update->is_denial_counted) {
		update->is_denial_due = denial_is_due(run->side->denials, &denial,
						      run->now_us / 1000000, &update->folded);
		update->is_denial_counted = true;
	}
	if (!update->is_denial_due)
		return;
	struct denial_when when = {.now_us = run->now_us, .folded = update->folded};
	denial_append(run->txn, &denial, &when, run->arena);
}
