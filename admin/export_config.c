/* SPDX-License-Identifier: BSD-2-Clause */
/* export-config: what a site's file would say of this server, tenure-site(5), as rows. */
#include "admin/command_parts.h"
#include "base/timeword.h"
#include "journal/bin.h"
#include "zonedb/note.h"
#include "zonedb/reservation.h"
#include "zonedb/walk.h"
#include <string.h>

struct export_config {
	struct call *call;
	bool is_static, is_there;
	uint64_t zones, records;
};

static void export_config_row(struct export_config *e, json_t *row)
{
	e->is_there = e->is_there && command_row(e->call, row);
}

static json_t *export_config_of(const char *object, const struct zone *zone)
{
	json_t *row = json_object();
	json_object_set_new(row, "object", json_string(object));
	if (zone)
		json_object_set_new(row, "zone", command_name(&zone->apex));
	return row;
}

/* --- the server */

static void export_config_setting(struct export_config *e, const char *group, const char *name,
				  const char *value)
{
	json_t *row = export_config_of("setting", NULL);
	json_object_set_new(row, "section", json_string(group));
	json_object_set_new(row, "name", json_string(name));
	json_object_set_new(row, "typed", command_string(value));
	export_config_row(e, row);
}

/* Of period and schedule that which is; of neither that there is none. */
static void export_config_scavenge(struct export_config *e, bool is_defaults)
{
	struct scavenge_settings settings;
	char text[SCAVENGE_SETTINGS_TEXT_MAX];
	scavenge_settings_read(e->call->snapshot.txn, &settings);
	for (unsigned i = 0; i < SCAVENGE_SETTING_END; i++) {
		enum scavenge_setting setting = (enum scavenge_setting)i;
		const char *name = scavenge_setting_name(setting);
		bool is_default = strncmp(name, "default-", 8) == 0;
		if (is_default != is_defaults)
			continue;
		scavenge_settings_print(&settings, setting, text);
		if (setting == SCAVENGE_SETTING_PERIOD && settings.calendar.days)
			continue;
		if (setting == SCAVENGE_SETTING_SCHEDULE && !settings.calendar.days)
			continue;
		export_config_setting(e, is_default ? "defaults" : "scavenge",
				      is_default ? name + 8 : name, text);
	}
}

static void export_config_server(struct export_config *e)
{
	struct store_txn *txn = e->call->snapshot.txn;
	struct retention retention = retention_get(txn);
	char text[TIMEWORD_TEXT_MAX];
	export_config_scavenge(e, false);
	export_config_scavenge(e, true);
	duration_print((uint32_t)bin_keeps(txn), text);
	export_config_setting(e, "bin", "bin", text);
	for (size_t i = 0; command_retention_name(i); i++) {
		const char *name = command_retention_name(i);
		export_config_setting(e, "audit", name,
				      command_retention_text(e->call, &retention, name));
	}
}

/* --- keys and groups */

static bool export_config_key(void *context, const struct keyring_key *key)
{
	struct export_config *e = context;
	json_t *row = export_config_of("key", NULL);
	json_object_set_new(row, "name", command_name(&key->name));
	json_object_set_new(row, "algorithm", json_string(hmac_by_number(key->algorithm)->text));
	json_object_set_new(row, "allow_md5", json_boolean(key->has_md5_leave));
	json_object_set_new(row, "disabled", json_boolean(key->is_disabled));
	export_config_row(e, row);
	return e->is_there;
}

static void export_config_groups(struct export_config *e)
{
	const struct groups *groups = e->call->snapshot.groups;
	char text[WINDOW_TEXT_MAX];
	for (size_t i = 0; e->is_there && i < groups_count(groups); i++) {
		const struct acl_group *group = groups_at(groups, i);
		json_t *row = export_config_of("group", NULL), *list = json_array();
		for (size_t k = 0; k < group->count; k++)
			json_array_append_new(list, command_string(group->members[k]));
		json_object_set_new(row, "name", json_string(group->name + 1));
		json_object_set_new(row, "acting", json_boolean(group->is_acting));
		if (group->window.is_given)
			json_object_set_new(row, "window",
					    json_string(window_print(&group->window, text)));
		json_object_set_new(row, "member_list", list);
		export_config_row(e, row);
	}
}

/* --- a zone */

static void export_config_soa(struct export_config *e, const struct zone *zone, json_t *row)
{
	struct bytes rdata;
	struct dns_soa soa;
	uint32_t ttl;
	if (!zone_soa(e->call->snapshot.txn, zone, &rdata, &ttl) || !dns_soa_unpack(rdata, &soa))
		return;
	json_object_set_new(row, "mname", command_name(&soa.mname));
	json_object_set_new(row, "rname", command_name(&soa.rname));
	json_object_set_new(row, "serial", json_integer(soa.serial));
	json_object_set_new(row, "soa_refresh", json_integer(soa.refresh));
	json_object_set_new(row, "soa_retry", json_integer(soa.retry));
	json_object_set_new(row, "soa_expire", json_integer(soa.expire));
	json_object_set_new(row, "soa_minimum", json_integer(soa.minimum));
	json_object_set_new(row, "ttl", json_integer(ttl));
}

/* Those that a new zone would not have, and what `defaults` would give it. */
static void export_config_settings(struct export_config *e, const struct zone *zone)
{
	struct zone plain = zone_default(&zone->apex);
	static const char *const always[] = {"aging", "no-refresh", "refresh"};
	struct arena *arena = &e->call->arena;
	for (const struct zone_setting *s = zone_settings(); s->name && e->is_there; s++) {
		const char *is = zone_setting_print(zone, s->name, arena);
		bool is_shown = strcmp(is, zone_setting_print(&plain, s->name, arena)) != 0;
		for (size_t i = 0; i < sizeof always / sizeof *always; i++)
			is_shown |= strcmp(s->name, always[i]) == 0;
		if (!is_shown)
			continue;
		json_t *row = export_config_of("zone-setting", zone);
		json_object_set_new(row, "name", json_string(s->name));
		json_object_set_new(row, "typed", json_string(is));
		export_config_row(e, row);
	}
}

static void export_config_kept(struct export_config *e, const struct zone *zone)
{
	struct reservation_walk walk;
	struct dns_name name;
	const char *owner;
	reservation_walk_from(&walk, e->call->snapshot.txn, zone);
	while (e->is_there && reservation_next(&walk, &name, &e->call->row_arena, &owner)) {
		json_t *row = export_config_of("reserve", zone);
		json_object_set_new(row, "name", command_name(&name));
		json_object_set_new(row, "owner", command_string(owner));
		export_config_row(e, row);
	}
	reservation_walk_end(&walk);
}

static void export_config_notes(struct export_config *e, const struct zone *zone)
{
	struct note_walk walk;
	uint16_t type;
	const char *text;
	note_walk_from(&walk, e->call->snapshot.txn, zone);
	while (e->is_there && note_next(&walk, &type, &e->call->row_arena, &text)) {
		json_t *row = export_config_of("note", zone);
		json_object_set_new(row, "name", command_name(&walk.name));
		json_object_set_new(row, "type", type ? command_type(type) : json_null());
		json_object_set_new(row, "note", command_string(text));
		export_config_row(e, row);
	}
	note_walk_end(&walk);
}

/* What a file would manage: static records, whoever owns them. */
static void export_config_records(struct export_config *e, const struct zone *zone)
{
	struct walk walk;
	struct dns_name name;
	struct node node;
	struct node_record record;
	walk_from(&walk, e->call->snapshot.txn, zone, &zone->apex);
	while (e->is_there && walk_next(&walk, &name, &node)) {
		struct node_walk records = node_walk_of(&node);
		while (e->is_there && node_walk_next(&records, &record)) {
			uint16_t type = records.rrset.type;
			if (record.class != RECORD_STATIC || type == DNS_TYPE_SOA)
				continue;
			json_t *row = export_config_of("record", zone);
			json_object_set_new(row, "name", command_name(&name));
			json_object_set_new(row, "ttl", json_integer(records.rrset.ttl));
			json_object_set_new(row, "type", command_type(type));
			json_object_set_new(
				row, "data",
				command_string(command_rdata(e->call, type, record.rdata)));
			e->records++;
			export_config_row(e, row);
		}
	}
	walk_end(&walk);
}

static void export_config_zone(struct export_config *e, const struct zone *zone)
{
	struct call *call = e->call;
	const char *rules = rulebook_get(call->snapshot.txn, zone->id, &call->arena);
	json_t *row = export_config_of("zone", zone);
	e->zones++;
	json_object_set_new(row, "frozen", json_boolean(zone->is_frozen));
	json_object_set_new(row, "text", command_string(rules));
	export_config_soa(e, zone, row);
	export_config_row(e, row);
	export_config_settings(e, zone);
	export_config_kept(e, zone);
	export_config_notes(e, zone);
	if (e->is_static)
		export_config_records(e, zone);
}

/* --- the command */

static enum call_code export_config_named(struct export_config *e, const json_t *names)
{
	struct call *call = e->call;
	size_t i;
	json_t *text;
	json_array_foreach(names, i, text)
	{
		struct dns_name apex;
		const char *problem = dns_name_parse_text(&apex, json_string_value(text));
		const struct zone *zone =
			problem ? NULL : zoneset_exact(call->snapshot.zones, &apex);
		if (problem)
			return call_fail(call, CALL_USAGE, "'%.200s' is not a zone's name: %s",
					 json_string_value(text), problem);
		if (!zone)
			return command_no_such_zone(call, &apex);
	}
	json_array_foreach(names, i, text)
	{
		struct dns_name apex;
		if (!dns_name_parse_text(&apex, json_string_value(text)))
			export_config_zone(e, zoneset_exact(call->snapshot.zones, &apex));
	}
	return CALL_OK;
}

static void export_config_all(struct export_config *e)
{
	const struct zoneset *zones = e->call->snapshot.zones;
	export_config_server(e);
	keyring_walk(e->call->snapshot.txn, export_config_key, e);
	export_config_groups(e);
	for (size_t i = 0; e->is_there && i < zoneset_count(zones); i++)
		if (!zoneset_at(zones, i)->deleting)
			export_config_zone(e, zoneset_at(zones, i));
}

static enum call_code admin_export_config(struct call *call)
{
	struct export_config e = {
		.call = call, .is_static = command_flag(call, "static"), .is_there = true};
	const json_t *names = json_object_get(call->args, "zones");
	enum call_code code = CALL_OK;
	if (names)
		code = export_config_named(&e, names);
	else
		export_config_all(&e);
	if (code)
		return code;
	command_result(call, "zones", json_integer((json_int_t)e.zones));
	command_result(call, "records", json_integer((json_int_t)e.records));
	return command_read_ended(call);
}

const struct command command_export_config_table[] = {
	{"export-config", admin_export_config, "zones=a? static=b?"},
	{0},
};
