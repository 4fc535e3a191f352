# SPDX-License-Identifier: BSD-2-Clause
"""scavenge plan: now, later, with other windows, if aging were on; by age and by owner."""
import os
import subprocess

import pytest
import tenure

ZONE = "corp.example"
FILE = """\
@ 3600 IN SOA ns1 hostmaster 7 900 300 86400 300
@ 3600 NS ns1
ns1 3600 A 10.0.0.53
gone 1200 A 10.0.0.1 ; tenure owner=key:kea-1 stamp=2025-12-01T00:00:00Z class=dynamic
old 1200 A 10.0.0.2 ; tenure owner=key:kea-1 stamp=2026-01-01T00:00:00Z class=dynamic
new 1200 A 10.0.0.3 ; tenure owner=gss:NEW$@CORP.EXAMPLE stamp=2026-01-14T00:00:00Z class=dynamic
tf 1200 A 10.0.0.4 ; tenure owner=key:tf stamp=2025-12-01T00:00:00Z class=pinned
mail 1200 MX 1 new ; tenure owner=key:kea-2 stamp=2025-12-01T00:00:00Z class=dynamic
"""


@pytest.fixture
def server(tenured):
    server = tenured(clock="2026-01-16T00:00:00Z")
    path = server.folder / "plan.zone"
    path.write_text(FILE)
    server.ctl_ok("zone", "add", ZONE, "--file", path, "update=nonsecure", "keep-types=MX")
    return server


def plan(server, *words):
    return [row["name"].removesuffix(f".{ZONE}") for row in server.rows("scavenge", "plan", *words)]


def test_a_row_says_whose_how_old_since_when_and_why(server):
    server.ctl_ok("zone", "set", ZONE, "aging=on", "--yes")
    row = server.rows("scavenge", "plan", ZONE, "--at", "2026-02-01")[0]
    assert (row["name"], row["owner"], row["stale_at"]) == (f"gone.{ZONE}", "key:kea-1",
                                                            "2025-12-15T00:00:01Z")
    assert row["age"] == 62 * 86400 and row["holds"] == []
    assert row["reason"] == "not refreshed for longer than no-refresh 7d and refresh 7d"


@pytest.mark.parametrize("words, names", [
    ([], ["gone", "old"]),
    (["--at", "2026-01-15T00:00:00Z"], ["gone"]),
    (["--at", "2026-01-15T00:00:01Z"], ["gone", "old"]),
    (["--at", "12d"], ["gone", "old"]),
    (["--at", "13d"], ["gone", "old", "new"]),
    (["--no-refresh", "1d", "--refresh", "1d"], ["gone", "old"]),
    (["--no-refresh", "1d", "--refresh", "23h"], ["gone", "old", "new"]),
    (["--no-refresh", "20d", "--refresh", "20d"], ["gone"]),
])
def test_a_plan_is_for_a_moment_and_for_windows(server, words, names):
    assert plan(server, ZONE, *words) == names
    assert plan(server, *words) == names, "all zones"


def test_a_zone_that_does_not_age_says_so_and_what_would_if_it_did(server):
    said = server.ctl_ok("scavenge", "plan", ZONE).splitlines()[-1]
    assert "2 records stale" in said and "aging is off" in said and "--enable" in said
    rows = server.rows("scavenge", "plan", ZONE, "--enable")
    # Nothing before a refresh window has passed: 2026-01-23 is not later than it, a second on is.
    assert [(r["name"].split(".")[0], r["goes_at"]) for r in rows] == [
        ("gone", "2026-01-23T00:00:01Z"), ("old", "2026-01-23T00:00:01Z"),
        ("new", "2026-01-28T00:00:01Z")]
    said = server.ctl_ok("scavenge", "plan", ZONE, "--enable").splitlines()[-1]
    assert said == ("3 records would go unless refreshed, the first 2 at 2026-01-23T00:00:01Z; "
                    "3 static, 1 pinned and 1 of kept types would not age")
    assert plan(server, ZONE, "--enable", "--at", "2026-01-23T00:00:00Z") == []
    assert plan(server, ZONE, "--enable", "--at", "2026-01-23T00:00:01Z") == ["gone", "old"]
    assert plan(server, ZONE, "--enable", "--refresh", "1d") == ["gone", "old", "new"]
    assert server.rows("zone", "show", ZONE)[0]["aging"] is False, "a plan changes nothing"


def test_what_is_supposed_of_aging_comes_true(server):
    rows = server.rows("scavenge", "plan", ZONE, "--enable")
    server.ctl_ok("zone", "set", ZONE, "aging=on", "--yes")
    shown = server.rows("zone", "show", ZONE)[0]
    assert shown["available_at"] == "2026-01-23T00:00:00Z"
    assert [r["goes_at"] for r in rows] == [
        r["goes_at"] for r in server.rows("scavenge", "plan", ZONE, "--enable")]


def test_a_summary_by_owner_counts_the_largest_first(server):
    rows = server.rows("scavenge", "plan", ZONE, "--at", "30d", "--by-owner")
    assert [(r["owner"], r["records"]) for r in rows] == [("key:kea-1", 2),
                                                          ("gss:NEW$@CORP.EXAMPLE", 1)]
    assert rows[0]["oldest_stamp"] == "2025-12-01T00:00:00Z"


def test_a_histogram_counts_each_dynamic_record_once(server):
    rows = server.rows("scavenge", "plan", ZONE, "--histogram")
    assert sum(r["records"] for r in rows) == 3
    assert {(r["age_from"], r["records"]) for r in rows if r["records"]} == {
        (86400, 1), (14 * 86400, 1), (21 * 86400, 1)}
    assert rows[-1]["age_to"] is None
    assert [r["phase"] for r in rows] == ["no-refresh"] * 7 + ["refresh"] * 7 + ["stale"] * 8
    later = server.rows("scavenge", "plan", ZONE, "--histogram", "--at", "30d")
    assert later[-1]["records"] == 3


@pytest.mark.parametrize("columns", ["40", "80", "132", None])
def test_a_histogram_fits_the_terminal(server, columns):
    env = {k: v for k, v in os.environ.items() if k != "COLUMNS"}
    if columns:
        env["COLUMNS"] = columns
    done = subprocess.run([tenure.program("tenurectl"), "--data", server.data, "scavenge", "plan",
                           ZONE, "--histogram"], capture_output=True, text=True, env=env,
                          check=True)
    lines = done.stdout.splitlines()
    width = int(columns or 80)
    assert max(len(line) for line in lines[:-1]) == width
    assert any(line.startswith("--- 7d: ") for line in lines)
    assert any(line.startswith("--- 14d: stale") for line in lines)
    assert len(lines) <= 28


def test_a_plan_is_by_age_or_by_owner(server):
    answer = server.ctl("scavenge", "plan", ZONE, "--histogram", "--by-owner")
    assert answer.code == 2 and "only one of them" in answer.err
    assert server.ctl("scavenge", "plan", "crop.example", "--histogram").code == 4


def test_a_plan_foresees_the_brake(server):
    """What a run then says, word for word."""
    server.ctl_ok("zone", "set", ZONE, "aging=on", "max-count=1", "--yes")
    answer = server.ctl("scavenge", "plan", ZONE, "--at", "8d")
    assert answer.code == 0 and "the brake would hold the run: it would remove 2 records" in answer.err
    assert "a run would remove nothing" in answer.out
    server.ctl_ok("zone", "set", ZONE, "max-count=2")
    answer = server.ctl("scavenge", "plan", ZONE, "--at", "8d")
    assert "brake" not in answer.err and "a run would remove nothing" not in answer.out
