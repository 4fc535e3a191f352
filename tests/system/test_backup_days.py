# SPDX-License-Identifier: BSD-2-Clause
"""Backups that happen: days of the timer's service on a clock that is moved, with restore drills."""
import concurrent.futures
import json
import os
import pathlib
import re
import shlex
import shutil
import time

import pytest

from tenure import BUILD, SOURCE, free_port, program, run

UNITS = pathlib.Path(__file__).resolve().parents[2] / "contrib/systemd"
DAY = 86400


def service_words(folder):
    """The command line of the unit, for this server's programs and a folder of the test."""
    lines = (UNITS / "tenure-backup.service").read_text().splitlines()
    words = shlex.split([line for line in lines if line.startswith("ExecStart=")][0][len("ExecStart="):])
    assert words[0] == "/usr/bin/tenurectl" and words[-1] == "/var/backups/tenure"
    return words[1:-1] + [folder]


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def status(server):
    answer = server.ctl("status", "--json")
    assert answer.code == 0, answer
    return answer.rows()[0], answer.err


@pytest.fixture
def server(tenured):
    server = tenured(clock="2026-01-05T02:30:00Z")
    server.zone("corp.example", "ns A 10.0.0.53")
    return server


def backup(server, folder):
    answer = server.ctl(*service_words(folder))
    server.backups = [folder / name for name in names(folder) if name.endswith(".backup")]
    return answer


def test_three_weeks_of_the_timer_with_a_drill_each_night_and_one_by_hand(server, made, tmp_path):
    for day in range(21):
        server.ctl_ok("record", "add", "corp.example", f"day{day}", "300", "A", f"10.0.1.{day}")
        server.ctl_ok("clock", "forward", "1d")
        answer = backup(server, tmp_path)
        assert answer.code == 0 and "; restored, checked, and good" in answer.out, answer
        row, warnings = status(server)
        assert row["backup_last_at"] == row["time"] and row["backup_verified"] is True, row
        assert row["backup_file"] == str(tmp_path / names(tmp_path)[-1]) and not row["backup_problem"]
        assert "backup" not in warnings
    assert names(tmp_path) == [f"tenure-202601{day:02}T023000Z.backup" for day in range(13, 27)]
    assert "1 older backup removed" in answer.out

    # The drill that an administrator makes: another folder, another port, the same state.
    digest, seq = server.ctl_ok("digest").split()[0], server.rows("digest")[0]["seq"]
    second = made(clock="2026-01-26T02:30:00Z")
    restored = run(program("tenurectl"), "restore", tmp_path / names(tmp_path)[-1], "--data", second.data)
    assert restored.code == 0, restored
    shutil.copy(server.data / "store.key", second.data)
    assert run(program("tenurectl"), "digest", "--data", second.data, "--at", f"seq:{seq}").out.split()[0] == digest
    second.start()
    assert [str(a) for a in second.query("day20.corp.example", "A").answer[0]] == ["10.0.1.20"]


def test_backups_of_one_second_get_names_of_their_own(server, tmp_path):
    def keep(count, *words):
        return server.ctl("backup", "--keep", str(count), *words, tmp_path)
    assert keep(9).code == 0
    server.ctl_ok("record", "add", "corp.example", "second", "300", "A", "10.0.1.2")
    assert keep(9).code == 0 and keep(9, "--portable").code == 0 and keep(9).code == 0
    stem = "tenure-20260105T023000Z"
    assert names(tmp_path) == [f"{stem}.backup", f"{stem}.portable", f"{stem}_02.backup", f"{stem}_03.backup"]
    server.backups = [tmp_path / name for name in names(tmp_path) if name.endswith(".backup")]
    first, second = (run(program("tenurectl"), "restore", tmp_path / f"{stem}{more}.backup", "--json", "--data",
                         tmp_path.parent / f"data{more}") for more in ("", "_02"))
    one, two = (json.loads(answer.out.splitlines()[-1])["backup_records"] for answer in (first, second))
    assert two == one + 1, "the first is what it was"
    # The oldest goes, also among those of one second.
    assert keep(2).code == 0
    assert names(tmp_path) == [f"{stem}.portable", f"{stem}_03.backup", f"{stem}_04.backup"]


def test_two_backups_at_once_never_replace_each_other(server, tmp_path):
    """Each chooses its name when it begins: the later one fails, or has another."""
    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: server.ctl("backup", "--keep", "99", tmp_path), range(6)))
    good = [answer for answer in answers if answer.code == 0]
    assert good and len(names(tmp_path)) == len(good), answers
    assert all("File exists" in answer.err for answer in answers if answer.code), answers


def test_a_backup_that_fails_is_known_and_so_is_one_that_is_old(server, tmp_path):
    assert backup(server, tmp_path).code == 0
    made_files = names(tmp_path)
    server.ctl_ok("clock", "forward", "1d")
    gone = tmp_path / "gone"
    answer = server.ctl(*service_words(gone))
    assert answer.code == 1 and "--keep is for a folder" in answer.err
    row, warnings = status(server)
    assert row["backup_problem"] == "--keep is for a folder in which backups are kept: No such file or directory"
    assert row["backup_last_at"] == "2026-01-05T02:30:00Z", "the good one is still known"
    assert "the backup of 2026-01-06T02:30:00Z failed: --keep is for a folder" in warnings
    assert "error a backup failed by=local:" in server.log()
    server.ctl_ok("clock", "forward", "2d")
    assert "is 3d old" not in status(server)[1], "three days are allowed"
    server.ctl_ok("clock", "forward", "1h")
    assert f"the last good backup is 73h old ({tmp_path / made_files[0]})" in status(server)[1]
    health = server.ctl("health")
    assert health.code == 1 and "the last good backup is 73h old" in health.out + health.err, health
    server.restart(clock="2026-01-08T03:30:00Z")
    assert status(server)[0]["backup_problem"], "it is known after a restart"
    assert backup(server, tmp_path).code == 0
    row, warnings = status(server)
    assert row["backup_problem"] is None and "backup" not in warnings


def test_a_server_without_backups_says_so(made, tmp_path):
    server = made(clock="2026-01-05T02:30:00Z").start()
    server.zone("corp.example", "ns A 10.0.0.53")
    server.ctl_ok("clock", "forward", "4d")
    assert "there is no backup, and the log is 4d old" in status(server)[1]
    server.config.write_text("backup-age: 0s\n")
    server.restart(clock="2026-01-09T02:30:00Z")
    assert "backup" not in status(server)[1]
    # What goes to a device is nobody's file.
    assert server.ctl("backup", "/dev/null").code == 0
    server.backups = []
    assert status(server)[0]["backup_last_at"] is None
    plain = tmp_path / "plain.backup"
    assert server.ctl("backup", plain).code == 0
    row, _ = status(server)
    assert row["backup_file"] == str(plain) and row["backup_verified"] is False


def with_tenured(tmp_path, text):
    """A folder with tenurectl and another tenured beside it."""
    folder = tmp_path / "bin"
    folder.mkdir()
    shutil.copy(program("tenurectl"), folder)
    (folder / "tenured").write_text("#!/bin/sh\n" + text)
    (folder / "tenured").chmod(0o755)
    return folder / "tenurectl"


@pytest.mark.parametrize("text, said", [
    ("echo 'tenurectl: restore: the disk is mad' >&2; exit 1", "it cannot be restored: tenurectl: restore: the disk is mad"),
    ("exit 0", "a restore of it says nothing"),
    ("echo '{\"zones\": 1, \"records\": 2, \"entries\": 1}'", "a restore of it gives 2 records, and"),
    ("kill -9 $$", "it cannot be restored: tenured cannot be run"),
])
def test_what_cannot_be_restored_never_becomes_a_backup(server, tmp_path, text, said):
    ctl, folder = with_tenured(tmp_path, text), tmp_path / "backups"
    folder.mkdir()
    for i in range(3):
        (folder / f"tenure-2025010{i}T000000Z.backup").write_text("an older one")
    before = names(folder)
    answer = run(ctl, "--socket", server.socket, "backup", "--keep", "1", "--verify", folder)
    assert answer.code == 1 and said in answer.err, answer
    assert names(folder) == before, "the older ones stay, and nothing is left of the drill"
    assert said in status(server)[0]["backup_problem"]


def test_the_drill_finds_a_backup_whose_log_lacks_an_entry(server, tmp_path):
    """The real tenured, told another number than what the file holds."""
    real = program("tenured")
    ctl = with_tenured(tmp_path, f"exec {real} \"$@\" | sed 's/\"backup_entries\":/\"backup_entries\":1/'")
    answer = run(ctl, "--socket", server.socket, "backup", "--verify", tmp_path / "b")
    assert answer.code == 1 and "entries, and" in answer.err and not (tmp_path / "b").exists(), answer


def test_what_a_killed_drill_left_goes_a_day_later(server, tmp_path):
    old, new = tmp_path / ".drill-abcdef", tmp_path / ".drill-ABCDEF"
    for folder in (old, new):
        folder.mkdir()
        (folder / "data.mdb").write_text("half a store")
    os.utime(old, (time.time() - 2 * DAY,) * 2)
    assert backup(server, tmp_path).code == 0
    assert not old.exists() and new.exists()


@pytest.mark.parametrize("words, said", [
    (["backup", "-", "--verify"], "need a FILE"), (["backup", "-", "--keep", "3"], "need a FILE"),
    (["backup", "x", "--keep", "0"], "not a number of backups"), (["backup", "x", "--keep", "-1"], "not a number"),
    (["backup", "x", "--keep"], "needs a value"),
])
def test_words_that_are_wrong(server, words, said):
    answer = server.ctl(*words)
    server.backups = []
    assert answer.code == 2 and said in answer.err


def test_the_guides_restore_drill(server, tmp_path):
    backups, safe, drill = tmp_path / "backups", tmp_path / "safe", tmp_path / "drill"
    backups.mkdir()
    safe.mkdir()
    shutil.copy(server.data / "store.key", safe)
    server.ctl_ok("record", "add", "corp.example", "www", "300", "A", "10.0.0.80")
    server.ctl_ok("key", "generate", "pc1.corp.example")
    assert backup(server, backups).code == 0
    chapter = (SOURCE / "doc/guide.md").read_text().split("### A restore drill\n")[1]
    lines = re.findall(r"^    (.*)$", chapter.split("\n\n")[1], re.MULTILINE)
    assert len(lines) == 9 and lines[0].startswith("tenurectl restore")
    script = "\n".join(lines)
    port = free_port("127.0.0.1")
    for old, new in ((re.search(r"/var/backups/tenure/\S+", script)[0], backups / names(backups)[0]),
                     ("/var/tmp/drill", drill), ("/safe/", f"{safe}/"), ("5399", port),
                     # The time that a machine of its own would have, and until it listens.
                     (" &\n", f" --clock 2026-01-05T03:00:00Z 2>{tmp_path}/log &\n"
                              f"for i in $(seq 100); do tenurectl --data {drill} status >/dev/null 2>&1 && break; sleep 0.05; done\n"),
                     ("\ndig ", "\ndig +short ")):
        assert str(old) in script
        script = script.replace(str(old), str(new))
    answer = run("bash", "-euc", script, env={**os.environ, "PATH": f"{BUILD}:{os.environ['PATH']}"})
    assert answer.code == 0, (answer, (tmp_path / "log").read_text())
    assert "\n10.0.0.80\n" in answer.out and re.search(r"keys-sealed\s+0\b", answer.out), answer.out
    assert answer.out.endswith("stopped\n") and not drill.exists()


def test_the_units_are_right():
    timer = (UNITS / "tenure-backup.timer").read_text()
    assert "OnCalendar=" in timer and "Persistent=yes" in timer
    analyze = shutil.which("systemd-analyze")
    if not analyze:
        pytest.skip("systemd-analyze is not installed")
    when = [line.split("=", 1)[1] for line in timer.splitlines() if line.startswith("OnCalendar=")][0]
    assert run("systemd-analyze", "calendar", when).code == 0
