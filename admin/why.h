/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Functions that the forms of `why` share: what is known around a refusal, and its remedy in a row.
 * The thread of the call.
 */
#include "admin/command.h"
#include "nameserver/refusal_advice.h"
#include "nameserver/update_parts.h"

/* Adds to an advice, whose code, zone, name, who, owner and key are set, what the call's snapshot
 * knows: groups, the key, limits, the zone that was meant. Zone NULL: there is none of ours. */
void why_complete(struct call *, const struct zone *, struct refusal_advice *);

/* Sets the members "remedy", a sentence, and "commands", an array, of a row; neither, if nothing
 * helps. */
void why_put_remedy(struct call *, json_t *row, const struct refusal_advice *);

/* That an update of the principal would wait now, since they come faster than max-rate; NULL: it
 * would not. */
const char *why_waits(struct call *, const struct zone *, const struct who *);

/* Warns where what was said depends on addresses in a zone that the role does not see: they are
 * taken not to be there. After the trials. */
void why_warn_unseen(struct call *, const struct who *);

/* The argument `as` and, if it is there, `from`. Warns of a key that is not here. */
enum call_code why_take_asker(struct call *, struct who *, struct addr *source);

/* Commands: `why` with --last, with --seq, and with --update. */
enum call_code command_why_last(struct call *);
enum call_code command_why_seq(struct call *);
enum call_code command_why_update(struct call *);

/* Of a rule as refusals name it, "line 3: deny ...", its line; 0: it is a preset's. `*rule` becomes
 * what stands behind that. */
unsigned why_rule_line(const char **rule);
