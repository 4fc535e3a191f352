/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/log.h"
#include "base/clock.h"
#include <inttypes.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#define LINE_MAX_BYTES   4096
#define LOG_PRIORITY_LEN 3 /* `<4>` (sd-daemon(3)) */

static const char *const level_names[] = {"error", "warning", "info", "debug"};
static const int syslog_priorities[] = {LOG_ERR, LOG_WARNING, LOG_INFO, LOG_DEBUG};

/* Set before threads start, and by a reload. */
static _Atomic enum log_target log_target = LOG_TO_STDERR;
static _Atomic enum log_level log_most = LOG_LEVEL_INFO;
static _Atomic bool log_is_journal; /* stderr is the journal of systemd, which reads priorities */

/* Whatever a value held, a line stays one line. */
static void log_clean(char *line)
{
	for (char *p = line; *p; p++) {
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			*p = '?';
	}
}

/* Whether a descriptor is the connection to the journal that systemd has named (systemd.exec(5)).
 */
static bool is_journal(int fd)
{
	const char *stream = getenv("JOURNAL_STREAM");
	unsigned long long device, inode;
	struct stat at;
	return stream && sscanf(stream, "%llu:%llu", &device, &inode) == 2 && fstat(fd, &at) == 0 &&
	       at.st_dev == device && at.st_ino == inode;
}

/* `line` begins with LOG_PRIORITY_LEN bytes of room. */
static void log_write_line(enum log_level level, char *line, size_t len)
{
	if (log_target == LOG_TO_SYSLOG) {
		syslog(syslog_priorities[level], "%s", line + LOG_PRIORITY_LEN);
		return;
	}
	const char priority[] = {'<', (char)('0' + syslog_priorities[level]), '>'};
	memcpy(line, priority, LOG_PRIORITY_LEN);
	if (!log_is_journal) {
		line += LOG_PRIORITY_LEN;
		len -= LOG_PRIORITY_LEN;
	}
	line[len] = '\n';
	/* One write, so that threads' lines do not mix; a closed stderr has nobody to tell. */
	ssize_t ignored = write(STDERR_FILENO, line, len + 1);
	(void)ignored;
}

void log_open(enum log_target target, enum log_level most)
{
	log_target = target;
	log_most = most;
	log_is_journal = is_journal(STDERR_FILENO);
	if (target == LOG_TO_SYSLOG)
		openlog("tenured", LOG_PID | LOG_NDELAY, LOG_DAEMON);
}

const char *log_priority(enum log_level level)
{
	static const char *const priorities[] = {
		[LOG_LEVEL_ERROR] = "<3>",
		[LOG_LEVEL_WARNING] = "<4>",
		[LOG_LEVEL_INFO] = "<6>",
		[LOG_LEVEL_DEBUG] = "<7>",
	};
	return is_journal(STDERR_FILENO) ? priorities[level] : "";
}

bool log_level_parse(const char *text, enum log_level *level)
{
	for (unsigned i = 0; i < sizeof level_names / sizeof level_names[0]; i++) {
		if (strcmp(text, level_names[i]) == 0) {
			*level = (enum log_level)i;
			return true;
		}
	}
	return false;
}

void log_line(enum log_level level, const char *what, const char *pairs, ...)
{
	if (level > log_most)
		return;
	char line[LINE_MAX_BYTES + 1]; /* one more for the line's end */
	size_t len = LOG_PRIORITY_LEN;
	int n = snprintf(line + len, LINE_MAX_BYTES - len, "%s %s", level_names[level], what);
	len += n < 0 ? 0 : (size_t)n;
	if (pairs && *pairs && len + 1 < LINE_MAX_BYTES) {
		line[len++] = ' ';
		va_list args;
		va_start(args, pairs);
		n = vsnprintf(line + len, LINE_MAX_BYTES - len, pairs, args);
		va_end(args);
		len += n < 0 ? 0 : (size_t)n;
	}
	if (len >= LINE_MAX_BYTES)
		len = LINE_MAX_BYTES - 1;
	line[len] = '\0';
	log_clean(line + LOG_PRIORITY_LEN);
	log_write_line(level, line, len);
}

const char *log_quote(const char *text, char out[LOG_QUOTED_MAX])
{
	size_t at = 0;
	out[at++] = '"';
	/* Room for the longest escape, the closing quote and the NUL. */
	for (const char *p = text; *p && at + 6 <= LOG_QUOTED_MAX; p++) {
		unsigned char c = (unsigned char)*p;
		if (c == '"' || c == '\\') {
			out[at++] = '\\';
			out[at++] = (char)c;
		} else if (c < 0x20 || c >= 0x7f) {
			at += (size_t)snprintf(out + at, 5, "\\x%02x", c);
		} else {
			out[at++] = (char)c;
		}
	}
	out[at++] = '"';
	out[at] = '\0';
	return out;
}

bool log_rate(struct log_limit *limit, unsigned per_second)
{
	uint64_t second = (clock_monotonic_us() / 1000000 + 1) & UINT32_MAX;
	uint64_t seen = limit->second_and_count, next;
	do {
		uint64_t count = seen >> 32 == second ? (seen & UINT32_MAX) : 0;
		if (count >= per_second) {
			limit->suppressed++;
			return false;
		}
		next = second << 32 | (count + 1);
	} while (!atomic_compare_exchange_weak(&limit->second_and_count, &seen, next));
	uint64_t suppressed = atomic_exchange(&limit->suppressed, 0);
	if (suppressed)
		log_warning("log lines kept back", "count=%" PRIu64, suppressed);
	return true;
}
