/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Holds the sockets that a service manager opened before it started this process, by the protocol
 * of sd_listen_fds(3): LISTEN_FDS descriptors from number 3 on. The main thread, at the start.
 */
#include "base/addr.h"
#include <stdbool.h>
#include <stddef.h>

struct inherited_socket {
	struct addr addr; /* where it is bound; a family that is not of the Internet matches none */
	int type;         /* SOCK_DGRAM or SOCK_STREAM */
	int fd;           /* -1: it was claimed */
};

struct inherited {
	struct inherited_socket *sockets;
	size_t count;
};

/* The number of the first descriptor. */
#define INHERITED_FIRST 3

/* Takes the sockets that were passed to this process, none where LISTEN_PID names another, and
 * removes the variables, so that no child believes to have them. `first` is INHERITED_FIRST but in
 * tests. */
void inherited_take(struct inherited *, int first);

/* The descriptor of a socket of this type that is bound to the address, which is the caller's from
 * now on. -1: there is none any more. */
int inherited_claim(struct inherited *, const struct addr *, int type);

/* Closes what nobody claimed, and warns of it. */
void inherited_end(struct inherited *);
