/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "tests/unit/bad_disk.h"
#include "tests/unit/tempstore.h"
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <lmdb.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static struct tempstore temp;

static void begin(void)
{
	tempstore_open(&temp, 0);
}

static void end(void)
{
	tempstore_free(&temp);
}

TestSuite(store_open, .init = begin, .fini = end);

/* Opening must fail with a sentence that names the path and says `what`. */
static void refuses(const char *path, bool is_read_only, const char *what)
{
	char error[STORE_ERROR_MAX] = "";
	struct store_options options = {.path = path, .is_read_only = is_read_only};
	struct store *store = store_open(&options, error);
	cr_expect_null(store);
	cr_expect_not_null(strstr(error, path), "%s", error);
	cr_expect_not_null(strstr(error, what), "%s", error);
	store_close(store);
}

static void write_file(const char *name, const char *data, size_t len)
{
	char path[200];
	snprintf(path, sizeof path, "%s/%s", temp.path, name);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	cr_assert_eq(write(fd, data, len), (ssize_t)len);
	close(fd);
}

Test(store_open, makes_the_folder_for_its_user_alone)
{
	struct stat st;
	char path[200], error[STORE_ERROR_MAX];
	snprintf(path, sizeof path, "%s/new", temp.path);
	struct store *store = store_open(&(struct store_options){.path = path}, error);
	cr_assert_not_null(store);
	cr_assert_eq(stat(path, &st), 0);
	cr_expect_eq(st.st_mode & 0777, 0700);
	store_close(store);
}

Test(store_open, a_new_store_is_on_the_disk_with_its_name)
{
	char path[200], error[STORE_ERROR_MAX] = "";
	struct store_options options = {.path = path};
	snprintf(path, sizeof path, "%s/new", temp.path);
	bad_disk_set(BAD_DISK_FOLDER, EIO, 1);
	struct store *store = store_open(&options, error);
	cr_expect_null(store, "its folder was not synced");
	cr_expect(strstr(error, "cannot be brought to the disk: Input/output error"), "%s", error);
	store_close(store);
	/* Once it is there, its name does not change any more. */
	bad_disk_set(BAD_DISK_FOLDER, EIO, 1);
	store = store_open(&options, error);
	cr_expect(store, "%s", error);
	store_close(store);
	bad_disk_set(BAD_DISK_NEVER, 0, 0);
}

Test(store_open, refuses_a_link_as_its_lock)
{
	char path[200], lock[220], target[200];
	struct stat st;
	snprintf(path, sizeof path, "%s/new", temp.path);
	snprintf(lock, sizeof lock, "%s/lock", path);
	snprintf(target, sizeof target, "%s/precious", temp.path);
	cr_assert_eq(mkdir(path, 0700), 0);
	write_file("precious", "precious", 8);
	cr_assert_eq(symlink(target, lock), 0);
	refuses(path, false, "is a link, or no plain file");
	refuses(path, true, "is a link, or no plain file");
	cr_assert_eq(unlink(lock), 0);
	cr_assert_eq(link(target, lock), 0);
	refuses(path, false, "is a link, or no plain file");
	cr_expect_eq(stat(target, &st), 0);
	cr_expect_eq(st.st_size, 8);
}

Test(store_open, refuses_a_second_process_and_names_the_first)
{
	char pid[64];
	snprintf(pid, sizeof pid, "another process holds it (pid %ld)", (long)getpid());
	refuses(temp.path, false, pid);
	refuses(temp.path, true, pid);
	pid_t child = fork();
	if (child == 0) {
		char error[STORE_ERROR_MAX] = "";
		struct store_options options = {.path = temp.path};
		_exit(!store_open(&options, error) && strstr(error, pid) ? 0 : 1);
	}
	int status;
	waitpid(child, &status, 0);
	cr_expect_eq(status, 0);
}

Test(store_open, takes_over_from_a_dead_process)
{
	tempstore_close(&temp);
	pid_t child = fork();
	if (child == 0) {
		char error[STORE_ERROR_MAX];
		struct store_options options = {.path = temp.path};
		_exit(store_open(&options, error) ? 0 : 1);
	}
	int status;
	waitpid(child, &status, 0);
	cr_assert_eq(status, 0);
	tempstore_restart(&temp);
}

Test(store_open, refuses_a_path_that_is_a_file)
{
	char path[200];
	write_file("file", "x", 1);
	snprintf(path, sizeof path, "%s/file", temp.path);
	refuses(path, false, "is a file, not a folder");
	snprintf(path, sizeof path, "%s/file/below", temp.path);
	refuses(path, false, "Not a directory");
}

Test(store_open, refuses_what_cannot_be_reached)
{
	char path[200];
	snprintf(path, sizeof path, "%s/no/such", temp.path);
	refuses(path, false, "cannot make the folder: No such file");
	refuses(path, true, "cannot be read: No such file");
	if (getuid() == 0)
		cr_skip_test("root reads everything");
	tempstore_close(&temp);
	chmod(temp.path, 0);
	refuses(temp.path, false, "Permission denied");
	chmod(temp.path, 0700);
}

Test(store_open, refuses_a_file_that_is_not_lmdb)
{
	static char rubbish[8192];
	memset(rubbish, 'x', sizeof rubbish);
	tempstore_close(&temp);
	write_file("data.mdb", rubbish, sizeof rubbish);
	refuses(temp.path, false, "not an LMDB file, so not a store of tenure");
}

Test(store_open, refuses_another_version_of_lmdb)
{
	char head[8192], path[200];
	tempstore_close(&temp);
	snprintf(path, sizeof path, "%s/data.mdb", temp.path);
	int fd = open(path, O_RDWR);
	cr_assert_eq(pread(fd, head, sizeof head, 0), (ssize_t)sizeof head);
	const uint32_t magic = 0xBEEFC0DE, version = 2;
	for (size_t page = 0; page < sizeof head; page += 4096) {
		char *at = memmem(head + page, 4096, &magic, sizeof magic);
		cr_assert_not_null(at);
		memcpy(at + sizeof magic, &version, sizeof version);
	}
	cr_assert_eq(pwrite(fd, head, sizeof head, 0), (ssize_t)sizeof head);
	close(fd);
	refuses(temp.path, false, "made by a version of LMDB that LMDB 0.9");
}

/* An environment as another program would make it: keys in the main table, or a table of ours. */
static void make_foreign(const char *path, const char *table)
{
	MDB_env *env;
	MDB_txn *txn;
	MDB_dbi dbi;
	MDB_val key = {.mv_size = 1, .mv_data = (char *)"k"}, value = key;
	mkdir(path, 0700);
	cr_assert_eq(mdb_env_create(&env), 0);
	mdb_env_set_maxdbs(env, 1);
	cr_assert_eq(mdb_env_open(env, path, 0, 0600), 0);
	cr_assert_eq(mdb_txn_begin(env, NULL, 0, &txn), 0);
	cr_assert_eq(mdb_dbi_open(txn, table, MDB_CREATE, &dbi), 0);
	cr_assert_eq(mdb_put(txn, dbi, &key, &value, 0), 0);
	cr_assert_eq(mdb_txn_commit(txn), 0);
	mdb_env_close(env);
}

Test(store_open, refuses_an_environment_of_another_program)
{
	char path[200];
	snprintf(path, sizeof path, "%s/plain", temp.path);
	make_foreign(path, NULL);
	refuses(path, false, "an LMDB environment of another program");
	refuses(path, true, "an LMDB environment of another program");
	snprintf(path, sizeof path, "%s/table", temp.path);
	make_foreign(path, "meta");
	refuses(path, false, "an LMDB environment of another program");
}

Test(store_open, refuses_another_schema)
{
	struct store_txn txn;
	store_write_begin(temp.store, &txn);
	store_set_number(&txn, "schema", STORE_SCHEMA_VERSION + 6);
	cr_assert_eq(store_commit(&txn), STORE_OK);
	tempstore_close(&temp);
	refuses(temp.path, false, "has schema version 8; this tenured knows version 2 only");
}

Test(store_open, reads_without_writing_for_offline_verbs)
{
	char error[STORE_ERROR_MAX];
	struct store_txn txn;
	struct bytes value, key = bytes_of("k", 1);
	store_write_begin(temp.store, &txn);
	store_put(&txn, STORE_NODES, key, bytes_of("v", 1));
	cr_assert_eq(store_commit(&txn), STORE_OK);
	tempstore_close(&temp);
	struct store_options options = {.path = temp.path, .is_read_only = true};
	temp.store = store_open(&options, error);
	cr_assert_not_null(temp.store, "%s", error);
	store_read_begin(temp.store, &txn);
	cr_expect(store_get(&txn, STORE_NODES, key, &value));
	store_read_end(&txn);
}
