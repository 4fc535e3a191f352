/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Settings as members of rows and results: a number, seconds, bytes, a boolean or a list, and null
 * where there is none or it is off. With the command's argument `words`, which tenurectl gives for
 * its tables, they are texts as the commands that set them take them: "7d", "10G", "on".
 * doc/schema describes them. In the thread of the call; the caller owns each reference.
 */
#include "admin/command.h"

/* The value of a setting, from its text. Asserts that the setting is known. */
json_t *setting_json(const struct call *, const char *name, const char *text);
/* Sets it as a member of an object, with `_` for `-` in its name. Of `max-names`, which may be of
 * hosts alone, it also sets `max_names_of`. */
void setting_json_put(struct call *, json_t *object, const char *name, const char *text);
/* Seconds that are no setting: a number, or with `words` a text. */
json_t *setting_json_seconds(const struct call *, uint64_t seconds);
/* Texts with commas between them as an array; NULL and "" are an empty one. */
json_t *setting_json_list(const char *text);
