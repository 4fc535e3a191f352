/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Random histories of a whole store, of which every change is an entry of its log: the steps of
 * random_history.h in one zone, and around it settings, rules, groups, reservations, notes, keys,
 * freezes, settings of the server, scavenging runs that are held, approved and cancelled, reverts,
 * pruning, other zones that come and go, and a clock that
 * is set forward and back.
 */
#include "tests/unit/tempzone.h"

/* An empty store with the zone corp.example, made by entries; nothing else writes to it. */
void state_history_open(struct tempzone *);
/* Entries before `keep` are never pruned. */
void state_history_step(struct tempzone *, unsigned i);
/* What was written so far is committed; another transaction is open. */
void state_history_commit(struct tempzone *);
