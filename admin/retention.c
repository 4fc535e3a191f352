/* SPDX-License-Identifier: BSD-2-Clause */
/* audit prune, audit set, audit settings: how long the log is kept. */
#include "admin/command.h"
#include "base/sizeword.h"
#include "base/timeword.h"
#include "journal/bin.h"
#include "journal/clock_state.h"
#include "journal/retention.h"
#include "vault/log_maintenance.h"
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

static enum call_code set_age(struct call *call, struct retention *retention, const char *value)
{
	uint32_t seconds;
	if (strcmp(value, "none") == 0) {
		retention->age = RETENTION_NONE;
		return CALL_OK;
	}
	if (!duration_parse(value, &seconds) || !seconds)
		return call_fail(call, CALL_USAGE,
				 "retention-age: '%s' is not a duration (400d, 90d), or none",
				 value);
	retention->age = seconds;
	return CALL_OK;
}

static enum call_code set_size(struct call *call, struct retention *retention, const char *value)
{
	uint64_t bytes;
	if (strcmp(value, "none") == 0) {
		retention->size = RETENTION_NONE;
		return CALL_OK;
	}
	if (!size_parse(value, &bytes) || bytes < 1u << 20)
		return call_fail(
			call, CALL_USAGE,
			"retention-size: '%s' is not a size from 1M on (10G, 500M), or none",
			value);
	retention->size = bytes;
	return CALL_OK;
}

static enum call_code read_settings(struct call *call, struct retention *retention)
{
	const json_t *settings = json_object_get(call->args, "settings");
	const char *name;
	json_t *value;
	enum call_code code = CALL_OK;
	json_object_foreach((json_t *)(uintptr_t)settings, name, value)
	{
		const char *text = json_string_value(value);
		if (strcmp(name, "retention-age") == 0)
			code = set_age(call, retention, text);
		else if (strcmp(name, "retention-size") == 0)
			code = set_size(call, retention, text);
		else
			code = call_fail(call, CALL_USAGE,
					 "'%s' is not a setting of the log: retention-age and "
					 "retention-size are",
					 name);
		if (code)
			break;
	}
	return code;
}

static void retention_set_one(struct call *call, struct store_txn *txn, const struct retention *new,
			      const char *name, const char *words)
{
	struct state_edit rows = state_edit_of(txn, &call->arena);
	retention_put(&rows, new);
	command_log(call, txn, NULL,
		    &(struct command_event){ENTRY_SETTING, NULL, name,
					    arena_print(&call->arena, "%s: %s", name, words),
					    &rows});
}

static const char *from_to(struct call *call, const char *was, const char *is)
{
	return arena_print(&call->arena, "%s -> %s", was, is);
}

static enum call_code retention_set_work(struct call *call, struct store_txn *txn, void *context)
{
	struct retention old = retention_get(txn), new = old;
	enum call_code code = read_settings(call, &new);
	(void)context;
	if (code || memcmp(&old, &new, sizeof new) == 0)
		return code;
	struct retention first = {.age = new.age, .size = old.size};
	if (new.age != old.age)
		retention_set_one(call, txn, &first, "retention-age",
				  from_to(call, age_text(call, old.age), age_text(call, new.age)));
	if (new.size != old.size)
		retention_set_one(
			call, txn, &new, "retention-size",
			from_to(call, size_text(call, old.size), size_text(call, new.size)));
	return CALL_OK;
}

static void say_limits(struct call *call)
{
	struct store_usage usage;
	struct retention now = retention_get(call->snapshot.txn);
	store_usage(call->core->store, &usage);
	uint64_t share = retention_share(usage.size), bin = bin_keeps(call->snapshot.txn);
	if (now.size > share && now.size != RETENTION_NONE)
		command_warn(call, 0,
			     arena_print(&call->arena,
					 "the log is kept below %llu MiB, which is five eighths of "
					 "the store's map-size",
					 (unsigned long long)share >> 20));
	if (now.age < bin)
		command_warn(
			call, 0,
			arena_print(&call->arena,
				    "entries younger than the bin (%s) stay whatever their age",
				    age_text(call, bin)));
}

static enum call_code retention_set(struct call *call)
{
	enum call_code code = command_write(call, retention_set_work, NULL);
	if (code)
		return code;
	say_limits(call);
	struct retention now = retention_get(call->snapshot.txn);
	command_say(call, "the log is kept for %s, up to %s", age_text(call, now.age),
		    size_text(call, now.size));
	log_maintenance_wake(call->core->log_maintenance);
	return command_read_ended(call);
}

static void set_seconds(json_t *row, const char *member, uint64_t us)
{
	json_object_set_new(row, member, command_seconds(us / SECOND_US));
}

static enum call_code retention_settings(struct call *call)
{
	struct store_usage usage;
	struct entry oldest;
	struct store_txn *txn = call->snapshot.txn;
	struct retention now = retention_get(txn);
	struct journal_link head = journal_head(txn), base = journal_base(txn);
	store_usage(call->core->store, &usage);
	json_t *row = json_object();
	json_object_set_new(row, "retention_age", json_string(age_text(call, now.age)));
	json_object_set_new(row, "retention_size", json_string(size_text(call, now.size)));
	json_object_set_new(row, "bin", json_string(age_text(call, bin_keeps(txn))));
	json_object_set_new(row, "log_bytes", json_integer((json_int_t)(head.bytes - base.bytes)));
	json_object_set_new(row, "log_bytes_most",
			    json_integer((json_int_t)retention_share(usage.size)));
	json_object_set_new(row, "first", json_integer((json_int_t)base.seq + 1));
	json_object_set_new(row, "last", json_integer((json_int_t)head.seq));
	if (base.seq < head.seq && journal_read(txn, base.seq + 1, &oldest, &call->arena))
		set_seconds(row, "begins", oldest.time_us);
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
	*rule = retention_rule(call->snapshot.txn, now, usage.size);
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
	command_result(call, "last_time", command_seconds(result->last_us / SECOND_US));
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
	char time[TIMEWORD_TEXT_MAX];
	time_print(prune.result.last_us / SECOND_US, time);
	command_say(call, "%llu entries %s, to %llu of %s, %llu KiB%s",
		    (unsigned long long)prune.result.entries, is_plan ? "would go" : "are gone",
		    (unsigned long long)prune.result.last_seq, time,
		    (unsigned long long)prune.result.bytes >> 10,
		    is_plan ? ": --yes prunes them; 'audit export --until' saves them before" : "");
	return CALL_OK;
}

const struct command command_retention_table[] = {
	{"audit prune", retention_prune, "before=s? keep=s? yes=b?"},
	{"audit set", retention_set, "settings=o"},
	{"audit settings", retention_settings, ""},
	{0},
};
