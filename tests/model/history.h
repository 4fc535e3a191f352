/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * A history of a zone, made of bytes: signed and unsigned updates, resent requests, questions, what
 * an administrator does, steps of the clock, restarts and crashes, against a real core in this
 * process. Beside it stands a model (tests/model/zone_model.h), which says what an update comes to;
 * what it cannot know is held against what must be so in any case:
 *
 *      what is refused leaves no trace, in the zone or in the change log
 *      `why`, asked before, says what comes of it
 *      nobody's record goes without a right of who asks
 *      an old copy of the zone and its IXFR make the AXFR
 *      the serial moves with the data
 *      indexes, counts and rows are what the log and the records say (vault/check.h)
 *      the log, replayed into an empty store, makes the same state
 *
 * Each history is a script of the scenarios (tests/scenarios/README). When something is wrong it is
 * printed, with what was expected, and the process aborts.
 */
#include <stddef.h>
#include <stdint.h>

/* Runs a history; any bytes make one. Of an odd number of them an administrator also makes
 * settings, reservations and rules of which the model knows nothing: the rest must be so all the
 * same. The store lies in a new folder, which is removed. */
void history_run(const uint8_t *bytes, size_t len);

/* What was done since the process began, for the driver. */
struct history_counts {
	unsigned long updates, known, refused, changed, resent, admin, transfers, explained;
};
extern struct history_counts history_counts;
