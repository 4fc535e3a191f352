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
 *   C   to daemon  a JSON object {"command": "zone add", "args": {...}, "protocol": 1}; with
 *                  "progress": true frames P may come
 *   D   to daemon  a piece of the command's input data (records of an import)
 *   E   to daemon  end of the input data
 *   R   from it    a JSON object: one row of the answer
 *   D   from it    a piece of the command's output data (an export)
 *   P   from it    a JSON object {"done": 12, "of": 60, "noun": "names"}: how far it is; "of" is 0
 *                  where that is not known
 *   Z   from it    the end, a JSON object {"ok": true, "code": 0, "protocol": 1, ...} or
 *                  {"ok": false, "code": N, "error": "...", "protocol": 1}
 *
 * tenure-control(7) specifies it.
 *
 * Blocking calls on a socket; one thread per socket. Rows are small and many: a sender gathers them
 * in a frame_out, a receiver takes them out of a frame_in, so that a listing costs a system call
 * for each FRAME_BATCH bytes and not two for each row. What is on the wire is the same.
 */
#include "base/bytes.h"
#include "base/must_use.h"
#include <stdbool.h>
#include <stdint.h>

#define FRAME_MAX (1u << 20)

/* The version of the protocol, and of the JSON of commands: members may be added within one. */
#define FRAME_PROTOCOL 1

enum frame_kind {
	FRAME_COMMAND = 'C',
	FRAME_DATA = 'D',
	FRAME_END_OF_DATA = 'E',
	FRAME_ROW = 'R',
	FRAME_PROGRESS = 'P',
	FRAME_RESULT = 'Z',
};

/* False: the peer is gone. */
MUST_USE bool frame_send(int fd, enum frame_kind, struct bytes body);

/*
 * Waits for one frame and reads it into `buffer` (room for FRAME_MAX bytes); `*len` is the body's
 * length. False: the peer is gone, or sent a frame that is too long.
 */
MUST_USE bool frame_receive(int fd, enum frame_kind *, uint8_t *buffer, size_t *len);

/* So many bytes of frames are gathered before they are sent. */
#define FRAME_BATCH (64 * 1024)

/* Frames on their way out. Made with `fd` set and all else zero; ended by frame_out_free. */
struct frame_out {
	int fd;
	uint8_t *bytes;
	size_t len;
	bool is_cut; /* the peer is gone */
	/* Asked whenever the peer takes nothing, at least each FRAME_LOOK_MS. False: what was not
	 * sent is kept, so that frames stay whole, and who sends is told false. NULL: a peer is
	 * waited for as long as the socket's timeout says, and is then gone. */
	bool (*may_wait)(void *context);
	void *context;
	uint64_t stalled_us; /* for so long the peer has been waited for now */
	uint64_t waited_us;  /* and in all, since somebody set this to 0 */
};
#define FRAME_LOOK_MS 100

/* Keeps the frame, or sends what is there. False: the peer is gone, or is not waited for; in the
 * latter case the frame is not taken if there was no room for it. */
bool frame_out_put(struct frame_out *, enum frame_kind, struct bytes body);
/* Sends what is there: before waiting for the peer, and at the end. False: not all was sent. */
bool frame_out_flush(struct frame_out *);
void frame_out_free(struct frame_out *);

/* Frames coming in. Made with `fd` set and all else zero; ended by frame_in_free. */
struct frame_in {
	int fd;
	uint8_t *bytes;
	size_t at, end;
};

/* Whether the next frame is here already, so that frame_in_next will not wait. */
bool frame_in_is_ready(const struct frame_in *);
/* The next frame; the body stays until the next call. False: as frame_receive. */
MUST_USE bool frame_in_next(struct frame_in *, enum frame_kind *, struct bytes *body);
void frame_in_free(struct frame_in *);
