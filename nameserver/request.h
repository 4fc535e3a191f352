/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * A request, as all that answers it sees it: what was asked, by whom, from where and when. It
 * borrows everything, and ends with the call. A request that another thread answers
 * (nameserver/pending.h) keeps a copy of its own, which lives as long as the request, and makes a
 * `struct request` of it again.
 */
#include "acl/policy.h"
#include "acl/tsig_server.h"
#include "dns/msg.h"
#include "journal/entry.h"

struct core;
struct dispatcher;
struct snapshot;

struct request {
	struct core *core;
	struct dispatcher *by; /* of the reader that answers it: snapshot and arena */
	const struct dns_msg *msg;
	const struct identity *identity; /* how it is signed, and how its answer will be */
	const struct who *who;           /* the principal */
	const struct addr *source;
	enum entry_transport transport;
	uint64_t now; /* seconds */
};

/* Whether the principal is proved, by a signature or a layer below. */
bool request_is_signed(const struct request *);

/* What the policy sees of it; good as long as the request. */
struct policy_asker request_asker(const struct request *);

/* The copy. Its owner holds it; to be ended by request_kept_end. */
struct request_kept {
	struct core *core;
	struct dns_msg msg;
	struct identity identity;
	struct who who;
	struct addr source;
	enum entry_transport transport;
};

/* Copies the request. `packet` has room for the bytes of the message, and lives as long as the
 * copy. */
void request_keep(struct request_kept *, const struct request *, uint8_t *packet);

struct policy_asker request_kept_asker(const struct request_kept *, const struct snapshot *);

/* Wipes what is secret. */
void request_kept_end(struct request_kept *);

/* The kept request, answered by a reader now. */
struct request request_again(const struct request_kept *, struct dispatcher *);
