/* SPDX-License-Identifier: BSD-2-Clause */
/* What the targets have: asks each for its SOA, after a NOTIFY and from time to time. */
#include "base/serial.h"
#include "outbound/notify_parts.h"
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

#define SOON_S  10. /* after a NOTIFY: time for the transfer */
#define AGAIN_S 300.
#define FULL_S  1. /* no socket is left */

static void probe_timer(struct notify_peer_state *peer, double seconds)
{
	struct ev_loop *loop = peer->all->loop;
	ev_timer_stop(loop, &peer->probe.timer);
	ev_now_update(loop);
	ev_timer_set(&peer->probe.timer, seconds, 0);
	ev_timer_start(loop, &peer->probe.timer);
}

static void probe_hang_up(struct notify_peer_state *peer)
{
	struct notify_probe *probe = &peer->probe;
	if (probe->fd < 0)
		return;
	ev_io_stop(peer->all->loop, &probe->readable);
	close(probe->fd);
	probe->fd = -1;
	peer->all->probed--;
}

/* The end of a question, with an answer or without. */
static void probe_ends(struct notify_peer_state *peer, const char *problem)
{
	peer->probe.problem = problem;
	peer->probe.is_wanted = false;
	probe_hang_up(peer);
	pthread_cond_broadcast(&peer->all->looked_at);
	probe_timer(peer, AGAIN_S);
}

static size_t probe_compose(struct notify_peer_state *peer, uint8_t buffer[NOTIFY_MESSAGE_MAX],
			    const char **problem)
{
	struct notify *all = peer->all;
	struct notify_message *message = &peer->probe.message;
	uint64_t now = clock_now(&all->core->clock);
	struct bytes_out out = bytes_out_of(buffer, NOTIFY_MESSAGE_MAX);
	bool is_read = snapshot_renew(&all->snapshot);
	*problem = is_read ? notify_peer_take_key(peer, message, now) : "the store cannot be read";
	snapshot_rest(&all->snapshot);
	if (*problem)
		return 0;
	message->apex = peer->zone->apex;
	if (getrandom(&message->id, sizeof(message->id), 0) != sizeof(message->id))
		abort();
	return notify_write_question(message, now, &out);
}

static void probe_ask(struct notify_peer_state *peer)
{
	struct notify *all = peer->all;
	struct notify_probe *probe = &peer->probe;
	uint8_t buffer[NOTIFY_MESSAGE_MAX];
	const char *problem;
	size_t len = probe_compose(peer, buffer, &problem);
	if (!len) {
		probe_ends(peer, problem);
		return;
	}
	probe->fd = notify_connect(&all->self, &peer->target.addr);
	if (probe->fd < 0) {
		probe_ends(peer, "it cannot be reached from here");
		return;
	}
	all->probed++;
	ev_io_set(&probe->readable, probe->fd, EV_READ);
	ev_io_start(all->loop, &probe->readable);
	if (send(probe->fd, buffer, len, 0) != (ssize_t)len)
		probe_ends(peer, "it cannot be reached from here");
	else
		probe_timer(peer, NOTIFY_PROBE_WAIT_US / 1e6);
}

static void probe_on_timer(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct notify_peer_state *peer = timer->data;
	(void)loop;
	(void)events;
	if (peer->probe.fd >= 0)
		probe_ends(peer, "it does not answer a question for its SOA");
	else if (peer->all->probed >= NOTIFY_PROBED_MAX)
		probe_timer(peer, FULL_S);
	else
		probe_ask(peer);
}

static void probe_take(struct notify_peer_state *peer, const struct notify_reading *reading,
		       const struct notify_serial *serial)
{
	struct notify_probe *probe = &peer->probe;
	uint64_t now = clock_now(&peer->all->core->clock);
	if (!serial->has_serial) {
		probe_ends(peer,
			   reading->rcode == DNS_NOERROR
				   ? "it is no authority for the zone"
				   : "it refuses a question for its SOA, or cannot answer it");
		return;
	}
	probe->there = *serial;
	probe->answered_at = now;
	if (serial->serial == peer->zone->serial)
		probe->behind_since = 0;
	else if (!probe->behind_since)
		probe->behind_since = now;
	/* RFC 1982: it takes ours for an old one, and transfers nothing. */
	bool is_ahead = serial_is_ahead(serial->serial, peer->zone->serial);
	probe_ends(peer, is_ahead ? "its serial is ahead of ours: it will not transfer; "
				    "tenurectl health has the command that moves ours"
				  : NULL);
}

static void probe_on_readable(struct ev_loop *loop, ev_io *readable, int events)
{
	struct notify_peer_state *peer = readable->data;
	struct notify_reading reading;
	struct notify_serial serial;
	uint8_t buffer[NOTIFY_MESSAGE_MAX];
	(void)loop;
	(void)events;
	ssize_t len = recv(peer->probe.fd, buffer, sizeof(buffer), MSG_TRUNC);
	if (len < 0 && errno != EAGAIN && errno != EINTR) {
		probe_ends(peer, "nothing listens there");
		return;
	}
	if (len < 0 || (size_t)len > sizeof(buffer))
		return;
	struct bytes packet = bytes_of(buffer, (size_t)len);
	uint64_t now = clock_now(&peer->all->core->clock);
	/* What is no answer may be forged: the timer ends the waiting. */
	if (notify_read_serial(&peer->probe.message, packet, now, &reading, &serial) ==
	    NOTIFY_IS_ANSWER)
		probe_take(peer, &reading, &serial);
}

void notify_probe_begin(struct notify_peer_state *peer)
{
	struct notify_probe *probe = &peer->probe;
	probe->fd = -1;
	ev_init(&probe->readable, probe_on_readable);
	ev_init(&probe->timer, probe_on_timer);
	probe->readable.data = probe->timer.data = peer;
}

void notify_probe_end(struct notify_peer_state *peer)
{
	probe_hang_up(peer);
	ev_timer_stop(peer->all->loop, &peer->probe.timer);
	tsig_client_wipe(&peer->probe.message.tsig_client);
}

void notify_probe_soon(struct notify_peer_state *peer)
{
	struct notify_probe *probe = &peer->probe;
	bool is_soon = ev_is_active(&probe->timer) &&
		       ev_timer_remaining(peer->all->loop, &probe->timer) <= SOON_S;
	if (probe->fd < 0 && !is_soon)
		probe_timer(peer, SOON_S);
}

void notify_probe_now(struct notify_peer_state *peer)
{
	if (peer->probe.is_wanted && peer->probe.fd < 0)
		probe_timer(peer, 0);
}

void notify_probe_moved(struct notify_peer_state *peer)
{
	struct notify_probe *probe = &peer->probe;
	if (probe->there.has_serial && probe->there.serial != peer->zone->serial &&
	    !probe->behind_since)
		probe->behind_since = clock_now(&peer->all->core->clock);
}
