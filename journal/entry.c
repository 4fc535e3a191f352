/* SPDX-License-Identifier: BSD-2-Clause */
#include "journal/entry.h"
#include <assert.h>
#include <string.h>

#define FORMAT      1
#define VARINT_MAX  10
#define STATE_BOUND (4 * VARINT_MAX)
/* The head's numbers, names and addresses, without its texts. */
#define HEAD_BOUND   512
#define CHANGE_BOUND (DNS_NAME_MAX + 4 * VARINT_MAX + 2 * STATE_BOUND)
/* The least a change takes: what, type, previous, length, and one state. */
#define CHANGE_LEAST 8

/* What a head holds; the texts stand in the order of their flags. */
enum flag {
	HAS_ZONE = 1 << 0,
	HAS_SOURCE = 1 << 1,
	HAS_PRINCIPAL = 1 << 2,
	HAS_ACTING = 1 << 3,
	HAS_KEY = 1 << 4,
	HAS_EVENT = 1 << 5,
	HAS_REASON = 1 << 6,
	HAS_SUBJECT = 1 << 7,
	HAS_CODE = 1 << 8,
	HAS_OWNER = 1 << 9,
	HAS_RULE = 1 << 10,
	HAS_PREREQUISITES = 1 << 11,
	ALL_FLAGS = (1 << 12) - 1,
};

/* A change's first byte: what it is, and how its name is written. */
#define WHAT_MASK   0x07
#define SAME_NAME   0x10 /* as the change before */
#define UNDER_ZONE  0x20 /* the labels before the zone's apex */
#define KNOWN_MARKS (WHAT_MASK | SAME_NAME | UNDER_ZONE)

static const char *const kind_names[] = {
	[ENTRY_UPDATE] = "update",     [ENTRY_REFRESH] = "refresh",
	[ENTRY_SCAVENGE] = "scavenge", [ENTRY_ADMIN] = "admin",
	[ENTRY_IMPORT] = "import",     [ENTRY_TRANSFER_IN] = "transfer-in",
	[ENTRY_RESTORE] = "restore",   [ENTRY_SETTING] = "setting",
	[ENTRY_DENIED] = "denied",     [ENTRY_RUN] = "run",
};

static const char *const class_names[] = {
	[RECORD_STATIC] = "static",
	[RECORD_DYNAMIC] = "dynamic",
	[RECORD_PINNED] = "pinned",
};

/* The owners' texts; 0 stands for none, so the first is 1. */
struct owners {
	const char **texts;
	size_t count, last;
};

static size_t owner_find(struct owners *owners, const char *text)
{
	if (!text)
		return 0;
	if (owners->last < owners->count && strcmp(owners->texts[owners->last], text) == 0)
		return owners->last + 1;
	for (owners->last = 0; owners->last < owners->count; owners->last++) {
		if (strcmp(owners->texts[owners->last], text) == 0)
			return owners->last + 1;
	}
	owners->texts[owners->count++] = text;
	return owners->count;
}

/* Seven bits a byte, the lowest first; the top bit says that more follow. */
static void put_varint(struct bytes_out *out, uint64_t v)
{
	for (; v >= 0x80; v >>= 7)
		bytes_out_u8(out, (uint8_t)(v | 0x80));
	bytes_out_u8(out, (uint8_t)v);
}

static uint64_t get_varint(struct bytes_in *in)
{
	uint64_t v = 0;
	for (unsigned shift = 0; shift < 64; shift += 7) {
		uint8_t byte = bytes_in_u8(in);
		if (shift == 63 && byte > 1)
			break;
		v |= (uint64_t)(byte & 0x7f) << shift;
		if (byte < 0x80)
			return v;
	}
	in->bad = true;
	return 0;
}

static uint64_t get_at_most(struct bytes_in *in, uint64_t most)
{
	uint64_t v = get_varint(in);
	if (v > most)
		in->bad = true;
	return in->bad ? 0 : v;
}

static void put_text(struct bytes_out *out, const char *text)
{
	if (!text)
		return;
	size_t len = strlen(text);
	put_varint(out, len);
	bytes_out_put(out, text, len);
}

static const char *get_text(struct bytes_in *in, struct arena *arena)
{
	size_t len = (size_t)get_at_most(in, bytes_in_left(in));
	const uint8_t *text = bytes_in_take(in, len);
	if (!text || memchr(text, 0, len)) {
		in->bad = true;
		return NULL;
	}
	return arena_text(arena, (const char *)text, len);
}

static void put_name(struct bytes_out *out, const struct dns_name *name)
{
	bytes_out_u8(out, name->len);
	bytes_out_put(out, name->wire, name->len);
}

static void get_name(struct bytes_in *in, struct dns_name *name)
{
	size_t len = bytes_in_u8(in);
	const uint8_t *wire = bytes_in_take(in, len);
	if (!wire || !dns_name_from_wire(name, bytes_of(wire, len)))
		in->bad = true;
}

static void put_labels(struct bytes_out *out, const struct dns_name *name,
		       const struct dns_name *zone)
{
	uint8_t len = (uint8_t)(name->len - zone->len);
	bytes_out_u8(out, len);
	bytes_out_put(out, name->wire, len);
}

static void get_labels(struct bytes_in *in, const struct dns_name *zone, struct dns_name *name)
{
	uint8_t wire[2 * DNS_NAME_MAX];
	struct bytes_out out = bytes_out_of(wire, sizeof wire);
	size_t len = bytes_in_u8(in);
	const uint8_t *labels = bytes_in_take(in, len);
	if (!labels)
		return;
	bytes_out_put(&out, labels, len);
	bytes_out_put(&out, zone->wire, zone->len);
	if (!dns_name_from_wire(name, bytes_of(wire, bytes_out_len(&out))))
		in->bad = true;
}

static void put_source(struct bytes_out *out, const struct addr *source)
{
	bool is_v6 = source->any.sa_family == AF_INET6;
	bytes_out_u8(out, is_v6 ? 16 : 4);
	if (is_v6)
		bytes_out_put(out, &source->v6.sin6_addr, 16);
	else
		bytes_out_put(out, &source->v4.sin_addr, 4);
	bytes_out_u16(out, addr_port(source));
}

static void get_source(struct bytes_in *in, struct addr *source)
{
	uint8_t len = bytes_in_u8(in);
	const uint8_t *host = len == 4 || len == 16 ? bytes_in_take(in, len) : NULL;
	uint16_t port = htons(bytes_in_u16(in));
	if (!host || in->bad) {
		in->bad = true;
		return;
	}
	if (len == 4) {
		source->v4.sin_family = AF_INET;
		source->v4.sin_port = port;
		memcpy(&source->v4.sin_addr, host, 4);
		source->len = sizeof source->v4;
	} else {
		source->v6.sin6_family = AF_INET6;
		source->v6.sin6_port = port;
		memcpy(&source->v6.sin6_addr, host, 16);
		source->len = sizeof source->v6;
	}
}

static unsigned flags_of(const struct entry *e)
{
	return (e->has_zone ? HAS_ZONE : 0u) | (e->source.len ? HAS_SOURCE : 0u) |
	       (e->principal ? HAS_PRINCIPAL : 0u) | (e->acting ? HAS_ACTING : 0u) |
	       (e->key ? HAS_KEY : 0u) | (e->event ? HAS_EVENT : 0u) |
	       (e->reason ? HAS_REASON : 0u) | (e->subject ? HAS_SUBJECT : 0u) |
	       (e->code ? HAS_CODE : 0u) | (e->owner ? HAS_OWNER : 0u) | (e->rule ? HAS_RULE : 0u) |
	       (e->prerequisites.len ? HAS_PREREQUISITES : 0u);
}

static void put_head(struct bytes_out *out, const struct entry *e)
{
	bytes_out_u8(out, FORMAT);
	put_varint(out, e->seq);
	put_varint(out, e->time_us);
	bytes_out_u8(out, (uint8_t)e->kind);
	put_varint(out, flags_of(e));
	if (e->has_zone) {
		put_varint(out, e->zone_id);
		put_name(out, &e->zone);
		bytes_out_u32(out, e->serial_before);
		bytes_out_u32(out, e->serial_after);
	}
	if (e->source.len)
		put_source(out, &e->source);
	put_text(out, e->principal);
	put_text(out, e->acting);
	put_text(out, e->key);
	put_text(out, e->event);
	put_text(out, e->reason);
	put_text(out, e->subject);
	put_text(out, e->code);
	put_text(out, e->owner);
	put_text(out, e->rule);
	if (e->prerequisites.len) {
		put_varint(out, e->prerequisites.len);
		bytes_out_put(out, e->prerequisites.data, e->prerequisites.len);
	}
	bytes_out_u8(out, (uint8_t)e->transport);
	put_varint(out, e->message_id);
	put_varint(out, e->rcode);
	put_varint(out, e->folded);
	put_varint(out, e->run);
}

static const char *get_text_if(struct bytes_in *in, unsigned flags, unsigned flag,
			       struct arena *arena)
{
	return flags & flag ? get_text(in, arena) : NULL;
}

static void get_prerequisites(struct bytes_in *in, struct entry *e)
{
	size_t len = (size_t)get_at_most(in, bytes_in_left(in));
	e->prerequisites = bytes_of(bytes_in_take(in, len), len);
	if (!len)
		in->bad = true;
}

static void get_head(struct bytes_in *in, struct entry *e, struct arena *arena)
{
	if (bytes_in_u8(in) != FORMAT)
		in->bad = true;
	e->seq = get_varint(in);
	e->time_us = get_varint(in);
	e->kind = bytes_in_u8(in);
	if (!entry_kind_name(e->kind))
		in->bad = true;
	unsigned flags = (unsigned)get_at_most(in, ALL_FLAGS);
	e->has_zone = flags & HAS_ZONE;
	if (e->has_zone) {
		e->zone_id = (uint32_t)get_at_most(in, UINT32_MAX);
		get_name(in, &e->zone);
		e->serial_before = bytes_in_u32(in);
		e->serial_after = bytes_in_u32(in);
	}
	if (flags & HAS_SOURCE)
		get_source(in, &e->source);
	e->principal = get_text_if(in, flags, HAS_PRINCIPAL, arena);
	e->acting = get_text_if(in, flags, HAS_ACTING, arena);
	e->key = get_text_if(in, flags, HAS_KEY, arena);
	e->event = get_text_if(in, flags, HAS_EVENT, arena);
	e->reason = get_text_if(in, flags, HAS_REASON, arena);
	e->subject = get_text_if(in, flags, HAS_SUBJECT, arena);
	e->code = get_text_if(in, flags, HAS_CODE, arena);
	e->owner = get_text_if(in, flags, HAS_OWNER, arena);
	e->rule = get_text_if(in, flags, HAS_RULE, arena);
	if (flags & HAS_PREREQUISITES)
		get_prerequisites(in, e);
	e->transport = bytes_in_u8(in);
	if (e->transport > ENTRY_TCP)
		in->bad = true;
	e->message_id = (uint16_t)get_at_most(in, UINT16_MAX);
	e->rcode = (uint16_t)get_at_most(in, UINT16_MAX);
	e->folded = (uint32_t)get_at_most(in, UINT32_MAX);
	e->run = get_varint(in);
}

static void put_state(struct bytes_out *out, const struct record_state *state,
		      struct owners *owners)
{
	put_varint(out, state->ttl);
	put_varint(out, state->stamp);
	bytes_out_u8(out, (uint8_t)state->class);
	put_varint(out, owner_find(owners, state->owner));
}

static void get_state(struct bytes_in *in, struct record_state *state, const struct owners *owners)
{
	state->ttl = (uint32_t)get_at_most(in, UINT32_MAX);
	state->stamp = get_varint(in);
	state->class = bytes_in_u8(in);
	if (state->class > RECORD_PINNED)
		in->bad = true;
	size_t owner = (size_t)get_at_most(in, owners->count);
	state->owner = owner ? owners->texts[owner - 1] : NULL;
}

static void put_change(struct bytes_out *out, const struct entry *e, size_t i,
		       struct owners *owners)
{
	const struct change *c = &e->changes[i];
	unsigned mark = c->what;
	if (i && dns_name_equal(&c->name, &e->changes[i - 1].name))
		mark |= SAME_NAME;
	else if (e->has_zone && dns_name_under(&c->name, &e->zone))
		mark |= UNDER_ZONE;
	bytes_out_u8(out, (uint8_t)mark);
	if (mark & UNDER_ZONE)
		put_labels(out, &c->name, &e->zone);
	else if (!(mark & SAME_NAME))
		put_name(out, &c->name);
	put_varint(out, c->type);
	put_varint(out, c->previous);
	put_varint(out, c->rdata.len);
	bytes_out_put(out, c->rdata.data, c->rdata.len);
	if (c->what != CHANGE_ADDED)
		put_state(out, &c->was, owners);
	if (c->what != CHANGE_REMOVED)
		put_state(out, &c->is, owners);
}

static void get_change(struct bytes_in *in, const struct entry *e, struct change *changes, size_t i,
		       const struct owners *owners)
{
	struct change *c = &changes[i];
	unsigned mark = bytes_in_u8(in);
	c->what = mark & WHAT_MASK;
	bool is_known = (mark & ~(unsigned)KNOWN_MARKS) == 0 && c->what >= CHANGE_ADDED &&
			c->what <= CHANGE_REFRESHED;
	bool is_same = mark & SAME_NAME, is_under = mark & UNDER_ZONE;
	if (!is_known || (is_same && (is_under || i == 0)) || (is_under && !e->has_zone))
		in->bad = true;
	if (in->bad)
		return;
	if (is_same)
		c->name = changes[i - 1].name;
	else if (is_under)
		get_labels(in, &e->zone, &c->name);
	else
		get_name(in, &c->name);
	c->type = (uint16_t)get_at_most(in, UINT16_MAX);
	c->previous = get_varint(in);
	c->rdata.len = (size_t)get_at_most(in, UINT16_MAX);
	c->rdata.data = bytes_in_take(in, c->rdata.len);
	if (c->what != CHANGE_ADDED)
		get_state(in, &c->was, owners);
	if (c->what != CHANGE_REMOVED)
		get_state(in, &c->is, owners);
}

static size_t text_len(const char *text)
{
	return text ? strlen(text) + VARINT_MAX : 0;
}

/* More than the entry can take when it is packed. The changes come first: they fill the table. */
static size_t bound_of(const struct entry *e, size_t changes_len, const struct owners *owners)
{
	size_t n = HEAD_BOUND + changes_len + text_len(e->principal) + text_len(e->acting) +
		   text_len(e->key) + text_len(e->event) + text_len(e->reason) +
		   text_len(e->subject) + text_len(e->code) + text_len(e->owner) +
		   text_len(e->rule) + e->prerequisites.len + VARINT_MAX;
	for (size_t i = 0; i < owners->count; i++)
		n += text_len(owners->texts[i]);
	return n;
}

struct bytes entry_pack(const struct entry *e, struct arena *arena)
{
	struct owners owners = {
		.texts = arena_alloc(arena, (2 * e->change_count + 1) * sizeof(char *))};
	size_t bound = 0;
	for (size_t i = 0; i < e->change_count; i++)
		bound += CHANGE_BOUND + e->changes[i].rdata.len;
	struct bytes_out changes = bytes_out_of(arena_alloc(arena, bound), bound);
	for (size_t i = 0; i < e->change_count; i++)
		put_change(&changes, e, i, &owners);

	bound = bound_of(e, bytes_out_len(&changes), &owners);
	struct bytes_out out = bytes_out_of(arena_alloc(arena, bound), bound);
	put_head(&out, e);
	put_varint(&out, owners.count);
	for (size_t i = 0; i < owners.count; i++)
		put_text(&out, owners.texts[i]);
	put_varint(&out, e->change_count);
	bytes_out_put(&out, changes.start, bytes_out_len(&changes));
	assert(!changes.full && !out.full);
	return bytes_of(out.start, bytes_out_len(&out));
}

bool entry_unpack(struct entry *e, struct bytes packed, struct arena *arena)
{
	struct bytes_in in = bytes_in_of(packed.data, packed.len);
	struct owners owners = {0};
	memset(e, 0, sizeof *e);
	get_head(&in, e, arena);
	owners.count = (size_t)get_at_most(&in, bytes_in_left(&in));
	owners.texts = arena_alloc(arena, (owners.count + 1) * sizeof(char *));
	for (size_t i = 0; i < owners.count && !in.bad; i++)
		owners.texts[i] = get_text(&in, arena);
	e->change_count = (size_t)get_at_most(&in, bytes_in_left(&in) / CHANGE_LEAST);
	if (in.bad)
		return false;
	struct change *changes = arena_zero(arena, e->change_count * sizeof *changes);
	e->changes = changes;
	for (size_t i = 0; i < e->change_count && !in.bad; i++)
		get_change(&in, e, changes, i, &owners);
	return !in.bad && bytes_in_left(&in) == 0;
}

const char *entry_kind_name(enum entry_kind kind)
{
	return kind < sizeof kind_names / sizeof kind_names[0] ? kind_names[kind] : NULL;
}

const char *record_class_name(enum record_class class)
{
	return class_names[class];
}

bool record_class_parse(const char *text, enum record_class *class)
{
	for (unsigned i = 0; i < sizeof class_names / sizeof class_names[0]; i++) {
		if (strcmp(text, class_names[i]) == 0) {
			*class = (enum record_class)i;
			return true;
		}
	}
	return false;
}
