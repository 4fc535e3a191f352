# SPDX-License-Identifier: BSD-2-Clause
"""What was, and what is brought back: history, --at, revert, undo, restore, the bin."""
import datetime
import json
import random
import threading
import time
from unittest import mock

import pytest

from tenure import program, run

ZONE = "corp.example"


def seconds(when):
    return datetime.datetime.fromisoformat(when.replace("Z", "+00:00")).timestamp()


def move(server, when):
    server.ctl_ok("clock", "set", when)
    server.ahead = seconds(when) - time.time()


def register(server, key, *commands):
    """An update: ("add", name, ttl, type, data) or ("delete", name, ...)."""
    update = server.update(ZONE, key)
    for what, *words in commands:
        getattr(update, what)(*words)
    real = time.time
    with mock.patch("time.time", lambda: real() + server.ahead):  # signatures carry the time
        assert server.ask(update).rcode() == 0


@pytest.fixture
def server(tenured):
    one = tenured(clock="2026-01-05T09:00:00Z")
    one.zone(ZONE, "ns A 10.0.0.53", "www A 10.0.0.80", "mail A 10.0.0.25", update="secure",
             aging="on")
    move(one, "2026-01-05T09:00:00Z")
    return one


def export(server, *words):
    """Without the line that says of which entry it is an export."""
    return server.ctl_ok("zone", "export", ZONE, *words).split("\n", 1)[1]


def without_serial(text):
    return [line for line in text.splitlines() if "SOA" not in line]


def last_seq(server):
    return server.last_change()


def last_run(server):
    return max(row.get("run") or 0 for row in server.rows("audit"))


def serial(server):
    return server.rows("zone", "list")[0]["serial"]


# --- history and --at


def test_history_tells_a_name_oldest_first(server):
    key = server.key("pc1")
    move(server, "2026-01-05T10:00:00Z")
    register(server, key, ("add", "pc1", 60, "A", "10.0.0.1"))
    move(server, "2026-01-06T10:00:00Z")
    register(server, key, ("delete", "pc1"), ("add", "pc1", 60, "A", "10.0.0.2"))
    server.ctl_ok("record", "del", ZONE, "pc1", "--yes")
    rows = server.rows("history", "pc1." + ZONE)
    assert [(row["event"], row["data"]) for row in rows] == [
        ("record-register", "10.0.0.1"),
        ("record-unregister", "10.0.0.1"),
        ("record-register", "10.0.0.2"),
        ("name-delete", "10.0.0.2")]
    assert [row["principal"] for row in rows] == ["key:pc1"] * 3 + ["local:root"]
    since = server.rows("history", "pc1." + ZONE, "--since", "2026-01-06")
    assert [row["seq"] for row in since] == [row["seq"] for row in rows[1:]]
    until = server.rows("history", "pc1." + ZONE, "--until", "2026-01-05T10:00:00Z")
    assert [row["seq"] for row in until] == [rows[0]["seq"]]
    table = server.ctl_ok("history", "pc1." + ZONE)
    assert "SEQ" in table.splitlines()[0] and len(table.splitlines()) == 5
    answer = server.ctl("history", "never." + ZONE)
    assert answer.code == 4 and "nothing was ever at never.corp.example" in answer.err


def test_history_goes_on_across_the_deletion_of_the_zone(server):
    server.ctl_ok("zone", "del", ZONE, "--yes")
    gone = server.rows("history", "www." + ZONE)
    assert [row["event"] for row in gone] == ["record-create", "record-delete"]
    assert len(gone) == 2 and gone[-1]["data"] == "10.0.0.80"
    server.ctl_ok("zone", "add", ZONE)
    server.ctl_ok("record", "add", ZONE, "www", "A", "10.0.0.81")
    again = server.rows("history", "www." + ZONE)
    assert [row["seq"] for row in again[:2]] == [row["seq"] for row in gone]
    assert again[-1]["data"] == "10.0.0.81"


def test_a_zone_is_shown_as_it_was(server):
    moments = []
    key = server.key("pc1")
    for day in range(6, 12):
        move(server, f"2026-01-{day:02}T10:00:00Z")
        register(server, key, ("replace", "pc1", 60, "A", f"10.0.0.{day}"))
        if day == 8:
            server.ctl_ok("zone", "set", ZONE, "update=none")
            server.ctl_ok("zone", "set", ZONE, "update=secure")
            server.ctl_ok("record", "del", ZONE, "www", "--yes")
        if day == 9:
            server.ctl_ok("record", "add", ZONE, "@", "NS", "ns2.corp.example.")
        moments.append((f"2026-01-{day:02}T12:00:00Z", last_seq(server), export(server)))
    move(server, "2026-01-12T10:00:00Z")
    for when, seq, text in moments:
        assert export(server, "--at", when) == text
        assert export(server, "--at", f"seq:{seq}") == text
    rows = server.rows("record", "show", "www." + ZONE, "--at", moments[0][0])
    assert [row["data"] for row in rows] == ["10.0.0.80"]
    assert server.ctl("record", "show", "www." + ZONE).code == 4
    rows = server.rows("record", "show", ZONE, "SOA", "--at", moments[0][0])
    assert rows[0]["data"] in moments[0][2].replace("\t", " ")
    answer = server.ctl("record", "show", "www." + ZONE, "--at", "2026-02-01")
    assert answer.code == 2 and "still to come" in answer.err
    answer = server.ctl("zone", "export", ZONE, "--at", "2025-12-31")
    assert answer.code == 4 and "there was no zone 'corp.example' then" in answer.err
    answer = server.ctl("zone", "export", ZONE, "--at", "seq:99999")
    assert answer.code == 4 and "the log ends with entry" in answer.err


def test_a_deleted_zone_is_shown_as_it_was(server):
    move(server, "2026-01-06T10:00:00Z")
    before = export(server)
    move(server, "2026-01-07T10:00:00Z")
    server.ctl_ok("zone", "del", ZONE, "--yes")
    assert export(server, "--at", "2026-01-06T12:00:00Z") == before
    move(server, "2026-01-08T10:00:00Z")
    server.ctl_ok("zone", "add", ZONE)
    after = export(server)
    assert export(server, "--at", "2026-01-06T12:00:00Z") == before
    assert export(server, "--at", "now") == after
    answer = server.ctl("zone", "export", ZONE, "--at", "2026-01-07T12:00:00Z")
    assert answer.code == 4 and "there was no zone" in answer.err


# --- reverts


def test_an_entry_is_reverted_after_a_plan(server):
    before = export(server)
    server.ctl_ok("record", "del", ZONE, "www", "--yes")
    seq, was = last_seq(server), serial(server)
    plan = server.rows("audit", "revert", seq, "--plan")
    assert [(row["what"], row["name"], row["data"]) for row in plan] == [
        ("restore", "www.corp.example", "10.0.0.80")]
    assert last_seq(server) == seq, "a plan writes nothing"
    said = server.ctl_ok("audit", "revert", seq)
    assert f"undoes entry {seq}: 1 restored" in said
    assert without_serial(export(server)) == without_serial(before)
    assert serial(server) == was + 1
    entry = server.rows("audit", "--limit", "1")[-1]
    assert entry["event"] == "restore" and entry["reason"] == f"undoes entry {seq}"
    again = server.ctl("audit", "revert", seq)
    assert again.code == 6 and "as it was before" in again.err
    # The revert is reverted like anything else.
    server.ctl_ok("audit", "revert", last_seq(server))
    assert server.ctl("record", "show", "www." + ZONE).code == 4


def test_what_a_principal_did_is_reverted_where_nobody_changed_it_since(server):
    mine, other = server.key("dhcp1"), server.key("pc9")
    register(server, other, ("add", "old", 60, "A", "10.0.0.9"))
    before = export(server)
    move(server, "2026-01-06T09:00:00Z")
    register(server, mine, ("add", "a", 60, "A", "10.0.1.1"), ("add", "b", 60, "A", "10.0.1.2"))
    register(server, mine, ("delete", "b"), ("add", "c", 60, "A", "10.0.1.3"))
    register(server, mine, ("add", "d", 60, "A", "10.0.1.4"))
    register(server, mine, ("delete", "d"))
    register(server, other, ("add", "d", 60, "A", "10.0.1.4"))
    register(server, mine, ("add", "e", 60, "A", "10.0.1.5"))
    server.ctl_ok("record", "add", ZONE, "e", "90", "A", "10.0.1.5", "--class", "static")
    plan = server.rows("audit", "revert", "--principal", "key:dhcp1", "--since", "2h", "--plan")
    kinds = {row["name"].split(".")[0]: row["what"] for row in plan}
    assert kinds == {"a": "remove", "c": "remove", "e": "conflict"}
    conflict = next(row for row in plan if row["what"] == "conflict")
    assert conflict["principal"] == "local:root" and conflict["in_the_way"] == last_seq(server)
    said = server.ctl_ok("audit", "revert", "--principal", "key:dhcp1", "--since", "2h")
    assert "2 removed, 1 conflict" in said and "e.corp.example" in said
    left = [line for line in without_serial(export(server))
            if line not in without_serial(before)]
    assert sorted(line.split()[0].split(".")[0] for line in left) == ["d", "e"]
    answer = server.ctl("audit", "revert", "--principal", "key:dhcp1")
    assert answer.code == 2 and "--since TIME is needed" in answer.err
    answer = server.ctl("audit", "revert", "--principal", "key:nobody", "--since", "2h")
    assert answer.code == 6 and "changed nothing that is taken back" in answer.err


def test_a_name_that_was_claimed_anew_is_a_collision(server):
    first, second = server.key("first"), server.key("second")
    register(server, first, ("add", "pc", 60, "A", "10.0.0.1"), ("add", "pc", 60, "TXT", "mine"))
    server.ctl_ok("record", "del", ZONE, "pc", "--yes")
    removal = last_seq(server)
    register(server, second, ("add", "pc", 60, "A", "10.0.0.2"))
    claim = last_seq(server)
    for words in (("audit", "revert", removal), ("record", "restore", "pc." + ZONE)):
        answer = server.ctl("--json", *words)
        assert answer.code == 1 and "2 conflicts" in answer.err
        for row in answer.rows():
            assert (row["what"], row["in_the_way"], row["principal"]) == ("conflict", claim, "key:second")
            assert "taken by another: it holds A 10.0.0.2" in row["reason"]
    assert last_seq(server) == claim, "nothing is written"


def test_what_cannot_stand_together_is_a_conflict(server):
    server.ctl_ok("record", "del", ZONE, "www", "--yes")
    server.ctl_ok("record", "add", ZONE, "www", "CNAME", "mail.corp.example.")
    answer = server.ctl("record", "restore", "www." + ZONE)
    assert answer.code == 1 and "the name is a CNAME now" in answer.out
    server.ctl_ok("record", "del", ZONE, "www", "--yes")
    server.ctl_ok("record", "restore", "www." + ZONE, "A")
    answer = server.ctl("record", "restore", "www." + ZONE, "CNAME")
    assert answer.code == 1 and "cannot stand beside the A" in answer.out


def test_keys_are_not_reverted_and_it_is_said_what_is_wrong(server):
    server.ctl_ok("key", "generate", "k")
    answer = server.ctl("audit", "revert", last_seq(server))
    assert answer.code == 1 and ("nothing to revert" in answer.err or "secret" in answer.out)
    server.ctl_ok("key", "show", "k")
    answer = server.ctl("audit", "revert", 4711)
    assert answer.code == 4 and "there is no entry 4711" in answer.err
    answer = server.ctl("audit", "revert")
    assert answer.code == 2 and "what is to be reverted?" in answer.err
    answer = server.ctl("audit", "revert", "x")
    assert answer.code == 2 and "'x' is not a number" in answer.err
    answer = server.ctl("audit", "revert", "--run", 4711)
    assert answer.code == 4 and "there is no run 4711" in answer.err


def test_an_import_is_reverted_as_a_run(server):
    before = export(server)
    path = server.folder / "wrong.zone"
    path.write_text("$ORIGIN corp.example.\n$TTL 60\n@ SOA ns hostmaster 77 1 1 1 1\n@ NS ns2\n"
                    + "".join(f"h{i} A 10.1.{i // 250}.{i % 250}\n" for i in range(9000)))
    server.ctl_ok("zone", "import", ZONE, path)
    imported = serial(server)
    assert imported >= 77, "in parts, each of which moves it"
    said = server.ctl_ok("audit", "revert", "--run", last_run(server))
    assert "5 restored, 9002 removed" in said  # SOA and NS are among them
    assert without_serial(export(server)) == without_serial(before)
    assert serial(server) > imported
    soa = [line.split(";")[0].split() for line in (before, export(server))
           for line in line.splitlines() if "SOA" in line]
    assert soa[0][:6] == soa[1][:6] and soa[0][7:] == soa[1][7:], "the SOA is as it was"


# --- the bin


def scavenge(server):
    server.ctl_ok("zone", "set", ZONE, "no-refresh=1h", "refresh=1h")
    move(server, "2026-02-05T09:00:00Z")
    server.ctl_ok("scavenge", "approve", "clock")
    server.ctl_ok("scavenge", "run", ZONE)
    return last_run(server)


def test_what_was_scavenged_comes_back_as_it_was(server):
    keys = [server.key(f"pc{i}") for i in range(3)]
    for i, key in enumerate(keys):
        move(server, f"2026-01-05T1{i}:00:00Z")
        register(server, key, ("add", f"pc{i}", 60 + i, "A", f"10.0.0.{i}"),
                 ("add", f"pc{i}", 60 + i, "AAAA", f"2001:db8::{i}"))
    server.ctl_ok("zone", "set", ZONE, "max-share=none")
    before = export(server)
    run = scavenge(server)
    assert len(server.rows("bin", "list", ZONE)) == 6
    row = server.rows("bin", "list")[0]
    assert (row["run"], row["owner"], row["principal"]) == (run, "key:pc0", "system:scavenger")
    assert row["stamp"] == "2026-01-05T10:00:00Z" and row["class"] == "dynamic"
    # One name first, then the rest of the run.
    server.ctl_ok("record", "restore", "pc1." + ZONE, "A")
    plan = server.rows("scavenge", "undo", run, "--plan")
    assert len(plan) == 5 and {row["what"] for row in plan} == {"restore"}
    said = server.ctl_ok("scavenge", "undo", run)
    assert "5 restored, 1 as before already" in said
    assert without_serial(export(server)) == without_serial(before)
    assert server.rows("bin", "list") == []
    answer = server.ctl("scavenge", "undo", run)
    assert answer.code == 6 and f"run {run} was undone by run {last_run(server)}" in answer.err
    # And the undoing can be undone, after which the run stands again.
    server.ctl_ok("audit", "revert", "--run", last_run(server))
    assert len(server.rows("bin", "list")) == 5
    assert "5 restored" in server.ctl_ok("scavenge", "undo", run)
    assert without_serial(export(server)) == without_serial(before)
    assert server.ctl("audit", "verify").code == 0


def test_only_scavenging_runs_are_undone_by_scavenge(server):
    answer = server.ctl("scavenge", "undo", last_run(server))
    assert answer.code == 1 and "no scavenging run but of kind import" in answer.err


def test_a_deleted_zone_comes_back_with_its_settings(server):
    rules = server.folder / "rules"
    rules.write_text("allow key:dhcp1 update name *.corp.example\n")
    server.ctl_ok("zone", "set", ZONE, "no-refresh=3d", "policy=closed")
    key = server.key("pc1")
    server.ctl_ok("zone", "set", ZONE, "policy=windows")
    register(server, key, ("add", "pc1", 60, "A", "10.0.0.1"))
    before, settings = export(server), server.rows("zone", "show", ZONE)[0]
    was = serial(server)
    server.ctl_ok("zone", "del", ZONE, "--yes")
    seq = last_seq(server)
    answer = server.ctl("audit", "revert", seq)
    assert answer.code == 1 and "zone restore corp.example' brings it back" in answer.err
    answer = server.ctl("record", "restore", "www." + ZONE)
    assert answer.code == 4 and "'tenurectl zone restore corp.example'" in answer.err
    plan = server.rows("zone", "restore", ZONE, "--plan")
    assert {row["what"] for row in plan} == {"restore"} and len(plan) == 6
    assert server.ctl("zone", "show", ZONE).code == 4, "a plan writes nothing"
    done = json.loads(server.ctl_ok("zone", "restore", ZONE, "--json"))
    assert (done["restored"], done["conflicts"], done["run"]) == (6, 0, last_run(server))
    assert without_serial(export(server)) == without_serial(before)
    assert server.rows("zone", "show", ZONE)[0] == {**settings, "serial": was + 1}
    assert serial(server) == was + 1
    register(server, key, ("replace", "pc1", 60, "A", "10.0.0.2"))
    assert [row["event"] for row in server.rows("history", "pc1." + ZONE)][-1] == "record-register"
    answer = server.ctl("zone", "restore", ZONE)
    assert answer.code == 1 and "is here" in answer.err
    server.restart()
    assert server.query("pc1." + ZONE, "A").answer[0][0].address == "10.0.0.2"
    assert server.ctl("audit", "verify").code == 0


def test_a_zones_end_and_return_belong_to_the_run_of_their_records(server):
    def runs(seq):
        rows = [row for row in server.rows("audit") if row["seq"] > seq]
        assert len({row.get("run") for row in rows}) == 1 and rows[0]["run"], rows
        run = rows[0]["run"]
        assert server.rows("audit", "--run", run) == rows
        return [row["event"] for row in rows]
    before = last_seq(server)
    server.ctl_ok("zone", "del", ZONE, "--yes")
    assert runs(before)[-1] == "zone-delete" and len(runs(before)) > 1
    before = last_seq(server)
    server.ctl_ok("zone", "restore", ZONE)
    assert runs(before)[0] == "zone-create" and len(runs(before)) > 1
    # The return is taken back as a run, too.
    server.ctl_ok("audit", "revert", "--run", last_run(server))
    assert server.ctl("audit", "verify").code == 0


def test_a_zone_whose_name_is_in_use_again_is_not_brought_back(server):
    server.ctl_ok("zone", "del", ZONE, "--yes")
    run = last_run(server)
    server.ctl_ok("zone", "add", ZONE)
    for words in (("zone", "restore", ZONE), ("audit", "revert", "--run", run)):
        answer = server.ctl(*words)
        assert answer.code == 1 and "made anew since" in answer.err and "--at seq:" in answer.err
    hint = answer.err.split("--at ")[1].split("'")[0]
    assert "10.0.0.80" in export(server, "--at", hint)
    server.ctl_ok("zone", "del", ZONE, "--yes")
    server.ctl_ok("zone", "restore", ZONE)
    assert "10.0.0.80" not in export(server), "the last one comes back"


def test_the_bin_is_kept_as_long_as_it_is_told(server):
    server.ctl_ok("record", "del", ZONE, "www", "--yes")
    move(server, "2026-01-15T09:00:00Z")
    assert "www.corp.example" in [row["name"] for row in server.rows("bin", "list")]
    said = server.ctl_ok("bin", "set", "7d")
    assert "for 7d" in said
    assert server.rows("bin", "list"), "a clock that was set ahead ends nothing before it is approved"
    server.ctl_ok("scavenge", "approve", "clock")
    assert server.rows("bin", "list") == []
    settings = server.rows("audit", "--event", "server-setting")
    assert settings[-1]["reason"] == "bin: 14d -> 7d"
    for wrong in ("0", "5m", "20y", "soon"):
        assert server.ctl("bin", "set", wrong).code == 2
    # It is still in the log, so it can be brought back all the same.
    server.ctl_ok("record", "restore", "www." + ZONE)


def test_a_listing_is_shown_as_it_was(server):
    before = server.rows("record", "list", ZONE)
    move(server, "2026-01-06T09:00:00Z")
    server.ctl_ok("record", "del", ZONE, "www", "--yes")
    server.ctl_ok("record", "add", ZONE, "new", "TXT", "x")
    assert server.rows("record", "list", ZONE, "--at", "1h") == before
    rows = server.rows("record", "list", ZONE, "--at", "1h", "--under", "www")
    assert [row["name"] for row in rows] == ["www.corp.example"]
    assert server.rows("record", "list", ZONE, "www", "--at", "1h", "--type", "A") == rows
    assert server.ctl("record", "list", ZONE, "new", "--at", "1h").code == 4
    assert server.ctl("record", "list", ZONE, "--stale", "--at", "1h").code == 2


def export_without_serial(server):
    return without_serial(export(server))


@pytest.mark.parametrize("delay", (0.0, 0.05, 0.1, 0.2, 0.4))
def test_a_revert_that_is_killed_is_done_or_can_be_done_again(server, delay):
    path = server.folder / "big.zone"
    path.write_text("$ORIGIN corp.example.\n$TTL 60\n@ SOA ns hostmaster 7 1 1 1 1\n@ NS ns\n"
                    "ns A 10.0.0.53\n" +
                    "".join(f"h{i} A 10.2.{i // 250}.{i % 250}\n" for i in range(20000)))
    before = export_without_serial(server)
    server.ctl_ok("zone", "import", ZONE, path)
    run = last_run(server)
    asking = threading.Thread(target=server.ctl, args=("audit", "revert", "--run", str(run)))
    asking.start()
    time.sleep(delay)
    server.kill()
    asking.join()
    server.start()
    assert server.ctl("audit", "verify").code == 0
    found = export_without_serial(server)
    answer = server.ctl("audit", "revert", "--run", run)
    assert answer.code == (6 if found == before else 0), answer.err
    assert export_without_serial(server) == before


def test_the_past_survives_restarts_and_kills(server):
    """Random work of several principals, with reverts, restarts and kills: each moment stays."""
    dice = random.Random(11)
    keys = [server.key(f"k{i}") for i in range(3)]
    moments = []
    for step in range(60):
        deed = dice.random()
        host = f"h{dice.randrange(6)}"
        if deed < 0.6:
            update = server.update(ZONE, dice.choice(keys))
            if dice.random() < 0.7:
                update.replace(host, dice.choice((60, 90)), "A", f"10.3.0.{dice.randrange(4)}")
            else:
                update.delete(host)
            real = time.time
            with mock.patch("time.time", lambda: real() + server.ahead):
                server.ask(update)
        elif deed < 0.7:
            server.ctl("record", "del", ZONE, host, "--yes")
        elif deed < 0.85:
            server.ctl("audit", "revert", max(1, last_seq(server) - dice.randrange(8)))
        elif deed < 0.9:
            server.ctl("record", "restore", f"{host}.{ZONE}")
        elif deed < 0.95:
            server.restart()
        else:
            server.kill()
            server.start()
        moments.append((last_seq(server), export(server)))
    for seq, text in moments:
        assert export(server, "--at", f"seq:{seq}") == text
    assert server.ctl("audit", "verify").code == 0


def test_what_was_pruned_is_said_and_the_rest_stays(server):
    key = server.key("pc1")
    moments = {}
    for day in range(6, 10):
        move(server, f"2026-01-{day:02}T09:00:00Z")
        register(server, key, ("replace", "pc1", 60, "A", f"10.0.0.{day}"))
        moments[day] = export(server)
    server.ctl_ok("record", "del", ZONE, "www", "--yes")
    move(server, "2026-02-20T09:00:00Z")
    pruned = [row["seq"] for row in server.rows("history", "pc1." + ZONE)][2]
    server.ctl_ok("scavenge", "approve", "clock")
    server.ctl_ok("audit", "prune", "--before", "2026-01-08", "--yes")
    answer = server.ctl("history", "pc1." + ZONE)
    assert "what was before has been pruned" in answer.out
    assert f"entry {pruned}\n" in answer.out
    rows = server.rows("history", "pc1." + ZONE)
    assert rows[-1]["data"] == "10.0.0.9" and rows[0]["data"] == "10.0.0.7"
    for day in (8, 9):
        moment = f"2026-01-{day:02}T12:00:00Z"
        wanted = without_serial(moments[day])
        if day == 9:
            wanted = [line for line in wanted if "www" not in line]
        assert without_serial(export(server, "--at", moment)) == wanted
    for words in (("zone", "export", ZONE), ("record", "list", ZONE),
                  ("record", "show", "pc1." + ZONE)):
        answer = server.ctl(*words, "--at", "2026-01-06T12:00:00Z")
        assert answer.code == 1 and "what was before it has been pruned" in answer.err, words
    answer = server.ctl("audit", "revert", 1)
    assert answer.code == 1 and "has been pruned" in answer.err
    answer = server.ctl("record", "restore", "mail." + ZONE)
    assert answer.code == 4 and "no such record was removed" in answer.err
    server.ctl_ok("record", "restore", "www." + ZONE)
    assert server.ctl("audit", "verify").code == 0


def test_a_deleted_zone_goes_with_its_entries(server):
    server.ctl_ok("zone", "del", ZONE, "--yes")
    deletion, there = last_run(server), last_seq(server) - 2
    server.ctl_ok("zone", "add", "other.example")
    move(server, "2026-02-20T09:00:00Z")
    assert export(server, "--at", f"seq:{there}"), "the log still has it"
    server.ctl_ok("zone", "restore", ZONE, "--plan")
    server.ctl_ok("scavenge", "approve", "clock")
    server.ctl_ok("audit", "prune", "--before", "2026-02-01", "--yes")
    since = "as far as the log goes back: it begins with entry"
    for words, code, said in (
        (("zone", "restore", ZONE), 4, f"no zone {ZONE} was deleted, {since}"),
        (("zone", "restore", ZONE, "--plan"), 4, f"no zone {ZONE} was deleted, {since}"),
        (("zone", "export", ZONE, "--at", "2026-01-06"), 1, "what was before it has been pruned"),
        (("zone", "export", ZONE, "--at", f"seq:{there}"), 1, "has been pruned"),
        (("zone", "export", ZONE, "--at", "2026-02-20T09:00:00Z"), 4,
         f"there was no zone '{ZONE}' then, {since}"),
        (("record", "show", "www." + ZONE, "--at", "2026-02-20T09:00:00Z"), 4, since),
        (("history", "www." + ZONE), 4, "is in no zone of this server"),
        (("record", "restore", "www." + ZONE), 4, "is in no zone of this server"),
        (("audit", "revert", "--run", deletion), 4, "no run"),
    ):
        answer = server.ctl(*words)
        assert (answer.code, said in answer.err) == (code, True), (words, answer)
    server.restart()
    assert server.ctl("audit", "verify").code == 0
    server.zone(ZONE, "www A 10.0.0.81")
    assert "10.0.0.81" in export(server)
    server.stop()
    assert run(program("tenurectl"), "check", "--data", server.data).code == 0


# --- settings, rules and reservations of then


def test_settings_and_rules_are_shown_as_they_were(server):
    server.ctl_ok("zone", "set", ZONE, "max-records=50")
    server.ctl_ok("zone", "policy", "set", ZONE, input="allow key:web write at www\n")
    server.ctl_ok("zone", "freeze", ZONE)
    shown = server.rows("zone", "show", ZONE)
    rules = server.rows("zone", "policy", "show", ZONE)
    seq = last_seq(server)
    move(server, "2026-01-06T10:00:00Z")
    server.ctl_ok("zone", "thaw", ZONE)
    server.ctl_ok("zone", "set", ZONE, "max-records=70", "policy=closed", "notify=127.0.0.9")
    server.ctl_ok("zone", "policy", "set", ZONE, "--yes", input="# none\n")
    server.ctl_ok("record", "add", ZONE, "new", "A", "10.0.0.9")
    for at in (f"seq:{seq}", "2026-01-05T12:00:00Z"):
        assert server.rows("zone", "show", ZONE, "--at", at) == shown
        assert server.rows("zone", "policy", "show", ZONE, "--at", at) == rules
    assert shown[0]["frozen"] is True and shown[0]["max_records"] == 50
    assert server.ctl_ok("zone", "policy", "show", ZONE, "--at", f"seq:{seq}").startswith(
        "allow key:web write at www")
    assert server.rows("zone", "show", ZONE, "--at", "now") == server.rows("zone", "show", ZONE)
    # Of a zone that is gone, and of one that was made anew.
    server.ctl_ok("zone", "del", ZONE, "--yes")
    assert server.rows("zone", "show", ZONE, "--at", f"seq:{seq}") == shown
    assert server.rows("zone", "policy", "show", ZONE, "--at", f"seq:{seq}") == rules
    server.ctl_ok("zone", "add", ZONE)
    assert server.rows("zone", "show", ZONE, "--at", f"seq:{seq}") == shown
    assert server.rows("zone", "policy", "show", ZONE, "--at", "now")[0]["text"] == ""
    answer = server.ctl("zone", "show", ZONE, "--at", "2025-12-31")
    assert answer.code == 4 and "there was no zone" in answer.err
    answer = server.ctl("zone", "policy", "set", ZONE, "--at", "1h", input="")
    assert answer.code == 2 and "--at is of zone policy show" in answer.err


def test_history_tells_of_reservations_rules_and_settings(server):
    name = f"kept.{ZONE}"
    key = server.key("web")
    server.ctl_ok("owner", "reserve", name, "--for", "key:web")
    server.ctl_ok("owner", "reserve", name, "--for", "key:other")
    server.ctl_ok("zone", "policy", "set", ZONE,
                  input="allow key:web claim at kept\nallow key:a write\n")
    server.ctl_ok("zone", "policy", "set", ZONE, input="allow key:a write\nallow key:b write\n")
    server.ctl_ok("zone", "policy", "set", ZONE, input="allow key:web claim at kept\n")
    server.ctl_ok("owner", "release", name)
    server.ctl_ok("audit", "revert", last_seq(server))
    register(server, key, ("add", "kept", 60, "A", "10.0.0.7"))
    server.ctl_ok("owner", "reserve", f"other.{ZONE}", "--for", "key:web")
    told = [(row["event"], row["type"], row["data"]) for row in server.rows("history", name)]
    assert told == [
        ("owner-reserve", "reservation", "owner: - -> key:web"),
        ("owner-reserve", "reservation", "owner: key:web -> key:other"),
        ("zone-policy", "rules", "+ allow key:web claim at kept.corp.example."),
        ("zone-policy", "rules", "- allow key:web claim at kept.corp.example."),
        ("zone-policy", "rules", "+ allow key:web claim at kept.corp.example."),
        ("owner-release", "reservation", "owner: key:other -> -"),
        ("restore", "reservation", "owner: - -> key:other"),
        ("record-register", "A", "10.0.0.7")]
    seqs = [row["seq"] for row in server.rows("history", name)]
    assert seqs == sorted(seqs)
    assert "owner: - -> key:web" in server.ctl_ok("history", f"other.{ZONE}")
    assert [row["event"] for row in server.rows("audit", "--name", name)].count("restore") == 1
    # At the apex: what the zone was set to, and all rules.
    server.ctl_ok("zone", "set", ZONE, "max-records=50")
    server.ctl_ok("zone", "freeze", ZONE)
    told = [(row["type"], row["data"]) for row in server.rows("history", ZONE)]
    assert told[0] == ("zone", "made")
    assert ("zone", "max-records: 100 -> 50") in told and ("zone", "frozen: off -> on") in told
    assert ("rules", "- allow key:a write; - allow key:b write; "
                     "+ allow key:web claim at kept.corp.example.") in told
    # A zone that goes takes them along, and brings them back.
    server.ctl_ok("zone", "del", ZONE, "--yes")
    assert server.rows("history", name)[-1]["event"] == "zone-delete"
    assert server.rows("history", f"other.{ZONE}")[-1]["data"] == "owner: key:web -> -"
    server.ctl_ok("zone", "restore", ZONE)
    assert server.rows("history", f"other.{ZONE}")[-1]["data"] == "owner: - -> key:web"
    since = server.rows("history", f"other.{ZONE}", "--since", "2026-01-05T09:00:00Z", "--until",
                        "2026-01-05T09:00:01Z")
    assert len(since) <= 3
    assert server.ctl("history", f"never.{ZONE}").code == 4


def test_each_entry_of_scavenge_set_holds_its_row(server):
    """State is what the log made after each of its entries, so each setting is shown with its own."""
    for words in (("period=1d", "outage-grace=2h", "default-refresh=9d"),
                  ("schedule=daily 02:30 UTC", "default-aging=on"),
                  ("period=2d", "outage-grace=1h"), ("period=off", "default-aging=off")):
        first = last_seq(server) + 1
        server.ctl_ok("scavenge", "set", *words)
        entries = [row for row in server.rows("audit") if row["seq"] >= first]
        assert len(entries) >= len(words)
        for row in entries:
            name = row["subject"].split()[1]
            changed = [r for r in row["rows"] if r["key"] == "scavenging"]
            assert changed and changed[0]["old"] != changed[0]["new"], row
            was, is_now = row["reason"].split(": ", 1)[1].split(" -> ")
            assert (changed[0]["new"].get(name, "off")) == is_now
            assert server.ctl("audit", "revert", row["seq"], "--plan").code == 0
