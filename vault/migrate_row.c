/* SPDX-License-Identifier: BSD-2-Clause */
#include "vault/migrate_row.h"
#include "acl/group.h"
#include "acl/keyring.h"
#include "journal/journal.h"
#include "journal/run.h"
#include "zonedb/node.h"
#include "zonedb/principal.h"
#include "zonedb/reservation.h"
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const enum store_table migrate_tables[MIGRATE_TABLES] = {
	STORE_META,        STORE_PRINCIPALS, STORE_LOG,         STORE_RUNS,  STORE_TOMBSTONES,
	STORE_ZONE_OWNERS, STORE_KEYS,       STORE_CHECKPOINTS, STORE_ZONES, STORE_RULES,
	STORE_GROUPS,      STORE_RESERVED,   STORE_NODES};

bool migrate_wrong(struct migrate_row *row, const char *format, ...)
{
	char text[256];
	va_list list;
	va_start(list, format);
	vsnprintf(text, sizeof(text), format, list);
	va_end(list);
	row->why = arena_text(row->arena, text, strlen(text));
	return false;
}

bool migrate_settle(struct migrate_row *row, struct state_edit *rows)
{
	size_t count;
	struct bytes there;
	const struct state_change *changes = state_edit_changes(rows, &count);
	for (size_t i = 0; i < count; i++) {
		if (state_get(row->txn, changes[i].table, changes[i].key, &there))
			return migrate_wrong(row, "it is there twice");
		state_settle(row->txn, changes[i].table, changes[i].key, changes[i].new);
	}
	return !row->txn->error;
}

/* --- rules, groups, reservations */

/* A name in wire form ends itself. */
static bool take_rules_apex(struct bytes_in *in, struct dns_name *apex)
{
	struct bytes_in ahead = *in;
	size_t len = 1;
	for (uint8_t label; (label = bytes_in_u8(&ahead)) && bytes_in_take(&ahead, label);)
		len += 1u + label;
	const uint8_t *wire = ahead.bad ? NULL : bytes_in_take(in, len);
	return wire && dns_name_from_wire(apex, bytes_of(wire, len));
}

bool migrate_rules_text(struct migrate_row *row, const struct zone *zone, struct bytes_in *in,
			struct bytes *text)
{
	struct dns_name apex;
	if (bytes_in_u8(in) != 1 || !take_rules_apex(in, &apex) ||
	    !dns_name_equal(&apex, &zone->apex))
		return migrate_wrong(row, "its rules make no sense");
	size_t left = bytes_in_left(in);
	*text = bytes_of(left ? bytes_in_take(in, left) : NULL, left);
	return true;
}

static bool migrate_rules(struct migrate_row *row)
{
	struct state_edit rows = state_edit_of(row->txn, row->arena);
	struct bytes_in key = bytes_in_of(row->key.data, row->key.len);
	struct bytes_in in = bytes_in_of(row->value.data, row->value.len);
	uint32_t id = bytes_in_u32(&key);
	struct zone zone;
	struct bytes text;
	if (key.bad || bytes_in_left(&key) || !zone_get_by_id(row->txn, id, &zone))
		return migrate_wrong(row, "there is no such zone");
	if (!migrate_rules_text(row, &zone, &in, &text))
		return false;
	zone_put_rules(&rows, &zone, text);
	return migrate_settle(row, &rows);
}

/* 1 version, 1 flags (1: acting), 2 members, then each: 2 length, text. */
static bool unpack_group(struct migrate_row *row, struct acl_group *group)
{
	struct bytes_in in = bytes_in_of(row->value.data, row->value.len);
	uint8_t version = bytes_in_u8(&in), flags = bytes_in_u8(&in);
	group->is_acting = (flags & 1) != 0;
	group->count = bytes_in_u16(&in);
	if (in.bad || version != 1 || flags > 1 || group->count > GROUP_MEMBERS_MAX)
		return migrate_wrong(row, "it is not a group");
	group->members = arena_alloc(row->arena, (group->count + 1) * sizeof(*group->members));
	for (size_t i = 0; i < group->count; i++) {
		size_t len = bytes_in_u16(&in);
		const uint8_t *text = bytes_in_take(&in, len);
		if (in.bad || len == 0 || memchr(text, 0, len))
			return migrate_wrong(row, "member %zu makes no sense", i + 1);
		group->members[i] = arena_text(row->arena, (const char *)text, len);
		for (size_t k = 0; k < i; k++) {
			if (strcmp(group->members[k], group->members[i]) == 0)
				return migrate_wrong(row, "member %zu stands there twice", i + 1);
		}
	}
	return bytes_in_left(&in) == 0 || migrate_wrong(row, "it goes on behind its members");
}

static bool migrate_group(struct migrate_row *row)
{
	struct state_edit rows = state_edit_of(row->txn, row->arena);
	struct acl_group group = {0};
	if (group_name_parse(group.name, (const char *)row->key.data, row->key.len))
		return migrate_wrong(row, "its name is not a group's");
	if (!unpack_group(row, &group))
		return false;
	group_put(&rows, &group);
	return migrate_settle(row, &rows);
}

static bool has_principal(struct migrate_row *row, uint32_t id)
{
	uint8_t key[5];
	struct bytes_out out = bytes_out_of(key, sizeof(key));
	bytes_out_u8(&out, 'i');
	bytes_out_u32(&out, id);
	return id == PRINCIPAL_ANONYMOUS ||
	       store_has(row->txn, STORE_PRINCIPALS, bytes_of(key, sizeof(key)));
}

/* Zone id and name; the owner's id. */
static bool migrate_reservation(struct migrate_row *row)
{
	struct state_edit rows = state_edit_of(row->txn, row->arena);
	struct bytes_in in = bytes_in_of(row->key.data, row->key.len);
	struct bytes_in value = bytes_in_of(row->value.data, row->value.len);
	uint32_t id = bytes_in_u32(&in), owner = bytes_in_u32(&value);
	struct bytes rest = bytes_of(in.at, bytes_in_left(&in));
	struct dns_name name;
	struct zone zone;
	if (in.bad || !zone_get_by_id(row->txn, id, &zone))
		return migrate_wrong(row, "there is no such zone");
	if (!dns_name_from_key(&name, rest, &zone.apex))
		return migrate_wrong(row, "its key is not a name's");
	if (value.bad || bytes_in_left(&value) || !has_principal(row, owner))
		return migrate_wrong(row, "it names no principal that is there");
	reservation_put(&rows, &zone, &name, principal_text(row->txn, owner, row->arena));
	return migrate_settle(row, &rows);
}

/* --- keys: 1 version, 1 algorithm, 1 flags, 8 created, 2 length, secret; in version 2: 8 previous
 * until, 2 length, previous secret, 8 used, 1 length, from where */

#define KEY_VERSION_USED 2

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

static bool unpack_old_key(struct keyring_key *key, struct bytes_in *in,
			   struct migrate_key_use *use)
{
	uint8_t version = bytes_in_u8(in), algorithm = bytes_in_u8(in), flags = bytes_in_u8(in);
	key->algorithm = algorithm;
	key->is_disabled = flags & 1;
	key->has_md5_leave = (flags & 2) != 0;
	key->created = bytes_in_u64(in);
	if (version < 1 || version > KEY_VERSION_USED || flags > 3 || !hmac_by_number(algorithm) ||
	    !take_secret(in, key->secret, &key->secret_len) || key->secret_len == 0)
		return false;
	if (version == KEY_VERSION_USED) {
		key->previous_until = bytes_in_u64(in);
		if (!take_secret(in, key->previous, &key->previous_len))
			return false;
		use->at = bytes_in_u64(in);
		size_t len = bytes_in_u8(in);
		use->from = bytes_of(bytes_in_take(in, len), len);
	}
	return !in->bad && bytes_in_left(in) == 0 && use->from.len < ADDR_TEXT_MAX;
}

/* Local state (journal/local.h): 8 when, the address. */
static void put_key_use(const struct migrate_row *row, const struct migrate_key_use *use)
{
	static const char word[] = "key-use:";
	uint8_t key[STORE_ROW_KEY_MAX], value[8 + ADDR_TEXT_MAX];
	struct bytes_out at = bytes_out_of(key, sizeof(key));
	struct bytes_out out = bytes_out_of(value, sizeof(value));
	bytes_out_put(&at, word, sizeof(word) - 1);
	bytes_out_put(&at, row->key.data, row->key.len);
	bytes_out_u64(&out, use->at);
	bytes_out_put(&out, use->from.data, use->from.len);
	if (use->at && !at.full && !out.full)
		store_put(row->txn, STORE_LOCAL, bytes_of(key, bytes_out_len(&at)),
			  bytes_of(value, bytes_out_len(&out)));
}

bool migrate_key_settle(struct migrate_row *row, const struct keyring_key *key,
			const struct migrate_key_use *use)
{
	struct state_edit rows = state_edit_of(row->txn, row->arena);
	if (!keyring_put(&rows, row->store_key, key))
		return migrate_wrong(row, "there is no store key to seal its secret");
	if (!migrate_settle(row, &rows))
		return false;
	put_key_use(row, use);
	return !row->txn->error;
}

static bool migrate_key(struct migrate_row *row)
{
	struct dns_name root = dns_name_root();
	struct keyring_key key = {0};
	struct migrate_key_use use = {0};
	struct bytes_in in = bytes_in_of(row->value.data, row->value.len);
	bool is_well =
		dns_name_from_key(&key.name, row->key, &root) && unpack_old_key(&key, &in, &use);
	if (is_well)
		is_well = migrate_key_settle(row, &key, &use);
	else
		migrate_wrong(row, "it is not a key");
	keyring_key_wipe(&key);
	return is_well;
}

/* --- runs: fields of 2 tag, 2 length, n value */

enum run_tag {
	RUN_TAG_ZONE = 1,
	RUN_TAG_PRINCIPAL,
	RUN_TAG_NOTE,
	RUN_TAG_KEEP_TYPES,
	RUN_TAG_KIND = 16,
	RUN_TAG_STATE,
	RUN_TAG_ZONE_ID,
	RUN_TAG_STARTED,
	RUN_TAG_ENDED,
	RUN_TAG_FIRST_SEQ,
	RUN_TAG_LAST_SEQ,
	RUN_TAG_STALE,
	RUN_TAG_REMOVED,
	RUN_TAG_SKIPPED,
	RUN_TAG_UNDONE_BY,
	RUN_TAG_JUDGED_AT,
	RUN_TAG_NO_REFRESH,
	RUN_TAG_REFRESH,
	RUN_TAG_JUDGED_SEQ,
	RUN_TAG_LAST = RUN_TAG_JUDGED_SEQ,
};

static bool take_run_text(char *text, size_t room, struct bytes value)
{
	if (value.len >= room || memchr(value.data, 0, value.len))
		return false;
	memcpy(text, value.data, value.len);
	text[value.len] = '\0';
	return true;
}

static bool take_run_types(struct run *run, struct bytes value)
{
	struct bytes_in in = bytes_in_of(value.data, value.len);
	for (size_t i = 0; i < RUN_KEEP_TYPES_MAX && bytes_in_left(&in) > 0; i++)
		run->keep_types[i] = bytes_in_u16(&in);
	return !in.bad && bytes_in_left(&in) == 0;
}

static bool take_run_number(struct run *run, uint16_t tag, uint64_t number)
{
	uint64_t *const large[RUN_TAG_LAST + 1] = {
		[RUN_TAG_STARTED] = &run->started_us,  [RUN_TAG_ENDED] = &run->ended_us,
		[RUN_TAG_FIRST_SEQ] = &run->first_seq, [RUN_TAG_LAST_SEQ] = &run->last_seq,
		[RUN_TAG_STALE] = &run->stale,         [RUN_TAG_REMOVED] = &run->removed,
		[RUN_TAG_SKIPPED] = &run->skipped,     [RUN_TAG_UNDONE_BY] = &run->undone_by,
		[RUN_TAG_JUDGED_AT] = &run->judged_at, [RUN_TAG_JUDGED_SEQ] = &run->judged_seq,
	};
	uint32_t *const small[RUN_TAG_LAST + 1] = {
		[RUN_TAG_ZONE_ID] = &run->zone_id,
		[RUN_TAG_NO_REFRESH] = &run->no_refresh,
		[RUN_TAG_REFRESH] = &run->refresh,
	};
	if (large[tag])
		*large[tag] = number;
	else if (small[tag])
		*small[tag] = (uint32_t)number;
	else if (tag == RUN_TAG_KIND)
		run->kind = (enum run_kind)number;
	else
		run->state = (enum run_state)number;
	return (!small[tag] || number <= UINT32_MAX) &&
	       (tag != RUN_TAG_KIND || number <= RUN_REVERT) &&
	       (tag != RUN_TAG_STATE || number <= RUN_FAILED);
}

static bool take_run_field(struct run *run, uint16_t tag, struct bytes value)
{
	struct bytes_in in = bytes_in_of(value.data, value.len);
	switch (tag) {
	case RUN_TAG_ZONE:
		run->has_zone = true;
		return dns_name_from_wire(&run->zone, value);
	case RUN_TAG_PRINCIPAL:
		return take_run_text(run->principal, sizeof(run->principal), value);
	case RUN_TAG_NOTE:
		return take_run_text(run->note, sizeof(run->note), value);
	case RUN_TAG_KEEP_TYPES:
		return take_run_types(run, value);
	default:
		return value.len == 8 && take_run_number(run, tag, bytes_in_u64(&in));
	}
}

static bool unpack_run(struct migrate_row *row, struct run *run)
{
	struct bytes_in in = bytes_in_of(row->value.data, row->value.len);
	uint32_t seen = 0;
	while (bytes_in_left(&in) > 0) {
		uint16_t tag = bytes_in_u16(&in), len = bytes_in_u16(&in);
		const uint8_t *value = bytes_in_take(&in, len);
		if (in.bad)
			return migrate_wrong(row, "it ends within a field");
		if (tag == 0 || tag > RUN_TAG_LAST ||
		    (tag > RUN_TAG_KEEP_TYPES && tag < RUN_TAG_KIND))
			return migrate_wrong(row, "field %u is none that 0.1.0 knows", tag);
		if (seen & 1u << tag)
			return migrate_wrong(row, "field %u stands there twice", tag);
		seen |= 1u << tag;
		if (!take_run_field(run, tag, bytes_of(value, len)))
			return migrate_wrong(row, "the value of field %u makes no sense", tag);
	}
	return true;
}

/* What is derived of a run's entries; where these were pruned nothing else tells it. */
static void put_run_span(const struct migrate_row *row, const struct run *run)
{
	uint8_t value[32];
	struct bytes_out out = bytes_out_of(value, sizeof(value));
	if (!run->first_seq)
		return;
	bytes_out_u64(&out, run->first_seq);
	bytes_out_u64(&out, run->last_seq);
	bytes_out_u64(&out, run->removed);
	bytes_out_u64(&out, run->ended_us);
	store_put(row->txn, STORE_LOG_RUN, row->key, bytes_of(value, sizeof(value)));
}

static bool migrate_run(struct migrate_row *row)
{
	struct state_edit rows = state_edit_of(row->txn, row->arena);
	struct bytes_in key = bytes_in_of(row->key.data, row->key.len);
	struct run run = {.id = bytes_in_u64(&key)};
	if (key.bad || bytes_in_left(&key) || run.id == 0)
		return migrate_wrong(row, "its key is not a run's");
	if (!unpack_run(row, &run))
		return false;
	run_put(&rows, &run);
	put_run_span(row, &run);
	return migrate_settle(row, &rows);
}

/* --- names: 8 seq; each RRset: 2 type, 4 TTL, 2 count, 4 length, and each record: 4 owner, 5
 * stamp, 1 class, 2 length, data */

#define OLD_RECORD_HEAD_LEN 12

static bool convert_record(struct bytes_in *in, struct bytes_out *out)
{
	static const struct node_record none;
	struct node_record record = none;
	record.owner = bytes_in_u32(in);
	record.stamp = bytes_in_number(in, 5);
	uint8_t class = bytes_in_u8(in);
	size_t len = bytes_in_u16(in);
	const uint8_t *data = bytes_in_take(in, len);
	if (in->bad || class > RECORD_PINNED)
		return false;
	record.class = (enum record_class) class;
	record.rdata = bytes_of(data, len);
	node_write_record(out, &record);
	return true;
}

static bool convert_rrset(struct bytes_in *in, struct bytes_out *out)
{
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
		if (!convert_record(&records, out))
			return false;
	}
	return bytes_in_left(&records) == 0;
}

static bool migrate_node(struct migrate_row *row)
{
	static const struct node_hint none;
	static const struct node_client nobody;
	/* A record takes 12 bytes at least, and 2 more from now on. */
	size_t room = row->value.len + row->value.len / 4 + NODE_HEAD_LEN + NODE_RRSET_HEAD_LEN;
	struct bytes_out out = bytes_out_of(arena_alloc(row->arena, room), room);
	struct bytes_in in = bytes_in_of(row->value.data, row->value.len);
	node_write_start(&out, bytes_in_u64(&in), &none, &nobody);
	while (!in.bad && bytes_in_left(&in) > 0) {
		if (!convert_rrset(&in, &out))
			return migrate_wrong(row, "its records make no sense");
	}
	if (in.bad || out.full)
		return migrate_wrong(row, "its records make no sense");
	store_append(row->txn, STORE_NODES, row->key, bytes_of(out.start, bytes_out_len(&out)));
	return !row->txn->error;
}

/* --- each */

/* What has the same form in both schemas. */
static bool migrate_as_it_is(struct migrate_row *row)
{
	store_append(row->txn, row->table, row->key, row->value);
	return !row->txn->error;
}

bool migrate_row(struct migrate_row *row)
{
	row->why = NULL;
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
		return migrate_as_it_is(row);
	}
}

/* --- what a row is called */

static void migrate_print_number(const struct migrate_row *row, const char *what,
				 char out[MIGRATE_NAME_MAX])
{
	struct bytes_in in = bytes_in_of(row->key.data, row->key.len);
	uint64_t number = row->key.len < 8 ? bytes_in_u32(&in) : bytes_in_u64(&in);
	snprintf(out, MIGRATE_NAME_MAX, "%s %" PRIu64, what, number);
}

static void print_key_name(struct bytes key, char out[MIGRATE_NAME_MAX])
{
	struct dns_name root = dns_name_root(), name;
	char text[DNS_NAME_TEXT_MAX];
	bool is = dns_name_from_key(&name, key, &root);
	snprintf(out, MIGRATE_NAME_MAX, "%s", is ? dns_name_show(&name, text) : "(no name)");
}

/* Words and groups; what is not printable is left out. */
static void print_word(struct bytes key, char out[MIGRATE_NAME_MAX])
{
	size_t len = 0;
	for (size_t i = 0; i < key.len && i < 64; i++) {
		if (key.data[i] > ' ' && key.data[i] < 0x7f)
			out[len++] = (char)key.data[i];
	}
	out[len] = '\0';
}

static void print_zone_name(const struct migrate_row *row, char out[MIGRATE_NAME_MAX])
{
	struct bytes_in in = bytes_in_of(row->key.data, row->key.len);
	uint32_t id = bytes_in_u32(&in);
	struct dns_name name;
	struct zone zone;
	char text[DNS_NAME_TEXT_MAX];
	bool is = !in.bad && zone_get_by_id(row->txn, id, &zone) &&
		  dns_name_from_key(&name, bytes_of(in.at, bytes_in_left(&in)), &zone.apex);
	if (is)
		snprintf(out, MIGRATE_NAME_MAX, "%s", dns_name_show(&name, text));
	else
		snprintf(out, MIGRATE_NAME_MAX, "of zone number %" PRIu32, id);
}

static void print_apex(struct bytes key, char out[MIGRATE_NAME_MAX])
{
	size_t tail = key.len && key.data[0] == 'd' ? 5 : 0;
	if (key.len > tail)
		print_key_name(bytes_of(key.data + 1, key.len - 1 - tail), out);
	else
		snprintf(out, MIGRATE_NAME_MAX, "(no name)");
}

char *migrate_row_name(const struct migrate_row *row, char out[MIGRATE_NAME_MAX])
{
	switch (row->table) {
	case STORE_ZONES:
		print_apex(row->key, out);
		break;
	case STORE_KEYS:
		print_key_name(row->key, out);
		break;
	case STORE_RULES:
		migrate_print_number(row, "of zone number", out);
		break;
	case STORE_RUNS:
		migrate_print_number(row, "run", out);
		break;
	case STORE_RESERVED:
	case STORE_NODES:
		print_zone_name(row, out);
		break;
	case STORE_META:
	case STORE_GROUPS:
		print_word(row->key, out);
		break;
	default:
		migrate_print_number(row, "number", out);
		break;
	}
	return out;
}
