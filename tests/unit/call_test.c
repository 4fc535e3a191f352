/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>
#include "admin/call.h"
#include "tests/unit/bad_disk.h"
#include <criterion/criterion.h>
#include <errno.h>
#include <ftw.h>
#include <stdlib.h>
#include <unistd.h>

static char folder[] = "/tmp/tenure-call-XXXXXX";
static struct core *core;
static json_t *rows;

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
	rows = json_array();
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
	json_decref(rows);
	core_stop(core);
	nftw(folder, drop, 8, FTW_DEPTH | FTW_PHYS);
}

static bool keep(struct call *call, json_t *row)
{
	(void)call;
	json_array_append(rows, row);
	return true;
}

/* Runs a command with arguments as JSON; the error's text is in `said`. */
static char said[CALL_ERROR_MAX];

static enum call_code run(const char *command, const char *args)
{
	struct call call;
	json_t *parsed = json_loads(args, 0, NULL);
	cr_assert(parsed, "%s", args);
	json_array_clear(rows);
	call_open(&call, core, "local:root");
	call.args = parsed;
	call.row = keep;
	enum call_code code = call_run(&call, command);
	snprintf(said, sizeof(said), "%s", call_error(&call) ? call_error(&call) : "");
	cr_expect_eq(code == CALL_OK, said[0] == '\0', "%s: %d '%s'", command, code, said);
	call_close(&call);
	json_decref(parsed);
	return code;
}

static const char *cell(size_t row, const char *member)
{
	const char *text = json_string_value(json_object_get(json_array_get(rows, row), member));
	return text ? text : "";
}

TestSuite(call, .init = begin, .fini = end);

Test(call, arguments_are_checked_before_anything_runs)
{
	static const struct {
		const char *command, *args, *said;
	} cases[] = {
		{"zone lisst", "{}", "unknown command 'zone lisst': did you mean 'zone list'?"},
		{"zone show", "{}", "argument 'zone' is missing"},
		{"zone show", "{\"zone\": 7}", "argument 'zone' has the wrong type"},
		{"zone show", "{\"zone\": \"a\", \"colour\": \"x\"}",
		 "'zone show' has no argument 'colour'"},
		{"zone show", "[]", "the arguments are not an object"},
		{"audit", "{\"limit\": -1}", "argument 'limit' has the wrong type"},
		{"zone set", "{\"zone\": \"a\", \"settings\": {\"a\": 1}}",
		 "argument 'settings' has the wrong type"},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		cr_expect_eq(run(cases[i].command, cases[i].args), CALL_USAGE);
		cr_expect_str_eq(said, cases[i].said);
	}
}

Test(call, a_zone_is_made_listed_set_and_deleted)
{
	cr_expect_eq(
		run("zone add", "{\"zone\": \"corp.example\", \"ns\": [\"ns1.corp.example\"]}"),
		CALL_OK);
	cr_expect_eq(run("zone add", "{\"zone\": \"corp.example\"}"), CALL_FAILED);
	cr_expect_str_eq(said, "zone corp.example is here already");
	cr_expect_eq(run("zone set", "{\"zone\": \"corp.example\", \"settings\": {\"update\": "
				     "\"secure\", \"aging\": \"on\"}}"),
		     CALL_OK);
	cr_expect_eq(run("zone list", "{}"), CALL_OK);
	cr_expect_eq(json_array_size(rows), 1);
	cr_expect_str_eq(cell(0, "update"), "secure");
	cr_expect_eq(run("audit", "{\"event\": \"zone-setting\"}"), CALL_OK);
	cr_expect_eq(json_array_size(rows), 2);
	cr_expect_eq(run("zone del", "{\"zone\": \"corp.example\"}"), CALL_REFUSED);
	cr_expect_eq(run("zone del", "{\"zone\": \"corp.example\", \"yes\": true}"), CALL_OK);
	cr_expect_eq(run("zone show", "{\"zone\": \"corp.example\"}"), CALL_NOT_FOUND);
}

Test(call, one_wrong_setting_sets_none)
{
	run("zone add", "{\"zone\": \"corp.example\"}");
	cr_expect_eq(run("zone set", "{\"zone\": \"corp.example\", \"settings\": {\"update\": "
				     "\"secure\", \"agingg\": \"on\"}}"),
		     CALL_USAGE);
	cr_expect_str_eq(said, "unknown setting 'agingg': did you mean 'aging'?");
	run("zone list", "{}");
	cr_expect_str_neq(cell(0, "update"), "secure");
}

Test(call, reverse_zones_begin_at_labels)
{
	static const struct {
		const char *prefix;
		enum call_code code;
		const char *zone;
	} cases[] = {
		{"10.0.0.0/8", CALL_OK, "10.in-addr.arpa"},
		{"10.1.0.0/16", CALL_OK, "1.10.in-addr.arpa"},
		{"fd00:1::/32", CALL_OK, "1.0.0.0.0.0.d.f.ip6.arpa"},
		{"10.1.0.0/20", CALL_USAGE, NULL},
		{"fd00::/33", CALL_USAGE, NULL},
		{"0.0.0.0/0", CALL_USAGE, NULL},
		{"10.1.0.0", CALL_USAGE, NULL},
		{"10.1.0.1/16", CALL_USAGE, NULL},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char args[128];
		snprintf(args, sizeof(args), "{\"reverse\": \"%s\"}", cases[i].prefix);
		cr_expect_eq(run("zone add", args), cases[i].code, "%s: %s", args, said);
		snprintf(args, sizeof(args), "{\"zone\": \"%s\"}",
			 cases[i].zone ? cases[i].zone : "none");
		if (cases[i].zone)
			cr_expect_eq(run("zone show", args), CALL_OK);
	}
	run("zone add", "{\"reverse\": \"10.1.0.0/20\"}");
	cr_expect(strstr(said, "/16") && strstr(said, "10.1.0.0/24"), "%s", said);
}

Test(call, records_are_added_listed_and_deleted)
{
	run("zone add", "{\"zone\": \"corp.example\"}");
	cr_expect_eq(run("record add", "{\"zone\": \"corp.example\", \"name\": \"www\", \"type\": "
				       "\"A\", \"data\": \"10.0.0.1\", \"ttl\": \"5m\"}"),
		     CALL_OK);
	cr_expect_eq(run("record list", "{\"zone\": \"corp.example\", \"name\": \"www\"}"),
		     CALL_OK);
	cr_assert_eq(json_array_size(rows), 1);
	cr_expect_str_eq(cell(0, "name"), "www.corp.example");
	cr_expect_str_eq(cell(0, "class"), "static");
	cr_expect_str_eq(cell(0, "owner"), "local:root");
	cr_expect_str_eq(cell(0, "stamp"), "2026-01-05T09:00:00Z");
	cr_expect_eq(run("record del", "{\"zone\": \"corp.example\", \"name\": "
				       "\"www.corp.example\", \"type\": \"A\", \"data\": "
				       "\"10.0.0.1\"}"),
		     CALL_OK);
	cr_expect_eq(run("record del", "{\"zone\": \"corp.example\", \"name\": \"www\"}"),
		     CALL_NOT_FOUND);
}

Test(call, what_cannot_stand_is_refused_with_its_reason)
{
	static const struct {
		const char *command, *args;
		enum call_code code;
		const char *said;
	} cases[] = {
		{"record add", "\"name\":\"www\",\"type\":\"CNAME\",\"data\":\"a\"", CALL_FAILED,
		 "www.corp.example holds A: a CNAME cannot stand beside it"},
		{"record add", "\"name\":\"alias\",\"type\":\"A\",\"data\":\"10.0.0.2\"",
		 CALL_FAILED, "alias.corp.example is a CNAME: nothing else can stand there"},
		{"record add", "\"name\":\"alias\",\"type\":\"CNAME\",\"data\":\"b\"", CALL_FAILED,
		 "alias.corp.example has a CNAME already: delete it first"},
		{"record add", "\"name\":\"x\",\"type\":\"AXFR\",\"data\":\"a\"", CALL_USAGE,
		 "type AXFR cannot be stored"},
		{"record add", "\"name\":\"x.other.example.\",\"type\":\"A\",\"data\":\"10.0.0.1\"",
		 CALL_USAGE, "'x.other.example.' is outside of zone corp.example"},
		{"record add", "\"name\":\"x\",\"type\":\"A\",\"data\":\"10.0.0.1\",\"ttl\":\"x\"",
		 CALL_USAGE, "'x' is not a TTL: seconds up to 2147483647, or as in 1h30m"},
		{"record del", "\"name\":\"@\",\"type\":\"SOA\"", CALL_FAILED,
		 "the SOA of zone corp.example cannot be deleted"},
		{"record del", "\"name\":\"@\",\"type\":\"NS\"", CALL_FAILED,
		 "the last NS of zone corp.example cannot be deleted"},
		{"record del", "\"name\":\"nobody\"", CALL_NOT_FOUND,
		 "no such record at nobody.corp.example"},
	};
	run("zone add", "{\"zone\": \"corp.example\"}");
	run("record add", "{\"zone\":\"corp.example\",\"name\":\"www\",\"type\":\"A\",\"data\":"
			  "\"10.0.0.1\"}");
	run("record add", "{\"zone\":\"corp.example\",\"name\":\"alias\",\"type\":\"CNAME\","
			  "\"data\":\"www\"}");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char args[300];
		snprintf(args, sizeof(args), "{\"zone\":\"corp.example\",%s}", cases[i].args);
		cr_expect_eq(run(cases[i].command, args), cases[i].code, "%s", args);
		cr_expect_str_eq(said, cases[i].said);
	}
}

Test(call, a_key_is_shown_only_when_it_is_asked_for)
{
	cr_expect_eq(run("key generate", "{\"name\": \"web1\"}"), CALL_OK);
	cr_expect_eq(run("key generate", "{\"name\": \"web1\"}"), CALL_FAILED);
	cr_expect_str_eq(said, "key web1 is here already: `key rotate web1` gives it a new "
			       "secret, `key show web1` prints it");
	cr_expect_eq(run("key generate", "{\"name\": \"old\", \"algorithm\": \"hmac-md5\"}"),
		     CALL_FAILED);
	cr_expect_eq(run("key list", "{}"), CALL_OK);
	cr_expect_eq(json_array_size(rows), 1);
	cr_expect_null(json_object_get(json_array_get(rows, 0), "secret"));
	cr_expect_eq(run("key del", "{\"name\": \"web2\"}"), CALL_NOT_FOUND);
	cr_expect_str_eq(said, "no key 'web2' here: did you mean 'web1'?");
	cr_expect_eq(run("key del", "{\"name\": \"web1\"}"), CALL_OK);
	cr_expect_eq(run("audit", "{\"event\": \"key-delete\"}"), CALL_OK);
	cr_expect_eq(json_array_size(rows), 1);
	cr_expect_eq(run("audit verify", "{}"), CALL_OK);
}

Test(call, a_write_that_loses_the_environment_lets_the_next_one_pass)
{
	bad_disk_set(BAD_DISK_HEAD, EIO, 1);
	cr_expect_eq(run("zone add", "{\"zone\": \"a.example\"}"), CALL_FAILED);
	cr_expect_eq(run("zone add", "{\"zone\": \"a.example\"}"), CALL_OK, "%s", said);
}
