/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/* Records as tables and as words. */
#include "ctl/table.h"
#include <stddef.h>
#include <stdint.h>

extern const struct table_column record_columns[];

/* Words of the shell as zone-file data: texts get their quotes back. The caller frees it. */
char *record_data(uint16_t type, const char *const *word, size_t count);
