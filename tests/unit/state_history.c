/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "tests/unit/state_history.h"
#include "journal/journal.h"
#include "journal/prune.h"
#include "journal/run.h"
#include "journal/state_server.h"
#include "tests/unit/random_history.h"
#include "scavenger/clock_watch.h"
#include "scavenger/sweep.h"
#include "tests/unit/rows.h"
#include "zonedb/removal.h"
#include "zonedb/revert.h"
#include <criterion/criterion.h>
#include <stdio.h>

#define ADMIN "local:root"
/* Seconds between two steps of random_step, and how many of them are one of ours. */
#define STEP_S 40000
#define FAR    500

/* By how many steps of ours the clock is ahead of what it should show. One history at a time. */
static unsigned steps_ahead;

static struct entry admin_entry(const struct zone *zone, uint64_t now)
{
	struct entry entry = {.time_us = now * 1000000, .kind = ENTRY_ADMIN, .principal = ADMIN};
	if (zone) {
		entry.has_zone = true;
		entry.zone_id = zone->id;
		entry.zone = zone->apex;
	}
	return entry;
}

/* The entry of these rows, unless they are as they were. */
static void append_rows(struct tempzone *t, const struct zone *zone, struct state_edit *rows,
			uint64_t now)
{
	struct entry entry = admin_entry(zone, now);
	entry.event = EVENT_ZONE_SETTING;
	entry.rows = state_edit_changes(rows, &entry.row_count);
	if (entry.row_count)
		journal_append(&t->txn, &entry, &t->arena);
}

static const char *pick_word(const char *const *words, size_t count)
{
	return words[random_pick((unsigned)count)];
}
#define PICK(words) pick_word(words, sizeof(words) / sizeof((words)[0]))

static void set_zone(struct tempzone *t, struct state_edit *rows)
{
	static const char *const settings[][2] = {
		{"no-refresh", "1h"},       {"no-refresh", "3d"},
		{"refresh", "2d"},          {"update", "none"},
		{"update", "nonsecure"},    {"aging", "on"},
		{"aging", "off"},           {"max-records", "7"},
		{"notify", "127.0.0.9"},    {"notify", "127.0.0.9 key k.example"},
		{"transfer", "10.0.0.0/8"}, {"keep-types", "TXT,MX"},
		{"protect-static", "off"},  {"max-share", "50%"},
	};
	const char *const *setting = settings[random_pick(sizeof(settings) / sizeof(settings[0]))];
	const char *problem = zone_setting_parse(&t->zone, setting[0], setting[1], &t->arena);
	cr_assert_null(problem, "%s", problem);
	if (random_pick(4) == 0)
		t->zone.is_frozen = !t->zone.is_frozen;
	t->zone.available_at = random_pick(3);
	zone_put(rows, &t->zone);
}

static void set_group(struct state_edit *rows)
{
	static const char *const names[] = {"@dhcp", "@admins", "@x"};
	const char *members[] = {"key:kea-1", "key:kea-*", "local:root"};
	struct acl_group group = {.is_acting = random_pick(2), .count = random_pick(3) + 1};
	group.members = members;
	snprintf(group.name, sizeof(group.name), "%s", PICK(names));
	if (random_pick(3))
		group_put(rows, &group);
	else
		group_del(rows, group.name);
}

static void set_rules(struct tempzone *t, struct state_edit *rows)
{
	static const char *const texts[] = {"", "allow key:a write\n",
					    "# \"quoted\"\nallow key:b write\n"};
	rulebook_put(rows, t->zone.id, &t->zone.apex, PICK(texts));
}

static void set_reservation(struct tempzone *t, struct state_edit *rows)
{
	static const char *const names[] = {"kept", "a.kept", "a"};
	struct dns_name name = tempzone_name(t, PICK(names));
	if (random_pick(3))
		reservation_put(rows, &t->zone, &name, random_pick(2) ? "key:a" : "key:never-seen");
	else
		reservation_drop(rows, &t->zone, &name);
}

static void set_note(struct tempzone *t, struct state_edit *rows)
{
	uint8_t key[ZONE_KEY_MAX];
	struct dns_name name = tempzone_name(t, random_pick(2) ? "a" : "noted");
	struct bytes at = bytes_of(key, zone_key(key, &t->zone, &name));
	struct state_row_writer row = {.arena = rows->arena};
	state_row_put_text(&row, "text", random_pick(2) ? "a printer" : "gr\xc3\xbc\xc3\x9f\x65");
	if (random_pick(3))
		state_put(rows, STATE_NOTE, at, state_row_end(&row));
	else
		state_del(rows, STATE_NOTE, at);
}

static void set_server(struct state_edit *rows)
{
	static const char *const subjects[] = {"retention", "bin", "scavenging", "schedule"};
	struct state_row_writer row = {.arena = rows->arena};
	state_row_put_number(&row, random_pick(2) ? "age" : "keeps", random_pick(5));
	server_put(rows, PICK(subjects), &row);
}

static void set_key(struct tempzone *t, struct state_edit *rows, uint64_t now)
{
	static struct store_key *store_key;
	static const char *const names[] = {"kea", "web.example"};
	struct keyring_key key;
	struct dns_name name;
	cr_assert_null(dns_name_parse_text(&name, PICK(names)));
	if (!store_key)
		store_key = store_key_new();
	if (store_key_count(store_key) == 0 || random_pick(8) == 0)
		store_key_add(store_key, 0);
	if (!keyring_get(&t->txn, &name, &key))
		keyring_key_generate(&key, &name, HMAC_SHA256, now);
	else if (random_pick(3) == 0)
		keyring_key_rotate(&key, now, now + 1000);
	else
		key.is_disabled = !key.is_disabled;
	if (random_pick(5))
		cr_assert(keyring_put(rows, store_key, &key));
	else
		keyring_del(rows, &name);
}

static void step_rows(struct tempzone *t, uint64_t now)
{
	struct state_edit rows = state_edit_of(&t->txn, &t->arena);
	/* Several things in one entry now and then. */
	for (unsigned i = random_pick(4) ? 1 : 3; i > 0; i--) {
		switch (random_pick(7)) {
		case 0:
			set_zone(t, &rows);
			break;
		case 1:
			set_group(&rows);
			break;
		case 2:
			set_rules(t, &rows);
			break;
		case 3:
			set_reservation(t, &rows);
			break;
		case 4:
			set_note(t, &rows);
			break;
		case 5:
			set_key(t, &rows, now);
			break;
		default:
			set_server(&rows);
		}
	}
	append_rows(t, &t->zone, &rows, now);
}

/* --- other zones */

static void make_zone(struct tempzone *t, const char *apex, uint64_t now)
{
	struct dns_name name;
	struct state_edit rows = state_edit_of(&t->txn, &t->arena);
	cr_assert_null(dns_name_parse_text(&name, apex));
	t->zone = zone_default(&name);
	t->zone.update = ZONE_UPDATE_SECURE;
	zone_create(&rows, &t->zone);
	append_rows(t, &t->zone, &rows, now);
	t->class = RECORD_STATIC;
	tempzone_run(t, ADMIN, now,
		     "add @ 3600 SOA ns.elsewhere. admin.elsewhere. 1 1 1 1 60;"
		     "add @ 3600 NS ns.elsewhere.; add www 60 A 10.9.0.1");
	t->class = RECORD_DYNAMIC;
}

static void delete_zone(struct tempzone *t, uint64_t now)
{
	struct entry entry = admin_entry(&t->zone, now);
	entry.serial_before = entry.serial_after = zone_serial(&t->txn, &t->zone);
	struct state_edit begun = state_edit_of(&t->txn, &t->arena);
	run_begin(&begun, RUN_ZONE_DELETE, RUN_DONE, &entry);
	removal_records(&t->txn, &t->zone, &entry);
	entry.event = EVENT_ZONE_DELETE;
	removal_end(&t->txn, &t->zone, &entry);
}

/* Another zone comes, changes, or goes; one of them lies in the first. */
static void step_other(struct tempzone *t, uint64_t now)
{
	static const char *const apexes[] = {"lab.example", "b.corp.example",
					     "1.168.192.in-addr.arpa"};
	struct zone first = t->zone;
	const char *apex = PICK(apexes);
	struct dns_name name;
	cr_assert_null(dns_name_parse_text(&name, apex));
	if (!zone_get(&t->txn, &name, &t->zone))
		make_zone(t, apex, now);
	else if (random_pick(3) == 0)
		delete_zone(t, now);
	else if (random_pick(2))
		step_rows(t, now);
	else
		tempzone_run(t, "key:b", now, random_pick(2) ? "add h 60 A 10.9.0.2" : "del h");
	t->zone = first;
}

/* --- scavenging */

/* So that a run is due; the brake lets some of them go, and holds others. */
static void let_scavenge(struct tempzone *t, uint64_t now)
{
	struct state_edit rows = state_edit_of(&t->txn, &t->arena);
	t->zone.update = ZONE_UPDATE_NONSECURE;
	t->zone.is_aging = true;
	t->zone.is_frozen = false;
	t->zone.available_at = 0;
	t->zone.no_refresh = t->zone.refresh = 3600;
	t->zone.max_share = random_pick(2) ? 0 : 20;
	t->zone.max_count = random_pick(2) ? 0 : 2;
	zone_put(&rows, &t->zone);
	append_rows(t, &t->zone, &rows, now);
}

/* A run needs the writer's thread, and so a store that nobody writes to. */
static void sweep_in_store(struct tempzone *t, uint64_t now, uint64_t held)
{
	struct clock hand;
	struct sweep_result result;
	_Atomic bool stop = false;
	struct sweep_context context = {
		.store = t->temp.store, .clock = &hand, .stop = &stop, .asker.principal = ADMIN};
	cr_assert_eq(store_commit(&t->txn), STORE_OK);
	clock_by_hand(&hand, now * 1000000);
	context.writer = writer_start(t->temp.store, NULL, NULL);
	if (held)
		sweep_approved(&context, &(struct sweep_approval){.run = held}, &result);
	else
		sweep_zone(&context, &t->zone, &result);
	writer_free(context.writer);
	cr_assert_eq(result.error, STORE_OK);
	store_write_begin(t->temp.store, &t->txn);
}

static void step_scavenge(struct tempzone *t, uint64_t now)
{
	struct entry as = admin_entry(NULL, now);
	uint64_t held = run_held(&t->txn, t->zone.id);
	if (held && random_pick(3) == 0) {
		cr_assert_eq(sweep_cancel(&t->txn, held, &as), PLAN_MAY_RUN);
		return;
	}
	let_scavenge(t, now);
	sweep_in_store(t, now, held && random_pick(2) ? held : 0);
}

/* --- what was done is taken back */

static void step_revert(struct tempzone *t, uint64_t now)
{
	uint64_t first, last;
	struct entry entry, as = admin_entry(NULL, now);
	struct revert_listener nobody = {0};
	struct revert_result result;
	struct arena arena = {0};
	journal_range(&t->txn, &first, &last);
	uint64_t seq = first + random_pick((unsigned)(last - first + 1));
	struct revert *revert = revert_open();
	cr_assert(journal_read(&t->txn, seq, &entry, &arena));
	for (size_t i = 0; i < entry.change_count; i++)
		cr_assert(revert_take(revert, &entry, &entry.changes[i]));
	struct state_edit begun = state_edit_of(&t->txn, &t->arena);
	run_begin(&begun, RUN_REVERT, RUN_DONE, &as);
	if (revert_count(revert))
		revert_apply(revert, &t->txn, &as, &nobody, &result);
	revert_free(revert);
	arena_free(&arena);
}

static void step_prune(struct tempzone *t, uint64_t now)
{
	struct prune_result result = {0};
	struct entry as = {.time_us = now * 1000000, .principal = "system:retention"};
	/* What the last thirty steps wrote stays. */
	uint64_t age = (30 + random_pick(90)) * (uint64_t)FAR * STEP_S;
	struct prune_rule rule = {
		.before_us = now > age ? (now - age) * 1000000 : 0,
		.bytes = UINT64_MAX,
		.keep_us = UINT64_MAX,
	};
	journal_prune(&t->txn, &rule, random_pick(40) + 1, &as, &result);
}

void state_history_open(struct tempzone *t)
{
	steps_ahead = 0;
	*t = (struct tempzone){.class = RECORD_STATIC};
	tempstore_open(&t->temp, 0);
	store_write_begin(t->temp.store, &t->txn);
	make_zone(t, "corp.example", 1);
}

static void history_act(struct tempzone *t, unsigned step)
{
	/* Of 500 steps there random_step makes one a deletion and one an import. */
	static const unsigned rare[] = {499, 299};
	unsigned kind = random_pick(22);
	unsigned at = step * FAR + (random_pick(12) ? 0 : rare[random_pick(2)]);
	uint64_t now = 1000000 + (uint64_t)at * STEP_S;
	if (kind < 8)
		random_step(t, at);
	else if (kind < 14)
		step_rows(t, now);
	else if (kind < 17)
		step_other(t, now);
	else if (kind < 19)
		step_revert(t, now);
	else if (kind < 21)
		step_scavenge(t, now);
	else
		step_prune(t, now);
	cr_assert_eq(t->txn.error, STORE_OK);
	bool is_there = zone_get(&t->txn, &t->zone.apex, &t->zone);
	cr_assert(is_there);
	arena_reset(&t->arena);
}

/* --- the clock is set */

static uint64_t history_time(unsigned step)
{
	return 1000000 + (uint64_t)step * FAR * STEP_S;
}

static void history_set_clock(struct tempzone *t, unsigned from, unsigned to)
{
	struct clock_step step = {.from_us = history_time(from) * 1000000,
				  .to_us = history_time(to) * 1000000,
				  .since_us = history_time(to) * 1000000,
				  .left_seq = journal_next_seq(&t->txn)};
	clock_watch_note(&t->txn, &step);
	bool is_there = zone_get(&t->txn, &t->zone.apex, &t->zone);
	cr_assert(is_there);
	steps_ahead = to > from ? steps_ahead + (to - from) : steps_ahead - (from - to);
}

/* Forward, some work, and mostly back by all of it or a part. */
static void step_clock(struct tempzone *t, unsigned i)
{
	unsigned was = steps_ahead;
	history_set_clock(t, i + was, i + was + random_pick(60) + 1);
	for (unsigned n = random_pick(5); n > 0; n--)
		history_act(t, i + steps_ahead);
	if (random_pick(4))
		history_set_clock(t, i + steps_ahead,
				  i + was + (random_pick(3) ? 0 : random_pick(steps_ahead - was)));
}

/* It was ahead for so long that it was taken as right: time stands, or somebody says so. */
static void step_clock_right(struct tempzone *t, unsigned i)
{
	if (random_pick(2)) {
		history_set_clock(t, i + steps_ahead, i);
		return;
	}
	struct state_edit rows = state_edit_of(&t->txn, &t->arena);
	clock_watch_approve(&rows, history_time(i) * 1000000);
	append_rows(t, NULL, &rows, history_time(i));
	bool is_there = zone_get(&t->txn, &t->zone.apex, &t->zone);
	cr_assert(is_there);
	steps_ahead = 0;
}

void state_history_step(struct tempzone *t, unsigned i)
{
	if (random_pick(25) == 0)
		step_clock(t, i);
	else if (steps_ahead && random_pick(20) == 0)
		step_clock_right(t, i);
	history_act(t, i + steps_ahead);
}

void state_history_commit(struct tempzone *t)
{
	cr_assert_eq(store_commit(&t->txn), STORE_OK);
	store_write_begin(t->temp.store, &t->txn);
}
