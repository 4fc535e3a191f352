/* SPDX-License-Identifier: BSD-2-Clause */
#include "journal/entry.h"
#include "base/varint.h"
#include <assert.h>
#include <string.h>

#define FORMAT_FIRST 1
#define STATE_BOUND  (6 * VARINT_MAX)
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

/* Tags of extensions; odd ones must be understood. */
enum extension {
	EXTENSION_ROWS = 1,
	EXTENSION_CAUSE = 2,
	EXTENSION_ERA = 4,
	EXTENSION_PERSON = 6,
	EXTENSION_COMMENT = 8,
	EXTENSION_NODE = 10,
	EXTENSION_REQUEST = 12,
	EXTENSION_FIRST = 14,
	EXTENSION_LAST = 16,
	EXTENSION_NAMES = 18,
	EXTENSION_NAMELESS = 20,
};

/* A record's class, and what stands behind it. */
#define CLASS_MASK  0x07
#define IS_GUEST    0x08
#define HAS_WINDOWS 0x10

/* A row's first byte. */
#define ROW_HAS_OLD 0x01
#define ROW_HAS_NEW 0x02
#define ROW_LEAST   3

/* A change's first byte: what it is, and how its name is written. */
#define WHAT_MASK   0x07
#define SAME_NAME   0x10 /* as the change before */
#define UNDER_ZONE  0x20 /* the labels before the zone's apex */
#define KNOWN_MARKS (WHAT_MASK | SAME_NAME | UNDER_ZONE)

static const char *const kind_names[] = {
	[ENTRY_UPDATE] = "update",
	[ENTRY_REFRESH] = "refresh",
	[ENTRY_SCAVENGE] = "scavenge",
	[ENTRY_ADMIN] = "admin",
	[ENTRY_IMPORT] = "import",
	[ENTRY_TRANSFER_IN] = "transfer-in",
	[ENTRY_RESTORE] = "restore",
	[ENTRY_SETTING] = "setting",
	[ENTRY_DENIED] = "denied",
	[ENTRY_RUN] = "run",
	[ENTRY_REFRESH_IGNORED] = "refresh-ignored",
	[ENTRY_PRUNE] = "prune",
	[ENTRY_CLOCK_STEP] = "clock-step",
};

static const char *const class_names[] = {
	[RECORD_STATIC] = "static",
	[RECORD_DYNAMIC] = "dynamic",
	[RECORD_PINNED] = "pinned",
	[RECORD_DERIVED] = "derived",
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

static void entry_put_text(struct bytes_out *out, const char *text)
{
	if (!text)
		return;
	size_t len = strlen(text);
	varint_put(out, len);
	bytes_out_put(out, text, len);
}

static const char *get_text(struct bytes_in *in, struct arena *arena)
{
	size_t len = (size_t)varint_at_most(in, bytes_in_left(in));
	const uint8_t *text = bytes_in_take(in, len);
	if (!text || memchr(text, 0, len)) {
		in->bad = true;
		return NULL;
	}
	return arena_text(arena, (const char *)text, len);
}

static void entry_put_name(struct bytes_out *out, const struct dns_name *name)
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

static unsigned entry_flags_of(const struct entry *e)
{
	return (e->has_zone ? HAS_ZONE : 0u) | (e->source.len ? HAS_SOURCE : 0u) |
	       (e->principal ? HAS_PRINCIPAL : 0u) | (e->acting ? HAS_ACTING : 0u) |
	       (e->key ? HAS_KEY : 0u) | (e->event ? HAS_EVENT : 0u) |
	       (e->reason ? HAS_REASON : 0u) | (e->subject ? HAS_SUBJECT : 0u) |
	       (e->code ? HAS_CODE : 0u) | (e->owner ? HAS_OWNER : 0u) | (e->rule ? HAS_RULE : 0u) |
	       (e->prerequisites.len ? HAS_PREREQUISITES : 0u);
}

static void entry_put_head(struct bytes_out *out, const struct entry *e)
{
	bytes_out_u8(out, ENTRY_FORMAT);
	varint_put(out, e->seq);
	varint_put(out, e->time_us);
	bytes_out_u8(out, (uint8_t)e->kind);
	varint_put(out, entry_flags_of(e));
	if (e->has_zone) {
		varint_put(out, e->zone_id);
		entry_put_name(out, &e->zone);
		bytes_out_u32(out, e->serial_before);
		bytes_out_u32(out, e->serial_after);
	}
	if (e->source.len)
		put_source(out, &e->source);
	entry_put_text(out, e->principal);
	entry_put_text(out, e->acting);
	entry_put_text(out, e->key);
	entry_put_text(out, e->event);
	entry_put_text(out, e->reason);
	entry_put_text(out, e->subject);
	entry_put_text(out, e->code);
	entry_put_text(out, e->owner);
	entry_put_text(out, e->rule);
	if (e->prerequisites.len) {
		varint_put(out, e->prerequisites.len);
		bytes_out_put(out, e->prerequisites.data, e->prerequisites.len);
	}
	bytes_out_u8(out, (uint8_t)e->transport);
	varint_put(out, e->message_id);
	varint_put(out, e->rcode);
	varint_put(out, e->folded);
	varint_put(out, e->run);
}

static const char *get_text_if(struct bytes_in *in, unsigned flags, unsigned flag,
			       struct arena *arena)
{
	return flags & flag ? get_text(in, arena) : NULL;
}

static void get_prerequisites(struct bytes_in *in, struct entry *e)
{
	size_t len = (size_t)varint_at_most(in, bytes_in_left(in));
	e->prerequisites = bytes_of(bytes_in_take(in, len), len);
	if (!len)
		in->bad = true;
}

static void get_head(struct bytes_in *in, struct entry *e, struct arena *arena)
{
	e->format = bytes_in_u8(in);
	if (e->format < FORMAT_FIRST || e->format > ENTRY_FORMAT)
		in->bad = true;
	e->seq = varint_get(in);
	e->time_us = varint_get(in);
	e->kind = bytes_in_u8(in);
	if (!entry_kind_name(e->kind))
		in->bad = true;
	unsigned flags = (unsigned)varint_at_most(in, ALL_FLAGS);
	e->has_zone = flags & HAS_ZONE;
	if (e->has_zone) {
		e->zone_id = (uint32_t)varint_at_most(in, UINT32_MAX);
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
	e->message_id = (uint16_t)varint_at_most(in, UINT16_MAX);
	e->rcode = (uint16_t)varint_at_most(in, UINT16_MAX);
	e->folded = (uint32_t)varint_at_most(in, UINT32_MAX);
	e->run = varint_get(in);
}

static void entry_put_state(struct bytes_out *out, const struct record_state *state,
			    struct owners *owners)
{
	varint_put(out, state->ttl);
	varint_put(out, state->stamp);
	bool has_windows = state->windows.no_refresh || state->windows.refresh;
	bytes_out_u8(out, (uint8_t)(state->class | (state->is_guest ? IS_GUEST : 0) |
				    (has_windows ? HAS_WINDOWS : 0)));
	varint_put(out, owner_find(owners, state->owner));
	if (has_windows) {
		varint_put(out, state->windows.no_refresh);
		varint_put(out, state->windows.refresh);
	}
}

static void get_state(struct bytes_in *in, struct record_state *state, const struct owners *owners)
{
	state->ttl = (uint32_t)varint_at_most(in, UINT32_MAX);
	state->stamp = varint_get(in);
	unsigned marks = bytes_in_u8(in);
	if ((marks & ~(unsigned)(CLASS_MASK | IS_GUEST | HAS_WINDOWS)) ||
	    (marks & CLASS_MASK) > RECORD_DERIVED)
		in->bad = true;
	state->class = marks & CLASS_MASK;
	state->is_guest = marks & IS_GUEST;
	size_t owner = (size_t)varint_at_most(in, owners->count);
	state->owner = owner ? owners->texts[owner - 1] : NULL;
	if (marks & HAS_WINDOWS) {
		state->windows.no_refresh = (uint32_t)varint_at_most(in, UINT32_MAX);
		state->windows.refresh = (uint32_t)varint_at_most(in, UINT32_MAX);
	}
}

static void entry_put_change(struct bytes_out *out, const struct entry *e, size_t i,
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
		entry_put_name(out, &c->name);
	varint_put(out, c->type);
	varint_put(out, c->previous);
	varint_put(out, c->rdata.len);
	bytes_out_put(out, c->rdata.data, c->rdata.len);
	if (c->what != CHANGE_ADDED)
		entry_put_state(out, &c->was, owners);
	if (c->what != CHANGE_REMOVED)
		entry_put_state(out, &c->is, owners);
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
	c->type = (uint16_t)varint_at_most(in, UINT16_MAX);
	c->previous = varint_get(in);
	c->rdata.len = (size_t)varint_at_most(in, UINT16_MAX);
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

static void entry_put_row(struct bytes_out *out, const struct state_change *row)
{
	bytes_out_u8(out, (uint8_t)((row->has_old ? ROW_HAS_OLD : 0) |
				    (row->has_new ? ROW_HAS_NEW : 0)));
	varint_put(out, row->table);
	varint_put(out, row->key.len);
	bytes_out_put(out, row->key.data, row->key.len);
	if (row->has_old) {
		varint_put(out, row->old.len);
		bytes_out_put(out, row->old.data, row->old.len);
	}
	if (row->has_new) {
		varint_put(out, row->new.len);
		bytes_out_put(out, row->new.data, row->new.len);
	}
}

static struct bytes get_bytes(struct bytes_in *in)
{
	size_t len = (size_t)varint_at_most(in, bytes_in_left(in));
	return bytes_of(bytes_in_take(in, len), len);
}

static void get_row(struct bytes_in *in, struct state_change *row)
{
	unsigned marks = bytes_in_u8(in);
	row->table = (enum state_table)varint_at_most(in, STATE_TABLES - 1);
	row->has_old = marks & ROW_HAS_OLD;
	row->has_new = marks & ROW_HAS_NEW;
	row->key = get_bytes(in);
	if (row->has_old)
		row->old = get_bytes(in);
	if (row->has_new)
		row->new = get_bytes(in);
	if (marks == 0 || (marks & ~(unsigned)(ROW_HAS_OLD | ROW_HAS_NEW)) || row->table == 0 ||
	    row->key.len >= STATE_KEY_MAX || !state_row_is_whole(row->old) ||
	    !state_row_is_whole(row->new))
		in->bad = true;
}

static size_t rows_bound(const struct entry *e)
{
	size_t bound = 2 * VARINT_MAX;
	for (size_t i = 0; i < e->row_count; i++)
		bound += 1 + 4 * VARINT_MAX + e->rows[i].key.len + e->rows[i].old.len +
			 e->rows[i].new.len;
	return bound;
}

static void put_extension(struct bytes_out *out, enum extension tag, struct bytes value)
{
	varint_put(out, tag);
	varint_put(out, value.len);
	bytes_out_put(out, value.data, value.len);
}

static void put_extension_number(struct bytes_out *out, enum extension tag, uint64_t number)
{
	uint8_t value[VARINT_MAX];
	struct bytes_out in = bytes_out_of(value, sizeof(value));
	if (!number)
		return;
	varint_put(&in, number);
	put_extension(out, tag, bytes_of(value, bytes_out_len(&in)));
}

static void put_extension_text(struct bytes_out *out, enum extension tag, const char *text)
{
	if (text)
		put_extension(out, tag, bytes_of(text, strlen(text)));
}

static void entry_put_rows(struct bytes_out *out, const struct entry *e, struct arena *arena)
{
	size_t bound = rows_bound(e);
	if (!e->row_count)
		return;
	struct bytes_out rows = bytes_out_of(arena_alloc(arena, bound), bound);
	varint_put(&rows, e->row_count);
	for (size_t i = 0; i < e->row_count; i++)
		entry_put_row(&rows, &e->rows[i]);
	assert(!rows.full);
	put_extension(out, EXTENSION_ROWS, bytes_of(rows.start, bytes_out_len(&rows)));
}

/* With the NULs but the last. */
static size_t names_len(const char *names)
{
	const char *at = names;
	while (at && *at)
		at += strlen(at) + 1;
	return at ? (size_t)(at - names) : 0;
}

/* All of them, behind their length. */
static struct bytes pack_extensions(const struct entry *e, struct arena *arena)
{
	size_t bound = rows_bound(e) + text_len(e->person) + text_len(e->comment) +
		       text_len(e->node) + e->request.len + e->unknown.len + names_len(e->names) +
		       28 * VARINT_MAX;
	struct bytes_out out = bytes_out_of(arena_alloc(arena, bound), bound);
	entry_put_rows(&out, e, arena);
	put_extension_number(&out, EXTENSION_CAUSE, e->cause);
	put_extension_number(&out, EXTENSION_ERA, e->era);
	put_extension_text(&out, EXTENSION_PERSON, e->person);
	put_extension_text(&out, EXTENSION_COMMENT, e->comment);
	put_extension_text(&out, EXTENSION_NODE, e->node);
	if (e->request.len)
		put_extension(&out, EXTENSION_REQUEST, e->request);
	put_extension_number(&out, EXTENSION_FIRST, e->first_us);
	put_extension_number(&out, EXTENSION_LAST, e->last_us);
	if (names_len(e->names))
		put_extension(&out, EXTENSION_NAMES, bytes_of(e->names, names_len(e->names)));
	put_extension_number(&out, EXTENSION_NAMELESS, e->nameless);
	bytes_out_put(&out, e->unknown.data, e->unknown.len);
	assert(!out.full);
	return bytes_of(out.start, bytes_out_len(&out));
}

static bool get_rows(struct bytes value, struct entry *e, struct arena *arena)
{
	struct bytes_in in = bytes_in_of(value.data, value.len);
	e->row_count = (size_t)varint_at_most(&in, value.len / ROW_LEAST);
	struct state_change *rows = arena_zero(arena, (e->row_count + 1) * sizeof(*rows));
	e->rows = rows;
	for (size_t i = 0; i < e->row_count && !in.bad; i++)
		get_row(&in, &rows[i]);
	return !in.bad && bytes_in_left(&in) == 0;
}

static bool get_extension_text(struct bytes value, const char **text, struct arena *arena)
{
	if (value.len && memchr(value.data, 0, value.len))
		return false;
	*text = arena_text(arena, (const char *)value.data, value.len);
	return true;
}

/* Texts that are not empty, each with a NUL behind it. */
static bool get_extension_names(struct bytes value, const char **names, struct arena *arena)
{
	if (!value.len || value.data[value.len - 1] || !value.data[0])
		return false;
	for (size_t i = 1; i < value.len; i++)
		if (!value.data[i] && !value.data[i - 1])
			return false;
	*names = arena_text(arena, (const char *)value.data, value.len);
	return true;
}

static uint64_t get_extension_number(struct bytes value, uint64_t most, bool *bad)
{
	struct bytes_in in = bytes_in_of(value.data, value.len);
	uint64_t number = varint_at_most(&in, most);
	*bad = in.bad || bytes_in_left(&in);
	return number;
}

/* False: it is damaged, or must be understood and is not. */
static bool get_extension(uint64_t tag, struct bytes value, struct entry *e, struct arena *arena,
			  bool *is_known)
{
	bool bad = false;
	*is_known = true;
	switch (tag) {
	case EXTENSION_ROWS:
		return get_rows(value, e, arena);
	case EXTENSION_CAUSE:
		e->cause = get_extension_number(value, UINT64_MAX, &bad);
		return !bad;
	case EXTENSION_ERA:
		e->era = (uint32_t)get_extension_number(value, UINT32_MAX, &bad);
		return !bad;
	case EXTENSION_PERSON:
		return get_extension_text(value, &e->person, arena);
	case EXTENSION_COMMENT:
		return get_extension_text(value, &e->comment, arena);
	case EXTENSION_NODE:
		return get_extension_text(value, &e->node, arena);
	case EXTENSION_REQUEST:
		e->request = value;
		return true;
	case EXTENSION_FIRST:
		e->first_us = get_extension_number(value, UINT64_MAX, &bad);
		return !bad;
	case EXTENSION_LAST:
		e->last_us = get_extension_number(value, UINT64_MAX, &bad);
		return !bad;
	case EXTENSION_NAMES:
		return get_extension_names(value, &e->names, arena);
	case EXTENSION_NAMELESS:
		e->nameless = (uint32_t)get_extension_number(value, UINT32_MAX, &bad);
		return !bad;
	default:
		*is_known = false;
		return tag % 2 == 0;
	}
}

static void get_extensions(struct bytes_in *in, struct entry *e, struct arena *arena)
{
	struct bytes all = get_bytes(in);
	struct bytes_in list = bytes_in_of(all.data, all.len);
	struct bytes_out unknown = bytes_out_of(arena_alloc(arena, all.len + 1), all.len);
	while (!in->bad && bytes_in_left(&list)) {
		const uint8_t *from = list.at;
		bool is_known;
		uint64_t tag = varint_get(&list);
		struct bytes value = get_bytes(&list);
		if (list.bad || !get_extension(tag, value, e, arena, &is_known))
			in->bad = true;
		else if (!is_known)
			bytes_out_put(&unknown, from, (size_t)(list.at - from));
	}
	e->unknown = bytes_of(unknown.start, bytes_out_len(&unknown));
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
		entry_put_change(&changes, e, i, &owners);

	struct bytes extensions = pack_extensions(e, arena);
	bound = bound_of(e, bytes_out_len(&changes), &owners) + extensions.len + VARINT_MAX;
	struct bytes_out out = bytes_out_of(arena_alloc(arena, bound), bound);
	entry_put_head(&out, e);
	varint_put(&out, extensions.len);
	bytes_out_put(&out, extensions.data, extensions.len);
	varint_put(&out, owners.count);
	for (size_t i = 0; i < owners.count; i++)
		entry_put_text(&out, owners.texts[i]);
	varint_put(&out, e->change_count);
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
	if (e->format > FORMAT_FIRST)
		get_extensions(&in, e, arena);
	owners.count = (size_t)varint_at_most(&in, bytes_in_left(&in));
	owners.texts = arena_alloc(arena, (owners.count + 1) * sizeof(char *));
	for (size_t i = 0; i < owners.count && !in.bad; i++)
		owners.texts[i] = get_text(&in, arena);
	e->change_count = (size_t)varint_at_most(&in, bytes_in_left(&in) / CHANGE_LEAST);
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
