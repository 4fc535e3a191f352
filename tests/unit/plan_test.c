/* SPDX-License-Identifier: BSD-2-Clause */
/* What the plan for a moment says is what a run at that moment removes; and how ages are counted.
 */
#include "config.h"
#include "tests/unit/rows.h"
#include "dns/type.h"
#include "journal/journal.h"
#include "scavenger/ages.h"
#include "scavenger/clock_watch.h"
#include "scavenger/sweep.h"
#include "tests/unit/tempzone.h"
#include "zonedb/walk.h"
#include <criterion/criterion.h>
#include <stdio.h>

#define HOUR    3600ull
#define T0      (1000000 * HOUR)
#define SEC     1000000ull
#define TEXT    (64 * 1024)
#define STEPS   6
#define SEEDS   12
#define RECORDS 80

static struct tempzone t;
static struct clock hand;

static uint32_t chance(uint32_t *seed, uint32_t below)
{
	*seed = *seed * 1664525u + 1013904223u;
	return (*seed >> 8) % below;
}

/* Records of all classes and some types, with stamps that lie at the windows' edges too. */
static void fill(uint32_t seed)
{
	static const char *const words[] = {"add", "add", "add", "add", "static", "pinned"};
	static const char *const data[] = {"A 10.0.0.%u", "AAAA fd00::%u", "TXT t%u", "MX 1 m%u"};
	static const int edges[] = {-1, 0, 1, 1800};
	for (unsigned i = 0; i < RECORDS; i++) {
		char script[128], format[64];
		uint64_t stamp = T0 + HOUR * chance(&seed, 8);
		stamp += (uint64_t)(int64_t)edges[chance(&seed, 4)];
		snprintf(format, sizeof format, "%s %s%%u 60 %s", words[chance(&seed, 6)],
			 chance(&seed, 3) ? "h" : "x.sub", data[chance(&seed, 4)]);
		/* The format is one of ours. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		snprintf(script, sizeof script, format, chance(&seed, 25), i + 1);
#pragma GCC diagnostic pop
		tempzone_run(&t, i % 3 ? "key:a" : "key:b", stamp, script);
	}
	tempzone_run(&t, "key:a", T0, "add sub 60 NS ns.sub; add ns.sub 60 A 10.0.0.4");
}

static void begin(uint32_t seed)
{
	tempzone_open(&t, "corp.example");
	t.zone.is_aging = true;
	t.zone.no_refresh = HOUR;
	t.zone.refresh = 2 * HOUR;
	t.zone.keep_types[0] = DNS_TYPE_MX;
	t.zone.available_at = T0;
	t.zone.max_share = t.zone.max_count = 0;
	rows_zone_put(&t.txn, &t.zone);
	fill(seed);
	cr_assert_eq(store_commit(&t.txn), STORE_OK);
	clock_by_hand(&hand, T0 * SEC);
}

static void end(void)
{
	arena_free(&t.arena);
	tempstore_free(&t.temp);
}

static void write_line(char *out, const struct dns_name *name, uint16_t type,
		       const struct node_record *record)
{
	char shown[DNS_NAME_TEXT_MAX];
	size_t len = strlen(out);
	len += (size_t)snprintf(out + len, TEXT - len, "%s %u %llu ", dns_name_show(name, shown),
				type, (unsigned long long)record->stamp);
	for (size_t i = 0; i < record->rdata.len && len + 3 < TEXT; i++)
		len += (size_t)snprintf(out + len, TEXT - len, "%02x", record->rdata.data[i]);
	snprintf(out + len, TEXT - len, "\n");
}

static bool write_item(void *context, const struct plan_item *item)
{
	write_line(context, &item->name, item->type, &item->record);
	return true;
}

/* What the plan for `when` lists, told long before. */
static void plan(uint64_t when, char *out)
{
	struct age_windows windows = {t.zone.no_refresh, t.zone.refresh};
	out[0] = '\0';
	store_read_begin(t.temp.store, &t.txn);
	plan_walk(&t.txn, &t.zone, when, &windows, write_item, out);
	store_read_end(&t.txn);
}

static void all(char *out)
{
	struct walk walk;
	struct dns_name name;
	struct node node;
	struct node_rrset rrset;
	struct node_record record;
	out[0] = '\0';
	store_read_begin(t.temp.store, &t.txn);
	walk_from(&walk, &t.txn, &t.zone, &t.zone.apex);
	while (walk_next(&walk, &name, &node)) {
		struct bytes_in in = bytes_in_of(node.rrsets.data, node.rrsets.len);
		while (node_next_rrset(&in, &rrset)) {
			struct bytes_in records =
				bytes_in_of(rrset.records.data, rrset.records.len);
			while (rrset.type != DNS_TYPE_SOA && node_next_record(&records, &record))
				write_line(out, &name, rrset.type, &record);
		}
	}
	walk_end(&walk);
	store_read_end(&t.txn);
}

/* Each line of `planned` was there and is gone; every other one stayed. */
static void expect_gone(const char *before, const char *after, const char *planned, uint32_t seed)
{
	char line[1024];
	for (const char *at = before; *at; at += strcspn(at, "\n") + 1) {
		snprintf(line, sizeof line, "%.*s", (int)strcspn(at, "\n") + 1, at);
		bool is_planned = strstr(planned, line) != NULL;
		bool is_there = strstr(after, line) != NULL;
		cr_expect_neq(is_planned, is_there, "seed %u: %s", seed, line);
	}
	for (const char *at = planned; *at; at += strcspn(at, "\n") + 1) {
		snprintf(line, sizeof line, "%.*s", (int)strcspn(at, "\n") + 1, at);
		cr_expect(strstr(before, line), "seed %u: planned, and not there: %s", seed, line);
	}
	cr_expect_leq(strlen(after), strlen(before));
}

Test(plan, for_a_moment_is_what_a_run_then_removes)
{
	static char before[TEXT], after[TEXT], planned[TEXT];
	size_t removed = 0;
	for (uint32_t seed = 1; seed <= SEEDS; seed++) {
		begin(seed);
		struct writer *writer = writer_start(t.temp.store, NULL, NULL);
		_Atomic bool stop = false;
		struct sweep_context context = {.store = t.temp.store,
						.writer = writer,
						.clock = &hand,
						.stop = &stop,
						.asker.principal = "local:root"};
		for (unsigned step = 0; step < STEPS; step++) {
			struct sweep_result result;
			uint64_t when = T0 + (3 + step) * HOUR + step % 3;
			all(before);
			plan(when, planned);
			clock_move_to(&hand, when * SEC);
			sweep_zone(&context, &t.zone, &result);
			cr_expect_eq(result.error, STORE_OK);
			all(after);
			expect_gone(before, after, planned, seed);
			removed += result.records_removed;
		}
		writer_free(writer);
		end();
	}
	cr_expect_gt(removed, SEEDS * 10, "the test tests something: %zu", removed);
}

/* --- eras */

static int plan_compare_lines(const void *left, const void *right)
{
	return strcmp(*(char *const *)left, *(char *const *)right);
}

/* So that two orders can be compared; a line that is there twice stays twice. */
static void sort_plan(char *text)
{
	static char *lines[TEXT / 8];
	static char copy[TEXT];
	size_t count = 0;
	snprintf(copy, sizeof(copy), "%s", text);
	for (char *save, *line = strtok_r(copy, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save))
		lines[count++] = line;
	qsort(lines, count, sizeof(*lines), plan_compare_lines);
	for (size_t i = 0; i < count; i++)
		text += sprintf(text, "%s\n", lines[i]);
}

/* What is stale, record by record, without the index. */
static void plan_without_index(uint64_t when, char *out)
{
	struct age_windows zone = {t.zone.no_refresh, t.zone.refresh};
	struct walk walk;
	struct dns_name name;
	struct node node;
	struct node_rrset rrset;
	struct node_record record;
	struct eras eras;
	out[0] = '\0';
	store_read_begin(t.temp.store, &t.txn);
	eras_read(&t.txn, &eras);
	walk_from(&walk, &t.txn, &t.zone, &t.zone.apex);
	while (walk_next(&walk, &name, &node)) {
		struct bytes_in in = bytes_in_of(node.rrsets.data, node.rrsets.len);
		while (node_next_rrset(&in, &rrset)) {
			struct bytes_in records =
				bytes_in_of(rrset.records.data, rrset.records.len);
			while (node_next_record(&records, &record)) {
				struct age_windows windows = plan_windows(&t.txn, &record, &zone);
				uint64_t stamp = eras_count(&eras, node.seq, record.stamp);
				if (age_is_stale(record.class, stamp, when, &windows) &&
				    !plan_is_kept(&t.txn, &t.zone, &name, rrset.type))
					write_line(out, &name, rrset.type, &record);
			}
		}
	}
	walk_end(&walk);
	store_read_end(&t.txn);
}

static void plan_set_clock(uint64_t from, uint64_t to)
{
	struct clock_step step = {.from_us = from * SEC,
				  .to_us = to * SEC,
				  .since_us = to * SEC,
				  .left_seq = journal_next_seq(&t.txn)};
	clock_watch_note(&t.txn, &step);
}

/* Updates in three hours from then on: of new names, and of some that there are. */
static void update_from(uint32_t *seed, uint64_t from, unsigned count)
{
	char script[128];
	for (unsigned i = 0; i < count; i++) {
		snprintf(script, sizeof(script), "add h%u 60 %s%u", chance(seed, 40),
			 chance(seed, 2) ? "A 10.1.0." : "TXT u", chance(seed, 9));
		if (chance(seed, 5) == 0)
			snprintf(script, sizeof(script), "windowed w%u 60 A 10.2.0.1",
				 chance(seed, 9));
		from += chance(seed, 3 * HOUR / count);
		tempzone_run(&t, chance(seed, 2) ? "key:a" : "key:b", from, script);
	}
}

static void fill_eras(uint32_t seed, uint64_t ahead)
{
	store_write_begin(t.temp.store, &t.txn);
	plan_set_clock(T0 + 10 * HOUR, T0 + 10 * HOUR + ahead);
	update_from(&seed, T0 + 10 * HOUR + ahead, 20);
	plan_set_clock(T0 + 13 * HOUR + ahead, T0 + 13 * HOUR);
	update_from(&seed, T0 + 13 * HOUR, 8);
	if (chance(&seed, 2)) {
		plan_set_clock(T0 + 16 * HOUR, T0 + 17 * HOUR + ahead);
		update_from(&seed, T0 + 17 * HOUR + ahead, 6);
		plan_set_clock(T0 + 20 * HOUR + ahead, T0 + 19 * HOUR);
		update_from(&seed, T0 + 19 * HOUR, 3);
	}
	cr_assert_eq(store_commit(&t.txn), STORE_OK);
}

Test(plan, what_an_era_left_is_met_by_what_it_counts_as)
{
	static char found[TEXT], wanted[TEXT];
	/* The clock was ahead by less than the windows, or by years. */
	static const uint64_t ahead[] = {2 * HOUR, 5 * HOUR, 9 * HOUR, 40000 * HOUR};
	size_t lines = 0;
	for (uint32_t seed = 1; seed <= 2 * SEEDS; seed++) {
		begin(seed);
		fill_eras(seed, ahead[seed % 4]);
		for (uint64_t when = T0 + 13 * HOUR; when < T0 + 30 * HOUR; when += 1750) {
			plan(when, found);
			plan_without_index(when, wanted);
			sort_plan(found);
			sort_plan(wanted);
			cr_assert_str_eq(found, wanted, "seed %u, hour %llu:\n%s\n--\n%s", seed,
					 (unsigned long long)((when - T0) / HOUR), found, wanted);
			lines += strlen(wanted) > 0;
		}
		end();
	}
	cr_expect_gt(lines, 100);
}

Test(ages, bins_are_laid_so_that_the_windows_cut_between_them)
{
	static const struct {
		uint64_t no_refresh, refresh;
		uint32_t width;
		size_t count; /* with the last, for all that is older */
	} rows[] = {
		{168 * HOUR, 168 * HOUR, 24 * HOUR, 22},
		{24 * HOUR, 24 * HOUR, 3 * HOUR, 25},
		{HOUR, 2 * HOUR, 900, 19},
		{0, 168 * HOUR, 12 * HOUR, 22},
		{0, 0, 300, 13},
		{30, 60, 300, 13}, /* too small to be drawn: an hour is */
		{8760 * HOUR, 8760 * HOUR, 60 * 24 * HOUR, 20}, /* nothing fits them */
		{UINT32_MAX, UINT32_MAX, 0, 0},
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct ages ages;
		struct age_windows windows = {(uint32_t)rows[i].no_refresh,
					      (uint32_t)rows[i].refresh};
		ages_lay(&ages, &windows);
		cr_expect_leq(ages.count, AGES_BINS_MAX + 1, "row %zu", i);
		cr_expect_geq(ages.count, 2, "row %zu", i);
		if (rows[i].count) {
			cr_expect_eq(ages.bins[0].to, rows[i].width, "row %zu: %u", i,
				     ages.bins[0].to);
			cr_expect_eq(ages.count, rows[i].count, "row %zu: %zu", i, ages.count);
		}
		cr_expect_eq(ages.bins[ages.count - 1].to, 0);
	}
}

Test(ages, fall_into_the_bin_that_ends_with_them)
{
	struct ages ages;
	struct age_windows windows = {HOUR, 2 * HOUR};
	ages_lay(&ages, &windows);
	ages_put(&ages, 0);
	ages_put(&ages, 900);
	ages_put(&ages, 901);
	ages_put(&ages, 3 * HOUR);     /* not yet stale */
	ages_put(&ages, 3 * HOUR + 1); /* stale */
	ages_put(&ages, 1ull << 40);
	cr_expect_eq(ages.bins[0].records, 2);
	cr_expect_eq(ages.bins[1].records, 1);
	cr_expect_eq(ages.bins[11].records, 1);
	cr_expect_eq(ages.bins[11].phase, AGES_REFRESH);
	cr_expect_eq(ages.bins[12].records, 1);
	cr_expect_eq(ages.bins[12].phase, AGES_STALE);
	cr_expect_eq(ages.bins[ages.count - 1].records, 1);
	cr_expect_eq(ages.bins[3].phase, AGES_NO_REFRESH);
	cr_expect_eq(ages.bins[4].phase, AGES_REFRESH);
	cr_expect_eq(ages.dynamic, 6);
}
