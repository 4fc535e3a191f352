# SPDX-License-Identifier: BSD-2-Clause
"""Scavenging on a store that was repaired, of a zone that went, and the undoing of a large run."""
import os
import re
import time

from tenure import program, run
from test_ixfr import copy_of, followed, ixfr, serial
from test_transfer import connection, exported, receive, send

import dns.message

ZONE = "corp.example"
START = "2026-01-05T09:00:00Z"
IS_BIG = os.environ.get("TENURE_BIG") == "1"
COUNT = 100000 if IS_BIG else 5000
PADDING = [f"pad{i} TXT \"{'x' * 60}\"" for i in range(150)]


def check(server, *words):
    return run(program("tenurectl"), "check", "--data", server.data, *words, patience=120,
               env={**os.environ, "ASAN_OPTIONS": "exitcode=66"})


def register(server, hosts):
    for start in range(0, len(hosts), 50):
        update = server.update(ZONE)
        for host in hosts[start:start + 50]:
            update.add(f"h{host}", 60, "A", f"10.1.{host // 250}.{host % 250 + 1}")
        assert server.ask(update).rcode() == 0


def break_pages(file, is_of_index):
    """Leaves for whose rows this holds say that they are other pages. Returns how many."""
    content = bytearray(file.read_bytes())
    broken = 0
    for at in range(8192, len(content), 4096):
        page = content[at:at + 4096]
        rows = page[int.from_bytes(page[14:16], "little"):]
        if page[10] == 2 and is_of_index(bytes(rows)):
            content[at] ^= 0x40
            broken += 1
    file.write_bytes(content)
    return broken


def test_a_repaired_store_is_scavenged_and_transferred(tenured):
    server = tenured(clock=START)
    server.zone(ZONE, "ns A 10.0.0.53", *PADDING, update="nonsecure", max_names="none", aging="on",
                transfer="127.0.0.1", max_share="none", protect_static="off")
    register(server, range(60))
    server.ctl_ok("clock", "forward", "8d")
    register(server, range(20, 60))
    copy = exported(server)
    since = serial(server)
    for host in range(50, 60):
        server.ctl_ok("record", "del", ZONE, f"h{host}")
    server.stop()

    file = server.data / "data.mdb"
    stamps = [(int(time.mktime(time.strptime(START, "%Y-%m-%dT%H:%M:%SZ"))) - time.timezone + ahead
               ).to_bytes(5, "big") for ahead in (0, 8 * 86400)]
    due = re.compile(b"\0\0\0\1\0\0(" + b"|".join(map(re.escape, stamps)) + b")[^\0]*h[0-9]", re.S)
    pairs = [b"\0\0\0\1" + (since + i).to_bytes(4, "big") for i in range(8)]
    assert break_pages(file, due.search) > 0, "the due index has pages"
    assert break_pages(file, lambda rows: all(pair in rows for pair in pairs)) > 0
    found = check(server)
    assert found.code == 1 and "due" in found.out + found.err, found
    repaired = check(server, "--repair-indexes")
    assert repaired.code == 0, repaired.out + repaired.err
    assert check(server).code == 0

    server.clock = "2026-01-13T09:00:00Z"
    server.start()
    followed(server, copy)
    assert copy == exported(server)
    with connection(server) as tcp:
        send(tcp, ixfr(since).to_wire())
        answer = dns.message.from_wire(receive(tcp), xfr=True, one_rr_per_rrset=True)
    assert answer.answer[1].rdtype == dns.rdatatype.SOA, "a difference, not the whole zone"
    assert server.rows("scavenge", "status")[0]["dynamic"] == 50
    server.ctl_ok("clock", "forward", "7d")
    gone = {f"h{host}.{ZONE}" for host in range(20)}
    assert {row["name"] for row in server.rows("scavenge", "plan", ZONE)} == gone
    assert server.rows("scavenge", "run", ZONE)[0]["removed"] == 20
    assert server.rows("scavenge", "status")[0]["dynamic"] == 30
    before = copy_of(copy)
    followed(server, copy)
    assert copy == exported(server) and copy != before
    server.ctl_ok("audit", "verify")
    server.stop()
    assert check(server).code == 0


def test_a_held_run_of_a_zone_that_is_deleted_is_cancelled(tenured):
    server = tenured(clock=START)
    server.zone(ZONE, "ns A 10.0.0.53", update="nonsecure", max_names="none", aging="on")
    register(server, range(30))
    server.ctl_ok("clock", "forward", "15d")
    assert server.ctl("scavenge", "run", ZONE).code == 6
    run_id = server.rows("scavenge", "status")[0]["held_run"]
    server.ctl_ok("zone", "del", ZONE, "--yes")
    row = server.rows("scavenge", "history")[0]
    assert (row["run"], row["state"], row["reason"]) == (run_id, "cancelled", "the zone was deleted")
    late = server.ctl("scavenge", "approve", str(run_id), "--yes")
    assert late.code == 6 and "is not held: it is cancelled" in late.err
    server.ctl_ok("zone", "restore", ZONE)
    assert server.rows("scavenge", "status")[0]["held_run"] is None
    assert len([r for r in server.rows("record", "list", ZONE) if r["class"] == "dynamic"]) == 30


def export(server):
    """Every record with all that it carries; the SOA's serial moves."""
    return [line for line in server.ctl_ok("zone", "export", ZONE).splitlines()
            if "SOA" not in line and not line.startswith("; tenure export")]


def test_a_large_run_is_undone_exactly_after_a_restart(tenured):
    """Owners, stamps, TTLs of all kinds; 5,000 records, or with TENURE_BIG=1 100,000."""
    server = tenured(clock="2026-03-01T00:00:00Z")
    lines = [f"$ORIGIN {ZONE}.", "@ 60 SOA ns hostmaster 1 900 600 86400 300", "@ 60 NS ns",
             "ns 60 A 10.0.0.53"]
    for i in range(COUNT):
        data = f"A 10.{i >> 16}.{i >> 8 & 255}.{i & 255}" if i % 2 else f'TXT "{i}; {i}"'
        lines.append(f"h{i // 2} {60 + i % 7} {data} ; tenure owner=key:site{i % 50} "
                     f"stamp=2026-01-{i % 28 + 1:02}T{i % 24:02}:00:{i % 60:02}Z class=dynamic")
    path = server.folder / "large.zone"
    path.write_text("\n".join(lines) + "\n")
    server.ctl_ok("zone", "add", ZONE, "--file", path, "update=secure")
    server.ctl_ok("zone", "set", ZONE, "aging=on", "max-share=none", "--yes")
    server.ctl_ok("clock", "forward", "8d")
    before = export(server)
    assert len(before) >= COUNT
    ran = server.rows("scavenge", "run", ZONE)[0]
    assert ran["removed"] == COUNT
    assert not any("dynamic" in line for line in export(server))
    server.restart(clock="2026-03-10T00:00:00Z")
    began = time.monotonic()
    said = server.ctl("scavenge", "undo", str(ran["run"]))
    print(f"undo of {COUNT}: {time.monotonic() - began:.1f} s; the run: {ran['milliseconds']} ms")
    assert said.code == 0 and f"{COUNT} restored" in said.out.replace(",", ""), said
    assert export(server) == before
    assert server.rows("bin", "list", ZONE) == []
    assert server.rows("scavenge", "status")[0]["dynamic"] == COUNT
    server.ctl_ok("audit", "verify")
