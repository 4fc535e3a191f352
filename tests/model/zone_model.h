/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * A small model of a zone: what RFC 2136 and tenure-policy(5) say an update comes to, written from
 * these and from nothing of the product. It knows a few names, types and principals, and rules of a
 * few forms; where a message leaves what it knows, it says so, and the caller looks at the zone
 * again.
 *
 * Pure; one thread.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MODEL_RECORDS_MAX   512
#define MODEL_RULES_MAX     4
#define MODEL_CHANGES_MAX   6
#define MODEL_STAMP_UNKNOWN UINT64_MAX /* of what somebody else gave another TTL */
#define MODEL_OWNER_MAX     64

enum model_kind {
	MODEL_PLAIN,
	MODEL_APEX,
	MODEL_RESERVED,      /* only rules `at` it reach it */
	MODEL_SERVER,        /* the same while the zone's NS names it */
	MODEL_SPEAKS,        /* for another of the names */
	MODEL_SPEAKS_OF_APEX /* nobody may change all that the apex holds */
};

struct model_name {
	const char *text; /* relative to the zone */
	enum model_kind kind;
	uint8_t host; /* MODEL_SPEAKS */
};
extern const struct model_name model_names[];
extern const uint8_t model_names_count;

enum model_type {
	MODEL_A,
	MODEL_AAAA,
	MODEL_TXT,
	MODEL_MX,
	MODEL_CNAME,
	MODEL_DHCID,
	MODEL_NS,
	MODEL_DNAME,
	MODEL_TYPES
};
extern const char *const model_types[MODEL_TYPES];

struct model_datum {
	enum model_type type;
	const char *text;
};
extern const struct model_datum model_data[];
extern const uint8_t model_data_count;
extern const uint8_t model_data_sent; /* of these, those that messages have */

/* Requesters; the first three sign. */
enum model_who { MODEL_KEY_A, MODEL_KEY_B, MODEL_KEY_C, MODEL_ANONYMOUS, MODEL_WHO_COUNT };
extern const char *const model_whos[MODEL_WHO_COUNT];

enum model_right { MODEL_CLAIM = 1, MODEL_JOIN = 2, MODEL_WRITE = 4, MODEL_TAKEOVER = 8 };

/* Whom a rule is about, beside one of the requesters. */
enum { MODEL_AUTHENTICATED = MODEL_WHO_COUNT, MODEL_GROUP, MODEL_SUBJECTS };

enum model_place { MODEL_EVERYWHERE, MODEL_AT, MODEL_UNDER, MODEL_PLACES };

struct model_rule {
	bool is_allow;
	uint8_t who;    /* enum model_who, MODEL_AUTHENTICATED, MODEL_GROUP */
	uint8_t rights; /* enum model_right */
	enum model_place place;
	uint8_t name;
	uint16_t types; /* a bit for each; 0: no clause */
};

enum model_class { MODEL_STATIC, MODEL_DYNAMIC, MODEL_PINNED, MODEL_OTHER_CLASS };

struct model_record {
	uint8_t name, datum;
	uint32_t ttl;
	enum model_class class;
	char owner[MODEL_OWNER_MAX];
	uint64_t stamp; /* seconds */
	bool is_guest;
	/* Of a private copy. */
	bool is_spared, is_named, is_asserted;
};

enum model_mode { MODEL_NONE, MODEL_NONSECURE, MODEL_SECURE };

struct zone_model {
	enum model_mode mode;
	bool is_windows; /* the preset `windows`; otherwise `closed` */
	bool is_report;  /* MODEL_NONSECURE, and judged as secure beside it */
	bool is_frozen, skips_foreign, protects_static;
	bool is_strange; /* the zone holds, or is set to, what the model does not know */
	unsigned rules_count;
	struct model_rule rules[MODEL_RULES_MAX];
	bool has_group, is_acting; /* @g */
	bool is_member[MODEL_WHO_COUNT];
	uint64_t no_refresh; /* seconds */
	size_t count;
	struct model_record records[MODEL_RECORDS_MAX];
};

enum model_form {
	/* prerequisites */
	MODEL_IN_USE,     /* name */
	MODEL_NOT_IN_USE, /* name */
	MODEL_EXISTS,     /* name, type */
	MODEL_NOT_EXISTS, /* name, type */
	MODEL_HOLDS,      /* name, datum */
	/* changes */
	MODEL_ADD,         /* name, datum, ttl */
	MODEL_DELETE_NAME, /* name */
	MODEL_DELETE_SET,  /* name, type */
	MODEL_DELETE_ONE   /* name, datum */
};

struct model_clause {
	enum model_form form;
	uint8_t name, datum;
	enum model_type type;
	uint32_t ttl;
};

struct model_message {
	enum model_who who;
	uint64_t now; /* of the log, seconds */
	unsigned prerequisites_count, changes_count;
	struct model_clause prerequisites[MODEL_CHANGES_MAX], changes[MODEL_CHANGES_MAX];
};

enum model_rcode {
	MODEL_NOERROR = 0,
	MODEL_REFUSED = 5,
	MODEL_YXDOMAIN = 6,
	MODEL_NXDOMAIN = 3,
	MODEL_YXRRSET = 7,
	MODEL_NXRRSET = 8,
	MODEL_NOTZONE = 10
};

struct model_outcome {
	bool is_known; /* otherwise nothing is said */
	unsigned rcode;
	bool is_change; /* of data; then the serial goes up by one */
	/* A member of an acting group: its records may become the group's. */
	bool is_for_group;
};

/* What the message comes to; of a known outcome the model's records are what should be stored. */
struct model_outcome zone_model_update(struct zone_model *, const struct model_message *);

/* Whether the requester could have a right to remove what somebody else owns, as far as can be
 * said without knowing more than rules, groups and the mode. */
bool zone_model_may_touch_others(const struct zone_model *, enum model_who);

/* "h1 60 A 10.0.0.1 of key:a, dynamic"; of NULL "nothing". */
#define MODEL_RECORD_TEXT_MAX 256
void model_record_print(const struct model_record *, char out[MODEL_RECORD_TEXT_MAX]);
/* The rule as a line of tenure-policy(5). */
void model_rule_print(const struct model_rule *, char *out, size_t cap);
