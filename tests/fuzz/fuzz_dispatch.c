/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whole packets through the core, by UDP and TCP: each answer is a message with the request's id,
 * within its limit, an update's after the writer ran it; what it refused left the change log as it
 * was, and the log's chain is whole; a trace reads what came. An input that reached the writer ends
 * its core, so that it does not change what the next one meets.
 */
#include "config.h"
#include "acl/keyring.h"
#include "dns/msg.h"
#include "journal/journal.h"
#include "nameserver/dispatch.h"
#include "nameserver/pending.h"
#include "nameserver/trace.h"
#include "tests/unit/rows.h"
#include "zonedb/edit.h"
#include <semaphore.h>
#include <assert.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static char dir[64];
static struct core *core;
static bool was_posted; /* something reached the writer */
static struct dispatcher dispatcher;
static struct trace *trace;
static uint8_t buffer[DNS_MESSAGE_MAX];

static const struct {
	const char *name;
	uint16_t type;
	const char *wire;
	size_t len;
} records[] = {
	{"@", DNS_TYPE_SOA, "\2ns\0\0\0\0\0\1\0\0\0\1\0\0\0\1\0\0\0\1\0\0\0\1", 25},
	{"@", DNS_TYPE_NS, "\2ns\0", 4},
	{"www", DNS_TYPE_A, "\12\0\0\1", 4},
	{"*.w", DNS_TYPE_TXT, "\1x", 2},
	{"alias", DNS_TYPE_CNAME, "\5alias\0", 7},
	{"sub", DNS_TYPE_NS, "\2ns\3sub\1z\0", 10},
	{"ns.sub", DNS_TYPE_A, "\12\0\0\2", 4},
	{"old", DNS_TYPE_DNAME, "\3www\1z\0", 7},
};

static void fill(struct writer_job *job, struct store_txn *txn)
{
	(void)job;
	struct dns_name apex, name;
	struct arena arena = {0};
	assert(!dns_name_parse_text(&apex, "z"));
	struct zone zone = zone_default(&apex);
	zone.update = ZONE_UPDATE_NONSECURE;
	const char *problem = prefix_parse("192.0.2.0/24", &zone.transfer[0]);
	assert(!problem);
	rows_zone_create(txn, &zone);
	struct edit_author author = {.owner_text = "anonymous", .now = 1, .class = RECORD_STATIC};
	struct edit *edit = edit_open(txn, &zone, &author, &arena);
	for (size_t i = 0; i < sizeof records / sizeof *records; i++) {
		assert(!dns_name_parse(&name, records[i].name, strlen(records[i].name), &apex));
		edit_add(edit, &name, records[i].type, 300,
			 bytes_of(records[i].wire, records[i].len));
	}
	struct entry entry = {.kind = ENTRY_IMPORT, .time_us = 1, .principal = "local:root"};
	edit_commit(edit, &entry);
	struct keyring_key key = {.algorithm = HMAC_SHA256, .secret_len = 1, .secret = "k"};
	assert(!dns_name_parse_text(&key.name, "k"));
	rows_key_put(txn, core->store_key, &key);
	arena_free(&arena);
}

static int remove_one(const char *path, const struct stat *stat, int flag, struct FTW *ftw)
{
	(void)stat;
	(void)flag;
	(void)ftw;
	return remove(path);
}

static void stop(void)
{
	if (!core)
		return;
	dispatcher_close(&dispatcher);
	trace_end(core->traces, trace);
	core_stop(core);
	nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	core = NULL;
}

static void start(void)
{
	char error[STORE_ERROR_MAX];
	static bool is_announced;
	strcpy(dir, "/dev/shm/fuzz-dispatch.XXXXXX");
	struct core_options options = {
		.data = mkdtemp(dir),
		.map_size = 16 << 20,
		.readers = 1,
		.version = "v",
		.server_id = "id",
		.hand_clock_us = 1000000,
	};
	log_open(LOG_TO_STDERR, LOG_LEVEL_ERROR);
	core = core_start(&options, error);
	assert(core);
	struct writer_job job = {.run = fill};
	enum store_error failed = writer_call(core->writer, &job, WRITER_URGENT);
	assert(failed == STORE_OK);
	dispatcher_open(&dispatcher, core);
	/* With a type, updates are walked for it. */
	struct trace_filter filter = {.has_type = true, .type = DNS_TYPE_A};
	size_t running;
	trace = trace_begin(core->traces, &filter, "local:fuzz", &running);
	assert(trace);
	was_posted = false;
	if (!is_announced)
		atexit(stop);
	is_announced = true;
}

static void check_answer(struct bytes packet, enum entry_transport transport, size_t len)
{
	assert(len >= DNS_HEADER_LEN && memcmp(buffer, packet.data, 2) == 0);
	assert(buffer[2] & 0x80);
	struct dns_msg request, answer;
	if (dns_msg_open(&request, packet) != DNS_NOERROR)
		return;
	assert(dns_msg_open(&answer, bytes_of(buffer, len)) == DNS_NOERROR);
	assert(answer.edns.is_present == request.edns.is_present);
	/* Question, OPT and TSIG of the greatest names may exceed 512 bytes; records never do. */
	if (transport == ENTRY_UDP && len > 512 && !request.edns.is_present)
		assert(answer.count[DNS_ANSWER] == 0 && answer.count[DNS_AUTHORITY] == 0);
}

static void answered(struct pending *pending, void *context)
{
	(void)pending;
	sem_post(context);
}

/* Posts it, and waits for the other thread. False: it was not taken. */
static bool run_pending(struct pending *pending)
{
	sem_t done;
	sem_init(&done, 0, 0);
	bool is_posted = pending_post(pending, answered, &done);
	while (is_posted && sem_wait(&done) != 0)
		;
	sem_destroy(&done);
	return is_posted;
}

/* Transfers are run to their end, and what comes must be messages. True: that was all of it. */
static bool check_transfer(struct pending *pending, enum entry_transport transport)
{
	struct pending_part part = {.is_last = false};
	bool is_posted = run_pending(pending);
	assert(is_posted);
	if (transport != ENTRY_TCP || !pending_part(pending, &part))
		return false;
	assert(part.is_last && !part.is_broken);
	struct bytes_in in = bytes_in_of(part.framed.data, part.framed.len);
	while (bytes_in_left(&in) > 0) {
		struct dns_msg message;
		size_t len = bytes_in_u16(&in);
		const uint8_t *data = bytes_in_take(&in, len);
		assert(data && dns_msg_open(&message, bytes_of(data, len)) == DNS_NOERROR);
		assert(message.count[DNS_ANSWER] > 0);
	}
	return true;
}

static uint64_t log_head(void)
{
	struct store_txn txn;
	uint64_t checked, bad;
	store_read_begin(core->store, &txn);
	bool is_whole = journal_verify(&txn, &checked, &bad);
	uint64_t seq = journal_head(&txn).seq;
	assert(is_whole && !txn.error);
	store_read_end(&txn);
	return seq;
}

/* An update, in the writer, and its answer. */
static void check_update(struct pending *pending, struct bytes_out *out)
{
	uint64_t head = log_head();
	bool is_posted = run_pending(pending);
	assert(is_posted);
	was_posted = true;
	pending_answer(pending, &dispatcher, out);
	unsigned rcode = bytes_out_len(out) > 3 ? buffer[3] & 0xf : DNS_REFUSED;
	bool is_changed = log_head() != head;
	assert(!is_changed || rcode == DNS_NOERROR);
	assert(rcode != DNS_SERVFAIL);
}

static void ask(struct bytes bytes, enum entry_transport transport)
{
	struct packet packet = {.bytes = bytes, .transport = transport};
	assert(!addr_parse("192.0.2.1@1", 0, &packet.source));
	struct bytes_out out = bytes_out_of(buffer, transport == ENTRY_UDP ? 4096 : sizeof buffer);
	struct pending *pending = NULL;
	dispatcher_begin(&dispatcher);
	enum dispatch_outcome outcome = dispatch(&dispatcher, &packet, &out, &pending);
	dispatcher_end(&dispatcher);
	bool is_done = outcome == DISPATCH_WAITS && pending->kind->part &&
		       check_transfer(pending, transport);
	if (outcome == DISPATCH_WAITS && !is_done && !pending->kind->part)
		check_update(pending, &out);
	else if (outcome == DISPATCH_WAITS && !is_done)
		pending_answer(pending, &dispatcher, &out);
	if (outcome != DISPATCH_DROP && !is_done)
		check_answer(bytes, transport, bytes_out_len(&out));
	if (outcome == DISPATCH_WAITS)
		pending_free(pending);
}

/* What a trace says of a request is of the zone that holds its name. */
static void check_trace(void)
{
	const struct trace_row *rows;
	uint64_t dropped;
	size_t count = trace_take(core->traces, trace, &rows, &dropped);
	assert(count <= 2 && dropped == 0);
	for (size_t i = 0; i < count; i++) {
		assert(rows[i].kind <= TRACE_OTHER && rows[i].has_question);
		assert(rows[i].kind != TRACE_QUERY || !rows[i].has_zone ||
		       dns_name_under(&rows[i].name, &rows[i].zone));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	if (!core)
		start();
	if (len > DNS_MESSAGE_MAX)
		return 0;
	ask(bytes_of(data, len), ENTRY_UDP);
	ask(bytes_of(data, len), ENTRY_TCP);
	check_trace();
	if (was_posted)
		stop();
	return 0;
}
