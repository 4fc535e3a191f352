/* SPDX-License-Identifier: BSD-2-Clause */
/* audit prune, audit set, audit settings: how long the log is kept. */
#include "admin/command_parts.h"
#include "admin/setting_json.h"
#include "base/sizeword.h"
#include "base/timeword.h"
#include "journal/bin.h"
#include "journal/clock_state.h"
#include "journal/retention.h"
#include "vault/log_maintenance.h"
#include <stddef.h>
#include <string.h>

#define SECOND_US 1000000ull
/* Entries that one transaction prunes, and that one look at a plan counts. */
#define SLICE      500
#define PLAN_SLICE 20000

static const char *age_text(struct call *call, uint64_t age)
{
	char text[TIMEWORD_TEXT_MAX];
	if (age == RETENTION_NONE)
		return "none";
	duration_print((uint32_t)age, text);
	return arena_text(&call->arena, text, strlen(text));
}

static const char *size_text(struct call *call, uint64_t size)
{
	char text[SIZEWORD_TEXT_MAX];
	if (size == RETENTION_NONE)
		return "none";
	size_print(size, text);
	return arena_text(&call->arena, text, strlen(text));
}

/* The settings, and where each stands. */
static const struct retention_setting {
	const char *name;
	size_t at;
	bool is_size;
	const char *example;
} retention_names[] = {
	{"retention-age", offsetof(struct retention, age), false, "400d, 90d"},
	{"retention-size", offsetof(struct retention, size), true, "10G, 500M"},
	{"refusal-age", offsetof(struct retention, refusal_age), false, "30d, 7d"},
	{"refusal-size", offsetof(struct retention, refusal_size), true, "256M, 1G"},
	{"principal-size", offsetof(struct retention, principal_size), true, "1G, 200M"},
};

#define RETENTION_SETTINGS (sizeof retention_names / sizeof retention_names[0])

static uint64_t *retention_field(struct retention *retention,
				 const struct retention_setting *setting)
{
	return (uint64_t *)(void *)((char *)retention + setting->at);
}

static const char *retention_text(struct call *call, struct retention *retention,
				  const struct retention_setting *setting)
{
	uint64_t value = *retention_field(retention, setting);
	return setting->is_size ? size_text(call, value) : age_text(call, value);
}

static enum call_code retention_read(struct call *call, struct retention *retention,
				     const struct retention_setting *setting, const char *value)
{
	uint32_t seconds;
	uint64_t bytes;
	if (strcmp(value, "none") == 0)
		*retention_field(retention, setting) = RETENTION_NONE;
	else if (setting->is_size && size_parse(value, &bytes) && bytes >= 1u << 20)
		*retention_field(retention, setting) = bytes;
	else if (!setting->is_size && duration_parse(value, &seconds) && seconds)
		*retention_field(retention, setting) = seconds;
	else
		return call_fail(
			call, CALL_USAGE, "%s: '%s' is not a %s (%s), or none", setting->name,
			value, setting->is_size ? "size from 1M on" : "duration", setting->example);
	return CALL_OK;
}

enum call_code command_retention_take(struct call *call, json_t *settings,
				      struct retention *retention)
{
	const char *name;
	json_t *value;
	json_object_foreach(settings, name, value)
	{
		const struct retention_setting *setting = retention_names;
		const struct retention_setting *end = retention_names + RETENTION_SETTINGS;
		while (setting < end && strcmp(setting->name, name) != 0)
			setting++;
		if (setting == end)
			return call_fail(call, CALL_USAGE,
					 "'%s' is not a setting of the log: retention-age, "
					 "retention-size, refusal-age, refusal-size and "
					 "principal-size are",
					 name);
		enum call_code code =
			retention_read(call, retention, setting, json_string_value(value));
		if (code)
			return code;
	}
	return CALL_OK;
}

static void retention_set_one(struct call *call, struct store_txn *txn, const struct retention *new,
			      const char *name, const char *words)
{
	struct state_edit rows = state_edit_of(txn, &call->arena);
	retention_put(&rows, new);
	command_log(call, txn, NULL,
		    &(struct command_event){ENTRY_SETTING, EVENT_NONE, name,
					    arena_print(&call->arena, "%s: %s", name, words),
					    &rows});
}

/* An entry for each that changes. */
void command_retention_write(struct call *call, struct store_txn *txn,
			     const struct retention *wanted)
{
	struct retention now = retention_get(txn), new = *wanted;
	for (size_t i = 0; i < RETENTION_SETTINGS; i++) {
		const struct retention_setting *setting = &retention_names[i];
		uint64_t value = *retention_field(&new, setting);
		const char *was = retention_text(call, &now, setting);
		if (*retention_field(&now, setting) == value)
			continue;
		*retention_field(&now, setting) = value;
		retention_set_one(call, txn, &now, setting->name,
				  arena_print(&call->arena, "%s -> %s", was,
					      retention_text(call, &now, setting)));
	}
}

static enum call_code retention_set_work(struct call *call, struct store_txn *txn, void *context)
{
	struct retention new = retention_get(txn);
	enum call_code code =
		command_retention_take(call, json_object_get(call->args, "settings"), &new);
	(void)context;
	if (!code)
		command_retention_write(call, txn, &new);
	return code;
}

const char *command_retention_name(size_t index)
{
	return index < RETENTION_SETTINGS ? retention_names[index].name : NULL;
}

const char *command_retention_text(struct call *call, const struct retention *retention,
				   const char *name)
{
	struct retention copy = *retention;
	for (size_t i = 0; i < RETENTION_SETTINGS; i++)
		if (strcmp(retention_names[i].name, name) == 0)
			return retention_text(call, &copy, &retention_names[i]);
	return NULL;
}

static void say_limits(struct call *call)
{
	struct store_usage usage;
	struct retention now = retention_get(call->snapshot.txn);
	store_usage(call->core->store, &usage);
	uint64_t share = retention_share(JOURNAL_CHANGES, usage.size);
	uint64_t least = retention_share(JOURNAL_SIGNED, usage.size);
	uint64_t bin = bin_keeps(call->snapshot.txn);
	if (now.size > share && now.size != RETENTION_NONE)
		command_warn(call, 0,
			     arena_print(&call->arena,
					 "the log is kept below %llu MiB, which is five eighths of "
					 "the store's map-size",
					 (unsigned long long)share >> 20));
	if (now.refusal_size > least && now.refusal_size != RETENTION_NONE)
		command_warn(call, 0,
			     arena_print(&call->arena,
					 "each log of refusals is kept below %llu MiB, which is a "
					 "thirty-second of the store's map-size",
					 (unsigned long long)least >> 20));
	if (now.age < bin)
		command_warn(
			call, 0,
			arena_print(&call->arena,
				    "entries younger than the bin (%s) stay whatever their age",
				    age_text(call, bin)));
}

static void retention_show(struct call *call, json_t *object, const struct retention *now)
{
	setting_json_put(call, object, "retention-age", age_text(call, now->age));
	setting_json_put(call, object, "retention-size", size_text(call, now->size));
	setting_json_put(call, object, "refusal-age", age_text(call, now->refusal_age));
	setting_json_put(call, object, "refusal-size", size_text(call, now->refusal_size));
	setting_json_put(call, object, "principal-size", size_text(call, now->principal_size));
}

static enum call_code retention_set(struct call *call)
{
	enum call_code code = command_write(call, retention_set_work, NULL);
	if (code)
		return code;
	say_limits(call);
	struct retention now = retention_get(call->snapshot.txn);
	retention_show(call, call->result, &now);
	const char *share = now.principal_size == RETENTION_PRINCIPAL_SIZE
				    ? ""
				    : arena_print(&call->arena, "; one client may write %s a day",
						  now.principal_size == RETENTION_NONE
							  ? "any amount"
							  : size_text(call, now.principal_size));
	command_say(call,
		    "the log is kept for %s, up to %s; each log of refusals for %s, up to %s%s",
		    age_text(call, now.age), size_text(call, now.size),
		    age_text(call, now.refusal_age), size_text(call, now.refusal_size), share);
	log_maintenance_wake(call->core->log_maintenance);
	return command_read_ended(call);
}

static void set_seconds(json_t *row, const char *member, uint64_t us)
{
	json_object_set_new(row, member, command_seconds(us / SECOND_US));
}

/* What a log takes, and where it begins and ends: "first_seq", "signed_first_seq", ... */
static void retention_extent(struct call *call, json_t *row, enum journal_log log)
{
	static const char *const fronts[JOURNAL_LOGS] = {
		[JOURNAL_CHANGES] = "",
		[JOURNAL_SIGNED] = "signed_",
		[JOURNAL_UNSIGNED] = "unsigned_",
	};
	struct entry oldest;
	struct store_txn *txn = call->snapshot.txn;
	struct journal_link head = journal_log_head(txn, log), base = journal_log_base(txn, log);
	const char *front = fronts[log];
	const char *bytes = log == JOURNAL_CHANGES ? "log_bytes" : "bytes";
	json_object_set_new(row, arena_print(&call->arena, "%s%s", front, bytes),
			    json_integer((json_int_t)(head.bytes - base.bytes)));
	json_object_set_new(row, arena_print(&call->arena, "%sfirst_seq", front),
			    json_integer((json_int_t)base.seq + 1));
	json_object_set_new(row, arena_print(&call->arena, "%slast_seq", front),
			    json_integer((json_int_t)head.seq));
	if (base.seq < head.seq && journal_log_read(txn, log, base.seq + 1, &oldest, &call->arena))
		set_seconds(row, arena_print(&call->arena, "%sbegins_at", front), oldest.time_us);
}

static enum call_code retention_settings(struct call *call)
{
	struct store_usage usage;
	struct store_txn *txn = call->snapshot.txn;
	struct retention now = retention_get(txn);
	store_usage(call->core->store, &usage);
	json_t *row = json_object();
	retention_show(call, row, &now);
	setting_json_put(call, row, "bin", age_text(call, bin_keeps(txn)));
	json_object_set_new(row, "log_bytes_most",
			    json_integer((json_int_t)retention_share(JOURNAL_CHANGES, usage.size)));
	for (unsigned log = 0; log < JOURNAL_LOGS; log++)
		retention_extent(call, row, (enum journal_log)log);
	command_row(call, row);
	return command_read_ended(call);
}

/* --- prune */

struct prune {
	struct prune_rule rule;
	struct prune_result result;
};

static enum call_code rule_of(struct call *call, struct prune_rule *rule)
{
	const char *keep = command_text(call, "keep"), *before_text = command_text(call, "before");
	uint64_t now = clock_now_us(&call->core->clock), before = 0;
	uint32_t kept = 0;
	struct store_usage usage;
	store_usage(call->core->store, &usage);
	const char *log_word = command_text(call, "log");
	enum journal_log log = JOURNAL_CHANGES;
	if (log_word && !journal_log_parse(log_word, &log))
		return call_fail(call, CALL_USAGE,
				 "log: '%.60s' is none of changes, refusals-signed and "
				 "refusals-unsigned",
				 log_word);
	*rule = retention_rule(call->snapshot.txn, log, now, usage.size);
	struct clock_state clock = clock_state_get(call->snapshot.txn);
	if (clock_state_ahead(&clock, now / SECOND_US))
		command_warn(
			call, 0,
			"the clock may be ahead, so the log and the bin are kept by the time "
			"without that: 'tenurectl scavenge approve clock' says that it is right");
	if (keep && before_text)
		return call_fail(call, CALL_USAGE, "--before and --keep exclude each other");
	enum call_code code = command_time_of(call, "before", &before);
	if (!code)
		code = command_duration_of(call, "keep", &kept);
	if (code || (!keep && !before_text))
		return code;
	if (keep)
		before = kept < now / SECOND_US ? now / SECOND_US - kept : 0;
	rule->before_us = before * SECOND_US;
	rule->bytes = UINT64_MAX;
	if (rule->before_us > rule->keep_us)
		command_warn(call, 0,
			     "entries that are younger than the bin stay: what they removed can "
			     "still be undone ('tenurectl bin set DURATION')");
	return CALL_OK;
}

static void result_numbers(struct call *call, const struct prune_result *result)
{
	command_result(call, "entries", json_integer((json_int_t)result->entries));
	command_result(call, "bytes", json_integer((json_int_t)result->bytes));
	command_result(call, "last_seq", json_integer((json_int_t)result->last_seq));
	command_result(call, "last_at", command_seconds(result->last_us / SECOND_US));
}

static enum call_code retention_plan(struct call *call, struct prune *prune)
{
	do {
		journal_prune_plan(call->snapshot.txn, &prune->rule, PLAN_SLICE, &prune->result);
		if (call->wait && !call->wait(call, 0))
			return CALL_FAILED;
	} while (prune->result.has_more);
	return command_read_ended(call);
}

static enum call_code prune_work(struct call *call, struct store_txn *txn, void *context)
{
	struct prune *prune = context;
	struct prune_result slice = {0};
	struct entry as = command_entry(call, ENTRY_PRUNE, txn, NULL);
	journal_prune(txn, &prune->rule, SLICE, &as, &slice);
	*prune = (struct prune){.rule = prune->rule, .result = slice};
	return CALL_OK;
}

/* Slice by slice, each in a transaction of its own, so that updates go on between them. */
static enum call_code carry_out(struct call *call, struct prune *prune)
{
	struct prune_result all = {0};
	enum call_code code;
	do {
		struct prune slice = {.rule = prune->rule, .result = {.entries = all.entries}};
		code = command_write(call, prune_work, &slice);
		if (code)
			break;
		all.entries += slice.result.entries;
		all.bytes += slice.result.bytes;
		if (slice.result.last_seq) {
			all.last_seq = slice.result.last_seq;
			all.last_us = slice.result.last_us;
		}
		all.has_more = slice.result.has_more;
		command_progress(call, all.entries, 0, "entries");
	} while (all.has_more && (!call->wait || call->wait(call, 0)));
	prune->result = all;
	return code;
}

static enum call_code retention_prune(struct call *call)
{
	struct prune prune = {0};
	bool is_plan = !command_flag(call, "yes");
	if (call->core->schedule) {
		/* Somebody may have set the clock, and comes at once. */
		snapshot_rest(&call->snapshot);
		schedule_look(call->core->schedule);
		snapshot_renew(&call->snapshot);
	}
	enum call_code code = rule_of(call, &prune.rule);
	if (!code)
		code = is_plan ? retention_plan(call, &prune) : carry_out(call, &prune);
	if (code)
		return code;
	result_numbers(call, &prune.result);
	if (!prune.result.entries) {
		command_say(call, "no entry is old enough to be pruned");
		return CALL_OK;
	}
	char time[TIMEWORD_TEXT_MAX], seq[JOURNAL_LOG_SEQ_TEXT_MAX];
	time_print(prune.result.last_us / SECOND_US, time);
	command_say(call, "%s %s, to %s of %s, %llu KiB%s",
		    command_count(call, prune.result.entries, "entry"),
		    is_plan                     ? "would go"
		    : prune.result.entries == 1 ? "is gone"
						: "are gone",
		    journal_log_print_seq(prune.rule.log, prune.result.last_seq, seq), time,
		    (unsigned long long)prune.result.bytes >> 10,
		    is_plan ? ": --yes prunes them; 'audit export --until' saves them before" : "");
	return CALL_OK;
}

const struct command command_retention_table[] = {
	{"audit prune", retention_prune, "before=s? keep=s? log=s? yes=b?"},
	{"audit set", retention_set, "settings=o"},
	{"audit settings", retention_settings, "words=b?"},
	{0},
};
