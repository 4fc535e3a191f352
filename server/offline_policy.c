/* SPDX-License-Identifier: BSD-2-Clause */
/* Rules from standard input are looked at, with no server and no store. */
#include "acl/rule_lint.h"
#include "admin/call.h"
#include "server/offline.h"
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COMMAND "zone policy"

struct policy_check {
	const char *path, *zone;
	bool is_json;
	unsigned warnings;
	struct arena arena;
};

static int offline_policy_complain(enum call_code code, const char *text)
{
	fflush(stdout);
	fprintf(stderr, "tenurectl: " COMMAND ": %s\n", text);
	return (int)code;
}

static void offline_policy_warn(void *context, unsigned line, const char *text)
{
	struct policy_check *check = context;
	check->warnings++;
	if (!check->is_json) {
		fprintf(stderr, "%s: line %u: warning: %s\n", check->path, line, text);
		return;
	}
	json_t *row =
		json_pack("{s:s, s:i, s:s}", "level", "warning", "line", (int)line, "text", text);
	json_dumpf(row, stdout, JSON_COMPACT | JSON_ENSURE_ASCII);
	printf("\n");
	json_decref(row);
}

/* All of standard input; false: it is more than rules may be. */
static bool read_input(struct policy_check *check, struct bytes *text)
{
	uint8_t *all = arena_alloc(&check->arena, RULES_TEXT_MAX + 1);
	size_t len = fread(all, 1, RULES_TEXT_MAX + 1, stdin);
	*text = bytes_of(all, len);
	return len <= RULES_TEXT_MAX && !ferror(stdin);
}

static int offline_policy_tell(const struct policy_check *check, const struct rules *rules)
{
	if (check->is_json)
		printf("{\"rules\":%zu,\"warnings\":%u,\"groups\":false}\n", rules->count,
		       check->warnings);
	else
		printf("zone %s: %zu rule%s, %u warning%s; no server answers: whether the groups "
		       "exist was not looked at\n",
		       check->zone, rules->count, rules->count == 1 ? "" : "s", check->warnings,
		       check->warnings == 1 ? "" : "s");
	return CALL_OK;
}

static int check_rules(struct policy_check *check)
{
	struct dns_name apex;
	struct rules rules;
	struct rule_error error;
	struct bytes text;
	const char *problem = dns_name_parse_text(&apex, check->zone);
	if (problem)
		return offline_policy_complain(
			CALL_USAGE, arena_print(&check->arena, "'%s': %s", check->zone, problem));
	if (!read_input(check, &text))
		return offline_policy_complain(
			CALL_FAILED,
			arena_print(&check->arena, "%s: these are no rules", check->path));
	if (!rules_parse(&rules, text, &apex, &check->arena, &error))
		return offline_policy_complain(
			CALL_FAILED, arena_print(&check->arena, "%s:%u:%u: %s", check->path,
						 error.line, error.column, error.text));
	rules_lint(&rules, &(struct rule_lint){
				   .apex = &apex,
				   .ignores_groups = true,
				   .arena = &check->arena,
				   .found = offline_policy_warn,
				   .context = check,
			   });
	return offline_policy_tell(check, &rules);
}

int offline_policy(int argc, char **argv)
{
	static const struct option options[] = {
		{"json", no_argument, NULL, 'j'}, {"name", required_argument, NULL, 'n'}, {0}};
	struct policy_check check = {.path = "-"};
	int value;
	opterr = 0;
	optind = 1;
	while ((value = getopt_long(argc, argv, "+", options, NULL)) != -1) {
		if (value == 'j')
			check.is_json = true;
		else if (value == 'n')
			check.path = optarg;
		else
			break;
	}
	if (value != -1 || optind != argc - 1)
		return offline_policy_complain(
			CALL_USAGE, "usage: policy-check [--json] [--name FILE] ZONE < FILE");
	check.zone = argv[optind];
	int code = check_rules(&check);
	arena_free(&check.arena);
	return code;
}
