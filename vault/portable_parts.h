/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/* What writer and reader of the portable format agree upon. */
#include "journal/state.h"
#include "store/store.h"
#include <jansson.h>

#define PORTABLE_MARK     "tenure-portable"
#define PORTABLE_VERSION  2
#define PORTABLE_WORD_MAX 64

/* Words of STORE_META that the reader's store has of its own, or counts anew. */
bool portable_is_derived(struct bytes word);

/* Tables whose rows go as they are: no line says more than the row itself. */
bool portable_is_rowwise(enum store_table);
