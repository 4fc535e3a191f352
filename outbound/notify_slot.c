/* SPDX-License-Identifier: BSD-2-Clause */
#include "outbound/notify_slot.h"
#include <assert.h>

static bool is_known(const struct notify_slot *slot)
{
	return slot->has_acknowledged && slot->acknowledged == slot->wanted;
}

/* The end of the gap after the last time. */
static uint64_t next_time(const struct notify_slot *slot, uint64_t now)
{
	uint64_t gap = slot->failures ? NOTIFY_FAILED_GAP_US : NOTIFY_GAP_US;
	if (!slot->has_sent || slot->sent_at + gap <= now)
		return now;
	return slot->sent_at + gap;
}

static void plan(struct notify_slot *slot, uint64_t at)
{
	slot->state = NOTIFY_PLANNED;
	slot->at = at;
}

static void rest(struct notify_slot *slot)
{
	slot->state = NOTIFY_IDLE;
	slot->at = NOTIFY_NEVER;
	slot->tries = 0;
}

/* The round ended; the zone may have moved since what was sent. */
static void end_round(struct notify_slot *slot, uint64_t now)
{
	rest(slot);
	if (slot->wanted != slot->sent)
		plan(slot, next_time(slot, now));
}

/* How long the answer to the try of this number, from 1, may take. */
static uint64_t patience(unsigned tries)
{
	uint64_t wait = NOTIFY_WAIT_US;
	for (unsigned i = 1; i < tries && wait < NOTIFY_WAIT_MOST_US; i++)
		wait *= 2;
	return wait < NOTIFY_WAIT_MOST_US ? wait : NOTIFY_WAIT_MOST_US;
}

struct notify_slot notify_slot_new(void)
{
	return (struct notify_slot){.at = NOTIFY_NEVER};
}

void notify_slot_want(struct notify_slot *slot, uint32_t serial, uint64_t now, uint64_t delay)
{
	slot->wanted = serial;
	if (slot->state != NOTIFY_IDLE || is_known(slot))
		return;
	uint64_t at = next_time(slot, now);
	plan(slot, at > now + delay ? at : now + delay);
}

void notify_slot_insist(struct notify_slot *slot, uint32_t serial, uint64_t now)
{
	slot->wanted = serial;
	slot->tries = 0;
	plan(slot, now);
}

void notify_slot_hold(struct notify_slot *slot, uint64_t until)
{
	assert(slot->state == NOTIFY_PLANNED);
	slot->at = until;
}

void notify_slot_sent(struct notify_slot *slot, uint64_t now)
{
	assert(slot->state == NOTIFY_PLANNED);
	slot->state = NOTIFY_ASKED;
	slot->sent = slot->wanted;
	slot->has_sent = true;
	slot->sent_at = now;
	slot->tries++;
	slot->at = now + patience(slot->tries);
}

bool notify_slot_late(struct notify_slot *slot, uint64_t now)
{
	assert(slot->state == NOTIFY_ASKED);
	if (slot->tries < NOTIFY_TRIES) {
		plan(slot, now);
		return false;
	}
	slot->failures++;
	end_round(slot, now);
	return true;
}

void notify_slot_acknowledged(struct notify_slot *slot, uint64_t now)
{
	assert(slot->state == NOTIFY_ASKED);
	slot->acknowledged = slot->sent;
	slot->has_acknowledged = true;
	slot->failures = 0;
	end_round(slot, now);
}

void notify_slot_refused(struct notify_slot *slot, uint64_t now)
{
	assert(slot->state == NOTIFY_ASKED);
	slot->failures++;
	end_round(slot, now);
}
