/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Addresses of name servers that belong to a client, or may be claimed by one: whoever owns one
 * chooses where a delegation, or the zone itself, goes. And zones of this server below a zone, as
 * that has them. Read from the call's snapshot, as far as the call may see zones. The call's
 * thread.
 */
#include "admin/command.h"

/* Who owns an address of the host, if that is a client and the host lies in a zone here: "key:web",
 * in the call's arena. NULL: nobody, an administrator, or the host is elsewhere. */
const char *command_server_owner(struct call *, const struct dns_name *host);

/* Whether the host lies in a zone here that takes updates, and holds no records and is not
 * reserved: then a client may claim it. */
bool command_server_is_free(struct call *, const struct dns_name *host);

/* Keeps the name servers of this NS set whose names are free for `local:root`, so that no client
 * claims them, and the primary server of an SOA there, and says so; warns of those that a client
 * owns, with the command that helps. Of those that lie in no zone of a role of listed zones it says
 * that nothing was looked at, whatever is there. The zone is of the call's snapshot, which is then
 * another: it must not be used any more. */
void command_keep_servers(struct call *, const struct zone *, const struct dns_name *at);

/* What is wrong with the zones below, one text each: without an NS in this zone, or with names that
 * this zone holds and nobody is answered. */
typedef void command_child_fn(void *context, const struct dns_name *child, const char *text);
void command_check_children(struct call *, const struct zone *, command_child_fn *, void *context);
/* The same of free names in this zone that other zones here have as name servers. */
void command_check_named(struct call *, const struct zone *, command_child_fn *, void *context);
