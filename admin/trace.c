/* SPDX-License-Identifier: BSD-2-Clause */
/* trace: requests of a zone or a client, as they are answered. */
#include "nameserver/trace.h"
#include "admin/command.h"
#include "base/log.h"
#include "base/timeword.h"
#include "dns/type.h"
#include "nameserver/tally.h"
#include <inttypes.h>

#define TRACE_LOOK_MS 100
#define TRACE_FOR_S   600u
#define TRACE_FOR_MAX 86400u

struct trace_command {
	struct call *call;
	struct trace *trace;
	uint64_t until_us; /* of the time that passed */
	uint64_t limit;    /* rows; 0: any number */
	uint64_t shown, dropped;
	bool has_ended; /* its client has gone, or there were as many as it wanted */
};

static enum call_code trace_filter_of(struct call *call, struct trace_filter *filter)
{
	struct zone zone;
	enum call_code code = CALL_OK;
	const char *client = command_text(call, "client");
	*filter = (struct trace_filter){
		.has_zone = command_text(call, "zone") != NULL,
		.has_client = client != NULL,
		.has_type = command_text(call, "type") != NULL,
		.takes_queries = command_flag(call, "queries"),
		.takes_updates = command_flag(call, "updates"),
	};
	const char *problem = client ? prefix_parse(client, &filter->client) : NULL;
	if (problem)
		return call_fail(call, CALL_USAGE, "client: '%.60s': %s", client, problem);
	if (filter->has_zone)
		code = command_zone_of(call, &zone);
	if (!code && filter->has_zone)
		filter->zone = zone.apex;
	return code ? code : command_type_of(call, "type", &filter->type);
}

static enum call_code trace_time_of(struct call *call, uint32_t *seconds)
{
	*seconds = TRACE_FOR_S;
	enum call_code code = command_duration_of(call, "for", seconds);
	if (!code && (*seconds == 0 || *seconds > TRACE_FOR_MAX))
		return call_fail(call, CALL_USAGE, "for: a trace takes 1s to 1d");
	return code;
}

static enum call_code trace_crowd(struct call *call, size_t running)
{
	if (running == 0)
		return call_fail(call, CALL_FAILED, "there is no memory for a trace now");
	if (running == TRACE_MAX)
		return call_fail(call, CALL_FAILED,
				 "%u traces run, and no more may: one has to end first", TRACE_MAX);
	return call_fail(call, CALL_FAILED,
			 "%zu traces of %s run, and one may have %u: one has to end first", running,
			 call->principal, TRACE_MAX_OF_ONE);
}

static const char *trace_kind_word(enum trace_kind kind)
{
	static const char *const words[] = {"query", "update", "other"};
	return words[kind];
}

/* What was asked. */
static void trace_asked(json_t *o, const struct trace_row *row)
{
	char class[DNS_TYPE_TEXT_MAX];
	json_object_set_new(o, "zone", row->has_zone ? command_name(&row->zone) : json_null());
	json_object_set_new(o, "name", row->has_question ? command_name(&row->name) : json_null());
	json_object_set_new(o, "class",
			    row->has_question ? json_string(dns_class_print(row->class, class))
					      : json_null());
	json_object_set_new(o, "type", row->has_question ? command_type(row->type) : json_null());
	json_object_set_new(o, "change_count",
			    row->kind == TRACE_UPDATE ? json_integer(row->changes) : json_null());
}

/* What came of it. */
static void trace_answered(json_t *o, const struct trace_row *row)
{
	json_object_set_new(o, "rcode",
			    command_string(row->has_rcode ? dns_rcode_name(row->rcode) : NULL));
	json_object_set_new(
		o, "tsig_error",
		command_string(row->tsig_error ? dns_tsig_error_name(row->tsig_error) : NULL));
	json_object_set_new(
		o, "outcome",
		command_string(row->has_outcome ? update_outcome_word(row->outcome) : NULL));
	json_object_set_new(o, "code", command_string(row->code));
	json_object_set_new(o, "seconds",
			    row->has_outcome ? json_real((double)row->us / 1e6) : json_null());
}

static bool trace_show(struct call *call, const struct trace_row *row)
{
	char source[ADDR_TEXT_MAX];
	json_t *o = json_object();
	addr_print(&row->source, source);
	json_object_set_new(o, "time", command_seconds(row->at_us / 1000000));
	json_object_set_new(o, "kind", json_string(trace_kind_word(row->kind)));
	json_object_set_new(o, "source", json_string(source));
	json_object_set_new(o, "transport", json_string(row->is_tcp ? "tcp" : "udp"));
	json_object_set_new(o, "principal", command_string(row->principal));
	trace_asked(o, row);
	trace_answered(o, row);
	return command_row(call, o);
}

static void trace_show_new(struct trace_command *command)
{
	const struct trace_row *rows;
	struct call *call = command->call;
	uint64_t dropped;
	size_t count = trace_take(call->core->traces, command->trace, &rows, &dropped);
	for (size_t i = 0; i < count && !command->has_ended; i++) {
		command->has_ended = !trace_show(call, &rows[i]);
		command->shown++;
		if (command->shown == command->limit)
			command->has_ended = true;
	}
	if (dropped > command->dropped && !command->has_ended)
		command_warn(call, 0,
			     arena_print(&call->row_arena,
					 "%" PRIu64 " requests were left out: they came faster "
					 "than they are shown",
					 dropped - command->dropped));
	command->dropped = dropped;
}

static void trace_run(struct trace_command *command)
{
	struct call *call = command->call;
	/* What is shown is not read from the store. */
	snapshot_rest(&call->snapshot);
	while (!command->has_ended && clock_passed_us(&call->core->clock) < command->until_us) {
		if (!call->wait || !call->wait(call, TRACE_LOOK_MS))
			return;
		trace_show_new(command);
	}
}

/* Who looks at what others ask is in the operator's log. */
static void trace_log(const struct call *call, uint32_t seconds)
{
	const char *zone = command_text(call, "zone"), *client = command_text(call, "client");
	char quoted[2][LOG_QUOTED_MAX], lasts[TIMEWORD_TEXT_MAX];
	duration_print(seconds, lasts);
	log_info("trace", "by=%s person=%s zone=%s client=%s for=%s", call->principal,
		 call->person ? call->person : "-", zone ? log_quote(zone, quoted[0]) : "all",
		 client ? log_quote(client, quoted[1]) : "all", lasts);
}

static enum call_code admin_trace(struct call *call)
{
	struct trace_filter filter;
	uint32_t seconds;
	size_t running;
	enum call_code code = trace_filter_of(call, &filter);
	if (!code)
		code = trace_time_of(call, &seconds);
	if (code)
		return code;
	if (call->follow && !call->follow(call))
		return CALL_FAILED;
	struct trace_command command = {
		.call = call,
		.until_us = clock_passed_us(&call->core->clock) + seconds * UINT64_C(1000000),
		.limit = command_number(call, "limit", 0),
		.trace = trace_begin(call->core->traces, &filter, call->principal, &running),
	};
	if (!command.trace)
		return trace_crowd(call, running);
	trace_log(call, seconds);
	trace_run(&command);
	trace_end(call->core->traces, command.trace);
	command_result(call, "shown", json_integer((json_int_t)command.shown));
	command_result(call, "dropped", json_integer((json_int_t)command.dropped));
	command_say(call, "%s shown, %" PRIu64 " left out",
		    command_count(call, command.shown, "request"), command.dropped);
	return CALL_OK;
}

const struct command command_trace_table[] = {
	{"trace", admin_trace, "zone=s? client=s? type=s? queries=b? updates=b? for=s? limit=i?"},
	{0},
};
