/* SPDX-License-Identifier: BSD-2-Clause */
#include "ctl/kea_lease.h"
#include "base/digest.h"
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_LEN_MAX 65536
#define FIELDS_MAX   64
#define ID_MAX       256 /* RFC 3315: a DUID has 130 bytes, an option of DHCPv4 255 */
#define HTYPE_ETHER  1

/* Identifiers of RFC 4701 3.3. */
enum { ID_HARDWARE = 0, ID_CLIENT = 1, ID_DUID = 2 };
/* RFC 4361: a client identifier of this type has an IAID and a DUID behind it. */
#define CLIENT_ID_DUID 255
#define IAID_LEN       4

struct lease_field {
	const char *text;
	size_t len;
};

/* Columns, in the order of this list. */
enum lease_column {
	LEASE_ADDRESS,
	LEASE_EXPIRE,
	LEASE_VALID,
	LEASE_FORWARD,
	LEASE_REVERSE,
	LEASE_HOST,
	LEASE_STATE,
	LEASE_HARDWARE,
	LEASE_CLIENT,
	LEASE_DUID,
	LEASE_KIND,
	LEASE_COLUMNS
};
static const char *const lease_columns[LEASE_COLUMNS] = {
	"address", "expire", "valid_lifetime", "fqdn_fwd", "fqdn_rev",   "hostname",
	"state",   "hwaddr", "client_id",      "duid",     "lease_type",
};
#define LEASE_NEEDED (LEASE_STATE + 1) /* the first of them each file has */

struct lease_row {
	struct lease_field field[FIELDS_MAX];
	size_t count;
	int at[LEASE_COLUMNS]; /* of each column; -1: the file has it not */
};

static bool lease_fail(struct kea_leases *leases, unsigned line, const char *what)
{
	snprintf(leases->error, sizeof leases->error, "%u: %s", line, what);
	return false;
}

/* NULL: taken apart; otherwise what is wrong. */
static const char *lease_split(struct lease_row *row, const char *line, size_t len)
{
	const char *end = line + len;
	row->count = 0;
	if (len > LINE_LEN_MAX)
		return "the line is longer than 65536 bytes";
	for (const char *at = line;; at++) {
		const char *comma = memchr(at, ',', (size_t)(end - at));
		if (row->count == FIELDS_MAX)
			return "the line has more than 64 fields";
		row->field[row->count++] =
			(struct lease_field){at, (size_t)((comma ? comma : end) - at)};
		if (!comma)
			return NULL;
		at = comma;
	}
}

static bool lease_field_is(struct lease_field field, const char *text)
{
	return field.len == strlen(text) && memcmp(field.text, text, field.len) == 0;
}

static const char *lease_read_head(struct lease_row *row, const char *line, size_t len)
{
	const char *problem = lease_split(row, line, len);
	for (int c = 0; c < LEASE_COLUMNS && !problem; c++) {
		row->at[c] = -1;
		for (size_t i = 0; i < row->count; i++)
			if (lease_field_is(row->field[i], lease_columns[c]))
				row->at[c] = (int)i;
	}
	for (int c = 0; c < LEASE_NEEDED && !problem; c++)
		if (row->at[c] < 0)
			problem = "this is no lease file of Kea: its first line does not name the "
				  "columns address, expire, valid_lifetime, fqdn_fwd, fqdn_rev, "
				  "hostname and state";
	return problem;
}

/* An empty field, where the row is shorter. */
static struct lease_field lease_at(const struct lease_row *row, enum lease_column column)
{
	int at = row->at[column];
	return at >= 0 && (size_t)at < row->count ? row->field[at] : (struct lease_field){"", 0};
}

static bool lease_number(struct lease_field field, uint64_t most, uint64_t *number)
{
	uint64_t value = 0;
	for (size_t i = 0; i < field.len; i++) {
		uint64_t digit = (uint64_t)(field.text[i] - '0');
		if (digit > 9 || digit > most || value > (most - digit) / 10)
			return false;
		value = value * 10 + digit;
	}
	*number = value;
	return field.len > 0;
}

static int lease_digit(char c)
{
	return c >= '0' && c <= '9'   ? c - '0'
	       : c >= 'a' && c <= 'f' ? c - 'a' + 10
	       : c >= 'A' && c <= 'F' ? c - 'A' + 10
				      : -1;
}

/* "01:0a:ff"; 0: it is none. */
static size_t lease_bytes(struct lease_field field, uint8_t out[ID_MAX])
{
	size_t count = 0;
	for (size_t i = 0; i + 1 < field.len; i += 3) {
		int high = lease_digit(field.text[i]), low = lease_digit(field.text[i + 1]);
		bool is_end = i + 2 == field.len;
		if (high < 0 || low < 0 || count == ID_MAX ||
		    (!is_end && (field.text[i + 2] != ':' || i + 3 >= field.len)))
			return 0;
		out[count++] = (uint8_t)(high << 4 | low);
		if (is_end)
			return count;
	}
	return 0;
}

static bool lease_address(struct lease_field field, struct kea_lease *lease)
{
	char text[INET6_ADDRSTRLEN];
	if (field.len >= sizeof text)
		return false;
	memcpy(text, field.text, field.len);
	text[field.len] = '\0';
	bool is_v6 = memchr(text, ':', field.len) != NULL;
	lease->address_len = is_v6 ? 16 : 4;
	return inet_pton(is_v6 ? AF_INET6 : AF_INET, text, lease->address) == 1;
}

/* RFC 4701 3.5: the digest of the identifier and the name. */
static void lease_set_dhcid(struct kea_lease *lease, unsigned kind, struct bytes id)
{
	const struct bytes pieces[] = {id, bytes_of(lease->host.wire, lease->host.len)};
	lease->has_dhcid = true;
	lease->dhcid[0] = 0;
	lease->dhcid[1] = (uint8_t)kind;
	lease->dhcid[2] = 1; /* SHA-256 */
	digest_sha256(pieces, 2, lease->dhcid + 3);
}

/* As Kea does: the DUID, the client's identifier, or the hardware address with its type. */
static void lease_find_dhcid(struct kea_lease *lease, const struct lease_row *row)
{
	uint8_t id[1 + ID_MAX];
	size_t len = lease_bytes(lease_at(row, LEASE_DUID), id);
	if (lease->address_len == 16) {
		if (len > 0)
			lease_set_dhcid(lease, ID_DUID, bytes_of(id, len));
		return;
	}
	len = lease_bytes(lease_at(row, LEASE_CLIENT), id);
	if (len > 1 + IAID_LEN && id[0] == CLIENT_ID_DUID) {
		lease_set_dhcid(lease, ID_DUID, bytes_of(id + 1 + IAID_LEN, len - 1 - IAID_LEN));
	} else if (len > 0) {
		lease_set_dhcid(lease, ID_CLIENT, bytes_of(id, len));
	} else if ((len = lease_bytes(lease_at(row, LEASE_HARDWARE), id + 1)) > 0) {
		id[0] = HTYPE_ETHER;
		lease_set_dhcid(lease, ID_HARDWARE, bytes_of(id, len + 1));
	}
}

static bool lease_host(struct lease_field field, struct dns_name *host)
{
	struct dns_name root = dns_name_root();
	while (field.len > 0 && field.text[field.len - 1] == '.')
		field.len--;
	return field.len > 0 && field.len < DNS_NAME_TEXT_MAX &&
	       !memchr(field.text, '\0', field.len) &&
	       !dns_name_parse(host, field.text, field.len, &root);
}

/* False: the row is none. */
static bool lease_read_row(struct kea_leases *leases, const struct lease_row *row,
			   struct kea_lease *lease)
{
	uint64_t valid, forward, reverse, state, kind = 0;
	struct lease_field type = lease_at(row, LEASE_KIND);
	if (!lease_address(lease_at(row, LEASE_ADDRESS), lease) ||
	    !lease_number(lease_at(row, LEASE_EXPIRE), UINT64_MAX, &lease->expires) ||
	    !lease_number(lease_at(row, LEASE_VALID), UINT32_MAX, &valid) ||
	    !lease_number(lease_at(row, LEASE_FORWARD), 1, &forward) ||
	    !lease_number(lease_at(row, LEASE_REVERSE), 1, &reverse) ||
	    !lease_number(lease_at(row, LEASE_STATE), UINT32_MAX, &state) ||
	    (type.len && !lease_number(type, UINT32_MAX, &kind)))
		return false;
	lease->valid = (uint32_t)valid;
	/* A prefix (2) has no name. */
	lease->is_active = state == 0 && kind != 2;
	lease->has_forward = forward == 1;
	lease->has_reverse = reverse == 1;
	if (!lease->has_forward && !lease->has_reverse)
		return true;
	if (!lease_host(lease_at(row, LEASE_HOST), &lease->host)) {
		leases->odd += lease->is_active;
		lease->is_active = false;
		return true;
	}
	lease_find_dhcid(lease, row);
	return true;
}

static bool lease_is_of(const struct hash_link *link, const void *key)
{
	const struct kea_lease *lease = container_of(link, const struct kea_lease, link),
			       *other = key;
	return lease->address_len == other->address_len &&
	       memcmp(lease->address, other->address, other->address_len) == 0;
}

static bool lease_put(struct kea_leases *leases, const struct kea_lease *lease)
{
	uint64_t hash = hash_secret(bytes_of(lease->address, lease->address_len));
	struct hash_link *link = hash_table_find(&leases->table, hash, lease_is_of, lease);
	struct kea_lease *kept = link ? container_of(link, struct kea_lease, link) : NULL;
	if (kept) {
		struct hash_link same = kept->link;
		struct kea_lease *next = kept->next;
		*kept = *lease;
		kept->link = same;
		kept->next = next;
		return true;
	}
	if (leases->count == KEA_LEASES_MAX)
		return false;
	kept = arena_copy(&leases->arena, lease, sizeof *lease);
	kept->next = NULL;
	if (!leases->last)
		leases->last = &leases->first;
	*leases->last = kept;
	leases->last = &kept->next;
	hash_table_put(&leases->table, &kept->link, hash);
	leases->count++;
	return true;
}

bool kea_leases_read(struct kea_leases *leases, const char *text, size_t len)
{
	struct lease_row *row = calloc(1, sizeof *row);
	const char *end = text + len, *problem = "it is empty";
	unsigned line = 0;
	if (!row)
		abort();
	for (const char *at = text; at < end;) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		size_t room = (size_t)((newline ? newline : end) - at);
		struct kea_lease lease = {0};
		room -= room > 0 && at[room - 1] == '\r';
		line++;
		problem = line == 1 ? lease_read_head(row, at, room)
			  : room    ? lease_split(row, at, room)
				    : NULL;
		/* The last line of a file that is being written may be cut. */
		if (!newline && line > 1)
			break;
		if (!problem && line > 1 && room > 0 && !lease_read_row(leases, row, &lease))
			problem = "this row is no lease";
		else if (!problem && line > 1 && room > 0 && !lease_put(leases, &lease))
			problem = "more than 4000000 leases";
		if (problem)
			break;
		at = newline ? newline + 1 : end;
	}
	free(row);
	return !problem || lease_fail(leases, line ? line : 1, problem);
}

void kea_leases_free(struct kea_leases *leases)
{
	hash_table_free(&leases->table);
	arena_free(&leases->arena);
}
