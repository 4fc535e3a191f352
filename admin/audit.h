/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/* What the commands of the audit trail share: their filters. */
#include "admin/command.h"
#include "journal/audit.h"

/* The arguments that command_audit_filter reads, for the tables of commands; `limit` is read, too.
 */
#define COMMAND_AUDIT_FILTERS                                                                      \
	"zone=s? name=s? under=s? principal=s? event=s? since=s? until=s? denied=b? run=i? "       \
	"source=s?"

enum call_code command_audit_filter(struct call *, struct audit_filter *);
