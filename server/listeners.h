/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Opens the listeners of the settings: of each address one for each thread. The main thread, at the
 * start.
 */
#include "server/inherited.h"
#include "server/listener.h"
#include "server/settings.h"

struct listeners {
	size_t threads, addresses;
	struct listener *of; /* `addresses` for each thread, one thread after the other */
};

/* Counts threads, and opens nothing yet. */
void listeners_init(struct listeners *, const struct settings *);

/* Opens all of them. Sockets that were passed are taken before others are bound; `passed` NULL:
 * there are none. False: `error` is a sentence; what is open stays so until listeners_close. */
bool listeners_open(struct listeners *, const struct settings *, struct inherited *passed,
		    char error[LISTENER_ERROR_MAX]);

/* Whether all addresses are free but for sockets of this user (listener_is_shared), of listeners
 * that did not open. */
bool listeners_are_shared(const struct listeners *, const struct settings *);

/* Closes those that are open, and frees the list. */
void listeners_close(struct listeners *);
