/* SPDX-License-Identifier: BSD-2-Clause */
#include "nameserver/tally.h"
#include "base/counter.h"
#include "base/hash.h"
#include "dns/type.h"
#include <assert.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define ZONE_SLOTS  16384u /* a power of two */
#define ZONE_PROBES 64u    /* slots that are looked at for a zone */

struct zone_slot {
	_Atomic uint32_t id; /* 0: free */
	_Atomic uint64_t queries[TALLY_RCODE_COUNT], updates[UPDATE_OUTCOMES];
};

/* Of a principal: apart from its text, so that looking for one reads few lines of memory. */
struct principal_rank {
	uint64_t count, last;
};

struct tally {
	struct tally *next;
	_Atomic uint64_t types[TALLY_TYPES + 1];
	struct histogram queries, updates, skews;
	uint32_t zone_count;
	struct zone_slot zones[ZONE_SLOTS], others;
	pthread_mutex_t lock;              /* of what follows */
	uint64_t now;                      /* updates so far */
	size_t latest;                     /* whose update was the last: mostly the next is too */
	uint64_t hashes[TALLY_PRINCIPALS]; /* 0: free, and so are those behind it */
	struct principal_rank ranks[TALLY_PRINCIPALS];
	struct tally_principal principals[TALLY_PRINCIPALS];
};

struct tallies {
	pthread_mutex_t lock;
	struct tally *first;
	struct tally *ended; /* what threads that have ended had counted */
};

/* Seconds: from a clock that is right to one that is an hour off. Most clients send a fudge of 300.
 */
static const uint64_t tally_skew_bounds[] = {1, 2, 5, 10, 30, 60, 120, 180, 240, 300, 600, 3600, 0};

static struct tally *tally_new(void)
{
	struct tally *tally = calloc(1, sizeof *tally);
	assert(tally);
	tally->queries.bounds = tally->updates.bounds = histogram_times;
	tally->skews.bounds = tally_skew_bounds;
	pthread_mutex_init(&tally->lock, NULL);
	return tally;
}

static void tally_free(struct tally *tally)
{
	pthread_mutex_destroy(&tally->lock);
	free(tally);
}

struct tallies *tallies_new(void)
{
	struct tallies *all = calloc(1, sizeof *all);
	assert(all);
	all->ended = tally_new();
	pthread_mutex_init(&all->lock, NULL);
	return all;
}

void tallies_free(struct tallies *all)
{
	assert(!all->first);
	tally_free(all->ended);
	pthread_mutex_destroy(&all->lock);
	free(all);
}

struct tally *tally_begin(struct tallies *all)
{
	struct tally *tally = tally_new();
	pthread_mutex_lock(&all->lock);
	tally->next = all->first;
	all->first = tally;
	pthread_mutex_unlock(&all->lock);
	return tally;
}

static struct zone_slot *tally_zone_at(struct tally *tally, uint32_t id)
{
	for (uint32_t i = 0; i < ZONE_PROBES; i++) {
		struct zone_slot *slot = &tally->zones[(id + i) & (ZONE_SLOTS - 1)];
		uint32_t is = atomic_load_explicit(&slot->id, memory_order_relaxed);
		if (is == id)
			return slot;
		if (is)
			continue;
		if (tally->zone_count == TALLY_ZONES)
			break;
		tally->zone_count++;
		atomic_store_explicit(&slot->id, id, memory_order_relaxed);
		return slot;
	}
	return &tally->others;
}

static enum tally_rcode tally_rcode_of(unsigned rcode)
{
	switch (rcode) {
	case DNS_NOERROR:
		return TALLY_NOERROR;
	case DNS_NXDOMAIN:
		return TALLY_NXDOMAIN;
	case DNS_SERVFAIL:
		return TALLY_SERVFAIL;
	case DNS_REFUSED:
		return TALLY_REFUSED;
	default:
		return TALLY_OTHER;
	}
}

void tally_query(struct tally *tally, uint16_t type, uint32_t zone_id, unsigned rcode)
{
	counter_add(&tally->types[type < TALLY_TYPES ? type : TALLY_TYPES], 1);
	if (zone_id)
		counter_add(&tally_zone_at(tally, zone_id)->queries[tally_rcode_of(rcode)], 1);
}

void tally_query_time(struct tally *tally, uint64_t us, uint64_t queries)
{
	histogram_add(&tally->queries, us, queries);
}

void tally_skew(struct tally *tally, int64_t seconds)
{
	/* A time that is far off must not make the sum overflow. */
	uint64_t size = seconds < 0 ? -(uint64_t)seconds : (uint64_t)seconds;
	histogram_add(&tally->skews, size < UINT32_MAX ? size : UINT32_MAX, 1);
}

static bool tally_principal_is(const struct tally *tally, size_t at, uint64_t hash,
			       const char *text)
{
	const char *is = tally->principals[at].text;
	return tally->hashes[at] == hash && strncmp(is, text, TALLY_TEXT_MAX - 1) == 0;
}

/* A place for a new principal: a free one, or that of the one with the fewest updates, of these the
 * one that came longest ago, which is then forgotten. */
static size_t tally_principal_room(const struct tally *tally)
{
	size_t least = 0;
	for (size_t i = 0; i < TALLY_PRINCIPALS; i++) {
		const struct principal_rank *rank = &tally->ranks[i], *than = &tally->ranks[least];
		if (!tally->hashes[i])
			return i;
		if (rank->count < than->count ||
		    (rank->count == than->count && rank->last < than->last))
			least = i;
	}
	return least;
}

/* The place of a principal. With the lock held. */
static size_t tally_principal_at(struct tally *tally, const char *text)
{
	size_t len = strnlen(text, TALLY_TEXT_MAX - 1), at = 0;
	uint64_t hash = hash_secret(bytes_of(text, len)) | 1;
	if (tally_principal_is(tally, tally->latest, hash, text))
		return tally->latest;
	while (at < TALLY_PRINCIPALS && tally->hashes[at] &&
	       !tally_principal_is(tally, at, hash, text))
		at++;
	if (at < TALLY_PRINCIPALS && tally->hashes[at])
		return at;
	at = tally_principal_room(tally);
	tally->hashes[at] = hash;
	tally->ranks[at] = (struct principal_rank){0};
	tally->principals[at] = (struct tally_principal){0};
	memcpy(tally->principals[at].text, text, len);
	return at;
}

static void tally_principal_add(struct tally *tally, const char *text,
				const uint64_t updates[UPDATE_OUTCOMES])
{
	size_t at = tally_principal_at(tally, text);
	tally->latest = at;
	tally->ranks[at].last = ++tally->now;
	for (size_t i = 0; i < UPDATE_OUTCOMES; i++) {
		tally->principals[at].updates[i] += updates[i];
		tally->ranks[at].count += updates[i];
	}
}

void tally_update(struct tally *tally, const struct tally_of_update *of)
{
	uint64_t one[UPDATE_OUTCOMES] = {0};
	one[of->outcome] = 1;
	if (of->zone_id)
		counter_add(&tally_zone_at(tally, of->zone_id)->updates[of->outcome], 1);
	if (of->us)
		histogram_add(&tally->updates, of->us, 1);
	pthread_mutex_lock(&tally->lock);
	tally_principal_add(tally, of->principal, one);
	pthread_mutex_unlock(&tally->lock);
}

/* --- summing up */

static void zone_slot_join(struct zone_slot *to, const struct zone_slot *from)
{
	for (size_t i = 0; i < TALLY_RCODE_COUNT; i++)
		counter_add(&to->queries[i], counter_get(&from->queries[i]));
	for (size_t i = 0; i < UPDATE_OUTCOMES; i++)
		counter_add(&to->updates[i], counter_get(&from->updates[i]));
}

/* `from` may be counting meanwhile; `to` belongs to the caller. */
static void tally_join(struct tally *to, struct tally *from)
{
	for (size_t i = 0; i <= TALLY_TYPES; i++)
		counter_add(&to->types[i], counter_get(&from->types[i]));
	histogram_join(&to->queries, &from->queries);
	histogram_join(&to->updates, &from->updates);
	histogram_join(&to->skews, &from->skews);
	for (size_t i = 0; i < ZONE_SLOTS; i++) {
		uint32_t id = atomic_load_explicit(&from->zones[i].id, memory_order_relaxed);
		if (id)
			zone_slot_join(tally_zone_at(to, id), &from->zones[i]);
	}
	zone_slot_join(&to->others, &from->others);
	pthread_mutex_lock(&from->lock);
	for (size_t i = 0; i < TALLY_PRINCIPALS; i++)
		if (from->hashes[i])
			tally_principal_add(to, from->principals[i].text,
					    from->principals[i].updates);
	pthread_mutex_unlock(&from->lock);
}

void tally_end(struct tallies *all, struct tally *tally)
{
	pthread_mutex_lock(&all->lock);
	struct tally **at = &all->first;
	while (*at != tally)
		at = &(*at)->next;
	*at = tally->next;
	tally_join(all->ended, tally);
	pthread_mutex_unlock(&all->lock);
	tally_free(tally);
}

static int tally_compare_zones(const void *a, const void *b)
{
	const struct tally_zone *x = a, *y = b;
	return (x->id > y->id) - (x->id < y->id);
}

static uint64_t tally_principal_count(const struct tally_principal *principal)
{
	uint64_t count = 0;
	for (size_t i = 0; i < UPDATE_OUTCOMES; i++)
		count += principal->updates[i];
	return count;
}

static int tally_compare_principals(const void *a, const void *b)
{
	const struct tally_principal *x = a, *y = b;
	uint64_t of_x = tally_principal_count(x), of_y = tally_principal_count(y);
	return of_x != of_y ? (of_x < of_y) - (of_x > of_y) : strcmp(x->text, y->text);
}

static void sum_zone(struct tally_sum *sum, const struct zone_slot *slot)
{
	struct tally_zone *zone = &sum->zones[sum->zone_count++];
	zone->id = atomic_load_explicit(&slot->id, memory_order_relaxed);
	for (size_t i = 0; i < TALLY_RCODE_COUNT; i++)
		zone->queries[i] = counter_get(&slot->queries[i]);
	for (size_t i = 0; i < UPDATE_OUTCOMES; i++)
		zone->updates[i] = counter_get(&slot->updates[i]);
}

static void sum_of(const struct tally *whole, struct arena *arena, struct tally_sum *sum)
{
	*sum = (struct tally_sum){.queries.bounds = histogram_times,
				  .updates.bounds = histogram_times,
				  .skews.bounds = tally_skew_bounds};
	for (size_t i = 0; i <= TALLY_TYPES; i++)
		sum->types[i] = counter_get(&whole->types[i]);
	histogram_join(&sum->queries, &whole->queries);
	histogram_join(&sum->updates, &whole->updates);
	histogram_join(&sum->skews, &whole->skews);
	sum->zones = arena_zero(arena, (whole->zone_count + 1) * sizeof *sum->zones);
	sum_zone(sum, &whole->others);
	for (size_t i = 0; i < ZONE_SLOTS; i++)
		if (whole->zones[i].id)
			sum_zone(sum, &whole->zones[i]);
	qsort(sum->zones, sum->zone_count, sizeof *sum->zones, tally_compare_zones);
	sum->principals = arena_zero(arena, TALLY_PRINCIPALS * sizeof *sum->principals);
	for (size_t i = 0; i < TALLY_PRINCIPALS && whole->hashes[i]; i++)
		sum->principals[sum->principal_count++] = whole->principals[i];
	qsort(sum->principals, sum->principal_count, sizeof *sum->principals,
	      tally_compare_principals);
}

void tallies_sum(struct tallies *all, struct arena *arena, struct tally_sum *sum)
{
	struct tally *whole = tally_new();
	pthread_mutex_lock(&all->lock);
	tally_join(whole, all->ended);
	for (struct tally *tally = all->first; tally; tally = tally->next)
		tally_join(whole, tally);
	pthread_mutex_unlock(&all->lock);
	sum_of(whole, arena, sum);
	tally_free(whole);
}

const char *tally_rcode_word(enum tally_rcode rcode)
{
	static const char *const rcode_words[] = {
#define X(constant, word) [constant] = (word),
		TALLY_RCODES(X)
#undef X
	};
	return rcode_words[rcode];
}

const char *update_outcome_word(enum update_outcome outcome)
{
	static const char *const outcome_words[] = {
#define X(constant, word) [constant] = (word),
		UPDATE_OUTCOME_LIST(X)
#undef X
	};
	return outcome_words[outcome];
}
