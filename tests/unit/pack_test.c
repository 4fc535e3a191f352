/* SPDX-License-Identifier: BSD-2-Clause */
#include "dns/type.h"
#include "nameserver/pack.h"
#include <criterion/criterion.h>
#include <stdlib.h>

#define SIGNATURE 100

static struct spool_room room = {.folder = "/tmp", .limit = 64 << 20};
static struct spool spool;
static struct pack pack;
static uint8_t question[64];
static struct dns_msg request;
static struct dns_name apex;

static void begin(size_t limit, bool is_single)
{
	static const uint8_t wire[] = {0x12, 0x34, 0,   0,   0,   1,   0,   0, 0, 0,   0, 0, 7,
				       'e',  'x',  'a', 'm', 'p', 'l', 'e', 0, 0, 252, 0, 1};
	memcpy(question, wire, sizeof wire);
	cr_assert_eq(dns_msg_open(&request, bytes_of(question, sizeof wire)), DNS_NOERROR);
	apex = request.qname;
	struct pack_how how = {.request = &request,
			       .signature = SIGNATURE,
			       .limit = limit,
			       .is_single = is_single};
	spool_open(&spool, &room);
	pack_start(&pack, &how, &spool);
}

static bool put(size_t len)
{
	static uint8_t data[DNS_MESSAGE_MAX];
	return pack_record(&pack, &apex, 65280, 60, bytes_of(data, len));
}

static uint16_t u16_at(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

/* The next message; its length, 0: none. */
static size_t next(uint8_t message[DNS_MESSAGE_MAX])
{
	uint8_t length[2];
	if (spool_left(&spool) == 0)
		return 0;
	cr_assert(spool_take(&spool, length, 2));
	cr_assert(spool_take(&spool, message, u16_at(length)));
	return u16_at(length);
}

Test(pack, the_first_message_alone_has_the_question)
{
	static uint8_t message[DNS_MESSAGE_MAX];
	begin(512, false);
	for (unsigned i = 0; i < 20; i++)
		cr_assert(put(50));
	cr_assert(pack_end(&pack) && spool_rewind(&spool));
	unsigned records = 0, messages = 0;
	for (size_t len; (len = next(message)); messages++) {
		cr_expect_leq(len, 512 - SIGNATURE);
		cr_expect_eq(u16_at(message), 0x1234);
		cr_expect_eq(u16_at(message + 2), DNS_FLAG_QR | DNS_FLAG_AA);
		cr_expect_eq(u16_at(message + 4), messages == 0 ? 1 : 0);
		records += u16_at(message + 6);
	}
	cr_expect_eq(records, 20);
	cr_expect_eq(messages, pack.messages);
	cr_expect_gt(messages, 2);
	spool_close(&spool);
}

Test(pack, a_record_that_is_longer_than_a_message_gets_a_long_one)
{
	static uint8_t message[DNS_MESSAGE_MAX];
	begin(512, false);
	cr_assert(put(10) && put(60000) && put(10));
	cr_assert(pack_end(&pack) && spool_rewind(&spool));
	cr_expect_lt(next(message), 100);
	cr_expect_gt(next(message), 60000);
	cr_expect_eq(u16_at(message + 6), 2, "what still fits goes along");
	cr_expect_eq(next(message), 0);
	spool_close(&spool);
}

Test(pack, a_record_that_no_message_can_hold_fails_it)
{
	begin(512, false);
	cr_assert(put(10));
	cr_expect_not(put(DNS_MESSAGE_MAX - 100));
	cr_expect_not(put(10), "it stays failed");
	cr_expect_not(pack_end(&pack));
	spool_close(&spool);
}

Test(pack, a_single_message_takes_what_fits_and_no_more)
{
	begin(512, true);
	cr_expect(put(200));
	cr_expect_not(put(200));
	cr_expect_not(pack_end(&pack));
	spool_close(&spool);
}
