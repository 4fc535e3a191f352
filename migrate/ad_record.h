/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * A DNS record as Active Directory keeps it, a value of the attribute dnsRecord
 * ([MS-DNSP] 2.3.2.2), of Windows and of Samba:
 *
 *      0   2  length of the data           little-endian
 *      2   2  type                         little-endian; 0: a tombstone, 0xff01 and 0xff02: WINS
 *      4   1  version, 5
 *      5   1  rank: 0xf0 data of the zone, 0x82 its delegations, 0x80 glue, 0x08 a root hint
 *      6   2  flags
 *      8   4  serial of the zone           little-endian
 *      12  4  TTL in seconds               big-endian
 *      16  4  reserved
 *      20  4  hours since 1601-01-01 UTC   little-endian; 0: a static record
 *      24     the data: numbers big-endian, names as "counted names": a byte with the length of all
 *             that follows, a byte with the number of labels, the labels, 00
 *
 * Pure; any thread.
 */
#include "base/bytes.h"
#include "dns/age_note.h"

#define AD_RECORD_TOMBSTONE 0
#define AD_RECORD_WINS      0xff01
#define AD_RECORD_WINSR     0xff02

#define AD_RECORD_RANK_ROOT_HINT 0x08

struct ad_record {
	uint16_t type;
	uint8_t rank;
	uint32_t serial, ttl;
	struct dns_age age; /* static, or dynamic with its stamp */
	struct bytes data;  /* as the directory keeps it, where it lies */
};

/* Reads a value. NULL, or what is wrong, a constant phrase; nothing is to be used then. */
const char *ad_record_read(struct bytes, struct ad_record *);

/*
 * Writes the record's data in stored form (dns/rdata.h), appended to `rdata`, which should have
 * room for DNS_RDATA_MAX. NULL, or what is wrong, a constant phrase. Not of a tombstone or WINS.
 */
const char *ad_record_data(const struct ad_record *, struct bytes_out *rdata);

/* Whether data of the type is known to be kept so; of others the bytes are taken as they are. */
bool ad_record_is_known(uint16_t type);

/* When a name was deleted, seconds since 1970, of a tombstone. False: its data is none. */
bool ad_record_deleted(const struct ad_record *, uint64_t *seconds);
