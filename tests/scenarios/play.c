/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/scenarios/scenario.h"
#include <ctype.h>
#include <errno.h>

/* `play CLIENT DEED HOST N [DHCID]`: sends what a client sends, as the file `sequences` beside the
 * scenario has it. A line there that begins in the first column is CLIENT DEED; the lines below it,
 * which are indented, are the messages in their order: clauses of an update. Before them may stand
 * `on CODE:` or `unless CODE:` (sent only if the last message was, or was not, answered so) and
 * `unsigned`. */

#define PLAY_LINE_MAX 4096

/* What stands for a host in a message: `$h`, `$4`, `$6`, `$r`, `$d`. */
struct host {
	char name[64], a[32], aaaa[64], reverse[64], dhcid[128];
};

static FILE *sequences_open(struct scenario *scenario)
{
	char path[4096];
	const char *slash = strrchr(scenario->path, '/');
	int folder = slash ? (int)(slash - scenario->path + 1) : 0;
	snprintf(path, sizeof path, "%.*ssequences", folder, scenario->path);
	FILE *file = fopen(path, "r");
	if (!file)
		scenario_fail(scenario, "%s: %s", path, strerror(errno));
	return file;
}

/* The file stands behind the line CLIENT DEED then. */
static void sequence_find(struct scenario *scenario, FILE *file, const char *client,
			  const char *deed)
{
	char line[PLAY_LINE_MAX], wanted[256];
	snprintf(wanted, sizeof wanted, "%s %s", client, deed);
	while (fgets(line, sizeof line, file))
		if (strcmp(word_trim(line), wanted) == 0)
			return;
	scenario_fail(scenario, "no sequence '%s'", wanted);
}

static const char *host_value(const struct host *host, char mark)
{
	switch (mark) {
	case 'h':
		return host->name;
	case '4':
		return host->a;
	case '6':
		return host->aaaa;
	case 'r':
		return host->reverse;
	case 'd':
		return host->dhcid;
	default:
		return NULL;
	}
}

static char *host_fill(struct scenario *scenario, const struct host *host, const char *text)
{
	char *out = arena_alloc(&scenario->arena, PLAY_LINE_MAX);
	size_t len = 0;
	for (; *text && len + 1 < PLAY_LINE_MAX; text++) {
		const char *value = *text == '$' ? host_value(host, text[1]) : NULL;
		if (!value) {
			out[len++] = *text;
			continue;
		}
		len += (size_t)snprintf(out + len, PLAY_LINE_MAX - len, "%s", value);
		text++;
		if (len >= PLAY_LINE_MAX)
			scenario_fail(scenario, "a message of a sequence is too long");
	}
	out[len] = 0;
	return out;
}

/* `on CODE:` or `unless CODE:` at the beginning of the line is taken. False: it does not hold. */
static bool condition_holds(char **line, const char *last)
{
	bool is_unless = strncmp(*line, "unless ", 7) == 0;
	if (!is_unless && strncmp(*line, "on ", 3) != 0)
		return true;
	char *code = *line + (is_unless ? 7 : 3), *end = code + strcspn(code, ":");
	if (!*end)
		return false;
	*end = 0;
	*line = word_trim(end + 1);
	return (strcmp(word_trim(code), last) == 0) != is_unless;
}

/* Sends the messages; `codes` is what was answered, a word for each. */
static void sequence_play(struct scenario *scenario, FILE *file, const struct manner *manner,
			  const struct host *host, char codes[static PLAY_LINE_MAX])
{
	char text[PLAY_LINE_MAX];
	const char *last = "";
	*codes = 0;
	while (fgets(text, sizeof text, file) && isspace((unsigned char)*text)) {
		char *line = word_trim(text);
		if (!*line)
			break;
		if (!condition_holds(&line, last))
			continue;
		struct manner mine = *manner;
		if (strncmp(line, "unsigned ", 9) == 0) {
			*mine.principal = 0;
			line = word_trim(line + 9);
		}
		ask_update(scenario, &mine, host_fill(scenario, host, line));
		last = show_code(scenario);
		size_t len = strlen(codes);
		snprintf(codes + len, PLAY_LINE_MAX - len, "%s%s", len ? " " : "", last);
	}
}

void play_sequence(struct scenario *scenario, struct manner *manner, char *words,
		   const char *expected)
{
	char codes[PLAY_LINE_MAX];
	struct host host;
	const char *client = word_next(&words), *deed = word_next(&words);
	snprintf(host.name, sizeof host.name, "%s", word_next(&words));
	unsigned n = (unsigned)strtoul(word_next(&words), NULL, 10);
	const char *dhcid = word_trim(words);
	snprintf(host.a, sizeof host.a, "10.0.0.%u", n);
	snprintf(host.aaaa, sizeof host.aaaa, "fd00::%u", n);
	snprintf(host.reverse, sizeof host.reverse, "%u.0.0.10.in-addr.arpa.", n);
	snprintf(host.dhcid, sizeof host.dhcid, "%s", *dhcid ? dhcid : "AAEBq80=");
	FILE *file = sequences_open(scenario);
	sequence_find(scenario, file, client, deed);
	sequence_play(scenario, file, manner, &host, codes);
	fclose(file);
	if (!expected || strcmp(codes, expected) != 0)
		scenario_fail(scenario, "%s %s is answered %s instead of %s", client, deed, codes,
			      expected ? expected : "what the scenario does not say");
}
