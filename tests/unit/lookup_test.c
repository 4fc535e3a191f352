/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "tests/unit/tempzone.h"
#include "zonedb/lookup.h"
#include "dns/type.h"
#include <criterion/criterion.h>

static struct tempzone t;

static void begin(void)
{
	tempzone_open(&t, "corp.example");
}

static void end(void)
{
	tempzone_free(&t);
}

TestSuite(lookup, .init = begin, .fini = end);

/* A zone without cuts, and what makes cuts of all kinds. */
static const char plain[] =
	"add a 60 A 10.0.0.1; add a 60 TXT x; add alias 60 CNAME a;"
	"add deep.empty.ent 60 A 10.0.0.2;"
	"add *.wild 60 TXT w; add *.wild 60 MX 1 a; add host.wild 60 A 10.0.0.3;"
	"add x.y.wild 60 A 10.0.0.4;"
	"add *.walias 60 CNAME a;"
	"add sub.*.star 60 TXT s;"
	"add *.dnsw 60 DNAME other.example.;"
	"add b-\\000.odd 60 A 10.0.0.5; add \\001.odd 60 A 10.0.0.6;";
static const char cuts[] = "add sub 60 NS ns.sub; add ns.sub 60 A 10.0.1.1; add sub 60 DS 1 8 2 00;"
			   "add occluded.sub 60 TXT o; add below.sub 60 NS ns.far.example.;"
			   "add *.sub 60 A 10.0.1.2;"
			   "add lame 60 NS ns.far.example.;"
			   "add under.ent 60 NS ns.far.example.;"
			   "add *.nsw 60 NS ns.far.example.;"
			   "add dn 60 DNAME target.example.; add dn 60 A 10.0.2.1;"
			   "add hidden.dn 60 A 10.0.2.2;"
			   "add both 60 NS ns.far.example.; add both 60 DNAME target.example.;";

struct row {
	const char *name;
	uint16_t type;
	enum lookup_kind kind;
	const char *at; /* NULL: not looked at */
	bool is_wildcard;
	uint16_t rrset; /* type of the RRset; 0: none */
};

#define A     DNS_TYPE_A
#define AAAA  DNS_TYPE_AAAA
#define TXT   DNS_TYPE_TXT
#define CNAME DNS_TYPE_CNAME
#define NS    DNS_TYPE_NS
#define DS    DNS_TYPE_DS
#define DNAME DNS_TYPE_DNAME
#define ANY   DNS_TYPE_ANY
#define SOA   DNS_TYPE_SOA

/* What holds with and without cuts elsewhere in the zone. */
static const struct row plain_rows[] = {
	{"@", SOA, LOOKUP_HIT, "@", false, SOA},
	{"@", NS, LOOKUP_HIT, "@", false, NS},
	{"@", A, LOOKUP_NODATA, "@", false, 0},
	{"a", A, LOOKUP_HIT, "a", false, A},
	{"a", AAAA, LOOKUP_NODATA, "a", false, 0},
	{"a", ANY, LOOKUP_HIT, "a", false, A},
	{"a", DS, LOOKUP_NODATA, "a", false, 0},
	{"below.a", A, LOOKUP_NXDOMAIN, NULL, false, 0},
	{"aa", A, LOOKUP_NXDOMAIN, NULL, false, 0},
	{"alias", A, LOOKUP_CNAME, "alias", false, CNAME},
	{"alias", CNAME, LOOKUP_HIT, "alias", false, CNAME},
	{"alias", ANY, LOOKUP_HIT, "alias", false, CNAME},
	/* Empty non-terminals exist. */
	{"ent", A, LOOKUP_NODATA, "ent", false, 0},
	{"empty.ent", A, LOOKUP_NODATA, NULL, false, 0},
	{"deep.empty.ent", A, LOOKUP_HIT, "deep.empty.ent", false, A},
	{"other.empty.ent", A, LOOKUP_NXDOMAIN, NULL, false, 0},
	{"emp.ent", A, LOOKUP_NXDOMAIN, NULL, false, 0},
	/* RFC 4592: only the wildcard right below the closest encloser answers. */
	{"any.wild", TXT, LOOKUP_HIT, "*.wild", true, TXT},
	{"any.wild", A, LOOKUP_NODATA, "*.wild", true, 0},
	{"any.wild", ANY, LOOKUP_HIT, "*.wild", true, DNS_TYPE_MX},
	{"more.any.wild", TXT, LOOKUP_HIT, "*.wild", true, TXT},
	{"*.wild", TXT, LOOKUP_HIT, "*.wild", false, TXT},
	{"*.wild", A, LOOKUP_NODATA, "*.wild", false, 0},
	{"x.*.wild", TXT, LOOKUP_NXDOMAIN, NULL, false, 0},
	{"host.wild", TXT, LOOKUP_NODATA, "host.wild", false, 0},
	{"x.host.wild", TXT, LOOKUP_NXDOMAIN, NULL, false, 0},
	{"y.wild", TXT, LOOKUP_NODATA, "y.wild", false, 0},
	{"z.y.wild", TXT, LOOKUP_NXDOMAIN, NULL, false, 0},
	{"wild", TXT, LOOKUP_NODATA, "wild", false, 0},
	{"any.walias", A, LOOKUP_CNAME, "*.walias", true, CNAME},
	{"any.walias", CNAME, LOOKUP_HIT, "*.walias", true, CNAME},
	/* An asterisk that is an empty non-terminal exists and has no data. */
	{"any.star", TXT, LOOKUP_NODATA, "*.star", true, 0},
	{"sub.any.star", TXT, LOOKUP_NODATA, "*.star", true, 0},
	{"*.star", TXT, LOOKUP_NODATA, "*.star", false, 0},
	{"sub.*.star", TXT, LOOKUP_HIT, "sub.*.star", false, TXT},
	/* RFC 6672 3.3: the DNAME of an asterisk is data to be matched, it redirects only what is
	 * below the asterisk itself. */
	{"any.dnsw", DNAME, LOOKUP_HIT, "*.dnsw", true, DNAME},
	{"any.dnsw", A, LOOKUP_NODATA, "*.dnsw", true, 0},
	{"x.*.dnsw", A, LOOKUP_DNAME, "*.dnsw", false, DNAME},
	/* Bytes that the key form writes in another way. */
	{"b-\\000.odd", A, LOOKUP_HIT, NULL, false, A},
	{"\\001.odd", A, LOOKUP_HIT, NULL, false, A},
	{"\\000.odd", A, LOOKUP_NXDOMAIN, NULL, false, 0},
	{"b-.odd", A, LOOKUP_NXDOMAIN, NULL, false, 0},
};

static const struct row cut_rows[] = {
	{"sub", NS, LOOKUP_DELEGATION, "sub", false, NS},
	{"sub", A, LOOKUP_DELEGATION, "sub", false, NS},
	{"sub", ANY, LOOKUP_DELEGATION, "sub", false, NS},
	{"sub", DS, LOOKUP_HIT, "sub", false, DS},
	{"lame", DS, LOOKUP_NODATA, "lame", false, 0},
	{"ns.sub", A, LOOKUP_DELEGATION, "sub", false, NS},
	{"occluded.sub", TXT, LOOKUP_DELEGATION, "sub", false, NS},
	{"below.sub", DS, LOOKUP_DELEGATION, "sub", false, NS},
	{"x.below.sub", A, LOOKUP_DELEGATION, "sub", false, NS},
	{"nothing.sub", A, LOOKUP_DELEGATION, "sub", false, NS},
	{"under.ent", A, LOOKUP_DELEGATION, "under.ent", false, NS},
	{"x.under.ent", A, LOOKUP_DELEGATION, "under.ent", false, NS},
	/* RFC 4592 4.2: what stands at an asterisk is not a delegation of what it matches. */
	{"any.nsw", NS, LOOKUP_HIT, "*.nsw", true, NS},
	{"any.nsw", A, LOOKUP_NODATA, "*.nsw", true, 0},
	{"x.*.nsw", A, LOOKUP_DELEGATION, "*.nsw", false, NS},
	{"dn", A, LOOKUP_HIT, "dn", false, A},
	{"dn", DNAME, LOOKUP_HIT, "dn", false, DNAME},
	{"dn", TXT, LOOKUP_NODATA, "dn", false, 0},
	{"x.dn", A, LOOKUP_DNAME, "dn", false, DNAME},
	{"x.dn", DS, LOOKUP_DNAME, "dn", false, DNAME},
	{"hidden.dn", A, LOOKUP_DNAME, "dn", false, DNAME},
	{"x.both", A, LOOKUP_DELEGATION, "both", false, NS},
};

static void expect_rows(const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct row *row = &rows[i];
		struct dns_name name = tempzone_name(&t, row->name);
		struct lookup found;
		lookup(&t.txn, &t.zone, &name, row->type, &found);
		cr_expect_eq(found.kind, row->kind, "%s type %u: kind %d", row->name, row->type,
			     found.kind);
		cr_expect_eq(found.is_wildcard, row->is_wildcard, "%s type %u", row->name,
			     row->type);
		cr_expect_eq(found.rrset.type, row->rrset, "%s type %u: rrset %u", row->name,
			     row->type, found.rrset.type);
		if (!row->at)
			continue;
		struct dns_name at = tempzone_name(&t, row->at);
		cr_expect(dns_name_equal(&at, &found.at), "%s type %u: at", row->name, row->type);
	}
}

#define EXPECT_ROWS(rows) expect_rows(rows, sizeof(rows) / sizeof((rows)[0]))

Test(lookup, answers_as_rfc_1034_and_4592_say_in_a_zone_without_cuts)
{
	tempzone_run(&t, "local:root", 1, plain);
	cr_assert_eq(t.zone.cut_count, 1); /* the DNAME of an asterisk */
	EXPECT_ROWS(plain_rows);
}

Test(lookup, answers_as_rfc_1034_and_4592_say_beside_cuts)
{
	tempzone_run(&t, "local:root", 1, plain);
	tempzone_run(&t, "local:root", 1, cuts);
	EXPECT_ROWS(plain_rows);
	EXPECT_ROWS(cut_rows);
}

Test(lookup, works_without_the_walk_when_no_cut_is_there)
{
	tempzone_run(&t, "local:root", 1, plain);
	tempzone_run(&t, "local:root", 1, "del *.dnsw");
	cr_assert_eq(t.zone.cut_count, 0);
	static const struct row rows[] = {
		{"a", A, LOOKUP_HIT, "a", false, A},
		{"any.wild", TXT, LOOKUP_HIT, "*.wild", true, TXT},
		{"ent", A, LOOKUP_NODATA, "ent", false, 0},
		{"any.dnsw", A, LOOKUP_NXDOMAIN, NULL, false, 0},
	};
	EXPECT_ROWS(rows);
}

Test(lookup, redirects_everything_below_an_apex_with_dname)
{
	tempzone_run(&t, "local:root", 1, "add @ 60 DNAME other.example.");
	static const struct row rows[] = {
		{"@", SOA, LOOKUP_HIT, "@", false, SOA},
		{"@", NS, LOOKUP_HIT, "@", false, NS},
		{"@", DNAME, LOOKUP_HIT, "@", false, DNAME},
		{"@", A, LOOKUP_NODATA, "@", false, 0},
		{"a", A, LOOKUP_DNAME, "@", false, DNAME},
		{"b.a", ANY, LOOKUP_DNAME, "@", false, DNAME},
	};
	EXPECT_ROWS(rows);
}

Test(lookup, says_broken_when_the_store_failed)
{
	struct lookup found;
	store_fail(&t.txn, STORE_CORRUPT);
	lookup(&t.txn, &t.zone, &t.zone.apex, SOA, &found);
	cr_expect_eq(found.kind, LOOKUP_BROKEN);
}

Test(lookup, knows_what_exists_and_what_is_glue)
{
	tempzone_run(&t, "local:root", 1, plain);
	tempzone_run(&t, "local:root", 1, cuts);
	static const struct {
		const char *name;
		bool exists, is_glue;
	} rows[] = {
		{"@", true, false},         {"a", true, false},         {"ent", true, false},
		{"nope", false, false},     {"any.wild", false, false}, {"sub", true, false},
		{"ns.sub", true, true},     {"gone.sub", false, false}, {"dn", true, false},
		{"hidden.dn", true, false},
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct dns_name name = tempzone_name(&t, rows[i].name);
		cr_expect_eq(lookup_exists(&t.txn, &t.zone, &name), rows[i].exists, "%s",
			     rows[i].name);
		cr_expect_eq(lookup_is_glue(&t.txn, &t.zone, &name), rows[i].is_glue, "%s",
			     rows[i].name);
	}
}
