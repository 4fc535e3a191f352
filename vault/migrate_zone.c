/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * STORE_ZONES of schema 1:
 *
 *      'a', apex            fields of 2 tag, 2 length, n value
 *      'd', apex, 00, 4 id  what is left of a deleted zone: 8 first seq, 8 last seq, 8 when,
 *                           2 length, n fields, then 1 version, apex in wire form, text of the
 * rules 'i', 4 id            the apex: an index
 */
#include "vault/migrate_row.h"
#include "zonedb/deleted_zone.h"
#include "zonedb/zone_setting.h"

/* Tags of fields. */
enum zone_tag {
	TAG_ID = 1,
	TAG_AVAILABLE_AT,
	TAG_CREATED_AT,
	TAG_CUT_COUNT, /* derived */
	TAG_UPDATE = 16,
	TAG_POLICY,
	TAG_AGING,
	TAG_NO_REFRESH,
	TAG_REFRESH,
	TAG_PROTECTS_STATIC,
	TAG_SKIPS_FOREIGN_DELETE,
	TAG_PROBES_REFRESH,
	TAG_KEEP_TYPES,
	TAG_MAX_RECORDS,
	TAG_MAX_NAMES,
	TAG_MAX_RATE,
	TAG_MAX_SHARE = 30,
	TAG_MAX_COUNT,
	TAG_IS_FROZEN,
	TAG_TRANSFER = 40,
	TAG_NOTIFY = 45,
	TAGS = 64,
};

#define PREFIX_LENGTHS(len) ((len) == 4 || (len) == 16)
#define DELETED_TAIL        5 /* of the key: 00 and the id */

static bool migrate_types(struct zone *zone, struct bytes_in *in)
{
	for (size_t i = 0; bytes_in_left(in) > 0; i++) {
		if (i == ZONE_KEEP_TYPES_MAX)
			return false;
		zone->keep_types[i] = bytes_in_u16(in);
	}
	return !in->bad;
}

static bool migrate_prefixes(struct zone *zone, struct bytes_in *in)
{
	for (size_t i = 0; bytes_in_left(in) > 0; i++) {
		if (i == ZONE_PREFIXES_MAX)
			return false;
		struct prefix *prefix = &zone->transfer[i];
		uint8_t len = bytes_in_u8(in);
		prefix->family_len = len;
		prefix->bits = bytes_in_u8(in);
		const uint8_t *bytes = PREFIX_LENGTHS(len) ? bytes_in_take(in, len) : NULL;
		if (!bytes || prefix->bits > len * 8)
			return false;
		memcpy(prefix->bytes, bytes, len);
	}
	return !in->bad;
}

static bool migrate_notify(struct zone *zone, struct bytes_in *in)
{
	size_t len = bytes_in_left(in);
	const uint8_t *text = bytes_in_take(in, len);
	if (len >= ZONE_NOTIFY_MAX || (len && memchr(text, 0, len)))
		return false;
	memset(zone->notify, 0, sizeof(zone->notify));
	if (len)
		memcpy(zone->notify, text, len);
	return true;
}

static uint32_t *small_of(struct zone *zone, uint16_t tag)
{
	switch (tag) {
	case TAG_ID:
		return &zone->id;
	case TAG_CUT_COUNT:
		return &zone->cut_count;
	case TAG_NO_REFRESH:
		return &zone->no_refresh;
	case TAG_REFRESH:
		return &zone->refresh;
	case TAG_MAX_RECORDS:
		return &zone->max_records;
	case TAG_MAX_NAMES:
		return &zone->max_names;
	case TAG_MAX_RATE:
		return &zone->max_rate;
	case TAG_MAX_SHARE:
		return &zone->max_share;
	case TAG_MAX_COUNT:
		return &zone->max_count;
	default:
		return NULL;
	}
}

static bool *flag_of(struct zone *zone, uint16_t tag)
{
	switch (tag) {
	case TAG_AGING:
		return &zone->is_aging;
	case TAG_PROTECTS_STATIC:
		return &zone->protects_static;
	case TAG_SKIPS_FOREIGN_DELETE:
		return &zone->skips_foreign_delete;
	case TAG_PROBES_REFRESH:
		return &zone->probes_refresh;
	case TAG_IS_FROZEN:
		return &zone->is_frozen;
	default:
		return NULL;
	}
}

/* False: it is not a number that 0.1.0 wrote. */
static bool migrate_number(struct zone *zone, uint16_t tag, uint64_t number)
{
	uint32_t *small = small_of(zone, tag);
	bool *flag = flag_of(zone, tag);
	if (small)
		*small = (uint32_t)number;
	if (flag)
		*flag = number != 0;
	if (tag == TAG_AVAILABLE_AT)
		zone->available_at = number;
	if (tag == TAG_CREATED_AT)
		zone->created_at = number;
	if (tag == TAG_UPDATE)
		zone->update = (enum zone_update_mode)number;
	if (tag == TAG_POLICY)
		zone->policy = (enum zone_policy)number;
	return (!small || number <= UINT32_MAX) && (!flag || number <= 1) &&
	       (tag != TAG_UPDATE || number <= ZONE_UPDATE_SECURE) &&
	       (tag != TAG_POLICY || number <= ZONE_POLICY_SELF);
}

static bool is_zone_tag(uint16_t tag)
{
	return (tag >= TAG_ID && tag <= TAG_CUT_COUNT) ||
	       (tag >= TAG_UPDATE && tag <= TAG_MAX_RATE) ||
	       (tag >= TAG_MAX_SHARE && tag <= TAG_IS_FROZEN) || tag == TAG_TRANSFER ||
	       tag == TAG_NOTIFY;
}

static bool migrate_zone_field(struct zone *zone, uint16_t tag, struct bytes value)
{
	struct bytes_in in = bytes_in_of(value.data, value.len);
	switch (tag) {
	case TAG_KEEP_TYPES:
		return migrate_types(zone, &in);
	case TAG_TRANSFER:
		return migrate_prefixes(zone, &in);
	case TAG_NOTIFY:
		return migrate_notify(zone, &in);
	default:
		return value.len == 8 && migrate_number(zone, tag, bytes_in_u64(&in));
	}
}

bool migrate_zone_unpack(struct migrate_row *row, struct bytes packed, struct zone *zone)
{
	struct bytes_in in = bytes_in_of(packed.data, packed.len);
	uint64_t seen = 0;
	memset(zone->keep_types, 0, sizeof(zone->keep_types));
	memset(zone->transfer, 0, sizeof(zone->transfer));
	while (bytes_in_left(&in) > 0) {
		uint16_t tag = bytes_in_u16(&in), len = bytes_in_u16(&in);
		const uint8_t *value = bytes_in_take(&in, len);
		if (in.bad)
			return migrate_wrong(row, "it ends within a field");
		if (!is_zone_tag(tag))
			return migrate_wrong(row, "field %u is none that 0.1.0 knows", tag);
		if (seen & 1ull << tag)
			return migrate_wrong(row, "field %u stands there twice", tag);
		seen |= 1ull << tag;
		if (!migrate_zone_field(zone, tag, bytes_of(value, len)))
			return migrate_wrong(row, "the value of field %u makes no sense", tag);
	}
	return zone->id != 0 || migrate_wrong(row, "it has no number");
}

/* Each setting, printed, must be one that the present version takes. */
static bool is_zone_sound(struct migrate_row *row, const struct zone *zone)
{
	struct state_row_writer packed = {.arena = row->arena};
	struct zone read = zone_default(&zone->apex);
	zone_pack(zone, &packed);
	return zone_unpack(&read, state_row_end(&packed)) ||
	       migrate_wrong(row, "one of its settings has a value that it may not have");
}

bool migrate_zone_settle(struct migrate_row *row, const struct zone *zone)
{
	struct zone there, settled = *zone;
	if (!is_zone_sound(row, zone))
		return false;
	if (zone_get_by_id(row->txn, zone->id, &there))
		return migrate_wrong(row, "its number, %u, is another zone's", (unsigned)zone->id);
	if (zone_get(row->txn, &zone->apex, &there))
		return migrate_wrong(row, "the zone is there twice");
	zone_default_limits(&settled);
	zone_settle(row->txn, &settled);
	return !row->txn->error;
}

static bool take_deleted_rules(struct migrate_row *row, struct state_edit *rows,
			       const struct zone *zone, struct bytes_in *in)
{
	if (bytes_in_left(in) == 0)
		return true;
	struct bytes text;
	if (!migrate_rules_text(row, zone, in, &text))
		return false;
	zone_put_rules(rows, zone, text);
	return true;
}

static bool migrate_deleted(struct migrate_row *row, const struct dns_name *apex, uint32_t id)
{
	uint8_t key[STATE_KEY_MAX];
	struct state_edit rows = state_edit_of(row->txn, row->arena);
	struct deleted_zone deleted = {.zone = zone_default(apex)};
	struct bytes_in in = bytes_in_of(row->value.data, row->value.len);
	deleted.first_seq = bytes_in_u64(&in);
	deleted.last_seq = bytes_in_u64(&in);
	deleted.when = bytes_in_u64(&in);
	size_t len = bytes_in_u16(&in);
	const uint8_t *settings = bytes_in_take(&in, len);
	if (in.bad)
		return migrate_wrong(row, "it ends too early");
	if (!migrate_zone_unpack(row, bytes_of(settings, len), &deleted.zone) ||
	    !is_zone_sound(row, &deleted.zone))
		return false;
	if (deleted.zone.id != id)
		return migrate_wrong(row, "its number is not that of its key");
	if (!take_deleted_rules(row, &rows, &deleted.zone, &in))
		return false;
	zone_default_limits(&deleted.zone);
	deleted_zone_put(&rows, &deleted);
	/* They stand in the deleted zone's row now, and nowhere else. */
	state_del(&rows, STATE_RULES, state_key_id(id, key));
	return migrate_settle(row, &rows);
}

bool migrate_zone(struct migrate_row *row)
{
	struct dns_name root = dns_name_root(), apex;
	struct bytes_in in = bytes_in_of(row->key.data, row->key.len);
	uint8_t kind = bytes_in_u8(&in);
	size_t left = bytes_in_left(&in), tail = kind == 'd' ? DELETED_TAIL : 0;
	if (kind == 'i')
		return true;
	const uint8_t *name = left > tail ? bytes_in_take(&in, left - tail) : NULL;
	bool is_known = (kind == 'a' || kind == 'd') && (name || left == tail);
	if (!is_known || !dns_name_from_key(&apex, bytes_of(name, left - tail), &root))
		return migrate_wrong(row, "its key is not a zone's");
	if (kind == 'd') {
		bytes_in_u8(&in);
		return migrate_deleted(row, &apex, bytes_in_u32(&in));
	}
	struct zone zone = zone_default(&apex);
	return migrate_zone_unpack(row, row->value, &zone) && migrate_zone_settle(row, &zone);
}
