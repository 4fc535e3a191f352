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

static const char *const setting_names[] = {
#define SCAVENGE_SETTING(constant, name) [SCAVENGE_SETTING_##constant] = name,
	SCAVENGE_SETTINGS(SCAVENGE_SETTING)
#undef SCAVENGE_SETTING
};

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
	for (unsigned i = 0; is_there && i < SCAVENGE_SETTING_END; i++) {
		const char *text = row_text(row, setting_names[i], &arena);
		/* "off" is what it is without: of period and schedule one ends the other. */
		if (text && strcmp(text, "off") != 0 &&
		    scavenge_settings_parse(settings, (enum scavenge_setting)i, text, &arena))
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
	for (unsigned i = 0; i < SCAVENGE_SETTING_END; i++) {
		scavenge_settings_print(&old, (enum scavenge_setting)i, was);
		scavenge_settings_print(settings, (enum scavenge_setting)i, text);
		/* What was never set, and is not now, stays absent: an entry changes what it says.
		 */
		if (!server_text(rows->txn, SETTINGS, setting_names[i], rows->arena) &&
		    strcmp(was, text) == 0)
			continue;
		state_row_put_text(&row, setting_names[i], text);
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

const char *scavenge_setting_name(enum scavenge_setting setting)
{
	return setting_names[setting];
}

enum scavenge_setting scavenge_setting_of(const char *name)
{
	unsigned i = 0;
	while (i < SCAVENGE_SETTING_END && strcmp(setting_names[i], name) != 0)
		i++;
	return (enum scavenge_setting)i;
}

/* NULL: its value is no duration. */
static uint32_t *duration_at(struct scavenge_settings *settings, enum scavenge_setting setting)
{
	switch (setting) {
	case SCAVENGE_SETTING_PERIOD:
		return &settings->period;
	case SCAVENGE_SETTING_GRACE:
		return &settings->grace;
	case SCAVENGE_SETTING_NO_REFRESH:
		return &settings->new_no_refresh;
	case SCAVENGE_SETTING_REFRESH:
		return &settings->new_refresh;
	default:
		return NULL;
	}
}

void scavenge_settings_print(const struct scavenge_settings *settings,
			     enum scavenge_setting setting, char out[SCAVENGE_SETTINGS_TEXT_MAX])
{
	struct scavenge_settings copy = *settings;
	const uint32_t *seconds = duration_at(&copy, setting);
	if (seconds && (*seconds || setting != SCAVENGE_SETTING_PERIOD))
		duration_print(*seconds, out);
	else if (setting == SCAVENGE_SETTING_SCHEDULE && settings->calendar.days)
		calendar_print(&settings->calendar, out);
	else
		strcpy(out,
		       setting == SCAVENGE_SETTING_AGING && settings->new_is_aging ? "on" : "off");
}

static const char *scavenge_settings_parse_duration(struct scavenge_settings *settings,
						    enum scavenge_setting setting,
						    const char *value, struct arena *arena)
{
	uint32_t seconds = 0;
	bool is_period = setting == SCAVENGE_SETTING_PERIOD, is_off = strcmp(value, "off") == 0;
	if (!(is_period && is_off) && !duration_parse(value, &seconds))
		return arena_print(arena, "%s: '%.60s' is not a duration (7d, 168h)%s",
				   setting_names[setting], value, is_period ? " or off" : "");
	if (is_period && seconds > 0 && seconds < PERIOD_MIN)
		return arena_print(arena, "period: %s is below a minute, which is the shortest",
				   value);
	*duration_at(settings, setting) = seconds;
	if (is_period)
		settings->calendar = (struct calendar){0};
	return NULL;
}

static const char *scavenge_settings_parse_aging(struct scavenge_settings *settings,
						 const char *value, struct arena *arena)
{
	bool is_off = strcmp(value, "off") == 0;
	if (!is_off && strcmp(value, "on") != 0)
		return arena_print(arena, "default-aging: '%.60s' is not one of off, on", value);
	settings->new_is_aging = !is_off;
	return NULL;
}

static const char *scavenge_settings_parse_schedule(struct scavenge_settings *settings,
						    const char *value, struct arena *arena)
{
	const char *problem = NULL;
	settings->period = 0;
	settings->calendar = (struct calendar){0};
	if (strcmp(value, "off") != 0)
		problem = calendar_parse(value, &settings->calendar);
	return problem ? arena_print(arena,
				     "schedule: '%.60s' is not a calendar like \"Sun 03:00\" or "
				     "\"daily 02:30 UTC\": %s",
				     value, problem)
		       : NULL;
}

const char *scavenge_settings_parse(struct scavenge_settings *settings,
				    enum scavenge_setting setting, const char *value,
				    struct arena *arena)
{
	assert(setting < SCAVENGE_SETTING_END);
	if (setting == SCAVENGE_SETTING_AGING)
		return scavenge_settings_parse_aging(settings, value, arena);
	if (setting == SCAVENGE_SETTING_SCHEDULE)
		return scavenge_settings_parse_schedule(settings, value, arena);
	return scavenge_settings_parse_duration(settings, setting, value, arena);
}

void scavenge_settings_new_zone(const struct scavenge_settings *settings, struct zone *zone)
{
	zone->is_aging = settings->new_is_aging;
	zone->no_refresh = settings->new_no_refresh;
	zone->refresh = settings->new_refresh;
}
