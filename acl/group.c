/* SPDX-License-Identifier: BSD-2-Clause */
#include "acl/group.h"
#include "acl/pattern.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* Fields of a row. */
#define ROW_ACTING "acting"
#define ROW_MEMBER "member"
#define ROW_WINDOW "window"

struct groups {
	const struct acl_group *given; /* of groups_of; NULL: `group` */
	struct acl_group *group;       /* in the order of their names */
	struct arena *arenas;          /* of each */
	size_t count, room;
};

static bool is_name_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
}

const char *group_name_parse(char out[GROUP_NAME_MAX], const char *text, size_t len)
{
	if (len > 0 && *text == '@') {
		text++;
		len--;
	}
	if (len == 0)
		return "a group needs a name";
	if (len + 2 > GROUP_NAME_MAX)
		return "longer than a group's name may be (62 letters)";
	for (size_t i = 0; i < len; i++)
		if (!is_name_letter(text[i]))
			return "a group's name is of a-z, 0-9, '-', '_' and '.'";
	out[0] = '@';
	memcpy(out + 1, text, len);
	out[1 + len] = '\0';
	return NULL;
}

bool group_has(const struct acl_group *group, const char *principal)
{
	for (size_t i = 0; i < group->count; i++)
		if (pattern_matches(group->members[i], principal))
			return true;
	return false;
}

static struct bytes group_table_key(const char *name)
{
	return bytes_of(name + 1, strlen(name + 1));
}

static bool take_member(struct acl_group *group, struct bytes text, size_t room,
			struct arena *arena)
{
	if (group->count == room || text.len == 0 || memchr(text.data, 0, text.len))
		return false;
	group->members[group->count++] = arena_text(arena, (const char *)text.data, text.len);
	return true;
}

/* A row without the field has none. */
static bool group_take_window(struct acl_group *group, struct bytes row)
{
	struct bytes value;
	group->window = (struct window){0};
	return !state_row_find(row, ROW_WINDOW, &value) ||
	       !window_parse(&group->window, (const char *)value.data, value.len);
}

bool group_unpack(struct acl_group *group, struct bytes key, struct bytes row, struct arena *arena)
{
	struct state_row_field field;
	struct bytes_in in = bytes_in_of(row.data, row.len);
	size_t room = 0;
	group->count = 0;
	if (group_name_parse(group->name, (const char *)key.data, key.len) ||
	    !state_row_flag(row, ROW_ACTING, &group->is_acting) || !group_take_window(group, row))
		return false;
	while (state_row_next(&in, &field))
		room += state_row_is(&field, ROW_MEMBER);
	if (in.bad || room > GROUP_MEMBERS_MAX)
		return false;
	group->members = arena_alloc(arena, (room + 1) * sizeof(*group->members));
	in = bytes_in_of(row.data, row.len);
	while (state_row_next(&in, &field)) {
		if (state_row_is(&field, ROW_MEMBER) &&
		    !take_member(group, field.value, room, arena))
			return false;
	}
	return true;
}

bool group_get(struct store_txn *txn, const char *name, struct arena *arena, struct acl_group *out)
{
	struct bytes row;
	struct acl_group group;
	if (!state_get(txn, STATE_GROUP, group_table_key(name), &row))
		return false;
	if (!group_unpack(&group, group_table_key(name), row, arena)) {
		store_fail(txn, STORE_CORRUPT);
		return false;
	}
	*out = group;
	return true;
}

void group_put(struct state_edit *rows, const struct acl_group *group)
{
	struct state_row_writer row = {.arena = rows->arena};
	char window[WINDOW_TEXT_MAX];
	assert(group->count <= GROUP_MEMBERS_MAX);
	state_row_put_flag(&row, ROW_ACTING, group->is_acting);
	if (group->window.is_given)
		state_row_put_text(&row, ROW_WINDOW, window_print(&group->window, window));
	for (size_t i = 0; i < group->count; i++)
		state_row_put_text(&row, ROW_MEMBER, group->members[i]);
	state_put(rows, STATE_GROUP, group_table_key(group->name), state_row_end(&row));
}

bool group_del(struct state_edit *rows, const char *name)
{
	return state_del(rows, STATE_GROUP, group_table_key(name));
}

static struct groups *groups_new(void)
{
	struct groups *groups = calloc(1, sizeof(*groups));
	assert(groups);
	return groups;
}

/* The index of the first group that is not before this name. */
static size_t groups_place(const struct groups *groups, const char *name)
{
	size_t at = 0;
	while (at < groups->count && strcmp(groups->group[at].name, name) < 0)
		at++;
	return at;
}

static bool groups_has_at(const struct groups *groups, size_t at, const char *name)
{
	return at < groups->count && strcmp(groups->group[at].name, name) == 0;
}

static void groups_drop(struct groups *groups, size_t at)
{
	arena_free(&groups->arenas[at]);
	groups->count--;
	size_t behind = groups->count - at;
	memmove(groups->group + at, groups->group + at + 1, behind * sizeof(*groups->group));
	memmove(groups->arenas + at, groups->arenas + at + 1, behind * sizeof(*groups->arenas));
}

static void groups_insert(struct groups *groups, size_t at, const struct acl_group *group,
			  const struct arena *arena)
{
	if (groups->count == groups->room) {
		groups->room = groups->room ? groups->room * 2 : 8;
		groups->group = realloc(groups->group, groups->room * sizeof(*groups->group));
		groups->arenas = realloc(groups->arenas, groups->room * sizeof(*groups->arenas));
		assert(groups->group && groups->arenas);
	}
	size_t behind = groups->count - at;
	memmove(groups->group + at + 1, groups->group + at, behind * sizeof(*groups->group));
	memmove(groups->arenas + at + 1, groups->arenas + at, behind * sizeof(*groups->arenas));
	groups->group[at] = *group;
	groups->arenas[at] = *arena;
	groups->count++;
}

static bool groups_take_row(struct groups *groups, struct store_txn *txn, struct bytes key,
			    struct bytes row)
{
	struct acl_group group;
	struct arena arena = {0};
	arena_begin(&arena, 1024);
	if (!group_unpack(&group, key, row, &arena)) {
		arena_free(&arena);
		store_fail(txn, STORE_CORRUPT);
		return false;
	}
	size_t at = groups_place(groups, group.name);
	if (groups_has_at(groups, at, group.name))
		groups_drop(groups, at);
	groups_insert(groups, at, &group, &arena);
	return true;
}

struct groups *groups_load(struct store_txn *txn)
{
	struct groups *groups = groups_new();
	struct state_walk walk;
	struct bytes key, row;
	state_walk_from(&walk, txn, STATE_GROUP, bytes_of(NULL, 0));
	while (state_walk_next(&walk, &key, &row) && groups_take_row(groups, txn, key, row))
		continue;
	state_walk_end(&walk);
	return groups;
}

void groups_update(struct groups *groups, struct store_txn *txn, struct bytes key)
{
	struct bytes row;
	char name[GROUP_NAME_MAX];
	if (state_get(txn, STATE_GROUP, key, &row)) {
		groups_take_row(groups, txn, key, row);
		return;
	}
	if (txn->error || group_name_parse(name, (const char *)key.data, key.len))
		return;
	size_t at = groups_place(groups, name);
	if (groups_has_at(groups, at, name))
		groups_drop(groups, at);
}

struct groups *groups_of(const struct acl_group *group, size_t count)
{
	struct groups *groups = groups_new();
	groups->given = group;
	groups->count = count;
	return groups;
}

void groups_free(struct groups *groups)
{
	if (!groups)
		return;
	for (size_t i = 0; !groups->given && i < groups->count; i++)
		arena_free(&groups->arenas[i]);
	free(groups->group);
	free(groups->arenas);
	free(groups);
}

size_t groups_count(const struct groups *groups)
{
	return groups ? groups->count : 0;
}

const struct acl_group *groups_at(const struct groups *groups, size_t index)
{
	assert(index < groups->count);
	return groups->given ? &groups->given[index] : &groups->group[index];
}

const struct acl_group *groups_find(const struct groups *groups, const char *name)
{
	for (size_t i = 0; i < groups_count(groups); i++)
		if (strcmp(groups_at(groups, i)->name, name) == 0)
			return groups_at(groups, i);
	return NULL;
}

size_t groups_acting_all(const struct groups *groups, const char *principal,
			 const struct acl_group *pair[2])
{
	size_t count = 0;
	for (size_t i = 0; count < 2 && i < groups_count(groups); i++)
		if (groups_at(groups, i)->is_acting && group_has(groups_at(groups, i), principal))
			pair[count++] = groups_at(groups, i);
	return count;
}

const struct acl_group *groups_acting(const struct groups *groups, const char *principal)
{
	const struct acl_group *pair[2];
	return groups_acting_all(groups, principal, pair) == 1 ? pair[0] : NULL;
}

bool groups_have_windows(const struct groups *groups)
{
	for (size_t i = 0; i < groups_count(groups); i++)
		if (groups_at(groups, i)->window.is_given)
			return true;
	return false;
}

const struct acl_group *groups_window(const struct groups *groups, const char *principal,
				      size_t *steps)
{
	const struct acl_group *first = NULL, *acting = NULL;
	size_t acts = 0;
	for (size_t i = 0; i < groups_count(groups); i++) {
		const struct acl_group *group = groups_at(groups, i);
		if (!group->window.is_given && !group->is_acting)
			continue;
		*steps += group->count;
		if (strcmp(group->name, principal) != 0 && !group_has(group, principal))
			continue;
		acts += group->is_acting;
		if (group->is_acting)
			acting = group;
		if (!first && group->window.is_given)
			first = group;
	}
	return acts == 1 && acting->window.is_given ? acting : first;
}

static const char *common_member(const struct acl_group *a, const struct acl_group *b)
{
	for (size_t i = 0; i < a->count; i++)
		for (size_t k = 0; k < b->count; k++)
			if (pattern_overlaps(a->members[i], b->members[k]))
				return a->members[i];
	return NULL;
}

const struct acl_group *group_conflict(const struct groups *groups, const struct acl_group *group,
				       const char **member)
{
	for (size_t i = 0; group->is_acting && i < groups_count(groups); i++) {
		const struct acl_group *other = groups_at(groups, i);
		if (!other->is_acting || strcmp(other->name, group->name) == 0)
			continue;
		const char *common = common_member(group, other);
		if (common) {
			*member = common;
			return other;
		}
	}
	return NULL;
}
