/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Reads a zone file or a table of a zone with the rights of the user, and sends its records to the
 * server. Syntax errors are found here. An error that the server finds names a record by its
 * number, its mark; upload_place gives the file and line of that record. One thread.
 */
#include "base/bytes.h"
#include "base/textfile.h"
#include "dns/export_line.h"
#include "dns/name.h"
#include "dns/zonefile.h"
#include <jansson.h>

enum upload_format {
	UPLOAD_AUTO,    /* found out by the file's first bytes */
	UPLOAD_ZONE,    /* a zone file */
	UPLOAD_WINDOWS, /* a zone file with [AGE:hours] */
	UPLOAD_CSV,     /* what Get-DnsServerResourceRecord gives, as a table */
};
/* False: there is no such format. */
bool upload_format_parse(const char *text, enum upload_format *);

/* Options of an import. */
struct upload_wish {
	enum upload_format format;
	bool is_dynamic; /* records without an age are dynamic, except SOA and NS */
	uint64_t stamp;  /* of these, in seconds */
};

struct upload {
	struct upload_wish wish;
	const char *path; /* "-": standard input, which may not include files */
	struct dns_name origin;
	/* The export that the file says it is. */
	enum export_line_found found;
	struct export_line export;
	char error[DNS_ZONEFILE_ERROR_MAX]; /* "FILE:LINE:COLUMN: ..."; empty: none */
	/* private */
	int fd;
	char *text; /* standard input, or a text that was given */
	bool is_file;
	size_t text_len;
	struct textfile file; /* any other */
	int file_error;       /* why that cannot be read; 0: it can */
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

/* Initialises an upload, which upload_close frees. The file is opened here, and standard input
 * (`path` "-") read to its end, before a server waits for it; `found` and `export` are set. The
 * pointers must remain valid. */
void upload_open(struct upload *, const char *path, const struct dns_name *origin,
		 const struct upload_wish *);
/* The same of a text on the heap, which upload_close frees; `name` stands for it in errors. It may
 * not include files. */
void upload_open_text(struct upload *, const char *name, char *text, size_t len,
		      const struct dns_name *origin, const struct upload_wish *);
void upload_close(struct upload *);

/* Reads the file and sends its records; for `send` of struct client_handlers. False: `error` says
 * what is wrong with the file. */
bool upload_send(void *upload, int fd);

/* File and line of the record whose number is the member `mark`; false: it has none. */
bool upload_find(const struct upload *, const json_t *with_mark, const char **file, unsigned *line);
/* "FILE:LINE: " of the record whose number is the member `mark`; "" without that member. Returns
 * `out`. */
#define UPLOAD_PLACE_MAX 4200
const char *upload_place(const struct upload *, const json_t *with_mark,
			 char out[UPLOAD_PLACE_MAX]);
