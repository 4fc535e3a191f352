# SPDX-License-Identifier: BSD-2-Clause
"""Kea's D2, the real program, told about leases by UDP as a DHCP server would tell it.

    kea = Kea(server, key)                   # a key of the store, or unsigned
    assert kea.tell(True, "pc1.corp.example", "10.0.0.7")
    kea = Kea(server, key, clock=clock)      # its wall clock is a file that the test writes
"""
import glob
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import struct
import subprocess
import time

from tenure import free_port, wait_until

ZONE, REVERSE, REVERSE6 = "corp.example", "10.in-addr.arpa", "0.0.d.f.ip6.arpa"
D2 = shutil.which("kea-dhcp-ddns") or "/usr/sbin/kea-dhcp-ddns"
MINE, OTHER = "00010101" + "ab" * 32, "00010101" + "cd" * 32
VERDICT = re.compile("DHCP_DDNS_(ADD|REMOVE)_(SUCCEEDED|FAILED) .*?Request ID ([0-9A-Fa-f]+)")
AT_ONCE = 100  # its queue holds 1,024, a socket less
FAKETIME = next(iter(glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1")), None)


def is_installed():
    return os.access(D2, os.X_OK)


class FileClock:
    """A wall clock that stands still until it is set; programs see it by libfaketime. Their timers
    run on."""

    common = {"LD_PRELOAD": FAKETIME, "TZ": "UTC"}

    def __init__(self, path, now):
        self.path = pathlib.Path(path)
        self.set(now)

    def set(self, now):
        """`now`: seconds since 1970."""
        self.now = now
        fresh = self.path.with_suffix(".new")
        fresh.write_text(time.strftime("%Y-%m-%d %H:%M:%S\n", time.gmtime(now)))
        fresh.rename(self.path)

    def environment(self):
        return {**self.common, "FAKETIME_TIMESTAMP_FILE": str(self.path), "FAKETIME_NO_CACHE": "1",
                "FAKETIME_DONT_FAKE_MONOTONIC": "1"}

    def environment_that_runs(self):
        """For a program that waits for its wall clock: it starts at what the clock shows."""
        return {**self.common, "FAKETIME": time.strftime("@%Y-%m-%d %H:%M:%S", time.gmtime(self.now))}


class Kea:
    """A D2 with one key, or none."""

    def __init__(self, server, key=None, clock=None, timeout=5000):
        self.folder = server.folder / (key.name if key else "unsigned")
        self.folder.mkdir()
        self.port = free_port()
        place = [{"ip-address": server.address, "port": server.port}]
        zone = {"dns-servers": place, **({"key-name": key.name} if key else {})}
        keys = [{"name": key.name, "algorithm": key.algorithm.upper(),
                 "secret": key.secret}] if key else []
        config = {"DhcpDdns": {
            "ip-address": "127.0.0.1", "port": self.port, "dns-server-timeout": timeout,
            "ncr-protocol": "UDP", "ncr-format": "JSON",
            "tsig-keys": keys,
            "forward-ddns": {"ddns-domains": [{"name": f"{ZONE}.", **zone}]},
            "reverse-ddns": {"ddns-domains": [{"name": f"{name}.", **zone}
                                              for name in (REVERSE, REVERSE6)]},
            "loggers": [{"name": "kea-dhcp-ddns", "severity": "DEBUG", "debuglevel": 50,
                         "output_options": [{"output": str(self.folder / "log"), "flush": True,
                                             "maxsize": 0}]}]}}
        path = self.folder / "d2.json"
        path.write_text(json.dumps(config))
        environment = {**os.environ, "KEA_PIDFILE_DIR": str(self.folder), "KEA_LOCKFILE_DIR": "none",
                       "KEA_LOG_FILE_DIR": str(self.folder), **(clock.environment() if clock else {})}
        self.process = subprocess.Popen([D2, "-c", str(path)], env=environment,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_until(lambda: "DHCP_DDNS_QUEUE_MGR_STARTED" in self.log() or self.process.poll() is not None,
                   "D2 to start")
        assert self.process.poll() is None, self.log()

    def log(self, since=0):
        """What it said, from a byte of its log."""
        path = self.folder / "log"
        if not path.exists():
            return ""
        with open(path, "rb") as file:
            file.seek(since)
            return file.read().decode(errors="replace")

    def said(self):
        """The bytes that its log has."""
        path = self.folder / "log"
        return path.stat().st_size if path.exists() else 0

    def send(self, adds, fqdn, address, dhcid=MINE, forward=True, reverse=True, checks=True):
        """A lease was made or ended."""
        request = {"change-type": 0 if adds else 1, "forward-change": forward,
                   "reverse-change": reverse, "fqdn": f"{fqdn}.", "ip-address": address,
                   "dhcid": dhcid, "lease-expires-on": "20380101000000", "lease-length": 1200,
                   "use-conflict-resolution": checks}
        text = json.dumps(request).encode()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            udp.sendto(struct.pack("!H", len(text)) + text, ("127.0.0.1", self.port))

    def verdicts(self, since):
        """What D2 made of requests since that place in its log: {DHCID: [True if all was well]}."""
        found = {}
        for _, how, dhcid in VERDICT.findall(self.log(since)):
            found.setdefault(dhcid.lower(), []).append(how == "SUCCEEDED")
        return found

    def tell(self, adds, fqdn, address, dhcid=MINE, **manner):
        """A lease was made or ended; returns what D2 made of it: True if all was well."""
        since = self.said()
        self.send(adds, fqdn, address, dhcid, **manner)
        return wait_until(lambda: self.verdicts(since).get(dhcid),
                          f"D2's verdict: {self.log(since)}")[0]

    def tell_all(self, leases):
        """Many at once: lists of tell's words. Returns what D2 made of each, in their order: it
        takes those of one DHCID one after the other."""
        if len(leases) > AT_ONCE:
            return self.tell_all(leases[:AT_ONCE]) + self.tell_all(leases[AT_ONCE:])
        since = self.said()
        for words, manner in leases:
            self.send(*words, **manner)

        def all_done():
            found = self.verdicts(since)
            return found if sum(map(len, found.values())) >= len(leases) else None
        found = wait_until(all_done, f"D2's verdicts: {self.log(since)}")
        return [found[words[3]].pop(0) for words, _ in leases]

    def close(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(10)
        for name in ("faketime_shm", "sem.faketime_sem"):  # libfaketime's, if it ran under it
            pathlib.Path(f"/dev/shm/{name}_{self.process.pid}").unlink(missing_ok=True)
