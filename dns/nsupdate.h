/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Reads a file of nsupdate's commands and gives the requests that nsupdate would send, as messages
 * in wire form without a signature (RFC 2136 2). Commands:
 *
 *      server HOST [PORT]      local ADDRESS [PORT]     zone NAME        class IN
 *      ttl SECONDS             key [ALGORITHM:]NAME SECRET               gsstsig
 *      [prereq] nxdomain|yxdomain NAME
 *      [prereq] nxrrset NAME [CLASS] TYPE
 *      [prereq] yxrrset NAME [CLASS] TYPE [DATA...]
 *      [update] add NAME [TTL] [CLASS] TYPE DATA...
 *      [update] del|delete NAME [TTL] [CLASS] [TYPE [DATA...]]
 *      send, or an empty line
 *
 * Names are absolute, with or without a final dot. A line that begins with `;` is a comment.
 * Commands that ask nsupdate for something else (show, answer, debug, ...) are passed over; `quit`
 * ends the file. Secrets are not kept. Pure; any thread.
 */
#include "base/bytes.h"
#include "dns/name.h"

#define NSUPDATE_ERROR_MAX 512
#define NSUPDATE_LOCAL_MAX 64
/* The most records that a message holds: each has eleven bytes at least. */
#define NSUPDATE_RECORDS_MAX 5958

/* The lines of the records of a section, in their order. */
struct nsupdate_lines {
	unsigned line[NSUPDATE_RECORDS_MAX];
	size_t count;
};

/* A request; valid until the callback returns. */
struct nsupdate_message {
	unsigned line; /* of its first prerequisite or change */
	bool has_zone; /* otherwise the zone section names the root: nsupdate would look for it */
	bool is_sent;  /* a `send` ends it; what follows the last one is never sent */
	struct dns_name zone;
	struct bytes packet;
	const struct nsupdate_lines *prerequisites, *updates;
};

/* A file that is read. `message` and `context` are the caller's to set; the rest is what the lines
 * before the present message said. */
struct nsupdate_reader {
	bool (*message)(void *context, const struct nsupdate_message *); /* false: no more */
	void *context;
	bool has_key, is_gss;
	struct dns_name key;
	char local[NSUPDATE_LOCAL_MAX]; /* as it was written; empty: not given */
	char error[NSUPDATE_ERROR_MAX]; /* "LINE:COLUMN: what is wrong" */
};

/* Reads the text. False: `error` says what is wrong with it; messages before that were given. */
bool nsupdate_read(struct nsupdate_reader *, const char *text, size_t len);
