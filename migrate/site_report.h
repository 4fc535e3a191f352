/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * The report of a move: what was lost first, then what was changed on the way, then what was taken,
 * each in the order of the source. As text for people:
 *
 *      LOST
 *      /etc/bind/zones.conf:14  zone dyn.example
 *              grant "local:/run/policy.sock" external * ANY
 *              no program is asked here
 *              to do: keep a group by that program, and name it in a rule
 *
 * and as lines of JSON: the first has `schema`, `source` and `time`; then one for each thing, with
 * `list` (taken, changed, lost), `file`, `line`, `where`, `statement`, `why`, `do`; the last is the
 * summary, with `taken`, `changed`, `lost`, `zones`, `records`, `keys`. One thread.
 */
#include "migrate/site.h"
#include <stdio.h>

#define SITE_REPORT_SCHEMA "tenure-migrate-1"

void site_report_text(const struct site *, FILE *);
void site_report_json(const struct site *, FILE *);
/* "8 zones, 60 records, 4 keys: 20 taken, 3 changed on the way, 12 lost"; in the arena. */
const char *site_report_sum(struct site *);
