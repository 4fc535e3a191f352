/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * What a call may see and change: the roles that its user was given (base/role.h), of all zones or
 * of listed ones, and whether a zone asks for the reason of a change. call_run asks before a
 * command runs; a command asks again about zones that it finds by itself: of a run, of an entry of
 * the log, of each zone of a listing. The thread of the call; scope_holds also the writer's.
 *
 * A refusal never says whether what was asked about exists.
 */
#include "admin/call.h"
#include "base/role.h"
#include "journal/run.h"

/* A role that a user has. */
struct scope_grant {
	enum role role;
	const struct dns_name *zones; /* their apexes; NULL: of all zones */
	size_t zone_count;
	const char *given; /* where: "user bea, in roles.operate of tenured.yaml" */
};

/* All roles of a user, which must remain valid as long as the call. */
struct scope_grants {
	const struct scope_grant *const *of;
	size_t count;
};

#define SCOPE_REASON_MAX 512 /* bytes of a reason, and of a note */

/* Takes the reason of the call out of its arguments (`reason`), and checks role, zones and reason
 * for the command. CALL_REFUSED says which role is needed, which ones the user has, and where they
 * were given. The call's snapshot must be new. */
enum call_code scope_begin(struct call *, const struct role_command *);

/* Whether the call is one of listed zones. */
bool scope_is_listed(const struct call *);
/* Whether the zone may be seen, and by a command that changes something, changed. */
bool scope_holds(const struct call *, const struct dns_name *apex);
/* Whether the user has the role of all zones. */
bool scope_has_role(const struct call *, enum role);

/* The roles in words, in the call's arena: "operate of corp.example (...)", "admin". */
const char *scope_say(struct call *);

/* CALL_OK, or the refusal for a zone that the command found. */
enum call_code scope_check(struct call *, const struct dns_name *apex);
/* The same for the zone in which a name lies, which need not be here. */
enum call_code scope_check_name(struct call *, const struct dns_name *);
/* CALL_OK, or the refusal where what it found is for this role alone; `what` begins the sentence.
 */
enum call_code scope_check_role(struct call *, enum role, const char *what);

/* The same for a run, whose zone may ask for a reason, too. Of a run of several zones each entry is
 * to be looked at. */
enum call_code scope_check_run(struct call *, const struct run *);
/* CALL_NOT_FOUND: there is no such run; for a role of listed zones the refusal of one of others. */
enum call_code scope_no_run(struct call *, uint64_t run);

/* CALL_OK, or CALL_REFUSED: the zone asks for a reason (require-reason), and the call has none. */
enum call_code scope_check_reason(struct call *, const struct zone *);
