/* SPDX-License-Identifier: BSD-2-Clause */
#include "ctl/csv.h"
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static const char *const members[] = {"name", "old.ttl", "reason", "is", NULL};

static void expect_row(const char *json, const char *wanted)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	json_t *row = json_loads(json, 0, NULL);
	cr_assert(row, "%s", json);
	csv_row(out, members, row);
	fclose(out);
	cr_expect_str_eq(text, wanted, "%s gives %s", json, text);
	json_decref(row);
	free(text);
}

Test(csv, a_header_names_the_members)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	csv_header(out, members);
	fclose(out);
	cr_expect_str_eq(text, "name,old.ttl,reason,is\r\n");
	free(text);
}

Test(csv, texts_are_quoted_and_what_is_not_there_is_empty)
{
	expect_row("{\"name\": \"pc1\", \"old\": {\"ttl\": 300}}", "\"pc1\",300,,\r\n");
	expect_row("{\"name\": \"\", \"is\": true}", "\"\",,,true\r\n");
	expect_row("{\"reason\": \"say \\\"no\\\", then\\r\\ngo\"}",
		   ",,\"say \"\"no\"\", then\r\ngo\",\r\n");
	expect_row("{\"old\": \"no object\", \"reason\": null}", ",,,\r\n");
}

Test(csv, what_a_spreadsheet_would_compute_is_a_text)
{
	expect_row("{\"name\": \"=cmd|' /C calc'!A0\"}", "\"'=cmd|' /C calc'!A0\",,,\r\n");
	expect_row("{\"name\": \"+1\", \"reason\": \"-1\"}", "\"'+1\",,\"'-1\",\r\n");
	expect_row("{\"name\": \"@dhcp\", \"reason\": \"\\tx\"}", "\"'@dhcp\",,\"'\tx\",\r\n");
	expect_row("{\"name\": \"\\r=1\", \"reason\": \"a=b\"}", "\"'\r=1\",,\"a=b\",\r\n");
}
