/* SPDX-License-Identifier: BSD-2-Clause */
/* Secondaries whose serial is ahead of ours, and the command that moves ours beyond it. */
#include "admin/health.h"
#include "base/serial.h"
#include "base/shellword.h"
#include "dns/rdata.h"
#include "outbound/notify.h"
#include <inttypes.h>
#include <stdlib.h>

/* How far beyond the secondary's: what others may have that is not known yet. */
#define HEALTH_PEER_STEP (1u << 20)

/* Ahead of both, as far as RFC 1982 lets a serial go from ours; never 0. */
static uint32_t health_peer_serial(uint32_t ours, uint32_t theirs)
{
	uint32_t ahead = (theirs - ours) + HEALTH_PEER_STEP;
	uint32_t serial = ours + (ahead > INT32_MAX ? INT32_MAX : ahead);
	return serial ? serial : 1;
}

static const char *health_peer_word(struct call *call, const struct dns_name *name)
{
	char text[DNS_NAME_TEXT_MAX];
	dns_name_print(name, text);
	return shellword_name(arena_print(&call->arena, "%s", text), &call->arena);
}

/* The whole command; NULL: the zone has no SOA. */
static const char *health_peer_command(struct call *call, const struct notify_status *peer)
{
	struct zone zone;
	struct bytes rdata;
	struct dns_soa soa;
	uint32_t ttl;
	if (!zone_get(call->snapshot.txn, &peer->zone, &zone) ||
	    !zone_soa(call->snapshot.txn, &zone, &rdata, &ttl) || !dns_soa_unpack(rdata, &soa))
		return NULL;
	return arena_print(&call->arena,
			   "tenurectl record set %s @ %" PRIu32 " SOA %s %s %" PRIu32 " %" PRIu32
			   " %" PRIu32 " %" PRIu32 " %" PRIu32,
			   health_peer_word(call, &zone.apex), ttl,
			   health_peer_word(call, &soa.mname), health_peer_word(call, &soa.rname),
			   health_peer_serial(soa.serial, peer->there.serial), soa.refresh,
			   soa.retry, soa.expire, soa.minimum);
}

static void health_peer_say(struct health *health, const struct notify_status *peer, size_t more)
{
	struct call *call = health->call;
	char zone[DNS_NAME_TEXT_MAX], target[ADDR_TEXT_MAX];
	const char *command = health_peer_command(call, peer);
	if (!command)
		return;
	addr_print(&peer->target.addr, target);
	health->say(
		health, HEALTH_WARNING, "secondary-ahead",
		arena_print(&call->arena,
			    "%s has serial %" PRIu32 " of %s, which is ahead of ours, %" PRIu32
			    "%s: it transfers nothing, and once ours has come to be the same it "
			    "has other data. `%s` moves ours ahead",
			    target, peer->there.serial, dns_name_show(&peer->zone, zone),
			    peer->serial,
			    more ? arena_print(&call->arena, " (and so it is %zu times more)", more)
				 : "",
			    command));
}

void health_peers(struct health *health)
{
	size_t count, found = 0, first = 0;
	if (!health->call->core->notify)
		return;
	struct notify_status *list = notify_list(health->call->core->notify, NULL, &count);
	for (size_t i = count; i-- > 0;) {
		const struct notify_status *peer = &list[i];
		if (!peer->there.has_serial || !serial_is_ahead(peer->there.serial, peer->serial))
			continue;
		first = i;
		found++;
	}
	if (found)
		health_peer_say(health, &list[first], found - 1);
	free(list);
}
