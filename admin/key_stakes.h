/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * What relies on a key: its last use, the records that it owns, and the groups and rules that name
 * it. The thread of the call.
 */
#include "admin/command.h"

/* A sentence for a question, in the call's arena. NULL: nothing relies on the key. */
const char *key_stakes_text(struct call *, const struct dns_name *key);
