# SPDX-License-Identifier: BSD-2-Clause
"""What was refused stands in two logs beside the changes: kept, exported, restored and verified."""
import json
import subprocess

import dns.rcode
import pytest

from tenure import program, run, wait_until

ZONE = "corp.example"


def offline(verb, data, *words):
    return run(program("tenurectl"), verb, "--data", data, *words, patience=120)


def office_of(server):
    server.zone(ZONE, "ns A 10.0.0.53", update="secure", policy="windows")
    server.mine, server.other = server.key("mine"), server.key("other")
    request = server.update(ZONE, server.mine)
    request.add("pc1", 60, "A", "10.0.0.1")
    assert server.ask(request).rcode() == 0
    return server


@pytest.fixture
def office(tenured):
    return office_of(tenured())


def refuse(server, name="pc1", key=None):
    """One that is refused: signed by a key that does not own the name, or not signed."""
    request = server.update(ZONE, *([key] if key else []))
    request.add(name, 60, "A", "10.6.6.6")
    assert server.ask(request).rcode() == dns.rcode.REFUSED


def refusals(server, log):
    return [row for row in server.rows("audit") if row["log"] == f"refusals-{log}"]


def wait_for(server, log, count):
    """Unsigned ones wait for a signed update; `why --last` does not."""
    server.ctl("why", "--last", f"pc1.{ZONE}")
    wait_until(lambda: len(refusals(server, log)) >= count, f"{count} of {log}")
    return refusals(server, log)


def both(server):
    refuse(server, key=server.other)
    refuse(server)
    wait_for(server, "signed", 1)
    wait_for(server, "unsigned", 1)


def test_each_log_has_its_numbers(office):
    changes = office.last_change()
    both(office)
    signed, unsigned = refusals(office, "signed")[0], refusals(office, "unsigned")[0]
    assert (signed["seq"], unsigned["seq"]) == (1, 1)
    assert signed["changes_seq"] == unsigned["changes_seq"] == changes
    assert office.last_change() == changes, "nothing changed"
    assert signed["principal"] == "key:other" and unsigned["principal"] == "anonymous"
    shown = office.ctl_ok("audit", "show", "u1")
    assert "u1" in shown and "anonymous" in shown
    assert "2 refusals, their chains are whole" in office.ctl_ok("audit", "verify")
    settings = office.rows("audit", "settings")[0]
    assert settings["signed_last_seq"] == settings["unsigned_last_seq"] == 1 and settings["signed_bytes"]
    assert settings["refusal_age"] == 30 * 86400 and settings["refusal_size"] == 256 << 20


def test_one_is_pruned_by_itself(office):
    both(office)
    changes = office.last_change()
    said = office.ctl_ok("audit", "prune", "--log", "refusals-unsigned", "--before", "2100-01-01",
                         "--yes")
    assert "to u1 " in said, said
    rows = refusals(office, "unsigned")
    assert [row["event"] for row in rows] == ["log-prune"] and rows[0]["seq"] == 2
    assert len(refusals(office, "signed")) == 1 and office.last_change() == changes
    gone = office.ctl("audit", "show", "u1")
    assert gone.code == 4 and "entry u1 is pruned: the log of unsigned refusals begins with u2" in \
        gone.err
    assert office.ctl("audit", "verify").code == 0
    assert office.ctl("audit", "prune", "--log", "nothing").code == 2


def test_a_size_of_its_own_is_kept_to(office):
    office.ctl_ok("audit", "set", "refusal-age=7d", "refusal-size=2M")
    assert office.rows("audit", "settings")[0]["refusal_size"] == 2 << 20
    said = [row["reason"] for row in office.rows("audit", "--event", "server-setting")]
    assert said[-2:] == ["refusal-age: 30d -> 7d", "refusal-size: 256M -> 2M"]
    assert office.ctl("audit", "set", "refusal-size=1K").code == 2


@pytest.mark.parametrize("portable", [[], ["--portable"]])
@pytest.mark.parametrize("without", [[], ["--without-refusals"]])
def test_a_backup_holds_them_unless_told(office, made, portable, without):
    both(office)
    office.ctl_ok("backup", office.folder / "backup", "--with-store-key", *portable, *without)
    before, changes = office.rows("audit"), office.last_change()
    text = (office.folder / "backup").read_bytes()
    assert portable or (b"unsigned in a secure zone" in text) != bool(without), "not even in free pages"
    other = made()
    answer = offline("restore", other.data, office.folder / "backup")
    assert answer.code == 0, answer.err
    assert "all good" in offline("check", other.data).out
    other.start()
    after = other.rows("audit")
    kept = [row for row in before if not without or row["log"] == "changes"]
    assert [row for row in after if row["event"] != "restore"] == kept
    entry = json.loads(other.ctl_ok("audit", "show", str(changes + 1), "--json"))
    assert entry["kind"] == "restore" and "put back from a backup " in entry["reason"]
    assert entry["heads"]["changes"]["seq"] == changes
    assert entry["heads"]["refusals-unsigned"]["seq"] == (0 if without else 1)
    other.mine, other.other = office.mine, office.other
    refuse(other, key=other.other)
    rows = wait_for(other, "signed", 1 if without else 2)
    assert rows[-1]["seq"] == (1 if without else 2), "the chain goes on"
    assert other.ctl("audit", "verify").code == 0


def test_log_of_takes_the_refusals_of_the_same_server(office, made):
    both(office)
    office.ctl_ok("backup", office.folder / "backup", "--with-store-key")
    refuse(office, key=office.other, name="pc1")
    wait_for(office, "signed", 2)
    request = office.update(ZONE, office.mine)
    request.add("later", 60, "A", "10.0.0.9")
    assert office.ask(request).rcode() == 0
    wanted = refusals(office, "signed"), refusals(office, "unsigned")
    office.stop()
    other = made()
    answer = offline("restore", other.data, office.folder / "backup", "--log-of", office.data)
    assert answer.code == 0 and "what it refused is taken from there" in answer.out, answer.err
    assert "all good" in offline("check", other.data).out
    other.start()
    assert (refusals(other, "signed"), refusals(other, "unsigned")) == wanted
    assert other.ctl("audit", "verify").code == 0


def test_log_of_leaves_the_refusals_of_another_server(office, made):
    both(office)
    office.ctl_ok("backup", office.folder / "with", "--with-store-key")
    office.ctl_ok("backup", office.folder / "without", "--with-store-key", "--without-refusals")
    another = made()
    assert offline("restore", another.data, office.folder / "without").code == 0
    another.start()
    another.mine, another.other = office.mine, office.other
    refuse(another, key=another.other, name="ns")
    wait_for(another, "signed", 1)
    another.stop()
    office.stop()
    third = made()
    answer = offline("restore", third.data, office.folder / "with", "--log-of", another.data)
    assert answer.code == 0 and "begin anew" in answer.out, answer.out + answer.err
    third.start()
    assert not refusals(third, "signed") and not refusals(third, "unsigned")
    assert third.ctl("audit", "verify").code == 0


def test_a_flipped_byte_is_found(office):
    refuse(office, name="needle")
    office.ctl("why", "--last", f"needle.{ZONE}")
    wait_until(lambda: refusals(office, "unsigned"), "the refusal")
    office.stop()
    office.no_replay = "a byte of it was flipped"
    path = office.data / "data.mdb"
    bytes_ = path.read_bytes()
    subject = f"needle.{ZONE} A".encode()
    assert subject in bytes_
    path.write_bytes(bytes_.replace(subject, subject.replace(b"needle", b"needlf")))
    checked = offline("check", office.data)
    assert checked.code == 1 and "refusals_unsigned" in checked.out + checked.err
    office.start()
    done = office.ctl("audit", "verify", "--json")
    assert done.code == 1 and "the log of unsigned refusals is broken at entry u1" in done.err
    request = office.update(ZONE, office.mine)
    request.add("pc2", 60, "A", "10.0.0.2")
    assert office.ask(request).rcode() == 0, "what was refused decides nothing"


def test_an_export_goes_on_with_three_cursors_after_kill_9(tenured, tmp_path):
    path = tmp_path / "audit.json"
    server = office_of(tenured(config=f"export:\n  file: {path}\n"))

    def target():
        return server.rows("audit", "targets")[0]

    for i in range(3):
        refuse(server, key=server.other, name="pc1")
        refuse(server, name=f"u{i}")
        server.ctl("why", "--last", f"u{i}.{ZONE}")
        server.ctl_ok("record", "add", ZONE, f"pc{i + 5}", "60", "A", "10.0.0.1")
        server.kill()
        server.start()
    wait_until(lambda: target()["behind"] == 0, "all in the file")
    shown = server.rows("audit")
    events = [json.loads(line) for line in path.read_text().splitlines()]
    for log in ("changes", "refusals-signed", "refusals-unsigned"):
        got = list(dict.fromkeys(e["seq"] for e in events if e["log"] == log))
        assert got == list(range(1, len(got) + 1)), log
        assert got[-1] == [row["seq"] for row in shown if row["log"] == log][-1]
    now = target()
    assert (now["taken"], now["taken_signed"], now["taken_unsigned"]) == tuple(
        [row["seq"] for row in shown if row["log"] == log][-1]
        for log in ("changes", "refusals-signed", "refusals-unsigned"))
    server.restart()
    wait_until(lambda: target()["behind"] == 0, "nothing is sent twice")
    assert len(path.read_text().splitlines()) == len(events)


def test_a_restore_is_told_from_a_log_that_was_cut(office, made, tmp_path):
    key, path = tmp_path / "log.key", tmp_path / "signed"
    subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", key], check=True)
    key.chmod(0o600)
    config = f"checkpoint:\n  key: {key}\n  file: {path}\n  entries: 1\n  interval: 1s\n"
    server = office_of(made(config=config).start())
    server.ctl_ok("backup", tmp_path / "backup", "--with-store-key")
    both(server)
    server.ctl_ok("record", "add", ZONE, "late", "60", "A", "10.0.0.1")
    server.stop()
    lines = path.read_text().splitlines()
    assert lines[-1].startswith("tenure-checkpoint 2 ") and " signed=1 " in lines[-1]
    other = made(config=config)
    assert offline("restore", other.data, tmp_path / "backup").code == 0
    other.start()
    assert "the store was put back from a backup" in other.log()
    assert "shorter than" not in other.log()
    done = other.ctl("audit", "verify", "--checkpoints", str(path))
    assert done.code == 0 and "put back from a backup whose log ends at" in done.err, done.err
    other.stop()
    assert len(path.read_text().splitlines()) > len(lines), "what goes on is signed"
    other.start()
    assert other.log().count("put back from a backup") == 1, "said once"
    assert other.ctl("audit", "verify", "--checkpoints", str(path)).code == 0


def test_an_unsigned_update_that_is_signed_next_is_counted(office):
    refuse(office, name="pc9")
    request = office.update(ZONE, office.mine)
    request.add("pc9", 60, "A", "10.6.6.6")
    assert office.ask(request).rcode() == 0
    counted = {row["name"]: row["value"] for row in office.rows("stats")}
    assert counted["refusals-signed-later"] == 1
    assert office.ctl("why", "--last", f"pc9.{ZONE}").code == 4
    refuse(office, name="pc8")
    assert not refusals(office, "unsigned"), "it waits"
    row = office.rows("why", "--last", f"pc8.{ZONE}")[-1]
    assert row["code"] == "unsigned" and "later" not in row
    request = office.update(ZONE, office.mine)
    request.add("pc8", 60, "A", "10.6.6.6")
    assert office.ask(request).rcode() == 0
    row = office.rows("why", "--last", f"pc8.{ZONE}")[-1]
    assert row["later"].endswith("s later, signed as key:mine"), row
    assert row["later_seq"] == office.last_change()


def test_who_owns_nothing_at_a_name_makes_nobodys_attempt_forgotten(office):
    refuse(office, name="pc9")
    request = office.update(ZONE, office.other)
    request.delete("pc9")
    assert office.ask(request).rcode() == 0, "nothing is there: nothing changes"
    row = office.rows("why", "--last", f"pc9.{ZONE}")[-1]
    assert row["code"] == "unsigned", "it is not the same client with a signature"
    counted = {row["name"]: row["value"] for row in office.rows("stats")}
    assert counted["refusals-signed-later"] == 0


def test_what_waits_is_found_by_its_name_right_after_a_flood(office):
    for number in range(120):
        refuse(office, name=f"f{number}")
    for number in (0, 40, 80, 119):
        row = office.rows("why", "--last", f"f{number}.{ZONE}")[-1]
        assert (row["code"], row["subject"]) == ("unsigned", f"f{number}.{ZONE} A"), row
