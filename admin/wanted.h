/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * The record, RRset or name that `record add`, `record del` and `record set` are about, as the
 * arguments say, and what they have in common. Texts and data lie in the call's arena.
 */
#include "admin/command.h"

#define WANTED_TTL_DEFAULT 3600

/* A record of the administrator's, as the arguments say. */
struct wanted {
	struct dns_name name;
	uint16_t type; /* 0: all types */
	bool has_data, has_ttl;
	uint32_t ttl;
	struct bytes rdata;
	const char *owner; /* NULL: the administrator */
	enum record_class class;
	enum event_kind event; /* EVENT_NONE: each change's own */
	struct zone zone;      /* as the job sees it */
	uint64_t changed;
	uint32_t serial;
	bool is_managed;    /* a record of the site's file is changed */
	const char *others; /* who owns what ages at the name; NULL: nobody else */
};

/* Reads `zone`, `name`, `type`, `ttl`, `data`, `class` and `owner`. Not CALL_OK: one is wrong, and
 * the error says which. Thread of the call. */
enum call_code wanted_of(struct call *, struct wanted *);
/* Data of the wanted type from its text, in the call's arena. CALL_USAGE: it is none. */
enum call_code wanted_parse_data(struct call *, const struct wanted *, const char *text,
				 struct bytes *rdata);
/* CALL_USAGE: the data cannot be used, as a digest of the wrong length. */
enum call_code wanted_check_data(struct call *, const struct wanted *);

/* CALL_FAILED: what is there and the record exclude each other (RFC 1034 3.6.2). Writer's thread,
 * as the next five. */
enum call_code wanted_check_beside(struct call *, struct edit_name *, const struct wanted *);
/* CALL_FAILED: the zone would lose its SOA or its last NS. */
enum call_code wanted_check_apex(struct call *, const struct edit_name *, const struct wanted *);
/* The record's stamp: of one that is there and does not age it stays. */
uint64_t wanted_stamp(const struct edit_rrset *, const struct wanted *, uint64_t now);
/* Who owns what ages at the name; NULL: nobody else. */
const char *wanted_others(struct call *, struct store_txn *, const struct edit_name *,
			  const struct wanted *);
/* Sets `is_managed`. Any thread. */
void wanted_note_managed(struct wanted *, const struct edit_change *, size_t count);
/* Commits the edit, or keeps it in the call's draft (admin/draft.h), and sets `changed`, as far as
 * the name is changed, and `serial`. Not CALL_OK: a limit of drafts. */
enum call_code wanted_commit(struct call *, struct store_txn *, struct edit *, struct wanted *);

/* The result and its sentence; `what` was done: "written". Thread of the call, as the next two. */
void wanted_tell(struct call *, const struct wanted *, const char *what);
/* Warns of a change of what a site's file says (admin/apply.h). */
void wanted_warn_managed(struct call *, const struct wanted *);
/* Warns of a static record beside those of others. */
void wanted_warn_others(struct call *, const struct wanted *);
/* Warns of who owns the address of a name server, and of what speaks for the name. */
void wanted_warn_servers(struct call *, const struct wanted *);
