/* SPDX-License-Identifier: BSD-2-Clause */
#include "journal/journal_log.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const struct log_names {
	const char *letter, *word;
	struct journal_log_tables tables;
} log_names[JOURNAL_LOGS] = {
#define X(constant, letter, word, entries, zone, name)                                             \
	[constant] = {letter, word, {entries, zone, name}},
	JOURNAL_LOGS_TABLE(X)
#undef X
};

struct journal_log_tables journal_log_tables(enum journal_log log)
{
	return log_names[log].tables;
}

const char *journal_log_word(enum journal_log log)
{
	return log_names[log].word;
}

bool journal_log_parse(const char *word, enum journal_log *log)
{
	for (unsigned i = 0; i < JOURNAL_LOGS; i++) {
		if (strcmp(word, log_names[i].word) != 0)
			continue;
		*log = (enum journal_log)i;
		return true;
	}
	return false;
}

const char *journal_log_title(enum journal_log log)
{
	switch (log) {
	case JOURNAL_SIGNED:
		return "the log of signed refusals";
	case JOURNAL_UNSIGNED:
		return "the log of unsigned refusals";
	default:
		return "the log";
	}
}

const char *journal_log_print_seq(enum journal_log log, uint64_t seq,
				  char out[JOURNAL_LOG_SEQ_TEXT_MAX])
{
	snprintf(out, JOURNAL_LOG_SEQ_TEXT_MAX, "%s%" PRIu64, log_names[log].letter, seq);
	return out;
}

const char *journal_log_print_seqs(const struct journal_seqs *seqs,
				   char out[JOURNAL_LOG_SEQS_TEXT_MAX])
{
	size_t len = 0;
	for (unsigned i = 0; i < JOURNAL_LOGS; i++) {
		char text[JOURNAL_LOG_SEQ_TEXT_MAX];
		journal_log_print_seq((enum journal_log)i, seqs->of[i], text);
		len += (size_t)snprintf(out + len, JOURNAL_LOG_SEQS_TEXT_MAX - len, "%s%s",
					i ? "," : "", text);
	}
	return out;
}
