/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * The rules of a zone: read from text and printed. A line is a rule; `#` starts a comment.
 * tenure-policy(5) is the specification.
 *
 *      allow|deny  WHO  RIGHT[,RIGHT...]  [NAMES] [target-self]  [types TYPE[(MAX)],...]
 *                  [class dynamic|pinned|static]  [from PREFIX,...]  [over WHOM]
 *                  [window NOREFRESH/REFRESH]
 *
 *      WHO    authenticated | anonymous | a principal or pattern | @group
 *      RIGHT  claim | join | write | takeover | transfer | query
 *      NAMES  at NAME | under NAME | self[@REALM] | self-under[@REALM] | ptr-of-self[@REALM] |
 *             source-ptr | source-ptr/48
 *
 * Pure; any thread. acl/policy.h decides by them.
 */
#include "acl/who.h"
#include "acl/window.h"
#include "base/addr.h"
#include "base/arena.h"
#include "dns/name.h"

#define RULES_MAX        512       /* of a zone */
#define RULES_TEXT_MAX   (1 << 16) /* all of them, with comments */
#define RULE_LINE_MAX    2048
#define RULE_TYPES_MAX   64
#define RULE_SOURCES_MAX 64
#define RULE_ERROR_MAX   256

enum rule_who_kind {
	RULE_AUTHENTICATED, /* any key or Kerberos principal */
	RULE_ANONYMOUS,
	RULE_PATTERN, /* a principal or a pattern */
	RULE_GROUP,
};

struct rule_who {
	enum rule_who_kind kind;
	const char *text; /* as it is printed */
};

/* Bits of `rights`. */
#define RULE_CLAIM    1u
#define RULE_JOIN     2u
#define RULE_WRITE    4u
#define RULE_TAKEOVER 8u
#define RULE_TRANSFER 16u
#define RULE_QUERY    32u
#define RULE_UPDATES  (RULE_CLAIM | RULE_JOIN | RULE_WRITE | RULE_TAKEOVER)

enum rule_place {
	RULE_ZONE, /* no NAMES: the whole zone */
	RULE_AT,
	RULE_UNDER, /* the name and all below it */
	RULE_SELF,
	RULE_SELF_UNDER,
	RULE_PTR_OF_SELF,
	RULE_SOURCE_PTR,    /* the reverse name of the TCP peer's address */
	RULE_SOURCE_PTR_48, /* that of its /48; of an IPv4 address: of its 6to4 /48 (RFC 3056) */
};

enum rule_class { RULE_STATIC, RULE_DYNAMIC, RULE_PINNED };

struct rule_type {
	uint16_t type;
	uint16_t max; /* 0: no cap */
};

struct rule {
	unsigned line; /* 0: of a preset */
	bool is_allow;
	struct rule_who who;
	unsigned rights;
	enum rule_place place;
	struct dns_name name; /* of AT and UNDER */
	/* AT and UNDER of a preset: the name is this label below the zone; "": the zone's own. In a
	 * zone that itself begins with the label it is the zone's own, too. NULL: it is `name`. */
	const char *label;
	const char *realm; /* of SELF, SELF_UNDER and PTR_OF_SELF; NULL: of the trusted ones */
	bool is_target_self;
	const struct rule_type *types; /* none: every type but structural ones */
	size_t types_count;
	bool has_class;
	enum rule_class class; /* of what is added */
	const struct prefix *sources;
	size_t sources_count;
	bool has_over;
	struct rule_who over;
	struct window window; /* of what is stamped by it */
	const char *text;     /* canonical: rule_print's */
};

struct rules {
	const struct rule *rule;
	size_t count;
	bool has_windows; /* one of them has a window */
};

struct rule_error {
	unsigned line, column; /* from 1 */
	char text[RULE_ERROR_MAX];
};

/*
 * Reads the rules of the zone `apex`; names without a final dot that do not end in the zone's name
 * are completed by it. Memory is of the arena, and `text` must remain valid. False: `error` says
 * what is wrong, and where.
 */
bool rules_parse(struct rules *, struct bytes text, const struct dns_name *apex, struct arena *,
		 struct rule_error *error);

/* The rule as one line, without a newline, in the arena. Reads back as the same rule. */
const char *rule_print(const struct rule *, struct arena *);

/* The entry of a type; NULL: the rule does not name it. */
const struct rule_type *rule_type_find(const struct rule *, uint16_t type);

/* The word of a bit of `rights`: "claim", ... */
const char *rule_right_word(unsigned right);
