/* SPDX-License-Identifier: BSD-2-Clause */
/* The owners in each zone and how many names they have, against the names. */
#include "vault/check_parts.h"
#include "zonedb/principal.h"
#include <string.h>

/* The names of one unsigned client in a zone, as its names have it. */
struct client_names {
	struct hash_link link;
	uint32_t zone_id;
	struct names_owner owner;
	uint32_t names;
};

struct client_key {
	uint32_t zone_id;
	const struct names_owner *owner;
};

static bool unsigned_names_is(const struct hash_link *link, const void *key)
{
	const struct client_names *client = container_of(link, struct client_names, link);
	const struct client_key *wanted = key;
	return client->zone_id == wanted->zone_id &&
	       names_owner_equal(&client->owner, wanted->owner);
}

static uint64_t unsigned_names_hash(const struct client_key *key)
{
	uint64_t hash = hash_add(HASH_START, &key->zone_id, sizeof key->zone_id);
	return hash_end(hash_add(hash, key->owner->prefix, key->owner->prefix_len));
}

static struct client_names *unsigned_names_find(struct check *check, const struct client_key *key)
{
	struct hash_link *link =
		hash_table_find(&check->clients, unsigned_names_hash(key), unsigned_names_is, key);
	return link ? container_of(link, struct client_names, link) : NULL;
}

static void unsigned_names_add(struct check *check, const struct client_key *key)
{
	struct client_names *client = unsigned_names_find(check, key);
	if (!client) {
		client = arena_zero(&check->client_arena, sizeof *client);
		client->zone_id = key->zone_id;
		client->owner = *key->owner;
		hash_table_put(&check->clients, &client->link, unsigned_names_hash(key));
	}
	client->names++;
}

struct owners_row {
	enum owned_names_row kind;
	struct client_key key;
	struct names_owner owner;
	struct owned_names count;
};

static void owners_row_read(const struct store_row *row, struct owners_row *read)
{
	struct bytes_in in = bytes_in_of(row->key.data, row->key.len);
	read->key = (struct client_key){bytes_in_u32(&in), &read->owner};
	read->kind = owned_names_read(row->key, row->value, &read->owner, &read->count);
}

void check_owned_name(struct check *check, uint32_t zone_id, const struct node *node,
		      struct bytes key)
{
	struct names_owner owner;
	names_tally_add(&check->tally, zone_id, node);
	if (!owned_names_claimant(&node->client, &owner))
		return;
	unsigned_names_add(check, &(struct client_key){zone_id, &owner});
	if (!owned_names_has_unsigned(node))
		check_find(check, STORE_NODES, key,
			   "it is an unsigned client's, and holds no record of one");
}

static bool take_owned_count(void *context, const struct store_row *row)
{
	struct check *check = context;
	struct owners_row read;
	owners_row_read(row, &read);
	if (!row->is_whole || read.kind == OWNED_ROW_OTHER)
		return true;
	if (read.kind == OWNED_ROW_BROKEN) {
		check_find(check, STORE_ZONE_OWNERS, row->key, "it cannot be read");
		return true;
	}
	const struct client_names *client =
		read.owner.prefix_len ? unsigned_names_find(check, &read.key) : NULL;
	uint32_t names = !read.owner.prefix_len
				 ? names_tally_of(&check->tally, read.key.zone_id, read.owner.id)
			 : client ? client->names
				  : 0;
	if (names != read.count.names)
		check_find(check, STORE_ZONE_OWNERS, row->key, "the number of names is wrong");
	return true;
}

/* Those that are there are compared above. */
static void find_uncounted(void *context, uint32_t zone_id, uint32_t id, uint32_t names)
{
	struct check *check = context;
	struct names_owner owner = names_owner_of(id);
	uint8_t key[8];
	struct bytes_out out = bytes_out_of(key, sizeof key);
	bool is_counted = owned_names_of(&check->txn, zone_id, &owner).names > 0;
	bool is_damaged = check->txn.error == STORE_CORRUPT;
	check->txn.error = is_damaged ? STORE_OK : check->txn.error;
	bytes_out_u32(&out, zone_id);
	bytes_out_u32(&out, id);
	if (names && !is_counted && !is_damaged)
		check_find(check, STORE_ZONE_OWNERS, bytes_of(key, sizeof key),
			   "an owner's number of names is missing in it");
}

void check_owners(struct check *check)
{
	if (check->has_owned_names) {
		store_scan(&check->txn, STORE_ZONE_OWNERS, take_owned_count, check);
		names_tally_each(&check->tally, find_uncounted, check);
	}
	names_tally_free(&check->tally);
	hash_table_free(&check->clients);
	arena_free(&check->client_arena);
}
