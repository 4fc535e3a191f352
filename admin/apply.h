/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * `apply`: makes the server what a site's file says, tenure-site(5). tenurectl reads the file and
 * sends it as a document; nothing of that is trusted. It is read into a struct apply (apply_site),
 * compared with the store (apply_look), which only reads, and written (apply_do) in one transaction
 * and one run. The writer's thread compares again before it writes, so that what is written is
 * judged by what is there then.
 *
 * Records that are managed are static, and owned by APPLY_OWNER. What is compared are canonical
 * forms, so that a file that is applied again finds no difference, and writes nothing.
 */
#include "acl/group.h"
#include "acl/keyring.h"
#include "acl/rule.h"
#include "admin/command_parts.h"
#include "admin/zone_del.h"
#include "journal/journal.h"

#define APPLY_OWNER        "local:apply"
#define APPLY_DOCUMENT_MAX (32u << 20) /* bytes */
#define APPLY_OBJECTS_MAX  20000       /* keys, groups, zones, and names of a zone's lists: each */
#define APPLY_RECORDS_MAX  200000      /* of all zones */
#define APPLY_FAULTS_MAX   20
#define APPLY_SHARE_MAX    20 /* percent of a zone's managed records that go without a word */
#define APPLY_GOES_MAX     10 /* and so many */

struct apply_key {
	const char *path; /* in the document: "keys[3]" */
	struct keyring_key key;
	bool is_absent, generates, has_algorithm;
	const char *from; /* where the secret comes from */
};

struct apply_group {
	const char *path;
	struct acl_group group; /* its members canonical, in order */
	bool is_absent, has_acting, has_window, has_members;
};

struct apply_record {
	size_t index; /* in the document */
	struct dns_name name;
	uint16_t type;
	uint32_t ttl;
	struct bytes rdata;
	bool adopts;
};

struct apply_reserve {
	size_t index;
	struct dns_name name;
	const char *whom;
};

struct apply_note {
	size_t index;
	struct dns_name name;
	uint16_t type; /* 0: of the name */
	const char *text;
};

/* Which fields of the SOA are given; those that are not are as they are. */
struct apply_soa {
	bool has_mname, has_rname, has_refresh, has_retry, has_expire, has_minimum, has_ttl;
	struct dns_soa soa;
	uint32_t ttl;
	bool has_serial; /* serial-at-least: soa.serial */
};

/* An RRset that differs: the part of the zone's wanted records that it consists of. */
struct apply_rrset {
	struct apply_rrset *next;
	struct dns_name name;
	uint16_t type;
	const struct apply_record *wanted;
	size_t count;
	bool replaces; /* administrators' records of it go */
};

struct apply_zone {
	const char *path;
	struct dns_name apex;
	bool is_absent;
	json_t *settings; /* NULL: none; borrowed */
	const char *rules_text;
	struct rules rules;
	struct apply_soa soa;
	uint32_t ttl;
	bool has_records, has_reserve, has_notes;
	struct apply_record *records; /* in canonical order, each once */
	struct apply_reserve *reserve;
	struct apply_note *notes;
	size_t record_count, reserve_count, note_count;
	const char *seed_file; /* NULL: there is no seed */
	struct load *load;     /* the seed as it came; NULL: it was not sent */
	bool load_has_soa, load_is_ready;
	char seed_digest[ZONE_SEED_MAX];
	/* Names with records of ours, as the call's snapshot has them. */
	struct dns_name *managed;
	size_t managed_count;
	/* What the last look found. */
	bool is_here, is_new, takes_seed, differs;
	struct zone stored, wanted;
	struct apply_rrset *rrsets; /* that differ */
	size_t managed_records, gone_records;
	bool soa_differs, rules_differ;
	size_t rules_before;
	struct zone_deletion deletion;
};

struct apply_touch {
	uint64_t hash;
};

struct apply {
	struct call *call;
	struct store_txn *txn; /* of the look that is made */
	/* The document. */
	const char *name, *digest;
	json_t *server; /* borrowed; NULL: nothing is said */
	struct apply_key *keys;
	struct apply_group *groups;
	struct apply_zone *zones;
	size_t key_count, group_count, zone_count, record_count;
	/* What the arguments allow. */
	bool is_plan, deletes, adopts, takes, removes_many, keeps_seeds;
	/* What came of a look. */
	bool is_silent; /* rows are not made */
	json_t *rows;
	uint64_t adds, changes, deletes_count, conflicts, guarded, log;
	const char *first_conflict, *first_guard;
	json_t *seeds_wanted;
	struct scavenge_settings scavenge;
	struct retention retention;
	uint32_t bin;
	bool scavenge_differs, retention_differs, bin_differs;
	uint32_t owner; /* the id of APPLY_OWNER */
	bool has_owner; /* it has one */
	struct apply_touch *touched;
	size_t touched_count, touched_room;
	/* What is wrong with the document. */
	json_t *faults;
	const char *first_fault;
	/* A write that failed in the middle of its transaction, which is then thrown away. */
	char failure[CALL_ERROR_MAX];
	enum call_code failure_code;
	uint64_t run;      /* what was written; 0: nothing was */
	uint64_t checked;  /* up to this entry nobody changed what is touched */
	size_t made_large; /* zones that were made before the transaction */
};

/* --- apply_site.c: reads the document. False: it has faults. */
bool apply_site_read(struct apply *, json_t *document);
/* Adds a fault at a path of the document, with line and column in its text unless they are 0. */
void apply_fault(struct apply *, const char *path, unsigned line, unsigned column,
		 const char *text);
/* A text of the call's arena. */
#define APPLY_TEXT(apply, ...) arena_print(&(apply)->call->arena, __VA_ARGS__)
void apply_site_free(struct apply *);

/* --- apply_look.c: the difference, as rows and counts. */

enum apply_action { APPLY_SAME, APPLY_ADD, APPLY_CHANGE, APPLY_DELETE, APPLY_CONFLICT };
/* Counts what is to be done, and begins its row, which is the apply's; NULL: rows are not made. */
json_t *apply_row(struct apply *, const char *object, enum apply_action);
/* The same of something in a zone. */
json_t *apply_zone_row(struct apply *, const struct apply_zone *, const char *object,
		       enum apply_action);
/* A name relative to the zone, "@" for its own. */
json_t *apply_relative(const struct apply_zone *, const struct dns_name *);
const char *apply_relative_text(struct apply *, const struct apply_zone *, const struct dns_name *);
/* A conflict: what is in the way, as a word and as a sentence, and what to do. */
struct apply_conflict {
	const char *object, *name, *reason, *text, *fix;
};
json_t *apply_conflict_row(struct apply *, const struct apply_zone *,
			   const struct apply_conflict *);
/* Marks the row, an action that was counted, as one that needs a word: "allow-delete". */
void apply_guard(struct apply *, json_t *row, const char *word, const char *text);
/* Notes what would be touched: a row of decided state, or an RRset. */
void apply_touch_state(struct apply *, enum state_table, struct bytes key);
void apply_touch_rrset(struct apply *, uint32_t zone_id, const struct dns_name *, uint16_t type);
void apply_touch_zone(struct apply *, const struct apply_zone *, enum state_table);
/* What they are known by. */
uint64_t apply_hash_state(enum state_table, struct bytes key);
uint64_t apply_hash_rrset(uint32_t zone_id, const struct dns_name *, uint16_t type);
/* A group as it would be, and as it is; `*is_here`: it is. */
struct acl_group apply_group_after(struct apply *, const struct apply_group *,
				   struct acl_group *before, bool *is_here);
/* The groups that there would be, which lie in `stored`, the arena and the document; groups_free
 * frees the result, before `stored`. The list is that of the result. */
struct groups *apply_groups_after(struct apply *, const struct groups *stored,
				  struct acl_group **list, size_t *count);
/* Compares all with the store, in the given transaction. */
void apply_look(struct apply *, struct store_txn *);
static inline bool apply_has_work(const struct apply *a)
{
	return a->adds + a->changes + a->deletes_count > 0;
}

/* --- apply_zone.c */
void apply_zone_look(struct apply *, struct apply_zone *);
void apply_zone_look_soa(struct apply *, struct apply_zone *);
/* The load of a zone that is made without a seed, or with one; false: a fault was added. */
bool apply_zone_compose(struct apply *, struct apply_zone *);
/* The data and the TTL of the SOA as they should be, from what is stored or the defaults. */
struct bytes apply_soa_wanted(struct apply *, const struct apply_zone *, struct bytes stored,
			      uint32_t *ttl);

/* --- apply_records.c */
/* Finds the names with managed records in the call's snapshot. */
void apply_records_find(struct apply *, struct apply_zone *);
void apply_records_look(struct apply *, struct apply_zone *);
/* The same of a zone that is made or filled: all are added, and judged when its content is in. */
void apply_records_new(struct apply *, struct apply_zone *);
/* Writes the RRsets and the SOA that differ. Not CALL_OK: one does not fit. */
enum call_code apply_records_write(struct apply *, struct apply_zone *, const struct zone *);

/* --- apply_since.c: CALL_FAILED: an entry behind `seq`, up to that of the transaction, is about
 * something that the last look would touch. */
enum call_code apply_since(struct apply *, struct store_txn *, uint64_t seq);

/* --- apply.c: not CALL_OK: what a look found must not be written. */
enum call_code apply_verdict(struct apply *);

/* --- apply_do.c: writes what a look found. */
#define APPLY_KEY_OVERLAP (24 * 3600) /* for so long a former secret is good, seconds */
enum call_code apply_do(struct apply *);
