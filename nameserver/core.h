/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * The core: all parts of a server except its sockets. The daemon starts one, and so does each
 * scenario of the tests. Its members are made before the threads start, and are then shared; the
 * header of each part says which thread may use it.
 */
#include "acl/store_key.h"
#include "base/addr.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/log.h"
#include "nameserver/stats.h"
#include "nameserver/update_rate.h"
#include "scavenger/schedule.h"
#include "store/store.h"
#include "store/writer.h"

#define CORE_TEXT_MAX 256

#define CORE_CONTEXTS               10000 /* security contexts, unless the options say */
#define CORE_CONTEXTS_PER_PRINCIPAL 200

#define CORE_TRANSFERS             64 /* at one time */
#define CORE_TRANSFERS_PER_ADDRESS 16
#define CORE_TRANSFER_SPOOL        (4ull << 30)

/* Settings that come from the configuration; strings are copied. */
struct core_options {
	const char *data;       /* the store's folder */
	uint64_t map_size;      /* 0: the default */
	unsigned readers;       /* threads that will call dispatch() */
	unsigned commands;      /* threads that will run commands at one time; 0: few */
	const char *version;    /* answer to version.bind CH TXT; NULL: it is refused */
	const char *server_id;  /* answer to id.server and hostname.bind CH TXT, and NSID; NULL:
				   they are refused */
	uint16_t udp_size;      /* largest UDP answer, and what our OPT says; 0: 1232 */
	bool allows_md5;        /* HMAC-MD5 keys */
	bool has_schedule;      /* start the scavenger's thread, and the log's maintenance */
	uint64_t hand_clock_us; /* not 0: a hand-set clock that stands there */
	const char *keytab;     /* of GSS-TSIG; NULL: there is none */
	size_t contexts, contexts_per_principal; /* 0: the defaults */
	size_t transfers, transfers_per_address; /* at one time; 0: the defaults */
	uint64_t transfer_spool;                 /* bytes; 0: the default */
	/* Signed checkpoints of the log (vault/checkpoints.h); NULL, 0: as there. */
	const char *checkpoint_key, *checkpoint_file;
	uint64_t checkpoint_seconds, checkpoint_entries;
	uint64_t backup_age; /* of the last good backup, before status warns, in seconds; 0: any */
	uint64_t key_age;    /* of secrets of keys and of the keytab, the same */
};

struct transfers;       /* nameserver/xfr.h */
struct gss_thread;      /* nameserver/gss_thread.h */
struct log_maintenance; /* vault/log_maintenance.h */
struct checkpoints;     /* vault/checkpoints.h */
struct writer_side; /* nameserver/writer_side.h: zones and stored answers as the writer sees them */

struct update_delay; /* nameserver/update_delay.h: updates that wait for their turn */

struct notify;   /* outbound/notify.h */
struct key_uses; /* nameserver/key_uses.h */
struct exports;  /* outbound/export.h */
struct tallies;  /* nameserver/tally.h */
struct tap;      /* nameserver/tap.h */
struct traces;   /* nameserver/trace.h */
struct shadow;   /* nameserver/shadow.h */

struct client_skews; /* nameserver/client_skew.h */

struct core {
	struct store *store;
	struct store_key *store_key;                 /* seals the secrets of keys */
	char store_key_problem[STORE_KEY_ERROR_MAX]; /* why its file could not be read, or made */
	struct writer *writer;
	struct hash_key turn_key;      /* nameserver/client_turn.h */
	struct schedule *schedule;     /* NULL without has_schedule */
	struct gss_thread *gss_thread; /* NULL without a keytab */
	struct transfers *transfers;
	struct notify *notify;                   /* NULL: nobody is notified; the daemon's */
	struct checkpoints *checkpoints;         /* NULL without a key to sign with */
	struct log_maintenance *log_maintenance; /* of the log; NULL without has_schedule */
	struct clock clock;
	struct clock_watch clock_watch;
	struct stats stats;
	struct tallies *tallies; /* what readers and the writer count by themselves */
	struct writer_side *writer_side;
	struct client_skews *client_skews;
	struct near_limits *near_limits;     /* names that are near a limit */
	struct snapshot_pool *snapshot_pool; /* nameserver/snapshot_pool.h */
	struct key_uses *key_uses;
	/* Who looks at each request: dnstap, each trace, the shadow. Most of the time nobody. */
	_Atomic unsigned watchers;
	struct tap *tap; /* NULL: nothing is copied; the daemon's */
	struct traces *traces;
	struct shadow *shadow;
	struct exports *exports; /* NULL: nothing is exported; the daemon's */
	char version[CORE_TEXT_MAX], server_id[CORE_TEXT_MAX]; /* empty: refused */
	uint16_t udp_size;
	bool allows_md5, is_halted;
	uint64_t part_steps; /* of a part of something long (store/writer.h); 0: time counts */
	uint64_t started_us;
	uint64_t backup_age, key_age;
	struct log_limit store_failures; /* lines about answers SERVFAIL */
	struct log_limit bad_signatures;
	struct log_limit fast_updates, waiting_updates;
	struct log_limit notifies_received;
	struct update_rates *update_rates;
	struct update_delay *update_delay;
	struct log_limit tkey_failures;
};

/* Opens the store and starts the threads. NULL: `error` is a sentence for the operator. */
struct core *core_start(const struct core_options *, char error[STORE_ERROR_MAX]);

/* Finishes requests that wait and ends the threads. The readers still free what these gave back. */
void core_halt(struct core *);
/* Writes what was accepted, and frees nothing: for a process that ends while others still use the
 * core. */
void core_leave(struct core *);
/* Calls core_halt unless that was done, closes the store and frees. */
void core_stop(struct core *);
