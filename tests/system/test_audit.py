# SPDX-License-Identifier: BSD-2-Clause
"""tenurectl audit: what happened, by whom, with filters."""
import csv
import json
import pathlib
import subprocess
import time

import pytest

from tenure import program, wait_until

ZONE = "corp.example"


@pytest.fixture
def server(tenured):
    one = tenured(clock="2026-01-05T09:00:00Z")
    one.zone(ZONE, "ns A 10.0.0.53", update="nonsecure")
    one.zone("other.example", "ns A 10.0.0.53")
    one.ctl_ok("clock", "set", "2026-01-06T09:00:00Z")
    for name in ("a", "b.a"):
        update = one.update(ZONE)
        update.add(name, 60, "A", "10.0.0.1")
        assert one.ask(update).rcode() == 0
    update = one.update("other.example")
    update.add("x", 60, "A", "10.0.0.1")
    assert one.ask(update).rcode() == 5
    wait_until(lambda: one.rows("audit", "--denied"), "the refusal is written, after its answer")
    return one


def events(server, *filters):
    return [row["event"] for row in server.rows("audit", *filters)]


def test_filters_narrow(server):
    assert events(server, "--name", f"a.{ZONE}") == ["record-register"]
    assert events(server, "--under", f"a.{ZONE}") == ["record-register"] * 2
    assert events(server, "--event", "519") == ["record-register"] * 2
    assert set(events(server, "--principal", "anonymous")) == {"record-register", "update-denied"}
    assert set(events(server, "--principal", "local:*", "--since", "2026-01-06")) == set()
    assert len(events(server, "--since", "2026-01-06", "--zone", ZONE)) == 2
    assert "zone-create" in events(server, "--until", "2026-01-05T10:00:00Z")
    assert events(server, "--denied") == ["update-denied"]
    assert events(server, "--limit", "1") == ["update-denied"], "the newest"
    assert {row["zone"] for row in server.rows("audit", "--zone", ZONE)} == {ZONE}


def test_an_event_says_who_from_where_and_what(server):
    row = server.rows("audit", "--name", f"a.{ZONE}")[0]
    assert row["principal"] == "anonymous" and row["source"].startswith("127.0.0.1@")
    assert (row["type"], row["data"], row["windows_id"]) == ("A", "10.0.0.1", 519)
    assert row["time"].startswith("2026-01-06T09:00:00")
    assert row["serial_after"] == row["serial_before"] + 1


def test_formats(server):
    table = server.ctl_ok("audit", "--zone", ZONE).splitlines()
    assert table[0].split()[:5] == ["TIME", "(UTC)", "SEQ", "EVENT", "NAME"]
    assert table[-1].startswith("2026-01-06 09:00:00")
    lines = server.ctl_ok("audit", "--format", "json").splitlines()
    assert all(json.loads(line)["seq"] for line in lines)
    assert lines == server.ctl_ok("audit", "--json").splitlines()


@pytest.mark.parametrize("words, said", [
    (["--event", "record-registre"], "did you mean 'record-register'?"),
    (["--since", "soon"], "soon"), (["--limit", "0"], "--limit"), (["--limit", "x"], "--limit"),
    (["--format", "xml"], "table, json"), (["--format", "table", "--json"], "--format"),
    (["--zone", "a..b"], "not a name"), (["extra"], "unknown command"),
    (["--prinzipal", "x"], "did you mean '--principal'?"),
])
def test_what_is_wrong_is_said(server, words, said):
    answer = server.ctl("audit", *words)
    assert answer.code == 2 and said in answer.err, answer


def test_follow_shows_what_comes(server):
    words = [program("tenurectl"), "--socket", server.socket, "audit", "--follow", "--json",
             "--limit", "1"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as tail:
        assert json.loads(tail.stdout.readline())["event"] == "update-denied"
        server.ctl_ok("key", "generate", "k")
        assert json.loads(tail.stdout.readline())["event"] == "key-create"
        server.ctl_ok("key", "del", "k")
        assert json.loads(tail.stdout.readline())["event"] == "key-delete"
        tail.terminate()
    wait_until(lambda: server.ctl("status").code == 0, "the server goes on")


def test_principals_are_chosen_by_patterns_in_csv_too(server):
    for pattern, wanted in (("anon*", {"anonymous"}), ("*", {"anonymous", "local:root", "system:server"}),
                            ("local:*", {"local:root"}), ("nobody*", set())):
        lines = server.ctl_ok("audit", "--principal", pattern, "--format", "csv").splitlines()
        rows = list(csv.DictReader(lines))
        assert lines[0].startswith("time,seq,event"), "the header is there for no rows, too"
        assert {row["principal"] for row in rows} == wanted, pattern
        assert len(rows) == len(server.rows("audit", "--principal", pattern))


def test_a_stop_ends_a_verification(tenured):
    one = tenured()
    one.zone(ZONE, *(f"n{i} A 10.1.{i // 250}.{i % 250}" for i in range(30000)))
    for turn in range(3):
        one.zone(f"z{turn}.example", *(f"n{i} A 10.1.{i // 250}.{i % 250}" for i in range(9000)))
    words = [program("tenurectl"), "--socket", one.socket, "audit", "verify"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True) as verify:
        time.sleep(0.05)
        one.stop()
        out, err = verify.communicate(timeout=20)
    assert "Traceback" not in err and (verify.returncode == 0) == ("whole" in out), (out, err)
    assert verify.returncode == 0 or err.startswith("tenurectl: audit verify: "), err
    one.start()
    assert "whole" in one.ctl_ok("audit", "verify")


def test_the_chain_verifies(server):
    assert "whole" in server.ctl_ok("audit", "verify")
    assert any(row["event"] == "record-register" for row in server.rows("audit", "events"))


def test_the_schema_names_every_event_and_its_number(server):
    page = pathlib.Path(__file__).parents[2] / "doc" / "audit-events.md"
    text = page.read_text()
    for row in server.rows("audit", "events"):
        assert row["event"] in text, row
        assert row["windows_id"] is None or str(row["windows_id"]) in text, row
