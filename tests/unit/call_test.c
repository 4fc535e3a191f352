/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>
#include "admin/call.h"
#include "scavenger/schedule.h"
#include "tests/unit/bad_disk.h"
#include <criterion/criterion.h>
#include <errno.h>
#include <ftw.h>
#include <semaphore.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[] = "/tmp/tenure-call-XXXXXX";
static struct core *core;
static json_t *rows;

#define CALL_NOW_US  1767603600000000
#define CALL_HOUR_US (3600ull * 1000000)

static void begin_with(bool has_schedule)
{
	char error[STORE_ERROR_MAX];
	cr_assert(mkdtemp(folder));
	struct core_options options = {.data = folder,
				       .map_size = 64 << 20,
				       .readers = 2,
				       .has_schedule = has_schedule,
				       .hand_clock_us = CALL_NOW_US};
	core = core_start(&options, error);
	cr_assert(core, "%s", error);
	rows = json_array();
}

static void begin(void)
{
	begin_with(false);
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
		{"10.1.0.0/20", CALL_REFUSED, NULL}, /* several: it asks */
		{"fd00::/33", CALL_REFUSED, NULL},
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
}

/* A prefix that ends inside a label is divided by the zones of the label. */
Test(call, a_prefix_is_divided_at_the_next_label)
{
	static const struct {
		const char *prefix;
		unsigned count;
		const char *first, *last;
	} cases[] = {
		{"10.1.0.0/17", 128, "0.1.10.in-addr.arpa", "127.1.10.in-addr.arpa"},
		{"10.1.64.0/18", 64, "64.1.10.in-addr.arpa", "127.1.10.in-addr.arpa"},
		{"10.2.3.6/31", 2, "6.3.2.10.in-addr.arpa", "7.3.2.10.in-addr.arpa"},
		{"128.0.0.0/1", 128, "128.in-addr.arpa", "255.in-addr.arpa"},
		{"fd00::/33", 8, "0.0.0.0.0.0.0.d.f.ip6.arpa", "7.0.0.0.0.0.0.d.f.ip6.arpa"},
		{"fd08::/13", 8, "8.0.d.f.ip6.arpa", "f.0.d.f.ip6.arpa"},
		{"private", 19, "10.in-addr.arpa", "d.f.ip6.arpa"},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char args[128];
		unsigned count = 0;
		bool has_first = false, has_last = false;
		snprintf(args, sizeof(args), "{\"reverse\": \"%s\", \"plan\": true}",
			 cases[i].prefix);
		cr_expect_eq(run("zone add", args), CALL_OK, "%s: %s", args, said);
		for (size_t row = 0; row < json_array_size(rows); row++) {
			count += strcmp(cell(row, "what"), "zone") == 0;
			has_first |= strcmp(cell(row, "name"), cases[i].first) == 0;
			has_last |= strcmp(cell(row, "name"), cases[i].last) == 0;
		}
		cr_expect_eq(count, cases[i].count, "%s: %u", args, count);
		cr_expect(has_first && has_last, "%s", args);
	}
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

/* --- audit --follow over a disk that fails */

static enum call_code deed(const char *command, const char *args)
{
	struct call call;
	json_t *parsed = json_loads(args, 0, NULL);
	call_open(&call, core, "local:root");
	call.args = parsed;
	enum call_code code = call_run(&call, command);
	call_close(&call);
	json_decref(parsed);
	return code;
}

/* What happens while the follower waits. */
static unsigned looks;

static bool let_it_fail(struct call *call, unsigned milliseconds)
{
	(void)call;
	(void)milliseconds;
	looks++;
	if (looks == 2) {
		bad_disk_set(BAD_DISK_HEAD, EIO, 1);
		cr_expect_eq(deed("zone add", "{\"zone\": \"lost.example\"}"), CALL_FAILED);
	}
	if (looks == 4)
		cr_expect_eq(deed("zone add", "{\"zone\": \"after.example\"}"), CALL_OK);
	return looks < 7;
}

Test(call, who_follows_the_audit_trail_goes_on_after_the_disk_failed)
{
	struct call call;
	json_t *args = json_pack("{s:b, s:s}", "follow", true, "event", "zone-create");
	cr_expect_eq(deed("zone add", "{\"zone\": \"before.example\"}"), CALL_OK);
	looks = 0;
	json_array_clear(rows);
	call_open(&call, core, "local:root");
	call.args = args;
	call.row = keep;
	call.wait = let_it_fail;
	cr_expect_eq(call_run(&call, "audit"), CALL_OK, "%s",
		     call_error(&call) ? call_error(&call) : "");
	call_close(&call);
	json_decref(args);
	cr_assert_eq(json_array_size(rows), 2);
	cr_expect_str_eq(cell(0, "zone"), "before.example");
	cr_expect_str_eq(cell(1, "zone"), "after.example");
}

/* --- a cycle that is late */

struct call_busy {
	struct writer_job job;
	sem_t begun, let_go;
};

static void call_run_busy(struct writer_job *job, struct store_txn *txn)
{
	struct call_busy *busy = (struct call_busy *)job;
	(void)txn;
	sem_post(&busy->begun);
	sem_wait(&busy->let_go);
}

static void call_done_busy(struct writer_job *job, enum store_error error)
{
	(void)job;
	(void)error;
}

/* Whether a warning of the command holds the text. */
static bool warns(const char *command, const char *text)
{
	cr_expect_eq(run(command, "{}"), CALL_OK);
	for (size_t i = 0; i < json_array_size(rows); i++)
		if (strstr(cell(i, "warning"), text) || strstr(cell(i, "code"), text))
			return true;
	return false;
}

/* The writer is busy when a cycle is due, for `hours`, and then lets it begin. */
static void expect_overdue(uint64_t hours, const char *said_of_it)
{
	static struct call_busy busy = {.job = {.run = call_run_busy, .done = call_done_busy}};
	sem_init(&busy.begun, 0, 0);
	sem_init(&busy.let_go, 0, 0);
	cr_expect_eq(run("zone add", "{\"zone\": \"corp.example\"}"), CALL_OK);
	cr_expect_eq(run("scavenge set", "{\"settings\": {\"period\": \"4h\"}}"), CALL_OK);
	cr_assert(writer_post(core->writer, &busy.job, WRITER_URGENT));
	sem_wait(&busy.begun);
	clock_pass_to(&core->clock, CALL_NOW_US + (4 + hours) * CALL_HOUR_US);
	schedule_wake(core->schedule);
	cr_expect_eq(warns("status", "the scavenging cycle is overdue by"), said_of_it != NULL);
	if (said_of_it)
		cr_expect(warns("status", said_of_it));
	cr_expect_eq(warns("health", "cycle-late"), said_of_it != NULL);
	sem_post(&busy.let_go);
	bool is_late = said_of_it;
	for (unsigned tries = 0; tries < 5000 && is_late; tries++) {
		usleep(1000);
		is_late = warns("status", "is overdue by");
	}
	cr_expect_not(is_late, "it came, late");
	cr_expect_not(warns("health", "cycle-late"));
}

/* The suite's own core has no scavenger. */
static void begin_scheduled(void)
{
	end();
	snprintf(folder, sizeof folder, "/tmp/tenure-call-XXXXXX");
	begin_with(true);
}

Test(call, a_cycle_that_is_late_is_a_warning, .init = begin_scheduled)
{
	expect_overdue(2, "the scavenging cycle is overdue by 2h");
}

Test(call, a_cycle_that_is_due_is_none, .init = begin_scheduled)
{
	expect_overdue(0, NULL);
}
