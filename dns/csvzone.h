/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * A zone as a table: what Get-DnsServerResourceRecord gives, written by Export-Csv. The first row
 * names the columns, in any order and whatever their case; those that are not known are passed by.
 *
 *      HostName     relative to the zone, `@` is the zone itself
 *      RecordType   A, AAAA, SRV ...
 *      TimeToLive   seconds, or [days.]hh:mm:ss
 *      Timestamp    empty: static. 2026-01-05T09:00:00Z, or whole hours since 1601. What depends on
 *                   the locale of the machine that wrote it is refused: nobody knows whether
 *                   1/5/2026 is in January
 *      RecordData   data as in a zone file; names are absolute with or without a final dot; of TXT
 *                   the bare text
 *
 * Instead of RecordData the properties of its objects may be columns (IPv4Address, DomainName ...).
 * Plain `| Export-Csv` writes neither, but the name of a class: that is said, with what to do.
 * tenurectl(8) has the command that writes what is read here.
 */
#include "dns/zonefile.h"

/* Whether the text begins as such a table does, or as DNS Manager's saved list. */
bool dns_csvzone_is(const char *text, size_t len);

/* Reads as dns_zonefile_read_text does: the same callback, the same errors. */
bool dns_csvzone_read_text(const char *name, const char *text, size_t len,
			   const struct dns_zonefile *, char error[DNS_ZONEFILE_ERROR_MAX]);
