/* SPDX-License-Identifier: BSD-2-Clause */
/* Configuration files: mistakes have places in the file, and what is taken is within its bounds. */
#include "server/configfile.h"
#include "server/roles.h"
#include <assert.h>
#include <stdio.h>

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

static void check_line(void *context, const char *line)
{
	size_t row = 0, column = 0;
	int end = 0;
	assert(sscanf(line, "f:%zu:%zu: %n", &row, &column, &end) == 2);
	assert(end > 0 && line[end] != '\0');
	assert(row >= 1 && column >= 1 && row <= *(size_t *)context + 1);
	assert(strlen(line) < CONFIGFILE_LINE_MAX);
}

/* What was taken is taken again. */
static void check_roles(const char *lines, enum role role)
{
	char line[SETTINGS_ROLES_MAX], problem[ROLES_PROBLEM_MAX];
	for (size_t len; *lines; lines += len + 1) {
		len = strcspn(lines, "\n");
		assert(lines[len] == '\n');
		memcpy(line, lines, len);
		line[len] = '\0';
		assert(!roles_line_problem(role, line, problem));
	}
}

static void check_setting(const struct settings *s, const struct setting *setting)
{
	const char *place = (const char *)s + setting->offset;
	uint64_t value;
	switch (setting->kind) {
	case SETTING_TEXT:
		assert(strnlen(place, SETTINGS_TEXT_MAX) <= setting->high);
		assert(strlen(place) >= setting->low);
		break;
	case SETTING_ADDRESSES:
		assert(s->listen_count >= 1 && s->listen_count <= SETTINGS_LISTEN_MAX);
		for (size_t i = 0; i < s->listen_count; i++)
			assert(addr_port(&s->listen[i]) > 0);
		break;
	case SETTING_NUMBER:
	case SETTING_SIZE:
	case SETTING_DURATION:
		memcpy(&value, place, sizeof value);
		assert(value >= setting->low && value <= setting->high);
		break;
	case SETTING_CHOICE:
		memcpy(&value, place, sizeof value);
		for (uint64_t i = 0; i < value; i++)
			assert(setting->choices[i]);
		break;
	case SETTING_FLAG:
		break;
	case SETTING_ROLES:
		assert(strnlen(place, SETTINGS_ROLES_MAX) < SETTINGS_ROLES_MAX);
		check_roles(place, (enum role)setting->low);
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct settings first, second;
	size_t lines = lines_of(data, len);
	struct configfile_report report = {.line = check_line, .context = &lines};
	if (len > FILE_MAX)
		return 0;
	settings_init(&first);
	settings_init(&second);
	size_t errors = configfile_read(&first, "f", bytes_of(data, len), &report);
	assert(configfile_read(&second, "f", bytes_of(data, len), &report) == errors);
	assert(errors <= CONFIGFILE_ERRORS_MAX);
	for (size_t i = 0; errors == 0 && i < settings_count; i++)
		check_setting(&first, &settings_table[i]);
	return 0;
}
