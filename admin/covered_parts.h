/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Moves covered names in parts (admin/covered.h), as a run of its own, into a zone that is out of
 * service until they are there:
 *
 *      covered_parts_copy      copies them; the zone above still answers for them, and clients
 *                              change it. What they changed is copied again, until it is little.
 *      covered_parts_catch_up  in the transaction that puts the zone into service: copies the rest,
 *                              and moves reservations
 *      covered_parts_clear     removes from the zone above what was copied: no client finds it
 * there any more
 *
 * If the server ends before the zone is in service, the zone goes again, and the zone above is as
 * it was. If it ends behind that, what is left in the zone above is as if it had been left by
 * `yes`.
 */
#include "admin/covered.h"

struct covered_parts;

/* Whether so many names are to be moved that it takes long. */
bool covered_parts_are_long(struct call *, const struct dns_name *apex);

/* For a zone that is out of service; in the call's arena. NULL: nothing is to be moved. */
struct covered_parts *covered_parts_open(struct call *, const struct zone *);
/* Not CALL_OK: the run has ended as failed. */
enum call_code covered_parts_copy(struct covered_parts *);
/* False: too much was changed meanwhile, and it wrote nothing: to be copied again, and then to be
 * tried again. Writer's thread; may run twice. */
bool covered_parts_catch_up(struct covered_parts *, struct store_txn *);
/* Ends the run. */
enum call_code covered_parts_clear(struct covered_parts *, struct covered_result *);
/* Ends the run as failed, since the zone cannot be put into service. */
void covered_parts_give_up(struct covered_parts *);
