/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/* Definitions that the writer and the reader of the portable format share. */
#include "journal/state.h"
#include "store/store.h"
#include <jansson.h>

#define PORTABLE_MARK     "tenure-portable"
#define PORTABLE_VERSION  2
#define PORTABLE_WORD_MAX 64

/* Whether a word of STORE_META is not written, since the reader's store has its own, or counts it
 * again. */
bool portable_is_derived(struct bytes word);

/* Whether the rows of a table are written as they are stored, a line for each. */
bool portable_is_rowwise(enum store_table);
