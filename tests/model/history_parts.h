/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/* The parts of a history, for tests/model/history*.c alone. */
#include "base/digest.h"
#include "nameserver/report.h"
#include "tests/model/history.h"
#include "tests/model/zone_model.h"
#include "tests/scenarios/scenario.h"

#define CAPTURED_MAX 4

/* What `why --update` said of a whole message. */
struct history_trial {
	bool is_asked, is_change; /* records would be added or removed */
	char rcode[16];
};

/* A request that was captured, and its answer. */
struct history_captured {
	bool is_signed, is_change;
	unsigned rcode;
	uint64_t at;
	unsigned doubts; /* crashes and steps of the clock until then */
};

struct history {
	struct scenario *scenario;
	const uint8_t *at, *end; /* bytes that are left */
	FILE *script;
	char *text;
	size_t text_len;
	struct zone_model model;
	char rules[1024]; /* as they were set last */
	struct model_rule rule[MODEL_RULES_MAX];
	unsigned rules_count;
	bool has_zone, has_child; /* the zone is there; one below it was */
	/* Of an odd number of bytes: settings that the model does not know are made, and were. */
	bool makes_strange, is_strange;
	bool bounds_bytes; /* max-name-bytes is small: what is added counts by its length */
	unsigned doubts;
	bool was_clock_set; /* then stamps are not foretold */
	unsigned captured_count;
	struct history_captured captured[CAPTURED_MAX];
	/* What a secondary has. */
	char *copy;
	uint32_t copy_serial;
	/* The update that is sent; what was said of it before. */
	bool is_update;
	enum model_who sends;
	struct history_trial trial;
};

/* A byte below `below`; 0 when there are none left. */
unsigned history_pick(struct history *, unsigned below);
/* Says and runs a statement. */
void history_say(struct history *, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The same with the lines that follow it, up to `end`. */
void history_say_lines(struct history *, const char *statement, const char *lines);
/* What is wrong; does not return. */
void history_fail(struct history *, const char *format, ...)
	__attribute__((format(printf, 2, 3), noreturn));

/* --- history_look.c: what is stored */
/* The zone as the store has it, into the model. */
void history_look(struct history *, struct zone_model *);
/* The last entry of the change log; the zone's serial. */
uint64_t history_head(struct history *);
uint32_t history_serial(struct history *);
/* What the zone, which reports, knows of a name. */
void history_report(struct history *, uint8_t name, struct report_row *);
/* The time that an entry would get, seconds. */
uint64_t history_now(struct history *);
/* The digest of all that is decided, and of what is derived from it, byte by byte: but for the
 * logs, and what belongs to the machine. */
void history_state(struct history *, uint8_t state[DIGEST_LEN]);
/* The copy and the zone's IXFR make its AXFR; then the copy is the zone as it is. */
void history_transfer(struct history *);
/* After the core was stopped: the store checks, and its log makes it. */
void history_verify(struct history *);

/* --- history_update.c */
void history_update(struct history *);
void history_again(struct history *);
void history_question(struct history *);

/* --- history_why.c */
#define HISTORY_VERDICT_MAX 32
/* What `why` says of a message that it can judge, before it is sent; empty: of none. */
struct history_foretold {
	char verdict[HISTORY_VERDICT_MAX];
	char report[HISTORY_VERDICT_MAX]; /* what the zone will note; empty: nothing */
};
void history_why(struct history *, const struct model_message *, struct history_foretold *);
/* What `why --update` says of the scenario's request, which is not signed yet. */
void history_try(struct history *, const char *who, struct history_trial *);

/* --- history_admin.c */
void history_admin(struct history *);
void history_clock(struct history *);
