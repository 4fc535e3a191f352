/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/* Shared by the files of acl/checkpoint. */
#include "acl/checkpoint.h"

/* The line up to the blank before `signature=`: what is signed. Returns its length. */
size_t checkpoint_signed_text(const struct checkpoint *, char out[CHECKPOINT_LINE_MAX]);
