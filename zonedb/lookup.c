/* SPDX-License-Identifier: BSD-2-Clause */
#include "zonedb/lookup.h"
#include "dns/rdata.h"

/*
 * A name's key, and with it the keys of all its ancestors: labels stand reversed, each ended by 00
 * which occurs nowhere else, so an ancestor's key is the beginning that ends at a 00.
 */
struct path {
	const struct zone *zone;
	uint8_t key[ZONE_KEY_MAX];
	size_t len;
};

#define APEX_KEY_LEN 4

static void lookup_path_of(struct path *path, const struct zone *zone, const struct dns_name *name)
{
	path->zone = zone;
	path->len = zone_key(path->key, zone, name);
}

/* The length of the key one label further down than `len`. */
static size_t path_down(const struct path *path, size_t len)
{
	while (path->key[len] != 0)
		len++;
	return len + 1;
}

/* The name at the first `len` bytes of the path of `name`. */
static struct dns_name path_name(const struct path *path, size_t len, const struct dns_name *name)
{
	unsigned labels = path->zone->apex.labels;
	for (size_t at = APEX_KEY_LEN; at < len; labels++)
		at = path_down(path, at);
	return dns_name_last(name, labels);
}

static bool get_node(struct store_txn *txn, const struct path *path, size_t len, struct node *node)
{
	struct bytes value;
	if (!store_get(txn, STORE_NODES, bytes_of(path->key, len), &value))
		return false;
	if (!node_open(node, value)) {
		store_fail(txn, STORE_CORRUPT);
		return false;
	}
	return true;
}

static bool lookup_begins_with(struct bytes key, const uint8_t *start, size_t len)
{
	return key.data && key.len >= len && memcmp(key.data, start, len) == 0;
}

/*
 * Looks for the topmost cut on the way down from the apex: NS below the apex, or a DNAME above the
 * name. The answer to DS, and to the name of the DNAME itself, is not below the cut. True: the
 * question is answered.
 */
static bool find_cut(struct store_txn *txn, const struct path *path, const struct dns_name *name,
		     uint16_t type, struct lookup *out)
{
	for (size_t len = APEX_KEY_LEN;; len = path_down(path, len)) {
		struct bytes nothing;
		struct node_rrset rrset;
		bool is_apex = len == APEX_KEY_LEN, is_name = len == path->len;
		bool may_be = store_get(txn, STORE_CUTS, bytes_of(path->key, len), &nothing) &&
			      get_node(txn, path, len, &out->node);
		bool is_answer = is_name && type == DNS_TYPE_DS;
		if (may_be && !is_apex && !is_answer && node_find(&out->node, DNS_TYPE_NS, &rrset))
			out->kind = LOOKUP_DELEGATION;
		else if (may_be && !is_name && node_find(&out->node, DNS_TYPE_DNAME, &rrset))
			out->kind = LOOKUP_DNAME;
		else if (is_name)
			return false;
		else
			continue;
		out->has_node = true;
		out->rrset = rrset;
		out->at = path_name(path, len, name);
		return true;
	}
}

/* RFC 4035 2.5: these stand beside a CNAME, so that it does not stand for them. */
static bool is_beside_cname(uint16_t type)
{
	return type == DNS_TYPE_RRSIG || type == DNS_TYPE_NSEC;
}

/* What the node says to the type; `at` is set already. */
static void answer_from(const struct node *node, uint16_t type, struct lookup *out)
{
	out->node = *node;
	out->has_node = true;
	struct bytes_in in = bytes_in_of(node->rrsets.data, node->rrsets.len);
	if (type == DNS_TYPE_ANY ? node_next_rrset(&in, &out->rrset)
				 : node_find(node, type, &out->rrset))
		out->kind = LOOKUP_HIT;
	else if (!is_beside_cname(type) && node_find(node, DNS_TYPE_CNAME, &out->rrset))
		out->kind = LOOKUP_CNAME;
	else
		out->kind = LOOKUP_NODATA;
}

/* How many bytes of the path, whole labels, the key shares. */
static size_t shared_len(const struct path *path, struct bytes key)
{
	size_t most = key.len < path->len ? key.len : path->len;
	size_t shared = APEX_KEY_LEN, same = APEX_KEY_LEN;
	while (key.data && same < most && key.data[same] == path->key[same]) {
		same++;
		if (path->key[same - 1] == 0)
			shared = same;
	}
	return shared;
}

/*
 * The name has no node. It exists if something stands below it (an empty non-terminal); else the
 * closest encloser is what the longest path shared with a neighbour leads to, and `*` below that
 * is the one wildcard that may answer (RFC 4592 3.3.1). A `*` that is itself an empty non-terminal
 * exists, and has no data (RFC 4592 2.2.3).
 */
static void find_wildcard(struct store_txn *txn, struct path *path, const struct dns_name *name,
			  uint16_t type, struct lookup *out)
{
	struct bytes below, above;
	store_neighbours(txn, STORE_NODES, bytes_of(path->key, path->len), APEX_KEY_LEN, &below,
			 &above);
	if (lookup_begins_with(above, path->key, path->len)) {
		out->kind = LOOKUP_NODATA;
		return;
	}
	size_t encloser = shared_len(path, below), other = shared_len(path, above);
	if (other > encloser)
		encloser = other;

	struct dns_name encloser_name = path_name(path, encloser, name), wildcard;
	if (!dns_name_wildcard(&wildcard, &encloser_name))
		return;
	lookup_path_of(path, path->zone, &wildcard);
	struct node node;
	if (get_node(txn, path, path->len, &node)) {
		answer_from(&node, type, out);
	} else {
		store_neighbours(txn, STORE_NODES, bytes_of(path->key, path->len), APEX_KEY_LEN,
				 &below, &above);
		if (!lookup_begins_with(above, path->key, path->len))
			return;
		out->kind = LOOKUP_NODATA;
	}
	out->is_wildcard = true;
	out->at = wildcard;
}

static void lookup_answer(struct store_txn *txn, const struct zone *zone,
			  const struct dns_name *name, uint16_t type, struct lookup *out)
{
	struct path path;
	lookup_path_of(&path, zone, name);
	if (zone->cut_count > 0 && find_cut(txn, &path, name, type, out))
		return;
	struct node node;
	if (get_node(txn, &path, path.len, &node))
		answer_from(&node, type, out);
	else
		find_wildcard(txn, &path, name, type, out);
}

void lookup(struct store_txn *txn, const struct zone *zone, const struct dns_name *name,
	    uint16_t type, struct lookup *out)
{
	out->kind = LOOKUP_NXDOMAIN;
	out->at = *name;
	out->is_wildcard = false;
	out->has_node = false;
	out->node = (struct node){.seq = 0};
	out->rrset = (struct node_rrset){.type = 0};
	lookup_answer(txn, zone, name, type, out);
	if (txn->error)
		out->kind = LOOKUP_BROKEN;
}

bool lookup_node(struct store_txn *txn, const struct zone *zone, const struct dns_name *name,
		 struct node *node)
{
	struct path path;
	lookup_path_of(&path, zone, name);
	return get_node(txn, &path, path.len, node);
}

bool lookup_exists(struct store_txn *txn, const struct zone *zone, const struct dns_name *name)
{
	struct path path;
	struct bytes below, above;
	lookup_path_of(&path, zone, name);
	store_neighbours(txn, STORE_NODES, bytes_of(path.key, path.len), APEX_KEY_LEN, &below,
			 &above);
	return lookup_begins_with(above, path.key, path.len);
}

static bool names_host(const struct node *node, const struct dns_name *host)
{
	struct node_rrset rrset;
	struct node_record record;
	struct dns_name target;
	if (!node_find(node, DNS_TYPE_NS, &rrset))
		return false;
	struct bytes_in in = bytes_in_of(rrset.records.data, rrset.records.len);
	while (node_next_record(&in, &record))
		if (dns_rdata_name(DNS_TYPE_NS, record.rdata, &target) &&
		    dns_name_equal(&target, host))
			return true;
	return false;
}

/* Whether the SOA has the host as the primary server, to which clients send their updates. */
static bool names_primary(const struct node *node, const struct dns_name *host)
{
	struct node_rrset rrset;
	struct node_record record;
	struct dns_soa soa;
	if (!node_find(node, DNS_TYPE_SOA, &rrset))
		return false;
	struct bytes_in in = bytes_in_of(rrset.records.data, rrset.records.len);
	return node_next_record(&in, &record) && dns_soa_unpack(record.rdata, &soa) &&
	       dns_name_equal(&soa.mname, host);
}

bool lookup_is_cut(struct store_txn *txn, const struct zone *zone, const struct dns_name *name)
{
	uint8_t key[ZONE_KEY_MAX];
	struct bytes nothing;
	return store_get(txn, STORE_CUTS, bytes_of(key, zone_key(key, zone, name)), &nothing);
}

bool lookup_is_glue(struct store_txn *txn, const struct zone *zone, const struct dns_name *name)
{
	if (zone->cut_count == 0)
		return false;
	struct path path;
	lookup_path_of(&path, zone, name);
	for (size_t len = APEX_KEY_LEN; len < path.len;) {
		struct bytes nothing;
		struct node node;
		len = path_down(&path, len);
		if (store_get(txn, STORE_CUTS, bytes_of(path.key, len), &nothing) &&
		    get_node(txn, &path, len, &node) && names_host(&node, name))
			return true;
	}
	return false;
}

bool lookup_is_server(struct store_txn *txn, const struct zone *zone, const struct dns_name *name)
{
	struct node apex;
	return lookup_node(txn, zone, &zone->apex, &apex) &&
	       (names_host(&apex, name) || names_primary(&apex, name));
}
