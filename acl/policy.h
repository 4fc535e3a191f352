/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * The policy: decides whether a principal may make a change. Pure: takes plain values and returns a
 * verdict, without store, clock or socket; any thread. `tenurectl why` calls the same functions.
 *
 * The caller computes the difference that a message makes, record by record, and asks for each
 * record. If one is refused, so is the message.
 *
 *      mode       who                          what is accepted
 *      none       nobody                       nothing
 *      nonsecure  anybody                      everything; unless protect-static is off, not where
 *                                              static records stand in the way, and structure and
 *                                              special names as in a secure zone
 *      secure     a key or GSS context         by ownership, and by the preset's rules
 *
 * A secure zone's rules (acl/rule.h) come first, then those of its preset; the first that matches
 * and reaches what is asked (acl/rule_reach.h) decides. Where none does, a reservation for the
 * requester, ownership and self-match decide. An owner's deletion or change of TTL is asked of the
 * rules as `write`, an owner's addition as `claim`: a `deny` stops it, and an `allow ... claim`
 * that names the requester and the name binds it by its clauses. Structure is never given by
 * ownership; nor, at a reserved name or one that speaks for a host of others, is what is added or
 * a TTL, but for whom an administrator made a record there. Who has a host removes and replaces
 * what other clients left at names that speak for it. Below a delegation or DNAME only who may
 * change that adds anything, whatever rules say.
 *
 * Administrators (local:*) and the server itself (system:*) are not bound. The caller counts
 * records of the requester's acting group, of the group's other present members and, at its own
 * name, of principals of its realm with the same own name as the requester's own. Unsigned requests
 * own nothing in a secure zone; only rules for `anonymous` allow them anything.
 */
#include "acl/group.h"
#include "acl/realm.h"
#include "acl/rule.h"
#include "acl/who.h"
#include "dns/name.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum policy_mode { POLICY_NONE, POLICY_NONSECURE, POLICY_SECURE };

enum policy_preset {
	POLICY_WINDOWS,     /* allow authenticated claim */
	POLICY_CLOSED,      /* nothing: the zone's rules, and ownership */
	POLICY_SELF_PRESET, /* allow authenticated claim self; the same ptr-of-self target-self
			       types PTR */
	POLICY_AD,          /* `windows`, and what domain controllers, POLICY_AD_GROUP, register */
};

/* The group of the preset `ad`: the domain controllers. */
#define POLICY_AD_GROUP "@dcs"

enum policy_class { POLICY_STATIC, POLICY_DYNAMIC, POLICY_PINNED };

enum policy_change {
	POLICY_SAME,   /* the record is named and stays as it is */
	POLICY_ADD,    /* it was not there */
	POLICY_REMOVE, /* it will not be there */
	POLICY_TTL,    /* its TTL changes */
};

/* The owner of the record; not used with POLICY_ADD. */
enum policy_owner {
	POLICY_OWNER_NOBODY, /* no owner stored: an import or an administrator */
	POLICY_OWNER_REQUESTER,
	POLICY_OWNER_ANONYMOUS, /* and the requester is not anonymous */
	POLICY_OWNER_OTHER,
};

/* The right that a change needs. */
enum policy_right {
	POLICY_RIGHT_NOTHING,
	POLICY_RIGHT_OWNERSHIP,
	POLICY_RIGHT_CLAIM,
	POLICY_RIGHT_JOIN,
	POLICY_RIGHT_WRITE,
	POLICY_RIGHT_TAKEOVER,
	POLICY_RIGHT_TRANSFER,
	POLICY_RIGHT_QUERY,
};

/* The clause by which a rule does not match. */
enum rule_clause { RULE_CLAUSE_NONE, RULE_CLAUSE_TYPES, RULE_CLAUSE_TARGET, RULE_CLAUSE_FROM };

/* Each reason: constant, word (JSON, audit), sentence (policy_reason_text adds the owner). */
#define POLICY_REASONS(X)                                                                          \
	X(POLICY_NOT_BOUND, "not-bound", "administrator or the server itself")                     \
	X(POLICY_NO_CHANGE, "no-change", "nothing changes")                                        \
	X(POLICY_OPEN, "open", "ownership is not enforced in a nonsecure zone")                    \
	X(POLICY_OWN, "own", "owned by the requester")                                             \
	X(POLICY_OWN_NAME, "own-name", "the requester owns records at the name")                   \
	X(POLICY_SELF, "self", "anonymous record at the requester's own name")                     \
	X(POLICY_CLAIM, "claim", "first at the name")                                              \
	X(POLICY_HOST, "host", "the requester has the host that the name speaks for")              \
	X(POLICY_BY_RULE, "rule", "a rule allows it")                                              \
	X(POLICY_KEPT, "kept", "the name is kept for the requester")                               \
	X(POLICY_MODE_NONE, "mode-none", "zone mode none")                                         \
	X(POLICY_UNSIGNED, "unsigned", "unsigned in a secure zone")                                \
	X(POLICY_APEX, "apex", "SOA or NS of the apex")                                            \
	X(POLICY_IS_STATIC, "static", "static record")                                             \
	X(POLICY_FOREIGN, "foreign", "owned by")                                                   \
	X(POLICY_TAKEN, "taken", "name holds records of others")                                   \
	X(POLICY_KEPT_FOR, "kept-for", "kept for")                                                 \
	X(POLICY_RESERVED, "reserved", "reserved name")                                            \
	X(POLICY_BESIDE_STATIC, "static-beside", "a static record stands in the way")              \
	X(POLICY_STRUCTURE, "structure", "the type is given only by a rule that names it")         \
	X(POLICY_SPEAKS, "speaks-for", "the name speaks for a host of others")                     \
	X(POLICY_CHILD, "child-apex", "NS or DS of a zone below")                                  \
	X(POLICY_CUT, "cut", "the name lies at or below a delegation or DNAME of others")          \
	X(POLICY_CLAUSE, "clause", "the rule for this name does not allow this record")            \
	X(POLICY_NO_RULE, "no-rule", "no rule allows it")                                          \
	X(POLICY_DENIED, "denied", "a rule denies it")                                             \
	X(POLICY_CAPPED, "capped", "more records of the type than the rule allows")                \
	X(POLICY_MANY_NAMES, "many-names",                                                         \
	  "the principal would own more names than max-names allows")                              \
	X(POLICY_MANY_RECORDS, "many-records", "more records of a type than max-records allows")   \
	X(POLICY_MANY_TYPES, "many-types", "more types at a name than max-types allows")           \
	X(POLICY_MANY_BYTES, "many-bytes", "more bytes at a name than max-name-bytes allows")

enum policy_reason {
#define X(constant, word, sentence) constant,
	POLICY_REASONS(X)
#undef X
};

/* What is special about a name: which rules reach it (acl/rule_reach.h). */
enum policy_name_kind {
	POLICY_NAME_PLAIN,
	POLICY_NAME_RESERVED, /* `*` as a label, wpad, isatap */
	POLICY_NAME_SERVER,   /* one of the zone's name servers: reserved, too */
	POLICY_NAME_SPEAKS,   /* a label begins with `_`: it speaks for the host name above */
};

struct policy_zone {
	enum policy_mode mode;
	/* For policy_admit, of a message with prerequisites; NULL: own names may be in the zone. */
	const struct dns_name *apex;
	const struct dns_name *origin; /* the zone's name, for presets; NULL: they name none */
	enum policy_preset preset;     /* looked at in secure zones only */
	bool protects_static;        /* looked at in nonsecure zones only; secure ones always do */
	const struct rules *rules;   /* the zone's own; NULL: none */
	const struct groups *groups; /* NULL: none */
	unsigned max_records;        /* of a type at a name; 0: no limit */
	unsigned max_types;          /* at a name; 0: no limit */
	unsigned max_name_bytes;     /* in the store; 0: no limit */
	unsigned max_names;          /* of a principal; 0: no limit (acl/policy_limit.h) */
	bool max_names_of_hosts;     /* it binds hosts and unsigned addresses only */
};

/* The requester and its address; policy_asker_of makes one. */
struct policy_asker {
	const struct who *who;
	const struct addr *source; /* NULL: not known; then no `from` matches */
	bool is_tcp;
	const char *realm; /* of a Kerberos principal; NULL: it is none */
	bool is_trusted;   /* its realm is trusted, or it has none: its own name is its own */
	bool has_own_name;
	struct dns_name own_name; /* the first */
	/* For further own names of a machine account; NULL: it has none. */
	const struct realms *realms;
	/* What its message keeps of whom rules mean (acl/rule_memo.h); NULL: nothing. */
	struct rule_memo *memo;
};

/* The name as it was stored before the message. */
struct policy_name {
	bool is_apex;
	enum policy_name_kind kind;
	/* POLICY_NAME_SPEAKS: the requester has the host, as it is after the message: it holds
	 * something, and is no guest where others have the addresses. */
	bool is_host_own;
	/* Otherwise what stands in the way: "www.corp.example A, owned by key:b"; NULL: the host
	 * name is the apex, or lies above it. */
	const char *host_text;
	bool is_self;     /* policy_is_own_name(), and the requester is trusted */
	unsigned records; /* all of them */
	/* All of them are static, and none is an A, AAAA, CNAME, NS, DNAME, PTR or DHCID: whose
	 * name it is claims it as if it were free. */
	bool has_notes_only;
	unsigned statics; /* static, and not owned by the requester */
	/* The types of those, ascending; only set in nonsecure zones that protect static records.
	 */
	uint16_t *static_types;
	size_t static_types_count;
	unsigned own;         /* owned by the requester */
	unsigned own_guests;  /* of these: they came by `join` */
	unsigned own_statics; /* of these: static, which an administrator made for it */
	unsigned guests;      /* of all: they came by `join` */
	unsigned anonymous; /* dynamic or pinned, owned by `anonymous`, who is not the requester */
	unsigned takeable;  /* of the rest: policy_takes() gives a rule */
	bool takes;         /* the message removes or takes over one of those */
	const struct rule *takeable_by; /* the rule for the first of them; NULL: not known */
	/* For whom an administrator reserved the name; NULL: for nobody. */
	const char *kept_for;
	bool is_kept_for_asker;
	/* The name itself, for rules that name names; NULL: none of them matches. */
	const struct dns_name *name;
	/* The reverse name of an address that the principal's own A or AAAA record holds. Only
	 * looked at when policy_wants_ptr() says so. */
	bool is_ptr_of_self;
};

/* What the message makes of a count. */
struct policy_growth {
	unsigned before, after;
};

struct policy_record {
	enum policy_change change;
	uint16_t type;
	enum policy_class class; /* as stored; for POLICY_ADD not looked at */
	enum policy_owner owner;
	bool is_target_self;    /* PTR, SRV, CNAME: the data points to the requester's own name */
	const char *owner_text; /* the present owner, for `over`; NULL: nobody */
	bool is_guest;          /* it came by `join`; for policy_window() alone */
	bool is_of_child;       /* NS or DS, and the name is the apex of a zone below, here */
	/* POLICY_ADD at or below a delegation, or below a DNAME, all as it is after the message:
	 * the record of one that the requester may not change, "lab.corp.example NS, owned by
	 * key:b"; NULL: there is none. */
	const char *cut_text;
	bool is_at_cut; /* the name is the delegation's own */
	/* POLICY_ADD: records of the type at the name; its types; its bytes in the store. */
	struct policy_growth records, types, bytes;
	/* Looked at in nonsecure zones that protect static records. */
	bool has_static;      /* the name has static ones of the type, not the requester's */
	bool is_above_static; /* POLICY_ADD of NS and DNAME: static records stand below the name */
};

struct verdict {
	bool is_allowed;
	bool takes_over; /* allowed, and the record's owner becomes the requester */
	bool is_guest;   /* allowed by `join`: what is added carries the mark */
	bool has_class;  /* what is added or taken over gets this class */
	bool is_by_rule; /* `rule` is a rule, of the zone or its preset */
	enum policy_class class;
	enum policy_reason reason;
	enum policy_right right; /* what was needed */
	const char *host_text;   /* POLICY_SPEAKS, POLICY_CUT: what stands in the way */
	const struct rule *near; /* POLICY_CLAUSE: the rule; `clause` and `type` say why not */
	enum rule_clause clause;
	uint16_t type;
	struct policy_growth growth; /* of what a limit bounds, and */
	unsigned limit;              /* the limit; 0: none refused it */
	bool is_of_hosts;            /* POLICY_MANY_NAMES: as in policy_zone */
	unsigned base;               /* whose double the limit is; 0: it is the setting's number */
	unsigned configured;         /* the setting's number, where base is not 0 */
	const char *rule; /* what decided: "preset windows: ...", or the zone's rule; lives as
			     long as the rules do */
	unsigned line;    /* of the zone's rule; 0: it was none of those */
};

/* The requester as the policy takes it. `who` and `source` must remain valid. */
struct policy_asker policy_asker_of(const struct who *, const struct addr *source, bool is_tcp);
/* What the server's settings say of the requester's realm; `realms` must remain valid. */
void policy_asker_in_realm(struct policy_asker *, const struct realms *, bool is_trusted);
/* Whether a name is the requester's own, whether its realm is trusted or not. A machine account has
 * an own name in each domain of its realm. */
bool policy_is_own_name(const struct policy_asker *, const struct dns_name *);
/* The next own name; `*at` is 0 at first. False: there is no more. */
bool policy_next_own_name(const struct policy_asker *, size_t *at, struct dns_name *);

/*
 * Decides, before prerequisites are looked at, whether the principal may have anything done in the
 * zone. `may_own`: the principal owns records there, or a name is kept for it. Without that and
 * without a rule that may allow something, it is refused, so that prerequisites tell it nothing.
 */
struct verdict policy_admit(const struct policy_zone *, const struct policy_asker *, bool may_own);

/* Decides about the difference of one record. Includes the checks of policy_admit, except
 * `may_own`. */
struct verdict policy_judge(const struct policy_zone *, const struct policy_asker *,
			    const struct policy_name *, const struct policy_record *);

/* The rule by which the requester may take over a stored record of another owner, with `record` as
 * for POLICY_SAME; NULL: there is none. */
const struct rule *policy_takes(const struct policy_zone *, const struct policy_asker *,
				const struct policy_name *, const struct policy_record *);

/* Whether a renewal of a stored record, with `record` as for POLICY_TTL, counts at its name: at one
 * that speaks for a host below the apex only while the host is the requester's, or where a rule for
 * `claim`, `join` or `write`, a reservation or a static record of its own gives it the name. */
bool policy_may_renew(const struct policy_zone *, const struct policy_asker *,
		      const struct policy_name *, const struct policy_record *);

/* Whether a rule for `claim`, `join` or `write` allows a stored record to the requester at its
 * name, by its clauses or but for them. Its owner, for whom nobody asks. */
bool policy_is_named(const struct policy_zone *, const struct policy_asker *,
		     const struct policy_name *, const struct policy_record *);

/* Whether a rule needs `is_ptr_of_self`, `takeable`, or `kept_for` of a name that holds records,
 * which are costly to find. */
bool policy_wants_ptr(const struct policy_zone *);
bool policy_wants_takeable(const struct policy_zone *);
bool policy_wants_reservation(const struct policy_zone *);

/*
 * Decide about a query, and about a transfer. A query is allowed if the zone has no rule for
 * `query`, or one allows it, in every mode. A transfer is allowed if a rule for `transfer` allows
 * it.
 */
struct verdict policy_query(const struct policy_zone *, const struct policy_asker *,
			    const struct dns_name *name, uint16_t type);
struct verdict policy_transfer(const struct policy_zone *, const struct policy_asker *);

/* The rules of a preset. */
const struct rules *policy_preset_rules(enum policy_preset);

/*
 * The kind of a name for rules: below the apex a label `*` anywhere, `wpad` and `isatap` as the
 * first label, and what serves the zone (`is_server`) are reserved; a label that begins with `_`,
 * of the zone's own name too, makes a name speak for a host.
 */
enum policy_name_kind policy_name_kind(const struct dns_name *name, const struct dns_name *apex,
				       bool is_server);

/*
 * The name that a POLICY_NAME_SPEAKS name speaks for: what is left when labels are taken from the
 * left until none that begins with `_` remains. False: that is the apex, or not in the zone.
 */
bool policy_host_name(struct dns_name *host, const struct dns_name *name,
		      const struct dns_name *apex);

/* Whether the type is structural: NS, DNAME, DS, SOA, the types of DNSSEC, and ZONEMD. */
bool policy_is_structural(uint16_t type);

/* The word of a reason ("foreign") and of a right, for JSON and filters. */
const char *policy_reason_word(enum policy_reason);
const char *policy_right_word(enum policy_right);

/*
 * Writes the reason as a sentence: "owned by key:dhcp1", "static record". `owner` is the present
 * owner's text; NULL is "nobody". Returns `out`.
 */
#define POLICY_TEXT_MAX 600
char *policy_reason_text(enum policy_reason, const char *owner, char out[POLICY_TEXT_MAX]);

/* Writes the reason of a verdict, with the zone's rule if one decided: "a rule denies it (line 3:
 * deny
 * ...)". Returns `out`. */
char *policy_verdict_text(const struct verdict *, const char *owner, char out[POLICY_TEXT_MAX]);

/* Writes the rule that decided: "line 3: deny ...", "preset windows: ...". Returns `out`; NULL: no
 * rule did. */
const char *policy_rule_text(const struct verdict *, char out[POLICY_TEXT_MAX]);
