/* SPDX-License-Identifier: BSD-2-Clause */
/* tenured(8): from words to a running daemon. */
#include "config.h"
#include "base/digest.h"
#include "base/memory.h"
#include "server/configfile.h"
#include "server/daemon.h"
#include "server/offline.h"
#include "server/options.h"
#include "server/privilege.h"
#include "server/settings_check.h"
#include "server/socket_pass.h"
#include "server/store_preview.h"
#include <ev.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What requests that are under way may need to come to their end. */
#define MEMORY_RESERVE (16u << 20)

enum { EXIT_OK = 0, EXIT_REFUSED = 1, EXIT_USAGE = 2, EXIT_MIGRATES = 3 };

static void main_print_line(void *context, const char *line)
{
	(void)context;
	fprintf(stderr, "%s%s\n", log_priority(LOG_LEVEL_ERROR), line);
}

/* What a file says wrongly begins with its name, and other things with ours. */
static void main_print_own(void *context, const char *line)
{
	(void)context;
	fprintf(stderr, "%stenured: %s\n", log_priority(LOG_LEVEL_ERROR), line);
}

static void main_print_warning(void *context, const char *line)
{
	(void)context;
	fprintf(stderr, "%swarning: %s\n", log_priority(LOG_LEVEL_WARNING), line);
}

static int main_complain(int code, const char *error)
{
	fprintf(stderr, "%stenured: %s\n", log_priority(LOG_LEVEL_ERROR), error);
	return code;
}

/* Defaults, then the file, then the command line (reload_gather). False: reported. */
static bool main_gather(void *context, struct settings *settings,
			void (*line)(void *context, const char *), void *line_context)
{
	const struct options *options = context;
	struct configfile_report report = {.line = line, .context = line_context};
	const char *path = options_config(options, OPTIONS_CONFIG_DEFAULT);
	char error[SETTINGS_ERROR_MAX];
	void (*own)(void *, const char *) = line == main_print_line ? main_print_own : line;
	settings_init(settings);
	size_t errors = path ? configfile_load(settings, path, &report) : 0;
	if (!options_assign(options, settings, error)) {
		own(line_context, error);
		errors++;
	}
	return errors + settings_finish(settings, own, line_context) == 0;
}

/* libev's way to ask: 0 bytes give it back. */
static void *main_resize(void *p, long bytes)
{
	if (bytes > 0)
		return memory_resize(p, (size_t)bytes);
	memory_free(p);
	return NULL;
}

/* Before the libraries have allocated anything. libev aborts where it gets no memory, and so do we
 * where a digest cannot be made. */
static void main_take_reserve(void)
{
	if (!memory_reserve(MEMORY_RESERVE))
		log_warning("there is no reserve of memory", "bytes=%u", MEMORY_RESERVE);
	if (!digest_use_reserve())
		log_warning("libcrypto takes no memory from the reserve", "why=\"it is in use\"");
	json_set_alloc_funcs(memory_alloc, memory_free);
	ev_set_allocator(main_resize);
}

static int main_run(struct options *options, const struct settings *settings)
{
	char error[DAEMON_ERROR_MAX];
	struct daemon_options how = {
		.settings = settings,
		.hand_clock_us = options->clock * 1000000,
		.keeps_old_store = options->keeps_old_store,
		.gather = main_gather,
		.context = options,
	};
	log_open((enum log_target)settings->log_target, (enum log_level)settings->log_level);
	main_take_reserve();
	struct daemon *daemon = daemon_start(&how, error);
	if (!daemon) {
		char quoted[LOG_QUOTED_MAX];
		if (settings->log_target != LOG_TO_STDERR)
			log_error("cannot start", "why=%s", log_quote(error, quoted));
		return main_complain(EXIT_REFUSED, error);
	}
	daemon_run(daemon);
	return EXIT_OK;
}

/* Becomes the user of the settings, as a start does, so that what cannot be read then is told. A
 * folder that is not there is made at the start. False: reported. */
static bool main_take_user(const struct settings *settings)
{
	struct privilege p;
	struct stat info;
	char error[PRIVILEGE_ERROR_MAX];
	const char *data = settings->data;
	if (geteuid() != 0 || !privilege_find(settings->user, settings->group, &p, error))
		return true; /* settings_check tells who is not there */
	bool has_folder = stat(data, &info) == 0 && S_ISDIR(info.st_mode);
	if ((!has_folder || privilege_take_folder(&p, data, error)) && privilege_drop(&p, error) &&
	    (!has_folder || privilege_can_write(data, error)))
		return true;
	main_complain(EXIT_USAGE, error);
	return false;
}

/* All that can be known: what the file names is looked at also where a word of it is wrong. */
static int main_check(struct options *options, struct settings *settings)
{
	struct settings_report report = {.fault = main_print_line, .warn = main_print_warning};
	bool is_right = main_gather(options, settings, main_print_line, NULL);
	is_right &= main_take_user(settings);
	is_right &= settings_check(settings, &report) == 0;
	if (!is_right)
		return EXIT_USAGE;
	printf("the configuration is right\n");
	return EXIT_OK;
}

static void main_say_nothing(void *context, const char *line)
{
	(void)context;
	(void)line;
}

/* As the user of the start that follows, whose right to bind is all that is left of root's when the
 * configuration is read. What is wrong there the start tells, which is not tried again for that. */
static int main_pass(struct options *options, struct settings *settings)
{
	struct privilege p;
	char error[SOCKET_PASS_ERROR_MAX];
	const char *user = options_given(options, "user");
	if (!privilege_find(user ? user : "", "", &p, error) || !privilege_keep_ports(&p, error))
		return main_complain(EXIT_REFUSED, error);
	privilege_harden();
	if (!main_gather(options, settings, main_say_nothing, NULL))
		return EXIT_OK;
	return socket_pass(settings, error) ? EXIT_OK : main_complain(EXIT_REFUSED, error);
}

static int main_preview(const char *data)
{
	static const int codes[] = {
		[STORE_PREVIEW_OPENS] = EXIT_OK,
		[STORE_PREVIEW_REFUSES] = EXIT_REFUSED,
		[STORE_PREVIEW_MIGRATES] = EXIT_MIGRATES,
	};
	char text[STORE_PREVIEW_MAX];
	enum store_preview what = store_preview(data, text);
	if (what == STORE_PREVIEW_REFUSES)
		return main_complain(EXIT_REFUSED, text);
	printf("%s\n", text);
	return codes[what];
}

int main(int argc, char **argv)
{
	static struct options options;
	static struct settings settings;
	char error[SETTINGS_ERROR_MAX];
	if (argc > 1 && offline_is(argv[1]))
		return offline_run(argc - 1, argv + 1);
	if (!options_read(&options, argc, argv, error))
		return main_complain(EXIT_USAGE, error);
	if (options.wants_help) {
		options_help();
		return EXIT_OK;
	}
	if (options.wants_version) {
		printf("tenured %s\n", PACKAGE_VERSION);
		return EXIT_OK;
	}
	if (options.checks_config)
		return main_check(&options, &settings);
	if (options.passes_sockets)
		return main_pass(&options, &settings);
	if (!main_gather(&options, &settings, main_print_line, NULL))
		return EXIT_USAGE;
	if (options.checks_store)
		return main_preview(settings.data);
	return main_run(&options, &settings);
}
