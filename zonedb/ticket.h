/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Claim tickets: the records by which DHCP servers know whose a name is, a DHCID (RFC 4701) or a
 * TXT of one string of 34 hexadecimal digits (ISC's interim style). A renewed lease may name its
 * ticket in a prerequisite only, or not at all, so a ticket does not become stale while the
 * addresses that it guards are kept: it ages by the newest of its own stamp and those of the A,
 * AAAA and PTR records at its name, and while one of them is static or pinned it does not age.
 *
 * The one place that says by which stamp a record ages: the due index, what is shown as `stale at`,
 * plans and runs ask here. Pure.
 */
#include "zonedb/node.h"

bool ticket_is(uint16_t type, struct bytes rdata);
/* Whether records of the type are guarded by tickets at their name: A, AAAA, PTR. */
bool ticket_guards(uint16_t type);

/* The guarded records of one name. All zero: there are none. */
struct ticket_guarded {
	bool is_fixed;   /* one of them is not scavenged, whatever its age */
	uint64_t newest; /* stamp of the newest dynamic one */
};
/* Counts a record of a guarded type. */
void ticket_guarded_add(struct ticket_guarded *, enum record_class, uint64_t stamp);
struct ticket_guarded ticket_guarded_in(const struct node *);

/* Whether a record at the name can become stale; then `*stamp` is what it ages by. */
bool ticket_ages(const struct ticket_guarded *, uint16_t type, const struct node_record *,
		 uint64_t *stamp);
