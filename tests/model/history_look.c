/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "acl/group.h"
#include "acl/rulebook.h"
#include "base/digest.h"
#include "journal/entry_time.h"
#include "journal/journal.h"
#include "tests/model/history_parts.h"
#include "tests/unit/dump.h"
#include "vault/check.h"
#include "vault/replay_check.h"
#include <assert.h>

#define ZONE "corp.example"
#define FEW  20

static struct dns_name history_apex(void)
{
	struct dns_name apex;
	assert(!dns_name_parse_text(&apex, ZONE));
	return apex;
}

/* --- records */

static bool name_read(const char *text, uint8_t *name)
{
	char full[256];
	for (uint8_t i = 0; i < model_names_count; i++) {
		bool is_apex = model_names[i].kind == MODEL_APEX;
		snprintf(full, sizeof full, "%s%s" ZONE, is_apex ? "" : model_names[i].text,
			 is_apex ? "" : ".");
		if (strcmp(full, text) == 0) {
			*name = i;
			return true;
		}
	}
	return false;
}

static bool datum_read(const char *type, const char *text, uint8_t *datum)
{
	for (uint8_t i = 0; i < model_data_count; i++)
		if (strcmp(model_types[model_data[i].type], type) == 0 &&
		    strcmp(model_data[i].text, text) == 0) {
			*datum = i;
			return true;
		}
	return false;
}

static enum model_class class_read(const char *text)
{
	static const char *const words[] = {"static", "dynamic", "pinned"};
	for (unsigned i = 0; i < 3; i++)
		if (strcmp(words[i], text) == 0)
			return (enum model_class)i;
	return MODEL_OTHER_CLASS;
}

/* "name ttl type data owner stamp class guest windows", as dump_zone() has it. What the model does
 * not know, the SOA say, it does not see. */
static void line_read(struct zone_model *model, char *line)
{
	char *words[16];
	unsigned count = 0;
	for (char *at = line; count < 16 && (words[count] = strsep(&at, " ")); count++)
		;
	if (count < 9)
		return;
	/* The data of an MX has two words. */
	char data[256];
	snprintf(data, sizeof data, "%s%s%s", words[3], count > 9 ? " " : "",
		 count > 9 ? words[4] : "");
	char *const *rest = words + count - 5;
	struct model_record record = {.ttl = (uint32_t)strtoul(words[1], NULL, 10),
				      .stamp = strtoull(rest[1], NULL, 10),
				      .class = class_read(rest[2]),
				      .is_guest = strcmp(rest[3], "0") != 0};
	if (!name_read(words[0], &record.name) || !datum_read(words[2], data, &record.datum) ||
	    model->count == MODEL_RECORDS_MAX)
		return;
	snprintf(record.owner, sizeof record.owner, "%s", rest[0]);
	model->records[model->count++] = record;
}

static void records_read(struct zone_model *model, struct store_txn *txn, const struct zone *zone)
{
	char *text = dump_zone(txn, zone), *at = text, *line;
	model->count = 0;
	while ((line = strsep(&at, "\n")) && *line)
		line_read(model, line);
	free(text);
}

/* --- settings */

static void rules_read(struct history *history, struct zone_model *model, struct store_txn *txn,
		       uint32_t zone_id)
{
	struct arena arena = {0};
	const char *text = rulebook_get(txn, zone_id, &arena);
	model->rules_count = 0;
	if (text && strcmp(text, history->rules) == 0) {
		model->rules_count = history->rules_count;
		memcpy(model->rules, history->rule, sizeof model->rules);
	} else if (text) {
		model->is_strange = true;
	}
	arena_free(&arena);
}

static void group_read(struct zone_model *model, struct store_txn *txn)
{
	struct arena arena = {0};
	struct acl_group group;
	model->has_group = group_get(txn, "@g", &arena, &group);
	model->is_acting = model->has_group && group.is_acting;
	for (unsigned who = 0; who < MODEL_WHO_COUNT; who++)
		model->is_member[who] = model->has_group && group_has(&group, model_whos[who]);
	arena_free(&arena);
}

void history_look(struct history *history, struct zone_model *model)
{
	static const enum model_mode modes[] = {[ZONE_UPDATE_NONE] = MODEL_NONE,
						[ZONE_UPDATE_NONSECURE] = MODEL_NONSECURE,
						[ZONE_UPDATE_SECURE] = MODEL_SECURE,
						/* It lets all pass that a nonsecure one does. */
						[ZONE_UPDATE_REPORT] = MODEL_NONSECURE};
	struct store_txn txn;
	struct zone zone;
	struct dns_name apex = history_apex();
	store_read_begin(history->scenario->core->store, &txn);
	history->has_zone = zone_get(&txn, &apex, &zone);
	model->count = 0;
	model->is_strange = !history->has_zone || history->has_child || history->is_strange;
	if (history->has_zone) {
		bool is_mode = zone.update < sizeof modes / sizeof *modes;
		model->mode = is_mode ? modes[zone.update] : MODEL_NONE;
		model->is_report = zone.update == ZONE_UPDATE_REPORT;
		model->is_windows = zone.policy == ZONE_POLICY_WINDOWS;
		model->is_strange |= !is_mode || zone.policy == ZONE_POLICY_SELF;
		model->is_frozen = zone.is_frozen;
		model->skips_foreign = zone.skips_foreign_delete;
		model->protects_static = zone.protects_static;
		model->no_refresh = zone.no_refresh;
		/* Bounds that a history can reach. */
		model->is_strange |= (zone.max_records && zone.max_records < FEW) ||
				     (zone.max_names && zone.max_names < FEW) ||
				     !zone.probes_refresh;
		rules_read(history, model, &txn, zone.id);
		records_read(model, &txn, &zone);
	}
	group_read(model, &txn);
	if (txn.error)
		history_fail(history, "the store: %s", store_error_text(txn.error));
	store_read_end(&txn);
}

uint64_t history_head(struct history *history)
{
	struct store_txn txn;
	store_read_begin(history->scenario->core->store, &txn);
	uint64_t seq = journal_head(&txn).seq;
	store_read_end(&txn);
	return seq;
}

uint64_t history_now(struct history *history)
{
	struct store_txn txn;
	store_read_begin(history->scenario->core->store, &txn);
	uint64_t now = entry_time_now(&txn, history->scenario->now * 1000000) / 1000000;
	store_read_end(&txn);
	return now;
}

uint32_t history_serial(struct history *history)
{
	struct store_txn txn;
	struct zone zone;
	struct dns_name apex = history_apex();
	store_read_begin(history->scenario->core->store, &txn);
	uint32_t serial = zone_get(&txn, &apex, &zone) ? zone_serial(&txn, &zone) : 0;
	store_read_end(&txn);
	return serial;
}

void history_report(struct history *history, uint8_t name, struct report_row *row)
{
	struct store_txn txn;
	struct zone zone;
	char text[128];
	struct dns_name at, apex = history_apex();
	bool is_apex = model_names[name].kind == MODEL_APEX;
	snprintf(text, sizeof text, "%s%s" ZONE, is_apex ? "" : model_names[name].text,
		 is_apex ? "" : ".");
	assert(!dns_name_parse_text(&at, text));
	store_read_begin(history->scenario->core->store, &txn);
	memset(row, 0, sizeof *row);
	if (zone_get(&txn, &apex, &zone))
		report_get(&txn, &zone, &at, row);
	store_read_end(&txn);
}

static void state_add(struct digest *digest, struct store_txn *txn, enum store_table table)
{
	struct store_walk walk;
	struct bytes key, value;
	store_walk_from(&walk, txn, table, bytes_of(NULL, 0), 0);
	while (store_walk_next(&walk, &key, &value)) {
		uint32_t head[3] = {table, (uint32_t)key.len, (uint32_t)value.len};
		digest_add(digest, bytes_of(head, sizeof head));
		digest_add(digest, key);
		digest_add(digest, value);
	}
	store_walk_end(&walk);
}

void history_state(struct history *history, uint8_t state[DIGEST_LEN])
{
	static const enum store_table tables[] = {
		STORE_ZONES,     STORE_NODES,  STORE_CUTS,   STORE_TOMBSTONES, STORE_DUE,
		STORE_ADDRESSES, STORE_KEYS,   STORE_GROUPS, STORE_RULES,      STORE_PRINCIPALS,
		STORE_RUNS,      STORE_SERVER, STORE_NOTES,  STORE_RESERVED,   STORE_ZONE_OWNERS,
	};
	struct store_txn txn;
	struct digest *digest = digest_begin();
	store_read_begin(history->scenario->core->store, &txn);
	for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
		state_add(digest, &txn, tables[i]);
	store_read_end(&txn);
	digest_end(digest, state);
}

/* --- transfers */

/* Records as sorted lines. */
struct lines {
	char *text;
	char **line;
	size_t count;
};

static int line_compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Of "record; record; ..."; takes the text. */
static struct lines lines_of(char *text)
{
	struct lines lines = {.text = text};
	lines.line = calloc(strlen(text) / 2 + 2, sizeof *lines.line);
	assert(lines.line);
	for (char *at = text, *end; at && *at; at = end) {
		end = strstr(at, "; ");
		if (end) {
			*end = 0;
			end += 2;
		}
		lines.line[lines.count++] = at;
	}
	return lines;
}

static void history_lines_free(struct lines *lines)
{
	free(lines->line);
	free(lines->text);
}

static char *lines_join(const struct lines *lines)
{
	char *text;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	for (size_t i = 0; i < lines->count; i++)
		fprintf(out, "%s%s", i ? "; " : "", lines->line[i]);
	fclose(out);
	return text;
}

static bool is_soa(const char *line)
{
	return strstr(line, " SOA ") != NULL;
}

static uint32_t history_soa_serial(const char *soa)
{
	const char *at = strstr(soa, " SOA ");
	unsigned long serial = 0;
	if (!at || sscanf(at, " SOA %*s %*s %lu", &serial) != 1)
		return 0;
	return (uint32_t)serial;
}

/* The answer section of a transfer. */
static struct lines history_ask(struct history *history, const char *question)
{
	char *out = calloc(1, SCENARIO_TEXT_MAX);
	assert(out);
	history_say(history, "tcp query %s", question);
	show_section(history->scenario, DNS_ANSWER, out, SCENARIO_TEXT_MAX);
	return lines_of(out);
}

/* The whole zone: without the last SOA, sorted. Nothing: it is refused. */
static struct lines history_axfr(struct history *history)
{
	struct lines lines = history_ask(history, ZONE " AXFR");
	if ((history->scenario->answer[3] & 0xf) == MODEL_REFUSED) {
		lines.count = 0;
		return lines;
	}
	if (lines.count < 2 || !is_soa(lines.line[0]) || !is_soa(lines.line[lines.count - 1]))
		history_fail(history, "AXFR does not begin and end with the SOA");
	lines.count--;
	qsort(lines.line, lines.count, sizeof *lines.line, line_compare);
	return lines;
}

static bool lines_remove(struct lines *lines, const char *line)
{
	for (size_t i = 0; i < lines->count; i++) {
		if (strcmp(lines->line[i], line) != 0)
			continue;
		lines->line[i] = lines->line[--lines->count];
		return true;
	}
	return false;
}

/* Differences: SOA, what goes, SOA, what comes, and so on (RFC 1995 4). */
static void apply_ixfr(struct history *history, struct lines *copy, const struct lines *ixfr)
{
	bool is_coming = true;
	for (size_t i = 1; i + 1 < ixfr->count; i++) {
		const char *line = ixfr->line[i];
		if (is_soa(line))
			is_coming = !is_coming;
		if (is_coming)
			copy->line[copy->count++] = (char *)line;
		else if (!lines_remove(copy, line))
			history_fail(history, "IXFR removes '%s', which the copy does not have",
				     line);
	}
}

static void compare_copies(struct history *history, const struct lines *copy,
			   const struct lines *axfr)
{
	for (size_t i = 0; i < copy->count || i < axfr->count; i++) {
		const char *mine = i < copy->count ? copy->line[i] : "nothing",
			   *theirs = i < axfr->count ? axfr->line[i] : "nothing";
		if (strcmp(mine, theirs) != 0)
			history_fail(history, "by IXFR '%s', by AXFR '%s'", mine, theirs);
	}
}

static void follow(struct history *history, const struct lines *axfr)
{
	char question[64];
	snprintf(question, sizeof question, ZONE " IXFR since %u", history->copy_serial);
	struct lines ixfr = history_ask(history, question), copy = lines_of(history->copy);
	copy.line = realloc(copy.line, (copy.count + ixfr.count + 1) * sizeof *copy.line);
	assert(copy.line);
	bool is_whole = ixfr.count > 1 && !is_soa(ixfr.line[1]);
	if (ixfr.count > 1 && !is_whole) {
		apply_ixfr(history, &copy, &ixfr);
		qsort(copy.line, copy.count, sizeof *copy.line, line_compare);
	}
	if (!is_whole)
		compare_copies(history, &copy, axfr);
	history_lines_free(&ixfr);
	history_lines_free(&copy);
	history->copy = NULL;
}

void history_transfer(struct history *history)
{
	history_counts.transfers++;
	if (!history->has_zone)
		return;
	struct lines axfr = history_axfr(history);
	if (axfr.count == 0) { /* a setting was taken back */
		history_lines_free(&axfr);
		free(history->copy);
		history->copy = NULL;
		return;
	}
	if (history->copy)
		follow(history, &axfr);
	history->copy = lines_join(&axfr);
	history->copy_serial = 0;
	for (size_t i = 0; i < axfr.count; i++)
		if (is_soa(axfr.line[i]))
			history->copy_serial = history_soa_serial(axfr.line[i]);
	history_lines_free(&axfr);
}

/* --- the end */

static void finding(void *context, const struct finding *found)
{
	history_fail(context, "check: %s %s %s: %s", found->table ? found->table : "",
		     found->zone ? found->zone : "", found->name ? found->name : "", found->what);
}

static void verify_store(struct history *history)
{
	char error[STORE_ERROR_MAX];
	struct store_options where = {.path = history->scenario->dir,
				      .map_size = history->scenario->map_size};
	struct report report = {.found = finding, .context = history};
	struct check_counts counts;
	struct store *store = store_open(&where, error);
	if (!store)
		history_fail(history, "%s", error);
	if (!check_store(store, &report, &counts))
		history_fail(history, "check: %s", report.error);
	store_close(store);
}

void history_verify(struct history *history)
{
	struct report report = {0};
	struct replay_check_result result;
	struct replay_check_options options = {.data = history->scenario->dir, .fd = -1};
	verify_store(history);
	if (!replay_check(&options, &report, &result))
		history_fail(history, "the log cannot be replayed: %s", report.error);
	if (!result.is_same)
		history_fail(history, "the replayed log has '%s' instead of '%s'",
			     result.replayed_line ? result.replayed_line : "nothing",
			     result.line ? result.line : "nothing");
	free(result.line);
	free(result.replayed_line);
}
