/* SPDX-License-Identifier: BSD-2-Clause */
/* audit verify, audit key: is the log what was logged, and are zones and rows what it says? */
#include "acl/checkpoint.h"
#include "admin/command.h"
#include "base/timeword.h"
#include "journal/chain.h"
#include "journal/put_back.h"
#include "journal/state_verify.h"
#include "nameserver/refusal.h"
#include "vault/checkpoints.h"
#include "zonedb/ptr_verify.h"
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
	uint64_t good[JOURNAL_LOGS]; /* of the last checkpoint that agrees */
	uint64_t given_up;           /* checkpoints of what was before a restore */
	struct put_back put_back;    /* the last such restore */
	uint64_t agreeing, unknown;
	uint64_t refusals; /* entries of the other two logs */
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
	command_result(call, "bad_seq", json_integer((json_int_t)seq));
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

static enum call_code verify_walk_chain(struct work *work, struct journal_chain *chain,
					enum journal_chain_step *step)
{
	struct call *call = work->call;
	while ((*step = journal_chain_step(chain, call->snapshot.txn, ENTRIES_AT_ONCE)) ==
	       JOURNAL_CHAIN_ON) {
		command_progress(call, chain->at.seq,
				 journal_log_head(call->snapshot.txn, chain->log).seq,
				 chain->log == JOURNAL_CHANGES ? "entries" : "refusals");
		if (!verify_breathe(call))
			return command_read_ended(call) ? CALL_FAILED : gave_up(call);
	}
	return CALL_OK;
}

static enum call_code verify_check_chain(struct work *work)
{
	struct call *call = work->call;
	enum journal_chain_step step;
	work->chain = (struct journal_chain){.each = verify_check_entry, .context = work};
	enum call_code code = verify_walk_chain(work, &work->chain, &step);
	if (code)
		return code;
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

static bool verify_check_refusal(struct journal_chain *chain, struct store_txn *txn,
				 const struct entry *e)
{
	(void)txn;
	if (e->log == chain->log)
		return true;
	chain->why = "is one of another log";
	return false;
}

/* The logs of refusals: nothing is made of them, so their chains are all there is. */
static enum call_code verify_check_refusals(struct work *work)
{
	struct call *call = work->call;
	char seq[JOURNAL_LOG_SEQ_TEXT_MAX];
	for (unsigned log = JOURNAL_SIGNED; log < JOURNAL_LOGS; log++) {
		enum journal_chain_step step;
		struct journal_chain chain = {.log = (enum journal_log)log,
					      .each = verify_check_refusal};
		enum call_code code = verify_walk_chain(work, &chain, &step);
		if (code)
			return code;
		work->refusals += chain.checked;
		if (step == JOURNAL_CHAIN_WHOLE)
			continue;
		command_result(call, "bad_log", json_string(journal_log_word(chain.log)));
		return verify_bad(call, chain.bad,
				  "the chain of %s is broken at entry %s, which %s",
				  journal_log_title(chain.log),
				  journal_log_print_seq(chain.log, chain.bad, seq), chain.why);
	}
	command_result(call, "refusals", json_integer((json_int_t)work->refusals));
	return CALL_OK;
}

static enum call_code verify_check_zones(struct work *work)
{
	struct call *call = work->call;
	enum verify_step step;
	while ((step = verify_zones(&work->verify, call->snapshot.txn, NAMES_AT_ONCE)) ==
	       VERIFY_ON) {
		command_progress(call, work->verify.names, 0, "names");
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

/* Derived PTR, against the addresses, settings and registered PTR that they follow. */
static enum call_code verify_check_ptr(struct work *work)
{
	struct call *call = work->call;
	struct ptr_verify_walk over = {.zone = 0};
	struct dns_name at;
	char shown[DNS_NAME_TEXT_MAX];
	while (!over.is_over) {
		const char *wrong = ptr_verify_part(&over, call->snapshot.txn, NAMES_AT_ONCE, &at);
		enum call_code code = command_read_ended(call);
		if (code)
			return code;
		if (wrong)
			return verify_bad(call, 0, "%s: %s", dns_name_show(&at, shown), wrong);
		if (!over.is_over && !verify_breathe(call))
			return command_read_ended(call) ? CALL_FAILED : gave_up(call);
	}
	return CALL_OK;
}

/* The digest of an entry; false: it is not there. */
static bool verify_digest_of(struct call *call, struct journal_place at, uint8_t digest[DIGEST_LEN])
{
	struct entry e;
	struct store_txn *txn = call->snapshot.txn;
	struct journal_link base = journal_log_base(txn, at.log);
	if (at.seq == base.seq) {
		memcpy(digest, base.digest, DIGEST_LEN);
		return true;
	}
	bool is_there = journal_log_read(txn, at.log, at.seq, &e, &call->row_arena);
	if (is_there)
		memcpy(digest, e.digest, DIGEST_LEN);
	arena_reset(&call->row_arena);
	return is_there;
}

/* What is said of a head that the log contradicts. `where` it stands: "in the store". */
static enum call_code bad_head(struct work *work, struct journal_place at, const char *where)
{
	struct call *call = work->call;
	char seq[JOURNAL_LOG_SEQ_TEXT_MAX], first[JOURNAL_LOG_SEQ_TEXT_MAX];
	uint64_t last = journal_log_head(call->snapshot.txn, at.log).seq;
	const char *title = journal_log_title(at.log);
	uint64_t bad = at.seq > last ? last + 1 : work->good[at.log] + 1;
	journal_log_print_seq(at.log, at.seq, seq);
	journal_log_print_seq(at.log, bad, first);
	if (at.log != JOURNAL_CHANGES)
		command_result(call, "bad_log", json_string(journal_log_word(at.log)));
	if (at.seq > last)
		return verify_bad(call, bad,
				  "%s is cut off at entry %s, which is missing: a checkpoint %s is "
				  "of entry %s",
				  title, first, where, seq);
	return verify_bad(call, bad,
			  "%s was written anew: from entry %s to %s it is not the one of a "
			  "checkpoint %s",
			  title, first, seq, where);
}

/* A head of a checkpoint against its log. `*is_told`: nothing contradicts it, and it is not pruned.
 */
static enum call_code check_head(struct work *work, const struct checkpoint *c,
				 enum journal_log log, const char *where, bool *is_told)
{
	struct call *call = work->call;
	uint8_t digest[DIGEST_LEN];
	struct journal_place at = {log, c->heads[log].seq};
	*is_told = false;
	if (at.seq == 0 || at.seq < journal_log_base(call->snapshot.txn, log).seq)
		return CALL_OK;
	if (verify_digest_of(call, at, digest) &&
	    memcmp(digest, c->heads[log].digest, DIGEST_LEN) == 0) {
		work->good[log] = at.seq > work->good[log] ? at.seq : work->good[log];
		*is_told = true;
		return CALL_OK;
	}
	if (call->snapshot.txn->error)
		return command_read_ended(call);
	if (!put_back_explains(call->snapshot.txn, at, c->time * 1000000, &work->put_back))
		return bad_head(work, at, where);
	work->given_up++;
	return CALL_OK;
}

/* One checkpoint against logs and keys. */
static enum call_code check_checkpoint(struct work *work, const struct checkpoint *c,
				       const char *where)
{
	struct call *call = work->call;
	bool is_told = false;
	enum checkpoint_verdict verdict = checkpoint_verify(&work->keys, c);
	uint64_t seq = c->heads[JOURNAL_CHANGES].seq, before = work->given_up;
	enum call_code code = CALL_OK;
	if (verdict == CHECKPOINT_FORGED)
		return verify_bad(call, seq,
				  "the signature of the checkpoint of entry %llu %s is forged",
				  (unsigned long long)seq, where);
	work->unknown += verdict == CHECKPOINT_UNKNOWN_KEY;
	for (unsigned i = 0; !code && i < checkpoint_heads(c) && work->given_up == before; i++) {
		bool is_this_told;
		code = check_head(work, c, (enum journal_log)i, where, &is_this_told);
		is_told |= i == JOURNAL_CHANGES && is_this_told;
	}
	work->agreeing += !code && is_told && work->given_up == before;
	return code;
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
	bool is_signed = work->agreeing || work->unknown;
	char older[96] = "", rows_older[96] = "", signatures[96] = "", refusals[96] = "";
	if (work->state.untold)
		snprintf(rows_older, sizeof rows_older, " (%llu are older)",
			 (unsigned long long)work->state.untold);
	if (work->refusals)
		snprintf(refusals, sizeof refusals, "; %s, their chains are whole",
			 command_count(work->call, work->refusals, "refusal"));
	if (work->verify.untold)
		snprintf(older, sizeof older, " (%llu are older than the log)",
			 (unsigned long long)work->verify.untold);
	if (work->agreeing)
		snprintf(signatures, sizeof signatures, "; %llu checkpoint%s",
			 (unsigned long long)work->agreeing,
			 work->agreeing == 1 ? " agrees" : "s agree");
	const char *records = arena_print(&work->call->arena, "%s %s",
					  command_count(work->call, work->verify.records, "record"),
					  work->verify.records == 1 ? "is" : "are");
	command_say(
		work->call, "%s, the chain is whole; %s as it says%s, and %s of state%s%s%s%s",
		command_count(work->call, work->chain.checked, "entry"), records, older,
		command_count(work->call, work->state.rows, "row"), rows_older, refusals,
		signatures,
		is_signed
			? ""
			: "; no checkpoint signs it: whoever writes the store can make such a log");
	command_result(work->call, "signed", json_boolean(is_signed));
}

/* Whoever can put a backup back can say so, too: it is shown. */
static void say_put_back(struct work *work)
{
	struct call *call = work->call;
	char backup[TIMEWORD_TEXT_MAX], at[TIMEWORD_TEXT_MAX];
	command_result(call, "given_up", json_integer((json_int_t)work->given_up));
	if (!work->given_up)
		return;
	time_print(work->put_back.backup_us / 1000000, backup);
	time_print(work->put_back.at_us / 1000000, at);
	command_warn(call, 0,
		     arena_print(&call->arena,
				 "%llu checkpoint%s of entries that were given up: on %s the store "
				 "was put back from a backup whose log ends at %s (entry %llu)",
				 (unsigned long long)work->given_up,
				 work->given_up == 1 ? " is" : "s are", at, backup,
				 (unsigned long long)work->put_back.seq));
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
		code = verify_check_refusals(&work);
	if (!code)
		code = outside;
	if (!code)
		code = verify_check_zones(&work);
	if (!code)
		code = verify_check_state(&work);
	if (!code)
		code = verify_check_ptr(&work);
	if (!code)
		code = check_signatures(&work);
	if (!code) {
		say_put_back(&work);
		verify_say(&work);
	}
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

/* What was refused until now is signed with the rest. */
static enum call_code verify_checkpoint(struct call *call)
{
	struct checkpoint last;
	char error[STORE_ERROR_MAX], line[CHECKPOINT_LINE_MAX], time[TIMEWORD_TEXT_MAX];
	struct checkpoints *checkpoints = call->core->checkpoints;
	if (!checkpoints)
		return call_fail(call, CALL_NOT_FOUND,
				 "nothing is signed: checkpoint.key is not set in tenured.yaml");
	snapshot_rest(&call->snapshot);
	refusals_wait(call->core);
	enum checkpoints_outcome outcome = checkpoints_now(checkpoints, &last, error);
	snapshot_renew(&call->snapshot);
	if (outcome == CHECKPOINTS_FAILED)
		return call_fail(call, CALL_FAILED, "%s", error);
	line[checkpoint_print(&last, line)] = '\0';
	time_print(last.time, time);
	command_result(call, "checkpoint", json_string(line));
	command_result(call, "seq", json_integer((json_int_t)last.heads[JOURNAL_CHANGES].seq));
	command_result(call, "signed", json_boolean(outcome == CHECKPOINTS_SIGNED));
	command_say(call, "%s entry %llu, r%llu and u%llu at %s, in %s",
		    outcome == CHECKPOINTS_SIGNED ? "signed" : "nothing new: signed was",
		    (unsigned long long)last.heads[JOURNAL_CHANGES].seq,
		    (unsigned long long)last.heads[JOURNAL_SIGNED].seq,
		    (unsigned long long)last.heads[JOURNAL_UNSIGNED].seq, time,
		    checkpoints_path(checkpoints));
	return CALL_OK;
}

const struct command command_verify_table[] = {
	{"audit checkpoint", verify_checkpoint, ""},
	{"audit verify", admin_verify, "key=s? checkpoints=b?"},
	{"audit key", verify_key, ""},
	{0},
};
