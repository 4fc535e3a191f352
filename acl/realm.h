/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Realms of Kerberos: which are trusted to say who a host is, and in which domains their hosts lie.
 * These are the server's settings `realms` and `realm-suffix`, a row of decided state
 * (journal/state_server.h, "realms") with the fields "realms" and "realm-suffix", texts as they are
 * set and shown:
 *
 *      realms        CORP.EXAMPLE,DEV.EXAMPLE | none | keytab      those of the keytab by default
 *      realm-suffix  CORP.EXAMPLE:corp.example,CORP.EXAMPLE:lab.example | default
 *
 * By default a machine account lies in the domain of its realm's name, in lower case, and a host
 * principal names its domain itself. A realm that has suffixes has no hosts elsewhere.
 *
 * A snapshot (struct realms) belongs to one thread, which loads it again when the settings version
 * (store/store.h) changes. Parsing is pure.
 */
#include "acl/who.h"
#include "base/arena.h"
#include "journal/state.h"

#define REALMS_MAX         64
#define REALM_SUFFIXES_MAX 64
#define REALM_TEXT_MAX     4096 /* of a setting, with the NUL */

struct realm_suffix {
	const char *realm;
	struct dns_name suffix;
};

struct realms {
	bool is_given; /* `realms` is set: the keytab's do not count */
	const char **names;
	size_t count;
	const struct realm_suffix *suffixes;
	size_t suffix_count;
	const char *realms_text, *suffix_text; /* as they are shown */
	struct arena arena;                    /* of a snapshot */
};

/* Parse a value of the settings into the arena. NULL, or what is wrong with it, in the arena; the
 * realms are as they were then. */
const char *realms_parse(struct realms *, const char *text, struct arena *);
const char *realms_parse_suffix(struct realms *, const char *text, struct arena *);

/* NULL: the text is a realm as tickets write it; otherwise what is wrong, a constant phrase. */
const char *realm_fault(const char *);

/* Whether the setting names the realm. */
bool realms_name(const struct realms *, const char *realm);

/* Loads the settings. Never NULL; of a damaged row they are as by default, and txn->error is set.
 * realms_free frees. */
struct realms *realms_load(struct store_txn *);
void realms_free(struct realms *);

/* Puts the settings, for an entry of the log. Writer's thread. */
void realms_put(struct state_edit *, const struct realms *);
