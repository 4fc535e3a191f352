/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "tests/unit/rows.h"
#include "tests/unit/tempzone.h"
#include "dns/rdata.h"
#include "journal/journal.h"
#include "zonedb/lookup.h"
#include "zonedb/principal.h"
#include "zonedb/record_window.h"
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

/* Linear over the words of a command; the last holds all that is left. */
struct words {
	char *word[5];
	size_t count;
};

static void split(struct words *words, char *request, size_t most)
{
	words->count = 0;
	for (char *at = request + strspn(request, " \n"); *at;) {
		words->word[words->count++] = at;
		if (words->count == most)
			return;
		at += strcspn(at, " \n");
		if (*at)
			*at++ = '\0';
		at += strspn(at, " \n");
	}
}

static uint16_t type_of(const char *text)
{
	uint16_t type;
	bool is_type = dns_type_parse(text, strlen(text), &type);
	assert(is_type);
	return type;
}

static struct bytes rdata_of(struct tempzone *t, uint16_t type, const char *text)
{
	uint8_t *room = arena_alloc(&t->arena, DNS_RDATA_MAX);
	struct bytes_out out = bytes_out_of(room, DNS_RDATA_MAX);
	unsigned column;
	const char *error = dns_rdata_parse_text(type, text, &t->zone.apex, &out, &column);
	if (error)
		fprintf(stderr, "%s: %s\n", text, error);
	assert(!error);
	return bytes_of(room, bytes_out_len(&out));
}

static void run_add(struct tempzone *t, struct edit *edit, struct words *w)
{
	assert(w->count == 5);
	struct dns_name name = tempzone_name(t, w->word[1]);
	uint16_t type = type_of(w->word[3]);
	uint32_t ttl = (uint32_t)strtoul(w->word[2], NULL, 10);
	struct bytes rdata = rdata_of(t, type, w->word[4]);
	struct node_record as = {.owner = principal_intern(&t->txn, "local:root"),
				 .stamp = 1,
				 .class = RECORD_STATIC,
				 .rdata = rdata};
	bool fits;
	if (strcmp(w->word[0], "pinned") == 0)
		as.class = RECORD_PINNED;
	if (strcmp(w->word[0], "guest") == 0 || strcmp(w->word[0], "windowed") == 0)
		as.class = RECORD_DYNAMIC;
	as.is_guest = strcmp(w->word[0], "guest") == 0;
	if (strcmp(w->word[0], "windowed") == 0)
		as.window = record_window_intern(
			&t->txn, &(struct record_windows){TEMPZONE_NO_REFRESH, TEMPZONE_REFRESH});
	if (strcmp(w->word[0], "add") == 0)
		fits = edit_add(edit, &name, type, ttl, rdata);
	else
		fits = edit_add_as(edit, &name, type, ttl, &as);
	assert(fits);
}

static void run_other(struct tempzone *t, struct edit *edit, struct words *w)
{
	assert(w->count >= 2);
	struct dns_name name = tempzone_name(t, w->word[1]);
	uint16_t type = w->count > 2 ? type_of(w->word[2]) : 0;
	struct bytes rdata = w->count > 3 ? rdata_of(t, type, w->word[3]) : bytes_of(NULL, 0);
	if (strcmp(w->word[0], "touch") == 0)
		edit_assert(edit, &name, type);
	else if (w->count > 3)
		edit_remove_record(edit, &name, type, rdata);
	else if (w->count > 2)
		edit_remove_rrset(edit, &name, type);
	else
		edit_remove_name(edit, &name);
}

static void run_command(struct tempzone *t, struct edit *edit, char *request)
{
	struct words words;
	char *copy = arena_text(&t->arena, request, strlen(request));
	split(&words, copy, 5);
	if (words.count == 0)
		return;
	const char *command = words.word[0];
	if (strcmp(command, "add") == 0 || strcmp(command, "static") == 0 ||
	    strcmp(command, "pinned") == 0 || strcmp(command, "guest") == 0 ||
	    strcmp(command, "windowed") == 0) {
		run_add(t, edit, &words);
		return;
	}
	assert(strcmp(command, "del") == 0 || strcmp(command, "touch") == 0);
	split(&words, request, 4);
	run_other(t, edit, &words);
}

static struct zone make_zone(struct store_txn *txn, const char *apex)
{
	struct dns_name name;
	const char *error = dns_name_parse_text(&name, apex);
	assert(!error);
	struct zone zone = zone_default(&name);
	zone.update = ZONE_UPDATE_SECURE;
	rows_zone_create(txn, &zone);
	return zone;
}

void tempzone_settle(struct store_txn *txn, const char *apex)
{
	make_zone(txn, apex);
}

static void open_store(struct tempzone *t)
{
	*t = (struct tempzone){.class = RECORD_STATIC};
	tempstore_open(&t->temp, 0);
	store_write_begin(t->temp.store, &t->txn);
}

static void put_apex(struct tempzone *t)
{
	tempzone_run(t, "local:root", 1,
		     "add @ 3600 SOA ns.elsewhere. admin.elsewhere. 1 1 1 1 60;"
		     "add @ 3600 NS ns.elsewhere.");
	t->class = RECORD_DYNAMIC;
}

void tempzone_open(struct tempzone *t, const char *apex)
{
	open_store(t);
	t->zone = make_zone(&t->txn, apex);
	put_apex(t);
}

void tempzone_open_logged(struct tempzone *t, const char *apex)
{
	struct dns_name name;
	open_store(t);
	struct state_edit rows = state_edit_of(&t->txn, &t->arena);
	const char *error = dns_name_parse_text(&name, apex);
	assert(!error);
	t->zone = zone_default(&name);
	zone_create(&rows, &t->zone);
	tempzone_put_rows(t, &rows, 1);
	put_apex(t);
}

void tempzone_free(struct tempzone *t)
{
	store_abort(&t->txn);
	arena_free(&t->arena);
	tempstore_free(&t->temp);
}

struct dns_name tempzone_name(const struct tempzone *t, const char *text)
{
	struct dns_name name;
	const char *error = dns_name_parse(&name, text, strlen(text), &t->zone.apex);
	assert(!error);
	return name;
}

uint64_t tempzone_put_rows(struct tempzone *t, struct state_edit *rows, uint64_t now)
{
	struct entry entry = {.time_us = now * 1000000,
			      .kind = ENTRY_SETTING,
			      .principal = "local:root",
			      .event = EVENT_ZONE_SETTING,
			      .has_zone = true,
			      .zone_id = t->zone.id,
			      .zone = t->zone.apex};
	entry.rows = state_edit_changes(rows, &entry.row_count);
	return journal_append(&t->txn, &entry, &t->arena);
}

struct edit *tempzone_edit(struct tempzone *t, const char *who, uint64_t now, const char *script)
{
	struct edit_author author = {.owner = principal_intern(&t->txn, who),
				     .owner_text = who,
				     .now = now,
				     .class = t->class};
	t->edit = edit_open(&t->txn, &t->zone, &author, &t->arena);
	for (const char *at = script; *at;) {
		size_t len = strcspn(at, ";");
		run_command(t, t->edit, arena_text(&t->arena, at, len));
		at += len + (at[len] == ';');
	}
	return t->edit;
}

static const char *show_change(struct tempzone *t, const struct change *change)
{
	char name[DNS_NAME_TEXT_MAX], type[DNS_TYPE_TEXT_MAX], data[1024];
	static const char marks[] = " +-~!";
	struct dns_name shown = change->name;
	dns_name_show(&shown, name);
	size_t len = strlen(name), apex = strlen(dns_name_show(&t->zone.apex, data));
	if (len > apex)
		name[len - apex - 1] = '\0';
	else
		strcpy(name, "@");
	dns_type_print(change->type, type);
	dns_rdata_print(change->type, change->rdata, data, sizeof data);
	const char *text =
		arena_print(&t->arena, "%c%s %s %s", marks[change->what], name, type, data);
	switch (change->what) {
	case CHANGE_ADDED:
		return arena_print(&t->arena, "%s %u", text, change->is.ttl);
	case CHANGE_REMOVED:
		return arena_print(&t->arena, "%s %u", text, change->was.ttl);
	case CHANGE_ALTERED:
		return arena_print(&t->arena, "%s %u>%u", text, change->was.ttl, change->is.ttl);
	default:
		return text;
	}
}

const char *tempzone_diff(struct tempzone *t)
{
	size_t count;
	const struct edit_change *changes = edit_diff(t->edit, &count);
	const char *text = "";
	for (size_t i = 0; i < count; i++)
		text = arena_print(&t->arena, "%s%s%s", text, i ? "; " : "",
				   show_change(t, &changes[i].change));
	return text;
}

uint64_t tempzone_commit(struct tempzone *t, enum entry_kind *kind)
{
	struct entry entry = {.time_us = 1, .kind = ENTRY_UPDATE, .principal = "test"};
	uint64_t seq = edit_commit(t->edit, &entry);
	assert(!t->txn.error);
	zone_get(&t->txn, &t->zone.apex, &t->zone);
	if (kind)
		*kind = entry.kind;
	return seq;
}

const char *tempzone_run(struct tempzone *t, const char *who, uint64_t now, const char *script)
{
	tempzone_edit(t, who, now, script);
	const char *diff = tempzone_diff(t);
	tempzone_commit(t, NULL);
	return diff;
}

const char *tempzone_record(struct tempzone *t, const char *name, const char *type,
			    const char *data)
{
	struct dns_name at = tempzone_name(t, name);
	uint16_t number = type_of(type);
	struct bytes rdata = rdata_of(t, number, data);
	struct node node;
	struct node_rrset rrset;
	struct node_record record;
	if (!lookup_node(&t->txn, &t->zone, &at, &node) || !node_find(&node, number, &rrset))
		return "none";
	struct bytes_in in = bytes_in_of(rrset.records.data, rrset.records.len);
	while (node_next_record(&in, &record)) {
		if (dns_rdata_compare(number, record.rdata, rdata) == 0)
			return arena_print(&t->arena, "%u %s %llu %s", rrset.ttl,
					   principal_text(&t->txn, record.owner, &t->arena),
					   (unsigned long long)record.stamp,
					   record_class_name(record.class));
	}
	return "none";
}
