/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * A zone's settings, which are data: one table of settings (zone_setting.c) with four trades:
 * pack, unpack, print, parse. The SOA, and so the serial, stands in the apex's node alone.
 *
 * A `zoneset` is a copy in memory of all zones, made from one transaction, for one thread: to find
 * the zone of a question costs no read of the store. It is made anew when the settings version
 * moves (store/store.h).
 */
#include "base/addr.h"
#include "base/arena.h"
#include "dns/name.h"
#include "journal/state.h"
#include "store/store.h"

enum zone_update_mode { ZONE_UPDATE_NONE, ZONE_UPDATE_NONSECURE, ZONE_UPDATE_SECURE };
enum zone_policy { ZONE_POLICY_WINDOWS, ZONE_POLICY_CLOSED, ZONE_POLICY_SELF };

#define ZONE_KEEP_TYPES_MAX    16
#define ZONE_PREFIXES_MAX      16
#define ZONE_AGING_DEFAULT     (168 * 3600)
#define ZONE_MAX_SHARE_DEFAULT 20
#define ZONE_NOTIFY_MAX        512 /* bytes of the list's text, its NUL counted */

struct zone {
	uint32_t id;
	struct dns_name apex;
	/* Settings that an administrator sets; names in the CLI are in the table. */
	enum zone_update_mode update;
	enum zone_policy policy;
	bool is_aging;                            /* aging */
	uint32_t no_refresh, refresh;             /* seconds */
	bool protects_static;                     /* protect-static, default on */
	bool skips_foreign_delete;                /* foreign-delete skip|refuse */
	bool probes_refresh;                      /* probe-refreshes, default on */
	uint32_t max_names;                       /* of a principal; 0: no limit */
	uint32_t max_rate;                        /* updates of a principal a second; 0: no limit */
	uint32_t max_records;                     /* of a type at a name; 0: no limit */
	uint16_t keep_types[ZONE_KEEP_TYPES_MAX]; /* 0 ends */
	uint32_t max_share; /* the brake: percent of the dynamic records; 0: no limit */
	uint32_t max_count; /* the brake: records of a run; 0: no limit */
	struct prefix transfer[ZONE_PREFIXES_MAX]; /* who may transfer; family_len 0 ends */
	char notify[ZONE_NOTIFY_MAX];              /* zonedb/notify_list.h prints it; empty: none */
	/* What the server keeps. */
	bool is_frozen;        /* no dynamic updates and no scavenging: zone freeze */
	uint64_t available_at; /* seconds; not scavenged before */
	uint64_t created_at;
	uint32_t cut_count; /* derived: delegation and DNAME points; 0: no walk from the apex */
};

/* Default settings for a new zone. */
struct zone zone_default(const struct dns_name *apex);

/* One setting as words: name, present value, what it may be. */
struct zone_setting {
	const char *name;   /* "update" */
	const char *values; /* "none|nonsecure|secure", "on|off", "DURATION", "TYPE[,TYPE...]" */
	const char *help;
};
/* The table, ended by a NULL name. */
const struct zone_setting *zone_settings(void);
/* The value of the setting as text. Asserts that the name is one of the table's. */
char *zone_setting_print(const struct zone *, const char *name, struct arena *);
/* NULL, or what is wrong, with what it may be ("update: 'secur' is not one of none, nonsecure,
 * secure"). */
const char *zone_setting_parse(struct zone *, const char *name, const char *value, struct arena *);

/* Times the zone's availability for scavenging as aging.md rules, when settings go from `old` to
 * `new`: aging or updates from off to on arm it, as does the end of a freeze. */
void zone_arm(const struct zone *old, struct zone *new, uint64_t now);

/* The stored zone. */
bool zone_get(struct store_txn *, const struct dns_name *apex, struct zone *);
bool zone_get_by_id(struct store_txn *, uint32_t id, struct zone *);
/* The zone as it will be when the rows are written, else as it is stored. */
bool zone_see(struct state_edit *, const struct dns_name *apex, struct zone *);

/* Changes of decided state (journal/state.h), for an entry of the log: nothing is stored before it
 * is appended. Writer's thread. */
void zone_put(struct state_edit *, const struct zone *);
/* Gives a fresh number, never used before. One zone an entry. Asserts that the apex is not there.
 */
void zone_create(struct state_edit *, struct zone *);
/* The rules' text of a zone that comes back (acl/rulebook.h knows what stands in it). */
void zone_put_rules(struct state_edit *, const struct zone *, struct bytes text);
/* The zone's row, rules, reservations and notes will go, and with the row what is derived of it:
 * nodes, cuts, due and serial index. Its log entries and its tombstones stay
 * (zonedb/deleted_zone.h). */
void zone_delete(struct state_edit *, const struct zone *);
/* The row as it is to be, without an entry: for who makes a store anew. */
void zone_settle(struct store_txn *, const struct zone *);

struct zoneset;
struct zoneset *zoneset_load(struct store_txn *);
void zoneset_free(struct zoneset *);
uint64_t zoneset_version(const struct zoneset *);
/* The closest zone that holds `name`; NULL: none of ours. With `above` only zones strictly above it
 * (a DS question belongs to the parent, RFC 4035 3.1.4.1). */
const struct zone *zoneset_find(const struct zoneset *, const struct dns_name *name);
const struct zone *zoneset_find_above(const struct zoneset *, const struct dns_name *name);
/* The zone with exactly this apex. */
const struct zone *zoneset_exact(const struct zoneset *, const struct dns_name *apex);
/* All, in canonical order of their apexes. */
size_t zoneset_count(const struct zoneset *);
const struct zone *zoneset_at(const struct zoneset *, size_t index);

/* The SOA's data of the zone, in the map; false: the zone has none (it was deleted meanwhile, or is
 * damaged). */
bool zone_soa(struct store_txn *, const struct zone *, struct bytes *rdata, uint32_t *ttl);
/* The zone's serial; 0 when there is no SOA. */
uint32_t zone_serial(struct store_txn *, const struct zone *);

/* Database key: zone id, then the name's key form. Returns its length. */
#define ZONE_KEY_MAX (4 + DNS_NAME_KEY_MAX)
size_t zone_key(uint8_t out[ZONE_KEY_MAX], const struct zone *, const struct dns_name *);
