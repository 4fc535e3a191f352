/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * The shadow: for some time questions that are answered here are asked of another server too,
 * mostly the one that is left, and answers that differ are kept, by name and type, in memory.
 *
 * A thread that answers puts a copy of question and answer where the shadow's own thread takes it,
 * if there is room and nobody else is there: no answer waits, and none is altered. That thread, of
 * the lowest priority, asks and compares (nameserver/shadow_compare.h). What is not copied is
 * counted. At most SHADOW_RATE questions a second are asked, and one that was asked lately is not
 * asked again.
 *
 * Signed questions, zone transfers, and others than class IN are never copied: what is asked of the
 * other server is name and type, by UDP, then by TCP if that was cut.
 */
#include "base/addr.h"
#include "base/clock.h"
#include "nameserver/shadow_compare.h"

#define SHADOW_RATE        100   /* questions in a second */
#define SHADOW_AGAIN_S     60    /* before the same question is asked again */
#define SHADOW_DIFFERENCES 10000 /* by name and type */
#define SHADOW_WHO_MAX     500

struct shadow;

struct shadow_options {
	bool has_zone; /* else all zones */
	struct dns_name zone;
	struct addr peer;
	uint32_t seconds;
	char by[SHADOW_WHO_MAX];
};

struct shadow_state {
	bool is_known, is_running; /* one was begun; and has not ended */
	struct shadow_options options;
	uint64_t begun, until; /* seconds since 1970 */
	uint64_t asked, same;
	uint64_t different;  /* questions */
	uint64_t unanswered; /* in time, or by nonsense */
	uint64_t left_out;   /* of the questions that could have been asked */
	uint64_t forgotten;  /* differences for which there was no room */
	size_t kept;         /* names and types that differ */
};

struct shadow_difference {
	struct dns_name name;
	uint16_t type;
	enum shadow_verdict verdict; /* of the last answers, as the texts */
	uint64_t first, last, count;
	char here[SHADOW_TEXT_MAX], there[SHADOW_TEXT_MAX];
};

/* `watchers` is counted up while one runs. */
struct shadow *shadow_new(const struct clock *, _Atomic unsigned *watchers);
/* Ends it. NULL is allowed. */
void shadow_free(struct shadow *);

/* Begins one; what an earlier one found is forgotten. NULL, or why not, a constant sentence. */
const char *shadow_begin(struct shadow *, const struct shadow_options *);
/* Ends the one that runs; what it found is kept. False: none ran. */
bool shadow_end(struct shadow *);

/* Whether one runs. Any thread. */
bool shadow_is_on(const struct shadow *);
/* A question that was answered, and the zone that it lies in. Any thread; never waits. */
void shadow_put(struct shadow *, const struct dns_msg *question, const struct dns_name *zone,
		struct bytes answer);

void shadow_look(struct shadow *, struct shadow_state *);
/* Copies the differences, at most `most`, in canonical order of names; returns how many. */
size_t shadow_list(struct shadow *, struct shadow_difference *, size_t most);
