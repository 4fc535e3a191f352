/* SPDX-License-Identifier: BSD-2-Clause */
#include "admin/why_prove.h"
#include "base/shellword.h"
#include <string.h>

#define ROUNDS_MAX  16  /* each supposes more */
#define FOUND_MAX   500 /* that are shown; the rest is counted */
#define FOUND_FIRST 8
#define KEY_TTL     3600

const char *why_prove_name(struct whole *w, const struct dns_name *name)
{
	char text[DNS_NAME_TEXT_MAX];
	dns_name_show(name, text);
	return arena_text(&w->call->arena, text, strlen(text));
}

const char *why_prove_type(struct whole *w, uint16_t type)
{
	char text[DNS_TYPE_TEXT_MAX];
	dns_type_print(type, text);
	return arena_text(&w->call->arena, text, strlen(text));
}

static void why_prove_take(void *context, const struct update_trial_found *found)
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

void why_prove_command(struct whole *w, const char *command)
{
	for (size_t i = 0; i < w->commands_count; i++)
		if (strcmp(w->commands[i], command) == 0)
			return;
	if (w->commands_count < COMMANDS_MAX)
		w->commands[w->commands_count++] = command;
	else
		w->is_open = true;
}

struct refusal_advice why_prove_advice(struct whole *w, const struct update_trial_found *found)
{
	struct call *call = w->call;
	struct refusal_advice r = {
		.code = refusal_word(found->code),
		.zone = why_prove_name(w, &w->zone.apex),
		.name = why_prove_name(w, &found->name),
		.type = why_prove_type(w, found->type),
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

void why_prove_begin(struct whole *w)
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
		.found = why_prove_take,
		.context = w,
	};
}

/* --- what is proposed */

static unsigned why_prove_rights(const struct update_trial_found *found)
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

static struct why_rule *why_prove_rule_of(struct whole *w, const struct dns_name *name)
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
static void why_prove_cover(struct whole *w, struct update_trial_found *found)
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
static bool why_prove_add_rule(struct whole *w, struct update_trial_found *found)
{
	why_prove_cover(w, found);
	struct why_rule *rule = why_prove_rule_of(w, &found->name);
	if (!rule)
		return false;
	unsigned rights = rule->rights | why_prove_rights(found);
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

static const char *why_prove_rule_text(struct whole *w, const struct why_rule *rule)
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
				    why_prove_type(w, rule->types[i]));
	bool is_by_address = from && w->trial.who->kind == WHO_ANONYMOUS;
	return arena_print(arena, "allow %s %s at %s.%s%s%s", w->trial.who->text, words,
			   why_prove_name(w, &rule->name), types, is_by_address ? " from " : "",
			   is_by_address ? from : "");
}

/* The proposed rules in front of those that are there. */
static void why_prove_suppose_rules(struct whole *w)
{
	struct call *call = w->call;
	struct rule_error error;
	struct rules *rules = arena_alloc(&call->arena, sizeof *rules);
	const char *stored = rulebook_get(call->snapshot.txn, w->zone.id, &call->arena);
	const char *text = "";
	for (size_t i = 0; i < w->rules_count; i++)
		text = arena_print(&call->arena, "%s%s\n", text,
				   why_prove_rule_text(w, &w->rules[i]));
	text = arena_print(&call->arena, "%s%s", text, stored ? stored : "");
	if (rules_parse(rules, bytes_of(text, strlen(text)), &w->zone.apex, &call->arena, &error))
		w->trial.rules = rules;
}

/* Refused since somebody else owns what is there, and the owner can give it away. */
static bool why_prove_is_owned(const struct whole *w, const struct update_trial_found *found)
{
	bool is_owned = found->code == REFUSAL_POLICY_FOREIGN ||
			found->code == REFUSAL_POLICY_TAKEN ||
			found->code == REFUSAL_POLICY_IS_STATIC;
	return found->rcode && is_owned && found->owner && w->trial.who->kind != WHO_ANONYMOUS;
}

/* The names at which the owner stands in the way of a change; what is ignored needs nothing. */
static void why_prove_transfers(struct whole *w, struct refusal_advice *r)
{
	for (size_t i = 0; i < w->count; i++) {
		const struct update_trial_found *found = &w->found[i];
		if (!why_prove_is_owned(w, found) || strcmp(found->owner, r->owner) != 0 ||
		    dns_name_equal(&found->name, &w->zone.apex))
			continue;
		r->name = why_prove_name(w, &found->name);
		why_prove_command(w, refusal_advice_transfer(r, &w->call->arena));
	}
}

static bool why_prove_suppose_owner(struct whole *w, const struct update_trial_found *found)
{
	const char *commands[REFUSAL_COMMANDS_MAX];
	struct refusal_advice r = why_prove_advice(w, found);
	/* The zone's own name is never given away: a rule gives the right to it. */
	bool is_given = refusal_advice_group(&r, &w->call->arena, commands) > 0 ||
			!dns_name_equal(&found->name, &w->zone.apex);
	if (!why_prove_is_owned(w, found) || !is_given)
		return false;
	/* Proposed in this round already; what helps nothing is asked of a rule in the next. */
	if (w->trial.owns)
		return w->has_new_owner && strcmp(w->trial.owns, found->owner) == 0;
	w->trial.owns = found->owner;
	w->has_new_owner = true;
	size_t count = refusal_advice_group(&r, &w->call->arena, commands);
	for (size_t i = 0; i < count; i++)
		why_prove_command(w, commands[i]);
	if (!count)
		why_prove_transfers(w, &r);
	return true;
}

static bool why_prove_suppose_setting(struct whole *w, const struct update_trial_found *found)
{
	struct refusal_advice r = why_prove_advice(w, found);
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
static bool why_prove_suppose_signed(struct whole *w, const struct update_trial_found *found)
{
	const char *commands[REFUSAL_COMMANDS_MAX];
	w->is_open = true;
	if (w->zone.update == ZONE_UPDATE_REPORT) {
		bool is_new = !w->trial.was_probed;
		w->trial.was_probed = true;
		return is_new;
	}
	const char *text = arena_print(&w->call->arena, "key:%s", why_prove_name(w, &found->name));
	if (w->trial.who != &w->who || who_parse(&w->signer, text))
		return false;
	struct refusal_advice r = why_prove_advice(w, found);
	r.then_count = 0; /* of the whole message more is needed */
	size_t count = refusal_advice_commands(&r, &w->call->arena, commands);
	for (size_t i = 0; i < count; i++)
		why_prove_command(w, commands[i]);
	w->trial.who = &w->signer;
	return true;
}

/* What a prerequisite wants to be free is deleted before: then nothing else is needed of who had
 * it. What the requester has itself is not: its client renews it by its next message. */
static bool why_prove_suppose_gone(struct whole *w, const struct update_trial_found *found)
{
	const char *commands[REFUSAL_COMMANDS_MAX];
	struct refusal_advice r = why_prove_advice(w, found);
	size_t count = refusal_advice_commands(&r, &w->call->arena, commands);
	w->trial.holds = true;
	if (count == 0 || found->is_own || w->trial.gone_count == GONE_MAX) {
		w->is_open = true;
		return true;
	}
	for (size_t i = 0; i < count; i++)
		why_prove_command(w, commands[i]);
	w->gone[w->trial.gone_count++] =
		(struct update_trial_gone){.name = found->name, .type = found->type};
	return true;
}

/* True: something new is supposed. */
static bool why_prove_propose(struct whole *w, struct update_trial_found *found)
{
	switch (found->code) {
	case REFUSAL_POLICY_MODE_NONE:
	case REFUSAL_POLICY_MANY_NAMES:
	case REFUSAL_POLICY_MANY_RECORDS:
	case REFUSAL_POLICY_MANY_TYPES:
	case REFUSAL_POLICY_MANY_BYTES:
		return why_prove_suppose_setting(w, found);
	case REFUSAL_POLICY_UNSIGNED:
		return why_prove_suppose_signed(w, found);
	case REFUSAL_IN_USE:
		return why_prove_suppose_gone(w, found);
	case REFUSAL_NOT_THERE:
	case REFUSAL_TOO_LARGE:
	case REFUSAL_TOO_MUCH:
	case REFUSAL_LOG_SHARE:
		w->is_open = true;
		w->trial.holds |= found->is_prerequisite;
		return found->is_prerequisite;
	default:
		return why_prove_suppose_owner(w, found) || why_prove_add_rule(w, found);
	}
}

/* Commands of what was supposed, when all of it is known. */
static void why_prove_conclude(struct whole *w)
{
	struct arena *arena = &w->call->arena;
	const char *zone = shellword_name(why_prove_name(w, &w->zone.apex), arena), *rules = "";
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
		why_prove_command(w, arena_print(arena, "tenurectl zone set %s%s", zone, set));
	for (size_t i = 0; i < w->rules_count; i++)
		rules = arena_print(arena, "%s %s", rules,
				    shellword(why_prove_rule_text(w, &w->rules[i]), arena));
	if (w->rules_count)
		why_prove_command(
			w, arena_print(arena, "tenurectl zone policy add %s%s", zone, rules));
}

void why_prove_round(struct whole *w)
{
	w->count = w->more = 0;
	if (w->rules_count)
		why_prove_suppose_rules(w);
	if (w->change)
		update_trial_change(&w->trial, w->change);
	else
		update_trial_run(&w->trial);
}

static bool why_prove_is_prerequisite(const struct update_trial_found *found)
{
	return found->code == REFUSAL_IN_USE || found->code == REFUSAL_NOT_THERE;
}

/* Proposes what mends the prerequisites: what they want to be gone is in the way of nothing else.
 */
static bool why_prove_propose_all(struct whole *w)
{
	bool is_new = false, has_prerequisite = false;
	for (size_t i = 0; i < w->count; i++)
		has_prerequisite |= why_prove_is_prerequisite(&w->found[i]);
	for (size_t i = 0; i < w->count; i++)
		if (w->found[i].rcode &&
		    (!has_prerequisite || why_prove_is_prerequisite(&w->found[i])))
			is_new |= why_prove_propose(w, &w->found[i]);
	return is_new;
}

/* Supposes what the remedies would change until nothing stands in the way. */
void why_prove_run(struct whole *w)
{
	bool is_new = true;
	for (unsigned round = 0; round < ROUNDS_MAX && is_new && w->trial.refused; round++) {
		w->has_new_owner = false;
		is_new = why_prove_propose_all(w);
		if (is_new)
			why_prove_round(w);
	}
	w->is_open |= w->trial.refused > 0;
	why_prove_conclude(w);
}

size_t why_prove_key(struct call *call, const struct zone *zone, const struct dns_name *name,
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
	why_prove_begin(w);
	why_prove_round(w);
	why_prove_run(w);
	if (w->is_open || w->commands_count > most)
		return 0;
	memcpy(commands, w->commands, w->commands_count * sizeof *commands);
	return w->commands_count;
}
