/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * The leases of Kea's memfile (kea-leases4.csv, kea-leases6.csv), and the records that its D2 makes
 * of them. The first line names the columns. Kea writes a row each time that a lease changes, so
 * the last row of an address counts; commas within a field are `&#x2c`. Pure, but for memory; one
 * thread.
 *
 * A line is 64 KiB long at most, and has at most 64 fields; a file holds at most
 * KEA_LEASES_MAX leases.
 */
#include "base/arena.h"
#include "base/bytes.h"
#include "base/hash_table.h"
#include "dns/name.h"

#define KEA_LEASES_MAX      4000000u
#define KEA_LEASE_ERROR_MAX 200
#define KEA_DHCID_LEN       35 /* RFC 4701 3.1: type of the identifier, of the digest, SHA-256 */

struct kea_lease {
	struct hash_link link;
	struct kea_lease *next; /* in the order of the file */
	uint8_t address[16];
	size_t address_len; /* 4 or 16 */
	uint64_t expires;   /* seconds since 1970 */
	uint32_t valid;     /* seconds: the TTL that D2 gives */
	bool is_active;     /* of state 0 and no prefix */
	bool has_forward, has_reverse;
	struct dns_name host; /* where one of these is set */
	bool has_dhcid;
	uint8_t dhcid[KEA_DHCID_LEN];
};

/* Zero-initialised is empty; kea_leases_free frees. */
struct kea_leases {
	struct arena arena;
	struct hash_table table;
	struct kea_lease *first, **last;
	size_t count;
	uint64_t odd;                    /* rows whose name is none, which D2 could not have sent */
	char error[KEA_LEASE_ERROR_MAX]; /* "LINE: ..." */
};

/* Adds the leases of a file; what it says of an address counts before what files before it said.
 * False: it is no lease file, and `error` says why. */
bool kea_leases_read(struct kea_leases *, const char *text, size_t len);
void kea_leases_free(struct kea_leases *);
