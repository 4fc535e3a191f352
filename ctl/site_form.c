/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>
#include "ctl/site_form.h"
#include "base/addr.h"
#include "base/digest.h"
#include "base/nearest.h"
#include "ctl/site_file.h"
#include "ctl/site_records.h"
#include <stdlib.h>
#include <string.h>

#define SITE_MEMBERS_MAX 256 /* fields of a map whose names are not fixed */

/* How a field is read: its value becomes a member of `into`. */
struct site_field {
	const char *name;
	void (*read)(struct site_form *, const struct site_node *value, json_t *into);
};

/* --- values */

#define SITE_FAULT(form, node, ...)                                                                \
	do {                                                                                       \
		struct site_place at_ = site_place_of(&(form)->yaml, node);                        \
		site_fault(&(form)->yaml, &at_, __VA_ARGS__);                                      \
	} while (0)

/* The text of a scalar; NULL, and a fault, if it is something else. */
static const char *site_text(struct site_form *form, const struct site_node *value,
			     const char *expected)
{
	bool is_nothing = value->kind == SITE_SCALAR && value->is_plain && !value->text[0];
	if (value->kind == SITE_SCALAR && !is_nothing)
		return value->text;
	SITE_FAULT(form, value, "%s: expected %s, found %s",
		   value->key ? value->key->text : "an item", expected, site_kind_text(value));
	return NULL;
}

static void site_set_text(json_t *into, const char *name, const char *text)
{
	json_object_set_new(into, name, json_string(text));
}

static void site_put_text(struct site_form *form, const struct site_node *value, json_t *into)
{
	const char *text = site_text(form, value, "a single value");
	if (text)
		site_set_text(into, value->key->text, text);
}

/* Also the empty one. */
static void site_put_block(struct site_form *form, const struct site_node *value, json_t *into)
{
	const char *text = site_text(form, value, "a text, or \"\"");
	if (text)
		site_set_text(into, value->key->text, text);
}

static void site_put_flag(struct site_form *form, const struct site_node *value, json_t *into)
{
	static const char *const yes[] = {"on", "true", "yes"}, *const no[] = {"off", "false",
									       "no"};
	const char *text = site_text(form, value, "on or off");
	if (!text)
		return;
	for (size_t i = 0; i < sizeof yes / sizeof *yes; i++) {
		if (strcmp(text, yes[i]) != 0 && strcmp(text, no[i]) != 0)
			continue;
		json_object_set_new(into, value->key->text,
				    json_boolean(strcmp(text, yes[i]) == 0));
		return;
	}
	SITE_FAULT(form, value, "%s: expected on or off, found '%.60s'", value->key->text, text);
}

static void site_put_state(struct site_form *form, const struct site_node *value, json_t *into)
{
	const char *text = site_text(form, value, "absent");
	if (text && strcmp(text, "absent") != 0)
		SITE_FAULT(form, value, "state: expected absent, found '%.60s'", text);
	else if (text)
		site_set_text(into, "state", text);
}

static void site_put_texts(struct site_form *form, const struct site_node *value, json_t *into)
{
	json_t *list = json_array();
	json_object_set_new(into, value->key->text, list);
	if (value->kind != SITE_LIST)
		SITE_FAULT(form, value, "%s: expected a list, found %s", value->key->text,
			   site_kind_text(value));
	for (const struct site_node *i = value->kind == SITE_LIST ? value->first : NULL; i;
	     i = i->next) {
		const char *text = site_text(form, i, "a single value");
		if (text)
			json_array_append_new(list, json_string(text));
	}
}

/* A map of names that the server knows, as settings: each once, with a single value. */
static void site_put_settings(struct site_form *form, const struct site_node *value, json_t *into)
{
	json_t *settings = json_object();
	json_object_set_new(into, value->key->text, settings);
	if (value->kind != SITE_MAP || value->count > SITE_MEMBERS_MAX) {
		SITE_FAULT(form, value, "%s: expected settings (name: value), found %s",
			   value->key->text,
			   value->kind == SITE_MAP ? "too many" : site_kind_text(value));
		return;
	}
	for (const struct site_node *one = value->first; one; one = one->next) {
		if (json_object_get(settings, one->key->text)) {
			SITE_FAULT(form, one->key, "%s: said before, in line %zu", one->key->text,
				   site_find(value, one->key->text)->line);
			continue;
		}
		const char *text = site_text(form, one, "a single value");
		json_object_set_new(settings, one->key->text, json_string(text ? text : ""));
	}
}

/* --- fields */

static void site_unknown(struct site_form *form, const struct site_node *key,
			 const struct site_field *fields)
{
	const char *known = NULL;
	struct nearest nearest = nearest_to(key->text);
	for (const struct site_field *f = fields; f->name; f++) {
		nearest_try(&nearest, f->name);
		known = known ? arena_print(form->arena, "%s, %s", known, f->name) : f->name;
	}
	const char *meant = nearest_found(&nearest);
	if (meant)
		SITE_FAULT(form, key, "unknown field '%.60s': did you mean '%s'?", key->text,
			   meant);
	else
		SITE_FAULT(form, key, "unknown field '%.60s': it is one of %s", key->text, known);
}

#define SITE_FIELDS_MAX 32

/* Reads the fields of a map. False: it is none, and that is a fault. */
static bool site_fields(struct site_form *form, const struct site_node *map,
			const struct site_field *fields, json_t *into)
{
	const struct site_node *seen[SITE_FIELDS_MAX] = {0};
	if (map->kind != SITE_MAP) {
		SITE_FAULT(form, map, "expected fields (name: value), found %s",
			   site_kind_text(map));
		return false;
	}
	for (const struct site_node *value = map->first; value; value = value->next) {
		size_t i = 0;
		while (fields[i].name && strcmp(fields[i].name, value->key->text) != 0)
			i++;
		if (!fields[i].name) {
			site_unknown(form, value->key, fields);
			continue;
		}
		if (seen[i])
			SITE_FAULT(form, value->key, "%s: said before, in line %zu",
				   value->key->text, seen[i]->key->line);
		else
			fields[i].read(form, value, into);
		seen[i] = value;
	}
	return true;
}

/* The items of a list of maps, each with the same fields; `finish` looks at each whole. */
static void site_items(struct site_form *form, const struct site_node *list,
		       const struct site_field *fields, json_t *into,
		       void (*finish)(struct site_form *, const struct site_node *, json_t *item))
{
	json_t *items = json_array();
	json_object_set_new(into, list->key->text, items);
	if (list->kind != SITE_LIST) {
		SITE_FAULT(form, list, "%s: expected a list (- ...), found %s", list->key->text,
			   site_kind_text(list));
		return;
	}
	for (const struct site_node *one = list->first; one; one = one->next) {
		json_t *item = json_object();
		json_array_append_new(items, item);
		if (site_fields(form, one, fields, item) && finish)
			finish(form, one, item);
	}
}

static bool site_needs(struct site_form *form, const struct site_node *map, const char *field)
{
	if (site_find(map, field))
		return true;
	SITE_FAULT(form, map, "%s is missing", field);
	return false;
}

/* Each name once; compared as they are typed but for case and a final dot. */
static void site_check_names(struct site_form *form, const struct site_node *list,
			     const json_t *items)
{
	json_t *seen = json_object();
	size_t i = 0;
	for (const struct site_node *one = list->kind == SITE_LIST ? list->first : NULL; one;
	     one = one->next, i++) {
		char shown[DNS_NAME_TEXT_MAX];
		struct dns_name name;
		const char *text =
			json_string_value(json_object_get(json_array_get(items, i), "name"));
		if (!text)
			continue;
		if (!dns_name_parse_text(&name, text))
			text = dns_name_show(&name, shown);
		json_t *before = json_object_get(seen, text);
		if (before)
			SITE_FAULT(form, one, "%s: said before, in line %lld", text,
				   (long long)json_integer_value(before));
		else
			json_object_set_new(seen, text, json_integer((json_int_t)one->line));
	}
	json_decref(seen);
}

/* --- server */

static void site_put_server(struct site_form *form, const struct site_node *value, json_t *into)
{
	static const struct site_field fields[] = {
		{"scavenge", site_put_settings},
		{"defaults", site_put_settings},
		{"bin", site_put_text},
		{"audit", site_put_settings},
		{0},
	};
	json_t *server = json_object();
	json_object_set_new(into, "server", server);
	site_fields(form, value, fields, server);
}

/* --- keys */

static void site_secret_of_file(struct site_form *form, const struct site_node *value,
				const char *name, json_t *into)
{
	const char *path = site_file_path(form->folder, name, form->arena);
	struct site_file file = site_file_read_secret(path, form->arena);
	json_t *secret = file.text && strlen(file.text) == file.len ? json_string(file.text) : NULL;
	if (!secret)
		SITE_FAULT(form, value, "secret: %.200s: %s", name,
			   file.text ? "it is no text" : file.problem);
	if (file.text)
		explicit_bzero(file.text, file.len);
	if (secret)
		json_object_set_new(into, "secret", secret);
	site_set_text(into, "from", name);
}

static void site_secret_of_environment(struct site_form *form, const struct site_node *value,
				       const char *name, json_t *into)
{
	const char *text = getenv(name);
	json_t *secret = text && *text ? json_string(text) : NULL;
	if (secret)
		json_object_set_new(into, "secret", secret);
	else
		SITE_FAULT(form, value, "secret: the environment has no %.100s", name);
	json_object_set_new(into, "from", json_sprintf("env:%s", name));
}

/* An error never quotes the value: it may be a secret. */
static void site_put_secret(struct site_form *form, const struct site_node *value, json_t *into)
{
	const struct site_node *file = site_find(value, "file"), *env = site_find(value, "env");
	const struct site_node *one = file ? file : env;
	if (value->kind == SITE_SCALAR && value->text[0] && form->allows_inline_secrets) {
		site_set_text(into, "secret", value->text);
		site_set_text(into, "from", "inline");
	} else if (value->kind == SITE_SCALAR && value->text[0]) {
		SITE_FAULT(form, value,
			   "secret: it stands in the file: expected {file: NAME} or {env: NAME} "
			   "(--allow-inline-secrets takes it)");
	} else if (value->kind != SITE_MAP || value->count != 1 || !one ||
		   one->kind != SITE_SCALAR || !one->text[0]) {
		SITE_FAULT(form, value, "secret: expected {file: NAME} or {env: NAME}");
	} else if (file && form->folder) {
		site_secret_of_file(form, file, file->text, into);
	} else if (form->folder) {
		site_secret_of_environment(form, env, env->text, into);
	}
}

static void site_finish_key(struct site_form *form, const struct site_node *map, json_t *key)
{
	bool is_absent = json_object_get(key, "state") != NULL;
	unsigned ways = (site_find(map, "secret") != NULL) +
			(unsigned)json_is_true(json_object_get(key, "generate"));
	if (!site_needs(form, map, "name"))
		return;
	if (is_absent && map->count > 2)
		SITE_FAULT(form, map, "a key with `state: absent` has no other fields");
	else if (!is_absent && ways != 1)
		SITE_FAULT(form, map, "a key has either a secret or `generate: true`");
}

static void site_put_keys(struct site_form *form, const struct site_node *value, json_t *into)
{
	static const struct site_field fields[] = {
		{"name", site_put_text},
		{"algorithm", site_put_text},
		{"secret", site_put_secret},
		{"generate", site_put_flag},
		{"allow-md5", site_put_flag},
		{"state", site_put_state},
		{0},
	};
	site_items(form, value, fields, into, site_finish_key);
	site_check_names(form, value, json_object_get(into, "keys"));
}

/* --- groups */

static void site_finish_group(struct site_form *form, const struct site_node *map, json_t *group)
{
	if (site_needs(form, map, "name") && json_object_get(group, "state") && map->count > 2)
		SITE_FAULT(form, map, "a group with `state: absent` has no other fields");
}

static void site_put_groups(struct site_form *form, const struct site_node *value, json_t *into)
{
	static const struct site_field fields[] = {
		{"name", site_put_text},     {"acting", site_put_flag}, {"window", site_put_text},
		{"members", site_put_texts}, {"state", site_put_state}, {0},
	};
	site_items(form, value, fields, into, site_finish_group);
	site_check_names(form, value, json_object_get(into, "groups"));
}

/* --- zones */

/* The content of a file that is named in place of a text. NULL: it cannot be had, and that is a
 * fault, or files are not read. */
static const char *site_content(struct site_form *form, const struct site_node *value)
{
	const char *name = site_text(form, value, "the name of a file");
	struct site_file file = {0};
	if (!name || !form->folder)
		return NULL;
	file.problem = site_file_problem(name);
	if (!file.problem)
		file = site_file_read(site_file_path(form->folder, name, form->arena),
				      SITE_YAML_TEXT_MAX, form->arena);
	if (file.text && strlen(file.text) == file.len) {
		digest_add(form->all, bytes_of(file.text, file.len));
		return file.text;
	}
	SITE_FAULT(form, value, "%s: %.200s: %s", value->key->text, name,
		   file.text ? "a text with a NUL in it" : file.problem);
	return NULL;
}

static void site_put_rules_file(struct site_form *form, const struct site_node *value, json_t *into)
{
	const char *text = site_content(form, value);
	json_t *rules = text ? json_string(text) : NULL;
	if (text && !rules)
		SITE_FAULT(form, value, "rules-file: %.200s: it is not UTF-8", value->text);
	if (rules)
		json_object_set_new(into, "rules", rules);
}

static void site_put_soa(struct site_form *form, const struct site_node *value, json_t *into)
{
	static const struct site_field fields[] = {
		{"mname", site_put_text},   {"rname", site_put_text},
		{"refresh", site_put_text}, {"retry", site_put_text},
		{"expire", site_put_text},  {"minimum", site_put_text},
		{"ttl", site_put_text},     {0},
	};
	json_t *soa = json_object();
	json_object_set_new(into, "soa", soa);
	site_fields(form, value, fields, soa);
}

static void site_put_seed(struct site_form *form, const struct site_node *value, json_t *into)
{
	static const struct site_field fields[] = {{"file", site_put_text}, {0}};
	json_t *seed = json_object();
	json_object_set_new(into, "seed", seed);
	if (!site_fields(form, value, fields, seed) || !site_needs(form, value, "file"))
		return;
	const char *name = json_string_value(json_object_get(seed, "file"));
	const char *problem = name ? site_file_problem(name) : NULL;
	if (problem)
		SITE_FAULT(form, site_find(value, "file"), "seed: %.200s: %s", name, problem);
}

static void site_finish_reserve(struct site_form *form, const struct site_node *map, json_t *item)
{
	(void)item;
	site_needs(form, map, "name");
	site_needs(form, map, "for");
}

static void site_put_reserve(struct site_form *form, const struct site_node *value, json_t *into)
{
	static const struct site_field fields[] = {
		{"name", site_put_text}, {"for", site_put_text}, {0}};
	site_items(form, value, fields, into, site_finish_reserve);
}

static void site_finish_note(struct site_form *form, const struct site_node *map, json_t *item)
{
	(void)item;
	site_needs(form, map, "name");
	site_needs(form, map, "text");
}

static void site_put_notes(struct site_form *form, const struct site_node *value, json_t *into)
{
	static const struct site_field fields[] = {
		{"name", site_put_text}, {"type", site_put_text}, {"text", site_put_text}, {0}};
	site_items(form, value, fields, into, site_finish_note);
}

/* Read behind the others: they need the zone's name and TTL (site_records.h). */
static void site_put_later(struct site_form *form, const struct site_node *value, json_t *into)
{
	(void)form;
	(void)value;
	(void)into;
}

/* The apex, from `name` or `reverse`. False: neither gives one, and that is a fault. */
static bool site_apex(struct site_form *form, const struct site_node *map, json_t *zone,
		      struct dns_name *apex)
{
	char shown[DNS_NAME_TEXT_MAX];
	const char *name = json_string_value(json_object_get(zone, "name"));
	const char *reverse = json_string_value(json_object_get(zone, "reverse"));
	struct prefix prefix;
	if (!name == !reverse) {
		SITE_FAULT(form, map, "a zone has either a name or `reverse: PREFIX`");
		return false;
	}
	const char *problem = name                   ? dns_name_parse_text(apex, name)
			      : strchr(reverse, '/') ? prefix_parse(reverse, &prefix)
						     : "it is written ADDRESS/BITS";
	unsigned step = !problem && reverse && prefix.family_len == 4 ? 8 : 4;
	if (!problem && reverse && (prefix.bits == 0 || prefix.bits % step))
		problem = "a reverse zone begins at a whole label: /8, /16 and /24, or for IPv6 "
			  "each fourth bit";
	if (!problem && name && apex->labels == 0)
		problem = "the root zone cannot be served here";
	if (problem) {
		SITE_FAULT(form, site_find(map, name ? "name" : "reverse"), "%s: '%.200s': %s",
			   name ? "name" : "reverse", name ? name : reverse, problem);
		return false;
	}
	if (reverse)
		*apex = dns_name_of_prefix(prefix.bytes, prefix.family_len, prefix.bits);
	json_object_del(zone, "reverse");
	site_set_text(zone, "name", dns_name_show(apex, shown));
	return true;
}

static void site_finish_zone(struct site_form *form, const struct site_node *map, json_t *zone)
{
	struct dns_name apex;
	struct site_zone_form *at = &form->zones[json_integer_value(json_object_get(zone, "#"))];
	const struct site_node *records = site_find(map, "records"),
			       *file = site_find(map, "records-file");
	json_object_del(zone, "#");
	if (!site_apex(form, map, zone, &apex))
		return;
	at->apex = apex;
	if (json_object_get(zone, "state")) {
		if (map->count > 2)
			SITE_FAULT(form, map, "a zone with `state: absent` has no other fields");
		return;
	}
	if (records && file)
		SITE_FAULT(form, file->key, "records-file: there are records already, in line %zu",
			   records->line);
	else if (site_find(map, "rules") && site_find(map, "rules-file"))
		SITE_FAULT(form, site_find(map, "rules-file")->key,
			   "rules-file: there are rules already, in line %zu",
			   site_find(map, "rules")->line);
	else if (records)
		site_records_read(form, at, records, zone);
	else if (file && site_text(form, file, "the name of a file"))
		site_records_read_file(form, at, file, site_content(form, file), zone);
}

static void site_put_zones(struct site_form *form, const struct site_node *value, json_t *into)
{
	static const struct site_field fields[] = {
		{"name", site_put_text},
		{"reverse", site_put_text},
		{"settings", site_put_settings},
		{"rules", site_put_block},
		{"rules-file", site_put_rules_file},
		{"soa", site_put_soa},
		{"ttl", site_put_text},
		{"serial-at-least", site_put_text},
		{"records", site_put_later},
		{"records-file", site_put_later},
		{"seed", site_put_seed},
		{"reserve", site_put_reserve},
		{"notes", site_put_notes},
		{"state", site_put_state},
		{0},
	};
	json_t *items = json_array();
	json_object_set_new(into, "zones", items);
	if (value->kind != SITE_LIST) {
		SITE_FAULT(form, value, "zones: expected a list (- ...), found %s",
			   site_kind_text(value));
		return;
	}
	form->zones = arena_zero(form->arena, (value->count + 1) * sizeof *form->zones);
	for (const struct site_node *one = value->first; one; one = one->next) {
		json_t *zone = json_object();
		/* Its index, until it is whole. */
		json_object_set_new(zone, "#", json_integer((json_int_t)json_array_size(items)));
		json_array_append_new(items, zone);
		if (site_fields(form, one, fields, zone))
			site_finish_zone(form, one, zone);
		json_object_del(zone, "#");
	}
	site_check_names(form, value, items);
}

/* --- the whole */

static void site_put_version(struct site_form *form, const struct site_node *value, json_t *into)
{
	const char *text = site_text(form, value, "1");
	if (text && strcmp(text, "1") != 0)
		SITE_FAULT(form, value,
			   "tenure: expected 1, found '%.20s': another version of the "
			   "form",
			   text);
	json_object_set_new(into, "tenure", json_integer(1));
}

/* "small-site" of "/etc/small-site.yaml". */
static const char *site_base_name(const struct site_form *form)
{
	const char *slash = strrchr(form->path, '/');
	const char *base = slash ? slash + 1 : form->path, *dot = strrchr(base, '.');
	bool is_yaml = dot && dot > base && (!strcmp(dot, ".yaml") || !strcmp(dot, ".yml"));
	return arena_text(form->arena, base, is_yaml ? (size_t)(dot - base) : strlen(base));
}

static void site_read_root(struct site_form *form)
{
	static const struct site_field fields[] = {
		{"tenure", site_put_version},
		{"name", site_put_text},
		{"server", site_put_server},
		{"keys", site_put_keys},
		{"groups", site_put_groups},
		{"zones", site_put_zones},
		{0},
	};
	const struct site_node *root = form->yaml.root;
	struct site_place whole = {.file = form->path};
	if (!root || root->kind != SITE_MAP) {
		site_fault(&form->yaml, &whole, "expected fields, from `tenure: 1` on");
		return;
	}
	if (site_fields(form, root, fields, form->document) && !site_find(root, "tenure"))
		SITE_FAULT(form, root, "the first field, `tenure: 1`, is missing");
	if (!json_object_get(form->document, "name"))
		site_set_text(form->document, "name", site_base_name(form));
}

static void site_print_digest(const uint8_t digest[DIGEST_LEN], char out[65])
{
	for (size_t i = 0; i < DIGEST_LEN; i++)
		snprintf(out + 2 * i, 3, "%02x", digest[i]);
}

void site_digest(struct bytes text, char out[65])
{
	uint8_t digest[DIGEST_LEN];
	digest_sha256(&text, 1, digest);
	site_print_digest(digest, out);
}

bool site_form_read_text(struct site_form *form, struct bytes text, bool reads_files)
{
	form->yaml = (struct site_yaml){.name = form->path, .arena = form->arena};
	form->document = json_object();
	form->folder = reads_files ? site_file_folder(form->path, form->arena) : NULL;
	site_digest(text, form->digest);
	form->all = digest_begin();
	digest_add(form->all, text);
	if (site_yaml_read(&form->yaml, text))
		site_read_root(form);
	site_set_text(form->document, "digest", form->digest);
	uint8_t inputs[DIGEST_LEN];
	digest_end(form->all, inputs);
	form->all = NULL;
	site_print_digest(inputs, form->inputs);
	return form->yaml.fault_count == 0;
}

bool site_form_read(struct site_form *form)
{
	struct site_file file = site_file_read(form->path, SITE_YAML_TEXT_MAX, form->arena);
	if (file.text)
		return site_form_read_text(form, bytes_of(file.text, file.len), true);
	form->yaml = (struct site_yaml){.name = form->path, .arena = form->arena};
	form->document = json_object();
	site_fault(&form->yaml, &(struct site_place){.file = form->path}, "%s", file.problem);
	return false;
}

void site_form_close(struct site_form *form)
{
	size_t i;
	json_t *key;
	json_array_foreach(json_object_get(form->document, "keys"), i, key)
	{
		json_t *secret = json_object_get(key, "secret");
		if (secret)
			explicit_bzero((char *)(uintptr_t)json_string_value(secret),
				       json_string_length(secret));
	}
	json_decref(form->document);
	form->document = NULL;
}

/* --- from the document's paths back to places */

/* The next step of a path: a field's name, or `[7]`. NULL: the path has ended. */
static const char *site_form_step(const char *path, char name[64], size_t *index, bool *is_index)
{
	if (*path == '.')
		path++;
	*is_index = *path == '[';
	if (!*path)
		return NULL;
	if (*is_index) {
		char *end;
		*index = strtoul(path + 1, &end, 10);
		return *end == ']' ? end + 1 : NULL;
	}
	size_t len = strcspn(path, ".[");
	snprintf(name, 64, "%.*s", (int)(len < 63 ? len : 63), path);
	return path + len;
}

struct site_place site_form_place(const struct site_form *form, const char *path, size_t line,
				  size_t column)
{
	const struct site_node *at = form->yaml.root;
	size_t index = 0, zone = 0;
	bool is_index, is_zone = false;
	char name[64] = "";
	while (at && (path = site_form_step(path, name, &index, &is_index)) != NULL) {
		const struct site_node *next =
			is_index ? site_item(at, index) : site_find(at, name);
		if (is_index && is_zone)
			zone = index;
		is_zone = !is_index && at == form->yaml.root && strcmp(name, "zones") == 0;
		if (!is_index && strcmp(name, "records") == 0 && form->zones)
			return site_records_place(form, &form->zones[zone],
						  next ? next : site_find(at, "records-file"),
						  path);
		if (!next && !is_index && strcmp(name, "rules") == 0 &&
		    (next = site_find(at, "rules-file")) != NULL && line)
			return (struct site_place){site_file_path(form->folder ? form->folder : ".",
								  next->text, form->arena),
						   line, column};
		/* What the file does not say itself is the fault of what it stands in. */
		if (!next)
			break;
		at = next;
	}
	return site_place_in(&form->yaml, at, line, column);
}

const char *site_form_seed(const struct site_form *form, size_t zone, struct dns_name *apex)
{
	const json_t *one = json_array_get(json_object_get(form->document, "zones"), zone);
	const char *name = json_string_value(json_object_get(json_object_get(one, "seed"), "file"));
	if (!name || !form->folder)
		return NULL;
	*apex = form->zones[zone].apex;
	return site_file_path(form->folder, name, form->arena);
}
