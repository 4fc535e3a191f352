/* SPDX-License-Identifier: BSD-2-Clause */
#include "outbound/log_scan.h"
#include "journal/history.h"
#include <assert.h>
#include <stdlib.h>

#define ID_LEN 4
/* A name with more entries than that is looked for in its zone's index: memory is bounded. */
#define LIST_MAX (1u << 20)

struct log_scan {
	struct store_txn *txn;
	enum journal_log log;
	uint64_t first, last;
	uint64_t *list;
	size_t count, room;
	bool is_too_long;
	/* Zones to look in, for `under`. */
	const struct dns_name *under;
	uint32_t ids[SEQ_SET_ZONES_MAX];
	size_t id_count;
	bool has_too_many;
};

static bool log_scan_push(void *context, uint64_t seq)
{
	struct log_scan *scan = context;
	if (seq < scan->first || seq > scan->last)
		return true;
	scan->is_too_long = scan->count == LIST_MAX;
	if (scan->is_too_long)
		return false;
	if (scan->count == scan->room) {
		scan->room = scan->room ? 2 * scan->room : 256;
		scan->list = realloc(scan->list, scan->room * sizeof *scan->list);
		assert(scan->list);
	}
	scan->list[scan->count++] = seq;
	return true;
}

/* From the name's last change back to the beginning, or to what is too old to be asked for. */
static void follow_chain(struct log_scan *scan, const struct dns_name *name, uint64_t seq)
{
	struct history past;
	history_start(&past, scan->txn, name, seq);
	while (history_back(&past) && past.entry.seq >= scan->first &&
	       log_scan_push(scan, past.entry.seq))
		continue;
	history_end(&past);
}

/* The seq of the name's last change, as its node or its tombstone holds it (zonedb/node.h); those
 * of a deleted zone have tombstones. 0: none. */
static uint64_t log_scan_last_change(struct log_scan *scan, uint32_t zone_id,
				     const struct dns_name *name, const struct dns_name *apex)
{
	uint8_t key[ID_LEN + DNS_NAME_KEY_MAX];
	struct bytes_out out = bytes_out_of(key, ID_LEN);
	bytes_out_u32(&out, zone_id);
	struct bytes at = bytes_of(key, ID_LEN + dns_name_key(key + ID_LEN, name, apex)), value;
	if (!store_get(scan->txn, STORE_NODES, at, &value) &&
	    !store_get(scan->txn, STORE_TOMBSTONES, at, &value))
		return 0;
	struct bytes_in in = bytes_in_of(value.data, value.len);
	return bytes_in_u64(&in);
}

static void follow_name(struct log_scan *scan, const struct dns_name *name)
{
	uint32_t ids[INDEX_IDS_MAX];
	/* Only the change log changes names. */
	for (unsigned labels = 0; scan->log == JOURNAL_CHANGES && labels <= name->labels;
	     labels++) {
		struct dns_name apex = dns_name_last(name, labels);
		size_t count = index_zone_ids(scan->txn, scan->log, &apex, ids);
		for (size_t i = 0; i < count; i++) {
			uint64_t seq = log_scan_last_change(scan, ids[i], name, &apex);
			follow_chain(scan, name, seq);
		}
	}
	index_mentions(scan->txn, name, (struct journal_place){scan->log, scan->first},
		       log_scan_push, scan);
}

static void add_ids(struct log_scan *scan, const struct dns_name *apex)
{
	uint32_t ids[INDEX_IDS_MAX];
	size_t count = index_zone_ids(scan->txn, scan->log, apex, ids);
	scan->has_too_many |= scan->id_count + count > SEQ_SET_ZONES_MAX || count == INDEX_IDS_MAX;
	for (size_t i = 0; i < count && !scan->has_too_many; i++)
		scan->ids[scan->id_count++] = ids[i];
}

static bool add_related(void *context, const struct dns_name *apex)
{
	struct log_scan *scan = context;
	if (dns_name_under(apex, scan->under) || dns_name_under(scan->under, apex))
		add_ids(scan, apex);
	return !scan->has_too_many;
}

/* Zones at, above or below the name, and what is of no zone. */
static void find_related(struct log_scan *scan, const struct dns_name *name)
{
	scan->under = name;
	scan->ids[scan->id_count++] = INDEX_NO_ZONE;
	index_apexes(scan->txn, scan->log, add_related, scan);
}

static struct seq_set of_zones(struct log_scan *scan)
{
	if (scan->has_too_many)
		return seq_set_all(scan->txn);
	return seq_set_of_zones(scan->txn, scan->ids, scan->id_count);
}

static struct seq_set of_name(struct log_scan *scan, const struct audit_filter *filter)
{
	follow_name(scan, &filter->name);
	if (!scan->is_too_long)
		return seq_set_of_list(scan->txn, scan->list, scan->count);
	free(scan->list);
	find_related(scan, &filter->name);
	return of_zones(scan);
}

static struct seq_set scan_set(struct log_scan *scan, const struct audit_filter *filter)
{
	if (filter->has_name)
		return of_name(scan, filter);
	if (filter->has_zone)
		add_ids(scan, &filter->zone);
	else if (filter->has_under)
		find_related(scan, &filter->under);
	else
		return seq_set_all(scan->txn);
	return of_zones(scan);
}

struct seq_set log_scan_of(struct store_txn *txn, const struct audit_filter *filter,
			   enum journal_log log, uint64_t first, uint64_t last)
{
	struct log_scan scan = {.txn = txn, .log = log, .first = first, .last = last};
	struct seq_set seqs = scan_set(&scan, filter);
	seqs.log = log;
	return seqs;
}
