# SPDX-License-Identifier: BSD-2-Clause
"""Allocations that fail: one, many in a row, all large ones, at any place. The daemon goes on, and
answers the next query."""
import contextlib
import mmap
import os
import pathlib
import random
import resource
import shutil
import struct
import subprocess

import dns.exception
import dns.message
import dns.query
import dns.rdatatype
import dns.zone
import pytest

from tenure import SOURCE, is_sanitized, wait_until

ZONE = "corp.example"
TRIALS = int(os.environ.get("TENURE_MEMORY_TRIALS", "60"))

pytestmark = [
    pytest.mark.skipif(not shutil.which("cc"), reason="needs a C compiler"),
    # ./check runs it with the hardened build.
    pytest.mark.skipif(is_sanitized(), reason="the sanitizers end a process that gets no memory"),
]


@pytest.fixture(scope="module")
def shim(tmp_path_factory):
    path = tmp_path_factory.mktemp("shim") / "failmalloc.so"
    subprocess.run(["cc", "-O1", "-shared", "-fPIC", "-o", path,
                    SOURCE / "tests/system/failmalloc.c", "-ldl"], check=True)
    return path


class Plan:
    """The numbers that the daemon's allocations look at."""

    def __init__(self, path):
        path.write_bytes(bytes(16))
        with open(path, "r+b") as file:
            self.map = mmap.mmap(file.fileno(), 16)

    def fail(self, before, count):
        self.map[:] = struct.pack("<qq", before, count)

    def end(self):
        self.map[:] = bytes(16)


def failing(made, shim, least=0):
    server = made("--threads", "2")
    plan = Plan(server.folder / "plan")
    usual = server.environment
    server.environment = lambda: {
        **usual(), "LD_PRELOAD": str(shim), "FAILMALLOC": str(server.folder / "plan"),
        "FAILMALLOC_LEAST": str(least)}
    server.start()
    server.zone(ZONE, "www A 10.0.0.1", *(f"host{i} TXT {'x' * 100}" for i in range(200)),
                update="secure", transfer="127.0.0.0/8")
    return server, plan, server.key("client")


def try_all(server, key, number, chance):
    """A bit of everything. Whether it succeeds is not the question."""
    def quietly(what, *words):
        with contextlib.suppress(dns.exception.DNSException, OSError, EOFError, AssertionError):
            what(*words)

    def update(tcp, count):
        message = server.update(ZONE, key)
        for part in range(count):
            message.add(f"new{number}x{part}", 60, "TXT", "y" * 200)
        server.ask(message, tcp=tcp, timeout=0.5)

    def ask(name, tcp):
        server.ask(dns.message.make_query(name, "A"), tcp=tcp, timeout=0.5)

    todo = [lambda: ask(f"www.{ZONE}", False), lambda: ask(f"nobody.{ZONE}", True),
            lambda: update(False, 1), lambda: update(True, 150),
            lambda: list(dns.query.xfr(server.address, ZONE, port=server.port, timeout=1,
                                       lifetime=1)),
            lambda: server.ctl("status"), lambda: server.ctl("record", "list", ZONE),
            lambda: server.ctl("audit", "--limit", "20"),
            lambda: server.ctl("record", "add", ZONE, f"adm{number}", "A", "10.0.0.9"),
            lambda: server.ctl("zone", "set", ZONE, f"refresh={number % 5 + 5}d")]
    for what in chance.sample(todo, 3):
        quietly(what)


def is_well(server):
    assert server.is_alive(), server.log()[-3000:]
    return server.query(f"www.{ZONE}", "A").answer[0][0].address == "10.0.0.1"


def test_one_allocation_fails_anywhere(made, shim):
    server, plan, key = failing(made, shim)
    chance = random.Random(20260105)
    for number in range(TRIALS):
        plan.fail(chance.randrange(1, 250), 1)
        try_all(server, key, number, chance)
        plan.end()
        assert is_well(server), number
    assert server.ctl("audit", "verify").code == 0


def test_many_allocations_in_a_row_fail(made, shim):
    server, plan, key = failing(made, shim)
    chance = random.Random(7)
    for number in range(TRIALS // 5):
        plan.fail(chance.randrange(1, 100), chance.randrange(2, 400))
        try_all(server, key, number, chance)
        plan.end()
        assert is_well(server), number
    refused = next(r["value"] for r in server.rows("stats") if r["name"] == "memory-refused")
    assert refused > 0
    assert server.ctl("audit", "verify").code == 0


def test_there_is_no_memory_for_what_is_large(made, shim):
    """As where the service may take no more: small pieces are found still."""
    server, plan, key = failing(made, shim, least=16384)
    chance = random.Random(11)
    plan.fail(0, 1 << 40)
    for number in range(TRIALS // 5):
        try_all(server, key, number, chance)
        assert is_well(server), number
    plan.end()
    update = server.update(ZONE, key)
    update.add("after", 60, "A", "10.0.0.8")
    assert server.ask(update, timeout=20).rcode() == 0
    wait_until(lambda: server.rows("status")[0]["trouble"] is None, "the end of the trouble")


COMMANDS = [
    ("zone import {zone} {large} --plan", "there is no memory to read more of the zone"),
    ("zone import {zone} {large}", "there is no memory to read more of the zone"),
    ("zone add large.example --file {large}", "there is no memory to read more of the zone"),
    ("audit revert --run 1 --plan", "there is no memory for more than"),
    ("audit revert --principal local:root --since 1d --yes", "there is no memory for more than"),
    ("zone export {zone} - --at seq:3", "there is no memory for it"),
    ("record list {zone} --at seq:3 --json", "there is no memory for it"),
]


def address_space(pid):
    pages = int(pathlib.Path(f"/proc/{pid}/statm").read_text().split()[0])
    return pages * resource.getpagesize()


def test_a_command_that_needs_more_memory_than_there_is_is_refused(made, tmp_path):
    """The limit leaves the process next to nothing; what needs little is done, and nothing ends it."""
    large = tmp_path / "large.zone"
    head = "$TTL 300\n@ SOA ns1 h 1 3600 600 86400 300\n@ NS ns1\nns1 A 192.0.2.1\n"
    large.write_text(head + "".join(f"h{n} A 10.0.{n >> 8 & 255}.{n & 255}\n" for n in range(6000)))
    server = made()
    usual = server.environment
    # Else malloc tries in vain, each time, to map a heap of 64 MiB for the thread.
    server.environment = lambda: {**usual(), "MALLOC_ARENA_MAX": "1"}
    server.start()
    server.ctl_ok("zone", "add", ZONE, "--file", large)
    names = {"zone": ZONE, "large": large}
    server.stop()
    server.start()
    pid = server.process.pid
    most = resource.prlimit(pid, resource.RLIMIT_AS)
    resource.prlimit(pid, resource.RLIMIT_AS, (address_space(pid) + (20 << 20), most[1]))
    for words, said in COMMANDS:
        answer = server.ctl(*words.format(**names).split())
        assert answer.code == 1 and said in answer.err, (words, answer.err)
        assert server.is_alive() and server.query(f"h7.{ZONE}", "A").rcode() == 0
    exported = server.ctl_ok("zone", "export", ZONE, "-")
    assert exported.count(" A ") + exported.count("\tA\t") == 6001, "a listing is sent as it is read"
    server.ctl_ok("record", "add", ZONE, "one-more", "A", "10.9.9.9")
    resource.prlimit(pid, resource.RLIMIT_AS, most)
    server.ctl_ok("audit", "revert", "--run", "1", "--plan")
    server.ctl_ok("zone", "export", ZONE, "-", "--at", "seq:3")
