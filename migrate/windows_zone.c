/* SPDX-License-Identifier: BSD-2-Clause */
#include "migrate/windows_zone.h"
#include "dns/rdata.h"
#include <arpa/inet.h>
#include <string.h>

/* As many prefixes as the setting `transfer` takes. */
#define TRANSFER_MAX 16

void windows_list_add(struct windows_list *list, const char *address)
{
	if (list->count == WINDOWS_ADDRESSES_MAX)
		list->is_more = true;
	else
		list->address[list->count++] = address;
}

static void windows_zone_lose(struct windows_zone *w, const char *statement, const char *why,
			      const char *advice)
{
	site_say(w->zone->site, SITE_LOST, w->place, statement, why, advice);
}

static bool windows_is_address(const char *text)
{
	unsigned char address[16];
	return inet_pton(AF_INET, text, address) == 1 || inet_pton(AF_INET6, text, address) == 1;
}

/* The addresses with commas between; what is none is lost. "": there is none. */
static const char *windows_zone_join(struct windows_zone *w, const struct windows_list *list,
				     size_t most, const char *statement)
{
	struct arena *arena = &w->zone->site->arena;
	const char *text = "";
	size_t count = 0;
	for (size_t i = 0; i < list->count; i++) {
		const char *one = list->address[i];
		if (!windows_is_address(one)) {
			windows_zone_lose(w, arena_print(arena, "%s %s", statement, one),
					  "no address", NULL);
			continue;
		}
		if (count++ < most)
			text = arena_print(arena, "%s%s%s", text, *text ? "," : "", one);
	}
	if (count > most || list->is_more)
		windows_zone_lose(w, statement, "more addresses than the setting takes",
				  "write prefixes that cover them");
	return text;
}

/* Adds the addresses that the site's zones have of a host. */
static void windows_zone_add_host(struct windows_zone *w, const struct dns_name *host,
				  struct windows_list *list)
{
	struct arena *arena = &w->zone->site->arena;
	const struct site_zone *zone = site_zone_of(w->zone->site, host);
	for (size_t i = 0; zone && i < zone->count; i++) {
		const struct site_record *r = zone->records[i];
		char text[INET6_ADDRSTRLEN];
		int family = r->type == DNS_TYPE_A ? AF_INET : AF_INET6;
		if ((r->type == DNS_TYPE_A || r->type == DNS_TYPE_AAAA) &&
		    dns_name_equal(r->name, host) &&
		    inet_ntop(family, r->rdata.data, text, sizeof text))
			windows_list_add(list, arena_text(arena, text, strlen(text)));
	}
}

/* The addresses of the zone's name servers, as far as the site has them. */
static void windows_zone_servers(struct windows_zone *w, struct windows_list *list)
{
	for (size_t i = 0; i < w->zone->count; i++) {
		const struct site_record *r = w->zone->records[i];
		struct dns_name host;
		char text[DNS_NAME_TEXT_MAX];
		size_t before = list->count;
		if (r->type != DNS_TYPE_NS || !dns_name_equal(r->name, &w->zone->apex) ||
		    !dns_rdata_name(DNS_TYPE_NS, r->rdata, &host))
			continue;
		windows_zone_add_host(w, &host, list);
		if (list->count == before && !list->is_more)
			windows_zone_lose(
				w, "SecureSecondaries TransferToZoneNameServer",
				arena_print(&w->zone->site->arena,
					    "the address of %s is in none of the zones",
					    dns_name_show(&host, text)),
				"add its address: `tenurectl zone set ZONE transfer=...`");
	}
}

static const char *windows_zone_transfer(struct windows_zone *w)
{
	struct windows_list servers = {0};
	const char *text;
	switch (w->transfer) {
	case WINDOWS_TRANSFER_ANY:
		return "0.0.0.0/0,::/0";
	case WINDOWS_TRANSFER_LISTED:
		return windows_zone_join(w, &w->secondaries, TRANSFER_MAX, "SecondaryServers");
	case WINDOWS_TRANSFER_NS:
		windows_zone_servers(w, &servers);
		text = windows_zone_join(w, &servers, TRANSFER_MAX, "SecureSecondaries");
		if (*text)
			site_say(w->zone->site, SITE_CHANGED, w->place,
				 "SecureSecondaries TransferToZoneNameServer",
				 arena_print(&w->zone->site->arena,
					     "the addresses that the name servers have now: %s",
					     text),
				 NULL);
		return text;
	default:
		return "";
	}
}

void windows_zone_set_peers(struct windows_zone *w)
{
	const char *text = windows_zone_transfer(w);
	site_set(w->zone, "transfer", *text ? text : "none");
	text = "";
	if (w->notify == WINDOWS_NOTIFY_NS)
		text = "ns";
	else if (w->notify == WINDOWS_NOTIFY_LISTED)
		text = windows_zone_join(w, &w->notified, WINDOWS_ADDRESSES_MAX, "NotifyServers");
	site_set(w->zone, "notify", *text ? text : "none");
}

void windows_zone_say(struct windows_zone *w)
{
	if (w->is_signed)
		windows_zone_lose(w, "IsSigned", "tenured serves the zone unsigned",
				  "take the DS away from the zone above first, or sign behind "
				  "tenured");
	if (w->is_paused)
		windows_zone_lose(w, "IsPaused", "the zone did not answer there, and will here",
				  NULL);
	if (w->has_wins)
		windows_zone_lose(w, "IsWinsEnabled",
				  "WINS lookups, which only Windows does: names that only WINS "
				  "knew are not found",
				  "register the hosts in the zone");
	if (w->settings.scavengers > 0)
		windows_zone_lose(w, "ScavengeServers",
				  "which servers may scavenge; there is one here", NULL);
}
