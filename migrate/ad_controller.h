/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * The controllers of a domain, in the report: their records come as static and local:migrate's, so
 * each needs a place in the group @dcs, a zone with policy=ad, and its own address back. A line for
 * each says so, with the commands.
 *
 * One thread; memory is the site's.
 */
#include "migrate/ad_site.h"

/* Says so of each account that is a controller's, and of each host that an SRV below _msdcs names
 * and that has no such account. Called when all zones and accounts were read. */
void ad_controllers_say(struct ad_site *);
