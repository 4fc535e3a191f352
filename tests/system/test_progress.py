# SPDX-License-Identifier: BSD-2-Clause
"""What takes longer than two seconds says so on a terminal, with a line that is gone at the end."""
import json
import os
import socket
import struct
import subprocess
import threading

import pytest

from table_lab import Terminal
from tenure import PATIENCE, program, wait_until

ZONE = "corp.example"


def send(connection, kind, value):
    body = json.dumps(value).encode()
    connection.sendall(struct.pack("!I", len(body) + 1) + kind + body)


def frames(connection):
    """(kind, body) of what comes."""
    stream = connection.makefile("rb")
    while head := stream.read(5):
        length, kind = struct.unpack("!Ic", head)
        yield kind, stream.read(length - 1)
        if kind == b"Z":
            break


class Slow:
    """A server of one command, which says what it is told and ends when it is told."""

    def __init__(self, folder):
        self.path = folder / "slow.sock"
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(self.path))
        self.listener.listen(1)
        self.may_end = threading.Event()
        self.request = None
        self.said = []
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self):
        connection, _ = self.listener.accept()
        for kind, body in frames(connection):
            if kind == b"C":
                self.request = json.loads(body)
                break
        for kind, value in self.said:
            send(connection, kind, value)
        self.may_end.wait(PATIENCE)
        send(connection, b"Z", {"ok": True, "code": 0, "said": "it was done"})
        connection.close()


COUNT = [(b"P", {"done": 12345, "of": 60000, "noun": "names"})]
SET = ["zone", "set", ZONE, "update=secure"]


def test_a_line_says_how_far_it_is_and_goes(tmp_path):
    server = Slow(tmp_path)
    server.said = COUNT
    screen = Terminal("--socket", server.path, *SET)
    line = wait_until(lambda: screen.shown() if "names, " in screen.shown() else "", "the line")
    assert server.request["progress"] is True
    assert line.startswith("\rzone set: 12,345 of 60,000 names, ") and "\n" not in line
    assert line.rstrip().endswith("s")
    server.may_end.set()
    code, shown = screen.end()
    assert code == 0
    behind = shown[len(line):].split("\r")
    assert behind[-2:] == ["it was done", "\n"], "it is wiped, and nothing of it is left"
    assert not behind[-3].strip() and len(behind[-3]) >= len(line.strip()), "by blanks"


def test_a_warning_stands_in_a_line_of_its_own_and_the_rest_goes_on(tmp_path):
    server = Slow(tmp_path)
    server.said = [*COUNT, (b"R", {"warning": "mind the gap"})]
    screen = Terminal("--socket", server.path, *SET)
    wait_until(lambda: "names, " in screen.shown(), "the line")
    server.may_end.set()
    _, shown = screen.end()
    assert "warning: mind the gap\r\n" in shown and shown.index("mind") < shown.index("names, ")


@pytest.mark.parametrize("words, streams", [
    (["--json", *SET], {}), (SET, {"stderr": subprocess.PIPE})])
def test_programs_get_no_line(tmp_path, words, streams):
    """Nobody is asked how far it is, so that nothing could be shown."""
    server = Slow(tmp_path)
    server.said = COUNT
    master, slave = os.openpty()
    process = subprocess.Popen([program("tenurectl"), "--socket", str(server.path), *words],
                               stdout=subprocess.PIPE, **{"stderr": slave, **streams})
    os.close(slave)
    wait_until(lambda: server.request, "the command")
    assert "progress" not in server.request
    server.may_end.set()
    out, err = process.communicate(timeout=PATIENCE)
    os.close(master)
    assert process.returncode == 0 and not err
    assert out.decode().strip() in ("it was done", "{}"), out


def test_what_is_followed_has_none(tmp_path):
    server = Slow(tmp_path)
    screen = Terminal("--socket", server.path, "audit", "--follow")
    wait_until(lambda: server.request, "the command")
    assert "progress" not in server.request
    server.may_end.set()
    screen.end()


def text_of(count):
    hosts = "".join(f"h{number} A 10.{number >> 16}.{number >> 8 & 255}.{number & 255}\n"
                    for number in range(count))
    return f"$ORIGIN {ZONE}.\n$TTL 60\n@ SOA ns hostmaster 9 1 1 1 1\n@ NS ns\nns A 10.9.9.9\n{hosts}"


def ask(server, command, args, **more):
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(str(server.socket))
    send(connection, b"C", {"command": command, "args": args, **more})
    return connection


def test_the_server_says_how_far_it_is_to_who_asks(tenured):
    server = tenured()
    path = server.folder / "many.zone"
    path.write_text(text_of(30000))
    server.ctl_ok("zone", "add", ZONE, "--file", path)
    for more, least in (({"progress": True}, 1), ({}, 0), ({"progress": "yes"}, 0)):
        told = [json.loads(body) for kind, body in frames(ask(server, "audit verify", {}, **more))
                if kind == b"P"]
        assert len(told) >= least and (least or not told)
        assert all(set(one) == {"done", "of", "noun"} for one in told)
        assert all(one["done"] <= one["of"] or not one["of"] for one in told)


def test_a_long_listing_is_its_own_progress(tmp_path):
    server = Slow(tmp_path)
    server.said = [(b"R", {"zone": f"{n}.example", "update": "none", "policy": "windows",
                           "aging": False, "serial": n}) for n in range(2100)]
    screen = Terminal("--socket", server.path, "zone", "list")
    wait_until(lambda: "2040.example" in screen.shown(), "rows")
    server.may_end.set()
    code, shown = screen.end()
    assert code == 0 and shown.count("\r\n") == 2102

