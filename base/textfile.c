/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/textfile.h"
#include "base/file.h"
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* What has no end, a device or a pipe, would fill the disk. */
#define TEXTFILE_COPY_MAX (1ull << 30)

static bool textfile_copy(int from, int to)
{
	char buffer[65536];
	for (uint64_t taken = 0;;) {
		ssize_t n = read(from, buffer, sizeof buffer);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n == 0;
		taken += (uint64_t)n;
		if (taken > TEXTFILE_COPY_MAX) {
			errno = EFBIG;
			return false;
		}
		if (!file_write(to, buffer, (size_t)n))
			return false;
	}
}

/* The mapping outlives the descriptor. */
static bool textfile_map(struct textfile *text, int fd, size_t len)
{
	*text = (struct textfile){.data = "", .len = 0};
	if (len == 0)
		return true;
	void *data = mmap(NULL, len, PROT_READ, MAP_PRIVATE, fd, 0);
	if (data == MAP_FAILED)
		return false;
	madvise(data, len, MADV_SEQUENTIAL);
	*text = (struct textfile){.data = data, .len = len, .is_mapped = true};
	return true;
}

static bool map_copy(struct textfile *text, int from)
{
	struct stat st;
	FILE *copied = tmpfile();
	if (!copied)
		return false;
	int fd = fileno(copied);
	bool is_ok = textfile_copy(from, fd) && fstat(fd, &st) == 0 &&
		     textfile_map(text, fd, (size_t)st.st_size);
	int saved = errno;
	fclose(copied);
	errno = saved;
	return is_ok;
}

bool textfile_open(struct textfile *text, const char *path)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	bool is_ok = fstat(fd, &st) == 0;
	if (is_ok && S_ISDIR(st.st_mode)) {
		errno = EISDIR;
		is_ok = false;
	} else if (is_ok) {
		is_ok = S_ISREG(st.st_mode) ? textfile_map(text, fd, (size_t)st.st_size)
					    : map_copy(text, fd);
	}
	int saved = errno;
	close(fd);
	errno = saved;
	return is_ok;
}

void textfile_close(struct textfile *text)
{
	if (text->is_mapped)
		munmap((void *)text->data, text->len);
	*text = (struct textfile){0};
}
