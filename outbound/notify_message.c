/* SPDX-License-Identifier: BSD-2-Clause */
#include "outbound/notify_message.h"
#include <assert.h>

#define POINTER_TO_QNAME (0xc000 | DNS_HEADER_LEN)

static void write_header(const struct notify_message *message, struct bytes_out *out)
{
	bytes_out_u16(out, message->id);
	bytes_out_u16(out, DNS_OPCODE_NOTIFY << 11 | DNS_FLAG_AA);
	bytes_out_u16(out, 1);
	bytes_out_u16(out, 1);
	bytes_out_u16(out, 0);
	bytes_out_u16(out, 0);
	bytes_out_put(out, message->apex.wire, message->apex.len);
	bytes_out_u16(out, DNS_TYPE_SOA);
	bytes_out_u16(out, DNS_CLASS_IN);
}

size_t notify_write(struct notify_message *message, struct bytes soa, uint32_t ttl, uint64_t now,
		    struct bytes_out *out)
{
	size_t cap = bytes_out_left(out);
	assert(bytes_out_len(out) == 0);
	write_header(message, out);
	bytes_out_u16(out, POINTER_TO_QNAME);
	bytes_out_u16(out, DNS_TYPE_SOA);
	bytes_out_u16(out, DNS_CLASS_IN);
	bytes_out_u32(out, ttl);
	bytes_out_u16(out, (uint16_t)soa.len);
	bytes_out_put(out, soa.data, soa.len);
	assert(!out->full);
	size_t len = bytes_out_len(out);
	return message->is_signed
		       ? tsig_client_sign(&message->tsig_client, out->start, len, cap, now)
		       : len;
}

static bool notify_message_is_of(const struct notify_message *message, const struct dns_msg *answer)
{
	return answer->id == message->id && (answer->flags & DNS_FLAG_QR) &&
	       answer->opcode == DNS_OPCODE_NOTIFY &&
	       dns_name_equal(&answer->qname, &message->apex) && answer->qtype == DNS_TYPE_SOA &&
	       answer->qclass == DNS_CLASS_IN;
}

enum notify_answer notify_read(const struct notify_message *message, struct bytes packet,
			       uint64_t now, struct notify_reading *reading)
{
	struct dns_msg answer;
	uint16_t error = 0;
	*reading = (struct notify_reading){0};
	if (dns_msg_open(&answer, packet) != DNS_NOERROR || !notify_message_is_of(message, &answer))
		return NOTIFY_NOT_AN_ANSWER;
	if (message->is_signed)
		reading->problem = tsig_client_verify(&message->tsig_client, &answer, now, &error);
	reading->is_unknown_secret = reading->problem && error == DNS_BADSIG;
	if (reading->problem)
		return NOTIFY_NOT_AN_ANSWER;
	reading->rcode = answer.flags & 0xf;
	return NOTIFY_IS_ANSWER;
}
