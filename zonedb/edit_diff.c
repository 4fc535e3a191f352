/* SPDX-License-Identifier: BSD-2-Clause */
#include "zonedb/edit_state.h"
#include "zonedb/principal.h"
#include "zonedb/record_window.h"
#include "base/log.h"
#include "dns/rdata.h"

#define CHANGES_AT_FIRST 8

/* The record that is being compared. */
struct place {
	struct edit *edit;
	const struct edit_name *name;
	uint16_t type;
	uint32_t was_ttl, is_ttl;
};

const struct eras *edit_eras(struct edit *edit)
{
	if (!edit->eras)
		edit->eras = eras_load(edit->txn, edit->arena);
	return edit->eras;
}

static const char *edit_diff_text_of(struct edit *edit, uint32_t id)
{
	if (id == edit->author.owner)
		return edit->author.owner_text;
	for (const struct edit_text *t = edit->texts; t; t = t->next) {
		if (t->id == id)
			return t->text;
		edit->diff_steps++;
	}
	struct edit_text *text = arena_zero(edit->arena, sizeof(*text));
	text->id = id;
	text->text = principal_text(edit->txn, id, edit->arena);
	text->next = edit->texts;
	edit->texts = text;
	return text->text;
}

static void grow_changes(struct edit *edit)
{
	size_t room = edit->change_room ? edit->change_room * 2 : CHANGES_AT_FIRST;
	struct edit_change *changes = arena_alloc(edit->arena, room * sizeof(*changes));
	struct edit_record **records = arena_alloc(edit->arena, room * sizeof(*records));
	if (edit->change_count > 0) {
		memcpy(changes, edit->changes, edit->change_count * sizeof(*changes));
		memcpy(records, edit->records, edit->change_count * sizeof(struct edit_record *));
	}
	edit->changes = changes;
	edit->records = records;
	edit->change_room = room;
}

static bool is_of_author(const struct edit *edit, uint32_t owner)
{
	return owner == edit->author.owner || (edit->author.self && owner == edit->author.self);
}

/* A record of the author's takes its window class when it is stamped; one whose TTL goes along with
 * its RRset, or that another refreshes, keeps it. */
static uint16_t edit_diff_window(const struct place *place, enum change_what what,
				 const struct edit_record *is, uint64_t stamp)
{
	const struct edit *edit = place->edit;
	bool is_meant = what == CHANGE_ADDED || is->is_named || is->is_asserted;
	if (!edit->window_of || !is_meant || is->class != RECORD_DYNAMIC ||
	    stamp != edit->author.now || !is_of_author(edit, is->owner))
		return is->window;
	return edit->window_of(edit->window_context, place->name, place->type, is,
			       what == CHANGE_ADDED);
}

/* `was` or `is` may be NULL; `stamp` is what the record will carry. */
static void edit_diff_push(const struct place *place, enum change_what what,
			   const struct node_record *was, struct edit_record *is, uint64_t stamp)
{
	struct edit *edit = place->edit;
	if (edit->change_count == edit->change_room)
		grow_changes(edit);
	edit->diff_steps += EDIT_CHANGE_STEPS;
	edit->records[edit->change_count] = is;
	struct edit_change *entry = &edit->changes[edit->change_count++];
	memset(entry, 0, sizeof(*entry));
	struct change *change = &entry->change;
	entry->at = place->name;
	change->what = what;
	change->name = place->name->name;
	change->type = place->type;
	change->rdata = is ? is->rdata : was->rdata;
	change->previous = place->name->previous;
	if (was) {
		entry->was_owner = was->owner;
		change->was =
			(struct record_state){.ttl = place->was_ttl,
					      .stamp = was->stamp,
					      .class = was->class,
					      .is_guest = was->is_guest,
					      .lacks_ptr = was->lacks_ptr,
					      .windows = record_window_get(edit->txn, was->window),
					      .owner = edit_diff_text_of(edit, was->owner)};
	}
	if (is) {
		entry->is_owner = is->owner;
		entry->is_window = edit_diff_window(place, what, is, stamp);
		change->is = (struct record_state){
			.ttl = place->is_ttl,
			.stamp = stamp,
			.class = is->class,
			.is_guest = is->is_guest,
			.lacks_ptr = is->lacks_ptr,
			.windows = record_window_get(edit->txn, entry->is_window),
			.owner = edit_diff_text_of(edit, is->owner)};
	}
}

static void log_future(const struct place *place)
{
	static struct log_limit limit;
	char name[DNS_NAME_TEXT_MAX], zone[DNS_NAME_TEXT_MAX];
	if (log_rate(&limit, 1))
		log_warning("stamp in the future counts as now: was the clock set back?",
			    "name=%s zone=%s", dns_name_show(&place->name->name, name),
			    dns_name_show(&place->edit->zone->apex, zone));
}

static enum edit_refresh edit_diff_may_refresh(const struct place *place,
					       const struct node_record *was, bool is_named)
{
	const struct edit *edit = place->edit;
	if (!edit->lets_refresh)
		return is_of_author(edit, was->owner) ? EDIT_REFRESH_KEEPS : EDIT_REFRESH_NOT;
	return edit->lets_refresh(edit->refresh_context, place->name, place->type, was, is_named);
}

static struct record_windows windows_of(const struct edit *edit, uint16_t window)
{
	struct record_windows zone = {edit->zone->no_refresh, edit->zone->refresh};
	return record_window_or(edit->txn, window, zone);
}

/* What the stamp that is stored counts as. */
static uint64_t stamp_counts(const struct place *place, uint64_t stamp)
{
	return eras_count(edit_eras(place->edit), place->name->stored.seq, stamp);
}

/* The renewal of another's record, which refreshes nothing. */
static void note_ignored(const struct place *place, const struct node_record *was)
{
	struct edit *edit = place->edit;
	struct edit_ignored *ignored = arena_zero(edit->arena, sizeof(*ignored));
	ignored->at = edit_see(edit, &place->name->name);
	ignored->type = place->type;
	ignored->owner = was->owner;
	ignored->class = was->class;
	ignored->window = was->window;
	*edit->last_ignored = ignored;
	edit->last_ignored = &ignored->next;
}

/* A refresh is taken if age > no_refresh. A stamp in the future is mended: it would keep the record
 * from refreshes, and from going, until then. */
static enum edit_refresh takes_refresh(const struct place *place, const struct node_record *was,
				       const struct edit_record *is, uint64_t counts)
{
	const struct edit *edit = place->edit;
	uint64_t now = edit->author.now;
	if ((!is->is_named && !is->is_asserted) || edit->is_load || edit->is_exact ||
	    was->class != RECORD_DYNAMIC)
		return EDIT_REFRESH_NOT;
	if (counts > now)
		log_future(place);
	else if (now - counts <= windows_of(edit, was->window).no_refresh)
		return EDIT_REFRESH_NOT;
	enum edit_refresh refresh = edit_diff_may_refresh(place, was, is->is_named);
	if (refresh == EDIT_REFRESH_NOT && is->is_named && edit->lets_refresh)
		note_ignored(place, was);
	return refresh;
}

/* A record that is named and old enough, perhaps: the refresh that is taken, if one is. */
static bool edit_diff_refresh(const struct place *place, const struct node_record *was,
			      struct edit_record *is, uint64_t counts)
{
	const struct edit_author *author = &place->edit->author;
	enum edit_refresh refresh = takes_refresh(place, was, is, counts);
	if (refresh == EDIT_REFRESH_NOT)
		return false;
	bool moves = refresh == EDIT_REFRESH_TAKES && was->owner != author->owner;
	if (moves) {
		is->owner = author->owner;
		is->stamp = author->now;
	}
	edit_diff_push(place, moves ? CHANGE_ALTERED : CHANGE_REFRESHED, was, is, author->now);
	return true;
}

/* The record was there and is. */
static void edit_diff_compare(const struct place *place, const struct node_record *was,
			      struct edit_record *is)
{
	struct edit *edit = place->edit;
	bool has_own_stamp = is->stamp != was->stamp;
	uint64_t counts = stamp_counts(place, was->stamp);
	uint64_t kept = has_own_stamp ? is->stamp : counts;
	bool is_its = is->is_named || is_of_author(edit, was->owner);
	struct node_record as = edit_record_as_stored(is);
	if (place->was_ttl != place->is_ttl || !node_record_is_alike(was, &as)) {
		/* Another's record whose TTL only goes along with its RRset is not fresher for it.
		 */
		bool keeps = has_own_stamp || is->has_given_stamp || !is_its || edit->is_exact;
		uint64_t stamp = keeps ? kept : edit->author.now;
		edit_diff_push(place, CHANGE_ALTERED, was, is, stamp);
	} else if (has_own_stamp) {
		edit_diff_push(place, CHANGE_REFRESHED, was, is, kept);
	} else if (!edit_diff_refresh(place, was, is, counts) && edit->is_mending &&
		   counts != was->stamp) {
		edit_diff_push(place, CHANGE_REFRESHED, was, is, counts);
		edit->mended_count++;
	}
}

/* The records of a private copy, one after another. */
struct edit_walk {
	const struct edit_rrset *rrset;
	struct edit_record *record; /* NULL: no more */
};

static struct edit_walk edit_walk_of(const struct edit_rrset *rrsets)
{
	return (struct edit_walk){rrsets, rrsets ? rrsets->records : NULL};
}

static void edit_walk_on(struct edit_walk *walk)
{
	walk->record = walk->record->next;
	if (walk->record)
		return;
	walk->rrset = walk->rrset->next;
	walk->record = walk->rrset ? walk->rrset->records : NULL;
}

/* By type, then by data. */
static int compare_walks(const struct node_walk *was, const struct node_record *stored,
			 const struct edit_walk *is)
{
	if (!stored || !is->record)
		return stored ? -1 : 1;
	if (was->rrset.type != is->rrset->type)
		return was->rrset.type < is->rrset->type ? -1 : 1;
	if (stored->rdata.data == is->record->rdata.data)
		return 0;
	return dns_rdata_compare(is->rrset->type, stored->rdata, is->record->rdata);
}

static void diff_record(struct place *place, const struct node_walk *was,
			const struct node_record *stored, const struct edit_walk *is, int order)
{
	place->type = order > 0 ? is->rrset->type : was->rrset.type;
	if (order <= 0)
		place->was_ttl = was->rrset.ttl;
	if (order >= 0)
		place->is_ttl = edit_ttl(is->rrset, is->record);
	if (order < 0)
		edit_diff_push(place, CHANGE_REMOVED, stored, NULL, 0);
	else if (order > 0)
		edit_diff_push(place, CHANGE_ADDED, NULL, is->record, is->record->stamp);
	else
		edit_diff_compare(place, stored, is->record);
}

static void diff_name(struct edit *edit, const struct edit_name *name)
{
	static const struct node nothing;
	size_t start = edit->change_count;
	struct place place = {.edit = edit, .name = name};
	struct node_walk was = node_walk_of(name->is_stored ? &name->stored : &nothing);
	struct edit_walk is = edit_walk_of(name->rrsets);
	struct node_record stored;
	bool has_was = node_walk_next(&was, &stored);
	while (has_was || is.record) {
		edit->diff_steps++;
		int order = compare_walks(&was, has_was ? &stored : NULL, &is);
		diff_record(&place, &was, &stored, &is, order);
		if (order >= 0)
			edit_walk_on(&is);
		if (order <= 0)
			has_was = node_walk_next(&was, &stored);
	}
	if (was.bad)
		store_fail(edit->txn, STORE_CORRUPT);
	/* A name is not written to mend it alone. */
	if (edit->change_count == start + edit->mended_count)
		edit->change_count = start;
	edit->mended_count = 0;
}

bool edit_diff_within(struct edit *edit, size_t steps)
{
	if (edit->has_diff)
		return true;
	edit->change_count = 0;
	edit->diff_steps = 0;
	edit->ignored = NULL;
	edit->last_ignored = &edit->ignored;
	for (const struct edit_name *name = edit->first; name; name = name->next) {
		if (edit->diff_steps > steps)
			return false;
		diff_name(edit, name);
	}
	edit->has_diff = edit->diff_steps <= steps;
	return edit->has_diff;
}

const struct edit_change *edit_diff(struct edit *edit, size_t *count)
{
	edit_diff_within(edit, SIZE_MAX);
	*count = edit->change_count;
	return edit->changes;
}

const struct edit_ignored *edit_ignored(struct edit *edit)
{
	size_t count;
	edit_diff(edit, &count);
	return edit->ignored;
}
