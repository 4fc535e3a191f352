/* SPDX-License-Identifier: BSD-2-Clause */
/* LOC (RFC 1876): a place on the earth, in thousandths of a second of arc and in centimetres. */
#include "dns/rdata_field.h"

#define EQUATOR            0x80000000u
#define SEA_LEVEL          10000000u /* centimetres below which altitudes are counted */
#define DEGREE             3600000u
#define LATITUDE_MOST      (90 * DEGREE)
#define LONGITUDE_MOST     (180 * DEGREE)
#define ALTITUDE_MOST      4284967295ull /* centimetres above sea level: 42849672.95 m */
#define SIZE_MOST          9000000000ull /* 90000000.00 m */
#define SIZE_DEFAULT       0x12          /* 1 m */
#define HORIZONTAL_DEFAULT 0x16          /* 10 km */
#define VERTICAL_DEFAULT   0x13          /* 10 m */

/* Sizes are a digit and a power of ten (section 2); nothing has but one form. */
static bool is_size(uint8_t size)
{
	return size >> 4 <= 9 && (size & 15) <= 9 && (size >> 4 > 0 || size == 0);
}

static bool is_angle(uint32_t angle, uint32_t most)
{
	return angle >= EQUATOR - most && angle <= EQUATOR + most;
}

static void rdata_loc_check(struct bytes_in *in)
{
	uint8_t version = bytes_in_u8(in);
	for (int i = 0; i < 3; i++) {
		if (!is_size(bytes_in_u8(in)))
			in->bad = true;
	}
	uint32_t latitude = bytes_in_u32(in), longitude = bytes_in_u32(in);
	bytes_in_u32(in);
	if (version != 0 || !is_angle(latitude, LATITUDE_MOST) ||
	    !is_angle(longitude, LONGITUDE_MOST))
		in->bad = true;
}

static void print_angle(struct dns_text *text, uint32_t angle, const char *signs)
{
	uint32_t a = angle >= EQUATOR ? angle - EQUATOR : EQUATOR - angle;
	dns_text_print(text, "%u %u %u.%03u %c ", a / DEGREE, a / 60000 % 60, a / 1000 % 60,
		       a % 1000, signs[angle < EQUATOR]);
}

static void print_size(struct dns_text *text, uint8_t size)
{
	uint64_t centimetres = size >> 4;
	for (int i = size & 15; i > 0; i--)
		centimetres *= 10;
	dns_text_print(text, " %llu.%02llum", (unsigned long long)(centimetres / 100),
		       (unsigned long long)(centimetres % 100));
}

static void rdata_loc_print(struct bytes_in *in, struct dns_text *text)
{
	bytes_in_u8(in);
	uint8_t size = bytes_in_u8(in), horizontal = bytes_in_u8(in), vertical = bytes_in_u8(in);
	print_angle(text, bytes_in_u32(in), "NS");
	print_angle(text, bytes_in_u32(in), "EW");
	int64_t altitude = (int64_t)bytes_in_u32(in) - SEA_LEVEL;
	uint64_t height = (uint64_t)(altitude < 0 ? -altitude : altitude);
	dns_text_print(text, "%s%llu.%02llum", altitude < 0 ? "-" : "",
		       (unsigned long long)(height / 100), (unsigned long long)(height % 100));
	print_size(text, size);
	print_size(text, horizontal);
	print_size(text, vertical);
}

/* A decimal number with at most `places` behind its point, times 10^places; fills the text. */
static bool decimal_parse(const char *text, size_t len, unsigned places, uint64_t *value)
{
	uint64_t v = 0;
	unsigned behind = 0;
	bool has_point = false, has_digits = false;
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '.' && !has_point) {
			has_point = true;
			continue;
		}
		if (text[i] < '0' || text[i] > '9' || (has_point && behind == places) ||
		    v > UINT64_MAX / 100000)
			return false;
		v = v * 10 + (uint64_t)(text[i] - '0');
		behind += has_point;
		has_digits = true;
	}
	for (; behind < places; behind++)
		v *= 10;
	*value = v;
	return has_digits;
}

/* One of two letters, in any case. */
static bool is_sign(const char *text, size_t len, const char *signs)
{
	return len == 1 && ((text[0] & 0xdf) == signs[0] || (text[0] & 0xdf) == signs[1]);
}

/* Degrees, minutes and seconds, of which the last two may be missing, and a letter. */
static const char *parse_angle(struct dns_words *w, const char *signs, uint32_t most)
{
	static const struct {
		unsigned places;
		uint64_t below, unit;
	} parts[] = {{0, 181, DEGREE}, {0, 60, 60000}, {3, 60000, 1}};
	const char *text, *wrong;
	size_t len;
	uint64_t angle = 0;
	for (unsigned i = 0;; i++) {
		if ((wrong = dns_words_plain(w, &text, &len)))
			return wrong;
		if (i > 0 && is_sign(text, len, signs))
			break;
		uint64_t value;
		if (i == 3 || !decimal_parse(text, len, parts[i].places, &value) ||
		    value >= parts[i].below)
			return "not degrees, minutes and seconds with N or S, then with E or W";
		angle += value * parts[i].unit;
		dns_words_next(w);
	}
	if (angle > most)
		return "more degrees than there are";
	bool is_negative = (text[0] & 0xdf) == signs[1];
	bytes_out_u32(w->out, (uint32_t)(is_negative ? EQUATOR - angle : EQUATOR + angle));
	dns_words_next(w);
	return NULL;
}

/* Metres with at most two places, as centimetres; an `m` may follow. */
static bool metres_parse(const char *text, size_t len, uint64_t *centimetres)
{
	if (len > 0 && (text[len - 1] | 0x20) == 'm')
		len--;
	return decimal_parse(text, len, 2, centimetres);
}

static const char *parse_altitude(struct dns_words *w)
{
	const char *text, *wrong;
	size_t len;
	uint64_t height;
	if ((wrong = dns_words_plain(w, &text, &len)))
		return wrong;
	bool is_negative = len > 0 && text[0] == '-';
	size_t sign = len > 0 && (text[0] == '-' || text[0] == '+');
	if (!metres_parse(text + sign, len - sign, &height) ||
	    height > (is_negative ? SEA_LEVEL : ALTITUDE_MOST))
		return "not an altitude in metres";
	bytes_out_u32(w->out, (uint32_t)(is_negative ? SEA_LEVEL - height : SEA_LEVEL + height));
	dns_words_next(w);
	return NULL;
}

/* A size as digit and power of ten, rounded down; `*size` stays when there is no word. */
static const char *parse_size(struct dns_words *w, uint8_t *size)
{
	const char *text, *wrong;
	size_t len;
	uint64_t centimetres;
	if (dns_words_are_over(w))
		return NULL;
	if ((wrong = dns_words_plain(w, &text, &len)))
		return wrong;
	if (!metres_parse(text, len, &centimetres) || centimetres > SIZE_MOST)
		return "not a size in metres";
	unsigned power = 0;
	for (; centimetres >= 10; centimetres /= 10)
		power++;
	*size = (uint8_t)(centimetres << 4 | power);
	dns_words_next(w);
	return NULL;
}

static const char *rdata_loc_parse(struct dns_words *w)
{
	uint8_t size = SIZE_DEFAULT, horizontal = HORIZONTAL_DEFAULT, vertical = VERTICAL_DEFAULT;
	size_t start = bytes_out_len(w->out);
	const char *wrong;
	bytes_out_u32(w->out, 0);
	if ((wrong = parse_angle(w, "NS", LATITUDE_MOST)) ||
	    (wrong = parse_angle(w, "EW", LONGITUDE_MOST)) || (wrong = parse_altitude(w)) ||
	    (wrong = parse_size(w, &size)) || (wrong = parse_size(w, &horizontal)) ||
	    (wrong = parse_size(w, &vertical)))
		return wrong;
	bytes_out_patch_u16(w->out, start, size);
	bytes_out_patch_u16(w->out, start + 2, (uint16_t)(horizontal << 8 | vertical));
	return NULL;
}

const struct dns_field dns_field_loc = {rdata_loc_check, rdata_loc_print, rdata_loc_parse};
