/* SPDX-License-Identifier: BSD-2-Clause */
#include "dns/type.h"
#include "zonedb/edit_state.h"
#include <assert.h>

void edit_suppose_gone(struct edit *edit, const struct dns_name *name, uint16_t type)
{
	struct edit_name *at = edit_see(edit, name);
	assert(edit->change_count == 0);
	if (type == DNS_TYPE_ANY)
		edit_remove_name(edit, name);
	else
		edit_remove_rrset(edit, name, type);
	at->was = NULL;
	at->is_stored = at->is_stored && at->rrsets;
	if (!at->is_stored)
		return;
	struct bytes value = edit_pack_node(at->rrsets, at->stored.seq, &at->hint,
					    &at->stored.client, edit->arena);
	bool is_node = node_open(&at->stored, value);
	assert(is_node);
}
