/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "server/privilege.h"
#include "base/file.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define GROUPS_MAX           256
#define PRIVILEGE_GROUP_STEP "take the group"

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

static bool privilege_find_group(const char *group, struct privilege *p,
				 char error[PRIVILEGE_ERROR_MAX])
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

/* `kept` are bits of the first 32 capabilities; all others go. */
static bool privilege_set_capabilities(uint32_t kept)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3];
	memset(sets, 0, sizeof sets);
	sets[0].effective = sets[0].permitted = kept;
	return syscall(SYS_capset, &header, sets) == 0;
}

/* A service manager that gave us none need not let us give them up. */
static bool privilege_has_capabilities(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3];
	uint32_t all = 0;
	memset(sets, 0, sizeof sets);
	if (syscall(SYS_capget, &header, sets) != 0)
		return true;
	for (size_t i = 0; i < _LINUX_CAPABILITY_U32S_3; i++)
		all |= sets[i].effective | sets[i].permitted | sets[i].inheritable;
	return all != 0;
}

/* Ambient capabilities that a service manager gave us for port 53. */
static bool drop_capabilities(void)
{
	(void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	return !privilege_has_capabilities() || privilege_set_capabilities(0);
}

/* Whether this process belongs to the group already, as a service manager may have made it. Root
 * takes the group all the same. */
static bool privilege_has_group(gid_t gid)
{
	gid_t groups[GROUPS_MAX];
	int count = getegid() == gid || geteuid() == 0 ? 0 : getgroups(GROUPS_MAX, groups);
	for (int i = 0; i < count; i++)
		if (groups[i] == gid)
			return true;
	return getegid() == gid;
}

/* Root keeps what it has: it was asked to stay root. */
static bool privilege_become(const struct privilege *p, const char **step)
{
	*step = PRIVILEGE_GROUP_STEP;
	if (p->has_group && !privilege_has_group(p->gid) && setgid(p->gid) != 0)
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
	if (group[0] && !privilege_find_group(group, &p, error))
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

bool privilege_drop(const struct privilege *p, char error[PRIVILEGE_ERROR_MAX])
{
	const char *step = "set its groups";
	bool is_root = geteuid() == 0;
	bool has_groups = !is_root || !p->has_group ||
			  (p->user[0] ? initgroups(p->user, p->gid) : setgroups(0, NULL)) == 0;
	if (has_groups && privilege_become(p, &step))
		return true;
	const char *advice = strcmp(step, PRIVILEGE_GROUP_STEP) == 0 && !is_root
				     ? "a user that belongs to it, for example by "
				       "SupplementaryGroups= in the unit"
				     : "that user";
	snprintf(error, PRIVILEGE_ERROR_MAX,
		 "cannot run as user %.64s, group %.64s: to %s was not permitted: %s; start it as "
		 "root, or as %s",
		 p->user[0] ? p->user : "(unchanged)", p->group[0] ? p->group : "(the user's)",
		 step, strerror(errno), advice);
	return false;
}

bool privilege_keep_ports(const struct privilege *p, char error[PRIVILEGE_ERROR_MAX])
{
	if (geteuid() != 0 || !p->has_user || p->uid == 0)
		return true;
	bool has_changed = prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) == 0 &&
			   initgroups(p->user, p->gid) == 0 && setgid(p->gid) == 0 &&
			   setuid(p->uid) == 0 &&
			   privilege_set_capabilities(1u << CAP_NET_BIND_SERVICE);
	if (!has_changed)
		snprintf(error, PRIVILEGE_ERROR_MAX,
			 "cannot become user %.64s and keep the right to bind ports: %s", p->user,
			 strerror(errno));
	return has_changed;
}

void privilege_harden(void)
{
	struct rlimit none = {0, 0};
	(void)setrlimit(RLIMIT_CORE, &none);
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	(void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

static bool folder_fail(const char *path, const char *step, const char *why,
			char error[PRIVILEGE_ERROR_MAX])
{
	snprintf(error, PRIVILEGE_ERROR_MAX, "the data folder %.200s cannot %s: %.200s", path, step,
		 why);
	return false;
}

static int folder_open(const struct file_at *at)
{
	return openat(at->folder, at->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* By the descriptor: the name may be a link to something else a moment later. -1: errno, and
 * `step` is what could not be done. */
static int folder_make(const struct file_at *at, const struct privilege *p, const char **step)
{
	struct stat st;
	*step = "be made";
	if (mkdirat(at->folder, at->name, 0700) != 0)
		return -1;
	*step = "be brought to the disk";
	if (!file_sync_folder(at->folder, "."))
		return -1;
	*step = "be given to the user";
	int fd = folder_open(at);
	if (fd < 0 || !p->has_user)
		return fd;
	bool is_ours = fstat(fd, &st) == 0 && st.st_uid == geteuid();
	if (is_ours && fchown(fd, p->uid, p->gid) == 0)
		return fd;
	int code = is_ours ? errno : EPERM;
	close(fd);
	errno = code;
	return -1;
}

bool privilege_make_folder(const struct privilege *p, const char *path,
			   char error[PRIVILEGE_ERROR_MAX])
{
	struct file_at at;
	char why[FILE_ERROR_MAX];
	const char *step = "be used";
	if (!file_find(path, &at, why))
		return folder_fail(path, "be made", why, error);
	int fd = folder_open(&at);
	/* What only another user may open is looked at again as that user. */
	bool is_there = fd >= 0 || errno == EACCES;
	if (fd < 0 && errno == ENOENT)
		fd = folder_make(&at, p, &step);
	if (fd < 0 && !is_there)
		folder_fail(path, step, strerror(errno), error);
	file_at_close(&at);
	if (fd >= 0)
		close(fd);
	return fd >= 0 || is_there;
}

static bool folder_is_empty(int fd)
{
	DIR *dir = fdopendir(dup(fd));
	const struct dirent *entry = NULL;
	while (dir && (entry = readdir(dir)) && entry->d_name[0] == '.' &&
	       (!entry->d_name[1] || strcmp(entry->d_name, "..") == 0))
		;
	if (dir)
		closedir(dir);
	return dir && !entry;
}

/* Who made the folder around a new one is the best guess of whose it is to be. */
static struct privilege folder_heir(const struct file_at *at, const struct privilege *heir)
{
	struct stat st;
	struct privilege p = *heir;
	if (!p.has_user && fstat(at->folder, &st) == 0 && st.st_uid != 0) {
		p.has_user = p.has_group = true;
		p.uid = st.st_uid;
		p.gid = st.st_gid;
	}
	return p;
}

static struct privilege folder_owner(const struct stat *st)
{
	struct privilege p = {
		.has_user = true, .has_group = true, .uid = st->st_uid, .gid = st->st_gid};
	const struct passwd *known = getpwuid(st->st_uid);
	if (known) {
		p.gid = known->pw_gid;
		snprintf(p.user, sizeof p.user, "%s", known->pw_name);
	}
	return p;
}

static bool folder_become_owner(const struct stat *st, char error[PRIVILEGE_ERROR_MAX])
{
	struct privilege p = folder_owner(st);
	if (!privilege_drop(&p, error))
		return false;
	privilege_harden();
	return true;
}

static bool folder_is_shared(const struct stat *st)
{
	return st->st_mode & S_IWOTH || (st->st_mode & S_IWGRP && st->st_gid != 0);
}

static bool folder_refuse_shared(const char *path, char error[PRIVILEGE_ERROR_MAX])
{
	return folder_fail(path, "be used by root",
			   "others may write to it; give it to the user that the server runs as "
			   "(chown -R), or chmod go-w it",
			   error);
}

static bool folder_enter(int fd, const char *path, const struct privilege *heir, char *error)
{
	struct stat st;
	if (fstat(fd, &st) != 0)
		return folder_fail(path, "be looked at", strerror(errno), error);
	if (heir && heir->has_user && st.st_uid == 0 && folder_is_empty(fd) &&
	    (fchown(fd, heir->uid, heir->gid) != 0 || fstat(fd, &st) != 0))
		return folder_fail(path, "be given to the user", strerror(errno), error);
	if (st.st_uid != 0)
		return folder_become_owner(&st, error);
	return !heir || !folder_is_shared(&st) || folder_refuse_shared(path, error);
}

bool privilege_take_folder(struct privilege *p, const char *path, char error[PRIVILEGE_ERROR_MAX])
{
	struct file_at at;
	struct stat st;
	char why[FILE_ERROR_MAX];
	if (geteuid() != 0 || p->has_user)
		return true;
	if (!file_find(path, &at, why))
		return folder_fail(path, "be used", why, error);
	bool is_seen = fstatat(at.folder, at.name, &st, AT_SYMLINK_NOFOLLOW) == 0;
	int code = errno;
	file_at_close(&at);
	if (!is_seen)
		return folder_fail(path, "be looked at", strerror(code), error);
	if (st.st_uid == 0)
		return !folder_is_shared(&st) || folder_refuse_shared(path, error);
	struct privilege owner = folder_owner(&st);
	if (p->has_group)
		owner.gid = p->gid;
	*p = owner;
	return true;
}

bool privilege_enter_folder(const char *path, const struct privilege *heir,
			    char error[PRIVILEGE_ERROR_MAX])
{
	struct file_at at;
	char why[FILE_ERROR_MAX];
	const char *step = "be used";
	if (geteuid() != 0)
		return true;
	if (!file_find(path, &at, why))
		return folder_fail(path, "be used", why, error);
	int fd = folder_open(&at);
	if (fd < 0 && errno == ENOENT && heir) {
		struct privilege p = folder_heir(&at, heir);
		fd = folder_make(&at, &p, &step);
	}
	int code = errno;
	file_at_close(&at);
	if (fd < 0)
		return folder_fail(path, step, strerror(code), error);
	bool is_in = folder_enter(fd, path, heir, error);
	close(fd);
	return is_in;
}

bool privilege_can_write(const char *path, char error[PRIVILEGE_ERROR_MAX])
{
	if (faccessat(AT_FDCWD, path, R_OK | W_OK | X_OK, AT_EACCESS) == 0)
		return true;
	/* A file system that is read-only: there are queries to answer. */
	if (errno == EROFS && faccessat(AT_FDCWD, path, R_OK | X_OK, AT_EACCESS) == 0)
		return true;
	snprintf(error, PRIVILEGE_ERROR_MAX,
		 "the data folder %s cannot be written by uid %u: %s; give it to that user "
		 "(chown -R), or choose another by --data",
		 path, (unsigned)geteuid(), strerror(errno));
	return false;
}
