/* SPDX-License-Identifier: BSD-2-Clause */
#include "dns/name_odd.h"

static const char *label_odd(const uint8_t *label)
{
	for (unsigned i = 1; i <= label[0]; i++) {
		if (label[i] == ' ')
			return "has a blank";
		if (label[i] >= 0x80)
			return DNS_NAME_BEYOND_ASCII;
		if (label[i] < 0x20 || label[i] == 0x7f)
			return "has a control character";
	}
	return NULL;
}

const char *dns_name_odd(const struct dns_name *name)
{
	const char *odd = NULL;
	for (const uint8_t *label = name->wire; *label && !odd; label += *label + 1) {
		const uint8_t *next = label + *label + 1;
		bool is_instance = *next && next[1] == '_';
		odd = is_instance ? NULL : label_odd(label);
	}
	return odd;
}

bool dns_name_lacks_dot(const struct dns_name *name, const struct dns_name *apex)
{
	if (apex->labels == 0 || name->labels < 2 * apex->labels || !dns_name_under(name, apex))
		return false;
	struct dns_name rest = dns_name_strip(name, name->labels - 2u * apex->labels);
	return memcmp(rest.wire, apex->wire, apex->len - 1u) == 0;
}
