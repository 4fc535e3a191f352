/* SPDX-License-Identifier: BSD-2-Clause */
/* Names with their records, and entries of the log, as lines of the portable format. */
#include "dns/rdata.h"
#include "base/progress.h"
#include "journal/chain.h"
#include "vault/portable.h"
#include "vault/portable_reading.h"
#include "zonedb/node.h"
#include "zonedb/principal.h"
#include "zonedb/record_window.h"

#define STAMP_MAX ((1ull << 40) - 1)

/* A record as a line says it. */
struct record {
	uint16_t type;
	uint32_t ttl;
	struct node_record node;
	struct record_windows windows;
	const char *owner;
};

/* Seconds; absent: the zone's. */
static bool read_windows(struct reading *r, const json_t *line, struct record_windows *windows)
{
	uint64_t no_refresh, refresh;
	*windows = (struct record_windows){0};
	if (!json_object_get(line, "no_refresh") && !json_object_get(line, "refresh"))
		return true;
	if (!reading_number(r, line, "no_refresh", UINT32_MAX, &no_refresh) ||
	    !reading_number(r, line, "refresh", UINT32_MAX, &refresh))
		return false;
	windows->no_refresh = (uint32_t)no_refresh;
	windows->refresh = (uint32_t)refresh;
	return true;
}

static bool portable_name_read_record(struct reading *r, const json_t *line,
				      const struct dns_name *origin, struct record *record)
{
	uint64_t ttl, stamp;
	unsigned column;
	const char *type = reading_text(r, line, "type", DNS_TYPE_TEXT_MAX);
	const char *data = type ? reading_text(r, line, "data", PORTABLE_LINE_MAX) : NULL;
	const char *class = data ? reading_text(r, line, "class", 16) : NULL;
	record->owner = class ? reading_text(r, line, "owner", ENTRY_PRINCIPAL_MAX - 1) : NULL;
	if (!record->owner || !reading_number(r, line, "ttl", UINT32_MAX, &ttl) ||
	    !reading_number(r, line, "stamp", STAMP_MAX, &stamp))
		return false;
	if (!dns_type_parse(type, strlen(type), &record->type) || dns_type_is_meta(record->type))
		return reading_fail(r, "'%.40s' is not a record type", type);
	if (!record_class_parse(class, &record->node.class))
		return reading_fail(r, "'%s' is not a class of records", class);
	struct bytes_out out = bytes_out_of(r->data, sizeof r->data);
	const char *problem = dns_rdata_parse_text(record->type, data, origin, &out, &column);
	size_t len = bytes_out_len(&out);
	if (!problem)
		problem = dns_rdata_fault(record->type, bytes_of(r->data, len));
	if (problem)
		return reading_fail(r, "%s '%.80s': %s", type, data, problem);
	record->ttl = (uint32_t)ttl;
	record->node.stamp = stamp;
	record->node.is_guest = json_is_true(json_object_get(line, "guest"));
	record->node.lacks_ptr = json_is_false(json_object_get(line, "ptr"));
	if (!read_windows(r, line, &record->windows))
		return false;
	record->node.rdata = bytes_of(arena_copy(&r->arena, r->data, len), len);
	return true;
}

/* Types ascending, one TTL for a set, data in canonical order: as the store has them. */
static bool portable_name_is_behind(const struct record *last, const struct record *record)
{
	if (record->type != last->type)
		return record->type > last->type;
	return (record->ttl == last->ttl ||
		!dns_rdata_is_one_set(last->type, last->node.rdata, record->node.rdata)) &&
	       dns_rdata_compare(last->type, last->node.rdata, record->node.rdata) < 0;
}

/* How many records of one set follow, and their length in a node. */
static size_t portable_name_measure(const struct record *records, size_t count, size_t *len)
{
	size_t n = 0;
	for (*len = 0;
	     n < count && records[n].type == records[0].type &&
	     dns_rdata_is_one_set(records[0].type, records[0].node.rdata, records[n].node.rdata);
	     n++)
		*len += NODE_RECORD_HEAD_LEN + records[n].node.rdata.len;
	return n;
}

/* A name as a line says it. */
struct named {
	struct dns_name name;
	uint64_t seq;
	struct node_hint hint;
};

static bool portable_name_write_node(struct reading *r, const struct zone *zone,
				     const struct named *named, struct record *records,
				     size_t count)
{
	size_t room = NODE_HEAD_LEN + NODE_HINT_LEN, len, n;
	for (size_t i = 0; i < count; i++)
		room += NODE_RRSET_HEAD_LEN + NODE_RECORD_HEAD_LEN + records[i].node.rdata.len;
	struct bytes_out out = bytes_out_of(arena_alloc(&r->arena, room), room);
	node_write_start(&out, named->seq, &named->hint, &(struct node_client){0});
	for (size_t i = 0; i < count; i += n) {
		n = portable_name_measure(records + i, count - i, &len);
		if (n > UINT16_MAX || len > UINT32_MAX)
			return reading_fail(r, "more records than a name can have");
		node_write_rrset(&out, records[i].type, records[i].ttl, (uint16_t)n, (uint32_t)len);
		for (size_t k = i; k < i + n; k++) {
			if (r->store) {
				records[k].node.owner =
					principal_intern(&r->batch.txn, records[k].owner);
				records[k].node.window =
					record_window_intern(&r->batch.txn, &records[k].windows);
			}
			node_write_record(&out, &records[k].node);
		}
	}
	uint8_t key[ZONE_KEY_MAX];
	size_t key_len = zone_key(key, zone, &named->name);
	if (r->store && store_has(&r->batch.txn, STORE_NODES, bytes_of(key, key_len)))
		return reading_fail(r, "the name came before");
	if (r->store)
		store_append(&r->batch.txn, STORE_NODES, bytes_of(key, key_len),
			     bytes_of(out.start, bytes_out_len(&out)));
	return true;
}

/* The latest renewal of another owner's record. */
static bool read_hint(struct reading *r, const json_t *line, struct node_hint *hint)
{
	const json_t *said = json_object_get(line, "ignored_refresh");
	*hint = (struct node_hint){.is_taken = !said};
	if (!said)
		said = json_object_get(line, "foreign_refresh");
	if (!said) {
		hint->is_taken = false;
		return true;
	}
	const char *by = reading_text(r, said, "by", ENTRY_PRINCIPAL_MAX - 1);
	if (!by || !reading_number(r, said, "at", STAMP_MAX, &hint->at))
		return false;
	hint->has_others = hint->at && json_is_true(json_object_get(said, "others"));
	if (r->store)
		hint->by = principal_intern(&r->batch.txn, by);
	return true;
}

bool reading_node(struct reading *r, const json_t *line)
{
	struct named named;
	const struct zone *zone = reading_zone(r, line);
	const json_t *list = json_object_get(line, "records");
	if (!zone || !reading_name(r, line, "name", &named.name) ||
	    !reading_number(r, line, "seq", INT64_MAX, &named.seq) ||
	    !read_hint(r, line, &named.hint))
		return false;
	if (!dns_name_under(&named.name, &zone->apex))
		return reading_fail(r, "the name is outside of its zone");
	size_t count = json_array_size(list);
	if (count == 0)
		return reading_fail(r, "'records' is not a list of records");
	struct record *records = arena_zero(&r->arena, count * sizeof *records);
	for (size_t i = 0; i < count; i++) {
		if (!portable_name_read_record(r, json_array_get(list, i), &zone->apex,
					       &records[i]))
			return false;
		if (i && !portable_name_is_behind(&records[i - 1], &records[i]))
			return reading_fail(r, "record %zu is out of order, or has another TTL",
					    i + 1);
	}
	if (++r->counts->names % PROGRESS_ROWS == 0)
		progress_set(r->counts->names, 0, "names");
	r->counts->records += count;
	return portable_name_write_node(r, zone, &named, records, count);
}

bool reading_entry(struct reading *r, const json_t *line)
{
	uint64_t seq;
	struct bytes packed, digest;
	struct entry entry;
	uint8_t sum[DIGEST_LEN], key[8];
	if (!reading_number(r, line, "seq", INT64_MAX, &seq) ||
	    !reading_bytes(r, line, "packed", CODEC_BASE64, &packed) ||
	    !reading_bytes(r, line, "digest", CODEC_HEX, &digest))
		return false;
	const char *log = json_string_value(json_object_get(line, "log"));
	bool is_unpacked = entry_unpack(&entry, packed, &r->arena);
	if (!is_unpacked && entry_is_newer(packed))
		return reading_fail(r, "the entry was written by a later version of tenure: "
				       "install that version to read it");
	if (!is_unpacked || entry.seq != seq ||
	    (log && strcmp(log, journal_log_word(entry.log)) != 0))
		return reading_fail(r, "not an entry of the log");
	struct reading_chain *chain = &r->chains[entry.log];
	journal_link_digest(chain->digest, packed, sum);
	if (seq != chain->seq + 1 || !bytes_equal(digest, bytes_of(sum, DIGEST_LEN)))
		return reading_fail(r, "the chain of digests breaks here: an entry was altered, "
				       "removed or lost");
	chain->seq = seq;
	memcpy(chain->digest, sum, DIGEST_LEN);
	if (++r->counts->entries % PROGRESS_ROWS == 0)
		progress_set(r->counts->entries, 0, "entries of the log");
	if (!r->store)
		return true;
	struct bytes_out out = bytes_out_of(key, sizeof key);
	bytes_out_u64(&out, seq);
	size_t len = packed.len + DIGEST_LEN;
	struct bytes_out value = bytes_out_of(arena_alloc(&r->arena, len), len);
	bytes_out_put(&value, packed.data, packed.len);
	bytes_out_put(&value, sum, DIGEST_LEN);
	store_append(&r->batch.txn, journal_log_tables(entry.log).entries,
		     bytes_of(key, sizeof key), bytes_of(value.start, len));
	return true;
}
