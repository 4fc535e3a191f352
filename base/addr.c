/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/addr.h"
#include "base/decimal.h"
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

/* A decimal number of `text`, all of it, at most `most`. */
static bool addr_number_parse(const char *text, unsigned most, unsigned *value)
{
	unsigned v = 0;
	if (!*text)
		return false;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return false;
		v = v * 10 + (unsigned)(*text - '0');
		if (v > most)
			return false;
	}
	*value = v;
	return true;
}

/* `text` up to `mark` (or its end) into `host`; what follows the mark, or NULL, into `*rest`. */
static bool addr_split(const char *text, char mark, char host[ADDR_TEXT_MAX], const char **rest)
{
	const char *at = strchr(text, mark);
	size_t len = at ? (size_t)(at - text) : strlen(text);
	if (len >= ADDR_TEXT_MAX)
		return false;
	memcpy(host, text, len);
	host[len] = '\0';
	*rest = at ? at + 1 : NULL;
	return true;
}

/* The address's own bytes, and how many there are. */
static const uint8_t *address_bytes(const struct addr *a, size_t *len)
{
	bool is_v6 = a->any.sa_family == AF_INET6;
	*len = is_v6 ? 16 : 4;
	return is_v6 ? a->v6.sin6_addr.s6_addr : (const uint8_t *)&a->v4.sin_addr;
}

const char *addr_parse(const char *text, uint16_t default_port, struct addr *out)
{
	char host[ADDR_TEXT_MAX];
	const char *port_text;
	unsigned port = default_port;
	if (!addr_split(text, '@', host, &port_text))
		return "not an IP address";
	if (port_text && !addr_number_parse(port_text, 65535, &port))
		return "the port behind @ is not a number from 0 to 65535";
	struct addr a;
	memset(&a, 0, sizeof a);
	if (inet_pton(AF_INET, host, &a.v4.sin_addr) == 1) {
		a.v4.sin_family = AF_INET;
		a.v4.sin_port = htons((uint16_t)port);
		a.len = sizeof a.v4;
	} else if (inet_pton(AF_INET6, host, &a.v6.sin6_addr) == 1) {
		a.v6.sin6_family = AF_INET6;
		a.v6.sin6_port = htons((uint16_t)port);
		a.len = sizeof a.v6;
	} else {
		return "not an IP address";
	}
	*out = a;
	return NULL;
}

void addr_print(const struct addr *a, char out[ADDR_TEXT_MAX])
{
	addr_print_host(a, out);
	char *end = out + strlen(out);
	*end++ = '@';
	end = decimal_put(end, addr_port(a));
	*end = '\0';
}

/* As inet_ntop does, which prints through sprintf. */
static void addr_print_v4(const uint8_t bytes[4], char out[ADDR_TEXT_MAX])
{
	for (size_t i = 0; i < 4; i++) {
		out = decimal_put(out, bytes[i]);
		*out++ = i < 3 ? '.' : '\0';
	}
}

void addr_print_host(const struct addr *a, char out[ADDR_TEXT_MAX])
{
	size_t len;
	const uint8_t *bytes = address_bytes(a, &len);
	out[0] = '\0';
	if (a->any.sa_family == AF_INET)
		addr_print_v4(bytes, out);
	else
		inet_ntop(a->any.sa_family, bytes, out, ADDR_TEXT_MAX);
}

struct bytes addr_client(const struct addr *addr)
{
	if (addr->any.sa_family == AF_INET)
		return bytes_of(&addr->v4.sin_addr, sizeof(addr->v4.sin_addr));
	return bytes_of(&addr->v6.sin6_addr, ADDR_CLIENT_V6_LEN);
}

bool addr_equal(const struct addr *a, const struct addr *b)
{
	if (a->any.sa_family != b->any.sa_family || addr_port(a) != addr_port(b))
		return false;
	size_t len;
	const uint8_t *left = address_bytes(a, &len), *right = address_bytes(b, &len);
	return memcmp(left, right, len) == 0;
}

uint16_t addr_port(const struct addr *a)
{
	return ntohs(a->any.sa_family == AF_INET6 ? a->v6.sin6_port : a->v4.sin_port);
}

/* Whether the first `bits` of both are the same. */
static bool bits_equal(const uint8_t *a, const uint8_t *b, unsigned bits)
{
	unsigned whole = bits / 8, rest = bits % 8;
	if (memcmp(a, b, whole) != 0)
		return false;
	return rest == 0 || (a[whole] ^ b[whole]) >> (8 - rest) == 0;
}

static bool has_host_bits(const struct prefix *p)
{
	for (unsigned bit = p->bits; bit < p->family_len * 8u; bit++) {
		if (p->bytes[bit / 8] & 0x80 >> bit % 8)
			return true;
	}
	return false;
}

const char *prefix_parse(const char *text, struct prefix *out)
{
	char host[ADDR_TEXT_MAX];
	const char *bits_text;
	unsigned bits;
	struct prefix p = {0};
	if (!addr_split(text, '/', host, &bits_text))
		return "not an IP address";
	if (inet_pton(AF_INET, host, p.bytes) == 1)
		p.family_len = 4;
	else if (inet_pton(AF_INET6, host, p.bytes) == 1)
		p.family_len = 16;
	else
		return "not an IP address";
	bits = p.family_len * 8u;
	if (bits_text && !addr_number_parse(bits_text, p.family_len * 8u, &bits))
		return "the prefix length behind / is not a number that fits the address";
	p.bits = (uint8_t)bits;
	if (has_host_bits(&p))
		return "the address has bits set behind the prefix length";
	*out = p;
	return NULL;
}

void prefix_print(const struct prefix *p, char out[ADDR_TEXT_MAX])
{
	inet_ntop(p->family_len == 4 ? AF_INET : AF_INET6, p->bytes, out, ADDR_TEXT_MAX);
	size_t n = strlen(out);
	if (p->bits < p->family_len * 8u)
		snprintf(out + n, ADDR_TEXT_MAX - n, "/%u", p->bits);
}

bool prefix_holds(const struct prefix *p, const struct addr *a)
{
	size_t len;
	const uint8_t *bytes = address_bytes(a, &len);
	return len == p->family_len && bits_equal(p->bytes, bytes, p->bits);
}
