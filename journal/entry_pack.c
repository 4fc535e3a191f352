/* SPDX-License-Identifier: BSD-2-Clause */
#include "journal/entry_form.h"
#include "base/varint.h"
#include <assert.h>
#include <string.h>

#define STATE_BOUND (6 * VARINT_MAX)
/* The head's numbers, names and addresses, without its texts. */
#define HEAD_BOUND   512
#define CHANGE_BOUND (DNS_NAME_MAX + 4 * VARINT_MAX + 2 * STATE_BOUND)

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

static void entry_put_name(struct bytes_out *out, const struct dns_name *name)
{
	bytes_out_u8(out, name->len);
	bytes_out_put(out, name->wire, name->len);
}

static void put_labels(struct bytes_out *out, const struct dns_name *name,
		       const struct dns_name *zone)
{
	uint8_t len = (uint8_t)(name->len - zone->len);
	bytes_out_u8(out, len);
	bytes_out_put(out, name->wire, len);
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

static unsigned entry_flags_of(const struct entry *e)
{
	return (e->has_zone ? HAS_ZONE : 0u) | (e->source.len ? HAS_SOURCE : 0u) |
	       (e->principal ? HAS_PRINCIPAL : 0u) | (e->acting ? HAS_ACTING : 0u) |
	       (e->key ? HAS_KEY : 0u) | (entry_event_word(e) ? HAS_EVENT : 0u) |
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
	entry_put_text(out, entry_event_word(e));
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

static void entry_put_state(struct bytes_out *out, const struct record_state *state,
			    struct owners *owners)
{
	varint_put(out, state->ttl);
	varint_put(out, state->stamp);
	bool has_windows = state->windows.no_refresh || state->windows.refresh;
	bytes_out_u8(out, (uint8_t)(state->class | (state->is_guest ? IS_GUEST : 0) |
				    (state->lacks_ptr ? LACKS_PTR : 0) |
				    (has_windows ? HAS_WINDOWS : 0)));
	varint_put(out, owner_find(owners, state->owner));
	if (has_windows) {
		varint_put(out, state->windows.no_refresh);
		varint_put(out, state->windows.refresh);
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

static size_t text_len(const char *text)
{
	return text ? strlen(text) + VARINT_MAX : 0;
}

static void entry_put_row(struct bytes_out *out, const struct state_change *row)
{
	bytes_out_u8(out,
		     (uint8_t)((row->has_old ? ROW_HAS_OLD : 0) | (row->has_new ? ROW_HAS_NEW : 0) |
			       (row->is_stated ? ROW_IS_STATED : 0)));
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

static void entry_put_log(struct bytes_out *out, const struct entry *e)
{
	uint8_t value[1 + VARINT_MAX];
	struct bytes_out in = bytes_out_of(value, sizeof(value));
	if (e->log == JOURNAL_CHANGES)
		return;
	bytes_out_u8(&in, (uint8_t)e->log);
	varint_put(&in, e->changes_seq);
	put_extension(out, EXTENSION_LOG, bytes_of(value, bytes_out_len(&in)));
}

static void entry_put_heads(struct bytes_out *out, const struct entry_heads *heads)
{
	uint8_t value[VARINT_MAX + JOURNAL_LOGS * (VARINT_MAX + DIGEST_LEN)];
	struct bytes_out in = bytes_out_of(value, sizeof(value));
	if (!heads)
		return;
	varint_put(&in, heads->time_us);
	for (unsigned log = 0; log < JOURNAL_LOGS; log++) {
		varint_put(&in, heads->of[log].seq);
		bytes_out_put(&in, heads->of[log].digest, DIGEST_LEN);
	}
	put_extension(out, EXTENSION_HEADS, bytes_of(value, bytes_out_len(&in)));
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
		       40 * VARINT_MAX + JOURNAL_LOGS * DIGEST_LEN;
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
	entry_put_log(&out, e);
	entry_put_heads(&out, e->heads);
	put_extension_number(&out, EXTENSION_REST, e->has_rest);
	bytes_out_put(&out, e->unknown.data, e->unknown.len);
	assert(!out.full);
	return bytes_of(out.start, bytes_out_len(&out));
}

/* More than the entry can take when it is packed. The changes come first: they fill the table. */
static size_t bound_of(const struct entry *e, size_t changes_len, const struct owners *owners)
{
	size_t n = HEAD_BOUND + changes_len + text_len(e->principal) + text_len(e->acting) +
		   text_len(e->key) + text_len(entry_event_word(e)) + text_len(e->reason) +
		   text_len(e->subject) + text_len(e->code) + text_len(e->owner) +
		   text_len(e->rule) + e->prerequisites.len + VARINT_MAX;
	for (size_t i = 0; i < owners->count; i++)
		n += text_len(owners->texts[i]);
	return n;
}

struct bytes entry_pack(const struct entry *e, struct arena *arena)
{
	/* What could not be read again. */
	assert(entry_kind_name(e->kind) && e->transport <= ENTRY_TCP);
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
