/* SPDX-License-Identifier: BSD-2-Clause */
#include "server/update_parts.h"
#include "dns/rdata.h"
#include "zonedb/principal.h"

/* The zone's own name servers that are looked at: more than any zone has. */
#define SERVERS_MAX 32

struct judge {
	struct update_run *run;
	struct policy_zone zone;
	bool has_own_name;
	struct dns_name own_name;
	size_t servers_count;
	struct dns_name servers[SERVERS_MAX];
	/* The name that was judged last: changes come name by name. */
	const struct edit_name *at;
	struct policy_name name;
};

static struct policy_zone policy_of(const struct zone *zone)
{
	static const enum policy_mode modes[] = {
		[ZONE_UPDATE_NONE] = POLICY_NONE,
		[ZONE_UPDATE_NONSECURE] = POLICY_NONSECURE,
		[ZONE_UPDATE_SECURE] = POLICY_SECURE,
	};
	return (struct policy_zone){
		.mode = modes[zone->update],
		.preset = zone->policy == ZONE_POLICY_CLOSED ? POLICY_CLOSED : POLICY_WINDOWS,
		.protects_static = zone->protects_static,
		.skips_foreign = zone->skips_foreign_delete,
	};
}

static enum policy_class class_of(enum record_class class)
{
	static const enum policy_class classes[] = {
		[RECORD_STATIC] = POLICY_STATIC,
		[RECORD_DYNAMIC] = POLICY_DYNAMIC,
		[RECORD_PINNED] = POLICY_PINNED,
	};
	return classes[class];
}

/* The hosts of the apex' NS set: reserved names. */
static void servers_find(struct judge *judge)
{
	struct update_run *run = judge->run;
	struct node node;
	struct node_rrset rrset;
	struct node_record record;
	if (!lookup_node(run->txn, run->zone, &run->zone->apex, &node) ||
	    !node_find(&node, DNS_TYPE_NS, &rrset))
		return;
	struct bytes_in in = bytes_in_of(rrset.records.data, rrset.records.len);
	while (judge->servers_count < SERVERS_MAX && node_next_record(&in, &record))
		if (dns_rdata_name(DNS_TYPE_NS, record.rdata,
				   &judge->servers[judge->servers_count]))
			judge->servers_count++;
}

static struct judge *judge_new(struct update_run *run)
{
	struct judge *judge = arena_zero(run->arena, sizeof *judge);
	judge->run = run;
	judge->zone = policy_of(run->zone);
	judge->has_own_name = who_own_name(&run->update->who, &judge->own_name);
	servers_find(judge);
	return judge;
}

static void count_record(struct judge *judge, const struct node_record *record)
{
	struct policy_name *name = &judge->name;
	name->records++;
	if (record->owner == judge->run->owner)
		name->own++;
	else if (record->owner == PRINCIPAL_ANONYMOUS && record->class != RECORD_STATIC)
		name->anonymous++;
}

/* What is stored at the name, counted. */
static void judge_see(struct judge *judge, const struct edit_name *at)
{
	if (judge->at == at)
		return;
	const struct dns_name *apex = &judge->run->zone->apex;
	judge->at = at;
	judge->name = (struct policy_name){
		.is_apex = dns_name_equal(&at->name, apex),
		.is_reserved =
			policy_is_reserved(&at->name, apex, judge->servers, judge->servers_count),
		.is_self = judge->has_own_name && dns_name_equal(&at->name, &judge->own_name),
	};
	if (!at->is_stored)
		return;
	struct bytes_in rrsets = bytes_in_of(at->stored.rrsets.data, at->stored.rrsets.len);
	struct node_rrset rrset;
	while (node_next_rrset(&rrsets, &rrset)) {
		struct bytes_in in = bytes_in_of(rrset.records.data, rrset.records.len);
		struct node_record record;
		while (node_next_record(&in, &record))
			count_record(judge, &record);
	}
}

static enum policy_owner owner_of(const struct judge *judge, uint32_t owner,
				  enum record_class class)
{
	if (owner == judge->run->owner)
		return POLICY_OWNER_REQUESTER;
	if (owner != PRINCIPAL_ANONYMOUS)
		return POLICY_OWNER_OTHER;
	return class == RECORD_STATIC ? POLICY_OWNER_NOBODY : POLICY_OWNER_ANONYMOUS;
}

/* Whether the record goes because its whole name does, and by no other change. */
static bool is_name_delete(const struct update_run *run, const struct change *change)
{
	bool is_by_name = false;
	for (size_t i = 0; i < run->changes.count; i++) {
		const struct update_rr *rr = &run->changes.rr[i];
		if (rr->class == DNS_CLASS_IN || !dns_name_equal(&rr->name, &change->name))
			continue;
		if (rr->class == DNS_CLASS_ANY && rr->type == DNS_TYPE_ANY)
			is_by_name = true;
		else if (rr->type == change->type &&
			 (rr->class == DNS_CLASS_ANY ||
			  dns_rdata_compare(rr->type, rr->rdata, change->rdata) == 0))
			return false;
	}
	return is_by_name;
}

static struct verdict judge_change(struct judge *judge, const struct edit_change *edited)
{
	const struct change *change = &edited->change;
	judge_see(judge, edited->at);
	struct policy_record record = {.type = change->type};
	if (change->what == CHANGE_ADDED) {
		record.change = POLICY_ADD;
	} else {
		record.change = change->what == CHANGE_REMOVED ? POLICY_REMOVE : POLICY_TTL;
		record.class = class_of(change->was.class);
		record.owner = owner_of(judge, edited->was_owner, change->was.class);
		/* Looks through the whole message: only where it matters. */
		if (judge->zone.skips_foreign && change->what == CHANGE_REMOVED &&
		    record.owner != POLICY_OWNER_REQUESTER)
			record.is_name_delete = is_name_delete(judge->run, change);
	}
	return policy_judge(&judge->zone, &judge->run->update->who, &judge->name, &record);
}

static void explain(struct update_run *run, const struct edit_change *edited,
		    enum policy_reason why)
{
	const char *owner = edited->change.what == CHANGE_ADDED
				    ? NULL
				    : principal_text(run->txn, edited->was_owner, run->arena);
	char text[POLICY_TEXT_MAX];
	policy_reason_text(why, owner, text);
	run->reason = arena_text(run->arena, text, strlen(text));
	run->subject = update_subject(run->arena, &edited->change.name, edited->change.type);
}

/* The record becomes the requester's. */
static void take_over(struct update_run *run, const struct dns_name *name, uint16_t type,
		      uint32_t ttl, const struct edit_record *record)
{
	struct node_record as = {
		.owner = run->owner,
		.stamp = run->now_us / 1000000,
		.class = record->class,
		.rdata = record->rdata,
	};
	edit_add_as(run->edit, name, type, ttl, &as);
}

/*
 * Records that `anonymous` left at the requester's own name, and that it names again: from now on
 * they are its own (ownership.md "Zone update modes"), though their data is as it was.
 */
static void take_anonymous(struct judge *judge)
{
	struct update_run *run = judge->run;
	if (!judge->has_own_name || judge->zone.mode != POLICY_SECURE ||
	    !dns_name_under(&judge->own_name, &run->zone->apex))
		return;
	struct edit_name *at = edit_see(run->edit, &judge->own_name);
	judge_see(judge, at);
	for (struct edit_rrset *rrset = at->rrsets; rrset; rrset = rrset->next) {
		for (struct edit_record *is = rrset->records; is; is = is->next) {
			struct policy_record record = {
				.change = POLICY_SAME,
				.type = rrset->type,
				.class = class_of(is->class),
				.owner = owner_of(judge, is->owner, is->class),
			};
			if (is->is_named &&
			    policy_judge(&judge->zone, &run->update->who, &judge->name, &record)
				    .takes_over)
				take_over(run, &at->name, rrset->type, rrset->ttl, is);
		}
	}
}

/* One difference. False: refused. */
static bool judge_one(struct judge *judge, const struct edit_change *edited)
{
	struct update_run *run = judge->run;
	if (edited->change.what == CHANGE_REFRESHED)
		return true;
	/* What has become the requester's was judged when it was taken. */
	if (edited->change.what == CHANGE_ALTERED && edited->is_owner != edited->was_owner)
		return true;
	struct verdict verdict = judge_change(judge, edited);
	if (verdict.is_allowed)
		return true;
	explain(run, edited, verdict.reason);
	if (verdict.is_spared)
		edit_undo(run->edit, edited);
	return verdict.is_spared;
}

struct verdict update_admit(const struct zone *zone, const struct who *who, bool may_own)
{
	struct policy_zone policy = policy_of(zone);
	return policy_admit(&policy, who, may_own);
}

enum dns_rcode update_judge(struct update_run *run)
{
	struct judge *judge = judge_new(run);
	take_anonymous(judge);
	size_t count;
	const struct edit_change *changes = edit_net(run->edit, &count);
	for (size_t i = 0; i < count; i++)
		if (!judge_one(judge, &changes[i]))
			return DNS_REFUSED;
	return DNS_NOERROR;
}
