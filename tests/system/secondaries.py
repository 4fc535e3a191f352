# SPDX-License-Identifier: BSD-2-Clause
"""BIND, Knot and NSD as secondaries of a tenured: told by NOTIFY, fed by IXFR, both with TSIG.

The configurations are as in contrib/recipes, with ports; those files are tried by test_recipes_secondaries.py.
"""
import contextlib
import pathlib
import shutil
import subprocess
import tempfile

import dns.exception
import dns.message
import dns.name
import dns.query
import dns.rdatatype

from peers import ADDRESS, found
from tenure import PATIENCE, free_port, wait_until

NAMED = """
options {
	directory "%(folder)s"; pid-file none; session-keyfile none; managed-keys-directory "%(folder)s";
	listen-on port %(port)d { 127.0.0.1; }; listen-on-v6 { none; };
	recursion no; allow-query { any; }; allow-transfer { any; }; notify no;
	dnssec-validation no; empty-zones-enable no; serial-query-rate 1000;
};
controls { };
logging { channel all { stderr; severity info; }; category default { all; }; };
key "%(key)s" { algorithm %(algorithm)s; secret "%(secret)s"; };
"""
NAMED_ZONE = """
zone "%(zone)s" {
	type secondary; file "%(zone)s.db";
	primaries { %(primary)s port %(primary_port)d key "%(key)s"; };
};
"""
KNOTD = """
server:
    listen: 127.0.0.1@%(port)d
    rundir: %(folder)s
    udp-workers: 1
    tcp-workers: 1
    background-workers: 2
log:
  - target: %(folder)s/log
    any: info
database:
    storage: %(folder)s
key:
  - id: %(key)s
    algorithm: %(algorithm)s
    secret: %(secret)s
remote:
  - id: primary
    address: %(primary)s@%(primary_port)d
    key: %(key)s
acl:
  - id: from-primary
    address: %(primary)s
    key: %(key)s
    action: notify
  - id: anybody
    address: 127.0.0.0/8
    action: transfer
template:
  - id: default
    storage: %(folder)s
    semantic-checks: off
    zonefile-load: none
    zonefile-sync: -1
    journal-content: all
zone:
"""
KNOTD_ZONE = """  - domain: %(zone)s
    master: primary
    acl: [from-primary, anybody]
"""
NSD = """
server:
    ip-address: 127.0.0.1@%(port)d
    server-count: 1
    username: ""
    chroot: ""
    zonesdir: "%(folder)s"
    database: ""
    zonelistfile: "%(folder)s/zone.list"
    xfrdfile: "%(folder)s/xfrd.state"
    xfrdir: "%(folder)s"
    pidfile: "%(folder)s/nsd.pid"
    logfile: "%(folder)s/log"
    verbosity: 2
    zonefiles-write: 1
remote-control:
    control-enable: no
key:
    name: "%(key)s"
    algorithm: %(algorithm)s
    secret: "%(secret)s"
"""
NSD_ZONE = """
zone:
    name: "%(zone)s"
    zonefile: "%(zone)s.zone"
    allow-notify: %(primary)s %(key)s
    request-xfr: %(primary)s@%(primary_port)d %(key)s
    provide-xfr: 127.0.0.0/8 NOKEY
"""


def records_of(server, zone, key=None):
    """The zone as AXFR gives it: a sorted list of lines, the SOA once."""
    keyring = {dns.name.from_text(key.name): key.dns} if key else None
    found_records = set()
    for message in dns.query.xfr(server.address, zone, port=server.port, relativize=False, keyring=keyring,
                                 lifetime=60):
        for rrset in message.answer:
            found_records |= {f"{rrset.name} {rrset.ttl} {dns.rdatatype.to_text(rrset.rdtype)} "
                              f"{rdata.to_digestable().hex()}" for rdata in rrset}
    return sorted(found_records)


def without_key(text):
    """The configuration of who asks and is told unsigned; a key that nobody uses stays defined."""
    text = text.replace(' key "%(key)s"; };', "; };").replace("    key: %(key)s\n", "")
    return text.replace("%(primary)s %(key)s", "%(primary)s NOKEY").replace(
        "%(primary_port)d %(key)s", "%(primary_port)d NOKEY")


class Secondary:
    """One server that follows `primary` (a Tenured) for these zones; without a key if it is None."""
    program = None

    def __init__(self, primary, zones, key):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="secondary-"))
        self.folder.chmod(0o755)
        self.address = ADDRESS
        self.port = free_port()
        self.zones = zones
        self.primary = primary
        self.process = None
        self.set_key(key)

    @property
    def place(self):
        return f"{self.address}@{self.port}"

    def set_key(self, key):
        values = {"folder": self.folder, "port": self.port, "primary": self.primary.address,
                  "primary_port": self.primary.port, "key": key.name if key else "unused.key",
                  "secret": key.secret if key else "c2VjcmV0", "algorithm": key.algorithm if key else "hmac-sha256"}
        head, each = self.texts if key else map(without_key, self.texts)
        (self.folder / "conf").write_text(
            head % values + "".join(each % {**values, "zone": zone} for zone in self.zones))

    def start(self):
        with open(self.folder / "out", "ab") as out:
            self.process = subprocess.Popen(self.command(), stdout=out, stderr=out, cwd=self.folder,
                                            stdin=subprocess.DEVNULL)
        wait_until(lambda: not self.is_alive() or self.is_answering(), f"{self.program}: {self.said()}")
        assert self.is_alive(), f"{self.program}: {self.said()}"
        return self

    def is_alive(self):
        return self.process is not None and self.process.poll() is None

    def is_answering(self):
        with contextlib.suppress(OSError, dns.exception.DNSException):
            dns.query.udp(dns.message.make_query("version.bind", "TXT", "CH"), self.address, 0.5, self.port)
            return True
        return False

    def serial(self, zone):
        with contextlib.suppress(OSError, dns.exception.DNSException):
            answer = dns.query.udp(dns.message.make_query(zone, "SOA"), self.address, 1, self.port)
            if answer.answer:
                return answer.answer[0][0].serial
        return None

    def wait_for(self, zone, serial, patience=60):
        wait_until(lambda: self.serial(zone) == serial, f"{self.program} at {self.serial(zone)}, wanted {serial}",
                   patience)

    def said(self):
        return "".join(p.read_text(errors="replace") for p in (self.folder / "out", self.folder / "log")
                       if p.exists())[-5000:]

    def stop(self):
        if self.is_alive():
            self.process.terminate()
            self.process.wait(PATIENCE)

    def close(self):
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


class Named(Secondary):
    """BIND."""
    program = "named"
    texts = NAMED, NAMED_ZONE

    def command(self):
        return [found("named"), "-g", "-n", "1", "-c", str(self.folder / "conf")]


class Knotd(Secondary):
    """Knot DNS."""
    program = "knotd"
    texts = KNOTD, KNOTD_ZONE

    def command(self):
        return [found("knotd"), "-c", str(self.folder / "conf")]


class Nsd(Secondary):
    """NSD."""
    program = "nsd"
    texts = NSD, NSD_ZONE

    def command(self):
        return [found("nsd"), "-d", "-c", str(self.folder / "conf")]


KINDS = Named, Knotd, Nsd
