/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * The file that `tenurectl apply` reads, tenure-site(5), as the document that is sent to the
 * server: JSON of the same structure, in which files are replaced by what they hold, and records by
 * a list, each with its absolute name. What is wrong with the file's form is found here, with its
 * place; what only the server knows it answers with a path in the document, whose place in the file
 * site_form_place finds. One thread.
 */
#include "ctl/site_yaml.h"
#include "dns/name.h"
#include <jansson.h>

#define SITE_RECORDS_MAX 200000 /* of all zones */

struct digest;

struct site_form {
	/* Set by the caller. */
	struct arena *arena;
	const char *path; /* of the file */
	bool allows_inline_secrets;
	/* What came of it. */
	struct site_yaml yaml; /* with the faults */
	json_t *document;      /* the caller's; secrets in it are to be wiped (site_form_close) */
	char digest[65];       /* SHA-256 of the file, in hexadecimal */
	char inputs[65];       /* the same of it and of the files that it names, but for seeds */
	/* private */
	const char *folder;
	struct site_zone_form *zones;
	size_t record_count;
	struct digest *all;
};

/* Reads the file and those it names, but for seeds. False: yaml.fault says what is wrong. */
bool site_form_read(struct site_form *);
/* The same of a text, for which `path` stands. Reads the files that it names if `reads_files`. */
bool site_form_read_text(struct site_form *, struct bytes text, bool reads_files);
/* SHA-256 in hexadecimal. */
void site_digest(struct bytes, char out[65]);
/* Wipes the secrets, and releases the document. */
void site_form_close(struct site_form *);

/* The place of a path as "zones[3].settings.refresh" or "zones[3].records[7]"; of `line` and
 * `column` of its text unless they are 0. */
struct site_place site_form_place(const struct site_form *, const char *path, size_t line,
				  size_t column);

/* The path of the seed of the zone with this index, and the zone's name; NULL: it has none. In the
 * arena. */
const char *site_form_seed(const struct site_form *, size_t zone, struct dns_name *apex);
