/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * The zone settings `ptr` and `ptr-from` (zonedb/ptr.h): whether a zone may have them, and what
 * they would make and remove. The thread of the call.
 */
#include "admin/command.h"

/* CALL_OK, or why the zone cannot have these settings; of a role of listed zones the refusal,
 * unless it holds all reverse zones here, in which records would be made. */
enum call_code command_ptr_check(struct call *, const struct zone *wanted);

/* CALL_OK, or the refusal to change a derived record that stands at the name. */
enum call_code command_ptr_refuse(struct call *, const struct edit_name *);

/* Rows of the PTR that would be made and removed, 1,000 at most, and in the row arena a sentence
 * that counts them. `was` NULL: the zone is new. */
const char *command_ptr_plan(struct call *, const struct zone *was, const struct zone *wanted);

/* Whether the addresses that the call registers are to have no PTR: its role is one of listed zones
 * that lack a reverse zone. Also the writer's thread. */
bool command_lacks_ptr(struct call *);
