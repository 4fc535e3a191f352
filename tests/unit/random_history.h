/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Steps of a random history of a zone: updates by several principals, imports, and the deletion of
 * the zone, which is then made anew or comes back under its old id. The same each time.
 */
#include "tests/unit/tempzone.h"

void random_step(struct tempzone *, unsigned i);
/* 0 to below `below`. */
unsigned random_pick(unsigned below);
/* Begins another sequence: the same for the same number. */
void random_start(uint64_t number);
