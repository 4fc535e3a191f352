/* SPDX-License-Identifier: BSD-2-Clause */
#include "journal/trail.h"
#include "journal/history.h"
#include <assert.h>
#include <stdlib.h>

#define ID_LEN 4
/* A name with more entries than that is looked for in its zone's index: memory is bounded. */
#define LIST_MAX (1u << 20)

struct trail {
	struct store_txn *txn;
	uint64_t first, last;
	uint64_t *list;
	size_t count, room;
	bool is_too_long;
	/* Zones to look in, for `under`. */
	const struct dns_name *under;
	uint32_t ids[SEQS_ZONES_MAX];
	size_t id_count;
	bool has_too_many;
};

static bool push(void *context, uint64_t seq)
{
	struct trail *trail = context;
	if (seq < trail->first || seq > trail->last)
		return true;
	trail->is_too_long = trail->count == LIST_MAX;
	if (trail->is_too_long)
		return false;
	if (trail->count == trail->room) {
		trail->room = trail->room ? 2 * trail->room : 256;
		trail->list = realloc(trail->list, trail->room * sizeof *trail->list);
		assert(trail->list);
	}
	trail->list[trail->count++] = seq;
	return true;
}

/* From the name's last change back to the beginning, or to what is too old to be asked for. */
static void follow_chain(struct trail *trail, const struct dns_name *name, uint64_t seq)
{
	struct history past;
	history_start(&past, trail->txn, name, seq);
	while (history_back(&past) && past.entry.seq >= trail->first && push(trail, past.entry.seq))
		continue;
	history_end(&past);
}

/* The seq of the name's last change, as its node or its tombstone holds it (zonedb/node.h); those
 * of a deleted zone have tombstones. 0: none. */
static uint64_t last_change(struct trail *trail, uint32_t zone_id, const struct dns_name *name,
			    const struct dns_name *apex)
{
	uint8_t key[ID_LEN + DNS_NAME_KEY_MAX];
	struct bytes_out out = bytes_out_of(key, ID_LEN);
	bytes_out_u32(&out, zone_id);
	struct bytes at = bytes_of(key, ID_LEN + dns_name_key(key + ID_LEN, name, apex)), value;
	if (!store_get(trail->txn, STORE_NODES, at, &value) &&
	    !store_get(trail->txn, STORE_TOMBSTONES, at, &value))
		return 0;
	struct bytes_in in = bytes_in_of(value.data, value.len);
	return bytes_in_u64(&in);
}

static void follow_name(struct trail *trail, const struct dns_name *name)
{
	uint32_t ids[INDEX_IDS_MAX];
	for (unsigned labels = 0; labels <= name->labels; labels++) {
		struct dns_name apex = dns_name_last(name, labels);
		size_t count = index_zone_ids(trail->txn, &apex, ids);
		for (size_t i = 0; i < count; i++) {
			uint64_t seq = last_change(trail, ids[i], name, &apex);
			follow_chain(trail, name, seq);
		}
	}
	index_mentions(trail->txn, name, trail->first, push, trail);
}

static void add_ids(struct trail *trail, const struct dns_name *apex)
{
	uint32_t ids[INDEX_IDS_MAX];
	size_t count = index_zone_ids(trail->txn, apex, ids);
	trail->has_too_many |= trail->id_count + count > SEQS_ZONES_MAX || count == INDEX_IDS_MAX;
	for (size_t i = 0; i < count && !trail->has_too_many; i++)
		trail->ids[trail->id_count++] = ids[i];
}

static bool add_related(void *context, const struct dns_name *apex)
{
	struct trail *trail = context;
	if (dns_name_under(apex, trail->under) || dns_name_under(trail->under, apex))
		add_ids(trail, apex);
	return !trail->has_too_many;
}

/* Zones at, above or below the name, and what is of no zone. */
static void find_related(struct trail *trail, const struct dns_name *name)
{
	trail->under = name;
	trail->ids[trail->id_count++] = INDEX_NO_ZONE;
	index_apexes(trail->txn, add_related, trail);
}

static struct seqs of_zones(struct trail *trail)
{
	if (trail->has_too_many)
		return seqs_all(trail->txn);
	return seqs_of_zones(trail->txn, trail->ids, trail->id_count);
}

static struct seqs of_name(struct trail *trail, const struct audit_filter *filter)
{
	follow_name(trail, &filter->name);
	if (!trail->is_too_long)
		return seqs_of_list(trail->txn, trail->list, trail->count);
	free(trail->list);
	find_related(trail, &filter->name);
	return of_zones(trail);
}

struct seqs trail_of(struct store_txn *txn, const struct audit_filter *filter, uint64_t first,
		     uint64_t last)
{
	struct trail trail = {.txn = txn, .first = first, .last = last};
	if (filter->has_name)
		return of_name(&trail, filter);
	if (filter->has_zone)
		add_ids(&trail, &filter->zone);
	else if (filter->has_under)
		find_related(&trail, &filter->under);
	else
		return seqs_all(txn);
	return of_zones(&trail);
}
