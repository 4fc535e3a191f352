/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Reads the filters that `audit`, `audit export` and others share. The thread of the call.
 */
#include "admin/command.h"
#include "journal/audit.h"

/* The arguments that command_audit_filter reads, for the `params` of a struct command. It also
 * reads `limit`, which a table lists itself. */
#define COMMAND_AUDIT_FILTERS                                                                      \
	"zone=s? name=s? under=s? principal=s? event=s? since=s? until=s? denied=b? run=i? "       \
	"source=s?"

/* Fills the filter from the call's arguments. CALL_USAGE: one of them is wrong; the call has the
 * error's text. The filter's texts are valid as long as the call. */
enum call_code command_audit_filter(struct call *, struct audit_filter *);
