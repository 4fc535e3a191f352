/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Records that tenurectl sends (dns/records.h), on their way into a load: each is checked, and so
 * is what it says of its age and owner. In the thread of the call.
 */
#include "acl/who.h"
#include "admin/command.h"

struct load_receipt {
	/* Set by the caller. */
	struct load *load;
	uint64_t now;      /* seconds */
	const char *owner; /* of records with an age but none */
	/* What came. */
	bool has_soa;
	uint64_t aging, futures; /* records that age; that are stamped in the future */
	uint64_t derived;        /* that are not taken: the server makes them */
	uint32_t first_future;   /* the mark of the first of these */
	/* private */
	char last[WHO_TEXT_MAX]; /* the last owner that was found to be one; empty: none */
};

/* Takes the records of a frame's body. Not CALL_OK: one is wrong, and the result's member `mark`
 * is its number; or the frame is broken. */
enum call_code load_receipt_take(struct call *, struct load_receipt *, struct bytes body);
