/* SPDX-License-Identifier: BSD-2-Clause */
#include "scavenger/routine.h"
#include "base/timeword.h"
#include <assert.h>
#include <stdio.h>
#include <string.h>

/* Words of STORE_META. */
#define PERIOD   "scavenge-period"
#define NEXT_RUN "scavenge-next"
#define CALENDAR "scavenge-calendar" /* days, hour, minute, UTC: a byte each */
/* These stand one above what they mean, so that 0 is what was never set. */
#define GRACE      "outage-grace"
#define NO_REFRESH "default-no-refresh"
#define REFRESH    "default-refresh"
#define AGING      "default-aging" /* 1: on */

#define CALENDAR_LEN 4
/* A period below it would be a load and no use. */
#define PERIOD_MIN 60

const char *const routine_names[] = {
	"period",          "schedule", "outage-grace", "default-aging", "default-no-refresh",
	"default-refresh", NULL};

static uint32_t number_or(struct store_txn *txn, const char *word, uint32_t otherwise)
{
	uint64_t number = store_number(txn, word);
	if (number == 0)
		return otherwise;
	return (uint32_t)(number - 1);
}

static struct calendar read_calendar(struct store_txn *txn)
{
	struct calendar calendar = {0};
	struct bytes value;
	if (!store_get(txn, STORE_META, bytes_of(CALENDAR, strlen(CALENDAR)), &value))
		return calendar;
	struct bytes_in in = bytes_in_of(value.data, value.len);
	calendar.days = bytes_in_u8(&in);
	calendar.hour = bytes_in_u8(&in);
	calendar.minute = bytes_in_u8(&in);
	calendar.is_utc = bytes_in_u8(&in);
	if (in.bad || calendar.hour > 23 || calendar.minute > 59)
		store_fail(txn, STORE_CORRUPT);
	if (txn->error)
		calendar.days = 0;
	return calendar;
}

static void write_calendar(struct store_txn *txn, const struct calendar *calendar)
{
	uint8_t value[CALENDAR_LEN];
	struct bytes_out out = bytes_out_of(value, sizeof(value));
	bytes_out_u8(&out, calendar->days);
	bytes_out_u8(&out, calendar->hour);
	bytes_out_u8(&out, calendar->minute);
	bytes_out_u8(&out, calendar->is_utc);
	store_put(txn, STORE_META, bytes_of(CALENDAR, strlen(CALENDAR)),
		  bytes_of(value, sizeof(value)));
}

void routine_read(struct store_txn *txn, struct routine *routine)
{
	*routine = (struct routine){
		.period = (uint32_t)store_number(txn, PERIOD),
		.calendar = read_calendar(txn),
		.grace = number_or(txn, GRACE, ROUTINE_GRACE_DEFAULT),
		.new_is_aging = store_number(txn, AGING) == 1,
		.new_no_refresh = number_or(txn, NO_REFRESH, ZONE_AGING_DEFAULT),
		.new_refresh = number_or(txn, REFRESH, ZONE_AGING_DEFAULT),
	};
}

static bool is_same_calendar(const struct calendar *a, const struct calendar *b)
{
	return a->days == b->days && a->hour == b->hour && a->minute == b->minute &&
	       a->is_utc == b->is_utc;
}

void routine_write(struct store_txn *txn, const struct routine *routine, uint64_t now)
{
	struct routine old;
	routine_read(txn, &old);
	store_set_number(txn, PERIOD, routine->period);
	write_calendar(txn, &routine->calendar);
	store_set_number(txn, GRACE, (uint64_t)routine->grace + 1);
	store_set_number(txn, AGING, routine->new_is_aging);
	store_set_number(txn, NO_REFRESH, (uint64_t)routine->new_no_refresh + 1);
	store_set_number(txn, REFRESH, (uint64_t)routine->new_refresh + 1);
	if (old.period != routine->period || !is_same_calendar(&old.calendar, &routine->calendar))
		routine_set_due(txn, routine_next(routine, now));
}

uint64_t routine_next(const struct routine *routine, uint64_t started)
{
	if (routine->calendar.days)
		return calendar_next(&routine->calendar, started);
	return routine->period ? started + routine->period : 0;
}

uint64_t routine_due(struct store_txn *txn)
{
	return store_number(txn, NEXT_RUN);
}

void routine_set_due(struct store_txn *txn, uint64_t when)
{
	store_set_number(txn, NEXT_RUN, when);
}

static uint32_t *duration_at(struct routine *routine, const char *name)
{
	if (strcmp(name, "period") == 0)
		return &routine->period;
	if (strcmp(name, "outage-grace") == 0)
		return &routine->grace;
	if (strcmp(name, "default-no-refresh") == 0)
		return &routine->new_no_refresh;
	return strcmp(name, "default-refresh") == 0 ? &routine->new_refresh : NULL;
}

void routine_print(const struct routine *routine, const char *name, char out[ROUTINE_TEXT_MAX])
{
	struct routine copy = *routine;
	const uint32_t *seconds = duration_at(&copy, name);
	if (seconds && (*seconds || strcmp(name, "period") != 0))
		duration_print(*seconds, out);
	else if (strcmp(name, "schedule") == 0 && routine->calendar.days)
		calendar_print(&routine->calendar, out);
	else
		strcpy(out,
		       strcmp(name, "default-aging") == 0 && routine->new_is_aging ? "on" : "off");
}

static const char *parse_duration(struct routine *routine, const char *name, const char *value,
				  struct arena *arena)
{
	uint32_t seconds = 0;
	bool is_period = strcmp(name, "period") == 0, is_off = strcmp(value, "off") == 0;
	if (!(is_period && is_off) && !duration_parse(value, &seconds))
		return arena_print(arena, "%s: '%.60s' is not a duration (7d, 168h)%s", name, value,
				   is_period ? " or off" : "");
	if (is_period && seconds > 0 && seconds < PERIOD_MIN)
		return arena_print(arena, "period: %s is below a minute, which is the shortest",
				   value);
	*duration_at(routine, name) = seconds;
	if (is_period)
		routine->calendar = (struct calendar){0};
	return NULL;
}

const char *routine_parse(struct routine *routine, const char *name, const char *value,
			  struct arena *arena)
{
	const char *problem = NULL;
	bool is_off = strcmp(value, "off") == 0;
	if (duration_at(routine, name))
		return parse_duration(routine, name, value, arena);
	if (strcmp(name, "default-aging") == 0) {
		if (!is_off && strcmp(value, "on") != 0)
			return arena_print(arena, "default-aging: '%.60s' is not one of off, on",
					   value);
		routine->new_is_aging = !is_off;
		return NULL;
	}
	assert(strcmp(name, "schedule") == 0);
	routine->period = 0;
	routine->calendar = (struct calendar){0};
	if (!is_off)
		problem = calendar_parse(value, &routine->calendar);
	return problem ? arena_print(arena,
				     "schedule: '%.60s' is not a calendar like \"Sun 03:00\" or "
				     "\"daily 02:30 UTC\": %s",
				     value, problem)
		       : NULL;
}

void routine_new_zone(const struct routine *routine, struct zone *zone)
{
	zone->is_aging = routine->new_is_aging;
	zone->no_refresh = routine->new_no_refresh;
	zone->refresh = routine->new_refresh;
}
