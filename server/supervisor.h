/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Notifies the service manager (systemd) by the protocol of sd_notify(3): a datagram to the socket
 * that NOTIFY_SOCKET names. Without that variable nothing is sent. The main thread.
 */
#include <stdbool.h>
#include <stddef.h>

/* As many descriptors as one message of ours takes along; the kernel's limit is 253. */
#define SUPERVISOR_FDS_MAX 64

/* Whether there is one to be told. */
bool supervisor_is_there(void);

/* Sends "READY=1", "STOPPING=1" or "WATCHDOG=1"; several are divided by newlines. Errors are
 * ignored. */
void supervisor_tell(const char *words);

/* Sends words with up to SUPERVISOR_FDS_MAX descriptors, which stay open here. False: they were not
 * sent. */
bool supervisor_pass(const char *words, const int *fds, size_t count);

/* Waits until the manager has taken in what was sent before, some seconds at most. False: it has
 * not, or there is none. */
bool supervisor_wait(void);

/* How many seconds may lie between two "WATCHDOG=1": half of the time that the manager allows; 0:
 * it does not watch this process. */
double supervisor_watchdog(void);
