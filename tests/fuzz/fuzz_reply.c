/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Answers: the bytes say which steps are done; what comes out must open again, and hold exactly the
 * records whose steps said that they fit.
 */
#include "dns/reply.h"
#include "dns/rdata.h"
#include <assert.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define RECORDS_MAX 512
#define RDATA_MAX   600

struct record {
	enum dns_section section;
	struct dns_name owner;
	uint16_t type;
	uint32_t ttl;
	size_t rdata_len;
	uint8_t rdata[RDATA_MAX];
};

struct drive {
	struct bytes_in in;
	struct dns_reply reply;
	struct dns_reply_mark mark;
	size_t marked, count;
	bool is_over;
	struct record records[RECORDS_MAX];
};

static struct drive drive;

/* A name whose labels are mostly from a few, so that suffixes meet. */
static void make_name(struct bytes_in *in, uint8_t wire[DNS_NAME_MAX], size_t *len)
{
	static const char *const labels[] = {"www",     "WWW", "corp", "Corp",
					     "example", "a",   "b",    "ns"};
	struct bytes_out out = bytes_out_of(wire, DNS_NAME_MAX - 1);
	for (unsigned left = bytes_in_u8(in) % 8; left > 0; left--) {
		uint8_t choice = bytes_in_u8(in);
		const char *label = labels[choice % 8];
		size_t n = choice & 0x80 ? choice % 63u + 1 : strlen(label);
		const uint8_t *own = choice & 0x80 ? bytes_in_take(in, n) : (const uint8_t *)label;
		if (!own || bytes_out_left(&out) < n + 1)
			break;
		bytes_out_u8(&out, (uint8_t)n);
		bytes_out_put(&out, own, n);
	}
	wire[bytes_out_len(&out)] = 0;
	*len = bytes_out_len(&out) + 1;
}

/* Stored form of the type, from bytes or with a made name in it. */
static void make_rdata(struct bytes_in *in, struct record *record)
{
	uint8_t wire[DNS_NAME_MAX];
	size_t len;
	record->rdata_len = 0;
	if (record->type == DNS_TYPE_NS || record->type == DNS_TYPE_MX) {
		make_name(in, wire, &len);
		record->rdata_len = record->type == DNS_TYPE_MX ? 2 : 0;
		record->rdata[0] = record->rdata[1] = 7;
		memcpy(record->rdata + record->rdata_len, wire, len);
		record->rdata_len += len;
		return;
	}
	len = bytes_in_u8(in);
	const uint8_t *bytes = bytes_in_take(in, len);
	if (bytes)
		memcpy(record->rdata, bytes, record->rdata_len = len);
}

static void put_record(struct drive *d, uint8_t step)
{
	static const uint16_t types[] = {DNS_TYPE_A,   DNS_TYPE_NS,  DNS_TYPE_MX,   DNS_TYPE_TXT,
					 DNS_TYPE_SOA, DNS_TYPE_SRV, DNS_TYPE_SVCB, 65280};
	struct record *record = &d->records[d->count];
	uint8_t wire[DNS_NAME_MAX];
	size_t len;
	if (d->count == RECORDS_MAX)
		return;
	enum dns_section last = d->count ? record[-1].section : DNS_ANSWER;
	record->section = last + (step & 0x40 ? 1 : 0);
	if (record->section > DNS_ADDITIONAL)
		record->section = DNS_ADDITIONAL;
	make_name(&d->in, wire, &len);
	assert(dns_name_from_wire(&record->owner, bytes_of(wire, len)));
	record->type = types[step >> 3 & 7];
	record->ttl = bytes_in_u8(&d->in);
	make_rdata(&d->in, record);
	struct bytes rdata = bytes_of(record->rdata, record->rdata_len);
	if (!dns_rdata_is_valid(record->type, rdata))
		return;
	bool was_full = d->reply.is_full;
	bool fits = dns_reply_rr(&d->reply, record->section, &record->owner, record->type,
				 DNS_CLASS_IN, record->ttl, rdata);
	assert(!(was_full && fits) && d->reply.is_full == !fits);
	d->count += fits;
}

static void take_step(struct drive *d, uint8_t step)
{
	switch (step & 7) {
	case 0:
		d->mark = dns_reply_mark(&d->reply);
		d->marked = d->count;
		break;
	case 1:
		if (d->marked <= d->count && !d->is_over) {
			dns_reply_back_to(&d->reply, &d->mark);
			d->count = d->marked;
		}
		break;
	case 2:
		if (step < 0x10) {
			dns_reply_truncate(&d->reply);
			d->is_over = true;
			d->count = d->marked = 0;
		}
		break;
	default:
		put_record(d, step);
	}
}

static void check_answer(const struct drive *d, struct bytes answer, const struct dns_msg *request)
{
	static uint8_t stored[2 * RDATA_MAX];
	struct dns_msg msg;
	size_t i = 0;
	assert(dns_msg_open(&msg, answer) == DNS_NOERROR);
	assert(msg.id == request->id && msg.opcode == request->opcode);
	assert(msg.edns.is_present && msg.edns.udp_size == 1232);
	assert(((msg.flags & DNS_FLAG_TC) != 0) == d->is_over);
	assert(memcmp(answer.data + DNS_HEADER_LEN, request->packet.data + DNS_HEADER_LEN,
		      request->question_end - DNS_HEADER_LEN) == 0);
	for (unsigned section = DNS_ANSWER; section <= DNS_ADDITIONAL; section++) {
		struct dns_msg_walk walk = dns_msg_walk(&msg, section);
		struct dns_msg_rr rr;
		while (dns_msg_next(&walk, &rr) && rr.type != DNS_TYPE_OPT) {
			const struct record *record = &d->records[i++];
			struct bytes_out out = bytes_out_of(stored, sizeof(stored));
			assert(i <= d->count && record->section == section);
			assert(dns_name_equal(&rr.owner, &record->owner));
			assert(rr.type == record->type && rr.ttl == record->ttl);
			assert(dns_msg_rdata(&msg, &rr, &out));
			assert(bytes_equal(bytes_of(stored, bytes_out_len(&out)),
					   bytes_of(record->rdata, record->rdata_len)));
		}
	}
	assert(i == d->count);
}

/* A request that asks for a made name. */
static struct bytes make_request(struct bytes_in *in, uint8_t packet[300])
{
	uint8_t wire[DNS_NAME_MAX];
	size_t len;
	struct bytes_out out = bytes_out_of(packet, 300);
	make_name(in, wire, &len);
	bytes_out_u16(&out, bytes_in_u16(in));
	bytes_out_u16(&out, bytes_in_u16(in) & 0x7fff);
	bytes_out_u16(&out, 1);
	bytes_out_put(&out, "\0\0\0\0\0\0", 6);
	bytes_out_put(&out, wire, len);
	bytes_out_u32(&out, 0x00010001);
	return bytes_of(packet, bytes_out_len(&out));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct drive *d = &drive;
	uint8_t packet[300];
	struct dns_msg request;
	const struct dns_reply_opt opt = {.udp_size = 1232};
	d->in = bytes_in_of(data, len);
	d->count = d->marked = 0;
	d->is_over = false;
	size_t limit = bytes_in_u16(&d->in), reserve = dns_reply_opt_size(&opt);
	assert(dns_msg_open(&request, make_request(&d->in, packet)) == DNS_NOERROR);
	size_t least = request.question_end + reserve;
	size_t cap = limit > least ? limit : least;
	uint8_t *buffer = malloc(cap);
	dns_reply_start(&d->reply, &request, bytes_out_of(buffer, cap), limit, reserve);
	d->mark = dns_reply_mark(&d->reply);
	while (bytes_in_left(&d->in) > 0)
		take_step(d, bytes_in_u8(&d->in));
	dns_reply_opt(&d->reply, &opt);
	struct bytes answer = dns_reply_finish(&d->reply);
	assert(answer.len <= cap);
	check_answer(d, answer, &request);
	free(buffer);
	return 0;
}
