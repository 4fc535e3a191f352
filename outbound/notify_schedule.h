/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Decides when one peer is notified of one zone (RFC 1996 3.6). A plain value that changes with
 * each event; the time is an argument, in microseconds of a monotonic clock.
 *
 *      IDLE    --want-->        PLANNED   at once, or a while after the last time
 *      PLANNED --sent-->        ASKED     until the answer is late
 *      ASKED   --acknowledged--> IDLE     or PLANNED, when the zone moved meanwhile
 *      ASKED   --late-->        PLANNED   again, each time twice as late, NOTIFY_TRIES in all
 *      ASKED   --late-->        IDLE      then: the peer has failed; it is asked next when the
 *                                         zone moves, and not sooner than NOTIFY_FAILED_GAP_US
 *      ASKED   --refused-->     IDLE      the same, at once
 *
 * So many changes in a burst are one notify at once and one a second at most. Pure.
 */
#include <stdbool.h>
#include <stdint.h>

#define NOTIFY_GAP_US        1000000  /* between two to a peer that answers */
#define NOTIFY_FAILED_GAP_US 60000000 /* to one that failed */
#define NOTIFY_WAIT_US       2000000  /* for the first answer; then 4, 8, ... s */
#define NOTIFY_WAIT_MOST_US  60000000
#define NOTIFY_TRIES         6 /* within two minutes */
#define NOTIFY_NEVER         UINT64_MAX

enum notify_state { NOTIFY_IDLE, NOTIFY_PLANNED, NOTIFY_ASKED };

struct notify_schedule {
	enum notify_state state;
	uint64_t at; /* when something is to be done; NOTIFY_NEVER: nothing */
	uint32_t wanted, sent, acknowledged; /* serials */
	bool has_sent, has_acknowledged;
	uint64_t sent_at;  /* the last time */
	unsigned tries;    /* without an answer since the last one */
	uint64_t failures; /* rounds that came to nothing since the last acknowledgement */
};

/* A peer that was never asked. */
struct notify_schedule notify_schedule_new(void);

/* Event: the zone has this serial. The peer is notified `delay` from now or later, unless it has
 * acknowledged the serial. With _insist it is notified in any case, and without a gap. */
void notify_schedule_want(struct notify_schedule *, uint32_t serial, uint64_t now, uint64_t delay);
void notify_schedule_insist(struct notify_schedule *, uint32_t serial, uint64_t now);

/* Event: no socket is free. What was planned is put off. */
void notify_schedule_hold(struct notify_schedule *, uint64_t until);

/* Event: the notify that was planned was sent, with the wanted serial. */
void notify_schedule_sent(struct notify_schedule *, uint64_t now);

/* Event: no answer came until `at`. True: that was the last try, and the peer has failed. */
bool notify_schedule_late(struct notify_schedule *, uint64_t now);

/* Event: an answer came. */
void notify_schedule_acknowledged(struct notify_schedule *, uint64_t now);
void notify_schedule_refused(struct notify_schedule *, uint64_t now);
