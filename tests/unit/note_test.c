/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>
#include "admin/call.h"
#include "base/plaintext.h"
#include "journal/state.h"
#include "zonedb/note.h"
#include <criterion/criterion.h>
#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[] = "/tmp/tenure-note-XXXXXX";
static struct core *core;
static char *told;
static size_t told_len;
static char said[CALL_ERROR_MAX];

static void begin(void)
{
	char error[STORE_ERROR_MAX];
	cr_assert(mkdtemp(folder));
	struct core_options options = {.data = folder,
				       .map_size = 64 << 20,
				       .readers = 2,
				       .hand_clock_us = 1767603600000000};
	core = core_start(&options, error);
	cr_assert(core, "%s", error);
}

static int drop(const char *path, const struct stat *info, int flag, struct FTW *ftw)
{
	(void)info;
	(void)flag;
	(void)ftw;
	return remove(path);
}

static void end(void)
{
	free(told);
	told = NULL;
	core_stop(core);
	nftw(folder, drop, 8, FTW_DEPTH | FTW_PHYS);
}

static bool note_test_keep(struct call *call, struct bytes data)
{
	(void)call;
	told = realloc(told, told_len + data.len + 1);
	cr_assert(told);
	memcpy(told + told_len, data.data, data.len);
	told_len += data.len;
	told[told_len] = '\0';
	return true;
}

static bool note_test_row(struct call *call, json_t *row)
{
	char *text = json_dumps(row, JSON_COMPACT);
	bool is_kept = note_test_keep(call, bytes_of(text, strlen(text)));
	free(text);
	return is_kept;
}

static enum call_code run_args(const char *command, json_t *args)
{
	struct call call;
	told_len = 0;
	call_open(&call, core, "local:root");
	call.args = args;
	call.row = note_test_row;
	call.write = note_test_keep;
	note_test_keep(&call, bytes_of("", 0));
	enum call_code code = call_run(&call, command);
	snprintf(said, sizeof(said), "%s", call_error(&call) ? call_error(&call) : "");
	call_close(&call);
	json_decref(args);
	return code;
}

static enum call_code run(const char *command, const char *args)
{
	return run_args(command, json_loads(args, JSON_ALLOW_NUL, NULL));
}

TestSuite(note, .init = begin, .fini = end);

Test(note, each_type_may_have_one_up_to_a_bound)
{
	char type[16];
	cr_assert_eq(run("zone add", "{\"zone\": \"corp.example\"}"), CALL_OK);
	for (unsigned i = 0; i <= NOTE_TYPES_MAX; i++) {
		snprintf(type, sizeof type, "TYPE%u", 65280 + i);
		enum call_code code = run_args(
			"record note", json_pack("{s:s, s:s, s:s, s:s}", "zone", "corp.example",
						 "name", "a", "type", type, "text", "x"));
		cr_expect_eq(code, i < NOTE_TYPES_MAX ? CALL_OK : CALL_FAILED, "%s: %s", type,
			     said);
	}
	cr_expect_str_eq(said, "32 types of a.corp.example have notes of their own, and no more "
			       "may");
	/* One that is there is changed, and the name itself has its own. */
	cr_expect_eq(run("record note", "{\"zone\": \"corp.example\", \"name\": \"a\", \"type\": "
					"\"TYPE65280\", \"text\": \"y\"}"),
		     CALL_OK);
	cr_expect_eq(run("record note",
			 "{\"zone\": \"corp.example\", \"name\": \"a\", \"text\": \"y\"}"),
		     CALL_OK);
	cr_expect_eq(run("record notes", "{}"), CALL_OK);
	cr_expect(strstr(told, "\"type\":\"TYPE65280\",\"note\":\"y\""), "%s", told);
	cr_expect(strstr(told, "\"type\":null,\"note\":\"y\""), "%s", told);
}

Test(note, a_text_is_one_line_of_plain_text)
{
	static const struct {
		const char *text, *said;
	} cases[] = {
		{"\"\"", "the note is empty"},
		{"\"a\\u0000b\"", "the note has a NUL in it"},
		{"\"a\\nb\"", "the note has a control character (its byte 2): it is one line of "
			      "plain text"},
		{"\"\\u009b2J\"", "the note has a control character (its byte 1): it is one line "
				  "of plain text"},
		{"\"x\\u2066y\"", "the note has a control character (its byte 2): it is one line "
				  "of plain text"},
	};
	char args[256];
	cr_assert_eq(run("zone add", "{\"zone\": \"corp.example\"}"), CALL_OK);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		snprintf(args, sizeof args,
			 "{\"zone\": \"corp.example\", \"name\": \"a\", \"text\": %s}",
			 cases[i].text);
		cr_expect_eq(run("record note", args), CALL_USAGE, "%s", args);
		cr_expect_str_eq(said, cases[i].said);
	}
	cr_expect_eq(run("record notes", "{}"), CALL_OK);
	cr_expect_str_eq(told, "");
}

Test(note, every_byte_but_those_of_plain_text_is_refused)
{
	char problem[PLAINTEXT_PROBLEM_MAX];
	for (unsigned byte = 1; byte < 256; byte++) {
		char text[3] = {'a', (char)byte, '\0'};
		bool is_plain = byte >= 0x20 && byte < 0x7f;
		cr_expect_eq(plaintext_problem(text, 10, problem) == NULL, is_plain, "%u", byte);
	}
	cr_expect_null(plaintext_problem("gr\xc3\xb6\xc3\x9f\x65r \xe2\x82\xac \xf0\x9f\x96\xa8",
					 64, problem));
	cr_expect_not_null(plaintext_problem("\xf3\xa0\x80\xa1", 64, problem));
	cr_expect_not_null(plaintext_problem("12345678901", 10, problem));
}

static void settle_note(struct writer_job *job, struct store_txn *txn)
{
	struct arena arena = {0};
	struct zone zone;
	struct dns_name apex, name;
	uint8_t key[ZONE_KEY_MAX];
	struct state_row_writer row = {.arena = &arena};
	(void)job;
	dns_name_parse_text(&apex, "corp.example");
	dns_name_parse_text(&name, "a\\010b.corp.example");
	cr_assert(zone_get(txn, &apex, &zone));
	state_row_put_text(&row, "name", "a\\010b.corp.example");
	state_row_put_text(&row, "text", "x\nwww 300 A 10.6.6.6\x7f");
	state_row_put_text(&row, "of-a-later-version", "?");
	state_settle(txn, STATE_NOTE, bytes_of(key, zone_key(key, &zone, &name)),
		     state_row_end(&row));
	arena_free(&arena);
}

Test(note, what_a_tool_wrote_ends_no_line_of_an_export)
{
	struct writer_job job = {.run = settle_note};
	cr_assert_eq(run("zone add", "{\"zone\": \"corp.example\"}"), CALL_OK);
	cr_assert_eq(writer_call(core->writer, &job, WRITER_URGENT), STORE_OK);
	cr_expect_eq(run("zone export", "{\"zone\": \"corp.example\"}"), CALL_OK);
	cr_expect(strstr(told, "; note of a\\010b.corp.example.: x\\010www 300 A "
			       "10.6.6.6\\127\n"),
		  "%s", told);
	cr_expect_eq(run("record notes", "{}"), CALL_OK);
	cr_expect(!strstr(told, "later-version"));
}

Test(note, goes_with_its_zone_and_comes_back_with_it)
{
	cr_assert_eq(run("zone add", "{\"zone\": \"corp.example\"}"), CALL_OK);
	cr_assert_eq(run("record note",
			 "{\"zone\": \"corp.example\", \"name\": \"a\", \"text\": \"kiosk\"}"),
		     CALL_OK);
	cr_assert_eq(run("zone del", "{\"zone\": \"corp.example\", \"yes\": true}"), CALL_OK);
	cr_expect_eq(run("record notes", "{}"), CALL_OK);
	cr_expect_str_eq(told, "");
	cr_assert_eq(run("zone restore", "{\"zone\": \"corp.example\"}"), CALL_OK, "%s", said);
	cr_expect_eq(run("record notes", "{}"), CALL_OK);
	cr_expect(strstr(told, "\"note\":\"kiosk\""), "%s", told);
}
