/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Claim tickets: records by which DHCP servers mark to which client a name belongs, a DHCID (RFC
 * 4701) or a TXT of one string of 34 hexadecimal digits (ISC's interim style). The renewal of a
 * lease may mention its ticket only in a prerequisite, or not at all. So a ticket is stale only
 * when it and all A, AAAA and PTR records at its name are, each by its own windows, and does not
 * age while one of them is static or pinned.
 *
 * ticket_ages decides by which stamp and which windows a record stands in the due index: a ticket
 * by those of the newest of it and of what it guards. It is not stale before that; where windows
 * differ it may be stale later, which plans, runs and `stale at` find out (scavenger/plan.h). Pure;
 * any thread.
 */
#include "dns/type.h"
#include "zonedb/node.h"

bool ticket_is(uint16_t type, struct bytes rdata);
/* Whether a record of the type can be one. */
static inline bool ticket_may_be(uint16_t type)
{
	return type == DNS_TYPE_DHCID || type == DNS_TYPE_TXT;
}
/* Whether records of the type are guarded by tickets at their name: A, AAAA, PTR. */
bool ticket_guards(uint16_t type);

/* The guarded records of one name. All zero: there are none. */
struct ticket_guarded {
	bool is_fixed;   /* one of them is not scavenged, whatever its age */
	uint64_t newest; /* stamp of the newest dynamic one */
	uint16_t window; /* number of that one's windows */
};
/* Counts a record of a guarded type. */
void ticket_guarded_add(struct ticket_guarded *, enum record_class, uint64_t stamp,
			uint16_t window);
struct ticket_guarded ticket_guarded_in(const struct node *);

/* Whether a record at the name can become stale; then it ages by this stamp and these windows. */
struct ticket_age {
	uint64_t stamp;
	uint16_t window;
};
bool ticket_ages(const struct ticket_guarded *, uint16_t type, const struct node_record *,
		 struct ticket_age *);
