/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
/* Renewals of others' records: when they are noted, how long they count, and that the log makes
 * the same hints again. */
#include "journal/journal.h"
#include "nameserver/ignored_names.h"
#include "nameserver/renewal_advice.h"
#include "nameserver/update_parts.h"
#include "tests/unit/tempzone.h"
#include "zonedb/lookup.h"
#include "zonedb/principal.h"
#include "zonedb/renewal.h"
#include "zonedb/replay.h"
#include <criterion/criterion.h>

static struct tempzone t;

static void begin(void)
{
	tempzone_open_logged(&t, "corp.example");
}

static void end(void)
{
	tempzone_free(&t);
}

TestSuite(renewal, .init = begin, .fini = end);

Test(renewal, is_due_once_in_no_refresh_and_counts_for_both_windows)
{
	static const struct record_windows windows = {100, 50};
	static const struct {
		struct node_hint hint;
		uint64_t now;
		bool is_due, counts;
	} rows[] = {
		{{0, 0, false, false}, 1000, true, false},
		{{5, 1000, false, false}, 1000, false, true},
		{{5, 1000, false, false}, 1100, false, true},
		{{5, 1000, false, false}, 1101, true, true},
		{{5, 1000, false, false}, 1150, true, true},
		{{5, 1000, false, false}, 1151, true, false},
		/* One that refreshed is no reason to leave anything. */
		{{5, 1000, true, false}, 1001, true, false},
		/* Of a clock that was ahead: it counts as now, and the next mends it. */
		{{5, 9000, false, false}, 1000, true, true},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		cr_expect_eq(renewal_is_due(&rows[i].hint, rows[i].now, &windows), rows[i].is_due,
			     "row %zu", i);
		cr_expect_eq(renewal_counts(&rows[i].hint, rows[i].now, &windows), rows[i].counts,
			     "row %zu", i);
	}
}

Test(renewal, is_not_due_each_second_where_no_refresh_is_0)
{
	static const struct record_windows windows = {0, 400};
	struct node_hint hint = {.by = 5, .at = 1000};
	cr_expect_not(renewal_is_due(&hint, 1100, &windows));
	cr_expect(renewal_is_due(&hint, 1101, &windows));
	/* A client that comes within each refresh window is never without a hint that counts. */
	for (unsigned every = 1; every <= windows.refresh; every++) {
		uint64_t now = 1000;
		hint.at = now;
		for (unsigned i = 0; i < 1000; i++) {
			now += every;
			cr_assert(renewal_counts(&hint, now, &windows), "every %u s", every);
			if (renewal_is_due(&hint, now, &windows))
				hint.at = now;
		}
	}
}

static enum edit_refresh lets_nobody(void *context, const struct edit_name *name, uint16_t type,
				     const struct node_record *record, bool is_named)
{
	(void)context, (void)name, (void)type, (void)record, (void)is_named;
	return EDIT_REFRESH_NOT;
}

static enum edit_refresh lets_all(void *context, const struct edit_name *name, uint16_t type,
				  const struct node_record *record, bool is_named)
{
	(void)context, (void)name, (void)type, (void)record, (void)is_named;
	return EDIT_REFRESH_KEEPS;
}

/* The latest renewal at a name: "key:b 700000 in vain". */
static const char *hint_of(struct store_txn *txn, const struct zone *zone, const char *text)
{
	struct dns_name name = tempzone_name(&t, text);
	struct node node;
	cr_assert(lookup_node(txn, zone, &name, &node));
	if (!node.hint.at)
		return "none";
	return arena_print(&t.arena, "%s%s %llu %s", principal_text(txn, node.hint.by, &t.arena),
			   node.hint.has_others ? " and others" : "",
			   (unsigned long long)node.hint.at,
			   node.hint.is_taken ? "taken" : "in vain");
}

static void renew_in_vain(const char *who, uint64_t now, const char *script)
{
	struct edit_name *names[8];
	size_t count = 0;
	struct edit *edit = tempzone_edit(&t, who, now, script);
	struct entry entry = {.time_us = now * 1000000, .principal = who};
	edit_let_refresh(edit, lets_nobody, NULL);
	for (const struct edit_ignored *i = edit_ignored(edit); i; i = i->next)
		if (count == 0 || names[count - 1] != i->at)
			names[count++] = i->at;
	cr_assert(count > 0);
	renewal_ignore(edit, &(struct renewal_names){names, count, edit_ignored(edit)->type},
		       &entry);
}

static void replay_again(struct tempstore *other, struct store_txn *txn)
{
	struct replay_fault fault;
	struct entry entry;
	uint64_t first, last;
	journal_range(&t.txn, &first, &last);
	tempstore_open(other, 0);
	store_write_begin(other->store, txn);
	for (uint64_t seq = first; seq <= last; seq++) {
		cr_assert(journal_read(&t.txn, seq, &entry, &t.arena));
		cr_assert(replay_next(txn, &entry, &fault), "seq %llu: %s", (unsigned long long)seq,
			  fault.text);
	}
}

Test(renewal, hints_follow_from_the_log)
{
	struct tempstore other;
	struct store_txn txn;
	struct zone zone;
	tempzone_run(&t, "key:a", 1000,
		     "add pc1 60 A 10.0.0.1; add pc1 60 TXT x; add pc2 60 A 10.0.0.2; "
		     "add pc3 60 A 10.0.0.3");
	/* Of all names of an edit, whatever else it changes there; the data stays. */
	renew_in_vain("key:b", 700000, "add pc1 60 A 10.0.0.1; add pc2 60 A 10.0.0.2");
	cr_expect_str_eq(hint_of(&t.txn, &t.zone, "pc1"), "key:b 700000 in vain");
	cr_expect_str_eq(hint_of(&t.txn, &t.zone, "pc2"), "key:b 700000 in vain");
	cr_expect_str_eq(tempzone_record(&t, "pc1", "A", "10.0.0.1"), "60 key:a 1000 dynamic");
	/* A refresh by another than the owner, and by the owner, who leaves no hint. */
	struct entry taken = {.time_us = 700500000000, .kind = ENTRY_UPDATE, .principal = "key:c"};
	struct edit *edit = tempzone_edit(&t, "key:c", 700500, "add pc3 60 A 10.0.0.3");
	edit_let_refresh(edit, lets_all, NULL);
	edit_commit(edit, &taken);
	tempzone_run(&t, "key:a", 700600, "add pc2 60 A 10.0.0.2");
	cr_expect_str_eq(hint_of(&t.txn, &t.zone, "pc3"), "key:c 700500 taken");
	cr_expect_str_eq(hint_of(&t.txn, &t.zone, "pc2"), "key:b 700000 in vain");
	/* A change of the name keeps it. */
	tempzone_run(&t, "key:a", 700700, "add pc1 60 A 10.0.0.9");
	replay_again(&other, &txn);
	cr_assert(zone_get(&txn, &t.zone.apex, &zone));
	static const char *const names[] = {"pc1", "pc2", "pc3", "@"};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		cr_expect_str_eq(hint_of(&txn, &zone, names[i]), hint_of(&t.txn, &t.zone, names[i]),
				 "%s", names[i]);
	store_abort(&txn);
	tempstore_free(&other);
}

Test(renewal, the_log_says_where_several_renewed_while_the_hint_before_counts)
{
	struct tempstore other;
	struct store_txn txn;
	struct zone zone;
	uint64_t span = (uint64_t)t.zone.no_refresh + t.zone.refresh;
	tempzone_run(&t, "key:a", 1000, "add pc1 60 A 10.0.0.1; add pc2 60 A 10.0.0.2");
	renew_in_vain("key:b", 700000, "add pc1 60 A 10.0.0.1; add pc2 60 A 10.0.0.2");
	renew_in_vain("key:c", 700000 + span, "add pc1 60 A 10.0.0.1");
	renew_in_vain("key:c", 700001 + span, "add pc2 60 A 10.0.0.2");
	renew_in_vain("key:c", 700002 + span, "add pc1 60 A 10.0.0.1; add pc2 60 A 10.0.0.2");
	replay_again(&other, &txn);
	cr_assert(zone_get(&txn, &t.zone.apex, &zone));
	cr_expect_str_eq(hint_of(&txn, &zone, "pc1"),
			 arena_print(&t.arena, "key:c and others %llu in vain",
				     (unsigned long long)(700002 + span)));
	cr_expect_str_eq(
		hint_of(&txn, &zone, "pc2"),
		arena_print(&t.arena, "key:c %llu in vain", (unsigned long long)(700002 + span)));
	cr_expect_str_eq(hint_of(&txn, &zone, "pc1"), hint_of(&t.txn, &t.zone, "pc1"));
	store_abort(&txn);
	tempstore_free(&other);
}

Test(renewal, an_entry_about_a_name_that_is_not_there_is_no_replay)
{
	struct replay_fault fault;
	struct arena arena = {0};
	struct entry entry = {.seq = 77,
			      .time_us = 9000000000,
			      .kind = ENTRY_REFRESH_IGNORED,
			      .has_zone = true,
			      .zone_id = t.zone.id,
			      .zone = t.zone.apex,
			      .principal = "key:b",
			      .subject = "gone.corp.example A",
			      .format = ENTRY_FORMAT};
	cr_expect_not(replay_next(&t.txn, &entry, &fault));
	cr_expect(strstr(fault.text, "gone.corp.example"), "%s", fault.text);
	arena_free(&arena);
}

Test(renewal, names_are_counted_in_a_span_of_time)
{
	struct store_txn *txn = &t.txn;
	struct node_hint none = {0}, own = {.by = 7, .at = 1010}, old = {.by = 7, .at = 900};
	struct ignored_names_ask ask = {
		.zone_id = 1, .by = 7, .now = 1000, .span = 100, .most = 2, .hint = &none};
	cr_expect(ignored_names_take(txn, &ask));
	cr_expect(ignored_names_take(txn, &ask));
	cr_expect_not(ignored_names_take(txn, &ask));
	/* A name that was counted is free; one of the span before is not. */
	ask.now = 1050;
	ask.hint = &own;
	cr_expect(ignored_names_take(txn, &ask));
	ask.hint = &old;
	cr_expect_not(ignored_names_take(txn, &ask));
	/* Others have counts of their own. */
	ask.by = 8;
	cr_expect(ignored_names_take(txn, &ask));
	ask.by = 7;
	ask.now = 1101;
	cr_expect(ignored_names_take(txn, &ask));
	ask.most = 0;
	cr_expect_not(ignored_names_take(txn, &ask));
}

static unsigned rows_of_ignored(void)
{
	struct store_walk walk;
	struct bytes key, value;
	unsigned count = 0;
	store_walk_from(&walk, &t.txn, STORE_LOCAL, bytes_of("ignored:", 8), 8);
	while (store_walk_next(&walk, &key, &value))
		count++;
	store_walk_end(&walk);
	return count;
}

Test(renewal, counts_of_a_span_that_is_over_go)
{
	struct node_hint none = {0};
	struct ignored_names_ask ask = {
		.zone_id = 1, .now = 1000, .span = 100, .most = 2, .hint = &none};
	for (ask.by = 1; ask.by <= 200; ask.by++)
		cr_assert(ignored_names_take(&t.txn, &ask));
	cr_expect_eq(rows_of_ignored(), 200);
	/* Each that is made anew removes some of those behind it. */
	ask.now = 2000;
	for (ask.by = 1; ask.by <= 200; ask.by += 4)
		cr_assert(ignored_names_take(&t.txn, &ask));
	cr_expect(rows_of_ignored() <= 51, "%u rows", rows_of_ignored());
}

Test(renewal, advice_makes_one_owner_of_both)
{
	static const char *const members[] = {"key:kea1", "key:kea2"};
	static const char *const theirs[] = {"key:x1"};
	struct acl_group group[] = {{.name = "@dhcp", .is_acting = true, .count = 2},
				    {.name = "@x", .is_acting = true, .count = 1}};
	group[0].members = (const char **)members;
	group[1].members = (const char **)theirs;
	struct groups *groups = groups_of(group, 2), *none = groups_of(NULL, 0);
	static const struct {
		const char *owner, *by;
		bool has_group;
		const char *text;
	} rows[] = {
		{"key:kea1", "key:kea2", false, "group create @kea --acting key:kea1 key:kea2"},
		{"key:a", "gss:PC1$@R", false, "group create @shared --acting key:a 'gss:PC1$@R'"},
		{"key:kea1", "key:kea3", true, "group add @dhcp key:kea3"},
		{"key:kea1", "key:kea2", true, "owner transfer --from key:kea1 --to @dhcp"},
		{"@dhcp", "key:kea3", true, "group add @dhcp key:kea3"},
		{"key:old", "@dhcp", true, "group add @dhcp key:old"},
		/* Who is in an acting group is added to no other. */
		{"key:old", "key:kea1", true, "group add @dhcp key:old"},
		{"@dhcp", "key:x1", true,
		 "owner transfer --zone corp.example --from @dhcp --to @x --renewed-by key:x1"},
		{"key:kea1", "key:x1", true,
		 "owner transfer --zone corp.example --from key:kea1 --to @x --renewed-by key:x1"},
		{"key:kea1", "@x", true,
		 "owner transfer --zone corp.example --from key:kea1 --to @x"},
		{"anonymous", "key:kea", false,
		 "if key:kea serves these hosts `tenurectl owner transfer --zone corp.example "
		 "--from anonymous --to key:kea --renewed-by key:kea --plan` lists them; if it has "
		 "no business there a rule `deny key:kea write`"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const char *text = renewal_advice_text(&t.arena, rows[i].has_group ? groups : none,
						       "corp.example", rows[i].owner, rows[i].by);
		cr_expect(strstr(text, rows[i].text), "row %zu: %s", i, text);
	}
	groups_free(groups);
	groups_free(none);
}

Test(renewal, refreshes_by_mode_owner_and_right)
{
	static const struct {
		enum policy_mode mode;
		enum policy_owner owner;
		bool is_allowed;
		enum policy_reason reason;
		enum policy_right right;
		bool by_sending, by_prerequisite;
	} rows[] = {
		/* The owner, and whom a rule denies write, though it owns the record. */
		{POLICY_SECURE, POLICY_OWNER_REQUESTER, true, POLICY_OWN, POLICY_RIGHT_OWNERSHIP,
		 true, true},
		{POLICY_SECURE, POLICY_OWNER_REQUESTER, false, POLICY_DENIED, POLICY_RIGHT_WRITE,
		 false, false},
		/* Its own under a rule that it may not add by: it goes on. */
		{POLICY_SECURE, POLICY_OWNER_REQUESTER, false, POLICY_CLAUSE, POLICY_RIGHT_CLAIM,
		 true, true},
		/* Who may replace it, by sending it alone; takeover moved the owner before. */
		{POLICY_SECURE, POLICY_OWNER_OTHER, true, POLICY_BY_RULE, POLICY_RIGHT_WRITE, true,
		 false},
		{POLICY_SECURE, POLICY_OWNER_OTHER, true, POLICY_BY_RULE, POLICY_RIGHT_TAKEOVER,
		 false, false},
		{POLICY_SECURE, POLICY_OWNER_OTHER, false, POLICY_FOREIGN, POLICY_RIGHT_WRITE,
		 false, false},
		{POLICY_SECURE, POLICY_OWNER_ANONYMOUS, false, POLICY_FOREIGN, POLICY_RIGHT_WRITE,
		 false, false},
		{POLICY_SECURE, POLICY_OWNER_NOBODY, false, POLICY_IS_STATIC, POLICY_RIGHT_WRITE,
		 false, false},
		/* In a nonsecure zone whoever may change it. */
		{POLICY_NONSECURE, POLICY_OWNER_OTHER, true, POLICY_OPEN, POLICY_RIGHT_NOTHING,
		 true, true},
		{POLICY_NONSECURE, POLICY_OWNER_ANONYMOUS, true, POLICY_OPEN, POLICY_RIGHT_NOTHING,
		 true, true},
		{POLICY_NONSECURE, POLICY_OWNER_OTHER, false, POLICY_IS_STATIC, POLICY_RIGHT_WRITE,
		 false, false},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct policy_record record = {.change = POLICY_TTL, .owner = rows[i].owner};
		struct verdict verdict = {.is_allowed = rows[i].is_allowed,
					  .reason = rows[i].reason,
					  .right = rows[i].right};
		cr_expect_eq(update_refreshes(rows[i].mode, &record, &verdict, true),
			     rows[i].by_sending, "row %zu", i);
		cr_expect_eq(update_refreshes(rows[i].mode, &record, &verdict, false),
			     rows[i].by_prerequisite, "row %zu", i);
	}
}
