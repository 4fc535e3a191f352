/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * A weekly calendar: `Sun 03:00`, `Mon,Wed,Fri 02:30`, `daily 02:30`, each with ` UTC` behind it,
 * or in the machine's time zone. Any thread.
 *
 * Daylight saving: a time that does not exist in spring is moved by as much as the clock went
 * forward; of a time that occurs twice in autumn the first counts.
 */
#include <stdbool.h>
#include <stdint.h>

#define CALENDAR_TEXT_MAX 64

struct calendar {
	uint8_t days; /* bit 0: Sunday; 0: there is no calendar */
	uint8_t hour, minute;
	bool is_utc;
};

/* Parses a text. Returns NULL, or what is wrong, a constant phrase. */
const char *calendar_parse(const char *text, struct calendar *);
void calendar_print(const struct calendar *, char out[CALENDAR_TEXT_MAX]);

/* The first moment of the calendar after `now`; seconds since 1970. */
uint64_t calendar_next(const struct calendar *, uint64_t now);
