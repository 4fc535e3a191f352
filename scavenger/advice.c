/* SPDX-License-Identifier: BSD-2-Clause */
#include "scavenger/advice.h"
#include "base/timeword.h"
#include "scavenger/brake.h"
#include <inttypes.h>
#include <stdio.h>

#define DAY 86400u

/* Windows' DNS client, Netlogon and SSSD come back each 24 hours. */
#define CLIENT_RETURNS DAY
/* A DHCP server refreshes at half of the lease; Windows' leases are eight days by default. */
#define LEASE_RETURNS (4 * DAY)

void advice_windows(const struct zone *zone, advice_fn *advise, void *context)
{
	char text[ADVICE_TEXT_MAX], refresh[TIMEWORD_TEXT_MAX], both[TIMEWORD_TEXT_MAX];
	uint64_t span = (uint64_t)zone->no_refresh + zone->refresh;
	duration_print(zone->refresh, refresh);
	duration_print(span > UINT32_MAX ? UINT32_MAX : (uint32_t)span, both);
	if (span <= CLIENT_RETURNS) {
		snprintf(text, sizeof(text),
			 "no-refresh and refresh are %s together: Windows and SSSD register each "
			 "24h, "
			 "so live hosts become stale between two registrations",
			 both);
		advise(context, "windows-below-a-day", text);
	} else if (zone->refresh <= CLIENT_RETURNS) {
		snprintf(text, sizeof(text),
			 "refresh is %s: Windows and SSSD register each 24h, so a host may have no "
			 "registration, or only one that may fail, between no-refresh and stale",
			 refresh);
		advise(context, "refresh-within-a-day", text);
	}
	if (zone->refresh < LEASE_RETURNS) {
		snprintf(text, sizeof(text),
			 "refresh is %s: a DHCP server refreshes at half of the lease, so records "
			 "of "
			 "leases longer than twice that become stale while they are in use "
			 "(Windows' "
			 "default is 8d, refreshed after 4d)",
			 refresh);
		advise(context, "refresh-below-half-a-lease", text);
	}
}

static void advise_schedule(const struct zone *zone, const struct scavenge_settings *settings,
			    advice_fn *advise, void *context)
{
	char text[ADVICE_TEXT_MAX], period[TIMEWORD_TEXT_MAX], both[TIMEWORD_TEXT_MAX];
	uint64_t span = (uint64_t)zone->no_refresh + zone->refresh;
	if (!scavenge_settings_runs(settings)) {
		advise(context, "no-schedule",
		       "aging is on, but the server has neither a scavenging period nor a "
		       "calendar: "
		       "nothing is removed unless somebody runs 'scavenge run' (scavenge set "
		       "period=1d)");
	} else if (settings->period > span) {
		duration_print(settings->period, period);
		duration_print((uint32_t)span, both);
		snprintf(text, sizeof(text),
			 "the scavenging period is %s, longer than no-refresh and refresh together "
			 "(%s): what is stale may stay that much longer",
			 period, both);
		advise(context, "period-above-windows", text);
	}
}

void advice(const struct advice_facts *facts, const struct scavenge_settings *settings,
	    advice_fn *advise, void *context)
{
	char text[ADVICE_TEXT_MAX], note[RUN_NOTE_MAX];
	const struct zone *zone = facts->zone;
	if (!zone->is_aging)
		return;
	if (zone->update == ZONE_UPDATE_NONE)
		advise(context, "updates-off",
		       "aging is on, but the zone takes no updates: nothing could be refreshed, so "
		       "nothing is scavenged");
	advice_windows(zone, advise, context);
	if (facts->has_key_owner)
		advise(context, "update-on-renew",
		       "records here are owned by keys, as of DHCP servers: Kea with "
		       "ddns-update-on-renew off (its default) sends nothing when a lease is "
		       "renewed, "
		       "so records of live leases become stale; switch it on, or pin by a rule "
		       "with "
		       "class pinned");
	advise_schedule(zone, settings, advise, context);
	if (facts->dynamic == 0) {
		snprintf(text, sizeof(text),
			 "aging does nothing: none of the %" PRIu64
			 " records is dynamic; what comes from files is static (zone import "
			 "--dynamic, record set-class)",
			 facts->others);
		advise(context, "nothing-dynamic", text);
	}
	if (brake_holds(zone, &facts->goes, facts->names, note)) {
		snprintf(text, sizeof(text), "the next run would be held by the brake: it %s",
			 note);
		advise(context, "brake", text);
	}
}
