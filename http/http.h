/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * A small HTTP server (RFC 9110, 9112) on libevent's evhttp: GET and HEAD, answers that are known
 * at once. One thread, which calls everything.
 *
 * A client is not trusted: connections are bounded, in all and by address, and so is the time from
 * one request's beginning to the end of its answer, sent byte by byte or read byte by byte. One too
 * many displaces the one that has waited longest for a request of that address, or of the one that
 * has most connections, so that whoever holds many keeps nobody from asking. A
 * request without a Host, with one that is not this server's (a web page could otherwise read
 * answers through a name of its own that leads here), or with two lengths is refused.
 */
#include "base/addr.h"
#include "base/bytes.h"
#include <stdbool.h>
#include <stddef.h>

#define HTTP_CONNECTIONS             64
#define HTTP_CONNECTIONS_PER_ADDRESS 16 /* of an IPv4 address or an IPv6 /64 */
#define HTTP_HOSTS_MAX               16
#define HTTP_ERROR_MAX               256

struct http_request;

/* The way of a path to its answer: calls http_answer once, before it returns. */
struct http_route {
	const char *path; /* NULL ends the table */
	void (*answer)(void *context, struct http_request *);
};

struct http_options {
	struct addr listen;
	const struct http_route *routes; /* must remain valid */
	void *context;
	unsigned request_s; /* the longest from a request's beginning to the end of its answer */
	const char *hosts[HTTP_HOSTS_MAX]; /* names for a request's Host, besides addresses and
					      `localhost`; NULL ends them */
};

struct http;

/* Listens. NULL: `error` says why. */
struct http *http_new(const struct http_options *, char error[HTTP_ERROR_MAX]);
/* Serves until SIGTERM, SIGINT or http_stop. */
void http_run(struct http *);
void http_stop(struct http *);
void http_free(struct http *);
/* The port, for who listens at port 0. */
unsigned http_port(const struct http *);

/* Sends an answer; the body is copied. `type` is its Content-Type. */
void http_answer(struct http_request *, int code, const char *type, struct bytes body);
