/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * A scenario: a text script that speaks with a real core in this process, with a clock set by hand.
 * The language is in tests/scenarios/README. A scenario that fails says where, and ends.
 */
#include "acl/keyring.h"
#include "acl/who.h"
#include "dns/msg.h"
#include "nameserver/dispatch.h"
#include "nameserver/pending.h"
#include "zonedb/zone.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define SCENARIO_ZONES_MAX 16
#define SCENARIO_TEXT_MAX  65536

/* How the next message is sent: words before `query` and `update`. */
struct manner {
	char principal[WHO_TEXT_MAX]; /* "key:x": signed; "gss:x": proved elsewhere; empty: unsigned
				       */
	bool is_tcp, has_edns, wants_dnssec, wants_nsid;
	bool has_rd, has_cd, has_ad;
	uint16_t edns_size;
	uint8_t edns_version, opcode;
	struct addr source;
	const char *flaw; /* "badmac", "badkey", "badalg": a signature that is wrong on purpose */
	int64_t time_skew;
	size_t mac_len; /* 0: the whole */
	bool has_other_original_id;
	bool has_same_id; /* in the header: that of the last request */
	uint16_t fudge;   /* 0: 300 */
};

/* A request that somebody captured. */
struct captured {
	struct captured *next;
	const char *name;
	struct manner manner;
	struct bytes request;
	uint8_t mac[64];
	size_t mac_len;
};

struct scenario {
	const char *path;
	unsigned line;
	FILE *file;
	char dir[64];
	uint64_t map_size;
	bool has_schedule; /* the core runs with the scavenger's thread */
	uint64_t now;      /* seconds; 0 until `at` */
	struct core *core;
	struct control *control; /* NULL until tenurectl is run */
	struct dispatcher dispatcher;
	struct dns_name zones[SCENARIO_ZONES_MAX];
	unsigned zones_count;
	struct arena arena; /* until the scenario ends */
	uint16_t id;
	/* The last request and what came back. */
	uint8_t request[DNS_MESSAGE_MAX], answer[DNS_MESSAGE_MAX + 1024];
	size_t request_len, answer_len;
	struct manner manner;
	uint8_t request_mac[64];
	size_t request_mac_len;
	bool is_dropped;
	struct captured *captured;
	void (*failed)(struct scenario *); /* called by scenario_fail; NULL: nothing */
	/* Called with the request before it is signed; NULL: nothing. */
	void (*asks)(struct scenario *);
};

/* --- scenario.c --- */
/* A scenario whose store lies in this folder; `path` names it when it fails. Its core starts with
 * the first statement. */
struct scenario *scenario_open(const char *path, const char *dir);
/* Stops the core. The folder stays. */
void scenario_close(struct scenario *);
/* Runs a line of the language, which is changed. */
void scenario_do(struct scenario *, char *line);
void scenario_fail(struct scenario *, const char *format, ...)
	__attribute__((format(printf, 2, 3), noreturn));
/* The next line of the script, without comment and white space around; NULL: the end. */
char *scenario_line(struct scenario *, char *buffer, size_t cap);

/* --- words.c --- */
/* The next word of the cursor, ended by NUL; empty: no more. */
char *word_next(char **cursor);
/* The text up to `separator`, trimmed; the cursor goes behind it. NULL: no more. */
char *word_until(char **cursor, const char *separator);
char *word_trim(char *text);
/* The text with the number for each mark. */
char *word_number(struct scenario *, const char *text, char mark, unsigned long number);
/* Absolute when it ends in a dot or in a zone of the scenario; else completed by the last zone. */
struct dns_name word_name(struct scenario *, const char *text);
uint16_t word_type(struct scenario *, const char *text);
const struct dns_name *scenario_zone(struct scenario *);
/* Data in stored form, in the scenario's arena. */
struct bytes word_rdata(struct scenario *, uint16_t type, const char *text);

/* --- setup.c: the core, and what an administrator would do --- */
void setup_start(struct scenario *);
void setup_stop(struct scenario *);
void setup_scavenger(struct scenario *, char *words);
void setup_job(struct scenario *, void (*run)(struct scenario *, struct store_txn *, void *),
	       void *);
void setup_zone(struct scenario *, char *words);
void setup_set(struct scenario *, char *words);
void setup_freeze(struct scenario *, char *words);
void setup_thaw(struct scenario *, char *words);
void setup_load(struct scenario *, char *words);
void setup_record(struct scenario *, char *words);
void setup_key(struct scenario *, char *words);
void setup_reserve(struct scenario *, char *words);
void setup_group(struct scenario *, char *words);
void setup_rules(struct scenario *, char *words);
/* The scavenger's thread looks at the clock, and is seen alive. */
void setup_look(struct scenario *);
void setup_sweep(struct scenario *, char *words);
void setup_approve(struct scenario *, char *words);
void setup_cancel(struct scenario *, char *words);
void setup_clock(struct scenario *, char *words);
void setup_down(struct scenario *, char *words);
void setup_restart(struct scenario *, char *words);
void setup_crash(struct scenario *, char *words);
/* A zone as it is now; fails if it is not there. */
struct zone setup_zone_now(struct scenario *, const struct dns_name *);

/* --- ask.c: requests --- */
void ask_query(struct scenario *, struct manner *, char *words);
void ask_update(struct scenario *, struct manner *, char *words);
void ask_capture(struct scenario *, char *words);
void ask_again(struct scenario *, struct manner *, char *words);
void ask_raw(struct scenario *, struct manner *, char *words);

/* --- sign.c: TSIG as a client makes and checks it --- */
void sign_request(struct scenario *, const struct manner *);
/* The answer's TSIG; fails if it is missing or does not verify. */
void sign_check(struct scenario *);

/* --- play.c: what clients send, from a file of sequences --- */
/* Sends the messages of `CLIENT DEED HOST N [DHCID]`; what is answered to each must be `expected`.
 */
void play_sequence(struct scenario *, struct manner *, char *words, const char *expected);

/* --- show.c: what came back, as text --- */
/* The code of the last answer; "drop" if there was none. */
const char *show_code(struct scenario *);
void show_expect(struct scenario *, const char *expected);
void show_answer(struct scenario *, char *out, size_t cap);
void show_section(struct scenario *, enum dns_section, char *out, size_t cap);
void show_flags(struct scenario *, char *out, size_t cap);
void show_opt(struct scenario *, char *out, size_t cap);
void show_tsig(struct scenario *, char *out, size_t cap);
void show_size(struct scenario *, char *out, size_t cap);
void show_hex(struct scenario *, char *out, size_t cap);

/* --- look.c: what is stored, as text --- */
void look_records(struct scenario *, char *words, char *out, size_t cap);
void look_serial(struct scenario *, char *words, char *out, size_t cap);
void look_decision(struct scenario *, char *words, char *out, size_t cap);
void look_log(struct scenario *, char *words, char *out, size_t cap);
void look_audit(struct scenario *, char *words, char *out, size_t cap);
void look_stat(struct scenario *, char *words, char *out, size_t cap);
void look_run(struct scenario *, char *words, char *out, size_t cap);
void look_holds(struct scenario *, char *words, char *out, size_t cap);
void look_commits(struct scenario *, char *words, char *out, size_t cap);

/* --- tenurectl.c --- */
/* Runs tenurectl; what it prints must be `expected`, or what the lines behind it say. */
void tenurectl_run(struct scenario *, char *words, const char *expected);
/* The same without a server: the core is stopped, and starts with the next statement that needs it.
 * tenurectl runs in a process of its own, which may become tenured. */
void tenurectl_offline(struct scenario *, char *words, const char *expected);
void tenurectl_stop(struct scenario *);
void tenurectl_env(struct scenario *, char *words);
void tenurectl_file(struct scenario *, char *words);
void tenurectl_in(struct scenario *, char *words);

/* --- command.c: tenurectl's commands --- */
void look_ctl(struct scenario *, char *words, char *out, size_t cap);
