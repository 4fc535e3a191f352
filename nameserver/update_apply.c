/* SPDX-License-Identifier: BSD-2-Clause */
#include "nameserver/refusal_advice.h"
#include "nameserver/update_parts.h"
#include "nameserver/update_silent.h"

/* What a name holds now, for a change of this type. */
static struct update_silent_name silent_of(struct update_run *run, const struct dns_name *of,
					   uint16_t type)
{
	struct edit_name *name = edit_see(run->edit, of);
	struct update_silent_name at = {.name = of, .apex = &run->zone->apex};
	at.has_cname = edit_find(name, DNS_TYPE_CNAME) != NULL;
	for (const struct edit_rrset *is = name->rrsets;
	     is && type == DNS_TYPE_CNAME && !at.has_other; is = is->next)
		at.has_other = is->type != DNS_TYPE_CNAME &&
			       !update_silent_is_beside_cname(is->type) &&
			       is->records->class != RECORD_DERIVED;
	bool is_of_zone = type == DNS_TYPE_SOA || type == DNS_TYPE_NS;
	const struct edit_rrset *rrset = is_of_zone ? edit_find(name, type) : NULL;
	if (!rrset)
		return at;
	at.has_rrset = true;
	at.only = rrset->records->rdata;
	at.is_one = !rrset->records->next;
	return at;
}

static bool is_apex(const struct update_run *run, const struct update_rr *rr)
{
	return dns_name_equal(&rr->name, &run->zone->apex);
}

/* Silent on the wire, said in the log. */
static void update_apply_ignore(struct update_run *run, const struct update_rr *rr, const char *why)
{
	if (run->ignored++ > 0 && !run->object)
		return;
	run->subject = update_subject(run->arena, &rr->name, rr->type);
	run->reason = arena_print(run->arena, "ignored %s: %s", run->subject, why);
	run->code = REFUSAL_IGNORED;
	update_goes_on(run, &(struct update_objection){.asked = rr});
}

/* RFC 2136 1.1.1: WKS records are the same when address and protocol are. */
static void drop_same_wks(struct update_run *run, const struct update_rr *rr)
{
	const struct edit_rrset *rrset = edit_find(edit_see(run->edit, &rr->name), DNS_TYPE_WKS);
	const struct edit_record *next = rrset ? rrset->records : NULL;
	while (next) {
		const struct edit_record *record = next;
		next = record->next;
		run->steps++;
		if (update_silent_replaces(rr->type, record->rdata, rr->rdata))
			edit_remove_record(run->edit, &rr->name, rr->type, record->rdata);
	}
}

static enum dns_rcode update_apply_add(struct update_run *run, const struct update_rr *rr)
{
	struct update_silent_name at = silent_of(run, &rr->name, rr->type);
	const char *objection = update_silent_add(&at, rr->type, rr->rdata);
	if (objection) {
		enum dns_rcode rcode = update_refuse_beside(run, rr, objection);
		if (rcode == DNS_NOERROR)
			update_apply_ignore(run, rr, objection);
		return rcode;
	}
	if (rr->type == DNS_TYPE_WKS)
		drop_same_wks(run, rr);
	if (edit_add(run->edit, &rr->name, rr->type, update_ttl_beside(run, rr), rr->rdata))
		return DNS_NOERROR;
	run->subject = update_subject(run->arena, &rr->name, rr->type);
	run->reason = run->ede_text = "the record set would not fit a message";
	run->code = REFUSAL_TOO_LARGE;
	return DNS_REFUSED;
}

/* RFC 2136 3.4.2.3: of the apex, SOA and NS stay. */
static void remove_name(struct update_run *run, const struct update_rr *rr)
{
	bool spares = update_spares(run, rr), is_at_apex = is_apex(run, rr);
	if (!is_at_apex && !spares) {
		edit_remove_name(run->edit, &rr->name);
		return;
	}
	const struct edit_rrset *next = edit_see(run->edit, &rr->name)->rrsets;
	while (next) {
		uint16_t type = next->type;
		next = next->next;
		if (is_at_apex && (type == DNS_TYPE_SOA || type == DNS_TYPE_NS))
			continue;
		if (spares)
			update_spare_rrset(run, &rr->name, type);
		else
			edit_remove_rrset(run->edit, &rr->name, type);
	}
}

static void remove_rrset(struct update_run *run, const struct update_rr *rr)
{
	struct update_silent_name at = {.name = &rr->name, .apex = &run->zone->apex};
	const char *objection = update_silent_delete_set(&at, rr->type);
	if (objection)
		update_apply_ignore(run, rr, objection);
	else if (update_spares(run, rr))
		update_spare_rrset(run, &rr->name, rr->type);
	else
		edit_remove_rrset(run->edit, &rr->name, rr->type);
}

static void remove_record(struct update_run *run, const struct update_rr *rr)
{
	bool may_stay = rr->type == DNS_TYPE_SOA || rr->type == DNS_TYPE_NS;
	struct update_silent_name at = {.name = &rr->name, .apex = &run->zone->apex};
	if (may_stay)
		at = silent_of(run, &rr->name, rr->type);
	const char *objection = update_silent_delete_one(&at, rr->type, rr->rdata);
	if (objection)
		update_apply_ignore(run, rr, objection);
	else
		edit_remove_record(run->edit, &rr->name, rr->type, rr->rdata);
}

static enum dns_rcode update_apply_apply(struct update_run *run, const struct update_rr *rr)
{
	if (rr->class == DNS_CLASS_IN)
		return update_apply_add(run, rr);
	if (rr->class == DNS_CLASS_NONE)
		remove_record(run, rr);
	else if (rr->type == DNS_TYPE_ANY)
		remove_name(run, rr);
	else
		remove_rrset(run, rr);
	return DNS_NOERROR;
}

/*
 * What a renewal depends on is renewed with it (tenurectl(8), AGING): the RRsets whose data
 * prerequisites name, where the message adds something at their name. Of a probe, which changes
 * nothing, all.
 */
static enum dns_rcode assert_prerequisites(struct update_run *run)
{
	const struct update_rrs *all = &run->prerequisites;
	bool is_probe = run->changes.count == 0, adds = false;
	const struct dns_name *looked_at = NULL;
	if (is_probe && !run->zone->probes_refresh)
		return DNS_NOERROR;
	for (size_t i = 0; i < all->count; i++) {
		const struct update_rr *rr = &all->rr[i];
		if (rr->class != DNS_CLASS_IN)
			continue;
		/* Records of a name mostly stand together: it is looked through once. */
		if (!is_probe && (!looked_at || !dns_name_equal(&rr->name, looked_at)))
			adds = edit_adds_at(run->edit, &rr->name);
		looked_at = &rr->name;
		if (is_probe || adds)
			edit_assert(run->edit, &rr->name, rr->type);
		if (update_has_too_many_steps(run))
			return update_refuse_steps(run, rr);
	}
	return DNS_NOERROR;
}

static enum dns_rcode update_apply_next(struct update_run *run, const struct update_rr *rr,
					bool is_special)
{
	if (is_special && rr->class == DNS_CLASS_IN)
		update_take_left_at(run, rr);
	enum dns_rcode rcode = update_apply_apply(run, rr);
	if (run->sight)
		update_forget_host(run->sight, &rr->name);
	if (update_has_too_many_steps(run))
		return update_refuse_steps(run, rr);
	if (rcode != DNS_NOERROR &&
	    !update_goes_on(run, &(struct update_objection){.asked = rr, .rcode = rcode}))
		return rcode;
	return DNS_NOERROR;
}

/* In a secure zone names that speak for hosts come last: whose the hosts are is known then. What
 * a change comes to depends on those of its own name alone. */
enum dns_rcode update_apply(struct update_run *run)
{
	struct dns_name host;
	bool is_secure = run->zone->update == ZONE_UPDATE_SECURE;
	int has_special = 0;
	for (int last = 0; last <= has_special; last++) {
		for (size_t i = 0; i < run->changes.count; i++) {
			const struct update_rr *rr = &run->changes.rr[i];
			bool is_special = is_secure &&
					  policy_host_name(&host, &rr->name, &run->zone->apex) &&
					  !dns_name_equal(&host, &rr->name);
			if (is_special)
				has_special = 1;
			if (is_special != (last > 0))
				continue;
			enum dns_rcode rcode = update_apply_next(run, rr, is_special);
			if (rcode != DNS_NOERROR)
				return rcode;
		}
	}
	edit_keep_ticket_ttls(run->edit);
	return assert_prerequisites(run);
}
