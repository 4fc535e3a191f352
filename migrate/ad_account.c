/* SPDX-License-Identifier: BSD-2-Clause */
#include "migrate/ad_account.h"
#include "acl/who.h"
#include <string.h>
#include <strings.h>

/* The service of replication between controllers ([MS-DRSR] 2.2.3.2). */
#define REPLICATION "E3514235-4B06-11D1-AB04-00C04FC2DCD2/"

void ad_accounts_open(struct ad_accounts *accounts, struct arena *arena)
{
	*accounts = (struct ad_accounts){.arena = arena};
	accounts->controllers_end = &accounts->controllers;
}

void ad_accounts_close(struct ad_accounts *accounts)
{
	hash_table_free(&accounts->table);
}

static uint64_t ad_account_hash(const struct sid *sid)
{
	return hash_end(hash_add(hash_add(HASH_START, &sid->authority, sizeof sid->authority),
				 sid->parts, sid->count * sizeof sid->parts[0]));
}

static bool ad_account_matches(const struct hash_link *link, const void *sid)
{
	return sid_equal(&container_of(link, const struct ad_account, link)->sid, sid);
}

const struct ad_account *ad_account_find(const struct ad_accounts *accounts, const struct sid *sid)
{
	const struct hash_link *link =
		hash_table_find(&accounts->table, ad_account_hash(sid), ad_account_matches, sid);
	return link ? container_of(link, const struct ad_account, link) : NULL;
}

static const char *ad_account_copy(const struct ad_accounts *accounts, const char *text)
{
	return text ? arena_text(accounts->arena, text, strlen(text)) : NULL;
}

/* The name that its tickets carry. NULL: it has none, or one that is no word. */
static const char *ad_account_principal(const struct ad_accounts *accounts,
					const struct ad_account *account)
{
	struct who who;
	if (account->is_group || !account->realm)
		return NULL;
	const char *text = arena_print(accounts->arena, "gss:%s@%s", account->name, account->realm);
	return who_parse(&who, text) ? NULL : text;
}

void ad_account_add(struct ad_accounts *accounts, const struct ad_account *given)
{
	if (ad_account_find(accounts, &given->sid))
		return;
	struct ad_account *account = arena_copy(accounts->arena, given, sizeof *given);
	account->name = ad_account_copy(accounts, given->name);
	account->realm = ad_account_copy(accounts, given->realm);
	account->upn = ad_account_copy(accounts, given->upn);
	account->principal = ad_account_principal(accounts, account);
	if (accounts->domain.count == 0 && sid_is_of_domain(&account->sid))
		accounts->domain = sid_domain(&account->sid);
	account->next_controller = NULL;
	if (account->principal && !accounts->any)
		accounts->any = account;
	if (account->principal && account->is_controller && !account->is_deleted) {
		*accounts->controllers_end = account;
		accounts->controllers_end = &account->next_controller;
	}
	hash_table_put(&accounts->table, &account->link, ad_account_hash(&account->sid));
}

bool ad_account_is_controllers(const char *spn)
{
	return strncasecmp(spn, REPLICATION, strlen(REPLICATION)) == 0;
}

bool ad_account_is_administration(const struct sid *sid)
{
	uint32_t rid = sid_rid(sid);
	if (sid_is_of_domain(sid))
		return rid == SID_RID_DOMAIN_ADMINS || rid == SID_RID_DOMAIN_CONTROLLERS ||
		       rid == SID_RID_SCHEMA_ADMINS || rid == SID_RID_ENTERPRISE_ADMINS;
	return sid_is(sid, SID_SYSTEM) || sid_is(sid, SID_ENTERPRISE_DCS) ||
	       sid_is(sid, SID_ADMINISTRATORS);
}
