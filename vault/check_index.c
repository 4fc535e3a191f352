/* SPDX-License-Identifier: BSD-2-Clause */
/* What stands in the indexes and the log, against what they are of. */
#include "dns/type.h"
#include "base/progress.h"
#include "journal/chain.h"
#include "journal/index.h"
#include "journal/run.h"
#include "vault/check_parts.h"
#include "zonedb/due.h"

/* The node of a key, if it is there and whole. */
static bool node_at(struct check *check, struct bytes key, struct node *node)
{
	struct bytes value;
	return check_get(check, STORE_NODES, key, &value) == CHECK_THERE && node_open(node, value);
}

static bool take_cut(void *context, const struct store_row *row)
{
	struct check *check = context;
	struct node node;
	struct node_rrset rrset;
	if (row->is_whole &&
	    (!node_at(check, row->key, &node) ||
	     !(node_find(&node, DNS_TYPE_NS, &rrset) || node_find(&node, DNS_TYPE_DNAME, &rrset))))
		check_find(check, STORE_CUTS, row->key, "there is no delegation");
	return true;
}

/* Whether the name stands there in its window class. */
static bool is_due_at(const struct node *node, const struct due_entry *entry)
{
	struct due_entry is;
	return due_next(node, (int)entry->window - 1, &is) && is.window == entry->window &&
	       is.stamp == entry->stamp;
}

static bool take_due(void *context, const struct store_row *row)
{
	struct check *check = context;
	struct bytes_in in = bytes_in_of(row->key.data, row->key.len);
	uint8_t key[STORE_ROW_KEY_MAX];
	struct bytes_out out = bytes_out_of(key, sizeof key);
	struct node node;
	bytes_out_u32(&out, bytes_in_u32(&in));
	struct due_entry entry = {.window = bytes_in_u16(&in)};
	entry.stamp = bytes_in_number(&in, 5);
	bytes_out_put(&out, in.at, bytes_in_left(&in));
	bool is_right = !in.bad && node_at(check, bytes_of(key, bytes_out_len(&out)), &node) &&
			is_due_at(&node, &entry);
	if (row->is_whole && !is_right)
		check_find(check, STORE_DUE, row->key, "no dynamic record has this stamp");
	return true;
}

static bool take_address(void *context, const struct store_row *row)
{
	struct check *check = context;
	bool is_index = false;
	if (!row->is_whole)
		return true;
	const char *wrong = ptr_verify_row(&check->ptr, row->key, row->value, &is_index);
	bool is_damaged = check->txn.error == STORE_CORRUPT;
	check->txn.error = is_damaged ? STORE_OK : check->txn.error;
	if (wrong && !is_damaged)
		check_find(check, is_index ? STORE_ADDRESSES : STORE_NODES,
			   is_index ? row->key : bytes_of(NULL, 0), wrong);
	return true;
}

static bool take_tombstone(void *context, const struct store_row *row)
{
	struct check *check = context;
	struct dns_name name;
	struct bytes_in in = bytes_in_of(row->value.data, row->value.len);
	uint64_t seq = bytes_in_u64(&in);
	if (!row->is_whole)
		return true;
	if (!check_place(check, row->key, &name))
		check_find(check, STORE_TOMBSTONES, row->key, "belongs to no zone");
	else if (in.bad || seq == 0 || seq > check->last_seq)
		check_find(check, STORE_TOMBSTONES, row->key, "its last change is not in the log");
	return true;
}

static bool take_serial(void *context, const struct store_row *row)
{
	struct check *check = context;
	struct bytes_in key = bytes_in_of(row->key.data, row->key.len);
	struct bytes_in value = bytes_in_of(row->value.data, row->value.len);
	uint32_t id = bytes_in_u32(&key), serial = bytes_in_u32(&key);
	uint64_t seq = bytes_in_u64(&value);
	struct entry entry;
	if (!row->is_whole || (seq && seq < check->first_seq))
		return true;
	bool is_right = !key.bad && !value.bad &&
			journal_read(&check->txn, seq, &entry, &check->entry_arena) &&
			entry.has_zone && entry.zone_id == id && entry.serial_before == serial;
	check->txn.error = STORE_OK;
	arena_reset(&check->entry_arena);
	if (!is_right)
		check_find(check, STORE_LOG_SERIAL, row->key, "leads to no change of its serial");
	return true;
}

void check_indexes(struct check *check)
{
	store_scan(&check->txn, STORE_CUTS, take_cut, check);
	store_scan(&check->txn, STORE_DUE, take_due, check);
	store_scan(&check->txn, STORE_ADDRESSES, take_address, check);
	store_scan(&check->txn, STORE_TOMBSTONES, take_tombstone, check);
	check->entry = (struct entry){0};
	store_scan(&check->txn, STORE_LOG_SERIAL, take_serial, check);
}

static bool take_mention(void *context, uint64_t seq)
{
	*(uint64_t *)context = seq;
	return false;
}

/* The index of names leads to the entry. */
static void check_mention(struct check *check, const struct entry *entry,
			  const struct dns_name *name)
{
	struct store_txn *txn = &check->txn;
	uint64_t found = 0;
	uint8_t key[12];
	struct bytes_out out = bytes_out_of(key, sizeof key);
	bytes_out_u32(&out, entry->has_zone && entry->zone_id ? entry->zone_id : INDEX_NO_ZONE);
	bytes_out_u64(&out, entry->seq);
	index_mentions(txn, name, (struct journal_place){entry->log, entry->seq}, take_mention,
		       &found);
	txn->error = txn->error == STORE_CORRUPT ? STORE_OK : txn->error;
	check->mentions++;
	if (found != entry->seq)
		check_find(check, journal_log_tables(entry->log).name, bytes_of(key, sizeof key),
			   "an entry of the log is missing in it");
}

/* The zone's index, and the index of names, lead to the entry. */
static void check_indexed(struct check *check, const struct entry *entry)
{
	struct index_piece piece;
	struct store_txn *txn = &check->txn;
	struct dns_name name;
	uint32_t id = entry->has_zone && entry->zone_id ? entry->zone_id : INDEX_NO_ZONE;
	uint8_t key[12];
	struct bytes_out out = bytes_out_of(key, sizeof key);
	bytes_out_u32(&out, id);
	bytes_out_u64(&out, entry->seq);
	bool is_there = false;
	if (index_piece_to(txn, entry->log, id, entry->seq, &piece))
		for (size_t i = piece.count; i-- > 0 && piece.seqs[i] >= entry->seq;)
			is_there |= piece.seqs[i] == entry->seq;
	bool is_damaged = txn->error == STORE_CORRUPT;
	txn->error = is_damaged ? STORE_OK : txn->error;
	check->indexed++;
	if (!is_there && !is_damaged)
		check_find(check, journal_log_tables(entry->log).zone, bytes_of(key, sizeof key),
			   "an entry of the log is missing in it");
	for (const char *at = NULL; index_name_next(entry, &at, &name);)
		check_mention(check, entry, &name);
	/* One name may have several rows: what is counted twice hides one that leads nowhere. */
	for (size_t row = 0; index_row_next(entry, &row, &name);)
		check_mention(check, entry, &name);
}

/* What was before a zone's deletion is no longer to be found by serial: no difference leads across
 * it. */
static void check_index_check_serial(struct check *check, const struct entry *entry)
{
	uint64_t found;
	struct check_zone *zone = entry->has_zone ? check_zone_by_id(check, entry->zone_id) : NULL;
	if (!zone || zone->is_dead)
		return;
	if (entry->event == EVENT_ZONE_DELETE)
		zone->unindexed = 0;
	if (entry->serial_before == entry->serial_after)
		return;
	bool is_there =
		journal_at_serial(&check->txn, entry->zone_id, entry->serial_before, &found) &&
		found >= entry->seq;
	bool is_damaged = check->txn.error == STORE_CORRUPT;
	check->txn.error = is_damaged ? STORE_OK : check->txn.error;
	if (is_there || is_damaged)
		return;
	zone->unindexed++;
	zone->unindexed_serial = entry->serial_before;
}

static void tell_unindexed(struct check *check)
{
	for (size_t i = 0; i < check->zone_count; i++) {
		const struct check_zone *zone = &check->zones[i];
		uint8_t key[8];
		struct bytes_out out = bytes_out_of(key, sizeof key);
		bytes_out_u32(&out, zone->zone.id);
		bytes_out_u32(&out, zone->unindexed_serial);
		/* That of a zone that is being deleted goes first. */
		if (zone->unindexed && !zone->zone.deleting)
			check_find(check, STORE_LOG_SERIAL, bytes_of(key, sizeof key),
				   "a change of the log is missing in it");
	}
}

/* The entry lies in the span of its run. */
static void check_index_check_run(struct check *check, const struct entry *entry)
{
	struct run_span span;
	uint8_t key[8];
	struct bytes_out out = bytes_out_of(key, sizeof key);
	bytes_out_u64(&out, entry->run);
	if (!entry->run || !store_has(&check->txn, STORE_RUNS, bytes_of(key, sizeof key)))
		return;
	bool is_right = run_span(&check->txn, entry->run, &span) && span.first_seq <= entry->seq &&
			span.last_seq >= entry->seq;
	bool is_damaged = check->txn.error == STORE_CORRUPT;
	check->txn.error = is_damaged ? STORE_OK : check->txn.error;
	if (!is_right && !is_damaged)
		check_find(check, STORE_LOG_RUN, bytes_of(key, sizeof key),
			   "an entry of the log is missing in it");
}

static bool is_entry_of(struct check *check, uint64_t seq, uint64_t run)
{
	struct entry entry;
	bool is = journal_read(&check->txn, seq, &entry, &check->entry_arena) && entry.run == run;
	if (check->txn.error == STORE_CORRUPT || check->txn.error == STORE_NEWER)
		check->txn.error = STORE_OK;
	arena_reset(&check->entry_arena);
	return is;
}

/* The first and the last entry of a run are its; those that were pruned cannot be looked at. */
static bool take_span(void *context, const struct store_row *row)
{
	struct check *check = context;
	struct run_span span;
	struct bytes_in key = bytes_in_of(row->key.data, row->key.len);
	uint64_t run = bytes_in_u64(&key);
	if (!row->is_whole)
		return true;
	bool is_right = !key.bad && store_has(&check->txn, STORE_RUNS, row->key) &&
			run_span(&check->txn, run, &span);
	check->txn.error = check->txn.error == STORE_CORRUPT ? STORE_OK : check->txn.error;
	if (is_right && span.first_seq >= check->first_seq)
		is_right = is_entry_of(check, span.first_seq, run);
	if (is_right && span.last_seq >= check->first_seq)
		is_right = is_entry_of(check, span.last_seq, run);
	if (!is_right && !check->is_log_damaged)
		check_find(check, STORE_LOG_RUN, row->key, "leads to no entries of a run");
	return true;
}

static bool check_index_take_entry(void *context, const struct store_row *row)
{
	struct check *check = context;
	struct entry entry;
	struct bytes_in in = bytes_in_of(row->key.data, row->key.len);
	uint64_t seq = bytes_in_u64(&in);
	check->is_log_damaged |= !row->is_whole;
	if (!row->is_whole)
		return true;
	if (++check->counts->entries % PROGRESS_ROWS == 0)
		progress_set(check->counts->entries, 0, "entries of the log");
	arena_reset(&check->entry_arena);
	if (!journal_log_read(&check->txn, check->log, seq, &entry, &check->entry_arena)) {
		bool is_newer = check->txn.error == STORE_NEWER;
		check->txn.error = STORE_OK;
		check_find(check, journal_log_tables(check->log).entries, row->key,
			   is_newer ? "the entry was written by a later version of tenure"
				    : "the entry cannot be read");
		check->is_log_damaged = true;
		return true;
	}
	check_indexed(check, &entry);
	if (check->log != JOURNAL_CHANGES)
		return true;
	state_verify_entry(&check->state, &entry);
	check_index_check_serial(check, &entry);
	check_index_check_run(check, &entry);
	return true;
}

/* The key holds the first seq of a piece, the value the differences behind its first eight bytes.
 */
static bool count_seqs(void *context, const struct store_row *row)
{
	struct check *check = context;
	struct bytes_in key = bytes_in_of(row->key.data, row->key.len);
	struct bytes_in in = bytes_in_of(row->value.data, row->value.len);
	if (!row->is_whole || bytes_in_u32(&key) == 0)
		return true;
	uint64_t at = bytes_in_u64(&key), step = 0;
	check->indexed -= at >= check->log_first_seq;
	bytes_in_u64(&in);
	for (unsigned shift = 0; bytes_in_left(&in) && shift < 63;) {
		uint8_t byte = bytes_in_u8(&in);
		step |= (uint64_t)(byte & 0x7f) << shift;
		shift = byte < 0x80 ? 0 : shift + 7;
		if (byte >= 0x80)
			continue;
		at += step;
		step = 0;
		check->indexed -= at >= check->log_first_seq;
	}
	return true;
}

static bool count_mention(void *context, const struct store_row *row)
{
	struct check *check = context;
	check->mentions -= row->is_whole;
	return true;
}

/* Every entry was found in the indexes: what is over leads to none. */
static void check_nothing_over(struct check *check)
{
	struct journal_log_tables tables = journal_log_tables(check->log);
	uint64_t before = check->report->findings;
	store_scan(&check->txn, tables.zone, count_seqs, check);
	store_scan(&check->txn, tables.name, count_mention, check);
	if (check->report->findings != before || check->is_log_damaged)
		return;
	if ((int64_t)check->indexed < 0)
		check_find(check, tables.zone, bytes_of(NULL, 0),
			   "leads to entries that are not there");
	if ((int64_t)check->mentions < 0)
		check_find(check, tables.name, bytes_of(NULL, 0),
			   "leads to entries that are not there");
}

static void check_chain_of(struct check *check)
{
	enum journal_chain_step step;
	struct journal_chain chain = {.log = check->log};
	do
		step = journal_chain_step(&chain, &check->txn, UINT64_MAX);
	while (step == JOURNAL_CHAIN_ON);
	check->txn.error = check->txn.error == STORE_CORRUPT ? STORE_OK : check->txn.error;
	if (step == JOURNAL_CHAIN_WHOLE)
		return;
	uint8_t key[8];
	struct bytes_out out = bytes_out_of(key, sizeof key);
	bytes_out_u64(&out, chain.bad);
	check_find(check, journal_log_tables(check->log).entries, bytes_of(key, sizeof key),
		   "the chain of digests breaks here: an entry was altered, removed or lost");
}

void check_log(struct check *check)
{
	uint64_t last;
	for (unsigned log = 0; log < JOURNAL_LOGS; log++) {
		check->log = (enum journal_log)log;
		check->is_log_damaged = false;
		check->indexed = check->mentions = 0;
		journal_log_range(&check->txn, check->log, &check->log_first_seq, &last);
		check->txn.error = check->txn.error == STORE_CORRUPT ? STORE_OK : check->txn.error;
		store_scan(&check->txn, journal_log_tables(check->log).entries,
			   check_index_take_entry, check);
		if (check->log == JOURNAL_CHANGES) {
			store_scan(&check->txn, STORE_LOG_RUN, take_span, check);
			tell_unindexed(check);
		}
		check_nothing_over(check);
		check_chain_of(check);
	}
}
