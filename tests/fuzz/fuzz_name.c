/* SPDX-License-Identifier: BSD-2-Clause */
/* Names from text and from messages: what is read once reads the same again. */
#include "dns/name.h"
#include "dns/wire.h"
#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void check_value(const struct dns_name *name)
{
	struct dns_name root = dns_name_root(), back;
	char text[DNS_NAME_TEXT_MAX];
	uint8_t key[DNS_NAME_KEY_MAX];
	assert(dns_name_from_wire(&back, bytes_of(name->wire, name->len)));
	assert(dns_name_equal(&back, name) && back.labels == name->labels);

	dns_name_print(name, text);
	assert(!dns_name_parse_text(&back, text));
	assert(dns_name_equal(&back, name));
	dns_name_show(name, text);
	assert(!dns_name_parse_text(&back, text));
	assert(dns_name_equal(&back, name));

	for (unsigned n = 0; n <= name->labels; n++) {
		struct dns_name apex = dns_name_last(name, n);
		assert(dns_name_under(name, &apex));
		assert(dns_name_compare(&apex, name) <= 0);
		size_t key_len = dns_name_key(key, name, &apex);
		assert(dns_name_from_key(&back, bytes_of(key, key_len), &apex));
		assert(dns_name_equal(&back, name) && back.labels == name->labels);
	}
	assert(dns_name_under(name, &root));
}

static void check_pair(const struct dns_name *a, const struct dns_name *b)
{
	struct dns_name root = dns_name_root();
	uint8_t a_key[DNS_NAME_KEY_MAX], b_key[DNS_NAME_KEY_MAX];
	size_t a_len = dns_name_key(a_key, a, &root), b_len = dns_name_key(b_key, b, &root);
	int order = memcmp(a_key, b_key, a_len < b_len ? a_len : b_len);
	if (order == 0)
		order = (a_len > b_len) - (a_len < b_len);
	int compared = dns_name_compare(a, b);
	assert((order > 0) == (compared > 0) && (order < 0) == (compared < 0));
	assert((compared == 0) == dns_name_equal(a, b));
}

static void from_key(struct bytes key)
{
	struct dns_name root = dns_name_root(), name;
	uint8_t again[DNS_NAME_KEY_MAX];
	if (!dns_name_from_key(&name, key, &root))
		return;
	check_value(&name);
	assert(dns_name_key(again, &name, &root) == key.len);
	assert(memcmp(again, key.data, key.len) == 0);
}

static void from_message(struct bytes message)
{
	struct dns_name names[2];
	struct bytes_in in = bytes_in_of(message.data, message.len);
	dns_wire_name(&in, &names[0]);
	if (in.bad)
		return;
	check_value(&names[0]);
	struct bytes_in again = bytes_in_of(message.data, message.len);
	dns_wire_skip_name(&again);
	assert(!again.bad && again.at == in.at);
	dns_wire_name(&in, &names[1]);
	if (!in.bad)
		check_pair(&names[0], &names[1]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	if (len == 0)
		return 0;
	struct bytes_in in = bytes_in_of(data, len);
	uint8_t how = bytes_in_u8(&in);
	size_t left = bytes_in_left(&in);
	const uint8_t *rest = bytes_in_take(&in, left);
	if (in.bad)
		return 0;
	struct dns_name name, origin = dns_name_root();
	switch (how % 4) {
	case 0:
		if (!dns_name_parse(&name, (const char *)rest, left, NULL))
			check_value(&name);
		break;
	case 1:
		assert(!dns_name_parse_text(&origin, "corp.example"));
		if (!dns_name_parse(&name, (const char *)rest, left, &origin)) {
			check_value(&name);
			check_pair(&name, &origin);
		}
		break;
	case 2:
		from_message(bytes_of(rest, left));
		break;
	default:
		from_key(bytes_of(rest, left));
	}
	return 0;
}
