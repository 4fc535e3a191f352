/* SPDX-License-Identifier: BSD-2-Clause */
#include "nameserver/gss_thread.h"
#include "acl/gss_negotiation.h"
#include "acl/token_replay.h"
#include "base/container.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/queue.h"
#include "base/serial.h"
#include <assert.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#define SOURCES        1024           /* counters of what waits, by a hash of the source */
#define LOOK_EVERY_US  (10 * 1000000) /* at the keytab, and for contexts that have ended */
#define INVENTED_BYTES 16             /* of a key's name that we make */

struct gss_thread {
	struct core *core;
	pthread_t thread;
	struct queue queue;
	atomic_bool is_stopping;
	atomic_uint waiting[SOURCES];
	struct hash_key hash_key; /* nobody chooses whom it shares a counter with */
	struct gss_keytab *keytab;
	struct gss_context_table *contexts;
	struct gss_negotiations *gss_negotiations;
	struct token_replay *token_replay;
	struct log_limit failures[GSS_PROBLEM_COUNT], drops;
	_Atomic int64_t skew;
	_Atomic uint64_t version_failed;
};

/* A negotiation's round. */
struct gss_job {
	struct queue_link link;
	struct pending pending;
	struct request_kept request;
	struct tkey tkey; /* the request's; with a name of ours if it had none */
	/* What came of it. */
	uint16_t error;
	uint32_t inception, expiration;
	struct gss_context *context; /* held; NULL: there is none (yet) */
	uint8_t *token;              /* of a round that is not the last; NULL: none */
	size_t token_len;
	uint8_t packet[];
};

static struct gss_job *gss_thread_gss_job_of(struct pending *pending)
{
	return container_of(pending, struct gss_job, pending);
}

static struct gss_job *gss_job_of_link(struct queue_link *link)
{
	return container_of(link, struct gss_job, link);
}

static atomic_uint *waiting_of(struct gss_thread *all, const struct addr *source)
{
	uint64_t hash = hash_keyed(&all->hash_key, addr_client(source));
	return &all->waiting[hash % SOURCES];
}

/* --- the thread */

static void log_keytab(struct gss_thread *all)
{
	char problem[GSS_TEXT_MAX], quoted[LOG_QUOTED_MAX];
	if (gss_keytab_problem(all->keytab, problem))
		log_error("no security context can be negotiated",
			  "why=%s do=\"see 'Join Linux hosts' in the guide: the file must be "
			  "readable by the user of tenured\"",
			  log_quote(problem, quoted));
	else
		log_info("keytab read", "%s", "see=\"tenurectl status\"");
}

/* If the client's request has a time, the client's clock is known. */
static void note_skew(struct gss_thread *all, const struct gss_job *h, uint64_t now, char text[64])
{
	text[0] = '\0';
	if (h->tkey.data.inception == 0)
		return;
	int32_t skew = serial_difference((uint32_t)now, h->tkey.data.inception);
	atomic_store(&all->skew, skew);
	snprintf(text, 64, " skew=%" PRId32, skew);
}

static void gss_thread_log_failure(struct gss_thread *all, const struct gss_job *h, uint64_t now,
				   const struct gss_result *result)
{
	char source[ADDR_TEXT_MAX], quoted[LOG_QUOTED_MAX], skew[64];
	note_skew(all, h, now, skew);
	stats_add(&all->core->stats, STATS_GSS_FAILED);
	if (result->problem == GSS_PROBLEM_VERSION) {
		stats_add(&all->core->stats, STATS_GSS_VERSION);
		atomic_store(&all->version_failed, now);
	}
	if (!log_rate(&all->failures[result->problem], 1))
		return;
	addr_print(&h->request.source, source);
	log_warning("negotiation refused", "problem=%s source=%s%s why=\"%s\" library=%s",
		    gss_problem_word(result->problem), source, skew,
		    gss_problem_sentence(result->problem), log_quote(result->text, quoted));
}

static struct token_replay_token token_of(const struct gss_job *h)
{
	return (struct token_replay_token){h->tkey.data.key, &h->tkey.key, &h->request.source};
}

/* Ends a little before its ticket does: what is asked by then can still be answered, signed. */
static uint32_t lifetime_of(const struct gss_result *result)
{
	uint32_t lifetime = result->lifetime;
	if (lifetime > GSS_THREAD_MARGIN)
		lifetime -= GSS_THREAD_MARGIN;
	return lifetime < GSS_THREAD_LIFETIME ? lifetime : GSS_THREAD_LIFETIME;
}

static void gss_thread_establish(struct gss_thread *all, struct gss_job *h, uint64_t now,
				 const struct gss_result *result, void *security)
{
	struct token_replay_token token = token_of(h);
	struct gss_context_made made = {
		.key = h->tkey.key,
		.who = result->who,
		.source = h->request.source,
		.expires = now + lifetime_of(result),
		.security = security,
		.token = h->tkey.data.key,
		.answer = bytes_of(result->answer, result->answer_len),
	};
	bool is_known = gss_context_algorithm_of(&h->tkey.data.algorithm, &made.algorithm);
	assert(is_known);
	made.is_of_windows =
		made.algorithm == GSS_CONTEXT_MICROSOFT && h->request.msg.qclass == DNS_CLASS_IN;
	h->context = gss_context_put(all->contexts, &made, now);
	token_replay_note(all->token_replay, &token, now);
	assert(h->context); /* this thread alone puts, and has looked */
	h->expiration = (uint32_t)made.expires;
	stats_add(&all->core->stats, STATS_GSS_ESTABLISHED);
}

static void gss_thread_go_on(struct gss_thread *all, struct gss_job *h, uint64_t now,
			     struct gss_result *result, void *security)
{
	struct gss_negotiation gss_negotiation = {
		.key = h->tkey.key,
		.source = h->request.source,
		.begun = now,
		.security = security,
	};
	gss_negotiation_keep(all->gss_negotiations, &gss_negotiation);
	h->token = result->answer;
	h->token_len = result->answer_len;
	result->answer = NULL;
	h->expiration = (uint32_t)(now + GSS_NEGOTIATION_SECONDS);
}

static void accept_token(struct gss_thread *all, struct gss_job *h, uint64_t now, void *security)
{
	struct gss_result result;
	switch (gss_accept(all->keytab, &security, h->tkey.data.key, &result)) {
	case GSS_MADE:
		gss_thread_establish(all, h, now, &result, security);
		break;
	case GSS_GOES_ON:
		gss_thread_go_on(all, h, now, &result, security);
		break;
	case GSS_REFUSED:
		h->error = DNS_BADKEY;
		gss_thread_log_failure(all, h, now, &result);
		break;
	}
	free(result.answer);
}

static void refuse_replay(struct gss_thread *all, struct gss_job *h, uint64_t now)
{
	struct gss_result result = {.problem = GSS_PROBLEM_REPLAY};
	h->error = DNS_BADKEY;
	gss_thread_log_failure(all, h, now, &result);
}

/* A name that is in use: by the client whose request came again, or by another. */
static void gss_thread_meet(struct gss_job *h, struct gss_context *context)
{
	if (!gss_context_is_of(context, &h->request.source, h->tkey.data.key)) {
		h->error = DNS_BADNAME;
		gss_context_release(context);
		return;
	}
	h->context = context;
	h->expiration = (uint32_t)gss_context_expires(context);
}

static void gss_thread_negotiate(struct gss_thread *all, struct gss_job *h)
{
	uint64_t now = clock_now(&all->core->clock);
	void *security = NULL;
	h->inception = h->expiration = (uint32_t)now;
	stats_add(&all->core->stats, STATS_GSS_NEGOTIATIONS);
	struct gss_context *context = gss_context_find(all->contexts, &h->tkey.key, now);
	if (context) {
		gss_thread_meet(h, context);
		return;
	}
	struct token_replay_token token = token_of(h);
	if (gss_negotiation_take(all->gss_negotiations, &h->tkey.key, &h->request.source, now,
				 &security) == GSS_NEGOTIATION_FOREIGN)
		h->error = DNS_BADNAME;
	else if (!security && token_replay_is_known(all->token_replay, &token, now))
		refuse_replay(all, h, now);
	else
		accept_token(all, h, now, security);
}

static void gss_thread_look(struct gss_thread *all)
{
	if (gss_keytab_renew(all->keytab))
		log_keytab(all);
	gss_context_expire(all->contexts, clock_now(&all->core->clock));
}

static void *gss_thread_run(void *argument)
{
	struct gss_thread *all = argument;
	struct queue_link *next;
	while (queue_wait(&all->queue, LOOK_EVERY_US) || !all->is_stopping) {
		struct queue_link *link = queue_take(&all->queue, GSS_THREAD_WAITING);
		gss_thread_look(all);
		for (; link; link = next) {
			struct gss_job *h = gss_job_of_link(link);
			next = link->next;
			gss_thread_negotiate(all, h);
			atomic_fetch_sub(waiting_of(all, &h->request.source), 1);
			h->pending.answered(&h->pending, h->pending.context);
		}
	}
	return NULL;
}

/* --- a reader's side */

static void log_drop(struct gss_thread *all, const struct gss_job *h)
{
	char source[ADDR_TEXT_MAX];
	if (!log_rate(&all->drops, 1))
		return;
	addr_print(&h->request.source, source);
	log_warning("negotiation dropped", "source=%s why=\"too many wait, of it or of all\"",
		    source);
}

static bool gss_thread_post(struct pending *pending)
{
	struct gss_job *h = gss_thread_gss_job_of(pending);
	struct gss_thread *all = h->request.core->gss_thread;
	atomic_uint *waiting = waiting_of(all, &h->request.source);
	if (atomic_fetch_add(waiting, 1) < GSS_THREAD_PER_SOURCE &&
	    queue_put(&all->queue, &h->link))
		return true;
	atomic_fetch_sub(waiting, 1);
	stats_add(&all->core->stats, STATS_GSS_DROPPED);
	log_drop(all, h);
	return false;
}

static struct tkey answer_of(const struct gss_job *h)
{
	struct tkey tkey = h->tkey;
	tkey.data.inception = h->inception;
	tkey.data.expiration = h->expiration;
	tkey.data.error = h->error;
	tkey.data.other = bytes_of(NULL, 0);
	tkey.data.key =
		h->context ? gss_context_answer(h->context) : bytes_of(h->token, h->token_len);
	return tkey;
}

static void gss_thread_answer(struct pending *pending, struct dispatcher *dispatcher,
			      struct bytes_out *out)
{
	struct gss_job *h = gss_thread_gss_job_of(pending);
	/* The last TKEY is signed by what it has made, unless the request was signed itself. */
	if (h->context && h->request.identity.outcome == IDENTITY_UNSIGNED)
		identity_of_context(&h->request.identity, h->context);
	struct request request = request_again(&h->request, dispatcher);
	struct answer said;
	struct tkey tkey = answer_of(h);
	answer_start(&said, &request, out);
	/* Too long for UDP: the client begins anew by TCP, under the same name. */
	if (!tkey_put(&said, &tkey, &dispatcher->arena) && h->context)
		gss_context_remove(gss_thread_contexts(h->request.core->gss_thread), h->context);
	answer_finish(&said, dispatcher->snapshot.keys, request.now);
}

static void gss_job_free(struct pending *pending)
{
	struct gss_job *h = gss_thread_gss_job_of(pending);
	gss_context_release(h->context);
	request_kept_end(&h->request);
	free(h->token);
	free(h);
}

static const struct pending_kind gss_job_kind = {
	.post = gss_thread_post,
	.answer = gss_thread_answer,
	.free = gss_job_free,
};

/* For a client that leaves the name to us (RFC 2930 2.1). */
static void invent_name(struct dns_name *name)
{
	uint8_t random[INVENTED_BYTES];
	char text[2 * INVENTED_BYTES + 1];
	if (getrandom(random, sizeof random, 0) != sizeof random)
		abort();
	for (size_t i = 0; i < sizeof random; i++)
		snprintf(text + 2 * i, 3, "%02x", random[i]);
	const char *problem = dns_name_parse_text(name, text);
	assert(!problem);
}

struct gss_thread *gss_thread_start(struct core *core, const struct gss_thread_options *options)
{
	struct gss_thread *all = calloc(1, sizeof *all);
	assert(all);
	all->core = core;
	all->hash_key = hash_key_random();
	all->keytab = gss_keytab_new(options->keytab);
	all->contexts = gss_context_table_new(&options->limits, &gss_mechanism);
	all->gss_negotiations = gss_negotiations_new(gss_mechanism.free);
	all->token_replay = token_replay_new();
	queue_init(&all->queue, GSS_THREAD_WAITING, NULL, NULL);
	gss_keytab_renew(all->keytab);
	log_keytab(all);
	int failed = pthread_create(&all->thread, NULL, gss_thread_run, all);
	assert(!failed);
	return all;
}

void gss_thread_stop(struct gss_thread *all)
{
	all->is_stopping = true;
	queue_close(&all->queue);
	pthread_join(all->thread, NULL);
	gss_negotiations_free(all->gss_negotiations);
	token_replay_free(all->token_replay);
	gss_context_table_free(all->contexts);
	gss_keytab_free(all->keytab);
	queue_free(&all->queue);
	free(all);
}

struct gss_context_table *gss_thread_contexts(struct gss_thread *all)
{
	return all ? all->contexts : NULL;
}

struct gss_keytab *gss_thread_keytab(struct gss_thread *all)
{
	return all ? all->keytab : NULL;
}

uint64_t gss_thread_version_failed(const struct gss_thread *all)
{
	return atomic_load(&all->version_failed);
}

int64_t gss_thread_skew(const struct gss_thread *all)
{
	return atomic_load(&all->skew);
}

struct pending *gss_thread_make(const struct request *asked)
{
	size_t len = asked->msg->packet.len;
	struct gss_job *h = calloc(1, sizeof *h + len);
	assert(h);
	request_keep(&h->request, asked, h->packet);
	bool is_found = tkey_find(&h->request.msg, &h->tkey);
	assert(is_found);
	if (h->tkey.key.labels == 0)
		invent_name(&h->tkey.key);
	h->pending.kind = &gss_job_kind;
	h->pending.bytes = sizeof *h + len;
	return &h->pending;
}
