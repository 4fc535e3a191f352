/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * A change of records at any number of names: `owner transfer`, `record touch --recurse`, and what
 * members of a group hand over to it. The names are looked for in the call's snapshot, a batch at a
 * time, so that the writer's thread sees those alone at which something is to be done; there each
 * is judged again.
 *
 * Up to EDIT_PARTS_NAMES names in all, and EDIT_PARTS_BYTES of their records, are changed in one
 * transaction. More are changed in parts (store/writer.h), between which others change the zones:
 * entries of one run, which begins with `run-start` and ends with `run-end`. If the server ends
 * between two parts, the run is abandoned and what it did stands; the same command does the rest,
 * since what is done is not looked for again.
 */
#include "admin/command.h"

#define EDIT_PARTS_NAMES 512
#define EDIT_PARTS_BYTES (128u << 10)

struct edit_parts {
	/* What the caller sets. Where: */
	const struct zone *zone;      /* NULL: all zones that there are now */
	const struct dns_name *under; /* at or below this name of the zone; NULL: all names */
	/* NULL: the zones where the names are; otherwise the zone that is changed, which may be out
	 * of service. Then names are not judged again in the writer's thread. */
	const struct zone *into;
	const struct dns_name *list; /* of the zone; NULL: those that `wants` wants */
	size_t list_count;
	/* NULL: the list is of `zone`. Otherwise the zones of its names, `list_zone_count` of them,
	 * and for each name of the list the number of its zone in there; names of one zone stand
	 * together. */
	const struct zone *list_zones;
	size_t list_zone_count;
	const size_t *list_zone;
	/* What the entries say, and the run: */
	enum event_kind event;
	const char *reason, *note;
	bool has_run;     /* it is a run, also where it is one transaction; then without `also` */
	bool is_import;   /* they are of kind `import` */
	const char *noun; /* what command_progress counts; NULL: names */
	/* Whether something is to be done at the name. Any thread, with its own transaction. */
	bool (*wants)(void *context, struct store_txn *, const struct zone *,
		      const struct dns_name *, const struct node *);
	/* The author of the edits. Writer's thread, for each part. */
	struct edit_author (*author)(void *context, struct store_txn *);
	/* Changes the private copy of the name. Returns the number of records. Writer's thread. */
	uint64_t (*change)(void *context, struct edit *, struct edit_name *);
	/* What belongs to the change, in the last transaction; NULL: nothing. `*run` is the run, or
	 * 0, and then that which is begun for it, if any. Writer's thread; may run twice. */
	enum call_code (*also)(void *context, struct store_txn *, uint64_t *run);
	void *context;
	/* What came of it. */
	uint64_t names, records, zones;
	/* The run; 0: it was one transaction without one, or nothing. If the caller sets it, the
	 * entries are of that run, which the caller begins and ends, and all is in parts. */
	uint64_t run;
};

/* Not CALL_OK: what was done of it stands, and the error says how much that was. */
enum call_code edit_parts_run(struct call *, struct edit_parts *);
