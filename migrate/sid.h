/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * A security identifier of Windows ([MS-DTYP] 2.4.2), as a value that is copied by `=`:
 *
 *      S-1-5-21-1574943003-2586774129-2863546587-1103      an account of a domain
 *      S-1-5-18                                            the system itself
 *
 * The binary form: revision 1, number of parts (15 at most), authority (6 bytes, big-endian), parts
 * (4 bytes each, little-endian). Pure; any thread.
 */
#include "base/bytes.h"

#define SID_PARTS_MAX 15
#define SID_TEXT_MAX  192 /* S-1-, 15 digits, 15 parts of 11, NUL */

struct sid {
	uint8_t count; /* of parts; 0: no SID */
	uint64_t authority;
	uint32_t parts[SID_PARTS_MAX];
};

/* Those that are the same everywhere, and the last parts of a domain's own. */
#define SID_EVERYONE       "S-1-1-0"
#define SID_ENTERPRISE_DCS "S-1-5-9"
#define SID_AUTHENTICATED  "S-1-5-11"
#define SID_SYSTEM         "S-1-5-18"
#define SID_ADMINISTRATORS "S-1-5-32-544"
enum sid_rid {
	SID_RID_ADMINISTRATOR = 500,
	SID_RID_DOMAIN_ADMINS = 512,
	SID_RID_DOMAIN_CONTROLLERS = 516,
	SID_RID_SCHEMA_ADMINS = 518,
	SID_RID_ENTERPRISE_ADMINS = 519,
};

/* Reads the binary form, which may be followed by other bytes. False: it is none. */
bool sid_read(struct bytes_in *, struct sid *);

/* Reads text, `len` bytes. False: it is no SID. */
bool sid_parse(const char *text, size_t len, struct sid *);

/* "S-1-5-18"; returns `out`. */
char *sid_print(const struct sid *, char out[SID_TEXT_MAX]);

bool sid_equal(const struct sid *, const struct sid *);

/* Whether it is the SID of this text. */
bool sid_is(const struct sid *, const char *text);

/* Whether it stands for all accounts, or for all who come at all. */
bool sid_is_everyone(const struct sid *);

/* At, below or above zero, in one order of all. */
int sid_compare(const struct sid *, const struct sid *);

/* Whether it belongs to a domain: S-1-5-21-a-b-c-rid. */
bool sid_is_of_domain(const struct sid *);

/* The last part. */
uint32_t sid_rid(const struct sid *);

/* The SID of a domain (that of any of its accounts without the last part), and one with a last part
 * behind it; no SID where there is no room. */
struct sid sid_domain(const struct sid *account);
struct sid sid_with_rid(const struct sid *domain, uint32_t rid);
