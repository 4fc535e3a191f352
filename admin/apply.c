/* SPDX-License-Identifier: BSD-2-Clause */
/* apply: the document as it comes, the plan, and the change. */
#include "admin/apply.h"
#include "admin/load_receive.h"
#include "admin/scope.h"
#include "scavenger/schedule.h"
#include "vault/log_maintenance.h"
#include <stdlib.h>
#include <string.h>

/* --- what comes: the document in pieces, then for each seed an empty piece and its records */

struct apply_input {
	char *text;
	size_t len, room;
	bool is_too_long;
	size_t seed; /* from 1; 0: the document still comes */
	struct load_receipt receipt;
};

static void apply_take_text(struct apply_input *in, struct bytes body)
{
	if (in->len + body.len > APPLY_DOCUMENT_MAX) {
		in->is_too_long = true;
		return;
	}
	if (in->len + body.len > in->room) {
		size_t room = (in->len + body.len) * 2;
		char *text = malloc(room);
		if (!text) {
			in->is_too_long = true;
			return;
		}
		if (in->len)
			memcpy(text, in->text, in->len);
		if (in->text)
			explicit_bzero(in->text, in->len);
		free(in->text);
		in->text = text;
		in->room = room;
	}
	memcpy(in->text + in->len, body.data, body.len);
	in->len += body.len;
}

static enum call_code apply_parse(struct apply *a, struct apply_input *in, json_t **document)
{
	json_error_t error;
	struct call *call = a->call;
	if (in->is_too_long)
		return call_fail(call, CALL_USAGE, "the document is longer than %u bytes",
				 APPLY_DOCUMENT_MAX);
	*document = json_loadb(in->text ? in->text : "", in->len, JSON_REJECT_DUPLICATES, &error);
	if (in->text)
		explicit_bzero(in->text, in->len);
	/* The parser's words may quote what is secret. */
	if (!json_is_object(*document))
		return call_fail(call, CALL_USAGE, "the document is no JSON object");
	return apply_site_read(a, *document) ? CALL_OK
					     : call_fail(call, CALL_USAGE, "%s", a->first_fault);
}

/* The zone of the next seed, as the argument `seeds` says. */
static struct apply_zone *apply_seed_zone(struct apply *a, size_t seed)
{
	const json_t *list = json_object_get(a->call->args, "seeds");
	const char *text = json_string_value(json_array_get(list, seed - 1));
	char *end;
	unsigned long index = text ? strtoul(text, &end, 10) : a->zone_count;
	if (!text || !*text || *end || index >= a->zone_count || !a->zones[index].seed_file)
		return NULL;
	return &a->zones[index];
}

static enum call_code apply_next_seed(struct apply *a, struct apply_input *in, json_t **document)
{
	enum call_code code = in->seed == 0 ? apply_parse(a, in, document) : CALL_OK;
	struct apply_zone *z = code ? NULL : apply_seed_zone(a, ++in->seed);
	if (code)
		return code;
	if (!z || z->load)
		return call_fail(a->call, CALL_USAGE, "a seed came for which there is no zone");
	z->load = load_open(&z->apex);
	in->receipt = (struct load_receipt){
		.load = z->load, .now = clock_now(&a->call->core->clock), .owner = "anonymous"};
	return CALL_OK;
}

static enum call_code apply_take_records(struct apply *a, struct apply_input *in, struct bytes body)
{
	struct apply_zone *z = apply_seed_zone(a, in->seed);
	enum call_code code = load_receipt_take(a->call, &in->receipt, body);
	z->load_has_soa = in->receipt.has_soa;
	if (code) {
		unsigned mark =
			(unsigned)json_integer_value(json_object_get(a->call->result, "mark"));
		json_object_del(a->call->result, "mark");
		apply_fault(a, APPLY_TEXT(a, "%s.seed", z->path), mark, 0,
			    APPLY_TEXT(a, "%s", a->call->error));
	}
	return code;
}

static enum call_code apply_receive(struct apply *a, json_t **document)
{
	struct call *call = a->call;
	struct apply_input in = {0};
	enum call_code code = CALL_OK;
	struct bytes body;
	snapshot_rest(&call->snapshot); /* it may be long in coming */
	/* After an error the rest is still taken, so that the peer comes to read the answer. */
	while (call->read && call->read(call, &body)) {
		if (code)
			continue;
		if (body.len == 0)
			code = apply_next_seed(a, &in, document);
		else if (in.seed == 0)
			apply_take_text(&in, body);
		else
			code = apply_take_records(a, &in, body);
	}
	if (!code && call->is_cut)
		code = call_fail(call, CALL_USAGE, "the document ended before its end");
	if (!code && in.seed == 0)
		code = apply_parse(a, &in, document);
	free(in.text);
	if (!code && !snapshot_renew(&call->snapshot))
		code = command_read_ended(call);
	return code;
}

/* --- the plan */

static enum call_code apply_end_faults(struct apply *a)
{
	command_result(a->call, "faults", json_incref(a->faults));
	return call_fail(a->call, CALL_USAGE, "%s", a->first_fault);
}

enum call_code apply_verdict(struct apply *a)
{
	if (json_array_size(a->faults))
		return apply_end_faults(a);
	if (json_array_size(a->seeds_wanted))
		return call_fail(a->call, CALL_USAGE, "a seed was not sent that is wanted now");
	if (a->conflicts)
		return call_fail(a->call, CALL_FAILED, "%s", a->first_conflict);
	if (a->guarded)
		return call_fail(a->call, CALL_REFUSED, "%s", a->first_guard);
	return CALL_OK;
}

static json_t *apply_summary(const struct apply *a, bool is_applied)
{
	json_t *row = json_object();
	json_object_set_new(row, "object", json_string("summary"));
	json_object_set_new(row, "add", json_integer((json_int_t)a->adds));
	json_object_set_new(row, "change", json_integer((json_int_t)a->changes));
	json_object_set_new(row, "delete", json_integer((json_int_t)a->deletes_count));
	json_object_set_new(row, "conflict", json_integer((json_int_t)a->conflicts));
	json_object_set_new(row, "guarded", json_integer((json_int_t)a->guarded));
	json_object_set_new(row, "log", json_integer((json_int_t)a->log));
	if (a->run)
		json_object_set_new(row, "run", json_integer((json_int_t)a->run));
	json_object_set_new(row, "applied", json_boolean(is_applied));
	return row;
}

/* The first row says of which form they are. */
static void apply_send_rows(struct apply *a, bool is_applied)
{
	size_t i;
	json_t *row;
	bool is_there = true;
	json_array_append_new(a->rows, apply_summary(a, is_applied));
	json_object_set_new(json_array_get(a->rows, 0), "schema",
			    json_string("tenure.apply-plan/1"));
	json_array_foreach(a->rows, i, row)
	{
		if (is_there)
			is_there = command_row(a->call, json_incref(row));
	}
}

static enum call_code apply_plan(struct apply *a)
{
	if (json_array_size(a->faults))
		return apply_end_faults(a);
	if (json_array_size(a->seeds_wanted)) {
		command_result(a->call, "seeds", json_incref(a->seeds_wanted));
		return CALL_OK;
	}
	apply_send_rows(a, false);
	command_result(a->call, "summary", apply_summary(a, false));
	return command_read_ended(a->call);
}

/* --- the change */

/* Zones that ask for the reason of a change get one. */
static enum call_code apply_check_reasons(struct apply *a)
{
	enum call_code code = CALL_OK;
	for (size_t i = 0; i < a->zone_count && !code; i++)
		if (a->zones[i].is_here && a->zones[i].differs)
			code = scope_check_reason(a->call, &a->zones[i].stored);
	return code;
}

static void apply_wake(struct apply *a)
{
	struct core *core = a->call->core;
	if (core->schedule)
		schedule_wake(core->schedule);
	log_maintenance_wake(core->log_maintenance);
}

static enum call_code apply_change(struct apply *a)
{
	enum call_code code = apply_verdict(a);
	uint64_t planned = command_number(a->call, "log", 0);
	if (!code)
		code = apply_check_reasons(a);
	if (!code && json_object_get(a->call->args, "log"))
		code = apply_since(a, a->call->snapshot.txn, planned);
	a->checked = a->log;
	json_t *rows = json_deep_copy(a->rows);
	bool has_work = apply_has_work(a);
	if (!code && has_work)
		code = apply_do(a);
	if (!code) {
		json_decref(a->rows);
		a->rows = json_incref(rows);
		apply_send_rows(a, has_work);
		command_result(a->call, "summary", apply_summary(a, has_work));
		if (has_work)
			apply_wake(a);
	}
	json_decref(rows);
	return code ? code : command_read_ended(a->call);
}

static enum call_code apply_run(struct apply *a, json_t **document)
{
	enum call_code code = apply_receive(a, document);
	if (code && json_array_size(a->faults))
		return apply_end_faults(a);
	if (code)
		return code;
	for (size_t i = 0; i < a->zone_count; i++)
		apply_records_find(a, &a->zones[i]);
	apply_look(a, a->call->snapshot.txn);
	return a->is_plan ? apply_plan(a) : apply_change(a);
}

static enum call_code admin_apply(struct call *call)
{
	json_t *document = NULL;
	struct apply *a = arena_zero(&call->arena, sizeof *a);
	a->call = call;
	a->is_plan = command_flag(call, "plan");
	a->deletes = command_flag(call, "allow-delete");
	a->adopts = command_flag(call, "adopt");
	a->takes = command_flag(call, "take");
	a->removes_many = command_flag(call, "yes-many");
	a->keeps_seeds = command_flag(call, "keep-seeds");
	a->rows = json_array();
	a->faults = json_array();
	a->seeds_wanted = json_array();
	enum call_code code = apply_run(a, &document);
	apply_site_free(a);
	json_decref(a->rows);
	json_decref(a->faults);
	json_decref(a->seeds_wanted);
	json_decref(document);
	return code;
}

const struct command command_apply_table[] = {
	{"apply", admin_apply,
	 "plan=b? log=i? seeds=a? allow-delete=b? adopt=b? take=b? yes-many=b? move-names=b? "
	 "keep-seeds=b?"},
	{0},
};
