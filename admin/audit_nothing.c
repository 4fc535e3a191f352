/* SPDX-License-Identifier: BSD-2-Clause */
/* A listing of the log that shows nothing, because a filter names what does not exist. */
#include "admin/audit.h"
#include "admin/meant.h"
#include "admin/scope.h"
#include "journal/index.h"
#include "journal/run.h"
#include "zonedb/principal.h"
#include <string.h>

/* Whether the name lies in a zone that is here, or was. */
static bool audit_knows_place(struct call *call, const struct dns_name *name)
{
	uint32_t ids[INDEX_IDS_MAX];
	struct dns_name apex = *name;
	if (zoneset_find(call->snapshot.zones, name))
		return true;
	for (;; apex = dns_name_strip(&apex, 1)) {
		for (unsigned log = 0; log < JOURNAL_LOGS; log++)
			if (index_zone_ids(call->snapshot.txn, (enum journal_log)log, &apex, ids))
				return true;
		if (apex.labels == 0)
			return false;
	}
}

static enum call_code audit_no_principal(struct call *call, const char *text)
{
	uint32_t id;
	struct dns_name key;
	bool is_key = strncmp(text, "key:", 4) == 0 && !dns_name_parse_text(&key, text + 4) &&
		      keyring_find(call->snapshot.keys, &key);
	if (strpbrk(text, "*?[") || is_key || groups_find(call->snapshot.groups, text) ||
	    principal_find(call->snapshot.txn, text, &id))
		return CALL_OK;
	const char *meant = meant_principal(call, text);
	if (meant)
		return call_fail(call, CALL_NOT_FOUND,
				 "no entry is of '%.200s': did you mean '%s'?", text, meant);
	return call_fail(call, CALL_NOT_FOUND, "no entry is of '%.200s', and nobody here is that",
			 text);
}

enum call_code command_audit_nothing(struct call *call, const struct audit_filter *filter)
{
	struct run run;
	enum call_code code = CALL_OK;
	/* What is not of its zones is not known to it either. */
	if (scope_is_listed(call))
		return CALL_OK;
	if (filter->has_name && !audit_knows_place(call, &filter->name))
		return meant_no_zone_of(call, &filter->name);
	if (filter->has_under && !audit_knows_place(call, &filter->under))
		return meant_no_zone_of(call, &filter->under);
	if (filter->principal)
		code = audit_no_principal(call, filter->principal);
	if (!code && filter->run && !run_get(call->snapshot.txn, filter->run, &run))
		code = call_fail(call, CALL_NOT_FOUND, "there was no run %llu",
				 (unsigned long long)filter->run);
	return code;
}
