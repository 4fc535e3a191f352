/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Negotiations that are not at their end (RFC 3645 4.1.1: more rounds under one key name). Nobody
 * has proved anything yet, so they are few: NEGOTIATIONS_MAX, of one source
 * NEGOTIATIONS_PER_SOURCE, each for NEGOTIATION_SECONDS; the oldest gives way. Only the host that
 * began one may go on.
 *
 * The handshake's thread alone; time is an argument.
 */
#include "base/addr.h"
#include "dns/name.h"

#define NEGOTIATIONS_MAX        256
#define NEGOTIATIONS_PER_SOURCE 8
#define NEGOTIATION_SECONDS     30

struct negotiations;

/* `drop` frees a security context. */
struct negotiations *negotiations_new(void (*drop)(void *security));
void negotiations_free(struct negotiations *);
size_t negotiations_count(const struct negotiations *);

struct negotiation {
	struct dns_name key;
	struct addr source;
	uint64_t begun; /* seconds */
	void *security;
};

enum negotiation_state {
	NEGOTIATION_NEW,     /* none of this name */
	NEGOTIATION_GOES_ON, /* `*security` is the caller's again */
	NEGOTIATION_FOREIGN, /* another host's */
};
enum negotiation_state negotiation_take(struct negotiations *, const struct dns_name *key,
					const struct addr *source, uint64_t now, void **security);

/* Waits for the next round. There is none of this name: it was taken, or new. */
void negotiation_keep(struct negotiations *, const struct negotiation *);
