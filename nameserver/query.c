/* SPDX-License-Identifier: BSD-2-Clause */
#include "nameserver/query.h"
#include "dns/rdata.h"
#include "nameserver/update_parts.h"

/*
 * RFC 8482 4.1: ANY is answered with one RRset, over TCP too. The one that says most about what
 * the name is; a name that has none of these gives its first.
 */
static const uint16_t any_preference[] = {
	DNS_TYPE_CNAME, DNS_TYPE_SOA, DNS_TYPE_A,   DNS_TYPE_AAAA, DNS_TYPE_PTR,
	DNS_TYPE_SRV,   DNS_TYPE_MX,  DNS_TYPE_TXT, DNS_TYPE_NS,
};

/* Whether such a question is one for the zones at all. 0: it is. */
static enum dns_rcode question_judge(const struct dns_msg *msg)
{
	if (msg->qclass != DNS_CLASS_IN && msg->qclass != DNS_CLASS_ANY)
		return DNS_REFUSED;
	switch (msg->qtype) {
	case DNS_TYPE_ANY:
		return DNS_NOERROR;
	case DNS_TYPE_AXFR:
	case DNS_TYPE_IXFR:
		return DNS_REFUSED;
	case DNS_TYPE_MAILA:
	case DNS_TYPE_MAILB:
	case DNS_TYPE_TKEY:
		return DNS_NOTIMP;
	default:
		return dns_type_is_meta(msg->qtype) ? DNS_FORMERR : DNS_NOERROR;
	}
}

/* The zone that answers for a name; a DS stands in the zone above (RFC 4035 3.1.4.1). */
static const struct zone *zone_for(const struct query *query)
{
	const struct zoneset *zones = query->by->snapshot.zones;
	const struct zone *zone = zoneset_find(zones, &query->name);
	if (!zone || query->type != DNS_TYPE_DS || !dns_name_equal(&zone->apex, &query->name))
		return zone;
	const struct zone *above = zoneset_find_above(zones, &query->name);
	return above ? above : zone;
}

static struct verdict query_judge(const struct query *query, const struct zone *zone,
				  const struct dns_name *name, uint16_t type)
{
	const struct snapshot *snapshot = &query->by->snapshot;
	struct policy_zone policy = update_policy(zone, snapshot);
	struct query_asker *by = query->asker;
	if (!by->is_known)
		by->asker = request_asker(query->answer->request);
	by->is_known = true;
	return policy_query(&policy, &by->asker, name, type);
}

/* The question is refused. */
static void query_refuse(struct query *query, const struct verdict *verdict)
{
	query->refused->verdict = *verdict;
	query->refused->zone = query->zone;
	query->answer->rcode = DNS_REFUSED;
	answer_prohibit(query->answer, ANSWER_NOT_AUTHORIZED);
}

/* Whether the requester may see the question's name; otherwise refuses. */
static bool may_ask(struct query *query)
{
	if (!rulebook_find(query->by->snapshot.rules, query->zone->id))
		return true;
	struct verdict verdict = query_judge(query, query->zone, &query->name, query->type);
	if (!verdict.is_allowed)
		query_refuse(query, &verdict);
	return verdict.is_allowed;
}

/*
 * Whether the requester may see what was found: an alias, DNAME, delegation or wildcard shows what
 * stands at a name, maybe another than that of the question. The name is asked about with the type
 * of the question, so that a rule which gives addresses gives the aliases to them; a rule that
 * denies the type found hides it. False: the question is refused, or a chain of aliases ends.
 */
static bool query_may_show(struct query *query, const struct lookup *found)
{
	bool is_other = found->kind == LOOKUP_CNAME || found->kind == LOOKUP_DNAME ||
			found->kind == LOOKUP_DELEGATION;
	if ((!is_other && !found->is_wildcard) ||
	    !rulebook_find(query->by->snapshot.rules, query->zone->id))
		return true;
	struct verdict verdict = query_judge(query, query->zone, &found->at, query->type);
	if (verdict.is_allowed && is_other) {
		verdict = query_judge(query, query->zone, &found->at, found->rrset.type);
		verdict.is_allowed |= verdict.reason != POLICY_DENIED;
	}
	if (!verdict.is_allowed && query->links == 0)
		query_refuse(query, &verdict);
	return verdict.is_allowed;
}

/* One that the requester may ask for. False: there is none. */
static bool any_pick(const struct query *query, const struct node *node, struct node_rrset *rrset)
{
	for (size_t i = 0; i < sizeof any_preference / sizeof *any_preference; i++)
		if (node_find(node, any_preference[i], rrset) &&
		    query_may_see(query, query->zone, &query->name, any_preference[i]))
			return true;
	struct bytes_in in = bytes_in_of(node->rrsets.data, node->rrsets.len);
	while (node_next_rrset(&in, rrset))
		if (query_may_see(query, query->zone, &query->name, rrset->type))
			return true;
	if (in.bad)
		store_fail(query->by->snapshot.txn, STORE_CORRUPT);
	return false;
}

/* Aliases go in a circle when a name comes again. */
static bool was_seen(const struct query *query, const struct dns_name *name)
{
	for (unsigned i = 0; i < query->links; i++)
		if (dns_name_equal(&query->seen[i], name))
			return true;
	return dns_name_equal(&query->name, name);
}

/* On to the alias' target, if it is ours. False: the answer ends here. */
static bool query_follow(struct query *query, const struct dns_name *target)
{
	if (query->links == QUERY_LINKS_MAX || was_seen(query, target))
		return false;
	query->seen[query->links++] = query->name;
	query->name = *target;
	query->zone = zone_for(query);
	return query->zone && query_may_see(query, query->zone, target, query->type);
}

/* Into ANSWER; what does not fit there is asked for again by TCP (RFC 2181 9). */
static bool put_answer(struct query *query, const struct dns_name *owner,
		       const struct node_rrset *rrset)
{
	if (query_put(query, DNS_ANSWER, owner, rrset))
		return true;
	dns_reply_truncate(&query->answer->reply);
	return false;
}

/* A chain may pass a DNAME twice, and end at it: it is in the answer once. */
static bool put_dname(struct query *query, const struct dns_name *owner,
		      const struct node_rrset *rrset)
{
	for (unsigned i = 0; i < query->dnames; i++)
		if (query->dname[i] == rrset->records.data)
			return true;
	query->dname[query->dnames++] = rrset->records.data;
	return put_answer(query, owner, rrset);
}

/* Signatures are a set for each type that they cover; a question for them gives all. */
static bool put_signatures(struct query *query, const struct node *node)
{
	struct node_rrset rrset;
	struct bytes_in in = bytes_in_of(node->rrsets.data, node->rrsets.len);
	while (node_next_of(&in, query->type, &rrset))
		if (!put_answer(query, &query->name, &rrset))
			return false;
	return true;
}

static bool step_hit(struct query *query, const struct lookup *found)
{
	if (dns_type_is_signature(query->type)) {
		query->has_hit = false;
		(void)put_signatures(query, &found->node);
		return false;
	}
	query->hit = found->rrset;
	if (query->type == DNS_TYPE_ANY && !any_pick(query, &found->node, &query->hit)) {
		query_put_soa(query);
		return false;
	}
	query->hit_owner = query->name;
	query->has_hit = query->hit.type == DNS_TYPE_DNAME
				 ? put_dname(query, &query->name, &query->hit)
				 : put_answer(query, &query->name, &query->hit);
	return false;
}

/* The alias' target. False: damaged. */
static bool query_target_of(struct query *query, const struct lookup *found,
			    struct dns_name *target)
{
	struct bytes_in in = bytes_in_of(found->rrset.records.data, found->rrset.records.len);
	struct node_record record;
	if (node_next_record(&in, &record) &&
	    dns_rdata_name(found->rrset.type, record.rdata, target))
		return true;
	store_fail(query->by->snapshot.txn, STORE_CORRUPT);
	return false;
}

static bool step_cname(struct query *query, const struct lookup *found)
{
	struct dns_name target;
	if (!query_target_of(query, found, &target) ||
	    !put_answer(query, &query->name, &found->rrset))
		return false;
	return query_follow(query, &target);
}

/* RFC 6672 3.2: the DNAME, and the CNAME that follows from it. */
static bool step_dname(struct query *query, const struct lookup *found)
{
	struct dns_name target, to;
	if (!query_target_of(query, found, &to) || !put_dname(query, &found->at, &found->rrset))
		return false;
	if (!dns_name_replace(&target, &query->name, &found->at, &to)) {
		query->answer->rcode = DNS_YXDOMAIN;
		return false;
	}
	if (!dns_reply_rr(&query->answer->reply, DNS_ANSWER, &query->name, DNS_TYPE_CNAME,
			  DNS_CLASS_IN, found->rrset.ttl, bytes_of(target.wire, target.len))) {
		dns_reply_truncate(&query->answer->reply);
		return false;
	}
	/* The synthesized CNAME is itself what these ask for (RFC 1034 4.3.2 3a). */
	bool is_asked = query->type == DNS_TYPE_CNAME || query->type == DNS_TYPE_ANY;
	return !is_asked && query_follow(query, &target);
}

static bool step_delegation(struct query *query, const struct lookup *found)
{
	struct dns_reply *reply = &query->answer->reply;
	if (!query_put(query, DNS_AUTHORITY, &found->at, &found->rrset))
		dns_reply_truncate(reply);
	else
		query_put_glue(query, found);
	return false;
}

/* One name in one zone. True: an alias led on to another. */
static bool query_step(struct query *query)
{
	struct lookup found;
	struct dns_reply *reply = &query->answer->reply;
	lookup(query->by->snapshot.txn, query->zone, &query->name, query->type, &found);
	if (!query_may_show(query, &found))
		return false;
	/* RFC 4592 2.2.2: a name above others, which stand in a zone below, is no wildcard's. */
	if (found.is_wildcard && query_has_zone_below(query))
		found.kind = LOOKUP_NODATA;
	/* AA speaks of the question's own name (RFC 1035 4.1.1), and never of class ANY (6.2). */
	if (query->links == 0 && found.kind != LOOKUP_DELEGATION &&
	    query->answer->request->msg->qclass == DNS_CLASS_IN)
		dns_reply_set_flags(reply, DNS_FLAG_AA);
	switch (found.kind) {
	case LOOKUP_HIT:
		return step_hit(query, &found);
	case LOOKUP_CNAME:
		return step_cname(query, &found);
	case LOOKUP_DNAME:
		return step_dname(query, &found);
	case LOOKUP_DELEGATION:
		return step_delegation(query, &found);
	case LOOKUP_NXDOMAIN: /* RFC 6604 3: the last name of the chain decides */
		if (!query_has_zone_below(query))
			query->answer->rcode = DNS_NXDOMAIN;
		query_put_soa(query);
		return false;
	case LOOKUP_NODATA:
		query_put_soa(query);
		return false;
	case LOOKUP_BROKEN:
		break;
	}
	return false;
}

/* The store failed on the way: nothing of the answer is to be trusted. */
static void query_fail(struct query *query)
{
	struct core *core = query->by->core;
	if (log_rate(&core->store_failures, 1))
		log_error("query failed", "error=\"%s\"",
			  store_error_text(query->by->snapshot.txn->error));
	answer_only(query->answer, DNS_SERVFAIL);
	/* The next packet of the batch shall not suffer for it. */
	snapshot_renew(&query->by->snapshot);
}

bool query_may_see(const struct query *query, const struct zone *zone, const struct dns_name *name,
		   uint16_t type)
{
	return !rulebook_find(query->by->snapshot.rules, zone->id) ||
	       query_judge(query, zone, name, type).is_allowed;
}

bool query_put(struct query *query, enum dns_section section, const struct dns_name *owner,
	       const struct node_rrset *rrset)
{
	struct dns_reply *reply = &query->answer->reply;
	struct dns_reply_mark mark = dns_reply_mark(reply);
	struct bytes_in in = bytes_in_of(rrset->records.data, rrset->records.len);
	struct node_record record;
	while (node_next_record(&in, &record)) {
		if (dns_reply_rr(reply, section, owner, rrset->type, DNS_CLASS_IN, rrset->ttl,
				 record.rdata))
			continue;
		dns_reply_back_to(reply, &mark);
		return false;
	}
	if (in.bad)
		store_fail(query->by->snapshot.txn, STORE_CORRUPT);
	return !in.bad;
}

void query_answer(struct dispatcher *dispatcher, struct answer *answer,
		  struct query_refusal *refused)
{
	const struct dns_msg *msg = answer->request->msg;
	refused->zone = NULL;
	if (msg->qclass == DNS_CLASS_CH) {
		query_answer_chaos(answer);
		return;
	}
	answer->rcode = question_judge(msg);
	if (answer->rcode != DNS_NOERROR)
		return;
	struct query query;
	struct query_asker asker;
	asker.is_known = false;
	query.by = dispatcher;
	query.answer = answer;
	query.asker = &asker;
	query.refused = refused;
	query.name = msg->qname;
	query.type = msg->qtype;
	query.links = query.dnames = 0;
	query.has_hit = false;
	query.additional_bytes = 0;
	query.zone = zone_for(&query);
	if (!query.zone) {
		answer->rcode = DNS_REFUSED;
		return;
	}
	answer->zone_id = query.zone->id;
	if (!may_ask(&query))
		return;
	while (query_step(&query))
		;
	if (query.has_hit)
		query_put_additional(&query);
	if (dispatcher->snapshot.txn->error != STORE_OK)
		query_fail(&query);
}
