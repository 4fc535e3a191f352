/* SPDX-License-Identifier: BSD-2-Clause */
#include "zonedb/state_digest.h"
#include "dns/rdata.h"
#include "dns/type.h"
#include "journal/state_at.h"
#include "zonedb/principal.h"
#include "zonedb/record_window.h"
#include "zonedb/zone_at.h"
#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* Between two calls of `goes_on`. */
#define LINES_AT_ONCE 2000
#define LINE_ROOM     1024

struct work {
	struct store_txn *txn;
	const struct state_digest_options *options;
	struct state_digest_result *result;
	struct state_at *state_at;
	struct digest *digest;
	struct arena arena; /* ends with the name */
	char *line;
	size_t len, room;
	uint32_t *zones; /* numbers of the zones that were there */
	size_t zone_count, zone_room;
	bool has_ended; /* given up */
};

/* --- a line */

static void line_put(struct work *work, const void *text, size_t len)
{
	if (work->len + len > work->room) {
		while (work->len + len > work->room)
			work->room = work->room ? 2 * work->room : LINE_ROOM;
		work->line = realloc(work->line, work->room);
		assert(work->line);
	}
	if (len)
		memcpy(work->line + work->len, text, len);
	work->len += len;
}

static void line_put_text(struct work *work, const char *text)
{
	line_put(work, text, strlen(text));
}

__attribute__((format(printf, 2, 3))) static void line_print(struct work *work, const char *format,
							     ...)
{
	char text[LINE_ROOM];
	va_list list;
	va_start(list, format);
	int len = vsnprintf(text, sizeof(text), format, list);
	va_end(list);
	assert(len >= 0 && (size_t)len < sizeof(text));
	line_put(work, text, (size_t)len);
}

static void line_put_quoted(struct work *work, struct bytes value)
{
	line_put(work, "\"", 1);
	for (size_t i = 0; i < value.len; i++) {
		uint8_t byte = value.data[i];
		if (byte == '"' || byte == '\\')
			line_print(work, "\\%c", byte);
		else if (byte == '\n')
			line_put(work, "\\n", 2);
		else if (byte < ' ' || byte > '~')
			line_print(work, "\\x%02x", byte);
		else
			line_put(work, &byte, 1);
	}
	line_put(work, "\"", 1);
}

static void line_end(struct work *work)
{
	const struct state_digest_options *options = work->options;
	digest_add(work->digest, bytes_of(work->line, work->len));
	digest_add(work->digest, bytes_of("\n", 1));
	work->result->lines++;
	if (options->line && !options->line(options->context, bytes_of(work->line, work->len)))
		work->has_ended = true;
	if (options->goes_on && work->result->lines % LINES_AT_ONCE == 0 &&
	    !options->goes_on(options->context))
		work->has_ended = true;
	work->len = 0;
}

/* --- rows */

static bool state_digest_goes_on(const struct work *work)
{
	return !work->has_ended && !work->txn->error;
}

/* `apex`: of the zone whose number the key begins with; NULL: it does not, or that is not there. */
static void state_digest_put_key(struct work *work, enum state_table table, struct bytes key,
				 const struct dns_name *apex)
{
	char words[STATE_KEY_TEXT_MAX];
	/* An apex, 00, and a number. */
	if (table == STATE_DELETED_ZONE && key.len > 5)
		line_put_text(work, state_key_print(STATE_ZONE, bytes_of(key.data, key.len - 5),
						    NULL, words));
	else
		line_put_text(work, state_key_print(table, key, apex, words));
}

static void state_digest_put_row(struct work *work, enum state_table table, struct bytes key,
				 struct bytes row, const struct dns_name *apex)
{
	char text[DNS_NAME_TEXT_MAX];
	struct bytes_in in = bytes_in_of(row.data, row.len);
	struct state_row_field field;
	bool has_id = table == STATE_ZONE || table == STATE_DELETED_ZONE;
	line_put_text(work, state_table_name(table));
	line_put(work, " ", 1);
	if (apex && table != STATE_RULES) {
		line_put_text(work, dns_name_show(apex, text));
		line_put(work, " ", 1);
	}
	state_digest_put_key(work, table, key, apex);
	while (state_row_next(&in, &field)) {
		if (has_id && state_row_is(&field, "id"))
			continue;
		line_put(work, " ", 1);
		line_put(work, field.word.data, field.word.len);
		line_put(work, "=", 1);
		line_put_quoted(work, field.value);
	}
	if (in.bad)
		store_fail(work->txn, STORE_CORRUPT);
	line_end(work);
}

static void put_table(struct work *work, enum state_table table, struct bytes prefix,
		      const struct dns_name *apex)
{
	struct state_at_walk walk;
	struct bytes key, row;
	state_at_walk_from(&walk, work->state_at, table, prefix);
	while (state_digest_goes_on(work) && state_at_walk_next(&walk, &key, &row))
		state_digest_put_row(work, table, key, row, apex);
	state_at_walk_end(&walk);
}

/* --- zones */

static void state_digest_put_record(struct work *work, const char *start,
				    const struct node_rrset *rrset,
				    const struct node_record *record)
{
	char type[DNS_TYPE_TEXT_MAX];
	const char *owner = principal_text(work->txn, record->owner, &work->arena);
	size_t len = dns_rdata_print(rrset->type, record->rdata, NULL, 0);
	char *data = arena_alloc(&work->arena, len + 1);
	dns_rdata_print(rrset->type, record->rdata, data, len + 1);
	line_put_text(work, start);
	line_print(work, " %" PRIu32 " %s stamp=%" PRIu64 " class=%s owner=", rrset->ttl,
		   dns_type_print(rrset->type, type), record->stamp,
		   record_class_name(record->class));
	line_put_quoted(work, bytes_of(owner, strlen(owner)));
	if (record->is_guest)
		line_put_text(work, " guest=on");
	if (record->lacks_ptr)
		line_put_text(work, " ptr=off");
	struct record_windows windows = record_window_get(work->txn, record->window);
	if (windows.no_refresh || windows.refresh)
		line_print(work, " windows=%" PRIu32 "/%" PRIu32, windows.no_refresh,
			   windows.refresh);
	line_put(work, " ", 1);
	line_put(work, data, len);
	line_end(work);
}

static void state_digest_put_node(struct work *work, const struct zone *zone,
				  const struct dns_name *name, const struct node *node)
{
	char apex[DNS_NAME_TEXT_MAX], shown[DNS_NAME_TEXT_MAX];
	struct bytes_in in = bytes_in_of(node->rrsets.data, node->rrsets.len);
	struct node_rrset rrset;
	struct node_record record;
	const char *start =
		arena_print(&work->arena, "record %s %s", dns_name_show(&zone->apex, apex),
			    dns_name_show(name, shown));
	while (state_digest_goes_on(work) && node_next_rrset(&in, &rrset)) {
		struct bytes_in records = bytes_in_of(rrset.records.data, rrset.records.len);
		while (state_digest_goes_on(work) && node_next_record(&records, &record))
			state_digest_put_record(work, start, &rrset, &record);
		in.bad = in.bad || records.bad;
	}
	if (in.bad)
		store_fail(work->txn, STORE_CORRUPT);
	arena_reset(&work->arena);
}

static void state_digest_put_records(struct work *work, const struct zone *zone)
{
	struct dns_name name;
	struct node node;
	struct zone_at *zone_at = zone_at_open(work->txn, zone, work->options->at);
	while (state_digest_goes_on(work) && zone_at_next(zone_at, &name, &node))
		state_digest_put_node(work, zone, &name, &node);
	zone_at_close(zone_at);
}

static void state_digest_note_zone(struct work *work, uint32_t id)
{
	if (work->zone_count == work->zone_room) {
		work->zone_room = work->zone_room ? 2 * work->zone_room : 64;
		work->zones = realloc(work->zones, work->zone_room * sizeof(*work->zones));
		assert(work->zones);
	}
	work->zones[work->zone_count++] = id;
}

static const enum state_table of_zones[] = {STATE_RULES, STATE_RESERVATION, STATE_NOTE};
#define OF_ZONES (sizeof(of_zones) / sizeof(of_zones[0]))

static void state_digest_put_zone(struct work *work, struct bytes key, struct bytes row)
{
	struct dns_name root = dns_name_root();
	struct zone zone = {0};
	uint8_t buffer[STATE_KEY_MAX];
	uint64_t id;
	if (!dns_name_from_key(&zone.apex, key, &root) || !state_row_number(row, "id", &id) ||
	    id > UINT32_MAX) {
		store_fail(work->txn, STORE_CORRUPT);
		return;
	}
	zone.id = (uint32_t)id;
	state_digest_note_zone(work, zone.id);
	state_digest_put_row(work, STATE_ZONE, key, row, NULL);
	for (size_t i = 0; i < OF_ZONES; i++)
		put_table(work, of_zones[i], state_key_id(zone.id, buffer), &zone.apex);
	state_digest_put_records(work, &zone);
}

static void put_zones(struct work *work)
{
	struct state_at_walk walk;
	struct bytes key, row;
	state_at_walk_from(&walk, work->state_at, STATE_ZONE, bytes_of(NULL, 0));
	while (state_digest_goes_on(work) && state_at_walk_next(&walk, &key, &row))
		state_digest_put_zone(work, key, row);
	state_at_walk_end(&walk);
}

static int compare_ids(const void *a, const void *b)
{
	uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
	return (left > right) - (left < right);
}

static bool state_digest_is_of_zone(const struct work *work, uint32_t id)
{
	return work->zone_count &&
	       bsearch(&id, work->zones, work->zone_count, sizeof(*work->zones), compare_ids);
}

/* Rows below the number of a zone that is not there: there should be none. */
static void put_strays(struct work *work, enum state_table table)
{
	struct state_at_walk walk;
	struct bytes key, row;
	state_at_walk_from(&walk, work->state_at, table, bytes_of(NULL, 0));
	while (state_digest_goes_on(work) && state_at_walk_next(&walk, &key, &row)) {
		if (!state_digest_is_of_zone(work, state_key_zone(table, key)))
			state_digest_put_row(work, table, key, row, NULL);
	}
	state_at_walk_end(&walk);
}

static void state_digest_put_all(struct work *work)
{
	static const enum state_table tables[] = {STATE_SERVER, STATE_GROUP, STATE_KEY, STATE_RUN,
						  STATE_DELETED_ZONE};
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		put_table(work, tables[i], bytes_of(NULL, 0), NULL);
	put_zones(work);
	if (work->zone_count)
		qsort(work->zones, work->zone_count, sizeof(*work->zones), compare_ids);
	for (size_t i = 0; i < OF_ZONES; i++)
		put_strays(work, of_zones[i]);
}

bool state_digest(struct store_txn *txn, const struct state_digest_options *options,
		  struct state_digest_result *result)
{
	struct work work = {.txn = txn, .options = options, .result = result};
	*result = (struct state_digest_result){0};
	work.state_at = state_at_open(txn, options->at);
	result->unknown = state_at_unknown(work.state_at);
	work.digest = digest_begin();
	if (!result->unknown)
		state_digest_put_all(&work);
	digest_end(work.digest, result->digest);
	state_at_close(work.state_at);
	arena_free(&work.arena);
	free(work.line);
	free(work.zones);
	return !result->unknown && state_digest_goes_on(&work);
}
