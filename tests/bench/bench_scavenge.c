/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a scavenging run costs by what is stale, and what it takes from queries and updates.
 * `bench_scavenge [NAMES [STALE...]]` (1,000,000; 1,000 10,000 100,000): a line for each. Pages are
 * those that the kernel had to read, with its cache emptied of the store before the run.
 */
#include "config.h"
#include "dns/msg.h"
#include "nameserver/core.h"
#include "nameserver/dispatch.h"
#include "nameserver/pending.h"
#include "scavenger/sweep.h"
#include "tests/unit/rows.h"
#include "zonedb/edit.h"
#include "zonedb/principal.h"
#include <assert.h>
#include <fcntl.h>
#include <ftw.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define DAY           86400ull
#define NOW           (20000 * DAY)
#define NAMES_PER_JOB 10000u
#define IN_FLIGHT     64
#define PATIENCE_US   3000000 /* each throughput is measured for so long */
#define ZONE          "bench"

static char dir[] = "/tmp/bench-scavenge.XXXXXX";

struct bench {
	struct core *core;
	unsigned names;
	_Atomic bool stop;
	_Atomic uint64_t queries, updates;
};

/* Names FROM to TO get the stamp. */
struct fill {
	struct writer_job job;
	unsigned from, to;
	uint64_t stamp;
};

static struct dns_name name_of(unsigned number)
{
	char text[64];
	struct dns_name name;
	snprintf(text, sizeof(text), "h%u." ZONE, number);
	assert(!dns_name_parse_text(&name, text));
	return name;
}

static struct zone make_zone(struct store_txn *txn)
{
	struct dns_name apex;
	assert(!dns_name_parse_text(&apex, ZONE));
	struct zone zone = zone_default(&apex);
	zone.update = ZONE_UPDATE_NONSECURE;
	zone.max_names = 0;
	zone.is_aging = true;
	zone.max_share = 0;
	rows_zone_create(txn, &zone);
	return zone;
}

static void fill_run(struct writer_job *job, struct store_txn *txn)
{
	static const char soa[] = "\2ns\0\0\0\0\0\1\0\0\0\1\0\0\0\1\0\0\0\1\0\0\0\1";
	struct fill *fill = (struct fill *)job;
	struct arena arena = {0};
	struct dns_name apex;
	struct zone zone;
	assert(!dns_name_parse_text(&apex, ZONE));
	bool is_new = !zone_get(txn, &apex, &zone);
	if (is_new)
		zone = make_zone(txn);
	struct edit_author author = {.owner = principal_intern(txn, "anonymous"),
				     .owner_text = "anonymous",
				     .now = fill->stamp,
				     .class = RECORD_DYNAMIC};
	struct edit *edit = edit_open(txn, &zone, &author, &arena);
	if (is_new) {
		edit_add(edit, &apex, DNS_TYPE_SOA, 300, bytes_of(soa, sizeof(soa) - 1));
		edit_add(edit, &apex, DNS_TYPE_NS, 300, bytes_of("\2ns\0", 4));
	}
	for (unsigned i = fill->from; i < fill->to; i++) {
		struct dns_name name = name_of(i);
		struct node_record as = {.owner = author.owner,
					 .stamp = fill->stamp,
					 .class = RECORD_DYNAMIC,
					 .rdata = bytes_of(&i, sizeof(i))};
		edit_add_as(edit, &name, DNS_TYPE_A, 300, &as);
	}
	struct entry entry = {.kind = ENTRY_IMPORT, .time_us = 1, .principal = "local:root"};
	edit_commit(edit, &entry);
	arena_free(&arena);
}

static void fill_zone(struct bench *bench, unsigned from, unsigned to, uint64_t stamp)
{
	for (unsigned i = from; i < to; i += NAMES_PER_JOB) {
		unsigned end = to - i < NAMES_PER_JOB ? to : i + NAMES_PER_JOB;
		struct fill fill = {.job.run = fill_run, .from = i, .to = end, .stamp = stamp};
		assert(writer_call(bench->core->writer, &fill.job, WRITER_URGENT) == STORE_OK);
	}
}

static void start(struct bench *bench)
{
	char error[STORE_ERROR_MAX];
	struct core_options options = {
		.data = dir, .map_size = 16ull << 30, .readers = 3, .hand_clock_us = NOW * 1000000};
	bench->core = core_start(&options, error);
	if (bench->core)
		return;
	fprintf(stderr, "bench_scavenge: %s\n", error);
	exit(1);
}

static int forget_one(const char *path, const struct stat *stat, int flag, struct FTW *ftw)
{
	(void)stat;
	(void)ftw;
	int fd = flag == FTW_F ? open(path, O_RDONLY) : -1;
	if (fd >= 0) {
		fdatasync(fd);
		posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
		close(fd);
	}
	return 0;
}

/* The store's files leave the kernel's cache: all but the pages that are mapped, which after a
 * start are few. The start itself reads every page. */
static void forget_cache(struct bench *bench)
{
	core_stop(bench->core);
	start(bench);
	nftw(dir, forget_one, 8, FTW_PHYS);
}

static uint64_t bytes_read(void)
{
	unsigned long long bytes = 0;
	char line[128];
	FILE *file = fopen("/proc/self/io", "r");
	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "read_bytes: %llu", &bytes) == 1)
			break;
	if (file)
		fclose(file);
	return bytes;
}

static void sweep(struct bench *bench, struct sweep_result *result)
{
	struct store_txn txn;
	struct zone zone;
	struct dns_name apex;
	struct sweep_context context = {.store = bench->core->store,
					.writer = bench->core->writer,
					.clock = &bench->core->clock,
					.asker.principal = "system:scavenger"};
	assert(!dns_name_parse_text(&apex, ZONE));
	store_read_begin(bench->core->store, &txn);
	assert(zone_get(&txn, &apex, &zone));
	store_read_end(&txn);
	sweep_zone(&context, &zone, result);
	assert(!result->hold && !result->error);
}

static void measure_run(struct bench *bench, unsigned stale)
{
	struct sweep_result result;
	fill_zone(bench, 0, stale, NOW - 15 * DAY);
	forget_cache(bench);
	uint64_t read = bytes_read(), began = clock_monotonic_us();
	sweep(bench, &result);
	uint64_t took = clock_monotonic_us() - began;
	printf("%7u stale of %u: removed %7llu in %8.1f ms, %6.1f us each; read %8llu pages\n",
	       stale, bench->names, (unsigned long long)result.records_removed, (double)took / 1000,
	       (double)took / stale, (unsigned long long)((bytes_read() - read) / 4096));
	fill_zone(bench, 0, stale, NOW - DAY);
}

/* --- queries and updates beside a run */

static size_t query_write(uint8_t *packet, unsigned number)
{
	struct bytes_out out = bytes_out_of(packet, 512);
	struct dns_name name = name_of(number);
	bytes_out_u16(&out, (uint16_t)number);
	bytes_out_u16(&out, 0);
	bytes_out_u16(&out, 1);
	bytes_out_u32(&out, 0);
	bytes_out_u16(&out, 0);
	bytes_out_put(&out, name.wire, name.len);
	bytes_out_u16(&out, DNS_TYPE_A);
	bytes_out_u16(&out, DNS_CLASS_IN);
	return bytes_out_len(&out);
}

static size_t update_write(uint8_t *packet, unsigned number)
{
	struct bytes_out out = bytes_out_of(packet, 512);
	struct dns_name apex, name;
	char text[64];
	snprintf(text, sizeof(text), "u%u." ZONE, number);
	assert(!dns_name_parse_text(&apex, ZONE) && !dns_name_parse_text(&name, text));
	bytes_out_u16(&out, (uint16_t)number);
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

static enum dispatch_outcome ask(struct dispatcher *dispatcher, struct bytes bytes,
				 struct pending **pending)
{
	uint8_t room[1232];
	struct packet packet = {.bytes = bytes, .transport = ENTRY_UDP};
	packet.source.v4 = (struct sockaddr_in){.sin_family = AF_INET};
	packet.source.len = sizeof(packet.source.v4);
	struct bytes_out out = bytes_out_of(room, sizeof(room));
	return dispatch(dispatcher, &packet, &out, pending);
}

static void *query_on(void *context)
{
	struct bench *bench = context;
	struct dispatcher dispatcher;
	uint8_t packet[512];
	struct pending *pending;
	dispatcher_open(&dispatcher, bench->core);
	for (unsigned i = 0; !bench->stop; i++) {
		dispatcher_begin(&dispatcher);
		for (unsigned k = 0; k < 32; k++) {
			size_t len = query_write(packet, (i * 32 + k) * 7919u % bench->names);
			ask(&dispatcher, bytes_of(packet, len), &pending);
		}
		dispatcher_end(&dispatcher);
		bench->queries += 32;
	}
	dispatcher_close(&dispatcher);
	return NULL;
}

static void answered(struct pending *pending, void *context)
{
	pending_free(pending);
	sem_post(context);
}

static void *update_on(void *context)
{
	static unsigned number;
	struct bench *bench = context;
	struct dispatcher dispatcher;
	uint8_t packet[512];
	sem_t places;
	sem_init(&places, 0, IN_FLIGHT);
	dispatcher_open(&dispatcher, bench->core);
	while (!bench->stop) {
		struct pending *pending = NULL;
		while (sem_wait(&places) != 0)
			continue;
		dispatcher_begin(&dispatcher);
		size_t len = update_write(packet, number++);
		enum dispatch_outcome outcome = ask(&dispatcher, bytes_of(packet, len), &pending);
		dispatcher_end(&dispatcher);
		assert(outcome == DISPATCH_WAITS && pending_post(pending, answered, &places));
		bench->updates++;
	}
	for (unsigned i = 0; i < IN_FLIGHT; i++)
		while (sem_wait(&places) != 0)
			continue;
	dispatcher_close(&dispatcher);
	sem_destroy(&places);
	return NULL;
}

/* Operations a second while nothing else happens, or while a run does. */
static double rate(struct bench *bench, void *(*load)(void *), const _Atomic uint64_t *count,
		   bool beside_run)
{
	struct sweep_result result;
	pthread_t thread;
	bench->stop = false;
	pthread_create(&thread, NULL, load, bench);
	usleep(300000);
	uint64_t before = *count, began = clock_monotonic_us();
	if (beside_run)
		sweep(bench, &result);
	else
		usleep(PATIENCE_US);
	double a_second = (double)(*count - before) * 1e6 / (double)(clock_monotonic_us() - began);
	bench->stop = true;
	pthread_join(thread, NULL);
	return a_second;
}

static void measure_beside(struct bench *bench, const char *what, void *(*load)(void *),
			   const _Atomic uint64_t *count, unsigned stale)
{
	double before = rate(bench, load, count, false);
	fill_zone(bench, 0, stale, NOW - 15 * DAY);
	double beside = rate(bench, load, count, true);
	fill_zone(bench, 0, stale, NOW - DAY);
	double after = rate(bench, load, count, false);
	double alone = (before + after) / 2;
	printf("%s/s: %9.0f before, %9.0f beside a run of %u, %9.0f after: %+.1f %%\n", what,
	       before, beside, stale, after, (beside - alone) * 100 / alone);
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
	static const unsigned usual[] = {1000, 10000, 100000};
	struct bench bench = {.names = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 1000000};
	unsigned stale = 0;
	if (bench.names == 0 || !mkdtemp(dir))
		return 2;
	setvbuf(stdout, NULL, _IOLBF, 0);
	log_open(LOG_TO_STDERR, LOG_LEVEL_WARNING);
	start(&bench);
	fill_zone(&bench, 0, bench.names, NOW - DAY);
	for (int i = 0; i < (argc > 2 ? argc - 2 : 3); i++) {
		stale = argc > 2 ? (unsigned)strtoul(argv[i + 2], NULL, 10) : usual[i];
		measure_run(&bench, stale);
	}
	measure_beside(&bench, "queries", query_on, &bench.queries, stale);
	measure_beside(&bench, "updates", update_on, &bench.updates, stale);
	core_stop(bench.core);
	nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	return 0;
}
