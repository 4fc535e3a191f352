/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * What a zone of mode `report` knows of its clients: for each name that an update named, what
 * `secure` would have said of the last signed update that it would have let pass, of the last that
 * it would have refused, and of the last unsigned one. `zone set update=secure --plan` counts and
 * lists it.
 *
 * Local state (journal/local.h): it is of this machine, in no entry, and decides nothing but which
 * unsigned update is refused once (`report-probe`). It survives a restart. A name has one row; a
 * row is written when what it says changes, or an hour after it was written. Of more than
 * REPORT_NAMES_MAX names no more are kept, and that is counted.
 *
 *      "report:", zone id, name in key form ->
 *      1  flags (1 open, 2 signed probe, 4 own)    5  passed at    5  refused at    5  unsigned at
 * 5  probed at, seconds then texts, each 1  length, n  bytes: who passed, who would be refused, the
 * word of the reason, the reason, the address of the unsigned one
 *
 * Writes: writer's thread; reads: any.
 */
#include "base/must_use.h"
#include "store/writer.h"
#include "zonedb/zone.h"

#define REPORT_NAMES_MAX 65536
#define REPORT_TEXT_MAX  256 /* longer texts are cut; with the NUL */
#define REPORT_REWRITE_S 3600
#define REPORT_PROBE_S   60 /* so soon a client that was refused comes signed */

struct report_row {
	bool is_open;          /* the unsigned one would have passed, by rules for `anonymous` */
	bool has_signed_probe; /* its own principal came within REPORT_PROBE_S of the probe */
	bool has_own;          /* the name's own principal has signed here; another says nothing */
	uint64_t passed_at, refused_at, unsigned_at, probed_at; /* seconds; 0: never */
	char passed[REPORT_TEXT_MAX];                           /* the principal */
	char refused[REPORT_TEXT_MAX]; /* another, or the same: then it passed before */
	char code[REPORT_TEXT_MAX], reason[REPORT_TEXT_MAX];
	char address[REPORT_TEXT_MAX]; /* of the unsigned one */
};

/* What `secure` would say to the client, in the order of the enum's words. */
enum report_kind { REPORT_PASS, REPORT_WILL_SIGN, REPORT_UNKNOWN, REPORT_REFUSED, REPORT_KINDS };
const char *report_kind_word(enum report_kind);
/* Of the unsigned updates of a name. False: there were none. `has_self`: the name holds a record of
 * its own principal, which signed. Pure. */
bool report_unsigned_kind(const struct report_row *, bool has_self, uint64_t now,
			  enum report_kind *);

/* The row of a name. False: there is none, and it is all zero. */
bool report_get(struct store_txn *, const struct zone *, const struct dns_name *,
		struct report_row *);
/* Whether report_put() writes a row of the name. */
bool report_has_room(struct store_txn *, const struct zone *, const struct dns_name *);
/* Writes it. False: there are too many names. */
bool report_put(struct store_txn *, const struct zone *, const struct dns_name *,
		const struct report_row *);
/* How many names could not be noted, of all zones. */
uint64_t report_lost(struct store_txn *);
/* The zone with the lowest id above this one of which there are rows; 0: there is none. */
uint32_t report_zone_after(struct store_txn *, uint32_t id);
/* Removes rows of the zone with this id, unless it is in mode `report`, until the part is over
 * (store/writer.h). True: none is left that is to go. */
bool report_tidy(struct store_txn *, uint32_t id, struct writer_part *);

/* Calls `each` for the rows of a zone, in canonical order, until it returns false. */
void report_walk(struct store_txn *, const struct zone *,
		 bool (*each)(void *context, const struct dns_name *, const struct report_row *),
		 void *context);
