/* SPDX-License-Identifier: BSD-2-Clause */
/* What the store knows around a refusal, for its remedy. */
#include "admin/known_owner.h"
#include "admin/meant.h"
#include "admin/scope.h"
#include "admin/why_prove.h"
#include "nameserver/asker.h"
#include "nameserver/update_rate.h"
#include "zonedb/lookup.h"
#include "zonedb/owned_names.h"
#include "zonedb/principal.h"
#include <string.h>

#define ALIKE_MIN 3 /* letters that two names of one kind begin with */

/* A host signs as itself: its name lies in a zone of ours, as far as the call sees them. A server
 * signs for others. */
static bool why_is_server(struct call *call, const char *principal)
{
	struct who who;
	struct dns_name own;
	if (!principal || who_parse(&who, principal) || !who_is_authenticated(&who))
		return false;
	if (who.kind == WHO_GSS &&
	    (strchr(principal, '$') || strncmp(principal, "gss:host/", strlen("gss:host/")) == 0))
		return false;
	if (who.kind == WHO_GSS || !who_own_name(&who, &own))
		return true;
	const struct zone *zone = zoneset_find(call->snapshot.zones, &own);
	return !zone || !scope_holds(call, &zone->apex);
}

/* Whether two servers are named as two of one kind: key:kea1 and key:kea2, gss:DHCP/a@R and
 * gss:DHCP/b@R. To anybody else it must not be suggested to share. */
static bool why_is_alike(const char *a, const char *b)
{
	size_t prefix = strcspn(a, ":") + 1, len = 0;
	if (strncmp(a, b, prefix) != 0)
		return false;
	a += prefix;
	b += prefix;
	while (a[len] && a[len] == b[len])
		len++;
	bool ends_word = len > 0 && strchr("-_./", a[len - 1]);
	return len >= ALIKE_MIN &&
	       (ends_word || (strcspn(a + len, "@") <= 2 && strcspn(b + len, "@") <= 2));
}

/* The same of a group: of one of its members. */
static bool why_is_alike_any(struct call *call, const char *owner, const char *who)
{
	const struct acl_group *group = groups_find(call->snapshot.groups, owner);
	bool is_alike = false;
	for (size_t i = 0; group && !is_alike && i < group->count; i++)
		is_alike = strchr(group->members[i], ':') && why_is_alike(group->members[i], who);
	return is_alike;
}

static const char *why_group_of(struct call *call, const char *principal)
{
	const struct acl_group *acting =
		principal ? groups_acting(call->snapshot.groups, principal) : NULL;
	return acting && known_owner(call, acting->name) ? acting->name : NULL;
}

/* "@kea" of key:kea1 and key:kea2, unless there is one of that name. */
static const char *why_new_group(struct call *call, const char *a, const char *b)
{
	char name[GROUP_NAME_MAX];
	size_t len = 0;
	a += strcspn(a, ":") + 1;
	b += strcspn(b, ":") + 1;
	while (a[len] && a[len] == b[len] && len < 30)
		len++;
	while (len > 0 && !(a[len - 1] >= 'a' && a[len - 1] <= 'z'))
		len--;
	const char *text = len >= 2 ? arena_print(&call->arena, "@%.*s", (int)len, a) : "@updaters";
	if (group_name_parse(name, text, strlen(text)))
		text = "@updaters";
	for (unsigned i = 2; groups_find(call->snapshot.groups, text) && known_owner(call, text);
	     i++)
		text = arena_print(&call->arena, "@updaters%u", i);
	return text;
}

static void why_complete_pair(struct call *call, struct refusal_advice *r)
{
	bool is_group = r->owner && r->owner[0] == '@';
	r->who_group = why_group_of(call, r->who);
	r->owner_group = r->owner && !is_group ? why_group_of(call, r->owner) : NULL;
	r->is_pair = r->owner && why_is_server(call, r->who) &&
		     (is_group ? why_is_alike_any(call, r->owner, r->who)
			       : why_is_server(call, r->owner) && why_is_alike(r->owner, r->who)) &&
		     (!r->who_group || strcmp(r->who_group, r->owner) != 0);
	if (r->is_pair && !is_group)
		r->new_group = why_new_group(call, r->owner, r->who);
}

static void why_complete_key(struct call *call, struct refusal_advice *r)
{
	struct dns_name name;
	/* Which keys there are is the server's. */
	if (scope_is_listed(call) || !r->key || dns_name_parse_text(&name, r->key))
		return;
	const struct keyring_entry *key = keyring_find(call->snapshot.keys, &name);
	r->key_is = !key               ? REFUSAL_KEY_MISSING
		    : key->is_disabled ? REFUSAL_KEY_DISABLED
				       : REFUSAL_KEY_HERE;
}

static unsigned why_twice(unsigned value)
{
	return value > UINT32_MAX / 4 ? UINT32_MAX / 2 : 2 * value;
}

static void why_complete_limit(struct call *call, const struct zone *zone, struct refusal_advice *r)
{
	struct who who;
	struct update_owner ids;
	enum refusal_code code = refusal_code_parse(r->code);
	if (code == REFUSAL_POLICY_MANY_RECORDS) {
		r->limit = why_twice(zone->max_records);
	} else if (code == REFUSAL_POLICY_MANY_TYPES) {
		r->limit = why_twice(zone->max_types);
	} else if (code == REFUSAL_POLICY_MANY_BYTES) {
		r->limit = why_twice(zone->max_name_bytes);
	} else if (code == REFUSAL_TOO_FAST) {
		r->limit = why_twice(zone->max_rate);
	} else if (code == REFUSAL_POLICY_MANY_NAMES && r->who && !who_parse(&who, r->who)) {
		struct policy_asker asker =
			asker_of(call->core, &call->snapshot, &who, NULL, false);
		update_ids(&call->snapshot, &asker, &ids, &call->arena);
		struct names_owner owner = names_owner_of(ids.has_acting ? ids.acting : ids.self);
		unsigned owned = update_owned_names(call->snapshot.txn, zone, &ids, &owner).names;
		unsigned twice = why_twice(zone->max_names);
		r->limit_is_of_hosts = zone->max_names_of_hosts;
		r->limit = owned + 1 > twice ? owned + 1 : twice;
	}
}

/* The zone that holds the name, or is spelled nearly as the one that was named. */
static void why_complete_zone(struct call *call, struct refusal_advice *r)
{
	struct dns_name name;
	char shown[DNS_NAME_TEXT_MAX];
	enum refusal_code code = refusal_code_parse(r->code);
	if (code != REFUSAL_WRONG_ZONE && code != REFUSAL_NOT_ZONE)
		return;
	const struct zone *zone = NULL;
	if (r->name && !dns_name_parse_text(&name, r->name))
		zone = zoneset_find(call->snapshot.zones, &name);
	if (zone && scope_holds(call, &zone->apex))
		r->near_zone = arena_print(&call->arena, "%s", dns_name_show(&zone->apex, shown));
	else if (code == REFUSAL_WRONG_ZONE && r->zone)
		r->near_zone = command_nearest_zone(call, r->zone);
}

/* Who has the name, if somebody in particular does. */
static const char *why_holder(struct call *call, const struct zone *zone,
			      const struct dns_name *name)
{
	struct node node;
	struct node_record record;
	if (dns_name_equal(name, &zone->apex) ||
	    !lookup_node(call->snapshot.txn, zone, name, &node))
		return NULL;
	struct node_walk walk = node_walk_of(&node);
	while (node_walk_next(&walk, &record))
		if (record.owner != PRINCIPAL_ANONYMOUS)
			return principal_text(call->snapshot.txn, record.owner, &call->arena);
	return NULL;
}

/* Who did not sign meets whoever has the name, and the rules, as soon as it signs. */
static void why_complete_unsigned(struct call *call, const struct zone *zone,
				  struct refusal_advice *r)
{
	struct dns_name name;
	uint16_t type;
	if (refusal_code_parse(r->code) != REFUSAL_POLICY_UNSIGNED || !r->name ||
	    zone->update != ZONE_UPDATE_SECURE || dns_name_parse_text(&name, r->name) ||
	    !dns_name_under(&name, &zone->apex))
		return;
	r->holder = why_holder(call, zone, &name);
	r->has_name_key =
		!scope_is_listed(call) && keyring_find(call->snapshot.keys, &name) != NULL;
	if (!r->type || !dns_type_parse(r->type, strlen(r->type), &type))
		type = DNS_TYPE_A;
	const char **then = arena_alloc(&call->arena, REFUSAL_COMMANDS_MAX * sizeof *then);
	r->then_count = why_prove_key(call, zone, &name, type, then, REFUSAL_COMMANDS_MAX - 1);
	r->then = then;
}

void why_complete(struct call *call, const struct zone *zone, struct refusal_advice *r)
{
	why_complete_pair(call, r);
	why_complete_key(call, r);
	why_complete_zone(call, r);
	if (!zone)
		return;
	why_complete_limit(call, zone, r);
	why_complete_unsigned(call, zone, r);
}

const char *why_waits(struct call *call, const struct zone *zone, const struct who *who)
{
	struct core *core = call->core;
	struct update_rate_of of = {zone->id, who->text, zone->max_rate};
	if (!zone->max_rate || !who_is_authenticated(who) ||
	    update_rate_wait(core->update_rates, &of, clock_now_us(&core->clock)) == 0)
		return NULL;
	return "its updates come faster than max-rate allows: they wait a while, and are dropped "
	       "without an answer when too many do";
}

void why_warn_unseen(struct call *call, const struct who *who)
{
	if (!call->snapshot.view || !call->snapshot.view->is_short)
		return;
	command_warn(call, 0,
		     arena_print(&call->arena,
				 "whether an address here is of the host of %s is known in the "
				 "host's zone, which you do not see: it is taken to be none",
				 who->text));
}

void why_put_remedy(struct call *call, json_t *row, const struct refusal_advice *r)
{
	const char *commands[REFUSAL_COMMANDS_MAX];
	const char *text = refusal_advice_text(r, &call->row_arena);
	size_t count = refusal_advice_commands(r, &call->row_arena, commands);
	if (text)
		json_object_set_new(row, "remedy", command_string(text));
	json_t *list = json_array();
	for (size_t i = 0; i < count; i++)
		json_array_append_new(list, command_string(commands[i]));
	if (count)
		json_object_set(row, "commands", list);
	json_decref(list);
}

/* An unknown key is no error, since names are asked about before their keys are made. */
enum call_code why_take_asker(struct call *call, struct who *who, struct addr *source)
{
	struct dns_name key;
	const char *as = command_text(call, "as"), *from = command_text(call, "from");
	const char *problem = as ? who_parse(who, as) : "who would ask is needed";
	if (problem && as && as[0] != '@' && !strchr(as, ':'))
		return meant_principal_fail(call, "as", as);
	if (problem)
		return call_fail(call, CALL_USAGE,
				 "as: '%.200s' is not a principal (key:NAME, gss:NAME@REALM, "
				 "anonymous): %s",
				 as ? as : "", problem);
	problem = from ? addr_parse(from, 0, source) : NULL;
	if (problem)
		return call_fail(call, CALL_USAGE, "from: '%.60s' is not an address: %s", from,
				 problem);
	if (scope_is_listed(call) || who->kind != WHO_KEY ||
	    dns_name_parse_text(&key, who->text + strlen("key:")))
		return CALL_OK;
	const struct keyring_entry *entry = keyring_find(call->snapshot.keys, &key);
	if (!entry || entry->is_disabled)
		command_warn(
			call, 0,
			arena_print(&call->arena,
				    entry ? "as: the key '%s' is disabled: its requests would "
					    "be answered NOTAUTH (BADKEY)"
					  : "as: there is no key '%s' here: its requests would "
					    "be answered NOTAUTH (BADKEY)",
				    who->text + strlen("key:")));
	return CALL_OK;
}
