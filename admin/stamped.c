/* SPDX-License-Identifier: BSD-2-Clause */
#include "admin/stamped.h"

void stamped_begin(struct stamped *stamped, struct call *call, struct store_txn *txn,
		   const struct zone *zone)
{
	stamped_end(stamped);
	stamped->txn = txn;
	stamped->look = command_look(call, txn);
	stamped->windows = owner_window_open(&(struct owner_window_of){
		.core = call->core, .snapshot = &stamped->look, .zone = zone});
}

void stamped_end(struct stamped *stamped)
{
	owner_window_close(stamped->windows);
	stamped->windows = NULL;
}

void stamped_give(struct stamped *stamped, const struct edit_name *at, uint16_t type,
		  struct edit_record *is)
{
	struct owner_window_ask ask = {.name = &at->name,
				       .node = at->is_stored ? &at->stored : NULL,
				       .type = type,
				       .record = {.owner = is->owner,
						  .class = is->class,
						  .is_guest = is->is_guest,
						  .window = is->window,
						  .rdata = is->rdata}};
	if (is->class == RECORD_DYNAMIC)
		is->window = owner_window_number(stamped->windows, stamped->txn, &ask);
}
