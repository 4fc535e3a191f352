/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/serial.h"
#include "dns/rdata.h"
#include "nameserver/refusal_advice.h"
#include "nameserver/update_parts.h"

#define WKS_IDENTITY_LEN 5 /* address and protocol */

/* Types that may stand beside a CNAME (RFC 4034 2.5 and 3, RFC 2535's before them). */
static bool update_apply_may_be_beside_cname(uint16_t type)
{
	return type == DNS_TYPE_RRSIG || type == DNS_TYPE_NSEC || type == DNS_TYPE_SIG ||
	       type == DNS_TYPE_NXT || type == DNS_TYPE_KEY;
}

static bool holds_more_than_cname(const struct edit_name *name)
{
	for (const struct edit_rrset *rrset = name->rrsets; rrset; rrset = rrset->next)
		if (rrset->type != DNS_TYPE_CNAME && !update_apply_may_be_beside_cname(rrset->type))
			return true;
	return false;
}

static bool is_apex(const struct update_run *run, const struct update_rr *rr)
{
	return dns_name_equal(&rr->name, &run->zone->apex);
}

static bool update_apply_is_of_zone(const struct update_run *run, const struct update_rr *rr)
{
	return (rr->type == DNS_TYPE_SOA || rr->type == DNS_TYPE_NS) && is_apex(run, rr);
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

/* Why RFC 2136 3.4.2.2 lets an SOA go by; NULL: it is taken. */
static const char *soa_objection(struct update_run *run, const struct update_rr *rr)
{
	if (!is_apex(run, rr))
		return "an SOA stands at the apex only (RFC 2136 3.4.2.2)";
	const struct edit_rrset *present = edit_find(edit_see(run->edit, &rr->name), DNS_TYPE_SOA);
	if (present &&
	    serial_is_ahead(dns_soa_serial(rr->rdata), dns_soa_serial(present->records->rdata)))
		return NULL;
	return "the SOA's serial is not ahead (RFC 2136 3.4.2.2)";
}

static const char *add_objection(struct update_run *run, const struct update_rr *rr)
{
	struct edit_name *name = edit_see(run->edit, &rr->name);
	if (rr->type == DNS_TYPE_CNAME && holds_more_than_cname(name))
		return "a CNAME cannot stand beside other data (RFC 2136 3.4.2.2)";
	if (rr->type != DNS_TYPE_CNAME && !update_apply_may_be_beside_cname(rr->type) &&
	    edit_find(name, DNS_TYPE_CNAME))
		return "other data cannot stand beside a CNAME (RFC 2136 3.4.2.2)";
	if ((rr->type == DNS_TYPE_NS || rr->type == DNS_TYPE_DNAME) &&
	    dns_name_is_wildcard(&rr->name))
		return "a wildcard delegates nothing (RFC 4592 4.2, RFC 6672 2.3)";
	return rr->type == DNS_TYPE_SOA ? soa_objection(run, rr) : NULL;
}

/* RFC 2136 1.1.1: WKS records are the same when address and protocol are. */
static void drop_same_wks(struct update_run *run, const struct update_rr *rr)
{
	const struct edit_rrset *rrset = edit_find(edit_see(run->edit, &rr->name), DNS_TYPE_WKS);
	const struct edit_record *next = rrset ? rrset->records : NULL;
	while (next) {
		const struct edit_record *record = next;
		next = record->next;
		if (record->rdata.len >= WKS_IDENTITY_LEN && rr->rdata.len >= WKS_IDENTITY_LEN &&
		    memcmp(record->rdata.data, rr->rdata.data, WKS_IDENTITY_LEN) == 0 &&
		    !bytes_equal(record->rdata, rr->rdata))
			edit_remove_record(run->edit, &rr->name, rr->type, record->rdata);
	}
}

static enum dns_rcode update_apply_add(struct update_run *run, const struct update_rr *rr)
{
	const char *objection = add_objection(run, rr);
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
	bool spares = update_spares(run, &rr->name), is_at_apex = is_apex(run, rr);
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
	if (update_apply_is_of_zone(run, rr))
		update_apply_ignore(run, rr, "SOA and NS of the apex stay (RFC 2136 3.4.2.3)");
	else if (update_spares(run, &rr->name))
		update_spare_rrset(run, &rr->name, rr->type);
	else
		edit_remove_rrset(run->edit, &rr->name, rr->type);
}

/* RFC 2136 3.4.2.4 */
static void remove_record(struct update_run *run, const struct update_rr *rr)
{
	if (update_apply_is_of_zone(run, rr)) {
		const struct edit_rrset *rrset =
			edit_find(edit_see(run->edit, &rr->name), rr->type);
		bool is_last = rrset && !rrset->records->next &&
			       dns_rdata_compare(rr->type, rrset->records->rdata, rr->rdata) == 0;
		if (rr->type == DNS_TYPE_SOA || is_last) {
			update_apply_ignore(
				run, rr,
				"the SOA and the last NS of the apex stay (RFC 2136 3.4.2.4)");
			return;
		}
	}
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
static void assert_prerequisites(struct update_run *run)
{
	const struct update_rrs *all = &run->prerequisites;
	bool is_probe = run->changes.count == 0, adds = false;
	const struct dns_name *looked_at = NULL;
	if (is_probe && !run->zone->probes_refresh)
		return;
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
	}
}

enum dns_rcode update_apply(struct update_run *run)
{
	for (size_t i = 0; i < run->changes.count; i++) {
		const struct update_rr *rr = &run->changes.rr[i];
		enum dns_rcode rcode = update_apply_apply(run, rr);
		if (run->sight)
			update_forget_host(run->sight, &rr->name);
		if (update_steps(run) > UPDATE_STEPS_MAX)
			return update_refuse_steps(run, rr);
		if (rcode != DNS_NOERROR &&
		    !update_goes_on(run, &(struct update_objection){.asked = rr, .rcode = rcode}))
			return rcode;
	}
	edit_keep_ticket_ttls(run->edit);
	assert_prerequisites(run);
	return DNS_NOERROR;
}
