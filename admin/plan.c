/* SPDX-License-Identifier: BSD-2-Clause */
/* zone set update=secure --plan: what anonymous requests left, and who could claim it. */
#include "acl/pattern.h"
#include "admin/idle_owner.h"
#include "nameserver/asker.h"
#include "nameserver/renewal_advice.h"
#include "nameserver/update_parts.h"
#include "zonedb/principal.h"
#include "zonedb/walk.h"

#define CLAIMANTS_MAX 32 /* shown in a row */

/* Who renews what `anonymous` left: so many are told apart. */
#define RENEWERS_MAX 16

/* A zone as it would be. */
struct outlook {
	struct call *call;
	struct zone zone;
	struct update_sight sight;
	size_t steps; /* of the sight; nobody asks */
	struct policy_name at;
	json_t *claimants;             /* texts */
	bool is_claimable;             /* by somebody who can prove who it is here */
	uint64_t records, names, lost; /* `lost`: nobody here could claim them */
	size_t renewers_count;
	struct {
		uint32_t by;
		uint64_t records, shared; /* `shared`: others renew them, too */
	} renewers[RENEWERS_MAX];
	bool is_there; /* the peer */
};

/* Whether such a client can prove who it is: its key is here, or there is a keytab for Kerberos. A
 * pattern stands for keys that are. */
static bool is_claimant_here(const struct outlook *o, const char *text)
{
	struct dns_name key;
	if (strncmp(text, "gss:", 4) == 0)
		return o->call->core->gss_thread != NULL;
	return !pattern_is_single(text) ||
	       (strncmp(text, "key:", 4) == 0 && !dns_name_parse_text(&key, text + 4) &&
		keyring_find(o->call->snapshot.keys, &key));
}

static void add_claimant(struct outlook *o, const char *text)
{
	o->is_claimable |= is_claimant_here(o, text);
	json_t *known;
	size_t i;
	json_array_foreach(o->claimants, i, known)
	{
		if (strcmp(json_string_value(known), text) == 0)
			return;
	}
	if (json_array_size(o->claimants) < CLAIMANTS_MAX)
		json_array_append_new(o->claimants, command_string(text));
}

/* What the policy would say to this one. */
static bool may_claim(struct outlook *o, const struct who *who, const struct dns_name *name,
		      const struct node *node, const struct command_record *row)
{
	o->sight.asker = asker_of(o->call->core, &o->call->snapshot, who, NULL, false);
	update_ids(&o->call->snapshot, &o->sight.asker, &o->sight.ids, &o->call->row_arena);
	update_see(&o->sight, name, node, &o->at);
	struct policy_record record =
		update_stored(&o->sight, POLICY_SAME, name, row->type, &row->record);
	return policy_judge(&o->sight.policy, &o->sight.asker, &o->at, &record).takes_over;
}

/* The principals that match one text of a rule or a group. */
static void try_pattern(struct outlook *o, const struct rule *rule, const char *text,
			const struct node *node, const struct command_record *row)
{
	struct who who;
	bool is_placed = rule->place == RULE_ZONE ||
			 (rule->place == RULE_AT && dns_name_equal(row->name, &rule->name)) ||
			 (rule->place == RULE_UNDER && dns_name_under(row->name, &rule->name));
	if (pattern_is_single(text) && !who_parse(&who, text)) {
		if (may_claim(o, &who, row->name, node, row))
			add_claimant(o, text);
	} else if (is_placed && (!rule->has_over || rule->over.kind == RULE_ANONYMOUS) &&
		   (rule->types_count == 0 || rule_type_find(rule, row->type))) {
		add_claimant(o, text);
	}
}

static void try_rule(struct outlook *o, const struct rule *rule, const struct node *node,
		     const struct command_record *row)
{
	const struct acl_group *group;
	if (!rule->is_allow || !(rule->rights & RULE_TAKEOVER))
		return;
	if (rule->who.kind != RULE_GROUP) {
		try_pattern(o, rule, rule->who.text, node, row);
		return;
	}
	group = groups_find(o->call->snapshot.groups, rule->who.text);
	for (size_t i = 0; group && i < group->count; i++)
		try_pattern(o, rule, group->members[i], node, row);
}

/* The machine account whose own name it is: PC1$@CORP.EXAMPLE is pc1.corp.example. */
static void try_machine(struct outlook *o, const char *shown, const struct node *node,
			const struct command_record *row)
{
	struct who who;
	int host_len = (int)strcspn(shown, ".");
	if (!shown[host_len] || strchr(shown, '\\'))
		return;
	char *text = arena_print(&o->call->row_arena, "gss:%.*s$@%s", host_len, shown,
				 shown + host_len + 1);
	for (char *c = text + strlen("gss:"); *c; c++)
		*c = (char)(*c >= 'a' && *c <= 'z' ? *c - 'a' + 'A' : *c);
	if (!who_parse(&who, text) && may_claim(o, &who, row->name, node, row))
		add_claimant(o, text);
}

/* The principals whose own name it is: a key of that name stands for all of them. */
static void try_self(struct outlook *o, const struct node *node, const struct command_record *row)
{
	char name[DNS_NAME_TEXT_MAX];
	struct who who;
	if (!who_of_key(&who, row->name) || !may_claim(o, &who, row->name, node, row))
		return;
	dns_name_show(row->name, name);
	add_claimant(o, arena_print(&o->call->row_arena, "key:%s", name));
	add_claimant(o, arena_print(&o->call->row_arena, "gss:host/%s@REALM", name));
	try_machine(o, name, node, row);
}

static void add_renewer(struct outlook *o, const struct node_hint *hint)
{
	size_t i = 0;
	while (i < o->renewers_count && o->renewers[i].by != hint->by)
		i++;
	if (i == RENEWERS_MAX)
		return;
	o->renewers[i].by = hint->by;
	o->renewers[i].records++;
	o->renewers[i].shared += hint->has_others;
	o->renewers_count += i == o->renewers_count;
}

static const char *outlook_shared(struct call *call, uint64_t shared)
{
	return shared ? arena_print(&call->arena, ", %llu of them by others too",
				    (unsigned long long)shared)
		      : "";
}

/* The records would be theirs who renew them, with a transfer. */
static void warn_of_renewers(struct outlook *o)
{
	char apex[DNS_NAME_TEXT_MAX];
	struct call *call = o->call;
	dns_name_show(&o->zone.apex, apex);
	for (size_t i = 0; i < o->renewers_count; i++) {
		const char *by =
			principal_text(call->snapshot.txn, o->renewers[i].by, &call->arena);
		command_warn(call, 0,
			     arena_print(&call->arena,
					 "%llu record%s of anonymous %s renewed by %s%s: %s",
					 (unsigned long long)o->renewers[i].records,
					 o->renewers[i].records == 1 ? "" : "s",
					 o->renewers[i].records == 1 ? "is" : "are", by,
					 outlook_shared(call, o->renewers[i].shared),
					 renewal_advice_text(&call->arena, call->snapshot.groups,
							     apex, NULL, by)));
	}
}

static void show_record(struct outlook *o, const struct node *node,
			const struct command_record *row)
{
	o->claimants = json_array();
	o->is_claimable = false;
	try_self(o, node, row);
	const struct rules *rules = o->sight.policy.rules;
	for (size_t i = 0; rules && i < rules->count; i++)
		try_rule(o, &rules->rule[i], node, row);
	json_t *shown = command_record(o->call, row);
	json_object_set_new(shown, "claimable_by", o->claimants);
	if (node->hint.at && node->hint.by != PRINCIPAL_ANONYMOUS) {
		json_object_set_new(shown, "renewed_by",
				    command_string(command_contested_by(o->call, &node->hint)));
		json_object_set_new(shown, "renewed_at", command_seconds(node->hint.at));
		add_renewer(o, &node->hint);
	}
	json_object_set_new(shown, "claimant_here", json_boolean(o->is_claimable));
	o->lost += !o->is_claimable;
	o->records++;
	o->is_there = command_row(o->call, shown);
}

static void show_name(struct outlook *o, const struct dns_name *name, const struct node *node)
{
	struct node_walk walk = node_walk_of(node);
	struct command_record row = {.zone = &o->zone, .name = name, .node = node};
	uint64_t before = o->records;
	while (o->is_there && command_record_next(&walk, &row))
		if (row.record.owner == PRINCIPAL_ANONYMOUS &&
		    !principal_is_nobody(row.record.owner, row.record.class))
			show_record(o, node, &row);
	o->names += o->records > before;
}

/* What the command itself would refuse. */
static void plan_warn_refused(struct call *call, const struct zone *was, const struct zone *is)
{
	bool is_asked = !was->is_aging && is->is_aging && !command_flag(call, "yes");
	const char *problem = is_asked ? idle_owners_problem(call, is) : NULL;
	if (!problem)
		return;
	command_warn(call, 0, arena_print(&call->arena, "this would be refused: %s", problem));
	command_ask(call, problem);
}

enum call_code command_zone_plan(struct call *call)
{
	char apex[DNS_NAME_TEXT_MAX];
	struct dns_name name;
	struct node node;
	struct walk walk;
	struct outlook o = {.call = call, .is_there = true};
	struct zone was;
	bool lists_clients = command_flag(call, "clients");
	enum call_code code = command_zone_of(call, &was);
	o.zone = was;
	if (!code)
		code = command_settings(call, &o.zone);
	if (code)
		return code;
	plan_warn_refused(call, &was, &o.zone);
	if (o.zone.update != ZONE_UPDATE_SECURE ||
	    !json_object_get(json_object_get(call->args, "settings"), "update"))
		return command_plan_settings(call, &was, &o.zone);
	/* Clients alone, or the records that would be nobody's. */
	if (lists_clients) {
		command_say(call, "zone %s: %s; nothing was changed",
			    dns_name_show(&was.apex, apex), command_plan_report(call, &was, true));
		return command_read_ended(call);
	}
	update_sight_open(&o.sight, &call->snapshot, &o.zone, &call->row_arena);
	/* Many are asked for, and the arena is emptied. */
	o.sight.hosts = NULL;
	o.sight.steps = &o.steps;
	walk_from(&walk, call->snapshot.txn, &o.zone, &o.zone.apex);
	while (o.is_there && walk_next(&walk, &name, &node))
		show_name(&o, &name, &node);
	walk_end(&walk);
	warn_of_renewers(&o);
	command_result(call, "records", json_integer((json_int_t)o.records));
	command_result(call, "names", json_integer((json_int_t)o.names));
	command_result(call, "unclaimable", json_integer((json_int_t)o.lost));
	command_say(call,
		    "zone %s: %llu anonymous record%s at %llu name%s, %llu that nobody with a key "
		    "or ticket for this server could claim; "
		    "%s; nothing was changed",
		    dns_name_show(&o.zone.apex, apex), (unsigned long long)o.records,
		    o.records == 1 ? "" : "s", (unsigned long long)o.names, o.names == 1 ? "" : "s",
		    (unsigned long long)o.lost, command_plan_report(call, &was, false));
	return command_read_ended(call);
}
