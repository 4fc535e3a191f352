/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * A reader: a thread with its loop, its sockets and its snapshot of the store. Readers share
 * nothing that they wait for.
 */
#include "nameserver/connection_limits.h"
#include "nameserver/core.h"
#include "server/listener.h"

struct reader;

struct reader_options {
	struct core *core;
	const struct listener *listeners; /* this reader's; they must stay */
	size_t listener_count;
	struct connection_limits *connection_limits;
	size_t tcp_connections;
	uint64_t tcp_idle_us, tcp_part_us;
};

/* NULL: the machine gives no more threads. */
struct reader *reader_start(const struct reader_options *);

/* Takes nothing new, and ends when the answers to what waits are sent, or after a few seconds. */
void reader_stop(struct reader *);
/* Waits for the thread's end. The core must still be there. */
void reader_join(struct reader *);
/* When the core is stopped: what the writer answered since then is thrown away. */
void reader_free(struct reader *);
