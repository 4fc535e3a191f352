/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Writes the events of an entry as JSON: one for each change of a record, or one for an entry
 * without such changes. For the files of journal/; others use the audit trail (outbound/audit.h).
 * Pure; any thread. The caller owns each reference that is returned.
 */
#include "outbound/audit.h"

/* What happened, by an entry or one of its changes: never EVENT_NONE. `change` is NULL for an entry
 * without changes. */
enum event_kind event_of(const struct entry *, const struct change *);
/* Its word; of an event of a later version, the word in the entry. */
const char *event_word(const struct entry *, const struct change *);

/* The event with all members that apply. */
json_t *event_json(const struct entry *, const struct change *, struct arena *);

/* A text as JSON. If it is not UTF-8, bytes that are not ASCII are escaped. */
json_t *event_text(const char *, struct arena *);

/* Set the members of a change, and those that all events of an entry share. */
void event_change(json_t *, const struct change *, struct arena *);
void event_shared(json_t *, const struct entry *, struct arena *);

/* The whole entry: the shared members, and the array `changes`. */
json_t *entry_json(const struct entry *, struct arena *);

/* Writes a digest in hexadecimal digits. Returns `out`. */
const char *event_hex(const uint8_t digest[DIGEST_LEN], char out[2 * DIGEST_LEN + 1]);
