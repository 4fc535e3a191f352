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
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
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
	char doing[CONTROL_DOING_MAX];
	if (scenario->control && !control_stop(scenario->control, 60, doing))
		scenario_fail(scenario, "a command does not end: %s", doing);
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
		bool is_blank = *at == ' ' || *at == '\t' || *at == '\r';
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

/* The lines from both places on; a line that is `...` stands for any number of lines. */
static bool lines_match(char **lines, char **wanted)
{
	for (; *wanted; lines++, wanted++) {
		if (strcmp(*wanted, "...") == 0) {
			for (; *lines; lines++)
				if (lines_match(lines, wanted + 1))
					return true;
			return !wanted[1];
		}
		if (!*lines || !line_matches(*lines, *wanted))
			return false;
	}
	return !*lines;
}

/* The text's lines, ended by NULL; in the scenario's arena. */
static char **text_lines(struct scenario *scenario, const char *text)
{
	char *copy = arena_text(&scenario->arena, text, strlen(text));
	size_t count = 1;
	for (const char *at = copy; *at; at++)
		count += *at == '\n';
	char **lines = arena_alloc(&scenario->arena, (count + 1) * sizeof *lines);
	for (size_t i = 0; i <= count; i++)
		lines[i] = strsep(&copy, "\n");
	return lines;
}

static bool text_matches(struct scenario *scenario, const char *text, const char *expected)
{
	return lines_match(text_lines(scenario, text), text_lines(scenario, expected));
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

/* `< FILE` at the end is standard input; the words become two fewer. Returns the descriptor that
 * was standard input, or -1. */
static int input_instead(struct scenario *scenario, int *count, char **words)
{
	if (*count < 2 || strcmp(words[*count - 2], "<") != 0)
		return -1;
	int file = open(words[*count - 1], O_RDONLY | O_CLOEXEC), kept = dup(STDIN_FILENO);
	if (file < 0)
		scenario_fail(scenario, "%s cannot be read", words[*count - 1]);
	dup2(file, STDIN_FILENO);
	close(file);
	words[ *count -= 2] = NULL;
	return kept;
}

static void input_back(int kept)
{
	if (kept < 0)
		return;
	dup2(kept, STDIN_FILENO);
	close(kept);
}

/* In a process of its own: tenurectl, which may become tenured, or tenured itself if that is the
 * first word. Its exit code. */
static int run_in_child(struct scenario *scenario, int count, char **words)
{
	int status;
	fflush(NULL);
	pid_t child = fork();
	if (child == 0) {
		/* The place in the script is shared, and exit() would set it. */
		close(fileno(scenario->file));
		if (count == 0 || strcmp(words[0], "tenured") != 0)
			exit(ctl_main(count, words));
		execvp(words[0], words);
		_exit(127);
	}
	if (child < 0 || waitpid(child, &status, 0) != child)
		return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* What it prints: standard output, then standard error; before them its exit code, if not 0. */
static char *printed_by(struct scenario *scenario, char *text)
{
	static char out[PRINTED_MAX]; /* scenarios have one thread */
	char *words[WORDS_MAX], path[128];
	*out = 0;
	int count = words_split(text_replace(scenario, text, "DIR", scenario->dir), words);
	socket_path(scenario, path);
	setenv("TENURE_SOCKET", path, true);
	fflush(stdout);
	int input = input_instead(scenario, &count, words);
	int output = file_instead(STDOUT_FILENO), error = file_instead(STDERR_FILENO);
	int code = scenario->core ? ctl_main(count, words) : run_in_child(scenario, count, words);
	fflush(stdout);
	input_back(input);
	if (code)
		snprintf(out, PRINTED_MAX, "(%d) ", code);
	file_back(STDOUT_FILENO, output, out, PRINTED_MAX);
	file_back(STDERR_FILENO, error, out, PRINTED_MAX);
	return text_neutral(scenario, out);
}

/* The lines behind the statement that begin with `|`; NULL: there are none. */
static char *lines_expected(struct scenario *scenario)
{
	static char line[SCENARIO_TEXT_MAX], out[PRINTED_MAX]; /* scenarios have one thread */
	char *text;
	*out = 0;
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
	return arena_text(&scenario->arena, out, strlen(out));
}

/* Runs it, and compares. */
static void tenurectl_expect(struct scenario *scenario, char *words, const char *expected)
{
	unsigned line = scenario->line;
	char *printed = printed_by(scenario, words);
	if (!expected)
		expected = lines_expected(scenario);
	if (getenv("SCENARIO_SHOW")) {
		printf("%s:%u: tenurectl %s\n%s\n", scenario->path, line, words, printed);
		return;
	}
	if (expected ? text_matches(scenario, printed, expected) : *printed != '(')
		return;
	scenario->line = line;
	scenario_fail(scenario, "tenurectl %s prints\n%s\ninstead of\n%s", words, printed,
		      expected ? expected : "something with exit code 0");
}

void tenurectl_run(struct scenario *scenario, char *words, const char *expected)
{
	if (!scenario->control)
		control_begin(scenario);
	setup_look(scenario);
	tenurectl_expect(scenario, words, expected);
}

/* The programs of this build come first: `tenurectl check` becomes its tenured. */
static void build_first(struct scenario *scenario)
{
	char program[256], path[4096];
	ssize_t n = readlink("/proc/self/exe", program, sizeof program - 1);
	program[n > 0 ? n : 0] = 0;
	for (int i = 0; i < 3 && strrchr(program, '/'); i++)
		*strrchr(program, '/') = 0;
	snprintf(path, sizeof path, "%s:%s", program, getenv("PATH"));
	setenv("PATH", path, true);
	if (!*program)
		scenario_fail(scenario, "where this program lies is not known");
}

void tenurectl_offline(struct scenario *scenario, char *words, const char *expected)
{
	if (scenario->core)
		setup_stop(scenario);
	build_first(scenario);
	tenurectl_expect(scenario, words, expected);
}

/* env NAME=VALUE: of the environment of tenurectl; without a value it is taken out. */
void tenurectl_env(struct scenario *scenario, char *words)
{
	char *name = word_trim(words), *value = strchr(name, '=');
	if (!value)
		scenario_fail(scenario, "'%s' is not NAME=VALUE", name);
	*value++ = 0;
	if (*value)
		setenv(name, text_replace(scenario, value, "DIR", scenario->dir), true);
	else
		unsetenv(name);
}

/* file NAME ... end: a file in DIR. */
void tenurectl_file(struct scenario *scenario, char *words)
{
	static char line[SCENARIO_TEXT_MAX]; /* scenarios have one thread */
	char path[256], *text;
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
