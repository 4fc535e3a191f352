/* SPDX-License-Identifier: BSD-2-Clause */
/* Whose records are that come from a server without owners. */
#include "migrate/site_owner.h"
#include "dns/type.h"
#include <criterion/criterion.h>

#define DHCID "AAEBK7OYxOoDrS9qQt63LriowW12lNl7FnEmeraTXJRlGdI="

static struct site_zone *make_zone(struct site *site, const char *apex, const char *text,
				   const char *const *rules)
{
	char error[SITE_ERROR_MAX] = "";
	struct dns_name name;
	cr_assert_null(dns_name_parse_text(&name, apex));
	struct site_zone *zone = site_zone_add(site, &name, (struct site_place){0});
	cr_assert(zone);
	cr_assert(site_zonefile(zone, "f", bytes_of(text, strlen(text)), false, error), "%s",
		  error);
	for (; *rules; rules++)
		site_rule(zone, (struct site_place){0}, NULL, "%s", *rules);
	return zone;
}

static void make_keys(struct site *site, const char *const *names)
{
	for (; *names; names++)
		cr_assert(
			site_key(site, *names, "hmac-sha256", "MDEyMw==", (struct site_place){0}));
}

static const struct site_record *record_of(const struct site_zone *zone, const char *text,
					   uint16_t type)
{
	struct dns_name name;
	cr_assert_null(dns_name_parse_text(&name, text));
	for (size_t i = 0; i < zone->count; i++)
		if (zone->records[i]->type == type && dns_name_equal(zone->records[i]->name, &name))
			return zone->records[i];
	cr_assert_fail("there is no %s", text);
	return NULL;
}

#define FORWARD_ZONE                                                                               \
	"@ 60 SOA ns1 host 1 2 3 4 5\n@ 60 NS ns1\nns1 60 A 192.0.2.53\n"                          \
	"pc1 60 A 192.0.2.7\npc1 60 DHCID " DHCID "\npc1 60 TXT note\nup 60 A 192.0.2.9\n"
#define REVERSE_ZONE                                                                               \
	"@ 60 SOA ns1.z.example. host 1 2 3 4 5\n@ 60 NS ns1.z.example.\n7 60 PTR "                \
	"pc1.z.example.\n"                                                                         \
	"53 60 PTR ns1.z.example.\n"

static const char *const one[] = {"kea1", NULL}, *const two[] = {"kea1", "web", NULL};
static const char *const no_rules[] = {NULL};

Test(site_owner, a_lease_belongs_to_the_one_key_that_could_have_made_it)
{
	static const char *const rules[] = {"allow key:kea1 claim,join,write under @ types "
					    "A,AAAA,DHCID",
					    "allow key:web claim,join,write at www", NULL};
	struct site site;
	site_open(&site, 1000);
	make_keys(&site, two);
	struct site_zone *zone = make_zone(&site, "z.example", FORWARD_ZONE, rules);
	site_owners(&site);
	const struct site_record *a = record_of(zone, "pc1.z.example", DNS_TYPE_A);
	cr_expect_str_eq(a->owner, "key:kea1");
	cr_expect(a->class == DNS_AGE_DYNAMIC && a->stamp == 1000);
	/* An administrator's note there does not age. */
	cr_expect_eq(record_of(zone, "pc1.z.example", DNS_TYPE_TXT)->class, DNS_AGE_STATIC);
	cr_expect_eq(record_of(zone, "ns1.z.example", DNS_TYPE_A)->class, DNS_AGE_STATIC);
	site_free(&site);
}

Test(site_owner, of_several_keys_the_one_that_also_writes_the_reverse_zone)
{
	static const char *const rules[] = {"allow key:kea1 claim,join,write under @",
					    "allow key:web claim,join,write under @", NULL};
	static const char *const reverse_rules[] = {"allow key:kea1 claim,join,write under @",
						    NULL};
	struct site site;
	site_open(&site, 1000);
	make_keys(&site, two);
	struct site_zone *zone = make_zone(&site, "z.example", FORWARD_ZONE, rules);
	struct site_zone *reverse =
		make_zone(&site, "2.0.192.in-addr.arpa", REVERSE_ZONE, reverse_rules);
	site_owners(&site);
	cr_expect_str_eq(record_of(zone, "pc1.z.example", DNS_TYPE_A)->owner, "key:kea1");
	const struct site_record *ptr = record_of(reverse, "7.2.0.192.in-addr.arpa", DNS_TYPE_PTR);
	cr_expect(ptr->class == DNS_AGE_DYNAMIC && strcmp(ptr->owner, "key:kea1") == 0);
	cr_expect_str_eq(ptr->because, "PTR to a name with DHCID");
	cr_expect_eq(record_of(reverse, "53.2.0.192.in-addr.arpa", DNS_TYPE_PTR)->class,
		     DNS_AGE_STATIC);
	cr_expect_null(site.groups);
	site_free(&site);
}

Test(site_owner, of_several_that_cannot_be_told_apart_the_acting_group)
{
	static const char *const rules[] = {"allow key:* claim,join,write under @", NULL};
	struct site site;
	site_open(&site, 1000);
	make_keys(&site, two);
	struct site_zone *zone = make_zone(&site, "z.example", FORWARD_ZONE, rules);
	site_owners(&site);
	cr_expect_str_eq(record_of(zone, "pc1.z.example", DNS_TYPE_A)->owner, "@dhcp");
	cr_assert(site.groups);
	cr_expect(site.groups->is_acting && site.groups->count == 2);
	cr_expect_str_eq(site.groups->members[1], "key:web");
	site_free(&site);
}

Test(site_owner, what_an_update_made_is_pinned_and_its_maker_s_or_nobody_s)
{
	static const char *const own[] = {"deny key:kea1 claim at up",
					  "allow key:kea1 claim,join,write under @",
					  "allow key:web claim,join,write under @ types A", NULL};
	static const char *const closer[] = {"allow key:kea1 claim,join,write under @ types A",
					     "allow key:web claim,join,write at up", NULL};
	static const char *const both[] = {"allow key:* claim,join,write under @", NULL};
	static const char *const unsigned_too[] = {
		"allow key:kea1 claim,join,write under @",
		"allow anonymous claim,join,write from 192.0.2.5/32", NULL};
	static const struct {
		const char *const *keys, *const *rules, *owner;
	} cases[] = {{two, own, "key:web"},
		     {two, closer, "key:web"},
		     {two, both, "anonymous"},
		     {one, unsigned_too, "anonymous"},
		     {one, no_rules, "anonymous"}};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct site site;
		site_open(&site, 1000);
		make_keys(&site, cases[i].keys);
		struct site_zone *zone =
			make_zone(&site, "z.example", FORWARD_ZONE, cases[i].rules);
		for (size_t n = 0; n < zone->count; n++)
			zone->records[n]->was_updated = true;
		site_owners(&site);
		const struct site_record *up = record_of(zone, "up.z.example", DNS_TYPE_A);
		cr_expect_eq(up->class, DNS_AGE_PINNED);
		cr_expect_str_eq(up->owner, cases[i].owner, "case %zu: %s", i, up->owner);
		cr_expect_eq(record_of(zone, "z.example", DNS_TYPE_SOA)->class, DNS_AGE_STATIC);
		cr_expect_eq(record_of(zone, "z.example", DNS_TYPE_NS)->class, DNS_AGE_STATIC);
		site_free(&site);
	}
}

Test(site_owner, a_ptr_goes_to_its_forward_record_s_owner_on_request)
{
	struct site site;
	site_open(&site, 1000);
	struct site_zone *zone =
		make_zone(&site, "z.example", FORWARD_ZONE "pc1 60 A 192.0.2.8\n", no_rules);
	struct site_zone *reverse = make_zone(&site, "2.0.192.in-addr.arpa",
					      REVERSE_ZONE "9 60 PTR pc1.z.example.\n", no_rules);
	for (size_t n = 0; n < zone->count; n++)
		zone->records[n]->owner = "gss:PC1$@Z.EXAMPLE";
	for (size_t n = 0; n < reverse->count; n++)
		reverse->records[n]->owner = "gss:dhcp@Z.EXAMPLE";
	site_owners_forward(&site);
	cr_expect_str_eq(record_of(reverse, "7.2.0.192.in-addr.arpa", DNS_TYPE_PTR)->owner,
			 "gss:PC1$@Z.EXAMPLE");
	/* pc1 does not have that address. */
	cr_expect_str_eq(record_of(reverse, "9.2.0.192.in-addr.arpa", DNS_TYPE_PTR)->owner,
			 "gss:dhcp@Z.EXAMPLE");
	site_free(&site);
}
