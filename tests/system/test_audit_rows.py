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
    assert changed(row) == {"max-records": ("100", "50")}
    assert row["new"]["created-at"] == "2026-01-05T09:00:00Z" and "available-at" not in row["new"]
    assert server.rows("audit")[-1]["rows"] == [row]
    exported = [json.loads(line) for line in server.ctl_ok("audit", "export").splitlines()]
    assert exported[-1]["rows"] == [row]
    assert ["zone", ZONE, "max-records", "100", "50"] in lines_of(
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


def revert(server, *words):
    done = server.ctl("audit", "revert", *map(str, words))
    return done


def setting(server, name):
    return json.loads(server.ctl_ok("zone", "show", ZONE, "--json"))[name]


def test_a_setting_is_taken_back(server):
    server.ctl_ok("zone", "set", ZONE, "max-records=50")
    seq = last(server)
    plan = server.rows("audit", "revert", str(seq), "--plan")
    assert (plan[0]["what"], plan[0]["name"], plan[0]["data"]) == (
        "set back", ZONE, "max-records: 50 -> 100")
    assert setting(server, "max_records") == 50, "a plan changes nothing"
    assert revert(server, seq).code == 0
    assert setting(server, "max_records") == 100
    event = server.rows("audit")[-1]
    assert event["kind"] == "restore" and event["reason"] == f"undoes entry {seq}" and event["run"]
    assert changed(event["rows"][0]) == {"max-records": ("50", "100")}
    assert revert(server, seq).code == 6, "there is nothing left to do"
    run = str(event["run"])
    assert revert(server, "--run", run).code == 0, "and the undoing is undone"
    assert setting(server, "max_records") == 50
    assert "whole" in server.ctl_ok("audit", "verify")


def test_another_field_is_no_conflict_and_the_same_one_is(server):
    server.ctl_ok("zone", "set", ZONE, "max-records=50")
    seq = last(server)
    server.ctl_ok("zone", "set", ZONE, "max-names=7")
    assert revert(server, seq).code == 0
    assert (setting(server, "max_records"), setting(server, "max_names")) == (100, 7)
    server.ctl_ok("zone", "set", ZONE, "max-records=60")
    seq = last(server)
    server.ctl_ok("zone", "set", ZONE, "max-records=70")
    conflict, = server.rows("audit", "revert", str(seq), "--plan")
    assert conflict["what"] == "conflict" and conflict["field"] == "max-records"
    assert conflict["in_the_way"] == last(server) and conflict["principal"] == "local:" + user()
    assert revert(server, seq).code != 0
    assert setting(server, "max_records") == 70


def user():
    import getpass
    return getpass.getuser()


def test_rules_groups_reservations_and_freezes_are_taken_back(server):
    server.ctl_ok("zone", "policy", "set", ZONE, input=RULES)
    first = last(server)
    server.ctl_ok("zone", "policy", "set", ZONE, input=NEWER)
    assert revert(server, last(server)).code == 0
    assert json.loads(server.ctl_ok("zone", "policy", "show", ZONE, "--json"))["text"] == RULES
    assert revert(server, first).code == 0
    assert json.loads(server.ctl_ok("zone", "policy", "show", ZONE, "--json"))["rules"] == 0
    server.ctl_ok("group", "create", "@web", "key:a", "key:b")
    made = last(server)
    server.ctl_ok("group", "add", "@web", "key:c")
    added = last(server)
    server.ctl_ok("group", "remove", "@web", "key:a")
    assert revert(server, added).code == 0, "another member is no conflict"
    assert [row["member"] for row in server.rows("group", "show", "@web")] == ["key:b"]
    assert revert(server, made).code != 0, "the group is not as it was made"
    server.ctl_ok("group", "del", "@web")
    assert revert(server, last(server)).code == 0
    assert [row["member"] for row in server.rows("group", "show", "@web")] == ["key:b"]
    server.ctl_ok("owner", "reserve", f"new.{ZONE}", "--for", "key:web")
    assert revert(server, last(server)).code == 0
    assert server.ctl("owner", "release", f"new.{ZONE}").code != 0, "it is not reserved"
    server.ctl_ok("zone", "freeze", ZONE)
    assert revert(server, last(server)).code == 0
    assert setting(server, "frozen") is False


def test_aging_that_comes_back_waits_for_a_refresh_window(server):
    server.ctl_ok("zone", "set", ZONE, "aging=on")
    server.ctl_ok("zone", "set", ZONE, "aging=off")
    server.ctl_ok("clock", "set", "2026-02-05T09:00:00Z")
    assert revert(server, last_of(server, "zone-setting")).code == 0
    assert setting(server, "aging") is True
    assert setting(server, "available_at").startswith("2026-02-12"), "not at once"


def last_of(server, event):
    return server.rows("audit", "--event", event)[-1]["seq"]


def test_settings_of_the_server_are_taken_back(server):
    server.ctl_ok("scavenge", "set", "period=1d")
    seq = last(server)
    server.ctl_ok("audit", "set", "retention-age=90d")
    retention = last(server)
    server.ctl_ok("bin", "set", "60d")
    assert revert(server, last(server)).code == 0
    server.ctl_ok("audit", "set", "retention-size=500M")
    assert revert(server, retention).code == 0
    shown = json.loads(server.ctl_ok("audit", "settings", "--json"))
    assert (shown["retention_age"], shown["retention_size"]) == (400 * 86400, 500 << 20)
    assert shown["bin"] == 14 * 86400
    server.ctl_ok("scavenge", "set", "outage-grace=2h")
    assert revert(server, seq).code == 0
    rows = {row["key"]: row for row in entry(server, last_of(server, "restore"))["rows"]}
    assert rows["scavenging"]["new"] == {"outage-grace": "2h"}
    assert "next" in rows["schedule"]["old"] and "next" not in rows["schedule"]["new"]


def test_what_somebody_did_is_taken_back_in_one_run(server):
    server.ctl_ok("clock", "set", "2026-01-06T09:00:00Z")
    server.ctl_ok("zone", "set", ZONE, "max-records=50", "max-rate=9")
    server.ctl_ok("record", "add", ZONE, "new", "60", "A", "10.0.0.9")
    server.ctl_ok("group", "create", "@web", "key:a")
    done = revert(server, "--principal", "local:" + user(), "--since", "2026-01-06T00:00:00Z")
    assert done.code == 0, done.err
    assert (setting(server, "max_records"), setting(server, "max_rate")) == (100, None)
    assert server.ctl("record", "show", f"new.{ZONE}").code == 4
    assert server.rows("group", "list") == []
    assert len({row["run"] for row in server.rows("audit", "--event", "restore")}) == 1


def test_a_zone_comes_back_with_what_was_reserved_in_it(server):
    server.ctl_ok("owner", "reserve", f"new.{ZONE}", "--for", "key:web")
    server.ctl_ok("zone", "policy", "set", ZONE, input=RULES)
    server.ctl_ok("zone", "del", ZONE, "--yes")
    assert "zone restore" in revert(server, last_of(server, "zone-delete")).err
    server.ctl_ok("zone", "restore", ZONE)
    assert json.loads(server.ctl_ok("zone", "policy", "show", ZONE, "--json"))["text"] == RULES
    server.ctl_ok("owner", "release", f"new.{ZONE}")
