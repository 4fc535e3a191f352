/* SPDX-License-Identifier: BSD-2-Clause */
#include "nameserver/snapshot.h"

/* Zones and keys as of the transaction, loaded anew only when settings have changed. */
static bool snapshot_load(struct snapshot *snapshot)
{
	uint64_t version = store_settings_version(snapshot->txn);
	if (snapshot->is_loaded && version == snapshot->version)
		return snapshot_is_whole(snapshot);
	snapshot_forget(snapshot);
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

bool snapshot_is_whole(const struct snapshot *snapshot)
{
	return snapshot->is_loaded && snapshot->txn->error == STORE_OK;
}

void snapshot_rest(struct snapshot *snapshot)
{
	if (snapshot->is_resting)
		return;
	store_read_reset(&snapshot->own);
	snapshot->is_resting = true;
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
