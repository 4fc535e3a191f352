/* SPDX-License-Identifier: BSD-2-Clause */
#include "zonedb/zone_setting.h"
#include "base/timeword.h"
#include "dns/type.h"
#include "zonedb/notify_list.h"
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

#define LIMIT_MAX 1000000
#define OF_HOSTS  "hosts:"

/* How a member is held, printed and parsed. */
enum kind {
	KIND_CHOICE, /* an enum, one of `words` */
	KIND_FLAG,   /* a bool: words[0] is false, words[1] true */
	KIND_DURATION,
	KIND_LIMIT,   /* a number; 0 is "none" */
	KIND_NAMES,   /* max-names: as a limit, or "hosts:" and a number */
	KIND_PERCENT, /* 1 to 100; 0 is "none" */
	KIND_TYPES,
	KIND_PREFIXES,
	KIND_NOTIFY, /* a text of zonedb/notify_list.h */
	KIND_U32,
	KIND_U64,
};

struct field {
	enum kind kind;
	size_t offset;
	const char *const *words;
};

static const char *const update_words[] = {"none", "nonsecure", "secure", "report", NULL};
static const char *const policy_words[] = {"windows", "closed", "self", "ad", NULL};
static const char *const on_words[] = {"off", "on", NULL};
static const char *const foreign_words[] = {"refuse", "skip", NULL};

/* The one table: kind, member, words, name (of the setting and of the field in the zone's row).
 * What a setting is for is said by tenurectl (ctl/setting_help.h). */
#define SETTINGS(X)                                                                                \
	X(CHOICE, update, update_words, "update")                                                  \
	X(CHOICE, policy, policy_words, "policy")                                                  \
	X(FLAG, is_aging, on_words, "aging")                                                       \
	X(DURATION, no_refresh, NULL, "no-refresh")                                                \
	X(DURATION, refresh, NULL, "refresh")                                                      \
	X(FLAG, protects_static, on_words, "protect-static")                                       \
	X(FLAG, skips_foreign_delete, foreign_words, "foreign-delete")                             \
	X(FLAG, probes_refresh, on_words, "probe-refreshes")                                       \
	X(FLAG, probes_report, on_words, "report-probe")                                           \
	X(TYPES, keep_types, NULL, "keep-types")                                                   \
	X(LIMIT, max_records, NULL, "max-records")                                                 \
	X(LIMIT, max_types, NULL, "max-types")                                                     \
	X(LIMIT, max_name_bytes, NULL, "max-name-bytes")                                           \
	X(NAMES, max_names, NULL, "max-names")                                                     \
	X(LIMIT, max_rate, NULL, "max-rate")                                                       \
	X(PERCENT, max_share, NULL, "max-share")                                                   \
	X(LIMIT, max_count, NULL, "max-count")                                                     \
	X(PREFIXES, transfer, NULL, "transfer")                                                    \
	X(NOTIFY, notify, NULL, "notify")                                                          \
	X(FLAG, requires_reason, on_words, "require-reason")                                       \
	X(FLAG, makes_ptr, on_words, "ptr")                                                        \
	X(PREFIXES, ptr_from, NULL, "ptr-from")

#define AS_SETTING(kind, member, words, name) {name},
static const struct zone_setting settings[] = {SETTINGS(AS_SETTING){NULL}};

/* The settings in the order of the table. */
#define AS_FIELD(kind, member, words, name) {KIND_##kind, offsetof(struct zone, member), words},
static const struct field fields[] = {SETTINGS(AS_FIELD)};
#define FIELDS (sizeof(fields) / sizeof(fields[0]))

/* What the server keeps in the row. */
static const struct kept {
	const char *word;
	struct field field;
	bool is_rare; /* 0 is not written */
} kept[] = {
	{"id", {KIND_U32, offsetof(struct zone, id), NULL}, false},
	{"available-at", {KIND_U64, offsetof(struct zone, available_at), NULL}, false},
	{"created-at", {KIND_U64, offsetof(struct zone, created_at), NULL}, false},
	{"frozen", {KIND_FLAG, offsetof(struct zone, is_frozen), NULL}, false},
	{"deleting", {KIND_U64, offsetof(struct zone, deleting), NULL}, true},
	{"restored-from", {KIND_U64, offsetof(struct zone, restored_from), NULL}, true},
	{"ptr-pending", {KIND_U64, offsetof(struct zone, ptr_pending), NULL}, true},
};
#define KEPT (sizeof(kept) / sizeof(kept[0]))

/* Texts that the server keeps; an empty one is not written. */
static const struct {
	const char *word;
	size_t offset, room;
} kept_texts[] = {
	{"apply-file", offsetof(struct zone, applied_by), ZONE_APPLIED_MAX},
	{"apply-seed", offsetof(struct zone, seed), ZONE_SEED_MAX},
};
#define KEPT_TEXTS (sizeof(kept_texts) / sizeof(kept_texts[0]))

_Static_assert(sizeof(enum zone_update_mode) == sizeof(uint32_t), "choices are read as 32 bits");
_Static_assert(sizeof(enum zone_policy) == sizeof(uint32_t), "choices are read as 32 bits");

static size_t zone_setting_width(enum kind kind)
{
	if (kind == KIND_FLAG)
		return sizeof(bool);
	return kind == KIND_U64 ? sizeof(uint64_t) : sizeof(uint32_t);
}

static uint64_t zone_setting_get_number(const struct zone *zone, const struct field *field)
{
	const uint8_t *at = (const uint8_t *)zone + field->offset;
	bool flag;
	uint32_t small;
	uint64_t large;
	switch (zone_setting_width(field->kind)) {
	case sizeof(bool):
		memcpy(&flag, at, sizeof(flag));
		return flag;
	case sizeof(uint32_t):
		memcpy(&small, at, sizeof(small));
		return small;
	default:
		memcpy(&large, at, sizeof(large));
		return large;
	}
}

static void zone_setting_set_number(struct zone *zone, const struct field *field, uint64_t value)
{
	uint8_t *at = (uint8_t *)zone + field->offset;
	bool flag = value != 0;
	uint32_t small = (uint32_t)value;
	switch (zone_setting_width(field->kind)) {
	case sizeof(bool):
		memcpy(at, &flag, sizeof(flag));
		break;
	case sizeof(uint32_t):
		memcpy(at, &small, sizeof(small));
		break;
	default:
		memcpy(at, &value, sizeof(value));
	}
}

static size_t word_count(const struct field *field)
{
	size_t count = 0;
	while (field->words && field->words[count])
		count++;
	return count;
}

static size_t count_types(const struct zone *zone)
{
	size_t count = 0;
	while (count < ZONE_KEEP_TYPES_MAX && zone->keep_types[count])
		count++;
	return count;
}

static const struct field *field_of(const char *name)
{
	for (size_t i = 0; settings[i].name; i++) {
		if (strcmp(settings[i].name, name) == 0)
			return &fields[i];
	}
	return NULL;
}

const struct zone_setting *zone_settings(void)
{
	return settings;
}

static char *zone_setting_print_types(const struct zone *zone, struct arena *arena)
{
	char *text = NULL, type[DNS_TYPE_TEXT_MAX];
	for (size_t i = 0; i < count_types(zone); i++) {
		dns_type_print(zone->keep_types[i], type);
		text = text ? arena_print(arena, "%s,%s", text, type)
			    : arena_text(arena, type, strlen(type));
	}
	return text ? text : arena_text(arena, "none", 4);
}

static const struct prefix *prefixes_of(const struct zone *zone, const struct field *field)
{
	return (const struct prefix *)(const void *)((const char *)zone + field->offset);
}

static size_t count_prefixes(const struct prefix *prefixes)
{
	size_t count = 0;
	while (count < ZONE_PREFIXES_MAX && prefixes[count].family_len)
		count++;
	return count;
}

static char *print_prefixes(const struct prefix *prefixes, struct arena *arena)
{
	char *text = NULL, one[ADDR_TEXT_MAX];
	for (size_t i = 0; i < count_prefixes(prefixes); i++) {
		prefix_print(&prefixes[i], one);
		text = arena_print(arena, "%s%s%s", text ? text : "", text ? "," : "", one);
	}
	return text ? text : arena_text(arena, "none", 4);
}

static const char *parse_notify(struct zone *zone, const char *value, struct arena *arena)
{
	struct notify_list list;
	const char *problem = notify_list_parse(&list, value, arena);
	if (problem)
		return arena_print(arena, "notify: %s", problem);
	const char *text = notify_list_print(&list, arena);
	size_t len = list.count ? strlen(text) : 0;
	if (len >= ZONE_NOTIFY_MAX)
		return arena_print(arena, "notify: more than %d bytes of text",
				   ZONE_NOTIFY_MAX - 1);
	memset(zone->notify, 0, sizeof(zone->notify));
	memcpy(zone->notify, text, len);
	return NULL;
}

char *zone_setting_print(const struct zone *zone, const char *name, struct arena *arena)
{
	const struct field *field = field_of(name);
	assert(field);
	uint64_t number;
	char text[TIMEWORD_TEXT_MAX];
	switch (field->kind) {
	case KIND_TYPES:
		return zone_setting_print_types(zone, arena);
	case KIND_PREFIXES:
		return print_prefixes(prefixes_of(zone, field), arena);
	case KIND_NOTIFY:
		return arena_print(arena, "%s", zone->notify[0] ? zone->notify : "none");
	case KIND_DURATION:
		duration_print((uint32_t)zone_setting_get_number(zone, field), text);
		return arena_text(arena, text, strlen(text));
	case KIND_LIMIT:
		number = zone_setting_get_number(zone, field);
		return number ? arena_print(arena, "%" PRIu64, number)
			      : arena_text(arena, "none", 4);
	case KIND_NAMES:
		if (zone->max_names == 0)
			return arena_text(arena, "none", 4);
		return arena_print(arena, "%s%" PRIu32, zone->max_names_of_hosts ? OF_HOSTS : "",
				   zone->max_names);
	case KIND_PERCENT:
		number = zone_setting_get_number(zone, field);
		return number ? arena_print(arena, "%" PRIu64 "%%", number)
			      : arena_text(arena, "none", 4);
	default:
		number = zone_setting_get_number(zone, field);
		assert(number < word_count(field));
		return arena_text(arena, field->words[number], strlen(field->words[number]));
	}
}

static const char *zone_setting_parse_types(struct zone *zone, const char *value,
					    struct arena *arena)
{
	uint16_t types[ZONE_KEEP_TYPES_MAX] = {0};
	size_t count = 0;
	char problem[DNS_TYPE_PROBLEM_MAX];
	const char *at = strcmp(value, "none") == 0 ? "" : value;
	while (*at) {
		size_t len = strcspn(at, ",");
		uint16_t type;
		if (!dns_type_parse(at, len, &type) || dns_type_is_meta(type))
			return arena_print(arena, "keep-types: %s",
					   dns_type_problem(arena_text(arena, at, len), problem));
		if (count == ZONE_KEEP_TYPES_MAX)
			return arena_print(arena, "keep-types: more than %d types",
					   ZONE_KEEP_TYPES_MAX);
		types[count++] = type;
		at += len + (at[len] == ',');
	}
	memcpy(zone->keep_types, types, sizeof(types));
	return NULL;
}

/* NULL, or what is wrong. */
static const char *zone_setting_parse_prefix(const char *text, size_t len, struct prefix *out,
					     struct arena *arena)
{
	const char *one = arena_text(arena, text, len);
	const char *problem =
		*one ? prefix_parse(one, out) : "an address stands alone or with /BITS";
	return problem ? arena_print(arena, "'%s': %s", one, problem) : NULL;
}

static const char *parse_prefixes(struct zone *zone, const struct field *field, const char *value,
				  struct arena *arena)
{
	struct prefix prefixes[ZONE_PREFIXES_MAX] = {0};
	size_t count = 0;
	const char *at = strcmp(value, "none") == 0 ? NULL : value;
	while (at) {
		size_t len = strcspn(at, ",");
		if (count == ZONE_PREFIXES_MAX)
			return arena_print(arena, "more than %d prefixes", ZONE_PREFIXES_MAX);
		const char *problem = zone_setting_parse_prefix(at, len, &prefixes[count++], arena);
		if (problem)
			return problem;
		at = at[len] ? at + len + 1 : NULL;
	}
	memcpy((char *)zone + field->offset, prefixes, sizeof(prefixes));
	return NULL;
}

static const char *parse_limit(struct zone *zone, const struct field *field, const char *value,
			       struct arena *arena)
{
	uint64_t number = 0;
	const char *at = value;
	for (; *at >= '0' && *at <= '9' && number <= LIMIT_MAX; at++)
		number = number * 10 + (uint64_t)(*at - '0');
	bool is_none = strcmp(value, "none") == 0;
	if (!is_none && (*at || at == value || number == 0 || number > LIMIT_MAX))
		return arena_print(arena, "'%s' is not a number from 1 to %d, or none", value,
				   LIMIT_MAX);
	zone_setting_set_number(zone, field, is_none ? 0 : number);
	return NULL;
}

static const char *parse_names(struct zone *zone, const struct field *field, const char *value,
			       struct arena *arena)
{
	bool is_of_hosts = strncmp(value, OF_HOSTS, strlen(OF_HOSTS)) == 0;
	const char *number = is_of_hosts ? value + strlen(OF_HOSTS) : value;
	if (is_of_hosts && strcmp(number, "none") == 0)
		return arena_print(arena, "'%s' is not a number, hosts:NUMBER, or none", value);
	const char *problem = parse_limit(zone, field, number, arena);
	if (problem)
		return arena_print(arena,
				   "'%s' is not a number from 1 to %d, hosts:NUMBER, or none",
				   value, LIMIT_MAX);
	zone->max_names_of_hosts = is_of_hosts;
	return NULL;
}

static const char *parse_percent(struct zone *zone, const struct field *field, const char *value,
				 struct arena *arena)
{
	uint64_t number = 0;
	const char *at = value;
	for (; *at >= '0' && *at <= '9' && number <= 100; at++)
		number = number * 10 + (uint64_t)(*at - '0');
	bool is_none = strcmp(value, "none") == 0, has_digits = at > value;
	at += *at == '%';
	if (!is_none && (*at || !has_digits || number == 0 || number > 100))
		return arena_print(arena, "'%s' is not a percentage from 1%% to 100%%, or none",
				   value);
	zone_setting_set_number(zone, field, is_none ? 0 : number);
	return NULL;
}

static const char *parse_word(struct zone *zone, const struct zone_setting *setting,
			      const char *value, struct arena *arena)
{
	const struct field *field = field_of(setting->name);
	char *all = NULL;
	for (size_t i = 0; field->words[i]; i++) {
		if (strcmp(field->words[i], value) == 0) {
			zone_setting_set_number(zone, field, i);
			return NULL;
		}
		all = all ? arena_print(arena, "%s, %s", all, field->words[i])
			  : arena_print(arena, "%s", field->words[i]);
	}
	return arena_print(arena, "%s: '%s' is not one of %s", setting->name, value, all);
}

const char *zone_setting_parse(struct zone *zone, const char *name, const char *value,
			       struct arena *arena)
{
	const struct field *field = field_of(name);
	if (!field)
		return arena_print(arena, "'%s' is not a setting of a zone", name);
	uint32_t seconds;
	const char *problem;
	switch (field->kind) {
	case KIND_TYPES:
		return zone_setting_parse_types(zone, value, arena);
	case KIND_PREFIXES:
		problem = parse_prefixes(zone, field, value, arena);
		return problem ? arena_print(arena, "%s: %s", name, problem) : NULL;
	case KIND_NOTIFY:
		return parse_notify(zone, value, arena);
	case KIND_DURATION:
		if (!duration_parse(value, &seconds))
			return arena_print(arena, "%s: '%s' is not a duration (7d, 168h, 90m, 30s)",
					   name, value);
		zone_setting_set_number(zone, field, seconds);
		return NULL;
	case KIND_LIMIT:
		problem = parse_limit(zone, field, value, arena);
		return problem ? arena_print(arena, "%s: %s", name, problem) : NULL;
	case KIND_NAMES:
		problem = parse_names(zone, field, value, arena);
		return problem ? arena_print(arena, "%s: %s", name, problem) : NULL;
	case KIND_PERCENT:
		problem = parse_percent(zone, field, value, arena);
		return problem ? arena_print(arena, "%s: %s", name, problem) : NULL;
	default:
		return parse_word(zone, &settings[field - fields], value, arena);
	}
}

void zone_pack(const struct zone *zone, struct state_row_writer *row)
{
	for (size_t i = 0; i < FIELDS; i++)
		state_row_put_text(row, settings[i].name,
				   zone_setting_print(zone, settings[i].name, row->arena));
	for (size_t i = 0; i < KEPT; i++) {
		uint64_t number = zone_setting_get_number(zone, &kept[i].field);
		if (kept[i].is_rare && number == 0)
			continue;
		if (kept[i].field.kind == KIND_FLAG)
			state_row_put_flag(row, kept[i].word, number != 0);
		else
			state_row_put_number(row, kept[i].word, number);
	}
	for (size_t i = 0; i < KEPT_TEXTS; i++) {
		const char *text = (const char *)zone + kept_texts[i].offset;
		if (*text)
			state_row_put_text(row, kept_texts[i].word, text);
	}
}

static bool zone_setting_take_text(struct zone *zone, size_t index, struct bytes value)
{
	char *text = (char *)zone + kept_texts[index].offset;
	if (value.len >= kept_texts[index].room)
		return false;
	memset(text, 0, kept_texts[index].room);
	memcpy(text, value.data, value.len);
	return true;
}

static bool take_kept(struct zone *zone, const struct field *field, struct bytes value)
{
	uint64_t number;
	bool is_on = bytes_equal(value, bytes_of("on", 2));
	if (field->kind == KIND_FLAG) {
		zone_setting_set_number(zone, field, is_on);
		return is_on || bytes_equal(value, bytes_of("off", 3));
	}
	if (!state_row_parse_number(value, &number) ||
	    (field->kind == KIND_U32 && number > UINT32_MAX))
		return false;
	zone_setting_set_number(zone, field, number);
	return true;
}

/* Settings stand in the order of the table, unless another version wrote them: `*next` is where the
 * search begins. */
static bool zone_setting_take_field(struct zone *zone, const struct state_row_field *row,
				    size_t *next, struct arena *arena)
{
	for (size_t tried = 0; tried < FIELDS; tried++) {
		size_t i = (*next + tried) % FIELDS;
		if (!state_row_is(row, settings[i].name))
			continue;
		*next = i + 1;
		const char *text = arena_text(arena, (const char *)row->value.data, row->value.len);
		return zone_setting_parse(zone, settings[i].name, text, arena) == NULL;
	}
	for (size_t i = 0; i < KEPT; i++) {
		if (state_row_is(row, kept[i].word))
			return take_kept(zone, &kept[i].field, row->value);
	}
	for (size_t i = 0; i < KEPT_TEXTS; i++) {
		if (state_row_is(row, kept_texts[i].word))
			return zone_setting_take_text(zone, i, row->value);
	}
	return true;
}

bool zone_unpack(struct zone *zone, struct bytes row)
{
	struct bytes_in in = bytes_in_of(row.data, row.len);
	struct state_row_field field;
	struct arena arena = {0};
	size_t next = 0;
	bool is_well = true, has_limits = false;
	while (is_well && state_row_next(&in, &field)) {
		is_well = zone_setting_take_field(zone, &field, &next, &arena);
		has_limits |= state_row_is(&field, "max-types");
	}
	arena_free(&arena);
	if (!has_limits)
		zone_default_limits(zone);
	return is_well && !in.bad && zone->id != 0;
}
