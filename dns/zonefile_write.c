/* SPDX-License-Identifier: BSD-2-Clause */
#include "dns/rdata.h"
#include "dns/zonefile.h"
#include <inttypes.h>
#include <stdlib.h>

/* Most data's text is shorter; what is not gets memory of its own. */
#define SHORT_TEXT 1024

static bool zonefile_write_put(FILE *file, const char *text, size_t len)
{
	return fwrite(text, 1, len, file) == len;
}

/* Whatever it holds, a comment stays on its line. */
static bool put_comment(FILE *file, const char *comment)
{
	if (!zonefile_write_put(file, " ; ", 3))
		return false;
	for (const char *c = comment; *c; c++) {
		if (putc((unsigned char)*c < 0x20 ? ' ' : *c, file) == EOF)
			return false;
	}
	return true;
}

static bool zonefile_write_put_rdata(FILE *file, uint16_t type, struct bytes rdata)
{
	char text[SHORT_TEXT];
	size_t len = dns_rdata_print_common(type, rdata, text, sizeof text);
	if (len < sizeof text)
		return zonefile_write_put(file, text, len);
	char *longer = malloc(len + 1);
	if (!longer)
		return false;
	dns_rdata_print_common(type, rdata, longer, len + 1);
	bool is_ok = zonefile_write_put(file, longer, len);
	free(longer);
	return is_ok;
}

bool dns_zonefile_write(FILE *file, const struct dns_name *owner, uint16_t type, uint32_t ttl,
			struct bytes rdata, const char *comment)
{
	char name[DNS_NAME_TEXT_MAX], word[DNS_TYPE_TEXT_MAX];
	int n = fprintf(file, "%s\t%" PRIu32 "\tIN\t%s\t", dns_name_print(owner, name), ttl,
			dns_type_print_common(type, word));
	return n > 0 && zonefile_write_put_rdata(file, type, rdata) &&
	       (!comment || put_comment(file, comment)) && putc('\n', file) != EOF;
}
