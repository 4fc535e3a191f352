/* SPDX-License-Identifier: BSD-2-Clause */
#include "migrate/descriptor.h"
#include <stdlib.h>

/* Bits of an entry's mask ([MS-DTYP] 2.4.3, [MS-ADTS] 5.1.3.2), and its flags (2.4.4.1). */
#define MAY_CREATE_CHILD  0x00000001u
#define MAY_WRITE         0x00000020u
#define GENERIC_ALL       0x10000000u
#define GENERIC_WRITE     0x40000000u
#define FLAG_INHERIT_ONLY 0x08u
#define FLAG_INHERITED    0x10u
#define ACE_ALLOW         0
#define ACE_ALLOW_OBJECT  5 /* for one property or kind of child only */

/* Aliases of SDDL ([MS-DTYP] 2.5.1.1). A number is the last part of a SID of the domain. */
static const struct descriptor_alias {
	char alias[3];
	const char *sid;
	uint32_t rid;
} aliases[] = {
	{"AN", "S-1-5-7", 0},
	{"AO", "S-1-5-32-548", 0},
	{"AU", SID_AUTHENTICATED, 0},
	{"BA", SID_ADMINISTRATORS, 0},
	{"BG", "S-1-5-32-546", 0},
	{"BO", "S-1-5-32-551", 0},
	{"BU", "S-1-5-32-545", 0},
	{"CG", "S-1-3-1", 0},
	{"CO", "S-1-3-0", 0},
	{"ED", SID_ENTERPRISE_DCS, 0},
	{"IU", "S-1-5-4", 0},
	{"LS", "S-1-5-19", 0},
	{"NO", "S-1-5-32-556", 0},
	{"NS", "S-1-5-20", 0},
	{"NU", "S-1-5-2", 0},
	{"PO", "S-1-5-32-550", 0},
	{"PS", "S-1-5-10", 0},
	{"PU", "S-1-5-32-547", 0},
	{"RC", "S-1-5-12", 0},
	{"RD", "S-1-5-32-555", 0},
	{"RE", "S-1-5-32-552", 0},
	{"RU", "S-1-5-32-554", 0},
	{"SO", "S-1-5-32-549", 0},
	{"SU", "S-1-5-6", 0},
	{"SY", SID_SYSTEM, 0},
	{"WD", SID_EVERYONE, 0},
	{"CA", NULL, 517},
	{"DA", NULL, SID_RID_DOMAIN_ADMINS},
	{"DC", NULL, 515},
	{"DD", NULL, SID_RID_DOMAIN_CONTROLLERS},
	{"DG", NULL, 514},
	{"DU", NULL, 513},
	{"EA", NULL, SID_RID_ENTERPRISE_ADMINS},
	{"LA", NULL, SID_RID_ADMINISTRATOR},
	{"LG", NULL, 501},
	{"PA", NULL, 520},
	{"RO", NULL, 498},
	{"RS", NULL, 553},
	{"SA", NULL, SID_RID_SCHEMA_ADMINS},
};

/* An entry of the DACL. */
struct descriptor_ace {
	bool is_allow, is_limited; /* to a property, or to a kind of child */
	uint8_t flags;
	uint32_t mask;
	struct sid who;
};

static void descriptor_add(struct descriptor *d, const struct descriptor_ace *ace, size_t room)
{
	bool writes = ace->mask & (MAY_WRITE | GENERIC_ALL | GENERIC_WRITE);
	bool creates = ace->mask & (MAY_CREATE_CHILD | GENERIC_ALL);
	if (!ace->is_allow || ace->flags & FLAG_INHERIT_ONLY)
		return;
	d->everyone_may_create |= creates && !ace->is_limited && sid_is_everyone(&ace->who);
	if (writes && !ace->is_limited && !(ace->flags & FLAG_INHERITED) && d->count < room)
		d->writers[d->count++] = ace->who;
}

static int descriptor_order(const void *a, const void *b)
{
	return sid_compare(a, b);
}

/* Each writer once. */
static void descriptor_finish(struct descriptor *d)
{
	size_t kept = 0;
	if (d->count > 1)
		qsort(d->writers, d->count, sizeof d->writers[0], descriptor_order);
	for (size_t i = 0; i < d->count; i++)
		if (kept == 0 || !sid_equal(&d->writers[kept - 1], &d->writers[i]))
			d->writers[kept++] = d->writers[i];
	d->count = kept;
}

/* --- the binary form --- */

static uint16_t descriptor_u16(struct bytes_in *in)
{
	return __builtin_bswap16(bytes_in_u16(in));
}

static uint32_t descriptor_u32(struct bytes_in *in)
{
	return __builtin_bswap32(bytes_in_u32(in));
}

/* A reader of what stands at an offset; `bad` if that lies outside. */
static struct bytes_in descriptor_at(struct bytes all, uint32_t offset)
{
	struct bytes_in in = bytes_in_of(all.data, all.len);
	bytes_in_take(&in, offset);
	return in;
}

/* One entry of a list; false: it does not hold what its size says. */
static bool descriptor_read_ace(struct bytes_in *list, struct descriptor_ace *ace)
{
	uint8_t type = bytes_in_u8(list);
	*ace = (struct descriptor_ace){.flags = bytes_in_u8(list)};
	uint16_t size = descriptor_u16(list);
	const uint8_t *rest = bytes_in_take(list, size >= 4 ? size - 4u : SIZE_MAX);
	if (!rest)
		return false;
	struct bytes_in in = bytes_in_of(rest, size - 4u);
	if (type != ACE_ALLOW && type != ACE_ALLOW_OBJECT)
		return true;
	ace->mask = descriptor_u32(&in);
	if (type == ACE_ALLOW_OBJECT) {
		uint32_t present = descriptor_u32(&in);
		ace->is_limited = present & 1;
		bytes_in_take(&in, (present & 1 ? 16u : 0) + (present & 2 ? 16u : 0));
		/* A kind of heir is said, and not of what. */
		ace->is_limited |= present != 0;
	}
	ace->is_allow = sid_read(&in, &ace->who);
	return ace->is_allow;
}

static const char *descriptor_read_list(struct bytes all, uint32_t offset, struct arena *arena,
					struct descriptor *d)
{
	struct bytes_in in = descriptor_at(all, offset);
	bytes_in_u16(&in); /* revision and a zero */
	uint16_t size = descriptor_u16(&in), count = descriptor_u16(&in);
	bytes_in_u16(&in);
	/* An entry has 16 bytes at least. */
	if (in.bad || size < 8 || count > bytes_in_left(&in) / 16)
		return "a list of access that is cut off";
	d->writers = arena_alloc(arena, (count ? count : 1u) * sizeof d->writers[0]);
	for (unsigned i = 0; i < count; i++) {
		struct descriptor_ace ace;
		if (!descriptor_read_ace(&in, &ace))
			return "an entry of the list of access that is cut off";
		descriptor_add(d, &ace, count);
	}
	return NULL;
}

const char *descriptor_read(struct bytes bytes, struct arena *arena, struct descriptor *d)
{
	struct descriptor read = {0};
	struct bytes_in in = bytes_in_of(bytes.data, bytes.len);
	uint8_t revision = bytes_in_u8(&in);
	bytes_in_u8(&in);
	bytes_in_u16(&in); /* control */
	uint32_t owner = descriptor_u32(&in);
	bytes_in_take(&in, 8); /* group, SACL */
	uint32_t dacl = descriptor_u32(&in);
	if (in.bad)
		return "a descriptor that is cut off";
	if (revision != 1)
		return "a descriptor of another revision than 1";
	in = descriptor_at(bytes, owner);
	if (owner != 0 && !sid_read(&in, &read.owner))
		return "a descriptor whose owner is no SID";
	const char *wrong = dacl ? descriptor_read_list(bytes, dacl, arena, &read) : NULL;
	if (wrong)
		return wrong;
	descriptor_finish(&read);
	*d = read;
	return NULL;
}

/* --- SDDL --- */

/* A SID or an alias. False: neither; an alias that is not known makes no SID. */
static bool descriptor_parse_sid(const char *text, size_t len, const struct sid *domain,
				 struct sid *sid)
{
	*sid = (struct sid){0};
	if (len != 2)
		return sid_parse(text, len, sid);
	for (size_t i = 0; i < sizeof(aliases) / sizeof(aliases[0]); i++) {
		if (memcmp(aliases[i].alias, text, 2) != 0)
			continue;
		if (aliases[i].sid)
			sid_parse(aliases[i].sid, strlen(aliases[i].sid), sid);
		else if (domain)
			*sid = sid_with_rid(domain, aliases[i].rid);
	}
	return true;
}

/* Rights in words of two letters, or as a number. */
static uint32_t descriptor_parse_rights(const char *text, size_t len)
{
	char number[12];
	uint32_t mask = 0;
	if (len > 2 && len < sizeof number && memcmp(text, "0x", 2) == 0) {
		memcpy(number, text, len);
		number[len] = '\0';
		return (uint32_t)strtoul(number, NULL, 16);
	}
	for (size_t i = 0; i + 2 <= len; i += 2) {
		if (memcmp(text + i, "CC", 2) == 0)
			mask |= MAY_CREATE_CHILD;
		if (memcmp(text + i, "WP", 2) == 0)
			mask |= MAY_WRITE;
		if (memcmp(text + i, "GA", 2) == 0)
			mask |= GENERIC_ALL;
		if (memcmp(text + i, "GW", 2) == 0)
			mask |= GENERIC_WRITE;
	}
	return mask;
}

static uint8_t descriptor_parse_flags(const char *text, size_t len)
{
	uint8_t flags = 0;
	for (size_t i = 0; i + 2 <= len; i += 2) {
		if (memcmp(text + i, "ID", 2) == 0)
			flags |= FLAG_INHERITED;
		if (memcmp(text + i, "IO", 2) == 0)
			flags |= FLAG_INHERIT_ONLY;
	}
	return flags;
}

/* `type;flags;rights;object;heir;who`, without its parentheses; conditions may follow. */
static bool descriptor_parse_ace(const char *text, size_t len, const struct sid *domain,
				 struct descriptor_ace *ace)
{
	struct bytes field[6] = {0};
	size_t from = 0, count = 0;
	for (size_t i = 0; i <= len && count < sizeof(field) / sizeof(field[0]); i++) {
		if (i < len && text[i] != ';')
			continue;
		field[count++] = bytes_of(text + from, i - from);
		from = i + 1;
	}
	if (count < sizeof(field) / sizeof(field[0]))
		return false;
	*ace = (struct descriptor_ace){
		.is_allow = bytes_equal(field[0], bytes_of("A", 1)) ||
			    bytes_equal(field[0], bytes_of("OA", 2)),
		.is_limited = field[3].len > 0 || field[4].len > 0,
		.flags = descriptor_parse_flags((const char *)field[1].data, field[1].len),
		.mask = descriptor_parse_rights((const char *)field[2].data, field[2].len),
	};
	return descriptor_parse_sid((const char *)field[5].data, field[5].len, domain, &ace->who);
}

/* The entries in parentheses at `at`; `*at` is behind them then. */
static const char *descriptor_parse_list(const char **at, const char *end, const struct sid *domain,
					 struct descriptor *d)
{
	size_t room = (size_t)(end - *at) / 2 + 1;
	while (*at < end && **at != '(' && **at != ':')
		++*at;
	while (*at < end && **at == '(') {
		struct descriptor_ace ace;
		const char *from = *at + 1, *close = memchr(from, ')', (size_t)(end - from));
		if (!close)
			return "a list of access that is cut off";
		if (!descriptor_parse_ace(from, (size_t)(close - from), domain, &ace))
			return "an entry of the list of access that is none";
		if (ace.who.count == 0)
			d->has_unknown = true;
		else
			descriptor_add(d, &ace, room);
		*at = close + 1;
	}
	return NULL;
}

/* Where the text of an owner or a group ends: before the next `X:`. */
static const char *descriptor_word_end(const char *at, const char *end)
{
	while (at < end && !(end - at >= 2 && at[1] == ':'))
		at++;
	return at;
}

const char *descriptor_parse(const char *text, size_t len, const struct sid *domain,
			     struct arena *arena, struct descriptor *d)
{
	struct descriptor read = {0};
	const char *at = text, *end = text + len;
	/* An entry has ten bytes at least: (A;;;;;WD). */
	size_t room = len / 2 + 1;
	if (room > len / 10 + 1)
		room = len / 10 + 1;
	read.writers = arena_alloc(arena, room * sizeof read.writers[0]);
	while (end - at >= 2 && at[1] == ':') {
		char part = *at;
		const char *wrong = NULL, *from = at += 2;
		if (part == 'D') {
			wrong = descriptor_parse_list(&at, end, domain, &read);
		} else if (part == 'S') {
			at = end;
		} else {
			at = descriptor_word_end(at, end);
			if (part == 'O' &&
			    !descriptor_parse_sid(from, (size_t)(at - from), domain, &read.owner))
				wrong = "a descriptor whose owner is no SID";
			read.has_unknown |= part == 'O' && read.owner.count == 0;
		}
		if (wrong)
			return wrong;
	}
	if (at < end)
		return "a descriptor that is no SDDL";
	descriptor_finish(&read);
	*d = read;
	return NULL;
}
