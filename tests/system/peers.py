# SPDX-License-Identifier: BSD-2-Clause
"""BIND and Knot beside tenured: the same zones on free ports of loopback, the same bytes to each."""
import contextlib
import os
import pathlib
import shutil
import socket
import subprocess
import tempfile

import dns.exception
import dns.message
import dns.query

from tenure import PATIENCE, free_port, wait_until

ADDRESS = "127.0.0.1"
NAMED_OPTIONS = """
options {
	directory "%(folder)s"; pid-file none; session-keyfile none; managed-keys-directory "%(folder)s";
	listen-on port %(port)d { 127.0.0.1; }; listen-on-v6 { none; };
	recursion no; allow-query { any; }; allow-transfer { any; }; notify no; dnssec-validation no; empty-zones-enable no;
	minimal-responses no-auth; minimal-any yes; version "peer"; server-id "peer"; hostname none;
	check-names primary ignore; check-integrity no; check-mx ignore; check-mx-cname ignore;
	max-records-per-type 0; max-types-per-name 0; check-srv-cname ignore; check-sibling no; check-wildcard no; check-dup-records ignore; zero-no-soa-ttl no;
	answer-cookie no; transfer-format many-answers; interface-interval 0;
};
controls { };
logging { category general { default_stderr; }; };
"""
KNOTD_OPTIONS = """
server:
    listen: 127.0.0.1@%(port)d
    rundir: %(folder)s
    udp-workers: 1
    tcp-workers: 1
    background-workers: 1
    automatic-acl: off
    version: peer
    identity: peer
log:
  - target: %(folder)s/log
    any: info
database:
    storage: %(folder)s
template:
  - id: default
    storage: %(folder)s
    semantic-checks: off
    journal-content: none
    zonefile-sync: -1
zone:
"""


def found(program):
    return shutil.which(program, path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")


class Peer:
    """Another server with these zones (apex to text)."""
    program = None

    def __init__(self, zones):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="peer-"))
        self.folder.chmod(0o755)
        self.address = ADDRESS
        self.port = free_port()
        for apex, text in zones.items():
            (self.folder / f"{apex}.zone").write_text(text)
        words = self.command(list(zones), {"folder": self.folder, "port": self.port})
        with open(self.folder / "out", "wb") as out:
            self.process = subprocess.Popen(words, stdout=out, stderr=out, cwd=self.folder,
                                            stdin=subprocess.DEVNULL)
        try:
            for apex in zones:
                wait_until(lambda: not self.is_alive() or self.serves(apex), apex)
            assert self.is_alive()
        except AssertionError as problem:
            said = self.said()
            self.close()
            raise AssertionError(f"{self.program}: {problem}\n{said}") from None

    def is_alive(self):
        return self.process.poll() is None

    def serves(self, apex):
        with contextlib.suppress(OSError, dns.exception.DNSException):
            question = dns.message.make_query(apex, "SOA")
            return bool(dns.query.udp(question, self.address, 0.5, self.port).answer)
        return False

    def said(self):
        return "".join(p.read_text(errors="replace") for p in (self.folder / "out", self.folder / "log")
                       if p.exists())

    def close(self):
        self.process.terminate()
        self.process.wait(PATIENCE)
        shutil.rmtree(self.folder, ignore_errors=True)


class Named(Peer):
    """BIND; `allow-update { any; }` when asked for."""
    program = "named"

    def __init__(self, zones, takes_updates=False):
        self.policy = "allow-update { any; };" if takes_updates else ""
        super().__init__(zones)

    def command(self, zones, values):
        text = NAMED_OPTIONS % values
        for apex in zones:
            text += f'zone "{apex}" {{ type primary; file "{apex}.zone"; {self.policy} }};\n'
        path = self.folder / "named.conf"
        path.write_text(text)
        return [found("named"), "-g", "-n", "1", "-c", str(path)]


class Knotd(Peer):
    """Knot DNS."""
    program = "knotd"

    def command(self, zones, values):
        text = KNOTD_OPTIONS % values
        for apex in zones:
            text += f"  - domain: {apex}\n    file: {apex}.zone\n"
        path = self.folder / "knot.conf"
        path.write_text(text)
        return [found("knotd"), "-c", str(path)]


class Line:
    """A connected UDP socket to a server: bytes there, bytes back."""

    def __init__(self, server):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.connect((server.address, server.port))
        self.socket.settimeout(PATIENCE)

    def send(self, wire):
        self.socket.send(wire)

    def read(self, id):
        """The answer with this id, or None after a while."""
        while True:
            try:
                wire = self.socket.recv(65535)
            except TimeoutError:
                return None
            if wire[:2] == id:
                return wire

    def close(self):
        self.socket.close()


def ask_all(lines, wire):
    """Sends the same bytes to each server; what each answered."""
    for line in lines:
        line.send(wire)
    return [line.read(wire[:2]) for line in lines]
