/* SPDX-License-Identifier: BSD-2-Clause */
/* stats, status, stop, clock, store. */
#include "base/clock.h"
#include "ctl/ctl.h"
#include "ctl/prometheus.h"
#include <string.h>

#define STATS_NAME_MAX 512

static const struct table_column stats_columns[] = {
	{"name", "COUNTER", TABLE_TEXT},
	{"value", "VALUE", TABLE_NUMBER},
	{"help", "WHAT", TABLE_TEXT},
	{0},
};

/* The name with its labels, `queries-by-type type=A`; of a histogram the number and the mean. */
static void stats_table_row(void *context, json_t *row)
{
	const char *label;
	json_t *value;
	char name[STATS_NAME_MAX];
	int len =
		snprintf(name, sizeof name, "%s", json_string_value(json_object_get(row, "name")));
	json_object_foreach(json_object_get(row, "labels"), label,
			    value) if (len > 0 && (size_t)len < sizeof name) len +=
		snprintf(name + len, sizeof name - (size_t)len, " %s=%s", label,
			 json_string_value(value));
	json_object_set_new(row, "name", json_string(name));
	if (json_object_get(row, "buckets"))
		json_object_set(row, "value", json_object_get(row, "count"));
	table_add(context, row);
}

static int stats_all(struct ctl *ctl)
{
	struct table *table = ctl_table(ctl, stats_columns, false);
	struct client_handlers handlers = {.row = stats_table_row, .context = table};
	struct client_command request = {ctl->socket, "stats", ctl->args, &handlers};
	json_t *result;
	if (!table)
		return CLIENT_USAGE;
	int code = client_run(&request, &result);
	table_end(table);
	return ctl_result(ctl, code, result, true);
}

static void stats_prometheus_row(void *context, json_t *row)
{
	prometheus_row(context, row);
}

static int stats_prometheus(struct ctl *ctl)
{
	struct prometheus text = {.out = stdout};
	struct client_handlers handlers = {.row = stats_prometheus_row, .context = &text};
	struct client_command request = {ctl->socket, "stats", ctl->args, &handlers};
	json_t *result;
	int code = client_run(&request, &result);
	return ctl_result(ctl, code, result, true);
}

static int ctl_server_stats(struct ctl *ctl)
{
	if (words_has(&ctl->words, "--all") || words_has(&ctl->words, "--prometheus"))
		ctl_arg_flag(ctl, "all");
	if (words_has(&ctl->words, "--prometheus"))
		return ctl_takes_no_columns(ctl) ? stats_prometheus(ctl) : CLIENT_USAGE;
	if (words_has(&ctl->words, "--all") && !ctl->is_json)
		return stats_all(ctl);
	return ctl_run(ctl, "stats", stats_columns);
}

struct status_show {
	const struct ctl *ctl;
	bool is_systems_clock;
};

static void status_show_row(void *context, json_t *row)
{
	struct status_show *show = context;
	if (ctl_warning(row))
		return;
	show->is_systems_clock = json_is_true(json_object_get(row, "clock_is_system"));
	if (show->ctl->is_json)
		ctl_json(row);
	else
		table_object(stdout, row);
}

/* Whether the clock is kept right is asked here: the daemon may not. */
static int ctl_server_status(struct ctl *ctl)
{
	struct status_show show = {.ctl = ctl};
	struct client_handlers handlers = {.row = status_show_row, .context = &show};
	struct client_command request = {ctl->socket, "status", ctl->args, &handlers};
	json_t *result;
	if (!ctl_takes_no_columns(ctl))
		return CLIENT_USAGE;
	ctl_arg_words(ctl);
	int code = client_run(&request, &result);
	if (code == CLIENT_OK && show.is_systems_clock && !clock_is_synchronised())
		ctl_print_warning(stderr, "tenurectl: ", CTL_CLOCK_UNSYNCHRONISED);
	return ctl_result(ctl, code, result, true);
}

static int ctl_server_status_seen(struct ctl *ctl)
{
	return ctl_run(ctl, "status seen", NULL);
}

static int server_reload_run(struct ctl *ctl)
{
	return ctl_run(ctl, "reload", NULL);
}

static int ctl_server_stop(struct ctl *ctl)
{
	ctl->waits_for_end = !words_has(&ctl->words, "--no-wait");
	return ctl_run(ctl, "stop", NULL);
}

static int ctl_server_clock_set(struct ctl *ctl)
{
	return ctl_arg(ctl, "time", ctl->words.word[0]) ? ctl_run(ctl, "clock set", NULL)
							: CLIENT_USAGE;
}

static int ctl_server_clock_forward(struct ctl *ctl)
{
	return ctl_arg(ctl, "by", ctl->words.word[0]) ? ctl_run(ctl, "clock forward", NULL)
						      : CLIENT_USAGE;
}

static int server_store_rekey(struct ctl *ctl)
{
	if (words_has(&ctl->words, "--force"))
		ctl_arg_flag(ctl, "force");
	return ctl_run(ctl, "store rekey", NULL);
}

static int ctl_store_grow(struct ctl *ctl)
{
	return ctl_arg(ctl, "size", ctl->words.word[0]) ? ctl_run(ctl, "store grow", NULL)
							: CLIENT_USAGE;
}

static const struct words_option options[] = {CTL_OPTIONS, {0}};
static const struct words_option stats_options[] = {
	CTL_OPTIONS,
	{"--all", NULL, "also by type, zone, principal and reason, and how long things took"},
	{"--prometheus", NULL, "the same in the text format of Prometheus"},
	{0},
};
static const struct words_option stop_options[] = {
	CTL_OPTIONS,
	{"--no-wait", NULL, "returns before the server has ended"},
	{0},
};
static const struct words_option rekey_options[] = {
	CTL_OPTIONS,
	{"--force", NULL, "also when keys cannot be unsealed; these stay as they are"},
	{0},
};

const struct ctl_command ctl_server_commands[] = {
	{"stats", "", "shows what was counted since the start", ctl_server_stats, 0, 0,
	 stats_options, "stats"},
	{"status", "", "shows how the server is", ctl_server_status, 0, 0, options, "status"},
	{"status seen", "", "says that somebody knows that the store was put back",
	 ctl_server_status_seen, 0, 0, options, "status seen"},
	{"reload", "", "reads the configuration again, and takes what can change",
	 server_reload_run, 0, 0, options, "reload"},
	{"stop", "", "stops the server, and waits for its end", ctl_server_stop, 0, 0, stop_options,
	 "stop"},
	{"store rekey", "", "makes a new store key and seals the secrets of keys by it",
	 server_store_rekey, 0, 0, rekey_options, "store rekey"},
	{"store grow", "SIZE", "enlarges the store's map while the server runs", ctl_store_grow, 1,
	 1, options, "store grow 32G"},
	{"clock set", "TIME", "sets the clock of a server started with --clock",
	 ctl_server_clock_set, 1, 1, options, "clock set 2026-01-05T09:00:00Z"},
	{"clock forward", "DURATION", "moves the clock of a server started with --clock",
	 ctl_server_clock_forward, 1, 1, options, "clock forward 7d"},
	{0},
};

const struct ctl_tables ctl_server_tables[] = {{"stats", {stats_columns}}, {0}};
