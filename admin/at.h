/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * The argument `at` of the commands that show the past: a time, or the number of an entry of the
 * log. The thread of the call.
 */
#include "admin/command.h"
#include "journal/log_time.h"
#include "zonedb/zone_at.h"

/* A moment in the log: the state after entry `seq`. */
struct command_at {
	bool is_given;
	uint64_t seq;
};

/* Reads the argument `at` of the call: a time, which means the end of that second, or `seq:N`.
 * CALL_USAGE if it is neither or lies in the future, CALL_FAILED if the log begins later; the call
 * has the error's text. Without the argument `is_given` is false. Where the clock was set back and
 * the log holds the time twice, the later one is taken, with a warning. */
enum call_code command_at_of(struct call *, struct command_at *);
/* Sends that warning, if there is cause for it. */
void command_say_time(struct call *, const struct log_moment *);

/* The zone of the argument `zone` as it was at the moment, also if it was deleted since.
 * CALL_NOT_FOUND: there was no such zone then. */
enum call_code command_zone_then(struct call *, const struct command_at *, struct zone *);

/* CALL_OK if the log still holds all entries from `seq` on; otherwise CALL_FAILED, with a text. */
enum call_code command_log_reaches(struct call *, uint64_t seq);

/* The end of a sentence about what the log does not hold: ", as far as the log goes back: ..." if
 * some of it was pruned, otherwise "". In the call's arena. */
const char *command_log_extent(struct call *);

/* A zone of command_zone_then gets the settings that it had then. FAILED: they are not known. */
enum call_code command_settings_then(struct call *, const struct command_at *, struct zone *);
/* Its rules then, in the call's arena; "": it had none. */
enum call_code command_rules_then(struct call *, const struct command_at *, const struct zone *,
				  const char **text);

struct command_zone_count {
	uint64_t names, records;
	uint32_t serial;
};
/* What it held then. */
void command_zone_count_then(struct call *, const struct command_at *, const struct zone *,
			     struct command_zone_count *);
