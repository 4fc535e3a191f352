/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/* Names that DNS can hold and no resolver asks for, as a slip of the pen makes them. Pure. */
#include "dns/name.h"

#define DNS_NAME_BEYOND_ASCII "has letters beyond ASCII"

/*
 * What of a name keeps programs from asking for it: "has a blank", "has letters beyond ASCII", "has
 * a control character"; a constant. NULL: nothing. Instances of services (RFC 6763 4.1.1: the label
 * before one that begins with `_`) have any text.
 */
const char *dns_name_odd(const struct dns_name *);

/* Whether the name ends in the zone's name twice, as one does whose final dot was forgotten. */
bool dns_name_lacks_dot(const struct dns_name *, const struct dns_name *apex);
