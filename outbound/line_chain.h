/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * The chain of exported lines: each is an object whose last member, `chain`, is the SHA-256 of the
 * chain before it (at first 32 zero bytes) and of the line up to the comma before that member. Who
 * has the lines alone can so tell that none was cut, changed or put between; who rewrites all of
 * them is found by statements, lines that hold a checkpoint of the log (acl/checkpoint.h) and the
 * chain so far, signed by the same key (doc/audit-events.md). Pure but for the statement; any
 * thread.
 */
#include "base/digest.h"
#include "vault/checkpoints.h"
#include <jansson.h>

struct line_chain {
	uint8_t digest[DIGEST_LEN];
};

/* The object, which has members, as a line with its end, and the chain moved on; on the heap.
 * `flags` are jansson's. NULL: the object holds what is no JSON. */
char *line_chain_print(struct line_chain *, const json_t *object, size_t flags);

/* A statement of the chain so far, an object; NULL: nothing is signed here. */
json_t *line_chain_statement(const struct line_chain *, struct checkpoints *, uint64_t now);
