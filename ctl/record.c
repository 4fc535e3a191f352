/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/timeword.h"
#include "ctl/ask.h"
#include "ctl/ctl.h"
#include "ctl/place.h"
#include "ctl/record.h"
#include "ctl/idn.h"
#include "dns/type.h"
#include <stdlib.h>
#include <string.h>

#define TTL_MAX        0x7fffffffu /* RFC 2181 8 */
#define DNS_STRING_MAX 255

const struct table_column record_columns[] = {
	{"name", "NAME", TABLE_NAME},
	{"ttl", "TTL", TABLE_NUMBER},
	{"type", "TYPE", TABLE_TEXT},
	{"data", "DATA", TABLE_TEXT},
	{"class", "CLASS", TABLE_TEXT},
	{"owner", "OWNER", TABLE_TEXT},
	{"stamp", "STAMP", TABLE_TIME},
	{"age", "AGE", TABLE_AGE},
	{"stale_at", "STALE AT", TABLE_TIME},
	{"window", "WINDOW", TABLE_RARE},
	{0},
};

const struct table_column record_noted_columns[] = {
	{"name", "NAME", TABLE_NAME},         {"ttl", "TTL", TABLE_NUMBER},
	{"type", "TYPE", TABLE_TEXT},         {"data", "DATA", TABLE_TEXT},
	{"class", "CLASS", TABLE_TEXT},       {"owner", "OWNER", TABLE_TEXT},
	{"stamp", "STAMP", TABLE_TIME},       {"age", "AGE", TABLE_AGE},
	{"stale_at", "STALE AT", TABLE_TIME}, {"window", "WINDOW", TABLE_RARE},
	{"note", "NOTE", TABLE_RARE},         {0},
};

/* What a change makes of records. */
const struct table_column change_columns[] = {
	{"change", "CHANGE", TABLE_TEXT},
	{"name", "NAME", TABLE_NAME},
	{"old_ttl", "OLD TTL", TABLE_NUMBER},
	{"ttl", "TTL", TABLE_NUMBER},
	{"type", "TYPE", TABLE_TEXT},
	{"data", "DATA", TABLE_TEXT},
	{"old_class", "OLD CLASS", TABLE_TEXT},
	{"class", "CLASS", TABLE_TEXT},
	{"old_owner", "OLD OWNER", TABLE_TEXT},
	{"owner", "OWNER", TABLE_TEXT},
	{0},
};

/* What a record would become. */
static const struct table_column class_change_columns[] = {
	{"name", "NAME", TABLE_NAME},           {"type", "TYPE", TABLE_TEXT},
	{"data", "DATA", TABLE_TEXT},           {"class", "CLASS", TABLE_TEXT},
	{"new_class", "NEW CLASS", TABLE_TEXT}, {"owner", "OWNER", TABLE_TEXT},
	{"new_owner", "NEW OWNER", TABLE_TEXT}, {"stamp", "STAMP", TABLE_TIME},
	{"new_stamp", "NEW STAMP", TABLE_TIME}, {0},
};
static const struct table_column adopt_columns[] = {
	{"name", "NAME", TABLE_NAME},           {"type", "TYPE", TABLE_TEXT},
	{"data", "DATA", TABLE_TEXT},           {"owner", "OWNER", TABLE_TEXT},
	{"new_owner", "NEW OWNER", TABLE_TEXT}, {"new_class", "NEW CLASS", TABLE_TEXT},
	{"why_left", "WHY LEFT", TABLE_RARE},   {0},
};
static const struct table_column touch_columns[] = {
	{"name", "NAME", TABLE_NAME},
	{"type", "TYPE", TABLE_TEXT},
	{"data", "DATA", TABLE_TEXT},
	{"owner", "OWNER", TABLE_TEXT},
	{"stamp", "STAMP", TABLE_TIME},
	{"new_stamp", "NEW STAMP", TABLE_TIME},
	{0},
};

static int ctl_record_list(struct ctl *ctl)
{
	const char *name = ctl->words.count > 1 ? ctl->words.word[1] : NULL;
	const char *class = words_option(&ctl->words, "--class");
	bool is_static = words_has(&ctl->words, "--static");
	const struct table_column *columns =
		words_has(&ctl->words, "--notes") || words_has(&ctl->words, "--columns")
			? record_noted_columns
			: record_columns;
	if (class && is_static)
		return ctl_fail(ctl, CLIENT_USAGE, "--static is --class static: one is enough");
	if (!ctl->is_json)
		ctl_arg_flag(ctl, "ages");
	if (words_has(&ctl->words, "--stale"))
		ctl_arg_flag(ctl, "stale");
	return ctl_arg(ctl, "zone", ctl->words.word[0]) && ctl_arg(ctl, "name", name) &&
			       ctl_arg(ctl, "class", is_static ? "static" : class) &&
			       ctl_arg_option(ctl, "--under") && ctl_arg_option(ctl, "--type") &&
			       ctl_arg_option(ctl, "--owner") &&
			       ctl_arg_option(ctl, "--older-than") && ctl_arg_option(ctl, "--at")
		       ? ctl_run(ctl, "record list", columns)
		       : CLIENT_USAGE;
}

/* How many bytes of the text are one byte of data, or one character of UTF-8, and stay together. */
static size_t record_unit(const char *text, size_t *bytes)
{
	static const char digits[] = "0123456789";
	uint8_t first = (uint8_t)*text;
	size_t len = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc0 ? 2 : 1;
	bool is_number = *text == '\\' && strspn(text + 1, digits) >= 3;
	*bytes = is_number || *text == '\\' ? 1 : len;
	len = is_number ? 4 : *text == '\\' ? 2 : len;
	size_t left = strnlen(text, len);
	return left < len ? left : len;
}

/* Texts are one string a word, and what the shell took off is put back; other data is words. A
 * string has 255 bytes at most (RFC 1035 3.3): what is longer becomes several, which clients join.
 */
static void record_put_word(FILE *out, const char *word, bool is_text)
{
	bool is_quoted = word[0] == '"', is_open = !is_quoted;
	size_t bytes, count = 0;
	if (!is_text) {
		fputs(word, out);
		return;
	}
	if (!is_quoted)
		fputc('"', out);
	for (size_t len; *word; word += len) {
		len = record_unit(word, &bytes);
		if (*word == '"' && is_quoted) {
			is_open = !is_open;
			count = 0;
			bytes = 0;
		} else if (is_open && count + bytes > DNS_STRING_MAX) {
			fputs("\" \"", out);
			count = 0;
		}
		if (*word == '"' && !is_quoted)
			fputc('\\', out);
		fwrite(word, 1, len, out);
		count += bytes;
	}
	if (!is_quoted)
		fputc('"', out);
}

static bool record_is_of_one_name(uint16_t type)
{
	return type == DNS_TYPE_NS || type == DNS_TYPE_PTR || type == DNS_TYPE_CNAME ||
	       type == DNS_TYPE_DNAME;
}

/* Names in data are turned as names are; other words stay. */
static void record_put_name(FILE *out, const char *word)
{
	char *ascii = idn_ascii(word);
	fputs(ascii ? ascii : word, out);
	free(ascii);
}

static bool record_holds_name(uint16_t type)
{
	return record_is_of_one_name(type) || type == DNS_TYPE_MX || type == DNS_TYPE_SRV ||
	       type == DNS_TYPE_SOA;
}

char *record_data(uint16_t type, const char *const *word, size_t count)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	if (!out)
		abort();
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			fputc(' ', out);
		/* RFC 3597 data begins with \#. */
		bool is_text = (type == DNS_TYPE_TXT || type == DNS_TYPE_SPF) &&
			       strcmp(word[0], "\\#") != 0;
		if (record_holds_name(type))
			record_put_name(out, word[i]);
		else
			record_put_word(out, word[i], is_text);
	}
	fclose(out);
	return text;
}

/* Arguments `type` and `data` from the words that begin with the type. */
static bool record_take_data(struct ctl *ctl, const char *const *word, size_t count)
{
	char problem[DNS_TYPE_PROBLEM_MAX];
	uint16_t type;
	if (count == 0)
		return true;
	if (!dns_type_parse(word[0], strlen(word[0]), &type)) {
		bool is_number = strspn(word[0], "+-.0123456789smhdw") == strlen(word[0]);
		ctl_fail(ctl, CLIENT_USAGE,
			 is_number ? "'%s' is neither a TTL nor a record type" : "%s",
			 is_number ? word[0] : dns_type_problem(word[0], problem));
		return false;
	}
	char *data = count > 1 ? record_data(type, word + 1, count - 1) : NULL;
	bool is_well = ctl_arg(ctl, "type", word[0]) && ctl_arg(ctl, "data", data);
	free(data);
	return is_well;
}

/* The words of a record that is to be: ZONE NAME [TTL] TYPE DATA. Returns where TYPE stands; 0:
 * that was said. */
static size_t record_take_place(struct ctl *ctl)
{
	const char *const *word = (const char *const *)ctl->words.word;
	size_t type_at = 2;
	uint32_t ttl;
	/* A TTL is a number or duration; no type begins with a digit, or with a sign. */
	if ((word[2][0] >= '0' && word[2][0] <= '9') || word[2][0] == '-' || word[2][0] == '+') {
		if (!duration_parse_ttl(word[2], &ttl) || ttl > TTL_MAX) {
			ctl_fail(ctl, CLIENT_USAGE,
				 "'%s' is not a TTL: seconds up to %u, or as in 1h30m", word[2],
				 TTL_MAX);
			return 0;
		}
		type_at = 3;
	}
	if (type_at + 2 > ctl->words.count) {
		ctl_fail(ctl, CLIENT_USAGE, "a record needs TYPE and DATA");
		return 0;
	}
	return ctl_arg(ctl, "ttl", type_at == 3 ? word[2] : NULL) &&
			       ctl_arg(ctl, "zone", word[0]) && ctl_arg(ctl, "name", word[1]) &&
			       ctl_arg_option(ctl, "--owner") && ctl_arg_option(ctl, "--class")
		       ? type_at
		       : 0;
}

/* Beside a draft. */
static void record_take_now(struct ctl *ctl)
{
	if (words_has(&ctl->words, "--now"))
		ctl_arg_flag(ctl, "now");
}

static int ctl_record_add(struct ctl *ctl)
{
	record_take_now(ctl);
	const char *const *word = (const char *const *)ctl->words.word;
	size_t type_at = record_take_place(ctl);
	return type_at && record_take_data(ctl, word + type_at, ctl->words.count - type_at)
		       ? ctl_run(ctl, "record add", NULL)
		       : CLIENT_USAGE;
}

/* --- set */

/* The data of these is one word, so that several words are several records. */
static bool record_is_of_one_word(uint16_t type)
{
	return type == DNS_TYPE_A || type == DNS_TYPE_AAAA || record_is_of_one_name(type);
}

/* Between records of other types stands a word `,`. */
static size_t record_set_len(uint16_t type, const char *const *word, size_t count)
{
	size_t len = 0;
	bool is_each = record_is_of_one_word(type) && strcmp(word[0], "\\#") != 0;
	while (len < count && strcmp(word[len], ",") != 0 && !(is_each && len > 0))
		len++;
	return len;
}

/* Argument `data`: a text for each record. */
static bool record_take_set(struct ctl *ctl, uint16_t type, const char *const *word, size_t count)
{
	json_t *list = json_array();
	json_object_set_new(ctl->args, "data", list);
	for (size_t at = 0; at < count;) {
		size_t len = record_set_len(type, word + at, count - at);
		if (len == 0) {
			ctl_fail(ctl, CLIENT_USAGE, "a ',' stands between the data of two records");
			return false;
		}
		char *data = record_data(type, word + at, len);
		json_t *text = json_string(data);
		free(data);
		if (!text) {
			ctl_fail(ctl, CLIENT_USAGE, "data is not UTF-8");
			return false;
		}
		json_array_append_new(list, text);
		at += len;
		bool is_comma = at < count && strcmp(word[at], ",") == 0;
		at += is_comma && at + 1 < count;
	}
	return true;
}

static int ctl_record_set(struct ctl *ctl)
{
	char problem[DNS_TYPE_PROBLEM_MAX];
	const char *const *word = (const char *const *)ctl->words.word;
	size_t at = record_take_place(ctl);
	uint16_t type;
	if (!at)
		return CLIENT_USAGE;
	if (!dns_type_parse(word[at], strlen(word[at]), &type))
		return ctl_fail(ctl, CLIENT_USAGE, "%s", dns_type_problem(word[at], problem));
	if (!ctl_arg(ctl, "type", word[at]) ||
	    !record_take_set(ctl, type, word + at + 1, ctl->words.count - at - 1))
		return CLIENT_USAGE;
	record_take_now(ctl);
	if (words_has(&ctl->words, "--plan")) {
		ctl_arg_flag(ctl, "plan");
		return ctl_run(ctl, "record set", change_columns);
	}
	if (words_has(&ctl->words, "--yes"))
		ctl_arg_flag(ctl, "yes");
	return json_object_get(ctl->args, "yes") ? ctl_run(ctl, "record set", NULL)
						 : ask_run(ctl, "record set");
}

/* The option --plan, and the columns that a plan has. */
static const struct table_column *plan_of(struct ctl *ctl, const struct table_column *columns)
{
	if (!words_has(&ctl->words, "--plan"))
		return NULL;
	ctl_arg_flag(ctl, "plan");
	return columns;
}

/* Of a name or a set: how many records that is is asked first. */
static int ctl_record_del(struct ctl *ctl)
{
	const char *const *word = (const char *const *)ctl->words.word;
	record_take_now(ctl);
	if (!ctl_arg(ctl, "zone", word[0]) || !ctl_arg(ctl, "name", word[1]) ||
	    !record_take_data(ctl, word + 2, ctl->words.count - 2))
		return CLIENT_USAGE;
	const struct table_column *plan = plan_of(ctl, record_columns);
	if (plan && !ctl->is_json)
		ctl_arg_flag(ctl, "ages");
	return plan ? ctl_run(ctl, "record del", plan) : ask_run(ctl, "record del");
}

/* With --plan, or after a question where several records change. */
static int record_run_planned(struct ctl *ctl, const struct table_column *columns)
{
	const char *command = ctl->command->words;
	const struct table_column *plan = plan_of(ctl, columns);
	if (!plan && ask_planned_soon(ctl, command) == ASK_NO)
		return CLIENT_REFUSED;
	return ctl_run(ctl, command, plan);
}

/* pin, unpin, release: records of a name, all or some. */
static int record_class_change(struct ctl *ctl)
{
	record_take_now(ctl);
	const char *const *word = (const char *const *)ctl->words.word;
	return ctl_arg(ctl, "zone", word[0]) && ctl_arg(ctl, "name", word[1]) &&
			       record_take_data(ctl, word + 2, ctl->words.count - 2)
		       ? record_run_planned(ctl, class_change_columns)
		       : CLIENT_USAGE;
}

static int ctl_record_set_class(struct ctl *ctl)
{
	record_take_now(ctl);
	const char *const *word = (const char *const *)ctl->words.word;
	bool is_all = strcmp(word[2], "ANY") == 0 || strcmp(word[2], "any") == 0;
	return ctl_arg(ctl, "zone", word[0]) && ctl_arg(ctl, "name", word[1]) &&
			       ctl_arg(ctl, "type", is_all ? NULL : word[2]) &&
			       ctl_arg(ctl, "class", word[3])
		       ? record_run_planned(ctl, class_change_columns)
		       : CLIENT_USAGE;
}

static int ctl_record_adopt(struct ctl *ctl)
{
	const char *name = ctl->words.count > 1 ? ctl->words.word[1] : NULL;
	if (words_has(&ctl->words, "--machines"))
		ctl_arg_flag(ctl, "machines");
	if (!ctl_arg(ctl, "zone", ctl->words.word[0]) || !ctl_arg(ctl, "name", name) ||
	    !ctl_arg_option(ctl, "--match") || !ctl_arg_option(ctl, "--owner") ||
	    !ctl_arg_option(ctl, "--realm"))
		return CLIENT_USAGE;
	const struct table_column *plan = plan_of(ctl, adopt_columns);
	return plan ? ctl_run(ctl, "record adopt", plan) : ask_run(ctl, "record adopt");
}

static int ctl_record_touch(struct ctl *ctl)
{
	if (words_has(&ctl->words, "--recurse"))
		ctl_arg_flag(ctl, "recurse");
	return ctl_arg(ctl, "zone", ctl->words.word[0]) && ctl_arg(ctl, "name", ctl->words.word[1])
		       ? record_run_planned(ctl, touch_columns)
		       : CLIENT_USAGE;
}

static const struct words_option list_options[] = {
	CTL_OPTIONS,
	PLACE_ZONE,
	{"--under", "NAME", "at or below this name"},
	{"--type", "TYPE", "of this type"},
	{"--class", "CLASS", "static, dynamic or pinned"},
	{"--static", NULL, "--class static"},
	{"--owner", "PATTERN", "owned by this principal or group, or by one like key:kea-*"},
	{"--older-than", "DURATION", "registered longer ago than that"},
	{"--stale", NULL, "that a run would remove now, oldest first"},
	{"--notes", NULL, "with what is noted of them"},
	{"--at", "TIME", "as it was then: a time, 2h for so long ago, or seq:N for entry N"},
	{0},
};
/* Of what can be an edit of a draft. */
#define RECORD_NOW                                                                                 \
	{                                                                                          \
		"--now", NULL, "at once, though you have a draft of the zone (`zone begin`)"       \
	}

static const struct words_option class_change_options[] = {
	CTL_OPTIONS,
	PLACE_ZONE,
	{"--plan", NULL, "only shows what would change"},
	{"--yes", NULL, "does not ask"},
	RECORD_NOW,
	{0},
};
static const struct words_option adopt_options[] = {
	CTL_OPTIONS,
	PLACE_ZONE,
	{"--match", "GLOB", "only at such names: 'pc*', '*.lab.corp.example'"},
	{"--realm", "REALM", "each host's own: gss:host/NAME@REALM; default: the only trusted one"},
	{"--machines", NULL, "each host's own as Windows and Samba sign: gss:PC1$@REALM"},
	{"--owner", "OWNER", "one owner for all of them, as key:dhcp1 or @dhcp"},
	{"--plan", NULL, "only shows what would change, and what is left"},
	{"--yes", NULL, "does not ask"},
	{0},
};
static const struct words_option touch_options[] = {
	CTL_OPTIONS,
	PLACE_ZONE,
	{"--recurse", NULL, "and at all names below"},
	{"--plan", NULL, "only shows what would be stamped"},
	{"--yes", NULL, "does not ask"},
	{0},
};
static const struct words_option add_options[] = {
	CTL_OPTIONS,
	PLACE_ZONE,
	{"--owner", "PRINCIPAL", "who owns the record, as key:dhcp1; default: you"},
	{"--class", "CLASS", "static (default), dynamic or pinned"},
	RECORD_NOW,
	{0},
};
static const struct words_option set_options[] = {
	CTL_OPTIONS,
	PLACE_ZONE,
	{"--owner", "PRINCIPAL",
	 "who owns all of them; default: what is there stays, new are yours"},
	{"--class", "CLASS", "of all: static, dynamic or pinned; default: new are static"},
	{"--plan", NULL, "only shows what would go, come and stay"},
	{"--yes", NULL, "does not ask, though records of others go"},
	RECORD_NOW,
	{0},
};
static const struct words_option del_options[] = {
	CTL_OPTIONS,
	PLACE_ZONE,
	{"--plan", NULL, "only shows what would go"},
	{"--yes", NULL, "does not ask"},
	RECORD_NOW,
	{0},
};

const struct ctl_command ctl_record_commands[] = {
	{"record list", "ZONE [NAME]", "lists records with owner, age and class", ctl_record_list,
	 1, 2, list_options, "record list corp.example --owner 'key:kea-*' --older-than 30d"},
	{"record add", "ZONE NAME [TTL] TYPE DATA...", "adds a record", ctl_record_add, 4,
	 CTL_ANY_NUMBER, add_options, "record add corp.example www 1h A 10.0.0.80"},
	{"record adopt", "ZONE [NAME]", "makes static records of hosts the hosts' own, which age",
	 ctl_record_adopt, 1, 2, adopt_options,
	 "record adopt corp.example --match 'pc*' --realm CORP.EXAMPLE --plan"},
	{"record del", "ZONE NAME [TYPE [DATA...]]", "deletes a record, an RRset or a name",
	 ctl_record_del, 2, CTL_ANY_NUMBER, del_options, "record del corp.example www A 10.0.0.80"},
	{"record pin", "ZONE NAME [TYPE [DATA...]]", "keeps records from ageing",
	 record_class_change, 2, CTL_ANY_NUMBER, class_change_options,
	 "record pin corp.example www A"},
	{"record unpin", "ZONE NAME [TYPE [DATA...]]", "lets records age, from now on",
	 record_class_change, 2, CTL_ANY_NUMBER, class_change_options,
	 "record unpin corp.example www A"},
	{"record release", "ZONE NAME [TYPE [DATA...]]", "makes records nobody's",
	 record_class_change, 2, CTL_ANY_NUMBER, class_change_options,
	 "record release corp.example www A"},
	{"record set", "ZONE NAME [TTL] TYPE DATA...", "replaces all records of a type at a name",
	 ctl_record_set, 4, CTL_ANY_NUMBER, set_options,
	 "record set corp.example www 1h A 10.0.0.80 10.0.0.81 --plan"},
	{"record set-class", "ZONE NAME TYPE CLASS",
	 "makes records static, dynamic or pinned; TYPE may be ANY", ctl_record_set_class, 4, 4,
	 class_change_options, "record set-class corp.example pc1 A dynamic --plan"},
	{"record touch", "ZONE NAME", "makes dynamic records as fresh as if registered now",
	 ctl_record_touch, 2, 2, touch_options, "record touch corp.example site1 --recurse"},
	{0},
};

const struct ctl_tables ctl_record_tables[] = {
	{"record list", {record_noted_columns, record_columns}},
	{"record adopt", {adopt_columns}},
	{"record del", {record_columns}},
	{"record pin", {class_change_columns}},
	{"record unpin", {class_change_columns}},
	{"record release", {class_change_columns}},
	{"record set", {change_columns}},
	{"record set-class", {class_change_columns}},
	{"record touch", {touch_columns}},
	{0},
};
