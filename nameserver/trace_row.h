/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Gives requests to the traces (nameserver/trace.h) that ask for them. The thread that answers.
 */
#include "nameserver/request.h"
#include "nameserver/shadow.h"
#include "nameserver/update_parts.h"

/* Whether a trace runs at all: who looks is dnstap alone, mostly. */
static inline bool trace_is_on(const struct core *core)
{
	return core->watchers > (unsigned)(core->tap != NULL) + shadow_is_on(core->shadow);
}

/* A request with its answer, which is empty where there is none; NULL: another thread answers. */
void trace_row_request(const struct request *, const struct bytes_out *answer);

/* An update that the writer saw, or took no more. The request is its own, as a reader answers it.
 */
void trace_row_update(const struct update *, const struct request *,
		      const struct bytes_out *answer);
