/* SPDX-License-Identifier: BSD-2-Clause */
#include "acl/keyring.h"
#include "base/codec.h"
#include "base/digest.h"
#include "journal/state.h"
#include "vault/commits.h"
#include "vault/portable.h"
#include "vault/portable_first.h"
#include "vault/portable_parts.h"
#include "vault/portable_reading.h"
#include "vault/rebuild.h"
#include "zonedb/principal.h"
#include "zonedb/zone_setting.h"
#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define CHUNK (1u << 20)

bool reading_fail(struct reading *r, const char *format, ...)
{
	char text[STORE_ERROR_MAX];
	va_list list;
	va_start(list, format);
	vsnprintf(text, sizeof text, format, list);
	va_end(list);
	return report_fail(r->report, "line %" PRIu64 ": %.400s", r->lines + 1, text);
}

/* --- members of a line */

bool reading_number(struct reading *r, const json_t *line, const char *name, uint64_t most,
		    uint64_t *out)
{
	const json_t *value = json_object_get(line, name);
	if (!json_is_integer(value) || json_integer_value(value) < 0 ||
	    (uint64_t)json_integer_value(value) > most)
		return reading_fail(r, "'%s' is not a number from 0 to %" PRIu64, name, most);
	*out = (uint64_t)json_integer_value(value);
	return true;
}

bool reading_bytes(struct reading *r, const json_t *line, const char *name, enum codec_kind kind,
		   struct bytes *out)
{
	const json_t *value = json_object_get(line, name);
	size_t len = json_string_length(value);
	uint8_t *room = arena_alloc(&r->arena, len + 1);
	struct bytes_out bytes = bytes_out_of(room, len + 1);
	if (!json_is_string(value) || !codec_parse(kind, json_string_value(value), len, &bytes))
		return reading_fail(r, "'%s' is not %s", name,
				    kind == CODEC_HEX ? "hexadecimal" : "base64");
	*out = bytes_of(room, bytes_out_len(&bytes));
	return true;
}

/* A text, or an object with its base64 where it is not UTF-8. */
const char *reading_text(struct reading *r, const json_t *line, const char *name, size_t most)
{
	const json_t *value = json_object_get(line, name);
	struct bytes bytes;
	if (json_is_object(value)) {
		if (!reading_bytes(r, value, "base64", CODEC_BASE64, &bytes))
			return NULL;
	} else if (json_is_string(value)) {
		bytes = bytes_of(json_string_value(value), json_string_length(value));
	} else {
		reading_fail(r, "'%s' is not a text", name);
		return NULL;
	}
	if (bytes.len > most || memchr(bytes.data, 0, bytes.len)) {
		reading_fail(r, "'%s' is too long, or holds a NUL", name);
		return NULL;
	}
	return arena_text(&r->arena, (const char *)bytes.data, bytes.len);
}

bool reading_name(struct reading *r, const json_t *line, const char *name, struct dns_name *out)
{
	const char *text = reading_text(r, line, name, DNS_NAME_TEXT_MAX);
	const char *problem = text ? dns_name_parse_text(out, text) : NULL;
	if (problem)
		return reading_fail(r, "'%s' is not a name: %s", name, problem);
	return text != NULL;
}

/* --- kinds of lines */

static bool read_number(struct reading *r, const json_t *line)
{
	uint64_t value;
	const char *word = reading_text(r, line, "word", PORTABLE_WORD_MAX);
	if (!word || !reading_number(r, line, "value", INT64_MAX, &value))
		return false;
	if (!*word || portable_is_derived(bytes_of(word, strlen(word))))
		return reading_fail(r, "'%s' is not a word that a backup may set", word);
	if (r->store)
		store_set_number(&r->batch.txn, word, value);
	return true;
}

bool reading_base(struct reading *r, enum journal_log log, struct bytes value)
{
	struct reading_chain *chain = &r->chains[log];
	struct bytes_in in = bytes_in_of(value.data, value.len);
	chain->seq = bytes_in_u64(&in);
	bytes_in_u64(&in);
	const uint8_t *digest = bytes_in_take(&in, DIGEST_LEN);
	if (!digest || bytes_in_left(&in))
		return reading_fail(r, "the log's base makes no sense");
	memcpy(chain->digest, digest, DIGEST_LEN);
	return true;
}

static bool portable_read_row(struct reading *r, const json_t *line)
{
	struct bytes key, value;
	const char *name = reading_text(r, line, "table", PORTABLE_WORD_MAX);
	if (!name || !reading_bytes(r, line, "key", CODEC_BASE64, &key) ||
	    !reading_bytes(r, line, "value", CODEC_BASE64, &value))
		return false;
	unsigned t = 0;
	while (t < STORE_TABLES && strcmp(store_table_name((enum store_table)t), name) != 0)
		t++;
	if (t == STORE_TABLES || !portable_is_rowwise((enum store_table)t))
		return reading_fail(r, "'%.60s' is not a table whose rows a backup may hold", name);
	if (key.len == 0 || key.len > STORE_ROW_KEY_MAX)
		return reading_fail(r, "a key has 1 to %d bytes", STORE_ROW_KEY_MAX);
	if (t == STORE_META && portable_is_derived(key))
		return reading_fail(r, "this row is not one that a backup may hold");
	enum journal_log log = JOURNAL_CHANGES;
	bool is_base = t == STORE_META ? bytes_equal(key, bytes_of("log-base", 8))
				       : t == STORE_LOCAL && journal_log_is_base_word(key, &log);
	if (is_base && !reading_base(r, log, value))
		return false;
	if (r->store)
		store_put(&r->batch.txn, (enum store_table)t, key, value);
	return true;
}

static bool portable_read_field(struct reading *r, const json_t *field,
				struct state_row_writer *row)
{
	const json_t *word = json_array_get(field, 0), *value = json_array_get(field, 1);
	struct bytes bytes = {NULL, 0};
	if (json_array_size(field) != 2 || json_string_length(word) == 0 ||
	    json_string_length(word) > STATE_ROW_WORD_MAX ||
	    strlen(json_string_value(word)) != json_string_length(word))
		return reading_fail(r, "a field of 'row' is not a word and a value");
	if (json_is_object(value)) {
		if (!reading_bytes(r, value, "base64", CODEC_BASE64, &bytes))
			return false;
	} else if (json_is_string(value)) {
		bytes = bytes_of(json_string_value(value), json_string_length(value));
	} else {
		return reading_fail(r, "the value of '%.60s' is not a text",
				    json_string_value(word));
	}
	state_row_put(row, json_string_value(word), bytes);
	return true;
}

bool reading_add_zone(struct reading *r, const struct zone *zone)
{
	for (size_t i = 0; i < r->zone_count; i++) {
		if (r->zones[i].id == zone->id || dns_name_equal(&r->zones[i].apex, &zone->apex))
			return reading_fail(r, "a zone of this name or id came before");
	}
	r->zones = realloc(r->zones, (r->zone_count + 1) * sizeof *r->zones);
	assert(r->zones);
	r->zones[r->zone_count++] = *zone;
	r->counts->zones++;
	return true;
}

/* A zone's row is looked at: names will come under its number. */
static bool portable_read_take_zone(struct reading *r, struct bytes key, struct bytes row)
{
	struct dns_name apex, root = dns_name_root();
	struct zone zone;
	if (!dns_name_from_key(&apex, key, &root))
		return reading_fail(r, "the key is not a zone's");
	zone = zone_default(&apex);
	if (!zone_unpack(&zone, row))
		return reading_fail(r, "the row is not a zone's");
	return reading_add_zone(r, &zone);
}

static bool portable_read_take_key(struct reading *r, struct bytes key, struct bytes row)
{
	struct keyring_key read;
	return keyring_unpack(&read, key, row) || reading_fail(r, "the row is not a key's");
}

static enum state_table table_named(const char *name)
{
	for (unsigned t = 1; t < STATE_TABLES; t++) {
		if (strcmp(state_table_name((enum state_table)t), name) == 0)
			return (enum state_table)t;
	}
	return STATE_TABLES;
}

static bool read_state(struct reading *r, const json_t *line)
{
	const json_t *field, *fields = json_object_get(line, "row");
	const char *name = reading_text(r, line, "table", PORTABLE_WORD_MAX);
	struct state_row_writer row = {.arena = &r->arena};
	struct bytes key;
	size_t i;
	if (!name || !reading_bytes(r, line, "key", CODEC_BASE64, &key))
		return false;
	enum state_table table = table_named(name);
	if (table == STATE_TABLES)
		return reading_fail(r, "'%.60s' is not a table that a backup may hold", name);
	if (key.len >= STATE_KEY_MAX || !json_is_array(fields))
		return reading_fail(r, "the key is too long, or 'row' is not a list of fields");
	json_array_foreach(fields, i, field)
	{
		if (!portable_read_field(r, field, &row))
			return false;
	}
	if (table == STATE_ZONE && !portable_read_take_zone(r, key, state_row_end(&row)))
		return false;
	if (table == STATE_KEY && !portable_read_take_key(r, key, state_row_end(&row)))
		return false;
	if (r->store)
		state_settle(&r->batch.txn, table, key, state_row_end(&row));
	return true;
}

const struct zone *reading_zone(struct reading *r, const json_t *line)
{
	uint64_t id;
	if (!reading_number(r, line, "zone", UINT32_MAX, &id))
		return NULL;
	/* Names come zone by zone: the last one first. */
	for (size_t i = 0; i < r->zone_count; i++) {
		size_t at = (r->last_zone + i) % r->zone_count;
		if (r->zones[at].id != id)
			continue;
		r->last_zone = at;
		return &r->zones[at];
	}
	reading_fail(r, "no zone with this id came before");
	return NULL;
}

static bool read_store_key(struct reading *r, const json_t *line)
{
	char error[STORE_KEY_ERROR_MAX];
	const char *text = reading_text(r, line, "file", STORE_KEY_FILE_MAX);
	if (!text)
		return false;
	struct store_key *keys = store_key_new();
	bool is_well = store_key_parse(keys, text, strlen(text), error) ||
		       reading_fail(r, "not a file of store keys: %.200s", error);
	if (is_well && r->store_key && !store_key_merge(r->store_key, keys))
		is_well = reading_fail(r, "more than %d store keys", STORE_KEY_LINES_MAX);
	store_key_free(keys);
	return is_well;
}

static bool portable_read_end(struct reading *r, const json_t *line)
{
	uint64_t lines;
	struct bytes sum;
	uint8_t wanted[DIGEST_LEN];
	if (!reading_number(r, line, "lines", INT64_MAX, &lines) ||
	    !reading_bytes(r, line, "sha256", CODEC_HEX, &sum))
		return false;
	digest_end(r->sum, wanted);
	r->sum = digest_begin();
	r->has_end = true;
	if (lines != r->lines || !bytes_equal(sum, bytes_of(wanted, DIGEST_LEN)))
		return reading_fail(r, "the file is not what was written: its digest is another");
	return true;
}

struct line_kind {
	const char *is;
	bool (*read)(struct reading *, const json_t *);
};

static const struct line_kind kinds[] = {
	{"number", read_number},    {"row", portable_read_row},
	{"state", read_state},      {"store-key", read_store_key},
	{"name", reading_node},     {"entry", reading_entry},
	{"end", portable_read_end}, {NULL, NULL},
};

static const struct line_kind first_kinds[] = {
	{"number", portable_first_number},
	{"row", portable_first_row},
	{"zone", portable_first_zone},
	{"rules", portable_first_rules},
	{"group", portable_first_group},
	{"reserved", portable_first_reserved},
	{"key", portable_first_key},
	{"name", reading_node},
	{"entry", reading_entry},
	{"end", portable_read_end},
	{NULL, NULL},
};

static bool portable_read_head(struct reading *r, const json_t *line)
{
	const json_t *version = json_object_get(line, PORTABLE_MARK);
	if (!json_is_integer(version))
		return reading_fail(r, "not a portable backup of tenure");
	r->is_first = json_integer_value(version) == PORTABLE_FIRST;
	if (!r->is_first && json_integer_value(version) != PORTABLE_VERSION)
		return reading_fail(r,
				    "has format version %" JSON_INTEGER_FORMAT
				    "; this tenure knows versions 1 and %d only",
				    json_integer_value(version), PORTABLE_VERSION);
	return true;
}

static bool read_kind(struct reading *r, const json_t *line)
{
	const char *is = json_string_value(json_object_get(line, "is"));
	if (r->has_end)
		return reading_fail(r, "something stands behind the end");
	if (r->lines == 0)
		return portable_read_head(r, line);
	for (const struct line_kind *kind = r->is_first ? first_kinds : kinds; is && kind->is;
	     kind++) {
		if (strcmp(kind->is, is) == 0)
			return kind->read(r, line);
	}
	return reading_fail(r, "a line of an unknown kind");
}

static bool portable_read_line(struct reading *r, const char *text, size_t len)
{
	json_error_t error;
	json_t *line = json_loadb(text, len, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);
	bool is_well = json_is_object(line) ? read_kind(r, line)
					    : reading_fail(r, "not a JSON object: %.200s",
							   line ? "something else" : error.text);
	json_decref(line);
	digest_add(r->sum, bytes_of(text, len));
	digest_add(r->sum, bytes_of("\n", 1));
	r->lines++;
	r->counts->rows++;
	arena_reset(&r->arena);
	if (is_well && r->store && !commits_step(&r->batch))
		return report_fail(
			r->report, "%s",
			store_error_text(r->batch.error ? r->batch.error : r->batch.txn.error));
	return is_well;
}

/* Takes whole lines out of the buffer; what is left moves to its beginning. */
static bool take_lines(struct reading *r, char *buffer, size_t *used)
{
	size_t at = 0;
	for (;;) {
		const char *end = memchr(buffer + at, '\n', *used - at);
		if (!end)
			break;
		size_t len = (size_t)(end - buffer) - at;
		if (!portable_read_line(r, buffer + at, len))
			return false;
		at += len + 1;
	}
	memmove(buffer, buffer + at, *used - at);
	*used -= at;
	return true;
}

static bool portable_read_all(struct reading *r, int fd)
{
	size_t room = 2 * (size_t)CHUNK, used = 0;
	char *buffer = malloc(room);
	bool is_well = buffer != NULL;
	ssize_t n = 1;
	while (is_well && n > 0) {
		if (room - used < CHUNK) {
			room *= 2;
			char *grown = realloc(buffer, room);
			assert(grown);
			buffer = grown;
		}
		n = read(fd, buffer + used, CHUNK);
		if (n < 0)
			is_well = report_fail(r->report, "cannot be read: %s", strerror(errno));
		used += n > 0 ? (size_t)n : 0;
		is_well = is_well && take_lines(r, buffer, &used);
		if (is_well && used > PORTABLE_LINE_MAX)
			is_well = reading_fail(r, "is longer than a line may be");
	}
	free(buffer);
	if (is_well && (!r->has_end || used))
		is_well = reading_fail(r, "the file ends here, before its end: it was cut short");
	return is_well;
}

static bool portable_read_finish(struct reading *r, bool is_well)
{
	if (!r->store)
		return is_well;
	if (is_well && r->is_first)
		portable_first_finish(r);
	enum store_error error = commits_end(&r->batch);
	if (is_well && error)
		return report_fail(r->report, "%s", store_error_text(error));
	return is_well && rebuild_indexes(r->store, r->report);
}

bool portable_read(int fd, struct store *store, struct store_key *store_key, struct report *report,
		   struct check_counts *counts)
{
	struct reading *r = calloc(1, sizeof *r);
	assert(r);
	*counts = (struct check_counts){0};
	r->report = report;
	r->counts = counts;
	r->store = store;
	r->store_key = store_key;
	r->sum = digest_begin();
	if (store)
		commits_begin(&r->batch, store);
	bool is_well = portable_read_finish(r, portable_read_all(r, fd));
	digest_end(r->sum, NULL);
	arena_free(&r->arena);
	free(r->zones);
	free(r);
	return is_well;
}
