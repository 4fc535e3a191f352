/* SPDX-License-Identifier: BSD-2-Clause */
#include "scavenger/scavenge_settings.h"
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

const char *const scavenge_settings_names[] = {
	"period",          "schedule", "outage-grace", "default-aging", "default-no-refresh",
	"default-refresh", NULL};

/* NULL: the row has none. */
static const char *row_text(struct bytes row, const char *name, struct arena *arena)
{
	struct bytes value;
	if (!state_row_find(row, name, &value) || (value.len && memchr(value.data, 0, value.len)))
		return NULL;
	return arena_text(arena, (const char *)value.data, value.len);
}

void scavenge_settings_see(struct state_edit *rows, struct scavenge_settings *settings)
{
	struct arena arena = {0};
	struct bytes row;
	bool is_there = state_see(rows, STATE_SERVER, state_key_word(SETTINGS), &row);
	*settings = (struct scavenge_settings){
		.grace = SCAVENGE_SETTINGS_GRACE_DEFAULT,
		.new_no_refresh = ZONE_AGING_DEFAULT,
		.new_refresh = ZONE_AGING_DEFAULT,
	};
	for (size_t i = 0; is_there && scavenge_settings_names[i]; i++) {
		const char *text = row_text(row, scavenge_settings_names[i], &arena);
		/* "off" is what it is without: of period and schedule one ends the other. */
		if (text && strcmp(text, "off") != 0 &&
		    scavenge_settings_parse(settings, scavenge_settings_names[i], text, &arena))
			store_fail(rows->txn, STORE_CORRUPT);
	}
	arena_free(&arena);
}

void scavenge_settings_read(struct store_txn *txn, struct scavenge_settings *settings)
{
	struct state_edit none = state_edit_of(txn, NULL);
	scavenge_settings_see(&none, settings);
}

static bool is_same_calendar(const struct calendar *a, const struct calendar *b)
{
	return a->days == b->days && a->hour == b->hour && a->minute == b->minute &&
	       a->is_utc == b->is_utc;
}

void scavenge_settings_put(struct state_edit *rows, const struct scavenge_settings *settings,
			   uint64_t now)
{
	struct scavenge_settings old;
	char was[SCAVENGE_SETTINGS_TEXT_MAX], text[SCAVENGE_SETTINGS_TEXT_MAX];
	struct state_row_writer row = {.arena = rows->arena};
	scavenge_settings_read(rows->txn, &old);
	for (size_t i = 0; scavenge_settings_names[i]; i++) {
		scavenge_settings_print(&old, scavenge_settings_names[i], was);
		scavenge_settings_print(settings, scavenge_settings_names[i], text);
		/* What was never set, and is not now, stays absent: an entry changes what it says.
		 */
		if (!server_text(rows->txn, SETTINGS, scavenge_settings_names[i], rows->arena) &&
		    strcmp(was, text) == 0)
			continue;
		state_row_put_text(&row, scavenge_settings_names[i], text);
	}
	server_put(rows, SETTINGS, &row);
	if (old.period != settings->period || !is_same_calendar(&old.calendar, &settings->calendar))
		scavenge_settings_put_due(rows, scavenge_settings_next(settings, now));
}

uint64_t scavenge_settings_next(const struct scavenge_settings *settings, uint64_t started)
{
	if (settings->calendar.days)
		return calendar_next(&settings->calendar, started);
	return settings->period ? started + settings->period : 0;
}

uint64_t scavenge_settings_due(struct store_txn *txn)
{
	uint64_t due = 0;
	server_number(txn, SCHEDULE, NEXT, &due);
	return due;
}

struct scavenge_settings_cycle scavenge_settings_last_cycle(struct store_txn *txn)
{
	struct scavenge_settings_cycle cycle = {0};
	server_number(txn, SCHEDULE, LAST, &cycle.started);
	server_number(txn, SCHEDULE, REMOVED, &cycle.removed);
	server_number(txn, SCHEDULE, DURATION, &cycle.duration_us);
	return cycle;
}

void scavenge_settings_put_cycle(struct state_edit *rows,
				 const struct scavenge_settings_cycle *cycle, uint64_t due)
{
	struct state_row_writer row = {.arena = rows->arena};
	state_row_put_number(&row, NEXT, due);
	state_row_put_number(&row, LAST, cycle->started);
	state_row_put_number(&row, REMOVED, cycle->removed);
	state_row_put_number(&row, DURATION, cycle->duration_us);
	server_put(rows, SCHEDULE, &row);
}

void scavenge_settings_put_due(struct state_edit *rows, uint64_t when)
{
	struct scavenge_settings_cycle cycle = scavenge_settings_last_cycle(rows->txn);
	scavenge_settings_put_cycle(rows, &cycle, when);
}

static uint32_t *duration_at(struct scavenge_settings *settings, const char *name)
{
	if (strcmp(name, "period") == 0)
		return &settings->period;
	if (strcmp(name, "outage-grace") == 0)
		return &settings->grace;
	if (strcmp(name, "default-no-refresh") == 0)
		return &settings->new_no_refresh;
	return strcmp(name, "default-refresh") == 0 ? &settings->new_refresh : NULL;
}

void scavenge_settings_print(const struct scavenge_settings *settings, const char *name,
			     char out[SCAVENGE_SETTINGS_TEXT_MAX])
{
	struct scavenge_settings copy = *settings;
	const uint32_t *seconds = duration_at(&copy, name);
	if (seconds && (*seconds || strcmp(name, "period") != 0))
		duration_print(*seconds, out);
	else if (strcmp(name, "schedule") == 0 && settings->calendar.days)
		calendar_print(&settings->calendar, out);
	else
		strcpy(out,
		       strcmp(name, "default-aging") == 0 && settings->new_is_aging ? "on" : "off");
}

static const char *parse_duration(struct scavenge_settings *settings, const char *name,
				  const char *value, struct arena *arena)
{
	uint32_t seconds = 0;
	bool is_period = strcmp(name, "period") == 0, is_off = strcmp(value, "off") == 0;
	if (!(is_period && is_off) && !duration_parse(value, &seconds))
		return arena_print(arena, "%s: '%.60s' is not a duration (7d, 168h)%s", name, value,
				   is_period ? " or off" : "");
	if (is_period && seconds > 0 && seconds < PERIOD_MIN)
		return arena_print(arena, "period: %s is below a minute, which is the shortest",
				   value);
	*duration_at(settings, name) = seconds;
	if (is_period)
		settings->calendar = (struct calendar){0};
	return NULL;
}

const char *scavenge_settings_parse(struct scavenge_settings *settings, const char *name,
				    const char *value, struct arena *arena)
{
	const char *problem = NULL;
	bool is_off = strcmp(value, "off") == 0;
	if (duration_at(settings, name))
		return parse_duration(settings, name, value, arena);
	if (strcmp(name, "default-aging") == 0) {
		if (!is_off && strcmp(value, "on") != 0)
			return arena_print(arena, "default-aging: '%.60s' is not one of off, on",
					   value);
		settings->new_is_aging = !is_off;
		return NULL;
	}
	assert(strcmp(name, "schedule") == 0);
	settings->period = 0;
	settings->calendar = (struct calendar){0};
	if (!is_off)
		problem = calendar_parse(value, &settings->calendar);
	return problem ? arena_print(arena,
				     "schedule: '%.60s' is not a calendar like \"Sun 03:00\" or "
				     "\"daily 02:30 UTC\": %s",
				     value, problem)
		       : NULL;
}

void scavenge_settings_new_zone(const struct scavenge_settings *settings, struct zone *zone)
{
	zone->is_aging = settings->new_is_aging;
	zone->no_refresh = settings->new_no_refresh;
	zone->refresh = settings->new_refresh;
}
