/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * The roles that tenured.yaml gives to users and groups (base/role.h). A line of one is
 *
 *      user|group NAME [of ZONE[, ZONE...]]
 *
 * admin and metrics are of all zones. Where no line gives metrics, the user tenure-exporter has it,
 * if the system knows that user.
 *
 * NAME may be a number. A name that the system does not know is looked for again, each
 * ROLES_LOOK_S at most: its directory may be reached later than tenured is started. A number that
 * was found stays. One thread at a time.
 */
#include "admin/scope.h"
#include "server/peer.h"

#define ROLES_LINES_MAX   128
#define ROLES_ZONES_MAX   64
#define ROLES_PROBLEM_MAX 256
#define ROLES_LOOK_S      10

struct roles;

/* NULL: the line is a role's. Otherwise `problem` says what was expected. */
const char *roles_line_problem(enum role, const char *line, char problem[ROLES_PROBLEM_MAX]);

/* The lines of each role, as enum role, with a newline behind each; ROLE_NONE has none. They were
 * checked. Whoever keeps roles holds them, and the last to release them frees them; both may be
 * done in any thread. */
struct roles *roles_new(const char *const lines[ROLE_ADMIN + 1]);
struct roles *roles_hold(struct roles *);
void roles_release(struct roles *); /* NULL: nothing is done */
/* Whether anybody is given a role. */
bool roles_are_given(const struct roles *);
/* Logs each line whose name the system does not know. */
void roles_warn(struct roles *);
/* The same, and each zone that is none of these, as sentences: "roles.read: 'user bea': ...". */
void roles_tell(const struct roles *, void (*line)(void *context, const char *), void *context);
void roles_tell_zones(const struct roles *, const struct zoneset *,
		      void (*line)(void *context, const char *), void *context);
/* Whether a role is of listed zones. */
bool roles_name_zones(const struct roles *);
/* Logs each zone of a line that is none of these, with the one that was probably meant. */
void roles_warn_of_zones(const struct roles *, const struct zoneset *);

/* The roles of a user: at most ROLES_LINES_MAX, which are valid as long as `roles`. The array is
 * the caller's, to be freed. */
struct scope_grants roles_of(struct roles *, const struct peer *);
