/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Deletions of zones that were begun and not finished, because the server ended or could not write:
 * they go on, a part at a time, at low priority (zonedb/removal_parts.h).
 */
#include "base/clock.h"
#include "store/writer.h"
#include <stdbool.h>

/* Finishes all, until `*stop`. Not from the writer's thread. */
void removals_finish(struct writer *, const struct clock *, const _Atomic bool *stop);
