/* SPDX-License-Identifier: BSD-2-Clause */
/* zone add, del, list, show, set. What moves zone files is in zonedata.c. */
#include "admin/at.h"
#include "admin/command_parts.h"
#include "admin/covered_parts.h"
#include "admin/draft.h"
#include "admin/import.h"
#include "admin/idle_owner.h"
#include "admin/name_server.h"
#include "admin/preset_ad.h"
#include "admin/ptr.h"
#include "admin/scope.h"
#include "admin/setting_json.h"
#include "admin/zone_reverse.h"
#include "admin/zone_del.h"
#include "base/addr.h"
#include "base/nearest.h"
#include "dns/rdata.h"
#include "journal/journal.h"
#include "nameserver/report.h"
#include "zonedb/due.h"
#include "zonedb/lookup.h"
#include "zonedb/notify_list.h"
#include "zonedb/walk.h"
#include <assert.h>
#include <stdio.h>
#include <unistd.h>

/* The SOA of a zone that is made without a file: what an internal zone of changing hosts wants. */
#define SOA_REFRESH 900
#define SOA_RETRY   300
#define SOA_EXPIRE  1209600
#define SOA_MINIMUM 300
#define RDATA_MAX   (2 * DNS_NAME_MAX + 20)

static enum call_code unknown_setting(struct call *call, const char *name)
{
	struct nearest nearest = nearest_to(name);
	const char *known = NULL;
	for (const struct zone_setting *s = zone_settings(); s->name; s++) {
		nearest_try(&nearest, s->name);
		known = known ? arena_print(&call->arena, "%s, %s", known, s->name) : s->name;
	}
	const char *meant = nearest_found(&nearest);
	if (meant)
		return call_fail(call, CALL_USAGE, "unknown setting '%.60s': did you mean '%s'?",
				 name, meant);
	return call_fail(call, CALL_USAGE, "unknown setting '%.60s': it is one of %s", name, known);
}

static bool is_setting(const char *name)
{
	for (const struct zone_setting *s = zone_settings(); s->name; s++)
		if (strcmp(s->name, name) == 0)
			return true;
	return false;
}

/* The keys that sign notifies must be here. */
static enum call_code check_notify(struct call *call, const struct zone *zone)
{
	struct notify_list list;
	char shown[DNS_NAME_TEXT_MAX];
	const char *text = zone->notify[0] ? zone->notify : "none";
	const char *problem = notify_list_parse(&list, text, &call->arena);
	for (size_t i = 0; !problem && i < list.count; i++)
		if (list.peer[i].has_key && !keyring_find(call->snapshot.keys, &list.peer[i].key))
			return call_fail(call, CALL_NOT_FOUND, "notify: no key '%s' here",
					 dns_name_show(&list.peer[i].key, shown));
	return CALL_OK;
}

enum call_code command_settings_take(struct call *call, json_t *settings, struct zone *zone)
{
	const char *name;
	json_t *value;
	json_object_foreach(settings, name, value)
	{
		if (!is_setting(name))
			return unknown_setting(call, name);
		const char *problem =
			zone_setting_parse(zone, name, json_string_value(value), &call->arena);
		if (problem)
			return call_fail(call, CALL_USAGE, "%s", problem);
	}
	return CALL_OK;
}

enum call_code command_settings(struct call *call, struct zone *zone)
{
	json_t *settings = json_object_get(call->args, "settings");
	enum call_code code = command_settings_take(call, settings, zone);
	if (!code && (json_object_get(settings, "ptr") || json_object_get(settings, "ptr-from")))
		code = command_ptr_check(call, zone);
	return !code && json_object_get(settings, "notify") ? check_notify(call, zone) : code;
}

/* What is set otherwise than by default, as `update=secure aging=on`: so that the log knows the
 * zone's settings from its first entry to its last. NULL: nothing is. */
const char *command_zone_settings(struct call *call, const struct zone *zone)
{
	const char *text = NULL;
	struct zone other = zone_default(&zone->apex);
	for (const struct zone_setting *s = zone_settings(); s->name; s++) {
		const char *is = zone_setting_print(zone, s->name, &call->arena);
		if (strcmp(is, zone_setting_print(&other, s->name, &call->arena)) == 0)
			continue;
		text = arena_print(&call->arena, "%s%s%s=%s", text ? text : "", text ? " " : "",
				   s->name, is);
	}
	return text;
}

/* What `zone add` is about to make. */
struct plan_add {
	struct zone zone;
	struct load *load;
	struct load_result loaded;
	struct covered_result covered;
};

static enum call_code reverse_apex(struct call *call, struct dns_name *apex)
{
	const char *text = command_text(call, "reverse");
	struct prefix prefix;
	const char *problem =
		strchr(text, '/') ? prefix_parse(text, &prefix) : "it is written ADDRESS/BITS";
	if (problem)
		return call_fail(call, CALL_USAGE, "reverse: '%s' is not a prefix: %s", text,
				 problem);
	if (prefix.bits == 0)
		return call_fail(call, CALL_USAGE, "reverse: '%s' is the whole address space",
				 text);
	*apex = dns_name_of_prefix(prefix.bytes, prefix.family_len, prefix.bits);
	return CALL_OK;
}

/* "10.1.0.0/16" is a name, too, and nobody means that. */
static enum call_code zone_refuse_prefix(struct call *call, const char *text)
{
	struct prefix prefix;
	if (!text || prefix_parse(text, &prefix))
		return CALL_OK;
	return call_fail(call, CALL_USAGE,
			 "'%s' is %s, not a zone's name: `zone add --reverse %s%s` makes the "
			 "reverse zone",
			 text, strchr(text, '/') ? "a prefix" : "an address", text,
			 strchr(text, '/') ? "" : "/BITS");
}

static enum call_code wanted_apex(struct call *call, struct dns_name *apex)
{
	bool is_reverse = command_text(call, "reverse") != NULL;
	if (is_reverse == (command_text(call, "zone") != NULL))
		return call_fail(call, CALL_USAGE,
				 "a zone's name or --reverse PREFIX is needed, "
				 "not both");
	if (is_reverse)
		return reverse_apex(call, apex);
	enum call_code code = zone_refuse_prefix(call, command_text(call, "zone"));
	if (!code)
		code = command_name_of(call, "zone", apex);
	if (!code)
		code = command_check_asked(call, command_text(call, "zone"), apex);
	if (!code && apex->labels == 0)
		return call_fail(call, CALL_USAGE, "the root zone cannot be served here");
	return code;
}

/* The name server of a zone for which none was named: this machine if it knows its full name, for
 * a reverse zone that of our first other zone, else ns1 in the zone itself. */
struct dns_name command_server_default(struct call *call, const struct dns_name *apex)
{
	char host[DNS_NAME_TEXT_MAX];
	struct dns_name name;
	struct dns_soa soa;
	struct bytes rdata;
	uint32_t ttl;
	if (gethostname(host, sizeof(host)) == 0 && strchr(host, '.') &&
	    !dns_name_parse_text(&name, host))
		return name;
	bool is_reverse = dns_name_is_reverse(apex);
	if (is_reverse && zoneset_count(call->snapshot.zones) > 0 &&
	    zone_soa(call->snapshot.txn, zoneset_at(call->snapshot.zones, 0), &rdata, &ttl) &&
	    dns_soa_unpack(rdata, &soa))
		return soa.mname;
	const char *problem = dns_name_parse(&name, "ns1", 3, apex);
	return problem ? *apex : name;
}

struct dns_soa command_soa_default(void)
{
	return (struct dns_soa){.serial = 1,
				.refresh = SOA_REFRESH,
				.retry = SOA_RETRY,
				.expire = SOA_EXPIRE,
				.minimum = SOA_MINIMUM};
}

struct bytes command_soa_data(struct call *call, const struct dns_soa *soa)
{
	uint8_t *buffer = arena_alloc(&call->arena, RDATA_MAX);
	struct bytes_out out = bytes_out_of(buffer, RDATA_MAX);
	bytes_out_put(&out, soa->mname.wire, soa->mname.len);
	bytes_out_put(&out, soa->rname.wire, soa->rname.len);
	bytes_out_u32(&out, soa->serial);
	bytes_out_u32(&out, soa->refresh);
	bytes_out_u32(&out, soa->retry);
	bytes_out_u32(&out, soa->expire);
	bytes_out_u32(&out, soa->minimum);
	return bytes_of(buffer, bytes_out_len(&out));
}

static const char *add_soa(struct call *call, struct load *load, const struct dns_name *apex,
			   const struct dns_name *server, const struct dns_name *mbox)
{
	struct dns_soa soa = command_soa_default();
	soa.mname = *server;
	soa.rname = *mbox;
	return load_add(load, apex, DNS_TYPE_SOA, COMMAND_SOA_TTL, command_soa_data(call, &soa), 0);
}

static bool zone_has_address(struct store_txn *txn, const struct zone *zone,
			     const struct dns_name *name)
{
	struct node node;
	struct node_rrset rrset;
	return lookup_node(txn, zone, name, &node) &&
	       (node_find(&node, DNS_TYPE_A, &rrset) || node_find(&node, DNS_TYPE_AAAA, &rrset));
}

/* A name server in a zone of ours, or in the new one, should have an address there. */
static void look_for_address(struct call *call, const struct dns_name *apex,
			     const struct dns_name *server)
{
	char text[2 * DNS_NAME_TEXT_MAX + 128], shown[DNS_NAME_TEXT_MAX];
	const struct zone *zone = zoneset_find(call->snapshot.zones, server);
	bool is_ours = zone || dns_name_under(server, apex);
	if (!is_ours || (zone && zone_has_address(call->snapshot.txn, zone, server)))
		return;
	snprintf(text, sizeof(text), "name server %s has no address yet: add its A or AAAA record",
		 dns_name_show(server, shown));
	command_warn(call, 0, text);
}

/* The name servers of argument `ns`, or the default. */
static enum call_code servers_of(struct call *call, const struct dns_name *first,
				 struct dns_name **servers, size_t *count)
{
	const json_t *given = json_object_get(call->args, "ns");
	*count = json_array_size(given);
	*servers = arena_alloc(&call->arena, (*count + 1) * sizeof(**servers));
	for (size_t i = 0; i < *count; i++) {
		const char *text = json_string_value(json_array_get(given, i));
		const char *problem = dns_name_parse_text(&(*servers)[i], text);
		if (problem)
			return call_fail(call, CALL_USAGE, "ns: '%s' is not a name: %s", text,
					 problem);
	}
	if (*count == 0)
		(*servers)[(*count)++] = command_server_default(call, first);
	return CALL_OK;
}

enum call_code command_zone_compose(struct call *call, const struct dns_name *apex,
				    const struct dns_name *first, struct load *load)
{
	struct dns_name *servers, mbox;
	size_t count;
	enum call_code code = servers_of(call, first, &servers, &count);
	const char *problem = dns_name_parse(&mbox, "hostmaster", 10, apex);
	if (!code)
		code = command_name_of(call, "mbox", &mbox);
	if (code)
		return code;
	if (!problem)
		problem = add_soa(call, load, apex, &servers[0], &mbox);
	for (size_t i = 0; i < count && !problem; i++) {
		struct bytes rdata = bytes_of(servers[i].wire, servers[i].len);
		problem = load_add(load, apex, DNS_TYPE_NS, COMMAND_SOA_TTL, rdata, 0);
		if (apex == first)
			look_for_address(call, apex, &servers[i]);
	}
	unsigned mark;
	/* It is whole by making; its warnings were given above, in words that name the server. */
	if (!problem)
		problem = load_check(load, &mark, NULL, NULL);
	return problem ? call_fail(call, CALL_FAILED, "%s", problem) : CALL_OK;
}

enum call_code command_zone_make(struct call *call, struct store_txn *txn,
				 const struct command_zone_made *made)
{
	char shown[DNS_NAME_TEXT_MAX];
	struct zone zone = *made->settings;
	enum call_code code = import_check_free(call, txn, &zone.apex);
	if (!code)
		code = command_covered_ask(call, txn, &zone.apex);
	if (code)
		return code;
	zone.created_at = command_time(call, txn);
	struct state_edit rows = state_edit_of(txn, &call->arena);
	zone_create(&rows, &zone);
	command_log(call, txn, &zone,
		    &(struct command_event){ENTRY_ADMIN, EVENT_ZONE_CREATE,
					    dns_name_show(&zone.apex, shown),
					    command_zone_settings(call, &zone), &rows});
	command_load_apply(call, txn, made->load, &zone, made->loaded);
	struct entry as = {.run = call->run};
	command_covered_move(call, txn, &zone, &as, made->covered);
	made->loaded->serial_after = zone_serial(txn, &zone);
	return CALL_OK;
}

static enum call_code zone_add_work(struct call *call, struct store_txn *txn, void *context)
{
	struct plan_add *plan = context;
	return command_zone_make(call, txn,
				 &(struct command_zone_made){&plan->zone, plan->load, &plan->loaded,
							     &plan->covered});
}

enum call_code command_zone_begin(struct call *call, struct zone *zone)
{
	struct scavenge_settings settings;
	scavenge_settings_read(call->snapshot.txn, &settings);
	scavenge_settings_new_zone(&settings, zone);
	struct zone fresh = *zone;
	enum call_code code = command_settings(call, zone);
	if (!code)
		code = preset_ad_check(call, fresh.policy, zone);
	fresh.update = ZONE_UPDATE_NONE;
	fresh.is_aging = false;
	zone_arm(&fresh, zone, clock_now(&call->core->clock), 0);
	return code;
}

static enum call_code prepare_add(struct call *call, struct plan_add *plan)
{
	bool has_file = command_flag(call, "has-records");
	enum call_code code = command_zone_begin(call, &plan->zone);
	if (!code && has_file && (command_text(call, "mbox") || json_object_get(call->args, "ns")))
		code = call_fail(call, CALL_USAGE,
				 "the file says who serves the zone: leave out "
				 "--ns and --mbox");
	if (code)
		return code;
	if (!has_file)
		return command_zone_compose(call, &plan->zone.apex, &plan->zone.apex, plan->load);
	code = command_load_receive(call, plan->load);
	return code ? code : command_load_check(call, plan->load);
}

/* Name servers of the zone, and of the delegation above. */
static void zone_keep_servers(struct call *call, const struct dns_name *apex)
{
	snapshot_rest(&call->snapshot);
	if (!snapshot_renew(&call->snapshot))
		return;
	const struct zone *above = zoneset_find_above(call->snapshot.zones, apex);
	if (above)
		command_keep_servers(call, above, apex);
	const struct zone *zone = zoneset_exact(call->snapshot.zones, apex);
	if (zone)
		command_keep_servers(call, zone, apex);
}

static enum call_code zone_add_plan(struct call *call, const struct plan_add *plan)
{
	char shown[DNS_NAME_TEXT_MAX];
	const struct dns_name *apex = &plan->zone.apex;
	dns_name_show(apex, shown);
	if (zoneset_exact(call->snapshot.zones, apex))
		return call_fail(call, CALL_FAILED, "zone %s is here already", shown);
	uint64_t moved = command_covered_plan(call, apex);
	command_result(call, "zone", command_name(apex));
	command_result(call, "records", json_integer((json_int_t)load_count(plan->load)));
	command_result(call, "moved", json_integer((json_int_t)moved));
	command_say(
		call, "zone %s: would be added, with %s%s, updates %s; nothing was changed", shown,
		command_count(call, load_count(plan->load), "record"),
		moved ? arena_print(&call->arena, ", %llu moved into it", (unsigned long long)moved)
		      : "",
		zone_setting_print(&plan->zone, "update", &call->arena));
	return command_read_ended(call);
}

static void zone_add_tell(struct call *call, const struct plan_add *plan)
{
	char shown[DNS_NAME_TEXT_MAX];
	const struct dns_name *apex = &plan->zone.apex;
	uint64_t moved = plan->covered.moved;
	command_result(call, "zone", command_name(apex));
	command_result(call, "records", json_integer((json_int_t)load_count(plan->load)));
	command_result(call, "serial", json_integer(plan->loaded.serial_after));
	command_say(
		call, "zone %s: added, %s%s, serial %u, updates %s", dns_name_show(apex, shown),
		command_count(call, load_count(plan->load), "record"),
		moved ? arena_print(&call->arena, ", %llu moved into it", (unsigned long long)moved)
		      : "",
		plan->loaded.serial_after, zone_setting_print(&plan->zone, "update", &call->arena));
	command_covered_tell(call, &plan->covered);
	zone_keep_servers(call, apex);
}

static enum call_code zone_add_do(struct call *call, struct plan_add *plan)
{
	const struct dns_name *apex = &plan->zone.apex;
	struct import_new new = {.settings = &plan->zone};
	enum call_code code = command_covered_ask(call, call->snapshot.txn, apex);
	if (!code)
		code = import_is_long(call, plan->load, NULL) || covered_parts_are_long(call, apex)
			       ? import_add(call, plan->load, &new, &plan->loaded, &plan->covered)
			       : command_write(call, zone_add_work, plan);
	if (!code)
		zone_add_tell(call, plan);
	if (!code && load_count(plan->load))
		command_covered_warn(call, apex);
	return code;
}

static enum call_code admin_zone_add(struct call *call)
{
	struct dns_name apex = dns_name_root();
	const char *reverse = command_text(call, "reverse");
	if (reverse && !command_text(call, "zone") && zone_reverse_is_several(reverse))
		return zone_reverse_add(call);
	enum call_code code = wanted_apex(call, &apex);
	if (code)
		return code;
	struct plan_add plan = {.zone = zone_default(&apex), .load = load_open(&apex)};
	code = prepare_add(call, &plan);
	/* It rested while the records came. */
	if (!code && !snapshot_renew(&call->snapshot))
		code = command_read_ended(call);
	if (!code)
		code = command_flag(call, "plan") ? zone_add_plan(call, &plan)
						  : zone_add_do(call, &plan);
	if (!code)
		preset_ad_advise(call, &plan.zone);
	load_free(plan.load);
	return code;
}

static void put_setting(struct call *call, json_t *row, const struct zone *zone, const char *name)
{
	setting_json_put(call, row, name, zone_setting_print(zone, name, &call->row_arena));
}

/* How many of the drafts are of the zone, if any is. */
static void zone_put_drafts(json_t *row, const struct zone *zone, const uint32_t *ids, size_t count)
{
	json_int_t drafts = 0;
	for (size_t i = 0; i < count; i++)
		drafts += ids[i] == zone->id;
	if (drafts)
		json_object_set_new(row, "drafts", json_integer(drafts));
}

static enum call_code admin_zone_list(struct call *call)
{
	bool is_there = true;
	uint32_t drafts[DRAFTS_MAX];
	size_t draft_count = draft_zones(call, drafts);
	for (size_t i = 0; is_there && i < zoneset_count(call->snapshot.zones); i++) {
		const struct zone *zone = zoneset_at(call->snapshot.zones, i);
		if (!scope_holds(call, &zone->apex))
			continue;
		json_t *row = json_object();
		json_object_set_new(row, "zone", command_name(&zone->apex));
		put_setting(call, row, zone, "update");
		put_setting(call, row, zone, "policy");
		put_setting(call, row, zone, "aging");
		json_object_set_new(row, "frozen", json_boolean(zone->is_frozen));
		json_object_set_new(row, "serial",
				    json_integer(zone_serial(call->snapshot.txn, zone)));
		zone_put_drafts(row, zone, drafts, draft_count);
		is_there = command_row(call, row);
	}
	return command_read_ended(call);
}

/* Argument `zone`, as it is or as it was. */
static enum call_code zone_shown(struct call *call, struct zone *zone,
				 struct command_zone_count *counts)
{
	struct command_at at;
	enum call_code code = command_at_of(call, &at);
	if (!code)
		code = at.is_given ? command_zone_then(call, &at, zone)
				   : command_zone_of(call, zone);
	if (!code && at.is_given)
		code = command_settings_then(call, &at, zone);
	if (code)
		return code;
	if (at.is_given)
		command_zone_count_then(call, &at, zone, counts);
	else
		*counts = zone_del_count(call->snapshot.txn, zone);
	return CALL_OK;
}

static enum call_code admin_zone_show(struct call *call)
{
	struct zone zone;
	struct command_zone_count counts;
	enum call_code code = zone_shown(call, &zone, &counts);
	if (code)
		return code;
	json_t *row = json_object();
	/* How the zone may be changed comes first: it is what people look for. */
	put_setting(call, row, &zone, "update");
	for (const struct zone_setting *s = zone_settings(); s->name; s++)
		put_setting(call, row, &zone, s->name);
	json_object_set_new(row, "zone", command_name(&zone.apex));
	json_object_set_new(row, "serial", json_integer(counts.serial));
	json_object_set_new(row, "names", json_integer((json_int_t)counts.names));
	json_object_set_new(row, "records", json_integer((json_int_t)counts.records));
	json_object_set_new(row, "created_at", command_seconds(zone.created_at));
	json_object_set_new(row, "available_at", command_seconds(zone.available_at));
	json_object_set_new(row, "frozen", json_boolean(zone.is_frozen));
	code = command_read_ended(call);
	command_row(call, row);
	return code;
}

/* A zone whose rows of the mode `report` go. */
struct zone_forget {
	uint32_t id;
	bool is_done;
};

/* An entry for each setting that changes: `zone` moves to `wanted` by one of them. The first entry
 * also holds when the zone becomes available for scavenging. */
static bool zone_set_one(struct call *call, struct store_txn *txn, struct zone *zone,
			 const struct zone *wanted, const char *name)
{
	const char *was = zone_setting_print(zone, name, &call->arena);
	const char *is = zone_setting_print(wanted, name, &call->arena);
	struct state_edit rows = state_edit_of(txn, &call->arena);
	if (strcmp(was, is) == 0)
		return false;
	const char *problem = zone_setting_parse(zone, name, is, &call->arena);
	assert(!problem);
	zone_put(&rows, zone);
	command_log(call, txn, zone,
		    &(struct command_event){
			    ENTRY_SETTING, EVENT_ZONE_SETTING, name,
			    arena_print(&call->arena, "%s: %s -> %s", name, was, is), &rows});
	return true;
}

size_t command_settings_write(struct call *call, struct store_txn *txn, struct zone *zone,
			      const struct zone *wanted)
{
	struct zone new = *wanted;
	size_t changed = 0;
	zone_arm(zone, &new, command_time(call, txn), due_longest_refresh(txn, &new));
	zone->available_at = new.available_at;
	for (const struct zone_setting *s = zone_settings(); s->name; s++)
		changed += zone_set_one(call, txn, zone, &new, s->name);
	return changed;
}

static enum call_code zone_set_work(struct call *call, struct store_txn *txn, void *context)
{
	size_t *changed = context;
	struct zone old, new;
	*changed = 0;
	enum call_code code = command_zone_in(call, txn, &old);
	new = old;
	if (!code)
		code = command_settings(call, &new);
	if (!code)
		*changed = command_settings_write(call, txn, &old, &new);
	return code;
}

static enum call_code zone_forget_part(struct call *call, struct store_txn *txn, void *context)
{
	struct zone_forget *forget = context;
	struct writer_part time = writer_part_begin(call->core->part_steps);
	forget->is_done = report_tidy(txn, forget->id, &time);
	return CALL_OK;
}

/* What is known of the clients of zones that do not report any more, or are gone. If the store
 * fails it stays until a mode is set again. */
static void zone_forget_reports(struct call *call)
{
	struct zone_forget forget = {0};
	struct zone zone;
	enum call_code code = CALL_OK;
	while (!code && (forget.id = report_zone_after(call->snapshot.txn, forget.id)) != 0) {
		forget.is_done = zone_get_by_id(call->snapshot.txn, forget.id, &zone) &&
				 zone.update == ZONE_UPDATE_REPORT;
		while (!code && !forget.is_done)
			code = command_write(call, zone_forget_part, &forget);
	}
}

/* Windows that were set, or that begin to count. */
static void advise_set(struct call *call)
{
	static const char *const about[] = {"aging", "no-refresh", "refresh"};
	const json_t *settings = json_object_get(call->args, "settings");
	struct zone zone;
	bool is_about = false;
	for (size_t i = 0; i < sizeof(about) / sizeof(about[0]); i++)
		is_about |= json_object_get(settings, about[i]) != NULL;
	if (is_about && !command_zone_of(call, &zone))
		command_advise_windows(call, &zone);
	if (json_object_get(settings, "policy") && !command_zone_of(call, &zone))
		preset_ad_advise(call, &zone);
}

/* What would be lost by the change is asked for. */
static enum call_code ask_zone_set(struct call *call, const struct zone *zone)
{
	struct zone wanted = *zone;
	enum call_code code = command_settings(call, &wanted);
	if (!code && !zone->is_aging && wanted.is_aging)
		code = idle_owners_ask(call, &wanted);
	return code;
}

/* A preset may need what is not here. */
static enum call_code check_preset(struct call *call, const struct zone *zone)
{
	struct zone wanted = *zone;
	enum call_code code = command_settings(call, &wanted);
	return code ? code : preset_ad_check(call, zone->policy, &wanted);
}

static enum call_code admin_zone_set(struct call *call)
{
	size_t changed = 0;
	struct zone zone;
	enum call_code code = command_zone_of(call, &zone);
	if (!code && json_object_size(json_object_get(call->args, "settings")) == 0)
		code = call_fail(call, CALL_USAGE, "nothing to set: SETTING=VALUE is needed");
	if (!code && command_flag(call, "clients") && !command_flag(call, "plan"))
		code = call_fail(call, CALL_USAGE, "--clients only lists: --plan is needed");
	if (!code)
		code = check_preset(call, &zone);
	if (!code && command_flag(call, "plan"))
		return command_zone_plan(call);
	if (!code)
		code = ask_zone_set(call, &zone);
	if (!code)
		code = command_write(call, zone_set_work, &changed);
	if (code)
		return code;
	if (json_object_get(json_object_get(call->args, "settings"), "update"))
		zone_forget_reports(call);
	/* Aging may have been switched on, and the scavenger may sleep. */
	if (call->core->schedule)
		schedule_wake(call->core->schedule);
	advise_set(call);
	command_result(call, "changed", json_integer((json_int_t)changed));
	if (changed)
		command_say(call, "%zu setting%s changed", changed, changed == 1 ? "" : "s");
	else
		command_say(call, "nothing changed");
	return CALL_OK;
}

const struct command command_zone_table[] = {
	{"zone add", admin_zone_add,
	 "zone=s? reverse=s? ns=a? mbox=s? settings=o? owner=s? has-records=b? yes=b? "
	 "move-names=b? plan=b?"},
	{"zone list", admin_zone_list, "words=b?"},
	{"zone show", admin_zone_show, "zone=s at=s? words=b?"},
	{"zone set", admin_zone_set, "zone=s settings=o plan=b? yes=b? clients=b? words=b?"},
	{0},
};
