/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Unsigned updates that a secure zone refused and that may come again with a signature. Windows and
 * Samba clients send each update without one first and sign it when it is refused: such a refusal
 * tells nobody anything, and is counted, not written. So each waits here for REFUSAL_HOLD_US. When
 * an update with the same changes is accepted with a signature from the same address meanwhile it
 * is forgotten; else it goes the way of all refusals, with the time at which it was. An address by
 * UDP may be forged: whoever forges it, and signs, hides nothing but what it did itself.
 *
 * Memory is bounded: REFUSAL_HOLD_MAX in all, REFUSAL_HOLD_PREFIX_MAX of one prefix of sources
 * (/24, /56). What does not fit is not taken.
 *
 * No lock and no clock: the caller's.
 */
#include "dns/msg.h"
#include "nameserver/refusal_fold.h"

#define REFUSAL_HOLD_US         (60ull * 1000000)
#define REFUSAL_HOLD_MAX        65536u
#define REFUSAL_HOLD_PREFIX_MAX 4096u

struct refusal_holds;
struct refusal_holds *refusal_holds_new(void);
void refusal_holds_free(struct refusal_holds *);

/* Copies the refusal. False: it is not one that a signed update would follow, or there is no room.
 */
bool refusal_holds_take(struct refusal_holds *, const struct refusal *, uint64_t now_us);

/* What the changes of an update ask, as a number that differs where they do. */
uint64_t refusal_holds_asks(const struct dns_msg *);
/* What was asked, first at this name, was accepted with a signature, from there: how many were
 * waiting for that, and are forgotten. */
unsigned refusal_holds_forget(struct refusal_holds *, const struct dns_name *, uint64_t asks,
			      const struct addr *source, uint64_t now_us);

/* Takes out what has waited long enough, oldest first, `most` at most. A list; the notes are the
 * caller's. */
struct refusal_note *refusal_holds_due(struct refusal_holds *, uint64_t now_us, size_t most);
/* Takes out those of a name. */
struct refusal_note *refusal_holds_named(struct refusal_holds *, const struct dns_name *);

/* How many wait. */
size_t refusal_holds_count(const struct refusal_holds *);
