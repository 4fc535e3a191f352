/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Numbers of entries as people write them: 4711 of the change log, r12 and u12 of the logs of
 * signed and unsigned refusals. On the control socket it is a number beside the log's name.
 */
#include "ctl/ctl.h"

/* The letter of a row's log; "" for the change log. */
const char *seq_letter(const json_t *row);

/* "r12", of a row's members `seq` and `log`; the caller's reference. */
json_t *seq_json(const json_t *row);

/* Puts the number into the command's arguments. False: it is none, and that was said. `option` is
 * where it was given; NULL: in no option. */
bool seq_arg(struct ctl *, const char *option, const char *text);
