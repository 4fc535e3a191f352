# SPDX-License-Identifier: BSD-2-Clause
"""Starts that are refused: each with one clear sentence, exit code 1, and nothing broken."""
import os
import socket
import stat
import subprocess
import tempfile

import pytest

from tenure import free_port, program, run

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")


def refusal(server):
    """What it says when it does not start."""
    answer = server.run()
    assert answer.code == 1, answer
    lines = [line for line in answer.err.splitlines() if line.startswith("tenured: ")]
    assert len(lines) == 1, answer.err
    return lines[0]


def test_the_first_start_makes_the_data_folder_for_us_alone(tenured):
    server = tenured()
    assert stat.S_IMODE(server.data.stat().st_mode) == 0o700


@pytest.mark.parametrize("kind,by", [(socket.SOCK_DGRAM, "UDP"), (socket.SOCK_STREAM, "TCP")])
def test_a_busy_port(made, kind, by):
    server = made()
    with socket.socket(socket.AF_INET, kind) as other:
        other.bind((server.address, server.port))
        if kind == socket.SOCK_STREAM:
            other.listen()
        text = refusal(server)
    assert f"cannot listen on 127.0.0.1@{server.port} by {by}: another program uses it" in text
    server.start()


def test_a_port_that_another_tenured_uses(made):
    first = made().start()
    second = made(listen=[f"127.0.0.1@{first.port}"])
    assert "another program uses it" in refusal(second)
    assert first.is_alive()


def test_a_port_that_a_wildcard_uses(made):
    port = free_port()
    made(listen=[f"0.0.0.0@{port}"]).start()
    assert "another program uses it" in refusal(made(listen=[f"127.0.0.1@{port}"]))


def test_an_address_that_is_not_ours(made):
    text = refusal(made(listen=["192.0.2.1@5353"]))
    assert "192.0.2.1@5353" in text and "no interface has this address" in text


def test_a_second_daemon_on_the_store(made):
    first = made().start()
    second = made()
    second.data = first.data
    text = refusal(second)
    assert str(first.data) in text and f"pid {first.process.pid}" in text
    assert first.is_alive() and first.socket.exists()


def test_a_foreign_store(made):
    server = made()
    server.data.mkdir(mode=0o700)
    (server.data / "data.mdb").write_bytes(b"this is no store of ours\n" * 1000)
    text = refusal(server)
    assert str(server.data) in text
    assert (server.data / "data.mdb").read_bytes().startswith(b"this is no store")


def test_a_data_folder_that_is_a_file(made):
    server = made()
    server.data.write_text("a file\n")
    text = refusal(server)
    assert f"the data folder {server.data} cannot be used: Not a directory" in text
    assert server.data.read_text() == "a file\n"


def test_a_data_folder_below_one_that_is_not_there(made):
    server = made()
    server.data = server.folder / "no" / "data"
    assert "cannot be made: No such file or directory" in refusal(server)


@needs_root
def test_a_data_folder_that_the_user_may_not_write(made):
    server = made("--user", "nobody")
    server.folder.chmod(0o755)
    server.data.mkdir(mode=0o700)
    text = refusal(server)
    assert f"the data folder {server.data} cannot be written" in text and "chown" in text


def test_a_user_that_is_not_there(made):
    assert "there is no user nosuchuser" in refusal(made("--user", "nosuchuser"))


def test_a_group_that_is_not_there(made):
    assert "there is no group nosuchgroup" in refusal(made("--group", "nosuchgroup"))


@needs_root
def test_another_user_without_being_root(made):
    server = made("--user", "root")
    server.folder.chmod(0o777)
    answer = run("setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups",
                 *server.command(), env=server.environment())
    assert answer.code == 1
    assert "tenured: cannot become user root: only root can" in answer.err
    assert not server.data.exists()


@needs_root
def test_a_low_port_without_being_root(made):
    server = made(listen=["127.0.0.1@853"])
    server.folder.chmod(0o777)
    answer = run("setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups",
                 *server.command(), env=server.environment())
    assert answer.code == 1
    assert "ports below 1024 need root, the capability CAP_NET_BIND_SERVICE, or a service manager" in answer.err


def on_the_journal(*words):
    """What a program writes to the journal of systemd, which it knows by device and inode."""
    with tempfile.TemporaryFile("w+") as journal:
        state = os.fstat(journal.fileno())
        done = subprocess.run([str(w) for w in words], stderr=journal, stdout=subprocess.DEVNULL, timeout=20,
                              env={**os.environ, "JOURNAL_STREAM": f"{state.st_dev}:{state.st_ino}"}, check=False)
        journal.seek(0)
        return done.returncode, journal.read().splitlines()


def test_what_keeps_it_from_starting_is_an_error_of_the_journal(made, tmp_path):
    config = tmp_path / "tenured.yaml"
    config.write_text("lisen: 127.0.0.1\nthreads: many\n")
    code, lines = on_the_journal(program("tenured"), "--config", config)
    assert code == 2 and len(lines) == 2 and all(line.startswith("<3>") for line in lines), lines
    first = made().start()
    code, lines = on_the_journal(*made("--listen", first.listen[0], listen=[]).command())
    assert code == 1 and lines[-1].startswith("<3>tenured: cannot listen on "), lines
    for name in ("tenured", "tenure-exporter"):
        code, lines = on_the_journal(program(name), "--timeout=0" if name != "tenured" else "--no-such-option")
        assert code == 2 and lines[0].startswith(f"<3>{name}: "), lines


def test_a_control_socket_with_too_long_a_path(made):
    server = made("--socket", "/tmp/" + "s" * 120)
    answer = server.run()
    assert answer.code == 2
    assert "is 125 bytes long, the system takes 107" in answer.err


def test_a_control_socket_that_another_daemon_uses(made):
    first = made().start()
    text = refusal(made("--socket", first.socket))
    assert str(first.socket) in text
    assert first.is_alive() and first.socket.exists()


def test_a_control_socket_left_by_a_killed_daemon_is_replaced(tenured):
    server = tenured()
    server.kill()
    assert server.socket.exists()
    server.start()
    assert server.is_alive()


def test_a_file_at_the_control_sockets_place_is_not_touched(made):
    server = made()
    precious = server.folder / "precious"
    precious.write_text("letters\n")
    server.options += ["--socket", str(precious)]
    assert str(precious) in refusal(server)
    assert precious.read_text() == "letters\n"


def test_a_refused_start_leaves_the_running_one_alone(made):
    first = made(config="version: first\n").start()
    refusal(made(listen=[f"127.0.0.1@{first.port}"]))
    assert b"first" in first.query("version.bind", "TXT", rdclass="CH").to_wire()
