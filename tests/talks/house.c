/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/unit/rows.h"
#include "tests/talks/talk.h"
#include "base/timeword.h"
#include "dns/rdata.h"
#include "dns/zonefile.h"
#include "scavenger/schedule.h"
#include "zonedb/edit.h"
#include "zonedb/principal.h"

#define ADMINISTRATOR "local:root"

struct job {
	struct writer_job job;
	struct talk *talk;
	void (*run)(struct talk *, struct store_txn *, void *);
	void *context;
};

static void run_job(struct writer_job *job, struct store_txn *txn)
{
	struct job *own = (struct job *)job;
	own->run(own->talk, txn, own->context);
}

void house_job(struct talk *talk, void (*run)(struct talk *, struct store_txn *, void *),
	       void *context)
{
	struct job job = {.job.run = run_job, .talk = talk, .run = run, .context = context};
	enum store_error error = writer_call(talk->core->writer, &job.job, WRITER_URGENT);
	if (error != STORE_OK)
		talk_fail(talk, "the store said: %s", store_error_text(error));
}

void house_start(struct talk *talk)
{
	char error[STORE_ERROR_MAX];
	struct core_options options = {
		.data = talk->dir,
		.map_size = talk->map_size,
		.readers = 2,
		.version = "tenure talks",
		.server_id = "talk.example",
		.hand_clock_us = talk->now * 1000000,
	};
	talk->core = core_start(&options, error);
	if (!talk->core)
		talk_fail(talk, "core: %s", error);
	/* Talks have no scavenger's thread: what it does at its start and end is done here. In a
	 * talk about a full store it may fail, as there. */
	schedule_settle(talk->core->writer, &talk->core->clock);
	clock_watch_open(&talk->clock_watch, &talk->core->clock);
	dispatcher_open(&talk->dispatcher, talk->core);
}

void house_stop(struct talk *talk)
{
	schedule_beat(talk->core->writer, &talk->core->clock);
	dispatcher_close(&talk->dispatcher);
	core_stop(talk->core);
	talk->core = NULL;
}

void house_restart(struct talk *talk, char *words)
{
	(void)words;
	house_stop(talk);
	house_start(talk);
}

/* down DURATION: the server is stopped for so long. */
void house_down(struct talk *talk, char *words)
{
	uint32_t seconds;
	if (!duration_parse(word_trim(words), &seconds))
		talk_fail(talk, "'%s' is not a duration", words);
	house_stop(talk);
	talk->now += seconds;
	house_start(talk);
}

/* clock TIME: somebody sets the clock; no time passes. */
void house_clock(struct talk *talk, char *words)
{
	uint64_t seconds;
	if (!time_parse(word_trim(words), 0, &seconds))
		talk_fail(talk, "'%s' is not a time", words);
	talk->now = seconds;
	clock_move_to(&talk->core->clock, seconds * 1000000);
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
	struct talk *talk;
	struct dns_name zone;
	struct record *first, **last;
};

static void records_init(struct records *records, struct talk *talk)
{
	*records = (struct records){.talk = talk, .zone = *talk_zone(talk)};
	records->last = &records->first;
}

static struct record *records_add(struct records *records)
{
	struct record *record = arena_zero(&records->talk->arena, sizeof *record);
	record->owner = ADMINISTRATOR;
	*records->last = record;
	records->last = &record->next;
	return record;
}

static void put_records(struct talk *talk, struct store_txn *txn, void *context)
{
	struct records *records = context;
	struct zone zone;
	if (!zone_get(txn, &records->zone, &zone))
		return;
	struct edit_author author = {
		.owner = principal_intern(txn, ADMINISTRATOR),
		.owner_text = ADMINISTRATOR,
		.now = talk->now,
		.class = RECORD_STATIC,
	};
	struct edit *edit = edit_open(txn, &zone, &author, &talk->arena);
	for (struct record *record = records->first; record; record = record->next) {
		struct node_record as = {
			.owner = principal_intern(txn, record->owner),
			.stamp = talk->now,
			.class = record->class,
			.rdata = record->rdata,
		};
		edit_add_as(edit, &record->name, record->type, record->ttl, &as);
	}
	struct entry entry = {
		.kind = ENTRY_ADMIN,
		.time_us = talk->now * 1000000,
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
		bytes_of(arena_copy(&records->talk->arena, read->rdata.data, read->rdata.len),
			 read->rdata.len);
	return NULL;
}

static void read_text(struct talk *talk, struct records *records, const char *text)
{
	char error[DNS_ZONEFILE_ERROR_MAX];
	struct dns_zonefile how = {
		.origin = talk_zone(talk),
		.default_ttl = 3600,
		.record = take_line,
		.context = records,
	};
	if (!dns_zonefile_read_text("load", text, strlen(text), &how, error))
		talk_fail(talk, "%s", error);
}

static const char first_records[] = "@ 3600 SOA ns hostmaster 1 900 600 86400 600\n"
				    "@ 3600 NS ns\n"
				    "ns 3600 A 192.0.2.53\n";

/* A setting as NAME=VALUE, or the update mode alone. */
static void setting_take(struct talk *talk, struct zone *zone, char *word)
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
	wrong = zone_setting_parse(zone, name, value, &talk->arena);
	if (wrong)
		talk_fail(talk, "%s", wrong);
}

static void create_zone(struct talk *talk, struct store_txn *txn, void *context)
{
	struct zone *zone = context, fresh = zone_default(&zone->apex);
	fresh.is_aging = false;
	fresh.update = ZONE_UPDATE_NONE;
	zone->created_at = talk->now;
	zone_arm(&fresh, zone, talk->now);
	rows_zone_create(txn, zone);
}

void house_zone(struct talk *talk, char *words)
{
	struct dns_name apex;
	char *text = word_next(&words);
	if (dns_name_parse_text(&apex, text) || talk->zones_count == TALK_ZONES_MAX)
		talk_fail(talk, "zone '%s'?", text);
	struct zone zone = zone_default(&apex);
	for (char *word = word_next(&words); *word; word = word_next(&words))
		setting_take(talk, &zone, word);
	talk->zones[talk->zones_count++] = apex;
	house_job(talk, create_zone, &zone);
	struct records records;
	records_init(&records, talk);
	read_text(talk, &records, first_records);
	house_job(talk, put_records, &records);
}

struct zone house_zone_now(struct talk *talk, const struct dns_name *apex)
{
	struct zone zone;
	dispatcher_begin(&talk->dispatcher);
	bool is_there = zone_get(talk->dispatcher.snapshot.txn, apex, &zone);
	dispatcher_end(&talk->dispatcher);
	if (!is_there)
		talk_fail(talk, "the zone is not there");
	return zone;
}

static void put_zone(struct talk *talk, struct store_txn *txn, void *context)
{
	struct zone *zone = context, old;
	if (zone_get(txn, &zone->apex, &old))
		zone_arm(&old, zone, talk->now);
	rows_zone_put(txn, zone);
}

void house_set(struct talk *talk, char *words)
{
	struct zone zone = house_zone_now(talk, talk_zone(talk));
	for (char *word = word_next(&words); *word; word = word_next(&words))
		setting_take(talk, &zone, word);
	house_job(talk, put_zone, &zone);
}

void house_freeze(struct talk *talk, char *words)
{
	(void)words;
	struct zone zone = house_zone_now(talk, talk_zone(talk));
	zone.is_frozen = true;
	house_job(talk, put_zone, &zone);
}

void house_thaw(struct talk *talk, char *words)
{
	(void)words;
	struct zone zone = house_zone_now(talk, talk_zone(talk));
	zone.is_frozen = false;
	house_job(talk, put_zone, &zone);
}

void house_load(struct talk *talk, char *words)
{
	(void)words;
	char line[4096], *text;
	char *all = arena_alloc(&talk->arena, TALK_TEXT_MAX);
	size_t len = 0;
	while ((text = talk_line(talk, line, sizeof line)) && strcmp(text, "end") != 0) {
		size_t n = strlen(text);
		if (len + n + 2 > TALK_TEXT_MAX)
			talk_fail(talk, "too much to load");
		memcpy(all + len, text, n);
		len += n;
		all[len++] = '\n';
	}
	all[len] = 0;
	struct records records;
	records_init(&records, talk);
	read_text(talk, &records, all);
	house_job(talk, put_records, &records);
}

/* record NAME TTL TYPE DATA [class=C] [owner=P]: the administrator's, static unless said. */
void house_record(struct talk *talk, char *words)
{
	struct records records;
	records_init(&records, talk);
	struct record *record = records_add(&records);
	char *owner = strstr(words, " owner="), *class = strstr(words, " class=");
	if (owner) {
		*owner = 0;
		record->owner = word_trim(owner + strlen(" owner="));
	}
	if (class) {
		*class = 0;
		if (!record_class_parse(word_trim(class + strlen(" class=")), &record->class))
			talk_fail(talk, "class?");
	}
	record->name = word_name(talk, word_next(&words));
	record->ttl = (uint32_t)strtoul(word_next(&words), NULL, 10);
	record->type = word_type(talk, word_next(&words));
	record->rdata = word_rdata(talk, record->type, word_trim(words));
	house_job(talk, put_records, &records);
}

static void put_key(struct talk *talk, struct store_txn *txn, void *context)
{
	(void)talk;
	keyring_put(txn, context);
}

/* key NAME [ALGORITHM]: a secret that follows from the name. */
void house_key(struct talk *talk, char *words)
{
	struct keyring_key key = {.algorithm = HMAC_SHA256, .created = talk->now, .secret_len = 32};
	char *text = word_next(&words), *algorithm = word_next(&words);
	if (dns_name_parse_text(&key.name, text))
		talk_fail(talk, "key '%s'?", text);
	if (*algorithm) {
		const struct hmac_info *info = hmac_by_text(algorithm, strlen(algorithm));
		if (!info)
			talk_fail(talk, "algorithm '%s'?", algorithm);
		key.algorithm = info->algorithm;
	}
	struct bytes piece = bytes_of(key.name.wire, key.name.len);
	digest_sha256(&piece, 1, key.secret);
	house_job(talk, put_key, &key);
}

static void note_jump(struct talk *talk, struct store_txn *txn, void *jump)
{
	clock_watch_note_jump(txn, talk->now * 1000000, *(int64_t *)jump);
}

/* What the scavenger's thread does before it runs anything. */
static struct sweep_context look_at_clock(struct talk *talk)
{
	int64_t jump = clock_watch_jump(&talk->clock_watch, &talk->core->clock,
					SCAVENGE_SETTINGS_GRACE_DEFAULT);
	if (jump)
		house_job(talk, note_jump, &jump);
	clock_watch_open(&talk->clock_watch, &talk->core->clock);
	return (struct sweep_context){
		.store = talk->core->store,
		.writer = talk->core->writer,
		.clock = &talk->core->clock,
		.principal = "system:scavenger",
	};
}

void house_sweep(struct talk *talk, char *words)
{
	(void)words;
	struct sweep_context context = look_at_clock(talk);
	for (unsigned i = 0; i < talk->zones_count; i++) {
		struct zone zone = house_zone_now(talk, &talk->zones[i]);
		struct sweep_result result;
		sweep_zone(&context, &zone, &result);
		if (result.error != STORE_OK)
			talk_fail(talk, "sweep: %s", store_error_text(result.error));
	}
}

static uint64_t held_run(struct talk *talk)
{
	struct zone zone = house_zone_now(talk, talk_zone(talk));
	struct store_txn txn;
	store_read_begin(talk->core->store, &txn);
	uint64_t held = run_held(&txn, zone.id);
	store_read_end(&txn);
	return held;
}

static void approve_clock(struct talk *talk, struct store_txn *txn, void *context)
{
	(void)talk;
	(void)context;
	ROWS_WRITE(txn, clock_watch_approve(rows));
}

/* approve [clock]: the held run of the last zone, or the clock. */
void house_approve(struct talk *talk, char *words)
{
	struct sweep_context context = look_at_clock(talk);
	struct sweep_result result;
	if (strcmp(word_trim(words), "clock") == 0) {
		house_job(talk, approve_clock, NULL);
		return;
	}
	sweep_approved(&context, held_run(talk), &result);
	if (result.error != STORE_OK || result.hold)
		talk_fail(talk, "approve: %s", plan_hold_text(result.hold));
}

static void cancel_run(struct talk *talk, struct store_txn *txn, void *run)
{
	struct entry as = {
		.time_us = talk->now * 1000000, .kind = ENTRY_RUN, .principal = ADMINISTRATOR};
	if (sweep_cancel(txn, *(uint64_t *)run, &as) != PLAN_MAY_RUN)
		talk_fail(talk, "no run is held");
}

void house_cancel(struct talk *talk, char *words)
{
	(void)words;
	uint64_t held = held_run(talk);
	house_job(talk, cancel_run, &held);
}
