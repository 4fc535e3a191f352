/* SPDX-License-Identifier: BSD-2-Clause */
/* zone policy: the rules of a zone, from and to files and the editor. */
#include <config.h>
#include "base/counted.h"
#include "base/file.h"
#include "ctl/ask.h"
#include "ctl/editor.h"
#include "ctl/ctl.h"
#include "ctl/screen.h"
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const char policy_add_example[] =
	"zone policy add corp.example 'allow key:acme claim at _acme-challenge.www types TXT'";

#define FILE_MAX (128 * 1024) /* twice what the server takes: it says what is too much */

/* The whole file as a text of JSON; NULL: it was said why not. */
static json_t *policy_read_file(const struct ctl *ctl, const char *path)
{
	static char text[FILE_MAX];
	bool is_stdin = strcmp(path, "-") == 0;
	FILE *file = is_stdin ? stdin : fopen(path, "r");
	if (!file) {
		ctl_fail(ctl, CLIENT_FAILED, "%s: %s", path, strerror(errno));
		return NULL;
	}
	size_t len = fread(text, 1, sizeof(text), file);
	bool is_read = !ferror(file);
	int error = errno;
	if (!is_stdin)
		fclose(file);
	if (!is_read) {
		ctl_fail(ctl, CLIENT_FAILED, "%s: %s", path, strerror(error));
		return NULL;
	}
	json_t *value = len < sizeof(text) ? json_stringn(text, len) : NULL;
	if (!value || strlen(json_string_value(value)) != len) {
		json_decref(value);
		ctl_fail(ctl, CLIENT_FAILED, "%s: these are no rules", path);
		return NULL;
	}
	return value;
}

struct showing {
	const struct ctl *ctl;
	const char *path; /* where the rules stand; NULL: in the server */
};

static void policy_print_warning(const char *path, json_int_t line, const char *text)
{
	char *place;
	if (asprintf(&place, "%s%sline %lld: ", path ? path : "", path ? ": " : "",
		     (long long)line) < 0)
		abort();
	ctl_print_warning(stderr, place, text);
	free(place);
}

static void policy_show_row(void *context, json_t *row)
{
	const struct showing *showing = context;
	const char *change = json_string_value(json_object_get(row, "change"));
	const char *text = json_string_value(json_object_get(row, "text"));
	json_int_t line = json_integer_value(json_object_get(row, "line"));
	if (ctl_warning(row))
		return;
	if (showing->ctl->is_json)
		ctl_json(row);
	else if (change && text)
		screen_print(stdout, "%s %s\n", strcmp(change, "added") == 0 ? "+" : "-", text);
	else if (text)
		policy_print_warning(showing->path, line, text);
}

/* Sends the command. `*result` is the caller's. */
static int ctl_policy_ask(struct ctl *ctl, const char *command, const char *path, json_t **result)
{
	struct showing showing = {ctl, path};
	struct client_handlers handlers = {.row = policy_show_row, .context = &showing};
	struct client_command request = {ctl->socket, command, ctl->args, &handlers};
	return client_run(&request, result);
}

/* An error gets the file's name before it. Ends `result`. */
static int policy_tell(const struct ctl *ctl, int code, json_t *result, const char *path)
{
	const char *problem = json_string_value(json_object_get(result, "error"));
	if (path && problem && json_object_get(result, "column"))
		json_object_set_new(result, "error", json_sprintf("%s:%s", path, problem));
	return ctl_result(ctl, code, result, false);
}

static int policy_run(struct ctl *ctl, const char *command, const char *path)
{
	json_t *result;
	int code = ctl_policy_ask(ctl, command, path, &result);
	return policy_tell(ctl, code, result, path);
}

/* What is stored; `*result` is the caller's when the code is CLIENT_OK. */
static int policy_fetch(struct ctl *ctl, json_t **result)
{
	struct client_handlers handlers = {0};
	struct client_command request = {ctl->socket, "zone policy show", ctl->args, &handlers};
	int code = client_run(&request, result);
	return code == CLIENT_OK ? code : ctl_result(ctl, code, *result, false);
}

static const char *policy_member(const json_t *result, const char *name)
{
	const char *text = json_string_value(json_object_get(result, name));
	return text ? text : "";
}

static bool ends_line(const char *text)
{
	size_t len = strlen(text);
	return len == 0 || text[len - 1] == '\n';
}

static int ctl_policy_show(struct ctl *ctl)
{
	json_t *result;
	int code = policy_fetch(ctl, &result);
	if (code != CLIENT_OK)
		return code;
	if (ctl->is_json)
		return ctl_result(ctl, code, result, false);
	screen_copy(stdout, policy_member(result, "text"));
	if (!ends_line(policy_member(result, "text")))
		putchar('\n');
	printf("# then what policy=%s allows%s\n", policy_member(result, "preset"),
	       json_array_size(json_object_get(result, "preset_rules")) ? ":" : ": nothing");
	const json_t *rules = json_object_get(result, "preset_rules");
	for (size_t i = 0; i < json_array_size(rules); i++)
		screen_print(stdout, "# %s\n", json_string_value(json_array_get(rules, i)));
	json_decref(result);
	return fflush(stdout) == 0
		       ? CLIENT_OK
		       : ctl_fail(ctl, CLIENT_FAILED, "standard output: %s", strerror(errno));
}

static int edit_file(struct ctl *ctl, const char *path, const char *was)
{
	if (!editor_run(path))
		return ctl_fail(ctl, CLIENT_FAILED, "the editor failed: nothing was changed");
	json_t *text = policy_read_file(ctl, path);
	if (!text)
		return CLIENT_FAILED;
	bool is_changed = strcmp(json_string_value(text), was) != 0;
	json_object_set_new(ctl->args, "text", text);
	if (!is_changed)
		return ctl_result(ctl, CLIENT_OK, json_pack("{s:s}", "said", "nothing changed"),
				  false);
	return policy_run(ctl, "zone policy set", path);
}

static int policy_edit(struct ctl *ctl)
{
	char path[PATH_MAX];
	json_t *result;
	int code = policy_fetch(ctl, &result);
	if (code != CLIENT_OK)
		return code;
	const char *was = policy_member(result, "text");
	if (!editor_begin(path, "tenure-policy", was, strlen(was))) {
		json_decref(result);
		return ctl_fail(ctl, CLIENT_FAILED, "%s: %s", path, strerror(errno));
	}
	code = edit_file(ctl, path, was);
	json_decref(result);
	if (code == CLIENT_OK)
		unlink(path);
	else
		fprintf(stderr, "tenurectl: what was edited is kept in %s\n", path);
	return code;
}

/* The rules that are stored now; -1: that was said. */
static json_int_t policy_count_stored(struct ctl *ctl, int *code)
{
	json_t *result, *text = json_incref(json_object_get(ctl->args, "text"));
	json_object_del(ctl->args, "text");
	*code = policy_fetch(ctl, &result);
	json_object_set_new(ctl->args, "text", text);
	if (*code != CLIENT_OK)
		return -1;
	json_int_t count = json_integer_value(json_object_get(result, "rules"));
	json_decref(result);
	return count;
}

/* Whether a text holds more than comments and blanks. */
static bool policy_has_rules(const char *text)
{
	while (*text) {
		const char *at = text + strspn(text, " \t\r");
		if (*at && *at != '#' && *at != '\n')
			return true;
		text = at + strcspn(at, "\n");
		text += *text == '\n';
	}
	return false;
}

/* An empty file, as of a shell's `> FILE` that failed, would open or close the zone to everybody.
 */
static int ctl_policy_set(struct ctl *ctl)
{
	const char *path = ctl->words.count > 2 ? ctl->words.word[2] : "-";
	char number[COUNTED_TEXT_MAX];
	int code = CLIENT_OK;
	if (ctl->words.count < 3 && isatty(STDIN_FILENO))
		return ctl_fail(ctl, CLIENT_USAGE,
				"a FILE is needed, or the rules on standard input");
	json_t *text = policy_read_file(ctl, path);
	if (!text)
		return CLIENT_FAILED;
	json_object_set_new(ctl->args, "text", text);
	if (words_has(&ctl->words, "--plan")) {
		ctl_arg_flag(ctl, "diff");
		return policy_run(ctl, "zone policy check", path);
	}
	json_int_t count =
		policy_has_rules(json_string_value(text)) ? 0 : policy_count_stored(ctl, &code);
	if (count < 0)
		return code;
	if (count > 0 && !ask_yes(ctl, "%s holds no rules: %s of zone %s would go",
				  strcmp(path, "-") == 0 ? "standard input" : path,
				  counted((uint64_t)count, "rule", number), ctl->words.word[1]))
		return CLIENT_REFUSED;
	return policy_run(ctl, "zone policy set", path);
}

/* Rules are looked at before a server runs, too: then groups and what is stored are not known. */
static int check_file(struct ctl *ctl, const char *path)
{
	json_t *result, *text = policy_read_file(ctl, path);
	if (!text)
		return CLIENT_FAILED;
	json_object_set_new(ctl->args, "text", text);
	int code = ctl_policy_ask(ctl, "zone policy check", path, &result);
	if (code != CLIENT_UNREACHABLE || words_has(&ctl->words, "--diff"))
		return policy_tell(ctl, code, result, path);
	json_decref(result);
	return ctl_check_rules(ctl, ctl->words.word[1], path, json_string_value(text));
}

static int ctl_policy_check(struct ctl *ctl)
{
	if (words_has(&ctl->words, "--diff"))
		ctl_arg_flag(ctl, "diff");
	if (ctl->words.count > 2)
		return check_file(ctl, ctl->words.word[2]);
	if (words_has(&ctl->words, "--diff"))
		return ctl_fail(ctl, CLIENT_USAGE, "--diff compares a FILE with what is stored");
	return policy_run(ctl, "zone policy check", NULL);
}

static int ctl_policy_add(struct ctl *ctl)
{
	if (ctl->words.count < 3)
		return ctl_fail(ctl, CLIENT_USAGE, "a RULE is needed: %s", policy_add_example);
	json_t *rules = json_array();
	for (size_t i = 2; i < ctl->words.count; i++) {
		json_t *rule = json_string(ctl->words.word[i]);
		if (!rule) {
			json_decref(rules);
			return ctl_fail(ctl, CLIENT_USAGE, "a rule is not UTF-8");
		}
		json_array_append_new(rules, rule);
	}
	json_object_set_new(ctl->args, "rules", rules);
	if (words_has(&ctl->words, "--plan"))
		ctl_arg_flag(ctl, "plan");
	return ctl_number_option(ctl, "--line", "lines") ? ctl_run(ctl, "zone policy add", NULL)
							 : CLIENT_USAGE;
}

static int zone_policy(struct ctl *ctl)
{
	static const struct {
		const char *word;
		int (*run)(struct ctl *);
		size_t max;
		bool has_diff;
	} deeds[] = {
		{"show", ctl_policy_show, 2, false},
		{"set", ctl_policy_set, 3, false},
		{"edit", policy_edit, 2, false},
		{"check", ctl_policy_check, 3, true},
		{"add", ctl_policy_add, CTL_ANY_NUMBER, false},
	};
	const char *word = ctl->words.word[0];
	for (size_t i = 0; i < sizeof(deeds) / sizeof(*deeds); i++) {
		if (strcmp(deeds[i].word, word) != 0)
			continue;
		if (ctl->words.count > deeds[i].max)
			return ctl_fail(ctl, CLIENT_USAGE, "too many words");
		if (words_has(&ctl->words, "--diff") && !deeds[i].has_diff)
			return ctl_fail(ctl, CLIENT_USAGE, "--diff is of zone policy check");
		if (words_has(&ctl->words, "--at") && deeds[i].run != ctl_policy_show)
			return ctl_fail(ctl, CLIENT_USAGE, "--at is of zone policy show");
		if (words_has(&ctl->words, "--line") && deeds[i].run != ctl_policy_add)
			return ctl_fail(ctl, CLIENT_USAGE, "--line is of zone policy add");
		return ctl_arg_option(ctl, "--at") && ctl_arg(ctl, "zone", ctl->words.word[1])
			       ? deeds[i].run(ctl)
			       : CLIENT_USAGE;
	}
	return ctl_fail(ctl, CLIENT_USAGE, "'%s' is not one of show, set, add, edit, check", word);
}

static const struct words_option policy_options[] = {
	CTL_OPTIONS,
	{"--at", "TIME", "show: as they were then; a time, 2h for so long ago, or seq:N"},
	{"--diff", NULL, "check: show what FILE would change in what is stored"},
	{"--line", "N", "add: before this line; default: before the first"},
	{"--plan", NULL, "set, add: only shows what would change"},
	{"--yes", NULL, "set: does not ask, though rules go"},
	{0},
};

const struct ctl_command ctl_policy_commands[] = {
	{"zone policy", "show|set|add|edit|check NAME [FILE|RULE...] [--at TIME] [--diff]",
	 "shows, changes or checks the rules of a zone", zone_policy, 2, CTL_ANY_NUMBER,
	 policy_options, "zone policy check corp.example corp.policy --diff"},
	{0},
};
