/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "server/settings_check.h"
#include "acl/checkpoint.h"
#include "base/file.h"
#include "server/reload.h"
#include "server/roles.h"
#include "tls/tls.h"
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define SENTENCE_MAX (2 * SETTINGS_TEXT_MAX + 200)

struct checking {
	const struct settings_report *report;
	size_t count;
};

static void settings_check_tell(struct checking *checking, const char *setting, const char *value,
				const char *problem)
{
	char text[SENTENCE_MAX];
	snprintf(text, sizeof text, "%s: '%s': %s", setting, value, problem);
	checking->report->fault(checking->report->context, text);
	checking->count++;
}

static void settings_check_warn(struct checking *checking, const char *setting, const char *value,
				const char *problem)
{
	char text[SENTENCE_MAX];
	snprintf(text, sizeof text, "%s: '%s': %s", setting, value, problem);
	checking->report->warn(checking->report->context, text);
}

/* A file that is read; empty: it is not set. */
static void settings_check_file(struct checking *checking, const char *setting, const char *path)
{
	struct stat info;
	if (!*path)
		return;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0) {
		settings_check_tell(checking, setting, path, strerror(errno));
		return;
	}
	if (fstat(fd, &info) == 0 && S_ISDIR(info.st_mode))
		settings_check_tell(checking, setting, path, "this is a folder");
	close(fd);
}

/* The folder in which a file is made. */
static void settings_check_folder_of(struct checking *checking, const char *setting,
				     const char *path)
{
	char folder[SETTINGS_TEXT_MAX];
	struct stat info;
	const char *slash = strrchr(path, '/');
	if (!*path || !slash)
		return;
	snprintf(folder, sizeof folder, "%.*s", slash == path ? 1 : (int)(slash - path), path);
	bool is_there = stat(folder, &info) == 0;
	if (!is_there && errno == ENOENT && fnmatch("/run/*", folder, 0) == 0 &&
	    !strchr(folder + strlen("/run/"), '/'))
		settings_check_warn(checking, setting, path,
				    "its folder is not there: a service manager makes it "
				    "(RuntimeDirectory=), tenured does not");
	else if (!is_there)
		settings_check_tell(checking, setting, path,
				    errno == ENOENT ? "its folder is not there" : strerror(errno));
	else if (!S_ISDIR(info.st_mode))
		settings_check_tell(checking, setting, path, "what should be its folder is none");
}

/* Made if it is not there, but not the folders around it. */
static void settings_check_data(struct checking *checking, const char *path)
{
	struct file_at at;
	struct stat info;
	char why[FILE_ERROR_MAX], text[FILE_ERROR_MAX + 32];
	if (!file_find(path, &at, why)) {
		snprintf(text, sizeof text, "it cannot be made: %s", why);
		settings_check_tell(checking, "data", path, text);
		return;
	}
	if (fstatat(at.folder, at.name, &info, AT_SYMLINK_NOFOLLOW) == 0 && !S_ISDIR(info.st_mode))
		settings_check_tell(checking, "data", path, "this is no folder");
	file_at_close(&at);
}

/* The control socket; in the data folder it finds that made. */
static void settings_check_control(struct checking *checking, const struct settings *s)
{
	size_t len = strlen(s->data);
	bool is_in_data = strncmp(s->socket, s->data, len) == 0 && s->socket[len] == '/' &&
			  !strchr(s->socket + len + 1, '/');
	if (!is_in_data)
		settings_check_folder_of(checking, "socket", s->socket);
}

/* A socket at which somebody else listens, perhaps later. */
static void settings_check_socket(struct checking *checking, const char *setting, const char *path)
{
	char text[64];
	const size_t most = sizeof((struct sockaddr_un *)0)->sun_path - 1;
	snprintf(text, sizeof text, "it is longer than %zu bytes", most);
	if (strlen(path) > most)
		settings_check_tell(checking, setting, path, text);
	else
		settings_check_folder_of(checking, setting, path);
}

static void settings_check_tap(struct checking *checking, const char *path)
{
#ifndef HAVE_FSTRM
	if (*path)
		settings_check_tell(checking, "dnstap.socket", path,
				    "this tenured was built without libfstrm");
#endif
	settings_check_socket(checking, "dnstap.socket", path);
}

/* Read as at the start, which refuses one that others may read. */
static void settings_check_checkpoint_key(struct checking *checking, const char *path)
{
	char error[CHECKPOINT_ERROR_MAX], head[SETTINGS_TEXT_MAX + 32];
	if (!*path)
		return;
	struct checkpoint_key *key = checkpoint_key_read(path, error);
	size_t len = (size_t)snprintf(head, sizeof head, "checkpoint key %.200s: ", path);
	if (!key)
		settings_check_tell(checking, "checkpoint.key", path,
				    strncmp(error, head, len) == 0 ? error + len : error);
	checkpoint_key_free(key);
}

/* Certificate and key are read as for a connection, since a target that cannot be reached any more
 * would only be told in the log. */
static void settings_check_tls(struct checking *checking, const struct settings *s)
{
	char error[TLS_ERROR_MAX] = "", text[TLS_ERROR_MAX + 64];
	int ends[2];
	struct exports_options to = reload_exports(s);
	struct tls_options tls = {
		.host = "localhost", .ca = to.ca, .certificate = to.certificate, .key = to.key};
	if ((!tls.ca && !tls.certificate) ||
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
		return;
	struct tls *connection = tls_new(ends[0], &tls, error);
	snprintf(text, sizeof text, "export.ca, export.certificate, export.key: %s", error);
	if (connection) {
		tls_end(connection);
	} else {
		checking->report->fault(checking->report->context, text);
		checking->count++;
	}
	close(ends[0]);
	close(ends[1]);
}

static void settings_check_roles(struct checking *checking, const struct settings *s)
{
	const char *lines[ROLE_ADMIN + 1] = {NULL};
	for (unsigned role = ROLE_METRICS; role <= ROLE_ADMIN; role++)
		lines[role] = s->roles[role];
	struct roles *roles = roles_new(lines);
	roles_tell(roles, checking->report->warn, checking->report->context);
	roles_release(roles);
}

static void settings_check_exports(struct checking *checking, const struct settings *s)
{
	size_t before = checking->count;
	settings_check_file(checking, "export.ca", s->export_ca);
	settings_check_file(checking, "export.certificate", s->export_certificate);
	settings_check_file(checking, "export.key", s->export_key);
	if (checking->count == before && !s->export_certificate[0] == !s->export_key[0])
		settings_check_tls(checking, s);
	settings_check_folder_of(checking, "export.file", s->export_file);
	settings_check_socket(checking, "export.socket", s->export_socket);
}

size_t settings_check(const struct settings *settings, const struct settings_report *report)
{
	struct checking checking = {.report = report};
	settings_check_data(&checking, settings->data);
	settings_check_control(&checking, settings);
	settings_check_file(&checking, "gss.keytab", settings->keytab);
	settings_check_checkpoint_key(&checking, settings->checkpoint_key);
	settings_check_folder_of(&checking, "checkpoint.file", settings->checkpoint_file);
	settings_check_exports(&checking, settings);
	settings_check_tap(&checking, settings->dnstap_socket);
	settings_check_roles(&checking, settings);
	if (*settings->user && !getpwnam(settings->user))
		settings_check_tell(&checking, "user", settings->user, "there is no such user");
	if (*settings->group && !getgrnam(settings->group))
		settings_check_tell(&checking, "group", settings->group, "there is no such group");
	return checking.count;
}
