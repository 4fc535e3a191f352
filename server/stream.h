/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * DNS messages in a byte stream: two bytes of length, then the message (RFC 1035 4.2.2, RFC 7766
 * 8). One `struct stream_in` collects what arrives in pieces of any size and gives whole messages;
 * one `struct stream_out` holds what the peer has not taken yet. Knows no socket.
 *
 * Memory is from the heap, and grows only with bytes that did arrive: a length that is only
 * announced costs nothing.
 * One thread. Zero-initialised is a valid empty stream.
 */
#include "base/bytes.h"

struct stream_in {
	uint8_t *data;
	size_t at, end, cap; /* what has arrived and was not given out: data[at..end) */
};

/* Room for what arrives next, at least one byte; how much in `*room`. What stream_next gave ends.
 */
uint8_t *stream_room(struct stream_in *, size_t *room);
/* `n` bytes were put there. */
void stream_arrived(struct stream_in *, size_t n);
/* The next whole message, valid until stream_room. False: more must arrive. */
bool stream_next(struct stream_in *, struct bytes *message);
/* Whether nothing has arrived that was not given out. */
bool stream_is_empty(const struct stream_in *);
/* Gives memory back when it is empty and was large. What stream_next gave ends. */
void stream_rest(struct stream_in *);
void stream_in_free(struct stream_in *);

struct stream_out {
	uint8_t *data;
	size_t at, end, cap; /* what is not sent yet: data[at..end) */
};

void stream_queue(struct stream_out *, struct bytes);
struct bytes stream_waiting(const struct stream_out *);
/* The first `n` waiting bytes were sent. */
void stream_sent(struct stream_out *, size_t n);
void stream_out_free(struct stream_out *);
