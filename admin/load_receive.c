/* SPDX-License-Identifier: BSD-2-Clause */
#include "admin/load_receive.h"
#include "acl/group.h"
#include "dns/rdata.h"
#include "dns/records.h"
#include <stdio.h>
#include <string.h>

static enum call_code load_receipt_refuse(struct call *call, uint32_t mark, const char *problem)
{
	command_result(call, "mark", json_integer(mark));
	return call_fail(call, CALL_FAILED, "%s", problem);
}

/* Owners are checked as they come; many in a row are the same. */
static const char *take_owner(struct load_receipt *r, const struct dns_age *age)
{
	char text[DNS_AGE_OWNER_MAX + 1], group[GROUP_NAME_MAX];
	struct who who;
	size_t len = age->owner_len;
	if (memchr(age->owner, '\0', len))
		return "an owner with a NUL byte";
	if (strlen(r->last) == len && memcmp(r->last, age->owner, len) == 0)
		return NULL;
	memcpy(text, age->owner, len);
	text[len] = '\0';
	const char *problem =
		text[0] == '@' ? group_name_parse(group, text, len) : who_parse(&who, text);
	if (!problem)
		snprintf(r->last, sizeof(r->last), "%s", text[0] == '@' ? group : who.text);
	return problem;
}

static const char *take_age(struct load_receipt *r, const struct dns_records_item *item)
{
	const struct dns_age *age = &item->age;
	struct load_state state = {.owner = r->owner, .stamp = age->stamp};
	if (age->class == DNS_AGE_UNSAID)
		return NULL;
	const char *problem = age->owner ? take_owner(r, age) : NULL;
	if (problem)
		return problem;
	if (age->owner)
		state.owner = r->last;
	state.class = age->class == DNS_AGE_DYNAMIC  ? RECORD_DYNAMIC
		      : age->class == DNS_AGE_PINNED ? RECORD_PINNED
						     : RECORD_STATIC;
	/* A note of Windows that says "static" says no more than none. */
	if (!age->owner && state.class == RECORD_STATIC)
		return NULL;
	r->aging += state.class == RECORD_DYNAMIC;
	if (state.stamp > r->now) {
		if (r->futures++ == 0)
			r->first_future = item->mark;
		state.stamp = r->now;
	}
	load_add_state(r->load, &state);
	return NULL;
}

enum call_code load_receipt_take(struct call *call, struct load_receipt *receipt, struct bytes body)
{
	struct bytes_in in = bytes_in_of(body.data, body.len);
	struct dns_records_item item = {0};
	while (dns_records_next(&in, &item)) {
		const char *problem = NULL;
		receipt->has_soa |= item.type == DNS_TYPE_SOA;
		if (item.age.class == DNS_AGE_DERIVED) {
			receipt->derived++;
			continue;
		}
		if (dns_type_is_meta(item.type))
			problem = "a type that exists only in messages";
		else if (!dns_rdata_is_valid(item.type, item.rdata))
			problem = "data that is not of its type";
		else
			problem = load_add(receipt->load, &item.owner, item.type, item.ttl,
					   item.rdata, item.mark);
		if (!problem)
			problem = take_age(receipt, &item);
		if (problem)
			return load_receipt_refuse(call, item.mark, problem);
	}
	return in.bad ? call_fail(call, CALL_USAGE, "the records came in a broken frame") : CALL_OK;
}
