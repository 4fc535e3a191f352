/* SPDX-License-Identifier: BSD-2-Clause */
/* backup: what the server sends goes into a file that takes its name when it is whole, on disk, and
 * was read back. */
#include <config.h>
#include "base/codec.h"
#include "base/counted.h"
#include "base/digest.h"
#include "base/progress.h"
#include "ctl/backup_drill.h"
#include "ctl/backup_keep.h"
#include "ctl/output.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PIECE_MAX     (256u << 10)
#define NEEDS_MAX     256
#define TIME_TEXT_MAX 40

struct backup {
	const char *path;
	struct digest *passed;             /* what was sent on, for what cannot be read back */
	bool verifies, is_file;            /* a file, in its place */
	char folder[BACKUP_KEEP_PATH_MAX]; /* that the file goes into */
	char error[BACKUP_DRILL_ERROR_MAX];
	char problem[BACKUP_DRILL_ERROR_MAX]; /* for the server; "": there is none */
	json_t *note;                         /* what the server is told */
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

static const char *backup_count(const json_t *result, const char *member, const char *noun,
				char out[COUNTED_TEXT_MAX])
{
	json_int_t count = json_integer_value(json_object_get(result, member));
	return counted(count > 0 ? (uint64_t)count : 0, noun, out);
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
	if (backup->verifies)
		progress_set(0, 0, "trying a restore");
	const char *wrong = backup->verifies
				    ? backup_drill(file->fd, backup->folder, result, backup->error)
				    : NULL;
	if (wrong)
		return wrong;
	char needs[NEEDS_MAX], text[4][COUNTED_TEXT_MAX];
	backup_needs(result, needs);
	backup->is_file = is_readable;
	json_object_set(backup->note, "size", json_object_get(result, "size"));
	json_object_set_new(result, "verified", json_boolean(backup->verifies));
	json_t *path = ctl_text(backup->path);
	json_object_set_new(result, "file", path);
	json_object_set_new(result, "said",
			    json_sprintf("%s: %s, %s, %s of the log, %s%s%s",
					 json_string_value(path),
					 backup_count(result, "zones", "zone", text[0]),
					 backup_count(result, "records", "record", text[1]),
					 backup_count(result, "entries", "entry", text[2]),
					 backup_count(result, "size", "byte", text[3]),
					 backup->verifies ? "; restored, checked, and good"
					 : is_readable    ? "; read back, and good"
							  : "",
					 needs));
	return NULL;
}

static void backup_failed(void *context, const char *why)
{
	struct backup *backup = context;
	snprintf(backup->problem, sizeof backup->problem, "%s", why ? why : "it failed");
}

/* Tells the server what became of it, for `status`; one that is gone hears nothing. */
static void backup_tell(struct ctl *ctl, const struct backup *backup)
{
	json_t *result, *problem = ctl_text(backup->problem), *file = ctl_text(backup->path);
	struct client_handlers handlers = {0};
	struct client_command request = {ctl->socket, "backup note", backup->note, &handlers};
	json_object_set_new(backup->note, "file", file ? file : json_string("?"));
	json_object_set_new(backup->note, "verified", json_boolean(backup->verifies));
	if (backup->problem[0])
		json_object_set_new(backup->note, "problem", problem ? problem : json_string("?"));
	else
		json_decref(problem);
	client_run(&request, &result);
	json_decref(result);
}

/* Of the row of `status`, not of its warnings. */
static void backup_take_time(void *context, json_t *row)
{
	char *time = context;
	const char *text = json_string_value(json_object_get(row, "time"));
	if (text)
		snprintf(time, TIME_TEXT_MAX, "%s", text);
}

/* The name of a new backup among those that are kept: by the time of the server. Returns the exit
 * code. */
static int backup_name(struct ctl *ctl, struct backup *backup, char path[BACKUP_KEEP_PATH_MAX])
{
	char error[BACKUP_KEEP_ERROR_MAX], time[TIME_TEXT_MAX] = "";
	const char *folder = ctl->words.word[0];
	struct client_handlers handlers = {.row = backup_take_time, .context = time};
	json_t *result, *none = json_object();
	struct client_command request = {ctl->socket, "status", none, &handlers};
	int code = client_run(&request, &result);
	json_decref(none);
	if (code != CLIENT_OK)
		return ctl_result(ctl, code, result, true);
	json_decref(result);
	backup->path = path;
	if (backup_keep_name(folder, time, words_has(&ctl->words, "--portable"), path, error))
		return CLIENT_OK;
	backup->path = folder;
	backup_failed(backup, error);
	return ctl_fail(ctl, CLIENT_FAILED, "%s: %s", folder, error);
}

static void backup_find_folder(struct backup *backup)
{
	snprintf(backup->folder, sizeof backup->folder, "%s", backup->path);
	char *slash = strrchr(backup->folder, '/');
	if (!slash)
		snprintf(backup->folder, sizeof backup->folder, ".");
	else
		slash[slash == backup->folder] = '\0';
}

/* Old ones go when the new one is in its place. Returns the exit code. */
static int backup_keep(struct ctl *ctl, struct backup *backup, uint64_t count)
{
	char error[BACKUP_KEEP_ERROR_MAX];
	size_t removed;
	bool is_well = backup_keep_newest(ctl->words.word[0], words_has(&ctl->words, "--portable"),
					  count, &removed, error);
	if (removed && !ctl->is_json)
		printf("%zu older %s removed\n", removed, removed == 1 ? "backup" : "backups");
	if (is_well)
		return CLIENT_OK;
	backup_failed(backup, error);
	return ctl_fail(ctl, CLIENT_FAILED, "%s", error);
}

static int backup_make(struct ctl *ctl, struct backup *backup)
{
	struct output output = {.command = "backup",
				.path = backup->path,
				.check = backup_check,
				.failed = backup_failed,
				.pass = backup_pass,
				.is_new = words_has(&ctl->words, "--keep"),
				.context = backup};
	backup_find_folder(backup);
	backup->passed = digest_begin();
	int code = output_run(ctl, &output);
	digest_end(backup->passed, NULL);
	return code;
}

static int backup_run(struct ctl *ctl)
{
	static const char *const flags[] = {"--portable", "--without-keys", "--without-refusals",
					    "--with-store-key", "--force"};
	char path[BACKUP_KEEP_PATH_MAX];
	static struct backup backup;
	bool keeps = words_has(&ctl->words, "--keep");
	backup = (struct backup){.path = ctl->words.word[0],
				 .verifies = words_has(&ctl->words, "--verify")};
	bool is_stdout = outfile_is_stdout(backup.path);
	if (is_stdout && (ctl->is_json || backup.verifies || keeps))
		return ctl_fail(ctl, CLIENT_USAGE,
				"the backup itself goes to standard output: --json, --keep and "
				"--verify need a FILE");
	if (!ctl_number_option(ctl, "--keep", "backups"))
		return CLIENT_USAGE;
	uint64_t count = (uint64_t)json_integer_value(json_object_get(ctl->args, "keep"));
	json_object_del(ctl->args, "keep");
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		if (words_has(&ctl->words, flags[i]))
			ctl_arg_flag(ctl, flags[i] + 2);
	backup.note = json_object();
	int code = keeps ? backup_name(ctl, &backup, path) : CLIENT_OK;
	if (code == CLIENT_OK)
		code = backup_make(ctl, &backup);
	if (keeps && code == CLIENT_OK)
		code = backup_keep(ctl, &backup, count);
	bool is_told = code == CLIENT_OK ? backup.is_file : !is_stdout && *backup.problem;
	if (is_told && code != CLIENT_UNREACHABLE && code != CLIENT_USAGE)
		backup_tell(ctl, &backup);
	json_decref(backup.note);
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
	{"--keep", "N", "FILE is a folder: a new backup by its time, and the newest N stay"},
	{"--verify", NULL,
	 "restores it into a folder beside it, and checks that, before it counts"},
	{0},
};

const struct ctl_command ctl_backup_commands[] = {
	{"backup", "FILE|DIR", "writes everything to a file, while the server runs", backup_run, 1,
	 1, backup_options, "backup /var/backups/tenure.backup"},
	{0},
};
