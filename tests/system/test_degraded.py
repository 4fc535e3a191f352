# SPDX-License-Identifier: BSD-2-Clause
"""Degraded is better than dead: a disk that is read-only or full, a full map; what works, what `status`
says, and that it heals."""
import contextlib
import os
import pathlib
import shutil
import subprocess
import tempfile

import dns.query
import dns.rdataclass
import pytest

from tenure import program, run, wait_until

ZONE = "corp.example"
SERVFAIL = 2

needs_mount = pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("mkfs.ext4"),
                                 reason="needs root and mkfs.ext4 to make a disk")


def mount(*words):
    return subprocess.run(["mount", *[str(w) for w in words]], capture_output=True, text=True,
                          check=False)


@contextlib.contextmanager
def disk(size="64M", options="loop,errors=remount-ro"):
    """An ext4 file system of its own; skips where none can be mounted."""
    with tempfile.TemporaryDirectory(prefix="tenure-disk-") as folder:
        image, place = pathlib.Path(folder) / "image", pathlib.Path(folder) / "disk"
        place.mkdir()
        run("truncate", "-s", size, image)
        assert run("mkfs.ext4", "-q", "-F", image).code == 0
        mounted = mount("-o", options, image, place)
        if mounted.returncode:
            pytest.skip(f"cannot mount a file system: {mounted.stderr}")
        try:
            yield place
        finally:
            subprocess.run(["umount", "-l", place], check=True)


def status(server):
    return server.rows("status")[0]


def counted(server, name):
    return next(row["value"] for row in server.rows("stats") if row["name"] == name)


def adds(server, name, address="10.0.0.7"):
    update = server.update(ZONE)
    update.add(name, 60, "A", address)
    return server.ask(update, timeout=20).rcode()


def answers(server):
    return server.query(f"www.{ZONE}", "A").answer[0][0].address == "10.0.0.1"


def on_disk(made, place, config="{}"):
    """A server with its store there and its socket elsewhere, and a zone."""
    server = made(config=config)
    server.data = place / "data"
    server.config.write_text(f"socket: {server.folder}/control.sock\n"
                             + ("" if config == "{}" else config))
    server.socket = server.folder / "control.sock"
    server.start()
    server.zone(ZONE, "www A 10.0.0.1", update="nonsecure", max_names="none")
    assert adds(server, "before") == 0
    return server


@needs_mount
def test_a_file_system_that_becomes_read_only(made):
    with disk() as place:
        server = on_disk(made, place)
        server.no_replay = "the disk is gone"
        assert mount("-o", "remount,abort", place).returncode == 0
        for number in range(5):
            assert adds(server, f"during{number}") == SERVFAIL
            assert answers(server)
            assert server.query(f"during{number}.{ZONE}", "A").rcode() == 3
        now = status(server)
        assert "file system is read-only: queries are answered, changes are SERVFAIL" in \
            now["trouble"]
        assert now["trouble_since"] and counted(server, "store-trouble") == 1
        assert "error the store is read-only" in server.log()
        answer = server.ctl("health")
        assert answer.code == 2 and answer.out.startswith("critical: the store's file system is read-only")
        probe = server.query("health.tenure", "TXT", rdclass=dns.rdataclass.CH)
        assert probe.answer[0][0].strings == (b"no updates",)
        answer = server.ctl("record", "add", ZONE, "x", "A", "10.0.0.8")
        assert answer.code == 1 and "read-only" in answer.err
        assert server.ctl("zone", "export", ZONE).code == 0, "what only reads goes on"
        assert server.stop() == 0


@needs_mount
def test_a_start_on_a_read_only_disk_answers_and_heals(made):
    with disk() as place:
        server = on_disk(made, place)
        assert server.stop() == 0
        assert mount("-o", "remount,ro", place).returncode == 0
        server.start()
        assert answers(server)
        assert server.query(f"before.{ZONE}", "A").rcode() == 0
        assert adds(server, "during") == SERVFAIL
        assert "read-only" in status(server)["trouble"]
        assert mount("-o", "remount,rw", place).returncode == 0
        wait_until(lambda: status(server)["trouble"] is None, "the end of the trouble")
        assert "info the store is written again" in server.log()
        assert status(server)["trouble_last"].startswith("the store is read-only, for ")
        assert adds(server, "after") == 0 and answers(server)


@needs_mount
def test_a_read_only_start_without_a_place_for_the_socket_answers(made):
    with disk() as place:
        server = made()
        server.data = place / "data"
        server.socket = server.data / "control.sock"
        server.start()
        server.zone(ZONE, "www A 10.0.0.1", update="nonsecure", max_names="none")
        assert server.stop() == 0
        assert mount("-o", "remount,ro", place).returncode == 0
        server.start()
        assert answers(server) and adds(server, "during") == SERVFAIL
        assert "error no control socket" in server.log()
        assert server.stop() == 0
        assert mount("-o", "remount,rw", place).returncode == 0


def much(server, name):
    """Adds 10 KiB at a name."""
    update = server.update(ZONE)
    update.add(name, 60, "TXT", " ".join(["x" * 250] * 40))
    return server.ask(update, timeout=20, tcp=True).rcode()


def fill(server, name):
    """Adds until the server cannot take more; returns how many it took."""
    for number in range(4000):
        rcode = much(server, f"{name}{number}")
        if rcode == SERVFAIL:
            return number
        assert rcode == 0
    raise AssertionError("it never became full")


def full_map(made):
    """A map of 16 MiB that clients have filled; returns the server and what it holds."""
    server = made(config="map-size: 16MiB\n", clock="2026-01-05T09:00:00Z").start()
    server.zone(ZONE, "www A 10.0.0.1", update="nonsecure", max_names="none", aging="on",
                **{"no-refresh": "1d", "refresh": "1d"})
    for number in range(20):
        assert adds(server, f"pc{number}", f"10.0.1.{number}") == 0
    return server, fill(server, "n")


def deletes(server, name):
    update = server.update(ZONE)
    update.delete(name)
    return server.ask(update, timeout=20).rcode()


def test_a_full_map_takes_refreshes_deletes_and_administration(made):
    server, count = full_map(made)
    assert "the store's map is full: updates that add are SERVFAIL" in status(server)["trouble"]
    assert "of the store's map (16M) are in use" in status(server)["store_warning"]
    server.ctl_ok("clock", "forward", "36h")
    for number in range(20):
        assert adds(server, f"pc{number}", f"10.0.1.{number}") == 0, "a refresh"
    assert adds(server, "new", "10.0.9.9") == SERVFAIL
    stamp = server.rows("record", "show", f"pc3.{ZONE}")[0]["stamp"]
    assert stamp.startswith("2026-01-06T21"), stamp
    for number in range(10):
        assert deletes(server, f"pc{number}") == 0, "a delete"
    for words in (["record", "add", ZONE, "static", "A", "10.0.0.9"],
                  ["zone", "set", ZONE, "refresh=2d"], ["zone", "add", "other.example"],
                  ["group", "create", "hosts", "key:a"], ["bin", "set", "1d"], ["audit", "set",
                                                                    "retention-age=30d"],
                  ["zone", "del", "other.example", "--yes"]):
        answer = server.ctl(*words)
        assert answer.code == 0, (words, answer)
    assert server.query(f"n{count - 1}.{ZONE}", "TXT", tcp=True).rcode() == 0


def test_a_full_map_is_enlarged_without_a_restart(made):
    server, count = full_map(made)
    assert server.ctl("store", "grow", "1M").code == 1
    assert server.ctl("store", "grow", "lots").code == 2
    said = server.ctl_ok("store", "grow", "64M")
    assert said == ("the store's map is 64M now; set map-size to it in tenured.yaml, which decides "
                    "at the next start\n")
    assert status(server)["store_size"] == 64 << 20
    assert status(server)["trouble"] is None and status(server)["store_warning"] is None
    assert status(server)["trouble_last"].startswith("the store's map is full, for ")
    assert adds(server, "new", "10.0.9.9") == 0
    assert fill(server, "again") > count, "what was added is room"
    assert 'warning the store\'s map was enlarged' in server.log()


def test_a_zone_goes_from_a_full_map(made):
    """Its records stay in the log; where that has no room for them, the rest goes when there is."""
    server, _ = full_map(made)
    answer = server.ctl("zone", "del", ZONE, "--yes")
    assert answer.code == 0 or "out of service" in answer.err, answer
    server.ctl_ok("store", "grow", "64M")
    server.config.write_text("map-size: 64MiB\n")
    server.restart()
    wait_until(lambda: server.rows("zone", "list") == [], "the end of the zone")
    assert status(server)["trouble"] is None


def test_a_full_disk_is_told_from_a_full_map(made):
    with disk("16M") as place:
        server = on_disk(made, place)
        filler = place / "filler"
        with contextlib.suppress(OSError), open(filler, "wb") as file:
            while True:
                file.write(bytes(1 << 14))
                file.flush()
        fill(server, "n")
        now = status(server)
        now = now["trouble"]
        assert now.startswith("the disk of the store is full: changes are SERVFAIL"), now
        assert answers(server)
        filler.unlink()
        wait_until(lambda: status(server)["trouble"] is None, "the end of the trouble")
        assert status(server)["trouble_last"].startswith("the disk of the store is full, for ")
        assert adds(server, "after") == 0


def damage_a_page(file, with_text):
    """One page that holds names is told to be another one."""
    content = bytearray(file.read_bytes())
    for at in range(8192, len(content), 4096):
        page = content[at:at + 4096]
        rows = page[int.from_bytes(page[14:16], "little"):]
        if page[10] == 2 and with_text in rows:
            content[at] ^= 0x40
            file.write_bytes(content)
            return
    raise AssertionError("no such page")


def test_check_counts_what_is_whole(made):
    server = made().start()
    server.zone(ZONE, *(f"host{i:05} TXT {'x' * 100}" for i in range(2000)))
    server.zone("other.example", "www A 10.0.0.1")
    server.stop()
    words = [program("tenurectl"), "check", "--data", server.data]
    whole = run(*words, "--json", patience=60).rows()[-1]
    assert whole["names"] == 2003 and whole["zones"] == 2, whole
    damage_a_page(server.data / "data.mdb", b"\x00\x00\x00\x01host00700\x00")
    server.no_replay = "its store is damaged"
    said = run(*words, patience=60)
    assert said.code == 1 and "table nodes: page" in said.out and "whole are: 2 zones, " in said.out
    part = run(*words, "--json", patience=60).rows()[-1]
    assert part["zones"] == 2 and part["entries"] == whole["entries"]
    assert 1900 < part["names"] < 2003 and 1900 < part["records"] < whole["records"], part
    assert part["findings"] == 1


def test_a_damaged_page_of_the_log_leaves_the_answers(made):
    server = made().start()
    server.zone(ZONE, "www A 10.0.0.1", *(f"host{i:05} TXT {'x' * 100}" for i in range(500)),
                update="nonsecure", transfer="127.0.0.0/8")
    for number in range(10, 50):
        assert adds(server, f"pc{number}") == 0
    server.stop()
    damage_a_page(server.data / "data.mdb", b"\x04pc20")  # as the log has names
    server.no_replay = "its store is damaged"
    server.start()
    for number in range(20):
        assert answers(server)
        assert server.query(f"host{number:05}.{ZONE}", "TXT").answer
        assert server.query(f"nobody{number}.{ZONE}", "A").rcode() == 3
        assert adds(server, f"new{number}") == SERVFAIL
    assert len(list(dns.query.xfr(server.address, ZONE, port=server.port))) > 0
    now = status(server)
    assert now["trouble"].startswith("a page of the store is damaged that answers do not need")
    assert "error the store is damaged" in server.log()
    said = server.ctl("audit", "--limit", "3")
    assert said.code == 1 and "damaged" in said.err
    for words in (["zone", "export", ZONE, server.folder / "out"], ["record", "list", ZONE]):
        assert server.ctl(*words).code == 0, words
    assert "damaged" in server.ctl("record", "add", ZONE, "x", "A", "10.0.0.8").err
    assert server.stop() == 0


def test_a_damaged_page_of_names_is_a_sentence_at_the_start(made):
    server = made().start()
    server.zone(ZONE, *(f"host{i:05} TXT {'x' * 100}" for i in range(500)))
    server.stop()
    damage_a_page(server.data / "data.mdb", b"\x00\x00\x00\x01host00100\x00")
    server.no_replay = "its store is damaged"
    refused = server.run()
    assert refused.code == 1 and "is damaged: table nodes, page" in refused.err, refused
