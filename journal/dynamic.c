/* SPDX-License-Identifier: BSD-2-Clause */
#include "journal/dynamic.h"
#include "base/decimal.h"
#include <string.h>

#define WORD     "dynamic:"
#define WORD_LEN (sizeof WORD - 1)
#define WORD_MAX (WORD_LEN + DECIMAL_MAX + 1)

static struct bytes dynamic_word_of(uint32_t zone_id, char word[WORD_MAX])
{
	memcpy(word, WORD, WORD_LEN);
	char *end = decimal_put(word + WORD_LEN, zone_id);
	*end = '\0';
	return bytes_of(word, (size_t)(end - word));
}

bool dynamic_count(struct store_txn *txn, uint32_t zone_id, uint64_t *count)
{
	char word[WORD_MAX];
	struct bytes value;
	if (!store_get(txn, STORE_META, dynamic_word_of(zone_id, word), &value))
		return false;
	*count = store_number(txn, word);
	return !txn->error;
}

void dynamic_set(struct store_txn *txn, uint32_t zone_id, uint64_t count)
{
	char word[WORD_MAX];
	dynamic_word_of(zone_id, word);
	store_set_number(txn, word, count);
}

void dynamic_forget(struct store_txn *txn, uint32_t zone_id)
{
	char word[WORD_MAX];
	store_del(txn, STORE_META, dynamic_word_of(zone_id, word));
}

void dynamic_note(struct store_txn *txn, const struct entry *e)
{
	int64_t moved = 0;
	uint64_t count;
	for (size_t i = 0; i < e->change_count; i++) {
		const struct change *c = &e->changes[i];
		bool was = c->what != CHANGE_ADDED && c->was.class == RECORD_DYNAMIC;
		bool is = c->what != CHANGE_REMOVED && c->is.class == RECORD_DYNAMIC;
		moved += (int64_t)is - (int64_t)was;
	}
	if (moved != 0 && e->has_zone && dynamic_count(txn, e->zone_id, &count))
		dynamic_set(txn, e->zone_id, (uint64_t)((int64_t)count + moved));
}
