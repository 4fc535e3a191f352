/* SPDX-License-Identifier: BSD-2-Clause */
#include "scavenger/routine.h"
#include "base/timeword.h"
#include "journal/state_server.h"
#include <assert.h>
#include <stdio.h>
#include <string.h>

/* Rows of the server's state, and the fields of the second. */
#define SETTINGS "scavenging"
#define SCHEDULE "schedule"
#define NEXT     "next"
#define LAST     "last"
#define REMOVED  "removed"
#define DURATION "duration-us"

/* A period below it would be a load and no use. */
#define PERIOD_MIN 60

const char *const routine_names[] = {
	"period",          "schedule", "outage-grace", "default-aging", "default-no-refresh",
	"default-refresh", NULL};

void routine_read(struct store_txn *txn, struct routine *routine)
{
	struct arena arena = {0};
	*routine = (struct routine){
		.grace = ROUTINE_GRACE_DEFAULT,
		.new_no_refresh = ZONE_AGING_DEFAULT,
		.new_refresh = ZONE_AGING_DEFAULT,
	};
	for (size_t i = 0; routine_names[i]; i++) {
		const char *text = server_text(txn, SETTINGS, routine_names[i], &arena);
		/* "off" is what it is without: of period and schedule one ends the other. */
		if (text && strcmp(text, "off") != 0 &&
		    routine_parse(routine, routine_names[i], text, &arena))
			store_fail(txn, STORE_CORRUPT);
	}
	arena_free(&arena);
}

static bool is_same_calendar(const struct calendar *a, const struct calendar *b)
{
	return a->days == b->days && a->hour == b->hour && a->minute == b->minute &&
	       a->is_utc == b->is_utc;
}

void routine_put(struct state_edit *rows, const struct routine *routine, uint64_t now)
{
	struct routine old;
	char text[ROUTINE_TEXT_MAX];
	struct state_row_writer row = {.arena = rows->arena};
	routine_read(rows->txn, &old);
	for (size_t i = 0; routine_names[i]; i++) {
		routine_print(routine, routine_names[i], text);
		state_row_put_text(&row, routine_names[i], text);
	}
	server_put(rows, SETTINGS, &row);
	if (old.period != routine->period || !is_same_calendar(&old.calendar, &routine->calendar))
		routine_put_due(rows, routine_next(routine, now));
}

uint64_t routine_next(const struct routine *routine, uint64_t started)
{
	if (routine->calendar.days)
		return calendar_next(&routine->calendar, started);
	return routine->period ? started + routine->period : 0;
}

uint64_t routine_due(struct store_txn *txn)
{
	uint64_t due = 0;
	server_number(txn, SCHEDULE, NEXT, &due);
	return due;
}

struct routine_cycle routine_last_cycle(struct store_txn *txn)
{
	struct routine_cycle cycle = {0};
	server_number(txn, SCHEDULE, LAST, &cycle.started);
	server_number(txn, SCHEDULE, REMOVED, &cycle.removed);
	server_number(txn, SCHEDULE, DURATION, &cycle.duration_us);
	return cycle;
}

void routine_put_cycle(struct state_edit *rows, const struct routine_cycle *cycle, uint64_t due)
{
	struct state_row_writer row = {.arena = rows->arena};
	state_row_put_number(&row, NEXT, due);
	state_row_put_number(&row, LAST, cycle->started);
	state_row_put_number(&row, REMOVED, cycle->removed);
	state_row_put_number(&row, DURATION, cycle->duration_us);
	server_put(rows, SCHEDULE, &row);
}

void routine_put_due(struct state_edit *rows, uint64_t when)
{
	struct routine_cycle cycle = routine_last_cycle(rows->txn);
	routine_put_cycle(rows, &cycle, when);
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
