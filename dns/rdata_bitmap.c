/* SPDX-License-Identifier: BSD-2-Clause */
/* Sets of types and of ports as bitmaps in record data. */
#include "dns/rdata_field.h"
#include "dns/type.h"
#include <strings.h>

#define WINDOW_BYTES_MAX 32
#define NXT_BYTES_MAX    16

static void set_bit(uint8_t *bitmap, unsigned bit)
{
	bitmap[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
}

/* How many bytes of a bitmap hold a bit. */
static size_t used_bytes(const uint8_t *bitmap, size_t len)
{
	while (len > 0 && bitmap[len - 1] == 0)
		len--;
	return len;
}

/* Calls the printer for each bit that is set. */
static void print_bits(struct bytes bitmap, unsigned base, struct dns_text *text,
		       void (*print)(struct dns_text *, unsigned))
{
	for (unsigned bit = 0; bit < bitmap.len * 8; bit++) {
		if (bitmap.data[bit / 8] & 0x80 >> bit % 8) {
			dns_text_next(text);
			print(text, base + bit);
		}
	}
}

static void rdata_bitmap_print_type(struct dns_text *text, unsigned type)
{
	char word[DNS_TYPE_TEXT_MAX];
	if (text->is_common)
		dns_type_print_common((uint16_t)type, word);
	else
		dns_type_print((uint16_t)type, word);
	dns_text_put(text, word, strlen(word));
}

static void print_bitmap_number(struct dns_text *text, unsigned number)
{
	dns_text_print(text, "%u", number);
}

/* Sets the bit of each type that the words name, up to the end. */
static const char *take_types(struct dns_words *w, unsigned most, uint8_t *bitmap)
{
	const char *text, *wrong;
	size_t len;
	uint16_t type;
	while (!dns_words_are_over(w)) {
		if ((wrong = dns_words_plain(w, &text, &len)))
			return wrong;
		if (!dns_type_parse(text, len, &type))
			return "not a record type";
		if (type > most)
			return "a type that does not fit this record";
		set_bit(bitmap, type);
		dns_words_next(w);
	}
	return NULL;
}

/* --- windows of 256 types (RFC 4034 4.1.2) --- */

static void check_types(struct bytes_in *in)
{
	int last = -1;
	while (bytes_in_left(in) > 0) {
		uint8_t window = bytes_in_u8(in), len = bytes_in_u8(in);
		const uint8_t *bitmap = bytes_in_take(in, len);
		if (!bitmap || window <= last || len == 0 || len > WINDOW_BYTES_MAX ||
		    bitmap[len - 1] == 0)
			in->bad = true;
		last = window;
	}
}

static void rdata_bitmap_print_types(struct bytes_in *in, struct dns_text *text)
{
	while (bytes_in_left(in) > 0) {
		unsigned window = bytes_in_u8(in);
		size_t len = bytes_in_u8(in);
		print_bits(bytes_of(bytes_in_take(in, len), len), window << 8, text,
			   rdata_bitmap_print_type);
	}
}

static const char *rdata_bitmap_parse_types(struct dns_words *w)
{
	uint8_t bitmap[65536 / 8] = {0};
	const char *wrong = take_types(w, UINT16_MAX, bitmap);
	if (wrong)
		return wrong;
	for (unsigned window = 0; window < 256; window++) {
		const uint8_t *part = bitmap + (size_t)window * WINDOW_BYTES_MAX;
		size_t len = used_bytes(part, WINDOW_BYTES_MAX);
		if (len == 0)
			continue;
		bytes_out_u8(w->out, (uint8_t)window);
		bytes_out_u8(w->out, (uint8_t)len);
		bytes_out_put(w->out, part, len);
	}
	return NULL;
}

const struct dns_field dns_field_types = {check_types, rdata_bitmap_print_types,
					  rdata_bitmap_parse_types};

/* --- types up to 127 (RFC 2535 5.2) --- */

static void check_types_nxt(struct bytes_in *in)
{
	size_t len = bytes_in_left(in);
	const uint8_t *bitmap = bytes_in_take(in, len);
	/* Bit 0 set would mean another format, which was never made. */
	if (!bitmap || len == 0 || len > NXT_BYTES_MAX || bitmap[0] & 0x80 || bitmap[len - 1] == 0)
		in->bad = true;
}

static void print_types_nxt(struct bytes_in *in, struct dns_text *text)
{
	size_t len = bytes_in_left(in);
	print_bits(bytes_of(bytes_in_take(in, len), len), 0, text, rdata_bitmap_print_type);
}

static const char *parse_types_nxt(struct dns_words *w)
{
	uint8_t bitmap[NXT_BYTES_MAX] = {0};
	const char *wrong = take_types(w, NXT_BYTES_MAX * 8 - 1, bitmap);
	if (wrong)
		return wrong;
	size_t len = used_bytes(bitmap, sizeof bitmap);
	if (len == 0 || bitmap[0] & 0x80)
		return "record data is incomplete";
	bytes_out_put(w->out, bitmap, len);
	return NULL;
}

const struct dns_field dns_field_types_nxt = {check_types_nxt, print_types_nxt, parse_types_nxt};

/* --- WKS: a protocol and its ports (RFC 1035 3.4.2) --- */

/* Services by the words that IANA and /etc/services have for them, below port 1024; others are
 * numbers. */
static const struct {
	uint16_t port;
	const char *text;
} services[] = {{1, "tcpmux"},
		{7, "echo"},
		{9, "discard"},
		{11, "systat"},
		{13, "daytime"},
		{15, "netstat"},
		{17, "qotd"},
		{19, "chargen"},
		{20, "ftp-data"},
		{21, "ftp"},
		{22, "ssh"},
		{23, "telnet"},
		{25, "smtp"},
		{37, "time"},
		{39, "rlp"},
		{42, "nameserver"},
		{43, "whois"},
		{49, "tacacs"},
		{53, "domain"},
		{67, "bootps"},
		{68, "bootpc"},
		{69, "tftp"},
		{70, "gopher"},
		{77, "rje"},
		{79, "finger"},
		{80, "http"},
		{87, "link"},
		{88, "kerberos"},
		{95, "supdup"},
		{101, "hostnames"},
		{102, "iso-tsap"},
		{109, "pop2"},
		{110, "pop3"},
		{111, "sunrpc"},
		{113, "auth"},
		{115, "sftp"},
		{117, "uucp-path"},
		{119, "nntp"},
		{123, "ntp"},
		{137, "netbios-ns"},
		{138, "netbios-dgm"},
		{139, "netbios-ssn"},
		{143, "imap2"},
		{161, "snmp"},
		{162, "snmp-trap"},
		{177, "xdmcp"},
		{179, "bgp"},
		{194, "irc"},
		{389, "ldap"},
		{427, "svrloc"},
		{443, "https"},
		{464, "kpasswd"},
		{465, "submissions"},
		{500, "isakmp"},
		{512, "exec"},
		{513, "login"},
		{514, "shell"},
		{515, "printer"},
		{540, "uucp"},
		{543, "klogin"},
		{544, "kshell"},
		{546, "dhcpv6-client"},
		{547, "dhcpv6-server"},
		{548, "afpovertcp"},
		{554, "rtsp"},
		{563, "nntps"},
		{587, "submission"},
		{631, "ipp"},
		{636, "ldaps"},
		{749, "kerberos-adm"},
		{853, "domain-s"},
		{873, "rsync"},
		{989, "ftps-data"},
		{990, "ftps"},
		{992, "telnets"},
		{993, "imaps"},
		{995, "pop3s"},
		{143, "imap"},
		{513, "who"},
		{514, "syslog"}};

static bool rdata_bitmap_is_word(const char *text, size_t len, const char *word)
{
	return strlen(word) == len && strncasecmp(text, word, len) == 0;
}

static bool port_parse(const char *text, size_t len, uint64_t *port)
{
	for (size_t i = 0; i < sizeof services / sizeof services[0]; i++) {
		if (rdata_bitmap_is_word(text, len, services[i].text)) {
			*port = services[i].port;
			return true;
		}
	}
	return dns_number_parse(text, len, UINT16_MAX, port);
}

static void check_wks(struct bytes_in *in)
{
	bytes_in_u8(in);
	size_t len = bytes_in_left(in);
	const uint8_t *bitmap = bytes_in_take(in, len);
	/* Zeros at the end say nothing, and a set has but one form. */
	if (len > 65536 / 8 || (len > 0 && bitmap[len - 1] == 0))
		in->bad = true;
}

static void print_wks(struct bytes_in *in, struct dns_text *text)
{
	print_bitmap_number(text, bytes_in_u8(in));
	size_t len = bytes_in_left(in);
	print_bits(bytes_of(bytes_in_take(in, len), len), 0, text, print_bitmap_number);
}

static const char *parse_wks(struct dns_words *w)
{
	uint8_t bitmap[65536 / 8] = {0};
	const char *text, *wrong;
	size_t len;
	uint64_t number;
	if ((wrong = dns_words_plain(w, &text, &len)))
		return wrong;
	if (rdata_bitmap_is_word(text, len, "tcp"))
		number = 6;
	else if (rdata_bitmap_is_word(text, len, "udp"))
		number = 17;
	else if (!dns_number_parse(text, len, UINT8_MAX, &number))
		return "not a protocol: TCP, UDP or a number";
	bytes_out_u8(w->out, (uint8_t)number);
	for (dns_words_next(w); !dns_words_are_over(w); dns_words_next(w)) {
		if ((wrong = dns_words_plain(w, &text, &len)))
			return wrong;
		if (!port_parse(text, len, &number))
			return "not a port number, nor a service known by its name";
		set_bit(bitmap, (unsigned)number);
	}
	bytes_out_put(w->out, bitmap, used_bytes(bitmap, sizeof bitmap));
	return NULL;
}

const struct dns_field dns_field_wks = {check_wks, print_wks, parse_wks};
