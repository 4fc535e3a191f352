/* SPDX-License-Identifier: BSD-2-Clause */
#include "dns/rdata.h"
#include "nameserver/refusal_advice.h"
#include "nameserver/update_parts.h"
#include <stdlib.h>

static const struct node *prereq_node(const struct update_run *run, const struct update_rr *rr)
{
	return run->stored[rr->number];
}

static bool has_rrset(struct update_run *run, const struct update_rr *rr, struct node_rrset *rrset)
{
	const struct node *node = prereq_node(run, rr);
	return node && node_find(node, rr->type, rrset);
}

/* The four forms that do not look at data (RFC 2136 2.4.1, 2.4.3 to 2.4.5). */
static enum dns_rcode check_plain(struct update_run *run, const struct update_rr *rr)
{
	struct node_rrset rrset;
	bool is_wanted = rr->class == DNS_CLASS_ANY;
	if (rr->type == DNS_TYPE_ANY) {
		if ((prereq_node(run, rr) != NULL) == is_wanted)
			return DNS_NOERROR;
		return is_wanted ? DNS_NXDOMAIN : DNS_YXDOMAIN;
	}
	if (has_rrset(run, rr, &rrset) == is_wanted)
		return DNS_NOERROR;
	return is_wanted ? DNS_NXRRSET : DNS_YXRRSET;
}

/* RRsets together, their records in canonical order: as they are stored. */
static int compare_rr(const void *a, const void *b)
{
	const struct update_rr *x = *(const struct update_rr *const *)a;
	const struct update_rr *y = *(const struct update_rr *const *)b;
	if (x->number != y->number)
		return x->number < y->number ? -1 : 1;
	if (x->type != y->type)
		return x->type < y->type ? -1 : 1;
	return dns_rdata_compare(x->type, x->rdata, y->rdata);
}

static bool update_prereq_is_same_rrset(const struct update_rr *a, const struct update_rr *b)
{
	return a->type == b->type && a->number == b->number &&
	       dns_rdata_is_one_set(a->type, a->rdata, b->rdata);
}

/* The stored records of the set to which a record belongs, one after another. */
struct stored_set {
	struct bytes_in rrsets, records;
	const struct update_rr *like;
};

static bool stored_set_next(struct stored_set *set, struct node_record *record)
{
	struct node_rrset rrset;
	for (;;) {
		while (node_next_record(&set->records, record))
			if (dns_rdata_is_one_set(set->like->type, record->rdata, set->like->rdata))
				return true;
		if (!node_next_of(&set->rrsets, set->like->type, &rrset))
			return false;
		set->records = bytes_in_of(rrset.records.data, rrset.records.len);
	}
}

/* One RRset of prerequisites, `count` sorted records, against the stored one: they must be equal
 * (RFC 2136 2.4.2). */
static bool update_prereq_is_stored(struct update_run *run, struct update_rr *const *rr,
				    size_t count)
{
	const struct node *node = prereq_node(run, rr[0]);
	struct node_record record;
	if (!node)
		return false;
	struct stored_set set = {bytes_in_of(node->rrsets.data, node->rrsets.len),
				 bytes_in_of(NULL, 0), rr[0]};
	for (size_t i = 0; i < count; i++) {
		if (i > 0 && compare_rr(&rr[i - 1], &rr[i]) == 0)
			continue;
		if (!stored_set_next(&set, &record) ||
		    dns_rdata_compare(rr[i]->type, record.rdata, rr[i]->rdata) != 0)
			return false;
	}
	return !stored_set_next(&set, &record);
}

/* Whose the records of the name are; of those that the prerequisite means, or of all. */
struct holders {
	bool has_own; /* of all */
	bool has_own_meant;
	const char *other; /* of those that are meant; NULL: nobody else owns any */
	bool has_static;   /* the same */
};

static void holders_add(struct update_run *run, struct holders *holders, const struct dns_name *at,
			const struct node_record *record)
{
	holders->has_static |= record->class == RECORD_STATIC;
	if (update_owns(&run->ids, record->owner, at))
		holders->has_own_meant = true;
	else if (!holders->other)
		holders->other =
			update_owner_text(update_sight_of(run), record->owner, record->class);
}

/* What a prerequisite wants to be there is not: then who holds the name is told of. */
static struct holders holders_of(struct update_run *run, const struct update_rr *asked,
				 bool is_free_wanted)
{
	struct holders holders = {0};
	struct node node;
	struct node_record record;
	bool means_all = asked->type == DNS_TYPE_ANY || !is_free_wanted;
	if (!lookup_node(run->txn, run->zone, &asked->name, &node))
		return holders;
	for (struct node_walk walk = node_walk_of(&node); node_walk_next(&walk, &record);) {
		holders.has_own |= update_owns(&run->ids, record.owner, &asked->name);
		if (means_all || walk.rrset.type == asked->type)
			holders_add(run, &holders, &asked->name, &record);
	}
	return holders;
}

static const char *failed_text(enum dns_rcode rcode)
{
	switch (rcode) {
	case DNS_YXDOMAIN:
		return "the name is in use";
	case DNS_YXRRSET:
		return "the name has records of the type";
	case DNS_NXDOMAIN:
		return "the name is not in use";
	default:
		return "the name has no such records";
	}
}

/* Says which one failed, and who holds the name. False: it is a healthy renewal's. */
static bool prereq_explain(struct update_run *run, enum dns_rcode rcode)
{
	const struct update_rr *failed = run->failed;
	bool is_free_wanted = rcode == DNS_YXDOMAIN || rcode == DNS_YXRRSET;
	struct holders holders = holders_of(run, failed, is_free_wanted);
	run->blocker = holders.other;
	run->holds_meant = holders.has_own_meant;
	run->code = is_free_wanted ? REFUSAL_IN_USE : REFUSAL_NOT_THERE;
	run->subject = update_subject(run->arena, &failed->name, failed->type);
	run->reason = arena_print(run->arena, "a prerequisite failed: %s%s%s", failed_text(rcode),
				  holders.other        ? ", held by "
				  : holders.has_static ? ", held by static records"
						       : "",
				  holders.other ? holders.other : "");
	return !is_free_wanted || !holders.has_own;
}

static bool update_prereq_goes_on(struct update_run *run, const struct update_rr *rr,
				  enum dns_rcode rcode)
{
	run->failed = rr;
	if (!run->object)
		return false;
	prereq_explain(run, rcode);
	return update_goes_on(run, &(struct update_objection){.asked = rr, .rcode = rcode});
}

/* RFC 2136 3.2.3: the RRsets whose data is named, each as a whole. */
static enum dns_rcode update_prereq_check_data(struct update_run *run)
{
	const struct update_rrs *all = &run->prerequisites;
	struct update_rr **sorted = arena_alloc(run->arena, (all->count + 1) * sizeof *sorted);
	size_t count = 0;
	for (size_t i = 0; i < all->count; i++)
		if (all->rr[i].class == DNS_CLASS_IN)
			sorted[count++] = &all->rr[i];
	qsort(sorted, count, sizeof *sorted, compare_rr);
	for (size_t i = 0, n; i < count; i += n) {
		for (n = 1; i + n < count && update_prereq_is_same_rrset(sorted[i], sorted[i + n]);
		     n++)
			;
		if (!update_prereq_is_stored(run, sorted + i, n) &&
		    !update_prereq_goes_on(run, sorted[i], DNS_NXRRSET))
			return DNS_NXRRSET;
	}
	return DNS_NOERROR;
}

enum dns_rcode update_check_prerequisites(struct update_run *run)
{
	const struct update_rrs *all = &run->prerequisites;
	for (size_t i = 0; i < all->count; i++) {
		if (all->rr[i].class == DNS_CLASS_IN)
			continue;
		enum dns_rcode rcode = check_plain(run, &all->rr[i]);
		if (rcode != DNS_NOERROR && !update_prereq_goes_on(run, &all->rr[i], rcode))
			return rcode;
	}
	return update_prereq_check_data(run);
}

void update_note_failed(struct update_run *run, enum dns_rcode rcode)
{
	if (!prereq_explain(run, rcode))
		return;
	run->update->rcode = rcode;
	update_log_refusal(run);
}
