/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Says what may follow the words of a command line, for the shells' completion
 * (contrib/completion): commands, options, settings and their values from the tables of commands,
 * and the names of zones, keys and groups from the server, if it answers within a second. One
 * thread.
 */

#define COMPLETION_COMMAND "complete-words"

/*
 * Prints what the last of the words may become, one a line: the whole word, a tab, and what it is
 * for. The line ":files" or ":folders" says that names of these may stand there. Returns 0.
 */
int completion_run(int argc, char **argv);
