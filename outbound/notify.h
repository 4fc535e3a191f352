/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * NOTIFY (RFC 1996): secondaries are told that a zone has moved. A thread of its own with a loop of
 * its own. It is woken after each commit, compares the serials of the zones that notify somebody
 * with those that it knew, and tells their targets; so nothing is sent before it is on disk, and
 * nothing at all for a refresh. When it starts it tells everybody once: what was sent before, it
 * does not know.
 *
 *      commit -> look (serials, settings) -> notify_schedule (when) -> notify_connect, notify_write
 *                                                 ^---------------- notify_read, or the timer
 *
 * Bounded: NOTIFY_PEERS_MAX and NOTIFY_TARGETS_MAX a zone, NOTIFY_ASKED_MAX sockets at a time, a
 * twentieth of a processor for looking. A lock guards all of it, held except while waiting.
 */
#include "outbound/notify_schedule.h"
#include "outbound/notify_targets.h"

#define NOTIFY_ASKED_MAX 128    /* sockets that wait for answers */
#define NOTIFY_GRACE_US  250000 /* that each has, before another may need the place */
#define NOTIFY_SPREAD_US 5000   /* between two targets that are told for the same reason */

struct core;
struct notify;

/* `self` is copied. */
struct notify *notify_start(struct core *, const struct notify_self *self);
/* Ends the thread. The memory must stay until the writer's thread, which wakes it, has ended
 * (core_halt). NULL: nothing to do. */
void notify_stop(struct notify *);
void notify_free(struct notify *);

/* One target of a zone, as it is. */
struct notify_status {
	struct dns_name zone;
	struct notify_target target;
	struct notify_schedule schedule;
	uint32_t serial;      /* the zone's */
	uint64_t answered_at; /* seconds; 0: never */
	unsigned rcode;       /* of the last answer */
	char problem[128];    /* since the last acknowledgement; empty: none */
};

/* What is committed now is known, then the targets of one zone, or of all (NULL): an array to be
 * freed, `*count` of them. Any thread but the writer's. */
struct notify_status *notify_list(struct notify *, const struct dns_name *zone, size_t *count);

/* Tells all targets of the zone now. Returns how many there are. Any thread but the writer's. */
size_t notify_insist(struct notify *, const struct dns_name *zone);

/* For metrics: targets, and how many of them fail. */
void notify_counts(struct notify *, uint64_t *targets, uint64_t *failing);
