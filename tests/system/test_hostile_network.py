# SPDX-License-Identifier: BSD-2-Clause
"""A server that nobody configured, in a hostile network: default settings, no zone or one that takes unsigned
updates, and everything at once that needs no key. It answers others while it lasts and afterwards, its
memory is bounded, its store grows by no more than its limits, and it stops when it is told to.

TENURE_HOSTILE_SECONDS says for how long (6).
"""
import contextlib
import os
import random
import signal
import socket
import threading
import time

import dns.message
import dns.query
import dns.update
import pytest

import lab as realm
from tenure import is_sanitized, wait_until

ZONE = "corp.example"
SECONDS = float(os.environ.get("TENURE_HOSTILE_SECONDS", "6"))
# A process at rest has some 30 MiB; connections, the table of requests and queues are bounded.
GROWTH_MIB = 400 if is_sanitized() else 120
PATIENCE = 15 if is_sanitized() else 5


def resident_mib(server):
    with open(f"/proc/{server.process.pid}/status") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmRSS")) // 1024


class Attack:
    """Calls `once` again and again in a thread, until it is ended."""

    def __init__(self, server, once):
        self.server, self.once, self.done = server, once, 0
        self.chance = random.Random(once.__name__)
        self.ends = threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        while not self.ends.is_set():
            with contextlib.suppress(OSError):
                self.once(self.server, self.chance)
            self.done += 1
            time.sleep(0.005)

    def end(self):
        self.ends.set()
        self.thread.join(30)
        assert not self.thread.is_alive(), self.once.__name__


def udp(server, wires):
    source = f"127.{random.randrange(1, 250)}.{random.randrange(250)}.{random.randrange(1, 250)}"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.bind((source, 0))
        sender.setblocking(False)
        for wire in wires:
            sender.sendto(wire, (server.address, server.port))
        with contextlib.suppress(OSError):
            while True:
                sender.recv(65535)


def garbage(server, chance):
    """Bytes, and messages of which some are other bytes, with lengths that lie."""
    good = dns.message.make_query(f"x{chance.randrange(99)}.{ZONE}", "A", use_edns=0).to_wire()
    wires = [chance.randbytes(chance.choice([0, 1, 11, 12, 30, 512, 4096])) for _ in range(10)]
    for _ in range(20):
        wire = bytearray(good)
        for _ in range(chance.randrange(1, 6)):
            wire[chance.randrange(len(wire))] = chance.randrange(256)
        wires.append(bytes(wire))
    udp(server, wires)


def connections(server, chance):
    """Connections that say nothing, half a length, or a length and no more, and stay."""
    streams = []
    for _ in range(40):
        stream = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        stream.settimeout(0.5)
        streams.append(stream)
        with contextlib.suppress(OSError):
            stream.bind((f"127.9.{chance.randrange(250)}.{chance.randrange(1, 250)}", 0))
            stream.connect((server.address, server.port))
            stream.sendall(chance.choice([b"", b"\0", b"\xff\xff", b"\xff\xff" + b"x" * 2000]))
    time.sleep(0.1)
    for stream in streams:
        stream.close()


def negotiations(server, chance):
    """TKEY with tokens that are none, by UDP and TCP."""
    wires = []
    for _ in range(10):
        name = f"{chance.randrange(1 << 40)}.sig-{ZONE}"
        token = chance.randbytes(chance.choice([1, 60, 1200]))
        wires.append(realm.tkey_query(name, realm.tkey_data(token=token, mode=chance.randrange(6))))
    udp(server, wires)
    with contextlib.suppress(AssertionError):
        realm.exchange(server, wires[0], timeout=1)


def huge_updates(server, chance):
    """Updates of 60 KB by TCP: as many names, and as much at a name, as fit."""
    update = dns.update.UpdateMessage(ZONE)
    mark = chance.randrange(1 << 30)
    for number in range(180):
        where = f"n{mark}-{number}" if chance.randrange(2) else "heap"
        update.add(where, 60, "TXT", f'"{mark} {number} {"z" * 200}"')
    with contextlib.suppress(AssertionError):
        realm.exchange(server, update.to_wire(), timeout=2,
                       source=f"127.8.{chance.randrange(4)}.{chance.randrange(1, 5)}")


def small_updates(server, chance):
    """Names that nobody needs, and names that others need."""
    wires = []
    for _ in range(20):
        update = dns.update.UpdateMessage(ZONE)
        name = chance.choice([f"x{chance.randrange(1 << 40)}", "wpad", "isatap", "*", "@", "ns",
                              "_ldap._tcp.dc._msdcs", "www"])
        rtype, data = chance.choice([("A", "10.6.6.6"), ("NS", "evil.example."),
                                     ("DNAME", "evil.example."), ("TXT", "x"),
                                     ("CNAME", "evil.example.")])
        update.add(name, 60, rtype, data)
        wires.append(update.to_wire())
    udp(server, wires)


ATTACKS = (garbage, connections, negotiations, huge_updates, small_updates)


def asks(server, name=ZONE):
    """The rcode of a question by UDP and by TCP, each within the patience of a client."""
    query = dns.message.make_query(name, "SOA")
    codes = []
    for way in (dns.query.udp, dns.query.tcp):
        for _ in range(3):
            with contextlib.suppress(dns.exception.Timeout, OSError, EOFError):
                codes.append(way(query, server.address, port=server.port, timeout=PATIENCE).rcode())
                break
        else:
            codes.append(None)
    return codes


@pytest.mark.parametrize("has_zone", [False, True], ids=["no zone", "a nonsecure zone"])
def test_it_answers_others_and_its_memory_is_bounded(tenured, has_zone):
    server = tenured()
    expected = [0, 0] if has_zone else [5, 5]
    if has_zone:
        server.zone(ZONE, "ns A 10.0.0.53", "www A 10.0.0.80", update="nonsecure")
    assert asks(server) == expected
    before = resident_mib(server)
    attacks = [Attack(server, once) for once in ATTACKS]
    end = time.monotonic() + SECONDS
    try:
        while time.monotonic() < end:
            assert asks(server) == expected, "while it lasts"
            assert server.ctl("status").code == 0
            time.sleep(0.2)
    finally:
        for attack in attacks:
            attack.end()
    assert all(attack.done > 3 for attack in attacks), {a.once.__name__: a.done for a in attacks}
    assert resident_mib(server) - before < GROWTH_MIB, (before, resident_mib(server))
    assert wait_until(lambda: asks(server) == expected, "it answers afterwards")
    if has_zone:
        for name, data in (("www", "10.0.0.80"), ("ns", "10.0.0.53")):
            answer = server.query(f"{name}.{ZONE}", "A")
            assert [record.address for record in answer.answer[0]] == [data], name
        assert server.query(f"wpad.{ZONE}", "A").rcode() == 3
        assert server.query(f"any.{ZONE}", "A").rcode() == 3, "no wildcard"
        # 50 names of an address, 100 records of a type at a name.
        rows = server.rows("record", "list", ZONE)
        heap = [row for row in rows if row["name"] == f"heap.{ZONE}"]
        assert len(heap) <= 100
    began = time.monotonic()
    assert server.stop(signal.SIGTERM) == 0
    assert time.monotonic() - began < PATIENCE
    server.start()
    assert asks(server) == expected
