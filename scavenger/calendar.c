/* SPDX-License-Identifier: BSD-2-Clause */
#include "scavenger/calendar.h"
#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#define DAYS      7
#define EVERY_DAY 0x7f

static const char *const day_names[DAYS] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
					    "Thursday", "Friday", "Saturday"};

/* Three letters, or the whole name. */
static bool parse_day(const char *text, size_t len, uint8_t *days)
{
	for (unsigned day = 0; day < DAYS; day++) {
		size_t whole = strlen(day_names[day]);
		if ((len != 3 && len != whole) || strncasecmp(text, day_names[day], len) != 0)
			continue;
		*days |= (uint8_t)(1u << day);
		return true;
	}
	return false;
}

static bool parse_days(const char *text, size_t len, uint8_t *days)
{
	*days = 0;
	if (len == 5 && strncasecmp(text, "daily", len) == 0) {
		*days = EVERY_DAY;
		return true;
	}
	for (size_t at = 0; at <= len;) {
		size_t end = at;
		while (end < len && text[end] != ',')
			end++;
		if (!parse_day(text + at, end - at, days))
			return false;
		at = end + 1;
	}
	return true;
}

static bool calendar_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* `03:00`, or NULL. Returns what stands behind it. */
static const char *calendar_parse_time(const char *at, struct calendar *calendar)
{
	if (!calendar_is_digit(at[0]) || !calendar_is_digit(at[1]) || at[2] != ':' ||
	    !calendar_is_digit(at[3]) || !calendar_is_digit(at[4]))
		return NULL;
	calendar->hour = (uint8_t)((at[0] - '0') * 10 + at[1] - '0');
	calendar->minute = (uint8_t)((at[3] - '0') * 10 + at[4] - '0');
	return calendar->hour < 24 && calendar->minute < 60 ? at + 5 : NULL;
}

const char *calendar_parse(const char *text, struct calendar *calendar)
{
	struct calendar read = {0};
	size_t days_len = strcspn(text, " ");
	if (!parse_days(text, days_len, &read.days))
		return "it begins with days (Sun, or Mon,Wed,Fri, or daily)";
	const char *at = text + days_len;
	while (*at == ' ')
		at++;
	if (!*at || !(at = calendar_parse_time(at, &read)))
		return "behind the days stands a time (03:00)";
	read.is_utc = strcasecmp(at, " UTC") == 0;
	if (*at && !read.is_utc)
		return "behind the time may stand UTC, and nothing else";
	*calendar = read;
	return NULL;
}

void calendar_print(const struct calendar *calendar, char out[CALENDAR_TEXT_MAX])
{
	char days[CALENDAR_TEXT_MAX / 2] = "";
	size_t len = 0;
	for (unsigned day = 0; day < DAYS && calendar->days != EVERY_DAY; day++) {
		if (!(calendar->days & 1u << day))
			continue;
		len += (size_t)snprintf(days + len, sizeof(days) - len, "%s%.3s", len ? "," : "",
					day_names[day]);
	}
	snprintf(out, CALENDAR_TEXT_MAX, "%s %02u:%02u%s",
		 calendar->days == EVERY_DAY ? "daily" : days, calendar->hour, calendar->minute,
		 calendar->is_utc ? " UTC" : "");
}

static void calendar_split(const struct calendar *calendar, time_t when, struct tm *tm)
{
	if (calendar->is_utc)
		gmtime_r(&when, tm);
	else
		localtime_r(&when, tm);
}

/* mktime's guess at a time that comes twice may be either: both are asked for, the first taken. */
static time_t calendar_join(const struct calendar *calendar, const struct tm *day)
{
	struct tm tm = *day;
	if (calendar->is_utc)
		return timegm(&tm);
	time_t best = (time_t)-1;
	for (int dst = 1; dst >= 0; dst--) {
		tm = *day;
		tm.tm_isdst = dst;
		time_t when = mktime(&tm);
		bool is_meant = tm.tm_hour == day->tm_hour && tm.tm_min == day->tm_min;
		if (is_meant && (best == (time_t)-1 || when < best))
			best = when;
	}
	if (best != (time_t)-1)
		return best;
	/* Left out by the night: by the time before it, so much later. */
	tm = *day;
	tm.tm_isdst = 0;
	return mktime(&tm);
}

uint64_t calendar_next(const struct calendar *calendar, uint64_t now)
{
	struct tm today;
	assert(calendar->days);
	calendar_split(calendar, (time_t)now, &today);
	for (int ahead = 0; ahead <= DAYS; ahead++) {
		struct tm day = {.tm_year = today.tm_year,
				 .tm_mon = today.tm_mon,
				 .tm_mday = today.tm_mday + ahead,
				 .tm_hour = 12};
		/* Days are counted at noon, which every day has once; this also gives the weekday.
		 */
		timegm(&day);
		day.tm_hour = calendar->hour;
		day.tm_min = calendar->minute;
		if (!(calendar->days & 1u << day.tm_wday))
			continue;
		time_t when = calendar_join(calendar, &day);
		if (when > (time_t)now)
			return (uint64_t)when;
	}
	/* One day a week, and the time of today was gone through twice. */
	return now + DAYS * 86400;
}
