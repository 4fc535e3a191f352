/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/clock.h"
#include "outbound/sink_parts.h"
#include "outbound/syslog_line.h"
#include "tls/tls.h"
#include "outbound/line_chain.h"
#include <assert.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* How soon a stop is noticed. */
#define SLICE_MS 100

/* --- batches */

static void *sink_grow(void *memory, size_t *room, size_t wanted, size_t width)
{
	if (wanted <= *room)
		return memory;
	size_t larger = *room ? *room : 64;
	while (larger < wanted)
		larger *= 2;
	void *moved = realloc(memory, larger * width);
	assert(moved);
	*room = larger;
	return moved;
}

void batch_add(struct batch *batch, const void *bytes, size_t len)
{
	batch->bytes = sink_grow(batch->bytes, &batch->room, batch->len + len, 1);
	memcpy(batch->bytes + batch->len, bytes, len);
	batch->len += len;
}

void batch_end(struct batch *batch)
{
	batch->ends =
		sink_grow(batch->ends, &batch->end_room, batch->count + 1, sizeof *batch->ends);
	batch->ends[batch->count++] = batch->len;
}

void batch_empty(struct batch *batch)
{
	batch->len = batch->count = 0;
}

void batch_free(struct batch *batch)
{
	free(batch->bytes);
	free(batch->ends);
	*batch = (struct batch){0};
}

/* --- targets */

static const struct scheme {
	const char *word;
	enum sink_kind kind;
	const char *port; /* RFC 5426, 6587 (syslog-conn), 5425 */
} schemes[] = {
	{"udp://", SINK_UDP, "514"}, {"tcp://", SINK_TCP, "601"}, {"tls://", SINK_TLS, "6514"}};

static const struct scheme *scheme_of(const char *url)
{
	for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++)
		if (strncmp(url, schemes[i].word, strlen(schemes[i].word)) == 0)
			return &schemes[i];
	return NULL;
}

static const char *take_port(struct sink_options *options, const char *port)
{
	size_t digits = strspn(port, "0123456789");
	unsigned long number = strtoul(port, NULL, 10);
	if (!digits || digits > 5 || port[digits] || !number || number > 65535)
		return "the port is not a number from 1 to 65535";
	memcpy(options->port, port, digits + 1);
	return NULL;
}

const char *sink_parse_url(struct sink_options *options, const char *url)
{
	const struct scheme *scheme = scheme_of(url);
	if (!scheme)
		return "it does not begin with udp://, tcp:// or tls://";
	const char *host = url + strlen(scheme->word), *end;
	bool has_brackets = *host == '[';
	host += has_brackets;
	end = has_brackets ? strchr(host, ']') : host + strcspn(host, ":/");
	size_t len = end ? (size_t)(end - host) : 0;
	if (!len || len >= SINK_TARGET_MAX)
		return "there is no host in it";
	const char *rest = end + has_brackets;
	if (*rest && *rest != ':')
		return "there is more behind the host than a port";
	options->kind = scheme->kind;
	memcpy(options->target, host, len);
	options->target[len] = '\0';
	snprintf(options->port, sizeof options->port, "%s", scheme->port);
	return *rest ? take_port(options, rest + 1) : NULL;
}

/* --- the sink */

bool sink_fail(struct sink *sink, const char *format, ...)
{
	va_list list;
	va_start(list, format);
	vsnprintf(sink->error, sizeof sink->error, format, list);
	va_end(list);
	return false;
}

bool sink_wait(struct sink *sink, short events, uint64_t until_us)
{
	struct pollfd one = {.fd = sink->fd, .events = events};
	while (!*sink->stop && clock_monotonic_us() < until_us)
		if (poll(&one, 1, SLICE_MS) > 0)
			return true;
	return false;
}

struct sink *sink_new(const struct sink_options *options, const _Atomic bool *stop)
{
	struct sink *sink = calloc(1, sizeof *sink);
	assert(sink);
	sink->options = *options;
	sink->stop = stop;
	sink->fd = -1;
	if (gethostname(sink->host, sizeof sink->host - 1) != 0)
		sink->host[0] = '\0';
	return sink;
}

void sink_free(struct sink *sink)
{
	sink_close(sink);
	free(sink);
}

bool sink_open(struct sink *sink)
{
	switch (sink->options.kind) {
	case SINK_FILE:
		return sink_file_open(sink);
	case SINK_SOCKET:
		return sink_socket_open(sink);
	default:
		return sink_net_open(sink);
	}
}

void sink_close(struct sink *sink)
{
	if (sink->tls)
		tls_end(sink->tls);
	sink->tls = NULL;
	if (sink->fd >= 0)
		close(sink->fd);
	sink->fd = -1;
}

static void add_json_line(json_t *event, struct line_chain *chain, struct batch *batch)
{
	char *text = line_chain_print(chain, event, 0);
	assert(text);
	batch_add(batch, text, strlen(text));
	free(text);
}

bool sink_has_lines(const struct sink *sink)
{
	return sink->options.kind == SINK_FILE || sink->options.kind == SINK_SOCKET;
}

void sink_format(const struct sink *sink, json_t *event, struct line_chain *chain,
		 struct batch *batch)
{
	if (sink_has_lines(sink)) {
		add_json_line(event, chain, batch);
	} else {
		bool is_datagram = sink->options.kind == SINK_UDP;
		size_t most = is_datagram ? SINK_DATAGRAM_MAX : SINK_MESSAGE_MAX;
		char *line = syslog_line(event, sink->host, most), count[24];
		/* RFC 6587 3.4.1, RFC 5425 4.3: the length stands before it. */
		snprintf(count, sizeof count, "%zu ", strlen(line));
		if (!is_datagram)
			batch_add(batch, count, strlen(count));
		batch_add(batch, line, strlen(line));
		free(line);
	}
	batch_end(batch);
}

bool sink_send(struct sink *sink, const struct batch *batch)
{
	struct bytes all = bytes_of(batch->bytes, batch->len);
	switch (sink->options.kind) {
	case SINK_FILE:
		return sink_file_send(sink, all);
	case SINK_UDP:
		return sink_datagrams_send(sink, batch);
	default:
		return sink_stream_send(sink, all);
	}
}

enum sink_state sink_look(struct sink *sink)
{
	if (sink->options.kind == SINK_FILE || sink->options.kind == SINK_UDP)
		return SINK_TAKEN;
	return sink_stream_look(sink);
}

uint64_t sink_settles_in(const struct sink *sink)
{
	bool is_stream = sink->options.kind == SINK_TCP || sink->options.kind == SINK_TLS;
	return is_stream ? SINK_SETTLE_US : 0;
}

const char *sink_error(const struct sink *sink)
{
	return sink->error;
}
