/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * A load: replaces the records of a zone by those of a file, in one transaction. Records are
 * collected (at most LOAD_BYTES_MAX), sorted, checked as a zone, and compared with the stored ones;
 * a record that exists keeps owner, stamp and class. A load belongs to one thread at a time;
 * load_apply is for the writer's thread.
 */
#include "store/writer.h"
#include "zonedb/edit.h"

#define LOAD_BYTES_MAX (4ull << 30)

struct load;

struct load *load_open(const struct dns_name *apex);
void load_free(struct load *);

/* Adds a record; the data is copied. `line` identifies it in errors of load_check. Returns NULL, or
 * why the record cannot be in the zone ("record type OPT cannot be stored"), valid until the next
 * call. */
const char *load_add(struct load *, const struct dns_name *owner, uint16_t type, uint32_t ttl,
		     struct bytes rdata, unsigned line);

/* Owner, stamp and class of a record, if the file has them. */
struct load_state {
	const char *owner; /* a principal's text; copied */
	uint64_t stamp;
	enum record_class class;
	/* Of a record that is copied; a file says neither. */
	bool is_guest, lacks_ptr;
	uint16_t window; /* zonedb/record_window.h */
};
/* Sets the state of the record that was added last. It replaces the state of a stored record with
 * the same data, except that a stamp never becomes older: a refresh after the file was written is
 * kept. */
void load_add_state(struct load *, const struct load_state *);

/*
 * Sorts and checks the whole (RFC 1035 5.2): exactly one SOA, at the apex; NS at the apex; nothing
 * beside a CNAME; one CNAME, one DNAME; no data below a DNAME. Returns NULL, or what is wrong and
 * its `*line`. Warnings (unequal TTLs in an RRset: the lowest is taken; a name server without
 * address; data below a delegation that is not glue; duplicates) go to `warn`, which may be NULL.
 */
const char *load_check(struct load *, unsigned *line,
		       void (*warn)(void *context, unsigned line, const char *text), void *context);

size_t load_count(const struct load *);

/*
 * Makes the zone hold what was loaded, and nothing else, in the transaction of the writer's job;
 * the log gets entries of one run (kind ENTRY_IMPORT). Serial: the loaded SOA's if it is ahead of
 * the present one (RFC 1982), else the present plus one; unchanged if nothing differs. May be
 * called again (the job runs twice).
 */
struct load_result {
	size_t names, records, added, removed, altered;
	uint32_t serial_before, serial_after;
};
void load_apply(struct load *, struct store_txn *, struct zone *, const struct edit_author *,
		const struct entry *entry, struct load_result *);

/* Counts what load_apply would do, but for the serials, and writes nothing; any thread. Checked. */
void load_plan(const struct load *, struct store_txn *, const struct zone *, struct load_result *);

/*
 * The same in parts, each in a transaction of its own, between which others may change the zone.
 * `place` says how far it is, all zero at first, and the result is added to. Entries are of the
 * run `place.run`, which the first entry makes, as under way, where it is 0.
 *
 * load_append_part is for a zone that holds nothing, and that no client finds yet: names are
 * appended. load_apply_part is for any other: name by name, what differs from the file when its
 * part is made is replaced, the apex last; each part that changes data moves the serial, and the
 * last one to the file's if that is ahead.
 */
struct load_place {
	size_t at; /* in the load */
	uint64_t run;
	size_t key_len; /* the last name that was compared */
	uint8_t key[DNS_NAME_KEY_MAX];
	uint32_t serial_before;
	bool has_begun, has_names, is_done; /* names behind the apex are compared */
};
struct load_parts {
	struct load *load;
	struct zone *zone; /* as it is stored */
	const struct edit_author *author;
	const struct entry *entry;
	struct load_place place;
	struct load_result result;
};
void load_append_part(struct load_parts *, struct store_txn *, struct writer_part *);
void load_apply_part(struct load_parts *, struct store_txn *, struct writer_part *);
