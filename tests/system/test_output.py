# SPDX-License-Identifier: BSD-2-Clause
"""Commands that write a FILE: devices, pipes, links and standard output stay what they are."""
import os
import stat
import re
import subprocess
import threading

import pytest

from tenure import program

COMMANDS = {
    "zone export": lambda path: ("zone", "export", "corp.example", path),
    "audit export": lambda path: ("audit", "export", path),
    "backup": lambda path: ("backup", path),
    "backup --portable": lambda path: ("backup", path, "--portable"),
}

root_only = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")


@pytest.fixture(params=COMMANDS, ids=[name.replace(" ", "-") for name in COMMANDS])
def words(request):
    return COMMANDS[request.param]


@pytest.fixture
def server(tenured):
    server = tenured()
    server.zone("corp.example", "www A 10.0.0.2")
    return server


def output(server, words):
    """Standard output of a command as bytes."""
    done = subprocess.run([program("tenurectl"), "--socket", str(server.socket), *map(str, words)],
                          capture_output=True, check=False, timeout=20)
    assert done.returncode == 0, done.stderr
    return done.stdout


def is_whole(words, data):
    marks = {"zone": b"www.corp.example.", "audit": b'"schema":', "backup": b""}
    return len(data) > 100 and marks[words[0]] in data


@root_only
def test_a_device_stays_a_device(server, words, tmp_path):
    device = tmp_path / "null"
    os.mknod(device, 0o666 | stat.S_IFCHR, os.makedev(1, 3))
    os.chmod(device, 0o666)
    server.ctl_ok(*words(device))
    state = device.stat()
    assert stat.S_ISCHR(state.st_mode) and stat.S_IMODE(state.st_mode) == 0o666
    assert os.listdir(tmp_path) == ["null"]


def test_a_pipe_gets_what_is_written(server, words, tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    got = []
    reader = threading.Thread(target=lambda: got.append(pipe.read_bytes()))
    reader.start()
    server.ctl_ok(*words(pipe))
    reader.join()
    assert is_whole(words(pipe), got[0])
    assert stat.S_ISFIFO(pipe.stat().st_mode)


def test_a_link_stays_and_its_file_is_replaced(server, words, tmp_path):
    (tmp_path / "there").mkdir()
    target, link = tmp_path / "there" / "target", tmp_path / "link"
    target.write_text("old\n")
    target.chmod(0o640)
    link.symlink_to(target)
    server.ctl_ok(*words(link))
    assert link.is_symlink() and not target.is_symlink()
    assert is_whole(words(link), target.read_bytes())
    assert stat.S_IMODE(target.stat().st_mode) == 0o640
    assert os.listdir(target.parent) == ["target"]


@root_only
def test_a_link_that_somebody_else_laid_is_not_followed(server, words, tmp_path):
    target, link = tmp_path / "target", tmp_path / "link"
    target.write_text("precious\n")
    link.symlink_to(target)
    os.lchown(link, 65534, 65534)
    answer = server.ctl(*words(link))
    assert answer.code == 1
    assert f"{link}: a symbolic link of another user (uid 65534) is in the way" in answer.err
    assert target.read_text() == "precious\n"


def test_a_dash_is_standard_output(server, words, tmp_path):
    file = tmp_path / "file"
    said = output(server, words("-"))
    assert is_whole(words("-"), said)
    server.ctl_ok(*words(file))
    if words("-")[0] in ("zone", "audit"):
        assert said == file.read_bytes()
    assert not os.path.exists("-")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_what_a_dash_writes_is_a_backup(server, made, tmp_path):
    file = tmp_path / "piped"
    file.write_bytes(output(server, ("backup", "-")))
    other = made()
    other.data.parent.mkdir(exist_ok=True)
    done = subprocess.run([program("tenurectl"), "restore", str(file), "--data", str(other.data)],
                          capture_output=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr


def test_json_beside_data_on_standard_output_is_refused(server):
    for words in (("zone", "export", "corp.example", "-"), ("backup", "-")):
        answer = server.ctl(*words, "--json")
        assert answer.code == 2 and "--json" in answer.err and re.search("needs? a FILE", answer.err)


def test_what_ends_half_way_leaves_the_old_file(server, words, tmp_path):
    file = tmp_path / "file"
    file.write_text("old\n")
    limited = ["prlimit", "--fsize=64", program("tenurectl"), "--socket", str(server.socket)]
    done = subprocess.run([*limited, *map(str, words(file))], capture_output=True, check=False,
                          timeout=20, env={**os.environ, "ASAN_OPTIONS": "detect_leaks=0"})
    assert done.returncode != 0
    assert file.read_text() == "old\n"
    assert os.listdir(tmp_path) == ["file"]
