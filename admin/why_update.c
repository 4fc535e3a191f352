/* SPDX-License-Identifier: BSD-2-Clause */
/* why --update: what a whole message would meet, and the commands that would let it pass. */
#include "admin/why_prove.h"
#include "admin/scope.h"
#include "base/codec.h"
#include "dns/msg.h"
#include "nameserver/asker.h"
#include "nameserver/renewal_advice.h"
#include "zonedb/principal.h"
#include <string.h>

/* --- rows */

static const char *why_update_verdict(const struct update_trial_found *found)
{
	if (found->is_spared)
		return "left in place";
	return found->rcode ? "refused" : "ignored";
}

static void why_update_row(struct whole *w, const struct update_trial_found *found)
{
	struct call *call = w->call;
	json_t *row = json_object();
	struct refusal_advice r = why_prove_advice(w, found);
	json_object_set_new(row, "verdict", json_string(why_update_verdict(found)));
	json_object_set_new(row, "section",
			    json_string(found->is_prerequisite ? "prerequisite" : "update"));
	if (found->record)
		json_object_set_new(row, "record", json_integer((json_int_t)found->record));
	json_object_set_new(row, "change", json_string(found->change));
	json_object_set_new(row, "zone", json_string(r.zone));
	json_object_set_new(row, "name", json_string(r.name));
	json_object_set_new(row, "type", json_string(r.type));
	if (found->has_data)
		json_object_set_new(row, "data",
				    command_string(command_rdata(call, found->type, found->rdata)));
	json_object_set_new(row, "principal", command_string(w->who.text));
	json_object_set_new(row, "code", json_string(r.code));
	json_object_set_new(row, "reason", command_string(found->because));
	json_object_set_new(row, "owner", command_string(found->owner));
	json_object_set_new(row, "right",
			    command_string(refusal_advice_right(&r, &call->row_arena)));
	const char *rule = found->rule;
	if (rule)
		why_rule_line(&rule);
	json_object_set_new(row, "rule", command_string(rule));
	if (found->line)
		json_object_set_new(row, "rule_line", json_integer(found->line));
	if (found->rcode || found->is_spared)
		why_put_remedy(call, row, &r);
	command_row(call, row);
}

/* Something that is not a matter of one record, or comes before the trial. */
static void why_update_say(struct whole *w, enum refusal_code code, enum dns_rcode rcode,
			   const char *because)
{
	struct update_trial_found found = {
		.change = "message",
		.rcode = rcode,
		.code = code,
		.because = because,
		.name = w->zone.apex,
		.type = DNS_TYPE_SOA,
	};
	const char *commands[REFUSAL_COMMANDS_MAX];
	struct refusal_advice r = why_prove_advice(w, &found);
	why_update_row(w, &found);
	size_t count = refusal_advice_commands(&r, &w->call->arena, commands);
	for (size_t i = 0; i < count; i++)
		why_prove_command(w, commands[i]);
	w->is_open |= count == 0;
	w->refused++;
	if (w->rcode == DNS_NOERROR)
		w->rcode = rcode;
}

/* What is answered NOERROR, and keeps nothing alive. */
static void why_update_warn_ignored(struct whole *w)
{
	char zone[DNS_NAME_TEXT_MAX];
	struct call *call = w->call;
	unsigned count = w->trial.ignored;
	const char *owner = w->trial.ignored_owner;
	if (count == 0 || w->trial.refused)
		return;
	dns_name_show(&w->zone.apex, zone);
	command_warn(call, 0,
		     arena_print(&call->arena,
				 "allowed, but %u record%s that the message names again %s not "
				 "refreshed by it: owned by %s: %s",
				 count, count == 1 ? "" : "s", count == 1 ? "is" : "are",
				 owner ? owner : "nobody",
				 renewal_advice_text(&call->arena, call->snapshot.groups, zone,
						     owner, w->who.text)));
}

/* In a zone that reports: what it will note of the message. */
static void why_update_report(struct whole *w)
{
	const struct report_verdict *report = &w->trial.report;
	if (w->zone.update != ZONE_UPDATE_REPORT || w->refused)
		return;
	json_t *row = json_object();
	json_object_set_new(row, "noted", json_boolean(w->trial.is_reported));
	if (w->trial.is_reported) {
		json_object_set_new(row, "allowed", json_boolean(report->is_allowed));
		json_object_set_new(row, "code", json_string(report->code));
		json_object_set_new(row, "reason", command_string(report->reason));
	}
	command_result(w->call, "report", row);
}

static void why_update_judge(struct whole *w)
{
	why_prove_round(w);
	w->refused += w->trial.refused;
	for (size_t i = 0; i < w->count; i++) {
		if (w->rcode == DNS_NOERROR)
			w->rcode = w->found[i].rcode;
		why_update_row(w, &w->found[i]);
	}
	json_t *row = json_object();
	json_object_set_new(row, "added", json_integer(w->trial.added));
	json_object_set_new(row, "removed", json_integer(w->trial.removed));
	json_object_set_new(row, "altered", json_integer(w->trial.altered));
	json_object_set_new(row, "refreshed", json_integer(w->trial.refreshed));
	json_object_set_new(row, "ignored", json_integer(w->trial.ignored));
	json_object_set_new(row, "more", json_integer((json_int_t)w->more));
	why_update_warn_ignored(w);
	const char *waits = why_waits(w->call, &w->zone, &w->who);
	if (waits)
		command_warn(w->call, 0, waits);
	command_result(w->call, "counts", row);
	why_update_report(w);
	why_prove_run(w);
}

/* --- the message */

static enum call_code why_update_open(struct whole *w)
{
	struct call *call = w->call;
	const char *text = command_text(call, "update");
	uint8_t *packet = arena_alloc(&call->arena, DNS_MESSAGE_MAX);
	struct bytes_out out = bytes_out_of(packet, DNS_MESSAGE_MAX);
	if (!codec_parse(CODEC_BASE64, text, strlen(text), &out) ||
	    dns_msg_open(&w->msg, bytes_of(packet, bytes_out_len(&out))) != DNS_NOERROR ||
	    w->msg.opcode != DNS_OPCODE_UPDATE || !w->msg.has_question ||
	    w->msg.qtype != DNS_TYPE_SOA || w->msg.qclass != DNS_CLASS_IN || w->msg.has_tsig)
		return call_fail(call, CALL_USAGE,
				 "update: this is no unsigned UPDATE message in base64");
	return CALL_OK;
}

/* Without a zone the root stands in the message: the closest zone of its first record is meant. */
static enum call_code why_update_zone(struct whole *w, bool *is_here)
{
	struct call *call = w->call;
	struct dns_msg_rr rr;
	char shown[DNS_NAME_TEXT_MAX];
	const char *text = command_text(call, "zone");
	const char *problem = text ? dns_name_parse_text(&w->msg.qname, text) : NULL;
	struct dns_msg_walk walk = dns_msg_walk(&w->msg, DNS_UPDATE);
	const struct zone *zone;
	if (problem)
		return call_fail(call, CALL_USAGE, "zone: '%.200s' is not a name: %s", text,
				 problem);
	if (!text && !dns_msg_next(&walk, &rr)) {
		walk = dns_msg_walk(&w->msg, DNS_PREREQUISITE);
		if (!dns_msg_next(&walk, &rr))
			return call_fail(call, CALL_USAGE, "update: the message asks for nothing");
	}
	zone = text ? zoneset_exact(call->snapshot.zones, &w->msg.qname)
		    : zoneset_find(call->snapshot.zones, &rr.owner);
	enum call_code code = CALL_OK;
	/* Whether there is one is not told before that. */
	if (scope_is_listed(call))
		code = text ? scope_check(call, &w->msg.qname) : scope_check_name(call, &rr.owner);
	if (code)
		return code;
	if (!zone && !text)
		return call_fail(call, CALL_NOT_FOUND, "no zone here holds %s",
				 dns_name_show(&rr.owner, shown));
	*is_here = zone != NULL;
	if (zone)
		w->zone = *zone;
	w->zone.apex = zone ? zone->apex : w->msg.qname;
	w->msg.qname = w->zone.apex;
	return CALL_OK;
}

static void why_update_check_key(struct whole *w)
{
	struct dns_name name;
	/* Which keys there are is the server's. */
	if (scope_is_listed(w->call) || w->who.kind != WHO_KEY ||
	    dns_name_parse_text(&name, w->who.text + strlen("key:")))
		return;
	const struct keyring_entry *key = keyring_find(w->call->snapshot.keys, &name);
	if (!key || key->is_disabled)
		why_update_say(w, REFUSAL_BADKEY, DNS_NOTAUTH,
			       key ? "the key is disabled" : "there is no such key");
}

/* The zone's mode is looked at before the form. */
static void why_update_ask_mode(struct whole *w)
{
	struct call *call = w->call;
	char text[POLICY_TEXT_MAX];
	struct policy_asker asker = asker_of(call->core, &call->snapshot, &w->who,
					     w->source.len ? &w->source : NULL, w->is_tcp);
	struct verdict verdict = update_admit(&w->zone, &call->snapshot, &asker, NULL, false);
	if (verdict.is_allowed)
		return;
	policy_verdict_text(&verdict, NULL, text);
	why_update_say(w, refusal_code_of_policy(verdict.reason), DNS_REFUSED,
		       arena_text(&call->arena, text, strlen(text)));
}

/* The form of its records; false: nothing else can be said of the message. */
static bool why_update_scan(struct whole *w)
{
	struct call *call = w->call;
	struct update_flaw flaw = {.name = w->msg.qname, .type = w->msg.qtype};
	enum dns_rcode rcode = update_prescan(&w->msg, call->snapshot.zones, &call->arena, &flaw);
	if (rcode == DNS_NOERROR)
		return true;
	why_update_ask_mode(w);
	struct update_trial_found found = {
		.change = "message",
		.rcode = rcode,
		.code = rcode == DNS_NOTZONE ? REFUSAL_NOT_ZONE : REFUSAL_FORM,
		.because = rcode == DNS_NOTZONE
				   ? arena_print(&call->arena, "%s is not in the zone %s",
						 why_prove_name(w, &flaw.name),
						 why_prove_name(w, &w->zone.apex))
				   : flaw.what,
		.name = flaw.name,
		.type = flaw.type,
	};
	why_update_row(w, &found);
	w->is_open = true;
	w->refused++;
	if (w->rcode == DNS_NOERROR)
		w->rcode = rcode;
	return false;
}

static void why_update_result(struct whole *w)
{
	struct call *call = w->call;
	json_t *commands = json_array();
	for (size_t i = 0; i < w->commands_count; i++)
		json_array_append_new(commands, command_string(w->commands[i]));
	command_result(call, "zone", command_name(&w->zone.apex));
	command_result(call, "principal", command_string(w->who.text));
	command_result(call, "allowed", json_boolean(w->refused == 0));
	command_result(call, "refused", json_integer(w->refused));
	command_result(call, "rcode", json_string(dns_rcode_name(w->rcode)));
	command_result(call, "commands", commands);
	command_result(call, "suffices", json_boolean(!w->is_open));
}

enum call_code command_why_update(struct call *call)
{
	struct whole *w = arena_zero(&call->arena, sizeof *w);
	bool is_here = false;
	w->call = call;
	w->is_tcp = command_flag(call, "tcp");
	enum call_code code = why_update_open(w);
	if (!code)
		code = why_update_zone(w, &is_here);
	if (!code)
		code = why_take_asker(call, &w->who, &w->source);
	if (code)
		return code;
	why_prove_begin(w);
	why_update_check_key(w);
	if (!is_here)
		why_update_say(w, REFUSAL_WRONG_ZONE, DNS_NOTAUTH, "this is no zone here");
	bool is_well = is_here && why_update_scan(w);
	if (is_well && w->zone.is_frozen && w->zone.update != ZONE_UPDATE_NONE)
		why_update_say(w, REFUSAL_FROZEN, DNS_REFUSED, "the zone is frozen");
	if (is_well)
		why_update_judge(w);
	why_warn_unseen(call, &w->who);
	why_update_result(w);
	return command_read_ended(call);
}
