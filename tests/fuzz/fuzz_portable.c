/* SPDX-License-Identifier: BSD-2-Clause */
/* The reader of portable backups: whatever the file holds, a sentence or a whole reading. A file
 * that is read twice gives the same. */
#include "config.h"
#include "vault/portable.h"
#include <assert.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool read_once(int fd, struct report *report, struct check_counts *counts)
{
	*report = (struct report){0};
	assert(lseek(fd, 0, SEEK_SET) == 0);
	bool is_read = portable_read(fd, NULL, NULL, report, counts);
	/* A refusal is a sentence that names the line. */
	assert(is_read || strncmp(report->error, "line ", 5) == 0);
	return is_read;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct report first, second;
	struct check_counts a, b;
	int fd = memfd_create("fuzz", MFD_CLOEXEC);
	assert(fd >= 0 && (size == 0 || write(fd, data, size) == (ssize_t)size));
	bool is_read = read_once(fd, &first, &a);
	assert(read_once(fd, &second, &b) == is_read);
	assert(strcmp(first.error, second.error) == 0);
	assert(a.records == b.records && a.entries == b.entries && a.zones == b.zones);
	close(fd);
	return 0;
}
