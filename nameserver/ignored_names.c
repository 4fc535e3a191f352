/* SPDX-License-Identifier: BSD-2-Clause */
#include "nameserver/ignored_names.h"
#include "base/hash.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define SLOTS  1024
#define PROBES 8

struct ignored_slot {
	uint32_t zone_id, by;
	uint64_t since; /* seconds; 0: it is free */
	unsigned names;
};

struct ignored_names {
	struct ignored_slot slot[SLOTS];
};

struct ignored_names *ignored_names_new(void)
{
	struct ignored_names *names = calloc(1, sizeof *names);
	assert(names);
	return names;
}

void ignored_names_free(struct ignored_names *names)
{
	free(names);
}

void ignored_names_forget(struct ignored_names *names)
{
	memset(names, 0, sizeof *names);
}

/* The principal's, or the one that gives way to it. */
static struct ignored_slot *ignored_slot_of(struct ignored_names *names,
					    const struct ignored_names_ask *ask)
{
	uint32_t key[] = {ask->zone_id, ask->by};
	size_t at = hash_bytes(bytes_of(key, sizeof key)) % SLOTS;
	struct ignored_slot *oldest = &names->slot[at];
	for (size_t i = 0; i < PROBES; i++) {
		struct ignored_slot *slot = &names->slot[(at + i) % SLOTS];
		if (slot->since && slot->zone_id == ask->zone_id && slot->by == ask->by)
			return slot;
		if (slot->since < oldest->since)
			oldest = slot;
	}
	*oldest = (struct ignored_slot){.zone_id = ask->zone_id, .by = ask->by};
	return oldest;
}

bool ignored_names_take(struct ignored_names *names, const struct ignored_names_ask *ask)
{
	struct ignored_slot *slot = ignored_slot_of(names, ask);
	bool is_over = ask->now < slot->since || ask->now - slot->since > ask->span;
	if (!slot->since || is_over) {
		slot->since = ask->now ? ask->now : 1;
		slot->names = 0;
	}
	if (ask->hint->at >= slot->since && ask->hint->by == ask->by && !ask->hint->is_taken)
		return true;
	if (slot->names >= ask->most)
		return false;
	slot->names++;
	return true;
}
