/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * The rules of all zones: rows of decided state (journal/state.h, STATE_RULES), and a snapshot to
 * decide with. A row's fields: "zone", the zone's apex; "text", the rules as they were given,
 * comments too.
 *
 * A snapshot belongs to one thread, and is loaded anew when the settings version moves.
 */
#include "acl/rule.h"
#include "journal/state.h"
#include "store/store.h"

/* The text of a zone's rules, in the arena; NULL: it has none. */
const char *rulebook_get(struct store_txn *, uint32_t zone_id, struct arena *);
/* Of a text that rules_parse took; an empty one removes the row. */
void rulebook_put(struct state_edit *, uint32_t zone_id, const struct dns_name *apex,
		  const char *text);

struct rulebook;
/* Never NULL; a damaged table gives what could be read, and txn->error. */
struct rulebook *rulebook_load(struct store_txn *);
void rulebook_free(struct rulebook *);
/* NULL: the zone has no rules of its own. */
const struct rules *rulebook_find(const struct rulebook *, uint32_t zone_id);
