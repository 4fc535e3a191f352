/* SPDX-License-Identifier: BSD-2-Clause */
#include "dns/name.h"
#include <assert.h>
#include <string.h>

/* Length bytes are at most 63 and so never look like letters: a whole name is lowered at once. */
static void lower_all(uint8_t *to, const uint8_t *from, size_t len)
{
	for (size_t i = 0; i < len; i++)
		to[i] = dns_lower(from[i]);
}

/* How many labels a well-formed wire name has, the root not counted. */
static uint8_t count_labels(const uint8_t *wire)
{
	uint8_t labels = 0;
	for (; *wire; wire += *wire + 1)
		labels++;
	return labels;
}

/* Where the labels of a name begin. */
static void label_places(const struct dns_name *name, uint8_t places[DNS_LABELS_MAX])
{
	size_t at = 0;
	for (unsigned i = 0; i < name->labels; i++) {
		places[i] = (uint8_t)at;
		at += name->wire[at] + 1u;
	}
}

/* The offset of the label `n` labels from the left. */
static size_t label_offset(const struct dns_name *name, unsigned n)
{
	size_t at = 0;
	while (n-- > 0)
		at += name->wire[at] + 1u;
	return at;
}

struct dns_name dns_name_root(void)
{
	return (struct dns_name){.len = 1};
}

bool dns_name_from_wire(struct dns_name *name, struct bytes wire)
{
	size_t at = 0;
	uint8_t labels = 0;
	if (wire.len == 0 || wire.len > DNS_NAME_MAX)
		return false;
	while (wire.data[at]) {
		if (wire.data[at] > DNS_LABEL_MAX)
			return false;
		at += wire.data[at] + 1u;
		labels++;
		if (at >= wire.len)
			return false;
	}
	if (at + 1 != wire.len)
		return false;
	name->len = (uint8_t)wire.len;
	name->labels = labels;
	lower_all(name->wire, wire.data, wire.len);
	return true;
}

const char *dns_name_parse(struct dns_name *name, const char *text, size_t len,
			   const struct dns_name *origin)
{
	uint8_t raw[DNS_NAME_MAX], raw_len;
	const char *wrong = dns_name_parse_raw(raw, &raw_len, text, len, origin);
	if (wrong)
		return wrong;
	name->len = raw_len;
	lower_all(name->wire, raw, raw_len);
	name->labels = count_labels(name->wire);
	return NULL;
}

const char *dns_name_parse_text(struct dns_name *name, const char *text)
{
	return dns_name_parse(name, text, strlen(text), NULL);
}

char *dns_name_print(const struct dns_name *name, char out[DNS_NAME_TEXT_MAX])
{
	return dns_name_print_raw(bytes_of(name->wire, name->len), out);
}

char *dns_name_show(const struct dns_name *name, char out[DNS_NAME_TEXT_MAX])
{
	dns_name_print(name, out);
	if (name->labels > 0)
		out[strlen(out) - 1] = '\0';
	return out;
}

bool dns_name_equal(const struct dns_name *a, const struct dns_name *b)
{
	return a->len == b->len && memcmp(a->wire, b->wire, a->len) == 0;
}

int dns_name_compare(const struct dns_name *a, const struct dns_name *b)
{
	uint8_t a_at[DNS_LABELS_MAX], b_at[DNS_LABELS_MAX];
	label_places(a, a_at);
	label_places(b, b_at);
	unsigned i = a->labels, j = b->labels;
	while (i > 0 && j > 0) {
		const uint8_t *left = a->wire + a_at[--i], *right = b->wire + b_at[--j];
		size_t least = *left < *right ? *left : *right;
		int order = memcmp(left + 1, right + 1, least);
		if (order == 0)
			order = *left - *right;
		if (order != 0)
			return order;
	}
	return (int)i - (int)j;
}

bool dns_name_under(const struct dns_name *name, const struct dns_name *ancestor)
{
	if (name->labels < ancestor->labels || name->len < ancestor->len)
		return false;
	size_t at = label_offset(name, name->labels - ancestor->labels);
	return name->len - at == ancestor->len &&
	       memcmp(name->wire + at, ancestor->wire, ancestor->len) == 0;
}

struct dns_name dns_name_strip(const struct dns_name *name, unsigned n)
{
	assert(n <= name->labels);
	size_t at = label_offset(name, n);
	struct dns_name rest = {.len = (uint8_t)(name->len - at),
				.labels = (uint8_t)(name->labels - n)};
	memcpy(rest.wire, name->wire + at, rest.len);
	return rest;
}

struct dns_name dns_name_last(const struct dns_name *name, unsigned n)
{
	assert(n <= name->labels);
	return dns_name_strip(name, name->labels - n);
}

bool dns_name_wildcard(struct dns_name *wildcard, const struct dns_name *name)
{
	if (name->len + 2 > DNS_NAME_MAX)
		return false;
	struct dns_name w = {.len = (uint8_t)(name->len + 2),
			     .labels = (uint8_t)(name->labels + 1)};
	w.wire[0] = 1;
	w.wire[1] = '*';
	memcpy(w.wire + 2, name->wire, name->len);
	*wildcard = w;
	return true;
}

bool dns_name_is_wildcard(const struct dns_name *name)
{
	return name->wire[0] == 1 && name->wire[1] == '*';
}

bool dns_name_replace(struct dns_name *out, const struct dns_name *name,
		      const struct dns_name *from, const struct dns_name *to)
{
	assert(name->labels > from->labels && dns_name_under(name, from));
	size_t kept = (size_t)(name->len - from->len);
	if (kept + to->len > DNS_NAME_MAX)
		return false;
	struct dns_name n = {.len = (uint8_t)(kept + to->len),
			     .labels = (uint8_t)(name->labels - from->labels + to->labels)};
	memcpy(n.wire, name->wire, kept);
	memcpy(n.wire + kept, to->wire, to->len);
	*out = n;
	return true;
}

size_t dns_name_key(uint8_t out[DNS_NAME_KEY_MAX], const struct dns_name *name,
		    const struct dns_name *apex)
{
	assert(name->labels >= apex->labels);
	uint8_t places[DNS_LABELS_MAX];
	size_t at = 0;
	label_places(name, places);
	for (unsigned i = name->labels - apex->labels; i > 0; i--) {
		const uint8_t *label = name->wire + places[i - 1];
		for (size_t k = 1; k <= *label; k++) {
			if (label[k] > 1) {
				out[at++] = label[k];
				continue;
			}
			out[at++] = 1;
			out[at++] = (uint8_t)(label[k] + 1);
		}
		out[at++] = 0;
	}
	assert(at <= DNS_NAME_KEY_MAX);
	return at;
}

/*
 * One label of a key, unescaped to `label` (behind its length byte). False: it does not end, is
 * empty or too long, or is not escaped as dns_name_key() does.
 */
static bool key_label(struct bytes_in *key, uint8_t label[1 + DNS_LABEL_MAX])
{
	label[0] = 0;
	for (;;) {
		uint8_t c = bytes_in_u8(key);
		if (key->bad)
			return false;
		if (c == 0)
			return label[0] > 0;
		if (c == 1) {
			uint8_t escaped = bytes_in_u8(key);
			if (escaped != 1 && escaped != 2)
				return false;
			c = (uint8_t)(escaped - 1);
		}
		if (label[0] == DNS_LABEL_MAX || dns_lower(c) != c)
			return false;
		label[++label[0]] = c;
	}
}

bool dns_name_from_key(struct dns_name *name, struct bytes key, const struct dns_name *apex)
{
	/* The key's first label is the name's last: the name grows from the apex to the left. */
	uint8_t wire[DNS_NAME_MAX], label[1 + DNS_LABEL_MAX];
	size_t at = (size_t)(DNS_NAME_MAX - apex->len);
	struct bytes_in in = bytes_in_of(key.data, key.len);
	uint8_t labels = apex->labels;
	memcpy(wire + at, apex->wire, apex->len);
	while (bytes_in_left(&in) > 0) {
		if (!key_label(&in, label) || label[0] + 1u > at)
			return false;
		at -= label[0] + 1u;
		memcpy(wire + at, label, label[0] + 1u);
		labels++;
	}
	name->len = (uint8_t)(DNS_NAME_MAX - at);
	name->labels = labels;
	memcpy(name->wire, wire + at, name->len);
	return true;
}

static size_t put_octet_label(uint8_t *wire, unsigned octet)
{
	size_t at = 1;
	if (octet >= 100)
		wire[at++] = (uint8_t)('0' + octet / 100);
	if (octet >= 10)
		wire[at++] = (uint8_t)('0' + octet / 10 % 10);
	wire[at++] = (uint8_t)('0' + octet % 10);
	wire[0] = (uint8_t)(at - 1);
	return at;
}

static size_t put_nibble_label(uint8_t *wire, unsigned nibble)
{
	wire[0] = 1;
	wire[1] = (uint8_t) "0123456789abcdef"[nibble];
	return 2;
}

bool dns_name_is_reverse(const struct dns_name *name)
{
	struct dns_name v4, v6;
	return !dns_name_parse_text(&v4, "in-addr.arpa") && !dns_name_parse_text(&v6, "ip6.arpa") &&
	       (dns_name_under(name, &v4) || dns_name_under(name, &v6));
}

struct dns_name dns_name_of_address(const uint8_t *address, size_t len)
{
	return dns_name_of_prefix(address, len, (unsigned)len * 8);
}

struct dns_name dns_name_of_prefix(const uint8_t *address, size_t len, unsigned bits)
{
	static const uint8_t arpa4[] = "\7in-addr\4arpa", arpa6[] = "\3ip6\4arpa";
	assert((len == 4 || len == 16) && bits <= len * 8);
	struct dns_name name = {0};
	size_t at = 0;
	if (len == 4) {
		for (unsigned i = bits / 8; i > 0; i--)
			at += put_octet_label(name.wire + at, address[i - 1]);
		memcpy(name.wire + at, arpa4, sizeof arpa4);
		at += sizeof arpa4;
	} else {
		for (unsigned i = bits / 4; i > 0; i--) {
			unsigned octet = address[(i - 1) / 2];
			at += put_nibble_label(name.wire + at, i % 2 ? octet >> 4 : octet & 15);
		}
		memcpy(name.wire + at, arpa6, sizeof arpa6);
		at += sizeof arpa6;
	}
	name.len = (uint8_t)at;
	name.labels = count_labels(name.wire);
	return name;
}
