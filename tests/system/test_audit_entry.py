# SPDX-License-Identifier: BSD-2-Clause
"""tenurectl audit show, export, prune, set; CSV: entries whole, and how long they are kept."""
import csv
import io
import json

import pytest

from tenure import wait_until

ZONE = "corp.example"
FRAME = 256 << 10  # what one piece of the answer may take


@pytest.fixture
def server(tenured):
    one = tenured(clock="2026-01-05T09:00:00Z")
    one.zone(ZONE, "ns A 10.0.0.53", update="nonsecure")
    for day, address in ((6, "10.0.0.1"), (7, "10.0.0.2")):
        one.ctl_ok("clock", "set", f"2026-01-0{day}T09:00:00Z")
        update = one.update(ZONE)
        update.replace("pc1", 60, "A", address)
        assert one.ask(update).rcode() == 0
    return one


def last(server):
    return server.rows("audit")[-1]["seq"]


def last_update(server):
    return server.rows("audit", "--name", f"pc1.{ZONE}")[-1]["seq"]


def test_show_has_old_and_new_side_by_side(server):
    seq = str(last_update(server))
    text = server.ctl_ok("audit", "show", seq)
    lines = text.splitlines()
    assert lines[0].split() == ["entry", seq]
    row = next(line for line in lines if line.startswith("pc1.corp.example"))
    assert row.index("10.0.0.1 ttl 60") < row.index("10.0.0.2 ttl 60")
    assert any(line.startswith("previous-digest") for line in lines)


def test_show_json_is_the_entry_whole(server):
    seq = last_update(server)
    entry = json.loads(server.ctl_ok("audit", "show", str(seq), "--json"))
    before = json.loads(server.ctl_ok("audit", "show", str(seq - 1), "--json"))
    assert entry["previous_digest"] == before["digest"]
    assert entry["schema"] == 2 and entry["log"] == "changes" and entry["kind"] == "update" and entry["transport"] == "udp"
    assert [change["what"] for change in entry["changes"]] == ["removed", "added"]
    assert entry["changes"][0]["old"]["owner"] == "anonymous"


def test_show_says_what_is_not_there(server):
    for word, code, said in (("0", 2, "not the number"), ("x", 2, "not the number"),
                             ("99999", 4, "the log holds 1 to")):
        done = server.ctl("audit", "show", word)
        assert done.code == code and said in done.err, done.err


def test_source_and_run_filter(server):
    assert {row["source"].split("@")[0] for row in server.rows("audit", "--source", "127.0.0.1")} \
        == {"127.0.0.1"}
    assert len(server.rows("audit", "--source", "127.0.0.0/8")) == 3
    assert server.rows("audit", "--source", "::1") == []
    done = server.ctl("audit", "--source", "127.0.0.1/8")
    assert done.code == 2 and "source" in done.err
    run = server.rows("audit", "--zone", ZONE)[1]["run"]
    assert {row.get("run") for row in server.rows("audit", "--run", str(run))} == {run}


def test_time_words(server):
    server.ctl_ok("clock", "set", "2026-01-07T12:00:00Z")
    assert len(server.rows("audit", "--zone", ZONE, "--since", "today")) == 2
    assert len(server.rows("audit", "--zone", ZONE, "--since", "yesterday")) == 3
    assert len(server.rows("audit", "--zone", ZONE, "--since", "4h")) == 2
    assert len(server.rows("audit", "--zone", ZONE, "--since", "2026-01-07T10:00:00+01:00")) == 2
    assert len(server.rows("audit", "--zone", ZONE, "--since", "yesterday", "--until", "today")) == 1


def test_csv_is_for_spreadsheets(server):
    update = server.update(ZONE)
    update.add("evil", 60, "TXT", '"=cmd()" "a, b"')
    assert server.ask(update).rcode() == 0
    done = server.ctl("audit", "--zone", ZONE, "--format", "csv")
    assert done.code == 0
    rows = list(csv.DictReader(io.StringIO(done.out, newline="")))
    assert len(rows) == len(server.rows("audit", "--zone", ZONE))
    assert rows[-1]["name"] == "evil.corp.example" and rows[-1]["data"] == '"=cmd()" "a, b"'
    assert rows[-1]["new.ttl"] == "60" and rows[-1]["old.ttl"] == ""
    assert server.ctl("audit", "--format", "csv", "--json").code == 2


def test_export_holds_every_entry(server, tmp_path):
    path = tmp_path / "log.jsonl"
    said = json.loads(server.ctl_ok("audit", "export", str(path), "--json"))
    entries = [json.loads(line) for line in path.read_text().splitlines()]
    assert [entry["seq"] for entry in entries] == list(range(1, last(server) + 1))
    assert said["entries"] == len(entries)
    assert server.ctl_ok("audit", "export", str(path)) == f"{len(entries)} entries written\n"
    assert server.ctl_ok("audit", "export").splitlines() == path.read_text().splitlines()
    some = server.ctl_ok("audit", "export", "-", "--name", f"pc1.{ZONE}").splitlines()
    assert len(some) == 2
    done = server.ctl("audit", "export", str(tmp_path / "no" / "log"))
    assert done.code == 1 and not (tmp_path / "no").exists()


FILTERS = (
    ("--name", f"pc1.{ZONE}"),
    ("--name", f"nobody.{ZONE}"),
    ("--under", f"pc1.{ZONE}"),
    ("--under", ZONE),
    ("--event", "record-register"),
    ("--event", "519"),
    ("--event", "zone-delete"),
    ("--name", f"pc1.{ZONE}", "--event", "record-register"),
    ("--name", f"pc1.{ZONE}", "--event", "record-unregister"),
    ("--name", f"pc2.{ZONE}", "--event", "zone-create"),
    ("--zone", ZONE, "--until", "2026-01-05T09:30:00Z"),
)


@pytest.mark.parametrize("filters", FILTERS, ids=" ".join)
def test_an_export_holds_the_entries_that_audit_shows(server, filters):
    shown = sorted({row["seq"] for row in server.rows("audit", *filters)})
    lines = server.ctl_ok("audit", "export", *filters).splitlines()
    assert [json.loads(line)["seq"] for line in lines] == shown
    assert len(shown) < last(server), "the filter must leave something out"


def test_an_export_refuses_an_event_that_is_none(server):
    done = server.ctl("audit", "export", "--event", "record-regster")
    assert done.code == 2 and "did you mean 'record-register'" in done.err and not done.out


def test_an_entry_longer_than_a_piece_is_shown_whole(tenured):
    one = tenured()
    one.zone(ZONE, *(f"{'n' * 55}{i:05} A 10.0.{i // 250}.{i % 250}" for i in range(990)))
    entries = [json.loads(line) for line in one.ctl_ok("audit", "export").splitlines()]
    assert max(len(json.dumps(entry)) for entry in entries) > FRAME
    assert sum(len(entry["changes"]) for entry in entries) >= 990
    longest = max(entries, key=lambda entry: len(entry["changes"]))
    table = one.ctl_ok("audit", "show", str(longest["seq"]))
    assert len(table.splitlines()) > len(longest["changes"])


def test_prune_plans_then_prunes_and_the_rest_verifies(server):
    server.ctl_ok("clock", "set", "2026-02-05T09:00:00Z")
    server.ctl_ok("scavenge", "approve", "clock")
    plan = json.loads(server.ctl_ok("audit", "prune", "--before", "2026-01-06", "--json"))
    assert plan["entries"] > 0 and plan["last_at"].startswith("2026-01-05")
    assert server.rows("audit")[0]["seq"] == 1, "a plan changes nothing"
    done = json.loads(server.ctl_ok("audit", "prune", "--before", "2026-01-06", "--yes", "--json"))
    assert done == plan
    rows = server.rows("audit")
    assert rows[0]["seq"] == plan["last_seq"] + 1
    assert rows[-1]["event"] == "log-prune" and rows[-1]["principal"].startswith("local:")
    assert "whole" in server.ctl_ok("audit", "verify")
    gone = server.ctl("audit", "show", "1")
    assert gone.code == 4 and "pruned" in gone.err
    assert len(server.rows("audit", "--name", f"pc1.{ZONE}")) == 3, "its chain is there still"
    assert "no entry" in server.ctl_ok("audit", "prune", "--before", "2026-01-06", "--yes")
    server.restart()
    assert server.rows("audit")[0]["seq"] == plan["last_seq"] + 1
    assert "whole" in server.ctl_ok("audit", "verify")


def test_the_bin_keeps_its_entries_whatever_is_asked(server):
    server.ctl_ok("clock", "set", "2026-01-08T09:00:00Z")
    done = server.ctl("audit", "prune", "--keep", "1h", "--yes")
    assert done.code == 0 and "bin" in done.err and "no entry" in done.out
    assert server.rows("audit")[0]["seq"] == 1


def test_settings_of_retention(server):
    shown = json.loads(server.ctl_ok("audit", "settings", "--json"))
    assert (shown["retention_age"], shown["retention_size"]) == (400 * 86400, 10 << 30)
    assert shown["first_seq"] == 1 and shown["log_bytes"] > 0
    server.ctl_ok("audit", "set", "retention-age=90d", "retention-size=500M")
    shown = json.loads(server.ctl_ok("audit", "settings", "--json"))
    assert (shown["retention_age"], shown["retention_size"]) == (90 * 86400, 500 << 20)
    assert [row["reason"] for row in server.rows("audit", "--event", "server-setting")] == [
        "retention-age: 400d -> 90d", "retention-size: 10G -> 500M"]
    for wrong in ("retention-age=soon", "retention-age=0s", "retention-size=1", "age=1d"):
        assert server.ctl("audit", "set", wrong).code == 2, wrong
    server.ctl_ok("audit", "set", "retention-age=none")
    assert json.loads(server.ctl_ok("audit", "settings", "--json"))["retention_age"] is None


def test_retention_prunes_by_itself(server):
    server.ctl_ok("clock", "set", "2026-03-05T09:00:00Z")
    server.ctl_ok("audit", "set", "retention-age=57d")
    assert "no entry" in server.ctl_ok("audit", "prune"), "the clock may be wrong"
    server.ctl_ok("scavenge", "approve", "clock")
    wait_until(lambda: any(row["event"] == "log-prune" for row in server.rows("audit")),
               "the keeper pruned")
    rows = server.rows("audit")
    assert rows[0]["time"] > "2026-01-07", "older than 57 days is gone"
    assert rows[-1]["principal"] == "system:retention"
    assert "whole" in server.ctl_ok("audit", "verify")
