/* SPDX-License-Identifier: BSD-2-Clause */
#include "admin/scope.h"
#include "admin/command.h"
#include "base/plaintext.h"
#include "zonedb/zone.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* So many zones of a role are named in a sentence. */
#define SCOPE_NAMED_MAX 8

/* --- what the user has */

static bool scope_grants_zone(const struct scope_grant *grant, const struct dns_name *apex)
{
	for (size_t i = 0; i < grant->zone_count; i++)
		if (dns_name_equal(&grant->zones[i], apex))
			return true;
	return grant->zones == NULL;
}

static bool scope_has_of(const struct call *call, enum role role, const struct dns_name *apex)
{
	const struct scope_grants *grants = call->grants;
	for (size_t i = 0; grants && i < grants->count; i++)
		if (grants->of[i]->role >= role && scope_grants_zone(grants->of[i], apex))
			return true;
	return grants == NULL;
}

static bool scope_has_some(const struct call *call, enum role role)
{
	const struct scope_grants *grants = call->grants;
	for (size_t i = 0; grants && i < grants->count; i++)
		if (grants->of[i]->role >= role)
			return true;
	return grants == NULL;
}

bool scope_has_role(const struct call *call, enum role role)
{
	const struct scope_grants *grants = call->grants;
	for (size_t i = 0; grants && i < grants->count; i++)
		if (grants->of[i]->role >= role && !grants->of[i]->zones)
			return true;
	return grants == NULL;
}

bool scope_is_listed(const struct call *call)
{
	return call->is_listed;
}

bool scope_holds(const struct call *call, const struct dns_name *apex)
{
	return !call->is_listed || scope_has_of(call, call->least, apex);
}

/* --- refusals */

/* "corp.example, lab.example", "all zones". */
static const char *scope_zones_text(struct call *call, const struct scope_grant *grant)
{
	const char *text = grant->zones ? "" : "all zones";
	char shown[DNS_NAME_TEXT_MAX];
	for (size_t i = 0; i < grant->zone_count && i < SCOPE_NAMED_MAX; i++)
		text = arena_print(&call->arena, "%s%s%s", text, i ? ", " : "",
				   dns_name_show(&grant->zones[i], shown));
	if (grant->zone_count > SCOPE_NAMED_MAX)
		text = arena_print(&call->arena, "%s and %zu more", text,
				   grant->zone_count - SCOPE_NAMED_MAX);
	return text;
}

/* "operate of corp.example (group help-desk, in roles.operate of tenured.yaml)", of each role. */
static const char *scope_text(struct call *call)
{
	const char *text = "";
	for (size_t i = 0; i < call->grants->count; i++) {
		const struct scope_grant *grant = call->grants->of[i];
		text = arena_print(&call->arena, "%s%s%s of %s (%s)", text, i ? ", and " : "",
				   role_name(grant->role), scope_zones_text(call, grant),
				   grant->given);
	}
	return text;
}

const char *scope_say(struct call *call)
{
	return call->grants ? scope_text(call) : role_name(ROLE_ADMIN);
}

static enum call_code scope_refuse(struct call *call, const char *what, enum role role,
				   const char *of)
{
	call->is_over_role = true;
	return call_fail(call, CALL_REFUSED, "%s needs the role %s%s; you have %s", what,
			 role_name(role), of, scope_text(call));
}

enum call_code scope_check(struct call *call, const struct dns_name *apex)
{
	char shown[DNS_NAME_TEXT_MAX];
	if (scope_holds(call, apex))
		return CALL_OK;
	dns_name_show(apex, shown);
	return scope_refuse(call, arena_print(&call->arena, "zone %s", shown), call->least,
			    " of it");
}

/* admin is of all zones, and nobody doubts it; who reads some zones has metrics of these. */
static bool scope_is_of_all(enum role role)
{
	return role == ROLE_ADMIN;
}

enum call_code scope_check_role(struct call *call, enum role role, const char *what)
{
	if (scope_has_role(call, role))
		return CALL_OK;
	return scope_refuse(call, what, role, scope_is_of_all(role) ? "" : " of all zones");
}

/* --- the reason */

enum call_code scope_check_reason(struct call *call, const struct zone *zone)
{
	char shown[DNS_NAME_TEXT_MAX];
	if (call->reason || !zone->requires_reason)
		return CALL_OK;
	return call_fail(call, CALL_REFUSED,
			 "zone %s asks for the reason of each change (require-reason): give it by "
			 "--reason TEXT, or in TENURE_REASON",
			 dns_name_show(&zone->apex, shown));
}

static enum call_code scope_refuse_run(struct call *call, uint64_t run)
{
	return scope_refuse(call, arena_print(&call->arena, "run %" PRIu64, run), call->least,
			    " of its zone");
}

enum call_code scope_no_run(struct call *call, uint64_t run)
{
	if (call->is_listed)
		return scope_refuse_run(call, run);
	return call_fail(call, CALL_NOT_FOUND, "there is no run %" PRIu64, run);
}

enum call_code scope_check_run(struct call *call, const struct run *run)
{
	if (!run->has_zone)
		return CALL_OK;
	if (!scope_holds(call, &run->zone))
		return scope_refuse_run(call, run->id);
	const struct zone *zone = zoneset_exact(call->snapshot.zones, &run->zone);
	return call->changes && zone ? scope_check_reason(call, zone) : CALL_OK;
}

static enum call_code scope_take_reason(struct call *call)
{
	char problem[PLAINTEXT_PROBLEM_MAX];
	const json_t *value = json_object_get(call->args, "reason");
	const char *text = json_string_value(value);
	call->reason = NULL;
	if (!value)
		return CALL_OK;
	if (!text)
		return call_fail(call, CALL_USAGE, "argument 'reason' has the wrong type");
	/* What is behind a NUL would be lost. */
	const char *wrong = strlen(text) != json_string_length(value)
				    ? "has a NUL in it"
				    : plaintext_problem(text, SCOPE_REASON_MAX, problem);
	if (wrong)
		return call_fail(call, CALL_USAGE, "the reason %s", wrong);
	call->reason = text;
	return CALL_OK;
}

/* --- the zones that the arguments name */

/* A zone by its apex, which need not be here. */
static enum call_code scope_check_apex(struct call *call, const struct dns_name *apex)
{
	const struct zone *zone = zoneset_exact(call->snapshot.zones, apex);
	enum call_code code = scope_check(call, apex);
	if (!code && zone && call->changes)
		code = scope_check_reason(call, zone);
	return code;
}

enum call_code scope_check_name(struct call *call, const struct dns_name *name)
{
	char shown[DNS_NAME_TEXT_MAX];
	const struct zone *zone = zoneset_find(call->snapshot.zones, name);
	if (zone && scope_holds(call, &zone->apex))
		return call->changes ? scope_check_reason(call, zone) : CALL_OK;
	if (!call->is_listed)
		return CALL_OK;
	dns_name_show(name, shown);
	return scope_refuse(call, arena_print(&call->arena, "the name %s", shown), call->least,
			    " of its zone");
}

/* A name as an argument has it. */
static enum call_code scope_check_text(struct call *call, const char *text)
{
	struct dns_name name;
	if (!text || dns_name_parse_text(&name, text))
		return CALL_OK; /* the command says what is wrong */
	return scope_check_name(call, &name);
}

static enum call_code scope_check_names(struct call *call)
{
	const json_t *names = json_object_get(call->args, "names");
	enum call_code code = scope_check_text(call, command_text(call, "name"));
	if (!code)
		code = scope_check_text(call, command_text(call, "last"));
	for (size_t i = 0; !code && i < json_array_size(names); i++)
		code = scope_check_text(call, json_string_value(json_array_get(names, i)));
	return code;
}

/* Of a command that is about all zones where its arguments name none. */
static enum call_code scope_check_all(struct call *call, const struct role_command *command)
{
	enum call_code code = CALL_OK;
	if (command->reach != REACH_ZONE)
		return CALL_OK;
	if (call->is_listed)
		return scope_refuse(
			call, arena_print(&call->arena, "'%s' without a zone", command->words),
			command->least, " of all zones");
	for (size_t i = 0; !code && call->changes && i < zoneset_count(call->snapshot.zones); i++)
		code = scope_check_reason(call, zoneset_at(call->snapshot.zones, i));
	return code;
}

static enum call_code scope_check_places(struct call *call, const struct role_command *command)
{
	struct dns_name apex;
	const char *zone = command_text(call, "zone");
	if (zone)
		return dns_name_parse_text(&apex, zone) ? CALL_OK : scope_check_apex(call, &apex);
	if (command->reach == REACH_NAME || command->reach == REACH_FOUND)
		return scope_check_names(call);
	return scope_check_all(call, command);
}

static bool scope_sees(const void *context, const struct dns_name *apex)
{
	return scope_holds(context, apex);
}

enum call_code scope_begin(struct call *call, const struct role_command *command)
{
	const char *what = arena_print(&call->arena, "'%s'", command->words);
	call->least = command->least;
	call->is_listed = !scope_has_role(call, command->least);
	call->is_over_role = false;
	call->view = (struct snapshot_view){.sees = scope_sees, .context = call};
	call->snapshot.view = call->is_listed ? &call->view : NULL;
	/* A plan changes nothing, and needs no reason. */
	call->changes = command->changes && !command_flag(call, "plan");
	if (!scope_has_some(call, command->least))
		return scope_refuse(call, what, command->least, "");
	if (call->is_listed && command->reach == REACH_SERVER)
		return scope_refuse(call, what, command->least,
				    scope_is_of_all(command->least) ? "" : " of all zones");
	enum call_code code = scope_take_reason(call);
	/* Of a store that cannot be read nothing but the server's own state is shown. */
	if (code || !snapshot_is_whole(&call->snapshot))
		return code;
	return scope_check_places(call, command);
}
