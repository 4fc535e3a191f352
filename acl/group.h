/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Groups: named lists of principals and patterns (acl/pattern.h), for rules. What a member of an
 * *acting* group registers is owned by the group (owner text `@dhcp`), so that any member can
 * refresh, change or delete it. Groups do not nest. A principal is in one acting group at most: a
 * change that would put one, or a pattern, into two is refused (group_conflict).
 *
 * A group is a row of decided state (journal/state.h, STATE_GROUP) with the fields "acting" and,
 * for each member in canonical form, "member".
 *
 * A snapshot belongs to one thread, and is loaded anew when the settings version moves.
 */
#include "acl/who.h"
#include "base/arena.h"
#include "journal/state.h"
#include "store/store.h"

#define GROUP_NAME_MAX    64 /* with `@` and the NUL */
#define GROUP_MEMBERS_MAX 1024

struct acl_group {
	char name[GROUP_NAME_MAX]; /* "@dhcp" */
	bool is_acting;
	size_t count;
	const char **members;
};

/* "@dhcp", or "dhcp": lower-case letters, digits, `-`, `_`, `.`. NULL, or what is wrong with it. */
const char *group_name_parse(char out[GROUP_NAME_MAX], const char *text, size_t len);

bool group_has(const struct acl_group *, const char *principal);

/* The stored group; members of `out` are the arena's. False: no such group (or an error, which
 * sticks to the transaction). */
bool group_get(struct store_txn *, const char *name, struct arena *, struct acl_group *out);
/* A row of STATE_GROUP; members are the arena's. False: it is none. */
bool group_unpack(struct acl_group *, struct bytes key, struct bytes row, struct arena *);
/* Changes for an entry of the log. group_del is false where there is no such group. */
void group_put(struct state_edit *, const struct acl_group *);
bool group_del(struct state_edit *, const char *name);

struct groups;
/* Never NULL; a damaged table gives what could be read, and txn->error. */
struct groups *groups_load(struct store_txn *);
/* Of plain values, for tests: what `group` holds must outlive it. */
struct groups *groups_of(const struct acl_group *group, size_t count);
void groups_free(struct groups *);
size_t groups_count(const struct groups *);
const struct acl_group *groups_at(const struct groups *, size_t index);
/* NULL: there is none, or there are no groups (NULL). */
const struct acl_group *groups_find(const struct groups *, const char *name);
/* The acting group of a principal; NULL: none. */
const struct acl_group *groups_acting(const struct groups *, const char *principal);

/* The other acting group that some member of `group` would be in too, when `group` is acting;
 * `member` gets which. NULL: none. */
const struct acl_group *group_conflict(const struct groups *, const struct acl_group *group,
				       const char **member);
