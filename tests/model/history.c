/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "tests/model/history_parts.h"
#include "base/log.h"
#include <ftw.h>
#include <stdlib.h>
#include <unistd.h>

#define STEPS_MAX 60

struct history_counts history_counts;
static struct history *present; /* the one that runs, for scenario_fail */

unsigned history_pick(struct history *history, unsigned below)
{
	return history->at < history->end ? *history->at++ % below : 0;
}

/* What the zone was like, as comments of the script. */
static void history_show(const struct history *history)
{
	static const char *const modes[] = {"none", "nonsecure", "secure"};
	const struct zone_model *zone = &history->model;
	fprintf(stderr, "# %s, %s%s%s%s%s\n", modes[zone->mode],
		zone->is_windows ? "windows" : "closed", zone->is_frozen ? ", frozen" : "",
		zone->skips_foreign ? ", skips foreign deletes" : "", zone->has_group ? ", @g" : "",
		zone->is_strange ? ", unknown" : "");
	for (unsigned i = 0; i < zone->rules_count; i++) {
		char rule[256];
		model_rule_print(&zone->rules[i], rule, sizeof rule);
		fprintf(stderr, "# %s\n", rule);
	}
	for (size_t i = 0; i < zone->count; i++) {
		char record[MODEL_RECORD_TEXT_MAX];
		model_record_print(&zone->records[i], record);
		fprintf(stderr, "# %s\n", record);
	}
}

void history_fail(struct history *history, const char *format, ...)
{
	va_list arguments;
	fflush(history->script);
	fprintf(stderr, "%s", history->text);
	history_show(history);
	fprintf(stderr, "# here it is wrong: ");
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fprintf(stderr, "\n");
	fflush(stderr);
	abort();
}

static void history_failed(struct scenario *scenario)
{
	(void)scenario;
	history_fail(present, "what the scenario says");
}

/* A request is about to be signed. */
static void history_asks(struct scenario *scenario)
{
	(void)scenario;
	if (present->is_update)
		history_try(present, model_whos[present->sends], &present->trial);
}

void history_say(struct history *history, const char *format, ...)
{
	char line[4096];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(line, sizeof line, format, arguments);
	va_end(arguments);
	fprintf(history->script, "%s\n", line);
	scenario_do(history->scenario, line);
}

/* Statements of several lines read from the scenario's file. */
void history_say_lines(struct history *history, const char *statement, const char *lines)
{
	char text[8192];
	snprintf(text, sizeof text, "%send\n", lines);
	history->scenario->file = fmemopen(text, strlen(text), "r");
	history_say(history, "%s", statement);
	fclose(history->scenario->file);
	history->scenario->file = NULL;
	fprintf(history->script, "%s", text);
}

/* Records that nobody changes: of a small zone a difference would be longer than the zone. */
static void history_load(struct history *history)
{
	char lines[4096] = "";
	for (unsigned i = 0; i < 8; i++) {
		size_t len = strlen(lines);
		snprintf(lines + len, sizeof lines - len, "b%u 300 TXT %0240u\n", i, i);
	}
	history_say_lines(history, "load", lines);
}

static void history_begin(struct history *history)
{
	history_say(history, "zone corp.example secure logged");
	for (unsigned i = 0; i < MODEL_ANONYMOUS; i++)
		history_say(history, "key %s logged", model_whos[i] + strlen("key:"));
	history_say(history, "tenurectl zone set corp.example transfer=192.0.2.0/24 -> ...");
	history_load(history);
	history->has_zone = true;
	history_look(history, &history->model);
	history_transfer(history);
}

static void history_step(struct history *history)
{
	unsigned kind = history_pick(history, 32);
	if (kind < 18)
		history_update(history);
	else if (kind < 20)
		history_again(history);
	else if (kind < 22)
		history_question(history);
	else if (kind < 24)
		history_transfer(history);
	else if (kind < 30)
		history_admin(history);
	else
		history_clock(history);
}

static int history_remove(const char *path, const struct stat *stat, int flag, struct FTW *ftw)
{
	(void)stat;
	(void)flag;
	(void)ftw;
	return remove(path);
}

void history_run(const uint8_t *bytes, size_t len)
{
	char dir[] = "/dev/shm/history.XXXXXX";
	struct history *history = calloc(1, sizeof *history);
	if (!history || !mkdtemp(dir))
		abort();
	log_open(LOG_TO_STDERR, getenv("SCENARIO_LOG") ? LOG_LEVEL_DEBUG : LOG_LEVEL_ERROR);
	history->at = bytes;
	history->end = bytes + len;
	history->makes_strange = len % 2;
	history->script = open_memstream(&history->text, &history->text_len);
	history->scenario = scenario_open("history", dir);
	history->scenario->failed = history_failed;
	history->scenario->asks = history_asks;
	present = history;
	history_begin(history);
	for (unsigned i = 0; i < STEPS_MAX && history->at < history->end; i++)
		history_step(history);
	history_transfer(history);
	setup_stop(history->scenario);
	history_verify(history);
	scenario_close(history->scenario);
	nftw(dir, history_remove, 16, FTW_DEPTH | FTW_PHYS);
	fclose(history->script);
	free(history->text);
	free(history->copy);
	free(history);
}
