/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * A reader: a thread that answers DNS requests, with an event loop, sockets and a snapshot of the
 * store. Readers do not wait for each other. The main thread calls these functions.
 */
#include "nameserver/connection_limits.h"
#include "nameserver/core.h"
#include "server/idle_connections.h"
#include "server/listener.h"

struct reader;

struct reader_options {
	struct core *core;
	const struct listener *listeners; /* of this reader alone; they must remain valid */
	size_t listener_count;
	struct connection_limits *connection_limits;
	struct idle_connections *idle_connections;
	size_t tcp_connections;
	uint64_t tcp_idle_us, tcp_part_us;
};

/* Starts the thread. NULL: the system's limit of threads is reached. */
struct reader *reader_start(const struct reader_options *);

/* Asks the thread to end: it takes no new requests, and ends when all answers are sent, or after
 * four seconds. Returns at once. */
void reader_stop(struct reader *);
/* Waits for the thread's end. The core must still exist. */
void reader_join(struct reader *);
/* Frees the reader, after core_halt, with the requests that were answered since its thread ended.
 */
void reader_free(struct reader *);
