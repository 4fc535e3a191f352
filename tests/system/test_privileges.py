# SPDX-License-Identifier: BSD-2-Clause
"""Root for as long as it takes to bind a low port, then nobody."""
import os
import pwd
import socket

import pytest

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")

CONFIG = "version: tenure of the tests\n"


def low_port():
    """A free port that only root may bind."""
    # Not where another worker looks at the same time.
    for port in range(1023 - os.getpid() % 200, 600, -1):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp, \
                socket.socket(socket.AF_INET, socket.SOCK_STREAM) as tcp:
            try:
                udp.bind(("127.0.0.1", port))
                tcp.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue
    raise AssertionError("no port is free")


@pytest.fixture
def server(made):
    server = made("--user", "nobody", config=CONFIG)
    server.folder.chmod(0o755)
    server.port = low_port()
    server.listen = [f"127.0.0.1@{server.port}"]
    return server.start()


def status(server):
    """/proc/PID/status of every thread as dicts."""
    tasks = f"/proc/{server.process.pid}/task"
    found = []
    for task in os.listdir(tasks):
        with open(f"{tasks}/{task}/status", encoding="ascii") as file:
            found.append(dict(line.rstrip("\n").split(":\t", 1) for line in file
                              if ":\t" in line))
    return found


def test_it_serves_a_low_port_as_another_user(server):
    assert server.query("version.bind", "TXT", rdclass="CH").answer
    assert server.query("version.bind", "TXT", rdclass="CH", tcp=True).answer


def test_every_thread_is_that_user_without_capabilities(server):
    nobody = pwd.getpwnam("nobody")
    for thread in status(server):
        assert thread["Uid"].split() == [str(nobody.pw_uid)] * 4
        assert thread["Gid"].split() == [str(nobody.pw_gid)] * 4
        assert "0" not in thread["Groups"].split()
        for kind in ("CapInh", "CapPrm", "CapEff", "CapAmb"):
            assert int(thread[kind], 16) == 0, kind
        assert thread["NoNewPrivs"] == "1"


def test_secrets_do_not_get_into_core_files(server):
    with open(f"/proc/{server.process.pid}/limits", encoding="ascii") as limits:
        core = [line.split() for line in limits if line.startswith("Max core")]
    assert core[0][4:6] == ["0", "0"]


def test_the_data_folder_is_that_users_alone(server):
    nobody = pwd.getpwnam("nobody")
    for path in [server.data, *server.data.iterdir()]:
        state = path.stat()
        assert state.st_uid == nobody.pw_uid, path
        assert path == server.socket or state.st_mode & 0o077 == 0, path


def test_it_starts_again_as_that_user(server):
    assert server.restart().query("version.bind", "TXT", rdclass="CH").answer


@pytest.fixture
def foreign(made):
    """A server of root without a user in its settings, in the data folder of somebody else."""
    nobody = pwd.getpwnam("nobody")
    server = made(config=CONFIG)
    server.folder.chmod(0o755)
    server.data.mkdir(mode=0o700, exist_ok=True)
    os.chown(server.data, nobody.pw_uid, nobody.pw_gid)
    return server


def test_root_in_the_folder_of_another_user_becomes_that_user(foreign):
    nobody = pwd.getpwnam("nobody")
    foreign.start()
    assert {thread["Uid"] for thread in status(foreign)} == {"\t".join([str(nobody.pw_uid)] * 4)}
    assert {path.stat().st_uid for path in foreign.data.iterdir()} == {nobody.pw_uid}


def test_a_link_in_the_folder_of_another_user_leads_root_nowhere(foreign):
    precious = foreign.folder / "precious"
    precious.touch(mode=0o600)
    (foreign.data / "data.mdb").symlink_to(precious)
    assert foreign.run().code == 1
    assert precious.read_bytes() == b"" and precious.stat().st_uid == 0


def test_root_refuses_a_folder_of_its_own_that_others_may_write_to(made):
    server = made(config=CONFIG)
    server.data.mkdir(exist_ok=True)
    server.data.chmod(0o777)
    refused = server.run()
    assert refused.code == 1 and "others may write to it" in refused.err
