/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * What happened: the events of the audit trail, in one list with their words and the ids that
 * Windows' DNS audit log gives the same (0: ours alone). Code decides by the enum; words are made
 * and read where an entry is packed, shown or asked for. Pure.
 */

#define EVENT_KINDS(X)                                                                             \
	X(ZONE_CREATE, "zone-create", 0)                                                           \
	X(ZONE_DELETE, "zone-delete", 513)                                                         \
	X(ZONE_SETTING, "zone-setting", 514)                                                       \
	X(ZONE_IMPORT, "zone-import", 0)                                                           \
	X(RECORD_CREATE, "record-create", 515)                                                     \
	X(RECORD_DELETE, "record-delete", 516)                                                     \
	X(RRSET_DELETE, "rrset-delete", 517)                                                       \
	X(NAME_DELETE, "name-delete", 518)                                                         \
	X(RECORD_REGISTER, "record-register", 519)                                                 \
	X(RECORD_UNREGISTER, "record-unregister", 520)                                             \
	X(RECORD_SCAVENGE, "record-scavenge", 521)                                                 \
	X(RECORD_CHANGE, "record-change", 0)                                                       \
	X(RECORD_REFRESH, "record-refresh", 0)                                                     \
	X(REFRESH_IGNORED, "refresh-ignored", 0)                                                   \
	X(SCAVENGE_START, "scavenge-start", 552)                                                   \
	X(SCAVENGE_END, "scavenge-end", 554)                                                       \
	X(SCAVENGE_CYCLE, "scavenge-cycle", 0)                                                     \
	X(TOUCH, "touch", 566)                                                                     \
	X(DELEGATION, "delegation", 573)                                                           \
	X(UPDATE_DENIED, "update-denied", 0)                                                       \
	X(UPDATE_DROPPED, "update-dropped", 0)                                                     \
	X(UPDATE_FAILED, "update-failed", 0)                                                       \
	X(QUERY_DENIED, "query-denied", 0)                                                         \
	X(TRANSFER_DENIED, "transfer-denied", 0)                                                   \
	X(UPDATE_IGNORED, "update-ignored", 0)                                                     \
	X(NO_CHANGE, "no-change", 0)                                                               \
	X(KEY_CREATE, "key-create", 0)                                                             \
	X(KEY_DELETE, "key-delete", 0)                                                             \
	X(SERVER_SETTING, "server-setting", 0)                                                     \
	X(RESTORE, "restore", 0)                                                                   \
	X(RESTORE_SEEN, "restore-seen", 0)                                                         \
	X(OWNER_TRANSFER, "owner-transfer", 0)                                                     \
	X(OWNER_RELEASE, "owner-release", 0)                                                       \
	X(OWNER_RESERVE, "owner-reserve", 0)                                                       \
	X(RECORD_PIN, "record-pin", 0)                                                             \
	X(RECORD_UNPIN, "record-unpin", 0)                                                         \
	X(RECORD_SET_CLASS, "record-set-class", 0)                                                 \
	X(RECORD_WINDOW, "record-window", 0)                                                       \
	X(RECORD_NOTE, "record-note", 0)                                                           \
	X(KEY_ROTATE, "key-rotate", 0)                                                             \
	X(KEY_DISABLE, "key-disable", 0)                                                           \
	X(KEY_ENABLE, "key-enable", 0)                                                             \
	X(KEY_READ, "key-read", 0)                                                                 \
	X(STORE_REKEY, "store-rekey", 0)                                                           \
	X(BACKUP, "backup", 0)                                                                     \
	X(ZONE_FREEZE, "zone-freeze", 0)                                                           \
	X(ZONE_THAW, "zone-thaw", 0)                                                               \
	X(BRAKE_HOLD, "brake-hold", 0)                                                             \
	X(CONTESTED_HOLD, "contested-hold", 0)                                                     \
	X(SCAVENGE_APPROVE, "scavenge-approve", 0)                                                 \
	X(SCAVENGE_CANCEL, "scavenge-cancel", 0)                                                   \
	X(RUN_ABANDON, "run-abandon", 0)                                                           \
	X(RUN_START, "run-start", 0)                                                               \
	X(RUN_END, "run-end", 0)                                                                   \
	X(CLOCK_STEP, "clock-step", 0)                                                             \
	X(CLOCK_JUMP, "clock-jump", 0)                                                             \
	X(SCHEMA_MIGRATE, "schema-migrate", 0)                                                     \
	X(OUTAGE, "outage", 0)                                                                     \
	X(LOG_PRUNE, "log-prune", 0)                                                               \
	X(ZONE_POLICY, "zone-policy", 0)                                                           \
	X(GROUP_CREATE, "group-create", 0)                                                         \
	X(GROUP_DELETE, "group-delete", 0)                                                         \
	X(GROUP_ADD, "group-add", 0)                                                               \
	X(GROUP_REMOVE, "group-remove", 0)                                                         \
	X(GROUP_SET, "group-set", 0)

/* An entry's own event, or what an entry and a change come to. */
enum event_kind {
	EVENT_NONE, /* the entry's kind and its changes say what happened */
#define EVENT_KIND(name, word, windows_id) EVENT_##name,
	EVENT_KINDS(EVENT_KIND)
#undef EVENT_KIND
		EVENT_UNKNOWN, /* of a later version */
};

/* NULL: none, or not known. */
const char *event_kind_word(enum event_kind);

/* 0: Windows has none. */
unsigned event_kind_windows_id(enum event_kind);

/* NULL is EVENT_NONE. */
enum event_kind event_kind_of(const char *word);
