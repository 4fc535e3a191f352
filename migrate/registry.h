/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Reads a file of Windows' registry (.reg, of version 5 or REGEDIT4), value by value:
 *
 *      Windows Registry Editor Version 5.00
 *
 *      [HKEY_LOCAL_MACHINE\SOFTWARE\...\DNS Server\Zones\corp.example]
 *      "SecureSecondaries"=dword:00000002
 *      "DatabaseFile"="corp.example.dns"
 *      "SecondaryServers"=hex(7):31,00,39,00,32,00,2e,00,\
 *        30,00,00,00,00,00
 *
 * The text is UTF-8 already (migrate/windows_text.h). What is wrong is said of its line, and
 * reading goes on behind. Pure; one thread.
 */
#include "base/arena.h"
#include "base/bytes.h"

#define REGISTRY_TEXTS_MAX 256

struct registry_value {
	const char *key;  /* the path in brackets */
	const char *name; /* "": the key's own value */
	bool is_number;
	uint32_t number;
	const char *text[REGISTRY_TEXTS_MAX]; /* of a text one, of a list its members */
	size_t count;
	unsigned line;
	const char *wrong; /* why there is no value, a constant phrase; NULL: there is one */
};

struct registry {
	/* private */
	const char *at, *end, *key;
	unsigned line;
	bool is_old; /* REGEDIT4: texts in hex are bytes, not UTF-16 */
	struct arena arena;
};

/* False: the text does not begin as such a file. Ended by registry_close in either case. */
bool registry_open(struct registry *, struct bytes text);
void registry_close(struct registry *);

/* The next value; it is valid until registry_close. False: there is no more. */
bool registry_next(struct registry *, struct registry_value *);
