/* SPDX-License-Identifier: BSD-2-Clause */
/* server set, server settings: which realms of Kerberos are trusted, and where their hosts lie. */
#include "acl/realm.h"
#include "acl/gss.h"
#include "admin/command.h"
#include "admin/setting_json.h"
#include "base/nearest.h"
#include "nameserver/gss_thread.h"
#include <ctype.h>
#include <string.h>

#define SETTING_REALMS "realms"
#define SETTING_SUFFIX "realm-suffix"

static enum call_code realm_unknown(struct call *call, const char *name)
{
	struct nearest nearest = nearest_to(name);
	nearest_try(&nearest, SETTING_REALMS);
	nearest_try(&nearest, SETTING_SUFFIX);
	const char *meant = nearest_found(&nearest);
	return meant ? call_fail(call, CALL_USAGE, "unknown setting '%.60s': did you mean '%s'?",
				 name, meant)
		     : call_fail(call, CALL_USAGE,
				 "unknown setting '%.60s': it is one of realms, realm-suffix",
				 name);
}

static enum call_code realm_read(struct call *call, struct realms *realms, const char *name,
				 const char *value)
{
	const char *problem;
	if (strcmp(name, SETTING_REALMS) == 0)
		problem = realms_parse(realms, value, &call->arena);
	else if (strcmp(name, SETTING_SUFFIX) == 0)
		problem = realms_parse_suffix(realms, value, &call->arena);
	else
		return realm_unknown(call, name);
	return problem ? call_fail(call, CALL_USAGE, "%s: %s", name, problem) : CALL_OK;
}

static const char *realm_text_of(const struct realms *realms, const char *name)
{
	return strcmp(name, SETTING_REALMS) == 0 ? realms->realms_text : realms->suffix_text;
}

/* An entry for each that changes. */
static enum call_code realm_set_work(struct call *call, struct store_txn *txn, void *context)
{
	const char *name;
	json_t *value, *settings = json_object_get(call->args, "settings");
	struct realms *realms = realms_load(txn);
	enum call_code code = CALL_OK;
	(void)context;
	json_object_foreach(settings, name, value)
	{
		const char *was = realm_text_of(realms, name);
		code = realm_read(call, realms, name, json_string_value(value));
		if (code)
			break;
		if (strcmp(was, realm_text_of(realms, name)) == 0)
			continue;
		struct state_edit rows = state_edit_of(txn, &call->arena);
		realms_put(&rows, realms);
		command_log(call, txn, NULL,
			    &(struct command_event){ENTRY_SETTING, EVENT_SERVER_SETTING, name,
						    arena_print(&call->arena, "%s: %s -> %s", name,
								was, realm_text_of(realms, name)),
						    &rows});
	}
	realms_free(realms);
	return code;
}

/* Kerberos compares realms letter by letter, and they are written in capitals. */
static void realm_warn(struct call *call, const char *realm)
{
	for (const char *c = realm; *c; c++) {
		if (islower((unsigned char)*c)) {
			command_warn(call, 0,
				     arena_print(&call->arena,
						 "realms: '%s' is not in capitals, as realms are "
						 "in tickets: no principal may be of it",
						 realm));
			return;
		}
	}
}

struct realm_list {
	struct arena *arena;
	const char *text;
};

static void realm_list_add(void *context, const char *principal)
{
	struct realm_list *list = context;
	const char *realm = strrchr(principal, '@');
	size_t len = realm ? strlen(realm + 1) : 0;
	for (const char *at = list->text; len && at && *at;) {
		size_t item = strcspn(at, ",");
		if (item == len && memcmp(at, realm + 1, len) == 0)
			return;
		at += item + (at[item] == ',');
	}
	if (len)
		list->text = list->text ? arena_print(list->arena, "%s,%s", list->text, realm + 1)
					: realm + 1;
}

/* The realms that are trusted now; NULL: none. */
static const char *realms_trusted(struct call *call)
{
	const struct realms *realms = call->snapshot.realms;
	struct realm_list list = {.arena = &call->arena};
	struct gss_keytab *keytab = gss_thread_keytab(call->core->gss_thread);
	if (realms->is_given)
		return realms->count ? realms->realms_text : NULL;
	if (keytab)
		gss_keytab_walk(keytab, realm_list_add, &list);
	return list.text;
}

void command_realms(struct call *call, json_t *row)
{
	const struct realms *realms = call->snapshot.realms;
	setting_json_put(call, row, "realms", realms->realms_text);
	json_object_set_new(row, "realms_trusted", setting_json_list(realms_trusted(call)));
	setting_json_put(call, row, "realm-suffix", realms->suffix_text);
}

static enum call_code realm_settings(struct call *call)
{
	json_t *row = json_object();
	command_realms(call, row);
	command_row(call, row);
	return command_read_ended(call);
}

static enum call_code realm_set(struct call *call)
{
	if (json_object_size(json_object_get(call->args, "settings")) == 0)
		return call_fail(call, CALL_USAGE, "nothing to set: NAME=VALUE is needed");
	enum call_code code = command_write(call, realm_set_work, NULL);
	if (code)
		return code;
	const struct realms *realms = call->snapshot.realms;
	for (size_t i = 0; i < realms->count; i++)
		realm_warn(call, realms->names[i]);
	setting_json_put(call, call->result, "realms", realms->realms_text);
	setting_json_put(call, call->result, "realm-suffix", realms->suffix_text);
	command_say(call, "realms %s, realm-suffix %s", realms->realms_text, realms->suffix_text);
	return CALL_OK;
}

const struct command command_realm_table[] = {
	{"server set", realm_set, "settings=o"},
	{"server settings", realm_settings, "words=b?"},
	{0},
};
