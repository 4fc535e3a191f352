/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Whether derived PTR (zonedb/ptr.h), delegations (zonedb/delegation.h) and the index of addresses
 * are what they have to be: a function of the address records, the settings of the zones, and what
 * is registered in reverse zones. While PTR of a zone are being made anew, only the form of what is
 * there is looked at. Of an address of several names any of them may have the PTR. Any thread, with
 * its own transaction.
 */
#include "zonedb/ptr.h"

struct ptr_verify {
	struct ptr_work work; /* which zones there are */
	bool is_pending;      /* PTR are being made anew */
};

/* Begins; `arena` has to last as long. */
void ptr_verify_begin(struct ptr_verify *, struct store_txn *, struct arena *);
/* What is wrong with a name and its node: an address that the index lacks (`*is_index`), or a
 * derived record that should not be there, or should be another. A constant; NULL: nothing. */
const char *ptr_verify_node(struct ptr_verify *, const struct zone *, const struct dns_name *,
			    const struct node *, bool *is_index);
/* What is wrong with a row of the index (`*is_index`), or with the PTR of its address. */
const char *ptr_verify_row(struct ptr_verify *, struct bytes key, struct bytes value,
			   bool *is_index);
/* What is wrong with the delegation of a zone in the one above it. */
const char *ptr_verify_delegation(struct ptr_verify *, const struct zone *);
/* All of the store, so many rows at a time; another snapshot may be taken in between. All zero at
 * first. The first fault, and the name that it is about; NULL: there is none so far. */
struct ptr_verify_walk {
	size_t zone; /* its number */
	bool has_last, is_in_rows, is_over;
	struct dns_name last;
	uint8_t row[STORE_ROW_KEY_MAX];
	size_t row_len;
};
const char *ptr_verify_part(struct ptr_verify_walk *, struct store_txn *, size_t rows,
			    struct dns_name *at);

/* All of it. The first fault, and the name that it is about; NULL: there is none. */
const char *ptr_verify_store(struct store_txn *, struct dns_name *at);
