/* SPDX-License-Identifier: BSD-2-Clause */
/* Whether anybody but a refresh came to what a plan is about since it was made. */
#include "admin/apply.h"
#include "base/hash.h"
#include <stdlib.h>

#define APPLY_SINCE_MAX 200000 /* entries that are looked at */

uint64_t apply_hash_state(enum state_table table, struct bytes key)
{
	uint8_t kind[2] = {'s', (uint8_t)table};
	return hash_end(hash_add(hash_add(HASH_START, kind, sizeof kind), key.data, key.len));
}

uint64_t apply_hash_rrset(uint32_t zone_id, const struct dns_name *name, uint16_t type)
{
	uint8_t kind[7] = {'r',
			   (uint8_t)(zone_id >> 24),
			   (uint8_t)(zone_id >> 16),
			   (uint8_t)(zone_id >> 8),
			   (uint8_t)zone_id,
			   (uint8_t)(type >> 8),
			   (uint8_t)type};
	return hash_end(hash_add(hash_add(HASH_START, kind, sizeof kind), name->wire, name->len));
}

static int apply_touch_order(const void *x, const void *y)
{
	const struct apply_touch *a = x, *b = y;
	return (a->hash > b->hash) - (a->hash < b->hash);
}

static bool apply_is_touched(const struct apply *a, uint64_t hash)
{
	struct apply_touch key = {.hash = hash};
	return a->touched_count && bsearch(&key, a->touched, a->touched_count, sizeof *a->touched,
					   apply_touch_order) != NULL;
}

/* What the entry is about that would be touched; NULL: nothing. */
static const char *apply_since_entry(struct apply *a, const struct entry *e)
{
	char name[DNS_NAME_TEXT_MAX], type[DNS_TYPE_TEXT_MAX], key[STATE_KEY_TEXT_MAX];
	for (size_t i = 0; i < e->row_count; i++) {
		const struct state_change *row = &e->rows[i];
		if (!row->is_stated && apply_is_touched(a, apply_hash_state(row->table, row->key)))
			return APPLY_TEXT(a, "%s %s", state_table_name(row->table),
					  state_key_print(row->table, row->key,
							  e->has_zone ? &e->zone : NULL, key));
	}
	for (size_t i = 0; i < e->change_count; i++) {
		const struct change *c = &e->changes[i];
		if (c->what != CHANGE_REFRESHED &&
		    apply_is_touched(a, apply_hash_rrset(e->zone_id, &c->name, c->type)))
			return APPLY_TEXT(a, "%s %s", dns_name_show(&c->name, name),
					  dns_type_print(c->type, type));
	}
	return NULL;
}

enum call_code apply_since(struct apply *a, struct store_txn *txn, uint64_t seq)
{
	uint64_t base = journal_base(txn).seq, head = journal_head(txn).seq;
	struct arena arena = {0};
	enum call_code code = CALL_OK;
	if (seq > head)
		return call_fail(
			a->call, CALL_FAILED,
			"the plan is of another store: its last entry is %llu, and the log "
			"ends at %llu",
			(unsigned long long)seq, (unsigned long long)head);
	if (seq < base || head - seq > APPLY_SINCE_MAX)
		return call_fail(a->call, CALL_FAILED,
				 "the plan is too old: make a new one (the log was at %llu then, "
				 "and is at %llu)",
				 (unsigned long long)seq, (unsigned long long)head);
	if (a->touched_count)
		qsort(a->touched, a->touched_count, sizeof *a->touched, apply_touch_order);
	while (!code && ++seq <= head) {
		struct entry entry = {0};
		const char *what = journal_read(txn, seq, &entry, &arena)
					   ? apply_since_entry(a, &entry)
					   : NULL;
		if (what)
			code = call_fail(a->call, CALL_FAILED,
					 "%s was changed since the plan was made, by %s (entry "
					 "%llu): make a new plan",
					 what, entry.principal ? entry.principal : "nobody",
					 (unsigned long long)seq);
		arena_reset(&arena);
	}
	arena_free(&arena);
	return code;
}
