# SPDX-License-Identifier: BSD-2-Clause
"""The guide's chapters on backup and bad nights, their commands typed as they stand there."""
import os
import re
import time

import pytest

from tenure import SOURCE, program, run


def commands(title):
    """The indented lines of a chapter, or of a part of one."""
    text = (SOURCE / "doc/guide.md").read_text()
    part = re.split(r"^##+ ", text[text.index(title) + len(title):], maxsplit=1, flags=re.M)[0]
    found = [line[4:] for line in part.splitlines() if line.startswith("    ")]
    assert found, title
    return found


class Night:
    """A machine whose /var is a folder of the test."""

    def __init__(self, server):
        self.server = server
        self.var = server.folder / "var"
        (self.var / "backups").mkdir(parents=True)
        (self.var / "lib").mkdir()
        server.data = self.var / "lib/tenure"
        server.socket = server.data / "control.sock"

    def type(self, line):
        words = line.replace("/var/", f"{self.var}/").split()
        env = {**os.environ, "TENURE_SOCKET": str(self.server.socket)}
        if words[0] == "tenurectl":
            words[0] = program("tenurectl")
        if words[1] == "stop":
            self.server.was_told = True
        answer = run(*words, env=env, patience=120)
        if words[1] == "stop":
            self.server.process.wait(20)
        return answer

    def type_all(self, lines):
        for line in lines:
            answer = self.type(line)
            assert answer.code == 0, (line, answer.out, answer.err)


@pytest.fixture
def night(made):
    night = Night(made())
    (night.var / "backups/tenure").mkdir(parents=True)
    night.server.start()
    night.server.zone("corp.example", "ns A 10.0.0.1", *[f"pc{i} A 10.0.1.{i}" for i in range(50)],
                      update="nonsecure")
    return night


def names(server):
    return sorted((r["name"], r["data"]) for r in server.rows("record", "list", "corp.example")
                  if r["type"] == "A")


def test_half_a_zone_was_deleted(night):
    server, before = night.server, names(night.server)
    key = server.key("web.corp.example")
    then = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    time.sleep(1.1)
    for i in range(25):
        server.ctl_ok("record", "del", "corp.example", f"pc{i}")
    lines = [line.replace("--to 5m", f"--to {then}") for line in commands("### Somebody deleted half a zone\n")]
    stop = lines.index("tenurectl stop")
    night.type_all(lines[:stop])
    # What is accepted until the server stops is in the log that goes on, whatever was looked at before.
    update = server.update("corp.example")
    update.add("late", 300, "A", "10.0.0.77")
    assert server.ask(update).rcode() == 0
    night.type_all(lines[stop:])
    server.start()
    assert names(server) == before
    assert "10.0.0.77" in server.ctl_ok("history", "late.corp.example")
    server.ctl_ok("record", "restore", "late.corp.example")
    # The store key came along: what the key signs is verified.
    assert server.rows("status")[0]["keys_sealed"] == 0
    update = server.update("corp.example", key)
    update.add("web", 300, "A", "10.0.0.9")
    assert server.ask(update).rcode() == 0


def test_backups_are_made_and_a_new_machine_takes_one(night):
    server, before = night.server, names(night.server)
    night.type_all(commands("## Backup\n"))
    server.stop()
    (night.var / "lib/tenure").rename(night.var / "lib/gone")
    night.type_all(commands("### The machine is gone\n"))
    server.start()
    assert names(server) == before
    server.stop()
    (night.var / "lib/tenure").rename(night.var / "lib/gone-too")
    night.type_all(line.replace("tenure.backup", "tenure.portable")
                   for line in commands("### The machine is gone\n"))
    server.start()
    assert names(server) == before


def test_a_damaged_store_and_the_log_that_is_left(night):
    server = night.server
    night.type_all(commands("## Backup\n"))
    server.ctl_ok("record", "add", "corp.example", "after", "60", "A", "10.5.5.5")
    before = names(server)
    server.stop()
    file = server.data / "data.mdb"
    bytes_ = bytearray(file.read_bytes())
    # Each page that holds names of the zone is told to be another page.
    for at in range(8192, len(bytes_), 4096):
        page = bytes_[at:at + 4096]
        rows = page[int.from_bytes(page[14:16], "little"):]  # behind what is free in it
        if page[10] == 2 and b"\x00\x00\x00\x01pc4\x00" in rows:
            bytes_[at] ^= 0x40
    file.write_bytes(bytes_)
    assert "is damaged" in server.run().err
    check, repair, *rest = commands("### tenured does not start: the store is damaged\n")
    said = night.type(check)
    assert said.code == 1
    whole = re.search(r"whole are: (\d+) zones?, (\d+) names?, (\d+) records?, (\d+) entr", said.out)
    zones, names_whole, _, entries = map(int, whole.groups())
    assert zones == 1 and entries > 3, said.out
    assert names_whole < len({name for name, *_ in before}), "those of the damaged page are not"
    assert "restore a backup" in night.type(repair).err
    night.type_all(rest)
    server.start()
    assert names(server) == before
