/* SPDX-License-Identifier: BSD-2-Clause */
/* Names of a zone in data and rules, as they are when the zone has another name. */
#include "acl/rule_reroot.h"
#include "base/container.h"
#include "dns/rdata_reroot.h"
#include "dns/type.h"
#include <criterion/criterion.h>
#include <string.h>

static struct dns_name name_of(const char *text)
{
	struct dns_name name;
	cr_assert_not(dns_name_parse_text(&name, text));
	return name;
}

static bool moves_but_below(void *context, const struct dns_name *name)
{
	struct dns_name below = name_of("sub.corp.example");
	(void)context;
	return !dns_name_under(name, &below);
}

/* Every type with a name in its data: the table of shapes has no more. */
static const struct {
	const char *type, *was, *is;
	size_t count;
} data[] = {
	{"A", "10.0.0.1", "10.0.0.1", 0},
	{"NS", "ns.corp.example.", "ns.x.", 1},
	{"CNAME", "corp.example.", "x.", 1},
	{"CNAME", "A.b.CORP.Example.", "A.b.x.", 1},
	{"CNAME", "notcorp.example.", "notcorp.example.", 0},
	{"CNAME", "a.sub.corp.example.", "a.sub.corp.example.", 0},
	{"SOA", "ns.corp.example. h.corp.example. 1 2 3 4 5", "ns.x. h.x. 1 2 3 4 5", 2},
	{"PTR", "pc1.corp.example.", "pc1.x.", 1},
	{"MX", "10 mail.corp.example.", "10 mail.x.", 1},
	{"TXT", "\"www.corp.example.\"", "\"www.corp.example.\"", 0},
	{"RP", "a.corp.example. b.corp.example.", "a.x. b.x.", 2},
	{"SRV", "0 0 1 w.corp.example.", "0 0 1 w.x.", 1},
	{"NAPTR", "1 2 \"s\" \"\" \"\" _s.corp.example.", "1 2 \"s\" \"\" \"\" _s.x.", 1},
	{"DNAME", "d.corp.example.", "d.x.", 1},
	{"KX", "1 k.corp.example.", "1 k.x.", 1},
	{"SVCB", "1 s.corp.example. port=\"53\"", "1 s.x. port=53", 1},
	{"LP", "1 l.corp.example.", "1 l.x.", 1},
	{"IPSECKEY", "1 3 0 g.corp.example.", "1 3 0 g.x.", 1},
	{"IPSECKEY", "1 3 2 g.corp.example. AQID", "1 3 2 g.x. AQID", 1},
	{"IPSECKEY", "1 1 2 10.0.0.1 AQID", "1 1 2 10.0.0.1 AQID", 0},
	{"AMTRELAY", "1 0 3 g.corp.example.", "1 0 3 g.x.", 1},
	{"AMTRELAY", "1 0 0 .", "1 0 0 .", 0},
	{"HIP", "2 AABB AQID r.corp.example. s.other. t.corp.example.",
	 "2 AABB AQID r.x. s.other. t.x.", 2},
	{"HIP", "2 AABB AQID", "2 AABB AQID", 0},
	{"A6", "64 ::1 p.corp.example.", "64 ::1 p.x.", 1},
	{"A6", "0 2001:db8::1", "0 2001:db8::1", 0},
	{"A6", "128 p.corp.example.", "128 p.x.", 1},
	{"TYPE65280", "\\# 3 010203", "\\# 3 010203", 0},
};

Test(reroot, data)
{
	struct dns_name from = name_of("corp.example"), to = name_of("x"), root = dns_name_root();
	const struct dns_reroot how = {.from = &from, .to = &to, .moves = moves_but_below};
	for (size_t i = 0; i < sizeof data / sizeof *data; i++) {
		uint8_t was[1024], is[1024];
		char text[1024];
		uint16_t type;
		unsigned column;
		size_t count = 99;
		struct bytes_out in = bytes_out_of(was, sizeof was),
				 out = bytes_out_of(is, sizeof is);
		cr_assert(dns_type_parse(data[i].type, strlen(data[i].type), &type));
		const char *wrong = dns_rdata_parse_text(type, data[i].was, &root, &in, &column);
		cr_assert_not(wrong, "%s %s: %s", data[i].type, data[i].was, wrong);
		cr_expect(dns_rdata_reroot(&how, type, bytes_of(was, bytes_out_len(&in)), &out,
					   &count));
		dns_rdata_print(type, bytes_of(is, bytes_out_len(&out)), text, sizeof text);
		cr_expect_str_eq(text, data[i].is, "%s: %s", data[i].type, text);
		cr_expect_eq(count, data[i].count, "%s %s: %zu", data[i].type, data[i].was, count);
	}
}

Test(reroot, what_would_be_too_long_or_is_damaged_is_refused)
{
	char long_text[250];
	memset(long_text, 'x', sizeof long_text);
	for (size_t i = 60; i < sizeof long_text; i += 61)
		long_text[i] = '.';
	long_text[240] = '\0';
	struct dns_name from = name_of("corp.example"), to = name_of(long_text);
	const struct dns_reroot how = {.from = &from, .to = &to};
	struct dns_name target = name_of("a-long-enough-label.corp.example");
	uint8_t is[1024];
	size_t count;
	struct bytes_out out = bytes_out_of(is, sizeof is);
	cr_expect_not(dns_rdata_reroot(&how, DNS_TYPE_NS, bytes_of(target.wire, target.len), &out,
				       &count));
	out = bytes_out_of(is, sizeof is);
	cr_expect_not(dns_rdata_reroot(&how, DNS_TYPE_MX, bytes_of("\0", 1), &out, &count));
}

Test(reroot, rules)
{
	static const struct {
		const char *was, *is;
		size_t count;
	} rules[] = {
		{"", "", 0},
		{"allow key:a claim at www", "allow key:a claim at www", 0},
		{"allow key:a claim at www.corp.example.\n", "allow key:a claim at www.x.\n", 1},
		{"allow key:a claim at www.corp.example", "allow key:a claim at www.x", 1},
		{"allow key:a claim\tunder  corp.example. types A # at a.corp.example.",
		 "allow key:a claim\tunder  x. types A # at a.corp.example.", 1},
		{"# at www.corp.example.\nallow key:w.corp.example claim at @\r\n\n",
		 "# at www.corp.example.\nallow key:w.corp.example claim at @\r\n\n", 0},
		{"allow gss:host/at@R claim at a.notcorp.example.",
		 "allow gss:host/at@R claim at a.notcorp.example.", 0},
	};
	struct dns_name from = name_of("corp.example"), to = name_of("x");
	struct arena arena = {0};
	for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
		size_t count = 99;
		const char *is = rule_reroot(rules[i].was, &from, &to, &arena, &count);
		cr_expect_str_eq(is, rules[i].is, "%s", is);
		cr_expect_eq(count, rules[i].count);
	}
	arena_free(&arena);
}
