/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Many updates of one client wait for the writer, which a job holds: what is more than may wait is
 * dropped, counted and noted, and another client's is taken, and made before the rest.
 */
#include <config.h>
#include "dns/msg.h"
#include "journal/journal.h"
#include "nameserver/core.h"
#include "nameserver/dispatch.h"
#include "nameserver/pending.h"
#include "nameserver/refusal.h"
#include "tests/unit/rows.h"
#include "zonedb/edit.h"
#include "zonedb/principal.h"
#include <criterion/criterion.h>
#include <ftw.h>
#include <semaphore.h>
#include <stdio.h>
#include <unistd.h>

#define MORE 5

static struct core *core;
static struct dispatcher dispatcher;
static char folder[] = "/tmp/tenure-crowd-XXXXXX";
static struct dns_name apex;
static sem_t gate, answers;
static struct writer_job held;
static struct pending *waiting[3 * TURNS_WAITING_MAX];
static size_t waiting_count;
static _Atomic unsigned answered_count;
static unsigned places[3 * TURNS_WAITING_MAX];

static void crowd_furnish(struct writer_job *job, struct store_txn *txn)
{
	static const uint8_t ns[] = "\2ns\7example";
	uint8_t soa[sizeof ns * 2 + 20] = {0};
	struct zone zone = zone_default(&apex);
	struct arena arena = {0};
	(void)job;
	memcpy(soa, ns, sizeof ns);
	memcpy(soa + sizeof ns, ns, sizeof ns);
	zone.update = ZONE_UPDATE_NONSECURE;
	rows_zone_create(txn, &zone);
	struct edit_author author = {.owner = principal_intern(txn, "local:root"),
				     .owner_text = "local:root",
				     .class = RECORD_STATIC};
	struct edit *edit = edit_open(txn, &zone, &author, &arena);
	struct node_record as = {.owner = author.owner, .class = RECORD_STATIC};
	as.rdata = bytes_of(soa, sizeof soa);
	edit_add_as(edit, &apex, DNS_TYPE_SOA, 300, &as);
	as.rdata = bytes_of(ns, sizeof ns);
	edit_add_as(edit, &apex, DNS_TYPE_NS, 300, &as);
	struct entry entry = {.kind = ENTRY_ADMIN, .principal = "local:root"};
	edit_commit(edit, &entry);
	arena_free(&arena);
}

static void crowd_hold(struct writer_job *job, struct store_txn *txn)
{
	(void)job;
	(void)txn;
	sem_wait(&gate);
	sem_post(&gate);
}

static int crowd_drop(const char *path, const struct stat *info, int flag, struct FTW *ftw)
{
	(void)info;
	(void)flag;
	(void)ftw;
	return remove(path);
}

static void begin(void)
{
	char error[STORE_ERROR_MAX];
	struct writer_stats stats;
	cr_assert(mkdtemp(folder));
	cr_assert_null(dns_name_parse_text(&apex, "corp.example"));
	struct core_options options = {.data = folder,
				       .map_size = 64 << 20,
				       .readers = 2,
				       .hand_clock_us = 1767603600000000};
	core = core_start(&options, error);
	cr_assert(core, "%s", error);
	dispatcher_open(&dispatcher, core);
	struct writer_job job = {.run = crowd_furnish};
	cr_assert_eq(writer_call(core->writer, &job, WRITER_URGENT), STORE_OK);
	sem_init(&gate, 0, 0);
	sem_init(&answers, 0, 0);
	held = (struct writer_job){.run = crowd_hold};
	cr_assert(writer_post(core->writer, &held, WRITER_URGENT));
	do
		writer_stats(core->writer, &stats);
	while (stats.waiting);
}

static void end(void)
{
	dispatcher_close(&dispatcher);
	core_stop(core);
	nftw(folder, crowd_drop, 8, FTW_DEPTH | FTW_PHYS);
}

TestSuite(crowd, .init = begin, .fini = end);

static void crowd_answered(struct pending *pending, void *context)
{
	(void)pending;
	*(unsigned *)context = answered_count++;
	sem_post(&answers);
}

static size_t compose(uint8_t packet[512], uint16_t id)
{
	char host[32];
	struct dns_name name;
	struct bytes_out out = bytes_out_of(packet, 512);
	snprintf(host, sizeof host, "h%u.corp.example", id);
	cr_assert_null(dns_name_parse_text(&name, host));
	bytes_out_u16(&out, id);
	bytes_out_u16(&out, DNS_OPCODE_UPDATE << 11);
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
	bytes_out_u32(&out, 0x0a000001);
	return bytes_out_len(&out);
}

/* False: it was dropped. `principal` NULL: it is not signed. */
static bool crowd_post(const char *source, const char *principal)
{
	static uint16_t id;
	uint8_t packet[512], answer[DNS_MESSAGE_MAX];
	struct bytes_out reply = bytes_out_of(answer, sizeof answer);
	struct pending *pending = NULL;
	struct who who;
	struct packet asked = {.bytes = bytes_of(packet, compose(packet, ++id)),
			       .transport = ENTRY_UDP};
	if (principal) {
		cr_assert_null(who_parse(&who, principal));
		asked.proved = &who;
	}
	cr_assert_null(addr_parse(source, 53, &asked.source));
	dispatcher_begin(&dispatcher);
	cr_assert_eq(dispatch(&dispatcher, &asked, &reply, &pending), DISPATCH_WAITS);
	dispatcher_end(&dispatcher);
	cr_expect_eq(pending->is_forgeable, principal == NULL);
	if (!pending_post(pending, crowd_answered, &places[waiting_count])) {
		pending_free(pending);
		return false;
	}
	waiting[waiting_count++] = pending;
	return true;
}

static void let_go_on(void)
{
	sem_post(&gate);
	for (size_t i = 0; i < waiting_count; i++)
		sem_wait(&answers);
	for (size_t i = 0; i < waiting_count; i++)
		pending_free(waiting[i]);
}

static void expect_dropped(unsigned count)
{
	struct writer_stats stats;
	writer_stats(core->writer, &stats);
	cr_expect_eq(stats.client_full, count);
	cr_expect_eq(stats_get(&core->stats, STATS_UPDATES_DROPPED), count);
}

Test(crowd, unsigned_updates_are_of_their_prefix)
{
	char source[40];
	for (unsigned i = 0; i < TURNS_WAITING_MAX; i++) {
		snprintf(source, sizeof source, "10.0.7.%u@4000", i + 1);
		cr_assert(crowd_post(source, NULL));
	}
	for (unsigned i = 0; i < MORE; i++)
		cr_expect_not(crowd_post("10.0.7.200@4000", NULL));
	cr_expect(crowd_post("10.0.8.1@4000", NULL));
	expect_dropped(MORE);
	let_go_on();
	cr_expect_leq(places[TURNS_WAITING_MAX], 1, "the other's is made first, or second");
}

Test(crowd, of_ipv6_it_is_the_56_bits)
{
	char source[60];
	for (unsigned i = 0; i < TURNS_WAITING_MAX; i++) {
		snprintf(source, sizeof source, "2001:db8:0:%x::1@4000", i + 1);
		cr_assert(crowd_post(source, NULL));
	}
	cr_expect_not(crowd_post("2001:db8:0:ff::9@4000", NULL));
	cr_expect(crowd_post("2001:db8:0:100::1@4000", NULL));
	expect_dropped(1);
	let_go_on();
}

Test(crowd, a_principal_is_one_from_wherever_it_sends)
{
	char source[40];
	for (unsigned i = 0; i < TURNS_WAITING_MAX; i++) {
		snprintf(source, sizeof source, "10.%u.7.1@4000", i);
		cr_assert(crowd_post(source, "key:heavy"));
	}
	cr_expect_not(crowd_post("10.99.7.1@4000", "key:heavy"));
	cr_expect(crowd_post("10.0.7.1@4000", "key:light"));
	expect_dropped(1);
	let_go_on();
	cr_expect_leq(places[TURNS_WAITING_MAX], 1);
}

/* The log says why: `why --last` finds it. */
static struct entry crowd_last_refusal(struct arena *arena)
{
	struct entry entry = {0};
	refusals_settle(core, NULL);
	dispatcher_begin(&dispatcher);
	struct store_txn *txn = dispatcher.snapshot.txn;
	uint64_t head = journal_log_heads(txn).of[JOURNAL_SIGNED];
	cr_assert(journal_log_read(txn, JOURNAL_SIGNED, head, &entry, arena));
	dispatcher_end(&dispatcher);
	return entry;
}

Test(crowd, the_log_says_why)
{
	struct arena arena = {0};
	for (unsigned i = 0; i < TURNS_WAITING_MAX; i++)
		cr_assert(crowd_post("10.0.0.1@4000", "key:heavy"));
	cr_expect_not(crowd_post("10.0.0.1@4000", "key:heavy"));
	let_go_on();
	struct entry entry = crowd_last_refusal(&arena);
	cr_expect_str_eq(entry.code, "waiting");
	cr_expect_str_eq(entry.principal, "key:heavy");
	cr_expect_not_null(strstr(entry.reason, "64 updates of the client wait"), "%s",
			   entry.reason);
	arena_free(&arena);
}
