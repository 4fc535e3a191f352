/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * The sockets of one address for one thread: UDP and TCP, bound. Each thread has its own, and the
 * kernel spreads what comes over them (SO_REUSEPORT). The first of an address is bound without
 * sharing, so that a port which another program uses, even a tenured, is found busy.
 *
 * Made by main before privileges are dropped; closed by main.
 */
#include "base/addr.h"
#include <stdbool.h>

#define LISTENER_ERROR_MAX 512

struct listener {
	struct addr addr;
	int udp, tcp;
	bool is_wildcard; /* answers must say from which address they come */
};

/* False: `error` is a sentence that names the address, and nothing stays open. */
bool listener_open(struct listener *, const struct addr *, bool is_first,
		   char error[LISTENER_ERROR_MAX]);
void listener_close(struct listener *);

/* Whether the machine has the family of this address at all. */
bool listener_has_family(const struct addr *);
