/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * A zone in a temporary store, with a write transaction that stays open, and edits written as
 * scripts. Names are relative to the apex, `@` is the apex. Asserts what fails.
 */
#include "tests/unit/tempstore.h"
#include "zonedb/edit.h"

struct tempzone {
	struct tempstore temp;
	struct store_txn txn;
	struct arena arena;
	struct zone zone;
	struct edit *edit;       /* the last one */
	enum record_class class; /* of what the next edits add; RECORD_DYNAMIC when opened */
};

/* With an SOA of serial 1 and the name server ns.elsewhere. */
void tempzone_open(struct tempzone *, const char *apex);
/* The same, and the zone's row has an entry, the first, so that the log makes all that is there. */
void tempzone_open_logged(struct tempzone *, const char *apex);
void tempzone_free(struct tempzone *);

/* In another store: the zone as tempzone_open makes it before its first entry, to replay into. */
void tempzone_settle(struct store_txn *, const char *apex);

struct dns_name tempzone_name(const struct tempzone *, const char *text);

/*
 * An edit by `who` at `now`, not committed. Commands are divided by `;`:
 *      add NAME TTL TYPE DATA      static|pinned NAME TTL TYPE DATA (owned by local:root)
 *      guest|windowed NAME TTL TYPE DATA (dynamic, of local:root since second 1; a guest's, or with
 *              windows of their own)
 *      del NAME [TYPE [DATA]]      touch NAME TYPE
 */
#define TEMPZONE_NO_REFRESH 5000
#define TEMPZONE_REFRESH    7000
struct edit *tempzone_edit(struct tempzone *, const char *who, uint64_t now, const char *script);

/*
 * The difference as text: `+a A 10.0.0.1 60` added, `-a A 10.0.0.1 60` removed, `~a A 10.0.0.1
 * 60>90` altered, `!a A 10.0.0.1` refreshed; divided by `; `. In the arena.
 */
const char *tempzone_diff(struct tempzone *);

/* Commits the last edit. Returns the entry's seq; `kind` may be NULL. */
uint64_t tempzone_commit(struct tempzone *, enum entry_kind *kind);

/* Both, and the zone as it is afterwards; returns the difference. */
const char *tempzone_run(struct tempzone *, const char *who, uint64_t now, const char *script);

/* Appends an entry of the zone that changes these rows. Returns its seq. */
uint64_t tempzone_put_rows(struct tempzone *, struct state_edit *rows, uint64_t now);

/* A record with all it carries: `60 local:root 1000 static`; "none". */
const char *tempzone_record(struct tempzone *, const char *name, const char *type,
			    const char *data);
