/* SPDX-License-Identifier: BSD-2-Clause */
#include "acl/checkpoint.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Made by openssl genpkey -algorithm ed25519. */
static const char private_pem[] =
	"-----BEGIN PRIVATE KEY-----\n"
	"MC4CAQAwBQYDK2VwBCIEIKy4E2zkyPszXEvulgcCvnE+p4fvEcyN9IpNVdf4nz7c\n"
	"-----END PRIVATE KEY-----\n";

static char path[64];

static void begin(void)
{
	strcpy(path, "/tmp/tenure-checkpoint-XXXXXX");
	int fd = mkstemp(path);
	cr_assert_geq(fd, 0);
	cr_assert_eq(write(fd, private_pem, sizeof private_pem - 1),
		     (ssize_t)sizeof private_pem - 1);
	close(fd);
}

static void end(void)
{
	unlink(path);
}

TestSuite(checkpoint, .init = begin, .fini = end);

static struct checkpoint_key *key_of_file(void)
{
	char error[CHECKPOINT_ERROR_MAX] = "";
	struct checkpoint_key *key = checkpoint_key_read(path, error);
	cr_assert(key, "%s", error);
	return key;
}

static struct checkpoint signed_one(const struct checkpoint_key *key)
{
	struct checkpoint c;
	memset(&c, 0, sizeof c);
	c.version = 2;
	c.time = 1767603600;
	c.heads[JOURNAL_CHANGES].seq = 4711;
	c.heads[JOURNAL_SIGNED].seq = 12;
	memset(c.heads[JOURNAL_CHANGES].digest, 0xa5, DIGEST_LEN);
	memset(c.heads[JOURNAL_SIGNED].digest, 0x5a, DIGEST_LEN);
	checkpoint_sign(key, &c);
	return c;
}

static void expect_bad_key(const char *wanted)
{
	char error[CHECKPOINT_ERROR_MAX] = "";
	cr_expect_null(checkpoint_key_read(path, error));
	cr_expect(strstr(error, wanted), "%s", error);
}

Test(checkpoint, a_signature_verifies_with_the_public_half)
{
	char pem[CHECKPOINT_PEM_MAX], line[CHECKPOINT_LINE_MAX];
	struct checkpoint_keys keys = {0};
	struct checkpoint back;
	struct checkpoint_key *key = key_of_file();
	struct checkpoint c = signed_one(key);
	checkpoint_key_public(key, pem);
	cr_expect_null(strstr(pem, "PRIVATE"));
	cr_assert_null(checkpoint_keys_add(&keys, pem, strlen(pem)));
	size_t len = checkpoint_print(&c, line);
	cr_assert_null(checkpoint_parse(&back, line, len));
	cr_expect_eq(memcmp(&back, &c, sizeof c), 0, "%s", line);
	cr_expect_eq(checkpoint_verify(&keys, &back), CHECKPOINT_GOOD);
	checkpoint_key_free(key);
}

Test(checkpoint, a_line_of_the_change_log_alone_still_verifies)
{
	static const char line[] =
		"tenure-checkpoint 1 seq=4711 time=2026-01-05T09:00:00Z digest="
		"a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5";
	char pem[CHECKPOINT_PEM_MAX], printed[CHECKPOINT_LINE_MAX];
	struct checkpoint_keys keys = {0};
	struct checkpoint back;
	struct checkpoint_key *key = key_of_file();
	struct checkpoint c = signed_one(key);
	c.version = 1;
	checkpoint_sign(key, &c);
	size_t len = checkpoint_print(&c, printed);
	cr_expect_eq(strncmp(printed, line, strlen(line)), 0, "%s", printed);
	cr_expect_eq(strncmp(printed + strlen(line), " key=", 5), 0, "%s", printed);
	cr_assert_null(checkpoint_parse(&back, printed, len));
	cr_expect_eq(checkpoint_heads(&back), 1);
	checkpoint_key_public(key, pem);
	cr_assert_null(checkpoint_keys_add(&keys, pem, strlen(pem)));
	cr_expect_eq(checkpoint_verify(&keys, &back), CHECKPOINT_GOOD);
	checkpoint_key_free(key);
}

Test(checkpoint, whatever_is_altered_is_found)
{
	char pem[CHECKPOINT_PEM_MAX];
	struct checkpoint_keys keys = {0};
	struct checkpoint_key *key = key_of_file();
	struct checkpoint c = signed_one(key), other;
	cr_expect_eq(checkpoint_verify(&keys, &c), CHECKPOINT_UNKNOWN_KEY);
	checkpoint_key_public(key, pem);
	cr_assert_null(checkpoint_keys_add(&keys, pem, strlen(pem)));
	other = c;
	other.heads[JOURNAL_CHANGES].seq++;
	cr_expect_eq(checkpoint_verify(&keys, &other), CHECKPOINT_FORGED);
	other = c;
	other.heads[JOURNAL_SIGNED].seq++;
	cr_expect_eq(checkpoint_verify(&keys, &other), CHECKPOINT_FORGED);
	other = c;
	other.heads[JOURNAL_UNSIGNED].digest[0] ^= 1;
	cr_expect_eq(checkpoint_verify(&keys, &other), CHECKPOINT_FORGED);
	other = c;
	other.version = 1;
	cr_expect_eq(checkpoint_verify(&keys, &other), CHECKPOINT_FORGED);
	other = c;
	other.time++;
	cr_expect_eq(checkpoint_verify(&keys, &other), CHECKPOINT_FORGED);
	other = c;
	other.heads[JOURNAL_CHANGES].digest[31] ^= 1;
	cr_expect_eq(checkpoint_verify(&keys, &other), CHECKPOINT_FORGED);
	other = c;
	other.signature[0] ^= 1;
	cr_expect_eq(checkpoint_verify(&keys, &other), CHECKPOINT_FORGED);
	other = c;
	other.key_id[0] ^= 1;
	cr_expect_eq(checkpoint_verify(&keys, &other), CHECKPOINT_UNKNOWN_KEY);
	checkpoint_key_free(key);
}

Test(checkpoint, a_key_that_others_may_read_is_refused)
{
	cr_assert_eq(chmod(path, 0640), 0);
	expect_bad_key("chmod 600");
	cr_assert_eq(chmod(path, 0604), 0);
	expect_bad_key("0604");
}

Test(checkpoint, what_is_no_key_is_refused)
{
	cr_assert_eq(truncate(path, 40), 0);
	expect_bad_key("not an Ed25519 key");
	unlink(path);
	expect_bad_key("No such file");
	cr_assert_eq(mkdir(path, 0700), 0);
	expect_bad_key("is not a file");
	cr_assert_eq(rmdir(path), 0);
}

Test(checkpoint, broken_lines_are_refused)
{
	char line[CHECKPOINT_LINE_MAX];
	struct checkpoint_key *key = key_of_file();
	struct checkpoint c = signed_one(key), back;
	size_t len = checkpoint_print(&c, line);
	for (size_t i = 0; i < len; i++) {
		cr_expect(checkpoint_parse(&back, line, i), "cut at %zu", i);
		char was = line[i];
		line[i] = ' ';
		cr_expect(was == ' ' || checkpoint_parse(&back, line, len), "a blank at %zu", i);
		line[i] = was;
	}
	line[len] = ' ';
	cr_expect(checkpoint_parse(&back, line, len + 1));
	line[len] = '\0';
	cr_expect(checkpoint_parse(&back, line, len + 1));
	checkpoint_key_free(key);
}

Test(checkpoint, a_text_without_public_keys_is_refused)
{
	struct checkpoint_keys keys = {0};
	cr_expect(checkpoint_keys_add(&keys, private_pem, strlen(private_pem)));
	cr_expect(checkpoint_keys_add(&keys, "", 0));
	cr_expect_eq(keys.count, 0);
}
