/* SPDX-License-Identifier: BSD-2-Clause */
/* Messages: what opens can be walked to its end, and data that is read is of its type's shape. */
#include "dns/msg.h"
#include "dns/rdata.h"
#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static uint8_t stored[DNS_RDATA_MAX + 1024];

static void check_rdata(const struct dns_msg *msg, const struct dns_msg_rr *rr)
{
	struct bytes_out out = bytes_out_of(stored, sizeof(stored));
	char text[64];
	bool is_read = dns_msg_rdata(msg, rr, &out);
	assert(is_read || bytes_out_len(&out) == 0);
	assert(!out.full);
	if (!is_read)
		return;
	struct bytes rdata = bytes_of(stored, bytes_out_len(&out));
	assert(dns_rdata_is_valid(rr->type, rdata));
	assert(dns_rdata_compare(rr->type, rdata, rdata) == 0);
	dns_rdata_print(rr->type, rdata, text, sizeof(text));
	/* No more room than what was used: the same, or nothing. */
	if (rdata.len > 0) {
		out = bytes_out_of(stored, rdata.len - 1);
		assert(!dns_msg_rdata(msg, rr, &out));
		assert(bytes_out_len(&out) == 0 && !out.full);
	}
}

static void check_section(const struct dns_msg *msg, enum dns_section section)
{
	struct dns_msg_walk walk = dns_msg_walk(msg, section);
	struct dns_msg_rr rr;
	struct dns_name again;
	unsigned count = 0;
	while (dns_msg_next(&walk, &rr)) {
		assert(dns_name_from_wire(&again, bytes_of(rr.owner.wire, rr.owner.len)));
		assert(rr.rdata_at + rr.rdata_len <= msg->packet.len);
		check_rdata(msg, &rr);
		count++;
	}
	assert(count == msg->count[section]);
}

static void check_tsig(const struct dns_msg *msg)
{
	assert(msg->tsig_at >= msg->question_end && msg->tsig_at < msg->packet.len);
	assert(msg->count[DNS_ADDITIONAL] > 0);
	assert(msg->tsig.mac.len + msg->tsig.other.len < msg->packet.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct dns_msg msg;
	enum dns_rcode rcode = dns_msg_open(&msg, bytes_of(data, len));
	assert(rcode == DNS_NOERROR || rcode == DNS_FORMERR);
	if (msg.has_question)
		assert(msg.question_end == DNS_HEADER_LEN + msg.qname.len + 4u);
	if (rcode != DNS_NOERROR)
		return 0;
	assert(msg.has_question && msg.section_at[DNS_ANSWER] == msg.question_end);
	for (unsigned section = DNS_ANSWER; section <= DNS_ADDITIONAL; section++)
		check_section(&msg, section);
	if (msg.has_tsig)
		check_tsig(&msg);
	return 0;
}
