/* SPDX-License-Identifier: BSD-2-Clause */
/* The decision table of tenure-policy(5), row by row, then every input there is against what must
 * never happen. */
#include "acl/policy.h"
#include "dns/type.h"
#include <criterion/criterion.h>

#define ROWS(table) (sizeof(table) / sizeof(table)[0])

static struct who who_named(const char *text)
{
	struct who who;
	cr_assert_null(who_parse(&who, text), "%s", text);
	return who;
}

static struct dns_name name_of(const char *text)
{
	struct dns_name name;
	cr_assert_null(dns_name_parse_text(&name, text), "%s", text);
	return name;
}

enum setting { OFF, OPEN, UNLOCKED, WINDOWS, CLOSED, SETTINGS };

static const struct policy_zone settings[SETTINGS] = {
	[OFF] = {.mode = POLICY_NONE, .protects_static = true},
	[OPEN] = {.mode = POLICY_NONSECURE, .protects_static = true},
	[UNLOCKED] = {.mode = POLICY_NONSECURE},
	[WINDOWS] = {.mode = POLICY_SECURE, .preset = POLICY_WINDOWS, .protects_static = true},
	[CLOSED] = {.mode = POLICY_SECURE, .preset = POLICY_CLOSED, .protects_static = true},
};

/* Who asks, in the columns of the tables. */
enum asker { NOBODY, KEY, ADMIN, ASKERS };
static const char *const askers[ASKERS] = {"anonymous", "key:pc1.corp.example", "local:root"};

struct row {
	const char *what;
	struct policy_name name;
	struct policy_record record;
	/* The reason for each asker and setting; the first six of POLICY_REASONS allow. */
	enum policy_reason reason[ASKERS][SETTINGS];
};

#define ADMIN_ALWAYS                                                                               \
	[ADMIN] = {POLICY_NOT_BOUND, POLICY_NOT_BOUND, POLICY_NOT_BOUND, POLICY_NOT_BOUND,         \
		   POLICY_NOT_BOUND}
/* What an unsigned request gets where only static records are in its way. */
#define UNSIGNED(open)                                                                             \
	[NOBODY] = {POLICY_MODE_NONE, open, POLICY_OPEN, POLICY_UNSIGNED, POLICY_UNSIGNED}
#define SIGNED(open, windows, closed) [KEY] = {POLICY_MODE_NONE, open, POLICY_OPEN, windows, closed}

#define RECORD(a_change, a_type, a_class, an_owner)                                                \
	{                                                                                          \
		.change = (a_change), .type = (a_type), .class = (a_class), .owner = (an_owner),   \
		.owner_text = "key:other",                                                         \
	}
#define EMPTY                                                                                      \
	{                                                                                          \
		0                                                                                  \
	}
#define OWN(n)                                                                                     \
	{                                                                                          \
		.records = (n), .own = (n)                                                         \
	}
#define OTHERS(n)                                                                                  \
	{                                                                                          \
		.records = (n)                                                                     \
	}

static const struct row rows[] = {
	{"added to an empty name",
	 EMPTY,
	 RECORD(POLICY_ADD, DNS_TYPE_A, 0, 0),
	 {UNSIGNED(POLICY_OPEN), SIGNED(POLICY_OPEN, POLICY_CLAIM, POLICY_NO_RULE), ADMIN_ALWAYS}},
	{"added to an empty reserved name",
	 {.kind = POLICY_NAME_RESERVED},
	 RECORD(POLICY_ADD, DNS_TYPE_A, 0, 0),
	 {UNSIGNED(POLICY_RESERVED), SIGNED(POLICY_RESERVED, POLICY_RESERVED, POLICY_NO_RULE),
	  ADMIN_ALWAYS}},
	{"added to an empty reserved name that is the requester's",
	 {.kind = POLICY_NAME_RESERVED, .is_self = true},
	 RECORD(POLICY_ADD, DNS_TYPE_A, 0, 0),
	 {UNSIGNED(POLICY_RESERVED), SIGNED(POLICY_RESERVED, POLICY_RESERVED, POLICY_NO_RULE),
	  ADMIN_ALWAYS}},
	{"added beside own records",
	 OWN(2),
	 RECORD(POLICY_ADD, DNS_TYPE_A, 0, 0),
	 {UNSIGNED(POLICY_OPEN), SIGNED(POLICY_OPEN, POLICY_OWN_NAME, POLICY_OWN_NAME),
	  ADMIN_ALWAYS}},
	{"added beside own records of a reserved name",
	 {.kind = POLICY_NAME_RESERVED, .records = 1, .own = 1},
	 RECORD(POLICY_ADD, DNS_TYPE_A, 0, 0),
	 {UNSIGNED(POLICY_RESERVED), SIGNED(POLICY_RESERVED, POLICY_RESERVED, POLICY_RESERVED),
	  ADMIN_ALWAYS}},
	{"the same, and an administrator made one for the requester",
	 {.kind = POLICY_NAME_RESERVED, .records = 1, .own = 1, .own_statics = 1},
	 RECORD(POLICY_ADD, DNS_TYPE_A, 0, 0),
	 {UNSIGNED(POLICY_OWN_NAME), SIGNED(POLICY_OWN_NAME, POLICY_OWN_NAME, POLICY_OWN_NAME),
	  ADMIN_ALWAYS}},
	{"added beside own records of a name server",
	 {.kind = POLICY_NAME_SERVER, .records = 1, .own = 1},
	 RECORD(POLICY_ADD, DNS_TYPE_A, 0, 0),
	 {UNSIGNED(POLICY_RESERVED), SIGNED(POLICY_RESERVED, POLICY_RESERVED, POLICY_RESERVED),
	  ADMIN_ALWAYS}},
	{"the same by the name server itself",
	 {.kind = POLICY_NAME_SERVER, .is_self = true, .records = 1, .own = 1},
	 RECORD(POLICY_ADD, DNS_TYPE_A, 0, 0),
	 {UNSIGNED(POLICY_OWN_NAME), SIGNED(POLICY_OWN_NAME, POLICY_OWN_NAME, POLICY_OWN_NAME),
	  ADMIN_ALWAYS}},
	{"added by the name server itself beside a record of others",
	 {.kind = POLICY_NAME_SERVER, .is_self = true, .records = 2, .own = 1},
	 RECORD(POLICY_ADD, DNS_TYPE_A, 0, 0),
	 {UNSIGNED(POLICY_RESERVED), SIGNED(POLICY_RESERVED, POLICY_RESERVED, POLICY_RESERVED),
	  ADMIN_ALWAYS}},
	{"added by the name server itself, which holds nothing",
	 {.kind = POLICY_NAME_SERVER, .is_self = true},
	 RECORD(POLICY_ADD, DNS_TYPE_A, 0, 0),
	 {UNSIGNED(POLICY_RESERVED), SIGNED(POLICY_RESERVED, POLICY_RESERVED, POLICY_NO_RULE),
	  ADMIN_ALWAYS}},
	{"TTL of an own record of a reserved name",
	 {.kind = POLICY_NAME_RESERVED, .records = 1, .own = 1},
	 RECORD(POLICY_TTL, DNS_TYPE_A, POLICY_DYNAMIC, POLICY_OWNER_REQUESTER),
	 {UNSIGNED(POLICY_RESERVED), SIGNED(POLICY_RESERVED, POLICY_RESERVED, POLICY_RESERVED),
	  ADMIN_ALWAYS}},
	{"own record of a reserved name removed",
	 {.kind = POLICY_NAME_RESERVED, .records = 1, .own = 1},
	 RECORD(POLICY_REMOVE, DNS_TYPE_A, POLICY_DYNAMIC, POLICY_OWNER_REQUESTER),
	 {UNSIGNED(POLICY_OPEN), SIGNED(POLICY_OPEN, POLICY_OWN, POLICY_OWN), ADMIN_ALWAYS}},
	{"added beside own records of a name that speaks for a host of others",
	 {.kind = POLICY_NAME_SPEAKS, .records = 1, .own = 1, .host_text = "www A, owned by key:b"},
	 RECORD(POLICY_ADD, DNS_TYPE_TXT, 0, 0),
	 {UNSIGNED(POLICY_SPEAKS), SIGNED(POLICY_SPEAKS, POLICY_SPEAKS, POLICY_SPEAKS),
	  ADMIN_ALWAYS}},
	{"the same, and an administrator made one of them for the requester",
	 {.kind = POLICY_NAME_SPEAKS,
	  .records = 2,
	  .own = 2,
	  .own_statics = 1,
	  .host_text = "www A, owned by key:b"},
	 RECORD(POLICY_ADD, DNS_TYPE_TXT, 0, 0),
	 {UNSIGNED(POLICY_OWN_NAME), SIGNED(POLICY_OWN_NAME, POLICY_OWN_NAME, POLICY_OWN_NAME),
	  ADMIN_ALWAYS}},
	{"the same, and the name is reserved for the requester",
	 {.kind = POLICY_NAME_SPEAKS,
	  .records = 1,
	  .own = 1,
	  .kept_for = "key:pc1.corp.example",
	  .is_kept_for_asker = true,
	  .host_text = "www A, owned by key:b"},
	 RECORD(POLICY_ADD, DNS_TYPE_TXT, 0, 0),
	 {UNSIGNED(POLICY_OWN_NAME), SIGNED(POLICY_OWN_NAME, POLICY_OWN_NAME, POLICY_OWN_NAME),
	  ADMIN_ALWAYS}},
	{"removed, others' at a name that speaks for the requester's host",
	 {.kind = POLICY_NAME_SPEAKS, .is_host_own = true, .records = 1},
	 RECORD(POLICY_REMOVE, DNS_TYPE_CNAME, POLICY_DYNAMIC, POLICY_OWNER_OTHER),
	 {UNSIGNED(POLICY_OPEN), SIGNED(POLICY_OPEN, POLICY_HOST, POLICY_HOST), ADMIN_ALWAYS}},
	{"the same, kept for another",
	 {.kind = POLICY_NAME_SPEAKS, .is_host_own = true, .records = 1, .kept_for = "key:x"},
	 RECORD(POLICY_REMOVE, DNS_TYPE_CNAME, POLICY_DYNAMIC, POLICY_OWNER_OTHER),
	 {UNSIGNED(POLICY_KEPT_FOR), SIGNED(POLICY_KEPT_FOR, POLICY_FOREIGN, POLICY_FOREIGN),
	  ADMIN_ALWAYS}},
	{"the same, static",
	 {.kind = POLICY_NAME_SPEAKS, .is_host_own = true, .records = 1, .statics = 1},
	 RECORD(POLICY_REMOVE, DNS_TYPE_TXT, POLICY_STATIC, POLICY_OWNER_NOBODY),
	 {UNSIGNED(POLICY_IS_STATIC), SIGNED(POLICY_IS_STATIC, POLICY_IS_STATIC, POLICY_IS_STATIC),
	  ADMIN_ALWAYS}},
	{"added beside others' at a name that speaks for the requester's host",
	 {.kind = POLICY_NAME_SPEAKS, .is_host_own = true, .records = 1},
	 RECORD(POLICY_ADD, DNS_TYPE_TXT, 0, 0),
	 {UNSIGNED(POLICY_OPEN), SIGNED(POLICY_OPEN, POLICY_CLAIM, POLICY_NO_RULE), ADMIN_ALWAYS}},
	{"added beside own records of a name that speaks for the apex",
	 {.kind = POLICY_NAME_SPEAKS, .records = 1, .own = 1},
	 RECORD(POLICY_ADD, DNS_TYPE_SRV, 0, 0),
	 {UNSIGNED(POLICY_OWN_NAME), SIGNED(POLICY_OWN_NAME, POLICY_OWN_NAME, POLICY_OWN_NAME),
	  ADMIN_ALWAYS}},
	{"added by who owns one of the records",
	 {.records = 2, .own = 1},
	 RECORD(POLICY_ADD, DNS_TYPE_A, 0, 0),
	 {UNSIGNED(POLICY_OPEN), SIGNED(POLICY_OPEN, POLICY_OWN_NAME, POLICY_OWN_NAME),
	  ADMIN_ALWAYS}},
	{"added beside static records that are no host's",
	 {.records = 1, .has_notes_only = true},
	 RECORD(POLICY_ADD, DNS_TYPE_A, 0, 0),
	 {UNSIGNED(POLICY_OPEN), SIGNED(POLICY_OPEN, POLICY_TAKEN, POLICY_TAKEN), ADMIN_ALWAYS}},
	{"the same at the requester's own name",
	 {.is_self = true, .records = 1, .has_notes_only = true},
	 RECORD(POLICY_ADD, DNS_TYPE_A, 0, 0),
	 {UNSIGNED(POLICY_OPEN), SIGNED(POLICY_OPEN, POLICY_CLAIM, POLICY_NO_RULE), ADMIN_ALWAYS}},
	{"the same at a name that is reserved for the requester",
	 {.kept_for = "key:pc1.corp.example",
	  .is_kept_for_asker = true,
	  .records = 1,
	  .has_notes_only = true},
	 RECORD(POLICY_ADD, DNS_TYPE_A, 0, 0),
	 {[NOBODY] = {POLICY_MODE_NONE, POLICY_OPEN, POLICY_OPEN, POLICY_UNSIGNED, POLICY_UNSIGNED},
	  SIGNED(POLICY_OPEN, POLICY_CLAIM, POLICY_KEPT),
	  ADMIN_ALWAYS}},
	{"added beside records of others",
	 OTHERS(1),
	 RECORD(POLICY_ADD, DNS_TYPE_TXT, 0, 0),
	 {UNSIGNED(POLICY_OPEN), SIGNED(POLICY_OPEN, POLICY_TAKEN, POLICY_TAKEN), ADMIN_ALWAYS}},
	{"added beside an anonymous record",
	 {.records = 1, .anonymous = 1},
	 RECORD(POLICY_ADD, DNS_TYPE_A, 0, 0),
	 {UNSIGNED(POLICY_OPEN), SIGNED(POLICY_OPEN, POLICY_TAKEN, POLICY_TAKEN), ADMIN_ALWAYS}},
	{"added beside an anonymous record at the requester's own name",
	 {.is_self = true, .records = 1, .anonymous = 1},
	 RECORD(POLICY_ADD, DNS_TYPE_A, 0, 0),
	 {UNSIGNED(POLICY_OPEN), SIGNED(POLICY_OPEN, POLICY_SELF, POLICY_SELF), ADMIN_ALWAYS}},
	{"added beside an anonymous and another's record at the requester's own name",
	 {.is_self = true, .records = 2, .anonymous = 1},
	 RECORD(POLICY_ADD, DNS_TYPE_A, 0, 0),
	 {UNSIGNED(POLICY_OPEN), SIGNED(POLICY_OPEN, POLICY_TAKEN, POLICY_TAKEN), ADMIN_ALWAYS}},
	{"own dynamic record removed",
	 OWN(1),
	 RECORD(POLICY_REMOVE, DNS_TYPE_A, POLICY_DYNAMIC, POLICY_OWNER_REQUESTER),
	 {UNSIGNED(POLICY_OPEN), SIGNED(POLICY_OPEN, POLICY_OWN, POLICY_OWN), ADMIN_ALWAYS}},
	{"own record's TTL changed",
	 OWN(1),
	 RECORD(POLICY_TTL, DNS_TYPE_A, POLICY_DYNAMIC, POLICY_OWNER_REQUESTER),
	 {UNSIGNED(POLICY_OPEN), SIGNED(POLICY_OPEN, POLICY_OWN, POLICY_OWN), ADMIN_ALWAYS}},
	{"own pinned record removed",
	 OWN(1),
	 RECORD(POLICY_REMOVE, DNS_TYPE_A, POLICY_PINNED, POLICY_OWNER_REQUESTER),
	 {UNSIGNED(POLICY_OPEN), SIGNED(POLICY_OPEN, POLICY_OWN, POLICY_OWN), ADMIN_ALWAYS}},
	{"static record that names the requester removed",
	 OWN(1),
	 RECORD(POLICY_REMOVE, DNS_TYPE_A, POLICY_STATIC, POLICY_OWNER_REQUESTER),
	 {UNSIGNED(POLICY_OWN), SIGNED(POLICY_OWN, POLICY_OWN, POLICY_OWN), ADMIN_ALWAYS}},
	{"static record that names the requester, TTL changed",
	 OWN(1),
	 RECORD(POLICY_TTL, DNS_TYPE_A, POLICY_STATIC, POLICY_OWNER_REQUESTER),
	 {UNSIGNED(POLICY_OWN), SIGNED(POLICY_OWN, POLICY_OWN, POLICY_OWN), ADMIN_ALWAYS}},
	{"another's dynamic record removed",
	 OTHERS(1),
	 RECORD(POLICY_REMOVE, DNS_TYPE_A, POLICY_DYNAMIC, POLICY_OWNER_OTHER),
	 {UNSIGNED(POLICY_OPEN), SIGNED(POLICY_OPEN, POLICY_FOREIGN, POLICY_FOREIGN),
	  ADMIN_ALWAYS}},
	{"another's pinned record, TTL changed",
	 OTHERS(1),
	 RECORD(POLICY_TTL, DNS_TYPE_A, POLICY_PINNED, POLICY_OWNER_OTHER),
	 {UNSIGNED(POLICY_OPEN), SIGNED(POLICY_OPEN, POLICY_FOREIGN, POLICY_FOREIGN),
	  ADMIN_ALWAYS}},
	{"nobody's dynamic record removed",
	 OTHERS(1),
	 RECORD(POLICY_REMOVE, DNS_TYPE_A, POLICY_DYNAMIC, POLICY_OWNER_NOBODY),
	 {UNSIGNED(POLICY_OPEN), SIGNED(POLICY_OPEN, POLICY_FOREIGN, POLICY_FOREIGN),
	  ADMIN_ALWAYS}},
	{"static record removed",
	 OTHERS(1),
	 RECORD(POLICY_REMOVE, DNS_TYPE_A, POLICY_STATIC, POLICY_OWNER_NOBODY),
	 {UNSIGNED(POLICY_IS_STATIC), SIGNED(POLICY_IS_STATIC, POLICY_IS_STATIC, POLICY_IS_STATIC),
	  ADMIN_ALWAYS}},
	{"another's static record, TTL changed",
	 OTHERS(1),
	 RECORD(POLICY_TTL, DNS_TYPE_A, POLICY_STATIC, POLICY_OWNER_OTHER),
	 {UNSIGNED(POLICY_IS_STATIC), SIGNED(POLICY_IS_STATIC, POLICY_IS_STATIC, POLICY_IS_STATIC),
	  ADMIN_ALWAYS}},
	{"anonymous record removed by the next who comes",
	 {.records = 1, .anonymous = 1},
	 RECORD(POLICY_REMOVE, DNS_TYPE_A, POLICY_DYNAMIC, POLICY_OWNER_ANONYMOUS),
	 {UNSIGNED(POLICY_OPEN), SIGNED(POLICY_OPEN, POLICY_FOREIGN, POLICY_FOREIGN),
	  ADMIN_ALWAYS}},
	{"anonymous record removed by whose name it is",
	 {.is_self = true, .records = 1, .anonymous = 1},
	 RECORD(POLICY_REMOVE, DNS_TYPE_A, POLICY_DYNAMIC, POLICY_OWNER_ANONYMOUS),
	 {UNSIGNED(POLICY_OPEN), SIGNED(POLICY_OPEN, POLICY_SELF, POLICY_SELF), ADMIN_ALWAYS}},
	{"anonymous record of a reserved name removed by whose name it is",
	 {.is_self = true, .kind = POLICY_NAME_RESERVED, .records = 1, .anonymous = 1},
	 RECORD(POLICY_REMOVE, DNS_TYPE_A, POLICY_DYNAMIC, POLICY_OWNER_ANONYMOUS),
	 {UNSIGNED(POLICY_RESERVED), SIGNED(POLICY_RESERVED, POLICY_FOREIGN, POLICY_FOREIGN),
	  ADMIN_ALWAYS}},
	{"static record of anonymous removed by whose name it is",
	 {.is_self = true, .records = 1},
	 RECORD(POLICY_REMOVE, DNS_TYPE_A, POLICY_STATIC, POLICY_OWNER_ANONYMOUS),
	 {UNSIGNED(POLICY_IS_STATIC), SIGNED(POLICY_IS_STATIC, POLICY_IS_STATIC, POLICY_IS_STATIC),
	  ADMIN_ALWAYS}},
	{"another's record named, and as it was",
	 OTHERS(1),
	 RECORD(POLICY_SAME, DNS_TYPE_A, POLICY_DYNAMIC, POLICY_OWNER_OTHER),
	 {UNSIGNED(POLICY_NO_CHANGE),
	  [KEY] = {POLICY_MODE_NONE, POLICY_NO_CHANGE, POLICY_NO_CHANGE, POLICY_NO_CHANGE,
		   POLICY_NO_CHANGE},
	  ADMIN_ALWAYS}},
	{"SOA replaced",
	 {.is_apex = true, .records = 2},
	 RECORD(POLICY_ADD, DNS_TYPE_SOA, 0, 0),
	 {UNSIGNED(POLICY_APEX), SIGNED(POLICY_APEX, POLICY_APEX, POLICY_APEX), ADMIN_ALWAYS}},
	{"NS of the apex removed, though it names the requester",
	 {.is_apex = true, .records = 2, .own = 1},
	 RECORD(POLICY_REMOVE, DNS_TYPE_NS, POLICY_STATIC, POLICY_OWNER_REQUESTER),
	 {UNSIGNED(POLICY_APEX), SIGNED(POLICY_APEX, POLICY_APEX, POLICY_APEX), ADMIN_ALWAYS}},
	{"A added to the apex",
	 {.is_apex = true, .records = 2},
	 RECORD(POLICY_ADD, DNS_TYPE_A, 0, 0),
	 {UNSIGNED(POLICY_OPEN), SIGNED(POLICY_OPEN, POLICY_TAKEN, POLICY_TAKEN), ADMIN_ALWAYS}},
	{"NS added below the apex",
	 EMPTY,
	 RECORD(POLICY_ADD, DNS_TYPE_NS, 0, 0),
	 {UNSIGNED(POLICY_STRUCTURE), SIGNED(POLICY_STRUCTURE, POLICY_STRUCTURE, POLICY_NO_RULE),
	  ADMIN_ALWAYS}},
	{"DNAME added to the requester's own name",
	 OWN(1),
	 RECORD(POLICY_ADD, DNS_TYPE_DNAME, 0, 0),
	 {UNSIGNED(POLICY_STRUCTURE), SIGNED(POLICY_STRUCTURE, POLICY_STRUCTURE, POLICY_STRUCTURE),
	  ADMIN_ALWAYS}},
	{"A added to a set of static records",
	 {.records = 1, .statics = 1},
	 {.change = POLICY_ADD, .type = DNS_TYPE_A, .has_static = true},
	 {UNSIGNED(POLICY_BESIDE_STATIC), SIGNED(POLICY_BESIDE_STATIC, POLICY_TAKEN, POLICY_TAKEN),
	  ADMIN_ALWAYS}},
	{"TXT added beside a static A",
	 {.records = 1, .statics = 1},
	 {.change = POLICY_ADD, .type = DNS_TYPE_TXT},
	 {UNSIGNED(POLICY_OPEN), SIGNED(POLICY_OPEN, POLICY_TAKEN, POLICY_TAKEN), ADMIN_ALWAYS}},
	{"CNAME added beside a static record",
	 {.records = 1, .statics = 1},
	 {.change = POLICY_ADD, .type = DNS_TYPE_CNAME},
	 {UNSIGNED(POLICY_BESIDE_STATIC), SIGNED(POLICY_BESIDE_STATIC, POLICY_TAKEN, POLICY_TAKEN),
	  ADMIN_ALWAYS}},
	{"DNAME added at a name that holds a static record",
	 {.records = 1, .statics = 1},
	 {.change = POLICY_ADD, .type = DNS_TYPE_DNAME},
	 {UNSIGNED(POLICY_BESIDE_STATIC), SIGNED(POLICY_BESIDE_STATIC, POLICY_TAKEN, POLICY_TAKEN),
	  ADMIN_ALWAYS}},
	{"NS added above a static record",
	 EMPTY,
	 {.change = POLICY_ADD, .type = DNS_TYPE_NS, .is_above_static = true},
	 {UNSIGNED(POLICY_BESIDE_STATIC),
	  SIGNED(POLICY_BESIDE_STATIC, POLICY_STRUCTURE, POLICY_NO_RULE), ADMIN_ALWAYS}},
	{"another's dynamic record removed from a set of static ones",
	 {.records = 2, .statics = 1},
	 {.change = POLICY_REMOVE,
	  .type = DNS_TYPE_A,
	  .class = POLICY_DYNAMIC,
	  .owner = POLICY_OWNER_OTHER,
	  .has_static = true},
	 {UNSIGNED(POLICY_IS_STATIC), SIGNED(POLICY_IS_STATIC, POLICY_FOREIGN, POLICY_FOREIGN),
	  ADMIN_ALWAYS}},
	{"own dynamic record removed from a set of static ones",
	 {.records = 2, .own = 1, .statics = 1},
	 {.change = POLICY_REMOVE,
	  .type = DNS_TYPE_A,
	  .class = POLICY_DYNAMIC,
	  .owner = POLICY_OWNER_REQUESTER,
	  .has_static = true},
	 {UNSIGNED(POLICY_IS_STATIC), SIGNED(POLICY_OWN, POLICY_OWN, POLICY_OWN), ADMIN_ALWAYS}},
	{"own NS removed",
	 OWN(1),
	 RECORD(POLICY_REMOVE, DNS_TYPE_NS, POLICY_DYNAMIC, POLICY_OWNER_REQUESTER),
	 {UNSIGNED(POLICY_OPEN), SIGNED(POLICY_OPEN, POLICY_OWN, POLICY_OWN), ADMIN_ALWAYS}},
	{"added to a name that speaks for the apex",
	 {.kind = POLICY_NAME_SPEAKS},
	 RECORD(POLICY_ADD, DNS_TYPE_SRV, 0, 0),
	 {UNSIGNED(POLICY_RESERVED), SIGNED(POLICY_RESERVED, POLICY_RESERVED, POLICY_NO_RULE),
	  ADMIN_ALWAYS}},
	{"added to a name that speaks for a host of others",
	 {.kind = POLICY_NAME_SPEAKS, .host_text = "www A, owned by key:b"},
	 RECORD(POLICY_ADD, DNS_TYPE_TXT, 0, 0),
	 {UNSIGNED(POLICY_SPEAKS), SIGNED(POLICY_SPEAKS, POLICY_SPEAKS, POLICY_NO_RULE),
	  ADMIN_ALWAYS}},
	{"added to a name that speaks for the requester's host",
	 {.kind = POLICY_NAME_SPEAKS, .is_host_own = true},
	 RECORD(POLICY_ADD, DNS_TYPE_TXT, 0, 0),
	 {UNSIGNED(POLICY_OPEN), SIGNED(POLICY_OPEN, POLICY_CLAIM, POLICY_NO_RULE), ADMIN_ALWAYS}},
	{"added below a delegation of others",
	 EMPTY,
	 {.change = POLICY_ADD, .type = DNS_TYPE_A, .cut_text = "lab NS, a static record"},
	 {UNSIGNED(POLICY_CUT), SIGNED(POLICY_CUT, POLICY_CUT, POLICY_CUT), ADMIN_ALWAYS}},
	{"added to an own name below a delegation of others",
	 OWN(1),
	 {.change = POLICY_ADD, .type = DNS_TYPE_AAAA, .cut_text = "lab NS, owned by key:b"},
	 {UNSIGNED(POLICY_CUT), SIGNED(POLICY_CUT, POLICY_CUT, POLICY_CUT), ADMIN_ALWAYS}},
	{"NS added below a delegation of others",
	 EMPTY,
	 {.change = POLICY_ADD, .type = DNS_TYPE_NS, .cut_text = "lab NS, owned by key:b"},
	 {UNSIGNED(POLICY_CUT), SIGNED(POLICY_CUT, POLICY_CUT, POLICY_CUT), ADMIN_ALWAYS}},
	{"glue added at a delegation of others",
	 OTHERS(1),
	 {.change = POLICY_ADD,
	  .type = DNS_TYPE_A,
	  .cut_text = "lab NS, owned by key:b",
	  .is_at_cut = true},
	 {UNSIGNED(POLICY_CUT), SIGNED(POLICY_CUT, POLICY_CUT, POLICY_CUT), ADMIN_ALWAYS}},
	{"DS added at a delegation of others",
	 OTHERS(1),
	 {.change = POLICY_ADD,
	  .type = DNS_TYPE_DS,
	  .cut_text = "lab NS, owned by key:b",
	  .is_at_cut = true},
	 {UNSIGNED(POLICY_STRUCTURE), SIGNED(POLICY_STRUCTURE, POLICY_TAKEN, POLICY_TAKEN),
	  ADMIN_ALWAYS}},
	{"own record removed below a delegation of others",
	 OWN(1),
	 {.change = POLICY_REMOVE,
	  .type = DNS_TYPE_A,
	  .class = POLICY_DYNAMIC,
	  .owner = POLICY_OWNER_REQUESTER},
	 {UNSIGNED(POLICY_OPEN), SIGNED(POLICY_OPEN, POLICY_OWN, POLICY_OWN), ADMIN_ALWAYS}},
	{"NS added at the apex of a zone below",
	 EMPTY,
	 {.change = POLICY_ADD, .type = DNS_TYPE_NS, .is_of_child = true},
	 {UNSIGNED(POLICY_CHILD), SIGNED(POLICY_CHILD, POLICY_CHILD, POLICY_CHILD), ADMIN_ALWAYS}},
	{"own DS removed at the apex of a zone below",
	 OWN(1),
	 {.change = POLICY_REMOVE,
	  .type = DNS_TYPE_DS,
	  .class = POLICY_DYNAMIC,
	  .owner = POLICY_OWNER_REQUESTER,
	  .is_of_child = true},
	 {UNSIGNED(POLICY_CHILD), SIGNED(POLICY_CHILD, POLICY_CHILD, POLICY_CHILD), ADMIN_ALWAYS}},
};

static bool allows(enum policy_reason reason)
{
	return reason <= POLICY_KEPT;
}

/* What differs from the macros: an unlocked zone that sees nothing change says so. */
static enum policy_reason expected(const struct row *row, enum asker asker, enum setting setting)
{
	if (row->record.change == POLICY_SAME && setting == UNLOCKED && asker != ADMIN)
		return POLICY_NO_CHANGE;
	return row->reason[asker][setting];
}

Test(policy, each_row_of_the_ownership_table_holds_in_each_mode_and_preset)
{
	for (size_t i = 0; i < ROWS(rows); i++) {
		for (enum asker a = 0; a < ASKERS; a++) {
			struct who who = who_named(askers[a]);
			struct policy_asker asker = policy_asker_of(&who, NULL, false);
			for (enum setting s = 0; s < SETTINGS; s++) {
				struct verdict v = policy_judge(&settings[s], &asker, &rows[i].name,
								&rows[i].record);
				enum policy_reason want = expected(&rows[i], a, s);
				cr_expect_eq(v.reason, want, "%s, by %s, setting %d: %s, not %s",
					     rows[i].what, askers[a], s,
					     policy_reason_word(v.reason),
					     policy_reason_word(want));
				cr_expect_eq(v.is_allowed, allows(want), "%s", rows[i].what);
			}
		}
	}
}

Test(policy, the_needed_right_is_named)
{
	static const struct {
		struct policy_name name;
		struct policy_record record;
		const char *right;
	} needs[] = {
		{{0}, {.change = POLICY_ADD}, "claim"},
		{{.kind = POLICY_NAME_RESERVED}, {.change = POLICY_ADD}, "claim"},
		{OTHERS(1), {.change = POLICY_ADD}, "join"},
		{OWN(1),
		 {.change = POLICY_REMOVE,
		  .class = POLICY_DYNAMIC,
		  .owner = POLICY_OWNER_REQUESTER},
		 "ownership"},
		{OTHERS(1),
		 {.change = POLICY_TTL, .class = POLICY_DYNAMIC, .owner = POLICY_OWNER_OTHER},
		 "write"},
		{OTHERS(1), {.change = POLICY_REMOVE, .class = POLICY_STATIC}, "write"},
		{{.is_apex = true}, {.change = POLICY_ADD, .type = DNS_TYPE_NS}, "write"},
		{OTHERS(1), {.change = POLICY_SAME}, "nothing"},
	};
	struct who who = who_named("key:a");
	struct policy_asker asker = policy_asker_of(&who, NULL, false);
	for (size_t i = 0; i < ROWS(needs); i++) {
		struct verdict v =
			policy_judge(&settings[WINDOWS], &asker, &needs[i].name, &needs[i].record);
		cr_expect_str_eq(policy_right_word(v.right), needs[i].right);
	}
}

Test(policy, an_anonymous_record_goes_over_to_whose_name_it_is)
{
	struct who who = who_named("key:pc1.corp.example");
	struct policy_asker asker = policy_asker_of(&who, NULL, false);
	struct policy_name name = {.is_self = true, .records = 1, .anonymous = 1};
	for (enum policy_change change = POLICY_SAME; change <= POLICY_TTL; change++) {
		struct policy_record record =
			RECORD(change, DNS_TYPE_A, POLICY_DYNAMIC, POLICY_OWNER_ANONYMOUS);
		struct verdict v = policy_judge(&settings[CLOSED], &asker, &name, &record);
		cr_expect(v.is_allowed, "change %d", change);
		cr_expect_eq(v.takes_over, change != POLICY_ADD, "change %d", change);
		v = policy_judge(&settings[OPEN], &asker, &name, &record);
		cr_expect_not(v.takes_over, "ownership is not enforced there");
	}
}

Test(policy, who_is_let_in_at_all)
{
	static const struct {
		enum setting setting;
		const char *who;
		bool may_own;
		enum policy_reason reason;
	} admissions[] = {
		{OFF, "key:a", true, POLICY_MODE_NONE},
		{OFF, "anonymous", true, POLICY_MODE_NONE},
		{OFF, "local:root", false, POLICY_NOT_BOUND},
		{OFF, "system:scavenger", false, POLICY_NOT_BOUND},
		{OPEN, "anonymous", false, POLICY_OPEN},
		{OPEN, "key:a", false, POLICY_OPEN},
		{WINDOWS, "anonymous", true, POLICY_UNSIGNED},
		{WINDOWS, "key:a", false, POLICY_CLAIM},
		{WINDOWS, "gss:A$@B", false, POLICY_CLAIM},
		{CLOSED, "anonymous", true, POLICY_UNSIGNED},
		{CLOSED, "key:a", false, POLICY_NO_RULE},
		{CLOSED, "key:a", true, POLICY_OWN},
	};
	for (size_t i = 0; i < ROWS(admissions); i++) {
		struct who who = who_named(admissions[i].who);
		struct policy_asker asker = policy_asker_of(&who, NULL, false);
		struct verdict v = policy_admit(&settings[admissions[i].setting], &asker,
						admissions[i].may_own);
		cr_expect_eq(v.reason, admissions[i].reason, "row %zu: %s", i,
			     policy_reason_word(v.reason));
		cr_expect_eq(v.is_allowed, allows(v.reason), "row %zu", i);
	}
}

#define PLAIN    POLICY_NAME_PLAIN
#define RESERVED POLICY_NAME_RESERVED
#define SPEAKS   POLICY_NAME_SPEAKS

Test(policy, special_names_are_known)
{
	static const struct {
		const char *name;
		enum policy_name_kind kind;
	} names[] = {
		{"corp.example", PLAIN},
		{"pc1.corp.example", PLAIN},
		{"*.corp.example", RESERVED},
		{"*.a.corp.example", RESERVED},
		{"wpad.corp.example", RESERVED},
		{"wpad.site.corp.example", RESERVED},
		{"isatap.corp.example", RESERVED},
		{"wpad2.corp.example", PLAIN},
		{"a.wpad.corp.example", PLAIN},
		{"_msdcs.corp.example", SPEAKS},
		{"_ldap._tcp.dc._msdcs.corp.example", SPEAKS},
		{"_msdcs.site.corp.example", SPEAKS},
		{"web._http._tcp.web2.corp.example", SPEAKS},
		{"a_b.corp.example", PLAIN},
		{"x.*.corp.example", RESERVED},
		{"_x.*.corp.example", RESERVED},
		{"ns1.corp.example", POLICY_NAME_SERVER},
		{"wpad.ns1.corp.example", RESERVED},
		{"_x.ns1.corp.example", POLICY_NAME_SERVER},
		{"ns1.other.example", PLAIN},
	};
	struct dns_name apex = name_of("corp.example");
	for (size_t i = 0; i < ROWS(names); i++) {
		struct dns_name name = name_of(names[i].name);
		cr_expect_eq(policy_name_kind(&name, &apex, strstr(names[i].name, "ns1.")),
			     names[i].kind, "%s", names[i].name);
	}
	struct dns_name zone = name_of("wpad.example");
	cr_expect_eq(policy_name_kind(&zone, &zone, true), PLAIN, "a zone's apex is its own");
	zone = name_of("_msdcs.corp.example");
	struct dns_name name = name_of("dc._msdcs.corp.example");
	cr_expect_eq(policy_name_kind(&zone, &zone, false), PLAIN);
	cr_expect_eq(policy_name_kind(&name, &zone, false), SPEAKS, "whatever zone holds it");
}

Test(policy, the_host_name_is_what_is_left_without_the_labels_that_speak)
{
	static const struct {
		const char *name, *host;
	} names[] = {
		{"_443._tcp.www.corp.example", "www.corp.example"},
		{"_acme-challenge.www.corp.example", "www.corp.example"},
		{"web._http._tcp.web2.corp.example", "web2.corp.example"},
		{"_x.a.b.corp.example", "a.b.corp.example"},
		{"s1._domainkey.corp.example", NULL},
		{"_ldap._tcp.dc._msdcs.corp.example", NULL},
		{"_kerberos._tcp.corp.example", NULL},
	};
	struct dns_name apex = name_of("corp.example"), host;
	for (size_t i = 0; i < ROWS(names); i++) {
		struct dns_name name = name_of(names[i].name);
		bool has_host = policy_host_name(&host, &name, &apex);
		cr_assert_eq(has_host, names[i].host != NULL, "%s", names[i].name);
		if (!has_host)
			continue;
		struct dns_name want = name_of(names[i].host);
		cr_expect(dns_name_equal(&host, &want), "%s", names[i].name);
	}
	struct dns_name zone = name_of("_msdcs.corp.example");
	struct dns_name name = name_of("dc._msdcs.corp.example");
	cr_expect_not(policy_host_name(&host, &name, &zone), "its host name lies above the zone");
}

Test(policy, reasons_read_as_sentences)
{
	char text[POLICY_TEXT_MAX];
	cr_expect_str_eq(policy_reason_text(POLICY_FOREIGN, "key:dhcp1", text),
			 "owned by key:dhcp1");
	cr_expect_str_eq(policy_reason_text(POLICY_FOREIGN, NULL, text), "owned by nobody");
	cr_expect_str_eq(policy_reason_text(POLICY_IS_STATIC, "key:dhcp1", text), "static record");
	cr_expect_str_eq(policy_reason_text(POLICY_UNSIGNED, NULL, text),
			 "unsigned in a secure zone");
	cr_expect_str_eq(policy_reason_text(POLICY_MODE_NONE, NULL, text), "zone mode none");
	cr_expect_str_eq(policy_reason_text(POLICY_RESERVED, NULL, text), "reserved name");
	cr_expect_str_eq(policy_reason_word(POLICY_FOREIGN), "foreign");
}

/* --- every input there is --- */

struct question {
	struct policy_zone zone;
	const struct who *who;
	const struct policy_asker *asker;
	struct policy_name name;
	struct policy_record record;
};

static bool is_reserved(const struct policy_name *name)
{
	return name->kind == POLICY_NAME_RESERVED || name->kind == POLICY_NAME_SERVER;
}

static bool is_protected(const struct question *q)
{
	return q->zone.mode == POLICY_SECURE || q->zone.protects_static;
}

static bool is_own_anonymous(const struct question *q)
{
	return q->record.owner == POLICY_OWNER_ANONYMOUS && q->name.is_self &&
	       !is_reserved(&q->name) && q->record.class != POLICY_STATIC;
}

static const char *broken_by_anybody(const struct question *q, struct verdict v)
{
	enum policy_change change = q->record.change;
	bool is_of_zone = q->name.is_apex &&
			  (q->record.type == DNS_TYPE_SOA || q->record.type == DNS_TYPE_NS);
	if (q->zone.mode == POLICY_NONE)
		return v.is_allowed ? "mode none accepts nothing" : NULL;
	if (q->zone.mode == POLICY_SECURE && !who_is_authenticated(q->who))
		return v.reason != POLICY_UNSIGNED ? "secure takes no unsigned request" : NULL;
	if (change == POLICY_SAME)
		return v.is_allowed ? NULL : "no change needs no right";
	if (!is_protected(q))
		return v.is_allowed ? NULL : "an unprotected nonsecure zone takes everything";
	if (is_of_zone && v.is_allowed)
		return "SOA and NS of the apex are not for updates";
	if (change != POLICY_ADD && q->record.class == POLICY_STATIC && v.is_allowed &&
	    q->record.owner != POLICY_OWNER_REQUESTER)
		return "a static record is changed only by whom it names";
	return NULL;
}

static const char *broken_in_secure(const struct question *q, struct verdict v)
{
	enum policy_change change = q->record.change;
	unsigned own = q->name.own;
	if (q->zone.mode != POLICY_SECURE || !v.is_allowed || change == POLICY_SAME)
		return NULL;
	if (change != POLICY_ADD && q->record.owner != POLICY_OWNER_REQUESTER &&
	    !is_own_anonymous(q))
		return "a record is changed only by its owner";
	if (change != POLICY_ADD)
		return NULL;
	if (q->name.is_self && !is_reserved(&q->name))
		own += q->name.anonymous;
	if (own < q->name.records && q->name.own == 0)
		return "who owns nothing at the name adds nothing beside another's record";
	bool may_claim = q->zone.preset == POLICY_WINDOWS ||
			 (q->zone.preset == POLICY_SELF_PRESET && q->name.is_self);
	if (q->name.records == 0 && (!may_claim || is_reserved(&q->name)))
		return "a name is claimed only by a preset's rule, and no reserved one";
	return NULL;
}

static const char *broken_shape(const struct question *q, struct verdict v)
{
	if (v.is_allowed != allows(v.reason))
		return "reason and outcome disagree";
	if (!v.rule || !*v.rule)
		return "no rule is named";
	if (v.takes_over &&
	    (!v.is_allowed || q->zone.mode != POLICY_SECURE || !who_is_authenticated(q->who) ||
	     !is_own_anonymous(q) || q->record.change == POLICY_ADD))
		return "taken over by the wrong one";
	return NULL;
}

static const char *broken_by_other_settings(const struct question *q, struct verdict v)
{
	struct policy_zone other = q->zone;
	other.preset = POLICY_WINDOWS;
	if (v.is_allowed && !policy_judge(&other, q->asker, &q->name, &q->record).is_allowed)
		return "closed allows more than windows";
	return NULL;
}

static unsigned judged;

static void judge(const struct question *q)
{
	struct verdict v = policy_judge(&q->zone, q->asker, &q->name, &q->record);
	const char *broken = broken_shape(q, v);
	bool is_house = who_is_unbound(q->who);
	judged++;
	if (!broken && is_house && !v.is_allowed)
		broken = "the house is not bound";
	if (!broken && !is_house)
		broken = broken_by_anybody(q, v);
	if (!broken && !is_house)
		broken = broken_in_secure(q, v);
	if (!broken)
		broken = broken_by_other_settings(q, v);
	cr_assert_null(
		broken,
		"%s: mode %d preset %d, by %s, apex %d reserved %d self %d, records %u own %u "
		"anonymous %u, change %d type %u class %d owner %d: %s",
		broken, q->zone.mode, q->zone.preset, q->who->text, q->name.is_apex,
		is_reserved(&q->name), q->name.is_self, q->name.records, q->name.own,
		q->name.anonymous, q->record.change, q->record.type, q->record.class,
		q->record.owner, policy_reason_word(v.reason));
}

static void judge_records(struct question q)
{
	static const uint16_t types[] = {DNS_TYPE_A, DNS_TYPE_NS, DNS_TYPE_SOA};
	for (unsigned i = 0; i < 4 * 3 * 4 * ROWS(types); i++) {
		unsigned n = i;
		q.record.change = (enum policy_change)(n % 4);
		n /= 4;
		q.record.class = (enum policy_class)(n % 3);
		n /= 3;
		q.record.owner = (enum policy_owner)(n % 4);
		n /= 4;
		q.record.type = types[n];
		judge(&q);
	}
}

static void judge_names(struct question q)
{
	for (unsigned i = 0; i < 2 * 2 * 2 * 27; i++) {
		q.name = (struct policy_name){
			.is_apex = i & 1,
			.kind = i >> 1 & 1 ? POLICY_NAME_RESERVED : POLICY_NAME_PLAIN,
			.is_self = i >> 2 & 1,
			.records = (i >> 3) % 3,
			.own = (i >> 3) / 3 % 3,
			.anonymous = (i >> 3) / 9 % 3,
		};
		if (q.name.own + q.name.anonymous <= q.name.records)
			judge_records(q);
	}
}

Test(policy, over_all_inputs_nothing_happens_that_must_not)
{
	static const char *const principals[] = {"anonymous", "key:a", "gss:A$@B", "local:root",
						 "system:scavenger"};
	for (unsigned i = 0; i < 3 * 3 * 2; i++) {
		struct question q = {.zone = {
					     .mode = (enum policy_mode)(i % 3),
					     .preset = (enum policy_preset)(i / 3 % 3),
					     .protects_static = i / 9 % 2,
				     }};
		for (size_t w = 0; w < ROWS(principals); w++) {
			struct who who = who_named(principals[w]);
			struct policy_asker asker = policy_asker_of(&who, NULL, false);
			q.who = &who;
			q.asker = &asker;
			judge_names(q);
		}
	}
	cr_expect_eq(judged, 18u * 5 * 8 * 10 * 144);
}
