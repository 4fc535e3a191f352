/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * A weekly calendar: `Sun 03:00`, `Mon,Wed,Fri 02:30`, `daily 02:30`, each with ` UTC` behind it or
 * else in the machine's time zone.
 *
 * Daylight saving: a time that the night leaves out is run as much later as the clock went forward;
 * a time that comes twice is run the first time only.
 */
#include <stdbool.h>
#include <stdint.h>

#define CALENDAR_TEXT_MAX 64

struct calendar {
	uint8_t days; /* bit 0: Sunday; 0: there is no calendar */
	uint8_t hour, minute;
	bool is_utc;
};

/* NULL, or what is wrong. */
const char *calendar_parse(const char *text, struct calendar *);
void calendar_print(const struct calendar *, char out[CALENDAR_TEXT_MAX]);

/* The first moment of the calendar after `now`; seconds since 1970. */
uint64_t calendar_next(const struct calendar *, uint64_t now);
