/* SPDX-License-Identifier: BSD-2-Clause */
/* backup: what the server sends goes into a file that takes its name when it is whole, on disk, and
 * was read back. */
#include <config.h>
#include "base/codec.h"
#include "base/digest.h"
#include "ctl/output.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PIECE_MAX (256u << 10)
#define NEEDS_MAX 256

struct backup {
	const char *path;
	struct digest *passed; /* what was sent on, for what cannot be read back */
};

static void backup_pass(void *context, struct bytes data)
{
	struct backup *backup = context;
	digest_add(backup->passed, data);
}

/* From the disk. False: errno. */
static bool backup_read_back(int fd, uint8_t sum[DIGEST_LEN])
{
	struct digest *digest = digest_begin();
	uint8_t *piece = malloc(PIECE_MAX);
	ssize_t n = piece ? fsync(fd) : -1;
	for (off_t at = 0; n >= 0 && (n = pread(fd, piece, PIECE_MAX, at)) > 0; at += n)
		digest_add(digest, bytes_of(piece, (size_t)n));
	int code = errno;
	free(piece);
	digest_end(digest, sum);
	errno = code;
	return n == 0;
}

/* What must be kept besides, for the keys in it to be of use. */
static void backup_needs(const json_t *result, char out[NEEDS_MAX])
{
	const json_t *id, *keys = json_object_get(result, "store_keys");
	size_t i, at = 0;
	out[0] = '\0';
	if (json_is_true(json_object_get(result, "has_store_key"))) {
		snprintf(out, NEEDS_MAX, "; it holds the store key: keep it secret");
		return;
	}
	json_array_foreach(keys, i, id)
	{
		if (at < NEEDS_MAX - 1)
			at += (size_t)snprintf(out + at, NEEDS_MAX - at, "%s%.48s",
					       i ? ", " : "; its keys need store key ",
					       json_string_value(id));
	}
}

/* What is on the disk is what the server read back: by its digest. */
static const char *backup_check(const struct outfile *file, json_t *result, void *context)
{
	struct backup *backup = context;
	const char *wanted = json_string_value(json_object_get(result, "sha256"));
	uint8_t sum[DIGEST_LEN];
	char hex[2 * DIGEST_LEN];
	struct bytes_out out = bytes_out_of(hex, sizeof(hex));
	bool is_readable = outfile_is_readable(file);
	digest_end(backup->passed, sum);
	backup->passed = digest_begin();
	if (is_readable && !backup_read_back(file->fd, sum))
		return strerror(errno);
	codec_print(CODEC_HEX, bytes_of(sum, DIGEST_LEN), &out);
	if (!wanted || strlen(wanted) != sizeof(hex) || memcmp(wanted, hex, sizeof(hex)) != 0)
		return is_readable ? "what was read back is not what was written: is the disk "
				     "failing?"
				   : "what came is not what the server sent";
	char needs[NEEDS_MAX];
	backup_needs(result, needs);
	json_object_set_new(result, "file", json_string(backup->path));
	json_object_set_new(result, "said",
			    json_sprintf("%s: %" JSON_INTEGER_FORMAT " zones, %" JSON_INTEGER_FORMAT
					 " records, %" JSON_INTEGER_FORMAT
					 " entries of the log, %" JSON_INTEGER_FORMAT " bytes%s%s",
					 backup->path,
					 json_integer_value(json_object_get(result, "zones")),
					 json_integer_value(json_object_get(result, "records")),
					 json_integer_value(json_object_get(result, "entries")),
					 json_integer_value(json_object_get(result, "size")),
					 is_readable ? "; read back, and good" : "", needs));
	return NULL;
}

static int backup_run(struct ctl *ctl)
{
	static const char *const flags[] = {"--portable", "--without-keys", "--without-refusals",
					    "--with-store-key", "--force"};
	struct backup backup = {.path = ctl->words.word[0]};
	struct output output = {.command = "backup",
				.path = backup.path,
				.check = backup_check,
				.pass = backup_pass,
				.context = &backup};
	if (ctl->is_json && outfile_is_stdout(backup.path))
		return ctl_fail(ctl, CLIENT_USAGE,
				"the backup itself goes to standard output: --json needs a FILE");
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		if (words_has(&ctl->words, flags[i]))
			ctl_arg_flag(ctl, flags[i] + 2);
	backup.passed = digest_begin();
	int code = output_run(ctl, &output);
	digest_end(backup.passed, NULL);
	return code;
}

static const struct words_option backup_options[] = {
	CTL_OPTIONS,
	{"--portable", NULL,
	 "lines of JSON that any later version reads, instead of a store's copy"},
	{"--without-keys", NULL, "with --portable: leaves TSIG keys out"},
	{"--without-refusals", NULL,
	 "leaves out what was refused, and what else is this machine's own"},
	{"--with-store-key", NULL, "puts the store key in, which unseals the secrets of keys"},
	{"--force", NULL, "keeps the backup of a store that is damaged"},
	{0},
};

const struct ctl_command ctl_backup_commands[] = {
	{"backup", "FILE", "writes everything to a file, while the server runs", backup_run, 1, 1,
	 backup_options, "backup /var/backups/tenure.backup"},
	{0},
};
