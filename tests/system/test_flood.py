# SPDX-License-Identifier: BSD-2-Clause
"""A flood of refusals from forged addresses: nothing of the log's history goes, a real refusal is found,
memory stays as it was, and SIGTERM is obeyed within five seconds.

TENURE_FLOOD_SECONDS says for how long (4); a soak takes 600."""
import contextlib
import os
import random
import signal
import socket
import struct
import subprocess
import threading
import time

import dns.message
import dns.rcode
import dns.update

from tenure import is_sanitized, program, wait_until

ZONE = "corp.example"
SECONDS = float(os.environ.get("TENURE_FLOOD_SECONDS", "4"))
STOP_SECONDS = 15 if is_sanitized() else 5


class Flood:
    """Unsigned updates of random names from many addresses of loopback, until it is ended."""

    def __init__(self, server, a_second=4000):
        self.server, self.pause = server, 100 / a_second
        self.sent, self.ends = 0, threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    @staticmethod
    def message(chance):
        update = dns.update.UpdateMessage(ZONE, id=chance.randrange(65536))
        name = f"x{chance.randrange(1 << 40)}"
        update.add(name, 60, "TXT", " ".join(["z" * 230] * 2))
        return update.to_wire()

    def run(self):
        chance = random.Random(5)
        senders = []
        for number in range(32):
            sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            sender.bind((f"127.{chance.randrange(1, 250)}.{number}.{chance.randrange(1, 250)}", 0))
            sender.setblocking(False)
            senders.append(sender)
        messages = [self.message(chance) for _ in range(2000)]
        while not self.ends.is_set():
            for _ in range(100):
                with contextlib.suppress(OSError):
                    wire = bytearray(chance.choice(messages))
                    wire[:2] = struct.pack(">H", chance.randrange(65536))
                    chance.choice(senders).sendto(wire, (self.server.address, self.server.port))
                    self.sent += 1
            for sender in senders:
                with contextlib.suppress(OSError):
                    while True:
                        sender.recv(512)
            time.sleep(self.pause)
        for sender in senders:
            sender.close()

    def end(self):
        self.ends.set()
        self.thread.join()


def memory(server):
    """Bytes that it has in memory."""
    with open(f"/proc/{server.process.pid}/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def office(made):
    server = made().start()
    server.zone(ZONE, "www A 10.0.0.1", *(f"h{i} TXT {'x' * 200}" for i in range(3000)),
                update="secure", policy="windows", transfer="127.0.0.0/8")
    mine, other = server.key("mine"), server.key("other")
    update = server.update(ZONE, mine)
    update.add("pc1", 60, "A", "10.0.0.1")
    assert server.ask(update).rcode() == 0
    return server, mine, other


def refuse(server, key):
    update = server.update(ZONE, key)
    update.delete("pc1", "A")
    update.add("pc1", 60, "A", "10.6.6.6")
    assert server.ask(update, timeout=20).rcode() == dns.rcode.REFUSED


def stops_in_time(server):
    start = time.monotonic()
    server.was_told = True
    server.process.send_signal(signal.SIGTERM)
    code = server.process.wait(60)
    took = time.monotonic() - start
    assert code == 0 and took < STOP_SECONDS, f"it took {took:.1f} s\n{server.log()[-2000:]}"


def test_a_flood_of_refusals(made):
    server, _, other = office(made)
    changes = server.last_change()
    flood = Flood(server)
    try:
        wait_until(lambda: flood.sent > 2000, "the flood")
        before, end = None, time.monotonic() + SECONDS
        while time.monotonic() < end:
            assert server.query(f"www.{ZONE}", "A").rcode() == 0
            time.sleep(min(1, SECONDS / 4))
            if before is None and time.monotonic() > end - SECONDS * 2 / 3:
                before = memory(server)
        refuse(server, other)
        grew = memory(server) - before
        assert grew < 32 << 20 or is_sanitized(), f"memory grew by {grew >> 20} MiB"
        why = server.ctl("why", "--last", f"pc1.{ZONE}")
        assert why.code == 0 and "key:other" in why.out, why
        assert server.last_change() == changes, "nothing of it is in the log of changes"
        assert server.rows("audit", "show", "1")[0]["seq"] == 1, "and its history is whole"
        stops_in_time(server)
    finally:
        flood.end()
    server.start()
    assert server.ctl("audit", "verify").code == 0


@contextlib.contextmanager
def busy(server):
    """Followers, listings and transfers that nobody reads, and commands that take long."""
    running = [subprocess.Popen([program("tenurectl"), "--socket", str(server.socket), *words],
                                stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                stdin=subprocess.DEVNULL)
               for words in [["audit", "--follow"]] * 10 + [["record", "list", ZONE]] * 4
               + [["audit", "verify"]] * 4 + [["zone", "export", ZONE]] * 4]
    connections = []
    for _ in range(8):
        connection = server.connect()
        query = dns.message.make_query(ZONE, "AXFR").to_wire()
        connection.sendall(struct.pack(">H", len(query)) + query)
        connections.append(connection)
    try:
        yield
    finally:
        for process in running:
            process.kill()
            process.wait()
            process.stdout.close()
        for connection in connections:
            connection.close()


def test_a_stop_waits_for_nobody(made):
    """With followers, listings and transfers that nobody reads, long commands and a flood."""
    server, _, _ = office(made)
    with busy(server):
        flood = Flood(server)
        try:
            wait_until(lambda: flood.sent > 2000, "the flood")
            stops_in_time(server)
        finally:
            flood.end()


def test_a_stop_in_the_middle_of_a_backup_and_an_import(made):
    server, _, _ = office(made)
    text = "\n".join(["$TTL 60", f"@ SOA ns.{ZONE}. h 1 3600 600 86400 300", f"@ NS ns.{ZONE}.",
                      *(f"i{n} TXT {'y' * 150}" for n in range(60000))])
    path = server.folder / "large.zone"
    path.write_text(text + "\n")
    running = [subprocess.Popen([program("tenurectl"), "--socket", str(server.socket), *words],
                                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
               for words in (["zone", "import", ZONE, str(path)],
                             ["backup", str(server.folder / "copy"), "--portable"],
                             ["backup", str(server.folder / "copy2")])]
    try:
        time.sleep(0.7)
        stops_in_time(server)
    finally:
        for process in running:
            process.kill()
            process.wait()
