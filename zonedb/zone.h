/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Zones and their settings, which are data in the store. One table (zone_setting.c) packs, unpacks,
 * prints and parses the settings. The SOA, and so the serial, is only in the node of the apex.
 *
 * A zoneset is a copy of all zones in memory, made from one transaction, so that the zone of a
 * question is found without the store. It belongs to one thread, which reads the rows again that
 * changed since (store/settings.h).
 */
#include "base/addr.h"
#include "base/arena.h"
#include "base/must_use.h"
#include "dns/name.h"
#include "journal/state.h"
#include "store/store.h"

enum zone_update_mode {
	ZONE_UPDATE_NONE,
	ZONE_UPDATE_NONSECURE,
	ZONE_UPDATE_SECURE,
	ZONE_UPDATE_REPORT, /* nonsecure, and what secure would say is noted */
};
enum zone_policy { ZONE_POLICY_WINDOWS, ZONE_POLICY_CLOSED, ZONE_POLICY_SELF, ZONE_POLICY_AD };

#define ZONE_KEEP_TYPES_MAX         16
#define ZONE_PREFIXES_MAX           16
#define ZONE_AGING_DEFAULT          (168 * 3600)
#define ZONE_MAX_SHARE_DEFAULT      20
#define ZONE_MAX_RECORDS_DEFAULT    100
#define ZONE_MAX_TYPES_DEFAULT      100
#define ZONE_MAX_NAMES_DEFAULT      50 /* of hosts */
#define ZONE_MAX_NAME_BYTES_DEFAULT 65000
#define ZONE_APPLIED_MAX            64 /* bytes of a file's name, its NUL counted */
#define ZONE_SEED_MAX               65
#define ZONE_NOTIFY_MAX             512 /* bytes of the list's text, its NUL counted */

struct zone {
	uint32_t id;
	struct dns_name apex;
	/* Settings that an administrator sets; names in the CLI are in the table. */
	enum zone_update_mode update;
	enum zone_policy policy;
	bool is_aging;                /* aging */
	uint32_t no_refresh, refresh; /* seconds */
	bool protects_static;         /* protect-static, default on */
	bool skips_foreign_delete;    /* foreign-delete skip|refuse */
	bool probes_refresh;          /* probe-refreshes, default on */
	bool probes_report; /* report-probe: the first unsigned update of a name is refused once */
	uint32_t max_names; /* of a principal; 0: no limit */
	bool max_names_of_hosts;                  /* of hosts and unsigned addresses only */
	uint32_t max_rate;                        /* updates of a principal a second; 0: no limit */
	uint32_t max_records;                     /* of a type at a name; 0: no limit */
	uint32_t max_types;                       /* at a name; 0: no limit */
	uint32_t max_name_bytes;                  /* of a name in the store; 0: no limit */
	uint16_t keep_types[ZONE_KEEP_TYPES_MAX]; /* 0 ends */
	uint32_t max_share; /* the brake: percent of the dynamic records; 0: no limit */
	uint32_t max_count; /* the brake: records of a run; 0: no limit */
	struct prefix transfer[ZONE_PREFIXES_MAX]; /* who may transfer; family_len 0 ends */
	char notify[ZONE_NOTIFY_MAX];              /* zonedb/notify_list.h prints it; empty: none */
	bool requires_reason; /* require-reason: an administrator says why he changes it */
	/* PTR are derived of its A and AAAA (zonedb/ptr.h), of addresses in these prefixes. */
	bool makes_ptr;                            /* ptr */
	struct prefix ptr_from[ZONE_PREFIXES_MAX]; /* family_len 0 ends */
	/* What the server keeps. */
	bool is_frozen;        /* no dynamic updates and no scavenging: zone freeze */
	uint64_t available_at; /* seconds; not scavenged before */
	uint64_t created_at;
	uint64_t deleting; /* the run that deletes it, or fills it: out of service; 0: none does */
	/* While a run restores it: the first entry of its deletion; 0: none does. */
	uint64_t restored_from;
	/* Of a zone that `apply` manages: the name of the site's file, and the SHA-256, in
	 * hexadecimal, of the content that it brought once; empty: none. */
	char applied_by[ZONE_APPLIED_MAX];
	char seed[ZONE_SEED_MAX];
	/* The entry since which derived PTR of its addresses, or in it, are to be made anew
	 * (zonedb/ptr_sync.h); 0: they are as they should be. */
	uint64_t ptr_pending;
	uint32_t cut_count; /* derived: delegation and DNAME points; 0: no walk from the apex */
};

/* Default settings for a new zone. */
struct zone zone_default(const struct dns_name *apex);

/* Gives a zone of a version without limits by default those for which it has `none`: that said only
 * that nobody had set one. */
void zone_default_limits(struct zone *);

/* A setting, by its name in words. */
struct zone_setting {
	const char *name; /* "update" */
};
/* The table, ended by a NULL name. */
const struct zone_setting *zone_settings(void);
/* The value of a setting as text in the arena. Asserts that the table has the name. */
char *zone_setting_print(const struct zone *, const char *name, struct arena *);
/* Sets a setting. Returns NULL, or what is wrong ("update: 'secur' is not one of none, nonsecure,
 * secure"), in the arena. */
const char *zone_setting_parse(struct zone *, const char *name, const char *value, struct arena *);

/* Sets available_at of `new` when settings change from `old` to `new`: after aging or updates were
 * switched on, or a freeze ended, the zone is not scavenged for one refresh window, or as long as
 * `longest` (due_longest_refresh(); 0: it has no records). `now` in seconds. */
void zone_arm(const struct zone *old, struct zone *new, uint64_t now, uint32_t longest);

/* Read a stored zone. False: there is none. */
MUST_USE bool zone_get(struct store_txn *, const struct dns_name *apex, struct zone *);
MUST_USE bool zone_get_by_id(struct store_txn *, uint32_t id, struct zone *);
/* Reads a zone as the rows have it, otherwise as it is stored. False: there is none. */
bool zone_see(struct state_edit *, const struct dns_name *apex, struct zone *);

/* Changes of decided state (journal/state.h), for an entry of the log: nothing is stored before it
 * is appended. Writer's thread. */
void zone_put(struct state_edit *, const struct zone *);
/* The same without `ptr_pending`, which zone_put keeps, and sets where PTR have to be made anew:
 * the settings `ptr` and `ptr-from` change, or a reverse zone comes, is thawed, or is in service
 * again. Where one comes, zones with `ptr=on` get it, too. */
void zone_put_settled(struct state_edit *, const struct zone *);
/* Puts a new zone, and sets its id, which was never used before. One zone in an entry. Asserts that
 * no zone has the apex. */
void zone_create(struct state_edit *, struct zone *);
/* Puts the text of the rules of a zone that is restored (acl/rulebook.h has their format). */
void zone_put_rules(struct state_edit *, const struct zone *, struct bytes text);
/* Removes the zone's row, rules, reservations and notes, and with the row what is derived from it:
 * nodes, cuts, due and serial index. Its log entries and tombstones remain
 * (zonedb/deleted_zone.h). */
void zone_delete(struct state_edit *, const struct zone *);
/* Writes the row without an entry, for the tools that make a store. */
void zone_settle(struct store_txn *, const struct zone *);

struct zoneset;
struct zoneset *zoneset_load(struct store_txn *);
void zoneset_free(struct zoneset *);
/* Reads the row of one zone again, by its key of STATE_ZONE: it changed, is new or is gone. What
 * was found of it before is not valid any more. */
void zoneset_update(struct zoneset *, struct store_txn *, struct bytes key);
/* Zones that are being deleted are counted and listed, but not found. */
/* The closest zone at or above `name`, and the closest strictly above it, to which a DS question
 * belongs (RFC 4035 3.1.4.1). NULL: there is none. */
const struct zone *zoneset_find(const struct zoneset *, const struct dns_name *name);
const struct zone *zoneset_find_above(const struct zoneset *, const struct dns_name *name);
/* The zone with this apex; NULL: there is none. */
const struct zone *zoneset_exact(const struct zoneset *, const struct dns_name *apex);
/* Whether some zone has its apex at or below the name. */
bool zoneset_has_under(const struct zoneset *, const struct dns_name *);
/* The number of zones, and one of them, in canonical order of the apexes. */
size_t zoneset_count(const struct zoneset *);
const struct zone *zoneset_at(const struct zoneset *, size_t index);

/* The data and the TTL of the zone's SOA, in the map. False: there is none, since the zone was
 * deleted or is damaged. */
bool zone_soa(struct store_txn *, const struct zone *, struct bytes *rdata, uint32_t *ttl);
/* The zone's serial; 0 when there is no SOA. */
uint32_t zone_serial(struct store_txn *, const struct zone *);

/* Writes the store's key of a name: zone id, then the name's key form. Returns its length. */
#define ZONE_KEY_MAX (4 + DNS_NAME_KEY_MAX)
size_t zone_key(uint8_t out[ZONE_KEY_MAX], const struct zone *, const struct dns_name *);
