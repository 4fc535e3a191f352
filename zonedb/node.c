/* SPDX-License-Identifier: BSD-2-Clause */
#include "zonedb/node.h"
#include "dns/rdata.h"

#define FLAG_HINT   1
#define FLAG_TAKEN  2
#define FLAG_CLIENT 4
#define FLAG_OTHERS 8
#define FLAGS       (FLAG_HINT | FLAG_TAKEN | FLAG_CLIENT | FLAG_OTHERS)
#define STAMP_LEN   5
#define CLASS_MASK  0x0f
#define MARK_GUEST  0x10
#define MARK_NO_PTR 0x20

/* False: it is damaged. */
static bool node_read_client(struct bytes_in *in, struct node_client *client)
{
	client->len = bytes_in_u8(in);
	const uint8_t *prefix = bytes_in_take(in, client->len);
	if (!prefix || client->len == 0 || client->len > NODE_CLIENT_MAX)
		return false;
	memcpy(client->prefix, prefix, client->len);
	return true;
}

static bool is_node_flags_odd(unsigned flags)
{
	static const unsigned of_what = FLAG_TAKEN | FLAG_OTHERS;
	return (flags & ~(unsigned)FLAGS) || ((flags & of_what) && !(flags & FLAG_HINT));
}

bool node_open(struct node *node, struct bytes value)
{
	struct bytes_in in = bytes_in_of(value.data, value.len);
	struct node read = {.seq = bytes_in_u64(&in)};
	uint8_t flags = bytes_in_u8(&in);
	if (flags & FLAG_HINT) {
		read.hint.by = bytes_in_u32(&in);
		read.hint.at = bytes_in_number(&in, STAMP_LEN);
		read.hint.is_taken = flags & FLAG_TAKEN;
		read.hint.has_others = flags & FLAG_OTHERS;
	}
	if ((flags & FLAG_CLIENT) && !node_read_client(&in, &read.client))
		return false;
	size_t left = bytes_in_left(&in);
	if (in.bad || left == 0 || (flags && is_node_flags_odd(flags)))
		return false;
	read.rrsets = bytes_of(bytes_in_take(&in, left), left);
	*node = read;
	return true;
}

bool node_next_rrset(struct bytes_in *in, struct node_rrset *rrset)
{
	if (bytes_in_left(in) == 0)
		return false;
	const uint8_t *start = bytes_in_take(in, NODE_RRSET_HEAD_LEN);
	if (!start)
		return false;
	/* Of a length that is known: its fields need no look at the end. */
	struct bytes_in head = bytes_in_of(start, NODE_RRSET_HEAD_LEN);
	uint16_t type = bytes_in_u16(&head);
	uint32_t ttl = bytes_in_u32(&head);
	uint16_t count = bytes_in_u16(&head);
	uint32_t len = bytes_in_u32(&head);
	const uint8_t *records = bytes_in_take(in, len);
	if (in->bad)
		return false;
	*rrset = (struct node_rrset){
		.type = type, .count = count, .ttl = ttl, .records = bytes_of(records, len)};
	return true;
}

bool node_next_record(struct bytes_in *in, struct node_record *record)
{
	if (bytes_in_left(in) == 0)
		return false;
	const uint8_t *start = bytes_in_take(in, NODE_RECORD_HEAD_LEN);
	if (!start)
		return false;
	/* Of a length that is known: its fields need no look at the end. */
	struct bytes_in head = bytes_in_of(start, NODE_RECORD_HEAD_LEN);
	uint32_t owner = bytes_in_u32(&head);
	uint64_t stamp = (uint64_t)bytes_in_u8(&head) << 32 | bytes_in_u32(&head);
	uint8_t marks = bytes_in_u8(&head), class = marks & CLASS_MASK;
	uint16_t window = bytes_in_u16(&head);
	uint16_t len = bytes_in_u16(&head);
	const uint8_t *rdata = bytes_in_take(in, len);
	if (class > RECORD_DERIVED || (marks & ~(CLASS_MASK | MARK_GUEST | MARK_NO_PTR)))
		in->bad = true;
	if (in->bad)
		return false;
	*record = (struct node_record){.owner = owner,
				       .stamp = stamp,
				       .class = (enum record_class) class,
				       .is_guest = (marks & MARK_GUEST) != 0,
				       .lacks_ptr = (marks & MARK_NO_PTR) != 0,
				       .window = window,
				       .rdata = bytes_of(rdata, len)};
	return true;
}

bool node_find(const struct node *node, uint16_t type, struct node_rrset *rrset)
{
	struct bytes_in in = bytes_in_of(node->rrsets.data, node->rrsets.len);
	struct node_rrset next;
	while (node_next_rrset(&in, &next)) {
		if (next.type > type)
			return false;
		if (next.type == type) {
			*rrset = next;
			return true;
		}
	}
	return false;
}

bool node_next_of(struct bytes_in *in, uint16_t type, struct node_rrset *rrset)
{
	while (node_next_rrset(in, rrset)) {
		if (rrset->type >= type)
			return rrset->type == type;
	}
	return false;
}

bool node_find_record(const struct node *node, uint16_t type, struct bytes rdata,
		      struct node_rrset *rrset, struct node_record *record)
{
	struct bytes_in in = bytes_in_of(node->rrsets.data, node->rrsets.len);
	while (node_next_of(&in, type, rrset)) {
		struct bytes_in records = bytes_in_of(rrset->records.data, rrset->records.len);
		while (node_next_record(&records, record)) {
			if (dns_rdata_compare(type, record->rdata, rdata) == 0)
				return true;
		}
	}
	return false;
}

void node_write_start(struct bytes_out *out, uint64_t seq, const struct node_hint *hint,
		      const struct node_client *client)
{
	unsigned of_hint = FLAG_HINT | (hint->is_taken ? FLAG_TAKEN : 0u) |
			   (hint->has_others ? FLAG_OTHERS : 0u);
	bytes_out_u64(out, seq);
	bytes_out_u8(out, (uint8_t)((hint->at ? of_hint : 0) | (client->len ? FLAG_CLIENT : 0)));
	if (hint->at) {
		bytes_out_u32(out, hint->by);
		bytes_out_number(out, hint->at, STAMP_LEN);
	}
	if (client->len) {
		bytes_out_u8(out, client->len);
		bytes_out_put(out, client->prefix, client->len);
	}
}

void node_write_rrset(struct bytes_out *out, uint16_t type, uint32_t ttl, uint16_t count,
		      uint32_t records_len)
{
	bytes_out_u16(out, type);
	bytes_out_u32(out, ttl);
	bytes_out_u16(out, count);
	bytes_out_u32(out, records_len);
}

void node_write_record(struct bytes_out *out, const struct node_record *record)
{
	bytes_out_u32(out, record->owner);
	bytes_out_number(out, record->stamp, STAMP_LEN);
	bytes_out_u8(out, (uint8_t)(record->class | (record->is_guest ? MARK_GUEST : 0) |
				    (record->lacks_ptr ? MARK_NO_PTR : 0)));
	bytes_out_u16(out, record->window);
	bytes_out_u16(out, (uint16_t)record->rdata.len);
	bytes_out_put(out, record->rdata.data, record->rdata.len);
}
