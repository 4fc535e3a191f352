/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What clients left at names that speak for a host goes when another client claims the host
 * (tenure-policy(5), "What a rule reaches"): an alias at _acme-challenge, a key for its port 443.
 * Decided when the message is judged and allowed; part of its change. What is too much for one
 * message goes with the next that changes something at the host: the entry of the host's last
 * change says so. At a name to which who has the host adds something it goes first, so that the
 * addition meets nothing of it.
 *
 * Whoever left it chose the names. So _acme-challenge and aliases, which turn the host over to
 * somebody, go first, and then the rest in canonical order.
 */
#include "dns/type.h"
#include "journal/journal.h"
#include "nameserver/asker.h"
#include "nameserver/refusal_advice.h"
#include "nameserver/update_parts.h"
#include "zonedb/lookup.h"
#include "zonedb/walk.h"
#include <string.h>

/* What one message takes away at most, so that whoever left it does not make the claim too much for
 * one message: work, and stored bytes, which become an entry of the log. The search for aliases may
 * take as much work besides. */
#define LEFT_STEPS_MAX 200000u
#define LEFT_BYTES_MAX (1024u * 1024u)
/* So many names of a host are looked at for something of others, before its last entry is. */
#define LEFT_GLANCE 1000

struct left {
	struct update_run *run;
	struct update_sight *sight;
	size_t steps_max, bytes;
	struct dns_name host; /* the requester's, or that it claims */
	/* Before the changes are made: what goes is counted afterwards. */
	bool is_early, has_taken;
	/* The owner that was looked at last, and where; `is_kept`: whatever rules say. */
	uint32_t owner;
	bool has_owner, is_kept;
	const struct edit_name *at;
	struct who who;
};

static bool left_is_enough(const struct left *left)
{
	return update_steps(left->run) > left->steps_max || left->bytes > LEFT_BYTES_MAX;
}

/* Whether an administrator gave the owner the name by a static record there. */
static bool left_is_given(const struct left *left, uint32_t owner)
{
	struct node_walk walk = node_walk_of(&left->at->stored);
	struct node_record record;
	*left->sight->steps += left->at->stored.rrsets.len / UPDATE_STEP_BYTES;
	while (node_walk_next(&walk, &record))
		if (record.class == RECORD_STATIC && record.owner == owner)
			return true;
	return false;
}

static void left_see_owner(struct left *left, uint32_t owner, enum record_class class)
{
	if (left->has_owner && left->owner == owner)
		return;
	const char *text = update_owner_text(left->sight, owner, class);
	left->has_owner = true;
	left->owner = owner;
	left->is_kept = !text || *text == '@' || who_parse(&left->who, text) ||
			who_is_unbound(&left->who) || left_is_given(left, owner);
}

/* Whether the owner has the record by a rule, whoever has the host. Acting groups and
 * administrators own what is meant to be there. */
static bool left_is_meant(struct left *left, const struct dns_name *at,
			  const struct policy_record *record)
{
	struct update_run *run = left->run;
	const struct rules *rules = left->sight->policy.rules;
	if (left->is_kept)
		return true;
	struct policy_asker asker =
		asker_of(run->update->request.core, &run->side->snapshot, &left->who, NULL, false);
	struct policy_name name = {
		.name = at,
		.kind = POLICY_NAME_SPEAKS,
		.is_self = asker.is_trusted && policy_is_own_name(&asker, at),
	};
	*left->sight->steps += 3 * (UPDATE_VERDICT_STEPS + (rules ? rules->count : 0));
	return policy_is_named(&left->sight->policy, &asker, &name, record);
}

/* Of one machine that signs under two names, each owns what the other left there. */
static bool left_is_own(const struct left *left, uint32_t owner, const struct dns_name *at)
{
	return update_owns(&left->run->ids, owner, at) ||
	       update_owns(&left->run->ids, owner, &left->host);
}

/* A record set of a name that speaks for the host. What was found of the last owner's records is
 * found of all of them, but where rules look at the data (`target-self`). */
struct left_set {
	struct left *left;
	const struct policy_name *name;
	uint16_t type;
	bool has_last, last_stays;
	uint32_t last_owner;
};

/* Whether another's dynamic record stays. */
static bool left_stays(struct left_set *set, const struct edit_record *is)
{
	struct left *left = set->left;
	struct node_record stored = {.owner = is->owner, .class = is->class, .rdata = is->rdata};
	if (set->has_last && set->last_owner == is->owner)
		return set->last_stays;
	struct policy_record record =
		update_stored(left->sight, POLICY_REMOVE, set->name->name, set->type, &stored);
	struct verdict verdict = update_ask(left->sight, set->name, &record);
	left_see_owner(left, is->owner, is->class);
	set->has_last = set->type != DNS_TYPE_CNAME && set->type != DNS_TYPE_PTR &&
			set->type != DNS_TYPE_SRV;
	set->last_owner = is->owner;
	set->last_stays = !verdict.is_allowed || verdict.reason != POLICY_HOST ||
			  left_is_meant(left, set->name->name, &record);
	return set->last_stays;
}

static void left_note(struct left *left, const struct dns_name *at, uint16_t type, uint32_t owner)
{
	struct update_run *run = left->run;
	if (run->left.count++ > 0)
		return;
	run->left.subject = update_subject(run->arena, at, type);
	run->left.owner = update_owner_text(left->sight, owner, RECORD_DYNAMIC);
}

static bool left_keeps(void *context, struct edit_record *is)
{
	struct left_set *set = context;
	struct left *left = set->left;
	/* What the message names again stays. */
	if (is->class != RECORD_DYNAMIC || is->is_named ||
	    left_is_own(left, is->owner, set->name->name))
		return true;
	if (left_is_enough(left)) {
		left->run->left.is_more = true;
		return true;
	}
	if (left_stays(set, is))
		return true;
	*left->sight->steps += EDIT_CHANGE_STEPS;
	left->bytes += NODE_RECORD_HEAD_LEN + is->rdata.len;
	left->has_taken = true;
	if (!left->is_early)
		left_note(left, &left->at->name, set->type, is->owner);
	return false;
}

static bool left_has_others(const struct left *left, const struct dns_name *at,
			    const struct node *node)
{
	struct node_walk walk = node_walk_of(node);
	struct node_record record;
	while (node_walk_next(&walk, &record))
		if (record.class == RECORD_DYNAMIC && !left_is_own(left, record.owner, at))
			return true;
	return false;
}

/* False: the host is not the requester's. */
static bool left_see_name(struct left *left, const struct dns_name *name)
{
	struct policy_name facts;
	struct edit_name *at = edit_see(left->run->edit, name);
	left->at = at;
	left->has_owner = false;
	update_see(left->sight, &at->name, at->is_stored ? &at->stored : NULL, &facts);
	if (!facts.is_host_own)
		return false;
	for (struct edit_rrset *rrset = at->rrsets, *next; rrset; rrset = next) {
		struct left_set set = {.left = left, .name = &facts, .type = rrset->type};
		next = rrset->next;
		edit_remove_but(left->run->edit, &at->name, rrset->type, left_keeps, &set);
	}
	return true;
}

/* The first record set of a node is enough: beside an alias stand signatures alone. */
static bool left_is_alias(const struct node *node)
{
	struct bytes_in in = bytes_in_of(node->rrsets.data, node->rrsets.len);
	struct node_rrset rrset;
	return node_next_rrset(&in, &rrset) && rrset.type == DNS_TYPE_CNAME;
}

/* What proves that the host is its owner's comes first. False: the host is not the requester's. */
static bool left_see_challenge(struct left *left)
{
	static const char label[] = "_acme-challenge";
	struct dns_name at = left->host;
	if (at.len + sizeof label > DNS_NAME_MAX)
		return true;
	at.wire[0] = sizeof label - 1;
	memcpy(at.wire + 1, label, sizeof label - 1);
	memcpy(at.wire + sizeof label, left->host.wire, left->host.len);
	at.len = (uint8_t)(left->host.len + sizeof label);
	at.labels++;
	return left_see_name(left, &at);
}

/* All that speaks for a host stands below a label that begins with `_`: its aliases, or all.
 * Whether others have something there, and the host is the requester's. */
static bool left_see_names(struct left *left, bool is_for_aliases)
{
	struct walk walk;
	struct dns_name at;
	struct node node;
	bool has_others = false, is_own = true;
	walk_from_label(&walk, left->run->txn, left->run->zone, &left->host, '_');
	while (is_own && walk_next(&walk, &at, &node)) {
		if (left_is_enough(left)) {
			left->run->left.is_more = true;
			break;
		}
		*left->sight->steps += UPDATE_NAME_STEPS;
		if (is_for_aliases && has_others && !left_is_alias(&node))
			continue;
		*left->sight->steps += node.rrsets.len / UPDATE_STEP_BYTES;
		if (!left_has_others(left, &at, &node))
			continue;
		if (!has_others && is_for_aliases)
			is_own = left_see_challenge(left);
		has_others = true;
		if (is_own && (!is_for_aliases || left_is_alias(&node)))
			is_own = left_see_name(left, &at);
	}
	walk_end(&walk);
	return has_others && is_own;
}

static void left_let_work(struct left *left)
{
	left->steps_max = update_steps(left->run) + LEFT_STEPS_MAX;
	if (left->steps_max > UPDATE_STEPS_MAX)
		left->steps_max = UPDATE_STEPS_MAX;
}

static void left_see_host(struct left *left, const struct dns_name *host)
{
	left->host = *host;
	left_let_work(left);
	bool has_others = left_see_names(left, true);
	left_let_work(left);
	if (has_others)
		left_see_names(left, false);
}

/* Whether the message claims a name that was free, or held an administrator's notes alone. */
static bool left_is_claim(const struct left *left, const struct edit_change *changes, size_t count)
{
	const struct edit_name *at = changes->at;
	struct policy_name was = {.name = &at->name};
	bool adds = false;
	for (size_t i = 0; i < count && changes[i].at == at; i++)
		adds |= edit_registers(&changes[i]);
	if (adds && at->is_stored)
		update_tell(left->sight, &at->stored, &was);
	return adds && (was.records == 0 || was.has_notes_only);
}

static bool left_is_any(struct left *left, const struct dns_name *host)
{
	struct walk walk;
	struct dns_name at;
	struct node node;
	bool has_others = false;
	left->host = *host;
	walk_from_label(&walk, left->run->txn, left->run->zone, host, '_');
	for (int i = 0; i < LEFT_GLANCE && !has_others && walk_next(&walk, &at, &node); i++) {
		*left->sight->steps += UPDATE_NAME_STEPS + node.rrsets.len / UPDATE_STEP_BYTES;
		has_others = left_has_others(left, &at, &node);
		if (update_has_too_many_steps(left->run))
			break;
	}
	walk_end(&walk);
	return has_others;
}

/* Whether some was too much for the message that changed the host before this one. */
static bool left_goes_on(struct left *left, const struct edit_name *host)
{
	struct entry last;
	if (!host->is_stored || !left_is_any(left, &host->name) ||
	    !journal_read(left->run->txn, host->stored.seq, &last, left->run->arena))
		return false;
	*left->sight->steps += last.change_count * EDIT_STORED_STEPS;
	return last.has_rest;
}

void update_take_left_at(struct update_run *run, const struct update_rr *rr)
{
	struct left left = {.run = run, .is_early = true};
	if (!policy_host_name(&left.host, &rr->name, &run->zone->apex) ||
	    dns_name_equal(&left.host, &rr->name))
		return;
	struct node_record stored;
	const struct edit_name *at = edit_see(run->edit, &rr->name);
	if (edit_find_stored(run->edit, at, rr->type, rr->rdata, &stored))
		return;
	left.sight = update_sight_of(run);
	if (!run->left.is_seen) {
		run->left.is_seen = arena_zero(run->arena, run->names.count * sizeof(bool));
		run->left.has_taken = arena_zero(run->arena, run->names.count * sizeof(bool));
		run->left.steps_max = update_steps(run) + LEFT_STEPS_MAX;
	}
	left.steps_max = run->left.steps_max;
	if (run->left.is_seen[rr->number])
		return;
	run->left.is_seen[rr->number] = true;
	run->steps += at->is_stored ? at->stored.rrsets.len / UPDATE_STEP_BYTES : 0;
	if (at->is_stored && left_has_others(&left, &rr->name, &at->stored))
		left_see_name(&left, &rr->name);
	run->left.has_taken[rr->number] = left.has_taken;
}

/* What went before the changes were made, and none of them brought back. */
static void left_count_early(struct left *left, const struct edit_change *changes, size_t count)
{
	const struct edit_name *at = changes->at;
	size_t number = update_number_of(left->run, &at->name);
	if (number >= left->run->names.count || !left->run->left.has_taken[number])
		return;
	for (size_t i = 0; i < count && changes[i].at == at; i++)
		if (changes[i].change.what == CHANGE_REMOVED &&
		    changes[i].change.was.class == RECORD_DYNAMIC &&
		    !left_is_own(left, changes[i].was_owner, &at->name))
			left_note(left, &at->name, changes[i].change.type, changes[i].was_owner);
}

void update_take_left(struct update_run *run, const struct edit_change *changes, size_t count)
{
	struct left left = {.run = run, .sight = update_sight_of(run)};
	struct dns_name host;
	if (left.sight->policy.mode != POLICY_SECURE)
		return;
	for (size_t i = 0; i < count; i++) {
		const struct dns_name *at = &changes[i].at->name;
		if ((i > 0 && changes[i].at == changes[i - 1].at) ||
		    !policy_host_name(&host, at, &run->zone->apex))
			continue;
		if (!dns_name_equal(at, &host) && run->left.has_taken)
			left_count_early(&left, changes + i, count - i);
		else if (dns_name_equal(at, &host) &&
			 (left_is_claim(&left, changes + i, count - i) ||
			  left_goes_on(&left, changes[i].at)))
			left_see_host(&left, &host);
	}
}

void update_say_left(struct update_run *run)
{
	if (run->left.count == 0)
		return;
	const char *text =
		arena_print(run->arena, "removed what another client left: %s, owned by %s",
			    run->left.subject, run->left.owner);
	if (run->left.count > 1)
		text = arena_print(run->arena, "%s; and %u more", text, run->left.count - 1);
	if (run->left.is_more)
		text = arena_print(run->arena, "%s; some is left", text);
	if (run->reason) {
		run->reason = arena_print(run->arena, "%s; %s", run->reason, text);
		return;
	}
	run->reason = text;
	run->code = REFUSAL_POLICY_HOST;
	run->subject = run->left.subject;
	run->blocker = run->left.owner;
}
