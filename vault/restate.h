/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * States all rows of decided state in entries of one run (event `schema-migrate`), as they are
 * stored: for a store whose earlier entries say them in words. A stated row has a new side and no
 * old one (journal/state.h): replay puts it, a state of earlier takes it as it is, back to the last
 * entry in words, and there is nothing to revert in it. The run's own row is the first entry's.
 */
#include "vault/report.h"

#define RESTATE_EVENT EVENT_SCHEMA_MIGRATE

/* `now`: seconds, as the clock shows it; entries get the time that may be believed then
 * (journal/clock_state.h), since nobody has looked at the clock yet, and are never older than the
 * one before them. False: `report->error`. */
bool restate_rows(struct store *, uint64_t now, struct report *);
