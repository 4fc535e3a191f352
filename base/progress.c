/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>
#include "base/progress.h"
#include "base/clock.h"
#include "base/condition.h"
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define COLUMNS_DEFAULT 80
#define NUMBER_MAX      32

static struct {
	pthread_mutex_t lock;
	pthread_cond_t ended;
	pthread_t thread;
	const char *what; /* NULL: there is no line */
	bool has_thread, is_over, is_hidden;
	struct progress_state state;
	uint64_t since_us;
	char line[PROGRESS_LINE_MAX];
	size_t drawn; /* columns of the line that is there; 0: none is */
} progress = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* 1234567 as "1,234,567". */
static const char *progress_number(uint64_t number, char out[NUMBER_MAX])
{
	char digits[NUMBER_MAX];
	size_t len = (size_t)snprintf(digits, sizeof digits, "%" PRIu64, number), at = 0;
	for (size_t i = 0; i < len; i++) {
		if (i > 0 && (len - i) % 3 == 0)
			out[at++] = ',';
		out[at++] = digits[i];
	}
	out[at] = '\0';
	return out;
}

size_t progress_line(const struct progress_state *s, size_t columns, char out[PROGRESS_LINE_MAX])
{
	char done[NUMBER_MAX], of[NUMBER_MAX], count[3 * NUMBER_MAX + sizeof s->noun] = "";
	uint64_t minutes = s->seconds / 60;
	if (*s->noun && !s->done && !s->of)
		snprintf(count, sizeof count, "%s, ", s->noun);
	else if (*s->noun && s->of)
		snprintf(count, sizeof count, "%s of %s %s, ", progress_number(s->done, done),
			 progress_number(s->of, of), s->noun);
	else if (*s->noun)
		snprintf(count, sizeof count, "%s %s, ", progress_number(s->done, done), s->noun);
	if (minutes)
		snprintf(of, sizeof of, "%" PRIu64 "m%02us", minutes, (unsigned)(s->seconds % 60));
	else
		snprintf(of, sizeof of, "%us", (unsigned)s->seconds);
	snprintf(out, PROGRESS_LINE_MAX, "%s: %s%s", s->what, count, of);
	/* In the last column some terminals begin a new line. */
	if (columns > 0 && strlen(out) >= columns)
		out[columns - 1] = '\0';
	return strlen(out);
}

static size_t progress_columns(void)
{
	struct winsize size = {0};
	return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col ? size.ws_col
									   : COLUMNS_DEFAULT;
}

/* Blanks serve each terminal. */
static void progress_wipe(void)
{
	if (progress.drawn)
		fprintf(stderr, "\r%*s\r", (int)progress.drawn, "");
	progress.drawn = 0;
}

static void progress_draw(uint64_t now_us)
{
	char line[PROGRESS_LINE_MAX];
	uint64_t passed_us = now_us - progress.since_us;
	if (progress.is_hidden || passed_us < PROGRESS_AFTER_MS * 1000ull)
		return;
	progress.state.seconds = passed_us / 1000000;
	size_t len = progress_line(&progress.state, progress_columns(), line);
	if (progress.drawn && strcmp(line, progress.line) == 0)
		return;
	memcpy(progress.line, line, len + 1);
	size_t before = progress.drawn > len ? progress.drawn - len : 0;
	fprintf(stderr, "\r%s%*s", line, (int)before, "");
	fflush(stderr);
	progress.drawn = len + before;
}

static void *progress_run(void *context)
{
	(void)context;
	pthread_mutex_lock(&progress.lock);
	while (!progress.is_over) {
		condition_wait(&progress.ended, &progress.lock,
			       condition_after(PROGRESS_EACH_MS * 1000ull));
		if (!progress.is_over)
			progress_draw(clock_monotonic_us());
	}
	pthread_mutex_unlock(&progress.lock);
	return NULL;
}

/* Signals are for the thread that does the work. */
static bool progress_start_thread(void)
{
	sigset_t all, before;
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	bool is_started = pthread_create(&progress.thread, NULL, progress_run, NULL) == 0;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return is_started;
}

void progress_allow(const char *what)
{
	progress_end();
	progress.what = isatty(STDERR_FILENO) ? what : NULL;
}

bool progress_is_on(void)
{
	return progress.has_thread;
}

void progress_begin(void)
{
	progress_end();
	if (!progress.what)
		return;
	condition_init(&progress.ended);
	progress.state = (struct progress_state){.what = progress.what};
	progress.since_us = clock_monotonic_us();
	progress.is_over = progress.is_hidden = false;
	progress.has_thread = progress_start_thread();
}

void progress_set(uint64_t done, uint64_t of, const char *noun)
{
	pthread_mutex_lock(&progress.lock);
	progress.state.done = done;
	progress.state.of = of;
	snprintf(progress.state.noun, sizeof progress.state.noun, "%s", noun);
	pthread_mutex_unlock(&progress.lock);
}

void progress_hide(void)
{
	pthread_mutex_lock(&progress.lock);
	progress.is_hidden = true;
	progress_wipe();
	pthread_mutex_unlock(&progress.lock);
}

void progress_show(void)
{
	pthread_mutex_lock(&progress.lock);
	progress.is_hidden = false;
	pthread_mutex_unlock(&progress.lock);
}

void progress_end(void)
{
	if (!progress.has_thread)
		return;
	pthread_mutex_lock(&progress.lock);
	progress.is_over = true;
	progress_wipe();
	pthread_cond_signal(&progress.ended);
	pthread_mutex_unlock(&progress.lock);
	pthread_join(progress.thread, NULL);
	pthread_cond_destroy(&progress.ended);
	progress.has_thread = false;
}
