/* SPDX-License-Identifier: BSD-2-Clause */
#include "acl/keyring.h"
#include <assert.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <stdlib.h>

#define VALUE_PLAIN   1
#define VALUE_VERSION 2
#define FLAG_DISABLED 1
#define FLAG_MD5      2
#define VALUE_MAX                                                                                  \
	(1 + 1 + 1 + 8 + 2 + KEYRING_SECRET_MAX + 8 + 2 + KEYRING_SECRET_MAX + 9 + ADDR_TEXT_MAX)

struct keyring {
	uint64_t version;
	struct keyring_entry *entries;
	size_t count;
	uint32_t *slots;    /* entries by hash of their name, from 1; 0: free */
	size_t slots_count; /* a power of two, at least twice the entries */
};

static void *allocate(size_t count, size_t size)
{
	void *memory = calloc(count, size);
	if (!memory)
		abort();
	return memory;
}

void keyring_key_wipe(struct keyring_key *key)
{
	OPENSSL_cleanse(key, sizeof(*key));
}

void keyring_key_generate(struct keyring_key *key, const struct dns_name *name,
			  enum hmac_algorithm algorithm, uint64_t now)
{
	*key = (struct keyring_key){
		.name = *name,
		.algorithm = algorithm,
		.created = now,
		.secret_len = hmac_by_number(algorithm)->mac_len,
	};
	if (RAND_priv_bytes(key->secret, key->secret_len) != 1)
		abort();
}

static struct bytes table_key(const struct dns_name *name, uint8_t buffer[DNS_NAME_KEY_MAX])
{
	struct dns_name root = dns_name_root();
	/* The root would be the empty key, which no table takes. */
	assert(name->labels > 0);
	return bytes_of(buffer, dns_name_key(buffer, name, &root));
}

/* What version 2 has more. */
static bool is_plain(const struct keyring_key *key)
{
	return key->previous_len == 0 && key->used == 0;
}

static void pack_history(const struct keyring_key *key, struct bytes_out *out)
{
	size_t len = strlen(key->used_from);
	bytes_out_u64(out, key->previous_until);
	bytes_out_u16(out, key->previous_len);
	bytes_out_put(out, key->previous, key->previous_len);
	bytes_out_u64(out, key->used);
	bytes_out_u8(out, (uint8_t)len);
	bytes_out_put(out, key->used_from, len);
}

static size_t pack(const struct keyring_key *key, uint8_t value[VALUE_MAX])
{
	struct bytes_out out = bytes_out_of(value, VALUE_MAX);
	bytes_out_u8(&out, is_plain(key) ? VALUE_PLAIN : VALUE_VERSION);
	bytes_out_u8(&out, (uint8_t)key->algorithm);
	bytes_out_u8(&out, (uint8_t)((key->is_disabled ? FLAG_DISABLED : 0) |
				     (key->has_md5_leave ? FLAG_MD5 : 0)));
	bytes_out_u64(&out, key->created);
	bytes_out_u16(&out, key->secret_len);
	bytes_out_put(&out, key->secret, key->secret_len);
	if (!is_plain(key))
		pack_history(key, &out);
	assert(!out.full);
	return bytes_out_len(&out);
}

static bool unpack_history(struct keyring_key *key, struct bytes_in *in)
{
	key->previous_until = bytes_in_u64(in);
	key->previous_len = bytes_in_u16(in);
	const uint8_t *previous = bytes_in_take(in, key->previous_len);
	key->used = bytes_in_u64(in);
	uint8_t len = bytes_in_u8(in);
	const uint8_t *from = bytes_in_take(in, len);
	if (in->bad || key->previous_len > KEYRING_SECRET_MAX || len >= ADDR_TEXT_MAX)
		return false;
	memcpy(key->previous, previous, key->previous_len);
	memcpy(key->used_from, from, len);
	key->used_from[len] = '\0';
	return true;
}

static bool unpack(struct keyring_key *key, struct bytes value)
{
	struct bytes_in in = bytes_in_of(value.data, value.len);
	uint8_t version = bytes_in_u8(&in);
	uint8_t algorithm = bytes_in_u8(&in);
	uint8_t flags = bytes_in_u8(&in);
	key->created = bytes_in_u64(&in);
	key->secret_len = bytes_in_u16(&in);
	const uint8_t *secret = bytes_in_take(&in, key->secret_len);
	key->previous_until = key->used = 0;
	key->previous_len = 0;
	key->used_from[0] = '\0';
	if (version == VALUE_VERSION && !in.bad && !unpack_history(key, &in))
		return false;
	if (in.bad || bytes_in_left(&in) != 0 ||
	    (version != VALUE_VERSION && version != VALUE_PLAIN) ||
	    key->secret_len > KEYRING_SECRET_MAX || !hmac_by_number(algorithm))
		return false;
	key->algorithm = algorithm;
	key->is_disabled = (flags & FLAG_DISABLED) != 0;
	key->has_md5_leave = (flags & FLAG_MD5) != 0;
	memcpy(key->secret, secret, key->secret_len);
	return true;
}

bool keyring_get(struct store_txn *txn, const struct dns_name *name, struct keyring_key *out)
{
	uint8_t buffer[DNS_NAME_KEY_MAX];
	struct bytes value;
	if (name->labels == 0 || !store_get(txn, STORE_KEYS, table_key(name, buffer), &value))
		return false;
	out->name = *name;
	if (unpack(out, value))
		return true;
	store_fail(txn, STORE_CORRUPT);
	return false;
}

void keyring_put(struct store_txn *txn, const struct keyring_key *key)
{
	uint8_t buffer[DNS_NAME_KEY_MAX], value[VALUE_MAX];
	size_t len = pack(key, value);
	store_put(txn, STORE_KEYS, table_key(&key->name, buffer), bytes_of(value, len));
	store_settings_changed(txn);
	OPENSSL_cleanse(value, sizeof(value));
}

bool keyring_del(struct store_txn *txn, const struct dns_name *name)
{
	uint8_t buffer[DNS_NAME_KEY_MAX];
	if (name->labels == 0 || !store_del(txn, STORE_KEYS, table_key(name, buffer)))
		return false;
	store_settings_changed(txn);
	return true;
}

void keyring_key_rotate(struct keyring_key *key, uint64_t until)
{
	memcpy(key->previous, key->secret, key->secret_len);
	key->previous_len = key->secret_len;
	key->previous_until = until;
	key->secret_len = hmac_by_number(key->algorithm)->mac_len;
	if (RAND_priv_bytes(key->secret, key->secret_len) != 1)
		abort();
}

void keyring_used(struct store_txn *txn, const struct dns_name *name, uint64_t at,
		  const struct addr *source)
{
	uint8_t buffer[DNS_NAME_KEY_MAX], value[VALUE_MAX];
	struct keyring_key key;
	if (!keyring_get(txn, name, &key))
		return;
	key.used = at;
	addr_print_host(source, key.used_from);
	size_t len = pack(&key, value);
	store_put(txn, STORE_KEYS, table_key(name, buffer), bytes_of(value, len));
	OPENSSL_cleanse(value, sizeof(value));
	keyring_key_wipe(&key);
}

void keyring_walk(struct store_txn *txn, bool (*each)(void *context, const struct keyring_key *),
		  void *context)
{
	struct dns_name root = dns_name_root();
	struct store_walk walk;
	struct bytes name, value;
	struct keyring_key key;
	bool goes_on = true;
	store_walk_from(&walk, txn, STORE_KEYS, bytes_of(NULL, 0), 0);
	while (goes_on && store_walk_next(&walk, &name, &value)) {
		if (dns_name_from_key(&key.name, name, &root) && unpack(&key, value)) {
			goes_on = each(context, &key);
		} else {
			store_fail(txn, STORE_CORRUPT);
			goes_on = false;
		}
	}
	store_walk_end(&walk);
	keyring_key_wipe(&key);
}

static bool count_one(void *context, const struct keyring_key *key)
{
	(void)key;
	++*(size_t *)context;
	return true;
}

static bool take_one(void *context, const struct keyring_key *key)
{
	struct keyring *ring = context;
	struct keyring_entry *entry = &ring->entries[ring->count];
	entry->name = key->name;
	/* A digest that OpenSSL does not offer here: the key is as good as disabled. */
	bool is_usable =
		hmac_key_set(&entry->key, key->algorithm, bytes_of(key->secret, key->secret_len));
	entry->is_disabled = key->is_disabled || !is_usable;
	entry->has_md5_leave = key->has_md5_leave;
	entry->previous_until = key->previous_until;
	if (key->previous_len > 0)
		hmac_key_set(&entry->previous, key->algorithm,
			     bytes_of(key->previous, key->previous_len));
	ring->count++;
	return true;
}

/* FNV-1a. Who could choose names that collide may also write the keys. */
static size_t slot_of(const struct keyring *ring, const struct dns_name *name)
{
	uint32_t hash = 2166136261u;
	for (size_t i = 0; i < name->len; i++)
		hash = (hash ^ name->wire[i]) * 16777619u;
	return hash & (ring->slots_count - 1);
}

static void index_entries(struct keyring *ring)
{
	ring->slots_count = 16;
	while (ring->slots_count < ring->count * 2)
		ring->slots_count *= 2;
	ring->slots = allocate(ring->slots_count, sizeof(*ring->slots));
	for (size_t i = 0; i < ring->count; i++) {
		size_t slot = slot_of(ring, &ring->entries[i].name);
		while (ring->slots[slot] != 0)
			slot = (slot + 1) & (ring->slots_count - 1);
		ring->slots[slot] = (uint32_t)i + 1;
	}
}

struct keyring *keyring_load(struct store_txn *txn)
{
	struct keyring *ring = allocate(1, sizeof(*ring));
	size_t count = 0;
	/* Counted first: an array that grows would leave secrets behind in the heap. */
	keyring_walk(txn, count_one, &count);
	ring->entries = allocate(count + 1, sizeof(*ring->entries));
	keyring_walk(txn, take_one, ring);
	ring->version = store_settings_version(txn);
	index_entries(ring);
	return ring;
}

void keyring_free(struct keyring *ring)
{
	if (!ring)
		return;
	for (size_t i = 0; i < ring->count; i++) {
		hmac_free(ring->entries[i].hmac);
		hmac_free(ring->entries[i].previous_hmac);
		hmac_key_wipe(&ring->entries[i].key);
		hmac_key_wipe(&ring->entries[i].previous);
	}
	free(ring->entries);
	free(ring->slots);
	free(ring);
}

size_t keyring_count(const struct keyring *ring)
{
	return ring->count;
}

uint64_t keyring_version(const struct keyring *ring)
{
	return ring->version;
}

struct keyring_entry *keyring_find(const struct keyring *ring, const struct dns_name *name)
{
	for (size_t slot = slot_of(ring, name); ring->slots[slot] != 0;
	     slot = (slot + 1) & (ring->slots_count - 1)) {
		struct keyring_entry *entry = &ring->entries[ring->slots[slot] - 1];
		if (dns_name_equal(&entry->name, name))
			return entry;
	}
	return NULL;
}

struct hmac *keyring_hmac(struct keyring_entry *entry)
{
	if (!entry->hmac)
		entry->hmac = hmac_new(&entry->key);
	return entry->hmac;
}

struct hmac *keyring_hmac_previous(struct keyring_entry *entry, uint64_t now)
{
	if (entry->previous.len == 0 || now >= entry->previous_until)
		return NULL;
	if (!entry->previous_hmac)
		entry->previous_hmac = hmac_new(&entry->previous);
	return entry->previous_hmac;
}
