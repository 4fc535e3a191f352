/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Reads the filters that `audit`, `audit export` and others share. The thread of the call.
 */
#include "admin/command.h"
#include "outbound/audit.h"

/* The arguments that command_audit_filter reads, for the `params` of a struct command. It also
 * reads `limit`, which a table lists itself. */
#define COMMAND_AUDIT_FILTERS                                                                      \
	"zone=s? name=s? under=s? principal=s? event=s? since=s? until=s? denied=b? run=i? "       \
	"source=s? person=s? comment=s?"

/* Fills the filter from the call's arguments. CALL_USAGE: one of them is wrong; the call has the
 * error's text. The filter's texts are valid as long as the call. */
enum call_code command_audit_filter(struct call *, struct audit_filter *);

/* Whether the call may see an entry: of listed zones (admin/scope.h) those of these zones. `call`
 * is a struct call; untyped, so that it is audit_filter.may_see. */
bool command_may_see(void *call, const struct entry *);

/* A listing with this filter has shown nothing. CALL_NOT_FOUND: it names a name, principal or run
 * that was never there. */
enum call_code command_audit_nothing(struct call *, const struct audit_filter *);

/* The arguments of a command about one entry, and what they say; without `log` it is one of the
 * change log. */
#define COMMAND_AUDIT_PLACE "seq=i log=s?"
enum call_code command_audit_place(struct call *, struct journal_place *);
/* CALL_OK, or the refusal of an entry that the call may not see. */
enum call_code command_check_entry(struct call *, struct journal_place);
/* Says that the entry is not there, or no longer. */
enum call_code command_audit_missing(struct call *, struct journal_place);
