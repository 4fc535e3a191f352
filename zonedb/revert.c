/* SPDX-License-Identifier: BSD-2-Clause */
#include "zonedb/revert_state.h"
#include "base/memory_room.h"
#include "dns/rdata.h"
#include <assert.h>
#include <stdlib.h>

/* Between two looks at the memory that is left. */
#define CHANGES_PER_LOOK 4096

static bool revert_name_is(const struct hash_link *link, const void *key)
{
	const struct bytes *wanted = key;
	const struct revert_name *name = container_of(link, const struct revert_name, link);
	return bytes_equal(bytes_of(name->key, name->key_len), *wanted);
}

static void revert_note_zone(struct revert *revert, const struct entry *entry)
{
	for (const struct revert_zone *zone = revert->zones; zone; zone = zone->next) {
		if (zone->id == entry->zone_id)
			return;
	}
	struct revert_zone *zone = arena_alloc(&revert->arena, sizeof(*zone));
	*zone = (struct revert_zone){
		.next = revert->zones, .id = entry->zone_id, .apex = entry->zone};
	revert->zones = zone;
}

static struct revert_name *revert_name_of(struct revert *revert, const struct entry *entry,
					  const struct dns_name *name)
{
	uint8_t bytes[ZONE_KEY_MAX];
	struct zone zone = {.id = entry->zone_id, .apex = entry->zone};
	struct bytes key = bytes_of(bytes, zone_key(bytes, &zone, name));
	uint64_t hash = hash_bytes(key);
	struct hash_link *link = hash_table_find(&revert->table, hash, revert_name_is, &key);
	if (link)
		return container_of(link, struct revert_name, link);
	struct revert_name *made = arena_zero(&revert->arena, sizeof(*made) + key.len);
	made->last = &made->slots;
	made->key_len = key.len;
	memcpy(made->key, key.data, key.len);
	hash_table_put(&revert->table, &made->link, hash);
	revert_note_zone(revert, entry);
	return made;
}

static const char *revert_keep_text(struct revert *revert, const char *text)
{
	const char *wanted = text ? text : "anonymous";
	struct revert_text **at = &revert->texts;
	while (*at && strcmp((*at)->text, wanted) != 0)
		at = &(*at)->next;
	struct revert_text *found = *at;
	if (found) {
		*at = found->next;
	} else {
		size_t len = strlen(wanted);
		found = arena_alloc(&revert->arena, sizeof(*found) + len + 1);
		memcpy(found->text, wanted, len + 1);
	}
	/* The last one asked for comes first. */
	found->next = revert->texts;
	revert->texts = found;
	return found->text;
}

static struct record_state keep_state(struct revert *revert, const struct record_state *state)
{
	struct record_state kept = *state;
	kept.owner = revert_keep_text(revert, state->owner);
	return kept;
}

static struct revert_slot *revert_find_slot(const struct revert_name *name,
					    const struct change *change)
{
	struct revert_slot *slot = name->slots;
	while (slot && (slot->type != change->type ||
			(slot->type != DNS_TYPE_SOA &&
			 dns_rdata_compare(slot->type, slot->rdata, change->rdata) != 0)))
		slot = slot->next;
	return slot;
}

/* Whether nothing but refreshes lies between what was taken and this change. */
static bool revert_goes_on(const struct revert_slot *slot, const struct change *change)
{
	bool was = change->what != CHANGE_ADDED;
	if (slot->has != was)
		return false;
	return !was ||
	       (slot->after.ttl == change->was.ttl && slot->after.class == change->was.class &&
		slot->after.is_guest == change->was.is_guest &&
		slot->after.lacks_ptr == change->was.lacks_ptr &&
		slot->after.windows.no_refresh == change->was.windows.no_refresh &&
		slot->after.windows.refresh == change->was.windows.refresh &&
		strcmp(slot->after.owner, change->was.owner ? change->was.owner : "anonymous") ==
			0);
}

static void set_before(struct revert *revert, struct revert_slot *slot, const struct change *change,
		       struct bytes rdata)
{
	slot->before_seq = change->previous;
	slot->had = change->what != CHANGE_ADDED;
	slot->rdata = rdata;
	if (slot->had)
		slot->before = keep_state(revert, &change->was);
}

static void set_after(struct revert *revert, struct revert_slot *slot, const struct change *change,
		      struct bytes rdata)
{
	slot->has = change->what != CHANGE_REMOVED;
	slot->after_rdata = rdata;
	if (slot->has)
		slot->after = keep_state(revert, &change->is);
}

static void revert_note(struct revert *revert, struct revert_slot *slot, const struct entry *entry,
			const struct change *change)
{
	struct bytes rdata = change->rdata;
	rdata.data = arena_copy(&revert->arena, rdata.data, rdata.len);
	bool is_new = !slot->seqs, is_same = slot->last_seq == entry->seq;
	/* In one entry an SOA goes and comes. */
	if (is_same && change->what == CHANGE_REMOVED) {
		set_before(revert, slot, change, rdata);
	} else {
		if (is_new || (!is_same && !revert_goes_on(slot, change)))
			set_before(revert, slot, change, rdata);
		set_after(revert, slot, change, rdata);
	}
	if (is_same)
		return;
	struct revert_seq *seq = arena_alloc(&revert->arena, sizeof(*seq));
	*seq = (struct revert_seq){.next = slot->seqs, .seq = entry->seq};
	slot->seqs = seq;
	slot->last_seq = entry->seq;
}

struct revert *revert_open(void)
{
	struct revert *revert = calloc(1, sizeof(*revert));
	assert(revert);
	return revert;
}

void revert_free(struct revert *revert)
{
	for (size_t i = 0; i < REVERT_ENTRIES_KEPT; i++)
		arena_free(&revert->kept[i].arena);
	arena_free(&revert->arena);
	free(revert->names);
	hash_table_free(&revert->table);
	free(revert);
}

/* For the table when it is twice as large, and the names in order. */
static bool revert_has_memory(struct revert *revert)
{
	if (revert->change_count && revert->change_count % CHANGES_PER_LOOK == 0 &&
	    !memory_has_room((revert->table.room + 1) * 4 * sizeof(void *)))
		revert->lacks_memory = true;
	return !revert->lacks_memory;
}

bool revert_lacks_memory(const struct revert *revert)
{
	return revert->lacks_memory;
}

bool revert_take(struct revert *revert, const struct entry *entry, const struct change *change)
{
	assert(entry->has_zone && !revert->is_sorted);
	if (revert->change_count == REVERT_CHANGES_MAX || !revert_has_memory(revert))
		return false;
	struct change seen;
	if (!revert_sees(change, &seen))
		return true;
	revert->change_count++;
	struct revert_name *name = revert_name_of(revert, entry, &change->name);
	struct revert_slot *slot = revert_find_slot(name, change);
	if (!slot) {
		slot = arena_zero(&revert->arena, sizeof(*slot));
		slot->type = change->type;
		*name->last = slot;
		name->last = &slot->next;
	}
	revert_note(revert, slot, entry, &seen);
	return true;
}

void revert_take_parts(struct revert *revert)
{
	revert->takes_parts = true;
}

void revert_ignore_run(struct revert *revert, uint64_t run)
{
	struct revert_seq *ignored = arena_alloc(&revert->arena, sizeof(*ignored));
	*ignored = (struct revert_seq){.next = revert->ignored, .seq = run};
	revert->ignored = ignored;
}

void revert_revive(struct revert *revert, const struct deleted_zone *deleted_zone)
{
	revert->has_deleted_zone = true;
	revert->deleted_zone = *deleted_zone;
}

size_t revert_names(const struct revert *revert)
{
	return revert->table.count;
}

size_t revert_count(const struct revert *revert)
{
	return revert->change_count;
}

const struct entry *revert_read(struct revert *revert, struct store_txn *txn, uint64_t seq)
{
	struct revert_entry *oldest = &revert->kept[0];
	revert->clock++;
	for (size_t i = 0; i < REVERT_ENTRIES_KEPT; i++) {
		struct revert_entry *kept = &revert->kept[i];
		if (kept->is_read && kept->entry.seq == seq) {
			kept->used = revert->clock;
			return &kept->entry;
		}
		if (kept->used < oldest->used)
			oldest = kept;
	}
	arena_reset(&oldest->arena);
	oldest->used = revert->clock;
	oldest->is_read = journal_read(txn, seq, &oldest->entry, &oldest->arena);
	return oldest->is_read ? &oldest->entry : NULL;
}

void revert_forget(struct revert *revert)
{
	for (size_t i = 0; i < REVERT_ENTRIES_KEPT; i++)
		revert->kept[i].is_read = false;
}
