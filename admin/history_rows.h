/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * What happened to rows of decided state that are about a name, for `history`: reservations and
 * notes of the name, settings of the zone whose apex it is, and rules that name it or what it lies
 * below (at the apex: all rules); and renewals of the name that refreshed nothing. By the index of
 * names (journal/index.h); the events come in the order of their entries.
 */
#include "admin/command.h"
#include "journal/history.h"

struct history_rows {
	struct call *call;
	struct dns_name name;
	const struct history_span *span;
	uint64_t events; /* that were told */
	/* Its own */
	uint64_t *seqs;
	size_t count, room, next;
	struct dns_name zone; /* of the last entry that was found */
	bool has_zone;
};

/* Entries with rows that are about `name`. Begin with the first three members. */
void history_rows_find(struct history_rows *);
/* Those that changed rules of this zone, too. */
void history_rows_find_rules(struct history_rows *, const struct dns_name *apex);
/* The events of entries below `seq` that were not told yet. False: the peer is gone. */
bool history_rows_tell(struct history_rows *, uint64_t seq);
void history_rows_end(struct history_rows *);
