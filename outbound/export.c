/* SPDX-License-Identifier: BSD-2-Clause */
#include "outbound/export.h"
#include "base/condition.h"
#include "base/container.h"
#include "base/hash.h"
#include "outbound/audit.h"
#include "outbound/line_chain.h"
#include "journal/local.h"
#include "outbound/sink.h"
#include <assert.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What is read at once. An entry is never parted: the largest is a part of an import. */
#define BATCH_EVENTS 512
#define BATCH_BYTES  (256u << 10)
/* How often an idle exporter looks whether the log has grown. */
#define IDLE_US (200ull * 1000)
/* The cursor is stored so often at most: each time is a commit. */
#define STORE_US (1000ull * 1000)
/* After a failure, and doubled with each until it has gone well for as long as STEADY_US. */
#define RETRY_FIRST_US (500ull * 1000)
#define RETRY_LAST_US  (60ull * 1000000)
#define STEADY_US      (10ull * 1000000)
/* Batches whose fate is open; more of them share a mark. */
#define MARKS_MAX 32

/* Up to `seqs` it was sent at `sent_us`. */
struct mark {
	struct journal_seqs seqs;
	struct line_chain chain;
	uint64_t sent_us;
};

/* The cursor on its way into STORE_LOCAL. */
struct cursor_job {
	struct writer_job job;
	const struct exporter *exporter;
	struct journal_seqs seqs;
	struct line_chain chain;
};

/* A number of STORE_LOCAL for each log. */
#define CURSOR_WORD_MAX 64

struct exporter {
	struct core *core;
	const char *name;
	char target[EXPORT_TARGET_MAX];
	struct sink *sink;
	pthread_t thread;
	pthread_mutex_t lock; /* wakes, and the status */
	pthread_cond_t woken;
	_Atomic bool stop;
	struct export_status status;
	struct batch batch;
	struct cursor_job cursor;
	struct mark marks[MARKS_MAX];
	size_t mark_count;
	struct journal_seqs sent, taken, stored;
	struct line_chain chain, chain_taken; /* of lines; as `sent` and `taken` */
	char checkpoint[CHECKPOINT_LINE_MAX]; /* that the last statement of the lines holds */
	bool is_open;
	/* When it was opened and the cursor stored; how long to wait before it is opened again. */
	uint64_t opened_us, stored_us, wait_us;
};

struct exports {
	struct core *core;
	pthread_mutex_t lock; /* of what follows */
	struct exporter *exporter[EXPORTS_MAX];
	size_t count;
	bool uses_tls;
	struct sink_options tls; /* of the target that does */
};

static const char *cursor_word(const char *name, unsigned log, char out[CURSOR_WORD_MAX])
{
	bool is_changes = log == JOURNAL_CHANGES;
	snprintf(out, CURSOR_WORD_MAX, "export-%s%s%s", name, is_changes ? "" : "-",
		 is_changes ? "" : journal_log_word((enum journal_log)log));
	return out;
}

/* Which target the cursor is of: another path or address under the same name has none yet. */
static uint64_t cursor_target(const struct exporter *e)
{
	return hash_bytes(bytes_of(e->target, strlen(e->target)));
}

static const char *cursor_target_word(const char *name, char out[CURSOR_WORD_MAX])
{
	snprintf(out, CURSOR_WORD_MAX, "export-%s-of", name);
	return out;
}

/* The chain of lines, as numbers. */
#define CHAIN_WORDS (DIGEST_LEN / 8)

static const char *cursor_chain_word(const char *name, unsigned i, char out[CURSOR_WORD_MAX])
{
	snprintf(out, CURSOR_WORD_MAX, "export-%s-chain-%u", name, i);
	return out;
}

static uint64_t chain_number(const struct line_chain *chain, unsigned i)
{
	uint64_t number;
	memcpy(&number, chain->digest + (size_t)i * 8, sizeof number);
	return number;
}

static bool is_same_cursor(const struct journal_seqs *a, const struct journal_seqs *b)
{
	return memcmp(a, b, sizeof *a) == 0;
}

static void put_cursor(struct writer_job *job, struct store_txn *txn)
{
	const struct cursor_job *cursor = container_of(job, struct cursor_job, job);
	char word[CURSOR_WORD_MAX];
	store_use_half_of_reserve(txn); /* it grows by nothing */
	for (unsigned log = 0; log < JOURNAL_LOGS; log++)
		local_set_number(txn, cursor_word(cursor->exporter->name, log, word),
				 cursor->seqs.of[log]);
	for (unsigned i = 0; i < CHAIN_WORDS; i++)
		local_set_number(txn, cursor_chain_word(cursor->exporter->name, i, word),
				 chain_number(&cursor->chain, i));
	local_set_number(txn, cursor_target_word(cursor->exporter->name, word),
			 cursor_target(cursor->exporter));
}

static void store_cursor(struct exporter *e)
{
	struct cursor_job *cursor = &e->cursor;
	if (is_same_cursor(&e->stored, &e->taken))
		return;
	*cursor = (struct cursor_job){.job = {.run = put_cursor},
				      .exporter = e,
				      .seqs = e->taken,
				      .chain = e->chain_taken};
	/* Where it cannot be stored, a restart sends more a second time. */
	if (writer_call(e->core->writer, &cursor->job, WRITER_IDLE) == STORE_OK)
		e->stored = cursor->seqs;
	e->stored_us = clock_monotonic_us();
}

static void show_status(struct exporter *e)
{
	pthread_mutex_lock(&e->lock);
	e->status.sent = e->sent;
	e->status.taken = e->taken;
	pthread_mutex_unlock(&e->lock);
}

static void pause_for(struct exporter *e, uint64_t us)
{
	uint64_t until_us = condition_after(us);
	pthread_mutex_lock(&e->lock);
	while (!e->stop && condition_wait(&e->woken, &e->lock, until_us))
		;
	pthread_mutex_unlock(&e->lock);
}

/* --- what was sent, and what became of it */

static void mark_sent(struct exporter *e)
{
	if (e->mark_count == MARKS_MAX) {
		/* Two that follow each other become the later: what is taken is known later. */
		for (size_t i = 0; i < MARKS_MAX / 2; i++)
			e->marks[i] = e->marks[2 * i + 1];
		e->mark_count = MARKS_MAX / 2;
	}
	e->marks[e->mark_count++] = (struct mark){e->sent, e->chain, clock_monotonic_us()};
}

static void forget_marks(struct exporter *e, size_t count)
{
	memmove(e->marks, e->marks + count, (e->mark_count - count) * sizeof *e->marks);
	e->mark_count -= count;
}

/* All that was sent before `before_us` has arrived. */
static void take_marks(struct exporter *e, uint64_t before_us)
{
	size_t count = 0;
	for (; count < e->mark_count && e->marks[count].sent_us <= before_us; count++) {
		e->taken = e->marks[count].seqs;
		e->chain_taken = e->marks[count].chain;
	}
	forget_marks(e, count);
}

static void show_failure(struct exporter *e)
{
	pthread_mutex_lock(&e->lock);
	e->status.is_open = e->is_open;
	e->status.failures++;
	snprintf(e->status.error, sizeof e->status.error, "%s", sink_error(e->sink));
	pthread_mutex_unlock(&e->lock);
}

/* The peer is gone: what it may not have taken is sent again, when somebody is there. */
static void export_lose(struct exporter *e, const char *what)
{
	char target[LOG_QUOTED_MAX], why[LOG_QUOTED_MAX], seqs[JOURNAL_LOG_SEQS_TEXT_MAX];
	/* One line for a peer that stays away. */
	if (e->wait_us == 0)
		log_warning(what, "to=%s target=%s why=%s taken=%s", e->name,
			    log_quote(e->target, target), log_quote(sink_error(e->sink), why),
			    journal_log_print_seqs(&e->taken, seqs));
	sink_close(e->sink);
	e->is_open = false;
	e->mark_count = 0;
	e->sent = e->taken;
	e->chain = e->chain_taken;
	e->checkpoint[0] = '\0';
	e->wait_us = e->wait_us ? 2 * e->wait_us : RETRY_FIRST_US;
	if (e->wait_us > RETRY_LAST_US)
		e->wait_us = RETRY_LAST_US;
	show_failure(e);
}

static void export_settle(struct exporter *e)
{
	uint64_t now = clock_monotonic_us(), settles_in = sink_settles_in(e->sink);
	enum sink_state state = sink_look(e->sink);
	if (state == SINK_LOST) {
		export_lose(e, "the audit export lost its peer");
		return;
	}
	if (state == SINK_TAKEN)
		take_marks(e, now > settles_in ? now - settles_in : 0);
	if (now - e->opened_us >= STEADY_US)
		e->wait_us = 0;
	if (now - e->stored_us >= STORE_US)
		store_cursor(e);
	show_status(e);
}

/* --- reading the log */

struct reading {
	struct exporter *exporter;
	struct journal_place last; /* whose events are in the batch */
	struct journal_seqs seqs;  /* the last of each log */
	struct line_chain chain;
	bool has_enough;
	size_t events;
};

static void export_emit(void *context, json_t *event)
{
	struct reading *reading = context;
	struct batch *batch = &reading->exporter->batch;
	struct journal_place at = audit_place(event);
	bool is_same = at.log == reading->last.log && at.seq == reading->last.seq;
	bool is_full = reading->events >= BATCH_EVENTS || batch->len >= BATCH_BYTES;
	/* Only between two entries: the cursor knows nothing smaller. */
	if (reading->has_enough || (is_full && !is_same)) {
		reading->has_enough = true;
		return;
	}
	sink_format(reading->exporter->sink, event, &reading->chain, batch);
	reading->last = at;
	reading->seqs.of[at.log] = at.seq;
	reading->events++;
}

static void export_note_loss(struct exporter *e, struct journal_place through, const char *why)
{
	char from[JOURNAL_LOG_SEQ_TEXT_MAX], to[JOURNAL_LOG_SEQ_TEXT_MAX];
	uint64_t sent = e->sent.of[through.log];
	log_error("entries of the log could not be exported",
		  "to=%s from-seq=%s to-seq=%s why=\"%s\"", e->name,
		  journal_log_print_seq(through.log, sent + 1, from),
		  journal_log_print_seq(through.log, through.seq, to), why);
	pthread_mutex_lock(&e->lock);
	e->status.lost += through.seq - sent;
	pthread_mutex_unlock(&e->lock);
	e->sent.of[through.log] = through.seq;
	mark_sent(e);
}

/* What became of a log while nobody looked: a restore may have ended it earlier, retention may have
 * taken what was not yet sent. */
static void fit_cursor(struct exporter *e, struct store_txn *txn, enum journal_log log)
{
	uint64_t first, last, head = journal_log_head(txn, log).seq;
	journal_log_range(txn, log, &first, &last);
	if (txn->error)
		return;
	if (e->sent.of[log] > head) {
		e->sent.of[log] = e->taken.of[log] = head;
		e->mark_count = 0;
	}
	uint64_t gone = last ? first - 1 : head;
	if (e->sent.of[log] < gone)
		export_note_loss(e, (struct journal_place){log, gone},
				 "retention pruned them before the peer took them");
}

/* One of the logs cannot be read behind what was sent of it: its next entry is passed over. */
static void export_pass_over(struct exporter *e)
{
	struct store_txn txn;
	for (unsigned log = 0; log < JOURNAL_LOGS; log++) {
		struct reading reading = {.exporter = e};
		struct audit_filter filter = {.logs = AUDIT_LOG(log),
					      .has_enough = &reading.has_enough};
		memcpy(filter.after, e->sent.of, sizeof filter.after);
		batch_empty(&e->batch);
		store_read_begin(e->core->store, &txn);
		audit_walk(&txn, &filter, export_emit, &reading);
		enum store_error error = txn.error;
		store_read_end(&txn);
		bool is_unread = error == STORE_CORRUPT || error == STORE_NEWER;
		if (is_unread && reading.events == 0)
			export_note_loss(
				e,
				(struct journal_place){(enum journal_log)log, e->sent.of[log] + 1},
				"it is damaged; see tenurectl audit verify");
	}
	batch_empty(&e->batch);
}

/* Where a checkpoint was signed since the last statement, a statement of the lines so far. */
static void export_state(struct reading *reading)
{
	struct exporter *e = reading->exporter;
	char line[CHECKPOINT_LINE_MAX];
	if (!sink_has_lines(e->sink) || !e->core->checkpoints ||
	    !checkpoints_last(e->core->checkpoints, line) || strcmp(line, e->checkpoint) == 0)
		return;
	json_t *statement = line_chain_statement(&reading->chain, e->core->checkpoints,
						 clock_now(&e->core->clock));
	sink_format(e->sink, statement, &reading->chain, &e->batch);
	json_decref(statement);
	snprintf(e->checkpoint, sizeof e->checkpoint, "%s", line);
	reading->events++;
}

/* Fills the batch with what follows. Returns the number of events. */
static size_t read_batch(struct exporter *e)
{
	struct store_txn txn;
	struct reading reading = {.exporter = e, .chain = e->chain};
	struct audit_filter filter = {.has_enough = &reading.has_enough,
				      .has_digests = sink_has_lines(e->sink)};
	batch_empty(&e->batch);
	store_read_begin(e->core->store, &txn);
	for (unsigned log = 0; log < JOURNAL_LOGS; log++)
		fit_cursor(e, &txn, (enum journal_log)log);
	reading.seqs = e->sent;
	memcpy(filter.after, e->sent.of, sizeof filter.after);
	if (!txn.error)
		audit_walk(&txn, &filter, export_emit, &reading);
	enum store_error error = txn.error;
	store_read_end(&txn);
	if ((error == STORE_CORRUPT || error == STORE_NEWER) && reading.events == 0) {
		export_pass_over(e);
		return 0;
	}
	if (!error && !reading.has_enough)
		export_state(&reading);
	e->sent = reading.seqs;
	e->chain = reading.chain;
	return reading.events;
}

/* --- the thread */

static void open_sink(struct exporter *e)
{
	if (!sink_open(e->sink)) {
		export_lose(e, "the audit export cannot reach its target");
		return;
	}
	e->is_open = true;
	e->opened_us = clock_monotonic_us();
	char seqs[JOURNAL_LOG_SEQS_TEXT_MAX];
	log_info("the audit export reaches its target", "to=%s taken=%s", e->name,
		 journal_log_print_seqs(&e->taken, seqs));
	pthread_mutex_lock(&e->lock);
	e->status.is_open = true;
	pthread_mutex_unlock(&e->lock);
}

static void send_batch(struct exporter *e, size_t events)
{
	if (!sink_send(e->sink, &e->batch)) {
		export_lose(e, "the audit export lost its peer");
		return;
	}
	mark_sent(e);
	pthread_mutex_lock(&e->lock);
	e->status.events += events;
	pthread_mutex_unlock(&e->lock);
}

/* Sends what there is, and sees what became of it. */
static void export_work(struct exporter *e)
{
	size_t events = read_batch(e);
	if (events)
		send_batch(e, events);
	if (e->is_open)
		export_settle(e);
	if (e->is_open && !events)
		pause_for(e, IDLE_US);
}

static void *export_run_thread(void *argument)
{
	struct exporter *e = argument;
	while (!e->stop) {
		if (e->is_open) {
			export_work(e);
			continue;
		}
		if (e->wait_us)
			pause_for(e, e->wait_us);
		if (!e->stop)
			open_sink(e);
	}
	if (e->is_open)
		export_settle(e);
	store_cursor(e);
	return NULL;
}

static struct journal_seqs stored_cursor(struct exporter *e)
{
	struct store_txn txn;
	char word[CURSOR_WORD_MAX];
	struct journal_seqs seqs = {0};
	store_read_begin(e->core->store, &txn);
	/* A version that did not write it had one target. */
	uint64_t target = local_number(&txn, cursor_target_word(e->name, word));
	bool is_same = target == 0 || target == cursor_target(e);
	for (unsigned log = 0; is_same && log < JOURNAL_LOGS; log++)
		seqs.of[log] = local_number(&txn, cursor_word(e->name, log, word));
	for (unsigned i = 0; is_same && i < CHAIN_WORDS; i++) {
		uint64_t number = local_number(&txn, cursor_chain_word(e->name, i, word));
		memcpy(e->chain.digest + (size_t)i * 8, &number, sizeof number);
	}
	e->chain_taken = e->chain;
	store_read_end(&txn);
	return seqs;
}

static struct exporter *export_start(struct core *core, const char *name, const char *target,
				     const struct sink_options *options)
{
	struct exporter *e = calloc(1, sizeof *e);
	assert(e);
	e->core = core;
	e->name = e->status.name = name;
	snprintf(e->target, sizeof e->target, "%s", target);
	snprintf(e->status.target, sizeof e->status.target, "%s", target);
	e->sent = e->taken = e->stored = stored_cursor(e);
	e->sink = sink_new(options, &e->stop);
	pthread_mutex_init(&e->lock, NULL);
	condition_init(&e->woken);
	int error = pthread_create(&e->thread, NULL, export_run_thread, e);
	assert(error == 0);
	return e;
}

static void export_stop(struct exporter *e)
{
	pthread_mutex_lock(&e->lock);
	e->stop = true;
	pthread_cond_broadcast(&e->woken);
	pthread_mutex_unlock(&e->lock);
	pthread_join(e->thread, NULL);
	sink_free(e->sink);
	batch_free(&e->batch);
	pthread_cond_destroy(&e->woken);
	pthread_mutex_destroy(&e->lock);
	free(e);
}

static void start_path(struct exports *exports, struct core *core, enum sink_kind kind,
		       const char *path)
{
	struct sink_options options = {.kind = kind};
	if (!path || !path[0])
		return;
	snprintf(options.target, sizeof options.target, "%s", path);
	exports->exporter[exports->count++] =
		export_start(core, kind == SINK_FILE ? "file" : "socket", path, &options);
}

static void exports_begin(struct exports *exports, const struct exports_options *where)
{
	exports->uses_tls = false;
	struct sink_options options = {
		.ca = where->ca, .certificate = where->certificate, .key = where->key};
	const char *syslog = where->syslog;
	start_path(exports, exports->core, SINK_FILE, where->file);
	start_path(exports, exports->core, SINK_SOCKET, where->socket);
	if (syslog && syslog[0]) {
		const char *problem = sink_parse_url(&options, syslog);
		assert(!problem); /* settings_finish looked */
		exports->uses_tls = options.kind == SINK_TLS;
		exports->tls = options;
		exports->exporter[exports->count++] =
			export_start(exports->core, "syslog", syslog, &options);
	}
}

static void exports_end(struct exports *exports)
{
	for (size_t i = 0; i < exports->count; i++)
		export_stop(exports->exporter[i]);
	exports->count = 0;
}

struct exports *exports_start(struct core *core, const struct exports_options *where)
{
	struct exports *exports = calloc(1, sizeof *exports);
	assert(exports);
	exports->core = core;
	pthread_mutex_init(&exports->lock, NULL);
	exports_begin(exports, where);
	return exports;
}

void exports_change(struct exports *exports, const struct exports_options *where)
{
	pthread_mutex_lock(&exports->lock);
	exports_end(exports);
	exports_begin(exports, where);
	pthread_mutex_unlock(&exports->lock);
}

void exports_stop(struct exports *exports)
{
	exports_end(exports);
	pthread_mutex_destroy(&exports->lock);
	free(exports);
}

uint64_t export_status_behind(const struct export_status *status, const struct journal_seqs *heads)
{
	uint64_t behind = 0;
	for (unsigned log = 0; log < JOURNAL_LOGS; log++)
		if (heads->of[log] > status->taken.of[log])
			behind += heads->of[log] - status->taken.of[log];
	return behind;
}

bool exports_tls(struct exports *exports, struct arena *arena, const char **ca,
		 const char **certificate)
{
	if (!exports)
		return false;
	pthread_mutex_lock(&exports->lock);
	bool uses = exports->uses_tls;
	if (uses) {
		const char *its = exports->tls.certificate;
		*ca = exports->tls.ca ? arena_print(arena, "%s", exports->tls.ca) : NULL;
		*certificate = its ? arena_print(arena, "%s", its) : NULL;
	}
	pthread_mutex_unlock(&exports->lock);
	return uses;
}

size_t exports_count(struct exports *exports)
{
	if (!exports)
		return 0;
	pthread_mutex_lock(&exports->lock);
	size_t count = exports->count;
	pthread_mutex_unlock(&exports->lock);
	return count;
}

bool exports_status(struct exports *exports, size_t index, struct export_status *status)
{
	pthread_mutex_lock(&exports->lock);
	struct exporter *e = index < exports->count ? exports->exporter[index] : NULL;
	if (e) {
		pthread_mutex_lock(&e->lock);
		*status = e->status;
		pthread_mutex_unlock(&e->lock);
	}
	pthread_mutex_unlock(&exports->lock);
	return e != NULL;
}
