/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * A site: what another server's configuration and data come to here, before it is written as the
 * file of `tenurectl apply` with its data, its keys and its report. A reader (migrate/bind.h and
 * the like) fills a site and says of each thing that it met whether it was taken, changed on the
 * way, or lost; nothing is passed over without a line.
 *
 *      reader        site_zone_add, site_set, site_rule, site_record, site_key, site_say, ...
 *      site_settle   checks all that was filled in as tenured would: what it would refuse is lost
 *                    here, with a line, and not when the site is applied
 *      site_write    the folder (migrate/site_write.h)
 *
 * Texts that are given are copied. Memory is the site's, until site_free. One thread.
 */
#include "acl/keyring.h"
#include "base/arena.h"
#include "base/hash_table.h"
#include "dns/age_note.h"
#include "dns/name.h"
#include <stdio.h>

#define SITE_ERROR_MAX 1024

/* Bounds of what is read. What exceeds one is lost, with a line that names the bound. */
#define SITE_ZONES_MAX   100000
#define SITE_RECORDS_MAX 20000000u
#define SITE_LINES_MAX   1000000u /* of the report */

/* --- the report */

enum site_list { SITE_TAKEN, SITE_CHANGED, SITE_LOST };

/* Where something stands in the source. Zero-initialised: nowhere in particular. */
struct site_place {
	const char *file; /* as the source names it; NULL: none */
	unsigned line;    /* from 1; 0: not known. Of a database the row's id */
	const char *what; /* "zone corp.example", "options", "acl office"; NULL: none */
};

struct site_line {
	struct site_line *next;
	enum site_list list;
	struct site_place place;
	const char *statement; /* as the source words it, made short */
	const char *why;       /* what became of it, and why */
	const char *advice;    /* what to do; NULL: nothing. Never of what was taken */
	bool is_zone;          /* a whole zone is lost */
};

/* --- what a zone has */

struct site_setting {
	struct site_setting *next;
	const char *name, *value; /* of `tenurectl zone set` */
};

struct site_rule {
	struct site_rule *next;
	struct site_place place;
	const char *text;  /* a line of tenure-policy(5) */
	const char *wider; /* why it gives more than the source did; NULL: it does not */
};

struct site_record {
	const struct dns_name *name;
	uint16_t type;
	uint32_t ttl;
	struct bytes rdata;       /* stored form (dns/rdata.h) */
	enum dns_age_class class; /* UNSAID: site_settle makes it static, of local:migrate */
	uint64_t stamp;           /* seconds since 1970; 0: now */
	const char *owner;        /* a principal or @group; NULL: local:migrate */
	const char *because;      /* a constant phrase: how class and owner are known; NULL */
	bool was_updated;         /* the source says that an update made it */
	struct site_place place;
};

struct site_note {
	struct site_note *next;
	const char *name; /* relative to the zone, "@" */
	const char *type; /* NULL: of the name */
	const char *text;
};

struct site_reserve {
	struct site_reserve *next;
	const char *name, *principal;
};

struct site_zone {
	struct site_zone *next, *previous;
	struct hash_link link; /* in site.by_apex */
	struct dns_name apex;
	char text[DNS_NAME_TEXT_MAX]; /* of the apex, without its final dot */
	struct site_place place;
	struct site_setting *settings, **settings_end;
	struct site_rule *rules, **rules_end;
	struct site_note *notes, **notes_end;
	struct site_reserve *reserves, **reserves_end;
	struct site_record **records; /* as they came; sorted by site_settle */
	size_t count, room;
	size_t unsigned_count; /* records of DNSSEC that were left out; site_settle says so */
	struct site *site;
};

struct site_key {
	struct site_key *next;
	struct keyring_key key; /* wiped by site_free */
	bool generates;         /* there is no secret to take: apply makes one */
	bool is_known_only;     /* rules name it, and it is not taken: nothing is written */
	struct site_place place;
};

struct site_group {
	struct site_group *next;
	const char *name; /* without @ */
	bool is_acting;
	const char **members; /* principals and patterns */
	size_t count;
};

/* --- the site */

struct site {
	struct arena arena;
	uint64_t now;       /* seconds since 1970: the stamp of what has none */
	const char *origin; /* "bind /etc/bind/named.conf": for the head of what is written */
	struct site_zone *zones, **zones_end, *last_zone;
	struct hash_table by_apex;
	const struct dns_name *last_name;              /* of the record that came last */
	struct site_setting *scavenge, **scavenge_end; /* of `tenurectl scavenge set` */
	struct site_key *keys, **keys_end;
	struct site_group *groups, **groups_end;
	struct site_line *lines, **lines_end;
	size_t zones_lost; /* of the source, whole */
	size_t zone_count, record_count, line_count, by_list[3];
	bool accepts_wider, accepts_md5;
	bool is_full; /* of lines: the last one says so */
};

void site_open(struct site *, uint64_t now);
/* Wipes the keys, and gives all memory back. */
void site_free(struct site *);

/*
 * Says what became of a thing of the source: a line of the report. `why` and `advice` are printed
 * by printf's rules by site_say_f; site_say takes them as they are. A statement that is longer than
 * a line is made short. What is lost has always an advice: without one it is to see whether it is
 * needed. Secrets never stand in a statement: callers leave them out.
 */
void site_say(struct site *, enum site_list, struct site_place, const char *statement,
	      const char *why, const char *advice);
void site_say_f(struct site *, enum site_list, struct site_place, const char *statement,
		const char *advice, const char *why, ...) __attribute__((format(printf, 6, 7)));

/* Says that a whole zone is lost: such lines come first in the report, and its head counts them. */
void site_lose_zone(struct site *, struct site_place, const char *statement, const char *why,
		    const char *advice);

/* A zone of that apex, in the order of the source. NULL: there is one already, or there are
 * SITE_ZONES_MAX; that was said. */
struct site_zone *site_zone_add(struct site *, const struct dns_name *apex, struct site_place);
/* Takes a zone out again, of which nothing can be taken; the caller has said why. */
void site_zone_drop(struct site_zone *);
/* NULL: there is none. */
struct site_zone *site_zone_find(const struct site *, const struct dns_name *apex);
/* The zone nearest above the name, or of that very name. NULL: none. */
struct site_zone *site_zone_of(const struct site *, const struct dns_name *name);

/* Sets a setting; the last value counts. site_setting_get: NULL, it is not set. */
void site_set(struct site_zone *, const char *name, const char *value);
const char *site_setting_get(const struct site_zone *, const char *name);

/* Sets a setting of the server's scavenging, as `tenurectl scavenge set` names it. */
void site_set_scavenge(struct site *, const char *name, const char *value);

/* Adds a rule, a line of tenure-policy(5). `wider` says why it gives more than the source gave;
 * such a rule is left out, and lost, unless the site accepts wider ones. */
void site_rule(struct site_zone *, struct site_place, const char *wider, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* A name as a rule of the zone has it: `@`, relative, or absolute where that could be taken for
 * another. In the arena. */
const char *site_rule_name(const struct site_zone *, const struct dns_name *);

/* Adds a record; name and data are copied. What no zone can hold (out of the zone, DNSSEC's
 * records, types of questions, data that is wrong) is lost, with a line. Returns the record, whose
 * class, stamp and owner the caller may still set; NULL: it is not taken. */
struct site_record *site_record(struct site_zone *, const struct dns_name *, uint16_t type,
				uint32_t ttl, struct bytes rdata, struct site_place);

/* Reads the text of a zone file, whose records are added with `file` and line as their place; notes
 * `[AGE:...]` of Windows are read if `reads_notes`. $INCLUDE and $GENERATE are errors. False: it is
 * wrong, and `error` says where and how. */
bool site_zonefile(struct site_zone *, const char *file, struct bytes text, bool reads_notes,
		   char error[SITE_ERROR_MAX]);

void site_note(struct site_zone *, const char *name, const char *type, const char *text);
void site_reserve(struct site_zone *, const char *name, const char *principal);

/* Adds a key with its secret in base64; NULL: apply makes one. A key of HMAC-MD5 is lost unless the
 * site accepts them. False: it is not taken, and that was said. */
bool site_key(struct site *, const char *name, const char *algorithm, const char *secret,
	      struct site_place);
/* A key that rules name and that is not taken: it may own records. */
void site_key_known(struct site *, const char *name);
/* NULL: there is no such key. */
struct site_key *site_key_find(const struct site *, const struct dns_name *);

/* The group of that name, made as an acting one where there is none; and a member of it. */
struct site_group *site_group(struct site *, const char *name, bool is_acting);
void site_group_add(struct site *, struct site_group *, const char *member);

/* What a zone cannot be without: class, owner and stamp of each record; one TTL for a set; one SOA;
 * NS at the apex; nothing beside a CNAME; rules as tenured takes them. Called once, when all is
 * filled in, and before site_write. */
void site_settle(struct site *);
