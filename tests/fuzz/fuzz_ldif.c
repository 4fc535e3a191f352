/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * LDIF: each entry's texts lie inside what was read, lines count up, and what an entry without
 * faults holds, written anew, reads as the same.
 */
#include "base/codec.h"
#include "migrate/ad_dn.h"
#include "migrate/ldif.h"
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void encode_value(FILE *out, const char *name, const char *options, struct bytes value)
{
	size_t room = codec_text_len(CODEC_BASE64, value.len);
	char *text = malloc(room + 1);
	struct bytes_out encoded = bytes_out_of(text, room);
	codec_print(CODEC_BASE64, value, &encoded);
	fprintf(out, "%s%s%s:: %.*s\n", name, *options ? ";" : "", options,
		(int)bytes_out_len(&encoded), text);
	free(text);
}

/* Names that would be read as something else, or hold what ends a line. */
static bool is_plain(const struct ldif_entry *entry)
{
	if (entry->wrong || !*entry->dn)
		return false;
	for (const struct ldif_value *v = entry->values; v; v = v->next)
		if (v->wrong || !*v->name || strpbrk(v->name, " #\r\n\xef\xff\xfe") ||
		    strpbrk(v->options, "\r\n"))
			return false;
	return true;
}

static void read_again(const struct ldif_entry *entry)
{
	char *text;
	size_t len;
	struct ldif in;
	struct ldif_entry again;
	FILE *out = open_memstream(&text, &len);
	encode_value(out, "dn", "", bytes_of(entry->dn, strlen(entry->dn)));
	for (const struct ldif_value *v = entry->values; v; v = v->next)
		encode_value(out, v->name, v->options, v->value);
	fclose(out);
	ldif_open(&in, text, len);
	assert(ldif_next(&in, &again) && !again.wrong && strcmp(again.dn, entry->dn) == 0);
	const struct ldif_value *w = again.values;
	for (const struct ldif_value *v = entry->values; v; v = v->next, w = w->next) {
		assert(w && !w->wrong && strcmp(v->name, w->name) == 0);
		assert(strcmp(v->options, w->options) == 0 && bytes_equal(v->value, w->value));
	}
	assert(!w && !ldif_next(&in, &again) && !in.wrong);
	ldif_close(&in);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct ldif in;
	struct ldif_entry entry;
	struct arena arena = {0};
	struct ad_dn dn;
	unsigned line = 0;
	ldif_open(&in, (const char *)data, len);
	while (ldif_next(&in, &entry)) {
		assert(entry.line > line || *entry.dn == '\0');
		for (const struct ldif_value *v = entry.values; v; v = v->next) {
			assert(v->line > line);
			line = v->line;
			assert(v->wrong || v->value.data[v->value.len] == '\0');
		}
		if (ad_dn_parse(&dn, entry.dn, &arena))
			ad_dn_realm(&dn, &arena);
		if (is_plain(&entry))
			read_again(&entry);
		arena_reset(&arena);
	}
	ldif_close(&in);
	arena_free(&arena);
	return 0;
}
