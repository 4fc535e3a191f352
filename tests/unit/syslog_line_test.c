/* SPDX-License-Identifier: BSD-2-Clause */
#include "outbound/syslog_line.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static json_t *event(const char *kind, const char *data)
{
	return json_pack("{s:i, s:s, s:s, s:s, s:s}", "seq", 17, "time",
			 "2026-01-05T09:00:00.123456Z", "event", "record-register", "kind", kind,
			 "data", data);
}

/* The JSON behind the head; to be freed. */
static json_t *json_of(const char *line)
{
	const char *json = strstr(line, "@cee: ");
	cr_assert_not_null(json);
	json_t *object = json_loads(json + 6, 0, NULL);
	cr_assert_not_null(object);
	return object;
}

Test(syslog_line, is_of_rfc_5424_and_holds_the_event)
{
	json_t *e = event("update", "10.0.0.7");
	char *line = syslog_line(e, "ns1", 8192), head[200];
	snprintf(head, sizeof head,
		 "<110>1 2026-01-05T09:00:00.123456Z ns1 tenured %ld record-register - @cee: {",
		 (long)getpid());
	cr_expect_eq(strncmp(line, head, strlen(head)), 0, "%s", line);
	json_t *back = json_of(line);
	cr_expect(json_equal(back, e));
	json_decref(back);
	json_decref(e);
	free(line);
}

Test(syslog_line, of_a_denial_is_a_warning)
{
	json_t *e = event("denied", "");
	char *line = syslog_line(e, "ns1", 8192);
	cr_expect_eq(strncmp(line, "<108>1 ", 7), 0, "%s", line);
	json_decref(e);
	free(line);
}

Test(syslog_line, takes_no_control_bytes_from_outside)
{
	json_t *e = event("update", "a\nb\x7f\xc3\xa9");
	char *line = syslog_line(e, "my host\n", 8192);
	cr_expect_not_null(strstr(line, " my?host? tenured "), "%s", line);
	cr_expect_null(strchr(line, '\n'));
	for (const char *c = line; *c; c++)
		cr_expect((unsigned char)*c >= 0x20 && (unsigned char)*c < 0x80);
	json_decref(e);
	free(line);
	e = event("update", "x");
	line = syslog_line(e, "", 8192);
	cr_expect_not_null(strstr(line, "Z - tenured "), "%s", line);
	json_decref(e);
	free(line);
}

Test(syslog_line, that_is_too_long_is_cut_between_characters_and_says_so)
{
	char data[30001];
	for (size_t i = 0; i < 15000; i++)
		memcpy(data + 2 * i, "\xc3\xa9", 2);
	memmove(data + 1, data, 29999);
	data[0] = 'x';
	data[29999] = '\0';
	json_t *e = event("update", data);
	char *line = syslog_line(e, "ns1", 2048);
	cr_expect_leq(strlen(line), 2048);
	json_t *back = json_of(line);
	cr_expect(json_is_true(json_object_get(back, "truncated")));
	cr_expect_eq(json_integer_value(json_object_get(back, "seq")), 17);
	cr_expect_eq(strncmp(json_string_value(json_object_get(back, "data")), data, 100), 0);
	json_decref(back);
	json_decref(e);
	free(line);
}
