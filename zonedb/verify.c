/* SPDX-License-Identifier: BSD-2-Clause */
#include "zonedb/verify.h"
#include "zonedb/principal.h"
#include "zonedb/record_window.h"
#include "zonedb/verify_cache.h"
#include "zonedb/walk.h"
#include "dns/rdata.h"
#include "dns/type.h"
#include "journal/index.h"
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* Entries of one name that count as one more name in a step. */
#define ENTRIES_OF_A_NAME 64

/* A name under the lens. */
struct lens {
	struct verify *verify;
	struct store_txn *txn;
	const struct zone *zone;
	struct dns_name name;
	struct node node;
	struct verify_seen seen; /* records that an entry was found for */
	uint64_t entries;
};

static bool verify_wrong(struct verify *verify, uint64_t seq, const char *what)
{
	verify->fault.seq = seq;
	snprintf(verify->fault.text, sizeof verify->fault.text, "%s", what);
	return false;
}

static bool verify_wrong_name(struct verify *verify, uint64_t seq, const struct dns_name *name,
			      const char *what)
{
	char shown[DNS_NAME_TEXT_MAX], text[VERIFY_TEXT_MAX];
	snprintf(text, sizeof text, "%s: %s", dns_name_show(name, shown), what);
	return verify_wrong(verify, seq, text);
}

static bool verify_wrong_record(struct lens *lens, uint64_t seq, uint16_t type, struct bytes rdata,
				const char *what)
{
	char shown[DNS_NAME_TEXT_MAX], word[DNS_TYPE_TEXT_MAX], data[256];
	char text[VERIFY_TEXT_MAX];
	if (dns_rdata_print(type, rdata, data, sizeof data) >= sizeof data)
		memcpy(data + sizeof data - 4, "...", 4);
	snprintf(text, sizeof text, "%s %s %s: %s", dns_name_show(&lens->name, shown),
		 dns_type_print(type, word), data, what);
	return verify_wrong(lens->verify, seq, text);
}

/* --- log to zones */

/* The seq of the name's last change; false: it has neither node nor tombstone. */
static bool verify_last_change(struct store_txn *txn, const struct entry *e,
			       const struct dns_name *name, uint64_t *seq)
{
	uint8_t bytes[ZONE_KEY_MAX];
	struct zone zone = {.id = e->zone_id, .apex = e->zone};
	struct bytes key = bytes_of(bytes, zone_key(bytes, &zone, name)), value;
	if (!store_get(txn, STORE_NODES, key, &value) &&
	    !store_get(txn, STORE_TOMBSTONES, key, &value))
		return false;
	struct bytes_in in = bytes_in_of(value.data, value.len);
	*seq = bytes_in_u64(&in);
	return true;
}

bool verify_entry(struct verify *verify, struct store_txn *txn, const struct entry *e)
{
	uint64_t seq = 0;
	for (size_t i = 0; e->has_zone && i < e->change_count; i++) {
		const struct dns_name *name = &e->changes[i].name;
		if (i && dns_name_equal(name, &e->changes[i - 1].name))
			continue;
		if (!dns_name_under(name, &e->zone))
			return verify_wrong_name(verify, e->seq, name,
						 "is outside of the entry's zone");
		if (!verify_last_change(txn, e, name, &seq) && !txn->error)
			return verify_wrong_name(
				verify, e->seq, name,
				"was changed, and neither the name nor its tomb is there");
		if (seq < e->seq && !txn->error)
			return verify_wrong_name(
				verify, e->seq, name,
				"was changed, and the zone has it as it was before");
	}
	return true;
}

/* --- zones to log */

/* The SOA is one record whatever its data: its serial moves without a change. */
static bool verify_is_same_data(uint16_t type, struct bytes a, struct bytes b)
{
	uint8_t left[1024], right[1024];
	if (type != DNS_TYPE_SOA || a.len != b.len || a.len > sizeof left)
		return bytes_equal(a, b);
	memcpy(left, a.data, a.len);
	memcpy(right, b.data, b.len);
	dns_soa_set_serial(left, a.len, 0);
	dns_soa_set_serial(right, b.len, 0);
	return memcmp(left, right, a.len) == 0;
}

static bool verify_find_record(const struct lens *lens, uint16_t type, struct bytes rdata,
			       struct node_rrset *rrset, struct node_record *record)
{
	struct bytes_in in = bytes_in_of(lens->node.rrsets.data, lens->node.rrsets.len);
	while (node_next_of(&in, type, rrset)) {
		struct bytes_in records = bytes_in_of(rrset->records.data, rrset->records.len);
		while (node_next_record(&records, record)) {
			if (verify_is_same_data(type, record->rdata, rdata))
				return true;
		}
	}
	return false;
}

static bool is_same_text(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

/* NULL, or what of the record is not as the log left it. */
static const char *verify_difference(const struct lens *lens, const struct change *c,
				     const struct node_rrset *rrset,
				     const struct node_record *record, struct arena *arena)
{
	const char *owner = principal_text(lens->txn, record->owner, arena);
	if (rrset->ttl != c->is.ttl)
		return arena_print(arena, "its TTL is %u, and %u in the log", rrset->ttl,
				   c->is.ttl);
	if (record->stamp != c->is.stamp)
		return arena_print(arena, "its stamp is %" PRIu64 ", and %" PRIu64 " in the log",
				   record->stamp, c->is.stamp);
	if (record->class != c->is.class)
		return arena_print(arena, "its class is %s, and %s in the log",
				   record_class_name(record->class),
				   record_class_name(c->is.class));
	struct record_windows windows = record_window_get(lens->txn, record->window);
	if (record->is_guest != c->is.is_guest)
		return record->is_guest ? "it is a guest, and not in the log"
					: "it is no guest, and one in the log";
	if (record->lacks_ptr != c->is.lacks_ptr)
		return record->lacks_ptr ? "no PTR is derived of it, and one in the log"
					 : "a PTR is derived of it, and none in the log";
	if (windows.no_refresh != c->is.windows.no_refresh ||
	    windows.refresh != c->is.windows.refresh)
		return arena_print(arena, "its windows are %u/%u s, and %u/%u s in the log",
				   windows.no_refresh, windows.refresh, c->is.windows.no_refresh,
				   c->is.windows.refresh);
	if (!is_same_text(owner, c->is.owner))
		return arena_print(arena, "its owner is %.300s, and %.300s in the log", owner,
				   c->is.owner ? c->is.owner : "nobody");
	return NULL;
}

static bool check_there(struct lens *lens, uint64_t seq, const struct change *c)
{
	struct node_rrset rrset;
	struct node_record record;
	struct arena arena = {0};
	if (!verify_find_record(lens, c->type, c->rdata, &rrset, &record))
		return verify_wrong_record(lens, seq, c->type, c->rdata,
					   "is not in the zone, and the log has it");
	const char *what = verify_difference(lens, c, &rrset, &record, &arena);
	bool is_well = !what || verify_wrong_record(lens, seq, c->type, c->rdata, what);
	arena_free(&arena);
	return is_well;
}

/* The last word of the log about a record. */
static bool verify_check_change(struct lens *lens, uint64_t seq, const struct change *c)
{
	struct node_rrset rrset;
	struct node_record record;
	if (c->what != CHANGE_REMOVED)
		return check_there(lens, seq, c);
	if (c->type != DNS_TYPE_SOA && verify_find_record(lens, c->type, c->rdata, &rrset, &record))
		return verify_wrong_record(lens, seq, c->type, c->rdata,
					   "is in the zone, and the log removed it");
	return true;
}

/* An SOA that is replaced goes and comes in one entry: what comes counts. */
static bool is_half_of_soa(const struct entry *e, const struct change *c)
{
	if (c->type != DNS_TYPE_SOA || c->what != CHANGE_REMOVED)
		return false;
	for (size_t i = 0; i < e->change_count; i++) {
		const struct change *other = &e->changes[i];
		if (other->type == DNS_TYPE_SOA && other->what != CHANGE_REMOVED &&
		    dns_name_equal(&other->name, &c->name))
			return true;
	}
	return false;
}

/* All changes of the name in one entry. `*previous`: the chain's next. */
static bool zonedb_verify_check_entry(struct lens *lens, const struct entry *e, size_t at,
				      uint64_t *previous)
{
	*previous = e->changes[at].previous;
	for (; at < e->change_count && dns_name_equal(&e->changes[at].name, &lens->name); at++) {
		const struct change *c = &e->changes[at];
		if (is_half_of_soa(e, c))
			continue;
		struct bytes data = c->type == DNS_TYPE_SOA ? bytes_of(NULL, 0) : c->rdata;
		if (verify_seen_add(&lens->seen, c->type, data) &&
		    !verify_check_change(lens, e->seq, c))
			return false;
	}
	return true;
}

/* Records that no entry of the chain names. */
static bool verify_check_rest(struct lens *lens, bool is_pruned)
{
	struct node_rrset rrset;
	struct node_record record;
	struct bytes_in in = bytes_in_of(lens->node.rrsets.data, lens->node.rrsets.len);
	while (node_next_rrset(&in, &rrset)) {
		struct bytes_in records = bytes_in_of(rrset.records.data, rrset.records.len);
		while (node_next_record(&records, &record)) {
			struct bytes data =
				rrset.type == DNS_TYPE_SOA ? bytes_of(NULL, 0) : record.rdata;
			lens->verify->records++;
			if (verify_seen_has(&lens->seen, rrset.type, data))
				continue;
			if (!is_pruned)
				return verify_wrong_record(
					lens, lens->node.seq, rrset.type, record.rdata,
					"is in the zone, and no entry put it there");
			lens->verify->untold++;
		}
		if (records.bad)
			return verify_wrong_name(lens->verify, lens->node.seq, &lens->name,
						 "its records cannot be read");
	}
	return !in.bad || verify_wrong_name(lens->verify, lens->node.seq, &lens->name,
					    "its records cannot be read");
}

static bool zonedb_verify_check_chain(struct lens *lens)
{
	uint64_t seq = lens->node.seq, base = journal_base(lens->txn).seq;
	if (seq == 0 || seq > journal_head(lens->txn).seq)
		return verify_wrong_name(lens->verify, seq ? journal_head(lens->txn).seq + 1 : 0,
					 &lens->name, "its last change is not in the log");
	while (seq > base && !verify_seen_is_full(&lens->seen)) {
		size_t at;
		uint64_t previous;
		const struct entry *e =
			verify_cache_read(lens->verify->cache, lens->txn, seq, &lens->name, &at);
		if (!e)
			return lens->txn->error ||
			       verify_wrong_name(lens->verify, seq, &lens->name,
						 "the entry that changed it last does not name it");
		if (!zonedb_verify_check_entry(lens, e, at, &previous))
			return false;
		lens->entries++;
		if (previous >= seq)
			return verify_wrong_name(lens->verify, seq, &lens->name,
						 "its chain of changes does not lead back");
		seq = previous;
	}
	return verify_check_rest(lens, seq != 0);
}

/* The serial moves without a change of the SOA; each entry of the zone says where it stood. */
static bool verify_check_serial(struct verify *verify, struct store_txn *txn,
				const struct zone *zone)
{
	struct index_piece piece;
	struct entry e;
	struct arena arena = {0};
	char text[128];
	bool is_well = true;
	if (!index_piece_to(txn, JOURNAL_CHANGES, zone->id, UINT64_MAX, &piece) ||
	    !journal_read(txn, piece.seqs[piece.count - 1], &e, &arena)) {
		arena_free(&arena);
		return true;
	}
	uint32_t serial = zone_serial(txn, zone);
	if (serial != e.serial_after && !txn->error) {
		snprintf(text, sizeof text, "its serial is %u, and %u in the log", serial,
			 e.serial_after);
		is_well = verify_wrong_name(verify, e.seq, &zone->apex, text);
	}
	arena_free(&arena);
	return is_well;
}

/* False: a fault, or the budget is used up: `*most` is 0 then. */
static bool verify_check_names(struct verify *verify, struct store_txn *txn,
			       const struct zone *zone, unsigned *most)
{
	struct walk walk;
	struct lens lens = {.verify = verify, .txn = txn, .zone = zone};
	bool is_well = true;
	walk_from_name(&walk, txn, zone, verify->has_last ? &verify->last : &zone->apex);
	while (is_well && *most && walk_next(&walk, &lens.name, &lens.node)) {
		if (verify->has_last && dns_name_equal(&lens.name, &verify->last))
			continue;
		lens.entries = 0;
		verify_seen_clear(&lens.seen);
		is_well = zonedb_verify_check_chain(&lens);
		verify->last = lens.name;
		verify->has_last = true;
		verify->names++;
		uint64_t work = 1 + lens.entries / ENTRIES_OF_A_NAME;
		*most -= work < *most ? (unsigned)work : *most;
	}
	walk_end(&walk);
	verify_seen_free(&lens.seen);
	return is_well;
}

enum verify_step verify_zones(struct verify *verify, struct store_txn *txn, unsigned most)
{
	struct zone zone;
	while (verify->zone < zoneset_count(verify->zones)) {
		const struct zone *known = zoneset_at(verify->zones, verify->zone);
		bool is_here = zone_get_by_id(txn, known->id, &zone);
		if (is_here && !verify->has_last && !verify_check_serial(verify, txn, &zone))
			return VERIFY_WRONG;
		if (is_here && !verify_check_names(verify, txn, &zone, &most))
			return VERIFY_WRONG;
		if (txn->error)
			return VERIFY_WRONG;
		if (is_here && !most)
			return VERIFY_ON;
		verify->zone++;
		verify->has_last = false;
	}
	return VERIFY_WHOLE;
}

void verify_start(struct verify *verify, struct store_txn *txn)
{
	*verify = (struct verify){.zones = zoneset_load(txn), .cache = verify_cache_new()};
}

void verify_end(struct verify *verify)
{
	zoneset_free(verify->zones);
	verify_cache_free(verify->cache);
}
