/* SPDX-License-Identifier: BSD-2-Clause */
#include "outbound/event.h"
#include "base/codec.h"
#include "base/timeword.h"
#include "dns/rdata.h"
#include "dns/type.h"
#include "outbound/event_rows.h"

#define CLASS_NONE 254
#define CLASS_ANY  255
#define TYPE_ANY   255

static const char *const what_words[] = {
	[CHANGE_ADDED] = "added",
	[CHANGE_REMOVED] = "removed",
	[CHANGE_ALTERED] = "altered",
	[CHANGE_REFRESHED] = "refreshed",
};

const char *event_hex(const uint8_t digest[DIGEST_LEN], char out[2 * DIGEST_LEN + 1])
{
	struct bytes_out text = bytes_out_of(out, 2 * DIGEST_LEN);
	codec_print(CODEC_HEX, bytes_of(digest, DIGEST_LEN), &text);
	out[2 * DIGEST_LEN] = '\0';
	return out;
}

/* RFC 2136 2.4, in the words of nsupdate. */
static const char *prerequisite_word(uint16_t type, uint16_t class)
{
	if (class == CLASS_NONE)
		return type == TYPE_ANY ? "nxdomain" : "nxrrset";
	return class == CLASS_ANY && type == TYPE_ANY ? "yxdomain" : "yxrrset";
}

static bool event_entry_take_name(struct bytes_in *in, struct dns_name *name)
{
	struct bytes_in labels = *in;
	size_t len = 1, label;
	while ((label = bytes_in_u8(&labels)) != 0) {
		bytes_in_take(&labels, label);
		len += label + 1;
	}
	if (labels.bad)
		return false;
	return dns_name_from_wire(name, bytes_of(bytes_in_take(in, len), len));
}

/* "yxrrset pc1.corp.example A 10.0.0.7"; NULL: damaged. */
static json_t *take_prerequisite(struct bytes_in *in, struct arena *arena)
{
	char shown[DNS_NAME_TEXT_MAX], type_text[DNS_TYPE_TEXT_MAX];
	struct dns_name name;
	if (!event_entry_take_name(in, &name))
		return NULL;
	uint16_t type = bytes_in_u16(in), class = bytes_in_u16(in), len = bytes_in_u16(in);
	struct bytes rdata = bytes_of(bytes_in_take(in, len), len);
	if (in->bad)
		return NULL;
	const char *word = prerequisite_word(type, class);
	dns_name_show(&name, shown);
	if (type == TYPE_ANY)
		return json_string(arena_print(arena, "%s %s", word, shown));
	dns_type_print(type, type_text);
	if (!len)
		return json_string(arena_print(arena, "%s %s %s", word, shown, type_text));
	size_t cap = dns_rdata_print(type, rdata, NULL, 0) + 1;
	char *data = arena_alloc(arena, cap);
	dns_rdata_print(type, rdata, data, cap);
	return json_string(arena_print(arena, "%s %s %s %s", word, shown, type_text, data));
}

static json_t *prerequisites_json(const struct entry *e, struct arena *arena)
{
	json_t *list = json_array();
	struct bytes_in in = bytes_in_of(e->prerequisites.data, e->prerequisites.len);
	while (bytes_in_left(&in)) {
		json_t *one = take_prerequisite(&in, arena);
		json_array_append_new(list, one ? one : json_string("cannot be read"));
		if (!one)
			break;
	}
	return list;
}

static void set_event(json_t *o, const struct entry *e, const struct change *c)
{
	unsigned windows_id = event_kind_windows_id(event_of(e, c));
	json_object_set_new(o, "event", json_string(event_word(e, c)));
	if (windows_id)
		json_object_set_new(o, "windows_id", json_integer(windows_id));
}

static json_t *event_entry_change_json(const struct entry *e, const struct change *c,
				       struct arena *arena)
{
	json_t *o = json_object();
	set_event(o, e, c);
	json_object_set_new(o, "what", json_string(what_words[c->what]));
	event_change(o, c, arena);
	return o;
}

static json_t *changes_json(const struct entry *e, struct arena *arena)
{
	json_t *list = json_array();
	for (size_t i = 0; i < e->change_count; i++)
		json_array_append_new(list, event_entry_change_json(e, &e->changes[i], arena));
	return list;
}

static void set_what(json_t *o, const struct entry *e)
{
	if (!e->change_count || e->event)
		set_event(o, e, NULL);
}

static json_t *heads_json(const struct entry_heads *heads)
{
	char hex[2 * DIGEST_LEN + 1];
	json_t *o = json_object();
	for (unsigned log = 0; log < JOURNAL_LOGS; log++)
		json_object_set_new(o, journal_log_word((enum journal_log)log),
				    json_pack("{s:I, s:s}", "seq", (json_int_t)heads->of[log].seq,
					      "digest", event_hex(heads->of[log].digest, hex)));
	return o;
}

json_t *entry_json(const struct entry *e, struct arena *arena)
{
	char text[DNS_NAME_TEXT_MAX], time[TIMEWORD_TEXT_MAX], hex[2 * DIGEST_LEN + 1];
	json_t *o = json_object();
	json_object_set_new(o, "schema", json_integer(AUDIT_SCHEMA));
	json_object_set_new(o, "log", json_string(journal_log_word(e->log)));
	json_object_set_new(o, "seq", json_integer((json_int_t)e->seq));
	time_print_us(e->time_us, time);
	json_object_set_new(o, "time", json_string(time));
	json_object_set_new(o, "kind", json_string(entry_kind_name(e->kind)));
	set_what(o, e);
	if (e->has_zone)
		json_object_set_new(o, "zone", json_string(dns_name_show(&e->zone, text)));
	event_shared(o, e, arena);
	if (e->prerequisites.len)
		json_object_set_new(o, "prerequisites", prerequisites_json(e, arena));
	json_object_set_new(o, "changes", changes_json(e, arena));
	event_rows(o, e, EVENT_ROWS_WHOLE, arena);
	if (e->heads)
		json_object_set_new(o, "heads", heads_json(e->heads));
	json_object_set_new(o, "digest", json_string(event_hex(e->digest, hex)));
	return o;
}
