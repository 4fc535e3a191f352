/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * A zone file, or a table of a zone, on its way to the server: read here, with its user's rights,
 * checked word for word, and sent as records. What the server finds wrong comes back with the
 * record's mark, and is shown with the file and line it came from.
 */
#include "base/bytes.h"
#include "dns/name.h"
#include "dns/zonefile.h"
#include <jansson.h>

enum upload_format {
	UPLOAD_AUTO,    /* whichever it looks like */
	UPLOAD_ZONE,    /* a zone file */
	UPLOAD_WINDOWS, /* a zone file with [AGE:hours] */
	UPLOAD_CSV,     /* what Get-DnsServerResourceRecord gives, as a table */
};
/* False: there is no such format. */
bool upload_format_parse(const char *text, enum upload_format *);

/* How a file is to be taken. */
struct upload_wish {
	enum upload_format format;
	bool is_dynamic; /* records that say nothing of their age are dynamic, but SOA and NS */
	uint64_t stamp;  /* since then */
};

struct upload {
	struct upload_wish wish;
	const char *path; /* "-": standard input, which may not include files */
	struct dns_name origin;
	char error[DNS_ZONEFILE_ERROR_MAX]; /* "FILE:LINE:COLUMN: ..."; empty: none */
	/* private */
	int fd;
	char *text; /* standard input */
	size_t text_len;
	uint8_t *buffer;
	struct bytes_out out;
	bool has_before, is_cut;
	struct dns_name before;
	struct upload_place *places;
	size_t count, room;
	char **files;
	size_t file_count;
};

struct upload_place {
	uint32_t file, line;
};

/* Standard input is read here, to its end, so that no server waits for who types it. */
void upload_open(struct upload *, const char *path, const struct dns_name *origin,
		 const struct upload_wish *);
void upload_close(struct upload *);

/* For client_handlers.send: reads and sends. False: `error` says what is wrong with the file. */
bool upload_send(void *upload, int fd);

/* Where the record of a row or result with a mark stood: "FILE:LINE: ", or empty. */
#define UPLOAD_PLACE_MAX 4200
const char *upload_place(const struct upload *, const json_t *with_mark,
			 char out[UPLOAD_PLACE_MAX]);
