/* SPDX-License-Identifier: BSD-2-Clause */
/* What a role of one zone is answered does not depend on what there is elsewhere: each command with
 * each argument is asked about keys, groups, zones, records and principals of other zones, on a
 * server that has them, and on one where all of them are called otherwise. Messages that are the
 * same on both have left sentences in the log that name what is elsewhere. */
#include <config.h>
#include "admin/command.h"
#include "admin/scope.h"
#include "admin/scope_entry.h"
#include "base/codec.h"
#include "dns/msg.h"
#include "dns/nsupdate.h"
#include "nameserver/dispatch.h"
#include "nameserver/pending.h"
#include "nameserver/refusal.h"
#include <criterion/criterion.h>
#include <ftw.h>
#include <semaphore.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define START_US 1767603600000000
#define NUMBERS  32 /* of entries and runs: more than there are */

/* One server after the other; what the first answered is kept for the second. */
struct oracle {
	struct core *core;
	bool is_other; /* what is asked about is not there */
	char **answers;
	size_t count, at, differing;
	char *text; /* the present answer */
	size_t len;
};

static struct oracle oracle;

static void oracle_keep(const char *text, size_t len)
{
	oracle.text = realloc(oracle.text, oracle.len + len + 2);
	cr_assert(oracle.text);
	memcpy(oracle.text + oracle.len, text, len);
	oracle.len += len;
	oracle.text[oracle.len++] = '\n';
	oracle.text[oracle.len] = '\0';
}

static void oracle_keep_json(const json_t *value)
{
	char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
	cr_assert(text);
	oracle_keep(text, strlen(text));
	free(text);
}

static bool oracle_row(struct call *call, json_t *row)
{
	(void)call;
	oracle_keep_json(row);
	return true;
}

static bool oracle_write(struct call *call, struct bytes data)
{
	(void)call;
	oracle_keep((const char *)data.data, data.len);
	return true;
}

static bool oracle_read(struct call *call, struct bytes *data)
{
	(void)call;
	(void)data;
	return false;
}

static bool oracle_wait(struct call *call, unsigned milliseconds)
{
	(void)call;
	(void)milliseconds;
	return false;
}

static enum call_code oracle_run(const struct scope_grants *grants, const char *command,
				 json_t *args)
{
	struct call call;
	char code_text[16];
	oracle.len = 0;
	call_open(&call, oracle.core, "local:bea");
	call.args = args;
	call.grants = grants;
	call.row = oracle_row;
	call.write = oracle_write;
	call.read = oracle_read;
	call.wait = oracle_wait;
	enum call_code code = call_run(&call, command);
	snprintf(code_text, sizeof code_text, "(%d)", (int)code);
	oracle_keep(code_text, strlen(code_text));
	if (call_error(&call))
		oracle_keep(call_error(&call), strlen(call_error(&call)));
	oracle_keep_json(call.result);
	call_close(&call);
	return code;
}

/* --- two servers */

/* On the other server what is hidden has other names of the same length. */
static void oracle_done(const char *command, const char *args)
{
	static const char *const words[][2] = {
		{"hidden", "zyxwvu"}, {"theirs", "strewn"}, {"10.in-addr", "11.in-addr"}};
	char *text = strdup(args);
	cr_assert(text);
	for (size_t i = 0; oracle.is_other && i < sizeof words / sizeof *words; i++) {
		for (char *at = text; (at = strstr(at, words[i][0])) != NULL;)
			memcpy(at, words[i][1], strlen(words[i][1]));
	}
	json_t *parsed = json_loads(text, 0, NULL);
	cr_assert(parsed, "%s", text);
	enum call_code code = oracle_run(NULL, command, parsed);
	cr_assert_eq(code, CALL_OK, "%s %s: %s", command, text, oracle.text);
	json_decref(parsed);
	free(text);
}

/* --- messages to the zones of the role, the same to both servers */

static void oracle_answered(struct pending *pending, void *context)
{
	(void)pending;
	sem_post(context);
}

static bool oracle_send(void *context, const struct nsupdate_message *message)
{
	struct dispatcher dispatcher;
	uint8_t answer[DNS_MESSAGE_MAX];
	struct bytes_out reply = bytes_out_of(answer, sizeof answer);
	struct pending *pending = NULL;
	sem_t done;
	struct packet p = {.bytes = message->packet, .transport = ENTRY_UDP, .proved = context};
	cr_assert_null(addr_parse("127.0.0.9", 4000, &p.source));
	dispatcher_open(&dispatcher, oracle.core);
	dispatcher_begin(&dispatcher);
	if (dispatch(&dispatcher, &p, &reply, &pending) == DISPATCH_WAITS) {
		sem_init(&done, 0, 0);
		cr_assert(pending_post(pending, oracle_answered, &done));
		sem_wait(&done);
		pending_answer(pending, &dispatcher, &reply);
		pending_free(pending);
	}
	cr_assert_gt(bytes_out_len(&reply), 0);
	dispatcher_end(&dispatcher);
	dispatcher_close(&dispatcher);
	return true;
}

/* Of each a sentence is stored that names what is elsewhere. */
static void oracle_send_all(void)
{
	static const struct {
		const char *as, *text, *settled;
	} sent[] = {
		{"key:web-1.theirs.example",
		 "zone ours.example\nadd host.ours.example 300 A 10.0.0.4\nsend\n",
		 "host.ours.example"},
		{"key:x", "zone ours.example\nadd hidden-1.theirs.example 300 A 10.0.0.7\nsend\n",
		 "hidden-1.theirs.example"},
		{"key:x", "zone ours.example\nprereq yxdomain theirs.example\nsend\n",
		 "theirs.example"},
		{"key:x",
		 "zone 77.in-addr.arpa\nadd 9.0.0.10.in-addr.arpa 300 PTR x.ours.example\n"
		 "send\n",
		 "9.0.0.10.in-addr.arpa"},
	};
	for (size_t i = 0; i < sizeof sent / sizeof *sent; i++) {
		struct who who;
		struct dns_name name;
		struct nsupdate_reader reader = {.message = oracle_send, .context = &who};
		cr_assert_null(who_parse(&who, sent[i].as));
		cr_assert(nsupdate_read(&reader, sent[i].text, strlen(sent[i].text)), "%s",
			  reader.error);
		cr_assert_null(dns_name_parse_text(&name, sent[i].settled));
		refusals_settle(oracle.core, &name);
	}
}

static void oracle_fill(void)
{
	static const char *const steps[][2] = {
		{"zone add", "{'zone': 'ours.example', 'ns': ['ns.ours.example']}"},
		{"zone add", "{'zone': 'theirs.example', 'ns': ['ns.hidden.example']}"},
		{"zone add", "{'zone': '10.in-addr.arpa', 'ns': ['ns.hidden.example']}"},
		{"zone add", "{'zone': '77.in-addr.arpa', 'ns': ['ns.ours.example'], "
			     "'settings': {'update': 'secure', 'policy': 'self'}}"},
		{"key generate", "{'name': 'hidden-key'}"},
		{"key generate", "{'name': 'hidden-*'}"},
		{"group create", "{'name': '@hidden-group', 'members': ['key:hidden-key'], "
				 "'acting': true}"},
		{"group create", "{'name': '@hidden-plain', 'members': ['gss:hidden*@R.EXAMPLE']}"},
		{"record add", "{'zone': 'ours.example', 'name': 'www', 'type': 'A', "
			       "'data': '10.0.0.1'}"},
		{"record add", "{'zone': 'ours.example', 'name': 'old', 'type': 'A', "
			       "'data': '10.0.0.3', 'class': 'dynamic', 'owner': 'key:x'}"},
		{"record add", "{'zone': 'theirs.example', 'name': 'hidden-1', 'type': 'A', "
			       "'data': '10.9.9.1', 'class': 'dynamic', "
			       "'owner': 'key:hidden-gone'}"},
		{"record add", "{'zone': 'theirs.example', 'name': 'hidden-2', 'type': 'A', "
			       "'data': '10.9.9.1', 'class': 'dynamic', "
			       "'owner': 'gss:HIDDEN$@R.EXAMPLE'}"},
		{"record add",
		 "{'zone': 'theirs.example', 'name': 'hidden-3', 'type': 'A', "
		 "'data': '10.9.9.3', 'class': 'dynamic', 'owner': 'key:hidden-key'}"},
		{"record add", "{'zone': '10.in-addr.arpa', 'name': '9.0.0', 'type': 'PTR', "
			       "'data': 'hidden-1.theirs.example.'}"},
		{"owner reserve", "{'zone': 'theirs.example', 'name': 'hidden-kept', "
				  "'for': 'key:hidden-kept'}"},
		{"zone set", "{'zone': 'theirs.example', 'settings': {'update': 'secure', "
			     "'aging': 'on', 'max-count': '1'}}"},
		{"zone set", "{'zone': 'ours.example', 'settings': {'update': 'secure', "
			     "'aging': 'on'}}"},
		{"zone policy set", "{'zone': 'theirs.example', 'text': 'allow key:hidden-rule "
				    "claim\\n'}"},
		{"group create", "{'name': '@hidden-kea', 'members': ['key:pair1'], "
				 "'acting': true}"},
		{"key generate", "{'name': 'hidden.ours.example'}"},
		{"record add", "{'zone': 'ours.example', 'name': 'pair', 'type': 'A', "
			       "'data': '10.0.0.4', 'class': 'dynamic', "
			       "'owner': 'key:pair2'}"},
		{"record add", "{'zone': 'theirs.example', 'name': 'hidden-h', 'type': 'A', "
			       "'data': '77.0.0.3'}"},
		{"record note", "{'zone': 'theirs.example', 'name': 'www', 'text': 'hidden'}"},
		{"record note", "{'zone': 'ours.example', 'name': 'www', 'text': 'seen'}"},
	};
	for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
		char args[512];
		snprintf(args, sizeof args, "%s", steps[i][1]);
		for (char *at = args; *at; at++)
			*at = *at == '\'' ? '"' : *at;
		oracle_done(steps[i][0], args);
	}
	oracle_send_all();
}

static char oracle_folder[] = "/tmp/tenure-oracle-XXXXXX";

static int oracle_drop(const char *path, const struct stat *info, int flag, struct FTW *ftw)
{
	(void)info;
	(void)flag;
	(void)ftw;
	return remove(path);
}

static void oracle_begin(bool is_other)
{
	char error[STORE_ERROR_MAX];
	snprintf(oracle_folder, sizeof oracle_folder, "/tmp/tenure-oracle-XXXXXX");
	cr_assert(mkdtemp(oracle_folder));
	struct core_options options = {.data = oracle_folder,
				       .map_size = 64 << 20,
				       .readers = 2,
				       .hand_clock_us = START_US,
				       .has_schedule = true};
	oracle.core = core_start(&options, error);
	cr_assert(oracle.core, "%s", error);
	oracle.is_other = is_other;
	oracle.at = 0;
	oracle_fill();
}

static void oracle_end(void)
{
	core_stop(oracle.core);
	oracle.core = NULL;
	nftw(oracle_folder, oracle_drop, 8, FTW_DEPTH | FTW_PHYS);
}

static void oracle_clean(void)
{
	if (oracle.core)
		oracle_end();
	for (size_t i = 0; i < oracle.count; i++)
		free(oracle.answers[i]);
	free(oracle.answers);
	free(oracle.text);
}

TestSuite(scope_oracle, .fini = oracle_clean);

/* --- what is asked */

static const char *const oracle_principals[] = {
	"key:hidden-key",        "key:hidden-kez", "key:hidden-gone", "key:hidden-kept",
	"key:hidden-rule",       "key:hidden-*",   "hidden-key",      "hidden-group",
	"@hidden-group",         "@hidden-plain",  "@hidden-grou",    "gss:HIDDEN$@R.EXAMPLE",
	"gss:hidden7@R.EXAMPLE",
};
static const char *const oracle_zones[] = {"theirs.example", "thers.example", "10.in-addr.arpa",
					   "hidden.theirs.example"};
static const char *const oracle_names[] = {
	"hidden-1.theirs.example.", "hidden-9.theirs.example.", "hidden-1",
	"9.0.0.10.in-addr.arpa.",   "theirs.example.",          "www.thers.example.",
};
static const char *const oracle_data[] = {
	"hidden-1.theirs.example.", "hidden-9.theirs.example.", "10.9.9.1", "10.0.0.9",
	"ns.hidden.example.",       "9.0.0.10.in-addr.arpa.",
};
static const char *const oracle_texts[] = {
	"allow key:hidden-key claim\n",
	"allow key:hidden-kez claim\n",
	"allow @hidden-group claim\n",
	"allow @hidden-grou claim\n",
	"allow key:hidden-rule claim under hidden\n",
	"allow gss:hidden*@R.EXAMPLE claim\n",
	"zone ours.example\nupdate add x.ours.example 300 CNAME hidden-1.theirs.example\nsend\n",
	"zone theirs.example\nupdate add hidden-1.theirs.example 300 A 10.9.9.9\nsend\n",
	"update add hidden-1.theirs.example 300 A 10.9.9.9\nsend\n",
	"zone ours.example\nprereq yxdomain hidden-1.theirs.example\nsend\n",
	"update add foo.theirs.example 300 A 10.9.9.9\nsend\n",
	"prereq nxdomain foo.theirs.example\nsend\n",
	"update add www.thers.example 300 A 10.9.9.9\nsend\n",
	"update add 3.0.0.77.in-addr.arpa 300 PTR hidden-h.theirs.example\nsend\n",
	"update add 4.0.0.77.in-addr.arpa 300 PTR hidden-h.theirs.example\nsend\n",
};

/* What no argument alone asks. */
static const char *const oracle_asked[][2] = {
	{"why", "{'name': '3.0.0.77.in-addr.arpa.', 'type': 'PTR', "
		"'data': 'hidden-h.theirs.example.', 'as': 'key:hidden-h.theirs.example'}"},
	{"why", "{'name': '4.0.0.77.in-addr.arpa.', 'type': 'PTR', "
		"'data': 'hidden-h.theirs.example.', 'as': 'key:hidden-h.theirs.example'}"},
	{"why", "{'update': 'update add 3.0.0.77.in-addr.arpa 300 PTR "
		"hidden-h.theirs.example\\nsend\\n', 'as': 'key:hidden-h.theirs.example'}"},
	{"why", "{'name': 'hidden.ours.example.', 'type': 'A', 'as': 'anonymous'}"},
	{"why", "{'name': 'pair.ours.example.', 'type': 'A', 'data': '10.0.0.9', "
		"'as': 'key:pair1'}"},
	{"why", "{'name': 'host.ours.example.', 'type': 'A', 'data': '10.0.0.9', "
		"'as': 'key:web-2.theirs.example'}"},
	{"why", "{'last': 'hidden-1.theirs.example.', 'zone': 'ours.example'}"},
	{"why", "{'last': 'theirs.example.', 'zone': 'ours.example'}"},
	{"why", "{'last': '9.0.0.10.in-addr.arpa.', 'zone': '77.in-addr.arpa'}"},
	{"audit", "{'zone': 'ours.example'}"},
	{"audit", "{'zone': '77.in-addr.arpa'}"},
	{"audit", "{'zone': 'ours.example', 'denied': true}"},
	{"audit export", "{'zone': 'ours.example'}"},
	{"audit export", "{'zone': '77.in-addr.arpa'}"},
	{"record add", "{'zone': 'ours.example', 'name': 'sub1', 'type': 'NS', "
		       "'data': 'hidden-9.theirs.example.'}"},
	{"record add", "{'zone': 'ours.example', 'name': 'sub2', 'type': 'NS', "
		       "'data': 'hidden-1.theirs.example.'}"},
	{"record add", "{'zone': 'ours.example', 'name': 'sub3', 'type': 'NS', "
		       "'data': 'ns.absent.example.'}"},
	{"zone check", "{'zone': 'ours.example'}"},
};

#define PROBES(list) list, sizeof(list) / sizeof *(list)

/* What an argument is asked about, and what it is otherwise. */
static const struct {
	const char *name, *usual;
	const char *const *probes;
	size_t count;
} oracle_args[] = {
	{"zone", "ours.example", PROBES(oracle_zones)},
	{"name", "www.ours.example.", PROBES(oracle_names)},
	{"names", "www.ours.example.", PROBES(oracle_names)},
	{"last", "www.ours.example.", PROBES(oracle_names)},
	{"under", "ours.example.", PROBES(oracle_names)},
	{"match", "www.ours.example", PROBES(oracle_names)},
	{"data", "10.0.0.1", PROBES(oracle_data)},
	{"owner", "key:x", PROBES(oracle_principals)},
	{"principal", "key:x", PROBES(oracle_principals)},
	{"as", "key:x", PROBES(oracle_principals)},
	{"for", "key:x", PROBES(oracle_principals)},
	{"from", "key:x", PROBES(oracle_principals)},
	{"to", "key:y", PROBES(oracle_principals)},
	{"renewed-by", "key:x", PROBES(oracle_principals)},
	{"text", "seen", PROBES(oracle_texts)},
	{"update", "zone ours.example\nupdate add y.ours.example 300 A 10.0.0.9\nsend\n",
	 PROBES(oracle_texts)},
	{"type", "A", NULL, 0},
	{"class", "static", NULL, 0},
	{"log", "changes", NULL, 0},
	{"run", "1", NULL, 0},
	{"ttl", "300", NULL, 0},
};

static const char *const oracle_numbers[] = {"run", "seq"};
static const char *const oracle_types[] = {"A", "NS", "CNAME", "PTR", "MX", NULL};

static size_t oracle_arg(const char *name)
{
	size_t i = 0;
	while (i < sizeof oracle_args / sizeof *oracle_args &&
	       strcmp(oracle_args[i].name, name) != 0)
		i++;
	return i;
}

static bool oracle_pack(void *context, const struct nsupdate_message *message)
{
	json_t **packed = context;
	char text[1024];
	struct bytes_out out = bytes_out_of(text, sizeof text);
	codec_print(CODEC_BASE64, message->packet, &out);
	*packed = json_stringn(text, bytes_out_len(&out));
	return false;
}

/* The argument `update` is a message. */
static json_t *oracle_text(const char *name, const char *text)
{
	json_t *packed = NULL;
	struct nsupdate_reader reader = {.message = oracle_pack, .context = &packed};
	if (strcmp(name, "update") == 0)
		nsupdate_read(&reader, text, strlen(text));
	return packed ? packed : json_string(text);
}

static json_t *oracle_value(const char *name, char kind)
{
	size_t i = oracle_arg(name);
	const char *text =
		i < sizeof oracle_args / sizeof *oracle_args ? oracle_args[i].usual : "x";
	return kind == 'i'   ? json_integer(1)
	       : kind == 'b' ? json_true()
	       : kind == 'o' ? json_object()
	       : kind == 'a' ? json_pack("[s]", text)
			     : oracle_text(name, text);
}

/* A parameter of a command, as in its table: name=kind, with ? where it may be absent. */
struct oracle_param {
	char name[32], kind;
	bool is_optional;
};

static bool oracle_next(const char **at, struct oracle_param *param)
{
	if (!**at)
		return false;
	size_t len = strcspn(*at, "=");
	snprintf(param->name, sizeof param->name, "%.*s", (int)len, *at);
	param->kind = (*at)[len + 1];
	param->is_optional = (*at)[len + 2] == '?';
	*at += strcspn(*at, " ");
	*at += strspn(*at, " ");
	return true;
}

static void oracle_ask(const struct scope_grants *grants, const char *command, json_t *args)
{
	oracle_run(grants, command, args);
	if (!oracle.is_other) {
		oracle.answers = realloc(oracle.answers, (oracle.count + 1) * sizeof(char *));
		cr_assert(oracle.answers);
		oracle.answers[oracle.count++] = strdup(oracle.text);
		return;
	}
	cr_assert_lt(oracle.at, oracle.count);
	const char *there = oracle.answers[oracle.at++];
	if (strcmp(there, oracle.text) == 0)
		return;
	char *typed = json_dumps(args, JSON_COMPACT);
	if (oracle.differing++ < 20)
		cr_expect(false, "%s %s: where it is there\n%.4000s\nand where it is not\n%.4000s",
			  command, typed, there, oracle.text);
	free(typed);
}

/* With the parameter `probed` as the probe; `without`: of the others those alone that are needed,
 * and the zone. */
static void oracle_try(const struct scope_grants *grants, const struct command *command,
		       const struct oracle_param *probed, const char *probe, unsigned manner)
{
	struct oracle_param param;
	json_t *args = json_object();
	for (const char *at = command->params; oracle_next(&at, &param);) {
		bool is_probed = strcmp(param.name, probed->name) == 0;
		bool is_wanted = !param.is_optional || is_probed ||
				 (manner > 0 && strcmp(param.name, "zone") == 0) ||
				 (manner > 1 && param.kind == 's');
		if (strcmp(param.name, "type") == 0 && is_wanted && manner > 2)
			json_object_set_new(args, "type", json_string(oracle_types[manner - 2]));
		else if (is_probed && param.kind == 'a')
			json_object_set_new(args, param.name, json_pack("[s]", probe));
		else if (is_probed)
			json_object_set_new(args, param.name, oracle_text(param.name, probe));
		else if (is_wanted)
			json_object_set_new(args, param.name, oracle_value(param.name, param.kind));
	}
	oracle_ask(grants, command->words, args);
	if (strstr(command->params, "plan=")) {
		json_object_set_new(args, "plan", json_true());
		oracle_ask(grants, command->words, args);
	}
	json_decref(args);
}

/* The same as it usually is, with the number of an entry or a run. */
static void oracle_try_number(const struct scope_grants *grants, const struct command *command,
			      const char *name, json_int_t number)
{
	struct oracle_param param;
	json_t *args = json_object();
	char text[24];
	snprintf(text, sizeof text, "%d", (int)number);
	for (const char *at = command->params; oracle_next(&at, &param);) {
		if (strcmp(param.name, name) == 0)
			json_object_set_new(args, param.name,
					    param.kind == 's' ? json_string(text)
							      : json_integer(number));
		else if (!param.is_optional)
			json_object_set_new(args, param.name, oracle_value(param.name, param.kind));
	}
	oracle_ask(grants, command->words, args);
	json_decref(args);
}

static bool oracle_has(const struct command *command, const char *param)
{
	char wanted[32];
	snprintf(wanted, sizeof wanted, "%s=", param);
	return strstr(command->params, wanted) != NULL;
}

static void oracle_try_asked(const struct scope_grants *grants, enum role role)
{
	for (size_t i = 0; i < sizeof oracle_asked / sizeof *oracle_asked; i++) {
		char text[512];
		snprintf(text, sizeof text, "%s", oracle_asked[i][1]);
		for (char *at = text; *at; at++)
			*at = *at == '\'' ? '"' : *at;
		json_t *args = json_loads(text, 0, NULL);
		cr_assert(args, "%s", text);
		const char *update = json_string_value(json_object_get(args, "update"));
		if (update)
			json_object_set_new(args, "update", oracle_text("update", update));
		if (role_of_command(oracle_asked[i][0])->least <= role)
			oracle_ask(grants, oracle_asked[i][0], args);
		json_decref(args);
	}
}

static void oracle_try_all(enum role role)
{
	struct dns_name apexes[2];
	dns_name_parse_text(&apexes[0], "ours.example");
	dns_name_parse_text(&apexes[1], "77.in-addr.arpa");
	const struct scope_grant grant = {
		.role = role, .zones = apexes, .zone_count = 2, .given = "user bea"};
	const struct scope_grant *const of[] = {&grant};
	const struct scope_grants grants = {of, 1};
	oracle_try_asked(&grants, role);
	for (size_t i = 0; command_of_index(i); i++) {
		const struct command *command = command_of_index(i);
		struct oracle_param param;
		if (role_of_command(command->words)->least > role)
			continue;
		for (size_t w = 0; w < 2; w++) {
			json_int_t last = oracle_has(command, oracle_numbers[w]) ? NUMBERS : 1;
			for (json_int_t n = 1; n <= last; n++)
				oracle_try_number(&grants, command, oracle_numbers[w], n);
		}
		for (const char *at = command->params; oracle_next(&at, &param);) {
			size_t arg = oracle_arg(param.name);
			bool has = arg < sizeof oracle_args / sizeof *oracle_args;
			unsigned manners = strstr(command->params, "data=") ? 7 : 3;
			for (size_t p = 0; has && p < oracle_args[arg].count; p++)
				for (unsigned manner = 0; manner < manners; manner++)
					oracle_try(&grants, command, &param,
						   oracle_args[arg].probes[p], manner);
		}
	}
}

static void oracle_compare(enum role role)
{
	oracle_begin(false);
	oracle_try_all(role);
	oracle_end();
	oracle_begin(true);
	oracle_try_all(role);
	cr_expect_eq(oracle.differing, 0, "%zu of %zu answers differ", oracle.differing,
		     oracle.count);
	cr_expect_gt(oracle.count, 900);
}

Test(scope_oracle, a_reader_of_one_zone_cannot_ask_what_there_is_elsewhere)
{
	oracle_compare(ROLE_READ);
}

Test(scope_oracle, an_operator_of_one_zone_cannot_ask_what_there_is_elsewhere)
{
	oracle_compare(ROLE_OPERATE);
}

/* The number as a mark, so that answers about two numbers can be compared. */
static char *oracle_without_number(json_int_t number)
{
	char digits[24], *text = strdup(oracle.text), *out = text;
	cr_assert(text);
	size_t len = (size_t)snprintf(digits, sizeof digits, " %d", (int)number);
	for (const char *at = text; *at;) {
		bool is_it = strncmp(at, digits, len) == 0;
		*out++ = is_it ? '#' : *at;
		at += is_it ? len : 1;
	}
	*out = '\0';
	return text;
}

Test(scope_oracle, a_run_or_entry_of_others_is_answered_as_one_that_is_not_there)
{
	enum { OF_OTHERS = 3, NOT_THERE = 77777 };
	struct dns_name apex;
	dns_name_parse_text(&apex, "ours.example");
	const struct scope_grant grant = {
		.role = ROLE_OPERATE, .zones = &apex, .zone_count = 1, .given = "user bea"};
	const struct scope_grant *const of[] = {&grant};
	const struct scope_grants grants = {of, 1};
	oracle_begin(false);
	for (size_t i = 0; command_of_index(i); i++) {
		const struct command *command = command_of_index(i);
		for (size_t w = 0; w < 2; w++) {
			if (!oracle_has(command, oracle_numbers[w]) ||
			    role_of_command(command->words)->least > ROLE_OPERATE)
				continue;
			oracle_try_number(&grants, command, oracle_numbers[w], OF_OTHERS);
			char *there = oracle_without_number(OF_OTHERS);
			oracle_try_number(&grants, command, oracle_numbers[w], NOT_THERE);
			char *absent = oracle_without_number(NOT_THERE);
			cr_expect_str_eq(there, absent, "%s: of others\n%s\nnot there\n%s",
					 command->words, there, absent);
			free(there);
			free(absent);
		}
	}
}

/* "-": nothing is left of it. */
Test(scope_oracle, a_sentence_of_the_log_is_shown_without_what_is_elsewhere)
{
	static const char *const sentences[][2] = {
		{"wrong zone: a.b is not in ours.example, did you mean b?",
		 "wrong zone: a.b is not in ours.example"},
		{"no group acts for key:a, which is in @x and in @y", "-"},
		{"owned by key:b; no group acts for key:a, which is in @x and in @y",
		 "owned by key:b"},
		{"names move from zone theirs.example", "names move from another zone"},
		{"names move from zone ours.example", "names move from zone ours.example"},
		{"owned by key:b", "owned by key:b"},
	};
	struct dns_name apex;
	dns_name_parse_text(&apex, "ours.example");
	const struct scope_grant grant = {
		.role = ROLE_READ, .zones = &apex, .zone_count = 1, .given = "user bea"};
	const struct scope_grant *const of[] = {&grant};
	const struct scope_grants grants = {of, 1};
	struct call listed = {.grants = &grants, .least = ROLE_READ, .is_listed = true};
	struct call whole = {.least = ROLE_READ};
	for (size_t i = 0; i < sizeof sentences / sizeof *sentences; i++) {
		json_t *row = json_pack("{ss}", "reason", sentences[i][0]);
		scope_entry_hide(&whole, row);
		cr_expect_str_eq(json_string_value(json_object_get(row, "reason")),
				 sentences[i][0]);
		scope_entry_hide(&listed, row);
		const char *shown = json_string_value(json_object_get(row, "reason"));
		cr_expect_str_eq(shown ? shown : "-", sentences[i][1]);
		json_decref(row);
	}
	arena_free(&listed.row_arena);
}

Test(scope_oracle, what_is_not_looked_at_for_such_a_role_is_said)
{
	static const char *const asked[][3] = {
		{"record add",
		 "{\"zone\": \"ours.example\", \"name\": \"sub1\", \"type\": \"NS\", "
		 "\"data\": \"hidden-9.theirs.example.\"}",
		 "the name server hidden-9.theirs.example lies in no zone that you see"},
		{"record add",
		 "{\"zone\": \"ours.example\", \"name\": \"sub2\", \"type\": \"NS\", "
		 "\"data\": \"ns.absent.example.\"}",
		 "the name server ns.absent.example lies in no zone that you see"},
		{"why",
		 "{\"name\": \"3.0.0.77.in-addr.arpa.\", \"type\": \"PTR\", "
		 "\"as\": \"key:hidden-h.theirs.example\"}",
		 "known in the host's zone, which you do not see"},
	};
	struct dns_name apexes[2];
	dns_name_parse_text(&apexes[0], "ours.example");
	dns_name_parse_text(&apexes[1], "77.in-addr.arpa");
	const struct scope_grant grant = {
		.role = ROLE_OPERATE, .zones = apexes, .zone_count = 2, .given = "user bea"};
	const struct scope_grant *const of[] = {&grant};
	const struct scope_grants grants = {of, 1};
	oracle_begin(false);
	for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
		json_t *args = json_loads(asked[i][1], 0, NULL);
		cr_assert(args);
		cr_expect_eq(oracle_run(&grants, asked[i][0], args), CALL_OK, "%s", oracle.text);
		cr_expect(strstr(oracle.text, asked[i][2]), "%s", oracle.text);
		/* Whoever sees the zone is told what is there. */
		oracle_run(NULL, asked[i][0], args);
		cr_expect_null(strstr(oracle.text, asked[i][2]), "%s", oracle.text);
		json_decref(args);
	}
}
