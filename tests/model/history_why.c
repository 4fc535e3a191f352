/* SPDX-License-Identifier: BSD-2-Clause */
/* `tenurectl why` says what an update would meet: it must be what the update meets. */
#include "config.h"
#include "admin/call.h"
#include "base/codec.h"
#include "tests/model/history_parts.h"

/* Of several rows the one that stands in the way, otherwise one of what is done: a deletion of a
 * whole name leaves some records in place and takes others. And what a zone that reports would
 * note. */
static bool verdict_take(struct call *call, json_t *row)
{
	struct history_foretold *foretold = call->context;
	const char *is = json_string_value(json_object_get(row, "verdict"));
	const char *change = json_string_value(json_object_get(row, "change"));
	if (!is || !change || strcmp(change, "query") == 0)
		return true;
	bool is_report = strcmp(change, "report") == 0;
	bool stands =
		strcmp(foretold->verdict, "refused") == 0 ||
		(strcmp(foretold->verdict, "allowed") == 0 && strcmp(is, "left in place") == 0);
	if (is_report || !stands)
		snprintf(is_report ? foretold->report : foretold->verdict, HISTORY_VERDICT_MAX,
			 "%s", is);
	return true;
}

/* One change, which `why` can be asked of: it knows neither prerequisites nor another TTL. */
static bool is_one_change(const struct zone_model *zone, const struct model_message *message)
{
	const struct model_clause *clause = &message->changes[0];
	if (message->prerequisites_count > 0 || message->changes_count != 1)
		return false;
	for (size_t i = 0; clause->form == MODEL_ADD && i < zone->count; i++) {
		const struct model_record *record = &zone->records[i];
		if (record->name == clause->name && record->ttl != clause->ttl &&
		    model_data[record->datum].type == clause->type)
			return false;
	}
	return true;
}

/* The question, with data or without. */
static void history_ask(struct history *history, const struct model_message *message, bool has_data,
			struct history_foretold *foretold)
{
	const struct model_clause *clause = &message->changes[0];
	const struct model_name *name = &model_names[clause->name];
	char full[128];
	struct call call;
	snprintf(full, sizeof full, "%s%scorp.example.", name->kind == MODEL_APEX ? "" : name->text,
		 name->kind == MODEL_APEX ? "" : ".");
	json_t *args =
		json_pack("{s:s, s:s, s:s, s:s, s:s, s:b}", "name", full, "type",
			  clause->form == MODEL_DELETE_NAME ? "ANY" : model_types[clause->type],
			  "as", model_whos[message->who], "from", "192.0.2.1", "zone",
			  "corp.example", "delete", clause->form != MODEL_ADD);
	if (has_data)
		json_object_set_new(args, "data", json_string(model_data[clause->datum].text));
	snprintf(foretold->verdict, HISTORY_VERDICT_MAX, "nothing");
	call_open(&call, history->scenario->core, "local:root");
	call.args = args;
	call.row = verdict_take;
	call.context = foretold;
	enum call_code code = call_run(&call, "why");
	if (code != CALL_OK)
		history_fail(history, "why: %d: %s", (int)code, call_error(&call));
	call_close(&call);
	json_decref(args);
}

/* Of data that is not there the question without data is the same. */
static void history_ask_plain(struct history *history, const struct model_message *message,
			      const struct history_foretold *foretold)
{
	const struct model_clause *clause = &message->changes[0];
	const struct zone_model *zone = &history->model;
	struct history_foretold plain = {0};
	for (size_t i = 0; i < zone->count; i++)
		if (zone->records[i].name == clause->name &&
		    zone->records[i].datum == clause->datum)
			return;
	history_ask(history, message, false, &plain);
	if (strcmp(plain.verdict, foretold->verdict) != 0 ||
	    strcmp(plain.report, foretold->report) != 0)
		history_fail(history, "why says '%s' %s, and '%s' %s without data",
			     foretold->verdict, foretold->report, plain.verdict, plain.report);
}

void history_why(struct history *history, const struct model_message *message,
		 struct history_foretold *foretold)
{
	const struct model_clause *clause = &message->changes[0];
	*foretold = (struct history_foretold){0};
	if (!history->has_zone || !is_one_change(&history->model, message))
		return;
	bool has_data = clause->form == MODEL_ADD || clause->form == MODEL_DELETE_ONE;
	history_ask(history, message, has_data, foretold);
	if (clause->form == MODEL_ADD && !history->bounds_bytes)
		history_ask_plain(history, message, foretold);
}

void history_try(struct history *history, const char *who, struct history_trial *trial)
{
	static uint8_t text[2 * DNS_MESSAGE_MAX];
	const struct scenario *scenario = history->scenario;
	struct call call;
	trial->is_asked = false;
	if (!history->has_zone)
		return;
	struct bytes_out out = bytes_out_of(text, sizeof text - 1);
	codec_print(CODEC_BASE64, bytes_of(scenario->request, scenario->request_len), &out);
	text[bytes_out_len(&out)] = 0;
	json_t *args = json_pack("{s:s, s:s, s:s, s:s}", "update", (char *)text, "as", who, "from",
				 "192.0.2.1", "zone", "corp.example");
	call_open(&call, scenario->core, "local:root");
	call.args = args;
	enum call_code code = call_run(&call, "why");
	if (code != CALL_OK)
		history_fail(history, "why --update: %d: %s", (int)code, call_error(&call));
	json_t *changes = json_object_get(call.result, "changes");
	const char *rcode = json_string_value(json_object_get(call.result, "rcode"));
	trial->is_asked = true;
	snprintf(trial->rcode, sizeof trial->rcode, "%s", rcode ? rcode : "");
	trial->is_change = json_integer_value(json_object_get(changes, "added")) ||
			   json_integer_value(json_object_get(changes, "removed"));
	call_close(&call);
	json_decref(args);
}
