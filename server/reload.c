/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "server/reload.h"
#include "admin/command.h"
#include "base/log.h"
#include "server/settings_check.h"
#include <assert.h>
#include <fnmatch.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* Two lists of names in one sentence. */
#define RELOAD_NAMES_MAX (RELOAD_TEXT_MAX / 2 - 40)

struct reload {
	struct reload_options options;
	pthread_mutex_t lock;
	struct control *control;
	const struct settings *now;
	struct settings of[2]; /* the exports read texts of one while the other is filled */
};

/* What is wrong, as much of it as a sentence takes, and how much there is. */
struct reload_problems {
	char text[RELOAD_TEXT_MAX - 100];
	size_t count, told;
	json_t *faults, *warnings; /* all of them */
};

static void reload_take_line(void *context, const char *line)
{
	struct reload_problems *problems = context;
	char quoted[LOG_QUOTED_MAX];
	log_error("the configuration is wrong", "why=%s", log_quote(line, quoted));
	size_t at = strlen(problems->text), room = sizeof problems->text - at;
	if (problems->count == 0 ||
	    (problems->told == problems->count && strlen(line) + 2 < room)) {
		snprintf(problems->text + at, room, "%s%s", at ? "; " : "", line);
		problems->told++;
	}
	problems->count++;
	json_array_append_new(problems->faults, command_string(line));
}

static void reload_take_warning(void *context, const char *line)
{
	struct reload_problems *problems = context;
	json_array_append_new(problems->warnings, command_string(line));
}

static bool reload_is_live(const struct setting *setting)
{
	static const char *const live[] = {"log.*", "backup-age", "key-age", "export.*", "roles.*"};
	for (size_t i = 0; i < sizeof live / sizeof *live; i++)
		if (fnmatch(live[i], setting->word, 0) == 0)
			return true;
	return false;
}

static bool reload_read(struct reload *r, struct settings *next, struct reload_problems *problems)
{
	if (!r->options.gather(r->options.context, next, reload_take_line, problems) &&
	    problems->count == 0)
		reload_take_line(problems, "it cannot be read");
	struct settings_report report = {
		.fault = reload_take_line, .warn = reload_take_warning, .context = problems};
	settings_check(next, &report);
	return problems->count == 0;
}

/* "export.file, log.level": the settings that differ, live ones or the others. */
static void reload_name_changed(const struct settings *old, const struct settings *next,
				bool is_live, json_t *names, char out[RELOAD_NAMES_MAX])
{
	size_t at = 0;
	out[0] = '\0';
	for (size_t i = 0; i < settings_count; i++) {
		const struct setting *setting = &settings_table[i];
		if (reload_is_live(setting) != is_live || setting_is_equal(setting, old, next))
			continue;
		json_array_append_new(names, json_string(setting->word));
		if (at < RELOAD_NAMES_MAX - 1)
			at += (size_t)snprintf(out + at, RELOAD_NAMES_MAX - at, "%s%s",
					       at ? ", " : "", setting->word);
	}
}

static void reload_give_roles(const struct reload *r, const struct settings *s)
{
	const char *const roles[ROLE_ADMIN + 1] = {
		[ROLE_METRICS] = s->roles[ROLE_METRICS],
		[ROLE_READ] = s->roles[ROLE_READ],
		[ROLE_OPERATE] = s->roles[ROLE_OPERATE],
		[ROLE_ADMIN] = s->roles[ROLE_ADMIN],
	};
	if (r->control)
		control_give_roles(r->control, roles);
}

static void reload_apply(struct reload *r, const struct settings *next)
{
	struct exports_options to = reload_exports(next);
	log_open((enum log_target)next->log_target, (enum log_level)next->log_level);
	r->options.core->backup_age = next->backup_age;
	r->options.core->key_age = next->key_age;
	exports_change(r->options.core->exports, &to);
	reload_give_roles(r, next);
}

/* What is not live stays as it is in effect, so that the next reading tells of it again. */
static void reload_keep_others(const struct settings *now, struct settings *next)
{
	for (size_t i = 0; i < settings_count; i++)
		if (!reload_is_live(&settings_table[i]))
			setting_copy(&settings_table[i], now, next);
}

/* What `list` of the answer is added to. */
static json_t *reload_list(json_t *answer, const char *list)
{
	json_t *values = json_array();
	json_object_set_new(answer, list, values);
	return values;
}

static bool reload_run_locked(struct reload *r, const char *by, json_t *answer,
			      char said[RELOAD_TEXT_MAX])
{
	struct settings *next = r->now == &r->of[0] ? &r->of[1] : &r->of[0];
	struct reload_problems problems = {.faults = reload_list(answer, "faults"),
					   .warnings = reload_list(answer, "warnings")};
	char taken[RELOAD_NAMES_MAX], waiting[RELOAD_NAMES_MAX];
	if (!reload_read(r, next, &problems)) {
		snprintf(said, RELOAD_TEXT_MAX,
			 "nothing was changed, the configuration is wrong: %s%s", problems.text,
			 problems.count > problems.told ? " (and more: see the log)" : "");
		return false;
	}
	json_object_del(answer, "faults");
	reload_name_changed(r->now, next, true, reload_list(answer, "changed_settings"), taken);
	reload_name_changed(r->now, next, false, reload_list(answer, "restart_settings"), waiting);
	reload_keep_others(r->now, next);
	reload_apply(r, next);
	if (r->control)
		control_tell_zones(r->control, reload_take_warning, &problems);
	r->now = next;
	snprintf(said, RELOAD_TEXT_MAX, "%s%s%s%s", *taken ? "changed: " : "no setting was changed",
		 taken, *waiting ? "; a restart is needed for " : "", waiting);
	log_info("the configuration is read again", "by=%s changed=\"%s\" after-restart=\"%s\"", by,
		 taken, waiting);
	return true;
}

struct reload *reload_new(const struct reload_options *options)
{
	struct reload *r = calloc(1, sizeof *r);
	assert(r);
	r->options = *options;
	r->now = options->settings;
	pthread_mutex_init(&r->lock, NULL);
	return r;
}

void reload_free(struct reload *r)
{
	if (!r)
		return;
	pthread_mutex_destroy(&r->lock);
	free(r);
}

void reload_use_control(struct reload *r, struct control *control)
{
	pthread_mutex_lock(&r->lock);
	r->control = control;
	/* One that starts late knows the roles of the start. */
	if (r->now != r->options.settings)
		reload_give_roles(r, r->now);
	pthread_mutex_unlock(&r->lock);
}

bool reload_run(struct reload *r, const char *by, json_t *answer, char said[RELOAD_TEXT_MAX])
{
	pthread_mutex_lock(&r->lock);
	bool is_well = reload_run_locked(r, by, answer, said);
	pthread_mutex_unlock(&r->lock);
	return is_well;
}

struct exports_options reload_exports(const struct settings *s)
{
	return (struct exports_options){
		.file = s->export_file,
		.socket = s->export_socket,
		.syslog = s->export_syslog,
		.ca = s->export_ca[0] ? s->export_ca : NULL,
		.certificate = s->export_certificate[0] ? s->export_certificate : NULL,
		.key = s->export_key[0] ? s->export_key : NULL,
	};
}
