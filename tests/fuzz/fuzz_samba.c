/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * LDIF of Active Directory, through the whole reader: what is taken is a site that tenured would
 * take, and what is read a second time gives the same report.
 */
#include <config.h>
#include "migrate/site_write.h"
#include "migrate/source.h"
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* The report and the zones, as one text; NULL: nothing could be taken. */
static char *moved_text(const struct source *source)
{
	struct site site;
	char error[SITE_ERROR_MAX] = "", *text = NULL;
	size_t len;
	site_open(&site, 1796000000);
	if (samba_read(&site, source, error)) {
		FILE *out = open_memstream(&text, &len);
		site_settle(&site);
		for (const struct site_line *line = site.lines; line; line = line->next)
			fprintf(out, "%d %s %s\n", line->list, line->statement, line->why);
		site_write_yaml(&site, out);
		for (const struct site_zone *zone = site.zones; zone; zone = zone->next)
			assert(site_write_zone(zone, out));
		fclose(out);
	} else {
		assert(error[0]);
	}
	site_free(&site);
	return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char path[64];
	int fd = memfd_create("ldif", 0);
	if (fd < 0 || write(fd, data, len) != (ssize_t)len)
		abort();
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	struct source source = {.word = {path}, .count = 1, .reserves_tombstones = len % 2 == 0};
	char *once = moved_text(&source), *again = moved_text(&source);
	assert(!once == !again && (!once || strcmp(once, again) == 0));
	free(once);
	free(again);
	close(fd);
	return 0;
}
