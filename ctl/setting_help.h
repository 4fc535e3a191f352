/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * The settings that commands take as NAME=VALUE, for their help: what each may be and what it is
 * for. The daemon reads and checks them; tenurectl(8) describes them. Pure.
 */
#include "ctl/words.h"

/* The settings of a command ("zone set"), in the form of options, ended by a NULL name; NULL: it
 * takes none. */
const struct words_option *setting_help(const char *command);

/* What a setting is unless it is set; NULL: it is not in the table. */
const char *setting_default(const char *name);
