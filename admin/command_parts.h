/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * The single changes that commands make, for `apply`, which makes many of them in one transaction
 * and one run (the call's `run`): each with plain values in place of the call's arguments. Those
 * that take a transaction are for the writer's thread; each writes an entry only if something
 * differs, unless it says otherwise.
 */
#include "admin/covered.h"
#include "journal/retention.h"
#include "dns/rdata.h"
#include "scavenger/scavenge_settings.h"
#include "zonedb/note.h"

/* --- zone.c */

/* Sets settings, an object of texts, in a zone that is not stored. CALL_USAGE: one is wrong. Does
 * not look whether the keys of `notify` are here, and whether a zone may have `ptr`. */
enum call_code command_settings_take(struct call *, json_t *settings, struct zone *);
/* Changes the stored zone, `zone`, setting by setting; returns how many changed. */
size_t command_settings_write(struct call *, struct store_txn *, struct zone *zone,
			      const struct zone *wanted);

/* The settings of a new zone: the defaults, and the argument `settings`. */
enum call_code command_zone_begin(struct call *, struct zone *);
/* SOA and NS of a new zone, by the arguments `ns` and `mbox`. `first` is the first zone of those
 * that are made together: the default server is its, and it is warned of that alone. */
enum call_code command_zone_compose(struct call *, const struct dns_name *apex,
				    const struct dns_name *first, struct load *);

struct command_zone_made {
	const struct zone *settings;
	struct load *load; /* its content, checked */
	struct load_result *loaded;
	struct covered_result *covered;
};
/* Makes a zone, and moves into it what the argument `move-names` says. Not CALL_OK: it is here, or
 * covers names of the zone above. */
enum call_code command_zone_make(struct call *, struct store_txn *,
				 const struct command_zone_made *);

/* The SOA of a zone for which nothing else is said; its owner's and server's names are not set. */
struct dns_soa command_soa_default(void);
#define COMMAND_SOA_TTL 3600
/* Its data, in the call's arena. */
struct bytes command_soa_data(struct call *, const struct dns_soa *);
/* The name server of a zone for which none was named. */
struct dns_name command_server_default(struct call *, const struct dns_name *apex);

/* --- policy.c: replaces the text of a zone's rules. */
void command_rules_write(struct call *, struct store_txn *, const struct zone *, const char *text,
			 size_t count_before, size_t count);

/* --- key.c: removes a key that is there. */
enum call_code command_key_remove(struct call *, struct store_txn *, const struct dns_name *);
/* Why this server cannot use a key: its name, or hmac-md5. */
enum call_code command_key_check(struct call *, const struct keyring_key *);
/* Whether the stored key, which is unsealed, has the same algorithm and secret. */
bool command_key_is_same(struct call *, struct keyring_key *stored, const struct keyring_key *);
/* The algorithm of that name; NULL stands for the usual one. CALL_USAGE: there is none. */
enum call_code command_algorithm_of(struct call *, const char *text, const struct hmac_info **);

/* --- reserve.c: keeps a name that holds no records for a principal. */
void command_reserve_write(struct call *, struct store_txn *, const struct zone *,
			   const struct dns_name *, const char *whom);

/* --- note.c: sets a note. False: too many types of the name have one. */
bool command_note_write(struct call *, struct store_txn *, const struct note_change *);

/* --- scavenge_set.c, retention.c, bin.c: settings of the server, objects of texts. */
enum call_code command_scavenge_take(struct call *, json_t *settings, struct scavenge_settings *);
void command_scavenge_write(struct call *, struct store_txn *, const struct scavenge_settings *);
enum call_code command_retention_take(struct call *, json_t *settings, struct retention *);
void command_retention_write(struct call *, struct store_txn *, const struct retention *);
/* The value of a setting of the log as text; NULL: there is no such setting. The names: of 0, 1,
 * ...; NULL: there are no more. */
const char *command_retention_text(struct call *, const struct retention *, const char *name);
const char *command_retention_name(size_t index);
enum call_code command_bin_take(struct call *, const char *text, uint32_t *keeps);
void command_bin_write(struct call *, struct store_txn *, uint32_t keeps);
