/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What remains when a page that LMDB reads cannot be had: the kernel says SIGBUS (the disk failed,
 * or the file was cut short), LMDB asserts. The process ends with a sentence; LMDB is safe by
 * design, and nothing that was acknowledged is lost by it.
 */
#include "store/environment.h"
#include <assert.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct sigaction before;

/* Only what may be called in a handler. */
static void fault_say(const char *text)
{
	ssize_t n = write(STDERR_FILENO, text, strlen(text));
	(void)n;
}

static void on_fault(int number, siginfo_t *info, void *context)
{
	(void)context;
	(void)info;
	fault_say(
		"tenured: a page of the store cannot be read: the disk failed, or the file was cut "
		"short; `tenurectl check --data DIR` says what is damaged, and the guide's chapter "
		"\"It is three in the morning\" what to do\n");
	sigaction(number, &before, NULL);
	raise(number);
}

void store_catch_faults(void)
{
	struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO};
	int failed = sigaction(SIGBUS, &action, &before);
	assert(!failed);
}

void fault_assert(MDB_env *env, const char *what)
{
	const char *path = "?";
	mdb_env_get_path(env, &path);
	log_error("the store is damaged", "path=%s why=\"%s\" do=\"tenurectl check\"", path, what);
	abort();
}
