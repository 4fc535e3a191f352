# SPDX-License-Identifier: BSD-2-Clause
"""The control socket: who may command, and what nonsense does to it (nothing)."""
import grp
import itertools
import json
import os
import random
import shutil
import socket
import stat
import struct
import subprocess
import time

import pytest

from tenure import program, run, wait_until


def connect(server):
    one = socket.socket(socket.AF_UNIX)
    one.connect(str(server.socket))
    one.settimeout(10)
    return one


def frame(kind, body):
    return struct.pack(">IB", len(body) + 1, ord(kind)) + body


def read_exactly(one, count):
    data = b""
    while len(data) < count:
        piece = one.recv(count - len(data))
        if not piece:
            return None
        data += piece
    return data


def read_frame(one):
    head = read_exactly(one, 5)
    if head is None:
        return None
    return chr(head[4]), read_exactly(one, struct.unpack(">I", head[:4])[0] - 1)


def result(one):
    while True:
        got = read_frame(one)
        if got is None or got[0] == "Z":
            return got and json.loads(got[1])


def ask(one, command):
    one.sendall(frame("C", json.dumps(command).encode()))
    return result(one)


def well(server):
    return server.ctl("status").code == 0


root_only = pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("setpriv"),
                               reason="needs root and setpriv to be somebody else")


def as_user(uid, gid, groups, *words):
    return run("setpriv", f"--reuid={uid}", f"--regid={gid}", groups, "--", *words)


def test_the_socket_is_not_everybodys(tenured):
    mode = os.stat(tenured().socket).st_mode
    assert stat.S_ISSOCK(mode) and not mode & 0o007


@root_only
def test_another_user_is_refused(tenured):
    server = tenured()
    server.folder.chmod(0o711)
    answer = as_user(65534, 65534, "--clear-groups", program("tenurectl"), "--socket",
                     server.socket, "status")
    assert answer.code == 3 and "may" in answer.err and not answer.out, answer


@root_only
def test_another_user_is_refused_even_when_files_let_him(tenured):
    server = tenured()
    for path, mode in ((server.folder, 0o755), (server.data, 0o755), (server.socket, 0o666)):
        os.chmod(path, mode)
    for words in (["status"], ["zone", "add", "evil.example"], ["stop"]):
        answer = as_user(65534, 65534, "--clear-groups", program("tenurectl"), "--socket",
                         server.socket, *words)
        assert answer.code == 3 and "may not command" in answer.err, answer
    assert server.rows("zone", "list") == []
    assert "control connection refused" in server.log()


@root_only
def test_a_member_of_the_group_may_command(made):
    group = grp.getgrnam("daemon")
    server = made(config="group: daemon\n").start()
    server.folder.chmod(0o711)
    answer = as_user(65534, group.gr_gid, "--clear-groups", program("tenurectl"), "--socket",
                     server.socket, "zone", "add", "corp.example")
    assert answer.code == 0, answer
    assert server.rows("audit", "--event", "zone-create")[0]["principal"] == "local:nobody"
    other = as_user(65534, 65534, "--clear-groups", program("tenurectl"), "--socket",
                    server.socket, "status")
    assert other.code == 3
    assert os.stat(server.data).st_mode & 0o777 == 0o710, "the group gets through, no further"


def test_commands_follow_each_other_on_a_connection(tenured):
    server = tenured()
    with connect(server) as one:
        assert ask(one, {"command": "status"})["ok"]
        assert ask(one, {"command": "zone show", "args": {"zone": "x"}})["code"] == 4
        assert ask(one, {"command": "zone list", "args": {}})["ok"]


@pytest.mark.parametrize("body, code", [
    (b"", 2), (b"{", 2), (b"[]", 2), (b"{}", 2), (b'{"command": 7}', 2), (b'{"command": "x"}', 2),
    (b'{"command": "zone list", "args": 7}', 2), (b'{"command": "zone list", "args": {"x": 1}}', 2),
    (b'{"command": "zone show", "args": {"zone": null}}', 2), (b"\xff" * 100, 2),
    (b'{"command": "zone show", "args": {"zone": "a", "zone": "b"}}', 2),
    (b"[" * 5000, 2), (b'{"command": "' + b"a" * 100000 + b'"}', 2),
])
def test_a_command_that_makes_no_sense_is_answered(tenured, body, code):
    server = tenured()
    with connect(server) as one:
        one.sendall(frame("C", body))
        answer = result(one)
        assert answer["code"] == code and not answer["ok"] and answer["error"]
        assert ask(one, {"command": "status"})["ok"], "and the next one, too"


@pytest.mark.parametrize("bytes", [b"\x00\x00\x00\x00", b"\xff\xff\xff\xffC", b"GET / HTTP/1.1\r\n",
                                   b"\x00\x00\x00\x02Xx", frame("Z", b"{}"), frame("D", b"x"),
                                   b"\x00\x10\x00\x01C"])
def test_garbage_ends_the_connection_and_nothing_else(tenured, bytes):
    server = tenured()
    with connect(server) as one:
        one.sendall(bytes)
        one.shutdown(socket.SHUT_WR)
        while read_frame(one):
            pass
    assert well(server)


def test_random_bytes_do_no_harm(tenured):
    server = tenured()
    chance = random.Random(7)
    for _ in range(100):
        with connect(server) as one:
            one.sendall(chance.randbytes(chance.randrange(1, 200)))
    wait_until(lambda: well(server), "a free connection: those that were closed end one by one")


def test_an_import_that_is_cut_off_changes_nothing(tenured):
    server = tenured()
    server.zone("corp.example", "ns A 10.0.0.53")
    before = server.ctl_ok("zone", "export", "corp.example")
    for last in (b"", frame("D", b"\x00" * 40), frame("C", b"{}")):
        with connect(server) as one:
            one.sendall(frame("C", b'{"command": "zone import", "args": {"zone": "corp.example"}}'))
            one.sendall(last)
    assert well(server)
    assert server.ctl_ok("zone", "export", "corp.example") == before


def test_records_that_lie_are_refused(tenured):
    server = tenured()
    server.zone("corp.example", "ns A 10.0.0.53")
    before = server.ctl_ok("zone", "export", "corp.example")
    owner = b"\x04corp\x07example\x00"
    for type, rdata in ((1, b"\x01\x02"), (5, b"\xc0\x00"), (255, b""), (6, b"\x00\x00")):
        body = bytes([len(owner)]) + owner + struct.pack(">HIIH", type, 60, 9, len(rdata)) + rdata
        body += b"\0"  # nothing is said of its age
        with connect(server) as one:
            one.sendall(frame("C", b'{"command": "zone import", "args": {"zone": "corp.example"}}'))
            one.sendall(frame("D", body) + frame("E", b""))
            answer = result(one)
            assert answer["code"] == 1 and answer["mark"] == 9, answer
    assert server.ctl_ok("zone", "export", "corp.example") == before


FOLLOW = {"command": "audit", "args": {"follow": True}}


def follow(server):
    """A follower that has its place: it got the entries that were there."""
    one = connect(server)
    one.sendall(frame("C", json.dumps(FOLLOW).encode()))
    return one, read_frame(one)


def test_followers_of_the_log_lock_out_nobody(tenured):
    server = tenured()
    server.zone("corp.example")
    followers = [follow(server) for _ in range(64)]
    kinds = [got[0] for _, got in followers]
    assert kinds == ["R"] * 32 + ["Z"] * 32
    error = json.loads(followers[40][1][1])["error"]
    assert error == ("32 commands go on until they are ended, and no more may: half of "
                     "control-connections, which is 64 (tenured.yaml(5))")
    wait_until(lambda: well(server), "the place of one that was refused and carries out nothing")
    server.ctl_ok("backup", server.folder / "copy")
    followers[0][0].close()

    def follows():
        return follow(server)[1][0] == "R"
    wait_until(follows, "the place of a follower that left")
    server.was_told = True
    server.ctl_ok("stop")
    assert server.process.wait(0.5) == 0


def test_idle_connections_lock_out_nobody(tenured):
    server = tenured()
    many = [connect(server) for _ in range(64)]
    wait_until(lambda: well(server), "the place of one that carries out nothing")
    assert ask(many[63], {"command": "status"})["ok"], "the one that was idle for longest was closed"
    for one in many:
        one.close()


def commands_of_a_member(server, group, count):
    """Commands of a user that is not root, each of which goes on."""
    script = ("import socket,sys,time\n"
              f"body = {frame('C', json.dumps(FOLLOW).encode())!r}\n"
              "many = []\n"
              f"for _ in range({count}):\n"
              "    one = socket.socket(socket.AF_UNIX)\n"
              f"    one.connect({str(server.socket)!r})\n"
              # Whom the server refuses at once it may refuse before that is written.
              "    try:\n"
              "        one.sendall(body)\n"
              "    except BrokenPipeError:\n"
              "        pass\n"
              "    many.append(one)\n"
              "for one in many:\n"
              "    print(one.recv(4096)[5:][-200:].decode(errors='replace'), flush=True)\n"
              "print('all', flush=True)\n"
              "sys.stdin.read()\n")
    return subprocess.Popen(["setpriv", "--reuid=65534", f"--regid={group.gr_gid}",
                             "--clear-groups", "--", "/usr/bin/python3", "-c", script],
                            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


@root_only
def test_a_member_of_the_group_does_not_lock_out_root(made):
    group = grp.getgrnam("daemon")
    server = made(config="group: daemon\ncontrol-connections: 8\n").start()
    server.folder.chmod(0o711)
    server.zone("corp.example")
    member = commands_of_a_member(server, group, 12)
    try:
        said = list(itertools.takewhile(lambda line: line != "all\n", member.stdout))
        assert any("4 commands of this user are being carried out, and no more may: "
                   "control-connections is 8; one user other than root has half "
                   "(tenured.yaml(5)); try again" in line for line in said), said
        assert well(server) and well(server)
        assert server.ctl("audit", "--limit", "1").code == 0
    finally:
        member.stdin.close()
        member.wait(10)
    wait_until(lambda: follow(server)[1][0] == "R", "places again")


def test_a_peer_that_goes_while_it_is_answered(tenured):
    server = tenured()
    server.zone("corp.example", *[f"h{i} A 10.0.0.1" for i in range(2000)])
    for verb in ("record list", "zone export", "audit"):
        for _ in range(10):
            with connect(server) as one:
                args = {"zone": "corp.example"}
                one.sendall(frame("C", json.dumps({"command": verb, "args": args}).encode()))
                one.recv(100)
    wait_until(lambda: well(server), "room again")


def test_long_commands_hold_up_nobody(tenured):
    server = tenured()
    with connect(server) as slow:
        slow.sendall(frame("C", b'{"command": "audit", "args": {"follow": true}}'))
        time.sleep(0.3)
        server.zone("corp.example", "ns A 10.0.0.53")
        assert well(server)
        assert server.stop() == 0, "and the server can stop meanwhile"


def test_a_stale_socket_is_replaced_and_a_file_is_not(made):
    server = made()
    server.start()
    server.kill()
    assert server.socket.exists()
    server.start()
    assert well(server)
    server.stop()
    server.socket.write_text("mine")
    refused = server.run()
    assert refused.code != 0 and str(server.socket) in refused.err
    assert server.socket.read_text() == "mine"


@pytest.mark.parametrize("verb", ["record list", "zone export", "audit"])
def test_an_answer_that_nobody_reads_ends_and_frees_its_snapshot(made, verb):
    server = made(config="listing-timeout: 1s\n").start()
    server.zone("corp.example", "ns A 10.0.0.1",
                *(f"host{i:05} TXT {'x' * 200}" for i in range(10000)))
    with connect(server) as one:
        args = {} if verb == "audit" else {"zone": "corp.example"}
        one.sendall(frame("C", json.dumps({"command": verb, "args": args}).encode()))
        wait_until(lambda: "answer ended before its end" in server.log(), "the server's patience")
        got = result(one)
        assert got["code"] == 1 and "kept the server waiting for 1s (listing-timeout)" \
            in got["error"]
        assert ask(one, {"command": "status"})["ok"], "the connection goes on"
