/* SPDX-License-Identifier: BSD-2-Clause */
/* Lease files of Kea: which rows count, and the DHCIDs of RFC 4701 3.6. */
#include "ctl/kea_lease.h"
#include "base/codec.h"
#include <criterion/criterion.h>

#define ROWS(table) (sizeof(table) / sizeof(table)[0])
#define HEAD4                                                                                      \
	"address,hwaddr,client_id,valid_lifetime,expire,subnet_id,fqdn_fwd,fqdn_rev,hostname,"     \
	"state,user_context,pool_id\n"
#define HEAD6                                                                                      \
	"address,duid,valid_lifetime,expire,subnet_id,pref_lifetime,lease_type,iaid,prefix_len,"   \
	"fqdn_fwd,fqdn_rev,hostname,hwaddr,state,user_context,hwtype,hwaddr_source,pool_id\n"

static struct kea_leases leases;

static bool read_leases(const char *text)
{
	kea_leases_free(&leases);
	leases = (struct kea_leases){0};
	return kea_leases_read(&leases, text, strlen(text));
}

Test(kea_lease, dhcids_are_those_of_the_rfc)
{
	static const struct {
		const char *text, *dhcid;
	} rows[] = {
		{HEAD6 "2001:db8::1234:5678,00:01:00:06:41:2d:f1:66:01:02:03:04:05:06,4000,2000000"
		       "000,1,3000,0,7,128,1,1,chi6.example.com.,,0,,,,0\n",
		 "AAIBY2/AuCccgoJbsaxcQc9TUapptP69lOjxfNuVAA2kjEA="},
		{HEAD4 "192.0.2.2,01:02:03:04:05:06,01:07:08:09:0a:0b:0c,4000,2000000000,1,1,1,"
		       "chi.example.com,0,,0\n",
		 "AAEBOSD+XR3Os/0LozeXVqcNc7FwCfQdWL3b/NaiUDlW2No="},
		{HEAD4 "192.0.2.3,01:02:03:04:05:06,,4000,2000000000,1,1,1,CLIENT.example.com.,0,"
		       ",0\n",
		 "AAABxLmlskllE0MVjd57zHcWmEH3pCQ6VytcKD//7es/deY="},
		/* A client of RFC 4361 has the DUID of its IPv6 lease. */
		{HEAD4 "192.0.2.4,,ff:00:00:00:09:00:01:00:06:41:2d:f1:66:01:02:03:04:05:06,4000,"
		       "2000000000,1,1,1,chi6.example.com,0,,0\n",
		 "AAIBY2/AuCccgoJbsaxcQc9TUapptP69lOjxfNuVAA2kjEA="},
	};
	for (size_t i = 0; i < ROWS(rows); i++) {
		uint8_t text[64];
		struct bytes_out out = bytes_out_of(text, sizeof text);
		cr_assert(read_leases(rows[i].text), "%s", leases.error);
		cr_assert_eq(leases.count, 1);
		const struct kea_lease *lease = leases.first;
		cr_assert(lease->is_active && lease->has_forward && lease->has_dhcid);
		codec_print(CODEC_BASE64, bytes_of(lease->dhcid, KEA_DHCID_LEN), &out);
		cr_expect_eq(bytes_out_len(&out), strlen(rows[i].dhcid));
		cr_expect_eq(memcmp(text, rows[i].dhcid, strlen(rows[i].dhcid)), 0, "row %zu", i);
	}
	kea_leases_free(&leases);
}

Test(kea_lease, the_last_row_of_an_address_counts)
{
	cr_assert(read_leases(HEAD4 "10.0.0.1,,,60,100,1,1,0,a.example,0,,0\n"
				    "10.0.0.2,,,60,100,1,1,1,b.example,0,{ \"x\": 1&#x2c 2 },0\n"
				    "\n"
				    "10.0.0.1,,,60,200,1,1,1,c.example,2,,0\r\n"
				    "10.0.0.3,,,60,200,1,0,0,,0,,0\n"
				    "10.0.0.4,,,60,200,1,1,0,a..b,0,,0\n"
				    "10.0.0.5,,,60,200,1,1,0,cut.exam"));
	cr_assert_eq(leases.count, 4, "what is cut at the end is left out");
	cr_expect_eq(leases.odd, 1);
	const struct kea_lease *lease = leases.first;
	cr_expect(!lease->is_active && lease->expires == 200 && lease->has_reverse);
	cr_expect(lease->next->is_active && lease->next->valid == 60);
	cr_expect(!lease->next->next->has_forward && lease->next->next->is_active);
	/* Another file says more, and is of the other family. */
	const char *more = HEAD6 "fd00::1,00:01,60,300,1,30,0,1,128,1,1,d.example,,0,,,,0\n"
				 "fd00:1::,00:01,60,300,1,30,2,1,64,0,0,,,0,,,,0\n";
	cr_assert(kea_leases_read(&leases, more, strlen(more)));
	cr_expect_eq(leases.count, 6);
	kea_leases_free(&leases);
}

Test(kea_lease, what_is_wrong_is_said_with_its_line)
{
	static const struct {
		const char *text, *error;
	} rows[] = {
		{"", "1: it is empty"},
		{"address,hwaddr\n", "1: this is no lease file of Kea"},
		{HEAD4 "10.0.0,,,60,100,1,1,0,a.example,0,,0\n", "2: this row is no lease"},
		{HEAD4 "10.0.0.1,,,60,1x,1,1,0,a.example,0,,0\n", "2: this row is no lease"},
		{HEAD4 "10.0.0.1,,,60,99999999999999999999,1,1,0,a,0,,0\n", "2: this row is no"},
		{HEAD4 "10.0.0.1,,,60,100,1,2,0,a.example,0,,0\n", "2: this row is no lease"},
		{HEAD4 "10.0.0.1\n", "2: this row is no lease"},
		{HEAD4 ",,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,\n",
		 "2: the line has more than 64 fields"},
	};
	for (size_t i = 0; i < ROWS(rows); i++) {
		cr_assert_not(read_leases(rows[i].text), "row %zu", i);
		cr_expect_eq(strncmp(leases.error, rows[i].error, strlen(rows[i].error)), 0,
			     "row %zu: %s", i, leases.error);
	}
	kea_leases_free(&leases);
}
