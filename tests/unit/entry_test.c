/* SPDX-License-Identifier: BSD-2-Clause */
#include "journal/entry.h"
#include <criterion/criterion.h>

static struct arena arena;

static void end(void)
{
	arena_free(&arena);
}

TestSuite(entry, .fini = end);

static struct dns_name name(const char *text)
{
	struct dns_name n;
	cr_assert_null(dns_name_parse_text(&n, text));
	return n;
}

static void expect_text(const char *a, const char *b)
{
	if (a && b)
		cr_expect_str_eq(a, b);
	else
		cr_expect_eq(a, b);
}

static void expect_state(const struct record_state *a, const struct record_state *b)
{
	cr_expect_eq(a->ttl, b->ttl);
	cr_expect_eq(a->stamp, b->stamp);
	cr_expect_eq(a->class, b->class);
	expect_text(a->owner, b->owner);
}

static void expect_same(const struct entry *a, const struct entry *b)
{
	cr_expect_eq(a->seq, b->seq);
	cr_expect_eq(a->time_us, b->time_us);
	cr_expect_eq(a->kind, b->kind);
	cr_expect_eq(a->has_zone, b->has_zone);
	cr_expect_eq(a->zone_id, b->zone_id);
	cr_expect(!a->has_zone || dns_name_equal(&a->zone, &b->zone));
	cr_expect_eq(a->serial_before, b->serial_before);
	cr_expect_eq(a->serial_after, b->serial_after);
	expect_text(a->principal, b->principal);
	expect_text(a->acting, b->acting);
	expect_text(a->key, b->key);
	cr_expect_eq(a->event, b->event);
	expect_text(a->unknown_event, b->unknown_event);
	expect_text(a->reason, b->reason);
	expect_text(a->subject, b->subject);
	expect_text(a->code, b->code);
	expect_text(a->owner, b->owner);
	expect_text(a->rule, b->rule);
	cr_expect(bytes_equal(a->prerequisites, b->prerequisites));
	cr_expect(a->source.len == b->source.len &&
		  (!a->source.len || addr_equal(&a->source, &b->source)));
	cr_expect_eq(a->transport, b->transport);
	cr_expect_eq(a->message_id, b->message_id);
	cr_expect_eq(a->rcode, b->rcode);
	cr_expect_eq(a->folded, b->folded);
	cr_expect_eq(a->run, b->run);
	cr_assert_eq(a->change_count, b->change_count);
	for (size_t i = 0; i < a->change_count; i++) {
		const struct change *x = &a->changes[i], *y = &b->changes[i];
		cr_expect_eq(x->what, y->what);
		cr_expect(dns_name_equal(&x->name, &y->name));
		cr_expect_eq(x->type, y->type);
		cr_expect(bytes_equal(x->rdata, y->rdata));
		cr_expect_eq(x->previous, y->previous);
		expect_state(&x->was, &y->was);
		expect_state(&x->is, &y->is);
	}
}

/* An entry with everything in it. */
static struct entry full(struct change changes[5])
{
	struct record_state a = {
		.ttl = 1200, .stamp = 1767603600, .class = RECORD_DYNAMIC, .owner = "key:host1"};
	struct record_state b = {
		.ttl = 300, .stamp = 1767703600, .class = RECORD_PINNED, .owner = "@dhcp"};
	struct record_state c = {
		.ttl = UINT32_MAX, .stamp = 0, .class = RECORD_STATIC, .owner = NULL};
	changes[0] = (struct change){
		CHANGE_ADDED, name("pc1.corp.example"), 1, bytes_of("\x0a\0\0\7", 4), {0}, a, 0};
	changes[1] = (struct change){
		CHANGE_REMOVED, name("pc1.corp.example"), 16, bytes_of("\5hello", 6), b, {0}, 7};
	changes[2] = (struct change){
		CHANGE_ALTERED, name("corp.example"), 65280, bytes_of("", 0), a, b, UINT64_MAX};
	changes[3] = (struct change){
		CHANGE_REFRESHED, name("else.where"), 1, bytes_of("\x0a\0\0\7", 4), c, c, 1};
	changes[4] =
		(struct change){CHANGE_ADDED, name("."), 1, bytes_of("\1\2\3\4", 4), {0}, c, 0};
	struct entry e = {
		.seq = 1ull << 40,
		.time_us = 1767603600123456,
		.kind = ENTRY_UPDATE,
		.has_zone = true,
		.zone_id = UINT32_MAX,
		.zone = name("corp.example"),
		.serial_before = UINT32_MAX,
		.serial_after = 0,
		.principal = "key:host1",
		.acting = "@dhcp",
		.key = "host1",
		.transport = ENTRY_TCP,
		.message_id = 65535,
		.rcode = 65535,
		.event = EVENT_KEY_CREATE,
		.reason = "because",
		.subject = "",
		.code = "foreign",
		.owner = "key:host2",
		.rule = "allow authenticated claim",
		.prerequisites = bytes_of("\0\0\1\0\xff\0\0", 7),
		.folded = UINT32_MAX,
		.run = UINT64_MAX,
		.changes = changes,
		.change_count = 5,
	};
	cr_assert_null(addr_parse("2001:db8::1@5353", 53, &e.source));
	return e;
}

Test(entry, comes_back_whole)
{
	struct change changes[5];
	struct entry e = full(changes), back;
	cr_assert(entry_unpack(&back, entry_pack(&e, &arena), &arena));
	expect_same(&e, &back);
}

Test(entry, comes_back_whole_when_it_is_almost_empty)
{
	struct entry e = {.kind = ENTRY_RUN}, back;
	struct bytes packed = entry_pack(&e, &arena);
	cr_assert(entry_unpack(&back, packed, &arena));
	expect_same(&e, &back);
	cr_expect_leq(packed.len, 16);
}

Test(entry, keeps_the_word_of_an_event_of_a_later_version)
{
	struct entry e = {
		.kind = ENTRY_ADMIN, .event = EVENT_UNKNOWN, .unknown_event = "zone-sign"};
	struct entry back;
	cr_assert(entry_unpack(&back, entry_pack(&e, &arena), &arena));
	expect_same(&e, &back);
	cr_expect_str_eq(entry_event_word(&back), "zone-sign");
	e.unknown_event = NULL;
	cr_assert(entry_unpack(&back, entry_pack(&e, &arena), &arena));
	cr_expect_eq(back.event, EVENT_NONE);
}

Test(entry, does_not_repeat_names_and_owners)
{
	struct change changes[100];
	struct record_state is = {.ttl = 1200,
				  .stamp = 1767603600,
				  .class = RECORD_DYNAMIC,
				  .owner = "gss:PC1$@CORP.EXAMPLE"};
	for (unsigned i = 0; i < 100; i++)
		changes[i] = (struct change){CHANGE_ADDED,
					     name("pc1.corp.example"),
					     1,
					     bytes_of("\x0a\0\0\7", 4),
					     {0},
					     is,
					     0};
	struct entry e = {.kind = ENTRY_UPDATE,
			  .has_zone = true,
			  .zone = name("corp.example"),
			  .changes = changes,
			  .change_count = 100};
	cr_expect_leq(entry_pack(&e, &arena).len, 100 * 17 + 100);
}

Test(entry, a_shorter_or_longer_one_is_damaged)
{
	struct change changes[5];
	struct entry e = full(changes), back;
	struct bytes packed = entry_pack(&e, &arena);
	for (size_t len = 0; len < packed.len; len++)
		cr_expect_not(entry_unpack(&back, bytes_of(packed.data, len), &arena), "%zu", len);
	uint8_t *longer = arena_alloc(&arena, packed.len + 1);
	memcpy(longer, packed.data, packed.len);
	longer[packed.len] = 0;
	cr_expect_not(entry_unpack(&back, bytes_of(longer, packed.len + 1), &arena));
}

Test(entry, any_changed_byte_is_survived)
{
	struct change changes[5];
	struct entry e = full(changes), back;
	struct bytes packed = entry_pack(&e, &arena);
	struct arena each = {0};
	for (size_t at = 0; at < packed.len; at++) {
		for (unsigned bit = 0; bit < 8; bit++) {
			uint8_t *copy = arena_copy(&each, packed.data, packed.len);
			copy[at] ^= (uint8_t)(1u << bit);
			entry_unpack(&back, bytes_of(copy, packed.len), &each);
			arena_reset(&each);
		}
	}
	arena_free(&each);
}

Test(entry, kinds_and_classes_have_names)
{
	enum record_class class;
	cr_expect_str_eq(entry_kind_name(ENTRY_TRANSFER_IN), "transfer-in");
	cr_expect_null(entry_kind_name((enum entry_kind)0));
	cr_expect_null(entry_kind_name((enum entry_kind)99));
	for (enum record_class c = RECORD_STATIC; c <= RECORD_PINNED; c++) {
		cr_assert(record_class_parse(record_class_name(c), &class));
		cr_expect_eq(class, c);
	}
	cr_expect_not(record_class_parse("Static", &class));
}

static struct bytes row_of(const char *word, const char *value)
{
	struct state_row_writer row = {.arena = &arena};
	state_row_put_text(&row, word, value);
	return state_row_end(&row);
}

Test(entry, a_stated_row_comes_back_as_one)
{
	struct state_change rows[2] = {{.table = STATE_GROUP,
					.key = bytes_of("dhcp", 4),
					.has_new = true,
					.new = row_of("member", "key:a"),
					.is_stated = true},
				       {.table = STATE_GROUP,
					.key = bytes_of("ops", 3),
					.has_new = true,
					.new = row_of("member", "key:b")}};
	struct entry e = {.kind = ENTRY_ADMIN, .rows = rows, .row_count = 2}, got = {0};
	cr_assert(entry_unpack(&got, entry_pack(&e, &arena), &arena));
	cr_assert_eq(got.row_count, 2);
	cr_expect(got.rows[0].is_stated && !got.rows[0].has_old && got.rows[0].has_new);
	cr_expect_not(got.rows[1].is_stated);
	cr_expect(entry_is_statement(&got));
	e.rows = &rows[1];
	e.row_count = 1;
	cr_assert(entry_unpack(&got, entry_pack(&e, &arena), &arena));
	cr_expect_not(entry_is_statement(&got));
}

Test(entry, a_stated_row_has_no_old_side)
{
	struct state_change row = {.table = STATE_GROUP,
				   .key = bytes_of("dhcp", 4),
				   .has_old = true,
				   .old = row_of("member", "key:a"),
				   .has_new = true,
				   .new = row_of("member", "key:b"),
				   .is_stated = true};
	struct entry e = {.kind = ENTRY_ADMIN, .rows = &row, .row_count = 1}, got;
	cr_expect_not(entry_unpack(&got, entry_pack(&e, &arena), &arena));
	row.has_old = row.has_new = false;
	cr_expect_not(entry_unpack(&got, entry_pack(&e, &arena), &arena));
}

Test(entry, words_are_of_format_1_and_change_no_record)
{
	struct change change = {0};
	struct entry e = {.format = 1, .kind = ENTRY_SETTING};
	cr_expect(entry_is_words(&e));
	e.kind = ENTRY_DENIED;
	cr_expect_not(entry_is_words(&e));
	e.kind = ENTRY_UPDATE;
	e.changes = &change;
	e.change_count = 1;
	cr_expect_not(entry_is_words(&e));
	e = (struct entry){.format = 2, .kind = ENTRY_SETTING};
	cr_expect_not(entry_is_words(&e));
}
