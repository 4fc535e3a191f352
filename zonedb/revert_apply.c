/* SPDX-License-Identifier: BSD-2-Clause */
#include "zonedb/revert_state.h"
#include "zonedb/name_history.h"
#include "zonedb/principal.h"
#include <assert.h>
#include <stdlib.h>

static int revert_apply_compare_names(const void *a, const void *b)
{
	const struct revert_name *left = *(struct revert_name *const *)a;
	const struct revert_name *right = *(struct revert_name *const *)b;
	return bytes_compare(bytes_of(left->key, left->key_len),
			     bytes_of(right->key, right->key_len));
}

/* By zone, then in canonical order: as the store has them, and as entries are written. */
void revert_sort(struct revert *revert)
{
	size_t count = 0;
	if (revert->is_sorted)
		return;
	revert->names = calloc(revert->table.count + 1, sizeof(struct revert_name *));
	assert(revert->names);
	for (struct hash_link *link = hash_table_first(&revert->table); link;
	     link = hash_table_next(&revert->table, link))
		revert->names[count++] = container_of(link, struct revert_name, link);
	qsort(revert->names, count, sizeof(struct revert_name *), revert_apply_compare_names);
	revert->is_sorted = true;
	for (size_t i = 0; i < count; i++) {
		struct revert_name *name = revert->names[i];
		name->least_seq = UINT64_MAX;
		for (const struct revert_slot *slot = name->slots; slot; slot = slot->next) {
			if (slot->last_seq < name->least_seq)
				name->least_seq = slot->last_seq;
		}
	}
}

static uint32_t zone_id_of(const struct revert_name *name)
{
	struct bytes_in in = bytes_in_of(name->key, name->key_len);
	return bytes_in_u32(&in);
}

static const struct revert_zone *revert_apply_find_zone(const struct revert *revert, uint32_t id)
{
	const struct revert_zone *zone = revert->zones;
	while (zone->id != id)
		zone = zone->next;
	return zone;
}

static size_t bytes_of_name(const struct revert_name *name)
{
	size_t bytes = 0;
	for (const struct revert_slot *slot = name->slots; slot; slot = slot->next)
		bytes += EDIT_CHANGE_BYTES + name->key_len + slot->rdata.len;
	return bytes;
}

/* --- a part of a zone that makes about one entry */

#define PART_BYTES (24u << 10) /* where several entries make a part of the writer's time */

struct part {
	struct revert_walk walk;
	struct entry *as;   /* NULL: a plan */
	struct arena arena; /* ends with the part */
	size_t bytes;       /* of the changes, about */
	bool has_moved;     /* the serial, in an earlier part */
};

static void count_change(struct revert_result *result, const struct change *change)
{
	result->added += change->what == CHANGE_ADDED;
	result->removed += change->what == CHANGE_REMOVED;
	result->altered += change->what == CHANGE_ALTERED;
	result->refreshed += change->what == CHANGE_REFRESHED;
}

static void tell_changes(struct revert_walk *walk)
{
	size_t count;
	const struct edit_change *changes = edit_diff(walk->edit, &count);
	for (size_t i = 0; i < count; i++) {
		count_change(walk->result, &changes[i].change);
		if (walk->listener->change)
			walk->listener->change(walk->listener->context, walk->zone,
					       &changes[i].change);
	}
}

static void revert_apply_commit(struct part *part)
{
	struct revert_walk *walk = &part->walk;
	struct revert_result *result = walk->result;
	struct entry entry = *part->as;
	size_t count;
	edit_diff(walk->edit, &count);
	if (count == 0)
		return;
	result->run = part->as->run;
	walk->edit->keeps_serial = part->has_moved;
	uint64_t seq = edit_commit(walk->edit, &entry);
	part->as->rows = NULL; /* the first entry had them */
	part->as->row_count = 0;
	uint64_t first, last;
	journal_range(walk->txn, &first, &last);
	if (!result->first_seq)
		result->first_seq = seq;
	result->last_seq = last;
	part->has_moved |= edit_serial_after(walk->edit) != edit_serial_before(walk->edit);
	revert_forget(walk->revert);
}

static void open_name(struct revert_walk *walk, const struct revert_name *from,
		      struct dns_name *name)
{
	struct bytes_in in = bytes_in_of(from->key, from->key_len);
	bytes_in_take(&in, 4);
	bool is_whole =
		dns_name_from_key(name, bytes_of(in.at, bytes_in_left(&in)), &walk->zone->apex);
	assert(is_whole); /* we made it */
}

/* Returns the name behind the part's last. */
static size_t walk_part(struct part *part, const struct edit_author *author, size_t at, size_t end)
{
	struct revert_walk *walk = &part->walk;
	struct revert *revert = walk->revert;
	walk->edit = edit_open(walk->txn, walk->zone, author, &part->arena);
	walk->edit->is_exact = true;
	for (size_t bytes = 0; at < end && bytes < part->bytes && !walk->txn->error; at++) {
		struct dns_name name;
		open_name(walk, revert->names[at], &name);
		revert_name(walk, revert->names[at], &name);
		bytes += bytes_of_name(revert->names[at]);
	}
	tell_changes(walk);
	if (part->as)
		revert_apply_commit(part);
	arena_reset(&part->arena);
	return at;
}

/* --- a zone */

/* All that was to be undone in a zone that is no longer here. */
static void tell_gone(struct revert_walk *walk, const struct revert_zone *gone, size_t at,
		      size_t end)
{
	struct deleted_zone deleted_zone;
	struct zone zone = {.id = gone->id, .apex = gone->apex};
	struct revert_conflict conflict = {
		.zone = &zone, .name = &gone->apex, .text = "the zone is no longer here"};
	if (deleted_zone_next(walk->txn, &gone->apex, gone->id - 1, &deleted_zone) &&
	    deleted_zone.zone.id == gone->id) {
		conflict.seq = deleted_zone.last_seq;
		conflict.text = "the zone was deleted since: 'zone restore' brings it back";
	}
	for (; at < end; at++) {
		for (const struct revert_slot *slot = walk->revert->names[at]->slots; slot;
		     slot = slot->next) {
			conflict.records++;
			conflict.undoes = slot->last_seq;
		}
	}
	walk->result->conflicts += conflict.records;
	if (walk->listener->conflict)
		walk->listener->conflict(walk->listener->context, &conflict);
}

static bool is_revived(const struct revert *revert, uint32_t id)
{
	return revert->has_deleted_zone && revert->deleted_zone.zone.id == id;
}

/* With a part of the writer's time, until that is over. Returns the name that comes next. */
static size_t walk_zone(struct revert_walk *walk, struct entry *as, size_t at, size_t end,
			struct writer_part *time)
{
	struct revert *revert = walk->revert;
	uint32_t id = zone_id_of(revert->names[at]);
	struct part part = {.walk = *walk, .as = as, .bytes = time ? PART_BYTES : EDIT_ENTRY_BYTES};
	struct edit_author author = {.owner_text = "anonymous"};
	struct zone zone;
	if (is_revived(revert, id)) {
		zone = revert->deleted_zone.zone;
	} else if (!zone_get_by_id(walk->txn, id, &zone)) {
		tell_gone(walk, revert_apply_find_zone(revert, id), at, end);
		return end;
	}
	part.walk.zone = &zone;
	/* A part before it brought the SOA back: nobody has seen the zone since. */
	part.has_moved = is_revived(revert, id) && zone_serial(walk->txn, &zone) != 0;
	while (at < end && !walk->txn->error) {
		at = walk_part(&part, &author, at, end);
		if (time && writer_part_is_over(time))
			break;
	}
	arena_free(&part.arena);
	return at;
}

/* Behind the last name of the zone of this one. */
static size_t revert_zone_end(const struct revert *revert, size_t at)
{
	size_t end = at + 1;
	while (end < revert->table.count &&
	       zone_id_of(revert->names[end]) == zone_id_of(revert->names[at]))
		end++;
	return end;
}

void revert_look(struct revert *revert, struct store_txn *txn, size_t at, size_t count)
{
	const struct revert_zone *of = NULL;
	revert_sort(revert);
	revert_forget(revert);
	for (size_t end = at + count; at < end && at < revert->table.count && !txn->error; at++) {
		struct revert_name *name = revert->names[at];
		struct dns_name is;
		if (!of || of->id != zone_id_of(name))
			of = revert_apply_find_zone(revert, zone_id_of(name));
		struct zone zone = {.id = of->id, .apex = of->apex};
		struct revert_walk walk = {.zone = &zone};
		open_name(&walk, name, &is);
		revert_look_ahead(revert, txn, name, &is, name_history_head(txn, &zone, &is));
	}
	revert_forget(revert);
}

static void walk_all(struct revert_walk *walk, struct entry *as)
{
	struct revert *revert = walk->revert;
	revert_sort(revert);
	revert_forget(revert);
	*walk->result = (struct revert_result){0};
	for (size_t at = 0, end; at < revert->table.count; at = end) {
		end = revert_zone_end(revert, at);
		walk_zone(walk, as, at, end, NULL);
	}
}

void revert_plan(struct revert *revert, struct store_txn *txn,
		 const struct revert_listener *listener, struct revert_result *result)
{
	struct revert_walk walk = {
		.revert = revert, .txn = txn, .listener = listener, .result = result};
	walk_all(&walk, NULL);
}

void revert_apply(struct revert *revert, struct store_txn *txn, struct entry *as,
		  const struct revert_listener *listener, struct revert_result *result)
{
	struct revert_walk walk = {
		.revert = revert, .txn = txn, .listener = listener, .result = result};
	walk_all(&walk, as);
}

bool revert_apply_part(struct revert *revert, struct store_txn *txn, struct entry *as,
		       const struct revert_listener *listener, struct revert_result *result,
		       size_t *at, struct writer_part *time)
{
	struct revert_walk walk = {
		.revert = revert, .txn = txn, .listener = listener, .result = result};
	revert_sort(revert);
	revert_forget(revert);
	while (*at < revert->table.count && !txn->error) {
		*at = walk_zone(&walk, as, *at, revert_zone_end(revert, *at), time);
		if (writer_part_is_over(time))
			break;
	}
	return *at == revert->table.count;
}
