# SPDX-License-Identifier: BSD-2-Clause
"""A store that 0.1.0 made: it is migrated once, and answers what it answered then."""
import base64
import json
import lzma
import pathlib
import re
import signal
import subprocess
import time

import pytest

from tenure import program, run

FOLDER = pathlib.Path(__file__).resolve().parents[1] / "stores" / "0.1.0"
CLOCK = "2026-01-29T10:00:00Z"
COMMANDS = {
    "zone-list": ["zone", "list"],
    "group-list": ["group", "list"],
    "group-show-dhcp": ["group", "show", "@dhcp"],
    "group-show-ops": ["group", "show", "@ops"],
    "owner-list-kea": ["owner", "list", "@dhcp"],
    "owner-list-reserved": ["owner", "list", "key:printer"],
    "record-list-corp": ["record", "list", "corp.example"],
    "record-list-lab": ["record", "list", "lab.example"],
    "key-list": ["key", "list"],
    "audit": ["audit", "--until", "2026-01-29T09:59:59Z"],
    "audit-denied": ["audit", "--denied"],
    "history-pc1": ["history", "pc1.corp.example"],
    "scavenge-history": ["scavenge", "history"],
    "scavenge-status": ["scavenge", "status"],
    "bin-list": ["bin", "list"],
    "zone-show-corp": ["zone", "show", "corp.example"],
    "zone-show-lab": ["zone", "show", "lab.example"],
}
TEXTS = {
    "zone-export-corp": ["zone", "export", "corp.example"],
    "zone-export-lab": ["zone", "export", "lab.example"],
    "policy-corp": ["zone", "policy", "show", "corp.example"],
    "key-export-kea1": ["key", "export", "kea1"],
    "key-export-kea2": ["key", "export", "kea2"],
    "key-export-old": ["key", "export", "old-printer"],
}


def unpack(path):
    return lzma.decompress((FOLDER / f"{path}.xz").read_bytes())


@pytest.fixture
def old(made):
    """A server, not started, whose folder holds the store of 0.1.0."""
    server = made(clock=CLOCK)
    server.data.mkdir(mode=0o700)
    (server.data / "data.mdb").write_bytes(unpack("data.mdb"))
    return server


def answered(name):
    lines = (FOLDER / "answers" / f"{name}.json").read_text().splitlines()
    return [json.loads(line) for line in lines]


def holds(row, then):
    """All that 0.1.0 said of a row is said of it now; later versions may say more."""
    if then.get("type") == "DHCID" and "stale_at" in row and "stale_at" in then:
        then = {**then, "stale_at": row["stale_at"]}  # a ticket lives as long as its address now
    return all(row.get(member) == value for member, value in then.items())


def expect_answers(server):
    for name, words in COMMANDS.items():
        now, then = server.rows(*words), answered(name)
        now = [row for row in now if row.get("event") not in ("schema-migrate", "key-export")
               and row.get("principal") != "system:server"]
        then = [row for row in then if row.get("principal") != "system:server"]
        assert len(now) == len(then), (name, now)
        for row, was in zip(now, then):
            assert holds(row, was), (name, [(k, v, row.get(k)) for k, v in was.items() if row.get(k) != v])
    for name, words in TEXTS.items():
        then = (FOLDER / "answers" / f"{name}.txt").read_text()
        assert server.ctl_ok(*words) == then, name
    verified = server.ctl("audit", "verify")
    assert verified.code == 0, verified


def secrets():
    for path in (FOLDER / "answers").glob("key-export-*.txt"):
        yield base64.b64decode(re.search(r'secret\s+"([^"]+)"', path.read_text())[1])


def expect_no_secret(data):
    found = (data / "data.mdb").read_bytes()
    assert not any(secret in found for secret in secrets())


def test_what_0_1_0_answered_is_answered_after_the_migration(old):
    assert any(secret in unpack("data.mdb") for secret in secrets()), "0.1.0 kept them in clear"
    old.start()
    assert "migrated the store" in old.log()
    expect_answers(old)
    expect_no_secret(old.data)
    assert sorted(p.name for p in old.data.glob("data.mdb*")) == ["data.mdb"]
    old.restart()
    assert old.log().count("migrated the store") == 1, "once"
    old.stop()
    check = run(program("tenurectl"), "check", "--data", old.data)
    assert check.code == 0, check


def test_the_old_store_is_kept_where_that_is_asked_for(old):
    old.options += ["--keep-old-store"]
    old.start()
    assert (old.data / "data.mdb.schema-1").read_bytes() == unpack("data.mdb")


def test_a_migration_that_is_killed_begins_again(old):
    for delay in (0.001, 0.005, 0.01, 0.02, 0.04):
        with subprocess.Popen(old.command(), stderr=subprocess.DEVNULL) as process:
            time.sleep(delay)
            process.send_signal(signal.SIGKILL)
    old.start()
    expect_answers(old)
    expect_no_secret(old.data)


def test_a_backup_of_0_1_0_is_restored(made):
    server = made(clock=CLOCK)
    backup = server.folder / "backup"
    backup.write_bytes(unpack("data.mdb"))
    restored = run(program("tenurectl"), "restore", backup, "--data", server.data)
    assert restored.code == 0, restored
    server.start()
    expect_answers(server)
    expect_no_secret(server.data)
