/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Plans a scavenging run: lists the records that it would remove, now, at a future moment, or with
 * other windows. Reads only; time grows with the number of stale records. Any thread, with its own
 * transaction.
 */
#include "scavenger/age.h"
#include "scavenger/renewer.h"
#include "zonedb/due.h"
#include "zonedb/ticket.h"

/* Why a zone is not scavenged, or a run removed nothing. */
enum plan_hold {
	PLAN_MAY_RUN = 0,
	PLAN_AGING_OFF,
	PLAN_UPDATES_OFF,
	PLAN_FROZEN,
	PLAN_NOT_YET_AVAILABLE,
	PLAN_CLOCK_JUMPED,
	PLAN_RUN_HELD,  /* the brake holds a run of the zone */
	PLAN_NO_PERIOD, /* only for the schedule, not for an explicit run */
	/* Of one run, not of a zone. */
	PLAN_BRAKE,       /* it would remove too much, and is now held */
	PLAN_NOT_HELD,    /* it was to be approved, but is not held */
	PLAN_OTHER_RULES, /* the zone's windows or keep-types are others than the run's */
	PLAN_ZONE_GONE,
	PLAN_HOLDS
};

/* A condition's bit in a set of those that fail. */
#define PLAN_BIT(hold) (1u << (hold))

/* The set of conditions that fail for the zone now; 0: it may be scavenged. PLAN_NO_PERIOD is not
 * among them; the caller adds it. */
unsigned plan_holds(struct store_txn *, const struct zone *, uint64_t now);
/* The first of them. */
enum plan_hold plan_first_hold(unsigned holds);
/* The first condition that fails by the zone's settings alone, without clock and brake. */
enum plan_hold plan_zone_hold(const struct zone *, uint64_t now);
const char *plan_hold_text(enum plan_hold);
/* The word for programs: "aging-off". */
const char *plan_hold_word(enum plan_hold);

/* The windows by which a record ages: its own, otherwise `zone`, those of the zone or of a plan. */
struct age_windows plan_windows(struct store_txn *, const struct node_record *,
				const struct age_windows *zone);

/* The first second in which a record is stale by these windows; of a claim ticket that in which all
 * that it guards is, too (zonedb/ticket.h). 0: never, as it does not age. Stamps are what they
 * count as (journal/era.h). */
struct plan_record {
	const struct node *node; /* all of its name */
	const struct eras *eras;
	uint16_t type;
	struct node_record record;
};
uint64_t plan_stale_at(struct store_txn *, const struct plan_record *,
		       const struct age_windows *zone);

/* Whether records of the type at the name are never scavenged: SOA, NS, glue, addresses of
 * the zone's own name servers, and keep-types. */
bool plan_is_kept(struct store_txn *, const struct zone *, const struct dns_name *, uint16_t type);

/* The records that claim tickets at a name guard (zonedb/ticket.h); `is_fixed` if an address is
 * kept. */
struct ticket_guarded plan_guarded(struct store_txn *, const struct zone *,
				   const struct dns_name *name, const struct node *);

struct plan_item {
	const struct node *node; /* all of the name */
	struct dns_name name;
	uint16_t type;
	uint32_t ttl;
	struct node_record record; /* in the map */
	uint64_t stamp;            /* what its stamp counts as (journal/era.h) */
	uint64_t stale_at;         /* by the stamp by which it ages (zonedb/ticket.h) */
	/* Somebody who may not refresh it renewed it not long ago (zonedb/renewal.h), as `node`
	 * says: a run leaves it. A record is not stale for as long as the renewal counts if who
	 * renewed it may refresh it by now. */
	bool is_contested;
	/* For longer than two refresh windows: a run holds it until a person decides. */
	bool is_overdue;
};

struct plan_count {
	uint64_t records, names; /* names at which at least one record is removed */
	uint64_t contested;      /* records that are left; not in `records` */
	uint64_t overdue;        /* of these: stale for longer than two refresh windows */
};

/* Calls `item` for each record of the zone that is stale at `when` by `windows`, name by name,
 * until it returns false. Returns how many records and names. A claim ticket is stale only when all
 * records that it guards are. Contested records are given to `item` too, and counted apart. */
struct plan_count plan_walk(struct store_txn *, const struct zone *, uint64_t when,
			    const struct age_windows *windows,
			    bool (*item)(void *context, const struct plan_item *), void *context);

/* Whether a walk of the due index met the name before, in a lower window class: all of a name is
 * judged where it is met first. */
bool plan_was_met(const struct due_walk *, const struct due_place *);

/* Does the same for one name. False: `item` returned false. */
struct plan_question {
	const struct zone *zone;
	uint64_t when;
	const struct age_windows *windows;
	const struct eras *eras; /* by which stamps count */
	struct renewer *renewer; /* of the transaction */
	bool (*item)(void *context, const struct plan_item *);
	void *context;
};
bool plan_name(struct store_txn *, const struct plan_question *, const struct dns_name *,
	       struct plan_count *count);
