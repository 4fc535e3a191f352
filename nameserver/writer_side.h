/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * The memory of the writer's thread for updates: its snapshot and the duplicate request cache.
 * `refusals` and `log_shares` are shared with other threads; the rest belongs to the writer's.
 */
#include "base/arena.h"
#include "nameserver/duplicate_requests.h"
#include "nameserver/log_share.h"
#include "nameserver/refusal.h"
#include "nameserver/snapshot.h"
#include "nameserver/tally.h"

struct writer_side {
	struct snapshot snapshot;
	struct duplicate_requests *duplicates;
	struct refusals *refusals;
	struct tally *tally;
	struct log_shares *log_shares;
	/* By which they are judged, as of that version of the settings. */
	struct retention retention;
	uint64_t log_most, retention_version;
	struct arena arena; /* of one job, which resets it */
	struct store *store;
	uint64_t dropped; /* store_settings_dropped, when the snapshot was true */
};

/* The store and the store key must remain valid. */
struct writer_side *writer_side_new(struct store *, const struct store_key *);
void writer_side_free(struct writer_side *);

/* Discards what came from a transaction that was aborted (store/writer.h). `context` is the struct
 * writer_side. */
void writer_side_forget(void *context);
