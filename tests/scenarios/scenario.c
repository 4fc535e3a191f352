/* SPDX-License-Identifier: BSD-2-Clause */
/* The statements of a scenario. */
#include "config.h"
#include "nameserver/refusal.h"
#include "tests/scenarios/scenario.h"
#include "base/timeword.h"
#include <assert.h>
#include <ctype.h>
#include <stdlib.h>
#include <unistd.h>

#define SOURCE_DEFAULT "192.0.2.1@40000"

void scenario_fail(struct scenario *scenario, const char *format, ...)
{
	va_list arguments;
	fflush(stdout);
	fprintf(stderr, "%s:%u: ", scenario->path, scenario->line);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fprintf(stderr, "\n");
	fflush(stderr);
	if (scenario->failed)
		scenario->failed(scenario);
	/* The leaks of a scenario that fails are nobody's. */
	_exit(1);
}

char *scenario_line(struct scenario *scenario, char *buffer, size_t cap)
{
	if (!fgets(buffer, (int)cap, scenario->file))
		return NULL;
	scenario->line++;
	return word_trim(buffer);
}

/* A comment begins with # at the line's start or behind white space. */
static void comment_cut(char *text)
{
	for (char *at = text; *at; at++)
		if (*at == '#' && (at == text || isspace((unsigned char)at[-1])) && at[1] != 0 &&
		    (at == text || at[-1] != '\\')) {
			*at = 0;
			return;
		}
}

static void time_set(struct scenario *scenario, uint64_t seconds)
{
	scenario->now = seconds;
	if (scenario->core)
		clock_pass_to(&scenario->core->clock, seconds * 1000000);
	/* The daemon does so each second. */
	if (scenario->core) {
		refusals_flush(scenario->core);
		refusals_wait(scenario->core);
	}
}

static void do_at(struct scenario *scenario, char *words)
{
	uint64_t seconds;
	if (!time_parse(word_trim(words), 0, &seconds))
		scenario_fail(scenario, "'%s' is not a time", words);
	time_set(scenario, seconds);
}

static void do_after(struct scenario *scenario, char *words)
{
	uint32_t seconds;
	if (!duration_parse(word_trim(words), &seconds))
		scenario_fail(scenario, "'%s' is not a duration", words);
	time_set(scenario, scenario->now + seconds);
}

static const struct {
	const char *word;
	void (*run)(struct scenario *, char *words);
} deeds[] = {
	{"zone", setup_zone},       {"set", setup_set},
	{"load", setup_load},       {"record", setup_record},
	{"key", setup_key},         {"sweep", setup_sweep},
	{"restart", setup_restart}, {"at", do_at},
	{"after", do_after},        {"reserve", setup_reserve},
	{"group", setup_group},     {"rules", setup_rules},
	{"approve", setup_approve}, {"cancel", setup_cancel},
	{"clock", setup_clock},     {"down", setup_down},
	{"freeze", setup_freeze},   {"thaw", setup_thaw},
	{"file", tenurectl_file},   {"in", tenurectl_in},
	{"env", tenurectl_env},     {"scavenger", setup_scavenger},
	{"crash", setup_crash},     {"capture", ask_capture},
};

static void show_answer_section(struct scenario *scenario, char *words, char *out, size_t cap)
{
	(void)words;
	show_section(scenario, DNS_ANSWER, out, cap);
}

static void show_authority(struct scenario *scenario, char *words, char *out, size_t cap)
{
	(void)words;
	show_section(scenario, DNS_AUTHORITY, out, cap);
}

static void show_additional(struct scenario *scenario, char *words, char *out, size_t cap)
{
	(void)words;
	show_section(scenario, DNS_ADDITIONAL, out, cap);
}

#define SHOW(name)                                                                                 \
	static void look_##name(struct scenario *scenario, char *words, char *out, size_t cap)     \
	{                                                                                          \
		(void)words;                                                                       \
		show_##name(scenario, out, cap);                                                   \
	}
SHOW(flags)
SHOW(opt)
SHOW(tsig)
SHOW(size)
SHOW(hex)

/* Sights: text that is compared with what stands behind the arrow. */
static const struct {
	const char *word;
	void (*look)(struct scenario *, char *words, char *out, size_t cap);
} sights[] = {
	{"answer", show_answer_section},
	{"authority", show_authority},
	{"additional", show_additional},
	{"flags", look_flags},
	{"opt", look_opt},
	{"tsig", look_tsig},
	{"size", look_size},
	{"hex", look_hex},
	{"records", look_records},
	{"run", look_run},
	{"holds", look_holds},
	{"serial", look_serial},
	{"log", look_log},
	{"decision", look_decision},
	{"audit", look_audit},
	{"stat", look_stat},
	{"commits", look_commits},
	{"ctl", look_ctl},
};

static const struct {
	const char *word;
	void (*ask)(struct scenario *, struct manner *, char *words);
} requests[] = {
	{"query", ask_query},
	{"update", ask_update},
	{"again", ask_again},
	{"raw", ask_raw},
};

static void principal_take(struct scenario *scenario, struct manner *manner, const char *text)
{
	if (strcmp(text, "anonymous") == 0)
		return;
	snprintf(manner->principal, sizeof manner->principal, "%s", text);
	if (strncmp(text, "key:", 4) != 0)
		return;
	/* A key that a scenario speaks of is there. */
	char *name = arena_text(&scenario->arena, text + 4, strlen(text + 4));
	struct dns_name key;
	struct keyring_key present;
	if (dns_name_parse_text(&key, name))
		scenario_fail(scenario, "key '%s'?", name);
	dispatcher_begin(&scenario->dispatcher);
	bool is_there = keyring_get(scenario->dispatcher.snapshot.txn, &key, &present);
	dispatcher_end(&scenario->dispatcher);
	if (!is_there)
		setup_key(scenario, name);
}

/* A word of manner with a value behind `=`. False: it is none. */
static bool value_take(struct scenario *scenario, struct manner *manner, const char *word)
{
	const char *value = strchr(word, '=');
	if (!value)
		return false;
	size_t len = (size_t)(value++ - word);
	if (strncmp(word, "edns", len) == 0) {
		manner->has_edns = true;
		manner->edns_size = (uint16_t)strtoul(value, NULL, 10);
	} else if (strncmp(word, "version", len) == 0) {
		manner->edns_version = (uint8_t)strtoul(value, NULL, 10);
	} else if (strncmp(word, "opcode", len) == 0) {
		manner->opcode = (uint8_t)strtoul(value, NULL, 10);
	} else if (strncmp(word, "skew", len) == 0) {
		manner->time_skew = strtol(value, NULL, 10);
	} else if (strncmp(word, "fudge", len) == 0) {
		manner->fudge = (uint16_t)strtoul(value, NULL, 10);
	} else if (strncmp(word, "mac", len) == 0) {
		manner->mac_len = strtoul(value, NULL, 10);
	} else if (strncmp(word, "from", len) == 0) {
		if (addr_parse(value, 40000, &manner->source))
			scenario_fail(scenario, "address '%s'?", value);
	} else {
		return false;
	}
	return true;
}

static bool flag_take(struct manner *manner, const char *word)
{
	static const struct {
		const char *word;
		size_t flag;
	} words[] = {
		{"tcp", offsetof(struct manner, is_tcp)},
		{"do", offsetof(struct manner, wants_dnssec)},
		{"nsid", offsetof(struct manner, wants_nsid)},
		{"rd", offsetof(struct manner, has_rd)},
		{"ad", offsetof(struct manner, has_ad)},
		{"cd", offsetof(struct manner, has_cd)},
		{"other-id", offsetof(struct manner, has_other_original_id)},
		{"same-id", offsetof(struct manner, has_same_id)},
	};
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		if (strcmp(words[i].word, word) != 0)
			continue;
		*(bool *)((char *)manner + words[i].flag) = true;
		return true;
	}
	return false;
}

static bool manner_take(struct scenario *scenario, struct manner *manner, char **words)
{
	char *mark = *words, *copy = arena_text(&scenario->arena, mark, strlen(mark)),
	     *cursor = copy;
	char *word = word_next(&cursor);
	if (strcmp(word, "as") == 0)
		principal_take(scenario, manner, word_next(&cursor));
	else if (strncmp(word, "bad", 3) == 0)
		manner->flaw = word;
	else if (!flag_take(manner, word) && !value_take(scenario, manner, word))
		return false;
	*words = word_trim(mark + (cursor - copy));
	return true;
}

/* True: the statement is a request, and was sent. */
static bool do_request(struct scenario *scenario, char *text, const char *expected)
{
	struct manner manner = {.edns_size = 1232};
	assert(!addr_parse(SOURCE_DEFAULT, 0, &manner.source));
	text = word_trim(text);
	while (manner_take(scenario, &manner, &text))
		;
	char *word = word_next(&text);
	if (strcmp(word, "play") == 0) {
		play_sequence(scenario, &manner, word_trim(text), expected);
		return true;
	}
	for (size_t i = 0; i < sizeof requests / sizeof *requests; i++) {
		if (strcmp(requests[i].word, word) != 0)
			continue;
		requests[i].ask(scenario, &manner, word_trim(text));
		if (expected)
			show_expect(scenario, expected);
		return true;
	}
	return false;
}

static bool do_sight(struct scenario *scenario, char *text, const char *expected)
{
	char *word = word_next(&text);
	for (size_t i = 0; i < sizeof sights / sizeof *sights; i++) {
		if (strcmp(sights[i].word, word) != 0)
			continue;
		char *got = arena_alloc(&scenario->arena, 4 * SCENARIO_TEXT_MAX);
		sights[i].look(scenario, word_trim(text), got, 4 * SCENARIO_TEXT_MAX);
		if (!expected)
			printf("%s:%u: %s: %s\n", scenario->path, scenario->line, word, got);
		else if (strcmp(got, expected) != 0)
			scenario_fail(scenario, "%s is '%s' instead of '%s'", word, got, expected);
		return true;
	}
	return false;
}

static void do_statement(struct scenario *scenario, char *text, const char *expected)
{
	char *copy = arena_text(&scenario->arena, text, strlen(text)), *words = copy;
	char *word = word_next(&words);
	if (!scenario->core && strcmp(word, "map") == 0) {
		scenario->map_size = strtoull(word_next(&words), NULL, 10);
		return;
	}
	if (strcmp(word, "offline") == 0) {
		tenurectl_offline(scenario, word_trim(words), expected);
		return;
	}
	if (!scenario->core && strcmp(word, "at") != 0)
		setup_start(scenario);
	if (strcmp(word, "tenurectl") == 0) {
		tenurectl_run(scenario, word_trim(words), expected);
		return;
	}
	for (size_t i = 0; i < sizeof deeds / sizeof *deeds; i++) {
		if (strcmp(deeds[i].word, word) == 0) {
			deeds[i].run(scenario, words);
			return;
		}
	}
	if (do_sight(scenario, arena_text(&scenario->arena, text, strlen(text)), expected) ||
	    do_request(scenario, text, expected))
		return;
	scenario_fail(scenario, "'%s'?", word);
}

/* `repeat N STATEMENT`, with the number for each `$`. */
static void do_repeat(struct scenario *scenario, char *statement, const char *expected)
{
	if (strncmp(statement, "repeat ", 7) != 0) {
		do_statement(scenario, statement, expected);
		return;
	}
	char *words = statement + 7;
	unsigned long times = strtoul(word_next(&words), NULL, 10);
	for (unsigned long i = 0; i < times; i++)
		do_statement(scenario, word_number(scenario, words, '$', i), expected);
}

/* An update's clauses are divided by `;` like statements: it takes the rest of the line, as
 * tenurectl does. */
static bool is_last(const char *text)
{
	if (strncmp(text, "tenurectl ", 10) == 0 || strncmp(text, "offline ", 8) == 0)
		return true;
	const char *update = strstr(text, "update ");
	return update && (update == text || isspace((unsigned char)update[-1]));
}

void scenario_do(struct scenario *scenario, char *line)
{
	comment_cut(line);
	line = word_trim(line);
	char *expected = strstr(line, "->");
	if (expected && strncmp(line, "zone", 4) != 0) {
		/* "1->2" of a log line is no arrow of ours. */
		while (expected && expected > line && !isspace((unsigned char)expected[-1]))
			expected = strstr(expected + 2, "->");
	}
	if (expected) {
		*expected = 0;
		expected = word_trim(expected + 2);
	}
	while (line && *line) {
		char *end = is_last(line) ? NULL : strchr(line, ';');
		if (end)
			*end++ = 0;
		char *statement = word_trim(line);
		bool is_final = !end || !*word_trim(end);
		if (*statement)
			do_repeat(scenario, statement, is_final ? expected : NULL);
		line = end;
	}
}

struct scenario *scenario_open(const char *path, const char *dir)
{
	struct scenario *scenario = calloc(1, sizeof *scenario);
	assert(scenario);
	scenario->path = path;
	scenario->map_size = 16ull << 20;
	scenario->now = 1767603600; /* 2026-01-05 09:00 */
	snprintf(scenario->dir, sizeof scenario->dir, "%s", dir);
	return scenario;
}

void scenario_close(struct scenario *scenario)
{
	if (scenario->core)
		setup_stop(scenario);
	arena_free(&scenario->arena);
	free(scenario);
}
