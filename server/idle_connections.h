/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * The TCP connections of all readers by the time of their last request or answer, so that a new
 * connection takes the place of the one that has been idle for longest, whichever thread has it.
 * That thread closes it when it is woken; it counts no more from the moment that it is chosen.
 *
 * A connection is moved in the order at most each 100 ms, so that a busy one takes the lock seldom;
 * who chooses looks at the exact times.
 */
#include "base/addr.h"
#include <stdbool.h>
#include <stdint.h>

struct idle_connections;

struct idle_place;

/* A thread that has connections. Zero-initialised but for `wake`. */
struct idle_owner {
	/* Asks the thread to close what idle_connections_given_up gives. Any thread, with the lock;
	 * it must not wait. */
	void (*wake)(struct idle_owner *);
	struct idle_place *given_up;
};

/* A connection's place in the order; a member of it. */
struct idle_place {
	struct idle_owner *owner;
	struct addr source;
	struct idle_place *older, *newer; /* or in the owner's list of those that it must close */
	_Atomic uint64_t active_us;
	uint64_t listed_us;
	_Atomic bool is_busy; /* it waits for an answer, and is not chosen; the owner sets it */
	bool is_given_up;
};

struct idle_connections *idle_connections_new(void);
void idle_connections_free(struct idle_connections *);

/* Adds a connection as the newest. Its owner and source are set. The owner's thread, as the next
 * two. */
void idle_connections_enter(struct idle_connections *, struct idle_place *);
/* Notes a request or an answer; `now_us` is clock_monotonic_us(). */
void idle_connections_touch(struct idle_connections *, struct idle_place *, uint64_t now_us);
/* Removes it. True: it had been given up, and counts no more. */
bool idle_connections_leave(struct idle_connections *, struct idle_place *);

/*
 * Gives up the connection that has been idle for longest, of those whose address counts as `source`
 * unless that is NULL. Any thread. False: none is idle. `of` is its address, for the limits.
 */
bool idle_connections_give_up(struct idle_connections *, const struct addr *source,
			      struct addr *of);
/* The next connection that the owner must close, which calls idle_connections_leave; NULL: none. */
struct idle_place *idle_connections_given_up(struct idle_connections *, struct idle_owner *);
