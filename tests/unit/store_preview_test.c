/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "server/store_preview.h"
#include "tests/unit/tempstore.h"
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static struct tempstore temp;
static char said[STORE_PREVIEW_MAX];

static void begin(void)
{
	tempstore_open(&temp, 0);
}

static void end(void)
{
	tempstore_free(&temp);
}

TestSuite(store_preview, .init = begin, .fini = end);

static void expect(enum store_preview wanted, const char *part)
{
	cr_expect_eq(store_preview(temp.path, said), wanted, "%s", said);
	cr_expect_eq(strncmp(said, temp.path, strlen(temp.path)), 0, "%s", said);
	cr_expect_not_null(strstr(said, part), "%s", said);
}

static void preview_set_schema(uint64_t version)
{
	struct store_txn txn;
	store_write_begin(temp.store, &txn);
	store_set_number(&txn, "schema", version);
	cr_assert_eq(store_commit(&txn), STORE_OK);
}

/* Writes bytes over those of the file. */
static void preview_overwrite(off_t at, const void *bytes, size_t len)
{
	char file[256];
	snprintf(file, sizeof file, "%s/data.mdb", temp.path);
	int fd = open(file, O_WRONLY);
	cr_assert_geq(fd, 0);
	cr_assert_eq(pwrite(fd, bytes, len, at), (ssize_t)len);
	close(fd);
}

Test(store_preview, a_store_of_this_version_is_opened_also_while_a_server_has_it)
{
	preview_set_schema(STORE_SCHEMA_VERSION);
	expect(STORE_PREVIEW_OPENS, "has schema version 2, as this tenured");
}

Test(store_preview, where_there_is_none_one_is_made)
{
	char file[256];
	tempstore_close(&temp);
	snprintf(file, sizeof file, "%s/data.mdb", temp.path);
	cr_assert_eq(unlink(file), 0);
	expect(STORE_PREVIEW_OPENS, "there is no store, and one is made");
}

Test(store_preview, a_later_store_is_refused)
{
	preview_set_schema(STORE_SCHEMA_VERSION + 1);
	expect(STORE_PREVIEW_REFUSES, "has schema version 3, which this tenured does not know");
}

Test(store_preview, one_of_0_1_0_is_migrated)
{
	preview_set_schema(STORE_SCHEMA_0_1_0);
	expect(STORE_PREVIEW_MIGRATES, "has schema version 1, and is migrated to 2");
}

Test(store_preview, one_of_another_lmdb_is_refused)
{
	const uint32_t version = 2;
	tempstore_close(&temp);
	/* Both heads, behind the head of their pages: magic, then the version. */
	preview_overwrite(20, &version, sizeof version);
	preview_overwrite(4096 + 20, &version, sizeof version);
	expect(STORE_PREVIEW_REFUSES, "is of another LMDB (data version 2, this one has 1)");
}

Test(store_preview, what_is_no_store_is_refused)
{
	tempstore_close(&temp);
	preview_overwrite(0, "no store at all, but long enough to be read", 43);
	expect(STORE_PREVIEW_REFUSES, "data.mdb is no store");
}
