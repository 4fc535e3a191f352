/* SPDX-License-Identifier: BSD-2-Clause */
#include "acl/gss_context.h"
#include "base/hash_table.h"
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

/* In one of the lists that are kept by last use. */
struct place {
	struct gss_context *older, *newer;
};

struct ages {
	struct gss_context *oldest, *newest;
	size_t count;
};

/* A principal that has contexts. */
struct client {
	struct hash_link link;
	struct ages ages;
	char text[];
};

enum { OF_ALL, OF_CLIENT, AGES };

struct gss_context {
	struct hash_link of_key;
	struct place place[AGES];
	struct client *client; /* while it is listed */
	const struct gss_context_mechanism *mechanism;
	void *security;
	pthread_mutex_t lock; /* of `security` */
	atomic_uint holders;
	size_t heap_at; /* in the heap of ends */
	bool is_listed, is_of_windows;
	enum gss_context_algorithm algorithm;
	uint64_t expires;
	struct addr source;
	uint8_t token[DIGEST_LEN];
	size_t answer_len;
	uint8_t *answer; /* behind the principal */
	struct dns_name key;
	char who[]; /* its text; then the answer */
};

struct gss_context_table {
	pthread_mutex_t lock;
	struct gss_context_limits limits;
	const struct gss_context_mechanism *mechanism;
	/* Only those who have proved who they are put anything in, and few of each. */
	struct hash_table by_key, clients;
	struct ages ages;
	struct gss_context **heap; /* limits.total of them: the first ends first */
	struct gss_context_counts counts;
};

static void gss_context_lock(pthread_mutex_t *mutex)
{
	int failed = pthread_mutex_lock(mutex);
	assert(!failed);
}

static void gss_context_unlock(pthread_mutex_t *mutex)
{
	int failed = pthread_mutex_unlock(mutex);
	assert(!failed);
}

static bool gss_context_is_named(const struct hash_link *link, const void *key)
{
	return dns_name_equal(&container_of(link, const struct gss_context, of_key)->key, key);
}

static bool client_is(const struct hash_link *link, const void *who)
{
	return strcmp(container_of(link, const struct client, link)->text, who) == 0;
}

static uint64_t client_hash(const char *who)
{
	return hash_bytes(bytes_of(who, strlen(who)));
}

/* NULL: it has no context. */
static struct client *client_find(const struct gss_context_table *t, const char *who)
{
	struct hash_link *link = hash_table_find(&t->clients, client_hash(who), client_is, who);
	return link ? container_of(link, struct client, link) : NULL;
}

static struct client *client_make(struct gss_context_table *t, const char *who)
{
	size_t size = strlen(who) + 1;
	struct client *client = calloc(1, sizeof *client + size);
	assert(client);
	memcpy(client->text, who, size);
	hash_table_put(&t->clients, &client->link, client_hash(who));
	return client;
}

static void client_forget(struct gss_context_table *t, struct client *client)
{
	hash_table_remove(&t->clients, &client->link);
	free(client);
}

static void gss_context_digest_of(struct bytes token, uint8_t out[DIGEST_LEN])
{
	digest_sha256(&token, 1, out);
}

static struct gss_context *gss_context_new(const struct gss_context_mechanism *mechanism,
					   const struct gss_context_made *made)
{
	size_t who_size = strlen(made->who.text) + 1;
	struct gss_context *c = calloc(1, sizeof *c + who_size + made->answer.len);
	assert(c);
	int failed = pthread_mutex_init(&c->lock, NULL);
	assert(!failed);
	c->mechanism = mechanism;
	c->security = made->security;
	c->algorithm = made->algorithm;
	c->expires = made->expires;
	c->is_of_windows = made->is_of_windows;
	c->source = made->source;
	gss_context_digest_of(made->token, c->token);
	c->key = made->key;
	memcpy(c->who, made->who.text, who_size);
	c->answer = (uint8_t *)c->who + who_size;
	c->answer_len = made->answer.len;
	if (made->answer.len > 0)
		memcpy(c->answer, made->answer.data, made->answer.len);
	atomic_init(&c->holders, 1);
	return c;
}

static void gss_context_take_out(struct ages *ages, int which, struct gss_context *c)
{
	struct place *place = &c->place[which];
	*(place->older ? &place->older->place[which].newer : &ages->oldest) = place->newer;
	*(place->newer ? &place->newer->place[which].older : &ages->newest) = place->older;
	*place = (struct place){NULL, NULL};
	ages->count--;
}

static void put_newest(struct ages *ages, int which, struct gss_context *c)
{
	c->place[which].older = ages->newest;
	*(ages->newest ? &ages->newest->place[which].newer : &ages->oldest) = c;
	ages->newest = c;
	ages->count++;
}

static void age_unlink(struct gss_context_table *t, struct gss_context *c)
{
	gss_context_take_out(&t->ages, OF_ALL, c);
	gss_context_take_out(&c->client->ages, OF_CLIENT, c);
}

static void age_link(struct gss_context_table *t, struct gss_context *c)
{
	put_newest(&t->ages, OF_ALL, c);
	put_newest(&c->client->ages, OF_CLIENT, c);
}

static void heap_set(struct gss_context_table *t, size_t at, struct gss_context *c)
{
	t->heap[at] = c;
	c->heap_at = at;
}

/* `c` takes its place above or below `at`, which is free. */
static void heap_settle(struct gss_context_table *t, size_t at, struct gss_context *c)
{
	size_t count = t->counts.live;
	for (; at > 0 && c->expires < t->heap[(at - 1) / 2]->expires; at = (at - 1) / 2)
		heap_set(t, at, t->heap[(at - 1) / 2]);
	for (size_t child; (child = 2 * at + 1) < count; at = child) {
		if (child + 1 < count && t->heap[child + 1]->expires < t->heap[child]->expires)
			child++;
		if (c->expires <= t->heap[child]->expires)
			break;
		heap_set(t, at, t->heap[child]);
	}
	heap_set(t, at, c);
}

/* The counts have it no longer: the last of the heap fills its place. */
static void heap_remove(struct gss_context_table *t, const struct gss_context *c)
{
	struct gss_context *last = t->heap[t->counts.live];
	if (last != c)
		heap_settle(t, c->heap_at, last);
}

static void gss_context_list(struct gss_context_table *t, struct gss_context *c)
{
	struct client *client = client_find(t, c->who);
	hash_table_put(&t->by_key, &c->of_key, dns_name_hash_secret(&c->key));
	c->client = client ? client : client_make(t, c->who);
	age_link(t, c);
	c->is_listed = true;
	t->counts.live++;
	heap_settle(t, t->counts.live - 1, c);
	gss_context_hold(c);
}

/* With the lock. Removes the table's reference, which is not the last while a caller has one. */
static void gss_context_unlist(struct gss_context_table *t, struct gss_context *c)
{
	hash_table_remove(&t->by_key, &c->of_key);
	age_unlink(t, c);
	if (c->client->ages.count == 0)
		client_forget(t, c->client);
	c->client = NULL;
	c->is_listed = false;
	t->counts.live--;
	heap_remove(t, c);
	gss_context_release(c);
}

static void acl_gss_context_expire(struct gss_context_table *t, struct gss_context *c)
{
	t->counts.expired++;
	gss_context_unlist(t, c);
}

static struct gss_context *acl_gss_context_find(struct gss_context_table *t,
						const struct dns_name *key, uint64_t now)
{
	struct hash_link *link =
		hash_table_find(&t->by_key, dns_name_hash_secret(key), gss_context_is_named, key);
	if (!link)
		return NULL;
	struct gss_context *c = container_of(link, struct gss_context, of_key);
	if (c->expires > now)
		return c;
	acl_gss_context_expire(t, c);
	return NULL;
}

/* Makes room for one more of this principal, and for one more at all. */
static void gss_context_make_room(struct gss_context_table *t, const char *who)
{
	const struct client *client = client_find(t, who);
	struct gss_context *oldest = NULL;
	if (client && client->ages.count >= t->limits.per_principal)
		oldest = client->ages.oldest;
	else if (t->counts.live >= t->limits.total)
		oldest = t->ages.oldest;
	if (!oldest)
		return;
	t->counts.evicted++;
	gss_context_unlist(t, oldest);
}

static struct bytes gss_context_join(const struct bytes *pieces, size_t count)
{
	size_t len = 0;
	for (size_t i = 0; i < count; i++)
		len += pieces[i].len;
	uint8_t *data = malloc(len);
	assert(data || len == 0);
	struct bytes_out out = bytes_out_of(data, len);
	for (size_t i = 0; i < count; i++)
		bytes_out_put(&out, pieces[i].data, pieces[i].len);
	return bytes_of(data, len);
}

bool gss_context_algorithm_of(const struct dns_name *name, enum gss_context_algorithm *algorithm)
{
	for (int i = GSS_CONTEXT_TSIG; i <= GSS_CONTEXT_MICROSOFT; i++) {
		struct dns_name ours = gss_context_algorithm_name((enum gss_context_algorithm)i);
		if (!dns_name_equal(name, &ours))
			continue;
		*algorithm = (enum gss_context_algorithm)i;
		return true;
	}
	return false;
}

struct dns_name gss_context_algorithm_name(enum gss_context_algorithm algorithm)
{
	struct dns_name name;
	const char *problem = dns_name_parse_text(
		&name, algorithm == GSS_CONTEXT_MICROSOFT ? "gss.microsoft.com" : "gss-tsig");
	assert(!problem);
	return name;
}

struct gss_context_table *gss_context_table_new(const struct gss_context_limits *limits,
						const struct gss_context_mechanism *mechanism)
{
	assert(limits->total > 0 && limits->per_principal > 0);
	struct gss_context_table *t = calloc(1, sizeof *t);
	assert(t);
	int failed = pthread_mutex_init(&t->lock, NULL);
	assert(!failed);
	t->limits = *limits;
	t->heap = calloc(limits->total, sizeof(struct gss_context *));
	assert(t->heap);
	t->mechanism = mechanism;
	return t;
}

void gss_context_table_free(struct gss_context_table *t)
{
	while (t->ages.oldest)
		gss_context_unlist(t, t->ages.oldest);
	pthread_mutex_destroy(&t->lock);
	hash_table_free(&t->by_key);
	hash_table_free(&t->clients);
	free(t->heap);
	free(t);
}

struct gss_context *gss_context_put(struct gss_context_table *t,
				    const struct gss_context_made *made, uint64_t now)
{
	struct gss_context *c = NULL;
	gss_context_lock(&t->lock);
	if (!acl_gss_context_find(t, &made->key, now)) {
		gss_context_make_room(t, made->who.text);
		c = gss_context_new(t->mechanism, made);
		gss_context_list(t, c);
	}
	gss_context_unlock(&t->lock);
	return c;
}

struct gss_context *gss_context_find(struct gss_context_table *t, const struct dns_name *key,
				     uint64_t now)
{
	gss_context_lock(&t->lock);
	struct gss_context *c = acl_gss_context_find(t, key, now);
	if (c) {
		age_unlink(t, c);
		age_link(t, c);
		gss_context_hold(c);
	}
	gss_context_unlock(&t->lock);
	return c;
}

struct gss_context *gss_context_hold(struct gss_context *c)
{
	atomic_fetch_add_explicit(&c->holders, 1, memory_order_relaxed);
	return c;
}

void gss_context_release(struct gss_context *c)
{
	if (!c || atomic_fetch_sub_explicit(&c->holders, 1, memory_order_acq_rel) > 1)
		return;
	c->mechanism->free(c->security);
	pthread_mutex_destroy(&c->lock);
	free(c);
}

void gss_context_remove(struct gss_context_table *t, struct gss_context *c)
{
	gss_context_lock(&t->lock);
	if (c->is_listed)
		gss_context_unlist(t, c);
	gss_context_unlock(&t->lock);
}

void gss_context_expire(struct gss_context_table *t, uint64_t now)
{
	gss_context_lock(&t->lock);
	while (t->counts.live > 0 && t->heap[0]->expires <= now)
		acl_gss_context_expire(t, t->heap[0]);
	gss_context_unlock(&t->lock);
}

void gss_context_counts(struct gss_context_table *t, struct gss_context_counts *counts)
{
	gss_context_lock(&t->lock);
	*counts = t->counts;
	gss_context_unlock(&t->lock);
}

const struct dns_name *gss_context_key(const struct gss_context *c)
{
	return &c->key;
}

enum gss_context_algorithm gss_context_algorithm(const struct gss_context *c)
{
	return c->algorithm;
}

struct who gss_context_who(const struct gss_context *c)
{
	struct who who = {.kind = WHO_GSS};
	memcpy(who.text, c->who, strlen(c->who) + 1);
	return who;
}

bool gss_context_is_of_windows(const struct gss_context *c)
{
	return c->is_of_windows;
}

uint64_t gss_context_expires(const struct gss_context *c)
{
	return c->expires;
}

struct bytes gss_context_answer(const struct gss_context *c)
{
	return bytes_of(c->answer, c->answer_len);
}

bool gss_context_is_of(const struct gss_context *c, const struct addr *source, struct bytes token)
{
	char then[ADDR_TEXT_MAX], now[ADDR_TEXT_MAX];
	uint8_t digest[DIGEST_LEN];
	addr_print_host(&c->source, then);
	addr_print_host(source, now);
	gss_context_digest_of(token, digest);
	return strcmp(then, now) == 0 && memcmp(digest, c->token, DIGEST_LEN) == 0;
}

bool gss_context_verify(struct gss_context *c, const struct bytes *pieces, size_t count,
			struct bytes mic)
{
	struct bytes message = gss_context_join(pieces, count);
	gss_context_lock(&c->lock);
	bool is_right = c->mechanism->verify(c->security, message, mic);
	gss_context_unlock(&c->lock);
	free((void *)(uintptr_t)message.data);
	return is_right;
}

size_t gss_context_sign(struct gss_context *c, const struct bytes *pieces, size_t count,
			uint8_t mic[GSS_CONTEXT_MIC_MAX])
{
	struct bytes message = gss_context_join(pieces, count);
	gss_context_lock(&c->lock);
	size_t len = c->mechanism->sign(c->security, message, mic);
	gss_context_unlock(&c->lock);
	free((void *)(uintptr_t)message.data);
	return len;
}
