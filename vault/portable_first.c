/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Lines of the portable format's version 1, which tenure 0.1.0 wrote, that version 2 has not: each
 * becomes what it would be in a migrated store (vault/migrate_row.h).
 *
 *      number, row    as in version 2; words of the server, runs, deleted zones in schema 1's form
 *      zone           zone, id, settings (each a text), kept (base64: its row)
 *      rules          zone, text
 *      group          name, acting, members
 *      reserved       zone, name, owner
 *      key            name, algorithm, secret, disabled, created, previous, previous_until, used,
 *                     used_from
 */
#include "acl/group.h"
#include "vault/portable_first.h"
#include "vault/migrate_row.h"
#include "vault/portable.h"
#include "vault/portable_parts.h"
#include "zonedb/reservation.h"
#include "zonedb/zone_setting.h"
#include <stdio.h>
#include <string.h>

static struct migrate_row first_row(struct reading *r, enum store_table table, struct bytes key,
				    struct bytes value)
{
	return (struct migrate_row){.txn = &r->batch.txn,
				    .arena = &r->arena,
				    .server = &r->server,
				    .store_key = r->store_key,
				    .table = table,
				    .key = key,
				    .value = value};
}

/* A refusal is a sentence about the line. */
static bool first_end(struct reading *r, bool is_taken, const struct migrate_row *row)
{
	return is_taken || !row->why || reading_fail(r, "%s", row->why);
}

static bool first_take(struct reading *r, enum store_table table, struct bytes key,
		       struct bytes value)
{
	struct migrate_row row = first_row(r, table, key, value);
	return !r->store || first_end(r, migrate_row(&row), &row);
}

bool portable_first_number(struct reading *r, const json_t *line)
{
	uint64_t value;
	uint8_t bytes[8];
	struct bytes_out out = bytes_out_of(bytes, sizeof bytes);
	const char *word = reading_text(r, line, "word", PORTABLE_WORD_MAX);
	if (!word || !reading_number(r, line, "value", INT64_MAX, &value))
		return false;
	if (!*word)
		return reading_fail(r, "'word' is empty");
	bytes_out_u64(&out, value);
	return first_take(r, STORE_META, bytes_of(word, strlen(word)),
			  bytes_of(bytes, sizeof bytes));
}

bool portable_first_row(struct reading *r, const json_t *line)
{
	static const enum store_table tables[] = {STORE_META, STORE_ZONES, STORE_RUNS,
						  STORE_TOMBSTONES, STORE_CHECKPOINTS};
	struct bytes key, value;
	const char *name = reading_text(r, line, "table", PORTABLE_WORD_MAX);
	if (!name || !reading_bytes(r, line, "key", CODEC_BASE64, &key) ||
	    !reading_bytes(r, line, "value", CODEC_BASE64, &value))
		return false;
	size_t i = 0, count = sizeof tables / sizeof tables[0];
	while (i < count && strcmp(store_table_name(tables[i]), name) != 0)
		i++;
	if (i == count)
		return reading_fail(r, "'%.60s' is not a table whose rows a backup may hold", name);
	if (key.len == 0 || key.len > STORE_ROW_KEY_MAX)
		return reading_fail(r, "a key has 1 to %d bytes", STORE_ROW_KEY_MAX);
	if (tables[i] == STORE_ZONES && key.data[0] != 'd')
		return reading_fail(r, "this row is not one that a backup may hold");
	if (tables[i] == STORE_META && bytes_equal(key, bytes_of("log-base", 8)) &&
	    !reading_base(r, JOURNAL_CHANGES, value))
		return false;
	return first_take(r, tables[i], key, value);
}

static bool first_settings(struct reading *r, const json_t *line, struct zone *zone)
{
	const char *name;
	json_t *value, *settings = json_object_get(line, "settings");
	if (!json_is_object(settings))
		return reading_fail(r, "'settings' is not an object");
	json_object_foreach(settings, name, value)
	{
		if (!json_is_string(value))
			return reading_fail(r, "setting '%.60s' is not a text", name);
		const char *problem =
			zone_setting_parse(zone, name, json_string_value(value), &r->arena);
		if (problem)
			return reading_fail(r, "%.300s", problem);
	}
	return true;
}

/* Of `settings` and `kept` the settings hold: they may have been edited. */
bool portable_first_zone(struct reading *r, const json_t *line)
{
	struct dns_name apex;
	struct bytes kept;
	uint64_t id;
	struct migrate_row row = first_row(r, STORE_ZONES, bytes_of(NULL, 0), bytes_of(NULL, 0));
	if (!reading_name(r, line, "zone", &apex) ||
	    !reading_number(r, line, "id", UINT32_MAX - 1, &id) ||
	    !reading_bytes(r, line, "kept", CODEC_BASE64, &kept))
		return false;
	struct zone zone = zone_default(&apex);
	if (!migrate_zone_unpack(&row, kept, &zone))
		return reading_fail(r, "'kept': %s", row.why);
	if (zone.id != id)
		return reading_fail(r, "'kept' is not what was kept of a zone with this id");
	return first_settings(r, line, &zone) && reading_add_zone(r, &zone) &&
	       (!r->store || first_end(r, migrate_zone_settle(&row, &zone), &row));
}

bool portable_first_rules(struct reading *r, const json_t *line)
{
	const struct zone *zone = reading_zone(r, line);
	const char *text = zone ? reading_text(r, line, "text", PORTABLE_LINE_MAX) : NULL;
	struct migrate_row row = first_row(r, STORE_RULES, bytes_of(NULL, 0), bytes_of(NULL, 0));
	struct state_edit rows = state_edit_of(&r->batch.txn, &r->arena);
	if (!text || !r->store)
		return text != NULL;
	zone_put_rules(&rows, zone, bytes_of(text, strlen(text)));
	return first_end(r, migrate_settle(&row, &rows), &row);
}

bool portable_first_group(struct reading *r, const json_t *line)
{
	struct acl_group group = {.is_acting = json_is_true(json_object_get(line, "acting"))};
	const char *name = reading_text(r, line, "name", GROUP_NAME_MAX);
	const json_t *members = json_object_get(line, "members");
	const char *problem = name ? group_name_parse(group.name, name, strlen(name)) : NULL;
	struct migrate_row row = first_row(r, STORE_GROUPS, bytes_of(NULL, 0), bytes_of(NULL, 0));
	struct state_edit rows = state_edit_of(&r->batch.txn, &r->arena);
	if (!name || problem)
		return name && reading_fail(r, "'%s': %s", name, problem);
	group.count = json_array_size(members);
	if (!json_is_array(members) || group.count > GROUP_MEMBERS_MAX)
		return reading_fail(r, "'members' is not a list of at most %d", GROUP_MEMBERS_MAX);
	group.members = arena_alloc(&r->arena, (group.count + 1) * sizeof *group.members);
	for (size_t i = 0; i < group.count; i++) {
		const json_t *member = json_array_get(members, i);
		size_t len = json_string_length(member);
		if (len == 0 || len >= ENTRY_PRINCIPAL_MAX ||
		    strlen(json_string_value(member)) != len)
			return reading_fail(r, "member %zu is not a principal", i + 1);
		group.members[i] = json_string_value(member);
	}
	if (!r->store)
		return true;
	group_put(&rows, &group);
	return first_end(r, migrate_settle(&row, &rows), &row);
}

bool portable_first_reserved(struct reading *r, const json_t *line)
{
	struct dns_name name;
	const struct zone *zone = reading_zone(r, line);
	struct migrate_row row = first_row(r, STORE_RESERVED, bytes_of(NULL, 0), bytes_of(NULL, 0));
	struct state_edit rows = state_edit_of(&r->batch.txn, &r->arena);
	if (!zone || !reading_name(r, line, "name", &name))
		return false;
	const char *owner = reading_text(r, line, "owner", ENTRY_PRINCIPAL_MAX - 1);
	if (!owner || !dns_name_under(&name, &zone->apex))
		return owner && reading_fail(r, "the name is outside of its zone");
	if (!r->store)
		return true;
	reservation_put(&rows, zone, &name, owner);
	return first_end(r, migrate_settle(&row, &rows), &row);
}

static bool first_secret(struct reading *r, const json_t *line, const char *name,
			 uint8_t out[KEYRING_SECRET_MAX], uint16_t *len)
{
	struct bytes secret;
	if (!reading_bytes(r, line, name, CODEC_BASE64, &secret))
		return false;
	if (secret.len > KEYRING_SECRET_MAX)
		return reading_fail(r, "'%s' is too long", name);
	memcpy(out, secret.data, secret.len);
	*len = (uint16_t)secret.len;
	return true;
}

static bool first_key_parts(struct reading *r, const json_t *line, struct keyring_key *key,
			    struct migrate_key_use *use)
{
	const char *algorithm = reading_text(r, line, "algorithm", PORTABLE_WORD_MAX);
	const char *from = algorithm ? reading_text(r, line, "used_from", ADDR_TEXT_MAX - 1) : NULL;
	const struct hmac_info *info =
		algorithm ? hmac_by_text(algorithm, strlen(algorithm)) : NULL;
	if (!from || !reading_name(r, line, "name", &key->name) ||
	    !reading_number(r, line, "created", INT64_MAX, &key->created) ||
	    !reading_number(r, line, "previous_until", INT64_MAX, &key->previous_until) ||
	    !reading_number(r, line, "used", INT64_MAX, &use->at) ||
	    !first_secret(r, line, "secret", key->secret, &key->secret_len) ||
	    !first_secret(r, line, "previous", key->previous, &key->previous_len))
		return false;
	if (!info || !key->secret_len)
		return reading_fail(r, "not a key: its algorithm or secret makes no sense");
	key->algorithm = info->algorithm;
	use->from = bytes_of(from, strlen(from));
	return true;
}

bool portable_first_key(struct reading *r, const json_t *line)
{
	struct keyring_key key = {.is_disabled = json_is_true(json_object_get(line, "disabled"))};
	struct migrate_key_use use;
	struct dns_name root = dns_name_root();
	uint8_t name[DNS_NAME_KEY_MAX];
	bool is_well = first_key_parts(r, line, &key, &use);
	if (is_well && r->store) {
		struct bytes at = bytes_of(name, dns_name_key(name, &key.name, &root));
		struct migrate_row row = first_row(r, STORE_KEYS, at, bytes_of(NULL, 0));
		is_well = first_end(r, migrate_key_settle(&row, &key, &use), &row);
	}
	keyring_key_wipe(&key);
	return is_well;
}

void portable_first_finish(struct reading *r)
{
	migrate_server_settle(&r->batch.txn, &r->server, &r->arena);
}
