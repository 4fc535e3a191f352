/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Runs scenarios: each in a process of its own, with a store in a new folder, several at a time.
 * `scenario FILE...` runs those, `scenario --all DIRECTORY` all below it. The last line is "N
 * passed, N failed".
 */
#include "config.h"
#include "tests/scenarios/scenario.h"
#include "base/log.h"
#include <errno.h>
#include <ftw.h>
#include <glob.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define LINE_MAX_BYTES 65536
/* A scenario waits for its disk most of the time: several for each processor. */
#define SCENARIOS_OF_A_PROCESSOR 4
#define SCENARIOS_AT_ONCE_MAX    64

static int remove_one(const char *path, const struct stat *stat, int flag, struct FTW *ftw)
{
	(void)stat;
	(void)flag;
	(void)ftw;
	return remove(path);
}

/* `repeat N` alone on a line: the lines until `end`, N times. */
static bool do_block(struct scenario *scenario, const char *line, char *buffer)
{
	unsigned long times;
	char rest[2];
	if (sscanf(line, "repeat %lu %1s", &times, rest) != 1)
		return false;
	long start = ftell(scenario->file);
	unsigned first = scenario->line;
	for (unsigned long i = 0; i < times; i++) {
		char *text;
		fseek(scenario->file, start, SEEK_SET);
		scenario->line = first;
		while ((text = scenario_line(scenario, buffer, LINE_MAX_BYTES)) &&
		       strcmp(word_trim(text), "end") != 0)
			scenario_do(scenario, text);
		if (!text)
			scenario_fail(scenario, "repeat without end");
	}
	return true;
}

/* In a process of its own. */
static int scenario_run(const char *path, const char *dir)
{
	struct scenario *scenario = scenario_open(path, dir);
	char *buffer = malloc(LINE_MAX_BYTES), *line;
	scenario->file = fopen(path, "r");
	if (!scenario->file)
		scenario_fail(scenario, "cannot be read");
	while ((line = scenario_line(scenario, buffer, LINE_MAX_BYTES)))
		if (!do_block(scenario, line, buffer))
			scenario_do(scenario, line);
	fclose(scenario->file);
	scenario_close(scenario);
	free(buffer);
	return 0;
}

/* The scenarios that are under way; pid 0: a free place. */
struct running {
	struct place {
		pid_t pid;
		const char *path;
		char dir[32];
	} places[SCENARIOS_AT_ONCE_MAX];
	unsigned count, limit;
	unsigned passed, failed;
};

static struct place *place_of(struct running *running, pid_t pid)
{
	for (unsigned i = 0; i < running->limit; i++)
		if (running->places[i].pid == pid)
			return &running->places[i];
	return NULL;
}

static void scenario_start(struct running *running, const char *path)
{
	struct place *place = place_of(running, 0);
	place->path = path;
	snprintf(place->dir, sizeof place->dir, "/tmp/scenario.XXXXXX");
	fflush(stdout);
	pid_t pid = mkdtemp(place->dir) ? fork() : -1;
	if (pid == 0)
		exit(scenario_run(path, place->dir));
	if (pid < 0) {
		fprintf(stderr, "FAILED %s (not started: %s)\n", path, strerror(errno));
		running->failed++;
		rmdir(place->dir);
		return;
	}
	place->pid = pid;
	running->count++;
}

/* Waits for one of them. */
static void scenario_finish(struct running *running)
{
	int status = -1;
	pid_t pid = wait(&status);
	struct place *place = place_of(running, pid);
	if (!place)
		return;
	nftw(place->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	if (status != 0) {
		fprintf(stderr, "FAILED %s%s\n", place->path,
			WIFSIGNALED(status) ? " (crashed)" : "");
		running->failed++;
	} else {
		running->passed++;
	}
	place->pid = 0;
	running->count--;
}

int main(int argc, char **argv)
{
	struct running running = {0};
	glob_t found = {0};
	log_open(LOG_TO_STDERR, getenv("SCENARIO_LOG") ? LOG_LEVEL_DEBUG : LOG_LEVEL_ERROR);
	if (argc == 3 && strcmp(argv[1], "--all") == 0) {
		char pattern[4096];
		snprintf(pattern, sizeof pattern, "%s/*/*.scenario", argv[2]);
		glob(pattern, 0, NULL, &found);
	}
	size_t count = found.gl_pathc ? found.gl_pathc : (size_t)argc - 1;
	char **paths = found.gl_pathc ? found.gl_pathv : argv + 1;
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	running.limit = processors < 1 ? SCENARIOS_OF_A_PROCESSOR
				       : (unsigned)processors * SCENARIOS_OF_A_PROCESSOR;
	if (running.limit > SCENARIOS_AT_ONCE_MAX)
		running.limit = SCENARIOS_AT_ONCE_MAX;
	for (size_t i = 0; i < count; i++) {
		if (running.count == running.limit)
			scenario_finish(&running);
		scenario_start(&running, paths[i]);
	}
	while (running.count > 0)
		scenario_finish(&running);
	globfree(&found);
	printf("%u passed, %u failed\n", running.passed, running.failed);
	return running.failed > 0;
}
