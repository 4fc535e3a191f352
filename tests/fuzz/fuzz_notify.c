/* SPDX-License-Identifier: BSD-2-Clause */
/* What comes back for a NOTIFY, and the setting that lists whom to send one. The first byte
 * chooses: an answer to an unsigned one, to a signed one, to a question for the SOA, to a signed
 * one, the list. */
#include "outbound/notify_message.h"
#include "zonedb/notify_list.h"
#include <assert.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define NOW 1767603600

static const uint8_t soa[] = {0, 0, 0, 0, 0, 7, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4};

static void try_answer(bool is_signed, struct bytes packet)
{
	uint8_t buffer[NOTIFY_MESSAGE_MAX];
	struct bytes_out out = bytes_out_of(buffer, sizeof(buffer));
	struct notify_reading reading;
	struct notify_message message = {.id = 0x1234, .is_signed = is_signed};
	assert(!dns_name_parse_text(&message.apex, "a.example"));
	assert(!dns_name_parse_text(&message.tsig_client.key, "k"));
	assert(!dns_name_parse_text(&message.tsig_client.algorithm, "hmac-sha256"));
	assert(hmac_key_set(&message.tsig_client.secret, HMAC_SHA256, bytes_of("secret", 6)));
	assert(notify_write(&message, bytes_of(soa, sizeof(soa)), 60, NOW, &out) > 40);
	enum notify_answer answer = notify_read(&message, packet, NOW, &reading);
	if (answer == NOTIFY_NOT_AN_ANSWER) {
		assert(reading.rcode == 0 && (!reading.problem || is_signed));
		return;
	}
	/* Nobody here can make the MAC. */
	assert(!is_signed && !reading.problem);
	assert(packet.len >= DNS_HEADER_LEN && packet.data[0] == 0x12 && packet.data[1] == 0x34);
	assert((packet.data[2] & 0xf8) == 0xa0 && reading.rcode == (packet.data[3] & 0xf));
}

static void try_serial(bool is_signed, struct bytes packet)
{
	uint8_t buffer[NOTIFY_MESSAGE_MAX];
	struct bytes_out out = bytes_out_of(buffer, sizeof(buffer));
	struct notify_reading reading;
	struct notify_serial serial;
	struct notify_message message = {.id = 0x1234, .is_signed = is_signed};
	assert(!dns_name_parse_text(&message.apex, "a.example"));
	assert(!dns_name_parse_text(&message.tsig_client.key, "k"));
	assert(!dns_name_parse_text(&message.tsig_client.algorithm, "hmac-sha256"));
	assert(hmac_key_set(&message.tsig_client.secret, HMAC_SHA256, bytes_of("secret", 6)));
	assert(notify_write_question(&message, NOW, &out) > 25);
	enum notify_answer answer = notify_read_serial(&message, packet, NOW, &reading, &serial);
	assert(answer == NOTIFY_IS_ANSWER || !serial.has_serial);
	if (answer == NOTIFY_NOT_AN_ANSWER)
		return;
	/* An answer, by an authority where it holds a serial. */
	assert(!is_signed && packet.len >= DNS_HEADER_LEN && (packet.data[2] & 0xf8) == 0x80);
	assert(!serial.has_serial || ((packet.data[2] & 4) && (packet.data[3] & 0xf) == 0));
}

static void try_list(struct bytes bytes)
{
	struct arena arena = {0};
	struct notify_list list, again;
	char *text = arena_text(&arena, (const char *)bytes.data, bytes.len);
	if (!notify_list_parse(&list, text, &arena)) {
		assert(list.count <= NOTIFY_PEERS_MAX);
		char *printed = notify_list_print(&list, &arena);
		assert(!notify_list_parse(&again, printed, &arena) && again.count == list.count);
		assert(strcmp(notify_list_print(&again, &arena), printed) == 0);
	}
	arena_free(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 1)
		return 0;
	struct bytes rest = bytes_of(data + 1, size - 1);
	if (data[0] == 'l')
		try_list(rest);
	else if (data[0] == 'q' || data[0] == 't')
		try_serial(data[0] == 't', rest);
	else
		try_answer(data[0] == 's', rest);
	return 0;
}
