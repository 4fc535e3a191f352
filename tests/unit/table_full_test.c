/* SPDX-License-Identifier: BSD-2-Clause */
/* Who fills the table of recent requests is slowed, and at last dropped without an answer; nobody
 * else is, and nobody is told BADTIME or REFUSED. */
#include <config.h>
#include "acl/tsig_client.h"
#include "nameserver/dispatch.h"
#include "nameserver/duplicate_requests.h"
#include "nameserver/pending.h"
#include "nameserver/refusal.h"
#include "nameserver/writer_side.h"
#include "tests/unit/keys.h"
#include <ftw.h>
#include <stdio.h>
#include <unistd.h>

#define NOW   1767603600
#define BURST (DUPLICATE_REQUESTS_LEAST / 300 * UPDATE_RATE_BURST_S)

static char folder[] = "/tmp/tenure-table-XXXXXX";
static struct core *core;
static struct dispatcher dispatcher;
static uint16_t id;

static void table_fixture(struct writer_job *job, struct store_txn *txn)
{
	(void)job;
	struct dns_name apex = keys_name("corp.example");
	struct zone zone = zone_default(&apex);
	zone.update = ZONE_UPDATE_SECURE;
	rows_zone_create(txn, &zone);
	struct keyring_key a = keys_key("a", HMAC_SHA256, bytes_of("secret of a", 11)),
			   b = keys_key("b", HMAC_SHA256, bytes_of("secret of b", 11));
	rows_key_put(txn, core->store_key, &a);
	rows_key_put(txn, core->store_key, &b);
}

static void table_begin(void)
{
	char error[STORE_ERROR_MAX];
	cr_assert(mkdtemp(folder));
	struct core_options options = {.data = folder,
				       .map_size = 64 << 20,
				       .readers = 1,
				       .hand_clock_us = NOW * 1000000ull};
	log_open(LOG_TO_STDERR, LOG_LEVEL_ERROR);
	core = core_start(&options, error);
	cr_assert(core, "%s", error);
	struct writer_job job = {.run = table_fixture};
	cr_assert_eq(writer_call(core->writer, &job, WRITER_URGENT), STORE_OK);
	dispatcher_open(&dispatcher, core);
}

static int table_remove(const char *path, const struct stat *info, int flag, struct FTW *ftw)
{
	(void)info;
	(void)flag;
	(void)ftw;
	return remove(path);
}

static void table_stop(void)
{
	dispatcher_close(&dispatcher);
	core_stop(core);
	nftw(folder, table_remove, 8, FTW_DEPTH | FTW_PHYS);
}

TestSuite(table_full, .init = table_begin, .fini = table_stop, .timeout = 120);

/* An update of nothing, signed by the key. */
static size_t table_update(const char *key, uint8_t *packet, size_t cap)
{
	struct bytes_out out = bytes_out_of(packet, cap);
	struct dns_name apex = keys_name("corp.example"), name = keys_name(key);
	struct tsig_client client;
	bytes_out_u16(&out, ++id);
	bytes_out_u16(&out, 0x2800);
	bytes_out_u16(&out, 1);
	bytes_out_u16(&out, 0);
	bytes_out_u32(&out, 0);
	bytes_out_put(&out, apex.wire, apex.len);
	bytes_out_u16(&out, DNS_TYPE_SOA);
	bytes_out_u16(&out, DNS_CLASS_IN);
	struct keyring_entry *entry = keyring_find(dispatcher.snapshot.keys, &name);
	cr_assert(entry && tsig_client_of(&client, entry, false, NOW));
	return tsig_client_sign(&client, packet, bytes_out_len(&out), cap, NOW);
}

/* Whether it is taken; it is not posted. */
static bool table_takes(const char *key)
{
	uint8_t bytes[1024], room[1232];
	struct pending *pending = NULL;
	dispatcher_begin(&dispatcher);
	struct packet packet = {.bytes = bytes_of(bytes, table_update(key, bytes, sizeof bytes)),
				.transport = ENTRY_UDP};
	cr_assert(!addr_parse("192.0.2.1@4000", 0, &packet.source));
	struct bytes_out out = bytes_out_of(room, sizeof room);
	enum dispatch_outcome outcome = dispatch(&dispatcher, &packet, &out, &pending);
	dispatcher_end(&dispatcher);
	cr_assert_neq(outcome, DISPATCH_ANSWER, "%s: rcode %u", key, room[3] & 0xf);
	if (outcome == DISPATCH_WAITS)
		pending_free(pending);
	return outcome == DISPATCH_WAITS;
}

static uint16_t table_asker(const char *principal)
{
	struct request_kept request = {.identity.outcome = IDENTITY_VERIFIED};
	snprintf(request.who.text, sizeof request.who.text, "%s", principal);
	return duplicate_request_key_of(core->writer_side->duplicates, &request).asker;
}

/* So many requests of a principal ran; the writer rests. */
static void table_crowd(const char *principal, uint64_t count)
{
	static uint64_t number;
	struct duplicate_request_answer none = {0};
	uint16_t asker = table_asker(principal);
	for (; count > 0; count--) {
		struct duplicate_request_key key = {.is_signed = true,
						    .asker = asker,
						    .signed_at = NOW,
						    .ends_at = NOW + number % 300};
		number++;
		memcpy(key.hash, &number, sizeof number);
		cr_assert(duplicate_requests_add(core->writer_side->duplicates, &key, &none));
	}
}

Test(table_full, who_sends_most_is_slowed_and_nobody_else)
{
	for (unsigned i = 0; i < 2 * BURST; i++)
		cr_assert(table_takes("a"), "while there is room");
	table_crowd("key:somebody", 2230000);
	table_crowd("key:a", DUPLICATE_REQUESTS_LEAST + 1);
	unsigned taken = 0;
	while (taken < 10 * BURST && table_takes("a"))
		taken++;
	/* A burst, and what may wait for two seconds. */
	cr_expect(taken >= BURST && taken < 2 * BURST, "%u", taken);
	cr_expect_eq(stats_get(&core->stats, STATS_UPDATES_DROPPED), 1);
	for (unsigned i = 0; i < 2 * BURST; i++)
		cr_assert(table_takes("b"), "another principal");
	/* Some seconds later it may send again. */
	clock_pass_to(&core->clock, (NOW + 10) * 1000000ull);
	cr_expect(table_takes("a"));
}
