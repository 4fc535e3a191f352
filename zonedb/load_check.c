/* SPDX-License-Identifier: BSD-2-Clause */
#include "zonedb/load_merge.h"
#include "zonedb/load_state.h"
#include "dns/name_odd.h"
#include "dns/rdata.h"
#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* As in zonedb/edit.c: an RRset must fit a message. */
#define RRSET_BYTES_MAX   (65535u - 1024u)
#define RECORD_HEAD_BYTES 12u

struct check {
	struct load *load;
	void (*warn)(void *context, unsigned line, const char *text);
	void *context;
	unsigned line;                         /* of the error */
	const struct load_record *dname, *cut; /* the latest seen on the way down, NULL: none */
};

/* A record and the beginning of its key as a number: most comparisons need not look further. */
struct place {
	uint64_t first, second;
	struct load_record *record;
};

static uint64_t key_number(struct bytes key, size_t offset)
{
	uint64_t number = 0;
	for (size_t i = offset; i < offset + 8; i++)
		number = number << 8 | (i < key.len ? key.data[i] : 0u);
	return number;
}

static int load_check_compare_places(const void *left, const void *right)
{
	const struct place *x = left, *y = right;
	const struct load_record *a = x->record, *b = y->record;
	if (x->first != y->first)
		return x->first < y->first ? -1 : 1;
	if (x->second != y->second)
		return x->second < y->second ? -1 : 1;
	int order = bytes_compare(load_key(a), load_key(b));
	if (order == 0)
		order = (a->type > b->type) - (a->type < b->type);
	if (order == 0)
		order = dns_rdata_compare(a->type, load_rdata(a), load_rdata(b));
	return order ? order : (a->line > b->line) - (a->line < b->line);
}

static void sort_records(struct load *load)
{
	if (load->is_sorted)
		return;
	struct place *places = malloc(load->count * sizeof(*places));
	assert(places);
	for (size_t i = 0; i < load->count; i++) {
		struct bytes key = load_key(load->records[i]);
		places[i] = (struct place){.first = key_number(key, 0),
					   .second = key_number(key, 8),
					   .record = load->records[i]};
	}
	qsort(places, load->count, sizeof(*places), load_check_compare_places);
	for (size_t i = 0; i < load->count; i++)
		load->records[i] = places[i].record;
	free(places);
	load->is_sorted = true;
}

static const char *load_check_show(const struct check *check, const struct load_record *record,
				   char out[DNS_NAME_TEXT_MAX])
{
	struct dns_name name;
	return dns_name_from_key(&name, load_key(record), &check->load->apex)
		       ? dns_name_show(&name, out)
		       : "?";
}

static const char *load_check_fail(struct check *check, const struct load_record *record,
				   const char *format, ...) __attribute__((format(printf, 3, 4)));
static const char *load_check_fail(struct check *check, const struct load_record *record,
				   const char *format, ...)
{
	va_list args;
	va_start(args, format);
	vsnprintf(check->load->error, sizeof(check->load->error), format, args);
	va_end(args);
	check->line = record->line;
	return check->load->error;
}

static void load_check_warn(struct check *check, const struct load_record *record, const char *what)
{
	char text[2 * DNS_NAME_TEXT_MAX + 160], name[DNS_NAME_TEXT_MAX], type[DNS_TYPE_TEXT_MAX];
	if (!check->warn)
		return;
	snprintf(text, sizeof(text), "%s %s: %s", load_check_show(check, record, name),
		 dns_type_print(record->type, type), what);
	check->warn(check->context, record->line, text);
}

/* Drops records that are there twice; the first stays, with the lower TTL. */
static void drop_duplicates(struct check *check)
{
	struct load *load = check->load;
	size_t kept = 0;
	for (size_t i = 0; i < load->count; i++) {
		struct load_record *record = load->records[i];
		struct load_record *last = kept > 0 ? load->records[kept - 1] : NULL;
		bool is_again =
			last && last->type == record->type &&
			bytes_equal(load_key(last), load_key(record)) &&
			dns_rdata_compare(record->type, load_rdata(last), load_rdata(record)) == 0;
		if (!is_again) {
			load->records[kept++] = record;
			continue;
		}
		load_check_warn(check, record, "is there twice");
		if (record->ttl < last->ttl)
			last->ttl = record->ttl;
	}
	load->count = kept;
}

static bool is_below(const struct load_record *record, const struct load_record *above)
{
	return above && record->key_len > above->key_len &&
	       memcmp(record->data, above->data, above->key_len) == 0;
}

static size_t rrset_end(const struct load *load, size_t start, size_t end)
{
	size_t at = start;
	while (at < end && load->records[at]->type == load->records[start]->type)
		at++;
	return at;
}

/* Where the records end that have one TTL: an RRset, of signatures those that cover one type. */
static size_t set_end(const struct load *load, size_t start, size_t end)
{
	const struct load_record *first = load->records[start];
	size_t at = start;
	while (at < end &&
	       dns_rdata_is_one_set(first->type, load_rdata(first), load_rdata(load->records[at])))
		at++;
	return at;
}

static void check_ttl(struct check *check, size_t start, size_t end)
{
	struct load_record **records = check->load->records;
	uint32_t ttl = records[start]->ttl;
	for (size_t i = start; i < end; i++) {
		if (records[i]->ttl != records[start]->ttl)
			load_check_warn(check, records[i],
					"TTL differs within the RRset; the lowest is taken");
		if (records[i]->ttl < ttl)
			ttl = records[i]->ttl;
	}
	for (size_t i = start; i < end; i++)
		records[i]->ttl = ttl;
}

/* One RRset: its size, its TTL, and how many of it there may be. */
static const char *check_rrset(struct check *check, size_t start, size_t end)
{
	struct load_record **records = check->load->records;
	struct load_record *first = records[start];
	char name[DNS_NAME_TEXT_MAX], type[DNS_TYPE_TEXT_MAX];
	size_t bytes = 0;
	for (size_t i = start; i < end; i++)
		bytes += RECORD_HEAD_BYTES + records[i]->rdata_len;
	for (size_t at = start, next; at < end; at = next) {
		next = set_end(check->load, at, end);
		check_ttl(check, at, next);
	}
	dns_type_print(first->type, type);
	if (dns_type_is_singleton(first->type) && end - start > 1)
		return load_check_fail(check, records[end - 1], "more than one %s at %s", type,
				       load_check_show(check, first, name));
	if (bytes > RRSET_BYTES_MAX)
		return load_check_fail(check, first,
				       "the RRset %s %s is larger than a message can carry",
				       load_check_show(check, first, name), type);
	if (first->type == DNS_TYPE_SOA && first->key_len > 0)
		return load_check_fail(check, first, "SOA below the apex, at %s",
				       load_check_show(check, first, name));
	return NULL;
}

/* Types that may stand beside a CNAME: what signs it and what proves it (RFC 4034, RFC 2535). */
bool load_may_be_beside_cname(uint16_t type)
{
	return type == DNS_TYPE_CNAME || type == DNS_TYPE_RRSIG || type == DNS_TYPE_NSEC ||
	       type == DNS_TYPE_SIG || type == DNS_TYPE_KEY;
}

static const struct load_record *find_type(const struct check *check, size_t start, size_t end,
					   uint16_t type)
{
	for (size_t i = start; i < end; i++) {
		if (check->load->records[i]->type == type)
			return check->load->records[i];
	}
	return NULL;
}

static bool belongs_to_cut(const struct load_record *record, bool is_at_cut)
{
	return record->type == DNS_TYPE_A || record->type == DNS_TYPE_AAAA ||
	       (is_at_cut && (record->type == DNS_TYPE_NS || record->type == DNS_TYPE_DS ||
			      record->type == DNS_TYPE_RRSIG || record->type == DNS_TYPE_NSEC));
}

static void note_cut(struct check *check, size_t start, size_t end)
{
	struct load_record *first = check->load->records[start];
	if (!is_below(first, check->cut)) {
		check->cut = first->key_len ? find_type(check, start, end, DNS_TYPE_NS) : NULL;
		if (!check->cut)
			return;
	}
	bool is_at_cut = first->key_len == check->cut->key_len;
	for (size_t i = start; i < end; i++) {
		if (!belongs_to_cut(check->load->records[i], is_at_cut))
			load_check_warn(check, check->load->records[i],
					"is below a delegation, and not glue");
	}
}

/* NSEC3 and its signatures, one label below a DNAME of the apex: a zone that is signed so must have
 * them there (RFC 5155 7.1). */
static bool is_nsec3_name(const struct check *check, size_t start, size_t end)
{
	struct load_record *const *records = check->load->records;
	const struct dns_name *apex = &check->load->apex;
	struct dns_name name;
	for (size_t i = start; i < end; i++)
		if (records[i]->type != DNS_TYPE_NSEC3 && records[i]->type != DNS_TYPE_RRSIG)
			return false;
	return check->dname->key_len == 0 &&
	       dns_name_from_key(&name, load_key(records[start]), apex) &&
	       name.labels == apex->labels + 1;
}

static const char *check_below_dname(struct check *check, size_t start, size_t end)
{
	const struct load_record *first = check->load->records[start];
	char name[DNS_NAME_TEXT_MAX], above[DNS_NAME_TEXT_MAX];
	if (!is_below(first, check->dname)) {
		check->dname = find_type(check, start, end, DNS_TYPE_DNAME);
		return NULL;
	}
	if (is_nsec3_name(check, start, end))
		return NULL;
	return load_check_fail(check, first, "%s is below the DNAME of %s",
			       load_check_show(check, first, name),
			       load_check_show(check, check->dname, above));
}

static void check_odd(struct check *check, const struct load_record *first)
{
	char text[80];
	struct dns_name name;
	if (!check->warn || !dns_name_from_key(&name, load_key(first), &check->load->apex))
		return;
	const char *odd = dns_name_odd(&name);
	if (!odd)
		return;
	snprintf(text, sizeof(text), "the name %s: no resolver asks for it", odd);
	load_check_warn(check, first, text);
}

static const char *check_name(struct check *check, size_t start, size_t end)
{
	struct load_record **records = check->load->records;
	char name[DNS_NAME_TEXT_MAX];
	const char *below = check_below_dname(check, start, end);
	if (below)
		return below;
	note_cut(check, start, end);
	check_odd(check, records[start]);
	bool has_cname = find_type(check, start, end, DNS_TYPE_CNAME) != NULL;
	for (size_t i = start; i < end; i++) {
		if (has_cname && !load_may_be_beside_cname(records[i]->type))
			return load_check_fail(check, records[i],
					       "other data beside the CNAME of %s",
					       load_check_show(check, records[i], name));
	}
	for (size_t at = start, next; at < end; at = next) {
		next = rrset_end(check->load, at, end);
		const char *error = check_rrset(check, at, next);
		if (error)
			return error;
	}
	return NULL;
}

static bool load_check_has_address(const struct load *load, const struct dns_name *name)
{
	uint8_t bytes[DNS_NAME_KEY_MAX];
	struct bytes key = bytes_of(bytes, dns_name_key(bytes, name, &load->apex));
	size_t low = 0, high = load->count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (bytes_compare(load_key(load->records[middle]), key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < load->count && bytes_equal(load_key(load->records[low]), key); low++) {
		uint16_t type = load->records[low]->type;
		if (type == DNS_TYPE_A || type == DNS_TYPE_AAAA)
			return true;
	}
	return false;
}

/* The host that an NS, or the SOA's first name, names. */
static bool server_of(const struct load_record *record, struct dns_name *host)
{
	struct dns_soa soa;
	if (record->type == DNS_TYPE_NS)
		return dns_rdata_name(DNS_TYPE_NS, load_rdata(record), host);
	if (record->type != DNS_TYPE_SOA || !dns_soa_unpack(load_rdata(record), &soa))
		return false;
	*host = soa.mname;
	return true;
}

static void check_server(struct check *check, const struct load_record *record)
{
	char text[DNS_NAME_TEXT_MAX + 80], shown[DNS_NAME_TEXT_MAX];
	const struct dns_name *apex = &check->load->apex;
	struct dns_name host;
	if (!server_of(record, &host) || !dns_name_under(&host, apex) ||
	    load_check_has_address(check->load, &host))
		return;
	if (dns_name_lacks_dot(&host, apex)) {
		snprintf(text, sizeof(text),
			 "%s has no address in the zone: is a final dot missing?",
			 dns_name_show(&host, shown));
		load_check_warn(check, record, text);
	} else if (record->type == DNS_TYPE_NS) {
		load_check_warn(check, record, "the name server has no address in the zone");
	}
}

static void check_servers(struct check *check)
{
	for (size_t i = 0; i < check->load->count; i++)
		check_server(check, check->load->records[i]);
}

static const char *load_check_apex(struct check *check)
{
	struct load *load = check->load;
	char name[DNS_NAME_TEXT_MAX];
	struct load_record nowhere = {.line = 0};
	bool has_apex = load->count > 0 && load->records[0]->key_len == 0;
	size_t end = has_apex ? load_name_end(load, 0) : 0;
	dns_name_show(&load->apex, name);
	if (!find_type(check, 0, end, DNS_TYPE_SOA))
		return load_check_fail(check, has_apex ? load->records[0] : &nowhere,
				       "no SOA at the apex %s", name);
	if (!find_type(check, 0, end, DNS_TYPE_NS))
		return load_check_fail(check, load->records[0], "no NS at the apex %s", name);
	return NULL;
}

const char *load_check(struct load *load, unsigned *line,
		       void (*warn_of)(void *context, unsigned line, const char *text),
		       void *context)
{
	struct check check = {.load = load, .warn = warn_of, .context = context};
	const char *error = NULL;
	sort_records(load);
	drop_duplicates(&check);
	for (size_t at = 0, end; at < load->count && !error; at = end) {
		end = load_name_end(load, at);
		error = check_name(&check, at, end);
	}
	if (!error)
		error = load_check_apex(&check);
	if (error)
		*line = check.line;
	else
		check_servers(&check);
	return error;
}
