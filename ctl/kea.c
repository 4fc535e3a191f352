/* SPDX-License-Identifier: BSD-2-Clause */
/* kea diff: what Kea's leases should have in the zones, and has not. */
#include "base/codec.h"
#include "base/counted.h"
#include "base/textfile.h"
#include "base/timeword.h"
#include "ctl/ask.h"
#include "ctl/kea_lease.h"
#include "dns/rdata.h"
#include "dns/type.h"
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define KEA_SERVER_MAX 80 /* a line of the script */

/* A record that a lease should have. */
struct kea_wanted {
	struct hash_link link;
	struct kea_wanted *next;
	const struct kea_lease *lease;
	struct dns_name name;
	const char *zone; /* NULL: no zone of the server holds the name */
	uint16_t type;
	const char *data;           /* as the server prints it */
	struct kea_wanted *forward; /* of a PTR, the address that D2 makes first; NULL: none */
	bool is_shown;              /* false: of another zone than was named */
	bool is_there, is_printed;
	bool has_records;           /* the name has some, of whatever type */
	bool has_dhcid, is_clients; /* it has a DHCID, and the client's */
	bool is_static;             /* the record that is there */
	const char *other;          /* what else of the type stands at the name; NULL: nothing */
	const char *first;          /* a record of the name, with its type; NULL: none */
};

struct kea_diff {
	struct ctl *ctl;
	struct kea_leases leases;
	struct arena arena;
	struct hash_table table; /* of the wanted, by name */
	struct kea_wanted *first, **last;
	json_t *zones;
	uint64_t active, missing, differs, homeless, waiting;
	uint64_t now;
};

/* --- what there should be */

static const char *kea_zone_of(const struct kea_diff *diff, const struct dns_name *name)
{
	const char *best = NULL;
	unsigned labels = 0;
	size_t i;
	json_t *row;
	json_array_foreach(diff->zones, i, row)
	{
		struct dns_name apex;
		const char *zone = json_string_value(json_object_get(row, "zone"));
		if (zone && !dns_name_parse_text(&apex, zone) && dns_name_under(name, &apex) &&
		    apex.labels >= labels) {
			best = zone;
			labels = apex.labels;
		}
	}
	return best;
}

/* Only the zone that was named; its name may be written in other letters. */
static bool kea_is_asked(const struct kea_diff *diff, const char *zone)
{
	const char *only = words_option(&diff->ctl->words, "--zone");
	struct dns_name wanted, is;
	return !only || (zone && !dns_name_parse_text(&wanted, only) &&
			 !dns_name_parse_text(&is, zone) && dns_name_equal(&wanted, &is));
}

static struct kea_wanted *kea_want(struct kea_diff *diff, const struct kea_lease *lease,
				   const struct dns_name *name, uint16_t type, const char *data)
{
	const char *zone = kea_zone_of(diff, name);
	struct kea_wanted *want = arena_zero(&diff->arena, sizeof *want);
	*want = (struct kea_wanted){.lease = lease, .name = *name, .type = type, .zone = zone};
	want->data = arena_text(&diff->arena, data, strlen(data));
	want->is_shown = kea_is_asked(diff, zone);
	diff->homeless += !zone && want->is_shown;
	*diff->last = want;
	diff->last = &want->next;
	hash_table_put(&diff->table, &want->link, dns_name_hash_secret(name));
	return want;
}

static void kea_want_lease(struct kea_diff *diff, const struct kea_lease *lease)
{
	char address[INET6_ADDRSTRLEN], host[DNS_NAME_TEXT_MAX + 1];
	bool is_v6 = lease->address_len == 16;
	struct kea_wanted *forward = NULL;
	if (!lease->is_active || lease->expires <= diff->now)
		return;
	diff->active++;
	inet_ntop(is_v6 ? AF_INET6 : AF_INET, lease->address, address, sizeof address);
	if (lease->has_forward)
		forward = kea_want(diff, lease, &lease->host, is_v6 ? DNS_TYPE_AAAA : DNS_TYPE_A,
				   address);
	if (lease->has_reverse) {
		struct dns_name reverse = dns_name_of_address(lease->address, lease->address_len);
		dns_name_print(&lease->host, host);
		struct kea_wanted *pointer = kea_want(diff, lease, &reverse, DNS_TYPE_PTR, host);
		/* Where no zone here has the name, D2 makes the pointer alone. */
		pointer->forward = forward && forward->zone ? forward : NULL;
	}
}

/* --- what there is */

static void kea_base64(const struct kea_lease *lease, char out[2 * KEA_DHCID_LEN])
{
	struct bytes_out base64 = bytes_out_of((uint8_t *)out, 2 * KEA_DHCID_LEN - 1);
	codec_print(CODEC_BASE64, bytes_of(lease->dhcid, KEA_DHCID_LEN), &base64);
	out[bytes_out_len(&base64)] = '\0';
}

/* A record of the wanted record's name. */
static void kea_see(struct kea_diff *diff, struct kea_wanted *want, const json_t *row,
		    uint16_t number)
{
	const char *data = json_string_value(json_object_get(row, "data")),
		   *class = json_string_value(json_object_get(row, "class"));
	char dhcid[2 * KEA_DHCID_LEN], type[DNS_TYPE_TEXT_MAX], text[160];
	want->has_records = true;
	if (number == DNS_TYPE_DHCID) {
		want->has_dhcid = true;
		kea_base64(want->lease, dhcid);
		want->is_clients =
			want->is_clients || (want->lease->has_dhcid && strcmp(data, dhcid) == 0);
	}
	if (!want->first) {
		snprintf(text, sizeof text, "%s %s", dns_type_print(number, type), data);
		want->first = arena_text(&diff->arena, text, strlen(text));
	}
	if (want->type != number)
		return;
	if (strcmp(want->data, data) == 0) {
		want->is_there = true;
		want->is_static = class && strcmp(class, "static") == 0;
	} else if (!want->other) {
		want->other = arena_text(&diff->arena, data, strlen(data));
	}
}

static void kea_see_record(void *context, json_t *row)
{
	struct kea_diff *diff = context;
	struct dns_name name;
	const char *at = json_string_value(json_object_get(row, "name")),
		   *type = json_string_value(json_object_get(row, "type"));
	uint16_t number;
	if (ctl_warning(row) || !at || !type || !json_object_get(row, "data") ||
	    dns_name_parse_text(&name, at) || !dns_type_parse(type, strlen(type), &number))
		return;
	uint64_t hash = dns_name_hash_secret(&name);
	struct hash_link *link =
		diff->table.room ? diff->table.buckets[hash & (diff->table.room - 1)] : NULL;
	for (; link; link = link->next) {
		struct kea_wanted *want = container_of(link, struct kea_wanted, link);
		if (link->hash == hash && dns_name_equal(&want->name, &name))
			kea_see(diff, want, row, number);
	}
}

static bool kea_wants_of(const struct kea_diff *diff, const char *zone)
{
	for (const struct kea_wanted *want = diff->first; want; want = want->next)
		if (want->zone && strcmp(want->zone, zone) == 0)
			return true;
	return false;
}

static int kea_see_zones(struct kea_diff *diff)
{
	struct client_handlers handlers = {.row = kea_see_record, .context = diff};
	int code = CLIENT_OK;
	size_t i;
	json_t *row;
	json_array_foreach(diff->zones, i, row)
	{
		const char *zone = json_string_value(json_object_get(row, "zone"));
		if (code || !zone || !kea_wants_of(diff, zone))
			continue;
		json_t *result, *args = json_pack("{s:s}", "zone", zone);
		struct client_command request = {diff->ctl->socket, "record list", args, &handlers};
		code = client_run(&request, &result);
		json_decref(args);
		if (code)
			ctl_result(diff->ctl, code, result, true);
		else
			json_decref(result);
	}
	return code;
}

/* --- what D2 would do */

/* Whether the name of an address is in use, and not by the lease's client: D2 gives up then. */
static bool kea_is_anothers(const struct kea_wanted *want)
{
	if (want->type == DNS_TYPE_PTR || !want->has_records || want->is_clients)
		return false;
	/* Without an identifier nothing tells whose it is but the record itself. */
	return want->lease->has_dhcid || want->has_dhcid || !want->is_there || want->is_static;
}

/* What is there instead; NULL: nothing, and the record is missing. */
static const char *kea_instead(const struct kea_wanted *want)
{
	return want->other ? want->other : kea_is_anothers(want) ? want->first : NULL;
}

/* Whether D2 would have come to the record: it makes a pointer when it has made the address. */
static bool kea_is_reached(const struct kea_wanted *want)
{
	const struct kea_wanted *forward = want->forward;
	if (!forward)
		return true;
	return !kea_is_anothers(forward) && (forward->is_there || !forward->other);
}

/* Whether it waits for an address that is not made yet. */
static bool kea_waits(const struct kea_wanted *want)
{
	return want->forward && !want->forward->is_there;
}

static bool kea_is_due(const struct kea_wanted *want)
{
	return want->is_shown && want->zone && !want->is_there && kea_is_reached(want);
}

/* --- what is said */

static json_t *kea_row(const struct kea_wanted *want)
{
	char type[DNS_TYPE_TEXT_MAX], name[DNS_NAME_TEXT_MAX], at[TIMEWORD_TEXT_MAX];
	const char *old = kea_instead(want);
	json_t *row = json_object();
	json_object_set_new(row, "state", json_string(old ? "differs" : "missing"));
	json_object_set_new(row, "zone", want->zone ? json_string(want->zone) : json_null());
	json_object_set_new(row, "name", json_string(dns_name_show(&want->name, name)));
	json_object_set_new(row, "type", json_string(dns_type_print(want->type, type)));
	json_object_set_new(row, "data", json_string(want->data));
	json_object_set_new(row, "ttl", json_integer(want->lease->valid));
	if (old)
		json_object_set_new(row, "old", json_string(old));
	time_print(want->lease->expires, at);
	json_object_set_new(row, "expires_at", json_string(at));
	return row;
}

/* Whether the name holds something, or will when what was printed is sent. */
static bool kea_is_taken(const struct kea_diff *diff, const struct kea_wanted *want)
{
	uint64_t hash = want->link.hash;
	struct hash_link *link = diff->table.buckets[hash & (diff->table.room - 1)];
	bool is_taken = want->has_records;
	for (; link && !is_taken; link = link->next) {
		const struct kea_wanted *other = container_of(link, struct kea_wanted, link);
		is_taken = link->hash == hash && dns_name_equal(&other->name, &want->name) &&
			   other->is_printed;
	}
	return is_taken;
}

/* As D2 would have sent it: a name while it is free, and then by the client's DHCID, without which
 * D2 would take it for somebody else's. */
static void kea_print_update(const struct kea_diff *diff, struct kea_wanted *want, FILE *out)
{
	char name[DNS_NAME_TEXT_MAX], type[DNS_TYPE_TEXT_MAX], dhcid[2 * KEA_DHCID_LEN];
	bool is_pointer = want->type == DNS_TYPE_PTR;
	bool is_taken = want->lease->has_dhcid && kea_is_taken(diff, want);
	dns_name_print(&want->name, name);
	dns_type_print(want->type, type);
	fprintf(out, "zone %s\n", want->zone);
	kea_base64(want->lease, dhcid);
	if (is_pointer)
		fprintf(out, "update delete %s PTR\nupdate delete %s DHCID\n", name, name);
	else if (is_taken)
		fprintf(out, "prereq yxrrset %s DHCID %s\n", name, dhcid);
	else
		fprintf(out, "prereq nxdomain %s\n", name);
	fprintf(out, "update add %s %u %s %s\n", name, want->lease->valid, type, want->data);
	if (want->lease->has_dhcid && !is_taken)
		fprintf(out, "update add %s %u DHCID %s\n", name, want->lease->valid, dhcid);
	fputs("send\n", out);
	want->is_printed = true;
}

/* What another holds is a person's to decide; a pointer goes to whom the lease is. nsupdate goes on
 * after an address was refused: its pointer is sent when the address is there. */
static bool kea_is_sendable(const struct kea_wanted *want)
{
	return want->type == DNS_TYPE_PTR ? !kea_waits(want) : !kea_instead(want);
}

static const struct table_column kea_columns[] = {
	{"state", "STATE", TABLE_TEXT},
	{"zone", "ZONE", TABLE_TEXT},
	{"name", "NAME", TABLE_NAME},
	{"type", "TYPE", TABLE_TEXT},
	{"data", "DATA", TABLE_TEXT},
	{"ttl", "TTL", TABLE_NUMBER},
	{"expires_at", "EXPIRES AT", TABLE_TIME},
	{"old", "THERE IS", TABLE_RARE},
	{0},
};

static void kea_show(struct kea_diff *diff)
{
	bool is_script = words_has(&diff->ctl->words, "--nsupdate");
	struct table *table = NULL;
	if (!is_script && !diff->ctl->is_json)
		table = table_new(stdout, kea_columns, &(struct table_style){0});
	for (struct kea_wanted *want = diff->first; want; want = want->next) {
		if (!kea_is_due(want))
			continue;
		diff->missing += !kea_instead(want);
		diff->differs += kea_instead(want) != NULL;
		diff->waiting += kea_waits(want);
		json_t *row = kea_row(want);
		if (is_script && kea_is_sendable(want))
			kea_print_update(diff, want, stdout);
		else if (diff->ctl->is_json)
			ctl_json(row);
		else if (table)
			table_add(table, row);
		json_decref(row);
	}
	if (table)
		table_end(table);
}

static void kea_say(const struct kea_diff *diff)
{
	char records[COUNTED_TEXT_MAX], leases[COUNTED_TEXT_MAX], text[160];
	counted(diff->missing, "record", records);
	counted(diff->active, "lease", leases);
	if (diff->homeless) {
		counted(diff->homeless, "name", text);
		fprintf(stderr, "tenurectl: warning: %s of leases in no zone of this server\n",
			text);
	}
	if (diff->leases.odd) {
		counted(diff->leases.odd, "lease", text);
		fprintf(stderr, "tenurectl: warning: %s with a name that is none\n", text);
	}
	if (diff->waiting && words_has(&diff->ctl->words, "--nsupdate")) {
		counted(diff->waiting, "PTR record", text);
		fprintf(stderr,
			"tenurectl: warning: %s not in the script, as the address is not there "
			"yet: send it, then make another\n",
			text);
	}
	/* A script is the whole of standard output. */
	fprintf(words_has(&diff->ctl->words, "--nsupdate") || diff->ctl->is_json ? stderr : stdout,
		"%s of %s missing, %llu %s other data\n", records, leases,
		(unsigned long long)diff->differs, diff->differs == 1 ? "has" : "have");
}

/* --- the server of the script */

static void kea_take_listen(void *context, json_t *row)
{
	const char *first = json_string_value(json_array_get(json_object_get(row, "listen"), 0));
	char *listen = context;
	if (first)
		snprintf(listen, KEA_SERVER_MAX, "%s", first);
}

/* ADDRESS[@PORT], as nsupdate wants it. False: it is none. */
static bool kea_server_line(const char *text, char line[KEA_SERVER_MAX])
{
	char address[INET6_ADDRSTRLEN];
	uint8_t bytes[16];
	size_t len = strcspn(text, "@");
	if (len >= sizeof address)
		return false;
	memcpy(address, text, len);
	address[len] = '\0';
	bool is_v6 = strchr(address, ':') != NULL;
	if (inet_pton(is_v6 ? AF_INET6 : AF_INET, address, bytes) != 1)
		return false;
	/* Of a server that listens at all addresses, the nearest. */
	bool is_any = strcmp(address, "0.0.0.0") == 0 || strcmp(address, "::") == 0;
	const char *at = !is_any ? address : is_v6 ? "::1" : "127.0.0.1";
	unsigned long port = 53;
	char *end = NULL;
	if (text[len]) {
		bool is_number = text[len + 1] >= '0' && text[len + 1] <= '9';
		port = strtoul(text + len + 1, &end, 10);
		if (!is_number || *end || port < 1 || port > UINT16_MAX)
			return false;
	}
	snprintf(line, KEA_SERVER_MAX, "server %s %lu\n", at, port);
	return true;
}

/* Finds where the script is sent: where was said, or where this server listens. */
static int kea_find_server(const struct kea_diff *diff, char line[KEA_SERVER_MAX])
{
	const char *given = words_option(&diff->ctl->words, "--server");
	char listen[KEA_SERVER_MAX] = "";
	struct client_handlers handlers = {.row = kea_take_listen, .context = listen};
	line[0] = '\0';
	if (given)
		return kea_server_line(given, line)
			       ? CLIENT_OK
			       : ctl_fail(diff->ctl, CLIENT_USAGE,
					  "--server: '%s' is not ADDRESS[@PORT]", given);
	json_t *result, *none = json_object();
	struct client_command request = {diff->ctl->socket, "status", none, &handlers};
	int code = client_run(&request, &result);
	json_decref(none);
	if (code != CLIENT_OK)
		return ctl_result(diff->ctl, code, result, true);
	json_decref(result);
	/* Without the line nsupdate asks for the zone's primary. */
	kea_server_line(listen, line);
	return CLIENT_OK;
}

/* --- the command */

static int kea_read(struct kea_diff *diff)
{
	for (size_t i = 0; i < diff->ctl->words.count; i++) {
		const char *path = diff->ctl->words.word[i];
		struct textfile file;
		if (!textfile_open(&file, path))
			return ctl_fail(diff->ctl, CLIENT_FAILED, "%s: %s", path, strerror(errno));
		bool is_read = kea_leases_read(&diff->leases, file.data, file.len);
		textfile_close(&file);
		if (!is_read)
			return ctl_fail(diff->ctl, CLIENT_FAILED, "%s:%s", path,
					diff->leases.error);
	}
	return CLIENT_OK;
}

static int kea_run(struct kea_diff *diff)
{
	int code = kea_read(diff);
	if (code)
		return code;
	char server[KEA_SERVER_MAX];
	bool is_script = words_has(&diff->ctl->words, "--nsupdate");
	code = is_script ? kea_find_server(diff, server) : CLIENT_OK;
	if (code)
		return code;
	json_t *none = json_object();
	diff->zones = ask_rows(diff->ctl, "zone list", none, &code);
	json_decref(none);
	for (const struct kea_lease *lease = diff->leases.first; lease && !code;
	     lease = lease->next)
		kea_want_lease(diff, lease);
	if (!code)
		code = kea_see_zones(diff);
	if (code)
		return code;
	if (is_script)
		fputs(server, stdout);
	kea_show(diff);
	kea_say(diff);
	if (fflush(stdout) != 0)
		return ctl_fail(diff->ctl, CLIENT_FAILED, "standard output: %s", strerror(errno));
	return diff->missing + diff->differs ? CLIENT_OK : CLIENT_NOTHING;
}

static int ctl_kea_diff(struct ctl *ctl)
{
	struct kea_diff diff = {.ctl = ctl, .now = (uint64_t)time(NULL)};
	diff.last = &diff.first;
	if (ctl->is_json && words_has(&ctl->words, "--nsupdate"))
		return ctl_fail(ctl, CLIENT_USAGE, "--nsupdate and --json exclude each other");
	if (words_has(&ctl->words, "--server") && !words_has(&ctl->words, "--nsupdate"))
		return ctl_fail(ctl, CLIENT_USAGE, "--server is of --nsupdate");
	int code = kea_run(&diff);
	json_decref(diff.zones);
	hash_table_free(&diff.table);
	arena_free(&diff.arena);
	kea_leases_free(&diff.leases);
	return code;
}

static const struct words_option diff_options[] = {
	CTL_OPTIONS,
	{"--zone", "ZONE", "only of this zone"},
	{"--nsupdate", NULL,
	 "prints what is missing as a script for nsupdate, to be sent by Kea's key"},
	{"--server", "ADDRESS[@PORT]",
	 "where the script is sent; by default where the server listens"},
	{0},
};

const struct ctl_command ctl_kea_commands[] = {
	{"kea diff", "LEASEFILE...", "what Kea's leases should have in the zones, and has not",
	 ctl_kea_diff, 1, CTL_ANY_NUMBER, diff_options,
	 "kea diff /var/lib/kea/kea-leases4.csv --zone corp.example"},
	{0},
};

const struct ctl_tables ctl_kea_tables[] = {{"kea diff", {kea_columns}}, {0}};
