/* SPDX-License-Identifier: BSD-2-Clause */
/* What the document and the store differ in: rows and counts; settings of the server, keys and
 * groups. */
#include "admin/apply.h"
#include "admin/handover.h"
#include "admin/key_stakes.h"
#include "base/hash.h"
#include "base/timeword.h"
#include "journal/bin.h"
#include "zonedb/principal.h"
#include <stdlib.h>
#include <string.h>

/* --- rows */

static void apply_count(struct apply *a, enum apply_action action)
{
	a->adds += action == APPLY_ADD;
	a->changes += action == APPLY_CHANGE;
	a->deletes_count += action == APPLY_DELETE;
	a->conflicts += action == APPLY_CONFLICT;
}

json_t *apply_row(struct apply *a, const char *object, enum apply_action action)
{
	static const char *const words[] = {"same", "add", "change", "delete", "conflict"};
	apply_count(a, action);
	if (a->is_silent)
		return NULL;
	json_t *row = json_object();
	json_object_set_new(row, "object", json_string(object));
	json_object_set_new(row, "action", json_string(words[action]));
	json_array_append_new(a->rows, row);
	return row;
}

json_t *apply_zone_row(struct apply *a, const struct apply_zone *z, const char *object,
		       enum apply_action action)
{
	json_t *row = apply_row(a, object, action);
	if (row)
		json_object_set_new(row, "zone", command_name(&z->apex));
	return row;
}

json_t *apply_relative(const struct apply_zone *z, const struct dns_name *name)
{
	char shown[DNS_NAME_TEXT_MAX], apex[DNS_NAME_TEXT_MAX];
	if (dns_name_equal(name, &z->apex))
		return json_string("@");
	size_t len = strlen(dns_name_show(name, shown));
	size_t behind = strlen(dns_name_show(&z->apex, apex)) + 1;
	return json_stringn(shown, len > behind ? len - behind : len);
}

const char *apply_relative_text(struct apply *a, const struct apply_zone *z,
				const struct dns_name *name)
{
	json_t *relative = apply_relative(z, name);
	const char *text = APPLY_TEXT(a, "%s", json_string_value(relative));
	json_decref(relative);
	return text;
}

json_t *apply_conflict_row(struct apply *a, const struct apply_zone *z,
			   const struct apply_conflict *c)
{
	char shown[DNS_NAME_TEXT_MAX];
	json_t *row = z ? apply_zone_row(a, z, c->object, APPLY_CONFLICT)
			: apply_row(a, c->object, APPLY_CONFLICT);
	if (!a->first_conflict)
		a->first_conflict =
			APPLY_TEXT(a, "%s%s%s %s", z ? dns_name_show(&z->apex, shown) : "",
				   z ? ": " : "", c->name, c->text);
	if (!row)
		return NULL;
	json_object_set_new(row, "name", command_string(c->name));
	json_object_set_new(row, "reason", json_string(c->reason));
	json_object_set_new(row, "text", command_string(c->text));
	if (c->fix)
		json_object_set_new(row, "fix", json_string(c->fix));
	return row;
}

void apply_guard(struct apply *a, json_t *row, const char *word, const char *text)
{
	a->guarded++;
	if (!a->first_guard)
		a->first_guard = APPLY_TEXT(a, "%s: --%s says that this is meant", text, word);
	if (row)
		json_object_set_new(row, "guarded", json_string(word));
}

/* --- what would be touched */

static void apply_touch(struct apply *a, uint64_t hash)
{
	if (a->touched_count == a->touched_room) {
		size_t room = a->touched_room ? a->touched_room * 2 : 256;
		struct apply_touch *touched = arena_alloc(&a->call->arena, room * sizeof *touched);
		if (a->touched_count)
			memcpy(touched, a->touched, a->touched_count * sizeof *touched);
		a->touched = touched;
		a->touched_room = room;
	}
	a->touched[a->touched_count++].hash = hash;
}

void apply_touch_state(struct apply *a, enum state_table table, struct bytes key)
{
	apply_touch(a, apply_hash_state(table, key));
}

void apply_touch_rrset(struct apply *a, uint32_t zone_id, const struct dns_name *name,
		       uint16_t type)
{
	apply_touch(a, apply_hash_rrset(zone_id, name, type));
}

void apply_touch_zone(struct apply *a, const struct apply_zone *z, enum state_table table)
{
	uint8_t key[STATE_KEY_MAX];
	if (table == STATE_ZONE)
		apply_touch_state(a, table, state_key_apex(&z->apex, key));
	else if (z->is_here)
		apply_touch_state(a, table, state_key_id(z->stored.id, key));
}

/* --- settings of the server */

static void apply_server_row(struct apply *a, const char *name, const char *was, const char *is)
{
	if (strcmp(was, is) == 0)
		return;
	json_t *row = apply_row(a, "server", APPLY_CHANGE);
	if (!row)
		return;
	json_object_set_new(row, "name", json_string(name));
	json_object_set_new(row, "before", json_string(was));
	json_object_set_new(row, "after", json_string(is));
}

/* `defaults` are settings of `scavenge set` with "default-" before their names. */
static json_t *apply_scavenge_texts(struct apply *a)
{
	const char *name;
	json_t *value, *all = json_object();
	json_object_update(all, json_object_get(a->server, "scavenge"));
	json_object_foreach(json_object_get(a->server, "defaults"), name, value)
	{
		json_object_set(all, APPLY_TEXT(a, "default-%s", name), value);
	}
	return all;
}

static void apply_look_scavenge(struct apply *a)
{
	struct scavenge_settings was;
	json_t *texts = apply_scavenge_texts(a);
	const char *name;
	json_t *value;
	scavenge_settings_read(a->txn, &was);
	a->scavenge = was;
	/* One by one, so that a fault has its place. */
	json_object_foreach(texts, name, value)
	{
		json_t *one = json_pack("{s:O}", name, value);
		bool is_default = strncmp(name, "default-", 8) == 0 &&
				  json_object_get(json_object_get(a->server, "defaults"), name + 8);
		if (command_scavenge_take(a->call, one, &a->scavenge))
			apply_fault(a,
				    is_default ? APPLY_TEXT(a, "server.defaults.%s", name + 8)
					       : APPLY_TEXT(a, "server.scavenge.%s", name),
				    0, 0, APPLY_TEXT(a, "%s", a->call->error));
		a->call->error[0] = '\0';
		json_decref(one);
	}
	json_decref(texts);
	for (unsigned i = 0; i < SCAVENGE_SETTING_END; i++) {
		char before[SCAVENGE_SETTINGS_TEXT_MAX], after[SCAVENGE_SETTINGS_TEXT_MAX];
		enum scavenge_setting setting = (enum scavenge_setting)i;
		scavenge_settings_print(&was, setting, before);
		scavenge_settings_print(&a->scavenge, setting, after);
		a->scavenge_differs |= strcmp(before, after) != 0;
		apply_server_row(a, scavenge_setting_name(setting), before, after);
	}
}

static void apply_look_audit(struct apply *a)
{
	struct retention was = retention_get(a->txn);
	const char *name;
	json_t *value;
	a->retention = was;
	json_object_foreach(json_object_get(a->server, "audit"), name, value)
	{
		json_t *one = json_pack("{s:O}", name, value);
		if (command_retention_take(a->call, one, &a->retention))
			apply_fault(a, APPLY_TEXT(a, "server.audit.%s", name), 0, 0,
				    APPLY_TEXT(a, "%s", a->call->error));
		a->call->error[0] = '\0';
		json_decref(one);
	}
	for (size_t i = 0; command_retention_name(i); i++) {
		const char *setting = command_retention_name(i);
		const char *before = command_retention_text(a->call, &was, setting);
		const char *after = command_retention_text(a->call, &a->retention, setting);
		a->retention_differs |= strcmp(before, after) != 0;
		apply_server_row(a, setting, before, after);
	}
}

static void apply_look_bin(struct apply *a)
{
	const char *text = json_string_value(json_object_get(a->server, "bin"));
	char before[TIMEWORD_TEXT_MAX], after[TIMEWORD_TEXT_MAX];
	if (!text)
		return;
	if (command_bin_take(a->call, text, &a->bin)) {
		apply_fault(a, "server.bin", 0, 0, APPLY_TEXT(a, "%s", a->call->error));
		a->call->error[0] = '\0';
		return;
	}
	duration_print((uint32_t)bin_keeps(a->txn), before);
	duration_print(a->bin, after);
	a->bin_differs = bin_keeps(a->txn) != a->bin;
	apply_server_row(a, "bin", before, after);
}

static void apply_look_server(struct apply *a)
{
	a->scavenge_differs = a->retention_differs = a->bin_differs = false;
	/* What new zones begin with is asked for in any case. */
	scavenge_settings_read(a->txn, &a->scavenge);
	if (!a->server)
		return;
	apply_look_scavenge(a);
	apply_look_audit(a);
	apply_look_bin(a);
	if (a->scavenge_differs)
		apply_touch_state(a, STATE_SERVER, state_key_word("scavenging"));
	if (a->retention_differs)
		apply_touch_state(a, STATE_SERVER, state_key_word("retention"));
	if (a->bin_differs)
		apply_touch_state(a, STATE_SERVER, state_key_word("bin"));
}

/* --- keys */

static void apply_touch_key(struct apply *a, const struct dns_name *name)
{
	uint8_t key[DNS_NAME_KEY_MAX];
	struct dns_name root = dns_name_root();
	apply_touch_state(a, STATE_KEY, bytes_of(key, dns_name_key(key, name, &root)));
}

static void apply_key_row(struct apply *a, const struct apply_key *k, enum apply_action action,
			  const char *field)
{
	json_t *row = apply_row(a, "key", action), *after;
	apply_touch_key(a, &k->key.name);
	if (!row)
		return;
	json_object_set_new(row, "name", command_name(&k->key.name));
	if (field)
		json_object_set_new(row, "field", json_string(field));
	after = json_object();
	json_object_set_new(after, "algorithm",
			    json_string(hmac_by_number(k->key.algorithm)->text));
	json_object_set_new(after, "secret", command_string(k->generates ? "generate" : k->from));
	json_object_set_new(row, "after", after);
}

static void apply_look_absent_key(struct apply *a, const struct apply_key *k)
{
	char shown[DNS_NAME_TEXT_MAX];
	json_t *row = apply_row(a, "key", APPLY_DELETE);
	const char *stakes = a->is_silent ? NULL : key_stakes_text(a->call, &k->key.name);
	apply_touch_key(a, &k->key.name);
	if (row)
		json_object_set_new(row, "name", command_name(&k->key.name));
	if (row && stakes)
		json_object_set_new(row, "text", command_string(stakes));
	if (!a->deletes)
		apply_guard(a, row, "allow-delete",
			    APPLY_TEXT(a, "key %s would go", dns_name_show(&k->key.name, shown)));
}

/* A key that is here and is generated stays as it is: nobody else knows a better secret. */
static void apply_look_stored_key(struct apply *a, const struct apply_key *k,
				  struct keyring_key *stored)
{
	char shown[DNS_NAME_TEXT_MAX];
	const char *problem = keyring_key_unseal(stored, a->call->core->store_key);
	if (problem) {
		apply_conflict_row(a, NULL,
				   &(struct apply_conflict){
					   "key", dns_name_show(&k->key.name, shown), "sealed",
					   APPLY_TEXT(a, "cannot be compared: %s", problem), NULL});
		return;
	}
	bool is_same = k->generates ? !k->has_algorithm || stored->algorithm == k->key.algorithm
				    : command_key_is_same(a->call, stored, &k->key);
	bool has_leave =
		k->key.algorithm != HMAC_MD5 || stored->has_md5_leave || !k->key.has_md5_leave;
	if (!is_same)
		apply_key_row(a, k, APPLY_CHANGE, "secret");
	else if (!has_leave)
		apply_key_row(a, k, APPLY_CHANGE, "allow-md5");
}

static void apply_look_key(struct apply *a, const struct apply_key *k)
{
	char shown[DNS_NAME_TEXT_MAX];
	struct keyring_key stored;
	bool is_here = keyring_get(a->txn, &k->key.name, &stored);
	if (is_here && k->is_absent)
		apply_look_absent_key(a, k);
	else if (is_here)
		apply_look_stored_key(a, k, &stored);
	else if (!k->is_absent && !a->call->core->store_key)
		apply_conflict_row(
			a, NULL,
			&(struct apply_conflict){
				"key", dns_name_show(&k->key.name, shown), "no-store-key",
				"its secret cannot be sealed: there is no store key", NULL});
	else if (!k->is_absent)
		apply_key_row(a, k, APPLY_ADD, NULL);
	if (is_here)
		keyring_key_wipe(&stored);
}

/* --- groups */

static bool apply_has_member(const struct acl_group *group, const char *member)
{
	for (size_t i = 0; i < group->count; i++)
		if (strcmp(group->members[i], member) == 0)
			return true;
	return false;
}

/* Members of one that the other lacks. */
static json_t *apply_members_but(const struct acl_group *all, const struct acl_group *but)
{
	json_t *list = json_array();
	for (size_t i = 0; i < all->count; i++)
		if (!apply_has_member(but, all->members[i]))
			json_array_append_new(list, command_string(all->members[i]));
	return list;
}

static bool apply_same_members(const struct acl_group *x, const struct acl_group *y)
{
	bool is_same = x->count == y->count;
	for (size_t i = 0; i < x->count && is_same; i++)
		is_same = apply_has_member(y, x->members[i]);
	return is_same;
}

struct acl_group apply_group_after(struct apply *a, const struct apply_group *g,
				   struct acl_group *before, bool *is_here)
{
	struct acl_group after = {0};
	*is_here = group_get(a->txn, g->group.name, &a->call->arena, before);
	if (!*is_here)
		*before = (struct acl_group){0};
	after = *before;
	memcpy(after.name, g->group.name, sizeof after.name);
	if (g->has_acting)
		after.is_acting = g->group.is_acting;
	if (g->has_window)
		after.window = g->group.window;
	if (g->has_members) {
		after.members = g->group.members;
		after.count = g->group.count;
	}
	return after;
}

static void apply_touch_group(struct apply *a, const char *name)
{
	apply_touch_state(a, STATE_GROUP, state_key_word(name + 1));
}

/* What the group owns, and nobody could change any more. */
static void apply_check_orphans(struct apply *a, const struct acl_group *before,
				const struct acl_group *after)
{
	bool ends = before->is_acting && (!after->is_acting || after->count == 0);
	uint64_t owned =
		ends && before->count && !a->is_silent ? handover_owned(a->call, before->name) : 0;
	if (owned)
		apply_conflict_row(
			a, NULL,
			&(struct apply_conflict){
				"group", before->name + 1, "owns",
				APPLY_TEXT(a, "owns %s, which nobody could change or refresh then",
					   command_count(a->call, owned, "record")),
				"owner-transfer"});
}

static json_t *apply_window_text(const struct acl_group *group)
{
	char text[WINDOW_TEXT_MAX];
	return json_string(group->window.is_given ? window_print(&group->window, text) : "none");
}

static void apply_group_rows(struct apply *a, const struct acl_group *before,
			     const struct acl_group *after, bool is_here)
{
	json_t *row;
	if (is_here && before->is_acting != after->is_acting) {
		row = apply_row(a, "group", APPLY_CHANGE);
		json_object_set_new(row, "name", json_string(after->name + 1));
		json_object_set_new(row, "field", json_string("acting"));
		json_object_set_new(row, "before", json_boolean(before->is_acting));
		json_object_set_new(row, "after", json_boolean(after->is_acting));
	}
	if (is_here && !window_equal(&before->window, &after->window)) {
		row = apply_row(a, "group", APPLY_CHANGE);
		json_object_set_new(row, "name", json_string(after->name + 1));
		json_object_set_new(row, "field", json_string("window"));
		json_object_set_new(row, "before", apply_window_text(before));
		json_object_set_new(row, "after", apply_window_text(after));
	}
	if (is_here && apply_same_members(before, after))
		return;
	row = apply_row(a, "group", is_here ? APPLY_CHANGE : APPLY_ADD);
	if (!row)
		return;
	json_object_set_new(row, "name", json_string(after->name + 1));
	if (is_here)
		json_object_set_new(row, "field", json_string("members"));
	else
		json_object_set_new(row, "acting", json_boolean(after->is_acting));
	json_object_set_new(row, "add", apply_members_but(after, before));
	json_object_set_new(row, "remove", apply_members_but(before, after));
}

static void apply_look_absent_group(struct apply *a, const struct apply_group *g,
				    const struct acl_group *before)
{
	struct acl_group none = {0};
	json_t *row = apply_row(a, "group", APPLY_DELETE);
	if (row)
		json_object_set_new(row, "name", json_string(g->group.name + 1));
	apply_touch_group(a, g->group.name);
	if (!a->deletes)
		apply_guard(a, row, "allow-delete",
			    APPLY_TEXT(a, "group %s would go", g->group.name));
	apply_check_orphans(a, before, &none);
}

static void apply_look_group(struct apply *a, const struct apply_group *g)
{
	struct acl_group before;
	bool is_here;
	struct acl_group after = apply_group_after(a, g, &before, &is_here);
	if (g->is_absent && is_here)
		apply_look_absent_group(a, g, &before);
	bool is_same = is_here && before.is_acting == after.is_acting &&
		       window_equal(&before.window, &after.window) &&
		       apply_same_members(&before, &after);
	if (g->is_absent || is_same)
		return;
	apply_touch_group(a, g->group.name);
	apply_group_rows(a, &before, &after, is_here);
	apply_check_orphans(a, &before, &after);
}

static const struct apply_group *apply_find_group(const struct apply *a, const char *name)
{
	for (size_t i = 0; i < a->group_count; i++)
		if (strcmp(a->groups[i].group.name, name) == 0)
			return &a->groups[i];
	return NULL;
}

struct groups *apply_groups_after(struct apply *a, const struct groups *stored,
				  struct acl_group **list, size_t *list_count)
{
	size_t room = groups_count(stored) + a->group_count, count = 0;
	struct acl_group before, *all = arena_alloc(&a->call->arena, (room + 1) * sizeof *all);
	bool is_here;
	for (size_t i = 0; i < groups_count(stored); i++)
		if (!apply_find_group(a, groups_at(stored, i)->name))
			all[count++] = *groups_at(stored, i);
	for (size_t i = 0; i < a->group_count; i++)
		if (!a->groups[i].is_absent)
			all[count++] = apply_group_after(a, &a->groups[i], &before, &is_here);
	*list = all;
	*list_count = count;
	return groups_of(all, count);
}

/* A principal is in one acting group at most, of those that there would be. */
static void apply_check_acting(struct apply *a)
{
	struct groups *stored = groups_load(a->txn);
	struct acl_group *all;
	size_t count;
	struct groups *after = apply_groups_after(a, stored, &all, &count);
	for (size_t i = 0; i < count; i++) {
		const char *member = NULL;
		const struct acl_group *other = group_conflict(after, &all[i], &member);
		if (!other || !apply_find_group(a, all[i].name))
			continue;
		apply_conflict_row(a, NULL,
				   &(struct apply_conflict){
					   "group", all[i].name + 1, "acting",
					   APPLY_TEXT(a,
						      "%s is, or may be, in the acting group %s "
						      "too: a principal is in one at most",
						      member, other->name),
					   NULL});
	}
	groups_free(after);
	groups_free(stored);
}

/* --- the whole */

static void apply_look_begin(struct apply *a, struct store_txn *txn)
{
	a->txn = txn;
	json_array_clear(a->rows);
	json_array_clear(a->seeds_wanted);
	a->adds = a->changes = a->deletes_count = a->conflicts = a->guarded = 0;
	a->first_conflict = a->first_guard = NULL;
	a->touched_count = 0;
	a->owner = 0;
	a->has_owner = principal_find(txn, APPLY_OWNER, &a->owner);
	a->log = journal_head(txn).seq;
}

void apply_look(struct apply *a, struct store_txn *txn)
{
	apply_look_begin(a, txn);
	apply_look_server(a);
	for (size_t i = 0; i < a->key_count; i++)
		apply_look_key(a, &a->keys[i]);
	for (size_t i = 0; i < a->group_count; i++)
		apply_look_group(a, &a->groups[i]);
	if (a->group_count)
		apply_check_acting(a);
	for (size_t i = 0; i < a->zone_count; i++)
		apply_zone_look(a, &a->zones[i]);
}
