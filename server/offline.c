/* SPDX-License-Identifier: BSD-2-Clause */
#include "server/offline.h"
#include "server/offline_digest.h"
#include "admin/call.h"
#include "admin/command.h"
#include "base/counted.h"
#include "base/log.h"
#include "base/progress.h"
#include "base/shellword.h"
#include "base/timeword.h"
#include "server/configfile.h"
#include "server/options.h"
#include "server/privilege.h"
#include "store/inspect.h"
#include "vault/check.h"
#include "vault/rebuild.h"
#include "vault/restore.h"
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* A damage has as many findings as it has rows: after so many they are only counted. */
#define SHOWN_MAX 1000

struct offline {
	const char *command, *data, *to, *log_of, *user, *file, *from;
	bool is_json, repairs, replays;
	struct report report;
};

static void offline_print_count(uint64_t count, const char *noun, const char *after)
{
	char text[COUNTED_TEXT_MAX];
	printf("%s%s", counted(count, noun, text), after);
}

static enum call_code offline_complain(const struct offline *o, enum call_code code,
				       const char *text)
{
	fflush(stdout);
	progress_end();
	fprintf(stderr, "tenurectl: %s: %s\n", o->command, text);
	return code;
}

static void print_json(json_t *line)
{
	json_dumpf(line, stdout, JSON_COMPACT | JSON_ENSURE_ASCII);
	printf("\n");
	json_decref(line);
}

static void offline_show(void *context, const struct finding *f)
{
	const struct offline *o = context;
	if (o->report.findings > SHOWN_MAX)
		return;
	progress_hide();
	if (o->is_json) {
		print_json(json_pack("{s:s?, s:s?, s:s?, s:s, s:b}", "table", f->table, "zone",
				     f->zone, "name", f->name, "text", f->what, "repairable",
				     f->is_repairable));
		return;
	}
	printf("%s%s%s%s%s%s%s: %s%s\n", f->table ? "table " : "", f->table ? f->table : "",
	       f->table && (f->zone || f->name) ? ", " : "", f->zone ? "zone " : "",
	       f->zone ? f->zone : "", f->zone && f->name ? ", " : "", f->name ? f->name : "",
	       f->what, f->is_repairable ? " (an index)" : "");
	fflush(stdout);
	progress_show();
}

/* --- check */

struct pages {
	struct offline *offline;
	struct check_counts *counts; /* of what is whole */
};

static void count_whole_row(void *context, enum store_table table, struct bytes key,
			    struct bytes value)
{
	struct pages *pages = context;
	check_count_row(pages->counts, table, key, value);
}

/* Rows are told by check_store, which knows what they are of. */
static void show_page(void *context, const struct store_damage *damage)
{
	struct pages *pages = context;
	char what[256];
	if (damage->is_row)
		return;
	snprintf(what, sizeof what, "page %" PRIu64 " %s", damage->page, damage->what);
	report_find(&pages->offline->report,
		    &(struct finding){.table = damage->table[0] ? damage->table : NULL,
				      .name = damage->table[0] ? NULL : "the file",
				      .what = what});
}

static void suggest_repair(const struct offline *o)
{
	struct arena arena = {0};
	fprintf(stderr,
		"only indexes are wrong: `tenurectl check --data %s --repair-indexes` makes them "
		"anew\n",
		shellword(o->data, &arena));
	arena_free(&arena);
}

static enum call_code tell_counts(const struct offline *o, const struct check_counts *counts)
{
	const struct report *r = &o->report;
	if (o->is_json) {
		print_json(json_pack(
			"{s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "zones", (json_int_t)counts->zones,
			"names", (json_int_t)counts->names, "records", (json_int_t)counts->records,
			"entries", (json_int_t)counts->entries, "rows_older",
			(json_int_t)counts->untold, "findings", (json_int_t)r->findings,
			"repairable_findings", (json_int_t)r->repairable));
	} else {
		offline_print_count(counts->zones, "zone", ", ");
		offline_print_count(counts->names, "name", ", ");
		offline_print_count(counts->records, "record", ", ");
		offline_print_count(counts->entries, "entry", " of the log, ");
		offline_print_count(counts->rows, "row", ": ");
		if (counts->untold)
			offline_print_count(counts->untold, "row",
					    counts->untold == 1
						    ? " of state is older than the log; "
						    : " of state are older than the log; ");
		if (r->findings)
			printf("%" PRIu64 " findings\n", r->findings);
		else
			printf("all good\n");
	}
	if (!r->findings)
		return CALL_OK;
	fflush(stdout);
	if (r->repairable == r->findings)
		suggest_repair(o);
	else
		fprintf(stderr, "the guide's chapter \"It is three in the morning\" says what can "
				"be done\n");
	return CALL_FAILED;
}

/* The pages first: LMDB must not be asked about what it could not bear. */
static enum call_code offline_look_at(struct offline *o, struct check_counts *counts)
{
	char file[4200];
	struct stat st;
	struct pages pages = {.offline = o, .counts = counts};
	struct store_inspection found = {
		.found = show_page, .row = count_whole_row, .context = &pages};
	*counts = (struct check_counts){0};
	o->report.findings = o->report.repairable = 0;
	snprintf(file, sizeof file, "%.4000s/data.mdb", o->data);
	if (stat(file, &st) == 0 && st.st_size > 0 && !store_inspect(file, &found, o->report.error))
		return offline_complain(o, CALL_FAILED, o->report.error);
	if (found.is_broken)
		progress_end();
	if (found.is_broken && !o->is_json)
		printf("whole are: ");
	if (found.is_broken)
		return tell_counts(o, counts);
	struct store_options options = {.path = o->data, .is_read_only = true, .readers = 2};
	struct store *store = store_open(&options, o->report.error);
	bool is_read = store && check_store(store, &o->report, counts);
	store_close(store);
	progress_end();
	return is_read ? tell_counts(o, counts) : offline_complain(o, CALL_FAILED, o->report.error);
}

static enum call_code offline_look(struct offline *o, struct check_counts *counts)
{
	progress_begin();
	enum call_code code = offline_look_at(o, counts);
	progress_end();
	return code;
}

/* Also when it may not be looked at: then opening it says why. */
static bool has_store(const char *data)
{
	char file[4200];
	snprintf(file, sizeof file, "%.4000s/data.mdb", data);
	return access(file, F_OK) == 0 || (errno != ENOENT && errno != ENOTDIR);
}

/* Opens the backup as the present user, before it becomes the owner of the data folder. */
static enum call_code server_offline_check(struct offline *o, int backup)
{
	struct check_counts counts;
	char kept[REPAIR_KEPT_MAX] = "", text[STORE_ERROR_MAX];
	if (!has_store(o->data)) {
		snprintf(text, sizeof text,
			 "%.400s holds no store (data.mdb): --data is the folder of one", o->data);
		return offline_complain(o, CALL_FAILED, text);
	}
	const struct privilege as_it_is = {0};
	if (!privilege_enter_folder(o->data, o->repairs ? &as_it_is : NULL, o->report.error))
		return offline_complain(o, CALL_FAILED, o->report.error);
	int lock = store_lock(o->data, true, o->report.error);
	if (lock < 0)
		return offline_complain(o, CALL_FAILED, o->report.error);
	close(lock);
	enum call_code code = offline_look(o, &counts);
	if (code == CALL_OK && o->replays) {
		progress_begin();
		code = offline_replay(o->data, o->from, backup, o->is_json, &o->report);
		progress_end();
		return o->report.error[0] ? offline_complain(o, code, o->report.error) : code;
	}
	if (code != CALL_FAILED || !o->repairs || o->report.error[0])
		return code;
	if (!repair_store(o->data, 0, kept, &o->report))
		return offline_complain(o, CALL_FAILED, o->report.error);
	if (!o->is_json)
		printf("the indexes were made anew; the old file is %s/%s\n", o->data, kept);
	return offline_look(o, &counts);
}

static enum call_code check_with(struct offline *o)
{
	char text[STORE_ERROR_MAX];
	int backup = o->from ? open(o->from, O_RDONLY | O_NONBLOCK | O_CLOEXEC) : -1;
	if (o->from && backup < 0) {
		snprintf(text, sizeof text, "%.300s: %s", o->from, strerror(errno));
		return offline_complain(o, CALL_FAILED, text);
	}
	enum call_code code = server_offline_check(o, backup);
	if (backup >= 0)
		close(backup);
	return code;
}

/* --- restore */

static void pass_line(void *context, const char *line)
{
	(void)context;
	(void)line;
}

/* Who we are: the owner of what is made. */
static const char *user_name(char name[32])
{
	const struct passwd *known = getpwuid(geteuid());
	if (known)
		snprintf(name, 32, "%s", known->pw_name);
	else
		snprintf(name, 32, "%u", (unsigned)geteuid());
	return name;
}

static void warn_of_store_key(const struct offline *o, const struct restore_result *r)
{
	char id[STORE_KEY_ID_TEXT_MAX];
	fprintf(stderr,
		"tenurectl: restore: warning: the keys need store key %s, which is not in %s/%s: "
		"until it is put there, what they sign is refused\n",
		store_key_id_print(&r->missing, id), o->data, STORE_KEY_FILE);
}

static json_t *turned_json(const struct restore_turned *t)
{
	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "turned_zones",
			 (json_int_t)t->zones, "zones_brought_back", (json_int_t)t->zones_brought,
			 "zones_deleted", (json_int_t)t->zones_deleted, "turned_records",
			 (json_int_t)t->changes, "records_brought_back", (json_int_t)t->brought,
			 "records_removed", (json_int_t)t->removed, "records_changed",
			 (json_int_t)t->altered, "turned_rows", (json_int_t)t->rows);
}

static void print_turned(const char *to, const struct restore_turned *t)
{
	char zones[COUNTED_TEXT_MAX];
	printf("as of %s: ", to);
	if (!t->changes && !t->rows && !t->zones) {
		printf("all is as it was then\n");
		return;
	}
	offline_print_count(t->brought, "record", " brought back, ");
	printf("%" PRIu64 " removed, %" PRIu64 " changed, in %s; ", t->removed, t->altered,
	       counted(t->zones, "zone", zones));
	offline_print_count(t->zones_brought, "zone", " brought back, ");
	printf("%" PRIu64 " deleted; ", t->zones_deleted);
	printf("%" PRIu64 " settings, rules, groups and the like set back\n", t->rows);
}

static void print_held(const char *what, const struct check_counts *counts, const char *after)
{
	printf("%s: ", what);
	offline_print_count(counts->zones, "zone", ", ");
	offline_print_count(counts->records, "record", ", ");
	offline_print_count(counts->entries, "entry", after);
}

static enum call_code tell_restored_json(const struct offline *o, const struct restore_result *r,
					 const char *user)
{
	char last[TIMEWORD_TEXT_MAX];
	time_print(r->last_us / 1000000, last);
	json_t *line = json_pack(
		"{s:o, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "data", command_string(o->data),
		"user", user, "zones", (json_int_t)r->is_there.zones, "records",
		(json_int_t)r->is_there.records, "entries", (json_int_t)r->is_there.entries,
		"backup_zones", (json_int_t)r->counts.zones, "backup_records",
		(json_int_t)r->counts.records, "backup_entries", (json_int_t)r->counts.entries,
		"replayed", (json_int_t)r->replayed);
	json_object_update_new(line, turned_json(&r->turned));
	json_object_update_new(line,
			       json_pack("{s:I, s:I, s:s, s:b, s:b, s:b}", "serial_step",
					 (json_int_t)r->serial_step, "lacked_keys",
					 (json_int_t)r->lacked_keys, "last_at", last,
					 "has_store_key", r->has_store_key, "lacks_store_key",
					 r->lacks_store_key, "has_refusals", r->has_refusals));
	print_json(line);
	return CALL_OK;
}

static enum call_code tell_restored(const struct offline *o, const struct restore_options *options,
				    const struct restore_result *r)
{
	char replayed[COUNTED_TEXT_MAX];
	char to[TIMEWORD_TEXT_MAX], last[TIMEWORD_TEXT_MAX], user[32];
	user_name(user);
	time_print(options->to, to);
	time_print(r->last_us / 1000000, last);
	if (r->lacks_store_key)
		warn_of_store_key(o, r);
	if (*r->time_said)
		fprintf(stderr, "tenurectl: restore: warning: %s\n", r->time_said);
	if (o->is_json)
		return tell_restored_json(o, r, user);
	bool goes_on = options->log_of || options->to || options->to_seq;
	if (goes_on)
		print_held("the backup", &r->counts, " of the log\n");
	if (r->has_store_key)
		printf("the store key was put into %s/%s\n", o->data, STORE_KEY_FILE);
	if (r->lacked_keys)
		printf("the backup was made without keys: %" PRIu64
		       " are not here (import them, or "
		       "generate new ones)\n",
		       r->lacked_keys);
	if (options->log_of)
		printf("%s of the log of %s %s done again; %s\n",
		       counted(r->replayed, "entry", replayed), options->log_of,
		       r->replayed == 1 ? "was" : "were",
		       r->has_refusals ? "what it refused is taken from there"
				       : "what it refused is another server's, or damaged: the "
					 "logs of refusals begin anew");
	if (options->to_seq)
		snprintf(to, sizeof to, "entry %" PRIu64, options->to_seq);
	if (options->to || options->to_seq)
		print_turned(to, &r->turned);
	if (options->to && options->to > r->last_us / 1000000)
		printf("the last that the log knows is of %s\n", last);
	print_held(o->data, goes_on ? &r->is_there : &r->counts, " of the log restored\n");
	if (r->serial_step)
		printf("the serial of each zone went ahead by %" PRIu32
		       ", beyond what secondaries may have\n",
		       r->serial_step);
	printf("the files belong to user %s; start tenured, and look; secondaries follow by "
	       "themselves\n",
	       user);
	return CALL_OK;
}

/* Whose a new data folder is to be: as told, or as the server's configuration says. */
static bool find_heir(const struct offline *o, struct privilege *heir, char *error)
{
	static struct settings settings;
	struct configfile_report unheard = {.line = pass_line};
	*heir = (struct privilege){0};
	settings_init(&settings);
	if (o->user)
		return privilege_find(o->user, "", heir, error);
	if (geteuid() != 0 || access(OPTIONS_CONFIG_DEFAULT, R_OK) != 0 ||
	    configfile_load(&settings, OPTIONS_CONFIG_DEFAULT, &unheard) != 0)
		return true;
	return privilege_find(settings.user, settings.group, heir, error);
}

/* Root reads the backup; all that follows is the owner's of the data folder. */
static bool become_owner(const struct offline *o, char error[PRIVILEGE_ERROR_MAX])
{
	struct privilege heir;
	bool is_root = geteuid() == 0;
	char log[4200], name[32];
	if (!find_heir(o, &heir, error) || !privilege_enter_folder(o->data, &heir, error))
		return false;
	snprintf(error, PRIVILEGE_ERROR_MAX,
		 "%.200s belongs to user %.32s: chown it, or leave --user out", o->data,
		 user_name(name));
	if (is_root && o->user && geteuid() != heir.uid)
		return false;
	snprintf(log, sizeof log, "%.4000s/data.mdb", o->log_of ? o->log_of : o->data);
	snprintf(error, PRIVILEGE_ERROR_MAX,
		 "%.200s: user %.32s, whose %.100s is, may not read it: chown -R it", log, name,
		 o->data);
	return !o->log_of || !is_root || access(log, R_OK) == 0 || errno != EACCES;
}

static enum call_code restore_as_owner(struct offline *o, struct restore_options *options)
{
	struct restore_result result;
	char text[STORE_ERROR_MAX];
	options->fd = open(o->file, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (options->fd < 0) {
		snprintf(text, sizeof text, "%.300s: %s", o->file, strerror(errno));
		return offline_complain(o, CALL_FAILED, text);
	}
	progress_begin();
	bool is_restored =
		become_owner(o, o->report.error) && restore_store(options, &o->report, &result);
	progress_end();
	close(options->fd);
	return is_restored ? tell_restored(o, options, &result)
			   : offline_complain(o, CALL_FAILED, o->report.error);
}

/* "seq:123": what was there when entry 123 had just been written. */
static bool offline_take_seq(const char *text, uint64_t *seq)
{
	char *end;
	if (strncmp(text, "seq:", 4) != 0 || text[4] < '0' || text[4] > '9')
		return false;
	*seq = strtoull(text + 4, &end, 10);
	return !*end && *seq > 0;
}

static bool offline_take_to(const struct offline *o, struct restore_options *options)
{
	return !o->to || offline_take_seq(o->to, &options->to_seq) ||
	       (time_parse(o->to, options->now, &options->to) && options->to);
}

/* A folder that was made for a restore which failed: it holds the lock at most. */
static void offline_unmake(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return;
	unlinkat(fd, "lock", 0);
	close(fd);
	rmdir(path);
}

/* In a process of its own, since whoever restores as another user cannot remove the folder. */
static enum call_code offline_restore_anew(struct offline *o, struct restore_options *options)
{
	int status = 0;
	fflush(NULL);
	pid_t child = fork();
	if (child == 0)
		exit((int)restore_as_owner(o, options));
	if (child < 0 || waitpid(child, &status, 0) != child)
		return offline_complain(o, CALL_FAILED, strerror(errno));
	enum call_code code = WIFEXITED(status) ? (enum call_code)WEXITSTATUS(status) : CALL_FAILED;
	if (code != CALL_OK)
		offline_unmake(o->data);
	return code;
}

static enum call_code server_offline_restore(struct offline *o)
{
	struct stat st;
	struct restore_options options = {
		.file = o->file, .data = o->data, .log_of = o->log_of, .now = (uint64_t)time(NULL)};
	char text[STORE_ERROR_MAX];
	if (!offline_take_to(o, &options)) {
		snprintf(text, sizeof text,
			 "--to: '%.80s' is not a time (2026-01-05T09:00:00Z, 2h for so long ago, "
			 "or seq:N for entry N)",
			 o->to);
		return offline_complain(o, CALL_USAGE, text);
	}
	bool is_new = lstat(o->data, &st) != 0 && errno == ENOENT;
	return is_new ? offline_restore_anew(o, &options) : restore_as_owner(o, &options);
}

/* --- words */

int offline_is(const char *word)
{
	return strcmp(word, "check") == 0 || strcmp(word, "restore") == 0 ||
	       strcmp(word, OFFLINE_POLICY) == 0 || strcmp(word, OFFLINE_DIGEST) == 0;
}

static bool offline_read_words(struct offline *o, int argc, char **argv)
{
	static const struct option options[] = {
		{"data", required_argument, NULL, 'd'},
		{"json", no_argument, NULL, 'j'},
		{"repair-indexes", no_argument, NULL, 'r'},
		{"to", required_argument, NULL, 't'},
		{"log-of", required_argument, NULL, 'l'},
		{"user", required_argument, NULL, 'u'},
		{"replay", no_argument, NULL, 'p'},
		{"from", required_argument, NULL, 'f'},
		{0},
	};
	int value;
	opterr = 0;
	optind = 1;
	while ((value = getopt_long(argc, argv, "+", options, NULL)) != -1) {
		switch (value) {
		case 'd':
			o->data = optarg;
			break;
		case 'j':
			o->is_json = true;
			break;
		case 'r':
			o->repairs = true;
			break;
		case 't':
			o->to = optarg;
			break;
		case 'l':
			o->log_of = optarg;
			break;
		case 'u':
			o->user = optarg;
			break;
		case 'p':
			o->replays = true;
			break;
		case 'f':
			o->from = optarg;
			break;
		default:
			return false;
		}
	}
	bool is_restore = strcmp(o->command, "restore") == 0;
	if (is_restore && optind < argc)
		o->file = argv[optind++];
	bool is_check = !o->to && !o->log_of && !o->user && (o->replays || !o->from);
	return o->data && optind == argc &&
	       (is_restore ? o->file && !o->repairs && !o->replays && !o->from : is_check);
}

int offline_run(int argc, char **argv)
{
	if (strcmp(argv[0], OFFLINE_POLICY) == 0)
		return offline_policy(argc, argv);
	if (strcmp(argv[0], OFFLINE_DIGEST) == 0)
		return offline_digest(argc, argv);
	struct offline o = {.command = argv[0]};
	o.report = (struct report){.found = offline_show, .context = &o};
	umask(077);
	signal(SIGPIPE, SIG_IGN);
	store_catch_faults();
	if (!offline_read_words(&o, argc, argv))
		return (int)offline_complain(
			&o, CALL_USAGE,
			"usage: check --data DIR [--repair-indexes] [--replay [--from FILE]] "
			"[--json], or restore "
			"FILE --data DIR [--to TIME] [--log-of DIR] [--user USER] [--json]");
	progress_allow(o.is_json ? NULL : o.command);
	/* Findings say it better, and the log goes where a daemon's goes. */
	log_open(LOG_TO_STDERR, LOG_LEVEL_ERROR);
	return strcmp(o.command, "check") == 0 ? (int)check_with(&o)
					       : (int)server_offline_restore(&o);
}
