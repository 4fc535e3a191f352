/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "server/settings.h"
#include "base/sizeword.h"
#include "base/timeword.h"
#include "outbound/sink.h"
#include "server/roles.h"
#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

/* What is right stands at odd places. */
static const char *const flags[] = {"no", "yes", "false", "true", NULL};
/* In the order of enum log_target and enum log_level. */
static const char *const log_targets[] = {"stderr", "syslog", NULL};
static const char *const log_levels[] = {"error", "warning", "info", "debug", NULL};

#define PLACE(member) offsetof(struct settings, member)
#define TEXT_HIGH     (SETTINGS_TEXT_MAX - 1)
#define MIB           (1ull << 20)
#define TIB           (1ull << 40)

const struct setting settings_table[] = {
	{"data", "data", "DIR", SETTING_TEXT, PLACE(data), 1, TEXT_HIGH, NULL, "/var/lib/tenure",
	 "the folder of the store; made if it is not there"},
	{"listen", "listen", "ADDRESS[@PORT]", SETTING_ADDRESSES, PLACE(listen), 0, 0, NULL, NULL,
	 "where to answer by UDP and TCP; may be repeated (default: every address, port 53)"},
	{"socket", "socket", "PATH", SETTING_TEXT, PLACE(socket), 0, TEXT_HIGH, NULL, "",
	 "the control socket (default: control.sock in the data folder)"},
	{"user", "user", "NAME", SETTING_TEXT, PLACE(user), 0, TEXT_HIGH, NULL, "",
	 "become this user when the ports are bound"},
	{"group", "group", "NAME", SETTING_TEXT, PLACE(group), 0, TEXT_HIGH, NULL, "",
	 "become this group; its members may use tenurectl"},
	{"threads", "threads", "N", SETTING_NUMBER, PLACE(threads), 0, 256, NULL, "0",
	 "threads that answer (0: one for each processor)"},
	{"map-size", NULL, "SIZE", SETTING_SIZE, PLACE(map_size), 16 * MIB, 64 * TIB, NULL, "16G",
	 "the most that the store may hold (see tenurectl store grow)"},
	{"log.target", "log", "TARGET", SETTING_CHOICE, PLACE(log_target), 0, 0, log_targets,
	 "stderr", "where log lines go"},
	{"log.level", "log-level", "LEVEL", SETTING_CHOICE, PLACE(log_level), 0, 0, log_levels,
	 "info", "the least important lines that are written"},
	{"server-id", NULL, "TEXT", SETTING_TEXT, PLACE(server_id), 0, TEXT_HIGH, NULL, "",
	 "what id.server CH TXT and NSID answer; none: refused (default: the host's name)"},
	{"version", NULL, "TEXT", SETTING_TEXT, PLACE(version), 0, TEXT_HIGH, NULL,
	 PACKAGE_NAME " " PACKAGE_VERSION, "what version.bind CH TXT answers; none: refused"},
	{"udp-size", NULL, "BYTES", SETTING_NUMBER, PLACE(udp_size), 512, 4096, NULL, "1232",
	 "the longest answer by UDP"},
	{"allow-md5", NULL, NULL, SETTING_FLAG, PLACE(allows_md5), 0, 1, flags, "no",
	 "take TSIG keys with HMAC-MD5"},
	{"tcp.connections", NULL, "N", SETTING_NUMBER, PLACE(tcp_connections), 1, 1000000, NULL,
	 "1000", "TCP connections at one time; a new one closes the longest idle"},
	{"tcp.connections-per-address", NULL, "N", SETTING_NUMBER,
	 PLACE(tcp_connections_per_address), 1, 1000000, NULL, "100",
	 "TCP connections of one client address at one time"},
	{"tcp.idle-timeout", NULL, "DURATION", SETTING_DURATION, PLACE(tcp_idle_timeout), 1, 3600,
	 NULL, "10s", "how long a TCP connection may go without a whole request"},
	{"listing-timeout", NULL, "DURATION", SETTING_DURATION, PLACE(listing_timeout), 1, 86400,
	 NULL, "60s", "how long a reader of tenurectl's listings may keep the server waiting"},
	{"control-connections", NULL, "N", SETTING_NUMBER, PLACE(control_connections), 8, 1000,
	 NULL, "64", "commands of tenurectl at one time; a quarter of them is root's alone"},
	{"checkpoint.key", NULL, "FILE", SETTING_TEXT, PLACE(checkpoint_key), 0, TEXT_HIGH, NULL,
	 "", "sign the log's head with this Ed25519 key, in PEM (default: it is not signed)"},
	{"checkpoint.file", NULL, "FILE", SETTING_TEXT, PLACE(checkpoint_file), 0, TEXT_HIGH, NULL,
	 "", "where signed heads are written (default: the key's path, with .checkpoints)"},
	{"checkpoint.interval", NULL, "DURATION", SETTING_DURATION, PLACE(checkpoint_interval), 1,
	 366 * 86400, NULL, "1h", "how long what is logged may wait for a signature"},
	{"checkpoint.entries", NULL, "N", SETTING_NUMBER, PLACE(checkpoint_entries), 1, 1000000000,
	 NULL, "10000", "and how many entries"},
	{"backup-age", NULL, "DURATION", SETTING_DURATION, PLACE(backup_age), 0, 3660ull * 86400,
	 NULL, "3d", "how old the last good backup may be before status warns; 0s: any age"},
	{"key-age", NULL, "DURATION", SETTING_DURATION, PLACE(key_age), 0, 36600ull * 86400, NULL,
	 "730d",
	 "how old secrets of keys, and the keytab, may be before status warns; 0s: any age"},
	{"gss.keytab", "keytab", "FILE", SETTING_TEXT, PLACE(keytab), 0, TEXT_HIGH, NULL, "",
	 "take GSS-TSIG with the keys of this keytab (default: no GSS-TSIG)"},
	{"gss.contexts", NULL, "N", SETTING_NUMBER, PLACE(gss_contexts), 1, 1000000, NULL, "10000",
	 "security contexts at one time; a new one ends the longest unused"},
	{"gss.contexts-per-principal", NULL, "N", SETTING_NUMBER, PLACE(gss_contexts_per_principal),
	 1, 1000000, NULL, "200", "security contexts of one principal at one time"},
	{"transfers.parallel", NULL, "N", SETTING_NUMBER, PLACE(transfers), 1, 10000, NULL, "64",
	 "transfers to secondaries at one time; more get SERVFAIL and come again"},
	{"transfers.parallel-per-address", NULL, "N", SETTING_NUMBER, PLACE(transfers_per_address),
	 1, 10000, NULL, "16", "transfers to one address at one time"},
	{"transfers.spool", NULL, "SIZE", SETTING_SIZE, PLACE(transfer_spool), 16 * MIB, 64 * TIB,
	 NULL, "4G", "what transfers under way may hold in files of the data folder"},
	{"transfers.timeout", NULL, "DURATION", SETTING_DURATION, PLACE(transfer_timeout), 1, 3600,
	 NULL, "60s", "how long a peer may take for 128 KiB of a transfer"},
	{"export.file", NULL, "FILE", SETTING_TEXT, PLACE(export_file), 0, TEXT_HIGH, NULL, "",
	 "write each audit event to this file, as a line of JSON"},
	{"export.socket", NULL, "PATH", SETTING_TEXT, PLACE(export_socket), 0, TEXT_HIGH, NULL, "",
	 "write the same to this Unix socket"},
	{"export.syslog", NULL, "URL", SETTING_TEXT, PLACE(export_syslog), 0, TEXT_HIGH, NULL, "",
	 "send each to a syslog server: udp://, tcp:// or tls://HOST[:PORT]"},
	{"export.ca", NULL, "FILE", SETTING_TEXT, PLACE(export_ca), 0, TEXT_HIGH, NULL, "",
	 "who may have signed its certificate (default: whom the system trusts)"},
	{"export.certificate", NULL, "FILE", SETTING_TEXT, PLACE(export_certificate), 0, TEXT_HIGH,
	 NULL, "", "our own certificate for it (default: none)"},
	{"export.key", NULL, "FILE", SETTING_TEXT, PLACE(export_key), 0, TEXT_HIGH, NULL, "",
	 "the key of that certificate"},
	{"dnstap.socket", NULL, "PATH", SETTING_TEXT, PLACE(dnstap_socket), 0, TEXT_HIGH, NULL, "",
	 "copy queries, updates and their answers, as dnstap, to who listens at this Unix socket"},
	{"dnstap.sample", NULL, "N", SETTING_NUMBER, PLACE(dnstap_sample), 1, 1000000, NULL, "1",
	 "one request in so many"},
	{"roles.metrics", NULL, "LIST", SETTING_ROLES, PLACE(roles[ROLE_METRICS]), ROLE_METRICS, 0,
	 NULL, NULL, "who may read counters alone (default: user tenure-exporter, if it is there)"},
	{"roles.read", NULL, "LIST", SETTING_ROLES, PLACE(roles[ROLE_READ]), ROLE_READ, 0, NULL,
	 NULL, "who may look: user NAME or group NAME, [of ZONE, ...]"},
	{"roles.operate", NULL, "LIST", SETTING_ROLES, PLACE(roles[ROLE_OPERATE]), ROLE_OPERATE, 0,
	 NULL, NULL, "who may also change records and owners, undo, run"},
	{"roles.admin", NULL, "LIST", SETTING_ROLES, PLACE(roles[ROLE_ADMIN]), ROLE_ADMIN, 0, NULL,
	 NULL, "who may do everything, besides root, our own user and its group"},
};
const size_t settings_count = sizeof settings_table / sizeof *settings_table;

static void *settings_place(struct settings *s, const struct setting *setting)
{
	return (char *)s + setting->offset;
}

/* "expected ..., found "text"". */
static bool __attribute__((format(printf, 3, 4)))
settings_fail(char error[SETTINGS_ERROR_MAX], const char *text, const char *format, ...)
{
	char expected[SETTINGS_ERROR_MAX / 2];
	va_list args;
	va_start(args, format);
	vsnprintf(expected, sizeof expected, format, args);
	va_end(args);
	snprintf(error, SETTINGS_ERROR_MAX, "expected %s, found \"%.80s\"%s", expected, text,
		 strlen(text) > 80 ? " and more" : "");
	return false;
}

/* Digits at the start of `text`; `*rest` is behind them. False: none, or too many. */
static bool settings_take_number(const char *text, uint64_t *value, char **rest)
{
	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	*value = strtoull(text, rest, 10);
	return errno == 0;
}

static bool number_read(const char *text, uint64_t *value)
{
	char *rest;
	return settings_take_number(text, value, &rest) && *rest == '\0';
}

static bool choice_read(const char *const *choices, const char *text, uint64_t *value)
{
	for (uint64_t i = 0; choices[i]; i++) {
		if (strcmp(choices[i], text) == 0) {
			*value = i;
			return true;
		}
	}
	return false;
}

static bool assign_text(struct settings *s, const struct setting *setting, const char *text,
			char error[SETTINGS_ERROR_MAX])
{
	size_t len = strlen(text);
	if (len < setting->low)
		return settings_fail(error, text, "a text that is not empty");
	if (len > setting->high)
		return settings_fail(error, text, "a text of at most %" PRIu64 " bytes",
				     setting->high);
	memcpy(settings_place(s, setting), text, len + 1);
	return true;
}

static bool assign_number(struct settings *s, const struct setting *setting, const char *text,
			  char error[SETTINGS_ERROR_MAX])
{
	uint64_t value;
	if (!number_read(text, &value) || value < setting->low || value > setting->high)
		return settings_fail(error, text, "a number from %" PRIu64 " to %" PRIu64,
				     setting->low, setting->high);
	memcpy(settings_place(s, setting), &value, sizeof value);
	return true;
}

static bool assign_size(struct settings *s, const struct setting *setting, const char *text,
			char error[SETTINGS_ERROR_MAX])
{
	uint64_t value;
	char low[32], high[32];
	if (!size_parse(text, &value) || value < setting->low || value > setting->high) {
		size_print(setting->low, low);
		size_print(setting->high, high);
		return settings_fail(error, text, "a size from %s to %s", low, high);
	}
	memcpy(settings_place(s, setting), &value, sizeof value);
	return true;
}

static bool assign_duration(struct settings *s, const struct setting *setting, const char *text,
			    char error[SETTINGS_ERROR_MAX])
{
	uint32_t seconds;
	char low[TIMEWORD_TEXT_MAX], high[TIMEWORD_TEXT_MAX];
	if (!duration_parse(text, &seconds) || seconds < setting->low || seconds > setting->high) {
		duration_print((uint32_t)setting->low, low);
		duration_print((uint32_t)setting->high, high);
		return settings_fail(error, text, "a duration from %s to %s", low, high);
	}
	uint64_t value = seconds;
	memcpy(settings_place(s, setting), &value, sizeof value);
	return true;
}

static bool assign_choice(struct settings *s, const struct setting *setting, const char *text,
			  char error[SETTINGS_ERROR_MAX])
{
	char expected[SETTINGS_ERROR_MAX / 4] = "";
	uint64_t value;
	if (!choice_read(setting->choices, text, &value)) {
		for (size_t i = 0; setting->choices[i]; i++) {
			size_t at = strlen(expected);
			const char *comma = setting->choices[i + 1] ? ", " : " or ";
			snprintf(expected + at, sizeof expected - at, "%s%s", i ? comma : "",
				 setting->choices[i]);
		}
		return settings_fail(error, text, "%s", expected);
	}
	if (setting->kind == SETTING_FLAG)
		*(bool *)settings_place(s, setting) = value % 2 == 1;
	else
		memcpy(settings_place(s, setting), &value, sizeof value);
	return true;
}

static bool assign_address(struct settings *s, const struct setting *setting, const char *text,
			   char error[SETTINGS_ERROR_MAX])
{
	struct addr addr;
	const char *problem = addr_parse(text, 53, &addr);
	(void)setting;
	if (problem || addr_port(&addr) == 0)
		return settings_fail(error, text, "ADDRESS or ADDRESS@PORT (%s)",
				     problem ? problem : "port 0 cannot be asked");
	if (s->is_listen_default)
		setting_clear(s, setting);
	for (size_t i = 0; i < s->listen_count; i++) {
		if (addr_equal(&s->listen[i], &addr))
			return settings_fail(error, text,
					     "an address that is not in the list already");
	}
	if (s->listen_count == SETTINGS_LISTEN_MAX)
		return settings_fail(error, text, "at most %d addresses", SETTINGS_LISTEN_MAX);
	s->listen[s->listen_count++] = addr;
	return true;
}

static bool assign_role(struct settings *s, const struct setting *setting, const char *text,
			char error[SETTINGS_ERROR_MAX])
{
	char problem[ROLES_PROBLEM_MAX], *lines = settings_place(s, setting);
	const char *wrong = roles_line_problem((enum role)setting->low, text, problem);
	size_t at = strlen(lines), count = 0;
	for (unsigned role = ROLE_METRICS; role <= ROLE_ADMIN; role++)
		for (const char *c = s->roles[role]; *c; c++)
			count += *c == '\n';
	if (wrong)
		snprintf(error, SETTINGS_ERROR_MAX, "expected %s", wrong);
	else if (count == ROLES_LINES_MAX)
		return settings_fail(error, text, "at most %d lines of all roles together",
				     ROLES_LINES_MAX);
	else if (at + strlen(text) + 2 > SETTINGS_ROLES_MAX)
		return settings_fail(error, text, "at most %d bytes of lines of a role",
				     SETTINGS_ROLES_MAX);
	else
		sprintf(lines + at, "%s\n", text);
	return wrong == NULL;
}

static void listen_everywhere(struct settings *s)
{
	static const char *const everywhere[] = {"0.0.0.0", "::"};
	for (size_t i = 0; i < 2; i++) {
		const char *problem = addr_parse(everywhere[i], 53, &s->listen[i]);
		assert(!problem);
	}
	s->listen_count = 2;
	s->is_listen_default = true;
}

void settings_init(struct settings *s)
{
	char error[SETTINGS_ERROR_MAX];
	*s = (struct settings){0};
	for (size_t i = 0; i < settings_count; i++) {
		const struct setting *setting = &settings_table[i];
		bool is_right =
			!setting->fallback || setting_assign(s, setting, setting->fallback, error);
		assert(is_right);
	}
	listen_everywhere(s);
}

const struct setting *settings_find(const char *word)
{
	for (size_t i = 0; i < settings_count; i++) {
		if (strcmp(settings_table[i].word, word) == 0)
			return &settings_table[i];
	}
	return NULL;
}

bool setting_assign(struct settings *s, const struct setting *setting, const char *text,
		    char error[SETTINGS_ERROR_MAX])
{
	static bool (*const assign[])(struct settings *, const struct setting *, const char *,
				      char[SETTINGS_ERROR_MAX]) = {
		[SETTING_TEXT] = assign_text,         [SETTING_ADDRESSES] = assign_address,
		[SETTING_NUMBER] = assign_number,     [SETTING_SIZE] = assign_size,
		[SETTING_DURATION] = assign_duration, [SETTING_FLAG] = assign_choice,
		[SETTING_CHOICE] = assign_choice,     [SETTING_ROLES] = assign_role,
	};
	return assign[setting->kind](s, setting, text, error);
}

void setting_clear(struct settings *s, const struct setting *setting)
{
	assert(setting->kind == SETTING_ADDRESSES || setting->kind == SETTING_ROLES);
	if (setting->kind == SETTING_ROLES) {
		s->roles[setting->low][0] = '\0';
		return;
	}
	s->listen_count = 0;
	s->is_listen_default = false;
}

/* How many bytes hold the value. */
static size_t setting_size(const struct setting *setting)
{
	switch (setting->kind) {
	case SETTING_TEXT:
		return SETTINGS_TEXT_MAX;
	case SETTING_ROLES:
		return SETTINGS_ROLES_MAX;
	case SETTING_FLAG:
		return sizeof(bool);
	case SETTING_ADDRESSES:
		return 0; /* they have a count besides */
	default:
		return sizeof(uint64_t);
	}
}

bool setting_is_equal(const struct setting *setting, const struct settings *a,
		      const struct settings *b)
{
	const char *one = (const char *)a + setting->offset,
		   *two = (const char *)b + setting->offset;
	if (setting->kind == SETTING_TEXT || setting->kind == SETTING_ROLES)
		return strcmp(one, two) == 0;
	if (setting->kind != SETTING_ADDRESSES)
		return memcmp(one, two, setting_size(setting)) == 0;
	bool is_equal = a->listen_count == b->listen_count;
	for (size_t i = 0; is_equal && i < a->listen_count; i++)
		is_equal = addr_equal(&a->listen[i], &b->listen[i]);
	return is_equal;
}

void setting_copy(const struct setting *setting, const struct settings *from, struct settings *to)
{
	memcpy((char *)to + setting->offset, (const char *)from + setting->offset,
	       setting_size(setting));
	if (setting->kind != SETTING_ADDRESSES)
		return;
	memcpy(to->listen, from->listen, sizeof to->listen);
	to->listen_count = from->listen_count;
	to->is_listen_default = from->is_listen_default;
}

/* Whether `a` is every address of its family, and so `b` too. */
static bool settings_holds(const struct addr *a, const struct addr *b)
{
	static const uint8_t zeros[16];
	bool is_v6 = a->any.sa_family == AF_INET6;
	const void *bytes = is_v6 ? (const void *)&a->v6.sin6_addr : (const void *)&a->v4.sin_addr;
	return a->any.sa_family == b->any.sa_family && addr_port(a) == addr_port(b) &&
	       memcmp(bytes, zeros, is_v6 ? 16 : 4) == 0;
}

static bool check_listen(const struct settings *s, char error[SETTINGS_ERROR_MAX])
{
	char all[ADDR_TEXT_MAX], one[ADDR_TEXT_MAX];
	for (size_t i = 0; i < s->listen_count; i++) {
		for (size_t j = 0; j < s->listen_count; j++) {
			if (i == j || !settings_holds(&s->listen[i], &s->listen[j]))
				continue;
			addr_print(&s->listen[i], all);
			addr_print(&s->listen[j], one);
			snprintf(error, SETTINGS_ERROR_MAX,
				 "listen: %s is every address, %s is one of them: leave one out",
				 all, one);
			return false;
		}
	}
	return true;
}

static bool check_export(const struct settings *s, char error[SETTINGS_ERROR_MAX])
{
	struct sink_options ignored = {0};
	const char *url = s->export_syslog,
		   *problem = url[0] ? sink_parse_url(&ignored, url) : NULL;
	if (problem)
		snprintf(error, SETTINGS_ERROR_MAX, "export.syslog: %.200s: %s", url, problem);
	else if (!s->export_certificate[0] != !s->export_key[0])
		snprintf(error, SETTINGS_ERROR_MAX,
			 "export.certificate and export.key: one without the other is of no use");
	else if (ignored.kind != SINK_TLS && (s->export_ca[0] || s->export_certificate[0]))
		snprintf(error, SETTINGS_ERROR_MAX,
			 "export.ca and export.certificate are for an export.syslog with tls://");
	else
		return true;
	return false;
}

/* The control socket's path: the socket's address in the system is short. */
static bool settings_finish_socket(struct settings *s, char error[SETTINGS_ERROR_MAX])
{
	const size_t most = sizeof((struct sockaddr_un *)0)->sun_path - 1;
	char path[SETTINGS_TEXT_MAX + sizeof "/control.sock"];
	snprintf(path, sizeof path, "%s", s->socket);
	if (!s->socket[0])
		snprintf(path, sizeof path, "%s/control.sock", s->data);
	if (strlen(path) > most) {
		snprintf(error, SETTINGS_ERROR_MAX,
			 "the control socket's path %s is %zu bytes long, the system takes %zu: "
			 "set a shorter one by --socket",
			 path, strlen(path), most);
		return false;
	}
	memcpy(s->socket, path, strlen(path) + 1);
	return true;
}

size_t settings_finish(struct settings *s, void (*line)(void *context, const char *), void *context)
{
	char error[SETTINGS_ERROR_MAX];
	size_t count = 0;
	if (!settings_finish_socket(s, error)) {
		line(context, error);
		count++;
	}
	if (!check_listen(s, error)) {
		line(context, error);
		count++;
	}
	if (!check_export(s, error)) {
		line(context, error);
		count++;
	}
	return count;
}
