/* SPDX-License-Identifier: BSD-2-Clause */
#include "vault/backup_state.h"
#include <string.h>

/* The row: 1 form, 8 good at, 8 size, 1 whether verified, 8 failed at, then each text as 2 length
 * and its bytes; no text is length 0. */
#define FORM      1
#define VALUE_MAX (1 + 8 + 8 + 1 + 8 + 2 * (2 + BACKUP_STATE_TEXT_MAX))

static struct bytes backup_state_word(void)
{
	return bytes_of("backup", strlen("backup"));
}

static const char *backup_state_take(struct bytes_in *in, struct arena *arena)
{
	size_t len = bytes_in_u16(in);
	const uint8_t *text = bytes_in_take(in, len);
	return len && text ? arena_print(arena, "%.*s", (int)len, (const char *)text) : NULL;
}

static void backup_state_put(struct bytes_out *out, const char *text)
{
	size_t len = text ? strnlen(text, BACKUP_STATE_TEXT_MAX) : 0;
	bytes_out_u16(out, (uint16_t)len);
	bytes_out_put(out, text ? text : "", len);
}

void backup_state_read(struct store_txn *txn, struct backup_state *state, struct arena *arena)
{
	struct bytes value;
	struct backup_state read = {0};
	*state = read;
	if (!store_get(txn, STORE_LOCAL, backup_state_word(), &value))
		return;
	struct bytes_in in = bytes_in_of(value.data, value.len);
	uint8_t form = bytes_in_u8(&in);
	read.good_at = bytes_in_u64(&in);
	read.size = bytes_in_u64(&in);
	read.is_verified = bytes_in_u8(&in) != 0;
	read.failed_at = bytes_in_u64(&in);
	read.file = backup_state_take(&in, arena);
	read.problem = backup_state_take(&in, arena);
	if (in.bad || form != FORM || bytes_in_left(&in) != 0)
		store_fail(txn, STORE_CORRUPT);
	else
		*state = read;
}

void backup_state_write(struct store_txn *txn, const struct backup_state *state)
{
	uint8_t value[VALUE_MAX];
	struct bytes_out out = bytes_out_of(value, sizeof value);
	bytes_out_u8(&out, FORM);
	bytes_out_u64(&out, state->good_at);
	bytes_out_u64(&out, state->size);
	bytes_out_u8(&out, state->is_verified);
	bytes_out_u64(&out, state->failed_at);
	backup_state_put(&out, state->file);
	backup_state_put(&out, state->problem);
	store_put(txn, STORE_LOCAL, backup_state_word(), bytes_of(value, bytes_out_len(&out)));
}
