# SPDX-License-Identifier: BSD-2-Clause
"""A secondary that is nothing but ears for NOTIFY: it keeps what it heard, and answers as it is told."""
import socket
import threading
import time

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.opcode
import dns.rcode
import dns.rdatatype
import dns.rrset

from tenure import wait_until


class Heard:
    """One NOTIFY as it came."""

    def __init__(self, message, source):
        self.message = message
        self.source = source
        self.at = time.monotonic()
        self.zone = message.question[0].name.to_text(omit_final_dot=True)
        self.serial = message.answer[0][0].serial


class Secondary:
    """`answer` is a function of (message, count of those before) to bytes, a message, a list of
    these, or None (silence). Without it each is acknowledged. Asked for an SOA it answers with the
    serial that `has` gives for the zone: a number, a function of the question, or None (silence)."""

    def __init__(self, address="127.0.0.1", port=0, answer=None, key=None, has=None):
        self.address = address
        self.keyring = {dns.name.from_text(key.name): key.dns} if key else None
        self.answer = answer or (lambda message, before: dns.message.make_response(message))
        self.has = has if has is not None else {}
        self.heard, self.asked = [], []
        self.broken = []
        self.socket = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((address, port))
        self.port = self.socket.getsockname()[1]
        self.thread = threading.Thread(target=self.listen, daemon=True)
        self.thread.start()

    @property
    def place(self):
        return f"{self.address}@{self.port}"

    def listen(self):
        while True:
            try:
                wire, source = self.socket.recvfrom(65535)
            except OSError:
                return
            if wire == b"end":
                return
            try:
                message = dns.message.from_wire(wire, keyring=self.keyring)
                if message.opcode() == dns.opcode.QUERY:
                    self.say_serial(message, source)
                    continue
                heard = Heard(message, source)
            except (dns.exception.DNSException, IndexError, AttributeError) as problem:
                self.broken.append((wire, problem))
                continue
            before = len(self.heard)
            self.heard.append(heard)
            said = self.answer(message, before)
            for one in said if isinstance(said, list) else [said]:
                if one is not None:
                    self.socket.sendto(one if isinstance(one, bytes) else one.to_wire(), source)

    def say_serial(self, message, source):
        zone = message.question[0].name.to_text(omit_final_dot=True)
        self.asked.append(message)
        serial = self.has.get(zone)
        if callable(serial):
            serial = serial(message)
        if isinstance(serial, int):
            answer = dns.message.make_response(message)
            answer.flags |= dns.flags.AA
            answer.answer = [dns.rrset.from_text(zone + ".", 60, "IN", "SOA", f"ns. h. {serial} 1 2 3 4")]
            serial = answer
        if serial is not None:
            self.socket.sendto(serial.to_wire(), source)

    def serials(self, zone):
        return [h.serial for h in self.heard if h.zone == zone]

    def wait_for(self, zone, serial, patience=20):
        wait_until(lambda: serial in self.serials(zone), f"{zone} {serial}: {self.serials(zone)} {self.broken}", patience)

    def close(self):
        self.socket.sendto(b"end", self.socket.getsockname())
        self.thread.join()
        self.socket.close()
        assert not self.broken, self.broken
