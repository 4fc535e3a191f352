/* SPDX-License-Identifier: BSD-2-Clause */
#include "zonedb/replay.h"
#include "journal/prune.h"
#include "journal/state.h"
#include "zonedb/ptr_sync.h"
#include "zonedb/reservation.h"
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

__attribute__((format(printf, 3, 4))) static bool replay_fail(struct replay_fault *fault,
							      uint64_t seq, const char *format, ...)
{
	va_list list;
	va_start(list, format);
	fault->seq = seq;
	vsnprintf(fault->text, sizeof(fault->text), format, list);
	va_end(list);
	return false;
}

static bool replay_check_rows(struct store_txn *txn, const struct entry *entry,
			      struct replay_fault *fault)
{
	char key[STATE_KEY_TEXT_MAX];
	size_t wrong;
	if (state_check(txn, entry->rows, entry->row_count, &wrong))
		return true;
	const struct state_change *row = &entry->rows[wrong];
	state_key_print(row->table, row->key, entry->has_zone ? &entry->zone : NULL, key);
	return replay_fail(fault, entry->seq, "%s %.600s is not as the entry says that it was",
			   state_table_name(row->table), key);
}

static bool replay_changes(struct store_txn *txn, const struct entry *entry,
			   struct replay_fault *fault)
{
	struct zone zone;
	char name[DNS_NAME_TEXT_MAX];
	if (entry->change_count == 0 && entry->kind != ENTRY_REFRESH_IGNORED)
		return true;
	dns_name_show(&entry->zone, name);
	if (!entry->has_zone || !zone_get(txn, &entry->zone, &zone))
		return replay_fail(fault, entry->seq, "zone %s is not here", name);
	if (zone.id != entry->zone_id)
		return replay_fail(fault, entry->seq,
				   "the entry's zone %s has number %" PRIu32
				   ", and the zone that is here %" PRIu32,
				   name, entry->zone_id, zone.id);
	return replay_entry(txn, &zone, entry, fault);
}

static void replay_owners(struct store_txn *txn, const struct entry *entry)
{
	for (size_t i = 0; i < entry->row_count; i++) {
		const struct state_change *row = &entry->rows[i];
		if (row->table == STATE_RESERVATION && row->has_new)
			reservation_stake(txn, state_key_zone(row->table, row->key), row->new);
	}
}

bool replay_next(struct store_txn *txn, const struct entry *entry, struct replay_fault *fault)
{
	if (entry_is_words(entry))
		return replay_fail(fault, entry->seq,
				   "it was written by a version that logged settings as words, "
				   "which cannot be done again: take a backup made after the "
				   "upgrade, or restore to a time before this entry");
	if (!replay_check_rows(txn, entry, fault))
		return false;
	state_write(txn, entry->rows, entry->row_count, false);
	replay_owners(txn, entry);
	if (!replay_changes(txn, entry, fault))
		return false;
	state_write(txn, entry->rows, entry->row_count, true);
	ptr_sync_replay(txn, entry);
	journal_prune_again(txn, entry);
	return !txn->error || replay_fail(fault, entry->seq, "%s", store_error_text(txn->error));
}
