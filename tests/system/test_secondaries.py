# SPDX-License-Identifier: BSD-2-Clause
"""BIND, Knot and NSD follow a tenured as live secondaries, by NOTIFY and IXFR with TSIG."""
import os
import random
import struct
import time

import dns.message
import dns.rcode
import dns.update
import pytest

from peers import found
from secondaries import KINDS, Named, records_of
from tenure import wait_until

ZONE = "corp.example"
SEED = int(os.environ.get("TENURE_SEED", "20260105"))
UPDATES = 10000
DEPTH = 64  # updates on their way at one time: within what a connection may have waiting


@pytest.fixture
def followers():
    """Starts secondaries of these kinds; ends them. Those that are not installed are passed over, aloud."""
    made = []

    def make(primary, key, *kinds, zones=(ZONE,)):
        absent = [kind.program for kind in kinds if not found(kind.program)]
        if absent:
            pytest.skip(f"not installed: {', '.join(absent)} (tools/packages.sh, packages_peers)")
        made.extend(kind(primary, zones, key) for kind in kinds)
        for one in made:
            if not one.is_alive():
                one.start()
        return made

    yield make
    for one in made:
        one.close()


def primary_of(server, *lines, **settings):
    """A zone that whoever has the key `follow.key` may transfer; returns the key."""
    key = server.key("follow.key")
    server.zone(ZONE, *lines, update="nonsecure", max_names="none", **settings)
    path = server.folder / "rules"
    path.write_text("allow key:follow.key transfer\n")
    server.ctl_ok("zone", "policy", "set", ZONE, path)
    return key


def tell(server, secondaries):
    peers = ",".join(f"{one.place} key follow.key" for one in secondaries)
    server.ctl_ok("zone", "set", ZONE, f"notify={peers}")


def serial_of(server):
    return server.query(ZONE, "SOA").answer[0][0].serial


def stats(server):
    return {row["name"]: row["value"] for row in server.rows("stats")}


def wait_for_all(server, secondaries, patience=60):
    serial = serial_of(server)
    for one in secondaries:
        one.wait_for(ZONE, serial, patience)


def expect_the_same(server, secondaries, key=None):
    wait_for_all(server, secondaries)
    ours = records_of(server, ZONE, key)
    for one in secondaries:
        theirs = records_of(one, ZONE)
        assert theirs == ours, f"{one.program}: {sorted(set(theirs) ^ set(ours))[:20]}"
    return ours


class Changes:
    """Random updates that are all NOERROR: what does not fit is ignored, as RFC 2136 has it."""

    def __init__(self, server, seed):
        self.server = server
        self.chance = random.Random(seed)

    def record(self):
        chance = self.chance
        n = chance.randrange(256)
        return chance.choice([("A", f"10.1.{chance.randrange(4)}.{n}"), ("AAAA", f"2001:db8::{n:x}"),
                              ("TXT", f'"{n}" "two {"x" * (n // 2)}"'), ("MX", f"{n % 7} mail{n % 5}"),
                              ("SRV", f"0 {n % 3} 88 h{n}.{ZONE}."), ("PTR", f"h{n}"),
                              ("CNAME", f"h{n}"), ("CAA", f'0 issue "ca{n}"'), ("TYPE65300", f"\\# 2 {n:04x}")])

    def change(self, update):
        chance = self.chance
        name = f"h{chance.randrange(400)}" if chance.random() < 0.9 else f"a.b{chance.randrange(20)}.c"
        kind = chance.random()
        rtype, data = self.record()
        if kind < 0.55:
            update.add(name, chance.choice([60, 300, 3600]), rtype, data)
        elif kind < 0.75:
            update.replace(name, 300, rtype, data)
        elif kind < 0.85:
            update.delete(name, rtype)
        elif kind < 0.95:
            update.delete(name, rtype, data)
        else:
            update.delete(name)

    def message(self):
        update = dns.update.UpdateMessage(ZONE)
        for _ in range(self.chance.choice([1, 1, 1, 2, 5])):
            self.change(update)
        return update

    def send(self, count):
        """Sends so many on one connection, DEPTH at a time; all must be taken."""
        with self.server.connect() as connection:
            stream = connection.makefile("rb")
            for start in range(0, count, DEPTH):
                now = min(DEPTH, count - start)
                wires = [self.message().to_wire() for _ in range(now)]
                connection.sendall(b"".join(struct.pack("!H", len(wire)) + wire for wire in wires))
                for _ in range(now):
                    answer = stream.read(struct.unpack("!H", stream.read(2))[0])
                    assert answer[3] & 0xf == 0, dns.message.from_wire(answer)


def revert(server, *words):
    """Takes something back; what could not be is no matter here."""
    answer = server.ctl("audit", "revert", *words)
    assert answer.code in (0, 6), answer
    return answer.code == 0


def test_ten_thousand_random_updates_scavenging_and_reverts_arrive_by_ixfr(tenured, followers):
    server = tenured()
    # Large enough that the differences are shorter than the whole (else AXFR is right).
    base = [f"static{i} A 10.9.{i // 250}.{i % 250}" for i in range(4000)]
    key = primary_of(server, *base, no_refresh="1s", refresh="1s", max_share="none", aging="on")
    secondaries = followers(server, key, *KINDS)
    tell(server, secondaries)
    wait_for_all(server, secondaries)
    assert stats(server)["transfers-axfr"] == len(secondaries)
    changes = Changes(server, SEED)
    for turn in range(10):
        changes.send(UPDATES // 10)
        if turn % 3 == 2:
            time.sleep(2.5)
            run = server.rows("scavenge", "run", ZONE)[0]
            assert run["removed"] > 100, run
            expect_the_same(server, secondaries, key)
            assert revert(server, "--run", run["run"]), "what it removed comes back"
            expect_the_same(server, secondaries, key)
        elif turn % 3 == 1:
            last = server.rows("audit", "--zone", ZONE, "--limit", 200)
            for seq in sorted({event["seq"] for event in last})[:20:4]:
                revert(server, seq)
            expect_the_same(server, secondaries, key)
    ours = expect_the_same(server, secondaries, key)
    assert len(ours) > 4200
    counted = stats(server)
    # The first ones were whole; every change since came as differences, to each of them, many times.
    followed = {one.place: row for one in secondaries
                for row in server.rows("notify", "status", ZONE) if row["target"] == one.place}
    for one in secondaries:
        assert followed[one.place]["state"] == "acknowledged", followed
        assert followed[one.place]["key"] == "follow.key"
    assert counted["transfers-ixfr"] >= 10 * len(secondaries), counted
    dumps = 3 * 2 + 3 + 1  # of expect_the_same, from us
    # Two of the changes may be so large that the whole zone is shorter, when many came at once.
    whole = counted["transfers-axfr"] - len(secondaries) - dumps
    assert 0 <= whole <= 2 * len(secondaries), counted
    assert server.ctl("audit", "verify").code == 0


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.program)
def test_who_was_stopped_catches_up_by_ixfr(tenured, followers, kind):
    server = tenured()
    key = primary_of(server, *[f"static{i} A 10.9.0.{i}" for i in range(200)])
    secondaries = followers(server, key, kind)
    one = secondaries[0]
    tell(server, secondaries)
    wait_for_all(server, secondaries)
    changes = Changes(server, SEED + 1)
    changes.send(100)
    expect_the_same(server, secondaries, key)
    time.sleep(1.5)  # NSD writes the zone each second
    one.stop()
    before = stats(server)["transfers-axfr"]
    changes.send(300)
    one.start()
    server.ctl_ok("zone", "notify", ZONE)
    expect_the_same(server, secondaries, key)
    assert stats(server)["transfers-axfr"] == before + 1, "that is our own dump"


def test_all_follow_a_restart_and_a_kill_of_the_primary(tenured, followers):
    server = tenured()
    key = primary_of(server)
    secondaries = followers(server, key, *KINDS)
    tell(server, secondaries)
    wait_for_all(server, secondaries)
    changes = Changes(server, SEED + 2)
    for end in (server.stop, server.kill):
        changes.send(50)
        end()
        server.start()
        # Nobody changes anything now: the notifies after the start tell what was missed.
        expect_the_same(server, secondaries, key)


def test_a_peer_with_the_secret_before_a_rotation_is_told_and_fed(tenured, followers):
    server = tenured()
    key = primary_of(server)
    secondaries = followers(server, key, Named)
    tell(server, secondaries)
    wait_for_all(server, secondaries)
    server.ctl_ok("key", "rotate", "follow.key")
    Changes(server, SEED + 3).send(20)
    wait_for_all(server, secondaries)
    row = wait_until(lambda: [r for r in server.rows("notify", "status", ZONE) if r["state"] == "acknowledged" and
                              r["acknowledged"] == serial_of(server)], "an acknowledgement")[0]
    assert row["problem"] is None and row["failures"] == 0


def test_a_peer_without_the_key_is_shown_as_such(tenured, followers):
    server = tenured()
    key = primary_of(server)
    secondaries = followers(server, key, Named)
    server.key("other.key")
    server.ctl_ok("zone", "set", ZONE, f"notify={secondaries[0].place} key other.key")
    row = wait_until(lambda: [r for r in server.rows("notify", "status", ZONE) if r["problem"]], "a problem")[0]
    assert row["problem"] == "the peer does not know the key (BADKEY)"
    assert row["acknowledged"] is None


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.program)
def test_who_is_behind_what_was_pruned_gets_the_whole_zone(tenured, followers, kind):
    # By a clock that can be set, because the log keeps what is younger than an hour: so unsigned.
    server = tenured(clock="2026-01-05T09:00:00Z")
    server.zone(ZONE, *[f"static{i} A 10.9.0.{i}" for i in range(200)], update="nonsecure", max_names="none",
                transfer="127.0.0.1")
    secondaries = followers(server, None, kind)
    one = secondaries[0]
    server.ctl_ok("zone", "set", ZONE, f"notify={one.place}")
    changes = Changes(server, SEED + 6)
    changes.send(20)
    wait_for_all(server, secondaries)
    time.sleep(1.5)  # NSD writes the zone each second
    one.stop()
    changes.send(20)
    server.ctl_ok("bin", "set", "1h")
    server.ctl_ok("clock", "forward", "3h")
    server.ctl_ok("audit", "prune", "--keep", "1h", "--yes")
    changes.send(20)
    before = stats(server)
    one.start()
    server.ctl_ok("zone", "notify", ZONE)
    wait_for_all(server, secondaries)
    after = stats(server)
    assert after["transfers-axfr"] - before["transfers-axfr"] == 1
    assert after["transfers-ixfr"] == before["transfers-ixfr"]
    expect_the_same(server, secondaries)
    changes.send(20)
    expect_the_same(server, secondaries)
    assert stats(server)["transfers-ixfr"] > after["transfers-ixfr"]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.program)
def test_who_has_a_serial_that_the_log_does_not_reach_gets_the_whole_zone(tenured, followers, tmp_path, kind):
    server = tenured()
    key = primary_of(server, *[f"static{i} A 10.9.0.{i}" for i in range(200)])
    secondaries = followers(server, key, kind)
    tell(server, secondaries)
    Changes(server, SEED + 4).send(30)
    expect_the_same(server, secondaries, key)
    # The same zone made anew: what its log begins with is not what the secondary has.
    notify = server.rows("zone", "show", ZONE)[0]["notify"]
    text = server.ctl_ok("zone", "export", ZONE)
    serial = str(serial_of(server))
    assert text.count(f" {serial} ") == 1
    (tmp_path / "zone").write_text(text.replace(f" {serial} ", f" {int(serial) + 1000} "))
    server.ctl_ok("zone", "del", ZONE, "--yes")
    before = stats(server)
    server.ctl_ok("zone", "add", ZONE, "--file", tmp_path / "zone", "update=nonsecure", "max-names=none")
    server.ctl_ok("zone", "policy", "set", ZONE, server.folder / "rules")
    server.ctl_ok("zone", "set", ZONE, f"notify={','.join(notify)}")
    wait_for_all(server, secondaries)
    after = stats(server)
    assert after["transfers-axfr"] - before["transfers-axfr"] == 1
    assert after["transfers-ixfr"] == before["transfers-ixfr"]
    expect_the_same(server, secondaries, key)
    # And from there by differences again.
    Changes(server, SEED + 5).send(30)
    expect_the_same(server, secondaries, key)
    assert stats(server)["transfers-ixfr"] > after["transfers-ixfr"]
