/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Entries of one run that state all rows of decided state as they are stored: for a store whose
 * earlier entries say them in words. Each row has a new side and no old one. Replay and what looks
 * for a row in the log begin there.
 */
#include "vault/report.h"

#define RESTATE_EVENT "schema-migrate"

/* `now`: seconds; an entry is never older than the one before it. False: `report->error`. */
bool restate_rows(struct store *, uint64_t now, struct report *);
