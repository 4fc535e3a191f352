/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the core costs without sockets: nanoseconds per query by kind, and updates per second with
 * one and with many in flight. `bench_core [NAMES]` (100,000): one line a figure.
 */
#include "config.h"
#include "acl/keyring.h"
#include "dns/msg.h"
#include "nameserver/dispatch.h"
#include "nameserver/pending.h"
#include "tests/unit/rows.h"
#include "zonedb/edit.h"
#include "zonedb/principal.h"
#include <assert.h>
#include <ftw.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>

#define BATCH         32 /* packets to a snapshot, as a reader takes them */
#define QUERIES       400000u
#define NAMES_PER_JOB 10000u

static char dir[] = "/tmp/bench-core.XXXXXX";

struct bench {
	struct core *core;
	struct dispatcher dispatcher;
	unsigned names;
	uint16_t id;
};

struct fill {
	struct writer_job job;
	unsigned from, to;
	const struct store_key *store_key;
};

/* LETTER NUMBER . ZONE */
static struct dns_name name_of(const char *letter, unsigned number, const char *zone)
{
	char text[64];
	struct dns_name name;
	snprintf(text, sizeof text, "%s%u.%s", letter, number, zone);
	assert(!dns_name_parse_text(&name, text));
	return name;
}

static struct dns_name one_name(const char *text)
{
	struct dns_name name;
	assert(!dns_name_parse_text(&name, text));
	return name;
}

static void edit_zone(struct store_txn *txn, const struct zone *zone, struct fill *fill)
{
	static const char soa[] = "\2ns\0\0\0\0\0\1\0\0\0\1\0\0\0\1\0\0\0\1\0\0\0\1";
	struct arena arena = {0};
	struct edit_author author = {.owner_text = "anonymous", .now = 1, .class = RECORD_DYNAMIC};
	struct edit *edit = edit_open(txn, zone, &author, &arena);
	if (fill->from == 0) {
		edit_add(edit, &zone->apex, DNS_TYPE_SOA, 300, bytes_of(soa, sizeof soa - 1));
		edit_add(edit, &zone->apex, DNS_TYPE_NS, 300, bytes_of("\2ns\0", 4));
	}
	for (unsigned i = fill->from; i < fill->to; i++) {
		struct dns_name name = name_of("h", i, "bench");
		uint32_t address = i;
		edit_add(edit, &name, DNS_TYPE_A, 300, bytes_of(&address, 4));
	}
	struct entry entry = {.kind = ENTRY_IMPORT, .time_us = 1, .principal = "local:root"};
	edit_commit(edit, &entry);
	arena_free(&arena);
}

static void fill_run(struct writer_job *job, struct store_txn *txn)
{
	struct fill *fill = (struct fill *)job;
	struct dns_name apex = one_name("bench");
	struct zone zone = zone_default(&apex);
	if (fill->from == 0) {
		zone.update = ZONE_UPDATE_NONSECURE;
		zone.max_names = 0; /* one address makes all the names */
		rows_zone_create(txn, &zone);
		struct keyring_key key = {.algorithm = HMAC_SHA256, .secret_len = 1, .secret = "k"};
		key.name = one_name("k");
		rows_key_put(txn, fill->store_key, &key);
	}
	if (zone_get(txn, &apex, &zone))
		edit_zone(txn, &zone, fill);
}

static void bench_fill(struct bench *bench)
{
	for (unsigned i = 0; i < bench->names; i += NAMES_PER_JOB) {
		struct fill fill = {.job.run = fill_run,
				    .from = i,
				    .to = i + NAMES_PER_JOB,
				    .store_key = bench->core->store_key};
		assert(writer_call(bench->core->writer, &fill.job, WRITER_URGENT) == STORE_OK);
	}
}

static size_t query_write(struct bench *bench, uint8_t *packet, const struct dns_name *name,
			  bool has_edns)
{
	struct bytes_out out = bytes_out_of(packet, 512);
	bytes_out_u16(&out, ++bench->id);
	bytes_out_u16(&out, 0);
	bytes_out_u16(&out, 1);
	bytes_out_u32(&out, 0);
	bytes_out_u16(&out, has_edns);
	bytes_out_put(&out, name->wire, name->len);
	bytes_out_u16(&out, DNS_TYPE_A);
	bytes_out_u16(&out, DNS_CLASS_IN);
	if (has_edns)
		bytes_out_put(&out, "\0\0\51\4\320\0\0\0\0\0\0", 11);
	return bytes_out_len(&out);
}

static enum dispatch_outcome ask(struct bench *bench, struct bytes bytes, struct pending **pending)
{
	static uint8_t room[DNS_MESSAGE_MAX];
	struct packet packet = {.bytes = bytes, .transport = ENTRY_UDP};
	packet.source.v4 = (struct sockaddr_in){.sin_family = AF_INET};
	packet.source.len = sizeof packet.source.v4;
	struct bytes_out out = bytes_out_of(room, sizeof room);
	return dispatch(&bench->dispatcher, &packet, &out, pending);
}

static void bench_queries(struct bench *bench, const char *letter, const char *zone, bool has_edns)
{
	uint8_t packet[512];
	struct pending *pending;
	uint64_t start = clock_monotonic_us();
	unsigned step = 7919;
	for (unsigned i = 0; i < QUERIES; i++) {
		if (i % BATCH == 0)
			dispatcher_begin(&bench->dispatcher);
		struct dns_name name = name_of(letter, i * step % bench->names, zone);
		size_t len = query_write(bench, packet, &name, has_edns);
		ask(bench, bytes_of(packet, len), &pending);
		if (i % BATCH == BATCH - 1)
			dispatcher_end(&bench->dispatcher);
	}
	uint64_t took = clock_monotonic_us() - start;
	printf("query %s0.%-5s%-18s%8.0f ns\n", letter, zone, has_edns ? " EDNS" : "",
	       (double)took * 1000 / QUERIES);
}

static size_t update_write(struct bench *bench, uint8_t *packet, unsigned number)
{
	struct bytes_out out = bytes_out_of(packet, 512);
	struct dns_name apex = one_name("bench"), name = name_of("u", number, "bench");
	bytes_out_u16(&out, ++bench->id);
	bytes_out_u16(&out, 0x2800);
	bytes_out_u16(&out, 1);
	bytes_out_u16(&out, 0);
	bytes_out_u16(&out, 1);
	bytes_out_u16(&out, 0);
	bytes_out_put(&out, apex.wire, apex.len);
	bytes_out_u16(&out, DNS_TYPE_SOA);
	bytes_out_u16(&out, DNS_CLASS_IN);
	bytes_out_put(&out, name.wire, name.len);
	bytes_out_u16(&out, DNS_TYPE_A);
	bytes_out_u16(&out, DNS_CLASS_IN);
	bytes_out_u32(&out, 300);
	bytes_out_u16(&out, 4);
	bytes_out_u32(&out, number);
	return bytes_out_len(&out);
}

static void answered(struct pending *pending, void *context)
{
	pending_free(pending);
	sem_post(context);
}

static void bench_updates(struct bench *bench, unsigned in_flight, unsigned count, unsigned from)
{
	sem_t free_places;
	struct writer_stats before, after;
	sem_init(&free_places, 0, in_flight);
	writer_stats(bench->core->writer, &before);
	uint64_t start = clock_monotonic_us();
	for (unsigned i = 0; i < count; i++) {
		uint8_t packet[512];
		struct pending *pending = NULL;
		while (sem_wait(&free_places) != 0)
			;
		dispatcher_begin(&bench->dispatcher);
		size_t len = update_write(bench, packet, from + i);
		enum dispatch_outcome outcome = ask(bench, bytes_of(packet, len), &pending);
		dispatcher_end(&bench->dispatcher);
		assert(outcome == DISPATCH_WAITS);
		assert(pending_post(pending, answered, &free_places));
	}
	for (unsigned i = 0; i < in_flight; i++)
		while (sem_wait(&free_places) != 0)
			;
	uint64_t took = clock_monotonic_us() - start;
	writer_stats(bench->core->writer, &after);
	printf("updates, %3u in flight       %8.0f updates/s  %.3f commits/update\n", in_flight,
	       count * 1e6 / (double)took, (double)(after.commits - before.commits) / count);
	sem_destroy(&free_places);
}

static int remove_one(const char *path, const struct stat *stat, int flag, struct FTW *ftw)
{
	(void)stat;
	(void)flag;
	(void)ftw;
	return remove(path);
}

int main(int argc, char **argv)
{
	char error[STORE_ERROR_MAX];
	struct bench bench = {.names = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 100000};
	struct core_options options = {.data = mkdtemp(dir), .map_size = 4ull << 30, .readers = 1};
	if (bench.names == 0 || !options.data)
		return 2;
	log_open(LOG_TO_STDERR, LOG_LEVEL_WARNING);
	bench.core = core_start(&options, error);
	if (!bench.core) {
		fprintf(stderr, "bench_core: %s\n", error);
		return 1;
	}
	bench_fill(&bench);
	dispatcher_open(&bench.dispatcher, bench.core);
	printf("%u names\n", bench.names);
	bench_queries(&bench, "h", "bench", false);
	bench_queries(&bench, "h", "bench", true);
	bench_queries(&bench, "x", "bench", false);
	bench_queries(&bench, "h", "other", false);
	bench_updates(&bench, 1, 500, 0);
	bench_updates(&bench, 64, 20000, 1000000);
	dispatcher_close(&bench.dispatcher);
	core_stop(bench.core);
	nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	return 0;
}
