/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Commands of the control socket: the input is JSON texts, one a line, each a command as tenurectl
 * sends it, run on a small core of its own; the bytes behind an empty line are the input data of
 * each. Whatever is sent: a code that the manual knows, an error text if and only if it failed, and
 * a log whose chain is whole.
 */
#include <config.h>
#include "admin/call.h"
#include "base/bytes.h"
#include "journal/journal.h"
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAP_SIZE     (16u << 20)
#define COMMANDS_MAX 12
#define NOON         1767603600000000ull

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static struct bytes input_data;

static bool take_row(struct call *call, json_t *row)
{
	(void)call;
	assert(json_is_object(row));
	return true;
}

static bool take_data(struct call *call, struct bytes data)
{
	(void)call;
	assert(data.len > 0);
	return true;
}

static bool give_data(struct call *call, struct bytes *data)
{
	*data = input_data;
	bool has = call->context != NULL;
	call->context = NULL;
	return has;
}

static void run(struct core *core, const char *text, size_t len)
{
	static int once;
	json_t *request = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
	const char *command = json_string_value(json_object_get(request, "command"));
	struct call call;
	if (command) {
		call_open(&call, core, "local:root");
		call.args = json_object_get(request, "args");
		call.row = take_row;
		call.write = take_data;
		call.read = give_data;
		call.context = &once;
		enum call_code code = call_run(&call, command);
		assert(code <= CALL_NOTHING && code != CALL_UNREACHABLE);
		assert((code == CALL_OK) == (call_error(&call) == NULL));
		call_close(&call);
	}
	json_decref(request);
}

static void verify(struct core *core)
{
	struct store_txn txn;
	uint64_t checked, bad;
	store_read_begin(core->store, &txn);
	bool is_whole = journal_verify(&txn, &checked, &bad);
	assert(is_whole && !txn.error);
	store_read_end(&txn);
}

static void remove_store(const char *folder)
{
	static const char *const files[] = {"data.mdb", "lock.mdb", "lock", "store.key"};
	char path[128];
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, files[i]);
		unlink(path);
	}
	/* A file that is not named here would fill the machine, run by run. */
	if (rmdir(folder) != 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char folder[] = "/dev/shm/tenure-fuzz-XXXXXX", error[STORE_ERROR_MAX];
	const char *text = (const char *)data;
	if (!mkdtemp(folder))
		abort();
	struct core_options options = {
		.data = folder, .map_size = MAP_SIZE, .readers = 1, .hand_clock_us = NOON};
	struct core *core = core_start(&options, error);
	if (!core)
		abort();
	const uint8_t *gap = len > 1 ? memmem(data, len, "\n\n", 2) : NULL;
	size_t commands = gap ? (size_t)(gap - data) : len;
	input_data = gap ? bytes_of(gap + 2, len - commands - 2) : bytes_of(data, 0);
	for (size_t at = 0, count = 0; at < commands && count < COMMANDS_MAX; count++) {
		const char *end = memchr(text + at, '\n', commands - at);
		size_t n = end ? (size_t)(end - (text + at)) : commands - at;
		run(core, text + at, n);
		at += n + 1;
	}
	verify(core);
	core_stop(core);
	remove_store(folder);
	return 0;
}
