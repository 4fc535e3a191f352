/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Names in record data that lie in a zone, as they are when the zone has another name: of data that
 * names `www.corp.example` the same with `www.lab.example`. By the table of shapes; data of types
 * that are not in it is left as it is. Pure; any thread.
 */
#include "dns/rdata.h"

struct dns_reroot {
	const struct dns_name *from, *to;
	/* Whether a name at or below `from` is replaced; NULL: each is. */
	bool (*moves)(void *context, const struct dns_name *);
	void *context;
};

/*
 * Appends the data with each name at or below `from` replaced by that at or below `to`; others keep
 * their bytes. `*count` is how many were replaced. False: one would be longer than a name may be,
 * or the data is not of the type's shape.
 */
bool dns_rdata_reroot(const struct dns_reroot *, uint16_t type, struct bytes rdata,
		      struct bytes_out *, size_t *count);
