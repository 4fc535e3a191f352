/* SPDX-License-Identifier: BSD-2-Clause */
#include "server/update_parts.h"
#include "dns/rdata.h"
#include "zonedb/principal.h"

struct judge {
	struct update_run *run;
	struct policy_zone zone;
	struct policy_asker asker;
	bool wants_ptr, wants_takeable;
	size_t servers_count;
	struct dns_name servers[UPDATE_SERVERS_MAX];
	/* The name that was judged last: changes come name by name. */
	const struct edit_name *at;
	struct policy_name name;
};

static struct judge *judge_new(struct update_run *run)
{
	struct judge *judge = arena_zero(run->arena, sizeof *judge);
	judge->run = run;
	judge->zone = update_policy(run->zone, &run->side->view);
	judge->asker = policy_asker_of(&run->update->who, &run->update->source,
				       run->update->transport == ENTRY_TCP);
	judge->wants_ptr = policy_wants_ptr(&judge->zone);
	judge->wants_takeable = policy_wants_takeable(&judge->zone);
	judge->servers_count = update_servers(run->txn, run->zone, judge->servers);
	return judge;
}

static const char *owner_text(struct judge *judge, uint32_t owner, enum record_class class)
{
	if (owner == PRINCIPAL_ANONYMOUS && class == RECORD_STATIC)
		return NULL;
	return principal_text(judge->run->txn, owner, judge->run->arena);
}

/* A record of another, which is there and stays as it is. */
static bool is_takeable(struct judge *judge, uint16_t type, const struct node_record *is)
{
	if (!judge->wants_takeable)
		return false;
	struct policy_record record = {
		.change = POLICY_SAME,
		.type = type,
		.class = update_class(is->class),
		.owner = update_owner_kind(&judge->run->ids, is->owner, is->class),
		.owner_text = owner_text(judge, is->owner, is->class),
		.is_target_self = update_is_target_self(&judge->asker, type, is->rdata),
	};
	return policy_takes(&judge->zone, &judge->asker, &judge->name, &record);
}

static void count_record(struct judge *judge, uint16_t type, const struct node_record *record)
{
	struct policy_name *name = &judge->name;
	name->records++;
	if (update_owns(&judge->run->ids, record->owner))
		name->own++;
	else if (is_takeable(judge, type, record))
		name->takeable++;
	else if (record->owner == PRINCIPAL_ANONYMOUS && record->class != RECORD_STATIC)
		name->anonymous++;
}

/* What is stored at the name, counted. */
static void judge_see(struct judge *judge, const struct edit_name *at)
{
	if (judge->at == at)
		return;
	struct update_run *run = judge->run;
	const struct dns_name *apex = &run->zone->apex;
	judge->at = at;
	judge->name = (struct policy_name){
		.name = &at->name,
		.is_apex = dns_name_equal(&at->name, apex),
		.is_reserved =
			policy_is_reserved(&at->name, apex, judge->servers, judge->servers_count),
		.is_self = judge->asker.has_own_name &&
			   dns_name_equal(&at->name, &judge->asker.own_name),
	};
	if (judge->wants_ptr)
		judge->name.is_ptr_of_self = update_is_ptr_of_self(&run->side->view, &judge->asker,
								   &run->ids, &at->name);
	if (!at->is_stored)
		return;
	struct bytes_in rrsets = bytes_in_of(at->stored.rrsets.data, at->stored.rrsets.len);
	struct node_rrset rrset;
	while (node_next_rrset(&rrsets, &rrset)) {
		struct bytes_in in = bytes_in_of(rrset.records.data, rrset.records.len);
		struct node_record record;
		while (node_next_record(&in, &record))
			count_record(judge, rrset.type, &record);
	}
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

/* How many records of the type there will be. */
static unsigned count_after(const struct edit_change *edited)
{
	unsigned count = 0;
	for (const struct edit_rrset *rrset = edited->at->rrsets; rrset; rrset = rrset->next)
		for (const struct edit_record *is = rrset->records;
		     is && rrset->type == edited->change.type; is = is->next)
			count++;
	return count;
}

static struct verdict judge_change(struct judge *judge, const struct edit_change *edited)
{
	const struct change *change = &edited->change;
	const struct update_run *run = judge->run;
	judge_see(judge, edited->at);
	struct policy_record record = {
		.type = change->type,
		.is_target_self = update_is_target_self(&judge->asker, change->type, change->rdata),
	};
	if (change->what == CHANGE_ADDED) {
		record.change = POLICY_ADD;
		if (judge->zone.rules || judge->zone.max_records)
			record.after = count_after(edited);
	} else {
		record.change = change->what == CHANGE_REMOVED ? POLICY_REMOVE : POLICY_TTL;
		record.class = update_class(change->was.class);
		record.owner = update_owner_kind(&run->ids, edited->was_owner, change->was.class);
		if (judge->wants_takeable)
			record.owner_text = owner_text(judge, edited->was_owner, change->was.class);
		/* Looks through the whole message: only where it matters. */
		if (judge->zone.skips_foreign && change->what == CHANGE_REMOVED &&
		    record.owner != POLICY_OWNER_REQUESTER)
			record.is_name_delete = is_name_delete(run, change);
	}
	return policy_judge(&judge->zone, &judge->asker, &judge->name, &record);
}

static void explain(struct update_run *run, const struct edit_change *edited,
		    const struct verdict *why)
{
	const char *owner = edited->change.what == CHANGE_ADDED
				    ? NULL
				    : principal_text(run->txn, edited->was_owner, run->arena);
	char text[POLICY_TEXT_MAX];
	policy_verdict_text(why, owner, text);
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

/* A record that is named again, at a name that was seen. */
static void take_named(struct judge *judge, const struct edit_name *at,
		       const struct edit_rrset *rrset, const struct edit_record *is)
{
	struct update_run *run = judge->run;
	if (!is->is_named || update_owns(&run->ids, is->owner))
		return;
	struct policy_record record = {
		.change = POLICY_SAME,
		.type = rrset->type,
		.class = update_class(is->class),
		.owner = update_owner_kind(&run->ids, is->owner, is->class),
		.owner_text = owner_text(judge, is->owner, is->class),
		.is_target_self = update_is_target_self(&judge->asker, rrset->type, is->rdata),
	};
	if (policy_judge(&judge->zone, &judge->asker, &judge->name, &record).takes_over)
		take_over(run, &at->name, rrset->type, rrset->ttl, is);
}

static void take_at(struct judge *judge, const struct dns_name *name)
{
	const struct edit_name *at = edit_see(judge->run->edit, name);
	judge_see(judge, at);
	for (struct edit_rrset *rrset = at->rrsets; rrset; rrset = rrset->next)
		for (struct edit_record *is = rrset->records; is; is = is->next)
			take_named(judge, at, rrset, is);
}

/*
 * Records that the requester names again and may take over become its own, though their data is as
 * it was: those that `anonymous` left at its own name (ownership.md "Zone update modes"), and those
 * that a rule for `takeover` gives.
 */
static void take_what_is_named(struct judge *judge)
{
	struct update_run *run = judge->run;
	if (judge->zone.mode != POLICY_SECURE)
		return;
	if (judge->asker.has_own_name && dns_name_under(&judge->asker.own_name, &run->zone->apex))
		take_at(judge, &judge->asker.own_name);
	for (size_t i = 0; judge->wants_takeable && i < run->changes.count; i++)
		if (run->changes.rr[i].class == DNS_CLASS_IN)
			take_at(judge, &run->changes.rr[i].name);
}

/* The class that a rule gives to what it lets in. */
static void set_class(struct update_run *run, const struct edit_change *edited,
		      enum policy_class class)
{
	static const enum record_class classes[] = {
		[POLICY_STATIC] = RECORD_STATIC,
		[POLICY_DYNAMIC] = RECORD_DYNAMIC,
		[POLICY_PINNED] = RECORD_PINNED,
	};
	const struct change *change = &edited->change;
	struct node_record as = {
		.owner = edited->is_owner,
		.stamp = change->is.stamp,
		.class = classes[class],
		.rdata = change->rdata,
	};
	edit_add_as(run->edit, &change->name, change->type, change->is.ttl, &as);
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
	if (verdict.is_allowed && verdict.has_class && edited->change.what == CHANGE_ADDED)
		set_class(run, edited, verdict.class);
	if (verdict.is_allowed)
		return true;
	explain(run, edited, &verdict);
	if (verdict.is_spared)
		edit_undo(run->edit, edited);
	return verdict.is_spared;
}

enum dns_rcode update_judge(struct update_run *run)
{
	struct judge *judge = judge_new(run);
	take_what_is_named(judge);
	size_t count;
	const struct edit_change *changes = edit_net(run->edit, &count);
	for (size_t i = 0; i < count; i++)
		if (!judge_one(judge, &changes[i]))
			return DNS_REFUSED;
	return DNS_NOERROR;
}
