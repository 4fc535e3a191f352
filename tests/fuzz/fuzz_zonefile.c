/* SPDX-License-Identifier: BSD-2-Clause */
/* Zone files: what is read, written and read again is the same records in the same order. */
#include "base/crc32c.h"
#include "dns/rdata.h"
#include "dns/export_line.h"
#include "dns/zonefile.h"
#include <assert.h>
#include <stdlib.h>

/* What is read as the line of an export is written and read as the same. */
static void check_export_line(const char *text, size_t len)
{
	struct export_line line, again;
	char *written = NULL;
	size_t written_len = 0;
	if (export_line_find(text, len, &line) != EXPORT_LINE_FOUND)
		return;
	FILE *file = open_memstream(&written, &written_len);
	assert(file);
	export_line_write(file, &line);
	fclose(file);
	assert(export_line_find(written, written_len, &again) == EXPORT_LINE_FOUND);
	assert(dns_name_equal(&line.zone, &again.zone) && line.serial == again.serial &&
	       line.seq == again.seq);
	free(written);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* Records as they went by. */
struct seen {
	unsigned count;
	uint32_t crc;
	FILE *copy; /* where they are written again, or NULL */
};

static const char *see(void *context, const struct dns_zonefile_record *r)
{
	struct seen *seen = context;
	uint32_t numbers[] = {r->type, r->class, r->ttl};
	assert(dns_rdata_is_valid(r->type, r->rdata));
	assert(!dns_type_is_meta(r->type) && r->class == DNS_CLASS_IN && r->ttl <= INT32_MAX);
	assert(r->line > 0 && r->file);
	seen->count++;
	seen->crc = crc32c(seen->crc, r->owner.wire, r->owner.len);
	seen->crc = crc32c(seen->crc, numbers, sizeof numbers);
	seen->crc = crc32c(seen->crc, r->rdata.data, r->rdata.len);
	if (!seen->copy)
		return NULL;
	char *comment = r->comment ? strndup(r->comment, r->comment_len) : NULL;
	assert(dns_zonefile_write(seen->copy, &r->owner, r->type, r->ttl, r->rdata, comment));
	free(comment);
	return NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct seen first = {0}, second = {0};
	struct dns_name origin;
	char error[DNS_ZONEFILE_ERROR_MAX] = "", *text = NULL;
	size_t text_len = 0;
	assert(!dns_name_parse_text(&origin, "corp.example"));
	check_export_line((const char *)data, len);
	first.copy = open_memstream(&text, &text_len);
	assert(first.copy);
	struct dns_zonefile wanted = {
		.origin = &origin, .default_ttl = 3600, .record = see, .context = &first};
	/* Ages are read once more first: a broken one is a fault, and nothing else changes. */
	struct seen aged = {0};
	struct dns_zonefile with_ages = wanted;
	with_ages.context = &aged;
	with_ages.reads_ages = with_ages.takes_notes = true;
	dns_zonefile_read_text("zone", (const char *)data, len, &with_ages, error);
	error[0] = '\0';
	wanted.takes_notes = true;
	bool is_ok = dns_zonefile_read_text("zone", (const char *)data, len, &wanted, error);
	assert(is_ok == (error[0] == '\0'));
	assert(is_ok || strncmp(error, "zone:", 5) == 0);
	fclose(first.copy);

	wanted.context = &second;
	assert(dns_zonefile_read_text("copy", text, text_len, &wanted, error));
	assert(first.count == second.count && first.crc == second.crc);
	free(text);
	return 0;
}
