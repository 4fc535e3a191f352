# SPDX-License-Identifier: BSD-2-Clause
"""Port 53 for a daemon that has no capability: another process binds it before (--pass-sockets)."""
import contextlib
import os
import pathlib
import pwd
import socket
import sys
import threading

import pytest
import service_manager
from tenure import Tenured, program, run
from test_privileges import low_port, status

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")

NOBODY = pwd.getpwnam("nobody").pw_uid
MANAGER = str(pathlib.Path(service_manager.__file__).resolve())


@contextlib.contextmanager
def threads_end(thread):
    thread.start()
    yield
    thread.join()


class Service(Tenured):
    """A daemon as its unit starts it."""

    def command(self):
        return [sys.executable, MANAGER, str(NOBODY), *super().command()]


@pytest.fixture
def service():
    server = Service("--threads", "3")
    server.folder.chmod(0o755)
    server.data.mkdir()
    os.chown(server.data, NOBODY, NOBODY)
    server.port = low_port()
    server.listen = [f"127.0.0.1@{server.port}", f"127.0.0.2@{server.port}"]
    yield server
    server.close()


@pytest.fixture
def store():
    store = service_manager.Store()
    yield store
    for fd in store.kept:
        os.close(fd)
    store.close()


def passes(store, *words):
    return store.run(program("tenured"), "--pass-sockets", *map(str, words))


def owners(port, kind):
    """The users of the sockets that are bound to the port, as the kernel counts them."""
    found = []
    for line in pathlib.Path(f"/proc/net/{kind}").read_text().splitlines()[1:]:
        fields = line.split()
        if int(fields[1].split(":")[1], 16) == port:
            found.append(int(fields[7]))
    return found


def test_it_answers_at_a_low_port_without_a_capability(service):
    service.start()
    for address in ("127.0.0.1", "127.0.0.2"):
        service.address = address
        for tcp in (False, True):
            assert service.query("version.bind", "TXT", rdclass="CH", tcp=tcp).answer, (address, tcp)
    for thread in status(service):
        for kind in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
            assert int(thread[kind], 16) == 0, kind
        assert thread["Uid"].split() == [str(NOBODY)] * 4
    assert service.notify.has("FDSTOREREMOVE=1"), "the manager needs to keep nothing"
    assert "not listened on" not in service.log()


def test_it_starts_again_at_other_addresses(service):
    service.start()
    service.listen = [f"127.0.0.3@{service.port}"]
    service.restart()
    service.address = "127.0.0.3"
    assert service.query("version.bind", "TXT", rdclass="CH").answer


def test_no_socket_would_go_on_to_a_child(service):
    service.start()
    folder = pathlib.Path(f"/proc/{service.process.pid}")
    sockets = [fd.name for fd in (folder / "fd").iterdir() if os.readlink(fd).startswith("socket:")]
    assert len(sockets) > 12
    for fd in sockets:
        lines = (folder / "fdinfo" / fd).read_text().splitlines()
        flags = next(line.split()[1] for line in lines if line.startswith("flags:"))
        assert int(fd) < 3 or int(flags, 8) & os.O_CLOEXEC, fd


def test_they_are_bound_by_the_user_that_serves(store):
    port = low_port()
    code, said = passes(store, "--user", "nobody", "--threads", "2", "--listen", f"127.0.0.1@{port}",
                        "--data", "/nonexistent")
    assert (code, said) == (0, "")
    assert len(store.kept) == 4
    assert owners(port, "udp") == [NOBODY] * 2
    assert owners(port, "tcp") == [NOBODY] * 2
    # The first thing is that what a killed server left is let go of.
    assert store.said[0] == "FDSTOREREMOVE=1"


def test_many_sockets_go_in_several_messages(store):
    port = low_port()
    code, said = passes(store, "--user", "nobody", "--threads", "100", "--listen", f"127.0.0.1@{port}",
                        "--data", "/nonexistent")
    assert (code, said) == (0, "")
    assert len(store.kept) == 200
    assert store.said.count("FDSTORE=1") > 1


def test_a_configuration_that_only_the_user_may_read(store, tmp_path):
    tmp_path.chmod(0o755)
    for folder in tmp_path.parents:
        if folder.stat().st_uid == 0 and len(folder.parts) > 2:
            folder.chmod(folder.stat().st_mode | 0o011)
    config = tmp_path / "tenured.yaml"
    port = low_port()
    config.write_text(f"listen: 127.0.0.1@{port}\nthreads: 1\n")
    config.chmod(0o400)
    os.chown(config, NOBODY, NOBODY)
    assert passes(store, "--user", "nobody", "--config", config) == (0, "")
    assert len(store.kept) == 2


def test_a_port_that_is_busy_is_named(store):
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as theirs:
        port = low_port()
        theirs.bind(("127.0.0.1", port))
        theirs.listen()
        code, said = passes(store, "--user", "nobody", "--listen", f"127.0.0.1@{port}",
                            "--data", "/nonexistent")
    assert code == 1
    assert said.startswith(f"tenured: cannot listen on 127.0.0.1@{port} by TCP: another program uses it"), said
    assert not store.kept


def bound(kind, port, uid):
    """A socket that shares its port, of a user."""
    os.seteuid(uid)
    try:
        left = socket.socket(socket.AF_INET, kind)
    finally:
        os.seteuid(0)
    left.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    left.bind(("127.0.0.1", port))
    return left


@pytest.mark.parametrize("kind", [socket.SOCK_DGRAM, socket.SOCK_STREAM])
def test_what_is_left_of_the_server_before_is_waited_for(store, kind):
    port = low_port()
    left = bound(kind, port, NOBODY)
    with threads_end(threading.Timer(0.3, left.close)):
        assert passes(store, "--user", "nobody", "--threads", "2", "--listen", f"127.0.0.1@{port}",
                      "--data", "/nonexistent") == (0, "")
    assert len(store.kept) == 4


def test_what_another_user_shares_is_not_waited_for(store):
    port = low_port()
    with bound(socket.SOCK_DGRAM, port, 0):
        code, said = passes(store, "--user", "nobody", "--listen", f"127.0.0.1@{port}",
                            "--data", "/nonexistent")
    assert code == 1 and "another program uses it" in said, said


def test_a_wrong_configuration_is_the_starts_to_tell(store, tmp_path):
    config = tmp_path / "tenured.yaml"
    config.write_text("lisen: 127.0.0.1\n")
    assert passes(store, "--config", config) == (0, "")
    assert not store.kept


def test_a_user_that_is_not_there(store):
    code, said = passes(store, "--user", "no-such-user", "--data", "/nonexistent")
    assert code == 1
    assert said.startswith("tenured: there is no user no-such-user"), said


def test_without_a_service_manager_there_is_nobody_to_pass_them_to():
    environment = {k: v for k, v in os.environ.items() if k != "NOTIFY_SOCKET"}
    answer = run(program("tenured"), "--pass-sockets", "--data", "/nonexistent", env=environment)
    assert answer.code == 1
    assert answer.err == ("tenured: sockets cannot be passed: no service manager is there "
                          "(NOTIFY_SOCKET is not set)\n")
