/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * A query answered from what we serve (RFC 1034 4.3.2): the walk over aliases, one step of
 * zonedb/lookup at a time. Allocates nothing. A reader's thread.
 *
 *      query.c             questions, the walk, positive answers
 *      query_negative.c    the SOA of negative answers (RFC 2308)
 *      query_additional.c  glue and other addresses
 *      query_chaos.c       class CH: version.bind and its kind
 */
#include "acl/policy.h"
#include "nameserver/answer.h"
#include "nameserver/dispatch.h"
#include "zonedb/lookup.h"

#define QUERY_LINKS_MAX 16 /* aliases followed for one question */

struct query {
	struct dispatcher *by;
	struct answer *answer;
	const struct policy_asker *asker;
	struct query_refusal *refused;
	const struct zone *zone; /* where `name` is looked up */
	struct dns_name name;    /* the question's, then each alias' target */
	uint16_t type;
	unsigned links; /* aliases followed so far */
	struct dns_name seen[QUERY_LINKS_MAX];
	unsigned dnames; /* DNAMEs in the answer: where their records lie in the map */
	const uint8_t *dname[QUERY_LINKS_MAX + 1];
	/* What additional records are looked up for; in the map. */
	bool has_hit;
	struct dns_name hit_owner;
	struct node_rrset hit;
};

/* A question that a rule of its zone refused. */
struct query_refusal {
	const struct zone *zone; /* NULL: none did */
	struct verdict verdict;
};

/* Fills the started answer: sections, rcode, AA, TC. Who asks counts where a zone has a rule for
 * `query`. */
void query_answer(struct dispatcher *, struct answer *, const struct policy_asker *,
		  struct query_refusal *);

/* --- for the query_*.c alone --- */

/* Whether who asks may see the name at all. */
bool query_may_see(const struct query *, const struct zone *, const struct dns_name *,
		   uint16_t type);

/* A whole RRset under `owner`, or nothing of it. False: it does not fit, or is damaged (the
 * transaction's error). */
bool query_put(struct query *, enum dns_section, const struct dns_name *owner,
	       const struct node_rrset *);

/* The zone's SOA into AUTHORITY, with the TTL of a negative answer. */
void query_put_soa(struct query *);

/* Addresses of the hosts that the hit's data names, as far as they are ours and fit. */
void query_put_additional(struct query *);

/* The addresses of a delegation's name servers: TC if those below the cut do not fit (RFC 9471). */
void query_put_glue(struct query *, const struct lookup *);

/* Class CH. */
void query_answer_chaos(struct answer *);
