/* SPDX-License-Identifier: BSD-2-Clause */
#include "dns/rdata.h"
#include "journal/run.h"
#include "zonedb/name_history.h"
#include "zonedb/principal.h"
#include "zonedb/record_window.h"
#include "zonedb/revert_state.h"

/* Entries about a name that are read in the writer's turn; of more the past is looked at before. */
#define PAST_STEPS 32

/* A name that is being worked on. */
struct place {
	struct revert_walk *walk;
	struct edit *edit;
	const struct dns_name *name;
	struct edit_name *seen;
	const struct revert_since *since;
	bool is_apex;
	struct revert_slot *slots;
};

static struct arena *arena_of(const struct place *place)
{
	return place->edit->arena;
}

static void revert_name_refuse(struct place *place, struct revert_slot *slot,
			       const struct revert_since *since, const char *text)
{
	const struct revert_walk *walk = place->walk;
	struct revert_conflict conflict = {.zone = walk->zone,
					   .name = place->name,
					   .type = slot->type,
					   .rdata = slot->rdata,
					   .undoes = slot->last_seq,
					   .seq = since ? since->seq : 0,
					   .by = since ? since->by : NULL,
					   .text = text,
					   .records = 1};
	slot->is_undone = false;
	walk->result->conflicts++;
	if (walk->listener->conflict)
		walk->listener->conflict(walk->listener->context, &conflict);
}

/* --- what happened since */

static bool revert_name_is_of(const struct revert_slot *slot, uint16_t type, struct bytes rdata)
{
	return slot->type == type &&
	       (type == DNS_TYPE_SOA || dns_rdata_compare(type, slot->rdata, rdata) == 0);
}

/* Asked for lower and lower seqs. */
static bool was_taken(struct revert_slot *slots, const struct change *change, uint64_t seq)
{
	for (struct revert_slot *slot = slots; slot; slot = slot->next) {
		if (!revert_name_is_of(slot, change->type, change->rdata))
			continue;
		while (slot->at && slot->at->seq > seq)
			slot->at = slot->at->next;
		if (slot->at && slot->at->seq == seq)
			return true;
	}
	return false;
}

/* A walk down the chain of a name. */
struct revert_look {
	struct revert *revert;
	struct store_txn *txn;
	struct revert_name *name;
	const struct dns_name *at;
	struct arena *arena; /* NULL: only the steps count */
	uint64_t steps, steps_max;
	const struct revert_since *first;
	struct revert_since *last;
};

/* Whether it is an entry of a zone's deletion. */
static bool is_of_deletion(struct revert_look *look, const struct entry *entry)
{
	struct run run = {0};
	return entry->run && run_get(look->txn, entry->run, &run) && run.kind == RUN_ZONE_DELETE;
}

static void note_since(struct revert_look *look, const struct entry *entry,
		       const struct change *change)
{
	struct revert_since *since = arena_zero(look->arena, sizeof(*since));
	since->seq = entry->seq;
	since->what = change->what;
	since->type = change->type;
	since->rdata = bytes_of(arena_copy(look->arena, change->rdata.data, change->rdata.len),
				change->rdata.len);
	since->is_restore = entry->kind == ENTRY_RESTORE;
	since->is_of_deletion = is_of_deletion(look, entry);
	since->state = change->what == CHANGE_REMOVED ? change->was : change->is;
	const char *owner = since->state.owner ? since->state.owner : "anonymous";
	since->state.owner = arena_text(look->arena, owner, strlen(owner));
	if (entry->principal)
		since->by = arena_text(look->arena, entry->principal, strlen(entry->principal));
	if (look->last)
		look->last->next = since;
	else
		look->first = since;
	look->last = since;
}

static bool is_ignored(const struct revert *revert, uint64_t run)
{
	const struct revert_seq *ignored = run ? revert->ignored : NULL;
	while (ignored && ignored->seq != run)
		ignored = ignored->next;
	return ignored != NULL;
}

/* Returns the name's change before this entry's. */
static uint64_t look_at_entry(struct revert_look *look, uint64_t seq)
{
	const struct entry *entry = revert_read(look->revert, look->txn, seq);
	uint64_t previous = 0;
	for (size_t i = 0; entry && i < entry->change_count; i++) {
		const struct change *change = &entry->changes[i];
		if (!dns_name_equal(&change->name, look->at))
			continue;
		struct change seen;
		previous = change->previous;
		if (look->arena && !is_ignored(look->revert, entry->run) &&
		    !was_taken(look->name->slots, change, seq) && revert_sees(change, &seen))
			note_since(look, entry, &seen);
	}
	return previous;
}

/* What is known of the past is the end of the list. */
static void look_join(struct revert_look *look)
{
	const struct revert_since *since = look->name->past->since;
	if (look->last)
		look->last->next = (struct revert_since *)(uintptr_t)since;
	else
		look->first = since;
}

/* The chain of the name, back to the oldest change that is to be undone. What is pruned below that
 * cannot matter, and what is above is there. */
static void look_back(struct revert_look *look, uint64_t seq)
{
	const struct revert_name *name = look->name;
	if (!look->revert->takes_parts && seq <= name->least_seq)
		return;
	for (struct revert_slot *slot = name->slots; slot; slot = slot->next)
		slot->at = slot->seqs;
	while (seq && seq >= name->least_seq && look->steps < look->steps_max) {
		if (name->past && seq <= name->past->head) {
			look_join(look);
			return;
		}
		uint64_t previous = look_at_entry(look, seq);
		look->steps++;
		if (previous >= seq) {
			store_fail(look->txn, STORE_CORRUPT);
			return;
		}
		seq = previous;
	}
}

void revert_look_ahead(struct revert *revert, struct store_txn *txn, struct revert_name *name,
		       const struct dns_name *at, uint64_t head)
{
	struct revert_look look = {
		.revert = revert, .txn = txn, .name = name, .at = at, .steps_max = PAST_STEPS};
	look_back(&look, head);
	if (look.steps < PAST_STEPS)
		return;
	look.steps = 0;
	look.steps_max = UINT64_MAX;
	look.arena = &revert->arena;
	look_back(&look, head);
	if (!name->past)
		name->past = arena_zero(&revert->arena, sizeof(*name->past));
	*name->past = (struct revert_past){.head = head, .since = look.first};
}

/* --- the records that are there */

static struct edit_record *revert_name_find_record(struct place *place,
						   const struct revert_slot *slot,
						   struct edit_rrset **rrset)
{
	*rrset = edit_find(place->seen, slot->type);
	struct edit_record *record = *rrset ? (*rrset)->records : NULL;
	while (record && (record->class == RECORD_DERIVED ||
			  !revert_name_is_of(slot, slot->type, record->rdata)))
		record = record->next;
	return record;
}

static uint32_t owner_id(struct place *place, const char *text)
{
	uint32_t id = PRINCIPAL_ANONYMOUS;
	/* A text of the log has an id, or gets one now. */
	if (place->edit->txn->is_write)
		return principal_intern(place->edit->txn, text);
	if (!principal_find(place->edit->txn, text, &id))
		store_fail(place->edit->txn, STORE_CORRUPT);
	return id;
}

static bool revert_name_has_owner(struct place *place, const struct edit_record *record,
				  const char *text)
{
	uint32_t id;
	return principal_find(place->edit->txn, text, &id) && id == record->owner;
}

static bool revert_name_has_windows(struct place *place, const struct edit_record *record,
				    const struct record_windows *windows)
{
	uint16_t number;
	return record_window_find(place->edit->txn, windows, &number) && number == record->window;
}

/* As owner_id. */
static uint16_t window_number(struct place *place, const struct record_windows *windows)
{
	uint16_t number = RECORD_WINDOW_ZONE;
	if (place->edit->txn->is_write)
		return record_window_intern(place->edit->txn, windows);
	if (!record_window_find(place->edit->txn, windows, &number))
		store_fail(place->edit->txn, STORE_CORRUPT);
	return number;
}

/* Whether an SOA says the same but for its serial. */
static bool is_same_soa(struct place *place, struct bytes a, struct bytes b)
{
	if (a.len != b.len)
		return false;
	uint8_t *left = arena_copy(arena_of(place), a.data, a.len);
	uint8_t *right = arena_copy(arena_of(place), b.data, b.len);
	dns_soa_set_serial(left, a.len, 0);
	dns_soa_set_serial(right, b.len, 0);
	return dns_rdata_compare(DNS_TYPE_SOA, bytes_of(left, a.len), bytes_of(right, b.len)) == 0;
}

static bool revert_name_is_same_data(struct place *place, const struct revert_slot *slot)
{
	return slot->type != DNS_TYPE_SOA || is_same_soa(place, slot->rdata, slot->after_rdata);
}

static bool is_same_windows(const struct record_windows *a, const struct record_windows *b)
{
	return a->no_refresh == b->no_refresh && a->refresh == b->refresh;
}

static bool is_same_state(const struct record_state *a, const struct record_state *b)
{
	return a->ttl == b->ttl && a->class == b->class && a->is_guest == b->is_guest &&
	       a->lacks_ptr == b->lacks_ptr && is_same_windows(&a->windows, &b->windows) &&
	       strcmp(a->owner, b->owner) == 0;
}

static bool is_refresh(struct place *place, const struct revert_slot *slot)
{
	return slot->had && slot->has && is_same_state(&slot->before, &slot->after) &&
	       revert_name_is_same_data(place, slot);
}

/* Nothing is left of what was done. */
static bool is_nothing(struct place *place, const struct revert_slot *slot)
{
	if (slot->had != slot->has)
		return false;
	return !slot->had || (is_refresh(place, slot) && slot->before.stamp == slot->after.stamp);
}

static bool is_as_before(struct place *place, const struct revert_slot *slot)
{
	struct edit_rrset *rrset;
	const struct edit_record *record = revert_name_find_record(place, slot, &rrset);
	if (!slot->had || !record)
		return slot->had == (record != NULL);
	if (is_refresh(place, slot) && record->stamp != slot->before.stamp)
		return false;
	return edit_ttl(rrset, record) == slot->before.ttl && record->class == slot->before.class &&
	       record->is_guest == slot->before.is_guest &&
	       record->lacks_ptr == slot->before.lacks_ptr &&
	       revert_name_has_windows(place, record, &slot->before.windows) &&
	       revert_name_has_owner(place, record, slot->before.owner) &&
	       (slot->type != DNS_TYPE_SOA || is_same_soa(place, record->rdata, slot->rdata));
}

/* --- what stands in the way */

/* Whether a record went with its zone, and was brought back as it was. */
static bool is_brought_back(struct place *place, const struct revert_since *removed,
			    const struct revert_since *added)
{
	return removed->what == CHANGE_REMOVED && removed->is_of_deletion &&
	       is_same_state(&removed->state, &added->state) &&
	       (removed->type != DNS_TYPE_SOA || is_same_soa(place, removed->rdata, added->rdata));
}

/* The last change of this record from an entry on that is not to be undone. None is that it went
 * with its zone and was brought back as it was. */
static const struct revert_since *changed_from(struct place *place, const struct revert_slot *slot,
					       uint64_t seq, bool also_refreshed)
{
	const struct revert_since *back = NULL;
	for (const struct revert_since *since = place->since; since; since = since->next) {
		if (since->seq < seq || !revert_name_is_of(slot, since->type, since->rdata) ||
		    (since->what == CHANGE_REFRESHED && !also_refreshed))
			continue;
		if (back && is_brought_back(place, since, back))
			back = NULL;
		else if (!back && since->what == CHANGE_ADDED && since->is_restore)
			back = since;
		else
			return back ? back : since;
	}
	return back;
}

static void revert_name_judge(struct place *place, struct revert_slot *slot)
{
	const struct revert_since *since =
		changed_from(place, slot, slot->last_seq + 1, is_refresh(place, slot));
	slot->is_undone = false;
	if (is_nothing(place, slot))
		return;
	if (is_as_before(place, slot)) {
		place->walk->result->standing++;
		return;
	}
	slot->is_undone = true;
	if (since)
		revert_name_refuse(place, slot, since,
				   since->what == CHANGE_REFRESHED ? "was refreshed again"
								   : "was changed since");
}

/* Who came to the name after the record went, and is still there. */
static const struct revert_since *find_newcomer(struct place *place, const struct revert_slot *slot,
						bool *is_other)
{
	for (const struct revert_since *since = place->since; since; since = since->next) {
		if (since->what != CHANGE_ADDED || since->seq < slot->last_seq)
			continue;
		struct revert_slot like = {.type = since->type, .rdata = since->rdata};
		struct edit_rrset *rrset;
		const struct edit_record *record = revert_name_find_record(place, &like, &rrset);
		if (!record || !changed_from(place, &like, slot->last_seq, false))
			continue; /* it went since, or was there before */
		*is_other = !revert_name_has_owner(place, record, slot->before.owner);
		if (*is_other || (since->type == slot->type &&
				  dns_rdata_is_one_set(slot->type, since->rdata, slot->rdata)))
			return since;
	}
	return NULL;
}

static const char *newcomer_text(struct place *place, const struct revert_since *since,
				 bool is_other)
{
	char type[DNS_TYPE_TEXT_MAX];
	struct arena *arena = arena_of(place);
	size_t len = dns_rdata_print(since->type, since->rdata, NULL, 0);
	char *data = arena_alloc(arena, len + 1);
	dns_rdata_print(since->type, since->rdata, data, len + 1);
	dns_type_print(since->type, type);
	if (is_other)
		return arena_print(arena, "the name was taken by another: it holds %s %s", type,
				   data);
	return arena_print(arena, "the name was registered anew: it holds %s %s", type, data);
}

/* RFC 1034 3.6.2, RFC 6672 2.4: what cannot stand beside what is there. */
static const char *find_bad_neighbour(struct place *place, const struct revert_slot *slot)
{
	char type[DNS_TYPE_TEXT_MAX];
	struct edit_rrset *first = place->seen->rrsets;
	while (first && first->records->class == RECORD_DERIVED)
		first = first->next;
	if (slot->type == DNS_TYPE_CNAME && first)
		return arena_print(arena_of(place), "a CNAME cannot stand beside the %s there",
				   dns_type_print(first->type, type));
	if (slot->type != DNS_TYPE_CNAME && edit_find(place->seen, DNS_TYPE_CNAME))
		return "the name is a CNAME now";
	if (dns_type_is_singleton(slot->type) && edit_find(place->seen, slot->type))
		return "the name has another record of this type, which can be there only once";
	return NULL;
}

/* --- the deeds */

/* What the stamp before counts as, where an era left it behind. */
static uint64_t stamp_before(struct place *place, const struct revert_slot *slot)
{
	return eras_count(edit_eras(place->edit), slot->before_seq, slot->before.stamp);
}

static bool revert_name_add(struct place *place, const struct revert_slot *slot, struct bytes rdata,
			    uint32_t ttl)
{
	struct node_record record = {.owner = owner_id(place, slot->before.owner),
				     .stamp = stamp_before(place, slot),
				     .class = slot->before.class,
				     .is_guest = slot->before.is_guest,
				     .lacks_ptr = slot->before.lacks_ptr,
				     .window = window_number(place, &slot->before.windows),
				     .rdata = rdata};
	return edit_add_as(place->edit, place->name, slot->type, ttl, &record);
}

static bool is_going(const struct revert_slot *slots, const struct edit_rrset *rrset,
		     const struct edit_record *record)
{
	for (const struct revert_slot *slot = slots; slot; slot = slot->next) {
		if (slot->is_undone && !slot->had &&
		    revert_name_is_of(slot, rrset->type, record->rdata))
			return true;
	}
	return false;
}

/* A set has one TTL (RFC 2181 5.2), and that of what stays in it stays. */
static uint32_t ttl_of(struct place *place, const struct revert_slot *slot)
{
	const struct edit_rrset *rrset = edit_find(place->seen, slot->type);
	const struct edit_record *record = rrset ? rrset->records : NULL;
	while (record && (is_going(place->slots, rrset, record) ||
			  !dns_rdata_is_one_set(slot->type, record->rdata, slot->rdata)))
		record = record->next;
	return record ? edit_ttl(rrset, record) : slot->before.ttl;
}

static void revert_name_restore(struct place *place, struct revert_slot *slot)
{
	bool is_other = false;
	const struct revert_since *newcomer = find_newcomer(place, slot, &is_other);
	const char *neighbour = newcomer ? NULL : find_bad_neighbour(place, slot);
	if (newcomer || neighbour) {
		revert_name_refuse(place, slot, newcomer,
				   newcomer ? newcomer_text(place, newcomer, is_other) : neighbour);
		return;
	}
	if (!revert_name_add(place, slot, slot->rdata, ttl_of(place, slot)))
		revert_name_refuse(place, slot, NULL,
				   "the set would be more than a message can carry");
}

static void set_back(struct place *place, struct revert_slot *slot)
{
	struct edit_rrset *rrset;
	struct edit_record *record = revert_name_find_record(place, slot, &rrset);
	const struct record_state *before = &slot->before, *after = &slot->after;
	if (!record) {
		revert_name_refuse(place, slot, NULL, "is not there");
		return;
	}
	if (before->ttl != after->ttl)
		edit_set_ttl(rrset, record->rdata, before->ttl);
	if (strcmp(before->owner, after->owner) != 0)
		record->owner = owner_id(place, before->owner);
	if (before->class != after->class)
		record->class = before->class;
	record->is_guest =
		before->is_guest != after->is_guest ? before->is_guest : record->is_guest;
	record->lacks_ptr =
		before->lacks_ptr != after->lacks_ptr ? before->lacks_ptr : record->lacks_ptr;
	if (!is_same_windows(&before->windows, &after->windows))
		record->window = window_number(place, &before->windows);
	if (record->stamp == after->stamp)
		record->stamp = stamp_before(place, slot);
	place->edit->has_diff = false;
}

/* The SOA that was, with a serial that goes forward. */
static void restore_soa(struct place *place, struct revert_slot *slot)
{
	struct edit_rrset *rrset;
	const struct edit_record *record = revert_name_find_record(place, slot, &rrset);
	if (!slot->had) {
		revert_name_refuse(place, slot, NULL, "a zone keeps its SOA");
		return;
	}
	if (slot->has && record && revert_name_is_same_data(place, slot)) {
		set_back(place, slot);
		return;
	}
	if (!slot->has && record) {
		revert_name_refuse(place, slot, NULL, "the zone has an SOA");
		return;
	}
	uint32_t serial = dns_soa_serial(record ? record->rdata : slot->rdata);
	uint8_t *rdata = arena_copy(arena_of(place), slot->rdata.data, slot->rdata.len);
	/* A zone that comes back has no serial that could be moved when the edit is committed. */
	if (!record)
		serial = serial + 1 == 0 ? 1 : serial + 1;
	dns_soa_set_serial(rdata, slot->rdata.len, serial);
	revert_name_add(place, slot, bytes_of(rdata, slot->rdata.len), slot->before.ttl);
}

static bool is_zones_own(const struct place *place, const struct revert_slot *slot)
{
	return place->is_apex && (slot->type == DNS_TYPE_SOA || slot->type == DNS_TYPE_NS);
}

static void revert_name_take_away(struct place *place, struct revert_slot *slot)
{
	const struct edit_rrset *rrset = edit_find(place->seen, slot->type);
	if (is_zones_own(place, slot) && rrset && !rrset->records->next) {
		revert_name_refuse(place, slot, NULL, "a zone keeps its last name server");
		return;
	}
	if (!edit_remove_record(place->edit, place->name, slot->type, slot->rdata))
		revert_name_refuse(place, slot, NULL, "is not there");
}

enum turn { TURN_REMOVALS, TURN_STATES, TURN_RESTORES, TURN_LAST };

/* What goes makes room for what comes back; but the apex's name servers go last. */
static enum turn turn_of(const struct place *place, const struct revert_slot *slot)
{
	if (place->is_apex && slot->type == DNS_TYPE_SOA)
		return TURN_STATES;
	if (!slot->had)
		return is_zones_own(place, slot) ? TURN_LAST : TURN_REMOVALS;
	return slot->has ? TURN_STATES : TURN_RESTORES;
}

static void revert_name_undo(struct place *place, struct revert_slot *slot)
{
	if (place->is_apex && slot->type == DNS_TYPE_SOA)
		restore_soa(place, slot);
	else if (!slot->had)
		revert_name_take_away(place, slot);
	else if (slot->has)
		set_back(place, slot);
	else
		revert_name_restore(place, slot);
}

void revert_name(struct revert_walk *walk, struct revert_name *name, const struct dns_name *at)
{
	struct place place = {.walk = walk,
			      .edit = walk->edit,
			      .name = at,
			      .seen = edit_see(walk->edit, at),
			      .is_apex = dns_name_equal(at, &walk->zone->apex),
			      .slots = name->slots};
	struct revert_look look = {.revert = walk->revert,
				   .txn = walk->txn,
				   .name = name,
				   .at = at,
				   .arena = arena_of(&place),
				   .steps_max = UINT64_MAX};
	look_back(&look, place.seen->previous);
	place.since = look.first;
	walk->result->looked += look.steps;
	for (struct revert_slot *slot = name->slots; slot; slot = slot->next)
		revert_name_judge(&place, slot);
	for (enum turn turn = TURN_REMOVALS; turn <= TURN_LAST; turn++) {
		for (struct revert_slot *slot = name->slots; slot; slot = slot->next) {
			if (slot->is_undone && turn_of(&place, slot) == turn)
				revert_name_undo(&place, slot);
		}
	}
}
