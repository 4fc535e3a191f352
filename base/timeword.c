/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/timeword.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

static const struct unit {
	char letter;
	uint32_t seconds;
} units[] = {{'w', 604800}, {'d', 86400}, {'h', 3600}, {'m', 60}, {'s', 1}};

#define UNITS       (sizeof units / sizeof units[0])
#define DAY_SECONDS 86400u

static uint32_t unit_seconds(char letter)
{
	for (size_t i = 0; i < UNITS; i++) {
		if (units[i].letter == (letter | 0x20))
			return units[i].seconds;
	}
	return 0;
}

/* `n` digits at `*text` to a number, moving behind them. False: they are not digits. */
static bool take_digits(const char **text, unsigned n, int *value)
{
	int v = 0;
	for (unsigned i = 0; i < n; i++, (*text)++) {
		if (**text < '0' || **text > '9')
			return false;
		v = v * 10 + (**text - '0');
	}
	*value = v;
	return true;
}

static bool take_char(const char **text, char c)
{
	if (**text != c)
		return false;
	(*text)++;
	return true;
}

/* The fraction of a second that time_print_us() writes; it is dropped. */
static bool skip_fraction(const char **text)
{
	if (!take_char(text, '.'))
		return true;
	const char *start = *text;
	while (**text >= '0' && **text <= '9')
		(*text)++;
	return *text > start;
}

/* `Z`, `+01:00`, `-05:30`, or nothing, which is UTC, too. */
static bool take_offset(const char **text, struct tm *tm)
{
	int hours, minutes;
	bool is_east = **text == '+';
	if (**text == 'Z' || **text == 'z') {
		(*text)++;
		return true;
	}
	if (!is_east && **text != '-')
		return true;
	(*text)++;
	if (!take_digits(text, 2, &hours) || !take_char(text, ':') ||
	    !take_digits(text, 2, &minutes) || hours > 23 || minutes > 59)
		return false;
	tm->tm_gmtoff = (is_east ? 1 : -1) * (hours * 3600L + minutes * 60L);
	return true;
}

static bool take_clock_time(const char **text, struct tm *tm)
{
	if (!take_digits(text, 2, &tm->tm_hour) || !take_char(text, ':') ||
	    !take_digits(text, 2, &tm->tm_min))
		return false;
	if (take_char(text, ':') && (!take_digits(text, 2, &tm->tm_sec) || !skip_fraction(text)))
		return false;
	if (!take_offset(text, tm))
		return false;
	return tm->tm_hour < 24 && tm->tm_min < 60 && tm->tm_sec < 60;
}

/* A date, with or without a time of the day. */
static bool date_parse(const char *text, uint64_t *seconds)
{
	struct tm tm = {0};
	if (!take_digits(&text, 4, &tm.tm_year) || !take_char(&text, '-') ||
	    !take_digits(&text, 2, &tm.tm_mon) || !take_char(&text, '-') ||
	    !take_digits(&text, 2, &tm.tm_mday))
		return false;
	int month = tm.tm_mon - 1, day = tm.tm_mday;
	if (tm.tm_year < 1970 || month < 0 || month > 11 || day < 1 || day > 31)
		return false;
	if ((*text == 'T' || *text == 't' || *text == ' ') &&
	    (text++, !take_clock_time(&text, &tm)))
		return false;
	if (*text)
		return false;
	tm.tm_year -= 1900;
	tm.tm_mon = month;
	long offset = tm.tm_gmtoff;
	time_t t = timegm(&tm);
	t = t < offset ? -1 : t - offset;
	if (t < 0 || tm.tm_mon != month || tm.tm_mday != day) /* the 30th of February */
		return false;
	*seconds = (uint64_t)t;
	return true;
}

/* Parts of a number and a unit; with `is_bare` a number without one is seconds, alone or last. */
static bool duration_parse_parts(const char *text, bool is_bare, uint32_t *seconds)
{
	uint64_t total = 0;
	if (!*text)
		return false;
	while (*text) {
		uint64_t n = 0;
		const char *start = text;
		for (; *text >= '0' && *text <= '9'; text++) {
			n = n * 10 + (uint64_t)(*text - '0');
			if (n > UINT32_MAX)
				return false;
		}
		if (text == start)
			return false;
		uint32_t unit = *text ? unit_seconds(*text++) : is_bare;
		if (!unit)
			return false;
		total += n * unit;
		if (total > UINT32_MAX)
			return false;
	}
	*seconds = (uint32_t)total;
	return true;
}

bool duration_parse(const char *text, uint32_t *seconds)
{
	bool is_zero = strcmp(text, "0") == 0;
	return duration_parse_parts(text, is_zero, seconds);
}

bool duration_parse_ttl(const char *text, uint32_t *seconds)
{
	return duration_parse_parts(text, true, seconds);
}

void duration_print(uint32_t seconds, char out[TIMEWORD_TEXT_MAX])
{
	/* No weeks: "7d" is how aging intervals are spoken of. */
	size_t i = 1;
	while (i < UNITS - 1 && (seconds == 0 || seconds % units[i].seconds != 0))
		i++;
	snprintf(out, TIMEWORD_TEXT_MAX, "%" PRIu32 "%c", seconds / units[i].seconds,
		 units[i].letter);
}

/* "today", "yesterday", each with a time of the day behind it, and that time alone: today's. */
static bool day_parse(const char *text, uint64_t now, uint64_t *seconds)
{
	struct tm tm = {0};
	uint64_t day = now / DAY_SECONDS * DAY_SECONDS;
	size_t len = strcspn(text, " ");
	bool is_yesterday = len == 9 && strncasecmp(text, "yesterday", len) == 0;
	bool is_today = len == 5 && strncasecmp(text, "today", len) == 0;
	if (is_yesterday || is_today)
		text += len + strspn(text + len, " ");
	if (is_yesterday)
		day -= day ? DAY_SECONDS : 0;
	if ((is_yesterday || is_today) && !*text) {
		*seconds = day;
		return true;
	}
	if (!take_clock_time(&text, &tm) || *text)
		return false;
	long of_day = tm.tm_hour * 3600L + tm.tm_min * 60L + tm.tm_sec - tm.tm_gmtoff;
	if (of_day < 0 && day < (uint64_t)-of_day)
		return false;
	*seconds = of_day < 0 ? day - (uint64_t)-of_day : day + (uint64_t)of_day;
	return true;
}

/* "2h", "2h ago". */
static bool ago_parse(const char *text, uint32_t *ago)
{
	char word[TIMEWORD_TEXT_MAX];
	size_t len = strcspn(text, " ");
	const char *rest = text + len + strspn(text + len, " ");
	if (len >= sizeof word || (*rest && strcasecmp(rest, "ago") != 0))
		return false;
	memcpy(word, text, len);
	word[len] = '\0';
	return duration_parse(word, ago);
}

/* "in 2h" */
static bool ahead_parse(const char *text, uint32_t *ahead)
{
	if (strncasecmp(text, "in ", 3) != 0)
		return false;
	text += 3;
	return duration_parse(text + strspn(text, " "), ahead);
}

bool time_parse(const char *text, uint64_t now, uint64_t *seconds)
{
	uint32_t ago, ahead;
	if (strcasecmp(text, "now") == 0) {
		*seconds = now;
		return true;
	}
	if (ago_parse(text, &ago)) {
		if (ago > now)
			return false;
		*seconds = now - ago;
		return true;
	}
	if (ahead_parse(text, &ahead)) {
		*seconds = now + ahead;
		return true;
	}
	return day_parse(text, now, seconds) || date_parse(text, seconds);
}

static void timeword_utc(uint64_t seconds, struct tm *tm)
{
	/* Beyond the year 9999 RFC 3339 has no words; show the last one it has. */
	time_t t = seconds > 253402300799 ? 253402300799 : (time_t)seconds;
	gmtime_r(&t, tm);
}

void time_print(uint64_t seconds, char out[TIMEWORD_TEXT_MAX])
{
	struct tm tm;
	timeword_utc(seconds, &tm);
	strftime(out, TIMEWORD_TEXT_MAX, "%Y-%m-%dT%H:%M:%SZ", &tm);
}

void time_print_us(uint64_t microseconds, char out[TIMEWORD_TEXT_MAX])
{
	struct tm tm;
	timeword_utc(microseconds / 1000000, &tm);
	size_t n = strftime(out, TIMEWORD_TEXT_MAX, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(out + n, TIMEWORD_TEXT_MAX - n, ".%06uZ", (unsigned)(microseconds % 1000000));
}
