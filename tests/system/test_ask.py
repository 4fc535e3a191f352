# SPDX-License-Identifier: BSD-2-Clause
"""What cannot be overlooked is asked on a terminal, and wants --yes where nobody can be asked."""
import os
import pty
import select
import subprocess
import time

import pytest

from json_lab import control
from tenure import program

ZONE = "corp.example"


@pytest.fixture
def server(tenured):
    one = tenured()
    one.zone(ZONE, "ns A 10.0.0.53", "www A 10.0.0.80", "www TXT x", "mail A 10.0.0.25",
             update="secure")
    one.web = one.key("web")
    return one


def on_terminal(server, *words, answer):
    """Runs tenurectl on a terminal, and types the answer when it asks. (code, what was shown)"""
    master, slave = pty.openpty()
    process = subprocess.Popen([program("tenurectl"), *words, "--socket", str(server.socket)],
                               stdin=slave, stdout=slave, stderr=slave)
    os.close(slave)
    shown, end, is_typed = "", time.monotonic() + 20, False
    while time.monotonic() < end:
        ready, _, _ = select.select([master], [], [], 0.1)
        try:
            shown += os.read(master, 4096).decode() if ready else ""
        except OSError:  # the terminal is closed
            break
        if "[y/N]" in shown and not is_typed:
            is_typed = True
            os.write(master, f"{answer}\n".encode())
        if not ready and process.poll() is not None:
            break
    os.close(master)
    return process.wait(20), shown


def rules(server):
    return server.ctl_ok("zone", "policy", "show", ZONE, "--json")


def test_rules_do_not_go_by_an_empty_file(server):
    server.ctl_ok("zone", "policy", "set", ZONE, input="allow key:web claim\n# a comment\n")
    before = rules(server)
    answer = server.ctl("zone", "policy", "set", ZONE, input="")
    assert answer.code == 3 and "1 rule of zone corp.example would go: --yes" in answer.err
    assert server.ctl("zone", "policy", "set", ZONE, input="# nothing\n\n").code == 3
    assert rules(server) == before
    said = server.ctl_ok("zone", "policy", "set", ZONE, "--plan", input="")
    assert "- allow key:web claim" in said and rules(server) == before
    empty = server.folder / "empty"
    empty.write_text("")
    code, shown = on_terminal(server, "zone", "policy", "set", ZONE, str(empty), answer="n")
    assert code == 3 and "[y/N]" in shown and "nothing was changed" in shown
    assert rules(server) == before
    code, shown = on_terminal(server, "zone", "policy", "set", ZONE, str(empty), answer="y")
    assert code == 0 and '"rules":0' in rules(server).replace(" ", "")
    server.ctl_ok("zone", "policy", "set", ZONE, input="")


def test_rules_are_not_awaited_from_a_terminal(server):
    code, shown = on_terminal(server, "zone", "policy", "set", ZONE, answer="y")
    assert code == 2 and "a FILE is needed" in shown


def test_rules_are_added_in_front_or_before_a_line(server):
    add = ["zone", "policy", "add", ZONE]
    server.ctl_ok("zone", "policy", "set", ZONE, input="# first\ndeny key:web claim")
    said = server.ctl_ok(*add, "allow key:web claim at a", "allow key:web claim at b", "--plan")
    assert "2 rules would be put before line 1" in said and "claim at a" not in rules(server)
    server.ctl_ok(*add, "allow key:web claim at a", "allow key:web claim at b")
    server.ctl_ok(*add, "allow key:web claim at c", "--line", "4")
    server.ctl_ok(*add, "allow key:web claim at d", "--line", "99")
    text = server.ctl_ok("zone", "policy", "show", ZONE)
    assert [line for line in text.splitlines() if not line.startswith("# allow")][:6] == [
        "allow key:web claim at a", "allow key:web claim at b", "# first",
        "allow key:web claim at c", "deny key:web claim", "allow key:web claim at d"]
    assert "stand there already" in server.ctl_ok(*add, "allow key:web claim at a")
    assert server.ctl_ok("zone", "policy", "show", ZONE) == text
    seq = server.last_change()
    server.ctl_ok("audit", "revert", str(seq))
    assert "claim at d" not in server.ctl_ok("zone", "policy", "show", ZONE)


@pytest.mark.parametrize("words, code, said", [
    ([], 2, "a RULE is needed"),
    (["permit key:web claim"], 2, "column 1"),
    (["allow key:web claim", "--line", "0"], 2, "--line"),
    (["allow key:web claim\nallow key:a claim"], 2, "is not one rule"),
    (["# comment"], 2, "is not one rule"),
])
def test_rules_that_are_none_are_not_added(server, words, code, said):
    answer = server.ctl("zone", "policy", "add", ZONE, *words)
    assert answer.code == code and said in answer.err, answer


def test_several_records_are_asked_about_on_a_terminal(server):
    answer = server.ctl("record", "del", ZONE, "www")
    assert answer.code == 3 and "2 records of www go: --yes says that this is meant" in answer.err
    plan = server.ctl_ok("record", "del", ZONE, "www", "--plan")
    assert "10.0.0.80" in plan and "TXT" in plan
    code, shown = on_terminal(server, "record", "del", ZONE, "www", answer="n")
    assert code == 3 and "2 records of www go" in shown
    assert len(server.rows("record", "list", ZONE, "www")) == 2
    code, shown = on_terminal(server, "record", "del", ZONE, "www", answer="yes")
    assert code == 0 and server.ctl("record", "list", ZONE, "www").code == 4
    code, shown = on_terminal(server, "record", "del", ZONE, "mail", answer="n")
    assert code == 0 and "[y/N]" not in shown, "one record needs no question"


def test_a_held_run_is_not_approved_by_accident(tenured):
    server = tenured(clock="2026-01-05T09:00:00Z")
    server.zone(ZONE, "ns A 10.0.0.53", update="nonsecure", aging="on")
    for number in range(12):
        update = server.update(ZONE)
        update.add(f"h{number}", 60, "A", f"10.0.0.{number}")
        assert server.ask(update).rcode() == 0
    server.ctl_ok("clock", "forward", "15d")
    server.ctl("scavenge", "run", ZONE)
    run = server.rows("scavenge", "history")[0]
    assert run["state"] == "held", run
    answer = server.ctl("scavenge", "approve", str(run["run"]))
    assert answer.code == 3 and "removes up to 12 records of corp.example: --yes" in answer.err
    said = server.ctl_ok("scavenge", "approve", str(run["run"]), "--plan")
    assert "would remove up to 12 records" in said
    code, shown = on_terminal(server, "scavenge", "approve", str(run["run"]), answer="n")
    assert code == 3 and len(server.rows("record", "list", ZONE)) > 12
    server.ctl_ok("scavenge", "approve", str(run["run"]), "--yes")
    assert server.rows("scavenge", "history")[0]["removed"] == 12


def test_a_zones_own_records_are_not_transferred_by_accident(server):
    owner = server.rows("owner", "show", ZONE)[0]["owner"]
    words = ["owner", "transfer", "--from", owner, "--to", "key:web"]
    for zone in ([], ["--zone", ZONE], ["--match", ZONE]):
        answer = server.ctl(*words, *zone)
        assert answer.code == 3 and f"SOA or NS of zone {ZONE}" in answer.err, answer
    assert server.rows("owner", "show", ZONE)[0]["owner"] == owner
    assert "would go to" in server.ctl_ok(*words, "--plan")
    code, shown = on_terminal(server, *words, "--zone", ZONE, answer="n")
    assert code == 3 and "[y/N]" in shown
    assert server.rows("owner", "show", ZONE)[0]["owner"] == owner
    server.ctl_ok(*words, "--match", "w*", "--yes")
    code, shown = on_terminal(server, *words, "--zone", ZONE, answer="y")
    assert code == 0 and server.rows("owner", "show", ZONE)[0]["owner"] == "key:web"
    server.ctl_ok("owner", "transfer", "--from", "key:web", "--to", owner, "--yes")


def test_a_group_does_not_lose_its_last_member_by_accident(server):
    server.ctl_ok("group", "create", "@p", "--acting", "key:web", "key:web2")
    update = server.update(ZONE, server.web)
    update.add("pc1", 60, "A", "10.0.0.1")
    assert server.ask(update).rcode() == 0
    server.ctl_ok("group", "remove", "@p", "key:web2")
    answer = server.ctl("group", "remove", "@p", "key:web")
    assert answer.code == 3 and "without members" in answer.err and "1 record" in answer.err
    code, _ = on_terminal(server, "group", "remove", "@p", "key:web", answer="n")
    assert code == 3 and len(server.rows("group", "show", "@p")) == 1
    server.ctl_ok("group", "remove", "@p", "key:web", "--yes")
    assert not server.rows("group", "show", "@p")
    server.ctl_ok("group", "add", "@p", "key:kea2")
    answer = server.ctl("group", "remove", "@p", "kea2")
    assert answer.code == 2 and "did you mean 'key:kea2'?" in answer.err


def test_a_key_on_which_something_relies_is_not_deleted_by_accident(server):
    for name in ("idle", "used", "member", "ruled"):
        server.ctl_ok("key", "generate", name)
    server.ctl_ok("key", "del", "idle")
    server.ctl_ok("group", "create", "@g", "key:member")
    server.ctl_ok("zone", "policy", "set", ZONE, input="allow key:ruled claim\n")
    update = server.update(ZONE, server.web)
    update.add("pc1", 60, "A", "10.0.0.1")
    assert server.ask(update).rcode() == 0
    for name, said in (("web", "last used at"), ("web", "owns 1 record"),
                       ("member", "a member of @g"), ("ruled", f"rules of {ZONE} name it")):
        answer = server.ctl("key", "del", name)
        assert answer.code == 3 and said in answer.err, answer
    code, shown = on_terminal(server, "key", "del", "ruled", answer="n")
    assert code == 3 and "[y/N]" in shown
    assert {row["name"] for row in server.rows("key", "list")} == {"web", "used", "member", "ruled"}
    for name in ("web", "member", "ruled"):
        server.ctl_ok("key", "del", name, "--yes")
    assert [row["name"] for row in server.rows("key", "list")] == ["used"]


def test_a_plan_says_what_the_command_would(server):
    server.ctl_ok("group", "create", "@p", "--acting", "key:web")
    for words, said in ((["@q", "--acting", "key:*"], "in the acting group @p already"),
                        (["@p"], "is here already")):
        plan, done = server.ctl("group", "create", *words, "--plan"), \
            server.ctl("group", "create", *words)
        assert plan.code == done.code == 1 and said in plan.err and plan.err == done.err


def test_a_plan_of_aging_says_what_would_be_refused(tenured):
    server = tenured(clock="2026-01-05T09:00:00Z")
    server.zone(ZONE, "ns A 10.0.0.53", update="secure")
    server.ctl_ok("record", "add", ZONE, "pc1", "A", "10.0.0.1", "--owner", "key:web",
                  "--class", "dynamic")
    server.ctl_ok("clock", "forward", "30d")
    done = server.ctl("zone", "set", ZONE, "aging=on")
    assert done.code == 3 and "key:web (1 record)" in done.err
    for more in ([], ["update=secure"]):
        plan = server.ctl("zone", "set", ZONE, "aging=on", *more, "--plan")
        assert plan.code == 0 and "this would be refused: " in plan.err
        assert "key:web (1 record)" in plan.err
    plan = server.ctl("zone", "set", ZONE, "aging=on", "--yes", "--plan")
    assert plan.code == 0 and "refused" not in plan.err


def test_what_changes_many_things_asks(tenured):
    server = tenured()
    server.zone(ZONE, "ns A 10.0.0.53", update="secure")
    for name in ("pc1", "pc2"):
        server.ctl_ok("record", "add", ZONE, name, "A", "10.0.0.1", "--owner", "key:web")
    server.ctl_ok("record", "add", ZONE, "pc3", "A", "10.0.0.1", "--owner", "key:kea")
    server.key("web")
    server.key("kea")
    transfer = ["owner", "transfer", "--from", "key:web", "--to", "key:kea"]
    deeds = [
        (transfer, "2 records at 2 names would go from key:web to key:kea"),
        (["group", "create", "@all", "--acting", "key:*"], "the pattern makes one owner"),
        (["zone", "del", ZONE], "at 5 names"),
    ]
    before = server.rows("record", "list", ZONE)
    for words, said in deeds:
        answer = server.ctl(*words)
        assert answer.code == 3 and said in answer.err and "--yes" in answer.err, answer
        code, shown = on_terminal(server, *words, answer="n")
        assert code == 3 and "[y/N]" in shown, shown
        assert server.ctl(*words, "--plan").code == 0
    assert server.rows("record", "list", ZONE) == before
    assert server.ctl(*transfer, "--match", "pc1").code == 0, "one name is what was meant"
    code, _ = on_terminal(server, "zone", "del", ZONE, answer="y")
    assert code == 0 and server.rows("zone", "list") == []


def test_a_missing_yes_has_one_exit_code(tenured):
    server = tenured()
    server.zone(ZONE, "ns A 10.0.0.53", "a.lab A 10.0.0.1", update="secure")
    server.ctl_ok("group", "create", "@g", "key:a")
    server.ctl_ok("zone", "policy", "add", ZONE, "allow @g claim")
    for words in (["zone", "add", f"lab.{ZONE}"], ["group", "del", "@g"], ["zone", "del", ZONE]):
        answer = server.ctl(*words)
        assert answer.code == 3 and "--yes" in answer.err, answer


def test_what_can_be_brought_back_is_asked_on_a_terminal_alone(tenured):
    server = tenured(clock="2026-01-05T09:00:00Z")
    server.zone(ZONE, "ns A 10.0.0.53", update="nonsecure", aging="on", **{"max-share": "none"})
    update = server.update(ZONE)
    for number in range(3):
        update.add(f"h{number}.site", 60, "A", f"10.0.0.{number}")
        update.add("pair", 60, "A", f"10.0.1.{number}")
    assert server.ask(update).rcode() == 0

    def look():
        return server.rows("record", "list", ZONE)

    touch = ["record", "touch", ZONE, "site", "--recurse"]
    static = ["record", "set-class", ZONE, "pair", "ANY", "static"]
    server.ctl_ok("clock", "forward", "1d")
    for words, said in ((touch, "3 dynamic records would be stamped now"),
                        (static, "3 records would be static"),
                        (["record", "pin", ZONE, "pair"], "3 records would be pinned")):
        before = look()
        code, shown = on_terminal(server, *words, answer="n")
        assert code == 3 and said in shown and look() == before, shown
        code, shown = on_terminal(server, *words, answer="y")
        assert code == 0 and look() != before, shown
        before = look()
        server.ctl_ok("clock", "forward", "1h")
        code, shown = on_terminal(server, *words, "--yes", answer="n")
        assert code == 0 and "[y/N]" not in shown
        server.ctl_ok(*words)  # a script goes on
    code, shown = on_terminal(server, "record", "pin", ZONE, "h1.site", answer="n")
    assert code == 0 and "[y/N]" not in shown, "one record needs no question"


def test_taking_back_is_asked_on_a_terminal_alone(tenured):
    server = tenured(clock="2026-01-05T09:00:00Z")
    server.zone(ZONE, "ns A 10.0.0.53", update="nonsecure", aging="on", **{"max-share": "none"})
    update = server.update(ZONE)
    for number in range(3):
        update.add(f"h{number}", 60, "A", f"10.0.0.{number}")
    assert server.ask(update).rcode() == 0
    server.ctl_ok("clock", "forward", "15d")
    assert "3 records stale" in server.ctl_ok("scavenge", "run", ZONE, "--plan")
    whole = len(server.rows("record", "list", ZONE))
    server.ctl_ok("scavenge", "run", ZONE)
    run = str(server.rows("scavenge", "history")[0]["run"])
    gone = len(server.rows("record", "list", ZONE))
    assert gone == whole - 3
    for words in (["scavenge", "undo", run], ["audit", "revert", "--run", run],
                  ["audit", "revert", "--principal", "*", "--since", "1h"]):
        code, shown = on_terminal(server, *words, answer="n")
        assert code == 3 and "would be undone: " in shown and "[y/N]" in shown, shown
        assert len(server.rows("record", "list", ZONE)) == gone
    code, shown = on_terminal(server, "scavenge", "undo", run, answer="y")
    assert code == 0 and len(server.rows("record", "list", ZONE)) == whole, shown
    server.ctl_ok("audit", "revert", "--run", str(int(run) + 1))
    assert len(server.rows("record", "list", ZONE)) == gone, "a script goes on"


def test_aging_is_asked_on_a_terminal(tenured):
    server = tenured(clock="2026-01-05T09:00:00Z")
    server.zone(ZONE, "ns A 10.0.0.53", update="secure")
    server.ctl_ok("record", "add", ZONE, "pc1", "A", "10.0.0.1", "--owner", "key:web",
                  "--class", "dynamic")
    server.ctl_ok("clock", "forward", "30d")
    words = ["zone", "set", ZONE, "aging=on"]
    code, shown = on_terminal(server, *words, answer="n")
    assert code == 3 and "key:web (1 record)" in shown and "[y/N]" in shown, shown
    assert server.rows("zone", "show", ZONE)[0]["aging"] is False
    code, shown = on_terminal(server, "zone", "set", ZONE, "refresh=3d", answer="n")
    assert code == 0 and "[y/N]" not in shown, shown
    code, shown = on_terminal(server, *words, answer="y")
    assert code == 0 and server.rows("zone", "show", ZONE)[0]["aging"] is True, shown


def test_keys_of_a_file_are_counted_before_they_are_taken(server):
    file = server.folder / "two.key"
    file.write_text("".join(
        f'key "{name}" {{ algorithm hmac-sha256; secret "{16 * secret}"; }};\n'
        for name, secret in (("one", "AAAA"), ("two", "BBBB"))))
    before = server.rows("key", "list")
    assert "2 of 2 keys would be added" in server.ctl_ok("key", "import", str(file), "--plan")
    assert server.rows("key", "list") == before
    server.ctl_ok("key", "import", str(file))
    assert "0 of 2 keys would be added" in server.ctl_ok("key", "import", str(file), "--plan")
    file.write_text(file.read_text().replace("BBBB", "CCCC"))
    plan = server.ctl("key", "import", str(file), "--plan")
    assert plan.code == 1 and "key two is here already" in plan.err


def test_what_a_script_does_without_yes_is_warned_of(tenured):
    server = tenured(clock="2026-01-05T09:00:00Z")
    server.zone(ZONE, "ns A 10.0.0.53", "a A 10.0.0.1", "a A 10.0.0.2", update="secure")
    said = "done without --yes in this release; in the next a script has to say it"
    for words in (["record", "pin", ZONE, "a"], ["record", "unpin", ZONE, "a"],
                  ["record", "touch", ZONE, "a"], ["record", "set-class", ZONE, "a", "ANY", "static"],
                  ["record", "release", ZONE, "a"]):
        server.ctl_ok("clock", "forward", "1h")
        answer = server.ctl(*words)
        assert answer.code == 0 and said in answer.err, (words, answer)
        assert said not in server.ctl(*words, "--yes").err
    server.ctl_ok("record", "add", ZONE, "b", "A", "10.0.0.1")
    assert said not in server.ctl("record", "pin", ZONE, "b").err, "one record needs no question"


def test_a_key_is_planned_before_it_goes(server):
    server.ctl_ok("key", "generate", "idle")
    assert "would be deleted; nothing is known that relies on it" in \
        server.ctl_ok("key", "del", "idle", "--plan")
    server.ctl_ok("group", "create", "@g", "key:idle")
    said = server.ctl_ok("key", "del", "idle", "--plan")
    assert "would be deleted; key idle: it is a member of @g" in said
    assert "idle" in {row["name"] for row in server.rows("key", "list")}
    assert server.ctl("key", "del", "nosuch", "--plan").code == 4


def test_what_is_to_come_is_said_in_one_way(server):
    now = server.ctl("scavenge", "plan", ZONE, "--at", "in 3d")
    bare = server.ctl("scavenge", "plan", ZONE, "--at", "3d")
    assert "taken as 'in 3d'" in bare.err and "taken as" not in now.err


def test_what_was_called_otherwise_is_warned_of(server):
    server.ctl_ok("group", "create", "@old", "key:web")
    answer = server.ctl("group", "delete", "@old", "--yes")
    assert answer.code == 0 and "'group delete' is 'group del' now" in answer.err
    assert [row["group"] for row in server.rows("group", "list")] == []
    _, result = control(server, "group delete", {"name": "@old"})
    assert result["code"] == 4 and "no group" in result["error"], result
