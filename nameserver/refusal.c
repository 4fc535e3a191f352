/* SPDX-License-Identifier: BSD-2-Clause */
#include "nameserver/refusal.h"
#include "base/condition.h"
#include "base/container.h"
#include "base/log.h"
#include "journal/journal.h"
#include "nameserver/core.h"
#include "nameserver/refusal_hold.h"
#include "nameserver/writer_side.h"
#include <assert.h>
#include <pthread.h>
#include <stdlib.h>

/* More of those that waited for a signature follow in the next second: the lock is held meanwhile.
 */
#define RELEASED_AT_ONCE 4096
/* Of one name that is asked about, so many are written whatever the budget says. */
#define ASKED_AT_ONCE 8

struct refusals {
	pthread_mutex_t lock;
	pthread_cond_t written; /* the job is done, and nothing waits */
	struct refusal_holds *holds;
	struct refusal_folds *folds;
	struct refusal_note *waiting, **waiting_end; /* for the writer; oldest first */
	/* The job that writes: one at a time. */
	struct writer_job job;
	struct writer *writer;
	struct refusal_note *batch; /* the job's */
	struct arena arena;         /* the job's */
	bool is_posted;
	uint64_t counts[REFUSAL_EVENT_COUNT][REFUSAL_CODE_COUNT]; /* since the start */
};

static void refusal_notes_free(struct refusal_note *notes)
{
	for (struct refusal_note *next; notes; notes = next) {
		next = notes->next;
		refusal_note_free(notes);
	}
}

static void refusal_note_loss(void)
{
	static struct log_limit limit;
	if (log_rate(&limit, 1))
		log_warning("refusals are not written any more",
			    "why=\"the store is nearly full\" do=\"enlarge the map\"");
}

static struct refusals *refusals_of(struct writer_job *job)
{
	return container_of(job, struct refusals, job);
}

/* May run twice (store/writer.h): the batch goes when it is done. */
static void batch_run(struct writer_job *job, struct store_txn *txn)
{
	struct refusals *refusals = refusals_of(job);
	for (struct refusal_note *note = refusals->batch; note; note = note->next) {
		arena_reset(&refusals->arena);
		refusal_append(txn, &note->refusal, &note->when, &refusals->arena);
	}
}

static void batch_done(struct writer_job *, enum store_error);

/* With the lock held. What cannot be posted any more, because the server stops, is dropped. */
static void batch_post(struct refusals *refusals)
{
	if (refusals->is_posted || !refusals->waiting)
		return;
	refusals->batch = refusals->waiting;
	refusals->waiting = NULL;
	refusals->waiting_end = &refusals->waiting;
	refusals->job = (struct writer_job){.run = batch_run, .done = batch_done};
	refusals->is_posted = true;
	if (writer_post(refusals->writer, &refusals->job, WRITER_IDLE))
		return;
	refusal_notes_free(refusals->batch);
	refusals->batch = NULL;
	refusals->is_posted = false;
}

static void batch_done(struct writer_job *job, enum store_error error)
{
	struct refusals *refusals = refusals_of(job);
	(void)error; /* the writer says what failed */
	pthread_mutex_lock(&refusals->lock);
	refusal_notes_free(refusals->batch);
	refusals->batch = NULL;
	refusals->is_posted = false;
	batch_post(refusals);
	if (!refusals->is_posted)
		pthread_cond_broadcast(&refusals->written);
	pthread_mutex_unlock(&refusals->lock);
}

/* With the lock held. */
static void notes_queue(struct refusals *refusals, struct writer *writer,
			struct refusal_note *notes)
{
	*refusals->waiting_end = notes;
	while (*refusals->waiting_end)
		refusals->waiting_end = &(*refusals->waiting_end)->next;
	refusals->writer = writer;
	batch_post(refusals);
}

struct refusals *refusals_new(void)
{
	struct refusals *refusals = calloc(1, sizeof *refusals);
	assert(refusals);
	refusals->holds = refusal_holds_new();
	refusals->folds = refusal_folds_new();
	refusals->waiting_end = &refusals->waiting;
	pthread_mutex_init(&refusals->lock, NULL);
	condition_init(&refusals->written);
	return refusals;
}

void refusals_free(struct refusals *refusals)
{
	refusal_notes_free(refusals->waiting);
	refusal_notes_free(refusals->batch);
	refusal_holds_free(refusals->holds);
	refusal_folds_free(refusals->folds);
	arena_free(&refusals->arena);
	pthread_cond_destroy(&refusals->written);
	pthread_mutex_destroy(&refusals->lock);
	free(refusals);
}

static size_t notes_count(const struct refusal_note *note)
{
	size_t count = 0;
	for (; note; note = note->next)
		count++;
	return count;
}

/* With the lock held. True: it is to be written now. */
static bool refusals_take(struct refusals *refusals, const struct refusal *refusal, uint64_t now_us)
{
	refusals->counts[refusal->event][refusal->code]++;
	return !refusal_holds_take(refusals->holds, refusal, now_us) &&
	       refusal_folds_take(refusals->folds, refusal, now_us);
}

/* What has waited for a signature goes the way of all: returns those that are to be written. With
 * the lock held. */
static struct refusal_note *refusals_release(struct refusals *refusals, struct refusal_note *held,
					     uint64_t now_us)
{
	struct refusal_note *due = NULL, **end = &due;
	for (struct refusal_note *note = held, *next; note; note = next) {
		next = note->next;
		note->next = NULL;
		if (!refusal_folds_take_late(refusals->folds, &note->refusal, note->when.now_us,
					     now_us)) {
			refusal_note_free(note);
			continue;
		}
		*end = note;
		end = &note->next;
	}
	return due;
}

bool refusal_is_due(struct refusals *refusals, const struct refusal *refusal, uint64_t now_us)
{
	pthread_mutex_lock(&refusals->lock);
	bool is_due = refusals_take(refusals, refusal, now_us);
	pthread_mutex_unlock(&refusals->lock);
	return is_due;
}

void refusal_append(struct store_txn *txn, const struct refusal *refusal,
		    const struct refusal_when *when, struct arena *arena)
{
	struct entry entry = {
		.log = refusal->is_signed ? JOURNAL_SIGNED : JOURNAL_UNSIGNED,
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
		.event = event_kind_of(refusal_event_word(refusal->event)),
		.reason = refusal->reason,
		.subject = refusal->subject,
		.code = refusal_word(refusal->code),
		.owner = refusal->owner,
		.rule = refusal->rule,
		.folded = when->folded,
		.nameless = when->nameless,
		.first_us = when->first_us,
		.last_us = when->last_us,
		.names = when->names,
	};
	struct zone zone;
	/* What is folded has them among its own. */
	if (!entry.names) {
		entry.names = refusal->names;
		entry.nameless += refusal->has_more_names;
	}
	if (store_is_filling(txn)) {
		refusal_note_loss();
		return;
	}
	if (refusal->has_zone && zone_get(txn, &refusal->zone, &zone))
		entry.serial_before = entry.serial_after = zone_serial(txn, &zone);
	journal_append(txn, &entry, arena);
}

void refusal_note(struct core *core, const struct refusal *refusal)
{
	struct refusals *refusals = core->writer_side->refusals;
	uint64_t now_us = clock_now_us(&core->clock);
	pthread_mutex_lock(&refusals->lock);
	if (refusals_take(refusals, refusal, now_us))
		notes_queue(refusals, core->writer, refusal_note_new(refusal, now_us));
	pthread_mutex_unlock(&refusals->lock);
}

uint64_t refusals_count(struct refusals *refusals, enum refusal_event event, enum refusal_code code)
{
	pthread_mutex_lock(&refusals->lock);
	uint64_t count = refusals->counts[event][code];
	pthread_mutex_unlock(&refusals->lock);
	return count;
}

unsigned refusals_forget(struct core *core, const struct dns_msg *msg, const struct addr *source)
{
	struct refusals *refusals = core->writer_side->refusals;
	uint64_t now_us = clock_now_us(&core->clock);
	struct dns_msg_rr first;
	struct dns_msg_walk walk = dns_msg_walk(msg, DNS_UPDATE);
	unsigned count = 0;
	pthread_mutex_lock(&refusals->lock);
	if (refusal_holds_count(refusals->holds) > 0 && dns_msg_next(&walk, &first))
		count = refusal_holds_forget(refusals->holds, &first.owner, refusal_holds_asks(msg),
					     source, now_us);
	pthread_mutex_unlock(&refusals->lock);
	return count;
}

void refusals_flush(struct core *core)
{
	struct refusals *refusals = core->writer_side->refusals;
	uint64_t now_us = clock_now_us(&core->clock);
	pthread_mutex_lock(&refusals->lock);
	struct refusal_note *held = refusal_holds_due(refusals->holds, now_us, RELEASED_AT_ONCE);
	notes_queue(refusals, core->writer, refusals_release(refusals, held, now_us));
	notes_queue(refusals, core->writer, refusal_folds_due(refusals->folds, now_us, false));
	pthread_mutex_unlock(&refusals->lock);
}

void refusals_wait(struct core *core)
{
	struct refusals *refusals = core->writer_side->refusals;
	uint64_t until_us = condition_after(REFUSALS_SETTLE_MS * 1000);
	pthread_mutex_lock(&refusals->lock);
	while (refusals->is_posted && condition_wait(&refusals->written, &refusals->lock, until_us))
		continue;
	pthread_mutex_unlock(&refusals->lock);
}

void refusals_settle(struct core *core, const struct dns_name *name)
{
	struct refusals *refusals = core->writer_side->refusals;
	uint64_t now_us = clock_now_us(&core->clock);
	pthread_mutex_lock(&refusals->lock);
	struct refusal_note *held = name ? refusal_holds_named(refusals->holds, name)
					 : refusal_holds_due(refusals->holds, UINT64_MAX, SIZE_MAX);
	/* A fold of a flood has no room for its name: the last of them are written by themselves.
	 */
	struct refusal_note **last = &held;
	for (size_t count = notes_count(held); name && count > ASKED_AT_ONCE; count--)
		last = &(*last)->next;
	struct refusal_note *asked = name ? *last : NULL;
	if (name)
		*last = NULL;
	for (struct refusal_note *note = asked; note; note = note->next)
		refusal_folds_charge(refusals->folds, &note->refusal, now_us);
	notes_queue(refusals, core->writer, refusals_release(refusals, held, now_us));
	notes_queue(refusals, core->writer, asked);
	notes_queue(refusals, core->writer,
		    name ? refusal_folds_named(refusals->folds, name, now_us)
			 : refusal_folds_due(refusals->folds, now_us, true));
	pthread_mutex_unlock(&refusals->lock);
	refusals_wait(core);
}

void refusal_nameless_add(struct refusal_nameless *nameless, uint64_t count, uint64_t first_us,
			  uint64_t last_us)
{
	if (!nameless->count || first_us < nameless->first_us)
		nameless->first_us = first_us;
	if (last_us > nameless->last_us)
		nameless->last_us = last_us;
	nameless->count += count;
}

void refusals_nameless(struct core *core, const struct dns_name *zone,
		       struct refusal_nameless *nameless)
{
	struct refusals *refusals = core->writer_side->refusals;
	pthread_mutex_lock(&refusals->lock);
	refusal_folds_nameless(refusals->folds, zone, nameless);
	pthread_mutex_unlock(&refusals->lock);
}
