/* SPDX-License-Identifier: BSD-2-Clause */
#include "admin/preset_ad.h"
#include "acl/policy.h"

#define MSDCS "_msdcs"

enum call_code preset_ad_check(struct call *call, enum zone_policy was, const struct zone *is)
{
	if (is->policy != ZONE_POLICY_AD || was == ZONE_POLICY_AD ||
	    groups_find(call->snapshot.groups, POLICY_AD_GROUP))
		return CALL_OK;
	return call_fail(call, CALL_FAILED,
			 "policy=ad is for the group " POLICY_AD_GROUP
			 ", which is not here: `tenurectl group create " POLICY_AD_GROUP
			 " 'gss:DC1$@REALM'` with each of your domain controllers");
}

void preset_ad_advise(struct call *call, const struct zone *zone)
{
	char shown[DNS_NAME_TEXT_MAX];
	struct dns_name msdcs;
	if (zone->policy != ZONE_POLICY_AD ||
	    dns_name_parse(&msdcs, MSDCS, strlen(MSDCS), &zone->apex))
		return;
	const struct zone *holds = zoneset_find(call->snapshot.zones, &msdcs);
	bool is_own = holds && dns_name_equal(&holds->apex, &msdcs);
	if (is_own || zone->apex.wire[0] == strlen(MSDCS))
		return;
	dns_name_show(&msdcs, shown);
	command_warn(
		call, 0,
		arena_print(&call->arena,
			    "domain controllers may not register NS at %s, which is no zone of "
			    "its own: `tenurectl zone add %s update=secure policy=ad "
			    "--move-names` makes it one",
			    shown, shown));
}
