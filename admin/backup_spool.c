/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "admin/backup_spool.h"
#include "admin/command.h"
#include "base/codec.h"
#include "base/digest.h"
#include "base/file.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/statvfs.h>
#include <sys/stat.h>
#include <unistd.h>

#define PIECE_MAX (256u << 10)
/* What must stay free on the disk for the store itself. */
#define ROOM_LEFT ((uint64_t)64 << 20)

int backup_spool_open(struct call *call, uint64_t bytes)
{
	const char *folder = store_path(call->core->store);
	int fd = file_open_nameless(AT_FDCWD, folder);
	if (fd < 0) {
		call_fail(call, CALL_FAILED, "%.200s: cannot make a file there: %s", folder,
			  strerror(errno));
		return -1;
	}
	struct statvfs disk;
	if (fstatvfs(fd, &disk) == 0 &&
	    (uint64_t)disk.f_bavail * disk.f_frsize < bytes + ROOM_LEFT) {
		call_fail(call, CALL_FAILED,
			  "%.200s: %" PRIu64 " MiB are free, and %" PRIu64
			  " are needed for the copy that is checked before it is sent",
			  folder, (uint64_t)disk.f_bavail * disk.f_frsize >> 20,
			  (uint64_t)(bytes + ROOM_LEFT) >> 20);
		close(fd);
		return -1;
	}
	return fd;
}

static void backup_spool_print_hex(const uint8_t digest[DIGEST_LEN], char hex[2 * DIGEST_LEN + 1])
{
	struct bytes_out out = bytes_out_of(hex, 2 * (size_t)DIGEST_LEN);
	codec_print(CODEC_HEX, bytes_of(digest, DIGEST_LEN), &out);
	hex[2 * DIGEST_LEN] = '\0';
}

enum call_code backup_spool_send(struct call *call, int fd, char hex[2 * 32 + 1], uint64_t *size)
{
	uint8_t *piece = malloc(PIECE_MAX), sum[DIGEST_LEN];
	struct digest *digest = digest_begin();
	bool is_sent = piece != NULL;
	ssize_t n = 0;
	struct stat st;
	uint64_t whole = fstat(fd, &st) == 0 ? (uint64_t)st.st_size : 0;
	*size = 0;
	while (is_sent && (n = pread(fd, piece, PIECE_MAX, (off_t)*size)) > 0) {
		struct bytes bytes = bytes_of(piece, (size_t)n);
		digest_add(digest, bytes);
		is_sent = call->write(call, bytes);
		*size += (uint64_t)n;
		command_progress(call, *size >> 20, whole >> 20, "MiB");
	}
	digest_end(digest, sum);
	backup_spool_print_hex(sum, hex);
	free(piece);
	if (n < 0)
		return call_fail(call, CALL_FAILED, "the copy cannot be read back: %s",
				 strerror(errno));
	return is_sent ? CALL_OK : call_fail(call, CALL_FAILED, "the peer is gone");
}
