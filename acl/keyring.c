/* SPDX-License-Identifier: BSD-2-Clause */
#include "acl/keyring.h"
#include "base/nearest.h"
#include "base/codec.h"
#include <assert.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <stdlib.h>

/* Fields of a row. */
#define ROW_ALGORITHM      "algorithm"
#define ROW_CREATED        "created"
#define ROW_DISABLED       "disabled"
#define ROW_MD5            "allow-md5"
#define ROW_SEALED         "sealed"
#define ROW_ROTATED        "rotated"
#define ROW_PREVIOUS_UNTIL "previous-until"
#define ROW_PREVIOUS       "previous"

struct keyring {
	const struct store_key *store_key;
	size_t sealed; /* keys that could not be unsealed */
	struct hash_table by_name;
};

static void *keyring_allocate(size_t count, size_t size)
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

void keyring_key_rotate(struct keyring_key *key, uint64_t now, uint64_t until)
{
	memcpy(key->previous, key->secret, key->secret_len);
	key->previous_len = key->secret_len;
	memcpy(key->previous_sealed, key->sealed, key->sealed_len);
	key->previous_sealed_len = key->sealed_len;
	key->previous_until = until;
	key->rotated = now;
	key->sealed_len = 0;
	key->secret_len = hmac_by_number(key->algorithm)->mac_len;
	if (RAND_priv_bytes(key->secret, key->secret_len) != 1)
		abort();
}

uint64_t keyring_key_since(const struct keyring_key *key)
{
	return key->rotated ? key->rotated : key->created;
}

const char *keyring_key_unseal(struct keyring_key *key, const struct store_key *store_key)
{
	const char *problem = store_key_unseal(store_key, &key->name,
					       bytes_of(key->sealed, key->sealed_len), key->secret);
	if (!problem)
		key->secret_len = (uint16_t)(key->sealed_len - STORE_KEY_OVERHEAD);
	if (key->previous_sealed_len &&
	    !store_key_unseal(store_key, &key->name,
			      bytes_of(key->previous_sealed, key->previous_sealed_len),
			      key->previous))
		key->previous_len = (uint16_t)(key->previous_sealed_len - STORE_KEY_OVERHEAD);
	return problem;
}

size_t keyring_key_size(const struct keyring_key *key)
{
	return key->sealed_len ? key->sealed_len - (size_t)STORE_KEY_OVERHEAD : key->secret_len;
}

/* --- rows */

static struct bytes keyring_table_key(const struct dns_name *name, uint8_t buffer[STATE_KEY_MAX])
{
	/* The root would be the empty key, which no table takes. */
	assert(name->labels > 0);
	return state_key_apex(name, buffer);
}

static void put_sealed(struct state_row_writer *row, const char *word, struct bytes sealed)
{
	char hex[2 * KEYRING_SEALED_MAX];
	struct bytes_out out = bytes_out_of(hex, sizeof(hex));
	codec_print(CODEC_HEX, sealed, &out);
	assert(!out.full);
	state_row_put(row, word, bytes_of(hex, bytes_out_len(&out)));
}

/* Seals what is not sealed. False: there is no store key. */
static bool put_secret(struct state_row_writer *row, const char *word,
		       const struct store_key *store_key, const struct dns_name *name,
		       struct bytes sealed, struct bytes secret)
{
	uint8_t buffer[KEYRING_SEALED_MAX];
	if (sealed.len == 0) {
		if (!store_key || secret.len == 0)
			return false;
		sealed = bytes_of(buffer, store_key_seal(store_key, name, secret, buffer));
	}
	put_sealed(row, word, sealed);
	return sealed.len > 0;
}

bool keyring_put(struct state_edit *rows, const struct store_key *store_key,
		 const struct keyring_key *key)
{
	uint8_t buffer[STATE_KEY_MAX];
	struct state_row_writer row = {.arena = rows->arena};
	state_row_put_text(&row, ROW_ALGORITHM, hmac_by_number(key->algorithm)->text);
	state_row_put_number(&row, ROW_CREATED, key->created);
	state_row_put_flag(&row, ROW_DISABLED, key->is_disabled);
	state_row_put_flag(&row, ROW_MD5, key->has_md5_leave);
	if (key->rotated)
		state_row_put_number(&row, ROW_ROTATED, key->rotated);
	bool is_well = put_secret(&row, ROW_SEALED, store_key, &key->name,
				  bytes_of(key->sealed, key->sealed_len),
				  bytes_of(key->secret, key->secret_len));
	if (is_well && (key->previous_sealed_len || key->previous_len)) {
		state_row_put_number(&row, ROW_PREVIOUS_UNTIL, key->previous_until);
		is_well = put_secret(&row, ROW_PREVIOUS, store_key, &key->name,
				     bytes_of(key->previous_sealed, key->previous_sealed_len),
				     bytes_of(key->previous, key->previous_len));
	}
	if (is_well)
		state_put(rows, STATE_KEY, keyring_table_key(&key->name, buffer),
			  state_row_end(&row));
	return is_well;
}

bool keyring_del(struct state_edit *rows, const struct dns_name *name)
{
	uint8_t buffer[STATE_KEY_MAX];
	return name->labels > 0 && state_del(rows, STATE_KEY, keyring_table_key(name, buffer));
}

static bool take_sealed(struct bytes row, const char *word, uint8_t out[KEYRING_SEALED_MAX],
			uint16_t *len)
{
	struct bytes text;
	struct bytes_out bytes = bytes_out_of(out, KEYRING_SEALED_MAX);
	if (!state_row_find(row, word, &text) ||
	    !codec_parse(CODEC_HEX, (const char *)text.data, text.len, &bytes) ||
	    bytes_out_len(&bytes) <= STORE_KEY_OVERHEAD)
		return false;
	*len = (uint16_t)bytes_out_len(&bytes);
	return true;
}

static bool keyring_take_fields(struct keyring_key *key, struct bytes row)
{
	struct bytes text;
	if (!state_row_find(row, ROW_ALGORITHM, &text))
		return false;
	const struct hmac_info *info = hmac_by_text((const char *)text.data, text.len);
	if (!info || !state_row_number(row, ROW_CREATED, &key->created) ||
	    !state_row_flag(row, ROW_DISABLED, &key->is_disabled) ||
	    !state_row_flag(row, ROW_MD5, &key->has_md5_leave))
		return false;
	key->rotated = 0;
	if (state_row_find(row, ROW_ROTATED, &text) &&
	    !state_row_number(row, ROW_ROTATED, &key->rotated))
		return false;
	key->algorithm = info->algorithm;
	return take_sealed(row, ROW_SEALED, key->sealed, &key->sealed_len);
}

bool keyring_unpack(struct keyring_key *key, struct bytes name, struct bytes row)
{
	struct dns_name root = dns_name_root();
	struct bytes previous;
	key->secret_len = key->previous_len = key->previous_sealed_len = 0;
	key->previous_until = 0;
	if (!dns_name_from_key(&key->name, name, &root) || key->name.labels == 0 ||
	    !keyring_take_fields(key, row))
		return false;
	if (!state_row_find(row, ROW_PREVIOUS, &previous))
		return true;
	return state_row_number(row, ROW_PREVIOUS_UNTIL, &key->previous_until) &&
	       take_sealed(row, ROW_PREVIOUS, key->previous_sealed, &key->previous_sealed_len);
}

bool keyring_get(struct store_txn *txn, const struct dns_name *name, struct keyring_key *out)
{
	uint8_t buffer[STATE_KEY_MAX];
	struct bytes row;
	if (name->labels == 0 || !state_get(txn, STATE_KEY, keyring_table_key(name, buffer), &row))
		return false;
	if (keyring_unpack(out, keyring_table_key(name, buffer), row))
		return true;
	store_fail(txn, STORE_CORRUPT);
	return false;
}

void keyring_walk(struct store_txn *txn, bool (*each)(void *context, const struct keyring_key *),
		  void *context)
{
	struct state_walk walk;
	struct bytes name, row;
	struct keyring_key key;
	bool goes_on = true;
	state_walk_from(&walk, txn, STATE_KEY, bytes_of(NULL, 0));
	while (goes_on && state_walk_next(&walk, &name, &row)) {
		if (keyring_unpack(&key, name, row)) {
			goes_on = each(context, &key);
		} else {
			store_fail(txn, STORE_CORRUPT);
			goes_on = false;
		}
	}
	state_walk_end(&walk);
}

struct store_keys {
	struct store_key_id *ids;
	size_t room, count;
};

static void store_keys_add(struct store_keys *found, struct bytes sealed)
{
	struct store_key_id id;
	if (!store_key_of(sealed, &id))
		return;
	for (size_t i = 0; i < found->count && i < found->room; i++) {
		if (store_key_id_equal(&found->ids[i], &id))
			return;
	}
	if (found->count < found->room)
		found->ids[found->count] = id;
	found->count++;
}

static bool keyring_store_keys_of(void *context, const struct keyring_key *key)
{
	store_keys_add(context, bytes_of(key->sealed, key->sealed_len));
	store_keys_add(context, bytes_of(key->previous_sealed, key->previous_sealed_len));
	return true;
}

size_t keyring_store_keys(struct store_txn *txn, struct store_key_id *ids, size_t room)
{
	struct store_keys found = {.ids = ids, .room = room};
	keyring_walk(txn, keyring_store_keys_of, &found);
	return found.count;
}

/* --- snapshots */

static bool keyring_entry_is(const struct hash_link *link, const void *name)
{
	return dns_name_equal(&container_of(link, const struct keyring_entry, link)->name, name);
}

/* Each entry is allocated for itself: an array that grows would leave secrets behind in the heap.
 */
static void keyring_forget(struct keyring *ring, struct keyring_entry *entry)
{
	ring->sealed -= entry->is_sealed;
	hash_table_remove(&ring->by_name, &entry->link);
	hmac_free(entry->hmac);
	hmac_free(entry->previous_hmac);
	hmac_key_wipe(&entry->key);
	hmac_key_wipe(&entry->previous);
	free(entry);
}

static void keyring_set(struct keyring *ring, const struct keyring_key *stored)
{
	struct keyring_entry *entry = keyring_allocate(1, sizeof(*entry));
	struct keyring_key key = *stored;
	entry->name = key.name;
	entry->is_sealed = !ring->store_key || keyring_key_unseal(&key, ring->store_key);
	ring->sealed += entry->is_sealed;
	if (entry->is_sealed && !store_key_of(bytes_of(key.sealed, key.sealed_len), &entry->needs))
		entry->needs = (struct store_key_id){0};
	/* A digest that OpenSSL does not offer here: the key is as good as disabled. */
	bool is_usable = entry->is_sealed || hmac_key_set(&entry->key, key.algorithm,
							  bytes_of(key.secret, key.secret_len));
	entry->is_disabled = key.is_disabled || !is_usable;
	entry->has_md5_leave = key.has_md5_leave;
	entry->previous_until = key.previous_until;
	if (key.previous_len > 0 && !hmac_key_set(&entry->previous, key.algorithm,
						  bytes_of(key.previous, key.previous_len)))
		hmac_key_wipe(&entry->previous);
	keyring_key_wipe(&key);
	hash_table_put(&ring->by_name, &entry->link, dns_name_hash(&entry->name));
}

static bool take_one(void *context, const struct keyring_key *stored)
{
	keyring_set(context, stored);
	return true;
}

struct keyring *keyring_load(struct store_txn *txn, const struct store_key *store_key)
{
	struct keyring *ring = keyring_allocate(1, sizeof(*ring));
	ring->store_key = store_key;
	keyring_walk(txn, take_one, ring);
	return ring;
}

void keyring_update(struct keyring *ring, struct store_txn *txn, struct bytes name)
{
	struct keyring_key key;
	struct dns_name apex, root = dns_name_root();
	struct bytes row;
	bool is_name = dns_name_from_key(&apex, name, &root);
	bool is_there = state_get(txn, STATE_KEY, name, &row);
	if (!is_name || (is_there && !keyring_unpack(&key, name, row)))
		store_fail(txn, STORE_CORRUPT);
	if (txn->error)
		return;
	struct keyring_entry *entry = keyring_find(ring, &apex);
	if (entry)
		keyring_forget(ring, entry);
	if (is_there)
		keyring_set(ring, &key);
}

void keyring_free(struct keyring *ring)
{
	struct hash_link *link;
	if (!ring)
		return;
	while ((link = hash_table_first(&ring->by_name)) != NULL)
		keyring_forget(ring, container_of(link, struct keyring_entry, link));
	hash_table_free(&ring->by_name);
	free(ring);
}

size_t keyring_count(const struct keyring *ring)
{
	return ring->by_name.count;
}

size_t keyring_sealed_count(const struct keyring *ring, struct store_key_id *needs)
{
	const struct keyring_entry *first = NULL;
	struct hash_link *link = ring->sealed ? hash_table_first(&ring->by_name) : NULL;
	for (; link; link = hash_table_next(&ring->by_name, link)) {
		const struct keyring_entry *entry =
			container_of(link, const struct keyring_entry, link);
		if (entry->is_sealed &&
		    (!first || dns_name_compare(&entry->name, &first->name) < 0))
			first = entry;
	}
	*needs = first ? first->needs : (struct store_key_id){0};
	return ring->sealed;
}

struct keyring_entry *keyring_find(const struct keyring *ring, const struct dns_name *name)
{
	struct hash_link *link =
		hash_table_find(&ring->by_name, dns_name_hash(name), keyring_entry_is, name);
	return link ? container_of(link, struct keyring_entry, link) : NULL;
}

const char *keyring_nearest(const struct keyring *ring, const struct dns_name *name,
			    struct arena *arena)
{
	char wanted[DNS_NAME_TEXT_MAX], text[DNS_NAME_TEXT_MAX];
	struct nearest nearest = nearest_to(dns_name_show(name, wanted));
	for (struct hash_link *link = hash_table_first(&ring->by_name); link;
	     link = hash_table_next(&ring->by_name, link)) {
		dns_name_show(&container_of(link, struct keyring_entry, link)->name, text);
		nearest_try(&nearest, arena_text(arena, text, strlen(text)));
	}
	return nearest_found(&nearest);
}

struct hmac *keyring_hmac(struct keyring_entry *entry)
{
	if (!entry->hmac && !entry->is_sealed)
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
