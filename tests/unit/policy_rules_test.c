/* SPDX-License-Identifier: BSD-2-Clause */
/* The decision table of tenure-policy(5) by rules: each row against each right, for each preset,
 * class and mode. */
#include "acl/policy_limit.h"
#include "dns/type.h"
#include <criterion/criterion.h>
#include <stdio.h>

#define ROWS(table) (sizeof(table) / sizeof(table)[0])

static struct arena arena;
static struct dns_name apex, other;
static struct rules rules;

static void set_up(void)
{
	cr_assert_null(dns_name_parse_text(&apex, "corp.example"));
	cr_assert_null(dns_name_parse_text(&other, "x.corp.example"));
}

static void tear_down(void)
{
	arena_free(&arena);
}

TestSuite(policy_rules, .init = set_up, .fini = tear_down);

static struct policy_zone zone_of(const char *text, enum policy_preset preset)
{
	struct rule_error error;
	cr_assert(rules_parse(&rules, bytes_of(text, strlen(text)), &apex, &arena, &error),
		  "%s: %s", text, error.text);
	return (struct policy_zone){
		.mode = POLICY_SECURE, .preset = preset, .protects_static = true, .rules = &rules};
}

static struct verdict judge(const struct policy_zone *zone, const char *principal,
			    struct policy_name name, const struct policy_record *record)
{
	struct who who;
	cr_assert_null(who_parse(&who, principal));
	struct policy_asker asker = policy_asker_of(&who, NULL, false);
	if (!name.name)
		name.name = name.is_apex ? &apex : &other;
	return policy_judge(zone, &asker, &name, record);
}

/* The rights in the columns. */
enum column { NONE, CLAIM, JOIN, WRITE, TAKEOVER, TAKEOVER_OTHER, DENY_WRITE, DENY_CLAIM, COLUMNS };
static const char *const columns[COLUMNS] = {
	"",
	"allow key:a claim",
	"allow key:a join",
	"allow key:a write",
	"allow key:a takeover over key:b",
	"allow key:a takeover over key:c",
	"deny key:a write",
	"deny key:a claim",
};

/* What each column allows: a letter, `.` for no. */
static const struct {
	const char *what;
	struct policy_name name;
	struct policy_record record;
	bool takeable; /* by TAKEOVER: what policy_takes() says of the others' records */
	const char *allowed;
} table[] = {
	{"no net effect", {.records = 1}, {.change = POLICY_SAME, .type = 1}, false, "yyyyyyyy"},
	{"added, name holds no records", {0}, {.change = POLICY_ADD, .type = 1}, false, ".y......"},
	{"added, every record is the requester's",
	 {.records = 2, .own = 2},
	 {.change = POLICY_ADD, .type = 1},
	 false,
	 "yyyyyyy."},
	{"added, some record is another's",
	 {.records = 2, .own = 1},
	 {.change = POLICY_ADD, .type = 1},
	 true,
	 "yyyyyyy."},
	{"added, every record is another's",
	 {.records = 2},
	 {.change = POLICY_ADD, .type = 1},
	 true,
	 "..y.y..."},
	{"own record deleted",
	 {.records = 1, .own = 1},
	 {.change = POLICY_REMOVE, .type = 1, .owner = POLICY_OWNER_REQUESTER, .class = 1},
	 false,
	 "yyyyyy.y"},
	{"own record's TTL changed",
	 {.records = 1, .own = 1},
	 {.change = POLICY_TTL, .type = 1, .owner = POLICY_OWNER_REQUESTER, .class = 2},
	 false,
	 "yyyyyy.y"},
	{"another's record deleted",
	 {.records = 1},
	 {.change = POLICY_REMOVE, .type = 1, .owner = POLICY_OWNER_OTHER, .class = 1},
	 false,
	 "...yy..."},
	{"another's pinned record, TTL changed",
	 {.records = 1},
	 {.change = POLICY_TTL, .type = 1, .owner = POLICY_OWNER_OTHER, .class = 2},
	 false,
	 "...yy..."},
	{"static record of another deleted",
	 {.records = 1},
	 {.change = POLICY_REMOVE, .type = 1, .owner = POLICY_OWNER_OTHER, .class = 0},
	 false,
	 "...y...."},
	{"static record that names the requester deleted",
	 {.records = 1, .own = 1},
	 {.change = POLICY_REMOVE, .type = 1, .owner = POLICY_OWNER_REQUESTER, .class = 0},
	 false,
	 "yyyyyy.y"},
	{"NS of the apex deleted",
	 {.is_apex = true, .records = 1},
	 {.change = POLICY_REMOVE, .type = DNS_TYPE_NS, .owner = POLICY_OWNER_OTHER},
	 false,
	 "........"},
	{"SOA of the apex replaced",
	 {.is_apex = true, .records = 1},
	 {.change = POLICY_ADD, .type = DNS_TYPE_SOA},
	 false,
	 "........"},
	{"added to a reserved name",
	 {.kind = POLICY_NAME_RESERVED},
	 {.change = POLICY_ADD, .type = 1},
	 false,
	 "........"},
	{"another's record at a reserved name deleted",
	 {.kind = POLICY_NAME_RESERVED, .records = 1},
	 {.change = POLICY_REMOVE, .type = 1, .owner = POLICY_OWNER_OTHER, .class = 1},
	 false,
	 "........"},
};

static bool is_expected(size_t row, enum column column, enum policy_preset preset, bool allowed)
{
	bool is_claim = table[row].record.change == POLICY_ADD && table[row].name.records == 0;
	bool by_preset = is_claim && (preset == POLICY_WINDOWS || preset == POLICY_AD) &&
			 column != DENY_CLAIM && table[row].name.kind == POLICY_NAME_PLAIN;
	return allowed == (table[row].allowed[column] == 'y' || by_preset);
}

Test(policy_rules, each_row_holds_for_each_right_and_preset)
{
	for (size_t i = 0; i < ROWS(table); i++) {
		for (enum column c = 0; c < COLUMNS; c++) {
			for (int preset = POLICY_WINDOWS; preset <= POLICY_AD; preset++) {
				struct policy_zone zone =
					zone_of(columns[c], (enum policy_preset)preset);
				struct policy_name name = table[i].name;
				struct policy_record record = table[i].record;
				record.owner_text = "key:b";
				name.takes = c == TAKEOVER && table[i].takeable;
				if (name.takes)
					name.takeable = name.records - name.own;
				struct verdict v = judge(&zone, "key:a", name, &record);
				cr_expect(is_expected(i, c, zone.preset, v.is_allowed),
					  "%s, by '%s', preset %d: %s", table[i].what, columns[c],
					  preset, policy_reason_word(v.reason));
				cr_expect(v.rule && *v.rule);
			}
		}
	}
}

/* Rules for claims bind nobody there; they speak where something is protected. */
Test(policy_rules, in_a_nonsecure_zone_rules_are_for_what_is_protected)
{
	static const struct {
		const char *rules, *who;
		struct policy_name name;
		struct policy_record record;
		enum policy_reason reason;
	} asked[] = {
		{"deny authenticated claim", "key:a", {0}, {.type = DNS_TYPE_A}, POLICY_OPEN},
		{"allow key:a join",
		 "key:a",
		 {.records = 1, .statics = 1},
		 {.type = DNS_TYPE_A, .has_static = true},
		 POLICY_BY_RULE},
		{"allow key:a join",
		 "key:b",
		 {.records = 1, .statics = 1},
		 {.type = DNS_TYPE_A, .has_static = true},
		 POLICY_BESIDE_STATIC},
		{"allow key:a join",
		 "anonymous",
		 {.records = 1, .statics = 1},
		 {.type = DNS_TYPE_A, .has_static = true},
		 POLICY_BESIDE_STATIC},
		{"allow key:a write",
		 "key:a",
		 {.records = 1, .statics = 1},
		 {.change = POLICY_REMOVE, .type = DNS_TYPE_A, .class = POLICY_STATIC},
		 POLICY_BY_RULE},
		{"deny key:a write",
		 "key:a",
		 {.records = 1, .statics = 1},
		 {.change = POLICY_REMOVE, .type = DNS_TYPE_A, .class = POLICY_STATIC},
		 POLICY_DENIED},
		{"allow key:a claim", "key:a", {0}, {.type = DNS_TYPE_NS}, POLICY_STRUCTURE},
		{"allow key:a claim types NS", "key:a", {0}, {.type = DNS_TYPE_NS}, POLICY_CLAIM},
		{"allow key:a claim types NS",
		 "key:a",
		 {0},
		 {.type = DNS_TYPE_NS, .is_above_static = true},
		 POLICY_BESIDE_STATIC},
		{"allow key:a claim,join types NS",
		 "key:a",
		 {0},
		 {.type = DNS_TYPE_NS, .is_above_static = true},
		 POLICY_BY_RULE},
		{"allow anonymous claim at x",
		 "anonymous",
		 {.kind = POLICY_NAME_RESERVED},
		 {.type = DNS_TYPE_A},
		 POLICY_CLAIM},
		{"allow anonymous claim",
		 "anonymous",
		 {.kind = POLICY_NAME_RESERVED},
		 {.type = DNS_TYPE_A},
		 POLICY_RESERVED},
		{"",
		 "anonymous",
		 {.kind = POLICY_NAME_RESERVED, .records = 1, .own = 1},
		 {.type = DNS_TYPE_A},
		 POLICY_RESERVED},
		{"allow anonymous join at x",
		 "anonymous",
		 {.kind = POLICY_NAME_RESERVED, .records = 1, .own = 1},
		 {.type = DNS_TYPE_A},
		 POLICY_BY_RULE},
		{"",
		 "anonymous",
		 {.kind = POLICY_NAME_RESERVED, .records = 1, .own = 1},
		 {.change = POLICY_REMOVE,
		  .type = DNS_TYPE_A,
		  .class = POLICY_DYNAMIC,
		  .owner = POLICY_OWNER_REQUESTER},
		 POLICY_OPEN},
		{"", "key:b", {.kept_for = "key:a"}, {.type = DNS_TYPE_A}, POLICY_KEPT_FOR},
		{"allow key:a write types NS",
		 "key:a",
		 {.is_apex = true, .records = 2, .statics = 2},
		 {.type = DNS_TYPE_NS, .has_static = true},
		 POLICY_BY_RULE},
	};
	for (size_t i = 0; i < ROWS(asked); i++) {
		struct policy_zone zone = zone_of(asked[i].rules, POLICY_WINDOWS);
		struct policy_record record = asked[i].record;
		zone.mode = POLICY_NONSECURE;
		zone.max_names = 1;
		if (record.change == POLICY_SAME)
			record.change = POLICY_ADD;
		struct verdict v = judge(&zone, asked[i].who, asked[i].name, &record);
		cr_expect_eq(v.reason, asked[i].reason, "%zu '%s', %s: %s", i, asked[i].rules,
			     asked[i].who, policy_reason_word(v.reason));
		zone.protects_static = false;
		v = judge(&zone, asked[i].who, asked[i].name, &record);
		cr_expect_eq(v.reason, POLICY_OPEN, "%zu, not protected", i);
		zone.mode = POLICY_NONE;
		v = judge(&zone, asked[i].who, asked[i].name, &record);
		cr_expect_eq(v.reason, POLICY_MODE_NONE, "%zu", i);
	}
}

Test(policy_rules, the_class_of_a_rule_is_that_of_what_is_added)
{
	static const struct {
		const char *text;
		enum policy_class class;
	} classes[] = {
		{"allow key:a claim,join class pinned", POLICY_PINNED},
		{"allow key:a claim,join class static", POLICY_STATIC},
		{"allow key:a claim,join class dynamic", POLICY_DYNAMIC},
	};
	struct policy_record record = {.change = POLICY_ADD, .type = 1};
	for (size_t i = 0; i < ROWS(classes); i++) {
		struct policy_zone zone = zone_of(classes[i].text, POLICY_CLOSED);
		struct policy_name names[] = {{0}, {.records = 1, .own = 1}, {.records = 1}};
		for (size_t k = 0; k < ROWS(names); k++) {
			struct verdict v = judge(&zone, "key:a", names[k], &record);
			cr_expect(v.is_allowed && v.has_class && v.class == classes[i].class, "%s",
				  classes[i].text);
		}
	}
}

Test(policy_rules, a_cap_is_the_most_that_there_may_be)
{
	struct policy_zone zone = zone_of("allow key:a claim,join types A(2),AAAA", POLICY_CLOSED);
	struct policy_name names[] = {{0}, {.records = 1, .own = 1}, {.records = 1}};
	for (size_t k = 0; k < ROWS(names); k++) {
		struct policy_record record = {.change = POLICY_ADD, .type = 1, .records.after = 2};
		cr_expect(judge(&zone, "key:a", names[k], &record).is_allowed);
		record.records.after = 3;
		cr_expect_eq(judge(&zone, "key:a", names[k], &record).reason, POLICY_CAPPED);
		record.type = DNS_TYPE_AAAA;
		cr_expect(judge(&zone, "key:a", names[k], &record).is_allowed);
		zone.max_records = 2;
		cr_expect_eq(judge(&zone, "key:a", names[k], &record).reason, POLICY_MANY_RECORDS);
		zone.max_records = 0;
		record.type = 1;
		record.records.before = 3;
		cr_expect(judge(&zone, "key:a", names[k], &record).is_allowed, "no growth");
	}
}

Test(policy_rules, the_limits_of_a_name_bind_growth)
{
	static const struct {
		struct policy_growth records, types, bytes;
		enum policy_reason reason; /* POLICY_OPEN: it is allowed */
		const char *said;
	} rows[] = {
		{{9, 10}, {9, 10}, {900, 1000}, POLICY_OPEN, ""},
		{{10, 11},
		 {1, 1},
		 {1, 1},
		 POLICY_MANY_RECORDS,
		 "10 before the update, 11 after it, max-records=10"},
		{{300, 300}, {1, 1}, {1, 1}, POLICY_OPEN, ""},
		{{300, 299}, {1, 1}, {1, 1}, POLICY_OPEN, ""},
		{{300, 301},
		 {1, 1},
		 {1, 1},
		 POLICY_MANY_RECORDS,
		 "300 before the update, 301 after it, max-records=10"},
		{{0, 1},
		 {10, 11},
		 {1, 1},
		 POLICY_MANY_TYPES,
		 "10 before the update, 11 after it, max-types=10"},
		{{0, 1}, {50, 50}, {1, 1}, POLICY_OPEN, ""},
		{{0, 1},
		 {1, 2},
		 {990, 1001},
		 POLICY_MANY_BYTES,
		 "990 before the update, 1001 after it, max-name-bytes=1000"},
		{{0, 1}, {1, 2}, {4000, 3999}, POLICY_OPEN, ""},
	};
	static const char *const askers[] = {"key:a", "anonymous", "local:root"};
	for (size_t i = 0; i < ROWS(rows) * ROWS(askers) * 2; i++) {
		size_t row = i % ROWS(rows), who = i / ROWS(rows) % ROWS(askers);
		struct policy_zone zone = zone_of("", POLICY_WINDOWS);
		struct policy_record record = {.change = POLICY_ADD,
					       .type = 1,
					       .records = rows[row].records,
					       .types = rows[row].types,
					       .bytes = rows[row].bytes};
		char text[POLICY_TEXT_MAX];
		zone.max_records = zone.max_types = 10;
		zone.max_name_bytes = 1000;
		zone.mode = who == 1 || i >= ROWS(rows) * ROWS(askers) ? POLICY_NONSECURE
								       : POLICY_SECURE;
		struct verdict v = judge(&zone, askers[who], (struct policy_name){0}, &record);
		bool is_allowed = rows[row].reason == POLICY_OPEN || who == 2;
		policy_verdict_text(&v, NULL, text);
		cr_expect_eq(v.is_allowed, is_allowed, "%zu, %s: %s", row, askers[who], text);
		if (is_allowed)
			continue;
		cr_expect_eq(v.reason, rows[row].reason, "%zu: %s", row, text);
		cr_expect(strstr(text, rows[row].said), "%zu: %s", row, text);
		record.change = POLICY_TTL;
		record.owner = POLICY_OWNER_REQUESTER;
		v = judge(&zone, askers[who], (struct policy_name){.records = 1, .own = 1},
			  &record);
		cr_expect(v.is_allowed, "%zu: a change of TTL is no growth", row);
	}
}

Test(policy_rules, transfers_need_a_rule_and_questions_need_none)
{
	struct who who = who_anonymous();
	struct policy_asker asker = policy_asker_of(&who, NULL, false);
	struct policy_zone zone = zone_of("", POLICY_WINDOWS);
	cr_expect(policy_query(&zone, &asker, &other, 1).is_allowed);
	cr_expect_not(policy_transfer(&zone, &asker).is_allowed);
	zone = zone_of("allow anonymous transfer\nallow key:a query", POLICY_WINDOWS);
	cr_expect(policy_transfer(&zone, &asker).is_allowed);
	cr_expect_not(policy_query(&zone, &asker, &other, 1).is_allowed);
	zone = zone_of("allow anonymous query under x types A", POLICY_WINDOWS);
	cr_expect(policy_query(&zone, &asker, &other, DNS_TYPE_A).is_allowed);
	cr_expect_not(policy_query(&zone, &asker, &other, DNS_TYPE_TXT).is_allowed);
	cr_expect_not(policy_query(&zone, &asker, &apex, DNS_TYPE_A).is_allowed);
}

/* A name that is kept for somebody: each preset, with and without rules, who it is kept for and who
 * it is not. */
Test(policy_rules, a_name_that_is_kept_is_claimed_by_whom_it_is_kept_for_alone)
{
	static const char *const texts[] = {"", "allow authenticated claim",
					    "allow anonymous claim", "allow key:b claim under x"};
	for (enum policy_preset preset = POLICY_WINDOWS; preset <= POLICY_AD; preset++) {
		for (size_t i = 0; i < ROWS(texts); i++) {
			struct policy_zone zone = zone_of(texts[i], preset);
			struct policy_record add = {
				.change = POLICY_ADD, .type = 1, .records.after = 1};
			struct policy_name kept = {.kept_for = "key:a", .is_kept_for_asker = true};
			cr_expect(judge(&zone, "key:a", kept, &add).is_allowed, "%s", texts[i]);
			kept.kind = POLICY_NAME_RESERVED;
			cr_expect(judge(&zone, "key:a", kept, &add).is_allowed, "%s", texts[i]);
			kept.is_kept_for_asker = false;
			kept.kind = POLICY_NAME_PLAIN;
			kept.is_self = true;
			cr_expect_eq(judge(&zone, "key:b", kept, &add).reason, POLICY_KEPT_FOR);
			cr_expect_not(judge(&zone, "anonymous", kept, &add).is_allowed);
		}
	}
}

Test(policy_rules, a_rule_at_the_very_name_comes_before_who_it_is_kept_for)
{
	struct policy_record add = {.change = POLICY_ADD, .type = 1, .records.after = 1};
	struct policy_name kept = {.kept_for = "key:a"};
	struct policy_zone zone = zone_of("allow key:b claim at x", POLICY_WINDOWS);
	cr_expect(judge(&zone, "key:b", kept, &add).is_allowed);
	zone = zone_of("deny key:a claim", POLICY_WINDOWS);
	kept.is_kept_for_asker = true;
	cr_expect_eq(judge(&zone, "key:a", kept, &add).reason, POLICY_DENIED);
}

/* tenure-policy(5), "What a rule reaches": each kind of name and type against each way to name. */
static const struct {
	const char *what, *name;
	enum policy_name_kind kind;
	bool is_host_own, is_kept;
	uint16_t type;
	const char *reached; /* a letter for each of `ways` */
} reach[] = {
	{"a plain name", "x", POLICY_NAME_PLAIN, false, false, DNS_TYPE_A, "yyyyyyy."},
	{"NS at a plain name", "x", POLICY_NAME_PLAIN, false, false, DNS_TYPE_NS, ".......y"},
	{"DNAME at a plain name", "x", POLICY_NAME_PLAIN, false, false, DNS_TYPE_DNAME, "........"},
	{"a wildcard", "*", POLICY_NAME_RESERVED, false, false, DNS_TYPE_A, ".y......"},
	{"below a wildcard", "x.*.apps", POLICY_NAME_RESERVED, false, false, DNS_TYPE_A,
	 ".y......"},
	{"wpad", "wpad", POLICY_NAME_RESERVED, false, false, DNS_TYPE_A, ".y......"},
	{"NS at wpad", "wpad", POLICY_NAME_RESERVED, false, false, DNS_TYPE_NS, "........"},
	{"kept for another", "x", POLICY_NAME_PLAIN, false, true, DNS_TYPE_A, ".y......"},
	{"speaks for others", "_t.x", POLICY_NAME_SPEAKS, false, false, DNS_TYPE_A, ".yyy.y.."},
	{"speaks for the requester's", "_t.x", POLICY_NAME_SPEAKS, true, false, DNS_TYPE_A,
	 "yyyyyyy."},
	{"NS at what speaks", "_t.x", POLICY_NAME_SPEAKS, true, false, DNS_TYPE_NS, ".......y"},
	{"speaks, and kept", "_t.x", POLICY_NAME_SPEAKS, true, true, DNS_TYPE_A, ".y......"},
};

/* The third and fourth are above each of the names. */
static const char *const ways[] = {"",        "at NAME",    "under NAME",
				   "under @", "self-under", "self-under types A,TXT",
				   "types A", "types NS"};

static struct verdict reach_judge(const char *right, size_t row, size_t way,
				  const struct policy_record *record, unsigned records)
{
	char text[200];
	struct dns_name name;
	struct who who;
	const char *place = strstr(ways[way], "NAME");
	size_t words = place ? (size_t)(place - ways[way]) : strlen(ways[way]);
	snprintf(text, sizeof text, "allow key:corp.example %s %.*s%s", right, (int)words,
		 ways[way], place ? reach[row].name : "");
	struct policy_zone zone = zone_of(text, POLICY_CLOSED);
	cr_assert_null(dns_name_parse(&name, reach[row].name, strlen(reach[row].name), &apex));
	cr_assert_null(who_parse(&who, "key:corp.example"));
	struct policy_asker asker = policy_asker_of(&who, NULL, false);
	struct policy_name at = {.name = &name,
				 .kind = reach[row].kind,
				 .is_host_own = reach[row].is_host_own,
				 .kept_for = reach[row].is_kept ? "key:b" : NULL,
				 .records = records};
	return policy_judge(&zone, &asker, &at, record);
}

Test(policy_rules, what_a_rule_reaches_is_the_same_for_every_right)
{
	static const char *const rights[] = {"claim", "join", "write", "takeover"};
	for (size_t i = 0; i < ROWS(reach); i++) {
		for (size_t way = 0; way < ROWS(ways); way++) {
			for (size_t right = 0; right < ROWS(rights); right++) {
				struct policy_record record = {.change = right < 2 ? POLICY_ADD
										   : POLICY_REMOVE,
							       .type = reach[i].type,
							       .class = POLICY_DYNAMIC,
							       .owner = POLICY_OWNER_OTHER,
							       .owner_text = "key:b"};
				struct verdict v =
					reach_judge(rights[right], i, way, &record, right > 0);
				/* Who has the host removes without a rule. */
				bool is_by_it = v.is_allowed && v.reason != POLICY_HOST;
				cr_expect_eq(is_by_it, reach[i].reached[way] == 'y',
					     "%s: %s %s: %s", reach[i].what, rights[right],
					     ways[way], policy_reason_word(v.reason));
			}
		}
	}
}

Test(policy_rules, a_deny_reaches_everything)
{
	for (size_t i = 0; i < ROWS(reach); i++) {
		struct dns_name name;
		struct policy_record record = {.change = POLICY_ADD, .type = reach[i].type};
		cr_assert_null(dns_name_parse(&name, reach[i].name, strlen(reach[i].name), &apex));
		struct policy_name at = {.name = &name, .kind = reach[i].kind, .is_host_own = true};
		struct policy_zone zone = zone_of(
			"deny key:a claim\nallow key:a claim at x types A,NS", POLICY_WINDOWS);
		cr_expect_eq(judge(&zone, "key:a", at, &record).reason, POLICY_DENIED, "%s",
			     reach[i].what);
	}
}

/* For an addition by an owner the rules for `claim` are asked as if the name were free. */
Test(policy_rules, clauses_of_a_claim_bind_the_owner_too)
{
	static const struct {
		const char *rules;
		uint16_t type;
		bool is_target_self;
		enum policy_reason reason;
		const char *text;
	} bound[] = {
		{"allow key:a claim at x types TXT", DNS_TYPE_TXT, false, POLICY_OWN_NAME, NULL},
		{"allow key:a claim at x types TXT,AAAA", DNS_TYPE_A, false, POLICY_CLAUSE,
		 "line 1 lets key:a add TXT, AAAA here, not A (line 1: allow key:a claim at "
		 "x.corp.example. types TXT,AAAA)"},
		{"allow key:a claim target-self", DNS_TYPE_PTR, true, POLICY_OWN_NAME, NULL},
		{"allow key:a claim target-self", DNS_TYPE_PTR, false, POLICY_CLAUSE,
		 "line 1 lets key:a add here only PTR, SRV and CNAME that point to its own name "
		 "(line 1: allow key:a claim target-self)"},
		{"allow key:a claim from 10.0.0.0/8", DNS_TYPE_A, false, POLICY_CLAUSE,
		 "line 1 lets key:a add here only from other addresses (line 1: allow key:a claim "
		 "from 10.0.0.0/8)"},
		{"allow key:b claim types TXT", DNS_TYPE_A, false, POLICY_OWN_NAME, NULL},
		{"allow key:a claim at y types TXT", DNS_TYPE_A, false, POLICY_OWN_NAME, NULL},
		{"allow key:a claim types TXT\nallow key:a claim", DNS_TYPE_A, false,
		 POLICY_OWN_NAME, NULL},
		{"allow key:a claim", DNS_TYPE_NS, false, POLICY_STRUCTURE, NULL},
		{"allow key:a claim types NS", DNS_TYPE_NS, false, POLICY_OWN_NAME, NULL},
		{"allow key:a write,join types NS", DNS_TYPE_NS, false, POLICY_STRUCTURE, NULL},
		{"deny key:a claim types A", DNS_TYPE_A, false, POLICY_DENIED, NULL},
		{"deny key:a write", DNS_TYPE_A, false, POLICY_OWN_NAME, NULL},
	};
	char text[POLICY_TEXT_MAX];
	for (size_t i = 0; i < ROWS(bound); i++) {
		struct policy_zone zone = zone_of(bound[i].rules, POLICY_CLOSED);
		struct policy_record record = {.change = POLICY_ADD,
					       .type = bound[i].type,
					       .is_target_self = bound[i].is_target_self};
		struct policy_name own = {.records = 1, .own = 1};
		struct verdict v = judge(&zone, "key:a", own, &record);
		cr_expect_eq(v.reason, bound[i].reason, "%s: %s", bound[i].rules,
			     policy_reason_word(v.reason));
		if (bound[i].text)
			cr_expect_str_eq(policy_verdict_text(&v, NULL, text), bound[i].text);
	}
}

/* What came by `join` is bound by the rule for it while others' records stand at the name. */
Test(policy_rules, who_joined_does_not_become_an_owner_of_the_name)
{
	struct policy_name both = {.records = 2, .own = 1, .own_guests = 1, .guests = 1};
	struct policy_record record = {.change = POLICY_ADD, .type = DNS_TYPE_A};
	struct policy_zone zone = zone_of("allow key:a join at x types A", POLICY_WINDOWS);
	cr_expect_eq(judge(&zone, "key:a", both, &record).reason, POLICY_BY_RULE);
	cr_expect(judge(&zone, "key:a", both, &record).is_guest);
	record.type = DNS_TYPE_MX;
	cr_expect_eq(judge(&zone, "key:a", both, &record).reason, POLICY_TAKEN);
	cr_expect_eq(judge(&zone, "key:b", both, &record).reason, POLICY_TAKEN, "whatever it was");
	both.own_guests = both.guests = 0;
	struct verdict v = judge(&zone, "key:a", both, &record);
	cr_expect_eq(v.reason, POLICY_OWN_NAME, "one of its records is no guest");
	cr_expect_not(v.is_guest);
	record.type = DNS_TYPE_NS;
	cr_expect_eq(judge(&zone, "key:b", both, &record).reason, POLICY_STRUCTURE);
	zone = zone_of("deny authenticated join", POLICY_WINDOWS);
	record.type = DNS_TYPE_A;
	cr_expect_eq(judge(&zone, "key:a", both, &record).reason, POLICY_OWN_NAME);
}

/* A version that did not mark guests let these in by the only rule that names the requester. */
Test(policy_rules, a_record_without_a_mark_that_only_join_can_have_let_in_is_a_guest)
{
	struct policy_name both = {.records = 2, .own = 1};
	struct policy_record record = {.change = POLICY_ADD, .type = DNS_TYPE_A};
	struct policy_zone zone = zone_of("allow key:a join at x types TXT", POLICY_CLOSED);
	cr_expect_eq(judge(&zone, "key:a", both, &record).reason, POLICY_TAKEN);
	record.type = DNS_TYPE_TXT;
	cr_expect_eq(judge(&zone, "key:a", both, &record).reason, POLICY_BY_RULE);
	record.type = DNS_TYPE_A;
	cr_expect_eq(judge(&zone, "key:b", both, &record).reason, POLICY_OWN_NAME);
	both.is_kept_for_asker = true;
	cr_expect_eq(judge(&zone, "key:a", both, &record).reason, POLICY_OWN_NAME);
}

/* When the others go, the name does not fall to the guest. */
Test(policy_rules, a_guest_that_is_left_alone_adds_by_its_rules)
{
	static const struct {
		const char *rules;
		enum policy_preset preset;
		uint16_t type;
		enum policy_reason reason;
		bool is_guest;
	} rows[] = {
		{"allow key:a join types TXT", POLICY_CLOSED, DNS_TYPE_TXT, POLICY_BY_RULE, true},
		{"allow key:a join types TXT", POLICY_CLOSED, DNS_TYPE_A, POLICY_CLAUSE, false},
		{"", POLICY_CLOSED, DNS_TYPE_A, POLICY_NO_RULE, false},
		{"allow key:a join types TXT", POLICY_WINDOWS, DNS_TYPE_A, POLICY_CLAIM, false},
		{"allow key:a claim types TXT\nallow key:a join", POLICY_CLOSED, DNS_TYPE_A,
		 POLICY_CLAUSE, false},
		{"deny key:a claim\nallow key:a join", POLICY_WINDOWS, DNS_TYPE_A, POLICY_DENIED,
		 false},
	};
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct policy_zone zone = zone_of(rows[i].rules, rows[i].preset);
		struct policy_name alone = {.records = 1, .own = 1, .own_guests = 1, .guests = 1};
		struct policy_record record = {.change = POLICY_ADD, .type = rows[i].type};
		struct verdict v = judge(&zone, "key:a", alone, &record);
		cr_expect_eq(v.reason, rows[i].reason, "%s: %s", rows[i].rules,
			     policy_reason_word(v.reason));
		cr_expect_eq(v.is_guest, rows[i].is_guest, "%s", rows[i].rules);
	}
	struct policy_name left = {.records = 1, .guests = 1};
	struct policy_record record = {.change = POLICY_ADD, .type = DNS_TYPE_A};
	struct policy_zone zone = zone_of("allow key:b claim", POLICY_CLOSED);
	cr_expect_eq(judge(&zone, "key:b", left, &record).reason, POLICY_TAKEN);
	left.is_self = true;
	cr_expect_eq(judge(&zone, "key:b", left, &record).reason, POLICY_CLAIM, "its own name");
	cr_expect_eq(judge(&zone, "key:c", left, &record).reason, POLICY_NO_RULE);
}

Test(policy_rules, what_is_kept_is_no_right_to_what_others_hold)
{
	struct policy_zone zone = zone_of("", POLICY_WINDOWS);
	struct policy_name held = {.kept_for = "key:a", .is_kept_for_asker = true, .records = 1};
	struct policy_record add = {.change = POLICY_ADD, .type = 1, .records.after = 1};
	struct policy_record gone = {.change = POLICY_REMOVE,
				     .type = 1,
				     .class = POLICY_DYNAMIC,
				     .owner = POLICY_OWNER_OTHER,
				     .owner_text = "key:b"};
	cr_expect_eq(judge(&zone, "key:a", held, &add).reason, POLICY_TAKEN);
	cr_expect_eq(judge(&zone, "key:a", held, &gone).reason, POLICY_FOREIGN);
}

/* Whom max-names binds, and how far. */
Test(policy_rules, max_names_binds_hosts_and_unsigned_addresses_that_no_rule_names)
{
	static const struct {
		const char *rules, *who, *from;
		bool of_hosts, of_all;
	} rows[] = {
		{"", "gss:PC1$@CORP.EXAMPLE", NULL, true, true},
		{"", "gss:host/pc1.corp.example@EVIL.EXAMPLE", NULL, true, true},
		{"", "gss:dnsupd@CORP.EXAMPLE", NULL, false, true},
		{"", "gss:DHCP/srv.corp.example@CORP.EXAMPLE", NULL, false, true},
		{"", "key:kea", NULL, false, true},
		{"", "key:pc1.corp.example", NULL, false, true},
		{"", "anonymous", "192.0.2.7", true, true},
		{"", "local:root", NULL, false, false},
		{"allow key:kea claim", "key:kea", NULL, false, true},
		{"allow gss:DC1$@CORP.EXAMPLE claim", "gss:DC1$@CORP.EXAMPLE", NULL, false, true},
		{"allow gss:*@CORP.EXAMPLE claim self", "gss:PC1$@CORP.EXAMPLE", NULL, true, true},
		{"allow authenticated claim self", "gss:PC1$@CORP.EXAMPLE", NULL, true, true},
		{"allow anonymous claim from 192.0.2.0/24", "anonymous", "192.0.2.7", false, true},
		{"allow anonymous claim from 192.0.2.0/24", "anonymous", "192.0.3.7", true, true},
		{"allow anonymous claim", "anonymous", "192.0.3.7", true, true},
	};
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct policy_zone zone = zone_of(rows[i].rules, POLICY_WINDOWS);
		struct who who;
		struct addr from;
		cr_assert_null(who_parse(&who, rows[i].who));
		if (rows[i].from)
			cr_assert_null(addr_parse(rows[i].from, 0, &from));
		struct policy_asker asker =
			policy_asker_of(&who, rows[i].from ? &from : NULL, false);
		cr_expect_not(policy_limit_binds(&zone, &asker), "%zu: no limit", i);
		zone.max_names = 1;
		cr_expect_eq(policy_limit_binds(&zone, &asker), rows[i].of_all, "%zu", i);
		zone.max_names_of_hosts = true;
		cr_expect_eq(policy_limit_binds(&zone, &asker), rows[i].of_hosts, "%zu of hosts",
			     i);
	}
}

Test(policy_rules, names_grow_to_max_names_or_twice_what_there_was)
{
	static const struct {
		struct policy_growth growth;
		unsigned base;
		bool of_hosts, of_all;
		const char *said;
	} rows[] = {
		{{49, 50}, 0, true, true, ""},
		{{50, 51},
		 0,
		 false,
		 false,
		 "50 before the update, 51 after it, max-names=hosts:50"},
		{{51, 51}, 0, true, true, ""},
		{{5000, 5001}, 5000, true, false, ""},
		{{9999, 10000}, 5000, true, false, ""},
		{{10000, 10001},
		 5000,
		 false,
		 false,
		 "at most 10000, twice the 5000 that it owned when the limit came "
		 "(max-names=hosts:50)"},
		{{20, 51}, 20, false, false, "max-names=hosts:50"},
		{{10000, 9000}, 0, true, true, ""},
	};
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct policy_zone zone = {.max_names = 50, .max_names_of_hosts = true};
		char text[POLICY_TEXT_MAX];
		struct verdict v = policy_limit_names(&zone, rows[i].growth, rows[i].base);
		cr_expect_eq(v.is_allowed, rows[i].of_hosts, "%zu", i);
		policy_verdict_text(&v, NULL, text);
		cr_expect(v.is_allowed || strstr(text, rows[i].said), "%zu: %s", i, text);
		zone.max_names_of_hosts = false;
		v = policy_limit_names(&zone, rows[i].growth, rows[i].base);
		cr_expect_eq(v.is_allowed, rows[i].of_all, "%zu, a number for all", i);
	}
}
