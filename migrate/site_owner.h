/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Whose the records are that come from a server which keeps no owners and no ages: by what it keeps
 * and by who could have made them under its rules, in this order.
 *
 *      sign                                         class      owner
 *      DHCID at the name of an address, or a PTR    dynamic    the key whose rules reach DHCID, in
 * a whose target has one                                    reverse zone PTR; of several the acting
 * group @dhcp was_updated: the source says that an         pinned     the one key that could have
 * made it, update made it                                          else anonymous anything else
 * static     local:migrate
 *
 * SOA, and NS of a zone's own name, are static. A server that never aged records gives no reason to
 * age what a client other than a DHCP server registered. Called when all zones are filled in.
 */
#include "migrate/site.h"

void site_owners(struct site *);

/* Gives each PTR whose target has an address record of that very address the owner of that one
 * (`--ptr-owner forward`). Says how many of each zone. */
void site_owners_forward(struct site *);
