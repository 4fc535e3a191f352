/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * STORE_META of schema 1: words of the log and of numbers that were given, which stay; settings and
 * times of the server, which become rows; what belongs to the machine, which becomes local state;
 * and what is derived.
 */
#include "base/timeword.h"
#include "journal/local.h"
#include "journal/retention.h"
#include "journal/state_server.h"
#include "vault/migrate_row.h"
#include <stdio.h>
#include <string.h>

enum { AGE, SIZE, BIN, PERIOD, NEXT, GRACE, NO_REFRESH, REFRESH, AGING, LAST, REMOVED, TOOK, JUMP };

static const char *const words[MIGRATE_WORDS] = {
	[AGE] = "retention-age",
	[SIZE] = "retention-size",
	[BIN] = "bin-seconds",
	[PERIOD] = "scavenge-period",
	[NEXT] = "scavenge-next",
	[GRACE] = "outage-grace",
	[NO_REFRESH] = "default-no-refresh",
	[REFRESH] = "default-refresh",
	[AGING] = "default-aging",
	[LAST] = "scavenge-last",
	[REMOVED] = "scavenge-removed",
	[TOOK] = "scavenge-duration-us",
	[JUMP] = "clock-jumped",
};

/* The schema's and the settings' version are the new store's; the others are derived from rows. */
static const char *const derived[] = {"schema", "settings", "dynamic:*", "run-held:*",
				      "run-last:*"};
static const char *const kept[] = {"log",       "log-base",       "run",
				   "zone-last", "principal-last", "stakes-filled"};
static const char *const local[] = {"alive-at", "export-*"};

static bool is_word_of(struct bytes key, const char *word)
{
	size_t len = strlen(word);
	if (word[len - 1] != '*')
		return bytes_equal(key, bytes_of(word, len));
	return key.len >= len && memcmp(key.data, word, len - 1) == 0;
}

static bool is_word_among(struct bytes key, const char *const *list, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (is_word_of(key, list[i]))
			return true;
	}
	return false;
}
#define IS_AMONG(key, list) is_word_among(key, list, sizeof(list) / sizeof((list)[0]))

static bool migrate_calendar(struct migrate_row *row)
{
	uint8_t *calendar = row->server->calendar;
	if (row->value.len != sizeof(row->server->calendar))
		return migrate_wrong(row, "it is not a calendar");
	memcpy(calendar, row->value.data, sizeof(row->server->calendar));
	return (calendar[0] < 128 && calendar[1] < 24 && calendar[2] < 60 && calendar[3] <= 1) ||
	       migrate_wrong(row, "it is not a calendar");
}

static bool migrate_word_number(struct migrate_row *row, uint64_t *number)
{
	struct bytes_in in = bytes_in_of(row->value.data, row->value.len);
	*number = bytes_in_u64(&in);
	return (!in.bad && bytes_in_left(&in) == 0) || migrate_wrong(row, "it is not a number");
}

bool migrate_word(struct migrate_row *row)
{
	uint64_t number;
	if (IS_AMONG(row->key, derived))
		return true;
	if (is_word_of(row->key, "scavenge-calendar"))
		return migrate_calendar(row);
	if (IS_AMONG(row->key, kept)) {
		store_put(row->txn, STORE_META, row->key, row->value);
		return !row->txn->error;
	}
	size_t i = 0;
	while (i < MIGRATE_WORDS && !is_word_of(row->key, words[i]))
		i++;
	if (i == MIGRATE_WORDS && !IS_AMONG(row->key, local))
		return migrate_wrong(row, "0.1.0 knows no such setting");
	if (!migrate_word_number(row, &number))
		return false;
	if (i < MIGRATE_WORDS) {
		row->server->words[i].is_set = true;
		row->server->words[i].number = number;
	} else {
		local_set_number(row->txn,
				 arena_text(row->arena, (const char *)row->key.data, row->key.len),
				 number);
	}
	return !row->txn->error;
}

static void put_duration(struct state_row_writer *row, const char *word, uint64_t seconds)
{
	char text[TIMEWORD_TEXT_MAX];
	duration_print(seconds > UINT32_MAX ? UINT32_MAX : (uint32_t)seconds, text);
	state_row_put_text(row, word, text);
}

static void print_days(const uint8_t calendar[4], char *out, size_t cap)
{
	static const char *const days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
	size_t at = 0;
	for (size_t i = 0; i < sizeof(days) / sizeof(days[0]); i++) {
		if (calendar[0] & 1u << i)
			at += (size_t)snprintf(out + at, cap - at, "%s%s", at ? "," : "", days[i]);
	}
	snprintf(out + at, cap - at, " %02u:%02u%s", calendar[1], calendar[2],
		 calendar[3] ? " UTC" : "");
}

static void put_scavenging(struct state_edit *rows, const struct migrate_server *server)
{
	/* These three stood one above what they meant, 0 being what was never set. */
	uint64_t grace = server->words[GRACE].number, no_refresh = server->words[NO_REFRESH].number,
		 refresh = server->words[REFRESH].number, period = server->words[PERIOD].number;
	struct state_row_writer row = {.arena = rows->arena};
	char calendar[64] = "off";
	if (server->calendar[0])
		print_days(server->calendar, calendar, sizeof(calendar));
	if (period)
		put_duration(&row, "period", period);
	else
		state_row_put_text(&row, "period", "off");
	state_row_put_text(&row, "schedule", calendar);
	put_duration(&row, "outage-grace", grace ? grace - 1 : 3600);
	state_row_put_flag(&row, "default-aging", server->words[AGING].number == 1);
	put_duration(&row, "default-no-refresh", no_refresh ? no_refresh - 1 : ZONE_AGING_DEFAULT);
	put_duration(&row, "default-refresh", refresh ? refresh - 1 : ZONE_AGING_DEFAULT);
	server_put(rows, "scavenging", &row);
}

static void put_server_number(struct state_edit *rows, const char *subject, const char *field,
			      uint64_t number)
{
	struct state_row_writer row = {.arena = rows->arena};
	state_row_put_number(&row, field, number);
	server_put(rows, subject, &row);
}

static void put_schedule(struct state_edit *rows, const struct migrate_server *server)
{
	struct state_row_writer row = {.arena = rows->arena};
	state_row_put_number(&row, "next", server->words[NEXT].number);
	state_row_put_number(&row, "last", server->words[LAST].number);
	state_row_put_number(&row, "removed", server->words[REMOVED].number);
	state_row_put_number(&row, "duration-us", server->words[TOOK].number);
	server_put(rows, "schedule", &row);
}

static void put_retention(struct state_edit *rows, const struct migrate_server *server)
{
	uint64_t age = server->words[AGE].number, size = server->words[SIZE].number;
	retention_put(rows, &(struct retention){.age = age ? age : RETENTION_AGE,
						.size = size ? size : RETENTION_SIZE,
						.refusal_age = RETENTION_REFUSAL_AGE,
						.refusal_size = RETENTION_REFUSAL_SIZE,
						.principal_size = RETENTION_PRINCIPAL_SIZE});
}

void migrate_server_settle(struct store_txn *txn, const struct migrate_server *server,
			   struct arena *arena)
{
	struct state_edit rows = state_edit_of(txn, arena);
	struct migrate_row row = {.txn = txn, .arena = arena};
	if (server->words[AGE].is_set || server->words[SIZE].is_set)
		put_retention(&rows, server);
	if (server->words[BIN].number)
		put_server_number(&rows, "bin", "keeps", server->words[BIN].number);
	if (server->words[GRACE].is_set)
		put_scavenging(&rows, server);
	if (server->words[NEXT].is_set || server->words[LAST].is_set)
		put_schedule(&rows, server);
	if (server->words[JUMP].number)
		put_server_number(&rows, "clock", "jumped-at", server->words[JUMP].number);
	migrate_settle(&row, &rows);
}
