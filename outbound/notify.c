/* SPDX-License-Identifier: BSD-2-Clause */
#include "outbound/notify.h"
#include "base/condition.h"
#include "outbound/notify_parts.h"
#include <assert.h>
#include <stdlib.h>

#define LOOK_GAP_US           20000   /* between two looks */
#define NOTIFY_PROBE_SLACK_US 2000000 /* for the end of a question that nobody answers */
#define LOOK_SHARE            20      /* one part in so many of the time is for looking */
#define LOOK_AGAIN_US         1000000 /* after the store could not be read */

/* --- what is to be told, by the settings */

static void zone_free(struct notify_zone *zone)
{
	struct notify_peer_state *next;
	for (struct notify_peer_state *peer = zone->first; peer; peer = next) {
		next = peer->next;
		notify_peer_free(peer);
	}
	free(zone);
}

static int compare_zones(const void *a, const void *b)
{
	const struct notify_zone *left = *(struct notify_zone *const *)a;
	const struct notify_zone *right = *(struct notify_zone *const *)b;
	return left->id < right->id ? -1 : left->id > right->id;
}

/* Takes the zone of this id out of the list, or makes one. */
static struct notify_zone *notify_take_zone(struct notify *all, const struct zone *zone)
{
	struct notify_zone wanted = {.id = zone->id}, *key = &wanted;
	struct notify_zone **found = all->zone_count ? bsearch(&key, all->zones, all->zone_count,
							       sizeof(*all->zones), compare_zones)
						     : NULL;
	if (found) {
		(*found)->is_kept = true;
		return *found;
	}
	struct notify_zone *fresh = calloc(1, sizeof(*fresh));
	assert(fresh);
	fresh->id = zone->id;
	fresh->apex = zone->apex;
	fresh->is_new = fresh->is_kept = true;
	return fresh;
}

/* The zones that notify somebody. Those that do no more are ended. */
static void sync_zones(struct notify *all)
{
	size_t count = 0, most = zoneset_count(all->snapshot.zones);
	struct notify_zone **zones = calloc(most + 1, sizeof(struct notify_zone *));
	assert(zones);
	for (size_t i = 0; i < most; i++) {
		const struct zone *zone = zoneset_at(all->snapshot.zones, i);
		if (zone->notify[0])
			zones[count++] = notify_take_zone(all, zone);
	}
	for (size_t i = 0; i < all->zone_count; i++)
		if (!all->zones[i]->is_kept)
			zone_free(all->zones[i]);
	free(all->zones);
	if (count > 1)
		qsort(zones, count, sizeof(struct notify_zone *), compare_zones);
	for (size_t i = 0; i < count; i++)
		zones[i]->is_kept = false;
	all->zones = zones;
	all->zone_count = count;
	all->version = all->snapshot.version;
	all->has_version = true;
}

static bool notify_is_same(const struct notify_target *a, const struct notify_target *b)
{
	return a->has_address == b->has_address && addr_equal(&a->addr, &b->addr) &&
	       (a->has_address || dns_name_equal(&a->ns, &b->ns));
}

static bool signs_alike(const struct notify_target *a, const struct notify_target *b)
{
	return a->has_key == b->has_key && (!a->has_key || dns_name_equal(&a->key, &b->key));
}

static struct notify_peer_state *find_peer(struct notify_zone *zone,
					   const struct notify_target *target)
{
	for (struct notify_peer_state *peer = zone->first; peer; peer = peer->next)
		if (notify_is_same(&peer->target, target))
			return peer;
	return NULL;
}

static void end_unmeant(struct notify_zone *zone)
{
	for (struct notify_peer_state **at = &zone->first; *at;) {
		struct notify_peer_state *peer = *at;
		if (peer->is_meant) {
			peer->is_meant = false;
			at = &peer->next;
			continue;
		}
		*at = peer->next;
		notify_peer_free(peer);
	}
}

/* The zone's targets as its settings and name servers say now; those that stay keep what they
 * know. */
static void sync_targets(struct notify *all, struct notify_zone *zone, const struct zone *now)
{
	struct notify_target targets[NOTIFY_TARGETS_MAX];
	arena_reset(&all->arena);
	size_t count = notify_targets(&all->snapshot, now, &all->self, &all->arena, targets);
	struct notify_peer_state **last = &zone->first;
	while (*last)
		last = &(*last)->next;
	for (size_t i = 0; i < count; i++) {
		struct notify_peer_state *peer = find_peer(zone, &targets[i]);
		if (!peer) {
			peer = *last = notify_peer_new(all, zone, &targets[i]);
			last = &peer->next;
		}
		bool has_new_key = !signs_alike(&peer->target, &targets[i]);
		peer->target = targets[i];
		peer->is_meant = true;
		/* That may be what was wrong: nobody should have to wait for it. */
		if (has_new_key)
			notify_peer_insist(peer, zone->serial);
	}
	end_unmeant(zone);
}

/* --- looking */

/* Compares a zone's serial with what was known. `*told` counts those that are told in this look. */
static void notify_look_at(struct notify *all, struct notify_zone *zone, bool has_new_settings,
			   uint64_t *told)
{
	const struct zone *now = zoneset_exact(all->snapshot.zones, &zone->apex);
	assert(now && now->id == zone->id);
	uint32_t serial = zone_serial(all->snapshot.txn, now);
	if (all->snapshot.txn->error)
		return;
	bool has_moved = zone->is_new || serial != zone->serial;
	if (!has_moved && !has_new_settings)
		return;
	sync_targets(all, zone, now);
	zone->serial = serial;
	zone->is_new = false;
	for (struct notify_peer_state *peer = zone->first; has_moved && peer; peer = peer->next)
		notify_probe_moved(peer);
	for (struct notify_peer_state *peer = zone->first; peer; peer = peer->next)
		if (!peer->schedule.has_sent || has_moved)
			notify_peer_want(peer, serial, (*told)++ * NOTIFY_SPREAD_US);
}

static void notify_look(struct notify *all)
{
	uint64_t began = clock_monotonic_us(), told = 0;
	uint64_t wanted = all->looks_wanted;
	bool is_whole = snapshot_renew(&all->snapshot);
	bool has_new_settings =
		is_whole && (!all->has_version || all->version != all->snapshot.version);
	if (has_new_settings)
		sync_zones(all);
	for (size_t i = 0; is_whole && i < all->zone_count; i++)
		notify_look_at(all, all->zones[i], has_new_settings, &told);
	if (all->snapshot.txn->error && log_rate(&all->store_failures, 1))
		log_error("zones cannot be read, nobody is notified", "error=\"%s\"",
			  store_error_text(all->snapshot.txn->error));
	bool is_read = is_whole && !all->snapshot.txn->error;
	snapshot_rest(&all->snapshot);
	uint64_t cost = (clock_monotonic_us() - began) * LOOK_SHARE;
	all->next_look_us = clock_monotonic_us() + (cost > LOOK_GAP_US ? cost : LOOK_GAP_US);
	all->looks_done = wanted;
	pthread_cond_broadcast(&all->looked_at);
	if (is_read)
		return;
	/* A zone's targets may not have been read. */
	all->has_version = false;
	ev_timer_set(&all->look_timer, LOOK_AGAIN_US / 1e6, 0);
	ev_timer_start(all->loop, &all->look_timer);
}

static void tell_insisted(struct notify *all)
{
	for (size_t i = 0; i < all->zone_count; i++) {
		struct notify_zone *zone = all->zones[i];
		for (struct notify_peer_state *peer = zone->first; zone->is_insisted && peer;
		     peer = peer->next)
			notify_peer_insist(peer, zone->serial);
		zone->is_insisted = false;
	}
}

static void probe_wanted(struct notify *all)
{
	for (size_t i = 0; i < all->zone_count; i++)
		for (struct notify_peer_state *peer = all->zones[i]->first; peer; peer = peer->next)
			notify_probe_now(peer);
}

static void on_look_timer(struct ev_loop *loop, ev_timer *timer, int events)
{
	(void)loop;
	(void)events;
	notify_look(timer->data);
}

/* After a commit, or because somebody waits for a look. */
static void on_wake(struct ev_loop *loop, ev_async *wake, int events)
{
	struct notify *all = wake->data;
	uint64_t now = clock_monotonic_us();
	(void)events;
	if (all->looks_wanted != all->looks_done || now >= all->next_look_us) {
		ev_timer_stop(loop, &all->look_timer);
		notify_look(all);
	} else if (!ev_is_active(&all->look_timer)) {
		ev_now_update(loop);
		ev_timer_set(&all->look_timer, (double)(all->next_look_us - now) / 1e6, 0);
		ev_timer_start(loop, &all->look_timer);
	}
	tell_insisted(all);
	probe_wanted(all);
}

/* --- the thread */

static void on_halt(struct ev_loop *loop, ev_async *halt, int events)
{
	(void)halt;
	(void)events;
	ev_break(loop, EVBREAK_ALL);
}

static void notify_unlock(struct ev_loop *loop)
{
	struct notify *all = ev_userdata(loop);
	pthread_mutex_unlock(&all->lock);
}

static void notify_lock(struct ev_loop *loop)
{
	struct notify *all = ev_userdata(loop);
	pthread_mutex_lock(&all->lock);
}

static void *notify_run(void *context)
{
	struct notify *all = context;
	pthread_mutex_lock(&all->lock);
	snapshot_open(&all->snapshot, all->core->store, all->core->store_key);
	notify_look(all);
	ev_run(all->loop, 0);
	for (size_t i = 0; i < all->zone_count; i++)
		zone_free(all->zones[i]);
	all->zone_count = 0;
	snapshot_close(&all->snapshot);
	all->has_halted = true;
	pthread_cond_broadcast(&all->looked_at);
	pthread_mutex_unlock(&all->lock);
	return NULL;
}

/* A watcher of the writer's. */
static void wake_up(void *context)
{
	struct notify *all = context;
	ev_async_send(all->loop, &all->wake);
}

static void notify_open_loop(struct notify *all)
{
	all->loop = ev_loop_new(EVFLAG_AUTO | EVFLAG_NOENV);
	assert(all->loop);
	ev_set_userdata(all->loop, all);
	ev_set_loop_release_cb(all->loop, notify_unlock, notify_lock);
	ev_async_init(&all->wake, on_wake);
	ev_async_init(&all->halt, on_halt);
	ev_init(&all->look_timer, on_look_timer);
	all->wake.data = all->halt.data = all->look_timer.data = all;
	ev_async_start(all->loop, &all->wake);
	ev_async_start(all->loop, &all->halt);
}

struct notify *notify_start(struct core *core, const struct notify_self *self)
{
	struct notify *all = calloc(1, sizeof(*all));
	assert(all);
	all->core = core;
	all->listen = calloc(self->count + 1, sizeof(*all->listen));
	assert(all->listen);
	if (self->count > 0)
		memcpy(all->listen, self->listen, self->count * sizeof(*all->listen));
	all->self = (struct notify_self){all->listen, self->count};
	pthread_mutex_init(&all->lock, NULL);
	condition_init(&all->looked_at);
	notify_open_loop(all);
	/* Before the first look: no commit falls between the two. */
	writer_watch(core->writer, wake_up, all);
	int failed = pthread_create(&all->thread, NULL, notify_run, all);
	assert(!failed);
	return all;
}

void notify_stop(struct notify *all)
{
	if (!all)
		return;
	ev_async_send(all->loop, &all->halt);
	pthread_join(all->thread, NULL);
}

void notify_free(struct notify *all)
{
	if (!all)
		return;
	ev_loop_destroy(all->loop);
	arena_free(&all->arena);
	pthread_cond_destroy(&all->looked_at);
	pthread_mutex_destroy(&all->lock);
	free(all->zones);
	free(all->listen);
	free(all);
}

/* --- asked by others */

/* With the lock: waits until what is committed now was looked at. */
static void catch_up(struct notify *all)
{
	uint64_t wanted = ++all->looks_wanted;
	ev_async_send(all->loop, &all->wake);
	while (all->looks_done < wanted && !all->has_halted)
		pthread_cond_wait(&all->looked_at, &all->lock);
}

static bool is_asked_for(const struct notify_zone *zone, const struct dns_name *apex)
{
	return !apex || dns_name_equal(&zone->apex, apex);
}

static size_t count_peers(const struct notify *all, const struct dns_name *apex)
{
	size_t count = 0;
	for (size_t i = 0; i < all->zone_count; i++)
		for (const struct notify_peer_state *peer = all->zones[i]->first;
		     peer && is_asked_for(all->zones[i], apex); peer = peer->next)
			count++;
	return count;
}

static void take_status(const struct notify_peer_state *peer, struct notify_status *status)
{
	status->zone = peer->zone->apex;
	status->serial = peer->zone->serial;
	status->target = peer->target;
	status->schedule = peer->schedule;
	status->answered_at = peer->answered_at;
	status->rcode = peer->rcode;
	memcpy(status->problem, peer->problem, sizeof(status->problem));
	status->there = peer->probe.there;
	status->there_at = peer->probe.answered_at;
	status->behind_since = peer->probe.behind_since;
	status->there_problem = peer->probe.problem;
}

struct notify_status *notify_list(struct notify *all, const struct dns_name *apex, size_t *count)
{
	pthread_mutex_lock(&all->lock);
	catch_up(all);
	struct notify_status *list = calloc(count_peers(all, apex) + 1, sizeof(*list));
	assert(list);
	*count = 0;
	for (size_t i = 0; i < all->zone_count; i++)
		for (const struct notify_peer_state *peer = all->zones[i]->first;
		     peer && is_asked_for(all->zones[i], apex); peer = peer->next)
			take_status(peer, &list[(*count)++]);
	pthread_mutex_unlock(&all->lock);
	return list;
}

/* How many wait for an answer, after all of them were told to want one if `wants`. */
static size_t notify_count_wanted(struct notify *all, const struct dns_name *apex, bool wants)
{
	size_t count = 0;
	for (size_t i = 0; i < all->zone_count; i++)
		for (struct notify_peer_state *peer = all->zones[i]->first;
		     peer && is_asked_for(all->zones[i], apex); peer = peer->next) {
			peer->probe.is_wanted |= wants && peer->target.has_address;
			count += peer->probe.is_wanted;
		}
	return count;
}

void notify_ask(struct notify *all, const struct dns_name *apex)
{
	uint64_t until_us = condition_after(NOTIFY_PROBE_WAIT_US + NOTIFY_PROBE_SLACK_US);
	pthread_mutex_lock(&all->lock);
	catch_up(all);
	(void)notify_count_wanted(all, apex, true);
	ev_async_send(all->loop, &all->wake);
	while (!all->has_halted && notify_count_wanted(all, apex, false) > 0 &&
	       condition_wait(&all->looked_at, &all->lock, until_us))
		continue;
	pthread_mutex_unlock(&all->lock);
}

size_t notify_insist(struct notify *all, const struct dns_name *apex)
{
	size_t count = 0;
	pthread_mutex_lock(&all->lock);
	catch_up(all);
	for (size_t i = 0; i < all->zone_count; i++) {
		if (!is_asked_for(all->zones[i], apex))
			continue;
		all->zones[i]->is_insisted = true;
		for (const struct notify_peer_state *peer = all->zones[i]->first; peer;
		     peer = peer->next)
			count += peer->target.has_address;
	}
	ev_async_send(all->loop, &all->wake);
	pthread_mutex_unlock(&all->lock);
	return count;
}

void notify_counts(struct notify *all, uint64_t *targets, uint64_t *failing)
{
	*targets = *failing = 0;
	pthread_mutex_lock(&all->lock);
	for (size_t i = 0; i < all->zone_count; i++) {
		for (const struct notify_peer_state *peer = all->zones[i]->first; peer;
		     peer = peer->next) {
			++*targets;
			*failing += peer->failing_since != 0 || !peer->target.has_address;
		}
	}
	pthread_mutex_unlock(&all->lock);
}
