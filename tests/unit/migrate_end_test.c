/* SPDX-License-Identifier: BSD-2-Clause */
/* A migration that ends at any of its writes, or whose disk is full from there on: the store is the
 * old one, or the new one, whole; and the next migration does what is left. */
#include "config.h"
#include "acl/keyring.h"
#include "dns/type.h"
#include "store/inspect.h"
#include "tests/unit/bad_disk.h"
#include "tests/unit/old_store.h"
#include "vault/check.h"
#include "vault/migrate.h"
#include "zonedb/zone.h"
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define CALLS_MAX 5000

static char folder[128], file[160], kept[160];
static uint8_t *old;
static size_t old_len;

static uint8_t *read_whole(const char *path, size_t *len)
{
	struct stat st;
	int fd = open(path, O_RDONLY);
	cr_assert(fd >= 0 && fstat(fd, &st) == 0, "%s: %s", path, strerror(errno));
	uint8_t *bytes = malloc((size_t)st.st_size + 1);
	cr_assert_eq(read(fd, bytes, (size_t)st.st_size), st.st_size);
	close(fd);
	*len = (size_t)st.st_size;
	return bytes;
}

static void put_old(void)
{
	int fd = open(file, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	cr_assert_eq(write(fd, old, old_len), (ssize_t)old_len);
	close(fd);
}

static void begin(void)
{
	const char *temp = getenv("TMPDIR");
	snprintf(folder, sizeof(folder), "%.80s/tenure-migrate-XXXXXX", temp ? temp : "/tmp");
	cr_assert(mkdtemp(folder));
	snprintf(file, sizeof(file), "%s/data.mdb", folder);
	snprintf(kept, sizeof(kept), "%s/" MIGRATE_KEPT_AS, folder);
	old_store_make(folder);
	old = read_whole(file, &old_len);
}

static void end(void)
{
	char command[200];
	free(old);
	snprintf(command, sizeof(command), "rm -r %s", folder);
	cr_expect_eq(system(command), 0);
}

TestSuite(migrate_end, .init = begin, .fini = end, .timeout = 300);

static bool migrate(struct report *report)
{
	struct migrate_options options = {
		.data = folder, .map_size = 64 << 20, .now = 5000, .keeps_old = true};
	*report = (struct report){0};
	return migrate_store(&options, report);
}

/* A child that migrates; true: it got through. */
static bool try_migration(unsigned calls, int code, bool is_end)
{
	struct report report;
	int status;
	pid_t child = fork();
	if (child == 0) {
		bad_disk_set_from(calls, code, is_end);
		_exit(migrate(&report) ? 0 : report.error[0] ? 1 : 2);
	}
	cr_assert(waitpid(child, &status, 0) == child);
	if (is_end && WIFSIGNALED(status))
		cr_assert_eq(WTERMSIG(status), SIGKILL);
	else
		cr_assert(WIFEXITED(status) && WEXITSTATUS(status) <= !is_end, "call %u: status %x",
			  calls, (unsigned)status);
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* As the old one was, or a store of the present schema in which nothing is wrong. */
static bool is_old(unsigned calls)
{
	size_t len;
	uint8_t *now = read_whole(file, &len);
	bool is = len == old_len && memcmp(now, old, len) == 0;
	free(now);
	cr_assert(is || store_inspect_schema(file) == STORE_SCHEMA_VERSION,
		  "call %u: neither the old store nor a new one", calls);
	return is;
}

static void expect_new(unsigned calls)
{
	char error[STORE_ERROR_MAX] = "";
	struct report report = {0};
	struct check_counts counts;
	struct store_options options = {.path = file, .is_read_only = true, .is_file = true};
	struct store *store = store_open(&options, error);
	cr_assert_not_null(store, "call %u: %s", calls, error);
	cr_expect(check_store(store, &report, &counts), "call %u: %s", calls, report.error);
	cr_expect_eq(report.findings, 0, "call %u", calls);
	cr_expect(counts.zones == 1 && counts.names == 2 && counts.records == 3);
	store_close(store);
}

static void expect_keys(unsigned calls)
{
	char error[STORE_ERROR_MAX] = "";
	bool is_absent;
	struct store_key *keys = store_key_new();
	struct store_txn txn;
	struct keyring_key key;
	struct dns_name name = old_name("kea");
	struct store_options options = {.path = file, .is_read_only = true, .is_file = true};
	struct store *store = store_open(&options, error);
	cr_assert(store_key_read(keys, folder, &is_absent, error), "call %u: %s", calls, error);
	store_read_begin(store, &txn);
	cr_assert(keyring_get(&txn, &name, &key));
	cr_expect_null(keyring_key_unseal(&key, keys), "call %u", calls);
	cr_expect(bytes_equal(bytes_of(key.secret, key.secret_len), bytes_of(OLD_SECRET, 6)));
	keyring_key_wipe(&key);
	store_read_end(&txn);
	store_close(store);
	store_key_free(keys);
}

/* What the kept name leads to is the old store, once. */
static void expect_kept(unsigned calls)
{
	char second[sizeof(kept) + 2];
	size_t len;
	uint8_t *now = read_whole(kept, &len);
	cr_expect(len == old_len && memcmp(now, old, len) == 0, "call %u", calls);
	free(now);
	snprintf(second, sizeof(second), "%s.2", kept);
	cr_expect_neq(access(second, F_OK), 0, "call %u", calls);
}

static void expect_old_or_new(unsigned calls)
{
	struct report report;
	if (is_old(calls))
		cr_assert(migrate(&report), "call %u: %s", calls, report.error);
	cr_assert_not(is_old(calls));
	expect_new(calls);
	expect_keys(calls);
	expect_kept(calls);
	cr_assert(migrate(&report), "call %u: once more: %s", calls, report.error);
	unlink(kept);
	put_old();
}

static void try_each_call(int code, bool is_end)
{
	unsigned calls = 0;
	while (calls < CALLS_MAX && !try_migration(calls, code, is_end))
		expect_old_or_new(calls++);
	cr_expect_gt(calls, 20, "%u", calls);
	cr_expect_lt(calls, CALLS_MAX);
	expect_old_or_new(calls);
}

Test(migrate_end, killed_at_each_write)
{
	try_each_call(0, true);
}

Test(migrate_end, a_disk_that_is_full_from_each_write_on)
{
	try_each_call(ENOSPC, false);
}

Test(migrate_end, a_disk_that_fails_from_each_write_on)
{
	try_each_call(EIO, false);
}

Test(migrate_end, no_secret_is_left_in_the_new_file)
{
	struct report report;
	size_t len;
	cr_assert_not_null(memmem(old, old_len, OLD_SECRET, 6));
	cr_assert(migrate(&report), "%s", report.error);
	uint8_t *now = read_whole(file, &len);
	cr_expect_null(memmem(now, len, OLD_SECRET, 6));
	cr_expect_null(memmem(now, len, "older", 5));
	cr_expect_null(memmem(now, len, "c2VjcmV0", 8), "nor its base64");
	free(now);
}

Test(migrate_end, a_row_that_makes_no_sense_leaves_the_old_store)
{
	struct report report;
	char error[STORE_ERROR_MAX] = "";
	struct store_txn txn;
	struct old key = old_word("retention-colour"), value = old_id(1, 8);
	struct store_options options = {
		.path = folder, .map_size = 64 << 20, .schema = STORE_SCHEMA_0_1_0};
	struct store *store = store_open(&options, error);
	cr_assert_not_null(store, "%s", error);
	store_write_begin(store, &txn);
	store_put(&txn, STORE_META, old_bytes(&key), old_bytes(&value));
	cr_assert_eq(store_commit(&txn), STORE_OK);
	store_close(store);
	free(old);
	old = read_whole(file, &old_len);
	cr_expect_not(migrate(&report));
	cr_expect_not_null(strstr(report.error, "table meta, retention-colour: 0.1.0 knows no such "
						"setting"),
			   "%s", report.error);
	cr_expect(is_old(0));
	cr_expect_neq(access(kept, F_OK), 0);
}

/* A row that is taken, and leads nowhere: the check of the new store finds it. */
Test(migrate_end, a_record_of_nobody_leaves_the_old_store)
{
	struct report report;
	char error[STORE_ERROR_MAX] = "";
	struct store_txn txn;
	struct old key = old_name_key(7, "pc"), value = old_node(0);
	struct store_options options = {
		.path = folder, .map_size = 64 << 20, .schema = STORE_SCHEMA_0_1_0};
	struct store *store = store_open(&options, error);
	cr_assert_not_null(store, "%s", error);
	old_rrset(&value, DNS_TYPE_A, "\x0a\0\0\1", 4);
	value.data[23] = 99; /* the owner's number */
	store_write_begin(store, &txn);
	store_put(&txn, STORE_NODES, old_bytes(&key), old_bytes(&value));
	cr_assert_eq(store_commit(&txn), STORE_OK);
	store_close(store);
	free(old);
	old = read_whole(file, &old_len);
	cr_expect_not(migrate(&report));
	cr_expect_not_null(strstr(report.error, "a record's owner is unknown"), "%s", report.error);
	cr_expect(is_old(0));
}

Test(migrate_end, a_store_that_another_has_open_is_left)
{
	struct report report;
	char error[STORE_ERROR_MAX] = "";
	int lock = store_lock(folder, false, error);
	cr_assert(lock >= 0, "%s", error);
	cr_expect_not(migrate(&report));
	cr_expect_not_null(strstr(report.error, folder), "%s", report.error);
	close(lock);
	cr_expect(is_old(0));
}
