/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * A talk: a text script that speaks with a real core in this process, with a clock set by hand.
 * The language is in tests/talks/README. A talk that fails says where, and ends.
 */
#include "acl/keyring.h"
#include "acl/who.h"
#include "dns/msg.h"
#include "nameserver/dispatch.h"
#include "nameserver/pending.h"
#include "scavenger/clock_watch.h"
#include "zonedb/zone.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define TALK_ZONES_MAX 16
#define TALK_TEXT_MAX  65536

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
};

struct talk {
	const char *path;
	unsigned line;
	FILE *file;
	char dir[64];
	uint64_t map_size;
	uint64_t now; /* seconds; 0 until `at` */
	struct core *core;
	struct clock_watch clock_watch;
	struct dispatcher dispatcher;
	struct dns_name zones[TALK_ZONES_MAX];
	unsigned zones_count;
	struct arena arena; /* until the talk ends */
	uint16_t id;
	/* The last request and what came back. */
	uint8_t request[DNS_MESSAGE_MAX], answer[DNS_MESSAGE_MAX + 1024];
	size_t request_len, answer_len;
	struct manner manner;
	uint8_t request_mac[64];
	size_t request_mac_len;
	bool is_dropped;
};

/* --- talk.c --- */
void talk_fail(struct talk *, const char *format, ...)
	__attribute__((format(printf, 2, 3), noreturn));
/* The next line of the script, without comment and white space around; NULL: the end. */
char *talk_line(struct talk *, char *buffer, size_t cap);

/* --- words.c --- */
/* The next word of the cursor, ended by NUL; empty: no more. */
char *word_next(char **cursor);
/* The text up to `separator`, trimmed; the cursor goes behind it. NULL: no more. */
char *word_until(char **cursor, const char *separator);
char *word_trim(char *text);
/* The text with the number for each mark. */
char *word_number(struct talk *, const char *text, char mark, unsigned long number);
/* Absolute when it ends in a dot or in a zone of the talk; else completed by the last zone. */
struct dns_name word_name(struct talk *, const char *text);
uint16_t word_type(struct talk *, const char *text);
const struct dns_name *talk_zone(struct talk *);
/* Data in stored form, in the talk's arena. */
struct bytes word_rdata(struct talk *, uint16_t type, const char *text);

/* --- house.c: the core, and what an administrator would do --- */
void house_start(struct talk *);
void house_stop(struct talk *);
void house_job(struct talk *, void (*run)(struct talk *, struct store_txn *, void *), void *);
void house_zone(struct talk *, char *words);
void house_set(struct talk *, char *words);
void house_freeze(struct talk *, char *words);
void house_thaw(struct talk *, char *words);
void house_load(struct talk *, char *words);
void house_record(struct talk *, char *words);
void house_key(struct talk *, char *words);
void house_reserve(struct talk *, char *words);
void house_group(struct talk *, char *words);
void house_rules(struct talk *, char *words);
void house_sweep(struct talk *, char *words);
void house_approve(struct talk *, char *words);
void house_cancel(struct talk *, char *words);
void house_clock(struct talk *, char *words);
void house_down(struct talk *, char *words);
void house_restart(struct talk *, char *words);
/* A zone as it is now; fails if it is not there. */
struct zone house_zone_now(struct talk *, const struct dns_name *);

/* --- ask.c: requests --- */
void ask_query(struct talk *, struct manner *, char *words);
void ask_update(struct talk *, struct manner *, char *words);
void ask_again(struct talk *, struct manner *, char *words);
void ask_raw(struct talk *, struct manner *, char *words);

/* --- sign.c: TSIG as a client makes and checks it --- */
void sign_request(struct talk *, const struct manner *);
/* The answer's TSIG; fails if it is missing or does not verify. */
void sign_check(struct talk *);

/* --- show.c: what came back, as text --- */
void show_expect(struct talk *, const char *expected);
void show_answer(struct talk *, char *out, size_t cap);
void show_section(struct talk *, enum dns_section, char *out, size_t cap);
void show_flags(struct talk *, char *out, size_t cap);
void show_opt(struct talk *, char *out, size_t cap);
void show_tsig(struct talk *, char *out, size_t cap);
void show_size(struct talk *, char *out, size_t cap);
void show_hex(struct talk *, char *out, size_t cap);

/* --- look.c: what is stored, as text --- */
void look_records(struct talk *, char *words, char *out, size_t cap);
void look_serial(struct talk *, char *words, char *out, size_t cap);
void look_decision(struct talk *, char *words, char *out, size_t cap);
void look_log(struct talk *, char *words, char *out, size_t cap);
void look_audit(struct talk *, char *words, char *out, size_t cap);
void look_stat(struct talk *, char *words, char *out, size_t cap);
void look_run(struct talk *, char *words, char *out, size_t cap);
void look_holds(struct talk *, char *words, char *out, size_t cap);
void look_commits(struct talk *, char *words, char *out, size_t cap);

/* --- command.c: tenurectl's commands --- */
void look_ctl(struct talk *, char *words, char *out, size_t cap);
