/* SPDX-License-Identifier: BSD-2-Clause */
/* What the document and the store differ in: records. */
#include "admin/apply.h"
#include "zonedb/lookup.h"
#include "zonedb/principal.h"
#include "zonedb/walk.h"
#include "zonedb/zone_owner.h"
#include <string.h>

/* An RRset that is looked at: what is wanted, and what is stored. */
struct apply_set {
	const struct dns_name *name;
	uint16_t type;
	const struct apply_record *wanted; /* NULL and 0: nothing */
	size_t count;
	bool is_stored;
	struct node_rrset stored;
	/* What was found. */
	size_t same, mine, gone; /* as it is; managed; of these, not wanted */
	size_t derived;
	bool has_other_ttl;
	const struct apply_record *foreign; /* wanted, and somebody else's */
	struct node_record foreign_record;
	struct node_record beside; /* another's, with data that is not wanted */
	bool has_beside;
	size_t by_hand; /* static records of administrators that are not wanted */
	bool replaces;  /* they are all that is there, and go */
};

static bool apply_is_mine(const struct apply *a, const struct node_record *record)
{
	return a->has_owner && record->owner == a->owner && record->class == RECORD_STATIC;
}

/* --- which names */

void apply_records_find(struct apply *a, struct apply_zone *z)
{
	struct store_txn *txn = a->call->snapshot.txn;
	struct walk walk;
	struct dns_name name;
	struct node node;
	struct node_record record;
	struct zone zone;
	uint32_t owner;
	size_t room = 0;
	z->managed_count = 0;
	if (!z->has_records || !zone_get(txn, &z->apex, &zone) ||
	    !principal_find(txn, APPLY_OWNER, &owner) || !zone_owner_has(txn, zone.id, owner))
		return;
	walk_from(&walk, txn, &zone, &zone.apex);
	while (walk_next(&walk, &name, &node)) {
		struct node_walk records = node_walk_of(&node);
		bool is_managed = false;
		while (!is_managed && node_walk_next(&records, &record))
			is_managed = record.owner == owner && record.class == RECORD_STATIC &&
				     records.rrset.type != DNS_TYPE_SOA;
		if (!is_managed)
			continue;
		if (z->managed_count == room) {
			room = room ? room * 2 : 64;
			struct dns_name *names = arena_alloc(&a->call->arena, room * sizeof *names);
			if (z->managed_count)
				memcpy(names, z->managed, z->managed_count * sizeof *names);
			z->managed = names;
		}
		z->managed[z->managed_count++] = name;
	}
	walk_end(&walk);
}

/* --- an RRset */

/* They are in canonical order. */
static const struct apply_record *apply_find_wanted(const struct apply_record *wanted, size_t count,
						    struct bytes rdata)
{
	size_t from = 0, to = count;
	while (from < to) {
		size_t middle = from + (to - from) / 2;
		int order = dns_rdata_compare(wanted->type, wanted[middle].rdata, rdata);
		if (order == 0)
			return &wanted[middle];
		from = order < 0 ? middle + 1 : from;
		to = order < 0 ? to : middle;
	}
	return NULL;
}

/* What somebody else has may be taken over if nobody could miss it. */
static bool apply_may_adopt(const struct apply *a, const struct apply_record *wanted,
			    const struct node_record *record)
{
	return (a->adopts || wanted->adopts) &&
	       (record->class == RECORD_STATIC || record->owner == PRINCIPAL_ANONYMOUS);
}

static bool apply_is_by_hand(const struct apply *a, const struct node_record *record)
{
	return record->class == RECORD_STATIC &&
	       strncmp(principal_text(a->txn, record->owner, &a->call->arena), "local:", 6) == 0;
}

static void apply_compare_record(const struct apply *a, struct apply_set *s,
				 const struct node_record *record)
{
	const struct apply_record *wanted = apply_find_wanted(s->wanted, s->count, record->rdata);
	bool is_mine = apply_is_mine(a, record);
	uint32_t ttl = s->stored.ttl;
	/* It gives way to what is registered in its place (zonedb/ptr.h). */
	if (record->class == RECORD_DERIVED) {
		s->derived++;
		return;
	}
	s->mine += is_mine;
	if (is_mine && !wanted) {
		s->gone++;
	} else if (wanted && (is_mine || apply_may_adopt(a, wanted, record))) {
		s->same += is_mine && ttl == wanted->ttl;
		s->has_other_ttl |= ttl != wanted->ttl;
	} else if (wanted) {
		s->foreign = s->foreign ? s->foreign : wanted;
		s->foreign_record = *record;
	} else {
		s->has_beside = true;
		s->beside = *record;
		s->by_hand += apply_is_by_hand(a, record);
	}
}

static void apply_compare(const struct apply *a, struct apply_set *s)
{
	struct node_record record;
	struct bytes_in in = bytes_in_of(s->stored.records.data, s->stored.records.len);
	while (s->is_stored && node_next_record(&in, &record))
		apply_compare_record(a, s, &record);
	/* What an administrator made of the RRset by hand is taken over whole: beside it, the
	 * file's would be a second answer. */
	s->replaces = a->adopts && s->count && s->by_hand && !s->mine &&
		      s->by_hand + s->derived == s->stored.count;
	s->has_beside &= !s->replaces;
}

/* --- rows */

static void apply_set_names(json_t *row, const struct apply_zone *z, const struct apply_set *s)
{
	json_object_set_new(row, "name", apply_relative(z, s->name));
	json_object_set_new(row, "type", command_type(s->type));
}

static json_t *apply_wanted_json(struct apply *a, const struct apply_set *s)
{
	json_t *data = json_array();
	for (size_t i = 0; i < s->count; i++)
		json_array_append_new(
			data, command_string(command_rdata(a->call, s->type, s->wanted[i].rdata)));
	json_t *after = json_object();
	json_object_set_new(after, "ttl", json_integer(s->wanted[0].ttl));
	json_object_set_new(after, "data", data);
	arena_reset(&a->call->row_arena);
	return after;
}

/* What is managed of the set. */
static json_t *apply_stored_json(struct apply *a, const struct apply_set *s)
{
	struct node_record record;
	json_t *data = json_array();
	struct bytes_in in = bytes_in_of(s->stored.records.data, s->stored.records.len);
	while (s->is_stored && node_next_record(&in, &record))
		if (apply_is_mine(a, &record) || (s->replaces && record.class == RECORD_STATIC))
			json_array_append_new(data, command_string(command_rdata(a->call, s->type,
										 record.rdata)));
	json_t *before = json_object();
	json_object_set_new(before, "ttl", json_integer(s->stored.ttl));
	json_object_set_new(before, "data", data);
	arena_reset(&a->call->row_arena);
	return before;
}

static json_t *apply_set_row(struct apply *a, const struct apply_zone *z, const struct apply_set *s)
{
	bool has_before = s->mine || s->replaces;
	enum apply_action action = !has_before ? APPLY_ADD
				   : !s->count ? APPLY_DELETE
					       : APPLY_CHANGE;
	json_t *row = apply_zone_row(a, z, "rrset", action);
	if (!row)
		return NULL;
	apply_set_names(row, z, s);
	json_object_set_new(row, "before", has_before ? apply_stored_json(a, s) : json_null());
	json_object_set_new(row, "after", s->count ? apply_wanted_json(a, s) : json_null());
	json_object_set_new(row, "owner", json_string(APPLY_OWNER));
	if (s->has_beside && s->count)
		json_object_set_new(
			row, "beside",
			command_string(principal_text(a->txn, s->beside.owner, &a->call->arena)));
	return row;
}

static void apply_set_conflict(struct apply *a, const struct apply_zone *z,
			       const struct apply_set *s, const struct apply_conflict *c,
			       const struct node_record *record)
{
	json_t *row = apply_conflict_row(a, z, c);
	if (!row)
		return;
	apply_set_names(row, z, s);
	if (record) {
		json_object_set_new(
			row, "owner",
			command_string(principal_text(a->txn, record->owner, &a->call->arena)));
		json_object_set_new(row, "class", json_string(record_class_name(record->class)));
	}
	if (s->count)
		json_object_set_new(row, "after", apply_wanted_json(a, s));
}

/* --- what is in the way */

static const char *apply_set_text(struct apply *a, const struct apply_set *s)
{
	char name[DNS_NAME_TEXT_MAX], type[DNS_TYPE_TEXT_MAX];
	return APPLY_TEXT(a, "%s %s", dns_name_show(s->name, name), dns_type_print(s->type, type));
}

static bool apply_set_is_foreign(struct apply *a, const struct apply_zone *z,
				 const struct apply_set *s)
{
	const struct node_record *record = s->foreign ? &s->foreign_record : &s->beside;
	bool is_static = record->class == RECORD_STATIC || record->owner == PRINCIPAL_ANONYMOUS;
	bool is_in_the_way =
		s->count && s->has_beside &&
		(dns_type_is_singleton(s->type) ||
		 (s->wanted[0].ttl != s->stored.ttl && !dns_type_is_signature(s->type)));
	if (!s->foreign && !is_in_the_way)
		return false;
	const char *owner = principal_text(a->txn, record->owner, &a->call->arena);
	apply_set_conflict(
		a, z, s,
		&(struct apply_conflict){"rrset", apply_set_text(a, s), "foreign-owner",
					 APPLY_TEXT(a, "is owned by %s (%s)%s", owner,
						    record_class_name(record->class),
						    s->foreign || dns_type_is_singleton(s->type)
							    ? ""
							    : ": its TTL would change"),
					 s->foreign && is_static ? "adopt" : "owner-transfer"},
		record);
	return true;
}

/* A zone below answers for the name. */
static bool apply_set_is_covered(struct apply *a, const struct apply_zone *z,
				 const struct apply_set *s)
{
	if (!s->count || !command_covered_refuse(a->call, a->txn, &z->stored, s->name, s->type))
		return false;
	const char *why = APPLY_TEXT(a, "%s", a->call->error);
	a->call->error[0] = '\0';
	apply_set_conflict(
		a, z, s,
		&(struct apply_conflict){"rrset", apply_set_text(a, s), "zone-below", why, NULL},
		NULL);
	return true;
}

static bool apply_keeps_ns(struct apply *a, const struct apply_zone *z, const struct apply_set *s)
{
	if (s->count || s->type != DNS_TYPE_NS || !dns_name_equal(s->name, &z->apex) ||
	    s->gone < s->stored.count)
		return false;
	apply_set_conflict(a, z, s,
			   &(struct apply_conflict){"rrset", apply_set_text(a, s), "last-ns",
						    "is the last NS of the zone", NULL},
			   NULL);
	return true;
}

static void apply_take_set(struct apply *a, struct apply_zone *z, struct apply_set *s,
			   struct apply_rrset ***last)
{
	apply_compare(a, s);
	bool is_same = s->same == s->count && !s->gone && !s->has_other_ttl;
	z->managed_records += s->mine;
	if (is_same && !s->foreign)
		return;
	if (apply_set_is_foreign(a, z, s) || apply_set_is_covered(a, z, s) ||
	    apply_keeps_ns(a, z, s))
		return;
	struct apply_rrset *set = arena_zero(&a->call->arena, sizeof *set);
	*set = (struct apply_rrset){.name = *s->name,
				    .type = s->type,
				    .wanted = s->wanted,
				    .count = s->count,
				    .replaces = s->replaces};
	**last = set;
	*last = &set->next;
	z->gone_records += s->gone;
	apply_touch_rrset(a, z->stored.id, s->name, s->type);
	apply_set_row(a, z, s);
}

/* --- a name */

struct apply_name_look {
	struct apply_zone *z;
	const struct dns_name *name;
	const struct apply_record *wanted; /* of the name */
	size_t count;
	bool is_stored;
	struct node node;
	bool has_cname, has_other; /* what would stand there */
};

static size_t apply_type_end(const struct apply_record *wanted, size_t count, size_t at)
{
	size_t end = at + 1;
	while (end < count && wanted[end].type == wanted[at].type)
		end++;
	return end;
}

static void apply_note_type(struct apply_name_look *n, const struct apply_set *s)
{
	bool remains = s->count || (s->is_stored && s->gone + s->derived < s->stored.count);
	bool is_proof = s->type == DNS_TYPE_RRSIG || s->type == DNS_TYPE_NSEC;
	n->has_cname |= remains && s->type == DNS_TYPE_CNAME;
	n->has_other |= remains && s->type != DNS_TYPE_CNAME && !is_proof;
}

/* Wanted and stored types side by side, both ascending. */
static void apply_look_types(struct apply *a, struct apply_name_look *n, struct apply_rrset ***last)
{
	struct bytes_in in = bytes_in_of(n->is_stored ? n->node.rrsets.data : NULL,
					 n->is_stored ? n->node.rrsets.len : 0);
	struct node_rrset stored;
	bool has_stored = node_next_rrset(&in, &stored);
	size_t at = 0;
	while (has_stored || at < n->count) {
		struct apply_set s = {.name = n->name};
		bool takes_wanted =
			at < n->count && (!has_stored || n->wanted[at].type <= stored.type);
		bool takes_stored =
			has_stored && (at == n->count || stored.type <= n->wanted[at].type);
		s.type = takes_wanted ? n->wanted[at].type : stored.type;
		if (takes_stored) {
			s.is_stored = true;
			s.stored = stored;
			has_stored = node_next_rrset(&in, &stored);
		}
		if (takes_wanted) {
			size_t end = apply_type_end(n->wanted, n->count, at);
			s.wanted = &n->wanted[at];
			s.count = end - at;
			at = end;
		}
		if (s.type != DNS_TYPE_SOA)
			apply_take_set(a, n->z, &s, last);
		apply_note_type(n, &s);
	}
}

static void apply_look_name(struct apply *a, struct apply_name_look *n, struct apply_rrset ***last)
{
	n->is_stored = lookup_node(a->txn, &n->z->stored, n->name, &n->node);
	apply_look_types(a, n, last);
	if (n->has_cname && n->has_other && n->count)
		apply_conflict_row(a, n->z,
				   &(struct apply_conflict){
					   "rrset", apply_relative_text(a, n->z, n->name), "cname",
					   "would hold a CNAME beside other records", NULL});
}

/* --- a zone */

static size_t apply_name_end(const struct apply_zone *z, size_t at)
{
	size_t end = at;
	while (end < z->record_count && dns_name_equal(&z->records[end].name, &z->records[at].name))
		end++;
	return end;
}

/* More than a fifth of them going at once is more often a mistake than meant. */
static void apply_guard_many(struct apply *a, struct apply_zone *z)
{
	char shown[DNS_NAME_TEXT_MAX];
	if (a->removes_many || z->gone_records <= APPLY_GOES_MAX ||
	    z->gone_records * 100 <= z->managed_records * APPLY_SHARE_MAX)
		return;
	json_t *row = apply_zone_row(a, z, "records", APPLY_SAME);
	if (row) {
		json_object_set_new(row, "managed", json_integer((json_int_t)z->managed_records));
		json_object_set_new(row, "gone", json_integer((json_int_t)z->gone_records));
	}
	apply_guard(a, row, "yes-many",
		    APPLY_TEXT(a, "%s of the %zu that are managed in zone %s would go",
			       command_count(a->call, z->gone_records, "record"),
			       z->managed_records, dns_name_show(&z->apex, shown)));
}

void apply_records_look(struct apply *a, struct apply_zone *z)
{
	struct apply_rrset **last = &z->rrsets;
	size_t at = 0, m = 0;
	z->managed_records = z->gone_records = 0;
	while (at < z->record_count || m < z->managed_count) {
		struct apply_name_look n = {.z = z};
		int order = at == z->record_count ? 1
			    : m == z->managed_count
				    ? -1
				    : dns_name_compare(&z->records[at].name, &z->managed[m]);
		n.name = order <= 0 ? &z->records[at].name : &z->managed[m];
		if (order <= 0) {
			size_t end = apply_name_end(z, at);
			n.wanted = &z->records[at];
			n.count = end - at;
			at = end;
		}
		m += order >= 0;
		apply_look_name(a, &n, &last);
	}
	apply_guard_many(a, z);
}

void apply_records_new(struct apply *a, struct apply_zone *z)
{
	for (size_t at = 0, end; at < z->record_count; at = end) {
		end = apply_name_end(z, at);
		for (size_t k = at; k < end;) {
			size_t next = k + apply_type_end(&z->records[k], end - k, 0);
			struct apply_set s = {.name = &z->records[k].name,
					      .type = z->records[k].type,
					      .wanted = &z->records[k],
					      .count = next - k};
			apply_set_row(a, z, &s);
			k = next;
		}
	}
}

/* --- writing */

struct apply_keeps {
	const struct apply *a;
	const struct apply_rrset *set;
};

/* Of others nothing is removed. */
static bool apply_keeps_record(void *context, struct edit_record *record)
{
	const struct apply_keeps *k = context;
	bool is_mine = record->class == RECORD_STATIC &&
		       (record->owner == k->a->owner || k->set->replaces);
	return !is_mine || apply_find_wanted(k->set->wanted, k->set->count, record->rdata);
}

static bool apply_write_set(struct apply *a, struct edit *edit, const struct apply_rrset *set,
			    uint64_t now)
{
	struct apply_keeps keeps = {a, set};
	struct edit_name *at = edit_see(edit, &set->name);
	edit_remove_but(edit, &set->name, set->type, apply_keeps_record, &keeps);
	for (size_t i = 0; i < set->count; i++) {
		const struct apply_record *r = &set->wanted[i];
		struct node_record record = {.owner = a->owner,
					     .stamp = now,
					     .class = RECORD_STATIC,
					     .rdata = r->rdata},
				   stored;
		if (edit_find_stored(edit, at, set->type, r->rdata, &stored) &&
		    apply_is_mine(a, &stored))
			record.stamp = stored.stamp;
		if (!edit_add_as(edit, &set->name, set->type, r->ttl, &record))
			return false;
	}
	return true;
}

/* The TTL of an SOA alone is a change, too. */
static bool apply_write_soa(struct apply *a, const struct apply_zone *z, struct edit *edit,
			    const struct zone *zone)
{
	struct bytes stored;
	uint32_t ttl;
	if (!zone_soa(a->txn, zone, &stored, &ttl))
		return true;
	struct bytes wanted = apply_soa_wanted(a, z, stored, &ttl);
	return edit_add(edit, &zone->apex, DNS_TYPE_SOA, ttl, wanted);
}

enum call_code apply_records_write(struct apply *a, struct apply_zone *z, const struct zone *zone)
{
	struct call *call = a->call;
	if (!z->rrsets && !z->soa_differs)
		return CALL_OK;
	struct edit_author author = command_author(call, a->txn);
	author.owner = a->owner = principal_intern(a->txn, APPLY_OWNER);
	author.owner_text = APPLY_OWNER;
	a->has_owner = true;
	struct arena arena = {0};
	struct edit *edit = edit_open(a->txn, zone, &author, &arena);
	bool fits = !z->soa_differs || apply_write_soa(a, z, edit, zone);
	for (const struct apply_rrset *set = z->rrsets; set && fits; set = set->next)
		fits = apply_write_set(a, edit, set, author.now);
	struct entry entry = command_entry(call, ENTRY_ADMIN, a->txn, zone);
	if (fits)
		edit_commit(edit, &entry);
	arena_free(&arena);
	return fits ? CALL_OK
		    : call_fail(call, CALL_FAILED, "more records than a message can carry");
}
