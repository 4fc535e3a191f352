# SPDX-License-Identifier: BSD-2-Clause
"""The first hour of the documentation: typed into a shell as it stands, chapter by chapter."""
import os
import re
import subprocess

import pytest

from tenure import BUILD, SOURCE, free_port, wait_until


def chapters():
    """Of each chapter with commands: its number, and what is typed."""
    parts = re.split(r"^## (\d+)\. .*$", (SOURCE / "doc/first-hour.md").read_text(), flags=re.MULTILINE)[1:]
    for number, text in zip(parts[::2], parts[1::2]):
        typed = "\n".join(line[4:] for line in text.splitlines() if line.startswith("    "))
        yield int(number), typed


class Hour:
    """One shell for all chapters, as a person has it."""

    def __init__(self, home):
        self.home, self.port = home, free_port()
        env = {**os.environ, "HOME": str(home), "PATH": f"{BUILD}:{os.environ['PATH']}"}
        for name in ("TENURE_SOCKET", "TENURE_REASON"):
            env.pop(name, None)
        self.shell = subprocess.Popen(["bash"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                      stderr=subprocess.STDOUT, text=True, env=env, cwd=home)

    def type(self, text):
        """What the shell prints."""
        text = text.replace("127.0.0.1 5300", f"127.0.0.1 {self.port}").replace("-p 5300", f"-p {self.port}")
        self.shell.stdin.write(f"{text}\necho; echo =end of chapter=\n")
        self.shell.stdin.flush()
        said = []
        for line in self.shell.stdout:
            if line == "=end of chapter=\n":
                return "".join(said)
            said.append(line)
        raise AssertionError(("the shell ended", said))


@pytest.fixture
def hour(tmp_path):
    found = Hour(tmp_path)
    yield found
    found.shell.stdin.close()
    subprocess.run(["pkill", "-f", f"tenured --data {tmp_path}/tenure "], check=False)
    found.shell.stdout.read()
    found.shell.wait()


def test_the_first_hour_comes_out_as_it_says(hour):
    typed = dict(chapters())
    assert list(typed) == list(range(1, 11))
    # A person is slower than the start of a server.
    start, rest = typed[1].replace("@5300", f"@{hour.port}").split("&\n")
    hour.type(start + ">~/log 2>&1 &")
    wait_until(lambda: (hour.home / "log").exists() and "info started" in (hour.home / "log").read_text(), "a start")
    assert re.search(r"^trouble +-$", hour.type(rest), re.MULTILINE)

    assert hour.type(typed[2]).rstrip().endswith("\n10.0.0.80")
    assert re.search(r"^web7 +1200 +A +10\.0\.7\.7 +dynamic +key:web7\.corp\.example ", hour.type(typed[3]), re.MULTILINE)
    tried = hour.type(typed[4])
    assert "update failed: REFUSED" in tried
    assert re.search(r"^principal +key:mallory$", tried, re.MULTILINE)
    assert re.search(r"^code +taken$", tried, re.MULTILINE) and re.search(r"^code +claim$", tried, re.MULTILINE)
    told = hour.type(typed[5])
    assert "record-register" in told and "update-denied" in told
    undone = hour.type(typed[6])
    assert "1 record deleted" in undone and ": 1 restored" in undone
    assert re.search(r"^web7 +1200 +A +10\.0\.7\.7 +dynamic +key:web7\.corp\.example ", undone, re.MULTILINE)
    assert "was changed since" in undone and "1 conflict" in undone
    aged = hour.type(typed[7])
    assert "next run" in aged and re.search(r"^1 record stale at ", aged, re.MULTILINE)
    assert "1 rule, 0 warnings" in hour.type(typed[8])
    saved = hour.type(typed[9])
    assert "read back, and good" in saved and saved.rstrip().endswith("all good")
    assert "stopped" in hour.type(typed[10])
    assert not (hour.home / "tenure").exists()


def test_the_first_hour_has_help_for_what_it_names(hour):
    text = (SOURCE / "doc/first-hour.md").read_text()
    helps = set(re.findall(r"`tenurectl (help [^`]*)`", text))
    assert len(helps) >= 3
    for words in helps:
        said = hour.type(f"tenurectl {words}; echo =$?")
        assert said.rstrip().endswith("=0"), said
