/* SPDX-License-Identifier: BSD-2-Clause */
#include "journal/state_verify.h"
#include "journal/journal.h"
#include "journal/run.h"
#include "journal/state_derived.h"
#include "journal/state_words.h"
#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define MARK_LEN   16
#define KEPT_LEAST 256

/* A key, and what the last entry left under it, as parts of digests. */
struct state_verify_row {
	uint8_t key[MARK_LEN], row[MARK_LEN];
	uint64_t seq;
	enum state_table table;
	bool is_there;
	bool is_seen; /* it was compared as that entry left it */
};

static void mark_key(enum state_table table, struct bytes key, uint8_t mark[MARK_LEN])
{
	uint8_t digest[DIGEST_LEN], word = (uint8_t)table;
	struct bytes pieces[] = {bytes_of(&word, 1), key};
	digest_sha256(pieces, 2, digest);
	memcpy(mark, digest, MARK_LEN);
}

static void mark_row(struct bytes row, uint8_t mark[MARK_LEN])
{
	uint8_t digest[DIGEST_LEN];
	digest_sha256(&row, 1, digest);
	memcpy(mark, digest, MARK_LEN);
}

static bool mark_is_of(const uint8_t mark[MARK_LEN], struct bytes row)
{
	uint8_t is[MARK_LEN];
	mark_row(row, is);
	return memcmp(mark, is, MARK_LEN) == 0;
}

/* --- what is kept */

static size_t kept_place(const struct state_verify *verify, const uint8_t key[MARK_LEN])
{
	uint64_t hash;
	memcpy(&hash, key, sizeof(hash));
	size_t at = (size_t)hash & (verify->index_room - 1);
	while (verify->index[at] &&
	       memcmp(verify->kept[verify->index[at] - 1].key, key, MARK_LEN) != 0)
		at = (at + 1) & (verify->index_room - 1);
	return at;
}

static void kept_grow(struct state_verify *verify)
{
	verify->room = verify->room ? 2 * verify->room : KEPT_LEAST;
	verify->kept = realloc(verify->kept, verify->room * sizeof(*verify->kept));
	free(verify->index);
	verify->index_room = 2 * verify->room;
	verify->index = calloc(verify->index_room, sizeof(*verify->index));
	assert(verify->kept && verify->index);
	for (size_t i = 0; i < verify->count; i++)
		verify->index[kept_place(verify, verify->kept[i].key)] = (uint32_t)i + 1;
}

/* NULL: nothing is known of it. */
static struct state_verify_row *kept_find(const struct state_verify *verify, enum state_table table,
					  struct bytes key)
{
	uint8_t mark[MARK_LEN];
	if (!verify->count)
		return NULL;
	mark_key(table, key, mark);
	uint32_t found = verify->index[kept_place(verify, mark)];
	return found ? &verify->kept[found - 1] : NULL;
}

/* NULL: there is no room. */
static struct state_verify_row *kept_add(struct state_verify *verify, enum state_table table,
					 struct bytes key)
{
	struct state_verify_row row = {.table = table};
	uint32_t most = verify->rows_max ? verify->rows_max : STATE_VERIFY_ROWS_MAX;
	if (verify->count >= most) {
		verify->is_full = true;
		return NULL;
	}
	if (verify->count == verify->room)
		kept_grow(verify);
	mark_key(table, key, row.key);
	size_t place = kept_place(verify, row.key);
	verify->kept[verify->count++] = row;
	verify->index[place] = (uint32_t)verify->count;
	return &verify->kept[verify->count - 1];
}

static void kept_forget(struct state_verify *verify, uint64_t base)
{
	verify->count = verify->missing_at = 0;
	verify->is_full = false;
	verify->base = base;
	if (verify->index)
		memset(verify->index, 0, verify->index_room * sizeof(*verify->index));
}

void state_verify_end(struct state_verify *verify)
{
	free(verify->kept);
	free(verify->index);
	*verify = (struct state_verify){0};
}

/* Whether a row of which nothing is kept was never changed by an entry. */
static bool knows_all(const struct state_verify *verify)
{
	return verify->base == 0 && !verify->is_full;
}

/* --- what is wrong */

/* The row as people know it: "group @dhcp". */
static const char *row_words(struct store_txn *txn, enum state_table table, struct bytes key,
			     struct arena *arena)
{
	char text[STATE_KEY_TEXT_MAX];
	struct dns_name apex;
	uint32_t zone = state_key_zone(table, key);
	bool has_apex = txn && zone && state_zone_apex(txn, zone, &apex);
	return arena_print(arena, "%s %s", state_table_name(table),
			   state_key_print(table, key, has_apex ? &apex : NULL, text));
}

struct row_fault {
	struct state_verify *verify;
	enum state_table table;
	const char *words;
	uint64_t seq;
	bool is_derived;
};

__attribute__((format(printf, 2, 3))) static void tell_fault(const struct row_fault *at,
							     const char *format, ...)
{
	struct state_verify *verify = at->verify;
	struct state_verify_fault fault = {
		.table = at->table, .seq = at->seq, .is_derived = at->is_derived};
	va_list list;
	int len = snprintf(fault.text, sizeof(fault.text), "%.*s: ", STATE_KEY_TEXT_MAX, at->words);
	va_start(list, format);
	vsnprintf(fault.text + len, sizeof(fault.text) - (size_t)len, format, list);
	va_end(list);
	verify->faults++;
	if (verify->found)
		verify->found(verify->context, &fault);
}

static const char *value_words(enum state_table table, const struct state_row_field *field,
			       struct arena *arena)
{
	size_t len = field->value.len < 60 ? field->value.len : 60;
	if (state_words_is_sealed(table, field))
		return "another sealed secret";
	char *text = arena_text(arena, (const char *)field->value.data, len);
	for (char *c = text; *c; c++)
		*c = *c < ' ' || *c > '~' ? '?' : *c;
	return arena_print(arena, "\"%s\"%s", text, len < field->value.len ? "..." : "");
}

/* The first field of `a` that `b` has not, or has otherwise at the same place among its like. NULL:
 * there is none. */
static bool first_difference(struct bytes a, struct bytes b, struct state_row_field *field)
{
	struct bytes_in left = bytes_in_of(a.data, a.len), right = bytes_in_of(b.data, b.len);
	struct state_row_field other;
	while (state_row_next(&left, field)) {
		bool is_there = state_row_next(&right, &other);
		if (!is_there || !bytes_equal(field->word, other.word) ||
		    !bytes_equal(field->value, other.value))
			return true;
	}
	return false;
}

/* How the row differs from what an entry left, in words. */
static void tell_difference(const struct row_fault *at, struct bytes row, struct bytes logged,
			    struct arena *arena)
{
	struct state_row_field is, was;
	bool has_is = first_difference(row, logged, &is);
	bool has_was = first_difference(logged, row, &was);
	const char *is_text = has_is ? value_words(at->table, &is, arena) : "";
	const char *was_text = has_was ? value_words(at->table, &was, arena) : "";
	if (has_is && has_was && bytes_equal(is.word, was.word))
		tell_fault(at, "its %.*s is %s, and %s in the log", (int)is.word.len,
			   (const char *)is.word.data, is_text, was_text);
	else if (has_is)
		tell_fault(at, "it has %.*s %s, which the log has not", (int)is.word.len,
			   (const char *)is.word.data, is_text);
	else if (has_was)
		tell_fault(at, "it has no %.*s, which is %s in the log", (int)was.word.len,
			   (const char *)was.word.data, was_text);
	else
		tell_fault(at, "is not as the entry left it");
}

/* The change of the row in the entry that changed it last; NULL: it is not there any more. */
static const struct state_change *last_change(struct store_txn *txn,
					      const struct state_verify_row *kept,
					      struct entry *entry, struct arena *arena)
{
	uint8_t mark[MARK_LEN];
	const struct state_change *found = NULL;
	if (!journal_read(txn, kept->seq, entry, arena))
		return NULL;
	for (size_t i = 0; i < entry->row_count; i++) {
		mark_key(entry->rows[i].table, entry->rows[i].key, mark);
		if (memcmp(mark, kept->key, MARK_LEN) == 0)
			found = &entry->rows[i];
	}
	return found;
}

/* --- log */

/* The entry says what the row was: as the one before it left it? */
static void check_old(struct state_verify *verify, const struct entry *entry,
		      const struct state_change *change, const struct state_verify_row *kept)
{
	struct arena arena = {0};
	bool is_known = kept || knows_all(verify);
	bool was_there = kept && kept->is_there;
	if (!is_known || change->is_stated ||
	    (was_there == change->has_old && (!was_there || mark_is_of(kept->row, change->old))))
		return;
	struct row_fault at = {.verify = verify,
			       .table = change->table,
			       .words =
				       arena_print(&arena, "%s %s", state_table_name(change->table),
						   state_words_key(entry, change, &arena)),
			       .seq = entry->seq};
	if (kept)
		tell_fault(&at,
			   "the entry says that it was otherwise than entry %" PRIu64 " left it",
			   kept->seq);
	else
		tell_fault(&at, "the entry says that it was there, and no entry put it there");
	arena_free(&arena);
}

static void take_change(struct state_verify *verify, const struct entry *entry,
			const struct state_change *change)
{
	struct state_verify_row *kept = kept_find(verify, change->table, change->key);
	check_old(verify, entry, change, kept);
	if (!kept)
		kept = kept_add(verify, change->table, change->key);
	if (!kept)
		return;
	kept->seq = entry->seq;
	kept->is_there = change->has_new;
	kept->is_seen = false;
	if (change->has_new)
		mark_row(change->new, kept->row);
}

void state_verify_entry(struct state_verify *verify, const struct entry *entry)
{
	bool is_next = verify->has_begun ? entry->seq == verify->last_seq + 1 : entry->seq == 1;
	if (!is_next)
		kept_forget(verify, entry->seq - 1);
	if (entry_is_words(entry))
		kept_forget(verify, entry->seq);
	verify->has_begun = true;
	verify->last_seq = entry->seq;
	for (size_t i = 0; i < entry->row_count; i++)
		take_change(verify, entry, &entry->rows[i]);
}

/* What was logged since the last step. */
static void take_later(struct state_verify *verify, struct store_txn *txn)
{
	struct arena arena = {0};
	struct entry entry;
	uint64_t head = journal_head(txn).seq, base = journal_base(txn).seq;
	uint64_t seq = verify->last_seq > base ? verify->last_seq : base;
	if (!verify->has_begun)
		verify->base = base;
	for (seq++; seq <= head && !txn->error; seq++) {
		if (journal_read(txn, seq, &entry, &arena))
			state_verify_entry(verify, &entry);
		arena_reset(&arena);
	}
	arena_free(&arena);
}

/* --- what is derived of rows */

static void check_zone_number(const struct row_fault *at, struct store_txn *txn, struct bytes key,
			      struct bytes row)
{
	struct dns_name apex, found, root = dns_name_root();
	uint64_t id;
	if (!state_row_number(row, "id", &id) || id == 0 || id > UINT32_MAX ||
	    !dns_name_from_key(&apex, key, &root)) {
		tell_fault(at, "its number cannot be read");
		return;
	}
	if (!state_zone_apex(txn, (uint32_t)id, &found) || !dns_name_equal(&found, &apex))
		tell_fault(at, "its number %" PRIu64 " does not lead to it", id);
	else if (state_next_zone(txn) <= id)
		tell_fault(at, "its number %" PRIu64 " will be given to another zone", id);
}

static void check_run_numbers(const struct row_fault *at, struct store_txn *txn, struct bytes key)
{
	struct bytes_in in = bytes_in_of(key.data, key.len);
	struct run run;
	uint64_t id = bytes_in_u64(&in);
	struct entry nobody = {0};
	if (in.bad || !run_get(txn, id, &run)) {
		tell_fault(at, "its row, or which entries are its, cannot be read");
		return;
	}
	uint64_t held = run_held(txn, run.zone_id), last = run_last(txn, run.zone_id);
	bool is_scavenging = run.kind == RUN_SCAVENGE && run.has_zone;
	if (run_new(txn, RUN_OTHER, RUN_DONE, &nobody).id <= id)
		tell_fault(at, "its number will be given to another run");
	else if (is_scavenging && (run.state == RUN_HELD) != (held == id))
		tell_fault(at, "the zone's held run is %" PRIu64 ", and its state is %s", held,
			   run_state_name(run.state));
	else if (is_scavenging && last < id)
		tell_fault(at, "the zone's last run is %" PRIu64 ", which is older", last);
}

struct number_check {
	struct state_verify *verify;
	struct store_txn *txn;
};

/* A number that leads to an apex: there is a zone, and the number is its own. */
static void check_number(void *context, uint32_t id, const struct dns_name *apex)
{
	const struct number_check *check = context;
	struct store_txn *txn = check->txn;
	struct arena arena = {0};
	uint8_t key[STATE_KEY_MAX];
	struct bytes row, at_apex = state_key_apex(apex, key);
	struct row_fault at = {.verify = check->verify,
			       .table = STATE_ZONE,
			       .words = row_words(txn, STATE_ZONE, at_apex, &arena),
			       .is_derived = true};
	uint64_t own = 0;
	if (!state_get(txn, STATE_ZONE, at_apex, &row) && !txn->error)
		tell_fault(&at, "number %" PRIu32 " leads to it, and it is not there", id);
	else if (!txn->error && (!state_row_number(row, "id", &own) || own != id))
		tell_fault(&at, "number %" PRIu32 " leads to it, and its own is %" PRIu64, id, own);
	if (txn->error == STORE_CORRUPT)
		txn->error = STORE_OK;
	arena_free(&arena);
}

static void check_derived(struct row_fault *at, struct store_txn *txn, struct bytes key,
			  struct bytes row)
{
	enum store_error before = txn->error;
	at->is_derived = true;
	if (before)
		return;
	if (at->table == STATE_ZONE)
		check_zone_number(at, txn, key, row);
	else if (at->table == STATE_RUN)
		check_run_numbers(at, txn, key);
	/* A damaged row beside it is what was told. */
	if (txn->error == STORE_CORRUPT)
		txn->error = before;
}

/* --- tables */

static void compare_stored(struct row_fault *at, struct store_txn *txn,
			   const struct state_verify_row *kept, struct bytes row)
{
	struct arena arena = {0};
	struct entry entry;
	at->seq = kept->seq;
	if (!kept->is_there) {
		tell_fault(at, "is there, and entry %" PRIu64 " took it away", kept->seq);
	} else if (!mark_is_of(kept->row, row)) {
		const struct state_change *change = last_change(txn, kept, &entry, &arena);
		if (change)
			tell_difference(at, row, change->new, &arena);
		else
			tell_fault(at, "is not as entry %" PRIu64 " left it", kept->seq);
	}
	arena_free(&arena);
}

/* Against what is kept of it (NULL: nothing), and what is derived of it against the row. */
static void check_stored(struct state_verify *verify, struct store_txn *txn,
			 const struct state_change *stored, const struct state_verify_row *kept)
{
	struct arena arena = {0};
	struct row_fault at = {.verify = verify,
			       .table = stored->table,
			       .words = row_words(txn, stored->table, stored->key, &arena)};
	if (kept)
		compare_stored(&at, txn, kept, stored->new);
	else if (knows_all(verify))
		tell_fault(&at, "is there, and no entry put it there");
	check_derived(&at, txn, stored->key, stored->new);
	arena_free(&arena);
}

void state_verify_stored(struct state_verify *verify, struct store_txn *txn, enum state_table table,
			 struct bytes key, const struct bytes *row)
{
	struct state_verify_row *kept = kept_find(verify, table, key);
	if (kept)
		kept->is_seen = true;
	if (!row)
		return;
	*(kept || knows_all(verify) ? &verify->rows : &verify->untold) += 1;
	struct state_change stored = {.table = table, .key = key, .has_new = true, .new = *row};
	check_stored(verify, txn, &stored, kept);
}

/* A row that no walk has seen as its last entry left it: is it there now? */
static void find_missing_row(struct state_verify *verify, struct store_txn *txn,
			     struct state_verify_row *kept)
{
	struct arena arena = {0};
	struct entry entry;
	struct state_change stored;
	const struct state_change *change = last_change(txn, kept, &entry, &arena);
	kept->is_seen = true;
	if (change)
		stored = (struct state_change){.table = change->table, .key = change->key};
	if (change && state_get(txn, stored.table, stored.key, &stored.new)) {
		check_stored(verify, txn, &stored, kept);
	} else if (change && !txn->error) {
		struct row_fault at = {.verify = verify,
				       .table = stored.table,
				       .words = row_words(txn, stored.table, stored.key, &arena),
				       .seq = kept->seq};
		tell_fault(&at, "is not there, and entry %" PRIu64 " put it there", kept->seq);
	}
	arena_free(&arena);
}

static enum state_verify_step missing_step(struct state_verify *verify, struct store_txn *txn,
					   uint64_t most)
{
	for (; verify->missing_at < verify->count && !txn->error; verify->missing_at++) {
		struct state_verify_row *kept = &verify->kept[verify->missing_at];
		if (most-- == 0)
			return STATE_VERIFY_ON;
		if (kept->is_there && !kept->is_seen)
			find_missing_row(verify, txn, kept);
	}
	return STATE_VERIFY_WHOLE;
}

void state_verify_missing(struct state_verify *verify, struct store_txn *txn)
{
	missing_step(verify, txn, UINT64_MAX);
}

/* The rows of a table behind the last that was seen. False: `*most` is used up. */
static bool table_step(struct state_verify *verify, struct store_txn *txn, uint64_t *most)
{
	struct state_walk walk;
	struct bytes key, row;
	bool is_there = true;
	struct bytes last = bytes_of(verify->at, verify->at_len);
	state_walk_above(&walk, txn, verify->table, last);
	while (*most && (is_there = state_walk_next(&walk, &key, &row))) {
		if (bytes_equal(key, last))
			continue;
		memcpy(verify->at, key.data, key.len);
		verify->at_len = key.len;
		state_verify_stored(verify, txn, verify->table, key, &row);
		--*most;
	}
	state_walk_end(&walk);
	return !is_there;
}

enum state_verify_step state_verify_rows(struct state_verify *verify, struct store_txn *txn,
					 uint64_t most)
{
	take_later(verify, txn);
	if (verify->table == 0) {
		verify->table = STATE_ZONE;
		state_zone_numbers(txn, check_number, &(struct number_check){verify, txn});
	}
	while (verify->table < STATE_TABLES && !txn->error) {
		if (!table_step(verify, txn, &most))
			return STATE_VERIFY_ON;
		verify->table++;
		verify->at_len = 0;
	}
	return missing_step(verify, txn, most);
}
