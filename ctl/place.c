/* SPDX-License-Identifier: BSD-2-Clause */
#include "ctl/place.h"
#include "base/timeword.h"
#include "dns/name.h"
#include "dns/type.h"
#include <stdlib.h>
#include <string.h>

static bool place_is_type(const struct words *words, size_t at)
{
	uint16_t type;
	return at < words->count && dns_type_parse(words->word[at], strlen(words->word[at]), &type);
}

static bool place_is_ttl(const struct words *words, size_t at)
{
	uint32_t ttl;
	return at < words->count && duration_parse_ttl(words->word[at], &ttl);
}

/* Whether the words could be NAME and what follows it, without a zone before it. */
static bool place_may_be_name(const struct ctl *ctl)
{
	const struct words *words = &ctl->words;
	const char *command = ctl->command->words;
	if (strcmp(command, "record add") == 0 || strcmp(command, "record set") == 0)
		return place_is_type(words, 1) ||
		       (place_is_ttl(words, 1) && place_is_type(words, 2));
	if (strcmp(command, "record note") == 0)
		return words->count == (words_has(words, "--remove") ? 1u : 2u);
	if (strcmp(command, "record list") == 0 || strcmp(command, "record adopt") == 0)
		return false; /* they take a zone alone */
	return words->count == ctl->command->min - 1 ||
	       (ctl->command->max == CTL_ANY_NUMBER && place_is_type(words, 1));
}

struct place_search {
	struct dns_name name, zone;
	char text[DNS_NAME_TEXT_MAX];
	bool is_found;
};

static void place_try_zone(void *context, json_t *row)
{
	struct place_search *search = context;
	const char *text = json_string_value(json_object_get(row, "zone"));
	struct dns_name zone;
	if (!text || dns_name_parse_text(&zone, text) || !dns_name_under(&search->name, &zone) ||
	    (search->is_found && zone.labels <= search->zone.labels))
		return;
	search->is_found = true;
	search->zone = zone;
	dns_name_show(&zone, search->text);
}

/* The closest zone that holds the name; false: there is none that may be seen, or the word is a
 * zone. */
static bool place_find_zone(struct ctl *ctl, struct place_search *search)
{
	struct client_handlers handlers = {.row = place_try_zone, .context = search};
	json_t *args = json_object(), *result;
	struct client_command request = {ctl->socket, "zone list", args, &handlers};
	int code = client_run(&request, &result);
	json_decref(result);
	json_decref(args);
	return code == CLIENT_OK && search->is_found &&
	       !dns_name_equal(&search->zone, &search->name);
}

/* There is room for one word more. */
static void place_put_zone(struct ctl *ctl, const char *zone)
{
	struct words *words = &ctl->words;
	memmove(words->word + 1, words->word, words->count * sizeof *words->word);
	words->word[0] = zone;
	words->count++;
}

static bool place_is_of(const struct ctl_command *command)
{
	if (strncmp(command->usage, "ZONE", 4) != 0)
		return false;
	for (const struct words_option *o = command->options; o->name; o++)
		if (strcmp(o->name, "--zone") == 0)
			return true;
	return false;
}

void place_take(struct ctl *ctl)
{
	struct place_search search = {.is_found = false};
	if (!place_is_of(ctl->command))
		return;
	const char *zone = words_option(&ctl->words, "--zone");
	if (zone) {
		place_put_zone(ctl, zone);
		return;
	}
	if (ctl->words.count == 0 || !place_may_be_name(ctl) ||
	    dns_name_parse_text(&search.name, ctl->words.word[0]) || search.name.labels < 2 ||
	    !place_find_zone(ctl, &search))
		return;
	place_put_zone(ctl, strcpy(ctl->place, search.text));
}
