/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/timeword.h"
#include "dns/rdata.h"
#include "dns/zonefile.h"
#include "journal/journal.h"
#include "scavenger/schedule.h"
#include "tests/scenarios/scenario.h"
#include "tests/unit/rows.h"
#include "zonedb/due.h"
#include "zonedb/edit.h"
#include "zonedb/principal.h"
#include <assert.h>

#define ADMINISTRATOR "local:root"

struct job {
	struct writer_job job;
	struct scenario *scenario;
	void (*run)(struct scenario *, struct store_txn *, void *);
	void *context;
};

static void run_job(struct writer_job *job, struct store_txn *txn)
{
	struct job *own = (struct job *)job;
	own->run(own->scenario, txn, own->context);
}

void setup_job(struct scenario *scenario,
	       void (*run)(struct scenario *, struct store_txn *, void *), void *context)
{
	struct job job = {.job.run = run_job, .scenario = scenario, .run = run, .context = context};
	enum store_error error = writer_call(scenario->core->writer, &job.job, WRITER_URGENT);
	if (error != STORE_OK)
		scenario_fail(scenario, "the store said: %s", store_error_text(error));
}

#define PART_STEPS 10000

void setup_start(struct scenario *scenario)
{
	char error[STORE_ERROR_MAX];
	struct core_options options = {
		.data = scenario->dir,
		.map_size = scenario->map_size,
		.readers = 2,
		.version = "tenure scenarios",
		.server_id = "scenario.example",
		.hand_clock_us = scenario->now * 1000000,
		.has_schedule = scenario->has_schedule,
	};
	scenario->core = core_start(&options, error);
	if (!scenario->core)
		scenario_fail(scenario, "core: %s", error);
	/* What is logged must not depend on how fast the machine is. */
	scenario->core->part_steps = PART_STEPS;
	/* Most scenarios have no scavenger's thread: what it does at its start and end is done
	 * here. In a scenario about a full store it may fail, as there. */
	schedule_settle(scenario->core->writer, &scenario->core->clock_watch);
	dispatcher_open(&scenario->dispatcher, scenario->core);
}

void setup_stop(struct scenario *scenario)
{
	tenurectl_stop(scenario);
	schedule_beat(scenario->core->writer, &scenario->core->clock);
	dispatcher_close(&scenario->dispatcher);
	core_stop(scenario->core);
	scenario->core = NULL;
}

/* restart [TIME]: what the clock shows when it starts. */
void setup_restart(struct scenario *scenario, char *words)
{
	const char *time = word_trim(words);
	setup_stop(scenario);
	if (*time && !time_parse(time, 0, &scenario->now))
		scenario_fail(scenario, "'%s' is not a time", time);
	setup_start(scenario);
}

/* What a clean stop leaves in local state is not there after a crash. */
static void forget_requests(struct scenario *scenario)
{
	static const char prefix[] = "requests";
	struct store_options where = {.path = scenario->dir, .map_size = scenario->map_size};
	char error[STORE_ERROR_MAX];
	struct store *store = store_open(&where, error);
	struct store_txn txn;
	if (!store)
		scenario_fail(scenario, "%s", error);
	store_write_begin(store, &txn);
	bool is_there = store_del(&txn, STORE_LOCAL, bytes_of(prefix, sizeof(prefix) - 1));
	if (!is_there || store_commit(&txn) != STORE_OK)
		scenario_fail(scenario, "the stop left no table of requests");
	store_close(store);
}

/* crash [TIME]: the process is killed, and starts when the clock shows this. */
void setup_crash(struct scenario *scenario, char *words)
{
	const char *time = word_trim(words);
	setup_stop(scenario);
	forget_requests(scenario);
	if (*time && !time_parse(time, 0, &scenario->now))
		scenario_fail(scenario, "'%s' is not a time", time);
	setup_start(scenario);
}

/* scavenger: the core has the scavenger's thread, which `tenurectl scavenge` needs. */
void setup_scavenger(struct scenario *scenario, char *words)
{
	scenario->has_schedule = true;
	setup_restart(scenario, words);
}

/* down DURATION: the server is stopped for so long. */
void setup_down(struct scenario *scenario, char *words)
{
	uint32_t seconds;
	if (!duration_parse(word_trim(words), &seconds))
		scenario_fail(scenario, "'%s' is not a duration", words);
	setup_stop(scenario);
	scenario->now += seconds;
	setup_start(scenario);
}

/* clock TIME: somebody sets the clock; no time passes. */
void setup_clock(struct scenario *scenario, char *words)
{
	uint64_t seconds;
	if (!time_parse(word_trim(words), 0, &seconds))
		scenario_fail(scenario, "'%s' is not a time", words);
	scenario->now = seconds;
	clock_move_to(&scenario->core->clock, seconds * 1000000);
}

/* One record that an administrator puts into a zone. */
struct record {
	struct record *next;
	struct dns_name name;
	uint16_t type;
	uint32_t ttl;
	struct bytes rdata;
	enum record_class class;
	const char *owner;
};

struct records {
	struct scenario *scenario;
	struct dns_name zone;
	struct record *first, **last;
};

static void records_init(struct records *records, struct scenario *scenario)
{
	*records = (struct records){.scenario = scenario, .zone = *scenario_zone(scenario)};
	records->last = &records->first;
}

static struct record *records_add(struct records *records)
{
	struct record *record = arena_zero(&records->scenario->arena, sizeof *record);
	record->owner = ADMINISTRATOR;
	*records->last = record;
	records->last = &record->next;
	return record;
}

static void put_records(struct scenario *scenario, struct store_txn *txn, void *context)
{
	struct records *records = context;
	struct zone zone;
	if (!zone_get(txn, &records->zone, &zone))
		return;
	struct edit_author author = {
		.owner = principal_intern(txn, ADMINISTRATOR),
		.owner_text = ADMINISTRATOR,
		.now = scenario->now,
		.class = RECORD_STATIC,
	};
	struct edit *edit = edit_open(txn, &zone, &author, &scenario->arena);
	for (struct record *record = records->first; record; record = record->next) {
		struct node_record as = {
			.owner = principal_intern(txn, record->owner),
			.stamp = scenario->now,
			.class = record->class,
			.rdata = record->rdata,
		};
		edit_add_as(edit, &record->name, record->type, record->ttl, &as);
	}
	struct entry entry = {
		.kind = ENTRY_ADMIN,
		.time_us = scenario->now * 1000000,
		.principal = ADMINISTRATOR,
	};
	edit_commit(edit, &entry);
}

static const char *take_line(void *context, const struct dns_zonefile_record *read)
{
	struct records *records = context;
	struct record *record = records_add(records);
	record->name = read->owner;
	record->type = read->type;
	record->ttl = read->ttl;
	record->rdata =
		bytes_of(arena_copy(&records->scenario->arena, read->rdata.data, read->rdata.len),
			 read->rdata.len);
	return NULL;
}

static void read_text(struct scenario *scenario, struct records *records, const char *text)
{
	char error[DNS_ZONEFILE_ERROR_MAX];
	struct dns_zonefile how = {
		.origin = scenario_zone(scenario),
		.default_ttl = 3600,
		.record = take_line,
		.context = records,
	};
	if (!dns_zonefile_read_text("load", text, strlen(text), &how, error))
		scenario_fail(scenario, "%s", error);
}

static const char first_records[] = "@ 3600 SOA ns hostmaster 1 900 600 86400 600\n"
				    "@ 3600 NS ns\n"
				    "ns 3600 A 192.0.2.53\n";

/* A setting as NAME=VALUE, or the update mode alone. */
static void setting_take(struct scenario *scenario, struct zone *zone, char *word)
{
	char *value = strchr(word, '=');
	const char *name = word, *wrong;
	if (value) {
		*value++ = 0;
	} else {
		name = "update";
		value = word;
	}
	if (strcmp(name, "no-refresh") == 0 || strcmp(name, "refresh") == 0)
		zone->is_aging = true;
	wrong = zone_setting_parse(zone, name, value, &scenario->arena);
	if (wrong)
		scenario_fail(scenario, "%s", wrong);
}

struct new_zone {
	struct zone zone;
	bool is_logged; /* its row has an entry, as `zone add` makes one */
};

static void log_zone(struct scenario *scenario, struct store_txn *txn, struct zone *zone)
{
	char shown[DNS_NAME_TEXT_MAX];
	struct state_edit rows = state_edit_of(txn, &scenario->arena);
	zone_create(&rows, zone);
	struct entry entry = {.time_us = scenario->now * 1000000,
			      .kind = ENTRY_ADMIN,
			      .principal = ADMINISTRATOR,
			      .event = EVENT_ZONE_CREATE,
			      .subject = dns_name_show(&zone->apex, shown),
			      .has_zone = true,
			      .zone_id = zone->id,
			      .zone = zone->apex};
	entry.rows = state_edit_changes(&rows, &entry.row_count);
	journal_append(txn, &entry, &scenario->arena);
}

static void create_zone(struct scenario *scenario, struct store_txn *txn, void *context)
{
	struct new_zone *new_zone = context;
	struct zone *zone = &new_zone->zone, fresh = zone_default(&zone->apex);
	fresh.is_aging = false;
	fresh.update = ZONE_UPDATE_NONE;
	zone->created_at = scenario->now;
	zone_arm(&fresh, zone, scenario->now, 0);
	if (new_zone->is_logged)
		log_zone(scenario, txn, zone);
	else
		rows_zone_create(txn, zone);
}

void setup_zone(struct scenario *scenario, char *words)
{
	struct dns_name apex;
	char *text = word_next(&words);
	if (dns_name_parse_text(&apex, text) || scenario->zones_count == SCENARIO_ZONES_MAX)
		scenario_fail(scenario, "zone '%s'?", text);
	struct new_zone new_zone = {.zone = zone_default(&apex)};
	for (char *word = word_next(&words); *word; word = word_next(&words)) {
		if (strcmp(word, "logged") == 0)
			new_zone.is_logged = true;
		else
			setting_take(scenario, &new_zone.zone, word);
	}
	scenario->zones[scenario->zones_count++] = apex;
	setup_job(scenario, create_zone, &new_zone);
	struct records records;
	records_init(&records, scenario);
	read_text(scenario, &records, first_records);
	setup_job(scenario, put_records, &records);
}

struct zone setup_zone_now(struct scenario *scenario, const struct dns_name *apex)
{
	struct zone zone;
	dispatcher_begin(&scenario->dispatcher);
	bool is_there = zone_get(scenario->dispatcher.snapshot.txn, apex, &zone);
	dispatcher_end(&scenario->dispatcher);
	if (!is_there)
		scenario_fail(scenario, "the zone is not there");
	return zone;
}

static void put_zone(struct scenario *scenario, struct store_txn *txn, void *context)
{
	struct zone *zone = context, old;
	if (zone_get(txn, &zone->apex, &old))
		zone_arm(&old, zone, scenario->now, due_longest_refresh(txn, zone));
	rows_zone_put(txn, zone);
}

void setup_set(struct scenario *scenario, char *words)
{
	struct zone zone = setup_zone_now(scenario, scenario_zone(scenario));
	for (char *word = word_next(&words); *word; word = word_next(&words))
		setting_take(scenario, &zone, word);
	setup_job(scenario, put_zone, &zone);
}

void setup_freeze(struct scenario *scenario, char *words)
{
	(void)words;
	struct zone zone = setup_zone_now(scenario, scenario_zone(scenario));
	zone.is_frozen = true;
	setup_job(scenario, put_zone, &zone);
}

void setup_thaw(struct scenario *scenario, char *words)
{
	(void)words;
	struct zone zone = setup_zone_now(scenario, scenario_zone(scenario));
	zone.is_frozen = false;
	setup_job(scenario, put_zone, &zone);
}

void setup_load(struct scenario *scenario, char *words)
{
	(void)words;
	char line[4096], *text;
	char *all = arena_alloc(&scenario->arena, SCENARIO_TEXT_MAX);
	size_t len = 0;
	while ((text = scenario_line(scenario, line, sizeof line)) && strcmp(text, "end") != 0) {
		size_t n = strlen(text);
		if (len + n + 2 > SCENARIO_TEXT_MAX)
			scenario_fail(scenario, "too much to load");
		memcpy(all + len, text, n);
		len += n;
		all[len++] = '\n';
	}
	all[len] = 0;
	struct records records;
	records_init(&records, scenario);
	read_text(scenario, &records, all);
	setup_job(scenario, put_records, &records);
}

/* record NAME TTL TYPE DATA [class=C] [owner=P]: the administrator's, static unless said. */
void setup_record(struct scenario *scenario, char *words)
{
	struct records records;
	records_init(&records, scenario);
	struct record *record = records_add(&records);
	char *owner = strstr(words, " owner="), *class = strstr(words, " class=");
	if (owner) {
		*owner = 0;
		record->owner = word_trim(owner + strlen(" owner="));
	}
	if (class) {
		*class = 0;
		if (!record_class_parse(word_trim(class + strlen(" class=")), &record->class))
			scenario_fail(scenario, "class?");
	}
	record->name = word_name(scenario, word_next(&words));
	record->ttl = (uint32_t)strtoul(word_next(&words), NULL, 10);
	record->type = word_type(scenario, word_next(&words));
	record->rdata = word_rdata(scenario, record->type, word_trim(words));
	setup_job(scenario, put_records, &records);
}

struct new_key {
	struct keyring_key key;
	bool is_logged;
};

static void put_key(struct scenario *scenario, struct store_txn *txn, void *context)
{
	const struct new_key *new_key = context;
	char shown[DNS_NAME_TEXT_MAX];
	if (!new_key->is_logged) {
		rows_key_put(txn, scenario->core->store_key, &new_key->key);
		return;
	}
	struct state_edit rows = state_edit_of(txn, &scenario->arena);
	bool is_put = keyring_put(&rows, scenario->core->store_key, &new_key->key);
	assert(is_put);
	struct entry entry = {.time_us = scenario->now * 1000000,
			      .kind = ENTRY_ADMIN,
			      .principal = ADMINISTRATOR,
			      .event = EVENT_KEY_CREATE,
			      .subject = dns_name_show(&new_key->key.name, shown)};
	entry.rows = state_edit_changes(&rows, &entry.row_count);
	journal_append(txn, &entry, &scenario->arena);
}

/* key NAME [logged] [ALGORITHM]: a secret that follows from the name; logged: with an entry. */
void setup_key(struct scenario *scenario, char *words)
{
	struct new_key new_key = {
		.key = {.algorithm = HMAC_SHA256, .created = scenario->now, .secret_len = 32}};
	struct keyring_key *key = &new_key.key;
	char *text = word_next(&words), *algorithm = word_next(&words);
	if (dns_name_parse_text(&key->name, text))
		scenario_fail(scenario, "key '%s'?", text);
	if (strcmp(algorithm, "logged") == 0) {
		new_key.is_logged = true;
		algorithm = word_next(&words);
	}
	if (*algorithm) {
		const struct hmac_info *info = hmac_by_text(algorithm, strlen(algorithm));
		if (!info)
			scenario_fail(scenario, "algorithm '%s'?", algorithm);
		key->algorithm = info->algorithm;
	}
	struct bytes piece = bytes_of(key->name.wire, key->name.len);
	digest_sha256(&piece, 1, key->secret);
	setup_job(scenario, put_key, &new_key);
}

static void setup_nothing(struct scenario *scenario, struct store_txn *txn, void *context)
{
	(void)scenario;
	(void)txn;
	(void)context;
}

/* What the scavenger's thread does before it runs anything: the writer looks before any job. */
static struct sweep_context setup_look_at_clock(struct scenario *scenario)
{
	if (clock_watch_is_stepped(&scenario->core->clock_watch))
		setup_job(scenario, setup_nothing, NULL);
	return (struct sweep_context){
		.store = scenario->core->store,
		.writer = scenario->core->writer,
		.clock = &scenario->core->clock,
		.asker.principal = "system:scavenger",
	};
}

void setup_look(struct scenario *scenario)
{
	setup_look_at_clock(scenario);
	schedule_beat(scenario->core->writer, &scenario->core->clock);
}

void setup_sweep(struct scenario *scenario, char *words)
{
	(void)words;
	struct sweep_context context = setup_look_at_clock(scenario);
	for (unsigned i = 0; i < scenario->zones_count; i++) {
		struct zone zone = setup_zone_now(scenario, &scenario->zones[i]);
		struct sweep_result result;
		sweep_zone(&context, &zone, &result);
		if (result.error != STORE_OK)
			scenario_fail(scenario, "sweep: %s", store_error_text(result.error));
	}
}

static uint64_t held_run(struct scenario *scenario)
{
	struct zone zone = setup_zone_now(scenario, scenario_zone(scenario));
	struct store_txn txn;
	store_read_begin(scenario->core->store, &txn);
	uint64_t held = run_held(&txn, zone.id);
	store_read_end(&txn);
	return held;
}

static void approve_clock(struct scenario *scenario, struct store_txn *txn, void *context)
{
	(void)scenario;
	(void)context;
	ROWS_WRITE(txn, clock_watch_approve(rows, scenario->now * 1000000));
}

/* The run that is held, or else the last. */
static uint64_t setup_run_to_approve(struct scenario *scenario, bool is_contested)
{
	struct zone zone = setup_zone_now(scenario, scenario_zone(scenario));
	struct store_txn txn;
	uint64_t id = held_run(scenario);
	if (id || !is_contested)
		return id;
	store_read_begin(scenario->core->store, &txn);
	id = run_last(&txn, zone.id);
	store_read_end(&txn);
	return id;
}

/* approve [contested|clock]: the held run of the last zone, or contested records that the last run
 * left; or the clock. */
void setup_approve(struct scenario *scenario, char *words)
{
	struct sweep_context context = setup_look_at_clock(scenario);
	struct sweep_result result;
	words = word_trim(words);
	if (strcmp(words, "clock") == 0) {
		setup_job(scenario, approve_clock, NULL);
		return;
	}
	bool is_contested = strcmp(words, "contested") == 0;
	struct sweep_approval approval = {.run = setup_run_to_approve(scenario, is_contested),
					  .takes_contested = is_contested};
	sweep_approved(&context, &approval, &result);
	if (result.error != STORE_OK || result.hold)
		scenario_fail(scenario, "approve: %s", plan_hold_text(result.hold));
}

static void cancel_run(struct scenario *scenario, struct store_txn *txn, void *run)
{
	struct entry as = {
		.time_us = scenario->now * 1000000, .kind = ENTRY_RUN, .principal = ADMINISTRATOR};
	if (sweep_cancel(txn, *(uint64_t *)run, &as) != PLAN_MAY_RUN)
		scenario_fail(scenario, "no run is held");
}

void setup_cancel(struct scenario *scenario, char *words)
{
	(void)words;
	uint64_t held = held_run(scenario);
	setup_job(scenario, cancel_run, &held);
}
