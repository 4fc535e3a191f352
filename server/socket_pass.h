/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Binds the sockets of a server that starts later, and passes them to the service manager, which
 * keeps them for it (FDSTORE of sd_notify(3)) and gives them to it by sd_listen_fds(3). So the
 * server needs no right to bind port 53. The main thread of `tenured --pass-sockets`.
 */
#include "server/settings.h"
#include <stdbool.h>

#define SOCKET_PASS_ERROR_MAX 512
/* What they are called in the service manager's store. */
#define SOCKET_PASS_NAME "listen"

/* Binds and passes the sockets of all addresses and threads; the process ends after it. False:
 * `error` is a sentence, and the manager may keep some of them. */
bool socket_pass(const struct settings *, char error[SOCKET_PASS_ERROR_MAX]);

/* Tells the manager that the server has them, so that they close when it ends. */
void socket_pass_done(void);
