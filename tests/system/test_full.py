# SPDX-License-Identifier: BSD-2-Clause
"""A full map and a full disk: SERVFAIL and a line in the log, queries go on, and it recovers."""
import contextlib
import os
import pathlib
import subprocess
import tempfile

import dns.update
import pytest

import bytes_of
from tenure import program, run, wait_until

ZONE = "corp.example"
SERVFAIL = 2


def fill(server, key, limit=4000):
    """Adds large names until the server cannot take one; returns how many it took."""
    for number in range(limit):
        update = dns.update.UpdateMessage(ZONE)
        for part in range(60):
            update.add(f"n{number}", 60, "TXT", f"\"{part:02} {'x' * 240}\"")
        wire, mac = bytes_of.signed(update.to_wire(max_size=65535), key)
        with server.connect() as stream:
            stream.sendall(len(wire).to_bytes(2, "big") + wire)
            length = int.from_bytes(stream.recv(2, 0x100), "big")
            answer = stream.recv(length, 0x100)
        if bytes_of.rcode(answer) == SERVFAIL:
            assert bytes_of.verifies(answer, key, mac)
            return number
        assert bytes_of.rcode(answer) == 0
    raise AssertionError("it never became full")


def adds_one(server, key, name):
    update = server.update(ZONE, key)
    update.add(name, 60, "A", "10.0.0.7")
    return server.ask(update).rcode() == 0


def verifies(server):
    server.stop()
    whole = run(program("tests/system/chainverify"), server.data)
    assert whole.code == 0, whole


def still_answers(server, count):
    assert server.query("www.corp.example", "A").answer[0][0].address == "10.0.0.1"
    if count:
        assert server.query("n0.corp.example", "TXT", tcp=True).rcode() == 0
    assert server.query(f"n{count}.corp.example", "TXT").rcode() == 3, "nothing is there by half"


def test_a_full_map(made):
    server = made(config="map-size: 16MiB\n").start()
    server.zone(ZONE, "www A 10.0.0.1", update="secure")
    key = server.key("filler")
    count = fill(server, key)
    still_answers(server, count)
    assert wait_until(lambda: "full" in server.log(), "a line in the log")
    server.config.write_text("map-size: 64MiB\n")
    server.restart()
    still_answers(server, count)
    assert adds_one(server, key, "again")
    verifies(server)


@contextlib.contextmanager
def small_disk(size):
    """A file system of that size; skips where we may not mount one."""
    with tempfile.TemporaryDirectory(prefix="tenure-disk-") as folder:
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tenure", folder],
                                 capture_output=True, check=False)
        if mounted.returncode:
            pytest.skip("only root can mount a small file system")
        try:
            yield pathlib.Path(folder)
        finally:
            subprocess.run(["umount", "-l", folder], check=True)


def test_a_full_disk(made):
    with small_disk("8m") as disk:
        server = made()
        server.data = disk / "data"
        server.socket = server.data / "control.sock"
        server.start()
        server.zone(ZONE, "www A 10.0.0.1", update="secure")
        key = server.key("filler")
        filler = disk / "filler"
        free = os.statvfs(disk)
        filler.write_bytes(b"x" * (free.f_bavail * free.f_bsize // 2))
        count = fill(server, key)
        still_answers(server, count)
        assert wait_until(lambda: "full" in server.log() or "space" in server.log(),
                          "a line in the log")
        filler.unlink()
        assert adds_one(server, key, "again"), "it recovers when there is room, without a restart"
        still_answers(server, count)
        verifies(server)
        server.start()
        still_answers(server, count)
        assert server.query("again.corp.example", "A").rcode() == 0
        server.stop()
