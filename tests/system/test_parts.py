# SPDX-License-Identifier: BSD-2-Clause
"""Changes too large for one entry: a secondary that follows by IXFR has what AXFR would give."""
import dns.rdatatype
import pytest

from test_backup import offline
from test_ixfr import copy_of, followed
from test_transfer import ZONE, transferred

NAMES = 1500  # their changes are several entries
HEAD = f"$ORIGIN {ZONE}.\n$TTL 3600\n@ SOA ns hostmaster 1 3600 600 86400 300\n@ NS ns\n" \
    "ns A 127.0.0.1\n"
HOSTS = "".join(f"host{i:04} TXT \"{'x' * 60}\"\n" for i in range(NAMES))
START = "2026-01-05T09:00:00Z"


def content(zone):
    """What a secondary answers, the serial aside."""
    return {(name, ttl, rdata.to_text() if rdata.rdtype != dns.rdatatype.SOA
             else rdata.replace(serial=0).to_text())
            for name, ttl, rdata in zone.iterate_rdatas()}


def serial(zone):
    return zone.get_soa().serial


class Secondary:
    """It is served by one server, and perhaps by another later."""

    def __init__(self, server):
        self.copy = transferred(server)
        self.count_runs(server)

    def count_runs(self, server):
        self.runs = self.entries(server)

    @staticmethod
    def entries(server):
        return server.last_change()

    def follows(self, server, moves, parts=2):
        """The change was of so many entries at least; it moved the serial, or did not."""
        now = transferred(server)
        before = copy_of(self.copy)
        assert self.entries(server) >= self.runs + parts, "the change was in one part"
        self.copy = followed(server, self.copy)
        assert content(self.copy) == content(now) and serial(self.copy) == serial(now)
        assert (serial(now) != serial(before)) == (content(now) != content(before)) == moves
        self.count_runs(server)


def end(server):
    """Its store is good: the numbers of dynamic records, too."""
    server.stop()
    assert "all good" in offline("check", server.data).out


def load(server, text, *words):
    path = server.folder / "parts.zone"
    path.write_text(HEAD + text)
    server.ctl_ok("zone", "import", ZONE, path, "--replace", *words)


@pytest.fixture
def server(tenured):
    one = tenured(clock=START)
    one.ctl_ok("zone", "add", ZONE)
    load(one, HOSTS)
    for setting in ("update=nonsecure", "max-names=none", "protect-static=off", "transfer=127.0.0.1"):
        one.ctl_ok("zone", "set", ZONE, setting)
    return one


def test_imports(server):
    secondary = Secondary(server)
    # Classes alone in the first parts, data in the last.
    load(server, HOSTS + "zz A 10.0.0.1\nzz A 10.0.0.2\nzz A 10.0.0.3\n", "--dynamic")
    secondary.follows(server, moves=True)
    load(server, HOSTS + "zz A 10.0.0.1\nzz A 10.0.0.2\nzz A 10.0.0.3\n", "--dynamic",
         "--owner", "key:dhcp")
    secondary.follows(server, moves=False)
    load(server, "a0 A 10.0.0.1\n" + HOSTS.replace("x", "y"))
    secondary.follows(server, moves=True)
    load(server, "")
    secondary.follows(server, moves=True)
    end(server)


def test_classes_runs_and_what_takes_them_back(server):
    secondary = Secondary(server)
    run = max(row.get("run") or 0 for row in server.rows("audit"))
    load(server, HOSTS + "zz A 10.0.0.1\n", "--dynamic")
    secondary.follows(server, moves=True)
    # The revert's first parts are of classes only, as those of the import were.
    server.ctl_ok("audit", "revert", "--run", run + 1)
    secondary.follows(server, moves=True)
    server.ctl_ok("audit", "revert", "--run", run + 2)
    secondary.follows(server, moves=True)
    server.ctl_ok("zone", "set", ZONE, "aging=on", "no-refresh=1d", "refresh=1d")
    server.ctl_ok("clock", "forward", "40d")
    server.ctl_ok("zone", "set", ZONE, "max-share=100%")
    server.ctl_ok("scavenge", "run", ZONE)
    assert len(server.rows("record", "list", ZONE)) < 10
    secondary.follows(server, moves=True)
    server.ctl_ok("scavenge", "undo", max(row.get("run") or 0 for row in server.rows("audit")))
    assert len(server.rows("record", "list", ZONE)) > NAMES
    secondary.follows(server, moves=True)
    end(server)


def test_names_that_move_into_a_new_zone(server):
    load(server, HOSTS.replace(" TXT", ".sub TXT"))
    secondary = Secondary(server)
    server.ctl_ok("zone", "add", f"sub.{ZONE}", "--move-names")
    secondary.follows(server, moves=True, parts=4)
    run = server.rows("audit", "--event", "run-start")[-1]["run"]
    assert len(server.rows("record", "list", f"sub.{ZONE}")) == NAMES + 2
    server.ctl_ok("audit", "revert", "--run", run)
    secondary.follows(server, moves=True)
    assert len(server.rows("record", "list", f"sub.{ZONE}")) == 2
    end(server)


def test_one_update_of_many_changes(server):
    for i in range(12):
        update = server.update(ZONE)
        for j in range(250):
            update.add(f"big{j}", 60, "TXT", f"{i:02}" + "z" * 200)
        assert server.ask(update, tcp=True).rcode() == 0
    secondary = Secondary(server)
    update = server.update(ZONE)
    for j in range(250):
        update.delete(f"big{j}")
    assert server.ask(update, tcp=True).rcode() == 0
    secondary.follows(server, moves=True)


def test_a_zone_that_was_deleted_and_comes_back(server):
    load(server, HOSTS, "--dynamic")
    secondary = Secondary(server)
    server.ctl_ok("zone", "del", ZONE, "--yes")
    server.ctl_ok("zone", "restore", ZONE)
    now = transferred(server)
    assert serial(now) == serial(secondary.copy) + 1
    secondary.copy = followed(server, secondary.copy)
    assert content(secondary.copy) == content(now) and serial(secondary.copy) == serial(now)
    secondary.count_runs(server)
    load(server, HOSTS.replace("x", "y"))
    secondary.follows(server, moves=True)
    end(server)


@pytest.mark.parametrize("portable", [[], ["--portable"]])
def test_a_store_from_a_backup(server, made, portable):
    secondary = Secondary(server)
    server.ctl_ok("clock", "forward", "1d")
    load(server, HOSTS.replace("x", "y") + "zz A 10.0.0.1\n", "--dynamic")
    secondary.follows(server, moves=True)
    file = server.folder / "backup"
    server.ctl_ok("backup", *portable, file)
    whole = content(secondary.copy)
    # As it was before the import, and then its own changes.
    other = made()
    answer = offline("restore", other.data, file, "--to", "2026-01-05T10:00:00Z")
    assert answer.code == 0, answer.err
    other.start()
    assert content(transferred(other)) != whole
    secondary.follows(other, moves=True)
    load(other, "")
    secondary.follows(other, moves=True)
    end(other)


def test_a_store_from_an_old_backup_and_the_log(server, made):
    secondary = Secondary(server)
    file = server.folder / "backup"
    server.ctl_ok("backup", file)
    load(server, HOSTS.replace("x", "y") + "zz A 10.0.0.1\n", "--dynamic")
    load(server, HOSTS + "zz A 10.0.0.2\n", "--owner", "key:a")
    server.stop()
    other = made()
    answer = offline("restore", other.data, file, "--log-of", server.data)
    assert answer.code == 0, answer.err
    other.start()
    secondary.follows(other, moves=True)
    end(other)
