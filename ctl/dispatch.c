/* SPDX-License-Identifier: BSD-2-Clause */
/* From the words of a command line to the command, or to help. */
#include <config.h>
#include "base/frame.h"
#include "base/nearest.h"
#include "base/progress.h"
#include "base/role.h"
#include "ctl/columns.h"
#include "ctl/completion.h"
#include "ctl/ctl.h"
#include "ctl/paint.h"
#include "ctl/place.h"
#include "ctl/screen.h"
#include "ctl/setting_help.h"
#include "ctl/topic.h"
#include <stdlib.h>
#include <string.h>

#define BEGINNING_MIN 3 /* letters of a command that are enough for "did you mean" */
#define HELP_WIDTH    76
#define COMMAND_WIDTH 18
#define OPTION_WIDTH  25

/* One a line, so that adding one touches no other. */
/* clang-format off */
static const struct ctl_command *const nouns[] = {
	ctl_zone_commands,   ctl_zone_edit_commands,     ctl_apply_commands, ctl_export_config_commands,
	ctl_draft_commands,
	ctl_policy_commands,   ctl_group_commands,       ctl_record_commands,
	ctl_key_commands,    ctl_audit_commands,    ctl_audit_entry_commands, ctl_retention_commands,
	ctl_verify_commands, ctl_scavenge_commands, ctl_owner_commands,       ctl_why_commands,
	ctl_server_commands, ctl_notify_commands,   ctl_export_commands,      ctl_history_commands,
	ctl_backup_commands, ctl_offline_commands,  ctl_digest_commands,
	ctl_realm_commands,  ctl_health_commands,   ctl_note_commands,
	ctl_trace_commands,   ctl_shadow_commands,  ctl_demo_commands,
	ctl_migrate_commands,
	ctl_zone_windows_commands, ctl_kea_commands,
};
/* clang-format on */

#define NOUNS (sizeof(nouns) / sizeof(nouns[0]))

const struct words_option ctl_global_options[] = {
	CTL_OPTIONS,
	{"--version", NULL, "says which version this is"},
	{0},
};

void ctl_walk(void (*each)(void *context, const struct ctl_command *), void *context)
{
	for (size_t i = 0; i < NOUNS; i++)
		for (const struct ctl_command *command = nouns[i]; command->words; command++)
			each(context, command);
}

/* --- finding */

static const struct ctl_command *dispatch_find(const char *words)
{
	for (size_t i = 0; i < NOUNS; i++)
		for (const struct ctl_command *command = nouns[i]; command->words; command++)
			if (strcmp(command->words, words) == 0)
				return command;
	return NULL;
}

/* Words that a command had before, for one release. */
static const struct {
	const char *old, *now;
} dispatch_renamed[] = {{"group delete", "group del"}};

/* The command; of its old words too, which are warned of. */
static const struct ctl_command *dispatch_find_typed(const char *words)
{
	char text[128];
	for (size_t i = 0; i < sizeof dispatch_renamed / sizeof *dispatch_renamed; i++) {
		if (strcmp(dispatch_renamed[i].old, words) != 0)
			continue;
		snprintf(text, sizeof text, "'%s' is '%s' now, and goes with the next release",
			 words, dispatch_renamed[i].now);
		ctl_print_warning(stderr, "tenurectl: ", text);
		return dispatch_find(dispatch_renamed[i].now);
	}
	return dispatch_find(words);
}

static bool begins_with_noun(const struct ctl_command *command, const char *noun)
{
	size_t len = strlen(noun);
	return strncmp(command->words, noun, len) == 0 &&
	       (command->words[len] == ' ' || !command->words[len]);
}

static bool is_noun(const char *word)
{
	for (size_t i = 0; i < NOUNS; i++)
		for (const struct ctl_command *command = nouns[i]; command->words; command++)
			if (*word && begins_with_noun(command, word))
				return true;
	return false;
}

/* "zone" and "add" to "zone add"; one word stays one. */
static const char *dispatch_join(const char *noun, const char *command, char out[64])
{
	snprintf(out, 64, "%s%s%s", noun, command ? " " : "", command ? command : "");
	return out;
}

/* The noun of a table's command. */
static const char *noun_of(const struct ctl_command *command, char out[64])
{
	snprintf(out, 64, "%.*s", (int)strcspn(command->words, " "), command->words);
	return out;
}

/* Commands that take away what may not come back are never what somebody "meant". */
static bool dispatch_destroys(const char *words)
{
	static const char *const deeds[] = {"zone del",      "zone import",      "zone rename",
					    "record del",    "record set",       "record release",
					    "key del",       "group del",        "group remove",
					    "owner release", "audit prune",      "audit revert",
					    "scavenge run",  "scavenge approve", "store rekey",
					    "stop",          "restore"};
	for (size_t i = 0; i < sizeof deeds / sizeof *deeds; i++)
		if (strcmp(deeds[i], words) == 0)
			return true;
	return false;
}

/* Of a noun that is right the command alone is compared: "rm" is not nearly "add". */
static const char *dispatch_meant(const char *noun, const char *second, bool has_noun,
				  char typed[64])
{
	const char *beginning = NULL;
	struct nearest nearest = nearest_to(has_noun ? second : dispatch_join(noun, second, typed));
	for (size_t i = 0; second && i < NOUNS; i++) {
		for (const struct ctl_command *command = nouns[i]; command->words; command++) {
			bool is_of_noun = begins_with_noun(command, noun);
			if ((has_noun && !is_of_noun) || dispatch_destroys(command->words))
				continue;
			size_t skip = has_noun ? strlen(noun) : 0;
			skip += command->words[skip] == ' ';
			nearest_try(&nearest, command->words + skip);
			if (has_noun && strlen(second) >= BEGINNING_MIN &&
			    strncmp(command->words + skip, second, strlen(second)) == 0)
				beginning = command->words;
		}
	}
	const char *found = nearest_found(&nearest);
	if (!found && beginning)
		return beginning;
	return found && has_noun ? dispatch_join(noun, found, typed) : found;
}

static int dispatch_unknown(const char *noun, const char *second)
{
	char typed[64], meant_words[64], known[NOUNS * 8][64];
	size_t count = 0;
	/* The noun may be right and the command missing or wrong, or both be wrong. */
	bool has_noun = is_noun(noun);
	struct nearest first = nearest_to(noun);
	const char *meant = dispatch_meant(noun, second, has_noun, meant_words);
	for (size_t i = 0; i < NOUNS; i++) {
		for (const struct ctl_command *command = nouns[i]; command->words; command++)
			if (count < NOUNS * 8 && !dispatch_destroys(command->words))
				nearest_try(&first, noun_of(command, known[count++]));
	}
	nearest_try(&first, "help");
	nearest_try(&first, "version");
	if (!meant && !has_noun)
		meant = nearest_found(&first);
	screen_print(stderr, "tenurectl: unknown command '%s'",
		     has_noun && !second ? noun : dispatch_join(noun, second, typed));
	if (meant)
		fprintf(stderr, ": did you mean '%s'?", meant);
	screen_print(stderr, "\n('tenurectl help%s%s' lists what there is)\n", has_noun ? " " : "",
		     has_noun ? noun : "");
	return CLIENT_USAGE;
}

/* Whether other commands have this word in front, as `audit show` beside `audit`. */
static bool dispatch_has_others(const struct ctl_command *command)
{
	for (size_t i = 0; i < NOUNS; i++)
		for (const struct ctl_command *other = nouns[i]; other->words; other++)
			if (other != command && begins_with_noun(other, command->words))
				return true;
	return false;
}

/* --- help */

static void list_commands(FILE *out, const struct ctl_command *table, const char *noun)
{
	for (const struct ctl_command *command = table; command->words; command++)
		if (!noun || begins_with_noun(command, noun))
			screen_pair(out, COMMAND_WIDTH, command->words, command->help);
}

static void dispatch_no_column(void *context, const char *word)
{
	(void)context;
	(void)word;
}

/* Options that each command could have, but that are nothing to this one; NULL: to none. */
static bool is_idle_option(const struct ctl_command *command, bool takes_reason, const char *name)
{
	if (strcmp(name, "--reason") == 0)
		return !takes_reason;
	bool is_of_tables = strcmp(name, "--columns") == 0 || strcmp(name, "--wide") == 0;
	return command && is_of_tables && !columns_walk(command, dispatch_no_column, NULL);
}

/* `takes_reason`: the command changes something. */
static void list_options(FILE *out, const struct ctl_command *command,
			 const struct words_option *options, bool takes_reason)
{
	char left[64];
	for (const struct words_option *o = options; o->name; o++) {
		if (is_idle_option(command, takes_reason, o->name))
			continue;
		snprintf(left, sizeof(left), "%s %s", o->name, o->value ? o->value : "");
		screen_pair(out, OPTION_WIDTH, left, o->help);
	}
}

static int help_all(FILE *out, int code)
{
	fprintf(out, "usage: tenurectl [OPTION...] COMMAND [WORD...]\n\ncommands:\n");
	for (size_t i = 0; i < NOUNS; i++)
		list_commands(out, nouns[i], NULL);
	screen_pair(out, COMMAND_WIDTH, "help", "says this, or with COMMAND more about that");
	screen_pair(out, COMMAND_WIDTH, "version", "says which version this is");
	fprintf(out, "\noptions:\n");
	list_options(out, NULL, ctl_global_options, true);
	topic_list(out);
	fprintf(out,
		"\nThe socket is --socket, or that of --data, or $TENURE_SOCKET, or\n%s, or\n%s.\n"
		"See tenurectl(8).\n",
		client_sockets[0], client_sockets[1]);
	return code;
}

static int help_noun(FILE *out, const char *noun, int code)
{
	fprintf(out, "usage: tenurectl %s COMMAND\n\ncommands:\n", noun);
	for (size_t i = 0; i < NOUNS; i++)
		list_commands(out, nouns[i], noun);
	return code;
}

static void print_usage(FILE *out, const struct ctl_command *command)
{
	fprintf(out, "usage: tenurectl %s [OPTION...]%s%s\n", command->words,
		*command->usage ? " " : "", command->usage);
}

/* Of `audit`, which is a command and a noun: `audit show` and the others. */
static void list_others(const struct ctl_command *command)
{
	const char *head = "\nmore commands:\n";
	for (size_t i = 0; i < NOUNS; i++) {
		for (const struct ctl_command *other = nouns[i]; other->words; other++) {
			if (other == command || !begins_with_noun(other, command->words))
				continue;
			fputs(head, stdout);
			screen_pair(stdout, COMMAND_WIDTH, other->words, other->help);
			head = "";
		}
	}
}

/* The server's command that this one of tenurectl comes to; NULL: that of its own words. */
static const char *dispatch_other(const char *words)
{
	if (strcmp(words, "key export") == 0)
		return "key show";
	bool is_edit = strcmp(words, "zone edit") == 0 || strcmp(words, "record edit") == 0;
	return is_edit ? "zone import" : NULL;
}

/* Whether the role is that of the command, or of one that stands behind its words. */
static bool is_role_of(const struct ctl_command *command, const struct role_command *role)
{
	size_t len = strlen(command->words);
	bool is_same = strcmp(command->words, role->words) == 0;
	/* The same command by another name. */
	const char *other = dispatch_other(command->words);
	if (other)
		return strcmp(role->words, other) == 0;
	return is_same ||
	       (!role_of_command(command->words) &&
		strncmp(command->words, role->words, len) == 0 && role->words[len] == ' ');
}

/* Whether the command, or one of those that stand behind its words (`zone policy set`), changes
 * something. */
static bool dispatch_changes(const struct ctl_command *command)
{
	for (const struct role_command *role = role_commands; role->words; role++)
		if (role->changes && is_role_of(command, role))
			return true;
	return false;
}

/* "role: operate"; of `zone policy` "role: admin (add), read (check)". */
static void print_role(const struct ctl_command *command)
{
	const char *head = "\nrole: ";
	for (const struct role_command *role = role_commands; role->words; role++) {
		if (!is_role_of(command, role))
			continue;
		const char *rest = role_of_command(command->words) ? "" : strrchr(role->words, ' ');
		bool is_part = *rest && !dispatch_other(command->words);
		/* The editor's words go as those of `set`. */
		bool is_edited = strcmp(role->words, "zone policy set") == 0;
		printf("%s%s%s%s%s%s", head, role_name(role->least), is_part ? " (" : "",
		       is_part ? rest + 1 : "", is_part ? ")" : "",
		       is_part && is_edited ? ", admin (edit)" : "");
		head = ", ";
	}
	if (*head == ',')
		putchar('\n');
}

/* In lines of a help's width; `context` is how far the last one has come. */
static void dispatch_print_column(void *context, const char *word)
{
	size_t *at = context, len = strlen(word) + 1;
	if (*at == 0)
		printf("\ncolumns:\n ");
	else if (*at + len > HELP_WIDTH)
		printf("\n ");
	*at = *at == 0 || *at + len > HELP_WIDTH ? len : *at + len;
	printf(" %s", word);
}

/* Of a word that is a command's and a setting's or topic's, too: `notify`, `roles`. */
static int help_of_both(const char *word)
{
	if (topic_is(word)) {
		putchar('\n');
		topic_help(stdout, word);
	}
	return CLIENT_OK;
}

static int help_command(const struct ctl_command *command)
{
	print_usage(stdout, command);
	printf("\n%s: %s\n", command->words, command->help);
	print_role(command);
	printf("\noptions:\n");
	list_options(stdout, command, command->options, dispatch_changes(command));
	if (setting_help(command->words)) {
		printf("\nsettings:\n");
		topic_settings_of(stdout, command->words);
	}
	size_t at = 0;
	if (columns_walk(command, dispatch_print_column, &at))
		putchar('\n');
	printf("\nexample:\n  tenurectl %s\n", command->example);
	list_others(command);
	return CLIENT_OK;
}

static void dispatch_try_topic(void *context, const char *word, const char *help)
{
	(void)help;
	nearest_try(context, word);
}

/* The setting, topic or word of a refusal that was probably meant, unless a command is nearer. */
static const char *dispatch_topic_meant(const char *word)
{
	char known[NOUNS * 8][64];
	size_t count = 0;
	struct nearest nearest = nearest_to(word);
	for (size_t i = 0; i < NOUNS; i++)
		for (const struct ctl_command *c = nouns[i]; c->words && count < NOUNS * 8; c++)
			nearest_try(&nearest, noun_of(c, known[count++]));
	const char *noun = nearest_found(&nearest);
	topic_walk(dispatch_try_topic, &nearest);
	const char *found = nearest_found(&nearest);
	return found == noun ? NULL : found;
}

static int dispatch_help(const char *noun, const char *second)
{
	char words[64];
	if (!noun)
		return help_all(stdout, CLIENT_OK);
	const struct ctl_command *command = dispatch_find(dispatch_join(noun, second, words));
	if (command)
		return help_command(command);
	if (!second && is_noun(noun)) {
		help_noun(stdout, noun, CLIENT_OK);
		return help_of_both(noun);
	}
	if (!second && (strcmp(noun, "help") == 0 || strcmp(noun, "version") == 0))
		return help_all(stdout, CLIENT_OK);
	if (!second && topic_help(stdout, noun))
		return CLIENT_OK;
	const char *meant = second ? NULL : dispatch_topic_meant(noun);
	if (!meant)
		return dispatch_unknown(noun, second);
	screen_print(stderr,
		     "tenurectl: help: no command, setting or topic '%s': did you mean '%s'?\n",
		     noun, meant);
	return CLIENT_USAGE;
}

static int dispatch_version(bool is_json)
{
	if (is_json)
		printf("{\"version\":\"%s\",\"protocol\":%d}\n", PACKAGE_VERSION, FRAME_PROTOCOL);
	else
		printf("tenurectl %s\n", PACKAGE_VERSION);
	return CLIENT_OK;
}

/* --- running */

/* NULL: nothing says where it is. */
static char *socket_of(const struct words *words)
{
	const char *data = words_option(words, "--data");
	const char *path = words_option(words, "--socket");
	const char *set = getenv("TENURE_SOCKET");
	char *result;
	if (!path && set && *set)
		path = set;
	if (!data && !path)
		return NULL;
	if (data ? asprintf(&result, "%s/control.sock", data) < 0
		 : asprintf(&result, "%s", path) < 0)
		abort();
	return result;
}

/* The reason of a change, from the command line or the environment. False: the command takes none,
 * and an error was printed. */
static bool dispatch_take_reason(struct ctl *ctl)
{
	const char *given = words_option(&ctl->words, "--reason"), *set = getenv("TENURE_REASON");
	bool changes = dispatch_changes(ctl->command);
	if (given && !changes) {
		ctl_fail(ctl, CLIENT_USAGE, "it changes nothing, and takes no --reason");
		return false;
	}
	return !changes || ctl_arg(ctl, "reason", given ? given : set && *set ? set : NULL);
}

static bool dispatch_check_count(const struct ctl *ctl)
{
	const struct ctl_command *command = ctl->command;
	if (ctl->words.count >= command->min && ctl->words.count <= command->max)
		return true;
	if (ctl->words.count < command->min)
		ctl_fail(ctl, CLIENT_USAGE, "too few words");
	else
		ctl_fail(ctl, CLIENT_USAGE,
			 "too many words: '%s' (a value with blanks stands in quotes)",
			 ctl->words.word[command->max]);
	print_usage(stderr, command);
	return false;
}

static int dispatch_run(struct ctl *ctl)
{
	const struct ctl_command *command = ctl->command;
	if (words_has(&ctl->words, "--help"))
		return help_command(command);
	if (!paint_set(words_option(&ctl->words, "--color")))
		return ctl_fail(ctl, CLIENT_USAGE,
				"--color: '%s' is not one of never, auto, always",
				words_option(&ctl->words, "--color"));
	if (words_has(&ctl->words, "--data") && words_has(&ctl->words, "--socket"))
		return ctl_fail(ctl, CLIENT_USAGE, "--data and --socket exclude each other");
	char *socket = socket_of(&ctl->words);
	ctl->socket = socket;
	ctl->is_json = words_has(&ctl->words, "--json");
	ctl->args = json_object();
	place_take(ctl);
	ctl->has_run = dispatch_check_count(ctl) && dispatch_take_reason(ctl) && columns_check(ctl);
	progress_allow(ctl->is_json ? NULL : command->words);
	int code = ctl->has_run ? command->run(ctl) : CLIENT_USAGE;
	json_decref(ctl->args);
	free(socket);
	return code;
}

/* The command's own options are known only when the command is: its words are taken out first. */
static int dispatch_run_command(const struct ctl_command *command, int argc, char **argv)
{
	char error[WORDS_ERROR_MAX];
	struct ctl ctl = {.command = command};
	int code = words_sort(&ctl.words, command->options, argc, argv, error)
			   ? dispatch_run(&ctl)
			   : ctl_fail(&ctl, CLIENT_USAGE, "%s", error);
	words_free(&ctl.words);
	return command == ctl_health_commands && !ctl.has_run && code ? CTL_HEALTH_UNKNOWN : code;
}

/* How many of argv's words from `at` on are one option that may stand before the command; 0: none.
 */
static int option_len(char **argv, int argc, int at)
{
	for (const struct words_option *o = ctl_global_options; o->name; o++) {
		size_t len = strlen(o->name);
		if (strncmp(argv[at], o->name, len) != 0 || (argv[at][len] && argv[at][len] != '='))
			continue;
		return o->value && !argv[at][len] && at + 1 < argc ? 2 : 1;
	}
	return 0;
}

/* Takes argv[at] out; what stands behind it moves up. */
static const char *dispatch_take(int *argc, char **argv, int at)
{
	const char *word = argv[at];
	memmove(argv + at, argv + at + 1, (size_t)(*argc - at) * sizeof(*argv));
	--*argc;
	return word;
}

/* Without a command: --help, --version, or a word that is wrong. */
static int run_without_command(int argc, char **argv)
{
	char error[WORDS_ERROR_MAX];
	struct words words;
	struct ctl none = {0};
	int code;
	if (!words_sort(&words, ctl_global_options, argc, argv, error))
		code = ctl_fail(&none, CLIENT_USAGE, "%s", error);
	else if (words_has(&words, "--version"))
		code = dispatch_version(words_has(&words, "--json"));
	else
		code = words_has(&words, "--help") ? help_all(stdout, CLIENT_OK)
						   : help_all(stderr, CLIENT_USAGE);
	words_free(&words);
	return code;
}

static bool dispatch_has_option(int argc, char **argv, const char *option)
{
	for (int i = 0; i < argc; i++)
		if (strcmp(argv[i], option) == 0)
			return true;
	return false;
}

int ctl_main(int argc, char **argv)
{
	char words[64];
	int at = 0;
	if (argc > 0 && strcmp(argv[0], COMPLETION_COMMAND) == 0)
		return completion_run(argc - 1, argv + 1);
	for (int len; at < argc && (len = option_len(argv, argc, at)) > 0;)
		at += len;
	/* No command at all, or an option that would have to stand behind one. */
	if (at >= argc || strncmp(argv[at], "--", 2) == 0)
		return run_without_command(argc, argv);
	const char *noun = dispatch_take(&argc, argv, at);
	const char *second = at < argc && strncmp(argv[at], "--", 2) != 0 ? argv[at] : NULL;
	if (strcmp(noun, "help") == 0)
		return dispatch_help(second, second && at + 1 < argc ? argv[at + 1] : NULL);
	if (strcmp(noun, "version") == 0)
		return second ? dispatch_unknown(noun, second)
			      : dispatch_version(dispatch_has_option(argc, argv, "--json"));
	const struct ctl_command *command =
		second ? dispatch_find_typed(dispatch_join(noun, second, words)) : NULL;
	if (command)
		dispatch_take(&argc, argv, at);
	else
		command = dispatch_find(noun);
	bool is_other = command && second && command->max == 0 && argc > at && argv[at] == second;
	if (is_other && dispatch_has_others(command))
		return dispatch_unknown(noun, second);
	if (command)
		return dispatch_run_command(command, argc, argv);
	if (!second && is_noun(noun))
		return dispatch_has_option(argc, argv, "--help")
			       ? help_noun(stdout, noun, CLIENT_OK)
			       : help_noun(stderr, noun, CLIENT_USAGE);
	return dispatch_unknown(noun, second);
}
