/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "server/daemon.h"
#include "base/timeword.h"
#include "nameserver/connection_limits.h"
#include "nameserver/tap.h"
#include "nameserver/core.h"
#include "nameserver/key_uses.h"
#include "nameserver/keytab.h"
#include "nameserver/refusal.h"
#include "nameserver/store_fill.h"
#include "outbound/export.h"
#include "outbound/notify.h"
#include "server/control.h"
#include "server/listeners.h"
#include "server/privilege.h"
#include "server/reader.h"
#include "server/reload.h"
#include "server/socket_pass.h"
#include "server/supervisor.h"
#include "vault/migrate.h"
#include <assert.h>
#include <ev.h>
#include <inttypes.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* Descriptors besides sockets: loops, the store, the control socket and its clients. */
#define DESCRIPTORS_OF_A_THREAD  8
#define DESCRIPTORS_OF_A_COMMAND 3 /* its connection, and a spool */
#define DESCRIPTORS_BESIDES      (64 + NOTIFY_ASKED_MAX)

/* How long a stop waits for the commands of tenurectl; with what follows it takes less than five.
 */
#define COMMANDS_SECONDS 3

/* How long the service manager waits for a migration: the largest store takes some minutes. */
#define MIGRATE_TIMEOUT_US "3600000000"

struct daemon {
	const struct settings *settings;
	struct privilege privilege;
	struct listeners listeners;
	uint32_t *not_read;     /* of each, what was counted */
	struct store_fill fill; /* as of the last minute */
	struct connection_limits *connection_limits;
	struct idle_connections *idle_connections;
	struct core *core;
	struct control *control;
	struct reload *reload; /* NULL: there is nothing to read again */
	struct reader **readers;
	size_t reader_count;
	struct ev_loop *loop;
	ev_signal terminate, interrupt, hangup;
	ev_async stop;
	ev_timer watchdog;
	ev_timer minute, second;
	const char *stop_reason;
};

static const int handled_signals[] = {SIGTERM, SIGINT, SIGHUP};

/* Threads inherit the mask: signals come to the main thread alone. */
static void mask_signals(int how)
{
	sigset_t set;
	sigemptyset(&set);
	for (size_t i = 0; i < sizeof handled_signals / sizeof *handled_signals; i++)
		sigaddset(&set, handled_signals[i]);
	pthread_sigmask(how, &set, NULL);
}

/* As many descriptors as sockets and connections may need, if the system allows. */
static void raise_descriptors(const struct daemon *d)
{
	const struct settings *s = d->settings;
	struct rlimit limit;
	rlim_t wanted = s->tcp_connections + 2 * d->listeners.threads * s->listen_count +
			DESCRIPTORS_OF_A_THREAD * d->listeners.threads +
			DESCRIPTORS_OF_A_COMMAND * s->control_connections + DESCRIPTORS_BESIDES;
	if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= wanted)
		return;
	limit.rlim_cur = limit.rlim_max < wanted ? limit.rlim_max : wanted;
	(void)setrlimit(RLIMIT_NOFILE, &limit);
	if (limit.rlim_cur < wanted)
		log_warning("the limit of open files is lower than tcp.connections needs",
			    "limit=%" PRIu64 " wanted=%" PRIu64, (uint64_t)limit.rlim_cur,
			    (uint64_t)wanted);
}

/* Takes the sockets that were passed before it binds others. */
static bool open_listeners(struct daemon *d, char error[DAEMON_ERROR_MAX])
{
	struct inherited passed;
	inherited_take(&passed, INHERITED_FIRST);
	bool had_any = passed.count > 0;
	bool is_open = listeners_open(&d->listeners, d->settings, &passed, error);
	inherited_end(&passed);
	d->not_read = calloc(d->listeners.threads * d->listeners.addresses, sizeof *d->not_read);
	assert(d->not_read || d->listeners.addresses == 0);
	if (had_any)
		socket_pass_done();
	return is_open;
}

static void warn_of_folder(const char *path)
{
	struct stat st;
	char quoted[LOG_QUOTED_MAX];
	if (stat(path, &st) == 0 && (st.st_mode & 077) != 0)
		log_warning("others may look into the data folder", "data=%s do=\"chmod go= it\"",
			    log_quote(path, quoted));
	if (geteuid() == 0)
		log_warning("running as root", "do=\"set user\"");
}

/* Binds what needs root, and then is root no more. */
static bool daemon_become(struct daemon *d, char error[DAEMON_ERROR_MAX])
{
	const struct settings *s = d->settings;
	if (!privilege_find(s->user, s->group, &d->privilege, error) || !open_listeners(d, error) ||
	    !privilege_make_folder(&d->privilege, s->data, error) ||
	    !privilege_take_folder(&d->privilege, s->data, error) ||
	    !privilege_drop(&d->privilege, error) || !privilege_can_write(s->data, error))
		return false;
	privilege_harden();
	warn_of_folder(s->data);
	return true;
}

static const char *text_or_null(const char *text)
{
	return text[0] ? text : NULL;
}

/* `none` says that nothing is to be said. */
static const char *told_or_null(const char *text)
{
	return strcmp(text, "none") == 0 ? NULL : text_or_null(text);
}

/* A store of 0.1.0 is made anew before anybody opens it; an administrator waits for it, and so does
 * the service manager. */
static bool daemon_migrate(struct daemon *d, const struct daemon_options *options,
			   char error[DAEMON_ERROR_MAX])
{
	const struct settings *s = d->settings;
	struct report report = {0};
	struct migrate_options how = {.data = s->data,
				      .map_size = s->map_size,
				      .now = options->hand_clock_us
						     ? options->hand_clock_us / 1000000
						     : (uint64_t)time(NULL),
				      .keeps_old = options->keeps_old_store};
	char quoted[LOG_QUOTED_MAX];
	if (!migrate_is_needed(s->data))
		return true;
	log_quote(s->data, quoted);
	log_info("migrating the store of tenure 0.1.0", "data=%s", quoted);
	supervisor_tell("STATUS=migrating the store of tenure 0.1.0\n"
			"EXTEND_TIMEOUT_USEC=" MIGRATE_TIMEOUT_US);
	if (!migrate_store(&how, &report)) {
		snprintf(error, DAEMON_ERROR_MAX,
			 "the store of tenure 0.1.0 was not migrated, and stays as it was: %s",
			 report.error);
		return false;
	}
	log_info("migrated the store of tenure 0.1.0", "data=%s old=%s", quoted,
		 options->keeps_old_store ? MIGRATE_KEPT_AS : "removed");
	return true;
}

static bool start_core(struct daemon *d, uint64_t hand_clock_us, char error[DAEMON_ERROR_MAX])
{
	const struct settings *s = d->settings;
	char host[HOST_NAME_MAX + 1] = "";
	if (!s->server_id[0])
		(void)gethostname(host, sizeof host - 1);
	struct core_options options = {
		.data = s->data,
		.map_size = s->map_size,
		.readers = (unsigned)d->listeners.threads,
		.commands = (unsigned)s->control_connections,
		.version = told_or_null(s->version),
		.server_id = told_or_null(s->server_id[0] ? s->server_id : host),
		.udp_size = (uint16_t)s->udp_size,
		.allows_md5 = s->allows_md5,
		.has_schedule = true,
		.hand_clock_us = hand_clock_us,
		.checkpoint_key = text_or_null(s->checkpoint_key),
		.checkpoint_file = text_or_null(s->checkpoint_file),
		.checkpoint_seconds = s->checkpoint_interval,
		.checkpoint_entries = s->checkpoint_entries,
		.backup_age = s->backup_age,
		.key_age = s->key_age,
		.keytab = text_or_null(s->keytab),
		.contexts = s->gss_contexts,
		.contexts_per_principal = s->gss_contexts_per_principal,
		.transfers = s->transfers,
		.transfers_per_address = s->transfers_per_address,
		.transfer_spool = s->transfer_spool,
	};
	d->core = core_start(&options, error);
	return d->core != NULL;
}

/* Tells secondaries from now on. */
static void start_notify(struct daemon *d)
{
	struct addr listen[SETTINGS_LISTEN_MAX];
	for (size_t i = 0; i < d->listeners.addresses; i++)
		listen[i] = d->listeners.of[i].addr;
	d->core->notify =
		notify_start(d->core, &(struct notify_self){listen, d->listeners.addresses});
}

/* What the core does, and what is told to others of it. */
static void stop_core(struct daemon *d)
{
	struct notify *notify = d->core->notify;
	if (d->core->exports)
		exports_stop(d->core->exports);
	notify_stop(notify);
	core_halt(d->core);
	notify_free(notify);
}

/* `tenurectl stop`; in a thread of the control socket. */
static void stop_by_control(void *context)
{
	struct daemon *d = context;
	ev_async_send(d->loop, &d->stop);
}

/* "127.0.0.1@53, ::1@53", for `tenurectl status`. */
static void daemon_print_addresses(const struct daemon *d, char *out, size_t room)
{
	char text[ADDR_TEXT_MAX];
	out[0] = '\0';
	for (size_t i = 0; i < d->listeners.addresses; i++) {
		size_t at = strlen(out);
		addr_print(&d->listeners.of[i].addr, text);
		snprintf(out + at, room - at, "%s%s", i ? ", " : "", text);
	}
}

static void start_exports(struct daemon *d)
{
	struct exports_options options = reload_exports(d->settings);
	d->core->exports = exports_start(d->core, &options);
}

static bool start_tap(struct daemon *d, char error[DAEMON_ERROR_MAX])
{
	const struct settings *s = d->settings;
	const char *problem;
	struct tap_options options = {
		.socket = s->dnstap_socket,
		.sample = s->dnstap_sample,
		.identity = d->core->server_id,
		.version = d->core->version,
	};
	if (!s->dnstap_socket[0])
		return true;
	d->core->tap = tap_start(&options, &problem);
	if (!d->core->tap)
		snprintf(error, DAEMON_ERROR_MAX, "dnstap.socket: %s", problem);
	d->core->watchers += d->core->tap != NULL;
	return d->core->tap != NULL;
}

/* `tenurectl reload`; in a thread of the control socket. */
static bool daemon_reload(void *context, const char *by, json_t *answer, char *said, size_t room)
{
	struct daemon *d = context;
	char text[RELOAD_TEXT_MAX];
	bool is_well = reload_run(d->reload, by, answer, text);
	snprintf(said, room, "%s", text);
	return is_well;
}

static bool start_control(struct daemon *d, char error[DAEMON_ERROR_MAX])
{
	char addresses[SETTINGS_LISTEN_MAX * (ADDR_TEXT_MAX + 2)];
	daemon_print_addresses(d, addresses, sizeof addresses);
	const char *const roles[ROLE_ADMIN + 1] = {
		[ROLE_METRICS] = d->settings->roles[ROLE_METRICS],
		[ROLE_READ] = d->settings->roles[ROLE_READ],
		[ROLE_OPERATE] = d->settings->roles[ROLE_OPERATE],
		[ROLE_ADMIN] = d->settings->roles[ROLE_ADMIN],
	};
	struct control_options options = {
		.path = d->settings->socket,
		.roles = roles,
		.listen = addresses,
		.listing_seconds = d->settings->listing_timeout,
		.connections = d->settings->control_connections,
		.group = text_or_null(d->settings->group),
		.stop = stop_by_control,
		.reload = d->reload ? daemon_reload : NULL,
		.context = d,
	};
	d->control = control_start(d->core, &options, error);
	if (d->reload)
		reload_use_control(d->reload, d->control);
	return d->control != NULL;
}

/* Where the store is read-only, so is perhaps the folder of the socket: queries are answered
 * without it, and it is tried again each minute. */
static bool start_or_do_without_control(struct daemon *d, char error[DAEMON_ERROR_MAX])
{
	if (start_control(d, error))
		return true;
	if (!store_is_protected(d->core->store))
		return false;
	log_error("no control socket", "why=\"%s\" do=\"set socket to a path elsewhere\"", error);
	return true;
}

static bool start_readers(struct daemon *d, char error[DAEMON_ERROR_MAX])
{
	const struct settings *s = d->settings;
	d->connection_limits =
		connection_limits_new(s->tcp_connections, s->tcp_connections_per_address);
	d->idle_connections = idle_connections_new();
	d->readers = calloc(d->listeners.threads, sizeof(struct reader *));
	assert(d->readers);
	for (size_t i = 0; i < d->listeners.threads; i++) {
		struct reader_options options = {
			.core = d->core,
			.listeners = d->listeners.of + i * d->listeners.addresses,
			.listener_count = d->listeners.addresses,
			.connection_limits = d->connection_limits,
			.idle_connections = d->idle_connections,
			.tcp_connections = s->tcp_connections,
			.tcp_idle_us = s->tcp_idle_timeout * 1000000,
			.tcp_part_us = s->transfer_timeout * 1000000,
		};
		d->readers[i] = reader_start(&options);
		if (!d->readers[i]) {
			snprintf(error, DAEMON_ERROR_MAX,
				 "cannot start thread %zu of %zu: the system's limit of threads "
				 "is reached; lower it by --threads",
				 i + 1, d->listeners.threads);
			return false;
		}
		d->reader_count++;
	}
	return true;
}

/* The signals are given back, so that another daemon of this process may take them. */
static void daemon_close_loop(struct daemon *d)
{
	ev_signal_stop(d->loop, &d->terminate);
	ev_signal_stop(d->loop, &d->interrupt);
	ev_signal_stop(d->loop, &d->hangup);
	ev_loop_destroy(d->loop);
}

/* A command does not look whether it is to end, as the copy of a large store: the process ends
 * without it. What was accepted is written first; a command that has nothing to write any more
 * leaves nothing behind, since LMDB is as of its last commit at any time. */
__attribute__((noreturn)) static void daemon_leave(struct daemon *d, const char *doing)
{
	core_leave(d->core);
	log_warning("stopped in the middle of a command", "command=\"%s\"", doing);
	log_info("stopped", "version=%s", PACKAGE_VERSION);
	_exit(0);
}

/* In the order that lets nothing be lost: what waits is written and answered, then all ends. */
static void stop_all(struct daemon *d)
{
	for (size_t i = 0; i < d->reader_count; i++)
		reader_stop(d->readers[i]);
	/* A control connection may wait for a run to end. */
	if (d->core)
		schedule_halt(d->core->schedule);
	char doing[CONTROL_DOING_MAX];
	bool has_ended = !d->control || control_stop(d->control, COMMANDS_SECONDS, doing);
	for (size_t i = 0; i < d->reader_count; i++)
		reader_join(d->readers[i]);
	if (!has_ended)
		daemon_leave(d, doing);
	if (d->core)
		stop_core(d);
	reload_free(d->reload);
	for (size_t i = 0; i < d->reader_count; i++)
		reader_free(d->readers[i]);
	struct tap *tap = d->core ? d->core->tap : NULL;
	if (d->core)
		core_stop(d->core);
	tap_stop(tap);
	listeners_close(&d->listeners);
	if (d->connection_limits)
		connection_limits_free(d->connection_limits);
	if (d->idle_connections)
		idle_connections_free(d->idle_connections);
	daemon_close_loop(d);
	free(d->readers);
	free(d->not_read);
	free(d);
}

static void on_signal(struct ev_loop *loop, ev_signal *signal, int events)
{
	struct daemon *d = signal->data;
	(void)events;
	d->stop_reason = signal->signum == SIGTERM ? "SIGTERM" : "SIGINT";
	ev_break(loop, EVBREAK_ALL);
}

static void on_hangup(struct ev_loop *loop, ev_signal *signal, int events)
{
	struct daemon *d = signal->data;
	char said[RELOAD_TEXT_MAX], quoted[LOG_QUOTED_MAX];
	(void)loop;
	(void)events;
	if (!d->reload) {
		log_info("SIGHUP changes nothing", "why=\"there is no configuration to read\"");
		return;
	}
	json_t *answer = json_object();
	if (!reload_run(d->reload, "SIGHUP", answer, said))
		log_error("the configuration is not read again", "by=SIGHUP why=%s",
			  log_quote(said, quoted));
	json_decref(answer);
}

static void daemon_on_stop(struct ev_loop *loop, ev_async *stop, int events)
{
	struct daemon *d = stop->data;
	(void)events;
	d->stop_reason = "tenurectl stop";
	ev_break(loop, EVBREAK_ALL);
}

static void on_watchdog(struct ev_loop *loop, ev_timer *timer, int events)
{
	(void)loop;
	(void)timer;
	(void)events;
	supervisor_tell("WATCHDOG=1");
}

/* What the kernel dropped stands in no reader's way, so it is counted here. */
static void count_not_read(struct daemon *d)
{
	for (size_t i = 0; i < d->listeners.threads * d->listeners.addresses; i++) {
		uint32_t now = listener_not_read(&d->listeners.of[i]);
		uint32_t more = now - d->not_read[i];
		d->not_read[i] = now;
		if (more)
			stats_add_many(&d->core->stats, STATS_NOT_READ, more);
	}
}

static void on_second(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct daemon *d = timer->data;
	(void)loop;
	(void)events;
	refusals_flush(d->core);
	count_not_read(d);
}

static void on_minute(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct daemon *d = timer->data;
	(void)loop;
	(void)events;
	char error[DAEMON_ERROR_MAX];
	store_check_readers(d->core->store);
	key_uses_flush(d->core);
	store_fill_look(d->core->store, &d->fill);
	if (!d->control && start_control(d, error))
		log_info("the control socket is there", "path=%s", d->settings->socket);
}

static void daemon_open_loop(struct daemon *d)
{
	double watchdog = supervisor_watchdog();
	d->loop = ev_loop_new(EVFLAG_AUTO | EVFLAG_NOENV);
	assert(d->loop);
	ev_signal_init(&d->terminate, on_signal, SIGTERM);
	ev_signal_init(&d->interrupt, on_signal, SIGINT);
	ev_signal_init(&d->hangup, on_hangup, SIGHUP);
	ev_async_init(&d->stop, daemon_on_stop);
	ev_timer_init(&d->watchdog, on_watchdog, watchdog, watchdog);
	ev_timer_init(&d->minute, on_minute, 60, 60);
	ev_timer_init(&d->second, on_second, 1, 1);
	d->second.data = d;
	d->terminate.data = d->interrupt.data = d->stop.data = d->minute.data = d;
	d->hangup.data = d;
	ev_signal_start(d->loop, &d->terminate);
	ev_signal_start(d->loop, &d->interrupt);
	ev_signal_start(d->loop, &d->hangup);
	ev_async_start(d->loop, &d->stop);
	ev_timer_start(d->loop, &d->minute);
	ev_timer_start(d->loop, &d->second);
	if (watchdog > 0)
		ev_timer_start(d->loop, &d->watchdog);
}

static void log_start(const struct daemon *d, uint64_t hand_clock_us)
{
	char text[ADDR_TEXT_MAX], quoted[LOG_QUOTED_MAX], time[TIMEWORD_TEXT_MAX];
	for (size_t i = 0; i < d->listeners.addresses; i++) {
		addr_print(&d->listeners.of[i].addr, text);
		log_info("listening", "address=%s by=udp,tcp", text);
	}
	if (hand_clock_us) {
		time_print_us(hand_clock_us, time);
		log_warning("TIME STANDS STILL", "clock=%s why=\"--clock, which is for tests\"",
			    time);
	}
	log_info("started", "version=%s data=%s threads=%zu", PACKAGE_VERSION,
		 log_quote(d->settings->data, quoted), d->listeners.threads);
}

struct daemon *daemon_start(const struct daemon_options *options, char error[DAEMON_ERROR_MAX])
{
	const struct settings *s = options->settings;
	struct daemon *d = calloc(1, sizeof *d);
	assert(d);
	d->settings = s;
	listeners_init(&d->listeners, s);
	signal(SIGPIPE, SIG_IGN);
	/* A store at its file size limit is a full store: an error to answer, not an end. */
	signal(SIGXFSZ, SIG_IGN);
	store_catch_faults();
	umask(077);
	mask_signals(SIG_BLOCK);
	daemon_open_loop(d);
	raise_descriptors(d);
	bool is_started = daemon_become(d, error) && daemon_migrate(d, options, error) &&
			  start_core(d, options->hand_clock_us, error);
	/* Before there are threads that look at them. */
	if (is_started && options->gather)
		d->reload = reload_new(&(struct reload_options){.settings = s,
								.gather = options->gather,
								.context = options->context,
								.core = d->core});
	if (is_started) {
		start_exports(d);
		start_notify(d);
	}
	is_started = is_started && start_tap(d, error);
	if (!is_started || !start_or_do_without_control(d, error) || !start_readers(d, error)) {
		stop_all(d);
		return NULL;
	}
	keytab_warn(d->core);
	log_start(d, options->hand_clock_us);
	return d;
}

void daemon_run(struct daemon *d)
{
	mask_signals(SIG_UNBLOCK);
	supervisor_tell("READY=1");
	ev_run(d->loop, 0);
	supervisor_tell("STOPPING=1");
	log_info("stopping", "why=\"%s\"", d->stop_reason);
	stop_all(d);
	log_info("stopped", "version=%s", PACKAGE_VERSION);
}
