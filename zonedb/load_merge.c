/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>
#include "zonedb/load_merge.h"
#include "base/serial.h"
#include "dns/rdata.h"
#include "zonedb/load_state.h"
#include "zonedb/principal.h"
#include "zonedb/walk.h"
#include "zonedb/zone_at.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* The next name of one of the stored sides. */
struct load_merge_place {
	bool is_there;
	struct dns_name name;
	struct node node;
	uint8_t key[DNS_NAME_KEY_MAX];
	size_t key_len;
};

struct load_merging {
	struct load_merge *merge;
	struct arena arena; /* of a name */
	struct zone_at *at;
	struct walk walk;
	struct load_merge_place base, now;
	size_t file, file_end; /* the name's records in the load */
	uint32_t serial;       /* now */
};

static const struct load_merge_side load_merge_nothing;

/* --- records and sides */

const struct load_merge_record *load_merge_find(uint16_t type, const struct load_merge_side *side,
						struct bytes rdata)
{
	size_t from = 0, to = side->count;
	while (from < to) {
		size_t middle = from + (to - from) / 2;
		int order = dns_rdata_compare(type, side->record[middle].rdata, rdata);
		if (order == 0)
			return &side->record[middle];
		from = order < 0 ? middle + 1 : from;
		to = order < 0 ? to : middle;
	}
	return NULL;
}

bool load_merge_equal(uint16_t type, const struct load_merge_side *a,
		      const struct load_merge_side *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++) {
		const struct load_merge_record *x = &a->record[i], *y = &b->record[i];
		if (dns_rdata_compare(type, x->rdata, y->rdata) != 0 || x->ttl != y->ttl ||
		    x->class != y->class || strcmp(x->owner, y->owner) != 0)
			return false;
	}
	return true;
}

/* Whether the file makes something of what was exported, later stamps included. */
static bool load_merge_is_changed(uint16_t type, const struct load_merge_side *base,
				  const struct load_merge_side *file)
{
	if (!load_merge_equal(type, base, file))
		return true;
	for (size_t i = 0; i < base->count; i++)
		if (file->record[i].is_said && file->record[i].stamp > base->record[i].stamp)
			return true;
	return false;
}

/* A copy of SOA data with another serial. */
static struct bytes load_merge_soa(struct load_merging *m, struct bytes rdata, uint32_t serial)
{
	uint8_t *copy = arena_alloc(&m->arena, rdata.len);
	memcpy(copy, rdata.data, rdata.len);
	dns_soa_set_serial(copy, rdata.len, serial);
	return bytes_of(copy, rdata.len);
}

static int load_merge_record_order(const void *a, const void *b, void *type)
{
	return dns_rdata_compare(*(const uint16_t *)type,
				 ((const struct load_merge_record *)a)->rdata,
				 ((const struct load_merge_record *)b)->rdata);
}

/* Signatures are several RRsets, by the TTL of what they cover. */
static struct load_merge_side load_merge_stored(struct load_merging *m,
						const struct load_merge_place *place, uint16_t type)
{
	struct load_merge_side side = load_merge_nothing;
	struct node_record record;
	if (!place->is_there)
		return side;
	struct node_walk walk = node_walk_of(&place->node);
	while (node_walk_next(&walk, &record))
		side.count += walk.rrset.type == type && record.class != RECORD_DERIVED;
	side.record = arena_zero(&m->arena, (side.count + 1) * sizeof *side.record);
	walk = node_walk_of(&place->node);
	for (size_t i = 0; node_walk_next(&walk, &record);) {
		if (walk.rrset.type != type || record.class == RECORD_DERIVED)
			continue;
		side.record[i++] = (struct load_merge_record){
			.rdata = type == DNS_TYPE_SOA ? load_merge_soa(m, record.rdata, 0)
						      : record.rdata,
			.ttl = walk.rrset.ttl,
			.owner = principal_text(m->merge->txn, record.owner, &m->arena),
			.stamp = record.stamp,
			.class = record.class,
		};
	}
	if (dns_type_is_signature(type))
		qsort_r(side.record, side.count, sizeof *side.record, load_merge_record_order,
			&type);
	return side;
}

/* A record of which the file says nothing is what it was, or is, or the author's. */
static struct load_merge_record load_merge_loaded(struct load_merging *m,
						  const struct load_merge_set *set,
						  const struct load_record *loaded)
{
	struct bytes rdata = load_rdata(loaded);
	if (set->type == DNS_TYPE_SOA) {
		uint32_t serial = dns_soa_serial(rdata);
		rdata = load_merge_soa(m, rdata, serial_is_ahead(serial, m->serial) ? serial : 0);
	}
	const struct load_merge_record *known = load_merge_find(set->type, &set->base, rdata);
	if (!known)
		known = load_merge_find(set->type, &set->now, rdata);
	struct load_merge_record record = {
		.owner = m->merge->author, .stamp = m->merge->time, .class = RECORD_STATIC};
	if (loaded->owner)
		record = (struct load_merge_record){.owner = loaded->owner,
						    .stamp = loaded->stamp,
						    .class = loaded->class,
						    .is_said = true};
	else if (known)
		record = *known;
	record.rdata = rdata;
	record.ttl = loaded->ttl;
	return record;
}

static struct load_merge_side load_merge_file(struct load_merging *m,
					      const struct load_merge_set *set)
{
	struct load_record *const *records = m->merge->load->records;
	struct load_merge_side side = load_merge_nothing;
	size_t at = m->file;
	while (at < m->file_end && records[at]->type != set->type)
		at++;
	while (at + side.count < m->file_end && records[at + side.count]->type == set->type)
		side.count++;
	if (side.count)
		side.record = arena_zero(&m->arena, side.count * sizeof *side.record);
	for (size_t i = 0; i < side.count; i++)
		side.record[i] = load_merge_loaded(m, set, records[at + i]);
	return side;
}

static enum load_merge_what load_merge_judge(const struct load_merge_set *set)
{
	bool by_file = load_merge_is_changed(set->type, &set->base, &set->file);
	bool since = !load_merge_equal(set->type, &set->base, &set->now);
	if (!by_file)
		return since ? LOAD_MERGE_SINCE : LOAD_MERGE_NONE;
	if (!since)
		return LOAD_MERGE_FILE;
	return load_merge_equal(set->type, &set->now, &set->file) ? LOAD_MERGE_ALIKE
								  : LOAD_MERGE_CONFLICT;
}

/* --- names */

static int load_merge_type_order(const void *a, const void *b)
{
	return (int)*(const uint16_t *)a - (int)*(const uint16_t *)b;
}

static size_t load_merge_node_types(const struct load_merge_place *place, uint16_t *types)
{
	struct node_rrset rrset;
	size_t count = 0;
	if (!place->is_there)
		return 0;
	struct bytes_in in = bytes_in_of(place->node.rrsets.data, place->node.rrsets.len);
	while (node_next_rrset(&in, &rrset)) {
		if (types)
			types[count] = rrset.type;
		count++;
	}
	return count;
}

/* The types of the name, on any side, ascending. */
static uint16_t *load_merge_types(struct load_merging *m, size_t *count)
{
	size_t room = load_merge_node_types(&m->base, NULL) + load_merge_node_types(&m->now, NULL) +
		      (m->file_end - m->file);
	uint16_t *types = arena_alloc(&m->arena, (room + 1) * sizeof *types);
	size_t n = load_merge_node_types(&m->base, types);
	n += load_merge_node_types(&m->now, types + n);
	for (size_t i = m->file; i < m->file_end; i++)
		if (i == m->file ||
		    m->merge->load->records[i]->type != m->merge->load->records[i - 1]->type)
			types[n++] = m->merge->load->records[i]->type;
	qsort(types, n, sizeof *types, load_merge_type_order);
	*count = 0;
	for (size_t i = 0; i < n; i++)
		if (i == 0 || types[i] != types[*count - 1])
			types[(*count)++] = types[i];
	return types;
}

/* What the file adds and what was registered since may exclude each other at the name. */
static void load_merge_check_cname(struct load_merge_set *sets, size_t count)
{
	bool has_cname = false, has_other = false;
	for (size_t i = 0; i < count; i++) {
		bool is_files = sets[i].what == LOAD_MERGE_FILE;
		size_t left = is_files ? sets[i].file.count : sets[i].now.count;
		has_cname |= left && sets[i].type == DNS_TYPE_CNAME;
		has_other |= left && !load_may_be_beside_cname(sets[i].type);
	}
	for (size_t i = 0; i < count && has_cname && has_other; i++)
		if (sets[i].what == LOAD_MERGE_FILE)
			sets[i].what = LOAD_MERGE_CONFLICT;
}

static void load_merge_name(struct load_merging *m, const struct dns_name *name)
{
	size_t count;
	uint16_t *types = load_merge_types(m, &count);
	struct load_merge_set *sets = arena_zero(&m->arena, (count + 1) * sizeof *sets);
	for (size_t i = 0; i < count; i++) {
		sets[i].name = name;
		sets[i].type = types[i];
		sets[i].base = load_merge_stored(m, &m->base, types[i]);
		sets[i].now = load_merge_stored(m, &m->now, types[i]);
		sets[i].file = load_merge_file(m, &sets[i]);
		sets[i].what = load_merge_judge(&sets[i]);
	}
	load_merge_check_cname(sets, count);
	for (size_t i = 0; i < count; i++)
		if (sets[i].what != LOAD_MERGE_NONE)
			m->merge->each(m->merge->context, &sets[i]);
	arena_reset(&m->arena);
}

/* --- the walk, three sides by the order of their keys */

static void load_merge_step(struct load_merging *m, struct load_merge_place *place)
{
	place->is_there = place == &m->base ? zone_at_next(m->at, &place->name, &place->node)
					    : walk_next(&m->walk, &place->name, &place->node);
	place->key_len =
		place->is_there ? dns_name_key(place->key, &place->name, &m->merge->zone->apex) : 0;
}

static int load_merge_order(struct bytes a, bool has_a, struct bytes b, bool has_b)
{
	if (!has_a || !has_b)
		return has_a ? -1 : has_b;
	return bytes_compare(a, b);
}

/* A name of the side `place`, unless that is behind `key`. */
static struct load_merge_place load_merge_take(const struct load_merge_place *place,
					       struct bytes key)
{
	struct load_merge_place taken = *place;
	taken.is_there =
		place->is_there && bytes_compare(bytes_of(place->key, place->key_len), key) == 0;
	return taken;
}

static void load_merge_at_key(struct load_merging *m, struct bytes key)
{
	struct load_merge_place base = m->base, now = m->now;
	const struct load *load = m->merge->load;
	struct dns_name name;
	bool has_base, has_now;
	m->base = load_merge_take(&base, key);
	m->now = load_merge_take(&now, key);
	has_base = m->base.is_there;
	has_now = m->now.is_there;
	m->file_end = m->file;
	if (m->file < load->count && bytes_compare(load_key(load->records[m->file]), key) == 0)
		m->file_end = load_name_end(load, m->file);
	if (dns_name_from_key(&name, key, &m->merge->zone->apex))
		load_merge_name(m, &name);
	m->base = base;
	m->now = now;
	m->file = m->file_end;
	if (has_base)
		load_merge_step(m, &m->base);
	if (has_now)
		load_merge_step(m, &m->now);
}

/* The least key of the three; false: all are at their end. */
static bool load_merge_least(const struct load_merging *m, uint8_t out[DNS_NAME_KEY_MAX],
			     struct bytes *key)
{
	const struct load *load = m->merge->load;
	bool has_file = m->file < load->count, has = m->base.is_there;
	struct bytes least = bytes_of(m->base.key, m->base.key_len);
	struct bytes now = bytes_of(m->now.key, m->now.key_len);
	struct bytes file = has_file ? load_key(load->records[m->file]) : bytes_of(out, 0);
	if (load_merge_order(now, m->now.is_there, least, has) < 0)
		least = now;
	has |= m->now.is_there;
	if (load_merge_order(file, has_file, least, has) < 0)
		least = file;
	has |= has_file;
	if (!has)
		return false;
	memcpy(out, least.data, least.len);
	*key = bytes_of(out, least.len);
	return true;
}

void load_merge_run(struct load_merge *merge)
{
	assert(merge->load->is_sorted);
	struct load_merging *m = calloc(1, sizeof *m);
	uint8_t bytes[DNS_NAME_KEY_MAX];
	struct bytes key;
	if (!m)
		abort();
	m->merge = merge;
	m->serial = zone_serial(merge->txn, merge->zone);
	m->at = zone_at_open(merge->txn, merge->zone, merge->seq);
	walk_from(&m->walk, merge->txn, merge->zone, &merge->zone->apex);
	load_merge_step(m, &m->base);
	load_merge_step(m, &m->now);
	while (load_merge_least(m, bytes, &key))
		load_merge_at_key(m, key);
	walk_end(&m->walk);
	zone_at_close(m->at);
	arena_free(&m->arena);
	free(m);
}
