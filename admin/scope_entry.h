/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * What a role of listed zones is not told of an entry that it may see. Sentences of the log are
 * written for whoever runs the server: some name another zone, or groups. They stay in the log as
 * they are; such a role reads them without that. The thread of the call.
 */
#include "admin/call.h"

/* Takes it out of the member `reason` of a row or an entry. For a call of all zones, and of what
 * names nothing of others, nothing changes. */
void scope_entry_hide(struct call *, json_t *object);
