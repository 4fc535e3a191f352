# SPDX-License-Identifier: BSD-2-Clause
"""A large zone comes in and goes out unchanged. TENURE_BIG=1 makes it 1,000,000 records long and
prints how long it took and how much memory."""
import os
import re
import subprocess
import sys
import time

from tenure import SOURCE, program

ZONE = "big.example"
IS_BIG = os.environ.get("TENURE_BIG") == "1"
COUNT = 1000000 if IS_BIG else 20000


def record_of(line):
    """A line's record as a value: owner, TTL, type, data. Spaces outside of quotes do not count, nor
    does what an export says of the owner behind the record."""
    line = line.rsplit(" ; tenure ", 1)[0]
    owner, ttl, class_, type, data = line.split(None, 4)
    assert class_ == "IN"
    if '"' not in data:
        data = " ".join(data.split())
    return owner, int(ttl), type, data.strip()


def peak_kib(server):
    status = open(f"/proc/{server.process.pid}/status").read()
    return int(re.search(r"VmHWM:\s+(\d+)", status).group(1))


def timed(*words, **options):
    from_ = time.monotonic()
    subprocess.run([program("tenurectl"), *map(str, words)], check=True, timeout=900, **options)
    return time.monotonic() - from_


def test_what_comes_in_goes_out(tenured):
    server = tenured()
    source, sink = server.folder / "in.zone", server.folder / "out.zone"
    with open(source, "w") as out:
        subprocess.run([sys.executable, SOURCE / "tests/system/make_zone.py", ZONE, str(COUNT)],
                       stdout=out, check=True)
    came_in = timed("--socket", server.socket, "zone", "add", ZONE, "--file", source)
    with open(sink, "w") as out:
        went_out = timed("--socket", server.socket, "zone", "export", ZONE, stdout=out)
    with open(source) as first, open(sink) as second:
        expected = sorted(map(record_of, first))
        got = sorted(record_of(line) for line in second
                     if line.strip() and not line.startswith((";", "$")))
    assert len(expected) == COUNT
    assert [row for row in got if row[2] != "SOA"] == [row for row in expected if row[2] != "SOA"]
    assert len(got) == COUNT
    print(f"\n{COUNT} records: import {came_in:.1f} s, export {went_out:.1f} s, "
          f"peak memory of the daemon {peak_kib(server) // 1024} MiB (with the map's pages)")
    name = next(row[0] for row in expected if row[2] == "A")
    assert server.query(name, "A").rcode() == 0

    again = server.folder / "again.zone"
    server.ctl_ok("zone", "add", "copy.example")
    text = sink.read_text().replace("big.example.", "copy.example.")
    again.write_text(text)
    timed("--socket", server.socket, "zone", "import", "copy.example", again)
    with open(server.folder / "copy-out.zone", "w+") as out:
        timed("--socket", server.socket, "zone", "export", "copy.example", stdout=out)
        out.seek(0)
        copied = sorted(record_of(line.replace("copy.example.", "big.example.")) for line in out
                        if line.strip() and not line.startswith((";", "$")))
    assert [row for row in copied if row[2] != "SOA"] == [row for row in got if row[2] != "SOA"]
