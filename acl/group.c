/* SPDX-License-Identifier: BSD-2-Clause */
#include "acl/group.h"
#include "acl/pattern.h"
#include <assert.h>
#include <stdlib.h>

#define VALUE_VERSION 1
#define FLAG_ACTING   1
#define HEAD_LEN      4
#define VALUE_MAX     (HEAD_LEN + GROUP_MEMBERS_MAX * (2 + WHO_TEXT_MAX))

struct groups {
	struct arena arena;
	const struct acl_group *group;
	size_t count;
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

static struct bytes table_key(const char *name)
{
	return bytes_of(name + 1, strlen(name + 1));
}

static const char *read_member(struct bytes_in *in, struct arena *arena)
{
	uint16_t len = bytes_in_u16(in);
	const uint8_t *text = len < WHO_TEXT_MAX ? bytes_in_take(in, len) : NULL;
	if (!text || memchr(text, '\0', len))
		return NULL;
	return arena_text(arena, (const char *)text, len);
}

static bool unpack(struct acl_group *group, struct bytes key, struct bytes value,
		   struct arena *arena)
{
	struct bytes_in in = bytes_in_of(value.data, value.len);
	uint8_t version = bytes_in_u8(&in);
	group->is_acting = (bytes_in_u8(&in) & FLAG_ACTING) != 0;
	group->count = bytes_in_u16(&in);
	if (in.bad || version != VALUE_VERSION || group->count > GROUP_MEMBERS_MAX ||
	    group_name_parse(group->name, (const char *)key.data, key.len))
		return false;
	group->members = arena_alloc(arena, (group->count + 1) * sizeof(*group->members));
	for (size_t i = 0; i < group->count; i++) {
		group->members[i] = read_member(&in, arena);
		if (!group->members[i])
			return false;
	}
	return bytes_in_left(&in) == 0;
}

bool group_get(struct store_txn *txn, const char *name, struct arena *arena, struct acl_group *out)
{
	struct bytes value;
	struct acl_group group;
	if (!store_get(txn, STORE_GROUPS, table_key(name), &value))
		return false;
	if (!unpack(&group, table_key(name), value, arena)) {
		store_fail(txn, STORE_CORRUPT);
		return false;
	}
	*out = group;
	return true;
}

void group_put(struct store_txn *txn, const struct acl_group *group)
{
	assert(group->count <= GROUP_MEMBERS_MAX);
	uint8_t *value = malloc(VALUE_MAX);
	assert(value);
	struct bytes_out out = bytes_out_of(value, VALUE_MAX);
	bytes_out_u8(&out, VALUE_VERSION);
	bytes_out_u8(&out, group->is_acting ? FLAG_ACTING : 0);
	bytes_out_u16(&out, (uint16_t)group->count);
	for (size_t i = 0; i < group->count; i++) {
		size_t len = strlen(group->members[i]);
		bytes_out_u16(&out, (uint16_t)len);
		bytes_out_put(&out, group->members[i], len);
	}
	assert(!out.full);
	store_put(txn, STORE_GROUPS, table_key(group->name), bytes_of(value, bytes_out_len(&out)));
	store_settings_changed(txn);
	free(value);
}

bool group_del(struct store_txn *txn, const char *name)
{
	if (!store_del(txn, STORE_GROUPS, table_key(name)))
		return false;
	store_settings_changed(txn);
	return true;
}

static size_t count_rows(struct store_txn *txn)
{
	struct store_walk walk;
	struct bytes key, value;
	size_t count = 0;
	store_walk_from(&walk, txn, STORE_GROUPS, bytes_of(NULL, 0), 0);
	while (store_walk_next(&walk, &key, &value))
		count++;
	store_walk_end(&walk);
	return count;
}

static struct groups *groups_new(size_t room)
{
	struct groups *groups = calloc(1, sizeof(*groups));
	assert(groups);
	groups->group = arena_zero(&groups->arena, (room + 1) * sizeof(*groups->group));
	return groups;
}

struct groups *groups_load(struct store_txn *txn)
{
	size_t room = count_rows(txn);
	struct groups *groups = groups_new(room);
	struct acl_group *group = arena_zero(&groups->arena, (room + 1) * sizeof(*group));
	struct store_walk walk;
	struct bytes key, value;
	groups->group = group;
	store_walk_from(&walk, txn, STORE_GROUPS, bytes_of(NULL, 0), 0);
	while (groups->count < room && store_walk_next(&walk, &key, &value)) {
		if (!unpack(&group[groups->count], key, value, &groups->arena)) {
			store_fail(txn, STORE_CORRUPT);
			break;
		}
		groups->count++;
	}
	store_walk_end(&walk);
	return groups;
}

struct groups *groups_of(const struct acl_group *group, size_t count)
{
	struct groups *groups = groups_new(0);
	groups->group = group;
	groups->count = count;
	return groups;
}

void groups_free(struct groups *groups)
{
	if (!groups)
		return;
	arena_free(&groups->arena);
	free(groups);
}

size_t groups_count(const struct groups *groups)
{
	return groups ? groups->count : 0;
}

const struct acl_group *groups_at(const struct groups *groups, size_t index)
{
	assert(index < groups->count);
	return &groups->group[index];
}

const struct acl_group *groups_find(const struct groups *groups, const char *name)
{
	for (size_t i = 0; i < groups_count(groups); i++)
		if (strcmp(groups->group[i].name, name) == 0)
			return &groups->group[i];
	return NULL;
}

const struct acl_group *groups_acting(const struct groups *groups, const char *principal)
{
	for (size_t i = 0; i < groups_count(groups); i++)
		if (groups->group[i].is_acting && group_has(&groups->group[i], principal))
			return &groups->group[i];
	return NULL;
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
		const struct acl_group *other = &groups->group[i];
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
