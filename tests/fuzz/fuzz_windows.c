/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A folder that was exported on Windows, through the whole reader. The input is its files one
 * behind another, with a NUL between: zones.json, the nodes of z.example, its zone file,
 * accounts.json, a file of the registry. What is taken is a site that tenured would take.
 */
#include <config.h>
#include "migrate/site_write.h"
#include "migrate/source.h"
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static char folder[] = "/tmp/fuzz_windows_XXXXXX";
static const char *const files[] = {"zones.json", "nodes/z.example.json", "zonefiles/z.example.dns",
				    "accounts.json", "dns.reg"};
#define FILES (sizeof(files) / sizeof(files[0]))

static void make_path(char path[128], const char *name)
{
	snprintf(path, 128, "%s/%s", folder, name);
}

static void remove_export(void)
{
	char path[128];
	for (size_t i = 0; i < FILES; i++) {
		make_path(path, files[i]);
		unlink(path);
	}
	make_path(path, "nodes");
	rmdir(path);
	make_path(path, "zonefiles");
	rmdir(path);
	rmdir(folder);
}

static void make_export(void)
{
	char path[128];
	if (!mkdtemp(folder))
		abort();
	atexit(remove_export);
	make_path(path, "nodes");
	mkdir(path, 0700);
	make_path(path, "zonefiles");
	mkdir(path, 0700);
}

/* One file; none where the input is over. */
static void put_file(const char *name, const uint8_t **data, size_t *len)
{
	char path[128];
	const uint8_t *end = memchr(*data, 0, *len);
	size_t size = end ? (size_t)(end - *data) : *len;
	make_path(path, name);
	unlink(path);
	if (size > 0) {
		FILE *out = fopen(path, "w");
		if (!out || fwrite(*data, 1, size, out) != size)
			abort();
		fclose(out);
	}
	*data += size + (end ? 1 : 0);
	*len -= size + (end ? 1 : 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static bool is_made;
	struct site site;
	char error[SITE_ERROR_MAX] = "", *text;
	size_t text_len;
	if (!is_made)
		make_export();
	is_made = true;
	for (size_t i = 0; i < FILES; i++)
		put_file(files[i], &data, &len);
	struct source source = {.word = {folder}, .count = 1, .realm = "CORP.EXAMPLE"};
	site_open(&site, 1796000000);
	if (windows_read(&site, &source, error)) {
		FILE *out = open_memstream(&text, &text_len);
		site_settle(&site);
		site_write_yaml(&site, out);
		for (const struct site_zone *zone = site.zones; zone; zone = zone->next)
			assert(site_write_zone(zone, out));
		fclose(out);
		free(text);
	} else {
		assert(error[0]);
	}
	site_free(&site);
	return 0;
}
