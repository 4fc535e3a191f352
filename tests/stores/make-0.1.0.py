#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Makes tests/stores/0.1.0 by the programs of version 0.1.0 (TENURE_BUILD names their build):

    data.mdb.xz        a store of schema 1, compacted
    portable.json.xz   the same store as a portable backup, format 1, with its keys
    answers/           what 0.1.0 answered when it was asked of this store

It was run once. It is kept to show what the store holds, and for whoever needs another one.
"""
import json
import lzma
import os
import pathlib
import sys
import time

FOLDER = pathlib.Path(__file__).resolve().parent / "0.1.0"
sys.path.insert(0, str(FOLDER.parents[1] / "system"))

import tenure  # noqa: E402

SECRET = "c2VjcmV0IG9mIGEga2V5IHRoYXQgbXVzdCBub3Qgc3RheQ=="
RULES = """allow @dhcp claim,write under @ types A,AAAA,DHCID
deny key:printer claim at secret
allow key:kea1 transfer
"""
QUESTIONS = {
    "zone-list": ["zone", "list"],
    "zone-show-corp": ["zone", "show", "corp.example"],
    "zone-show-lab": ["zone", "show", "lab.example"],
    "group-list": ["group", "list"],
    "group-show-dhcp": ["group", "show", "@dhcp"],
    "group-show-ops": ["group", "show", "@ops"],
    "owner-list-kea": ["owner", "list", "@dhcp"],
    "owner-list-reserved": ["owner", "list", "key:printer"],
    "record-list-corp": ["record", "list", "corp.example"],
    "record-list-lab": ["record", "list", "lab.example"],
    "key-list": ["key", "list"],
    "audit": ["audit"],
    "audit-denied": ["audit", "--denied"],
    "history-pc1": ["history", "pc1.corp.example"],
    "scavenge-history": ["scavenge", "history"],
    "scavenge-status": ["scavenge", "status"],
    "bin-list": ["bin", "list"],
    "why-last": ["why", "--last", "secret.corp.example"],
}
TEXTS = {
    "zone-export-corp": ["zone", "export", "corp.example"],
    "zone-export-lab": ["zone", "export", "lab.example"],
    "policy-corp": ["zone", "policy", "show", "corp.example"],
    "key-export-kea1": ["key", "export", "kea1"],
    "key-export-kea2": ["key", "export", "kea2"],
    "key-export-old": ["key", "export", "old-printer"],
    "audit-settings": ["audit", "settings"],
}


def forward(server, days):
    """The server's clock, and that by which dnspython signs."""
    server.ctl_ok("clock", "forward", f"{days}d")
    now = time.time
    time.time = lambda: now() + days * 86400


def update(server, zone, key, **changes):
    message = server.update(zone, key)
    for name in changes.get("delete", []):
        message.delete(*name)
    for record in changes.get("add", []):
        message.add(*record)
    return server.ask(message).rcode()


def make_keys(server):
    path = server.folder / "given.key"
    path.write_text(f'key "given" {{ algorithm hmac-sha256; secret "{SECRET}"; }};\n')
    server.ctl_ok("key", "import", path)
    keys = {name: server.key(name) for name in ("kea1", "kea2", "printer", "old-printer")}
    server.ctl_ok("key", "rotate", "kea2", "--for", "60d")
    server.ctl_ok("key", "disable", "old-printer")
    return keys


def make_zones(server):
    server.zone("corp.example", "ns A 192.0.2.53", "www A 192.0.2.80", "www AAAA 2001:db8::80",
                "alias CNAME www", "txt TXT \"two words\" three", "sub NS ns.sub",
                "ns.sub A 192.0.2.99", "dyn DNAME other.example.")
    server.zone("lab.example", "ns A 192.0.2.54")
    server.zone("gone.example", "ns A 192.0.2.55", "host A 192.0.2.56")
    server.ctl_ok("zone", "set", "corp.example", "update=secure", "aging=on", "no-refresh=7d",
                  "refresh=7d", "max-count=2", "keep-types=SRV,TXT",
                  "transfer=192.0.2.0/24,2001:db8::1",
                  "notify=127.0.0.1@9 key kea1,ns")
    server.ctl_ok("zone", "set", "lab.example", "update=nonsecure", "aging=on", "no-refresh=1d",
                  "refresh=1d")
    server.ctl_ok("group", "create", "@dhcp")
    server.ctl_ok("group", "add", "@dhcp", "key:kea1", "key:kea2")
    server.ctl_ok("group", "set", "@dhcp", "acting=on")
    server.ctl_ok("group", "create", "@ops")
    server.ctl_ok("group", "add", "@ops", "gss:*@CORP.EXAMPLE")
    server.ctl_ok("zone", "policy", "set", "corp.example", input=RULES)
    server.ctl_ok("zone", "policy", "set", "gone.example", input="allow key:kea1 claim\n")
    server.ctl_ok("owner", "reserve", "printer.corp.example", "--for", "key:printer")
    server.ctl_ok("owner", "reserve", "kept.lab.example", "--for", "@dhcp")


def make_history(server, keys):
    dhcid = "AAIBY2/AuCccgoJbsaxcQc9TUapptP69lOjxfNuVAA2kjEA="
    kea = keys["kea1"]
    for i in range(4):
        assert update(server, "corp.example", kea, add=[
            (f"pc{i}", 1200, "A", f"10.0.0.{i}"), (f"pc{i}", 1200, "DHCID", dhcid)]) == 0
    assert update(server, "corp.example", keys["printer"],
                  add=[("printer", 300, "A", "10.0.1.1")]) == 0
    assert update(server, "corp.example", keys["printer"],
                  add=[("secret", 300, "A", "10.0.1.2")]) == 5
    assert update(server, "corp.example", None, add=[("pc1", 300, "A", "10.0.1.3")]) == 5
    assert update(server, "corp.example", keys["printer"],
                  delete=[("pc1", "A")]) == 5
    assert update(server, "lab.example", None, add=[("guest", 60, "A", "10.0.2.1")]) == 0
    server.ctl_ok("record", "add", "lab.example", "fixed", "300", "A", "10.0.2.9", "--owner",
                  "key:printer")
    server.ctl_ok("record", "pin", "corp.example", "pc3")
    server.ctl_ok("zone", "del", "gone.example", "--yes")
    forward(server, 8)
    assert update(server, "corp.example", kea, delete=[("pc1", "A")],
                  add=[("pc1", 1200, "A", "10.0.0.1")]) == 0
    assert update(server, "corp.example", kea, delete=[("pc2", "A")],
                  add=[("pc2", 1200, "A", "10.0.0.22")]) == 0
    server.ctl_ok("scavenge", "run", "lab.example")
    forward(server, 16)
    assert update(server, "corp.example", kea, add=[("new", 1200, "A", "10.0.0.90")]) == 0
    held = server.ctl("scavenge", "run", "corp.example")
    assert "max-count" in held.err, held
    server.ctl_ok("record", "del", "corp.example", "alias")
    server.ctl_ok("zone", "freeze", "lab.example")
    server.ctl_ok("bin", "set", "30d")
    server.ctl_ok("audit", "set", "retention-age=90d", "retention-size=1G")
    server.ctl_ok("scavenge", "set", "outage-grace=400d", "default-no-refresh=3d",
                  "schedule=Sun 03:00 UTC")


def main():
    now, start = time.time, time.time()
    time.time = lambda: 1767603600 + now() - start
    server = tenure.Tenured(clock="2026-01-05T09:00:00Z").start()
    (FOLDER / "answers").mkdir(parents=True, exist_ok=True)
    try:
        keys = make_keys(server)
        make_zones(server)
        make_history(server, keys)
        server.restart(clock="2026-01-29T10:00:00Z")
        for name, words in QUESTIONS.items():
            rows = server.rows(*words)
            text = "".join(json.dumps(row, sort_keys=True) + "\n" for row in rows)
            (FOLDER / "answers" / f"{name}.json").write_text(text)
        for name, words in TEXTS.items():
            (FOLDER / "answers" / f"{name}.txt").write_text(server.ctl_ok(*words))
        for name, options in (("data.mdb", []), ("portable.json", ["--portable", "--with-keys"])):
            path = server.folder / name
            server.ctl_ok("backup", *options, path)
            data = lzma.compress(path.read_bytes(), preset=9 | lzma.PRESET_EXTREME)
            (FOLDER / f"{name}.xz").write_bytes(data)
            print(f"{name}: {os.stat(path).st_size} bytes, {len(data)} packed")
    finally:
        server.close()


main()
