/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * The substitution expression of a NAPTR record (RFC 3402 3.2): a delimiter, an extended regular
 * expression of POSIX, the delimiter, what replaces it, the delimiter, flags.
 *
 * It is read once from left to right and never run: a client's expression costs its length.
 *
 * Pure; any thread.
 */
#include "base/bytes.h"

/* What is wrong with an expression that is not empty (a constant phrase), or NULL. */
const char *dns_naptr_regexp_fault(struct bytes);
