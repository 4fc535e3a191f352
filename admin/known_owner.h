/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Which principals and groups a role of listed zones may be told of: those that own or owned
 * something in one of these zones, have a name of it reserved, or stand in its rules. Keys and
 * groups are the whole server's; that others exist is not for such a role, and no answer may depend
 * on it. The thread of the call.
 */
#include "admin/call.h"

/* True for a call of all zones. */
bool known_owner(struct call *, const char *principal_or_group);
