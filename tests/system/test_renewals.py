# SPDX-License-Identifier: BSD-2-Clause
"""A DHCP server dies, and its partner renews its leases without a group: what lives keeps its name.

Over weeks by the hand-set clock, with the scavenger's thread, restarts, and the store made anew from
its log and from a portable backup.
"""
import time

import pytest

from test_backup import offline
from tenure import wait_until

ZONE = "corp.example"
HOSTS = [f"pc{number}" for number in range(12)]


class Clock:
    """The clients' clock, which goes with the server's: their messages are signed by it."""

    def __init__(self, monkeypatch):
        self.ahead, real = 0, time.time
        monkeypatch.setattr(time, "time", lambda: real() + self.ahead)

    def text(self):
        return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time()))

    def forward(self, server, days):
        server.ctl_ok("clock", "forward", f"{days}d")
        self.ahead += days * 86400


@pytest.fixture
def server(tenured, monkeypatch):
    clients = Clock(monkeypatch)
    one = tenured(clock=clients.text())
    one.clients = clients
    one.zone(ZONE, "ns A 10.0.0.53", update="secure", aging="on", no_refresh="3d", refresh="4d",
             max_share="none")
    one.kea1, one.kea2, one.mallory = one.key("kea1"), one.key("kea2"), one.key("mallory")
    for number, host in enumerate(HOSTS + ["gone"]):
        assert renew(one, one.kea1, host, f"10.0.1.{number}") == 0
    one.ctl_ok("scavenge", "set", "period=1d")
    one.file = one.folder / "backup"
    one.ctl_ok("backup", one.file, "--with-store-key")
    return one


def renew(server, key, host, address):
    update = server.update(ZONE, key)
    update.delete(host, "A")
    update.add(host, 300, "A", address)
    return server.ask(update).rcode()


def renew_all(server, key):
    for number, host in enumerate(HOSTS):
        assert renew(server, key, host, f"10.0.1.{number}") == 0


def day(server):
    """A day passes, and the cycle that it brings ends."""
    before = len(server.rows("audit", "--event", "scavenge-cycle"))
    server.clients.forward(server, 1)
    wait_until(lambda: len(server.rows("audit", "--event", "scavenge-cycle")) > before, "a cycle")


def living(server):
    return [host for host in HOSTS if server.query(f"{host}.{ZONE}", "A").rcode() == 0]


def test_leases_that_a_partner_renews_stay_until_a_person_decides(server):
    for _ in range(14):
        renew_all(server, server.kea2)
        day(server)
        assert living(server) == HOSTS
    assert server.query(f"gone.{ZONE}", "A").rcode() == 3, "what nobody renews goes in time"
    rows = server.rows("owner", "list", "--contested")
    assert {(row["owner"], row["renewed_by"]) for row in rows} == {("key:kea1", "key:kea2")}
    assert len(rows) == len(HOSTS)
    # One entry a name and no-refresh time: in 14 days every fourth, though each day has a renewal.
    seen = server.rows("audit", "--event", "refresh-ignored", "--name", f"pc0.{ZONE}")
    assert 3 <= len(seen) <= 4 and all(row["principal"] == "key:kea2" for row in seen)
    warned = server.ctl("status").err
    assert "tenurectl group create @kea --acting key:kea1 key:kea2" in warned
    server.restart(clock=server.clients.text())
    assert server.rows("owner", "list", "--contested") == rows
    # Two refresh windows after they became stale: day 7 and 8 more.
    renew_all(server, server.kea2)
    day(server)
    renew_all(server, server.kea2)
    day(server)
    status = server.rows("scavenge", "status")[0]
    assert status["held_run"] and "--contested" in status["note"], status
    assert living(server) == HOSTS
    # The mend that was advised: the next renewals count, and the run that waited finds nothing.
    server.ctl_ok("group", "create", "@kea", "--acting", "key:kea1", "key:kea2")
    renew_all(server, server.kea2)
    server.ctl_ok("scavenge", "cancel", str(status["held_run"]))
    day(server)
    assert living(server) == HOSTS and server.ctl("status").err.count("renewed by") == 0


def test_a_client_with_one_key_cannot_keep_a_zone_for_ever(server):
    server.ctl_ok("zone", "set", ZONE, "max-names=3")
    for _ in range(8):
        renew_all(server, server.mallory)
        day(server)
    assert len(living(server)) == 3, "as many as it may own"
    mine = living(server)
    for _ in range(8):
        for host in mine:
            assert renew(server, server.mallory, host, f"10.0.1.{HOSTS.index(host)}") == 0
        day(server)
    held = server.rows("scavenge", "status")[0]["held_run"]
    assert held and living(server) == mine
    said = server.ctl_ok("scavenge", "approve", str(held), "--yes", "--contested")
    assert "3 of 3 proposed records removed" in said
    assert living(server) == []


def test_hints_follow_from_the_log_and_stand_in_a_portable_backup(server, made):
    server.ctl_ok("scavenge", "set", "period=off")
    server.clients.forward(server, 4)
    renew_all(server, server.kea2)
    rows = server.rows("owner", "list", "--contested")
    assert len(rows) == len(HOSTS)
    lines = server.folder / "lines"
    server.ctl_ok("backup", lines, "--portable")
    clock = server.clients.text()
    server.stop()
    other = made(clock=clock)
    answer = offline("restore", other.data, server.file, "--log-of", server.data)
    assert answer.code == 0, answer.err
    other.start()
    assert other.rows("owner", "list", "--contested") == rows
    third = made(clock=clock)
    answer = offline("restore", third.data, lines)
    assert answer.code == 0, answer.err
    third.start()
    assert third.rows("owner", "list", "--contested") == rows
