/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * A whole file of text as Windows' programs write it, as UTF-8 without a mark: from UTF-8 with or
 * without one, or from UTF-16 with one. One thread.
 */
#include "base/bytes.h"
#include "base/must_use.h"
#include "base/textfile.h"
#include "migrate/site.h"

struct windows_text {
	struct bytes text;
	/* private */
	struct textfile file;
	char *converted;
};

/* Ended by windows_text_close. False: it cannot be read, and `error` says why, with the path. */
MUST_USE bool windows_text_open(struct windows_text *, const char *path,
				char error[SITE_ERROR_MAX]);
void windows_text_close(struct windows_text *);
