/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * The packed form of an entry, for entry_pack.c and entry_unpack.c alone: what its head holds, the
 * tags of its extensions, and the marks of its rows and changes.
 */
#include "journal/entry.h"

/* What a head holds; the texts stand in the order of their flags. */
enum flag {
	HAS_ZONE = 1 << 0,
	HAS_SOURCE = 1 << 1,
	HAS_PRINCIPAL = 1 << 2,
	HAS_ACTING = 1 << 3,
	HAS_KEY = 1 << 4,
	HAS_EVENT = 1 << 5,
	HAS_REASON = 1 << 6,
	HAS_SUBJECT = 1 << 7,
	HAS_CODE = 1 << 8,
	HAS_OWNER = 1 << 9,
	HAS_RULE = 1 << 10,
	HAS_PREREQUISITES = 1 << 11,
	ALL_FLAGS = (1 << 12) - 1,
};

/* Tags of extensions; odd ones must be understood. */
enum extension {
	EXTENSION_ROWS = 1,
	EXTENSION_CAUSE = 2,
	EXTENSION_ERA = 4,
	EXTENSION_PERSON = 6,
	EXTENSION_COMMENT = 8,
	EXTENSION_NODE = 10,
	EXTENSION_REQUEST = 12,
	EXTENSION_FIRST = 14,
	EXTENSION_LAST = 16,
	EXTENSION_NAMES = 18,
	EXTENSION_NAMELESS = 20,
	/* Of an entry of another log than the change log: log (1), the change log's seq (varint).
	 */
	EXTENSION_LOG = 22,
	/* Time (varint), then of each log: seq (varint), digest. */
	EXTENSION_HEADS = 24,
	EXTENSION_REST = 26,
};

/* A record's class, and what stands behind it. */
#define CLASS_MASK  0x07
#define IS_GUEST    0x08
#define HAS_WINDOWS 0x10
#define LACKS_PTR   0x20

/* A row's first byte. */
#define ROW_HAS_OLD   0x01
#define ROW_HAS_NEW   0x02
#define ROW_IS_STATED 0x04
#define ROW_MARKS     (ROW_HAS_OLD | ROW_HAS_NEW | ROW_IS_STATED)

/* A change's first byte: what it is, and how its name is written. */
#define WHAT_MASK  0x07
#define SAME_NAME  0x10 /* as the change before */
#define UNDER_ZONE 0x20 /* the labels before the zone's apex */

/* The owners' texts; 0 stands for none, so the first is 1. */
struct owners {
	const char **texts;
	size_t count, last;
};
