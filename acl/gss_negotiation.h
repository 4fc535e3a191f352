/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * The negotiations that need another round (RFC 3645 4.1.1). Since their clients have proved
 * nothing yet, they are bounded: GSS_NEGOTIATIONS_MAX, of one source GSS_NEGOTIATIONS_PER_SOURCE,
 * each for GSS_NEGOTIATION_SECONDS; the oldest is removed for a new one. Only the host that began a
 * negotiation can go on with it.
 *
 * The GSS thread; time is an argument, in seconds.
 */
#include "base/addr.h"
#include "dns/name.h"

#define GSS_NEGOTIATIONS_MAX        256
#define GSS_NEGOTIATIONS_PER_SOURCE 8
#define GSS_NEGOTIATION_SECONDS     30

struct gss_negotiations;

/* `drop` frees a security context. */
struct gss_negotiations *gss_negotiations_new(void (*drop)(void *security));
void gss_negotiations_free(struct gss_negotiations *);
size_t gss_negotiations_count(const struct gss_negotiations *);

struct gss_negotiation {
	struct dns_name key;
	struct addr source;
	uint64_t begun; /* seconds */
	void *security;
};

enum gss_negotiation_state {
	GSS_NEGOTIATION_NEW,     /* there is none with this name */
	GSS_NEGOTIATION_GOES_ON, /* `*security` is the caller's now */
	GSS_NEGOTIATION_FOREIGN, /* another host has begun it */
};
enum gss_negotiation_state gss_negotiation_take(struct gss_negotiations *,
						const struct dns_name *key,
						const struct addr *source, uint64_t now,
						void **security);

/* Keeps a negotiation until its next round. There must be none with its name. */
void gss_negotiation_keep(struct gss_negotiations *, const struct gss_negotiation *);
