/* SPDX-License-Identifier: BSD-2-Clause */
#include "acl/window.h"
#include <stdio.h>
#include <string.h>

const char *window_parse(struct window *out, const char *text, size_t len)
{
	char copy[WINDOW_TEXT_MAX];
	struct window window = {.is_given = true};
	if (len == 0)
		return "expected two durations, as in 30d/7d";
	if (len >= sizeof(copy) || memchr(text, '\0', len))
		return "not two durations, as in 30d/7d";
	memcpy(copy, text, len);
	copy[len] = '\0';
	char *refresh = strchr(copy, '/');
	if (!refresh)
		return "not two durations, as in 30d/7d: no-refresh, a slash, refresh";
	*refresh++ = '\0';
	if (!duration_parse(copy, &window.no_refresh) || !duration_parse(refresh, &window.refresh))
		return "not two durations, as in 30d/7d or 12h/36h";
	if (window.refresh == 0)
		return "with a refresh of 0 a record would be stale before it can be refreshed";
	*out = window;
	return NULL;
}

const char *window_print(const struct window *window, char out[WINDOW_TEXT_MAX])
{
	char no_refresh[TIMEWORD_TEXT_MAX], refresh[TIMEWORD_TEXT_MAX];
	duration_print(window->no_refresh, no_refresh);
	duration_print(window->refresh, refresh);
	snprintf(out, WINDOW_TEXT_MAX, "%s/%s", no_refresh, refresh);
	return out;
}
