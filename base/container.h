/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * The structure around a member: what is handed out embeds a link, a job or a part of another kind,
 * and the caller gets the whole back from it.
 */
#include <stddef.h>

/* The `type` whose `member` the pointer points to. The compiler checks the pointer's type. */
#define container_of(pointer, type, member)                                                        \
	((type *)(void *)((char *)(1 ? (pointer) : &((type *)NULL)->member) -                      \
			  offsetof(type, member)))
