/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Groups: named lists of principals and patterns (acl/pattern.h), for rules. What a member of an
 * *acting* group registers is owned by the group (owner text `@dhcp`), so that any member can
 * refresh, change or delete it. Groups do not nest. A principal is in one acting group at most: a
 * change that would put one, or a pattern, into two is refused (group_conflict). Where a revert or
 * a restore did that, none acts for it.
 *
 * A group may have a window: the windows by which records age that its members register, where no
 * rule gives others (acl/policy_window.h).
 *
 * A group is a row of decided state (journal/state.h, STATE_GROUP) with the fields "acting",
 * "window" if it has one, and, for each member in canonical form, "member".
 *
 * A snapshot (struct groups) belongs to one thread, which reads the rows again that changed since
 * (store/settings.h).
 */
#include "acl/who.h"
#include "acl/window.h"
#include "base/arena.h"
#include "journal/state.h"
#include "store/store.h"

#define GROUP_NAME_MAX    64 /* with `@` and the NUL */
#define GROUP_MEMBERS_MAX 1024

struct acl_group {
	char name[GROUP_NAME_MAX]; /* "@dhcp" */
	bool is_acting;
	struct window window; /* of what members register */
	size_t count;
	const char **members;
};

/* Parses "@dhcp" or "dhcp", of lower-case letters, digits, `-`, `_` and `.`. Returns NULL, or what
 * is wrong, a constant phrase. */
const char *group_name_parse(char out[GROUP_NAME_MAX], const char *text, size_t len);

/* Whether a member or a pattern of the group matches the principal. */
bool group_has(const struct acl_group *, const char *principal);

/* Reads a stored group; its members are in the arena. False: there is none, or the transaction
 * failed. */
bool group_get(struct store_txn *, const char *name, struct arena *, struct acl_group *out);
/* Unpacks a row of STATE_GROUP; the members are in the arena. False: it is not one. */
bool group_unpack(struct acl_group *, struct bytes key, struct bytes row, struct arena *);
/* Put and remove a group, for an entry of the log; writer's thread. False: there is no such group.
 */
void group_put(struct state_edit *, const struct acl_group *);
bool group_del(struct state_edit *, const char *name);

struct groups;
/* Loads all groups. Never NULL; of a damaged table it has what could be read, and txn->error is
 * set. groups_free frees. */
struct groups *groups_load(struct store_txn *);
/* Reads the row of one group again, by its key of STATE_GROUP. What was found before is not valid
 * any more. */
void groups_update(struct groups *, struct store_txn *, struct bytes key);
/* Makes a snapshot of plain values, for tests; these must remain valid. */
struct groups *groups_of(const struct acl_group *group, size_t count);
void groups_free(struct groups *);
size_t groups_count(const struct groups *);
const struct acl_group *groups_at(const struct groups *, size_t index);
/* The group with this name; NULL: there is none. The groups may be NULL. */
const struct acl_group *groups_find(const struct groups *, const char *name);
/* The acting groups of a principal: the first two of them, and how many these are. */
size_t groups_acting_all(const struct groups *, const char *principal,
			 const struct acl_group *pair[2]);
/* The acting group of a principal. NULL: it is in none, or in two, so that none acts. */
const struct acl_group *groups_acting(const struct groups *, const char *principal);

/* The group whose window holds for a principal: its acting group if that has one, else the first by
 * name that has a window and the principal as a member; for an acting group's own name, that group.
 * NULL: none. `*steps` grows by the members that were compared. */
const struct acl_group *groups_window(const struct groups *, const char *principal, size_t *steps);
/* Whether a group has a window. */
bool groups_have_windows(const struct groups *);

/* The other acting group to which a member of `group` belongs, or may belong, if `group` is acting;
 * `*member` is that member. NULL: there is none. */
const struct acl_group *group_conflict(const struct groups *, const struct acl_group *group,
				       const char **member);
