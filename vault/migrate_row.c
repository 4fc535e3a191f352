/* SPDX-License-Identifier: BSD-2-Clause */
/* Rows of schema 1, as tenure 0.1.0 packed them. Nothing is ever written in these forms again. */
#include "acl/group.h"
#include "acl/keyring.h"
#include "base/timeword.h"
#include "journal/local.h"
#include "journal/retention.h"
#include "journal/run.h"
#include "journal/state_server.h"
#include "vault/migrate.h"
#include "zonedb/deleted_zone.h"
#include "zonedb/node.h"
#include "zonedb/principal.h"
#include "zonedb/reservation.h"
#include <stdio.h>
#include <stdlib.h>

/* --- zones: fields of 2 tag, 2 length, n value */

static const char *const update_words[] = {"none", "nonsecure", "secure"};
static const char *const policy_words[] = {"windows", "closed", "self"};

static bool take_types(struct zone *zone, struct bytes_in *in)
{
	memset(zone->keep_types, 0, sizeof zone->keep_types);
	for (size_t i = 0; bytes_in_left(in) > 0; i++) {
		if (i == ZONE_KEEP_TYPES_MAX)
			return false;
		zone->keep_types[i] = bytes_in_u16(in);
	}
	return !in->bad;
}

static bool take_prefixes(struct zone *zone, struct bytes_in *in)
{
	memset(zone->transfer, 0, sizeof zone->transfer);
	for (size_t i = 0; bytes_in_left(in) > 0; i++) {
		if (i == ZONE_PREFIXES_MAX)
			return false;
		struct prefix *prefix = &zone->transfer[i];
		uint8_t len = bytes_in_u8(in);
		prefix->family_len = len;
		prefix->bits = bytes_in_u8(in);
		const uint8_t *bytes = len == 4 || len == 16 ? bytes_in_take(in, len) : NULL;
		if (!bytes || prefix->bits > len * 8)
			return false;
		memcpy(prefix->bytes, bytes, len);
	}
	return !in->bad;
}

static bool take_notify(struct zone *zone, struct bytes_in *in)
{
	size_t len = bytes_in_left(in);
	const uint8_t *text = bytes_in_take(in, len);
	if (len >= ZONE_NOTIFY_MAX || (len && memchr(text, 0, len)))
		return false;
	memset(zone->notify, 0, sizeof zone->notify);
	if (len)
		memcpy(zone->notify, text, len);
	return true;
}

static bool take_number(struct zone *zone, uint16_t tag, uint64_t number)
{
	uint32_t *const small[] = {
		[1] = &zone->id,           [19] = &zone->no_refresh, [20] = &zone->refresh,
		[25] = &zone->max_records, [26] = &zone->max_names,  [27] = &zone->max_rate,
		[30] = &zone->max_share,   [31] = &zone->max_count,
	};
	bool *const flags[] = {
		[18] = &zone->is_aging,
		[21] = &zone->protects_static,
		[22] = &zone->skips_foreign_delete,
		[23] = &zone->probes_refresh,
		[32] = &zone->is_frozen,
	};
	if (tag < sizeof small / sizeof *small && small[tag])
		*small[tag] = (uint32_t)number;
	if (tag < sizeof flags / sizeof *flags && flags[tag])
		*flags[tag] = number != 0;
	if (tag == 2)
		zone->available_at = number;
	if (tag == 3)
		zone->created_at = number;
	if (tag == 16)
		zone->update = (enum zone_update_mode)number;
	if (tag == 17)
		zone->policy = (enum zone_policy)number;
	return (tag != 16 || number < sizeof update_words / sizeof *update_words) &&
	       (tag != 17 || number < sizeof policy_words / sizeof *policy_words);
}

static bool take_field(struct zone *zone, uint16_t tag, struct bytes_in *in)
{
	switch (tag) {
	case 24:
		return take_types(zone, in);
	case 40:
		return take_prefixes(zone, in);
	case 45:
		return take_notify(zone, in);
	default:
		return bytes_in_left(in) != 8 || take_number(zone, tag, bytes_in_u64(in));
	}
}

static bool unpack_zone(struct zone *zone, struct bytes packed)
{
	struct bytes_in in = bytes_in_of(packed.data, packed.len);
	while (bytes_in_left(&in) > 0) {
		uint16_t tag = bytes_in_u16(&in), len = bytes_in_u16(&in);
		const uint8_t *value = bytes_in_take(&in, len);
		if (in.bad)
			return false;
		struct bytes_in one = bytes_in_of(value, len);
		if (!take_field(zone, tag, &one))
			return false;
	}
	return !in.bad && zone->id != 0;
}

/* Puts rows that were collected, without an entry: one that states them follows. */
static bool settle(const struct migrate_row *row, struct state_edit *rows)
{
	size_t count;
	const struct state_change *changes = state_edit_changes(rows, &count);
	for (size_t i = 0; i < count; i++)
		state_settle(row->txn, changes[i].table, changes[i].key, changes[i].new);
	return !row->txn->error;
}

/* 8 first seq, 8 last seq, 8 when, 2 length of settings, settings, then the row of the rules. */
static bool migrate_deleted(const struct migrate_row *row, const struct dns_name *apex)
{
	struct state_edit rows = state_edit_of(row->txn, row->arena);
	struct deleted_zone deleted = {.zone = zone_default(apex)};
	struct bytes_in in = bytes_in_of(row->value.data, row->value.len);
	deleted.first_seq = bytes_in_u64(&in);
	deleted.last_seq = bytes_in_u64(&in);
	deleted.when = bytes_in_u64(&in);
	size_t len = bytes_in_u16(&in);
	const uint8_t *settings = bytes_in_take(&in, len);
	if (in.bad || !unpack_zone(&deleted.zone, bytes_of(settings, len)))
		return false;
	/* 1 version, the apex in wire form, then the text. */
	size_t left = bytes_in_left(&in), head = 1u + apex->len;
	const uint8_t *rules = bytes_in_take(&in, left);
	if (left > head)
		zone_put_rules(&rows, &deleted.zone, bytes_of(rules + head, left - head));
	deleted_zone_put(&rows, &deleted);
	/* What the deleted zone copied from is not there any more. */
	uint8_t key[STATE_KEY_MAX];
	state_del(&rows, STATE_RULES, state_key_id(deleted.zone.id, key));
	return settle(row, &rows);
}

static bool migrate_zone(const struct migrate_row *row)
{
	struct dns_name root = dns_name_root(), apex;
	struct bytes key = bytes_of(row->key.data + 1, row->key.len - 1);
	uint8_t kind = row->key.data[0];
	if (kind == 'i')
		return true; /* derived */
	if (kind == 'd' && key.len >= 5)
		key.len -= 5; /* 00 and the id */
	if (!dns_name_from_key(&apex, key, &root))
		return false;
	if (kind == 'd')
		return migrate_deleted(row, &apex);
	struct zone zone = zone_default(&apex);
	if (kind != 'a' || !unpack_zone(&zone, row->value))
		return false;
	zone_settle(row->txn, &zone);
	return !row->txn->error;
}

/* --- rules, groups, reservations */

static bool migrate_rules(const struct migrate_row *row)
{
	struct state_edit rows = state_edit_of(row->txn, row->arena);
	struct bytes_in in = bytes_in_of(row->key.data, row->key.len);
	uint32_t id = bytes_in_u32(&in);
	struct zone zone;
	if (in.bad || !zone_get_by_id(row->txn, id, &zone))
		return false;
	size_t head = 1u + zone.apex.len;
	if (row->value.len < head)
		return false;
	zone_put_rules(&rows, &zone, bytes_of(row->value.data + head, row->value.len - head));
	return settle(row, &rows);
}

/* 1 version, 1 flags (1: acting), 2 members, then each: 2 length, text. */
static bool migrate_group(const struct migrate_row *row)
{
	struct state_edit rows = state_edit_of(row->txn, row->arena);
	struct acl_group group = {0};
	struct bytes_in in = bytes_in_of(row->value.data, row->value.len);
	bytes_in_u8(&in);
	group.is_acting = (bytes_in_u8(&in) & 1) != 0;
	group.count = bytes_in_u16(&in);
	if (in.bad || group.count > GROUP_MEMBERS_MAX ||
	    group_name_parse(group.name, (const char *)row->key.data, row->key.len))
		return false;
	group.members = arena_alloc(row->arena, (group.count + 1) * sizeof *group.members);
	for (size_t i = 0; i < group.count; i++) {
		size_t len = bytes_in_u16(&in);
		const uint8_t *text = bytes_in_take(&in, len);
		if (in.bad || memchr(text, 0, len))
			return false;
		group.members[i] = arena_text(row->arena, (const char *)text, len);
	}
	group_put(&rows, &group);
	return settle(row, &rows);
}

/* The owner's id. */
static bool migrate_reservation(const struct migrate_row *row)
{
	struct state_edit rows = state_edit_of(row->txn, row->arena);
	struct bytes_in in = bytes_in_of(row->key.data, row->key.len);
	struct bytes_in value = bytes_in_of(row->value.data, row->value.len);
	uint32_t id = bytes_in_u32(&in), owner = bytes_in_u32(&value);
	struct bytes rest = bytes_of(in.at, bytes_in_left(&in));
	struct dns_name name;
	struct zone zone;
	if (in.bad || value.bad || !zone_get_by_id(row->txn, id, &zone) ||
	    !dns_name_from_key(&name, rest, &zone.apex))
		return false;
	reservation_put(&rows, &zone, &name, principal_text(row->txn, owner, row->arena));
	return settle(row, &rows);
}

/* --- keys: 1 version, 1 algorithm, 1 flags, 8 created, 2 length, secret; in version 2: 8 previous
 * until, 2 length, previous secret, 8 used, 1 length, from where */

static bool take_secret(struct bytes_in *in, uint8_t secret[KEYRING_SECRET_MAX], uint16_t *len)
{
	*len = bytes_in_u16(in);
	const uint8_t *bytes = bytes_in_take(in, *len);
	if (in->bad || *len > KEYRING_SECRET_MAX)
		return false;
	if (*len)
		memcpy(secret, bytes, *len);
	return true;
}

static bool unpack_key(struct keyring_key *key, struct bytes_in *in)
{
	uint8_t version = bytes_in_u8(in), algorithm = bytes_in_u8(in), flags = bytes_in_u8(in);
	key->algorithm = algorithm;
	key->is_disabled = flags & 1;
	key->has_md5_leave = (flags & 2) != 0;
	key->created = bytes_in_u64(in);
	if (!hmac_by_number(algorithm) || !take_secret(in, key->secret, &key->secret_len))
		return false;
	if (version != 2)
		return true;
	key->previous_until = bytes_in_u64(in);
	return take_secret(in, key->previous, &key->previous_len);
}

/* When and from where it was used last is local state (journal/local.h): 8 when, address. */
static void put_use(const struct migrate_row *row, struct bytes_in *in)
{
	static const char word[] = "key-use:";
	uint8_t key[STORE_KEY_MAX], value[8 + ADDR_TEXT_MAX];
	struct bytes_out at = bytes_out_of(key, sizeof key);
	struct bytes_out out = bytes_out_of(value, sizeof value);
	uint64_t used = bytes_in_u64(in);
	size_t len = bytes_in_u8(in);
	const uint8_t *from = bytes_in_take(in, len);
	bytes_out_put(&at, word, sizeof word - 1);
	bytes_out_put(&at, row->key.data, row->key.len);
	bytes_out_u64(&out, used);
	if (!in->bad && len)
		bytes_out_put(&out, from, len);
	if (!in->bad && used && !at.full && !out.full)
		store_put(row->txn, STORE_LOCAL, bytes_of(key, bytes_out_len(&at)),
			  bytes_of(value, bytes_out_len(&out)));
}

static bool migrate_key(const struct migrate_row *row)
{
	struct state_edit rows = state_edit_of(row->txn, row->arena);
	struct dns_name root = dns_name_root();
	struct keyring_key key = {0};
	struct bytes_in in = bytes_in_of(row->value.data, row->value.len);
	bool is_well = dns_name_from_key(&key.name, row->key, &root) && unpack_key(&key, &in) &&
		       keyring_put(&rows, row->store_key, &key) && settle(row, &rows);
	if (is_well && bytes_in_left(&in))
		put_use(row, &in);
	keyring_key_wipe(&key);
	return is_well;
}

/* --- runs: fields of 2 tag, 2 length, n value */

static bool take_text(char *text, size_t room, struct bytes value)
{
	if (value.len >= room)
		return false;
	memcpy(text, value.data, value.len);
	text[value.len] = 0;
	return true;
}

static bool take_run_number(struct run *run, uint16_t tag, uint64_t number)
{
	uint64_t *const large[] = {
		[19] = &run->started_us, [20] = &run->ended_us,  [21] = &run->first_seq,
		[22] = &run->last_seq,   [23] = &run->stale,     [24] = &run->removed,
		[25] = &run->skipped,    [26] = &run->undone_by, [27] = &run->judged_at,
		[30] = &run->judged_seq,
	};
	if (tag < sizeof large / sizeof *large && large[tag])
		*large[tag] = number;
	switch (tag) {
	case 16:
		run->kind = (enum run_kind)number;
		return number <= RUN_REVERT;
	case 17:
		run->state = (enum run_state)number;
		return number <= RUN_FAILED;
	case 18:
		run->zone_id = (uint32_t)number;
		return true;
	case 28:
		run->no_refresh = (uint32_t)number;
		return true;
	case 29:
		run->refresh = (uint32_t)number;
		return true;
	default:
		return true;
	}
}

static bool take_run_field(struct run *run, uint16_t tag, struct bytes value)
{
	struct bytes_in in = bytes_in_of(value.data, value.len);
	switch (tag) {
	case 1:
		run->has_zone = true;
		return dns_name_from_wire(&run->zone, value);
	case 2:
		return take_text(run->principal, sizeof run->principal, value);
	case 3:
		return take_text(run->note, sizeof run->note, value);
	case 4:
		for (size_t i = 0; i < RUN_KEEP_TYPES_MAX && bytes_in_left(&in) > 0; i++)
			run->keep_types[i] = bytes_in_u16(&in);
		return !in.bad && bytes_in_left(&in) == 0;
	default:
		return value.len == 8 && take_run_number(run, tag, bytes_in_u64(&in));
	}
}

/* What is derived of a run's entries; where these were pruned nothing else tells it. */
static void put_span(const struct migrate_row *row, const struct run *run)
{
	uint8_t value[32];
	struct bytes_out out = bytes_out_of(value, sizeof value);
	if (!run->first_seq)
		return;
	bytes_out_u64(&out, run->first_seq);
	bytes_out_u64(&out, run->last_seq);
	bytes_out_u64(&out, run->removed);
	bytes_out_u64(&out, run->ended_us);
	store_put(row->txn, STORE_LOG_RUN, row->key, bytes_of(value, sizeof value));
}

static bool migrate_run(const struct migrate_row *row)
{
	struct state_edit rows = state_edit_of(row->txn, row->arena);
	struct bytes_in key = bytes_in_of(row->key.data, row->key.len);
	struct bytes_in in = bytes_in_of(row->value.data, row->value.len);
	struct run run = {.id = bytes_in_u64(&key)};
	while (bytes_in_left(&in) > 0) {
		uint16_t tag = bytes_in_u16(&in), len = bytes_in_u16(&in);
		const uint8_t *value = bytes_in_take(&in, len);
		if (in.bad || !take_run_field(&run, tag, bytes_of(value, len)))
			return false;
	}
	if (key.bad || in.bad)
		return false;
	run_put(&rows, &run);
	put_span(row, &run);
	return settle(row, &rows);
}

/* --- names: 8 seq; each RRset; each record: 4 owner, 5 stamp, 1 class, 2 length, data */

#define OLD_RECORD_HEAD_LEN 12

static bool convert_rrset(struct bytes_in *in, struct bytes_out *out)
{
	static const struct node_record none;
	uint16_t type = bytes_in_u16(in);
	uint32_t ttl = bytes_in_u32(in);
	uint16_t count = bytes_in_u16(in);
	uint32_t len = bytes_in_u32(in);
	const uint8_t *bytes = bytes_in_take(in, len);
	if (in->bad)
		return false;
	struct bytes_in records = bytes_in_of(bytes, len);
	node_write_rrset(out, type, ttl, count,
			 len + count * (uint32_t)(NODE_RECORD_HEAD_LEN - OLD_RECORD_HEAD_LEN));
	for (uint16_t i = 0; i < count; i++) {
		struct node_record record = none;
		record.owner = bytes_in_u32(&records);
		record.stamp = bytes_in_number(&records, 5);
		uint8_t class = bytes_in_u8(&records);
		size_t data_len = bytes_in_u16(&records);
		const uint8_t *data = bytes_in_take(&records, data_len);
		if (records.bad || class > RECORD_PINNED)
			return false;
		record.class = (enum record_class) class;
		record.rdata = bytes_of(data, data_len);
		node_write_record(out, &record);
	}
	return bytes_in_left(&records) == 0;
}

static bool migrate_node(const struct migrate_row *row)
{
	static const struct node_hint none;
	/* A record takes 12 bytes at least, and 2 more from now on. */
	size_t room = row->value.len + row->value.len / 4 + NODE_HEAD_LEN + NODE_RRSET_HEAD_LEN;
	struct bytes_out out = bytes_out_of(arena_alloc(row->arena, room), room);
	struct bytes_in in = bytes_in_of(row->value.data, row->value.len);
	node_write_start(&out, bytes_in_u64(&in), &none);
	while (!in.bad && bytes_in_left(&in) > 0) {
		if (!convert_rrset(&in, &out))
			return false;
	}
	if (in.bad || out.full)
		return false;
	store_append(row->txn, STORE_NODES, row->key, bytes_of(out.start, bytes_out_len(&out)));
	return !row->txn->error;
}

/* --- settings of the server, and local state */

enum { AGE, SIZE, BIN, PERIOD, NEXT, GRACE, NO_REFRESH, REFRESH, AGING, LAST, REMOVED, TOOK, JUMP };

static const char *const words[MIGRATE_WORDS] = {
	[AGE] = "retention-age",
	[SIZE] = "retention-size",
	[BIN] = "bin-seconds",
	[PERIOD] = "scavenge-period",
	[NEXT] = "scavenge-next",
	[GRACE] = "outage-grace",
	[NO_REFRESH] = "default-no-refresh",
	[REFRESH] = "default-refresh",
	[AGING] = "default-aging",
	[LAST] = "scavenge-last",
	[REMOVED] = "scavenge-removed",
	[TOOK] = "scavenge-duration-us",
	[JUMP] = "clock-jumped",
};

static bool is_word(struct bytes key, const char *word)
{
	return bytes_equal(key, bytes_of(word, strlen(word)));
}

static bool begins_with(struct bytes key, const char *word)
{
	return key.len > strlen(word) && memcmp(key.data, word, strlen(word)) == 0;
}

static bool migrate_word(const struct migrate_row *row)
{
	struct bytes_in in = bytes_in_of(row->value.data, row->value.len);
	struct migrate_server *server = row->server;
	if (is_word(row->key, "schema") || is_word(row->key, "settings"))
		return true;
	if (is_word(row->key, "scavenge-calendar")) {
		if (row->value.len != sizeof server->calendar)
			return false;
		memcpy(server->calendar, row->value.data, sizeof server->calendar);
		return server->calendar[1] < 24 && server->calendar[2] < 60;
	}
	if (is_word(row->key, "alive-at") || begins_with(row->key, "export-")) {
		local_set_number(row->txn,
				 arena_text(row->arena, (const char *)row->key.data, row->key.len),
				 bytes_in_u64(&in));
		return !in.bad;
	}
	for (size_t i = 0; i < MIGRATE_WORDS; i++) {
		if (!is_word(row->key, words[i]))
			continue;
		server->words[i].is_set = true;
		server->words[i].number = bytes_in_u64(&in);
		return !in.bad;
	}
	store_put(row->txn, STORE_META, row->key, row->value);
	return !row->txn->error;
}

static void put_duration(struct state_row_writer *row, const char *word, uint64_t seconds)
{
	char text[TIMEWORD_TEXT_MAX];
	duration_print(seconds > UINT32_MAX ? UINT32_MAX : (uint32_t)seconds, text);
	state_row_put_text(row, word, text);
}

static void print_calendar(const uint8_t calendar[4], char *out, size_t cap)
{
	static const char *const days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
	size_t at = 0;
	for (size_t i = 0; i < 7; i++) {
		if (calendar[0] & 1u << i)
			at += (size_t)snprintf(out + at, cap - at, "%s%s", at ? "," : "", days[i]);
	}
	snprintf(out + at, cap - at, " %02u:%02u%s", calendar[1], calendar[2],
		 calendar[3] ? " UTC" : "");
}

static void put_scavenging(struct state_edit *rows, const struct migrate_server *server)
{
	/* These three stood one above what they meant, 0 being what was never set. */
	uint64_t grace = server->words[GRACE].number, no_refresh = server->words[NO_REFRESH].number,
		 refresh = server->words[REFRESH].number, period = server->words[PERIOD].number;
	struct state_row_writer row = {.arena = rows->arena};
	char calendar[64] = "off";
	if (server->calendar[0])
		print_calendar(server->calendar, calendar, sizeof calendar);
	if (period)
		put_duration(&row, "period", period);
	else
		state_row_put_text(&row, "period", "off");
	state_row_put_text(&row, "schedule", calendar);
	put_duration(&row, "outage-grace", grace ? grace - 1 : 3600);
	state_row_put_flag(&row, "default-aging", server->words[AGING].number == 1);
	put_duration(&row, "default-no-refresh", no_refresh ? no_refresh - 1 : ZONE_AGING_DEFAULT);
	put_duration(&row, "default-refresh", refresh ? refresh - 1 : ZONE_AGING_DEFAULT);
	server_put(rows, "scavenging", &row);
}

static void put_number(struct state_edit *rows, const char *subject, const char *field,
		       uint64_t number)
{
	struct state_row_writer row = {.arena = rows->arena};
	state_row_put_number(&row, field, number);
	server_put(rows, subject, &row);
}

static void put_schedule(struct state_edit *rows, const struct migrate_server *server)
{
	struct state_row_writer row = {.arena = rows->arena};
	state_row_put_number(&row, "next", server->words[NEXT].number);
	state_row_put_number(&row, "last", server->words[LAST].number);
	state_row_put_number(&row, "removed", server->words[REMOVED].number);
	state_row_put_number(&row, "duration-us", server->words[TOOK].number);
	server_put(rows, "schedule", &row);
}

void migrate_server_settle(struct store_txn *txn, const struct migrate_server *server,
			   struct arena *arena)
{
	struct state_edit rows = state_edit_of(txn, arena);
	struct migrate_row row = {.txn = txn, .arena = arena};
	if (server->words[AGE].is_set || server->words[SIZE].is_set) {
		uint64_t age = server->words[AGE].number, size = server->words[SIZE].number;
		retention_put(&rows, &(struct retention){age ? age : RETENTION_AGE,
							 size ? size : RETENTION_SIZE});
	}
	if (server->words[BIN].number)
		put_number(&rows, "bin", "keeps", server->words[BIN].number);
	if (server->words[GRACE].is_set)
		put_scavenging(&rows, server);
	if (server->words[NEXT].is_set || server->words[LAST].is_set)
		put_schedule(&rows, server);
	if (server->words[JUMP].number)
		put_number(&rows, "clock", "jumped-at", server->words[JUMP].number);
	settle(&row, &rows);
}

bool migrate_row(const struct migrate_row *row)
{
	switch (row->table) {
	case STORE_META:
		return migrate_word(row);
	case STORE_ZONES:
		return migrate_zone(row);
	case STORE_RULES:
		return migrate_rules(row);
	case STORE_GROUPS:
		return migrate_group(row);
	case STORE_RESERVED:
		return migrate_reservation(row);
	case STORE_NODES:
		return migrate_node(row);
	case STORE_KEYS:
		return migrate_key(row);
	case STORE_RUNS:
		return migrate_run(row);
	default:
		store_append(row->txn, row->table, row->key, row->value);
		return !row->txn->error;
	}
}
