/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>
#include "nameserver/shadow.h"
#include "base/condition.h"
#include "base/hash_table.h"
#include "base/log.h"
#include "nameserver/shadow_ask.h"
#include <assert.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#define SHADOW_QUEUE  64     /* questions that wait */
#define SHADOW_ANSWER 4096   /* bytes of an answer that is copied */
#define SHADOW_ASKED  8192   /* places for questions that were asked lately; a power of two */
#define SHADOW_LOOK   200000 /* microseconds between looks at the time */

struct shadow_job {
	struct dns_name name;
	uint16_t type;
	size_t len;
	uint8_t answer[SHADOW_ANSWER];
};

struct shadow_kept {
	struct hash_link link;
	struct shadow_difference difference;
};

/* When a question was asked; another of the same place takes it. */
struct shadow_asked {
	uint64_t hash, second;
};

struct shadow {
	const struct clock *clock;
	_Atomic unsigned *watchers;
	_Atomic bool is_on;
	pthread_mutex_t begins; /* one who begins or ends */
	pthread_mutex_t lock;   /* of what follows; held for copies only */
	pthread_cond_t woken;
	pthread_t thread;
	bool has_thread, is_ending;
	struct shadow_state state;
	uint64_t until_us; /* as time passes */
	struct shadow_job *jobs;
	size_t first, count; /* of the jobs that wait */
	struct shadow_asked *lately;
	uint64_t second, in_second; /* how many were copied in it */
	struct hash_table kept;
};

struct shadow *shadow_new(const struct clock *clock, _Atomic unsigned *watchers)
{
	struct shadow *shadow = calloc(1, sizeof *shadow);
	assert(shadow);
	shadow->clock = clock;
	shadow->watchers = watchers;
	pthread_mutex_init(&shadow->begins, NULL);
	pthread_mutex_init(&shadow->lock, NULL);
	condition_init(&shadow->woken);
	return shadow;
}

static void shadow_forget(struct shadow *shadow)
{
	for (struct hash_link *link; (link = hash_table_first(&shadow->kept));) {
		hash_table_remove(&shadow->kept, link);
		free(container_of(link, struct shadow_kept, link));
	}
	hash_table_free(&shadow->kept);
	free(shadow->jobs);
	free(shadow->lately);
	shadow->jobs = NULL;
	shadow->lately = NULL;
	shadow->first = shadow->count = 0;
	shadow->second = shadow->in_second = 0;
	shadow->state = (struct shadow_state){0};
}

/* --- what was found */

static bool shadow_kept_is(const struct hash_link *link, const void *key)
{
	const struct shadow_kept *kept = container_of(link, const struct shadow_kept, link);
	const struct shadow_job *job = key;
	return kept->difference.type == job->type &&
	       dns_name_equal(&kept->difference.name, &job->name);
}

static uint64_t shadow_hash(const struct dns_name *name, uint16_t type)
{
	return dns_name_hash_secret(name) ^ type * UINT64_C(0x9e3779b97f4a7c15);
}

/* The place of a difference, made where there is none. NULL: there is no room. */
static struct shadow_difference *shadow_place(struct shadow *shadow, const struct shadow_job *job,
					      uint64_t now)
{
	uint64_t hash = shadow_hash(&job->name, job->type);
	struct hash_link *link = hash_table_find(&shadow->kept, hash, shadow_kept_is, job);
	if (link)
		return &container_of(link, struct shadow_kept, link)->difference;
	struct shadow_kept *kept =
		shadow->state.kept < SHADOW_DIFFERENCES ? calloc(1, sizeof *kept) : NULL;
	if (!kept)
		return NULL;
	kept->difference.name = job->name;
	kept->difference.type = job->type;
	kept->difference.first = now;
	hash_table_put(&shadow->kept, &kept->link, hash);
	shadow->state.kept++;
	return &kept->difference;
}

static void shadow_note(struct shadow *shadow, const struct shadow_job *job,
			const struct shadow_answer *here, const struct shadow_answer *there)
{
	enum shadow_verdict verdict = shadow_compare(here, there);
	uint64_t now = clock_now(shadow->clock);
	pthread_mutex_lock(&shadow->lock);
	struct shadow_difference *kept = NULL;
	if (verdict == SHADOW_SAME)
		shadow->state.same++;
	else if ((kept = shadow_place(shadow, job, now)))
		kept->count++;
	else
		shadow->state.forgotten++;
	if (kept) {
		kept->verdict = verdict;
		kept->last = now;
		shadow_answer_print(here, kept->here);
		shadow_answer_print(there, kept->there);
	}
	shadow->state.different += verdict != SHADOW_SAME;
	pthread_mutex_unlock(&shadow->lock);
}

/* --- the thread */

static void shadow_do(struct shadow *shadow, const struct shadow_job *job, uint8_t *room,
		      struct arena *arena)
{
	struct bytes_out out = bytes_out_of(room, DNS_MESSAGE_MAX);
	struct shadow_answer here, there;
	arena_reset(arena);
	bool is_ours = shadow_answer_read(&here, bytes_of(job->answer, job->len), &job->name,
					  job->type, arena);
	bool is_theirs = is_ours &&
			 shadow_ask(&shadow->state.options.peer, &job->name, job->type, &out) &&
			 shadow_answer_read(&there, bytes_of(room, bytes_out_len(&out)), &job->name,
					    job->type, arena);
	pthread_mutex_lock(&shadow->lock);
	shadow->state.left_out += !is_ours;
	shadow->state.asked += is_ours;
	shadow->state.unanswered += is_ours && !is_theirs;
	pthread_mutex_unlock(&shadow->lock);
	if (is_theirs)
		shadow_note(shadow, job, &here, &there);
}

/* The next job. False: it is over. */
static bool shadow_take(struct shadow *shadow, struct shadow_job *job)
{
	pthread_mutex_lock(&shadow->lock);
	bool is_over;
	while (!(is_over =
			 shadow->is_ending || clock_passed_us(shadow->clock) >= shadow->until_us) &&
	       shadow->count == 0)
		condition_wait(&shadow->woken, &shadow->lock, condition_after(SHADOW_LOOK));
	if (!is_over) {
		*job = shadow->jobs[shadow->first];
		shadow->first = (shadow->first + 1) % SHADOW_QUEUE;
		shadow->count--;
	}
	pthread_mutex_unlock(&shadow->lock);
	return !is_over;
}

static void shadow_log_end(struct shadow *shadow)
{
	struct shadow_state s;
	char peer[ADDR_TEXT_MAX];
	shadow_look(shadow, &s);
	addr_print(&s.options.peer, peer);
	log_info("shadow ended", "peer=%s asked=%llu same=%llu different=%llu unanswered=%llu",
		 peer, (unsigned long long)s.asked, (unsigned long long)s.same,
		 (unsigned long long)s.different, (unsigned long long)s.unanswered);
}

static void *shadow_run(void *context)
{
	struct shadow *shadow = context;
	struct sched_param none = {.sched_priority = 0};
	struct arena arena = {0};
	struct shadow_job *job = malloc(sizeof *job);
	uint8_t *room = malloc(DNS_MESSAGE_MAX);
	if (sched_setscheduler(0, SCHED_IDLE, &none) != 0)
		log_debug("shadow cannot lower its priority", "policy=idle");
	while (job && room && shadow_take(shadow, job))
		shadow_do(shadow, job, room, &arena);
	shadow->is_on = false;
	--*shadow->watchers;
	pthread_mutex_lock(&shadow->lock);
	shadow->state.is_running = false;
	pthread_mutex_unlock(&shadow->lock);
	shadow_log_end(shadow);
	arena_free(&arena);
	free(room);
	free(job);
	return NULL;
}

/* --- its beginning and end */

/* Waits for the thread. */
static bool shadow_join(struct shadow *shadow)
{
	pthread_mutex_lock(&shadow->lock);
	bool was_running = shadow->state.is_running;
	shadow->is_ending = true;
	pthread_cond_signal(&shadow->woken);
	pthread_mutex_unlock(&shadow->lock);
	if (shadow->has_thread)
		pthread_join(shadow->thread, NULL);
	shadow->has_thread = false;
	shadow->is_ending = false;
	return was_running;
}

static const char *shadow_start(struct shadow *shadow, const struct shadow_options *options)
{
	shadow_join(shadow);
	pthread_mutex_lock(&shadow->lock);
	shadow_forget(shadow);
	shadow->jobs = calloc(SHADOW_QUEUE, sizeof *shadow->jobs);
	shadow->lately = calloc(SHADOW_ASKED, sizeof *shadow->lately);
	uint64_t now = clock_now(shadow->clock);
	shadow->state = (struct shadow_state){.is_known = true,
					      .is_running = true,
					      .options = *options,
					      .begun = now,
					      .until = now + options->seconds};
	shadow->until_us = clock_passed_us(shadow->clock) + options->seconds * UINT64_C(1000000);
	bool has_room = shadow->jobs && shadow->lately;
	++*shadow->watchers;
	shadow->is_on = true;
	shadow->has_thread =
		has_room && pthread_create(&shadow->thread, NULL, shadow_run, shadow) == 0;
	if (!shadow->has_thread) {
		shadow->is_on = false;
		--*shadow->watchers;
	}
	shadow->state.is_running = shadow->has_thread;
	pthread_mutex_unlock(&shadow->lock);
	return shadow->has_thread ? NULL : "there is no memory for a shadow now";
}

const char *shadow_begin(struct shadow *shadow, const struct shadow_options *options)
{
	struct shadow_state state;
	pthread_mutex_lock(&shadow->begins);
	shadow_look(shadow, &state);
	const char *problem = state.is_running ? "one runs already: shadow stop ends it"
					       : shadow_start(shadow, options);
	pthread_mutex_unlock(&shadow->begins);
	return problem;
}

bool shadow_end(struct shadow *shadow)
{
	pthread_mutex_lock(&shadow->begins);
	bool was_running = shadow_join(shadow);
	pthread_mutex_unlock(&shadow->begins);
	return was_running;
}

void shadow_free(struct shadow *shadow)
{
	if (!shadow)
		return;
	shadow_join(shadow);
	shadow_forget(shadow);
	pthread_cond_destroy(&shadow->woken);
	pthread_mutex_destroy(&shadow->lock);
	pthread_mutex_destroy(&shadow->begins);
	free(shadow);
}

bool shadow_is_on(const struct shadow *shadow)
{
	return shadow->is_on;
}

/* --- what readers do */

static bool shadow_wants(const struct dns_msg *question, const struct dns_name *zone,
			 const struct shadow_options *options)
{
	return question->opcode == DNS_OPCODE_QUERY && question->has_question &&
	       question->qclass == DNS_CLASS_IN && !question->has_tsig &&
	       !dns_type_is_meta(question->qtype) &&
	       (!options->has_zone || dns_name_equal(zone, &options->zone));
}

/* What was cut is asked again by TCP, and comes then. */
static bool shadow_is_cut(struct bytes answer)
{
	struct bytes_in in = bytes_in_of(answer.data, answer.len);
	bytes_in_u16(&in);
	return bytes_in_u16(&in) & DNS_FLAG_TC || in.bad;
}

/* Whether it is this question's turn; from now on it was asked. */
static bool shadow_is_turn(struct shadow *shadow, const struct dns_msg *question)
{
	uint64_t second = clock_passed_us(shadow->clock) / 1000000;
	uint64_t hash = shadow_hash(&question->qname, question->qtype);
	struct shadow_asked *asked = &shadow->lately[hash & (SHADOW_ASKED - 1)];
	if (second != shadow->second)
		shadow->in_second = 0;
	shadow->second = second;
	bool is_repeated = asked->hash == hash && asked->second + SHADOW_AGAIN_S > second + 1;
	if (is_repeated || shadow->count == SHADOW_QUEUE || shadow->in_second == SHADOW_RATE)
		return false;
	shadow->in_second++;
	asked->hash = hash;
	asked->second = second + 1; /* 0: nothing was asked */
	return true;
}

void shadow_put(struct shadow *shadow, const struct dns_msg *question, const struct dns_name *zone,
		struct bytes answer)
{
	/* Who would wait goes on. */
	if (shadow_is_cut(answer) || pthread_mutex_trylock(&shadow->lock) != 0)
		return;
	if (shadow->state.is_running && shadow_wants(question, zone, &shadow->state.options)) {
		if (answer.len <= SHADOW_ANSWER && shadow_is_turn(shadow, question)) {
			struct shadow_job *job =
				&shadow->jobs[(shadow->first + shadow->count++) % SHADOW_QUEUE];
			job->name = question->qname;
			job->type = question->qtype;
			job->len = answer.len;
			memcpy(job->answer, answer.data, answer.len);
			pthread_cond_signal(&shadow->woken);
		} else {
			shadow->state.left_out++;
		}
	}
	pthread_mutex_unlock(&shadow->lock);
}

/* --- what commands do */

void shadow_look(struct shadow *shadow, struct shadow_state *state)
{
	pthread_mutex_lock(&shadow->lock);
	*state = shadow->state;
	pthread_mutex_unlock(&shadow->lock);
}

static int shadow_difference_order(const void *left, const void *right)
{
	const struct shadow_difference *a = left, *b = right;
	int order = dns_name_compare(&a->name, &b->name);
	return order ? order : (a->type > b->type) - (a->type < b->type);
}

size_t shadow_list(struct shadow *shadow, struct shadow_difference *out, size_t most)
{
	size_t count = 0;
	pthread_mutex_lock(&shadow->lock);
	for (struct hash_link *link = hash_table_first(&shadow->kept); link && count < most;
	     link = hash_table_next(&shadow->kept, link))
		out[count++] = container_of(link, struct shadow_kept, link)->difference;
	pthread_mutex_unlock(&shadow->lock);
	if (count > 1)
		qsort(out, count, sizeof *out, shadow_difference_order);
	return count;
}
