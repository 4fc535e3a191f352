/* SPDX-License-Identifier: BSD-2-Clause */
/* LDIF as ldapsearch and ldbsearch write it, and all that may be wrong with it. */
#include "migrate/ldif.h"
#include <criterion/criterion.h>
#include <stdio.h>

/* All entries as one text: `dn[name=value,name=!wrong]` each, and what is wrong with the whole. */
static char *read_text(const void *text, size_t len)
{
	char *out = NULL;
	size_t out_len;
	FILE *file = open_memstream(&out, &out_len);
	struct ldif in;
	struct ldif_entry entry;
	ldif_open(&in, text, len);
	while (ldif_next(&in, &entry)) {
		fprintf(file, "%s[", entry.dn);
		for (const struct ldif_value *v = entry.values; v; v = v->next)
			fprintf(file, "%s%s%s=%s%.*s", v == entry.values ? "" : ",", v->name,
				v->options, v->wrong ? "!" : "",
				(int)(v->wrong ? strlen(v->wrong) : v->value.len),
				v->wrong ? v->wrong : (const char *)v->value.data);
		fprintf(file, "]");
		if (entry.wrong)
			fprintf(file, "!%u:%s", entry.wrong_line, entry.wrong);
	}
	if (in.wrong)
		fprintf(file, " !%u:%s", in.wrong_line, in.wrong);
	ldif_close(&in);
	fclose(file);
	return out;
}

static void expect_read(const char *text, const char *expected)
{
	char *read = read_text(text, strlen(text));
	cr_expect_str_eq(read, expected, "of: %s", text);
	free(read);
}

Test(ldif, reads_folded_lines_base64_and_any_line_end)
{
	expect_read("dn: DC=a\nname: web1\n\n", "DC=a[name=web1]");
	expect_read("dn: DC=a,D\n C=b\r\nname: we\r\n b1\r\n\r\ndn: x=y\nn: 1\n",
		    "DC=a,DC=b[name=web1]x=y[n=1]");
	expect_read("dn:: REM9YQ==\nd:: AQ\n ID\n", "DC=a[d=\x01\x02\x03]");
	expect_read("\xef\xbb\xbfversion: 1\ndn: DC=a\n# folded\n  comment\nn:1\n", "DC=a[n=1]");
	expect_read("dn: DC=a\ndnsRecord;range=0-9:: AQID\n",
		    "DC=a[dnsRecordrange=0-9=\x01\x02\x03]");
}

Test(ldif, reads_what_powershell_redirected)
{
	static const uint8_t text[] = {0xff, 0xfe, 'd', 0, 'n', 0, ':',  0, ' ',  0,
				       'a',  0,    '=', 0, 'b', 0, '\r', 0, '\n', 0};
	char *read = read_text(text, sizeof text);
	cr_expect_str_eq(read, "a=b[]");
	free(read);
	read = read_text(text, 5);
	cr_expect_str_eq(read, " !1:no UTF-16, though it begins so");
	free(read);
}

Test(ldif, passes_over_referrals_and_results)
{
	expect_read("ref: ldap://x\n\ndn: a=b\n\n# search result\nsearch: 2\nresult: 0 Success\n",
		    "a=b[]");
}

Test(ldif, names_what_is_wrong_and_reads_on)
{
	expect_read("dn: a=b\nno value\nn: 1\n\ndn: c=d\n",
		    "a=b[n=1]!2:a line that is no valuec=d[]");
	expect_read("dn: a=b\nd:: A\nn: 1\n", "a=b[d=!no base64, or cut off,n=1]");
	expect_read("dn: a=b\nd:: AQ!=\n", "a=b[d=!no base64, or cut off]");
	expect_read("dn: a=b\nj:< file:///etc/passwd\n",
		    "a=b[j=!a value in another file, which is not read]");
	expect_read("dn: a=b\nchangetype: modify\n",
		    "a=b[changetype=modify]!2:a change, not an entry");
	expect_read("name: x\n\n", "[name=x]!1:an entry without a dn");
}

Test(ldif, knows_when_entries_are_missing)
{
	expect_read("dn: a=b\nn: 1", "a=b[n=1] !3:the text is cut off");
	expect_read("# record 1\ndn: a=b\nn: 1\n\n", "a=b[n=1] !5:the text is cut off");
	expect_read("# record 1\ndn: a=b\n\n# returned 1 records\n# 1 entries\n", "a=b[]");
	expect_read("# record 1\ndn: a=b\n\n# returned 1 records\n# 2 entries\n",
		    "a=b[] !6:the text has fewer entries than it says at its end");
	expect_read("dn: a=b\n\n# search result\nsearch: 2\nresult: 4 Size limit exceeded\n\n"
		    "# numEntries: 1\n",
		    "a=b[] !5:the search did not end well, entries are missing");
}

Test(ldif, finds_values_in_any_case)
{
	static const char text[] = "dn: a=b\nName: x\nname: y\nother: z\nNAME: Yes\n";
	struct ldif in;
	struct ldif_entry entry;
	ldif_open(&in, text, sizeof text - 1);
	cr_assert(ldif_next(&in, &entry));
	const struct ldif_value *v = ldif_find(&entry, "nAME");
	cr_assert(v && ldif_is(v, "X") && !ldif_is(v, "xy"));
	v = ldif_find_next(v);
	cr_assert(v && ldif_is(v, "y"));
	v = ldif_find_next(v);
	cr_assert(v && ldif_is(v, "YES") && v->line == 5);
	cr_assert_null(ldif_find_next(v));
	cr_assert_null(ldif_find(&entry, "none"));
	ldif_close(&in);
}
