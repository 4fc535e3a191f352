/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tenure-exporter: what `tenurectl stats --prometheus` shows, over HTTP at /metrics. It asks the
 * server at its control socket once for each request, and keeps nothing.
 */
#include <config.h>
#include "base/clock.h"
#include "base/log.h"
#include "ctl/client.h"
#include "ctl/prometheus.h"
#include "http/http.h"
#include <assert.h>
#include <ctype.h>
#include <getopt.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DEFAULT_LISTEN "127.0.0.1@9953"
#define DEFAULT_PORT   9953
#define WAITS_S        10 /* for the server */
#define REQUEST_S      30
#define REQUEST_S_MAX  3600

static const char usage[] = "usage: tenure-exporter [--listen ADDRESS[@PORT]] [--socket PATH]\n"
			    "                       [--host NAME]... [--timeout SECONDS]\n";

struct exporter {
	const char *socket;
};

static void exporter_row(void *context, json_t *row)
{
	prometheus_row(context, row);
}

/* Whether the server answered; what it said stands before it. */
static void exporter_is_up(struct prometheus *text, bool is_up)
{
	fprintf(text->out,
		"# HELP tenure_up 1: the server answered\n# TYPE tenure_up gauge\n"
		"tenure_up %d\n"
		"# HELP tenure_clock_synchronised 1: the machine's clock is kept right\n"
		"# TYPE tenure_clock_synchronised gauge\n"
		"tenure_clock_synchronised %d\n",
		is_up, clock_is_synchronised());
}

/* A server that does not answer is what a scraper must hear: no error of HTTP. */
static void exporter_metrics(void *context, struct http_request *request)
{
	const struct exporter *exporter = context;
	char *body = NULL;
	size_t len = 0;
	struct prometheus text = {.out = open_memstream(&body, &len)};
	char quoted[LOG_QUOTED_MAX];
	json_t *result, *args = json_pack("{s:b}", "all", true);
	struct client_handlers handlers = {
		.row = exporter_row, .context = &text, .timeout_s = WAITS_S};
	struct client_command command = {exporter->socket, "stats", args, &handlers};
	assert(text.out);
	int code = client_run(&command, &result);
	if (code != CLIENT_OK)
		log_warning("the server did not answer", "error=%s",
			    log_quote(json_string_value(json_object_get(result, "error")), quoted));
	exporter_is_up(&text, code == CLIENT_OK);
	json_decref(result);
	json_decref(args);
	if (fclose(text.out) == 0)
		http_answer(request, 200, PROMETHEUS_TYPE, bytes_of(body, len));
	else
		http_answer(request, 503, "text/plain", bytes_of("no memory\n", 10));
	free(body);
}

static void exporter_index(void *context, struct http_request *request)
{
	static const char page[] = "tenure-exporter: metrics are at /metrics\n";
	(void)context;
	http_answer(request, 200, "text/plain; charset=utf-8", bytes_of(page, sizeof page - 1));
}

static const struct http_route routes[] = {
	{"/metrics", exporter_metrics},
	{"/", exporter_index},
	{0},
};

static const struct option options[] = {
	{"listen", required_argument, NULL, 'l'},
	{"socket", required_argument, NULL, 's'},
	{"host", required_argument, NULL, 'n'},
	{"version", no_argument, NULL, 'v'},
	{"timeout", required_argument, NULL, 't'},
	{"help", no_argument, NULL, 'h'},
	{0},
};

static _Noreturn void exporter_end(int code, const char *what, const char *why)
{
	fprintf(stderr, "%stenure-exporter: %s%s%s\n", log_priority(LOG_LEVEL_ERROR), what,
		why ? ": " : "", why ? why : "");
	exit(code);
}

static unsigned exporter_seconds(const char *text)
{
	char *end;
	unsigned long seconds = strtoul(text, &end, 10);
	if (!isdigit((unsigned char)*text) || *end || seconds < 1 || seconds > REQUEST_S_MAX)
		exporter_end(2, "--timeout is a number of seconds from 1 to 3600, not", text);
	return (unsigned)seconds;
}

/* Takes the command line; ends where it says so, or is wrong. */
static void exporter_options(int argc, char **argv, struct http_options *http,
			     struct exporter *exporter)
{
	const char *listen = DEFAULT_LISTEN, *wrong;
	size_t hosts = 0;
	for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
		if (option == 'l')
			listen = optarg;
		else if (option == 's')
			exporter->socket = optarg;
		else if (option == 'n' && hosts < HTTP_HOSTS_MAX - 1)
			http->hosts[hosts++] = optarg;
		else if (option == 't')
			http->request_s = exporter_seconds(optarg);
		else if (option == 'v' || option == 'h') {
			printf("%s",
			       option == 'v' ? "tenure-exporter " PACKAGE_VERSION "\n" : usage);
			exit(0);
		} else {
			fputs(usage, stderr);
			exit(2);
		}
	}
	if (optind < argc)
		exporter_end(2, "takes options only, not", argv[optind]);
	wrong = addr_parse(listen, DEFAULT_PORT, &http->listen);
	if (wrong)
		exporter_end(2, listen, wrong);
}

int main(int argc, char **argv)
{
	char error[HTTP_ERROR_MAX], own[256] = "", at[ADDR_TEXT_MAX];
	struct exporter exporter = {0};
	struct http_options http = {.routes = routes, .context = &exporter, .request_s = REQUEST_S};
	signal(SIGPIPE, SIG_IGN);
	log_open(LOG_TO_STDERR, LOG_LEVEL_INFO);
	exporter_options(argc, argv, &http, &exporter);
	if (!exporter.socket)
		exporter.socket = getenv("TENURE_SOCKET");
	for (size_t i = 0; !http.hosts[i] && i == 0 && gethostname(own, sizeof own - 1) == 0; i++)
		http.hosts[i] = own;
	struct http *server = http_new(&http, error);
	if (!server)
		exporter_end(1, error, NULL);
	addr_print_host(&http.listen, at);
	log_info("ready", "address=%s port=%u", at, http_port(server));
	http_run(server);
	http_free(server);
	return 0;
}
