/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * record adopt: static records of hosts, as an import leaves them, become the hosts' own: dynamic,
 * stamped now, owned by the principal that the host signs as. What is the zone's own or speaks for
 * others is left, and said.
 */
#include "acl/policy.h"
#include "acl/realm.h"
#include "admin/edit_parts.h"
#include "admin/stamped.h"
#include "admin/name_glob.h"
#include "base/timeword.h"
#include "dns/name_odd.h"
#include "dns/rdata.h"
#include "dns/type.h"
#include "nameserver/asker.h"
#include "zonedb/lookup.h"
#include "zonedb/principal.h"
#include "zonedb/reservation.h"
#include "zonedb/ticket.h"
#include "zonedb/walk.h"
#include <stdio.h>
#include <string.h>

#define ADOPT_MACHINE_MAX 15 /* letters of a computer's name in a domain of Windows */

struct adopt {
	struct call *call;
	struct zone zone;
	bool has_name;
	struct dns_name name;
	struct name_glob glob;
	const char *owner; /* of all; NULL: of each host its own */
	const char *realm;
	bool is_machine;
	struct store_txn *txn; /* of the part */
	uint64_t now;
	uint64_t names, records, left;
	const char *first_left; /* "ns1.corp.example: a name server" */
	struct stamped stamped; /* in the writer's transaction */
};

/* --- whose a record would be */

static const char *adopt_machine(const struct dns_name *host, const char *realm, struct who *who)
{
	char text[WHO_TEXT_MAX], label[ADOPT_MACHINE_MAX + 1];
	size_t len = host->wire[0];
	if (len > ADOPT_MACHINE_MAX)
		return "a computer's name in a domain has 15 letters at most";
	for (size_t i = 0; i < len; i++) {
		char c = (char)host->wire[1 + i];
		label[i] = c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
	}
	label[len] = '\0';
	snprintf(text, sizeof text, "gss:%s$@%s", label, realm);
	return who_parse(who, text);
}

static const char *adopt_host(const struct dns_name *host, const char *realm, struct who *who)
{
	char text[WHO_TEXT_MAX + DNS_NAME_TEXT_MAX], shown[DNS_NAME_TEXT_MAX];
	snprintf(text, sizeof text, "gss:host/%s@%s", dns_name_show(host, shown), realm);
	return strlen(text) < WHO_TEXT_MAX ? who_parse(who, text) : "the name is too long";
}

/* The principal of a host. NULL, or why there is none. */
static const char *adopt_principal(const struct adopt *adopt, const struct dns_name *host,
				   struct who *who)
{
	if (host->labels < 2 || dns_name_odd(host))
		return "it is no host's name";
	const char *problem = adopt->is_machine ? adopt_machine(host, adopt->realm, who)
						: adopt_host(host, adopt->realm, who);
	if (problem)
		return problem;
	struct policy_asker asker =
		asker_of(adopt->call->core, &adopt->call->snapshot, who, NULL, true);
	return policy_is_own_name(&asker, host) ? NULL
						: "hosts of the realm have their names elsewhere "
						  "(realm-suffix)";
}

/* The owner that the record would get, in `text`. NULL, or why it stays as it is. */
static const char *adopt_owner(const struct adopt *adopt, const struct dns_name *name,
			       uint16_t type, struct bytes rdata, char text[WHO_TEXT_MAX])
{
	struct who who;
	struct dns_name host = *name;
	if (adopt->owner) {
		snprintf(text, WHO_TEXT_MAX, "%s", adopt->owner);
		return NULL;
	}
	if (type == DNS_TYPE_PTR && !dns_rdata_name(type, rdata, &host))
		return "its host cannot be read";
	const char *problem = adopt_principal(adopt, &host, &who);
	if (!problem)
		snprintf(text, WHO_TEXT_MAX, "%s", who.text);
	return problem;
}

/* --- what is a host's */

static bool adopt_is_type(uint16_t type, struct bytes rdata)
{
	return type == DNS_TYPE_A || type == DNS_TYPE_AAAA || type == DNS_TYPE_PTR ||
	       type == DNS_TYPE_SSHFP || ticket_is(type, rdata);
}

/* Why all records of a name stay; NULL: they need not. */
static const char *adopt_name_stays(struct store_txn *txn, const struct zone *zone,
				    const struct dns_name *name)
{
	bool is_server = lookup_is_server(txn, zone, name) || lookup_is_glue(txn, zone, name);
	if (dns_name_equal(name, &zone->apex))
		return "the zone's own name";
	switch (policy_name_kind(name, &zone->apex, is_server)) {
	case POLICY_NAME_SERVER:
		return "a name server";
	case POLICY_NAME_RESERVED:
		return "a reserved name";
	case POLICY_NAME_SPEAKS:
		return "it speaks for a host";
	case POLICY_NAME_PLAIN:
		break;
	}
	return NULL;
}

/* Whether somebody else was meant to have it. */
static bool adopt_is_kept(const struct adopt *adopt, struct store_txn *txn,
			  const struct dns_name *name, const struct node_record *record,
			  const char *owner)
{
	struct call *call = adopt->call;
	const char *kept = NULL;
	const char *was = principal_text(txn, record->owner, &call->row_arena);
	bool is_nobodys = strcmp(was, "anonymous") == 0 || strncmp(was, "local:", 6) == 0 ||
			  strncmp(was, "system:", 7) == 0;
	if (!is_nobodys && strcmp(was, owner) != 0)
		return true;
	return reservation_find(txn, &adopt->zone, name, &call->row_arena, &kept) &&
	       strcmp(kept, owner) != 0 && strncmp(kept, "local:", 6) != 0;
}

struct adopt_answer {
	bool is_asked;     /* it is a static record of a host's type */
	const char *stays; /* why it is left; NULL: it goes to `owner` */
	char owner[WHO_TEXT_MAX];
};

static struct adopt_answer adopt_judge(const struct adopt *adopt, struct store_txn *txn,
				       const struct dns_name *name, uint16_t type,
				       const struct node_record *record)
{
	struct adopt_answer answer = {.is_asked = record->class == RECORD_STATIC &&
						  adopt_is_type(type, record->rdata)};
	if (!answer.is_asked)
		return answer;
	answer.stays = adopt_name_stays(txn, &adopt->zone, name);
	if (!answer.stays)
		answer.stays = adopt_owner(adopt, name, type, record->rdata, answer.owner);
	if (!answer.stays && adopt_is_kept(adopt, txn, name, record, answer.owner))
		answer.stays = "it is kept for another";
	return answer;
}

static bool adopt_is_meant(const struct adopt *adopt, const struct dns_name *name)
{
	if (adopt->has_name)
		return dns_name_equal(name, &adopt->name);
	return name_glob_has(&adopt->glob, &adopt->zone, name);
}

/* --- looking, in the call's snapshot */

static void adopt_show(struct adopt *adopt, const struct command_record *row,
		       const struct adopt_answer *answer)
{
	json_t *json = command_record(adopt->call, row);
	bool stays = answer->stays != NULL;
	json_object_set_new(json, "new_class", json_string(stays ? "static" : "dynamic"));
	if (stays) {
		json_object_set_new(json, "why_left", json_string(answer->stays));
	} else {
		json_object_set_new(json, "new_owner", command_string(answer->owner));
		json_object_set_new(json, "new_stamp", command_seconds(adopt->now));
	}
	command_row(adopt->call, json);
}

static void adopt_look_at(struct adopt *adopt, struct command_record *row, bool shows)
{
	struct node_walk walk = node_walk_of(row->node);
	struct call *call = adopt->call;
	char shown[DNS_NAME_TEXT_MAX];
	uint64_t before = adopt->records;
	while (command_record_next(&walk, row)) {
		struct adopt_answer answer =
			adopt_judge(adopt, call->snapshot.txn, row->name, row->type, &row->record);
		if (!answer.is_asked)
			continue;
		if (answer.stays && adopt->left++ == 0)
			adopt->first_left =
				arena_print(&call->arena, "%s: %s", dns_name_show(row->name, shown),
					    answer.stays);
		adopt->records += !answer.stays;
		if (shows)
			adopt_show(adopt, row, &answer);
		arena_reset(&call->row_arena);
	}
	adopt->names += adopt->records > before;
}

static enum call_code adopt_look(struct adopt *adopt, bool shows)
{
	struct call *call = adopt->call;
	struct walk walk;
	struct dns_name name;
	struct node node;
	struct command_record row = {.zone = &adopt->zone, .name = &name, .node = &node};
	adopt->names = adopt->records = adopt->left = 0;
	adopt->now = command_time(call, call->snapshot.txn);
	walk_from_name(&walk, call->snapshot.txn, &adopt->zone,
		       adopt->has_name ? &adopt->name : &adopt->zone.apex);
	while (walk_next(&walk, &name, &node)) {
		if (adopt->has_name && !dns_name_equal(&name, &adopt->name))
			break;
		if (adopt_is_meant(adopt, &name))
			adopt_look_at(adopt, &row, shows);
	}
	walk_end(&walk);
	return command_read_ended(call);
}

/* --- doing it, in the writer's thread */

static bool adopt_wants(void *context, struct store_txn *txn, const struct zone *zone,
			const struct dns_name *name, const struct node *node)
{
	const struct adopt *adopt = context;
	struct node_walk walk = node_walk_of(node);
	struct node_record record;
	bool wants = false;
	(void)zone;
	if (!adopt_is_meant(adopt, name))
		return false;
	while (!wants && node_walk_next(&walk, &record)) {
		struct adopt_answer answer =
			adopt_judge(adopt, txn, name, walk.rrset.type, &record);
		wants = answer.is_asked && !answer.stays;
	}
	arena_reset(&adopt->call->row_arena);
	return wants;
}

/* Each part has its own time, since a stamp is the time of its entry. */
static struct edit_author adopt_author(void *context, struct store_txn *txn)
{
	struct adopt *adopt = context;
	struct edit_author author = command_author(adopt->call, txn);
	adopt->txn = txn;
	adopt->now = author.now;
	stamped_begin(&adopt->stamped, adopt->call, txn, &adopt->zone);
	return author;
}

static uint64_t adopt_change(void *context, struct edit *edit, struct edit_name *at)
{
	struct adopt *adopt = context;
	uint64_t count = 0;
	(void)edit;
	for (struct edit_rrset *set = at->rrsets; set; set = set->next) {
		for (struct edit_record *is = set->records; is; is = is->next) {
			struct node_record record = {
				.owner = is->owner, .class = is->class, .rdata = is->rdata};
			struct adopt_answer answer =
				adopt_judge(adopt, adopt->txn, &at->name, set->type, &record);
			if (!answer.is_asked || answer.stays)
				continue;
			is->owner = principal_intern(adopt->txn, answer.owner);
			is->class = RECORD_DYNAMIC;
			is->stamp = adopt->now;
			is->has_given_stamp = true;
			stamped_give(&adopt->stamped, at, set->type, is);
			count++;
		}
	}
	arena_reset(&adopt->call->row_arena);
	return count;
}

static enum call_code adopt_do(struct adopt *adopt)
{
	struct call *call = adopt->call;
	char shown[DNS_NAME_TEXT_MAX];
	const char *note = arena_print(&call->arena, "adopts hosts of %s",
				       dns_name_show(&adopt->zone.apex, shown));
	struct edit_parts parts = {
		.zone = &adopt->zone,
		.list = adopt->has_name ? &adopt->name : NULL,
		.list_count = adopt->has_name,
		.event = EVENT_RECORD_SET_CLASS,
		.reason = "adopted",
		.note = note,
		.has_run = true,
		.wants = adopt_wants,
		.author = adopt_author,
		.change = adopt_change,
		.context = adopt,
	};
	enum call_code code = edit_parts_run(call, &parts);
	stamped_end(&adopt->stamped);
	adopt->names = parts.names;
	adopt->records = parts.records;
	if (parts.run)
		command_result(call, "run", json_integer((json_int_t)parts.run));
	return code;
}

/* --- the command */

/* The only realm that is trusted; NULL: there is none, or there are several. */
static const char *adopt_only_realm(struct call *call)
{
	json_t *row = json_object();
	command_realms(call, row);
	const json_t *trusted = json_object_get(row, "realms_trusted");
	const char *realm = json_array_size(trusted) == 1
				    ? json_string_value(json_array_get(trusted, 0))
				    : NULL;
	realm = realm ? arena_text(&call->arena, realm, strlen(realm)) : NULL;
	json_decref(row);
	return realm;
}

static enum call_code adopt_realm_of(struct call *call, struct adopt *adopt)
{
	const char *text = command_text(call, "realm");
	const char *fault = text ? realm_fault(text) : NULL;
	if (fault)
		return call_fail(call, CALL_USAGE, "realm: '%.200s' is no realm: %s", text, fault);
	adopt->is_machine = command_flag(call, "machines");
	adopt->realm = text ? text : adopt_only_realm(call);
	if (!adopt->realm)
		return call_fail(call, CALL_USAGE,
				 "whose they would be must be said: the realm of the hosts "
				 "(--realm), or one owner (--owner)");
	if (!asker_trusts(call->core, &call->snapshot, adopt->realm))
		command_warn(call, 0,
			     arena_print(&call->arena,
					 "realm %s is not trusted here (`server set realms`): its "
					 "hosts cannot renew what they get",
					 adopt->realm));
	return CALL_OK;
}

static enum call_code adopt_owner_of(struct call *call, struct adopt *adopt)
{
	if (!command_text(call, "owner"))
		return adopt_realm_of(call, adopt);
	if (command_text(call, "realm") || command_flag(call, "machines"))
		return call_fail(call, CALL_USAGE,
				 "realm and machines are of hosts, and owner is one for all");
	enum call_code code = command_owner_of(call, "owner", &adopt->owner);
	return code ? code : command_heir(call, "owner", adopt->owner);
}

static enum call_code adopt_take(struct call *call, struct adopt *adopt)
{
	const char *name = command_text(call, "name");
	enum call_code code = command_zone_of(call, &adopt->zone);
	adopt->has_name = name != NULL;
	if (!code && name && command_text(call, "match"))
		code = call_fail(call, CALL_USAGE, "a name and match exclude each other");
	if (!code && name)
		code = command_name_in(call, name, &adopt->zone, &adopt->name);
	if (!code)
		code = name_glob_of(call, &adopt->glob);
	return code ? code : adopt_owner_of(call, adopt);
}

static enum call_code adopt_found(struct adopt *adopt)
{
	struct call *call = adopt->call;
	if (adopt->records)
		return CALL_OK;
	if (adopt->left)
		return call_fail(call, CALL_NOTHING, "nothing to adopt: %s left (%s)",
				 adopt->left == 1 ? "one record is"
						  : arena_print(&call->arena, "%llu records are",
								(unsigned long long)adopt->left),
				 adopt->first_left);
	return call_fail(call, CALL_NOT_FOUND,
			 "no static records of hosts (A, AAAA, PTR, SSHFP and what DHCP servers "
			 "mark them by) there");
}

/* When the first of them would go, unless its host renews it. */
static const char *adopt_ages(struct adopt *adopt)
{
	struct call *call = adopt->call;
	char text[TIMEWORD_TEXT_MAX];
	const struct zone *zone = &adopt->zone;
	if (!zone->is_aging)
		return "; the zone's aging is off, so that they stay until it is on";
	time_print(adopt->now + zone->no_refresh + zone->refresh, text);
	return arena_print(&call->arena, "; what its host does not renew is stale after %s", text);
}

static void adopt_tell(struct adopt *adopt, bool is_plan)
{
	struct call *call = adopt->call;
	const char *left = "";
	if (adopt->left)
		left = arena_print(&call->arena, "; %s left as %s (%s%s)",
				   command_count(call, adopt->left, "record"),
				   adopt->left == 1 ? "it is" : "they are", adopt->first_left,
				   adopt->left > 1 ? ", and others" : "");
	command_result(call, "zone", command_name(&adopt->zone.apex));
	command_result(call, "names", json_integer((json_int_t)adopt->names));
	command_result(call, "records", json_integer((json_int_t)adopt->records));
	command_result(call, "left", json_integer((json_int_t)adopt->left));
	command_say(call, "%s at %s %s %s, dynamic and stamped now%s%s%s",
		    command_count(call, adopt->records, "record"),
		    command_count(call, adopt->names, "name"),
		    is_plan               ? "would be"
		    : adopt->records == 1 ? "is"
					  : "are",
		    adopt->owner        ? arena_print(&call->arena, "owned by %s", adopt->owner)
		    : adopt->names == 1 ? "its host's own"
					: "their hosts' own",
		    adopt_ages(adopt), left, is_plan ? "; nothing was changed" : "");
}

static enum call_code adopt_ask(struct adopt *adopt)
{
	struct call *call = adopt->call;
	if (adopt->names < 2)
		return CALL_OK;
	return command_ask(call,
			   arena_print(&call->arena,
				       "%s at %s would be dynamic and age, each until its owner "
				       "renews it",
				       command_count(call, adopt->records, "record"),
				       command_count(call, adopt->names, "name")));
}

static enum call_code admin_record_adopt(struct call *call)
{
	bool is_plan = command_flag(call, "plan");
	struct adopt adopt = {.call = call};
	enum call_code code = adopt_take(call, &adopt);
	if (!code)
		code = adopt_look(&adopt, is_plan);
	if (!code)
		code = adopt_found(&adopt);
	if (!code)
		code = adopt_ask(&adopt);
	if (!code && adopt.zone.update == ZONE_UPDATE_NONE)
		command_warn(call, 0,
			     "the zone takes no updates (update=none): nobody can renew "
			     "what is adopted");
	if (!code && !is_plan)
		code = adopt_do(&adopt);
	if (!code)
		adopt_tell(&adopt, is_plan);
	return code;
}

const struct command command_adopt_table[] = {
	{"record adopt", admin_record_adopt,
	 "zone=s name=s? match=s? owner=s? realm=s? machines=b? plan=b? yes=b?"},
	{0},
};
