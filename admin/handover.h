/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * What members of an acting group own in their own names: counted, shown as rows, and handed to the
 * group when they leave it.
 */
#include "admin/command.h"

struct handover {
	const struct acl_group *in;     /* whose records are meant */
	const struct acl_group *not_in; /* but for its members; NULL: nobody */
	const char *to;                 /* the group's name */
	uint64_t records, names, zones, owners;
	/* A zone with some of the records that asks for the reason of a change, of the call's
	   snapshot; NULL: none does. */
	const struct zone *asks;
};

/* Counts them in the call's snapshot; `shows`: each is a row, with the new owner. */
void handover_look(struct call *, struct handover *, bool shows);
/* Counts what the group owns itself. */
uint64_t handover_owned(struct call *, const char *group);
/* Hands them over to the group, which is changed by `also` with them, or behind the last of them
 * (admin/edit_parts.h), and counts the records. */
enum call_code handover_do(struct call *, struct handover *,
			   enum call_code (*also)(void *context, struct store_txn *, uint64_t *run),
			   void *context);
