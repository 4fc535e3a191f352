/* SPDX-License-Identifier: BSD-2-Clause */
#include "nameserver/key_uses.h"
#include "acl/keyring.h"
#include "nameserver/core.h"
#include <assert.h>
#include <pthread.h>
#include <stdlib.h>

#define PROBES_MAX 16 /* places that are looked at for a key */

struct use {
	struct dns_name key; /* no labels: free */
	uint64_t at;
	struct addr source;
	bool is_new; /* not yet left for the writer */
};

struct key_uses {
	pthread_mutex_t lock;
	struct use use[KEY_USES_MAX];
};

/* Uses on their way to the writer. */
struct note {
	struct writer_job job;
	size_t count;
	struct use use[];
};

/* With the lock held. NULL: it is not there, and with `free` no place is left. */
static struct use *place_of(struct key_uses *uses, const struct dns_name *key, bool wants_free)
{
	uint32_t hash = 2166136261u; /* FNV-1a; keys are the administrator's */
	for (size_t i = 0; i < key->len; i++)
		hash = (hash ^ key->wire[i]) * 16777619u;
	for (size_t i = 0; i < PROBES_MAX; i++) {
		struct use *use = &uses->use[(hash + i) % KEY_USES_MAX];
		if (use->key.labels == 0)
			return wants_free ? use : NULL;
		if (dns_name_equal(&use->key, key))
			return use;
	}
	return NULL;
}

static void note_run(struct writer_job *job, struct store_txn *txn)
{
	struct note *note = (struct note *)(void *)job;
	for (size_t i = 0; i < note->count; i++)
		keyring_used(txn, &note->use[i].key, note->use[i].at, &note->use[i].source);
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
	free(uses);
}

void key_uses_note(struct key_uses *uses, const struct dns_name *key, uint64_t now,
		   const struct addr *source)
{
	pthread_mutex_lock(&uses->lock);
	struct use *use = place_of(uses, key, true);
	if (use) {
		use->key = *key;
		use->at = now;
		use->source = *source;
		use->is_new = true;
	}
	pthread_mutex_unlock(&uses->lock);
}

bool key_uses_find(struct key_uses *uses, const struct dns_name *key, uint64_t *used,
		   struct addr *source)
{
	pthread_mutex_lock(&uses->lock);
	const struct use *use = place_of(uses, key, false);
	if (use) {
		*used = use->at;
		*source = use->source;
	}
	pthread_mutex_unlock(&uses->lock);
	return use != NULL;
}

void key_uses_flush(struct core *core)
{
	struct key_uses *uses = core->key_uses;
	struct note *note = calloc(1, sizeof(*note) + sizeof(uses->use));
	assert(note);
	note->job.run = note_run;
	note->job.done = note_done;
	pthread_mutex_lock(&uses->lock);
	for (size_t i = 0; i < KEY_USES_MAX; i++) {
		if (!uses->use[i].is_new)
			continue;
		uses->use[i].is_new = false;
		note->use[note->count++] = uses->use[i];
	}
	pthread_mutex_unlock(&uses->lock);
	if (note->count == 0 || !writer_post(core->writer, &note->job, WRITER_IDLE))
		free(note);
}
