/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What clients left at names that speak for a host goes when another client claims the host
 * (tenure-policy(5), "What a rule reaches"): an alias at _acme-challenge, a key for its port 443.
 * Decided when the message is judged and allowed; part of its change.
 */
#include "nameserver/asker.h"
#include "nameserver/refusal_advice.h"
#include "nameserver/update_parts.h"
#include "zonedb/walk.h"

/* What one message takes away at most, so that whoever left it does not make the claim too much for
 * one message: work, and stored bytes, which become an entry of the log. Names that are too large
 * for what is left are passed over. */
#define LEFT_STEPS_MAX 200000u
#define LEFT_BYTES_MAX (1024u * 1024u)

struct left {
	struct update_run *run;
	struct update_sight *sight;
	size_t steps_max, bytes;
	const struct dns_name *host; /* that is claimed */
	/* The owner that was looked at last; `is_kept`: whatever rules say. */
	uint32_t owner;
	bool has_owner, is_kept;
	struct who who;
	const char *subject, *owner_text; /* of the first record that goes */
	unsigned count;
};

static bool left_is_enough(const struct left *left)
{
	return update_steps(left->run) > left->steps_max;
}

static void left_see_owner(struct left *left, uint32_t owner, enum record_class class)
{
	const char *text = update_owner_text(left->sight, owner, class);
	if (left->has_owner && left->owner == owner)
		return;
	left->has_owner = true;
	left->owner = owner;
	left->is_kept =
		!text || *text == '@' || who_parse(&left->who, text) || who_is_unbound(&left->who);
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
	       update_owns(&left->run->ids, owner, left->host);
}

/* A record set of a name that speaks for the host. */
struct left_set {
	struct left *left;
	const struct policy_name *name;
	uint16_t type;
};

static bool left_keeps(void *context, struct edit_record *is)
{
	const struct left_set *set = context;
	struct left *left = set->left;
	struct node_record stored = {.owner = is->owner, .class = is->class, .rdata = is->rdata};
	struct policy_record record =
		update_stored(left->sight, POLICY_REMOVE, set->name->name, set->type, &stored);
	/* What the message names again stays. */
	if (is->class != RECORD_DYNAMIC || is->is_named || left_is_enough(left) ||
	    left_is_own(left, is->owner, set->name->name))
		return true;
	struct verdict verdict = update_ask(left->sight, set->name, &record);
	if (!verdict.is_allowed || verdict.reason != POLICY_HOST)
		return true;
	left_see_owner(left, is->owner, is->class);
	if (left_is_meant(left, set->name->name, &record))
		return true;
	*left->sight->steps += EDIT_CHANGE_STEPS;
	if (left->count++ == 0) {
		left->subject = update_subject(left->run->arena, set->name->name, set->type);
		left->owner_text = update_owner_text(left->sight, is->owner, is->class);
	}
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

static void left_see_name(struct left *left, const struct dns_name *name, const struct node *node)
{
	struct policy_name facts;
	unsigned before = left->count;
	if (node->rrsets.len > LEFT_BYTES_MAX - left->bytes || !left_has_others(left, name, node))
		return;
	struct edit_name *at = edit_see(left->run->edit, name);
	update_see(left->sight, &at->name, &at->stored, &facts);
	for (struct edit_rrset *rrset = at->rrsets, *next; rrset; rrset = next) {
		struct left_set set = {left, &facts, rrset->type};
		next = rrset->next;
		edit_remove_but(left->run->edit, &at->name, rrset->type, left_keeps, &set);
	}
	left->bytes += left->count > before ? node->rrsets.len : 0;
}

/* All that speaks for a host stands below a label that begins with `_`. */
static void left_see_host(struct left *left, const struct dns_name *host)
{
	struct walk walk;
	struct dns_name at;
	struct node node;
	left->host = host;
	walk_from_label(&walk, left->run->txn, left->run->zone, host, '_');
	while (!left_is_enough(left) && walk_next(&walk, &at, &node)) {
		*left->sight->steps += UPDATE_NAME_STEPS + node.rrsets.len / UPDATE_STEP_BYTES;
		left_see_name(left, &at, &node);
	}
	walk_end(&walk);
}

/* Whether the message claims a name that was free, or held an administrator's notes alone. */
static bool left_is_claim(const struct left *left, const struct edit_change *changes, size_t count)
{
	const struct edit_name *at = changes->at;
	struct policy_name was = {.name = &at->name};
	bool adds = false;
	for (size_t i = 0; i < count && changes[i].at == at; i++)
		adds |= changes[i].change.what == CHANGE_ADDED;
	if (adds && at->is_stored)
		update_tell(left->sight, &at->stored, &was);
	return adds && (was.records == 0 || was.has_notes_only) &&
	       !dns_name_equal(&at->name, &left->run->zone->apex);
}

void update_take_left(struct update_run *run, const struct edit_change *changes, size_t count)
{
	struct left left = {.run = run, .sight = update_sight_of(run)};
	if (left.sight->policy.mode != POLICY_SECURE)
		return;
	left.steps_max = update_steps(run) + LEFT_STEPS_MAX;
	if (left.steps_max > UPDATE_STEPS_MAX)
		left.steps_max = UPDATE_STEPS_MAX;
	for (size_t i = 0; i < count; i++)
		if ((i == 0 || changes[i].at != changes[i - 1].at) &&
		    left_is_claim(&left, changes + i, count - i))
			left_see_host(&left, &changes[i].at->name);
	if (left.count == 0)
		return;
	run->left = arena_print(run->arena, "removed what another client left: %s, owned by %s",
				left.subject, left.owner_text);
	if (left.count > 1)
		run->left = arena_print(run->arena, "%s; and %u more", run->left, left.count - 1);
	run->left_subject = left.subject;
	run->left_owner = left.owner_text;
}

void update_say_left(struct update_run *run)
{
	if (!run->left)
		return;
	if (run->reason) {
		run->reason = arena_print(run->arena, "%s; %s", run->reason, run->left);
		return;
	}
	run->reason = run->left;
	run->code = REFUSAL_POLICY_HOST;
	run->subject = run->left_subject;
	run->blocker = run->left_owner;
}
