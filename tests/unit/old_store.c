/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/unit/old_store.h"
#include "acl/hmac.h"
#include "dns/type.h"
#include "journal/entry.h"
#include "zonedb/principal.h"
#include <criterion/criterion.h>

struct bytes old_bytes(const struct old *old)
{
	return bytes_of(old->data, old->len);
}

void old_put(struct old *old, const void *data, size_t len)
{
	memcpy(old->data + old->len, data, len);
	old->len += len;
}

void old_number(struct old *old, uint64_t value, size_t width)
{
	for (size_t i = width; i-- > 0;)
		old->data[old->len++] = (uint8_t)(value >> 8 * i);
}

void old_field(struct old *old, uint16_t tag, const void *data, size_t len)
{
	old_number(old, tag, 2);
	old_number(old, len, 2);
	old_put(old, data, len);
}

void old_number_field(struct old *old, uint16_t tag, uint64_t value)
{
	old_number(old, tag, 2);
	old_number(old, 8, 2);
	old_number(old, value, 8);
}

struct dns_name old_name(const char *text)
{
	struct dns_name name;
	cr_assert_null(dns_name_parse_text(&name, text));
	return name;
}

struct old old_apex_key(uint8_t kind, const char *apex)
{
	struct old key = {{kind}, 1};
	struct dns_name root = dns_name_root(), name = old_name(apex);
	key.len += dns_name_key(key.data + 1, &name, &root);
	return key;
}

struct old old_zone(uint32_t id)
{
	struct old value = {0};
	old_number_field(&value, 16, 2);
	old_number_field(&value, 17, 0);
	old_number_field(&value, 18, 1);
	old_number_field(&value, 19, 3600);
	old_number_field(&value, 20, 7200);
	old_number_field(&value, 1, id);
	return value;
}

struct old old_word(const char *text)
{
	struct old old = {0};
	old_put(&old, text, strlen(text));
	return old;
}

struct old old_id(uint64_t id, size_t width)
{
	struct old old = {0};
	old_number(&old, id, width);
	return old;
}

void old_rules(struct old *value, const char *apex, const char *text)
{
	struct dns_name name = old_name(apex);
	old_number(value, 1, 1);
	old_put(value, name.wire, name.len);
	old_put(value, text, strlen(text));
}

void old_member(struct old *value, const char *text)
{
	old_number(value, strlen(text), 2);
	old_put(value, text, strlen(text));
}

struct old old_group(uint8_t flags, uint16_t count)
{
	struct old value = {{1, flags}, 2};
	old_number(&value, count, 2);
	return value;
}

struct old old_name_key(uint32_t id, const char *label)
{
	struct old key = {0};
	old_number(&key, id, 4);
	old_put(&key, label, strlen(label));
	old_number(&key, 0, 1);
	return key;
}

struct old old_tsig_key(void)
{
	struct dns_name root = dns_name_root(), name = old_name("kea");
	struct old key = {0};
	key.len = dns_name_key(key.data, &name, &root);
	return key;
}

struct old old_tsig(uint8_t version)
{
	struct old value = {{version, HMAC_SHA256, 1}, 3};
	old_number(&value, 1000, 8);
	old_number(&value, 6, 2);
	old_put(&value, "secret", 6);
	if (version == 2) {
		old_number(&value, 9000, 8);
		old_number(&value, 5, 2);
		old_put(&value, "older", 5);
		old_number(&value, 2000, 8);
		old_number(&value, 9, 1);
		old_put(&value, "127.0.0.1", 9);
	}
	return value;
}

struct old old_node(uint64_t seq)
{
	struct old value = {0};
	old_number(&value, seq, 8);
	return value;
}

void old_rrset(struct old *value, uint16_t type, const void *data, size_t len)
{
	old_number(value, type, 2);
	old_number(value, 300, 4);
	old_number(value, 1, 2);
	old_number(value, 12 + len, 4);
	old_number(value, 1, 4);
	old_number(value, 1000, 5);
	old_number(value, RECORD_DYNAMIC, 1);
	old_number(value, len, 2);
	old_put(value, data, len);
}

static void store_row(struct store_txn *txn, enum store_table table, struct old key,
		      struct old value)
{
	store_put(txn, table, old_bytes(&key), old_bytes(&value));
}

static void store_names(struct store_txn *txn)
{
	struct old apex = old_node(0), host = old_node(0), key = old_name_key(7, ""), soa = {0};
	struct dns_name server = old_name("ns.elsewhere");
	old_put(&soa, server.wire, server.len);
	old_put(&soa, server.wire, server.len);
	for (unsigned i = 1; i <= 5; i++)
		old_number(&soa, i, 4);
	old_rrset(&apex, DNS_TYPE_NS, server.wire, server.len);
	old_rrset(&apex, DNS_TYPE_SOA, soa.data, soa.len);
	key.len--; /* the apex: nothing behind the zone */
	store_row(txn, STORE_NODES, key, apex);
	old_rrset(&host, DNS_TYPE_A, "\x0a\0\0\1", 4);
	store_row(txn, STORE_NODES, old_name_key(7, "pc"), host);
}

static void store_settings(struct store_txn *txn)
{
	struct old rules = {0}, group = old_group(1, 1), owner = old_id(1, 4),
		   bin = old_id(86400, 8);
	struct dns_name apex = old_name("corp.example");
	struct old id = {{'i'}, 1}, wire = {0};
	old_number(&id, 7, 4);
	old_put(&wire, apex.wire, apex.len);
	store_row(txn, STORE_ZONES, old_apex_key('a', "corp.example"), old_zone(7));
	store_row(txn, STORE_ZONES, id, wire);
	old_rules(&rules, "corp.example", "allow @dhcp claim\n");
	store_row(txn, STORE_RULES, old_id(7, 4), rules);
	old_member(&group, "key:a");
	store_row(txn, STORE_GROUPS, old_word("dhcp"), group);
	store_row(txn, STORE_RESERVED, old_name_key(7, "boss"), owner);
	store_row(txn, STORE_KEYS, old_tsig_key(), old_tsig(2));
	store_row(txn, STORE_META, old_word("bin-seconds"), bin);
}

void old_store_make(const char *folder)
{
	char error[STORE_ERROR_MAX] = "";
	struct store_options options = {.path = folder, .map_size = 64 << 20};
	struct store *store = store_open(&options, error);
	struct store_txn txn;
	cr_assert_not_null(store, "%s", error);
	store_write_begin(store, &txn);
	principal_put(&txn, 1, "key:a");
	store_names(&txn);
	store_settings(&txn);
	store_set_number(&txn, "zone-last", 7);
	store_set_number(&txn, "schema", STORE_SCHEMA_0_1_0);
	cr_assert_eq(store_commit(&txn), STORE_OK);
	store_close(store);
}
