/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * An entry of the log: its changes or its refusal, with principal, source, time and reason, packed
 * and unpacked. An entry is complete in itself: names and principals are texts, and the numbers of
 * zones and runs are those that entries gave, so it can be replayed into an empty store on another
 * machine.
 *
 * Packed: a header, extensions, the table of owner texts that the changes refer to, the changes of
 * records. An extension is a tag, a length, and a value. An even tag is optional: who does not know
 * it keeps it as it is (`unknown`). An odd tag is required: who does not know it cannot read the
 * entry. Each tag stands once, in ascending order. The digest is SHA-256 over the previous entry's
 * digest and the packed entry without its digest.
 *
 * Entries of format 1 have no extensions. They are read, and never written any more; what is not a
 * record's change is a sentence in them, which replay cannot apply.
 *
 * Pure; memory is the caller's arena.
 */
#include "base/addr.h"
#include "base/arena.h"
#include "base/digest.h"
#include "base/must_use.h"
#include "dns/name.h"
#include "journal/journal_log.h"
#include "journal/event_kind.h"
#include "journal/state.h"
#include <stdbool.h>
#include <stdint.h>

#define ENTRY_PRINCIPAL_MAX 600

/* Each kind with its word; the first is 1, and their order is that of the packed entry. */
#define ENTRY_KINDS(X)                                                                             \
	X(UPDATE, "update")                                                                        \
	X(REFRESH, "refresh")                                                                      \
	X(SCAVENGE, "scavenge")                                                                    \
	X(ADMIN, "admin")                                                                          \
	X(IMPORT, "import")                                                                        \
	X(TRANSFER_IN, "transfer-in")                                                              \
	X(RESTORE, "restore")                                                                      \
	X(SETTING, "setting")                                                                      \
	X(DENIED, "denied") /* in the logs of refusals; of 0.1.0 in the change log */              \
	X(RUN, "run")                                                                              \
	X(REFRESH_IGNORED, "refresh-ignored") /* a renewal by somebody who may not refresh */      \
	X(PRUNE, "prune")                     /* the oldest entries, up to a seq, are gone */      \
	X(CLOCK_STEP, "clock-step")

enum entry_kind {
	ENTRY_NO_KIND,
#define ENTRY_KIND(name, word) ENTRY_##name,
	ENTRY_KINDS(ENTRY_KIND)
#undef ENTRY_KIND
		ENTRY_KIND_END,
};

/* Each class with its word, in the order of the packed entry and of nodes. */
#define RECORD_CLASSES(X)                                                                          \
	X(STATIC, "static")                                                                        \
	X(DYNAMIC, "dynamic")                                                                      \
	X(PINNED, "pinned")                                                                        \
	X(DERIVED, "derived") /* made by the server from another record */

enum record_class {
#define RECORD_CLASS(name, word) RECORD_##name,
	RECORD_CLASSES(RECORD_CLASS)
#undef RECORD_CLASS
};

/* Windows of a record that are not its zone's; 0 and 0: the zone's. Seconds. */
struct record_windows {
	uint32_t no_refresh, refresh;
};

/* What a record carries besides its data. */
struct record_state {
	uint32_t ttl;
	uint64_t stamp; /* seconds */
	enum record_class class;
	const char *owner; /* principal's text */
	bool is_guest;     /* it came by `join` beside records of others */
	/* An address whose requester showed no right to its reverse name: no PTR is derived of it.
	 */
	bool lacks_ptr;
	struct record_windows windows;
};

enum change_what {
	CHANGE_ADDED = 1,
	CHANGE_REMOVED,
	CHANGE_ALTERED,   /* the same data; TTL, owner or class differs; the stamp may too */
	CHANGE_REFRESHED, /* only the stamp differs */
};

/* The difference of one record. */
struct change {
	enum change_what what;
	struct dns_name name;
	uint16_t type;
	struct bytes rdata;      /* stored form */
	struct record_state was; /* not for ADDED */
	struct record_state is;  /* not for REMOVED */
	uint64_t previous;       /* seq of the name's change before this one; 0: none is known */
};

enum entry_transport {
	ENTRY_LOCAL = 0,
	ENTRY_UDP,
	ENTRY_TCP,
};

struct entry_heads;

struct entry {
	enum journal_log log; /* in which it stands */
	uint64_t seq;         /* of its log; set by journal_append */
	/* Of a refusal: the last seq of the change log when it was written; set by journal_append.
	 */
	uint64_t changes_seq;
	uint64_t time_us; /* UTC */
	enum entry_kind kind;
	bool has_zone;
	uint32_t zone_id;
	struct dns_name zone;
	uint32_t serial_before, serial_after;
	const char *principal, *acting; /* `acting`: the group it acted for, or NULL */
	const char *key;                /* TSIG key's name, or NULL */
	struct addr source;             /* len 0: none */
	enum entry_transport transport;
	uint16_t message_id;
	uint16_t rcode;
	/* For people and programs: why it was denied, what was set ("update: none -> secure"),
	 * which silent rule of RFC 2136 applied. NULL: nothing to say. */
	enum event_kind event;     /* where kind and changes do not say it: EVENT_KEY_CREATE, ... */
	const char *unknown_event; /* the word of EVENT_UNKNOWN */
	const char *reason;
	const char *subject; /* what a setting or denial is about: a name with type, a key */
	/* Of a decision: the word of its reason ("foreign", "no-rule"; policy_reason_word), the
	 * owner that stood in the way, and the rule that allowed or denied it. NULL: there was
	 * none. */
	const char *code, *owner, *rule;
	/* Prerequisites of the update, one behind the other; empty: none.
	 *      n  name, wire form    2  type    2  class    2  length    n  data, stored form */
	struct bytes prerequisites;
	uint32_t folded; /* DENIED: how many more like this were not written */
	uint64_t run;    /* scavenging run or import that it belongs to; 0: none */
	const struct change *changes;
	size_t change_count;
	uint8_t digest[DIGEST_LEN];
	/* Of format 2. */
	uint8_t format;       /* as it was read; entry_pack writes the present one */
	uint64_t cause;       /* seq of the entry that this one follows from; 0: none */
	uint32_t era;         /* moves when a clock that was ahead is set back */
	const char *person;   /* who logged in behind `local:`; NULL: the same */
	const char *comment;  /* what the administrator said of it (--reason); NULL: nothing */
	const char *node;     /* which node of a cluster wrote it; NULL: there is none */
	struct bytes request; /* hash of a signed request (nameserver/duplicate_requests.h) */
	const struct state_change *rows; /* changes of decided state */
	size_t row_count;
	/* Of a refusal with others folded into it. */
	uint64_t first_us, last_us; /* 0: it is one alone */
	const char *names; /* that it is about besides its subject, each with a NUL behind it, and
			      one more at the end; NULL: none */
	uint32_t nameless; /* how many of the folded are about names that are not here */
	/* Of kind `restore`: where the logs of the backup ended; NULL: it is none of a backup. */
	const struct entry_heads *heads;
	/* Of an update: others left more at names that speak for the host than it could take away
	 * (nameserver/update_left.c). */
	bool has_rest;
	struct bytes unknown; /* optional extensions of a later version, packed */
	uint64_t weight;      /* bytes that it takes of its log; set by journal_append */
};

/* The last entries of the logs: 0, and a digest of zeros, where a log is empty. */
struct entry_heads {
	uint64_t time_us; /* of the newest of them */
	struct {
		uint64_t seq;
		uint8_t digest[DIGEST_LEN];
	} of[JOURNAL_LOGS];
};

#define ENTRY_FORMAT_FIRST 1
#define ENTRY_FORMAT       2

/* Packs everything but the digest; the bytes are the arena's. */
struct bytes entry_pack(const struct entry *, struct arena *);

/* Texts and changes are the arena's; rdata lies in `packed`. False: damaged. */
MUST_USE bool entry_unpack(struct entry *, struct bytes packed, struct arena *);
/* Whether a later version wrote it, so that this one cannot read it: its format, a required
 * extension, or a table of its rows is not known here. Of one that entry_unpack does not take. */
bool entry_is_newer(struct bytes packed);

/* Whether it is an entry of format 1 that says only in words what it changed: it can be neither
 * replayed nor reverted. */
bool entry_is_words(const struct entry *);
/* Whether it states rows that were there already (vault/restate.h). No entry says what they were
 * before. */
bool entry_is_statement(const struct entry *);

/* The word of the entry's own event; NULL: it has none. */
const char *entry_event_word(const struct entry *);

const char *entry_kind_name(enum entry_kind);
const char *record_class_name(enum record_class);
MUST_USE bool record_class_parse(const char *text, enum record_class *);
