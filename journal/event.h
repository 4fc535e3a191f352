/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * An entry's events in words: one for each change, or one for the entry when it has none. Shared by
 * the files of journal/; the audit trail (journal/audit.h) is the way in.
 */
#include "journal/audit.h"

/* What happened, of audit_events(). `change` is NULL for an entry without changes. */
const struct audit_event *event_of(const struct entry *, const struct change *);

/* The event with what is known about it; what does not apply is left out. A new reference. */
json_t *event_json(const struct entry *, const struct change *, struct arena *);

/* JSON is UTF-8: of a text that is not, what is not ASCII is escaped. A new reference. */
json_t *event_text(const char *, struct arena *);

/* The parts of that: what a change says, and what all events of an entry share. */
void event_change(json_t *, const struct change *, struct arena *);
void event_shared(json_t *, const struct entry *, struct arena *);

/* The entry whole: what its events share, and `changes`, an array of them. A new reference. */
json_t *entry_json(const struct entry *, struct arena *);

/* A digest in hexadecimal digits; returns `out`. */
const char *event_hex(const uint8_t digest[DIGEST_LEN], char out[2 * DIGEST_LEN + 1]);
