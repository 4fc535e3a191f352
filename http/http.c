/* SPDX-License-Identifier: BSD-2-Clause */
#include "http/http.h"
#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/http_struct.h>
#include <event2/keyvalq_struct.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define HEADERS_MAX 8192
#define BODY_MAX    0
#define BACKLOG     64

/*
 * A connection. evhttp owns its bufferevent and does not say when it frees it, so we hold a second
 * reference, and look each second for those that lost their callbacks.
 */
struct http_connection {
	struct http *http;
	struct http_connection *next;
	struct bufferevent *bufferevent;
	uint8_t client[16]; /* addr_client */
	size_t client_len;  /* 0: not known yet */
	time_t since;       /* the connection's begin, or that of the last request */
	bool is_judged;
};

struct http {
	const struct http_route *routes;
	void *context;
	const char *const *hosts;
	unsigned request_s;
	struct event_base *base;
	struct evhttp *evhttp;
	struct event *signals[2], *second;
	int fd;
	struct http_connection *connections;
};

struct http_request {
	struct evhttp_request *is;
	bool is_answered;
};

/* --- bounds */

static time_t http_now(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

static bool connection_is_gone(const struct http_connection *c)
{
	bufferevent_event_cb on_event = NULL;
	bufferevent_getcb(c->bufferevent, NULL, NULL, &on_event, NULL);
	return !on_event;
}

/* As if the peer had been silent for too long: evhttp frees the connection without an answer. */
static void connection_cut(const struct http_connection *c)
{
	if (!connection_is_gone(c))
		bufferevent_trigger_event(c->bufferevent, BEV_EVENT_TIMEOUT | BEV_EVENT_READING, 0);
}

static void connections_sweep(struct http *http)
{
	for (struct http_connection *c, **at = &http->connections; (c = *at);) {
		if (http_now() - c->since > (time_t)http->request_s)
			connection_cut(c);
		if (!c->is_judged || !connection_is_gone(c)) {
			at = &c->next;
			continue;
		}
		*at = c->next;
		bufferevent_decref(c->bufferevent);
		free(c);
	}
}

static void http_on_second(evutil_socket_t fd, short events, void *context)
{
	(void)fd;
	(void)events;
	connections_sweep(context);
}

static bool connection_knows_peer(struct http_connection *c)
{
	struct addr peer = {0};
	socklen_t len = sizeof peer.v6;
	if (getpeername(bufferevent_getfd(c->bufferevent), &peer.any, &len) != 0)
		return false;
	peer.len = len;
	struct bytes client = addr_client(&peer);
	c->client_len = client.len < sizeof c->client ? client.len : sizeof c->client;
	memcpy(c->client, client.data, c->client_len);
	return true;
}

static bool connection_is_of(const struct http_connection *c, const struct http_connection *other)
{
	return bytes_equal(bytes_of(c->client, c->client_len),
			   bytes_of(other->client, other->client_len));
}

/* How many there are of its address. */
static size_t connections_of(const struct http_connection *of)
{
	size_t count = 0;
	for (const struct http_connection *c = of->http->connections; c; c = c->next)
		count += !connection_is_gone(c) && connection_is_of(c, of);
	return count;
}

/* An answer is being sent. */
static bool connection_is_busy(const struct http_connection *c)
{
	return evbuffer_get_length(bufferevent_get_output(c->bufferevent)) > 0;
}

/* Whether `a` goes before `b` when there are too many: of the address that has most of them, one
 * that waits for a request or the rest of it, the oldest. The list has the newest first. */
static bool connection_goes_first(const struct http_connection *a, const struct http_connection *b)
{
	size_t of_a = connections_of(a), of_b = connections_of(b);
	if (of_a != of_b)
		return of_a > of_b;
	if (connection_is_busy(a) != connection_is_busy(b))
		return connection_is_busy(b);
	return a->since <= b->since;
}

/* Makes room for a new one; `own`: among those of its address. */
static void connection_displace(const struct http_connection *new, bool own)
{
	const struct http_connection *first = NULL;
	for (const struct http_connection *c = new->http->connections; c; c = c->next) {
		bool is_one = c != new && c->is_judged && !connection_is_gone(c) &&
			      (!own || connection_is_of(c, new));
		if (is_one && (!first || connection_goes_first(c, first)))
			first = c;
	}
	connection_cut(first ? first : new);
}

/* A new connection has its socket now. Whoever holds many without asking makes way for it. */
static void connection_judge(evutil_socket_t fd, short events, void *context)
{
	struct http_connection *new = context;
	size_t all = 0;
	(void)fd;
	(void)events;
	connections_sweep(new->http);
	new->is_judged = true;
	if (connection_is_gone(new) || !connection_knows_peer(new)) {
		connection_cut(new);
		return;
	}
	for (const struct http_connection *c = new->http->connections; c; c = c->next)
		all += c->is_judged && !connection_is_gone(c);
	if (connections_of(new) > HTTP_CONNECTIONS_PER_ADDRESS)
		connection_displace(new, true);
	else if (all > HTTP_CONNECTIONS)
		connection_displace(new, false);
}

/* evhttp has accepted a connection, and wants a bufferevent, to which it gives the socket then. */
static struct bufferevent *connection_begin(struct event_base *base, void *context)
{
	static const struct timeval at_once = {0};
	struct http *http = context;
	struct http_connection *c = calloc(1, sizeof *c);
	struct bufferevent *bufferevent = bufferevent_socket_new(base, -1, BEV_OPT_CLOSE_ON_FREE);
	assert(c && bufferevent);
	*c = (struct http_connection){.http = http,
				      .next = http->connections,
				      .bufferevent = bufferevent,
				      .since = http_now()};
	bufferevent_incref(bufferevent);
	http->connections = c;
	event_base_once(base, -1, EV_TIMEOUT, connection_judge, c, &at_once);
	return bufferevent;
}

/* Its next request has its own time. */
static void connection_renew(struct http *http, struct evhttp_request *is)
{
	struct bufferevent *bufferevent =
		evhttp_connection_get_bufferevent(evhttp_request_get_connection(is));
	for (struct http_connection *c = http->connections; c; c = c->next)
		if (c->bufferevent == bufferevent)
			c->since = http_now();
}

/* --- requests */

static size_t headers_named(struct evkeyvalq *headers, const char *name)
{
	size_t count = 0;
	struct evkeyval *header;
	for (header = headers->tqh_first; header; header = header->next.tqe_next)
		count += strcasecmp(header->key, name) == 0;
	return count;
}

/* Whether a Host, of `len` bytes, without its port, is an address. */
static bool http_is_address(const char *host, size_t len)
{
	char text[INET6_ADDRSTRLEN];
	uint8_t address[16];
	bool is_v6 = len > 2 && host[0] == '[' && host[len - 1] == ']';
	if (is_v6) {
		host++;
		len -= 2;
	}
	if (len >= sizeof text)
		return false;
	memcpy(text, host, len);
	text[len] = '\0';
	return inet_pton(is_v6 ? AF_INET6 : AF_INET, text, address) == 1;
}

/* Whether it is this server that is asked. */
static bool is_own_host(const struct http *http, const char *host)
{
	const char *bracket = strchr(host, ']'), *colon = strchr(bracket ? bracket : host, ':');
	size_t len = colon ? (size_t)(colon - host) : strlen(host);
	if (http_is_address(host, len) ||
	    (len == strlen("localhost") && strncasecmp(host, "localhost", len) == 0))
		return true;
	for (const char *const *own = http->hosts; *own; own++)
		if (strlen(*own) == len && strncasecmp(*own, host, len) == 0)
			return true;
	return false;
}

/* NULL, or what is wrong with it. */
static const char *request_fault(const struct http *http, struct evhttp_request *is)
{
	struct evkeyvalq *headers = evhttp_request_get_input_headers(is);
	if (headers_named(headers, "Host") != 1)
		return "a request has one Host\n";
	if (headers_named(headers, "Content-Length") > 1 ||
	    headers_named(headers, "Transfer-Encoding") > 0)
		return "a request has one length\n";
	if (!is_own_host(http, evhttp_find_header(headers, "Host")))
		return "this is not the Host of this server\n";
	return NULL;
}

static void answer_text(struct evhttp_request *is, int code, const char *text)
{
	struct http_request request = {.is = is};
	http_answer(&request, code, "text/plain; charset=utf-8", bytes_of(text, strlen(text)));
}

static void http_route_request(struct http *http, struct evhttp_request *is)
{
	const char *path = evhttp_uri_get_path(evhttp_request_get_evhttp_uri(is));
	for (const struct http_route *route = http->routes; route->path; route++) {
		if (!path || strcmp(route->path, path) != 0)
			continue;
		struct http_request request = {.is = is};
		route->answer(http->context, &request);
		assert(request.is_answered);
		return;
	}
	answer_text(is, HTTP_NOTFOUND, "there is nothing here\n");
}

static void on_request(struct evhttp_request *is, void *context)
{
	struct http *http = context;
	const char *fault = request_fault(http, is);
	connection_renew(http, is);
	if (fault)
		answer_text(is, HTTP_BADREQUEST, fault);
	else
		http_route_request(http, is);
}

void http_answer(struct http_request *request, int code, const char *type, struct bytes body)
{
	struct evkeyvalq *headers = evhttp_request_get_output_headers(request->is);
	struct evbuffer *buffer = evbuffer_new();
	request->is_answered = true;
	evhttp_add_header(headers, "Content-Type", type);
	evhttp_add_header(headers, "Cache-Control", "no-store");
	evhttp_add_header(headers, "X-Content-Type-Options", "nosniff");
	/* HEAD has the answer's headers, and its length, without the body (RFC 9110 9.3.2). */
	if (evhttp_request_get_command(request->is) == EVHTTP_REQ_HEAD) {
		char length[24];
		snprintf(length, sizeof length, "%zu", body.len);
		evhttp_add_header(headers, "Content-Length", length);
	} else if (buffer) {
		evbuffer_add(buffer, body.data, body.len);
	}
	evhttp_send_reply(request->is, buffer ? code : HTTP_SERVUNAVAIL, NULL, buffer);
	if (buffer)
		evbuffer_free(buffer);
}

/* --- the server */

static int http_listen_at(const struct addr *at)
{
	int on = 1, fd = socket(at->any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	if (at->any.sa_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
	if (bind(fd, &at->any, at->len) == 0 && listen(fd, BACKLOG) == 0)
		return fd;
	int error = errno;
	close(fd);
	errno = error;
	return -1;
}

static void http_on_signal(evutil_socket_t number, short events, void *context)
{
	(void)number;
	(void)events;
	http_stop(context);
}

static bool http_begin(struct http *http)
{
	static const int ends[] = {SIGTERM, SIGINT};
	static const struct timeval each_second = {.tv_sec = 1};
	http->base = event_base_new();
	http->evhttp = http->base ? evhttp_new(http->base) : NULL;
	if (!http->evhttp || evhttp_accept_socket(http->evhttp, http->fd) != 0)
		return false;
	for (size_t i = 0; i < 2; i++) {
		http->signals[i] = evsignal_new(http->base, ends[i], http_on_signal, http);
		if (!http->signals[i] || event_add(http->signals[i], NULL) != 0)
			return false;
	}
	http->second = event_new(http->base, -1, EV_PERSIST, http_on_second, http);
	if (!http->second || event_add(http->second, &each_second) != 0)
		return false;
	evhttp_set_allowed_methods(http->evhttp, EVHTTP_REQ_GET | EVHTTP_REQ_HEAD);
	evhttp_set_max_headers_size(http->evhttp, HEADERS_MAX);
	evhttp_set_max_body_size(http->evhttp, BODY_MAX);
	evhttp_set_timeout(http->evhttp, (int)http->request_s);
	evhttp_set_bevcb(http->evhttp, connection_begin, http);
	evhttp_set_gencb(http->evhttp, on_request, http);
	return true;
}

struct http *http_new(const struct http_options *options, char error[HTTP_ERROR_MAX])
{
	char text[ADDR_TEXT_MAX];
	struct http *http = calloc(1, sizeof *http);
	assert(http);
	http->routes = options->routes;
	http->context = options->context;
	http->hosts = options->hosts;
	http->request_s = options->request_s;
	http->fd = http_listen_at(&options->listen);
	if (http->fd >= 0 && http_begin(http))
		return http;
	addr_print(&options->listen, text);
	snprintf(error, HTTP_ERROR_MAX, "cannot listen at %s: %s", text, strerror(errno));
	http_free(http);
	return NULL;
}

void http_run(struct http *http)
{
	event_base_dispatch(http->base);
}

void http_stop(struct http *http)
{
	event_base_loopbreak(http->base);
}

void http_free(struct http *http)
{
	for (size_t i = 0; i < 2; i++)
		if (http->signals[i])
			event_free(http->signals[i]);
	if (http->evhttp)
		evhttp_free(http->evhttp); /* ends the connections, and closes the socket */
	else if (http->fd >= 0)
		close(http->fd);
	for (struct http_connection *c = http->connections; c; c = c->next)
		c->is_judged = true;
	connections_sweep(http);
	if (http->second)
		event_free(http->second);
	if (http->base)
		event_base_free(http->base);
	free(http);
}

unsigned http_port(const struct http *http)
{
	struct addr at = {.len = sizeof at.v6};
	socklen_t len = at.len;
	return getsockname(http->fd, &at.any, &len) == 0 ? addr_port(&at) : 0;
}
