/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * A command from the control socket being carried out: its arguments, who asks, and where rows go.
 * Commands (a file for each noun) are functions of a call; tables {words, function, arguments} find
 * them. The scenarios make calls without a socket:
 *
 *      struct call call;
 *      call_open(&call, core, "local:root");
 *      call.args = json_pack("{s:s}", "zone", "corp.example");
 *      call.row = print_it;
 *      code = call_run(&call, "zone show");
 *      call_close(&call);
 *
 * One thread; several at once, each with its call.
 */
#include "base/arena.h"
#include "nameserver/core.h"
#include "nameserver/snapshot.h"
#include <jansson.h>

#define CALL_ERROR_MAX 1024

struct call {
	struct core *core;
	struct snapshot snapshot; /* renewed when the command starts */
	struct arena arena;       /* ends with the call */
	struct arena row_arena;   /* ends with the row */
	const json_t *args;       /* an object; NULL: none. Stays the caller's */
	const char *principal;    /* "local:root" */
	const char *listen;       /* for `status`: where DNS is answered; NULL: nowhere */
	/* One row of the answer; the object stays the command's. False: the peer is gone, stop.
	 * NULL: nobody wants rows. */
	bool (*row)(struct call *, json_t *);
	/* Output and input data (exports, imports); may be NULL in scenarios. */
	bool (*write)(struct call *, struct bytes);
	bool (*read)(struct call *, struct bytes *); /* false: the end, or the peer is gone */
	bool is_cut;                                 /* `read` ended because the peer is gone */
	/* Sleeps so long; false: the peer is gone. NULL: nobody waits. */
	bool (*wait)(struct call *, unsigned milliseconds);
	void *context;
	json_t *result;  /* members for the closing object, besides "ok"; "said" is for people */
	bool wants_stop; /* `stop`: to be done when the answer is sent */
	char error[CALL_ERROR_MAX];
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

/* An empty call with its snapshot and its result. */
void call_open(struct call *, struct core *, const char *principal);
/* `args` stays the caller's. */
void call_close(struct call *);

/* Error text of the call; returns `code`. */
enum call_code call_fail(struct call *, enum call_code code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Finds the command, checks the shape of its arguments, and runs it. `command` as in "zone add". */
enum call_code call_run(struct call *, const char *command);

/* What call_fail said; NULL: nothing. */
const char *call_error(const struct call *);
