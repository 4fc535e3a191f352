/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "acl/keyring.h"
#include "base/codec.h"
#include "base/digest.h"
#include "base/file.h"
#include "base/timeword.h"
#include "dns/rdata.h"
#include "journal/chain.h"
#include "journal/local.h"
#include "journal/state.h"
#include "vault/check_parts.h"
#include "vault/portable.h"
#include "vault/portable_parts.h"
#include "zonedb/principal.h"
#include "zonedb/record_window.h"
#include "zonedb/zone.h"
#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define BUFFER_LEN (256u << 10)

struct writing {
	struct store_txn txn;
	const struct portable_options *options;
	struct report *report;
	struct arena arena; /* of the line */
	struct digest *digest;
	int fd, error; /* errno */
	uint64_t lines;
	char *buffer;
	size_t used;
	enum store_table table;
	enum journal_log log; /* whose entries are written */
	struct zone zone;     /* of the last name */
	bool has_zone;
};

/* --- lines */

static void portable_write_flush(struct writing *w)
{
	if (!w->error && !file_write(w->fd, w->buffer, w->used))
		w->error = errno;
	w->used = 0;
}

static void portable_write_put(struct writing *w, const char *text, size_t len)
{
	if (w->used + len > BUFFER_LEN)
		portable_write_flush(w);
	if (len <= BUFFER_LEN) {
		memcpy(w->buffer + w->used, text, len);
		w->used += len;
		return;
	}
	for (size_t at = 0; at < len; at += BUFFER_LEN) {
		size_t part = len - at < BUFFER_LEN ? len - at : BUFFER_LEN;
		memcpy(w->buffer, text + at, part);
		w->used = part;
		portable_write_flush(w);
	}
}

/* One line; the object ends. */
static bool portable_write_put_line(struct writing *w, json_t *line)
{
	char *text = json_dumps(line, JSON_COMPACT);
	assert(text);
	size_t len = strlen(text);
	digest_add(w->digest, bytes_of(text, len));
	digest_add(w->digest, bytes_of("\n", 1));
	portable_write_put(w, text, len);
	portable_write_put(w, "\n", 1);
	w->lines++;
	if (w->options->store_key)
		explicit_bzero(text, len);
	free(text);
	json_decref(line);
	arena_reset(&w->arena);
	return !w->error;
}

static json_t *portable_write_encoded(struct writing *w, enum codec_kind kind, struct bytes bytes)
{
	size_t len = codec_text_len(kind, bytes.len);
	char *text = arena_alloc(&w->arena, len + 1);
	struct bytes_out out = bytes_out_of(text, len);
	codec_print(kind, bytes, &out);
	return json_stringn(text, len);
}

/* Principals and rules are UTF-8; what is not, by an older version, goes as base64. */
static void portable_write_set_text(struct writing *w, json_t *line, const char *name,
				    const char *text)
{
	json_t *value = json_string(text);
	if (!value)
		value = json_pack(
			"{s:o}", "base64",
			portable_write_encoded(w, CODEC_BASE64, bytes_of(text, strlen(text))));
	json_object_set_new(line, name, value);
}

static json_t *portable_write_named(const struct dns_name *name)
{
	char text[DNS_NAME_TEXT_MAX];
	return json_string(dns_name_print(name, text));
}

/* --- rows without a kind of their own */

static bool is_number(const struct store_row *row)
{
	return row->value.data && row->value.len == 8 && row->key.len < PORTABLE_WORD_MAX;
}

static json_t *portable_write_number_of(const struct store_row *row)
{
	uint64_t number = 0;
	for (size_t i = 0; i < row->value.len; i++)
		number = number << 8 | row->value.data[i];
	if (number > INT64_MAX)
		return NULL;
	return json_pack("{s:s, s:s#, s:I}", "is", "number", "word", (const char *)row->key.data,
			 row->key.len, "value", (json_int_t)number);
}

static bool portable_write_lost(struct writing *w, const struct store_row *row)
{
	char what[80];
	snprintf(what, sizeof what, "a row of table %s is damaged, and left out",
		 store_table_name(w->table));
	(void)row;
	report_find(w->report,
		    &(struct finding){.table = store_table_name(w->table), .what = what});
	return true;
}

static bool portable_write_put_row(void *context, const struct store_row *row)
{
	struct writing *w = context;
	if (!row->is_whole)
		return portable_write_lost(w, row);
	if (w->table == STORE_META && portable_is_derived(row->key))
		return true;
	json_t *line =
		w->table == STORE_META && is_number(row) ? portable_write_number_of(row) : NULL;
	if (!line)
		line = json_pack("{s:s, s:s, s:o, s:o}", "is", "row", "table",
				 store_table_name(w->table), "key",
				 portable_write_encoded(w, CODEC_BASE64, row->key), "value",
				 portable_write_encoded(w, CODEC_BASE64, row->value));
	return portable_write_put_line(w, line);
}

/* --- decided state */

static json_t *text_value(struct writing *w, struct bytes text)
{
	json_t *value = json_stringn((const char *)text.data, text.len);
	return value ? value
		     : json_pack("{s:o}", "base64", portable_write_encoded(w, CODEC_BASE64, text));
}

/* The row's fields, as they stand. */
static json_t *fields_of(struct writing *w, struct bytes row)
{
	json_t *fields = json_array();
	struct bytes_in in = bytes_in_of(row.data, row.len);
	struct state_row_field field;
	while (state_row_next(&in, &field))
		json_array_append_new(fields,
				      json_pack("[s#, o]", (const char *)field.word.data,
						field.word.len, text_value(w, field.value)));
	return fields;
}

static void portable_write_put_state(struct writing *w, enum state_table table)
{
	char words[STATE_KEY_TEXT_MAX];
	struct state_walk walk;
	struct bytes key, row;
	state_walk_from(&walk, &w->txn, table, bytes_of(NULL, 0));
	while (!w->error && state_walk_next(&walk, &key, &row)) {
		state_key_print(table, key, NULL, words);
		portable_write_put_line(w, json_pack("{s:s, s:s, s:s, s:o, s:o}", "is", "state",
						     "table", state_table_name(table), "of", words,
						     "key",
						     portable_write_encoded(w, CODEC_BASE64, key),
						     "row", fields_of(w, row)));
	}
	state_walk_end(&walk);
}

/* Which store keys the keys in the file are sealed by. */
static json_t *portable_write_store_keys_of(struct writing *w)
{
	char text[STORE_KEY_ID_TEXT_MAX];
	struct store_key_id ids[STORE_KEY_LINES_MAX];
	json_t *list = json_array();
	size_t count = w->options->leaves_keys_out
			       ? 0
			       : keyring_store_keys(&w->txn, ids, STORE_KEY_LINES_MAX);
	for (size_t i = 0; i < count && i < STORE_KEY_LINES_MAX; i++)
		json_array_append_new(list, json_string(store_key_id_print(&ids[i], text)));
	return list;
}

/* The file of store keys, as it is. */
static void put_store_key(struct writing *w)
{
	char text[STORE_KEY_FILE_MAX];
	if (!w->options->store_key)
		return;
	size_t len = store_key_print(w->options->store_key, text);
	portable_write_put_line(w, json_pack("{s:s, s:s#}", "is", "store-key", "file", text, len));
	explicit_bzero(text, sizeof text);
}

/* --- names */

static json_t *record_line(struct writing *w, const struct node_rrset *rrset,
			   const struct node_record *record)
{
	char type[DNS_TYPE_TEXT_MAX];
	size_t len = dns_rdata_print(rrset->type, record->rdata, NULL, 0);
	char *data = arena_alloc(&w->arena, len + 1);
	dns_rdata_print(rrset->type, record->rdata, data, len + 1);
	json_t *line =
		json_pack("{s:s, s:I, s:s, s:I, s:s}", "type", dns_type_print(rrset->type, type),
			  "ttl", (json_int_t)rrset->ttl, "data", data, "stamp",
			  (json_int_t)record->stamp, "class", record_class_name(record->class));
	portable_write_set_text(w, line, "owner",
				principal_text(&w->txn, record->owner, &w->arena));
	if (record->is_guest)
		json_object_set_new(line, "guest", json_true());
	if (record->lacks_ptr)
		json_object_set_new(line, "ptr", json_false());
	if (record->window) {
		struct record_windows windows = record_window_get(&w->txn, record->window);
		json_object_set_new(line, "no_refresh", json_integer(windows.no_refresh));
		json_object_set_new(line, "refresh", json_integer(windows.refresh));
	}
	return line;
}

static bool portable_write_put_name(void *context, const struct store_row *row)
{
	struct writing *w = context;
	struct dns_name name;
	struct node node;
	struct node_rrset rrset;
	struct node_record record;
	struct bytes_in in = bytes_in_of(row->key.data, row->key.len);
	uint32_t id = bytes_in_u32(&in);
	if (!row->is_whole)
		return portable_write_lost(w, row);
	if (!w->has_zone || w->zone.id != id)
		w->has_zone = zone_get_by_id(&w->txn, id, &w->zone);
	struct bytes rest = bytes_of(in.at, bytes_in_left(&in));
	if (!w->has_zone || !dns_name_from_key(&name, rest, &w->zone.apex) ||
	    !node_open(&node, row->value))
		return portable_write_lost(w, row);
	json_t *records = json_array();
	in = bytes_in_of(node.rrsets.data, node.rrsets.len);
	while (node_next_rrset(&in, &rrset)) {
		struct bytes_in one = bytes_in_of(rrset.records.data, rrset.records.len);
		while (node_next_record(&one, &record))
			json_array_append_new(records, record_line(w, &rrset, &record));
	}
	json_t *line = json_pack("{s:s, s:I, s:o, s:I, s:o}", "is", "name", "zone", (json_int_t)id,
				 "name", portable_write_named(&name), "seq", (json_int_t)node.seq,
				 "records", records);
	if (node.hint.at) {
		json_t *hint = json_pack("{s:I}", "at", (json_int_t)node.hint.at);
		portable_write_set_text(w, hint, "by",
					principal_text(&w->txn, node.hint.by, &w->arena));
		if (node.hint.has_others)
			json_object_set_new(hint, "others", json_true());
		json_object_set_new(
			line, node.hint.is_taken ? "foreign_refresh" : "ignored_refresh", hint);
	}
	portable_write_put_line(w, line);
	return !w->error && !w->txn.error;
}

static bool portable_write_put_entry(void *context, const struct store_row *row)
{
	struct writing *w = context;
	struct bytes packed;
	const uint8_t *digest;
	struct bytes_in in = bytes_in_of(row->key.data, row->key.len);
	uint64_t seq = bytes_in_u64(&in);
	if (!row->is_whole || in.bad || !journal_split(row->value, &packed, &digest))
		return portable_write_lost(w, row);
	json_t *line =
		json_pack("{s:s, s:I, s:o, s:o}", "is", "entry", "seq", (json_int_t)seq, "packed",
			  portable_write_encoded(w, CODEC_BASE64, packed), "digest",
			  portable_write_encoded(w, CODEC_HEX, bytes_of(digest, DIGEST_LEN)));
	if (w->log != JOURNAL_CHANGES)
		json_object_set_new(line, "log", json_string(journal_log_word(w->log)));
	return portable_write_put_line(w, line);
}

/* --- the whole */

static void portable_write_scan(struct writing *w, enum store_table table,
				bool (*each)(void *, const struct store_row *))
{
	w->table = table;
	store_scan(&w->txn, table, each, w);
}

static void portable_write_put_all(struct writing *w)
{
	char made[TIMEWORD_TEXT_MAX];
	time_print(w->options->now, made);
	portable_write_put_line(w, json_pack("{s:i, s:s, s:s, s:b, s:o}", PORTABLE_MARK,
					     PORTABLE_VERSION, "made", made, "by",
					     "tenure " PACKAGE_VERSION, "keys",
					     !w->options->leaves_keys_out, "store_keys",
					     portable_write_store_keys_of(w)));
	put_store_key(w);
	for (unsigned t = 0; t < STORE_TABLES; t++) {
		bool is_local = local_is_table((enum store_table)t);
		if (portable_is_rowwise((enum store_table)t) &&
		    !(is_local && w->options->leaves_local_out))
			portable_write_scan(w, (enum store_table)t, portable_write_put_row);
	}
	for (unsigned t = 1; t < STATE_TABLES; t++) {
		if (t != STATE_KEY || !w->options->leaves_keys_out)
			portable_write_put_state(w, (enum state_table)t);
	}
	portable_write_scan(w, STORE_NODES, portable_write_put_name);
	for (unsigned log = 0; log < JOURNAL_LOGS; log++) {
		w->log = (enum journal_log)log;
		if (w->log != JOURNAL_CHANGES && w->options->leaves_local_out)
			continue;
		portable_write_scan(w, journal_log_tables(w->log).entries,
				    portable_write_put_entry);
	}
}

static void put_end(struct writing *w)
{
	uint8_t sum[DIGEST_LEN];
	json_int_t lines = (json_int_t)w->lines;
	digest_end(w->digest, sum);
	/* What put_line would add is not looked at any more. */
	w->digest = digest_begin();
	portable_write_put_line(
		w, json_pack("{s:s, s:I, s:o}", "is", "end", "lines", lines, "sha256",
			     portable_write_encoded(w, CODEC_HEX, bytes_of(sum, DIGEST_LEN))));
	digest_end(w->digest, NULL);
	portable_write_flush(w);
}

bool portable_write(struct store *store, int fd, const struct portable_options *options,
		    struct report *report)
{
	struct writing *w = calloc(1, sizeof *w);
	assert(w);
	w->fd = fd;
	w->options = options;
	w->report = report;
	w->buffer = malloc(BUFFER_LEN);
	assert(w->buffer);
	w->digest = digest_begin();
	store_read_begin(store, &w->txn);
	portable_write_put_all(w);
	put_end(w);
	enum store_error error = w->txn.error;
	int failed = w->error;
	store_read_end(&w->txn);
	arena_free(&w->arena);
	explicit_bzero(w->buffer, BUFFER_LEN);
	free(w->buffer);
	free(w);
	if (failed)
		return report_fail(report, "%s", strerror(failed));
	return !error || report_fail(report, "%s", store_error_text(error));
}
