/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * What a scavenging run would remove: the exact list, for now, a future moment, or other windows
 * (aging.md "Plan"). Reads only; costs what is stale. Any thread with its own transaction.
 */
#include "scavenger/age.h"
#include "zonedb/due.h"
#include "zonedb/ticket.h"

/* Why a zone would not be scavenged; all conditions of aging.md that can fail, and what a run met.
 */
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
	PLAN_BRAKE,       /* it would remove too much, and is held now */
	PLAN_NOT_HELD,    /* it was to be approved, and is not held */
	PLAN_OTHER_RULES, /* the zone's windows or keep-types are others than the run's */
	PLAN_ZONE_GONE,
	PLAN_HOLDS
};

/* A condition's bit in a set of those that fail. */
#define PLAN_BIT(hold) (1u << (hold))

/* All conditions of the zone that fail now; 0: it may be scavenged. PLAN_NO_PERIOD is the
 * caller's to add. */
unsigned plan_holds(struct store_txn *, const struct zone *, uint64_t now);
/* The first of them. */
enum plan_hold plan_first_hold(unsigned holds);
/* The first that fails among those that are the zone's own: no clock, no brake. */
enum plan_hold plan_zone_hold(const struct zone *, uint64_t now);
const char *plan_hold_text(enum plan_hold);
/* For programs: "aging-off". */
const char *plan_hold_word(enum plan_hold);

/* By which windows a stored record ages: its own, else `zone`, its zone's or those of a plan. */
struct age_windows plan_windows(struct store_txn *, const struct node_record *,
				const struct age_windows *zone);

/* Never scavenged whatever its age: SOA, NS, glue, and the zone's keep-types. */
bool plan_is_kept(struct store_txn *, const struct zone *, const struct dns_name *, uint16_t type);

/* What claim tickets at a name guard: fixed where an address is kept (zonedb/ticket.h). */
struct ticket_guarded plan_guarded(struct store_txn *, const struct zone *,
				   const struct dns_name *name, const struct node *);

struct plan_item {
	const struct node *node; /* all of the name */
	struct dns_name name;
	uint16_t type;
	uint32_t ttl;
	struct node_record record; /* in the map */
	uint64_t stale_at;         /* by what the record ages by, its own stamp or another */
};

struct plan_count {
	uint64_t records, names; /* names: at which one goes, or more */
};

/* Calls `item` for each record of the zone that is stale at `when` by `windows`, name by name;
 * returns how many. A claim ticket is stale only when all that it guards at its name goes with it
 * (zonedb/ticket.h). A false from `item` ends the walk. */
struct plan_count plan_walk(struct store_txn *, const struct zone *, uint64_t when,
			    const struct age_windows *windows,
			    bool (*item)(void *context, const struct plan_item *), void *context);

/* The same for one name; false: `item` said so. */
struct plan_question {
	const struct zone *zone;
	uint64_t when;
	const struct age_windows *windows;
	bool (*item)(void *context, const struct plan_item *);
	void *context;
};
bool plan_name(struct store_txn *, const struct plan_question *, const struct dns_name *,
	       struct plan_count *count);
