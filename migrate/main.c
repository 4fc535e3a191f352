/* SPDX-License-Identifier: BSD-2-Clause */
/* tenure-migrate: another server's configuration and data as a file of `tenurectl apply`. */
#include <config.h>
#include "base/log.h"
#include "base/nearest.h"
#include "migrate/site_owner.h"
#include "migrate/site_report.h"
#include "migrate/site_write.h"
#include "migrate/source.h"
#include <errno.h>
#include <getopt.h>
#include <locale.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

enum { MIGRATE_WHOLE = 0, MIGRATE_LOST = 1, MIGRATE_USAGE = 2 };

struct migrate_kind {
	const char *word, *sources; /* what stands behind it */
	size_t min, max;            /* of sources */
	source_reader *read;
};

/* One a line, so that adding one touches no other. */
/* clang-format off */
static const struct migrate_kind migrate_kinds[] = {
	{"bind", "NAMED.CONF", 1, 1, bind_read},
	{"knot", "KNOT.CONF", 1, 1, knot_read},
	{"pdns", "DATABASE", 1, 1, pdns_read},
	{"samba", "LDIF...|FOLDER", 1, SOURCE_WORDS_MAX, samba_read},
	{"windows", "FOLDER", 1, 1, windows_read},
	{NULL, NULL, 0, 0, NULL},
};
/* clang-format on */

struct migrate {
	const struct migrate_kind *kind;
	struct source source;
	const char *out;
	bool is_plan, is_json, is_forward, accepts_wider, accepts_md5;
};

enum {
	OPTION_OUT = 256,
	OPTION_PLAN,
	OPTION_VIEW,
	OPTION_ZONES,
	OPTION_CONFIG,
	OPTION_REALM,
	OPTION_PTR_OWNER,
	OPTION_STATIC_OWNER,
	OPTION_WIDER,
	OPTION_MD5,
	OPTION_NO_TOOLS,
	OPTION_TOMBSTONES,
	OPTION_JSON,
	OPTION_VERSION,
	OPTION_HELP,
};

static const struct option migrate_options[] = {
	{"out", required_argument, NULL, OPTION_OUT},
	{"plan", no_argument, NULL, OPTION_PLAN},
	{"view", required_argument, NULL, OPTION_VIEW},
	{"zones", required_argument, NULL, OPTION_ZONES},
	{"config", required_argument, NULL, OPTION_CONFIG},
	{"realm", required_argument, NULL, OPTION_REALM},
	{"ptr-owner", required_argument, NULL, OPTION_PTR_OWNER},
	{"static-owner", required_argument, NULL, OPTION_STATIC_OWNER},
	{"accept-wider", no_argument, NULL, OPTION_WIDER},
	{"allow-md5", no_argument, NULL, OPTION_MD5},
	{"no-tools", no_argument, NULL, OPTION_NO_TOOLS},
	{"reserve-tombstones", no_argument, NULL, OPTION_TOMBSTONES},
	{"json", no_argument, NULL, OPTION_JSON},
	{"version", no_argument, NULL, OPTION_VERSION},
	{"help", no_argument, NULL, OPTION_HELP},
	{0},
};

static const char migrate_help[] =
	"\noptions:\n"
	"  --out DIR             writes site.yaml, data/, keys/ and the report there\n"
	"  --plan                prints the report, and writes nothing\n"
	"  --json                the report as lines of JSON\n"
	"  --view NAME           of BIND's views the one that is taken\n"
	"  --zones DIR           zone files that count instead of those it names\n"
	"  --config FILE         PowerDNS: its pdns.conf, for what holds of all zones\n"
	"  --realm REALM         the Kerberos realm of the accounts\n"
	"  --ptr-owner forward   a PTR has the owner of its address record\n"
	"  --static-owner node   a static record at a machine's name is the machine's\n"
	"  --accept-wider        takes rules that give more than the source does\n"
	"  --allow-md5           takes keys of hmac-md5\n"
	"  --no-tools            runs none of the source's own programs\n"
	"  --reserve-tombstones  names that were deleted are kept for their owners\n"
	"See tenure-migrate(8).\n";

static void migrate_usage(FILE *out)
{
	const char *head = "usage:";
	for (const struct migrate_kind *kind = migrate_kinds; kind->word; kind++) {
		fprintf(out, "%s tenurectl migrate %s %s --out DIR | --plan [OPTION...]\n", head,
			kind->word, kind->sources);
		head = "      ";
	}
}

static _Noreturn void migrate_end(int code, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
static _Noreturn void migrate_end(int code, const char *format, ...)
{
	va_list args;
	fputs("tenure-migrate: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	putc('\n', stderr);
	exit(code);
}

static const char *migrate_only(const char *option, const char *value, const char *only)
{
	if (strcmp(value, only) != 0)
		migrate_end(MIGRATE_USAGE, "%s is %s, not '%s'", option, only, value);
	return value;
}

static void migrate_take(struct migrate *migrate, int option)
{
	switch (option) {
	case OPTION_OUT:
		migrate->out = optarg;
		break;
	case OPTION_VIEW:
		migrate->source.view = optarg;
		break;
	case OPTION_ZONES:
		migrate->source.zones = optarg;
		break;
	case OPTION_CONFIG:
		migrate->source.config = optarg;
		break;
	case OPTION_REALM:
		migrate->source.realm = optarg;
		break;
	case OPTION_PTR_OWNER:
		migrate_only("--ptr-owner", optarg, "forward");
		migrate->is_forward = true;
		break;
	case OPTION_STATIC_OWNER:
		migrate->source.static_owner = migrate_only("--static-owner", optarg, "node");
		break;
	case OPTION_VERSION:
		printf("tenure-migrate %s\n", PACKAGE_VERSION);
		exit(MIGRATE_WHOLE);
	case OPTION_HELP:
		migrate_usage(stdout);
		fputs(migrate_help, stdout);
		exit(MIGRATE_WHOLE);
	default:
		migrate_usage(stderr);
		exit(MIGRATE_USAGE);
	}
}

static bool migrate_take_flag(struct migrate *migrate, int option)
{
	bool *flag = option == OPTION_PLAN         ? &migrate->is_plan
		     : option == OPTION_JSON       ? &migrate->is_json
		     : option == OPTION_WIDER      ? &migrate->accepts_wider
		     : option == OPTION_MD5        ? &migrate->accepts_md5
		     : option == OPTION_TOMBSTONES ? &migrate->source.reserves_tombstones
						   : NULL;
	if (option == OPTION_NO_TOOLS)
		migrate->source.runs_tools = false;
	else if (!flag)
		return false;
	else
		*flag = true;
	return true;
}

static const struct migrate_kind *migrate_kind_find(const char *word)
{
	struct nearest nearest = nearest_to(word);
	for (const struct migrate_kind *kind = migrate_kinds; kind->word; kind++) {
		if (strcmp(kind->word, word) == 0)
			return kind;
		nearest_try(&nearest, kind->word);
	}
	const char *meant = nearest_found(&nearest);
	if (meant)
		migrate_end(MIGRATE_USAGE, "'%s' is no kind of server: did you mean '%s'?", word,
			    meant);
	fprintf(stderr, "tenure-migrate: '%s' is no kind of server that is known\n", word);
	migrate_usage(stderr);
	exit(MIGRATE_USAGE);
}

static void migrate_parse(struct migrate *migrate, int argc, char **argv)
{
	struct source *source = &migrate->source;
	source->runs_tools = true;
	for (int option; (option = getopt_long(argc, argv, "", migrate_options, NULL)) != -1;)
		if (!migrate_take_flag(migrate, option))
			migrate_take(migrate, option);
	if (optind == argc) {
		migrate_usage(stderr);
		exit(MIGRATE_USAGE);
	}
	migrate->kind = migrate_kind_find(argv[optind++]);
	size_t count = (size_t)(argc - optind);
	if (count < migrate->kind->min || count > migrate->kind->max)
		migrate_end(MIGRATE_USAGE, "migrate %s takes: %s", migrate->kind->word,
			    migrate->kind->sources);
	for (; optind < argc && source->count < SOURCE_WORDS_MAX; optind++)
		source->word[source->count++] = argv[optind];
	if (!migrate->out == !migrate->is_plan)
		migrate_end(MIGRATE_USAGE, migrate->out
						   ? "--plan writes nothing: without --out"
						   : "--out DIR says where it is written; --plan "
						     "only shows the report");
}

static const char *migrate_origin(struct site *site, const struct migrate *migrate)
{
	char *text = arena_print(&site->arena, "%s", migrate->kind->word);
	for (size_t i = 0; i < migrate->source.count; i++)
		text = arena_print(&site->arena, "%s %s", text, migrate->source.word[i]);
	for (char *c = text; *c; c++)
		if ((unsigned char)*c < 0x20 || (unsigned char)*c > 0x7e)
			*c = '?';
	return text;
}

static int migrate_site(const struct migrate *migrate, struct site *site)
{
	char error[SITE_ERROR_MAX];
	site->origin = migrate_origin(site, migrate);
	site->accepts_wider = migrate->accepts_wider;
	site->accepts_md5 = migrate->accepts_md5;
	if (!migrate->kind->read(site, &migrate->source, error))
		migrate_end(MIGRATE_LOST, "%s", error);
	if (migrate->is_forward)
		site_owners_forward(site);
	site_settle(site);
	if (migrate->out && !site_write(site, migrate->out, error))
		migrate_end(MIGRATE_LOST, "%s", error);
	if (migrate->is_json)
		site_report_json(site, stdout);
	else if (migrate->is_plan)
		site_report_text(site, stdout);
	else
		printf("%s\n%s/report.txt says which; next: tenurectl apply %s/site.yaml --plan\n",
		       site_report_sum(site), migrate->out, migrate->out);
	if (fflush(stdout) != 0)
		migrate_end(MIGRATE_LOST, "standard output: %s", strerror(errno));
	return site->by_list[SITE_LOST] ? MIGRATE_LOST : MIGRATE_WHOLE;
}

int main(int argc, char **argv)
{
	struct migrate migrate = {0};
	struct site site;
	setlocale(LC_CTYPE, "C.UTF-8");
	/* Secrets pass through here: no core file has them. */
	prctl(PR_SET_DUMPABLE, 0);
	signal(SIGPIPE, SIG_IGN);
	/* A file that may not grow is an error of its write, after which nothing is left. */
	signal(SIGXFSZ, SIG_IGN);
	migrate_parse(&migrate, argc, argv);
	site_open(&site, (uint64_t)time(NULL));
	int code = migrate_site(&migrate, &site);
	site_free(&site);
	return code;
}
