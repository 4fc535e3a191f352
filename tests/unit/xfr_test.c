/* SPDX-License-Identifier: BSD-2-Clause */
/* From each serial that was, a copy that follows by IXFR is the zone: by the net of all steps, and,
 * when that is too large for memory, step by step. */
#include "dns/rdata.h"
#include "nameserver/core.h"
#include "nameserver/xfr_parts.h"
#include "tests/unit/random_history.h"
#include "tests/unit/rows.h"
#include "zonedb/walk.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#define STATIC_NAMES 400
#define STEPS        120
#define RECORDS_MAX  20000

static struct tempzone t;
static struct core core = {.udp_size = 1232};
static struct transfers all = {.core = &core, .room = {.folder = "/tmp", .limit = 64u << 20}};
static struct xfr_thread thread = {.all = &all, .hash_key = {{7, 7}}};
static struct arena arena;

/* --- copies of the zone */

struct copy {
	uint32_t serial;
	size_t count;
	char **line; /* in the arena */
};

static char *line_of(const struct dns_name *name, uint16_t type, uint32_t ttl, struct bytes rdata)
{
	char shown[DNS_NAME_TEXT_MAX], hex[1400];
	cr_assert_lt(rdata.len, sizeof hex / 2);
	hex[0] = '\0';
	for (size_t i = 0; i < rdata.len; i++)
		snprintf(hex + 2 * i, 3, "%02x", rdata.data[i]);
	return (char *)(uintptr_t)arena_print(&arena, "%s %u %u %s", dns_name_show(name, shown),
					      (unsigned)type, (unsigned)ttl, hex);
}

static void copy_add(struct copy *copy, char *line)
{
	cr_assert_lt(copy->count, RECORDS_MAX);
	for (size_t i = 0; i < copy->count; i++)
		cr_assert_str_neq(copy->line[i], line, "it comes, and is there");
	copy->line[copy->count++] = line;
}

static void copy_remove(struct copy *copy, const char *line)
{
	for (size_t i = 0; i < copy->count; i++) {
		if (strcmp(copy->line[i], line) != 0)
			continue;
		copy->line[i] = copy->line[--copy->count];
		return;
	}
	cr_assert_fail("it goes, and was not there: %s", line);
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static struct copy copy_new(void)
{
	return (struct copy){.line = arena_alloc(&arena, RECORDS_MAX * sizeof(char *))};
}

static struct copy copy_zone(void)
{
	struct copy copy = copy_new();
	struct walk walk;
	struct dns_name name;
	struct node node;
	struct node_rrset rrset;
	struct node_record record;
	copy.serial = zone_serial(&t.txn, &t.zone);
	walk_from(&walk, &t.txn, &t.zone, &t.zone.apex);
	while (walk_next(&walk, &name, &node)) {
		struct bytes_in in = bytes_in_of(node.rrsets.data, node.rrsets.len);
		while (node_next_rrset(&in, &rrset)) {
			struct bytes_in records =
				bytes_in_of(rrset.records.data, rrset.records.len);
			while (node_next_record(&records, &record))
				copy.line[copy.count++] =
					line_of(&name, rrset.type, rrset.ttl, record.rdata);
		}
	}
	walk_end(&walk);
	qsort(copy.line, copy.count, sizeof *copy.line, compare);
	return copy;
}

static struct copy copy_clone(const struct copy *of)
{
	struct copy copy = copy_new();
	memcpy(copy.line, of->line, of->count * sizeof *of->line);
	copy.count = of->count;
	copy.serial = of->serial;
	return copy;
}

static void expect_equal(struct copy *got, const struct copy *wanted, uint32_t from)
{
	qsort(got->line, got->count, sizeof *got->line, compare);
	cr_assert_eq(got->serial, wanted->serial);
	cr_assert_eq(got->count, wanted->count, "from %u: %zu for %zu", from, got->count,
		     wanted->count);
	for (size_t i = 0; i < got->count; i++)
		cr_assert_str_eq(got->line[i], wanted->line[i], "from %u", from);
}

/* --- what a client makes of an answer */

struct heard {
	struct record {
		char *line;
		bool is_soa;
		uint32_t serial;
	} record[RECORDS_MAX];
	size_t count;
};

static void take_message(struct heard *answer, struct bytes packet)
{
	struct dns_msg msg = {.packet = packet};
	struct dns_msg_rr rr;
	struct bytes_in in = bytes_in_of(packet.data, packet.len);
	bytes_in_u32(&in);
	bool has_question = bytes_in_u16(&in) > 0;
	msg.count[DNS_ANSWER] = bytes_in_u16(&in);
	msg.section_at[DNS_ANSWER] = DNS_HEADER_LEN + (has_question ? t.zone.apex.len + 4u : 0);
	struct dns_msg_walk walk = dns_msg_walk(&msg, DNS_ANSWER);
	for (unsigned i = 0; i < msg.count[DNS_ANSWER]; i++) {
		uint8_t data[700];
		struct bytes_out out = bytes_out_of(data, sizeof data);
		cr_assert(dns_msg_next(&walk, &rr) && dns_msg_rdata(&msg, &rr, &out));
		cr_assert_lt(answer->count, RECORDS_MAX);
		struct bytes rdata = bytes_of(data, bytes_out_len(&out));
		struct record *r = &answer->record[answer->count++];
		r->line = line_of(&rr.owner, rr.type, rr.ttl, rdata);
		r->is_soa = rr.type == DNS_TYPE_SOA;
		r->serial = r->is_soa ? dns_soa_serial(rdata) : 0;
	}
}

static void take_spool(struct heard *answer, struct spool *spool)
{
	static uint8_t message[DNS_MESSAGE_MAX];
	uint8_t length[2];
	answer->count = 0;
	while (spool_left(spool)) {
		cr_assert(spool_take(spool, length, 2));
		size_t len = (size_t)length[0] << 8 | length[1];
		cr_assert(spool_take(spool, message, len));
		take_message(answer, bytes_of(message, len));
	}
}

/* RFC 1995 4: sequences of what goes and what comes. Returns how many. */
static unsigned follow(struct copy *copy, const struct heard *answer)
{
	unsigned steps = 0;
	size_t i = 1, last = answer->count - 1;
	while (i < last) {
		cr_assert(answer->record[i].is_soa);
		cr_assert_eq(answer->record[i].serial, copy->serial, "a step from another serial");
		do
			copy_remove(copy, answer->record[i++].line);
		while (i < last && !answer->record[i].is_soa);
		cr_assert(i < last && answer->record[i].is_soa);
		copy->serial = answer->record[i].serial;
		do
			copy_add(copy, answer->record[i++].line);
		while (i < last && !answer->record[i].is_soa);
		steps++;
	}
	return steps;
}

/* --- asking */

static struct xfr *ask(enum entry_transport transport, uint32_t serial)
{
	static const uint8_t header[] = {0x12, 0x34, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0};
	struct xfr *x = calloc(1, sizeof *x + 512);
	cr_assert_not_null(x);
	struct bytes_out out = bytes_out_of(x->packet, 512);
	bytes_out_put(&out, header, sizeof header);
	bytes_out_put(&out, t.zone.apex.wire, t.zone.apex.len);
	bytes_out_u16(&out, DNS_TYPE_IXFR);
	bytes_out_u16(&out, DNS_CLASS_IN);
	cr_assert_eq(dns_msg_open(&x->request.msg, bytes_of(x->packet, bytes_out_len(&out))),
		     DNS_NOERROR);
	x->request.core = &core;
	x->request.transport = transport;
	x->zone_id = t.zone.id;
	x->apex = t.zone.apex;
	x->is_incremental = true;
	x->client_serial = serial;
	spool_open(&x->spool, &all.room);
	return x;
}

static void forget(struct xfr *x)
{
	spool_close(&x->spool);
	free(x);
}

/* Returns the steps in which the copy followed; 0: it got the zone whole. */
static unsigned expect_followed(const struct copy *from, const struct copy *wanted)
{
	static struct heard answer;
	struct copy copy = copy_clone(from);
	struct xfr *x = ask(ENTRY_TCP, from->serial);
	thread.txn = t.txn;
	cr_assert_eq(xfr_fill(x, &thread), DNS_NOERROR);
	take_spool(&answer, &x->spool);
	cr_assert(answer.record[0].is_soa && answer.record[0].serial == wanted->serial);
	cr_assert_str_eq(answer.record[answer.count - 1].line, answer.record[0].line);
	unsigned steps = 0;
	if (x->style == XFR_AXFR) {
		copy.count = 0;
		copy.serial = wanted->serial;
		for (size_t i = 0; i + 1 < answer.count; i++)
			copy_add(&copy, answer.record[i].line);
	} else {
		steps = follow(&copy, &answer);
		cr_expect(all.diff_max > 0 || x->style == XFR_IXFR);
		cr_assert(all.diff_max == 0 || steps == 1, "condensed is one step");
	}
	expect_equal(&copy, wanted, from->serial);
	forget(x);
	return steps;
}

/* --- the zone */

static void open_zone(void)
{
	char script[64];
	tempzone_open(&t, "corp.example");
	for (unsigned i = 0; i < STATIC_NAMES; i++) {
		snprintf(script, sizeof script, "static host%u 60 A 10.1.%u.%u", i, i / 250,
			 i % 250);
		tempzone_run(&t, "local:root", 1000, script);
	}
}

static void write_command(char *out, size_t cap)
{
	unsigned name = random_pick(12), ttl = 60 + random_pick(2), data = random_pick(3);
	switch (random_pick(20)) {
	case 0:
		snprintf(out, cap, "add @ %u SOA ns.x. a.b. 1 %u 1 1 60; ", ttl, data);
		break;
	case 1 ... 6:
		snprintf(out, cap, "del n%u; ", name);
		break;
	case 7 ... 12:
		snprintf(out, cap, "add n%u %u TXT x%u; ", name, ttl, data);
		break;
	default:
		snprintf(out, cap, "add n%u %u A 10.0.0.%u; ", name, ttl, data);
	}
}

static void step(unsigned i)
{
	char script[512] = "", command[80];
	for (unsigned count = random_pick(4) + 1; count; count--) {
		write_command(command, sizeof command);
		strcat(script, command);
	}
	tempzone_run(&t, "key:a", 2000 + i, script);
}

static size_t remember(struct copy *memory)
{
	size_t count = 0;
	memory[count++] = copy_zone();
	for (unsigned i = 0; i < STEPS; i++) {
		step(i);
		if (zone_serial(&t.txn, &t.zone) != memory[count - 1].serial)
			memory[count++] = copy_zone();
		arena_reset(&t.arena);
	}
	return count;
}

static void end(void)
{
	arena_free(&arena);
	arena_free(&thread.arena);
	tempzone_free(&t);
}

TestSuite(xfr, .init = open_zone, .fini = end);

Test(xfr, a_copy_follows_by_the_net_and_step_by_step_when_that_is_too_large)
{
	static struct copy memory[STEPS + 1];
	size_t count = remember(memory);
	const struct copy *now = &memory[count - 1];
	cr_assert_gt(count, STEPS / 2);
	for (size_t i = 0; i + 1 < count; i++) {
		all.diff_max = XFR_DIFF_MAX;
		cr_expect_eq(expect_followed(&memory[i], now), 1, "the zone is larger");
		all.diff_max = 0;
		unsigned steps = expect_followed(&memory[i], now);
		cr_expect(steps == 0 || steps == count - 1 - i, "a sequence for each serial");
		cr_expect(steps || i + 20 < count, "few steps are shorter than the zone");
	}
}

Test(xfr, by_udp_what_does_not_fit_is_the_soa_alone)
{
	static struct copy memory[STEPS + 1];
	static struct heard answer;
	size_t count = remember(memory);
	all.diff_max = XFR_DIFF_MAX;
	struct xfr *x = ask(ENTRY_UDP, memory[0].serial);
	thread.txn = t.txn;
	cr_assert_eq(xfr_fill(x, &thread), DNS_NOERROR);
	take_spool(&answer, &x->spool);
	cr_expect_eq(x->style, XFR_CURRENT);
	cr_expect_eq(answer.count, 1);
	cr_expect_eq(answer.record[0].serial, memory[count - 1].serial);
	forget(x);
}

Test(xfr, a_zone_that_went_or_came_anew_since_it_was_judged_is_notauth)
{
	all.diff_max = XFR_DIFF_MAX;
	struct xfr *x = ask(ENTRY_TCP, 1);
	rows_zone_delete(&t.txn, &t.zone);
	thread.txn = t.txn;
	cr_expect_eq(xfr_fill(x, &thread), DNS_NOTAUTH);
	cr_expect_eq(spool_left(&x->spool), 0);
	uint32_t id = t.zone.id;
	t.zone = zone_default(&t.zone.apex);
	rows_zone_create(&t.txn, &t.zone);
	cr_assert_neq(t.zone.id, id);
	tempzone_run(&t, "local:root", 3000,
		     "static @ 60 SOA ns.x. a.b. 1 1 1 1 60; static @ 60 NS ns.x.");
	thread.txn = t.txn;
	cr_expect_eq(xfr_fill(x, &thread), DNS_NOTAUTH);
	cr_expect_eq(spool_left(&x->spool), 0);
	forget(x);
}
