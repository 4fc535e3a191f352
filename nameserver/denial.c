/* SPDX-License-Identifier: BSD-2-Clause */
#include "nameserver/denial.h"
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
	struct denial denial;
	struct denial_when when;
	struct arena arena;
};

struct slot {
	uint8_t digest[DIGEST_LEN];
	uint64_t second;
	uint32_t folded;
	struct note *late; /* the first that was folded: written when no other comes */
};

struct denials {
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

static struct note *note_new(const struct denial *denial, uint64_t now_us)
{
	struct note *note = calloc(1, sizeof *note);
	assert(note);
	note->denial = *denial;
	note->denial.principal = text_copy(&note->arena, denial->principal);
	note->denial.key = text_copy(&note->arena, denial->key);
	note->denial.subject = text_copy(&note->arena, denial->subject);
	note->denial.reason = text_copy(&note->arena, denial->reason);
	note->denial.code = text_copy(&note->arena, denial->code);
	note->denial.owner = text_copy(&note->arena, denial->owner);
	note->denial.rule = text_copy(&note->arena, denial->rule);
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
static void push_out(struct denials *denials, struct slot *slot)
{
	struct note *note = slot_take(slot);
	if (note && denials->pushed_out_count < DENIALS_PER_SECOND) {
		note->next = denials->pushed_out;
		denials->pushed_out = note;
		denials->pushed_out_count++;
	} else {
		note_free(note);
	}
}

static struct slot *slot_of(struct denials *denials, const struct denial *denial,
			    uint8_t digest[DIGEST_LEN])
{
	char host[ADDR_TEXT_MAX];
	addr_print_host(&denial->source, host);
	const char *event = denial->event ? denial->event : "";
	struct bytes pieces[] = {bytes_of(host, strlen(host) + 1),
				 bytes_of(event, strlen(event) + 1),
				 bytes_of(denial->principal, strlen(denial->principal))};
	digest_sha256(pieces, sizeof pieces / sizeof *pieces, digest);
	return &denials->slots[((size_t)digest[0] << 8 | digest[1]) % SLOTS];
}

static bool is_query(const struct denial *denial)
{
	return denial->event && strcmp(denial->event, "query-denied") == 0;
}

/* Whether this second has had its share. Of refused questions, which anybody can make from any
 * address, what is over is only counted; the rest is written when the second is over. */
static bool is_over(const struct denials *denials, const struct denial *denial)
{
	return is_query(denial) ? denials->written_queries >= DENIED_QUERIES_PER_SECOND
				: denials->written >= DENIALS_PER_SECOND;
}

/* With the lock held. */
static bool count_is_due(struct denials *denials, struct slot *slot,
			 const uint8_t digest[DIGEST_LEN], const struct denial *denial,
			 uint64_t now)
{
	if (memcmp(slot->digest, digest, DIGEST_LEN) != 0) {
		push_out(denials, slot);
		memcpy(slot->digest, digest, DIGEST_LEN);
		slot->second = 0;
	}
	if (denials->second != now) {
		denials->second = now;
		denials->written = denials->written_queries = 0;
	}
	if (slot->second == now || is_over(denials, denial)) {
		slot->folded++;
		return false;
	}
	slot->second = now;
	denials->written++;
	denials->written_queries += is_query(denial);
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
	denial_append(txn, &note->denial, &note->when, &note->arena);
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

struct denials *denials_new(void)
{
	struct denials *denials = calloc(1, sizeof *denials);
	assert(denials);
	pthread_mutex_init(&denials->lock, NULL);
	return denials;
}

void denials_free(struct denials *denials)
{
	for (size_t i = 0; i < SLOTS; i++)
		push_out(denials, &denials->slots[i]);
	for (struct note *note = denials->pushed_out, *next; note; note = next) {
		next = note->next;
		note_free(note);
	}
	pthread_mutex_destroy(&denials->lock);
	free(denials);
}

bool denial_is_due(struct denials *denials, const struct denial *denial, uint64_t now,
		   uint32_t *folded)
{
	uint8_t digest[DIGEST_LEN];
	struct slot *slot = slot_of(denials, denial, digest);
	pthread_mutex_lock(&denials->lock);
	bool is_due = count_is_due(denials, slot, digest, denial, now);
	if (is_due) {
		*folded = slot->folded;
		note_free(slot_take(slot));
	} else if (!slot->late && !(is_query(denial) && is_over(denials, denial))) {
		slot->late = note_new(denial, now * 1000000);
	}
	pthread_mutex_unlock(&denials->lock);
	return is_due;
}

void denial_append(struct store_txn *txn, const struct denial *denial,
		   const struct denial_when *when, struct arena *arena)
{
	struct entry entry = {
		.time_us = when->now_us,
		.kind = ENTRY_DENIED,
		.has_zone = denial->has_zone,
		.zone_id = denial->zone_id,
		.zone = denial->zone,
		.principal = denial->principal,
		.key = denial->key,
		.source = denial->source,
		.transport = denial->transport,
		.message_id = denial->message_id,
		.rcode = denial->rcode,
		.event = denial->event,
		.reason = denial->reason,
		.subject = denial->subject,
		.code = denial->code,
		.owner = denial->owner,
		.rule = denial->rule,
		.folded = when->folded,
	};
	struct zone zone;
	if (store_is_filling(txn)) {
		note_loss();
		return;
	}
	if (denial->has_zone && zone_get(txn, &denial->zone, &zone))
		entry.serial_before = entry.serial_after = zone_serial(txn, &zone);
	journal_append(txn, &entry, arena);
}

void denial_note(struct core *core, const struct denial *denial)
{
	uint32_t folded;
	uint64_t now_us = clock_now_us(&core->clock);
	if (!denial_is_due(core->writer_side->denials, denial, now_us / 1000000, &folded))
		return;
	struct note *note = note_new(denial, now_us);
	note->when.folded = folded;
	note_post(core, note);
}

void denials_flush(struct core *core, uint64_t now)
{
	struct denials *denials = core->writer_side->denials;
	pthread_mutex_lock(&denials->lock);
	struct note *notes = denials->pushed_out;
	denials->pushed_out = NULL;
	denials->pushed_out_count = 0;
	unsigned count = 0;
	for (size_t i = 0; i < SLOTS && count < DENIALS_PER_SECOND; i++) {
		struct slot *slot = &denials->slots[i];
		if (!slot->late || slot->late->when.now_us / 1000000 >= now)
			continue;
		struct note *note = slot_take(slot);
		note->next = notes;
		notes = note;
		count++;
	}
	pthread_mutex_unlock(&denials->lock);
	for (struct note *note = notes, *next; note; note = next) {
		next = note->next;
		note_post(core, note);
	}
}
