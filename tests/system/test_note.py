# SPDX-License-Identifier: BSD-2-Clause
"""Notes of names and records: kept by backups, passed by by imports and other servers, never served."""
import shutil

import pytest

from tenure import program, run

ZONE = "corp.example"
TEXT = "Küche; \"ask\" Bea \\ $ORIGIN . %s"


@pytest.fixture
def noted(tenured):
    server = tenured()
    server.zone(ZONE, "ns A 10.0.0.1", "pc17 A 10.0.0.17", "pc17 TXT \"seen by all\"")
    server.ctl_ok("record", "note", ZONE, "pc17", TEXT, "--reason", "CHG-5")
    server.ctl_ok("record", "note", ZONE, "pc17", "moves", "--type", "A")
    server.ctl_ok("record", "note", ZONE, "later", "for the printer")
    return server


def notes(server):
    return sorted(((row["name"], row["type"], row["note"])
                   for row in server.rows("record", "notes")), key=str)


ALL = [(f"later.{ZONE}", None, "for the printer"), (f"pc17.{ZONE}", "A", "moves"),
       (f"pc17.{ZONE}", None, TEXT)]


def test_a_note_is_never_served(noted):
    assert noted.query(f"pc17.{ZONE}", "TXT").answer[0][0].to_text() == '"seen by all"'
    for name, kind in ((f"later.{ZONE}", "TXT"), (f"later.{ZONE}", "ANY")):
        answer = noted.query(name, kind)
        assert answer.rcode() == 3 and not answer.answer
    answer = noted.query(f"pc17.{ZONE}", "ANY").to_text()
    assert "moves" not in answer and "Bea" not in answer
    event = noted.rows("audit", "--event", "record-note", "--comment", "CHG-5")[0]
    assert TEXT in event["reason"] and event["rows"][0]["new"]["text"] == TEXT


@pytest.mark.parametrize("how", [[], ["--portable"]])
def test_a_backup_keeps_notes(noted, made, how):
    copy = noted.folder / "copy"
    noted.ctl_ok("backup", copy, *how)
    other = made()
    restored = run(program("tenurectl"), "restore", copy, "--data", other.data)
    assert restored.code == 0, restored
    other.start()
    assert notes(other) == ALL


def test_an_export_has_notes_as_comments_that_others_pass_by(noted):
    path = noted.folder / "out.zone"
    noted.ctl_ok("zone", "export", ZONE, path)
    text = path.read_text()
    assert f"; note of pc17.{ZONE}.: {TEXT}\n" in text
    assert f"; note of pc17.{ZONE}. A: moves\n" in text
    if shutil.which("named-checkzone"):
        checked = run("named-checkzone", ZONE, path)
        assert checked.code == 0, checked
    before = noted.rows("record", "list", ZONE)
    noted.ctl_ok("zone", "import", ZONE, path)
    assert [row["data"] for row in noted.rows("record", "list", ZONE)][1:] == \
        [row["data"] for row in before][1:]
    assert notes(noted) == ALL


def test_notes_go_and_come_back_by_the_log(noted):
    noted.ctl_ok("record", "note", ZONE, "pc17", "--remove")
    assert notes(noted) == ALL[:2]
    seq = noted.rows("audit", "--event", "record-note")[-1]["seq"]
    noted.ctl_ok("audit", "revert", str(seq))
    assert notes(noted) == ALL
    noted.ctl_ok("zone", "del", ZONE, "--yes")
    assert notes(noted) == []
    noted.ctl_ok("zone", "restore", ZONE)
    assert notes(noted) == ALL
