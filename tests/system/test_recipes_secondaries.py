# SPDX-License-Identifier: BSD-2-Clause
"""The recipes for secondaries and for signers: the files of contrib/recipes, with the real servers, each on
a machine of its own."""
import re

import pytest

from peers import found
from site_lab import NS1, REVERSE, ZONE, Site, needs, needs_root, recipe
from tenure import run, wait_until

pytestmark = needs_root
NS2, NS3, UNBOUND = "192.0.2.2", "192.0.2.3", "192.0.2.53"

NAMED = """
options {
	directory "%%FOLDER%%"; pid-file none; session-keyfile none; managed-keys-directory "%%FOLDER%%";
	listen-on { %s; }; listen-on-v6 { none; }; recursion no; dnssec-validation no; serial-query-rate 1000;
};
controls { };
logging { channel all { stderr; severity info; }; category default { all; }; };
include "recipe.conf";
"""
KNOTD = """
server:
    listen: %s
    rundir: %%FOLDER%%
log:
  - target: %%FOLDER%%/log
    any: info
database:
    storage: %%FOLDER%%
include: %%FOLDER%%/recipe.conf
"""
NSD = """
server:
    ip-address: %s
    server-count: 1
    username: ""
    chroot: ""
    zonesdir: "%%FOLDER%%"
    database: ""
    zonelistfile: "%%FOLDER%%/zone.list"
    xfrdfile: "%%FOLDER%%/xfrd.state"
    xfrdir: "%%FOLDER%%"
    pidfile: "%%FOLDER%%/nsd.pid"
    logfile: "%%FOLDER%%/log"
remote-control:
    control-enable: no
include: %%FOLDER%%/recipe.conf
"""
PDNS = """
launch=gsqlite3
gsqlite3-database=%%FOLDER%%/pdns.sqlite3
local-address=%s
socket-dir=%%FOLDER%%
xfr-cycle-interval=5
loglevel=6
include-dir=%%FOLDER%%/pdns.d
"""
# Where Debian's package has the tables of a new database.
PDNS_SCHEMA = "/usr/share/doc/pdns-backend-sqlite3/schema.sqlite3.sql"


@pytest.fixture
def site():
    with Site() as made:
        yield made


def named(site, address, file, *secrets, **replaced):
    folders = {"/var/lib/bind": "%FOLDER%"} if "signer" in file else {}
    program = site.program(address, "named", main__conf=NAMED % address,
                           recipe__conf=recipe(file, secrets, **folders, **replaced))
    return program.start(found("named"), "-g", "-n", "1", "-c", "%FOLDER%/main.conf")


def knotd(site, address, file, *secrets):
    program = site.program(address, "knotd", main__conf=KNOTD % address, recipe__conf=recipe(file, secrets))
    return program.start(found("knotd"), "-c", "%FOLDER%/main.conf")


def nsd(site, address, file, *secrets, **replaced):
    program = site.program(address, "nsd", main__conf=NSD % address,
                           recipe__conf=recipe(file, secrets, **replaced))
    return program.start(found("nsd"), "-d", "-c", "%FOLDER%/main.conf")


def powerdns(site, address, file, *secrets):
    program = site.program(address, "pdns", pdns__conf=PDNS % address)
    program.write("pdns.d/tenure.conf", recipe("secondary-powerdns.conf"))
    made = program.run("python3", "-c", "import sqlite3, sys; sqlite3.connect(sys.argv[1]).executescript(open("
                       "sys.argv[2]).read())", program.folder / "pdns.sqlite3", PDNS_SCHEMA)
    assert made.code == 0, made
    script = program.write("zones.sh", recipe(file, secrets, pdnsutil=f"pdnsutil --config-dir={program.folder}"))
    typed = program.run("sh", script)
    assert typed.code == 0, typed
    return program.start(found("pdns_server"), "--config-dir=%FOLDER%", "--daemon=no", "--guardian=no",
                         "--disable-syslog", "--write-pid=no")


SECONDARIES = [
    pytest.param(named, "secondary-bind.conf", id="BIND", marks=needs("named")),
    pytest.param(knotd, "secondary-knot.conf", id="Knot", marks=needs("knotd")),
    pytest.param(nsd, "secondary-nsd.conf", id="NSD", marks=needs("nsd")),
    pytest.param(powerdns, "secondary-powerdns.sh", id="PowerDNS", marks=needs("pdns_server", "pdnsutil")),
]


def serial_at(site, address, zone):
    answer = site.short(address, zone, "SOA")
    return int(answer[2]) if len(answer) > 3 else None


def wait_for_serial(site, server, program, address, zone=ZONE):
    wanted = server.serial(zone)
    wait_until(lambda: serial_at(site, address, zone) == wanted,
               f"{address} has {serial_at(site, address, zone)} of {zone}, not {wanted}: {program.said()}", 60)


def register(site, server, key, script, at="192.0.2.100"):
    with site.machine(at).inside():
        return server.nsupdate(script, key=key)


def stats(server):
    return {row["name"]: row["value"] for row in server.rows("stats")}


def acknowledged(server, zone):
    return [row for row in server.rows("notify", "status", zone)
            if row["state"] == "acknowledged" and row["acknowledged"] == server.serial(zone)]


@pytest.mark.parametrize("start, file", SECONDARIES)
def test_a_secondary_follows_by_notify_and_ixfr_and_nobody_else_gets_the_zone(site, start, file):
    server = site.tenured()
    key, host = server.key("ns2"), server.key(f"web7.{ZONE}")
    for zone in (ZONE, REVERSE):
        server.rules(zone, "secondary.policy")
        server.ctl_ok("zone", "set", zone, f"notify={NS2} key ns2")
    # So large that differences are shorter than the whole.
    lines = "".join(f"h{i} 3600 A 10.9.{i // 250}.{i % 250}\n" for i in range(500))
    path = server.folder / "more.zone"
    path.write_text(server.ctl_ok("zone", "export", ZONE) + lines)
    server.ctl_ok("zone", "import", ZONE, path)

    secondary = start(site, NS2, file, key.secret)
    for zone in (ZONE, REVERSE):
        server.ctl_ok("zone", "notify", zone)
        wait_for_serial(site, server, secondary, NS2, zone)
    before = stats(server)
    # Many differences: each reaches the secondary by itself, because it was told.
    for i in range(3):
        assert register(site, server, host, f"update add web7.{ZONE} 300 A 10.0.7.{i}").code == 0
        wait_for_serial(site, server, secondary, NS2)
    assert site.short(NS2, f"web7.{ZONE}", "A") and len(site.short(NS2, f"web7.{ZONE}", "A")) == 3
    assert register(site, server, host, f"update delete web7.{ZONE}").code == 0
    wait_for_serial(site, server, secondary, NS2)
    assert site.short(NS2, f"web7.{ZONE}", "A") == []
    assert site.short(NS2, "-x", "10.0.0.80") == [f"www.{ZONE}."]
    after = stats(server)
    assert after["transfers-axfr"] == before["transfers-axfr"], "a whole zone for a small difference"
    assert after["transfers-ixfr"] >= before["transfers-ixfr"] + 4
    wait_until(lambda: acknowledged(server, ZONE), "the secondary's acknowledgement of NOTIFY")

    # What the recipe gives is to copy the zone, from that address: nothing else, and to nobody else.
    refused = register(site, server, key, f"update add evil.{ZONE} 300 A 10.6.6.6", at=NS2)
    assert "REFUSED" in refused.err and not site.short(NS1, f"evil.{ZONE}", "A")
    assert "Transfer failed" in site.dig(NS1, ZONE, "AXFR", "-k", key.path), "from another address"
    assert "Transfer failed" in site.dig(NS1, ZONE, "AXFR", at=NS2), "without the key"
    assert "Transfer failed" in site.dig(NS2, ZONE, "AXFR"), "the secondary gives the zone away"
    assert len(server.rows("audit", "--event", "transfer-denied")) >= 2
    # A secondary takes no updates of its own.
    with site.machine("192.0.2.100").inside():
        there = run("nsupdate", "-k", host.path, input=f"server {NS2}\nupdate add web7.{ZONE} 300 A 10.0.7.7\nsend\n")
    assert there.code != 0 and not site.short(NS2, f"web7.{ZONE}", "A"), there


SIGNERS = [
    pytest.param(knotd, "signer-knot.conf", id="Knot", marks=needs("knotd", "nsd", "unbound")),
    pytest.param(named, "signer-bind.conf", id="BIND", marks=needs("named", "nsd", "unbound")),
]
VALIDATOR = """
server:
	interface: 192.0.2.53
	username: ""
	chroot: ""
	directory: "%%FOLDER%%"
	pidfile: ""
	logfile: "%%FOLDER%%/log"
	use-syslog: no
	access-control: 192.0.2.0/24 allow
	trust-anchor: "%s"
	cache-max-ttl: 1
	cache-max-negative-ttl: 1
remote-control:
	control-enable: no
stub-zone:
	name: corp.example
	stub-addr: %s
"""


def validator(site, anchor, source):
    program = site.program(UNBOUND, "unbound", main__conf=VALIDATOR % (anchor, source))
    program.start(found("unbound"), "-d", "-c", "%FOLDER%/main.conf")
    wait_until(lambda: "status:" in site.dig(UNBOUND, "version.bind", "TXT", "CH"), "unbound")
    return program


def validated(site, name, type="A", status="NOERROR"):
    """Whether the validating resolver proves the answer."""
    said = site.dig(UNBOUND, "+dnssec", name, type)
    flags = re.search(r"^;; flags: ([a-z ]*);", said, re.M)
    return f"status: {status}" in said and bool(flags) and "ad" in flags[1].split()


@pytest.mark.parametrize("start, file", SIGNERS)
def test_a_signer_behind_us_signs_what_clients_register(site, start, file):
    server = site.tenured()
    key, ns3, host = server.key("signer"), server.key("ns3"), server.key(f"web7.{ZONE}")
    server.rules(ZONE, "signer.policy")
    server.ctl_ok("zone", "set", ZONE, f"notify={NS2} key signer")
    signer = start(site, NS2, file, key.secret, ns3.secret)
    wait_until(lambda: "RRSIG" in site.dig(NS2, "+dnssec", f"www.{ZONE}"), f"signatures: {signer.said()}", 60)
    # A secondary of the signed zone, by the recipe for NSD: its name is ns3, and its primary the signer.
    text = {"ns2": "ns3", "192.0.2.1": NS2}
    secondary = nsd(site, NS3, "secondary-nsd.conf", ns3.secret, **text)
    wait_until(lambda: "RRSIG" in site.dig(NS3, "+dnssec", f"www.{ZONE}"), f"a copy: {secondary.said()}", 60)

    anchor = f"{ZONE}. DNSKEY " + " ".join(site.dig(NS2, "+short", ZONE, "DNSKEY").split("\n")[0].split())
    validator(site, anchor, NS3)
    assert validated(site, f"www.{ZONE}"), site.dig(UNBOUND, "+dnssec", f"www.{ZONE}")
    assert validated(site, f"web7.{ZONE}", status="NXDOMAIN")

    # What a host registers is signed, copied and proved, without anybody's doing; and what it takes back.
    assert register(site, server, host, f"update add web7.{ZONE} 300 A 10.0.7.7").code == 0
    wait_until(lambda: validated(site, f"web7.{ZONE}"), f"a proof of web7: {signer.said()}", 60)
    assert register(site, server, host, f"update delete web7.{ZONE}").code == 0
    wait_until(lambda: validated(site, f"web7.{ZONE}", status="NXDOMAIN"), "a proof that web7 is gone", 60)
    # The serial of the signed zone is its own, and moves.
    assert serial_at(site, NS3, ZONE) >= server.serial()
    # Clients still find where to send updates: the MNAME is tenured.
    assert site.short(UNBOUND, ZONE, "SOA")[0] == f"ns1.{ZONE}."

    # tenured itself has no signatures: who validates must not be pointed to it.
    assert "RRSIG" not in site.dig(NS1, "+dnssec", f"www.{ZONE}")
    assert "Transfer failed" in site.dig(NS1, ZONE, "AXFR", "-k", ns3.path)
    refused = register(site, server, key, f"update add evil.{ZONE} 300 A 10.6.6.6", at=NS2)
    assert "REFUSED" in refused.err
