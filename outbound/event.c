/* SPDX-License-Identifier: BSD-2-Clause */
#include "outbound/event.h"
#include "acl/window.h"
#include "base/codec.h"
#include "base/timeword.h"
#include "dns/rdata.h"
#include "dns/type.h"
#include <assert.h>
#include <string.h>

static const char *const transport_names[] = {
	[ENTRY_LOCAL] = "local",
	[ENTRY_UDP] = "udp",
	[ENTRY_TCP] = "tcp",
};

static enum event_kind of_entry(const struct entry *e)
{
	switch (e->kind) {
	case ENTRY_DENIED:
		/* NOERROR on the wire: a silent rule of RFC 2136 left out all that was asked. */
		return e->rcode ? EVENT_UPDATE_DENIED : EVENT_UPDATE_IGNORED;
	case ENTRY_SETTING:
		return e->has_zone ? EVENT_ZONE_SETTING : EVENT_SERVER_SETTING;
	case ENTRY_IMPORT:
		return EVENT_ZONE_IMPORT;
	case ENTRY_CLOCK_STEP:
		return EVENT_CLOCK_STEP;
	case ENTRY_REFRESH_IGNORED:
		return EVENT_REFRESH_IGNORED;
	default:
		return EVENT_NO_CHANGE;
	}
}

static bool is_dynamic(const struct entry *e)
{
	return e->kind == ENTRY_UPDATE || e->kind == ENTRY_REFRESH;
}

static enum event_kind of_added(const struct entry *e, const struct change *c)
{
	if (is_dynamic(e))
		return EVENT_RECORD_REGISTER;
	if (e->kind == ENTRY_RESTORE)
		return EVENT_RESTORE;
	if (c->type == DNS_TYPE_NS && e->has_zone && !dns_name_equal(&c->name, &e->zone))
		return EVENT_DELEGATION;
	return EVENT_RECORD_CREATE;
}

static enum event_kind of_change(const struct entry *e, const struct change *c)
{
	switch (c->what) {
	case CHANGE_ADDED:
		return of_added(e, c);
	case CHANGE_REMOVED:
		return e->kind == ENTRY_SCAVENGE ? EVENT_RECORD_SCAVENGE
		       : is_dynamic(e)           ? EVENT_RECORD_UNREGISTER
						 : EVENT_RECORD_DELETE;
	case CHANGE_ALTERED:
		return EVENT_RECORD_CHANGE;
	case CHANGE_REFRESHED:
		return is_dynamic(e) ? EVENT_RECORD_REFRESH : EVENT_TOUCH;
	}
	return EVENT_RECORD_CHANGE;
}

/* JSON is UTF-8; a principal's display name need not be. */
json_t *event_text(const char *text, struct arena *arena)
{
	json_t *value = json_string(text);
	if (value)
		return value;
	size_t cap = 4 * strlen(text) + 1;
	struct bytes_out out = bytes_out_of(arena_alloc(arena, cap), cap);
	for (; *text; text++) {
		uint8_t byte = (uint8_t)*text;
		if (byte < 0x80)
			bytes_out_u8(&out, byte);
		else
			bytes_out_put(&out, arena_print(arena, "\\%03u", byte), 4);
	}
	return json_stringn((const char *)out.start, bytes_out_len(&out));
}

static void event_set_text(json_t *o, const char *key, const char *text, struct arena *arena)
{
	if (text)
		json_object_set_new(o, key, event_text(text, arena));
}

static void event_set_number(json_t *o, const char *key, uint64_t number)
{
	json_object_set_new(o, key, json_integer((json_int_t)number));
}

static void set_number_if(json_t *o, const char *key, uint64_t number)
{
	if (number)
		event_set_number(o, key, number);
}

static json_t *state_json(const struct record_state *state, struct arena *arena)
{
	char time[TIMEWORD_TEXT_MAX], windows[WINDOW_TEXT_MAX];
	struct window window = {true, state->windows.no_refresh, state->windows.refresh};
	json_t *o = json_object();
	event_set_number(o, "ttl", state->ttl);
	if (state->class != RECORD_DERIVED)
		event_set_text(o, "owner", state->owner, arena);
	if (state->stamp) {
		time_print(state->stamp, time);
		event_set_text(o, "stamp", time, arena);
	}
	event_set_text(o, "class", record_class_name(state->class), arena);
	if (state->is_guest)
		json_object_set_new(o, "guest", json_true());
	if (state->lacks_ptr)
		json_object_set_new(o, "ptr", json_false());
	if (window.no_refresh || window.refresh)
		event_set_text(o, "window", window_print(&window, windows), arena);
	return o;
}

static void set_data(json_t *o, const struct change *c, struct arena *arena)
{
	char type[DNS_TYPE_TEXT_MAX];
	size_t cap = dns_rdata_print(c->type, c->rdata, NULL, 0) + 1;
	char *data = arena_alloc(arena, cap);
	dns_rdata_print(c->type, c->rdata, data, cap);
	event_set_text(o, "type", dns_type_print(c->type, type), arena);
	event_set_number(o, "ttl", c->what == CHANGE_REMOVED ? c->was.ttl : c->is.ttl);
	event_set_text(o, "data", data, arena);
}

void event_change(json_t *o, const struct change *c, struct arena *arena)
{
	char name[DNS_NAME_TEXT_MAX];
	event_set_text(o, "name", dns_name_show(&c->name, name), arena);
	set_data(o, c, arena);
	if (c->what != CHANGE_ADDED)
		json_object_set_new(o, "old", state_json(&c->was, arena));
	if (c->what != CHANGE_REMOVED)
		json_object_set_new(o, "new", state_json(&c->is, arena));
	set_number_if(o, "previous", c->previous);
}

static void set_hex(json_t *o, const char *key, struct bytes bytes, struct arena *arena)
{
	size_t len = 2 * bytes.len;
	if (len == 0)
		return;
	struct bytes_out out = bytes_out_of(arena_alloc(arena, len), len);
	codec_print(CODEC_HEX, bytes, &out);
	json_object_set_new(o, key, json_stringn((const char *)out.start, bytes_out_len(&out)));
}

/* Who asked, and from where. */
static void set_asker(json_t *o, const struct entry *e, struct arena *arena)
{
	char source[ADDR_TEXT_MAX];
	event_set_text(o, "principal", e->principal, arena);
	event_set_text(o, "person", e->person, arena);
	event_set_text(o, "acting", e->acting, arena);
	event_set_text(o, "key", e->key, arena);
	event_set_text(o, "transport", transport_names[e->transport], arena);
	if (e->source.len) {
		addr_print(&e->source, source);
		event_set_text(o, "source", source, arena);
		event_set_number(o, "message_id", e->message_id);
	}
	set_hex(o, "request", e->request, arena);
	event_set_text(o, "node", e->node, arena);
	set_number_if(o, "era", e->era > 1 ? e->era : 0);
}

/* A denial, a renewal that was ignored, and a hold of contested records are about a name with its
 * type, as the subject says: "pc1.corp.example A". */
static void set_denied(json_t *o, const struct entry *e, struct arena *arena)
{
	const char *type = e->subject ? strchr(e->subject, ' ') : NULL;
	bool is_of_name = e->kind == ENTRY_DENIED || e->kind == ENTRY_REFRESH_IGNORED ||
			  e->event == EVENT_CONTESTED_HOLD;
	if (!is_of_name || !type)
		return;
	event_set_text(o, "name", arena_text(arena, e->subject, (size_t)(type - e->subject)),
		       arena);
	event_set_text(o, "type", type + 1, arena);
}

/* What was folded into a refusal. */
static void set_folded(json_t *o, const struct entry *e, struct arena *arena)
{
	char time[TIMEWORD_TEXT_MAX];
	set_number_if(o, "folded", e->folded);
	set_number_if(o, "nameless", e->nameless);
	if (e->first_us) {
		time_print_us(e->first_us, time);
		event_set_text(o, "first", time, arena);
		time_print_us(e->last_us, time);
		event_set_text(o, "last", time, arena);
	}
	if (!e->names)
		return;
	json_t *names = json_array();
	for (const char *name = e->names; *name; name += strlen(name) + 1)
		json_array_append_new(names, event_text(name, arena));
	json_object_set_new(o, "names", names);
}

static void set_outcome(json_t *o, const struct entry *e, struct arena *arena)
{
	/* Its entry has the code that an answer would have had. */
	if (e->event == EVENT_UPDATE_DROPPED)
		json_object_set_new(o, "rcode", json_null());
	else if (e->rcode || e->kind == ENTRY_DENIED)
		event_set_text(o, "rcode", dns_rcode_name(e->rcode), arena);
	event_set_text(o, "subject", e->subject, arena);
	event_set_text(o, "reason", e->reason, arena);
	event_set_text(o, "code", e->code, arena);
	event_set_text(o, "owner", e->owner, arena);
	event_set_text(o, "rule", e->rule, arena);
	event_set_text(o, "comment", e->comment, arena);
	set_folded(o, e, arena);
	set_number_if(o, "changes_seq", e->changes_seq);
	set_number_if(o, "cause", e->cause);
	set_number_if(o, "run", e->run);
	if (e->has_zone) {
		event_set_number(o, "serial_before", e->serial_before);
		event_set_number(o, "serial_after", e->serial_after);
	}
}

void event_shared(json_t *o, const struct entry *e, struct arena *arena)
{
	set_asker(o, e, arena);
	set_outcome(o, e, arena);
}

enum event_kind event_of(const struct entry *e, const struct change *c)
{
	if (e->event != EVENT_NONE && e->event != EVENT_UNKNOWN)
		return e->event;
	return c ? of_change(e, c) : of_entry(e);
}

const char *event_word(const struct entry *e, const struct change *c)
{
	return e->event ? entry_event_word(e) : event_kind_word(event_of(e, c));
}

json_t *event_json(const struct entry *e, const struct change *c, struct arena *arena)
{
	char text[DNS_NAME_TEXT_MAX], time[TIMEWORD_TEXT_MAX];
	json_t *o = json_object();
	event_set_text(o, "log", journal_log_word(e->log), arena);
	event_set_number(o, "seq", e->seq);
	time_print_us(e->time_us, time);
	event_set_text(o, "time", time, arena);
	event_set_text(o, "event", event_word(e, c), arena);
	set_number_if(o, "windows_id", event_kind_windows_id(event_of(e, c)));
	event_set_text(o, "kind", entry_kind_name(e->kind), arena);
	if (e->has_zone)
		event_set_text(o, "zone", dns_name_show(&e->zone, text), arena);
	if (c)
		event_change(o, c, arena);
	set_denied(o, e, arena);
	event_shared(o, e, arena);
	return o;
}
