/* SPDX-License-Identifier: BSD-2-Clause */
#include "nameserver/snapshot.h"
#include "store/settings.h"

/* A row or two. */
static void snapshot_take_realms(struct snapshot *snapshot)
{
	realms_free(snapshot->realms);
	snapshot->realms = realms_load(snapshot->txn);
}

static void snapshot_take_row(void *context, unsigned table, struct bytes key)
{
	struct snapshot *snapshot = context;
	snapshot->rows_read++;
	if (table == STATE_ZONE)
		zoneset_update(snapshot->zones, snapshot->txn, key);
	else if (table == STATE_KEY)
		keyring_update(snapshot->keys, snapshot->txn, key);
	else if (table == STATE_GROUP)
		groups_update(snapshot->groups, snapshot->txn, key);
	else if (table == STATE_RULES)
		rulebook_update(snapshot->rules, snapshot->txn, key);
	else if (table == STATE_SERVER)
		snapshot_take_realms(snapshot);
}

/* The rows that changed since it was loaded. False: they are not known. */
static bool snapshot_update(struct snapshot *snapshot, uint64_t version)
{
	if (!store_settings_since(snapshot->txn, snapshot->version, snapshot_take_row, snapshot) ||
	    snapshot->txn->error != STORE_OK)
		return false;
	snapshot->version = version;
	return true;
}

/* Zones and keys as of the transaction; only what has changed is read again. */
static bool snapshot_load(struct snapshot *snapshot)
{
	uint64_t version = store_settings_version(snapshot->txn);
	if (snapshot->is_loaded && version == snapshot->version)
		return snapshot_is_whole(snapshot);
	if (snapshot->is_loaded && snapshot->txn->error == STORE_OK &&
	    snapshot_update(snapshot, version))
		return true;
	snapshot_forget(snapshot);
	snapshot->loads++;
	if (snapshot->txn->error != STORE_OK)
		return false;
	snapshot->zones = zoneset_load(snapshot->txn);
	snapshot->keys = keyring_load(snapshot->txn, snapshot->store_key);
	snapshot->groups = groups_load(snapshot->txn);
	snapshot->rules = rulebook_load(snapshot->txn);
	snapshot->realms = realms_load(snapshot->txn);
	snapshot->version = version;
	snapshot->is_loaded = snapshot->txn->error == STORE_OK;
	return snapshot->is_loaded;
}

void snapshot_open(struct snapshot *snapshot, struct store *store,
		   const struct store_key *store_key)
{
	*snapshot = (struct snapshot){.store_key = store_key};
	store_read_begin(store, &snapshot->own);
	snapshot->txn = &snapshot->own;
	snapshot_rest(snapshot);
}

void snapshot_close(struct snapshot *snapshot)
{
	snapshot_forget(snapshot);
	if (snapshot->txn == &snapshot->own)
		store_read_end(&snapshot->own);
	snapshot->txn = NULL;
}

bool snapshot_renew(struct snapshot *snapshot)
{
	snapshot_rest(snapshot);
	store_read_renew(&snapshot->own);
	snapshot->is_resting = false;
	return snapshot_load(snapshot);
}

void snapshot_rest(struct snapshot *snapshot)
{
	if (snapshot->is_resting)
		return;
	store_read_reset(&snapshot->own);
	snapshot->is_resting = true;
}

bool snapshot_sees(const struct snapshot *snapshot, const struct zone *zone)
{
	struct snapshot_view *view = snapshot->view;
	if (!view || (zone && view->sees(view->context, &zone->apex)))
		return true;
	view->is_short = true;
	return false;
}

bool snapshot_use(struct snapshot *snapshot, struct store_txn *txn)
{
	snapshot->txn = txn;
	return snapshot_load(snapshot);
}

void snapshot_forget(struct snapshot *snapshot)
{
	if (snapshot->zones)
		zoneset_free(snapshot->zones);
	if (snapshot->keys)
		keyring_free(snapshot->keys);
	groups_free(snapshot->groups);
	rulebook_free(snapshot->rules);
	realms_free(snapshot->realms);
	snapshot->zones = NULL;
	snapshot->keys = NULL;
	snapshot->groups = NULL;
	snapshot->rules = NULL;
	snapshot->realms = NULL;
	snapshot->is_loaded = false;
}
