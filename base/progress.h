/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * A line on standard error that says how far something is that takes long: "zone import: 12,345 of
 * 60,000 names, 7s". It is drawn after PROGRESS_AFTER_MS, anew each PROGRESS_EACH_MS by a thread of
 * its own, and wiped when something else is printed and at the end. Where standard error is no
 * terminal, nothing of this does anything. There is one line in a process; the functions may be
 * called by any thread, but progress_allow, progress_begin, progress_is_on and progress_end by one.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PROGRESS_AFTER_MS 2000
#define PROGRESS_EACH_MS  250
/* Who counts rows says so after as many. */
#define PROGRESS_ROWS     1024
#define PROGRESS_LINE_MAX 256

struct progress_state {
	const char *what;  /* "zone import" */
	uint64_t done, of; /* `of` 0: it is not known how many there are */
	char noun[48];     /* "names"; "": nothing is counted; with both numbers 0 what is done */
	uint64_t seconds;
};

/* The line, of less than `columns`; returns its length. Pure. */
size_t progress_line(const struct progress_state *, size_t columns, char out[PROGRESS_LINE_MAX]);

/* Names what will take long, a text that stays valid; NULL: there is to be no line, as at first. */
void progress_allow(const char *what);
/* Begins to count its time. */
void progress_begin(void);
/* Between progress_begin and progress_end, where there may be a line. */
bool progress_is_on(void);
/* How much is done; what is counted changes as the noun does. With 0 of 0 it says what is done:
 * "reading it back". */
void progress_set(uint64_t done, uint64_t of, const char *noun);
/* Wipes the line, and lets it be drawn no more until progress_show: before output of others. */
void progress_hide(void);
void progress_show(void);
/* Wipes the line, and ends the thread. Also where progress_begin was not called. */
void progress_end(void);
