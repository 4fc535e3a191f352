/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * A store from a backup of either format, in an empty data folder: whole, or not at all. An entry
 * of kind `restore` names the heads of the three logs (journal/put_back.h); what comes goes on from
 * there. With a time, records and rows of decided state as they were then: what was done since is
 * undone, as entries of one run of kind `restore`, so that serials go on and secondaries follow.
 * With the log of another store, what that did since the backup is done again first, and what it
 * refused replaces what the backup holds of that, if it is the same server's; else the logs of
 * refusals begin anew. Where what came after the backup is given up or not known, the serial of
 * each zone goes far ahead, so that secondaries which had it follow (doc/decisions/047). A backup
 * of 0.1.0 is migrated on the way (vault/migrate.h). Store keys that the backup holds, or the other
 * store's folder, are added to the file of the data folder (acl/store_key.h).
 */
#include "acl/store_key.h"
#include "journal/log_time.h"
#include "store/inspect.h"
#include "vault/check.h"

struct restore_options {
	int fd;                  /* of the backup, which the caller opened */
	const char *file, *data; /* its name, for what is said; the data folder */
	const char *log_of;      /* a data folder; NULL: none */
	uint64_t to;             /* seconds; 0: all that the backup holds, or `to_seq` */
	uint64_t to_seq;         /* the entry after which; 0: it is none */
	uint64_t now;            /* seconds */
	uint64_t map_size;       /* 0: the default */
	bool is_to_compare;      /* the store is made to be looked at: no entry is added */
};

#define RESTORE_SAID_MAX 512

/* What `to` did. */
struct restore_turned {
	uint64_t zones, changes; /* zones in which something was done, and records in them */
	uint64_t brought, removed, altered;    /* these records */
	uint64_t zones_brought, zones_deleted; /* of these zones */
	uint64_t rows;                         /* of decided state */
};

struct restore_result {
	struct check_counts counts;   /* of the backup */
	struct check_counts is_there; /* zones, records and entries that the store holds at last */
	uint64_t replayed;            /* entries of the other log */
	bool has_refusals;            /* the other store's were taken, too */
	struct restore_turned turned;
	uint64_t last_seq, last_us; /* of the log before `to` was done */
	uint32_t serial_step; /* by which serials went ahead; 0: they did not, and are known */
	uint64_t lacked_keys; /* that the log made, and the backup was made without */
	bool needs_statement; /* of 0.1.0: its rows are not stated yet ... */
	bool has_statement;   /* ... unless a replayed entry did */
	/* The store key: whether the backup, or the folder of `log_of`, held some that were put in
	 * place; whether some that the keys need are missing still, and the first of them. */
	bool has_store_key, lacks_store_key;
	struct store_key_id missing;
	/* Which time `to` was taken as, where the clock was set back; empty: there is but one. */
	char time_said[RESTORE_SAID_MAX];
};

/* False: `report->error`; the data folder holds no store then. */
bool restore_store(const struct restore_options *, struct report *, struct restore_result *);

/* The parts, for restore.c. */
/*
 * By how much serials go ahead, for a log whose last entry is of `last_us`; 0: what secondaries may
 * have is in the log. Behind a step, RFC 1982 and never 0. Moves all zones by `serial_step` of the
 * result, each by an entry; an error is the transaction's. A zone whose SOA is signed stays, which
 * is told to the report's `found`.
 */
uint32_t restore_serial_step(const struct restore_options *, uint64_t last_us);
uint32_t restore_serial_ahead(uint32_t serial, uint32_t step);
void restore_move_serials(struct store_txn *, const struct restore_options *, struct report *,
			  const struct restore_result *);
void restore_say_time(const struct log_moment *, struct restore_result *);
/* Writes the entry that says what was put back, and moves the serials. */
bool restore_note(struct store *, const struct restore_options *, struct report *,
		  struct restore_result *);
bool restore_rewind(struct store *, const struct restore_options *, struct report *,
		    struct restore_result *);
bool restore_store_key(struct store *, const struct restore_options *, const struct store_key *,
		       struct report *, struct restore_result *);
bool restore_replay(struct store *, const struct restore_options *, struct report *,
		    struct restore_result *);
/* `there` is the other store, `found` what is damaged in it. */
bool restore_refusals(struct store *, struct store_txn *there, const struct store_inspection *found,
		      struct report *, struct restore_result *);
