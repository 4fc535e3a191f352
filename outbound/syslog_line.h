/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Writes an audit event as a syslog message (RFC 5424). Pure; any thread.
 *
 *      <108>1 2026-01-05T09:00:00.123456Z ns1 tenured 4711 update-denied - @cee: {"seq":17,...}
 *
 * Facility 13 (log audit); severity warning for a refusal, informational for the rest. The message
 * is the event as JSON behind "@cee:", by which syslog servers recognise JSON.
 */
#include <jansson.h>
#include <stddef.h>

/*
 * Returns the message without frame and newline; the caller frees it. If it would be longer than
 * `most` bytes, its long texts are cut and it has `"truncated":true`; the log holds the whole under
 * the seq. `host` is the name of this machine: a byte that is not printable ASCII becomes `?`, an
 * empty name `-`.
 */
char *syslog_line(const json_t *event, const char *host, size_t most);
