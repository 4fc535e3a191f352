/* SPDX-License-Identifier: BSD-2-Clause */
#include "vault/backup_key.h"
#include "base/file.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define MARK      "tenure-stkey"
#define MARK_LEN  12
#define END_LEN   (4 + MARK_LEN)
#define PAGE      4096
#define BLOCK_MAX ((STORE_KEY_FILE_MAX + END_LEN + PAGE - 1) / PAGE * PAGE)

bool backup_key_append(int fd, const struct store_key *keys)
{
	char text[STORE_KEY_FILE_MAX];
	size_t len = store_key_print(keys, text);
	size_t block = (len + END_LEN + PAGE - 1) / PAGE * PAGE;
	uint8_t *bytes = calloc(1, block);
	bool is_well = bytes && lseek(fd, 0, SEEK_END) >= 0;
	if (is_well) {
		memcpy(bytes, text, len);
		struct bytes_out end = bytes_out_of(bytes + block - END_LEN, END_LEN);
		bytes_out_u32(&end, (uint32_t)block);
		bytes_out_put(&end, MARK, MARK_LEN);
		is_well = file_write(fd, bytes, block);
		explicit_bzero(bytes, block);
	}
	free(bytes);
	explicit_bzero(text, sizeof text);
	return is_well;
}

/* The length of the block at the end of a file; 0: there is none. */
static size_t block_len(int fd, off_t size)
{
	uint8_t end[END_LEN];
	if (size < PAGE || pread(fd, end, END_LEN, size - END_LEN) != END_LEN ||
	    memcmp(end + 4, MARK, MARK_LEN) != 0)
		return 0;
	struct bytes_in in = bytes_in_of(end, END_LEN);
	size_t len = bytes_in_u32(&in);
	return len % PAGE == 0 && len <= BLOCK_MAX && (off_t)len < size ? len : 0;
}

bool backup_key_read(int fd, struct store_key *keys, off_t *copy, char error[STORE_KEY_ERROR_MAX])
{
	struct stat st;
	char why[STORE_KEY_ERROR_MAX];
	if (fstat(fd, &st) != 0) {
		snprintf(error, STORE_KEY_ERROR_MAX, "%s", strerror(errno));
		return false;
	}
	size_t len = block_len(fd, st.st_size);
	*copy = st.st_size - (off_t)len;
	if (len == 0)
		return true;
	char *text = calloc(1, len);
	bool is_well = text && pread(fd, text, len - END_LEN, *copy) == (ssize_t)(len - END_LEN);
	if (!is_well)
		snprintf(error, STORE_KEY_ERROR_MAX, "its store keys cannot be read");
	else if (!store_key_parse(keys, text, strnlen(text, len), why)) {
		snprintf(error, STORE_KEY_ERROR_MAX, "its store keys make no sense: %.200s", why);
		is_well = false;
	}
	if (text)
		explicit_bzero(text, len);
	free(text);
	return is_well;
}
