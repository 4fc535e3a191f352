/* SPDX-License-Identifier: BSD-2-Clause */
#include "journal/state_server.h"

bool server_number(struct store_txn *txn, const char *subject, const char *field, uint64_t *number)
{
	struct bytes row;
	return state_get(txn, STATE_SERVER, state_key_word(subject), &row) &&
	       state_row_number(row, field, number);
}

const char *server_text(struct store_txn *txn, const char *subject, const char *field,
			struct arena *arena)
{
	struct bytes row, value;
	if (!state_get(txn, STATE_SERVER, state_key_word(subject), &row) ||
	    !state_row_find(row, field, &value) || (value.len && memchr(value.data, 0, value.len)))
		return NULL;
	return arena_text(arena, (const char *)value.data, value.len);
}

void server_put(struct state_edit *rows, const char *subject, const struct state_row_writer *row)
{
	state_put(rows, STATE_SERVER, state_key_word(subject), state_row_end(row));
}
