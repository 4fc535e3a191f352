/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>
#include "migrate/tool.h"
#include "base/condition.h"
#include "base/clock.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define TOOL_PIECE 65536

static bool tool_is_there(const char *folder, size_t len, const char *name,
			  char path[TOOL_PATH_MAX])
{
	int n = snprintf(path, TOOL_PATH_MAX, "%.*s/%s", (int)len, folder, name);
	return *folder == '/' && n > 0 && n < TOOL_PATH_MAX && access(path, X_OK) == 0;
}

bool tool_find(const char *name, char path[TOOL_PATH_MAX])
{
	static const char *const places[] = {"/usr/sbin", "/usr/bin", "/usr/local/sbin",
					     "/usr/local/bin"};
	const char *at = getenv("PATH");
	while (at && *at) {
		size_t len = strcspn(at, ":");
		if (tool_is_there(at, len, name, path))
			return true;
		at += len + (at[len] == ':');
	}
	for (size_t i = 0; i < sizeof places / sizeof *places; i++)
		if (tool_is_there(places[i], strlen(places[i]), name, path))
			return true;
	return false;
}

/* What runs between fork and execve: only what is safe there. */
static _Noreturn void tool_become(const struct tool *tool, int out, int error)
{
	static const char *const environment[] = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin",
						  "LC_ALL=C.UTF-8", "TZ=UTC", NULL};
	int nothing = open("/dev/null", O_RDONLY);
	if (nothing < 0 || dup2(nothing, STDIN_FILENO) < 0 || dup2(out, STDOUT_FILENO) < 0 ||
	    dup2(error, STDERR_FILENO) < 0 || (tool->folder && chdir(tool->folder) != 0))
		_exit(127);
	if (close_range(STDERR_FILENO + 1, ~0u, 0) != 0)
		_exit(127);
	signal(SIGPIPE, SIG_DFL);
	signal(SIGXFSZ, SIG_DFL);
	execve(tool->argv[0], (char *const *)(uintptr_t)tool->argv,
	       (char *const *)(uintptr_t)environment);
	_exit(127);
}

struct tool_work {
	struct tool_output *output;
	size_t room;
	char said[TOOL_ERROR_MAX];
	size_t said_len;
};

/* Takes a piece of standard output. False: it is more than is taken. */
static bool tool_take(struct tool_work *work, const char *piece, size_t len)
{
	struct tool_output *output = work->output;
	if (output->len + len >= TOOL_OUTPUT_MAX)
		return false;
	if (output->len + len + 1 > work->room) {
		while (output->len + len + 1 > work->room)
			work->room = work->room ? work->room * 2 : TOOL_PIECE;
		output->text = realloc(output->text, work->room);
		if (!output->text)
			abort();
	}
	memcpy(output->text + output->len, piece, len);
	output->len += len;
	output->text[output->len] = '\0';
	return true;
}

/* Of standard error the beginning. */
static void tool_take_error(struct tool_work *work, const char *piece, size_t len)
{
	size_t room = sizeof work->said - 1 - work->said_len;
	if (len > room)
		len = room;
	memcpy(work->said + work->said_len, piece, len);
	work->said_len += len;
	work->said[work->said_len] = '\0';
}

/* NULL: both pipes have ended. Else why it is to be killed. */
static const char *tool_follow(struct tool_work *work, struct pollfd fds[2], unsigned seconds)
{
	char piece[TOOL_PIECE];
	uint64_t end = condition_after((uint64_t)seconds * 1000000);
	while (fds[0].fd >= 0 || fds[1].fd >= 0) {
		uint64_t now = condition_after(0);
		if (now >= end)
			return "it took too long";
		if (poll(fds, 2, (int)((end - now) / 1000) + 1) < 0 && errno != EINTR)
			return strerror(errno);
		for (size_t i = 0; i < 2; i++) {
			if (fds[i].fd < 0 || !fds[i].revents)
				continue;
			ssize_t n = read(fds[i].fd, piece, sizeof piece);
			if (n < 0 && errno == EINTR)
				continue;
			if (n <= 0)
				fds[i].fd = -1;
			else if (i == 1)
				tool_take_error(work, piece, (size_t)n);
			else if (!tool_take(work, piece, (size_t)n))
				return "it wrote more than 2 GiB";
		}
	}
	return NULL;
}

static const char *tool_say_code(const struct tool_work *work, int code, char out[40])
{
	if (*work->said)
		return work->said;
	snprintf(out, 40, "exit code %d", code);
	return out;
}

static bool tool_wait(struct tool_work *work, pid_t pid, const char *killed)
{
	char text[40];
	int status = 0;
	struct tool_output *output = work->output;
	if (killed)
		kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	output->code = !killed && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
	work->said[strcspn(work->said, "\n")] = '\0';
	if (killed)
		snprintf(output->error, sizeof output->error, "%s", killed);
	else if (output->code != 0)
		snprintf(output->error, sizeof output->error, "%s",
			 tool_say_code(work, output->code, text));
	return output->code == 0;
}

bool tool_run(const struct tool *tool, struct tool_output *output)
{
	struct tool_work work = {.output = output};
	int out[2], error[2];
	*output = (struct tool_output){.code = -1};
	tool_take(&work, "", 0);
	if (pipe2(out, O_CLOEXEC) != 0 || pipe2(error, O_CLOEXEC) != 0)
		abort();
	pid_t pid = fork();
	if (pid == 0)
		tool_become(tool, out[1], error[1]);
	close(out[1]);
	close(error[1]);
	struct pollfd fds[2] = {{.fd = out[0], .events = POLLIN},
				{.fd = error[0], .events = POLLIN}};
	bool is_ok = false;
	if (pid < 0)
		snprintf(output->error, sizeof output->error, "%s", strerror(errno));
	else
		is_ok = tool_wait(&work, pid, tool_follow(&work, fds, tool->seconds));
	close(out[0]);
	close(error[0]);
	return is_ok;
}

void tool_output_free(struct tool_output *output)
{
	free(output->text);
	*output = (struct tool_output){0};
}
