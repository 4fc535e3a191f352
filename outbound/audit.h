/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * The audit trail: reads entries of the three logs as events, one for each change of a record, with
 * names and with the ids of Windows' DNS audit log (doc/audit-events.md). Holds one entry of each
 * log at a time. Any thread, with its own transaction.
 */
#include "journal/log_time.h"
#include <jansson.h>

/* Of the events' members (doc/audit-events.md): moves when one changes its meaning or goes. */
#define AUDIT_SCHEMA 2

#define AUDIT_LOG(log) (1u << (log))

struct audit_filter {
	bool has_zone, has_name, has_under, has_source;
	struct dns_name zone, name, under;
	const char *principal;       /* NULL: any; may hold `*` patterns */
	const char *event;           /* "record-register", "519", "update-denied"; NULL: any */
	struct prefix source;        /* the asker's address */
	uint64_t run;                /* 0: any */
	uint64_t since_us, until_us; /* 0: open; both ends are within */
	const struct log_span *span; /* of these times in the change log, looked up before; NULL: it
					will be */
	uint64_t after[JOURNAL_LOGS]; /* only entries above these seqs: to resume, to follow */
	bool has_ends;
	uint64_t ends[JOURNAL_LOGS]; /* only entries up to these seqs */
	unsigned logs;               /* AUDIT_LOG() of each; 0: all */
	bool denied_only;
	const char *person;  /* who was logged in, as `principal`; NULL: any */
	const char *comment; /* a pattern, or what is in it; NULL: any */
	/* Whether who asks may see the entry; NULL: all. */
	bool (*may_see)(void *context, const struct entry *);
	void *context;          /* of `may_see` */
	bool has_digests;       /* each event has its entry's */
	uint64_t limit;         /* the newest so many events; 0: all */
	const bool *has_enough; /* set by who listens: no more; NULL: never */
};

/* One event, in the words that the CLI prints and programs read. json_incref it to keep it. */
typedef void audit_emit(void *context, json_t *event);

/*
 * Oldest first, the logs merged by time (journal/log_merge.h). What an entry changed of decided
 * state stands in the first of its events that is shown (outbound/event_rows.h). `name` and `under`
 * match a change's name, and the name that a setting or a denial is about. A name is looked for by
 * its chain, a zone in its index (outbound/log_scan.h), the beginning and the end of a span of time
 * by search. A walk reads about as many entries as it shows, but all entries of the span where only
 * principals, events or addresses are asked for. Where the clock was set back,
 * times are looked for in every era, and each entry has the time that it was written with
 * (journal/log_time.h, journal/refusal_span.h). The transaction's error says whether the walk was
 * whole.
 */
void audit_walk(struct store_txn *, const struct audit_filter *, audit_emit *, void *context);

/* Entries whole, one object each, as `audit export` writes them: those of which the filter wants at
 * least one event. Looks at `most` entries above `filter->after`, and moves that to the last of
 * them. False: the end. */
bool audit_export(struct store_txn *, struct audit_filter *, uint64_t most, audit_emit *,
		  void *context);

/* One entry with all that is known of it, its changes within; NULL: it is not there. */
json_t *audit_entry(struct store_txn *, struct journal_place);

/* Of an event or entry as JSON: its place. */
struct journal_place audit_place(const json_t *);

/* All event names, for help, "did you mean" and tests; ends with a NULL name. */
struct audit_event {
	const char *name;
	unsigned windows_id; /* 0: ours alone */
};
const struct audit_event *audit_events(void);
