/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * `zone import` of a file that `zone export` wrote: what the file changes of the zone as it was
 * exported is changed in the zone as it is (zonedb/load_merge.h). What clients registered since the
 * export is never removed; without `merge` the import is refused where there is any. Also the guard
 * of files that say nothing of an export. In the thread of the call.
 */
#include "admin/import.h"

/* Whether the arguments say of which export the file is, and the log still knows that state.
 * CALL_REFUSED: it no longer knows it, and the zone was changed since. */
enum call_code import_merge_base(struct call *, const struct zone *, bool *is_known);

/* Imports the file, or with `plan` shows what it would change, and says so in the result. */
enum call_code import_merge(struct call *, const struct load *, const struct zone *);

/* Of a file without a known export: with `plan` shows what it changes. CALL_REFUSED: it would
 * remove records that clients registered, and neither `replace` nor `yes` was said. */
enum call_code import_merge_guard(struct call *, const struct load *, const struct zone *);
