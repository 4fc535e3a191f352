/* SPDX-License-Identifier: BSD-2-Clause */
#include "ctl/idn.h"
#include <ctype.h>
#include <idn2.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define IDN_NAME_MAX 4096 /* of what is written; DNS has 255 bytes */

static bool idn_is_ascii(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)text[i] >= 0x80)
			return false;
	return true;
}

/* Other ASCII than letters, digits and hyphens stays out of a label that is turned: libidn2 would
 * drop a blank. */
static bool idn_may_turn(const char *label, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)label[i];
		if (c < 0x80 && c != '-' && !isalnum(c))
			return false;
	}
	return true;
}

/* One label, which ends at `len`, behind what is in `out`. */
static bool idn_add_label(char *out, size_t *at, const char *label, size_t len)
{
	char text[IDN_NAME_MAX], *ascii = NULL;
	memcpy(text, label, len);
	text[len] = '\0';
	bool is_plain = idn_is_ascii(label, len);
	bool is_well =
		is_plain ||
		(idn_may_turn(label, len) &&
		 idn2_to_ascii_8z(text, &ascii, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL) == IDN2_OK);
	const char *found = is_plain ? text : ascii;
	size_t found_len = is_well ? strlen(found) : 0;
	is_well = is_well && *at + found_len < IDN_NAME_MAX;
	if (is_well)
		memcpy(out + *at, found, found_len);
	*at += is_well ? found_len : 0;
	idn2_free(ascii);
	return is_well;
}

char *idn_ascii(const char *name)
{
	char out[IDN_NAME_MAX + 1];
	size_t at = 0, len = strlen(name);
	if (len >= IDN_NAME_MAX || idn_is_ascii(name, len))
		return NULL;
	for (const char *label = name;; label++) {
		size_t label_len = strcspn(label, ".");
		if (!idn_add_label(out, &at, label, label_len) || at >= IDN_NAME_MAX)
			return NULL;
		label += label_len;
		if (!*label)
			break;
		out[at++] = '.';
	}
	out[at] = '\0';
	return strdup(out);
}
