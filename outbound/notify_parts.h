/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Definitions that notify.c (the thread, looks at the zones) and notify_peer.c (one target) share.
 * The notify thread, with its lock.
 */
#include "nameserver/core.h"
#include "outbound/notify.h"
#include "outbound/notify_message.h"
#include <ev.h>
#include <pthread.h>

/* What a target answers when it is asked for the zone's SOA (notify_probe.c). */
struct notify_probe {
	struct notify_message message;
	int fd;         /* -1: none; else it waits for an answer */
	bool is_wanted; /* somebody waits for it */
	ev_io readable;
	ev_timer timer;
	struct notify_serial there; /* by its last answer */
	uint64_t answered_at;       /* seconds; 0: never */
	uint64_t behind_since; /* seconds: when its serial was not ours for the first time; 0: it is
				  ours, or unknown */
	const char *problem;   /* of the last question, constant; NULL: none */
};

/* One target of one zone. */
struct notify_peer_state {
	struct notify_peer_state *next;
	struct notify *all;
	struct notify_zone *zone;
	struct notify_target target;
	struct notify_schedule schedule;
	bool is_meant;          /* the settings that are being read still name it */
	bool signs_by_previous; /* the peer does not have the new secret of a rotation yet */
	struct notify_message message;
	int fd; /* -1: none */
	uint64_t opened_us;
	struct notify_peer_state *older, *younger; /* of those with a socket */
	ev_io readable;
	ev_timer timer;
	uint64_t answered_at, failing_since; /* seconds; 0: never, not */
	uint64_t logged_us;                  /* when its failing was last logged; 0: never */
	unsigned rcode;
	char problem[128];
	struct notify_probe probe;
};

struct notify_zone {
	uint32_t id, serial;
	struct dns_name apex;
	struct notify_peer_state *first;
	bool is_new, is_insisted;
	bool is_kept; /* while zones are read anew */
};

struct notify {
	struct core *core;
	struct addr *listen;
	struct notify_self self;
	struct snapshot snapshot;
	struct arena arena;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t looked_at;
	struct ev_loop *loop;
	ev_async wake, halt;
	ev_timer look_timer;
	struct notify_zone **zones; /* by id */
	size_t zone_count;
	uint64_t version; /* of the settings that `zones` is made from */
	bool has_version, has_halted;
	uint64_t next_look_us;
	uint64_t looks_wanted, looks_done;           /* numbers of looks, for threads that wait */
	unsigned asked;                              /* sockets */
	unsigned probed;                             /* sockets of probes */
	struct notify_peer_state *oldest, *youngest; /* by when their sockets were opened */
	struct log_limit failures, store_failures;
};

struct notify_peer_state *notify_peer_new(struct notify *, struct notify_zone *,
					  const struct notify_target *);
void notify_peer_free(struct notify_peer_state *);

/* Notifies the peer of the serial, `delay` microseconds from now: the zone changed, or the peer is
 * new. */
void notify_peer_want(struct notify_peer_state *, uint32_t serial, uint64_t delay);
/* Makes the message one that the peer's key signs. NULL, or why it cannot be, a constant phrase. */
const char *notify_peer_take_key(struct notify_peer_state *, struct notify_message *, uint64_t now);

void notify_probe_begin(struct notify_peer_state *);
void notify_probe_end(struct notify_peer_state *);
/* The peer was sent a NOTIFY: it is asked in ten seconds. */
void notify_probe_soon(struct notify_peer_state *);
/* It is asked now, if somebody waits for it. */
void notify_probe_now(struct notify_peer_state *);
/* The zone has another serial. */
void notify_probe_moved(struct notify_peer_state *);

/* Notifies the peer now, also if it knows the serial. */
void notify_peer_insist(struct notify_peer_state *, uint32_t serial);
