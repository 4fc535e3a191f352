/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * libknot as the oracle: messages that it builds of random records are the same records to us, and
 * answers that we write are the same records to it, to the byte.
 */
#include "dns/msg.h"
#include "dns/rdata.h"
#include "dns/reply.h"
#include <criterion/criterion.h>
#include <libknot/libknot.h>
#include <stdlib.h>

#define ROUNDS      400
#define RECORDS_MAX 40

struct made {
	enum dns_section section;
	uint16_t type;
	uint32_t ttl;
	struct dns_name owner;
	size_t rdata_len;
	uint8_t rdata[800];
};

struct message {
	uint16_t id;
	struct dns_name qname;
	size_t count;
	struct made records[RECORDS_MAX];
};

/* xorshift: the same messages in each run. */
static uint32_t state = 2463534242u;

static uint32_t dice(uint32_t sides)
{
	state ^= state << 13;
	state ^= state >> 17;
	state ^= state << 5;
	return state % sides;
}

static void roll_name(uint8_t wire[DNS_NAME_MAX], size_t *len, bool mixes_case)
{
	static const char *const labels[] = {"www", "corp", "example", "a",
					     "b",   "ns1",  "_tcp",    "mail"};
	struct bytes_out out = bytes_out_of(wire, DNS_NAME_MAX - 1);
	for (uint32_t left = dice(6); left > 0; left--) {
		uint8_t own[63];
		size_t n = 1 + dice(dice(10) ? 6 : 63);
		for (size_t i = 0; i < n; i++)
			own[i] = (uint8_t)('a' + dice(26));
		const char *word = labels[dice(8)];
		const void *label = dice(4) ? (const void *)word : own;
		n = label == word ? strlen(word) : n;
		if (bytes_out_left(&out) < n + 1)
			break;
		bytes_out_u8(&out, (uint8_t)n);
		uint8_t *at = bytes_out_room(&out, n);
		memcpy(at, label, n);
		if (mixes_case && dice(2) && at[0] != '_')
			at[0] = (uint8_t)(at[0] & ~0x20);
	}
	wire[bytes_out_len(&out)] = 0;
	*len = bytes_out_len(&out) + 1;
}

/* One letter of a shape: n name, 2 and 4 numbers of so many bytes, s string, x opaque. */
static void roll_piece(char piece, struct bytes_out *out, bool mixes_case)
{
	uint8_t wire[DNS_NAME_MAX];
	size_t len = 0;
	if (piece == 'n') {
		roll_name(wire, &len, mixes_case);
		bytes_out_put(out, wire, len);
		return;
	}
	len = piece == 's' || piece == 'x' ? dice(60) : (size_t)(piece - '0');
	if (piece == 's')
		bytes_out_u8(out, (uint8_t)len);
	for (; len > 0; len--)
		bytes_out_u8(out, (uint8_t)dice(256));
}

static void roll_rdata(struct made *made, bool mixes_case)
{
	static const struct {
		uint16_t type;
		const char *shape;
	} shapes[] = {
		{DNS_TYPE_A, "4"},      {DNS_TYPE_AAAA, "88"},     {DNS_TYPE_NS, "n"},
		{DNS_TYPE_CNAME, "n"},  {DNS_TYPE_PTR, "n"},       {DNS_TYPE_MX, "2n"},
		{DNS_TYPE_TXT, "sss"},  {DNS_TYPE_SOA, "nn44444"}, {DNS_TYPE_SRV, "222n"},
		{DNS_TYPE_HINFO, "ss"}, {DNS_TYPE_DNAME, "n"},     {65280, "x"},
	};
	size_t i = dice(sizeof(shapes) / sizeof(shapes[0]));
	struct bytes_out out = bytes_out_of(made->rdata, sizeof(made->rdata));
	made->type = shapes[i].type;
	for (const char *piece = shapes[i].shape; *piece; piece++)
		roll_piece(*piece, &out, mixes_case);
	cr_assert_not(out.full);
	made->rdata_len = bytes_out_len(&out);
}

static void roll_message(struct message *m, bool mixes_case)
{
	uint8_t wire[DNS_NAME_MAX];
	size_t len;
	enum dns_section section = DNS_ANSWER;
	roll_name(wire, &len, false);
	cr_assert(dns_name_from_wire(&m->qname, bytes_of(wire, len)));
	m->id = (uint16_t)dice(65536);
	m->count = dice(RECORDS_MAX);
	for (size_t i = 0; i < m->count; i++) {
		struct made *made = &m->records[i];
		if (section < DNS_ADDITIONAL && dice(12) == 0)
			section++;
		roll_name(wire, &len, false);
		cr_assert(dns_name_from_wire(&made->owner, bytes_of(wire, len)));
		made->section = section;
		made->ttl = dice(86400);
		roll_rdata(made, mixes_case);
	}
}

/* --- libknot writes, we read --- */

static knot_pkt_t *knot_write(const struct message *m)
{
	knot_pkt_t *packet = knot_pkt_new(NULL, KNOT_WIRE_MAX_PKTSIZE, NULL);
	knot_wire_set_id(packet->wire, m->id);
	cr_assert_eq(knot_pkt_put_question(packet, m->qname.wire, KNOT_CLASS_IN, 255), KNOT_EOK);
	for (size_t i = 0; i < m->count; i++) {
		const struct made *made = &m->records[i];
		while (packet->current + 1u < made->section)
			knot_pkt_begin(packet, packet->current + 1);
		if (packet->current != (knot_section_t)(made->section - 1))
			knot_pkt_begin(packet, (knot_section_t)(made->section - 1));
		knot_rrset_t *rr = knot_rrset_new(made->owner.wire, made->type, KNOT_CLASS_IN,
						  made->ttl, NULL);
		cr_assert_eq(knot_rrset_add_rdata(rr, made->rdata, (uint16_t)made->rdata_len, NULL),
			     KNOT_EOK);
		cr_assert_eq(knot_pkt_put(packet, KNOT_COMPR_HINT_NONE, rr, KNOT_PF_FREE),
			     KNOT_EOK);
		free(rr); /* its content is the packet's now */
	}
	return packet;
}

static void expect_ours(const struct message *m, const struct dns_msg *msg)
{
	static uint8_t stored[2000];
	size_t i = 0;
	for (unsigned section = DNS_ANSWER; section <= DNS_ADDITIONAL; section++) {
		struct dns_msg_walk walk = dns_msg_walk(msg, section);
		struct dns_msg_rr rr;
		for (; dns_msg_next(&walk, &rr); i++) {
			const struct made *made = &m->records[i];
			struct bytes_out out = bytes_out_of(stored, sizeof(stored));
			cr_assert_lt(i, m->count);
			cr_assert_eq(made->section, section);
			cr_assert(dns_name_equal(&rr.owner, &made->owner));
			cr_assert_eq(rr.type, made->type);
			cr_assert_eq(rr.ttl, made->ttl);
			cr_assert(dns_msg_rdata(msg, &rr, &out), "type %u", rr.type);
			cr_assert(bytes_equal(bytes_of(stored, bytes_out_len(&out)),
					      bytes_of(made->rdata, made->rdata_len)),
				  "type %u", rr.type);
		}
	}
	cr_assert_eq(i, m->count);
}

Test(knot_msg, what_libknot_writes_is_the_same_to_us)
{
	static struct message m;
	for (int round = 0; round < ROUNDS; round++) {
		struct dns_msg msg;
		roll_message(&m, false);
		knot_pkt_t *packet = knot_write(&m);
		cr_assert_eq(dns_msg_open(&msg, bytes_of(packet->wire, packet->size)), DNS_NOERROR);
		cr_assert_eq(msg.id, m.id);
		cr_assert(dns_name_equal(&msg.qname, &m.qname));
		cr_assert_eq(msg.qtype, DNS_TYPE_ANY);
		expect_ours(&m, &msg);
		knot_pkt_free(packet);
	}
}

/* --- we write, libknot reads --- */

static struct bytes our_answer(const struct message *m, uint8_t *buffer, size_t cap)
{
	knot_pkt_t *query = knot_pkt_new(NULL, 512, NULL);
	struct dns_msg request;
	struct dns_reply reply;
	knot_wire_set_id(query->wire, m->id);
	knot_pkt_put_question(query, m->qname.wire, KNOT_CLASS_IN, 255);
	cr_assert_eq(dns_msg_open(&request, bytes_of(query->wire, query->size)), DNS_NOERROR);
	const struct dns_reply_opt opt = {.udp_size = 1232, .wants_dnssec = true};
	dns_reply_start(&reply, &request, bytes_out_of(buffer, cap), cap, dns_reply_opt_size(&opt));
	for (size_t i = 0; i < m->count; i++) {
		const struct made *made = &m->records[i];
		cr_assert(dns_reply_rr(&reply, made->section, &made->owner, made->type,
				       DNS_CLASS_IN, made->ttl,
				       bytes_of(made->rdata, made->rdata_len)));
	}
	dns_reply_opt(&reply, &opt);
	knot_pkt_free(query);
	return dns_reply_finish(&reply);
}

static void expect_theirs(const struct message *m, const knot_pkt_t *packet)
{
	size_t i = 0;
	for (unsigned section = DNS_ANSWER; section <= DNS_ADDITIONAL; section++) {
		const knot_pktsection_t *theirs =
			knot_pkt_section(packet, (knot_section_t)(section - 1));
		for (uint16_t k = 0; k < theirs->count; k++) {
			const knot_rrset_t *rr = knot_pkt_rr(theirs, k);
			if (rr->type == KNOT_RRTYPE_OPT)
				continue;
			const struct made *made = &m->records[i++];
			const knot_rdata_t *rdata = rr->rrs.rdata;
			cr_assert(i <= m->count && made->section == section);
			cr_assert(knot_dname_is_case_equal(rr->owner, made->owner.wire));
			cr_assert_eq(rr->type, made->type);
			cr_assert_eq(rr->ttl, made->ttl);
			cr_assert_eq(rr->rrs.count, 1);
			cr_assert(bytes_equal(bytes_of(rdata->data, rdata->len),
					      bytes_of(made->rdata, made->rdata_len)),
				  "type %u", rr->type);
		}
	}
	cr_assert_eq(i, m->count);
}

Test(knot_msg, what_we_write_is_the_same_to_libknot_with_its_case)
{
	static struct message m;
	static uint8_t buffer[65535];
	for (int round = 0; round < ROUNDS; round++) {
		roll_message(&m, true);
		struct bytes answer = our_answer(&m, buffer, sizeof(buffer));
		knot_pkt_t *packet = knot_pkt_new(buffer, (uint16_t)answer.len, NULL);
		cr_assert_eq(knot_pkt_parse(packet, KNOT_PF_NOCANON), KNOT_EOK);
		cr_assert_eq(knot_wire_get_id(packet->wire), m.id);
		cr_assert(knot_wire_get_qr(packet->wire));
		cr_assert(knot_pkt_has_edns(packet) && knot_pkt_has_dnssec(packet));
		expect_theirs(&m, packet);
		knot_pkt_free(packet);
	}
}

Test(knot_msg, our_compression_is_as_good_as_libknots)
{
	static struct message m;
	static uint8_t buffer[65535];
	size_t ours = 0, theirs = 0;
	for (int round = 0; round < ROUNDS; round++) {
		roll_message(&m, false);
		knot_pkt_t *packet = knot_write(&m);
		theirs += packet->size;
		ours += our_answer(&m, buffer, sizeof(buffer)).len - 11;
		knot_pkt_free(packet);
	}
	cr_expect_leq(ours, theirs, "%zu bytes, libknot needs %zu", ours, theirs);
}

/* --- what is not well formed is neither's --- */

Test(knot_msg, what_libknot_cannot_read_is_a_form_error)
{
	static struct message m;
	unsigned refused = 0, both = 0;
	for (int round = 0; round < ROUNDS * 10; round++) {
		struct dns_msg msg;
		roll_message(&m, false);
		knot_pkt_t *packet = knot_write(&m);
		uint8_t *copy = malloc(packet->size);
		memcpy(copy, packet->wire, packet->size);
		copy[4 + dice((uint32_t)packet->size - 4)] = (uint8_t)dice(256);
		knot_pkt_t *spoilt = knot_pkt_new(copy, (uint16_t)packet->size, NULL);
		int theirs = knot_pkt_parse(spoilt, KNOT_PF_NOCANON);
		enum dns_rcode ours = dns_msg_open(&msg, bytes_of(copy, packet->size));
		/* Opening does not look at data, libknot's parsing does: where only it refuses,
		 * some data must be the reason. */
		static uint8_t stored[70000];
		for (unsigned s = DNS_ANSWER; ours == DNS_NOERROR && s <= DNS_ADDITIONAL; s++) {
			struct dns_msg_walk walk = dns_msg_walk(&msg, s);
			struct dns_msg_rr rr;
			while (ours == DNS_NOERROR && dns_msg_next(&walk, &rr)) {
				struct bytes_out out = bytes_out_of(stored, sizeof(stored));
				if (!dns_msg_rdata(&msg, &rr, &out))
					ours = DNS_FORMERR;
			}
		}
		refused += theirs != KNOT_EOK;
		both += theirs != KNOT_EOK && ours != DNS_NOERROR;
		knot_pkt_free(spoilt);
		knot_pkt_free(packet);
		free(copy);
	}
	cr_expect_gt(refused, 100, "the dice are loaded");
	cr_expect_eq(both, refused, "%u of %u", both, refused);
}
