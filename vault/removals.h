/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Deletions of zones that were begun and not finished, because the server ended or could not write:
 * they go on, a part at a time, at low priority (zonedb/removal_parts.h). The same of derived PTR
 * that were to be made anew (zonedb/ptr_sync.h).
 */
#include "base/clock.h"
#include "store/writer.h"
#include "zonedb/ptr_sync.h"
#include <stdbool.h>

/* Finishes all, until `*stop`. Not from the writer's thread. */
void removals_finish(struct writer *, const struct clock *, const _Atomic bool *stop);
/* Makes all PTR anew that are to be, until `*stop`; `may` and its context as in struct ptr_sync.
 * Not from the writer's thread. */
void removals_make_ptr(struct writer *, const struct clock *, const struct ptr_sync *of,
		       const _Atomic bool *stop);
