/* SPDX-License-Identifier: BSD-2-Clause */
#include "dns/csvzone.h"
#include "base/timeword.h"
#include "dns/csv.h"
#include "dns/rdata.h"
#include "dns/type.h"
#include <stdlib.h>
#include <strings.h>

#define TTL_MOST   0x7fffffffu /* RFC 2181 8 */
#define STRING_MAX 255
#define NO_COLUMN  DNS_CSV_FIELDS_MAX

/* Columns by name; the properties of a record's data in the order of zone files, so that those that
 * a row has make its data. */
enum column {
	HOST_NAME,
	RECORD_TYPE,
	TIMESTAMP,
	TIME_TO_LIVE,
	RECORD_DATA,
	FIRST_PROPERTY,
	COLUMNS = FIRST_PROPERTY + 20
};
static const char *const column_names[COLUMNS] = {
	"HostName",
	"RecordType",
	"Timestamp",
	"TimeToLive",
	"RecordData",
	"Preference",
	"MailExchange",
	"Priority",
	"Weight",
	"Port",
	"IPv4Address",
	"IPv6Address",
	"HostNameAlias",
	"DomainNameAlias",
	"NameServer",
	"PtrDomainName",
	"DomainName",
	"DescriptiveText",
	"PrimaryServer",
	"ResponsiblePerson",
	"SerialNumber",
	"RefreshInterval",
	"RetryDelay",
	"ExpireLimit",
	"MinimumTimeToLive",
};

struct table {
	const char *name;
	const struct dns_zonefile *wanted;
	char *error;
	struct dns_csv csv;
	size_t place[COLUMNS]; /* in a row; NO_COLUMN: none */
	struct dns_zonefile_record record;
	char *text; /* the row's data as in a zone file */
	uint8_t rdata[DNS_RDATA_MAX];
};

static const struct dns_csv_field nothing = {.text = "", .line = 1, .column = 1};

static bool csvzone_fail(struct table *t, const struct dns_csv_field *at, const char *wrong)
{
	unsigned line = at == &nothing ? t->record.line : at->line;
	snprintf(t->error, DNS_ZONEFILE_ERROR_MAX, "%.200s:%u:%u: %.270s", t->name, line,
		 at->column, wrong);
	return false;
}

/* The same about what stands there. */
static bool fail_of(struct table *t, const struct dns_csv_field *at, const char *wrong)
{
	char text[270];
	int shown = at->len > 60 ? 60 : (int)at->len;
	snprintf(text, sizeof(text), "'%.*s' %s", shown, at->text, wrong);
	for (char *c = text; *c; c++)
		if ((unsigned char)*c < 0x20)
			*c = '?';
	return csvzone_fail(t, at, text);
}

static bool fail_csv(struct table *t)
{
	struct dns_csv_field at = {.line = t->csv.error_line, .column = t->csv.error_column};
	return csvzone_fail(t, &at, t->csv.error);
}

/* The row's field of a column; one that is not there is empty. */
static const struct dns_csv_field *csvzone_field(const struct table *t, unsigned column)
{
	size_t place = t->place[column];
	return place < t->csv.count ? &t->csv.fields[place] : &nothing;
}

static bool csvzone_is_named(const struct dns_csv_field *field, const char *name)
{
	return strcasecmp(field->text, name) == 0;
}

static bool has_named(const struct dns_csv *csv, const char *name)
{
	for (size_t i = 0; i < csv->count; i++)
		if (csvzone_is_named(&csv->fields[i], name))
			return true;
	return false;
}

/* DNS Manager's "Export List": one folder, no TTLs, times in words of the locale. */
static bool is_saved_list(const struct dns_csv *csv)
{
	return csv->count >= 3 && has_named(csv, "Name") && has_named(csv, "Type") &&
	       has_named(csv, "Data") && !has_named(csv, "HostName");
}

bool dns_csvzone_is(const char *text, size_t len)
{
	struct dns_csv csv;
	dns_csv_open(&csv, text, len);
	bool is = dns_csv_next(&csv) &&
		  ((has_named(&csv, "HostName") && has_named(&csv, "RecordType")) ||
		   is_saved_list(&csv));
	dns_csv_close(&csv);
	return is;
}

static bool read_columns(struct table *t)
{
	t->record.line = t->csv.line;
	if (!dns_csv_next(&t->csv))
		return t->csv.error ? fail_csv(t) : csvzone_fail(t, &nothing, "an empty table");
	if (is_saved_list(&t->csv))
		return csvzone_fail(
			t, &t->csv.fields[0],
			"a list saved by DNS Manager, which has no TTLs and only one folder: "
			"export the zone as tenurectl(8) says under TABLES");
	for (unsigned c = 0; c < COLUMNS; c++) {
		t->place[c] = NO_COLUMN;
		for (size_t i = 0; i < t->csv.count && t->place[c] == NO_COLUMN; i++)
			if (csvzone_is_named(&t->csv.fields[i], column_names[c]))
				t->place[c] = i;
	}
	if (t->place[HOST_NAME] == NO_COLUMN || t->place[RECORD_TYPE] == NO_COLUMN)
		return csvzone_fail(t, &t->csv.fields[0],
				    "a table without columns named HostName and RecordType");
	return true;
}

static bool csvzone_read_owner(struct table *t)
{
	const struct dns_csv_field *at = csvzone_field(t, HOST_NAME);
	if (at->len == 0)
		return csvzone_fail(t, at, "a row without a HostName");
	const char *wrong = dns_name_parse(&t->record.owner, at->text, at->len, t->wanted->origin);
	return !wrong || fail_of(t, at, wrong);
}

static bool csvzone_is_lookup(const struct dns_csv_field *type)
{
	return csvzone_is_named(type, "WINS") || csvzone_is_named(type, "WINSR");
}

static bool csvzone_read_type(struct table *t)
{
	const struct dns_csv_field *at = csvzone_field(t, RECORD_TYPE);
	if (csvzone_is_lookup(at))
		return fail_of(t, at,
			       "is a WINS lookup, which only Windows does: take the row out");
	if (!dns_type_parse(at->text, at->len, &t->record.type))
		return fail_of(t, at, "is not a record type");
	if (dns_type_is_meta(t->record.type))
		return fail_of(t, at, "is a type that no zone can hold");
	return true;
}

/* Digits up to the next other byte. */
static bool csvzone_take_number(const char **at, uint64_t most, uint64_t *number)
{
	uint64_t n = 0;
	const char *start = *at;
	for (; **at >= '0' && **at <= '9'; ++*at) {
		n = n * 10 + (uint64_t)(**at - '0');
		if (n > most)
			return false;
	}
	*number = n;
	return *at > start;
}

/* [days.]hh:mm:ss[.fraction], as PowerShell prints a TimeSpan. */
static bool timespan_parse(const char *text, uint64_t *seconds)
{
	uint64_t days = 0, hours, minutes, rest, fraction;
	const char *dot = strchr(text, '.'), *colon = strchr(text, ':');
	if (dot && colon && dot < colon &&
	    (!csvzone_take_number(&text, TTL_MOST, &days) || *text++ != '.'))
		return false;
	if (!csvzone_take_number(&text, 23, &hours) || *text++ != ':' ||
	    !csvzone_take_number(&text, 59, &minutes) || *text++ != ':' ||
	    !csvzone_take_number(&text, 59, &rest))
		return false;
	if (*text == '.' && (text++, !csvzone_take_number(&text, UINT32_MAX, &fraction)))
		return false;
	*seconds = ((days * 24 + hours) * 60 + minutes) * 60 + rest;
	return *text == '\0';
}

static bool read_ttl(struct table *t)
{
	const struct dns_csv_field *at = csvzone_field(t, TIME_TO_LIVE);
	const char *text = at->text;
	uint64_t ttl = t->wanted->default_ttl;
	bool is_number = csvzone_take_number(&text, UINT32_MAX, &ttl) && *text == '\0';
	if (at->len > 0 && !is_number && !timespan_parse(at->text, &ttl))
		return fail_of(t, at, "is not a TTL: seconds, or 01:00:00");
	if (ttl > TTL_MOST)
		return fail_of(t, at, "is a TTL above 2147483647");
	t->record.ttl = (uint32_t)ttl;
	return true;
}

static bool is_iso_date(const char *text)
{
	for (unsigned i = 0; i < 10; i++)
		if (i == 4 || i == 7 ? text[i] != '-' : text[i] < '0' || text[i] > '9')
			return false;
	return true;
}

static bool csvzone_read_stamp(struct table *t)
{
	const struct dns_csv_field *at = csvzone_field(t, TIMESTAMP);
	struct dns_age *age = &t->record.age;
	const char *text = at->text;
	uint64_t hours;
	*age = (struct dns_age){.class = DNS_AGE_UNSAID};
	if (at->len == 0 || csvzone_is_named(at, "static"))
		return true;
	if (csvzone_take_number(&text, UINT32_MAX, &hours) && *text == '\0') {
		if (dns_age_of_hours(hours, age))
			return true;
		return fail_of(t, at, "is no time in hours since 1601");
	}
	if (!is_iso_date(at->text))
		return fail_of(
			t, at,
			"depends on the locale of the machine that wrote it: export times as "
			"2026-01-05T09:00:00Z, as tenurectl(8) says under TABLES");
	if (at->text[at->len - 1] != 'Z')
		return fail_of(t, at, "does not say that it is UTC: a Z is missing at its end");
	if (!time_parse(at->text, 0, &age->stamp))
		return fail_of(t, at, "is not a time");
	age->class = DNS_AGE_DYNAMIC;
	return true;
}

/* A bare text as strings of a zone file. */
static void csvzone_quote(const char *text, size_t len, FILE *out)
{
	for (size_t at = 0; at == 0 || at < len; at += STRING_MAX) {
		fputs(at ? " \"" : "\"", out);
		for (size_t i = at; i < len && i < at + STRING_MAX; i++) {
			unsigned char c = (unsigned char)text[i];
			if (c < 0x20 || c == 0x7f)
				fprintf(out, "\\%03u", c);
			else
				fprintf(out, "%s%c", c == '"' || c == '\\' ? "\\" : "", c);
		}
		fputc('"', out);
	}
}

/* One part of the data; times of an SOA are seconds in a zone file. */
static void put_part(const struct table *t, const char *text, size_t len, FILE *out)
{
	uint64_t seconds;
	bool is_text = t->record.type == DNS_TYPE_TXT || t->record.type == DNS_TYPE_SPF;
	if (is_text && text[0] != '"' && strncmp(text, "\\#", 2) != 0)
		csvzone_quote(text, len, out);
	else if (t->record.type == DNS_TYPE_SOA && timespan_parse(text, &seconds))
		fprintf(out, "%llu", (unsigned long long)seconds);
	else
		fputs(text, out);
}

/* The data's text, and the field it begins in. */
static const struct dns_csv_field *csvzone_data_text(struct table *t)
{
	const struct dns_csv_field *first = csvzone_field(t, RECORD_DATA);
	size_t len;
	free(t->text);
	t->text = NULL;
	FILE *out = open_memstream(&t->text, &len);
	if (!out)
		abort();
	if (first->len > 0)
		put_part(t, first->text, first->len, out);
	for (unsigned c = FIRST_PROPERTY; csvzone_field(t, RECORD_DATA)->len == 0 && c < COLUMNS;
	     c++) {
		const struct dns_csv_field *part = csvzone_field(t, c);
		if (part->len == 0)
			continue;
		if (first->len == 0)
			first = part;
		else
			fputc(' ', out);
		put_part(t, part->text, part->len, out);
	}
	fclose(out);
	return first;
}

/* Names in the data are absolute, dot or not: the root completes them. */
static bool read_data(struct table *t)
{
	static const char *const objects[] = {"DnsServerResourceRecord", "CimInstance",
					      "Microsoft.Management", "System."};
	struct dns_name root = dns_name_root();
	struct bytes_out out = bytes_out_of(t->rdata, sizeof t->rdata);
	const struct dns_csv_field *at = csvzone_data_text(t);
	unsigned column = 0;
	if (at->len == 0)
		return csvzone_fail(t, at, "a row without data");
	for (size_t i = 0; i < sizeof(objects) / sizeof(objects[0]); i++)
		if (strncasecmp(at->text, objects[i], strlen(objects[i])) == 0)
			return fail_of(
				t, at,
				"is the name of an object, not data: Export-Csv does not look "
				"into objects; export as tenurectl(8) says under TABLES");
	const char *wrong = dns_rdata_parse_text(t->record.type, t->text, &root, &out, &column);
	if (wrong)
		return fail_of(t, at, wrong);
	t->record.rdata = bytes_of(t->rdata, bytes_out_len(&out));
	if ((wrong = dns_rdata_fault(t->record.type, t->record.rdata)))
		return fail_of(t, at, wrong);
	return true;
}

static bool csvzone_read_row(struct table *t)
{
	const struct dns_zonefile *wanted = t->wanted;
	const struct dns_csv_field *at = &t->csv.fields[0], *type = csvzone_field(t, RECORD_TYPE);
	t->record.line = at->line;
	t->record.file = t->name;
	t->record.class = DNS_CLASS_IN;
	if (t->csv.count == 1 && at->len == 0)
		return true;
	if (wanted->lookup && csvzone_is_lookup(type)) {
		wanted->lookup(wanted->context, type->text, t->name, at->line);
		return true;
	}
	if (!csvzone_read_owner(t) || !csvzone_read_type(t) || !read_ttl(t) ||
	    !csvzone_read_stamp(t) || !read_data(t))
		return false;
	const char *wrong = wanted->record(wanted->context, &t->record);
	return !wrong || csvzone_fail(t, at, wrong);
}

bool dns_csvzone_read_text(const char *name, const char *text, size_t len,
			   const struct dns_zonefile *wanted, char error[DNS_ZONEFILE_ERROR_MAX])
{
	struct table *t = calloc(1, sizeof *t);
	if (!t)
		abort();
	t->name = name;
	t->wanted = wanted;
	t->error = error;
	dns_csv_open(&t->csv, text, len);
	bool is_well = read_columns(t);
	while (is_well && dns_csv_next(&t->csv))
		is_well = csvzone_read_row(t);
	if (is_well && t->csv.error)
		is_well = fail_csv(t);
	dns_csv_close(&t->csv);
	free(t->text);
	free(t);
	return is_well;
}
