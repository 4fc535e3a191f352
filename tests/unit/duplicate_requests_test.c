/* SPDX-License-Identifier: BSD-2-Clause */
/* Stored answers: what a resent request hears, for how long, what a lost batch takes back, what a
 * restart keeps, and how much memory it all takes. */
#include <criterion/criterion.h>
#include <malloc.h>
#include <stdio.h>
#include <time.h>
#include "journal/journal.h"
#include "nameserver/duplicate_requests.h"
#include "tests/unit/tempstore.h"

#define NOW 1000000

static struct store_key *store_key;
static struct duplicate_requests *duplicates;

static void duplicates_setup(void)
{
	store_key = store_key_new();
	cr_assert(store_key_add(store_key, 0));
	duplicates = duplicate_requests_new(store_key);
}

static void duplicates_teardown(void)
{
	duplicate_requests_free(duplicates);
	store_key_free(store_key);
}

TestSuite(duplicates, .init = duplicates_setup, .fini = duplicates_teardown);

/* Signed at NOW by this asker. */
static struct duplicate_request_key key_numbered(uint64_t number, uint16_t asker)
{
	struct duplicate_request_key key = {
		.is_signed = true, .asker = asker, .signed_at = NOW, .ends_at = NOW + 300};
	struct bytes piece = bytes_of(&number, sizeof number);
	uint8_t digest[DIGEST_LEN];
	digest_sha256(&piece, 1, digest);
	memcpy(key.hash, digest, sizeof key.hash);
	return key;
}

static struct duplicate_request_key key_unsigned(uint64_t number)
{
	struct duplicate_request_key key = key_numbered(number, 0);
	key.is_signed = false;
	key.signed_at = key.ends_at = 0;
	return key;
}

static enum duplicate_request_state take(const struct duplicate_request_key *key, uint64_t now,
					 struct duplicate_request_answer *was)
{
	return duplicate_requests_take(duplicates, key, now, was);
}

/* Runs it, and brings it to the disk. */
static void run_once(const struct duplicate_request_key *key, uint64_t now, unsigned rcode,
		     const char *ede_text)
{
	struct duplicate_request_answer was, answer = {rcode, ede_text};
	cr_assert_eq(take(key, now, &was), DUPLICATE_REQUEST_NEW);
	duplicate_requests_answer(duplicates, &answer);
	duplicate_requests_confirm(duplicates);
}

Test(duplicates, the_answer_of_a_resent_request_is_the_first)
{
	struct duplicate_request_answer was = {.rcode = 99};
	struct duplicate_request_key key = key_numbered(1, 1), other = key_numbered(2, 1);
	run_once(&key, NOW, 5, "owned by key:a");
	run_once(&other, NOW, 0, NULL);
	for (uint64_t now = NOW; now < NOW + 300 + DUPLICATE_REQUESTS_GRACE; now += 10) {
		cr_assert_eq(take(&key, now, &was), DUPLICATE_REQUEST_KNOWN);
		cr_expect_eq(was.rcode, 5);
		cr_expect_str_eq(was.ede_text, "owned by key:a");
		cr_assert_eq(take(&other, now, &was), DUPLICATE_REQUEST_KNOWN);
		cr_expect_eq(was.rcode, 0);
		cr_expect_null(was.ede_text);
	}
}

Test(duplicates, an_unsigned_request_is_known_for_fifteen_seconds)
{
	struct duplicate_request_answer was;
	struct duplicate_request_key key = key_unsigned(1);
	run_once(&key, NOW, 0, NULL);
	cr_expect_eq(take(&key, NOW + DUPLICATE_REQUESTS_UNSIGNED_SECONDS - 1, &was),
		     DUPLICATE_REQUEST_KNOWN);
	cr_expect_eq(take(&key, NOW + DUPLICATE_REQUESTS_UNSIGNED_SECONDS, &was),
		     DUPLICATE_REQUEST_NEW);
	duplicate_requests_forget(duplicates);
	run_once(&key, NOW, 0, NULL);
	cr_expect_eq(take(&key, NOW - 1, &was), DUPLICATE_REQUEST_NEW, "the clock went back");
}

Test(duplicates, what_was_forgotten_is_in_doubt_when_the_clock_goes_back)
{
	struct duplicate_request_answer was;
	struct duplicate_request_key key = key_numbered(1, 1), later = key_numbered(2, 1);
	run_once(&key, NOW, 0, NULL);
	later.signed_at += 500;
	later.ends_at += 500;
	run_once(&later, NOW + 500, 0, NULL);
	cr_expect_eq(duplicate_requests_count(duplicates), 1);
	cr_expect_eq(take(&key, NOW + 10, &was), DUPLICATE_REQUEST_IN_DOUBT);
	cr_expect(duplicate_requests_is_behind(duplicates, NOW + 10));
	cr_expect_eq(take(&later, NOW + 10, &was), DUPLICATE_REQUEST_KNOWN);
	key = key_numbered(3, 1);
	key.ends_at++;
	cr_expect_eq(take(&key, NOW + 10, &was), DUPLICATE_REQUEST_NEW);
}

Test(duplicates, a_lost_batch_takes_its_answers_back_and_no_others)
{
	struct duplicate_request_key kept = key_numbered(1, 1), lost[100];
	struct duplicate_request_answer was, refused = {5, "a text"};
	run_once(&kept, NOW, 0, NULL);
	for (unsigned i = 0; i < 100; i++) {
		lost[i] = i % 2 ? key_numbered(2 + i, 1) : key_unsigned(2 + i);
		cr_assert_eq(take(&lost[i], NOW, &was), DUPLICATE_REQUEST_NEW);
		duplicate_requests_answer(duplicates, &refused);
		cr_assert_eq(take(&lost[i], NOW, &was), DUPLICATE_REQUEST_KNOWN,
			     "within its batch it is known");
	}
	duplicate_requests_forget(duplicates);
	cr_expect_eq(duplicate_requests_count(duplicates), 1);
	for (unsigned i = 0; i < 100; i++)
		cr_assert_eq(take(&lost[i], NOW, &was), DUPLICATE_REQUEST_NEW);
	duplicate_requests_confirm(duplicates);
	cr_expect_eq(take(&kept, NOW, &was), DUPLICATE_REQUEST_KNOWN);
	cr_expect_eq(duplicate_requests_count(duplicates), 101);
}

static struct request_kept request_of(const char *key, const char *mark, const char *packet)
{
	struct request_kept request = {
		.transport = ENTRY_UDP,
		.msg.packet = bytes_of(packet, strlen(packet)),
		.identity = {.outcome = *key ? IDENTITY_VERIFIED : IDENTITY_UNSIGNED,
			     .time = NOW,
			     .fudge = 65535},
	};
	cr_assert(!addr_parse("192.0.2.1@4000", 0, &request.source));
	cr_assert(!dns_name_parse_text(&request.identity.key, *key ? key : "none"));
	request.identity.signed_len = (uint8_t)strlen(mark);
	memcpy(request.identity.signed_mark, mark, strlen(mark));
	snprintf(request.who.text, sizeof request.who.text, "key:%s", key);
	return request;
}

Test(duplicates, key_and_what_is_signed_count_or_source_transport_and_bytes)
{
	struct request_kept requests[] = {
		request_of("", "", "x"),  request_of("", "", "y"),  request_of("", "", "x"),
		request_of("", "", "x"),  request_of("a", "m", ""), request_of("b", "m", ""),
		request_of("a", "n", ""),
	};
	cr_assert(!addr_parse("192.0.2.1@4001", 0, &requests[2].source));
	requests[3].transport = ENTRY_TCP;
	struct duplicate_request_key keys[sizeof requests / sizeof *requests];
	for (size_t i = 0; i < sizeof requests / sizeof *requests; i++) {
		keys[i] = duplicate_request_key_of(duplicates, &requests[i]);
		for (size_t j = 0; j < i; j++)
			cr_expect(memcmp(keys[i].hash, keys[j].hash, sizeof keys[i].hash) != 0);
	}
	struct request_kept other = request_of("a", "m", "z");
	cr_assert(!addr_parse("198.51.100.1@53", 0, &other.source));
	other.identity.mac_len = 16;
	struct duplicate_request_key key = duplicate_request_key_of(duplicates, &other);
	cr_expect_eq(memcmp(key.hash, keys[4].hash, sizeof key.hash), 0);
	cr_expect_eq(key.ends_at, NOW + 300);
	cr_expect_eq(key.asker, keys[4].asker);
	cr_expect_neq(key.asker, keys[5].asker);
}

Test(duplicates, the_hash_is_of_the_store_key)
{
	struct request_kept request = request_of("a", "m", "");
	struct store_key *other = store_key_new();
	cr_assert(store_key_add(other, 0));
	struct duplicate_requests *same = duplicate_requests_new(store_key),
				  *others = duplicate_requests_new(other);
	struct duplicate_request_key key = duplicate_request_key_of(duplicates, &request),
				     again = duplicate_request_key_of(same, &request),
				     foreign = duplicate_request_key_of(others, &request);
	cr_expect_eq(memcmp(&key, &again, sizeof key), 0);
	cr_expect_neq(memcmp(key.hash, foreign.hash, sizeof key.hash), 0);
	cr_assert(store_key_add(store_key, 0));
	struct duplicate_requests *rekeyed = duplicate_requests_new(store_key);
	again = duplicate_request_key_of(rekeyed, &request);
	cr_expect_eq(memcmp(&key, &again, sizeof key), 0, "a new store key changes nothing");
	duplicate_requests_free(same);
	duplicate_requests_free(others);
	duplicate_requests_free(rekeyed);
	store_key_free(other);
}

Test(duplicates, no_number_of_other_messages_pushes_one_out)
{
	struct duplicate_request_key first = key_numbered(0, 1);
	struct duplicate_request_answer was;
	run_once(&first, NOW, 5, "a text");
	for (unsigned i = 1; i <= 200000; i++) {
		struct duplicate_request_key key = key_numbered(i, 2);
		run_once(&key, NOW + i / 1000, 0, NULL);
	}
	cr_expect_eq(take(&first, NOW + 200, &was), DUPLICATE_REQUEST_KNOWN);
	cr_expect_eq(was.rcode, 5);
}

/* Takes what the principal may send, a new one each time. False: there is no room. */
static bool fill(uint64_t *number, uint16_t asker, uint64_t most)
{
	struct duplicate_request_answer was;
	for (; most > 0; most--) {
		if (duplicate_requests_rate(duplicates, asker))
			return true;
		struct duplicate_request_key key = key_numbered(++*number, asker);
		key.ends_at += *number % 300;
		if (take(&key, NOW, &was) != DUPLICATE_REQUEST_NEW)
			return false;
		duplicate_requests_confirm(duplicates);
	}
	return true;
}

Test(duplicates, memory_has_a_bound_and_one_principal_leaves_room, .timeout = 120)
{
	uint64_t number = 0;
	size_t before =
		mallinfo2().uordblks + mallinfo2().hblkhd - duplicate_requests_bytes(duplicates);
	cr_expect(fill(&number, 1, UINT64_MAX));
	size_t full = duplicate_requests_bytes(duplicates);
	cr_expect(full < DUPLICATE_REQUESTS_BYTES / 8 * 7, "%zu", full);
	cr_expect(number > 1900000, "%llu requests", (unsigned long long)number);
	uint32_t rate = duplicate_requests_rate(duplicates, 1);
	cr_expect(rate > 6000 && rate < 7000, "%u", rate);
	/* Others are served, however many fill their own share. */
	for (uint16_t asker = 2; asker < 70; asker++) {
		uint64_t had = number;
		cr_expect(fill(&number, asker, 1000000));
		cr_expect(number >= had + DUPLICATE_REQUESTS_LEAST, "principal %u: %llu", asker,
			  (unsigned long long)(number - had));
	}
	cr_expect_eq(duplicate_requests_rate(duplicates, 1), DUPLICATE_REQUESTS_LEAST / 300);
	cr_expect(duplicate_requests_bytes(duplicates) <= DUPLICATE_REQUESTS_BYTES);
	size_t is = mallinfo2().uordblks + mallinfo2().hblkhd - before;
	cr_expect(is <= DUPLICATE_REQUESTS_BYTES + 1000000, "%zu bytes of the heap", is);
	/* It all goes, a little with each transaction. */
	struct duplicate_request_answer was;
	unsigned steps = 0;
	for (; duplicate_requests_count(duplicates) > 200 && steps < 10000; steps++) {
		struct duplicate_request_key key = key_unsigned(0);
		take(&key, NOW + 100000, &was);
		duplicate_requests_confirm(duplicates);
	}
	cr_expect(steps < 6000, "%u", steps);
	cr_expect_eq(duplicate_requests_rate(duplicates, 1), 0);
}

Test(duplicates, without_any_room_a_signed_request_is_not_run)
{
	struct duplicate_request_answer was;
	uint64_t number = 0;
	enum duplicate_request_state state = DUPLICATE_REQUEST_NEW;
	struct duplicate_request_key key;
	while (state == DUPLICATE_REQUEST_NEW) {
		key = key_numbered(++number, 1);
		key.ends_at = NOW + number; /* a second, so a chunk, to each */
		state = take(&key, NOW, &was);
		duplicate_requests_confirm(duplicates);
	}
	cr_expect_eq(state, DUPLICATE_REQUEST_NO_ROOM);
	cr_expect(duplicate_requests_bytes(duplicates) <= DUPLICATE_REQUESTS_BYTES);
	key = key_unsigned(1);
	key.hash[0] ^= 1;
	cr_expect_eq(take(&key, NOW, &was), DUPLICATE_REQUEST_NEW);
	cr_expect_eq(take(&key, NOW, &was), DUPLICATE_REQUEST_NEW, "it is not kept");
}

/* --- over a restart */

static struct tempstore store;
static struct clock hand;

static void start_again(uint64_t now)
{
	duplicate_requests_free(duplicates);
	duplicates = duplicate_requests_new(store_key);
	clock_by_hand(&hand, now * 1000000);
	duplicate_requests_open(duplicates, store.store, &hand);
}

static void write_entry(const struct duplicate_request_key *key, uint64_t now)
{
	struct store_txn txn;
	struct arena arena = {0};
	struct entry entry = {.time_us = now * 1000000,
			      .kind = ENTRY_UPDATE,
			      .principal = "key:a",
			      .request = bytes_of(key->hash, sizeof key->hash)};
	store_write_begin(store.store, &txn);
	journal_append(&txn, &entry, &arena);
	cr_assert_eq(store_commit(&txn), STORE_OK);
	arena_free(&arena);
}

Test(duplicates, a_clean_stop_keeps_all_that_still_verifies)
{
	struct duplicate_request_answer was;
	tempstore_open(&store, 0);
	for (unsigned i = 0; i < 5000; i++) {
		struct duplicate_request_key key = key_numbered(i, (uint16_t)i);
		key.ends_at = NOW + 100 + i;
		run_once(&key, NOW, i % 16, i % 3 ? NULL : "owned by gss:PC1$@CORP.EXAMPLE");
	}
	duplicate_requests_close(duplicates, store.store, NOW + 200);
	tempstore_restart(&store);
	start_again(NOW + 201);
	cr_expect_eq(duplicate_requests_count(duplicates), 4900);
	for (unsigned i = 0; i < 5000; i++) {
		struct duplicate_request_key key = key_numbered(i, (uint16_t)i);
		key.ends_at = NOW + 100 + i;
		cr_assert_eq(take(&key, NOW + 201, &was),
			     i < 100 ? DUPLICATE_REQUEST_IN_DOUBT : DUPLICATE_REQUEST_KNOWN);
		if (i < 100)
			continue;
		cr_assert_eq(was.rcode, i % 16);
		cr_assert_eq(was.ede_text != NULL, i % 3 == 0);
	}
	tempstore_free(&store);
}

Test(duplicates, the_table_of_an_earlier_stop_or_another_key_is_none)
{
	struct duplicate_request_answer was;
	struct duplicate_request_key key = key_numbered(1, 1), other = key_numbered(2, 1);
	tempstore_open(&store, 0);
	write_entry(&other, NOW);
	run_once(&key, NOW, 0, NULL);
	for (unsigned i = 0; i < 3; i++) {
		start_again(NOW);
		run_once(&key, NOW, 0, NULL);
		duplicate_requests_close(duplicates, store.store, NOW);
		if (i == 0) /* the log has gone on */
			write_entry(&other, NOW);
		if (i == 1) { /* as after a restore with another folder's file */
			store_key_free(store_key);
			store_key = store_key_new();
			cr_assert(store_key_add(store_key, 0));
		}
		if (i == 2) /* nothing happened */
			break;
		start_again(NOW + 1);
		cr_expect_eq(take(&key, NOW + 1, &was), DUPLICATE_REQUEST_IN_DOUBT, "%u", i);
		cr_expect_eq(take(&other, NOW + 1, &was), DUPLICATE_REQUEST_KNOWN, "%u", i);
	}
	start_again(NOW + 1);
	cr_expect_eq(take(&key, NOW + 1, &was), DUPLICATE_REQUEST_KNOWN);
	tempstore_free(&store);
}

Test(duplicates, a_first_start_doubts_nothing_and_a_context_is_never_older_than_its_process)
{
	struct duplicate_request_answer was;
	struct duplicate_request_key key = key_numbered(1, 1), other = key_numbered(2, 1);
	tempstore_open(&store, 0);
	start_again(NOW + 10);
	cr_expect_eq(take(&key, NOW + 10, &was), DUPLICATE_REQUEST_NEW);
	write_entry(&other, NOW);
	start_again(NOW + 10);
	cr_expect_eq(take(&key, NOW + 10, &was), DUPLICATE_REQUEST_IN_DOUBT);
	key.is_of_context = true;
	cr_expect_eq(take(&key, NOW + 10, &was), DUPLICATE_REQUEST_NEW);
	tempstore_free(&store);
}

Test(duplicates, after_the_clock_went_back_the_log_tells_what_ran)
{
	struct duplicate_request_answer was;
	struct duplicate_request_key key = key_numbered(1, 1), other = key_numbered(2, 1);
	struct store_txn txn;
	tempstore_open(&store, 0);
	write_entry(&key, NOW);
	run_once(&key, NOW, 0, NULL);
	run_once(&other, NOW, 5, NULL);
	struct duplicate_request_key much_later = key_numbered(3, 1);
	much_later.ends_at += 10000;
	run_once(&much_later, NOW + 10000, 0, NULL);
	cr_expect_eq(take(&key, NOW + 10, &was), DUPLICATE_REQUEST_IN_DOUBT);
	store_read_begin(store.store, &txn);
	cr_expect(duplicate_requests_learn(duplicates, &txn, NOW + 10));
	store_read_end(&txn);
	cr_expect_not(duplicate_requests_is_behind(duplicates, NOW + 10));
	cr_expect_eq(take(&key, NOW + 10, &was), DUPLICATE_REQUEST_KNOWN);
	cr_expect_eq(take(&other, NOW + 10, &was), DUPLICATE_REQUEST_NEW, "it changed nothing");
	tempstore_free(&store);
}
