/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>
#include "ctl/client.h"
#include "base/frame.h"
#include "base/progress.h"
#include "base/role.h"
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#define ERROR_MAX 512
#define LOOK_MS   50 /* between two looks whether the server still listens */

static int client_fail(json_t **result, int code, const char *text)
{
	json_t *said = json_string(text);
	*result = json_object();
	json_object_set_new(*result, "ok", json_false());
	json_object_set_new(*result, "code", json_integer(code));
	json_object_set_new(*result, "error", said ? said : json_string("it failed"));
	return code;
}

const char *const client_sockets[] = {"/run/tenure/control.sock", "/var/lib/tenure/control.sock",
				      NULL};

static bool is_nobody_there(int error)
{
	return error == ENOENT || error == ENOTDIR || error == ECONNREFUSED;
}

/* The places, one after the other: "A or B". */
static void client_print_paths(const char *const *paths, char out[ERROR_MAX])
{
	size_t at = 0;
	out[0] = '\0';
	for (; *paths && at < ERROR_MAX - 1; paths++)
		at += (size_t)snprintf(out + at, ERROR_MAX - at, "%s%s", at ? " or " : "", *paths);
}

/* `path` is where it failed, `paths` are all that were tried. */
static int no_connection(const char *path, const char *const *paths, int error, json_t **result)
{
	char text[2 * ERROR_MAX], places[ERROR_MAX];
	if (error == EACCES || error == EPERM) {
		snprintf(text, sizeof(text),
			 "%.400s: only root, the server's own user, members of its group and users "
			 "with a role may command it",
			 path);
		return client_fail(result, CLIENT_REFUSED, text);
	}
	client_print_paths(paths, places);
	if (is_nobody_there(error))
		snprintf(text, sizeof(text), "no server listens at %s: is tenured running?",
			 places);
	else
		snprintf(text, sizeof(text), "%.400s: %s", path, strerror(error));
	return client_fail(result, CLIENT_UNREACHABLE, text);
}

/* The socket; or -1, and errno. */
static int open_socket(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	if (strlen(path) >= sizeof(address.sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(address.sun_path, path, strlen(path) + 1);
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	if (fd >= 0 && connect(fd, (const struct sockaddr *)&address, sizeof(address)) != 0) {
		int error = errno;
		close(fd);
		errno = error;
		return -1;
	}
	return fd;
}

int client_connect(const char *const *paths, const char **path)
{
	int fd = -1;
	for (size_t i = 0; fd < 0 && paths[i] && (i == 0 || is_nobody_there(errno)); i++) {
		*path = paths[i];
		fd = open_socket(paths[i]);
	}
	return fd;
}

/* False: not sent; the answer may still say why. `*is_cut`: the input is not whole. */
static bool send_command(int fd, const struct client_command *request, bool *is_cut)
{
	const struct role_command *role = role_of_command(request->command);
	json_t *args = json_copy(request->args);
	/* A command of tenurectl may look before it changes; the reason is for the change. */
	if (!role || !role->changes)
		json_object_del(args, "reason");
	json_t *whole = json_pack("{s:s, s:o, s:i}", "command", request->command, "args", args,
				  "protocol", FRAME_PROTOCOL);
	if (progress_is_on())
		json_object_set_new(whole, "progress", json_true());
	char *text = json_dumps(whole, JSON_COMPACT);
	size_t len = text ? strlen(text) : 0;
	bool is_sent =
		text && len < FRAME_MAX && frame_send(fd, FRAME_COMMAND, bytes_of(text, len));
	free(text);
	json_decref(whole);
	if (!is_sent || !request->handlers->send)
		return is_sent;
	*is_cut = !request->handlers->send(request->handlers->context, fd);
	return !*is_cut && frame_send(fd, FRAME_END_OF_DATA, bytes_of(NULL, 0));
}

static void client_progress(const json_t *row)
{
	const char *noun = json_string_value(json_object_get(row, "noun"));
	json_int_t done = json_integer_value(json_object_get(row, "done"));
	json_int_t of = json_integer_value(json_object_get(row, "of"));
	if (noun && done >= 0 && of >= 0)
		progress_set((uint64_t)done, (uint64_t)of, noun);
}

static bool take_frame(const struct client_command *request, enum frame_kind kind,
		       struct bytes body)
{
	const struct client_handlers *h = request->handlers;
	if (kind == FRAME_DATA)
		return h->data && h->data(h->context, body);
	json_t *row = json_loadb((const char *)body.data, body.len, 0, NULL);
	if (row && kind == FRAME_PROGRESS)
		client_progress(row);
	else if (row && h->row)
		h->row(h->context, row);
	json_decref(row);
	return row != NULL;
}

static bool next_frame(struct frame_in *in, const struct client_command *request,
		       enum frame_kind *kind, struct bytes *body)
{
	const struct client_handlers *h = request->handlers;
	if (h->idle && !frame_in_is_ready(in))
		h->idle(h->context);
	return frame_in_next(in, kind, body);
}

static int receive_answer(int fd, const struct client_command *request, json_t **result)
{
	struct frame_in in = {.fd = fd};
	enum frame_kind kind;
	struct bytes body;
	bool goes_on = true;
	uint64_t rows = 0;
	*result = NULL;
	while (goes_on && !*result && next_frame(&in, request, &kind, &body)) {
		if (kind == FRAME_RESULT)
			*result = json_loadb((const char *)body.data, body.len, 0, NULL);
		else
			goes_on = take_frame(request, kind, body);
		if (kind == FRAME_ROW && ++rows % PROGRESS_ROWS == 0)
			progress_set(rows, 0, "rows");
	}
	frame_in_free(&in);
	if (!json_is_object(*result)) {
		json_decref(*result);
		return client_fail(result, CLIENT_UNREACHABLE,
				   goes_on ? "the server ended the connection without an answer"
					   : "the answer could not be written");
	}
	json_int_t code = json_integer_value(json_object_get(*result, "code"));
	return code >= 0 && code < 128 ? (int)code : CLIENT_FAILED;
}

/* The process that listens, to be waited for; -1: it is not to be seen from here. */
static int server_process(int fd)
{
	struct ucred cred;
	socklen_t len = sizeof(cred);
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) != 0 || cred.pid <= 0)
		return -1;
	return (int)syscall(SYS_pidfd_open, cred.pid, 0);
}

static bool is_listening(const char *path)
{
	int fd = open_socket(path);
	if (fd < 0)
		return errno == EAGAIN;
	close(fd);
	return true;
}

/* Until the process has ended; where that cannot be seen (another namespace), until nobody
 * listens. */
static void wait_for_end(int fd, int server, const char *path)
{
	struct pollfd end = {.fd = server >= 0 ? server : fd, .events = POLLIN};
	while (poll(&end, 1, -1) < 0 && errno == EINTR)
		;
	while (server < 0 && is_listening(path))
		poll(NULL, 0, LOOK_MS);
}

static void bound_silence(int fd, unsigned seconds)
{
	struct timeval limit = {.tv_sec = seconds};
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
}

static int client_converse(const struct client_command *request, json_t **result)
{
	bool is_cut = false;
	const char *const named[] = {request->socket, NULL};
	const char *const *paths = request->socket ? named : client_sockets;
	const char *path = NULL;
	int fd = client_connect(paths, &path);
	if (fd < 0)
		return no_connection(path, paths, errno, result);
	if (request->handlers->timeout_s)
		bound_silence(fd, request->handlers->timeout_s);
	send_command(fd, request, &is_cut);
	/* A server that refuses before it has read everything has answered all the same. What it
	 * has against the command itself matters more than what is wrong with the input. */
	if (is_cut)
		shutdown(fd, SHUT_WR);
	bool waits = request->handlers->waits_for_end;
	int server = waits ? server_process(fd) : -1;
	int code = receive_answer(fd, request, result);
	if (waits && code == CLIENT_OK) {
		wait_for_end(fd, server, path);
		json_object_set_new(*result, "said", json_string("stopped"));
	}
	if (server >= 0)
		close(server);
	close(fd);
	if (!is_cut || code == CLIENT_NOT_FOUND || code == CLIENT_REFUSED)
		return code;
	json_decref(*result);
	return client_fail(result, CLIENT_FAILED, "nothing was changed");
}

int client_run(const struct client_command *request, json_t **result)
{
	progress_begin();
	int code = client_converse(request, result);
	progress_end();
	return code;
}
