/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Telling the service manager how we are: sd_notify's documented protocol, one datagram to the
 * socket named by NOTIFY_SOCKET, without its library. Does nothing when nobody asked. Main thread.
 */

/* "READY=1", "STOPPING=1", "WATCHDOG=1"; several, a line each. */
void supervisor_tell(const char *words);

/* Seconds between "WATCHDOG=1", half of what the manager allows; 0: it does not watch us. */
double supervisor_watchdog(void);
