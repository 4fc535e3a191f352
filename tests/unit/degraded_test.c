/* SPDX-License-Identifier: BSD-2-Clause */
/* A server that is not whole: what still works, and what it says. */
#include <config.h>
#include "admin/call.h"
#include "base/container.h"
#include "dns/type.h"
#include "nameserver/pending.h"
#include "tests/unit/running.h"
#include <criterion/criterion.h>
#include <ftw.h>
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
