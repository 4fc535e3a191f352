/* SPDX-License-Identifier: BSD-2-Clause */
#include "dns/type.h"
#include "base/nearest.h"
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

struct word {
	uint16_t number;
	const char *text;
};

static const struct word types[] = {
#define TYPE_WORD(number, constant, text) {number, text},
	DNS_TYPES(TYPE_WORD)
#undef TYPE_WORD
};

static const struct word classes[] = {{DNS_CLASS_IN, "IN"},
				      {DNS_CLASS_CH, "CH"},
				      {4, "HS"},
				      {DNS_CLASS_NONE, "NONE"},
				      {DNS_CLASS_ANY, "ANY"}};

static const struct word rcodes[] = {
	{DNS_NOERROR, "NOERROR"},   {DNS_FORMERR, "FORMERR"}, {DNS_SERVFAIL, "SERVFAIL"},
	{DNS_NXDOMAIN, "NXDOMAIN"}, {DNS_NOTIMP, "NOTIMP"},   {DNS_REFUSED, "REFUSED"},
	{DNS_YXDOMAIN, "YXDOMAIN"}, {DNS_YXRRSET, "YXRRSET"}, {DNS_NXRRSET, "NXRRSET"},
	{DNS_NOTAUTH, "NOTAUTH"},   {DNS_NOTZONE, "NOTZONE"}, {11, "DSOTYPENI"},
	{DNS_BADVERS, "BADVERS"},   {DNS_BADKEY, "BADKEY"},   {DNS_BADTIME, "BADTIME"},
	{DNS_BADMODE, "BADMODE"},   {DNS_BADNAME, "BADNAME"}, {DNS_BADALG, "BADALG"},
	{DNS_BADTRUNC, "BADTRUNC"}, {23, "BADCOOKIE"}};

#define COUNT(table) (sizeof(table) / sizeof(table)[0])

/*
 * Zone files name a type on every line, so types are found by a hash: open addressing, a byte each
 * (index in `types` + 1, 0: free), at most half full.
 */
#define SLOTS 256
_Static_assert(COUNT(types) < SLOTS / 2, "the hash of types is at most half full");
static uint8_t slots[SLOTS];
static pthread_once_t slots_once = PTHREAD_ONCE_INIT;

static unsigned type_hash(const char *text, size_t len)
{
	unsigned h = (unsigned)len;
	for (size_t i = 0; i < len; i++)
		h = h * 31 + ((unsigned char)text[i] & 0xdf); /* case does not count */
	return h ^ h >> 8;
}

static void slots_fill(void)
{
	for (size_t i = 0; i < COUNT(types); i++) {
		unsigned h = type_hash(types[i].text, strlen(types[i].text));
		while (slots[h % SLOTS])
			h++;
		slots[h % SLOTS] = (uint8_t)(i + 1);
	}
}

static bool type_is_word(const struct word *word, const char *text, size_t len)
{
	return strlen(word->text) == len && strncasecmp(word->text, text, len) == 0;
}

static const char *type_word_of(const struct word *words, size_t count, unsigned number)
{
	for (size_t i = 0; i < count; i++) {
		if (words[i].number == number)
			return words[i].text;
	}
	return NULL;
}

/* TYPEnnn and CLASSnnn (RFC 3597 5). */
static bool type_number_parse(const char *prefix, const char *text, size_t len, uint16_t *number)
{
	size_t at = strlen(prefix);
	uint32_t n = 0;
	if (len <= at || len > at + 5 || strncasecmp(text, prefix, at) != 0)
		return false;
	for (; at < len; at++) {
		if (text[at] < '0' || text[at] > '9')
			return false;
		n = n * 10 + (uint32_t)(text[at] - '0');
	}
	if (n > UINT16_MAX)
		return false;
	*number = (uint16_t)n;
	return true;
}

static char *number_print(const char *prefix, unsigned number, char out[DNS_TYPE_TEXT_MAX])
{
	snprintf(out, DNS_TYPE_TEXT_MAX, "%s%u", prefix, number);
	return out;
}

char *dns_type_print(uint16_t type, char out[DNS_TYPE_TEXT_MAX])
{
	const char *text = type_word_of(types, COUNT(types), type);
	if (!text)
		return number_print("TYPE", type, out);
	return strcpy(out, text);
}

static const uint16_t common_types[] = {
	DNS_TYPE_A,     DNS_TYPE_NS,     DNS_TYPE_CNAME, DNS_TYPE_SOA,      DNS_TYPE_PTR,
	DNS_TYPE_HINFO, DNS_TYPE_MINFO,  DNS_TYPE_MX,    DNS_TYPE_TXT,      DNS_TYPE_RP,
	DNS_TYPE_AFSDB, DNS_TYPE_RT,     DNS_TYPE_KEY,   DNS_TYPE_AAAA,     DNS_TYPE_LOC,
	DNS_TYPE_SRV,   DNS_TYPE_NAPTR,  DNS_TYPE_KX,    DNS_TYPE_CERT,     DNS_TYPE_DNAME,
	DNS_TYPE_APL,   DNS_TYPE_DS,     DNS_TYPE_SSHFP, DNS_TYPE_IPSECKEY, DNS_TYPE_RRSIG,
	DNS_TYPE_NSEC,  DNS_TYPE_DNSKEY, DNS_TYPE_DHCID, DNS_TYPE_NSEC3,    DNS_TYPE_NSEC3PARAM,
	DNS_TYPE_TLSA,  DNS_TYPE_SMIMEA, DNS_TYPE_CDS,   DNS_TYPE_CDNSKEY,  DNS_TYPE_OPENPGPKEY,
	DNS_TYPE_CSYNC, DNS_TYPE_ZONEMD, DNS_TYPE_SVCB,  DNS_TYPE_HTTPS,    DNS_TYPE_SPF,
	DNS_TYPE_NID,   DNS_TYPE_L32,    DNS_TYPE_L64,   DNS_TYPE_LP,       DNS_TYPE_EUI48,
	DNS_TYPE_EUI64, DNS_TYPE_URI,    DNS_TYPE_CAA};

bool dns_type_is_common(uint16_t type)
{
	for (size_t i = 0; i < COUNT(common_types); i++)
		if (common_types[i] == type)
			return true;
	return false;
}

char *dns_type_print_common(uint16_t type, char out[DNS_TYPE_TEXT_MAX])
{
	return dns_type_is_common(type) ? dns_type_print(type, out)
					: number_print("TYPE", type, out);
}

bool dns_type_parse(const char *text, size_t len, uint16_t *type)
{
	pthread_once(&slots_once, slots_fill);
	for (unsigned h = type_hash(text, len); slots[h % SLOTS]; h++) {
		const struct word *word = &types[slots[h % SLOTS] - 1];
		if (type_is_word(word, text, len)) {
			*type = word->number;
			return true;
		}
	}
	return type_number_parse("TYPE", text, len, type);
}

const char *dns_type_meant(const char *text, size_t len)
{
	char upper[DNS_TYPE_TEXT_MAX] = "";
	for (size_t i = 0; i < len && i + 1 < sizeof upper; i++)
		upper[i] = (char)(text[i] >= 'a' && text[i] <= 'z' ? text[i] - 32 : text[i]);
	struct nearest nearest = nearest_to(upper);
	for (size_t i = 0; len + 1 < sizeof upper && i < COUNT(types); i++)
		if (!dns_type_is_meta(types[i].number))
			nearest_try(&nearest, types[i].text);
	return nearest_found(&nearest);
}

const char *dns_type_problem(const char *text, char out[DNS_TYPE_PROBLEM_MAX])
{
	const char *meant = dns_type_meant(text, strlen(text));
	snprintf(out, DNS_TYPE_PROBLEM_MAX, "'%.100s' is not a record type%s%s%s", text,
		 meant ? ": did you mean '" : "", meant ? meant : "", meant ? "'?" : "");
	return out;
}

char *dns_class_print(uint16_t class, char out[DNS_TYPE_TEXT_MAX])
{
	const char *text = type_word_of(classes, COUNT(classes), class);
	if (!text)
		return number_print("CLASS", class, out);
	return strcpy(out, text);
}

bool dns_class_parse(const char *text, size_t len, uint16_t *class)
{
	for (size_t i = 0; i < COUNT(classes); i++) {
		if (type_is_word(&classes[i], text, len)) {
			*class = classes[i].number;
			return true;
		}
	}
	return type_number_parse("CLASS", text, len, class);
}

const char *dns_rcode_name(unsigned rcode)
{
	static _Thread_local char unknown[DNS_TYPE_TEXT_MAX];
	const char *text = type_word_of(rcodes, COUNT(rcodes), rcode);
	return text ? text : number_print("RCODE", rcode, unknown);
}

const char *dns_tsig_error_name(unsigned error)
{
	return error == DNS_BADSIG ? "BADSIG" : dns_rcode_name(error);
}

bool dns_type_is_meta(uint16_t type)
{
	return type == 0 || type == DNS_TYPE_OPT || (type >= 128 && type <= 255);
}

bool dns_type_is_singleton(uint16_t type)
{
	return type == DNS_TYPE_SOA || type == DNS_TYPE_CNAME || type == DNS_TYPE_DNAME;
}
