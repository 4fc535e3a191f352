/* SPDX-License-Identifier: BSD-2-Clause */
/* What another store's server refused goes with its log, if it is what this backup's server refused
 * later. */
#include "journal/chain.h"
#include "journal/index.h"
#include "vault/commits.h"
#include "vault/restore.h"
#include <string.h>

struct refusals_copy {
	struct commits batch;
	enum journal_log log;
	struct arena arena;
};

/* Whether a log of the other store holds what the backup has of it; what is pruned there, or empty
 * here, says nothing against it. */
static bool is_same_log(struct store_txn *here, struct store_txn *there, enum journal_log log)
{
	struct entry entry;
	struct arena arena = {0};
	struct journal_link head = journal_log_head(here, log), base = journal_log_base(there, log);
	if (head.seq == 0 || head.seq < base.seq)
		return true;
	const uint8_t *digest = base.digest;
	bool is_there = head.seq == base.seq;
	if (!is_there) {
		is_there = journal_log_read(there, log, head.seq, &entry, &arena);
		digest = entry.digest;
	}
	bool is_same = is_there && memcmp(digest, head.digest, DIGEST_LEN) == 0;
	arena_free(&arena);
	return is_same;
}

static bool is_whole_log(struct store_txn *there, enum journal_log log)
{
	struct journal_chain chain = {.log = log};
	return journal_chain_step(&chain, there, UINT64_MAX) == JOURNAL_CHAIN_WHOLE;
}

/* Each log is of the same server, and can be read. Errors of reading are answers here. */
static bool are_same_refusals(struct store_txn *here, struct store_txn *there,
			      const struct store_inspection *found)
{
	bool is_same = true;
	for (unsigned i = JOURNAL_SIGNED; i < JOURNAL_LOGS && is_same; i++) {
		enum journal_log log = (enum journal_log)i;
		is_same = !found->is_table_broken[journal_log_tables(log).entries] &&
			  !found->is_table_broken[STORE_LOCAL] && is_whole_log(there, log) &&
			  is_same_log(here, there, log);
	}
	there->error = STORE_OK;
	return is_same;
}

static bool copy_refusal(void *context, const struct store_row *row)
{
	struct refusals_copy *copy = context;
	struct bytes packed;
	const uint8_t *digest;
	struct entry entry;
	arena_reset(&copy->arena);
	if (!journal_split(row->value, &packed, &digest) ||
	    !entry_unpack(&entry, packed, &copy->arena)) {
		store_fail(&copy->batch.txn, STORE_CORRUPT);
		return false;
	}
	store_append(&copy->batch.txn, journal_log_tables(copy->log).entries, row->key, row->value);
	index_add(&copy->batch.txn, &entry);
	return commits_step(&copy->batch);
}

/* Empties both logs here, and fills them from there, if there is one. */
static enum store_error fill_refusals(struct store *store, struct store_txn *there)
{
	struct refusals_copy copy = {.log = JOURNAL_SIGNED};
	commits_begin(&copy.batch, store);
	for (unsigned i = JOURNAL_SIGNED; i < JOURNAL_LOGS; i++) {
		copy.log = (enum journal_log)i;
		journal_log_empty(&copy.batch.txn, copy.log);
		if (!there)
			continue;
		struct journal_link head = journal_log_head(there, copy.log);
		struct journal_link base = journal_log_base(there, copy.log);
		store_scan(there, journal_log_tables(copy.log).entries, copy_refusal, &copy);
		if (base.seq)
			journal_log_set_base(&copy.batch.txn, copy.log, &base);
		if (head.seq)
			journal_log_set_head(&copy.batch.txn, copy.log, &head);
	}
	arena_free(&copy.arena);
	enum store_error error = commits_end(&copy.batch);
	return error ? error : there ? there->error : STORE_OK;
}

bool restore_refusals(struct store *store, struct store_txn *there,
		      const struct store_inspection *found, struct report *report,
		      struct restore_result *result)
{
	struct store_txn here;
	store_read_begin(store, &here);
	result->has_refusals = are_same_refusals(&here, there, found);
	enum store_error error = here.error;
	store_read_end(&here);
	if (!error)
		error = fill_refusals(store, result->has_refusals ? there : NULL);
	return !error || report_fail(report, "the logs of refusals cannot be made: %s",
				     store_error_text(error));
}
