/* SPDX-License-Identifier: BSD-2-Clause */
#include "vault/backup_state.h"
#include "tests/unit/tempstore.h"
#include <criterion/criterion.h>
#include <string.h>

static struct tempstore temp;
static struct store_txn txn;
static struct arena arena;

static void begin(void)
{
	tempstore_open(&temp, 0);
	store_write_begin(temp.store, &txn);
}

static void end(void)
{
	arena_free(&arena);
	store_abort(&txn);
	tempstore_free(&temp);
}

TestSuite(backup_state, .init = begin, .fini = end);

Test(backup_state, none_was_made_at_first)
{
	struct backup_state state = {.good_at = 1};
	backup_state_read(&txn, &state, &arena);
	cr_expect_eq(state.good_at, 0);
	cr_expect_null(state.file);
	cr_expect_null(state.problem);
	cr_expect_eq(txn.error, STORE_OK);
}

Test(backup_state, what_is_written_is_read)
{
	struct backup_state state, written = {.good_at = 1767603600,
					      .size = 123456789012,
					      .is_verified = true,
					      .file = "/var/backups/tenure/x.backup",
					      .failed_at = 1767690000,
					      .problem = "No space left on device"};
	backup_state_write(&txn, &written);
	backup_state_read(&txn, &state, &arena);
	cr_expect_eq(state.good_at, written.good_at);
	cr_expect_eq(state.size, written.size);
	cr_expect(state.is_verified);
	cr_expect_str_eq(state.file, written.file);
	cr_expect_eq(state.failed_at, written.failed_at);
	cr_expect_str_eq(state.problem, written.problem);
}

Test(backup_state, a_long_text_is_cut)
{
	char text[5000];
	struct backup_state state = {.file = text};
	memset(text, 'x', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	backup_state_write(&txn, &state);
	backup_state_read(&txn, &state, &arena);
	cr_expect_eq(strlen(state.file), BACKUP_STATE_TEXT_MAX);
}

/* Every length of the row, and each byte of it changed, is an answer or an error. */
Test(backup_state, a_row_that_makes_no_sense_is_an_error)
{
	uint8_t bytes[64] = {1};
	struct backup_state state;
	size_t errors = 0;
	for (size_t len = 0; len <= sizeof bytes; len++) {
		for (size_t at = 0; at < len || at == 0; at++) {
			memset(bytes, 0, sizeof bytes);
			bytes[0] = 1;
			bytes[at] ^= 0xff;
			store_put(&txn, STORE_LOCAL, bytes_of("backup", 6), bytes_of(bytes, len));
			backup_state_read(&txn, &state, &arena);
			errors += txn.error == STORE_CORRUPT;
			txn.error = STORE_OK;
		}
	}
	cr_expect_gt(errors, 1000);
}
