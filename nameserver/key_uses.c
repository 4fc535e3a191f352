/* SPDX-License-Identifier: BSD-2-Clause */
#include "nameserver/key_uses.h"
#include "base/container.h"
#include "base/hash_table.h"
#include "journal/state.h"
#include "nameserver/core.h"
#include <assert.h>
#include <pthread.h>
#include <stdlib.h>

#define WORD      "key-use:"
#define WORD_MAX  (sizeof(WORD) + DNS_NAME_KEY_MAX)
#define VALUE_MAX (8 + ADDR_TEXT_MAX)

struct use {
	struct hash_link link;
	struct dns_name key;
	uint64_t at;
	struct addr source;
	bool is_new; /* not yet left for the writer */
};

struct key_uses {
	pthread_mutex_t lock;
	struct hash_table by_key;
	struct hash_link *free; /* of `use`, places of keys that were deleted */
	size_t taken;           /* of `use`, what is in the table or free */
	struct use use[KEY_USES_MAX];
};

/* Uses on their way to the writer. */
struct note {
	struct writer_job job;
	size_t count;
	struct use use[];
};

static bool use_is_of(const struct hash_link *link, const void *key)
{
	return dns_name_equal(&container_of(link, const struct use, link)->key, key);
}

/* With the lock held. NULL: it is not there. */
static struct use *use_find(const struct key_uses *uses, const struct dns_name *key)
{
	struct hash_link *link = hash_table_find(&uses->by_key, dns_name_hash(key), use_is_of, key);
	return link ? container_of(link, struct use, link) : NULL;
}

/* With the lock held. NULL: no place is left. */
static struct use *use_make(struct key_uses *uses, const struct dns_name *key)
{
	struct use *use;
	if (uses->free) {
		use = container_of(uses->free, struct use, link);
		uses->free = use->link.next;
	} else if (uses->taken < KEY_USES_MAX) {
		use = &uses->use[uses->taken++];
	} else {
		return NULL;
	}
	use->key = *key;
	hash_table_put(&uses->by_key, &use->link, dns_name_hash(key));
	return use;
}

static struct bytes key_uses_word_of(const struct dns_name *key, uint8_t buffer[WORD_MAX])
{
	struct dns_name root = dns_name_root();
	memcpy(buffer, WORD, sizeof(WORD) - 1);
	return bytes_of(buffer,
			sizeof(WORD) - 1 + dns_name_key(buffer + sizeof(WORD) - 1, key, &root));
}

/* Keys of names that fill STORE_ROW_KEY_MAX have no room for the word. */
static bool has_word(struct bytes word)
{
	return word.len <= STORE_ROW_KEY_MAX;
}

/* Of a key that is still there. */
static void use_write(struct store_txn *txn, const struct use *use)
{
	uint8_t buffer[WORD_MAX], value[VALUE_MAX], key[STATE_KEY_MAX];
	char from[ADDR_TEXT_MAX];
	struct bytes row, word = key_uses_word_of(&use->key, buffer);
	struct bytes_out out = bytes_out_of(value, sizeof(value));
	if (!has_word(word) || !state_get(txn, STATE_KEY, state_key_apex(&use->key, key), &row))
		return;
	addr_print_host(&use->source, from);
	bytes_out_u64(&out, use->at);
	bytes_out_put(&out, from, strlen(from));
	store_put(txn, STORE_LOCAL, word, bytes_of(value, bytes_out_len(&out)));
}

static bool use_read(struct store_txn *txn, const struct dns_name *key, uint64_t *used,
		     char from[ADDR_TEXT_MAX])
{
	uint8_t buffer[WORD_MAX];
	struct bytes value, word = key_uses_word_of(key, buffer);
	if (!has_word(word) || !store_get(txn, STORE_LOCAL, word, &value))
		return false;
	struct bytes_in in = bytes_in_of(value.data, value.len);
	uint64_t at = bytes_in_u64(&in);
	size_t len = bytes_in_left(&in);
	if (in.bad || len >= ADDR_TEXT_MAX) {
		store_fail(txn, STORE_CORRUPT);
		return false;
	}
	*used = at;
	memcpy(from, in.at, len);
	from[len] = '\0';
	return true;
}

static void note_run(struct writer_job *job, struct store_txn *txn)
{
	struct note *note = container_of(job, struct note, job);
	for (size_t i = 0; i < note->count; i++)
		use_write(txn, &note->use[i]);
}

static void note_done(struct writer_job *job, enum store_error error)
{
	(void)error; /* the writer says what failed */
	free(job);
}

struct key_uses *key_uses_new(void)
{
	struct key_uses *uses = calloc(1, sizeof(*uses));
	assert(uses);
	pthread_mutex_init(&uses->lock, NULL);
	return uses;
}

void key_uses_free(struct key_uses *uses)
{
	pthread_mutex_destroy(&uses->lock);
	hash_table_free(&uses->by_key);
	free(uses);
}

void key_uses_note(struct key_uses *uses, const struct dns_name *key, uint64_t now,
		   const struct addr *source)
{
	pthread_mutex_lock(&uses->lock);
	struct use *use = use_find(uses, key);
	if (!use)
		use = use_make(uses, key);
	if (use) {
		use->at = now;
		use->source = *source;
		use->is_new = true;
	}
	pthread_mutex_unlock(&uses->lock);
}

bool key_uses_recent(struct key_uses *uses, const struct dns_name *key, uint64_t *used,
		     char from[ADDR_TEXT_MAX])
{
	pthread_mutex_lock(&uses->lock);
	const struct use *use = use_find(uses, key);
	if (use) {
		*used = use->at;
		addr_print_host(&use->source, from);
	}
	pthread_mutex_unlock(&uses->lock);
	return use != NULL;
}

bool key_uses_find(struct key_uses *uses, struct store_txn *txn, const struct dns_name *key,
		   uint64_t *used, char from[ADDR_TEXT_MAX])
{
	return key_uses_recent(uses, key, used, from) || use_read(txn, key, used, from);
}

void key_uses_forget(struct key_uses *uses, struct store_txn *txn, const struct dns_name *key)
{
	uint8_t buffer[WORD_MAX];
	struct bytes word = key_uses_word_of(key, buffer);
	pthread_mutex_lock(&uses->lock);
	struct use *use = use_find(uses, key);
	if (use) {
		hash_table_remove(&uses->by_key, &use->link);
		use->is_new = false;
		use->link.next = uses->free;
		uses->free = &use->link;
	}
	pthread_mutex_unlock(&uses->lock);
	if (has_word(word))
		store_del(txn, STORE_LOCAL, word);
}

void key_uses_flush(struct core *core)
{
	struct key_uses *uses = core->key_uses;
	struct note *note = calloc(1, sizeof(*note) + sizeof(uses->use));
	assert(note);
	note->job.run = note_run;
	note->job.done = note_done;
	pthread_mutex_lock(&uses->lock);
	for (size_t i = 0; i < uses->taken; i++) {
		if (!uses->use[i].is_new)
			continue;
		uses->use[i].is_new = false;
		note->use[note->count++] = uses->use[i];
	}
	pthread_mutex_unlock(&uses->lock);
	if (note->count == 0 || !writer_post(core->writer, &note->job, WRITER_IDLE))
		free(note);
}
