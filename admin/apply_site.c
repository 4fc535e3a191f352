/* SPDX-License-Identifier: BSD-2-Clause */
/* The document of `apply`, read and checked: nothing of it is trusted. */
#include "admin/apply.h"
#include "acl/keyfile.h"
#include "acl/pattern.h"
#include "base/codec.h"
#include "base/plaintext.h"
#include "base/timeword.h"
#include <stdlib.h>
#include <string.h>

#define APPLY_TTL_MAX 0x7fffffffu /* RFC 2181 8 */

void apply_fault(struct apply *a, const char *path, unsigned line, unsigned column,
		 const char *text)
{
	if (!a->first_fault)
		a->first_fault = APPLY_TEXT(a, "%s: %s", path, text);
	if (json_array_size(a->faults) == APPLY_FAULTS_MAX)
		return;
	json_t *fault = json_object();
	json_object_set_new(fault, "path", json_string(path));
	json_object_set_new(fault, "text", command_string(text));
	if (line)
		json_object_set_new(fault, "line", json_integer(line));
	if (column)
		json_object_set_new(fault, "column", json_integer(column));
	json_array_append_new(a->faults, fault);
}

/* --- members */

/* A member that is a text; NULL: it is absent, or something else, which is a fault. */
static const char *apply_text(struct apply *a, const json_t *object, const char *path,
			      const char *member)
{
	const json_t *value = json_object_get(object, member);
	if (value && !json_is_string(value))
		apply_fault(a, APPLY_TEXT(a, "%s.%s", path, member), 0, 0, "is not a text");
	return json_string_value(value);
}

static bool apply_flag(struct apply *a, const json_t *object, const char *path, const char *member)
{
	const json_t *value = json_object_get(object, member);
	if (value && !json_is_boolean(value))
		apply_fault(a, APPLY_TEXT(a, "%s.%s", path, member), 0, 0, "is not on or off");
	return json_is_true(value);
}

/* A member that is an array of so many items at most; of another the size is 0. */
static size_t apply_list(struct apply *a, const json_t *object, const char *path,
			 const char *member, size_t most)
{
	const json_t *value = json_object_get(object, member);
	const char *dot = *path ? "." : "";
	if (!value)
		return 0;
	if (!json_is_array(value) || json_array_size(value) > most) {
		apply_fault(a, APPLY_TEXT(a, "%s%s%s", path, dot, member), 0, 0,
			    json_is_array(value) ? "has more items than one file may have"
						 : "is not a list");
		return 0;
	}
	return json_array_size(value);
}

static bool apply_is_known(const char *name, const char *const *known)
{
	for (; *known; known++)
		if (strcmp(*known, name) == 0)
			return true;
	return false;
}

static void apply_check_members(struct apply *a, json_t *object, const char *path,
				const char *const *known)
{
	const char *name;
	json_t *value;
	if (!json_is_object(object)) {
		apply_fault(a, path, 0, 0, "is no group of fields");
		return;
	}
	json_object_foreach(object, name, value)
	{
		if (!apply_is_known(name, known))
			apply_fault(a, path, 0, 0, APPLY_TEXT(a, "unknown field '%.60s'", name));
	}
}

/* Whether all members of an object are texts. */
static bool apply_is_texts(struct apply *a, json_t *object, const char *path)
{
	const char *name;
	json_t *value;
	bool is_well = json_is_object(object);
	json_object_foreach(object, name, value)
	{
		is_well &= json_is_string(value);
	}
	if (!is_well)
		apply_fault(a, path, 0, 0, "is not an object of texts");
	return is_well;
}

static bool apply_is_absent(struct apply *a, const json_t *object, const char *path)
{
	const char *state = apply_text(a, object, path, "state");
	if (state && strcmp(state, "absent") != 0)
		apply_fault(a, APPLY_TEXT(a, "%s.state", path), 0, 0, "is not absent");
	return state != NULL;
}

static bool apply_name(struct apply *a, const char *text, const char *path, struct dns_name *name)
{
	*name = dns_name_root();
	const char *problem = text ? dns_name_parse_text(name, text) : "it is missing";
	if (!problem && name->labels == 0)
		problem = "it is empty";
	if (problem)
		apply_fault(a, path, 0, 0,
			    APPLY_TEXT(a, "'%.200s' is not a name: %s", text ? text : "", problem));
	return !problem;
}

/* Takes over what the call failed with as a fault. */
static void apply_fault_of_call(struct apply *a, const char *path)
{
	apply_fault(a, path, 0, 0, APPLY_TEXT(a, "%s", a->call->error));
	a->call->error[0] = '\0';
}

/* --- keys */

/* A key file of BIND with one key, or a secret in base64. Never quotes it. */
static bool apply_secret(struct apply *a, struct apply_key *k, const char *text, const char *path)
{
	char error[KEYFILE_ERROR_MAX];
	struct keyring_key read = {0};
	size_t count, len = strcspn(text, "\r\n");
	struct bytes_out out = bytes_out_of(k->key.secret, sizeof k->key.secret);
	len += text[len] ? strspn(text + len, "\r\n \t") : 0;
	if (!text[len] && codec_parse(CODEC_BASE64, text, strcspn(text, "\r\n \t"), &out)) {
		k->key.secret_len = (uint16_t)bytes_out_len(&out);
		if (k->key.secret_len)
			return true;
	}
	if (!strstr(text, "key")) {
		apply_fault(a, path, 0, 0, "is neither a key file of BIND nor base64");
		return false;
	}
	if (!keyfile_parse(text, strlen(text), &read, 1, &count, error)) {
		apply_fault(a, path, 0, 0, APPLY_TEXT(a, "%s: %s", k->from, error));
		return false;
	}
	const char *problem = !dns_name_equal(&read.name, &k->key.name)
				      ? "the file holds a key of another name"
			      : k->has_algorithm && read.algorithm != k->key.algorithm
				      ? "the file says another algorithm"
				      : NULL;
	if (problem)
		apply_fault(a, path, 0, 0, APPLY_TEXT(a, "%s: %s", k->from, problem));
	k->key.algorithm = read.algorithm;
	k->key.secret_len = read.secret_len;
	memcpy(k->key.secret, read.secret, sizeof read.secret);
	keyring_key_wipe(&read);
	return !problem;
}

static void apply_key_check(struct apply *a, struct apply_key *k)
{
	struct call *call = a->call;
	const struct hmac_info *info = hmac_by_number(k->key.algorithm);
	if (k->generates && info) {
		struct dns_name name = k->key.name;
		bool has_leave = k->key.has_md5_leave;
		keyring_key_generate(&k->key, &name, info->algorithm,
				     clock_now(&call->core->clock));
		k->key.has_md5_leave = has_leave;
	}
	k->key.created = clock_now(&call->core->clock);
	if (command_key_check(call, &k->key))
		apply_fault_of_call(a, k->path);
}

static void apply_read_key(struct apply *a, json_t *object, struct apply_key *k)
{
	static const char *const known[] = {"name",     "algorithm", "secret", "from",
					    "generate", "allow-md5", "state",  NULL};
	const struct hmac_info *info = NULL;
	size_t faults = json_array_size(a->faults);
	apply_check_members(a, object, k->path, known);
	k->is_absent = apply_is_absent(a, object, k->path);
	k->generates = apply_flag(a, object, k->path, "generate");
	k->key.has_md5_leave = apply_flag(a, object, k->path, "allow-md5");
	const char *secret = apply_text(a, object, k->path, "secret");
	const char *algorithm = apply_text(a, object, k->path, "algorithm");
	k->from = apply_text(a, object, k->path, "from");
	k->from = k->from ? k->from : "the secret";
	k->has_algorithm = algorithm != NULL;
	apply_name(a, apply_text(a, object, k->path, "name"), APPLY_TEXT(a, "%s.name", k->path),
		   &k->key.name);
	if (command_algorithm_of(a->call, algorithm, &info))
		apply_fault_of_call(a, APPLY_TEXT(a, "%s.algorithm", k->path));
	else
		k->key.algorithm = info->algorithm;
	if (json_array_size(a->faults) > faults || k->is_absent)
		return;
	if (k->generates == (secret != NULL))
		apply_fault(a, k->path, 0, 0, "has either a secret or `generate`");
	else if (k->generates || apply_secret(a, k, secret, APPLY_TEXT(a, "%s.secret", k->path)))
		apply_key_check(a, k);
}

/* --- groups */

static int apply_member_order(const void *x, const void *y)
{
	return strcmp(*(const char *const *)x, *(const char *const *)y);
}

static void apply_read_members(struct apply *a, const json_t *object, struct apply_group *g)
{
	size_t count = apply_list(a, object, g->path, "members", GROUP_MEMBERS_MAX);
	const json_t *list = json_object_get(object, "members");
	g->has_members = list != NULL;
	g->group.members = arena_alloc(&a->call->arena, (count + 1) * sizeof *g->group.members);
	for (size_t i = 0; i < count; i++) {
		char member[WHO_TEXT_MAX];
		const char *text = json_string_value(json_array_get(list, i));
		const char *problem = !text          ? "it is not a text"
				      : *text == '@' ? "groups do not nest"
						     : pattern_parse(member, text, strlen(text));
		if (problem) {
			apply_fault(a, APPLY_TEXT(a, "%s.members[%zu]", g->path, i), 0, 0,
				    APPLY_TEXT(a, "'%.200s' is not a member of a group: %s",
					       text ? text : "", problem));
			continue;
		}
		g->group.members[g->group.count++] =
			arena_text(&a->call->arena, member, strlen(member));
	}
	qsort(g->group.members, g->group.count, sizeof *g->group.members, apply_member_order);
	size_t kept = 0;
	for (size_t i = 0; i < g->group.count; i++)
		if (i == 0 || strcmp(g->group.members[kept - 1], g->group.members[i]) != 0)
			g->group.members[kept++] = g->group.members[i];
	g->group.count = kept;
}

static void apply_read_group(struct apply *a, json_t *object, struct apply_group *g)
{
	static const char *const known[] = {"name", "acting", "window", "members", "state", NULL};
	apply_check_members(a, object, g->path, known);
	const char *name = apply_text(a, object, g->path, "name");
	const char *problem =
		name ? group_name_parse(g->group.name, name, strlen(name)) : "it is missing";
	if (problem)
		apply_fault(a, APPLY_TEXT(a, "%s.name", g->path), 0, 0, problem);
	g->is_absent = apply_is_absent(a, object, g->path);
	g->has_acting = json_object_get(object, "acting") != NULL;
	g->group.is_acting = apply_flag(a, object, g->path, "acting");
	const char *window = apply_text(a, object, g->path, "window");
	g->has_window = window != NULL;
	problem = window && strcmp(window, "none") != 0
			  ? window_parse(&g->group.window, window, strlen(window))
			  : NULL;
	if (problem)
		apply_fault(a, APPLY_TEXT(a, "%s.window", g->path), 0, 0,
			    APPLY_TEXT(a, "'%.60s': %s", window, problem));
	apply_read_members(a, object, g);
}

/* --- zones */

static void apply_read_settings(struct apply *a, struct apply_zone *z, json_t *settings)
{
	const char *path = APPLY_TEXT(a, "%s.settings", z->path), *name;
	json_t *value;
	struct zone zone = zone_default(&z->apex);
	if (!settings || !apply_is_texts(a, settings, path))
		return;
	z->settings = settings;
	json_object_foreach(settings, name, value)
	{
		json_t *one = json_pack("{s:O}", name, value);
		bool resets = strcmp(json_string_value(value), "default") == 0;
		if (resets)
			json_object_set_new(one, name, json_string("none"));
		/* A reset is checked for its name alone. */
		if (command_settings_take(a->call, one, &zone) &&
		    (!resets || strstr(a->call->error, "unknown setting")))
			apply_fault_of_call(a, APPLY_TEXT(a, "%s.%s", path, name));
		a->call->error[0] = '\0';
		json_decref(one);
	}
}

static void apply_read_rules(struct apply *a, struct apply_zone *z, const json_t *object)
{
	struct rule_error error;
	z->rules_text = apply_text(a, object, z->path, "rules");
	if (z->rules_text && !rules_parse(&z->rules, bytes_of(z->rules_text, strlen(z->rules_text)),
					  &z->apex, &a->call->arena, &error))
		apply_fault(a, APPLY_TEXT(a, "%s.rules", z->path), error.line, error.column,
			    error.text);
}

static bool apply_duration(struct apply *a, const json_t *object, const char *path,
			   const char *member, uint32_t *seconds)
{
	const char *text = apply_text(a, object, path, member);
	if (!text)
		return false;
	if (duration_parse_ttl(text, seconds) && *seconds <= APPLY_TTL_MAX)
		return true;
	apply_fault(a, APPLY_TEXT(a, "%s.%s", path, member), 0, 0,
		    APPLY_TEXT(a, "'%.60s' is not seconds up to %u, or as in 1h30m", text,
			       APPLY_TTL_MAX));
	return false;
}

/* Relative to the zone, as in zone files. */
static bool apply_soa_name(struct apply *a, const struct apply_zone *z, const json_t *object,
			   const char *member, struct dns_name *name)
{
	const char *text = apply_text(a, json_object_get(object, "soa"), z->path, member);
	if (!text)
		return false;
	const char *problem = dns_name_parse(name, text, strlen(text), &z->apex);
	if (problem)
		apply_fault(a, APPLY_TEXT(a, "%s.soa.%s", z->path, member), 0, 0,
			    APPLY_TEXT(a, "'%.200s' is not a name: %s", text, problem));
	return !problem;
}

static void apply_read_soa(struct apply *a, struct apply_zone *z, json_t *object)
{
	static const char *const known[] = {"mname",  "rname",   "refresh", "retry",
					    "expire", "minimum", "ttl",     NULL};
	json_t *soa = json_object_get(object, "soa");
	const char *path = APPLY_TEXT(a, "%s.soa", z->path);
	struct apply_soa *s = &z->soa;
	const char *serial = apply_text(a, object, z->path, "serial-at-least");
	char *end = NULL;
	if (serial) {
		unsigned long long number = strtoull(serial, &end, 10);
		s->soa.serial = (uint32_t)number;
		s->has_serial = true;
		if (*serial < '0' || *serial > '9' || *end || number > UINT32_MAX)
			apply_fault(a, APPLY_TEXT(a, "%s.serial-at-least", z->path), 0, 0,
				    APPLY_TEXT(a, "'%.60s' is not a number up to %u", serial,
					       UINT32_MAX));
	}
	if (!soa)
		return;
	apply_check_members(a, soa, path, known);
	s->has_mname = apply_soa_name(a, z, object, "mname", &s->soa.mname);
	s->has_rname = apply_soa_name(a, z, object, "rname", &s->soa.rname);
	s->has_refresh = apply_duration(a, soa, path, "refresh", &s->soa.refresh);
	s->has_retry = apply_duration(a, soa, path, "retry", &s->soa.retry);
	s->has_expire = apply_duration(a, soa, path, "expire", &s->soa.expire);
	s->has_minimum = apply_duration(a, soa, path, "minimum", &s->soa.minimum);
	s->has_ttl = apply_duration(a, soa, path, "ttl", &s->ttl);
}

/* --- records */

static const char *apply_record_type(struct apply *a, const json_t *object, const char *path,
				     uint16_t *type)
{
	char problem[DNS_TYPE_PROBLEM_MAX];
	const char *text = apply_text(a, object, path, "type");
	if (!text)
		return "a type is missing";
	if (!dns_type_parse(text, strlen(text), type))
		return APPLY_TEXT(a, "%s", dns_type_problem(text, problem));
	if (dns_type_is_meta(*type))
		return "the type exists only in messages";
	return *type == DNS_TYPE_SOA ? "an SOA is not among the records" : NULL;
}

static const char *apply_record_data(struct apply *a, const struct apply_zone *z, const char *text,
				     struct apply_record *r)
{
	uint8_t *buffer = arena_alloc(&a->call->row_arena, DNS_RDATA_MAX);
	struct bytes_out out = bytes_out_of(buffer, DNS_RDATA_MAX);
	unsigned column = 0;
	const char *problem = text ? dns_rdata_parse_text(r->type, text, &z->apex, &out, &column)
				   : "the data is missing";
	struct bytes rdata = bytes_of(buffer, problem ? 0 : bytes_out_len(&out));
	if (!problem)
		problem = dns_rdata_fault(r->type, rdata);
	if (!problem)
		r->rdata =
			bytes_of(arena_copy(&a->call->arena, rdata.data, rdata.len + 1), rdata.len);
	arena_reset(&a->call->row_arena);
	return problem;
}

static bool apply_read_record(struct apply *a, struct apply_zone *z, json_t *object,
			      struct apply_record *r)
{
	static const char *const known[] = {"name", "ttl", "type", "data", "adopt", NULL};
	const char *path = APPLY_TEXT(a, "%s.records[%zu]", z->path, r->index);
	const json_t *ttl = json_object_get(object, "ttl");
	size_t faults = json_array_size(a->faults);
	apply_check_members(a, object, path, known);
	r->adopts = apply_flag(a, object, path, "adopt");
	const char *problem = apply_record_type(a, object, path, &r->type);
	if (!apply_name(a, apply_text(a, object, path, "name"), path, &r->name))
		return false;
	if (!problem && !dns_name_under(&r->name, &z->apex))
		problem = "the name is outside of the zone";
	if (!problem && (!json_is_integer(ttl) || json_integer_value(ttl) < 0 ||
			 json_integer_value(ttl) > APPLY_TTL_MAX))
		problem = "the TTL is no number of seconds";
	if (!problem)
		problem = apply_record_data(a, z, apply_text(a, object, path, "data"), r);
	if (problem)
		apply_fault(a, path, 0, 0, problem);
	else
		r->ttl = (uint32_t)json_integer_value(ttl);
	return json_array_size(a->faults) == faults;
}

/* Canonical order, and that of the document. */
static int apply_record_order(const void *x, const void *y)
{
	const struct apply_record *a = x, *b = y;
	int order = dns_name_compare(&a->name, &b->name);
	if (order == 0)
		order = (a->type > b->type) - (a->type < b->type);
	if (order == 0)
		order = dns_rdata_compare(a->type, a->rdata, b->rdata);
	return order ? order : (a->index > b->index) - (a->index < b->index);
}

static void apply_check_set(struct apply *a, struct apply_zone *z, const struct apply_record *first,
			    const struct apply_record *r)
{
	char name[DNS_NAME_TEXT_MAX], type[DNS_TYPE_TEXT_MAX];
	const char *path = APPLY_TEXT(a, "%s.records[%zu]", z->path, r->index);
	dns_name_show(&r->name, name);
	dns_type_print(r->type, type);
	if (r->ttl != first->ttl && dns_rdata_is_one_set(r->type, r->rdata, first->rdata))
		apply_fault(a, path, 0, 0,
			    APPLY_TEXT(a, "%s %s has two TTLs, %u and %u", name, type, first->ttl,
				       r->ttl));
	else if (dns_type_is_singleton(r->type))
		apply_fault(a, path, 0, 0,
			    APPLY_TEXT(a, "a name has one %s, and %s is given two", type, name));
}

/* Each once; those of a type at a name have one TTL. */
static void apply_sort_records(struct apply *a, struct apply_zone *z)
{
	size_t kept = 0, first = 0;
	if (z->record_count)
		qsort(z->records, z->record_count, sizeof *z->records, apply_record_order);
	for (size_t i = 0; i < z->record_count; i++) {
		struct apply_record *r = &z->records[i];
		struct apply_record *last = kept ? &z->records[kept - 1] : NULL;
		bool is_of_set =
			last && last->type == r->type && dns_name_equal(&last->name, &r->name);
		bool is_same = is_of_set && dns_rdata_compare(r->type, last->rdata, r->rdata) == 0;
		first = is_of_set ? first : kept;
		if (is_of_set && (!is_same || r->ttl != last->ttl))
			apply_check_set(a, z, &z->records[first], r);
		if (!is_same)
			z->records[kept++] = *r;
	}
	z->record_count = kept;
}

static void apply_read_records(struct apply *a, struct apply_zone *z, const json_t *object)
{
	size_t room = APPLY_RECORDS_MAX - a->record_count;
	size_t count = apply_list(a, object, z->path, "records", room);
	json_t *list = json_object_get(object, "records");
	z->has_records = list != NULL;
	z->records = arena_alloc(&a->call->arena, (count + 1) * sizeof *z->records);
	for (size_t i = 0; i < count; i++) {
		struct apply_record r = {.index = i};
		if (apply_read_record(a, z, json_array_get(list, i), &r))
			z->records[z->record_count++] = r;
	}
	a->record_count += count;
	apply_sort_records(a, z);
}

/* --- what is kept and noted */

/* "@", a relative name, one that ends in a dot or in the zone's. */
static bool apply_name_in(struct apply *a, const struct apply_zone *z, const json_t *object,
			  const char *path, struct dns_name *name)
{
	const char *text = apply_text(a, object, path, "name");
	struct zone zone = {.apex = z->apex};
	if (!text) {
		apply_fault(a, path, 0, 0, "a name is missing");
		return false;
	}
	if (!command_name_in(a->call, text, &zone, name))
		return true;
	apply_fault_of_call(a, APPLY_TEXT(a, "%s.name", path));
	return false;
}

static const char *apply_owner_problem(struct apply *a, const char *text, const char **whom)
{
	char group[GROUP_NAME_MAX];
	struct who who;
	const char *problem = !text            ? "it is missing"
			      : text[0] == '@' ? group_name_parse(group, text, strlen(text))
					       : who_parse(&who, text);
	if (!problem && text[0] != '@' && strcmp(who.text, "anonymous") == 0)
		problem = "nobody is anonymous alone";
	if (!problem && strpbrk(text, "*?"))
		problem = "a name is kept for one principal or group";
	if (!problem)
		*whom = APPLY_TEXT(a, "%s", text[0] == '@' ? group : who.text);
	return problem;
}

static int apply_reserve_order(const void *x, const void *y)
{
	const struct apply_reserve *a = x, *b = y;
	int order = dns_name_compare(&a->name, &b->name);
	return order ? order : (a->index > b->index) - (a->index < b->index);
}

static void apply_read_reserve(struct apply *a, struct apply_zone *z, const json_t *object)
{
	static const char *const known[] = {"name", "for", NULL};
	size_t count = apply_list(a, object, z->path, "reserve", APPLY_OBJECTS_MAX);
	json_t *list = json_object_get(object, "reserve");
	z->has_reserve = list != NULL;
	z->reserve = arena_alloc(&a->call->arena, (count + 1) * sizeof *z->reserve);
	for (size_t i = 0; i < count; i++) {
		json_t *item = json_array_get(list, i);
		struct apply_reserve r = {.index = i};
		const char *path = APPLY_TEXT(a, "%s.reserve[%zu]", z->path, i);
		apply_check_members(a, item, path, known);
		const char *whom = apply_text(a, item, path, "for");
		const char *problem = apply_owner_problem(a, whom, &r.whom);
		if (problem)
			apply_fault(a, APPLY_TEXT(a, "%s.for", path), 0, 0,
				    APPLY_TEXT(a, "'%.200s' is nobody for whom a name is kept: %s",
					       whom ? whom : "", problem));
		if (!apply_name_in(a, z, item, path, &r.name) || problem)
			continue;
		if (dns_name_equal(&r.name, &z->apex))
			apply_fault(a, APPLY_TEXT(a, "%s.name", path), 0, 0, "is the zone itself");
		z->reserve[z->reserve_count++] = r;
	}
	if (z->reserve_count)
		qsort(z->reserve, z->reserve_count, sizeof *z->reserve, apply_reserve_order);
	for (size_t i = 1; i < z->reserve_count; i++)
		if (dns_name_equal(&z->reserve[i].name, &z->reserve[i - 1].name))
			apply_fault(a,
				    APPLY_TEXT(a, "%s.reserve[%zu]", z->path, z->reserve[i].index),
				    0, 0, "the name is kept for somebody already");
}

static bool apply_note_text(struct apply *a, const json_t *item, const char *path,
			    struct apply_note *n)
{
	char problem[PLAINTEXT_PROBLEM_MAX];
	const char *type = apply_text(a, item, path, "type");
	n->text = apply_text(a, item, path, "text");
	const char *wrong =
		n->text ? plaintext_problem(n->text, NOTE_TEXT_MAX, problem) : "is missing";
	if (wrong)
		apply_fault(a, APPLY_TEXT(a, "%s.text", path), 0, 0,
			    APPLY_TEXT(a, "the note %s", wrong));
	bool is_type = !type ||
		       (dns_type_parse(type, strlen(type), &n->type) && !dns_type_is_meta(n->type));
	if (!is_type)
		apply_fault(a, APPLY_TEXT(a, "%s.type", path), 0, 0,
			    APPLY_TEXT(a, "'%.60s' is no type of records", type));
	return !wrong && is_type;
}

static void apply_read_notes(struct apply *a, struct apply_zone *z, const json_t *object)
{
	static const char *const known[] = {"name", "type", "text", NULL};
	size_t count = apply_list(a, object, z->path, "notes", APPLY_OBJECTS_MAX);
	json_t *list = json_object_get(object, "notes");
	z->has_notes = list != NULL;
	z->notes = arena_alloc(&a->call->arena, (count + 1) * sizeof *z->notes);
	for (size_t i = 0; i < count; i++) {
		json_t *item = json_array_get(list, i);
		struct apply_note n = {.index = i};
		const char *path = APPLY_TEXT(a, "%s.notes[%zu]", z->path, i);
		apply_check_members(a, item, path, known);
		bool is_well = apply_note_text(a, item, path, &n);
		if (apply_name_in(a, z, item, path, &n.name) && is_well)
			z->notes[z->note_count++] = n;
	}
}

static void apply_read_seed(struct apply *a, struct apply_zone *z, const json_t *object)
{
	static const char *const known[] = {"file", "digest", NULL};
	json_t *seed = json_object_get(object, "seed");
	const char *path = APPLY_TEXT(a, "%s.seed", z->path);
	if (!seed)
		return;
	apply_check_members(a, seed, path, known);
	z->seed_file = apply_text(a, seed, path, "file");
	const char *digest = apply_text(a, seed, path, "digest");
	if (!z->seed_file)
		apply_fault(a, path, 0, 0, "the name of its file is missing");
	if (digest && (strlen(digest) != 64 || strspn(digest, "0123456789abcdef") != 64))
		apply_fault(a, path, 0, 0, "its digest is none");
	else if (digest)
		memcpy(z->seed_digest, digest, sizeof z->seed_digest);
}

static void apply_read_zone(struct apply *a, json_t *object, struct apply_zone *z)
{
	static const char *const known[] = {"name", "settings", "rules",           "soa",
					    "ttl",  "records",  "reserve",         "notes",
					    "seed", "state",    "serial-at-least", NULL};
	apply_check_members(a, object, z->path, known);
	z->is_absent = apply_is_absent(a, object, z->path);
	if (!apply_name(a, apply_text(a, object, z->path, "name"),
			APPLY_TEXT(a, "%s.name", z->path), &z->apex))
		return;
	z->ttl = COMMAND_SOA_TTL;
	apply_duration(a, object, z->path, "ttl", &z->ttl);
	apply_read_settings(a, z, json_object_get(object, "settings"));
	apply_read_rules(a, z, object);
	apply_read_soa(a, z, object);
	apply_read_records(a, z, object);
	apply_read_reserve(a, z, object);
	apply_read_notes(a, z, object);
	apply_read_seed(a, z, object);
}

/* --- the whole */

static void apply_read_server(struct apply *a, json_t *server)
{
	static const char *const known[] = {"scavenge", "defaults", "bin", "audit", NULL};
	if (!server)
		return;
	apply_check_members(a, server, "server", known);
	for (size_t i = 0; i < 4; i++) {
		json_t *group = json_object_get(server, known[i]);
		if (group && i != 2)
			apply_is_texts(a, group, APPLY_TEXT(a, "server.%s", known[i]));
	}
	apply_text(a, server, "server", "bin");
	a->server = server;
}

/* No name twice: canonical texts, which are added to `seen`. */
static void apply_once(struct apply *a, json_t *seen, const char *path, const char *name)
{
	if (json_object_get(seen, name))
		apply_fault(a, path, 0, 0, APPLY_TEXT(a, "%s: said before", name));
	json_object_set_new(seen, name, json_true());
}

static void apply_read_keys(struct apply *a, json_t *document)
{
	char shown[DNS_NAME_TEXT_MAX];
	json_t *list = json_object_get(document, "keys"), *seen = json_object();
	a->key_count = apply_list(a, document, "", "keys", APPLY_OBJECTS_MAX);
	a->keys = calloc(a->key_count + 1, sizeof *a->keys);
	for (size_t i = 0; a->keys && i < a->key_count; i++) {
		a->keys[i].path = APPLY_TEXT(a, "keys[%zu]", i);
		apply_read_key(a, json_array_get(list, i), &a->keys[i]);
		apply_once(a, seen, a->keys[i].path, dns_name_show(&a->keys[i].key.name, shown));
	}
	if (!a->keys)
		apply_fault(a, "keys", 0, 0, "there is no memory for so many");
	json_decref(seen);
}

static void apply_read_groups(struct apply *a, json_t *document)
{
	json_t *list = json_object_get(document, "groups"), *seen = json_object();
	a->group_count = apply_list(a, document, "", "groups", APPLY_OBJECTS_MAX);
	a->groups = arena_zero(&a->call->arena, (a->group_count + 1) * sizeof *a->groups);
	for (size_t i = 0; i < a->group_count; i++) {
		a->groups[i].path = APPLY_TEXT(a, "groups[%zu]", i);
		apply_read_group(a, json_array_get(list, i), &a->groups[i]);
		apply_once(a, seen, a->groups[i].path, a->groups[i].group.name);
	}
	json_decref(seen);
}

static void apply_read_zones(struct apply *a, json_t *document)
{
	char shown[DNS_NAME_TEXT_MAX];
	json_t *list = json_object_get(document, "zones"), *seen = json_object();
	a->zone_count = apply_list(a, document, "", "zones", APPLY_OBJECTS_MAX);
	a->zones = arena_zero(&a->call->arena, (a->zone_count + 1) * sizeof *a->zones);
	for (size_t i = 0; i < a->zone_count; i++) {
		a->zones[i].path = APPLY_TEXT(a, "zones[%zu]", i);
		apply_read_zone(a, json_array_get(list, i), &a->zones[i]);
		apply_once(a, seen, a->zones[i].path, dns_name_show(&a->zones[i].apex, shown));
	}
	json_decref(seen);
}

bool apply_site_read(struct apply *a, json_t *document)
{
	static const char *const known[] = {"tenure", "name",   "digest", "server",
					    "keys",   "groups", "zones",  NULL};
	char problem[PLAINTEXT_PROBLEM_MAX];
	apply_check_members(a, document, "", known);
	if (json_integer_value(json_object_get(document, "tenure")) != 1)
		apply_fault(a, "tenure", 0, 0, "is not 1: another version of the form");
	a->name = apply_text(a, document, "", "name");
	a->digest = apply_text(a, document, "", "digest");
	const char *wrong =
		a->name ? plaintext_problem(a->name, ZONE_APPLIED_MAX - 1, problem) : "is missing";
	if (wrong)
		apply_fault(a, "name", 0, 0, APPLY_TEXT(a, "the file's name %s", wrong));
	if (!a->digest || strlen(a->digest) != 64 || strspn(a->digest, "0123456789abcdef") != 64)
		apply_fault(a, "digest", 0, 0, "is not that of a file");
	apply_read_server(a, json_object_get(document, "server"));
	apply_read_keys(a, document);
	apply_read_groups(a, document);
	apply_read_zones(a, document);
	return json_array_size(a->faults) == 0;
}

void apply_site_free(struct apply *a)
{
	if (a->keys)
		explicit_bzero(a->keys, (a->key_count + 1) * sizeof *a->keys);
	free(a->keys);
	for (size_t i = 0; i < a->zone_count; i++)
		load_free(a->zones[i].load);
}
