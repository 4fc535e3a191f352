/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * why --update FILE: reads a file of nsupdate's commands and asks the server about each message in
 * it. One thread.
 */
#include "ctl/ctl.h"

/* `path` "-" is standard input. Prints what stands in the way of each message, and the commands
 * that let it pass. Returns the exit code. */
int why_update_run(struct ctl *, const char *path);
