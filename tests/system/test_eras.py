# SPDX-License-Identifier: BSD-2-Clause
"""A log whose clock was set forward and back: what is looked for by time, and brought back."""
import pytest

from tenure import program, run

ZONE = "corp.example"


def address(server, *words):
    """pc1's, and what was said of the time."""
    answer = server.ctl("record", "show", "pc1." + ZONE, "--json", *words)
    assert answer.code == 0, answer.err
    return answer.rows()[0]["data"], answer.err


def put(server, last):
    if last > 1:
        server.ctl_ok("record", "del", ZONE, "pc1", "A")
    server.ctl_ok("record", "add", ZONE, "pc1", "300", "A", f"10.0.0.{last}")


@pytest.fixture
def server(tenured):
    """pc1 is .1 at 9:00 and .2 at 10:00; by a clock two hours ahead .3 at 12:00 and .4 at 12:30; by
    the right one .5 at 10:30 and .6 at 12:10. It is 13:10."""
    one = tenured(clock="2026-01-05T09:00:00Z")
    one.zone(ZONE, "ns A 10.0.0.53", update="secure", aging="on")
    put(one, 1)
    one.early = one.folder / "early"
    one.ctl_ok("backup", one.early, "--with-store-key")
    one.ctl_ok("clock", "forward", "1h")
    put(one, 2)
    one.ctl_ok("clock", "set", "2026-01-05T12:00:00Z")
    put(one, 3)
    one.ctl_ok("clock", "forward", "30m")
    put(one, 4)
    one.ctl_ok("clock", "set", "2026-01-05T10:30:00Z")
    put(one, 5)
    one.ctl_ok("clock", "forward", "100m")
    put(one, 6)
    one.ctl_ok("clock", "forward", "1h")
    return one


def test_a_moment_is_of_the_later_era_and_that_is_said(server):
    for at, last, is_twice in (("09:30", 1, False), ("10:10", 2, False), ("10:45", 5, False),
                               ("12:05", 5, True), ("12:20", 6, True), ("12:40", 6, False)):
        data, said = address(server, "--at", f"2026-01-05T{at}:00Z")
        assert data == f"10.0.0.{last}", at
        assert ("of era 2, and not in entries" in said) == is_twice, said
    steps = server.rows("audit", "--event", "clock-step")
    assert len(steps) == 2
    assert "era" not in steps[0] and steps[1]["era"] == 2
    assert address(server, "--at", f"seq:{steps[1]['seq'] - 1}")[0] == "10.0.0.4"
    digest = server.ctl_ok("digest", "--at", "2026-01-05T12:05:00Z")
    assert digest == server.ctl_ok("digest", "--at", f"seq:{steps[1]['seq'] + 2}")


def test_a_span_of_the_audit_trail_is_looked_for_in_every_era(server):
    words = ["--name", "pc1." + ZONE, "--since", "2026-01-05T12:00:00Z"]
    answer = server.ctl("audit", "--json", *words, "--until", "2026-01-05T12:15:00Z")
    assert [row["data"] for row in answer.rows() if row["event"] == "record-create"] == [
        "10.0.0.3", "10.0.0.6"]
    assert "the clock was set back at entry" in answer.err
    rows = server.rows("history", "pc1." + ZONE, *words[2:])
    assert [row["data"] for row in rows if row["event"] == "record-create"] == [
        "10.0.0.3", "10.0.0.4", "10.0.0.6"]
    exported = server.ctl("audit", "export", *words, "--until", "2026-01-05T12:15:00Z")
    assert len(exported.out.splitlines()) == 4
    assert server.ctl("audit", "verify").code == 0


def test_what_was_done_since_is_reverted_by_the_later_era(server):
    words = ["audit", "revert", "--principal", "local:*", "--since", "2026-01-05T12:05:00Z"]
    answer = server.ctl(*words, "--plan")
    assert answer.code == 0 and "of era 2, and not in entries" in answer.err, answer
    server.ctl_ok(*words)
    assert address(server)[0] == "10.0.0.5"


def test_what_the_clock_that_was_ahead_wrote_lies_within_a_span_of_the_right_one(server):
    server.ctl_ok("audit", "revert", "--principal", "local:*", "--since", "2026-01-05T10:15:00Z",
                  "--until", "2026-01-05T13:00:00Z")
    assert address(server)[0] == "10.0.0.2"


@pytest.mark.parametrize("from_log", [False, True])
@pytest.mark.parametrize("at, last, is_twice", [
    ("10:10", 2, False), ("10:45", 5, False), ("12:05", 5, True), ("12:20", 6, True)])
def test_a_store_goes_back_to_a_time_of_the_later_era(server, made, from_log, at, last, is_twice):
    file, words = server.folder / "backup", []
    if from_log:
        file, words = server.early, ["--log-of", server.data]
    else:
        server.ctl_ok("backup", file, "--with-store-key")
    server.stop()
    other = made(clock="2026-01-05T13:20:00Z")
    answer = run(program("tenurectl"), "restore", file, "--data", other.data, "--to",
                 f"2026-01-05T{at}:00Z", *words)
    assert answer.code == 0, answer.err
    assert ("of era 2, and not in entries" in answer.err) == is_twice, answer.err
    other.start()
    assert address(other)[0] == f"10.0.0.{last}"
    assert other.ctl("audit", "verify").code == 0


def test_a_clock_behind_the_log_waits_for_it_or_for_a_word(server):
    server.restart(clock="1970-01-01T00:05:00Z")
    put(server, 7)
    entry = server.rows("audit", "--limit", "1")[0]
    assert entry["time"].startswith("2026-01-05T1"), entry
    assert server.rows("status")[0]["clock_behind"] is True
    answer = server.ctl("scavenge", "status")
    assert "the clock is behind the log" in answer.out, answer.out
    server.restart(clock="2026-01-05T13:11:00Z")
    put(server, 8)
    assert server.rows("audit", "--limit", "1")[0]["time"].startswith("2026-01-05T13:11:00")
    assert server.rows("status")[0]["clock_behind"] is False


def test_a_stamp_of_the_clock_that_was_ahead_comes_back_as_what_it_counts_as(tenured, made):
    one = tenured(clock="2026-01-05T09:00:00Z")
    one.zone(ZONE, "ns A 10.0.0.53", update="secure", aging="on")
    one.ctl_ok("clock", "set", "2026-01-05T12:00:00Z")
    one.ctl_ok("record", "add", ZONE, "pc9", "300", "A", "10.0.0.9", "--class", "dynamic")
    one.ctl_ok("clock", "set", "2026-01-05T10:30:00Z")
    one.ctl_ok("clock", "forward", "5m")
    one.ctl_ok("record", "del", ZONE, "pc9")
    deleted = one.rows("audit", "--limit", "1")[0]["seq"]
    file = one.folder / "backup"
    one.ctl_ok("backup", file, "--with-store-key")

    def stamp(server):
        shown = server.rows("record", "show", "pc9." + ZONE)[0]["stamp"]
        lines = server.ctl_ok("digest", "--lines").splitlines()
        stored = next(line for line in lines if " pc9." in line and line.startswith("record "))
        return shown, int(stored.split("stamp=")[1].split()[0]) % 86400

    right = ("2026-01-05T10:30:00Z", 10 * 3600 + 1800)
    one.ctl_ok("audit", "revert", deleted)
    assert stamp(one) == right
    other = made(clock="2026-01-05T10:40:00Z")
    answer = run(program("tenurectl"), "restore", file, "--data", other.data, "--to",
                 "2026-01-05T10:32:00Z")
    assert answer.code == 0, answer.err
    other.start()
    assert stamp(other) == right
