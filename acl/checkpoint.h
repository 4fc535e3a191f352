/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Checkpoints: signed statements (Ed25519) of the head of the log's chain, each a line of text:
 *
 *      tenure-checkpoint 2 seq=4711 time=2026-01-05T09:00:00Z digest=HEX
 *              signed=12 signed-digest=HEX unsigned=9 unsigned-digest=HEX key=HEX signature=BASE64
 *
 * without the line break. The digest is that of entry `seq` of the change log, and so of all before
 * it; what follows is the same of the logs of signed and unsigned refusals, 0 and a digest of zeros
 * where one is empty. Lines of version 1 have the change log alone: they are read, and written no
 * more. The signature is over the line up to
 * the blank before `signature=`. `key` is the first 8 bytes of the SHA-256 of the raw public key,
 * to tell keys apart when they are rotated. The private key is in a file outside of the store, so
 * an attacker who rewrites the store cannot sign it. Pure except for checkpoint_key_read; any
 * thread.
 */
#include "base/digest.h"
#include "journal/journal_log.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CHECKPOINT_KEY_ID_LEN    8
#define CHECKPOINT_SIGNATURE_LEN 64
#define CHECKPOINT_LINE_MAX      640
#define CHECKPOINT_PEM_MAX       8192
#define CHECKPOINT_ERROR_MAX     512
#define CHECKPOINT_KEYS_MAX      16

struct checkpoint {
	unsigned version; /* 1, or 2 */
	uint64_t time;    /* seconds */
	struct checkpoint_head {
		uint64_t seq;
		uint8_t digest[DIGEST_LEN];
	} heads[JOURNAL_LOGS]; /* version 1: of the change log */
	uint8_t key_id[CHECKPOINT_KEY_ID_LEN];
	uint8_t signature[CHECKPOINT_SIGNATURE_LEN];
};

/* How many of the heads it has. */
unsigned checkpoint_heads(const struct checkpoint *);

/* Writes the line without its end. Returns its length. */
size_t checkpoint_print(const struct checkpoint *, char out[CHECKPOINT_LINE_MAX]);
/* Parses a line, strictly: it must be as checkpoint_print writes it. Returns NULL, or what is
 * wrong, a constant phrase. */
const char *checkpoint_parse(struct checkpoint *, const char *text, size_t len);

/* The private key. */
struct checkpoint_key;

/*
 * From a PEM file (PKCS 8, not encrypted). NULL: `error` says what is wrong: not there, readable
 * by others than its owner, not Ed25519, ...
 */
struct checkpoint_key *checkpoint_key_read(const char *path, char error[CHECKPOINT_ERROR_MAX]);
void checkpoint_key_free(struct checkpoint_key *);
/* Writes the public key as PEM, ended by NUL. */
void checkpoint_key_public(const struct checkpoint_key *, char out[CHECKPOINT_PEM_MAX]);
/* Sets the key's id and the signature. */
void checkpoint_sign(const struct checkpoint_key *, struct checkpoint *);
/* Signs another statement, a text without its end that does not begin as a checkpoint does: adds
 * the key's id and the signature over what stands before it, as a checkpoint has them. */
void checkpoint_sign_text(const struct checkpoint_key *, const char *text,
			  char out[CHECKPOINT_LINE_MAX]);

/* Public keys to verify with; several, when keys were rotated. */
struct checkpoint_keys {
	size_t count;
	struct {
		uint8_t id[CHECKPOINT_KEY_ID_LEN];
		uint8_t raw[32];
	} keys[CHECKPOINT_KEYS_MAX];
};
/* Adds the public keys of a PEM text. Returns NULL, or what is wrong, a constant phrase. */
const char *checkpoint_keys_add(struct checkpoint_keys *, const char *pem, size_t len);

enum checkpoint_verdict {
	CHECKPOINT_GOOD,
	CHECKPOINT_UNKNOWN_KEY, /* no key of this id was given */
	CHECKPOINT_FORGED,
};
enum checkpoint_verdict checkpoint_verify(const struct checkpoint_keys *,
					  const struct checkpoint *);
