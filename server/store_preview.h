/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Says what a start would do with the store in a data folder: open it, make one, migrate it, or
 * refuse it. For `tenured --check-store`, by which a package knows before it stops the server that
 * runs. Reads the file alone, also while a server has it open, and changes nothing. The main
 * thread.
 */

#define STORE_PREVIEW_MAX 1024

enum store_preview {
	STORE_PREVIEW_OPENS,    /* or there is none, and one is made */
	STORE_PREVIEW_REFUSES,  /* nothing is changed by a start */
	STORE_PREVIEW_MIGRATES, /* once, and an older tenured does not open it afterwards */
};

/* `text` is a sentence that begins with the folder. */
enum store_preview store_preview(const char *data, char text[STORE_PREVIEW_MAX]);
