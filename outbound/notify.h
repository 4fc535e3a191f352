/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * The thread that sends NOTIFY (RFC 1996) to secondaries when the serial of a zone has changed. It
 * has an event loop of its own. It is woken after each commit, compares the serials of the zones
 * with those of its last look, and notifies the targets of those that differ. So nothing is sent
 * before it is on disk, and nothing for a refresh. At its start it notifies each target once.
 *
 *      commit -> look (serials, settings) -> notify_schedule (when) -> notify_connect, notify_write
 *                                                 ^---------------- notify_read, or the timer
 *
 * Whether a secondary has what it acknowledged only its own answer tells: it is asked for the SOA.
 *
 * Bounds: NOTIFY_PEERS_MAX and NOTIFY_TARGETS_MAX for a zone, NOTIFY_ASKED_MAX sockets at a time,
 * a twentieth of a processor for looks. A lock guards everything; the thread holds it except while
 * it waits.
 */
#include "outbound/notify_message.h"
#include "outbound/notify_schedule.h"
#include "outbound/notify_targets.h"

#define NOTIFY_PROBED_MAX    64      /* sockets that wait for serials */
#define NOTIFY_PROBE_WAIT_US 3000000 /* for the answer */
#define NOTIFY_ASKED_MAX     128     /* sockets that wait for answers */
#define NOTIFY_GRACE_US      250000  /* before a socket without an answer may be given to another */
#define NOTIFY_SPREAD_US     5000    /* between two targets that are notified for the same reason */

struct core;
struct notify;

/* Starts the thread. `self`, the addresses at which the server answers, is copied. */
struct notify *notify_start(struct core *, const struct notify_self *self);
/* Ends the thread; NULL is allowed. The memory remains, since the writer's thread still wakes it.
 */
void notify_stop(struct notify *);
/* Frees the memory, after the writer's thread has ended (core_halt). NULL is allowed. */
void notify_free(struct notify *);

/* The state of one target of a zone. */
struct notify_status {
	struct dns_name zone;
	struct notify_target target;
	struct notify_schedule schedule;
	uint32_t serial;      /* the zone's */
	uint64_t answered_at; /* seconds; 0: never */
	unsigned rcode;       /* of the last answer */
	char problem[128];    /* since the last acknowledgement; empty: none */
	/* What it answered when it was asked for the SOA, and when; 0: never. */
	struct notify_serial there;
	uint64_t there_at;
	uint64_t
		behind_since; /* seconds: since when its serial is not ours; 0: it is, or unknown */
	const char *there_problem; /* of the last question, constant; NULL: none */
};

/* The targets of one zone, or of all (NULL), after a look at everything that is committed now. An
 * array of `*count`, which the caller frees. Any thread but the writer's. */
struct notify_status *notify_list(struct notify *, const struct dns_name *zone, size_t *count);

/* Asks them for their serials now, and waits for the answers, NOTIFY_PROBE_WAIT_US at most.
 * Otherwise each is asked ten seconds after a NOTIFY, and every five minutes. Any thread but the
 * writer's. */
void notify_ask(struct notify *, const struct dns_name *zone);

/* Notifies all targets of the zone now, also those that know the serial. Returns how many have an
 * address. Any thread but the writer's. */
size_t notify_insist(struct notify *, const struct dns_name *zone);

/* The number of targets, and of those that fail or have no address. Any thread. */
void notify_counts(struct notify *, uint64_t *targets, uint64_t *failing);
