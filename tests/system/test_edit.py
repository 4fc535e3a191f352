# SPDX-License-Identifier: BSD-2-Clause
"""zone edit and record edit: records in the editor; nothing changes unless all is well."""
import os
import signal
import subprocess
import time

import pytest

from tenure import program
from test_ask import on_terminal

ZONE = "corp.example"


@pytest.fixture
def server(tenured, monkeypatch, tmp_path):
    one = tenured()
    one.zone(ZONE, "ns A 10.0.0.53", "www A 10.0.0.80", "www TXT old", "mail A 10.0.0.25",
             update="secure")
    one.kept = tmp_path / "it's a folder"
    one.kept.mkdir()
    monkeypatch.setenv("TMPDIR", str(one.kept))

    def editor(script):
        path = tmp_path / "editor"
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
        monkeypatch.setenv("VISUAL", f"{path} --option")
    one.editor = editor
    return one


def content(server):
    return sorted((row["name"], row["type"], row["data"], row["ttl"], row["owner"])
                  for row in server.rows("record", "list", ZONE) if row["type"] != "SOA")


def kept(server):
    return list(server.kept.iterdir())


def serial(server):
    return server.query(ZONE, "SOA").answer[0][0].serial


CHANGE = "sed -i 's/10.0.0.80/10.0.0.81/' \"$2\""


@pytest.mark.parametrize("words", [["zone", "edit", ZONE], ["record", "edit", ZONE, "www"]])
def test_what_is_edited_is_one_change(server, words):
    server.editor(CHANGE)
    before = serial(server)
    said = server.ctl_ok(*words, "--yes", "--reason", "CHG-1")
    assert "removed" in said and "10.0.0.80" in said and "10.0.0.81" in said
    assert serial(server) == before + 1 and not kept(server), "the file goes when it is done"
    assert server.rows("record", "list", ZONE, "www", "--type", "A")[0]["data"] == "10.0.0.81"
    server.ctl_ok("audit", "revert", str(server.last_change()))
    assert server.rows("record", "list", ZONE, "www", "--type", "A")[0]["data"] == "10.0.0.80"


def test_the_records_of_a_name_alone_are_shown(server):
    server.editor(f'cp "$2" "{server.folder}/seen"; echo "www 60 A 10.0.0.82" >>"$2"')
    server.ctl_ok("record", "edit", ZONE, "www", "--yes")
    seen = (server.folder / "seen").read_text()
    assert seen.count("www.corp.example.\t") == 2 and "mail." not in seen
    assert len(server.rows("record", "list", ZONE, "www")) == 3


@pytest.mark.parametrize("name", ["new", "new.corp.example", "new.corp.example.", "@"])
def test_a_name_is_written_as_elsewhere(server, name):
    server.editor("echo 'new.corp.example. 60 A 10.0.0.9' >>\"$2\"" if name != "@" else
                  "echo '@ 60 A 10.0.0.9' >>\"$2\"")
    server.ctl_ok("record", "edit", ZONE, name, "--yes")
    assert len(server.rows("record", "list", ZONE, name, "--type", "A")) == 1


def test_another_name_is_not_edited_by_the_way(server):
    server.editor("echo 'mail 60 A 10.0.0.9' >>\"$2\"")
    before = content(server)
    got = server.ctl("record", "edit", ZONE, "www", "--yes")
    assert got.code == 1 and "another name" in got.err and ":4:" in got.err
    assert content(server) == before and len(kept(server)) == 1


@pytest.mark.parametrize("script, code, said, is_kept", [
    ("exit 1", 1, "the editor failed: nothing was changed", True),
    ("kill -9 $$", 1, "the editor failed", True),
    ("true", 0, "nothing changed", False),
    ("echo '; only a comment' >>\"$2\"", 0, "nothing changed", False),
    ("echo 'x A 10.0.0.300' >>\"$2\"", 1, "not an IPv4 address", True),
    ("echo 'www CNAME mail' >>\"$2\"", 1, "CNAME", True),
    (": >\"$2\"", 1, "no SOA", True),
    ("rm \"$2\"", 1, "No such file", False),
    ("sed -i '/SOA/d' \"$2\"", 1, "no SOA", True),
])
def test_nothing_changes_where_something_is_wrong(server, script, code, said, is_kept):
    server.editor(script)
    before, was = content(server), serial(server)
    got = server.ctl("zone", "edit", ZONE, "--yes")
    assert got.code == code and said in got.out + got.err, got
    assert content(server) == before and serial(server) == was
    assert bool(kept(server)) == is_kept
    if is_kept:
        assert f"what was edited is kept in {kept(server)[0]}" in got.err


def test_a_fault_has_its_line_and_is_edited_again_on_a_terminal(server):
    server.editor("if [ -e \"$2.seen\" ]; then sed -i 's/300.300/10.9/' \"$2\"; rm \"$2.seen\"; "
                  "else echo 'x A 10.0.300.300' >>\"$2\"; touch \"$2.seen\"; fi")
    code, shown = on_terminal(server, "zone", "edit", ZONE, "--yes", answer="y")
    assert code == 0 and ":8:" in shown and "Edit again? [y/N]" in shown, shown
    assert server.rows("record", "list", ZONE, "x")[0]["data"] == "10.0.10.9"


def test_it_asks(server):
    server.editor(CHANGE)
    before = content(server)
    got = server.ctl("zone", "edit", ZONE)
    assert got.code == 3 and "--yes" in got.err and len(kept(server)) == 1
    code, shown = on_terminal(server, "zone", "edit", ZONE, answer="n")
    assert code == 3 and "1 records are added, 1 removed" in shown and content(server) == before
    code, shown = on_terminal(server, "zone", "edit", ZONE, answer="y")
    assert code == 0 and content(server) != before


def test_what_was_registered_meanwhile_stays(server):
    key = server.key(f"pc1.{ZONE}")
    socket, tool = server.socket, program("tenurectl")
    server.editor(f"{tool} --socket {socket} record add {ZONE} new A 10.0.0.9 --owner key:{key.name}"
                  f"\n{CHANGE}")
    said = server.ctl_ok("zone", "edit", ZONE, "--yes")
    assert "since the export stays (1 added" in said
    assert server.rows("record", "list", ZONE, "new")[0]["owner"] == f"key:{key.name}"
    # the same RRset is a conflict
    server.editor(f"{tool} --socket {socket} record set {ZONE} mail A 10.0.0.26\n"
                  "sed -i 's/10.0.0.25/10.0.0.27/' \"$2\"")
    got = server.ctl("zone", "edit", ZONE, "--yes")
    assert got.code == 3 and "mail.corp.example A" in got.err and len(kept(server)) == 1
    assert server.rows("record", "list", ZONE, "mail")[0]["data"] == "10.0.0.26"


def test_a_tenurectl_that_is_killed_changes_nothing(server):
    server.editor(f"{CHANGE}\ntouch {server.folder}/edited\nsleep 60")
    before = content(server)
    process = subprocess.Popen([program("tenurectl"), "zone", "edit", ZONE, "--yes", "--socket",
                                str(server.socket)], stderr=subprocess.PIPE, text=True,
                               start_new_session=True)
    end = time.monotonic() + 20
    while not (server.folder / "edited").exists() and time.monotonic() < end:
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGKILL)
    assert f"what is edited is in {kept(server)[0]}" in process.communicate()[1]
    assert content(server) == before and "10.0.0.81" in kept(server)[0].read_text()
    assert kept(server)[0].stat().st_mode & 0o777 == 0o600


def test_there_is_no_such_zone(server):
    server.editor("touch /nowhere/at/all")
    assert server.ctl("zone", "edit", "nowhere.example").code == 4
    assert server.ctl("record", "edit", ZONE, "a.example.").code == 2
    assert not kept(server)
