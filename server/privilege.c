/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "server/privilege.h"
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static bool find_user(const char *user, struct privilege *p, char error[PRIVILEGE_ERROR_MAX])
{
	const struct passwd *found = getpwnam(user);
	if (!found) {
		snprintf(error, PRIVILEGE_ERROR_MAX,
			 "there is no user %s (setting user): make one, for example by "
			 "`adduser --system --group %s`",
			 user, user);
		return false;
	}
	p->has_user = p->has_group = true;
	p->uid = found->pw_uid;
	p->gid = found->pw_gid;
	snprintf(p->user, sizeof p->user, "%s", user);
	return true;
}

static bool find_group(const char *group, struct privilege *p, char error[PRIVILEGE_ERROR_MAX])
{
	const struct group *found = getgrnam(group);
	if (!found) {
		snprintf(error, PRIVILEGE_ERROR_MAX, "there is no group %s (setting group)", group);
		return false;
	}
	p->has_group = true;
	p->gid = found->gr_gid;
	snprintf(p->group, sizeof p->group, "%s", group);
	return true;
}

/* Ambient capabilities that a service manager gave us for port 53. */
static bool drop_capabilities(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3];
	memset(none, 0, sizeof none);
	(void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	return syscall(SYS_capset, &header, none) == 0;
}

/* Root keeps what it has: it was asked to stay root. */
static bool become(const struct privilege *p, const char **step)
{
	*step = "take the group";
	if (p->has_group && getegid() != p->gid && setgid(p->gid) != 0)
		return false;
	*step = "take the user";
	if (p->has_user && geteuid() != p->uid && setuid(p->uid) != 0)
		return false;
	*step = "give up capabilities";
	if (geteuid() != 0 && !drop_capabilities())
		return false;
	*step = "give up the way back to root";
	errno = EPERM;
	return !p->has_user || p->uid == 0 || setuid(0) != 0;
}

bool privilege_find(const char *user, const char *group, struct privilege *out,
		    char error[PRIVILEGE_ERROR_MAX])
{
	struct privilege p = {0};
	if (user[0] && !find_user(user, &p, error))
		return false;
	if (group[0] && !find_group(group, &p, error))
		return false;
	if (p.has_user && geteuid() != 0 && geteuid() != p.uid) {
		snprintf(error, PRIVILEGE_ERROR_MAX,
			 "cannot become user %s: only root can; start it as root, or as that user",
			 user);
		return false;
	}
	*out = p;
	return true;
}

bool privilege_make_folder(const struct privilege *p, const char *path,
			   char error[PRIVILEGE_ERROR_MAX])
{
	struct stat st;
	const char *step = "be made";
	if (mkdir(path, 0700) == 0) {
		step = "be given to the user";
		if (!p->has_user || chown(path, p->uid, p->gid) == 0)
			return true;
	} else if (errno == EEXIST) {
		step = "be used";
		errno = ENOTDIR;
		if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
			return true;
	}
	snprintf(error, PRIVILEGE_ERROR_MAX, "the data folder %s cannot %s: %s", path, step,
		 strerror(errno));
	return false;
}

bool privilege_drop(const struct privilege *p, char error[PRIVILEGE_ERROR_MAX])
{
	const char *step = "set its groups";
	bool is_root = geteuid() == 0;
	bool has_groups = !is_root || !p->has_group ||
			  (p->has_user ? initgroups(p->user, p->gid) : setgroups(0, NULL)) == 0;
	if (has_groups && become(p, &step))
		return true;
	snprintf(error, PRIVILEGE_ERROR_MAX,
		 "cannot run as user %.64s, group %.64s: to %s was not permitted: %s; start it as "
		 "root, or as that user",
		 p->user[0] ? p->user : "(unchanged)", p->group[0] ? p->group : "(the user's)",
		 step, strerror(errno));
	return false;
}

bool privilege_can_write(const char *path, char error[PRIVILEGE_ERROR_MAX])
{
	if (faccessat(AT_FDCWD, path, R_OK | W_OK | X_OK, AT_EACCESS) == 0)
		return true;
	snprintf(error, PRIVILEGE_ERROR_MAX,
		 "the data folder %s cannot be written by uid %u: %s; give it to that user "
		 "(chown -R), or choose another by --data",
		 path, (unsigned)geteuid(), strerror(errno));
	return false;
}

void privilege_harden(void)
{
	struct rlimit none = {0, 0};
	(void)setrlimit(RLIMIT_CORE, &none);
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	(void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}
