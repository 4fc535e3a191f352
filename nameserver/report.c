/* SPDX-License-Identifier: BSD-2-Clause */
#include "nameserver/report.h"
#include "journal/local.h"
#include <stdio.h>
#include <string.h>

#define PREFIX     "report:"
#define PREFIX_LEN (sizeof(PREFIX) - 1)
#define COUNT      "report-names"
#define LOST       "report-lost"
#define STAMP_LEN  5
#define TEXTS      5
#define ROW_MAX    (1 + 4 * STAMP_LEN + TEXTS * REPORT_TEXT_MAX)
#define KEY_MAX    (PREFIX_LEN + ZONE_KEY_MAX)

#define TIDY_ROWS 64 /* rows that go in one step of a part */

#define FLAG_OPEN  1
#define FLAG_PROBE 2
#define FLAG_OWN   4

static const char *const kinds[REPORT_KINDS] = {
	[REPORT_PASS] = "pass",
	[REPORT_WILL_SIGN] = "will-sign",
	[REPORT_UNKNOWN] = "unknown",
	[REPORT_REFUSED] = "refused",
};

const char *report_kind_word(enum report_kind kind)
{
	return kinds[kind];
}

bool report_unsigned_kind(const struct report_row *row, bool has_self, uint64_t now,
			  enum report_kind *kind)
{
	if (!row->unsigned_at)
		return false;
	/* It was refused once, and came again without a signature. */
	bool is_deaf = row->probed_at && !row->has_signed_probe &&
		       (row->unsigned_at > row->probed_at || now > row->probed_at + REPORT_PROBE_S);
	if (row->is_open)
		*kind = REPORT_PASS;
	else if (row->has_own || has_self)
		*kind = REPORT_WILL_SIGN;
	else
		*kind = is_deaf ? REPORT_REFUSED : REPORT_UNKNOWN;
	return true;
}

/* The key of a name; NULL: what the keys of the zone begin with. */
static struct bytes report_key(uint8_t key[KEY_MAX], const struct zone *zone,
			       const struct dns_name *name)
{
	uint8_t *at = key + PREFIX_LEN;
	memcpy(key, PREFIX, PREFIX_LEN);
	size_t len = zone_key(at, zone, name ? name : &zone->apex);
	return bytes_of(key, PREFIX_LEN + (name ? len : 4));
}

static void report_put_text(struct bytes_out *out, const char *text)
{
	size_t len = strnlen(text, REPORT_TEXT_MAX - 1);
	bytes_out_u8(out, (uint8_t)len);
	bytes_out_put(out, text, len);
}

static void report_take_text(struct bytes_in *in, char text[REPORT_TEXT_MAX])
{
	size_t len = bytes_in_u8(in);
	const uint8_t *at = bytes_in_take(in, len);
	if (at && len)
		memcpy(text, at, len);
}

static bool report_unpack(struct bytes value, struct report_row *row)
{
	struct bytes_in in = bytes_in_of(value.data, value.len);
	uint8_t flags = bytes_in_u8(&in);
	memset(row, 0, sizeof *row);
	row->is_open = flags & FLAG_OPEN;
	row->has_signed_probe = flags & FLAG_PROBE;
	row->has_own = flags & FLAG_OWN;
	row->passed_at = bytes_in_number(&in, STAMP_LEN);
	row->refused_at = bytes_in_number(&in, STAMP_LEN);
	row->unsigned_at = bytes_in_number(&in, STAMP_LEN);
	row->probed_at = bytes_in_number(&in, STAMP_LEN);
	report_take_text(&in, row->passed);
	report_take_text(&in, row->refused);
	report_take_text(&in, row->code);
	report_take_text(&in, row->reason);
	report_take_text(&in, row->address);
	if (!in.bad && bytes_in_left(&in) == 0)
		return true;
	memset(row, 0, sizeof *row);
	return false;
}

bool report_get(struct store_txn *txn, const struct zone *zone, const struct dns_name *name,
		struct report_row *row)
{
	uint8_t key[KEY_MAX];
	struct bytes value;
	memset(row, 0, sizeof *row);
	return store_get(txn, STORE_LOCAL, report_key(key, zone, name), &value) &&
	       report_unpack(value, row);
}

bool report_has_room(struct store_txn *txn, const struct zone *zone, const struct dns_name *name)
{
	uint8_t key[KEY_MAX];
	return local_number(txn, COUNT) < REPORT_NAMES_MAX ||
	       store_has(txn, STORE_LOCAL, report_key(key, zone, name));
}

bool report_put(struct store_txn *txn, const struct zone *zone, const struct dns_name *name,
		const struct report_row *row)
{
	uint8_t key[KEY_MAX], value[ROW_MAX];
	struct bytes_out out = bytes_out_of(value, sizeof value);
	struct bytes at = report_key(key, zone, name);
	if (!store_has(txn, STORE_LOCAL, at)) {
		uint64_t count = local_number(txn, COUNT);
		if (count >= REPORT_NAMES_MAX) {
			local_set_number(txn, LOST, local_number(txn, LOST) + 1);
			return false;
		}
		local_set_number(txn, COUNT, count + 1);
	}
	bytes_out_u8(&out, (uint8_t)((row->is_open ? FLAG_OPEN : 0) |
				     (row->has_signed_probe ? FLAG_PROBE : 0) |
				     (row->has_own ? FLAG_OWN : 0)));
	bytes_out_number(&out, row->passed_at, STAMP_LEN);
	bytes_out_number(&out, row->refused_at, STAMP_LEN);
	bytes_out_number(&out, row->unsigned_at, STAMP_LEN);
	bytes_out_number(&out, row->probed_at, STAMP_LEN);
	report_put_text(&out, row->passed);
	report_put_text(&out, row->refused);
	report_put_text(&out, row->code);
	report_put_text(&out, row->reason);
	report_put_text(&out, row->address);
	store_put(txn, STORE_LOCAL, at, bytes_of(value, bytes_out_len(&out)));
	return true;
}

uint64_t report_lost(struct store_txn *txn)
{
	return local_number(txn, LOST);
}

static struct bytes report_prefix(uint8_t key[KEY_MAX], uint32_t id)
{
	memcpy(key, PREFIX, PREFIX_LEN);
	struct bytes_out out = bytes_out_of(key + PREFIX_LEN, 4);
	bytes_out_u32(&out, id);
	return bytes_of(key, PREFIX_LEN + 4);
}

uint32_t report_zone_after(struct store_txn *txn, uint32_t id)
{
	uint8_t key[KEY_MAX];
	struct store_walk walk;
	struct bytes at, value;
	uint32_t found = 0;
	store_walk_from(&walk, txn, STORE_LOCAL, report_prefix(key, id + 1), PREFIX_LEN);
	if (store_walk_next(&walk, &at, &value)) {
		struct bytes_in in = bytes_in_of(at.data, at.len);
		bytes_in_take(&in, PREFIX_LEN);
		found = bytes_in_u32(&in);
	}
	store_walk_end(&walk);
	return found;
}

/* The keys of the zone's first rows. Returns how many. */
static size_t report_first(struct store_txn *txn, uint32_t id, uint8_t keys[TIDY_ROWS][KEY_MAX],
			   size_t lens[TIDY_ROWS])
{
	uint8_t key[KEY_MAX];
	struct store_walk walk;
	struct bytes at, value;
	size_t count = 0;
	store_walk_from(&walk, txn, STORE_LOCAL, report_prefix(key, id), PREFIX_LEN + 4);
	while (count < TIDY_ROWS && store_walk_next(&walk, &at, &value)) {
		memcpy(keys[count], at.data, at.len);
		lens[count++] = at.len;
	}
	store_walk_end(&walk);
	return count;
}

bool report_tidy(struct store_txn *txn, uint32_t id, struct writer_part *time)
{
	uint8_t keys[TIDY_ROWS][KEY_MAX];
	size_t lens[TIDY_ROWS], count;
	struct zone zone;
	bool is_over = false;
	if (zone_get_by_id(txn, id, &zone) && zone.update == ZONE_UPDATE_REPORT)
		return true;
	while (!is_over && !txn->error && (count = report_first(txn, id, keys, lens)) > 0) {
		uint64_t left = local_number(txn, COUNT);
		for (size_t i = 0; i < count; i++)
			store_del(txn, STORE_LOCAL, bytes_of(keys[i], lens[i]));
		left = left > count ? left - count : 0;
		local_set_number(txn, COUNT, left);
		if (left == 0 && report_lost(txn))
			local_set_number(txn, LOST, 0);
		is_over = writer_part_is_over(time);
	}
	return !is_over;
}

void report_walk(struct store_txn *txn, const struct zone *zone,
		 bool (*each)(void *context, const struct dns_name *, const struct report_row *),
		 void *context)
{
	uint8_t key[KEY_MAX];
	struct store_walk walk;
	struct bytes at, value, from = report_key(key, zone, NULL);
	struct dns_name name;
	struct report_row row;
	bool goes_on = true;
	store_walk_from(&walk, txn, STORE_LOCAL, from, from.len);
	while (goes_on && store_walk_next(&walk, &at, &value)) {
		struct bytes form = bytes_of(at.data + from.len, at.len - from.len);
		if (dns_name_from_key(&name, form, &zone->apex) && report_unpack(value, &row))
			goes_on = each(context, &name, &row);
	}
	store_walk_end(&walk);
}
