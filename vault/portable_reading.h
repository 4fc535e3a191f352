/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/* The reader of the portable format from inside. */
#include "acl/store_key.h"
#include "base/codec.h"
#include "base/digest.h"
#include "journal/journal.h"
#include "vault/commits.h"
#include "vault/check.h"
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
	struct zone *zones;
	size_t zone_count, last_zone;
	/* The log's chain so far. */
	uint64_t seq;
	uint8_t digest[DIGEST_LEN];
};

/* "line 7: ..." as the report's error; false. */
bool reading_fail(struct reading *, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Members of a line; these fail with a sentence. */
bool reading_number(struct reading *, const json_t *line, const char *name, uint64_t most,
		    uint64_t *out);
bool reading_bytes(struct reading *, const json_t *line, const char *name, enum codec_kind,
		   struct bytes *out);
const char *reading_text(struct reading *, const json_t *line, const char *name, size_t most);
bool reading_name(struct reading *, const json_t *line, const char *name, struct dns_name *);
/* The zone whose id is the line's member `zone`. */
const struct zone *reading_zone(struct reading *, const json_t *line);

/* Lines of names and of entries. */
bool reading_node(struct reading *, const json_t *line);
bool reading_entry(struct reading *, const json_t *line);
