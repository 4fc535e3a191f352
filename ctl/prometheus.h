/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Rows of `stats` in the text format of Prometheus, version 0.0.4: the counter `udp-queries` is
 * `tenure_udp_queries_total`, the gauge `store-used` is `tenure_store_used`, and
 * `writer-longest-us` is `tenure_writer_longest_seconds`. Answers by their code are one name with a
 * label. Pure but for the file; one thread.
 */
#include <jansson.h>
#include <stdio.h>

#define PROMETHEUS_TYPE "text/plain; version=0.0.4; charset=utf-8"

/* The rows so far. Zero-initialised at first. */
struct prometheus {
	FILE *out;       /* where the text goes */
	char family[64]; /* the name whose HELP and TYPE were written last */
};

/* Writes a row. Rows of one name must come one behind the other. A row of another form is left out.
 */
void prometheus_row(struct prometheus *, const json_t *row);
