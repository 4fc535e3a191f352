# SPDX-License-Identifier: BSD-2-Clause
"""Secondaries that are ahead of a backup follow what is restored from it, without a word from anybody."""
import re
import shlex
import shutil

import pytest

from secondaries import Knotd, Named
from test_backup import moment, offline
from test_ixfr import change
from test_secondaries import ZONE, expect_the_same, followers, primary_of, serial_of, tell  # noqa: F401

PADDING = [f"pad{i} TXT {'x' * 60}" for i in range(100)]


def backed_up(server, folder, *options):
    file = folder / "backup"
    server.ctl_ok("backup", file, "--with-store-key", *options)
    return file


def put_back(server, file, *words):
    """The primary's own store, restored in its place and started again: whoever follows stays where it is."""
    server.stop()
    wrong = server.data.with_name("wrong")
    server.data.rename(wrong)
    answer = offline("restore", server.data, file, *[str(word).replace("WRONG", str(wrong)) for word in words])
    assert answer.code == 0, answer.err
    server.start()
    return answer


def step_of(server, was):
    return (serial_of(server) - was) % 2**32


@pytest.mark.parametrize("kind", [Named, Knotd], ids=lambda kind: kind.program)
@pytest.mark.parametrize("options", [[], ["--portable"], ["--portable", "--without-keys"]],
                         ids=lambda options: "".join(options) or "copy")
def test_a_secondary_that_was_ahead_follows_by_itself(tenured, followers, kind, options):  # noqa: F811
    server = tenured()
    server.no_replay = "its log begins in a backup"
    key = primary_of(server, *PADDING)
    keyless = "--without-keys" in options
    secondaries = followers(server, key, kind)
    tell(server, secondaries)
    change(server, "add a 60 A 10.0.0.1")
    if keyless:
        file = server.folder / "backup"
        server.ctl_ok("backup", file, *options)
    else:
        file = backed_up(server, server.folder, *options)
    was = serial_of(server)
    change(server, "add lost 60 A 10.0.0.2", "add lost 60 A 10.0.0.3")
    expect_the_same(server, secondaries, key)
    assert secondaries[0].serial(ZONE) == was + 2
    answer = put_back(server, file)
    assert "the serial of each zone went ahead by 10" in answer.out
    if keyless:
        server.ctl_ok("key", "import", key.path)
    # As many changes as were lost, so that without a step the serials would be the same now.
    change(server, "add b 60 A 10.0.0.4", "add c 60 A 10.0.0.5")
    assert 2**20 + 2 <= step_of(server, was) < 2**30
    expect_the_same(server, secondaries, key)
    change(server, "add d 60 A 10.0.0.6")
    expect_the_same(server, secondaries, key)


def test_a_restore_to_a_time_moves_serials_before_it_turns_back(tenured, followers):  # noqa: F811
    """What the restore writes has no serial that the broken store may have given to something else."""
    server = tenured()
    server.no_replay = "its log begins in a backup"
    key = primary_of(server, *PADDING)
    secondaries = followers(server, key, Named)
    tell(server, secondaries)
    then = moment()
    change(server, "add wrong 60 A 10.0.0.1")
    file, was = backed_up(server, server.folder), serial_of(server)
    change(server, "add lost 60 A 10.0.0.2")
    expect_the_same(server, secondaries, key)
    put_back(server, file, "--to", then)
    assert step_of(server, was) > 2**20
    expect_the_same(server, secondaries, key)
    assert server.ctl("record", "show", f"wrong.{ZONE}").code == 4


def test_a_zone_that_comes_back_by_it_is_ahead_too(tenured, made):
    server = tenured()
    server.zone(ZONE, update="nonsecure")
    change(server, "add a 60 A 10.0.0.1")
    was, then = serial_of(server), moment()
    server.ctl_ok("zone", "del", ZONE, "--yes")
    file = backed_up(server, server.folder)
    server.no_replay = "its log begins in a backup"
    put_back(server, file, "--to", then)
    assert step_of(server, was) > 2**20


def test_serials_stay_where_the_whole_log_was_done_again(tenured):
    server = tenured()
    server.zone(ZONE, update="nonsecure")
    file = backed_up(server, server.folder)
    change(server, "add a 60 A 10.0.0.1", "add b 60 A 10.0.0.2")
    was = serial_of(server)
    answer = put_back(server, file, "--log-of", "WRONG")
    assert "went ahead" not in answer.out
    assert step_of(server, was) == 0


def test_serials_go_ahead_where_the_log_was_done_again_up_to_a_time(tenured):
    server = tenured()
    server.no_replay = "what came later is given up"
    server.zone(ZONE, update="nonsecure")
    file = backed_up(server, server.folder)
    change(server, "add a 60 A 10.0.0.1")
    was, then = serial_of(server), moment()
    change(server, "add b 60 A 10.0.0.2")
    put_back(server, file, "--log-of", "WRONG", "--to", then)
    assert step_of(server, was) >= 2**20


def test_two_restores_of_one_backup_never_give_a_serial_twice(tenured):
    """The step grows by the time since the backup."""
    server = tenured(clock="2026-01-05T09:00:00Z")
    server.no_replay = "its log begins in a backup"
    server.zone(ZONE, update="nonsecure")
    file = backed_up(server, server.folder)
    put_back(server, file)
    change(server, "add a 60 A 10.0.0.1", "add b 60 A 10.0.0.2")
    first = serial_of(server)
    moment()  # a second later at least
    server.data.with_name("wrong").rename(server.data.with_name("wrong-first"))
    put_back(server, file)
    assert 0 < (serial_of(server) - first) % 2**32 < 2**31


def test_the_entry_and_status_say_which_backup_and_to_what_point(tenured):
    server = tenured()
    server.no_replay = "its log begins in a backup"
    server.zone(ZONE, update="nonsecure")
    change(server, "add a 60 A 10.0.0.1")
    seq = server.rows("audit")[-1]["seq"]
    end = server.rows("audit")[-1]["time"][:19]
    change(server, "add b 60 A 10.0.0.2")
    last = server.rows("audit")[-1]
    moment()
    file = server.folder / "backup"
    server.ctl_ok("backup", "--portable", file)
    made = file.read_text().split('"made":"')[1][:20]
    assert made[:19] > last["time"][:19] >= end
    put_back(server, file, "--to", f"seq:{seq}")
    said = server.ctl("status").err
    assert f"put back from a backup made at {made}: its log ends at {last['time'][:19]}Z, entries to {last['seq']}" in said
    assert f"turned back to what was after entry {seq}" in said, said


def test_a_signed_zone_keeps_its_serial_and_is_named(tenured):
    """Its digest is of that serial; others of the same store go ahead."""
    server = tenured()
    server.no_replay = "its log begins in a backup"
    server.zone(ZONE, f"@ ZONEMD 1 1 1 {'00' * 48}", update="none")
    server.zone("other.example", update="none")
    file = backed_up(server, server.folder)
    was = serial_of(server)
    answer = put_back(server, file)
    assert f"zone {ZONE}: is signed, so its serial stays" in answer.out + answer.err, answer
    assert "other.example" not in answer.out + answer.err
    assert serial_of(server) == was
    assert server.query("other.example", "SOA").answer[0][0].serial > 2**20


def test_the_command_of_health_mends_a_store_that_was_set_back_without_restore(tenured, followers):  # noqa: F811
    server = tenured()
    server.no_replay = "its file was set back"
    key = primary_of(server, *PADDING)
    secondaries = followers(server, key, Named)
    tell(server, secondaries)
    expect_the_same(server, secondaries, key)
    server.stop()
    old = shutil.copy(server.data / "data.mdb", server.folder / "old.mdb")
    server.start()
    change(server, "add lost 60 A 10.0.0.2", "add lost 60 A 10.0.0.3")
    expect_the_same(server, secondaries, key)
    server.stop()
    (server.data / "lock.mdb").unlink(missing_ok=True)
    shutil.copy(old, server.data / "data.mdb")
    server.start()
    server.rows("notify", "status", ZONE, "--ask")
    said = [row["text"] for row in server.ctl("health", "--json").rows() if row["code"] == "secondary-ahead"]
    assert len(said) == 1, said
    server.ctl_ok(*shlex.split(re.search(r"`tenurectl (.*)`", said[0])[1]))
    expect_the_same(server, secondaries, key)
    change(server, "add d 60 A 10.0.0.6")
    expect_the_same(server, secondaries, key)
