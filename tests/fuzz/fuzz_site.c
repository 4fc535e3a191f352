/* SPDX-License-Identifier: BSD-2-Clause */
/* Files of a site: what is wrong has a place in the file; what is right is a document whose records
 * have places, too. Nothing is read but the text. */
#include "ctl/site_form.h"
#include <assert.h>
#include <stdio.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* A few bytes can make libyaml busy for long only if they are many. */
#define FILE_MAX 8192

static size_t lines_of(const uint8_t *data, size_t len)
{
	size_t lines = 1;
	for (size_t i = 0; i < len; i++)
		lines += data[i] == '\n' || data[i] == '\r' || data[i] >= 0x80;
	return lines;
}

static void check_fault(const char *fault, size_t lines)
{
	size_t line = 0;
	assert(strncmp(fault, "f:", 2) == 0 && strlen(fault) < 2 * SITE_FAULT_MAX);
	for (const char *c = fault; *c; c++)
		assert((unsigned char)*c >= 0x20 && *c != 0x7f);
	if (sscanf(fault, "f:%zu", &line) == 1)
		assert(line >= 1 && line <= lines + 1);
}

static void check_places(const struct site_form *form, size_t lines)
{
	size_t i, k;
	json_t *zone, *record;
	char path[64];
	json_array_foreach(json_object_get(form->document, "zones"), i, zone)
	{
		json_array_foreach(json_object_get(zone, "records"), k, record)
		{
			snprintf(path, sizeof path, "zones[%zu].records[%zu]", i, k);
			struct site_place at = site_form_place(form, path, 0, 0);
			assert(at.line >= 1 && at.line <= lines + 1);
			assert(json_string_value(json_object_get(record, "data")));
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct arena arena = {0};
	struct site_form form = {.arena = &arena, .path = "f", .allows_inline_secrets = len % 2};
	if (len > FILE_MAX)
		return 0;
	size_t lines = lines_of(data, len);
	bool is_well = site_form_read_text(&form, bytes_of(data, len), false);
	assert(is_well == (form.yaml.fault_count == 0));
	assert(form.yaml.fault_count <= SITE_FAULTS_MAX);
	for (size_t i = 0; i < form.yaml.fault_count; i++)
		check_fault(form.yaml.fault[i], lines);
	check_places(&form, lines);
	site_form_place(&form, "zones[0].rules", 1, 1);
	site_form_place(&form, "zones[18446744073709551615].settings.x", 7, 7);
	site_form_place(&form, "keys[0", 0, 0);
	site_form_close(&form);
	arena_free(&arena);
	return 0;
}
