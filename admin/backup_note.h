/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/* What is known of backups, for `tenurectl status`. In the thread of the call. */
#include "admin/call.h"

/* Puts the members backup_last, backup_file, backup_verified and backup_problem into the row. */
void backup_note_status(struct call *, json_t *row);

/* A sentence where the last one failed, and where the last good one is older than core->backup_age,
 * in the call's arena; NULL: it is not so. */
const char *backup_note_failed(struct call *);
const char *backup_note_old(struct call *, uint64_t now);

/* Warns of both. */
void backup_note_warn(struct call *, uint64_t now);
