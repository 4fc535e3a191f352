/* SPDX-License-Identifier: BSD-2-Clause */
#include "nameserver/writer_side.h"
#include "nameserver/tally.h"
#include <assert.h>
#include <stdlib.h>

struct writer_side *writer_side_new(void)
{
	struct writer_side *side = calloc(1, sizeof *side);
	assert(side);
	side->resend = resend_new();
	side->denials = denials_new();
	side->tallies = tallies_new();
	return side;
}

void writer_side_free(struct writer_side *side)
{
	view_forget(&side->view);
	resend_free(side->resend);
	denials_free(side->denials);
	tallies_free(side->tallies);
	arena_free(&side->arena);
	free(side);
}

void writer_side_forget(void *context)
{
	struct writer_side *side = context;
	view_forget(&side->view);
	resend_forget(side->resend);
	tallies_forget(side->tallies);
}
