/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Random histories: many principals send random updates to a secure zone with rules and an acting
 * group. Whatever was accepted is judged again by the table of tenure-policy(5), written down here
 * a second time; whatever was refused must have left the zone byte for byte as it was.
 */
#include <config.h>
#include "acl/group.h"
#include "acl/rulebook.h"
#include "dns/msg.h"
#include "dns/rdata.h"
#include "nameserver/core.h"
#include "nameserver/dispatch.h"
#include "nameserver/pending.h"
#include "tests/unit/rows.h"
#include "zonedb/edit.h"
#include "zonedb/lookup.h"
#include "zonedb/principal.h"
#include "zonedb/walk.h"
#include <criterion/criterion.h>
#include <ftw.h>
#include <stdio.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#define ROUNDS      4000
#define RECORDS_MAX 512
#define DATA_MAX    8
#define COUNT(a)    (sizeof(a) / sizeof(a)[0])

static const char rules_text[] = "deny key:bad write\n"
				 "allow @dhcp claim,join under lab types A(2),TXT\n"
				 "allow key:admin write under lab\n"
				 "allow authenticated takeover self over @dhcp\n";

static const char *const principals[] = {
	"key:kea1", "key:kea2",  "key:pc1.corp.example", "key:pc2.corp.example", "key:admin",
	"key:bad",  "anonymous",
};
static const char *const names[] = {
	"pc1.corp.example", "pc2.corp.example",  "a.lab.corp.example", "b.lab.corp.example",
	"x.corp.example",   "wpad.corp.example", "corp.example",
};

/* A record as the zone held it. */
struct seen {
	struct dns_name name;
	uint16_t type;
	uint32_t ttl, owner;
	enum record_class class;
	uint8_t data[DATA_MAX];
	size_t len;
};

struct picture {
	struct seen seen[RECORDS_MAX];
	size_t count;
};

static struct core *core;
static struct dispatcher dispatcher;
static char folder[] = "/tmp/tenure-history-XXXXXX";
static struct dns_name apex;
static uint32_t group_id, ids[COUNT(principals)];
static uint64_t seed = 0x9e3779b97f4a7c15ull;

static unsigned dice(unsigned sides)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (unsigned)(seed >> 33) % sides;
}

static struct dns_name name_of(const char *text)
{
	struct dns_name name;
	cr_assert_null(dns_name_parse_text(&name, text));
	return name;
}

/* --- the house */

static void put_record(struct edit *edit, const char *name, const char *data, uint32_t owner)
{
	struct dns_name at = name_of(name);
	struct node_record as = {
		.owner = owner, .class = RECORD_STATIC, .rdata = bytes_of(data, 4)};
	edit_add_as(edit, &at, DNS_TYPE_A, 300, &as);
}

static void put_apex(struct edit *edit, uint32_t owner)
{
	static const uint8_t ns[] = "\2ns\7example";
	uint8_t soa[sizeof(ns) * 2 + 20] = {0};
	memcpy(soa, ns, sizeof(ns));
	memcpy(soa + sizeof(ns), ns, sizeof(ns));
	struct node_record as = {.owner = owner, .class = RECORD_STATIC};
	as.rdata = bytes_of(soa, sizeof(soa));
	edit_add_as(edit, &apex, DNS_TYPE_SOA, 300, &as);
	as.rdata = bytes_of(ns, sizeof(ns));
	edit_add_as(edit, &apex, DNS_TYPE_NS, 300, &as);
}

static void furnish(struct writer_job *job, struct store_txn *txn)
{
	const char *members[] = {"key:kea*"};
	struct acl_group group = {
		.name = "@dhcp", .is_acting = true, .count = 1, .members = members};
	struct zone zone = zone_default(&apex);
	struct arena arena = {0};
	(void)job;
	zone.update = ZONE_UPDATE_SECURE;
	rows_zone_create(txn, &zone);
	rows_group_put(txn, &group);
	rows_rules_put(txn, zone.id, &apex, rules_text);
	for (size_t i = 0; i < COUNT(principals); i++)
		ids[i] = principal_intern(txn, principals[i]);
	group_id = principal_intern(txn, "@dhcp");
	struct edit_author author = {.owner = principal_intern(txn, "local:root"),
				     .owner_text = "local:root",
				     .class = RECORD_STATIC};
	struct edit *edit = edit_open(txn, &zone, &author, &arena);
	put_apex(edit, author.owner);
	put_record(edit, "b.lab.corp.example", "\1\1\1\1", author.owner);
	put_record(edit, "pc2.corp.example", "\2\2\2\2", ids[3]);
	struct entry entry = {.kind = ENTRY_ADMIN, .principal = "local:root"};
	edit_commit(edit, &entry);
	arena_free(&arena);
}

static int drop(const char *path, const struct stat *info, int flag, struct FTW *ftw)
{
	(void)info;
	(void)flag;
	(void)ftw;
	return remove(path);
}

static void begin(void)
{
	char error[STORE_ERROR_MAX];
	cr_assert(mkdtemp(folder));
	apex = name_of("corp.example");
	struct core_options options = {.data = folder,
				       .map_size = 256 << 20,
				       .readers = 2,
				       .hand_clock_us = 1767603600000000};
	core = core_start(&options, error);
	cr_assert(core, "%s", error);
	dispatcher_open(&dispatcher, core);
	struct writer_job job = {.run = furnish};
	cr_assert_eq(writer_call(core->writer, &job, WRITER_URGENT), STORE_OK);
}

static void end(void)
{
	dispatcher_close(&dispatcher);
	core_stop(core);
	nftw(folder, drop, 8, FTW_DEPTH | FTW_PHYS);
}

/* --- looking at the zone */

static void see_record(struct picture *picture, const struct dns_name *name,
		       const struct node_rrset *rrset, const struct node_record *record)
{
	struct seen *seen = &picture->seen[picture->count++];
	cr_assert_lt(picture->count, RECORDS_MAX);
	*seen = (struct seen){.name = *name,
			      .type = rrset->type,
			      .ttl = rrset->ttl,
			      .owner = record->owner,
			      .class = record->class,
			      .len = record->rdata.len < DATA_MAX ? record->rdata.len : DATA_MAX};
	memcpy(seen->data, record->rdata.data, seen->len);
}

static void look(struct picture *picture)
{
	picture->count = 0;
	dispatcher_begin(&dispatcher);
	const struct zone *zone = zoneset_exact(dispatcher.snapshot.zones, &apex);
	for (size_t i = 0; i < COUNT(names); i++) {
		struct dns_name name = name_of(names[i]);
		struct node node;
		struct node_rrset rrset;
		if (!lookup_node(dispatcher.snapshot.txn, zone, &name, &node))
			continue;
		struct bytes_in rrsets = bytes_in_of(node.rrsets.data, node.rrsets.len);
		while (node_next_rrset(&rrsets, &rrset)) {
			struct bytes_in in = bytes_in_of(rrset.records.data, rrset.records.len);
			struct node_record record;
			while (node_next_record(&in, &record))
				see_record(picture, &name, &rrset, &record);
		}
	}
	dispatcher_end(&dispatcher);
}

static bool is_same_record(const struct seen *a, const struct seen *b)
{
	/* The SOA's serial moves with each change. */
	return a->type == b->type && dns_name_equal(&a->name, &b->name) &&
	       (a->type == DNS_TYPE_SOA ||
		(a->len == b->len && memcmp(a->data, b->data, a->len) == 0));
}

static const struct seen *find(const struct picture *picture, const struct seen *what)
{
	for (size_t i = 0; i < picture->count; i++)
		if (is_same_record(&picture->seen[i], what))
			return &picture->seen[i];
	return NULL;
}

/* Every byte of the zone's nodes. */
static uint64_t fingerprint(void)
{
	uint64_t hash = 14695981039346656037ull;
	struct store_walk walk;
	struct bytes key, value;
	dispatcher_begin(&dispatcher);
	store_walk_from(&walk, dispatcher.snapshot.txn, STORE_NODES, bytes_of(NULL, 0), 0);
	while (store_walk_next(&walk, &key, &value)) {
		for (size_t i = 0; i < key.len; i++)
			hash = (hash ^ key.data[i]) * 1099511628211ull;
		for (size_t i = 0; i < value.len; i++)
			hash = (hash ^ value.data[i]) * 1099511628211ull;
	}
	store_walk_end(&walk);
	dispatcher_end(&dispatcher);
	return hash;
}

/* --- updates */

static void put_rr(struct bytes_out *out, const struct dns_name *name, uint16_t type,
		   uint16_t class, uint32_t ttl)
{
	bytes_out_put(out, name->wire, name->len);
	bytes_out_u16(out, type);
	bytes_out_u16(out, class);
	bytes_out_u32(out, ttl);
}

static void put_data(struct bytes_out *out, uint16_t type)
{
	uint8_t n = (uint8_t)dice(4);
	const uint8_t data[] = {3, n, n, n};
	bytes_out_u16(out, sizeof(data));
	bytes_out_put(out, data, sizeof(data));
	(void)type;
}

static void put_change(struct bytes_out *out)
{
	static const uint16_t types[] = {DNS_TYPE_A, DNS_TYPE_A, DNS_TYPE_TXT, DNS_TYPE_NS};
	struct dns_name name = name_of(names[dice(COUNT(names))]);
	uint16_t type = types[dice(3 + (dice(20) == 0))];
	switch (dice(8)) {
	case 0:
		put_rr(out, &name, DNS_TYPE_ANY, DNS_CLASS_ANY, 0);
		bytes_out_u16(out, 0);
		break;
	case 1:
		put_rr(out, &name, type, DNS_CLASS_ANY, 0);
		bytes_out_u16(out, 0);
		break;
	case 2:
		put_rr(out, &name, type == DNS_TYPE_NS ? DNS_TYPE_A : type, DNS_CLASS_NONE, 0);
		put_data(out, type);
		break;
	default:
		put_rr(out, &name, type == DNS_TYPE_NS ? DNS_TYPE_A : type, DNS_CLASS_IN,
		       dice(6) ? 300 : 600);
		put_data(out, type);
	}
}

struct parked_request {
	pthread_mutex_t lock;
	pthread_cond_t ready;
	bool is_there;
};

static void answered(struct pending *pending, void *context)
{
	struct parked_request *w = context;
	(void)pending;
	pthread_mutex_lock(&w->lock);
	w->is_there = true;
	pthread_cond_signal(&w->ready);
	pthread_mutex_unlock(&w->lock);
}

static void finish(struct pending *pending, struct bytes_out *out)
{
	struct parked_request w = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false};
	cr_assert(pending_post(pending, answered, &w));
	pthread_mutex_lock(&w.lock);
	while (!w.is_there)
		pthread_cond_wait(&w.ready, &w.lock);
	pthread_mutex_unlock(&w.lock);
	dispatcher_begin(&dispatcher);
	pending_answer(pending, &dispatcher, out);
	dispatcher_end(&dispatcher);
	pending_free(pending);
}

static unsigned ask(size_t who_index, uint16_t id)
{
	uint8_t packet[DNS_MESSAGE_MAX / 16], answer[DNS_MESSAGE_MAX];
	struct bytes_out out = bytes_out_of(packet, sizeof(packet));
	struct bytes_out reply = bytes_out_of(answer, sizeof(answer));
	unsigned changes = 1 + dice(4);
	struct who who;
	struct pending *pending = NULL;
	bytes_out_u16(&out, id);
	bytes_out_u16(&out, DNS_OPCODE_UPDATE << 11);
	bytes_out_u16(&out, 1);
	bytes_out_u16(&out, 0);
	bytes_out_u16(&out, (uint16_t)changes);
	bytes_out_u16(&out, 0);
	bytes_out_put(&out, apex.wire, apex.len);
	bytes_out_u16(&out, DNS_TYPE_SOA);
	bytes_out_u16(&out, DNS_CLASS_IN);
	for (unsigned i = 0; i < changes; i++)
		put_change(&out);
	cr_assert_null(who_parse(&who, principals[who_index]));
	struct packet asked = {.bytes = bytes_of(packet, bytes_out_len(&out)),
			       .transport = ENTRY_UDP,
			       .proved = &who};
	cr_assert_null(addr_parse("192.0.2.1@4000", 53, &asked.source));
	dispatcher_begin(&dispatcher);
	enum dispatch_outcome outcome = dispatch(&dispatcher, &asked, &reply, &pending);
	dispatcher_end(&dispatcher);
	if (outcome == DISPATCH_WAITS)
		finish(pending, &reply);
	return answer[3] & 0xfu;
}

/* --- the table, a second time */

struct judge {
	const char *who;
	uint32_t id;
	bool is_dhcp, is_bad, is_admin;
	const struct picture *was, *is;
};

static bool is_lab(const struct dns_name *name)
{
	struct dns_name lab = name_of("lab.corp.example");
	return dns_name_under(name, &lab);
}

static bool is_self(const struct judge *judge, const struct dns_name *name)
{
	char text[DNS_NAME_TEXT_MAX];
	return strcmp(judge->who + 4, dns_name_show(name, text)) == 0;
}

static bool owns(const struct judge *judge, const struct seen *seen)
{
	return seen->owner == judge->id || (judge->is_dhcp && seen->owner == group_id);
}

static bool may_take(const struct judge *judge, const struct seen *seen)
{
	return seen->owner == group_id && seen->class != RECORD_STATIC &&
	       is_self(judge, &seen->name);
}

static bool may_change(const struct judge *judge, const struct seen *was)
{
	bool is_of_zone = was->type == DNS_TYPE_SOA || was->type == DNS_TYPE_NS;
	if (is_of_zone)
		return false;
	if (owns(judge, was))
		return !judge->is_bad;
	return (judge->is_admin && is_lab(&was->name)) || may_take(judge, was);
}

static size_t count_at(const struct picture *picture, const struct seen *at, uint16_t type)
{
	size_t count = 0;
	for (size_t i = 0; i < picture->count; i++)
		count += dns_name_equal(&picture->seen[i].name, &at->name) &&
			 (type == 0 || picture->seen[i].type == type);
	return count;
}

/* Whether each record that stood at the name is, or may become, the requester's. */
static bool has_name(const struct judge *judge, const struct seen *at)
{
	for (size_t i = 0; i < judge->was->count; i++) {
		const struct seen *was = &judge->was->seen[i];
		if (dns_name_equal(&was->name, &at->name) && !owns(judge, was) &&
		    !may_take(judge, was))
			return false;
	}
	return true;
}

static bool has_own(const struct judge *judge, const struct seen *at)
{
	for (size_t i = 0; i < judge->was->count; i++) {
		const struct seen *was = &judge->was->seen[i];
		if (dns_name_equal(&was->name, &at->name) && owns(judge, was))
			return true;
	}
	return false;
}

static bool may_add(const struct judge *judge, const struct seen *is)
{
	struct dns_name wpad = name_of("wpad.corp.example");
	if (judge->is_dhcp && is_lab(&is->name) && is->type == DNS_TYPE_A &&
	    count_at(judge->is, is, DNS_TYPE_A) > 2)
		return false;
	if (count_at(judge->was, is, 0) == 0)
		return !dns_name_equal(&is->name, &wpad);
	if (has_name(judge, is) ||
	    (has_own(judge, is) &&
	     !judge->is_dhcp)) /* what is denied is `write`; additions are claims */
		return true;
	return judge->is_dhcp && is_lab(&is->name);
}

static const char *broken(const struct judge *judge)
{
	if (strcmp(judge->who, "anonymous") == 0)
		return "unsigned was accepted";
	for (size_t i = 0; i < judge->was->count; i++) {
		const struct seen *was = &judge->was->seen[i], *is = find(judge->is, was);
		bool is_changed = !is || is->ttl != was->ttl || is->class != was->class;
		if (is_changed && !may_change(judge, was))
			return "a record was changed by who may not";
		if (is && is->owner != was->owner && !may_take(judge, was))
			return "a record changed hands";
	}
	for (size_t i = 0; i < judge->is->count; i++) {
		const struct seen *is = &judge->is->seen[i];
		uint32_t owner = judge->is_dhcp ? group_id : judge->id;
		if (find(judge->was, is))
			continue;
		if (!may_add(judge, is))
			return "a record was added by who may not";
		if (is->owner != owner || is->class != RECORD_DYNAMIC)
			return "a record was added for another";
	}
	return NULL;
}

Test(policy_history, nobody_ever_changes_what_the_table_forbids, .init = begin, .fini = end)
{
	static struct picture was, is;
	unsigned accepted = 0, refused = 0;
	uint64_t before = fingerprint();
	look(&was);
	for (unsigned round = 0; round < ROUNDS; round++) {
		size_t by = dice(COUNT(principals));
		struct judge judge = {.who = principals[by],
				      .id = ids[by],
				      .is_dhcp = by < 2,
				      .is_admin = by == 4,
				      .is_bad = by == 5,
				      .was = &was,
				      .is = &is};
		clock_by_hand(&core->clock, 1767603600000000ull + round * 7200000000ull);
		unsigned rcode = ask(by, (uint16_t)round);
		uint64_t after = fingerprint();
		look(&is);
		cr_assert(rcode == DNS_NOERROR || rcode == DNS_REFUSED, "round %u: %u", round,
			  rcode);
		if (rcode == DNS_REFUSED)
			cr_assert_eq(before, after, "round %u: a refusal left a trace", round);
		const char *problem = rcode == DNS_NOERROR ? broken(&judge) : NULL;
		cr_assert_null(problem, "round %u, by %s: %s", round, judge.who, problem);
		accepted += rcode == DNS_NOERROR;
		refused += rcode == DNS_REFUSED;
		before = after;
		was = is;
	}
	/* A test that refuses all, or nothing, tests nothing. */
	cr_expect_gt(accepted, ROUNDS / 20);
	cr_expect_gt(refused, ROUNDS / 4);
}
