/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * The control socket's framing, the same on both ends: a frame is
 *
 *      4 bytes  length of what follows, big-endian, at most FRAME_MAX
 *      1 byte   kind
 *      n bytes  body
 *
 * kind  direction  body
 *   C   to daemon  a JSON object {"verb": "zone add", "args": {...}}: the command
 *   D   to daemon  a piece of the command's input data (records of an import)
 *   E   to daemon  end of the input data
 *   R   from it    a JSON object: one row of the answer
 *   D   from it    a piece of the command's output data (an export)
 *   Z   from it    a JSON object {"ok": true, ...} or {"ok": false, "error": "...", "code": N}: the
 * end
 *
 * Blocking calls on a socket; one thread per socket.
 */
#include "base/bytes.h"
#include <stdbool.h>

#define FRAME_MAX (1u << 20)

enum frame_kind {
	FRAME_COMMAND = 'C',
	FRAME_DATA = 'D',
	FRAME_END_OF_DATA = 'E',
	FRAME_ROW = 'R',
	FRAME_RESULT = 'Z',
};

/* False: the peer is gone. */
bool frame_send(int fd, enum frame_kind, struct bytes body);

/*
 * Waits for one frame and reads it into `buffer` (room for FRAME_MAX bytes); `*len` is the body's
 * length. False: the peer is gone, or sent a frame that is too long.
 */
bool frame_receive(int fd, enum frame_kind *, uint8_t *buffer, size_t *len);
