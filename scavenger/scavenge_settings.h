/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * The settings of the scavenger, which `scavenge set` changes: when cycles run, what counts as an
 * outage, and the aging settings of new zones. They are decided state. Reads: any thread; changes:
 * for an entry of the log, writer's thread.
 */
#include "base/must_use.h"
#include "scavenger/calendar.h"
#include "zonedb/zone.h"

#define SCAVENGE_SETTINGS_GRACE_DEFAULT 3600
#define SCAVENGE_SETTINGS_TEXT_MAX      CALENDAR_TEXT_MAX

struct scavenge_settings {
	uint32_t period;          /* seconds; 0: none */
	struct calendar calendar; /* instead of a period; days 0: none */
	uint32_t grace;           /* outage-grace: shorter ones count as none */
	bool new_is_aging;        /* of zones that are made from now on */
	uint32_t new_no_refresh, new_refresh;
};

void scavenge_settings_read(struct store_txn *, struct scavenge_settings *);
/* Reads the settings as the rows have them, otherwise as they are stored. */
void scavenge_settings_see(struct state_edit *, struct scavenge_settings *);
/* Puts the settings, for an entry of the log. If the period or the calendar differs, also the time
 * of the next cycle. */
void scavenge_settings_put(struct state_edit *, const struct scavenge_settings *, uint64_t now);

static inline bool scavenge_settings_runs(const struct scavenge_settings *settings)
{
	return settings->period || settings->calendar.days;
}
/* When the cycle after one that began at `started` is due; 0: never. */
uint64_t scavenge_settings_next(const struct scavenge_settings *, uint64_t started);
/* The stored time of the next cycle; 0: none. */
uint64_t scavenge_settings_due(struct store_txn *);
/* Puts the time of the next cycle, for an entry of the log. */
void scavenge_settings_put_due(struct state_edit *, uint64_t when);

/* The last cycle over all zones; all zero if there was none. */
struct scavenge_settings_cycle {
	uint64_t started; /* seconds */
	uint64_t removed, duration_us;
};
struct scavenge_settings_cycle scavenge_settings_last_cycle(struct store_txn *);
/* Puts the last cycle and the time of the next one, for an entry of the log. */
void scavenge_settings_put_cycle(struct state_edit *, const struct scavenge_settings_cycle *,
				 uint64_t due);

/* The settings, with their names for `scavenge set` and in the row. */
#define SCAVENGE_SETTINGS(X)                                                                       \
	X(PERIOD, "period")                                                                        \
	X(SCHEDULE, "schedule")                                                                    \
	X(GRACE, "outage-grace")                                                                   \
	X(AGING, "default-aging")                                                                  \
	X(NO_REFRESH, "default-no-refresh")                                                        \
	X(REFRESH, "default-refresh")

enum scavenge_setting {
#define SCAVENGE_SETTING(constant, name) SCAVENGE_SETTING_##constant,
	SCAVENGE_SETTINGS(SCAVENGE_SETTING)
#undef SCAVENGE_SETTING
		SCAVENGE_SETTING_END,
};

const char *scavenge_setting_name(enum scavenge_setting);
/* SCAVENGE_SETTING_END: there is no such setting. */
enum scavenge_setting scavenge_setting_of(const char *name);

/* Prints the value of a setting. */
void scavenge_settings_print(const struct scavenge_settings *, enum scavenge_setting,
			     char out[SCAVENGE_SETTINGS_TEXT_MAX]);
/* Sets a setting; a period ends the calendar, and a calendar the period. Returns NULL, or what is
 * wrong, in the arena. */
MUST_USE const char *scavenge_settings_parse(struct scavenge_settings *, enum scavenge_setting,
					     const char *value, struct arena *);

/* Sets the aging settings of a new zone. */
void scavenge_settings_new_zone(const struct scavenge_settings *, struct zone *);
