/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/* The internals of the reader of the portable format. */
#include "acl/store_key.h"
#include "base/codec.h"
#include "base/digest.h"
#include "journal/journal.h"
#include "vault/commits.h"
#include "vault/check.h"
#include "vault/migrate_row.h"
#include "zonedb/zone.h"
#include <jansson.h>

struct reading {
	struct report *report;
	struct check_counts *counts;
	struct store *store;         /* NULL: it is only checked */
	struct store_key *store_key; /* NULL: store keys are only checked */
	struct commits batch;
	struct arena arena;  /* of the line */
	uint8_t data[65535]; /* of the record */
	struct digest *sum;
	uint64_t lines; /* before this one */
	bool has_end;
	bool is_first;                /* of version 1 */
	struct migrate_server server; /* of version 1: the server's settings so far */
	struct zone *zones;
	size_t zone_count, last_zone;
	/* The logs' chains so far. */
	struct reading_chain {
		uint64_t seq;
		uint8_t digest[DIGEST_LEN];
	} chains[JOURNAL_LOGS];
};

/* Sets the report's error to "line 7: ...". Returns false. */
bool reading_fail(struct reading *, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Read a member of a line. False, NULL: it is missing or wrong, and the report's error says so. */
bool reading_number(struct reading *, const json_t *line, const char *name, uint64_t most,
		    uint64_t *out);
bool reading_bytes(struct reading *, const json_t *line, const char *name, enum codec_kind,
		   struct bytes *out);
const char *reading_text(struct reading *, const json_t *line, const char *name, size_t most);
bool reading_name(struct reading *, const json_t *line, const char *name, struct dns_name *);
/* A zone whose row was read; lines refer to it by its number. False: it came before. */
bool reading_add_zone(struct reading *, const struct zone *);
/* The link that the log's first entry follows. False: the value makes no sense. */
bool reading_base(struct reading *, enum journal_log, struct bytes value);
/* The zone whose id is the member `zone` of the line; NULL: there is none, and the report's error
 * says so. */
const struct zone *reading_zone(struct reading *, const json_t *line);

/* Read a line of a name, and one of an entry. */
bool reading_node(struct reading *, const json_t *line);
bool reading_entry(struct reading *, const json_t *line);
