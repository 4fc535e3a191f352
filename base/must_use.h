/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Marks a function whose result must be looked at: the error that it returns is told nowhere else.
 * Functions whose error sticks to an object (a transaction, an outfile, a bytes_out) need no mark.
 */
#define MUST_USE __attribute__((warn_unused_result))
