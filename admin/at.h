/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/* The past, for the commands that look at it: moments as people name them. */
#include "admin/command.h"
#include "zonedb/zone_at.h"

/* Argument `at`: a time, meaning the end of that second, or `seq:N`, the entry N just written. A
 * moment that is to come, or that the log does not reach back to, fails with a sentence. */
struct command_at {
	bool is_given;
	uint64_t seq;
};
enum call_code command_at_of(struct call *, struct command_at *);

/* Argument `zone` as it was at the moment: here, or deleted since. */
enum call_code command_zone_then(struct call *, const struct command_at *, struct zone *);

/* Fails when entries from `seq` on are not all there any more. */
enum call_code command_log_reaches(struct call *, uint64_t seq);

/* For the end of a sentence about what is not in the log: ", as far as the log goes back: ..." if
 * some of it was pruned, else "". */
const char *command_log_extent(struct call *);
