/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "tests/unit/tempstore.h"
#include <criterion/criterion.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void open_store(struct tempstore *t)
{
	char error[STORE_ERROR_MAX] = "";
	struct store_options options = {.path = t->path, .map_size = t->map_size, .readers = 4};
	t->store = store_open(&options, error);
	cr_assert_not_null(t->store, "%s", error);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

void tempstore_open(struct tempstore *t, uint64_t map_size)
{
	const char *folder = getenv("TMPDIR");
	snprintf(t->path, sizeof t->path, "%s/tenure-test-XXXXXX", folder ? folder : "/tmp");
	t->map_size = map_size ? map_size : 64u << 20;
	cr_assert_not_null(mkdtemp(t->path));
	open_store(t);
}

void tempstore_restart(struct tempstore *t)
{
	tempstore_close(t);
	open_store(t);
}

void tempstore_close(struct tempstore *t)
{
	store_close(t->store);
	t->store = NULL;
}

void tempstore_free(struct tempstore *t)
{
	tempstore_close(t);
	nftw(t->path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}
