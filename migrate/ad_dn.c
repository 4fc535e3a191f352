/* SPDX-License-Identifier: BSD-2-Clause */
#include "migrate/ad_dn.h"
#include <ctype.h>
#include <string.h>
#include <strings.h>

static int ad_dn_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	char low = (char)(c | 0x20);
	return low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
}

/* The byte at `*at`, its escape resolved, moving behind it. */
static char ad_dn_byte(const char **at)
{
	char c = *(*at)++;
	if (c != '\\' || **at == '\0')
		return c;
	int high = ad_dn_digit(**at), low = high < 0 ? -1 : ad_dn_digit((*at)[1]);
	if (low < 0)
		return *(*at)++;
	*at += 2;
	return (char)(high << 4 | low);
}

/* One `TYPE=value` up to a comma. False: it is none. */
static bool ad_dn_parse_part(const char **at, struct ad_dn_part *part, struct arena *arena)
{
	const char *equals = strchr(*at, '=');
	if (!equals || equals == *at || memchr(*at, ',', (size_t)(equals - *at)))
		return false;
	part->type = arena_text(arena, *at, (size_t)(equals - *at));
	char *value = arena_alloc(arena, strlen(equals) + 1);
	part->value = value;
	part->len = 0;
	for (*at = equals + 1; **at && **at != ',';)
		value[part->len++] = ad_dn_byte(at);
	value[part->len] = '\0';
	return true;
}

bool ad_dn_parse(struct ad_dn *dn, const char *text, struct arena *arena)
{
	dn->count = 0;
	for (const char *at = text; *at;) {
		if (dn->count == AD_DN_PARTS_MAX ||
		    !ad_dn_parse_part(&at, &dn->part[dn->count], arena))
			return false;
		dn->count++;
		if (*at == ',' && *++at == '\0')
			return false;
	}
	return dn->count > 0;
}

bool ad_dn_is(const struct ad_dn *dn, size_t part, const char *type, const char *value)
{
	return part < dn->count && strcasecmp(dn->part[part].type, type) == 0 &&
	       strcasecmp(dn->part[part].value, value) == 0;
}

const char *ad_dn_realm(const struct ad_dn *dn, struct arena *arena)
{
	size_t first = dn->count;
	const char *realm = NULL;
	while (first > 0 && strcasecmp(dn->part[first - 1].type, "DC") == 0)
		first--;
	for (; first < dn->count; first++)
		realm = arena_print(arena, "%s%s%s", realm ? realm : "", realm ? "." : "",
				    dn->part[first].value);
	if (!realm)
		return NULL;
	char *upper = arena_text(arena, realm, strlen(realm));
	for (char *c = upper; *c; c++)
		*c = (char)toupper((unsigned char)*c);
	return upper;
}
