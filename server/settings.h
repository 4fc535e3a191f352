/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * The settings of the daemon, and the table of them: word, kind, bounds, default, help, and option
 * of the command line. The configuration file (server/configfile.h), the command line
 * (server/options.h), the help and the check of the manual page read this table. The main thread
 * sets them; then any thread may read.
 *
 * A setting's word is its path in the file, with dots: "tcp.idle-timeout". The settings of zones
 * are not here: they are data in the store.
 */
#include "base/addr.h"
#include "base/log.h"
#include "base/role.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SETTINGS_TEXT_MAX   256
#define SETTINGS_LISTEN_MAX 64
#define SETTINGS_ERROR_MAX  512
#define SETTINGS_ROLES_MAX  8192

struct settings {
	char data[SETTINGS_TEXT_MAX];
	char socket[SETTINGS_TEXT_MAX];
	char user[SETTINGS_TEXT_MAX], group[SETTINGS_TEXT_MAX];
	char server_id[SETTINGS_TEXT_MAX], version[SETTINGS_TEXT_MAX];
	struct addr listen[SETTINGS_LISTEN_MAX];
	size_t listen_count;
	bool is_listen_default; /* neither file nor command line set `listen` */
	uint64_t threads, map_size, udp_size;
	bool allows_md5;
	uint64_t log_target, log_level; /* enum log_target, enum log_level */
	uint64_t tcp_connections, tcp_connections_per_address, tcp_idle_timeout;
	uint64_t listing_timeout, control_connections;
	char checkpoint_key[SETTINGS_TEXT_MAX], checkpoint_file[SETTINGS_TEXT_MAX];
	uint64_t checkpoint_interval, checkpoint_entries, backup_age, key_age;
	char keytab[SETTINGS_TEXT_MAX];
	uint64_t gss_contexts, gss_contexts_per_principal;
	uint64_t transfers, transfers_per_address, transfer_spool, transfer_timeout;
	char export_file[SETTINGS_TEXT_MAX], export_socket[SETTINGS_TEXT_MAX];
	char export_syslog[SETTINGS_TEXT_MAX], export_ca[SETTINGS_TEXT_MAX];
	char export_certificate[SETTINGS_TEXT_MAX], export_key[SETTINGS_TEXT_MAX];
	char dnstap_socket[SETTINGS_TEXT_MAX];
	uint64_t dnstap_sample;
	/* As enum role: the lines of each (server/roles.h), with a newline behind each line. */
	char roles[ROLE_ADMIN + 1][SETTINGS_ROLES_MAX];
};

enum setting_kind {
	SETTING_TEXT,
	SETTING_ADDRESSES, /* a list */
	SETTING_NUMBER,
	SETTING_SIZE,     /* with K, M, G, T */
	SETTING_DURATION, /* seconds, or with units */
	SETTING_FLAG,
	SETTING_CHOICE,
	SETTING_ROLES, /* a list of users and groups; `low` is the role */
};

struct setting {
	const char *word, *option; /* option: of the command line, without "--"; NULL: none */
	const char *placeholder;   /* for the help */
	enum setting_kind kind;
	size_t offset;               /* in struct settings */
	uint64_t low, high;          /* bounds; of a text: of its length */
	const char *const *choices;  /* of SETTING_CHOICE, ended by NULL */
	const char *fallback, *help; /* the default as it would be written; and a line of help */
};

extern const struct setting settings_table[];
extern const size_t settings_count;

/* Sets everything to its default. */
void settings_init(struct settings *);

/* The setting with this word; NULL: there is none. */
const struct setting *settings_find(const char *word);

/*
 * Sets a setting to the value `text`. An address or a role's line is added to its list, which
 * setting_clear empties.
 * False: `error` says what was expected and what was found.
 */
bool setting_assign(struct settings *, const struct setting *, const char *text,
		    char error[SETTINGS_ERROR_MAX]);
void setting_clear(struct settings *, const struct setting *);

/* Whether both have the same value; and copies it. */
bool setting_is_equal(const struct setting *, const struct settings *, const struct settings *);
void setting_copy(const struct setting *, const struct settings *from, struct settings *to);

/*
 * Sets what follows from other settings, as the socket's path, and checks that they fit each other.
 * Calls `line` with a sentence for each thing that does not fit. Returns how many there are.
 */
size_t settings_finish(struct settings *, void (*line)(void *context, const char *), void *context);
