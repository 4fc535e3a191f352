/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Who the process is: root for long enough to bind port 53, then the user of the settings for good.
 * In main, before threads start.
 */
#include <stdbool.h>
#include <sys/types.h>

#define PRIVILEGE_ERROR_MAX 512

struct privilege {
	bool has_user, has_group; /* false: stay what we are */
	uid_t uid;
	gid_t gid;
	char user[256], group[256];
};

/* Looks them up; "" for none. The group of a user without one is the user's own. False: `error` is
 * a sentence. */
bool privilege_find(const char *user, const char *group, struct privilege *,
		    char error[PRIVILEGE_ERROR_MAX]);

/*
 * For root, which is to work in the data folder of a server that does not run: becomes the user
 * whose folder it is, for good. What that user laid there, a link or a pipe, then leads to nothing
 * that is not his anyway. Others than root stay who they are.
 *
 * With `heir` it is to be written there: a folder that is not there is made, and that one, or an
 * empty one of root's, is given to the heir first; without a user in it, a new one belongs to whom
 * the folder around it belongs. A folder of root's to which others may write is refused.
 */
bool privilege_enter_folder(const char *path, const struct privilege *heir,
			    char error[PRIVILEGE_ERROR_MAX]);

/* Makes the data folder (mode 0700, the user's) unless it is there. */
bool privilege_make_folder(const struct privilege *, const char *path,
			   char error[PRIVILEGE_ERROR_MAX]);

/*
 * For root without a user in its settings: takes the user to whom the data folder belongs, so that
 * no link in it leads root elsewhere. A folder of root's to which others may write is refused.
 */
bool privilege_take_folder(struct privilege *, const char *path, char error[PRIVILEGE_ERROR_MAX]);

/* Becomes the user and group, gives up all capabilities, and the way back. */
bool privilege_drop(const struct privilege *, char error[PRIVILEGE_ERROR_MAX]);

/* Whether we, as we are now, may make files there. */
bool privilege_can_write(const char *path, char error[PRIVILEGE_ERROR_MAX]);

/* No secrets in core files or in other processes' hands. */
void privilege_harden(void);
