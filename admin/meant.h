/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * What a word probably means that names nothing here, for "did you mean". Results are texts in the
 * call's arena; NULL: nothing is near. The thread of the call.
 */
#include "admin/command.h"

/* Of a principal or a group: a key or a group here. A word without its kind gets it: `kea1` is
 * key:kea1 if there is such a key, @kea1 if there is such a group. */
const char *meant_principal(struct call *, const char *text);
/* Of a name that lies in no zone here: a relative name, or one whose zone is spelled wrong. */
const char *meant_name(struct call *, const struct dns_name *);

/* CALL_USAGE: the word lacks what tells a principal's kind; `what` it was given for. */
enum call_code meant_principal_fail(struct call *, const char *what, const char *text);

/* CALL_NOT_FOUND: the name lies in no zone here. */
enum call_code meant_no_zone_of(struct call *, const struct dns_name *);
