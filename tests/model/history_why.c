/* SPDX-License-Identifier: BSD-2-Clause */
/* `tenurectl why` says what an update would meet: it must be what the update meets. */
#include "config.h"
#include "admin/call.h"
#include "tests/model/history_parts.h"

static bool verdict_take(struct call *call, json_t *row)
{
	const char *verdict = json_string_value(json_object_get(row, "verdict"));
	if (verdict)
		snprintf(call->context, HISTORY_VERDICT_MAX, "%s", verdict);
	return true;
}

/* One record that is added where nothing but rights stands in its way: another TTL, an alias, or
 * the record itself would be other questions. */
static bool is_plain_addition(const struct zone_model *zone, const struct model_message *message)
{
	const struct model_clause *clause = &message->changes[0];
	enum model_type type = model_data[clause->datum].type;
	if (message->prerequisites_count > 0 || message->changes_count != 1 ||
	    clause->form != MODEL_ADD || type == MODEL_CNAME || type == MODEL_DNAME)
		return false;
	for (size_t i = 0; i < zone->count; i++) {
		const struct model_record *record = &zone->records[i];
		enum model_type is = model_data[record->datum].type;
		if (record->name == clause->name && (is == type || is == MODEL_CNAME))
			return false;
	}
	return true;
}

void history_why(struct history *history, const struct model_message *message,
		 char verdict[HISTORY_VERDICT_MAX])
{
	const struct model_clause *clause = &message->changes[0];
	const struct model_name *name = &model_names[clause->name];
	char full[128];
	struct call call;
	*verdict = 0;
	if (!history->has_zone || !is_plain_addition(&history->model, message))
		return;
	snprintf(full, sizeof full, "%s%scorp.example.", name->kind == MODEL_APEX ? "" : name->text,
		 name->kind == MODEL_APEX ? "" : ".");
	json_t *args = json_pack("{s:s, s:s, s:s, s:s, s:s}", "name", full, "type",
				 model_types[clause->type], "as", model_whos[message->who], "zone",
				 "corp.example", "data", model_data[clause->datum].text);
	call_open(&call, history->scenario->core, "local:root");
	call.args = args;
	call.row = verdict_take;
	call.context = verdict;
	enum call_code code = call_run(&call, "why");
	if (code != CALL_OK && code != CALL_USAGE && code != CALL_REFUSED)
		history_fail(history, "why: %d: %s", (int)code, call_error(&call));
	call_close(&call);
	json_decref(args);
}
