/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Reads a zone from a table, which Get-DnsServerResourceRecord and Export-Csv of Windows write. The
 * first row names the columns, in any order and case; unknown ones are ignored. One thread.
 *
 *      HostName     relative to the zone, `@` is the zone itself
 *      RecordType   A, AAAA, SRV ...
 *      TimeToLive   seconds, or [days.]hh:mm:ss
 *      Timestamp    empty: static. 2026-01-05T09:00:00Z, or whole hours since 1601. A time in the
 *                   format of a locale is an error, since 1/5/2026 may be in January or in May
 *      RecordData   data as in a zone file; names are absolute with or without a final dot; of TXT
 *                   the bare text
 *
 * Instead of RecordData the properties of its objects may be columns (IPv4Address, DomainName ...).
 * Export-Csv alone writes neither, but the name of a class; that is an error that says what to do.
 * tenurectl(8) has the command that writes such tables.
 */
#include "dns/zonefile.h"

/* Whether the text begins as such a table, or as a list that DNS Manager saved. */
bool dns_csvzone_is(const char *text, size_t len);

/* Reads a text as dns_zonefile_read_text does, with the same callback and errors. */
bool dns_csvzone_read_text(const char *name, const char *text, size_t len,
			   const struct dns_zonefile *, char error[DNS_ZONEFILE_ERROR_MAX]);
