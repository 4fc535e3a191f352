/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * The rules of all zones: in the store, and as a snapshot to decide with.
 *
 * STORE_RULES: zone id ->
 *
 *      1 byte   version, 1
 *      n bytes  the zone's apex, wire form
 *      n bytes  the text, as it was given (comments too)
 *
 * A snapshot belongs to one thread, and is loaded anew when the settings version moves.
 */
#include "acl/rule.h"
#include "store/store.h"

/* The text of a zone's rules, in the arena; NULL: it has none. */
const char *rulebook_get(struct store_txn *, uint32_t zone_id, struct arena *);
/* Of a text that rules_parse took; an empty one removes the row. Notes that settings changed. */
void rulebook_put(struct store_txn *, uint32_t zone_id, const struct dns_name *apex,
		  const char *text);

struct rulebook;
/* Never NULL; a damaged table gives what could be read, and txn->error. */
struct rulebook *rulebook_load(struct store_txn *);
void rulebook_free(struct rulebook *);
/* NULL: the zone has no rules of its own. */
const struct rules *rulebook_find(const struct rulebook *, uint32_t zone_id);
