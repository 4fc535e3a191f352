# SPDX-License-Identifier: BSD-2-Clause
"""Moving in from a real Active Directory: a domain of Samba's with hosts that registered themselves is
migrated, by its databases and by LDIF, taken by an empty tenured, and compared with what Samba's own
decoder reads: record by record, stamp by stamp, owner by owner."""
import datetime
import hashlib
import pathlib
import shutil

import pytest

from migration import data_of, migrate, take
from samba_lab import Controller, REALM, has_samba
from site_lab import needs_root

pytestmark = [needs_root, pytest.mark.skipif(not has_samba(), reason=(
    "not installed: samba-ad-dc, samba-ad-provision, ldb-tools, python3-samba (tools/packages.sh)"))]

EPOCH = datetime.datetime(1601, 1, 1, tzinfo=datetime.timezone.utc)
FILTER = "(|(objectClass=dnsNode)(objectClass=dnsZone))"
NAMES = ("name", "dNSTombstoned", "dnsRecord", "dNSProperty", "nTSecurityDescriptor")
ACCOUNTS = ("(objectSid=*)", "objectClass", "objectSid", "sAMAccountName", "userPrincipalName", "servicePrincipalName")
REVERSE = "2.0.192.in-addr.arpa"


def fill(dc):
    """What administrators, hosts and a DHCP server left in a domain."""
    server, admin = dc.ADDRESS, dc.admin
    dc.tool("dns", "zonecreate", server, REVERSE, *admin)
    dc.tool("dns", "zoneoptions", server, dc.ZONE, "--aging=1", "--norefreshinterval=72", "--refreshinterval=120", *admin)
    dc.tool("dns", "add", server, dc.ZONE, "printer", "A", "192.0.2.50", *admin)
    dc.tool("dns", "add", server, dc.ZONE, "@", "MX", "mail.corp.example 10", *admin)
    dc.tool("dns", "add", server, dc.ZONE, "text", "TXT", "'one' 'two words'", *admin)
    dc.tool("dns", "add", server, dc.ZONE, "branch", "NS", "ns1.branch.corp.example", *admin)
    dc.tool("dns", "add", server, dc.ZONE, "ns1.branch", "A", "192.0.2.99", *admin)
    web1, web2 = dc.account("web1$"), dc.account("web2$")
    web9, dhcp = dc.account("web9$"), dc.account("dhcp-dns", "user")
    dc.nsupdate(web1, "update add web1.corp.example 900 A 192.0.2.21", "update add web1.corp.example 900 AAAA 2001:db8::21")
    dc.nsupdate(web1, "update add 21.2.0.192.in-addr.arpa 900 PTR web1.corp.example.", zone=REVERSE)
    dc.nsupdate(web2, "update add web2.corp.example 1200 A 192.0.2.22")
    dc.nsupdate(web2, "update add _http._tcp.web2.corp.example 1200 SRV 0 100 80 web2.corp.example.")
    dc.nsupdate(web2, "update add temp.corp.example 60 A 192.0.2.60")
    dc.nsupdate(web2, "update delete temp.corp.example A")
    dc.nsupdate(web9, "update add web9.corp.example 900 A 192.0.2.29")
    dc.nsupdate(dhcp, "update add laptop1.corp.example 600 A 192.0.2.101")
    dc.tool("dns", "add", server, dc.ZONE, "web1", "TXT", "rack", *admin)
    dc.tool("computer", "delete", "web9", *dc.local)
    dc.records("set-back", "web2", "100")


def has_ldap():
    return shutil.which("ldapsearch") and list(pathlib.Path("/usr/lib").glob("*/sasl2/libgssapiv2.so*"))


def by_ldap(dc, folder):
    """As the guide says: a machine's own account reads names and owners, an administrator what was deleted."""
    host, admin, base = "web1", dc.login("Administrator"), "DC=corp,DC=example"
    asks, names = ("-E", "!1.2.840.113556.1.4.801=::MAMCAQU="), (FILTER, "objectClass", *NAMES)
    return [dc.ldap(folder / "DomainDnsZones.ldif", host, *asks, "-b", f"DC=DomainDnsZones,{base}", *names),
            dc.ldap(folder / "ForestDnsZones.ldif", host, *asks, "-b", f"DC=ForestDnsZones,{base}", *names),
            dc.ldap(folder / "by-ldap.ldif", host, "-b", base, *ACCOUNTS),
            dc.ldap(folder / "deleted.ldif", admin, "-E", "!1.2.840.113556.1.4.417", "-b", base,
                    "(&(isDeleted=TRUE)(objectSid=*))", "objectSid", "sAMAccountName", "isDeleted")]


def expected(rows):
    zones = {}
    for row in rows:
        if row["type"] is None:
            continue
        key = (row["name"].lower(), row["type"], data_of(row["type"], row["data"]))
        stamp = EPOCH + datetime.timedelta(hours=row["hours"])
        owner = f"gss:{row['account']}@{REALM}" if row["hours"] else "local:migrate"
        zones.setdefault(row["zone"], {})[key] = (
            row["ttl"], owner, stamp.strftime("%Y-%m-%dT%H:%M:%SZ") if row["hours"] else None)
    return zones


def of_site(site):
    return {zone: {key: (r.ttl, r.owner, r.stamp if r.kind == "dynamic" else None)
                   for key, r in records.items()} for zone, records in site.zones.items()}


def of_server(server, zones):
    """What the server has, by its own listing."""
    found = {}
    for zone in zones:
        found[zone] = {}
        for row in server.rows("record", "list", zone):
            name = row["name"] if row["name"] == "@" else row["name"].removesuffix("." + zone)
            key = ("@" if name == zone else name, row["type"], data_of(row["type"], row["data"]))
            found[zone][key] = (row["ttl"], row["owner"], row["stamp"] if row["class"] == "dynamic" else None)
    return found


@pytest.fixture(scope="module")
def domain(tmp_path_factory):
    folder = tmp_path_factory.mktemp("domain")
    with Controller() as dc:
        fill(dc)
        if has_ldap():
            by_ldap(dc, folder)
        dc.stop()
        yield dc, dc.records(), folder


def hashes(folder):
    return {path: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.rglob("*.ldb"))}


def test_a_directory_moves_in_whole(domain, tenured):
    dc, rows, folder = domain
    wanted = expected(rows)
    owners = {owner for records in wanted.values() for _, owner, _ in records.values()}
    assert {f"gss:{name}@{REALM}" for name in ("web1$", "web2$", "web9$", "dhcp-dns")} <= owners
    assert len({stamp for records in wanted.values() for *_, stamp in records.values()}) == 3  # two and none
    before = hashes(dc.private)
    site = migrate("samba", dc.private, code=0, folder=folder / "databases")
    assert hashes(dc.private) == before
    found = of_site(site)
    for zone in wanted:
        assert found[zone] == wanted[zone], zone
    assert found.keys() == wanted.keys()
    assert site.settings("corp.example") == {"update": "secure", "policy": "windows", "no-refresh": "3d",
                                             "refresh": "5d", "aging": "on"}
    assert site.lines("changed", "temp (owner web2$)", "deleted 20")
    assert site.lines("changed", "web9 (owner web9$)", "was deleted")
    assert [row for row in rows if row["type"] is None] == [
        {"zone": "corp.example", "name": "temp", "type": None, "account": "web2$"}]
    server = tenured()
    take(server, site)
    served = of_server(server, wanted)
    for zone in wanted:
        # The serial of an SOA is the server's own from now on.
        assert {k: v for k, v in served[zone].items() if k[1] != "SOA"} == \
            {k: v for k, v in wanted[zone].items() if k[1] != "SOA"}, zone


def test_hosts_may_do_what_they_might(domain, tenured):
    """The migrated zone judges by owners as the directory did."""
    _, _, folder = domain
    site = migrate("samba", domain[0].private, folder=folder / "rights")
    server = tenured()
    take(server, site)
    def may(who, name):
        rows = server.rows("why", name, "A", "--delete", "--as", f"gss:{who}@{REALM}")
        return {row["verdict"] for row in rows} == {"allowed"}
    assert may("web1$", "web1.corp.example") and may("dhcp-dns", "laptop1.corp.example")
    assert not may("web2$", "web1.corp.example") and not may("web1$", "printer.corp.example")


def test_ldif_gives_the_same_as_the_databases(domain):
    dc, rows, folder = domain
    base = "DC=corp,DC=example"
    texts = [dc.search(folder / "domain.ldif", "-b", f"DC=DomainDnsZones,{base}", FILTER, *NAMES),
             dc.search(folder / "forest.ldif", "-b", f"DC=ForestDnsZones,{base}", FILTER, *NAMES),
             dc.search(folder / "accounts.ldif", "-b", base, "--show-deleted", *ACCOUNTS, "isDeleted")]
    site = migrate("samba", *texts, code=0, folder=folder / "ldif")
    assert of_site(site) == expected(rows)


@pytest.mark.skipif(not has_ldap(), reason="not installed: ldap-utils, libsasl2-modules-gssapi-mit (tools/packages.sh)")
def test_ldap_gives_the_same_as_the_databases(domain):
    _, rows, folder = domain
    texts = [folder / name for name in ("DomainDnsZones.ldif", "ForestDnsZones.ldif", "by-ldap.ldif", "deleted.ldif")]
    assert "nTSecurityDescriptor:: " in texts[0].read_text()
    site = migrate("samba", *texts, code=0, folder=folder / "ldap")
    wanted = expected(rows)
    found = of_site(site)
    for zone in wanted:
        assert found[zone] == wanted[zone], zone
