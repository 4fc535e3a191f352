/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The table over a restart. In local state it is
 *
 *      requests        version (1), 8 bytes that the secret makes, the log's last seq, signed_from,
 *                      forgotten (8 each), rows (4)
 *      requests-N      requests: hash (16), end (8), asker (2), rcode (1), length (1), EDE's text
 *
 * The rows are there only while no server runs: one that finds them removes them, so that after a
 * crash there are none. Where they could not be removed, the log has gone on since.
 */
#include "base/log.h"
#include "journal/era.h"
#include "journal/journal.h"
#include "nameserver/duplicate_requests_parts.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define HEAD_WORD    "requests"
#define HEAD_VERSION 1
#define CHECK_LEN    8
#define HEAD_LEN     (1 + CHECK_LEN + 3 * 8 + 4)
#define ROW_WORD_MAX 24
#define ROW_MAX      16384
#define REQUEST_HEAD (DUPLICATE_REQUEST_HASH_LEN + 8 + 2 + 1 + 1)
#define LEARN_START  1000000 /* entries that are read at a start after a crash: a few seconds */
#define LEARN_LATER  100000  /* and while the server runs */

/* --- words and heads */

static struct bytes requests_word(char word[ROW_WORD_MAX], uint32_t row)
{
	int len = snprintf(word, ROW_WORD_MAX, HEAD_WORD "-%" PRIu32, row);
	return bytes_of(word, (size_t)len);
}

static struct bytes requests_head_word(void)
{
	return bytes_of(HEAD_WORD, strlen(HEAD_WORD));
}

static void requests_check(const struct duplicate_requests *duplicates, uint8_t out[DIGEST_LEN])
{
	struct bytes pieces[] = {bytes_of(duplicates->secret, sizeof(duplicates->secret)),
				 bytes_of("check", 5)};
	digest_sha256(pieces, 2, out);
}

/* --- writing */

/* The row that is being filled. */
struct requests_row {
	struct store_txn *txn;
	uint32_t rows;
	struct bytes_out out;
	uint8_t value[ROW_MAX];
};

static void requests_row_put(struct requests_row *row)
{
	char word[ROW_WORD_MAX];
	if (bytes_out_len(&row->out) > 0)
		store_put(row->txn, STORE_LOCAL, requests_word(word, row->rows++),
			  bytes_of(row->value, bytes_out_len(&row->out)));
	row->out = bytes_out_of(row->value, sizeof(row->value));
}

static void requests_row_add(struct requests_row *row, const struct slot *slot, uint64_t ends_at,
			     const char *remark)
{
	size_t len = remark ? strlen(remark) : 0;
	if (bytes_out_left(&row->out) < REQUEST_HEAD + len)
		requests_row_put(row);
	bytes_out_put(&row->out, slot->hash, sizeof(slot->hash));
	bytes_out_u64(&row->out, ends_at);
	bytes_out_u16(&row->out, slot->asker);
	bytes_out_u8(&row->out, slot->rcode);
	bytes_out_u8(&row->out, (uint8_t)len);
	bytes_out_put(&row->out, remark, len);
}

static void requests_chunk_save(const struct duplicate_requests *duplicates, uint32_t at,
				struct requests_row *row)
{
	const struct chunk *chunk = duplicates->chunks[at];
	for (unsigned i = 0; i < chunk->count; i++)
		if (!(chunk->slots[i].marks & SLOT_IS_DEAD))
			requests_row_add(
				row, &chunk->slots[i], chunk->ends_at,
				duplicate_requests_remark(duplicates, at * CHUNK_STRIDE + i + 1));
}

static void requests_head_save(const struct duplicate_requests *duplicates, struct store_txn *txn,
			       uint32_t rows)
{
	uint8_t value[HEAD_LEN], check[DIGEST_LEN];
	struct bytes_out out = bytes_out_of(value, sizeof(value));
	requests_check(duplicates, check);
	bytes_out_u8(&out, HEAD_VERSION);
	bytes_out_put(&out, check, CHECK_LEN);
	bytes_out_u64(&out, journal_head(txn).seq);
	bytes_out_u64(&out, duplicates->signed_from);
	bytes_out_u64(&out, duplicates->forgotten);
	bytes_out_u32(&out, rows);
	store_put(txn, STORE_LOCAL, requests_head_word(), bytes_of(value, sizeof(value)));
}

void duplicate_requests_close(struct duplicate_requests *duplicates, struct store *store,
			      uint64_t now)
{
	struct store_txn txn;
	struct requests_row row = {.txn = &txn};
	store_write_begin(store, &txn);
	row.out = bytes_out_of(row.value, sizeof(row.value));
	for (uint32_t at = 0; at < duplicates->chunk_count; at++) {
		const struct chunk *chunk = duplicates->chunks[at];
		if (!chunk || !chunk->is_signed)
			continue;
		if (chunk->ends_at >= now)
			requests_chunk_save(duplicates, at, &row);
		else if (chunk->ends_at > duplicates->forgotten)
			duplicates->forgotten = chunk->ends_at;
	}
	requests_row_put(&row);
	requests_head_save(duplicates, &txn, row.rows);
	if (store_commit(&txn) != STORE_OK)
		log_warning("the requests of the last minutes are not remembered: the store cannot "
			    "be written",
			    "effect=\"at the next start, requests signed before it are dropped\"");
}

/* --- reading */

static bool requests_row_read(struct duplicate_requests *duplicates, struct bytes value)
{
	struct bytes_in in = bytes_in_of(value.data, value.len);
	char text[UINT8_MAX + 1];
	while (bytes_in_left(&in) > 0 && !in.bad) {
		struct duplicate_request_key key = {.is_signed = true};
		const uint8_t *hash = bytes_in_take(&in, sizeof(key.hash));
		key.ends_at = bytes_in_u64(&in);
		key.asker = bytes_in_u16(&in);
		struct duplicate_request_answer answer = {.rcode = bytes_in_u8(&in)};
		size_t len = bytes_in_u8(&in);
		const uint8_t *remark = bytes_in_take(&in, len);
		if (in.bad)
			return false;
		memcpy(key.hash, hash, sizeof(key.hash));
		memcpy(text, remark, len);
		text[len] = '\0';
		answer.ede_text = len ? text : NULL;
		if (!duplicate_requests_add(duplicates, &key, &answer))
			return false;
	}
	return !in.bad;
}

/* False: there is no head, or it is of another secret or an earlier stop; `*rows` in any case. */
static bool requests_head_read(struct duplicate_requests *duplicates, struct store_txn *txn,
			       uint32_t *rows)
{
	struct bytes value;
	uint8_t check[DIGEST_LEN];
	*rows = 0;
	if (!store_get(txn, STORE_LOCAL, requests_head_word(), &value))
		return false;
	struct bytes_in in = bytes_in_of(value.data, value.len);
	unsigned version = bytes_in_u8(&in);
	const uint8_t *of = bytes_in_take(&in, CHECK_LEN);
	uint64_t seq = bytes_in_u64(&in);
	uint64_t signed_from = bytes_in_u64(&in), forgotten = bytes_in_u64(&in);
	uint32_t count = bytes_in_u32(&in);
	if (in.bad || version != HEAD_VERSION)
		return false;
	*rows = count;
	requests_check(duplicates, check);
	if (memcmp(of, check, CHECK_LEN) != 0 || seq != journal_head(txn).seq)
		return false;
	duplicates->signed_from = signed_from;
	duplicates->forgotten = forgotten;
	return true;
}

/* False: the last stop left nothing that can be used. */
static bool requests_load(struct duplicate_requests *duplicates, struct store_txn *txn)
{
	char word[ROW_WORD_MAX];
	struct bytes value;
	uint32_t rows;
	bool is_whole = requests_head_read(duplicates, txn, &rows);
	for (uint32_t row = 0; is_whole && row < rows; row++)
		is_whole = store_get(txn, STORE_LOCAL, requests_word(word, row), &value) &&
			   requests_row_read(duplicates, value);
	store_del(txn, STORE_LOCAL, requests_head_word());
	for (uint32_t row = 0; row < rows && !txn->error; row++)
		store_del(txn, STORE_LOCAL, requests_word(word, row));
	return is_whole;
}

/* --- the log */

/* The first entry of those whose times the present clock may still come to. */
static uint64_t requests_left_seq(struct store_txn *txn, uint64_t since)
{
	struct eras eras;
	uint64_t seq = UINT64_MAX;
	eras_read(txn, &eras);
	for (size_t i = 0; i < eras.count; i++)
		if (eras.items[i].left_to >= since && eras.items[i].left_seq < seq)
			seq = eras.items[i].left_seq;
	return seq;
}

/* What an entry says ran. False: there is no room. */
static bool requests_entry_learn(struct duplicate_requests *duplicates, const struct entry *entry)
{
	struct duplicate_request_answer none = {.rcode = DNS_NOERROR};
	if (entry->request.len != DUPLICATE_REQUEST_HASH_LEN)
		return true;
	struct duplicate_request_key key = duplicate_request_key_of_entry(duplicates, entry);
	return duplicate_requests_add(duplicates, &key, &none);
}

/* From the end of the log, at most so many entries. False: there were more, or no room. */
static bool requests_learn_some(struct duplicate_requests *duplicates, struct store_txn *txn,
				uint64_t now, unsigned limit)
{
	uint64_t since = now > ENTRY_SECONDS ? now - ENTRY_SECONDS : 0;
	uint64_t first, seq, left = requests_left_seq(txn, since);
	struct arena arena = {0};
	struct entry entry;
	bool is_well = true;
	journal_range(txn, &first, &seq);
	for (; is_well && seq >= first && seq > 0; seq--) {
		arena_reset(&arena);
		if (!journal_read(txn, seq, &entry, &arena))
			break;
		if (seq < left && entry.time_us / 1000000 < since)
			break;
		is_well = limit-- > 0 && requests_entry_learn(duplicates, &entry);
	}
	arena_free(&arena);
	return is_well && !txn->error;
}

bool duplicate_requests_is_behind(const struct duplicate_requests *duplicates, uint64_t now)
{
	return duplicates->forgotten >= now && duplicates->forgotten != duplicates->given_up;
}

bool duplicate_requests_learn(struct duplicate_requests *duplicates, struct store_txn *txn,
			      uint64_t now)
{
	if (!requests_learn_some(duplicates, txn, now, LEARN_LATER)) {
		duplicates->given_up = duplicates->forgotten;
		return false;
	}
	duplicates->forgotten = now > 0 ? now - 1 : 0;
	return true;
}

void duplicate_requests_open(struct duplicate_requests *duplicates, struct store *store,
			     const struct clock *clock)
{
	struct store_txn txn;
	uint64_t now = clock_now(clock);
	store_write_begin(store, &txn);
	if (!requests_load(duplicates, &txn) && (journal_head(&txn).seq > 0 || txn.error)) {
		duplicates->signed_from = now;
		requests_learn_some(duplicates, &txn, now, LEARN_START);
		log_info("the store was not left by a clean stop, or was restored",
			 "effect=\"updates signed before now are answered if the log has them, and "
			 "dropped otherwise\"");
	}
	if (duplicates->signed_from > 0) {
		/* Less than nothing: the clock was set back meanwhile. */
		duplicates->age = now > duplicates->signed_from ? now - duplicates->signed_from : 0;
		duplicates->passed_us = clock_passed_us(clock);
		duplicates->clock = clock;
	}
	enum store_error error = store_commit(&txn);
	if (error)
		log_warning("the store cannot be written", "error=\"%s\"", store_error_text(error));
}
