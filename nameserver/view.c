/* SPDX-License-Identifier: BSD-2-Clause */
#include "nameserver/view.h"

/* Zones and keys as of the transaction, loaded anew only when settings have changed. */
static bool load(struct view *view)
{
	uint64_t version = store_settings_version(view->txn);
	if (view->is_loaded && version == view->version)
		return view_is_whole(view);
	view_forget(view);
	if (view->txn->error != STORE_OK)
		return false;
	view->zones = zoneset_load(view->txn);
	view->keys = keyring_load(view->txn);
	view->groups = groups_load(view->txn);
	view->rules = rulebook_load(view->txn);
	view->version = version;
	view->is_loaded = view->txn->error == STORE_OK;
	return view->is_loaded;
}

void view_open(struct view *view, struct store *store)
{
	*view = (struct view){0};
	store_read_begin(store, &view->own);
	view->txn = &view->own;
	view_rest(view);
}

void view_close(struct view *view)
{
	view_forget(view);
	if (view->txn == &view->own)
		store_read_end(&view->own);
	view->txn = NULL;
}

bool view_renew(struct view *view)
{
	view_rest(view);
	store_read_renew(&view->own);
	view->is_resting = false;
	return load(view);
}

bool view_is_whole(const struct view *view)
{
	return view->is_loaded && view->txn->error == STORE_OK;
}

void view_rest(struct view *view)
{
	if (view->is_resting)
		return;
	store_read_reset(&view->own);
	view->is_resting = true;
}

bool view_use(struct view *view, struct store_txn *txn)
{
	view->txn = txn;
	return load(view);
}

void view_forget(struct view *view)
{
	if (view->zones)
		zoneset_free(view->zones);
	if (view->keys)
		keyring_free(view->keys);
	groups_free(view->groups);
	rulebook_free(view->rules);
	view->zones = NULL;
	view->keys = NULL;
	view->groups = NULL;
	view->rules = NULL;
	view->is_loaded = false;
}
