/* SPDX-License-Identifier: BSD-2-Clause */
#include "zonedb/notify_list.h"
#include <criterion/criterion.h>
#include <string.h>

static struct arena arena;

static void end(void)
{
	arena_free(&arena);
}

TestSuite(notify_list, .fini = end);

Test(notify_list, is_read_as_people_write_it)
{
	static const struct {
		const char *text, *printed;
	} rows[] = {
		{"none", "none"},
		{" none ", "none"},
		{"ns", "ns@53"},
		{"ns@5300", "ns@5300"},
		{"ns key K.Example.", "ns@53 key k.example"},
		{"192.0.2.7", "192.0.2.7@53"},
		{"192.0.2.7@5353", "192.0.2.7@5353"},
		{"2001:DB8::7@5353\tkey  xfr ", "2001:db8::7@5353 key xfr"},
		{"192.0.2.7, 192.0.2.7@54 key a , ns", "192.0.2.7@53,192.0.2.7@54 key a,ns@53"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct notify_list list, again;
		const char *problem = notify_list_parse(&list, rows[i].text, &arena);
		cr_assert_null(problem, "%s: %s", rows[i].text, problem);
		char *text = notify_list_print(&list, &arena);
		cr_expect_str_eq(text, rows[i].printed, "%s: %s", rows[i].text, text);
		cr_assert_null(notify_list_parse(&again, text, &arena));
		cr_expect_str_eq(notify_list_print(&again, &arena), text);
		cr_expect_eq(again.count, list.count);
	}
}

Test(notify_list, says_what_is_wrong)
{
#define NOT_A_PEER " is not none, ns or an address, with [@PORT][ key NAME] behind it"
	static const struct {
		const char *text, *problem;
	} rows[] = {
		{"", "''" NOT_A_PEER},
		{",", "''" NOT_A_PEER},
		{"ns,", "''" NOT_A_PEER},
		{"ns2", "'ns2'" NOT_A_PEER},
		{"none,ns", "'none'" NOT_A_PEER},
		{"ns1.corp.example", "'ns1.corp.example'" NOT_A_PEER},
		{"192.0.2.7 key", "'192.0.2.7 key'" NOT_A_PEER},
		{"192.0.2.7 k", "'192.0.2.7 k'" NOT_A_PEER},
		{"192.0.2.7 keys x", "'192.0.2.7 keys x'" NOT_A_PEER},
		{"192.0.2.7@99999", "'192.0.2.7@99999': the port behind @ is not a number from 0 "
				    "to 65535"},
		{"192.0.2.7@0", "'192.0.2.7@0': no packet can be sent to port 0"},
		{"ns@0", "'ns@0': no packet can be sent to port 0"},
		{"0.0.0.0", "'0.0.0.0' is not the address of one server"},
		{"255.255.255.255", "'255.255.255.255' is not the address of one server"},
		{"224.0.0.1", "'224.0.0.1' is not the address of one server"},
		{"::", "'::' is not the address of one server"},
		{"ff02::1", "'ff02::1' is not the address of one server"},
		{"192.0.2.7 key a..b", "'a..b' is not a key's name: empty label in a name"},
		{"192.0.2.7 key a b", "'192.0.2.7 key a b'" NOT_A_PEER},
		{"192.0.2.7 key a\\044b",
		 "'a\\044b' is not a key's name: a comma cannot stand in it here"},
		{"192.0.2.7,192.0.2.7@53 key k", "'192.0.2.7@53 key k' is named twice"},
		{"ns,ns@54", "'ns@54' is named twice"},
		{"1.1.1.1,1.1.1.2,1.1.1.3,1.1.1.4,1.1.1.5,1.1.1.6,1.1.1.7,1.1.1.8,1.1.1.9,"
		 "1.1.1.10,1.1.1.11,1.1.1.12,1.1.1.13,1.1.1.14,1.1.1.15,1.1.1.16,1.1.1.17",
		 "more than 16 peers"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct notify_list list;
		const char *problem = notify_list_parse(&list, rows[i].text, &arena);
		cr_assert_not_null(problem, "%s", rows[i].text);
		cr_expect_str_eq(problem, rows[i].problem, "%s: %s", rows[i].text, problem);
	}
}
