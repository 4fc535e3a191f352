/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/memory_room.h"
#include "dns/type.h"
#include "zonedb/load.h"
#include "zonedb/revert.h"
#include <criterion/criterion.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static char groups[] = "/tmp/tenure-groups-XXXXXX";

static void put(const char *folder, const char *file, const char *text)
{
	char path[PATH_MAX];
	snprintf(path, sizeof path, "%s%s", groups, folder);
	mkdir(path, 0700);
	snprintf(path, sizeof path, "%s%s/%s", groups, folder, file);
	FILE *out = fopen(path, "w");
	cr_assert(out);
	fputs(text, out);
	fclose(out);
}

static uint64_t room_of(const char *own)
{
	char path[PATH_MAX];
	put("", "own", own);
	snprintf(path, sizeof path, "%s/own", groups);
	return memory_group_room(groups, path);
}

static void remove_groups(void)
{
	char command[PATH_MAX];
	snprintf(command, sizeof command, "rm -r %s", groups);
	(void)!system(command);
}

Test(memory_room, the_least_of_a_group_and_those_above_it_counts, .fini = remove_groups)
{
	cr_assert(mkdtemp(groups));
	cr_expect_eq(room_of(""), UINT64_MAX);
	cr_expect_eq(room_of("0::/nowhere\n"), UINT64_MAX);
	put("", "memory.current", "5000\n"); /* of the machine: it has no limit */
	put("/a", "memory.max", "max\n");
	put("/a", "memory.current", "1000\n");
	put("/a/b", "memory.max", "4000\n");
	put("/a/b", "memory.current", "3000\n");
	put("/a/b", "memory.stat",
	    "anon 1000\nfile 2000\ninactive_file 700\nactive_file 300\nshmem 1000\n");
	cr_expect_eq(room_of("1:name=systemd:/x\n0::/a\n"), UINT64_MAX);
	cr_expect_eq(room_of("1:name=systemd:/x\n0::/a/b\n"), 2000);
	put("/a", "memory.max", "1500\n");
	cr_expect_eq(room_of("0::/a/b\n"), 500, "%" PRIu64, room_of("0::/a/b\n"));
	put("/a", "memory.max", "900\n");
	cr_expect_eq(room_of("0::/a/b\n"), 0);
}

/* The process may map what it has, and so much more. */
static void limit_memory(size_t more)
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
	cr_skip_test("the sanitizers end a process that gets no memory");
#endif
	unsigned long pages = 0;
	FILE *in = fopen("/proc/self/statm", "r");
	cr_assert(in && fscanf(in, "%lu", &pages) == 1);
	fclose(in);
	rlim_t most = pages * (rlim_t)sysconf(_SC_PAGESIZE) + more;
	cr_assert_eq(setrlimit(RLIMIT_AS, &(struct rlimit){most, most}), 0);
}

Test(memory_room, some_is_left_for_others)
{
	limit_memory(MEMORY_ROOM_LEFT + (8 << 20));
	cr_expect(memory_has_room(4 << 20));
	cr_expect_not(memory_has_room(16 << 20));
	cr_expect_not(memory_has_room(SIZE_MAX));
}

Test(memory_room, a_zone_for_which_there_is_no_memory_is_refused_and_a_small_one_is_not)
{
	struct dns_name apex, owner;
	char name[32];
	const char *wrong = NULL;
	unsigned count = 0;
	dns_name_parse_text(&apex, "corp.example");
	limit_memory(MEMORY_ROOM_LEFT / 2);
	struct load *load = load_open(&apex);
	for (; !wrong && count < 100000; count += !wrong) {
		snprintf(name, sizeof name, "h%u.corp.example", count);
		dns_name_parse_text(&owner, name);
		wrong = load_add(load, &owner, DNS_TYPE_A, 300, bytes_of("\1\2\3\4", 4), 1);
	}
	cr_expect(count > 1000 && count < 10000, "%u", count);
	cr_expect_str_eq(wrong, "there is no memory to read more of the zone: the limits of the "
				"service say how much it may take");
	load_free(load);
}

Test(memory_room, an_undo_for_which_there_is_no_memory_is_refused_and_a_small_one_is_not)
{
	struct entry entry = {.seq = 7, .has_zone = true, .zone_id = 1};
	struct change change = {.what = CHANGE_ADDED,
				.type = DNS_TYPE_A,
				.rdata = bytes_of("\1\2\3\4", 4),
				.is = {.ttl = 300, .owner = "key:a"}};
	char name[32];
	unsigned count = 0;
	bool is_taken = true;
	dns_name_parse_text(&entry.zone, "corp.example");
	limit_memory(MEMORY_ROOM_LEFT / 2);
	struct revert *revert = revert_open();
	for (; is_taken && count < 100000; count += is_taken) {
		snprintf(name, sizeof name, "h%u.corp.example", count);
		dns_name_parse_text(&change.name, name);
		is_taken = revert_take(revert, &entry, &change);
		cr_expect_eq(revert_lacks_memory(revert), !is_taken);
	}
	cr_expect(count > 1000 && count < 10000, "%u", count);
	cr_expect_not(revert_take(revert, &entry, &change), "nor the next");
	revert_free(revert);
}
