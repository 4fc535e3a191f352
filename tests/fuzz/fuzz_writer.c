/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Histories that reach the writer: the input is the bytes of one (tests/model/history.h), run
 * against a core of its own, with a model of RFC 2136 and of ownership beside it.
 */
#include "tests/model/history.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	history_run(data, len);
	return 0;
}
