/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What Active Directory keeps of names and zones. The first byte says which: `r` a dnsRecord, `p` a
 * dNSProperty, `d` a descriptor, `s` one as SDDL. Data that is read is data of its type, and what a
 * descriptor names are SIDs.
 */
#include "dns/rdata.h"
#include "migrate/ad_owner.h"
#include "migrate/descriptor.h"
#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void read_record(struct bytes bytes)
{
	static uint8_t room[DNS_RDATA_MAX];
	struct bytes_out rdata = bytes_out_of(room, sizeof room);
	struct ad_record record;
	uint64_t seconds;
	if (ad_record_read(bytes, &record))
		return;
	assert(record.data.data >= bytes.data && record.data.len + 24 == bytes.len);
	ad_record_deleted(&record, &seconds);
	if (!ad_record_data(&record, &rdata))
		assert(dns_rdata_is_valid(record.type, bytes_of(room, bytes_out_len(&rdata))));
}

static void read_property(struct bytes bytes)
{
	struct ad_settings settings = ad_settings_default();
	uint32_t id;
	bool is_known;
	ad_settings_take(&settings, bytes, &id, &is_known);
	assert(settings.update <= AD_UPDATE_SECURE && settings.no_refresh <= 87600);
}

static void check_sid(const struct sid *sid)
{
	char text[SID_TEXT_MAX];
	struct sid again;
	sid_print(sid, text);
	assert(sid_parse(text, strlen(text), &again) && sid_equal(sid, &again));
}

/* The descriptor of a name of no records, whose owner is looked for. */
static void read_descriptor(struct bytes bytes, bool is_sddl, struct arena *arena)
{
	static const char domain_text[] = "S-1-5-21-1-2-3";
	struct sid domain;
	struct descriptor d;
	struct ad_accounts accounts;
	assert(sid_parse(domain_text, strlen(domain_text), &domain));
	const char *wrong =
		is_sddl ? descriptor_parse((const char *)bytes.data, bytes.len, &domain, arena, &d)
			: descriptor_read(bytes, arena, &d);
	if (wrong)
		return;
	if (d.owner.count)
		check_sid(&d.owner);
	for (size_t i = 0; i < d.count; i++) {
		check_sid(&d.writers[i]);
		assert(i == 0 || sid_compare(&d.writers[i - 1], &d.writers[i]) < 0);
	}
	struct ad_node node = {.has_owner = d.owner.count > 0,
			       .owner = d.owner,
			       .writers = d.writers,
			       .writer_count = d.count};
	ad_accounts_open(&accounts, arena);
	struct ad_owner owner = ad_owner_of(&accounts, &node, true);
	assert(owner.dynamic_owner && owner.static_owner);
	ad_accounts_close(&accounts);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct arena arena = {0};
	if (len == 0)
		return 0;
	struct bytes bytes = bytes_of(data + 1, len - 1);
	if (data[0] == 'r')
		read_record(bytes);
	else if (data[0] == 'p')
		read_property(bytes);
	else if (data[0] == 'd' || data[0] == 's')
		read_descriptor(bytes, data[0] == 's', &arena);
	arena_free(&arena);
	return 0;
}
