/* SPDX-License-Identifier: BSD-2-Clause */
/* Every command with every role, and with roles of listed zones: what is of other zones, and of the
 * server as a whole, is neither shown nor changed. A command that is added is tried, too. */
#include <config.h>
#include "admin/command.h"
#include "admin/scope.h"
#include "journal/journal.h"
#include "nameserver/log_share.h"
#include "nameserver/near_limits.h"
#include "nameserver/writer_side.h"
#include "zonedb/lookup.h"
#include "zonedb/principal.h"
#include <criterion/criterion.h>
#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define START_US 1767603600000000
#define ENTRIES  48 /* more than what fill() writes */

static char folder[] = "/tmp/tenure-scope-XXXXXX";
static struct core *core;

/* All that a command answered. */
static char *answer;
static size_t answer_len;
static char said[CALL_ERROR_MAX];
static bool is_over_role;

static void begin(void)
{
	char error[STORE_ERROR_MAX];
	cr_assert(mkdtemp(folder));
	struct core_options options = {.data = folder,
				       .map_size = 64 << 20,
				       .readers = 2,
				       .hand_clock_us = START_US,
				       .has_schedule = true};
	core = core_start(&options, error);
	cr_assert(core, "%s", error);
}

static int drop(const char *path, const struct stat *info, int flag, struct FTW *ftw)
{
	(void)info;
	(void)flag;
	(void)ftw;
	return remove(path);
}

static void end(void)
{
	free(answer);
	answer = NULL;
	answer_len = 0;
	core_stop(core);
	nftw(folder, drop, 8, FTW_DEPTH | FTW_PHYS);
}

static void keep(const char *text, size_t len)
{
	answer = realloc(answer, answer_len + len + 1);
	cr_assert(answer);
	memcpy(answer + answer_len, text, len);
	answer_len += len;
	answer[answer_len] = '\0';
}

static void keep_json(const json_t *value)
{
	char *text = json_dumps(value, JSON_COMPACT);
	cr_assert(text);
	keep(text, strlen(text));
	free(text);
}

static bool answer_row(struct call *call, json_t *row)
{
	(void)call;
	keep_json(row);
	return true;
}

static bool keep_data(struct call *call, struct bytes data)
{
	(void)call;
	keep((const char *)data.data, data.len);
	return true;
}

static bool read_nothing(struct call *call, struct bytes *data)
{
	(void)call;
	(void)data;
	return false;
}

static bool leave(struct call *call, unsigned milliseconds)
{
	(void)call;
	(void)milliseconds;
	return false;
}

static enum call_code run_json(const struct scope_grants *grants, const char *command, json_t *args)
{
	struct call call;
	answer_len = 0;
	keep("", 0);
	call_open(&call, core, "local:bea");
	call.args = args;
	call.grants = grants;
	call.row = answer_row;
	call.write = keep_data;
	call.read = read_nothing;
	call.wait = leave;
	enum call_code code = call_run(&call, command);
	snprintf(said, sizeof(said), "%s", call_error(&call) ? call_error(&call) : "");
	is_over_role = call.is_over_role;
	keep_json(call.result);
	call_close(&call);
	return code;
}

static enum call_code run(const struct scope_grants *grants, const char *command, const char *args)
{
	json_t *parsed = json_loads(args, 0, NULL);
	cr_assert(parsed, "%s", args);
	enum call_code code = run_json(grants, command, parsed);
	json_decref(parsed);
	return code;
}

static void done(const char *command, const char *args)
{
	cr_assert_eq(run(NULL, command, args), CALL_OK, "%s %s: %s", command, args, said);
}

static uint64_t last_entry(void)
{
	struct store_txn txn;
	uint64_t first, last;
	store_read_begin(core->store, &txn);
	journal_range(&txn, &first, &last);
	store_read_end(&txn);
	return last;
}

/* What updates leave in memory for the warnings of `status`: a name that one brought to a limit,
 * and how much of the log a client wrote. */
static void come_near_limits(void)
{
	struct store_txn txn;
	struct zone zone;
	struct dns_name apex;
	struct near_limit near = {.which = POLICY_MANY_TYPES, .principal = "key:hidden-key"};
	struct log_share_of share = {.day = 1000, .now_us = clock_now_us(&core->clock)};
	dns_name_parse_text(&apex, "theirs.example");
	dns_name_parse_text(&near.name, "hidden-1.theirs.example");
	store_read_begin(core->store, &txn);
	cr_assert(zone_get(&txn, &apex, &zone));
	cr_assert(principal_find(&txn, "key:hidden-key", &share.client.id));
	store_read_end(&txn);
	near.zone_id = zone.id;
	near_limits_add(core->near_limits, &near);
	log_shares_add(core->writer_side->log_shares, &share, 900);
}

/* Two zones of which one is hidden: all that is told of it, but its name, has "hidden" in it. */
static void fill(void)
{
	static const struct {
		const char *command, *args;
	} steps[] = {
		{"zone add", "{\"zone\": \"ours.example\", \"ns\": [\"ns.ours.example\"]}"},
		{"zone add", "{\"zone\": \"theirs.example\", \"ns\": [\"ns.hidden.example\"]}"},
		{"zone add", "{\"zone\": \"sub.ours.example\", \"ns\": [\"ns.ours.example\"]}"},
		{"key generate", "{\"name\": \"hidden-key\"}"},
		{"group create", "{\"name\": \"@hidden-group\", \"members\": [\"key:hidden-key\"], "
				 "\"acting\": true}"},
		{"record add", "{\"zone\": \"ours.example\", \"name\": \"www\", \"type\": \"A\", "
			       "\"data\": \"10.0.0.1\"}"},
		{"record add", "{\"zone\": \"ours.example\", \"name\": \"gone\", \"type\": \"A\", "
			       "\"data\": \"10.0.0.2\"}"},
		{"record del", "{\"zone\": \"ours.example\", \"name\": \"gone\"}"},
		{"record add", "{\"zone\": \"theirs.example\", \"name\": \"hidden\", \"type\": "
			       "\"TXT\", \"data\": \"hidden\"}"},
		{"record add", "{\"zone\": \"sub.ours.example\", \"name\": \"hidden\", \"type\": "
			       "\"TXT\", \"data\": \"hidden\"}"},
		{"record add",
		 "{\"zone\": \"theirs.example\", \"name\": \"hidden-gone\", \"type\": "
		 "\"TXT\", \"data\": \"hidden\"}"},
		{"record del", "{\"zone\": \"theirs.example\", \"name\": \"hidden-gone\", "
			       "\"reason\": \"hidden\"}"},
		{"owner reserve", "{\"zone\": \"theirs.example\", \"name\": \"hidden-kept\", "
				  "\"for\": \"key:hidden-key\"}"},
		{"zone set",
		 "{\"zone\": \"theirs.example\", \"settings\": {\"update\": \"secure\", "
		 "\"aging\": \"on\", \"max-count\": \"1\", \"max-names\": \"2\", \"max-types\": "
		 "\"1\"}, \"reason\": \"hidden\"}"},
		{"zone policy set", "{\"zone\": \"theirs.example\", \"text\": \"allow "
				    "key:hidden-key claim\\n\"}"},
		{"zone set", "{\"zone\": \"ours.example\", \"settings\": {\"update\": \"secure\", "
			     "\"aging\": \"on\"}}"},
		{"record add", "{\"zone\": \"theirs.example\", \"name\": \"hidden-1\", \"type\": "
			       "\"A\", \"data\": \"10.9.9.1\", \"class\": \"dynamic\", \"owner\": "
			       "\"key:hidden-key\"}"},
		{"record add", "{\"zone\": \"theirs.example\", \"name\": \"hidden-2\", \"type\": "
			       "\"A\", \"data\": \"10.9.9.2\", \"class\": \"dynamic\", \"owner\": "
			       "\"key:hidden-key\"}"},
		{"record add", "{\"zone\": \"ours.example\", \"name\": \"old\", \"type\": "
			       "\"A\", \"data\": \"10.0.0.3\", \"class\": \"dynamic\", \"owner\": "
			       "\"key:x\"}"},
		{"clock forward", "{\"by\": \"8d\"}"},
		{"clock forward", "{\"by\": \"8d\"}"},
		{"zone restore", NULL},
	};
	for (size_t i = 0; steps[i].args; i++)
		done(steps[i].command, steps[i].args);
	run(NULL, "scavenge approve", "{\"run\": \"clock\"}");
	/* One is held, one removes. */
	run(NULL, "scavenge run", "{\"zone\": \"theirs.example\"}");
	cr_assert(strstr(answer, "hidden") == NULL);
	done("scavenge run", "{\"zone\": \"ours.example\"}");
	done("record note",
	     "{\"zone\": \"theirs.example\", \"name\": \"www\", \"text\": \"hidden\"}");
	done("record note", "{\"zone\": \"ours.example\", \"name\": \"www\", \"text\": \"seen\"}");
	/* In the bin, and a run of no zone alone. */
	done("record del", "{\"zone\": \"theirs.example\", \"name\": \"hidden\"}");
	char args[64];
	snprintf(args, sizeof args, "{\"seq\": %llu}", (unsigned long long)last_entry());
	done("audit revert", args);
	done("record add", "{\"zone\": \"theirs.example\", \"name\": \"hidden-bin\", \"type\": "
			   "\"TXT\", \"data\": \"hidden\"}");
	done("record del", "{\"zone\": \"theirs.example\", \"name\": \"hidden-bin\"}");
	done("zone add", "{\"zone\": \"was.ours.example\", \"ns\": [\"ns.ours.example\"], "
			 "\"reason\": \"hidden\"}");
	done("record add", "{\"zone\": \"was.ours.example\", \"name\": \"x\", \"type\": \"TXT\", "
			   "\"data\": \"hidden\"}");
	done("zone del", "{\"zone\": \"was.ours.example\", \"yes\": true}");
	come_near_limits();
	/* What the warnings say of others is there to be hidden. */
	done("status", "{}");
	cr_assert(strstr(answer, "key:hidden-key owns 2 names"), "%s", answer);
	cr_assert(strstr(answer, "brought hidden-1.theirs.example"), "%s", answer);
	cr_assert(strstr(answer, "updates of key:hidden-key wrote"), "%s", answer);
}

TestSuite(scope, .init = begin, .fini = end);

Test(scope, every_command_has_its_role)
{
	size_t count = 0, roles = 0;
	for (const struct command *command; (command = command_of_index(count)); count++)
		cr_expect(role_of_command(command->words), "%s has no role (base/role.c)",
			  command->words);
	for (const struct role_command *role = role_commands; role->words; role++, roles++) {
		bool is_there = false;
		for (size_t i = 0; i < count; i++)
			is_there |= strcmp(command_of_index(i)->words, role->words) == 0;
		cr_expect(is_there, "%s is no command", role->words);
		cr_expect(role->least >= ROLE_METRICS && role->least <= ROLE_ADMIN);
		/* Who may only look changes nothing. */
		cr_expect(!role->changes || role->least >= ROLE_OPERATE, "%s", role->words);
		/* What only an administrator does, a role of listed zones does not. */
		cr_expect_eq(role->least == ROLE_ADMIN,
			     role->least == ROLE_ADMIN && role->reach == REACH_SERVER, "%s",
			     role->words);
	}
	cr_expect_eq(count, roles, "a command stands twice");
}

/* Values of arguments, by name: the last is for what is not named. `kind` of the parameter decides
 * the form. */
static json_t *value_of(const char *name, char kind, bool is_theirs, uint64_t number)
{
	static const struct {
		const char *name, *ours, *theirs;
	} texts[] = {
		{"zone", "ours.example", "theirs.example"},
		{"name", "www.ours.example.", "www.theirs.example."},
		{"last", "www.ours.example.", "www.theirs.example."},
		{"type", "TXT", "TXT"},
		{"data", "x", "x"},
		{"ttl", "300", "300"},
		{"class", "static", "static"},
		{"owner", "local:bea", "local:bea"},
		{"principal", "local:bea", "local:bea"},
		{"as", "key:x", "key:x"},
		{"for", "key:x", "key:x"},
		{"from", "local:bea", "local:bea"},
		{"to", "anonymous", "anonymous"},
		{"run", "1", "1"},
		{"log", "changes", "changes"},
		{"text", "allow authenticated claim\n", "allow authenticated claim\n"},
		{"time", "2026-02-01", "2026-02-01"},
		{"size", "64M", "64M"},
		{"keeps", "14d", "14d"},
		{"by", "1s", "1s"},
		{"acting", "on", "on"},
	};
	char run_text[24];
	const char *text = "x";
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		if (strcmp(texts[i].name, name) == 0)
			text = is_theirs ? texts[i].theirs : texts[i].ours;
	if (strcmp(name, "run") == 0 && kind == 's') {
		snprintf(run_text, sizeof run_text, "%llu", (unsigned long long)number);
		text = run_text;
	}
	switch (kind) {
	case 's':
		return json_string(text);
	case 'b':
		return json_true();
	case 'i':
		return json_integer((json_int_t)number);
	case 'o':
		return json_object();
	default:
		return json_pack("[s]",
				 strcmp(name, "names") == 0
					 ? is_theirs ? "www.theirs.example." : "www.ours.example."
					 : text);
	}
}

/* Arguments of a command: those that it needs, and of the others those whose bit is set. */
static json_t *args_of(const struct command *command, unsigned bits, bool is_theirs,
		       uint64_t number)
{
	json_t *args = json_object();
	unsigned optional = 0;
	for (const char *at = command->params; *at;) {
		char name[32];
		size_t len = strcspn(at, "=");
		snprintf(name, sizeof name, "%.*s", (int)len, at);
		bool is_optional = at[len + 2] == '?';
		if (!is_optional || (bits >> optional) & 1)
			json_object_set_new(args, name,
					    value_of(name, at[len + 1], is_theirs, number));
		optional += is_optional;
		at += strcspn(at, " ");
		at += strspn(at, " ");
	}
	return args;
}

static unsigned optional_of(const struct command *command)
{
	unsigned count = 0;
	for (const char *at = command->params; *at; at++)
		count += *at == '?';
	return count;
}

/* Commands that would end what the test needs. */
static bool is_fatal(const char *words)
{
	return strcmp(words, "store grow") == 0;
}

Test(scope, each_role_may_what_the_table_says)
{
	fill();
	for (unsigned role = ROLE_READ; role <= ROLE_ADMIN; role++) {
		const struct scope_grant grant = {.role = (enum role)role, .given = "user bea"};
		const struct scope_grant *const of[] = {&grant};
		const struct scope_grants grants = {of, 1};
		for (size_t i = 0; command_of_index(i); i++) {
			const struct command *command = command_of_index(i);
			const struct role_command *needs = role_of_command(command->words);
			if (is_fatal(command->words))
				continue;
			json_t *args = args_of(command, 0, false, 1);
			enum call_code code = run_json(&grants, command->words, args);
			bool may = role >= needs->least;
			/* Undoing may need more than the command does. */
			if (may && needs->reach == REACH_FOUND && role < ROLE_ADMIN && is_over_role)
				cr_expect(needs->changes, "%s: %s", command->words, said);
			else
				cr_expect_eq(is_over_role, !may, "%s as %s: %d %s", command->words,
					     role_name((enum role)role), code, said);
			if (!may) {
				cr_expect_eq(code, CALL_REFUSED);
				cr_expect(strstr(said, role_name(needs->least)) &&
						  strstr(said, "user bea"),
					  "%s: %s", command->words, said);
			}
			json_decref(args);
		}
	}
}

/* The first entry above `from` that is not of the zone; 0: there is none. */
static uint64_t entry_of_others(uint64_t from)
{
	struct store_txn txn;
	struct arena arena = {0};
	struct entry entry;
	struct dns_name ours;
	uint64_t first, last, found = 0;
	dns_name_parse_text(&ours, "ours.example");
	store_read_begin(core->store, &txn);
	journal_range(&txn, &first, &last);
	for (uint64_t seq = from + 1; !found && seq <= last; seq++) {
		cr_assert(journal_read(&txn, seq, &entry, &arena));
		if (!entry.has_zone || !dns_name_equal(&entry.zone, &ours))
			found = seq;
		/* A revert is a run of its own. */
		if (found && !entry.has_zone && entry.kind == ENTRY_RUN)
			found = 0;
	}
	store_read_end(&txn);
	arena_free(&arena);
	return found;
}

/* What stands around a word that should not be there; NULL: it is not. */
static const char *around(const char *text, const char *word)
{
	static char piece[200];
	const char *at = strstr(text, word);
	if (!at)
		return NULL;
	size_t before = at - text < 100 ? (size_t)(at - text) : 100;
	snprintf(piece, sizeof piece, "%.180s", at - before);
	return piece;
}

/* Nothing that is hidden is told, and nothing of others is changed, whatever it is asked for. */
static void try_one(const struct scope_grants *grants, const struct command *command, json_t *args)
{
	static const char *const words[] = {"hidden", "theirs"};
	uint64_t before = last_entry();
	char *typed = json_dumps(args, JSON_COMPACT);
	enum call_code code = run_json(grants, command->words, args);
	for (size_t i = 0; i < 2; i++) {
		const char *told = around(answer, words[i]);
		const char *echoed = strstr(typed, words[i]) ? NULL : around(said, words[i]);
		cr_expect_null(told, "%s %s: %s", command->words, typed, told);
		cr_expect_null(echoed, "%s %s: %s", command->words, typed, echoed);
	}
	cr_expect(!strstr(typed, "theirs") || code != CALL_OK, "%s %s", command->words, typed);
	cr_expect_eq(entry_of_others(before), 0, "%s %s changed what is of others", command->words,
		     typed);
	free(typed);
}

static void try_all(enum role role, const char *zone)
{
	struct dns_name apex;
	dns_name_parse_text(&apex, zone);
	const struct scope_grant grant = {
		.role = role, .zones = &apex, .zone_count = 1, .given = "user bea"};
	const struct scope_grant *const of[] = {&grant};
	const struct scope_grants grants = {of, 1};
	for (size_t i = 0; command_of_index(i); i++) {
		const struct command *command = command_of_index(i);
		unsigned optional = optional_of(command);
		bool has_number =
			strstr(command->params, "run=") || strstr(command->params, "seq=");
		/* Each argument that may be absent alone, all, and none. */
		for (unsigned k = 0; k <= optional + 1; k++) {
			unsigned bits = k == 0 ? 0 : k > optional ? ~0u : 1u << (k - 1);
			for (uint64_t number = 1; number <= (has_number ? ENTRIES : 1); number++) {
				for (int theirs = 0; theirs < 2; theirs++) {
					json_t *args = args_of(command, bits, theirs, number);
					try_one(&grants, command, args);
					json_decref(args);
				}
			}
		}
	}
}

Test(scope, a_reader_of_one_zone_sees_nothing_of_others)
{
	fill();
	cr_assert_leq(last_entry(), ENTRIES, "%llu entries", (unsigned long long)last_entry());
	try_all(ROLE_READ, "ours.example");
}

Test(scope, an_operator_of_one_zone_changes_nothing_of_others)
{
	fill();
	try_all(ROLE_OPERATE, "ours.example");
}

static const struct scope_grants *operator_of_ours(void)
{
	static struct dns_name apex;
	static const struct scope_grant grant = {
		.role = ROLE_OPERATE, .zones = &apex, .zone_count = 1, .given = "user bea"};
	static const struct scope_grant *const of[] = {&grant};
	static const struct scope_grants grants = {of, 1};
	dns_name_parse_text(&apex, "ours.example");
	return &grants;
}

Test(scope, an_operator_of_one_zone_does_its_work)
{
	const struct scope_grants *bea = operator_of_ours();
	static const struct {
		const char *command, *args;
	} steps[] = {
		{"zone list", "{}"},
		{"zone show", "{\"zone\": \"ours.example\"}"},
		{"record list", "{\"zone\": \"ours.example\"}"},
		{"record add", "{\"zone\": \"ours.example\", \"name\": \"new\", \"type\": \"A\", "
			       "\"data\": \"10.0.0.9\"}"},
		{"record show", "{\"name\": \"new.ours.example\"}"},
		{"owner show", "{\"name\": \"new.ours.example\"}"},
		{"history", "{\"name\": \"new.ours.example\"}"},
		{"why", "{\"name\": \"new.ours.example\", \"type\": \"A\", \"as\": \"key:x\"}"},
		{"audit", "{\"name\": \"new.ours.example\"}"},
		{"record del", "{\"zone\": \"ours.example\", \"name\": \"new\"}"},
		{"record restore", "{\"name\": \"new.ours.example\"}"},
		{"record pin", "{\"zone\": \"ours.example\", \"name\": \"new\"}"},
		{"owner reserve", "{\"name\": \"laptop.ours.example\", \"for\": \"key:x\"}"},
		{"owner release", "{\"names\": [\"laptop.ours.example\"]}"},
		{"record note",
		 "{\"zone\": \"ours.example\", \"name\": \"new\", \"text\": \"mine\"}"},
		{"record notes", "{}"},
		{"zone freeze", "{\"zone\": \"ours.example\"}"},
		{"zone thaw", "{\"zone\": \"ours.example\"}"},
		{"scavenge plan", "{}"},
		{"scavenge status", "{}"},
		{"scavenge history", "{}"},
		{"bin list", "{}"},
		{"zone export", "{\"zone\": \"ours.example\"}"},
		{"zone policy show", "{\"zone\": \"ours.example\"}"},
		{"status", "{}"},
	};
	fill();
	for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
		cr_expect_eq(run(bea, steps[i].command, steps[i].args), CALL_OK, "%s %s: %s",
			     steps[i].command, steps[i].args, said);
	/* What it did it takes back; of a run what the run of its zone did. */
	uint64_t seq = last_entry();
	char args[64];
	cr_expect_eq(run(bea, "record add",
			 "{\"zone\": \"ours.example\", \"name\": \"slip\", \"type\": \"A\", "
			 "\"data\": \"10.0.0.9\"}"),
		     CALL_OK);
	snprintf(args, sizeof args, "{\"seq\": %llu}", (unsigned long long)seq + 1);
	cr_expect_eq(run(bea, "audit revert", args), CALL_OK, "%s", said);
	json_t *result = json_loads(strrchr(answer, '{'), 0, NULL);
	snprintf(args, sizeof args, "{\"run\": %lld}",
		 (long long)json_integer_value(json_object_get(result, "run")));
	json_decref(result);
	cr_expect_eq(run(bea, "audit revert", args), CALL_OK, "%s", said);
}

Test(scope, what_an_administrator_set_an_operator_does_not_take_back)
{
	const struct scope_grant everywhere = {.role = ROLE_OPERATE, .given = "user bea"};
	const struct scope_grant *const of[] = {&everywhere};
	const struct scope_grants grants = {of, 1};
	char args[64];
	fill();
	for (uint64_t seq = 1; seq <= ENTRIES; seq++) {
		uint64_t before = last_entry();
		snprintf(args, sizeof args, "{\"seq\": %llu}", (unsigned long long)seq);
		run(&grants, "audit revert", args);
		struct store_txn txn;
		struct arena arena = {0};
		struct entry entry;
		store_read_begin(core->store, &txn);
		for (uint64_t new = before + 1; journal_read(&txn, new, &entry, &arena); new ++)
			for (size_t i = 0; i < entry.row_count; i++)
				cr_expect(entry.rows[i].table == STATE_RUN ||
						  entry.rows[i].table == STATE_RESERVATION ||
						  entry.rows[i].table == STATE_NOTE,
					  "entry %llu took back a row of %s",
					  (unsigned long long)seq,
					  state_table_name(entry.rows[i].table));
		store_read_end(&txn);
		arena_free(&arena);
	}
}

Test(scope, a_refusal_says_what_is_needed_and_what_there_is)
{
	const struct scope_grants *bea = operator_of_ours();
	static const struct {
		const char *command, *args, *said;
	} cases[] = {
		{"zone add", "{\"zone\": \"new.example\"}",
		 "'zone add' needs the role admin; you have operate of ours.example (user bea)"},
		{"stats", "{}",
		 "'stats' needs the role metrics of all zones; you have operate of ours.example "
		 "(user bea)"},
		{"zone show", "{\"zone\": \"theirs.example\"}",
		 "zone theirs.example needs the role read of it; you have operate of ours.example "
		 "(user bea)"},
		{"zone show", "{\"zone\": \"never.example\"}",
		 "zone never.example needs the role read of it; you have operate of ours.example "
		 "(user bea)"},
		{"scavenge run", "{}",
		 "'scavenge run' without a zone needs the role operate of all zones; you have "
		 "operate of ours.example (user bea)"},
		{"record show", "{\"name\": \"a.sub.ours.example\"}",
		 "the name a.sub.ours.example needs the role read of its zone; you have operate of "
		 "ours.example (user bea)"},
	};
	fill();
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		cr_expect_eq(run(bea, cases[i].command, cases[i].args), CALL_REFUSED);
		cr_expect_str_eq(said, cases[i].said);
	}
}

Test(scope, what_was_probably_meant_is_of_its_zones)
{
	const struct scope_grants *bea = operator_of_ours();
	fill();
	cr_expect_eq(run(bea, "owner list", "{\"principal\": \"hiden-key\"}"), CALL_USAGE);
	cr_expect(!strstr(said, "hidden"), "%s", said);
	cr_expect_eq(run(NULL, "owner list", "{\"principal\": \"hiden-key\"}"), CALL_USAGE);
	cr_expect(strstr(said, "hidden-key"), "%s", said);
	cr_expect_eq(run(bea, "audit", "{\"principal\": \"key:hiden-key\"}"), CALL_OK);
	cr_expect_eq(run(NULL, "audit", "{\"principal\": \"key:hiden-key\"}"), CALL_NOT_FOUND);
}

Test(scope, neither_keys_nor_groups_nor_zones_below_are_told_by_advice)
{
	static const struct {
		const char *command, *args, *told;
	} asked[] = {
		{"zone policy check",
		 "{\"zone\": \"ours.example\", \"text\": \"allow @nobody claim\\nallow "
		 "key:hiden-key claim\\nallow @elsewhere.example claim\\n\"}",
		 "\"level\":\"warning\""},
		{"why", "{\"name\": \"x.ours.example\", \"type\": \"A\", \"as\": \"key:nobody\"}",
		 "there is no key"},
		{"why",
		 "{\"name\": \"x.sub.ours.example\", \"type\": \"A\", \"as\": "
		 "\"key:hidden-key\", \"zone\": \"ours.example\"}",
		 "zone sub.ours.example"},
		{"owner reserve", "{\"name\": \"l.ours.example\", \"for\": \"key:nobody\"}",
		 "there is no key"},
	};
	fill();
	for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
		run(operator_of_ours(), asked[i].command, asked[i].args);
		cr_expect_null(strstr(answer, asked[i].told), "%s: %s", asked[i].args, answer);
		run(NULL, asked[i].command, asked[i].args);
		cr_expect(strstr(answer, asked[i].told), "%s: %s", asked[i].args, answer);
	}
}

/* --- the reason of a change */

static json_t *entry_json_of(uint64_t seq)
{
	char args[64];
	snprintf(args, sizeof args, "{\"seq\": %llu}", (unsigned long long)seq);
	cr_assert_eq(run(NULL, "audit show", args), CALL_OK, "%s", said);
	json_t *entry = json_loads(answer, JSON_DISABLE_EOF_CHECK, NULL);
	cr_assert(entry);
	return entry;
}

Test(scope, a_reason_stands_in_the_entry_and_is_found)
{
	done("zone add", "{\"zone\": \"ours.example\", \"reason\": \"ticket 17: \\\"new\\\" "
			 "t\\u00f6n\"}");
	json_t *entry = entry_json_of(last_entry());
	cr_expect_str_eq(json_string_value(json_object_get(entry, "comment")),
			 "ticket 17: \"new\" t\xc3\xb6n");
	json_decref(entry);
	done("record add", "{\"zone\": \"ours.example\", \"name\": \"a\", \"type\": \"A\", "
			   "\"data\": \"10.0.0.1\"}");
	done("audit", "{\"comment\": \"ticket 17\"}");
	cr_expect(strstr(answer, "zone-create") && !strstr(answer, "10.0.0.1"));
	done("audit", "{\"comment\": \"*t\\u00f6n\"}");
	cr_expect(strstr(answer, "zone-create"));
	done("audit", "{\"comment\": \"icket*\"}");
	cr_expect(!strstr(answer, "zone-create"));
}

Test(scope, a_reason_is_one_line_of_plain_text)
{
	static const struct {
		const char *reason, *said;
	} cases[] = {
		{"\"\"", "the reason is empty"},
		{"\"  \"", "the reason is empty"},
		{"\"a\\nb\"", "the reason has a control character (its byte 2): it is one line of "
			      "plain text"},
		{"\"a\\u001b[2Jb\"", "the reason has a control character (its byte 2): it is one "
				     "line of plain text"},
		{"\"\\u202eevil\"", "the reason has a control character (its byte 1): it is one "
				    "line of plain text"},
		{"\"\\u0085\"", "the reason has a control character (its byte 1): it is one line "
				"of plain text"},
		{"7", "argument 'reason' has the wrong type"},
	};
	char args[1200];
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		snprintf(args, sizeof args, "{\"zone\": \"ours.example\", \"reason\": %s}",
			 cases[i].reason);
		cr_expect_eq(run(NULL, "zone add", args), CALL_USAGE, "%s", args);
		cr_expect_str_eq(said, cases[i].said);
	}
	for (int over = 0; over < 2; over++) {
		char reason[600];
		memset(reason, 'x', sizeof reason);
		reason[SCOPE_REASON_MAX + over] = '\0';
		snprintf(args, sizeof args, "{\"zone\": \"ours.example\", \"reason\": \"%s\"}",
			 reason);
		cr_expect_eq(run(NULL, "zone add", args), over ? CALL_USAGE : CALL_OK);
	}
	cr_expect_eq(run(NULL, "zone list", "{\"reason\": \"x\"}"), CALL_USAGE);
	cr_expect_str_eq(said, "'zone list' has no argument 'reason'");
}

Test(scope, a_zone_may_ask_for_a_reason)
{
	static const struct {
		const char *command, *args;
	} changes[] = {
		{"record add", "\"zone\": \"theirs.example\", \"name\": \"a\", \"type\": \"A\", "
			       "\"data\": \"10.0.0.1\""},
		{"record del", "\"zone\": \"theirs.example\", \"name\": \"a\""},
		{"owner reserve", "\"name\": \"b.theirs.example\", \"for\": \"key:x\""},
		{"owner release", "\"names\": [\"b.theirs.example\"]"},
		{"record restore", "\"name\": \"a.theirs.example\""},
		{"audit revert", "\"seq\": 5"},
		{"owner transfer", "\"from\": \"local:bea\", \"to\": \"anonymous\", \"yes\": true"},
		{"zone freeze", "\"zone\": \"theirs.example\""},
		{"zone thaw", "\"zone\": \"theirs.example\""},
		{"zone policy set", "\"zone\": \"theirs.example\", \"text\": \"allow authenticated "
				    "claim\\n\""},
		{"zone policy add", "\"zone\": \"theirs.example\", \"rules\": [\"deny key:x "
				    "claim\"]"},
		{"scavenge run", ""},
		{"scavenge run", "\"zone\": \"theirs.example\""},
		{"zone set", "\"zone\": \"theirs.example\", \"settings\": {\"require-reason\": "
			     "\"off\"}"},
	};
	char args[512];
	done("zone add", "{\"zone\": \"ours.example\"}");
	done("zone add", "{\"zone\": \"theirs.example\", \"settings\": {\"update\": \"secure\"}}");
	done("record add", "{\"zone\": \"theirs.example\", \"name\": \"was\", \"type\": \"A\", "
			   "\"data\": \"10.0.0.1\"}");
	done("zone set", "{\"zone\": \"theirs.example\", \"settings\": {\"require-reason\": "
			 "\"on\"}}");
	for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
		uint64_t before = last_entry();
		snprintf(args, sizeof args, "{%s}", changes[i].args);
		cr_expect_eq(run(NULL, changes[i].command, args), CALL_REFUSED, "%s: %s",
			     changes[i].command, said);
		cr_expect(strstr(said, "require-reason"), "%s: %s", changes[i].command, said);
		cr_expect_eq(last_entry(), before);
		snprintf(args, sizeof args, "{%s%s\"reason\": \"because\"}", changes[i].args,
			 *changes[i].args ? ", " : "");
		enum call_code code = run(NULL, changes[i].command, args);
		cr_expect(code == CALL_OK || code == CALL_NOTHING, "%s: %s", changes[i].command,
			  said);
	}
	/* Nor does what changes several zones, or brings one back, go without. */
	static const struct {
		const char *command, *args;
	} others[] = {
		{"group remove", "\"name\": \"@g\", \"members\": [\"key:m\"], \"yes\": true"},
		{"zone add", "\"zone\": \"sub.theirs.example\", \"move-names\": true"},
		{"zone del", "\"zone\": \"theirs.example\", \"yes\": true"},
		{"zone restore", "\"zone\": \"theirs.example\", \"yes\": true"},
	};
	done("zone set", "{\"zone\": \"theirs.example\", \"settings\": {\"require-reason\": "
			 "\"on\"}}");
	done("group create", "{\"name\": \"@g\", \"members\": [\"key:m\", \"key:n\"], \"acting\": "
			     "true}");
	done("record add", "{\"zone\": \"theirs.example\", \"name\": \"x.sub\", \"type\": \"A\", "
			   "\"data\": \"10.0.0.1\", \"owner\": \"key:m\", \"reason\": \"x\"}");
	for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
		uint64_t before = last_entry();
		snprintf(args, sizeof args, "{%s}", others[i].args);
		cr_expect_eq(run(NULL, others[i].command, args), CALL_REFUSED, "%s: %s",
			     others[i].command, said);
		cr_expect(strstr(said, "require-reason"), "%s: %s", others[i].command, said);
		cr_expect_eq(last_entry(), before);
		snprintf(args, sizeof args, "{%s, \"reason\": \"because\"}", others[i].args);
		cr_expect_eq(run(NULL, others[i].command, args), CALL_OK, "%s: %s",
			     others[i].command, said);
	}
	/* A plan is none. */
	done("zone set", "{\"zone\": \"theirs.example\", \"settings\": {\"max-records\": \"9\"}, "
			 "\"plan\": true}");
	done("record add", "{\"zone\": \"ours.example\", \"name\": \"a\", \"type\": \"A\", "
			   "\"data\": \"10.0.0.1\"}");
}

/* Derived PTR are records of other zones: who is given some zones makes none in the others. */
Test(scope, a_role_makes_no_ptr_in_zones_that_it_lacks)
{
	const struct scope_grants *bea = operator_of_ours();
	done("zone add", "{\"zone\": \"ours.example\", \"ns\": [\"ns.ours.example\"]}");
	done("zone add", "{\"zone\": \"10.in-addr.arpa\", \"ns\": [\"ns.ours.example\"]}");
	cr_expect_eq(run(bea, "zone set",
			 "{\"zone\": \"ours.example\", \"settings\": {\"ptr\": \"on\", "
			 "\"ptr-from\": \"10.0.0.0/8\"}}"),
		     CALL_REFUSED);
	done("zone set", "{\"zone\": \"ours.example\", \"settings\": {\"ptr\": \"on\", "
			 "\"ptr-from\": \"10.0.0.0/8\"}}");
	cr_expect_eq(run(bea, "record add",
			 "{\"zone\": \"ours.example\", \"name\": \"mine\", \"type\": \"A\", "
			 "\"data\": \"10.0.0.1\"}"),
		     CALL_OK, "%s", said);
	cr_expect_eq(run(NULL, "record list",
			 "{\"zone\": \"10.in-addr.arpa\", \"name\": \"1.0.0.10.in-addr.arpa.\"}"),
		     CALL_NOT_FOUND);
	done("record add", "{\"zone\": \"ours.example\", \"name\": \"root\", \"type\": \"A\", "
			   "\"data\": \"10.0.0.2\"}");
	cr_expect_eq(run(NULL, "record list",
			 "{\"zone\": \"10.in-addr.arpa\", \"name\": \"2.0.0.10.in-addr.arpa.\"}"),
		     CALL_OK);
}
