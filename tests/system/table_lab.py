# SPDX-License-Identifier: BSD-2-Clause
"""A server with something in every table: long names, principals and texts, odd bytes; and
tenurectl on a terminal of any width."""
import contextlib
import fcntl
import os
import pty
import select
import struct
import subprocess
import termios
import time
import unicodedata

from tenure import PATIENCE, program

ZONE = "corp.example"
LONG = "-".join(["warehouse"] * 6) + "." + ".".join(["department" * 5] * 2) + "." + "b" * 40
HOST = "gss:host/a-workstation-with-a-long-name.department-of-research.corp.example@CORP.EXAMPLE"
LOUD = r"odd\027[31m\155\000\255"
TEXT = "v=spf1 " + " ".join(f"ip4:192.0.2.{n}" for n in range(12)) + " -all"
NOTE = "倉庫の端末, ask Zoë (2nd floor, behind the red door) before it is switched off for good"


class Terminal:
    """A program whose output is on a terminal, while it runs."""

    def __init__(self, *words, columns=80, stdout=None, env=None):
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        self.process = subprocess.Popen(
            [program("tenurectl"), *map(str, words)], stdin=slave, stderr=slave,
            stdout=stdout or slave, env={**os.environ, "TERM": "xterm", "LC_ALL": "C.UTF-8",
                                         "NO_COLOR": "1", **(env or {})})
        os.close(slave)
        self.bytes = b""

    def shown(self):
        """All that was shown so far."""
        while select.select([self.master], [], [], 0.02)[0]:
            try:
                piece = os.read(self.master, 65536)
            except OSError:  # the program has ended
                break
            self.bytes += piece
        return self.bytes.decode(errors="replace")

    def end(self):
        """(exit code, all that was shown)"""
        code = self.process.wait(PATIENCE)
        shown = self.shown()
        os.close(self.master)
        return code, shown


def terminal(*words, columns=80, split=True, env=None, socket=None):
    """Runs tenurectl with its standard output, and unless `split` its other streams, on a terminal.
    (exit code, what was shown, standard error)"""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    place = ["--socket", str(socket)] if socket else []
    around = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "COLUMNS")}
    process = subprocess.Popen([program("tenurectl"), *place, *map(str, words)], stdout=slave,
                               stdin=subprocess.DEVNULL if split else slave,
                               stderr=subprocess.PIPE if split else slave,
                               env={**around, "TERM": "xterm", "LC_ALL": "C.UTF-8", **(env or {})})
    os.close(slave)
    shown, end = b"", time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if not select.select([master], [], [], 0.1)[0]:
            continue
        try:
            piece = os.read(master, 65536)
        except OSError:  # the terminal is closed
            break
        shown += piece
    os.close(master)
    err = process.stderr.read().decode() if split else ""
    with contextlib.suppress(AttributeError):
        process.stderr.close()
    return process.wait(PATIENCE), shown.decode().replace("\r\n", "\n"), err


def width(text):
    """Columns of a terminal."""
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1
               for c in text)


def columns_of(text):
    """The text with a blank behind each character that takes two columns, so that places count."""
    return "".join(c + " " * (width(c) - 1) for c in text)


def renew(server, key, zone, host, address):
    update = server.update(zone, key)
    update.delete(host, "A")
    update.add(host, 300, "A", address)
    return server.ask(update).rcode()


def now():
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def fill(tenured, folder):
    """Windows of a minute, and a clock that goes forward by minutes: signatures stay good."""
    server = tenured(clock=now(), config=f"export:\n  file: {folder / 'events.jsonl'}\n")
    windows = {"no-refresh": "1m", "refresh": "1m", "aging": "on", "max-share": "none"}
    server.zone(ZONE, "ns A 10.0.0.53", "www A 10.0.0.80", update="secure", **windows,
                notify="127.0.0.9@5353")
    kea1, kea2 = server.key("kea1"), server.key("a-key-with-a-name-that-goes-on.dhcp.corp.example")
    for number, host in enumerate(["pc1", "pc2", LONG]):
        assert renew(server, kea1, ZONE, host, f"10.0.1.{number}") == 0
    assert renew(server, kea2, ZONE, "pc1", "10.0.9.9") == 5, "refused"
    server.ctl_ok("record", "add", ZONE, "host1", "A", "10.0.0.1", "--owner", HOST)
    server.ctl_ok("record", "add", ZONE, LOUD, "TXT", "x\x1b[31m\x9by", "--owner", "key:kea1")
    server.ctl_ok("record", "add", ZONE, LONG, "TXT", TEXT, "--class", "dynamic", "--owner", HOST)
    server.ctl_ok("record", "note", ZONE, "pc2", NOTE)
    server.ctl_ok("record", "note", ZONE, LONG, "kiosk", "--type", "TXT",
                  "--reason", "the auditor asked for it")
    server.ctl_ok("owner", "reserve", f"later.{ZONE}", "--for", HOST)
    server.ctl_ok("group", "create", "@dhcp", "--acting", "key:kea1", f"key:{kea2.name}",
                  "--reason", "ticket 17")
    server.ctl_ok("group", "remove", "@dhcp", f"key:{kea2.name}", "--keep")
    server.ctl_ok("record", "add", ZONE, "pinned", "A", "10.0.0.5", "--class", "pinned")
    server.ctl_ok("zone", "policy", "add", ZONE, "allow @dhcp claim")
    server.zone("open.example", "ns A 10.0.0.53", update="nonsecure", aging="on")
    server.zone("report.example", "ns A 10.0.0.53", "ns.pc1 A 10.0.0.53", update="report")
    for zone in ("open.example", "report.example"):
        update = server.update(zone)
        update.add("pc1", 60, "A", "10.0.0.1")
        update.add(LONG, 60, "TXT", f'"{TEXT}"')
        assert server.ask(update).rcode() == 0
    server.zone("held.example", "ns A 10.0.0.53", update="secure", **windows, max_count="1")
    for host in ("a", "b"):
        assert renew(server, kea1, "held.example", host, "10.0.0.1") == 0
    # All is stale, and another one renews in vain.
    server.ctl_ok("clock", "forward", "2m10s")
    assert renew(server, kea2, ZONE, "pc2", "10.0.1.1") == 0
    held = server.ctl("scavenge", "run", "held.example")
    assert held.code == 6 and "scavenge approve" in held.err, held
    server.zone("gone.example", "ns A 10.0.0.53", LONG + " A 10.0.0.9")
    server.ctl_ok("zone", "del", "gone.example", "--yes", "--reason", "moved to the other site")
    server.ctl_ok("record", "del", ZONE, "www", "A", "10.0.0.80")
    (server.folder / "more.zone").write_text(
        f"$ORIGIN {ZONE}.\n$TTL 60\n@ SOA ns hostmaster 9 1 1 1 1\n@ NS ns\nns A 10.0.0.53\n"
        f"{LONG} A 10.0.0.77\n")
    server.kea1, server.kea2 = kea1, kea2
    server.ctl_ok("group", "set", "@dhcp", "window=30d/60d")
    return server
