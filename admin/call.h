/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * A call: one command of the control socket, with its arguments, the principal that sent it and
 * the functions that take its answer. Each command is a function of a call, found by its words in
 * the tables of admin/command.h. The tests make calls without a socket:
 *
 *      struct call call;
 *      call_open(&call, core, "local:root");
 *      call.args = json_pack("{s:s}", "zone", "corp.example");
 *      call.row = print_it;
 *      code = call_run(&call, "zone show");
 *      call_close(&call);
 *
 * A call belongs to one thread. Several threads may run calls of the same core.
 */
#include "base/arena.h"
#include "base/role.h"
#include "nameserver/core.h"
#include "nameserver/snapshot.h"
#include <jansson.h>

#define CALL_ERROR_MAX 1024

struct scope_grants;
struct draft;

struct call {
	struct core *core;
	struct snapshot snapshot; /* renewed when the command starts */
	struct arena arena;       /* ends with the call */
	struct arena row_arena;   /* ends with the row */
	const struct eras *eras;  /* NULL: not read yet (command_eras) */
	uint64_t then;            /* the moment of the argument `at`; 0: now (command_at_of) */
	const json_t *args;       /* an object; NULL: none. Stays the caller's */
	const char *principal;    /* "local:root" */
	const char *person;       /* who logged in behind it; NULL: the same, or not known */
	const char *reason;       /* why it is done; NULL: it was not said. Set by call_run */
	const char *acting;       /* for whom its entries say that it acts; NULL: for nobody */
	uint64_t run;             /* of its entries; 0: none */
	bool has_draft;           /* to which the command would add; it is a plan */
	struct draft *draft;      /* to which the command adds (admin/draft.h); NULL: none */
	/* What the user may do (admin/scope.h); NULL: all. */
	const struct scope_grants *grants;
	enum role least;           /* of the command; set by call_run, as what follows */
	bool changes;              /* it writes entries; not of a plan */
	struct snapshot_view view; /* of the snapshot, where it is of listed zones */
	bool is_listed;            /* the roles that it may run with are of listed zones */
	bool is_over_role;         /* it was refused for want of a role */
	const char *listen;        /* for `status`: where DNS is answered; NULL: nowhere */
	/* Takes one row of the answer; the object remains the command's. False: the client is gone,
	 * and the command ends. NULL: rows are not wanted. */
	bool (*row)(struct call *, json_t *);
	/* Take output data, and give input data (exports, imports). May be NULL in tests. */
	bool (*write)(struct call *, struct bytes);
	bool (*read)(struct call *, struct bytes *); /* false: the end, or the client is gone */
	bool is_cut;                                 /* `read` ended because the client is gone */
	/* Sleeps so long; false: the client is gone. NULL: the command does not wait. */
	bool (*wait)(struct call *, unsigned milliseconds);
	/* To be asked by a command that goes on until its client leaves. False: there are too many
	 * such commands, and the error says so. NULL: any number may be. */
	bool (*follow)(struct call *);
	/* Tells how much is done, of how many (0: not known). NULL: the client did not ask. */
	void (*progress)(struct call *, uint64_t done, uint64_t of, const char *noun);
	/* Reads the configuration again, and says what came of it; `answer` gets the lists
	 * `changed_settings` and `restart_settings`, or `faults`, and `warnings`, of texts. NULL:
	 * there is none. */
	bool (*reload)(struct call *, json_t *answer, char *said, size_t room);
	void *context;
	json_t *result;  /* the members of the closing object, but "ok"; "said" is for people */
	bool wants_stop; /* the command was `stop`: the server stops when the answer is sent */
	char error[CALL_ERROR_MAX];
};

enum call_code { /* also the exit codes of tenurectl, see tenurectl(8) */
		 CALL_OK = 0,
		 CALL_FAILED = 1,      /* it was understood, and cannot be done */
		 CALL_USAGE = 2,       /* an argument is missing or wrong */
		 CALL_REFUSED = 3,     /* not allowed */
		 CALL_NOT_FOUND = 4,   /* no such zone, name, key */
		 CALL_UNREACHABLE = 5, /* tenurectl's own: no daemon at the socket */
		 CALL_NOTHING = 6,     /* there was nothing to do; the error says why */
};

/* Initialises a call of `principal`, whose text must remain valid, with a snapshot of the core's
 * store and an empty result. The caller then sets `args` and the functions. */
void call_open(struct call *, struct core *, const char *principal);
/* Frees what the call holds, the result included. `args` remains the caller's. */
void call_close(struct call *);

/* Sets the error's text, cut after CALL_ERROR_MAX bytes. Returns `code`. */
enum call_code call_fail(struct call *, enum call_code code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Finds the command ("zone add"), checks that the user has its role and that `args` has the members
 * and types that it takes, and runs it. Returns the command's code; for an unknown command or a
 * wrong argument CALL_USAGE, without the role CALL_REFUSED. */
enum call_code call_run(struct call *, const char *command);

/* The text that call_fail set, valid as long as the call; NULL: none. */
const char *call_error(const struct call *);
