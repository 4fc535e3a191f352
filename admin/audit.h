/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/* What the verbs of the audit trail share: their filters. */
#include "admin/verb.h"
#include "journal/audit.h"

/* The arguments that verb_audit_filter reads, for the tables of verbs; `limit` is read, too. */
#define VERB_AUDIT_FILTERS                                                                         \
	"zone=s? name=s? under=s? principal=s? event=s? since=s? until=s? denied=b? run=i? "       \
	"source=s?"

enum call_code verb_audit_filter(struct call *, struct audit_filter *);
