/* SPDX-License-Identifier: BSD-2-Clause */
#include "migrate/ad_record.h"
#include "dns/name.h"
#include "dns/rdata.h"
#include <string.h>

#define VERSION 5

#define SOA_NUMBERS 20 /* bytes */

/* From 1601 to 1970, and how a time of Windows counts. */
#define SECONDS_TO_1970 11644473600ull
#define TICKS_IN_SECOND 10000000ull

/* How data is kept, a letter for each part: `2` a number, `n` a counted name, `s` a string with
 * its length, `t` strings up to the end, `r` the bytes up to the end, `a` an SOA's. */
static const struct ad_record_shape {
	uint16_t type;
	const char *parts;
} shapes[] = {
	{DNS_TYPE_A, "r"},      {DNS_TYPE_NS, "n"},         {DNS_TYPE_MD, "n"},
	{DNS_TYPE_MF, "n"},     {DNS_TYPE_CNAME, "n"},      {DNS_TYPE_SOA, "a"},
	{DNS_TYPE_MB, "n"},     {DNS_TYPE_MG, "n"},         {DNS_TYPE_MR, "n"},
	{DNS_TYPE_NULL, "r"},   {DNS_TYPE_WKS, "r"},        {DNS_TYPE_PTR, "n"},
	{DNS_TYPE_HINFO, "ss"}, {DNS_TYPE_MINFO, "nn"},     {DNS_TYPE_MX, "2n"},
	{DNS_TYPE_TXT, "t"},    {DNS_TYPE_RP, "nn"},        {DNS_TYPE_AFSDB, "2n"},
	{DNS_TYPE_X25, "s"},    {DNS_TYPE_ISDN, "t"},       {DNS_TYPE_RT, "2n"},
	{DNS_TYPE_KEY, "r"},    {DNS_TYPE_AAAA, "r"},       {DNS_TYPE_SRV, "222n"},
	{DNS_TYPE_ATMA, "r"},   {DNS_TYPE_NAPTR, "22sssn"}, {DNS_TYPE_DNAME, "n"},
	{DNS_TYPE_DS, "r"},     {DNS_TYPE_SSHFP, "r"},      {DNS_TYPE_DHCID, "r"},
	{DNS_TYPE_TLSA, "r"},
};

static const char *ad_record_parts(uint16_t type)
{
	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++)
		if (shapes[i].type == type)
			return shapes[i].parts;
	return NULL;
}

bool ad_record_is_known(uint16_t type)
{
	return ad_record_parts(type) != NULL;
}

static uint16_t ad_record_u16(struct bytes_in *in)
{
	return __builtin_bswap16(bytes_in_u16(in));
}

static uint32_t ad_record_u32(struct bytes_in *in)
{
	return __builtin_bswap32(bytes_in_u32(in));
}

const char *ad_record_read(struct bytes value, struct ad_record *record)
{
	struct bytes_in in = bytes_in_of(value.data, value.len);
	struct ad_record read = {0};
	uint16_t len = ad_record_u16(&in);
	read.type = ad_record_u16(&in);
	uint8_t version = bytes_in_u8(&in);
	read.rank = bytes_in_u8(&in);
	ad_record_u16(&in);
	read.serial = ad_record_u32(&in);
	read.ttl = bytes_in_u32(&in);
	bytes_in_u32(&in);
	uint32_t hours = ad_record_u32(&in);
	read.data = bytes_of(bytes_in_take(&in, len), len);
	if (in.bad)
		return "a dnsRecord that is cut off";
	if (version != VERSION)
		return "a dnsRecord of another version than 5";
	if (bytes_in_left(&in) > 0)
		return "a dnsRecord with more bytes than its length says";
	if (!dns_age_of_hours(hours, &read.age))
		return "a dnsRecord whose stamp is no time after 1970";
	*record = read;
	return NULL;
}

/* A counted name, as wire form. False: its counts do not agree, or it is no name. */
static bool ad_record_name(struct bytes_in *in, struct bytes_out *out)
{
	uint8_t len = bytes_in_u8(in), labels = bytes_in_u8(in);
	const uint8_t *wire = bytes_in_take(in, len);
	struct dns_name name;
	/* The root is written with no byte at all, or with its own. */
	if (wire && len == 0 && labels == 0) {
		bytes_out_u8(out, 0);
		return true;
	}
	if (!wire || !dns_name_from_wire(&name, bytes_of(wire, len)) || name.labels != labels)
		return false;
	bytes_out_put(out, wire, len);
	return true;
}

/* A string with its length. False: it is cut off. */
static bool ad_record_string(struct bytes_in *in, struct bytes_out *out)
{
	uint8_t len = bytes_in_u8(in);
	const uint8_t *text = bytes_in_take(in, len);
	if (!text)
		return false;
	bytes_out_u8(out, len);
	bytes_out_put(out, text, len);
	return true;
}

/* The five numbers of an SOA stand before its names there, and behind them here. */
static const char *ad_record_authority(struct bytes_in *in, struct bytes_out *out)
{
	const uint8_t *numbers = bytes_in_take(in, SOA_NUMBERS);
	if (!numbers)
		return "data that is cut off";
	if (!ad_record_name(in, out) || !ad_record_name(in, out))
		return "a name in it that is none";
	bytes_out_put(out, numbers, SOA_NUMBERS);
	return NULL;
}

static const char *ad_record_part(char part, struct bytes_in *in, struct bytes_out *out)
{
	size_t rest = bytes_in_left(in);
	switch (part) {
	case 'n':
		return ad_record_name(in, out) ? NULL : "a name in it that is none";
	case 'a':
		return ad_record_authority(in, out);
	case 't':
		while (bytes_in_left(in) > 0)
			if (!ad_record_string(in, out))
				return "a string in it that is cut off";
		return NULL;
	case 's':
		return ad_record_string(in, out) ? NULL : "a string in it that is cut off";
	case 'r':
		bytes_out_put(out, bytes_in_take(in, rest), rest);
		return NULL;
	default:
		bytes_out_number(out, bytes_in_number(in, (size_t)(part - '0')),
				 (size_t)(part - '0'));
		return in->bad ? "data that is cut off" : NULL;
	}
}

const char *ad_record_data(const struct ad_record *record, struct bytes_out *rdata)
{
	const char *parts = ad_record_parts(record->type), *wrong = NULL;
	struct bytes_in in = bytes_in_of(record->data.data, record->data.len);
	size_t from = bytes_out_len(rdata);
	for (parts = parts ? parts : "r"; *parts && !wrong; parts++)
		wrong = ad_record_part(*parts, &in, rdata);
	if (wrong)
		return wrong;
	if (bytes_in_left(&in) > 0)
		return "more data than its type has";
	if (rdata->full)
		return "more data than a record can hold";
	struct bytes made = bytes_of(rdata->start + from, bytes_out_len(rdata) - from);
	if (!dns_rdata_is_valid(record->type, made))
		return "data that is not of its type";
	return dns_rdata_fault(record->type, made);
}

bool ad_record_deleted(const struct ad_record *record, uint64_t *seconds)
{
	struct bytes_in in = bytes_in_of(record->data.data, record->data.len);
	uint64_t ticks = __builtin_bswap64(bytes_in_u64(&in));
	if (in.bad || ticks / TICKS_IN_SECOND < SECONDS_TO_1970)
		return false;
	*seconds = ticks / TICKS_IN_SECOND - SECONDS_TO_1970;
	return true;
}
