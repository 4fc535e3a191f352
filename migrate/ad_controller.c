/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>
#include "migrate/ad_controller.h"
#include "acl/who.h"
#include "dns/rdata.h"
#include "dns/type.h"
#include <ctype.h>
#include <string.h>
#include <strings.h>

/* As many as a line is written for, and as many zones as a line names. */
#define CONTROLLERS_MAX      256
#define CONTROLLER_ZONES_MAX 8

struct ad_controllers {
	struct ad_site *ad;
	const char *principal[CONTROLLERS_MAX];
	size_t count;
	const struct ad_zone *zone[CONTROLLER_ZONES_MAX]; /* that have their SRV */
	size_t zone_count;
};

/* Whether the name has the label; letters of either case. */
static bool ad_controller_has_label(const struct dns_name *name, const char *label)
{
	size_t len = strlen(label);
	for (size_t at = 0; at < name->len && name->wire[at]; at += 1u + name->wire[at])
		if (name->wire[at] == len &&
		    strncasecmp((const char *)name->wire + at + 1, label, len) == 0)
			return true;
	return false;
}

/* The account's name without its `$`: what stands behind `gss:`. */
static size_t ad_controller_word(const char *principal)
{
	return strcspn(principal, "$@");
}

static void ad_controller_add(struct ad_controllers *all, const char *principal)
{
	size_t len = ad_controller_word(principal);
	for (size_t i = 0; i < all->count; i++)
		if (ad_controller_word(all->principal[i]) == len &&
		    strncasecmp(all->principal[i], principal, len) == 0)
			return;
	if (all->count < CONTROLLERS_MAX)
		all->principal[all->count++] = principal;
}

/* The realm that is known: what was said, that of an account, or the word for it. */
static const char *ad_controller_realm(const struct ad_site *ad)
{
	const struct ad_account *known = ad->accounts.any;
	return ad->source->realm       ? ad->source->realm
	       : known && known->realm ? known->realm
				       : "REALM";
}

/* The host that an SRV leads to, as the account that it has in a domain. */
static void ad_controller_add_host(struct ad_controllers *all, const struct site_record *record)
{
	struct dns_name host;
	struct who who;
	char label[DNS_LABEL_MAX + 1];
	if (!dns_rdata_target(record->type, record->rdata, &host) || host.wire[0] == 0)
		return;
	size_t len = host.wire[0];
	for (size_t i = 0; i < len; i++)
		label[i] = (char)toupper(host.wire[1 + i]);
	label[len] = '\0';
	const char *principal = arena_print(&all->ad->site->arena, "gss:%s$@%s", label,
					    ad_controller_realm(all->ad));
	/* A label that a shell or a reader could take for something else is no computer's name. */
	if (strspn(label, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") == len &&
	    !who_parse(&who, principal))
		ad_controller_add(all, principal);
}

static void ad_controller_read_zone(struct ad_controllers *all, const struct ad_zone *zone)
{
	bool has_srv = false;
	for (size_t i = 0; i < zone->zone->count; i++) {
		const struct site_record *record = zone->zone->records[i];
		if (record->type != DNS_TYPE_SRV)
			continue;
		has_srv |= ad_controller_has_label(record->name, "_ldap");
		if (ad_controller_has_label(record->name, "_msdcs"))
			ad_controller_add_host(all, record);
	}
	if (has_srv && all->zone_count < CONTROLLER_ZONES_MAX)
		all->zone[all->zone_count++] = zone;
}

/* The commands for one controller, after the first zone of which they are a part. */
static const char *ad_controller_advice(const struct ad_controllers *all, size_t at)
{
	struct arena *arena = &all->ad->site->arena;
	const char *principal = all->principal[at];
	size_t word = ad_controller_word(principal);
	const char *text = arena_print(arena,
				       at == 0 ? "after apply: tenurectl group create @dcs '%s'"
					       : "after apply: tenurectl group add @dcs '%s'",
				       principal);
	for (size_t i = 0; i < all->zone_count; i++) {
		const char *zone = all->zone[i]->zone->text;
		if (at == 0)
			text = arena_print(arena, "%s; tenurectl zone set %s policy=ad", text,
					   zone);
		text = arena_print(arena,
				   "%s; tenurectl owner transfer --from local:migrate --to '%s' "
				   "--zone %s --match '%.*s' --yes",
				   text, principal, zone, (int)(word - strlen("gss:")),
				   principal + strlen("gss:"));
	}
	return arena_print(arena, "%s (see \"From Active Directory\" in the guide)", text);
}

void ad_controllers_say(struct ad_site *ad)
{
	struct ad_controllers all = {.ad = ad};
	for (const struct ad_account *one = ad->accounts.controllers; one;
	     one = one->next_controller)
		ad_controller_add(&all, one->principal);
	for (const struct ad_zone *zone = ad->zones; zone; zone = zone->next)
		if (zone->zone)
			ad_controller_read_zone(&all, zone);
	for (size_t i = 0; i < all.count; i++)
		site_say(ad->site, SITE_CHANGED, (struct site_place){.what = "domain controller"},
			 all.principal[i],
			 "what it registers is static and local:migrate's here, so it may not "
			 "change it, nor add to it until a rule lets it",
			 ad_controller_advice(&all, i));
}
