/* SPDX-License-Identifier: BSD-2-Clause */
#include "dns/rdata_field.h"
#include "dns/type.h"

#define F(name) &dns_field_##name

static const struct dns_shape opaque;

static const struct dns_shape shapes[] = {
	[DNS_TYPE_A] = {{F(ipv4)}},
	[DNS_TYPE_NS] = {{F(name_compressed)}},
	[DNS_TYPE_MD] = {{F(name_compressed)}},
	[DNS_TYPE_MF] = {{F(name_compressed)}},
	[DNS_TYPE_CNAME] = {{F(name_compressed)}},
	[DNS_TYPE_SOA] = {{F(name_compressed), F(name_compressed), F(u32), F(period), F(period),
			   F(period), F(period)}},
	[DNS_TYPE_MB] = {{F(name_compressed)}},
	[DNS_TYPE_MG] = {{F(name_compressed)}},
	[DNS_TYPE_MR] = {{F(name_compressed)}},
	[DNS_TYPE_WKS] = {{F(ipv4), F(wks)}},
	[DNS_TYPE_PTR] = {{F(name_compressed)}},
	[DNS_TYPE_HINFO] = {{F(string), F(string)}},
	[DNS_TYPE_MINFO] = {{F(name_compressed), F(name_compressed)}},
	[DNS_TYPE_MX] = {{F(u16), F(name_compressed)}},
	[DNS_TYPE_TXT] = {{F(strings)}},
	[DNS_TYPE_RP] = {{F(name_old), F(name_old)}},
	[DNS_TYPE_AFSDB] = {{F(u16), F(name_old)}},
	[DNS_TYPE_X25] = {{F(string)}},
	[DNS_TYPE_ISDN] = {{F(string), F(string_optional)}},
	[DNS_TYPE_RT] = {{F(u16), F(name_old)}},
	[DNS_TYPE_NSAP] = {{F(nsap)}},
	[DNS_TYPE_NSAP_PTR] = {{F(name)}},
	[DNS_TYPE_SIG] = {{F(type), F(algorithm), F(u8), F(u32), F(time), F(time), F(u16),
			   F(name_old), F(base64)}},
	[DNS_TYPE_KEY] = {{F(u16), F(u8), F(algorithm), F(base64_optional)}},
	[DNS_TYPE_PX] = {{F(u16), F(name_old), F(name_old)}},
	[DNS_TYPE_GPOS] = {{F(string), F(string), F(string)}},
	[DNS_TYPE_AAAA] = {{F(ipv6)}},
	[DNS_TYPE_LOC] = {{F(loc)}},
	[DNS_TYPE_NXT] = {{F(name_old), F(types_nxt)}},
	[DNS_TYPE_EID] = {{F(hex)}},
	[DNS_TYPE_NIMLOC] = {{F(hex)}},
	[DNS_TYPE_SRV] = {{F(u16), F(u16), F(u16), F(name_old)}},
	[DNS_TYPE_ATMA] = {{F(atma)}},
	[DNS_TYPE_NAPTR] = {{F(u16), F(u16), F(string), F(string), F(string), F(name_old)}},
	[DNS_TYPE_KX] = {{F(u16), F(name_folded)}},
	[DNS_TYPE_CERT] = {{F(cert_type), F(u16), F(algorithm), F(base64)}},
	[DNS_TYPE_A6] = {{F(a6)}},
	[DNS_TYPE_DNAME] = {{F(name_folded)}},
	[DNS_TYPE_APL] = {{F(prefixes)}},
	[DNS_TYPE_DS] = {{F(u16), F(algorithm), F(u8), F(hex)}},
	[DNS_TYPE_SSHFP] = {{F(u8), F(u8), F(hex)}},
	[DNS_TYPE_IPSECKEY] = {{F(ipseckey)}},
	[DNS_TYPE_RRSIG] = {{F(type), F(algorithm), F(u8), F(u32), F(time), F(time), F(u16),
			     F(name_folded), F(base64)}},
	[DNS_TYPE_NSEC] = {{F(name), F(types)}},
	[DNS_TYPE_DNSKEY] = {{F(u16), F(u8), F(algorithm), F(base64)}},
	[DNS_TYPE_DHCID] = {{F(base64)}},
	[DNS_TYPE_NSEC3] = {{F(u8), F(u8), F(u16), F(salt), F(hash), F(types)}},
	[DNS_TYPE_NSEC3PARAM] = {{F(u8), F(u8), F(u16), F(salt)}},
	[DNS_TYPE_TLSA] = {{F(u8), F(u8), F(u8), F(hex)}},
	[DNS_TYPE_SMIMEA] = {{F(u8), F(u8), F(u8), F(hex)}},
	[DNS_TYPE_HIP] = {{F(hip)}},
	[DNS_TYPE_NINFO] = {{F(strings)}},
	[DNS_TYPE_RKEY] = {{F(u16), F(u8), F(algorithm), F(base64)}},
	[DNS_TYPE_TALINK] = {{F(name), F(name)}},
	[DNS_TYPE_CDS] = {{F(u16), F(algorithm), F(u8), F(hex)}},
	[DNS_TYPE_CDNSKEY] = {{F(u16), F(u8), F(algorithm), F(base64)}},
	[DNS_TYPE_OPENPGPKEY] = {{F(base64)}},
	[DNS_TYPE_CSYNC] = {{F(u32), F(u16), F(types)}},
	[DNS_TYPE_ZONEMD] = {{F(u32), F(u8), F(u8), F(hex)}},
	[DNS_TYPE_SVCB] = {{F(u16), F(name), F(service)}},
	[DNS_TYPE_HTTPS] = {{F(u16), F(name), F(service)}},
	[DNS_TYPE_DSYNC] = {{F(type), F(scheme), F(u16), F(name)}},
	[DNS_TYPE_HHIT] = {{F(base64)}},
	[DNS_TYPE_BRID] = {{F(base64)}},
	[DNS_TYPE_SPF] = {{F(strings)}},
	[DNS_TYPE_NID] = {{F(u16), F(locator)}},
	[DNS_TYPE_L32] = {{F(u16), F(ipv4)}},
	[DNS_TYPE_L64] = {{F(u16), F(locator)}},
	[DNS_TYPE_LP] = {{F(u16), F(name)}},
	[DNS_TYPE_EUI48] = {{F(eui48)}},
	[DNS_TYPE_EUI64] = {{F(eui64)}},
	[DNS_TYPE_URI] = {{F(u16), F(u16), F(text)}},
	[DNS_TYPE_CAA] = {{F(u8), F(tag), F(text)}},
	[DNS_TYPE_AVC] = {{F(strings)}},
	[DNS_TYPE_DOA] = {{F(u32), F(u32), F(u8), F(string), F(base64_dash)}},
	[DNS_TYPE_AMTRELAY] = {{F(amtrelay)}},
	[DNS_TYPE_RESINFO] = {{F(strings)}},
	[DNS_TYPE_WALLET] = {{F(strings)}},
	[DNS_TYPE_CLA] = {{F(strings)}},
	[DNS_TYPE_IPN] = {{F(u64)}},
};

/* TA and DLV (RFC 4431) stand far from the others in the registry, and look like DS. */
const struct dns_shape *dns_shape_of(uint16_t type)
{
	if (type == DNS_TYPE_TA || type == DNS_TYPE_DLV)
		return &shapes[DNS_TYPE_DS];
	if (type < sizeof shapes / sizeof shapes[0])
		return &shapes[type];
	return &opaque;
}

bool dns_shape_fits(const struct dns_shape *shape, struct bytes rdata)
{
	struct bytes_in in = bytes_in_of(rdata.data, rdata.len);
	if (!shape->fields[0])
		return true;
	for (const struct dns_field *const *f = shape->fields; *f; f++)
		(*f)->check(&in);
	return !in.bad && bytes_in_left(&in) == 0;
}
