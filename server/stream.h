/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * DNS messages in a byte stream: two bytes of length, then the message (RFC 1035 4.2.2, RFC 7766
 * 8). A struct stream_in takes pieces of any size and gives whole messages; a struct stream_out
 * holds the bytes that the peer has not taken yet. Both use no sockets.
 *
 * Memory is from the heap. It grows with the bytes that arrive, not with the length that a message
 * announces. A stream belongs to one thread. Zero-initialised is an empty stream.
 */
#include "base/bytes.h"

struct stream_in {
	uint8_t *data;
	size_t at, end, cap; /* what has arrived and was not given out: data[at..end) */
};

/* Where the next bytes are to be written; `*room`, at least 1, is how many fit. The message that
 * stream_next gave is no longer valid. */
uint8_t *stream_room(struct stream_in *, size_t *room);
/* `n` bytes were written there. */
void stream_arrived(struct stream_in *, size_t n);
/* The next whole message, valid until stream_room. False: it is not whole yet. */
bool stream_next(struct stream_in *, struct bytes *message);
/* Whether all bytes that arrived were given out as messages. */
bool stream_is_empty(const struct stream_in *);
/* Frees memory if the stream is empty and was large. The message that stream_next gave is no longer
 * valid. */
void stream_rest(struct stream_in *);
void stream_in_free(struct stream_in *);

struct stream_out {
	uint8_t *data;
	size_t at, end, cap; /* what is not sent yet: data[at..end) */
};

/* Adds bytes, which are copied. */
void stream_queue(struct stream_out *, struct bytes);
/* The bytes that are not sent yet, valid until the next call. */
struct bytes stream_waiting(const struct stream_out *);
/* The first `n` waiting bytes were sent. */
void stream_sent(struct stream_out *, size_t n);
void stream_out_free(struct stream_out *);
