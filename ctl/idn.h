/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Names as people write them, with letters beyond ASCII, as DNS has them: each such label becomes
 * an A-label (RFC 5890 2.3.2.1) by IDNA2008, after the mapping of UTS 46. Pure; any thread.
 */

/* The name with its labels beyond ASCII turned into A-labels; other labels stay as they are. On the
 * heap; NULL: nothing is to be turned, or one is no label of IDNA2008. */
char *idn_ascii(const char *name);
