/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Whose turn a job of the writer is (store/turns.h): a principal's that proved who it is, that of
 * the addresses near an unsigned request's (/24, /56), or an administrator's. Pure but for the
 * core's random key; any thread.
 */
#include "acl/who.h"
#include "base/addr.h"
#include "store/turns.h"

struct core;

/* The turn of a request. `source` counts for requests without a proved principal alone. */
struct turns_key client_turn_of(const struct core *, const struct who *, const struct addr *source);

/* The turn of a command by this principal. */
struct turns_key client_turn_admin(const struct core *, const char *principal);
