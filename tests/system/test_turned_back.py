# SPDX-License-Identifier: BSD-2-Clause
"""restore --to brings back rows of decided state too, by new entries: settings, rules, groups, ..."""
import json

import dns.rcode
import pytest

from tenure import program, run
from test_backup import export, moment, offline, restored, update

ZONE = "corp.example"
RULES = "allow key:web write at www\n"


def shown(server, zone=ZONE):
    row = server.rows("zone", "show", zone)[0]
    for name in ("serial", "available_at", "created_at"):
        row.pop(name)
    return row


def state_of(server):
    """All that was decided, but for runs and serials."""
    lines = server.ctl_ok("digest", "--lines").splitlines()
    left = [line for line in lines if not line.startswith(("run ", "server schedule", "key "))
            and " SOA " not in line]
    return [" ".join(word for word in line.split(" ") if not word.startswith("available-at="))
            for line in left]


def rules_of(server, zone=ZONE):
    return json.loads(server.ctl_ok("zone", "policy", "show", zone, "--json"))["text"]


@pytest.fixture
def office(tenured):
    server = tenured()
    server.zone(ZONE, "ns A 10.0.0.1", "www A 10.0.0.2", update="secure", policy="windows")
    server.kea, server.web = server.key("kea"), server.key("web")
    update(server, server.kea, ("add", "pc1", 300, "A", "10.1.0.1"))
    server.ctl_ok("zone", "policy", "set", ZONE, input=RULES)
    server.ctl_ok("owner", "reserve", f"boss.{ZONE}", "--for", "key:web")
    server.ctl_ok("group", "create", "@dhcp", "key:kea", "key:kea-2", "--acting")
    server.ctl_ok("zone", "set", ZONE, "max-records=50", "notify=127.0.0.9 key web")
    server.ctl_ok("audit", "set", "retention-age=90d")
    server.ctl_ok("zone", "freeze", ZONE)
    return server


def break_all(server):
    server.ctl_ok("zone", "thaw", ZONE)
    server.ctl_ok("zone", "policy", "set", ZONE, "--yes", input="")
    server.ctl_ok("owner", "release", f"boss.{ZONE}")
    server.ctl_ok("owner", "reserve", f"evil.{ZONE}", "--for", "key:kea")
    server.ctl_ok("group", "remove", "@dhcp", "key:kea-2")
    server.ctl_ok("group", "create", "@evil", "key:evil")
    server.ctl_ok("zone", "set", ZONE, "max-records=none", "notify=none", "update=nonsecure")
    server.ctl_ok("audit", "set", "retention-age=30d")
    server.ctl_ok("bin", "set", "1d")
    server.ctl_ok("scavenge", "set", "period=1d", "outage-grace=2h")
    server.ctl_ok("key", "disable", "web")
    server.ctl_ok("record", "del", ZONE, "www", "--yes")
    server.ctl_ok("zone", "add", "later.example")
    server.ctl_ok("owner", "reserve", "kept.later.example", "--for", "key:kea")


def backup_of(server):
    file = server.folder / "backup"
    server.ctl_ok("backup", file, "--with-store-key")
    return file


def end_well(server):
    assert server.ctl("audit", "verify").code == 0, server.ctl("audit", "verify").err
    server.stop()
    assert "all good" in offline("check", server.data).out
    assert offline("check", server.data, "--replay").code == 0


def turned_back(server):
    """What a restore changed; beside that an entry names the backup."""
    return [e for e in server.rows("audit") if e.get("principal") == "local:restore" and "run" in e]


def test_rows_come_back_as_they_were(office, made):
    before, settings, then = state_of(office), shown(office), moment()
    break_all(office)
    other, answer = restored(made, office, backup_of(office), "--to", then)
    assert [line for line in state_of(other) if not line.startswith("deleted-zone ")] == before
    assert shown(other) == settings and settings["frozen"] is True
    assert rules_of(other) == RULES
    assert [row["member"] for row in other.rows("group", "show", "@dhcp")] == ["key:kea", "key:kea-2"]
    assert [row["group"] for row in other.rows("group", "list")] == ["@dhcp"]
    assert json.loads(other.ctl_ok("audit", "settings", "--json"))["retention_age"] == 90 * 86400
    assert json.loads(other.ctl_ok("audit", "settings", "--json"))["bin"] == 14 * 86400
    assert [key["disabled"] for key in other.rows("key", "list")] == [False, False]
    assert "later.example: was made later, and is deleted" in answer.out
    assert len({e["run"] for e in turned_back(other)}) == 1, "one run"
    # What was made later can be brought back, with what was in it.
    other.ctl_ok("zone", "restore", "later.example")
    assert 'reservation later.example kept.later.example' in other.ctl_ok("digest", "--lines")
    # A frozen zone stays so, and a name that was kept is kept.
    request = other.update(ZONE, office.kea)
    request.add("boss", 60, "A", "10.6.6.6")
    assert other.ask(request).rcode() == dns.rcode.REFUSED
    other.ctl_ok("zone", "thaw", ZONE)
    request = other.update(ZONE, office.kea)
    request.add("boss", 60, "A", "10.6.6.6")
    assert other.ask(request).rcode() == dns.rcode.REFUSED
    end_well(other)


def test_secrets_do_not_come_back_and_it_is_said(office, made):
    then = moment()
    office.ctl_ok("key", "del", "web", "--yes")
    office.ctl_ok("key", "rotate", "kea")
    office.ctl_ok("key", "disable", "kea")
    office.ctl_ok("key", "generate", "late")
    other, answer = restored(made, office, backup_of(office), "--to", then)
    assert "key web: was deleted since, and its secret is not brought back: generate a new one" \
        in answer.out
    assert "key kea: its secret was replaced or sealed anew since, and stays" in answer.out
    assert "key late: was made later, and stays: disable or delete it" in answer.out
    assert f"zone {ZONE}: its setting notify names a key that is not here" in answer.out
    assert {key["name"]: key["disabled"] for key in other.rows("key", "list")} == {
        "kea": False, "late": False}
    assert other.ctl_ok("key", "show", "kea") == office.ctl_ok("key", "show", "kea")
    end_well(other)


def test_a_deleted_zone_comes_back_with_its_rows(office, made):
    office.ctl_ok("zone", "thaw", ZONE)
    records, settings, then = export(office, ZONE), shown(office), moment()
    office.ctl_ok("zone", "set", ZONE, "max-records=7")
    office.ctl_ok("zone", "policy", "set", ZONE, "--yes", input="")
    office.ctl_ok("zone", "del", ZONE, "--yes")
    other, _ = restored(made, office, backup_of(office), "--to", then)
    assert export(other, ZONE) == records and shown(other) == settings
    assert rules_of(other) == RULES
    request = other.update(ZONE, office.kea)
    request.add("boss", 60, "A", "10.6.6.6")
    assert other.ask(request).rcode() == dns.rcode.REFUSED, "it is reserved for another"
    update(other, office.web, ("add", "boss", 60, "A", "10.6.6.6"))
    end_well(other)


def test_a_zone_that_was_made_anew_gives_way_to_the_one_of_then(office, made):
    office.ctl_ok("zone", "thaw", ZONE)
    records, settings, then = export(office, ZONE), shown(office), moment()
    office.ctl_ok("zone", "del", ZONE, "--yes")
    office.ctl_ok("zone", "add", ZONE, "update=nonsecure")
    for i in range(5):
        office.ctl_ok("record", "add", ZONE, f"new{i}", "A", "10.7.7.7")
    serial = office.rows("zone", "list")[0]["serial"]
    new = moment()
    other, answer = restored(made, office, backup_of(office), "--to", then)
    assert f"{ZONE}: was deleted and made anew since: the one of then comes back" in answer.out
    assert export(other, ZONE) == records and shown(other) == settings
    assert rules_of(other) == RULES
    assert other.rows("zone", "list")[0]["serial"] > serial, "secondaries follow"
    # Each of the two is found at its time, and the one that went can be looked at.
    rows = other.rows("record", "show", f"new3.{ZONE}", "--at", new)
    assert [row["data"] for row in rows] == ["10.7.7.7"]
    rows = other.rows("record", "show", f"www.{ZONE}", "--at", then)
    assert [row["data"] for row in rows] == ["10.0.0.2"]
    assert other.ctl("record", "show", f"new3.{ZONE}").code == 4
    # The first zone's past stands around the other's, oldest first.
    for name in (ZONE, f"ns.{ZONE}", f"www.{ZONE}"):
        rows = other.rows("history", name)
        assert [row["seq"] for row in rows] == sorted(row["seq"] for row in rows), name
    made = [row["seq"] for row in rows if row["event"].startswith("record-")]
    assert len(made) >= 2
    # The one that came back is deleted again: that is what `zone restore` means.
    other.ctl_ok("zone", "del", ZONE, "--yes")
    other.ctl_ok("zone", "restore", ZONE)
    assert export(other, ZONE) == records
    end_well(other)


def test_what_is_as_it_was_makes_no_entry(office, made):
    seq, then = office.rows("audit")[-1]["seq"], moment()
    other, answer = restored(made, office, backup_of(office), "--to", then)
    later = [e for e in other.rows("audit") if e["seq"] > seq + 1]
    assert [e.get("subject") for e in later if "the serial goes ahead" not in e.get("reason", "")] == ["backup"]
    assert not turned_back(other)
    assert "all is as it was then" in answer.out
    end_well(other)


def test_what_was_turned_back_is_turned_back_again(office, made):
    """To the moment before the first restore: its run is undone by another."""
    then = moment()
    break_all(office)
    other, _ = restored(made, office, backup_of(office), "--to", then)
    assert shown(other)["max_records"] == 50
    run = turned_back(other)[-1]["run"]
    other.ctl_ok("audit", "revert", "--run", run)
    assert shown(other)["max_records"] is None and rules_of(other) == ""
    assert {g["group"] for g in other.rows("group", "list")} == {"@dhcp", "@evil"}
    end_well(other)


def test_a_restore_that_fails_leaves_nothing(office, tmp_path):
    backup, new, empty = backup_of(office), tmp_path / "new", tmp_path / "empty"
    empty.mkdir(mode=0o700)
    for folder in (new, empty):
        answer = run(program("tenurectl"), "restore", backup, "--data", folder, "--to", "seq:9999")
        assert answer.code == 1 and "after entry 9999" in answer.err
    assert not new.exists() and not list(empty.iterdir())
    assert run(program("tenurectl"), "restore", backup, "--data", empty, "--to", "seq:3").code == 0
    assert (empty / "data.mdb").exists()
