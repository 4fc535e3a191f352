/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/* Sizes as people write them: `16G`, `16GiB`, `16GB` (the same here), `17179869184`. Pure. */
#include <stdbool.h>
#include <stdint.h>

#define SIZEWORD_TEXT_MAX 32

/* Bytes. False: not a size, or more than fits 64 bits. */
bool size_parse(const char *text, uint64_t *bytes);

/* The shortest exact form: 17179869184 -> "16G". */
void size_print(uint64_t bytes, char out[SIZEWORD_TEXT_MAX]);
