/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * By how much the clocks of clients differ from ours: each signed request whose MAC is right says
 * when it was signed (RFC 8945). Beyond the fudge, mostly five minutes, it is refused (BADTIME), so
 * that a clock that drifts is to be seen before. Of each principal the last request counts. Those
 * that differ by CLIENT_SKEW_LEAST or more are kept, at most CLIENT_SKEW_MAX: the worst, for a day
 * since their last request. A principal whose clock is right again is forgotten.
 *
 * Memory alone; any thread.
 */
#include "acl/who.h"
#include "base/arena.h"
#include <stddef.h>

#define CLIENT_SKEW_MAX    256
#define CLIENT_SKEW_LEAST  5     /* seconds: less is the way, and the time that updates wait */
#define CLIENT_SKEW_AGE    86400 /* seconds */
#define CLIENT_SKEW_WARNED 150   /* seconds: half of the fudge that clients send */

struct client_skew {
	char principal[WHO_TEXT_MAX];
	int64_t ahead;    /* the client's clock less ours, seconds */
	uint64_t at;      /* when the last request came, seconds */
	uint64_t refused; /* requests that were refused for it since it is kept */
};

struct client_skews;

struct client_skews *client_skews_new(void);
void client_skews_free(struct client_skews *);

/* Whether client_skews_note has anything to do with such a request: mostly it has not. */
bool client_skews_matter(struct client_skews *, int64_t ahead);
/* A request came whose MAC was right. */
void client_skews_note(struct client_skews *, const char *principal, int64_t ahead, bool is_refused,
		       uint64_t now);
/* Those that are kept, the worst first, in the arena. */
struct client_skew *client_skews_list(struct client_skews *, uint64_t now, struct arena *,
				      size_t *count);
