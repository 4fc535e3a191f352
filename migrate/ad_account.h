/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * The accounts of a domain, by their SIDs: who stands behind the owner of a name in a directory,
 * and as which principal that account will sign its updates. One thread.
 */
#include "base/arena.h"
#include "base/hash_table.h"
#include "migrate/sid.h"

struct ad_account {
	struct hash_link link;
	struct sid sid;
	const char *name;      /* sAMAccountName: web1$ */
	const char *realm;     /* of its domain; NULL: not known */
	const char *upn;       /* userPrincipalName; NULL: none */
	const char *principal; /* gss:web1$@CORP.EXAMPLE; NULL: it cannot prove itself so */
	bool is_group, is_deleted;
	bool is_controller; /* of the domain */
	const struct ad_account *next_controller;
};

struct ad_accounts {
	struct arena *arena; /* that they live in */
	struct hash_table table;
	const struct ad_account *any; /* the first one with a principal; NULL */
	/* Those that are there, and sign; in the order in which they came. */
	const struct ad_account *controllers, **controllers_end;
	struct sid domain; /* count 0: not known; the first one, where there are several */
};

/* Whose arena everything is in; ended by ad_accounts_close. */
void ad_accounts_open(struct ad_accounts *, struct arena *);
void ad_accounts_close(struct ad_accounts *);

/* Adds one, whose texts are copied; `principal` is made of name and realm. One that is there
 * already stays as it is. */
void ad_account_add(struct ad_accounts *, const struct ad_account *);

/* NULL: no such account was read. */
const struct ad_account *ad_account_find(const struct ad_accounts *, const struct sid *);

/* Whether a servicePrincipalName is one that only controllers of a domain have. */
bool ad_account_is_controllers(const char *spn);

/* Whether the SID stands for the system or for administrators, and for no one account of theirs. */
bool ad_account_is_administration(const struct sid *);
