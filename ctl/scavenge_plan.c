/* SPDX-License-Identifier: BSD-2-Clause */
#include "ctl/scavenge_plan.h"
#include "base/timeword.h"
#include "ctl/screen.h"
#include <stdlib.h>
#include <string.h>

#define COLUMNS_DEFAULT 80
#define COLUMNS_MOST    400
#define BINS_MAX        64
#define LABEL           13 /* " 10d  -  11d " */
#define NUMBER          10

/* Of one zone. */
const struct table_column scavenge_plan_zone_columns[] = {
	{"name", "NAME", TABLE_NAME},
	{"type", "TYPE", TABLE_TEXT},
	{"data", "DATA", TABLE_TEXT},
	{"owner", "OWNER", TABLE_TEXT},
	{"stamp", "STAMP", TABLE_TIME},
	{"age", "AGE", TABLE_AGE},
	{"stale_at", "STALE AT", TABLE_TIME},
	{"window", "WINDOW", TABLE_RARE},
	{0},
};
/* Names of several zones are written out. */
const struct table_column scavenge_plan_columns[] = {
	{"name", "NAME", TABLE_TEXT},
	{"type", "TYPE", TABLE_TEXT},
	{"data", "DATA", TABLE_TEXT},
	{"owner", "OWNER", TABLE_TEXT},
	{"stamp", "STAMP", TABLE_TIME},
	{"age", "AGE", TABLE_AGE},
	{"stale_at", "STALE AT", TABLE_TIME},
	{"window", "WINDOW", TABLE_RARE},
	{0},
};
/* If aging were switched on. */
const struct table_column scavenge_plan_enable_columns[] = {
	{"name", "NAME", TABLE_TEXT},
	{"type", "TYPE", TABLE_TEXT},
	{"data", "DATA", TABLE_TEXT},
	{"owner", "OWNER", TABLE_TEXT},
	{"stamp", "STAMP", TABLE_TIME},
	{"age", "AGE", TABLE_AGE},
	{"goes_at", "GOES AT", TABLE_TIME},
	{"window", "WINDOW", TABLE_RARE},
	{0},
};
const struct table_column scavenge_plan_contested_columns[] = {
	{"name", "NAME", TABLE_TEXT},
	{"type", "TYPE", TABLE_TEXT},
	{"data", "DATA", TABLE_TEXT},
	{"owner", "OWNER", TABLE_TEXT},
	{"stale_at", "STALE AT", TABLE_TIME},
	{"renewed_by", "RENEWED BY", TABLE_TEXT},
	{"renewed_at", "RENEWED AT", TABLE_TIME},
	{"reason", "REASON", TABLE_TEXT},
	{0},
};
const struct table_column scavenge_plan_owner_columns[] = {
	{"zone", "ZONE", TABLE_TEXT},
	{"owner", "OWNER", TABLE_TEXT},
	{"records", "RECORDS", TABLE_NUMBER},
	{"oldest_stamp", "OLDEST STAMP", TABLE_TIME},
	{"first_goes_at", "FIRST GOES AT", TABLE_TIME},
	{"last_refresh_at", "LAST REFRESH AT", TABLE_TIME},
	{"windows", "WINDOWS", TABLE_RARE},
	{0},
};

/* --- the histogram: bins of a zone are held back until their number and height are known */

struct bin {
	json_int_t from, to, records; /* `to` 0: any older */
	char phase;                   /* its first letter: n, r, s */
};

struct histogram {
	int columns;
	char zone[256];
	uint32_t no_refresh, refresh;
	struct bin bins[BINS_MAX];
	size_t count;
};

/* The terminal's width; COLUMNS says it where there is none, too. */
static int columns_of(FILE *out)
{
	struct screen screen = screen_of(out);
	const char *set = getenv("COLUMNS");
	long columns = set ? strtol(set, NULL, 10) : 0;
	if (screen.columns)
		columns = (long)screen.columns;
	if (columns <= 0)
		columns = COLUMNS_DEFAULT;
	return columns < SCREEN_COLUMNS_LEAST ? SCREEN_COLUMNS_LEAST
	       : columns > COLUMNS_MOST       ? COLUMNS_MOST
					      : (int)columns;
}

static void scavenge_plan_print_line(const struct histogram *h, const char *text)
{
	int dashes = h->columns - (int)strlen(text) - 5;
	printf("--- %s ", text);
	for (int i = 0; i < dashes; i++)
		putchar('-');
	putchar('\n');
}

/* Where a window cuts: before the first bin behind it. */
static void print_cut(const struct histogram *h, size_t at)
{
	char span[TIMEWORD_TEXT_MAX], text[TIMEWORD_TEXT_MAX + 64];
	char before = at ? h->bins[at - 1].phase : 'n', phase = h->bins[at].phase;
	if (phase == before)
		return;
	if (before == 'n') {
		duration_print(h->no_refresh, span);
		snprintf(text, sizeof(text), "%s: a refresh is written from here", span);
		scavenge_plan_print_line(h, text);
	}
	if (phase == 's') {
		uint64_t both = (uint64_t)h->no_refresh + h->refresh;
		duration_print(both > UINT32_MAX ? UINT32_MAX : (uint32_t)both, span);
		snprintf(text, sizeof(text), "%s: stale from here", span);
		scavenge_plan_print_line(h, text);
	}
}

static void print_bin(const struct histogram *h, const struct bin *bin, json_int_t most)
{
	char from[TIMEWORD_TEXT_MAX], to[TIMEWORD_TEXT_MAX], label[2 * TIMEWORD_TEXT_MAX + 4];
	int room = h->columns - LABEL - NUMBER - 3;
	duration_print((uint32_t)bin->from, from);
	duration_print((uint32_t)bin->to, to);
	if (bin->to)
		snprintf(label, sizeof(label), "%s - %s", from, to);
	else
		snprintf(label, sizeof(label), "older");
	printf("%*s %*lld", LABEL, label, NUMBER, (long long)bin->records);
	/* Whatever is there can be seen. */
	int bar = most ? (int)((bin->records * room + most - 1) / most) : 0;
	if (bar > 0)
		putchar(' ');
	for (int i = 0; i < bar; i++)
		putchar('#');
	putchar('\n');
}

static void print_histogram(struct histogram *h)
{
	json_int_t most = 0;
	for (size_t i = 0; i < h->count; i++)
		most = h->bins[i].records > most ? h->bins[i].records : most;
	if (h->count > 0)
		printf("%.*s\n", h->columns, h->zone);
	for (size_t i = 0; i < h->count; i++) {
		print_cut(h, i);
		print_bin(h, &h->bins[i], most);
	}
	h->count = 0;
}

static json_int_t scavenge_plan_number(const json_t *row, const char *member)
{
	return json_integer_value(json_object_get(row, member));
}

static void take_bin(void *context, json_t *row)
{
	struct histogram *h = context;
	const char *zone = json_string_value(json_object_get(row, "zone"));
	const char *phase = json_string_value(json_object_get(row, "phase"));
	if (ctl_warning(row) || !zone || !phase)
		return;
	if (strcmp(zone, h->zone) != 0 || h->count == BINS_MAX)
		print_histogram(h);
	snprintf(h->zone, sizeof(h->zone), "%s", zone);
	h->no_refresh = (uint32_t)scavenge_plan_number(row, "no_refresh");
	h->refresh = (uint32_t)scavenge_plan_number(row, "refresh");
	h->bins[h->count++] = (struct bin){.from = scavenge_plan_number(row, "age_from"),
					   .to = scavenge_plan_number(row, "age_to"),
					   .records = scavenge_plan_number(row, "records"),
					   .phase = phase[0]};
}

static int run_histogram(struct ctl *ctl)
{
	struct histogram histogram = {.columns = columns_of(stdout)};
	struct client_handlers handlers = {.row = take_bin, .context = &histogram};
	struct client_command command = {ctl->socket, "scavenge plan", ctl->args, &handlers};
	json_t *result;
	int code = client_run(&command, &result);
	print_histogram(&histogram);
	return ctl_result(ctl, code, result, true);
}

/* --- all of it */

static const struct table_column *columns_for(const struct ctl *ctl)
{
	if (words_has(&ctl->words, "--by-owner"))
		return scavenge_plan_owner_columns;
	if (words_has(&ctl->words, "--contested"))
		return scavenge_plan_contested_columns;
	if (words_has(&ctl->words, "--enable"))
		return scavenge_plan_enable_columns;
	return ctl->words.count > 0 ? scavenge_plan_zone_columns : scavenge_plan_columns;
}

int scavenge_plan(struct ctl *ctl)
{
	static const char *const flags[] = {"--enable", "--histogram", "--by-owner", "--contested"};
	const char *zone = ctl->words.count > 0 ? ctl->words.word[0] : NULL;
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		if (words_has(&ctl->words, flags[i]))
			ctl_arg_flag(ctl, flags[i] + 2);
	if (!ctl_arg(ctl, "zone", zone) || !ctl_arg_option(ctl, "--at") ||
	    !ctl_arg_option(ctl, "--no-refresh") || !ctl_arg_option(ctl, "--refresh"))
		return CLIENT_USAGE;
	if (words_has(&ctl->words, "--histogram") && !ctl->is_json)
		return ctl_takes_no_columns(ctl) ? run_histogram(ctl) : CLIENT_USAGE;
	return ctl_run(ctl, "scavenge plan", columns_for(ctl));
}

int scavenge_plan_now(struct ctl *ctl)
{
	const char *zone = ctl->words.count > 0 ? ctl->words.word[0] : NULL;
	return ctl_arg(ctl, "zone", zone)
		       ? ctl_run(ctl, "scavenge plan",
				 zone ? scavenge_plan_zone_columns : scavenge_plan_columns)
		       : CLIENT_USAGE;
}

const struct words_option scavenge_plan_options[] = {
	CTL_OPTIONS,
	{"--at", "TIME", "as of then: a time, as 'in 30d'; default: now"},
	{"--no-refresh", "DURATION", "with this window instead of the zone's"},
	{"--refresh", "DURATION", "with this window instead of the zone's"},
	{"--enable", NULL, "as if aging were switched on now: what would ever go, and when"},
	{"--histogram", NULL, "how old the records are, with the windows drawn in"},
	{"--by-owner", NULL, "how many of whom would go"},
	{"--contested", NULL, "what a run would leave, since others renew it in vain"},
	{0},
};
