/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tables of zones, in UTF-8 and UTF-16: each record is one that a zone can hold, and written as a
 * zone file it is read as the same again; a fault has its place.
 */
#include "base/utf16.h"
#include "dns/csvzone.h"
#include "dns/rdata.h"
#include "dns/type.h"
#include <assert.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

struct seen {
	unsigned count;
	FILE *copy; /* NULL: count only */
};

static const char *see(void *context, const struct dns_zonefile_record *r)
{
	struct seen *seen = context;
	assert(dns_rdata_is_valid(r->type, r->rdata));
	assert(!dns_type_is_meta(r->type) && r->class == DNS_CLASS_IN && r->ttl <= INT32_MAX);
	assert(r->line > 0 && r->file);
	assert(r->age.class == DNS_AGE_UNSAID || !r->age.owner);
	seen->count++;
	if (seen->copy)
		assert(dns_zonefile_write(seen->copy, &r->owner, r->type, r->ttl, r->rdata, NULL));
	return NULL;
}

static void read_table(const char *text, size_t len)
{
	struct seen first = {0}, second = {0};
	struct dns_name origin;
	char error[DNS_ZONEFILE_ERROR_MAX] = "", *copy = NULL;
	size_t copy_len = 0;
	assert(!dns_name_parse_text(&origin, "corp.example"));
	first.copy = open_memstream(&copy, &copy_len);
	assert(first.copy);
	struct dns_zonefile wanted = {
		.origin = &origin, .default_ttl = 3600, .record = see, .context = &first};
	dns_csvzone_is(text, len);
	bool is_ok = dns_csvzone_read_text("csv", text, len, &wanted, error);
	assert(is_ok == (error[0] == '\0'));
	assert(is_ok || strncmp(error, "csv:", 4) == 0);
	fclose(first.copy);
	wanted.context = &second;
	error[0] = '\0';
	assert(dns_zonefile_read_text("copy", copy, copy_len, &wanted, error));
	assert(first.count == second.count);
	free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const char *text = (const char *)data;
	size_t utf8_len;
	unsigned line;
	read_table(text, len);
	if (!utf16_is(text, len))
		return 0;
	char *utf8 = utf16_to_utf8(text, len, &utf8_len, &line);
	assert(line > 0);
	if (utf8)
		read_table(utf8, utf8_len);
	free(utf8);
	return 0;
}
