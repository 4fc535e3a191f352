/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "tests/model/history_parts.h"
#include "base/timeword.h"

#define ZONE "corp.example"

static const char *pick_word(struct history *history, const char *const *words, unsigned count)
{
	return words[history_pick(history, count)];
}

/* What comes of it is looked at, not foretold. */
static void administer(struct history *history, const char *words)
{
	history_say(history, "tenurectl %s -> ...", words);
}

static void setting_set(struct history *history)
{
	static const char *const settings[] = {
		"update=secure",
		"update=nonsecure",
		"update=secure",
		"policy=windows",
		"policy=closed",
		"foreign-delete=skip",
		"foreign-delete=refuse",
		"protect-static=off",
		"protect-static=on",
		"aging=on",
		"no-refresh=1h",
		"refresh=1h",
		"aging=off",
		"update=none",
		"update=report",
	};
	char words[128];
	snprintf(words, sizeof words, "zone set " ZONE " %s",
		 pick_word(history, settings, sizeof settings / sizeof *settings));
	administer(history, words);
}

/* Often one that lets several stand at a name, which rules of random clauses seldom do. */
static struct model_rule pick_rule(struct history *history)
{
	if (history_pick(history, 6) == 0)
		return (struct model_rule){
			.is_allow = true,
			.who = MODEL_AUTHENTICATED,
			.rights = (uint8_t)((unsigned)MODEL_JOIN | history_pick(history, 8)),
		};
	return (struct model_rule){
		.is_allow = history_pick(history, 4) != 0,
		.who = (uint8_t)history_pick(history, MODEL_GROUP + history->model.has_group),
		.rights = (uint8_t)(history_pick(history, 8) == 0 ? MODEL_TAKEOVER
								  : history_pick(history, 7) + 1),
		.place = (enum model_place)history_pick(history, MODEL_PLACES),
		.name = (uint8_t)history_pick(history, model_names_count),
		.types = (uint16_t)(history_pick(history, 2)
					    ? 1U << history_pick(history, MODEL_TYPES) |
						      1U << history_pick(history, MODEL_TYPES)
					    : 0U),
	};
}

static void rules_set(struct history *history)
{
	char text[1024] = "", line[256];
	unsigned count = history_pick(history, MODEL_RULES_MAX + 1);
	for (unsigned i = 0; i < count; i++) {
		history->rule[i] = pick_rule(history);
		model_rule_print(&history->rule[i], line, sizeof line);
		size_t len = strlen(text);
		snprintf(text + len, sizeof text - len, "%s\n", line);
	}
	history->rules_count = count;
	snprintf(history->rules, sizeof history->rules, "%s", text);
	history_say_lines(history, "file rules", text);
	administer(history, "zone policy set " ZONE " DIR/rules");
}

static void group_change(struct history *history)
{
	static const char *const changes[] = {
		"group create @g key:a key:b",
		"group create @g --acting key:a key:b",
		"group add @g key:c",
		"group remove @g key:a",
		"group set @g acting=on",
		"group set @g acting=off",
		"group del @g",
	};
	administer(history, pick_word(history, changes, sizeof changes / sizeof *changes));
}

static void record_change(struct history *history)
{
	static const char *const forms[] = {"add", "add", "del", "pin", "unpin", "set-class"};
	const char *form = pick_word(history, forms, sizeof forms / sizeof *forms);
	unsigned datum = history_pick(history, model_data_sent);
	const char *name = model_names[history_pick(history, model_names_count)].text,
		   *type = model_types[model_data[datum].type], *data = model_data[datum].text;
	char words[256];
	if (strcmp(form, "add") == 0)
		snprintf(words, sizeof words, "record add " ZONE " '%s' 60 %s '%s'%s%s", name, type,
			 data, history_pick(history, 2) ? " --owner key:b" : "",
			 history_pick(history, 3) ? "" : " --class dynamic");
	else if (strcmp(form, "set-class") == 0)
		snprintf(words, sizeof words, "record set-class " ZONE " '%s' ANY %s", name,
			 history_pick(history, 2) ? "static" : "dynamic");
	else
		snprintf(words, sizeof words, "record %s " ZONE " '%s' %s", form, name, type);
	administer(history, words);
}

static void owner_change(struct history *history)
{
	static const char *const changes[] = {
		"owner transfer --from key:a --to key:b",
		"owner transfer --from key:b --to key:c --zone " ZONE,
		"owner transfer --from anonymous --to key:a",
		"owner transfer --from key:a --to @g",
		"owner release h1." ZONE,
		"record touch " ZONE " h1 --recurse",
	};
	administer(history, pick_word(history, changes, sizeof changes / sizeof *changes));
}

/* What was done last is taken back, or a run, or what somebody did. */
static void undo(struct history *history)
{
	char words[128];
	uint64_t head = history_head(history);
	unsigned pick = history_pick(history, 8), number = history_pick(history, 4);
	if (pick < 4)
		snprintf(words, sizeof words, "audit revert %llu",
			 (unsigned long long)(head > number ? head - number : head));
	else if (pick == 4)
		snprintf(words, sizeof words, "audit revert --run %u", number + 1);
	else if (pick == 5)
		snprintf(words, sizeof words, "scavenge undo %u", number + 1);
	else if (pick == 6)
		snprintf(words, sizeof words, "audit revert --principal %s --since 2h",
			 model_whos[number]);
	else
		snprintf(words, sizeof words, "record restore %s." ZONE, model_names[number].text);
	administer(history, words);
}

static void zone_change(struct history *history)
{
	unsigned pick = history_pick(history, 8);
	if (pick == 0) {
		administer(history, "zone del " ZONE " --yes");
		administer(history,
			   history_pick(history, 2) ? "zone restore " ZONE : "zone add " ZONE);
		administer(history, "zone set " ZONE " transfer=192.0.2.0/24 update=secure");
		/* A zone that was made anew has another past. */
		free(history->copy);
		history->copy = NULL;
	} else if (pick < 4) {
		administer(history, pick & 1 ? "zone freeze " ZONE : "zone thaw " ZONE);
	} else if (pick < 6) {
		history_say(history, "sweep");
	} else if (history_pick(history, 8) == 0) {
		/* From now on the model does not know which zone a name is in. */
		history->has_child = true;
		administer(history, pick == 6 ? "zone add x.h1." ZONE : "zone add h3." ZONE);
	} else {
		administer(history, "zone thaw " ZONE);
	}
}

/* What the model knows nothing of: whatever it is, `why` must foretell what an update meets. */
static void strange_change(struct history *history)
{
	static const char *const changes[] = {
		"zone set " ZONE " max-names=2",
		"zone set " ZONE " max-names=none",
		"zone set " ZONE " max-records=1",
		"zone set " ZONE " max-types=2",
		"zone set " ZONE " max-name-bytes=100",
		"zone set " ZONE " max-records=100 max-types=100 max-name-bytes=65000",
		"zone set " ZONE " policy=self",
		"zone set " ZONE " report-probe=on",
		"zone set " ZONE " update=report report-probe=on",
		"zone set " ZONE " probes-refresh=off",
		"owner reserve h1." ZONE " --for key:a",
		"owner reserve x.h1." ZONE " --for @g",
		"owner reserve _t._tcp.h1." ZONE " --for key:b",
		"owner release h1." ZONE,
		"owner release x.h1." ZONE,
		"zone policy add " ZONE " 'allow key:b query'",
		"zone policy add " ZONE " 'allow authenticated query types A'",
		"zone policy add " ZONE " 'allow anonymous query under h2' 'allow key:a query'",
		"zone policy add " ZONE " 'allow authenticated claim,join types A(1),TXT(1),CNAME'",
		"zone policy add " ZONE " 'allow key:a takeover over key:b class pinned'",
		"zone policy add " ZONE " 'allow key:b takeover over anonymous types A,CNAME'",
		"zone policy add " ZONE " 'deny key:a write,join over key:c'",
		"zone policy add " ZONE " 'allow anonymous claim,write from 192.0.2.0/24'",
		"zone policy add " ZONE " 'allow authenticated claim,join at h1 types NS,DNAME'",
		"zone policy add " ZONE " 'allow authenticated claim,write at * types A,NS'",
		"zone policy add " ZONE " 'allow key:c write at @ types SOA,NS'",
	};
	const char *words = pick_word(history, changes, sizeof changes / sizeof *changes);
	history->is_strange = true;
	history->bounds_bytes |= strstr(words, "max-name-bytes=100") != NULL;
	administer(history, words);
}

void history_admin(struct history *history)
{
	static void (*const deeds[])(struct history *) = {
		setting_set, setting_set,   rules_set,     rules_set,   group_change,
		undo,        record_change, record_change, zone_change, owner_change,
	};
	uint32_t serial = history_serial(history);
	struct zone_model before = history->model;
	history_counts.admin++;
	if (history->makes_strange && history_pick(history, 2))
		strange_change(history);
	else
		deeds[history_pick(history, sizeof deeds / sizeof *deeds)](history);
	history_look(history, &history->model);
	/* Of the same zone no data changes under the old serial. */
	if (!history->copy || !history->has_zone || history_serial(history) != serial)
		return;
	for (size_t i = 0; i < before.count; i++) {
		bool is_there = false;
		for (size_t j = 0; j < history->model.count; j++)
			is_there |= history->model.records[j].name == before.records[i].name &&
				    history->model.records[j].datum == before.records[i].datum &&
				    history->model.records[j].ttl == before.records[i].ttl;
		if (!is_there)
			history_fail(history, "a record went under the same serial");
	}
	if (history->model.count != before.count)
		history_fail(history, "a record came under the same serial");
}

void history_clock(struct history *history)
{
	char time[TIMEWORD_TEXT_MAX];
	static const char *const passes[] = {"1s", "10s", "200s", "2h", "3d"};
	unsigned pick = history_pick(history, 8);
	if (pick < 5) {
		history_say(history, "after %s", passes[pick]);
	} else if (pick == 5) {
		int64_t step = history_pick(history, 2) ? 5400 : -1800;
		history->doubts++;
		history->was_clock_set = true;
		time_print((uint64_t)((int64_t)history->scenario->now + step), time);
		history_say(history, "clock %s", time);
	} else {
		history->doubts++;
		history_say(history, pick == 6 ? "restart" : "crash");
	}
	/* The step of a clock is an entry of its own. */
	setup_look(history->scenario);
	history_look(history, &history->model);
}
