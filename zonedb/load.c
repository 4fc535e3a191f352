/* SPDX-License-Identifier: BSD-2-Clause */
#include "zonedb/load_state.h"
#include "base/memory_room.h"
#include "dns/rdata.h"
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#define RECORDS_AT_FIRST 1024
/* Between two looks at the memory that is left. */
#define RECORDS_PER_LOOK 4096

struct load *load_open(const struct dns_name *apex)
{
	struct load *load = calloc(1, sizeof(*load));
	assert(load);
	load->apex = *apex;
	load->is_sorted = true;
	return load;
}

void load_free(struct load *load)
{
	if (!load)
		return;
	arena_free(&load->arena);
	free(load->records);
	free(load);
}

static const char *load_refuse(struct load *load, const struct dns_name *owner, uint16_t type,
			       struct bytes rdata)
{
	char name[DNS_NAME_TEXT_MAX], word[DNS_TYPE_TEXT_MAX];
	if (!dns_name_under(owner, &load->apex)) {
		snprintf(load->error, sizeof(load->error), "outside of zone %s",
			 dns_name_show(&load->apex, name));
		return load->error;
	}
	if (dns_type_is_meta(type)) {
		snprintf(load->error, sizeof(load->error), "record type %s cannot be stored",
			 dns_type_print(type, word));
		return load->error;
	}
	if (rdata.len > DNS_RDATA_MAX || !dns_rdata_is_valid(type, rdata)) {
		snprintf(load->error, sizeof(load->error), "data does not have the shape of %s",
			 dns_type_print(type, word));
		return load->error;
	}
	const char *fault = dns_rdata_fault(type, rdata);
	if (fault) {
		snprintf(load->error, sizeof(load->error), "data of %s: %s",
			 dns_type_print(type, word), fault);
		return load->error;
	}
	if (load->arena.used > LOAD_BYTES_MAX)
		return "the zone is larger than can be loaded at once";
	/* For the list when it is twice as long, and what load_check makes of it. */
	if (load->count && load->count % RECORDS_PER_LOOK == 0 &&
	    !memory_has_room((load->room + 1) * 8 * sizeof(void *)))
		return "there is no memory to read more of the zone: the limits of the service say "
		       "how much it may take";
	return NULL;
}

const char *load_add(struct load *load, const struct dns_name *owner, uint16_t type, uint32_t ttl,
		     struct bytes rdata, unsigned line)
{
	const char *error = load_refuse(load, owner, type, rdata);
	if (error)
		return error;
	uint8_t key[DNS_NAME_KEY_MAX];
	size_t key_len = dns_name_key(key, owner, &load->apex);
	struct load_record *record =
		arena_alloc(&load->arena, sizeof(*record) + key_len + rdata.len);
	*record = (struct load_record){.ttl = ttl,
				       .line = line,
				       .type = type,
				       .key_len = (uint16_t)key_len,
				       .rdata_len = (uint16_t)rdata.len};
	struct bytes_out out = bytes_out_of(record->data, key_len + rdata.len);
	bytes_out_put(&out, key, key_len);
	bytes_out_put(&out, rdata.data, rdata.len);
	if (load->count == load->room) {
		load->room = load->room ? load->room * 2 : RECORDS_AT_FIRST;
		load->records = realloc(load->records, load->room * sizeof(struct load_record *));
		assert(load->records);
	}
	load->records[load->count++] = record;
	load->is_sorted = false;
	return NULL;
}

void load_add_state(struct load *load, const struct load_state *state)
{
	assert(load->count > 0 && !load->is_sorted);
	struct load_record *record = load->records[load->count - 1];
	if (!load->last_owner || strcmp(load->last_owner, state->owner) != 0)
		load->last_owner = arena_text(&load->arena, state->owner, strlen(state->owner));
	record->owner = load->last_owner;
	record->stamp = state->stamp;
	record->class = state->class;
	record->is_guest = state->is_guest;
	record->lacks_ptr = state->lacks_ptr;
	record->window = state->window;
}

size_t load_count(const struct load *load)
{
	return load->count;
}

size_t load_name_end(const struct load *load, size_t start)
{
	struct bytes key = load_key(load->records[start]);
	size_t end = start + 1;
	while (end < load->count && bytes_equal(load_key(load->records[end]), key))
		end++;
	return end;
}
