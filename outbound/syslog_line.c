/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "outbound/syslog_line.h"
#include <assert.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FACILITY_AUDIT 13
#define SEVERITY_WARN  4
#define SEVERITY_INFO  6
#define HOST_MAX       255
#define MSGID_MAX      32
/* Texts are cut to this, then to half of it, and so on; names fit in the last. */
#define CUT_FIRST 1024
#define CUT_LAST  256

static const char *syslog_line_text_of(const json_t *event, const char *key)
{
	const char *text = json_string_value(json_object_get(event, key));
	return text && *text ? text : "-";
}

/* PRINTUSASCII of RFC 5424 6, at most `most` of it. */
static void syslog_line_put_word(char *out, const char *text, size_t most)
{
	size_t n = 0;
	for (; n < most && text[n]; n++)
		out[n] = text[n] > 0x20 && text[n] < 0x7f ? text[n] : '?';
	out[n] = '\0';
	if (!n)
		strcpy(out, "-");
}

static char *syslog_line_of(const json_t *event, const char *host)
{
	char host_word[HOST_MAX + 1], id[MSGID_MAX + 1], *line;
	bool is_denied = strcmp(syslog_line_text_of(event, "kind"), "denied") == 0;
	int priority = FACILITY_AUDIT * 8 + (is_denied ? SEVERITY_WARN : SEVERITY_INFO);
	char *json = json_dumps(event, JSON_COMPACT | JSON_ENSURE_ASCII);
	syslog_line_put_word(host_word, host, HOST_MAX);
	syslog_line_put_word(id, syslog_line_text_of(event, "event"), MSGID_MAX);
	int len = asprintf(&line, "<%d>1 %s %s tenured %ld %s - @cee: %s", priority,
			   syslog_line_text_of(event, "time"), host_word, (long)getpid(), id,
			   json ? json : "");
	assert(json && len >= 0);
	free(json);
	return line;
}

/* The first bytes of a text, without half a character at their end. */
static json_t *syslog_line_cut(const char *text, size_t most)
{
	while (most && ((unsigned char)text[most] & 0xc0) == 0x80)
		most--;
	return json_stringn(text, most);
}

/* Cuts each text of the object that is longer than `most`; lists (prerequisites) go. */
static void syslog_line_shorten(json_t *event, size_t most)
{
	const char *key;
	json_t *value;
	void *next;
	json_object_foreach_safe(event, next, key, value)
	{
		size_t len = json_string_length(value);
		if (json_is_array(value))
			json_object_del(event, key);
		else if (json_is_string(value) && len > most)
			json_object_set_new(event, key,
					    syslog_line_cut(json_string_value(value), most));
	}
	json_object_set_new(event, "truncated", json_true());
}

char *syslog_line(const json_t *event, const char *host, size_t most)
{
	char *line = syslog_line_of(event, host);
	for (size_t cut = CUT_FIRST; strlen(line) > most && cut >= CUT_LAST; cut /= 2) {
		json_t *shorter = json_deep_copy(event);
		assert(shorter);
		syslog_line_shorten(shorter, cut);
		free(line);
		line = syslog_line_of(shorter, host);
		json_decref(shorter);
	}
	return line;
}
