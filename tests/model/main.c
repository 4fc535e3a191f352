/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Runs random histories (tests/model/history.h): `history [--seed N] [--histories N] [--seconds N]
 * [--steps BYTES] [--keep FOLDER]`. Each is a process of its own; of one that fails the script is
 * printed, and its bytes go to FOLDER, for the corpus. The last line is "N passed, M failed".
 */
#include "config.h"
#include "tests/model/history.h"
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define BYTES_MAX 4096
#define AT_ONCE   2

struct driver {
	unsigned long seed, histories, seconds, bytes;
	const char *keep;
	unsigned long passed, failed;
	struct history_counts *counts; /* shared with the children */
};

static uint64_t driver_next(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15; /* splitmix64 */
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

static void bytes_make(uint64_t seed, uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		bytes[i] = (uint8_t)driver_next(&seed);
}

static void counts_add(struct history_counts *to, const struct history_counts *from)
{
	const unsigned long *in = (const unsigned long *)from;
	unsigned long *out = (unsigned long *)to;
	for (size_t i = 0; i < sizeof *to / sizeof *out; i++)
		__atomic_add_fetch(&out[i], in[i], __ATOMIC_RELAXED);
}

/* Every other history has settings that the model does not know (tests/model/history.c). */
static size_t driver_len(const struct driver *driver, unsigned long number)
{
	return driver->bytes - driver->bytes % 2 + number % 2;
}

static pid_t driver_start(struct driver *driver, unsigned long number)
{
	fflush(NULL);
	pid_t child = fork();
	if (child != 0)
		return child;
	static uint8_t bytes[BYTES_MAX];
	bytes_make(number * 1000003, bytes, driver_len(driver, number));
	history_run(bytes, driver_len(driver, number));
	counts_add(driver->counts, &history_counts);
	exit(0);
}

static void driver_keep(const struct driver *driver, unsigned long number)
{
	char path[4096];
	uint8_t bytes[BYTES_MAX];
	if (!driver->keep)
		return;
	size_t len = driver_len(driver, number);
	snprintf(path, sizeof path, "%s/seed-%lu-%zu", driver->keep, number, len);
	FILE *file = fopen(path, "wb");
	if (!file)
		return;
	bytes_make(number * 1000003, bytes, len);
	fwrite(bytes, 1, len, file);
	fclose(file);
}

static void driver_finish(struct driver *driver, pid_t pids[AT_ONCE],
			  unsigned long numbers[AT_ONCE])
{
	int status = -1;
	pid_t pid = wait(&status);
	for (unsigned i = 0; i < AT_ONCE; i++) {
		if (pids[i] != pid || pid <= 0)
			continue;
		pids[i] = 0;
		if (status == 0) {
			driver->passed++;
			continue;
		}
		driver->failed++;
		fprintf(stderr, "FAILED seed %lu\n", numbers[i]);
		driver_keep(driver, numbers[i]);
	}
}

static void driver_run(struct driver *driver)
{
	pid_t pids[AT_ONCE] = {0};
	unsigned long numbers[AT_ONCE] = {0}, started = 0;
	time_t end = time(NULL) + (time_t)driver->seconds;
	unsigned running = 0;
	while (driver->failed < 10 &&
	       (driver->seconds ? time(NULL) < end : started < driver->histories)) {
		unsigned place = pids[0] ? 1 : 0;
		numbers[place] = driver->seed + started++;
		pids[place] = driver_start(driver, numbers[place]);
		if (++running == AT_ONCE) {
			driver_finish(driver, pids, numbers);
			running--;
		}
	}
	while (running-- > 0)
		driver_finish(driver, pids, numbers);
}

int main(int argc, char **argv)
{
	static const struct option options[] = {{"seed", required_argument, NULL, 's'},
						{"histories", required_argument, NULL, 'n'},
						{"seconds", required_argument, NULL, 't'},
						{"bytes", required_argument, NULL, 'b'},
						{"keep", required_argument, NULL, 'k'},
						{NULL, 0, NULL, 0}};
	struct driver driver = {.seed = 1, .histories = 100, .bytes = 600};
	int option;
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		unsigned long number = optarg ? strtoul(optarg, NULL, 10) : 0;
		if (option == 's')
			driver.seed = number;
		else if (option == 'n')
			driver.histories = number;
		else if (option == 't')
			driver.seconds = number;
		else if (option == 'b')
			driver.bytes = number < BYTES_MAX ? number : BYTES_MAX - 1;
		else if (option == 'k')
			driver.keep = optarg;
		else
			return 2;
	}
	driver.counts = mmap(NULL, sizeof *driver.counts, PROT_READ | PROT_WRITE,
			     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (driver.counts == MAP_FAILED)
		return 1;
	driver_run(&driver);
	const struct history_counts *counts = driver.counts;
	printf("histories: %lu updates (%lu foretold by the model, %lu refused, %lu changed "
	       "something, %lu asked of why before), %lu resent, %lu commands, %lu transfers\n",
	       counts->updates, counts->known, counts->refused, counts->changed, counts->explained,
	       counts->resent, counts->admin, counts->transfers);
	printf("%lu passed, %lu failed\n", driver.passed, driver.failed);
	return driver.failed > 0;
}
