/* SPDX-License-Identifier: BSD-2-Clause */
/* What `stats` shows by type, zone, principal and reason, and histograms. */
#include <config.h>
#include "admin/health.h"
#include "base/histogram.h"
#include "journal/dynamic.h"
#include "nameserver/client_skew.h"
#include "nameserver/tally.h"
#include "nameserver/tap.h"
#include "nameserver/writer_side.h"
#include "zonedb/due.h"
#include <stdlib.h>

#define PRINCIPALS_SHOWN 20

void command_stat(struct call *call, const struct command_stat *stat)
{
	json_t *row = json_object();
	json_object_set_new(row, "name", json_string(stat->name));
	json_object_set_new(row, "kind",
			    json_string(stat->kind == COMMAND_COUNTER ? "counter" : "gauge"));
	if (stat->labels)
		json_object_set_new(row, "labels", stat->labels);
	json_object_set_new(row, "value", json_integer((json_int_t)stat->value));
	json_object_set_new(row, "help", json_string(stat->help));
	command_row(call, row);
}

/* One label; NULL ends them. */
struct metrics_label {
	const char *name, *value;
};

/* A counter with labels. What never happened is left out, so that few of many make rows. */
static void metrics_count(struct call *call, const char *name, const struct metrics_label labels[2],
			  uint64_t value, const char *help)
{
	if (!value)
		return;
	json_t *object = json_object();
	for (size_t i = 0; i < 2 && labels[i].name; i++)
		json_object_set_new(object, labels[i].name, command_string(labels[i].value));
	command_stat(call, &(struct command_stat){name, COMMAND_COUNTER, value, help, object});
}

/* Bounds and sums of times are in seconds there, of numbers as they are. */
static json_t *metrics_number(const struct histogram *histogram, uint64_t value)
{
	return histogram->bounds == histogram_times ? json_real((double)value / 1e6)
						    : json_integer((json_int_t)value);
}

static void metrics_histogram(struct call *call, const char *name,
			      const struct histogram *histogram, const char *help)
{
	json_t *row = json_object(), *buckets = json_array();
	size_t i = 0;
	for (; histogram->bounds[i]; i++)
		json_array_append_new(
			buckets, json_pack("{s:o, s:I}", "le",
					   metrics_number(histogram, histogram->bounds[i]), "count",
					   (json_int_t)histogram_up_to(histogram, i)));
	json_object_set_new(row, "name", json_string(name));
	json_object_set_new(row, "kind", json_string("histogram"));
	json_object_set_new(row, "buckets", buckets);
	json_object_set_new(row, "count", json_integer((json_int_t)histogram_up_to(histogram, i)));
	json_object_set_new(row, "sum", metrics_number(histogram, histogram_sum(histogram)));
	json_object_set_new(row, "help", json_string(help));
	command_row(call, row);
}

static void metrics_types(struct call *call, const struct tally_sum *sum)
{
	for (unsigned type = 0; type <= TALLY_TYPES; type++) {
		char text[DNS_TYPE_TEXT_MAX];
		const char *word =
			type < TALLY_TYPES ? dns_type_print((uint16_t)type, text) : "other";
		metrics_count(call, "queries-by-type", (struct metrics_label[2]){{"type", word}},
			      sum->types[type], "queries by the type that was asked for");
	}
}

/* The zones by their numbers. */
struct metrics_zones {
	const struct zone **by_id;
	size_t count;
};

static int metrics_compare_ids(const void *a, const void *b)
{
	const struct zone *const *x = a, *const *y = b;
	return ((*x)->id > (*y)->id) - ((*x)->id < (*y)->id);
}

static struct metrics_zones metrics_zones_of(struct call *call)
{
	const struct zoneset *all = call->snapshot.zones;
	struct metrics_zones zones = {.count = zoneset_count(all)};
	zones.by_id = arena_alloc(&call->arena, (zones.count + 1) * sizeof(*zones.by_id));
	for (size_t i = 0; i < zones.count; i++)
		zones.by_id[i] = zoneset_at(all, i);
	qsort(zones.by_id, zones.count, sizeof *zones.by_id, metrics_compare_ids);
	return zones;
}

static const struct zone *metrics_zone(const struct metrics_zones *zones, uint32_t id)
{
	const struct zone key = {.id = id}, *at = &key;
	const struct zone **found =
		bsearch(&at, zones->by_id, zones->count, sizeof *zones->by_id, metrics_compare_ids);
	return found ? *found : NULL;
}

static void metrics_zone_join(struct tally_zone *to, const struct tally_zone *from)
{
	for (size_t i = 0; i < TALLY_RCODE_COUNT; i++)
		to->queries[i] += from->queries[i];
	for (size_t i = 0; i < UPDATE_OUTCOMES; i++)
		to->updates[i] += from->updates[i];
}

static void metrics_zone_queries(struct call *call, const char *zone, const struct tally_zone *of)
{
	for (size_t i = 0; i < TALLY_RCODE_COUNT; i++)
		metrics_count(
			call, "zone-queries",
			(struct metrics_label[2]){{"zone", zone},
						  {"rcode", tally_rcode_word((enum tally_rcode)i)}},
			of->queries[i],
			"queries by the zone that was asked, and the answer's code");
}

static void metrics_zone_updates(struct call *call, const char *zone, const struct tally_zone *of)
{
	for (size_t i = 0; i < UPDATE_OUTCOMES; i++)
		metrics_count(call, "zone-updates",
			      (struct metrics_label[2]){
				      {"zone", zone},
				      {"outcome", update_outcome_word((enum update_outcome)i)}},
			      of->updates[i], "updates by zone and by what became of them");
}

/* All rows of a name come together, as Prometheus wants them. A zone that was deleted has no name
 * any more: what it had counts with the others. */
static void metrics_by_zone(struct call *call, const struct tally_sum *sum,
			    void (*show)(struct call *, const char *, const struct tally_zone *))
{
	const struct metrics_zones zones = metrics_zones_of(call);
	struct tally_zone others = {0};
	char text[DNS_NAME_TEXT_MAX];
	for (size_t i = 0; i < sum->zone_count; i++) {
		const struct zone *zone = metrics_zone(&zones, sum->zones[i].id);
		if (zone)
			show(call, dns_name_show(&zone->apex, text), &sum->zones[i]);
		else
			metrics_zone_join(&others, &sum->zones[i]);
	}
	show(call, "other", &others);
}

/* Names with stale records, of one zone and of all, that are looked at. */
#define STALE_OF_ZONE_MAX 20000
#define STALE_MAX         200000

/* How many names of a zone hold stale records, up to `limit`. */
static uint64_t metrics_stale(struct call *call, const struct zone *zone, uint64_t limit)
{
	struct eras eras;
	struct due_walk walk;
	struct due_place at;
	struct due_moment moment = {
		clock_now(&call->core->clock), {zone->no_refresh, zone->refresh}, &eras};
	uint64_t count = 0;
	eras_read(call->snapshot.txn, &eras);
	due_walk_from(&walk, call->snapshot.txn, zone, &moment);
	while (count < limit && due_walk_next(&walk, &at))
		count++;
	due_walk_end(&walk);
	return count;
}

static void metrics_gauge(struct call *call, const char *name, const struct zone *zone,
			  uint64_t value, const char *help)
{
	char apex[DNS_NAME_TEXT_MAX];
	command_stat(call, &(struct command_stat){
				   name, COMMAND_GAUGE, value, help,
				   json_pack("{s:o}", "zone",
					     command_string(dns_name_show(&zone->apex, apex)))});
}

static void metrics_zone_gauges(struct call *call)
{
	const struct zoneset *zones = call->snapshot.zones;
	uint64_t left = STALE_MAX, number;
	for (size_t i = 0; i < zoneset_count(zones); i++)
		metrics_gauge(call, "zone-serial", zoneset_at(zones, i),
			      zone_serial(call->snapshot.txn, zoneset_at(zones, i)),
			      "the zone's serial");
	for (size_t i = 0; i < zoneset_count(zones); i++)
		if (dynamic_count(call->snapshot.txn, zoneset_at(zones, i)->id, &number))
			metrics_gauge(call, "zone-dynamic-records", zoneset_at(zones, i), number,
				      "dynamic records of the zone");
	for (size_t i = 0; i < zoneset_count(zones); i++) {
		const struct zone *zone = zoneset_at(zones, i);
		if (!zone->is_aging)
			continue;
		uint64_t limit = left < STALE_OF_ZONE_MAX ? left : STALE_OF_ZONE_MAX;
		uint64_t stale = metrics_stale(call, zone, limit);
		left -= stale;
		metrics_gauge(call, "zone-stale-names", zone, stale,
			      "names of an aging zone with stale records; 20000 at most");
	}
}

static void metrics_principals(struct call *call, const struct tally_sum *sum)
{
	for (size_t i = 0; i < sum->principal_count && i < PRINCIPALS_SHOWN; i++)
		for (size_t outcome = 0; outcome < UPDATE_OUTCOMES; outcome++)
			metrics_count(call, "principal-updates",
				      (struct metrics_label[2]){
					      {"principal", sum->principals[i].text},
					      {"outcome",
					       update_outcome_word((enum update_outcome)outcome)}},
				      sum->principals[i].updates[outcome],
				      "updates of those who sent most");
}

static void metrics_skew(struct call *call, const char *name, const struct client_skew *skew,
			 int64_t value, const char *help)
{
	command_stat(call, &(struct command_stat){name, COMMAND_GAUGE, (uint64_t)value, help,
						  json_pack("{s:o}", "principal",
							    command_string(skew->principal))});
}

static void metrics_skews(struct call *call)
{
	size_t count;
	const struct client_skew *list = client_skews_list(
		call->core->client_skews, clock_now(&call->core->clock), &call->arena, &count);
	count = count < PRINCIPALS_SHOWN ? count : PRINCIPALS_SHOWN;
	for (size_t i = 0; i < count; i++)
		metrics_skew(call, "client-ahead-seconds", &list[i], list[i].ahead,
			     "the clock of a client, less ours, of those that differ most and by 5 "
			     "s or more");
	for (size_t i = 0; i < count; i++)
		metrics_skew(call, "client-badtime", &list[i], (int64_t)list[i].refused,
			     "requests of these that were refused for it");
}

static void metrics_refusals(struct call *call)
{
	struct refusals *refusals = call->core->writer_side->refusals;
	for (size_t event = 0; event < REFUSAL_EVENT_COUNT; event++)
		for (size_t code = 0; code < REFUSAL_CODE_COUNT; code++) {
			const char *what = refusal_event_word((enum refusal_event)event);
			const char *why = refusal_word((enum refusal_code)code);
			metrics_count(
				call, "refusals",
				(struct metrics_label[2]){{"event", what ? what : "update-denied"},
							  {"reason", why ? why : "other"}},
				refusals_count(refusals, (enum refusal_event)event,
					       (enum refusal_code)code),
				"refusals by what was asked, and why");
		}
}

void command_metrics(struct call *call)
{
	struct tally_sum sum;
	struct writer_histograms writer = writer_histograms(call->core->writer);
	tallies_sum(call->core->tallies, &call->arena, &sum);
	command_stat(call, &(struct command_stat){"start-time-seconds", COMMAND_GAUGE,
						  call->core->started_us / 1000000,
						  "when the server was started, seconds since 1970",
						  NULL});
	command_stat(call,
		     &(struct command_stat){"server", COMMAND_GAUGE, 1, "the server's version",
					    json_pack("{s:s}", "version", PACKAGE_VERSION)});
	if (call->core->tap) {
		uint64_t copied, dropped;
		tap_counts(call->core->tap, &copied, &dropped);
		command_stat(call, &(struct command_stat){
					   "dnstap-copied", COMMAND_COUNTER, copied,
					   "messages given to dnstap; they are lost where nobody "
					   "reads",
					   NULL});
		command_stat(call, &(struct command_stat){
					   "dnstap-dropped", COMMAND_COUNTER, dropped,
					   "messages for which its reader had no room", NULL});
	}
	metrics_types(call, &sum);
	if (snapshot_is_whole(&call->snapshot)) {
		metrics_by_zone(call, &sum, metrics_zone_queries);
		metrics_by_zone(call, &sum, metrics_zone_updates);
		metrics_zone_gauges(call);
	}
	command_health_metrics(call);
	command_notify_metrics(call);
	metrics_principals(call, &sum);
	metrics_skews(call);
	metrics_refusals(call);
	metrics_histogram(call, "query-seconds", &sum.queries,
			  "how long queries took, from reading them to sending the answer");
	metrics_histogram(call, "update-seconds", &sum.updates,
			  "how long updates took, from their arrival to the commit");
	metrics_histogram(call, "signed-skew-seconds", &sum.skews,
			  "by how much the clocks of clients differ from ours, of signed requests "
			  "whose MAC was right");
	metrics_histogram(call, "commit-seconds", writer.commits,
			  "how long commits took, each with its fsync");
	metrics_histogram(call, "batch-jobs", writer.batches, "jobs of a batch of the writer");
}
