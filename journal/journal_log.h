/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * The three logs. The change log holds what decides what the server does: state is a function of
 * it. The two logs of refusals hold what this server refused and what else changed nothing, one for
 * requests whose signature was verified and one for all others. They have the same form of entry,
 * and each has numbers, a chain of digests and a retention of its own.
 *
 * An entry is named by its log and its number: 4711 is the change log's, r12 that of the log of
 * signed refusals, u12 that of the unsigned ones. Pure.
 */
#include "store/store.h"
#include <stdbool.h>
#include <stdint.h>

/* Constant, letter before the number, word in JSON and as the word of its head, its tables. */
#define JOURNAL_LOGS_TABLE(X)                                                                      \
	X(JOURNAL_CHANGES, "", "changes", STORE_LOG, STORE_LOG_ZONE, STORE_LOG_NAME)               \
	X(JOURNAL_SIGNED, "r", "refusals-signed", STORE_SIGNED, STORE_SIGNED_ZONE,                 \
	  STORE_SIGNED_NAME)                                                                       \
	X(JOURNAL_UNSIGNED, "u", "refusals-unsigned", STORE_UNSIGNED, STORE_UNSIGNED_ZONE,         \
	  STORE_UNSIGNED_NAME)

#define X(constant, letter, word, entries, zone, name) constant,
enum journal_log { JOURNAL_LOGS_TABLE(X) JOURNAL_LOGS };
#undef X

/* A log's entries, and its two indexes (journal/index.h). */
struct journal_log_tables {
	enum store_table entries, zone, name;
};
struct journal_log_tables journal_log_tables(enum journal_log);

/* "changes", "refusals-signed", "refusals-unsigned". */
const char *journal_log_word(enum journal_log);
bool journal_log_parse(const char *word, enum journal_log *);

/* "the log", "the log of signed refusals", ...: for sentences. */
const char *journal_log_title(enum journal_log);

/* An entry's place: its log, and its number there. */
struct journal_place {
	enum journal_log log;
	uint64_t seq;
};

/* How far somebody has come in each of the logs. */
struct journal_seqs {
	uint64_t of[JOURNAL_LOGS];
};

/* "4711", "r12", "u12"; returns `out`. */
#define JOURNAL_LOG_SEQ_TEXT_MAX 24
const char *journal_log_print_seq(enum journal_log, uint64_t seq,
				  char out[JOURNAL_LOG_SEQ_TEXT_MAX]);

/* "4711,r12,u9"; returns `out`. */
#define JOURNAL_LOG_SEQS_TEXT_MAX (JOURNAL_LOGS * JOURNAL_LOG_SEQ_TEXT_MAX)
const char *journal_log_print_seqs(const struct journal_seqs *,
				   char out[JOURNAL_LOG_SEQS_TEXT_MAX]);
