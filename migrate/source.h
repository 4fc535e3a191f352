/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * The readers of `tenure-migrate`, one for each kind of server, and their options. A reader reads
 * the source, never writes it, and fills a site.
 *
 * To add one: a line in the table of migrate/main.c, a reader, and its man page.
 */
#include "migrate/site.h"

#define SOURCE_WORDS_MAX 16

struct source {
	const char *word[SOURCE_WORDS_MAX]; /* what stands behind the kind: files, folders */
	size_t count;
	const char *view;   /* --view: of BIND's the one that is taken; NULL */
	const char *zones;  /* --zones: a folder with zone files that count instead of those the
			       configuration names; NULL */
	const char *config; /* --config: of PowerDNS, pdns.conf; NULL: not said */
	const char *realm;  /* --realm: of Kerberos; NULL: not said */
	const char *static_owner; /* --static-owner node; NULL: local:migrate */
	bool reserves_tombstones; /* --reserve-tombstones: names that were deleted are their owner's
				   */
	bool runs_tools;          /* the source's own programs may be run; --no-tools: not */
};

/*
 * Fills the site. False: nothing can be taken at all, and `error` says why, with file and line: a
 * sentence that is printed as it is. What is lost in part is no error, but a line of the report.
 */
typedef bool source_reader(struct site *, const struct source *, char error[SITE_ERROR_MAX]);

source_reader bind_read, knot_read, pdns_read;
source_reader samba_read, windows_read;
