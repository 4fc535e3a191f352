/* SPDX-License-Identifier: BSD-2-Clause */
#include "journal/era.h"
#include "base/decimal.h"
#include "journal/entry_time.h"
#include "journal/state_server.h"
#include <string.h>

#define AT        "began-at"
#define SEQ       "seq"
#define LEFT_SEQ  "left-seq"
#define LEFT_FROM "left-from"
#define LEFT_TO   "left-to"

#define WORD         "era-"
#define WORD_LEN     (sizeof WORD - 1)
#define ERA_WORD_MAX (WORD_LEN + DECIMAL_MAX + 1)
#define SECOND_US    1000000ull

static const char *era_word(uint32_t number, char word[ERA_WORD_MAX])
{
	memcpy(word, WORD, WORD_LEN);
	*decimal_put(word + WORD_LEN, number) = '\0';
	return word;
}

static bool era_unpack(struct bytes row, uint32_t number, struct era *era)
{
	*era = (struct era){.number = number};
	return state_row_number(row, AT, &era->at) && state_row_number(row, SEQ, &era->seq) &&
	       state_row_number(row, LEFT_SEQ, &era->left_seq) &&
	       state_row_number(row, LEFT_FROM, &era->left_from) &&
	       state_row_number(row, LEFT_TO, &era->left_to);
}

static bool era_read(struct store_txn *txn, uint32_t number, struct era *era)
{
	char word[ERA_WORD_MAX];
	struct bytes row;
	if (!state_get(txn, STATE_SERVER, state_key_word(era_word(number, word)), &row))
		return false;
	if (era_unpack(row, number, era))
		return true;
	store_fail(txn, STORE_CORRUPT);
	return false;
}

bool era_of_entry(const struct entry *entry, struct era *era)
{
	char text[ERA_WORD_MAX];
	struct bytes word = state_key_word(era_word(entry->era, text));
	for (size_t i = 0; i < entry->row_count; i++) {
		const struct state_change *row = &entry->rows[i];
		if (row->table == STATE_SERVER && row->has_new && bytes_equal(row->key, word))
			return era_unpack(row->new, entry->era, era);
	}
	return false;
}

void eras_read(struct store_txn *txn, struct eras *eras)
{
	eras->count = 0;
	for (uint32_t number = entry_time_last(txn).era; number > 1 && eras->count < ERAS_MAX;
	     number--) {
		if (!era_read(txn, number, &eras->items[eras->count]))
			break;
		eras->count++;
	}
}

const struct eras *eras_load(struct store_txn *txn, struct arena *arena)
{
	static const struct eras none;
	struct eras eras;
	eras_read(txn, &eras);
	return eras.count ? arena_copy(arena, &eras, sizeof(eras)) : &none;
}

void era_put(struct state_edit *rows, const struct era *era)
{
	char word[ERA_WORD_MAX];
	struct state_row_writer row = {.arena = rows->arena};
	state_row_put_number(&row, AT, era->at);
	state_row_put_number(&row, SEQ, era->seq);
	state_row_put_number(&row, LEFT_SEQ, era->left_seq);
	state_row_put_number(&row, LEFT_FROM, era->left_from);
	state_row_put_number(&row, LEFT_TO, era->left_to);
	server_put(rows, era_word(era->number, word), &row);
	if (era->number > ERAS_MAX + 1)
		state_del(rows, STATE_SERVER,
			  state_key_word(era_word(era->number - ERAS_MAX, word)));
}

uint64_t eras_count(const struct eras *eras, uint64_t seq, uint64_t seconds)
{
	for (size_t i = 0; i < eras->count && eras->items[i].seq > seq; i++) {
		if (eras->items[i].at < seconds)
			seconds = eras->items[i].at;
	}
	return seconds;
}

uint64_t eras_count_us(const struct eras *eras, uint64_t seq, uint64_t us)
{
	uint64_t seconds = us / SECOND_US, counts = eras_count(eras, seq, seconds);
	return counts < seconds ? counts * SECOND_US : us;
}

bool eras_next_left(const struct eras *eras, uint64_t before, uint64_t *stamp)
{
	uint64_t next = UINT64_MAX, end = UINT64_MAX;
	for (size_t i = 0; i < eras->count; i++) {
		const struct era *era = &eras->items[i];
		end = era->at < end ? era->at : end;
		if (end >= before || era->left_to < *stamp || era->left_to < era->left_from)
			continue;
		uint64_t from = era->left_from > *stamp ? era->left_from : *stamp;
		next = from < next ? from : next;
	}
	if (next == UINT64_MAX)
		return false;
	*stamp = next;
	return true;
}
