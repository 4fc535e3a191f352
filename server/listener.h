/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * A listener: the UDP and the TCP socket of one address for one thread. Each thread has its own,
 * and the kernel distributes packets and connections over them (SO_REUSEPORT). The first listener
 * of an address is bound without sharing, so that a port that another program uses is found to be
 * busy.
 *
 * The main thread opens and closes listeners; it opens them while it is root, or has them of the
 * service manager.
 */
#include "base/addr.h"
#include <stdbool.h>

#define LISTENER_ERROR_MAX 512

struct listener {
	struct addr addr;
	int udp, tcp;
	bool is_wildcard; /* the address is 0.0.0.0 or ::, and packets tell where they were sent to
			   */
	bool is_passed;   /* another process bound it */
};

/* Opens and binds both sockets. `is_first`: of this address. False: `error` is a sentence that
 * names the address, and no socket is open. */
bool listener_open(struct listener *, const struct addr *, bool is_first,
		   char error[LISTENER_ERROR_MAX]);
/* Takes both sockets, which another process bound to the address; -1: it was not passed. False:
 * `error` is a sentence that names the address, and both are closed. */
bool listener_adopt(struct listener *, const struct addr *, int udp, int tcp,
		    char error[LISTENER_ERROR_MAX]);
/* Whether nobody has the address but sockets of this user that share it, as listeners do: then what
 * listener_open found in use is of a server that has ended, or of another of ours. */
bool listener_is_shared(const struct addr *);
/* Closes the sockets that are open. */
void listener_close(struct listener *);

/* How many UDP packets the kernel has dropped since the socket was opened, since nobody read them
 * in time; modulo 2^32. 0: the kernel does not say. */
uint32_t listener_not_read(const struct listener *);

/* Whether the machine supports the family of this address. */
bool listener_has_family(const struct addr *);
