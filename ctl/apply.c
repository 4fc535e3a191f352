/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * apply: reads a site's file, shows what it would change, asks, and has it changed. The plan comes
 * first in any case: it says which seeds the server wants, and up to which entry of the log it is
 * good.
 */
#include <config.h>
#include "ctl/apply_plan.h"
#include "base/frame.h"
#include "base/outfile.h"
#include "ctl/ask.h"
#include "ctl/site_file.h"
#include "ctl/site_form.h"
#include "ctl/upload.h"
#include <stdlib.h>
#include <string.h>

#define APPLY_PIECE_MAX  (256u << 10)
#define APPLY_SAVED      "tenure.apply-saved/1"
#define APPLY_SAVED_MAX  (1u << 20)
#define APPLY_SEEDS_ROOM 64

struct apply_run {
	struct ctl *ctl;
	struct arena arena;
	struct site_form form;
	char *text;    /* the document, as it is sent */
	json_t *seeds; /* indexes of zones whose seeds are sent, as texts */
	/* What is sent of each of these, for places of what is wrong in it. */
	struct upload *uploads;
	size_t upload_count;
	const char *seed_fault;
	struct apply_shown shown;
	json_t *rows; /* for programs, until they are printed */
	bool shows, is_saved_plan;
	uint64_t planned; /* of a plan that was saved: the last entry of its log */
};

static void apply_wipe_text(struct apply_run *run)
{
	if (run->text)
		explicit_bzero(run->text, strlen(run->text));
	free(run->text);
	run->text = NULL;
}

static void apply_close_uploads(struct apply_run *run)
{
	for (size_t i = 0; i < run->upload_count; i++)
		upload_close(&run->uploads[i]);
	free(run->uploads);
	run->uploads = NULL;
	run->upload_count = 0;
}

/* --- sending */

static bool apply_send_text(struct apply_run *run, int fd)
{
	size_t len = strlen(run->text);
	for (size_t at = 0; at < len; at += APPLY_PIECE_MAX) {
		size_t n = len - at < APPLY_PIECE_MAX ? len - at : APPLY_PIECE_MAX;
		if (!frame_send(fd, FRAME_DATA, bytes_of(run->text + at, n)))
			return false;
	}
	return true;
}

/* A server that stopped listening has said why; its answer is what counts. */
static bool apply_send_seed(struct apply_run *run, size_t zone, int fd)
{
	struct dns_name apex;
	struct upload_wish wish = {.format = UPLOAD_ZONE};
	const char *path = site_form_seed(&run->form, zone, &apex);
	struct site_file file = site_file_read(path, SITE_FILE_MAX, &run->arena);
	char *copy = file.text ? malloc(file.len + 1) : NULL;
	if (!copy) {
		run->seed_fault = arena_print(&run->arena, "%s: %s", path, file.problem);
		return false;
	}
	memcpy(copy, file.text, file.len + 1);
	struct upload *upload = &run->uploads[run->upload_count++];
	upload_open_text(upload, path, copy, file.len, &apex, &wish);
	bool is_sent = frame_send(fd, FRAME_DATA, bytes_of(NULL, 0)) && upload_send(upload, fd);
	if (upload->error[0])
		run->seed_fault = arena_print(&run->arena, "%s", upload->error);
	return is_sent || !run->seed_fault;
}

static bool apply_send(void *context, int fd)
{
	struct apply_run *run = context;
	size_t i;
	const json_t *zone;
	bool goes_on = apply_send_text(run, fd);
	apply_close_uploads(run);
	run->uploads = calloc(json_array_size(run->seeds) + 1, sizeof *run->uploads);
	if (!run->uploads)
		abort();
	json_array_foreach(run->seeds, i, zone)
	{
		if (goes_on)
			goes_on = apply_send_seed(run, strtoul(json_string_value(zone), NULL, 10),
						  fd);
	}
	return !run->seed_fault;
}

static void apply_take_row(void *context, json_t *row)
{
	struct apply_run *run = context;
	if (!run->shows || ctl_warning(row))
		return;
	if (run->ctl->is_json)
		json_array_append(run->rows, row);
	else
		apply_show_row(&run->shown, row);
}

/* To programs the rows of what was done are enough; those of the plan where nothing was. */
static void apply_print_rows(struct apply_run *run)
{
	size_t i;
	const json_t *row;
	json_array_foreach(run->rows, i, row)
	{
		ctl_json(row);
	}
	json_array_clear(run->rows);
}

/* --- faults */

/* Of a record of a seed the server knows the number, and we where it was read. */
static bool apply_seed_place(struct apply_run *run, const json_t *fault, struct site_place *at)
{
	const char *path = json_string_value(json_object_get(fault, "path"));
	const char *file;
	unsigned zone, line;
	int end = 0;
	json_t *mark = json_pack("{s:O?}", "mark", json_object_get(fault, "line"));
	bool is_seed = path && sscanf(path, "zones[%u].seed%n", &zone, &end) == 1 && end > 0;
	bool is_found = false;
	for (size_t i = 0; is_seed && i < run->upload_count && !is_found; i++) {
		const char *of = json_string_value(json_array_get(run->seeds, i));
		is_found = of && strtoul(of, NULL, 10) == zone &&
			   upload_find(&run->uploads[i], mark, &file, &line);
	}
	if (is_found)
		*at = (struct site_place){file, line, 0};
	json_decref(mark);
	return is_found;
}

/* What the server found wrong, with its places in the file. */
static void apply_print_faults(struct apply_run *run, const json_t *faults)
{
	size_t i;
	const json_t *fault;
	json_array_foreach(faults, i, fault)
	{
		const char *path = json_string_value(json_object_get(fault, "path"));
		const char *text = json_string_value(json_object_get(fault, "text"));
		size_t line = (size_t)json_integer_value(json_object_get(fault, "line"));
		size_t column = (size_t)json_integer_value(json_object_get(fault, "column"));
		struct site_place at = site_form_place(&run->form, path ? path : "", line, column);
		apply_seed_place(run, fault, &at);
		site_fault(&run->form.yaml, &at, "%s", text ? text : "it is wrong");
	}
}

static int apply_fail_form(struct apply_run *run)
{
	for (size_t i = 0; i < run->form.yaml.fault_count; i++)
		fprintf(stderr, "%s\n", run->form.yaml.fault[i]);
	return ctl_fail(run->ctl, CLIENT_USAGE, "%s: %zu fault%s: nothing was changed",
			run->form.path, run->form.yaml.fault_count,
			run->form.yaml.fault_count == 1 ? "" : "s");
}

/* --- a call */

static int apply_call(struct apply_run *run, bool is_plan, json_t **result)
{
	struct ctl *ctl = run->ctl;
	struct client_handlers handlers = {
		.row = apply_take_row, .send = apply_send, .context = run};
	struct client_command request = {ctl->socket, "apply", ctl->args, &handlers};
	json_object_set_new(ctl->args, "plan", json_boolean(is_plan));
	if (json_array_size(run->seeds))
		json_object_set(ctl->args, "seeds", run->seeds);
	run->seed_fault = NULL;
	int code = client_run(&request, result);
	const json_t *faults = json_object_get(*result, "faults");
	if (run->seed_fault) {
		json_decref(*result);
		return ctl_fail(ctl, CLIENT_USAGE, "%s", run->seed_fault);
	}
	if (code == CLIENT_USAGE && json_array_size(faults)) {
		apply_print_faults(run, faults);
		json_decref(*result);
		return apply_fail_form(run);
	}
	return code == CLIENT_OK ? code : ctl_result(ctl, code, *result, false);
}

/* The digest of a seed is that of its file as it is now. The server compares it with that of the
 * seed that it took; where a file is gone, or cannot be read, it hears of none, and says whether it
 * wants it. */
static void apply_digest_seeds(struct apply_run *run)
{
	size_t i;
	json_t *zone;
	json_array_foreach(json_object_get(run->form.document, "zones"), i, zone)
	{
		struct dns_name apex;
		struct arena arena = {0};
		char digest[65];
		const char *path = site_form_seed(&run->form, i, &apex);
		struct site_file file = {0};
		if (path)
			file = site_file_read(path, SITE_FILE_MAX, &arena);
		if (file.text) {
			site_digest(bytes_of(file.text, file.len), digest);
			json_object_set_new(json_object_get(zone, "seed"), "digest",
					    json_string(digest));
		}
		arena_free(&arena);
	}
}

static bool apply_note_seed(struct apply_run *run, size_t zone)
{
	struct dns_name apex;
	char digest[65];
	json_t *seed = json_object_get(
		json_array_get(json_object_get(run->form.document, "zones"), zone), "seed");
	const char *path = site_form_seed(&run->form, zone, &apex);
	struct site_file file = {.problem = "the server asks for a seed that there is not"};
	if (path)
		file = site_file_read(path, SITE_FILE_MAX, &run->arena);
	if (!file.text) {
		char *at = arena_print(&run->arena, "zones[%zu].seed.file", zone);
		struct site_place place = site_form_place(&run->form, at, 0, 0);
		site_fault(&run->form.yaml, &place, "seed: %s: %s", path ? path : "", file.problem);
		return false;
	}
	site_digest(bytes_of(file.text, file.len), digest);
	json_object_set_new(seed, "digest", json_string(digest));
	json_array_append_new(run->seeds, json_sprintf("%zu", zone));
	return true;
}

static void apply_print_document(struct apply_run *run)
{
	apply_wipe_text(run);
	run->text = json_dumps(run->form.document, JSON_COMPACT);
	if (!run->text)
		abort();
}

/* The plan, with the seeds that it wants. `*result` is the caller's if it is CLIENT_OK. */
static int apply_get_plan(struct apply_run *run, json_t **result)
{
	size_t i;
	const json_t *zone;
	bool is_well = true;
	run->shows = true;
	int code = apply_call(run, true, result);
	const json_t *seeds = code == CLIENT_OK ? json_object_get(*result, "seeds") : NULL;
	if (!json_array_size(seeds))
		return code;
	json_array_foreach(seeds, i, zone)
	{
		if (is_well)
			is_well = apply_note_seed(run, (size_t)json_integer_value(zone));
	}
	json_decref(*result);
	if (!is_well)
		return apply_fail_form(run);
	apply_print_document(run);
	code = apply_call(run, true, result);
	if (code != CLIENT_OK || !json_object_get(*result, "seeds"))
		return code;
	json_decref(*result);
	return ctl_fail(run->ctl, CLIENT_FAILED, "the zones changed meanwhile: try again");
}

/* --- a plan that is kept */

static int apply_save(struct apply_run *run, const char *path, const json_t *summary)
{
	struct outfile out;
	char error[FILE_ERROR_MAX];
	char *file = realpath(run->form.path, NULL);
	json_t *saved =
		json_pack("{s:s, s:o, s:s, s:O, s:O}", "schema", APPLY_SAVED, "file",
			  ctl_text(file ? file : run->form.path), "digest", run->form.inputs, "log",
			  json_object_get(summary, "log"), "summary", summary);
	char *text = json_dumps(saved, JSON_INDENT(2));
	bool is_open = outfile_open(&out, path, 0600, error);
	bool is_well = is_open && outfile_write(&out, bytes_of(text, strlen(text))) &&
		       outfile_write(&out, bytes_of("\n", 1)) && outfile_commit(&out, error);
	if (is_open)
		outfile_close(&out);
	free(text);
	free(file);
	json_decref(saved);
	return is_well ? CLIENT_OK : ctl_fail(run->ctl, CLIENT_FAILED, "%s: %s", path, error);
}

/* Whether the file is a plan that was saved; then `path` becomes that of the site's file. */
static int apply_open_saved(struct apply_run *run, json_t **saved)
{
	struct site_file file = site_file_read(run->form.path, APPLY_SAVED_MAX, &run->arena);
	const char *schema;
	*saved = file.text && file.text[0] == '{' ? json_loads(file.text, 0, NULL) : NULL;
	schema = json_string_value(json_object_get(*saved, "schema"));
	if (!schema || strcmp(schema, APPLY_SAVED) != 0)
		return CLIENT_OK;
	const char *path = json_string_value(json_object_get(*saved, "file"));
	json_int_t log = json_integer_value(json_object_get(*saved, "log"));
	if (!path || log < 0)
		return ctl_fail(run->ctl, CLIENT_USAGE, "%s: the plan is damaged", run->form.path);
	run->is_saved_plan = true;
	run->planned = (uint64_t)log;
	run->form.path = arena_print(&run->arena, "%s", path);
	return CLIENT_OK;
}

static int apply_check_saved(struct apply_run *run, const json_t *saved)
{
	const char *digest = json_string_value(json_object_get(saved, "digest"));
	if (!run->is_saved_plan || (digest && strcmp(digest, run->form.inputs) == 0))
		return CLIENT_OK;
	return ctl_fail(run->ctl, CLIENT_FAILED,
			"%s, or a file that it names, is another than when the plan was made: make "
			"a new one",
			run->form.path);
}

/* --- the command */

static int apply_end_plan(struct apply_run *run, json_t *result)
{
	const char *path = words_option(&run->ctl->words, "--save");
	const json_t *summary = json_object_get(result, "summary");
	int code = path ? apply_save(run, path, summary) : CLIENT_OK;
	apply_print_rows(run);
	if (!run->ctl->is_json)
		apply_show_end(&run->shown, summary, true);
	if (code == CLIENT_OK && json_integer_value(json_object_get(summary, "conflict")))
		code = CLIENT_FAILED;
	json_decref(result);
	return code;
}

static bool apply_has_changes(const json_t *summary)
{
	return json_integer_value(json_object_get(summary, "add")) ||
	       json_integer_value(json_object_get(summary, "change")) ||
	       json_integer_value(json_object_get(summary, "delete"));
}

/* What a run that is reverted does not bring back, with the commands that do. */
static const char *apply_stays_text(struct apply_run *run)
{
	const char *made =
		run->shown.makes_zones ? "; zones that were made stay until `zone del`" : "";
	const char *gone =
		run->shown.deletes_zones ? "; zones that went come back by `zone restore`" : "";
	const char *others = run->shown.has_keys ? "; keys stay as they are (`key del`)" : "";
	return arena_print(&run->arena, "%s%s%s", made, gone, others);
}

static int apply_say_done(struct apply_run *run, json_t *result, const char *counts)
{
	json_int_t number =
		json_integer_value(json_object_get(json_object_get(result, "summary"), "run"));
	if (!run->ctl->is_json && number == 0)
		/* All of it was content that went in parts, each in the run of its zone. */
		printf("applied: %s%s. `tenurectl audit --event run-end` names the runs.\n", counts,
		       apply_stays_text(run));
	else if (!run->ctl->is_json)
		printf("applied: %s. Run %lld; `tenurectl audit revert --run %lld` takes it "
		       "back%s.\n",
		       counts, (long long)number, (long long)number, apply_stays_text(run));
	json_decref(result);
	return CLIENT_OK;
}

/* What the plan shows is what is applied: from its entry on nobody may have come to it. */
static int apply_go(struct apply_run *run, json_t *plan)
{
	struct ctl *ctl = run->ctl;
	const json_t *summary = json_object_get(plan, "summary");
	json_t *result;
	char *counts = apply_show_counts(summary);
	bool stands = json_integer_value(json_object_get(summary, "conflict")) ||
		      json_integer_value(json_object_get(summary, "guarded"));
	int code = CLIENT_REFUSED;
	if (!ctl->is_json)
		apply_show_end(&run->shown, summary, stands);
	/* Of what stands in the way the server says the first. */
	if (stands || ask_yes(ctl, "%s: %s", run->form.path, counts)) {
		json_object_set_new(ctl->args, "log",
				    run->is_saved_plan
					    ? json_integer((json_int_t)run->planned)
					    : json_incref(json_object_get(summary, "log")));
		if (!stands)
			json_array_clear(run->rows);
		run->shows = ctl->is_json && !stands;
		code = apply_call(run, false, &result);
		if (code == CLIENT_OK)
			code = apply_say_done(run, result, counts);
	}
	apply_print_rows(run);
	free(counts);
	json_decref(plan);
	return code;
}

static int apply_nothing(struct apply_run *run, json_t *plan)
{
	apply_print_rows(run);
	if (!run->ctl->is_json)
		apply_show_end(&run->shown, json_object_get(plan, "summary"), true);
	json_decref(plan);
	return CLIENT_OK;
}

static int apply_with_form(struct apply_run *run)
{
	json_t *plan;
	apply_digest_seeds(run);
	apply_print_document(run);
	bool is_plan = words_has(&run->ctl->words, "--plan");
	int code = apply_get_plan(run, &plan);
	if (code != CLIENT_OK)
		return code;
	const json_t *summary = json_object_get(plan, "summary");
	if (is_plan)
		return apply_end_plan(run, plan);
	if (!apply_has_changes(summary) &&
	    !json_integer_value(json_object_get(summary, "conflict")))
		return apply_nothing(run, plan);
	return apply_go(run, plan);
}

static int apply_open(struct apply_run *run)
{
	json_t *saved = NULL;
	int code = apply_open_saved(run, &saved);
	if (code == CLIENT_OK && !site_form_read(&run->form))
		code = apply_fail_form(run);
	if (code == CLIENT_OK)
		code = apply_check_saved(run, saved);
	json_decref(saved);
	return code == CLIENT_OK ? apply_with_form(run) : code;
}

static int ctl_apply(struct ctl *ctl)
{
	static const char *const flags[] = {"allow-delete", "adopt",      "take",
					    "yes-many",     "move-names", "keep-seeds"};
	struct apply_run run = {.ctl = ctl, .seeds = json_array(), .rows = json_array()};
	for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
		char option[32];
		snprintf(option, sizeof option, "--%s", flags[i]);
		if (words_has(&ctl->words, option))
			ctl_arg_flag(ctl, flags[i]);
	}
	run.form.arena = &run.arena;
	run.form.path = ctl->words.word[0];
	run.form.allows_inline_secrets = words_has(&ctl->words, "--allow-inline-secrets");
	int code = words_has(&ctl->words, "--save") && !words_has(&ctl->words, "--plan")
			   ? ctl_fail(ctl, CLIENT_USAGE, "--save keeps a plan: --plan is needed")
			   : apply_open(&run);
	apply_wipe_text(&run);
	site_form_close(&run.form);
	apply_close_uploads(&run);
	json_decref(run.shown.zone);
	json_decref(run.seeds);
	json_decref(run.rows);
	arena_free(&run.arena);
	return code;
}

static const struct words_option apply_options[] = {
	CTL_OPTIONS,
	{"--plan", NULL, "shows what would change"},
	{"--save", "PLAN", "keeps the plan in a file, for `apply PLAN`"},
	{"--yes", NULL, "does not ask"},
	{"--allow-delete", NULL, "zones, keys and groups that are `state: absent` go"},
	{"--yes-many", NULL, "also where more than a fifth of a zone's managed records go"},
	{"--adopt", NULL, "takes over what is static or nobody's"},
	{"--take", NULL, "takes over zones of another file"},
	{"--keep-seeds", NULL, "leaves zones that hold other data than their seeds"},
	{"--move-names", NULL, "moves names that a zone above holds into new zones"},
	{"--allow-inline-secrets", NULL, "takes secrets that stand in the file"},
	{0},
};

const struct ctl_command ctl_apply_commands[] = {
	{"apply", "FILE", "makes the server what a site's file says", ctl_apply, 1, 1,
	 apply_options, "apply site.yaml --plan"},
	{0},
};
