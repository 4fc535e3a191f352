/* SPDX-License-Identifier: BSD-2-Clause */
#include "outbound/notify_schedule.h"
#include <assert.h>

static bool notify_schedule_is_known(const struct notify_schedule *schedule)
{
	return schedule->has_acknowledged && schedule->acknowledged == schedule->wanted;
}

/* The end of the gap after the last time. */
static uint64_t next_time(const struct notify_schedule *schedule, uint64_t now)
{
	uint64_t gap = schedule->failures ? NOTIFY_FAILED_GAP_US : NOTIFY_GAP_US;
	if (!schedule->has_sent || schedule->sent_at + gap <= now)
		return now;
	return schedule->sent_at + gap;
}

static void notify_schedule_plan(struct notify_schedule *schedule, uint64_t at)
{
	schedule->state = NOTIFY_PLANNED;
	schedule->at = at;
}

static void notify_schedule_rest(struct notify_schedule *schedule)
{
	schedule->state = NOTIFY_IDLE;
	schedule->at = NOTIFY_NEVER;
	schedule->tries = 0;
}

/* The round ended; the zone may have moved since what was sent. */
static void end_round(struct notify_schedule *schedule, uint64_t now)
{
	notify_schedule_rest(schedule);
	if (schedule->wanted != schedule->sent)
		notify_schedule_plan(schedule, next_time(schedule, now));
}

/* How long the answer to the try of this number, from 1, may take. */
static uint64_t notify_schedule_patience(unsigned tries)
{
	uint64_t wait = NOTIFY_WAIT_US;
	for (unsigned i = 1; i < tries && wait < NOTIFY_WAIT_MOST_US; i++)
		wait *= 2;
	return wait < NOTIFY_WAIT_MOST_US ? wait : NOTIFY_WAIT_MOST_US;
}

struct notify_schedule notify_schedule_new(void)
{
	return (struct notify_schedule){.at = NOTIFY_NEVER};
}

void notify_schedule_want(struct notify_schedule *schedule, uint32_t serial, uint64_t now,
			  uint64_t delay)
{
	schedule->wanted = serial;
	if (schedule->state != NOTIFY_IDLE || notify_schedule_is_known(schedule))
		return;
	uint64_t at = next_time(schedule, now);
	notify_schedule_plan(schedule, at > now + delay ? at : now + delay);
}

void notify_schedule_insist(struct notify_schedule *schedule, uint32_t serial, uint64_t now)
{
	schedule->wanted = serial;
	schedule->tries = 0;
	notify_schedule_plan(schedule, now);
}

void notify_schedule_hold(struct notify_schedule *schedule, uint64_t until)
{
	assert(schedule->state == NOTIFY_PLANNED);
	schedule->at = until;
}

void notify_schedule_sent(struct notify_schedule *schedule, uint64_t now)
{
	assert(schedule->state == NOTIFY_PLANNED);
	schedule->state = NOTIFY_ASKED;
	schedule->sent = schedule->wanted;
	schedule->has_sent = true;
	schedule->sent_at = now;
	schedule->tries++;
	schedule->at = now + notify_schedule_patience(schedule->tries);
}

bool notify_schedule_late(struct notify_schedule *schedule, uint64_t now)
{
	assert(schedule->state == NOTIFY_ASKED);
	if (schedule->tries < NOTIFY_TRIES) {
		notify_schedule_plan(schedule, now);
		return false;
	}
	schedule->failures++;
	end_round(schedule, now);
	return true;
}

void notify_schedule_acknowledged(struct notify_schedule *schedule, uint64_t now)
{
	assert(schedule->state == NOTIFY_ASKED);
	schedule->acknowledged = schedule->sent;
	schedule->has_acknowledged = true;
	schedule->failures = 0;
	end_round(schedule, now);
}

void notify_schedule_refused(struct notify_schedule *schedule, uint64_t now)
{
	assert(schedule->state == NOTIFY_ASKED);
	schedule->failures++;
	end_round(schedule, now);
}
