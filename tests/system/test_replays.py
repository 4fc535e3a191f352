# SPDX-License-Identifier: BSD-2-Clause
"""A signed update runs once: what somebody captured is answered as the first time or not at all, over
restarts and crashes too, and clients that lost their answer in a crash get on."""
import os
import socket
import struct
import threading
import time
import types

import dns.message
import dns.tsig
import pytest

from tenure import PATIENCE, free_port, wait_until
from test_backup import offline
from kea import D2, Kea

ZONE = "corp.example"
REFUSED, YXDOMAIN = 5, 6


@pytest.fixture
def server(tenured):
    server = tenured()
    server.zone(ZONE, "www A 10.0.0.1", update="secure")
    server.ctl_ok("zone", "add", "--reverse", "10.0.0.0/8", "update=secure")
    return server


class Captured:
    """A signed update, its bytes, and how to read its answer."""

    def __init__(self, server, key, fill):
        self.server = server
        self.message = server.update(ZONE, key)
        fill(self.message)
        self.wire = self.message.to_wire()

    def send(self, tcp=False, patience=PATIENCE):
        """The rcode; None: no answer. From another port each time."""
        place = (self.server.address, self.server.port)
        kind = socket.SOCK_STREAM if tcp else socket.SOCK_DGRAM
        with socket.socket(socket.AF_INET, kind) as way:
            way.settimeout(patience)
            way.connect(place)
            way.sendall(struct.pack("!H", len(self.wire)) + self.wire if tcp else self.wire)
            try:
                answer = way.recv(65535)
            except TimeoutError:
                return None
        answer = answer[2:] if tcp else answer
        read = dns.message.from_wire(answer, keyring=self.message.keyring,
                                     request_mac=self.message.mac)
        assert read.had_tsig
        return int(read.rcode())


def crash(server):
    """It starts again in another second: what is signed in that of the start is new."""
    server.kill()
    second = int(time.time())
    wait_until(lambda: int(time.time()) > second, "the next second")
    server.start()


def adds(name, address):
    return lambda update: update.add(name, 300, "A", address)


def removes(name):
    return lambda update: update.delete(name, "A")


def addresses(server, name):
    return sorted(str(item) for rrset in server.query(name, "A").answer for item in rrset)


def test_a_captured_update_runs_once_over_restarts_and_crashes(server):
    alice, mallory = server.key("alice"), server.key("mallory")
    added = Captured(server, alice, adds("pc1", "10.0.0.7"))
    refused = Captured(server, mallory, removes("pc1"))
    assert added.send() == 0
    assert refused.send() == REFUSED
    assert Captured(server, alice, removes("pc1")).send(tcp=True) == 0
    for how in ("at once", "restart", "crash", "restart after the crash"):
        if how == "crash":
            crash(server)
        elif how != "at once":
            server.restart()
        for tcp in (False, True):
            assert added.send(tcp) == 0, how
        assert addresses(server, "pc1.corp.example") == [], how
        if "crash" not in how:
            assert refused.send() == REFUSED, how
        else:
            assert refused.send(patience=0.5) is None, how
    # What is signed since, is served.
    assert Captured(server, alice, adds("pc1", "10.0.0.8")).send() == 0
    assert addresses(server, "pc1.corp.example") == ["10.0.0.8"]
    dropped = server.rows("audit", "--event", "update-dropped")
    assert all("before a crash" in row["reason"] for row in dropped) and dropped
    requests = [row["request"] for row in server.rows("audit", "--event", "record-register")
                if row["name"] == "pc1.corp.example"]
    assert len(set(requests)) == 2 and {len(text) for text in requests} == {32}, requests


def test_a_restored_log_still_knows_what_ran(server, tenured):
    """`restore --log-of` keeps the hashes: the other folder's store key is taken along."""
    alice = server.key("alice")
    backup = server.folder / "backup"
    server.ctl_ok("backup", backup, "--with-store-key")
    added = Captured(server, alice, adds("pc1", "10.0.0.7"))
    assert added.send() == 0
    assert Captured(server, alice, removes("pc1")).send() == 0
    server.kill()
    old = server.data.rename(server.folder / "old")
    answer = offline("restore", server.data, backup, "--log-of", old)
    assert answer.code == 0, answer
    server.start()
    assert added.send() == 0
    assert addresses(server, "pc1.corp.example") == []


class Relay:
    """Stands between a client and the server, by UDP. `at_answer` may swallow an answer."""

    def __init__(self, server, at_answer):
        self.server, self.at_answer = server, at_answer
        self.requests = []
        self.port = free_port()
        self.front = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.front.bind(("127.0.0.1", self.port))
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        while True:
            wire, client = self.front.recvfrom(65535)
            if not wire:
                return
            self.requests.append(wire)
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as back:
                back.settimeout(0.5)
                back.sendto(wire, (self.server.address, self.server.port))
                try:
                    answer = back.recv(65535)
                except (TimeoutError, ConnectionRefusedError):
                    continue
            if self.at_answer(wire, answer):
                self.front.sendto(answer, client)

    def close(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as end:
            end.sendto(b"", ("127.0.0.1", self.port))
        self.thread.join(PATIENCE)
        self.front.close()


@pytest.fixture
def crashing(server):
    """The server dies after the commit of the first update, before its answer."""
    crashed = []

    def at_answer(wire, answer):
        is_update = (wire[2] >> 3 & 15) == 5
        if not is_update or crashed:
            return True
        crashed.append(wire)
        crash(server)
        return False

    relay = Relay(server, at_answer)
    relay.crashed = crashed
    yield relay
    relay.close()


def test_nsupdate_gets_its_answer_from_the_log_after_a_crash(server, crashing):
    """It sends the same bytes again: they ran, and the log says so."""
    key = server.key("pc1.corp.example")
    near = types.SimpleNamespace(address="127.0.0.1", port=crashing.port)
    answer = type(server).nsupdate(near, "zone corp.example\nprereq nxdomain pc1.corp.example\n"
                                   "update add pc1.corp.example 300 A 10.0.0.7",
                                   "-u", "2", "-r", "3", key=key)
    assert answer.code == 0, answer
    assert crashing.requests.count(crashing.crashed[0]) >= 2, "nsupdate resends the same bytes"
    assert addresses(server, "pc1.corp.example") == ["10.0.0.7"]
    assert len(server.rows("audit", "--event", "record-register", "--name", "pc1.corp.example")) == 1


def test_nsupdate_that_was_refused_in_a_crash_signs_anew(server, crashing):
    """What changed nothing is not in the log: the resent bytes are dropped, and the next run of
    nsupdate, with its new signature, is answered."""
    key = server.key("pc1.corp.example")
    near = types.SimpleNamespace(address="127.0.0.1", port=crashing.port)
    script = ("zone corp.example\nprereq yxdomain pc2.corp.example\n"
              "update add pc1.corp.example 300 A 10.0.0.7")
    answer = type(server).nsupdate(near, script, "-u", "1", "-r", "1", "-t", "4", key=key)
    assert answer.code != 0 and "timed out" in answer.out + answer.err, answer
    answer = type(server).nsupdate(near, script, key=key)
    assert answer.code == 2 and "NXDOMAIN" in answer.out + answer.err, answer
    assert len(server.rows("audit", "--event", "update-dropped")) == 1


def test_d2_gets_its_lease_registered_over_a_crash(server, crashing):
    if not os.access(D2, os.X_OK):
        pytest.skip("kea-dhcp-ddns-server is not installed")
    key = server.key("kea-dhcp")
    near = types.SimpleNamespace(address="127.0.0.1", port=crashing.port, folder=server.folder)
    kea = Kea(near, key, timeout=1500)
    try:
        assert kea.tell(True, "pc1.corp.example", "10.0.0.7"), kea.log()
        assert crashing.crashed
        assert addresses(server, "pc1.corp.example") == ["10.0.0.7"]
        assert server.query("7.0.0.10.in-addr.arpa", "PTR").answer
    finally:
        kea.close()
