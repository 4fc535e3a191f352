/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Files of JSON that PowerShell wrote: with or without a mark, UTF-8 or UTF-16; a list of one may
 * be the one itself. One thread.
 */
#include "migrate/site.h"
#include <jansson.h>

/* Reads a file, NULL where there is none of that name. False: it cannot be read or is no JSON, and
 * `error` says where. What is given is ended by json_decref. */
bool windows_json_read(const char *path, json_t **value, char error[SITE_ERROR_MAX]);

/* Members of an object: a text, NULL where it is none or has a NUL in it; whether it is true; a
 * whole number, `otherwise` where it is none. */
const char *windows_json_text(const json_t *object, const char *name);
bool windows_json_is(const json_t *object, const char *name);
uint64_t windows_json_number(const json_t *object, const char *name, uint64_t otherwise);

/* How many values there are: of a list its members, of nothing none, of anything else itself; and
 * one of them. */
size_t windows_json_count(const json_t *);
const json_t *windows_json_at(const json_t *, size_t);
