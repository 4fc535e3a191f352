/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Reads the files that a site's file names. Their paths are relative to its folder. A link on the
 * way is followed only if it belongs to root or to the user (base/file.h), so that nobody else
 * decides what is read; what is no regular file is refused, and so is a secret that others can
 * read. One thread.
 */
#include "base/arena.h"
#include <stdbool.h>
#include <stddef.h>

#define SITE_SECRET_FILE_MAX (64u << 10)
#define SITE_FILE_MAX        (512u << 20)

/* The folder of the file at `path`, for paths relative to it; in the arena. */
const char *site_file_folder(const char *path, struct arena *);

/* The path of a file that one in `folder` names, in the arena. */
const char *site_file_path(const char *folder, const char *name, struct arena *);

/* Why a file of content may not be called so; NULL: it may. Such a file lies in the folder of the
 * site's file or below, so that who writes that file cannot have any other file quoted. */
const char *site_file_problem(const char *name);

struct site_file {
	char *text; /* with a NUL behind it; NULL: it cannot be read */
	size_t len;
	const char *problem; /* why not, to be printed behind its name */
	bool is_absent;      /* there is none */
};

/* Reads a whole file of at most `max` bytes, in the arena. */
struct site_file site_file_read(const char *path, size_t max, struct arena *);
/* The same of a secret, which nobody but its owner may read. */
struct site_file site_file_read_secret(const char *path, struct arena *);
