/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Runs talks: each in a process of its own, with a store in a new folder, several at a time.
 * `talk FILE...` runs those, `talk --all DIRECTORY` all below it. The last line is "N passed, N
 * failed".
 */
#include "config.h"
#include "tests/talks/talk.h"
#include "base/timeword.h"
#include "base/log.h"
#include <ctype.h>
#include <errno.h>
#include <ftw.h>
#include <glob.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define LINE_MAX_BYTES 65536
#define SOURCE_DEFAULT "192.0.2.1@40000"
/* A talk waits for its disk most of the time: several for each processor. */
#define TALKS_OF_A_PROCESSOR 4
#define TALKS_AT_ONCE_MAX    64

void talk_fail(struct talk *talk, const char *format, ...)
{
	va_list arguments;
	fflush(stdout);
	fprintf(stderr, "%s:%u: ", talk->path, talk->line);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fprintf(stderr, "\n");
	fflush(stderr);
	/* The leaks of a talk that fails are nobody's. */
	_exit(1);
}

char *talk_line(struct talk *talk, char *buffer, size_t cap)
{
	if (!fgets(buffer, (int)cap, talk->file))
		return NULL;
	talk->line++;
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

static void time_set(struct talk *talk, uint64_t seconds)
{
	talk->now = seconds;
	if (talk->core)
		clock_pass_to(&talk->core->clock, seconds * 1000000);
}

static void do_at(struct talk *talk, char *words)
{
	uint64_t seconds;
	if (!time_parse(word_trim(words), 0, &seconds))
		talk_fail(talk, "'%s' is not a time", words);
	time_set(talk, seconds);
}

static void do_after(struct talk *talk, char *words)
{
	uint32_t seconds;
	if (!duration_parse(word_trim(words), &seconds))
		talk_fail(talk, "'%s' is not a duration", words);
	time_set(talk, talk->now + seconds);
}

static const struct {
	const char *word;
	void (*run)(struct talk *, char *words);
} deeds[] = {
	{"zone", house_zone},       {"set", house_set},
	{"load", house_load},       {"record", house_record},
	{"key", house_key},         {"sweep", house_sweep},
	{"restart", house_restart}, {"at", do_at},
	{"after", do_after},        {"reserve", house_reserve},
	{"group", house_group},     {"rules", house_rules},
	{"approve", house_approve}, {"cancel", house_cancel},
	{"clock", house_clock},     {"down", house_down},
	{"freeze", house_freeze},   {"thaw", house_thaw},
};

static void show_answer_section(struct talk *talk, char *words, char *out, size_t cap)
{
	(void)words;
	show_section(talk, DNS_ANSWER, out, cap);
}

static void show_authority(struct talk *talk, char *words, char *out, size_t cap)
{
	(void)words;
	show_section(talk, DNS_AUTHORITY, out, cap);
}

static void show_additional(struct talk *talk, char *words, char *out, size_t cap)
{
	(void)words;
	show_section(talk, DNS_ADDITIONAL, out, cap);
}

#define SHOW(name)                                                                                 \
	static void look_##name(struct talk *talk, char *words, char *out, size_t cap)             \
	{                                                                                          \
		(void)words;                                                                       \
		show_##name(talk, out, cap);                                                       \
	}
SHOW(flags)
SHOW(opt)
SHOW(tsig)
SHOW(size)
SHOW(hex)

/* Sights: text that is compared with what stands behind the arrow. */
static const struct {
	const char *word;
	void (*look)(struct talk *, char *words, char *out, size_t cap);
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
	void (*ask)(struct talk *, struct manner *, char *words);
} requests[] = {
	{"query", ask_query},
	{"update", ask_update},
	{"again", ask_again},
	{"raw", ask_raw},
};

static void principal_take(struct talk *talk, struct manner *manner, const char *text)
{
	if (strcmp(text, "anonymous") == 0)
		return;
	snprintf(manner->principal, sizeof manner->principal, "%s", text);
	if (strncmp(text, "key:", 4) != 0)
		return;
	/* A key that a talk speaks of is there. */
	char *name = arena_text(&talk->arena, text + 4, strlen(text + 4));
	struct dns_name key;
	struct keyring_key present;
	if (dns_name_parse_text(&key, name))
		talk_fail(talk, "key '%s'?", name);
	dispatcher_begin(&talk->dispatcher);
	bool is_there = keyring_get(talk->dispatcher.snapshot.txn, &key, &present);
	dispatcher_end(&talk->dispatcher);
	if (!is_there)
		house_key(talk, name);
}

/* A word of manner with a value behind `=`. False: it is none. */
static bool value_take(struct talk *talk, struct manner *manner, const char *word)
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
	} else if (strncmp(word, "mac", len) == 0) {
		manner->mac_len = strtoul(value, NULL, 10);
	} else if (strncmp(word, "from", len) == 0) {
		if (addr_parse(value, 40000, &manner->source))
			talk_fail(talk, "address '%s'?", value);
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
	};
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		if (strcmp(words[i].word, word) != 0)
			continue;
		*(bool *)((char *)manner + words[i].flag) = true;
		return true;
	}
	return false;
}

static bool manner_take(struct talk *talk, struct manner *manner, char **words)
{
	char *mark = *words, *copy = arena_text(&talk->arena, mark, strlen(mark)), *cursor = copy;
	char *word = word_next(&cursor);
	if (strcmp(word, "as") == 0)
		principal_take(talk, manner, word_next(&cursor));
	else if (strncmp(word, "bad", 3) == 0)
		manner->flaw = word;
	else if (!flag_take(manner, word) && !value_take(talk, manner, word))
		return false;
	*words = word_trim(mark + (cursor - copy));
	return true;
}

/* True: the statement is a request, and was sent. */
static bool do_request(struct talk *talk, char *text, const char *expected)
{
	struct manner manner = {.edns_size = 1232};
	addr_parse(SOURCE_DEFAULT, 0, &manner.source);
	text = word_trim(text);
	while (manner_take(talk, &manner, &text))
		;
	char *word = word_next(&text);
	for (size_t i = 0; i < sizeof requests / sizeof *requests; i++) {
		if (strcmp(requests[i].word, word) != 0)
			continue;
		requests[i].ask(talk, &manner, word_trim(text));
		if (expected)
			show_expect(talk, expected);
		return true;
	}
	return false;
}

static bool do_sight(struct talk *talk, char *text, const char *expected)
{
	char *word = word_next(&text);
	for (size_t i = 0; i < sizeof sights / sizeof *sights; i++) {
		if (strcmp(sights[i].word, word) != 0)
			continue;
		char *got = arena_alloc(&talk->arena, 4 * TALK_TEXT_MAX);
		sights[i].look(talk, word_trim(text), got, 4 * TALK_TEXT_MAX);
		if (!expected)
			printf("%s:%u: %s: %s\n", talk->path, talk->line, word, got);
		else if (strcmp(got, expected) != 0)
			talk_fail(talk, "%s is '%s' instead of '%s'", word, got, expected);
		return true;
	}
	return false;
}

static void do_statement(struct talk *talk, char *text, const char *expected)
{
	char *copy = arena_text(&talk->arena, text, strlen(text)), *words = copy;
	char *word = word_next(&words);
	if (!talk->core && strcmp(word, "map") == 0) {
		talk->map_size = strtoull(word_next(&words), NULL, 10);
		return;
	}
	if (!talk->core && strcmp(word, "at") != 0)
		house_start(talk);
	for (size_t i = 0; i < sizeof deeds / sizeof *deeds; i++) {
		if (strcmp(deeds[i].word, word) == 0) {
			deeds[i].run(talk, words);
			return;
		}
	}
	if (do_sight(talk, arena_text(&talk->arena, text, strlen(text)), expected) ||
	    do_request(talk, text, expected))
		return;
	talk_fail(talk, "'%s'?", word);
}

/* `repeat N STATEMENT`, with the number for each `$`. */
static void do_repeat(struct talk *talk, char *statement, const char *expected)
{
	if (strncmp(statement, "repeat ", 7) != 0) {
		do_statement(talk, statement, expected);
		return;
	}
	char *words = statement + 7;
	unsigned long times = strtoul(word_next(&words), NULL, 10);
	for (unsigned long i = 0; i < times; i++)
		do_statement(talk, word_number(talk, words, '$', i), expected);
}

/* An update's clauses are divided by `;` like statements: it takes the rest of the line. */
static bool is_last(const char *text)
{
	const char *update = strstr(text, "update ");
	return update && (update == text || isspace((unsigned char)update[-1]));
}

static void do_line(struct talk *talk, char *line)
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
			do_repeat(talk, statement, is_final ? expected : NULL);
		line = end;
	}
}

static int remove_one(const char *path, const struct stat *stat, int flag, struct FTW *ftw)
{
	(void)stat;
	(void)flag;
	(void)ftw;
	return remove(path);
}

/* In a process of its own. */
static int talk_run(const char *path, const char *dir)
{
	struct talk *talk = calloc(1, sizeof *talk);
	char *buffer = malloc(LINE_MAX_BYTES), *line;
	talk->path = path;
	talk->map_size = 16ull << 20;
	talk->now = 1767603600; /* 2026-01-05 09:00 */
	snprintf(talk->dir, sizeof talk->dir, "%s", dir);
	talk->file = fopen(path, "r");
	if (!talk->file)
		talk_fail(talk, "cannot be read");
	while ((line = talk_line(talk, buffer, LINE_MAX_BYTES)))
		do_line(talk, line);
	fclose(talk->file);
	if (talk->core)
		house_stop(talk);
	arena_free(&talk->arena);
	free(buffer);
	free(talk);
	return 0;
}

/* The talks that are under way; pid 0: a free place. */
struct running {
	struct place {
		pid_t pid;
		const char *path;
		char dir[32];
	} places[TALKS_AT_ONCE_MAX];
	unsigned count, limit;
	unsigned passed, failed;
};

static struct place *place_of(struct running *running, pid_t pid)
{
	for (unsigned i = 0; i < running->limit; i++)
		if (running->places[i].pid == pid)
			return &running->places[i];
	return NULL;
}

static void talk_start(struct running *running, const char *path)
{
	struct place *place = place_of(running, 0);
	place->path = path;
	snprintf(place->dir, sizeof place->dir, "/tmp/talk.XXXXXX");
	fflush(stdout);
	pid_t pid = mkdtemp(place->dir) ? fork() : -1;
	if (pid == 0)
		exit(talk_run(path, place->dir));
	if (pid < 0) {
		fprintf(stderr, "FAILED %s (not started: %s)\n", path, strerror(errno));
		running->failed++;
		rmdir(place->dir);
		return;
	}
	place->pid = pid;
	running->count++;
}

/* Waits for one of them. */
static void talk_finish(struct running *running)
{
	int status = -1;
	pid_t pid = wait(&status);
	struct place *place = place_of(running, pid);
	if (!place)
		return;
	nftw(place->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	if (status != 0) {
		fprintf(stderr, "FAILED %s%s\n", place->path,
			WIFSIGNALED(status) ? " (crashed)" : "");
		running->failed++;
	} else {
		running->passed++;
	}
	place->pid = 0;
	running->count--;
}

int main(int argc, char **argv)
{
	struct running running = {0};
	glob_t found = {0};
	log_open(LOG_TO_STDERR, getenv("TALK_LOG") ? LOG_LEVEL_DEBUG : LOG_LEVEL_ERROR);
	if (argc == 3 && strcmp(argv[1], "--all") == 0) {
		char pattern[4096];
		snprintf(pattern, sizeof pattern, "%s/*/*.talk", argv[2]);
		glob(pattern, 0, NULL, &found);
	}
	size_t count = found.gl_pathc ? found.gl_pathc : (size_t)argc - 1;
	char **paths = found.gl_pathc ? found.gl_pathv : argv + 1;
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	running.limit =
		processors < 1 ? TALKS_OF_A_PROCESSOR : (unsigned)processors * TALKS_OF_A_PROCESSOR;
	if (running.limit > TALKS_AT_ONCE_MAX)
		running.limit = TALKS_AT_ONCE_MAX;
	for (size_t i = 0; i < count; i++) {
		if (running.count == running.limit)
			talk_finish(&running);
		talk_start(&running, paths[i]);
	}
	while (running.count > 0)
		talk_finish(&running);
	globfree(&found);
	printf("%u passed, %u failed\n", running.passed, running.failed);
	return running.failed > 0;
}
