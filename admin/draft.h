/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Drafts: edits of a zone's records by one person that are kept until `zone commit` makes them as
 * one change. While a draft is open, that person's commands of draft_kinds in that zone add to it;
 * everybody else's, and all other commands, change the zone as ever.
 *
 * A draft is the list of the commands with their arguments. It is no state of the zone: each time
 * it is looked at, its edits are applied one after the other to the zone as it is then. For each
 * RRset that a command names the draft keeps a digest of what was stored there, but for stamps,
 * when the command was given last: if somebody changed the RRset since, or records came to a name
 * of which all was to be deleted, the draft is not made.
 *
 * Drafts are local state (journal/local.h), so they outlive a restart, and are in no entry of the
 * log. At most DRAFTS_MAX are kept, each of DRAFT_EDITS_MAX edits and DRAFT_BYTES_MAX; one without
 * an edit for DRAFT_AGE is over: it can be shown and dropped, and goes when another begins.
 *
 * STORE_LOCAL: "draft:", zone id (4), the first half of the SHA-256 of principal and person ->
 * JSON {"zone", "principal", "person", "began_at", "edited_at", "edits": [{"command", "args"}],
 * "seen": {"name TYPE": digest}}.
 */
#include "admin/command.h"

#define DRAFTS_MAX      64
#define DRAFT_EDITS_MAX 500
#define DRAFT_BYTES_MAX (128u << 10)
#define DRAFT_AGE       (7 * 24 * 3600) /* seconds */

/* What an edit is about, for its digests. */
struct draft_place {
	struct dns_name name;
	uint16_t type; /* 0: all types */
};

/* A command that can be an edit of a draft. */
struct draft_kind {
	const char *words;
	/* Reads the call's arguments: the edit, in the call's arena. The thread of the call. */
	enum call_code (*take)(struct call *, void **edit, struct draft_place *);
	/* Applies it to the private copies of an edit. Writer's thread, or with a snapshot in which
	 * all principals are known. */
	enum call_code (*apply)(struct call *, struct store_txn *, const struct zone *,
				struct edit *, void *edit_taken);
};
extern const struct draft_kind draft_record_kinds[], draft_record_set_kinds[], draft_class_kinds[];

/* Looks whether the command goes to a draft of the caller's, and reads that; then call->draft is
 * set. Not CALL_OK: an edit of it is wrong by now. The thread of the call. */
enum call_code draft_enter(struct call *, const char *words);
/* Replaces what the command says by what the draft has now. */
void draft_tell(struct call *);
void draft_free(struct call *);

/* An edit of the zone; where the call has a draft, with the edits of that in it. Writer's thread.
 */
enum call_code draft_edit_open(struct call *, struct store_txn *, const struct zone *,
			       const struct edit_author *, struct edit **);
/* Commits the edit; where the call has a draft, keeps the command there instead. `*code` is not
 * CALL_OK where a limit of drafts refuses it. Returns what edit_commit does. */
uint64_t draft_edit_commit(struct call *, struct store_txn *, struct edit *, struct entry *,
			   enum call_code *code);

/* --- a draft as its own commands see it (draft_zone.c) */

struct draft_edit {
	const struct draft_kind *kind;
	void *taken;
	struct draft_place place;
};

struct draft {
	struct zone zone;
	uint8_t key[64];
	size_t key_len;
	char *text; /* as it is stored */
	size_t text_len;
	json_t *json;
	struct draft_edit *edits;
	size_t count;
	/* The command that adds to it; NULL: none does. */
	const struct draft_kind *kind;
	struct draft_place place;
	json_t *next; /* the draft with it */
};

/* Reads a draft: the caller's, or that of `principal`. CALL_NOT_FOUND: there is none. `whole`: its
 * edits are taken, too. The thread of the call. */
enum call_code draft_read(struct call *, const struct zone *, const char *principal, bool whole,
			  struct draft **);
void draft_close(struct draft *);
/* Whether it is stored as it was read. */
bool draft_is_same(const struct draft *, struct store_txn *);
/* Applies all edits. The error names the edit that cannot be applied. */
enum call_code draft_apply(struct call *, const struct draft *, struct store_txn *, struct edit *);
/* Whether the RRset is as the draft saw it. */
bool draft_has_seen(const struct draft *, struct store_txn *, const struct dns_name *,
		    uint16_t type);
/* Makes an empty one. CALL_REFUSED: DRAFTS_MAX are there. Writer's thread. */
enum call_code draft_begin(struct call *, struct store_txn *, const struct zone *);
void draft_drop(const struct draft *, struct store_txn *);
const char *draft_member(const struct draft *, const char *name);
uint64_t draft_time(const struct draft *, const char *name);
bool draft_is_over(const struct draft *, uint64_t now);

/* Calls `each` for each draft of zones that the call may see; only what draft_member and draft_time
 * give is read. */
void draft_walk(struct call *, void (*each)(void *context, const struct draft *), void *context);
/* The ids of their zones, one for each draft. Returns how many. */
size_t draft_zones(struct call *, uint32_t ids[DRAFTS_MAX]);
/* Warns of each. */
void draft_warn(struct call *);
