/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Addresses of name servers that belong to a client: whoever owns one chooses where a delegation,
 * or the zone itself, goes. And zones of this server below a zone, as that has them. Read from the
 * call's snapshot, as far as the call may see zones. The call's thread.
 */
#include "admin/command.h"

/* Who owns an address of the host, if that is a client and the host lies in a zone here: "key:web",
 * in the call's arena. NULL: nobody, an administrator, or the host is elsewhere. */
const char *command_server_owner(struct call *, const struct dns_name *host);

/* Warns of the name servers of this NS set. */
void command_warn_servers(struct call *, const struct zone *, const struct dns_name *at);

/* What is wrong with the zones below, one text each: without an NS in this zone, or with names that
 * this zone holds and nobody is answered. */
typedef void command_child_fn(void *context, const struct dns_name *child, const char *text);
void command_check_children(struct call *, const struct zone *, command_child_fn *, void *context);
