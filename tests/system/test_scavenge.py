# SPDX-License-Identifier: BSD-2-Clause
"""tenurectl scavenge: what is old goes, and it is known before."""
import pytest

from tenure import wait_until

ZONE = "corp.example"
# Seconds that the scavenger may wait for a processor: its thread has the lowest priority.
IDLE = 120


@pytest.fixture
def server(tenured):
    one = tenured(clock="2026-01-05T09:00:00Z")
    one.zone(ZONE, "ns A 10.0.0.53", update="nonsecure", max_names="none", aging="on")
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
    assert status["aging"] is False and not status["runs"] and "aging" in status["reason"]


def test_a_period_makes_it_run_by_itself(server):
    said = server.ctl_ok("scavenge", "status")
    assert "not set" in said
    server.ctl_ok("scavenge", "set", "period=7d")
    rows = server.rows("audit", "--event", "server-setting")
    assert rows[-1]["reason"] == "period: off -> 7d"
    assert "7d" in server.ctl_ok("scavenge", "status")
    server.ctl_ok("clock", "forward", "21d")
    wait_until(lambda: server.query(f"old.{ZONE}", "A").rcode() == 3, "the scavenger", IDLE)
    wait_until(lambda: server.rows("audit", "--event", "scavenge-cycle"), "the cycle's end", IDLE)


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


def register(server, first, last):
    """Hosts h<first> to h<last>, 50 to a message."""
    for start in range(first, last + 1, 50):
        update = server.update(ZONE)
        for host in range(start, min(start + 50, last + 1)):
            update.add(f"h{host}", 60, "A", f"10.1.{host // 250}.{host % 250 + 1}")
        assert server.ask(update).rcode() == 0


def zone_status(server):
    return server.rows("scavenge", "status")[0]


def test_the_brake_holds_a_run_until_it_is_approved(server):
    register(server, 1, 40)
    server.ctl_ok("clock", "forward", "8d")
    register(server, 41, 50)
    register(server, 1, 10)
    server.ctl_ok("clock", "forward", "7d")
    held = server.ctl("scavenge", "run", ZONE)
    assert held.code == 6 and "31 of 51 names (61%), max-share is 20%" in held.err
    status = zone_status(server)
    run = status["held_run"]
    assert not status["runs"] and "run-held" in status["holds"] and status["last_state"] == "held"
    assert server.query(f"h20.{ZONE}", "A").rcode() == 0, "nothing went"
    assert server.rows("audit", "--event", "brake-hold")[-1]["zone"] == ZONE
    assert ZONE in server.ctl_ok("audit", "--event", "brake-hold"), "the table says of which zone"
    stats = {row["name"]: row["value"] for row in server.rows("stats")}
    assert stats["scavenge-held"] == 1

    again = server.ctl("scavenge", "run", ZONE)
    assert again.code == 6 and f"run {run} waits" in again.err, "no second held run"
    assert [row["run"] for row in server.rows("scavenge", "history")] == [run]

    register(server, 20, 20)  # it comes back before the approval
    server.ctl_ok("clock", "forward", "8d")  # and 41 to 50 become stale after it
    server.restart(clock="2026-01-28T09:00:00Z")
    said = server.ctl_ok("scavenge", "approve", str(run), "--yes")
    assert "30 of 31 proposed records removed, 1 skipped" in said, said
    assert server.query(f"h20.{ZONE}", "A").rcode() == 0
    assert server.query(f"h41.{ZONE}", "A").rcode() == 0
    assert server.query(f"h21.{ZONE}", "A").rcode() == 3
    row = server.rows("scavenge", "history", ZONE)[0]
    assert (row["state"], row["stale"], row["removed"], row["skipped"]) == ("done", 31, 30, 1)
    assert len(server.rows("audit", "--event", "record-scavenge")) == 30
    assert server.ctl("scavenge", "approve", str(run), "--yes").code == 6


def test_a_held_run_can_be_cancelled(server):
    register(server, 1, 20)
    server.ctl_ok("clock", "forward", "15d")
    assert server.ctl("scavenge", "run").code == 6
    run = zone_status(server)["held_run"]
    assert server.ctl("scavenge", "cancel", "999").code == 4
    server.ctl_ok("scavenge", "cancel", str(run))
    assert zone_status(server)["held_run"] is None
    server.ctl_ok("audit", "verify")
    late = server.ctl("scavenge", "approve", str(run), "--yes")
    assert late.code == 6 and "it is cancelled" in late.err
    assert server.query(f"h1.{ZONE}", "A").rcode() == 0
    server.ctl_ok("zone", "set", ZONE, "max-share=none")
    assert server.rows("scavenge", "run")[0]["removed"] == 21


def test_what_was_held_by_other_rules_cannot_be_approved(server):
    register(server, 1, 20)
    server.ctl_ok("clock", "forward", "15d")
    server.ctl("scavenge", "run")
    run = zone_status(server)["held_run"]
    server.ctl_ok("zone", "set", ZONE, "refresh=30d")
    late = server.ctl("scavenge", "approve", str(run), "--yes")
    assert late.code == 6 and "were changed since" in late.err, late
    server.ctl_ok("scavenge", "cancel", str(run))


def test_status_names_every_condition_that_fails(server):
    assert zone_status(server)["holds"] == ["not-yet-available", "no-period"]
    server.ctl_ok("zone", "set", ZONE, "aging=off", "update=none")
    server.ctl_ok("zone", "freeze", ZONE)
    server.ctl_ok("scavenge", "set", "period=1d")
    status = zone_status(server)
    assert status["holds"] == ["aging-off", "updates-off", "frozen", "not-yet-available"]
    for words in ("aging is off", "takes no updates", "is frozen"):
        assert words in status["reason"]
    assert not status["runs"]


def test_a_frozen_zone_refuses_updates(server):
    server.ctl_ok("zone", "freeze", ZONE)
    assert server.ctl("zone", "freeze", ZONE).code == 6
    update = server.update(ZONE)
    update.add("new", 60, "A", "10.0.0.9")
    assert server.ask(update).rcode() == 5
    assert server.rows("zone", "list")[0]["frozen"] is True
    server.restart()
    assert server.ask(update).rcode() == 5
    server.ctl_ok("zone", "thaw", ZONE)
    assert server.ask(update).rcode() == 0
    events = [row["event"] for row in server.rows("audit")]
    assert "zone-freeze" in events and "zone-thaw" in events
    assert "update-denied" in events


def test_a_calendar_is_kept_and_a_run_does_not_move_it(server):
    server.ctl_ok("scavenge", "set", "schedule=Sun 03:00 UTC")
    said = server.ctl_ok("scavenge", "status")
    assert "schedule Sun 03:00 UTC" in said and "next run 2026-01-11T03:00:00Z" in said
    server.ctl("scavenge", "run")
    server.restart()
    assert "next run 2026-01-11T03:00:00Z" in server.ctl_ok("scavenge", "status")
    server.ctl_ok("clock", "forward", "14d")
    wait_until(lambda: "next run 2026-01-25T03:00:00Z" in server.ctl_ok("scavenge", "status"),
               "the cycle", IDLE)
    server.ctl_ok("scavenge", "set", "period=1d")
    assert "period 1d" in server.ctl_ok("scavenge", "status")


def test_new_zones_begin_with_the_defaults(server):
    server.ctl_ok("scavenge", "set", "default-aging=on", "default-no-refresh=1d",
                  "default-refresh=2d")
    server.ctl_ok("zone", "add", "new.example", "refresh=3d")
    zone = server.rows("zone", "show", "new.example")[0]
    assert (zone["aging"], zone["no_refresh"], zone["refresh"]) == (True, 86400, 3 * 86400)


def test_a_clock_that_is_set_forward_holds_everything_until_approved(server):
    server.ctl_ok("scavenge", "set", "period=1d")
    server.ctl_ok("clock", "set", "2027-01-05T09:00:00Z")
    held = server.ctl("scavenge", "run")
    assert "clock-jumped" in zone_status(server)["holds"], "whoever runs looks at the clock"
    assert held.code == 6 and "approve clock" in held.err, held
    assert server.query(f"old.{ZONE}", "A").rcode() == 0
    assert "went forward by 365d" in server.rows("audit", "--event", "clock-step")[-1]["reason"]
    server.restart(clock="2027-01-05T09:30:00Z")
    assert zone_status(server)["holds"] == ["clock-jumped"], "a restart forgets nothing"
    assert server.ctl("scavenge", "run").code == 6
    assert server.query(f"old.{ZONE}", "A").rcode() == 0
    server.ctl_ok("scavenge", "approve", "clock")
    assert server.ctl("scavenge", "approve", "clock").code == 6
    assert server.rows("scavenge", "run")[0]["removed"] == 1


def test_whoever_sets_the_clock_may_approve_it_at_once(server):
    server.ctl_ok("audit", "set", "retention-age=none")
    for year in range(2027, 2032):
        server.ctl_ok("clock", "set", f"{year}-01-05T09:00:00Z")
        server.ctl_ok("scavenge", "approve", "clock")
        assert "clock-jumped" not in zone_status(server)["holds"]
    assert len(server.rows("audit", "--event", "clock-step")) == 5


def test_a_clock_that_was_put_right_again_deletes_nothing(server):
    server.ctl_ok("scavenge", "set", "period=1d")
    # A run looks at the clock by itself: the scavenger's thread has what others leave of the
    # processors, which may be nothing for a while.
    server.ctl_ok("clock", "set", "2027-01-05T09:00:00Z")
    assert server.ctl("scavenge", "run").code == 6
    assert "clock-jumped" in zone_status(server)["holds"]
    server.ctl_ok("clock", "set", "2026-01-05T09:01:00Z")
    assert server.ctl("scavenge", "run").code == 6
    assert len(server.rows("audit", "--event", "clock-step")) == 2
    assert server.query(f"old.{ZONE}", "A").rcode() == 0
    assert zone_status(server)["holds"] == ["not-yet-available"]
    server.ctl_ok("clock", "forward", "7d")
    server.ctl_ok("clock", "forward", "2m")
    assert zone_status(server)["holds"] == []


@pytest.mark.parametrize("words, code, said", [
    (["set", "schedule=Sun"], 2, "stands a time"), (["set", "schedule=Someday 03:00"], 2, "days"),
    (["set", "schedule=Sun 25:00"], 2, "stands a time"), (["set", "period=5s"], 2, "a minute"),
    (["set", "period=1d", "schedule=Sun 03:00"], 2, "one ends the other"),
    (["set", "default-aging=maybe"], 2, "off, on"), (["approve", "x"], 2, "not a run's number"),
    (["approve", "77"], 4, "no run 77"), (["cancel", "77"], 4, "no run 77"),
    (["approve", "clock"], 6, "holds nothing"), (["history", ZONE, "--limit", "0"], 2, "limit"),
])
def test_what_is_wrong_about_runs_and_schedules_is_said(server, words, code, said):
    answer = server.ctl("scavenge", *words)
    assert answer.code == code and said in answer.err, answer
