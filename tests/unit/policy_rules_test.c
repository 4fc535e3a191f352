/* SPDX-License-Identifier: BSD-2-Clause */
/* The decision table of ownership.md by rules: each row against each right, for each preset, class
 * and mode. */
#include "acl/policy.h"
#include "dns/type.h"
#include <criterion/criterion.h>

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
enum column { NONE, CLAIM, JOIN, WRITE, TAKEOVER, TAKEOVER_OTHER, DENY_WRITE, COLUMNS };
static const char *const columns[COLUMNS] = {
	"",
	"allow key:a claim",
	"allow key:a join",
	"allow key:a write",
	"allow key:a takeover over key:b",
	"allow key:a takeover over key:c",
	"deny key:a write",
};

/* What each column allows: a letter, `.` for no. */
static const struct {
	const char *what;
	struct policy_name name;
	struct policy_record record;
	bool takeable; /* by TAKEOVER: what policy_takes() says of the others' records */
	const char *allowed;
} table[] = {
	{"no net effect", {.records = 1}, {.change = POLICY_SAME, .type = 1}, false, "yyyyyyy"},
	{"added, name holds no records", {0}, {.change = POLICY_ADD, .type = 1}, false, ".y....."},
	{"added, every record is the requester's",
	 {.records = 2, .own = 2},
	 {.change = POLICY_ADD, .type = 1},
	 false,
	 "yyyyyy."},
	{"added, some record is another's",
	 {.records = 2, .own = 1},
	 {.change = POLICY_ADD, .type = 1},
	 true,
	 "..y.y.."},
	{"own record deleted",
	 {.records = 1, .own = 1},
	 {.change = POLICY_REMOVE, .type = 1, .owner = POLICY_OWNER_REQUESTER, .class = 1},
	 false,
	 "yyyyyy."},
	{"own record's TTL changed",
	 {.records = 1, .own = 1},
	 {.change = POLICY_TTL, .type = 1, .owner = POLICY_OWNER_REQUESTER, .class = 2},
	 false,
	 "yyyyyy."},
	{"another's record deleted",
	 {.records = 1},
	 {.change = POLICY_REMOVE, .type = 1, .owner = POLICY_OWNER_OTHER, .class = 1},
	 false,
	 "...yy.."},
	{"another's pinned record, TTL changed",
	 {.records = 1},
	 {.change = POLICY_TTL, .type = 1, .owner = POLICY_OWNER_OTHER, .class = 2},
	 false,
	 "...yy.."},
	{"static record of another deleted",
	 {.records = 1},
	 {.change = POLICY_REMOVE, .type = 1, .owner = POLICY_OWNER_OTHER, .class = 0},
	 false,
	 "...y..."},
	{"static record that names the requester deleted",
	 {.records = 1, .own = 1},
	 {.change = POLICY_REMOVE, .type = 1, .owner = POLICY_OWNER_REQUESTER, .class = 0},
	 false,
	 "yyyyyy."},
	{"NS of the apex deleted",
	 {.is_apex = true, .records = 1},
	 {.change = POLICY_REMOVE, .type = DNS_TYPE_NS, .owner = POLICY_OWNER_OTHER},
	 false,
	 "......."},
	{"SOA of the apex replaced",
	 {.is_apex = true, .records = 1},
	 {.change = POLICY_ADD, .type = DNS_TYPE_SOA},
	 false,
	 "......."},
	{"added to a reserved name",
	 {.is_reserved = true},
	 {.change = POLICY_ADD, .type = 1},
	 false,
	 "......."},
	{"another's record at a reserved name deleted",
	 {.is_reserved = true, .records = 1},
	 {.change = POLICY_REMOVE, .type = 1, .owner = POLICY_OWNER_OTHER, .class = 1},
	 false,
	 "......."},
};

static bool is_expected(size_t row, enum column column, enum policy_preset preset, bool allowed)
{
	bool is_claim = table[row].record.change == POLICY_ADD && table[row].name.records == 0;
	bool by_preset = is_claim && preset == POLICY_WINDOWS && !table[row].name.is_reserved;
	return allowed == (table[row].allowed[column] == 'y' || by_preset);
}

Test(policy_rules, each_row_holds_for_each_right_and_preset)
{
	for (size_t i = 0; i < ROWS(table); i++) {
		for (enum column c = 0; c < COLUMNS; c++) {
			for (int preset = POLICY_WINDOWS; preset <= POLICY_SELF_PRESET; preset++) {
				struct policy_zone zone =
					zone_of(columns[c], (enum policy_preset)preset);
				struct policy_name name = table[i].name;
				struct policy_record record = table[i].record;
				record.owner_text = "key:b";
				if (c == TAKEOVER && table[i].takeable)
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

Test(policy_rules, rules_are_of_secure_zones_only)
{
	struct policy_zone zone = zone_of("allow anonymous claim,join,write", POLICY_WINDOWS);
	struct policy_record record = {.change = POLICY_ADD, .type = 1};
	zone.mode = POLICY_NONE;
	cr_expect_eq(judge(&zone, "key:a", (struct policy_name){0}, &record).reason,
		     POLICY_MODE_NONE);
	zone = zone_of("deny authenticated claim,write", POLICY_WINDOWS);
	zone.mode = POLICY_NONSECURE;
	cr_expect_eq(judge(&zone, "key:a", (struct policy_name){0}, &record).reason, POLICY_OPEN);
	record.change = POLICY_REMOVE;
	record.class = POLICY_STATIC;
	cr_expect_eq(judge(&zone, "key:a", (struct policy_name){.records = 1}, &record).reason,
		     POLICY_IS_STATIC);
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
		struct policy_record record = {.change = POLICY_ADD, .type = 1, .after = 2};
		cr_expect(judge(&zone, "key:a", names[k], &record).is_allowed);
		record.after = 3;
		cr_expect_eq(judge(&zone, "key:a", names[k], &record).reason, POLICY_CAPPED);
		record.type = DNS_TYPE_AAAA;
		cr_expect(judge(&zone, "key:a", names[k], &record).is_allowed);
		zone.max_records = 2;
		cr_expect_eq(judge(&zone, "key:a", names[k], &record).reason, POLICY_MANY_RECORDS);
		zone.max_records = 0;
	}
}

Test(policy_rules, a_name_too_many_is_not_claimed)
{
	struct policy_zone zone = zone_of("", POLICY_WINDOWS);
	struct policy_record record = {.change = POLICY_ADD, .type = 1, .after = 1};
	zone.max_names = 2;
	cr_expect(
		judge(&zone, "key:a", (struct policy_name){.owned_names = 1}, &record).is_allowed);
	struct policy_name full = {.owned_names = 2};
	cr_expect_eq(judge(&zone, "key:a", full, &record).reason, POLICY_MANY_NAMES);
	full.records = full.own = 1;
	cr_expect(judge(&zone, "key:a", full, &record).is_allowed, "the name is his already");
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
	static const char *const texts[] = {"", "allow authenticated claim", "deny key:a claim",
					    "allow anonymous claim"};
	for (enum policy_preset preset = POLICY_WINDOWS; preset <= POLICY_SELF_PRESET; preset++) {
		for (size_t i = 0; i < ROWS(texts); i++) {
			struct policy_zone zone = zone_of(texts[i], preset);
			struct policy_record add = {.change = POLICY_ADD, .type = 1, .after = 1};
			struct policy_name kept = {.kept_for = "key:a", .is_kept_for_asker = true};
			cr_expect(judge(&zone, "key:a", kept, &add).is_allowed, "%s", texts[i]);
			kept.is_reserved = true;
			cr_expect(judge(&zone, "key:a", kept, &add).is_allowed, "%s", texts[i]);
			kept.is_kept_for_asker = kept.is_reserved = false;
			kept.is_self = true;
			cr_expect_eq(judge(&zone, "key:b", kept, &add).reason, POLICY_KEPT_FOR);
			cr_expect_not(judge(&zone, "anonymous", kept, &add).is_allowed);
		}
	}
}

Test(policy_rules, what_is_kept_is_no_right_to_what_others_hold)
{
	struct policy_zone zone = zone_of("", POLICY_WINDOWS);
	struct policy_name held = {.kept_for = "key:a", .is_kept_for_asker = true, .records = 1};
	struct policy_record add = {.change = POLICY_ADD, .type = 1, .after = 1};
	struct policy_record gone = {.change = POLICY_REMOVE,
				     .type = 1,
				     .class = POLICY_DYNAMIC,
				     .owner = POLICY_OWNER_OTHER,
				     .owner_text = "key:b"};
	cr_expect_eq(judge(&zone, "key:a", held, &add).reason, POLICY_TAKEN);
	cr_expect_eq(judge(&zone, "key:a", held, &gone).reason, POLICY_FOREIGN);
	zone.max_names = 1;
	held.records = 0;
	held.owned_names = 1;
	cr_expect_eq(judge(&zone, "key:a", held, &add).reason, POLICY_MANY_NAMES);
}
