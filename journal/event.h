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
