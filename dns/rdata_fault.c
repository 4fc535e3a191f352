/* SPDX-License-Identifier: BSD-2-Clause */
/* What data of the right shape may still say wrong. The rules are those of the types' RFCs, as far
 * as BIND follows them too: what it refuses as a secondary stops the zone's transfers. */
#include "base/utf8.h"
#include "dns/naptr.h"
#include "dns/rdata.h"
#include "dns/rdata_field.h"
#include <string.h>

/* The algorithm of DNSSEC whose keys begin with the algorithm's own name (RFC 4034 A.1.1). */
#define PRIVATE_DNS 253

/* A KEY's flags: both bits say that there is no key (RFC 2535 3.1.2). */
#define KEY_NONE 0xc000

#define NSEC3_SHA1 1

#define SVCB_DOHPATH 7

struct digest_len {
	uint8_t algorithm;
	uint8_t len;
	const char *fault;
};

/* RFC 4034, 4509, 6605. */
static const struct digest_len ds_digests[] = {
	{1, 20, "a SHA-1 digest has 20 bytes"},
	{2, 32, "a SHA-256 digest has 32 bytes"},
	{4, 48, "a SHA-384 digest has 48 bytes"},
	{0},
};

/* RFC 4255, 6594. */
static const struct digest_len sshfp_digests[] = {
	{1, 20, "a SHA-1 fingerprint has 20 bytes"},
	{2, 32, "a SHA-256 fingerprint has 32 bytes"},
	{0},
};

/* RFC 8976 2.2.3. */
static const struct digest_len zonemd_digests[] = {
	{1, 48, "a SHA-384 digest has 48 bytes"},
	{2, 64, "a SHA-512 digest has 64 bytes"},
	{0},
};

static const char *digest_fault(const struct digest_len *known, uint8_t algorithm, size_t len)
{
	for (; known->len; known++)
		if (known->algorithm == algorithm)
			return known->len == len ? NULL : known->fault;
	return NULL;
}

static const char *ds_fault(struct bytes_in *in)
{
	bytes_in_take(in, 3);
	uint8_t algorithm = bytes_in_u8(in);
	return digest_fault(ds_digests, algorithm, bytes_in_left(in));
}

static const char *sshfp_fault(struct bytes_in *in)
{
	bytes_in_u8(in);
	uint8_t algorithm = bytes_in_u8(in);
	return digest_fault(sshfp_digests, algorithm, bytes_in_left(in));
}

static const char *zonemd_fault(struct bytes_in *in)
{
	bytes_in_take(in, 5);
	uint8_t algorithm = bytes_in_u8(in);
	if (bytes_in_left(in) < 12)
		return "a digest of a zone has 12 bytes at least";
	return digest_fault(zonemd_digests, algorithm, bytes_in_left(in));
}

/* The name in front of a key of a private algorithm. */
static const char *private_fault(struct bytes_in *in)
{
	dns_field_name.check(in);
	return in->bad || bytes_in_left(in) == 0
		       ? "a key of algorithm 253 begins with a domain name"
		       : NULL;
}

static const char *key_fault(uint16_t type, struct bytes_in *in)
{
	uint16_t flags = bytes_in_u16(in);
	bytes_in_u8(in);
	uint8_t algorithm = bytes_in_u8(in);
	bool has_key = bytes_in_left(in) > 0;
	if (type == DNS_TYPE_RKEY && flags != 0)
		return "the flags of an RKEY are 0";
	if (type == DNS_TYPE_KEY && (flags & KEY_NONE) == KEY_NONE)
		return has_key ? "flags that say that there is no key, and a key" : NULL;
	if (!has_key)
		return "there is no key";
	return algorithm == PRIVATE_DNS ? private_fault(in) : NULL;
}

/* RFC 4034 3.1.3: the signer's name is the zone's, which the owner's ends with. */
static const char *rrsig_fault(struct bytes_in *in)
{
	struct dns_name signer;
	bytes_in_take(in, 3);
	uint8_t labels = bytes_in_u8(in);
	bytes_in_take(in, 14);
	const uint8_t *start = in->at;
	dns_field_name.check(in);
	if (in->bad || !dns_name_from_wire(&signer, bytes_of(start, (size_t)(in->at - start))))
		return "there is no signer";
	return labels < signer.labels ? "fewer labels than the signer's name has" : NULL;
}

/* RFC 4025 2.4 lets it be. */
static const char *ipseckey_fault(struct bytes_in *in)
{
	bytes_in_take(in, 2);
	return bytes_in_u8(in) == 0 ? "IPSECKEY without a key, which BIND cannot transfer" : NULL;
}

/* A name that is denied has no types only in NSEC3: an empty non-terminal (RFC 4034 4.1.2). */
static const char *nsec_fault(struct bytes_in *in)
{
	dns_field_name.check(in);
	return bytes_in_left(in) == 0 ? "NSEC without types" : NULL;
}

/* RFC 5155 3.2: the owner's hash is as long as the algorithm's output. */
static const char *nsec3_fault(struct bytes_in *in)
{
	uint8_t algorithm = bytes_in_u8(in);
	bytes_in_take(in, 3);
	bytes_in_take(in, bytes_in_u8(in));
	return algorithm == NSEC3_SHA1 && bytes_in_u8(in) != 20 ? "a SHA-1 hash has 20 bytes"
								: NULL;
}

/* RFC 1183 3.1: a PSDN address, at least a DNIC of four digits. */
static const char *x25_fault(struct bytes_in *in)
{
	size_t len = bytes_in_u8(in);
	const uint8_t *digits = bytes_in_take(in, len);
	for (size_t i = 0; digits && i < len; i++)
		if (digits[i] < '0' || digits[i] > '9')
			return "an X.25 address is made of digits";
	return len < 4 ? "an X.25 address has four digits at least" : NULL;
}

static const char *naptr_fault(struct bytes_in *in)
{
	bytes_in_take(in, 4);
	bytes_in_take(in, bytes_in_u8(in));
	bytes_in_take(in, bytes_in_u8(in));
	size_t len = bytes_in_u8(in);
	const uint8_t *text = bytes_in_take(in, len);
	return len ? dns_naptr_regexp_fault(bytes_of(text, len)) : NULL;
}

/* Whether an expression of a URI template, without its braces, has the variable `dns` (RFC
 * 6570 2.3): an operator, then variables, with `*` or `:LENGTH` behind them. */
static bool expression_has_dns(const char *text, size_t len)
{
	static const char variable[] = "dns";
	size_t at = len > 0 && strchr("+#./;?&", text[0]) ? 1 : 0;
	while (at < len) {
		size_t end = at;
		while (end < len && text[end] != ',')
			end++;
		size_t name = 0;
		while (at + name < end && text[at + name] != ':' && text[at + name] != '*')
			name++;
		if (name == sizeof(variable) - 1 && memcmp(text + at, variable, name) == 0)
			return true;
		at = end + 1;
	}
	return false;
}

/* A path, with the variable `dns` for the query (RFC 9461 5). */
static const char *dohpath_fault(struct bytes path)
{
	const char *text = (const char *)path.data, *end = text + path.len;
	bool has_dns = false;
	if (path.len == 0 || text[0] != '/')
		return "a dohpath begins with /";
	if (!utf8_is_valid(path) || memchr(text, 0, path.len))
		return "a dohpath is UTF-8 without bytes 0";
	for (const char *open; (open = memchr(text, '{', (size_t)(end - text))); text++) {
		text = memchr(open, '}', (size_t)(end - open));
		if (!text || memchr(open + 1, '{', (size_t)(text - open - 1)))
			return "a { without its } in the dohpath";
		has_dns |= expression_has_dns(open + 1, (size_t)(text - open - 1));
	}
	return has_dns ? NULL : "a dohpath has the variable dns, as in {?dns}";
}

static const char *svcb_fault(struct bytes_in *in)
{
	bytes_in_u16(in);
	dns_field_name.check(in);
	while (bytes_in_left(in) > 0) {
		uint16_t key = bytes_in_u16(in);
		size_t len = bytes_in_u16(in);
		const uint8_t *value = bytes_in_take(in, len);
		const char *fault =
			key == SVCB_DOHPATH && value ? dohpath_fault(bytes_of(value, len)) : NULL;
		if (fault)
			return fault;
	}
	return NULL;
}

/* Of types whose data is opaque to us. */
static const char *opaque_fault(uint16_t type, size_t len)
{
	if (type == DNS_TYPE_SINK && len < 3)
		return "SINK has three bytes at least";
	if (type == DNS_TYPE_NULL && len == 0)
		return "NULL without data, which Knot cannot transfer";
	return NULL;
}

const char *dns_rdata_fault(uint16_t type, struct bytes rdata)
{
	struct bytes_in in = bytes_in_of(rdata.data, rdata.len);
	switch (type) {
	case DNS_TYPE_DS:
	case DNS_TYPE_CDS:
	case DNS_TYPE_DLV:
	case DNS_TYPE_TA:
		return ds_fault(&in);
	case DNS_TYPE_SSHFP:
		return sshfp_fault(&in);
	case DNS_TYPE_ZONEMD:
		return zonemd_fault(&in);
	case DNS_TYPE_KEY:
	case DNS_TYPE_DNSKEY:
	case DNS_TYPE_CDNSKEY:
	case DNS_TYPE_RKEY:
		return key_fault(type, &in);
	case DNS_TYPE_RRSIG:
		return rrsig_fault(&in);
	case DNS_TYPE_IPSECKEY:
		return ipseckey_fault(&in);
	case DNS_TYPE_NSEC:
		return nsec_fault(&in);
	case DNS_TYPE_NSEC3:
		return nsec3_fault(&in);
	case DNS_TYPE_X25:
		return x25_fault(&in);
	case DNS_TYPE_NAPTR:
		return naptr_fault(&in);
	case DNS_TYPE_SVCB:
	case DNS_TYPE_HTTPS:
		return svcb_fault(&in);
	default:
		return opaque_fault(type, rdata.len);
	}
}
