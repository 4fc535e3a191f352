# SPDX-License-Identifier: BSD-2-Clause
"""kill -9 under update load: what was acknowledged is there, nothing is there by half, and the
log's digest chain verifies. TENURE_KILL_ROUNDS says how often."""
import os
import random
import socket
import threading
import time

import dns.update

import bytes_of
from tenure import program, run

ZONE = "corp.example"
ROUNDS = int(os.environ.get("TENURE_KILL_ROUNDS", "8"))
CLIENTS = 6


class Client(threading.Thread):
    """Registers one name after the other, each with three records in one message."""

    def __init__(self, server, key, round, number):
        super().__init__(daemon=True)
        self.server, self.key = server, key
        self.label = f"r{round}c{number}"
        self.acknowledged = []
        self.problems = []
        self.has_ended = threading.Event()

    def run(self):
        for count in range(100000):
            if self.has_ended.is_set():
                return
            name = f"{self.label}n{count}"
            update = dns.update.UpdateMessage(ZONE)
            update.absent(name)
            update.add(name, 60, "A", f"10.{count >> 16 & 255}.{count >> 8 & 255}.{count & 255}")
            update.add(name, 60, "TXT", f"\"{name} {'x' * 100}\"")
            update.add(f"below.{name}", 60, "A", "10.0.0.1")
            try:
                self.send(name, bytes_of.signed(update, self.key)[0])
            except OSError:
                return

    def send(self, name, wire):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            udp.connect((self.server.address, self.server.port))
            udp.settimeout(2)
            udp.send(wire)
            rcode = bytes_of.rcode(udp.recv(65535))
        if rcode == 0:
            self.acknowledged.append(name)
        else:
            self.problems.append((name, rcode))


def stored(server):
    """Types at each name, as the store has them."""
    found = {}
    for row in server.rows("record", "list", ZONE):
        label = row["name"].rstrip(".").removesuffix(f".{ZONE}")
        found.setdefault(label, set()).add(row["type"])
    return found


def check_all(server, acknowledged, where):
    """Everything that was ever acknowledged, against everything that is stored."""
    found = stored(server)
    lost = [name for name in acknowledged if name not in found]
    assert not lost, f"{where}: acknowledged, and lost: {lost[:5]}"
    half = [name for name, types in found.items()
            if name.startswith("r") and (types != {"A", "TXT"} or f"below.{name}" not in found)]
    assert not half, f"{where}: there by half: {half[:5]}"


def check_last(server, client, where):
    """The client's last names, and the one that it got no answer for: whole, or not there at all."""
    count = len(client.acknowledged)
    for number in range(max(0, count - 5), count + 1):
        name = f"{client.label}n{number}.{ZONE}"
        there = [bool(server.query(at, type).answer)
                 for at, type in ((name, "A"), (name, "TXT"), (f"below.{name}", "A"))]
        assert all(there) or not any(there), f"{where}: {name} is there by half"
        assert all(there) or number == count, f"{where}: {name} was acknowledged, and is lost"


def is_whole(server, where):
    offline = run(program("tests/system/chainverify"), server.data, patience=300)
    assert offline.code == 0, f"{where}: {offline}"


def test_kill_9_loses_nothing_that_was_acknowledged(tenured):
    server = tenured()
    server.zone(ZONE, "www A 10.0.0.1", update="secure")
    key = server.key("loader")
    chance = random.Random(ROUNDS)
    acknowledged = []
    for round in range(ROUNDS):
        where = f"round {round}"
        clients = [Client(server, key, round, number) for number in range(CLIENTS)]
        for client in clients:
            client.start()
        time.sleep(chance.uniform(0.02, 0.6))
        server.kill()
        for client in clients:
            client.has_ended.set()
            client.join()
            assert not client.problems
            acknowledged += client.acknowledged
        is_whole(server, where)
        server.start()
        for client in clients:
            check_last(server, client, where)
        if round % 20 == 4 or round == ROUNDS - 1:
            check_all(server, acknowledged, where)
    print(f"{ROUNDS} rounds, {len(acknowledged)} acknowledged updates, none lost")
    assert len(acknowledged) >= ROUNDS, "there was no load"
    verified = server.ctl("audit", "verify")
    assert verified.code == 0, verified
    names = {row["name"] for row in server.rows("audit", "--zone", ZONE, "--event",
                                                "record-register")}
    assert not [name for name in acknowledged if f"{name}.{ZONE}" not in names], "in the log, too"


def test_serials_never_go_back(tenured):
    server = tenured()
    server.zone(ZONE, "www A 10.0.0.1", update="secure")
    key = server.key("loader")
    last = 0
    for round in range(3):
        client = Client(server, key, round, 0)
        client.start()
        time.sleep(0.2)
        serial = server.query(ZONE, "SOA").answer[0][0].serial
        assert serial >= last
        server.kill()
        client.has_ended.set()
        client.join()
        server.start()
        last = server.query(ZONE, "SOA").answer[0][0].serial
        assert last >= serial, "a serial that was seen is never used again"
