/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * A command from the control socket being carried out: its arguments, who asks, and where rows go.
 * Verbs (server/verb_*.c) are functions of a call; a table {words, function} finds them. The talks
 * make calls without a socket.
 */
#include "base/arena.h"
#include "server/core.h"
#include "server/view.h"
#include <jansson.h>

struct call {
	struct core *core;
	struct view view; /* renewed when the verb starts */
	struct arena arena;
	const json_t *args;    /* an object */
	const char *principal; /* "local:root" */
	/* One row of the answer; the object stays the verb's. False: the peer is gone, stop. */
	bool (*row)(struct call *, json_t *);
	/* Output and input data (exports, imports); may be NULL in talks. */
	bool (*write)(struct call *, struct bytes);
	bool (*read)(struct call *, struct bytes *); /* false: the end, or the peer is gone */
	void *context;
	json_t *result; /* members for the closing object, besides "ok" */
};

enum call_code { /* also the exit codes of tenurectl, see tenurectl(8) */
		 CALL_OK = 0,
		 CALL_FAILED = 1,      /* it was understood, and cannot be done */
		 CALL_USAGE = 2,       /* arguments that make no sense */
		 CALL_REFUSED = 3,     /* not allowed */
		 CALL_NOT_FOUND = 4,   /* no such zone, name, key */
		 CALL_UNREACHABLE = 5, /* tenurectl's own: no daemon at the socket */
		 CALL_NOTHING = 6,     /* nothing was to be done, with the reason (an explicit
					  scavenging run) */
};

/* Error text of the call; returns `code`. */
enum call_code call_fail(struct call *, enum call_code code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Finds the verb and runs it. `verb` as in "zone add". */
enum call_code call_run(struct call *, const char *verb);

/* What call_fail said; NULL: nothing. */
const char *call_error(const struct call *);
