/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/memory_room.h"
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define GROUPS "/sys/fs/cgroup"
#define OWN    "/proc/self/cgroup"

#define GROUP_PATH_MAX (2 * PATH_MAX)

/* A file that holds one number; UINT64_MAX: there is none, or "max". */
static uint64_t group_number(const char *folder, const char *file)
{
	char path[GROUP_PATH_MAX + 32], text[32] = "";
	snprintf(path, sizeof path, "%s/%s", folder, file);
	FILE *in = fopen(path, "re");
	if (!in)
		return UINT64_MAX;
	bool is_number = fgets(text, sizeof text, in) && text[0] >= '0' && text[0] <= '9';
	fclose(in);
	return is_number ? strtoull(text, NULL, 10) : UINT64_MAX;
}

/* Pages of files that the kernel drops before it refuses anything. */
static uint64_t group_droppable(const char *folder)
{
	char path[GROUP_PATH_MAX + 32], line[128];
	uint64_t sum = 0, bytes;
	snprintf(path, sizeof path, "%s/memory.stat", folder);
	FILE *in = fopen(path, "re");
	while (in && fgets(line, sizeof line, in)) {
		if (sscanf(line, "inactive_file %" SCNu64, &bytes) == 1 ||
		    sscanf(line, "active_file %" SCNu64, &bytes) == 1)
			sum += bytes;
	}
	if (in)
		fclose(in);
	return sum;
}

static uint64_t group_room(const char *folder)
{
	uint64_t most = group_number(folder, "memory.max");
	uint64_t now = group_number(folder, "memory.current");
	if (most == UINT64_MAX || now == UINT64_MAX)
		return UINT64_MAX;
	uint64_t droppable = group_droppable(folder);
	uint64_t held = now > droppable ? now - droppable : 0;
	return most > held ? most - held : 0;
}

uint64_t memory_group_room(const char *groups, const char *own)
{
	char line[PATH_MAX], folder[GROUP_PATH_MAX] = "";
	uint64_t least = UINT64_MAX;
	size_t root = strlen(groups);
	FILE *in = fopen(own, "re");
	while (in && !folder[0] && fgets(line, sizeof line, in)) {
		line[strcspn(line, "\n")] = '\0';
		if (strncmp(line, "0::/", 4) == 0)
			snprintf(folder, sizeof folder, "%s%s", groups, line + 3);
	}
	if (in)
		fclose(in);
	while (strlen(folder) >= root && folder[0]) {
		uint64_t room = group_room(folder);
		least = room < least ? room : least;
		char *slash = strrchr(folder, '/');
		if (!slash)
			break;
		*slash = '\0';
	}
	return least;
}

bool memory_has_room(size_t bytes)
{
	size_t wanted = bytes + MEMORY_ROOM_LEFT;
	void *tried = wanted < bytes ? MAP_FAILED
				     : mmap(NULL, wanted, PROT_READ | PROT_WRITE,
					    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (tried == MAP_FAILED)
		return false;
	munmap(tried, wanted);
	return memory_group_room(GROUPS, OWN) >= wanted;
}
