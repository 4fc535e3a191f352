/* SPDX-License-Identifier: BSD-2-Clause */
/* backup: what the server sends goes into a file that takes its name when it is whole, on disk, and
 * was read back. */
#include <config.h>
#include "base/codec.h"
#include "base/digest.h"
#include "base/textfile.h"
#include "ctl/ctl.h"
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct sink {
	int fd;
	int error;  /* errno */
	char *part; /* the file's name while it grows */
};

static void keep_row(void *context, json_t *row)
{
	(void)context;
	ctl_warning(row);
}

static bool keep(void *context, struct bytes data)
{
	struct sink *sink = context;
	for (size_t done = 0; done < data.len && !sink->error;) {
		ssize_t n = write(sink->fd, data.data + done, data.len - done);
		if (n < 0 && errno != EINTR)
			sink->error = errno;
		done += n > 0 ? (size_t)n : 0;
	}
	return !sink->error;
}

/* A name of its own in the folder of the file: mkostemp makes it for its user alone. */
static bool open_sink(struct sink *sink, const char *path)
{
	*sink = (struct sink){.fd = -1};
	if (asprintf(&sink->part, "%s.XXXXXX", path) < 0)
		abort();
	sink->fd = mkostemp(sink->part, O_CLOEXEC);
	sink->error = sink->fd < 0 ? errno : 0;
	return sink->fd >= 0;
}

/* What is on the disk is what the server read back: by its digest. NULL, or what is wrong. */
static const char *wrong_in_file(const struct sink *sink, const json_t *result)
{
	const char *wanted = json_string_value(json_object_get(result, "sha256"));
	struct textfile file;
	uint8_t sum[DIGEST_LEN];
	char hex[2 * DIGEST_LEN];
	struct bytes_out out = bytes_out_of(hex, sizeof(hex));
	if (fsync(sink->fd) != 0 || !textfile_open(&file, sink->part))
		return strerror(errno);
	struct bytes whole = bytes_of(file.data, file.len);
	digest_sha256(&whole, 1, sum);
	textfile_close(&file);
	codec_print(CODEC_HEX, bytes_of(sum, DIGEST_LEN), &out);
	if (!wanted || strlen(wanted) != sizeof(hex) || memcmp(wanted, hex, sizeof(hex)) != 0)
		return "what was read back is not what was written: is the disk failing?";
	return NULL;
}

static bool sync_folder(const char *path)
{
	char *copy = strdup(path);
	int fd = copy ? open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	bool is_well = fd >= 0 && fsync(fd) == 0;
	if (fd >= 0)
		close(fd);
	free(copy);
	return is_well;
}

static int finish(struct ctl *ctl, struct sink *sink, const char *path, json_t *result)
{
	const char *wrong = wrong_in_file(sink, result);
	if (!wrong && (rename(sink->part, path) != 0 || !sync_folder(path)))
		wrong = strerror(errno);
	if (wrong) {
		json_decref(result);
		return ctl_fail(ctl, CLIENT_FAILED, "%s: %s", path, wrong);
	}
	json_int_t size = json_integer_value(json_object_get(result, "size"));
	json_object_set_new(result, "file", json_string(path));
	json_object_set_new(result, "said",
			    json_sprintf("%s: %" JSON_INTEGER_FORMAT " zones, %" JSON_INTEGER_FORMAT
					 " records, %" JSON_INTEGER_FORMAT
					 " entries of the log, %" JSON_INTEGER_FORMAT
					 " bytes; read back, and good",
					 path, json_integer_value(json_object_get(result, "zones")),
					 json_integer_value(json_object_get(result, "records")),
					 json_integer_value(json_object_get(result, "entries")),
					 size));
	return ctl_result(ctl, CLIENT_OK, result, false);
}

static int run_into(struct ctl *ctl, struct sink *sink, const char *path)
{
	struct client_handlers handlers = {.row = keep_row, .data = keep, .context = sink};
	struct client_command command = {ctl->socket, "backup", ctl->args, &handlers};
	json_t *result;
	int code = client_run(&command, &result);
	if (sink->error) {
		json_decref(result);
		return ctl_fail(ctl, CLIENT_FAILED, "%s: %s", path, strerror(sink->error));
	}
	return code ? ctl_result(ctl, code, result, false) : finish(ctl, sink, path, result);
}

static int backup(struct ctl *ctl)
{
	static const char *const flags[] = {"--portable", "--with-keys", "--force"};
	struct sink sink;
	const char *path = ctl->words.word[0];
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		if (words_has(&ctl->words, flags[i]))
			ctl_arg_flag(ctl, flags[i] + 2);
	int code = open_sink(&sink, path)
			   ? run_into(ctl, &sink, path)
			   : ctl_fail(ctl, CLIENT_FAILED, "%s: %s", path, strerror(sink.error));
	if (sink.fd >= 0) {
		close(sink.fd);
		unlink(sink.part);
	}
	free(sink.part);
	return code;
}

static const struct words_option backup_options[] = {
	CTL_OPTIONS,
	{"--portable", NULL,
	 "lines of JSON that any later version reads, instead of a store's copy"},
	{"--with-keys", NULL, "with --portable: TSIG keys and their secrets too"},
	{"--force", NULL, "keeps the backup of a store that is damaged"},
	{0},
};

const struct ctl_verb ctl_backup_verbs[] = {
	{"backup", "FILE", "writes everything to a file, while the server runs", backup, 1, 1,
	 backup_options, "backup /var/backups/tenure.backup"},
	{0},
};
