/* SPDX-License-Identifier: BSD-2-Clause */
#include "zonedb/ptr_index.h"
#include "dns/type.h"
#include "zonedb/lookup.h"
#include <string.h>

#define INDEX_KEY_MAX (1 + 16 + DNS_NAME_KEY_MAX + 4)
/* Of a name in key form: more does not fit into a key of the store. */
#define INDEX_NAME_MAX (STORE_ROW_KEY_MAX - 1 - 16 - 4)

bool ptr_address_of(uint16_t type, struct bytes rdata, struct ptr_address *address)
{
	size_t len = type == DNS_TYPE_A ? 4 : type == DNS_TYPE_AAAA ? 16 : 0;
	if (len == 0 || rdata.len != len)
		return false;
	*address = (struct ptr_address){.len = (uint8_t)len};
	memcpy(address->bytes, rdata.data, len);
	return true;
}

int ptr_address_compare(const struct ptr_address *a, const struct ptr_address *b)
{
	if (a->len != b->len)
		return a->len < b->len ? -1 : 1;
	return memcmp(a->bytes, b->bytes, a->len);
}

/* A label of one to three digits, at most 255, without a zero in front. */
static bool ptr_octet(const uint8_t *label, uint8_t *octet)
{
	unsigned value = 0;
	if (label[0] == 0 || label[0] > 3 || (label[0] > 1 && label[1] == '0'))
		return false;
	for (unsigned i = 1; i <= label[0]; i++) {
		if (label[i] < '0' || label[i] > '9')
			return false;
		value = value * 10 + (unsigned)(label[i] - '0');
	}
	*octet = (uint8_t)value;
	return value <= 255;
}

static bool ptr_nibble(const uint8_t *label, unsigned *nibble)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = label[0] == 1 ? memchr(digits, label[1], 16) : NULL;
	*nibble = at ? (unsigned)(at - digits) : 0;
	return at != NULL;
}

bool ptr_address_of_name(const struct dns_name *name, struct ptr_address *address)
{
	static const uint8_t arpa4[] = "\7in-addr\4arpa", arpa6[] = "\3ip6\4arpa";
	const uint8_t *at = name->wire;
	*address = (struct ptr_address){.len = 0};
	if (name->labels == 6) {
		for (unsigned i = 4; i > 0; i--, at += 1 + at[0])
			if (!ptr_octet(at, &address->bytes[i - 1]))
				return false;
		address->len = 4;
		return name->len == (size_t)(at - name->wire) + sizeof arpa4 &&
		       memcmp(at, arpa4, sizeof arpa4) == 0;
	}
	if (name->labels != 34)
		return false;
	for (unsigned i = 32; i > 0; i--, at += 1 + at[0]) {
		unsigned nibble;
		if (!ptr_nibble(at, &nibble))
			return false;
		address->bytes[(i - 1) / 2] |= (uint8_t)(i % 2 ? nibble << 4 : nibble);
	}
	address->len = 16;
	return name->len == (size_t)(at - name->wire) + sizeof arpa6 &&
	       memcmp(at, arpa6, sizeof arpa6) == 0;
}

static bool ptr_is_from(const struct zone *zone, const struct ptr_address *address)
{
	for (size_t i = 0; i < ZONE_PREFIXES_MAX && zone->ptr_from[i].family_len; i++) {
		const struct prefix *prefix = &zone->ptr_from[i];
		unsigned whole = prefix->bits / 8, rest = prefix->bits % 8;
		uint8_t mask = (uint8_t)(0xff00u >> rest);
		if (prefix->family_len == address->len &&
		    memcmp(prefix->bytes, address->bytes, whole) == 0 &&
		    (rest == 0 || ((prefix->bytes[whole] ^ address->bytes[whole]) & mask) == 0))
			return true;
	}
	return false;
}

/* No host's: a label `*` anywhere, or so many of the bytes that a key writes as two that the key
 * would be too long. */
static bool ptr_is_odd(const struct dns_name *name)
{
	size_t len = name->len;
	for (const uint8_t *at = name->wire; at[0]; at += 1 + at[0]) {
		if (at[0] == 1 && at[1] == '*')
			return true;
		for (unsigned i = 1; i <= at[0]; i++)
			len += at[i] <= 1;
	}
	return len > INDEX_NAME_MAX;
}

static bool ptr_index_wants(const struct zone *zone, const struct dns_name *name,
			    const struct ptr_address *address, bool lacks_ptr)
{
	return zone->makes_ptr && !lacks_ptr && ptr_is_from(zone, address) && !ptr_is_odd(name);
}

bool ptr_index_holds(const struct zone *zone, const struct dns_name *name, uint16_t type,
		     const struct node_record *record)
{
	struct ptr_address address;
	return zone->makes_ptr && ptr_address_of(type, record->rdata, &address) &&
	       ptr_index_wants(zone, name, &address, record->lacks_ptr);
}

/* The key as far as the address, as far as the name, and whole. */
static size_t ptr_key_address(uint8_t key[INDEX_KEY_MAX], const struct ptr_address *address)
{
	key[0] = address->len;
	memcpy(key + 1, address->bytes, address->len);
	return 1u + address->len;
}

static size_t ptr_key_name(uint8_t key[INDEX_KEY_MAX], const struct ptr_address *address,
			   const struct dns_name *name)
{
	struct dns_name root = dns_name_root();
	size_t len = ptr_key_address(key, address);
	return len + dns_name_key(key + len, name, &root);
}

static struct bytes ptr_key(uint8_t key[INDEX_KEY_MAX], const struct ptr_address *address,
			    const struct dns_name *name, uint32_t zone_id)
{
	size_t len = ptr_key_name(key, address, name);
	struct bytes_out out = bytes_out_of(key + len, 4);
	bytes_out_u32(&out, zone_id);
	return bytes_of(key, len + 4);
}

bool ptr_index_read(struct bytes key, struct bytes value, struct ptr_address *address,
		    struct ptr_target *target)
{
	struct dns_name root = dns_name_root();
	struct bytes_in in = bytes_in_of(key.data, key.len);
	struct bytes_in ttl = bytes_in_of(value.data, value.len);
	*address = (struct ptr_address){.len = bytes_in_u8(&in)};
	const uint8_t *bytes = NULL;
	if (address->len == 4 || address->len == 16)
		bytes = bytes_in_take(&in, address->len);
	size_t left = bytes_in_left(&in);
	if (!bytes || left < 4)
		return false;
	memcpy(address->bytes, bytes, address->len);
	const uint8_t *name = bytes_in_take(&in, left - 4);
	target->zone_id = bytes_in_u32(&in);
	target->ttl = bytes_in_u32(&ttl);
	return !in.bad && !ttl.bad && bytes_in_left(&ttl) == 0 &&
	       dns_name_from_key(&target->name, bytes_of(name, left - 4), &root);
}

/* True: it was not so before. */
static bool ptr_index_put(struct store_txn *txn, struct bytes key, uint32_t ttl)
{
	uint8_t text[4];
	struct bytes is = bytes_of(text, sizeof text), was;
	struct bytes_out out = bytes_out_of(text, sizeof text);
	bytes_out_u32(&out, ttl);
	if (store_get(txn, STORE_ADDRESSES, key, &was) && bytes_equal(was, is))
		return false;
	store_put(txn, STORE_ADDRESSES, key, is);
	return true;
}

void ptr_index_follow(struct store_txn *txn, const struct zone *zone, const struct change *changes,
		      size_t count)
{
	uint8_t key[INDEX_KEY_MAX];
	struct ptr_address address;
	if (!zone->makes_ptr && !zone->ptr_pending)
		return;
	for (size_t i = 0; i < count; i++) {
		const struct change *c = &changes[i];
		if (c->what == CHANGE_REFRESHED || !ptr_address_of(c->type, c->rdata, &address))
			continue;
		if (ptr_is_odd(&c->name))
			continue;
		struct bytes row = ptr_key(key, &address, &c->name, zone->id);
		if (c->what != CHANGE_REMOVED &&
		    ptr_index_wants(zone, &c->name, &address, c->is.lacks_ptr))
			ptr_index_put(txn, row, c->is.ttl);
		else
			store_del(txn, STORE_ADDRESSES, row);
	}
}

void ptr_index_set(struct store_txn *txn, const struct zone *zone, const struct dns_name *name,
		   const struct node *node, size_t *moved)
{
	uint8_t key[INDEX_KEY_MAX];
	struct ptr_address address;
	struct node_record record;
	struct node_walk walk = node_walk_of(node);
	while (node_walk_next(&walk, &record)) {
		if (!ptr_address_of(walk.rrset.type, record.rdata, &address) || ptr_is_odd(name))
			continue;
		struct bytes row = ptr_key(key, &address, name, zone->id);
		*moved += ptr_index_wants(zone, name, &address, record.lacks_ptr)
				  ? ptr_index_put(txn, row, walk.rrset.ttl)
				  : store_del(txn, STORE_ADDRESSES, row);
	}
}

/* The first row whose key begins with so many bytes. */
static bool ptr_index_seek(struct store_txn *txn, const uint8_t *key, size_t len,
			   struct ptr_target *target)
{
	struct store_walk walk;
	struct bytes row, value;
	struct ptr_address address;
	store_walk_from(&walk, txn, STORE_ADDRESSES, bytes_of(key, len), len);
	bool is_there = store_walk_next(&walk, &row, &value);
	if (is_there && !ptr_index_read(row, value, &address, target))
		store_fail(txn, STORE_CORRUPT);
	store_walk_end(&walk);
	return is_there && !txn->error;
}

bool ptr_index_find(struct store_txn *txn, const struct ptr_address *address,
		    const struct dns_name *name, struct ptr_target *target)
{
	uint8_t key[INDEX_KEY_MAX];
	/* Names below it come behind it. */
	return ptr_index_seek(txn, key, ptr_key_name(key, address, name), target) &&
	       dns_name_equal(&target->name, name);
}

bool ptr_index_has(struct store_txn *txn, const struct ptr_address *address,
		   const struct dns_name *name, uint32_t zone_id, uint32_t ttl)
{
	uint8_t key[INDEX_KEY_MAX];
	struct bytes value;
	if (!store_get(txn, STORE_ADDRESSES, ptr_key(key, address, name, zone_id), &value))
		return false;
	struct bytes_in in = bytes_in_of(value.data, value.len);
	return bytes_in_u32(&in) == ttl && !in.bad;
}

bool ptr_index_first(struct store_txn *txn, const struct ptr_address *address,
		     struct ptr_target *target)
{
	uint8_t key[INDEX_KEY_MAX];
	return ptr_index_seek(txn, key, ptr_key_address(key, address), target);
}

/* The part of an address that the apex of a reverse zone says. */
struct ptr_range {
	struct ptr_address first;
	unsigned bits;
};

/* False: there are no addresses in it. */
static bool ptr_range_of(const struct dns_name *apex, struct ptr_range *range)
{
	static const uint8_t zeros[] = "\1"
				       "0";
	struct dns_name whole = *apex;
	bool is_v4 = false, is_v6 = false;
	struct dns_name v4 = dns_name_of_prefix((const uint8_t[4]){0}, 4, 0);
	struct dns_name v6 = dns_name_of_prefix((const uint8_t[16]){0}, 16, 0);
	is_v4 = dns_name_under(apex, &v4);
	is_v6 = !is_v4 && dns_name_under(apex, &v6);
	unsigned labels = is_v4 ? 6 : 34;
	if ((!is_v4 && !is_v6) || apex->labels > labels)
		return false;
	while (whole.labels < labels) {
		memmove(whole.wire + 2, whole.wire, whole.len);
		memcpy(whole.wire, zeros, 2);
		whole.len = (uint8_t)(whole.len + 2);
		whole.labels++;
	}
	range->bits = (apex->labels - 2u) * (is_v4 ? 8 : 4);
	return ptr_address_of_name(&whole, &range->first);
}

static bool ptr_range_has(const struct ptr_range *range, const struct ptr_address *address)
{
	unsigned whole = range->bits / 8;
	return address->len == range->first.len &&
	       memcmp(address->bytes, range->first.bytes, whole) == 0 &&
	       (range->bits % 8 == 0 ||
		(address->bytes[whole] & 0xf0) == (range->first.bytes[whole] & 0xf0));
}

/* The address behind it. False: it is the last. */
static bool ptr_address_step(struct ptr_address *address)
{
	for (unsigned i = address->len; i > 0; i--)
		if (++address->bytes[i - 1] != 0)
			return true;
	return false;
}

bool ptr_index_next(struct store_txn *txn, const struct dns_name *apex,
		    const struct ptr_address *after, struct ptr_address *address)
{
	uint8_t key[INDEX_KEY_MAX];
	struct store_walk walk;
	struct bytes row, value;
	struct ptr_range range;
	struct ptr_target target;
	if (!ptr_range_of(apex, &range))
		return false;
	struct ptr_address from = after ? *after : range.first;
	if (after && !ptr_address_step(&from))
		return false;
	size_t len = ptr_key_address(key, &from);
	store_walk_from(&walk, txn, STORE_ADDRESSES, bytes_of(key, len), 1);
	bool is_there = store_walk_next(&walk, &row, &value);
	if (is_there && !ptr_index_read(row, value, address, &target))
		store_fail(txn, STORE_CORRUPT);
	store_walk_end(&walk);
	return is_there && !txn->error && ptr_range_has(&range, address);
}

bool ptr_index_is_of(struct store_txn *txn, const struct zone *zone,
		     const struct ptr_address *address, const struct ptr_target *target)
{
	uint16_t type = address->len == 4 ? DNS_TYPE_A : DNS_TYPE_AAAA;
	struct node node;
	struct node_rrset rrset;
	struct node_record record;
	return dns_name_under(&target->name, &zone->apex) &&
	       lookup_node(txn, zone, &target->name, &node) &&
	       node_find_record(&node, type, bytes_of(address->bytes, address->len), &rrset,
				&record) &&
	       rrset.ttl == target->ttl && ptr_index_holds(zone, &target->name, type, &record);
}
