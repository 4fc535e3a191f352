/* SPDX-License-Identifier: BSD-2-Clause */
#include "nameserver/refusal.h"
#include "base/log.h"
#include "journal/journal.h"
#include "nameserver/core.h"
#include "nameserver/writer_side.h"
#include <assert.h>
#include <pthread.h>
#include <stdlib.h>

#define SLOTS 4096

/* A refusal on its way to the writer, with copies of its texts. */
struct note {
	struct writer_job job;
	struct note *next;
	struct refusal refusal;
	struct refusal_when when;
	struct arena arena;
};

struct slot {
	uint8_t digest[DIGEST_LEN];
	uint64_t second;
	uint32_t folded;
	struct note *late; /* the first that was folded: written when no other comes */
};

struct refusals {
	pthread_mutex_t lock;
	struct slot slots[SLOTS];
	uint64_t second; /* of `written` */
	unsigned written, written_queries;
	struct note *pushed_out; /* late ones whose slot another took */
	unsigned pushed_out_count;
};

static const char *text_copy(struct arena *arena, const char *text)
{
	return text ? arena_text(arena, text, strlen(text)) : NULL;
}

static struct note *note_new(const struct refusal *refusal, uint64_t now_us)
{
	struct note *note = calloc(1, sizeof *note);
	assert(note);
	note->refusal = *refusal;
	note->refusal.principal = text_copy(&note->arena, refusal->principal);
	note->refusal.key = text_copy(&note->arena, refusal->key);
	note->refusal.subject = text_copy(&note->arena, refusal->subject);
	note->refusal.reason = text_copy(&note->arena, refusal->reason);
	note->refusal.code = text_copy(&note->arena, refusal->code);
	note->refusal.owner = text_copy(&note->arena, refusal->owner);
	note->refusal.rule = text_copy(&note->arena, refusal->rule);
	note->when.now_us = now_us;
	return note;
}

static void note_free(struct note *note)
{
	if (!note)
		return;
	arena_free(&note->arena);
	free(note);
}

/* The late one of a slot, with what it stands for besides itself. */
static struct note *slot_take(struct slot *slot)
{
	struct note *note = slot->late;
	if (note)
		note->when.folded = slot->folded - 1;
	slot->late = NULL;
	slot->folded = 0;
	return note;
}

/* Another source takes the slot. */
static void push_out(struct refusals *refusals, struct slot *slot)
{
	struct note *note = slot_take(slot);
	if (note && refusals->pushed_out_count < REFUSALS_PER_SECOND) {
		note->next = refusals->pushed_out;
		refusals->pushed_out = note;
		refusals->pushed_out_count++;
	} else {
		note_free(note);
	}
}

static struct slot *slot_of(struct refusals *refusals, const struct refusal *refusal,
			    uint8_t digest[DIGEST_LEN])
{
	char host[ADDR_TEXT_MAX];
	addr_print_host(&refusal->source, host);
	const char *event = refusal->event ? refusal->event : "";
	struct bytes pieces[] = {bytes_of(host, strlen(host) + 1),
				 bytes_of(event, strlen(event) + 1),
				 bytes_of(refusal->principal, strlen(refusal->principal))};
	digest_sha256(pieces, sizeof pieces / sizeof *pieces, digest);
	return &refusals->slots[((size_t)digest[0] << 8 | digest[1]) % SLOTS];
}

static bool is_query(const struct refusal *refusal)
{
	return refusal->event && strcmp(refusal->event, "query-denied") == 0;
}

/* Whether this second has had its share. Of refused questions, which anybody can make from any
 * address, what is over is only counted; the rest is written when the second is over. */
static bool is_over(const struct refusals *refusals, const struct refusal *refusal)
{
	return is_query(refusal) ? refusals->written_queries >= REFUSED_QUERIES_PER_SECOND
				 : refusals->written >= REFUSALS_PER_SECOND;
}

/* With the lock held. */
static bool count_is_due(struct refusals *refusals, struct slot *slot,
			 const uint8_t digest[DIGEST_LEN], const struct refusal *refusal,
			 uint64_t now)
{
	if (memcmp(slot->digest, digest, DIGEST_LEN) != 0) {
		push_out(refusals, slot);
		memcpy(slot->digest, digest, DIGEST_LEN);
		slot->second = 0;
	}
	if (refusals->second != now) {
		refusals->second = now;
		refusals->written = refusals->written_queries = 0;
	}
	if (slot->second == now || is_over(refusals, refusal)) {
		slot->folded++;
		return false;
	}
	slot->second = now;
	refusals->written++;
	refusals->written_queries += is_query(refusal);
	return true;
}

static void note_loss(void)
{
	static struct log_limit limit;
	if (log_rate(&limit, 1))
		log_warning("refusals are not written any more",
			    "why=\"the store is nearly full\" do=\"enlarge the map\"");
}

static void note_run(struct writer_job *job, struct store_txn *txn)
{
	struct note *note = (struct note *)job;
	refusal_append(txn, &note->refusal, &note->when, &note->arena);
}

static void note_done(struct writer_job *job, enum store_error error)
{
	(void)error; /* the writer says what failed */
	note_free((struct note *)job);
}

static void note_post(struct core *core, struct note *note)
{
	note->job.run = note_run;
	note->job.done = note_done;
	if (!writer_post(core->writer, &note->job, WRITER_IDLE))
		note_free(note);
}

struct refusals *refusals_new(void)
{
	struct refusals *refusals = calloc(1, sizeof *refusals);
	assert(refusals);
	pthread_mutex_init(&refusals->lock, NULL);
	return refusals;
}

void refusals_free(struct refusals *refusals)
{
	for (size_t i = 0; i < SLOTS; i++)
		push_out(refusals, &refusals->slots[i]);
	for (struct note *note = refusals->pushed_out, *next; note; note = next) {
		next = note->next;
		note_free(note);
	}
	pthread_mutex_destroy(&refusals->lock);
	free(refusals);
}

bool refusal_is_due(struct refusals *refusals, const struct refusal *refusal, uint64_t now,
		    uint32_t *folded)
{
	uint8_t digest[DIGEST_LEN];
	struct slot *slot = slot_of(refusals, refusal, digest);
	pthread_mutex_lock(&refusals->lock);
	bool is_due = count_is_due(refusals, slot, digest, refusal, now);
	if (is_due) {
		*folded = slot->folded;
		note_free(slot_take(slot));
	} else if (!slot->late && !(is_query(refusal) && is_over(refusals, refusal))) {
		slot->late = note_new(refusal, now * 1000000);
	}
	pthread_mutex_unlock(&refusals->lock);
	return is_due;
}

void refusal_append(struct store_txn *txn, const struct refusal *refusal,
		    const struct refusal_when *when, struct arena *arena)
{
	struct entry entry = {
		.time_us = when->now_us,
		.kind = ENTRY_DENIED,
		.has_zone = refusal->has_zone,
		.zone_id = refusal->zone_id,
		.zone = refusal->zone,
		.principal = refusal->principal,
		.key = refusal->key,
		.source = refusal->source,
		.transport = refusal->transport,
		.message_id = refusal->message_id,
		.rcode = refusal->rcode,
		.event = refusal->event,
		.reason = refusal->reason,
		.subject = refusal->subject,
		.code = refusal->code,
		.owner = refusal->owner,
		.rule = refusal->rule,
		.folded = when->folded,
	};
	struct zone zone;
	if (store_is_filling(txn)) {
		note_loss();
		return;
	}
	if (refusal->has_zone && zone_get(txn, &refusal->zone, &zone))
		entry.serial_before = entry.serial_after = zone_serial(txn, &zone);
	journal_append(txn, &entry, arena);
}

void refusal_note(struct core *core, const struct refusal *refusal)
{
	uint32_t folded;
	uint64_t now_us = clock_now_us(&core->clock);
	if (!refusal_is_due(core->writer_side->refusals, refusal, now_us / 1000000, &folded))
		return;
	struct note *note = note_new(refusal, now_us);
	note->when.folded = folded;
	note_post(core, note);
}

void refusals_flush(struct core *core, uint64_t now)
{
	struct refusals *refusals = core->writer_side->refusals;
	pthread_mutex_lock(&refusals->lock);
	struct note *notes = refusals->pushed_out;
	refusals->pushed_out = NULL;
	refusals->pushed_out_count = 0;
	unsigned count = 0;
	for (size_t i = 0; i < SLOTS && count < REFUSALS_PER_SECOND; i++) {
		struct slot *slot = &refusals->slots[i];
		if (!slot->late || slot->late->when.now_us / 1000000 >= now)
			continue;
		struct note *note = slot_take(slot);
		note->next = notes;
		notes = note;
		count++;
	}
	pthread_mutex_unlock(&refusals->lock);
	for (struct note *note = notes, *next; note; note = next) {
		next = note->next;
		note_post(core, note);
	}
}
