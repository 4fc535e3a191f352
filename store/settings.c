/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/settings.h"
#include "store/environment.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define SETTINGS_WORD "settings"

struct settings_change {
	uint64_t version; /* 0: none */
	unsigned table;
	size_t len;
	uint8_t *key;
};

struct settings {
	pthread_mutex_t lock;
	struct settings_change changes[SETTINGS_REMEMBERED];
	_Atomic uint64_t dropped;
};

static void settings_lock(struct settings *settings)
{
	int failed = pthread_mutex_lock(&settings->lock);
	assert(!failed);
}

static struct settings_change *settings_at(struct settings *settings, uint64_t version)
{
	return &settings->changes[version % SETTINGS_REMEMBERED];
}

struct settings *settings_new(void)
{
	struct settings *settings = calloc(1, sizeof *settings);
	assert(settings);
	int failed = pthread_mutex_init(&settings->lock, NULL);
	assert(!failed);
	return settings;
}

void settings_free(struct settings *settings)
{
	if (!settings)
		return;
	for (size_t i = 0; i < SETTINGS_REMEMBERED; i++)
		free(settings->changes[i].key);
	pthread_mutex_destroy(&settings->lock);
	free(settings);
}

uint64_t store_settings_version(struct store_txn *txn)
{
	return store_number(txn, SETTINGS_WORD);
}

/* Without memory for the key it is not remembered: then all is read again. */
static void settings_note(struct settings *settings, uint64_t version, unsigned table,
			  struct bytes key)
{
	uint8_t *copy = malloc(key.len + 1);
	if (copy && key.len)
		memcpy(copy, key.data, key.len);
	settings_lock(settings);
	struct settings_change *change = settings_at(settings, version);
	free(change->key);
	*change = (struct settings_change){copy ? version : 0, table, key.len, copy};
	pthread_mutex_unlock(&settings->lock);
}

void store_settings_changed(struct store_txn *txn, unsigned table, struct bytes key)
{
	uint64_t version = store_settings_version(txn) + 1;
	store_set_number(txn, SETTINGS_WORD, version);
	if (txn->error)
		return;
	txn->has_settings = true;
	settings_note(txn->store->settings, version, table, key);
}

bool store_settings_since(struct store_txn *txn, uint64_t since,
			  void (*each)(void *context, unsigned table, struct bytes key),
			  void *context)
{
	struct settings *settings = txn->store->settings;
	uint64_t until = store_settings_version(txn);
	uint8_t key[STORE_ROW_KEY_MAX];
	if (until < since || until - since > SETTINGS_REMEMBERED)
		return false;
	for (uint64_t version = since + 1; version <= until; version++) {
		settings_lock(settings);
		struct settings_change change = *settings_at(settings, version);
		bool is_known = change.version == version && change.len <= sizeof key;
		if (is_known)
			memcpy(key, change.key, change.len);
		pthread_mutex_unlock(&settings->lock);
		if (!is_known)
			return false;
		each(context, change.table, bytes_of(key, change.len));
	}
	return true;
}

void settings_drop(struct store_txn *txn)
{
	txn->store->settings->dropped += txn->has_settings;
	txn->has_settings = false;
}

uint64_t store_settings_dropped(const struct store *store)
{
	return store->settings->dropped;
}
