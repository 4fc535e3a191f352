/* SPDX-License-Identifier: BSD-2-Clause */
/* audit verify, audit key: is the log what was logged, and are zones and rows what it says? */
#include "acl/checkpoint.h"
#include "admin/command.h"
#include "journal/chain.h"
#include "journal/state_verify.h"
#include "vault/checkpoints.h"
#include "zonedb/verify.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Of a step, between which the snapshot is renewed and the peer is asked whether it waits. */
#define ENTRIES_AT_ONCE 20000
#define NAMES_AT_ONCE   5000
#define ROWS_AT_ONCE    20000

struct work {
	struct call *call;
	struct verify verify;
	struct state_verify state;
	struct state_verify_fault state_fault; /* the first */
	struct journal_chain chain;
	struct checkpoint_keys keys;
	uint64_t good_seq; /* of the last checkpoint that agrees */
	uint64_t agreeing, unknown;
};

/* A fresh snapshot; false: the peer is gone, or the store fails. */
static bool verify_breathe(struct call *call)
{
	snapshot_rest(&call->snapshot);
	bool is_there = !call->wait || call->wait(call, 0);
	return snapshot_renew(&call->snapshot) && is_there;
}

/* Whom it is said to is gone, or about to be: the server stops. */
static enum call_code gave_up(struct call *call)
{
	return call_fail(call, CALL_FAILED, "given up before the end: nobody waits for it");
}

__attribute__((format(printf, 3, 4))) static enum call_code
verify_bad(struct call *call, uint64_t seq, const char *format, ...)
{
	char text[CALL_ERROR_MAX];
	va_list list;
	va_start(list, format);
	vsnprintf(text, sizeof text, format, list);
	va_end(list);
	command_result(call, "bad", json_integer((json_int_t)seq));
	return call_fail(call, CALL_FAILED, "%s", text);
}

static bool verify_check_entry(struct journal_chain *chain, struct store_txn *txn,
			       const struct entry *e)
{
	struct work *work = chain->context;
	state_verify_entry(&work->state, e);
	if (verify_entry(&work->verify, txn, e))
		return true;
	chain->why = NULL;
	return false;
}

static enum call_code verify_check_chain(struct work *work)
{
	struct call *call = work->call;
	enum journal_chain_step step;
	work->chain = (struct journal_chain){.each = verify_check_entry, .context = work};
	while ((step = journal_chain_step(&work->chain, call->snapshot.txn, ENTRIES_AT_ONCE)) ==
	       JOURNAL_CHAIN_ON) {
		if (!verify_breathe(call))
			return command_read_ended(call) ? CALL_FAILED : gave_up(call);
	}
	command_result(call, "checked", json_integer((json_int_t)work->chain.checked));
	if (step == JOURNAL_CHAIN_WHOLE)
		return CALL_OK;
	if (!work->chain.why)
		return verify_bad(call, work->chain.bad, "the zones contradict entry %llu: %s",
				  (unsigned long long)work->chain.bad, work->verify.fault.text);
	return verify_bad(call, work->chain.bad,
			  "the log's chain is broken at entry %llu, which %s",
			  (unsigned long long)work->chain.bad, work->chain.why);
}

static enum call_code verify_check_zones(struct work *work)
{
	struct call *call = work->call;
	enum verify_step step;
	while ((step = verify_zones(&work->verify, call->snapshot.txn, NAMES_AT_ONCE)) ==
	       VERIFY_ON) {
		if (!verify_breathe(call))
			return command_read_ended(call) ? CALL_FAILED : gave_up(call);
	}
	command_result(call, "names", json_integer((json_int_t)work->verify.names));
	command_result(call, "records", json_integer((json_int_t)work->verify.records));
	command_result(call, "older", json_integer((json_int_t)work->verify.untold));
	enum call_code code = command_read_ended(call);
	if (code || step == VERIFY_WHOLE)
		return code;
	if (!work->verify.fault.seq)
		return verify_bad(call, 0, "the zones hold what no entry made: %s",
				  work->verify.fault.text);
	return verify_bad(call, work->verify.fault.seq, "the zones contradict entry %llu: %s",
			  (unsigned long long)work->verify.fault.seq, work->verify.fault.text);
}

/* Of several faults the first is told, and the others are counted. */
static void verify_keep_fault(void *context, const struct state_verify_fault *fault)
{
	struct work *work = context;
	if (work->state.faults == 1)
		work->state_fault = *fault;
}

static enum call_code verify_check_state(struct work *work)
{
	struct call *call = work->call;
	char more[48] = "";
	while (state_verify_rows(&work->state, call->snapshot.txn, ROWS_AT_ONCE) ==
	       STATE_VERIFY_ON) {
		if (!verify_breathe(call))
			return command_read_ended(call) ? CALL_FAILED : gave_up(call);
	}
	command_result(call, "rows", json_integer((json_int_t)work->state.rows));
	command_result(call, "rows_older", json_integer((json_int_t)work->state.untold));
	enum call_code code = command_read_ended(call);
	unsigned long long seq = work->state_fault.seq;
	if (code || !work->state.faults)
		return code;
	if (work->state.faults > 1)
		snprintf(more, sizeof more, " (and %llu more)",
			 (unsigned long long)work->state.faults - 1);
	if (work->state_fault.is_derived)
		return verify_bad(call, seq, "what is derived of the state is wrong: %s%s",
				  work->state_fault.text, more);
	if (!seq)
		return verify_bad(call, 0, "the state holds what no entry made: %s%s",
				  work->state_fault.text, more);
	return verify_bad(call, seq, "the state contradicts entry %llu: %s%s", seq,
			  work->state_fault.text, more);
}

/* The digest of entry `seq`; false: it is pruned (then nothing can be said), or not there. */
static bool verify_digest_of(struct call *call, uint64_t seq, uint8_t digest[DIGEST_LEN])
{
	struct entry e;
	struct journal_link base = journal_base(call->snapshot.txn);
	if (seq == base.seq) {
		memcpy(digest, base.digest, DIGEST_LEN);
		return true;
	}
	bool is_there = journal_read(call->snapshot.txn, seq, &e, &call->row_arena);
	if (is_there)
		memcpy(digest, e.digest, DIGEST_LEN);
	arena_reset(&call->row_arena);
	return is_there;
}

/* One checkpoint against log and keys. `where` it stands: "in the store", "in the file". */
static enum call_code check_checkpoint(struct work *work, const struct checkpoint *c,
				       const char *where)
{
	struct call *call = work->call;
	uint8_t digest[DIGEST_LEN];
	enum checkpoint_verdict verdict = checkpoint_verify(&work->keys, c);
	unsigned long long seq = c->seq, last = journal_head(call->snapshot.txn).seq;
	if (verdict == CHECKPOINT_FORGED)
		return verify_bad(call, seq,
				  "the signature of the checkpoint of entry %llu %s is forged", seq,
				  where);
	work->unknown += verdict == CHECKPOINT_UNKNOWN_KEY;
	if (seq < journal_base(call->snapshot.txn).seq)
		return CALL_OK;
	if (seq > last)
		return verify_bad(
			call, last + 1,
			"the log is cut off at entry %llu, which is missing: a checkpoint %s is "
			"of entry %llu",
			last + 1, where, seq);
	if (verify_digest_of(call, seq, digest) && memcmp(digest, c->digest, DIGEST_LEN) == 0) {
		work->agreeing++;
		work->good_seq = seq > work->good_seq ? seq : work->good_seq;
		return CALL_OK;
	}
	if (call->snapshot.txn->error)
		return command_read_ended(call);
	return verify_bad(
		call, work->good_seq + 1,
		"the log was written anew: from entry %llu to %llu it is not the one of a "
		"checkpoint %s",
		(unsigned long long)work->good_seq + 1, seq, where);
}

static enum call_code verify_check_stored(struct work *work)
{
	struct store_walk walk;
	struct bytes key, value;
	struct checkpoint c;
	enum call_code code = CALL_OK;
	store_walk_from(&walk, work->call->snapshot.txn, STORE_CHECKPOINTS, bytes_of(NULL, 0), 0);
	while (!code && store_walk_next(&walk, &key, &value)) {
		const char *problem = checkpoint_parse(&c, (const char *)value.data, value.len);
		code = problem ? call_fail(work->call, CALL_FAILED,
					   "a checkpoint in the store cannot be read: %s", problem)
			       : check_checkpoint(work, &c, "in the store");
	}
	store_walk_end(&walk);
	return code ? code : command_read_ended(work->call);
}

/* Lines of the file outside, as they come in pieces. */
struct lines {
	struct work *work;
	char line[CHECKPOINT_LINE_MAX];
	size_t len;
	unsigned number;
	enum call_code code; /* the first that is wrong */
};

static void verify_take_line(struct lines *lines)
{
	struct checkpoint c;
	size_t len = lines->len;
	lines->number++;
	lines->len = 0;
	if (lines->code || len == 0)
		return;
	const char *problem = checkpoint_parse(&c, lines->line, len);
	lines->code = problem ? call_fail(lines->work->call, CALL_USAGE,
					  "line %u of the checkpoints: %s", lines->number, problem)
			      : check_checkpoint(lines->work, &c, "in the file");
}

static void verify_take_piece(struct lines *lines, struct bytes piece)
{
	struct bytes_in in = bytes_in_of(piece.data, piece.len);
	while (bytes_in_left(&in)) {
		char c = (char)bytes_in_u8(&in);
		if (c == '\n')
			verify_take_line(lines);
		else if (lines->len < sizeof lines->line)
			lines->line[lines->len++] = c;
	}
}

static enum call_code check_outside(struct work *work)
{
	struct lines lines = {.work = work};
	struct bytes piece;
	if (!command_flag(work->call, "checkpoints"))
		return CALL_OK;
	/* All that is sent is read, or the answer would not be. */
	while (work->call->read && work->call->read(work->call, &piece))
		verify_take_piece(&lines, piece);
	if (lines.len)
		verify_take_line(&lines);
	return lines.code;
}

static enum call_code take_keys(struct work *work)
{
	struct call *call = work->call;
	const char *pem = command_text(call, "key"),
		   *own = checkpoints_public(call->core->checkpoints);
	const char *problem = pem ? checkpoint_keys_add(&work->keys, pem, strlen(pem)) : NULL;
	if (problem)
		return call_fail(call, CALL_USAGE, "key: %s", problem);
	/* The server's own key is no witness against its host, but tells damage from forgery. */
	if (!pem && own)
		checkpoint_keys_add(&work->keys, own, strlen(own));
	return CALL_OK;
}

static enum call_code check_signatures(struct work *work)
{
	struct call *call = work->call;
	enum call_code code = verify_check_stored(work);
	command_result(call, "checkpoints", json_integer((json_int_t)work->agreeing));
	command_result(call, "unknown_key", json_integer((json_int_t)work->unknown));
	if (!code && command_text(call, "key") && work->unknown)
		return call_fail(call, CALL_FAILED,
				 "%llu checkpoints are signed by a key that was not given: put "
				 "the public keys of old ones behind the first in its file",
				 (unsigned long long)work->unknown);
	if (!code && command_text(call, "key") && !work->agreeing)
		return call_fail(call, CALL_FAILED,
				 "the log holds no checkpoint to verify: is "
				 "checkpoint.key set in tenured.yaml?");
	return code;
}

static void verify_say(struct work *work)
{
	char older[96] = "", rows_older[96] = "", signatures[96] = "";
	if (work->state.untold)
		snprintf(rows_older, sizeof rows_older, " (%llu are older)",
			 (unsigned long long)work->state.untold);
	if (work->verify.untold)
		snprintf(older, sizeof older, " (%llu are older than the log)",
			 (unsigned long long)work->verify.untold);
	if (work->agreeing)
		snprintf(signatures, sizeof signatures, "; %llu checkpoint%s",
			 (unsigned long long)work->agreeing,
			 work->agreeing == 1 ? " agrees" : "s agree");
	command_say(
		work->call,
		"%llu entries, the chain is whole; %llu records are as it says%s, and %llu rows of "
		"state%s%s",
		(unsigned long long)work->chain.checked, (unsigned long long)work->verify.records,
		older, (unsigned long long)work->state.rows, rows_older, signatures);
}

static enum call_code admin_verify(struct call *call)
{
	struct work work = {.call = call};
	work.state = (struct state_verify){.found = verify_keep_fault, .context = &work};
	enum call_code code = take_keys(&work);
	enum call_code outside = check_outside(&work);
	verify_start(&work.verify, call->snapshot.txn);
	if (!code)
		code = verify_check_chain(&work);
	if (!code)
		code = outside;
	if (!code)
		code = verify_check_zones(&work);
	if (!code)
		code = verify_check_state(&work);
	if (!code)
		code = check_signatures(&work);
	if (!code)
		verify_say(&work);
	state_verify_end(&work.state);
	verify_end(&work.verify);
	return code;
}

static enum call_code verify_key(struct call *call)
{
	const char *pem = checkpoints_public(call->core->checkpoints);
	if (!pem)
		return call_fail(call, CALL_NOT_FOUND,
				 "nothing is signed: checkpoint.key is not set in tenured.yaml");
	command_result(call, "public", json_string(pem));
	command_say(call, "%.*s", (int)strlen(pem) - 1, pem);
	return CALL_OK;
}

const struct command command_verify_table[] = {
	{"audit verify", admin_verify, "key=s? checkpoints=b?"},
	{"audit key", verify_key, ""},
	{0},
};
