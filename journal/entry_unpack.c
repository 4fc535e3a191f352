/* SPDX-License-Identifier: BSD-2-Clause */
#include "journal/entry_form.h"
#include "base/varint.h"
#include <string.h>

/* The least a change takes: what, type, previous, length, and one state. */
#define CHANGE_LEAST 8
/* The least a row takes: marks, table, length of its key. */
#define ROW_LEAST   3
#define KNOWN_MARKS (WHAT_MASK | SAME_NAME | UNDER_ZONE)

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

static void get_name(struct bytes_in *in, struct dns_name *name)
{
	size_t len = bytes_in_u8(in);
	const uint8_t *wire = bytes_in_take(in, len);
	if (!wire || !dns_name_from_wire(name, bytes_of(wire, len)))
		in->bad = true;
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
	if (e->format < ENTRY_FORMAT_FIRST || e->format > ENTRY_FORMAT)
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
	const char *event = get_text_if(in, flags, HAS_EVENT, arena);
	e->event = event_kind_of(event);
	e->unknown_event = e->event == EVENT_UNKNOWN ? event : NULL;
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

static void get_state(struct bytes_in *in, struct record_state *state, const struct owners *owners)
{
	state->ttl = (uint32_t)varint_at_most(in, UINT32_MAX);
	state->stamp = varint_get(in);
	unsigned marks = bytes_in_u8(in);
	if ((marks & ~(unsigned)(CLASS_MASK | IS_GUEST | LACKS_PTR | HAS_WINDOWS)) ||
	    (marks & CLASS_MASK) > RECORD_DERIVED)
		in->bad = true;
	state->class = marks & CLASS_MASK;
	state->is_guest = marks & IS_GUEST;
	state->lacks_ptr = marks & LACKS_PTR;
	size_t owner = (size_t)varint_at_most(in, owners->count);
	state->owner = owner ? owners->texts[owner - 1] : NULL;
	if (marks & HAS_WINDOWS) {
		state->windows.no_refresh = (uint32_t)varint_at_most(in, UINT32_MAX);
		state->windows.refresh = (uint32_t)varint_at_most(in, UINT32_MAX);
	}
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
	row->is_stated = marks & ROW_IS_STATED;
	row->key = get_bytes(in);
	if (row->has_old)
		row->old = get_bytes(in);
	if (row->has_new)
		row->new = get_bytes(in);
	bool makes_sense =
		row->is_stated ? row->has_new && !row->has_old : row->has_new || row->has_old;
	if (!makes_sense || (marks & ~(unsigned)ROW_MARKS) || row->table == 0 ||
	    row->key.len >= STATE_KEY_MAX || !state_row_is_whole(row->old) ||
	    !state_row_is_whole(row->new))
		in->bad = true;
}

static bool entry_get_log(struct bytes value, struct entry *e)
{
	struct bytes_in in = bytes_in_of(value.data, value.len);
	uint8_t log = bytes_in_u8(&in);
	e->changes_seq = varint_get(&in);
	e->log = (enum journal_log)log;
	return !in.bad && bytes_in_left(&in) == 0 && log != JOURNAL_CHANGES && log < JOURNAL_LOGS;
}

static bool entry_get_heads(struct bytes value, struct entry *e, struct arena *arena)
{
	struct bytes_in in = bytes_in_of(value.data, value.len);
	struct entry_heads *heads = arena_zero(arena, sizeof *heads);
	heads->time_us = varint_get(&in);
	for (unsigned log = 0; log < JOURNAL_LOGS; log++) {
		heads->of[log].seq = varint_get(&in);
		const uint8_t *digest = bytes_in_take(&in, DIGEST_LEN);
		if (digest)
			memcpy(heads->of[log].digest, digest, DIGEST_LEN);
	}
	e->heads = heads;
	return !in.bad && bytes_in_left(&in) == 0;
}

static bool get_rows(struct bytes value, struct entry *e, struct arena *arena)
{
	struct bytes_in in = bytes_in_of(value.data, value.len);
	e->row_count = (size_t)varint_at_most(&in, value.len / ROW_LEAST);
	if (e->row_count == 0)
		return false;
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
	case EXTENSION_LOG:
		return entry_get_log(value, e);
	case EXTENSION_HEADS:
		return entry_get_heads(value, e, arena);
	case EXTENSION_REST:
		e->has_rest = get_extension_number(value, 1, &bad) != 0;
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
	uint64_t last = 0;
	while (!in->bad && bytes_in_left(&list)) {
		const uint8_t *from = list.at;
		bool is_known;
		uint64_t tag = varint_get(&list);
		struct bytes value = get_bytes(&list);
		/* Each once, and in order: so an entry that is packed again is the same. */
		if (list.bad || tag <= last || !get_extension(tag, value, e, arena, &is_known))
			in->bad = true;
		else if (!is_known)
			bytes_out_put(&unknown, from, (size_t)(list.at - from));
		last = tag;
	}
	e->unknown = bytes_of(unknown.start, bytes_out_len(&unknown));
}

bool entry_unpack(struct entry *e, struct bytes packed, struct arena *arena)
{
	struct bytes_in in = bytes_in_of(packed.data, packed.len);
	struct owners owners = {0};
	memset(e, 0, sizeof *e);
	get_head(&in, e, arena);
	if (e->format > ENTRY_FORMAT_FIRST)
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

/* Rows of a table that this version does not know. */
static bool has_newer_rows(struct bytes value)
{
	struct bytes_in in = bytes_in_of(value.data, value.len);
	uint64_t count = varint_get(&in);
	for (; count && !in.bad; count--) {
		unsigned marks = bytes_in_u8(&in);
		if (varint_get(&in) >= STATE_TABLES && !in.bad)
			return true;
		get_bytes(&in);
		for (unsigned mark = ROW_HAS_OLD; mark <= ROW_HAS_NEW; mark <<= 1) {
			if (marks & mark)
				get_bytes(&in);
		}
	}
	return false;
}

static bool is_known_extension(uint64_t tag)
{
	return tag == EXTENSION_ROWS || tag % 2 == 0;
}

bool entry_is_newer(struct bytes packed)
{
	struct bytes_in in = bytes_in_of(packed.data, packed.len);
	struct arena arena = {0};
	struct entry entry = {0};
	bool is_newer = packed.len && packed.data[0] > ENTRY_FORMAT;
	get_head(&in, &entry, &arena);
	if (!in.bad && entry.format > ENTRY_FORMAT_FIRST) {
		struct bytes all = get_bytes(&in);
		struct bytes_in list = bytes_in_of(all.data, all.len);
		while (!in.bad && !is_newer && bytes_in_left(&list)) {
			uint64_t tag = varint_get(&list);
			struct bytes value = get_bytes(&list);
			is_newer = !list.bad && (!is_known_extension(tag) ||
						 (tag == EXTENSION_ROWS && has_newer_rows(value)));
		}
	}
	arena_free(&arena);
	return is_newer;
}
