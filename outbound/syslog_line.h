/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * An audit event as a syslog message (RFC 5424):
 *
 *      <108>1 2026-01-05T09:00:00.123456Z ns1 tenured 4711 update-denied - @cee: {"seq":17,...}
 *
 * Facility 13 (log audit); severity warning for what was denied, informational for the rest. The
 * message is the event as JSON behind the word by which syslog servers know it.
 */
#include <jansson.h>
#include <stddef.h>

/*
 * The line, without frame or newline; to be freed. What would be longer than `most` bytes has its
 * long texts cut, and `"truncated":true`: the whole stands in the log under its seq. `host` is this
 * machine's name; what is not printable ASCII in it becomes `?`, and an empty one `-`.
 */
char *syslog_line(const json_t *event, const char *host, size_t most);
