/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * A requester as the policy takes it, with what the server's settings say of its realm
 * (acl/realm.h): whether it is trusted, and in which domains its hosts lie. Where `realms` is not
 * set, the realms of the keytab are trusted; without a keytab nobody proves a Kerberos name, and
 * `why` takes any realm for trusted. Any thread, with its own snapshot.
 */
#include "nameserver/core.h"
#include "nameserver/snapshot.h"

/* Principal, address and snapshot must remain valid as long as the requester. */
struct policy_asker asker_of(struct core *, const struct snapshot *, const struct who *,
			     const struct addr *source, bool is_tcp);

bool asker_trusts(struct core *, const struct snapshot *, const char *realm);
