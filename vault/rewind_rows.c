/* SPDX-License-Identifier: BSD-2-Clause */
#include "vault/rewind_rows.h"
#include "acl/keyring.h"
#include "journal/journal.h"
#include "journal/state_words.h"
#include "zonedb/due.h"
#include "zonedb/notify_list.h"
#include "zonedb/reservation.h"
#include "zonedb/zone_setting.h"
#include <stdio.h>

/* Of an entry. */
#define ROWS_MOST  256
#define BYTES_MOST (128u << 10)

/* --- entries */

static void put_owners(struct rewind_rows *rewind, const struct entry *entry)
{
	for (size_t i = 0; i < entry->row_count; i++) {
		const struct state_change *row = &entry->rows[i];
		if (row->table == STATE_RESERVATION && row->has_new)
			reservation_stake(rewind->write, state_key_zone(row->table, row->key),
					  row->new);
	}
}

/* What was collected, as an entry; nothing differs: none. */
static void flush_rows(struct rewind_rows *rewind)
{
	size_t count;
	struct entry entry = *rewind->as;
	const struct state_change *changes = state_edit_changes(&rewind->edit, &count);
	rewind->pending = rewind->bytes = 0;
	if (count && !rewind->write->error) {
		entry.subject =
			state_words_key(rewind->zone ? &entry : NULL, &changes[0], &rewind->arena);
		if (rewind->zone) {
			entry.has_zone = true;
			entry.zone_id = rewind->zone->id;
			entry.zone = rewind->zone->apex;
			entry.serial_before = entry.serial_after =
				zone_serial(rewind->write, rewind->zone);
			entry.subject = state_words_key(&entry, &changes[0], &rewind->arena);
		}
		rewind->count += count;
		state_edit_take(&rewind->edit, entry.rows, entry.row_count);
		entry.rows = state_edit_changes(&rewind->edit, &entry.row_count);
		journal_append(rewind->write, &entry, &rewind->arena);
		put_owners(rewind, &entry);
		rewind->as->rows = NULL;
		rewind->as->row_count = 0;
	}
	arena_reset(&rewind->arena);
	rewind->edit = state_edit_of(rewind->write, &rewind->arena);
}

static void begin_rows(struct rewind_rows *rewind, const struct zone *zone)
{
	rewind->zone = zone;
	rewind->edit = state_edit_of(rewind->write, &rewind->arena);
}

static void count_row(struct rewind_rows *rewind, size_t len)
{
	rewind->bytes += len;
	if (++rewind->pending >= ROWS_MOST || rewind->bytes >= BYTES_MOST)
		flush_rows(rewind);
}

/* The row as it was; NULL: it was not there. */
static void turn_row(struct rewind_rows *rewind, enum state_table table, struct bytes key,
		     const struct bytes *then)
{
	struct bytes now;
	bool is_there = state_see(&rewind->edit, table, key, &now);
	size_t len = (is_there ? now.len : 0) + (then ? then->len : 0);
	if (is_there == (then != NULL) && (!then || bytes_equal(now, *then)))
		return;
	if (then)
		state_put(&rewind->edit, table, key, *then);
	else
		state_del(&rewind->edit, table, key);
	count_row(rewind, len);
}

/* All rows of the table whose key begins so. */
static void turn_table(struct rewind_rows *rewind, enum state_table table, struct bytes prefix)
{
	struct state_at_walk then;
	struct state_walk now;
	struct bytes key, row;
	state_at_walk_from(&then, rewind->state_at, table, prefix);
	while (!rewind->write->error && state_at_walk_next(&then, &key, &row))
		turn_row(rewind, table, key, &row);
	state_at_walk_end(&then);
	state_walk_from(&now, rewind->read, table, prefix);
	while (!rewind->write->error && state_walk_next(&now, &key, &row)) {
		struct bytes was;
		if (!state_at_get(rewind->state_at, table, key, &was))
			turn_row(rewind, table, key, NULL);
	}
	state_walk_end(&now);
}

static void rewind_tell_name(struct rewind_rows *rewind, const char *name, const char *what)
{
	if (rewind->report->found)
		rewind->report->found(rewind->report->context,
				      &(struct finding){.name = name, .what = what});
}

/* --- keys */

static void tell_key(struct rewind_rows *rewind, const struct dns_name *name, const char *what)
{
	char shown[DNS_NAME_TEXT_MAX], text[DNS_NAME_TEXT_MAX + 8];
	snprintf(text, sizeof text, "key %s", dns_name_show(name, shown));
	rewind_tell_name(rewind, text, what);
}

static bool has_secret_of(const struct keyring_key *a, const struct keyring_key *b)
{
	return bytes_equal(bytes_of(a->sealed, a->sealed_len), bytes_of(b->sealed, b->sealed_len));
}

static void turn_key(struct rewind_rows *rewind, const struct keyring_key *then)
{
	struct keyring_key now;
	if (!keyring_get(rewind->write, &then->name, &now)) {
		tell_key(rewind, &then->name,
			 "was deleted since, and its secret is not brought back: generate a new "
			 "one");
		return;
	}
	if (!has_secret_of(then, &now))
		tell_key(rewind, &then->name,
			 "its secret was replaced or sealed anew since, and stays as it is now");
	if (now.is_disabled == then->is_disabled && now.has_md5_leave == then->has_md5_leave)
		return;
	now.is_disabled = then->is_disabled;
	now.has_md5_leave = then->has_md5_leave;
	if (keyring_put(&rewind->edit, NULL, &now))
		count_row(rewind, now.sealed_len * 2u);
}

static void turn_keys(struct rewind_rows *rewind)
{
	struct state_at_walk then;
	struct state_walk now;
	struct keyring_key key;
	struct bytes name, row, was;
	state_at_walk_from(&then, rewind->state_at, STATE_KEY, bytes_of(NULL, 0));
	while (!rewind->write->error && state_at_walk_next(&then, &name, &row)) {
		if (keyring_unpack(&key, name, row))
			turn_key(rewind, &key);
	}
	state_at_walk_end(&then);
	state_walk_from(&now, rewind->read, STATE_KEY, bytes_of(NULL, 0));
	while (!rewind->write->error && state_walk_next(&now, &name, &row)) {
		if (!state_at_get(rewind->state_at, STATE_KEY, name, &was) &&
		    keyring_unpack(&key, name, row))
			tell_key(rewind, &key.name,
				 "was made later, and stays: disable or delete it if it should not "
				 "be here");
	}
	state_walk_end(&now);
}

/* --- the server */

/* With the settings of scavenging the next run moves: as then, but not before now. */
static void turn_schedule(struct rewind_rows *rewind)
{
	struct bytes key = state_key_word("schedule"), now, then;
	struct state_row_writer row = {.arena = &rewind->arena};
	struct state_row_field field;
	uint64_t next = 0;
	if (state_at_get(rewind->state_at, STATE_SERVER, key, &then))
		state_row_number(then, "next", &next);
	if (next && next < rewind->now)
		next = rewind->now;
	state_row_put_number(&row, "next", next);
	if (!state_see(&rewind->edit, STATE_SERVER, key, &now))
		now = bytes_of(NULL, 0);
	struct bytes_in in = bytes_in_of(now.data, now.len);
	while (state_row_next(&in, &field)) {
		const char *word =
			arena_text(&rewind->arena, (const char *)field.word.data, field.word.len);
		if (!state_row_is(&field, "next"))
			state_row_put(&row, word, field.value);
	}
	struct bytes turned = state_row_end(&row);
	turn_row(rewind, STATE_SERVER, key, &turned);
}

static void turn_subject(struct rewind_rows *rewind, const char *subject)
{
	struct bytes key = state_key_word(subject), then, now;
	bool was_there = state_at_get(rewind->state_at, STATE_SERVER, key, &then);
	bool is_there = state_see(&rewind->edit, STATE_SERVER, key, &now);
	bool is_same = was_there == is_there && (!is_there || bytes_equal(then, now));
	if (strcmp(subject, "scavenging") == 0 && !is_same)
		turn_schedule(rewind);
	turn_row(rewind, STATE_SERVER, key, was_there ? &then : NULL);
}

void rewind_rows_server(struct rewind_rows *rewind)
{
	static const char *const subjects[] = {"retention", "bin", "scavenging", "realms"};
	begin_rows(rewind, NULL);
	for (size_t i = 0; i < sizeof subjects / sizeof subjects[0]; i++)
		turn_subject(rewind, subjects[i]);
	turn_table(rewind, STATE_GROUP, bytes_of(NULL, 0));
	turn_keys(rewind);
	flush_rows(rewind);
}

/* --- a zone */

static void tell_missing_keys(struct rewind_rows *rewind, const struct zone *zone)
{
	struct notify_list list;
	struct keyring_key key;
	char shown[DNS_NAME_TEXT_MAX], text[2 * DNS_NAME_TEXT_MAX + 64];
	if (!zone->notify[0] || notify_list_parse(&list, zone->notify, &rewind->arena))
		return;
	for (size_t i = 0; i < list.count; i++) {
		if (!list.peer[i].has_key || keyring_get(rewind->write, &list.peer[i].key, &key))
			continue;
		snprintf(text, sizeof text, "zone %s", dns_name_show(&zone->apex, shown));
		rewind_tell_name(rewind, text, "its setting notify names a key that is not here");
		return;
	}
}

/* Its settings and its freeze; what the server keeps of it stays. */
static void turn_settings(struct rewind_rows *rewind, struct zone *zone)
{
	uint8_t key[STATE_KEY_MAX];
	struct bytes row, at = state_key_apex(&zone->apex, key);
	struct zone now, then = zone_default(&zone->apex);
	if (!zone_get(rewind->write, &zone->apex, &now) ||
	    !state_at_get(rewind->state_at, STATE_ZONE, at, &row) || !zone_unpack(&then, row) ||
	    then.id != now.id)
		return;
	then.created_at = now.created_at;
	then.available_at = now.available_at;
	then.cut_count = now.cut_count;
	zone_arm(&now, &then, rewind->now, due_longest_refresh(rewind->write, &then));
	zone_put(&rewind->edit, &then);
	count_row(rewind, row.len);
	tell_missing_keys(rewind, &then);
	/* With what zone_put says of derived PTR. */
	if (!zone_see(&rewind->edit, &then.apex, zone))
		*zone = then;
}

void rewind_rows_zone(struct rewind_rows *rewind, struct zone *zone)
{
	uint8_t buffer[STATE_KEY_MAX];
	struct bytes key = state_key_id(zone->id, buffer), rules;
	begin_rows(rewind, zone);
	turn_settings(rewind, zone);
	/* A zone that came back has brought the rules that it was deleted with. */
	bool had_rules = state_at_get(rewind->state_at, STATE_RULES, key, &rules);
	turn_row(rewind, STATE_RULES, key, had_rules ? &rules : NULL);
	turn_table(rewind, STATE_RESERVATION, key);
	turn_table(rewind, STATE_NOTE, key);
	flush_rows(rewind);
}

void rewind_rows_end(struct rewind_rows *rewind)
{
	arena_free(&rewind->arena);
}
