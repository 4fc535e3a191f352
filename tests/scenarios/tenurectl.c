/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tenurectl in this process: its own code, over a control socket that the daemon's own code serves.
 * What it prints is compared, with runs of blanks as one.
 */
#include <config.h>
#include "base/file.h"
#include "ctl/ctl.h"
#include "server/control.h"
#include "server/peer.h"
#include "tests/scenarios/scenario.h"
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#define WORDS_MAX   64
#define PRINTED_MAX (4 * SCENARIO_TEXT_MAX)

static void socket_path(const struct scenario *scenario, char path[128])
{
	snprintf(path, 128, "%s/control.sock", scenario->dir);
}

/* `tenurectl stop` is answered; the core of a scenario goes on. */
static void stop_ignored(void *context)
{
	(void)context;
}

static void control_begin(struct scenario *scenario)
{
	char path[128], error[STORE_ERROR_MAX];
	socket_path(scenario, path);
	struct control_options options = {
		.path = path, .listen = "127.0.0.1@53", .stop = stop_ignored};
	scenario->control = control_start(scenario->core, &options, error);
	if (!scenario->control)
		scenario_fail(scenario, "control socket: %s", error);
}

void tenurectl_stop(struct scenario *scenario)
{
	if (scenario->control)
		control_stop(scenario->control);
	scenario->control = NULL;
}

/* --- text */

/* `text` with `to` for each `from`; in the scenario's arena. */
static char *text_replace(struct scenario *scenario, const char *text, const char *from,
			  const char *to)
{
	size_t len = 0, from_len = strlen(from);
	char *out = arena_alloc(&scenario->arena, strlen(text) * (strlen(to) + 1) + 1);
	for (; *text; text++) {
		if (strncmp(text, from, from_len) != 0) {
			out[len++] = *text;
			continue;
		}
		memcpy(out + len, to, strlen(to));
		len += strlen(to);
		text += from_len - 1;
	}
	out[len] = 0;
	return out;
}

/* Runs of blanks to one, none at the ends of lines; no empty line at the end. */
static void text_squeeze(char *text)
{
	char *out = text;
	for (char *at = text; *at; at++) {
		bool is_blank = *at == ' ' || *at == '\t';
		bool is_first = out == text || out[-1] == '\n';
		if (is_blank && (is_first || out[-1] == ' '))
			continue;
		if (*at == '\n' && !is_first && out[-1] == ' ')
			out--;
		*out++ = is_blank ? ' ' : *at;
	}
	while (out > text && (out[-1] == '\n' || out[-1] == ' '))
		out--;
	*out = 0;
}

/* Whoever runs the tests commands as root does, and works in DIR. */
static char *text_neutral(struct scenario *scenario, const char *printed)
{
	int pair[2];
	struct peer peer;
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0 || !peer_of(pair[0], &peer))
		scenario_fail(scenario, "who runs this is not known");
	close(pair[0]);
	close(pair[1]);
	char *text = text_replace(scenario, printed, scenario->dir, "DIR");
	text = text_replace(scenario, text, peer.who.text, "local:root");
	text_squeeze(text);
	return text;
}

/* Whether the line is `expected`, in which `...` stands for anything. */
static bool line_matches(const char *line, const char *expected)
{
	for (; *expected; line++, expected++) {
		if (strncmp(expected, "...", 3) == 0) {
			for (; *line; line++)
				if (line_matches(line, expected + 3))
					return true;
			return !expected[3];
		}
		if (*line != *expected)
			return false;
	}
	return !*line;
}

/* Line by line; `...` does not reach beyond its line. */
static bool text_matches(struct scenario *scenario, const char *text, const char *expected)
{
	char *lines = arena_text(&scenario->arena, text, strlen(text));
	char *wanted = arena_text(&scenario->arena, expected, strlen(expected));
	while (lines && wanted) {
		char *line = strsep(&lines, "\n");
		if (!line_matches(line, strsep(&wanted, "\n")))
			return false;
	}
	return !lines && !wanted;
}

/* --- running */

/* Words as a shell divides them, with '...' and "..." around what belongs together. */
static int words_split(char *text, char *words[WORDS_MAX])
{
	int count = 0;
	while (*(text += strspn(text, " \t")) && count < WORDS_MAX - 1) {
		char *out = text, quote = 0;
		words[count++] = out;
		for (; *text && (quote || (*text != ' ' && *text != '\t')); text++) {
			if (quote ? *text == quote : *text == '\'' || *text == '"')
				quote = quote ? 0 : *text;
			else
				*out++ = *text;
		}
		if (*text)
			text++;
		*out = 0;
	}
	words[count] = NULL;
	return count;
}

static int file_instead(int number)
{
	int kept = dup(number), file = memfd_create("printed", 0);
	dup2(file, number);
	close(file);
	return kept;
}

static void file_back(int number, int kept, char *out, size_t cap)
{
	size_t len = strlen(out);
	ssize_t n = pread(number, out + len, cap - len - 1, 0);
	out[len + (n > 0 ? (size_t)n : 0)] = 0;
	dup2(kept, number);
	close(kept);
}

/* What it prints: standard output, then standard error; before them its exit code, if not 0. */
static char *printed_by(struct scenario *scenario, char *text)
{
	char *words[WORDS_MAX], *out = arena_zero(&scenario->arena, PRINTED_MAX), path[128];
	int count = words_split(text_replace(scenario, text, "DIR", scenario->dir), words);
	socket_path(scenario, path);
	setenv("TENURE_SOCKET", path, true);
	fflush(stdout);
	int output = file_instead(STDOUT_FILENO), error = file_instead(STDERR_FILENO);
	int code = ctl_main(count, words);
	fflush(stdout);
	if (code)
		snprintf(out, PRINTED_MAX, "(%d) ", code);
	file_back(STDOUT_FILENO, output, out, PRINTED_MAX);
	file_back(STDERR_FILENO, error, out, PRINTED_MAX);
	return text_neutral(scenario, out);
}

/* The lines behind the statement that begin with `|`; NULL: there are none. */
static char *lines_expected(struct scenario *scenario)
{
	char line[SCENARIO_TEXT_MAX], *out = arena_zero(&scenario->arena, PRINTED_MAX), *text;
	bool is_there = false;
	long here = ftell(scenario->file);
	while ((text = scenario_line(scenario, line, sizeof line)) && *text == '|') {
		size_t len = strlen(out);
		snprintf(out + len, PRINTED_MAX - len, "%s%s", is_there ? "\n" : "",
			 word_trim(text + 1));
		is_there = true;
		here = ftell(scenario->file);
	}
	fseek(scenario->file, here, SEEK_SET);
	if (text)
		scenario->line--;
	if (!is_there)
		return NULL;
	text_squeeze(out);
	return out;
}

void tenurectl_run(struct scenario *scenario, char *words, const char *expected)
{
	if (!scenario->control)
		control_begin(scenario);
	setup_look(scenario);
	unsigned line = scenario->line;
	char *printed = printed_by(scenario, words);
	if (!expected)
		expected = lines_expected(scenario);
	if (getenv("TALK_SHOW")) {
		printf("%s:%u: tenurectl %s\n%s\n", scenario->path, line, words, printed);
		return;
	}
	if (expected ? text_matches(scenario, printed, expected) : *printed != '(')
		return;
	scenario->line = line;
	scenario_fail(scenario, "tenurectl %s prints\n%s\ninstead of\n%s", words, printed,
		      expected ? expected : "something with exit code 0");
}

/* file NAME ... end: a file in DIR. */
void tenurectl_file(struct scenario *scenario, char *words)
{
	char path[256], *line = arena_alloc(&scenario->arena, SCENARIO_TEXT_MAX), *text;
	snprintf(path, sizeof path, "%s/%s", scenario->dir, word_trim(words));
	FILE *file = fopen(path, "w");
	if (!file)
		scenario_fail(scenario, "%s cannot be written", path);
	while ((text = scenario_line(scenario, line, SCENARIO_TEXT_MAX)) &&
	       strcmp(text, "end") != 0)
		fprintf(file, "%s\n", text);
	fclose(file);
}

/* in ZONE: one that tenurectl made is the zone of what follows. */
void tenurectl_in(struct scenario *scenario, char *words)
{
	struct dns_name apex;
	if (scenario->zones_count == SCENARIO_ZONES_MAX ||
	    dns_name_parse_text(&apex, word_trim(words)))
		scenario_fail(scenario, "zone '%s'?", words);
	scenario->zones[scenario->zones_count++] = apex;
}
