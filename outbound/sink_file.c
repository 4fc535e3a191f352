/* SPDX-License-Identifier: BSD-2-Clause */
/* The export's file: whole lines or nothing, on the disk before they count as taken. */
#include "base/file.h"
#include "outbound/sink_parts.h"
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The longest tail without an end of line that is looked for. */
#define TAIL_MAX (16u << 20)

/* Cuts off a line that was begun and not ended: its entry will be sent again. */
static bool cut_tail(struct sink *sink, off_t size)
{
	char byte;
	off_t end = size;
	while (end > 0 && size - end < (off_t)TAIL_MAX) {
		if (pread(sink->fd, &byte, 1, end - 1) != 1)
			return sink_fail(sink, "cannot read its end: %s", strerror(errno));
		if (byte == '\n')
			break;
		end--;
	}
	if (end != size && ftruncate(sink->fd, end) != 0)
		return sink_fail(sink, "cannot cut off its last half line: %s", strerror(errno));
	return true;
}

bool sink_file_open(struct sink *sink)
{
	struct stat st;
	const char *path = sink->options.target;
	char error[FILE_ERROR_MAX];
	sink->fd = file_open_append(path, 0640, error);
	if (sink->fd < 0)
		return sink_fail(sink, "cannot open it: %s", error);
	if (fstat(sink->fd, &st) != 0)
		return sink_fail(sink, "cannot look at it: %s", strerror(errno));
	if (!S_ISREG(st.st_mode))
		return sink_fail(sink, "it is not a file");
	/* The group may read it, whatever the umask: that is what it is for. */
	if (st.st_size == 0)
		(void)fchmod(sink->fd, 0640);
	sink->device = st.st_dev;
	sink->inode = st.st_ino;
	return cut_tail(sink, st.st_size);
}

/* Whether the path still leads to our file: not after logrotate moved it. */
static bool is_in_place(const struct sink *sink)
{
	struct stat st;
	return stat(sink->options.target, &st) == 0 && st.st_dev == sink->device &&
	       st.st_ino == sink->inode;
}

bool sink_file_send(struct sink *sink, struct bytes bytes)
{
	if (!is_in_place(sink)) {
		sink_close(sink);
		if (!sink_file_open(sink))
			return false;
	}
	/* After a failure no half line stays, and all of it is sent again. */
	return file_append(sink->fd, bytes.data, bytes.len) ||
	       sink_fail(sink, "cannot write: %s", strerror(errno));
}
