/* SPDX-License-Identifier: BSD-2-Clause */
/* Traces: which requests one shows, that it never keeps an answer waiting, and how it ends. */
#include <config.h>
#include "admin/command.h"
#include "dns/msg.h"
#include "nameserver/dispatch.h"
#include "nameserver/pending.h"
#include "nameserver/trace.h"
#include <criterion/criterion.h>
#include <ftw.h>
#include <semaphore.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#define SECOND_US 1000000ull

static char folder[] = "/tmp/tenure-trace-XXXXXX";
static struct core *core;
static struct dispatcher dispatcher;
static json_t *rows, *result;
static char said[CALL_ERROR_MAX];
static unsigned looks;
static size_t sent;

/* What is asked while a trace runs: one a look. `type` 0: an update that adds an A and a TXT. */
struct asked {
	const char *source, *name;
	uint16_t type;
};
static const struct asked *questions;

static enum call_code do_command(const char *words, const char *args);

static void begin(void)
{
	char error[STORE_ERROR_MAX];
	cr_assert(mkdtemp(folder));
	struct core_options options = {.data = folder,
				       .map_size = 64 << 20,
				       .readers = 2,
				       .commands = 8,
				       .hand_clock_us = 1767603600000000};
	core = core_start(&options, error);
	cr_assert(core, "%s", error);
	dispatcher_open(&dispatcher, core);
	rows = json_array();
	cr_assert_eq(do_command("zone add", "{\"zone\": \"corp.example\", \"settings\": "
					    "{\"update\": \"nonsecure\"}}"),
		     CALL_OK, "%s", said);
	cr_assert_eq(do_command("zone add", "{\"zone\": \"sub.corp.example\"}"), CALL_OK, "%s",
		     said);
}

static int trace_drop(const char *path, const struct stat *info, int flag, struct FTW *ftw)
{
	(void)info;
	(void)flag;
	(void)ftw;
	return remove(path);
}

static void end(void)
{
	json_decref(rows);
	json_decref(result);
	dispatcher_close(&dispatcher);
	core_stop(core);
	nftw(folder, trace_drop, 8, FTW_DEPTH | FTW_PHYS);
}

TestSuite(trace, .init = begin, .fini = end);

static bool trace_keep(struct call *call, json_t *row)
{
	(void)call;
	json_array_append(rows, row);
	return true;
}

static void put_record(struct bytes_out *out, const char *text, uint16_t type, struct bytes rdata)
{
	struct dns_name name;
	cr_assert_null(dns_name_parse_text(&name, text));
	bytes_out_put(out, name.wire, name.len);
	bytes_out_u16(out, type);
	bytes_out_u16(out, DNS_CLASS_IN);
	bytes_out_u32(out, 300);
	bytes_out_u16(out, (uint16_t)rdata.len);
	bytes_out_put(out, rdata.data, rdata.len);
}

static size_t trace_compose(uint8_t packet[512], const struct asked *asked)
{
	static uint16_t id;
	struct bytes_out out = bytes_out_of(packet, 512);
	struct dns_name name;
	bool is_update = asked->type == 0;
	cr_assert_null(dns_name_parse_text(&name, is_update ? "corp.example" : asked->name));
	bytes_out_u16(&out, ++id);
	bytes_out_u16(&out, is_update ? DNS_OPCODE_UPDATE << 11 : 0);
	bytes_out_u16(&out, 1);
	bytes_out_u16(&out, 0);
	bytes_out_u16(&out, is_update ? 2 : 0);
	bytes_out_u16(&out, 0);
	bytes_out_put(&out, name.wire, name.len);
	bytes_out_u16(&out, is_update ? DNS_TYPE_SOA : asked->type);
	bytes_out_u16(&out, DNS_CLASS_IN);
	if (is_update) {
		put_record(&out, asked->name, DNS_TYPE_A, bytes_of("\12\0\0\1", 4));
		put_record(&out, asked->name, DNS_TYPE_TXT, bytes_of("\1x", 2));
	}
	return bytes_out_len(&out);
}

static void trace_answered_one(struct pending *pending, void *context)
{
	(void)pending;
	sem_post(context);
}

static void trace_ask(const struct asked *asked)
{
	uint8_t packet[512], answer[DNS_MESSAGE_MAX];
	struct bytes_out reply = bytes_out_of(answer, sizeof answer);
	struct pending *pending = NULL;
	sem_t done;
	struct packet p = {.bytes = bytes_of(packet, trace_compose(packet, asked))};
	p.transport = ENTRY_UDP;
	cr_assert_null(addr_parse(asked->source, 4000, &p.source));
	dispatcher_begin(&dispatcher);
	if (dispatch(&dispatcher, &p, &reply, &pending) == DISPATCH_WAITS) {
		sem_init(&done, 0, 0);
		cr_assert(pending_post(pending, trace_answered_one, &done));
		sem_wait(&done);
		pending_answer(pending, &dispatcher, &reply);
		pending_free(pending);
	}
	cr_assert_gt(bytes_out_len(&reply), 0);
	dispatcher_end(&dispatcher);
}

/* The client waits: meanwhile others ask, and seconds pass. */
static bool trace_wait(struct call *call, unsigned milliseconds)
{
	(void)call;
	(void)milliseconds;
	looks++;
	if (questions && questions[sent].source)
		trace_ask(&questions[sent++]);
	else
		clock_pass_to(&core->clock, clock_now_us(&core->clock) + SECOND_US);
	return true;
}

static enum call_code do_command(const char *words, const char *args)
{
	struct call call;
	json_t *parsed = json_loads(args, 0, NULL);
	cr_assert(parsed, "%s", args);
	json_array_clear(rows);
	looks = 0;
	sent = 0;
	call_open(&call, core, "local:root");
	call.args = parsed;
	call.row = trace_keep;
	call.wait = trace_wait;
	enum call_code code = call_run(&call, words);
	snprintf(said, sizeof said, "%s", call_error(&call) ? call_error(&call) : "");
	json_decref(result);
	result = json_incref(call.result);
	call_close(&call);
	json_decref(parsed);
	return code;
}

static const struct asked some[] = {
	{"10.0.0.1", "www.corp.example", DNS_TYPE_A},
	{"10.0.0.2", "x.sub.corp.example", DNS_TYPE_A},
	{"10.0.0.3", "sub.corp.example", DNS_TYPE_DS}, /* which stands in the zone above */
	{"10.0.0.4", "elsewhere.example", DNS_TYPE_AAAA},
	{"10.0.9.5", "pc1.corp.example", 0},
	{0},
};

/* "www.corp.example A NXDOMAIN;" of each row. */
static const char *trace_rows(void)
{
	static char text[1000];
	size_t i;
	json_t *row;
	text[0] = '\0';
	json_array_foreach(rows, i, row)
	{
		size_t at = strlen(text);
		snprintf(text + at, sizeof text - at, "%s %s %s;",
			 json_string_value(json_object_get(row, "name")),
			 json_string_value(json_object_get(row, "type")),
			 json_string_value(json_object_get(row, "rcode")));
	}
	return text;
}

#define WWW  "www.corp.example A NXDOMAIN;"
#define SUB  "x.sub.corp.example A NXDOMAIN;"
#define DS   "sub.corp.example DS NOERROR;"
#define ELSE "elsewhere.example AAAA REFUSED;"
#define PC1  "pc1.corp.example A NOERROR;"

Test(trace, shows_what_its_filter_takes)
{
	static const struct {
		const char *args, *rows;
	} cases[] = {
		{"{}", WWW SUB DS ELSE PC1},
		{"{\"zone\": \"corp.example\"}", WWW DS PC1},
		{"{\"zone\": \"sub.corp.example\"}", SUB},
		{"{\"client\": \"10.0.0.0/24\"}", WWW SUB DS ELSE},
		{"{\"client\": \"10.0.0.2\"}", SUB},
		{"{\"type\": \"A\"}", WWW SUB PC1},
		{"{\"type\": \"TXT\"}", PC1},
		{"{\"type\": \"SOA\"}", ""},
		{"{\"queries\": true}", WWW SUB DS ELSE},
		{"{\"updates\": true}", PC1},
		{"{\"zone\": \"corp.example\", \"queries\": true, \"limit\": 1}", WWW},
		{"{\"zone\": \"corp.example\", \"client\": \"10.0.9.0/24\", \"type\": \"AAAA\"}",
		 ""},
	};
	questions = some;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		cr_assert_eq(do_command("trace", cases[i].args), CALL_OK, "%s", said);
		cr_expect_str_eq(trace_rows(), cases[i].rows, "%s: %s", cases[i].args,
				 trace_rows());
		cr_expect_eq(core->watchers, 0, "nobody looks any more");
	}
}

Test(trace, a_row_says_what_became_of_an_update)
{
	questions = some;
	cr_assert_eq(do_command("trace", "{\"updates\": true}"), CALL_OK);
	json_t *row = json_array_get(rows, 0);
	json_t *wanted = json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:i,s:s,s:n,s:s,s:n}", //
				   "time", "2026-01-05T09:00:00Z", "kind", "update", "source",
				   "10.0.9.5@4000", "transport", "udp", "principal", "anonymous",
				   "zone", "corp.example", "name", "pc1.corp.example", "class",
				   "IN", "type", "A", "change_count", 2, "rcode", "NOERROR",
				   "tsig_error", "outcome", "changed", "code");
	cr_expect(json_is_real(json_object_get(row, "seconds")));
	json_object_del(row, "seconds");
	cr_expect(json_equal(row, wanted), "%s", json_dumps(row, 0));
	json_decref(wanted);
	/* The same with the zone closed: refused before the writer sees it. */
	do_command("zone set",
		   "{\"zone\": \"corp.example\", \"settings\": {\"update\": \"none\"}}");
	cr_assert_eq(do_command("trace", "{\"updates\": true}"), CALL_OK);
	cr_expect_str_eq(trace_rows(), "pc1.corp.example A REFUSED;");
}

Test(trace, ends_with_its_time)
{
	questions = NULL;
	cr_assert_eq(do_command("trace", "{}"), CALL_OK);
	cr_expect_eq(looks, 600, "%u", looks);
	cr_assert_eq(do_command("trace", "{\"for\": \"1m\"}"), CALL_OK);
	cr_expect_eq(looks, 60, "%u", looks);
	cr_expect_eq(do_command("trace", "{\"for\": \"2d\"}"), CALL_USAGE);
	cr_expect_str_eq(said, "for: a trace takes 1s to 1d");
	cr_expect_eq(do_command("trace", "{\"for\": \"0s\"}"), CALL_USAGE);
	cr_expect_eq(do_command("trace", "{\"client\": \"10.0.0.1/8\"}"), CALL_USAGE);
	cr_expect_eq(do_command("trace", "{\"zone\": \"nosuch.example\"}"), CALL_NOT_FOUND);
}

/* More than there is room for, between two looks. */
static bool trace_flood(struct call *call, unsigned milliseconds)
{
	(void)call;
	(void)milliseconds;
	if (looks++ > 0)
		return false;
	for (unsigned i = 0; i < TRACE_ROWS + 7; i++)
		trace_ask(&some[0]);
	return true;
}

Test(trace, what_there_is_no_room_for_is_dropped_and_said)
{
	struct call call;
	looks = 0;
	json_array_clear(rows);
	call_open(&call, core, "local:root");
	call.row = trace_keep;
	call.wait = trace_flood;
	cr_assert_eq(call_run(&call, "trace"), CALL_OK);
	cr_expect_eq(json_array_size(rows), TRACE_ROWS + 1);
	cr_expect_str_eq(
		json_string_value(json_object_get(json_array_get(rows, TRACE_ROWS), "warning")),
		"7 requests were left out: they came faster than they are shown");
	cr_expect_eq(json_integer_value(json_object_get(call.result, "shown")), TRACE_ROWS);
	cr_expect_eq(json_integer_value(json_object_get(call.result, "dropped")), 7);
	call_close(&call);
}

Test(trace, a_few_run_at_once_and_fewer_of_one)
{
	struct trace_filter filter = {0};
	struct trace *of[TRACE_MAX];
	size_t running;
	for (size_t i = 0; i < TRACE_MAX_OF_ONE; i++)
		cr_assert(of[i] = trace_begin(core->traces, &filter, "local:root", &running));
	cr_expect_eq(do_command("trace", "{}"), CALL_FAILED);
	cr_expect_str_eq(said, "2 traces of local:root run, and one may have 2: one has to end "
			       "first");
	for (size_t i = TRACE_MAX_OF_ONE; i < TRACE_MAX; i++)
		cr_assert(of[i] = trace_begin(core->traces, &filter, "local:bea", &running));
	cr_expect_eq(do_command("trace", "{}"), CALL_FAILED);
	cr_expect_str_eq(said, "4 traces run, and no more may: one has to end first");
	for (size_t i = 0; i < TRACE_MAX; i++)
		trace_end(core->traces, of[i]);
	cr_expect_eq(do_command("trace", "{\"for\": \"1s\"}"), CALL_OK);
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
Test(trace, without_memory_there_is_none_and_the_server_goes_on)
{
	struct rlimit was, none;
	getrlimit(RLIMIT_AS, &was);
	none = was;
	none.rlim_cur = 1;
	setrlimit(RLIMIT_AS, &none);
	enum call_code code = do_command("trace", "{\"for\": \"1s\"}");
	setrlimit(RLIMIT_AS, &was);
	cr_expect_eq(code, CALL_FAILED);
	cr_expect_str_eq(said, "there is no memory for a trace now");
	cr_expect_eq(core->watchers, 0);
	cr_expect_eq(do_command("trace", "{\"for\": \"1s\"}"), CALL_OK);
}
#endif

/* Messages with a fault are shown as far as they can be read. */
Test(trace, broken_messages_are_shown)
{
	static const uint8_t cut[] = "\0\1\x28\0\0\1\0\0\0\5\0\0\4corp\7example\0\0\6\0\1junk";
	static const uint8_t header[] = "\0\2\0\0\0\0\0\0\0\0\0";
	struct trace_filter filter = {0};
	size_t running;
	uint64_t dropped;
	const struct trace_row *got;
	struct trace *trace = trace_begin(core->traces, &filter, "local:root", &running);
	uint8_t answer[DNS_MESSAGE_MAX];
	for (int i = 0; i < 2; i++) {
		struct bytes_out reply = bytes_out_of(answer, sizeof answer);
		struct pending *pending = NULL;
		struct packet p = {.bytes =
					   i ? bytes_of(header, 12) : bytes_of(cut, sizeof cut - 1),
				   .transport = ENTRY_TCP};
		cr_assert_null(addr_parse("2001:db8::1", 4000, &p.source));
		dispatcher_begin(&dispatcher);
		cr_assert_eq(dispatch(&dispatcher, &p, &reply, &pending), DISPATCH_ANSWER);
		dispatcher_end(&dispatcher);
	}
	cr_assert_eq(trace_take(core->traces, trace, &got, &dropped), 2);
	cr_expect(got[0].kind == TRACE_UPDATE && got[0].has_zone && got[0].changes == 0);
	cr_expect(got[0].has_rcode && got[0].rcode == DNS_FORMERR && got[0].is_tcp);
	cr_expect(got[1].kind == TRACE_QUERY && !got[1].has_question && !got[1].has_zone);
	trace_end(core->traces, trace);
}
