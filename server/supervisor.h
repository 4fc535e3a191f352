/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Notifies the service manager (systemd) by the protocol of sd_notify(3): a datagram to the socket
 * that NOTIFY_SOCKET names. Without that variable nothing is sent. The main thread.
 */

/* Sends "READY=1", "STOPPING=1" or "WATCHDOG=1"; several are divided by newlines. Errors are
 * ignored. */
void supervisor_tell(const char *words);

/* How many seconds may lie between two "WATCHDOG=1": half of the time that the manager allows; 0:
 * it does not watch this process. */
double supervisor_watchdog(void);
