# SPDX-License-Identifier: BSD-2-Clause
"""tenurectl scavenge: what is old goes, and it is known before."""
import pytest

from tenure import wait_until

ZONE = "corp.example"


@pytest.fixture
def server(tenured):
    one = tenured(clock="2026-01-05T09:00:00Z")
    one.zone(ZONE, "ns A 10.0.0.53", update="nonsecure", aging="on")
    update = one.update(ZONE)
    update.add("old", 60, "A", "10.0.0.1")
    assert one.ask(update).rcode() == 0
    return one


def names(rows):
    return [row["name"] for row in rows]


def test_a_plan_is_what_a_run_does(server):
    assert names(server.rows("scavenge", "plan", ZONE)) == []
    assert names(server.rows("scavenge", "plan", ZONE, "--at", "14d")) == []
    ahead = server.rows("scavenge", "plan", ZONE, "--at", "15d")
    assert names(ahead) == [f"old.{ZONE}"]
    assert ahead[0]["stale_at"] == "2026-01-19T09:00:01Z"
    server.ctl_ok("clock", "forward", "14d")
    assert server.rows("scavenge", "run", ZONE)[0]["removed"] == 0
    server.ctl_ok("clock", "forward", "1s")
    assert names(server.rows("scavenge", "plan")) == [f"old.{ZONE}"]
    assert server.rows("scavenge", "run")[0]["removed"] == 1
    assert server.query(f"old.{ZONE}", "A").rcode() == 3
    assert server.query(f"ns.{ZONE}", "A").rcode() == 0, "static stays"
    rows = server.rows("audit", "--event", "record-scavenge")
    assert names(rows) == [f"old.{ZONE}"]


def test_a_plan_may_have_other_windows(server):
    server.ctl_ok("clock", "forward", "2d")
    assert names(server.rows("scavenge", "plan", ZONE, "--no-refresh", "1d", "--refresh", "12h")) \
        == [f"old.{ZONE}"]
    assert names(server.rows("scavenge", "plan", ZONE)) == []


def test_a_run_that_can_do_nothing_says_why(server):
    held = server.ctl("scavenge", "run", ZONE)
    assert held.code == 6 and "nothing was done" in held.err, held
    server.ctl_ok("zone", "set", ZONE, "aging=off")
    off = server.ctl("scavenge", "run", ZONE)
    assert off.code == 6 and "aging is off" in off.err
    status = server.rows("scavenge", "status")[0]
    assert status["aging"] == "off" and not status["runs"] and "aging" in status["note"]


def test_a_period_makes_it_run_by_itself(server):
    said = server.ctl_ok("scavenge", "status")
    assert "not set" in said
    server.ctl_ok("scavenge", "set", "period=7d")
    rows = server.rows("audit", "--event", "server-setting")
    assert rows[-1]["reason"] == "period: 0s -> 7d"
    assert "7d" in server.ctl_ok("scavenge", "status")
    server.ctl_ok("clock", "forward", "21d")
    wait_until(lambda: server.query(f"old.{ZONE}", "A").rcode() == 3, "the scavenger")


def test_the_period_survives_a_restart(server):
    server.ctl_ok("scavenge", "set", "period=7d")
    server.restart()
    assert "period 7d" in server.ctl_ok("scavenge", "status")
    server.ctl_ok("scavenge", "set", "period=off")
    assert "not set" in server.ctl_ok("scavenge", "status")


@pytest.mark.parametrize("words, code, said", [
    (["set", "period=soon"], 2, "soon"), (["set", "perod=7d"], 2, "did you mean 'period'?"),
    (["set"], 2, "too few"), (["run", "nowhere.example"], 4, "nowhere.example"),
    (["plan", ZONE, "--at", "soon"], 2, "soon"), (["plan", ZONE, "--refresh", "x"], 2, "refresh"),
])
def test_what_is_wrong_is_said(server, words, code, said):
    answer = server.ctl("scavenge", *words)
    assert answer.code == code and said in answer.err, answer
