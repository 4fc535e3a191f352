/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "base/file_acl.h"
#include <endian.h>
#include <errno.h>
#include <linux/posix_acl.h>
#include <linux/posix_acl_xattr.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#define ENTRIES_MAX 64
#define ACCESS_LIST "system.posix_acl_access"

/* As the kernel takes it: a head, then entries in the order of their tags. */
struct file_acl {
	struct posix_acl_xattr_header head;
	struct posix_acl_xattr_entry entries[ENTRIES_MAX];
};

static struct posix_acl_xattr_entry *file_acl_put(struct posix_acl_xattr_entry *at, uint16_t tag,
						  unsigned mode, uint32_t id)
{
	*at = (struct posix_acl_xattr_entry){
		.e_tag = htole16(tag), .e_perm = htole16((uint16_t)mode), .e_id = htole32(id)};
	return at + 1;
}

/* What the mode says, as a list. */
static size_t file_acl_of_mode(struct file_acl *acl, mode_t mode)
{
	struct posix_acl_xattr_entry *at = acl->entries;
	acl->head.a_version = htole32(POSIX_ACL_XATTR_VERSION);
	at = file_acl_put(at, ACL_USER_OBJ, mode >> 6 & 7, UINT32_MAX);
	at = file_acl_put(at, ACL_GROUP_OBJ, mode >> 3 & 7, UINT32_MAX);
	at = file_acl_put(at, ACL_OTHER, mode & 7, UINT32_MAX);
	return (size_t)(at - acl->entries);
}

/* How many entries the list has. 0: errno. */
static size_t file_acl_read(const char *path, struct file_acl *acl)
{
	struct stat st;
	ssize_t n = getxattr(path, ACCESS_LIST, acl, sizeof *acl);
	if (n >= (ssize_t)sizeof acl->head)
		return ((size_t)n - sizeof acl->head) / sizeof *acl->entries;
	if (n < 0 && errno == ENODATA && stat(path, &st) == 0)
		return file_acl_of_mode(acl, st.st_mode);
	return 0;
}

/* Where an entry of this tag and id is, or where it belongs. */
static size_t file_acl_place(const struct file_acl *acl, size_t count, uint16_t tag, uint32_t id)
{
	size_t i = 0;
	while (i < count && (le16toh(acl->entries[i].e_tag) < tag ||
			     (le16toh(acl->entries[i].e_tag) == tag && tag == ACL_GROUP &&
			      le32toh(acl->entries[i].e_id) != id)))
		i++;
	return i;
}

/* Adds to the entry, which is made if it is not there. */
static size_t file_acl_add(struct file_acl *acl, size_t count, uint16_t tag, uint32_t id,
			   unsigned mode)
{
	size_t at = file_acl_place(acl, count, tag, id);
	struct posix_acl_xattr_entry *entry = &acl->entries[at];
	if (at < count && le16toh(entry->e_tag) == tag) {
		entry->e_perm = htole16((uint16_t)(le16toh(entry->e_perm) | mode));
		return count;
	}
	memmove(entry + 1, entry, (count - at) * sizeof *entry);
	file_acl_put(entry, tag, mode, id);
	return count + 1;
}

/* By the name of the descriptor: fsetxattr does not take O_PATH. */
bool file_acl_give(int fd, gid_t group, unsigned mode)
{
	struct file_acl acl;
	struct stat st;
	char path[64];
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	size_t count = file_acl_read(path, &acl);
	if (count == 0 || fstat(fd, &st) != 0)
		return false;
	if (count + 2 > ENTRIES_MAX) {
		errno = E2BIG;
		return false;
	}
	count = file_acl_add(&acl, count, ACL_GROUP, group, mode);
	/* The mask bounds all groups. A new one takes nothing from the file's own. */
	count = file_acl_add(&acl, count, ACL_MASK, UINT32_MAX, mode | (st.st_mode >> 3 & 7));
	return setxattr(path, ACCESS_LIST, &acl, sizeof acl.head + count * sizeof *acl.entries,
			0) == 0;
}
