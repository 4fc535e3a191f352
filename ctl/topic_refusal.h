/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * The words by which the server says why it refused or allowed something (`code` in JSON), each
 * with what it means and what helps. The words themselves are the server's: a test compares. Pure.
 */
#include <stdbool.h>

struct topic_refusal {
	const char *word;  /* "foreign"; NULL ends the table */
	bool is_allowed;   /* a reason why something is allowed, or nothing to do */
	const char *means; /* a sentence or two */
	const char *helps; /* what to do; NULL: nothing has to be done */
};

extern const struct topic_refusal topic_refusals[];
