# SPDX-License-Identifier: BSD-2-Clause
"""backup, restore, check: what an administrator does before and after the bad day."""
import concurrent.futures
import json
import os
import random
import shutil
import stat
import time

import dns.rcode
import dns.tsig
import pytest

from tenure import program, run


def offline(verb, data, *words):
    """tenurectl check or restore; sanitizers speak up."""
    options = "exitcode=66"
    return run(program("tenurectl"), verb, "--data", data, *words,
               env={**os.environ, "ASAN_OPTIONS": options, "UBSAN_OPTIONS": options}, patience=120)


def export(server, zone):
    """The zone's records with all that they carry, but for the SOA, whose serial moves."""
    return sorted((r["name"], r["ttl"], r["type"], r["data"], r["class"], r["owner"], r["stamp"])
                  for r in server.rows("record", "list", zone) if r["type"] != "SOA")


def update(server, key, *changes, zone="corp.example"):
    request = server.update(zone, key)
    for what, *rest in changes:
        getattr(request, what)(*rest)
    answer = server.ask(request)
    assert answer.rcode() == 0, dns.rcode.to_text(answer.rcode())


def moment():
    """What lies before it has been, what lies behind it not: as --to takes it."""
    now = time.time()
    time.sleep(int(now) + 1.05 - now)
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now))


@pytest.fixture
def office(tenured):
    """A zone with hosts of two owners, a delegation, and a past."""
    server = tenured()
    server.zone("corp.example", "ns A 10.0.0.1", "www A 10.0.0.2", "sub NS ns.sub",
                "ns.sub A 10.0.0.3", update="secure", policy="windows", aging="on")
    server.key_a, server.key_b = server.key("host-a"), server.key("host-b")
    server.ctl_ok("group", "create", "@laptops", "key:host-b", "--window", "30d/60d")
    for i in range(20):
        update(server, server.key_a if i % 2 else server.key_b,
               ("add", f"pc{i}", 300, "A", f"10.1.0.{i}"))
    update(server, server.key_a, ("delete", "pc1"), ("replace", "pc3", 300, "A", "10.9.9.3"))
    server.ctl_ok("owner", "reserve", "boss.corp.example", "--for", "key:host-b")
    server.ctl_ok("group", "create", "@dhcp", "key:dhcp", "--acting")
    return server


def restored(made, server, file, *words):
    """A server on what was restored."""
    other = made()
    answer = offline("restore", other.data, file, *words)
    assert answer.code == 0, answer.err
    other.start()
    return other, answer


@pytest.mark.parametrize("portable", [[], ["--portable"]])
def test_everything_comes_back(office, made, portable):
    file = office.folder / "backup"
    said = office.ctl_ok("backup", file, "--with-store-key", *portable)
    assert "read back, and good" in said and "keep it secret" in said
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    before, records = export(office, "corp.example"), office.rows("record", "list", "corp.example")
    assert {row["owner"] for row in records if row.get("window") == "30d/60d"} == {"key:host-b"}
    audit = office.rows("audit")
    other, answer = restored(made, office, file)
    assert "start tenured" in answer.out
    assert export(other, "corp.example") == before
    came = other.rows("record", "list", "corp.example")
    assert [row for row in came if row["type"] != "SOA"] == [row for row in records if row["type"] != "SOA"]
    now = other.rows("audit")
    assert now[:len(audit)] == audit and {row["event"] for row in now[len(audit):]} == {"restore"}
    (is_row,), (was_row,) = (one.rows("zone", "show", "corp.example") for one in (other, office))
    assert is_row.pop("serial") - was_row.pop("serial") >= 2**20 and is_row == was_row
    assert other.ctl("audit", "verify").code == 0
    assert [g["group"] for g in other.rows("group", "list")] == \
        [g["group"] for g in office.rows("group", "list")]
    # What is reserved stays so, and owners are who they were: keys verify, and only the owner may.
    update(other, office.key_a, ("replace", "pc5", 300, "A", "10.9.9.5"))
    request = other.update("corp.example", office.key_b)
    request.replace("pc5", 300, "A", "10.6.6.6")
    assert other.ask(request).rcode() == dns.rcode.REFUSED
    request = other.update("corp.example", office.key_a)
    request.add("boss", 300, "A", "10.6.6.6")
    assert other.ask(request).rcode() == dns.rcode.REFUSED
    update(other, office.key_b, ("add", "boss", 300, "A", "10.6.6.6"))
    other.stop()
    assert "all good" in offline("check", other.data).out


def test_a_store_that_was_put_back_is_said_until_somebody_saw_it(office, made):
    file = office.folder / "backup"
    office.ctl_ok("backup", file)
    update(office, office.key_a, ("add", "later", 300, "A", "10.9.9.9"))
    answer = office.ctl("status", "seen")
    assert answer.code == 6 and "was not put back" in answer.err
    other, _ = restored(made, office, file)
    seq, = (row["seq"] for row in other.rows("audit", "--event", "restore") if row.get("subject") == "backup")

    def is_said():
        found = {row["code"]: row["text"] for row in other.ctl("health", "--json").rows()}
        said = [line for line in other.ctl("status").err.splitlines() if "this store was put back" in line]
        assert bool(said) == ("put-back" in found), (said, found)
        return bool(said) and f"(entry {seq})" in said[0] and "`tenurectl status seen`" in said[0]
    assert is_said()
    other.restart()
    assert is_said(), "also after a restart"
    # A backup of it is put back in turn, and that is another thing to be seen.
    assert "seen: entry" in other.ctl_ok("status", "seen", "--reason", "CHG-7")
    assert not is_said()
    event = other.rows("audit", "--event", "restore-seen")[-1]
    assert (event["principal"], event["comment"], event["subject"]) == ("local:root", "CHG-7", f"entry {seq}")
    other.restart()
    assert not is_said()
    assert other.ctl("status", "seen").code == 6
    other.ctl_ok("backup", other.folder / "again")
    third, _ = restored(made, other, other.folder / "again", "--to",
                        other.rows("status")[0]["time"])
    assert "this store was put back" in third.ctl("status").err


@pytest.mark.parametrize("goes_on", [False, True])
def test_a_backup_without_keys_makes_a_store_that_its_log_makes(office, made, goes_on):
    """The log made the keys, so an entry says that they went; the replay after the test needs it."""
    file = office.folder / "backup"
    office.ctl_ok("backup", "--portable", "--without-keys", file)
    words = []
    if goes_on:
        # What goes on from the backup changes a key that is not in it.
        office.ctl_ok("key", "rotate", "host-a")
        office.ctl_ok("key", "del", "host-b", "--yes")
        office.stop()
        words = ["--log-of", office.data]
    other, answer = restored(made, office, file, *words)
    count = 1 if goes_on else 2
    assert f"made without keys: {count} are not here" in answer.out
    assert other.rows("key", "list") == []
    last = other.rows("audit", "--event", "restore")[-1]
    assert [row["key"] for row in last["rows"]] == ["host-a", "host-b"][:count]
    assert other.ctl("audit", "verify").code == 0
    other.key("host-b")
    other.stop()
    assert "all good" in offline("check", other.data).out
    assert offline("check", other.data, "--replay").code == 0


def store_key_of(server):
    return server.rows("status")[0]["store_key"]


def test_a_portable_backup_is_lines_of_json(office):
    file = office.folder / "backup"
    office.ctl_ok("backup", "--portable", file)
    text = file.read_text()
    assert office.key_a.secret not in text
    lines = [json.loads(line) for line in text.splitlines()]
    assert lines[0]["tenure-portable"] == 2 and lines[0]["keys"] is True
    assert lines[0]["store_keys"] == [store_key_of(office)]
    assert lines[-1]["is"] == "end" and lines[-1]["lines"] == len(lines) - 1
    names = {line["name"]: line for line in lines if line.get("is") == "name"}
    record = names["pc5.corp.example."]["records"][0]
    assert abs(record.pop("stamp") - time.time()) < 3600
    assert record == {"type": "A", "ttl": 300, "data": "10.1.0.5", "class": "dynamic",
                      "owner": "key:host-a"}
    keys = {line["of"]: dict(line["row"]) for line in lines if line.get("table") == "key"}
    assert set(keys) == {"host-a", "host-b"}
    assert keys["host-a"]["algorithm"] == "hmac-sha256" and keys["host-a"]["sealed"]
    office.ctl_ok("backup", "--portable", "--without-keys", file)
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert lines[0]["keys"] is False and lines[0]["store_keys"] == []
    assert not [line for line in lines if line.get("table") == "key"]
    assert office.ctl("backup", "--without-keys", file).code == 2


@pytest.mark.parametrize("portable", [[], ["--portable"]])
def test_a_backup_holds_the_store_key_where_that_is_asked_for(office, made, portable):
    file, store_key = office.folder / "backup", (office.data / "store.key").read_text()
    key = store_key.split()[-1].encode()
    assert stat.S_IMODE((office.data / "store.key").stat().st_mode) == 0o600
    answer = json.loads(office.ctl_ok("backup", file, *portable, "--json"))
    assert answer["store_keys"] == [store_key_of(office)] and answer["has_store_key"] is False
    assert key not in file.read_bytes()
    assert "backup" not in [e["event"] for e in office.rows("audit")], "no secret was read"
    other, restored_to = restored(made, office, file)
    assert "warning" in restored_to.err and store_key_of(office) in restored_to.err
    assert store_key_of(other) is None
    shown = other.rows("status")[0]
    assert shown["keys_sealed"] == 2 and store_key_of(office) in shown["store_key_problem"]
    request = other.update("corp.example", office.key_a)
    request.replace("pc5", 300, "A", "10.9.9.5")
    with pytest.raises(dns.tsig.PeerBadKey):
        other.ask(request)
    other.stop()
    # The same file, put in place, is all it takes.
    shutil.copy(office.data / "store.key", other.data / "store.key")
    other.start()
    update(other, office.key_a, ("replace", "pc5", 300, "A", "10.9.9.5"))

    said = office.ctl_ok("backup", file, "--with-store-key", *portable)
    assert "keep it secret" in said
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert key in file.read_bytes()
    event = office.rows("audit", "--event", "backup")[-1]
    assert event["subject"] == "store key " + store_key_of(office)
    third, answer = restored(made, office, file)
    assert "the store key was put into" in answer.out and not answer.err
    assert (third.data / "store.key").read_text() == store_key
    assert stat.S_IMODE((third.data / "store.key").stat().st_mode) == 0o600
    assert key not in (third.data / "data.mdb").read_bytes(), "no store holds a store key"
    update(third, office.key_a, ("replace", "pc5", 300, "A", "10.9.9.5"))
    assert third.ctl("audit", "verify").code == 0
    third.stop()
    assert "all good" in offline("check", third.data).out


def test_store_keys_of_both_logs_are_put_together(office, made):
    """The backup's store key, that of the folder, and that of the log that goes on."""
    file = office.folder / "backup"
    office.ctl_ok("backup", file, "--with-store-key")
    office.ctl_ok("store", "rekey")
    new = office.key("late")
    office.stop()
    other = made()
    other.start()
    own = store_key_of(other)
    other.stop()
    answer = offline("restore", other.data, file, "--log-of", office.data)
    assert answer.code == 0 and not answer.err, answer.err
    other.start()
    assert other.rows("status")[0]["store_key_problem"] is None
    update(other, office.key_a, ("replace", "pc5", 300, "A", "10.9.9.5"))
    text = (other.data / "store.key").read_text()
    assert len([line for line in text.splitlines() if line[0] != "#"]) == 3
    assert own.split()[0] == "1"
    assert other.ctl_ok("key", "show", "late") == new.path.read_text()


def test_a_damaged_store_key_in_a_backup_is_a_sentence(office, made, tmp_path):
    file = office.folder / "backup"
    office.ctl_ok("backup", file, "--with-store-key")
    whole = bytearray(file.read_bytes())
    at = whole.rindex(b"\n1 ") + 3
    whole[at] = ord("x")
    file.write_bytes(whole)
    answer = offline("restore", tmp_path / "z", file)
    assert answer.code == 1 and "store keys" in answer.err
    assert not (tmp_path / "z" / "data.mdb").exists()


def test_mass_deletion_is_turned_back_from_a_backup_made_after_it(office, made):
    before = export(office, "corp.example")
    then = moment()
    for i in range(20):
        if i != 1:
            office.ctl_ok("record", "del", "corp.example", f"pc{i}")
    office.ctl_ok("record", "add", "corp.example", "late", "60", "A", "10.7.7.7")
    serial = office.rows("zone", "list")[0]["serial"]
    file = office.folder / "backup"
    office.ctl_ok("backup", file)
    other, answer = restored(made, office, file, "--to", then)
    assert f"as of {then}" in answer.out
    assert export(other, "corp.example") == before
    # Serials go on, so secondaries follow; the log holds the restore, and everything before.
    assert other.rows("zone", "list")[0]["serial"] > serial
    assert other.ctl("audit", "verify").code == 0
    assert any(e.get("principal") == "local:restore" for e in other.rows("audit"))
    other.stop()
    assert "all good" in offline("check", other.data).out


def test_a_deleted_zone_comes_back(office, made):
    before = export(office, "corp.example")
    then = moment()
    office.ctl_ok("zone", "del", "corp.example", "--yes")
    file = office.folder / "backup"
    office.ctl_ok("backup", file)
    other, _ = restored(made, office, file, "--to", then)
    assert export(other, "corp.example") == before
    shown = other.rows("zone", "show", "corp.example")[0]
    assert shown["update"] == "secure" and shown["aging"] is True
    other.stop()
    assert "all good" in offline("check", other.data).out


def test_an_older_backup_goes_on_with_the_log_of_the_broken_store(office, made):
    file = office.folder / "backup"
    office.ctl_ok("backup", file)
    update(office, office.key_a, ("add", "new", 60, "A", "10.2.2.2"), ("delete", "pc7"))
    office.ctl_ok("zone", "add", "other.example")
    before = export(office, "corp.example")
    audit = office.rows("audit")
    office.stop()
    other, answer = restored(made, office, file, "--log-of", office.data)
    assert "were done again" in answer.out
    assert export(other, "corp.example") == before
    assert other.rows("audit")[:-1] == audit and other.rows("audit")[-1]["event"] == "restore"
    assert {z["zone"] for z in other.rows("zone", "list")} == {"corp.example", "other.example"}
    other.stop()
    assert "all good" in offline("check", other.data).out


def test_restore_refuses_what_it_must(office, made, tmp_path):
    file = office.folder / "backup"
    office.ctl_ok("backup", file)
    running = offline("restore", office.data, file)
    assert running.code == 1 and "another process holds it" in running.err
    office.stop()
    full = offline("restore", office.data, file)
    assert full.code == 1 and "holds a store already" in full.err
    assert offline("restore", tmp_path / "x", tmp_path / "none").code == 1
    early = offline("restore", tmp_path / "y", file, "--to", "2020-01-01")
    assert early.code == 1 and "begins after" in early.err
    assert offline("restore", tmp_path / "y", file, "--to", "noon").code == 2
    assert not (tmp_path / "y" / "data.mdb").exists()
    # A file that was cut, or altered, is not taken; of either format.
    for portable in ([], ["--portable"]):
        office.start()
        office.ctl_ok("backup", file, *portable)
        office.stop()
        whole = file.read_bytes()
        for damaged in (whole[:-100], whole[:len(whole) // 2], whole[:len(whole) // 3] + b"\x01"
                        + whole[len(whole) // 3 + 1:] if portable else b""):
            file.write_bytes(damaged)
            answer = offline("restore", tmp_path / "z", file)
            assert answer.code == 1 and answer.err, damaged[:40]
            assert not (tmp_path / "z" / "data.mdb").exists()


def test_a_backup_that_cannot_be_written_leaves_nothing(office, tmp_path):
    answer = office.ctl("backup", tmp_path / "no" / "file")
    assert answer.code == 1 and "No such file" in answer.err
    (tmp_path / "folder").mkdir()
    answer = office.ctl("backup", tmp_path / "folder")
    assert answer.code == 1
    assert [p.name for p in tmp_path.iterdir()] == ["folder"]


def test_updates_go_on_during_backups(office, made):
    file = office.folder / "backup"
    for i in range(10):
        update(office, office.key_a, ("add", f"busy{i}", 60, "A", "10.3.3.3"))
        office.ctl_ok("backup", file, *(["--portable"] if i % 2 else []))
    other, _ = restored(made, office, file)
    assert other.query("busy9.corp.example", "A").answer


def test_several_backups_at_once_are_all_good(office):
    """Each checks the store as it goes: two zones whose entries alternate, and an index of many pieces,
    so that what one check has read last is not what another needs."""
    office.ctl_ok("zone", "add", "lab.example", "update=nonsecure")
    office.ctl_ok("zone", "add", "dev.example", "update=nonsecure")
    for i in range(0, 1500, 100):
        for zone in ("lab.example", "dev.example"):
            assert office.nsupdate("".join(
                f"zone {zone}\nupdate delete pc{k % 50}.{zone}. A\n"
                f"update add pc{k % 50}.{zone}. 60 A 10.4.{k // 250}.{k % 250}\nsend\n"
                for k in range(i, i + 100))).code == 0
    with concurrent.futures.ThreadPoolExecutor(6) as several:
        for answer in several.map(lambda i: office.ctl("backup", office.folder / f"backup{i}"),
                                  range(24)):
            assert answer.code == 0, answer.err


def test_check_refuses_a_store_in_use_and_finds_nothing_wrong(office):
    answer = offline("check", office.data)
    assert answer.code == 1 and "another process holds it" in answer.err
    office.stop()
    answer = offline("check", office.data, "--json")
    assert answer.code == 0
    last = json.loads(answer.out.splitlines()[-1])
    assert last["findings"] == 0 and last["zones"] == 1 and last["records"] > 20


def test_flipped_bits_are_a_sentence_or_the_truth(office, made):
    """Each page of the store, a bit at a time: the daemon starts or says why it does not; what it
    answers is right, or SERVFAIL; check never crashes."""
    asked = [(f"pc{i}.corp.example", "A") for i in range(20)] + [("nobody.corp.example", "A")]
    right = {q: sorted(map(str, office.query(*q).answer)) for q in asked}
    key = office.key_a
    office.stop()
    file = office.data / "data.mdb"
    good = file.read_bytes()
    chance = random.Random(7)
    pages = len(good) // 4096
    refused = served = 0
    for i, page in enumerate(chance.sample(range(pages), min(pages, 40))):
        # Each fourth in the page's head, so that some stores cannot be read at all.
        at = page * 4096 + chance.randrange(0, 4096 if i % 4 else 16)
        file.write_bytes(good[:at] + bytes([good[at] ^ 1 << chance.randrange(8)]) + good[at + 1:])
        checked = offline("check", office.data)
        assert checked.code in (0, 1), (page, checked.err)
        answer = run(*office.command(), "--check-config")
        assert answer.code == 0
        try:
            office.start()
        except AssertionError:
            refused += 1
            assert checked.code == 1
            assert "is damaged" in office.log() or "store" in office.log()
            office.was_told = True
            continue
        served += 1
        for question in asked:
            got = office.query(*question)
            assert got.rcode() == dns.rcode.SERVFAIL or \
                sorted(map(str, got.answer)) == right[question], (page, at, question)
        request = office.update("corp.example", key)
        request.add("flip", 60, "A", "10.4.4.4")
        assert office.ask(request).rcode() in (0, dns.rcode.SERVFAIL, dns.rcode.NOTAUTH)
        office.ctl("record", "list", "corp.example")
        assert office.is_alive(), office.log()
        office.stop()
    assert refused and served
    file.write_bytes(good)


def test_what_is_no_store_is_a_sentence(made, tmp_path):
    for name, content, said in [("empty", b"", "is empty"), ("text", b"hello\n" * 2000, "not an LMDB"),
                                ("short", b"\x00" * 100, "LMDB")]:
        server = made()
        server.data.mkdir()
        (server.data / "data.mdb").write_bytes(content)
        answer = server.run()
        assert answer.code == 1 and said in answer.err, (name, answer.err)
        answer = offline("check", server.data)
        assert answer.code == 1 and answer.err, name
    assert offline("check", tmp_path / "none").code == 1


@pytest.mark.parametrize("options", [["--without-refusals"], ["--portable"],
                                     ["--portable", "--without-refusals"]])
def test_a_store_that_is_put_back_long_after_is_an_outage_and_loses_nothing(tenured, made, options):
    """The restore writes an entry now, which must not hide how long the log was not written."""
    server = tenured(clock="2026-01-05T09:00:00Z")
    server.ctl_ok("zone", "add", "corp.example", "update=secure", "aging=on", "max-share=none")
    server.ctl_ok("audit", "set", "retention-age=30d")
    server.ctl_ok("scavenge", "set", "period=6h")
    server.ctl_ok("record", "add", "corp.example", "pc", "A", "10.0.0.1", "--class", "dynamic")
    server.ctl_ok("backup", server.folder / "backup", *options)
    back, _ = restored(made, server, server.folder / "backup")
    kinds = {row["event"] for row in back.rows("audit")}
    assert "outage" in kinds and "record-create" in kinds and "prune" not in kinds
    assert back.ctl_ok("record", "show", "pc.corp.example")


def test_the_past_of_a_portable_backup_can_be_looked_at(tenured, made):
    """Of an owner, too, who owns nothing any more."""
    server = tenured()
    server.ctl_ok("zone", "add", "corp.example", "update=secure")
    server.ctl_ok("record", "add", "corp.example", "pc1", "A", "10.0.0.1", "--owner", "key:pc1")
    seq = server.rows("audit")[-1]["seq"]
    server.ctl_ok("record", "del", "corp.example", "pc1")
    server.ctl_ok("backup", server.folder / "backup", "--portable")
    back, _ = restored(made, server, server.folder / "backup")
    row = back.rows("record", "show", "pc1.corp.example", "--at", f"seq:{seq}")[0]
    assert row["owner"] == "key:pc1"
    assert "key:pc1" in back.ctl_ok("record", "restore", "pc1.corp.example", "--plan")
