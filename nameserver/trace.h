/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Traces: requests as they are answered, for the commands `trace` that look at them. A thread that
 * answers puts a row of each request into the buffer of each trace whose filter takes it; the
 * thread of the command takes them out. What does not fit is dropped and counted: no answer waits
 * for a trace. While none runs, core->watchers says so, and a request costs nothing more.
 */
#include "acl/who.h"
#include "base/addr.h"
#include "nameserver/update_outcome.h"
#include <stddef.h>

#define TRACE_MAX        4    /* at one time, */
#define TRACE_MAX_OF_ONE 2    /* and of one principal */
#define TRACE_ROWS       2048 /* that wait for the command */

enum trace_kind { TRACE_QUERY, TRACE_UPDATE, TRACE_OTHER };

struct trace_filter {
	bool has_zone, has_client, has_type;
	struct dns_name zone; /* the one that holds the name, not those below it */
	struct prefix client;
	uint16_t type;
	bool takes_queries, takes_updates; /* neither: all requests */
};

struct trace_row {
	enum trace_kind kind;
	uint64_t at_us;
	struct addr source;
	bool is_tcp;
	bool has_question, has_zone;
	struct dns_name zone; /* of this server, where the name lies */
	struct dns_name name; /* of an update that of its first change */
	uint16_t class, type;
	unsigned changes; /* records of an update's section of changes */
	bool has_rcode;   /* false: another thread answers, or nobody */
	uint16_t rcode, tsig_error;
	/* Of an update that the writer saw. */
	bool has_outcome;
	enum update_outcome outcome;
	const char *code; /* why it was denied, a constant word; NULL: it was not */
	uint64_t us;      /* from its arrival to the answer */
	char principal[WHO_TEXT_MAX];
};

struct traces;
struct trace;

/* `watchers` is counted up for each trace that runs. */
struct traces *traces_new(_Atomic unsigned *watchers);
/* All have ended. */
void traces_free(struct traces *);

/* Begins one of `by`, with a copy of both. NULL: there are too many; `*running` is then how many
 * `by` has, or TRACE_MAX; or 0, there is no memory. Any thread, as the next two of one trace. */
struct trace *trace_begin(struct traces *, const struct trace_filter *, const char *by,
			  size_t *running);
void trace_end(struct traces *, struct trace *);
/* The rows that came since the last call, which are valid until the next one, and how many were
 * dropped in all. */
size_t trace_take(struct traces *, struct trace *, const struct trace_row **rows,
		  uint64_t *dropped);

/* How many run. Any thread. */
size_t traces_count(struct traces *);
/* Whether a trace asks for such requests at all. Any thread. */
bool traces_want(struct traces *, enum trace_kind, const struct addr *source);
/* Gives the row to each trace that asks for it; a trace of a type takes it if `has_type` says so.
 * Any thread. */
void traces_put(struct traces *, const struct trace_row *,
		bool (*has_type)(const void *context, uint16_t type), const void *context);
