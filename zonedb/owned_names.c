/* SPDX-License-Identifier: BSD-2-Clause */
#include "zonedb/owned_names.h"
#include "journal/journal.h"
#include "zonedb/principal.h"
#include "zonedb/walk.h"
#include <assert.h>
#include <stdlib.h>

#define ARE_KEPT   "names-counted"
#define MARK_OWNER 'p'
#define MARK_COUNT 's'
#define HEAD_LEN   8 /* zone, and 0 */
#define COUNT_LEN  8
#define IPV6_LEN   7 /* a /56 */

struct owned_key {
	uint8_t bytes[STORE_ROW_KEY_MAX];
	size_t len;
};

static struct bytes owned_key_bytes(const struct owned_key *key)
{
	return bytes_of(key->bytes, key->len);
}

static struct owned_key owned_key_head(uint32_t zone_id, uint8_t mark)
{
	struct owned_key key;
	struct bytes_out out = bytes_out_of(key.bytes, sizeof key.bytes);
	bytes_out_u32(&out, zone_id);
	bytes_out_u32(&out, PRINCIPAL_ANONYMOUS);
	bytes_out_u8(&out, mark);
	key.len = bytes_out_len(&out);
	return key;
}

static void owned_key_put(struct owned_key *key, struct bytes bytes)
{
	assert(key->len + bytes.len <= sizeof key->bytes);
	memcpy(key->bytes + key->len, bytes.data, bytes.len);
	key->len += bytes.len;
}

/* Of the count of an owner. */
static struct owned_key count_key(uint32_t zone_id, const struct names_owner *owner)
{
	struct owned_key key = owned_key_head(zone_id, owner->prefix_len ? MARK_COUNT : MARK_OWNER);
	uint8_t id[4];
	struct bytes_out out = bytes_out_of(id, sizeof id);
	bytes_out_u32(&out, owner->id);
	owned_key_put(&key, owner->prefix_len ? bytes_of(owner->prefix, owner->prefix_len)
					      : bytes_of(id, sizeof id));
	return key;
}

static bool count_read(struct bytes value, struct owned_names *count)
{
	struct bytes_in in = bytes_in_of(value.data, value.len);
	count->names = bytes_in_u32(&in);
	count->base = bytes_in_u32(&in);
	return !in.bad && bytes_in_left(&in) == 0;
}

static void count_write(struct store_txn *txn, uint32_t zone_id, const struct names_owner *owner,
			struct owned_names count)
{
	uint8_t value[COUNT_LEN];
	struct bytes_out out = bytes_out_of(value, sizeof value);
	struct owned_key key = count_key(zone_id, owner);
	bytes_out_u32(&out, count.names);
	bytes_out_u32(&out, count.base);
	if (count.names == 0)
		store_del(txn, STORE_ZONE_OWNERS, owned_key_bytes(&key));
	else
		store_put(txn, STORE_ZONE_OWNERS, owned_key_bytes(&key),
			  bytes_of(value, sizeof value));
}

struct names_owner names_owner_of(uint32_t id)
{
	return (struct names_owner){.id = id};
}

struct names_owner names_owner_of_addr(const struct addr *addr)
{
	struct names_owner owner = {.id = PRINCIPAL_ANONYMOUS};
	if (addr->any.sa_family == AF_INET) {
		owner.prefix_len = sizeof addr->v4.sin_addr;
		memcpy(owner.prefix, &addr->v4.sin_addr, owner.prefix_len);
	} else if (addr->any.sa_family == AF_INET6) {
		bool is_v4 = IN6_IS_ADDR_V4MAPPED(&addr->v6.sin6_addr);
		owner.prefix_len = is_v4 ? sizeof addr->v4.sin_addr : IPV6_LEN;
		memcpy(owner.prefix, addr->v6.sin6_addr.s6_addr + (is_v4 ? 12 : 0),
		       owner.prefix_len);
	} else {
		owner.prefix_len = 1; /* of no family: they share one count */
	}
	return owner;
}

bool names_owner_equal(const struct names_owner *a, const struct names_owner *b)
{
	return a->id == b->id && a->prefix_len == b->prefix_len &&
	       memcmp(a->prefix, b->prefix, a->prefix_len) == 0;
}

void names_owner_print(const struct names_owner *owner, char out[ADDR_TEXT_MAX])
{
	struct addr addr = {.len = sizeof addr.v6};
	if (owner->prefix_len == IPV6_LEN) {
		addr.v6.sin6_family = AF_INET6;
		memcpy(addr.v6.sin6_addr.s6_addr, owner->prefix, IPV6_LEN);
	} else {
		addr.len = sizeof addr.v4;
		addr.v4.sin_family = AF_INET;
		memcpy(&addr.v4.sin_addr, owner->prefix, sizeof addr.v4.sin_addr);
	}
	addr_print_host(&addr, out);
	if (owner->prefix_len == IPV6_LEN)
		strncat(out, "/56", ADDR_TEXT_MAX - strlen(out) - 1);
}

struct owned_names owned_names_of(struct store_txn *txn, uint32_t zone_id,
				  const struct names_owner *owner)
{
	struct owned_key key = count_key(zone_id, owner);
	struct owned_names count = {0};
	struct bytes value;
	if (store_get(txn, STORE_ZONE_OWNERS, owned_key_bytes(&key), &value) &&
	    !count_read(value, &count))
		store_fail(txn, STORE_CORRUPT);
	return count;
}

void owned_names_set_base(struct store_txn *txn, uint32_t zone_id, const struct names_owner *owner,
			  uint32_t base)
{
	struct owned_names count = owned_names_of(txn, zone_id, owner);
	count.base = base;
	count_write(txn, zone_id, owner, count);
}

static void count_add(struct store_txn *txn, uint32_t zone_id, const struct names_owner *owner,
		      int by)
{
	struct owned_names count = owned_names_of(txn, zone_id, owner);
	/* A store that is not counted yet has less than nothing. */
	count.names = by < 0 && count.names == 0 ? 0 : count.names + (uint32_t)by;
	count_write(txn, zone_id, owner, count);
}

bool owned_names_claimant(const struct node_client *client, struct names_owner *owner)
{
	*owner = (struct names_owner){.id = PRINCIPAL_ANONYMOUS, .prefix_len = client->len};
	memcpy(owner->prefix, client->prefix, client->len);
	return client->len > 0;
}

/* The owners of a name's records, each once, ascending. */
struct owner_list {
	uint32_t *ids;
	size_t count;
	bool has_unsigned; /* records of `anonymous` that are not static */
};

static int owner_compare(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	return x < y ? -1 : x > y;
}

static void owner_list_put(struct owner_list *list, uint32_t owner, enum record_class class)
{
	list->has_unsigned |= owner == PRINCIPAL_ANONYMOUS && !principal_is_nobody(owner, class);
	if (owner != PRINCIPAL_ANONYMOUS &&
	    (list->count == 0 || list->ids[list->count - 1] != owner))
		list->ids[list->count++] = owner;
}

static void owner_list_sort(struct owner_list *list)
{
	size_t kept = 0;
	if (list->count > 1)
		qsort(list->ids, list->count, sizeof *list->ids, owner_compare);
	for (size_t i = 0; i < list->count; i++)
		if (kept == 0 || list->ids[kept - 1] != list->ids[i])
			list->ids[kept++] = list->ids[i];
	list->count = kept;
}

static struct owner_list owners_of_node(const struct node *node, struct arena *arena)
{
	struct owner_list list = {0};
	struct node_walk walk = node_walk_of(node);
	struct node_record record;
	size_t count = 0;
	while (node_walk_next(&walk, &record))
		count++;
	list.ids = arena_alloc(arena, (count + 1) * sizeof *list.ids);
	walk = node_walk_of(node);
	while (node_walk_next(&walk, &record))
		owner_list_put(&list, record.owner, record.class);
	owner_list_sort(&list);
	return list;
}

static struct owner_list owners_of_rrsets(const struct edit_rrset *rrsets, struct arena *arena)
{
	struct owner_list list = {0};
	size_t count = 0;
	for (const struct edit_rrset *s = rrsets; s; s = s->next)
		for (const struct edit_record *r = s->records; r; r = r->next)
			count++;
	list.ids = arena_alloc(arena, (count + 1) * sizeof *list.ids);
	for (const struct edit_rrset *s = rrsets; s; s = s->next)
		for (const struct edit_record *r = s->records; r; r = r->next)
			owner_list_put(&list, r->owner, r->class);
	owner_list_sort(&list);
	return list;
}

/* Mostly a name has one owner. */
struct one_owner {
	uint32_t id; /* PRINCIPAL_ANONYMOUS: `anonymous`, or there are no records */
	bool is_any, is_several;
	bool has_unsigned; /* as in struct owner_list */
};

static void one_owner_put(struct one_owner *one, uint32_t owner, enum record_class class)
{
	one->is_several |= one->is_any && one->id != owner;
	one->is_any = true;
	one->id = owner;
	one->has_unsigned |= owner == PRINCIPAL_ANONYMOUS && !principal_is_nobody(owner, class);
}

static struct one_owner one_of_stored(const struct edit_name *name)
{
	struct one_owner one = {.id = PRINCIPAL_ANONYMOUS};
	struct node_walk walk = node_walk_of(&name->stored);
	struct node_record record;
	while (name->is_stored && node_walk_next(&walk, &record))
		one_owner_put(&one, record.owner, record.class);
	return one;
}

static struct one_owner one_of_rrsets(const struct edit_rrset *rrsets)
{
	struct one_owner one = {.id = PRINCIPAL_ANONYMOUS};
	for (const struct edit_rrset *s = rrsets; s; s = s->next)
		for (const struct edit_record *r = s->records; r; r = r->next)
			one_owner_put(&one, r->owner, r->class);
	return one;
}

static void owned_names_count(struct store_txn *txn, uint32_t zone_id, uint32_t owner, int by)
{
	struct names_owner of = names_owner_of(owner);
	count_add(txn, zone_id, &of, by);
}

/* The owner of a name becomes another. */
static void owned_names_pass(struct store_txn *txn, uint32_t zone_id, uint32_t was, uint32_t is)
{
	if (was == is)
		return;
	if (was != PRINCIPAL_ANONYMOUS)
		owned_names_count(txn, zone_id, was, -1);
	if (is != PRINCIPAL_ANONYMOUS)
		owned_names_count(txn, zone_id, is, 1);
}

static void owned_names_pass_all(struct store_txn *txn, uint32_t zone_id,
				 const struct edit_name *name, struct arena *arena)
{
	static const struct node empty;
	struct owner_list was = owners_of_node(name->is_stored ? &name->stored : &empty, arena);
	struct owner_list is = owners_of_rrsets(name->rrsets, arena);
	for (size_t i = 0, k = 0; i < was.count || k < is.count;) {
		bool takes_was = i < was.count && (k == is.count || was.ids[i] <= is.ids[k]);
		bool takes_is = k < is.count && (i == was.count || is.ids[k] <= was.ids[i]);
		if (takes_was != takes_is)
			owned_names_count(txn, zone_id, takes_was ? was.ids[i] : is.ids[k],
					  takes_is ? 1 : -1);
		i += takes_was;
		k += takes_is;
	}
}

static struct node_client client_of(const struct names_owner *owner)
{
	struct node_client client = {.len = owner->prefix_len};
	memcpy(client.prefix, owner->prefix, owner->prefix_len);
	return client;
}

struct node_client owned_names_move(struct store_txn *txn, const struct zone *zone,
				    const struct edit_name *name, const struct addr *source,
				    struct arena *arena)
{
	static const struct node_client nobody;
	struct one_owner was = one_of_stored(name), is = one_of_rrsets(name->rrsets);
	struct node_client client = name->is_stored ? name->stored.client : nobody;
	struct names_owner owner;
	if (was.is_several || is.is_several)
		owned_names_pass_all(txn, zone->id, name, arena);
	else
		owned_names_pass(txn, zone->id, was.id, is.id);
	if (!is.has_unsigned && owned_names_claimant(&client, &owner)) {
		count_add(txn, zone->id, &owner, -1);
		return nobody;
	}
	if (!is.has_unsigned || was.has_unsigned || !source)
		return client;
	owner = names_owner_of_addr(source);
	count_add(txn, zone->id, &owner, 1);
	return client_of(&owner);
}

/* --- many names */

struct tally_count {
	struct hash_link link;
	uint64_t key; /* zone, owner */
	uint32_t names;
};

static uint64_t tally_key(uint32_t zone_id, uint32_t owner)
{
	return (uint64_t)zone_id << 32 | owner;
}

/* Ids are the store's. */
static uint64_t tally_hash(uint64_t key)
{
	return hash_bytes(bytes_of(&key, sizeof key));
}

static bool tally_is(const struct hash_link *link, const void *key)
{
	return container_of(link, struct tally_count, link)->key == *(const uint64_t *)key;
}

static struct tally_count *tally_find(const struct names_tally *tally, uint64_t key)
{
	struct hash_link *link = hash_table_find(&tally->counts, tally_hash(key), tally_is, &key);
	return link ? container_of(link, struct tally_count, link) : NULL;
}

static void tally_take(struct names_tally *tally, uint32_t zone_id, const struct owner_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		uint64_t key = tally_key(zone_id, list->ids[i]);
		struct tally_count *count = tally_find(tally, key);
		if (!count) {
			count = arena_zero(&tally->arena, sizeof *count);
			count->key = key;
			hash_table_put(&tally->counts, &count->link, tally_hash(key));
		}
		count->names++;
	}
	arena_reset(&tally->scratch);
}

void names_tally_add(struct names_tally *tally, uint32_t zone_id, const struct node *node)
{
	struct owner_list list = owners_of_node(node, &tally->scratch);
	tally_take(tally, zone_id, &list);
}

void names_tally_add_rrsets(struct names_tally *tally, uint32_t zone_id,
			    const struct edit_rrset *rrsets)
{
	struct owner_list list = owners_of_rrsets(rrsets, &tally->scratch);
	tally_take(tally, zone_id, &list);
}

uint32_t names_tally_of(const struct names_tally *tally, uint32_t zone_id, uint32_t owner)
{
	const struct tally_count *count = tally_find(tally, tally_key(zone_id, owner));
	return count ? count->names : 0;
}

void names_tally_each(const struct names_tally *tally,
		      void (*each)(void *context, uint32_t zone_id, uint32_t owner, uint32_t names),
		      void *context)
{
	for (struct hash_link *link = hash_table_first(&tally->counts); link;
	     link = hash_table_next(&tally->counts, link)) {
		const struct tally_count *count = container_of(link, struct tally_count, link);
		each(context, (uint32_t)(count->key >> 32), (uint32_t)count->key, count->names);
	}
}

static void tally_store_one(void *context, uint32_t zone_id, uint32_t owner, uint32_t names)
{
	owned_names_count(context, zone_id, owner, (int)names);
}

void names_tally_store(struct names_tally *tally, struct store_txn *txn)
{
	names_tally_each(tally, tally_store_one, txn);
}

void names_tally_free(struct names_tally *tally)
{
	hash_table_free(&tally->counts);
	arena_free(&tally->arena);
	arena_free(&tally->scratch);
}

/* --- reading */

enum owned_names_row owned_names_read(struct bytes key, struct bytes value,
				      struct names_owner *owner, struct owned_names *count)
{
	struct bytes_in in = bytes_in_of(key.data, key.len);
	bytes_in_u32(&in);
	uint32_t zero = bytes_in_u32(&in);
	if (key.len <= HEAD_LEN || zero != PRINCIPAL_ANONYMOUS)
		return OWNED_ROW_OTHER;
	uint8_t mark = bytes_in_u8(&in);
	*owner = (struct names_owner){.id = PRINCIPAL_ANONYMOUS};
	if (mark == MARK_OWNER) {
		owner->id = bytes_in_u32(&in);
	} else if (mark == MARK_COUNT && bytes_in_left(&in) > 0 &&
		   bytes_in_left(&in) <= OWNED_PREFIX_MAX) {
		owner->prefix_len = (uint8_t)bytes_in_left(&in);
		memcpy(owner->prefix, bytes_in_take(&in, owner->prefix_len), owner->prefix_len);
	} else {
		return OWNED_ROW_BROKEN;
	}
	bool is_well = !in.bad && bytes_in_left(&in) == 0 && count_read(value, count);
	return is_well ? OWNED_ROW_COUNT : OWNED_ROW_BROKEN;
}

void owned_names_walk_from(struct owned_names_walk *walk, struct store_txn *txn, uint32_t zone_id)
{
	struct owned_key key = owned_key_head(zone_id, 0);
	store_walk_from(&walk->store, txn, STORE_ZONE_OWNERS, bytes_of(key.bytes, HEAD_LEN),
			HEAD_LEN);
}

bool owned_names_walk_next(struct owned_names_walk *walk, struct names_owner *owner,
			   struct owned_names *count)
{
	struct bytes key, value;
	while (store_walk_next(&walk->store, &key, &value)) {
		switch (owned_names_read(key, value, owner, count)) {
		case OWNED_ROW_COUNT:
			return true;
		case OWNED_ROW_OTHER:
			continue;
		case OWNED_ROW_BROKEN:
			store_fail(walk->store.txn, STORE_CORRUPT);
			return false;
		}
	}
	return false;
}

void owned_names_walk_end(struct owned_names_walk *walk)
{
	store_walk_end(&walk->store);
}

bool owned_names_has_unsigned(const struct node *node)
{
	struct node_walk walk = node_walk_of(node);
	struct node_record record;
	while (node_walk_next(&walk, &record))
		if (record.owner == PRINCIPAL_ANONYMOUS &&
		    !principal_is_nobody(record.owner, record.class))
			return true;
	return false;
}

/* --- a store that is not counted yet */

struct filling {
	struct store_txn *txn;
	const struct zone *zone; /* that is walked */
	struct names_tally tally;
	struct arena arena; /* of keys, and of names with their clients */
	struct stale_key *stale;
	struct unsigned_name *found;
};

/* A row that says other than what will be counted. */
struct stale_key {
	struct stale_key *next;
	struct bytes key;
};

struct unsigned_name {
	struct unsigned_name *next;
	struct dns_name name;
	struct names_owner owner;
};

static bool filling_take_row(void *context, const struct store_row *row)
{
	struct filling *fill = context;
	if (row->key.len <= HEAD_LEN)
		return true;
	struct stale_key *stale = arena_alloc(&fill->arena, sizeof *stale);
	stale->key = bytes_of(arena_copy(&fill->arena, row->key.data, row->key.len), row->key.len);
	stale->next = fill->stale;
	fill->stale = stale;
	return true;
}

static void filling_drop_stale(struct filling *fill)
{
	store_scan(fill->txn, STORE_ZONE_OWNERS, filling_take_row, fill);
	for (const struct stale_key *stale = fill->stale; stale; stale = stale->next)
		store_del(fill->txn, STORE_ZONE_OWNERS, stale->key);
}

/* What an owner has now is its base. */
static void filling_count(struct filling *fill, const struct names_owner *owner)
{
	struct owned_names count = owned_names_of(fill->txn, fill->zone->id, owner);
	count.base = ++count.names;
	count_write(fill->txn, fill->zone->id, owner, count);
}

/* The node of a name with its client. */
static void filling_write_client(struct filling *fill, const struct unsigned_name *name)
{
	uint8_t key[ZONE_KEY_MAX];
	struct bytes of_name = bytes_of(key, zone_key(key, fill->zone, &name->name)), value;
	struct node_client client = client_of(&name->owner);
	struct arena arena = {0};
	struct node node;
	if (!store_get(fill->txn, STORE_NODES, of_name, &value) || !node_open(&node, value))
		return;
	size_t room = NODE_HEAD_LEN + NODE_HINT_LEN + NODE_CLIENT_LEN_MAX + node.rrsets.len;
	struct bytes_out out = bytes_out_of(arena_alloc(&arena, room), room);
	node_write_start(&out, node.seq, &node.hint, &client);
	bytes_out_put(&out, node.rrsets.data, node.rrsets.len);
	store_put(fill->txn, STORE_NODES, of_name, bytes_of(out.start, bytes_out_len(&out)));
	arena_free(&arena);
}

/* Who made the name, as its node has it, or as far as the log reaches back. */
static void filling_take_unsigned(struct filling *fill, const struct dns_name *name,
				  const struct node *node)
{
	struct arena arena = {0};
	struct entry entry;
	struct names_owner owner;
	if (owned_names_claimant(&node->client, &owner)) {
		filling_count(fill, &owner);
		return;
	}
	bool is_there = journal_read(fill->txn, node->seq, &entry, &arena);
	bool is_unsigned = is_there && entry.kind == ENTRY_UPDATE && entry.principal &&
			   strcmp(entry.principal, "anonymous") == 0;
	if (is_unsigned) {
		struct unsigned_name *found = arena_alloc(&fill->arena, sizeof *found);
		*found = (struct unsigned_name){
			.next = fill->found,
			.name = *name,
			.owner = names_owner_of_addr(&entry.source),
		};
		fill->found = found;
	}
	arena_free(&arena);
}

static void filling_walk(struct filling *fill)
{
	struct walk walk;
	struct dns_name name;
	struct node node;
	walk_from(&walk, fill->txn, fill->zone, &fill->zone->apex);
	while (walk_next(&walk, &name, &node)) {
		names_tally_add(&fill->tally, fill->zone->id, &node);
		if (owned_names_has_unsigned(&node))
			filling_take_unsigned(fill, &name, &node);
	}
	walk_end(&walk);
}

static void filling_store_one(void *context, uint32_t zone_id, uint32_t owner, uint32_t names)
{
	struct names_owner of = names_owner_of(owner);
	count_write(context, zone_id, &of, (struct owned_names){names, names});
}

static void filling_store_unsigned(struct filling *fill)
{
	for (const struct unsigned_name *at = fill->found; at; at = at->next) {
		filling_write_client(fill, at);
		filling_count(fill, &at->owner);
	}
	fill->found = NULL;
}

bool owned_names_are_kept(struct store_txn *txn)
{
	return store_number(txn, ARE_KEPT) != 0;
}

void owned_names_forget(struct store_txn *txn)
{
	store_del(txn, STORE_META, bytes_of(ARE_KEPT, strlen(ARE_KEPT)));
}

void owned_names_fill(struct store_txn *txn)
{
	struct filling fill = {.txn = txn};
	if (owned_names_are_kept(txn))
		return;
	struct zoneset *zones = zoneset_load(txn);
	filling_drop_stale(&fill);
	for (size_t i = 0; zones && i < zoneset_count(zones); i++) {
		fill.zone = zoneset_at(zones, i);
		filling_walk(&fill);
		filling_store_unsigned(&fill);
		arena_reset(&fill.arena);
		names_tally_each(&fill.tally, filling_store_one, txn);
		names_tally_free(&fill.tally);
	}
	zoneset_free(zones);
	arena_free(&fill.arena);
	store_set_number(txn, ARE_KEPT, 1);
}
