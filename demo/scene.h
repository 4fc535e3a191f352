/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * The story that `tenurectl demo` plays: a day of a small company, and the weeks behind it. A
 * table, so that it reads as what it is. Pure.
 */
#include <stddef.h>

enum scene_kind {
	SCENE_CHAPTER, /* text: the heading; clock: how far it goes forward before */
	SCENE_SAY,     /* text: what the teller says */
	SCENE_RUN,     /* text: a command of the shell, which must be done */
	SCENE_SEND,    /* who signs by a key; text: nsupdate's commands; must be accepted */
	SCENE_REFUSED, /* the same; must be refused */
	SCENE_UNTIL, /* text: a command of the shell, not shown, which is repeated until it is done
		      */
};

struct scene {
	enum scene_kind kind;
	const char *text;
	const char *who;   /* SCENE_SEND, SCENE_REFUSED: the key */
	const char *clock; /* SCENE_CHAPTER: "1h"; NULL: no time passes */
};

/* Ended by a NULL text. */
extern const struct scene scenes[];

/* When it begins, seconds since 1970: a Monday, 07:00 UTC. */
#define SCENE_BEGINS 1772434800
