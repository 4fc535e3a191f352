/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
/* journal/state_verify: each row of each table, changed behind the log, is found and named. */
#include "journal/state_verify.h"
#include "journal/journal.h"
#include "journal/prune.h"
#include "journal/run.h"
#include "journal/state_derived.h"
#include "tests/unit/tempzone.h"
#include "zonedb/reservation.h"
#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static struct tempzone t;
static struct state_verify verify;
static char said[4096];
static struct state_verify_fault last_fault;

static struct bytes row_of_words(const char *const *words)
{
	struct state_row_writer row = {.arena = &t.arena};
	for (; *words; words += 2)
		state_row_put_text(&row, words[0], words[1]);
	return state_row_end(&row);
}
#define ROW(...) row_of_words((const char *const[]){__VA_ARGS__, NULL})

static uint64_t log_row(enum state_table table, struct bytes key, struct bytes row)
{
	struct state_edit rows = state_edit_of(&t.txn, &t.arena);
	if (row.len)
		state_put(&rows, table, key, row);
	else
		state_del(&rows, table, key);
	return tempzone_put_rows(&t, &rows, 1000);
}

#define NONE bytes_of(NULL, 0)

/* The key of a row of each table that the fixture's log made, and the row. */
static struct bytes key_in(enum state_table table)
{
	static uint8_t buffer[STATE_KEY_MAX];
	struct dns_name name = tempzone_name(&t, table == STATE_NOTE ? "noted" : "kept");
	switch (table) {
	case STATE_ZONE:
		return state_key_apex(&t.zone.apex, buffer);
	case STATE_DELETED_ZONE:
		return state_key_deleted(&t.zone.apex, 77, buffer);
	case STATE_RULES:
		return state_key_id(t.zone.id, buffer);
	case STATE_RESERVATION:
	case STATE_NOTE:
		return bytes_of(buffer, zone_key(buffer, &t.zone, &name));
	case STATE_KEY:
		name = tempzone_name(&t, "host1.");
		return state_key_apex(&name, buffer);
	case STATE_RUN:
		return state_key_number(1, buffer);
	default:
		return state_key_word(table == STATE_GROUP ? "dhcp" : "retention");
	}
}

static void fill_tables(void)
{
	struct entry entry = {.time_us = 1, .kind = ENTRY_IMPORT, .principal = "key:a"};
	struct state_edit rows = state_edit_of(&t.txn, &t.arena);
	tempzone_open_logged(&t, "corp.example");
	run_begin(&rows, RUN_IMPORT, RUN_DONE, &entry);
	journal_append(&t.txn, &entry, &t.arena);
	log_row(STATE_DELETED_ZONE, key_in(STATE_DELETED_ZONE), ROW("id", "77", "update", "none"));
	log_row(STATE_RULES, key_in(STATE_RULES),
		ROW("zone", "corp.example", "text", "allow key:a write\n"));
	log_row(STATE_RESERVATION, key_in(STATE_RESERVATION),
		ROW("name", "kept.corp.example", "owner", "key:a"));
	log_row(STATE_NOTE, key_in(STATE_NOTE), ROW("text", "a printer"));
	log_row(STATE_KEY, key_in(STATE_KEY),
		ROW("algorithm", "hmac-sha256", "disabled", "off", "sealed", "aabbcc"));
	log_row(STATE_SERVER, key_in(STATE_SERVER), ROW("age", "100"));
	log_row(STATE_GROUP, key_in(STATE_GROUP), ROW("acting", "on", "member", "key:a"));
}

static void give_back(void)
{
	state_verify_end(&verify);
	tempzone_free(&t);
}

TestSuite(state_verify, .init = fill_tables, .fini = give_back);

static void say(void *context, const struct state_verify_fault *fault)
{
	size_t len = strlen(said);
	(void)context;
	last_fault = *fault;
	snprintf(said + len, sizeof(said) - len, "%s\n", fault->text);
}

/* The log, so far as it goes. */
static void read_log(void)
{
	struct entry entry;
	uint64_t first, last;
	journal_range(&t.txn, &first, &last);
	for (uint64_t seq = first; seq <= last; seq++) {
		cr_assert(journal_read(&t.txn, seq, &entry, &t.arena));
		state_verify_entry(&verify, &entry);
	}
}

static void start(uint32_t rows_max)
{
	state_verify_end(&verify);
	verify = (struct state_verify){.found = say, .rows_max = rows_max};
	said[0] = '\0';
	last_fault = (struct state_verify_fault){0};
}

/* All of it, in steps of one row. */
static uint64_t count_faults(void)
{
	start(0);
	read_log();
	while (state_verify_rows(&verify, &t.txn, 1) == STATE_VERIFY_ON)
		continue;
	cr_assert_eq(t.txn.error, STORE_OK);
	return verify.faults;
}

static void expect_said(const char *words)
{
	cr_expect_not_null(strstr(said, words), "'%s' in:\n%s", words, said);
}

Test(state_verify, what_the_log_made_is_whole)
{
	cr_expect_eq(count_faults(), 0, "%s", said);
	cr_expect_eq(verify.rows, 9);
	cr_expect_eq(verify.untold, 0);
}

/* Any byte of a row's value: each stands in the digest. */
static void flip_row(enum state_table table)
{
	struct bytes row, key = key_in(table);
	cr_assert(state_get(&t.txn, table, key, &row));
	uint8_t *was = arena_copy(&t.arena, row.data, row.len);
	uint8_t *is = arena_copy(&t.arena, row.data, row.len);
	is[row.len - 1] ^= 1;
	state_settle(&t.txn, table, key_in(table), bytes_of(is, row.len));
	cr_expect_eq(count_faults(), 1, "%s: %s", state_table_name(table), said);
	cr_expect_neq(last_fault.seq, 0);
	cr_expect_eq(last_fault.table, table);
	cr_expect(strncmp(said, state_table_name(table), strlen(state_table_name(table))) == 0,
		  "%s", said);
	expect_said(" in the log");
	state_settle(&t.txn, table, key_in(table), bytes_of(was, row.len));
	cr_expect_eq(count_faults(), 0, "%s", said);
}

Test(state_verify, a_flipped_row_of_each_table_is_named)
{
	/* A run's state is a word that must be one. */
	for (enum state_table table = STATE_ZONE; table < STATE_TABLES; table++) {
		if (table != STATE_RUN)
			flip_row(table);
	}
	state_settle(
		&t.txn, STATE_RUN, key_in(STATE_RUN),
		ROW("kind", "import", "state", "abandoned", "principal", "key:a", "started", "1"));
	cr_expect_eq(count_faults(), 1, "%s", said);
	expect_said("run 1: its state is \"abandoned\", and \"done\" in the log");
}

/* What the log put there is gone. */
Test(state_verify, a_missing_row_of_each_table_is_named)
{
	for (enum state_table table = STATE_ZONE; table < STATE_TABLES; table++) {
		struct bytes row, key = key_in(table);
		cr_assert(state_get(&t.txn, table, key, &row));
		struct bytes was = bytes_of(arena_copy(&t.arena, row.data, row.len), row.len);
		struct state_change gone = {
			.table = table, .key = key, .has_old = true, .old = was};
		/* What is derived of a zone goes with it. */
		if (table != STATE_ZONE && table != STATE_RUN) {
			state_write(&t.txn, &gone, 1, true);
			cr_expect_eq(count_faults(), 1, "%s: %s", state_table_name(table), said);
			expect_said("is not there, and entry ");
			cr_expect_eq(last_fault.table, table);
			state_settle(&t.txn, table, key, was);
		}
	}
	cr_expect_eq(count_faults(), 0, "%s", said);
}

Test(state_verify, a_row_that_no_entry_put_there_is_named)
{
	uint8_t buffer[STATE_KEY_MAX];
	struct dns_name evil = tempzone_name(&t, "evil"), key = tempzone_name(&t, "evil.");
	struct bytes at = bytes_of(buffer, zone_key(buffer, &t.zone, &evil));
	struct bytes row = ROW("name", "evil.corp.example", "owner", "key:evil");
	state_settle(&t.txn, STATE_RESERVATION, at, row);
	cr_expect_eq(count_faults(), 1);
	expect_said("reservation evil.corp.example: is there, and no entry put it there");
	cr_expect_eq(last_fault.seq, 0);
	state_settle(&t.txn, STATE_GROUP, state_key_word("evil"), ROW("acting", "on"));
	cr_expect_eq(count_faults(), 2);
	expect_said("group @evil: is there, and no entry put it there");
	state_settle(&t.txn, STATE_KEY, state_key_apex(&key, buffer), ROW("algorithm", "x"));
	cr_expect_eq(count_faults(), 3);
	expect_said("key evil: is there, and no entry put it there");
}

Test(state_verify, a_row_that_the_log_took_away_is_named)
{
	struct bytes row = ROW("acting", "on", "member", "key:a");
	uint64_t seq = log_row(STATE_GROUP, key_in(STATE_GROUP), NONE);
	char wanted[80];
	cr_expect_eq(count_faults(), 0, "%s", said);
	state_settle(&t.txn, STATE_GROUP, key_in(STATE_GROUP), row);
	snprintf(wanted, sizeof(wanted), "is there, and entry %" PRIu64 " took it away", seq);
	cr_expect_eq(count_faults(), 1);
	expect_said(wanted);
}

Test(state_verify, no_secret_is_said)
{
	state_settle(&t.txn, STATE_KEY, key_in(STATE_KEY),
		     ROW("algorithm", "hmac-sha256", "disabled", "off", "sealed", "ddeeff"));
	cr_expect_eq(count_faults(), 1);
	expect_said("key host1: its sealed is another sealed secret");
	cr_expect_null(strstr(said, "ddeeff"));
	cr_expect_null(strstr(said, "aabbcc"));
}

Test(state_verify, a_field_more_or_less_is_said)
{
	state_settle(&t.txn, STATE_GROUP, key_in(STATE_GROUP),
		     ROW("acting", "on", "member", "key:a", "member", "key:evil"));
	count_faults();
	expect_said("group @dhcp: it has member \"key:evil\", which the log has not");
	state_settle(&t.txn, STATE_GROUP, key_in(STATE_GROUP), ROW("acting", "on"));
	count_faults();
	expect_said("group @dhcp: it has no member, which is \"key:a\" in the log");
}

Test(state_verify, entries_that_contradict_each_other_are_named)
{
	struct state_change change = {.table = STATE_GROUP,
				      .key = state_key_word("dhcp"),
				      .has_old = true,
				      .has_new = true,
				      .old = ROW("acting", "off"),
				      .new = ROW("acting", "on")};
	struct entry forged = {.seq = journal_head(&t.txn).seq + 1,
			       .format = ENTRY_FORMAT,
			       .rows = &change,
			       .row_count = 1};
	start(0);
	read_log();
	state_verify_entry(&verify, &forged);
	cr_expect_eq(verify.faults, 1);
	expect_said("group @dhcp: the entry says that it was otherwise than entry ");
	cr_expect_eq(last_fault.seq, forged.seq);
	change.key = state_key_word("other");
	forged.seq++;
	state_verify_entry(&verify, &forged);
	expect_said("group @other: the entry says that it was there, and no entry put it there");
}

Test(state_verify, what_is_derived_must_lead_to_the_rows)
{
	uint64_t id = t.zone.id;
	store_set_number(&t.txn, "zone-last", 0);
	cr_expect_eq(count_faults(), 1);
	expect_said("zone corp.example: its number 1 will be given to another zone");
	cr_expect(last_fault.is_derived);
	store_set_number(&t.txn, "zone-last", id);
	store_set_number(&t.txn, "run", 0);
	cr_expect_eq(count_faults(), 1);
	expect_said("run 1: its number will be given to another run");
	store_set_number(&t.txn, "run", 1);
	uint8_t number[] = {'i', 0, 0, 0, 1}, other[] = {'i', 0, 0, 0, 9};
	store_put(&t.txn, STORE_ZONES, bytes_of(other, 5),
		  bytes_of(t.zone.apex.wire, t.zone.apex.len));
	cr_expect_eq(count_faults(), 1);
	expect_said("zone corp.example: number 9 leads to it, and its own is 1");
	store_del(&t.txn, STORE_ZONES, bytes_of(other, 5));
	store_del(&t.txn, STORE_ZONES, bytes_of(number, 5));
	cr_expect_eq(count_faults(), 1);
	expect_said("its number 1 does not lead to it");
}

Test(state_verify, the_held_and_the_last_run_of_a_zone_are_its_runs)
{
	struct entry entry = {.time_us = 1,
			      .kind = ENTRY_RUN,
			      .principal = "system:scavenger",
			      .has_zone = true,
			      .zone_id = t.zone.id,
			      .zone = t.zone.apex};
	struct state_edit rows = state_edit_of(&t.txn, &t.arena);
	run_begin(&rows, RUN_SCAVENGE, RUN_HELD, &entry);
	journal_append(&t.txn, &entry, &t.arena);
	cr_expect_eq(count_faults(), 0, "%s", said);
	store_set_number(&t.txn, "run-held:1", 0);
	cr_expect_eq(count_faults(), 1);
	expect_said("run 2: the zone's held run is 0, and its state is held");
	store_set_number(&t.txn, "run-held:1", 2);
	store_set_number(&t.txn, "run-last:1", 1);
	cr_expect_eq(count_faults(), 1);
	expect_said("run 2: the zone's last run is 1, which is older");
}

Test(state_verify, what_is_older_than_the_log_is_counted_and_what_is_newer_is_held)
{
	static const struct entry pruner = {.time_us = 2000000000, .principal = "system:retention"};
	struct prune_rule rule = {
		.before_us = UINT64_MAX, .bytes = UINT64_MAX, .keep_us = UINT64_MAX};
	struct prune_result result = {0};
	journal_prune(&t.txn, &rule, journal_head(&t.txn).seq - 2, &pruner, &result);
	cr_assert_gt(journal_base(&t.txn).seq, 0);
	cr_expect_eq(count_faults(), 0, "%s", said);
	/* Retention, the group and what the pruning put. */
	cr_expect_eq(verify.rows, 3);
	cr_expect_geq(verify.untold, 5);
	state_settle(&t.txn, STATE_RULES, key_in(STATE_RULES), ROW("zone", "x", "text", "evil"));
	cr_expect_eq(count_faults(), 0, "of this row nothing is known any more");
	state_settle(&t.txn, STATE_GROUP, key_in(STATE_GROUP), ROW("acting", "off"));
	cr_expect_eq(count_faults(), 1);
	expect_said("group @dhcp: its acting is \"off\", and \"on\" in the log");
}

Test(state_verify, entries_in_words_hide_what_was_before_them)
{
	struct entry words = {.seq = journal_head(&t.txn).seq + 1,
			      .format = 1,
			      .kind = ENTRY_SETTING,
			      .reason = "update: none -> secure"};
	start(0);
	read_log();
	state_verify_entry(&verify, &words);
	struct bytes row = ROW("acting", "off");
	state_verify_stored(&verify, &t.txn, STATE_GROUP, state_key_word("dhcp"), &row);
	cr_expect_eq(verify.faults, 0, "%s", said);
	cr_expect_eq(verify.untold, 1);
}

Test(state_verify, memory_is_bounded_and_what_did_not_fit_is_counted)
{
	start(4);
	read_log();
	while (state_verify_rows(&verify, &t.txn, 3) == STATE_VERIFY_ON)
		continue;
	cr_expect_eq(verify.count, 4);
	cr_expect_eq(verify.faults, 0, "%s", said);
	cr_expect_eq(verify.rows + verify.untold, 9);
	cr_expect_eq(verify.rows, 4);
}

/* A row changes between two steps: before the walk comes to it, after it, and for the first time.
 */
Test(state_verify, rows_may_change_between_two_steps)
{
	for (unsigned at = 0; at < 12; at++) {
		unsigned step = 0;
		char word[16];
		snprintf(word, sizeof(word), "new%u", at);
		start(0);
		read_log();
		while (state_verify_rows(&verify, &t.txn, 1) == STATE_VERIFY_ON) {
			if (step++ != at)
				continue;
			for (enum state_table table = STATE_RULES; table < STATE_RUN; table++)
				log_row(table, key_in(table), ROW("text", word));
			log_row(STATE_GROUP, state_key_word(word), ROW("acting", "on"));
			log_row(STATE_NOTE, key_in(STATE_NOTE), at % 2 ? NONE : ROW("text", "t"));
		}
		cr_expect_eq(verify.faults, 0, "changed at step %u: %s", at, said);
		/* And one that is wrong then is found. */
		cr_assert_eq(t.txn.error, STORE_OK);
	}
	start(0);
	read_log();
	cr_assert_eq(state_verify_rows(&verify, &t.txn, 1), STATE_VERIFY_ON);
	log_row(STATE_GROUP, state_key_word("a"), ROW("acting", "on"));
	state_settle(&t.txn, STATE_GROUP, state_key_word("a"), ROW("acting", "off"));
	while (state_verify_rows(&verify, &t.txn, 1) == STATE_VERIFY_ON)
		continue;
	cr_expect_eq(verify.faults, 1, "%s", said);
	expect_said("group @a: its acting is \"off\"");
}
