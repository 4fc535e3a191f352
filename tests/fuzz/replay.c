/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Gives each file named on the command line to a fuzz target, each in a process of its own, so that
 * one find does not hide the next. Prints "N passed, M failed"; exits 1 if one failed.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define INPUT_MAX (1 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* Ends the process: 0, or by the target's own assertion. */
static void run(const char *path)
{
	FILE *file = fopen(path, "rb");
	uint8_t *buffer = malloc(INPUT_MAX);
	if (!file || !buffer) {
		perror(path);
		_exit(1);
	}
	size_t len = fread(buffer, 1, INPUT_MAX, file);
	fclose(file);
	/* A copy of the exact size lets AddressSanitizer see a step behind the end. */
	uint8_t *exact = malloc(len ? len : 1);
	for (size_t i = 0; exact && i < len; i++)
		exact[i] = buffer[i];
	if (exact)
		LLVMFuzzerTestOneInput(exact, len);
	free(exact);
	free(buffer);
	/* Not _exit(): leaks are looked for, and `make coverage` counts, at an orderly end. */
	exit(exact ? 0 : 1);
}

int main(int argc, char **argv)
{
	unsigned passed = 0, failed = 0;
	for (int i = 1; i < argc; i++) {
		int status = 1;
		pid_t child = fork();
		if (child == 0)
			run(argv[i]);
		if (child > 0 && waitpid(child, &status, 0) == child && status == 0) {
			passed++;
		} else {
			failed++;
			fprintf(stderr, "failed: %s %s\n", argv[0], argv[i]);
		}
	}
	printf("%u passed, %u failed\n", passed, failed);
	return failed > 0;
}
