/* SPDX-License-Identifier: BSD-2-Clause */
#include "journal/prune.h"
#include "journal/chain.h"
#include "journal/era.h"
#include "journal/index.h"
#include "journal/run.h"
#include "journal/state_server.h"
#include <assert.h>

/* The row of the server's state, and its field. */
#define SUBJECT   "log"
#define PRUNED_TO "pruned-to"

#define ID_LEN  4
#define SEQ_LEN 8
/* So many changes are as much work as an entry. */
#define CHANGES_OF_AN_ENTRY 16
/* Checkpoints that one slice removes; there are far fewer of them than entries. */
#define CHECKPOINTS_AT_ONCE 64

/* The oldest entry, on its way out. */
struct oldest {
	struct entry entry;
	uint64_t weight;
	uint8_t digest[DIGEST_LEN];
};

static struct bytes prune_seq_key(uint64_t seq, uint8_t buffer[SEQ_LEN])
{
	struct bytes_out out = bytes_out_of(buffer, SEQ_LEN);
	bytes_out_u64(&out, seq);
	return bytes_of(buffer, SEQ_LEN);
}

static bool read_oldest(struct store_txn *txn, enum journal_log log, uint64_t seq,
			struct oldest *oldest, struct arena *arena)
{
	uint8_t key[SEQ_LEN];
	struct bytes value, packed;
	const uint8_t *digest;
	if (!store_get(txn, journal_log_tables(log).entries, prune_seq_key(seq, key), &value))
		return false;
	/* Copied: what is deleted beside it moves what lies in the map. */
	value = bytes_of(arena_copy(arena, value.data, value.len), value.len);
	bool is_split = journal_split(value, &packed, &digest);
	if (!is_split || !entry_unpack(&oldest->entry, packed, arena) || oldest->entry.log != log) {
		store_fail(txn, is_split && entry_is_newer(packed) ? STORE_NEWER : STORE_CORRUPT);
		return false;
	}
	oldest->weight = journal_weight(value.len);
	memcpy(oldest->digest, digest, DIGEST_LEN);
	return true;
}

/* By what its time counts as: an era that was ahead ended when its clock was set back. */
static bool must_go(const struct prune_rule *rule, const struct eras *eras, const struct entry *e,
		    uint64_t log_bytes)
{
	uint64_t seq = e->log == JOURNAL_CHANGES ? e->seq : e->changes_seq;
	uint64_t us = eras_count_us(eras, seq, e->time_us);
	return us < rule->keep_us && (us < rule->before_us || log_bytes > rule->bytes);
}

static void prune_count(struct prune_result *result, const struct oldest *oldest)
{
	result->entries++;
	result->bytes += oldest->weight;
	result->last_seq = oldest->entry.seq;
	result->last_us = oldest->entry.time_us;
}

static void drop_serial(struct store_txn *txn, const struct entry *e)
{
	uint64_t seq;
	uint8_t key[SEQ_LEN];
	if (!e->has_zone || e->serial_before == e->serial_after ||
	    !journal_at_serial(txn, e->zone_id, e->serial_before, &seq) || seq != e->seq)
		return;
	struct bytes_out out = bytes_out_of(key, sizeof key);
	bytes_out_u32(&out, e->zone_id);
	bytes_out_u32(&out, e->serial_before);
	store_del(txn, STORE_LOG_SERIAL, bytes_of(key, sizeof key));
}

/* A name that went with this entry has no history any more. */
static void prune_drop_tombstone(struct store_txn *txn, const struct entry *e,
				 const struct dns_name *name)
{
	uint8_t key[ID_LEN + DNS_NAME_KEY_MAX];
	struct bytes value;
	struct bytes_out out = bytes_out_of(key, ID_LEN);
	bytes_out_u32(&out, e->zone_id);
	struct bytes at = bytes_of(key, ID_LEN + dns_name_key(key + ID_LEN, name, &e->zone));
	if (!store_get(txn, STORE_TOMBSTONES, at, &value))
		return;
	struct bytes_in in = bytes_in_of(value.data, value.len);
	if (bytes_in_u64(&in) == e->seq)
		store_del(txn, STORE_TOMBSTONES, at);
}

static void drop_tombstones(struct store_txn *txn, const struct entry *e)
{
	for (size_t i = 0; e->has_zone && i < e->change_count; i++) {
		const struct change *c = &e->changes[i];
		if (c->what == CHANGE_REMOVED && dns_name_under(&c->name, &e->zone))
			prune_drop_tombstone(txn, e, &c->name);
	}
}

/* A deleted zone whose last entry goes cannot be brought back, and has no past any more. */
static void drop_deleted_zone(struct state_edit *rows, const struct entry *e)
{
	uint8_t buffer[STATE_KEY_MAX];
	struct bytes row;
	uint64_t last;
	if (!e->has_zone)
		return;
	struct bytes key = state_key_deleted(&e->zone, e->zone_id, buffer);
	if (state_see(rows, STATE_DELETED_ZONE, key, &row) &&
	    state_row_number(row, "last-seq", &last) && last == e->seq)
		state_del(rows, STATE_DELETED_ZONE, key);
}

/* A run whose last entry goes is over, and nothing of it is left to show or undo. */
static void drop_run(struct state_edit *rows, const struct entry *e)
{
	struct run run;
	if (e->run && run_get(rows->txn, e->run, &run) && run.last_seq <= e->seq &&
	    run.state != RUN_UNDER_WAY && run.state != RUN_HELD)
		run_del(rows, e->run);
}

/* What stands beside the change log for an entry. */
static void prune_drop_beside(struct store_txn *txn, struct state_edit *rows, const struct entry *e)
{
	drop_run(rows, e);
	drop_tombstones(txn, e);
	drop_deleted_zone(rows, e);
	drop_serial(txn, e);
}

/* `base` moves on to the entry that went. */
static void prune_drop(struct store_txn *txn, struct state_edit *rows, const struct oldest *oldest,
		       struct journal_link *base)
{
	uint8_t key[SEQ_LEN];
	enum journal_log log = oldest->entry.log;
	if (log == JOURNAL_CHANGES)
		prune_drop_beside(txn, rows, &oldest->entry);
	index_drop(txn, &oldest->entry);
	store_del(txn, journal_log_tables(log).entries, prune_seq_key(oldest->entry.seq, key));
	base->seq = oldest->entry.seq;
	base->bytes += oldest->weight;
	memcpy(base->digest, oldest->digest, DIGEST_LEN);
}

/* What they state can no longer be looked at; but for the last, the base is as good. */
static void drop_checkpoints(struct store_txn *txn, uint64_t below)
{
	uint64_t seqs[CHECKPOINTS_AT_ONCE];
	size_t n = 0;
	uint8_t at[SEQ_LEN];
	struct store_walk walk;
	struct bytes key, value;
	store_walk_from(&walk, txn, STORE_CHECKPOINTS, bytes_of(NULL, 0), 0);
	while (n < CHECKPOINTS_AT_ONCE && store_walk_next(&walk, &key, &value)) {
		struct bytes_in in = bytes_in_of(key.data, key.len);
		seqs[n] = bytes_in_u64(&in);
		if (seqs[n] >= below)
			break;
		n++;
	}
	store_walk_end(&walk);
	for (size_t i = 0; i < n; i++)
		store_del(txn, STORE_CHECKPOINTS, prune_seq_key(seqs[i], at));
}

/* What was pruned, as an entry of the log: up to which seq, and the rows that went with it. */
static void log_prune(struct state_edit *rows, const struct entry *as, uint64_t entries,
		      uint64_t last)
{
	char seq[JOURNAL_LOG_SEQ_TEXT_MAX];
	struct state_row_writer row = {.arena = rows->arena};
	struct entry entry = *as;
	entry.kind = ENTRY_PRUNE;
	entry.event = EVENT_LOG_PRUNE;
	entry.reason =
		arena_print(rows->arena, "%llu entries, to entry %s", (unsigned long long)entries,
			    journal_log_print_seq(entry.log, last, seq));
	if (entry.log == JOURNAL_CHANGES) {
		state_row_put_number(&row, PRUNED_TO, last);
		server_put(rows, SUBJECT, &row);
		entry.rows = state_edit_changes(rows, &entry.row_count);
	}
	journal_append(rows->txn, &entry, rows->arena);
}

/* They end where the log's base is now. */
static void prune_finish(struct state_edit *rows, const struct entry *as,
			 const struct journal_link *base, uint64_t before)
{
	if (as->log == JOURNAL_CHANGES)
		drop_checkpoints(rows->txn, base->seq);
	journal_log_set_base(rows->txn, as->log, base);
	log_prune(rows, as, base->seq - before, base->seq);
}

uint64_t journal_pruned_to(struct store_txn *txn)
{
	uint64_t seq = 0;
	server_number(txn, SUBJECT, PRUNED_TO, &seq);
	return seq;
}

void journal_prune(struct store_txn *txn, const struct prune_rule *rule, uint64_t most,
		   const struct entry *as, struct prune_result *result)
{
	struct arena arena = {0}, kept = {0};
	struct state_edit rows = state_edit_of(txn, &kept);
	struct oldest oldest;
	struct entry of = *as;
	struct eras eras;
	struct journal_link base = journal_log_base(txn, rule->log),
			    head = journal_log_head(txn, rule->log);
	uint64_t before = base.seq;
	of.log = rule->log;
	assert(most > 0 && txn->is_write);
	eras_read(txn, &eras);
	store_use_reserve(txn);
	result->has_more = false;
	while (base.seq < head.seq && !txn->error) {
		arena_reset(&arena);
		if (!read_oldest(txn, rule->log, base.seq + 1, &oldest, &arena) ||
		    !must_go(rule, &eras, &oldest.entry, head.bytes - base.bytes))
			break;
		result->has_more = most == 0;
		if (most == 0)
			break;
		uint64_t work = 1 + oldest.entry.change_count / CHANGES_OF_AN_ENTRY;
		most -= work < most ? work : most;
		prune_drop(txn, &rows, &oldest, &base);
		prune_count(result, &oldest);
	}
	if (base.seq != before)
		prune_finish(&rows, &of, &base, before);
	arena_free(&kept);
	arena_free(&arena);
}

void journal_prune_again(struct store_txn *txn, const struct entry *entry)
{
	struct arena arena = {0}, kept = {0};
	/* The entry's own rows say which deleted zones went. */
	struct state_edit unwritten = state_edit_of(txn, &kept);
	struct oldest oldest;
	struct journal_link base = journal_base(txn);
	uint64_t before = base.seq, last = entry->kind == ENTRY_PRUNE ? journal_pruned_to(txn) : 0;
	while (base.seq < last &&
	       read_oldest(txn, JOURNAL_CHANGES, base.seq + 1, &oldest, &arena)) {
		prune_drop(txn, &unwritten, &oldest, &base);
		arena_reset(&arena);
	}
	if (base.seq != before) {
		drop_checkpoints(txn, base.seq);
		journal_set_base(txn, &base);
	}
	arena_free(&kept);
	arena_free(&arena);
}

void journal_prune_plan(struct store_txn *txn, const struct prune_rule *rule, uint64_t most,
			struct prune_result *result)
{
	struct arena arena = {0};
	struct oldest oldest;
	struct eras eras;
	struct journal_link base = journal_log_base(txn, rule->log),
			    head = journal_log_head(txn, rule->log);
	eras_read(txn, &eras);
	result->has_more = false;
	uint64_t seq = result->last_seq > base.seq ? result->last_seq : base.seq;
	while (seq < head.seq && !txn->error) {
		arena_reset(&arena);
		if (!read_oldest(txn, rule->log, seq + 1, &oldest, &arena) ||
		    !must_go(rule, &eras, &oldest.entry, head.bytes - base.bytes - result->bytes))
			break;
		result->has_more = most-- == 0;
		if (result->has_more)
			break;
		prune_count(result, &oldest);
		seq++;
	}
	arena_free(&arena);
}
