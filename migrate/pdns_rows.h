/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * The tables of PowerDNS' generic SQL backends (gsqlite3; MySQL and PostgreSQL have the same), as
 * rows of texts. Who reads them does not know where they are: in a database (migrate/pdns_db.h), or
 * in a test. One thread.
 */
#include "migrate/site.h"
#include "migrate/source.h"

enum pdns_table {
	PDNS_DOMAINS,    /* id, name, type, master, account */
	PDNS_RECORDS,    /* id, name, type, content, ttl, prio, disabled, ordername; of a domain */
	PDNS_METADATA,   /* kind, content; of a domain */
	PDNS_COMMENTS,   /* name, type, modified_at, account, comment; of a domain */
	PDNS_CRYPTOKEYS, /* id, active; of a domain */
	PDNS_TSIGKEYS,   /* name, algorithm, secret */
};

#define PDNS_COLUMNS_MAX 8

/* A row: each column as text, NULL where it is NULL. */
typedef void pdns_row(void *context, const char *const column[PDNS_COLUMNS_MAX]);

struct pdns_rows {
	/* Calls `row` for each row, of the domain where the table is of one. False: `error` says
	 * what is wrong. */
	bool (*select)(struct pdns_rows *, enum pdns_table, const char *domain, pdns_row *row,
		       void *context, char error[SITE_ERROR_MAX]);
};

/* Takes what the tables say into the site. `file` is what they are called, `config` the text of
 * pdns.conf, or NULL. False: `error`, nothing can be taken. */
bool pdns_take(struct site *, struct pdns_rows *, const char *file, const char *config_name,
	       struct bytes config, char error[SITE_ERROR_MAX]);
