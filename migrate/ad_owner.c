/* SPDX-License-Identifier: BSD-2-Clause */
#include "migrate/ad_owner.h"

/* Whether it is one that the list of access of each name has. */
static bool ad_owner_is_usual(const struct ad_accounts *accounts, const struct ad_node *node,
			      const struct sid *sid)
{
	const struct ad_account *account = ad_account_find(accounts, sid);
	return sid_equal(sid, &node->owner) || ad_account_is_administration(sid) ||
	       (sid_is_of_domain(sid) && sid_rid(sid) == SID_RID_ADMINISTRATOR) ||
	       (account && account->is_controller);
}

/* Who may write beside the owner and the administration. */
static void ad_owner_read_writers(const struct ad_accounts *accounts, const struct ad_node *node,
				  struct ad_owner *owner)
{
	for (size_t i = 0; i < node->writer_count; i++) {
		const struct sid *sid = &node->writers[i];
		if (sid_is_everyone(sid)) {
			owner->is_open = true;
			continue;
		}
		if (ad_owner_is_usual(accounts, node, sid))
			continue;
		const struct ad_account *account = ad_account_find(accounts, sid);
		owner->writers++;
		if (account && account->principal && !owner->writer)
			owner->writer = account;
	}
}

struct ad_owner ad_owner_of(const struct ad_accounts *accounts, const struct ad_node *node,
			    bool static_is_nodes)
{
	struct ad_owner owner = {.dynamic_owner = AD_OWNER_LOCAL, .static_owner = AD_OWNER_LOCAL};
	bool is_administration = node->has_owner && ad_account_is_administration(&node->owner);
	owner.account = node->has_owner ? ad_account_find(accounts, &node->owner) : NULL;
	owner.is_admin = is_administration || (owner.account && owner.account->is_controller) ||
			 (node->has_owner && sid_is_of_domain(&node->owner) &&
			  sid_rid(&node->owner) == SID_RID_ADMINISTRATOR);
	owner.is_unknown = !owner.account && !owner.is_admin;
	ad_owner_read_writers(accounts, node, &owner);
	if (owner.is_open || owner.is_unknown)
		owner.dynamic_owner = AD_OWNER_ANONYMOUS;
	else if (owner.account && owner.account->principal)
		owner.dynamic_owner = owner.account->principal;
	else if (!owner.is_admin)
		owner.dynamic_owner = AD_OWNER_ANONYMOUS;
	owner.is_made_for = owner.is_admin && owner.writers == 1 && owner.writer;
	if (owner.is_made_for)
		owner.static_owner = owner.dynamic_owner = owner.writer->principal;
	else if (static_is_nodes && !owner.is_admin && owner.account && owner.account->principal)
		owner.static_owner = owner.account->principal;
	return owner;
}
