/* SPDX-License-Identifier: BSD-2-Clause */
#include "nameserver/writer_side.h"
#include "store/settings.h"
#include <assert.h>
#include <stdlib.h>

struct writer_side *writer_side_new(struct store *store, const struct store_key *store_key)
{
	struct writer_side *side = calloc(1, sizeof *side);
	assert(side);
	side->snapshot.store_key = store_key;
	side->duplicates = duplicate_requests_new(store_key);
	side->store = store;
	side->refusals = refusals_new();
	side->log_shares = log_shares_new();
	return side;
}

void writer_side_free(struct writer_side *side)
{
	snapshot_forget(&side->snapshot);
	duplicate_requests_free(side->duplicates);
	refusals_free(side->refusals);
	log_shares_free(side->log_shares);
	arena_free(&side->arena);
	free(side);
}

void writer_side_forget(void *context)
{
	struct writer_side *side = context;
	uint64_t dropped = store_settings_dropped(side->store);
	/* What a client made fail changed no settings, and costs no loading. */
	if (dropped != side->dropped)
		snapshot_forget(&side->snapshot);
	side->dropped = dropped;
	duplicate_requests_forget(side->duplicates);
}
