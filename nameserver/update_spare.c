/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a delete of an RRset or of a whole name leaves in place (tenure-policy(5), "Replacements"):
 * decided on the private copy, before the message is judged; nothing is put back afterwards.
 */
#include "dns/rdata.h"
#include "nameserver/refusal_advice.h"
#include "nameserver/update_parts.h"
#include "zonedb/principal.h"
#include <stdlib.h>

#define SPARED_SHOWN_MAX 4 /* records that a log entry names */

/* By the number of the name, then by type. */
static int add_compare(const void *a, const void *b)
{
	const struct update_rr *one = *(const struct update_rr *const *)a;
	const struct update_rr *two = *(const struct update_rr *const *)b;
	if (one->number != two->number)
		return one->number < two->number ? -1 : 1;
	return (int)one->type - (int)two->type;
}

/* Once for a message: the records that it adds, sorted, so that many deletes cost no square. */
static void adds_find(struct update_run *run)
{
	const struct update_rrs *changes = &run->changes;
	if (run->adds)
		return;
	run->adds = arena_alloc(run->arena, (changes->count + 1) * sizeof(*run->adds));
	for (size_t i = 0; i < changes->count; i++)
		if (changes->rr[i].class == DNS_CLASS_IN)
			run->adds[run->adds_count++] = &changes->rr[i];
	qsort(run->adds, run->adds_count, sizeof(*run->adds), add_compare);
}

/* The first that is not before the name and type; NULL: none of that name. */
static const struct update_rr *adds_from(struct update_run *run, size_t number, uint16_t type)
{
	const struct update_rr *wanted = &(const struct update_rr){.number = number, .type = type};
	adds_find(run);
	size_t low = 0, high = run->adds_count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (add_compare(&run->adds[middle], &wanted) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == run->adds_count || run->adds[low]->number != number)
		return NULL;
	return run->adds[low];
}

bool update_spares(struct update_run *run, const struct update_rr *rr)
{
	return run->zone->skips_foreign_delete || adds_from(run, rr->number, 0);
}

/* In a message that adds at the name, `takeover` counts for the types that it adds there. */
static bool counts_here(struct update_run *run, const struct edit_name *at, uint16_t type,
			const struct verdict *verdict)
{
	if (verdict->right != POLICY_RIGHT_TAKEOVER)
		return true;
	size_t number = update_number_of(run, &at->name);
	if (!adds_from(run, number, 0))
		return true;
	const struct update_rr *add = adds_from(run, number, type);
	return add && add->type == type;
}

/* Unsigned requests own nothing in a secure zone, and static records of nobody are nobody's. */
static bool is_own(const struct update_run *run, const struct dns_name *at,
		   const struct edit_record *is)
{
	bool may_own = run->zone->update != ZONE_UPDATE_SECURE ||
		       who_is_authenticated(&run->update->request.who);
	bool is_nobodys = principal_is_nobody(is->owner, is->class);
	return may_own && !is_nobodys && update_owns(&run->ids, is->owner, at);
}

/* What removing another's record comes to. */
static struct verdict spare_judge(struct update_run *run, const struct edit_name *at, uint16_t type,
				  const struct edit_record *is)
{
	struct node_record stored = {.owner = is->owner, .class = is->class, .rdata = is->rdata};
	struct update_sight *sight = update_sight_of(run);
	struct policy_record record = update_stored(sight, POLICY_REMOVE, &at->name, type, &stored);
	return update_ask(sight, update_name_of(run, at), &record);
}

static void spare_note(struct update_run *run, const struct edit_name *at, uint16_t type,
		       const struct edit_record *is)
{
	if (run->spared_count++ >= SPARED_SHOWN_MAX)
		return;
	const char *subject = update_subject(run->arena, &at->name, type);
	const char *owner = update_owner_text(update_sight_of(run), is->owner, is->class);
	const char *text = arena_print(run->arena, "%s, %s%s", subject, owner ? "owned by " : "a ",
				       owner ? owner : "static record");
	if (!run->spared) {
		run->spared_subject = subject;
		run->spared_owner = owner;
	}
	run->spared = run->spared ? arena_print(run->arena, "%s; %s", run->spared, text) : text;
}

struct spare {
	struct update_run *run;
	const struct edit_name *at;
	uint16_t type;
};

static bool spare_keeps(void *context, struct edit_record *is)
{
	const struct spare *spare = context;
	/* Whether a rule denies a change of one's own is the judgement's: that refuses the message.
	 */
	if (is->is_spared || is_own(spare->run, &spare->at->name, is))
		return is->is_spared;
	struct verdict verdict = spare_judge(spare->run, spare->at, spare->type, is);
	if (verdict.is_allowed && counts_here(spare->run, spare->at, spare->type, &verdict))
		return false;
	is->is_spared = true;
	spare_note(spare->run, spare->at, spare->type, is);
	return true;
}

void update_spare_rrset(struct update_run *run, const struct dns_name *name, uint16_t type)
{
	struct spare spare = {run, edit_see(run->edit, name), type};
	edit_remove_but(run->edit, name, type, spare_keeps, &spare);
}

static bool is_foreign(struct update_run *run, const struct edit_name *at, uint16_t type,
		       const struct edit_record *is)
{
	if (is->class == RECORD_DERIVED)
		return false;
	return is->is_spared ||
	       (!is_own(run, &at->name, is) && !spare_judge(run, at, type, is).is_allowed);
}

/* The next of the set that the addition comes to, from `is` on, which is not the requester's. */
static const struct edit_record *foreign_from(struct update_run *run, const struct edit_name *at,
					      const struct update_rr *rr,
					      const struct edit_record *is)
{
	while (is && !(dns_rdata_is_one_set(rr->type, is->rdata, rr->rdata) &&
		       is_foreign(run, at, rr->type, is))) {
		is = is->next;
		run->steps++;
	}
	return is;
}

uint32_t update_ttl_beside(struct update_run *run, const struct update_rr *rr)
{
	uint32_t ttl;
	struct edit_name *at = edit_see(run->edit, &rr->name);
	const struct edit_rrset *rrset = edit_find(at, rr->type);
	run->steps += rrset && dns_type_is_signature(rr->type) ? rrset->count : 0;
	if (!rrset || dns_type_is_singleton(rr->type) || !edit_ttl_of(rrset, rr->rdata, &ttl) ||
	    ttl == rr->ttl)
		return rr->ttl;
	const struct edit_record *is = foreign_from(run, at, rr, rrset->records);
	if (!is)
		return rr->ttl;
	/* Who names another's record with another TTL asks to change that record. */
	for (; is; is = foreign_from(run, at, rr, is->next))
		if (!is->is_spared && dns_rdata_compare(rr->type, is->rdata, rr->rdata) == 0)
			return rr->ttl;
	return ttl;
}

/* The first spared record at the name that an addition of the type meets. */
static const struct edit_record *spared_find(const struct edit_name *at, uint16_t added,
					     uint16_t *type)
{
	for (const struct edit_rrset *rrset = at->rrsets; rrset; rrset = rrset->next) {
		*type = rrset->type;
		if (added != DNS_TYPE_CNAME && rrset->type != DNS_TYPE_CNAME)
			continue;
		for (const struct edit_record *is = rrset->records; is; is = is->next)
			if (is->is_spared)
				return is;
	}
	return NULL;
}

enum dns_rcode update_refuse_beside(struct update_run *run, const struct update_rr *rr,
				    const char *objection)
{
	uint16_t type;
	char text[POLICY_TEXT_MAX];
	const struct edit_name *at = edit_see(run->edit, &rr->name);
	const struct edit_record *is = spared_find(at, rr->type, &type);
	if (!is)
		return DNS_NOERROR;
	struct verdict verdict = spare_judge(run, at, type, is);
	if (verdict.is_allowed) /* by a `takeover` that does not count for this type */
		verdict = (struct verdict){.reason = POLICY_FOREIGN, .right = POLICY_RIGHT_WRITE};
	run->blocker = update_owner_text(update_sight_of(run), is->owner, is->class);
	policy_verdict_text(&verdict, run->blocker, text);
	run->reason = arena_print(run->arena, "%s: %s", text, objection);
	policy_reason_text(verdict.reason, run->blocker, text);
	run->ede_text = update_told(run, &at->name, type, text);
	update_say(run, &verdict);
	run->subject = update_subject(run->arena, &at->name, type);
	return DNS_REFUSED;
}

void update_say_spared(struct update_run *run)
{
	if (!run->spared || run->reason)
		return;
	unsigned more =
		run->spared_count > SPARED_SHOWN_MAX ? run->spared_count - SPARED_SHOWN_MAX : 0;
	run->reason = arena_print(run->arena, "left in place: %s", run->spared);
	if (more)
		run->reason = arena_print(run->arena, "%s; and %u more", run->reason, more);
	run->code = REFUSAL_SPARED;
	run->subject = run->spared_subject;
	run->blocker = run->spared_owner;
}
