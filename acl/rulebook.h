/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * The rules of all zones, as rows of decided state (journal/state.h, STATE_RULES) and as a snapshot
 * by which updates are judged. The fields of a row are "zone", the zone's apex, and "text", the
 * rules as they were given, with comments.
 *
 * A snapshot (struct rulebook) belongs to one thread, which reads the rows again that changed since
 * (store/settings.h).
 */
#include "acl/rule.h"
#include "journal/state.h"
#include "store/store.h"

/* The text of a zone's rules, in the arena; NULL: it has none. */
const char *rulebook_get(struct store_txn *, uint32_t zone_id, struct arena *);
/* Puts a text that rules_parse has accepted, for an entry of the log; an empty one removes the row.
 * Writer's thread. */
void rulebook_put(struct state_edit *, uint32_t zone_id, const struct dns_name *apex,
		  const char *text);

struct rulebook;
/* Loads all rules. Never NULL; of a damaged table it has what could be read, and txn->error is set.
 * rulebook_free frees. */
struct rulebook *rulebook_load(struct store_txn *);
void rulebook_free(struct rulebook *);
/* Reads the row of one zone's rules again, by its key of STATE_RULES. What was found of them before
 * is not valid any more. */
void rulebook_update(struct rulebook *, struct store_txn *, struct bytes key);
/* The rules of a zone; NULL: it has none of its own. */
const struct rules *rulebook_find(const struct rulebook *, uint32_t zone_id);
