/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>
#include "ctl/editor.h"
#include "base/file.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

bool editor_begin(char path[PATH_MAX], const char *name, const char *text, size_t len)
{
	const char *folder = getenv("TMPDIR");
	snprintf(path, PATH_MAX, "%s/%s.XXXXXX", folder && *folder ? folder : "/tmp", name);
	int fd = mkstemp(path);
	bool is_written = fd >= 0 && file_write(fd, text, len);
	int why = errno;
	if (fd >= 0 && close(fd) != 0 && is_written) {
		is_written = false;
		why = errno;
	}
	if (fd >= 0 && !is_written)
		unlink(path);
	errno = why;
	return is_written;
}

/* $VISUAL and $EDITOR may hold options: the shell takes them apart. The path comes by the
 * environment, since $TMPDIR may hold anything. */
bool editor_run(const char *path)
{
	const char *editor = getenv("VISUAL");
	if (!editor || !*editor)
		editor = getenv("EDITOR");
	if (!editor || !*editor)
		editor = "vi";
	char *request;
	if (asprintf(&request, "%s \"$TENURE_EDITED\"", editor) < 0 ||
	    setenv("TENURE_EDITED", path, 1) != 0)
		abort();
	fflush(NULL);
	int status = system(request);
	free(request);
	unsetenv("TENURE_EDITED");
	return status != -1 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}
