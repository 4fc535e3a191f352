/* SPDX-License-Identifier: BSD-2-Clause */
#include "nameserver/keytab.h"
#include "dns/wire.h"
#include "nameserver/gss_thread.h"
#include <string.h>

/* "ns1.corp.example", without the last dot. False: the zone has no SOA. */
static bool mname_of(const struct snapshot *snapshot, const struct zone *zone,
		     char out[DNS_NAME_TEXT_MAX])
{
	struct bytes soa;
	struct dns_name mname;
	uint32_t ttl;
	if (!zone_soa(snapshot->txn, zone, &soa, &ttl))
		return false;
	struct bytes_in in = bytes_in_of(soa.data, soa.len);
	struct bytes first = dns_wire_plain_name(&in);
	if (in.bad || !dns_name_from_wire(&mname, first))
		return false;
	dns_name_show(&mname, out);
	return true;
}

static void nameserver_keytab_warn(void *context, const struct dns_name *zone, const char *service)
{
	char name[DNS_NAME_TEXT_MAX], quoted[LOG_QUOTED_MAX];
	(void)context;
	dns_name_show(zone, name);
	log_warning("the keytab lacks a zone's service, so no client gets in by GSS-TSIG",
		    "zone=%s service=%s do=\"make that principal at the KDC, and add its key to "
		    "the keytab; or make the MNAME of the zone's SOA a name that the keytab has\"",
		    name, log_quote(service, quoted));
}

void keytab_lacks(struct core *core, const struct snapshot *snapshot,
		  void (*each)(void *context, const struct dns_name *zone, const char *service),
		  void *context)
{
	char host[DNS_NAME_TEXT_MAX], service[DNS_NAME_TEXT_MAX + 4] = "DNS/";
	struct gss_keytab *keytab = gss_thread_keytab(core->gss_thread);
	for (size_t i = 0; keytab && i < zoneset_count(snapshot->zones); i++) {
		const struct zone *zone = zoneset_at(snapshot->zones, i);
		bool wants_signed =
			zone->update == ZONE_UPDATE_SECURE || zone->update == ZONE_UPDATE_REPORT;
		if (!wants_signed || !mname_of(snapshot, zone, host) ||
		    gss_keytab_serves(keytab, host))
			continue;
		memcpy(service + 4, host, strlen(host) + 1);
		each(context, &zone->apex, service);
	}
}

void keytab_warn(struct core *core)
{
	struct snapshot snapshot;
	char problem[GSS_TEXT_MAX];
	struct gss_keytab *keytab = gss_thread_keytab(core->gss_thread);
	if (!keytab || gss_keytab_problem(keytab, problem))
		return;
	snapshot_open(&snapshot, core->store, core->store_key);
	if (snapshot_renew(&snapshot))
		keytab_lacks(core, &snapshot, nameserver_keytab_warn, NULL);
	snapshot_close(&snapshot);
}
