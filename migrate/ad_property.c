/* SPDX-License-Identifier: BSD-2-Clause */
#include "migrate/ad_property.h"

/* Ids of [MS-DNSP] 2.3.2.1.1. */
enum ad_property {
	ZONE_TYPE = 0x01,
	ALLOW_UPDATE = 0x02,
	SECURE_TIME = 0x08,
	NOREFRESH_INTERVAL = 0x10,
	SCAVENGING_SERVERS = 0x11,
	AGING_ENABLED_TIME = 0x12,
	REFRESH_INTERVAL = 0x20,
	AGING_STATE = 0x40,
	DELETED_FROM = 0x80,
	MASTER_SERVERS = 0x81,
	AUTO_NS_SERVERS = 0x82,
	DCPROMO_CONVERT = 0x83,
	SCAVENGING_SERVERS_DA = 0x90,
	MASTER_SERVERS_DA = 0x91,
	AUTO_NS_SERVERS_DA = 0x92,
	NODE_DBFLAGS = 0x100,
};

/* Ten years; more would be no window. */
#define HOURS_MOST 87600

struct ad_settings ad_settings_default(void)
{
	return (struct ad_settings){.type = AD_PROPERTY_PRIMARY,
				    .update = AD_UPDATE_SECURE,
				    .no_refresh = AD_PROPERTY_HOURS,
				    .refresh = AD_PROPERTY_HOURS};
}

static uint32_t ad_property_u32(struct bytes_in *in)
{
	return __builtin_bswap32(bytes_in_u32(in));
}

/* A number of one to four bytes. False: it has another length, or is above `most`. */
static bool ad_property_number(struct bytes data, uint32_t most, uint32_t *number)
{
	uint32_t n = 0;
	if (data.len == 0 || data.len > 4)
		return false;
	for (size_t i = data.len; i > 0; i--)
		n = n << 8 | data.data[i - 1];
	if (n > most)
		return false;
	*number = n;
	return true;
}

/* How many servers a list of addresses names; both forms begin with a count. */
static const char *ad_property_count(struct bytes data, uint32_t *count)
{
	struct bytes_in in = bytes_in_of(data.data, data.len);
	*count = ad_property_u32(&in);
	return in.bad ? "a list of servers that is cut off" : NULL;
}

static const char *ad_property_apply(struct ad_settings *s, uint32_t id, struct bytes data)
{
	uint32_t number = 0;
	switch (id) {
	case ZONE_TYPE:
		return ad_property_number(data, UINT32_MAX, &s->type) ? NULL : "no type of zone";
	case ALLOW_UPDATE:
		if (!ad_property_number(data, AD_UPDATE_SECURE, &s->update))
			return "no mode of updates";
		s->has_update = true;
		return NULL;
	case NOREFRESH_INTERVAL:
		return ad_property_number(data, HOURS_MOST, &s->no_refresh) ? NULL : "no hours";
	case REFRESH_INTERVAL:
		return ad_property_number(data, HOURS_MOST, &s->refresh) ? NULL : "no hours";
	case AGING_STATE:
		if (!ad_property_number(data, UINT32_MAX, &number))
			return "neither on nor off";
		s->is_aging = number != 0;
		return NULL;
	case SCAVENGING_SERVERS:
	case SCAVENGING_SERVERS_DA:
		return ad_property_count(data, &s->scavengers);
	default:
		return NULL;
	}
}

static bool ad_property_is_known(uint32_t id)
{
	return id == ZONE_TYPE || id == ALLOW_UPDATE || id == SECURE_TIME ||
	       id == NOREFRESH_INTERVAL || id == REFRESH_INTERVAL || id == AGING_STATE ||
	       id == AGING_ENABLED_TIME || id == SCAVENGING_SERVERS ||
	       id == SCAVENGING_SERVERS_DA || (id >= DELETED_FROM && id <= DCPROMO_CONVERT) ||
	       id == MASTER_SERVERS_DA || id == AUTO_NS_SERVERS_DA || id == NODE_DBFLAGS;
}

const char *ad_settings_take(struct ad_settings *settings, struct bytes value, uint32_t *id,
			     bool *is_known)
{
	struct bytes_in in = bytes_in_of(value.data, value.len);
	uint32_t len = ad_property_u32(&in);
	ad_property_u32(&in);
	ad_property_u32(&in);
	uint32_t version = ad_property_u32(&in);
	*id = ad_property_u32(&in);
	*is_known = ad_property_is_known(*id);
	const uint8_t *data = bytes_in_take(&in, len);
	if (in.bad)
		return "a dNSProperty that is cut off";
	if (version != 1)
		return "a dNSProperty of another version than 1";
	/* Without data the setting has its default. */
	return len ? ad_property_apply(settings, *id, bytes_of(data, len)) : NULL;
}
