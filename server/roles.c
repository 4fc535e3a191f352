/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>
#include "server/roles.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/nearest.h"
#include <assert.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOOKUP_MAX      65536 /* what getgrnam_r may need for the members of a group */
#define ROLES_NAME_MAX  64
#define ROLES_EXPORTER  "tenure-exporter"
#define ROLES_MEANT_MAX (DNS_NAME_TEXT_MAX + 32)
#define ROLES_TEXT_MAX  8192 /* of a line; a setting takes no longer one */
/* Who comes from a user namespace that has no number here. */
#define OVERFLOW_ID 65534

struct role_line {
	struct scope_grant grant; /* its zones are `zones` */
	struct dns_name *zones;
	bool is_group, is_known;
	bool is_default; /* nobody wrote it: it is given once its user is there */
	unsigned id;     /* uid or gid */
	char name[ROLES_NAME_MAX];
	char given[ROLES_NAME_MAX + 64];
};

struct roles {
	struct role_line *lines;
	size_t count;
	uint64_t looked_us; /* when unknown names were last looked for */
	_Atomic unsigned holders;
};

/* --- one line */

static const char *roles_expect(char problem[ROLES_PROBLEM_MAX], const char *line, const char *text)
{
	snprintf(problem, ROLES_PROBLEM_MAX, "%s, found \"%.80s\"", text, line);
	return problem;
}

/* The zones behind "of", with blanks or commas between. NULL, or what is wrong. */
static const char *roles_take_zones(struct role_line *out, const char *text,
				    char problem[ROLES_PROBLEM_MAX])
{
	char one[DNS_NAME_TEXT_MAX];
	struct dns_name zones[ROLES_ZONES_MAX];
	size_t count = 0, len;
	for (text += strspn(text, ", "); *text; text += len, text += strspn(text, ", ")) {
		len = strcspn(text, ", ");
		snprintf(one, sizeof(one), "%.*s", (int)len, text);
		if (count == ROLES_ZONES_MAX) {
			snprintf(problem, ROLES_PROBLEM_MAX, "at most %d zones in a line",
				 ROLES_ZONES_MAX);
			return problem;
		}
		const char *wrong = len < sizeof(one) ? dns_name_parse_text(&zones[count], one)
						      : "it is too long";
		if (wrong) {
			snprintf(problem, ROLES_PROBLEM_MAX, "a zone, found \"%.80s\": %s", one,
				 wrong);
			return problem;
		}
		count++;
	}
	if (count == 0)
		return roles_expect(problem, "", "a zone behind \"of\"");
	out->zones = malloc(count * sizeof(*zones));
	assert(out->zones);
	memcpy(out->zones, zones, count * sizeof(*zones));
	out->grant.zones = out->zones;
	out->grant.zone_count = count;
	return NULL;
}

/* The name of a user or group: `len` bytes. */
static const char *roles_take_name(struct role_line *out, const char *text, size_t len,
				   char problem[ROLES_PROBLEM_MAX])
{
	while (len && text[len - 1] == ' ')
		len--;
	if (len == 0 || len >= sizeof(out->name))
		return roles_expect(problem, text, "the name of a user or group");
	memcpy(out->name, text, len);
	out->name[len] = '\0';
	if (strspn(out->name, "0123456789") == len) {
		unsigned long number = strtoul(out->name, NULL, 10);
		if (len > 10 || number >= UINT32_MAX)
			return roles_expect(problem, out->name, "the number of a user or group");
		out->id = (unsigned)number;
		out->is_known = true;
	}
	return NULL;
}

static const char *roles_parse_line(enum role role, const char *line, struct role_line *out,
				    char problem[ROLES_PROBLEM_MAX])
{
	static const char expected[] = "user NAME or group NAME, and perhaps \"of ZONE, ZONE\"";
	bool is_user = strncmp(line, "user ", 5) == 0;
	*out = (struct role_line){.grant.role = role, .is_group = strncmp(line, "group ", 6) == 0};
	if (!is_user && !out->is_group)
		return roles_expect(problem, line, expected);
	const char *name = line + (is_user ? 5 : 6);
	name += strspn(name, " ");
	const char *of = strstr(name, " of ");
	size_t len = strlen(name);
	bool is_bare = len >= 3 && strcmp(name + len - 3, " of") == 0;
	if (is_bare)
		return roles_expect(problem, line, "a zone behind \"of\"");
	if (of && role == ROLE_ADMIN)
		return roles_expect(problem, line, "a user or group alone: admin is of all zones");
	if (of && role == ROLE_METRICS)
		return roles_expect(problem, line, "a user or group alone: counters are of all");
	const char *wrong = roles_take_name(out, name, of ? (size_t)(of - name) : len, problem);
	if (wrong || !of)
		return wrong;
	return roles_take_zones(out, of + 4, problem);
}

const char *roles_line_problem(enum role role, const char *line, char problem[ROLES_PROBLEM_MAX])
{
	struct role_line parsed;
	const char *wrong = strpbrk(line, "\n\t\r")
				    ? roles_expect(problem, "more than one", "a line")
				    : roles_parse_line(role, line, &parsed, problem);
	if (!wrong)
		free(parsed.zones);
	return wrong;
}

/* --- all of them */

/* A number is given again to nobody while this runs, so that it is looked for once. */
static void roles_look(struct role_line *line)
{
	char *texts = malloc(LOOKUP_MAX);
	struct passwd user, *found_user = NULL;
	struct group group, *found_group = NULL;
	if (!texts)
		return;
	if (line->is_group &&
	    getgrnam_r(line->name, &group, texts, LOOKUP_MAX, &found_group) == 0 && found_group)
		line->id = found_group->gr_gid;
	if (!line->is_group && getpwnam_r(line->name, &user, texts, LOOKUP_MAX, &found_user) == 0 &&
	    found_user)
		line->id = found_user->pw_uid;
	line->is_known = found_group || found_user;
	free(texts);
}

/* Those that are not known are looked for, unless that was done a moment ago. */
static void roles_look_again(struct roles *roles)
{
	uint64_t now = clock_monotonic_us();
	if (roles->looked_us && now - roles->looked_us < ROLES_LOOK_S * 1000000ull)
		return;
	roles->looked_us = now;
	for (size_t i = 0; i < roles->count; i++)
		if (!roles->lines[i].is_known)
			roles_look(&roles->lines[i]);
}

static void roles_add(struct roles *roles, enum role role, const char *text)
{
	char problem[ROLES_PROBLEM_MAX];
	struct role_line *line = &roles->lines[roles->count];
	if (roles->count == ROLES_LINES_MAX || roles_parse_line(role, text, line, problem))
		return;
	snprintf(line->given, sizeof(line->given), "%s %s, in roles.%s of tenured.yaml",
		 line->is_group ? "group" : "user", line->name, role_name(role));
	line->grant.given = line->given;
	roles->count++;
}

/* The last line, which has a place of its own. */
static void roles_add_default(struct roles *roles)
{
	struct role_line *line = &roles->lines[roles->count++];
	*line = (struct role_line){.grant.role = ROLE_METRICS, .is_default = true};
	snprintf(line->name, sizeof(line->name), "%s", ROLES_EXPORTER);
	snprintf(line->given, sizeof(line->given), "user %s, by default", line->name);
	line->grant.given = line->given;
}

struct roles *roles_new(const char *const lines[ROLE_ADMIN + 1])
{
	struct roles *roles = calloc(1, sizeof(*roles));
	assert(roles);
	roles->holders = 1;
	roles->lines = calloc(ROLES_LINES_MAX + 1, sizeof(*roles->lines));
	assert(roles->lines);
	for (unsigned role = ROLE_METRICS; role <= ROLE_ADMIN; role++) {
		const char *at = lines[role] ? lines[role] : "";
		for (size_t len; *at; at += len + (at[len] == '\n')) {
			char one[ROLES_TEXT_MAX];
			len = strcspn(at, "\n");
			snprintf(one, sizeof(one), "%.*s", (int)len, at);
			roles_add(roles, (enum role)role, one);
		}
	}
	if (!lines[ROLE_METRICS] || !lines[ROLE_METRICS][0])
		roles_add_default(roles);
	roles_look_again(roles);
	return roles;
}

struct roles *roles_hold(struct roles *roles)
{
	roles->holders++;
	return roles;
}

void roles_release(struct roles *roles)
{
	if (!roles || --roles->holders > 0)
		return;
	for (size_t i = 0; i < roles->count; i++)
		free(roles->lines[i].zones);
	free(roles->lines);
	free(roles);
}

bool roles_are_given(const struct roles *roles)
{
	for (size_t i = 0; i < roles->count; i++)
		if (!roles->lines[i].is_default || roles->lines[i].is_known)
			return true;
	return false;
}

void roles_warn(struct roles *roles)
{
	for (size_t i = 0; i < roles->count; i++) {
		const struct role_line *line = &roles->lines[i];
		if (!line->is_known && line->is_default)
			continue;
		if (!line->is_known)
			log_warning("a role is nobody's",
				    "role=%s of=\"%s %s\" why=\"the system "
				    "does not know that name\"",
				    role_name(line->grant.role), line->is_group ? "group" : "user",
				    line->name);
		else if (line->id == OVERFLOW_ID)
			log_warning("a role is given to nobody in particular",
				    "role=%s of=\"%s %s\" why=\"the kernel shows users of other "
				    "namespaces so: it does not count\"",
				    role_name(line->grant.role), line->is_group ? "group" : "user",
				    line->name);
	}
}

bool roles_name_zones(const struct roles *roles)
{
	bool is_one = false;
	for (size_t i = 0; i < roles->count; i++)
		is_one |= roles->lines[i].grant.zone_count > 0;
	return is_one;
}

/* ": did you mean corp.example?", or "". */
static const char *roles_meant_zone(const struct zoneset *zones, const char *text,
				    char out[ROLES_MEANT_MAX])
{
	char one[DNS_NAME_TEXT_MAX], best[DNS_NAME_TEXT_MAX];
	struct nearest nearest = nearest_to(text);
	for (size_t i = 0; i < zoneset_count(zones); i++) {
		nearest_try(&nearest, dns_name_show(&zoneset_at(zones, i)->apex, one));
		if (nearest.best == one)
			nearest.best = strcpy(best, one);
	}
	out[0] = '\0';
	if (nearest_found(&nearest))
		snprintf(out, ROLES_MEANT_MAX, ": did you mean %s?", best);
	return out;
}

void roles_warn_of_zones(const struct roles *roles, const struct zoneset *zones)
{
	char shown[DNS_NAME_TEXT_MAX], meant[ROLES_MEANT_MAX];
	for (size_t i = 0; i < roles->count; i++) {
		const struct role_line *line = &roles->lines[i];
		for (size_t k = 0; k < line->grant.zone_count; k++) {
			if (zoneset_exact(zones, &line->zones[k]))
				continue;
			dns_name_show(&line->zones[k], shown);
			log_warning("a role is of a zone that is not here",
				    "role=%s of=\"%s %s\" zone=%s why=\"no zone has that name%s\"",
				    role_name(line->grant.role), line->is_group ? "group" : "user",
				    line->name, shown, roles_meant_zone(zones, shown, meant));
		}
	}
}

void roles_tell(const struct roles *roles, void (*line)(void *context, const char *), void *context)
{
	for (size_t i = 0; i < roles->count; i++) {
		const struct role_line *one = &roles->lines[i];
		char text[ROLES_NAME_MAX + 160];
		const char *why = !one->is_known ? "the system does not know that name"
				  : one->id == OVERFLOW_ID
					  ? "the kernel shows users of other namespaces so"
					  : NULL;
		if (!why || one->is_default)
			continue;
		snprintf(text, sizeof(text), "roles.%s: '%s %s': %s: it is nobody's role",
			 role_name(one->grant.role), one->is_group ? "group" : "user", one->name,
			 why);
		line(context, text);
	}
}

void roles_tell_zones(const struct roles *roles, const struct zoneset *zones,
		      void (*line)(void *context, const char *), void *context)
{
	char shown[DNS_NAME_TEXT_MAX], meant[ROLES_MEANT_MAX];
	char text[DNS_NAME_TEXT_MAX + ROLES_MEANT_MAX + ROLES_NAME_MAX + 80];
	for (size_t i = 0; i < roles->count; i++) {
		const struct role_line *one = &roles->lines[i];
		for (size_t k = 0; k < one->grant.zone_count; k++) {
			if (zoneset_exact(zones, &one->zones[k]))
				continue;
			dns_name_show(&one->zones[k], shown);
			snprintf(text, sizeof(text),
				 "roles.%s: '%s %s of %s': no zone has that name%s",
				 role_name(one->grant.role), one->is_group ? "group" : "user",
				 one->name, shown, roles_meant_zone(zones, shown, meant));
			line(context, text);
		}
	}
}

static bool roles_is_of(const struct role_line *line, const struct peer *peer)
{
	if (!line->is_known || line->id == OVERFLOW_ID)
		return false;
	return line->is_group ? peer_is_in(peer, line->id) : peer->uid == line->id;
}

struct scope_grants roles_of(struct roles *roles, const struct peer *peer)
{
	const struct scope_grant **of = calloc(roles->count + 1, sizeof(*of));
	struct scope_grants grants = {.of = of};
	assert(of);
	roles_look_again(roles);
	for (size_t i = 0; i < roles->count; i++)
		if (roles_is_of(&roles->lines[i], peer))
			of[grants.count++] = &roles->lines[i].grant;
	return grants;
}
