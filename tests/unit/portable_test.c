/* SPDX-License-Identifier: BSD-2-Clause */
/* vault/portable: what is written reads back, and each wrong line is refused with its number. */
#include "config.h"
#include "tests/unit/tempzone.h"
#include "vault/portable.h"
#include "vault/portable_parts.h"
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define HEAD "{\"tenure-portable\":2,\"keys\":true}\n"

static struct tempzone t;
static char *whole;          /* a backup of the store */
static const char *zone_row; /* its line of the zone, with the line feed; of zone_len bytes */
static size_t zone_len;

static char *text_of_file(int fd)
{
	off_t len = lseek(fd, 0, SEEK_END);
	char *text = calloc(1, (size_t)len + 1);
	cr_assert(text && pread(fd, text, (size_t)len, 0) == len);
	return text;
}

static char *backup_of(struct store *store, const struct portable_options *options)
{
	struct report report = {0};
	int fd = memfd_create("backup", MFD_CLOEXEC);
	cr_assert(portable_write(store, fd, options, &report), "%s", report.error);
	char *text = text_of_file(fd);
	close(fd);
	return text;
}

static void setup(void)
{
	struct portable_options options = {.now = 9000};
	tempzone_open_logged(&t, "corp.example");
	tempzone_run(&t, "key:a", 1000, "add www 60 A 10.0.0.1; add www 60 A 10.0.0.2");
	tempzone_run(&t, "key:b", 2000,
		     "windowed host 60 A 10.0.0.3; guest host 60 AAAA 2001:db8::1");
	tempzone_run(&t, "key:a", 3000, "add t 60 TXT \"a \\007 b\"; del www A 10.0.0.1");
	cr_assert_eq(store_commit(&t.txn), STORE_OK);
	cr_assert_eq(t.zone.id, 1);
	whole = backup_of(t.temp.store, &options);
	zone_row = strstr(whole, "{\"is\":\"state\",\"table\":\"zone\"");
	cr_assert_not_null(zone_row);
	zone_len = strcspn(zone_row, "\n") + 1;
	store_write_begin(t.temp.store, &t.txn);
}

static void teardown(void)
{
	free(whole);
	tempzone_free(&t);
}

TestSuite(portable, .init = setup, .fini = teardown);

static int file_of(const char *text, size_t len)
{
	int fd = memfd_create("backup", MFD_CLOEXEC);
	cr_assert(fd >= 0 && write(fd, text, len) == (ssize_t)len && lseek(fd, 0, SEEK_SET) == 0);
	return fd;
}

/* Why a file is refused; "": it is not. */
static const char *refusal_of(const char *text, size_t len)
{
	static struct report report;
	struct check_counts counts;
	int fd = file_of(text, len);
	report = (struct report){0};
	bool is_read = portable_read(fd, NULL, NULL, &report, &counts);
	close(fd);
	cr_assert_eq(is_read, !report.error[0]);
	return report.error;
}

Test(portable, what_is_written_reads_back_and_is_written_as_it_was)
{
	struct portable_options options = {.now = 9000};
	struct report report = {0};
	struct check_counts counts;
	struct tempstore other;
	tempstore_open(&other, 0);
	int fd = file_of(whole, strlen(whole));
	cr_assert(portable_read(fd, other.store, NULL, &report, &counts), "%s", report.error);
	cr_expect_eq(counts.zones, 1);
	cr_expect_eq(counts.names, 4); /* apex, www, host, t */
	cr_expect_eq(counts.records, 6);
	char *again = backup_of(other.store, &options);
	cr_expect_str_eq(again, whole);
	free(again);
	close(fd);
	tempstore_free(&other);
}

struct wrong {
	const char *line, *why; /* `why`: what the sentence begins with */
};

/* `before`: lines that are good. The wrong one is line `number`. */
static void expect_refused(const char *before, const struct wrong *wrong, unsigned number)
{
	char *text, wanted[512];
	int len = asprintf(&text, "%s%s\n", before, wrong->line);
	cr_assert(len > 0);
	snprintf(wanted, sizeof wanted, "line %u: %s", number, wrong->why);
	const char *why = refusal_of(text, (size_t)len);
	cr_expect(strncmp(why, wanted, strlen(wanted)) == 0, "%s\nis: %s\nnot: %s", wrong->line,
		  why, wanted);
	free(text);
}

Test(portable, a_first_line_that_is_no_head_is_refused)
{
	static const struct wrong wrongs[] = {
		{"", "not a JSON object: "},
		{"{", "not a JSON object: "},
		{"[]", "not a JSON object: something else"},
		{"{\"tenure-portable\":2,\"tenure-portable\":2}", "not a JSON object: "},
		{"{}", "not a portable backup of tenure"},
		{"{\"tenure-portable\":\"2\"}", "not a portable backup of tenure"},
		{"{\"tenure-portable\":0}",
		 "has format version 0; this tenure knows versions 1 and 2 only"},
		{"{\"tenure-portable\":3}",
		 "has format version 3; this tenure knows versions 1 and 2 only"},
	};
	for (size_t i = 0; i < sizeof wrongs / sizeof *wrongs; i++)
		expect_refused("", &wrongs[i], 1);
}

#define IS(kind, members) "{\"is\":\"" kind "\"," members "}"

Test(portable, a_line_of_no_known_kind_and_members_that_are_wrong_are_refused)
{
	static const struct wrong wrongs[] = {
		{"{}", "a line of an unknown kind"},
		{IS("zone", "\"zone\":\"corp.example.\""), "a line of an unknown kind"},
		{"{\"is\":7}", "a line of an unknown kind"},
		{IS("number", "\"value\":1"), "'word' is not a text"},
		{IS("number", "\"word\":\"run\""), "'value' is not a number from 0 to 92233"},
		{IS("number", "\"word\":\"run\",\"value\":-1"), "'value' is not a number"},
		{IS("number", "\"word\":\"run\",\"value\":\"1\""), "'value' is not a number"},
		{IS("number", "\"word\":\"a\\u0000\",\"value\":1"),
		 "'word' is too long, or holds a NUL"},
		{IS("number", "\"word\":{\"base64\":\"?\"},\"value\":1"), "'base64' is not base64"},
		{IS("number", "\"word\":\"\",\"value\":1"),
		 "'' is not a word that a backup may set"},
		{IS("number", "\"word\":\"schema\",\"value\":1"),
		 "'schema' is not a word that a backup may set"},
		{IS("number", "\"word\":\"dynamic:1\",\"value\":1"),
		 "'dynamic:1' is not a word that a backup may set"},
		{IS("store-key", "\"x\":1"), "'file' is not a text"},
		{IS("store-key", "\"file\":\"junk\""), "not a file of store keys: "},
		{IS("end", "\"lines\":1"), "'sha256' is not hexadecimal"},
		{IS("end", "\"lines\":1,\"sha256\":\"00\""),
		 "the file is not what was written: its digest is another"},
	};
	for (size_t i = 0; i < sizeof wrongs / sizeof *wrongs; i++)
		expect_refused(HEAD, &wrongs[i], 2);
}

#define ROW(table, key, value)                                                                     \
	IS("row", "\"table\":\"" table "\",\"key\":\"" key "\",\"value\":\"" value "\"")

Test(portable, rows_of_tables_that_are_made_anew_are_refused)
{
	static const struct wrong wrongs[] = {
		{ROW("nodes", "AA==", ""), "'nodes' is not a table whose rows a backup may hold"},
		{ROW("log", "AA==", ""), "'log' is not a table whose rows a backup may hold"},
		{ROW("nothing", "AA==", ""),
		 "'nothing' is not a table whose rows a backup may hold"},
		{ROW("meta", "", ""), "a key has 1 to "},
		{ROW("meta", "A", ""), "'key' is not base64"},
		{ROW("meta", "AA==", "="), "'value' is not base64"},
		/* schema; log-base, which is a seq, a time and a digest */
		{ROW("meta", "c2NoZW1h", "AA=="), "this row is not one that a backup may hold"},
		{ROW("meta", "bG9nLWJhc2U=", "AA=="), "the log's base makes no sense"},
	};
	for (size_t i = 0; i < sizeof wrongs / sizeof *wrongs; i++)
		expect_refused(HEAD, &wrongs[i], 2);
}

#define STATE(table, key, row)                                                                     \
	IS("state", "\"table\":\"" table "\",\"key\":\"" key "\",\"row\":" row)

Test(portable, rows_of_decided_state_that_are_none_are_refused)
{
	static const struct wrong wrongs[] = {
		{STATE("nothing", "Zw==", "[]"), "'nothing' is not a table that a backup may hold"},
		{STATE("group", "!", "[]"), "'key' is not base64"},
		{STATE("group", "Zw==", "{}"),
		 "the key is too long, or 'row' is not a list of fields"},
		{STATE("group", "Zw==", "[[\"acting\"]]"),
		 "a field of 'row' is not a word and a value"},
		{STATE("group", "Zw==", "[[\"\",\"on\"]]"),
		 "a field of 'row' is not a word and a value"},
		{STATE("group", "Zw==", "[[\"a\\u0000\",\"on\"]]"),
		 "a field of 'row' is not a word and a value"},
		{STATE("group", "Zw==", "[[\"acting\",1]]"), "the value of 'acting' is not a text"},
		{STATE("group", "Zw==", "[[\"acting\",{\"base64\":\"?\"}]]"),
		 "'base64' is not base64"},
		{STATE("zone", "ZXhhbXBsZQ==", "[]"), "the key is not a zone's"},
		{STATE("zone", "ZXhhbXBsZQA=", "[]"), "the row is not a zone's"},
		{STATE("key", "awA=", "[]"), "the row is not a key's"},
	};
	for (size_t i = 0; i < sizeof wrongs / sizeof *wrongs; i++)
		expect_refused(HEAD, &wrongs[i], 2);
}

Test(portable, a_line_of_decided_state_is_refused_in_a_file_of_version_1)
{
	static const struct wrong state = {STATE("group", "Zw==", "[[\"acting\",\"on\"]]"),
					   "a line of an unknown kind"};
	expect_refused("{\"tenure-portable\":1}\n", &state, 2);
}

/* The head and the line of zone 1, corp.example; to be freed. */
static char *beginning_with_zone(void)
{
	char *text;
	cr_assert(asprintf(&text, "%s%.*s", HEAD, (int)zone_len, zone_row) > 0);
	return text;
}

Test(portable, a_zone_that_came_before_is_refused)
{
	char *before = beginning_with_zone();
	char *line = strndup(zone_row, zone_len - 1);
	expect_refused(before, &(struct wrong){line, "a zone of this name or id came before"}, 3);
	free(line);
	free(before);
}

#define NAME(name, records)                                                                        \
	IS("name", "\"zone\":1,\"name\":\"" name "\",\"seq\":1,\"records\":" records)
#define RECORD_AS(ttl, type, data, class)                                                          \
	"{\"type\":\"" type "\",\"ttl\":" ttl ",\"data\":\"" data                                  \
	"\",\"stamp\":1,\"class\":\"" class "\",\"owner\":\"key:a\"}"
#define RECORD(type, data) RECORD_AS("60", type, data, "dynamic")

Test(portable, names_that_no_zone_could_hold_are_refused)
{
	static const struct wrong wrongs[] = {
		{IS("name", "\"zone\":2,\"name\":\"a.corp.example.\",\"seq\":1,\"records\":[]"),
		 "no zone with this id came before"},
		{IS("name", "\"zone\":4294967296"), "'zone' is not a number from 0 to 4294967295"},
		{NAME("a..corp.example.", "[]"), "'name' is not a name: "},
		{NAME("a.lab.example.", "[" RECORD("A", "10.0.0.1") "]"),
		 "the name is outside of its zone"},
		{NAME("a.corp.example.", "[]"), "'records' is not a list of records"},
		{NAME("a.corp.example.", "{}"), "'records' is not a list of records"},
		{NAME("a.corp.example.", "[1]"), "'type' is not a text"},
		{NAME("a.corp.example.", "[" RECORD("NOPE", "x") "]"),
		 "'NOPE' is not a record type"},
		{NAME("a.corp.example.", "[" RECORD("ANY", "x") "]"), "'ANY' is not a record type"},
		{NAME("a.corp.example.", "[" RECORD("A", "10.0.0") "]"), "A '10.0.0': "},
		{NAME("a.corp.example.", "[" RECORD_AS("60", "A", "10.0.0.1", "royal") "]"),
		 "'royal' is not a class of records"},
		{NAME("a.corp.example.", "[" RECORD_AS("-1", "A", "10.0.0.1", "static") "]"),
		 "'ttl' is not a number from 0 to 4294967295"},
		{NAME("a.corp.example.",
		      "[" RECORD("A", "10.0.0.2") "," RECORD("A", "10.0.0.1") "]"),
		 "record 2 is out of order, or has another TTL"},
		{NAME("a.corp.example.",
		      "[" RECORD("A", "10.0.0.1") "," RECORD("A", "10.0.0.1") "]"),
		 "record 2 is out of order, or has another TTL"},
		{NAME("a.corp.example.", "[" RECORD("A", "10.0.0.1") "," RECORD_AS(
						 "61", "A", "10.0.0.2", "dynamic") "]"),
		 "record 2 is out of order, or has another TTL"},
		{NAME("a.corp.example.", "[" RECORD("TXT", "x") "," RECORD("A", "10.0.0.1") "]"),
		 "record 2 is out of order, or has another TTL"},
		{IS("name",
		    "\"zone\":1,\"name\":\"a.corp.example.\",\"seq\":1,\"ignored_refresh\":{}"),
		 "'by' is not a text"},
	};
	char *before = beginning_with_zone();
	for (size_t i = 0; i < sizeof wrongs / sizeof *wrongs; i++)
		expect_refused(before, &wrongs[i], 3);
	free(before);
}

Test(portable, a_name_that_came_before_is_refused_by_a_store)
{
	static const char name[] = NAME("a.corp.example.", "[" RECORD("A", "10.0.0.1") "]") "\n";
	struct report report = {0};
	struct check_counts counts;
	struct tempstore other;
	char *before = beginning_with_zone(), *text;
	int len = asprintf(&text, "%s%s%s", before, name, name);
	int fd = file_of(text, (size_t)len);
	tempstore_open(&other, 0);
	cr_expect_not(portable_read(fd, other.store, NULL, &report, &counts));
	cr_expect_str_eq(report.error, "line 4: the name came before");
	tempstore_free(&other);
	close(fd);
	free(text);
	free(before);
}

#define BROKEN "the chain of digests breaks here: an entry was altered, removed or lost"

Test(portable, an_entry_that_does_not_follow_the_one_before_is_refused)
{
	static const struct wrong wrongs[] = {
		{IS("entry", "\"seq\":1"), "'packed' is not base64"},
		{IS("entry", "\"seq\":1,\"packed\":\"AAAA\",\"digest\":\"0\""),
		 "'digest' is not hexadecimal"},
		{IS("entry", "\"seq\":1,\"packed\":\"AAAA\",\"digest\":\"00\""),
		 "not an entry of the log"},
	};
	for (size_t i = 0; i < sizeof wrongs / sizeof *wrongs; i++)
		expect_refused(HEAD, &wrongs[i], 2);
	const char *first = strstr(whole, "{\"is\":\"entry\",\"seq\":1,");
	const char *second = strstr(whole, "{\"is\":\"entry\",\"seq\":2,");
	cr_assert(first && second);
	char *line = strndup(second, strcspn(second, "\n"));
	expect_refused(HEAD, &(struct wrong){line, BROKEN}, 2);
	free(line);
	line = strndup(first, strcspn(first, "\n"));
	char *digit = strrchr(line, '}') - 2;
	*digit = *digit == '0' ? '1' : '0';
	expect_refused(HEAD, &(struct wrong){line, BROKEN}, 2);
	free(line);
}

Test(portable, a_file_that_is_cut_at_any_line_is_refused)
{
	unsigned lines = 1;
	cr_expect_str_eq(refusal_of("", 0),
			 "line 1: the file ends here, before its end: it was cut short");
	for (const char *end = strchr(whole, '\n'); end[1]; end = strchr(end + 1, '\n')) {
		char wanted[128];
		size_t len = (size_t)(end - whole) + 1;
		snprintf(wanted, sizeof wanted,
			 "line %u: the file ends here, before its end: it was cut short", ++lines);
		cr_expect_str_eq(refusal_of(whole, len), wanted);
		/* The line feed alone. */
		cr_expect_not(refusal_of(whole, len - 1)[0] == '\0');
	}
	cr_expect_str_eq(refusal_of(whole, strlen(whole)), "");
}

Test(portable, what_stands_behind_the_end_is_refused)
{
	char *text;
	int len = asprintf(&text, "%s{}\n", whole);
	cr_expect_not_null(
		strstr(refusal_of(text, (size_t)len), "something stands behind the end"));
	cr_expect_not_null(strstr(refusal_of(text, (size_t)len - 2), "it was cut short"));
	free(text);
}

Test(portable, a_record_that_was_edited_is_noticed_at_the_end)
{
	char *data = strstr(whole, "\"data\":\"10.0.0.2\"");
	cr_assert_not_null(data);
	data[strlen("\"data\":\"10.0.0.")] = '9';
	cr_expect_not_null(strstr(refusal_of(whole, strlen(whole)),
				  "the file is not what was written: its digest is another"));
}

Test(portable, a_line_longer_than_32_MiB_is_refused)
{
	size_t len = (size_t)34 << 20;
	char *text = malloc(len);
	memset(text, ' ', len);
	cr_expect_str_eq(refusal_of(text, len), "line 1: is longer than a line may be");
	free(text);
}

Test(portable, a_file_says_by_its_head_whether_it_is_one_and_lacks_keys)
{
	static const struct {
		const char *text;
		bool is, lacks_keys;
	} files[] = {
		{HEAD, true, false},
		{"{\"tenure-portable\":2,\"keys\":false}\n", true, true},
		{"{\"tenure-portable\":2,\"keys\":false}", true, false}, /* cut */
		{"{\"tenure\":2}\n", false, false},
		{"", false, false},
	};
	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		int fd = file_of(files[i].text, strlen(files[i].text));
		cr_expect_eq(portable_is(fd), files[i].is, "%s", files[i].text);
		cr_expect_eq(portable_lacks_keys(fd), files[i].lacks_keys, "%s", files[i].text);
		cr_expect_eq(lseek(fd, 0, SEEK_CUR), 0);
		close(fd);
	}
}

Test(portable, a_file_that_cannot_be_written_or_read_is_a_sentence)
{
	struct portable_options options = {.now = 9000};
	struct report report = {0};
	struct check_counts counts;
	int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
	cr_expect_not(portable_write(t.temp.store, full, &options, &report));
	cr_expect_not_null(strstr(report.error, "No space left on device"), "%s", report.error);
	report = (struct report){0};
	cr_expect_not(portable_read(full, NULL, NULL, &report, &counts));
	cr_expect_str_eq(report.error, "cannot be read: Bad file descriptor");
	close(full);
}
