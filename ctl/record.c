/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/timeword.h"
#include "ctl/ctl.h"
#include "ctl/record.h"
#include "dns/type.h"
#include <stdlib.h>
#include <string.h>

#define TTL_MAX 0x7fffffffu /* RFC 2181 8 */

const struct table_column record_columns[] = {
	{"name", "NAME", TABLE_NAME},
	{"ttl", "TTL", TABLE_NUMBER},
	{"type", "TYPE", TABLE_TEXT},
	{"data", "DATA", TABLE_TEXT},
	{"class", "CLASS", TABLE_TEXT},
	{"owner", "OWNER", TABLE_TEXT},
	{"stamp", "STAMP", TABLE_TIME},
	{"stale_at", "STALE AT", TABLE_TIME},
	{0},
};

static int record_list(struct ctl *ctl)
{
	const char *name = ctl->words.count > 1 ? ctl->words.word[1] : NULL;
	return ctl_arg(ctl, "zone", ctl->words.word[0]) && ctl_arg(ctl, "name", name) &&
			       ctl_arg_option(ctl, "--type")
		       ? ctl_run(ctl, "record list", record_columns)
		       : CLIENT_USAGE;
}

/* Texts are one string a word: what the shell took off is put back. Other data is words. */
static void put_word(FILE *out, const char *word, bool is_text)
{
	if (!is_text || word[0] == '"') {
		fputs(word, out);
		return;
	}
	fputc('"', out);
	for (; *word; word++) {
		if (*word == '"')
			fputc('\\', out);
		fputc(*word, out);
	}
	fputc('"', out);
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
		put_word(out, word[i], is_text);
	}
	fclose(out);
	return text;
}

/* Arguments `type` and `data` from the words that begin with the type. */
static bool take_data(struct ctl *ctl, const char *const *word, size_t count)
{
	uint16_t type;
	if (count == 0)
		return true;
	if (!dns_type_parse(word[0], strlen(word[0]), &type)) {
		ctl_fail(ctl, CLIENT_USAGE, "'%s' is not a record type", word[0]);
		return false;
	}
	char *data = count > 1 ? record_data(type, word + 1, count - 1) : NULL;
	bool is_well = ctl_arg(ctl, "type", word[0]) && ctl_arg(ctl, "data", data);
	free(data);
	return is_well;
}

static int record_add(struct ctl *ctl)
{
	const char *const *word = (const char *const *)ctl->words.word;
	size_t count = ctl->words.count, type_at = 2;
	uint32_t ttl;
	/* A TTL is a number or duration; no type begins with a digit. */
	if (word[2][0] >= '0' && word[2][0] <= '9') {
		if (!duration_parse(word[2], &ttl) || ttl > TTL_MAX)
			return ctl_fail(ctl, CLIENT_USAGE,
					"'%s' is not a TTL: seconds up to %u, or as in 1h30m",
					word[2], TTL_MAX);
		type_at = 3;
	}
	if (type_at + 2 > count)
		return ctl_fail(ctl, CLIENT_USAGE, "a record needs TYPE and DATA");
	if (type_at == 3 && !ctl_arg(ctl, "ttl", word[2]))
		return CLIENT_USAGE;
	return ctl_arg(ctl, "zone", word[0]) && ctl_arg(ctl, "name", word[1]) &&
			       take_data(ctl, word + type_at, count - type_at) &&
			       ctl_arg_option(ctl, "--owner") && ctl_arg_option(ctl, "--class")
		       ? ctl_run(ctl, "record add", NULL)
		       : CLIENT_USAGE;
}

/* del, pin, unpin, release: records of a name, all or some. */
static int record_turn(struct ctl *ctl)
{
	const char *const *word = (const char *const *)ctl->words.word;
	return ctl_arg(ctl, "zone", word[0]) && ctl_arg(ctl, "name", word[1]) &&
			       take_data(ctl, word + 2, ctl->words.count - 2)
		       ? ctl_run(ctl, ctl->verb->words, NULL)
		       : CLIENT_USAGE;
}

static const struct words_option list_options[] = {
	CTL_OPTIONS,
	{"--type", "TYPE", "only records of this type"},
	{0},
};
static const struct words_option add_options[] = {
	CTL_OPTIONS,
	{"--owner", "PRINCIPAL", "who owns the record, as key:dhcp1; default: you"},
	{"--class", "CLASS", "static (default), dynamic or pinned"},
	{0},
};
static const struct words_option del_options[] = {CTL_OPTIONS, {0}};

const struct ctl_verb ctl_record_verbs[] = {
	{"record list", "ZONE [NAME]", "lists records with owner, stamp and class", record_list, 1,
	 2, list_options, "record list corp.example www --type A"},
	{"record add", "ZONE NAME [TTL] TYPE DATA...", "adds a record", record_add, 4,
	 CTL_ANY_NUMBER, add_options, "record add corp.example www 1h A 10.0.0.80"},
	{"record del", "ZONE NAME [TYPE [DATA...]]", "deletes a record, an RRset or a name",
	 record_turn, 2, CTL_ANY_NUMBER, del_options, "record del corp.example www A 10.0.0.80"},
	{"record pin", "ZONE NAME [TYPE [DATA...]]", "keeps records from ageing", record_turn, 2,
	 CTL_ANY_NUMBER, del_options, "record pin corp.example www A"},
	{"record unpin", "ZONE NAME [TYPE [DATA...]]", "lets records age, from now on", record_turn,
	 2, CTL_ANY_NUMBER, del_options, "record unpin corp.example www A"},
	{"record release", "ZONE NAME [TYPE [DATA...]]", "makes records nobody's", record_turn, 2,
	 CTL_ANY_NUMBER, del_options, "record release corp.example www A"},
	{0},
};
