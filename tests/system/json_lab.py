# SPDX-License-Identifier: BSD-2-Clause
"""A life in which every command of tenurectl gives JSON, and every member of it is there once.

    lab = Lab(tenured, made, folder, monkeypatch)
    lab.live()
    lab.seen            # Output objects: who gave it (cli or control), the command, rows, result

Each part stands for itself and is told in the order in which it happens. What `tenurectl --json`
prints is kept as `cli`; what the control socket answers, which has the closing object of listings
too, as `control`.
"""
import base64
import calendar
import dataclasses
import json
import os
import pwd
import shutil
import socket
import struct
import subprocess
import time

from tenure import program, run, wait_until

ZONE = "corp.example"
NOON = "2026-01-05T09:00:00Z"
USER = pwd.getpwuid(os.geteuid()).pw_name


@dataclasses.dataclass
class Output:
    """What a command gave: `rows` are lines of tenurectl, or rows and result of the socket."""
    way: str
    command: str
    rows: list
    result: dict = None


def frame(kind, body):
    return struct.pack(">IB", len(body) + 1, ord(kind)) + body


def control(server, command, args=None, data=None):
    """Runs a command by the control socket, with pieces of input if it takes any. Returns rows and
    the closing object."""
    rows = []
    with socket.socket(socket.AF_UNIX) as one:
        one.connect(str(server.socket))
        one.settimeout(20)
        request = {"command": command, "args": args or {}, "protocol": 1, "progress": True}
        one.sendall(frame("C", json.dumps(request).encode()))
        if data is not None:
            one.sendall(b"".join(frame("D", piece) for piece in data) + frame("E", b""))
        stream = one.makefile("rb")
        while True:
            size, kind = struct.unpack(">IB", stream.read(5))
            body = stream.read(size - 1)
            if kind in b"RP":
                rows.append(json.loads(body))
            elif kind == ord("Z"):
                return rows, json.loads(body)


def keytab(path, *principals):
    """A keytab file (version 2) with a key of AES-256 for each principal, so that no KDC is needed."""
    def text(value):
        return struct.pack(">H", len(value)) + value.encode()
    out = b"\x05\x02"
    for principal in principals:
        name, realm = principal.split("@")
        parts = name.split("/")
        body = struct.pack(">H", len(parts)) + text(realm) + b"".join(map(text, parts))
        body += struct.pack(">IIB", 1, 0, 1) + struct.pack(">HH", 18, 32) + bytes(range(32))
        out += struct.pack(">i", len(body)) + body
    path.write_bytes(out)


class Lab:
    def __init__(self, tenured, made, folder, monkeypatch):
        self.tenured, self.made, self.folder = tenured, made, folder
        self.now = calendar.timegm(time.strptime(NOON, "%Y-%m-%dT%H:%M:%SZ"))
        # The clients' clock goes with the servers': they sign by it.
        monkeypatch.setattr(time, "time", lambda: float(self.now))
        self.seen = []
        self.commands = []
        self.server = None

    # --- what is kept

    def note(self, way, command, rows, result=None):
        self.seen.append(Output(way, command, rows, result))

    def cli(self, *words, code=0, input=None, server=None, offline=False):
        """tenurectl --json; `code` None: whatever it ends with."""
        words = [str(word) for word in words]
        if offline:
            answer = run(program("tenurectl"), *words, "--json")
        else:
            answer = (server or self.server).ctl(*words, "--json", input=input)
        assert code is None or answer.code == code, (words, answer)
        self.note("cli", self.command_of(words), answer.rows())
        return answer.rows()

    def ask(self, command, code=0, server=None, pieces=None, **args):
        args = {name.replace("_", "-"): value for name, value in args.items()}
        rows, result = control(server or self.server, command, args, pieces)
        assert code is None or result["code"] == code, (command, args, result)
        self.note("control", command, rows, result)
        return rows, result

    def command_of(self, words):
        for count in (3, 2, 1):
            command = " ".join(words[:count])
            if command in self.commands:
                return command
        raise AssertionError(f"no command: {words}")

    def text(self):
        return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(self.now))

    def forward(self, hours):
        self.ask("clock forward", by=f"{hours}h")
        self.now += 3600 * hours

    def add(self, key, name, *data, ttl=300, zone=ZONE, server=None):
        update = (server or self.server).update(zone, key)
        update.add(name, ttl, *data)
        return (server or self.server).ask(update).rcode()

    # --- the life

    def live(self):
        self.begin()
        for part in (self.zones, self.records, self.keys, self.groups, self.rules, self.pointers, self.owners,
                     self.notes, self.refusals, self.aging, self.contested, self.past, self.log,
                     self.machine, self.sites, self.files, self.report, self.damage, self.parts, self.watched,
                     self.shadowed):
            part()

    def begin(self):
        self.key_path, self.public = self.folder / "log.key", self.folder / "log.pub"
        self.signed = self.folder / "signed"
        subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", self.key_path],
                       check=True)
        self.key_path.chmod(0o600)
        table = self.folder / "dns.keytab"
        keytab(table, "DNS/ns.corp.example@CORP.EXAMPLE")
        config = (f"export:\n  file: {self.folder / 'audit.json'}\n  syslog: tcp://127.0.0.1:1\n"
                  f"checkpoint:\n  key: {self.key_path}\n  file: {self.signed}\n"
                  "backup-age: 1h\nallow-md5: yes\n")
        self.server = self.tenured("--keytab", table, clock=NOON, config=config)
        self.server.zone(ZONE, "ns A 10.0.0.53", "mail MX 10 nohost", "www A 10.0.0.80")

    def zones(self):
        self.cli("zone", "add", "empty.example", "--ns", "ns.empty.example", "update=secure")
        self.ask("zone add", zone="other.example", plan=True, settings={})
        self.cli("zone", "list")
        self.ask("zone list")
        self.cli("zone", "set", "empty.example", "max-names=7", "aging=on", "--plan")
        self.ask("zone set", zone="empty.example", settings={"max-names": "7", "aging": "on"},
                 plan=True)
        self.cli("zone", "set", "empty.example", "max-rate=10", "keep-types=TXT", "no-refresh=1d",
                 "max-count=5", "transfer=192.0.2.0/24", "max-names=none", "max-types=none",
                 "max-records=none", "max-name-bytes=none", "max-share=none")
        self.cli("zone", "show", "empty.example")
        self.ask("zone show", zone=ZONE)
        self.cli("zone", "freeze", "empty.example")
        self.cli("zone", "thaw", "empty.example")
        self.cli("record", "add", ZONE, "pc1.lab", "A", "10.0.3.1")
        self.cli("zone", "add", f"lab.{ZONE}", "--move-names", "--plan")
        self.ask("zone add", zone=f"lab.{ZONE}", move_names=True, plan=True, settings={})
        self.cli("zone", "add", f"lab.{ZONE}", "--move-names")
        self.cli("record", "add", "empty.example", "a", "CNAME", "b.empty.example.")
        self.cli("record", "add", "empty.example", "sub", "DS", "1", "13", "2", "ab" * 32)
        self.cli("zone", "copy", "empty.example", "copied.example", "--plan")
        self.cli("zone", "copy", "empty.example", f"copied.lab.{ZONE}", "--plan")
        self.ask("zone copy", zone="empty.example", to="copied.example", plan=True)
        self.cli("zone", "copy", "empty.example", "copied.example")
        self.cli("record", "add", "empty.example", "a", "TXT", "x", code=None)
        self.cli("zone", "rename", "copied.example", "renamed.example", "--plan")
        self.ask("zone rename", zone="empty.example", to="other.example", plan=True)
        self.cli("zone", "rename", "copied.example", "renamed.example", "--yes")
        self.cli("zone", "del", "renamed.example", "--yes")
        self.cli("zone", "del", "empty.example", "--plan")
        self.cli("zone", "del", "empty.example", "--yes")
        self.cli("zone", "restore", "empty.example", "--plan")
        self.ask("zone restore", zone="empty.example", plan=True)
        self.cli("zone", "restore", "empty.example")
        self.cli("zone", "set", ZONE, "update=nonsecure", "aging=on", "notify=127.0.0.1@1,ns")
        self.cli("zone", "check", ZONE)
        self.ask("zone check", zone=ZONE)

    def site(self, text, *options, code=0, name="site.yaml"):
        path = self.folder / name
        path.write_text("tenure: 1\n" + text)
        self.cli("apply", path, *options, code=code)

    def sites(self):
        def document(data=(), code=0, **more):
            base = {"tenure": 1, "name": "site", "digest": "0" * 64, **more}
            self.ask("apply", code=code, plan=True, pieces=[json.dumps(base).encode(), *data])
        zone = "zones:\n  - name: site.example\n"
        records = '    records:\n      - {name: "@", type: NS, data: [ns]}\n'
        hosts = records + "".join(f"      - {{name: h{i}, type: A, data: [192.0.2.{i}]}}\n"
                                  for i in range(1, 31))
        self.site("server: {bin: 20d}\nkeys: [{name: made.site, generate: true},"
                  " {name: gone.site, generate: true}]\n"
                  "groups: [{name: site, members: ['key:made.site']}]\n" + zone + hosts +
                  "    settings: {update: secure}\n    rules: allow key:a claim\n"
                  "    reserve: [{name: kept, for: 'key:a'}]\n"
                  "    notes: [{name: h1, text: here, type: A}, {name: h2, text: there}]\n",
                  "--yes")
        self.cli("group", "create", "empty", server=None)
        (self.folder / "seed.zone").write_text("@ 60 SOA a b 1 2 3 4 5\n@ 60 NS a\na 60 A 192.0.2.1\n")
        self.site("keys: [{name: made.site, secret: {file: made.key}}]\n"
                  "zones: [{name: seeded.example, seed: {file: seed.zone}}]\n", code=2)
        made = self.folder / "made.key"
        made.write_text("QUJDREVGR0hJSktMTU5PUA==\n")
        made.chmod(0o600)
        self.cli("record", "add", "site.example", "pc", "A", "192.0.2.99", "--owner", "key:new",
                 "--class", "dynamic")
        self.cli("record", "add", "site.example", "old", "A", "192.0.2.97", "--owner",
                 "key:gone.site")
        self.site("keys: [{name: made.site, secret: {file: made.key}},"
                  " {name: gone.site, state: absent}]\n"
                  "groups: [{name: site, acting: on, window: 4d/8d, members: []}, {name: empty, state: absent}]\n"
                  "zones:\n  - {name: seeded.example, seed: {file: seed.zone}}\n"
                  "  - name: site.example\n    settings: {update: none}\n    soa: {minimum: 60}\n"
                  "    rules: allow key:b claim\n" + records +
                  "      - {name: h1, type: A, data: [192.0.2.101]}\n"
                  "      - {name: pc, type: A, data: [192.0.2.99, 192.0.2.98]}\n"
                  "    reserve: []\n    notes: [{name: h1, text: other, type: A}]\n"
                  f"  - {{name: {ZONE}, state: absent}}\n", "--plan", code=1)
        self.site(zone + records.replace("[ns]", "[ns, ns2]") +
                  "      - {name: pc, type: A, data: [192.0.2.98]}\n", "--plan")
        self.site(zone, "--plan", name="other.yaml", code=1)
        self.site(zone, "--take", "--yes", name="other.yaml")
        self.cli("group", "set", "site", "window=3d/6d")
        self.cli("export-config", "site.example", "--static", "--out", self.folder / "exported-site")
        self.ask("export-config", static=True)
        document(zones=[{"name": "seeded.example", "seed": {"file": "seed.zone"}}])
        document(zones=[{"name": "new.example", "rules": "permit x"}], code=2)
        document()

    def records(self):
        self.cli("record", "add", ZONE, "one", "1h", "A", "10.0.0.1")
        self.cli("record", "add", ZONE, "one", "1h", "TXT", "three")
        for kind, data in (("AAAA", "2001:db8::1"), ("CNAME", "one"), ("SRV", "0 0 443 one"),
                           ("CAA", '0 issue "ca.example"'), ("SSHFP", "1 1 " + "ab" * 20)):
            self.cli("record", "add", ZONE, f"kind-{kind.lower()}", kind, *data.split(" "))
        self.cli("record", "list", ZONE)
        self.ask("record list", zone=ZONE, ages=True)
        self.cli("record", "list", ZONE, "one")
        self.cli("record", "show", f"one.{ZONE}")
        self.ask("record show", name=f"one.{ZONE}")
        self.cli("record", "add", ZONE, "set", "A", "10.0.0.1", "--owner", "key:newer")
        self.cli("record", "set", ZONE, "set", "A", "10.0.0.1", "10.0.0.2", "--plan")
        self.cli("record", "set", ZONE, "set", "A", "10.0.0.3", "--owner", "key:new",
                 "--yes")
        self.ask("record set", zone=ZONE, name="set", type="A", data=["10.0.0.4"], plan=True)
        self.cli("record", "del", ZONE, "set", "--yes")
        self.cli("zone", "begin", ZONE)
        self.cli("record", "add", ZONE, "drafted", "A", "10.0.0.1")
        self.cli("record", "set", ZONE, "drafted", "A", "10.0.0.2")
        self.cli("record", "pin", ZONE, "drafted")
        self.cli("record", "unpin", ZONE, "drafted")
        self.cli("record", "set-class", ZONE, "drafted", "A", "static")
        self.cli("record", "release", ZONE, "drafted")
        self.cli("record", "add", ZONE, "drafted2", "A", "10.0.0.1")
        self.cli("record", "del", ZONE, "drafted2")
        self.cli("zone", "list")
        self.cli("zone", "diff", ZONE)
        self.ask("zone diff", zone=ZONE)
        self.cli("zone", "abort", ZONE, "--plan")
        self.ask("zone abort", zone=ZONE, plan=True)
        self.cli("record", "del", ZONE, "one", "A")
        self.cli("zone", "commit", ZONE, "--plan")
        self.ask("zone commit", zone=ZONE, plan=True)
        self.cli("zone", "abort", ZONE, "--yes")
        self.cli("zone", "begin", ZONE)
        self.cli("record", "add", ZONE, "drafted", "A", "10.0.0.1")
        self.cli("zone", "commit", ZONE)
        self.cli("record", "del", ZONE, "one", "--plan")
        self.ask("record del", zone=ZONE, name="one", plan=True)
        self.cli("record", "set-class", ZONE, "one", "ANY", "dynamic", "--plan")
        self.ask("record set-class", zone=ZONE, name="one", type="A", plan=True,
                 **{"class": "dynamic"})
        self.cli("record", "set-class", ZONE, "one", "ANY", "dynamic")
        self.cli("record", "pin", ZONE, "one", "A", "--plan")
        self.ask("record pin", zone=ZONE, name="one", plan=True)
        self.cli("record", "pin", ZONE, "one", "A")
        self.cli("record", "unpin", ZONE, "one", "A", "--plan")
        self.cli("record", "unpin", ZONE, "one", "A")
        self.forward(24)
        self.ask("record touch", zone=ZONE, name="one", plan=True)
        self.cli("record", "touch", ZONE, "one", "--plan")
        self.cli("record", "touch", ZONE, "one")
        self.ask("record touch", zone=ZONE, name="one")
        self.cli("record", "release", ZONE, "one", "A", "--plan")
        self.cli("record", "release", ZONE, "one", "A")
        self.cli("record", "del", ZONE, "one", "--plan")
        self.cli("record", "del", ZONE, "one", "--yes")
        self.cli("record", "restore", f"one.{ZONE}", "--plan")
        self.ask("record restore", name=f"one.{ZONE}", plan=True)
        self.cli("record", "restore", f"one.{ZONE}")
        self.cli("bin", "list")
        self.cli("record", "del", ZONE, "kind-srv", "--yes")
        self.cli("bin", "list", ZONE)
        self.ask("bin list", zone=ZONE)
        self.cli("bin", "set", "7d")

    def keys(self):
        self.cli("key", "generate", "old", "--algorithm", "hmac-md5", "--allow-md5")
        self.cli("key", "generate", "web")
        text = self.server.ctl_ok("key", "show", "web")
        (self.folder / "web.key").write_text(text.replace('"web"', '"web2"'))
        self.cli("key", "import", self.folder / "web.key")
        self.cli("key", "show", "web")
        self.cli("key", "export", "web")
        self.cli("key", "rotate", "web", "--for", "7d")
        self.cli("key", "test", "web")
        self.ask("key test", name="web")
        self.cli("key", "disable", "web2")
        self.cli("key", "enable", "web2")
        self.cli("key", "disable", "web2")
        self.kea, self.dhcp, self.evil = (self.server.key(n) for n in ("kea", "dhcp", "evil"))
        assert self.add(self.kea, "pc1", "A", "10.0.1.1") == 0
        self.cli("key", "list")
        self.ask("key list")
        self.ask("key del", name="kea", plan=True)
        self.cli("key", "del", "web2", "--yes")

    def groups(self):
        self.cli("group", "create", "@dhcp", "key:kea", "key:other", "--acting", "--plan")
        self.ask("group create", name="@dhcp", members=["key:kea"], acting=True, plan=True)
        self.cli("group", "create", "@dhcp", "--acting", "key:kea", "key:other")
        self.cli("group", "list")
        self.ask("group list")
        self.cli("group", "show", "@dhcp")
        self.ask("group show", name="@dhcp")
        self.cli("group", "add", "@dhcp", "key:dhcp", "--plan")
        self.cli("group", "add", "@dhcp", "key:dhcp")
        assert self.add(self.kea, "acted", "A", "10.0.1.2") == 0
        self.cli("group", "remove", "@dhcp", "key:kea", "--plan")
        self.ask("group remove", name="@dhcp", members=["key:kea"], plan=True, yes=True)
        self.cli("group", "remove", "@dhcp", "key:kea", "--yes")
        self.cli("group", "set", "@dhcp", "acting=off", "--plan")
        self.cli("group", "set", "@dhcp", "acting=off", "--yes")
        assert self.add(self.kea, "mine", "A", "10.0.1.3") == 0
        self.cli("group", "create", "@two", "key:kea", "key:other", "--acting")
        self.cli("group", "set", "@two", "acting=off", "--plan")
        self.cli("group", "del", "@two", "--yes")
        self.cli("group", "create", "@laptops", "key:lap", "--window", "30d/60d")
        self.cli("group", "set", "@laptops", "window=4d/8d")
        assert self.add(self.server.key("lap"), "lap1", "A", "10.0.5.1") == 0
        self.cli("group", "list")
        self.ask("group list")
        self.cli("group", "show", "@laptops")
        self.ask("group show", name="@laptops")
        self.cli("record", "show", f"lap1.{ZONE}")
        self.ask("record show", name=f"lap1.{ZONE}")
        self.cli("why", f"lap2.{ZONE}", "A", "--as", "key:lap")
        self.ask("why", name=f"lap2.{ZONE}", type="A", **{"as": "key:lap"})
        self.cli("zone", "windows", ZONE)
        self.ask("zone windows", zone=ZONE)
        self.cli("group", "set", "@laptops", "window=30d/60d")
        self.cli("zone", "rewindow", ZONE, "--plan")
        self.ask("zone rewindow", zone=ZONE, plan=True)
        self.cli("scavenge", "plan", ZONE, "--by-owner", "--at", "30d")
        self.cli("scavenge", "status")
        self.cli("zone", "rewindow", ZONE, "--yes")
        self.cli("record", "del", ZONE, "lap1", "--yes")
        self.cli("group", "create", "@gone", "key:a")
        self.cli("group", "del", "@gone", "--plan")
        self.cli("group", "del", "@gone", "--yes")

    def rules(self):
        rules, wrong = self.folder / "rules", self.folder / "wrong"
        rules.write_text("allow key:kea claim\nallow key:nobody write\nallow key:dhcp takeover\n"
                         "deny key:evil claim\nallow key:evil claim\n")
        wrong.write_text("deny key:evil claim\nallow key:web write at www\n")
        self.cli("zone", "policy", "set", ZONE, rules, "--plan")
        self.cli("zone", "policy", "set", ZONE, rules)
        self.ask("zone policy set", zone=ZONE, text=rules.read_text())
        self.cli("zone", "policy", "check", ZONE, rules)
        self.ask("zone policy check", zone=ZONE, text=rules.read_text())
        self.cli("zone", "policy", "check", ZONE, rules, "--socket", self.folder / "nobody",
                 offline=True)
        self.ask("zone policy set", zone=ZONE, text="nonsense\n", code=1)
        self.ask("zone policy add", zone=ZONE, rules=["nonsense"], code=None)
        self.cli("zone", "policy", "check", ZONE, wrong, "--diff")
        self.ask("zone policy check", zone=ZONE, text=wrong.read_text(), diff=True)
        self.ask("zone policy check", zone=ZONE, text="nonsense\n", code=1)
        self.cli("zone", "policy", "show", ZONE)
        self.ask("zone policy show", zone=ZONE)
        self.cli("zone", "policy", "add", ZONE, "allow key:web write at www", "--plan")
        self.cli("zone", "policy", "add", ZONE, "allow key:web write at www")
        self.ask("zone policy add", zone=ZONE, rules=["allow key:web write at www"])

    def pointers(self):
        """Derived PTR, and an address of which none is derived."""
        zone, reverse = "ptr.example", "64.10.in-addr.arpa"
        self.cli("zone", "add", zone, "--ns", f"ns.{ZONE}", "update=secure", "policy=windows")
        self.cli("zone", "add", "--reverse", "10.64.0.0/15", "--plan")
        self.ask("zone add", reverse="10.64.0.0/15", plan=True, settings={})
        self.cli("zone", "add", "--reverse", "10.64.0.0/15", "--yes", "update=secure", "policy=closed")
        self.cli("zone", "set", zone, "ptr=on", "ptr-from=10.64.0.0/15", "--plan")
        self.cli("zone", "set", zone, "ptr=on", "ptr-from=10.64.0.0/15")
        assert self.add(self.evil, "farm", "A", "10.64.0.1", zone=zone) == 0
        self.cli("audit", "show", str(self.server.last_change()))
        self.cli("record", "add", zone, "srv", "A", "10.64.0.2")
        self.cli("audit", "show", str(self.server.last_change()))
        self.cli("record", "list", zone)
        self.cli("record", "list", reverse)
        self.cli("zone", "show", zone)

    def owners(self):
        self.cli("owner", "reserve", f"kept.{ZONE}", "--for", "key:kea")
        self.cli("owner", "reserve", f"kept.{ZONE}", "--for", "key:dhcp")
        self.cli("owner", "list", "key:dhcp")
        self.ask("owner list", principal="@dhcp")
        self.cli("owner", "show", f"kept.{ZONE}")
        self.cli("owner", "show", f"pc1.{ZONE}")
        self.ask("owner show", name=f"pc1.{ZONE}")
        self.cli("owner", "transfer", "--from", "@dhcp", "--to", "key:dhcp", "--plan")
        self.ask("owner transfer", **{"from": "@dhcp"}, to="key:dhcp", plan=True)
        self.cli("owner", "transfer", "--from", "@dhcp", "--to", "key:dhcp", "--yes")
        table = self.folder / "owners.csv"
        table.write_text(f"name,to\npc1.{ZONE},@none\n")
        self.cli("owner", "transfer", "--file", table, code=2)
        table.write_text(f"name,to\npc1.{ZONE},key:new\n")
        self.cli("owner", "transfer", "--file", table, "--plan")
        self.cli("owner", "transfer", "--file", table)
        self.cli("record", "add", ZONE, "adopted", "A", "10.0.0.9")
        self.cli("record", "adopt", ZONE, "--realm", "CORP.EXAMPLE", "--plan")
        self.ask("record adopt", zone=ZONE, name="adopted", owner="key:new", plan=True)
        self.cli("record", "adopt", ZONE, "adopted", "--owner", "key:new")
        self.cli("owner", "release", f"pc1.{ZONE}", "--plan")
        self.ask("owner release", names=[f"pc1.{ZONE}"], plan=True)
        self.cli("owner", "release", f"pc1.{ZONE}", f"kept.{ZONE}", "--yes")

    def notes(self):
        self.cli("record", "note", ZONE, "one", "ask Bea")
        self.cli("record", "note", ZONE, "one", "moves", "--type", "A")
        self.cli("record", "note", ZONE, "one", "moved", "--type", "A")
        self.cli("record", "notes")
        self.ask("record notes", zone=ZONE)
        self.cli("record", "list", ZONE, "one")
        self.cli("record", "show", f"one.{ZONE}")
        self.ask("record show", name=f"one.{ZONE}")

    def refusals(self):
        server = self.server
        assert self.add(None, "left", "A", "10.0.9.1") == 0, "of a zone that is nonsecure"
        self.cli("zone", "set", ZONE, "update=secure", "--plan")
        self.ask("zone set", zone=ZONE, settings={"update": "secure"}, plan=True)
        self.cli("zone", "set", ZONE, "update=secure", "--reason", "ticket 17")
        assert self.add(self.evil, "pc1", "A", "10.0.1.66") == 5
        for number in range(40):
            assert self.add(None, f"flood{number}", "A", "10.0.9.2") == 5
        assert self.add(self.dhcp, "left", "A", "10.0.9.1") == 0
        assert self.add(self.evil, "free2", "A", "10.0.1.67") == 5
        self.forward(1)
        assert self.add(self.dhcp, "free2", "A", "10.0.1.68") == 0
        self.cli("why", "--last", f"free2.{ZONE}")
        assert self.add(None, "free3", "A", "10.0.1.69") == 5
        assert self.add(self.dhcp, "free3", "A", "10.0.1.69") == 0
        update = server.update(ZONE, self.dhcp)
        update.present(f"left.{ZONE}.")
        update.replace("left", 60, "A", "10.0.9.3")
        assert server.ask(update).rcode() == 0
        update = server.update(ZONE, self.dhcp)
        update.absent(f"left.{ZONE}.")
        update.add("left", 60, "TXT", "x")
        assert server.ask(update).rcode() != 0
        update = server.update(ZONE, self.dhcp)
        update.delete("left", "A")
        assert server.ask(update).rcode() == 0
        # What is folded is written when the next one comes, and its time has passed.
        self.forward(1)
        wait_until(lambda: server.rows("audit", "--denied", "--principal", "anonymous"), "the first")
        self.add(None, "more", "A", "10.0.9.2")
        self.forward(1)
        wait_until(lambda: any("folded" in row for row in server.rows("audit", "--denied")),
                   "refusals that were folded")
        for words in ((f"pc1.{ZONE}", "A", "--as", "key:evil"),
                      (f"pc1.{ZONE}", "A", "10.0.1.1", "--as", "anonymous"),
                      (f"pc1.{ZONE}", "A", "10.0.1.1", "--as", "key:dhcp"),
                      (f"www.{ZONE}", "A", "--as", "key:evil", "--delete")):
            self.cli("why", *words)
        self.ask("why", name=f"pc1.{ZONE}", type="A", **{"as": "key:evil"})
        self.cli("why", "--last", f"pc1.{ZONE}")
        self.cli("why", "--last", f"flood3.{ZONE}")
        self.cli("why", "--seq", "r1")
        self.cli("why", "--seq", str(server.last_change()))
        script = (f"zone {ZONE}\nprereq yxdomain pc1.{ZONE}\nadd pc1.{ZONE} 60 A 10.9.9.9\n"
                  f"add free.{ZONE} 60 A 10.9.9.9\nsend\nzone {ZONE}\nadd free.{ZONE} 60 TXT a\nsend\n")
        self.cli("why", "--update", "-", "--as", "key:evil", input=script, code=None)
        self.cli("why", "--update", "-", "--as", "key:kea", input=script, code=None)
        update = server.update(ZONE)
        update.add("free", 60, "A", "10.9.9.9")
        self.ask("why", update=base64.b64encode(update.to_wire()).decode(), **{"as": "key:evil"},
                 code=None)

    def aging(self):
        server = self.server
        self.cli("zone", "set", ZONE, "no-refresh=1d", "refresh=1d", "update=nonsecure",
                 "max-share=20%")
        for number in range(8):
            assert self.add(self.kea, f"lease{number}", "A", f"10.0.2.{number}") == 0
        self.cli("scavenge", "set", "period=1d", "outage-grace=2h", "default-aging=on",
                 "default-no-refresh=2d", "default-refresh=3d")
        self.cli("scavenge", "set", "schedule=Sun 03:00")
        self.cli("scavenge", "status")
        self.ask("scavenge status")
        self.cli("scavenge", "plan", ZONE, "--at", "30d")
        self.ask("scavenge plan", zone=ZONE, at="2026-02-20T09:00:00Z")
        self.cli("scavenge", "plan", ZONE, "--histogram")
        self.ask("scavenge plan", zone=ZONE, histogram=True)
        self.cli("scavenge", "plan", ZONE, "--by-owner", "--at", "30d")
        self.cli("scavenge", "plan", "--enable", "--at", "30d")
        self.ask("scavenge plan", zone="empty.example", enable=True)
        self.cli("scavenge", "set", "schedule=off")
        self.forward(192)
        self.cli("scavenge", "run", ZONE, code=6)
        self.ask("scavenge run", zone=ZONE, code=6)
        self.cli("scavenge", "status")
        self.cli("scavenge", "plan", ZONE)
        self.cli("status")
        self.cli("scavenge", "history")
        run_id = str(server.rows("scavenge", "history")[0]["run"])
        self.cli("scavenge", "cancel", run_id)
        self.cli("scavenge", "run", ZONE, code=6)
        run_id = str(server.rows("scavenge", "history")[0]["run"])
        self.cli("scavenge", "approve", run_id, "--yes")
        self.cli("scavenge", "undo", run_id, "--plan")
        self.ask("scavenge undo", run=int(run_id), plan=True)
        self.cli("record", "add", ZONE, "lease0", "A", "10.0.2.99")
        self.cli("scavenge", "undo", run_id, "--plan")
        self.cli("scavenge", "undo", run_id, code=None)
        self.cli("scavenge", "history", ZONE, "--limit", "5")
        self.ask("scavenge history", zone=ZONE)
        self.cli("record", "touch", ZONE, ZONE + ".", "--recurse", "--yes")

    def contested(self):
        """Records that others renew in vain."""
        assert self.add(None, "lefty", "A", "10.0.4.9") == 0
        self.cli("zone", "set", ZONE, "max-share=none", "update=secure")
        self.cli("zone", "policy", "set", ZONE, "--yes", input="")
        assert self.add(self.kea, "shared", "A", "10.0.4.1") == 0
        for _ in range(9):
            self.forward(24)
            update = self.server.update(ZONE, self.dhcp)
            update.delete("shared", "A")
            update.add("shared", 300, "A", "10.0.4.1")
            assert self.server.ask(update).rcode() == 0
            update = self.server.update(ZONE, self.dhcp)
            update.delete("lefty", "A")
            update.add("lefty", 300, "A", "10.0.4.9")
            self.server.ask(update)
        self.cli("zone", "set", ZONE, "update=nonsecure")
        self.cli("zone", "set", ZONE, "update=secure", "--plan")
        self.cli("zone", "set", ZONE, "update=secure")
        self.cli("owner", "list", "--contested")
        self.ask("owner list", contested=True)
        self.cli("scavenge", "plan", ZONE, "--contested")
        self.ask("scavenge plan", zone=ZONE, contested=True)
        self.cli("scavenge", "run", ZONE, code=None)
        self.cli("status")
        self.cli("scavenge", "status")
        self.cli("scavenge", "history", ZONE)
        run_id = str(self.server.rows("scavenge", "history")[0]["run"])
        self.ask("scavenge approve", run=run_id, contested=True, code=None)

    def past(self):
        server = self.server
        self.cli("record", "add", ZONE, "then", "A", "10.0.5.1")
        first = server.last_change()
        self.forward(1)
        self.cli("record", "del", ZONE, "then", "--yes")
        self.cli("record", "add", ZONE, "then", "A", "10.0.5.2")
        self.cli("history", f"then.{ZONE}")
        self.ask("history", name=f"then.{ZONE}")
        self.cli("history", ZONE)
        self.cli("record", "show", f"then.{ZONE}", "--at", f"seq:{first}")
        self.cli("zone", "show", ZONE, "--at", "1h")
        self.cli("audit", "revert", str(first + 1), "--plan", code=None)
        self.ask("audit revert", seq=first + 1, plan=True, code=None)
        self.cli("zone", "set", ZONE, "max-records=50")
        seq = server.last_change()
        self.cli("zone", "set", ZONE, "max-records=60")
        self.cli("audit", "revert", str(seq), "--plan", code=None)
        self.ask("audit revert", seq=seq, plan=True, code=None)
        last = server.last_change()
        self.cli("audit", "revert", str(last), "--plan")
        self.ask("audit revert", seq=last, plan=True)
        self.cli("audit", "revert", str(last))

    def log(self):
        server = self.server
        self.cli("audit")
        self.ask("audit")
        self.cli("audit", "events")
        seqs = [row["seq"] for row in server.rows("audit") if row["log"] == "changes"]
        for seq in sorted(set(seqs)):
            self.cli("audit", "show", str(seq))
        self.ask("audit show", seq=seqs[0])
        self.cli("audit", "show", "u1")
        self.cli("audit", "show", "r1")
        self.cli("audit", "export", self.folder / "exported")
        self.cli("audit", "settings")
        self.ask("audit settings")
        self.cli("audit", "set", "retention-age=90d", "refusal-size=64M", "principal-size=none")
        self.cli("audit", "settings")
        self.cli("audit", "prune", "--keep", "7d", "--plan")
        self.ask("audit prune", keep="7d")
        self.cli("audit", "checkpoint")
        self.public.write_text(server.ctl_ok("audit", "key"))
        self.cli("audit", "key")
        self.cli("audit", "verify", "--key", self.public, "--checkpoints", self.signed)
        self.ask("audit verify")
        wait_until(lambda: any(r["error"] for r in server.rows("audit", "targets")), "a target")
        self.cli("audit", "targets")
        self.ask("audit targets")
        self.cli("digest")
        self.cli("digest", "--lines")
        self.ask("digest")

    def machine(self):
        server = self.server
        self.cli("status")
        self.ask("status")
        self.cli("health", code=None)
        self.ask("health")
        self.cli("stats")
        server.query(f"www.{ZONE}", "A")
        self.cli("stats", "--all")
        self.ask("stats", all=True)
        wait_until(lambda: any(r["problem"] for r in server.rows("notify", "status")), "a NOTIFY")
        self.cli("notify", "status")
        self.ask("notify status")
        self.cli("zone", "notify", ZONE)
        self.cli("server", "settings")
        self.cli("server", "set", "realms=CORP.EXAMPLE", "realm-suffix=CORP.EXAMPLE:corp.example")
        self.cli("server", "settings")
        self.ask("server settings")
        self.cli("store", "rekey")
        self.cli("store", "grow", "20G", code=None)
        self.cli("reload", code=None)
        self.ask("reload")
        settings = server.config.read_text()
        server.config.write_text("lisen: x\n")
        self.ask("reload", code=1)
        server.config.write_text(settings)
        self.cli("clock", "set", "2026-03-20T09:00:00Z")
        self.now = calendar.timegm((2026, 3, 20, 9, 1, 0))
        self.cli("clock", "forward", "1m")
        self.cli("scavenge", "status")
        self.cli("scavenge", "approve", "clock")
        self.cli("clock", "set", "2028-01-01T00:00:00Z")
        self.cli("record", "add", ZONE, "ahead", "A", "10.0.6.1")
        self.cli("clock", "set", "2026-03-20T09:01:00Z")
        self.cli("record", "add", ZONE, "behind", "A", "10.0.6.2")
        self.cli("audit", "--name", f"behind.{ZONE}")
        self.cli("scavenge", "status")
        self.cli("audit", "--event", "clock-step")
        self.note("cli", "version", run(program("tenurectl"), "version", "--json").rows())

    def kea_leases(self):
        path = self.folder / "kea-leases4.csv"
        path.write_text("address,valid_lifetime,expire,fqdn_fwd,fqdn_rev,hostname,state\n"
                        f"10.0.9.1,3600,4000000000,1,0,leased.{ZONE},0\n10.0.9.2,3600,4000000000,1,0,ns.{ZONE},0\n")
        self.cli("kea", "diff", path)

    def files(self):
        server, folder = self.server, self.folder
        self.kea_leases()
        self.cli("zone", "export", ZONE, folder / "out.zone")
        (folder / "in.zone").write_text((folder / "out.zone").read_text() +
                                        f"odd\\032name.{ZONE}. 60 IN A 10.0.8.1\n")
        self.cli("zone", "check", "--file", folder / "in.zone", "--origin", ZONE)
        self.cli("zone", "import", ZONE, folder / "in.zone", "--plan")
        self.cli("zone", "import", ZONE, folder / "in.zone", "--dynamic")
        (folder / "bad.zone").write_text("@ 60 IN SOA a b 1 2 3 4 5\n@ 60 IN NS a\n"
                                         "a 60 IN A 10.0.0.1\na 60 IN CNAME b\n")
        self.cli("zone", "import", ZONE, folder / "bad.zone", code=1)
        self.cli("zone", "check", "--file", folder / "in.zone", "--origin", ZONE, "--dynamic")
        self.cli("zone", "del", f"lab.{ZONE}", "--yes")
        self.cli("record", "add", ZONE, "pc2.lab", "A", "10.0.3.2")
        self.cli("zone", "restore", f"lab.{ZONE}", "--move-names", "--plan")
        self.cli("zone", "restore", f"lab.{ZONE}", "--move-names")
        (folder / "other.zone").write_text("@ 60 IN SOA a b 1 2 3 4 5\n@ 60 IN NS a\n"
                                           "a 60 IN A 10.0.0.1\n")
        self.cli("zone", "add", "file.example", "--file", folder / "other.zone", "--dynamic")
        self.cli("backup", folder / "one.backup")
        self.cli("backup", folder / "two.backup", "--portable")
        self.cli("backup", folder / "three.backup", "--verify")
        server.backups = [folder / "one.backup"]
        self.ask("backup note", file="x", verified=True, size=1)
        self.cli("status")
        other = self.made(clock=NOON)
        self.cli("restore", folder / "one.backup", "--data", other.data, offline=True)
        self.cli("digest", "--data", other.data, offline=True)
        self.cli("digest", "--data", other.data, "--lines", offline=True)
        self.cli("check", "--data", other.data, offline=True)
        self.cli("check", "--data", other.data, "--replay", offline=True, code=None)
        other.no_replay = "it is another's log"
        other.start()
        seq = [row["seq"] for row in other.rows("audit") if row.get("subject") == "backup"][-1]
        self.cli("audit", "show", seq, server=other)
        self.cli("status", server=other)
        self.cli("status", "seen", server=other)
        self.cli("status", server=other)

    def report(self):
        """A zone whose clients are watched, and a server without rights and keytab."""
        other = self.tenured("--keytab", self.folder / "none.keytab", clock=self.text())
        other.zone(ZONE, "ns A 10.0.0.53", update="report")
        other.ctl_ok("zone", "set", ZONE, "report-probe=on")
        key = other.key("kea")
        for number in range(3):
            self.add(None, f"pc{number}", "A", "10.0.0.7", server=other)
        self.add(key, "pc1", "A", "10.0.0.8", server=other)
        self.add(key, "signed", "A", "10.0.0.8", server=other)
        self.cli("zone", "set", ZONE, "update=secure", "--plan", "--clients", server=other)
        self.ask("zone set", zone=ZONE, settings={"update": "secure"}, plan=True, clients=True,
                 server=other)
        self.cli("status", server=other)
        self.cli("health", server=other, code=None)
        self.cli("stop", server=other)
        other.was_told = True

    def damage(self):
        other = self.tenured(clock=NOON)
        other.zone(ZONE, "ns A 10.0.0.53", *(f"h{n} A 10.0.0.{n % 250}" for n in range(300)))
        other.stop()
        shutil.copy(other.data / "data.mdb", self.folder / "whole.mdb")
        data = bytearray((other.data / "data.mdb").read_bytes())
        at = data.find(b"\x0ahostmaster\x04corp")
        at = at if at > 0 else data.rfind(b"h299")
        data[at + 2] ^= 0x55
        (other.data / "data.mdb").write_bytes(data)
        self.cli("check", "--data", other.data, offline=True, code=None)
        other.no_replay = "it was damaged"

        other.start()
        self.ask("audit verify", server=other, code=1)

    def parts(self):
        """What is done in parts, since it is long; what is undone of it; what a restore says."""
        other = self.tenured(clock=NOON)
        lines = [f"h{number} A 10.1.{number // 250}.{number % 250}" for number in range(1200)]
        other.zone(ZONE, "ns A 10.0.0.53", *lines)
        path = self.folder / "many.zone"
        other.ctl_ok("zone", "export", ZONE, path)
        path.write_text(path.read_text().replace(ZONE, "many.example").replace("class=static", ""))
        lines = [line.split(";")[0] for line in path.read_text().splitlines()]
        path.write_text("\n".join(lines) + "\n")
        other.ctl_ok("zone", "add", "many.example", "--file", path, "--dynamic", "--stamp",
                     "2026-01-01")
        self.cli("record", "touch", "many.example", "@", "--recurse", "--yes", server=other)
        self.cli("owner", "transfer", "--from", "local:" + USER, "--to", "key:k", "--yes",
                 server=other)
        self.ask("audit verify", server=other)
        other.ctl_ok("zone", "add", "late.example")
        self.ask("clock forward", by="1h", server=other)
        other.ctl_ok("backup", self.folder / "many.backup")
        put = self.made(clock=NOON)
        self.cli("restore", self.folder / "many.backup", "--data", put.data, "--to",
                 "2026-01-05T08:59:59Z", offline=True, code=None)
        put.no_replay = "it is another's log"

    def shadowed(self):
        """Questions that another server is asked too."""
        new, old = self.tenured(clock=self.text()), self.tenured(clock=self.text())
        new.zone(ZONE, "www A 10.0.0.80")
        old.zone(ZONE, "www A 10.0.0.81")
        self.cli("shadow", ZONE, f"127.0.0.1@{old.port}", server=new)
        new.query(f"www.{ZONE}", "A")
        wait_until(lambda: new.rows("shadow", "show"), "a difference")
        self.cli("shadow", "show", server=new)
        self.ask("shadow show", server=new)
        self.cli("shadow", "stop", server=new)
        self.ask("shadow", server=new, zone="all", address=f"127.0.0.1@{old.port}")
        self.ask("shadow show", server=new)
        self.ask("shadow stop", server=new)

    def watched(self):
        """Requests, while they are answered; an address beside an administrator's record."""
        other = self.tenured(clock=self.text())
        other.zone(ZONE, "ns A 10.0.0.53", "www A 10.0.0.80", update="nonsecure")
        key = other.key("beside")
        words = [program("tenurectl"), "--socket", str(other.socket), "--json", "trace", "--limit", "2"]
        with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as trace:
            wait_until(lambda: "trace" in other.log(), "the trace")
            other.query(f"www.{ZONE}", "A")
            update = other.update(ZONE, key)
            update.add("www", 60, "TXT", "beside")
            assert other.ask(update).rcode() == 0
            rows = [json.loads(line) for line in trace.communicate(timeout=20)[0].splitlines()]
        self.note("cli", "trace", rows)
        self.ask("trace", server=self.tenured(), **{"for": "1s"})
        self.cli("record", "list", ZONE, "www", server=other)
        seq = other.last_change()
        self.cli("audit", "show", str(seq), server=other)
