# SPDX-License-Identifier: BSD-2-Clause
"""A company moves in from BIND and lives on: installed programs, migration, DHCP for 200 leases by the real D2
over both windows with scavenging, an administrator's edits, a mistake undone, an auditor who only reads,
metrics that are scraped, a reload. Each night the zones are what a model says.

TENURE_STAFF is the number of leases (200).
"""
import json
import os
import pathlib
import pwd
import re
import shutil
import signal
import subprocess
import time

import pytest

import tenure
from kea import FAKETIME, REVERSE, REVERSE6, ZONE, FileClock, Kea, is_installed
from peers import Peer, found
from tenure import BUILD, free_port, run, wait_until
from test_exporter import can_connect, get, series
from test_thirty_days import START, Client, Lease, Lost, Model, Moved, Released, Site, Slow, Steady, Stored, text

STAFF = int(os.environ.get("TENURE_STAFF", 200))
WINDOW = 3  # days, each of the two
MOVED_IN = 20  # leases that BIND holds
AUDITOR = "games"  # a user that Debian always has

pytestmark = pytest.mark.skipif(
    not is_installed() or not FAKETIME or not found("named") or os.geteuid() != 0 or not shutil.which("setpriv"),
    reason="needs root, kea-dhcp-ddns-server, faketime, setpriv and named")

OLD_OPTIONS = """
key kea1 { algorithm hmac-sha256; secret "%(secret)s"; };
options {
	directory "%(folder)s"; pid-file none; session-keyfile none; managed-keys-directory "%(folder)s";
	listen-on port %(port)d { 127.0.0.1; }; listen-on-v6 { none; };
	recursion no; notify no; dnssec-validation no; empty-zones-enable no; allow-transfer { none; };
};
controls { };
logging { category general { default_stderr; }; };
"""
SECRET = "eU5GVpr0Kf1yqdlAS0DDKOCs5GfSNZIwHyBPyLDCwZY="
HEAD = "$TTL 3600\n@ SOA ns hostmaster 2025120100 3600 600 86400 300\n@ NS ns.corp.example.\n"


class OldServer(Peer):
    """BIND with the three zones; kea1 may change everything in them."""
    program = "named"

    def command(self, zones, values):
        conf = OLD_OPTIONS % {**values, "secret": SECRET}
        for apex in zones:
            conf += (f'zone "{apex}" {{ type primary; file "{apex}.zone"; '
                     f"update-policy {{ grant kea1 zonesub ANY; }}; }};\n")
        path = self.folder / "named.conf"
        path.write_text(conf)
        return [found("named"), "-g", "-n", "1", "-c", str(path)]

    def register(self, leases):
        """As D2 does, by nsupdate."""
        lines = [f"server {self.address} {self.port}", f"key hmac-sha256:kea1 {SECRET}"]
        for lease in leases:
            zone, name = lease.reverse
            lines += [f"zone {ZONE}", f"update add {lease.name} 1200 DHCID {lease.ticket}",
                      f"update add {lease.name} 1200 {lease.type} {lease.address}", "send",
                      f"zone {zone}", f"update add {name} 1200 DHCID {lease.ticket}",
                      f"update add {name} 1200 PTR {lease.name}.", "send"]
        done = run("nsupdate", input="\n".join(lines) + "\n")
        assert done.code == 0, done.err

    def kill(self):
        """As a machine that loses power: the journals were not merged."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


def lease_of(number, more=0):
    return Lease(f"pc{number}.{ZONE}", f"10.{more}.{number // 250}.{number % 250 + 1}", f"client {number + more * 1000}")


class Company(Site):
    """Site, but moved in from BIND: all by one key, no group."""

    def __init__(self, server, old):
        self.model = Model(WINDOW)
        self.server = server
        self.clock = FileClock(server.folder / "clock", START)
        self.members, self.hosts, self.waiting = set(), {}, {}
        self.move_in(old)
        key = tenure.Key("kea1", SECRET, "hmac-sha256", None)
        self.keas = {"kea1": Kea(server, key, self.clock)}
        self.last_serials = self.serials()

    def move_in(self, old):
        out = self.server.folder / "moved"
        answer = run(tenure.program("tenurectl"), "migrate", "bind", old.folder / "named.conf", "--out", out,
                     env={**os.environ, **self.clock.environment(), "ASAN_OPTIONS": "verify_asan_link_order=0"})
        lost = [json.loads(line) for line in (out / "report.jsonl").read_text().splitlines()]
        lost = [row for row in lost if row.get("list") == "lost"]
        assert answer.code == 1, answer
        assert {row["statement"].split()[0] for row in lost} == {"controls", "empty-zones-enable", "logging"}, lost
        plan = self.server.ctl_ok("apply", out / "site.yaml", "--plan")
        assert ZONE in plan
        before = self.server.last_change()
        self.server.ctl_ok("apply", out / "site.yaml", "--yes")
        again = self.server.last_change()
        assert again > before
        self.server.ctl_ok("apply", out / "site.yaml", "--yes")
        assert self.server.last_change() == again, "a second run wrote something"
        for zone in (ZONE, REVERSE, REVERSE6):
            self.server.ctl_ok("zone", "set", zone, "aging=on", f"no-refresh={WINDOW}d", f"refresh={WINDOW}d")
        for number in range(MOVED_IN):
            lease = lease_of(number)
            zone, name = lease.reverse
            for place in ((ZONE, lease.name, "DHCID", lease.ticket), (ZONE, lease.name, "A", lease.address),
                          (zone, name, "DHCID", lease.ticket), (zone, name, "PTR", f"{lease.name}.")):
                self.model.records[place] = Stored("key:kea1", START)
        for name, kind, data in (("www", "A", "10.9.9.9"), ("printer", "A", "10.9.9.8"), ("mail", "MX", "10 www")):
            data = data.replace("www", f"www.{ZONE}.") if kind == "MX" else data
            self.model.records[ZONE, f"{name}.{ZONE}", kind, data] = Stored("local:migrate", 0, "static")

    def owner(self, kea):
        return f"key:{kea}"

    def replaced(self, name, data, owner):
        """An administrator's `record set` of addresses."""
        for key in list(self.model.at(ZONE, name)):
            if key[2] == "A":
                self.model.drop(key)
        self.model.records[ZONE, name, "A", data] = Stored(owner, 0, "static")
        self.model.changed.add(ZONE)


@pytest.fixture
def installed(tmp_path_factory, monkeypatch):
    """The programs are those that `make install` puts on a machine."""
    if not (BUILD / "Makefile").exists():
        pytest.skip("this build has no Makefile")
    root = tmp_path_factory.mktemp("installed")
    env = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    done = subprocess.run(["make", "-s", "-C", str(BUILD), "install", f"DESTDIR={root}"], env=env,
                          capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    places = {path.name: path for path in root.rglob("tenure*") if path.is_file() and os.access(path, os.X_OK)}
    for folder in (root, *root.rglob("*")):
        if folder.is_dir():
            folder.chmod(0o755)
    for parent in root.parents[:2]:
        parent.chmod(0o755)
    monkeypatch.setattr(tenure, "program", lambda name: str(places[name]))
    return places


@pytest.fixture
def old():
    zones = {ZONE: HEAD + "ns A 10.9.9.1\nwww A 10.9.9.9\nprinter A 10.9.9.8\nmail MX 10 www\n",
             REVERSE: HEAD.replace("SOA ns hostmaster", f"SOA ns.{ZONE}. hostmaster.{ZONE}."),
             REVERSE6: HEAD.replace("SOA ns hostmaster", f"SOA ns.{ZONE}. hostmaster.{ZONE}.")}
    server = OldServer(zones)
    server.register([lease_of(number) for number in range(MOVED_IN)])
    server.kill()
    yield server
    shutil.rmtree(server.folder, ignore_errors=True)


def as_auditor(company, *words):
    entry = pwd.getpwnam(AUDITOR)
    return run("setpriv", f"--reuid={entry.pw_uid}", "--init-groups", f"--regid={entry.pw_gid}", "--",
               tenure.program("tenurectl"), "--socket", company.server.socket, *words)


def audit_only(company):
    """Who may read sees who did what, and changes nothing."""
    told = as_auditor(company, "--json", "audit", "--zone", ZONE, "--event", "record-create")
    assert told.code == 0 and told.rows(), told
    before = company.server.last_change()
    for words in (("record", "add", ZONE, "x", "A", "10.0.0.1"), ("zone", "set", ZONE, "aging=off"),
                  ("key", "show", "kea1"), ("scavenge", "run"), ("zone", "del", ZONE, "--yes")):
        refused = as_auditor(company, *words)
        assert refused.code == 3 and "role" in refused.err, (words, refused)
    assert company.server.last_change() == before


def edit(company):
    """Records replaced at once; an export edited and put back while a lease is renewed."""
    me = f"local:{pwd.getpwuid(os.geteuid()).pw_name}"
    company.server.ctl_ok("record", "set", ZONE, "www", "A", "10.9.9.10", "--reason", "new machine")
    company.replaced(f"www.{ZONE}", "10.9.9.10", me)
    exported = company.server.ctl_ok("zone", "export", ZONE)
    path = company.server.folder / "edited.zone"
    path.write_text(re.sub(r"(?m)^(printer\S*\s.*\bA\s+)10\.9\.9\.8", r"\g<1>10.9.9.18", exported))
    assert path.read_text() != exported
    newcomer = lease_of(STAFF + 1)
    company.begin("kea1", newcomer)
    company.tell_all()
    refused = company.server.ctl("zone", "import", ZONE, path)
    assert refused.code == 3 and "--merge" in refused.err, refused
    company.server.ctl_ok("zone", "import", ZONE, path, "--merge")
    owner = [row["owner"] for row in company.server.rows("record", "show", f"printer.{ZONE}")]
    company.replaced(f"printer.{ZONE}", "10.9.9.18", owner[0])


def err_and_undo(company):
    """What somebody deletes by mistake comes back as it was, with owner and age."""
    before = company.stored()
    company.server.ctl_ok("record", "del", ZONE, "pc3", "--yes", "--reason", "meant pc33")
    company.server.ctl_ok("record", "del", ZONE, "mail", "--yes")
    assert company.stored() != before
    company.server.ctl_ok("record", "restore", f"pc3.{ZONE}")
    company.server.ctl_ok("record", "restore", f"mail.{ZONE}")
    assert company.stored() == before
    company.model.changed.add(ZONE)


@pytest.fixture
def exporter(installed):
    running = []

    def start(socket):
        port = free_port()
        process = subprocess.Popen([tenure.program("tenure-exporter"), "--socket", str(socket), "--listen",
                                    f"127.0.0.1@{port}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        running.append(process)
        wait_until(lambda: can_connect(port), "the exporter listens")
        return port
    yield start
    for process in running:
        process.terminate()
        process.wait()


def reload(company):
    """A role is given, and counts without a restart."""
    server = company.server
    assert as_auditor(company, "status").code == 3
    server.config.write_text(f"roles:\n  read:\n    - user {AUDITOR}\n")
    server.process.send_signal(signal.SIGHUP)
    wait_until(lambda: as_auditor(company, "status").code == 0, "the role to count")


def test_a_company_moves_in_from_bind_and_lives_on(installed, old, tenured, exporter):
    server = tenured(clock="2026-01-05T09:00:00Z")
    server.folder.chmod(0o711)
    server.data.chmod(0o711)
    company = Company(server, old)
    assert company.stored() == company.expected()
    port = exporter(server.socket)
    # Of those that moved in, half never come back; the others renew here.
    staff = [Steady(company, n) for n in range(MOVED_IN // 2)]
    staff += [kind(company, n) for n in range(MOVED_IN, STAFF) for kind in [(Steady, Steady, Slow, Lost, Moved, Released)[n % 6]]]
    for day in range(2 * WINDOW + 4):
        for one in staff:
            one.day(day)
        company.tell_all()
        if day == 1:
            reload(company)
            audit_only(company)
        if day == 2:
            edit(company)
        if day == 5:
            err_and_undo(company)
        company.night()
    gone = {lease_of(n).name for n in range(MOVED_IN // 2, MOVED_IN)}
    assert not gone & {name for _, name, _, _ in company.stored()}, "who did not come back was scavenged"
    assert len(company.stored()) > STAFF

    metrics = series(get(port)[1])
    assert metrics["tenure_up"] == 1
    assert metrics[f'tenure_zone_updates_total{{zone="{ZONE}",outcome="changed"}}'] > STAFF / 2
    assert metrics[f'tenure_zone_dynamic_records{{zone="{ZONE}"}}'] > STAFF / 2
    why = server.rows("audit", "--zone", ZONE, "--comment", "meant pc33")
    assert {row["name"] for row in why} == {f"pc3.{ZONE}"}
    assert "the chain is whole" in server.ctl_ok("audit", "verify")
    company.close()
