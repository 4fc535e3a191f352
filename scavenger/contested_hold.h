/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * The contested records that a scavenging run holds until a person decides, since they have been
 * contested for more than two refresh windows (scavenger/plan.h): how many they are, and the first
 * of their names, for the entry `contested-hold` of the log. The run itself goes on with the rest.
 * One run's, in its thread.
 */
#include "journal/entry.h"
#include "scavenger/plan.h"

/* Names that the entry has; the others are counted. */
#define CONTESTED_HOLD_NAMES 64

struct contested_hold {
	struct arena *arena; /* of the names */
	uint64_t records, names;
	uint16_t type;        /* of the first record */
	struct dns_name last; /* the name of the last that was added */
	const char *name[CONTESTED_HOLD_NAMES];
};

/* Adds a record of a plan, if it is held. Records of a name must follow each other. */
void contested_hold_add(struct contested_hold *, const struct plan_item *);

/* Writes "3 records are contested for more than two refresh windows" into `room` bytes. */
void contested_hold_print(uint64_t records, char *text, size_t room);

/* Sets the entry's subject and names; they are the arena's. At least one record is held. */
void contested_hold_name(const struct contested_hold *, struct entry *);
