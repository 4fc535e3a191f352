/* SPDX-License-Identifier: BSD-2-Clause */
#include "dns/reply.h"
#include "dns/rdata.h"
#include <assert.h>

#define OFFSET_FLAGS  2
#define OFFSET_COUNTS 4

#define POINTER 0xc000 /* RFC 1035 4.1.4 */

/* Whether a pointer may lead to a name that differs in case. */
enum fold { FOLD_CASE, KEEP_CASE };

/*
 * The hash of a suffix from the hash of what follows its first label. It only spares comparisons,
 * so it looks at a few bytes of the label, and folds more than letters.
 */
static uint16_t reply_hash_label(uint16_t rest, const uint8_t *label)
{
	unsigned len = label[0];
	unsigned h = rest * 33u + len;
	h = h * 33u + (label[1] | 0x20u);
	h = h * 33u + (label[1 + len / 2] | 0x20u);
	h = h * 33u + (label[len] | 0x20u);
	return (uint16_t)(h ^ h >> 16);
}

/* A name about to be written: where its labels are, and the hash of each suffix. */
struct suffixes {
	const uint8_t *wire;
	unsigned count;
	uint8_t at[DNS_LABELS_MAX + 1]; /* the last is the root label's place */
	uint16_t hash[DNS_LABELS_MAX + 1];
};

static void find_suffixes(struct suffixes *s, const uint8_t *wire)
{
	unsigned at = 0;
	s->wire = wire;
	s->count = 0;
	for (; wire[at] != 0; at += wire[at] + 1u)
		s->at[s->count++] = (uint8_t)at;
	s->at[s->count] = (uint8_t)at;
	s->hash[s->count] = 0;
	for (unsigned i = s->count; i > 0; i--)
		s->hash[i - 1] = reply_hash_label(s->hash[i], wire + s->at[i - 1]);
}

static bool same_label(const uint8_t *a, const uint8_t *b, enum fold fold)
{
	if (a[0] != b[0])
		return false;
	if (memcmp(a + 1, b + 1, a[0]) == 0)
		return true;
	if (fold == KEEP_CASE)
		return false;
	for (unsigned i = 1; i <= a[0]; i++) {
		if (dns_lower(a[i]) != dns_lower(b[i]))
			return false;
	}
	return true;
}

/* Whether what was written at `offset`, which may itself end in a pointer, is the name `wire`. */
static bool is_written_at(const struct dns_reply *reply, size_t offset, const uint8_t *wire,
			  enum fold fold)
{
	for (;;) {
		const uint8_t *written = reply->out.start + offset;
		if (written[0] >= POINTER >> 8) {
			offset = (size_t)(written[0] & 0x3f) << 8 | written[1];
			continue;
		}
		if (!same_label(written, wire, fold))
			return false;
		if (wire[0] == 0)
			return true;
		offset += written[0] + 1u;
		wire += wire[0] + 1u;
	}
}

/* The place of a name equal to the `i`th suffix; 0: it was not written yet. */
static uint16_t find_written(const struct dns_reply *reply, const struct suffixes *s, unsigned i,
			     enum fold fold)
{
	for (unsigned k = 0; k < reply->names_count; k++) {
		if (reply->names[k].hash == s->hash[i] &&
		    is_written_at(reply, reply->names[k].offset, s->wire + s->at[i], fold))
			return reply->names[k].offset;
	}
	return 0;
}

static void reply_remember(struct dns_reply *reply, size_t offset, uint16_t hash)
{
	if (offset > reply->compress_below || reply->names_count == DNS_REPLY_NAMES_MAX)
		return;
	reply->names[reply->names_count].offset = (uint16_t)offset;
	reply->names[reply->names_count].hash = hash;
	reply->names_count++;
}

static void reply_put_name(struct dns_reply *reply, const uint8_t *wire, enum fold fold)
{
	struct suffixes s;
	uint16_t pointer = 0;
	unsigned new = 0; /* labels that were not written yet */
	find_suffixes(&s, wire);
	while (new < s.count && (pointer = find_written(reply, &s, new, fold)) == 0)
		new ++;
	size_t at = bytes_out_len(&reply->out);
	bytes_out_put(&reply->out, wire, s.at[new]);
	if (pointer)
		bytes_out_u16(&reply->out, POINTER | pointer);
	else
		bytes_out_u8(&reply->out, 0);
	for (unsigned i = 0; i < new && !reply->out.full; i++)
		reply_remember(reply, at + s.at[i], s.hash[i]);
}

static void reply_put_question(struct dns_reply *reply, const struct dns_msg *request)
{
	size_t len = request->question_end - DNS_HEADER_LEN;
	size_t at = bytes_out_len(&reply->out);
	const uint8_t *question = request->packet.data + DNS_HEADER_LEN;
	struct suffixes s;
	bytes_out_put(&reply->out, question, len);
	reply->count[DNS_QUESTION] = 1;
	find_suffixes(&s, question);
	for (unsigned i = 0; i < s.count; i++)
		reply_remember(reply, at + s.at[i], s.hash[i]);
}

void dns_reply_start(struct dns_reply *reply, const struct dns_msg *request,
		     struct bytes_out buffer, size_t limit, size_t reserve)
{
	size_t cap = bytes_out_left(&buffer);
	size_t least = request->question_end + reserve;
	assert(least <= cap);
	limit = limit < cap ? limit : cap;
	limit = limit > least ? limit : least;
	reply->out = bytes_out_of(buffer.at, limit - reserve);
	reply->reserved = reserve;
	reply->flags = (uint16_t)(DNS_FLAG_QR | request->opcode << 11 |
				  (request->flags & (DNS_FLAG_RD | DNS_FLAG_CD)));
	memset(reply->count, 0, sizeof(reply->count));
	reply->is_full = false;
	reply->names_count = 0;
	reply->compress_below = 0x3fff;
	bytes_out_u16(&reply->out, request->id);
	bytes_out_room(&reply->out, DNS_HEADER_LEN - 2);
	if (request->has_question)
		reply_put_question(reply, request);
	reply->question_end = bytes_out_len(&reply->out);
}

void dns_reply_set_rcode(struct dns_reply *reply, unsigned rcode)
{
	reply->flags = (uint16_t)((reply->flags & ~0xfu) | (rcode & 0xfu));
}

void dns_reply_set_flags(struct dns_reply *reply, uint16_t flags)
{
	reply->flags |= flags;
}

static void put_rdata_bytes(void *context, struct bytes bytes)
{
	struct dns_reply *reply = context;
	bytes_out_put(&reply->out, bytes.data, bytes.len);
}

static void put_rdata_name(void *context, struct bytes name)
{
	/* Data is served in the case in which it came. */
	reply_put_name(context, name.data, KEEP_CASE);
}

static void reply_put_rdata(struct dns_reply *reply, uint16_t type, struct bytes rdata)
{
	const struct dns_rdata_pieces pieces = {
		.bytes = put_rdata_bytes,
		.name = put_rdata_name,
		.context = reply,
	};
	size_t at = bytes_out_len(&reply->out);
	bytes_out_u16(&reply->out, 0);
	dns_rdata_write(type, rdata, &pieces);
	bytes_out_patch_u16(&reply->out, at, (uint16_t)(bytes_out_len(&reply->out) - at - 2));
}

bool dns_reply_rr(struct dns_reply *reply, enum dns_section section, const struct dns_name *owner,
		  uint16_t type, uint16_t class, uint32_t ttl, struct bytes rdata)
{
	assert(section != DNS_QUESTION);
	for (unsigned later = section + 1u; later <= DNS_ADDITIONAL; later++)
		assert(reply->count[later] == 0);
	if (reply->is_full)
		return false;
	struct dns_reply_mark before = dns_reply_mark(reply);
	reply_put_name(reply, owner->wire, FOLD_CASE);
	bytes_out_u16(&reply->out, type);
	bytes_out_u16(&reply->out, class);
	bytes_out_u32(&reply->out, ttl);
	reply_put_rdata(reply, type, rdata);
	if (reply->out.full || reply->count[section] == UINT16_MAX) {
		dns_reply_back_to(reply, &before);
		reply->is_full = true;
		return false;
	}
	reply->count[section]++;
	return true;
}

void dns_reply_write_plain(struct dns_reply *reply)
{
	reply->names_count = 0;
	reply->compress_below = 0;
}

struct dns_reply_mark dns_reply_mark(const struct dns_reply *reply)
{
	struct dns_reply_mark mark = {
		.at = bytes_out_len(&reply->out),
		.names_count = reply->names_count,
		.is_full = reply->is_full,
	};
	memcpy(mark.count, reply->count, sizeof(mark.count));
	return mark;
}

void dns_reply_back_to(struct dns_reply *reply, const struct dns_reply_mark *mark)
{
	reply->out.at = reply->out.start + mark->at;
	reply->out.full = false;
	memcpy(reply->count, mark->count, sizeof(reply->count));
	reply->names_count = mark->names_count;
	reply->is_full = mark->is_full;
}

void dns_reply_truncate(struct dns_reply *reply)
{
	struct dns_reply_mark mark = {
		.at = reply->question_end,
		.count = {reply->count[DNS_QUESTION]},
		.names_count = reply->names_count,
		.is_full = true,
	};
	while (mark.names_count > 0 &&
	       reply->names[mark.names_count - 1].offset >= reply->question_end)
		mark.names_count--;
	dns_reply_back_to(reply, &mark);
	reply->flags |= DNS_FLAG_TC;
}

bool dns_reply_reserve(struct dns_reply *reply, size_t more)
{
	if (bytes_out_left(&reply->out) < more)
		return false;
	reply->out.end -= more;
	reply->reserved += more;
	return true;
}

size_t dns_reply_opt_size(const struct dns_reply_opt *opt)
{
	size_t size = 1 + 2 + 2 + 4 + 2;
	if (opt->nsid.len > 0)
		size += 4 + opt->nsid.len;
	if (opt->ede != 0)
		size += 4 + 2 + opt->ede_text.len;
	return size;
}

void dns_reply_opt(struct dns_reply *reply, const struct dns_reply_opt *opt)
{
	size_t size = dns_reply_opt_size(opt);
	assert(size <= reply->reserved);
	reply->reserved -= size;
	reply->out.end += size;
	bytes_out_u8(&reply->out, 0);
	bytes_out_u16(&reply->out, DNS_TYPE_OPT);
	bytes_out_u16(&reply->out, opt->udp_size);
	bytes_out_u32(&reply->out,
		      (uint32_t)(opt->rcode >> 4 & 0xff) << 24 | (opt->wants_dnssec ? 0x8000u : 0));
	bytes_out_u16(&reply->out, (uint16_t)(size - 11));
	if (opt->nsid.len > 0) {
		bytes_out_u16(&reply->out, DNS_EDNS_NSID);
		bytes_out_u16(&reply->out, (uint16_t)opt->nsid.len);
		bytes_out_put(&reply->out, opt->nsid.data, opt->nsid.len);
	}
	if (opt->ede != 0) {
		bytes_out_u16(&reply->out, DNS_EDNS_EDE);
		bytes_out_u16(&reply->out, (uint16_t)(2 + opt->ede_text.len));
		bytes_out_u16(&reply->out, opt->ede);
		bytes_out_put(&reply->out, opt->ede_text.data, opt->ede_text.len);
	}
	assert(!reply->out.full);
	reply->count[DNS_ADDITIONAL]++;
}

struct bytes dns_reply_finish(struct dns_reply *reply)
{
	bytes_out_patch_u16(&reply->out, OFFSET_FLAGS, reply->flags);
	for (size_t i = 0; i < 4; i++)
		bytes_out_patch_u16(&reply->out, OFFSET_COUNTS + 2 * i, reply->count[i]);
	return bytes_of(reply->out.start, bytes_out_len(&reply->out));
}
