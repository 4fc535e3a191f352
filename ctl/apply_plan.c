/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>
#include "ctl/apply_plan.h"
#include "ctl/screen.h"
#include <stdlib.h>
#include <string.h>

#define APPLY_WHAT_WIDTH 36
#define APPLY_INDENT     "     "

static const char *apply_member(const json_t *row, const char *name)
{
	const char *text = json_string_value(json_object_get(row, name));
	return text ? text : "";
}

static long long apply_number(const json_t *row, const char *name)
{
	return (long long)json_integer_value(json_object_get(row, name));
}

static char apply_sign(const json_t *row)
{
	const char *action = apply_member(row, "action");
	return !strcmp(action, "add")        ? '+'
	       : !strcmp(action, "change")   ? '~'
	       : !strcmp(action, "delete")   ? '-'
	       : !strcmp(action, "conflict") ? '!'
					     : '=';
}

/* A line: what it is about, its sign, and the rest, whose texts may hold anything. */
static void __attribute__((format(printf, 3, 4)))
apply_line(const char *what, char sign, const char *format, ...)
{
	va_list list;
	char *text;
	va_start(list, format);
	if (vasprintf(&text, format, list) < 0)
		abort();
	va_end(list);
	size_t width = strlen(what);
	screen_put(stdout, what, true);
	printf("%*s %c ", width < APPLY_WHAT_WIDTH ? (int)(APPLY_WHAT_WIDTH - width) : 0, "", sign);
	screen_put(stdout, text, true);
	putchar('\n');
	free(text);
}

static char *apply_what(const json_t *row, const char *object, const char *name)
{
	char *what;
	bool is_of_zone = json_object_get(row, "zone") != NULL;
	if (asprintf(&what, "%s%-7s %s", is_of_zone ? APPLY_INDENT : "", object, name) < 0)
		abort();
	return what;
}

/* "192.0.2.7, 192.0.2.8" */
static char *apply_list_text(const json_t *list)
{
	char *text = strdup(""), *longer;
	size_t i;
	const json_t *one;
	json_array_foreach(list, i, one)
	{
		if (asprintf(&longer, "%s%s%s", text, i ? ", " : "", json_string_value(one)) < 0)
			abort();
		free(text);
		text = longer;
	}
	return text;
}

/* --- the zone */

static void apply_show_zone(struct apply_shown *shown, bool is_same)
{
	char *what;
	if (!shown->zone)
		return;
	const json_t *row = shown->zone;
	char managed[64] = "";
	if (json_object_get(row, "managed"))
		snprintf(managed, sizeof managed, ", %lld of them managed here",
			 apply_number(row, "managed"));
	if (asprintf(&what, "zone %s", apply_member(row, "name")) < 0)
		abort();
	if (is_same)
		apply_line(what, '=', "nothing to do");
	else
		apply_line(what, '~', "serial %lld, %lld record%s%s", apply_number(row, "serial"),
			   apply_number(row, "records"),
			   apply_number(row, "records") == 1 ? "" : "s", managed);
	free(what);
	json_decref(shown->zone);
	shown->zone = NULL;
}

static const char *apply_guard_text(const json_t *row)
{
	const char *guard = apply_member(row, "guarded");
	return !*guard                          ? ""
	       : strcmp(guard, "yes-many") == 0 ? ": needs --yes-many"
						: ": needs --allow-delete";
}

static void apply_show_zone_row(struct apply_shown *shown, const json_t *row)
{
	char *what;
	char sign = apply_sign(row);
	const json_t *after = json_object_get(row, "after");
	if (sign == '=') {
		shown->zone = json_incref((json_t *)(uintptr_t)row);
		return;
	}
	if (asprintf(&what, "zone %s", apply_member(row, "name")) < 0)
		abort();
	if (sign == '+')
		apply_line(what, sign, "made, with %lld record%s%s%s",
			   apply_number(after, "records"),
			   apply_number(after, "records") == 1 ? "" : "s",
			   *apply_member(after, "set") ? "; " : "", apply_member(after, "set"));
	else if (sign == '-')
		apply_line(what, sign, "%lld records, %lld of them not managed here%s",
			   apply_number(row, "records"), apply_number(row, "foreign"),
			   apply_guard_text(row));
	else
		apply_line(what, sign, "%s%s%s", apply_member(row, "text"),
			   *apply_member(row, "fix") ? ": --" : "", apply_member(row, "fix"));
	free(what);
}

/* --- what has a text before and after */

static void apply_show_change(const char *what, const json_t *row)
{
	const char *before = apply_member(row, "before"), *after = apply_member(row, "after");
	char sign = apply_sign(row);
	if (sign == '+')
		apply_line(what, sign, "%s", after);
	else if (sign == '-')
		apply_line(what, sign, "%s", before);
	else
		apply_line(what, sign, "%s -> %s", *before ? before : "none", after);
}

static void apply_show_rules(const json_t *row)
{
	const json_t *add = json_object_get(row, "add"), *gone = json_object_get(row, "remove");
	size_t i;
	const json_t *one;
	apply_line(APPLY_INDENT "rules", apply_sign(row), "%zu line%s more, %zu less",
		   json_array_size(add), json_array_size(add) == 1 ? "" : "s",
		   json_array_size(gone));
	json_array_foreach(gone, i, one)
	{
		apply_line("", ' ', "- %s", json_string_value(one));
	}
	json_array_foreach(add, i, one)
	{
		apply_line("", ' ', "+ %s", json_string_value(one));
	}
}

static void apply_show_rrset(const json_t *row)
{
	const json_t *before = json_object_get(row, "before"),
		     *after = json_object_get(row, "after");
	const json_t *some = json_is_object(after) ? after : before;
	char *was = apply_list_text(json_object_get(before, "data"));
	char *is = apply_list_text(json_object_get(after, "data"));
	char *name, *what, ttl[32] = "";
	char sign = apply_sign(row);
	if (json_is_object(some))
		snprintf(ttl, sizeof ttl, "%lld ", apply_number(some, "ttl"));
	if (asprintf(&name, "%s %s%s", apply_member(row, "name"), ttl, apply_member(row, "type")) <
	    0)
		abort();
	what = apply_what(row, "record", name);
	if (sign == '!')
		apply_line(what, sign, "%s%s%s", apply_member(row, "text"),
			   *apply_member(row, "fix") ? ": " : "",
			   !strcmp(apply_member(row, "fix"), "adopt")
				   ? "--adopt, or out of the file"
			   : *apply_member(row, "fix") ? "owner transfer, or out of the file"
						       : "");
	else if (sign == '~')
		apply_line(what, sign, "%s -> %s%s", was, is,
			   apply_number(before, "ttl") != apply_number(after, "ttl") ? ", new TTL"
										     : "");
	else
		apply_line(what, sign, "%s%s%s", sign == '+' ? is : was,
			   *apply_member(row, "beside") ? ", beside records of " : "",
			   apply_member(row, "beside"));
	free(was);
	free(is);
	free(name);
	free(what);
}

/* --- keys and groups */

static void apply_show_key(const json_t *row)
{
	const json_t *after = json_object_get(row, "after");
	const char *secret = apply_member(after, "secret");
	char *what = apply_what(row, "key", apply_member(row, "name"));
	char sign = apply_sign(row);
	if (sign == '-')
		apply_line(what, sign, "%s%s", apply_member(row, "text"), apply_guard_text(row));
	else if (sign == '!')
		apply_line(what, sign, "%s", apply_member(row, "text"));
	else if (!strcmp(secret, "generate"))
		apply_line(what, sign, "%s, a secret will be generated",
			   apply_member(after, "algorithm"));
	else
		apply_line(what, sign, "%s, %ssecret from %s", apply_member(after, "algorithm"),
			   sign == '~' ? "another " : "",
			   !strncmp(secret, "env:", 4) ? secret + 4 : secret);
	free(what);
}

static void apply_show_group(const json_t *row)
{
	char *what = apply_what(row, "group", apply_member(row, "name"));
	char *add = apply_list_text(json_object_get(row, "add"));
	char *gone = apply_list_text(json_object_get(row, "remove"));
	char sign = apply_sign(row);
	if (sign == '!' || sign == '-')
		apply_line(what, sign, "%s%s", apply_member(row, "text"), apply_guard_text(row));
	else if (!strcmp(apply_member(row, "field"), "window"))
		apply_line(what, sign, "window: %s -> %s", apply_member(row, "before"),
			   apply_member(row, "after"));
	else if (!strcmp(apply_member(row, "field"), "acting"))
		apply_line(what, sign, "acting: %s",
			   json_is_true(json_object_get(row, "after")) ? "on" : "off");
	else
		apply_line(what, sign, "members:%s%s%s%s", *add ? " + " : "", add,
			   *gone ? " - " : "", gone);
	free(add);
	free(gone);
	free(what);
}

static void apply_show_note(const json_t *row)
{
	char *name;
	if (asprintf(&name, "%s %s", apply_member(row, "name"), apply_member(row, "type")) < 0)
		abort();
	char *what = apply_what(row, "note", name);
	apply_show_change(what, row);
	free(name);
	free(what);
}

static void apply_show_other(const json_t *row)
{
	const char *object = apply_member(row, "object");
	char *what = apply_what(row, object, apply_member(row, "name"));
	if (apply_sign(row) == '!')
		apply_line(what, '!', "%s", apply_member(row, "text"));
	else if (!strcmp(object, "seed") && apply_sign(row) == '=')
		apply_line(what, '=', "%s", apply_member(row, "text"));
	else if (!strcmp(object, "seed"))
		apply_line(what, '+', "%lld records, once", apply_number(row, "records"));
	else if (!strcmp(object, "records"))
		apply_line(what, '!', "%lld of %lld would go: needs --yes-many",
			   apply_number(row, "gone"), apply_number(row, "managed"));
	else
		apply_show_change(what, row);
	free(what);
}

/* --- all */

void apply_show_row(struct apply_shown *shown, const json_t *row)
{
	const char *object = apply_member(row, "object"), *zone = apply_member(row, "zone");
	bool is_of_it = shown->zone && strcmp(zone, apply_member(shown->zone, "name")) == 0;
	if (!strcmp(object, "summary"))
		return;
	shown->makes_zones |= !strcmp(object, "zone") && apply_sign(row) == '+';
	shown->deletes_zones |= !strcmp(object, "zone") && apply_sign(row) == '-';
	shown->has_keys |= !strcmp(object, "key");
	apply_show_zone(shown, !is_of_it);
	if (!strcmp(object, "zone"))
		apply_show_zone_row(shown, row);
	else if (!strcmp(object, "rules"))
		apply_show_rules(row);
	else if (!strcmp(object, "rrset"))
		apply_show_rrset(row);
	else if (!strcmp(object, "key"))
		apply_show_key(row);
	else if (!strcmp(object, "group"))
		apply_show_group(row);
	else if (!strcmp(object, "note"))
		apply_show_note(row);
	else
		apply_show_other(row);
}

char *apply_show_counts(const json_t *summary)
{
	char *text;
	long long conflicts = apply_number(summary, "conflict");
	long long guarded = apply_number(summary, "guarded");
	char more[96] = "";
	size_t at = 0;
	if (conflicts)
		at += (size_t)snprintf(more, sizeof more, ", %lld conflict%s", conflicts,
				       conflicts == 1 ? "" : "s");
	if (guarded)
		snprintf(more + at, sizeof more - at, ", %lld guarded", guarded);
	if (asprintf(&text, "%lld to add, %lld to change, %lld to delete%s",
		     apply_number(summary, "add"), apply_number(summary, "change"),
		     apply_number(summary, "delete"), more) < 0)
		abort();
	return text;
}

void apply_show_end(struct apply_shown *shown, const json_t *summary, bool is_whole)
{
	char *counts = apply_show_counts(summary);
	apply_show_zone(shown, true);
	if (is_whole)
		printf("plan: %s. Nothing was changed. Log at %lld.\n", counts,
		       apply_number(summary, "log"));
	free(counts);
}
