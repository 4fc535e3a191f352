/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * The argument `match` of commands for many names: a name in which a star stands for any bytes,
 * absolute or relative to its zone; `@` is a zone's own name. A star that is written as `\042` is
 * that of a wildcard name. One call's.
 */
#include "admin/command.h"

struct name_glob {
	const char *glob; /* NULL: every name */
	bool is_exact;    /* it has no star that stands for anything */
};

/* Reads the argument; the text is the call's. CALL_USAGE: it is no name. */
enum call_code name_glob_of(struct call *, struct name_glob *);
/* Whether the zone's name is meant: `web*` is of each zone, `web*.corp.example` is written out. */
bool name_glob_has(const struct name_glob *, const struct zone *, const struct dns_name *);
