# SPDX-License-Identifier: BSD-2-Clause
"""The dance of Kea's D2 (RFC 4703, DHCID) by the real program: what a DHCP server would tell it is
told by the test, so no DHCP is needed."""
import pytest

from kea import MINE, OTHER, REVERSE, REVERSE6, ZONE, Kea, is_installed

@pytest.fixture(params=["nonsecure", "secure"])
def server(tenured, request):
    server = tenured()
    server.zone(ZONE, "www A 10.0.0.1", update=request.param)
    server.ctl_ok("zone", "add", "--reverse", "10.0.0.0/8", f"update={request.param}")
    return server


@pytest.fixture
def kea(server):
    if not is_installed():
        pytest.skip("kea-dhcp-ddns-server is not installed")
    kea = Kea(server, server.key("kea-dhcp"))
    yield kea
    kea.close()


def addresses(server, name):
    return sorted(str(item) for rrset in server.query(name, "A").answer for item in rrset)


def pointers(server, name):
    return sorted(str(item) for rrset in server.query(name, "PTR").answer for item in rrset)


def test_a_lease_comes_moves_and_goes(server, kea):
    assert kea.tell(True, "pc1.corp.example", "10.0.0.7"), kea.log()
    assert addresses(server, "pc1.corp.example") == ["10.0.0.7"]
    assert pointers(server, "7.0.0.10.in-addr.arpa") == ["pc1.corp.example."]
    assert server.query("pc1.corp.example", "DHCID").answer
    owners = {row["owner"] for row in server.rows("record", "list", ZONE) if "pc1" in row["name"]}
    assert owners == {"key:kea-dhcp"}

    assert kea.tell(True, "pc1.corp.example", "10.0.0.8"), "the same client, another address"
    assert addresses(server, "pc1.corp.example") == ["10.0.0.8"]

    assert kea.tell(False, "pc1.corp.example", "10.0.0.8"), kea.log()
    assert server.query("pc1.corp.example", "A").rcode() == 3
    assert server.query("8.0.0.10.in-addr.arpa", "PTR").rcode() == 3


def test_another_client_does_not_get_the_name(server, kea):
    assert kea.tell(True, "pc1.corp.example", "10.0.0.7", MINE, reverse=False)
    assert not kea.tell(True, "pc1.corp.example", "10.0.0.9", OTHER, reverse=False)
    assert addresses(server, "pc1.corp.example") == ["10.0.0.7"]
    assert not kea.tell(False, "pc1.corp.example", "10.0.0.7", OTHER, reverse=False)
    assert addresses(server, "pc1.corp.example") == ["10.0.0.7"]


def test_a_static_name_is_not_taken(server, kea):
    assert not kea.tell(True, "www.corp.example", "10.0.0.9", reverse=False)
    assert addresses(server, "www.corp.example") == ["10.0.0.1"]


def test_a_renewed_lease_changes_no_serial(server, kea):
    assert kea.tell(True, "pc1.corp.example", "10.0.0.7")
    before = [server.query(zone, "SOA").answer[0][0].serial for zone in (ZONE, REVERSE)]
    assert kea.tell(True, "pc1.corp.example", "10.0.0.7"), kea.log()
    assert [server.query(zone, "SOA").answer[0][0].serial for zone in (ZONE, REVERSE)] == before


@pytest.fixture
def pair(tenured):
    """Two D2 servers with a key each, both in one acting group, and a host with a key of its own."""
    if not is_installed():
        pytest.skip("kea-dhcp-ddns-server is not installed")
    server = tenured()
    server.zone(ZONE, update="secure")
    server.ctl_ok("zone", "add", "--reverse", "10.0.0.0/8", "update=secure")
    keys = [server.key("kea1"), server.key("kea2")]
    server.ctl_ok("group", "create", "@dhcp", "--acting", "key:kea1", "key:kea2")
    keas = [Kea(server, key) for key in keys]
    yield server, *keas
    for kea in keas:
        kea.close()


def owners(server, zone, name):
    return {row["owner"] for row in server.rows("record", "list", zone) if name in row["name"]}


def test_the_second_of_a_pair_takes_over_without_a_refusal(pair):
    server, first, second = pair
    assert first.tell(True, "pc1.corp.example", "10.0.0.7"), first.log()
    assert owners(server, ZONE, "pc1") == {"@dhcp"}
    assert owners(server, REVERSE, "7.0.0") == {"@dhcp"}
    assert second.tell(True, "pc1.corp.example", "10.0.0.7"), second.log()
    assert second.tell(True, "pc1.corp.example", "10.0.0.8"), second.log()
    assert addresses(server, "pc1.corp.example") == ["10.0.0.8"]
    assert pointers(server, "8.0.0.10.in-addr.arpa") == ["pc1.corp.example."]
    assert first.tell(False, "pc1.corp.example", "10.0.0.8"), first.log()
    assert server.query("pc1.corp.example", "A").rcode() == 3
    assert server.rows("audit", "--denied") == []
    assert {row["acting"] for row in server.rows("audit", "--principal", "key:kea2")} == {"@dhcp"}


def test_a_host_takes_its_own_name_back_where_a_rule_says_so(pair):
    server, first, second = pair
    host = server.key("pc1.corp.example")
    assert first.tell(True, "pc1.corp.example", "10.0.0.7"), first.log()
    back = ("zone corp.example\nupdate delete pc1.corp.example A\n"
            "update add pc1.corp.example 300 A 10.0.0.9")
    assert "REFUSED" in server.nsupdate(back, key=host).err
    rules = server.folder / "rules"
    rules.write_text("allow authenticated takeover self over @dhcp\n")
    server.ctl_ok("zone", "policy", "set", ZONE, str(rules))
    assert server.nsupdate(back, key=host).code == 0
    assert addresses(server, "pc1.corp.example") == ["10.0.0.9"]
    assert not second.tell(False, "pc1.corp.example", "10.0.0.9", reverse=False), second.log()
    assert addresses(server, "pc1.corp.example") == ["10.0.0.9"]


def stored(server, zone, name):
    return {row["type"]: row for row in server.rows("record", "list", zone)
            if row["name"].startswith(name)}


def test_a_lease_that_is_renewed_outlives_both_windows(tenured):
    """D2 renews by its DHCID: that must not age away under the address (7 and 7 days, four weeks).
    Unsigned, since D2 has no clock that could go along with the server's."""
    if not is_installed():
        pytest.skip("kea-dhcp-ddns-server is not installed")
    server = tenured(clock="2026-01-05T09:00:00Z")
    server.zone(ZONE)
    server.ctl_ok("zone", "add", "--reverse", "10.0.0.0/8")
    server.ctl_ok("zone", "add", "--reverse", "fd00::/16")
    for zone in (ZONE, REVERSE, REVERSE6):
        server.ctl_ok("zone", "set", zone, "update=nonsecure", "aging=on", "no-refresh=7d",
                      "refresh=7d")
    places = [(ZONE, "pc1", {"A", "AAAA", "DHCID"}), (REVERSE, "7.0.0", {"PTR", "DHCID"}),
              (REVERSE6, "7.0.0.0", {"PTR", "DHCID"})]
    leases = [("pc1.corp.example", "10.0.0.7"), ("pc1.corp.example", "fd00::7")]
    kea = Kea(server)
    try:
        for days in range(0, 32, 4):  # of each second renewal the refresh is taken
            for lease in leases:
                assert kea.tell(True, *lease), f"day {days}: {kea.log()}"
            for zone, name, types in places:
                assert set(stored(server, zone, name)) == types, f"day {days}: {zone}"
            server.ctl_ok("clock", "forward", "4d")
            removed = [row["removed"] for row in server.rows("scavenge", "run")] if days > 4 else []
            assert not any(removed), f"day {days}"
        # The IPv6 lease ends for good; D2 2.2 gives up where the other family is still there, and
        # leaves the pointer.
        assert kea.tell(True, *leases[0]), kea.log()
        assert not kea.tell(False, *leases[1]), kea.log()
        assert set(stored(server, ZONE, "pc1")) == {"A", "DHCID"}
        rows = stored(server, ZONE, "pc1")
        assert rows["DHCID"]["stale_at"] == rows["A"]["stale_at"]
        # Nobody renews any more: all goes, and not before its time.
        server.ctl_ok("clock", "forward", "14d")
        server.rows("scavenge", "run")
        assert set(stored(server, ZONE, "pc1")) == {"A", "DHCID"}
        server.ctl_ok("clock", "forward", "1s")
        server.rows("scavenge", "run")
        for zone, name, _ in places:
            assert stored(server, zone, name) == {}, zone
    finally:
        kea.close()
