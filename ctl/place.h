/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Where a command of names is about. Its words are ZONE NAME; `--zone ZONE NAME` is the same, and
 * so is NAME alone, absolute, where it lies in a zone here and the first word is no zone. The
 * commands see ZONE NAME. One thread.
 */
#include "ctl/ctl.h"

#define PLACE_ZONE                                                                                 \
	{                                                                                          \
		"--zone", "ZONE", "the zone, instead of the word ZONE"                             \
	}

/* Puts the zone before the name where the words have it not there; of commands whose usage begins
 * with ZONE and that have the option PLACE_ZONE. The socket is set. */
void place_take(struct ctl *);
