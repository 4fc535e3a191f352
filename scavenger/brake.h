/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * The brake: whether a run would remove more than its zone lets go at once. Pure.
 *
 * max-share counts only beyond BRAKE_FEW records: in a zone of two, one of them is half, and nobody
 * means that. max-count always counts.
 */
#include "journal/run.h"
#include "zonedb/zone.h"

#define BRAKE_FEW 10

/* True: the run is to be held, and `note` says why. */
bool brake_holds(const struct zone *, uint64_t stale, uint64_t dynamic, char note[RUN_NOTE_MAX]);
