/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Changes the user of the process: it starts as root to bind port 53, and then becomes the user of
 * the settings, irrevocably. The main thread, before others start.
 */
#include <stdbool.h>
#include <sys/types.h>

#define PRIVILEGE_ERROR_MAX 512

struct privilege {
	bool has_user, has_group; /* false: it does not change */
	uid_t uid;
	gid_t gid;
	char user[256], group[256];
};

/* Looks up the names of user and group; "" is none. Without a group it is the user's own. False:
 * `error` is a sentence, and nothing is written. */
bool privilege_find(const char *user, const char *group, struct privilege *,
		    char error[PRIVILEGE_ERROR_MAX]);

/*
 * Makes root become the owner of the data folder of a server that does not run, before it works
 * there. A link that the owner made in it then leads to nothing that the owner could not reach. A
 * process of another user does not change.
 *
 * `heir` NULL: the folder is only read, and must exist. Otherwise a folder that does not exist is
 * made. It, or an empty folder of root's, is given to the heir; if the heir has no user, a new
 * folder belongs to the owner of the folder around it. A folder of root's to which others may write
 * is an error. False: `error` is a sentence.
 */
bool privilege_enter_folder(const char *path, const struct privilege *heir,
			    char error[PRIVILEGE_ERROR_MAX]);

/* Makes the data folder, of mode 0700 and the user's, unless it exists. False: `error` is a
 * sentence. */
bool privilege_make_folder(const struct privilege *, const char *path,
			   char error[PRIVILEGE_ERROR_MAX]);

/*
 * Sets the user to the owner of the data folder, for root without a user in its settings, so that
 * no link in the folder leads root elsewhere. A folder of root's to which others may write is an
 * error. False: `error` is a sentence.
 */
bool privilege_take_folder(struct privilege *, const char *path, char error[PRIVILEGE_ERROR_MAX]);

/* Becomes the user and group (a process that is not root and belongs to the group keeps its own),
 * and gives up all capabilities and the way back to root. False: `error` is a sentence; the process
 * may have changed in part, and should end. */
bool privilege_drop(const struct privilege *, char error[PRIVILEGE_ERROR_MAX]);

/* Makes root become the user, with its groups, and keep one right of root's: to bind ports below
 * 1024. Without a user, and in a process that is not root, nothing changes. False: `error` is a
 * sentence; the process may have changed in part, and should end. */
bool privilege_keep_ports(const struct privilege *, char error[PRIVILEGE_ERROR_MAX]);

/* Whether this process may create files in the folder. False: `error` is a sentence. */
bool privilege_can_write(const char *path, char error[PRIVILEGE_ERROR_MAX]);

/* Forbids core files, ptrace by others of the user, and new rights by exec. */
void privilege_harden(void);
