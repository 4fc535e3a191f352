/* SPDX-License-Identifier: BSD-2-Clause */
#include "server/offline_digest.h"
#include "base/codec.h"
#include "base/counted.h"
#include "base/log.h"
#include "base/progress.h"
#include "journal/journal.h"
#include "server/privilege.h"
#include "vault/replay_check.h"
#include "zonedb/state_digest.h"
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define HEX_LEN (2 * DIGEST_LEN + 1)

struct words {
	const char *data, *at;
	bool is_json, has_lines;
};

static char *offline_digest_hex(const uint8_t digest[DIGEST_LEN], char text[HEX_LEN])
{
	struct bytes_out out = bytes_out_of(text, HEX_LEN - 1);
	codec_print(CODEC_HEX, bytes_of(digest, DIGEST_LEN), &out);
	text[HEX_LEN - 1] = '\0';
	return text;
}

static void print_object(json_t *object)
{
	json_dumpf(object, stdout, JSON_COMPACT | JSON_ENSURE_ASCII);
	printf("\n");
	json_decref(object);
}

static enum call_code offline_digest_complain(enum call_code code, const char *text)
{
	fflush(stdout);
	fprintf(stderr, "tenurectl: digest: %s\n", text);
	return code;
}

static bool offline_digest_print_line(void *context, struct bytes line)
{
	const struct words *words = context;
	if (words->is_json)
		print_object(json_pack("{s:s#}", "text", (const char *)line.data, line.len));
	else
		printf("%.*s\n", (int)line.len, (const char *)line.data);
	return !ferror(stdout);
}

/* "seq:N", or N. False: neither. */
static bool read_at(const char *text, uint64_t *seq)
{
	char *end;
	const char *digits = strncmp(text, "seq:", 4) == 0 ? text + 4 : text;
	errno = 0;
	unsigned long long number = strtoull(digits, &end, 10);
	*seq = number;
	return *digits >= '0' && *digits <= '9' && !*end && errno == 0;
}

static enum call_code print_digest(struct store_txn *txn, const struct words *words)
{
	char error[256], text[HEX_LEN];
	struct state_digest_result result;
	uint64_t last = journal_head(txn).seq, base = journal_base(txn).seq, seq = last;
	if (words->at && !read_at(words->at, &seq))
		return offline_digest_complain(
			CALL_USAGE, "--at: without a server it is an entry of the log: seq:N");
	if (seq > last || seq < base) {
		snprintf(error, sizeof error, "--at: the log reaches from entry %llu to %llu",
			 (unsigned long long)base, (unsigned long long)last);
		return offline_digest_complain(CALL_NOT_FOUND, error);
	}
	struct state_digest_options options = {.at = seq,
					       .line = words->has_lines ? offline_digest_print_line
									: NULL,
					       .context = (void *)(uintptr_t)words};
	if (!state_digest(txn, &options, &result)) {
		snprintf(error, sizeof error,
			 result.unknown ? STATE_DIGEST_UNKNOWN
					: "the state cannot be read to its end",
			 (unsigned long long)result.unknown);
		return offline_digest_complain(CALL_FAILED,
					       txn->error ? store_error_text(txn->error) : error);
	}
	offline_digest_hex(result.digest, text);
	if (words->has_lines)
		return CALL_OK;
	if (words->is_json)
		print_object(json_pack("{s:s, s:I, s:I}", "digest", text, "seq", (json_int_t)seq,
				       "lines", (json_int_t)result.lines));
	else
		printf("%s\n", text);
	return CALL_OK;
}

static bool offline_digest_read_words(struct words *words, int argc, char **argv)
{
	static const struct option options[] = {
		{"data", required_argument, NULL, 'd'},
		{"json", no_argument, NULL, 'j'},
		{"at", required_argument, NULL, 'a'},
		{"lines", no_argument, NULL, 'l'},
		{0},
	};
	int value;
	opterr = 0;
	optind = 1;
	while ((value = getopt_long(argc, argv, "+", options, NULL)) != -1) {
		switch (value) {
		case 'd':
			words->data = optarg;
			break;
		case 'j':
			words->is_json = true;
			break;
		case 'a':
			words->at = optarg;
			break;
		case 'l':
			words->has_lines = true;
			break;
		default:
			return false;
		}
	}
	return words->data && optind == argc;
}

int offline_digest(int argc, char **argv)
{
	struct words words = {0};
	struct store_txn txn;
	char error[STORE_ERROR_MAX], file[4200];
	struct stat st;
	umask(077);
	signal(SIGPIPE, SIG_IGN);
	store_catch_faults();
	if (!offline_digest_read_words(&words, argc, argv))
		return (int)offline_digest_complain(
			CALL_USAGE, "usage: digest --data DIR [--at seq:N] [--lines] [--json]");
	log_open(LOG_TO_STDERR, LOG_LEVEL_ERROR);
	snprintf(file, sizeof file, "%.4000s/data.mdb", words.data);
	snprintf(error, sizeof error,
		 "%.400s holds no store (data.mdb): --data is the folder of one", words.data);
	if (stat(file, &st) != 0 && (errno == ENOENT || errno == ENOTDIR))
		return (int)offline_digest_complain(CALL_FAILED, error);
	if (!privilege_enter_folder(words.data, NULL, error))
		return (int)offline_digest_complain(CALL_FAILED, error);
	struct store_options options = {.path = words.data, .is_read_only = true, .readers = 2};
	struct store *store = store_open(&options, error);
	if (!store)
		return (int)offline_digest_complain(CALL_FAILED, error);
	store_read_begin(store, &txn);
	enum call_code code = print_digest(&txn, &words);
	store_read_end(&txn);
	store_close(store);
	return (int)code;
}

static enum call_code tell_replay(const struct replay_check_result *r, const char *from,
				  bool is_json)
{
	char entries[COUNTED_TEXT_MAX];
	char here[HEX_LEN], replayed[HEX_LEN];
	offline_digest_hex(r->digest, here);
	offline_digest_hex(r->replayed_digest, replayed);
	if (is_json)
		print_object(json_pack("{s:b, s:I, s:I, s:s, s:s, s:s?, s:s?}", "same", r->is_same,
				       "seq", (json_int_t)r->seq, "replayed",
				       (json_int_t)r->replayed, "digest", here, "replayed_digest",
				       replayed, "text", r->line, "replayed_text",
				       r->replayed_line));
	else if (r->is_same)
		printf("%s of the log, replayed %s%s, %s this state: digest %s\n",
		       counted(r->replayed, "entry", entries),
		       from ? "onto " : "into an empty store", from ? from : "",
		       r->replayed == 1 ? "makes" : "make", here);
	else
		printf("the log does not make this state: digest %s, and %s replayed\n"
		       "here:     %s\nreplayed: %s\n",
		       here, replayed, r->line ? r->line : "(no more lines)",
		       r->replayed_line ? r->replayed_line : "(no more lines)");
	return r->is_same ? CALL_OK : CALL_FAILED;
}

enum call_code offline_replay(const char *data, const char *from, int fd, bool is_json,
			      struct report *report)
{
	struct replay_check_options options = {.data = data, .fd = fd, .file = from};
	struct replay_check_result result;
	bool is_read = replay_check(&options, report, &result);
	progress_end();
	if (!is_read)
		return result.is_pruned ? CALL_NOTHING : CALL_FAILED;
	enum call_code code = tell_replay(&result, from, is_json);
	free(result.line);
	free(result.replayed_line);
	return code;
}
