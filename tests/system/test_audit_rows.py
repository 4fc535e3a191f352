# SPDX-License-Identifier: BSD-2-Clause
"""Settings, rules, groups and reservations in the log: shown old and new, and taken back."""
import json

import pytest

ZONE = "corp.example"
RULES = "# who may\nallow key:dhcp claim\nallow key:web write at www\n"
NEWER = "# who may\nallow key:dhcp claim\nallow key:printer claim at printer\n"


@pytest.fixture
def server(tenured):
    one = tenured(clock="2026-01-05T09:00:00Z")
    one.zone(ZONE, "ns A 10.0.0.53", "www A 10.0.0.80", update="secure")
    return one


def last(server):
    return server.rows("audit")[-1]["seq"]


def entry(server, seq):
    return json.loads(server.ctl_ok("audit", "show", str(seq), "--json"))


def changed(row):
    old, new = row["old"] or {}, row["new"] or {}
    return {word: (old.get(word), new.get(word)) for word in {**old, **new}
            if old.get(word) != new.get(word)}


def lines_of(text):
    return [line.split() for line in text.splitlines()]


def test_a_setting_is_shown_old_and_new(server):
    server.ctl_ok("zone", "set", ZONE, "max-records=50")
    seq = last(server)
    row, = entry(server, seq)["rows"]
    assert (row["table"], row["key"]) == ("zone", ZONE)
    assert changed(row) == {"max-records": ("none", "50")}
    assert row["new"]["created-at"] == "2026-01-05T09:00:00Z" and "available-at" not in row["new"]
    assert server.rows("audit")[-1]["rows"] == [row]
    exported = [json.loads(line) for line in server.ctl_ok("audit", "export").splitlines()]
    assert exported[-1]["rows"] == [row]
    assert ["zone", ZONE, "max-records", "none", "50"] in lines_of(
        server.ctl_ok("audit", "show", str(seq)))


def test_rules_are_a_difference_line_by_line(server):
    server.ctl_ok("zone", "policy", "set", ZONE, input=RULES)
    server.ctl_ok("zone", "policy", "set", ZONE, input=NEWER)
    seq = last(server)
    row, = entry(server, seq)["rows"]
    assert (row["table"], row["key"]) == ("rules", ZONE)
    assert (row["old"]["text"], row["new"]["text"]) == (RULES, NEWER)
    lines = [line.strip() for line in server.ctl_ok("audit", "show", str(seq)).splitlines()]
    assert [line for line in lines if line[:2] in ("- ", "+ ")] == [
        "- allow key:web write at www", "+ allow key:printer claim at printer"]


def test_members_of_a_group_come_and_go(server):
    server.ctl_ok("group", "create", "@dhcp", "key:a")
    row, = entry(server, last(server))["rows"]
    assert row["old"] is None and row["key"] == "@dhcp" and row["new"]["member"] == ["key:a"]
    server.ctl_ok("group", "add", "@dhcp", "key:b")
    text = server.ctl_ok("audit", "show", str(last(server)))
    assert ["+", "key:b"] in lines_of(text) and ["+", "key:a"] not in lines_of(text)
    server.ctl_ok("group", "remove", "@dhcp", "key:a")
    assert ["-", "key:a"] in lines_of(server.ctl_ok("audit", "show", str(last(server))))


def test_a_reservation_is_a_row_with_its_whole_name(server):
    server.ctl_ok("owner", "reserve", f"new.{ZONE}", "--for", "key:web")
    row, = entry(server, last(server))["rows"]
    assert (row["table"], row["key"]) == ("reservation", f"new.{ZONE}")
    assert row["new"] == {"name": f"new.{ZONE}", "owner": "key:web"}


def test_no_secret_of_a_key_is_shown(server):
    server.ctl_ok("key", "generate", "web")
    secret = next(word.strip('";') for line in server.ctl_ok("key", "show", "web").splitlines()
                  for word in [line.split()[-1]] if line.strip().startswith("secret"))
    for text in (server.ctl_ok("audit", "export"), server.ctl_ok("audit", "show", str(last(server)))):
        assert secret not in text
