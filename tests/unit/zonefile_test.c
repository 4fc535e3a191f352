/* SPDX-License-Identifier: BSD-2-Clause */
#include "dns/csvzone.h"
#include "dns/rdata.h"
#include <criterion/criterion.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char error[DNS_ZONEFILE_ERROR_MAX];
static char got[20000];

/* Each record as "owner ttl type data[;comment]" and a bar. */
static const char *record(void *context, const struct dns_zonefile_record *r)
{
	static char data[70000];
	char name[DNS_NAME_TEXT_MAX], type[DNS_TYPE_TEXT_MAX];
	dns_name_print(&r->owner, name);
	dns_type_print(r->type, type);
	dns_rdata_print(r->type, r->rdata, data, sizeof data);
	cr_assert_eq(r->class, DNS_CLASS_IN);
	size_t at = strlen(got);
	at += (size_t)snprintf(got + at, sizeof got - at, "%s %u %s %s", name, r->ttl, type, data);
	if (r->comment)
		at += (size_t)snprintf(got + at, sizeof got - at, ";%.*s", (int)r->comment_len,
				       r->comment);
	snprintf(got + at, sizeof got - at, "|");
	return strstr(data, "refuse") ? "refused by the test" : context;
}

static bool read_text(const char *text, size_t len)
{
	struct dns_name origin;
	dns_name_parse_text(&origin, "corp.example");
	struct dns_zonefile wanted = {.origin = &origin, .default_ttl = 77, .record = record};
	got[0] = error[0] = '\0';
	return dns_zonefile_read_text("zone", text, len, &wanted, error);
}

static void expect(const char *text, const char *records)
{
	cr_expect(read_text(text, strlen(text)), "%s: %s", text, error);
	cr_expect_str_eq(got, records, "%s: %s", text, got);
}

static void expect_error(const char *text, const char *wrong)
{
	cr_expect_not(read_text(text, strlen(text)), "%s", text);
	cr_expect_str_eq(error, wrong, "%s: %s", text, error);
}

Test(zonefile, owner_ttl_and_class_may_be_missing_and_in_either_order)
{
	expect("a 1 IN A 10.0.0.1\n", "a.corp.example. 1 A 10.0.0.1|");
	expect("a IN 1 A 10.0.0.1", "a.corp.example. 1 A 10.0.0.1|");
	expect("a 1h30m a 10.0.0.1", "a.corp.example. 5400 A 10.0.0.1|");
	expect("a in a 10.0.0.1", "a.corp.example. 77 A 10.0.0.1|");
	expect("A A 10.0.0.1", "a.corp.example. 77 A 10.0.0.1|");
	expect("@ 5 A 10.0.0.1\n  A 10.0.0.2\n\n ; x\n\tTXT x",
	       "corp.example. 5 A 10.0.0.1|corp.example. 5 A 10.0.0.2|corp.example. 5 TXT \"x\"|");
	expect("a.other. CLASS1 TYPE1 10.0.0.1", "a.other. 77 A 10.0.0.1|");
	expect("", "");
	expect("\n; only a comment", "");
}

Test(zonefile, ttl_comes_from_where_rfc_1035_and_2308_say)
{
	expect("a A 10.0.0.1\nb 5 A 10.0.0.1\nc A 10.0.0.1\n$TTL 1d\n"
	       "d A 10.0.0.1\ne 6 A 10.0.0.1\n"
	       "f A 10.0.0.1",
	       "a.corp.example. 77 A 10.0.0.1|b.corp.example. 5 A 10.0.0.1|"
	       "c.corp.example. 5 A 10.0.0.1|d.corp.example. 86400 A 10.0.0.1|"
	       "e.corp.example. 6 A 10.0.0.1|f.corp.example. 86400 A 10.0.0.1|");
	expect("@ SOA a. b. 1 2 3 4 300\na A 10.0.0.1",
	       "corp.example. 300 SOA a. b. 1 2 3 4 300|a.corp.example. 300 A 10.0.0.1|");
	expect("@ 9 SOA a. b. 1 2 3 4 300\na A 10.0.0.1",
	       "corp.example. 9 SOA a. b. 1 2 3 4 300|a.corp.example. 9 A 10.0.0.1|");
	expect("$TTL 0\na A 10.0.0.1", "a.corp.example. 0 A 10.0.0.1|");
	expect("a 2147483647 A 10.0.0.1", "a.corp.example. 2147483647 A 10.0.0.1|");
}

Test(zonefile, origin_changes_what_follows)
{
	expect("$ORIGIN sub\na A 10.0.0.1\n$origin other. ; x\n@ NS ns\n",
	       "a.sub.corp.example. 77 A 10.0.0.1|other. 77 NS ns.other.|");
	expect("$ORIGIN .\na A 10.0.0.1", "a. 77 A 10.0.0.1|");
}

Test(zonefile, parentheses_join_lines)
{
	expect("@ 1 SOA ns1 host (\n 1 ; serial\n 2 3\n 4 5 ) ; done\na ( A\n10.0.0.1 )\n",
	       "corp.example. 1 SOA ns1.corp.example. host.corp.example. 1 2 3 4 5;done|"
	       "a.corp.example. 1 A 10.0.0.1|");
}

Test(zonefile, comments_come_with_their_record)
{
	expect("a A 10.0.0.1 ; one \nb A 10.0.0.2\nc A 10.0.0.3 ;two",
	       "a.corp.example. 77 A 10.0.0.1;one|b.corp.example. 77 A 10.0.0.2|"
	       "c.corp.example. 77 A 10.0.0.3;two|");
	expect("a TXT \"x;y\" ;", "a.corp.example. 77 TXT \"x;y\";|");
}

Test(zonefile, escapes_and_unknown_types)
{
	expect("a\\.b\\032c TXT \"\\065\\\"\"\n* TYPE65280 \\# 2 ( 0a\n0b )",
	       "a\\.b\\032c.corp.example. 77 TXT \"A\\\"\"|*.corp.example. 77 TYPE65280 \\# 2 "
	       "0A0B|");
}

Test(zonefile, errors_name_line_and_column)
{
	expect_error("a A 10.0.0.1\nb  A 10.0.0.x\n", "zone:2:6: not an IPv4 address");
	expect_error("a A", "zone:1:4: record data is incomplete");
	expect_error("a", "zone:1:2: a record without a type");
	expect_error("a 5 6 A 10.0.0.1", "zone:1:5: a second TTL");
	expect_error("a IN IN A 10.0.0.1", "zone:1:6: not a record type");
	expect_error("a 5 NOTYPE 10.0.0.1", "zone:1:5: not a record type");
	expect_error("a CH A 10.0.0.1", "zone:1:3: a class other than IN");
	expect_error("a 2147483648 A 10.0.0.1", "zone:1:3: a TTL above 2147483647");
	expect_error("a 5x A 10.0.0.1",
		     "zone:1:3: not a TTL in seconds, or with units as in 1h30m");
	expect_error("a AXFR \\# 0", "zone:1:3: a type that no zone can hold");
	expect_error("a OPT \\# 0", "zone:1:3: a type that no zone can hold");
	expect_error("  A 10.0.0.1", "zone:1:1: a record without an owner, and none before it");
	expect_error("a..b A 10.0.0.1", "zone:1:1: empty label in a name");
	expect_error("\"a\" A 10.0.0.1", "zone:1:1: a quoted string where an owner belongs");
	expect_error("a A 10.0.0.1 x", "zone:1:14: more words than the record's data has");
	expect_error("a TXT \"x\ny\"", "zone:1:7: a quoted string that does not end on its line");
	expect_error("a TXT ( x\n\n", "zone:1:7: a parenthesis that is not closed");
	expect_error("a TXT x )", "zone:1:9: a closing parenthesis without an opening one");
	expect_error("$TTL", "zone:1:5: $TTL wants a TTL");
	expect_error("$TTL x", "zone:1:6: not a TTL in seconds, or with units as in 1h30m");
	expect_error("$TTL 1 2", "zone:1:8: more words than the directive has");
	expect_error("$ORIGIN", "zone:1:8: $ORIGIN wants a name");
	expect_error("$ORIGIN a..b", "zone:1:9: empty label in a name");
	expect_error("$GENERATE 1-2 a A 10.0.0.$", "zone:1:1: an unknown directive");
	expect_error("$INCLUDE x", "zone:1:1: $INCLUDE is not allowed here");
	expect_error("a TXT x\n b TXT refuse", "zone:2:2: not a record type");
	expect_error("a TXT x\n  TXT refuse\n", "zone:2:1: refused by the test");
	cr_expect_not(read_text("a TXT x\0y", 9));
	cr_expect_str_eq(error, "zone:1:8: a NUL byte");
}

/* --- files --- */

static void tell_lookup(void *context, const char *word, const char *file, unsigned line)
{
	char *told = context;
	sprintf(told + strlen(told), "%s %s:%u|", word, file, line);
}

static const char *record_of_lookups(void *context, const struct dns_zonefile_record *r)
{
	char type[DNS_TYPE_TEXT_MAX];
	if (r->line > 2)
		tell_lookup(context, dns_type_print(r->type, type), r->file, 0);
	return NULL;
}

Test(zonefile, lookups_of_wins_are_told_and_passed_over_or_an_error)
{
	static const char text[] = "@ 5 A 192.0.2.1\n"
				   "\t0 WINS\tLOCAL L5 C900 ( 192.0.2.9\n 192.0.2.8 )\n"
				   "  IN WINSR LOCAL L2 ( a. )\nb 5 A 192.0.2.2\n"
				   "c WINS-R x";
	char told[256] = "";
	struct dns_name origin;
	dns_name_parse_text(&origin, "corp.example");
	struct dns_zonefile wanted = {
		.origin = &origin, .record = record, .lookup = tell_lookup, .context = told};
	expect_error(text, "zone:2:4: a WINS lookup, which only Windows does: take the line out");
	wanted.record = record_of_lookups;
	cr_expect(dns_zonefile_read_text("zone", text, sizeof text - 1, &wanted, error), "%s",
		  error);
	cr_expect_str_eq(told, "WINS zone:2|WINSR zone:4|A zone:0|WINS-R zone:6|");
	static const char open[] = "@ 0 WINS ( a";
	cr_expect_not(dns_zonefile_read_text("zone", open, sizeof open - 1, &wanted, error));
	cr_expect_str_eq(error, "zone:1:10: a parenthesis that is not closed");
}

Test(zonefile, lookups_of_wins_in_a_table_too)
{
	static const char text[] = "HostName,RecordType,TimeToLive,Timestamp,RecordData\n"
				   "@,WINS,0,,192.0.2.9\na,A,60,,192.0.2.1\n";
	char told[256] = "";
	struct dns_name origin;
	dns_name_parse_text(&origin, "corp.example");
	struct dns_zonefile wanted = {.origin = &origin,
				      .record = record_of_lookups,
				      .lookup = tell_lookup,
				      .context = told};
	cr_expect(dns_csvzone_read_text("table", text, sizeof text - 1, &wanted, error), "%s",
		  error);
	cr_expect_str_eq(told, "WINS table:2|A table:0|");
	wanted.lookup = NULL;
	cr_expect_not(dns_csvzone_read_text("table", text, sizeof text - 1, &wanted, error));
	cr_expect_str_eq(error, "table:2:3: 'WINS' is a WINS lookup, which only Windows does: "
				"take the row out");
}

static char folder[] = "/tmp/zonefile_test_XXXXXX";

static void write_file(const char *name, const char *text)
{
	char path[200];
	snprintf(path, sizeof path, "%s/%s", folder, name);
	FILE *file = fopen(path, "w");
	cr_assert_not_null(file);
	fputs(text, file);
	fclose(file);
}

static bool read_file(const char *name)
{
	static char path[200];
	struct dns_name origin;
	dns_name_parse_text(&origin, "corp.example");
	struct dns_zonefile wanted = {
		.origin = &origin, .default_ttl = 77, .record = record, .may_include = true};
	got[0] = error[0] = '\0';
	snprintf(path, sizeof path, "%s/%s", folder, name);
	return dns_zonefile_read(path, &wanted, error);
}

static void make_folder(void)
{
	char sub[200];
	cr_assert_not_null(mkdtemp(folder));
	snprintf(sub, sizeof sub, "%s/sub", folder);
	cr_assert_eq(mkdir(sub, 0700), 0);
}

static void remove_folder(void)
{
	char command[200];
	snprintf(command, sizeof command, "rm -rf %s", folder);
	cr_assert_eq(system(command), 0);
}

/* The error without the folder before it. */
static const char *error_in_folder(void)
{
	const char *at = strstr(error, folder);
	return at ? at + strlen(folder) + 1 : error;
}

Test(zonefile, includes_are_relative_and_restore_origin_and_owner, .init = make_folder,
     .fini = remove_folder)
{
	write_file("zone", "a 5 A 10.0.0.1\n$INCLUDE sub/one x\n A 10.0.0.2\nb A 10.0.0.3\n"
			   "$INCLUDE \"sub/one\" ; again\n");
	write_file("sub/one", "c A 10.0.0.4\n$ORIGIN y\n$INCLUDE two");
	write_file("sub/two", "d A 10.0.0.5");
	cr_assert(read_file("zone"), "%s", error);
	cr_expect_str_eq(got, "a.corp.example. 5 A 10.0.0.1|c.x.corp.example. 5 A 10.0.0.4|"
			      "d.y.x.corp.example. 5 A 10.0.0.5|a.corp.example. 5 A 10.0.0.2|"
			      "b.corp.example. 5 A 10.0.0.3|c.corp.example. 5 A 10.0.0.4|"
			      "d.y.corp.example. 5 A 10.0.0.5|");
}

Test(zonefile, errors_in_includes_name_the_file, .init = make_folder, .fini = remove_folder)
{
	write_file("zone", "a A 10.0.0.1\n$INCLUDE sub/one\n");
	write_file("sub/one", "\n b x");
	cr_expect_not(read_file("zone"));
	cr_expect_str_eq(error_in_folder(), "sub/one:2:2: not a record type");
	write_file("zone", "  $INCLUDE x");
	cr_expect_not(read_file("zone"));
	write_file("zone", "\n$INCLUDE missing");
	cr_expect_not(read_file("zone"));
	cr_expect_str_eq(error_in_folder() + strlen("zone:2:1: cannot read ") + strlen(folder) + 1,
			 "missing: No such file or directory");
	cr_expect_not(read_file("nozone"));
	cr_expect_str_eq(error_in_folder(), "nozone: No such file or directory");
	cr_expect_not(read_file("sub"));
	cr_expect_str_eq(error_in_folder(), "sub: Is a directory");
	write_file("zone", "$INCLUDE");
	cr_expect_not(read_file("zone"));
	write_file("zone", "$INCLUDE sub/one x y");
	cr_expect_not(read_file("zone"));
	cr_expect_str_eq(error_in_folder(), "zone:1:20: more words than the directive has");
}

Test(zonefile, that_includes_itself_ends, .init = make_folder, .fini = remove_folder)
{
	write_file("zone", "$INCLUDE zone\n");
	cr_expect_not(read_file("zone"));
	cr_expect_str_eq(error_in_folder(), "zone:1:1: files that include files too deep");
}

Test(zonefile, that_is_empty_or_a_pipe_can_be_read, .init = make_folder, .fini = remove_folder)
{
	write_file("zone", "");
	cr_expect(read_file("zone"));
	int ends[2];
	char path[40];
	struct dns_name origin = dns_name_root();
	struct dns_zonefile wanted = {.origin = &origin, .record = record};
	cr_assert_eq(pipe(ends), 0);
	cr_assert_eq(write(ends[1], "a 1 A 10.0.0.1\n", 15), 15);
	close(ends[1]);
	snprintf(path, sizeof path, "/dev/fd/%d", ends[0]);
	got[0] = '\0';
	cr_expect(dns_zonefile_read(path, &wanted, error), "%s", error);
	cr_expect_str_eq(got, "a. 1 A 10.0.0.1|");
}

Test(zonefile, written_lines_read_back)
{
	char *text = NULL;
	size_t len = 0;
	FILE *file = open_memstream(&text, &len);
	struct dns_name owner;
	struct dns_soa soa;
	uint8_t data[3000];
	unsigned column;
	struct bytes_out out = bytes_out_of(data, sizeof data);
	dns_name_parse_text(&owner, "a\\.b.corp.example");
	cr_assert_null(dns_rdata_parse_text(DNS_TYPE_A, "10.0.0.1", NULL, &out, &column));
	cr_assert(
		dns_zonefile_write(file, &owner, DNS_TYPE_A, 5, bytes_of(data, 4), "by gss:x\ny"));
	cr_assert(dns_zonefile_write(file, &owner, DNS_TYPE_A, 5, bytes_of(data, 4), NULL));
	memset(data, 0xff, sizeof data);
	for (size_t i = 0; i < sizeof data; i += 256)
		data[i] = (uint8_t)(sizeof data - i > 256 ? 255 : sizeof data - i - 1);
	cr_assert(dns_zonefile_write(file, &owner, DNS_TYPE_TXT, 5, bytes_of(data, sizeof data),
				     NULL));
	fclose(file);
	static const char first[] = "a\\.b.corp.example.\t5\tIN\tA\t10.0.0.1 ; by gss:x y\n"
				    "a\\.b.corp.example.\t5\tIN\tA\t10.0.0.1\n";
	cr_expect_eq(strncmp(text, first, sizeof first - 1), 0, "%s", text);
	cr_expect(read_text(text, len), "%s", error);
	cr_expect_not(dns_soa_unpack(bytes_of(data, 3), &soa));
	free(text);
}
