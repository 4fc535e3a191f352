/* SPDX-License-Identifier: BSD-2-Clause */
#include "zonedb/replay.h"
#include "dns/rdata.h"
#include "journal/dynamic.h"
#include "journal/prune.h"
#include "zonedb/edit_state.h"
#include "zonedb/principal.h"
#include "zonedb/ptr_index.h"
#include "zonedb/record_window.h"
#include "zonedb/renewal.h"
#include "zonedb/zone_owner.h"
#include <assert.h>
#include <stdio.h>

/* An entry that is being applied. */
struct play {
	struct edit *edit;
	const struct entry *entry;
	struct replay_fault *fault;
};

static bool zonedb_replay_fail(struct play *play, const struct change *change, const char *what)
{
	char name[DNS_NAME_TEXT_MAX], type[DNS_TYPE_TEXT_MAX];
	play->fault->seq = play->entry->seq;
	snprintf(play->fault->text, sizeof(play->fault->text), "%s %s: %s",
		 dns_name_show(&change->name, name), dns_type_print(change->type, type), what);
	return false;
}

/* The record with the change's data. Of an SOA the serial does not count: it moves without a change
 * of its own. */
static struct edit_record *replay_find(struct edit_rrset *rrset, const struct change *change)
{
	struct edit_record *record = rrset ? rrset->records : NULL;
	if (change->type == DNS_TYPE_SOA)
		return record;
	while (record && dns_rdata_compare(change->type, record->rdata, change->rdata) != 0)
		record = record->next;
	return record;
}

static bool replay_has_owner(struct play *play, uint32_t id, const char *text)
{
	return strcmp(principal_text(play->edit->txn, id, play->edit->arena),
		      text ? text : "anonymous") == 0;
}

static bool replay_has_windows(struct play *play, uint16_t number,
			       const struct record_windows *windows)
{
	uint16_t found;
	return record_window_find(play->edit->txn, windows, &found) && found == number;
}

static bool check_was(struct play *play, const struct change *change,
		      const struct edit_rrset *rrset, const struct edit_record *record)
{
	const struct record_state *was = &change->was;
	if (!record)
		return zonedb_replay_fail(play, change, "is not there, and should be");
	if (edit_ttl(rrset, record) != was->ttl)
		return zonedb_replay_fail(play, change, "has another TTL than the entry says");
	if (record->stamp != was->stamp)
		return zonedb_replay_fail(play, change, "has another stamp than the entry says");
	if (record->class != was->class)
		return zonedb_replay_fail(play, change, "has another class than the entry says");
	if (record->is_guest != was->is_guest)
		return zonedb_replay_fail(play, change, "is a guest or not, unlike the entry says");
	if (record->lacks_ptr != was->lacks_ptr)
		return zonedb_replay_fail(play, change,
					  "has a derived PTR or not, unlike the entry says");
	if (!replay_has_windows(play, record->window, &was->windows))
		return zonedb_replay_fail(play, change, "has other windows than the entry says");
	if (!replay_has_owner(play, record->owner, was->owner))
		return zonedb_replay_fail(play, change, "has another owner than the entry says");
	return true;
}

static bool replay_check_change(struct play *play, const struct change *change)
{
	if (!dns_name_under(&change->name, &play->edit->zone->apex))
		return zonedb_replay_fail(play, change, "lies outside of the zone");
	struct edit_name *name = edit_see(play->edit, &change->name);
	struct edit_rrset *rrset = edit_find(name, change->type);
	struct edit_record *record = replay_find(rrset, change);
	/* What was pruned where the log was written may not have been pruned here. */
	bool is_pruned = change->previous == 0 && !name->is_stored &&
			 name->previous <= journal_pruned_to(play->edit->txn);
	if (name->previous != change->previous && !is_pruned)
		return zonedb_replay_fail(play, change,
					  "was changed last by another entry than the one named");
	if (change->what != CHANGE_ADDED)
		return check_was(play, change, rrset, record);
	/* An SOA is replaced: the old one goes in the same entry. */
	if (record && change->type != DNS_TYPE_SOA)
		return zonedb_replay_fail(play, change, "is there already");
	return true;
}

/* What the record will carry. */
static struct node_record replay_record(struct play *play, const struct change *change)
{
	struct store_txn *txn = play->edit->txn;
	return (struct node_record){
		.owner = principal_intern(txn, change->is.owner ? change->is.owner : "anonymous"),
		.stamp = change->is.stamp,
		.class = change->is.class,
		.is_guest = change->is.is_guest,
		.lacks_ptr = change->is.lacks_ptr,
		.window = record_window_intern(txn, &change->is.windows),
		.rdata = change->rdata,
	};
}

static void replay_set_state(struct play *play, const struct change *change)
{
	struct edit_rrset *rrset = edit_find(edit_see(play->edit, &change->name), change->type);
	struct edit_record *record = replay_find(rrset, change);
	assert(record);
	struct node_record is = replay_record(play, change);
	edit_record_carry(record, &is);
	edit_set_ttl(rrset, change->rdata, change->is.ttl);
	zone_owner_put(play->edit->txn, play->edit->zone->id, record->owner);
	if (renewal_is_refresh(play->entry, change))
		zone_owner_refreshed(play->edit->txn, play->edit->zone->id, record->owner,
				     change->is.stamp);
}

static void replay_take_away(struct play *play, const struct change *change)
{
	if (change->type == DNS_TYPE_SOA)
		edit_remove_rrset(play->edit, &change->name, change->type);
	else
		edit_remove_record(play->edit, &change->name, change->type, change->rdata);
}

static bool replay_bring(struct play *play, const struct change *change)
{
	struct node_record record = replay_record(play, change);
	zone_owner_put(play->edit->txn, play->edit->zone->id, record.owner);
	return edit_add_as(play->edit, &change->name, change->type, change->is.ttl, &record) ||
	       zonedb_replay_fail(play, change, "has more records than a message can carry");
}

/* What goes makes room for what comes: a CNAME for another, say. */
static bool apply_changes(struct play *play)
{
	const struct entry *entry = play->entry;
	for (size_t i = 0; i < entry->change_count; i++) {
		const struct change *change = &entry->changes[i];
		if (change->what == CHANGE_REMOVED)
			replay_take_away(play, change);
		else if (change->what != CHANGE_ADDED)
			replay_set_state(play, change);
	}
	for (size_t i = 0; i < entry->change_count; i++) {
		if (entry->changes[i].what == CHANGE_ADDED &&
		    !replay_bring(play, &entry->changes[i]))
			return false;
	}
	return true;
}

/* The serial moves without a change of its own. */
static void replay_set_serial(struct play *play)
{
	const struct entry *entry = play->entry;
	struct edit_name *apex = edit_see(play->edit, &play->edit->zone->apex);
	struct edit_rrset *soa = edit_find(apex, DNS_TYPE_SOA);
	if (entry->serial_before == entry->serial_after || !soa)
		return;
	struct edit_record *record = soa->records;
	uint8_t *rdata = arena_copy(play->edit->arena, record->rdata.data, record->rdata.len);
	dns_soa_set_serial(rdata, record->rdata.len, entry->serial_after);
	record->rdata.data = rdata;
}

static bool replay_is_named(const struct entry *entry, const struct edit_name *name)
{
	for (size_t i = 0; i < entry->change_count; i++) {
		if (dns_name_equal(&entry->changes[i].name, &name->name))
			return true;
	}
	return false;
}

static void write_names(struct play *play)
{
	const struct entry *entry = play->entry;
	struct edit *edit = play->edit;
	struct edit_name *apex = edit_see(edit, &edit->zone->apex);
	bool moves = entry->serial_before != entry->serial_after;
	int cuts = 0;
	for (struct edit_name *name = edit->first; name; name = name->next) {
		if (name != apex)
			cuts += edit_write_name(edit, name, entry->seq);
	}
	if (replay_is_named(entry, apex))
		cuts += edit_write_name(edit, apex, entry->seq);
	else if (moves && apex->is_stored)
		cuts += edit_write_name(edit, apex, apex->previous);
	edit_count_cuts(edit, cuts);
}

/* The hints of renewals that refreshed nothing. */
static bool replay_hints(struct play *play)
{
	char name[DNS_NAME_TEXT_MAX];
	struct dns_name missing;
	if (renewal_replay(play->edit, play->entry, &missing))
		return true;
	play->fault->seq = play->entry->seq;
	snprintf(play->fault->text, sizeof(play->fault->text),
		 "%s: holds no records, and a renewal of them refreshed nothing",
		 dns_name_show(&missing, name));
	return false;
}

/* Of an unsigned update, whose names count for its address. */
static bool entry_is_unsigned(const struct entry *entry)
{
	return entry->kind == ENTRY_UPDATE && entry->principal &&
	       strcmp(entry->principal, "anonymous") == 0;
}

bool replay_entry(struct store_txn *txn, const struct zone *zone, const struct entry *entry,
		  struct replay_fault *fault)
{
	struct arena arena = {0};
	struct edit_author nobody = {.owner_text = "anonymous",
				     .source = entry_is_unsigned(entry) ? &entry->source : NULL};
	struct play play = {
		.edit = edit_open(txn, zone, &nobody, &arena), .entry = entry, .fault = fault};
	play.edit->takes_derived = true;
	bool is_well = true;
	for (size_t i = 0; is_well && i < entry->change_count; i++)
		is_well = replay_check_change(&play, &entry->changes[i]);
	is_well = is_well && apply_changes(&play);
	if (is_well && entry->change_count > 0) {
		for (size_t i = 0; i < entry->change_count; i++)
			renewal_follow(play.edit, entry, &entry->changes[i]);
		replay_set_serial(&play);
		write_names(&play);
		ptr_index_follow(txn, zone, entry->changes, entry->change_count);
		dynamic_note(txn, entry);
	}
	if (is_well && entry->kind == ENTRY_REFRESH_IGNORED)
		is_well = replay_hints(&play);
	arena_free(&arena);
	if (txn->error)
		snprintf(fault->text, sizeof(fault->text), "%s", store_error_text(txn->error));
	return is_well && !txn->error;
}
