/* SPDX-License-Identifier: BSD-2-Clause */
#include "ctl/seq.h"
#include <stdlib.h>
#include <string.h>

static const struct seq_log {
	const char *letter, *log;
} seq_logs[] = {{"r", "refusals-signed"}, {"u", "refusals-unsigned"}};

#define SEQ_LOGS (sizeof seq_logs / sizeof seq_logs[0])

const char *seq_letter(const json_t *row)
{
	const char *log = json_string_value(json_object_get(row, "log"));
	for (size_t i = 0; log && i < SEQ_LOGS; i++)
		if (strcmp(log, seq_logs[i].log) == 0)
			return seq_logs[i].letter;
	return "";
}

bool seq_arg(struct ctl *ctl, const char *option, const char *text)
{
	const struct seq_log *log = NULL;
	char *end;
	for (size_t i = 0; i < SEQ_LOGS; i++)
		if (*text == *seq_logs[i].letter)
			log = &seq_logs[i];
	const char *digits = log ? text + 1 : text;
	unsigned long long seq = strtoull(digits, &end, 10);
	if (*end || *digits < '0' || *digits > '9' || seq == 0 || seq > INT64_MAX) {
		ctl_fail(ctl, CLIENT_USAGE, "%s%s'%s' is not the number of an entry",
			 option ? option : "", option ? ": " : "", text);
		return false;
	}
	json_object_set_new(ctl->args, "seq", json_integer((json_int_t)seq));
	if (log)
		json_object_set_new(ctl->args, "log", json_string(log->log));
	return true;
}

json_t *seq_json(const json_t *row)
{
	return json_sprintf("%s%" JSON_INTEGER_FORMAT, seq_letter(row),
			    json_integer_value(json_object_get(row, "seq")));
}
