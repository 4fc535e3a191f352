/* SPDX-License-Identifier: BSD-2-Clause */
#include "journal/index.h"
#include "base/varint.h"
#include <string.h>

#define ID_LEN   4
#define SEQ_LEN  8
#define KEY_LEN  (ID_LEN + SEQ_LEN)
#define HASH_LEN 8
/* The longest difference, and the head. */
#define PIECE_ROOM (SEQ_LEN + INDEX_PIECE_BYTES + 10)

static struct bytes piece_key(uint32_t zone_id, uint64_t seq, uint8_t buffer[KEY_LEN])
{
	struct bytes_out out = bytes_out_of(buffer, KEY_LEN);
	bytes_out_u32(&out, zone_id);
	bytes_out_u64(&out, seq);
	return bytes_of(buffer, KEY_LEN);
}

static struct bytes apex_key(const struct dns_name *apex, uint8_t buffer[ID_LEN + DNS_NAME_MAX])
{
	struct bytes_out out = bytes_out_of(buffer, ID_LEN + DNS_NAME_MAX);
	bytes_out_u32(&out, 0);
	bytes_out_put(&out, apex->wire, apex->len);
	return bytes_of(buffer, bytes_out_len(&out));
}

static struct bytes name_key(const struct dns_name *name, uint64_t seq,
			     uint8_t buffer[HASH_LEN + SEQ_LEN])
{
	uint8_t digest[DIGEST_LEN];
	struct bytes wire = bytes_of(name->wire, name->len);
	digest_sha256(&wire, 1, digest);
	struct bytes_out out = bytes_out_of(buffer, HASH_LEN + SEQ_LEN);
	bytes_out_put(&out, digest, HASH_LEN);
	bytes_out_u64(&out, seq);
	return bytes_of(buffer, bytes_out_len(&out));
}

static uint64_t seq_behind(struct bytes key, size_t before)
{
	struct bytes_in in = bytes_in_of(key.data, key.len);
	bytes_in_take(&in, before);
	return bytes_in_u64(&in);
}

static uint32_t index_zone_of(const struct entry *e)
{
	return e->has_zone && e->zone_id ? e->zone_id : INDEX_NO_ZONE;
}

static bool is_id(struct bytes ids, uint32_t id)
{
	struct bytes_in in = bytes_in_of(ids.data, ids.len);
	while (bytes_in_left(&in)) {
		if (bytes_in_u32(&in) == id)
			return true;
	}
	return false;
}

/* The zone's first entry, or the first after all of its others were pruned. */
static void add_id(struct store_txn *txn, const struct entry *e)
{
	uint8_t key[ID_LEN + DNS_NAME_MAX], value[ID_LEN * INDEX_IDS_MAX];
	struct bytes ids = bytes_of(NULL, 0);
	if (store_get(txn, journal_log_tables(e->log).zone, apex_key(&e->zone, key), &ids) &&
	    is_id(ids, e->zone_id))
		return;
	struct bytes_in in = bytes_in_of(ids.data, ids.len);
	if (ids.len >= sizeof value) /* the oldest is forgotten */
		bytes_in_take(&in, ids.len - sizeof value + ID_LEN);
	struct bytes_out out = bytes_out_of(value, sizeof value);
	bytes_out_put(&out, in.at, bytes_in_left(&in));
	bytes_out_u32(&out, e->zone_id);
	store_put(txn, journal_log_tables(e->log).zone, apex_key(&e->zone, key),
		  bytes_of(value, bytes_out_len(&out)));
}

static void drop_id(struct store_txn *txn, const struct entry *e)
{
	uint8_t key[ID_LEN + DNS_NAME_MAX], value[ID_LEN * INDEX_IDS_MAX];
	struct bytes ids;
	if (!store_get(txn, journal_log_tables(e->log).zone, apex_key(&e->zone, key), &ids))
		return;
	struct bytes_in in = bytes_in_of(ids.data, ids.len);
	struct bytes_out out = bytes_out_of(value, sizeof value);
	while (bytes_in_left(&in)) {
		uint32_t id = bytes_in_u32(&in);
		if (id != e->zone_id)
			bytes_out_u32(&out, id);
	}
	if (bytes_out_len(&out))
		store_put(txn, journal_log_tables(e->log).zone, apex_key(&e->zone, key),
			  bytes_of(value, bytes_out_len(&out)));
	else
		store_del(txn, journal_log_tables(e->log).zone, apex_key(&e->zone, key));
}

static void add_to_zone(struct store_txn *txn, const struct entry *e)
{
	uint8_t prefix[ID_LEN], key[KEY_LEN], bytes[PIECE_ROOM];
	struct bytes_out out = bytes_out_of(prefix, ID_LEN);
	bytes_out_u32(&out, index_zone_of(e));
	struct bytes last, value, rest = {NULL, 0};
	uint64_t first = e->seq, behind = 0;
	if (store_last(txn, journal_log_tables(e->log).zone, bytes_of(prefix, ID_LEN), &last,
		       &value)) {
		struct bytes_in in = bytes_in_of(value.data, value.len);
		behind = bytes_in_u64(&in);
		rest = bytes_of(in.at, bytes_in_left(&in));
		first = rest.len < INDEX_PIECE_BYTES ? seq_behind(last, ID_LEN) : e->seq;
		if (in.bad || behind >= e->seq || rest.len > INDEX_PIECE_BYTES + 10) {
			store_fail(txn, STORE_CORRUPT);
			return;
		}
	} else if (index_zone_of(e) != INDEX_NO_ZONE) {
		add_id(txn, e);
	}
	out = bytes_out_of(bytes, sizeof bytes);
	bytes_out_u64(&out, e->seq);
	if (first != e->seq) {
		bytes_out_put(&out, rest.data, rest.len);
		varint_put(&out, e->seq - behind);
	}
	store_put(txn, journal_log_tables(e->log).zone, piece_key(index_zone_of(e), first, key),
		  bytes_of(bytes, bytes_out_len(&out)));
}

bool index_name_of(const struct entry *e, struct dns_name *name)
{
	return !e->change_count && e->subject &&
	       !dns_name_parse(name, e->subject, strcspn(e->subject, " "), NULL);
}

bool index_name_next(const struct entry *e, const char **at, struct dns_name *name)
{
	static const char none[] = "";
	bool is_first = *at == NULL;
	if (is_first)
		*at = e->names && !e->change_count ? e->names : none;
	if (is_first && index_name_of(e, name))
		return true;
	while (**at) {
		const char *text = *at;
		*at += strlen(text) + 1;
		if (!dns_name_parse(name, text, strlen(text), NULL))
			return true;
	}
	return false;
}

bool index_row_name(const struct entry *e, const struct state_change *row, struct dns_name *name)
{
	struct dns_name root = dns_name_root();
	struct bytes_in in = bytes_in_of(row->key.data, row->key.len);
	bool is_in_zone = e->has_zone && bytes_in_u32(&in) == e->zone_id && !in.bad;
	switch (row->table) {
	case STATE_ZONE:
		return dns_name_from_key(name, row->key, &root);
	case STATE_RULES:
		*name = e->zone;
		return is_in_zone;
	case STATE_RESERVATION:
	case STATE_NOTE:
		return is_in_zone &&
		       dns_name_from_key(name, bytes_of(in.at, bytes_in_left(&in)), &e->zone);
	default:
		return false;
	}
}

/* Rules of a zone whose own row is in the entry, too: the apex is named by that. */
static bool is_beside_zone(const struct entry *e, const struct state_change *row)
{
	if (row->table != STATE_RULES)
		return false;
	for (size_t i = 0; i < e->row_count; i++) {
		struct dns_name apex;
		if (e->rows[i].table == STATE_ZONE && index_row_name(e, &e->rows[i], &apex) &&
		    dns_name_equal(&apex, &e->zone))
			return true;
	}
	return false;
}

bool index_row_next(const struct entry *e, size_t *at, struct dns_name *name)
{
	struct dns_name subject;
	while (*at < e->row_count) {
		const struct state_change *row = &e->rows[(*at)++];
		if (index_row_name(e, row, name) && !is_beside_zone(e, row) &&
		    !(index_name_of(e, &subject) && dns_name_equal(&subject, name)))
			return true;
	}
	return false;
}

void index_add(struct store_txn *txn, const struct entry *e)
{
	uint8_t key[HASH_LEN + SEQ_LEN];
	struct dns_name name;
	const char *at = NULL;
	add_to_zone(txn, e);
	while (index_name_next(e, &at, &name))
		store_put(txn, journal_log_tables(e->log).name, name_key(&name, e->seq, key),
			  bytes_of(NULL, 0));
	for (size_t row = 0; index_row_next(e, &row, &name);)
		store_put(txn, journal_log_tables(e->log).name, name_key(&name, e->seq, key),
			  bytes_of(NULL, 0));
}

void index_drop(struct store_txn *txn, const struct entry *e)
{
	uint8_t key[HASH_LEN + SEQ_LEN], first[KEY_LEN];
	struct dns_name name;
	struct index_piece piece;
	const char *at = NULL;
	while (index_name_next(e, &at, &name))
		store_del(txn, journal_log_tables(e->log).name, name_key(&name, e->seq, key));
	for (size_t row = 0; index_row_next(e, &row, &name);)
		store_del(txn, journal_log_tables(e->log).name, name_key(&name, e->seq, key));
	if (!index_piece_from(txn, e->log, index_zone_of(e), 0, &piece) ||
	    piece.seqs[piece.count - 1] > e->seq)
		return;
	store_del(txn, journal_log_tables(e->log).zone,
		  piece_key(index_zone_of(e), piece.seqs[0], first));
	if (index_zone_of(e) != INDEX_NO_ZONE &&
	    !index_piece_from(txn, e->log, index_zone_of(e), 0, &piece))
		drop_id(txn, e);
}

size_t index_zone_ids(struct store_txn *txn, enum journal_log log, const struct dns_name *apex,
		      uint32_t ids[INDEX_IDS_MAX])
{
	uint8_t key[ID_LEN + DNS_NAME_MAX];
	struct bytes value;
	size_t count = 0;
	if (!store_get(txn, journal_log_tables(log).zone, apex_key(apex, key), &value))
		return 0;
	struct bytes_in in = bytes_in_of(value.data, value.len);
	while (bytes_in_left(&in) && count < INDEX_IDS_MAX)
		ids[count++] = bytes_in_u32(&in);
	if (in.bad || bytes_in_left(&in))
		store_fail(txn, STORE_CORRUPT);
	return in.bad ? 0 : count;
}

void index_apexes(struct store_txn *txn, enum journal_log log,
		  bool (*each)(void *, const struct dns_name *), void *context)
{
	uint8_t prefix[ID_LEN] = {0};
	struct store_walk walk;
	struct bytes key, value;
	struct dns_name apex;
	bool goes_on = true;
	store_walk_from(&walk, txn, journal_log_tables(log).zone, bytes_of(prefix, ID_LEN), ID_LEN);
	while (goes_on && store_walk_next(&walk, &key, &value)) {
		struct bytes_in in = bytes_in_of(key.data, key.len);
		bytes_in_take(&in, ID_LEN);
		if (dns_name_from_wire(&apex, bytes_of(in.at, bytes_in_left(&in))))
			goes_on = each(context, &apex);
		else
			store_fail(txn, STORE_CORRUPT);
	}
	store_walk_end(&walk);
}

static bool piece_read(struct store_txn *txn, enum journal_log log, struct bytes key,
		       struct index_piece *piece)
{
	struct bytes value;
	uint64_t at = seq_behind(key, ID_LEN);
	piece->count = 0;
	if (!store_get(txn, journal_log_tables(log).zone, key, &value))
		return false;
	struct bytes_in in = bytes_in_of(value.data, value.len);
	uint64_t last = bytes_in_u64(&in);
	piece->seqs[piece->count++] = at;
	while (bytes_in_left(&in) && piece->count < INDEX_PIECE_SEQS) {
		at += varint_get(&in);
		piece->seqs[piece->count++] = at;
	}
	if (!in.bad && !bytes_in_left(&in) && at == last)
		return true;
	store_fail(txn, STORE_CORRUPT);
	piece->count = 0;
	return false;
}

/* The zone's pieces around `seq`: the last that begins at or below it, the first above it. */
static void pieces_around(struct store_txn *txn, const struct index_piece *of, uint64_t seq,
			  struct bytes *below, struct bytes *above)
{
	uint8_t key[KEY_LEN];
	if (seq == UINT64_MAX)
		seq--;
	store_neighbours(txn, journal_log_tables(of->log).zone,
			 piece_key(of->zone_id, seq + 1, key), ID_LEN, below, above);
}

bool index_piece_from(struct store_txn *txn, enum journal_log log, uint32_t zone_id, uint64_t seq,
		      struct index_piece *piece)
{
	struct bytes below, above;
	piece->log = log;
	piece->zone_id = zone_id;
	piece->count = 0;
	pieces_around(txn, piece, seq, &below, &above);
	if (below.data && piece_read(txn, log, below, piece) &&
	    piece->seqs[piece->count - 1] >= seq)
		return true;
	piece->count = 0;
	return above.data && !txn->error && piece_read(txn, log, above, piece);
}

bool index_piece_to(struct store_txn *txn, enum journal_log log, uint32_t zone_id, uint64_t seq,
		    struct index_piece *piece)
{
	struct bytes below, above;
	piece->log = log;
	piece->zone_id = zone_id;
	piece->count = 0;
	pieces_around(txn, piece, seq, &below, &above);
	return below.data && piece_read(txn, log, below, piece);
}

void index_mentions(struct store_txn *txn, const struct dns_name *name, struct journal_place from,
		    bool (*each)(void *, uint64_t), void *context)
{
	uint8_t start[HASH_LEN + SEQ_LEN];
	struct store_walk walk;
	struct bytes key, value;
	bool goes_on = true;
	store_walk_from(&walk, txn, journal_log_tables(from.log).name,
			name_key(name, from.seq, start), HASH_LEN);
	while (goes_on && store_walk_next(&walk, &key, &value))
		goes_on = each(context, seq_behind(key, HASH_LEN));
	store_walk_end(&walk);
}
