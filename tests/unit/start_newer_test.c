/* SPDX-License-Identifier: BSD-2-Clause */
/* A log that a later version went on: optional parts are passed over; what must be understood stops
 * a start, and a restore, with a sentence. */
#include "config.h"
#include "journal/journal.h"
#include "nameserver/core.h"
#include "tests/unit/tempstore.h"
#include "vault/restore.h"
#include <criterion/criterion.h>
#include <stdio.h>

static const uint8_t optional[] = {98, 1, 'x'}, required[] = {99, 1, 'x'};

static struct tempstore temp;
static struct store_txn txn;
static struct arena arena;

static void append(struct bytes part)
{
	struct entry entry = {.kind = ENTRY_ADMIN, .principal = "local:root", .unknown = part};
	cr_assert(journal_append(&txn, &entry, &arena));
}
#define APPEND(part) append(bytes_of(part, sizeof(part)))

static void begin(void)
{
	tempstore_open(&temp, 0);
	store_write_begin(temp.store, &txn);
	APPEND(optional);
}

static void end(void)
{
	arena_free(&arena);
	tempstore_free(&temp);
}

TestSuite(start_newer, .init = begin, .fini = end);

static void commit(void)
{
	cr_assert_eq(store_commit(&txn), STORE_OK);
}

Test(start_newer, the_server_does_not_start)
{
	char error[STORE_ERROR_MAX] = "";
	struct core_options options = {.data = temp.path, .map_size = 64 << 20, .readers = 1};
	APPEND(required);
	commit();
	tempstore_close(&temp);
	cr_expect_null(core_start(&options, error));
	cr_expect_not_null(strstr(error, temp.path), "%s", error);
	cr_expect_not_null(strstr(error, "a later version of tenure"), "%s", error);
}

Test(start_newer, the_server_starts_beside_optional_parts)
{
	char error[STORE_ERROR_MAX] = "";
	struct core_options options = {.data = temp.path, .map_size = 64 << 20, .readers = 1};
	commit();
	tempstore_close(&temp);
	struct core *core = core_start(&options, error);
	cr_assert_not_null(core, "%s", error);
	core_stop(core);
}

Test(start_newer, its_log_is_not_followed)
{
	struct tempstore other;
	struct report report = {0};
	struct restore_result result = {0};
	struct restore_options options = {.log_of = temp.path};
	APPEND(required);
	commit();
	tempstore_close(&temp);
	tempstore_open(&other, 0);
	cr_expect_not(restore_replay(other.store, &options, &report, &result));
	cr_expect_not_null(strstr(report.error, "a later version of tenure"), "%s", report.error);
	tempstore_free(&other);
}
