/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of security contexts and the negotiations before them, with a mechanism that only
 * counts. */
#include "acl/gss_context.h"
#include "acl/gss_negotiation.h"
#include "acl/tsig_server.h"
#include "dns/msg.h"
#include "dns/type.h"
#include "nameserver/answer.h"
#include "nameserver/core.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#define NOW 1000

static unsigned freed;

/* A MIC that is the first bytes of the message, and the security's own byte. */
static size_t fake_sign(void *security, struct bytes message, uint8_t mic[GSS_CONTEXT_MIC_MAX])
{
	mic[0] = *(const uint8_t *)security;
	mic[1] = message.data[0];
	mic[2] = (uint8_t)message.len;
	mic[3] = message.data[message.len - 1];
	return 4;
}

static bool fake_verify(void *security, struct bytes message, struct bytes mic)
{
	uint8_t right[GSS_CONTEXT_MIC_MAX];
	size_t len = fake_sign(security, message, right);
	return bytes_equal(mic, bytes_of(right, len));
}

static void fake_free(void *security)
{
	freed++;
	free(security);
}

static bool is_over; /* the tickets': nothing can be signed any more */

static size_t fake_sign_until_over(void *security, struct bytes message,
				   uint8_t mic[GSS_CONTEXT_MIC_MAX])
{
	return is_over ? 0 : fake_sign(security, message, mic);
}

static const struct gss_context_mechanism fake = {fake_verify, fake_sign_until_over, fake_free};

static void *security_new(uint8_t byte)
{
	uint8_t *security = malloc(1);
	*security = byte;
	return security;
}

static struct dns_name name_of(const char *text)
{
	struct dns_name name;
	cr_assert_null(dns_name_parse_text(&name, text));
	return name;
}

static struct addr addr_of(const char *text)
{
	struct addr addr;
	cr_assert_null(addr_parse(text, 53, &addr));
	return addr;
}

static struct gss_context *put(struct gss_context_table *table, const char *key, const char *who,
			       uint64_t expires)
{
	struct gss_context_made made = {
		.key = name_of(key),
		.source = addr_of("192.0.2.1"),
		.expires = expires,
		.security = security_new(7),
		.token = bytes_of("token", 5),
		.answer = bytes_of("answer", 6),
	};
	cr_assert_null(who_parse(&made.who, who));
	struct gss_context *context = gss_context_put(table, &made, NOW);
	if (!context)
		free(made.security);
	return context;
}

/* Puts, and keeps no hold. */
static void add(struct gss_context_table *table, const char *key, const char *who)
{
	struct gss_context *context = put(table, key, who, NOW + 100);
	cr_assert_not_null(context);
	gss_context_release(context);
}

static bool has(struct gss_context_table *table, const char *key, uint64_t now)
{
	struct dns_name name = name_of(key);
	struct gss_context *context = gss_context_find(table, &name, now);
	if (context)
		gss_context_release(context);
	return context != NULL;
}

static struct gss_context_table *table_of(size_t total, size_t per_principal)
{
	struct gss_context_limits limits = {total, per_principal};
	freed = 0;
	return gss_context_table_new(&limits, &fake);
}

Test(context, is_found_by_its_name_until_its_time_is_over)
{
	struct gss_context_table *table = table_of(10, 10);
	struct gss_context_counts counts;
	add(table, "a.example", "gss:PC-1$@R");
	cr_expect(has(table, "A.Example", NOW));
	cr_expect_not(has(table, "b.example", NOW));
	cr_expect(has(table, "a.example", NOW + 99));
	cr_expect_not(has(table, "a.example", NOW + 100));
	cr_expect_eq(freed, 1);
	gss_context_counts(table, &counts);
	cr_expect_eq(counts.live, 0);
	cr_expect_eq(counts.expired, 1);
	gss_context_table_free(table);
}

Test(context, facts_are_what_was_put)
{
	struct gss_context_table *table = table_of(10, 10);
	struct gss_context *c = put(table, "a.example", "gss:PC-1$@R", NOW + 5);
	struct addr same = addr_of("192.0.2.1@4711"), other = addr_of("192.0.2.2");
	struct who who = gss_context_who(c);
	cr_expect_str_eq(who.text, "gss:PC-1$@R");
	cr_expect_eq(who.kind, WHO_GSS);
	cr_expect_eq(gss_context_expires(c), NOW + 5);
	cr_expect(bytes_equal(gss_context_answer(c), bytes_of("answer", 6)));
	cr_expect(gss_context_is_of(c, &same, bytes_of("token", 5)));
	cr_expect_not(gss_context_is_of(c, &other, bytes_of("token", 5)));
	cr_expect_not(gss_context_is_of(c, &same, bytes_of("tokem", 5)));
	gss_context_release(c);
	gss_context_table_free(table);
	cr_expect_eq(freed, 1);
}

Test(context, a_name_in_use_is_not_given_twice)
{
	struct gss_context_table *table = table_of(10, 10);
	add(table, "a.example", "gss:PC-1$@R");
	cr_expect_null(put(table, "a.example", "gss:PC-2$@R", NOW + 100));
	gss_context_table_free(table);
}

Test(context, the_longest_unused_gives_way)
{
	struct gss_context_table *table = table_of(2, 2);
	add(table, "a", "gss:A@R");
	add(table, "b", "gss:B@R");
	cr_expect(has(table, "a", NOW));
	add(table, "c", "gss:C@R");
	cr_expect(has(table, "a", NOW));
	cr_expect_not(has(table, "b", NOW));
	cr_expect(has(table, "c", NOW));
	gss_context_table_free(table);
	cr_expect_eq(freed, 3);
}

Test(context, a_principal_pushes_out_only_his_own)
{
	struct gss_context_table *table = table_of(100, 3);
	char key[16];
	struct gss_context_counts counts;
	add(table, "other", "gss:B@R");
	for (unsigned i = 0; i < 50; i++) {
		snprintf(key, sizeof key, "k%u", i);
		add(table, key, "gss:A@R");
	}
	cr_expect(has(table, "other", NOW));
	gss_context_counts(table, &counts);
	cr_expect_eq(counts.live, 4);
	cr_expect_eq(counts.evicted, 47);
	cr_expect(has(table, "k49", NOW));
	cr_expect_not(has(table, "k46", NOW));
	gss_context_table_free(table);
}

Test(context, what_is_held_outlives_its_place_and_the_table)
{
	struct gss_context_table *table = table_of(1, 1);
	struct gss_context *held = put(table, "a", "gss:A@R", NOW + 100);
	const struct bytes message = bytes_of("message", 7);
	uint8_t mic[GSS_CONTEXT_MIC_MAX];
	add(table, "b", "gss:B@R");
	gss_context_remove(table, held);
	gss_context_table_free(table);
	cr_expect_eq(freed, 1);
	cr_expect_eq(gss_context_sign(held, &message, 1, mic), 4);
	cr_expect(gss_context_verify(held, &message, 1, bytes_of(mic, 4)));
	gss_context_release(held);
	cr_expect_eq(freed, 2);
}

Test(context, expire_drops_all_whose_time_is_over)
{
	struct gss_context_table *table = table_of(10, 10);
	gss_context_release(put(table, "a", "gss:A@R", NOW + 1));
	gss_context_release(put(table, "b", "gss:A@R", NOW + 2));
	gss_context_expire(table, NOW + 1);
	cr_expect_eq(freed, 1);
	cr_expect(has(table, "b", NOW + 1));
	gss_context_table_free(table);
}

Test(context, both_algorithms_are_known_and_no_other)
{
	enum gss_context_algorithm algorithm;
	struct dns_name name = name_of("GSS.Microsoft.com");
	cr_expect(gss_context_algorithm_of(&name, &algorithm));
	cr_expect_eq(algorithm, GSS_CONTEXT_MICROSOFT);
	name = gss_context_algorithm_name(GSS_CONTEXT_TSIG);
	cr_expect(gss_context_algorithm_of(&name, &algorithm));
	cr_expect_eq(algorithm, GSS_CONTEXT_TSIG);
	name = name_of("hmac-sha256");
	cr_expect_not(gss_context_algorithm_of(&name, &algorithm));
}

/* --- negotiations */

static void keep(struct gss_negotiations *all, unsigned i, const char *source, uint64_t begun)
{
	char key[16];
	snprintf(key, sizeof key, "k%u", i);
	struct gss_negotiation gss_negotiation = {
		.key = name_of(key),
		.source = addr_of(source),
		.begun = begun,
		.security = security_new(1),
	};
	gss_negotiation_keep(all, &gss_negotiation);
}

static enum gss_negotiation_state take(struct gss_negotiations *all, unsigned i, const char *source,
				       uint64_t now)
{
	char key[16];
	void *security = NULL;
	snprintf(key, sizeof key, "k%u", i);
	struct dns_name name = name_of(key);
	struct addr addr = addr_of(source);
	enum gss_negotiation_state state = gss_negotiation_take(all, &name, &addr, now, &security);
	cr_expect_eq(security != NULL, state == GSS_NEGOTIATION_GOES_ON);
	free(security);
	return state;
}

Test(gss_negotiation, goes_on_for_the_host_that_began_it_and_only_for_a_while)
{
	freed = 0;
	struct gss_negotiations *all = gss_negotiations_new(fake_free);
	keep(all, 1, "192.0.2.1@100", NOW);
	cr_expect_eq(take(all, 2, "192.0.2.1", NOW), GSS_NEGOTIATION_NEW);
	cr_expect_eq(take(all, 1, "192.0.2.2", NOW), GSS_NEGOTIATION_FOREIGN);
	cr_expect_eq(take(all, 1, "192.0.2.1@200", NOW), GSS_NEGOTIATION_GOES_ON);
	cr_expect_eq(take(all, 1, "192.0.2.1", NOW), GSS_NEGOTIATION_NEW);
	keep(all, 1, "192.0.2.1", NOW);
	cr_expect_eq(take(all, 1, "192.0.2.1", NOW + GSS_NEGOTIATION_SECONDS), GSS_NEGOTIATION_NEW);
	cr_expect_eq(freed, 1);
	gss_negotiations_free(all);
}

Test(gss_negotiation, a_source_has_few_and_all_have_not_many)
{
	char source[32];
	freed = 0;
	struct gss_negotiations *all = gss_negotiations_new(fake_free);
	keep(all, 1000, "192.0.2.200", NOW);
	for (unsigned i = 0; i < 100; i++)
		keep(all, i, "192.0.2.1", NOW);
	cr_expect_eq(gss_negotiations_count(all), GSS_NEGOTIATIONS_PER_SOURCE + 1);
	cr_expect_eq(take(all, 1000, "192.0.2.200", NOW), GSS_NEGOTIATION_GOES_ON);
	gss_negotiations_free(all);
	all = gss_negotiations_new(fake_free);
	/* A client has every address of a /64. */
	for (unsigned i = 0; i < 100; i++) {
		snprintf(source, sizeof source, "2001:db8::%x", i);
		keep(all, i, source, NOW);
	}
	keep(all, 1000, "2001:db8:0:1::1", NOW);
	cr_expect_eq(gss_negotiations_count(all), GSS_NEGOTIATIONS_PER_SOURCE + 1);
	gss_negotiations_free(all);
	freed = 0;
	all = gss_negotiations_new(fake_free);
	for (unsigned i = 0; i < 2 * GSS_NEGOTIATIONS_MAX; i++) {
		snprintf(source, sizeof source, "10.0.%u.%u", i / 200, i % 200);
		keep(all, 2000 + i, source, NOW);
	}
	cr_expect_eq(gss_negotiations_count(all), GSS_NEGOTIATIONS_MAX);
	gss_negotiations_free(all);
	cr_expect_eq(freed, 2 * GSS_NEGOTIATIONS_MAX);
}

/* --- identities */

/* An update of nothing, with a TSIG of `algorithm` whose MAC is `mac`. */
static struct bytes request_of(uint8_t buffer[512], const char *algorithm, struct bytes mac)
{
	struct bytes_out out = bytes_out_of(buffer, 512);
	struct dns_name zone = name_of("corp.example");
	static const uint8_t header[] = {0, 9, 0x28, 0, 0, 1, 0, 0, 0, 0, 0, 1};
	bytes_out_put(&out, header, sizeof header);
	bytes_out_put(&out, zone.wire, zone.len);
	bytes_out_u16(&out, DNS_TYPE_SOA);
	bytes_out_u16(&out, DNS_CLASS_IN);
	struct dns_tsig tsig = {
		.key = name_of("a.example"),
		.algorithm = name_of(algorithm),
		.time = NOW,
		.fudge = 300,
		.original_id = 9,
		.mac = mac,
	};
	dns_tsig_write(&tsig, &out);
	return bytes_of(buffer, bytes_out_len(&out));
}

/* What the fake makes of the request's bytes. */
static size_t request_mic(const char *algorithm, uint8_t mic[GSS_CONTEXT_MIC_MAX])
{
	struct dns_name key = name_of("a.example"), name = name_of(algorithm);
	size_t len = DNS_HEADER_LEN + name_of("corp.example").len + 4u + key.len + 6u + name.len +
		     6 + 2 + 2 + 2;
	mic[0] = 7;
	mic[1] = 0;
	mic[2] = (uint8_t)len;
	mic[3] = 0;
	return 4;
}

static void try_identity(const char *algorithm, uint64_t now, bool spoil,
			 enum identity_outcome outcome, uint16_t error)
{
	struct gss_context_table *table = table_of(10, 10);
	struct identity_policy policy = {.contexts = table};
	uint8_t packet[512], answer[512] = {0, 9, 0xa8, 0}, mic[GSS_CONTEXT_MIC_MAX];
	struct dns_msg msg;
	struct identity id, copy;
	gss_context_release(put(table, "a.example", "gss:PC-1$@R", NOW + 1000));
	size_t mic_len = request_mic(algorithm, mic);
	mic[0] ^= spoil;
	struct bytes bytes = request_of(packet, algorithm, bytes_of(mic, mic_len));
	cr_assert_eq(dns_msg_open(&msg, bytes), DNS_NOERROR);
	cr_expect_eq(tsig_server_identify(NULL, &policy, &msg, now, &id), outcome, "%s",
		     id.problem);
	cr_expect_eq(id.error, error);
	cr_expect_str_eq(id.who.text, outcome == IDENTITY_VERIFIED ? "gss:PC-1$@R" : "anonymous");
	copy = id;
	identity_keep(&copy);
	identity_wipe(&id);
	gss_context_table_free(table);
	cr_expect_eq(freed, copy.context ? 0 : 1);
	size_t room = 12 + identity_reserve(&copy);
	size_t len = identity_sign(&copy, NULL, answer, 12, room, now);
	cr_expect(len > 12 && len <= room);
	cr_expect_eq(answer[11], 1, "ARCOUNT");
	identity_wipe(&copy);
	cr_expect_eq(freed, 1);
}

Test(identify_gss, verified_failed_late_and_unknown)
{
	try_identity("gss-tsig", NOW, false, IDENTITY_VERIFIED, 0);
	try_identity("gss.microsoft.com", NOW, false, IDENTITY_VERIFIED, 0);
	try_identity("gss-tsig", NOW, true, IDENTITY_FAILED, DNS_BADSIG);
	try_identity("gss-tsig", NOW + 301, false, IDENTITY_FAILED, DNS_BADTIME);
	try_identity("gss-tsig", NOW + 1000, false, IDENTITY_FAILED, DNS_BADKEY);
}

/* A ticket may end between an update and its answer. What its client cannot verify is not sent. */
Test(identify_gss, an_answer_that_cannot_be_signed_is_empty)
{
	static struct core core;
	struct gss_context_table *table = table_of(10, 10);
	struct identity_policy policy = {.contexts = table};
	uint8_t packet[512], buffer[512], mic[GSS_CONTEXT_MIC_MAX];
	struct dns_msg msg;
	struct identity id;
	struct answer answer;
	struct identity_stream stream;
	gss_context_release(put(table, "a.example", "gss:PC-1$@R", NOW + 1000));
	struct bytes bytes =
		request_of(packet, "gss-tsig", bytes_of(mic, request_mic("gss-tsig", mic)));
	cr_assert_eq(dns_msg_open(&msg, bytes), DNS_NOERROR);
	cr_assert_eq(tsig_server_identify(NULL, &policy, &msg, NOW, &id), IDENTITY_VERIFIED);
	struct request request = {
		.core = &core, .msg = &msg, .identity = &id, .transport = ENTRY_TCP};
	for (int i = 0; i < 2; i++) {
		is_over = i == 1;
		struct bytes_out out = bytes_out_of(buffer, sizeof buffer);
		answer_start(&answer, &request, &out);
		answer_only(&answer, DNS_NOERROR);
		answer_finish(&answer, NULL, NOW);
		cr_expect_eq(bytes_out_len(&out) > DNS_HEADER_LEN, !is_over);
		cr_expect_eq(bytes_out_len(&out) == 0, is_over);
		identity_stream_open(&stream, &id);
		size_t len = identity_stream_sign(&stream, buffer, 12, sizeof buffer, NOW);
		cr_expect_eq(len == 0, is_over);
		identity_stream_close(&stream);
	}
	identity_wipe(&id);
	gss_context_table_free(table);
}

/* The end of each, in an order that is none; some are taken out by name before. */
Test(context, each_ends_at_its_own_time_whatever_came_between)
{
	struct gss_context_table *table = table_of(300, 300);
	struct gss_context_counts counts;
	char key[32];
	unsigned left = 0;
	for (unsigned i = 0; i < 300; i++) {
		snprintf(key, sizeof key, "k%u.example", i);
		struct gss_context *context =
			put(table, key, "gss:PC-1$@R", NOW + 1 + i * 7919 % 300);
		cr_assert_not_null(context);
		if (i % 7 == 0)
			gss_context_remove(table, context);
		gss_context_release(context);
	}
	for (unsigned at = 0; at <= 300; at++) {
		left = 0;
		gss_context_expire(table, NOW + at);
		for (unsigned i = 0; i < 300; i++)
			left += i % 7 != 0 && 1 + i * 7919 % 300 > at;
		gss_context_counts(table, &counts);
		cr_assert_eq(counts.live, left, "%u s", at);
	}
	cr_expect_eq(freed, 300);
	gss_context_table_free(table);
}
