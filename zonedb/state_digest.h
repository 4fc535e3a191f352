/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Computes the digest of state: SHA-256 over all decided state, written as lines of ASCII. State is
 * a function of the log, so two stores with the same log have the same digest, although their
 * internal numbers may differ.
 *
 *      server retention age="34560000"
 *      zone corp.example update="secure" ...
 *      rules corp.example zone="corp.example" text="allow ..."
 *      record corp.example www.corp.example 3600 A stamp=1000 class=dynamic owner="key:a" 10.0.0.7
 *
 * First the rows of the server, groups, keys, runs and deleted zones; then each zone in canonical
 * order: its row, rules, reservations and notes, its records; last, rows of zones that are not
 * there. A row of state is its table, its key in words, and its fields in their order; a zone's
 * number is left out, its apex stands instead. Values are quoted: \" \\ \n, other bytes that are
 * not printable ASCII as \xHH. Sealed secrets are what is stored. Local state, indexes and the log
 * are not part of it. A record that is a guest's has `guest=on` behind its owner, one with windows
 * of its own `windows=NO-REFRESH/REFRESH`, in seconds.
 *
 * Reads one snapshot, in bounded memory but for what `at` costs (journal/state_at.h,
 * zonedb/zone_at.h). Any thread.
 */
#include "base/digest.h"
#include "store/store.h"

/* What is said where `unknown` is set. */
#define STATE_DIGEST_UNKNOWN                                                                       \
	"settings, rules, groups and keys are known as of entry %llu and later ones: before, a "   \
	"version of tenure logged them as words"

struct state_digest_options {
	/* As it was after that entry, to which the log must reach back; the last entry's seq: as it
	 * is. */
	uint64_t at;
	/* Called with each line, without its end; false ends the walk. May be NULL. */
	bool (*line)(void *context, struct bytes line);
	/* Called now and then; false ends the walk. May be NULL. */
	bool (*goes_on)(void *context);
	void *context;
};

struct state_digest_result {
	uint8_t digest[DIGEST_LEN];
	uint64_t lines;
	uint64_t unknown; /* `at` cannot be reached: rows are known as of this later entry */
};

/* False: a function of the options ended it, `unknown` is set, or the transaction failed. */
bool state_digest(struct store_txn *, const struct state_digest_options *,
		  struct state_digest_result *);
