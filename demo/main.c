/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tenure-demo, which `tenurectl demo` runs: a day of a small company, played by a server of its own
 * in a new folder, on loopback, with a clock that it moves. Nothing of it touches another server.
 */
#include <config.h>
#include "demo/scene.h"
#include "demo/sender.h"
#include "dns/type.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <getopt.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define STARTS_MS  10000
#define STEP_MS    20
#define SAY_WIDTH  76
#define LETTER_MS  8 /* for who reads along */
#define COMMAND_MS 900
#define CHAPTER_MS 600
#define EXIT_USAGE 2
#define TEXT_MAX   8192

static const char usage[] = "usage: tenurectl demo [--fast] [--keep]\n";

struct demo {
	char folder[PATH_MAX]; /* "" : not made yet */
	uint16_t port;
	pid_t server; /* 0: it does not run */
	uint64_t now; /* the story's clock */
	bool is_fast, keeps;
};

static struct demo demo;

static void demo_die(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

static int demo_remove(const char *path, const struct stat *st, int kind, struct FTW *at)
{
	(void)st;
	(void)kind;
	(void)at;
	return remove(path);
}

static void demo_stop(void)
{
	if (demo.server > 0) {
		kill(demo.server, SIGTERM);
		while (waitpid(demo.server, NULL, 0) < 0 && errno == EINTR)
			;
		demo.server = 0;
	}
}

/* At the end, whatever happened. */
static void demo_end(void)
{
	if (demo.keeps && demo.server > 0)
		return;
	demo_stop();
	if (*demo.folder && chdir("/") == 0)
		nftw(demo.folder, demo_remove, 8, FTW_DEPTH | FTW_PHYS);
}

static void demo_die(const char *format, ...)
{
	va_list args;
	va_start(args, format);
	fflush(stdout);
	fputs("tenurectl: demo: ", stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
	demo.keeps = false;
	demo_end();
	exit(EXIT_FAILURE);
}

static volatile sig_atomic_t is_over;

/* poll and waitpid end, and with them the story. */
static void demo_signal(int signal_number)
{
	(void)signal_number;
	is_over = 1;
}

static void demo_pause(int milliseconds)
{
	fflush(stdout);
	if (!demo.is_fast)
		poll(NULL, 0, milliseconds);
	if (is_over)
		demo_die("interrupted");
}

/* --- the server */

/* A port of loopback that nobody has just now. */
static uint16_t demo_free_port(void)
{
	struct sockaddr_in at = {.sin_family = AF_INET};
	socklen_t len = sizeof at;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof at) != 0 ||
	    getsockname(fd, (struct sockaddr *)&at, &len) != 0)
		demo_die("no port of 127.0.0.1 is free: %s", strerror(errno));
	close(fd);
	return ntohs(at.sin_port);
}

static bool demo_answers(const char *path)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	memcpy(to.sun_path, path, strnlen(path, sizeof to.sun_path - 1));
	bool answers = fd >= 0 && connect(fd, (const struct sockaddr *)&to, sizeof to) == 0;
	if (fd >= 0)
		close(fd);
	return answers;
}

static void demo_run_server(void)
{
	char listen[32], begins[32], user[] = "root";
	time_t at = SCENE_BEGINS;
	snprintf(listen, sizeof listen, "127.0.0.1@%u", demo.port);
	strftime(begins, sizeof begins, "%Y-%m-%dT%H:%M:%SZ", gmtime(&at));
	int log = open("log", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (log >= 0) {
		dup2(log, STDOUT_FILENO);
		dup2(log, STDERR_FILENO);
	}
	if (geteuid() == 0)
		execlp("tenured", "tenured", "--data", "store", "--listen", listen, "--clock",
		       begins, "--user", user, NULL);
	else
		execlp("tenured", "tenured", "--data", "store", "--listen", listen, "--clock",
		       begins, NULL);
	dprintf(STDERR_FILENO, "tenured: %s\n", strerror(errno));
	_exit(127);
}

/* What the server said last. */
static const char *demo_log(void)
{
	static char text[TEXT_MAX];
	FILE *in = fopen("log", "re");
	size_t len = in ? fread(text, 1, sizeof text - 1, in) : 0;
	if (in)
		fclose(in);
	while (len > 0 && text[len - 1] == '\n')
		len--;
	text[len] = '\0';
	const char *line = strrchr(text, '\n');
	return line ? line + 1 : text;
}

static void demo_start(void)
{
	const char *temporary = getenv("TMPDIR");
	char folder[PATH_MAX], path[PATH_MAX];
	snprintf(folder, sizeof folder, "%s/tenure-demo.XXXXXX",
		 temporary && *temporary == '/' ? temporary : "/tmp");
	if (!mkdtemp(folder) || chdir(folder) != 0)
		demo_die("%s: %s", folder, strerror(errno));
	memcpy(demo.folder, folder, sizeof folder);
	if (snprintf(path, sizeof path, "%s/store/control.sock", folder) >=
	    (int)sizeof((struct sockaddr_un *)NULL)->sun_path)
		demo_die("%s: too long a path for a socket: set TMPDIR", folder);
	if (mkdir("store", 0700) != 0 || setenv("TENURE_SOCKET", path, 1) != 0)
		demo_die("%s: %s", folder, strerror(errno));
	demo.port = demo_free_port();
	demo.server = fork();
	if (demo.server == 0)
		demo_run_server();
	for (int ms = 0; demo.server > 0 && !demo_answers(path); ms += STEP_MS) {
		bool has_ended = waitpid(demo.server, NULL, WNOHANG) != 0;
		if (has_ended)
			demo.server = 0;
		if (has_ended || ms >= STARTS_MS)
			demo_die("the server does not start: %s", demo_log());
		poll(NULL, 0, STEP_MS);
	}
	if (demo.server < 0)
		demo_die("%s", strerror(errno));
}

/* --- the story */

/* What the teller says, in lines. */
static void demo_say(const char *text)
{
	int reading_ms = (int)strlen(text) * LETTER_MS + COMMAND_MS;
	putchar('\n');
	for (size_t len = strlen(text); len > 0;) {
		size_t cut = len;
		for (size_t i = cut = len > SAY_WIDTH ? SAY_WIDTH : len; len > SAY_WIDTH && i > 0;
		     i--)
			if (text[i] == ' ') {
				cut = i;
				break;
			}
		printf("%.*s\n", (int)cut, text);
		text += cut + (text[cut] == ' ');
		len = strlen(text);
	}
	demo_pause(reading_ms);
}

static int demo_shell(const char *command)
{
	int status = 0;
	fflush(stdout);
	pid_t child = fork();
	if (child == 0) {
		umask(077);
		execl("/bin/sh", "sh", "-c", command, NULL);
		_exit(127);
	}
	while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	return child > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void demo_command(const char *command)
{
	printf("\n$ %s\n", command);
	demo_pause(COMMAND_MS);
	int code = demo_shell(command);
	if (code != 0)
		demo_die("that ended with code %d, and should have worked", code);
	demo_pause(COMMAND_MS);
}

static void demo_update(const struct scene *scene)
{
	char key[NAME_MAX], error[SENDER_ERROR_MAX];
	unsigned rcode = 0, wanted = scene->kind == SCENE_SEND ? DNS_NOERROR : DNS_REFUSED;
	snprintf(key, sizeof key, "%s.key", scene->who);
	struct sender sender = {.port = demo.port, .now = demo.now, .key_path = key};
	printf("\n$ nsupdate -k %s\n", key);
	for (const char *line = scene->text; *line; line += strcspn(line, "\n") + 1)
		printf("> %.*s\n", (int)strcspn(line, "\n"), line);
	if (!sender_send(&sender, scene->text, &rcode, error))
		demo_die("%s", error);
	if (rcode != wanted)
		demo_die("the answer has code %u, and should have %u", rcode, wanted);
	if (rcode == DNS_REFUSED)
		puts("update failed: REFUSED");
	demo_pause(COMMAND_MS / 2);
}

/* How far the clock goes, "2h" or "8d", in seconds. */
static uint64_t demo_seconds(const char *clock)
{
	char *unit;
	uint64_t count = strtoul(clock, &unit, 10);
	return count * (*unit == 'd' ? 86400 : 3600);
}

static void demo_chapter(const struct scene *scene)
{
	char command[64];
	bool is_bold = isatty(STDOUT_FILENO) && !getenv("NO_COLOR");
	printf("\n%s== %s%s\n", is_bold ? "\033[1m" : "", scene->text, is_bold ? "\033[0m" : "");
	if (scene->clock) {
		snprintf(command, sizeof command, "tenurectl clock forward %s >/dev/null",
			 scene->clock);
		if (demo_shell(command) != 0)
			demo_die("the clock cannot be moved");
		demo.now += demo_seconds(scene->clock);
	}
	demo_pause(CHAPTER_MS);
}

static void demo_until(const char *command)
{
	for (int ms = 0; demo_shell(command) != 0; ms += STEP_MS) {
		if (ms >= STARTS_MS || is_over)
			demo_die("this is not done: %s", command);
		poll(NULL, 0, STEP_MS);
	}
}

static void demo_play(void)
{
	for (const struct scene *scene = scenes; scene->text; scene++) {
		switch (scene->kind) {
		case SCENE_CHAPTER:
			demo_chapter(scene);
			break;
		case SCENE_SAY:
			demo_say(scene->text);
			break;
		case SCENE_RUN:
			demo_command(scene->text);
			break;
		case SCENE_SEND:
		case SCENE_REFUSED:
			demo_update(scene);
			break;
		case SCENE_UNTIL:
			demo_until(scene->text);
			break;
		}
	}
}

/* The commands of the story are those beside this program, before others of their name. */
static void demo_set_path(void)
{
	char self[PATH_MAX], *path;
	const char *old = getenv("PATH");
	ssize_t len = readlink("/proc/self/exe", self, sizeof self - 1);
	self[len > 0 ? len : 0] = '\0';
	char *slash = strrchr(self, '/');
	if (!slash)
		return;
	*slash = '\0';
	if (asprintf(&path, "%s:%s/../sbin:%s", self, self, old ? old : "/usr/bin:/bin") < 0 ||
	    setenv("PATH", path, 1) != 0)
		abort();
	free(path);
}

static void demo_set_environment(void)
{
	static const char *const ours[] = {"TENURE_REASON", "COLUMNS"};
	for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
		unsetenv(ours[i]);
	demo_set_path();
	struct sigaction action = {.sa_handler = demo_signal};
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
}

static void demo_options(int argc, char **argv)
{
	static const struct option options[] = {
		{"fast", no_argument, NULL, 'f'}, {"keep", no_argument, NULL, 'k'}, {0}};
	demo.is_fast = !isatty(STDOUT_FILENO);
	for (int c; (c = getopt_long(argc, argv, "", options, NULL)) != -1;) {
		if (c != 'f' && c != 'k') {
			fputs(usage, stderr);
			exit(EXIT_USAGE);
		}
		demo.is_fast = demo.is_fast || c == 'f';
		demo.keeps = demo.keeps || c == 'k';
	}
	if (optind != argc) {
		fputs(usage, stderr);
		exit(EXIT_USAGE);
	}
}

int main(int argc, char **argv)
{
	demo_options(argc, argv);
	demo_set_environment();
	demo.now = SCENE_BEGINS;
	demo_start();
	puts("A day of a small company, played by a server of its own on loopback.");
	demo_play();
	if (demo.keeps)
		printf("\nThe server goes on, with the story's clock. To talk to it:\n"
		       "    export TENURE_SOCKET=%s\n    cd %s\n"
		       "and in the end: tenurectl stop; rm -r %s\n",
		       getenv("TENURE_SOCKET"), demo.folder, demo.folder);
	else
		printf("\nThat was all: the server and its folder are gone. doc/first-hour.md, or "
		       "`tenurectl help`, is next.\n");
	fflush(stdout);
	demo_end();
	return EXIT_SUCCESS;
}
