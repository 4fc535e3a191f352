/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Bounded readers and writers of bytes, big-endian, whose errors stick.
 *
 * A reader that is asked for more bytes than it has sets `bad`; a writer that is given more than
 * fits sets `full`. From then on they do nothing (reads give zero or NULL), so that one check at
 * the end suffices. Neither owns the memory. All bytes from packets, files and the store are read
 * by them; no other code adds to such a pointer.
 *
 * Plain values; any thread.
 */
#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Some bytes, whose memory another owns. */
struct bytes {
	const uint8_t *data;
	size_t len;
};

struct bytes_in {
	const uint8_t *start, *at, *end;
	bool bad;
};

struct bytes_out {
	uint8_t *start, *at, *end;
	bool full;
};

static inline struct bytes bytes_of(const void *data, size_t len)
{
	return (struct bytes){.data = data, .len = len};
}

static inline bool bytes_equal(struct bytes a, struct bytes b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

/* By memcmp; of two that begin alike the shorter comes first. */
static inline int bytes_compare(struct bytes a, struct bytes b)
{
	size_t least = a.len < b.len ? a.len : b.len;
	int order = least ? memcmp(a.data, b.data, least) : 0;
	return order ? order : (a.len > b.len) - (a.len < b.len);
}

static inline struct bytes_in bytes_in_of(const void *data, size_t len)
{
	/* Nothing may be given as NULL, which C does not let us add to. */
	const uint8_t *start = data ? data : (const uint8_t *)"";
	return (struct bytes_in){.start = start, .at = start, .end = data ? start + len : start};
}

static inline size_t bytes_in_left(const struct bytes_in *in)
{
	return in->bad ? 0 : (size_t)(in->end - in->at);
}

/* How many bytes were read so far: the offset of the next one. */
static inline size_t bytes_in_offset(const struct bytes_in *in)
{
	return (size_t)(in->at - in->start);
}

/* The next `n` bytes, where they lie; NULL, and `bad`, if there are fewer. */
static inline const uint8_t *bytes_in_take(struct bytes_in *in, size_t n)
{
	if (bytes_in_left(in) < n) {
		in->bad = true;
		return NULL;
	}
	const uint8_t *p = in->at;
	in->at += n;
	return p;
}

/* A number of `n` bytes, 8 at most. */
static inline uint64_t bytes_in_number(struct bytes_in *in, size_t n)
{
	const uint8_t *p = bytes_in_take(in, n);
	uint64_t v = 0;
	for (size_t i = 0; p && i < n; i++)
		v = v << 8 | p[i];
	return v;
}

static inline uint8_t bytes_in_u8(struct bytes_in *in)
{
	const uint8_t *p = bytes_in_take(in, 1);
	return p ? *p : 0;
}

static inline uint16_t bytes_in_u16(struct bytes_in *in)
{
	const uint8_t *p = bytes_in_take(in, 2);
	uint16_t v = 0;
	if (p)
		memcpy(&v, p, sizeof(v));
	return be16toh(v);
}

static inline uint32_t bytes_in_u32(struct bytes_in *in)
{
	const uint8_t *p = bytes_in_take(in, 4);
	uint32_t v = 0;
	if (p)
		memcpy(&v, p, sizeof(v));
	return be32toh(v);
}

/* TSIG's time (RFC 8945 4.2). */
static inline uint64_t bytes_in_u48(struct bytes_in *in)
{
	return bytes_in_number(in, 6);
}

static inline uint64_t bytes_in_u64(struct bytes_in *in)
{
	const uint8_t *p = bytes_in_take(in, 8);
	uint64_t v = 0;
	if (p)
		memcpy(&v, p, sizeof(v));
	return be64toh(v);
}

static inline struct bytes_out bytes_out_of(void *data, size_t cap)
{
	uint8_t *start = data;
	return (struct bytes_out){.start = start, .at = start, .end = cap ? start + cap : start};
}

static inline size_t bytes_out_len(const struct bytes_out *out)
{
	return (size_t)(out->at - out->start);
}

static inline size_t bytes_out_left(const struct bytes_out *out)
{
	return out->full ? 0 : (size_t)(out->end - out->at);
}

/* Room for `n` bytes, to be filled by the caller; NULL, and `full`, if there is less. */
static inline uint8_t *bytes_out_room(struct bytes_out *out, size_t n)
{
	if (out->full || (size_t)(out->end - out->at) < n) {
		out->full = true;
		return NULL;
	}
	uint8_t *p = out->at;
	out->at += n;
	return p;
}

static inline void bytes_out_put(struct bytes_out *out, const void *data, size_t n)
{
	uint8_t *p = bytes_out_room(out, n);
	if (p && n)
		memcpy(p, data, n);
}

static inline void bytes_out_number(struct bytes_out *out, uint64_t v, size_t n)
{
	uint8_t *p = bytes_out_room(out, n);
	for (size_t i = 0; p && i < n; i++)
		p[i] = (uint8_t)(v >> 8 * (n - 1 - i));
}

static inline void bytes_out_u8(struct bytes_out *out, uint8_t v)
{
	uint8_t *p = bytes_out_room(out, 1);
	if (p)
		*p = v;
}

static inline void bytes_out_u16(struct bytes_out *out, uint16_t v)
{
	uint8_t *p = bytes_out_room(out, 2);
	if (p) {
		p[0] = (uint8_t)(v >> 8);
		p[1] = (uint8_t)v;
	}
}

static inline void bytes_out_u32(struct bytes_out *out, uint32_t v)
{
	uint8_t *p = bytes_out_room(out, 4);
	if (p) {
		p[0] = (uint8_t)(v >> 24);
		p[1] = (uint8_t)(v >> 16);
		p[2] = (uint8_t)(v >> 8);
		p[3] = (uint8_t)v;
	}
}

static inline void bytes_out_u48(struct bytes_out *out, uint64_t v)
{
	bytes_out_number(out, v, 6);
}

static inline void bytes_out_u64(struct bytes_out *out, uint64_t v)
{
	bytes_out_number(out, v, 8);
}

/* Writes `v` over two bytes already written at offset `at`: counts and lengths known late. */
static inline void bytes_out_patch_u16(struct bytes_out *out, size_t at, uint16_t v)
{
	if (!out->full && at + 2 <= bytes_out_len(out)) {
		out->start[at] = (uint8_t)(v >> 8);
		out->start[at + 1] = (uint8_t)v;
	}
}
