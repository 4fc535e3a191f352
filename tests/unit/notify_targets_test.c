/* SPDX-License-Identifier: BSD-2-Clause */
#include "outbound/notify_targets.h"
#include "tests/unit/rows.h"
#include "tests/unit/tempzone.h"
#include <criterion/criterion.h>
#include <string.h>
#include <unistd.h>

static struct tempzone t;
static struct snapshot snapshot;
static struct notify_self self;
static struct addr listen_at[2];

static void begin(void)
{
	tempzone_open(&t, "corp.example");
	snapshot = (struct snapshot){0};
}

static void end(void)
{
	snapshot_forget(&snapshot);
	tempzone_free(&t);
}

TestSuite(notify_targets, .init = begin, .fini = end);

static void listen_to(const char *first, const char *second)
{
	self = (struct notify_self){listen_at, second ? 2 : 1};
	cr_assert_null(addr_parse(first, 53, &listen_at[0]));
	if (second)
		cr_assert_null(addr_parse(second, 53, &listen_at[1]));
}

/* The targets of this setting, in words. */
static const char *targets_of(const char *notify)
{
	struct notify_target out[NOTIFY_TARGETS_MAX];
	char text[ADDR_TEXT_MAX], name[DNS_NAME_TEXT_MAX], key[DNS_NAME_TEXT_MAX];
	struct zone zone = t.zone;
	cr_assert_null(zone_setting_parse(&zone, "notify", notify, &t.arena));
	rows_zone_put(&t.txn, &zone);
	cr_assert(snapshot_use(&snapshot, &t.txn));
	size_t count = notify_targets(&snapshot, &zone, &self, &t.arena, out);
	const char *all = "";
	for (size_t i = 0; i < count; i++) {
		addr_print(&out[i].addr, text);
		all = arena_print(&t.arena, "%s%s%s%s", all, i ? " " : "",
				  out[i].has_address ? text : dns_name_show(&out[i].ns, name),
				  out[i].has_key ? dns_name_show(&out[i].key, key) : "");
	}
	return all;
}

Test(notify_targets, are_what_is_listed_and_the_name_servers)
{
	listen_to("127.0.0.1", NULL);
	/* The SOA's MNAME is ns.elsewhere. */
	tempzone_run(&t, "local:root", 1000,
		     "static @ 60 NS ns2; static @ 60 NS ns3; static @ 60 NS far.example.net.; "
		     "static ns2 60 A 192.0.2.2; static ns2 60 AAAA 2001:db8::2; "
		     "static ns3 60 A 192.0.2.3; static ns3 60 A 127.0.0.1");
	cr_expect_str_eq(targets_of("none"), "");
	cr_expect_str_eq(targets_of("192.0.2.9@54"), "192.0.2.9@54");
	const char *servers = targets_of("ns");
	cr_expect_str_eq(servers, "far.example.net 192.0.2.2@53 2001:db8::2@53 192.0.2.3@53", "%s",
			 servers);
	/* One that is listed by itself too has the key that stands there. */
	const char *keys = targets_of("ns@54 key a., 192.0.2.3@54 key b.");
	cr_expect_str_eq(keys,
			 "192.0.2.3@54b far.example.neta 192.0.2.2@54a 2001:db8::2@54a "
			 "127.0.0.1@54a",
			 "%s", keys);
}

Test(notify_targets, are_bounded)
{
	listen_to("127.0.0.1", NULL);
	tempzone_run(&t, "local:root", 1000, "static @ 60 NS ns2");
	for (unsigned i = 0; i < NOTIFY_TARGETS_MAX + 5; i++) {
		char *add = arena_print(&t.arena, "static ns2 60 A 192.0.2.%u", i);
		tempzone_run(&t, "local:root", 1000 + i, add);
	}
	struct notify_target out[NOTIFY_TARGETS_MAX];
	struct zone zone = t.zone;
	cr_assert_null(zone_setting_parse(&zone, "notify", "ns", &t.arena));
	rows_zone_put(&t.txn, &zone);
	cr_assert(snapshot_use(&snapshot, &t.txn));
	cr_expect_eq(notify_targets(&snapshot, &zone, &self, &t.arena, out), NOTIFY_TARGETS_MAX);
}

static bool is_self(const char *text)
{
	struct addr a;
	cr_assert_null(addr_parse(text, 53, &a));
	return notify_self_is(&self, &a);
}

Test(notify_targets, ourselves_are_where_we_answer)
{
	listen_to("192.0.2.1", "::1@5353");
	cr_expect(is_self("192.0.2.1"));
	cr_expect_not(is_self("192.0.2.1@54"));
	cr_expect_not(is_self("192.0.2.2"));
	cr_expect(is_self("::1@5353"));
	cr_expect_not(is_self("::1"));
	listen_to("0.0.0.0", NULL);
	cr_expect(is_self("127.0.0.1"));
	cr_expect(is_self("127.9.9.9"));
	cr_expect_not(is_self("192.0.2.1"));
	cr_expect_not(is_self("::1"));
}

/* The address that a packet to `target` comes from. */
static const char *source_to(const char *target)
{
	char text[ADDR_TEXT_MAX];
	struct addr to, from = {.len = sizeof from.v6};
	cr_assert_null(addr_parse(target, 53, &to));
	int fd = notify_connect(&self, &to);
	cr_assert_geq(fd, 0);
	cr_assert_eq(getsockname(fd, &from.any, &from.len), 0);
	cr_expect_neq(addr_port(&from), 53);
	addr_print_host(&from, text);
	close(fd);
	return arena_text(&t.arena, text, strlen(text));
}

Test(notify_targets, are_told_from_an_address_at_which_we_answer)
{
	listen_to("127.0.0.1", NULL);
	cr_expect_str_eq(source_to("127.0.0.9"), "127.0.0.1");
	listen_to("127.0.0.5", NULL);
	cr_expect_str_eq(source_to("127.0.0.9"), "127.0.0.5");
	listen_to("127.0.0.5", "0.0.0.0");
	cr_expect_str_eq(source_to("127.0.0.9"), "127.0.0.1", "we answer everywhere");
	listen_to("0.0.0.0", "127.0.0.5");
	cr_expect_str_eq(source_to("127.0.0.9"), "127.0.0.1");
	listen_to("::1", NULL);
	cr_expect_str_eq(source_to("127.0.0.9"), "127.0.0.1", "none of the family is ours");
}
