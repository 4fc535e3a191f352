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
    assert status["runs"] and "--contested" in status["reason"], status
    assert living(server) == HOSTS
    held = server.rows("audit", "--event", "contested-hold", "--name", f"pc5.{ZONE}")
    assert held and held[-1]["run"] == status["last_run"] and len(held[-1]["names"]) == 11, held
    # The mend that was advised: the next renewals count, and the run that waited finds nothing.
    server.ctl_ok("group", "create", "@kea", "--acting", "key:kea1", "key:kea2")
    renew_all(server, server.kea2)
    day(server)
    assert living(server) == HOSTS and server.ctl("status").err.count("renewed by") == 0


def test_a_client_with_one_key_holds_its_names_and_no_other(server):
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
    # They wait for a person. What else becomes stale goes as ever, now and after a restart.
    assert renew(server, server.key("web"), "visitor", "10.0.1.99") == 0
    for number in range(9):
        for host in mine:
            assert renew(server, server.mallory, host, f"10.0.1.{HOSTS.index(host)}") == 0
        if number == 4:
            server.restart(clock=server.clients.text())
        day(server)
    assert server.query(f"visitor.{ZONE}", "A").rcode() == 3 and living(server) == mine
    status = server.rows("scavenge", "status")[0]
    assert status["runs"] and status["held_run"] is None and status["last_overdue"] == 3, status
    run = str(status["last_run"])
    assert f"scavenge approve {run} --contested --renewed-by key:mallory" in server.ctl("status").err
    left = server.rows("scavenge", "plan", ZONE, "--contested")
    assert [(row["name"], row["renewed_by"], row["reason"]) for row in left] == \
        [(f"{host}.{ZONE}", "key:mallory", "until somebody decides") for host in sorted(mine)]
    # Refused to go on, it keeps them no longer than its last hint counts.
    server.ctl_ok("zone", "policy", "add", ZONE, "deny key:mallory write", "--line", "1")
    said = server.ctl_ok("scavenge", "approve", run, "--yes", "--contested", "--match", mine[0])
    assert "1 of 1 proposed record removed" in said and living(server) == mine[1:]
    for _ in range(9):
        for host in living(server):
            assert renew(server, server.mallory, host, f"10.0.1.{HOSTS.index(host)}") == 0
        day(server)
    assert living(server) == [] and server.rows("scavenge", "plan", ZONE, "--contested") == []


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
