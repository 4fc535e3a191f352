/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/model/zone_model.h"
#include <stdio.h>
#include <string.h>

const struct model_name model_names[] = {
	{"h1", MODEL_PLAIN, 0},          {"h2", MODEL_PLAIN, 0},
	{"h3", MODEL_PLAIN, 0},          {"x.h1", MODEL_PLAIN, 0},
	{"wpad", MODEL_RESERVED, 0},     {"*.h2", MODEL_RESERVED, 0},
	{"_t._tcp.h1", MODEL_SPEAKS, 0}, {"_s", MODEL_SPEAKS_OF_APEX, 0},
	{"ns", MODEL_SERVER, 0},         {"@", MODEL_APEX, 0},
};
const uint8_t model_names_count = sizeof(model_names) / sizeof(*model_names);

const char *const model_types[MODEL_TYPES] = {"A",     "AAAA",  "TXT", "MX",
					      "CNAME", "DHCID", "NS",  "DNAME"};

const struct model_datum model_data[] = {
	{MODEL_A, "10.0.0.1"},
	{MODEL_A, "10.0.0.2"},
	{MODEL_A, "10.0.0.3"},
	{MODEL_AAAA, "fd00::1"},
	{MODEL_TXT, "\"x\""},
	{MODEL_TXT, "\"y\""},
	{MODEL_MX, "1 m.example."},
	{MODEL_CNAME, "w.example."},
	{MODEL_CNAME, "v.example."},
	{MODEL_DHCID, "AAEB"},
	{MODEL_NS, "ns.elsewhere.example."},
	{MODEL_DNAME, "d.example."},
	/* What a zone of the scenarios begins with. */
	{MODEL_A, "192.0.2.53"},
	{MODEL_NS, "ns.corp.example."},
};
const uint8_t model_data_count = sizeof(model_data) / sizeof(*model_data);
const uint8_t model_data_sent = sizeof(model_data) / sizeof(*model_data) - 2;

const char *const model_whos[MODEL_WHO_COUNT] = {"key:a", "key:b", "key:c", "anonymous"};

static bool is_structural(enum model_type type)
{
	return type == MODEL_NS || type == MODEL_DNAME;
}

static bool is_singleton(enum model_type type)
{
	return type == MODEL_CNAME || type == MODEL_DNAME;
}

static enum model_type type_of(const struct model_record *record)
{
	return model_data[record->datum].type;
}

/* --- rules */

/* What a message meets. `stored` is the zone before it, `copy` with what was done so far. */
struct model_run {
	const struct zone_model *stored;
	struct zone_model *copy;
	const struct model_message *message;
	enum model_who who;
	bool is_known;
};

enum model_answer { MODEL_NO_RULE, MODEL_ALLOWED, MODEL_DENIED, MODEL_CLAUSE };

static bool who_fits(const struct model_run *run, const struct model_rule *rule)
{
	if (rule->who == MODEL_AUTHENTICATED)
		return run->who != MODEL_ANONYMOUS;
	if (rule->who == MODEL_GROUP)
		return run->stored->has_group && run->stored->is_member[run->who];
	return rule->who == run->who;
}

/* Whether a name is `top` or below it. */
static bool is_under(uint8_t name, uint8_t top)
{
	const char *one = model_names[name].text, *two = model_names[top].text;
	size_t len = strlen(one), top_len = strlen(two);
	if (model_names[top].kind == MODEL_APEX || name == top)
		return true;
	return len > top_len && strcmp(one + len - top_len, two) == 0 &&
	       one[len - top_len - 1] == '.';
}

static bool place_fits(const struct model_rule *rule, uint8_t name)
{
	if (rule->place == MODEL_EVERYWHERE)
		return true;
	return rule->place == MODEL_AT ? rule->name == name : is_under(name, rule->name);
}

static bool owns(const struct model_run *run, const struct model_record *record);
static enum model_answer ask(struct model_run *run, enum model_right right, uint8_t name,
			     enum model_type type);

static bool may_add(struct model_run *run, struct model_record *record);

static bool model_is_address(const struct model_record *record)
{
	return type_of(record) != MODEL_TXT && type_of(record) != MODEL_MX;
}

/* Whether a record of the host name, as it is after the message, is the requester's to change. Of
 * another's that is no address it counts only for whom a rule gives addresses too. */
static bool host_gives(struct model_run *run, const struct model_record *record)
{
	enum model_answer write = ask(run, MODEL_WRITE, record->name, type_of(record));
	if (write == MODEL_ALLOWED && !owns(run, record) && !model_is_address(record))
		return ask(run, MODEL_WRITE, record->name, MODEL_A) == MODEL_ALLOWED;
	return write == MODEL_ALLOWED || (write != MODEL_DENIED && owns(run, record));
}

/* tenure-policy(5), "What a rule reaches": who has the host. */
static bool is_host_own(struct model_run *run, uint8_t host)
{
	struct model_record *own = NULL;
	bool has_others = false, has_guests = false, is_by_rule = false, has_address = false;
	for (size_t i = 0; i < run->copy->count; i++) {
		struct model_record *record = &run->copy->records[i];
		if (record->name != host)
			continue;
		bool is_own = owns(run, record);
		if (!host_gives(run, record)) {
			has_others = true;
			continue;
		}
		bool is_first =
			model_is_address(record) && !(is_own && record->is_guest) && !has_address;
		if (!own || is_first)
			own = record;
		has_address |= is_first;
		is_by_rule |= !is_own && model_is_address(record);
	}
	for (size_t i = 0; i < run->stored->count; i++)
		has_guests |= run->stored->records[i].name == host &&
			      run->stored->records[i].is_guest &&
			      owns(run, &run->stored->records[i]);
	for (size_t i = 0; i < run->copy->count; i++) {
		const struct model_record *record = &run->copy->records[i];
		if (record->name != host || host_gives(run, record) || record->is_guest)
			continue;
		if (model_is_address(record) || (record->class != MODEL_STATIC && !has_address))
			return false;
	}
	if (!own || is_by_rule || (!has_others && !has_guests))
		return own != NULL;
	struct model_record added = {.name = host, .datum = own->datum};
	return may_add(run, &added) && !added.is_guest;
}

/* Whether a name speaks for a host that is the requester's. */
static bool model_has_host(struct model_run *run, uint8_t name)
{
	return model_names[name].kind == MODEL_SPEAKS && is_host_own(run, model_names[name].host);
}

static enum model_kind kind_of(const struct model_run *run, uint8_t name)
{
	if (model_names[name].kind != MODEL_SERVER)
		return model_names[name].kind;
	for (size_t i = 0; i < run->stored->count; i++)
		if (strcmp(model_data[run->stored->records[i].datum].text, "ns.corp.example.") == 0)
			return MODEL_RESERVED;
	return MODEL_PLAIN;
}

/* tenure-policy(5), "What a rule reaches". */
static bool reaches(struct model_run *run, const struct model_rule *rule, uint8_t name,
		    enum model_type type)
{
	enum model_kind kind = kind_of(run, name);
	if (!rule->is_allow)
		return true;
	if (is_structural(type) && !(rule->types >> type & 1))
		return false;
	if (kind == MODEL_RESERVED)
		return rule->place == MODEL_AT;
	if (kind != MODEL_SPEAKS && kind != MODEL_SPEAKS_OF_APEX)
		return true;
	if (rule->place != MODEL_EVERYWHERE)
		return true;
	return model_has_host(run, name);
}

static enum model_answer ask(struct model_run *run, enum model_right right, uint8_t name,
			     enum model_type type)
{
	static const struct model_rule windows = {
		.is_allow = true, .who = MODEL_AUTHENTICATED, .rights = MODEL_CLAIM};
	bool has_preset = run->stored->is_windows && run->stored->mode == MODEL_SECURE;
	bool is_near = false;
	for (unsigned i = 0; i < run->stored->rules_count + has_preset; i++) {
		const struct model_rule *rule =
			i < run->stored->rules_count ? &run->stored->rules[i] : &windows;
		if (!(rule->rights & right) || !who_fits(run, rule) || !place_fits(rule, name) ||
		    !reaches(run, rule, name, type))
			continue;
		if (!rule->types || rule->types >> type & 1)
			return rule->is_allow ? MODEL_ALLOWED : MODEL_DENIED;
		is_near |= rule->is_allow;
	}
	return is_near ? MODEL_CLAUSE : MODEL_NO_RULE;
}

/* --- records */

static bool acts_for_group(const struct zone_model *zone, enum model_who who)
{
	return zone->has_group && zone->is_acting && zone->is_member[who];
}

/* The requester, or of an acting group the group and its present members. */
static bool model_is_fellow(const struct zone_model *zone, enum model_who who, const char *owner)
{
	if (strcmp(owner, model_whos[who]) == 0)
		return true;
	if (!acts_for_group(zone, who))
		return false;
	for (unsigned i = 0; i < MODEL_WHO_COUNT; i++)
		if (zone->is_member[i] && strcmp(owner, model_whos[i]) == 0)
			return true;
	return strcmp(owner, "@g") == 0;
}

/* Unsigned requests own nothing in a secure zone. */
static bool owns(const struct model_run *run, const struct model_record *record)
{
	if (run->stored->mode == MODEL_SECURE && run->who == MODEL_ANONYMOUS)
		return false;
	if (record->class == MODEL_STATIC && strcmp(record->owner, "anonymous") == 0)
		return false;
	return model_is_fellow(run->stored, run->who, record->owner);
}

static struct model_record *record_find(struct zone_model *zone, uint8_t name, uint8_t datum)
{
	for (size_t i = 0; i < zone->count; i++)
		if (zone->records[i].name == name && zone->records[i].datum == datum)
			return &zone->records[i];
	return NULL;
}

static bool has_name(const struct zone_model *zone, uint8_t name)
{
	for (size_t i = 0; i < zone->count; i++)
		if (zone->records[i].name == name)
			return true;
	return false;
}

static bool has_set(const struct zone_model *zone, uint8_t name, enum model_type type)
{
	for (size_t i = 0; i < zone->count; i++)
		if (zone->records[i].name == name && type_of(&zone->records[i]) == type)
			return true;
	return false;
}

static void record_remove(struct zone_model *zone, struct model_record *record)
{
	*record = zone->records[--zone->count];
}

/* Whether the name has static records of the type that are not the requester's. */
static bool is_protected(const struct model_run *run, uint8_t name, enum model_type type)
{
	for (size_t i = 0; i < run->stored->count; i++) {
		const struct model_record *record = &run->stored->records[i];
		if (record->name == name && type_of(record) == type &&
		    record->class == MODEL_STATIC && !owns(run, record))
			return true;
	}
	return false;
}

static bool model_has_static(const struct model_run *run, uint8_t name)
{
	for (unsigned type = 0; type < MODEL_TYPES; type++)
		if (is_protected(run, name, (enum model_type)type))
			return true;
	return false;
}

/* --- judgement */

/* A removal, or another TTL. */
static bool may_change(struct model_run *run, const struct model_record *record)
{
	enum model_type type = type_of(record);
	if (run->stored->mode == MODEL_NONSECURE) {
		if (kind_of(run, record->name) != MODEL_PLAIN)
			run->is_known = false;
		if (!run->stored->protects_static || !is_protected(run, record->name, type))
			return true;
		if (owns(run, record))
			run->is_known = false;
		return ask(run, MODEL_WRITE, record->name, type) == MODEL_ALLOWED;
	}
	enum model_answer write = ask(run, MODEL_WRITE, record->name, type);
	if (write != MODEL_DENIED && model_has_host(run, record->name) &&
	    record->class != MODEL_STATIC && !is_structural(type))
		return true;
	return owns(run, record) ? write != MODEL_DENIED : write == MODEL_ALLOWED;
}

static bool model_is_note(const struct model_record *record)
{
	enum model_type type = type_of(record);
	return record->class == MODEL_STATIC && (type == MODEL_TXT || type == MODEL_MX);
}

/* Who signs, owns nothing at the name and adds beside static records of others is a guest there,
 * unless all of the name are notes. No key of the model has a name of its own. */
static bool model_joins_static(const struct model_run *run, uint8_t name)
{
	bool is_apex = kind_of(run, name) == MODEL_APEX, has_notes_only = !is_apex;
	for (size_t i = 0; i < run->stored->count; i++) {
		const struct model_record *stored = &run->stored->records[i];
		if (stored->name != name)
			continue;
		has_notes_only &= model_is_note(stored);
		if (owns(run, stored) && !stored->is_guest)
			return false;
	}
	return run->who != MODEL_ANONYMOUS && (is_apex || model_has_static(run, name)) &&
	       !has_notes_only;
}

static bool may_add_nonsecure(struct model_run *run, struct model_record *record)
{
	enum model_type type = type_of(record);
	record->is_guest = run->stored->protects_static && model_joins_static(run, record->name);
	bool is_free = !is_protected(run, record->name, type) &&
		       !(type == MODEL_CNAME && model_has_static(run, record->name));
	if (!run->stored->protects_static || is_free)
		return true;
	return ask(run, MODEL_JOIN, record->name, type) == MODEL_ALLOWED;
}

static bool may_add(struct model_run *run, struct model_record *record)
{
	enum model_type type = type_of(record);
	unsigned own = 0, guests = 0, others = 0;
	if (run->stored->mode == MODEL_NONSECURE)
		return may_add_nonsecure(run, record);
	for (size_t i = 0; i < run->stored->count; i++) {
		const struct model_record *stored = &run->stored->records[i];
		if (stored->name != record->name)
			continue;
		bool is_own = owns(run, stored);
		own += is_own && !stored->is_guest;
		guests += is_own && stored->is_guest;
		others += !is_own;
	}
	enum model_answer claim = ask(run, MODEL_CLAIM, record->name, type);
	bool has_host = model_has_host(run, record->name) && !model_has_static(run, record->name);
	if (own == 0 && others > 0 && has_host && run->who != MODEL_ANONYMOUS) {
		if (claim == MODEL_ALLOWED || claim == MODEL_DENIED || claim == MODEL_CLAUSE)
			return claim == MODEL_ALLOWED;
		record->is_guest = true;
		return ask(run, MODEL_JOIN, record->name, type) == MODEL_ALLOWED;
	}
	if (own == 0 && others > 0) {
		record->is_guest = true;
		return ask(run, MODEL_JOIN, record->name, type) == MODEL_ALLOWED;
	}
	if (own == 0 && guests > 0) /* as who is first, or still as a guest */
		run->is_known = false;
	if (own == 0)
		return claim == MODEL_ALLOWED;
	/* Ownership of special names; what may be a guest of a version that did not mark them. */
	enum model_answer join = ask(run, MODEL_JOIN, record->name, type);
	bool may_be_guest = others > 0 && claim == MODEL_NO_RULE &&
			    (join == MODEL_ALLOWED || join == MODEL_CLAUSE);
	if (kind_of(run, record->name) != MODEL_PLAIN || may_be_guest)
		run->is_known = false;
	return claim == MODEL_ALLOWED || claim == MODEL_NO_RULE;
}

/* --- prerequisites (RFC 2136 3.2) */

static bool holds_exactly(struct zone_model *zone, const struct model_message *message,
			  const struct model_clause *first)
{
	enum model_type type = model_data[first->datum].type;
	unsigned wanted = 0, stored = 0;
	bool is_seen[32] = {false};
	for (unsigned i = 0; i < message->prerequisites_count; i++) {
		const struct model_clause *clause = &message->prerequisites[i];
		if (clause->form != MODEL_HOLDS || clause->name != first->name ||
		    model_data[clause->datum].type != type || is_seen[clause->datum])
			continue;
		is_seen[clause->datum] = true;
		wanted++;
		if (!record_find(zone, clause->name, clause->datum))
			return false;
	}
	for (size_t i = 0; i < zone->count; i++)
		stored +=
			zone->records[i].name == first->name && type_of(&zone->records[i]) == type;
	return wanted == stored;
}

static unsigned check_prerequisites(struct model_run *run)
{
	const struct model_message *message = run->message;
	for (unsigned i = 0; i < message->prerequisites_count; i++) {
		const struct model_clause *clause = &message->prerequisites[i];
		bool is_used = has_name(run->copy, clause->name),
		     is_there = has_set(run->copy, clause->name, clause->type);
		if (clause->form == MODEL_IN_USE && !is_used)
			return MODEL_NXDOMAIN;
		if (clause->form == MODEL_NOT_IN_USE && is_used)
			return MODEL_YXDOMAIN;
		if (clause->form == MODEL_EXISTS && !is_there)
			return MODEL_NXRRSET;
		if (clause->form == MODEL_NOT_EXISTS && is_there)
			return MODEL_YXRRSET;
	}
	for (unsigned i = 0; i < message->prerequisites_count; i++)
		if (message->prerequisites[i].form == MODEL_HOLDS &&
		    !holds_exactly(run->copy, message, &message->prerequisites[i]))
			return MODEL_NXRRSET;
	return MODEL_NOERROR;
}

/* --- changes (RFC 2136 3.4.2; tenure-policy(5), "Replacements") */

static bool adds_at(const struct model_message *message, uint8_t name)
{
	for (unsigned i = 0; i < message->changes_count; i++)
		if (message->changes[i].form == MODEL_ADD && message->changes[i].name == name)
			return true;
	return false;
}

static void delete_sets(struct model_run *run, const struct model_clause *clause)
{
	bool spares = run->stored->skips_foreign || adds_at(run->message, clause->name);
	bool is_apex = model_names[clause->name].kind == MODEL_APEX;
	for (size_t i = 0; i < run->copy->count;) {
		struct model_record *record = &run->copy->records[i];
		bool is_meant =
			record->name == clause->name &&
			(clause->form == MODEL_DELETE_NAME || type_of(record) == clause->type) &&
			!(is_apex && type_of(record) == MODEL_NS);
		if (is_meant && spares && !owns(run, record) &&
		    (record->is_spared || !may_change(run, record))) {
			record->is_spared = true;
			is_meant = false;
		}
		if (is_meant)
			record_remove(run->copy, record);
		else
			i++;
	}
}

static bool model_is_foreign(struct model_run *run, const struct model_record *record)
{
	return record->is_spared || (!owns(run, record) && !may_change(run, record));
}

/* What is added takes the TTL of a set in which others have records, but if it names one of these.
 */
static uint32_t ttl_beside(struct model_run *run, const struct model_clause *clause)
{
	enum model_type type = model_data[clause->datum].type;
	bool is_beside = false;
	uint32_t ttl = clause->ttl;
	for (size_t i = 0; i < run->copy->count; i++) {
		struct model_record *record = &run->copy->records[i];
		if (record->name != clause->name || type_of(record) != type ||
		    record->ttl == clause->ttl || !model_is_foreign(run, record))
			continue;
		if (record->datum == clause->datum && !record->is_spared)
			return clause->ttl;
		is_beside = true;
		ttl = record->ttl;
	}
	return is_beside && !is_singleton(type) ? ttl : clause->ttl;
}

/* Whether it can stand there; `*is_refused`: what is in its way was spared. */
static bool can_stand(struct model_run *run, const struct model_clause *clause, bool *is_refused)
{
	bool is_alias = model_data[clause->datum].type == MODEL_CNAME, can = true;
	for (size_t i = 0; i < run->copy->count; i++) {
		const struct model_record *record = &run->copy->records[i];
		if (record->name != clause->name)
			continue;
		bool has_alias = type_of(record) == MODEL_CNAME;
		if (is_alias != has_alias)
			can = false;
	}
	for (size_t i = 0; !can && i < run->copy->count; i++) {
		const struct model_record *record = &run->copy->records[i];
		if (record->name == clause->name && record->is_spared &&
		    (is_alias || type_of(record) == MODEL_CNAME))
			*is_refused = true;
	}
	return can;
}

static void put(struct model_run *run, const struct model_clause *clause, uint32_t ttl)
{
	struct zone_model *copy = run->copy;
	enum model_type type = model_data[clause->datum].type;
	for (size_t i = 0; is_singleton(type) && i < copy->count;) {
		struct model_record *record = &copy->records[i];
		if (record->name == clause->name && type_of(record) == type &&
		    record->datum != clause->datum)
			record_remove(copy, record);
		else
			i++;
	}
	if (!record_find(copy, clause->name, clause->datum)) {
		struct model_record *was =
			record_find((struct zone_model *)run->stored, clause->name, clause->datum);
		struct model_record *record = &copy->records[copy->count++];
		*record = (struct model_record){
			.name = clause->name, .datum = clause->datum, .class = MODEL_DYNAMIC};
		record->stamp = run->message->now;
		snprintf(record->owner, sizeof(record->owner), "%s",
			 acts_for_group(run->stored, run->who) ? "@g" : model_whos[run->who]);
		if (was)
			*record = *was;
	}
	record_find(copy, clause->name, clause->datum)->is_named = true;
	for (size_t i = 0; i < copy->count; i++)
		if (copy->records[i].name == clause->name && type_of(&copy->records[i]) == type)
			copy->records[i].ttl = ttl;
}

/* False: refused. */
static bool apply(struct model_run *run, const struct model_clause *clause)
{
	bool is_refused = false;
	struct model_record *record;
	switch (clause->form) {
	case MODEL_ADD:
		if (can_stand(run, clause, &is_refused))
			put(run, clause, ttl_beside(run, clause));
		return !is_refused;
	case MODEL_DELETE_ONE:
		record = record_find(run->copy, clause->name, clause->datum);
		if (record)
			record_remove(run->copy, record);
		return true;
	default:
		delete_sets(run, clause);
		return true;
	}
}

/* A record that takes the place of the requester's, which does not age, has its class: one for one,
 * what was static first. Data stand in canonical order. */
static void inherit(struct model_run *run, struct model_record *added)
{
	unsigned statics = 0, pinned = 0, before = 0;
	for (size_t i = 0; i < run->stored->count; i++) {
		const struct model_record *was = &run->stored->records[i];
		if (was->name != added->name || type_of(was) != type_of(added) || !owns(run, was) ||
		    record_find(run->copy, was->name, was->datum))
			continue;
		statics += was->class == MODEL_STATIC;
		pinned += was->class == MODEL_PINNED;
	}
	for (size_t i = 0; i < run->copy->count; i++) {
		const struct model_record *is = &run->copy->records[i];
		before += is->name == added->name && type_of(is) == type_of(added) &&
			  is->datum < added->datum &&
			  !record_find((struct zone_model *)run->stored, is->name, is->datum);
	}
	if (before < statics)
		added->class = MODEL_STATIC;
	else if (before < statics + pinned)
		added->class = MODEL_PINNED;
}

/* The difference, record by record. False: refused. */
static bool judge(struct model_run *run, struct model_outcome *outcome)
{
	for (size_t i = 0; i < run->stored->count; i++) {
		const struct model_record *was = &run->stored->records[i];
		const struct model_record *is = record_find(run->copy, was->name, was->datum);
		if (is && is->ttl == was->ttl)
			continue;
		outcome->is_change = true;
		/* What ownership gives at special names is not modelled. */
		if (is && kind_of(run, was->name) != MODEL_PLAIN)
			run->is_known = false;
		if (!may_change(run, was))
			return false;
	}
	for (size_t i = 0; i < run->copy->count; i++) {
		struct model_record *is = &run->copy->records[i];
		if (record_find((struct zone_model *)run->stored, is->name, is->datum))
			continue;
		outcome->is_change = true;
		if (run->stored->mode == MODEL_NONSECURE && kind_of(run, is->name) != MODEL_PLAIN)
			run->is_known = false;
		if (!may_add(run, is))
			return false;
	}
	for (size_t i = 0; i < run->copy->count; i++) {
		struct model_record *is = &run->copy->records[i];
		if (!record_find((struct zone_model *)run->stored, is->name, is->datum))
			inherit(run, is);
	}
	return true;
}

/* --- stamps (tenurectl(8), AGING) */

/* The RRsets whose data prerequisites name, where the message adds something, or changes nothing.
 */
static void assert_sets(struct model_run *run)
{
	const struct model_message *message = run->message;
	for (unsigned i = 0; i < message->prerequisites_count; i++) {
		const struct model_clause *clause = &message->prerequisites[i];
		if (clause->form != MODEL_HOLDS ||
		    (message->changes_count > 0 && !adds_at(message, clause->name)))
			continue;
		for (size_t j = 0; j < run->copy->count; j++)
			if (run->copy->records[j].name == clause->name &&
			    type_of(&run->copy->records[j]) == model_data[clause->datum].type)
				run->copy->records[j].is_asserted = true;
	}
}

/* At a name that speaks for a host: only while that is the requester's, where it owns a static
 * record, or where a rule gives it the name. */
static bool model_may_renew(struct model_run *run, const struct model_record *record)
{
	if (model_names[record->name].kind != MODEL_SPEAKS || model_has_host(run, record->name) ||
	    (run->stored->mode == MODEL_NONSECURE && !run->stored->protects_static))
		return true;
	for (size_t i = 0; i < run->stored->count; i++) {
		const struct model_record *stored = &run->stored->records[i];
		if (stored->name == record->name && stored->class == MODEL_STATIC &&
		    owns(run, stored))
			return true;
	}
	enum model_type type = type_of(record);
	return ask(run, MODEL_CLAIM, record->name, type) == MODEL_ALLOWED ||
	       ask(run, MODEL_JOIN, record->name, type) == MODEL_ALLOWED ||
	       ask(run, MODEL_WRITE, record->name, type) == MODEL_ALLOWED;
}

static bool may_refresh(struct model_run *run, const struct model_record *record)
{
	enum model_answer write = ask(run, MODEL_WRITE, record->name, type_of(record));
	if (!model_may_renew(run, record))
		return false;
	if (run->stored->mode == MODEL_NONSECURE)
		return may_change(run, record);
	if (owns(run, record))
		return write != MODEL_DENIED;
	bool has_host = write != MODEL_DENIED && model_has_host(run, record->name);
	return record->is_named && (write == MODEL_ALLOWED || has_host);
}

static void set_stamps(struct model_run *run)
{
	uint64_t now = run->message->now;
	assert_sets(run);
	for (size_t i = 0; i < run->copy->count; i++) {
		struct model_record *is = &run->copy->records[i];
		const struct model_record *was =
			record_find((struct zone_model *)run->stored, is->name, is->datum);
		if (!was)
			continue;
		bool is_old = now > is->stamp && now - is->stamp > run->stored->no_refresh;
		if (is->ttl != was->ttl)
			is->stamp = owns(run, is) ? now : MODEL_STAMP_UNKNOWN;
		else if (is->class == MODEL_DYNAMIC && (is->is_named || is->is_asserted) &&
			 is_old && may_refresh(run, is))
			is->stamp = now;
	}
}

/* --- a message */

/* What the model does not know of this message. */
static bool is_beyond(const struct zone_model *zone, const struct model_message *message)
{
	if (zone->is_strange)
		return true;
	for (unsigned i = 0; i < zone->rules_count; i++)
		if (zone->rules[i].rights & MODEL_TAKEOVER)
			return true;
	for (unsigned i = 0; i < message->changes_count; i++) {
		const struct model_clause *clause = &message->changes[i];
		if (clause->form == MODEL_ADD && is_structural(model_data[clause->datum].type))
			return true;
		if (model_names[clause->name].kind == MODEL_APEX)
			return true;
	}
	for (unsigned i = 0; i < message->prerequisites_count; i++)
		if (model_names[message->prerequisites[i].name].kind == MODEL_APEX)
			return true;
	for (size_t i = 0; i < zone->count; i++)
		if (is_structural(type_of(&zone->records[i])) &&
		    (model_names[zone->records[i].name].kind != MODEL_APEX ||
		     type_of(&zone->records[i]) == MODEL_DNAME))
			return true;
	return false;
}

/* Whether the requester has any right in the zone. */
static bool model_is_admitted(struct model_run *run)
{
	const struct zone_model *zone = run->stored;
	if (zone->mode != MODEL_SECURE)
		return zone->mode == MODEL_NONSECURE;
	for (unsigned i = 0; i < zone->rules_count; i++)
		if (zone->rules[i].is_allow && who_fits(run, &zone->rules[i]))
			return true;
	if (run->who == MODEL_ANONYMOUS)
		return false;
	if (zone->is_windows)
		return true;
	for (size_t i = 0; i < zone->count; i++) {
		if (!owns(run, &zone->records[i]))
			continue;
		if (strcmp(zone->records[i].owner, model_whos[run->who]) != 0)
			run->is_known = false;
		return true;
	}
	return false;
}

/* Whether the message claims a name that was free, or held an administrator's notes alone. */
static bool model_is_claimed(const struct model_run *run, uint8_t name)
{
	for (size_t i = 0; i < run->stored->count; i++)
		if (run->stored->records[i].name == name &&
		    !model_is_note(&run->stored->records[i]))
			return false;
	for (size_t i = 0; i < run->copy->count; i++)
		if (run->copy->records[i].name == name &&
		    !record_find((struct zone_model *)run->stored, name,
				 run->copy->records[i].datum))
			return true;
	return false;
}

/* Whether the message has something to do with a host, or with what speaks for it. */
static bool model_is_about(const struct model_run *run, uint8_t host)
{
	for (unsigned i = 0; i < run->message->changes_count; i++) {
		uint8_t name = run->message->changes[i].name;
		if (name == host ||
		    (model_names[name].kind == MODEL_SPEAKS && model_names[name].host == host))
			return true;
	}
	return false;
}

/* What others left at a name that speaks for a host goes when that is claimed, or when who has
 * it adds there, unless a rule gives it to them: the model does not say which rules do. */
static void see_left(struct model_run *run, const struct zone_model *in)
{
	for (size_t i = 0; run->stored->mode == MODEL_SECURE && i < in->count; i++) {
		const struct model_record *record = &in->records[i];
		uint8_t host = model_names[record->name].host;
		if (model_names[record->name].kind == MODEL_SPEAKS && !owns(run, record) &&
		    record->class == MODEL_DYNAMIC && model_is_about(run, host) &&
		    (model_is_claimed(run, host) || is_host_own(run, host)))
			run->is_known = false;
	}
}

static unsigned run_message(struct model_run *run, struct model_outcome *outcome)
{
	if (!model_is_admitted(run) || run->stored->is_frozen)
		return MODEL_REFUSED;
	unsigned rcode = check_prerequisites(run);
	if (rcode != MODEL_NOERROR)
		return rcode;
	for (unsigned i = 0; i < run->message->changes_count; i++)
		if (!apply(run, &run->message->changes[i]))
			return MODEL_REFUSED;
	/* It goes before a message adds there, too. */
	see_left(run, run->stored);
	if (!judge(run, outcome))
		return MODEL_REFUSED;
	see_left(run, run->copy);
	set_stamps(run);
	return MODEL_NOERROR;
}

/* Whether what the message adds at a name stands beside records of others, and is all that its
 * author has there. */
static bool model_is_beside(const struct model_run *run, const struct zone_model *after,
			    uint8_t name)
{
	bool has_others = false;
	for (size_t i = 0; i < after->count; i++) {
		const struct model_record *record = &after->records[i];
		has_others |= record->name == name && !owns(run, record) &&
			      (record->class == MODEL_DYNAMIC || record->class == MODEL_PINNED);
	}
	for (size_t i = 0; i < run->stored->count; i++) {
		const struct model_record *record = &run->stored->records[i];
		if (record->name == name && !record->is_guest && owns(run, record))
			return false;
	}
	return has_others;
}

/* In a zone that reports: what secure would have refused is a guest beside others. False: it is not
 * known what secure would have said. */
static bool model_mark_reported(const struct model_run *run, struct zone_model *after)
{
	static _Thread_local struct zone_model secure, result;
	struct model_run again = {&secure, &result, run->message, run->who, true};
	struct model_outcome outcome = {0};
	secure = *run->stored;
	secure.mode = MODEL_SECURE;
	result = secure;
	unsigned rcode = run_message(&again, &outcome);
	if (!again.is_known || rcode == MODEL_NOERROR)
		return again.is_known;
	for (size_t i = 0; i < after->count; i++) {
		struct model_record *record = &after->records[i];
		bool was_there = false;
		for (size_t k = 0; k < run->stored->count; k++)
			was_there |= run->stored->records[k].name == record->name &&
				     run->stored->records[k].datum == record->datum;
		if (!was_there && owns(run, record) && model_is_beside(run, after, record->name))
			record->is_guest = true;
	}
	return true;
}

struct model_outcome zone_model_update(struct zone_model *zone, const struct model_message *message)
{
	static _Thread_local struct zone_model copy;
	struct model_run run = {zone, &copy, message, message->who, true};
	struct model_outcome outcome = {0};
	if (is_beyond(zone, message) || zone->count + MODEL_CHANGES_MAX > MODEL_RECORDS_MAX)
		return outcome;
	copy = *zone;
	outcome.rcode = run_message(&run, &outcome);
	if (zone->is_report && message->who != MODEL_ANONYMOUS && outcome.rcode == MODEL_NOERROR &&
	    run.is_known)
		run.is_known = model_mark_reported(&run, &copy);
	outcome.is_known = run.is_known;
	outcome.is_for_group = acts_for_group(zone, message->who);
	if (outcome.rcode != MODEL_NOERROR)
		outcome.is_change = false;
	if (!outcome.is_known || outcome.rcode != MODEL_NOERROR)
		return outcome;
	for (size_t i = 0; i < copy.count; i++)
		copy.records[i].is_spared = copy.records[i].is_named = copy.records[i].is_asserted =
			false;
	*zone = copy;
	return outcome;
}

bool zone_model_may_touch_others(const struct zone_model *zone, enum model_who who)
{
	struct model_run run = {.stored = zone, .who = who};
	if (zone->mode != MODEL_SECURE || (zone->has_group && zone->is_acting))
		return true;
	for (unsigned i = 0; i < zone->rules_count; i++)
		if (zone->rules[i].is_allow && who_fits(&run, &zone->rules[i]) &&
		    zone->rules[i].rights & (MODEL_WRITE | MODEL_TAKEOVER))
			return true;
	return false;
}

void model_record_print(const struct model_record *record, char out[MODEL_RECORD_TEXT_MAX])
{
	static const char *const classes[] = {"static", "dynamic", "pinned", "of another class"};
	if (!record)
		snprintf(out, MODEL_RECORD_TEXT_MAX, "nothing");
	else
		snprintf(out, MODEL_RECORD_TEXT_MAX, "%s %u %s %s of %s, %s%s, of %llu",
			 model_names[record->name].text, record->ttl, model_types[type_of(record)],
			 model_data[record->datum].text, record->owner, classes[record->class],
			 record->is_guest ? ", guest" : "", (unsigned long long)record->stamp);
}

void model_rule_print(const struct model_rule *rule, char *out, size_t cap)
{
	static const char *const subjects[] = {"authenticated", "@g"};
	static const char *const rights[] = {"claim", "join", "write", "takeover"};
	static const char *const places[] = {"", " at ", " under "};
	size_t len = (size_t)snprintf(out, cap, "%s %s ", rule->is_allow ? "allow" : "deny",
				      rule->who < MODEL_WHO_COUNT
					      ? model_whos[rule->who]
					      : subjects[rule->who - MODEL_WHO_COUNT]);
	for (unsigned i = 0, count = 0; i < 4; i++)
		if (rule->rights >> i & 1)
			len += (size_t)snprintf(out + len, cap - len, "%s%s", count++ ? "," : "",
						rights[i]);
	len += (size_t)snprintf(out + len, cap - len, "%s%s", places[rule->place],
				rule->place == MODEL_EVERYWHERE ? ""
								: model_names[rule->name].text);
	for (unsigned i = 0, count = 0; i < MODEL_TYPES; i++)
		if (rule->types >> i & 1)
			len += (size_t)snprintf(out + len, cap - len, "%s%s",
						count++ ? "," : " types ", model_types[i]);
}
