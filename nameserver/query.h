/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Answers queries from the zones of this server (RFC 1034 4.3.2): follows aliases, one step of
 * zonedb/lookup.h at a time. Allocates nothing. A reader's thread.
 *
 *      query.c             questions, the walk, positive answers
 *      query_negative.c    the SOA of negative answers (RFC 2308)
 *      query_additional.c  glue and other addresses
 *      query_chaos.c       class CH: version.bind and similar names
 */
#include "acl/policy.h"
#include "nameserver/answer.h"
#include "nameserver/dispatch.h"
#include "zonedb/lookup.h"

#define QUERY_LINKS_MAX 16 /* aliases followed for one question */

/* Who asks, as rules take it: made for the first rule that is asked, since most zones have none. */
struct query_asker {
	bool is_known;
	struct policy_asker asker;
};

struct query {
	struct dispatcher *by;
	struct answer *answer;
	struct query_asker *asker;
	struct query_refusal *refused;
	const struct zone *zone; /* where `name` is looked up */
	struct dns_name name;    /* the question's, then each alias' target */
	uint16_t type;
	unsigned links; /* aliases followed so far */
	struct dns_name seen[QUERY_LINKS_MAX];
	unsigned dnames; /* DNAMEs in the answer: where their records lie in the map */
	const uint8_t *dname[QUERY_LINKS_MAX + 1];
	/* The RRset for which additional records are looked up; in the map. */
	bool has_hit;
	size_t additional_bytes; /* of names that were read for additional records */
	struct dns_name hit_owner;
	struct node_rrset hit;
};

/* A query that a rule of its zone refused. */
struct query_refusal {
	const struct zone *zone; /* NULL: none did */
	struct verdict verdict;
};

/* Fills an answer that was started: sections, rcode, AA, TC. If a rule for `query` refuses, the
 * last argument says which; otherwise it has no zone. */
void query_answer(struct dispatcher *, struct answer *, struct query_refusal *);

/* --- for the query_*.c alone --- */

/* Whether the requester may see the name. */
bool query_may_see(const struct query *, const struct zone *, const struct dns_name *,
		   uint16_t type);

/* Adds a whole RRset under `owner`. False: it does not fit, or is damaged, which is an error of the
 * transaction; then nothing of it is added. */
bool query_put(struct query *, enum dns_section, const struct dns_name *owner,
	       const struct node_rrset *);

/* Whether a zone of this server has its apex at or below the name, in the zone where the name is
 * looked up: then the name exists, also where nobody wrote the delegation (RFC 8020 2). */
bool query_has_zone_below(const struct query *);

/* The zone's SOA into AUTHORITY, with the TTL of a negative answer. */
void query_put_soa(struct query *);

/* Adds the addresses of the hosts in the hit's data, if they are in our zones and fit. */
void query_put_additional(struct query *);

/* Adds the addresses of a delegation's name servers; sets TC if those below the cut do not fit (RFC
 * 9471). */
void query_put_glue(struct query *, const struct lookup *);

/* Class CH. */
void query_answer_chaos(struct answer *);
