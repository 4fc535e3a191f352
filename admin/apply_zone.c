/* SPDX-License-Identifier: BSD-2-Clause */
/* What the document and the store differ in: zones, but for their records. */
#include "admin/apply.h"
#include "admin/ptr.h"
#include "base/serial.h"
#include "acl/rule_diff.h"
#include "acl/rule_lint.h"
#include "zonedb/lookup.h"
#include "zonedb/note.h"
#include "zonedb/notify_list.h"
#include "zonedb/principal.h"
#include "zonedb/reservation.h"
#include "zonedb/walk.h"
#include <string.h>

#define APPLY_RULES_SHOWN 1000 /* lines that are compared one by one */

/* --- settings */

/* Whether the key is here, or will be. */
static bool apply_key_will_be(struct apply *a, const struct dns_name *name)
{
	struct keyring_key key;
	for (size_t i = 0; i < a->key_count; i++)
		if (dns_name_equal(&a->keys[i].key.name, name))
			return !a->keys[i].is_absent;
	bool is_here = keyring_get(a->txn, name, &key);
	if (is_here)
		keyring_key_wipe(&key);
	return is_here;
}

static void apply_check_notify(struct apply *a, struct apply_zone *z)
{
	char shown[DNS_NAME_TEXT_MAX];
	struct notify_list list;
	const char *text = z->wanted.notify[0] ? z->wanted.notify : "none";
	const char *problem = notify_list_parse(&list, text, &a->call->arena);
	for (size_t i = 0; !problem && i < list.count; i++) {
		if (!list.peer[i].has_key || apply_key_will_be(a, &list.peer[i].key))
			continue;
		apply_fault(a, APPLY_TEXT(a, "%s.settings.notify", z->path), 0, 0,
			    APPLY_TEXT(a, "notify: no key '%s' here",
				       dns_name_show(&list.peer[i].key, shown)));
	}
}

/* The zone that settings which are reset have the values of. */
static struct zone apply_zone_fresh(struct apply *a, const struct apply_zone *z)
{
	struct zone zone = zone_default(&z->apex);
	scavenge_settings_new_zone(&a->scavenge, &zone);
	return zone;
}

/* Their texts were checked one by one when the document was read. */
static void apply_take_settings(struct apply *a, struct apply_zone *z)
{
	struct zone fresh = apply_zone_fresh(a, z);
	struct arena *arena = &a->call->arena;
	const char *name;
	json_t *value;
	z->wanted = z->is_here ? z->stored : fresh;
	json_object_foreach(z->settings, name, value)
	{
		const char *text = json_string_value(value);
		if (strcmp(text, "default") == 0)
			text = zone_setting_print(&fresh, name, arena);
		const char *problem = zone_setting_parse(&z->wanted, name, text, arena);
		if (problem)
			apply_fault(a, APPLY_TEXT(a, "%s.settings.%s", z->path, name), 0, 0,
				    problem);
	}
	if (json_object_get(z->settings, "notify"))
		apply_check_notify(a, z);
	if ((json_object_get(z->settings, "ptr") || json_object_get(z->settings, "ptr-from")) &&
	    command_ptr_check(a->call, &z->wanted)) {
		apply_fault(a, APPLY_TEXT(a, "%s.settings.ptr", z->path), 0, 0,
			    APPLY_TEXT(a, "%s", a->call->error));
		a->call->error[0] = '\0';
	}
}

static void apply_look_settings(struct apply *a, struct apply_zone *z)
{
	struct arena *arena = &a->call->arena;
	bool differs = false;
	for (const struct zone_setting *s = zone_settings(); s->name; s++) {
		const char *was = zone_setting_print(&z->stored, s->name, arena);
		const char *is = zone_setting_print(&z->wanted, s->name, arena);
		if (strcmp(was, is) == 0)
			continue;
		json_t *row = apply_zone_row(a, z, "setting", APPLY_CHANGE);
		differs = true;
		if (!row)
			continue;
		json_object_set_new(row, "name", json_string(s->name));
		json_object_set_new(row, "before", json_string(was));
		json_object_set_new(row, "after", json_string(is));
	}
	if (differs)
		apply_touch_zone(a, z, STATE_ZONE);
}

/* Whose the zone is, as a field of its row. */
static void apply_look_file(struct apply *a, struct apply_zone *z)
{
	char shown[DNS_NAME_TEXT_MAX];
	const char *was = z->stored.applied_by;
	if (strcmp(was, a->name) == 0)
		return;
	if (*was && !a->takes) {
		apply_conflict_row(a, z,
				   &(struct apply_conflict){
					   "zone", dns_name_show(&z->apex, shown), "other-file",
					   APPLY_TEXT(a, "is managed by the file '%s'", was),
					   "take"});
		return;
	}
	json_t *row = apply_zone_row(a, z, "file", APPLY_CHANGE);
	apply_touch_zone(a, z, STATE_ZONE);
	if (!row)
		return;
	json_object_set_new(row, "before", *was ? json_string(was) : json_null());
	json_object_set_new(row, "after", json_string(a->name));
}

/* --- rules */

static bool apply_same_rules(const struct rules *x, const struct rules *y)
{
	bool is_same = x->count == y->count;
	for (size_t i = 0; i < x->count && is_same; i++)
		is_same = strcmp(x->rule[i].text, y->rule[i].text) == 0;
	return is_same;
}

static void apply_collect_rule(void *context, bool is_added, const struct rule *rule)
{
	json_t *row = context;
	json_array_append_new(json_object_get(row, is_added ? "add" : "remove"),
			      command_string(rule->text));
}

struct apply_linting {
	struct apply *a;
	const struct apply_zone *z;
};

/* It is a row of the plan, so that it comes once. */
static void apply_lint_found(void *context, unsigned line, const char *text)
{
	char shown[DNS_NAME_TEXT_MAX];
	struct apply_linting *to = context;
	json_t *row = json_object();
	text = APPLY_TEXT(to->a, "%s: rules, line %u: %s", dns_name_show(&to->z->apex, shown), line,
			  text);
	json_object_set_new(row, "warning", command_string(text));
	json_array_append_new(to->a->rows, row);
}

static bool apply_lint_key(void *context, const struct dns_name *key)
{
	struct apply_linting *to = context;
	return apply_key_will_be(to->a, key);
}

/* The warnings of `zone policy set`, with the groups and keys that there would be. */
static void apply_lint_rules(struct apply *a, const struct apply_zone *z)
{
	struct apply_linting to = {a, z};
	struct acl_group *list;
	size_t count;
	struct groups *stored = groups_load(a->txn);
	struct groups *after = apply_groups_after(a, stored, &list, &count);
	rules_lint(&z->rules, &(struct rule_lint){.apex = &z->apex,
						  .groups = after,
						  .keys = a->call->snapshot.keys,
						  .has_key = apply_lint_key,
						  .arena = &a->call->arena,
						  .found = apply_lint_found,
						  .context = &to});
	groups_free(after);
	groups_free(stored);
}

/* Comments do not count. */
static void apply_look_rules(struct apply *a, struct apply_zone *z)
{
	struct rules was = {0};
	struct rule_error error;
	const char *stored =
		z->is_here ? rulebook_get(a->txn, z->stored.id, &a->call->arena) : NULL;
	if (!z->rules_text)
		return;
	if (stored)
		rules_parse(&was, bytes_of(stored, strlen(stored)), &z->apex, &a->call->arena,
			    &error);
	z->rules_before = was.count;
	z->rules_differ = !apply_same_rules(&was, &z->rules);
	if (!z->rules_differ)
		return;
	json_t *row = apply_zone_row(a, z, "rules", z->is_here ? APPLY_CHANGE : APPLY_ADD);
	apply_touch_zone(a, z, STATE_RULES);
	if (!row)
		return;
	json_object_set_new(row, "add", json_array());
	json_object_set_new(row, "remove", json_array());
	rule_diff(&was, &z->rules, &a->call->arena, apply_collect_rule, row);
	if (a->is_plan)
		apply_lint_rules(a, z);
}

/* --- SOA */

/* The primary name server: as the SOA says, or the first NS. */
static struct dns_name apply_server_of(struct apply *a, const struct apply_zone *z)
{
	struct dns_name server;
	const struct apply_record *first = NULL;
	if (z->soa.has_mname)
		return z->soa.soa.mname;
	for (size_t i = 0; i < z->record_count; i++) {
		const struct apply_record *r = &z->records[i];
		if (r->type == DNS_TYPE_NS && dns_name_equal(&r->name, &z->apex) &&
		    (!first || r->index < first->index))
			first = r;
	}
	if (first && dns_rdata_name(DNS_TYPE_NS, first->rdata, &server))
		return server;
	return command_server_default(a->call, &z->apex);
}

struct bytes apply_soa_wanted(struct apply *a, const struct apply_zone *z, struct bytes stored,
			      uint32_t *ttl)
{
	const struct apply_soa *w = &z->soa;
	struct dns_soa soa = command_soa_default();
	if (!stored.data || !dns_soa_unpack(stored, &soa)) {
		const char *problem = dns_name_parse(&soa.rname, "hostmaster", 10, &z->apex);
		soa.rname = problem ? z->apex : soa.rname;
		soa.mname = apply_server_of(a, z);
		*ttl = COMMAND_SOA_TTL;
	}
	soa.mname = w->has_mname ? w->soa.mname : soa.mname;
	soa.rname = w->has_rname ? w->soa.rname : soa.rname;
	soa.refresh = w->has_refresh ? w->soa.refresh : soa.refresh;
	soa.retry = w->has_retry ? w->soa.retry : soa.retry;
	soa.expire = w->has_expire ? w->soa.expire : soa.expire;
	soa.minimum = w->has_minimum ? w->soa.minimum : soa.minimum;
	*ttl = w->has_ttl ? w->ttl : *ttl;
	if (w->has_serial && (!stored.data || serial_is_ahead(w->soa.serial, soa.serial)))
		soa.serial = w->soa.serial;
	return command_soa_data(a->call, &soa);
}

static void apply_soa_row(struct apply *a, const struct apply_zone *z, const char *field,
			  const char *was, const char *is)
{
	if (strcmp(was, is) == 0)
		return;
	json_t *row = apply_zone_row(a, z, "soa", APPLY_CHANGE);
	if (!row)
		return;
	json_object_set_new(row, "name", json_string(field));
	json_object_set_new(row, "before", json_string(was));
	json_object_set_new(row, "after", json_string(is));
}

#define APPLY_SOA_NUMBER(field)                                                                    \
	apply_soa_row(a, z, #field, APPLY_TEXT(a, "%u", was.field), APPLY_TEXT(a, "%u", is.field))

void apply_zone_look_soa(struct apply *a, struct apply_zone *z)
{
	char before[DNS_NAME_TEXT_MAX], after[DNS_NAME_TEXT_MAX];
	struct bytes stored;
	struct dns_soa was, is;
	uint32_t ttl_was, ttl;
	z->soa_differs = false;
	if (!zone_soa(a->txn, &z->stored, &stored, &ttl_was) || !dns_soa_unpack(stored, &was))
		return;
	ttl = ttl_was;
	struct bytes wanted = apply_soa_wanted(a, z, stored, &ttl);
	/* What it has to be is what it is: only the case of names may differ. */
	if (!dns_soa_unpack(wanted, &is) ||
	    (dns_rdata_compare(DNS_TYPE_SOA, stored, wanted) == 0 && ttl == ttl_was))
		return;
	z->soa_differs = true;
	apply_touch_rrset(a, z->stored.id, &z->apex, DNS_TYPE_SOA);
	apply_soa_row(a, z, "mname", dns_name_show(&was.mname, before),
		      dns_name_show(&is.mname, after));
	apply_soa_row(a, z, "rname", dns_name_show(&was.rname, before),
		      dns_name_show(&is.rname, after));
	APPLY_SOA_NUMBER(serial);
	APPLY_SOA_NUMBER(refresh);
	APPLY_SOA_NUMBER(retry);
	APPLY_SOA_NUMBER(expire);
	APPLY_SOA_NUMBER(minimum);
	apply_soa_row(a, z, "ttl", APPLY_TEXT(a, "%u", ttl_was), APPLY_TEXT(a, "%u", ttl));
}

/* --- the seed */

/* How many records the zone holds beside what each has, SOA and NS at its own name; counted up to
 * `most`. */
static uint64_t apply_count_content(struct store_txn *txn, const struct zone *zone, uint64_t most)
{
	struct walk walk;
	struct dns_name name;
	struct node node;
	struct node_rrset rrset;
	uint64_t count = 0;
	walk_from(&walk, txn, zone, &zone->apex);
	while (count < most && walk_next(&walk, &name, &node)) {
		struct bytes_in in = bytes_in_of(node.rrsets.data, node.rrsets.len);
		bool is_apex = dns_name_equal(&name, &zone->apex);
		while (node_next_rrset(&in, &rrset))
			if (!is_apex || (rrset.type != DNS_TYPE_SOA && rrset.type != DNS_TYPE_NS))
				count += rrset.count;
	}
	walk_end(&walk);
	return count;
}

/* Why a seed is not taken; NULL: it was taken before, as it is now. Of a file that is gone no
 * digest comes: then what was taken is not judged. */
static const char *apply_seed_left(struct apply *a, const struct apply_zone *z)
{
	const char *taken = z->stored.seed;
	if (*taken && z->seed_digest[0] && strcmp(taken, z->seed_digest) != 0)
		return APPLY_TEXT(a, "it is another seed than the one taken before (SHA-256 %.12s)",
				  taken);
	if (*taken)
		return NULL;
	/* The writer does not count them. */
	uint64_t count = apply_count_content(a->txn, &z->stored, a->is_silent ? 1 : UINT64_MAX);
	return APPLY_TEXT(a, "the zone holds %s beside SOA and NS",
			  a->is_silent ? "records" : command_count(a->call, count, "record"));
}

/* Data that is passed over is never passed over in silence. */
static void apply_look_left_seed(struct apply *a, const struct apply_zone *z)
{
	char shown[DNS_NAME_TEXT_MAX];
	const char *why = apply_seed_left(a, z);
	if (!why)
		return;
	dns_name_show(&z->apex, shown);
	if (!a->keeps_seeds) {
		apply_conflict_row(
			a, z,
			&(struct apply_conflict){
				"seed", z->seed_file, "not-taken",
				APPLY_TEXT(
					a,
					"is not taken: %s. `tenurectl zone import %s %.200s "
					"--plan` shows what it would change, without --plan or "
					"with --replace it is taken; --keep-seeds leaves the zone "
					"as it is",
					why, shown, z->seed_file),
				"keep-seeds"});
		return;
	}
	json_t *row = apply_zone_row(a, z, "seed", APPLY_SAME);
	if (!row)
		return;
	json_object_set_new(row, "name", command_string(z->seed_file));
	json_object_set_new(row, "text",
			    command_string(APPLY_TEXT(a, "left, the zone stays: %s", why)));
}

static void apply_look_seed(struct apply *a, struct apply_zone *z)
{
	if (!z->seed_file)
		return;
	z->takes_seed = !z->is_here ||
			(!z->stored.seed[0] && apply_count_content(a->txn, &z->stored, 1) == 0);
	if (!z->takes_seed) {
		apply_look_left_seed(a, z);
		return;
	}
	if (!z->load || !z->seed_digest[0]) {
		json_array_append_new(a->seeds_wanted, json_integer((json_int_t)(z - a->zones)));
		return;
	}
	json_t *row = apply_zone_row(a, z, "seed", APPLY_ADD);
	apply_touch_zone(a, z, STATE_ZONE);
	if (!row)
		return;
	json_object_set_new(row, "name", command_string(z->seed_file));
	json_object_set_new(row, "records", json_integer((json_int_t)load_count(z->load)));
	json_object_set_new(row, "digest", json_string(z->seed_digest));
}

/* --- names that are kept */

static void apply_reserve_row(struct apply *a, const struct apply_zone *z,
			      const struct dns_name *name, const char *was, const char *is)
{
	uint8_t key[ZONE_KEY_MAX];
	json_t *row = apply_zone_row(a, z, "reserve",
				     !was  ? APPLY_ADD
				     : !is ? APPLY_DELETE
					   : APPLY_CHANGE);
	if (z->is_here)
		apply_touch_state(a, STATE_RESERVATION,
				  bytes_of(key, zone_key(key, &z->stored, name)));
	if (!row)
		return;
	json_object_set_new(row, "name", apply_relative(z, name));
	json_object_set_new(row, "before", command_string(was));
	json_object_set_new(row, "after", command_string(is));
}

/* A name that holds records is not kept for anybody: whose they are decides. */
static bool apply_is_held(struct apply *a, const struct apply_zone *z,
			  const struct apply_reserve *r)
{
	struct node node;
	struct node_record record;
	if (!lookup_node(a->txn, &z->stored, &r->name, &node))
		return false;
	struct node_walk walk = node_walk_of(&node);
	while (node_walk_next(&walk, &record))
		if (strcmp(principal_text(a->txn, record.owner, &a->call->arena), r->whom) == 0)
			return true;
	apply_conflict_row(a, z,
			   &(struct apply_conflict){
				   "reserve", apply_relative_text(a, z, &r->name), "holds-records",
				   APPLY_TEXT(a, "holds records, and none of %s", r->whom),
				   "owner-transfer"});
	return true;
}

static const struct apply_reserve *apply_find_reserve(const struct apply_zone *z,
						      const struct dns_name *name)
{
	size_t from = 0, to = z->reserve_count;
	while (from < to) {
		size_t middle = from + (to - from) / 2;
		int order = dns_name_compare(&z->reserve[middle].name, name);
		if (order == 0)
			return &z->reserve[middle];
		from = order < 0 ? middle + 1 : from;
		to = order < 0 ? to : middle;
	}
	return NULL;
}

static void apply_look_reserve(struct apply *a, struct apply_zone *z)
{
	struct reservation_walk walk;
	struct dns_name name;
	const char *owner;
	for (size_t i = 0; i < z->reserve_count; i++) {
		const struct apply_reserve *r = &z->reserve[i];
		bool is_kept = z->is_here && reservation_find(a->txn, &z->stored, &r->name,
							      &a->call->arena, &owner);
		if (is_kept && strcmp(owner, r->whom) == 0)
			continue;
		if (!z->is_here || !apply_is_held(a, z, r))
			apply_reserve_row(a, z, &r->name, is_kept ? owner : NULL, r->whom);
	}
	if (!z->is_here || !z->has_reserve)
		return;
	reservation_walk_from(&walk, a->txn, &z->stored);
	while (reservation_next(&walk, &name, &a->call->arena, &owner))
		if (!apply_find_reserve(z, &name))
			apply_reserve_row(a, z, &name, owner, NULL);
	reservation_walk_end(&walk);
}

/* --- notes */

static void apply_look_notes(struct apply *a, struct apply_zone *z)
{
	for (size_t i = 0; i < z->note_count; i++) {
		const struct apply_note *n = &z->notes[i];
		uint8_t key[ZONE_KEY_MAX];
		const char *was = z->is_here ? note_find(a->txn, &z->stored, &n->name, n->type,
							 &a->call->arena)
					     : NULL;
		if (was && strcmp(was, n->text) == 0)
			continue;
		json_t *row = apply_zone_row(a, z, "note", was ? APPLY_CHANGE : APPLY_ADD);
		if (z->is_here)
			apply_touch_state(a, STATE_NOTE,
					  bytes_of(key, zone_key(key, &z->stored, &n->name)));
		if (!row)
			continue;
		json_object_set_new(row, "name", apply_relative(z, &n->name));
		json_object_set_new(row, "type", n->type ? command_type(n->type) : json_null());
		json_object_set_new(row, "before", command_string(was));
		json_object_set_new(row, "after", command_string(n->text));
	}
}

/* --- zones that are made, and that go */

static const char *apply_compose_soa(struct apply *a, struct apply_zone *z)
{
	uint32_t ttl = COMMAND_SOA_TTL;
	struct bytes none = {NULL, 0};
	struct bytes data = apply_soa_wanted(a, z, none, &ttl);
	return load_add(z->load, &z->apex, DNS_TYPE_SOA, ttl, data, 0);
}

/* A zone has a name server; where nobody says which, that of its SOA. */
static const char *apply_compose_ns(struct apply *a, struct apply_zone *z)
{
	struct dns_soa soa;
	uint32_t ttl;
	for (size_t i = 0; i < z->record_count; i++)
		if (z->records[i].type == DNS_TYPE_NS &&
		    dns_name_equal(&z->records[i].name, &z->apex))
			return NULL;
	if (!dns_soa_unpack(apply_soa_wanted(a, z, bytes_of(NULL, 0), &ttl), &soa))
		return "its SOA is none";
	return load_add(z->load, &z->apex, DNS_TYPE_NS, z->ttl,
			bytes_of(soa.mname.wire, soa.mname.len), 0);
}

static const char *apply_compose_records(struct apply *a, struct apply_zone *z, unsigned *mark)
{
	struct load_state state = {.owner = APPLY_OWNER,
				   .stamp = clock_now(&a->call->core->clock),
				   .class = RECORD_STATIC};
	for (size_t i = 0; i < z->record_count; i++) {
		const struct apply_record *r = &z->records[i];
		*mark = (unsigned)r->index + 1;
		const char *problem = load_add(z->load, &r->name, r->type, r->ttl, r->rdata, *mark);
		if (problem)
			return problem;
		load_add_state(z->load, &state);
	}
	*mark = 0;
	return NULL;
}

static bool apply_compose_fault(struct apply *a, const struct apply_zone *z, bool is_seed,
				unsigned mark, const char *problem)
{
	const char *path = is_seed ? APPLY_TEXT(a, "%s.seed", z->path)
			   : mark  ? APPLY_TEXT(a, "%s.records[%u]", z->path, mark - 1)
				   : z->path;
	/* Of a seed tenurectl knows the line. */
	apply_fault(a, path, is_seed ? mark : 0, 0, problem);
	return false;
}

/* With a seed, the records are judged and written beside it. */
bool apply_zone_compose(struct apply *a, struct apply_zone *z)
{
	bool is_seed = z->load != NULL;
	unsigned mark = 0;
	const char *problem = NULL;
	if (z->load_is_ready)
		return true;
	if (!is_seed)
		z->load = load_open(&z->apex);
	if (!z->load_has_soa)
		problem = apply_compose_soa(a, z);
	if (!problem && !is_seed)
		problem = apply_compose_ns(a, z);
	if (!problem && !is_seed)
		problem = apply_compose_records(a, z, &mark);
	if (!problem)
		problem = load_check(z->load, &mark, NULL, NULL);
	z->load_is_ready = !problem;
	return problem ? apply_compose_fault(a, z, is_seed, mark, problem) : true;
}

static void apply_look_new(struct apply *a, struct apply_zone *z)
{
	char shown[DNS_NAME_TEXT_MAX];
	dns_name_show(&z->apex, shown);
	uint64_t covered = command_flag(a->call, "move-names") || a->is_silent
				   ? 0
				   : command_covered_count(a->call, &z->apex);
	if (covered)
		apply_conflict_row(a, z,
				   &(struct apply_conflict){
					   "zone", shown, "covers",
					   APPLY_TEXT(a, "covers %s of the zone above",
						      command_count(a->call, covered, "record")),
					   "move-names"});
	json_t *row = apply_row(a, "zone", APPLY_ADD), *after;
	apply_touch_zone(a, z, STATE_ZONE);
	if (!row)
		return;
	after = json_object();
	const char *settings = command_zone_settings(a->call, &z->wanted);
	json_object_set_new(row, "name", command_name(&z->apex));
	json_object_set_new(after, "set", command_string(settings ? settings : ""));
	json_object_set_new(after, "records", json_integer((json_int_t)z->record_count));
	json_object_set_new(row, "after", after);
}

/* Records of the zone that are nobody's but others', too. */
static uint64_t apply_count_foreign(struct apply *a, const struct zone *zone)
{
	struct walk walk;
	struct dns_name name;
	struct node node;
	struct node_record record;
	uint64_t foreign = 0;
	walk_from(&walk, a->txn, zone, &zone->apex);
	while (walk_next(&walk, &name, &node)) {
		struct node_walk records = node_walk_of(&node);
		while (node_walk_next(&records, &record))
			foreign += !a->has_owner || record.owner != a->owner ||
				   record.class != RECORD_STATIC;
	}
	walk_end(&walk);
	return foreign;
}

static void apply_look_absent_zone(struct apply *a, struct apply_zone *z)
{
	char shown[DNS_NAME_TEXT_MAX];
	const char *file = z->stored.applied_by;
	dns_name_show(&z->apex, shown);
	if (*file && strcmp(file, a->name) != 0 && !a->takes)
		apply_conflict_row(
			a, z,
			&(struct apply_conflict){"zone", shown, "other-file",
						 APPLY_TEXT(a, "is managed by the file '%s'", file),
						 "take"});
	json_t *row = apply_row(a, "zone", APPLY_DELETE);
	apply_touch_zone(a, z, STATE_ZONE);
	if (!a->deletes)
		apply_guard(a, row, "allow-delete", APPLY_TEXT(a, "zone %s would go", shown));
	if (!row)
		return;
	json_object_set_new(row, "name", json_string(shown));
	struct command_zone_count counts = zone_del_count(a->txn, &z->stored);
	json_object_set_new(row, "records", json_integer((json_int_t)counts.records));
	json_object_set_new(row, "foreign",
			    json_integer((json_int_t)apply_count_foreign(a, &z->stored)));
}

/* The row that stands before those of the zone, and says how it is. */
static json_t *apply_zone_head(struct apply *a, struct apply_zone *z)
{
	json_t *row = apply_row(a, "zone", APPLY_SAME);
	if (!row)
		return NULL;
	struct command_zone_count counts = zone_del_count(a->txn, &z->stored);
	json_object_set_new(row, "name", command_name(&z->apex));
	json_object_set_new(row, "serial", json_integer(counts.serial));
	json_object_set_new(row, "records", json_integer((json_int_t)counts.records));
	return row;
}

static void apply_look_stored(struct apply *a, struct apply_zone *z)
{
	json_t *head = apply_zone_head(a, z);
	apply_look_file(a, z);
	apply_look_settings(a, z);
	apply_look_rules(a, z);
	apply_look_seed(a, z);
	apply_zone_look_soa(a, z);
	/* Beside a seed they are judged when that is in. */
	if (z->has_records && !z->takes_seed)
		apply_records_look(a, z);
	else if (z->has_records)
		apply_records_new(a, z);
	if (head && z->has_records)
		json_object_set_new(head, "managed", json_integer((json_int_t)z->managed_records));
	apply_look_reserve(a, z);
	apply_look_notes(a, z);
}

static void apply_look_fresh(struct apply *a, struct apply_zone *z)
{
	if (z->seed_file && (!z->load || !z->seed_digest[0])) {
		apply_look_seed(a, z); /* asks for it */
		return;
	}
	if (!apply_zone_compose(a, z))
		return;
	apply_look_new(a, z);
	apply_look_seed(a, z);
	apply_look_rules(a, z);
	apply_records_new(a, z);
	apply_look_reserve(a, z);
	apply_look_notes(a, z);
}

void apply_zone_look(struct apply *a, struct apply_zone *z)
{
	uint64_t before = a->adds + a->changes + a->deletes_count;
	z->is_here = zone_get(a->txn, &z->apex, &z->stored) && !z->stored.deleting;
	z->is_new = !z->is_here && !z->is_absent;
	z->takes_seed = z->rules_differ = z->soa_differs = false;
	z->rrsets = NULL;
	z->managed_records = z->gone_records = 0;
	if (z->is_absent) {
		if (z->is_here)
			apply_look_absent_zone(a, z);
	} else {
		apply_take_settings(a, z);
		if (z->is_here)
			apply_look_stored(a, z);
		else
			apply_look_fresh(a, z);
	}
	z->differs = a->adds + a->changes + a->deletes_count > before;
}
