/* SPDX-License-Identifier: BSD-2-Clause */
#include "nameserver/trace.h"
#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct trace {
	bool is_running;
	struct trace_filter filter;
	char by[WHO_TEXT_MAX];
	/* Rows go into one of two buffers, while those of the other are shown. */
	struct trace_row *into, *shown;
	size_t count;
	uint64_t dropped;
};

struct traces {
	pthread_mutex_t lock; /* held for the copy of a row */
	_Atomic unsigned *watchers;
	struct trace of[TRACE_MAX];
};

struct traces *traces_new(_Atomic unsigned *watchers)
{
	struct traces *traces = calloc(1, sizeof *traces);
	assert(traces);
	traces->watchers = watchers;
	pthread_mutex_init(&traces->lock, NULL);
	return traces;
}

void traces_free(struct traces *traces)
{
	for (size_t i = 0; i < TRACE_MAX; i++)
		assert(!traces->of[i].is_running);
	pthread_mutex_destroy(&traces->lock);
	free(traces);
}

/* A place for one of `by`; NULL as trace_begin. */
static struct trace *trace_place(struct traces *traces, const char *by, size_t *running)
{
	struct trace *place = NULL;
	size_t all = 0, own = 0;
	for (size_t i = 0; i < TRACE_MAX; i++) {
		struct trace *trace = &traces->of[i];
		all += trace->is_running;
		own += trace->is_running && strcmp(trace->by, by) == 0;
		if (!trace->is_running)
			place = trace;
	}
	*running = all == TRACE_MAX ? all : own;
	return own < TRACE_MAX_OF_ONE ? place : NULL;
}

struct trace *trace_begin(struct traces *traces, const struct trace_filter *filter, const char *by,
			  size_t *running)
{
	struct trace_row *into = calloc(TRACE_ROWS, sizeof *into);
	struct trace_row *shown = calloc(TRACE_ROWS, sizeof *shown);
	pthread_mutex_lock(&traces->lock);
	struct trace *trace = trace_place(traces, by, running);
	if (trace && (!into || !shown)) {
		trace = NULL;
		*running = 0;
	}
	if (trace) {
		*trace = (struct trace){
			.is_running = true, .filter = *filter, .into = into, .shown = shown};
		strncat(trace->by, by, sizeof trace->by - 1);
		++*traces->watchers;
	}
	pthread_mutex_unlock(&traces->lock);
	if (!trace) {
		free(into);
		free(shown);
	}
	return trace;
}

void trace_end(struct traces *traces, struct trace *trace)
{
	pthread_mutex_lock(&traces->lock);
	struct trace_row *into = trace->into, *shown = trace->shown;
	*trace = (struct trace){0};
	--*traces->watchers;
	pthread_mutex_unlock(&traces->lock);
	free(into);
	free(shown);
}

size_t trace_take(struct traces *traces, struct trace *trace, const struct trace_row **rows,
		  uint64_t *dropped)
{
	pthread_mutex_lock(&traces->lock);
	struct trace_row *full = trace->into;
	size_t count = trace->count;
	trace->into = trace->shown;
	trace->shown = full;
	trace->count = 0;
	*dropped = trace->dropped;
	pthread_mutex_unlock(&traces->lock);
	*rows = full;
	return count;
}

size_t traces_count(struct traces *traces)
{
	size_t count = 0;
	pthread_mutex_lock(&traces->lock);
	for (size_t i = 0; i < TRACE_MAX; i++)
		count += traces->of[i].is_running;
	pthread_mutex_unlock(&traces->lock);
	return count;
}

/* What is known before a row is made. */
static bool trace_wants(const struct trace *trace, enum trace_kind kind, const struct addr *source)
{
	const struct trace_filter *filter = &trace->filter;
	bool takes_all = !filter->takes_queries && !filter->takes_updates;
	return trace->is_running &&
	       (takes_all || (kind == TRACE_QUERY && filter->takes_queries) ||
		(kind == TRACE_UPDATE && filter->takes_updates)) &&
	       (!filter->has_client || prefix_holds(&filter->client, source));
}

bool traces_want(struct traces *traces, enum trace_kind kind, const struct addr *source)
{
	bool does_one = false;
	pthread_mutex_lock(&traces->lock);
	for (size_t i = 0; i < TRACE_MAX && !does_one; i++)
		does_one = trace_wants(&traces->of[i], kind, source);
	pthread_mutex_unlock(&traces->lock);
	return does_one;
}

static bool trace_takes(const struct trace *trace, const struct trace_row *row)
{
	const struct trace_filter *filter = &trace->filter;
	return trace_wants(trace, row->kind, &row->source) &&
	       (!filter->has_zone || (row->has_zone && dns_name_equal(&row->zone, &filter->zone)));
}

void traces_put(struct traces *traces, const struct trace_row *row,
		bool (*has_type)(const void *context, uint16_t type), const void *context)
{
	pthread_mutex_lock(&traces->lock);
	for (size_t i = 0; i < TRACE_MAX; i++) {
		struct trace *trace = &traces->of[i];
		if (!trace_takes(trace, row) ||
		    (trace->filter.has_type && !has_type(context, trace->filter.type)))
			continue;
		if (trace->count < TRACE_ROWS)
			trace->into[trace->count++] = *row;
		else
			trace->dropped++;
	}
	pthread_mutex_unlock(&traces->lock);
}
