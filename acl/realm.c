/* SPDX-License-Identifier: BSD-2-Clause */
#include "acl/realm.h"
#include "journal/state_server.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define ROW          "realms"
#define FIELD_REALMS "realms"
#define FIELD_SUFFIX "realm-suffix"
#define FROM_KEYTAB  "keytab"
#define NO_REALMS    "none"
#define NO_SUFFIX    "default"

/* The next of a list with commas; false: it is over. */
static bool realm_take_item(const char **at, struct bytes *item)
{
	if (!*at)
		return false;
	const char *comma = strchr(*at, ',');
	*item = bytes_of(*at, comma ? (size_t)(comma - *at) : strlen(*at));
	*at = comma ? comma + 1 : NULL;
	return true;
}

const char *realm_fault(const char *realm)
{
	if (!*realm)
		return "a realm is missing";
	for (const char *c = realm; *c; c++)
		if (*c <= ' ' || *c >= 0x7f || strchr("@/\\*,:", *c))
			return "a realm is of printable letters without @ / \\ * , and :";
	return strlen(realm) >= WHO_TEXT_MAX ? "longer than a realm may be" : NULL;
}

static const char *realm_complain(struct arena *arena, const char *item, const char *fault)
{
	return arena_print(arena, "'%.100s': %s", item, fault);
}

const char *realms_parse(struct realms *realms, const char *text, struct arena *arena)
{
	struct bytes item;
	const char *at = text, **names = arena_alloc(arena, REALMS_MAX * sizeof(*names));
	size_t count = 0;
	bool is_none = strcmp(text, NO_REALMS) == 0, is_default = strcmp(text, FROM_KEYTAB) == 0;
	if (strlen(text) >= REALM_TEXT_MAX)
		return "longer than a setting may be";
	while (!is_none && !is_default && realm_take_item(&at, &item)) {
		const char *name = arena_text(arena, (const char *)item.data, item.len);
		const char *fault = count == REALMS_MAX ? "more than 64 realms" : realm_fault(name);
		if (fault)
			return realm_complain(arena, name, fault);
		names[count++] = name;
	}
	realms->is_given = !is_default;
	realms->names = names;
	realms->count = count;
	realms->realms_text = arena_text(arena, text, strlen(text));
	return NULL;
}

static const char *suffix_read(struct realm_suffix *suffix, const char *text, struct arena *arena)
{
	const char *colon = strchr(text, ':');
	if (!colon)
		return "expected REALM:SUFFIX, as CORP.EXAMPLE:corp.example";
	suffix->realm = arena_text(arena, text, (size_t)(colon - text));
	const char *fault = realm_fault(suffix->realm);
	return fault ? fault : dns_name_parse_text(&suffix->suffix, colon + 1);
}

const char *realms_parse_suffix(struct realms *realms, const char *text, struct arena *arena)
{
	struct bytes item;
	const char *at = text;
	struct realm_suffix *suffixes = arena_alloc(arena, REALM_SUFFIXES_MAX * sizeof(*suffixes));
	size_t count = 0;
	if (strlen(text) >= REALM_TEXT_MAX)
		return "longer than a setting may be";
	while (strcmp(text, NO_SUFFIX) != 0 && realm_take_item(&at, &item)) {
		const char *one = arena_text(arena, (const char *)item.data, item.len);
		const char *fault = count == REALM_SUFFIXES_MAX
					    ? "more than 64 suffixes"
					    : suffix_read(&suffixes[count], one, arena);
		if (fault)
			return realm_complain(arena, one, fault);
		count++;
	}
	realms->suffixes = suffixes;
	realms->suffix_count = count;
	realms->suffix_text = arena_text(arena, text, strlen(text));
	return NULL;
}

bool realms_name(const struct realms *realms, const char *realm)
{
	for (size_t i = 0; i < realms->count; i++)
		if (strcmp(realms->names[i], realm) == 0)
			return true;
	return false;
}

struct realms *realms_load(struct store_txn *txn)
{
	struct realms *realms = calloc(1, sizeof(*realms));
	assert(realms);
	realms->realms_text = FROM_KEYTAB;
	realms->suffix_text = NO_SUFFIX;
	const char *given = server_text(txn, ROW, FIELD_REALMS, &realms->arena);
	const char *suffix = server_text(txn, ROW, FIELD_SUFFIX, &realms->arena);
	if ((given && realms_parse(realms, given, &realms->arena)) ||
	    (suffix && realms_parse_suffix(realms, suffix, &realms->arena)))
		store_fail(txn, STORE_CORRUPT);
	return realms;
}

void realms_free(struct realms *realms)
{
	if (!realms)
		return;
	arena_free(&realms->arena);
	free(realms);
}

void realms_put(struct state_edit *rows, const struct realms *realms)
{
	struct state_row_writer row = {.arena = rows->arena};
	bool has_realms = strcmp(realms->realms_text, FROM_KEYTAB) != 0;
	bool has_suffix = strcmp(realms->suffix_text, NO_SUFFIX) != 0;
	if (has_realms)
		state_row_put_text(&row, FIELD_REALMS, realms->realms_text);
	if (has_suffix)
		state_row_put_text(&row, FIELD_SUFFIX, realms->suffix_text);
	if (has_realms || has_suffix)
		server_put(rows, ROW, &row);
	else
		state_del(rows, STATE_SERVER, state_key_word(ROW));
}
