/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>
#include "migrate/site_updates.h"
#include "base/container.h"
#include "dns/rdata.h"
#include "dns/zonefile.h"

struct site_update {
	struct hash_link link;
	struct dns_name name;
	uint16_t type;
	struct bytes rdata;
};

static bool site_update_is(const struct hash_link *link, const void *key)
{
	const struct site_update *a = container_of(link, const struct site_update, link), *b = key;
	return a->type == b->type && dns_name_equal(&a->name, &b->name) &&
	       dns_rdata_compare(a->type, a->rdata, b->rdata) == 0;
}

static const char *site_updates_take(void *context, const struct dns_zonefile_record *record)
{
	struct site_updates *updates = context;
	struct site_update *update = arena_zero(&updates->arena, sizeof *update);
	update->name = record->owner;
	update->type = record->type;
	update->rdata = bytes_of(arena_copy(&updates->arena, record->rdata.data, record->rdata.len),
				 record->rdata.len);
	hash_table_put(&updates->table, &update->link, dns_name_hash_secret(&update->name));
	return NULL;
}

void site_updates_add(struct site_updates *updates, const struct dns_name *apex, const char *line,
		      size_t len)
{
	struct dns_zonefile options = {
		.origin = apex, .record = site_updates_take, .context = updates};
	char error[DNS_ZONEFILE_ERROR_MAX];
	/* What is not understood tells nothing of any record. */
	if (!dns_zonefile_read_text("", line, len, &options, error))
		return;
}

void site_updates_mark(const struct site_updates *updates, struct site_zone *zone)
{
	for (size_t i = 0; i < zone->count; i++) {
		struct site_record *record = zone->records[i];
		struct site_update key = {
			.name = *record->name, .type = record->type, .rdata = record->rdata};
		if (hash_table_find(&updates->table, dns_name_hash_secret(record->name),
				    site_update_is, &key)) {
			record->was_updated = true;
			record->because = "made by an update (journal)";
		}
	}
}

void site_updates_free(struct site_updates *updates)
{
	hash_table_free(&updates->table);
	arena_free(&updates->arena);
}
