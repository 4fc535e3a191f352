/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * What the writer keeps in memory for updates: zones and keys as its transaction sees them, the
 * answers to requests that may come again, the count of refusals. The writer's thread, but for
 * `denials`, which readers share.
 */
#include "base/arena.h"
#include "nameserver/duplicate_requests.h"
#include "nameserver/refusal.h"
#include "nameserver/snapshot.h"

struct writer_side {
	struct snapshot snapshot;
	struct duplicate_requests *duplicates;
	struct refusals *refusals;
	struct owned_names *owned_names;
	struct arena arena; /* one job's; reset by each */
};

/* The store key must outlive it. */
struct writer_side *writer_side_new(const struct store_key *);
void writer_side_free(struct writer_side *);

/* A transaction was thrown away (store/writer.h): what came from it is not so. `context` is the
 * writer side. */
void writer_side_forget(void *context);
