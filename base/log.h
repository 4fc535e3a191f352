/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * The operator's log: one line an event, `level what key=value key="value with spaces"`, to stderr
 * or syslog. On the journal of systemd each begins with its priority, `<3>` to `<7>`. Values are
 * escaped, so that nothing a peer sends can forge a line.
 *
 * An error is a line on which someone must act. Lines that a packet can cause must be limited by
 * log_rate. Secrets are never logged.
 *
 * Any thread; log_open is called before threads start, and may be called again by one of them.
 */
#include <stdbool.h>
#include <stdint.h>

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

enum log_target { LOG_TO_STDERR, LOG_TO_SYSLOG };

/* Sets the target, and the lowest level that is written. */
void log_open(enum log_target, enum log_level);

/* What a line of this level begins with on standard error, for sentences that are no lines of the
 * log: "<3>" where that is the journal, otherwise "". */
const char *log_priority(enum log_level);

/* "error", "warning", "info", "debug" to a level. */
bool log_level_parse(const char *text, enum log_level *);

/*
 * One line. `what` is a few fixed words; `pairs` is a printf format of key=value pairs in which
 * %s values that may hold spaces or come from outside are written as key=%s after log_quote().
 */
void log_line(enum log_level, const char *what, const char *pairs, ...)
	__attribute__((format(printf, 3, 4)));

/* `text` in double quotes, control bytes and quotes escaped, cut to the buffer. Returns `out`. */
#define LOG_QUOTED_MAX 1100
const char *log_quote(const char *text, char out[LOG_QUOTED_MAX]);

/* At most `per_second` lines a second through one limiter; a later line says how many were kept
 * back. True: write the line. Any thread. */
struct log_limit {
	_Atomic uint64_t second_and_count;
	_Atomic uint64_t suppressed;
};
bool log_rate(struct log_limit *, unsigned per_second);

#define log_error(what, ...)   log_line(LOG_LEVEL_ERROR, what, __VA_ARGS__)
#define log_warning(what, ...) log_line(LOG_LEVEL_WARNING, what, __VA_ARGS__)
#define log_info(what, ...)    log_line(LOG_LEVEL_INFO, what, __VA_ARGS__)
#define log_debug(what, ...)   log_line(LOG_LEVEL_DEBUG, what, __VA_ARGS__)
