# SPDX-License-Identifier: BSD-2-Clause
"""What the store of tests/stores/0.1.0-site holds, for the program that made it and for its test."""
import calendar
import ipaddress

ZONE, REVERSE = "corp.example", "10.in-addr.arpa"
EVENING_BEFORE = "2026-01-05T18:00:00Z"
EVENING = calendar.timegm((2026, 1, 5, 18, 0, 0))
SECRET = "c2VjcmV0IG9mIGEga2V5IHRoYXQgbXVzdCBub3Qgc3RheQ=="
LEASES = 5000
UNSIGNED = 300
# Rules as 0.1.0's manual wrote them for domain controllers.
RULES = """allow gss:DC*$@CORP.EXAMPLE claim,join under _msdcs types SRV,A,AAAA,CNAME
allow gss:DC*$@CORP.EXAMPLE claim,join under _tcp types SRV
allow gss:DC*$@CORP.EXAMPLE claim,join under _udp types SRV
allow gss:DC*$@CORP.EXAMPLE claim,join under _sites types SRV
allow gss:DC*$@CORP.EXAMPLE claim,join under DomainDnsZones types A,AAAA,SRV
allow gss:DC*$@CORP.EXAMPLE claim,join under ForestDnsZones types A,AAAA,SRV
allow gss:DC*$@CORP.EXAMPLE join at @ types A,AAAA
"""
# What the names of an import hold.
MANY_RECORDS, MANY_TYPES, LARGE_SETS, LARGE_RECORDS = 150, 120, 5, 120
DOMAIN = "0d1a7b2c-5a3e-4c61-9a55-2f6f4d1c7e01"
SITE = "Default-First-Site-Name"


def lease(number):
    """A lease's name, address and DHCID, in hexadecimal digits."""
    return f"host{number:04}.{ZONE}", f"10.1.{number // 250}.{number % 250 + 1}", \
        f"000101{number + 1:064x}"


def pointer(address):
    return ipaddress.ip_address(address).reverse_pointer


def netlogon(number, sites=(SITE,)):
    """A domain controller's netlogon.dns, and its own address: (name, TTL, type, data). It is a
    global catalogue, covers these sites, and has the role of the PDC if it is the first."""
    host, address = f"dc{number}.{ZONE}", f"10.0.0.{number}"
    guid = f"7c1f0a9e-0000-4b3d-8f5a-{number:012x}"

    def services():
        yield "_ldap._tcp", 389
        yield f"_ldap._tcp.{DOMAIN}.domains._msdcs", 389
        if number == 1:
            yield "_ldap._tcp.pdc._msdcs", 389
        yield "_kpasswd._tcp", 464
        yield "_kpasswd._udp", 464
        yield "_kerberos._udp", 88
        for place, port in (("_kerberos._tcp", 88), ("_gc._tcp", 3268)):
            yield place, port
            yield from ((f"{place}.{site}._sites", port) for site in sites)
        yield from ((f"_ldap._tcp.{site}._sites", 389) for site in sites)
        for below, port in (("dc._msdcs", 389), ("gc._msdcs", 3268), ("DomainDnsZones", 389),
                            ("ForestDnsZones", 389)):
            yield f"_ldap._tcp.{below}", port
            yield from ((f"_ldap._tcp.{site}._sites.{below}", port) for site in sites)
        yield "_kerberos._tcp.dc._msdcs", 88
        yield from ((f"_kerberos._tcp.{site}._sites.dc._msdcs", 88) for site in sites)

    yield host, 1200, "A", address
    yield ZONE, 600, "A", address
    for below in ("gc._msdcs", "DomainDnsZones", "ForestDnsZones"):
        yield f"{below}.{ZONE}", 600, "A", address
    yield f"{guid}._msdcs.{ZONE}", 600, "CNAME", f"{host}."
    for service, port in services():
        yield f"{service}.{ZONE}", 600, "SRV", f"0 100 {port} {host}."


def big_lines():
    """The import: more at a name than the bounds of today."""
    yield "ns A 192.0.2.55"
    for number in range(MANY_RECORDS):
        yield f"pool A 198.51.100.{number + 1}"
    for number in range(MANY_TYPES):
        yield f"types TYPE{65300 + number} \\# 4 {number:08x}"
    for kind in range(LARGE_SETS):
        for number in range(LARGE_RECORDS):
            yield f"large TYPE{65300 + kind} \\# 250 {number:04x}{'ab' * 248}"
