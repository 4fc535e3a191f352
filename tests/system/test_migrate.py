# SPDX-License-Identifier: BSD-2-Clause
"""A store that 0.1.0 made: it is migrated once, and answers what it answered then."""
import base64
import hashlib
import json
import lzma
import pathlib
import re
import shutil
import signal
import subprocess
import time

import dns.message
import dns.versioned
import dns.xfr
import pytest

from tenure import Answer, Key, free_port, program, run, wait_until

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
    # The log is replayed onto what 0.1.0 left.
    server.backups.append(server.folder / "as-0.1.0-left-it")
    server.backups[0].write_bytes(unpack("data.mdb"))
    return server


def answered(name):
    lines = (FOLDER / "answers" / f"{name}.json").read_text().splitlines()
    return [json.loads(line) for line in lines]


def holds(row, then):
    """All that 0.1.0 said of a row is said of it now; later versions may say more."""
    if then.get("type") == "DHCID" and "stale_at" in row and "stale_at" in then:
        then = {**then, "stale_at": row["stale_at"]}  # a ticket lives as long as its address now
    for bound, default in (("max_records", 100), ("max_names", 50)):
        if then.get(bound) == "none":
            then = {**then, bound: default}  # nobody had set one
    return not differences(row, then)


# What has another name now.
RENAMED = {"created": "created_at", "used": "used_at", "note": "reason", "by": "principal"}


def differences(row, then):
    now = {member: row.get(RENAMED.get(member, member)) for member in then}
    return [(member, value, now[member]) for member, value in then.items()
            if now[member] != as_it_is_given(value, now[member])]


def as_it_is_given(value, now):
    """0.1.0 gave on and off, durations, numbers, shares and lists as words."""
    if value == "none":
        return [] if isinstance(now, list) else None
    if isinstance(now, list) and isinstance(value, str):
        return value.split(",")
    if isinstance(now, int) and isinstance(value, str) and value.endswith("%"):
        return int(value[:-1])
    if isinstance(now, bool) and value in ("on", "off"):
        return value == "on"
    if isinstance(now, int) and isinstance(value, str) and value[:-1].isdigit() and value[-1] == "d":
        return int(value[:-1]) * 86400
    if isinstance(now, int) and isinstance(value, str) and value.isdigit():
        return int(value)
    return value


def expect_answers(server, is_restored=False):
    """All as 0.1.0 said it, but for serials, which a restored backup moves."""
    was = {row["zone"]: row["serial"] for row in answered("zone-list")}
    moved = {str(row["serial"]): str(was[row["zone"]]) for row in server.rows("zone", "list")
             if row["serial"] != was[row["zone"]]}
    assert len(moved) == (len(was) if is_restored else 0)
    assert all(len(serial) > 6 for serial in moved)

    def with_its_serials(text):
        return re.sub(r"\d{7,}", lambda digits: moved.get(digits[0], digits[0]), text)

    for name, words in COMMANDS.items():
        now, then = json.loads(with_its_serials(json.dumps(server.rows(*words)))), answered(name)
        now = [row for row in now if row.get("event") not in ("schema-migrate", "key-export")
               and row.get("principal") != "system:server"]
        then = [row for row in then if row.get("principal") != "system:server"]
        assert len(now) == len(then), (name, now)
        for row, expected in zip(now, then):
            assert holds(row, expected), (name, differences(row, expected))
    for name, words in TEXTS.items():
        then = (FOLDER / "answers" / f"{name}.txt").read_text()
        now = with_its_serials(server.ctl_ok(*words))
        if name.startswith("zone-export"):  # 0.1.0 did not say of what it is an export
            line, now = now.split("\n", 1)
            assert line.startswith("; tenure export zone=")
        assert now == then, name
    verified = server.ctl("audit", "verify")
    assert verified.code == 0, verified


def secrets():
    for path in (FOLDER / "answers").glob("key-export-*.txt"):
        yield base64.b64decode(re.search(r'secret\s+"([^"]+)"', path.read_text())[1])


def expect_no_secret(data):
    found = (data / "data.mdb").read_bytes()
    assert not any(secret in found or base64.b64encode(secret) in found for secret in secrets())


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


@pytest.mark.parametrize("kind", ["data.mdb", "portable.json"])
def test_a_backup_of_0_1_0_is_restored(kind, made):
    server = made(clock=CLOCK)
    backup = server.folder / "backup"
    backup.write_bytes(unpack(kind))
    server.backups.append(backup)
    restored = run(program("tenurectl"), "restore", backup, "--data", server.data)
    assert restored.code == 0, restored
    server.start()
    expect_answers(server, is_restored=True)
    expect_no_secret(server.data)
    assert [r["event"] for r in server.rows("audit") if r["event"] == "schema-migrate"]


def portable(lines):
    """A portable backup of 0.1.0 of these lines: its end counts and digests them."""
    body = "".join(line + "\n" for line in lines)
    sum = hashlib.sha256(body.encode()).hexdigest()
    return body + json.dumps({"is": "end", "lines": len(lines), "sha256": sum}) + "\n"


def test_a_portable_backup_without_keys(made):
    server = made(clock=CLOCK)
    backup = server.folder / "backup"
    lines = unpack("portable.json").decode().splitlines()[:-1]
    head = lines[0].replace('"keys":true', '"keys":false')
    backup.write_text(portable([head] + [line for line in lines[1:] if '"is":"key"' not in line]))
    server.backups.append(backup)
    restored = run(program("tenurectl"), "restore", backup, "--data", server.data)
    assert restored.code == 0, restored
    server.start()
    assert server.rows("key", "list") == []
    assert len(server.rows("zone", "list")) == 2
    assert server.ctl("audit", "verify").code == 0


def test_a_portable_backup_that_makes_no_sense(tmp_path):
    backup, lines = tmp_path / "backup", unpack("portable.json").decode().splitlines()[:-1]

    def refused(changed, sentence):
        backup.write_text(changed if isinstance(changed, str) else portable(changed))
        answer = run(program("tenurectl"), "restore", backup, "--data", tmp_path / "data")
        assert answer.code == 1 and sentence in answer.err, (sentence, answer)
        assert not (tmp_path / "data" / "data.mdb").exists()

    def without(line, instead=()):
        return [one for one in lines if one != line] + list(instead)

    zone = next(line for line in lines if '"is":"zone"' in line)
    group = next(line for line in lines if '"is":"group"' in line)
    key = next(line for line in lines if '"is":"key"' in line)
    refused(without(zone), "no zone with this id came before")
    refused(without(None, [zone]), "a zone of this name or id came before")
    refused(without(None, [group.replace("true", "false")]), "it is there twice")
    refused(without(key, [key.replace("hmac-sha256", "rot13")]), "its algorithm or secret makes no sense")
    refused(without(None, ['{"is":"number","word":"colour","value":1}']), "0.1.0 knows no such setting")
    refused(without(zone, [zone.replace('"aging":"on"', '"aging":"perhaps"')]), "line ")
    refused(without(None, ['{"is":"state","table":"group","key":"YQ==","row":[]}']), "unknown kind")
    refused(unpack("portable.json").decode()[:-200], "was cut short")
    refused(unpack("portable.json").decode().replace("10.0.0.90", "10.0.0.91"), "its digest is another")


def test_a_refusal_that_was_written_late_is_found_by_its_time(old):
    """Entry 60, written on 29 January, is a refusal of the 5th."""
    old.start()
    denied = old.rows("audit", "--denied", "--since", "2026-01-05", "--until", "2026-01-06")
    assert [row["seq"] for row in denied] == [41, 42, 60]


# --- what remains of old entries

def seqs_of(server, event):
    return [row["seq"] for row in server.rows("audit") if row["event"] == event]


def test_old_entries_are_read_and_what_they_do_not_say_is_said(old):
    old.start()
    events = {row["event"]: row["seq"] for row in old.rows("audit")}
    last_old = max(row["seq"] for row in answered("audit"))
    stated = seqs_of(old, "schema-migrate")
    assert stated == list(range(last_old + 1, last_old + 1 + len(stated))) and len(stated) >= 2
    # A state of earlier is known back to the last entry that says settings in words.
    now = old.ctl_ok("digest")
    assert old.ctl_ok("digest", "--at", f"seq:{stated[-1]}") == now
    beyond = old.ctl("digest", "--at", "seq:20")
    assert beyond.code == 1 and "logged them as words" in beyond.err
    known_from = int(re.search(r"entry (\d+)", beyond.err)[1])
    assert 20 < known_from <= last_old
    assert old.ctl("digest", "--at", f"seq:{known_from}").code == 0
    assert old.ctl("digest", "--at", f"seq:{known_from - 1}").code == 1
    # Settings of old entries are not reverted, and neither is what the run states.
    for event in ("key-create", "group-set", "zone-policy", "zone-setting", "owner-reserve"):
        refused = old.ctl("audit", "revert", events[event])
        assert refused.code == 1 and "logged settings as words" in refused.err, (event, refused)
    refused = old.ctl("audit", "revert", stated[-1])
    assert refused.code == 1 and "changed nothing" in refused.err
    span = old.ctl("audit", "revert", "--principal", "local:*", "--since", "2026-01-04T00:00:00Z",
                   "--plan")
    assert "logged settings as words, and cannot be reverted" in span.err, span
    assert old.ctl_ok("digest") == now
    entry = json.loads(old.ctl_ok("--json", "audit", "show", str(stated[-1])))
    assert all(row["stated"] is True and row["old"] is None for row in entry["rows"])
    # Records of old entries are; and a zone that 0.1.0 deleted comes back with its rules.
    old.ctl_ok("audit", "revert", events["record-pin"])
    assert {"pc3": "dynamic"}.items() <= {r["name"].split(".")[0]: r["class"] for r in
                                          old.rows("record", "list", "corp.example")
                                          if r["type"] == "A"}.items()
    old.ctl_ok("zone", "restore", "gone.example")
    assert "allow key:kea1 claim" in old.ctl_ok("zone", "policy", "show", "gone.example")
    assert old.query("host.gone.example", "A").answer[0][0].to_text() == "192.0.2.56"
    denied = [row for row in old.rows("audit", "--denied") if row["seq"] <= last_old]
    assert {row["kind"] for row in (json.loads(old.ctl_ok("--json", "audit", "show", str(d["seq"])))
                                    for d in denied)} == {"denied"}


def soa_of(server, zone):
    return server.query(zone, "SOA").answer[0][0].serial


def ixfr(server, zone, serial):
    """The records that IXFR from a serial removes and adds."""
    query, _ = dns.xfr.make_query(dns.versioned.Zone(zone, relativize=False), serial=serial)
    names = []
    with server.connect() as sock:
        wire = query.to_wire()
        sock.sendall(len(wire).to_bytes(2, "big") + wire)
        while not names or names.count(names[0]) < 3:
            size = int.from_bytes(read_all(sock, 2), "big")
            message = dns.message.from_wire(read_all(sock, size), xfr=True, one_rr_per_rrset=True)
            assert message.rcode() == 0
            names += [str(rrset) for rrset in message.answer]
    return names


def read_all(sock, size):
    data = b""
    while len(data) < size:
        part = sock.recv(size - len(data))
        assert part, "the server closed the connection"
        data += part
    return data


def test_a_difference_reaches_across_the_migration(old):
    old.start()
    before = soa_of(old, "corp.example")
    old.ctl_ok("zone", "set", "corp.example", "transfer=127.0.0.1")
    old.ctl_ok("record", "add", "corp.example", "after", "300", "A", "10.0.0.99")
    assert soa_of(old, "corp.example") == before + 1
    across = ixfr(old, "corp.example", before - 3)
    text = "\n".join(across)
    assert "after.corp.example. 300 IN A 10.0.0.99" in text
    assert across[1].split()[6] == str(before - 3), "a difference, and not the whole zone"
    assert len(across) < 14


def test_keys_of_0_1_0_sign_and_are_owners(old):
    old.clock = None  # by which requests are signed
    old.no_replay = "the log is older than its retention by this clock, and is pruned"
    old.start()
    for name, rcode in (("kea1", 0), ("kea2", 0), ("old", None)):
        text = (FOLDER / f"answers/key-export-{name}.txt").read_text()
        key = Key(re.search(r'key\s+"([^"]+)"', text)[1], re.search(r'secret\s+"([^"]+)"', text)[1],
                  "hmac-sha256", None)
        request = old.update("corp.example", key)
        request.replace("pc2", 300, "A", f"10.0.0.{len(text)}")
        if rcode is None:
            with pytest.raises(dns.tsig.PeerBadKey):
                old.ask(request)
        else:
            assert old.ask(request).rcode() == rcode, name
    shown = [r for r in old.rows("record", "list", "corp.example") if r["name"].startswith("pc2")]
    assert {r["owner"] for r in shown} == {"@dhcp"}


@pytest.mark.parametrize("kind", ["data.mdb", "portable.json"])
def test_what_follows_is_replayed_onto_the_last_backup_of_0_1_0(kind, old):
    old.backups[0].write_bytes(unpack(kind))
    old.start()
    old.ctl_ok("group", "add", "@ops", "key:new")
    old.ctl_ok("zone", "set", "lab.example", "max-count=77")
    old.ctl_ok("record", "add", "corp.example", "later", "60", "A", "10.9.9.9")
    old.ctl_ok("key", "rotate", "kea1", "--for", "1d")
    digest = old.ctl_ok("digest")
    old.stop()
    none = run(program("tenurectl"), "check", "--data", old.data, "--replay")
    assert none.code == 6 and "0.1.0" in none.err
    other = old.folder / "other"
    restored = run(program("tenurectl"), "restore", old.backups[0], "--data", other, "--log-of", old.data)
    assert restored.code == 0, restored
    again = run(program("tenurectl"), "digest", "--data", other)
    assert again.out == digest
    expect_no_secret(other)


def test_the_log_of_a_store_of_0_1_0_is_not_followed(old):
    """It says settings in words; and then restore goes on without a statement of another store."""
    for words in (["--log-of", old.data], ["--to", "2026-01-20T00:00:00Z", "--log-of", old.data]):
        refused = run(program("tenurectl"), "restore", old.backups[0], "--data",
                      old.folder / "other", *words)
        assert refused.code == 1 and "was made by tenure 0.1.0" in refused.err
        assert not (old.folder / "other" / "data.mdb").exists()


def test_a_backup_of_0_1_0_is_turned_back(made):
    server = made(clock=CLOCK)
    backup = server.folder / "backup"
    backup.write_bytes(unpack("data.mdb"))
    server.backups.append(backup)
    words = [program("tenurectl"), "restore", backup, "--data", server.data, "--to",
             "2026-01-06T00:00:00Z"]
    restored = run(*words)
    assert restored.code == 0, restored
    server.start()
    assert server.query("pc2.corp.example", "A").answer[0][0].to_text() == "10.0.0.2"
    assert server.query("new.corp.example", "A").rcode() == 3
    assert server.ctl("audit", "verify").code == 0
    server.no_replay = "it went on from the backup with a run of its own"


# --- damaged files, on each road that opens one

def damaged_files():
    """Name and bytes: cut short, flipped, and of another make."""
    whole = unpack("data.mdb")
    lengths = [0, 1, 100, 4095, 4096, 8191, 8192, 9000, len(whole) // 2, len(whole) - 4096,
               len(whole) - 1]
    for length in lengths:
        yield f"cut-{length}", whole[:length]
    for page in range(len(whole) // 4096):
        for offset in (10, 40, 2000, 4090):
            at = page * 4096 + offset
            yield f"flip-{at}", whole[:at] + bytes([whole[at] ^ 0x21]) + whole[at + 1:]
    yield "zone-file", b"$ORIGIN corp.example.\n@ SOA ns host 1 2 3 4 5\n" * 1000
    yield "sqlite", b"SQLite format 3\0" + bytes(20000)
    yield "zeros", bytes(65536)


def start_and_stop(server, words):
    """Runs a daemon until it has started or is refused, and ends it."""
    told = ""
    with subprocess.Popen(words, stderr=subprocess.PIPE, text=True,
                          env=server.environment()) as process:
        for line in process.stderr:
            told += line
            if line.startswith("info started"):
                process.terminate()
        return Answer(process.wait(), "", told)


def expect_sentence(answer, name):
    """A refusal is exit code 1 and one sentence; a signal is neither."""
    assert answer.code == 1, (name, answer)
    told = [line for line in answer.err.splitlines() if not line.startswith(("warning", "info"))]
    assert told and len(told[-1]) > 20 and "assert" not in answer.err.lower(), (name, answer)


FILES = list(damaged_files())
SOME = [f for i, f in enumerate(FILES) if not f[0].startswith("flip") or i % 5 == 0]


def test_a_damaged_store_of_0_1_0_is_not_migrated(old):
    refused = 0
    for name, data in FILES:
        (old.data / "data.mdb").write_bytes(data)
        old.port = free_port()
        old.listen = ["127.0.0.1@%d" % old.port]
        answer = start_and_stop(old, old.command())
        if answer.code == 0:
            assert "migrated the store" in answer.err or name.startswith("cut-0"), (name, answer)
        else:
            expect_sentence(answer, name)
            assert (old.data / "data.mdb").read_bytes() == data, name
            refused += 1
        assert not (old.data / "being-made").exists(), name
        for file in ("data.mdb", "lock.mdb", "store.key"):
            (old.data / file).unlink(missing_ok=True)
    assert refused > 40, refused
    old.no_replay = "it was never whole"


def test_a_damaged_backup_of_0_1_0_is_not_restored(tmp_path):
    refused = 0
    for name, data in FILES:
        backup, folder = tmp_path / "backup", tmp_path / name
        backup.write_bytes(data)
        answer = run(program("tenurectl"), "restore", backup, "--data", folder)
        if answer.code == 0:
            check = run(program("tenurectl"), "check", "--data", folder)
            assert check.code == 0, (name, check)
            continue
        refused += 1
        expect_sentence(answer, name)
        assert str(backup) in answer.err and "older.mdb" not in answer.err, (name, answer)
        assert not (folder / "data.mdb").exists() and not (folder / "being-made").exists(), name
    assert refused > 40, refused


def roads(folder, backup):
    """What reads a folder or a file of unknown origin, besides a start and `restore FILE`."""
    data = ["--data", folder]
    yield "check", ["check", *data]
    yield "repair", ["check", *data, "--repair-indexes"]
    yield "digest", ["digest", *data]
    yield "log-of", ["restore", backup, "--data", folder.parent / "made", "--log-of", folder]


@pytest.mark.parametrize("is_old", [True, False])
def test_no_road_ends_in_a_signal(is_old, made, tmp_path):
    backup, folder = tmp_path / "backup", tmp_path / "data"
    backup.write_bytes(unpack("data.mdb"))
    folder.mkdir()
    files = SOME
    if not is_old:
        assert run(program("tenurectl"), "restore", backup, "--data", folder).code == 0
        whole = (folder / "data.mdb").read_bytes()
        files = [(f"cut-{n}", whole[:n]) for n in (0, 100, 4096, 9000, len(whole) // 2, len(whole) - 1)]
        files += [(f"flip-{at}", whole[:at] + bytes([whole[at] ^ 0x21]) + whole[at + 1:])
                  for at in range(10, len(whole), 4096)]
    for name, data in files:
        for road, words in roads(folder, backup):
            (folder / "data.mdb").write_bytes(data)
            answer = run(program("tenurectl"), *words)
            assert answer.code in (0, 1), (name, road, answer)
            assert answer.code == 0 or answer.err or answer.out, (name, road)
            if is_old:
                assert (folder / "data.mdb").read_bytes() == data, (name, road)
                assert answer.code == 1, (name, road, answer)
            shutil.rmtree(tmp_path / "made", ignore_errors=True)
            for kept in folder.glob("data.mdb.*"):
                kept.unlink()


def test_a_damaged_backup_is_no_base_of_a_replay(old, tmp_path):
    old.start()
    old.stop()
    damaged = tmp_path / "damaged"
    for name, data in SOME:
        damaged.write_bytes(data)
        answer = run(program("tenurectl"), "check", "--data", old.data, "--replay", "--from", damaged)
        assert answer.code in (0, 1), (name, answer)
        if answer.code == 1:
            expect_sentence(answer, name)


# --- the end in between, and two at once

def test_two_starts_at_once_migrate_once(old):
    """One of them serves; the other says that the store is held, or had nothing to migrate."""
    port = free_port()
    words = old.command()
    second = [w if w != old.listen[0] else f"127.0.0.1@{port}" for w in words]
    second += ["--socket", str(old.folder / "second.sock")]
    both = [subprocess.Popen(w, stderr=subprocess.PIPE, text=True, env=old.environment())
            for w in (words, second)]
    try:
        wait_until(lambda: any(p.poll() is not None for p in both), "one of them ends")
        loser, winner = both if both[0].poll() is not None else both[::-1]
        told = loser.stderr.read()
        wait_until(lambda: any(s.exists() for s in (old.socket, old.folder / "second.sock")),
                   "the other one serves")
    finally:
        for process in both:
            process.terminate()
    lines = winner.stderr.read()
    assert loser.wait() == 1 and "another process holds it" in told, told
    assert winner.wait() == 0, lines
    assert (told + lines).count("migrated the store") == 1
    old.start()
    expect_answers(old)


@pytest.mark.parametrize("kib", [8, 40, 100, 150, 200, 260])
def test_a_file_that_may_not_grow_leaves_the_old_store(old, kib):
    answer = start_and_stop(old, ["prlimit", f"--fsize={kib << 10}", *old.command()])
    if answer.code:
        expect_sentence(answer, kib)
        assert "stays as it was" in answer.err
        assert (old.data / "data.mdb").read_bytes() == unpack("data.mdb")
    assert answer.code or kib > 100
    old.start()
    expect_answers(old)
