/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Zone files (RFC 1035 5, RFC 2308 4, RFC 3597 5): $ORIGIN, $TTL, $INCLUDE to a depth of
 * DNS_ZONEFILE_DEPTH_MAX, parentheses, quoted strings, `\DDD`, `@`, missing owner, TTL and class,
 * TTL units. Reading is streaming: each record is given to a callback as soon as it is read; memory
 * does not grow with the file. A file's error is "file:line:column: what was wrong".
 *
 * One thread per reading; no globals.
 */
#include "base/bytes.h"
#include "dns/age_note.h"
#include "dns/name.h"
#include <stdio.h>

#define DNS_ZONEFILE_DEPTH_MAX 16
#define DNS_ZONEFILE_ERROR_MAX 512

struct dns_zonefile_record {
	struct dns_name owner;
	uint16_t type, class;
	uint32_t ttl;
	struct bytes rdata;  /* stored form; valid during the call */
	const char *comment; /* the comment that ends the record's last line, or NULL; `comment_len`
				bytes */
	size_t comment_len;
	struct dns_age age; /* if `reads_ages`; the owner lies in the file */
	const char *file;   /* where the record began */
	unsigned line;
};

struct dns_zonefile {
	const struct dns_name *origin; /* the zone's apex, before any $ORIGIN */
	uint32_t default_ttl;          /* for a file without $TTL whose first records have none */
	/* For each record. NULL: go on; else what is wrong with it (it becomes the error, with the
	 * place put before it). */
	const char *(*record)(void *context, const struct dns_zonefile_record *);
	/* For each WINS lookup, which Windows writes beside records, with its word ("WINS") and
	 * place; then it is passed over. NULL: one is an error. */
	void (*lookup)(void *context, const char *word, const char *file, unsigned line);
	void *context;
	bool reads_ages;  /* comments that `zone export` writes: a broken one is an error */
	bool takes_notes; /* [AGE:hours] of Windows: an error otherwise */
	bool may_include; /* $INCLUDE is an error otherwise (text that came over a socket) */
};

/* Reads the file at `path`. True, or false with `error` filled. */
bool dns_zonefile_read(const char *path, const struct dns_zonefile *,
		       char error[DNS_ZONEFILE_ERROR_MAX]);

/* Reads text that is in memory; `name` stands for the file in errors. */
bool dns_zonefile_read_text(const char *name, const char *text, size_t len,
			    const struct dns_zonefile *, char error[DNS_ZONEFILE_ERROR_MAX]);

/*
 * Writes one record as a line: absolute owner, TTL, class IN, type, data, and `comment` behind `; `
 * unless it is NULL. Types and words that BIND, Knot or NSD do not know are TYPEnnn, keyNNN and
 * `\#` (RFC 3597). False: the file could not be written.
 */
bool dns_zonefile_write(FILE *, const struct dns_name *owner, uint16_t type, uint32_t ttl,
			struct bytes rdata, const char *comment);
