/* SPDX-License-Identifier: BSD-2-Clause */
/* A server that is not whole: what still works, and what it says. */
#include <config.h>
#include "admin/call.h"
#include "base/container.h"
#include "dns/type.h"
#include "nameserver/pending.h"
#include "tests/unit/bad_disk.h"
#include "tests/unit/running.h"
#include <criterion/criterion.h>
#include <errno.h>
#include <ftw.h>
#include <sched.h>
#include <stdlib.h>
#include <unistd.h>

static char folder[] = "/tmp/tenure-degraded-XXXXXX";
static struct core *core;
static struct dispatcher dispatcher;

static void core_begin(uint64_t map_size)
{
	char error[STORE_ERROR_MAX];
	struct core_options options = {.data = folder, .map_size = map_size, .readers = 2};
	core = core_start(&options, error);
	cr_assert(core, "%s", error);
	dispatcher_open(&dispatcher, core);
}

static void core_end(void)
{
	dispatcher_close(&dispatcher);
	core_stop(core);
}

static int drop(const char *path, const struct stat *info, int flag, struct FTW *ftw)
{
	(void)info;
	(void)flag;
	(void)ftw;
	return remove(path);
}

static enum call_code run(const char *command, const char *args)
{
	struct call call;
	json_t *parsed = json_loads(args, 0, NULL);
	cr_assert(parsed, "%s", args);
	call_open(&call, core, "local:root");
	call.args = parsed;
	enum call_code code = call_run(&call, command);
	if (code)
		fprintf(stderr, "%s: %s\n", command, call_error(&call));
	call_close(&call);
	json_decref(parsed);
	return code;
}

static void begin(void)
{
	cr_assert(mkdtemp(folder));
	core_begin(64 << 20);
	cr_assert_eq(
		run("zone add", "{\"zone\": \"corp.example\", \"ns\": [\"ns1.corp.example\"]}"),
		CALL_OK);
}

static void end(void)
{
	core_end();
	nftw(folder, drop, 8, FTW_DEPTH | FTW_PHYS);
}

TestSuite(degraded, .init = begin, .fini = end);

static void add(const char *name)
{
	char args[200];
	snprintf(args, sizeof args,
		 "{\"zone\": \"corp.example\", \"name\": \"%s\", \"type\": \"A\", "
		 "\"data\": \"10.0.0.7\"}",
		 name);
	cr_assert_eq(run("record add", args), CALL_OK);
}

/* In the batch that is open. */
static unsigned ask(const char *name)
{
	uint8_t message[RUNNING_MESSAGE_MAX], room[RUNNING_MESSAGE_MAX];
	size_t len = running_query(message, 7, name, DNS_TYPE_A);
	struct packet packet = {.bytes = bytes_of(message, len), .transport = ENTRY_UDP};
	struct bytes_out answer = bytes_out_of(room, sizeof room);
	struct pending *pending = NULL;
	cr_assert_null(addr_parse("127.0.0.1@5300", 53, &packet.source));
	cr_assert_eq(dispatch(&dispatcher, &packet, &answer, &pending), DISPATCH_ANSWER);
	return room[3] & 15;
}

static unsigned ask_alone(const char *name)
{
	dispatcher_begin(&dispatcher);
	unsigned code = ask(name);
	dispatcher_end(&dispatcher);
	return code;
}

struct spoiling {
	struct writer_job job;
	const char *label;
	unsigned count;
	uint8_t key[STORE_ROW_KEY_MAX];
	size_t key_len;
};

static bool spoil_one(void *context, const struct store_row *row)
{
	struct spoiling *s = context;
	if (!memmem(row->key.data, row->key.len, s->label, strlen(s->label)))
		return true;
	memcpy(s->key, row->key.data, row->key.len);
	s->key_len = row->key.len;
	return false;
}

static void spoil_run(struct writer_job *job, struct store_txn *txn)
{
	struct spoiling *s = container_of(job, struct spoiling, job);
	store_scan(txn, STORE_NODES, spoil_one, s);
	struct store_row bad = {.key = bytes_of(s->key, s->key_len),
				.value = bytes_of("not what it was", 15)};
	store_put_row(txn, STORE_NODES, &bad);
}

/* Gives the row of a name a wrong checksum. */
static void spoil(const char *label)
{
	struct spoiling spoiling = {.job = {.run = spoil_run}, .label = label};
	cr_assert_eq(writer_call(core->writer, &spoiling.job, WRITER_URGENT), STORE_OK);
	cr_assert_gt(spoiling.key_len, 0);
}

Test(degraded, a_damaged_row_spoils_no_other_question_of_its_batch)
{
	add("good");
	add("bad");
	spoil("bad");
	dispatcher_begin(&dispatcher);
	for (unsigned i = 0; i < 3; i++) {
		cr_expect_eq(ask("good.corp.example"), DNS_NOERROR);
		cr_expect_eq(ask("bad.corp.example"), DNS_SERVFAIL);
		cr_expect_eq(ask("corp.example"), DNS_NOERROR);
	}
	dispatcher_end(&dispatcher);
}

/* --- audit --follow while the disk fails */

/* Where nothing is shown this long, it never will be. */
#define FOLLOWING_LOOKS 200000

struct following {
	unsigned looks;
	unsigned names[8]; /* how often the entry of n0.corp.example, ... was shown */
	bool keeps_store_closed;
	struct store_txn holder; /* keeps the store from being opened anew */
	enum { FOLLOW_WHOLE, FOLLOW_FAILED, FOLLOW_MENDED } is;
};

static struct following following;

static bool follow_row(struct call *call, json_t *row)
{
	const char *name = json_string_value(json_object_get(row, "name"));
	(void)call;
	if (name && name[0] == 'n' && name[1] >= '0' && name[1] < '8' && name[2] == '.')
		following.names[name[1] - '0']++;
	return true;
}

static enum call_code try_add(const char *name)
{
	char args[200];
	snprintf(args, sizeof args,
		 "{\"zone\": \"corp.example\", \"name\": \"%s\", \"type\": \"A\", "
		 "\"data\": \"10.0.0.7\"}",
		 name);
	return run("record add", args);
}

/* The commit of n1 fails at the head page, after which the store has to be opened anew. */
static void follow_fail(void)
{
	if (following.keeps_store_closed)
		store_read_begin(core->store, &following.holder);
	bad_disk_set(BAD_DISK_HEAD, EIO, 1);
	cr_expect_neq(try_add("n1"), CALL_OK);
	following.is = FOLLOW_FAILED;
}

static void follow_nothing(struct writer_job *job, struct store_txn *txn)
{
	(void)job;
	(void)txn;
}

static void follow_mend(void)
{
	struct writer_job job = {.run = follow_nothing};
	struct store_health health = {.now = STORE_TROUBLE_CLOSED};
	if (following.keeps_store_closed)
		store_read_end(&following.holder);
	/* The writer looks whenever it has something to do. */
	for (unsigned i = 0; health.now && i < FOLLOWING_LOOKS; i++) {
		(void)!writer_call(core->writer, &job, WRITER_URGENT);
		store_health(core->store, &health);
	}
	cr_expect_eq(try_add("n2"), CALL_OK);
	following.is = FOLLOW_MENDED;
}

/* The reader looks for what is new, again and again. False: it leaves. */
static bool follow_wait(struct call *call, unsigned milliseconds)
{
	(void)call;
	(void)milliseconds;
	following.looks++;
	if (following.is == FOLLOW_WHOLE && following.names[0])
		follow_fail();
	else if (following.is == FOLLOW_FAILED && following.looks > 2)
		follow_mend();
	else
		sched_yield();
	return following.names[2] == 0 && following.looks < FOLLOWING_LOOKS;
}

static void follow_through(bool keeps_store_closed)
{
	struct call call;
	json_t *args = json_pack("{s:b}", "follow", true);
	following = (struct following){.keeps_store_closed = keeps_store_closed};
	add("n0");
	call_open(&call, core, "local:root");
	call.args = args;
	call.row = follow_row;
	call.wait = follow_wait;
	cr_expect_eq(call_run(&call, "audit"), CALL_OK, "%s", call_error(&call));
	json_decref(args);
	call_close(&call);
	cr_expect_eq(following.is, FOLLOW_MENDED);
	cr_expect_eq(following.names[0], 1);
	cr_expect_eq(following.names[1], 0, "what was not written is not shown");
	cr_expect_eq(following.names[2], 1, "what came after the failure is, once");
	cr_expect_eq(ask_alone("n2.corp.example"), DNS_NOERROR);
}

Test(degraded, who_follows_the_log_goes_on_after_an_error_of_the_disk)
{
	follow_through(false);
}

Test(degraded, who_follows_the_log_waits_for_a_store_that_cannot_be_opened_anew)
{
	follow_through(true);
}
