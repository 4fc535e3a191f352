/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * The lines of version 1 of the portable format, for the reader (vault/portable_read.c): what 0.1.0
 * wrote, taken as a migration takes its rows. Each function reads one kind of line. False: the
 * report's error is a sentence that names the line, or the transaction failed.
 */
#include "vault/portable_reading.h"

bool portable_first_number(struct reading *, const json_t *line);
bool portable_first_row(struct reading *, const json_t *line);
bool portable_first_zone(struct reading *, const json_t *line);
bool portable_first_rules(struct reading *, const json_t *line);
bool portable_first_group(struct reading *, const json_t *line);
bool portable_first_reserved(struct reading *, const json_t *line);
bool portable_first_key(struct reading *, const json_t *line);

/* Puts the rows of the server's settings when all lines were read. */
void portable_first_finish(struct reading *);
