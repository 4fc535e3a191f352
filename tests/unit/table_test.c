/* SPDX-License-Identifier: BSD-2-Clause */
#include "ctl/record.h"
#include "ctl/table.h"
#include "dns/type.h"
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static const struct table_column columns[] = {
	{"name", "NAME", TABLE_NAME}, {"ttl", "TTL", TABLE_NUMBER}, {"at", "AT", TABLE_TIME},
	{"data", "DATA", TABLE_TEXT}, {NULL, NULL, TABLE_TEXT},
};

static char *text;
static size_t len;
static FILE *out;

static void add(struct table *table, const char *json)
{
	json_t *row = json_loads(json, 0, NULL);
	cr_assert(row);
	table_add(table, row);
	json_decref(row);
}

static void expect(const char *wanted)
{
	fclose(out);
	cr_expect_str_eq(text, wanted);
	free(text);
}

static struct table *begin(void)
{
	out = open_memstream(&text, &len);
	return table_new(out, columns, &(struct table_style){0});
}

Test(table, columns_are_as_wide_as_their_content)
{
	struct table *table = begin();
	add(table, "{\"zone\":\"corp.example\",\"name\":\"corp.example\",\"ttl\":60,\"at\":null,"
		   "\"data\":\"x\"}");
	add(table, "{\"zone\":\"corp.example\",\"name\":\"web1.corp.example\",\"ttl\":3600,"
		   "\"at\":\"2026-01-05T09:00:00Z\",\"data\":\"y z\"}");
	table_end(table);
	expect("NAME   TTL  AT (UTC)          DATA\n"
	       "@       60  -                 x\n"
	       "web1  3600  2026-01-05 09:00  y z\n");
}

Test(table, only_columns_with_times_say_in_which_zone_they_are)
{
	struct table *table = begin();
	add(table, "{\"name\":\"a\",\"ttl\":1,\"at\":null,\"data\":\"d\"}");
	table_end(table);
	expect("NAME  TTL  AT  DATA\n"
	       "a       1  -   d\n");
}

Test(table, no_rows_are_no_header)
{
	table_end(begin());
	expect("");
}

Test(table, a_long_cell_moves_only_its_own_row)
{
	struct table *table = begin();
	char row[300];
	snprintf(row, sizeof(row), "{\"name\":\"%0100d\",\"ttl\":1,\"at\":\"q\",\"data\":\"d\"}",
		 0);
	add(table, row);
	add(table, "{\"name\":\"b\",\"ttl\":1,\"at\":\"q\",\"data\":\"d\"}");
	table_end(table);
	cr_expect_lt(strlen(strrchr(text, 'b')), 80);
	fclose(out);
	free(text);
}

Test(table, control_bytes_do_not_reach_the_terminal)
{
	struct table *table = begin();
	add(table, "{\"name\":\"a\\u001b[31m\",\"ttl\":1,\"at\":\"\\u007f\",\"data\":\"x\\ny\"}");
	table_end(table);
	cr_expect_null(strchr(text, 0x1b));
	cr_expect_not_null(strstr(text, "a\\027[31m"));
	cr_expect_not_null(strstr(text, "x\\010y"));
	fclose(out);
	free(text);
}

Test(table, many_rows_stream_with_one_header)
{
	struct table *table = begin();
	size_t lines = 0;
	for (int i = 0; i < 5000; i++)
		add(table, "{\"name\":\"a\",\"ttl\":1,\"at\":\"q\",\"data\":\"d\"}");
	table_end(table);
	fflush(out);
	for (const char *c = text; *c; c++)
		lines += *c == '\n';
	cr_expect_eq(lines, 5001);
	fclose(out);
	free(text);
}

Test(table, an_object_is_lines)
{
	json_t *object = json_pack("{s:s, s:b, s:i, s:n}", "update", "secure", "aging", 1,
				   "created_at", 7, "x");
	out = open_memstream(&text, &len);
	table_object(out, object);
	json_decref(object);
	expect("update      secure\naging       yes\ncreated-at  7\nx           -\n");
}

Test(record_data, texts_get_their_quotes_back_and_other_data_stays)
{
	static const struct {
		uint16_t type;
		const char *words[3], *wanted;
	} cases[] = {
		{DNS_TYPE_A, {"10.0.0.1"}, "10.0.0.1"},
		{DNS_TYPE_MX, {"10", "mail"}, "10 mail"},
		{DNS_TYPE_MX, {"10 mail"}, "10 mail"},
		{DNS_TYPE_TXT, {"v=spf1 mx -all"}, "\"v=spf1 mx -all\""},
		{DNS_TYPE_TXT, {"a;b", "c(d"}, "\"a;b\" \"c(d\""},
		{DNS_TYPE_TXT, {"\"as is\"", "say \"x\""}, "\"as is\" \"say \\\"x\\\"\""},
		{DNS_TYPE_TXT, {""}, "\"\""},
		{DNS_TYPE_TXT, {"\\#", "2", "0141"}, "\\# 2 0141"},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t count = 0;
		while (count < 3 && cases[i].words[count])
			count++;
		char *data = record_data(cases[i].type, cases[i].words, count);
		cr_expect_str_eq(data, cases[i].wanted);
		free(data);
	}
}
