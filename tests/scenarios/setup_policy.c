/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/scenarios/scenario.h"
#include "tests/unit/rows.h"
#include "zonedb/principal.h"
#include "zonedb/reservation.h"
#include "zonedb/zone_owner.h"
#include <assert.h>
#include "acl/group.h"
#include "acl/pattern.h"
#include "acl/rulebook.h"

#define MEMBERS_MAX 32

static void put_group(struct scenario *scenario, struct store_txn *txn, void *context)
{
	(void)scenario;
	rows_group_put(txn, context);
}

/* group NAME [acting] [window=NOREFRESH/REFRESH] MEMBER... */
void setup_group(struct scenario *scenario, char *words)
{
	const char *members[MEMBERS_MAX];
	struct acl_group group = {.members = members};
	char *name = word_next(&words);
	const char *wrong = group_name_parse(group.name, name, strlen(name));
	for (char *word = word_next(&words); *word && !wrong; word = word_next(&words)) {
		char member[WHO_TEXT_MAX];
		if (strcmp(word, "acting") == 0) {
			group.is_acting = true;
			continue;
		}
		if (strncmp(word, "window=", 7) == 0) {
			wrong = window_parse(&group.window, word + 7, strlen(word + 7));
			continue;
		}
		wrong = group.count < MEMBERS_MAX ? pattern_parse(member, word, strlen(word))
						  : "too many members";
		if (!wrong)
			members[group.count++] =
				arena_text(&scenario->arena, member, strlen(member));
	}
	if (wrong)
		scenario_fail(scenario, "group: %s", wrong);
	setup_job(scenario, put_group, &group);
}

struct reserve {
	struct dns_name name;
	char *whom;
};

static void put_reservation(struct scenario *scenario, struct store_txn *txn, void *context)
{
	const struct reserve *reserve = context;
	struct zone zone;
	bool is_there = zone_get(txn, scenario_zone(scenario), &zone);
	assert(is_there);
	if (!*reserve->whom) {
		rows_reservation_drop(txn, &zone, &reserve->name);
		return;
	}
	rows_reservation_put(txn, &zone, &reserve->name, reserve->whom);
	zone_owner_put(txn, zone.id, principal_intern(txn, reserve->whom));
}

/* reserve NAME [PRINCIPAL] */
void setup_reserve(struct scenario *scenario, char *words)
{
	struct reserve reserve = {.name = word_name(scenario, word_next(&words))};
	reserve.whom = word_next(&words);
	setup_job(scenario, put_reservation, &reserve);
}

struct new_rules {
	uint32_t zone_id;
	const struct dns_name *apex;
	const char *text;
};

static void put_rules(struct scenario *scenario, struct store_txn *txn, void *context)
{
	const struct new_rules *new = context;
	(void)scenario;
	rows_rules_put(txn, new->zone_id, new->apex, new->text);
}

/* rules ... end */
void setup_rules(struct scenario *scenario, char *words)
{
	(void)words;
	char line[RULE_LINE_MAX], *text;
	const char *all = "";
	struct rules rules;
	struct rule_error error;
	struct zone zone = setup_zone_now(scenario, scenario_zone(scenario));
	while ((text = scenario_line(scenario, line, sizeof line)) && strcmp(text, "end") != 0)
		all = arena_print(&scenario->arena, "%s%s\n", all, text);
	if (!rules_parse(&rules, bytes_of(all, strlen(all)), &zone.apex, &scenario->arena, &error))
		scenario_fail(scenario, "rules:%u:%u: %s", error.line, error.column, error.text);
	struct new_rules new = {zone.id, &zone.apex, all};
	setup_job(scenario, put_rules, &new);
}
