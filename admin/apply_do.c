/* SPDX-License-Identifier: BSD-2-Clause */
/* Writes what a look found, in one transaction and one run. */
#include "admin/apply.h"
#include "admin/import.h"
#include "admin/scope.h"
#include "journal/run.h"
#include "zonedb/lookup.h"
#include "zonedb/note.h"
#include "zonedb/reservation.h"
#include <string.h>

/* --- what is not of a zone */

static void apply_write_server(struct apply *a)
{
	if (a->scavenge_differs)
		command_scavenge_write(a->call, a->txn, &a->scavenge);
	if (a->retention_differs)
		command_retention_write(a->call, a->txn, &a->retention);
	if (a->bin_differs)
		command_bin_write(a->call, a->txn, a->bin);
}

/* A key that is here keeps its former secret for a day, as after `key rotate`, so that who has not
 * the new one yet is still known. */
static enum call_code apply_write_stored_key(struct apply *a, const struct apply_key *k,
					     struct keyring_key *stored)
{
	struct call *call = a->call;
	uint64_t now = clock_now(&call->core->clock);
	enum event_kind event = EVENT_KEY_CREATE;
	enum call_code code = command_key_unseal(call, stored);
	if (code)
		return code;
	bool is_same = k->generates ? !k->has_algorithm || stored->algorithm == k->key.algorithm
				    : command_key_is_same(call, stored, &k->key);
	bool leaves =
		k->key.algorithm == HMAC_MD5 && k->key.has_md5_leave && !stored->has_md5_leave;
	if (is_same && !leaves)
		return CALL_OK;
	if (!is_same) {
		event = EVENT_KEY_ROTATE;
		if (stored->algorithm == k->key.algorithm)
			keyring_key_rotate(stored, now, now + APPLY_KEY_OVERLAP);
		stored->rotated = now;
		stored->algorithm = k->key.algorithm;
		stored->sealed_len = 0;
		stored->secret_len = k->key.secret_len;
		memcpy(stored->secret, k->key.secret, sizeof stored->secret);
	}
	stored->has_md5_leave |= leaves;
	return command_key_put(call, a->txn, event, stored);
}

static enum call_code apply_write_key(struct apply *a, const struct apply_key *k)
{
	struct keyring_key stored;
	enum call_code code = CALL_OK;
	bool is_here = keyring_get(a->txn, &k->key.name, &stored);
	if (k->is_absent)
		return CALL_OK;
	code = is_here ? apply_write_stored_key(a, k, &stored)
		       : command_key_put(a->call, a->txn, EVENT_KEY_CREATE, &k->key);
	if (is_here)
		keyring_key_wipe(&stored);
	return code;
}

static void apply_write_group(struct apply *a, const struct apply_group *g)
{
	struct call *call = a->call;
	struct acl_group before;
	bool is_here;
	const char *members = NULL;
	struct acl_group after = apply_group_after(a, g, &before, &is_here);
	if (g->is_absent)
		return;
	for (size_t i = 0; i < after.count; i++)
		members = APPLY_TEXT(a, "%s%s%s", members ? members : "", members ? ", " : "",
				     after.members[i]);
	struct state_edit rows = state_edit_of(a->txn, &call->arena);
	group_put(&rows, &after);
	size_t count;
	state_edit_changes(&rows, &count);
	if (count)
		command_log(call, a->txn, NULL,
			    &(struct command_event){
				    ENTRY_ADMIN, is_here ? EVENT_GROUP_SET : EVENT_GROUP_CREATE,
				    after.name,
				    APPLY_TEXT(a, "acting %s: %s", after.is_acting ? "on" : "off",
					       members ? members : "nobody"),
				    &rows});
}

static enum call_code apply_write_absent(struct apply *a)
{
	struct call *call = a->call;
	struct keyring_key key;
	struct acl_group group;
	enum call_code code = CALL_OK;
	for (size_t i = 0; i < a->key_count && !code; i++) {
		if (!a->keys[i].is_absent || !keyring_get(a->txn, &a->keys[i].key.name, &key))
			continue;
		keyring_key_wipe(&key);
		code = command_key_remove(call, a->txn, &a->keys[i].key.name);
	}
	for (size_t i = 0; i < a->group_count && !code; i++) {
		const char *name = a->groups[i].group.name;
		if (!a->groups[i].is_absent || !group_get(a->txn, name, &call->arena, &group))
			continue;
		struct state_edit rows = state_edit_of(a->txn, &call->arena);
		group_del(&rows, name);
		command_log(call, a->txn, NULL,
			    &(struct command_event){ENTRY_ADMIN, EVENT_GROUP_DELETE, name, NULL,
						    &rows});
	}
	return code;
}

/* --- a zone */

static void apply_set_file(struct apply *a, struct zone *zone)
{
	memset(zone->applied_by, 0, sizeof zone->applied_by);
	memcpy(zone->applied_by, a->name, strlen(a->name));
}

/* A field of the zone's row that no setting is. */
static void apply_write_field(struct apply *a, struct zone *zone, const char *subject,
			      const char *was, const char *is)
{
	struct state_edit rows = state_edit_of(a->txn, &a->call->arena);
	zone_put(&rows, zone);
	command_log(a->call, a->txn, zone,
		    &(struct command_event){
			    ENTRY_SETTING, EVENT_ZONE_SETTING, subject,
			    APPLY_TEXT(a, "%s: %s -> %s", subject, *was ? was : "none", is),
			    &rows});
}

static struct zone apply_zone_made(struct apply *a, const struct apply_zone *z)
{
	struct zone zone = z->wanted, plain = z->wanted;
	plain.update = ZONE_UPDATE_NONE;
	plain.is_aging = false;
	zone_arm(&plain, &zone, clock_now(&a->call->core->clock), 0);
	apply_set_file(a, &zone);
	if (z->seed_file)
		memcpy(zone.seed, z->seed_digest, sizeof zone.seed);
	return zone;
}

static enum call_code apply_make_zone(struct apply *a, struct apply_zone *z)
{
	struct zone zone = apply_zone_made(a, z);
	struct load_result loaded;
	struct covered_result covered = {0};
	enum call_code code = command_zone_make(
		a->call, a->txn, &(struct command_zone_made){&zone, z->load, &loaded, &covered});
	if (!code && !zone_get(a->txn, &z->apex, &z->stored))
		code = call_fail(a->call, CALL_FAILED, "the zone is gone");
	return code;
}

/* The content of a zone that held nothing. */
static void apply_fill_zone(struct apply *a, struct apply_zone *z)
{
	struct load_result loaded;
	command_load_apply(a->call, a->txn, z->load, &z->stored, &loaded);
	memcpy(z->stored.seed, z->seed_digest, sizeof z->stored.seed);
	apply_write_field(a, &z->stored, "apply-seed", "", z->seed_digest);
}

static enum call_code apply_write_notes(struct apply *a, struct apply_zone *z)
{
	char shown[DNS_NAME_TEXT_MAX];
	for (size_t i = 0; i < z->note_count; i++) {
		const struct apply_note *n = &z->notes[i];
		const struct note_change change = {&z->stored, &n->name, n->type, n->text};
		if (!command_note_write(a->call, a->txn, &change))
			return call_fail(a->call, CALL_FAILED,
					 "%d types of %s have notes of their own, and no more may",
					 NOTE_TYPES_MAX, dns_name_show(&n->name, shown));
	}
	return CALL_OK;
}

static bool apply_keeps_name(const struct apply_zone *z, const struct dns_name *name)
{
	for (size_t i = 0; i < z->reserve_count; i++)
		if (dns_name_equal(&z->reserve[i].name, name))
			return true;
	return false;
}

static void apply_write_reserve(struct apply *a, struct apply_zone *z)
{
	struct call *call = a->call;
	struct reservation_walk walk;
	struct dns_name name, *gone = NULL;
	const char *owner;
	size_t count = 0, room = 0;
	struct node node;
	for (size_t i = 0; i < z->reserve_count; i++)
		if (!lookup_node(a->txn, &z->stored, &z->reserve[i].name, &node))
			command_reserve_write(call, a->txn, &z->stored, &z->reserve[i].name,
					      z->reserve[i].whom);
	if (!z->has_reserve)
		return;
	reservation_walk_from(&walk, a->txn, &z->stored);
	while (reservation_next(&walk, &name, &call->arena, &owner)) {
		if (apply_keeps_name(z, &name))
			continue;
		if (count == room) {
			room = room ? room * 2 : 16;
			struct dns_name *names = arena_alloc(&call->arena, room * sizeof *names);
			if (count)
				memcpy(names, gone, count * sizeof *names);
			gone = names;
		}
		gone[count++] = name;
	}
	reservation_walk_end(&walk);
	for (size_t i = 0; i < count; i++)
		command_unreserve(call, a->txn, &z->stored, &gone[i]);
}

/* What the seed brought is there now: what else the zone is to hold is judged beside it. */
static enum call_code apply_look_beside(struct apply *a, struct apply_zone *z)
{
	uint64_t conflicts = a->conflicts;
	a->first_conflict = NULL;
	z->is_here = true;
	apply_records_look(a, z);
	apply_zone_look_soa(a, z);
	return a->conflicts == conflicts ? CALL_OK
					 : call_fail(a->call, CALL_FAILED, "%s", a->first_conflict);
}

static enum call_code apply_write_stored(struct apply *a, struct apply_zone *z)
{
	char was[ZONE_APPLIED_MAX];
	memcpy(was, z->stored.applied_by, sizeof was);
	command_settings_write(a->call, a->txn, &z->stored, &z->wanted);
	if (strcmp(was, a->name) != 0) {
		apply_set_file(a, &z->stored);
		apply_write_field(a, &z->stored, "apply-file", was, a->name);
	}
	if (z->takes_seed)
		apply_fill_zone(a, z);
	return CALL_OK;
}

static enum call_code apply_write_zone(struct apply *a, struct apply_zone *z)
{
	bool is_filled = z->takes_seed;
	enum call_code code = z->is_here ? apply_write_stored(a, z) : apply_make_zone(a, z);
	if (!code && z->rules_differ)
		command_rules_write(a->call, a->txn, &z->stored, z->rules_text, z->rules_before,
				    z->rules.count);
	if (!code && is_filled)
		code = apply_look_beside(a, z);
	if (!code)
		code = apply_records_write(a, z, &z->stored);
	if (!code)
		apply_write_reserve(a, z);
	return code ? code : apply_write_notes(a, z);
}

static enum call_code apply_write_zones(struct apply *a)
{
	enum call_code code = CALL_OK;
	for (size_t i = 0; i < a->zone_count && !code; i++) {
		struct apply_zone *z = &a->zones[i];
		if (!z->differs)
			continue;
		if (!z->is_absent) {
			code = apply_write_zone(a, z);
		} else {
			z->deletion = (struct zone_deletion){.apex = z->apex};
			zone_del_in(a->call, a->txn, &z->stored, &z->deletion);
		}
	}
	return code;
}

/* --- the run */

static void apply_begin_run(struct apply *a)
{
	struct call *call = a->call;
	struct state_edit rows = state_edit_of(a->txn, &call->arena);
	struct entry entry = command_entry(call, ENTRY_RUN, a->txn, NULL);
	struct run run = run_new(a->txn, RUN_OTHER, RUN_DONE, &entry);
	snprintf(run.note, sizeof run.note, "apply %s, SHA-256 %s", a->name, a->digest);
	run_put(&rows, &run);
	entry.run = a->run = call->run = run.id;
	entry.event = EVENT_RUN_START;
	entry.reason = run.note;
	entry.rows = state_edit_changes(&rows, &entry.row_count);
	journal_append(a->txn, &entry, &call->arena);
}

static enum call_code apply_write_all(struct apply *a)
{
	enum call_code code = CALL_OK;
	apply_begin_run(a);
	apply_write_server(a);
	for (size_t i = 0; i < a->key_count && !code; i++)
		code = apply_write_key(a, &a->keys[i]);
	for (size_t i = 0; i < a->group_count && !code; i++)
		apply_write_group(a, &a->groups[i]);
	if (!code)
		code = apply_write_zones(a);
	return code ? code : apply_write_absent(a);
}

/* What is not known before some of it is written is found in the transaction, which is then thrown
 * away: what others wrote in it is written again without this. */
static enum call_code apply_give_up(struct apply *a, enum call_code code)
{
	memcpy(a->failure, a->call->error, sizeof a->failure);
	a->failure_code = code;
	if (!a->txn->error)
		store_fail(a->txn, STORE_BROKEN);
	return code;
}

static enum call_code apply_in_writer(struct call *call, struct store_txn *txn, void *context)
{
	struct apply *a = context;
	call->run = 0;
	call->acting = APPLY_OWNER;
	a->failure[0] = '\0';
	a->is_silent = true;
	apply_look(a, txn);
	enum call_code code = apply_verdict(a);
	if (!code)
		code = apply_since(a, txn, a->checked);
	if (!code && apply_has_work(a)) {
		store_spare_reserve(txn); /* it may add any amount */
		code = apply_write_all(a);
		if (code)
			code = apply_give_up(a, code);
	}
	call->run = 0;
	call->acting = NULL;
	return code;
}

/* Zones of many records are filled in parts first (admin/import.h), and found by the transaction as
 * they are then. */
static enum call_code apply_make_large(struct apply *a)
{
	enum call_code code = CALL_OK;
	a->call->acting = APPLY_OWNER;
	for (size_t i = 0; i < a->zone_count && !code; i++) {
		struct apply_zone *z = &a->zones[i];
		struct load_result loaded;
		struct covered_result covered = {0};
		if (!z->is_new || !z->load || !import_is_long(a->call, z->load, NULL))
			continue;
		struct zone zone = apply_zone_made(a, z);
		code = import_add(a->call, z->load, &(struct import_new){.settings = &zone},
				  &loaded, &covered);
		/* What else is in the transaction finds it. */
		load_free(z->load);
		z->load = NULL;
		z->load_is_ready = false;
		a->made_large++;
	}
	a->call->acting = NULL;
	return code;
}

enum call_code apply_do(struct apply *a)
{
	struct call *call = a->call;
	enum call_code code = apply_make_large(a);
	if (!code && a->made_large)
		a->checked = journal_head(call->snapshot.txn).seq;
	if (!code)
		code = command_write(call, apply_in_writer, a);
	if (code && a->failure[0])
		code = call_fail(call, a->failure_code, "nothing was changed: %s", a->failure);
	for (size_t i = 0; i < a->zone_count && !code; i++)
		if (a->zones[i].is_absent && a->zones[i].deletion.run)
			code = zone_del_rest(call, &a->zones[i].deletion);
	return code;
}
