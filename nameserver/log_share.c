/* SPDX-License-Identifier: BSD-2-Clause */
#include "nameserver/log_share.h"
#include "base/hash.h"
#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define SLOTS  4096
#define PROBES 8
#define DAY_US 86400000000ull
/* Not less than that, however small the store is. */
#define LEAST      (64ull << 20)
#define LOG_PART   10
#define HOSTS_PART 16

struct log_share_slot {
	struct names_owner client;
	uint64_t day, bytes; /* `bytes` 0: it is free */
	uint64_t at_us;      /* when they counted */
};

struct log_shares {
	pthread_mutex_t lock;
	struct log_share_slot slot[SLOTS];
};

struct log_shares *log_shares_new(void)
{
	struct log_shares *shares = calloc(1, sizeof *shares);
	assert(shares);
	pthread_mutex_init(&shares->lock, NULL);
	return shares;
}

void log_shares_free(struct log_shares *shares)
{
	if (shares)
		pthread_mutex_destroy(&shares->lock);
	free(shares);
}

uint64_t log_share_day(const struct retention *retention, uint64_t log_most, bool is_host)
{
	uint64_t part = log_most / LOG_PART, day = retention->principal_size;
	if (day == RETENTION_NONE)
		return RETENTION_NONE;
	part = part < LEAST ? LEAST : part;
	day = day < part ? day : part;
	uint64_t hosts = day / HOSTS_PART < LEAST ? LEAST : day / HOSTS_PART;
	return is_host && hosts < day ? hosts : day;
}

const char *log_share_text(struct arena *arena, uint64_t bytes)
{
	bool is_large = bytes >= 10u << 20;
	return arena_print(arena, "%llu %s", (unsigned long long)(bytes >> (is_large ? 20 : 10)),
			   is_large ? "MiB" : "KiB");
}

/* What still counts of a slot. */
static uint64_t log_share_left(const struct log_share_slot *slot, uint64_t now_us)
{
	uint64_t passed = now_us > slot->at_us ? now_us - slot->at_us : 0;
	if (passed >= DAY_US)
		return 0;
	uint64_t gone = (uint64_t)((double)slot->day * (double)passed / (double)DAY_US);
	return slot->bytes > gone ? slot->bytes - gone : 0;
}

static size_t log_share_place(const struct log_share_of *of)
{
	uint8_t key[sizeof of->client.id + OWNED_PREFIX_MAX];
	memcpy(key, &of->client.id, sizeof of->client.id);
	memcpy(key + sizeof of->client.id, of->client.prefix, of->client.prefix_len);
	return hash_bytes(bytes_of(key, sizeof of->client.id + of->client.prefix_len)) % SLOTS;
}

/* The client's slot; NULL: it has none. */
static struct log_share_slot *log_share_find(struct log_shares *shares, size_t place,
					     const struct log_share_of *of)
{
	for (size_t i = 0; i < PROBES; i++) {
		struct log_share_slot *slot = &shares->slot[(place + i) % SLOTS];
		if (slot->bytes && names_owner_equal(&slot->client, &of->client))
			return slot;
	}
	return NULL;
}

/* The slot that gives way to a client: that of which least counts. */
static struct log_share_slot *log_share_least(struct log_shares *shares, size_t place,
					      const struct log_share_of *of)
{
	struct log_share_slot *least = &shares->slot[place];
	for (size_t i = 1; i < PROBES && least->bytes; i++) {
		struct log_share_slot *slot = &shares->slot[(place + i) % SLOTS];
		if (log_share_left(slot, of->now_us) < log_share_left(least, of->now_us))
			least = slot;
	}
	return least;
}

uint64_t log_shares_spent(struct log_shares *shares, const struct log_share_of *of)
{
	pthread_mutex_lock(&shares->lock);
	const struct log_share_slot *slot = log_share_find(shares, log_share_place(of), of);
	uint64_t bytes = slot ? log_share_left(slot, of->now_us) : 0;
	pthread_mutex_unlock(&shares->lock);
	return bytes;
}

void log_shares_add(struct log_shares *shares, const struct log_share_of *of, uint64_t bytes)
{
	pthread_mutex_lock(&shares->lock);
	size_t place = log_share_place(of);
	struct log_share_slot *slot = log_share_find(shares, place, of);
	uint64_t before = slot ? log_share_left(slot, of->now_us) : 0;
	if (!slot)
		slot = log_share_least(shares, place, of);
	*slot = (struct log_share_slot){of->client, of->day, before + bytes, of->now_us};
	pthread_mutex_unlock(&shares->lock);
}

void log_shares_each(struct log_shares *shares, uint64_t now_us,
		     void (*each)(void *context, const struct log_share_of *, uint64_t bytes),
		     void *context)
{
	for (size_t i = 0; i < SLOTS; i++) {
		pthread_mutex_lock(&shares->lock);
		const struct log_share_slot slot = shares->slot[i];
		pthread_mutex_unlock(&shares->lock);
		uint64_t bytes = slot.bytes ? log_share_left(&slot, now_us) : 0;
		if (bytes)
			each(context, &(struct log_share_of){slot.client, slot.day, now_us}, bytes);
	}
}
