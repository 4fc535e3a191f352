/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * A record that a command would change, as a row of its plan: `change` (added, removed, altered,
 * kept), zone, name, type, data, and `ttl`, `class`, `owner` and `stamp` as they would be, with
 * `old_` before it as they are. Null where there is nothing: a record that is added has no old
 * ones. The thread of the call.
 */
#include "admin/command.h"

struct change_row {
	const struct dns_name *apex, *name;
	uint16_t type;
	struct bytes rdata;
	const struct record_state *was, *is; /* NULL: it was not there, or would not be */
	const char *word; /* stands before what the change is: "since added"; NULL: nothing */
};
/* Sends the row. False: the client is gone. */
bool change_row_send(struct call *, const struct change_row *);
/* The same, but for what is kept. */
bool change_row_send_changed(struct call *, const struct change_row *);
