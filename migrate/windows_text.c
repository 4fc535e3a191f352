/* SPDX-License-Identifier: BSD-2-Clause */
#include "migrate/windows_text.h"
#include "base/utf16.h"
#include <errno.h>
#include <stdlib.h>

bool windows_text_open(struct windows_text *t, const char *path, char error[SITE_ERROR_MAX])
{
	unsigned line;
	size_t len;
	*t = (struct windows_text){0};
	if (!textfile_open(&t->file, path)) {
		snprintf(error, SITE_ERROR_MAX, "cannot read %.400s: %s", path, strerror(errno));
		return false;
	}
	t->text = bytes_of(t->file.data, t->file.len);
	if (utf16_is(t->file.data, t->file.len)) {
		t->converted = utf16_to_utf8(t->file.data, t->file.len, &len, &line);
		t->text = bytes_of(t->converted, t->converted ? len : 0);
		if (!t->converted) {
			snprintf(error, SITE_ERROR_MAX, "%.400s:%u: no UTF-16, though it begins so",
				 path, line);
			textfile_close(&t->file);
			return false;
		}
	} else if (t->file.len >= 3 && memcmp(t->file.data, "\xef\xbb\xbf", 3) == 0) {
		t->text = bytes_of(t->file.data + 3, t->file.len - 3);
	}
	return true;
}

void windows_text_close(struct windows_text *t)
{
	free(t->converted);
	textfile_close(&t->file);
}
