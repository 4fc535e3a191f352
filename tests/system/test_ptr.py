# SPDX-License-Identifier: BSD-2-Clause
"""Automatic PTR with real clients: Kea's D2 that sends forward updates alone, or both, nsupdate, and a
secondary that has the reverse zone by IXFR."""
import dns.query
import dns.rdatatype
import dns.xfr
import dns.zone
import dns.versioned
import pytest

from test_backup import moment, offline, restored
from kea import MINE, OTHER, REVERSE, REVERSE6, ZONE, Kea, is_installed


def start(tenured, update="secure", policy="closed", **options):
    server = tenured(**options)
    server.zone(ZONE, "www A 10.0.0.1", update=update, transfer="127.0.0.0/8")
    server.ctl_ok("zone", "add", "--reverse", "private", f"update={update}", f"policy={policy}",
                  "transfer=127.0.0.0/8")
    server.ctl_ok("zone", "set", ZONE, "ptr=on", "ptr-from=10.0.0.0/8,fd00::/8")
    return server


@pytest.fixture
def server(tenured):
    return start(tenured)


@pytest.fixture
def kea(server):
    if not is_installed():
        pytest.skip("kea-dhcp-ddns-server is not installed")
    kea = Kea(server, server.key("kea-dhcp"))
    server.ctl_ok("zone", "policy", "add", REVERSE, "allow key:kea-dhcp claim types PTR,DHCID")
    server.ctl_ok("zone", "policy", "add", "d.f.ip6.arpa", "allow key:kea-dhcp claim types PTR,DHCID")
    yield kea
    kea.close()


def pointers(server, name):
    return sorted(str(item) for rrset in server.query(name, "PTR").answer for item in rrset)


def serial(server, zone):
    return server.query(zone, "SOA").answer[0][0].serial


class Secondary:
    """The reverse zone by transfer: whole once, then by differences."""

    def __init__(self, server, zone=REVERSE):
        self.server, self.zone = server, dns.versioned.Zone(f"{zone}.")
        self.follow()

    def fetch(self, zone):
        query, _ = dns.xfr.make_query(zone)
        dns.query.inbound_xfr(self.server.address, zone, query, port=self.server.port, timeout=20)

    def follow(self):
        """What it has after a difference, and by a whole transfer."""
        fresh = dns.versioned.Zone(self.zone.origin)
        self.fetch(self.zone)
        self.fetch(fresh)
        assert self.zone.to_text() == fresh.to_text()


def test_a_dhcp_server_that_sends_forward_updates_alone(server, kea):
    secondary = Secondary(server)
    assert pointers(server, "1.0.0.10.in-addr.arpa") == ["www.corp.example."]
    steps = [(True, "pc1", "10.0.0.7", MINE, {"7": ["pc1.corp.example."]}),
             (True, "pc2", "10.0.0.8", OTHER, {"7": ["pc1.corp.example."], "8": ["pc2.corp.example."]}),
             (True, "pc1", "10.0.0.9", MINE, {"7": [], "9": ["pc1.corp.example."]}),
             (False, "pc2", "10.0.0.8", OTHER, {"8": [], "9": ["pc1.corp.example."]}),
             (False, "pc1", "10.0.0.9", MINE, {"9": []})]
    for adds, host, address, dhcid, wanted in steps:
        assert kea.tell(adds, f"{host}.corp.example", address, dhcid, reverse=False), kea.log()
        for last, names in wanted.items():
            assert pointers(server, f"{last}.0.0.10.in-addr.arpa") == names, (host, address)
        secondary.follow()
    rows = server.rows("audit", "--principal", "system:ptr", "--zone", REVERSE)
    assert len(rows) >= 6
    server.ctl_ok("audit", "verify")


def test_a_renewed_lease_moves_no_serial(server, kea):
    assert kea.tell(True, "pc1.corp.example", "10.0.0.7", reverse=False), kea.log()
    before = serial(server, ZONE), serial(server, REVERSE)
    assert kea.tell(True, "pc1.corp.example", "10.0.0.7", reverse=False), kea.log()
    assert (serial(server, ZONE), serial(server, REVERSE)) == before


def test_a_dhcp_server_that_sends_both(server, kea):
    """Its own PTR comes first, and D2 is told that all is well, whatever the server made before."""
    assert kea.tell(True, "pc1.corp.example", "10.0.0.7"), kea.log()
    rows = {row["type"]: row for row in server.rows("record", "show", "7.0.0.10.in-addr.arpa")}
    assert rows["PTR"]["owner"] == "key:kea-dhcp" and rows["PTR"]["class"] == "dynamic"
    assert kea.tell(True, "pc1.corp.example", "10.0.0.8"), kea.log()
    assert pointers(server, "7.0.0.10.in-addr.arpa") == ["pc1.corp.example."], "it is Kea's to remove"
    assert kea.tell(False, "pc1.corp.example", "10.0.0.7", forward=False), kea.log()
    assert pointers(server, "7.0.0.10.in-addr.arpa") == []
    assert pointers(server, "8.0.0.10.in-addr.arpa") == ["pc1.corp.example."]
    assert kea.tell(False, "pc1.corp.example", "10.0.0.8"), kea.log()
    assert pointers(server, "8.0.0.10.in-addr.arpa") == []
    assert server.rows("audit", "--denied") == []


def test_ipv6(server, kea):
    name = ".".join(["7"] + ["0"] * 29 + ["d", "f"]) + ".ip6.arpa"
    assert kea.tell(True, "pc1.corp.example", "fd00::7", reverse=False), kea.log()
    assert pointers(server, name) == ["pc1.corp.example."]
    assert kea.tell(False, "pc1.corp.example", "fd00::7", reverse=False), kea.log()
    assert pointers(server, name) == []


def test_hosts_by_nsupdate(server):
    """A host gets the PTR of the address that it comes from, and no other."""
    server.ctl_ok("zone", "add", "--reverse", "127.0.0.0/8", "update=secure", "policy=closed",
                  "transfer=127.0.0.0/8")
    server.ctl_ok("zone", "set", ZONE, "ptr-from=10.0.0.0/8,127.0.0.0/8")
    host, other = server.key("pc1.corp.example"), server.key("pc2.corp.example")
    script = ("zone corp.example\nlocal {source}\nupdate delete {name}.corp.example A\n"
              "update add {name}.corp.example 300 A {address}")
    secondary = Secondary(server, "127.in-addr.arpa")
    for name, key, source, address, wanted in [
            ("pc1", host, "127.0.0.71", "127.0.0.71", ["pc1.corp.example."]),
            ("pc2", other, "127.0.0.72", "127.0.0.71", ["pc1.corp.example."]),
            ("pc2", other, "127.0.0.72", "127.0.0.73", []),
            ("pc2", other, "127.0.0.73", "127.0.0.73", ["pc2.corp.example."]),
            ("pc1", host, "127.0.0.71", "10.0.0.7", [])]:
        done = server.nsupdate(script.format(name=name, source=source, address=address), key=key)
        assert done.code == 0, done.err
        reverse = ".".join(reversed(address.split("."))) + ".in-addr.arpa"
        assert pointers(server, reverse) == wanted, (name, source, address)
        secondary.follow()


def test_it_is_all_there_after_a_kill(server):
    key = server.key("loader")
    server.ctl_ok("zone", "policy", "add", REVERSE, "allow key:loader claim types PTR")
    for part in range(10):
        lines = "\n".join(f"update add p{part}-{i}.corp.example 300 A 10.7.{part}.{i}" for i in range(50))
        assert server.nsupdate(f"zone corp.example\n{lines}", key=key).code == 0
    server.kill()
    server.restart()
    assert pointers(server, "49.9.7.10.in-addr.arpa") == ["p9-49.corp.example."]
    server.ctl_ok("audit", "verify")
    server.ctl_ok("zone", "set", ZONE, "ptr=off")
    server.kill()
    server.restart()
    assert pointers(server, "49.9.7.10.in-addr.arpa") == []
    assert [row["class"] for row in server.rows("record", "list", REVERSE)] == ["static", "static"]


@pytest.mark.parametrize("when", ["on", "off"])
def test_turned_back(tenured, made, tmp_path, when):
    """A backup that is turned back to a time has the PTR of that time."""
    server = start(tenured, policy="windows")
    host = server.key("pc1.corp.example")
    move = "zone corp.example\nupdate delete pc1.corp.example A\nupdate add pc1.corp.example 300 A {}"

    def say(address):
        assert server.nsupdate(move.format(address), key=host).code == 0
    say("10.0.0.7")
    if when == "off":
        server.ctl_ok("zone", "set", ZONE, "ptr=off")
        assert pointers(server, "7.0.0.10.in-addr.arpa") == []
    then = moment()
    server.ctl_ok("zone", "set", ZONE, "ptr=on" if when == "off" else "ptr=off")
    say("10.0.0.8")
    server.ctl_ok("record", "add", REVERSE, "9.0.0", "PTR", "x.corp.example.")
    file = tmp_path / "backup"
    server.ctl_ok("backup", str(file), "--with-store-key")
    other, _ = restored(made, server, file, "--to", then)
    assert pointers(other, "7.0.0.10.in-addr.arpa") == (["pc1.corp.example."] if when == "on" else [])
    for last in ("8", "9"):
        assert pointers(other, f"{last}.0.0.10.in-addr.arpa") == []
    other.ctl_ok("audit", "verify")
    other.stop()
    assert "all good" in offline("check", other.data).out


def test_thirty_days(tenured):
    """Leases that are renewed keep their PTR, which never moves a serial; those that end for good take
    it with them when they are scavenged, and not before. Unsigned, since D2 has no clock that could go
    along with the server's."""
    if not is_installed():
        pytest.skip("kea-dhcp-ddns-server is not installed")
    server = start(tenured, update="nonsecure", clock="2026-01-05T09:00:00Z")
    server.ctl_ok("zone", "set", ZONE, "aging=on", "no-refresh=7d", "refresh=7d")
    kea = Kea(server)
    try:
        assert kea.tell(True, "gone.corp.example", "10.0.0.9", OTHER, reverse=False), kea.log()
        assert kea.tell(True, "pc1.corp.example", "10.0.0.7", reverse=False), kea.log()
        reverse = serial(server, REVERSE)
        for days in range(0, 32, 4):
            assert kea.tell(True, "pc1.corp.example", "10.0.0.7", reverse=False), kea.log()
            if days > 8:
                server.rows("scavenge", "run")
            there = days <= 14
            assert bool(pointers(server, "9.0.0.10.in-addr.arpa")) == there, days
            assert pointers(server, "7.0.0.10.in-addr.arpa") == ["pc1.corp.example."], days
            assert serial(server, REVERSE) == reverse + (not there), days
            server.ctl_ok("clock", "forward", "4d")
        server.ctl_ok("clock", "forward", "15d")
        server.rows("scavenge", "run")
        assert pointers(server, "7.0.0.10.in-addr.arpa") == []
        # What was scavenged comes back with its PTR.
        run = server.rows("scavenge", "history")[0]["run"]
        server.ctl_ok("scavenge", "undo", str(run))
        assert pointers(server, "7.0.0.10.in-addr.arpa") == ["pc1.corp.example."]
        server.ctl_ok("audit", "verify")
    finally:
        kea.close()
