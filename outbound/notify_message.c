/* SPDX-License-Identifier: BSD-2-Clause */
#include "outbound/notify_message.h"
#include "dns/rdata.h"
#include <assert.h>

#define POINTER_TO_QNAME (0xc000 | DNS_HEADER_LEN)

/* `answers`: records of the answer section. */
static void write_header(const struct notify_message *message, uint16_t flags, uint16_t answers,
			 struct bytes_out *out)
{
	bytes_out_u16(out, message->id);
	bytes_out_u16(out, flags);
	bytes_out_u16(out, 1);
	bytes_out_u16(out, answers);
	bytes_out_u16(out, 0);
	bytes_out_u16(out, 0);
	bytes_out_put(out, message->apex.wire, message->apex.len);
	bytes_out_u16(out, DNS_TYPE_SOA);
	bytes_out_u16(out, DNS_CLASS_IN);
}

/* Returns the length of what was written, signed. */
static size_t write_end(struct notify_message *message, size_t cap, uint64_t now,
			struct bytes_out *out)
{
	assert(!out->full);
	size_t len = bytes_out_len(out);
	return message->is_signed
		       ? tsig_client_sign(&message->tsig_client, out->start, len, cap, now)
		       : len;
}

size_t notify_write(struct notify_message *message, struct bytes soa, uint32_t ttl, uint64_t now,
		    struct bytes_out *out)
{
	size_t cap = bytes_out_left(out);
	assert(bytes_out_len(out) == 0);
	write_header(message, DNS_OPCODE_NOTIFY << 11 | DNS_FLAG_AA, 1, out);
	bytes_out_u16(out, POINTER_TO_QNAME);
	bytes_out_u16(out, DNS_TYPE_SOA);
	bytes_out_u16(out, DNS_CLASS_IN);
	bytes_out_u32(out, ttl);
	bytes_out_u16(out, (uint16_t)soa.len);
	bytes_out_put(out, soa.data, soa.len);
	return write_end(message, cap, now, out);
}

size_t notify_write_question(struct notify_message *message, uint64_t now, struct bytes_out *out)
{
	size_t cap = bytes_out_left(out);
	assert(bytes_out_len(out) == 0);
	write_header(message, DNS_OPCODE_QUERY << 11, 0, out);
	return write_end(message, cap, now, out);
}

static bool notify_message_is_of(const struct notify_message *message, unsigned opcode,
				 const struct dns_msg *answer)
{
	return answer->id == message->id && (answer->flags & DNS_FLAG_QR) &&
	       answer->opcode == opcode && dns_name_equal(&answer->qname, &message->apex) &&
	       answer->qtype == DNS_TYPE_SOA && answer->qclass == DNS_CLASS_IN;
}

static enum notify_answer read_answer(const struct notify_message *message, unsigned opcode,
				      const struct dns_msg *answer, uint64_t now,
				      struct notify_reading *reading)
{
	uint16_t error = 0;
	*reading = (struct notify_reading){0};
	if (!notify_message_is_of(message, opcode, answer))
		return NOTIFY_NOT_AN_ANSWER;
	if (message->is_signed)
		reading->problem = tsig_client_verify(&message->tsig_client, answer, now, &error);
	reading->is_unknown_secret = reading->problem && error == DNS_BADSIG;
	if (reading->problem)
		return NOTIFY_NOT_AN_ANSWER;
	reading->rcode = answer->flags & 0xf;
	return NOTIFY_IS_ANSWER;
}

enum notify_answer notify_read(const struct notify_message *message, struct bytes packet,
			       uint64_t now, struct notify_reading *reading)
{
	struct dns_msg answer;
	*reading = (struct notify_reading){0};
	if (dns_msg_open(&answer, packet) != DNS_NOERROR)
		return NOTIFY_NOT_AN_ANSWER;
	return read_answer(message, DNS_OPCODE_NOTIFY, &answer, now, reading);
}

static void read_serial(const struct notify_message *message, const struct dns_msg *answer,
			struct notify_serial *serial)
{
	struct dns_msg_walk walk = dns_msg_walk(answer, DNS_ANSWER);
	struct dns_msg_rr rr;
	uint8_t rdata[NOTIFY_MESSAGE_MAX];
	struct dns_soa soa;
	while (!serial->has_serial && dns_msg_next(&walk, &rr)) {
		struct bytes_out out = bytes_out_of(rdata, sizeof(rdata));
		if (rr.type != DNS_TYPE_SOA || rr.class != DNS_CLASS_IN ||
		    !dns_name_equal(&rr.owner, &message->apex) ||
		    !dns_msg_rdata(answer, &rr, &out) ||
		    !dns_soa_unpack(bytes_of(rdata, bytes_out_len(&out)), &soa))
			continue;
		*serial = (struct notify_serial){true, soa.serial};
	}
}

enum notify_answer notify_read_serial(const struct notify_message *message, struct bytes packet,
				      uint64_t now, struct notify_reading *reading,
				      struct notify_serial *serial)
{
	struct dns_msg answer;
	*reading = (struct notify_reading){0};
	*serial = (struct notify_serial){0};
	if (dns_msg_open(&answer, packet) != DNS_NOERROR ||
	    read_answer(message, DNS_OPCODE_QUERY, &answer, now, reading) != NOTIFY_IS_ANSWER)
		return NOTIFY_NOT_AN_ANSWER;
	if (reading->rcode == DNS_NOERROR && answer.flags & DNS_FLAG_AA)
		read_serial(message, &answer, serial);
	return NOTIFY_IS_ANSWER;
}
