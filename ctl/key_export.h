/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * A TSIG key in the words of the program that is to sign with it. Pure; any thread.
 */
#include <stdbool.h>
#include <stddef.h>

/* The formats, for a usage message: "bind, certbot, dhcpd, kea or knot". */
extern const char key_export_formats[];

struct key_export {
	const char *name;      /* absolute, without its last dot */
	const char *algorithm; /* "hmac-sha256" */
	const char *secret;    /* base64 */
	const char *server;    /* the server's address, for certbot; NULL: not known */
};

/* The secret of a BIND key file, as tenurectl gets one from the server: its place and length in the
 * text. False: there is none. */
bool key_export_secret(const char *key_file, const char **secret, size_t *len);

/* tenurectl key export. */
struct ctl;
int ctl_key_export(struct ctl *);

/* The key as text, which the caller wipes and frees. NULL: there is no such format. */
char *key_export_text(const char *format, const struct key_export *);
