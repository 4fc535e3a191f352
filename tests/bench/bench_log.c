/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A log of millions: bench_log FOLDER ENTRIES fills a store by the path that updates take (an edit,
 * its difference, its commit with nodes, serial, due index and log entry), a second of log time
 * an entry, over ZONES zones of NAMES names; then asks what administrators ask, and says how long
 * it took. bench_log FOLDER 0 only asks.
 */
#include "tests/unit/rows.h"
#include "base/clock.h"
#include "outbound/audit.h"
#include "journal/chain.h"
#include "zonedb/edit.h"
#include "zonedb/load.h"
#include "zonedb/principal.h"
#include "zonedb/verify.h"
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#define ZONES    100
#define NAMES    2000
#define BATCH    5000 /* updates to a commit: this is not about the disk's fsync */
#define START_S  1700000000ull
#define MAP_SIZE (48ull << 30)

struct bench {
	struct store *store;
	struct zone zones[ZONES];
	uint64_t entries, events;
};

static void die(const char *what)
{
	fprintf(stderr, "bench_log: %s\n", what);
	exit(1);
}

static struct dns_name name_of(const char *text)
{
	struct dns_name name;
	if (dns_name_parse_text(&name, text))
		die(text);
	return name;
}

static struct dns_name zone_name(unsigned i)
{
	char text[64];
	snprintf(text, sizeof text, "z%u.corp.example", i);
	return name_of(text);
}

static void make_zone(struct bench *b, struct store_txn *txn, unsigned i)
{
	static const uint8_t soa[] = {2,  'n', 's', 0, 1,   'h', 0, 0,  0,   0, 1, 0, 0,  14,
				      16, 0,   0,   3, 132, 0,   1, 81, 128, 0, 0, 3, 132};
	static const uint8_t ns[] = {2, 'n', 's', 0};
	struct load_result result;
	struct dns_name apex = zone_name(i);
	struct zone *zone = &b->zones[i];
	*zone = zone_default(&apex);
	zone->is_aging = true;
	rows_zone_create(txn, zone);
	struct load *load = load_open(&apex);
	if (load_add(load, &apex, 6, 3600, bytes_of(soa, sizeof soa), 1) ||
	    load_add(load, &apex, 2, 3600, bytes_of(ns, sizeof ns), 2))
		die("the zone cannot be made");
	struct edit_author author = {.owner = principal_intern(txn, "local:root"),
				     .owner_text = "local:root",
				     .now = START_S};
	unsigned line;
	load_check(load, &line, NULL, NULL);
	struct entry entry = {
		.kind = ENTRY_IMPORT, .principal = "local:root", .time_us = START_S * 1000000};
	load_apply(load, txn, zone, &author, &entry, &result);
	load_free(load);
}

/* A host replaces its address, as DHCP does; one in four only refreshes. */
static void update(struct bench *b, struct store_txn *txn, struct arena *arena, uint64_t i)
{
	char text[96], who[64];
	unsigned at = (unsigned)rand() % ZONES;
	const struct zone *zone = &b->zones[at];
	unsigned host = (unsigned)rand() % NAMES;
	snprintf(who, sizeof who, "key:host%u", host);
	snprintf(text, sizeof text, "pc%u.z%u.corp.example", host, at);
	struct dns_name name = name_of(text);
	uint8_t rdata[4] = {10, (uint8_t)rand(), (uint8_t)rand(), (uint8_t)rand()};
	struct edit_author author = {.owner = principal_intern(txn, who),
				     .owner_text = who,
				     .now = START_S + i,
				     .class = RECORD_DYNAMIC};
	struct entry entry = {.time_us = (START_S + i) * 1000000,
			      .kind = ENTRY_UPDATE,
			      .principal = who,
			      .key = who + 4,
			      .transport = ENTRY_UDP,
			      .message_id = (uint16_t)i};
	assert(!addr_parse("192.0.2.1@5353", 53, &entry.source));
	struct edit *edit = edit_open(txn, zone, &author, arena);
	edit_remove_rrset(edit, &name, 1);
	edit_add(edit, &name, 1, 1200, bytes_of(rdata, sizeof rdata));
	edit_commit(edit, &entry);
	arena_reset(arena);
}

static void fill(struct bench *b, uint64_t count)
{
	struct store_txn txn;
	struct arena arena = {0};
	uint64_t began = clock_monotonic_us();
	store_write_begin(b->store, &txn);
	for (unsigned i = 0; i < ZONES; i++)
		make_zone(b, &txn, i);
	for (uint64_t i = 0; i < count; i++) {
		update(b, &txn, &arena, i);
		if (i % BATCH == BATCH - 1) {
			if (store_commit(&txn))
				die("the store is full");
			store_write_begin(b->store, &txn);
		}
		if (i % 1000000 == 999999)
			fprintf(stderr, "%" PRIu64 " M, %" PRIu64 " s\n", (i + 1) / 1000000,
				(clock_monotonic_us() - began) / 1000000);
	}
	if (store_commit(&txn))
		die("the store is full");
	arena_free(&arena);
	printf("fill: %" PRIu64 " updates, %.1f us each\n", count,
	       (double)(clock_monotonic_us() - began) / (double)(count ? count : 1));
}

static void count_event(void *context, json_t *event)
{
	struct bench *b = context;
	(void)event;
	b->events++;
}

static long rss_kib(void)
{
	struct rusage usage;
	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_maxrss;
}

/* The same question twice: the first may wait for the disk. */
static void ask(struct bench *b, const char *what, const struct audit_filter *filter)
{
	struct store_txn txn;
	for (int round = 0; round < 2; round++) {
		b->events = 0;
		store_read_begin(b->store, &txn);
		uint64_t began = clock_monotonic_us();
		audit_walk(&txn, filter, count_event, b);
		uint64_t took = clock_monotonic_us() - began;
		if (txn.error)
			die("the log cannot be read");
		store_read_end(&txn);
		if (round)
			printf("%-42s %8" PRIu64 " events %10.2f ms\n", what, b->events,
			       (double)took / 1000);
	}
}

static void ask_all(struct bench *b)
{
	uint64_t end = (START_S + b->entries) * 1000000, hour = 3600ull * 1000000;
	struct dns_name zone = zone_name(7), name = name_of("pc11.z7.corp.example");
	ask(b, "by name, all", &(struct audit_filter){.has_name = true, .name = name});
	ask(b, "by name, the last 10",
	    &(struct audit_filter){.has_name = true, .name = name, .limit = 10});
	ask(b, "by zone, the last 100",
	    &(struct audit_filter){.has_zone = true, .zone = zone, .limit = 100});
	for (unsigned hours = 1; hours <= 100; hours *= 10) {
		char what[64];
		snprintf(what, sizeof what, "by zone, %u h in the middle", hours);
		ask(b, what,
		    &(struct audit_filter){.has_zone = true,
					   .zone = zone,
					   .since_us = end - b->entries * 500000,
					   .until_us = end - b->entries * 500000 + hours * hour});
	}
	ask(b, "all zones, 1 h in the middle",
	    &(struct audit_filter){.since_us = end - b->entries * 500000,
				   .until_us = end - b->entries * 500000 + hour});
}

static bool look(struct journal_chain *chain, struct store_txn *txn, const struct entry *e)
{
	return verify_entry(chain->context, txn, e);
}

static void verify_all(struct bench *b)
{
	struct verify verify;
	struct store_txn txn;
	struct journal_chain chain = {.each = look, .context = &verify};
	uint64_t began = clock_monotonic_us();
	store_read_begin(b->store, &txn);
	verify_start(&verify, &txn);
	while (journal_chain_step(&chain, &txn, 20000) == JOURNAL_CHAIN_ON)
		store_read_renew(&txn);
	uint64_t middle = clock_monotonic_us();
	while (verify_zones(&verify, &txn, 5000) == VERIFY_ON)
		store_read_renew(&txn);
	printf("verify: %" PRIu64 " entries %.1f s (bad: %" PRIu64 "), %" PRIu64
	       " records %.1f s (%s)\n",
	       chain.checked, (double)(middle - began) / 1e6, chain.bad, verify.records,
	       (double)(clock_monotonic_us() - middle) / 1e6,
	       verify.fault.text[0] ? verify.fault.text : "as the log says");
	verify_end(&verify);
	store_read_end(&txn);
}

static void say_sizes(struct bench *b)
{
	struct store_txn txn;
	struct store_usage usage;
	store_usage(b->store, &usage);
	store_read_begin(b->store, &txn);
	struct journal_link head = journal_head(&txn);
	b->entries = head.seq;
	printf("log: %" PRIu64 " entries, %.0f bytes each; index rows by zone: %" PRIu64
	       "; store: %.2f GiB\n",
	       head.seq, (double)head.bytes / (double)head.seq, usage.entries[STORE_LOG_ZONE],
	       (double)usage.used / (double)(1ull << 30));
	store_read_end(&txn);
}

int main(int argc, char **argv)
{
	char error[STORE_ERROR_MAX];
	struct bench b = {0};
	if (argc != 3)
		die("usage: bench_log FOLDER ENTRIES");
	struct store_options options = {.path = argv[1], .map_size = MAP_SIZE, .readers = 4};
	b.store = store_open(&options, error);
	if (!b.store)
		die(error);
	srand(1);
	uint64_t count = strtoull(argv[2], NULL, 10);
	if (count)
		fill(&b, count);
	say_sizes(&b);
	ask_all(&b);
	printf("memory: %ld MiB at most, the map's pages included\n", rss_kib() >> 10);
	verify_all(&b);
	store_close(b.store);
	return 0;
}
