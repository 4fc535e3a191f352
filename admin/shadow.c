/* SPDX-License-Identifier: BSD-2-Clause */
/* shadow: questions asked of another server too, and answers that differ. */
#include "nameserver/shadow.h"
#include "admin/command.h"
#include "base/log.h"
#include "base/timeword.h"
#include "dns/type.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define SHADOW_FOR_S   3600u
#define SHADOW_FOR_MAX (7 * 86400u)

static enum call_code shadow_options_of(struct call *call, struct shadow_options *options)
{
	const char *zone_text = command_text(call, "zone");
	struct zone zone;
	*options = (struct shadow_options){.has_zone = strcmp(zone_text, "all") != 0,
					   .seconds = SHADOW_FOR_S};
	/* As dig spells a port, too. */
	char *address = arena_print(&call->arena, "%s", command_text(call, "address"));
	char *hash = strchr(address, '#');
	if (hash)
		*hash = '@';
	const char *problem = addr_parse(address, 53, &options->peer);
	if (problem)
		return call_fail(call, CALL_USAGE, "address: '%.60s': %s", address, problem);
	enum call_code code = options->has_zone ? command_zone_of(call, &zone) : CALL_OK;
	if (!code && options->has_zone)
		options->zone = zone.apex;
	if (!code)
		code = command_duration_of(call, "for", &options->seconds);
	if (!code && (options->seconds == 0 || options->seconds > SHADOW_FOR_MAX))
		return call_fail(call, CALL_USAGE, "for: a shadow takes 1s to 7d");
	strncat(options->by, call->principal, sizeof options->by - 1);
	return code;
}

static enum call_code admin_shadow(struct call *call)
{
	struct shadow_options options;
	char peer[ADDR_TEXT_MAX], lasts[TIMEWORD_TEXT_MAX], quoted[LOG_QUOTED_MAX];
	enum call_code code = shadow_options_of(call, &options);
	if (code)
		return code;
	const char *problem = shadow_begin(call->core->shadow, &options);
	if (problem)
		return call_fail(call, CALL_FAILED, "%s", problem);
	addr_print(&options.peer, peer);
	duration_print(options.seconds, lasts);
	/* What clients ask goes to another machine: the operator's log says who wanted it. */
	log_info("shadow", "by=%s person=%s zone=%s peer=%s for=%s", call->principal,
		 call->person ? call->person : "-", log_quote(command_text(call, "zone"), quoted),
		 peer, lasts);
	command_result(call, "peer", json_string(peer));
	command_result(call, "until",
		       command_seconds(clock_now(&call->core->clock) + options.seconds));
	command_say(call, "%s is asked too, for %s; `tenurectl shadow show` lists what differs",
		    peer, lasts);
	return CALL_OK;
}

static json_t *shadow_verdict_word(enum shadow_verdict verdict)
{
	static const char *const words[] = {"same", "rcode", "records", "ttl"};
	return json_string(words[verdict]);
}

static bool shadow_show_row(struct call *call, const struct shadow_difference *difference)
{
	json_t *o = json_object();
	json_object_set_new(o, "name", command_name(&difference->name));
	json_object_set_new(o, "type", command_type(difference->type));
	json_object_set_new(o, "difference", shadow_verdict_word(difference->verdict));
	json_object_set_new(o, "answer_here", command_string(difference->here));
	json_object_set_new(o, "answer_there", command_string(difference->there));
	json_object_set_new(o, "count", json_integer((json_int_t)difference->count));
	json_object_set_new(o, "first", command_seconds(difference->first));
	json_object_set_new(o, "last", command_seconds(difference->last));
	return command_row(call, o);
}

static void shadow_show_state(struct call *call, const struct shadow_state *s)
{
	char peer[ADDR_TEXT_MAX], until[TIMEWORD_TEXT_MAX];
	const struct {
		const char *name;
		uint64_t value;
	} counts[] = {{"asked", s->asked},         {"agreed", s->same},
		      {"different", s->different}, {"unanswered", s->unanswered},
		      {"left_out", s->left_out},   {"forgotten", s->forgotten}};
	addr_print(&s->options.peer, peer);
	time_print(s->until, until);
	command_result(call, "is_running", json_boolean(s->is_running));
	command_result(call, "peer", json_string(peer));
	command_result(call, "zone",
		       s->options.has_zone ? command_name(&s->options.zone) : json_null());
	command_result(call, "begun", command_seconds(s->begun));
	command_result(call, "until", command_seconds(s->until));
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
		command_result(call, counts[i].name, json_integer((json_int_t)counts[i].value));
	command_say(call,
		    "%s: %s asked%s%s, %" PRIu64 " the same, %" PRIu64 " different, %" PRIu64
		    " not answered; %" PRIu64 " left out",
		    peer, command_count(call, s->asked, "question"),
		    s->is_running ? " until " : ", ended", s->is_running ? until : "", s->same,
		    s->different, s->unanswered, s->left_out);
}

static enum call_code shadow_show(struct call *call)
{
	struct shadow_state state;
	shadow_look(call->core->shadow, &state);
	if (!state.is_known)
		return call_fail(call, CALL_NOT_FOUND,
				 "no shadow was begun since the server started");
	struct shadow_difference *list = calloc(SHADOW_DIFFERENCES, sizeof *list);
	if (!list)
		return call_fail(call, CALL_FAILED, "there is no memory for the list now");
	size_t count = shadow_list(call->core->shadow, list, SHADOW_DIFFERENCES);
	for (size_t i = 0; i < count && shadow_show_row(call, &list[i]); i++)
		;
	free(list);
	shadow_show_state(call, &state);
	return CALL_OK;
}

static enum call_code shadow_stop(struct call *call)
{
	if (!shadow_end(call->core->shadow))
		return call_fail(call, CALL_NOT_FOUND, "no shadow runs");
	log_info("shadow stopped", "by=%s", call->principal);
	command_say(call, "ended; `tenurectl shadow show` still lists what differs");
	return CALL_OK;
}

const struct command command_shadow_table[] = {
	{"shadow", admin_shadow, "zone=s address=s for=s?"},
	{"shadow show", shadow_show, ""},
	{"shadow stop", shadow_stop, ""},
	{0},
};
