# SPDX-License-Identifier: BSD-2-Clause
"""`tenurectl demo` plays its story to the end, leaves nothing, and touches no server that runs."""
import os
import pathlib
import re
import signal
import subprocess
import tempfile

import pytest

from tenure import BUILD, SOURCE, program, run


@pytest.fixture
def place():
    """A folder with a path that is short enough for a socket in it."""
    with tempfile.TemporaryDirectory(prefix="d") as folder:
        yield pathlib.Path(folder)


@pytest.fixture
def env(place):
    return {**os.environ, "TMPDIR": str(place), "PATH": "/usr/bin:/bin", "HOME": str(place)}


def test_the_demo_plays_every_chapter_and_leaves_nothing(env, place):
    answer = run(program("tenurectl"), "demo", env=env)
    assert answer.code == 0, answer
    told = re.findall(r"^== (.*)$", answer.out, re.MULTILINE)
    written = re.findall(r'^\tCHAPTER\("([^"]*)"', (SOURCE / "demo/scene.c").read_text(), re.MULTILINE)
    assert told == written and len(told) >= 8
    assert answer.out.count("update failed: REFUSED") == 2
    assert re.search(r"^deniz +1200 +A +10\.0\.1\.14 +dynamic +@dhcp ", answer.out, re.MULTILINE)
    assert "34 entries, the chain is whole" in answer.out
    assert list(place.iterdir()) == []


def test_the_demo_does_not_touch_a_server_that_runs(tenured, env):
    server = tenured()
    before = server.ctl("digest").out
    answer = run(program("tenurectl"), "demo", env={**env, "TENURE_SOCKET": str(server.socket), "TENURE_REASON": "x"})
    assert answer.code == 0, answer
    assert server.ctl("digest").out == before
    for words in (("--socket", server.socket), ("--data", server.data)):
        answer = run(program("tenurectl"), "demo", *words, env=env)
        assert answer.code == 2 and "a server of its own" in answer.err


def test_a_demo_that_is_interrupted_leaves_nothing(env, place):
    # On a terminal, so that it pauses.
    shell = subprocess.Popen(["script", "-qec", f"{BUILD}/tenurectl demo", "/dev/null"], env=env, stdin=subprocess.DEVNULL,
                             stdout=subprocess.PIPE, text=True)
    for line in shell.stdout:
        if "Monday 08:00" in line:
            break
    folder = next(place.iterdir())
    found = subprocess.run(["pgrep", "-f", "tenure-demo"], capture_output=True, text=True, check=True).stdout.split()
    for pid in found:
        try:
            if os.readlink(f"/proc/{pid}/cwd") == str(folder):
                os.kill(int(pid), signal.SIGINT)
        except FileNotFoundError:
            pass
    assert "interrupted" in shell.stdout.read()
    shell.wait()
    assert list(place.iterdir()) == []


def test_a_demo_that_is_kept_goes_on(env, place):
    answer = run(program("tenurectl"), "demo", "--fast", "--keep", env=env)
    assert answer.code == 0, answer
    socket = re.search(r"^    export TENURE_SOCKET=(\S+)$", answer.out, re.MULTILINE).group(1)
    shown = run(program("tenurectl"), "--socket", socket, "record", "show", "files.corp.example")
    assert shown.code == 0 and "10.0.0.20" in shown.out
    assert run(program("tenurectl"), "--socket", socket, "stop").code == 0


def test_a_demo_without_a_place_for_its_server_says_so(env, place):
    deep = place / ("x" * 90)
    deep.mkdir()
    answer = run(program("tenurectl"), "demo", env={**env, "TMPDIR": str(deep)})
    assert answer.code == 1 and "set TMPDIR" in answer.err
    assert list(deep.iterdir()) == []
    answer = run(program("tenurectl"), "demo", env={**env, "TMPDIR": str(place / "none")})
    assert answer.code == 1 and "No such file" in answer.err
