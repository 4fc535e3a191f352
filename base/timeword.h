/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Times and durations as people write them: `7d`, `168h`, `90m`, `30s`, `2w`, `1d12h`;
 * `2026-01-05T09:00:00Z`, `2026-01-05T10:00:00+01:00`, `2026-01-05 09:00`, `2026-01-05`, `now`,
 * `today`, `yesterday` (the beginning of the day, UTC), `yesterday 14:00`, `14:00` (today's), a
 * duration for "that long ago", `2h` or `2h ago`, and `in 2h`.
 * Pure; any thread.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TIMEWORD_TEXT_MAX 32

/* Seconds. False: not a duration, or more than fits 32 bits. Each number has a unit: who means
 * seven days and leaves it away must not get seven seconds. Only 0 needs none. */
bool duration_parse(const char *text, uint32_t *seconds);

/* A TTL, whose bare number is seconds, as in zone files. */
bool duration_parse_ttl(const char *text, uint32_t *seconds);

/* The shortest exact form: 604800 -> "7d", 5400 -> "90m", 0 -> "0s". */
void duration_print(uint32_t seconds, char out[TIMEWORD_TEXT_MAX]);

/* Seconds since 1970, UTC. `now` serves "now" and "so long ago". False: not a time. */
bool time_parse(const char *text, uint64_t now, uint64_t *seconds);

/* RFC 3339 in UTC: "2026-01-05T09:00:00Z"; with microseconds "2026-01-05T09:00:00.000001Z". */
void time_print(uint64_t seconds, char out[TIMEWORD_TEXT_MAX]);
void time_print_us(uint64_t microseconds, char out[TIMEWORD_TEXT_MAX]);
