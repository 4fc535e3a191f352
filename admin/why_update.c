/* SPDX-License-Identifier: BSD-2-Clause */
/* why --update: what a whole message would meet, and the commands that would let it pass. */
#include "admin/why.h"
#include "admin/scope.h"
#include "base/codec.h"
#include "base/shellword.h"
#include "dns/msg.h"
#include "nameserver/asker.h"
#include "nameserver/renewal_advice.h"
#include "nameserver/update_trial.h"
#include "zonedb/principal.h"
#include <string.h>

#define ROUNDS_MAX   16  /* each supposes more */
#define FOUND_MAX    500 /* that are shown; the rest is counted */
#define FOUND_FIRST  8
#define RULES_NEW    64
#define COMMANDS_MAX 128
#define KEY_TTL      3600
#define GONE_MAX     64 /* names, or RRsets, that are deleted before */

/* A rule that is proposed: of one name. */
struct why_rule {
	struct dns_name name;
	unsigned rights; /* RULE_CLAIM, ... */
	uint16_t types[16];
	size_t types_count;
};

struct whole {
	struct call *call;
	struct who who;
	struct who signer; /* as whom an unsigned message would be signed */
	struct addr source;
	bool is_tcp;
	struct dns_msg msg;
	struct update_rr *change; /* that is judged instead of `msg`; NULL: it is not */
	struct zone zone;
	struct update_trial trial;
	/* What the present round found. */
	struct update_trial_found *found; /* in the arena, with room for so many */
	size_t count, more, room;
	/* What is proposed: what the trial supposes, and its commands. */
	struct why_rule rules[RULES_NEW];
	size_t rules_count;
	const char *commands[COMMANDS_MAX];
	size_t commands_count;
	bool has_new_owner; /* the trial supposes an owner since this round */
	struct update_trial_gone gone[GONE_MAX];
	bool is_open; /* no command of this server does it all */
	enum dns_rcode rcode;
	unsigned refused;
};

static const char *why_update_name(struct whole *w, const struct dns_name *name)
{
	char text[DNS_NAME_TEXT_MAX];
	dns_name_show(name, text);
	return arena_text(&w->call->arena, text, strlen(text));
}

static const char *why_update_type(struct whole *w, uint16_t type)
{
	char text[DNS_TYPE_TEXT_MAX];
	dns_type_print(type, text);
	return arena_text(&w->call->arena, text, strlen(text));
}

static void why_update_take(void *context, const struct update_trial_found *found)
{
	struct whole *w = context;
	if (w->count == FOUND_MAX) {
		w->more++;
		return;
	}
	if (w->count == w->room) {
		size_t room = w->room ? 2 * w->room : FOUND_FIRST;
		struct update_trial_found *more = arena_alloc(&w->call->arena, room * sizeof *more);
		if (w->count)
			memcpy(more, w->found, w->count * sizeof *more);
		w->found = more;
		w->room = room;
	}
	w->found[w->count++] = *found;
}

static void why_update_command(struct whole *w, const char *command)
{
	for (size_t i = 0; i < w->commands_count; i++)
		if (strcmp(w->commands[i], command) == 0)
			return;
	if (w->commands_count < COMMANDS_MAX)
		w->commands[w->commands_count++] = command;
	else
		w->is_open = true;
}

static struct refusal_advice why_update_advice(struct whole *w,
					       const struct update_trial_found *found)
{
	struct call *call = w->call;
	struct refusal_advice r = {
		.code = refusal_word(found->code),
		.zone = why_update_name(w, &w->zone.apex),
		.name = why_update_name(w, &found->name),
		.type = why_update_type(w, found->type),
		.who = w->trial.who->text,
		.owner = found->owner,
		.rule = found->rule,
		.reason = found->because,
		.right = policy_right_word(found->right),
		.key = w->trial.who->kind == WHO_KEY ? w->trial.who->text + strlen("key:") : NULL,
		.is_own = found->is_own,
		.from = command_prefix_text(&w->source, &call->arena),
	};
	/* The limit that is supposed already was not enough. */
	why_complete(call, &w->trial.zone, &r);
	return r;
}

/* --- rows */

static const char *why_update_verdict(const struct update_trial_found *found)
{
	if (found->is_spared)
		return "left in place";
	return found->rcode ? "refused" : "ignored";
}

static void why_update_row(struct whole *w, const struct update_trial_found *found)
{
	struct call *call = w->call;
	json_t *row = json_object();
	struct refusal_advice r = why_update_advice(w, found);
	json_object_set_new(row, "verdict", json_string(why_update_verdict(found)));
	json_object_set_new(row, "section",
			    json_string(found->is_prerequisite ? "prerequisite" : "update"));
	if (found->record)
		json_object_set_new(row, "record", json_integer((json_int_t)found->record));
	json_object_set_new(row, "change", json_string(found->change));
	json_object_set_new(row, "zone", json_string(r.zone));
	json_object_set_new(row, "name", json_string(r.name));
	json_object_set_new(row, "type", json_string(r.type));
	if (found->has_data)
		json_object_set_new(row, "data",
				    command_string(command_rdata(call, found->type, found->rdata)));
	json_object_set_new(row, "principal", command_string(w->who.text));
	json_object_set_new(row, "code", json_string(r.code));
	json_object_set_new(row, "reason", command_string(found->because));
	json_object_set_new(row, "owner", command_string(found->owner));
	json_object_set_new(row, "right",
			    command_string(refusal_advice_right(&r, &call->row_arena)));
	json_object_set_new(row, "rule", command_string(found->rule));
	if (found->line)
		json_object_set_new(row, "rule_line", json_integer(found->line));
	if (found->rcode || found->is_spared)
		why_put_remedy(call, row, &r);
	command_row(call, row);
}

/* Something that is not a matter of one record, or comes before the trial. */
static void why_update_say(struct whole *w, enum refusal_code code, enum dns_rcode rcode,
			   const char *because)
{
	struct update_trial_found found = {
		.change = "message",
		.rcode = rcode,
		.code = code,
		.because = because,
		.name = w->zone.apex,
		.type = DNS_TYPE_SOA,
	};
	const char *commands[REFUSAL_COMMANDS_MAX];
	struct refusal_advice r = why_update_advice(w, &found);
	why_update_row(w, &found);
	size_t count = refusal_advice_commands(&r, &w->call->arena, commands);
	for (size_t i = 0; i < count; i++)
		why_update_command(w, commands[i]);
	w->is_open |= count == 0;
	w->refused++;
	if (w->rcode == DNS_NOERROR)
		w->rcode = rcode;
}

/* --- what is proposed */

static unsigned why_update_rights(const struct update_trial_found *found)
{
	bool adds = strcmp(found->change, "add") == 0;
	if (found->code == REFUSAL_HIDDEN)
		return RULE_QUERY;
	if (found->code == REFUSAL_POLICY_STRUCTURE || found->code == REFUSAL_POLICY_DENIED)
		return adds ? RULE_CLAIM | RULE_JOIN : RULE_WRITE;
	switch (found->right) {
	case POLICY_RIGHT_JOIN:
		return RULE_JOIN;
	case POLICY_RIGHT_WRITE:
	case POLICY_RIGHT_OWNERSHIP:
		return RULE_WRITE;
	case POLICY_RIGHT_TAKEOVER:
		return RULE_TAKEOVER;
	default:
		return adds ? RULE_CLAIM : RULE_WRITE;
	}
}

static struct why_rule *why_update_rule_of(struct whole *w, const struct dns_name *name)
{
	for (size_t i = 0; i < w->rules_count; i++)
		if (dns_name_equal(&w->rules[i].name, name))
			return &w->rules[i];
	if (w->rules_count == RULES_NEW)
		return NULL;
	struct why_rule *rule = &w->rules[w->rules_count++];
	*rule = (struct why_rule){.name = *name};
	return rule;
}

/* What covers the name, in its place. */
static void why_update_cover(struct whole *w, struct update_trial_found *found)
{
	const char *name, *type;
	struct dns_name at;
	uint16_t number;
	if (found->code != REFUSAL_POLICY_CUT ||
	    !refusal_advice_cut(found->because, &w->call->arena, &name, &type) ||
	    dns_name_parse_text(&at, name) || !dns_type_parse(type, strlen(type), &number))
		return;
	found->name = at;
	found->type = number;
	found->change = "change TTL";
}

/* False: it is proposed already, and does not help. */
static bool why_update_add_rule(struct whole *w, struct update_trial_found *found)
{
	why_update_cover(w, found);
	struct why_rule *rule = why_update_rule_of(w, &found->name);
	if (!rule)
		return false;
	unsigned rights = rule->rights | why_update_rights(found);
	size_t i = 0;
	while (i < rule->types_count && rule->types[i] != found->type)
		i++;
	bool is_new = i == rule->types_count;
	bool has_room = rule->types_count < sizeof rule->types / sizeof *rule->types;
	if (is_new && has_room && !dns_type_is_meta(found->type))
		rule->types[rule->types_count++] = found->type;
	else if (!is_new && rights == rule->rights)
		rights |= RULE_CLAIM | RULE_JOIN | RULE_WRITE;
	else
		is_new = false;
	is_new |= rights != rule->rights;
	rule->rights = rights;
	return is_new;
}

static const char *why_update_rule_text(struct whole *w, const struct why_rule *rule)
{
	static const unsigned rights[] = {RULE_CLAIM, RULE_JOIN, RULE_WRITE, RULE_TAKEOVER,
					  RULE_QUERY};
	struct arena *arena = &w->call->arena;
	const char *words = "", *types = "", *from = command_prefix_text(&w->source, arena);
	for (size_t i = 0; i < sizeof rights / sizeof *rights; i++)
		if (rule->rights & rights[i])
			words = arena_print(arena, "%s%s%s", words, *words ? "," : "",
					    rule_right_word(rights[i]));
	for (size_t i = 0; i < rule->types_count; i++)
		types = arena_print(arena, "%s%s%s", types, *types ? "," : " types ",
				    why_update_type(w, rule->types[i]));
	bool is_by_address = from && w->trial.who->kind == WHO_ANONYMOUS;
	return arena_print(arena, "allow %s %s at %s.%s%s%s", w->trial.who->text, words,
			   why_update_name(w, &rule->name), types, is_by_address ? " from " : "",
			   is_by_address ? from : "");
}

/* The proposed rules in front of those that are there. */
static void why_update_suppose_rules(struct whole *w)
{
	struct call *call = w->call;
	struct rule_error error;
	struct rules *rules = arena_alloc(&call->arena, sizeof *rules);
	const char *stored = rulebook_get(call->snapshot.txn, w->zone.id, &call->arena);
	const char *text = "";
	for (size_t i = 0; i < w->rules_count; i++)
		text = arena_print(&call->arena, "%s%s\n", text,
				   why_update_rule_text(w, &w->rules[i]));
	text = arena_print(&call->arena, "%s%s", text, stored ? stored : "");
	if (rules_parse(rules, bytes_of(text, strlen(text)), &w->zone.apex, &call->arena, &error))
		w->trial.rules = rules;
}

/* Refused since somebody else owns what is there, and the owner can give it away. */
static bool why_update_is_owned(const struct whole *w, const struct update_trial_found *found)
{
	bool is_owned = found->code == REFUSAL_POLICY_FOREIGN ||
			found->code == REFUSAL_POLICY_TAKEN ||
			found->code == REFUSAL_POLICY_IS_STATIC;
	return found->rcode && is_owned && found->owner && w->trial.who->kind != WHO_ANONYMOUS;
}

/* The names at which the owner stands in the way of a change; what is ignored needs nothing. */
static void why_update_transfers(struct whole *w, struct refusal_advice *r)
{
	for (size_t i = 0; i < w->count; i++) {
		const struct update_trial_found *found = &w->found[i];
		if (!why_update_is_owned(w, found) || strcmp(found->owner, r->owner) != 0 ||
		    dns_name_equal(&found->name, &w->zone.apex))
			continue;
		r->name = why_update_name(w, &found->name);
		why_update_command(w, refusal_advice_transfer(r, &w->call->arena));
	}
}

static bool why_update_suppose_owner(struct whole *w, const struct update_trial_found *found)
{
	const char *commands[REFUSAL_COMMANDS_MAX];
	struct refusal_advice r = why_update_advice(w, found);
	/* The zone's own name is never given away: a rule gives the right to it. */
	bool is_given = refusal_advice_group(&r, &w->call->arena, commands) > 0 ||
			!dns_name_equal(&found->name, &w->zone.apex);
	if (!why_update_is_owned(w, found) || !is_given)
		return false;
	/* Proposed in this round already; what helps nothing is asked of a rule in the next. */
	if (w->trial.owns)
		return w->has_new_owner && strcmp(w->trial.owns, found->owner) == 0;
	w->trial.owns = found->owner;
	w->has_new_owner = true;
	size_t count = refusal_advice_group(&r, &w->call->arena, commands);
	for (size_t i = 0; i < count; i++)
		why_update_command(w, commands[i]);
	if (!count)
		why_update_transfers(w, &r);
	return true;
}

static bool why_update_suppose_setting(struct whole *w, const struct update_trial_found *found)
{
	struct refusal_advice r = why_update_advice(w, found);
	struct zone *zone = &w->trial.zone;
	if (found->code == REFUSAL_POLICY_MODE_NONE && zone->update == ZONE_UPDATE_NONE)
		zone->update = ZONE_UPDATE_SECURE;
	else if (found->code == REFUSAL_POLICY_MANY_NAMES && r.limit > zone->max_names)
		zone->max_names = r.limit;
	else if (found->code == REFUSAL_POLICY_MANY_RECORDS && r.limit > zone->max_records)
		zone->max_records = r.limit;
	else if (found->code == REFUSAL_POLICY_MANY_TYPES && r.limit > zone->max_types)
		zone->max_types = r.limit;
	else if (found->code == REFUSAL_POLICY_MANY_BYTES && r.limit > zone->max_name_bytes)
		zone->max_name_bytes = r.limit;
	else
		return false;
	return true;
}

/* It signs with the key of the first name, or in a zone that reports comes again: commands alone do
 * not suffice. */
static bool why_update_suppose_signed(struct whole *w, const struct update_trial_found *found)
{
	const char *commands[REFUSAL_COMMANDS_MAX];
	w->is_open = true;
	if (w->zone.update == ZONE_UPDATE_REPORT) {
		bool is_new = !w->trial.was_probed;
		w->trial.was_probed = true;
		return is_new;
	}
	const char *text = arena_print(&w->call->arena, "key:%s", why_update_name(w, &found->name));
	if (w->trial.who != &w->who || who_parse(&w->signer, text))
		return false;
	struct refusal_advice r = why_update_advice(w, found);
	r.then_count = 0; /* of the whole message more is needed */
	size_t count = refusal_advice_commands(&r, &w->call->arena, commands);
	for (size_t i = 0; i < count; i++)
		why_update_command(w, commands[i]);
	w->trial.who = &w->signer;
	return true;
}

/* What a prerequisite wants to be free is deleted before: then nothing else is needed of who had
 * it. What the requester has itself is not: its client renews it by its next message. */
static bool why_update_suppose_gone(struct whole *w, const struct update_trial_found *found)
{
	const char *commands[REFUSAL_COMMANDS_MAX];
	struct refusal_advice r = why_update_advice(w, found);
	size_t count = refusal_advice_commands(&r, &w->call->arena, commands);
	w->trial.holds = true;
	if (count == 0 || found->is_own || w->trial.gone_count == GONE_MAX) {
		w->is_open = true;
		return true;
	}
	for (size_t i = 0; i < count; i++)
		why_update_command(w, commands[i]);
	w->gone[w->trial.gone_count++] =
		(struct update_trial_gone){.name = found->name, .type = found->type};
	return true;
}

/* True: something new is supposed. */
static bool why_update_propose(struct whole *w, struct update_trial_found *found)
{
	switch (found->code) {
	case REFUSAL_POLICY_MODE_NONE:
	case REFUSAL_POLICY_MANY_NAMES:
	case REFUSAL_POLICY_MANY_RECORDS:
	case REFUSAL_POLICY_MANY_TYPES:
	case REFUSAL_POLICY_MANY_BYTES:
		return why_update_suppose_setting(w, found);
	case REFUSAL_POLICY_UNSIGNED:
		return why_update_suppose_signed(w, found);
	case REFUSAL_IN_USE:
		return why_update_suppose_gone(w, found);
	case REFUSAL_NOT_THERE:
	case REFUSAL_TOO_LARGE:
	case REFUSAL_TOO_MUCH:
	case REFUSAL_LOG_SHARE:
		w->is_open = true;
		w->trial.holds |= found->is_prerequisite;
		return found->is_prerequisite;
	default:
		return why_update_suppose_owner(w, found) || why_update_add_rule(w, found);
	}
}

/* Commands of what was supposed, when all of it is known. */
static void why_update_conclude(struct whole *w)
{
	struct arena *arena = &w->call->arena;
	const char *zone = shellword_name(why_update_name(w, &w->zone.apex), arena), *rules = "";
	const struct zone *then = &w->trial.zone;
	const char *set = "";
	if (then->update != w->zone.update)
		set = " update=secure";
	if (then->max_names != w->zone.max_names)
		set = arena_print(arena, "%s max-names=%s%u", set,
				  then->max_names_of_hosts ? "hosts:" : "", then->max_names);
	if (then->max_records != w->zone.max_records)
		set = arena_print(arena, "%s max-records=%u", set, then->max_records);
	if (then->max_types != w->zone.max_types)
		set = arena_print(arena, "%s max-types=%u", set, then->max_types);
	if (then->max_name_bytes != w->zone.max_name_bytes)
		set = arena_print(arena, "%s max-name-bytes=%u", set, then->max_name_bytes);
	if (*set)
		why_update_command(w, arena_print(arena, "tenurectl zone set %s%s", zone, set));
	for (size_t i = 0; i < w->rules_count; i++)
		rules = arena_print(arena, "%s %s", rules,
				    shellword(why_update_rule_text(w, &w->rules[i]), arena));
	if (w->rules_count)
		why_update_command(
			w, arena_print(arena, "tenurectl zone policy add %s%s", zone, rules));
}

static void why_update_round(struct whole *w)
{
	w->count = w->more = 0;
	if (w->rules_count)
		why_update_suppose_rules(w);
	if (w->change)
		update_trial_change(&w->trial, w->change);
	else
		update_trial_run(&w->trial);
}

static bool why_update_is_prerequisite(const struct update_trial_found *found)
{
	return found->code == REFUSAL_IN_USE || found->code == REFUSAL_NOT_THERE;
}

/* Proposes what mends the prerequisites: what they want to be gone is in the way of nothing else.
 */
static bool why_update_propose_all(struct whole *w)
{
	bool is_new = false, has_prerequisite = false;
	for (size_t i = 0; i < w->count; i++)
		has_prerequisite |= why_update_is_prerequisite(&w->found[i]);
	for (size_t i = 0; i < w->count; i++)
		if (w->found[i].rcode &&
		    (!has_prerequisite || why_update_is_prerequisite(&w->found[i])))
			is_new |= why_update_propose(w, &w->found[i]);
	return is_new;
}

/* Supposes what the remedies would change until nothing stands in the way. */
static void why_update_prove(struct whole *w)
{
	bool is_new = true;
	for (unsigned round = 0; round < ROUNDS_MAX && is_new && w->trial.refused; round++) {
		w->has_new_owner = false;
		is_new = why_update_propose_all(w);
		if (is_new)
			why_update_round(w);
	}
	w->is_open |= w->trial.refused > 0;
	why_update_conclude(w);
}

/* What is answered NOERROR, and keeps nothing alive. */
static void why_update_warn_ignored(struct whole *w)
{
	char zone[DNS_NAME_TEXT_MAX];
	struct call *call = w->call;
	unsigned count = w->trial.ignored;
	const char *owner = w->trial.ignored_owner;
	if (count == 0 || w->trial.refused)
		return;
	dns_name_show(&w->zone.apex, zone);
	command_warn(call, 0,
		     arena_print(&call->arena,
				 "allowed, but %u record%s that the message names again %s not "
				 "refreshed by it: owned by %s: %s",
				 count, count == 1 ? "" : "s", count == 1 ? "is" : "are",
				 owner ? owner : "nobody",
				 renewal_advice_text(&call->arena, call->snapshot.groups, zone,
						     owner, w->who.text)));
}

/* In a zone that reports: what it will note of the message. */
static void why_update_report(struct whole *w)
{
	const struct report_verdict *report = &w->trial.report;
	if (w->zone.update != ZONE_UPDATE_REPORT || w->refused)
		return;
	json_t *row = json_object();
	json_object_set_new(row, "noted", json_boolean(w->trial.is_reported));
	if (w->trial.is_reported) {
		json_object_set_new(row, "allowed", json_boolean(report->is_allowed));
		json_object_set_new(row, "code", json_string(report->code));
		json_object_set_new(row, "reason", command_string(report->reason));
	}
	command_result(w->call, "report", row);
}

static void why_update_judge(struct whole *w)
{
	why_update_round(w);
	w->refused += w->trial.refused;
	for (size_t i = 0; i < w->count; i++) {
		if (w->rcode == DNS_NOERROR)
			w->rcode = w->found[i].rcode;
		why_update_row(w, &w->found[i]);
	}
	json_t *row = json_object();
	json_object_set_new(row, "added", json_integer(w->trial.added));
	json_object_set_new(row, "removed", json_integer(w->trial.removed));
	json_object_set_new(row, "altered", json_integer(w->trial.altered));
	json_object_set_new(row, "refreshed", json_integer(w->trial.refreshed));
	json_object_set_new(row, "ignored", json_integer(w->trial.ignored));
	json_object_set_new(row, "more", json_integer((json_int_t)w->more));
	why_update_warn_ignored(w);
	const char *waits = why_waits(w->call, &w->zone, &w->who);
	if (waits)
		command_warn(w->call, 0, waits);
	command_result(w->call, "changes", row);
	why_update_report(w);
	why_update_prove(w);
}

/* --- the message */

static enum call_code why_update_open(struct whole *w)
{
	struct call *call = w->call;
	const char *text = command_text(call, "update");
	uint8_t *packet = arena_alloc(&call->arena, DNS_MESSAGE_MAX);
	struct bytes_out out = bytes_out_of(packet, DNS_MESSAGE_MAX);
	if (!codec_parse(CODEC_BASE64, text, strlen(text), &out) ||
	    dns_msg_open(&w->msg, bytes_of(packet, bytes_out_len(&out))) != DNS_NOERROR ||
	    w->msg.opcode != DNS_OPCODE_UPDATE || !w->msg.has_question ||
	    w->msg.qtype != DNS_TYPE_SOA || w->msg.qclass != DNS_CLASS_IN || w->msg.has_tsig)
		return call_fail(call, CALL_USAGE,
				 "update: this is no unsigned UPDATE message in base64");
	return CALL_OK;
}

/* Without a zone the root stands in the message: the closest zone of its first record is meant. */
static enum call_code why_update_zone(struct whole *w, bool *is_here)
{
	struct call *call = w->call;
	struct dns_msg_rr rr;
	char shown[DNS_NAME_TEXT_MAX];
	const char *text = command_text(call, "zone");
	const char *problem = text ? dns_name_parse_text(&w->msg.qname, text) : NULL;
	struct dns_msg_walk walk = dns_msg_walk(&w->msg, DNS_UPDATE);
	const struct zone *zone;
	if (problem)
		return call_fail(call, CALL_USAGE, "zone: '%.200s' is not a name: %s", text,
				 problem);
	if (!text && !dns_msg_next(&walk, &rr)) {
		walk = dns_msg_walk(&w->msg, DNS_PREREQUISITE);
		if (!dns_msg_next(&walk, &rr))
			return call_fail(call, CALL_USAGE, "update: the message asks for nothing");
	}
	zone = text ? zoneset_exact(call->snapshot.zones, &w->msg.qname)
		    : zoneset_find(call->snapshot.zones, &rr.owner);
	if (!zone && !text)
		return call_fail(call, CALL_NOT_FOUND, "no zone here holds %s",
				 dns_name_show(&rr.owner, shown));
	enum call_code code = CALL_OK;
	if (scope_is_listed(call))
		code = scope_check(call, zone ? &zone->apex : &w->msg.qname);
	if (code)
		return code;
	*is_here = zone != NULL;
	if (zone)
		w->zone = *zone;
	w->zone.apex = zone ? zone->apex : w->msg.qname;
	w->msg.qname = w->zone.apex;
	return CALL_OK;
}

static void why_update_check_key(struct whole *w)
{
	struct dns_name name;
	/* Which keys there are is the server's. */
	if (scope_is_listed(w->call) || w->who.kind != WHO_KEY ||
	    dns_name_parse_text(&name, w->who.text + strlen("key:")))
		return;
	const struct keyring_entry *key = keyring_find(w->call->snapshot.keys, &name);
	if (!key || key->is_disabled)
		why_update_say(w, REFUSAL_BADKEY, DNS_NOTAUTH,
			       key ? "the key is disabled" : "there is no such key");
}

/* The zone's mode is looked at before the form. */
static void why_update_ask_mode(struct whole *w)
{
	struct call *call = w->call;
	char text[POLICY_TEXT_MAX];
	struct policy_asker asker = asker_of(call->core, &call->snapshot, &w->who,
					     w->source.len ? &w->source : NULL, w->is_tcp);
	struct verdict verdict = update_admit(&w->zone, &call->snapshot, &asker, NULL, false);
	if (verdict.is_allowed)
		return;
	policy_verdict_text(&verdict, NULL, text);
	why_update_say(w, refusal_code_of_policy(verdict.reason), DNS_REFUSED,
		       arena_text(&call->arena, text, strlen(text)));
}

/* The form of its records; false: nothing else can be said of the message. */
static bool why_update_scan(struct whole *w)
{
	struct call *call = w->call;
	struct update_flaw flaw = {.name = w->msg.qname, .type = w->msg.qtype};
	enum dns_rcode rcode = update_prescan(&w->msg, call->snapshot.zones, &call->arena, &flaw);
	if (rcode == DNS_NOERROR)
		return true;
	why_update_ask_mode(w);
	struct update_trial_found found = {
		.change = "message",
		.rcode = rcode,
		.code = rcode == DNS_NOTZONE ? REFUSAL_NOT_ZONE : REFUSAL_FORM,
		.because = rcode == DNS_NOTZONE
				   ? arena_print(&call->arena, "%s is not in the zone %s",
						 why_update_name(w, &flaw.name),
						 why_update_name(w, &w->zone.apex))
				   : flaw.what,
		.name = flaw.name,
		.type = flaw.type,
	};
	why_update_row(w, &found);
	w->is_open = true;
	w->refused++;
	if (w->rcode == DNS_NOERROR)
		w->rcode = rcode;
	return false;
}

static void why_update_result(struct whole *w)
{
	struct call *call = w->call;
	json_t *commands = json_array();
	for (size_t i = 0; i < w->commands_count; i++)
		json_array_append_new(commands, command_string(w->commands[i]));
	command_result(call, "zone", command_name(&w->zone.apex));
	command_result(call, "principal", command_string(w->who.text));
	command_result(call, "allowed", json_boolean(w->refused == 0));
	command_result(call, "refused", json_integer(w->refused));
	command_result(call, "rcode", json_string(dns_rcode_name(w->rcode)));
	command_result(call, "commands", commands);
	command_result(call, "suffices", json_boolean(!w->is_open));
}

static void why_update_begin(struct whole *w)
{
	w->trial = (struct update_trial){
		.core = w->call->core,
		.snapshot = &w->call->snapshot,
		.msg = &w->msg,
		.who = &w->who,
		.source = w->source,
		.is_tcp = w->is_tcp,
		.arena = &w->call->arena,
		.zone = w->zone,
		.gone = w->gone,
		.found = why_update_take,
		.context = w,
	};
}

size_t why_needs_of_key(struct call *call, const struct zone *zone, const struct dns_name *name,
			uint16_t type, const char **commands, size_t most)
{
	char text[DNS_NAME_TEXT_MAX];
	struct whole *w = arena_zero(&call->arena, sizeof *w);
	struct update_rr *change = arena_zero(&call->arena, sizeof *change);
	w->call = call;
	w->zone = *zone;
	w->change = change;
	change->name = *name;
	change->type = type;
	change->class = type == DNS_TYPE_ANY ? DNS_CLASS_ANY : DNS_CLASS_IN;
	change->ttl = KEY_TTL;
	change->rdata = bytes_of("", 0);
	dns_name_show(name, text);
	if (type == DNS_TYPE_SOA || who_parse(&w->who, arena_print(&call->arena, "key:%s", text)))
		return 0;
	why_update_begin(w);
	why_update_round(w);
	why_update_prove(w);
	if (w->is_open || w->commands_count > most)
		return 0;
	memcpy(commands, w->commands, w->commands_count * sizeof *commands);
	return w->commands_count;
}

enum call_code command_why_update(struct call *call)
{
	struct whole *w = arena_zero(&call->arena, sizeof *w);
	bool is_here = false;
	w->call = call;
	w->is_tcp = command_flag(call, "tcp");
	enum call_code code = why_update_open(w);
	if (!code)
		code = why_update_zone(w, &is_here);
	if (!code)
		code = why_take_asker(call, &w->who, &w->source);
	if (code)
		return code;
	why_update_begin(w);
	why_update_check_key(w);
	if (!is_here)
		why_update_say(w, REFUSAL_WRONG_ZONE, DNS_NOTAUTH, "this is no zone here");
	bool is_well = is_here && why_update_scan(w);
	if (is_well && w->zone.is_frozen && w->zone.update != ZONE_UPDATE_NONE)
		why_update_say(w, REFUSAL_FROZEN, DNS_REFUSED, "the zone is frozen");
	if (is_well)
		why_update_judge(w);
	why_update_result(w);
	return command_read_ended(call);
}
