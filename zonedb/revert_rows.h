/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Reverts changes of decided state (journal/state.h), as zonedb/revert.h those of records: takes
 * back what a set of entries did to settings, rules, groups, reservations and notes, unless that
 * was changed since. The net effect on each row counts.
 *
 *      a row that came    goes, if it is as it was made
 *      a row that went    comes back, if there is none now
 *      a row that differs gets back the fields that were changed; of a list, the values that came
 *                         or went. Another field may have been changed since. A row of the server's
 *                         settings that was not there before counts as one without fields.
 *
 * A field that is as it was before counts as standing; one that is neither as before nor as it was
 * made is a conflict, and stays. Never taken back: the creation and deletion of zones, what the
 * server keeps itself (times, schedule, runs), and secrets: a key whose secret came, went or
 * changed stays as it is, as a conflict. When a zone ages again its availability is set as by `zone
 * set`.
 *
 * A plan and an application walk the same way over a state_edit, which a plan throws away. One
 * thread.
 */
#include "journal/entry.h"
#include "zonedb/zone.h"

struct revert_rows;

struct revert_rows *revert_rows_open(void);
void revert_rows_free(struct revert_rows *);

/* The changes of rows of an entry are to be undone; everything is copied. Older entries first. */
void revert_rows_take(struct revert_rows *, const struct entry *);
/* Rows that were taken. */
size_t revert_rows_count(const struct revert_rows *);
/* The zone of that number counts as here: it comes back with what is undone. */
void revert_rows_revive(struct revert_rows *, uint32_t zone_id);

enum revert_row_what { REVERT_ROW_RESTORE, REVERT_ROW_REMOVE, REVERT_ROW_SET, REVERT_ROW_CONFLICT };

/* What is done to a row or one of its fields, or stands in the way. Texts live until the call
 * returns. */
struct revert_row {
	enum revert_row_what what;
	enum state_table table;
	const char *key;             /* in words */
	const struct dns_name *zone; /* NULL: it belongs to none */
	const char *field;           /* NULL: the row as a whole */
	const char *now, *then;      /* the value, or the row in short; NULL: there is none */
	/* Of conflicts. */
	const char *text; /* "was changed since", ... */
	uint64_t undoes;  /* the entry that would have been undone, the last for this row */
	uint64_t seq;     /* the entry that is in the way; 0: none is */
	const char *by;   /* whose entry that is; NULL: nobody's */
};

struct revert_rows_listener {
	/* Checks a row that is to be put. Returns NULL, or why it cannot be. May be NULL. */
	const char *(*check)(void *context, enum state_table, struct bytes key, struct bytes row);
	void (*tell)(void *context, const struct revert_row *); /* may be NULL */
	void *context;
};

struct revert_rows_result {
	uint64_t restored, removed, altered; /* rows, rows, fields */
	uint64_t conflicts, standing;
};

/* Puts the rows as they are to be into `edit`. If there is a conflict, the log is read to its end,
 * once; a later call goes on from there. */
void revert_rows_make(struct revert_rows *, struct state_edit *edit, uint64_t now,
		      const struct revert_rows_listener *, struct revert_rows_result *);

/* The number of the zone that the change belongs to; 0: none. */
uint32_t revert_rows_zone(const struct state_change *);
