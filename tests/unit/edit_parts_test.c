/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an administrator changes at many names, or keys, is changed in parts: no job of the writer
 * changes more than one part, the entries are of one run, which can be undone, and what is there at
 * the end is what one transaction would have left.
 */
#include "config.h"
#include "admin/call.h"
#include "admin/edit_parts.h"
#include "base/container.h"
#include "dns/type.h"
#include "journal/journal.h"
#include "journal/run.h"
#include "tests/unit/dump.h"
#include "zonedb/principal.h"
#include <criterion/criterion.h>
#include <ftw.h>
#include <stdlib.h>
#include <unistd.h>

#define NAMES 1500 /* of each zone */
#define STEPS 100  /* names in a part */

static char folder[] = "/tmp/tenure-edit-parts-XXXXXX";
static struct core *core;
static json_t *rows, *result;
static char said[CALL_ERROR_MAX];

static bool keep(struct call *call, json_t *row)
{
	(void)call;
	json_array_append(rows, row);
	return true;
}

/* How far a command said it is, and how often. */
static struct {
	uint64_t times, done, of;
	const char *noun;
} told;

static void tell(struct call *call, uint64_t done, uint64_t of, const char *noun)
{
	(void)call;
	cr_expect(of == 0 || done <= of);
	cr_expect(done >= told.done || strcmp(noun, told.noun) != 0);
	told.times++;
	told.noun = noun;
	told.done = done;
	told.of = of;
}

static bool (*input)(struct call *, struct bytes *);

static enum call_code run(const char *command, const char *args)
{
	struct call call;
	json_t *parsed = json_loads(args, 0, NULL);
	cr_assert(parsed, "%s", args);
	json_array_clear(rows);
	json_decref(result);
	call_open(&call, core, "local:root");
	call.args = parsed;
	call.row = keep;
	call.read = input;
	call.progress = tell;
	told.times = told.done = told.of = 0;
	told.noun = "";
	enum call_code code = call_run(&call, command);
	snprintf(said, sizeof(said), "%s", call_error(&call) ? call_error(&call) : "");
	result = json_incref(call.result);
	call_close(&call);
	json_decref(parsed);
	return code;
}

static void expect_ok(const char *command, const char *args)
{
	enum call_code code = run(command, args);
	cr_assert_eq(code, CALL_OK, "%s: %s", command, said);
}

static json_int_t number(const char *member)
{
	return json_integer_value(json_object_get(result, member));
}

/* --- zones of many names */

struct filling {
	struct writer_job job;
	const char *zone;
	unsigned from, count;
};

static void fill_some(struct writer_job *job, struct store_txn *txn)
{
	struct filling *filling = container_of(job, struct filling, job);
	struct arena arena = {0};
	struct dns_name apex, name;
	struct zone zone;
	char text[64];
	cr_assert_not(dns_name_parse_text(&apex, filling->zone));
	cr_assert(zone_get(txn, &apex, &zone));
	struct edit_author author = {.owner = principal_intern(txn, "key:a"),
				     .owner_text = "key:a",
				     .now = 1767600000,
				     .class = RECORD_DYNAMIC};
	struct edit *edit = edit_open(txn, &zone, &author, &arena);
	for (unsigned i = filling->from; i < filling->from + filling->count; i++) {
		uint8_t data[4] = {10, 0, (uint8_t)(i >> 8), (uint8_t)i};
		snprintf(text, sizeof text, "h%04u.site", i);
		cr_assert_not(dns_name_parse(&name, text, strlen(text), &apex));
		edit_add(edit, &name, DNS_TYPE_A, 60, bytes_of(data, sizeof data));
	}
	struct entry entry = {.time_us = 1767600000000000,
			      .kind = ENTRY_UPDATE,
			      .principal = "key:a",
			      .has_zone = true,
			      .zone_id = zone.id,
			      .zone = zone.apex};
	edit_commit(edit, &entry);
	arena_free(&arena);
}

static void fill(const char *zone)
{
	char args[200];
	struct filling filling = {.job.run = fill_some, .zone = zone, .count = 100};
	snprintf(args, sizeof args, "{\"zone\": \"%s\"}", zone);
	expect_ok("zone add", args);
	for (; filling.from < NAMES; filling.from += filling.count)
		cr_assert_eq(writer_call(core->writer, &filling.job, WRITER_URGENT), STORE_OK);
}

static void begin(void)
{
	char error[STORE_ERROR_MAX];
	cr_assert(mkdtemp(folder));
	struct core_options options = {.data = folder,
				       .map_size = 128 << 20,
				       .readers = 2,
				       .hand_clock_us = 1767603600000000};
	core = core_start(&options, error);
	cr_assert(core, "%s", error);
	rows = json_array();
	fill("a.example");
	fill("b.example");
	core->part_steps = STEPS;
}

static int drop(const char *path, const struct stat *info, int flag, struct FTW *ftw)
{
	(void)info, (void)flag, (void)ftw;
	return remove(path);
}

static void end(void)
{
	json_decref(rows);
	json_decref(result);
	core_stop(core);
	nftw(folder, drop, 8, FTW_DEPTH | FTW_PHYS);
}

TestSuite(edit_parts, .init = begin, .fini = end);

/* --- what is there, and what was done */

/* All records of a zone, with owner, class and stamp; the caller's. */
static char *content(const char *name)
{
	struct store_txn txn;
	struct dns_name apex;
	struct zone zone;
	store_read_begin(core->store, &txn);
	cr_assert_not(dns_name_parse_text(&apex, name));
	cr_assert(zone_get(&txn, &apex, &zone));
	char *text = dump_zone(&txn, &zone);
	store_read_end(&txn);
	return text;
}

static uint64_t jobs(void)
{
	struct writer_stats stats;
	writer_stats(core->writer, &stats);
	return stats.jobs;
}

struct work {
	uint64_t entries, changes, largest; /* of the run, with changes; changes of one */
	uint64_t first, last;               /* entries of the run */
	enum run_state state;
	enum entry_kind last_kind;
};

static struct work work_of(uint64_t id)
{
	struct work work = {0};
	struct store_txn txn;
	struct arena arena = {0};
	struct entry entry;
	struct run of;
	uint64_t first, last;
	store_read_begin(core->store, &txn);
	journal_range(&txn, &first, &last);
	cr_assert(run_get(&txn, id, &of));
	work.state = of.state;
	for (uint64_t seq = first; seq <= last; seq++) {
		cr_assert(journal_read(&txn, seq, &entry, &arena));
		if (entry.run == id) {
			work.first = work.first ? work.first : seq;
			work.last = seq;
			work.entries += entry.change_count > 0;
			work.changes += entry.change_count;
			if (entry.change_count > work.largest)
				work.largest = entry.change_count;
		}
		arena_reset(&arena);
	}
	arena_free(&arena);
	store_read_end(&txn);
	return work;
}

/* So many changes, in jobs of a part at most. */
static void expect_parts(uint64_t names, uint64_t before)
{
	uint64_t took = jobs() - before;
	struct work work = work_of((uint64_t)number("run"));
	cr_expect_eq(work.state, RUN_DONE);
	cr_expect_eq(work.changes, names);
	cr_expect_leq(work.largest, STEPS);
	cr_expect_geq(took, names / STEPS);
	cr_expect_leq(took, names / STEPS * 2 + 8, "%llu jobs", (unsigned long long)took);
}

static void revert(uint64_t id)
{
	char args[100];
	snprintf(args, sizeof args, "{\"run\": %llu}", (unsigned long long)id);
	expect_ok("audit revert", args);
}

static void expect_same(char *is, char *was)
{
	cr_expect_str_eq(is, was);
	free(is);
	free(was);
}

Test(edit_parts, few_names_are_one_entry_without_a_run)
{
	uint64_t before = jobs();
	expect_ok("owner transfer",
		  "{\"from\": \"key:a\", \"to\": \"key:b\", \"match\": \"h00*\", \"zone\": "
		  "\"a.example\", \"yes\": true}");
	cr_expect_eq(jobs() - before, 1);
	cr_expect_eq(number("records"), 100);
	cr_expect_not(json_object_get(result, "run"));
}

Test(edit_parts, a_transfer_of_many_is_what_one_of_few_is)
{
	char *before = content("a.example"), args[200];
	uint64_t at = jobs();
	expect_ok("owner transfer", "{\"from\": \"key:a\", \"to\": \"key:b\", \"yes\": true}");
	cr_expect_eq(number("records"), 2 * NAMES);
	cr_expect_eq(number("names"), 2 * NAMES);
	cr_expect_eq(number("zones"), 2);
	uint64_t of = (uint64_t)number("run");
	expect_parts(2 * NAMES, at);
	cr_expect_geq(told.times, 10);
	cr_expect_eq(told.done, 2 * NAMES);
	char *in_parts = content("a.example");
	cr_expect_str_neq(in_parts, before);
	cr_expect_not(strstr(in_parts, "key:a"));
	cr_expect_eq(run("owner transfer", "{\"from\": \"key:a\", \"to\": \"key:b\"}"),
		     CALL_NOT_FOUND, "there is nothing left to do");
	revert(of);
	expect_same(content("a.example"), before);
	for (unsigned i = 0; i * 100 < NAMES; i++) {
		at = jobs();
		snprintf(args, sizeof args,
			 "{\"from\": \"key:a\", \"to\": \"key:b\", \"match\": \"h%02u*\", "
			 "\"zone\": \"a.example\", \"yes\": true}",
			 i);
		expect_ok("owner transfer", args);
		cr_expect_eq(jobs() - at, 1);
	}
	expect_same(content("a.example"), in_parts);
}

/* The table that a call reads, as one piece. */
static struct bytes table;

static bool give_table(struct call *call, struct bytes *piece)
{
	(void)call;
	*piece = table;
	table = bytes_of(NULL, 0);
	return piece->len > 0;
}

Test(edit_parts, a_list_of_many_names)
{
	char *text = NULL, *before = content("b.example");
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	fprintf(out, "name,to\n");
	for (unsigned i = 0; i < 2 * NAMES; i++)
		fprintf(out, "h%04u.site.%s.example,key:k%u\n", i % NAMES, i < NAMES ? "a" : "b",
			i % 7);
	fclose(out);
	input = give_table;
	table = bytes_of(text, len);
	uint64_t at = jobs();
	expect_ok("owner transfer", "{\"has-file\": true, \"yes\": true}");
	cr_expect_eq(number("records"), 2 * NAMES);
	cr_expect_eq(number("zones"), 2);
	uint64_t of = (uint64_t)number("run");
	expect_parts(2 * NAMES, at);
	char *now = content("b.example");
	cr_expect_not(strstr(now, "key:a"));
	cr_expect(strstr(now, "key:k6"));
	free(now);
	table = bytes_of(text, len);
	cr_expect_eq(run("owner transfer", "{\"has-file\": true}"), CALL_NOTHING, "%s", said);
	revert(of);
	expect_same(content("b.example"), before);
	free(text);
}

Test(edit_parts, a_list_of_owners)
{
	static const char text[] = "from,to\nkey:a,key:b\n";
	char *before = content("a.example");
	input = give_table;
	table = bytes_of(text, strlen(text));
	uint64_t at = jobs();
	expect_ok("owner transfer", "{\"has-file\": true, \"yes\": true}");
	uint64_t of = (uint64_t)number("run");
	expect_parts(2 * NAMES, at);
	revert(of);
	expect_same(content("a.example"), before);
}

Test(edit_parts, an_adoption_of_many)
{
	expect_ok("record set-class",
		  "{\"zone\": \"a.example\", \"name\": \"h0001.site\", \"class\": \"static\"}");
	char *before = content("a.example");
	cr_expect_eq(run("record adopt", "{\"zone\": \"a.example\", \"owner\": \"key:b\"}"),
		     CALL_NOTHING, "it is kept for key:a: %s", said);
	for (unsigned i = 0; i < NAMES; i++) {
		char args[200];
		snprintf(args, sizeof args,
			 "{\"zone\": \"b.example\", \"name\": \"h%04u.site\", \"class\": "
			 "\"static\"}",
			 i);
		expect_ok("record set-class", args);
	}
	char *was = content("b.example");
	uint64_t at = jobs();
	expect_ok("record adopt", "{\"zone\": \"b.example\", \"owner\": \"key:a\", \"yes\": true}");
	uint64_t of = (uint64_t)number("run");
	expect_parts(NAMES, at);
	revert(of);
	expect_same(content("b.example"), was);
	expect_same(content("a.example"), before);
}

Test(edit_parts, a_touch_of_many)
{
	char *before = content("a.example");
	uint64_t at = jobs();
	expect_ok("record touch",
		  "{\"zone\": \"a.example\", \"name\": \"site\", \"recurse\": true}");
	cr_expect_eq(number("touched"), NAMES);
	uint64_t of = (uint64_t)number("run");
	expect_parts(NAMES, at);
	char *touched = content("a.example");
	cr_expect_str_neq(touched, before);
	cr_expect_not(strstr(touched, "2026-01-05T08:00:00Z"), "all have the present time");
	free(touched);
	at = jobs();
	expect_ok("record touch",
		  "{\"zone\": \"a.example\", \"name\": \"site\", \"recurse\": true}");
	cr_expect_eq(number("touched"), 0);
	cr_expect_eq(jobs(), at, "nothing is to be done");
	revert(of);
	expect_same(content("a.example"), before);
}

/* As long as something of theirs is to be handed over they are members, and may change it. */
Test(edit_parts, a_member_leaves_when_all_is_the_groups)
{
	expect_ok("group create",
		  "{\"name\": \"@dhcp\", \"members\": [\"key:a\", \"key:c\"], \"acting\": true}");
	char *before = content("b.example");
	uint64_t at = jobs();
	expect_ok("group remove", "{\"name\": \"@dhcp\", \"members\": [\"key:a\"]}");
	cr_expect_eq(number("records"), 2 * NAMES);
	expect_ok("audit", "{\"event\": \"group-remove\"}");
	uint64_t left_at =
		(uint64_t)json_integer_value(json_object_get(json_array_get(rows, 0), "seq"));
	uint64_t of = (uint64_t)json_integer_value(json_object_get(json_array_get(rows, 0), "run"));
	struct work work = work_of(of);
	cr_expect_eq(work.state, RUN_DONE);
	cr_expect_eq(work.changes, 2 * NAMES);
	cr_expect_leq(work.largest, STEPS);
	cr_expect_geq(jobs() - at, 2 * NAMES / STEPS);
	cr_expect_eq(left_at, work.last - 1, "the member leaves last; then the run ends");
	char *after = content("b.example");
	cr_expect_not(strstr(after, "key:a"));
	free(after);
	revert(of);
	expect_same(content("b.example"), before);
	expect_ok("group show", "{\"name\": \"@dhcp\"}");
	cr_expect_eq(json_array_size(rows), 2, "the member is back");
}

Test(edit_parts, names_of_a_list_are_released_in_parts)
{
	json_t *args = json_object(), *names = json_array();
	char text[64];
	for (unsigned i = 0; i < 600; i++) {
		snprintf(text, sizeof text, "h%04u.site.a.example", i);
		json_array_append_new(names, json_string(text));
	}
	json_object_set_new(args, "names", names);
	json_object_set_new(args, "yes", json_true());
	char *words = json_dumps(args, 0);
	uint64_t at = jobs();
	expect_ok("owner release", words);
	cr_expect_eq(number("records"), 600);
	cr_expect_eq(number("names"), 600);
	cr_expect_eq(jobs() - at, 600 / STEPS);
	json_array_append_new(names, json_string("nobody.site.a.example"));
	free(words);
	words = json_dumps(args, 0);
	at = jobs();
	cr_expect_eq(run("owner release", words), CALL_NOT_FOUND);
	cr_expect_eq(jobs(), at, "none is released if one is not there");
	free(words);
	json_decref(args);
}

/* One step of a revert is what one entry of a part holds. */
Test(edit_parts, a_zone_comes_back_in_parts_and_whole)
{
	char *before = content("a.example");
	expect_ok("zone del", "{\"zone\": \"a.example\", \"yes\": true}");
	core->part_steps = 1;
	uint64_t at = jobs();
	expect_ok("zone restore", "{\"zone\": \"a.example\"}");
	cr_expect_eq(number("restored"), NAMES + 2, "the SOA and the NS too");
	cr_expect_geq(told.times, 4);
	cr_expect(told.done == told.of && told.of == NAMES + 1);
	struct work work = work_of((uint64_t)number("run"));
	cr_expect_eq(work.state, RUN_DONE);
	cr_expect_eq(work.changes, NAMES + 2);
	cr_expect_leq(work.largest, 400);
	cr_expect_geq(work.entries, 4);
	cr_expect_eq(jobs() - at, work.entries + 2, "its beginning, each entry, its end");
	char *after = content("a.example");
	/* But for the serial, which is in the first line, of the apex. */
	char *rest = strstr(after, "h0000"), *rest_before = strstr(before, "h0000");
	cr_assert(rest && rest_before);
	cr_expect_str_eq(rest, rest_before);
	free(after);
	free(before);
	expect_ok("zone show", "{\"zone\": \"a.example\"}");
	cr_expect_eq(json_integer_value(json_object_get(json_array_get(rows, 0), "names")),
		     NAMES + 1);
}

static size_t count_of(const char *text, const char *word)
{
	size_t count = 0;
	for (const char *at = text; (at = strstr(at, word)) != NULL; at++)
		count++;
	return count;
}

static uint64_t last_run_begun(void)
{
	expect_ok("audit", "{\"event\": \"run-start\"}");
	json_t *last = json_array_get(rows, json_array_size(rows) - 1);
	return (uint64_t)json_integer_value(json_object_get(last, "run"));
}

Test(edit_parts, what_a_new_zone_covers_is_moved_in_parts)
{
	char *before = content("a.example");
	uint64_t at = jobs();
	expect_ok("zone add", "{\"zone\": \"site.a.example\", \"move-names\": true, \"settings\": "
			      "{\"update\": \"secure\"}}");
	cr_expect_eq(number("moved"), NAMES);
	cr_expect_geq(jobs() - at, 2 * NAMES / STEPS, "copied, and then removed");
	cr_expect_leq(jobs() - at, 2 * (2 * NAMES / STEPS) + 12);
	struct work work = work_of(last_run_begun());
	cr_expect_eq(work.state, RUN_DONE);
	cr_expect_eq(work.changes, 2 * NAMES);
	cr_expect_leq(work.largest, STEPS);
	char *above = content("a.example"), *below = content("site.a.example");
	cr_expect_eq(count_of(above, "key:a"), 0);
	cr_expect_eq(count_of(below, "key:a"), NAMES);
	for (char *line = strtok(before, "\n"); line; line = strtok(NULL, "\n"))
		if (strstr(line, "key:a"))
			cr_assert(strstr(below, line), "as it was: %s", line);
	free(above);
	free(below);
	free(before);
	revert(last_run_begun());
	above = content("a.example");
	cr_expect_eq(count_of(above, "key:a"), NAMES, "it is undone in both");
	free(above);
	below = content("site.a.example");
	cr_expect_eq(count_of(below, "key:a"), 0);
	free(below);
}

/* A record that cannot stand beside what the zone holds stays, as do those of the zone above. */
Test(edit_parts, what_has_no_room_in_the_new_zone_stays_above)
{
	expect_ok("zone add", "{\"zone\": \"site.b.example\", \"yes\": true}");
	expect_ok("record add", "{\"zone\": \"site.b.example\", \"name\": \"h0007\", \"type\": "
				"\"CNAME\", \"data\": \"elsewhere.\"}");
	expect_ok("record add", "{\"zone\": \"site.b.example\", \"name\": \"h0008\", \"type\": "
				"\"A\", \"data\": \"10.0.0.8\"}");
	expect_ok("zone del", "{\"zone\": \"site.b.example\", \"yes\": true}");
	expect_ok("zone restore", "{\"zone\": \"site.b.example\", \"move-names\": true}");
	char *above = content("b.example"), *below = content("site.b.example");
	cr_expect_eq(count_of(above, "key:a"), 1, "%s", above);
	cr_expect_eq(count_of(above, "h0007"), 1);
	cr_expect_eq(count_of(below, "key:a"), NAMES - 2, "its own address of h0008 stays its own");
	free(above);
	free(below);
}

static size_t entries_of_rekey, keys_of_rekey, largest_of_rekey;

static void look_at_rekey(void)
{
	struct store_txn txn;
	struct arena arena = {0};
	struct entry entry;
	uint64_t first, last;
	store_read_begin(core->store, &txn);
	journal_range(&txn, &first, &last);
	for (uint64_t seq = first; seq <= last; seq++) {
		cr_assert(journal_read(&txn, seq, &entry, &arena));
		if (entry.event == EVENT_STORE_REKEY) {
			entries_of_rekey++;
			keys_of_rekey += entry.row_count;
			if (entry.row_count > largest_of_rekey)
				largest_of_rekey = entry.row_count;
		}
		arena_reset(&arena);
	}
	arena_free(&arena);
	store_read_end(&txn);
}

Test(edit_parts, keys_are_sealed_anew_in_parts)
{
	char args[100];
	for (unsigned i = 0; i < 250; i++) {
		snprintf(args, sizeof args, "{\"name\": \"k%u.\"}", i);
		expect_ok("key generate", args);
	}
	uint64_t at = jobs();
	expect_ok("store rekey", "{}");
	cr_expect_eq(number("keys"), 250);
	cr_expect_eq(number("left"), 0);
	cr_expect_eq(jobs() - at, 3);
	look_at_rekey();
	cr_expect_eq(entries_of_rekey, 3);
	cr_expect_eq(keys_of_rekey, 250);
	cr_expect_leq(largest_of_rekey, STEPS);
	expect_ok("key show", "{\"name\": \"k249.\"}");
	expect_ok("store rekey", "{}");
	cr_expect_eq(number("keys"), 250, "by another one");
}
