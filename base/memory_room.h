/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Whether there is memory for what takes much of it: a command that reads a whole zone, or all that
 * somebody did, asks before it takes more, and gives up in a sentence. Where it did not, malloc
 * would fail in the middle of it and end the process when the reserve (base/memory.h) is used up,
 * or the kernel would end it.
 *
 * Looked at are what the process may map (RLIMIT_AS, RLIMIT_DATA, strict overcommit), and the
 * limits of its control group and of those above it (memory.max; its file pages can be dropped).
 * MEMORY_ROOM_LEFT is left for everybody else. Any thread.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MEMORY_ROOM_LEFT ((size_t)32 << 20)

/* Whether so many bytes can be taken, and MEMORY_ROOM_LEFT besides. Some 100 microseconds: to be
 * asked once for some thousand items. */
bool memory_has_room(size_t bytes);

/* What the control group allows: `groups` is where they are mounted (/sys/fs/cgroup), `own` the
 * file that says which is ours (/proc/self/cgroup). UINT64_MAX: it has no limit, or none is known.
 */
uint64_t memory_group_room(const char *groups, const char *own);
