/* SPDX-License-Identifier: BSD-2-Clause */
#include "nameserver/asker.h"
#include "acl/gss.h"
#include "nameserver/gss_thread.h"

bool asker_trusts(struct core *core, const struct snapshot *snapshot, const char *realm)
{
	const struct realms *realms = snapshot->realms;
	if (realms && realms->is_given)
		return realms_name(realms, realm);
	struct gss_keytab *keytab = gss_thread_keytab(core->gss_thread);
	return !keytab || gss_keytab_has_realm(keytab, realm);
}

struct policy_asker asker_of(struct core *core, const struct snapshot *snapshot,
			     const struct who *who, const struct addr *source, bool is_tcp)
{
	/* Each question comes here, and few are of Kerberos. */
	if (who->kind != WHO_GSS)
		return policy_asker_of(who, source, is_tcp);
	struct policy_asker asker = policy_asker_of(who, source, is_tcp);
	if (asker.realm)
		policy_asker_in_realm(&asker, snapshot->realms,
				      asker_trusts(core, snapshot, asker.realm));
	return asker;
}
