/* SPDX-License-Identifier: BSD-2-Clause */
#include "dns/rdata.h"
#include "outbound/notify_parts.h"
#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

#define HOLD_US      20000               /* no socket is left: until the next look at it */
#define LOG_AGAIN_US (3600ull * 1000000) /* a target that goes on failing */

static void note_problem(struct notify_peer_state *peer, const char *problem)
{
	snprintf(peer->problem, sizeof(peer->problem), "%s", problem);
}

static void timer_set(struct notify_peer_state *peer)
{
	struct ev_loop *loop = peer->all->loop;
	uint64_t now = clock_monotonic_us(), at = peer->schedule.at;
	ev_timer_stop(loop, &peer->timer);
	if (at == NOTIFY_NEVER)
		return;
	/* The loop's time stands where its last turn began. */
	ev_now_update(loop);
	ev_timer_set(&peer->timer, at > now ? (double)(at - now) / 1e6 : 0, 0);
	ev_timer_start(loop, &peer->timer);
}

static void hang_up(struct notify_peer_state *peer)
{
	struct notify *all = peer->all;
	if (peer->fd < 0)
		return;
	ev_io_stop(all->loop, &peer->readable);
	close(peer->fd);
	peer->fd = -1;
	all->asked--;
	*(peer->older ? &peer->older->younger : &all->oldest) = peer->younger;
	*(peer->younger ? &peer->younger->older : &all->youngest) = peer->older;
}

static void take_socket(struct notify_peer_state *peer, int fd)
{
	struct notify *all = peer->all;
	peer->fd = fd;
	peer->opened_us = clock_monotonic_us();
	peer->older = all->youngest;
	peer->younger = NULL;
	*(all->youngest ? &all->youngest->younger : &all->oldest) = peer;
	all->youngest = peer;
	all->asked++;
	ev_io_set(&peer->readable, fd, EV_READ);
	ev_io_start(all->loop, &peer->readable);
}

/* Makes room for a socket: when all are in use, the oldest is closed, so that peers without an
 * answer do not delay others. Its peer is asked again, as if the answer had been lost. */
static bool notify_peer_make_room(struct notify *all, uint64_t now)
{
	if (all->asked < NOTIFY_ASKED_MAX)
		return true;
	if (now - all->oldest->opened_us < NOTIFY_GRACE_US)
		return false;
	hang_up(all->oldest);
	return true;
}

/* --- how it went */

static void log_peer(const struct notify_peer_state *peer, bool is_well)
{
	char zone[DNS_NAME_TEXT_MAX], quoted[LOG_QUOTED_MAX], target[ADDR_TEXT_MAX];
	log_quote(dns_name_show(&peer->zone->apex, zone), quoted);
	addr_print(&peer->target.addr, target);
	if (is_well)
		log_info("secondary answers notifies again", "zone=%s target=%s serial=%" PRIu32,
			 quoted, target, peer->schedule.acknowledged);
	else
		log_warning("secondary is not notified",
			    "zone=%s target=%s serial=%" PRIu32 " since=%" PRIu64
			    "s why=\"%s\" do=\"tenurectl notify status\"",
			    quoted, target, peer->schedule.wanted,
			    clock_now(&peer->all->core->clock) - peer->failing_since,
			    peer->problem);
}

/* A round came to nothing. */
static void note_failure(struct notify_peer_state *peer, enum stats_counter counter)
{
	struct notify *all = peer->all;
	uint64_t now = clock_monotonic_us();
	stats_add(&all->core->stats, counter);
	if (!peer->failing_since)
		peer->failing_since = clock_now(&all->core->clock);
	bool is_due = peer->logged_us == 0 || now - peer->logged_us >= LOG_AGAIN_US;
	if (!is_due || !log_rate(&all->failures, 2))
		return;
	peer->logged_us = now;
	log_peer(peer, false);
}

static void note_success(struct notify_peer_state *peer)
{
	stats_add(&peer->all->core->stats, STATS_NOTIFIES_ACKNOWLEDGED);
	peer->failing_since = 0;
	peer->problem[0] = '\0';
	if (!peer->logged_us)
		return;
	peer->logged_us = 0;
	log_peer(peer, true);
}

/* --- sending */

const char *notify_peer_take_key(struct notify_peer_state *peer, struct notify_message *message,
				 uint64_t now)
{
	tsig_client_wipe(&message->tsig_client);
	message->is_signed = peer->target.has_key;
	if (!message->is_signed)
		return NULL;
	struct keyring_entry *entry = keyring_find(peer->all->snapshot.keys, &peer->target.key);
	if (!entry)
		return "there is no such key here";
	if (entry->is_sealed)
		return "the key is sealed by a store key that is not here";
	peer->signs_by_previous =
		peer->signs_by_previous && tsig_client_of(&message->tsig_client, entry, true, now);
	if (!peer->signs_by_previous && !tsig_client_of(&message->tsig_client, entry, false, now))
		return "the key is disabled, or its algorithm is not offered here";
	return NULL;
}

/* Writes the message into `buffer`; 0: there is nothing to be sent. */
static size_t notify_peer_compose(struct notify_peer_state *peer,
				  uint8_t buffer[NOTIFY_MESSAGE_MAX])
{
	struct notify *all = peer->all;
	const struct zone *zone = zoneset_exact(all->snapshot.zones, &peer->zone->apex);
	uint64_t now = clock_now(&all->core->clock);
	struct bytes soa;
	uint32_t ttl;
	if (!zone || zone->id != peer->zone->id || !zone_soa(all->snapshot.txn, zone, &soa, &ttl)) {
		note_problem(peer, "the zone cannot be read");
		return 0;
	}
	/* What is said is what is there, which may be newer than what was wanted. */
	peer->schedule.wanted = dns_soa_serial(soa);
	const char *problem = notify_peer_take_key(peer, &peer->message, now);
	if (problem) {
		note_problem(peer, problem);
		return 0;
	}
	peer->message.apex = peer->zone->apex;
	if (getrandom(&peer->message.id, sizeof(peer->message.id), 0) != sizeof(peer->message.id))
		abort();
	struct bytes_out out = bytes_out_of(buffer, NOTIFY_MESSAGE_MAX);
	return notify_write(&peer->message, soa, ttl, now, &out);
}

static void send_to(struct notify_peer_state *peer, const uint8_t *message, size_t len)
{
	struct notify *all = peer->all;
	int fd = notify_connect(&all->self, &peer->target.addr);
	if (fd < 0) {
		note_problem(peer, strerror(errno));
		return;
	}
	take_socket(peer, fd);
	if (send(peer->fd, message, len, 0) != (ssize_t)len) {
		note_problem(peer, strerror(errno));
		hang_up(peer);
		return;
	}
	stats_add(&all->core->stats, STATS_NOTIFIES_SENT);
	notify_probe_soon(peer);
}

/* What cannot be sent counts as sent and unanswered: it is tried again as often. */
static void notify_peer_tell(struct notify_peer_state *peer)
{
	uint8_t buffer[NOTIFY_MESSAGE_MAX];
	struct notify *all = peer->all;
	size_t len = snapshot_renew(&all->snapshot) ? notify_peer_compose(peer, buffer) : 0;
	snapshot_rest(&all->snapshot);
	if (len > 0)
		send_to(peer, buffer, len);
	notify_schedule_sent(&peer->schedule, clock_monotonic_us());
}

static void on_timer(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct notify_peer_state *peer = timer->data;
	(void)loop;
	(void)events;
	uint64_t now = clock_monotonic_us();
	if (peer->schedule.state == NOTIFY_ASKED) {
		hang_up(peer);
		if (!peer->problem[0])
			note_problem(peer, "no answer");
		if (notify_schedule_late(&peer->schedule, now))
			note_failure(peer, STATS_NOTIFIES_FAILED);
	}
	if (peer->schedule.state == NOTIFY_PLANNED && peer->schedule.at <= now) {
		if (notify_peer_make_room(peer->all, now))
			notify_peer_tell(peer);
		else
			notify_schedule_hold(&peer->schedule, now + HOLD_US);
	}
	timer_set(peer);
}

/* --- answers */

static void notify_peer_take_answer(struct notify_peer_state *peer, unsigned rcode)
{
	struct notify *all = peer->all;
	char text[64];
	peer->answered_at = clock_now(&all->core->clock);
	peer->rcode = rcode;
	hang_up(peer);
	if (rcode == DNS_NOERROR) {
		notify_schedule_acknowledged(&peer->schedule, clock_monotonic_us());
		note_success(peer);
		return;
	}
	snprintf(text, sizeof(text), "answered %s", dns_rcode_name(rcode));
	note_problem(peer, text);
	/* It may be starting: the timer asks again. */
	if (rcode == DNS_SERVFAIL)
		return;
	notify_schedule_refused(&peer->schedule, clock_monotonic_us());
	note_failure(peer, STATS_NOTIFIES_REFUSED);
}

static void notify_peer_on_readable(struct ev_loop *loop, ev_io *readable, int events)
{
	struct notify_peer_state *peer = readable->data;
	struct notify_reading reading;
	uint8_t buffer[NOTIFY_MESSAGE_MAX];
	(void)loop;
	(void)events;
	ssize_t len = recv(peer->fd, buffer, sizeof(buffer), MSG_TRUNC);
	if (len < 0 && errno != EAGAIN && errno != EINTR)
		note_problem(peer, strerror(errno)); /* ICMP says: the timer asks again */
	if (len < 0 || (size_t)len > sizeof(buffer))
		return;
	uint64_t now = clock_now(&peer->all->core->clock);
	if (notify_read(&peer->message, bytes_of(buffer, (size_t)len), now, &reading) ==
	    NOTIFY_IS_ANSWER)
		notify_peer_take_answer(peer, reading.rcode);
	else if (reading.problem)
		note_problem(peer, reading.problem);
	/* After a rotation the peer may know the secret before: the next try is by that. */
	if (reading.is_unknown_secret)
		peer->signs_by_previous = !peer->signs_by_previous;
	timer_set(peer);
}

struct notify_peer_state *notify_peer_new(struct notify *all, struct notify_zone *zone,
					  const struct notify_target *target)
{
	struct notify_peer_state *peer = calloc(1, sizeof(*peer));
	assert(peer);
	peer->all = all;
	peer->zone = zone;
	peer->target = *target;
	peer->schedule = notify_schedule_new();
	peer->fd = -1;
	ev_init(&peer->readable, notify_peer_on_readable);
	ev_init(&peer->timer, on_timer);
	peer->readable.data = peer->timer.data = peer;
	notify_probe_begin(peer);
	if (!target->has_address)
		note_problem(peer, "its address is in no zone of ours: list it in notify=");
	return peer;
}

void notify_peer_free(struct notify_peer_state *peer)
{
	hang_up(peer);
	notify_probe_end(peer);
	ev_timer_stop(peer->all->loop, &peer->timer);
	tsig_client_wipe(&peer->message.tsig_client);
	free(peer);
}

void notify_peer_want(struct notify_peer_state *peer, uint32_t serial, uint64_t delay)
{
	if (!peer->target.has_address)
		return;
	notify_schedule_want(&peer->schedule, serial, clock_monotonic_us(), delay);
	timer_set(peer);
}

void notify_peer_insist(struct notify_peer_state *peer, uint32_t serial)
{
	if (!peer->target.has_address)
		return;
	hang_up(peer);
	notify_schedule_insist(&peer->schedule, serial, clock_monotonic_us());
	timer_set(peer);
}
