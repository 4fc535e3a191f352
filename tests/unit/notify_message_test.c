/* SPDX-License-Identifier: BSD-2-Clause */
#include "outbound/notify_message.h"
#include "tests/unit/hex.h"
#include <criterion/criterion.h>
#include <stdlib.h>

#define NOW 1767603600

static const uint8_t soa[] = {2, 'n', 's', 0, 0, 0, 0, 0, 7, 0, 0, 0, 1,
			      0, 0,   0,   2, 0, 0, 0, 3, 0, 0, 0, 4};

static struct notify_message message_of(const char *apex)
{
	struct notify_message message = {.id = 0x1234};
	cr_assert_null(dns_name_parse_text(&message.apex, apex));
	return message;
}

Test(notify_message, is_as_rfc_1996_has_it)
{
	uint8_t buffer[NOTIFY_MESSAGE_MAX];
	struct bytes_out out = bytes_out_of(buffer, sizeof(buffer));
	struct notify_message message = message_of("a.example");
	size_t len = notify_write(&message, bytes_of(soa, sizeof soa), 3600, NOW, &out);
	hex_expect(bytes_of(buffer, len),
		   "123424000001000100000000"
		   "0161076578616d706c65000006"
		   "0001"
		   "c00c0006000100000e100019"
		   "026e7300000000000700000001000000020000000300000004",
		   "NOTIFY, AA, one question, one answer");
}

Test(notify_message, a_question_for_the_soa_and_the_serial_of_its_answer)
{
	static const struct {
		const char *what, *packet;
		bool is_answer, has_serial;
	} rows[] = {
		{"an authority's",
		 "1234840000010001000000000161076578616d706c650000060001"
		 "c00c0006000100000e10001600000000000700000001000000020000000300000004",
		 true, true},
		{"without AA, from a cache",
		 "1234800000010001000000000161076578616d706c650000060001"
		 "c00c0006000100000e10001600000000000700000001000000020000000300000004",
		 true, false},
		{"of another zone",
		 "1234840000010001000000000161076578616d706c650000060001"
		 "0162000006000100000e10001600000000000700000001000000020000000300000004",
		 true, false},
		{"refused", "1234840500010000000000000161076578616d706c650000060001", true, false},
		{"of another id", "1235840000010000000000000161076578616d706c650000060001", false,
		 false},
		{"of a notify", "1234a40000010000000000000161076578616d706c650000060001", false,
		 false},
	};
	uint8_t buffer[NOTIFY_MESSAGE_MAX];
	struct bytes_out out = bytes_out_of(buffer, sizeof(buffer));
	struct notify_message message = message_of("a.example");
	size_t len = notify_write_question(&message, NOW, &out);
	hex_expect(bytes_of(buffer, len), "1234000000010000000000000161076578616d706c650000060001",
		   "no flag, one question");
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct notify_reading reading;
		struct notify_serial serial;
		struct bytes bytes = hex_bytes(rows[i].packet);
		bool is_answer = notify_read_serial(&message, bytes, NOW, &reading, &serial) ==
				 NOTIFY_IS_ANSWER;
		cr_expect_eq(is_answer, rows[i].is_answer, "%s", rows[i].what);
		cr_expect_eq(serial.has_serial, rows[i].has_serial, "%s", rows[i].what);
		cr_expect(!serial.has_serial || serial.serial == 7);
		free((void *)bytes.data);
	}
}

Test(notify_message, the_longest_fits)
{
	char text[DNS_NAME_TEXT_MAX] = "";
	static uint8_t long_soa[2 * DNS_NAME_MAX + 20];
	uint8_t buffer[NOTIFY_MESSAGE_MAX];
	struct bytes_out out = bytes_out_of(buffer, sizeof(buffer));
	for (size_t i = 0; i < 124; i++)
		strcat(text, "a.");
	strcat(text, "aaaa");
	struct notify_message message = message_of(text);
	message.is_signed = true;
	message.tsig_client = (struct tsig_client){.key = message.apex};
	cr_assert(hmac_key_set(&message.tsig_client.secret, HMAC_SHA512, bytes_of("k", 1)));
	cr_assert_null(dns_name_parse_text(&message.tsig_client.algorithm, "hmac-sha512"));
	cr_expect_gt(notify_write(&message, bytes_of(long_soa, sizeof long_soa), 1, NOW, &out),
		     800);
}

Test(notify_message, only_its_own_answer_is_taken)
{
	static const struct {
		const char *what, *packet;
		enum notify_answer answer;
		unsigned rcode;
	} rows[] = {
		{"as it should be",
		 "1234a4000001000000000000"
		 "0161076578616d706c650000060001",
		 NOTIFY_IS_ANSWER, DNS_NOERROR},
		{"any case",
		 "1234a4000001000000000000"
		 "0141076578616d504c450000060001",
		 NOTIFY_IS_ANSWER, DNS_NOERROR},
		{"without AA",
		 "1234a0000001000000000000"
		 "0161076578616d706c650000060001",
		 NOTIFY_IS_ANSWER, DNS_NOERROR},
		{"REFUSED",
		 "1234a4050001000000000000"
		 "0161076578616d706c650000060001",
		 NOTIFY_IS_ANSWER, DNS_REFUSED},
		{"other id",
		 "1235a4000001000000000000"
		 "0161076578616d706c650000060001",
		 NOTIFY_NOT_AN_ANSWER, 0},
		{"no answer",
		 "123424000001000000000000"
		 "0161076578616d706c650000060001",
		 NOTIFY_NOT_AN_ANSWER, 0},
		{"other opcode",
		 "123484000001000000000000"
		 "0161076578616d706c650000060001",
		 NOTIFY_NOT_AN_ANSWER, 0},
		{"other zone",
		 "1234a4000001000000000000"
		 "0162076578616d706c650000060001",
		 NOTIFY_NOT_AN_ANSWER, 0},
		{"other type",
		 "1234a4000001000000000000"
		 "0161076578616d706c650000010001",
		 NOTIFY_NOT_AN_ANSWER, 0},
		{"other class",
		 "1234a4000001000000000000"
		 "0161076578616d706c650000060003",
		 NOTIFY_NOT_AN_ANSWER, 0},
		{"no question", "1234a4000000000000000000", NOTIFY_NOT_AN_ANSWER, 0},
		{"cut",
		 "1234a4000001000000000000"
		 "0161076578616d706c6500000600",
		 NOTIFY_NOT_AN_ANSWER, 0},
		{"nothing", "", NOTIFY_NOT_AN_ANSWER, 0},
	};
	struct notify_message message = message_of("a.example");
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct notify_reading reading;
		struct bytes packet = hex_bytes(rows[i].packet);
		cr_expect_eq(notify_read(&message, packet, NOW, &reading), rows[i].answer, "%s",
			     rows[i].what);
		cr_expect_eq(reading.rcode, rows[i].rcode, "%s", rows[i].what);
		cr_expect_null(reading.problem);
		free((void *)packet.data);
	}
}

Test(notify_message, an_unsigned_answer_to_a_signed_one_is_none)
{
	uint8_t buffer[NOTIFY_MESSAGE_MAX];
	struct bytes_out out = bytes_out_of(buffer, sizeof(buffer));
	struct notify_reading reading;
	struct notify_message message = message_of("a.example");
	message.is_signed = true;
	cr_assert(hmac_key_set(&message.tsig_client.secret, HMAC_SHA256, bytes_of("k", 1)));
	cr_assert_null(dns_name_parse_text(&message.tsig_client.key, "k"));
	cr_assert_null(dns_name_parse_text(&message.tsig_client.algorithm, "hmac-sha256"));
	(void)notify_write(&message, bytes_of(soa, sizeof soa), 3600, NOW, &out);
	struct bytes packet = hex_bytes("1234a4000001000000000000"
					"0161076578616d706c650000060001");
	cr_expect_eq(notify_read(&message, packet, NOW, &reading), NOTIFY_NOT_AN_ANSWER);
	cr_expect_str_eq(reading.problem, "the answer is not signed");
	cr_expect_not(reading.is_unknown_secret);
	free((void *)packet.data);
}
